package answer

import (
	"context"
	"encoding/json"
	"slices"

	"amtsbote/bots"
	"amtsbote/skills/llm"
)

// Pieces are the parts of a text that is too long to be worked on at once.
type Pieces struct {
	Task  bots.Task
	Model llm.Model
	Texts []string
	// Key names what is made of them: skill, version of the instructions, wish. What
	// was made of the same piece under the same key is found again.
	Key  string
	From []string  // the messages that the text came with
	Done bots.Text // what Task.Tell says after each piece
}

// Each asks for every piece, as many at once as the model takes, and returns the answers in the order
// of the pieces. An answer that is empty, cut or has warnings is not kept.
func (p Pieces) Each(ctx context.Context, ask func(ctx context.Context, piece string) (Answer, error)) ([]Answer, error) {
	out := make([]Answer, len(p.Texts))
	err := llm.EachPart(ctx, p.Model, p.Task, len(p.Texts), p.Done, func(ctx context.Context, i int) (err error) {
		out[i], err = p.one(ctx, p.Texts[i], ask)
		return err
	})
	return out, err
}

func (p Pieces) one(ctx context.Context, piece string, ask func(ctx context.Context, piece string) (Answer, error)) (a Answer, err error) {
	key := llm.MemoKey("piece", p.Key, piece)
	if p.Task.Memo != nil {
		kept, err := p.Task.Memo.Get(ctx, key)
		if err != nil || kept != nil && json.Unmarshal(kept, &a) == nil {
			return a, err
		}
	}
	if a, err = ask(ctx, piece); err != nil || a.Text == "" || a.Cut || len(a.Warnings) > 0 || p.Task.Memo == nil {
		return a, err
	}
	value, err := json.Marshal(a)
	if err != nil {
		return a, err
	}
	return a, p.Task.Memo.Put(ctx, key, value, p.From...)
}

// Join returns the texts of answers to pieces, and what is to be said of all of them:
// each warning once, whether one was cut, and who answered. ok is false if one of
// them is empty.
func Join(all []Answer) (texts []string, whole Answer, ok bool) {
	for _, a := range all {
		if a.Text == "" {
			return nil, Answer{}, false
		}
		texts = append(texts, a.Text)
		for _, w := range a.Warnings {
			if !slices.Contains(whole.Warnings, w) {
				whole.Warnings = append(whole.Warnings, w)
			}
		}
		whole.Cut = whole.Cut || a.Cut
		whole.Notice = a.Notice
	}
	return texts, whole, true
}
