// Package phrase is the skill that writes and rewrites texts: mails, letters,
// notes, resolutions, lines for the press from key words; a text that the person
// pastes, sends as a file or got last, shorter, friendlier, in another form; and
// proofreading.
//
//	key words ─┐                         ┌─▶ mail, letter: a draft with closing and signature
//	files ─────┼─▶ model ─▶ facts held ──┤
//	last text ─┘            against them └─▶ any other text, as it can be copied
//
// Nothing is invented: dates, amounts, numbers, names that stand neither in the
// person's words nor in the conversation nor in the files go back to the model once
// and are then marked as **[bitte prüfen: …]** (facts.go). What a rewritten text has
// lost is said. What is wanted is read from the words by rules (wish.go), so that
// routing, form and language do not depend on a model.
//
// Proofreading trusts the model with spelling only: what it changed is found by
// comparing words (diff.go), and a change that touches a figure, a name or a date is
// taken back and told (correct.go). No library compares words: hexops/gotextdiff and
// pmezard/go-difflib compare lines or are no longer kept, and a longest common
// subsequence is thirty lines.
//
// A draft of this skill has no recipient: whom it goes to is for the person. How it
// ends comes from the configuration of letters (skill draft), its only place.
package phrase

import (
	"context"
	"embed"
	"strings"
	"sync"

	"amtsbote/bots"
	"amtsbote/skills/condense"
	"amtsbote/skills/llm"
	"amtsbote/skills/material"
)

// version of the instructions. It goes up with every change of their texts.
const version = "1"

//go:embed instructions/*.txt
var instructions embed.FS

// Sign returns what letters of a connector end with: closing and signature.
type Sign func(connector, language, authority string, familiar bool) string

// Skill is a bots.Skill.
type Skill struct {
	material     *material.Reader
	models       llm.Choose
	condenser    condense.Condenser
	sign         Sign
	instructions llm.Instructions
}

// New returns the skill. models may have no model: then it refuses.
func New(sign Sign, r *material.Reader, models llm.Choose, c condense.Condenser, o *llm.Overrides) *Skill {
	return &Skill{r, models, c, sign, o.Load("phrase", version, instructions)}
}

// Info implements bots.Skill.
func (s *Skill) Info() bots.Info {
	return bots.Info{
		Name: "phrase", Version: s.instructions.Version(),
		Commands: []string{"formulieren", "phrase", "umformulieren", "rephrase", "korrektur", "proofread"},
		Words:    words, Follow: follow, Model: true,
		Help: bots.Text{DE: "formuliert aus Stichworten, formuliert um, liest Korrektur",
			EN: "writes from key words, rewrites, proofreads"},
		Examples: []bots.Text{
			{DE: "„Formuliere eine freundliche Absage: Termin am 3.12. nicht möglich, neuer Vorschlag 8.12., 10 Uhr.“ Danach: „kürzer“.",
				EN: "“Write a friendly refusal: appointment on 3 Dec not possible, new proposal 8 Dec, 10:00.” Then: “shorter”."},
			{DE: "„Korrigiere:“ und darunter Ihr Text", EN: "“Proofread:” and below it your text"}},
	}
}

// Do implements bots.Skill.
func (s *Skill) Do(ctx context.Context, t bots.Task) (bots.Answer, error) {
	if t.Tell == nil {
		t.Tell = func(bots.Progress) {}
	}
	if t.Command == "" && (t.Message.Letter() || asks(t.Text)) {
		return bots.Answer{}, bots.ErrPass
	}
	w := wishOf(t)
	src, err := s.gather(ctx, t, w)
	if err != nil {
		return bots.Answer{}, err
	}
	if !src.enough(w) {
		if t.Command == "" && w.mode != compose {
			return bots.Answer{}, bots.ErrPass
		}
		return bots.Answer{}, &bots.Refusal{Text: textWhat[w.mode]}
	}
	model := s.models.For(t.Class)
	if model == nil {
		return bots.Answer{}, &bots.Refusal{Text: textNoModel}
	}
	j := job{skill: s, task: t, model: model, wish: w, src: src}
	j.sources = sync.OnceValue(j.read)
	a := bots.Answer{Read: src.set.Read(false), Warnings: src.set.Warnings(false)}
	switch w.mode {
	case compose:
		err = j.compose(ctx, &a)
	case correct:
		err = j.correct(ctx, &a)
	default:
		err = j.rewrite(ctx, &a)
	}
	return a, err
}

// A source is what a text is made from.
type source struct {
	text  string          // to be rewritten, corrected or, of composing, referred to
	draft *bots.Draft     // that it is, if it is one
	from  []string        // the messages that it came with
	set   material.Set    // the files
	given material.Marked // what they say
	talk  string          // what was said before
}

// enough reports whether there is something to work on.
func (s source) enough(w wish) bool {
	if w.mode == compose {
		return w.telling() || strings.TrimSpace(s.text) != ""
	}
	return strings.TrimSpace(s.text) != ""
}

// gather finds what a wish is about: the text in the message, its files, the last
// result, or the files sent before where the words name them.
func (s *Skill) gather(ctx context.Context, t bots.Task, w wish) (src source, err error) {
	var talk []string
	for _, h := range t.History {
		if h.Bot && h.Skill == "draft" {
			continue // of a brief no model may see a word
		}
		talk = append(talk, h.Text)
	}
	src.talk = strings.Join(talk, "\n")
	src.text, src.from = w.text, []string{t.Message.ID}
	last, ok := material.Last(t)
	files := len(t.Message.Files) > 0
	switch {
	case src.text != "":
	case !files && ok && (w.mode != compose || w.refers):
		src.text, src.draft, src.from = last.Text, last.Draft, append(src.from, last.From...)
		return src, nil
	}
	if !files && (src.text != "" || !w.file) {
		return src, nil
	}
	if src.set, err = s.material.Gather(ctx, t, material.Want{}); err != nil {
		return src, err
	}
	if len(src.set.Files) > 0 && !src.set.Readable() {
		return src, &bots.Refusal{Text: src.set.Nothing()}
	}
	src.given = src.set.Marked(t)
	src.from = append(src.from, src.given.From...)
	if src.text == "" && w.mode != compose {
		var all []string
		for _, f := range src.set.Files {
			all = append(all, strings.TrimSpace(f.Doc.Text()))
		}
		src.text = strings.TrimSpace(strings.Join(all, "\n\n"))
	} else if w.mode == compose {
		src.text = src.given.Text
	}
	return src, nil
}
