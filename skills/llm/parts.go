package llm

import (
	"context"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"amtsbote/bots"
)

// EachPart calls do for each of n parts of a task, as many at once as the model takes,
// and tells the person after each, with a text, how many are done. The first error
// ends it.
func EachPart(ctx context.Context, m Model, t bots.Task, n int, text bots.Text, do func(ctx context.Context, i int) error) error {
	var done atomic.Int32
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(max(m.Slots(), 1))
	for i := range n {
		g.Go(func() error {
			if err := do(ctx, i); err != nil {
				return err
			}
			if done := int(done.Add(1)); t.Tell != nil {
				t.Tell(bots.Progress{Done: done, Total: n, Text: text})
			}
			return nil
		})
	}
	return g.Wait()
}
