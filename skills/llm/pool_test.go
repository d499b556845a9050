package llm_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"amtsbote/bots"
	"amtsbote/skills/llm"
	"amtsbote/skills/llm/llmtest"
)

var away = llmtest.Reply{Status: 503, Message: secret}

// always returns a function that answers every request alike.
func always(r llmtest.Reply) func(llmtest.Request) llmtest.Reply {
	return func(llmtest.Request) llmtest.Reply { return r }
}

// TestClass holds the rule that no model sees what is above its class, whatever
// else goes wrong.
func TestClass(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		servers := map[string]*llmtest.Server{}
		var models []llm.Config
		for name, class := range map[string]bots.Class{"offen": bots.Public, "haus": bots.Internal, "tresor": bots.Confidential, "ohne": ""} {
			s, cfg := piped(t, name, llmtest.Options{})
			cfg.Class = class
			s.Answer(always(away))
			servers[name], models = s, append(models, cfg)
		}
		p := open(t, models...)
		b, err := p.Bot([]string{"offen", "haus", "ohne", "tresor"})
		if err != nil {
			t.Fatal(err)
		}
		for _, test := range []struct {
			class bots.Class
			want  string
		}{
			{bots.Public, "offen haus ohne tresor"},
			{bots.Internal, "haus tresor"},
			{bots.Confidential, "tresor"},
			{"", "tresor"},
			{"geheim", "tresor"},
		} {
			asked := map[string]int{}
			for name, s := range servers {
				asked[name] = len(s.Requests())
			}
			// All are away, so that every fallback there is gets its turn.
			if _, err := b.For(test.class).Complete(t.Context(), prompt); err == nil {
				t.Error("an answer from nowhere")
			}
			var got []string
			for _, m := range b.Models(test.class) {
				got = append(got, m.Name)
			}
			if strings.Join(got, " ") != test.want {
				t.Errorf("class %q: the models are %q, want %q", test.class, got, test.want)
			}
			for name, s := range servers {
				// A model that is let in may be left out because its breaker is open.
				if len(s.Requests()) > asked[name] && !strings.Contains(" "+test.want+" ", " "+name+" ") {
					t.Errorf("class %q: %s was asked", test.class, name)
				}
			}
			time.Sleep(time.Minute)
		}
	})
}

func TestBot(t *testing.T) {
	p := open(t, llm.Config{Name: "Mistral", Place: "Keller", URL: "http://127.0.0.1:1", Model: "m", Class: bots.Internal})
	if _, err := p.Bot([]string{"Mistral", "Mixtral"}); err == nil || !strings.Contains(err.Error(), `models[1]: there is no model "Mixtral"`) {
		t.Errorf("an unknown model: %v", err)
	}
	none, err := p.Bot(nil)
	if err != nil || none.For(bots.Public) != nil {
		t.Errorf("a bot without models: %v, %v", none, err)
	}
	one, err := p.Bot([]string{"Mistral"})
	if err != nil || one.For(bots.Confidential) != nil || one.For(bots.Internal) == nil {
		t.Errorf("a model up to internal: %v, %v", one, err)
	}
}

