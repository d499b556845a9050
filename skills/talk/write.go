package talk

import (
	"fmt"
	"strings"
	"time"

	"amtsbote/bots"
	"amtsbote/skills/facts"
)

// Pick returns the text of a language.
func Pick(lang, de, en string) string { return bots.Text{DE: de, EN: en}.In(lang) }

// Link leads to a message: its day and time, with the date where there may be two
// such days.
func (k *Talk) Link(lang string, i int) string {
	l := &k.All[i]
	label := Stamp(lang, l.Time, k.Days > 6)
	if !strings.HasPrefix(l.Link, "https://") && !strings.HasPrefix(l.Link, "http://") {
		return "(" + label + ")"
	}
	return "[" + label + "](" + linkSafe.Replace(l.Link) + ")"
}

var linkSafe = strings.NewReplacer("(", "%28", ")", "%29", "<", "%3C", ">", "%3E", " ", "%20", "\n", "%0A", "\t", "%09", "\\", "%5C", "\"", "%22")

// Stamp writes "Fr 09:14", with the date "Fr 20.11. 09:14".
func Stamp(lang string, t time.Time, date bool) string {
	day := facts.ShortDate(t, lang)
	if !date {
		day, _, _ = strings.Cut(day, " ")
		return day + " " + t.Format("15:04")
	}
	return shortDay(lang, t) + " " + t.Format("15:04")
}

// shortDay writes "Do 19.11.", in English "Thu 19 Nov".
func shortDay(lang string, t time.Time) string {
	return strings.TrimSuffix(strings.TrimSuffix(facts.ShortDate(t, lang), t.Format("2006")), " ")
}

// Written writes "Do 19.11., 16:05".
func Written(lang string, t time.Time) string {
	return shortDay(lang, t) + ", " + t.Format("15:04")
}

// Name is the room's name, on one line; untrusted.
func (k *Talk) Name(lang string) string {
	name := strings.Join(strings.Fields(strings.Map(Visible, k.Hist.Room.Name)), " ")
	if name = strings.ReplaceAll(name, "://", " "); name != "" {
		return First(name, 120)
	}
	return Pick(lang, "Dieser Raum", "This room")
}

// Covered says what an answer is made from, and what is missing in it. verbatim:
// of a file only what is quoted was used.
func (k *Talk) Covered(lang string, verbatim bool) string {
	read, total := k.Count()
	parts := []string{
		fmt.Sprintf(Pick(lang, "Ausgewertet: %s bis %s", "Covered: %s to %s"), Long(lang, k.Hist.From.In(k.Zone)), Long(lang, k.Hist.To.In(k.Zone))),
		ofMessages(lang, read, total),
	}
	if n := len(k.Locked); n > 0 {
		parts = append(parts, fmt.Sprintf(Pick(lang, "%d nicht zu entschlüsseln (%s)", "%d could not be decrypted (%s)"), n, k.lockedTimes(lang)))
	}
	if len(k.Files) > 0 {
		parts = append(parts, k.listed(lang, verbatim))
	}
	text := strings.Join(parts, " · ") + "."
	for _, more := range k.gaps(lang) {
		text += " " + more
	}
	return text
}

func ofMessages(lang string, read, total int) string {
	if read == total {
		if total == 1 {
			return Pick(lang, "1 Nachricht", "1 message")
		}
		return fmt.Sprintf(Pick(lang, "%d Nachrichten", "%d messages"), total)
	}
	return fmt.Sprintf(Pick(lang, "%d von %d Nachrichten", "%d of %d messages"), read, total)
}

// gaps says why the stretch does not begin where it should.
func (k *Talk) gaps(lang string) (all []string) {
	h := k.Hist
	if k.What.Cut {
		all = append(all, Pick(lang, "Weiter als 30 Tage lese ich nicht zurück.", "I do not read back further than 30 days."))
	}
	if h.Cut {
		all = append(all, Pick(lang, "Davor gab es mehr, als ich auf einmal lese; es fehlt hier.", "Before that there was more than I read at once; it is missing here."))
	}
	if h.Joined {
		all = append(all, Pick(lang, "Was davor geschrieben wurde, dürfen Sie oder ich in diesem Raum nicht lesen.", "What was written before that, you or I may not read in this room."))
	}
	if k.What.Kind == ByOwn && h.Own.IsZero() && !h.Cut && !h.Joined {
		all = append(all, Pick(lang, "Eine frühere Nachricht von Ihnen habe ich in dieser Zeit nicht gefunden.", "I found no earlier message of yours in that time."))
	}
	return all
}

// Long writes "Do 19.11.2026, 16:05".
func Long(lang string, t time.Time) string {
	return facts.ShortDate(t, lang) + ", " + t.Format("15:04")
}

// lockedTimes lists when messages were written that could not be decrypted, three
// at most, the day where it changes.
func (k *Talk) lockedTimes(lang string) string {
	var all []string
	last := ""
	for i, e := range k.Locked {
		if i == 3 {
			return strings.Join(all, ", ") + ", …"
		}
		t := e.Time.In(k.Zone)
		day := shortDay(lang, t)
		text := t.Format("15:04")
		if day != last {
			if last = day; k.Days > 6 {
				text = day + " " + text
			} else {
				text = Stamp(lang, t, false)
			}
		}
		all = append(all, text)
	}
	return strings.Join(all, ", ")
}

// listed says of each file whether it was read.
func (k *Talk) listed(lang string, verbatim bool) string {
	var all []string
	for i, f := range k.Files {
		if i == maxListed && len(k.Files) > maxListed+1 {
			all = append(all, fmt.Sprintf(Pick(lang, "und %d weitere", "and %d more"), len(k.Files)-i))
			break
		}
		state := f.State.In(lang)
		if verbatim && f.Text != "" && !f.Told {
			state += Pick(lang, ", nichts daraus ausgewählt", ", nothing chosen from it")
		}
		all = append(all, bots.Literal(f.Name)+" "+state)
	}
	return Pick(lang, "Dateien: ", "Files: ") + strings.Join(all, "; ")
}

// Empty says that there is nothing that could be read; "" if there is.
func (k *Talk) Empty(lang string) string {
	read, total := k.Count()
	switch {
	case total == 0:
		return fmt.Sprintf(Pick(lang, "In dieser Zeit hat in **%s** niemand etwas geschrieben.", "In that time nobody wrote anything in **%s**."), bots.Literal(k.Name(lang)))
	case read == 0:
		return fmt.Sprintf(Pick(lang, "In **%s** konnte ich aus dieser Zeit keine Nachricht entschlüsseln.", "In **%s** I could not decrypt any message of that time."), bots.Literal(k.Name(lang)))
	}
	return ""
}
