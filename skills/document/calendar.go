package document

import (
	"strings"
	"time"
)

// readCalendar reads an invitation (iCalendar, RFC 5545) as a few lines for a
// person: what, when, where, who. Times stand as they were sent, with the name
// of their zone; what Outlook means by its zones is not worked out here.
func readCalendar(p *parser, d *Document, data []byte) error {
	text := strings.NewReplacer("\r\n ", "", "\r\n\t", "", "\n ", "", "\n\t", "", "\r\n", "\n").Replace(toUTF8(data, ""))
	var b strings.Builder
	inside := ""
	for line := range strings.Lines(text) {
		head, value, ok := strings.Cut(strings.TrimRight(line, "\r\n"), ":")
		if i := strings.IndexByte(head, '"'); ok && i >= 0 { // a colon in a quoted parameter
			if end := strings.LastIndex(head+":"+value, `":`); end > 0 {
				all := head + ":" + value
				head, value = all[:end+1], all[end+2:]
			}
		}
		name, params, _ := strings.Cut(head, ";")
		switch name = strings.ToUpper(name); name {
		case "BEGIN":
			if inside = strings.ToUpper(value); (inside == "VEVENT" || inside == "VTODO") && b.Len() > 0 {
				b.WriteByte('\n')
			}
			continue
		case "END":
			inside = ""
			continue
		}
		if label := calendarLabels[name]; ok && label != "" && (inside == "VEVENT" || inside == "VTODO" || name == "METHOD") && b.Len() < int(p.lim.Text) {
			if value = calendarValue(name, params, value); value != "" {
				b.WriteString(label + ": " + value + "\n")
			}
		}
	}
	return p.page(d, b.String())
}

// calendarLabels are the properties that a person wants to know.
var calendarLabels = map[string]string{
	"METHOD": "Art", "SUMMARY": "Betreff", "DTSTART": "Beginn", "DTEND": "Ende", "DUE": "Fällig", "DURATION": "Dauer", "LOCATION": "Ort",
	"ORGANIZER": "Eingeladen von", "ATTENDEE": "Teilnehmer", "RRULE": "Wiederholung", "STATUS": "Stand", "DESCRIPTION": "Beschreibung",
}

var calendarWords = map[string]string{
	"REQUEST": "Einladung", "CANCEL": "Absage", "REPLY": "Antwort auf eine Einladung", "PUBLISH": "Termin", "COUNTER": "Gegenvorschlag",
	"CANCELLED": "abgesagt", "CONFIRMED": "bestätigt", "TENTATIVE": "vorläufig",
}

func calendarValue(name, params, value string) string {
	switch name {
	case "METHOD", "STATUS":
		if w := calendarWords[strings.ToUpper(value)]; w != "" {
			return w
		}
	case "DTSTART", "DTEND", "DUE":
		return calendarTime(params, value)
	case "ORGANIZER", "ATTENDEE":
		if len(value) > 7 && strings.EqualFold(value[:7], "mailto:") {
			value = value[7:]
		}
		if cn := parseTyped("x;" + params).params["cn"]; cn != "" && cn != value {
			value = cn + " <" + value + ">"
		}
	}
	return strings.NewReplacer(`\n`, "\n", `\N`, "\n", `\,`, ",", `\;`, ";", `\\`, `\`).Replace(value)
}

func calendarTime(params, value string) string {
	for layout, shown := range map[string]string{"20060102": "02.01.2006", "20060102T150405": "02.01.2006, 15:04", "20060102T150405Z": "02.01.2006, 15:04 UTC"} {
		if t, err := time.Parse(layout, value); err == nil {
			s := [...]string{"So", "Mo", "Di", "Mi", "Do", "Fr", "Sa"}[t.Weekday()] + " " + t.Format(shown)
			if zone := parseTyped("x;" + params).params["tzid"]; zone != "" {
				s += " (" + cut(oneLine(zone), 60) + ")"
			}
			return s
		}
	}
	return value
}