func TestFallback(t *testing.T) {
	ok := llmtest.Reply{Text: "vom zweiten"}
	tests := map[string]struct {
		first  llmtest.Reply
		second llmtest.Reply // default ok
		small  int           // context of the second
		err    string
		too    bool
		within time.Duration
	}{
		"a server that is away":      {first: away, within: time.Second},
		"a server that is busy":      {first: llmtest.Reply{Status: 429, RetryAfter: "20"}, within: time.Second},
		"a server that hangs":        {first: llmtest.Reply{Fault: llmtest.Hang}, within: 91 * time.Second},
		"half an answer":             {first: llmtest.Reply{Text: "a b c d", Fault: llmtest.Quiet}, within: time.Second},
		"a wrong key":                {first: llmtest.Reply{Status: 401}, within: time.Second},
		"a content filter":           {first: llmtest.Reply{Status: 400, Code: "content_filter"}, within: time.Second},
		"too long for the first":     {first: llmtest.Reply{Status: 400, Code: "context_length_exceeded"}, within: time.Second},
		"too long for the fallback":  {first: llmtest.Reply{Status: 401}, small: 1024, too: true, within: time.Second},
		"both are away":              {first: away, second: away, err: "status 503", within: 31 * time.Second},
		"filtered by both: refused":  {first: llmtest.Reply{Finish: "content_filter"}, second: llmtest.Reply{Status: 400, Code: "content_filter"}, err: "refused", within: time.Second},
		"away and too long is away":  {first: away, small: 1024, err: "status 503", within: 31 * time.Second},
		"filtered and away is final": {first: llmtest.Reply{Finish: "content_filter"}, second: away, err: "refused", within: 31 * time.Second},
	}
	long := llm.Prompt{Turns: []llm.Turn{{Text: strings.Repeat("wort ", 1000)}}}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s1, c1 := piped(t, "eins", llmtest.Options{})
				s2, c2 := piped(t, "zwei", llmtest.Options{})
				s1.Answer(always(test.first))
				s2.Answer(always(ok))
				if test.second != (llmtest.Reply{}) {
					s2.Answer(always(test.second))
				}
				c2.Context = test.small
				start := time.Now()
				got, err := model(t, open(t, c1, c2), "eins", "zwei").Complete(t.Context(), long)
				if took := time.Since(start); took > test.within {
					t.Errorf("took %v, want %v", took, test.within)
				}
				switch {
				case test.err == "" && !test.too && (err != nil || got.Text != ok.Text || got.Model != "zwei"):
					t.Errorf("got %+v, %v", got, err)
				case test.err != "" && (err == nil || !strings.Contains(err.Error(), test.err)):
					t.Errorf("got %v, want %q", err, test.err)
				case errors.Is(err, llm.ErrTooLong) != test.too:
					t.Errorf("got %v", err)
				}
			})
		})
	}
}

// TestBudget follows the model that would be asked.
func TestBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s1, c1 := piped(t, "eins", llmtest.Options{})
		_, c2 := piped(t, "zwei", llmtest.Options{})
		c1.Context, c2.Context, c2.Thinking = 32_000, 10_000, 2_000
		m := model(t, open(t, c1, c2), "eins", "zwei")
		if got := m.Budget(); got != 32_000 {
			t.Errorf("budget %d", got)
		}
		s1.Answer(always(llmtest.Reply{Status: 429, RetryAfter: "60"}))
		if got, err := m.Complete(t.Context(), prompt); err != nil || got.Model != "zwei" || m.Budget() != 8_000 {
			t.Errorf("with the first busy: %+v, %v, budget %d", got, err, m.Budget())
		}
		time.Sleep(61 * time.Second)
		if got := m.Budget(); got != 32_000 {
			t.Errorf("afterwards: budget %d", got)
		}
	})
}

// TestBreaker follows a breaker from closed to open to half-open to closed.
func TestBreaker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, cfg := piped(t, "Mistral", llmtest.Options{})
		p := open(t, cfg)
		m := model(t, p, "Mistral")
		expect := func(when string, state llm.State, requests int) {
			t.Helper()
			synctest.Wait()
			if h := p.Health()[0]; h.State != state || len(s.Requests()) != requests {
				t.Errorf("%s: %s after %d requests, want %s after %d", when, h.State, len(s.Requests()), state, requests)
			}
		}
		ask := func() {
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond) // no repeating
			defer cancel()
			_, _ = m.Complete(ctx, prompt)
		}
		s.Answer(always(away))
		for range 4 {
			ask()
		}
		expect("after four failures", llm.Closed, 4)
		ask()
		expect("after five", llm.Open, 5)
		ask()
		expect("open", llm.Open, 5)
		time.Sleep(time.Second)
		ask()
		expect("after a failed probe", llm.Open, 6)

		s.Answer(always(llmtest.Reply{Text: "da", Wait: 50 * time.Millisecond}))
		time.Sleep(5 * time.Second)
		go ask()
		time.Sleep(20 * time.Millisecond)
		expect("while it is tried", llm.HalfOpen, 7)
		time.Sleep(time.Second)
		expect("after a probe that succeeded", llm.Closed, 7)
		h := p.Health()[0]
		if h.Fails != 0 || h.LastOK.IsZero() || h.LastFail.IsZero() || h.Answers != 1 || h.Failures != 6 || h.Alarm != "" {
			t.Errorf("got %+v", h)
		}
	})
}

