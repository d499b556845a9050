package teams

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"
)

// A rate is how many requests are allowed within a time.
type rate struct {
	n   int
	per time.Duration
}

// What Teams allows a bot in one conversation, which is a chat or a whole channel:
// https://learn.microsoft.com/microsoftteams/platform/bots/how-to/rate-limit
// The longest one is the last.
var (
	writing = []rate{{7, time.Second}, {8, 2 * time.Second}, {60, 30 * time.Second}, {1800, time.Hour}}
	reading = []rate{{14, time.Second}, {16, 2 * time.Second}, {120, 30 * time.Second}, {3600, time.Hour}}
)

const (
	paceSlack = 250 * time.Millisecond // on each time: requests do not all travel equally fast
	paceMost  = time.Minute            // longest wait; the core asks again later for what would take longer
	paceSweep = 10 * time.Minute       // between two searches for what may be forgotten
)

// errPace says that so much is waiting for a conversation that it is better to come
// back later.
var errPace = errors.New("teams: too much for one conversation at once")

// A pacer keeps requests to the pace that Teams allows, each lane for itself: no
// conversation waits for another. What came first goes first.
type pacer struct {
	mu    sync.Mutex
	lanes map[string]*lane
	swept time.Time
}

// A lane is what a conversation was asked lately, or is about to be asked.
type lane struct {
	times []time.Time // ascending, no more than the last limit counts
	hold  time.Time   // until when Teams wants none
}

// wait waits until a request in a lane is allowed, and counts it. It returns the
// error of ctx, or errPace, at once if it would have to wait too long.
func (p *pacer) wait(ctx context.Context, name string, limits []rate) error {
	for {
		at, err := p.reserve(ctx, name, limits)
		if err != nil {
			return err
		}
		err = pauseFor(ctx, time.Until(at))
		if err == nil && !p.held(name).After(at) {
			return nil
		}
		p.release(name, at)
		if err != nil {
			return err
		}
		// Teams asked for silence meanwhile: stand in line again.
	}
}

// reserve takes the next moment of a lane.
func (p *pacer) reserve(ctx context.Context, name string, limits []rate) (time.Time, error) {
	if err := ctx.Err(); err != nil {
		return time.Time{}, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	p.sweep(now)
	l := p.lanes[name]
	if l == nil {
		l = &lane{}
	}
	at := l.next(now, limits)
	if end, ok := ctx.Deadline(); at.Sub(now) > paceMost || ok && at.After(end) {
		return time.Time{}, errPace
	}
	if p.lanes == nil {
		p.lanes = map[string]*lane{}
	}
	p.lanes[name] = l
	l.times = append(l.times, at)
	if most := limits[len(limits)-1].n; len(l.times) > most {
		l.times = slices.Delete(l.times, 0, len(l.times)-most)
	}
	return at, nil
}

// next returns the first moment at which one more request breaks no limit.
func (l *lane) next(now time.Time, limits []rate) time.Time {
	at := now
	if l.hold.After(at) {
		at = l.hold
	}
	if n := len(l.times); n > 0 && l.times[n-1].After(at) {
		at = l.times[n-1]
	}
	for _, lim := range limits {
		if n := len(l.times); n >= lim.n {
			if free := l.times[n-lim.n].Add(lim.per + paceSlack); free.After(at) {
				at = free
			}
		}
	}
	return at
}

// release gives a moment back that was not used.
func (p *pacer) release(name string, at time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if l := p.lanes[name]; l != nil {
		if i := slices.Index(l.times, at); i >= 0 {
			l.times = slices.Delete(l.times, i, i+1)
		}
	}
}

// hold keeps a lane silent for a while, as Teams asked with a 429.
func (p *pacer) hold(name string, d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if l, until := p.lanes[name], time.Now().Add(min(d, paceMost)); l != nil && until.After(l.hold) {
		l.hold = until
	}
}

func (p *pacer) held(name string) time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	if l := p.lanes[name]; l != nil {
		return l.hold
	}
	return time.Time{}
}

// sweep forgets what no limit counts any more.
func (p *pacer) sweep(now time.Time) {
	if now.Sub(p.swept) < paceSweep {
		return
	}
	p.swept = now
	for name, l := range p.lanes {
		old := now.Add(-time.Hour - paceSlack)
		l.times = slices.Clone(slices.DeleteFunc(l.times, func(t time.Time) bool { return t.Before(old) }))
		if len(l.times) == 0 && !l.hold.After(now) {
			delete(p.lanes, name)
		}
	}
}

// pauseFor waits, or returns the error of ctx.
func pauseFor(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
