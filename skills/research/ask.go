package research

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"amtsbote/bots"
	"amtsbote/skills/answer"
	"amtsbote/skills/check"
	"amtsbote/skills/knowledge"
	"amtsbote/skills/llm"
)

const (
	maxAnswer = 1024 // tokens
	fenceRoom = 60   // tokens for marks and the name of a passage
)

// ask has a model answer from the passages that fit into a budget, the best first.
func (q *search) ask(ctx context.Context, model llm.Model, budget int) error {
	p, given, err := q.prompt(budget)
	if err != nil {
		return err
	}
	texts := make([]string, 0, len(given)+2)
	for _, g := range given {
		texts = append(texts, g.title+"\n"+g.text+"\n"+dated(g, "de")+" "+g.file)
	}
	language := q.language()
	// Not shown while it grows: its references are not checked yet.
	t := q.t
	if t.Tell != nil {
		t.Tell(bots.Progress{Text: bots.Text{DE: "Fundstellen werden ausgewertet", EN: "Passages are being evaluated"}})
		t.Tell = nil
	}
	a, err := answer.Ask{Task: t, Model: model, Prompt: p, Language: language,
		Refuse: func(text string) string { return refuse(text, given, language) }}.Do(ctx)
	if err != nil {
		return err
	}
	q.answer.Warnings = append(q.answer.Warnings, a.Warnings...)
	q.answer.Notice = a.Notice
	c := cite(a.Text, given, q.query, language)
	switch {
	case saysNone(a.Text) && len(c.used) == 0:
		q.none(given)
		return nil
	case len(c.used) == 0:
		q.verbatim()
		q.answer.Notice = bots.Notice{}
		q.answer.Warnings = append(q.answer.Warnings, textUnproved)
		return nil
	}
	if a.Cut {
		q.answer.Warnings = append(q.answer.Warnings, textCut)
	}
	text, warnings := answer.Hold(c.text, check.Read(q.t.Now, append(texts, q.t.Text, q.query)...), language)
	q.answer.Warnings = slices.Concat(q.answer.Warnings, warnings, c.warnings())
	q.write(bots.Say(text), c.used, given)
	return nil
}

// language is the one that is answered in.
func (q *search) language() string {
	if q.t.Language == "en" {
		return "en"
	}
	return "de"
}

// prompt returns the prompt with as many passages as fit.
func (q *search) prompt(budget int) (llm.Prompt, []passage, error) {
	t := q.t
	authority := ""
	if t.Bot.Authority != "" {
		authority = " (" + t.Bot.Authority + ")"
	}
	name := t.Bot.Name
	if name == "" {
		name = "Amtsbote"
	}
	p := llm.Prompt{MaxTokens: min(budget/4, maxAnswer), System: q.s.instructions.Text("answer.txt",
		"name", name, "authority", authority, "language", llm.LanguageName(q.language()), "today", t.Now.Format("02.01.2006"))}
	question := "Frage: " + q.query
	if !q.complete {
		question = "Frage: " + clip(t.Text, 4*maxQuery)
	}
	room := budget - p.MaxTokens - llm.Tokens(p.System) - llm.Tokens(question) - fenceRoom
	var b strings.Builder
	var given []passage
	for _, f := range q.found {
		need := llm.Tokens(f.text) + llm.Tokens(f.title) + llm.Tokens(f.file) + fenceRoom
		if need > room {
			continue // a shorter one may still fit
		}
		room -= need
		given = append(given, f)
		text := harmless(f.text)
		if f.title != "" && !strings.HasPrefix(f.text, f.title) {
			text = harmless(f.title) + "\n\n" + text
		}
		fmt.Fprintf(&b, "%s\n\n", llm.Fence(fmt.Sprintf("Fundstelle [%d]: %s", len(given), where(f, "de")), text))
	}
	if len(given) == 0 {
		return p, nil, llm.ErrTooLong
	}
	p.Turns = []llm.Turn{{Text: b.String() + question}}
	return p, given, nil
}

// feigned is what looks like a reference to a passage.
var feigned = regexp.MustCompile(`\[(\d{1,3}(?:\s?[,;–-]\s?\d{1,3})*)\]`)

// harmless returns the text of a passage without references of its own: a document
// must not cite itself or another one.
func harmless(text string) string { return feigned.ReplaceAllString(text, "($1)") }

// where says where a passage stands: file, page, date.
func where(p passage, language string) string {
	s := p.file
	if p.page > 0 {
		s += fmt.Sprintf(", %s %d", bots.Text{DE: "S.", EN: "p."}.In(language), p.page)
	}
	if d := dated(p, language); d != "" {
		s += ", " + d
	}
	return s
}

// dated says what date the document of a passage has, and which one that is.
func dated(p passage, language string) string {
	if p.date.IsZero() {
		return ""
	}
	t := map[knowledge.DateFrom]bots.Text{
		knowledge.FromText: {DE: "Stand ", EN: "as of "},
		knowledge.FromMail: {DE: "E-Mail vom ", EN: "e-mail of "},
		knowledge.FromFile: {DE: "Dateidatum ", EN: "file date "},
	}[p.from]
	return t.In(language) + day(p.date)
}

func day(t time.Time) string { return t.Format("02.01.2006") }