// TestRecovery measures how long after its return a server's breaker closes, with
// nobody asking, for the ways to be away.
func TestRecovery(t *testing.T) {
	for name, fault := range map[string]llmtest.Reply{
		"it answered 503":          away,
		"it swallowed requests":    {Fault: llmtest.Hang},
		"it reset connections":     {Fault: llmtest.Reset},
		"it cut its answers":       {Text: "a b", Fault: llmtest.Quiet},
		"it stalled in the middle": {Text: "a b", Fault: llmtest.Stall},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, cfg := piped(t, "Mistral", llmtest.Options{})
				cfg.Slots = 1 // taken by one who hangs
				p := open(t, cfg)
				ctx, stop := context.WithCancel(t.Context())
				var all sync.WaitGroup
				all.Go(func() { p.Watch(ctx) })
				s.Answer(always(fault))
				m := model(t, p, "Mistral")
				for p.Health()[0].State == llm.Closed {
					_, _ = m.Complete(ctx, prompt)
				}
				all.Go(func() {
					for ctx.Err() == nil {
						_, _ = m.Complete(ctx, prompt)
						time.Sleep(5 * time.Second)
					}
				})
				var worst time.Duration
				for i := range 12 { // return at any moment of the rhythm
					time.Sleep(10*time.Second + time.Duration(i)*477*time.Millisecond)
					s.Answer(always(llmtest.Reply{Text: "da"}))
					back := time.Now()
					for p.Health()[0].State != llm.Closed {
						time.Sleep(100 * time.Millisecond)
					}
					worst = max(worst, time.Since(back))
					s.Answer(always(fault))
					for p.Health()[0].State == llm.Closed {
						time.Sleep(time.Second)
					}
				}
				if t.Logf("closed after %v at most", worst); worst > 10*time.Second {
					t.Error("that is too long")
				}
				stop()
				all.Wait()
			})
		})
	}
}

// TestDenied has a wrong key: an alarm that says the cure, and no hammering that
// would lock the account.
func TestDenied(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, cfg := piped(t, "Mistral", llmtest.Options{Key: "k"})
		p := open(t, cfg)
		ctx, stop := context.WithCancel(t.Context())
		var all sync.WaitGroup
		all.Go(func() { p.Watch(ctx) })
		m := model(t, p, "Mistral")
		start := time.Now()
		for range 60 {
			if _, err := m.Complete(t.Context(), prompt); err == nil {
				t.Error("an answer without a key")
			}
			time.Sleep(10 * time.Second)
		}
		if n, took := len(s.Requests()), time.Since(start); n > 1+int(took/time.Minute) {
			t.Errorf("%d requests in %v", n, took)
		}
		if h := p.Health()[0]; h.State != llm.Open || !strings.Contains(h.Alarm, "key") || strings.Contains(h.LastErr, secret) {
			t.Errorf("got %+v", h)
		}
		stop()
		all.Wait()
	})
}

// TestPause has a busy server: nobody asks before its time, and then all get
// their answers.
func TestPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, cfg := piped(t, "Mistral", llmtest.Options{})
		start := time.Now()
		s.Answer(func(llmtest.Request) llmtest.Reply {
			if time.Since(start) < 12*time.Second {
				return llmtest.Reply{Status: 429, RetryAfter: "12"}
			}
			return llmtest.Reply{Text: "ok"}
		})
		m := model(t, open(t, cfg), "Mistral")
		if _, err := m.Complete(t.Context(), prompt); err != nil {
			t.Error(err)
		}
		start = time.Now()
		var all sync.WaitGroup
		ask := func() {
			if _, err := m.Complete(t.Context(), prompt); err != nil {
				t.Error(err)
			}
		}
		all.Go(ask)
		time.Sleep(time.Second)
		for range 20 {
			all.Go(ask)
		}
		all.Wait()
		for _, r := range s.Requests()[3:] {
			if after := r.Arrived.Sub(start); after < 12*time.Second {
				t.Errorf("a request came %v after a Retry-After of 12 s", after)
			}
		}
	})
}

