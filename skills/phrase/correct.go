package phrase

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"amtsbote/bots"
	"amtsbote/skills/check"
	"amtsbote/skills/facts"
	"amtsbote/skills/llm"
	"amtsbote/skills/material"
)

const (
	correctTokens = 1500 // of a part that is read: comparing takes the square of its words
	maxChanges    = 60   // that are listed
	maxShare      = 40   // percent of the words from which on a text was rewritten
)

// correct proofreads: the text as the model corrected it, without what touches a
// figure, a name or a date, and the list of changes.
func (j job) correct(ctx context.Context, a *bots.Answer) error {
	language := facts.Language(j.src.text)
	name := "wie im Text"
	if language != "" {
		name = llm.LanguageName(language)
	}
	system := j.skill.instructions.Text("correct.txt", "language", name)
	pieces, all, err := j.pieces(ctx, j.src.text, system, "Bitte Korrektur lesen.", language, correctTokens, func(piece, text string) string {
		c := compare(piece, clean(text), j.task.Now)
		switch {
		case c.rewritten:
			return "Der Text wurde umgeschrieben statt nur berichtigt."
		case len(c.refused) > 0:
			return "Zahlen, Namen oder Daten wurden geändert: " + strings.Join(c.refused[:min(len(c.refused), 5)], "; ") + ". Lass sie genau so stehen."
		}
		return ""
	})
	if err != nil {
		return err
	}
	var texts, changes, refused []string
	for i, got := range all {
		if got.Text == "" {
			return &bots.Refusal{Text: textEmpty}
		}
		c := compare(pieces[i], clean(got.Text), j.task.Now)
		if got.Cut || c.rewritten { // not to be trusted: as it was
			a.Warnings = append(a.Warnings, textUncorrected(i+1, len(all)))
			c = comparison{text: pieces[i]}
		}
		texts, changes, refused = append(texts, c.text), append(changes, c.changes...), append(refused, c.refused...)
		for _, w := range got.Warnings {
			if !slices.Contains(a.Warnings, w) {
				a.Warnings = append(a.Warnings, w)
			}
		}
		a.Notice = got.Notice
	}
	if len(refused) > 0 {
		a.Warnings = append(a.Warnings, textRefused(refused))
	}
	text := inPlace(j.src.text, pieces, texts)
	if d := j.src.draft; d != nil {
		fixed := *d
		fixed.Text = text
		a.Drafts, a.Text = []bots.Draft{fixed}, changeList(changes)
		return nil
	}
	list := changeList(changes)
	a.Text = bots.Text{DE: material.Under(text, list.DE), EN: material.Under(text, list.EN)}
	return nil
}

// changeList lists the changes.
func changeList(changes []string) bots.Text {
	if len(changes) == 0 {
		return bots.Text{DE: "**Keine Fehler gefunden.** Der Text ist unverändert.", EN: "**No mistakes found.** The text is unchanged."}
	}
	t := textChanges(len(changes))
	lines := "\n\n" + strings.Join(changes[:min(len(changes), maxChanges)], "\n")
	if n := len(changes) - maxChanges; n > 0 {
		lines += fmt.Sprintf("\n- … (+%d)", n)
	}
	return bots.Text{DE: t.DE + lines, EN: t.EN + lines}
}

// A comparison is what is left of a correction.
type comparison struct {
	text      string
	changes   []string // as items of a list
	refused   []string // changes that were taken back
	rewritten bool
}

// compare holds a corrected text against the old one. A change that touches a
// fact of either is taken back. Lines and paragraphs stay as they were: that a model
// writes them into one is no correction.
func compare(old, text string, day time.Time) (c comparison) {
	a, b := tokens(strings.TrimSpace(old)), tokens(text)
	if len(b) > 2*len(a)+20 {
		return comparison{rewritten: true}
	}
	names := namesIn(old, day)
	var out strings.Builder
	touched, k, at := 0, 0, 0 // what is the same begins at a[k] and b[at]
	common := func(to int) {
		for ; at < to; k, at = k+1, at+1 {
			out.WriteString(spaced(a[k], b[at]))
		}
	}
	for _, h := range diff(a, b) {
		common(h.newFrom)
		k, at = h.oldTo, h.newTo
		before, after := join(a[h.oldFrom:h.oldTo]), join(b[h.newFrom:h.newTo])
		touched += max(h.oldTo-h.oldFrom, h.newTo-h.newFrom)
		if touches(a, h, before, after, names, day) {
			out.WriteString(strings.Join(a[h.oldFrom:h.oldTo], ""))
			c.refused = append(c.refused, bots.Quoted(before).DE+" → "+bots.Quoted(after).DE)
			continue
		}
		if h.oldFrom < h.oldTo && h.newFrom < h.newTo {
			b[h.newFrom] = spaced(a[h.oldFrom], b[h.newFrom])
		}
		out.WriteString(strings.Join(b[h.newFrom:h.newTo], ""))
		c.changes = append(c.changes, item(before, after))
	}
	common(len(b))
	c.text = strings.TrimSpace(out.String())
	c.rewritten = len(a) > 20 && touched*100 > len(a)*maxShare
	return c
}

// spaced returns a word with the white space of the old text before it where one of
// them begins a line.
func spaced(old, word string) string {
	is := strings.TrimLeft(word, " \t\n\u00a0")
	was := old[:len(old)-len(strings.TrimLeft(old, " \t\n\u00a0"))]
	if !strings.Contains(was+word[:len(word)-len(is)], "\n") {
		return word
	}
	return was + is
}

// marks is a text without punctuation around its words: a comma behind a date is
// no other date.
func marks(s string) string {
	words := strings.Fields(s)
	for i, w := range words {
		words[i] = strings.Trim(w, ".,;:!?()„“\"'")
	}
	return strings.Join(words, " ")
}

// window is how many words around a change are read with it: those that make a
// figure a date or an amount.
const window = 6

// touches reports whether a change makes another fact of one: by what the words
// around say with it and without, and of addresses of the net by every letter.
func touches(a []string, h hunk, before, after string, names map[string]bool, day time.Time) bool {
	if marks(before) == marks(after) {
		return false
	}
	for word := range strings.FieldsSeq(before + " " + after) {
		if strings.ContainsAny(word, "@") || strings.Contains(word, "://") || names[strings.Trim(word, ".,;:!?()„“\"'")] {
			return true
		}
	}
	left, right := join(a[max(0, h.oldFrom-window):h.oldFrom]), join(a[h.oldTo:min(len(a), h.oldTo+window)])
	was, is := left+" "+before+" "+right, left+" "+after+" "+right
	return len(check.Read(day, is).Facts(was)) > 0 || len(check.Read(day, was).Facts(is)) > 0
}

// namesIn returns the last words of the names in a text.
func namesIn(text string, day time.Time) map[string]bool {
	names := map[string]bool{}
	for _, f := range facts.Find(text, day) {
		if words := strings.Fields(f.Norm); f.Kind == facts.Person && len(words) > 0 {
			names[words[len(words)-1]] = true
		}
	}
	return names
}

func join(words []string) string { return strings.Join(strings.Fields(strings.Join(words, "")), " ") }

func item(before, after string) string {
	switch {
	case before == "":
		return "- + " + bots.Quoted(after).DE
	case after == "":
		return "- − " + bots.Quoted(before).DE
	}
	return "- " + bots.Quoted(before).DE + " → " + bots.Quoted(after).DE
}
