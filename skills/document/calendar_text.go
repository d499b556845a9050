package document

import (
	"strings"
	"time"
)

var calendarWords = map[string]string{
	"REQUEST": "Einladung", "CANCEL": "Absage", "REPLY": "Antwort auf eine Einladung", "PUBLISH": "Termin", "COUNTER": "Gegenvorschlag", "ADD": "weiterer Termin",
	"REFRESH": "Bitte um den neuesten Stand", "DECLINECOUNTER": "Ablehnung eines Gegenvorschlags",
	"CANCELLED": "abgesagt", "CONFIRMED": "bestätigt", "TENTATIVE": "vorläufig", "ACCEPTED": "zugesagt", "DECLINED": "abgesagt", "DELEGATED": "weitergegeben",
	"NEEDS-ACTION": "ohne Antwort", "COMPLETED": "erledigt", "IN-PROCESS": "in Arbeit",
}

func calendarWord(p calendarProp) string {
	if w := calendarWords[strings.ToUpper(strings.TrimSpace(p.value))]; w != "" {
		return w
	}
	return p.value
}

// A calendarText writes lines for a person.
type calendarText struct {
	b     strings.Builder
	zone  *time.Location // of the reader
	zones map[string]*calendarPart
	max   int
}

func (t *calendarText) line(label, value string) {
	value = strings.TrimSpace(calendarUnescape.Replace(value))
	if value != "" && t.b.Len()+len(value) < t.max {
		t.b.WriteString(label + ": " + value + "\n")
	}
}

// maxAttendees is how many are named.
const maxAttendees = 50

func (t *calendarText) event(c *calendarPart, method string) {
	if t.b.Len() > 0 {
		t.b.WriteByte('\n')
	}
	t.line("Betreff", c.get("SUMMARY").value)
	if p := c.get("RECURRENCE-ID"); p.value != "" {
		t.line("Betrifft", "nur den Termin am "+t.time(p))
	}
	t.span(c)
	t.line("Wiederholung", t.rule(c.get("RRULE").value))
	var except []string
	for _, p := range c.props {
		for v := range strings.SplitSeq(p.value, ",") {
			if p.name == "EXDATE" && len(except) < maxAttendees {
				except = append(except, t.time(calendarProp{raw: p.raw, value: v}))
			}
		}
	}
	t.line("Ausgenommen", strings.Join(except, "; "))
	t.line("Ort", c.get("LOCATION").value)
	t.line("Eingeladen von", calendarPerson(c.get("ORGANIZER")))
	n := 0
	for _, p := range c.props {
		if p.name != "ATTENDEE" {
			continue
		}
		if n++; n > maxAttendees {
			t.line("Teilnehmer", "…")
			break
		}
		who := calendarPerson(p)
		if said := calendarWords[strings.ToUpper(p.param("partstat"))]; said != "" && strings.EqualFold(method, "REPLY") {
			who += ": " + said
		}
		t.line("Teilnehmer", who)
	}
	t.line("Stand", calendarWord(c.get("STATUS")))
	t.line("Beschreibung", c.get("DESCRIPTION").value)
}

// span writes when an event begins and ends. An end that is a day is the day
// after the last one.
func (t *calendarText) span(c *calendarPart) {
	start, end := c.get("DTSTART"), c.get("DTEND")
	t.line("Beginn", t.time(start))
	if day, err := time.Parse("20060102", end.value); err == nil {
		if end.value = day.AddDate(0, 0, -1).Format("20060102"); end.value <= start.value {
			end.value = ""
		}
	}
	t.line("Ende", t.time(end))
	t.line("Dauer", calendarDuration(c.get("DURATION").value))
	t.line("Fällig", t.time(c.get("DUE")))
}

func calendarPerson(p calendarProp) string {
	email := p.value
	if len(email) > 7 && strings.EqualFold(email[:7], "mailto:") {
		email = email[7:]
	}
	if cn := p.param("cn"); cn != "" && cn != email {
		return cn + " <" + email + ">"
	}
	return email
}

// time tells a day or a time in the zone of the reader, and as it is where the
// sender means it, if that differs.
func (t *calendarText) time(p calendarProp) string {
	value := strings.TrimSpace(p.value)
	if day, err := time.Parse("20060102", value); err == nil {
		return shortDay(day) + ", ganztägig"
	}
	if at, err := time.Parse("20060102T150405Z", value); err == nil {
		return shortTime(at.In(t.zone))
	}
	at, err := time.Parse("20060102T150405", value)
	if err != nil {
		return cut(value, 200)
	}
	name := cut(oneLine(p.param("tzid")), 100)
	if name == "" {
		return shortTime(at) + " (ohne Zeitzone)"
	}
	there, ok := t.in(at, name)
	if !ok {
		return shortTime(at) + " (Zeitzone „" + name + "“, nicht umgerechnet)"
	}
	here := there.In(t.zone)
	s := shortTime(here)
	if here.Format("1504 -0700") != there.Format("1504 -0700") {
		s += " (dort " + there.Format("15:04") + " Uhr, " + name + ")"
	}
	return s
}

func shortDay(t time.Time) string {
	return [...]string{"So", "Mo", "Di", "Mi", "Do", "Fr", "Sa"}[t.Weekday()] + " " + t.Format("02.01.2006")
}

func shortTime(t time.Time) string { return shortDay(t) + ", " + t.Format("15:04") + " Uhr" }

// calendarDuration tells a length such as P1DT2H30M.
func calendarDuration(s string) string {
	var out []string
	n := ""
	for _, c := range strings.TrimLeft(s, "+-P") {
		switch unit := map[rune]string{'W': "Wochen", 'D': "Tage", 'H': "Stunden", 'M': "Minuten", 'S': "Sekunden"}[c]; {
		case c >= '0' && c <= '9' && len(n) < 6:
			n += string(c)
		case unit != "" && strings.Trim(n, "0") != "":
			if n == "1" {
				unit = map[rune]string{'W': "Woche", 'D': "Tag", 'H': "Stunde", 'M': "Minute", 'S': "Sekunde"}[c]
			}
			out = append(out, n+" "+unit)
			n = ""
		default:
			n = ""
		}
		if len(out) > 5 {
			break
		}
	}
	return strings.Join(out, " ")
}
