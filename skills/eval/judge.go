package eval

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/mail"
	"regexp"
	"strings"
	"time"

	"amtsbote/bots"
	"amtsbote/skills/check"
	"amtsbote/skills/document"
	"amtsbote/skills/facts"
)

// What a verdict can be about. These words stand in what is kept of a run.
const (
	checkMust       = "must"
	checkMustNot    = "must_not"
	checkSources    = "sources"
	checkOnly       = "sources_only"
	checkWords      = "length.words"
	checkSentences  = "length.sentences"
	checkPoints     = "length.points"
	checkKind       = "kind"
	checkBy         = "by"
	checkSalutation = "salutation"
	checkTo         = "to"
	checkSpeaks     = "speaks"
	checkModel      = "requires" // a model was required and the built-in engine answered
)

// A Fault is an expectation that was not met. It has no text of the case: N and
// Line lead to it.
type Fault struct {
	Check string `json:"check"`
	N     int    `json:"n,omitempty"`    // which one of several, from 1
	Line  int    `json:"line,omitempty"` // of the set's file
	text  string // what was wanted and what came, for who asked to see it
}

// String says where the fault is, without text of the case.
func (f Fault) String() string {
	s := f.Check
	if f.N > 0 {
		s += fmt.Sprintf("[%d]", f.N)
	}
	if f.Line > 0 {
		s += fmt.Sprintf(" (line %d)", f.Line)
	}
	return s
}

// A reply is what came back from a bot, as it is judged.
type reply struct {
	kind   Kind
	text   string // for the person, warnings included
	main   string // the text alone
	drafts []bots.Draft
	made   string // text of the files that were made
	answer bots.Answer
}

// replyOf turns what a bot returned into a reply. What is neither an answer nor a
// refusal is an error.
func replyOf(ctx context.Context, a bots.Answer, err error, language string, read document.ReadFunc) (reply, error) {
	r := reply{answer: a, drafts: a.Drafts}
	if refused, ok := errors.AsType[*bots.Refusal](err); ok {
		r.kind, r.text = Refusal, refused.Text.In(language)
		r.main = r.text
		return r, nil
	}
	if err != nil {
		return r, err
	}
	r.main = a.Text.In(language)
	r.text = r.main
	for _, w := range a.Warnings {
		r.text += "\n\n" + w.In(language)
	}
	switch {
	case a.Skip != "":
		r.kind, r.text = Skip, a.Skip
	case len(a.Drafts) > 0:
		r.kind = Draft
	case len(a.Files) > 0:
		r.kind = File
	default:
		r.kind = Answer
	}
	for _, f := range a.Files {
		doc, err := read(ctx, f.Name, bytes.NewReader(f.Data))
		if err != nil {
			return r, fmt.Errorf("eval: read a file that was made: %w", err)
		}
		r.made += "\n\n" + doc.Text()
	}
	return r, nil
}

// letters returns the text of all drafts, as their recipients read them.
func (r reply) letters() string {
	var b strings.Builder
	for _, d := range r.drafts {
		b.WriteString(d.Subject + "\n\n" + d.Text + "\n\n")
	}
	return b.String()
}

// seen returns the text in which facts are looked for.
func (r reply) seen(look Kind) string {
	switch look {
	case Answer:
		return r.text
	case Draft:
		return r.letters()
	case File:
		return r.made
	}
	return strings.TrimSpace(r.text + "\n\n" + r.letters() + r.made)
}

// measured returns the text whose length counts.
func (r reply) measured(look Kind) string {
	switch {
	case look == File:
		return r.made
	case look == Draft, look == "" && len(r.drafts) > 0:
		var b strings.Builder
		for _, d := range r.drafts {
			b.WriteString(d.Text + "\n\n")
		}
		return b.String()
	}
	var b strings.Builder
	for line := range strings.Lines(r.main) {
		if s := strings.TrimSpace(line); len(s) > 2 && s[0] == '*' && s[1] != '*' && s[1] != ' ' && s[len(s)-1] == '*' {
			continue // what the bot says of its own work
		}
		b.WriteString(line)
	}
	return check.Unmark(b.String()) // a text is not the longer for them
}

