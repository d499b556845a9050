package catchup

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"amtsbote/bots"
	"amtsbote/skills/facts"
)

// markOf is where the link of a line will stand in a text.
func markOf(i int) string { return "\x01" + strconv.Itoa(i) + "\x02" }

var marks = regexp.MustCompile("\x01(\\d+)\x02")

// pick returns the text of a language.
func pick(lang, de, en string) string { return bots.Text{DE: de, EN: en}.In(lang) }

// write writes the answer in one language.
func (r *report) write(lang string) string {
	var b strings.Builder
	if len(r.notes) == 0 {
		b.WriteString(r.nothing(lang) + "\n")
	} else {
		b.WriteString(r.title(lang) + "\n")
		last := anything
		for i, n := range r.notes {
			if n.head != last {
				last = n.head
				b.WriteString("\n**" + headings[n.head].In(lang) + "**\n")
			}
			b.WriteString("- " + r.item(lang, n) + "\n")
			if left := r.left[n.head]; left > 0 && (i+1 == len(r.notes) || r.notes[i+1].head != n.head) {
				b.WriteString("- " + fmt.Sprintf(pick(lang, "%d weitere, hier nicht gezeigt. Fragen Sie nach einem kürzeren Zeitraum.", "%d more, not shown here. Ask for a shorter time."), left) + "\n")
			}
		}
	}
	b.WriteString("\n*" + r.covered(lang) + "*")
	if len(r.talk.all) > 0 {
		b.WriteString("\n*" + r.made(lang) + "*")
	}
	return b.String()
}

var headings = map[heading]bots.Text{
	addressed: {DE: "An Sie gerichtet", EN: "Addressed to you"},
	agreed:    {DE: "Entschieden", EN: "Decided"},
	opened:    {DE: "Offen", EN: "Open"},
	other:     {DE: "Sonst", EN: "Also"},
}

// item writes a statement with its links. Those that do not stand in it follow.
func (r *report) item(lang string, n note) string {
	used := map[int]bool{}
	text := marks.ReplaceAllStringFunc(n.text.In(lang), func(m string) string {
		i, err := strconv.Atoi(strings.Trim(m, "\x01\x02"))
		if err != nil || i >= len(r.talk.all) {
			return ""
		}
		used[i] = true
		return r.link(lang, i)
	})
	if n.asks && len(n.reply) == 0 {
		text += pick(lang, " Eine Antwort habe ich nicht gefunden.", " I found no answer.")
	}
	for _, i := range n.from {
		if !used[i] {
			text += " " + r.link(lang, i)
		}
	}
	if n.asks && len(n.reply) > 0 {
		text += pick(lang, " Antwort:", " Answer:")
		for _, i := range n.reply[:min(len(n.reply), 3)] {
			text += " " + r.talk.byline(lang, i) + " " + r.link(lang, i)
		}
	}
	return text
}

// byline is who wrote a line.
func (k *talk) byline(lang string, i int) string {
	if k.all[i].own {
		return pick(lang, "von Ihnen", "by you")
	}
	return bots.Literal(k.all[i].Name)
}

// link leads to a message: its day and time, with the date where there may be two
// such days.
func (r *report) link(lang string, i int) string {
	l := &r.talk.all[i]
	label := stamp(lang, l.Time, r.talk.days > 6)
	if !strings.HasPrefix(l.Link, "https://") && !strings.HasPrefix(l.Link, "http://") {
		return "(" + label + ")"
	}
	return "[" + label + "](" + linkSafe.Replace(l.Link) + ")"
}

var linkSafe = strings.NewReplacer("(", "%28", ")", "%29", "<", "%3C", ">", "%3E", " ", "%20", "\n", "%0A", "\t", "%09", "\\", "%5C", "\"", "%22")

