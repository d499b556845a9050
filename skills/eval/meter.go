package eval

import (
	"context"
	"sync/atomic"

	"amtsbote/bots"
	"amtsbote/skills/llm"
)

// A meter counts the tokens of a case: those that the server counted, else an
// estimate. What routing asks a model in a draw is not among them.
type meter struct {
	in, out atomic.Int64
}

func (m *meter) count(c llm.Choose) llm.Choose { return counted{c, m} }

type counted struct {
	llm.Choose
	m *meter
}

// For implements llm.Choose.
func (c counted) For(class bots.Class) llm.Model {
	model := c.Choose.For(class)
	if model == nil {
		return nil
	}
	return countedModel{model, c.m}
}

type countedModel struct {
	llm.Model
	m *meter
}

// Unwrap is for llm.Learn.
func (c countedModel) Unwrap() llm.Model { return c.Model }

// Complete implements llm.Model.
func (c countedModel) Complete(ctx context.Context, p llm.Prompt) (llm.Completion, error) {
	got, err := c.Model.Complete(ctx, p)
	if err == nil {
		in, out := got.In, got.Out
		if in+out == 0 {
			in, out = p.Need(), llm.Tokens(got.Text)
		}
		c.m.in.Add(int64(in))
		c.m.out.Add(int64(out))
	}
	return got, err
}