// judge fills a record with the verdicts on a reply.
func (c Case) judge(r reply, now time.Time, rec *Record) {
	miss := func(check string, n, line int, format string, args ...any) {
		rec.Faults = append(rec.Faults, Fault{check, n, line, fmt.Sprintf(format, args...)})
	}
	c.judgeKind(r, miss)
	h := newHeap(r.seen(c.Look), now)
	for i, w := range c.Must {
		if h.has(w) {
			rec.Found++
			continue
		}
		rec.Missed++
		miss(checkMust, i+1, w.line, "missing: %s", w)
	}
	for i, w := range c.MustNot {
		if h.has(w) {
			rec.Forbidden++
			miss(checkMustNot, i+1, w.line, "must not be there: %s", w)
		}
	}
	c.judgeSources(r, rec, miss)
	c.judgeLength(r, rec, miss)
	c.judgeDraft(r, miss)
	if c.Speaks != "" {
		text := r.main
		if len(r.drafts) > 0 {
			text = r.drafts[0].Text
		}
		if got := facts.Language(text); got != c.Speaks {
			miss(checkSpeaks, 0, c.line, "language %q instead of %q", got, c.Speaks)
		}
	}
}

type missFunc = func(check string, n, line int, format string, args ...any)

func (c Case) judgeKind(r reply, miss missFunc) {
	want, ok := string(c.Kind), r.kind == c.Kind
	switch c.Kind {
	case "":
		want, ok = "an answer", r.kind != Refusal && r.kind != Skip
	case Draft:
		ok = len(r.drafts) > 0
	case File:
		ok = len(r.answer.Files) > 0
	}
	if !ok {
		miss(checkKind, 0, c.line, "%s instead of %s", r.kind, want)
	}
	if got := r.answer.Notice.Skill; c.By != "" && got != c.By {
		miss(checkBy, 0, c.line, "answered by %q instead of %q", got, c.By)
	}
	if c.Requires == requiresModel && r.kind != Refusal && r.kind != Skip && r.answer.Notice.Model == "" && !r.answer.Notice.Plain {
		miss(checkModel, 0, c.line, "no model answered")
	}
}

func (c Case) judgeSources(r reply, rec *Record, miss missFunc) {
	fits := func(want Source, got bots.Source) bool {
		return (want.File == "" || want.File == got.File) && (want.Page == 0 || want.Page == got.Page)
	}
	wanted := make([]bool, len(r.answer.Sources))
	for i, want := range c.Sources {
		cited := false
		for j, got := range r.answer.Sources {
			if fits(want, got) {
				cited, wanted[j] = true, true
			}
		}
		if cited {
			rec.Cited++
			continue
		}
		rec.Uncited++
		miss(checkSources, i+1, c.line, "not cited: %s, page %d", want.File, want.Page)
	}
	for j, got := range r.answer.Sources {
		if c.SourcesOnly && !wanted[j] {
			rec.Uncited++
			miss(checkOnly, 0, c.line, "cited as well: %s, page %d", got.File, got.Page)
		}
	}
}

func (c Case) judgeLength(r reply, rec *Record, miss missFunc) {
	if c.Length == (Length{}) {
		return
	}
	rec.Measured = true
	text := r.measured(c.Look)
	for _, l := range []struct {
		name string
		n    int
		most int
	}{{checkWords, words(text), c.Length.Words}, {checkSentences, len(facts.Sentences(text)), c.Length.Sentences}, {checkPoints, points(text), c.Length.Points}} {
		if l.most > 0 && l.n > l.most {
			miss(l.name, 0, c.line, "%d, at most %d", l.n, l.most)
			rec.Long = true
		}
	}
}

// points counts the items of lists.
func points(text string) (n int) {
	for line := range strings.Lines(text) {
		if item.MatchString(line) {
			n++
		}
	}
	return n
}

var item = regexp.MustCompile(`^ *([-*+•]|\d{1,3}[.)]) +\S`)

// words counts what has a letter or a digit in it, so that signs of lists and
// tables do not count.
func words(text string) (n int) {
	for w := range strings.FieldsSeq(text) {
		if strings.IndexFunc(w, inWord) >= 0 {
			n++
		}
	}
	return n
}

func (c Case) judgeDraft(r reply, miss missFunc) {
	if len(r.drafts) == 0 {
		return // kind says so
	}
	d := r.drafts[0]
	if len(c.Salutation) > 0 {
		ok := false
		for _, s := range c.Salutation {
			ok = ok || strings.HasPrefix(plain(d.Text), plain(s))
		}
		if !ok {
			first, _, _ := strings.Cut(d.Text, "\n")
			miss(checkSalutation, 0, c.line, "%q instead of %s", first, strings.Join(c.Salutation, " | "))
		}
	}
	if c.To == "" {
		return
	}
	for _, d := range r.drafts {
		if to := append(append([]string{}, d.To...), d.Cc...); len(to) != 1 || !strings.EqualFold(address(to[0]), c.To) {
			miss(checkTo, 0, c.line, "to %s instead of %s", strings.Join(to, ", "), c.To)
		}
	}
}

// address returns the address of a recipient without the name.
func address(to string) string {
	if a, err := mail.ParseAddress(to); err == nil {
		return a.Address
	}
	return to
}