// stamp writes "Fr 09:14", with the date "Fr 20.11. 09:14".
func stamp(lang string, t time.Time, date bool) string {
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

// written writes "Do 19.11., 16:05".
func written(lang string, t time.Time) string {
	return shortDay(lang, t) + ", " + t.Format("15:04")
}

// title names the room and the stretch.
func (r *report) title(lang string) string {
	name := bots.Literal(r.name(lang))
	k := r.talk
	from := k.hist.From.In(k.zone)
	switch r.what.kind {
	case byOwn:
		if own := k.hist.Own; !own.IsZero() {
			return fmt.Sprintf("**%s: %s** (%s)", name, pick(lang, "seit Ihrer letzten Nachricht", "since your last message"), written(lang, own.In(k.zone)))
		}
		return fmt.Sprintf("**%s: %s %s**", name, pick(lang, "seit", "since"), written(lang, from))
	case byThread:
		return fmt.Sprintf("**%s: %s** (%s %s)", name, pick(lang, "dieser Thread", "this thread"), pick(lang, "ab", "from"), written(lang, from))
	case byAll:
		return fmt.Sprintf("**%s: %s**", name, pick(lang, "der ganze Export", "the whole export"))
	}
	since := r.what.span.Since.In(k.zone)
	if until := r.what.span.Until; !until.IsZero() {
		return fmt.Sprintf("**%s: %s %s %s**", name, written(lang, since), pick(lang, "bis", "to"), written(lang, until.In(k.zone)))
	}
	return fmt.Sprintf("**%s: %s %s**", name, pick(lang, "seit", "since"), written(lang, since))
}

func (r *report) name(lang string) string {
	name := strings.Join(strings.Fields(strings.Map(visible, r.talk.hist.Room.Name)), " ")
	if name = strings.ReplaceAll(name, "://", " "); name != "" {
		return first(name, 120)
	}
	return pick(lang, "Dieser Raum", "This room")
}

// nothing says that there is nothing to tell.
func (r *report) nothing(lang string) string {
	name := bots.Literal(r.name(lang))
	read, total := r.talk.count()
	switch {
	case total == 0 && r.what.kind == byOwn && !r.talk.hist.Own.IsZero():
		when := written(lang, r.talk.hist.Own.In(r.talk.zone))
		return fmt.Sprintf(pick(lang, "Seit Ihrer letzten Nachricht (%s) hat in **%s** niemand etwas geschrieben. Für mehr schreiben Sie zum Beispiel „seit gestern“.",
			"Since your last message (%s) nobody has written anything in **%s**. For more, write for example “since yesterday”."), when, name)
	case total == 0:
		return fmt.Sprintf(pick(lang, "In dieser Zeit hat in **%s** niemand etwas geschrieben.", "In that time nobody wrote anything in **%s**."), name)
	case read == 0:
		return fmt.Sprintf(pick(lang, "In **%s** konnte ich aus dieser Zeit keine Nachricht entschlüsseln.", "In **%s** I could not decrypt any message of that time."), name)
	case r.focus == opened:
		return fmt.Sprintf(pick(lang, "In **%s** habe ich aus dieser Zeit nichts Offenes gefunden.", "In **%s** I found nothing open from that time."), name)
	case r.focus == agreed:
		return fmt.Sprintf(pick(lang, "In **%s** habe ich aus dieser Zeit keine Entscheidung gefunden.", "In **%s** I found no decision from that time."), name)
	}
	return fmt.Sprintf(pick(lang, "In **%s** habe ich aus dieser Zeit nichts gefunden, was an Sie gerichtet, entschieden oder offen ist.",
		"In **%s** I found nothing from that time that is addressed to you, decided or open."), name)
}

// covered says what the answer is made from, and what is missing in it.
func (r *report) covered(lang string) string {
	k := r.talk
	read, total := k.count()
	parts := []string{
		fmt.Sprintf(pick(lang, "Ausgewertet: %s bis %s", "Covered: %s to %s"), long(lang, k.hist.From.In(k.zone)), long(lang, k.hist.To.In(k.zone))),
		ofMessages(lang, read, total),
	}
	if n := len(k.locked); n > 0 {
		parts = append(parts, fmt.Sprintf(pick(lang, "%d nicht zu entschlüsseln (%s)", "%d could not be decrypted (%s)"), n, k.lockedTimes(lang)))
	}
	if len(r.files) > 0 {
		parts = append(parts, r.listed(lang))
	}
	text := strings.Join(parts, " · ") + "."
	for _, more := range r.gaps(lang) {
		text += " " + more
	}
	return text
}

func ofMessages(lang string, read, total int) string {
	if read == total {
		if total == 1 {
			return pick(lang, "1 Nachricht", "1 message")
		}
		return fmt.Sprintf(pick(lang, "%d Nachrichten", "%d messages"), total)
	}
	return fmt.Sprintf(pick(lang, "%d von %d Nachrichten", "%d of %d messages"), read, total)
}

// gaps says why the stretch does not begin where it should.
func (r *report) gaps(lang string) (all []string) {
	h := r.talk.hist
	if r.what.cut {
		all = append(all, pick(lang, "Weiter als 30 Tage lese ich nicht zurück.", "I do not read back further than 30 days."))
	}
	if h.Cut {
		all = append(all, pick(lang, "Davor gab es mehr, als ich auf einmal lese; es fehlt hier.", "Before that there was more than I read at once; it is missing here."))
	}
	if h.Joined {
		all = append(all, pick(lang, "Was davor geschrieben wurde, dürfen Sie oder ich in diesem Raum nicht lesen.", "What was written before that, you or I may not read in this room."))
	}
	if r.what.kind == byOwn && h.Own.IsZero() && !h.Cut && !h.Joined {
		all = append(all, pick(lang, "Eine frühere Nachricht von Ihnen habe ich in dieser Zeit nicht gefunden.", "I found no earlier message of yours in that time."))
	}
	if r.talk.asker == "" {
		all = append(all, pick(lang, "Wer fragt, ist nicht angegeben (--as); deshalb fehlt „An Sie gerichtet“.", "Who asks was not said (--as); so “Addressed to you” is missing."))
	}
	return all
}

// long writes "Do 19.11.2026, 16:05".
func long(lang string, t time.Time) string {
	return facts.ShortDate(t, lang) + ", " + t.Format("15:04")
}

// lockedTimes lists when messages were written that could not be decrypted, three
// at most, the day where it changes.
func (k *talk) lockedTimes(lang string) string {
	var all []string
	last := ""
	for i, e := range k.locked {
		if i == 3 {
			return strings.Join(all, ", ") + ", …"
		}
		t := e.Time.In(k.zone)
		day := shortDay(lang, t)
		text := t.Format("15:04")
		if day != last {
			if last = day; k.days > 6 {
				text = day + " " + text
			} else {
				text = stamp(lang, t, false)
			}
		}
		all = append(all, text)
	}
	return strings.Join(all, ", ")
}

// listed says of each file whether it was read.
func (r *report) listed(lang string) string {
	var all []string
	for i, f := range r.files {
		if i == maxListed && len(r.files) > maxListed+1 {
			all = append(all, fmt.Sprintf(pick(lang, "und %d weitere", "and %d more"), len(r.files)-i))
			break
		}
		state := f.state.In(lang)
		if r.model == "" && f.text != "" && !f.told {
			state += pick(lang, ", nichts daraus ausgewählt", ", nothing chosen from it")
		}
		all = append(all, bots.Literal(f.name)+" "+state)
	}
	return pick(lang, "Dateien: ", "Files: ") + strings.Join(all, "; ")
}

// made says what made the answer, and what counts.
func (r *report) made(lang string) string {
	if r.model == "" {
		return pick(lang, "Ohne Sprachmodell: Sätze wörtlich aus dem Raum ausgewählt; Wichtiges kann fehlen.",
			"Without a language model: sentences chosen verbatim from the room; important things may be missing.")
	}
	at := r.model
	if r.place != "" {
		at += ", " + r.place
	}
	return fmt.Sprintf(pick(lang, "Mit KI erstellt (%s). Maßgeblich sind die verlinkten Nachrichten.", "Made with AI (%s). What counts are the linked messages."), at)
}
