package catchup

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"amtsbote/bots"
	"amtsbote/skills/talk"
)

// markOf is where the link of a line will stand in a text.
func markOf(i int) string { return "\x01" + strconv.Itoa(i) + "\x02" }

var marks = regexp.MustCompile("\x01(\\d+)\x02")

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
				b.WriteString("- " + fmt.Sprintf(talk.Pick(lang, "%d weitere, hier nicht gezeigt. Fragen Sie nach einem kürzeren Zeitraum.", "%d more, not shown here. Ask for a shorter time."), left) + "\n")
			}
		}
	}
	b.WriteString("\n*" + r.covered(lang) + "*")
	if len(r.talk.All) > 0 {
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
		if err != nil || i >= len(r.talk.All) {
			return ""
		}
		used[i] = true
		return r.talk.Link(lang, i)
	})
	if n.asks && len(n.reply) == 0 {
		text += talk.Pick(lang, " Eine Antwort habe ich nicht gefunden.", " I found no answer.")
	}
	for _, i := range n.from {
		if !used[i] {
			text += " " + r.talk.Link(lang, i)
		}
	}
	if n.asks && len(n.reply) > 0 {
		text += talk.Pick(lang, " Antwort:", " Answer:")
		for _, i := range n.reply[:min(len(n.reply), 3)] {
			text += " " + r.talk.byline(lang, i) + " " + r.talk.Link(lang, i)
		}
	}
	return text
}

// byline is who wrote a line.
func (k *history) byline(lang string, i int) string {
	if k.All[i].Own {
		return talk.Pick(lang, "von Ihnen", "by you")
	}
	return bots.Literal(k.All[i].Name)
}

// title names the room and the stretch.
func (r *report) title(lang string) string {
	name := bots.Literal(r.talk.Name(lang))
	k := r.talk
	from := k.Hist.From.In(k.Zone)
	switch k.What.Kind {
	case talk.ByOwn:
		if own := k.Hist.Own; !own.IsZero() {
			return fmt.Sprintf("**%s: %s** (%s)", name, talk.Pick(lang, "seit Ihrer letzten Nachricht", "since your last message"), talk.Written(lang, own.In(k.Zone)))
		}
		return fmt.Sprintf("**%s: %s %s**", name, talk.Pick(lang, "seit", "since"), talk.Written(lang, from))
	case talk.ByThread:
		return fmt.Sprintf("**%s: %s** (%s %s)", name, talk.Pick(lang, "dieser Thread", "this thread"), talk.Pick(lang, "ab", "from"), talk.Written(lang, from))
	case talk.ByAll:
		return fmt.Sprintf("**%s: %s**", name, talk.Pick(lang, "der ganze Export", "the whole export"))
	}
	since := k.What.Span.Since.In(k.Zone)
	if until := k.What.Span.Until; !until.IsZero() {
		return fmt.Sprintf("**%s: %s %s %s**", name, talk.Written(lang, since), talk.Pick(lang, "bis", "to"), talk.Written(lang, until.In(k.Zone)))
	}
	return fmt.Sprintf("**%s: %s %s**", name, talk.Pick(lang, "seit", "since"), talk.Written(lang, since))
}

// nothing says that there is nothing to tell.
func (r *report) nothing(lang string) string {
	name := bots.Literal(r.talk.Name(lang))
	empty := r.talk.Empty(lang)
	_, total := r.talk.Count()
	switch {
	case total == 0 && r.talk.What.Kind == talk.ByOwn && !r.talk.Hist.Own.IsZero():
		when := talk.Written(lang, r.talk.Hist.Own.In(r.talk.Zone))
		return fmt.Sprintf(talk.Pick(lang, "Seit Ihrer letzten Nachricht (%s) hat in **%s** niemand etwas geschrieben. Für mehr schreiben Sie zum Beispiel „seit gestern“.",
			"Since your last message (%s) nobody has written anything in **%s**. For more, write for example “since yesterday”."), when, name)
	case empty != "":
		return empty
	case r.focus == opened:
		return fmt.Sprintf(talk.Pick(lang, "In **%s** habe ich aus dieser Zeit nichts Offenes gefunden.", "In **%s** I found nothing open from that time."), name)
	case r.focus == agreed:
		return fmt.Sprintf(talk.Pick(lang, "In **%s** habe ich aus dieser Zeit keine Entscheidung gefunden.", "In **%s** I found no decision from that time."), name)
	}
	return fmt.Sprintf(talk.Pick(lang, "In **%s** habe ich aus dieser Zeit nichts gefunden, was an Sie gerichtet, entschieden oder offen ist.",
		"In **%s** I found nothing from that time that is addressed to you, decided or open."), name)
}

// covered says what the answer is made from.
func (r *report) covered(lang string) string {
	text := r.talk.Covered(lang, r.model == "")
	if r.talk.Asker == "" {
		text += talk.Pick(lang, " Wer fragt, ist nicht angegeben (--as); deshalb fehlt „An Sie gerichtet“.", " Who asks was not said (--as); so “Addressed to you” is missing.")
	}
	return text
}

// made says what made the answer, and what counts.
func (r *report) made(lang string) string {
	if r.model == "" {
		return talk.Pick(lang, "Ohne Sprachmodell: Sätze wörtlich aus dem Raum ausgewählt; Wichtiges kann fehlen.",
			"Without a language model: sentences chosen verbatim from the room; important things may be missing.")
	}
	at := r.model
	if r.place != "" {
		at += ", " + r.place
	}
	if !r.replaced.IsZero() {
		at += talk.Pick(lang, "; vor dem Modell ersetzt: "+r.replaced.DE, "; replaced before the model: "+r.replaced.EN)
	}
	return fmt.Sprintf(talk.Pick(lang, "Mit KI erstellt (%s). Maßgeblich sind die verlinkten Nachrichten.", "Made with AI (%s). What counts are the linked messages."), at)
}