// TestStorm is faults.md's model outage: minutes of mixed faults, with a core that
// tries again as the real one does. Each message must get its whole answer, and
// the server must not be hammered: 1.43 requests a message are the least at 30 %.
func TestStorm(t *testing.T) {
	tests := map[string]struct {
		messages int
		fault    func(since time.Duration, rnd float64) bool
	}{
		"30 % of all requests, for ten minutes": {2000, func(_ time.Duration, rnd float64) bool { return rnd < 0.3 }},
		"nothing works for two minutes of ten, and 10 % never do": {800, func(since time.Duration, rnd float64) bool {
			return since > 2*time.Minute && since < 4*time.Minute || rnd < 0.1
		}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { testStorm(t, test.messages, test.fault) })
		})
	}
}

var storm = []llmtest.Reply{
	{Status: 429, RetryAfter: "3"}, {Status: 500}, {Status: 503}, {Fault: llmtest.Reset}, {Fault: llmtest.Hang},
	{Fault: llmtest.Cut, Text: "halbe Antwort die nie"}, {Fault: llmtest.Quiet, Text: "halbe Antwort die nie"},
	{Fault: llmtest.Garbage}, {Fault: llmtest.Empty}, {Fault: llmtest.Stall, Text: "halbe Antwort"},
}

func testStorm(t *testing.T, messages int, fault func(time.Duration, float64) bool) {
	const seed = 20261122
	t.Logf("seed %d", seed)
	s, cfg := piped(t, "Mistral", llmtest.Options{})
	p := open(t, cfg)
	m := model(t, p, "Mistral")
	start := time.Now()
	var mu sync.Mutex
	rnd := rand.New(rand.NewPCG(seed, 0))
	s.Answer(func(r llmtest.Request) llmtest.Reply {
		mu.Lock()
		defer mu.Unlock()
		if fault(time.Since(start), rnd.Float64()) {
			return storm[rnd.IntN(len(storm))]
		}
		return llmtest.Reply{Text: "Antwort auf " + r.Last(), Wait: time.Second}
	})
	ctx, stop := context.WithCancel(t.Context())
	var watch, all sync.WaitGroup
	watch.Go(func() { p.Watch(ctx) })
	var calls atomic.Int64
	for i := range messages {
		all.Go(func() {
			time.Sleep(time.Duration(i) * 10 * time.Minute / time.Duration(messages))
			calls.Add(core(t, m, fmt.Sprint("Nummer ", i)))
		})
	}
	all.Wait()
	stop()
	watch.Wait()
	n := len(s.Requests())
	t.Logf("%d messages, %d calls, %d requests: %.2f a message; %v", messages, calls.Load(), n, float64(n)/float64(messages), time.Since(start))
	if float64(n) > 1.5*float64(messages) {
		t.Errorf("%d requests for %d messages", n, messages)
	}
	if h := p.Health()[0]; h.State != llm.Closed {
		t.Errorf("the breaker is %s at the end", h.State)
	}
}

// core asks as the core does: after 5, 10, 20 … seconds again, for 15 minutes.
func core(t *testing.T, m llm.Model, text string) (calls int64) {
	start := time.Now()
	for wait := 5 * time.Second; ; wait *= 2 {
		calls++
		got, err := m.Complete(t.Context(), llm.Prompt{Turns: []llm.Turn{{Text: text}}})
		if err == nil {
			if got.Text != "Antwort auf "+text {
				t.Errorf("half an answer: %q", got.Text)
			}
			return calls
		}
		if time.Since(start) > 15*time.Minute {
			t.Errorf("no answer: %v", err)
			return calls
		}
		time.Sleep(wait)
	}
}
