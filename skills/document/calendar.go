package document

import (
	"strings"
)

// readCalendar reads an invitation (iCalendar, RFC 5545; iTIP, RFC 5546) as a few
// lines for a person: what, when, where, who. Times are told in the zone of the
// reader. It is only told of; nothing here or elsewhere answers it.
//
// arran4/golang-ical and emersion/go-ical were tried and left: of ten files with
// one flaw each (a line that was not folded, a parameter without a value, a quote
// left open, an end that is missing or crossed) they refused four and five whole,
// and neither knows the names of zones that Outlook writes, nor reads those that a
// file describes.
func readCalendar(p *parser, d *Document, data []byte) error {
	cal := parseCalendar(toUTF8(data, ""))
	t := calendarText{zone: p.zone, zones: cal.zones(), max: int(p.lim.Text)}
	t.line("Art", calendarWord(cal.get("METHOD")))
	for _, c := range cal.kids {
		if err := p.err(); err != nil {
			return err
		}
		if c.name == "VEVENT" || c.name == "VTODO" || c.name == "VJOURNAL" {
			t.event(c, cal.get("METHOD").value)
		}
	}
	return p.page(d, t.b.String())
}

// calendarMethod returns what an invitation is, in lower case: "request",
// "cancel"; "" if it is none that anybody would answer.
func calendarMethod(data []byte) string {
	const enough = 4096 // METHOD stands at the top
	m := strings.ToLower(parseCalendar(toUTF8(data[:min(len(data), enough)], "")).get("METHOD").value)
	switch m {
	case "request", "cancel", "reply", "counter", "add", "refresh", "declinecounter":
		return m
	}
	return ""
}

const (
	maxCalendarDepth = 8
	maxCalendarLines = 100_000
)

// A calendarPart is a component: the calendar, an event, a zone.
type calendarPart struct {
	name  string
	props []calendarProp
	kids  []*calendarPart
}

type calendarProp struct {
	name, value string
	raw         string // parameters, not yet parsed
}

// get returns the first property of a name.
func (c *calendarPart) get(name string) calendarProp {
	for _, p := range c.props {
		if p.name == name {
			return p
		}
	}
	return calendarProp{}
}

func (p calendarProp) param(name string) string {
	return parseTyped("x;" + p.raw).params[name]
}

// parseCalendar takes lines apart as they come. One without a colon goes on with
// the last; an end that does not fit ends what it fits, if anything.
func parseCalendar(text string) *calendarPart {
	root := &calendarPart{}
	open := []*calendarPart{root}
	text = strings.NewReplacer("\r\n ", "", "\r\n\t", "", "\n ", "", "\n\t", "", "\r\n", "\n").Replace(text)
	n := 0
	for line := range strings.Lines(text) {
		if n++; n > maxCalendarLines {
			break
		}
		line = strings.TrimRight(line, "\r\n")
		top := open[len(open)-1]
		p, ok := calendarLine(line)
		switch {
		case !ok:
			if last := len(top.props) - 1; last >= 0 && strings.TrimSpace(line) != "" && len(top.props[last].value) < 1<<16 {
				top.props[last].value += " " + line
			}
		case p.name == "BEGIN" && strings.EqualFold(p.value, "VCALENDAR"):
			open = open[:1]
		case p.name == "BEGIN":
			if len(open) < maxCalendarDepth {
				c := &calendarPart{name: strings.ToUpper(strings.TrimSpace(p.value))}
				top.kids = append(top.kids, c)
				open = append(open, c)
			}
		case p.name == "END":
			for i := len(open) - 1; i > 0; i-- {
				if strings.EqualFold(open[i].name, strings.TrimSpace(p.value)) {
					open = open[:i]
					break
				}
			}
		default:
			top.props = append(top.props, p)
		}
	}
	return root
}

// calendarLine splits a line into name, parameters and value. Colons in quotes
// are none; a quote left open is a letter.
func calendarLine(line string) (p calendarProp, ok bool) {
	head, value, ok := strings.Cut(line, ":")
	if ok && strings.Count(head, `"`)%2 == 1 {
		if end := strings.Index(line[len(head):], `":`); end >= 0 {
			head, value = line[:len(head)+end+1], line[len(head)+end+2:]
		}
	}
	name, raw, _ := strings.Cut(head, ";")
	for _, c := range name {
		if c != '-' && (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z') {
			return p, false
		}
	}
	return calendarProp{name: strings.ToUpper(name), value: value, raw: raw}, ok && name != ""
}

// calendarUnescape undoes what values of text have escaped.
var calendarUnescape = strings.NewReplacer(`\n`, "\n", `\N`, "\n", `\,`, ",", `\;`, ";", `\\`, `\`)
