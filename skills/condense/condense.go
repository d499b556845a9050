// Package condense brings material that does not fit into a model's context down
// to a size that does, and covers all of it on the way: the model states what each
// part says, with its pages, and what it stated is worked through in turn, as often
// as needed.
//
//	material ──▶ parts ──model, several at once──▶ statements ──▶ fit? ──▶ the skill's own prompt
//	                ▲                                              │no
//	                └──────────────────────────────────────────────┘
//
// What a part says does not depend on the question, so it is kept by the hash of
// what it was made from, and of the language (Task.Memo): a restart, "kürzer", and another skill asked
// about the same file pay for nothing twice.
package condense

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"

	"amtsbote/bots"
	"amtsbote/skills/llm"
	"amtsbote/skills/material"
)

// version of the instructions. It goes up with every change of their texts.
const version = "2"

//go:embed instructions/*.txt
var instructions embed.FS

const (
	maxDepth = 6   // times that statements are condensed; each shortens by half at least
	minPart  = 200 // tokens that any part may come to: below that, half of it could be less than what it says
)

// TextLost warns of a Result that is Lost.
var TextLost = bots.Text{
	DE: "Die Unterlagen wurden in Teilen ausgewertet, und aus mindestens einem Teil hat das Modell nicht alles wiedergegeben: Einzelheiten können fehlen.",
	EN: "The documents were worked through in parts, and of at least one of them the model did not give everything: details may be missing."}

// Condenser condenses with one set of instructions.
type Condenser struct{ instructions llm.Instructions }

// New returns a Condenser.
func New(o *llm.Overrides) Condenser { return Condenser{o.Load("condense", version, instructions)} }

// Material is what is condensed, and for whom.
type Material struct {
	material.Marked
	Task  bots.Task
	Model llm.Model
	Share int // percent of the model's budget that prompt and answer may have together
}

// Answer is how many tokens an answer may have: a quarter of what there is.
func (m Material) Answer() int { return m.Model.Budget() * m.Share / 400 }

// Room is how many tokens of material fit beside a prompt without it and its answer.
func (m Material) Room(p llm.Prompt) int {
	const fence = 60
	b := m.Model.Budget() * m.Share / 100
	return max(b-b/4-p.Need()-fence, 200)
}

// Result is material that fits.
type Result struct {
	Text  string // with marks, or statements with references in round brackets
	Whole bool   // it is the material itself
	Lost  bool   // the statements about a part were cut, or there are none
}

// Try calls do with 100 percent of a model's budget and, as long as it fails with
// llm.ErrTooLong, with ever less: budgets are estimates, and shrink when a smaller
// model has to answer.
func Try(do func(share int) error) error {
	for share := 100; ; share = share * 2 / 3 {
		if err := do(share); share <= 20 || !errors.Is(err, llm.ErrTooLong) {
			return err
		}
	}
}

// Fit returns what the material says in at most room tokens. It tells the person
// how many parts are done.
func (c Condenser) Fit(ctx context.Context, m Material, room int) (Result, error) {
	w := work{Material: m, ins: c.instructions}
	r := Result{Text: m.Text, Whole: true}
	if room < llm.Tokens(m.Text) {
		llm.Learn(m.Model, nil, m.Text) // a part may have a surname alone
	}
	for depth := 0; room < llm.Tokens(r.Text); depth++ {
		if depth == maxDepth {
			return r, fmt.Errorf("condense: %d bytes left after %d rounds", len(r.Text), depth)
		}
		var err error
		if r.Text, err = w.parts(ctx, r.Text); err != nil {
			return r, fmt.Errorf("condense: %w", err)
		}
		r.Whole = false
	}
	r.Lost = w.lost.Load()
	return r, nil
}

type work struct {
	Material
	ins  llm.Instructions
	lost atomic.Bool
}

// parts condenses a text part by part, as many at once as the model takes.
func (w *work) parts(ctx context.Context, text string) (string, error) {
	pieces := w.Split(text, w.Room(w.prompt("")))
	out := make([]string, len(pieces))
	done := bots.Text{DE: "Teil ausgewertet", EN: "Part worked through"}
	err := llm.EachPart(ctx, w.Model, w.Task, len(pieces), done, func(ctx context.Context, i int) (err error) {
		out[i], err = w.part(ctx, pieces[i])
		return err
	})
	return strings.Join(out, "\n"), err
}

// part condenses one piece, or finds what was made of it before. What a cut answer
// lacks is found by asking for the halves.
func (w *work) part(ctx context.Context, piece string) (string, error) {
	key := llm.MemoKey("condense", w.ins.Version(), w.Task.Language, piece)
	if w.Task.Memo != nil {
		if kept, err := w.Task.Memo.Get(ctx, key); err != nil || kept != nil {
			return string(kept), err
		}
	}
	text, whole, err := w.once(ctx, piece)
	if err == nil && !whole {
		text, whole, err = w.halves(ctx, piece)
	}
	if err != nil {
		return "", err
	}
	if !whole {
		w.lost.Store(true)
		return text, nil
	}
	if w.Task.Memo != nil {
		err = w.Task.Memo.Put(ctx, key, []byte(text), w.From...)
	}
	return text, err
}

// halves condenses the two halves of a piece.
func (w *work) halves(ctx context.Context, piece string) (text string, whole bool, err error) {
	const marks = 80 // tokens of two marks
	halves := w.Split(piece, llm.Tokens(piece)/2+marks)
	whole = true
	for i, half := range halves {
		var all bool
		if halves[i], all, err = w.once(ctx, half); err != nil {
			return "", false, err
		}
		whole = whole && all
	}
	return strings.Join(halves, "\n"), whole, nil
}

// once has the model condense a piece. Not whole: the answer is empty, or was cut, by
// the model or because a part that grows would never come to an end.
func (w *work) once(ctx context.Context, piece string) (text string, whole bool, err error) {
	c, err := w.Model.Complete(ctx, w.prompt(piece))
	if err != nil {
		return "", false, err
	}
	if cut := llm.Split(c.Text, max(llm.Tokens(piece)/2, minPart)); len(cut) > 0 {
		text = cut[0]
	}
	return text, text != "" && !c.Cut && len(text) == len(strings.TrimSpace(c.Text)), nil
}

func (w *work) prompt(piece string) llm.Prompt {
	return llm.Prompt{System: w.ins.Text("part.txt", "language", llm.LanguageName(w.Task.Language)), MaxTokens: w.Answer(),
		Turns: []llm.Turn{{Text: llm.Fence("Material", piece)}}}
}
