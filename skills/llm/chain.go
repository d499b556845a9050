package llm

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"
)

const (
	patience  = 30 * time.Second // for waits and failed requests together; after that nothing is repeated
	firstWait = time.Second      // before the same model is asked again; doubles
	look      = time.Second      // how often those who wait look whether a breaker has closed
)

// A chain is several models of which one answers, in the order of preference.
type chain []seat

// A seat is a model in a chain.
type seat struct {
	*client
	wall *wall // nil: it may see all
}

func (s seat) complete(ctx context.Context, p Prompt) (Completion, error) {
	if s.wall == nil {
		return s.client.complete(ctx, p)
	}
	done, err := s.wall.complete(ctx, p, s.client.complete)
	if f, ok := errors.AsType[*failure](err); ok {
		f.model = s.Name
	}
	return done, err
}

// Budget implements Model. Placeholders may be longer than what they stand for.
func (ch chain) Budget() int {
	s := ch.first()
	if s.wall != nil {
		return s.budget() * 9 / 10
	}
	return s.budget()
}

// Slots implements Model.
func (ch chain) Slots() int { return ch.first().Config.Slots }

// learn tells the wall, if there is one: all seats have the same.
func (ch chain) learn(names, texts []string) {
	for _, s := range ch {
		if s.wall != nil {
			s.wall.learn(names, texts)
			return
		}
	}
}

// first returns the model that would be asked now.
func (ch chain) first() seat {
	now := time.Now()
	for _, c := range ch {
		if c.breaker.wait(now) <= 0 {
			return c
		}
	}
	return ch[0]
}

// Complete implements Model. Each model is asked in turn; those that may answer
// later are asked again until patience is over.
func (ch chain) Complete(ctx context.Context, p Prompt) (done Completion, err error) {
	err = ch.run(ctx, func(s seat) (err error) { done, err = s.complete(ctx, p); return err })
	if err != nil {
		return Completion{}, err
	}
	return done, nil
}

// run has one of the models do something.
func (ch chain) run(ctx context.Context, do func(seat) error) error {
	tries := make([]try, len(ch))
	for i, c := range ch {
		tries[i].seat = c
	}
	var spent time.Duration // on waits and failed requests, not on standing in line
	for {
		for i := range tries {
			t := &tries[i]
			if t.out || time.Now().Before(t.next) {
				continue
			}
			err := do(t.seat)
			if err == nil {
				return nil
			}
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			t.failed(err)
			spent += t.f.took
		}
		next, ok := soonest(tries)
		wait := max(time.Until(next), 0)
		if !ok || spent+wait > patience {
			return verdict(tries)
		}
		wait = min(wait, look)
		if err := sleep(ctx, wait); err != nil {
			return err
		}
		spent += wait
		for i := range tries {
			tries[i].refresh()
		}
	}
}

// A try is what became of one model within one call.
type try struct {
	seat  seat
	f     *failure
	fails int
	next  time.Time // when it may be asked again
	out   bool      // never in this call
}

func (t *try) failed(err error) {
	f, ok := errors.AsType[*failure](err)
	if !ok {
		f = &failure{model: t.seat.Name, kind: bad, code: "unknown"}
	}
	t.f = f
	switch f.kind {
	case again:
		t.fails++
		t.next = time.Now().Add(jitter(max(firstWait<<min(t.fails-1, 5), f.after)))
	case busy, shut:
		t.next = time.Now().Add(jitter(max(f.after, t.seat.breaker.wait(time.Now()))))
	default:
		t.out = true
	}
}

// refresh lets a model be asked at once whose breaker has closed meanwhile.
func (t *try) refresh() {
	if t.f != nil && t.f.kind == shut && !t.out && t.seat.breaker.wait(time.Now()) <= 0 {
		t.next = time.Time{}
	}
}

// jitter spreads requests that would all come at once; it never shortens a wait.
func jitter(d time.Duration) time.Duration {
	return d + time.Duration(rand.Int64N(int64(d/5)+1))
}

func soonest(tries []try) (next time.Time, ok bool) {
	for _, t := range tries {
		if !t.out && (!ok || t.next.Before(next)) {
			next, ok = t.next, true
		}
	}
	return next, ok
}

// verdict returns the error of a call that nobody answered. A refusal is final.
// While a model may come back the error is a plain one, so that the core tries
// again; ErrTooLong remains where only models answered for whom it is too much.
func verdict(tries []try) error {
	rank := map[kind]int{filter: 4, again: 3, busy: 3, shut: 3, long: 2, unsafe: 1}
	best := tries[0].f
	for _, t := range tries[1:] {
		if rank[t.f.kind] > rank[best.kind] {
			best = t.f
		}
	}
	if best.kind == filter || best.kind == unsafe {
		return best.refusal()
	}
	return best
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
