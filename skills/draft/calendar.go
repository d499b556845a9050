package draft

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"amtsbote/bots"
	"amtsbote/skills/letter"
)

// maxDays is how many days of a letter are offered as calendar files.
const maxDays = 8

// calendar offers the terms of a letter as files that a calendar opens (RFC 5545),
// for the colleague only: one a day, because Outlook opens a file with several as
// a calendar of its own. A computed day has "Rechenvorschlag" in its title, a
// citizen's wish "Wunsch"; neither has a name, as calendars are read by many. Days
// that are over are left out. n is the letter's number among several.
//
// They are all-day events that leave the day free, and not VTODO, which few
// programs take from a file. The lines are written here: it is one fixed form,
// and the libraries (emersion/go-ical, arran4/golang-ical) are larger than what
// they would save.
func calendar(l *letter.Letter, t bots.Task, n, of int) (files []bots.File) {
	seen := map[string]bool{}
	for i, term := range l.Terms {
		for _, day := range []time.Time{term.Day, term.Claimed} {
			claimed := day.Equal(term.Claimed) && !day.Equal(term.Day)
			if day.IsZero() || over(day, t.Now) || len(files) == maxDays {
				continue
			}
			title, kind := eventTitle(l, term, claimed)
			if seen[day.Format(time.DateOnly)+title] {
				continue
			}
			seen[day.Format(time.DateOnly)+title] = true
			name := fmt.Sprintf("%s %s", day.Format(time.DateOnly), kind)
			if of > 1 {
				name = fmt.Sprintf("Brief %d %s", n, name)
			}
			e := event{uid: eventUID(l, term, i, claimed), stamp: t.Now, day: day, title: title, text: eventText(term, claimed)}
			files = append(files, bots.File{Name: unique(files, name), Type: "text/calendar", Data: e.file()})
		}
	}
	for i := range files {
		files[i].Size = int64(len(files[i].Data))
	}
	return files
}

// unique returns a file name that none of the files has.
func unique(files []bots.File, name string) string {
	for n, try := 2, name+".ics"; ; n++ {
		taken := false
		for _, f := range files {
			taken = taken || f.Name == try
		}
		if !taken {
			return try
		}
		try = fmt.Sprintf("%s (%d).ics", name, n)
	}
}

// over says whether a day has passed.
func over(day, now time.Time) bool {
	return !now.IsZero() && day.Format(time.DateOnly) < now.Format(time.DateOnly)
}

// eventTitle returns what a calendar shows, and one word for the file's name.
func eventTitle(l *letter.Letter, t letter.Term, claimed bool) (title, kind string) {
	title, _, _ = strings.Cut(t.What.DE, ": „")
	switch {
	case t.Proposal || claimed:
		title, kind = "Rechenvorschlag: "+title, "Rechenvorschlag"
	case strings.HasPrefix(title, "Wunsch"):
		kind = "Wunsch"
	default:
		kind = "Termin"
	}
	if claimed {
		title += " (laut Brief)"
	}
	if len(l.Numbers) > 0 {
		short, _ := sie.label(l.Numbers[0].Cue)
		title += ", " + short + " " + l.Numbers[0].Text
	}
	return title, kind
}

// eventText says what the day rests on.
func eventText(t letter.Term, claimed bool) string {
	var out []string
	if t.Quote != "" {
		out = append(out, "„"+t.Quote+"“")
	}
	if claimed {
		out = append(out, "Gerechnet ab dem Zugang, den der Brief nennt: "+t.ClaimedOn.Format("02.01.2006")+".")
	} else if t.Assumption.DE != "" {
		out = append(out, t.Assumption.DE)
	}
	if t.Rule != "" && !strings.Contains(t.Assumption.DE, t.Rule) {
		out = append(out, "Regel: "+t.Rule+".")
	}
	switch {
	case t.Proposal || claimed:
		out = append(out, "Von Amtsbote nach festen Regeln gerechnet. Bitte prüfen Sie Annahme und Vorschrift.")
	case strings.HasPrefix(t.What.DE, "Wunsch"):
		out = append(out, "Ein Wunsch aus dem Brief, keine Frist der Behörde.")
	}
	return strings.Join(out, "\n")
}

// eventUID names a term of a letter: the same each time the letter is read, also
// where the day comes out otherwise.
func eventUID(l *letter.Letter, t letter.Term, i int, claimed bool) string {
	return digest(l.Head.MessageID, l.Head.Subject, l.Head.Date.UTC().Format(time.RFC3339), l.Body, t.What.DE, fmt.Sprint(i, claimed)) + "@amtsbote.invalid"
}

// An event is an entry of a calendar that lasts a day.
type event struct {
	uid, title, text string
	stamp, day       time.Time
}

// file writes an event as an iCalendar file.
func (e event) file() []byte {
	var b strings.Builder
	for _, line := range []string{
		"BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Amtsbote//Amtsbote//DE", "BEGIN:VEVENT",
		"UID:" + e.uid, "DTSTAMP:" + e.stamp.UTC().Format("20060102T150405Z"),
		"DTSTART;VALUE=DATE:" + e.day.Format("20060102"), "DTEND;VALUE=DATE:" + e.day.AddDate(0, 0, 1).Format("20060102"),
		"SUMMARY:" + calendarText(e.title), "DESCRIPTION:" + calendarText(e.text), "TRANSP:TRANSPARENT",
		"END:VEVENT", "END:VCALENDAR",
	} {
		fold(&b, line)
	}
	return []byte(b.String())
}

var calendarEscape = strings.NewReplacer(`\`, `\\`, ";", `\;`, ",", `\,`, "\n", `\n`)

// calendarText escapes a text. Nothing in it can begin another line.
func calendarText(s string) string {
	s = strings.Map(func(r rune) rune {
		if r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029') {
			return -1
		}
		return r
	}, strings.ToValidUTF8(strings.ReplaceAll(s, "\r\n", "\n"), "\uFFFD"))
	return calendarEscape.Replace(strings.ReplaceAll(s, "**", ""))
}

// fold writes a content line in pieces of at most 75 bytes, never within a rune.
func fold(b *strings.Builder, line string) {
	most := 75
	for len(line) > most {
		n := most
		for !utf8.RuneStart(line[n]) {
			n--
		}
		b.WriteString(line[:n] + "\r\n ")
		line, most = line[n:], 74 // the space counts
	}
	b.WriteString(line + "\r\n")
}
