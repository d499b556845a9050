package teams

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// broken names the first limit of Microsoft's that times break; they count without
// the slack that the pacer leaves.
func broken(times []time.Time, limits []rate) string {
	for _, l := range limits {
		for i := l.n; i < len(times); i++ {
			if d := times[i].Sub(times[i-l.n]); d < l.per {
				return fmt.Sprintf("%d requests within %v, of which %d are allowed in %v", l.n+1, d, l.n, l.per)
			}
		}
	}
	return ""
}

func TestPaceKeepsEveryLimit(t *testing.T) {
	for name, limits := range map[string][]rate{"writing": writing, "reading": reading} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var p pacer
				var times []time.Time
				start := time.Now()
				for range limits[len(limits)-1].n + 300 {
					for p.wait(t.Context(), "a", limits) != nil {
						time.Sleep(time.Minute) // as the core would
					}
					times = append(times, time.Now())
				}
				if why := broken(times, limits); why != "" {
					t.Error(why)
				}
				if first := times[limits[0].n-1].Sub(start); first != 0 {
					t.Errorf("the first %d waited %v", limits[0].n, first)
				}
				// Not slower than need be: 60 in half a minute, and a little for the slack.
				if d, n := times[3*limits[2].n].Sub(start), limits[2].per*3; d < n || d > n+3*time.Second {
					t.Errorf("three times as many as in half a minute took %v", d)
				}
			})
		})
	}
}

func TestPaceOfManyAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p pacer
		times := make([]time.Time, 40)
		var all sync.WaitGroup
		for i := range times {
			all.Go(func() {
				if err := p.wait(t.Context(), "a", writing); err != nil {
					t.Error(err)
				}
				times[i] = time.Now()
			})
			synctest.Wait() // so that it stands in line
		}
		all.Wait()
		if !slices.IsSortedFunc(times, time.Time.Compare) {
			t.Errorf("who came first did not go first: %v", times)
		}
		if why := broken(times, writing); why != "" {
			t.Error(why)
		}
	})
}

// Many who stood in line leave it, and others come: the moments that were given back
// are used by nobody who would break a limit.
func TestPaceOfManyWhoLeave(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p pacer
		var mu sync.Mutex
		var times []time.Time
		var all sync.WaitGroup
		random := rand.New(rand.NewPCG(1, 2))
		for range 400 {
			ctx, leave := context.WithCancel(t.Context())
			defer leave()
			all.Go(func() {
				if p.wait(ctx, "a", writing) == nil {
					mu.Lock()
					defer mu.Unlock()
					times = append(times, time.Now())
				}
			})
			if random.IntN(2) == 0 {
				time.AfterFunc(time.Duration(random.IntN(5000))*time.Millisecond, leave)
			}
			time.Sleep(time.Duration(random.IntN(500)) * time.Millisecond)
			synctest.Wait()
			p.mu.Lock()
			sorted := slices.IsSortedFunc(p.lanes["a"].times, time.Time.Compare)
			p.mu.Unlock()
			if !sorted {
				t.Error("the moments of the lane are not in order")
				break
			}
		}
		all.Wait()
		slices.SortFunc(times, time.Time.Compare)
		if why := broken(times, writing); why != "" {
			t.Error(why)
		}
		if n := len(times); n < 200 {
			t.Errorf("only %d of 400 had their turn", n)
		}
	})
}

func TestPaceOfAnotherConversation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p pacer
		for range 7 {
			_ = p.wait(t.Context(), "a", writing)
		}
		blocked := make(chan error)
		go func() { blocked <- p.wait(t.Context(), "a", writing) }()
		synctest.Wait()
		start := time.Now()
		if err := p.wait(t.Context(), "b", writing); err != nil || time.Since(start) != 0 {
			t.Errorf("it waited %v for the other: %v", time.Since(start), err)
		}
		if err := <-blocked; err != nil || time.Since(start) != time.Second+paceSlack {
			t.Errorf("the first waited %v: %v", time.Since(start), err)
		}
	})
}

func TestPaceEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p pacer
		for range 7 {
			_ = p.wait(t.Context(), "a", writing)
		}
		start := time.Now()
		short, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		defer cancel()
		if err := p.wait(short, "a", writing); !errors.Is(err, errPace) || time.Since(start) != 0 {
			t.Errorf("who cannot wait long enough is told %v after %v", err, time.Since(start))
		}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- p.wait(ctx, "a", writing) }()
		synctest.Wait()
		stop()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("stopped: %v", err)
		}
		if err := p.wait(ctx, "a", writing); !errors.Is(err, context.Canceled) {
			t.Errorf("stopped before: %v", err)
		}
		// Neither of them used its moment.
		if err := p.wait(t.Context(), "a", writing); err != nil || time.Since(start) != time.Second+paceSlack {
			t.Errorf("after those who left it took %v: %v", time.Since(start), err)
		}
	})
}

func TestPaceHolds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p pacer
		start := time.Now()
		var all sync.WaitGroup
		var mu sync.Mutex
		var times []time.Time
		for range 7 {
			_ = p.wait(t.Context(), "a", writing)
		}
		for range 10 { // stand in line when silence is asked for
			all.Go(func() {
				if err := p.wait(t.Context(), "a", writing); err != nil {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				times = append(times, time.Now())
			})
		}
		synctest.Wait()
		p.hold("a", 20*time.Second)
		p.hold("a", time.Second) // the longer one counts
		p.hold("unknown", time.Second)
		all.Wait()
		if first := times[0].Sub(start); first < 20*time.Second {
			t.Errorf("silence was broken after %v", first)
		}
		slices.SortFunc(times, time.Time.Compare)
		if why := broken(times, writing); why != "" {
			t.Errorf("after the silence: %s", why)
		}
		p.hold("a", time.Hour)
		if err := p.wait(t.Context(), "a", writing); err != nil {
			t.Errorf("an hour of silence is cut to %v: %v", paceMost, err)
		}
	})
}

// Somebody who floods a conversation costs little memory, and old ones cost none.
func TestPaceForgets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p pacer
		for i := range 5000 {
			_ = p.wait(t.Context(), fmt.Sprint(i), writing)
		}
		time.Sleep(30 * time.Minute)
		_ = p.wait(t.Context(), "new", writing)
		if n := len(p.lanes); n != 5001 {
			t.Errorf("%d lanes after half an hour: their hour still counts", n)
		}
		time.Sleep(31 * time.Minute)
		_ = p.wait(t.Context(), "newer", writing)
		if n := len(p.lanes); n != 2 {
			t.Errorf("%d lanes after an hour", n)
		}
		for range 4000 {
			for p.wait(t.Context(), "busy", writing) != nil {
				time.Sleep(time.Minute)
			}
		}
		if n := len(p.lanes["busy"].times); n > 1800 {
			t.Errorf("%d times of one conversation", n)
		}
	})
}
