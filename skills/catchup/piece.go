package catchup

import (
	"fmt"
	"slices"
	"strings"

	"amtsbote/skills/facts"
	"amtsbote/skills/llm"
	"amtsbote/skills/talk"
)

// A chunk is a message as a model reads it, or a part of one that is very long, or
// of a file that came with it.
type chunk struct {
	line int
	text string // on one line, so that no message can feign another
}

// A piece is what a model reads at once.
type piece []chunk

// minChunk is the least tokens that a chunk is cut down to.
const minChunk = 60

// pieces cuts the talk into pieces of at most room tokens. Together, in order, they
// hold all of every message and file, once.
func (k *history) pieces(room int) (all []piece) {
	used, day := 0, ""
	var p piece
	for i := range k.All {
		for _, c := range k.chunks(i, room) {
			size := llm.Tokens(c.text) + 1
			if d := k.day(c.line); d != day || len(p) == 0 {
				size += llm.Tokens(d) + 1
				day = d
			}
			if len(p) > 0 && used+size > room-k.lead() {
				all, p = append(all, p), nil
				used = 0
				size = llm.Tokens(c.text) + llm.Tokens(k.day(c.line)) + 2
			}
			p, used = append(p, c), used+size
		}
	}
	if len(p) > 0 {
		all = append(all, p)
	}
	return all
}

// chunks are a message and its files, cut where they do not fit into room.
func (k *history) chunks(i, room int) (all []chunk) {
	l := &k.All[i]
	add := func(head, text string) {
		most := max(room-k.lead()-llm.Tokens(head)-40, minChunk)
		parts := llm.Split(text, most)
		if len(parts) == 0 {
			parts = []string{""}
		}
		for n, part := range parts {
			more := ""
			if len(parts) > 1 {
				more = fmt.Sprintf(" (Stück %d von %d)", n+1, len(parts))
			}
			all = append(all, chunk{i, strings.TrimSpace(head + more + ": " + strings.Join(strings.Fields(part), " "))})
		}
	}
	if l.Said != "" || len(l.Files) == 0 {
		add(k.head(i), l.Said)
	}
	if len(l.Attached) == 0 && l.Said == "" {
		for _, f := range l.Files {
			add(k.head(i), "Datei "+talk.CleanName(f.Name, ""))
		}
	}
	for _, f := range l.Attached {
		if f.Text == "" {
			add(k.head(i), "Datei "+talk.CleanName(f.Name, "")+", nicht gelesen")
			continue
		}
		add(k.head(i)+", Datei "+talk.CleanName(f.Name, ""), f.Text)
	}
	return all
}

// head says who wrote a message, when, and to whom.
func (k *history) head(i int) string {
	l := &k.All[i]
	var b strings.Builder
	fmt.Fprintf(&b, "[%d] %s ", i+1, l.Time.Format("15:04"))
	if l.Own {
		b.WriteString("Sie selbst")
	} else {
		b.WriteString(l.Name)
	}
	switch {
	case l.Addressed():
		b.WriteString(", an Sie")
	case l.Everyone:
		b.WriteString(", an alle")
	}
	if j, ok := k.Answered(i); ok {
		fmt.Fprintf(&b, ", Antwort auf [%d]", j+1)
	}
	return b.String()
}

func (k *history) day(i int) string { return "— " + facts.ShortDate(k.All[i].Time, "de") + " —" }

// lead is how many tokens the line takes that says who asks.
func (k *history) lead() int { return llm.Tokens(k.person()) + 2 }

func (k *history) person() string {
	if k.Asker == "" {
		return "Wer fragt, ist nicht bekannt."
	}
	return "Die Person, die fragt, heißt hier: " + talk.CleanName(k.Hist.Self, k.Asker)
}

// text is what the model reads of a piece.
func (p piece) text(k *history) string {
	var b strings.Builder
	b.WriteString(k.person())
	day := ""
	for _, c := range p {
		if d := k.day(c.line); d != day {
			day = d
			b.WriteString("\n" + d)
		}
		b.WriteString("\n" + c.text)
	}
	return b.String()
}

// lines returns the lines of a piece, each once.
func (p piece) lines() (all []int) {
	for _, c := range p {
		all = append(all, c.line)
	}
	return slices.Compact(all)
}
