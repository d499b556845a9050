package llm_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
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

// secret stands in every prompt and every error of a server; it must never be
// seen in an error or a log.
const secret = "Wieczorek"

// prompt is a usual one.
var prompt = llm.Prompt{System: "Sie sind ein Assistent.", Turns: []llm.Turn{{Text: "Was schreibt Frau " + secret + "?"}}}

// open returns a pool of the given models. It is closed with the test, and what it
// logs must not hold the secret.
func open(t testing.TB, models ...llm.Config) *llm.Pool {
	t.Helper()
	var log bytes.Buffer
	p, err := llm.New(models, slog.New(slog.NewJSONHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.Close()
		if strings.Contains(log.String(), secret) {
			t.Errorf("the log holds content: %s", log.String())
		}
	})
	return p
}

// config returns the configuration for a server.
func config(s *llmtest.Server, name string) llm.Config {
	return llm.Config{Name: name, URL: s.URL, Model: "mistral", Place: "Keller", Class: bots.Confidential}
}

// piped returns a server without a network, for synctest, and its configuration.
func piped(t testing.TB, name string, opt llmtest.Options) (*llmtest.Server, llm.Config) {
	opt.Pipe = true
	s := llmtest.NewServer(t, opt)
	return s, config(s, name).WithDial(s.Dial)
}

// model returns the models by these names as one.
func model(t testing.TB, p *llm.Pool, names ...string) llm.Model {
	t.Helper()
	b, err := p.Bot(names)
	if err != nil {
		t.Fatal(err)
	}
	return b.For(bots.Confidential)
}

func TestComplete(t *testing.T) {
	ok := llmtest.Reply{Text: "Guten Tag, Frau Meier."}
	long := strings.Repeat("wort ", 400) + "ende"
	fail := func(status int, code string) llmtest.Reply {
		return llmtest.Reply{Status: status, Code: code, Message: "you wrote " + secret}
	}
	tests := map[string]struct {
		replies  []llmtest.Reply // then ok
		opt      llmtest.Options
		prompt   llm.Prompt // default: prompt
		change   func(*llm.Config)
		want     string // the text, default ok's
		cut      bool
		err      string // in the error, instead
		too      bool   // ErrTooLong
		refused  bool
		requests int           // default 1
		within   time.Duration // default 1 s
		least    time.Duration
	}{
		"a plain answer":                                         {},
		"long text in many pieces":                               {replies: []llmtest.Reply{{Text: long}}, want: long},
		"an answer that does not end with DONE is whole":         {replies: []llmtest.Reply{{Text: "ja", Fault: llmtest.NoUsage}}, want: "ja"},
		"keep-alive lines, more than the library would bear":     {replies: []llmtest.Reply{{Text: "spät", Comments: 400}}, want: "spät"},
		"keep-alive lines for longer than a stall may last":      {replies: []llmtest.Reply{{Text: "spät", Comments: 20, Every: 20 * time.Second}}, change: func(c *llm.Config) { c.Timeout = time.Hour }, want: "spät", within: 7 * time.Minute},
		"slow but steady":                                        {replies: []llmtest.Reply{{Text: "a b c d", Gap: 29 * time.Second}}, want: "a b c d", within: 2 * time.Minute},
		"an answer that was cut by its limit says so":            {replies: []llmtest.Reply{{Text: "halb", Finish: "length"}}, want: "halb", cut: true},
		"an answer after which nothing more comes is whole":      {replies: []llmtest.Reply{{Text: "ja", Fault: llmtest.Open}}, want: "ja", within: 3 * time.Second},
		"a model that thinks in silence":                         {replies: []llmtest.Reply{{Text: "ja", Think: 80 * time.Second}}, want: "ja", within: 81 * time.Second},
		"a model that thinks in silence for too long":            {replies: []llmtest.Reply{{Text: "ja", Think: 100 * time.Second}}, err: "no answer in time", within: 91 * time.Second},
		"a setting refused that was not sent":                    {replies: []llmtest.Reply{{Status: 400, Param: "temperature"}, {Status: 400, Param: "temperature"}}, err: "status 400", requests: 2},
		"thoughts are cut":                                       {replies: []llmtest.Reply{{Text: "<think> erst dies, dann </think>\n\nAntwort"}}, want: "Antwort"},
		"thoughts in a field of their own are not read":          {replies: []llmtest.Reply{{Thoughts: "hm", Text: "Antwort"}}, want: "Antwort"},
		"nothing but thoughts is an error":                       {replies: []llmtest.Reply{{Text: "<think> und noch", Finish: "length"}}, err: "thoughts"},
		"the connection breaks in the middle: again":             {replies: []llmtest.Reply{{Text: long, Fault: llmtest.Cut}}, requests: 2, within: 3 * time.Second},
		"a stream that just ends in the middle is not an end":    {replies: []llmtest.Reply{{Text: long, Fault: llmtest.Quiet}}, requests: 2, within: 3 * time.Second},
		"the connection breaks at once: again":                   {replies: []llmtest.Reply{{Fault: llmtest.Reset}}, requests: 2, within: 3 * time.Second},
		"garbage: again":                                         {replies: []llmtest.Reply{{Fault: llmtest.Garbage}}, requests: 2, within: 3 * time.Second},
		"an empty answer: again":                                 {replies: []llmtest.Reply{{Fault: llmtest.Empty}}, requests: 2, within: 3 * time.Second},
		"an error in the middle of the stream: again":            {replies: []llmtest.Reply{{Text: long, Fault: llmtest.Event, Message: secret}}, requests: 2, within: 3 * time.Second},
		"an unknown finish reason is no end":                     {replies: []llmtest.Reply{{Text: "halb", Finish: "error"}}, requests: 2, within: 3 * time.Second},
		"500: again":                                             {replies: []llmtest.Reply{fail(500, "")}, requests: 2, within: 3 * time.Second},
		"two 500, waits grow":                                    {replies: []llmtest.Reply{fail(500, ""), fail(502, "")}, requests: 3, least: 3 * time.Second, within: 5 * time.Second},
		"429 with seconds":                                       {replies: []llmtest.Reply{{Status: 429, RetryAfter: "7"}}, requests: 2, least: 7 * time.Second, within: 10 * time.Second},
		"429 with a date":                                        {replies: []llmtest.Reply{{Status: 429, RetryAfter: "Sat, 01 Jan 2000 00:00:09 GMT"}}, requests: 2, least: 9 * time.Second, within: 12 * time.Second},
		"429 without a word":                                     {replies: []llmtest.Reply{{Status: 429}}, requests: 2, least: 2 * time.Second, within: 4 * time.Second},
		"503 with Retry-After":                                   {replies: []llmtest.Reply{{Status: 503, RetryAfter: "5"}}, requests: 2, least: 5 * time.Second, within: 8 * time.Second},
		"429 for longer than a request may take":                 {replies: []llmtest.Reply{{Status: 429, RetryAfter: "60", Message: secret}}, err: "status 429"},
		"429 that means that the money is gone":                  {replies: []llmtest.Reply{fail(429, "insufficient_quota")}, err: "insufficient_quota"},
		"no byte: an error, not a second try that long":          {replies: []llmtest.Reply{{Fault: llmtest.Hang}}, err: "no answer in time", within: 91 * time.Second},
		"nothing more in the middle: an error":                   {replies: []llmtest.Reply{{Text: long, Fault: llmtest.Stall}}, err: "stalled", within: 31 * time.Second},
		"the first byte is late but comes":                       {replies: []llmtest.Reply{{Text: "da", Wait: 80 * time.Second}}, want: "da", within: 81 * time.Second},
		"an answer that takes too long in all":                   {replies: []llmtest.Reply{{Text: long, Gap: 20 * time.Second}}, err: "took too long", within: 301 * time.Second},
		"an answer without end":                                  {replies: []llmtest.Reply{{Text: "x", Fault: llmtest.Huge}}, err: "too large"},
		"an answer that is not a stream":                         {replies: []llmtest.Reply{{Text: "x", Fault: llmtest.Plain}}, requests: 2, within: 3 * time.Second},
		"a redirect is not followed":                             {replies: []llmtest.Reply{{Fault: llmtest.Redirect}}, err: "status 307"},
		"a wrong key":                                            {opt: llmtest.Options{Key: "k"}, err: "status 401, invalid_api_key"},
		"an unknown model":                                       {opt: llmtest.Options{Models: []string{"other"}}, err: "status 404, model_not_found"},
		"a content filter at the end":                            {replies: []llmtest.Reply{{Text: "ha", Finish: "content_filter"}}, refused: true},
		"a content filter at the start":                          {replies: []llmtest.Reply{fail(400, "content_filter")}, refused: true},
		"another 400 is not repeated":                            {replies: []llmtest.Reply{fail(400, "")}, err: "status 400"},
		"the server has less context than was configured":        {opt: llmtest.Options{Context: 500}, too: true},
		"context_length_exceeded":                                {replies: []llmtest.Reply{fail(400, "context_length_exceeded")}, too: true},
		"a prompt that does not fit is not even sent":            {prompt: llm.Prompt{Turns: []llm.Turn{{Text: strings.Repeat("wort ", 6000)}}}, too: true, requests: -1},
		"a reasoning model's settings are learned":               {opt: llmtest.Options{Reasoning: true}, requests: 3},
		"a reasoning model is known by its name":                 {opt: llmtest.Options{Reasoning: true}, change: func(c *llm.Config) { c.Model = "o3-mini" }},
		"a server that does not count":                           {opt: llmtest.Options{Without: []string{"stream_options"}}, requests: 2},
		"a template without a system role":                       {opt: llmtest.Options{Without: []string{"system"}}, requests: 2},
		"a server that has no formats":                           {opt: llmtest.Options{Without: []string{"response_format"}}, prompt: llm.Prompt{JSON: true, Turns: []llm.Turn{{Text: "JSON"}}}, replies: []llmtest.Reply{{Text: "{}"}}, want: "{}", requests: 2},
		"an object out of a fence":                               {prompt: llm.Prompt{JSON: true, Turns: []llm.Turn{{Text: "JSON"}}}, replies: []llmtest.Reply{{Text: "Gern:\n```json\n{\"a\": 1}\n```"}}, want: `{"a": 1}`},
		"no object where one was asked for":                      {prompt: llm.Prompt{JSON: true, Turns: []llm.Turn{{Text: "JSON"}}}, replies: []llmtest.Reply{{Text: "Nein."}}, err: "not a JSON object"},
		"turns of one side are joined":                           {prompt: llm.Prompt{Turns: []llm.Turn{{Text: "a"}, {Text: "b"}, {Assistant: true, Text: "c"}, {Text: "d"}}}},
		"a server that is away for good: an error after a while": {replies: []llmtest.Reply{fail(500, ""), fail(500, ""), fail(500, ""), fail(500, ""), fail(500, ""), fail(500, ""), fail(500, ""), fail(500, ""), fail(500, "")}, err: "status 500", requests: -2, within: 31 * time.Second},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, cfg := piped(t, "Mistral", test.opt)
				s.Answer(func(llmtest.Request) llmtest.Reply { return ok })
				s.Script(test.replies...)
				if test.change != nil {
					test.change(&cfg)
				}
				p := prompt
				if test.prompt.Turns != nil {
					p = test.prompt
				}
				start := time.Now()
				got, err := model(t, open(t, cfg), "Mistral").Complete(t.Context(), p)
				took := time.Since(start)

				if test.within == 0 {
					test.within = time.Second
				}
				if took > test.within || took < test.least {
					t.Errorf("took %v, want %v to %v", took, test.least, test.within)
				}
				if n := len(s.Requests()); test.requests >= 0 && n != max(test.requests, 1) || test.requests == -1 && n != 0 {
					t.Errorf("%d requests, want %d", n, test.requests)
				}
				want := test.want
				if want == "" {
					want = ok.Text
				}
				_, refused := errors.AsType[*bots.Refusal](err)
				switch {
				case err != nil && strings.Contains(err.Error(), secret):
					t.Errorf("the error holds content: %v", err)
				case refused != test.refused || errors.Is(err, llm.ErrTooLong) != test.too:
					t.Errorf("got %q and error %v", got.Text, err)
				case errors.Is(err, llm.ErrNotJSON) != (test.err == "not a JSON object"):
					t.Errorf("got error %v, and skills cannot tell what it is", err)
				case test.err != "" && (err == nil || !strings.Contains(err.Error(), test.err)):
					t.Errorf("got %q and error %v, want %q", got.Text, err, test.err)
				case test.err == "" && !test.too && !test.refused && (err != nil || got.Text != want || got.Cut != test.cut):
					t.Errorf("got %q, cut %v, error %v; want %q, %v", got.Text, got.Cut, err, want, test.cut)
				}
			})
		})
	}
}

// TestRequest looks at what is sent.
func TestRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, cfg := piped(t, "Mistral", llmtest.Options{Key: "geheim"})
		cfg.Key = bots.NewSecret("geheim")
		m := model(t, open(t, cfg), "Mistral")
		got, err := m.Complete(t.Context(), llm.Prompt{System: "S", Turns: []llm.Turn{{Text: "<ü>"}}, MaxTokens: 77})
		if err != nil {
			t.Fatal(err)
		}
		if got.Model != "Mistral" || got.Place != "Keller" || got.In == 0 || got.Out == 0 {
			t.Errorf("got %+v", got)
		}
		r := s.Requests()[0]
		if r.Heat == nil || *r.Heat != 0 || r.MaxTokens != 77 || r.Model != "mistral" || !r.Stream || r.JSON {
			t.Errorf("sent %s", r.Body)
		}
		if want := []llmtest.Message{{Role: "system", Text: "S"}, {Role: "user", Text: "<ü>"}}; fmt.Sprint(r.Messages) != fmt.Sprint(want) {
			t.Errorf("sent %v, want %v", r.Messages, want)
		}
		if _, err := m.Complete(t.Context(), llm.Prompt{Turns: []llm.Turn{{Text: "a"}}, Temperature: 0.5}); err != nil {
			t.Fatal(err)
		}
		if r := s.Requests()[1]; *r.Heat != 0.5 || r.MaxTokens != 8192/4 {
			t.Errorf("sent %s", r.Body)
		}
	})
}

// TestAzure talks to both of Azure's ways, with a deployment whose name looks like
// a reasoning model's and is none.
func TestAzure(t *testing.T) {
	for name, test := range map[string]struct{ version, path string }{
		"by deployment and API version": {"2024-10-21", "/openai/deployments/o3-3.5.amt/chat/completions"},
		"without API version":           {"", "/openai/v1/chat/completions"},
	} {
		t.Run(name, func(t *testing.T) {
			s := llmtest.NewServer(t, llmtest.Options{Key: "geheim", Azure: "o3-3.5.amt", APIVersion: test.version})
			cfg := config(s, "GPT")
			cfg.Kind, cfg.Model, cfg.Deployment, cfg.APIVersion = llm.Azure, "", "o3-3.5.amt", test.version
			cfg.Key = bots.NewSecret("geheim")
			got, err := model(t, open(t, cfg), "GPT").Complete(t.Context(), prompt)
			if err != nil || got.Text != "ok" {
				t.Fatalf("got %q, %v", got.Text, err)
			}
			r := s.Requests()[0]
			if r.Path != test.path || r.Heat == nil || r.MaxTokens == 0 {
				t.Errorf("sent %s %s", r.Path, r.Body)
			}
			if r.Header.Get("Authorization") != "" {
				t.Error("the key went into a second header")
			}
		})
	}
}

// TestOnText follows an answer as it grows.
func TestOnText(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, cfg := piped(t, "Mistral", llmtest.Options{})
		s.Script(llmtest.Reply{Text: "<think>ach so</think> eins zwei drei"})
		var seen []string
		p := prompt
		p.OnText = func(soFar string) { seen = append(seen, soFar) }
		if _, err := model(t, open(t, cfg), "Mistral").Complete(t.Context(), p); err != nil {
			t.Fatal(err)
		}
		if got, want := strings.Join(seen, "|"), "eins |eins zwei |eins zwei drei"; got != want {
			t.Errorf("saw %q, want %q", got, want)
		}
	})
}

// TestStop ends a request from outside; that is no failure of the model.
func TestStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, cfg := piped(t, "Mistral", llmtest.Options{})
		s.Answer(func(llmtest.Request) llmtest.Reply { return llmtest.Reply{Fault: llmtest.Hang} })
		p := open(t, cfg)
		m := model(t, p, "Mistral")
		for range 10 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			start := time.Now()
			_, err := m.Complete(ctx, prompt)
			cancel()
			if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Second {
				t.Fatalf("got %v after %v", err, time.Since(start))
			}
		}
		if h := p.Health()[0]; h.State != llm.Closed || h.Fails != 0 || h.InFlight != 0 {
			t.Errorf("got %+v", h)
		}
		s.Script(away)
		for range 2 {
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			_, _ = m.Complete(ctx, prompt)
			cancel()
		}
		if h := p.Health()[0]; h.Fails != 1 {
			t.Errorf("after a failure and a stop: %+v", h)
		}
	})
}

// TestSlots has more callers than slots: never more requests at once, and first
// come, first served.
func TestSlots(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, cfg := piped(t, "Mistral", llmtest.Options{})
		s.Answer(func(llmtest.Request) llmtest.Reply { return llmtest.Reply{Text: "ok", Wait: time.Second} })
		cfg.Slots = 2
		p := open(t, cfg)
		m := model(t, p, "Mistral")
		done := make(chan error)
		for i := range 6 {
			go func() {
				time.Sleep(time.Duration(i) * time.Millisecond) // in this order
				_, err := m.Complete(t.Context(), llm.Prompt{Turns: []llm.Turn{{Text: fmt.Sprint(i)}}})
				done <- err
			}()
		}
		time.Sleep(500 * time.Millisecond)
		synctest.Wait()
		if h := p.Health()[0]; h.InFlight != 2 || h.Waiting != 4 {
			t.Errorf("%d in flight and %d waiting, want 2 and 4", h.InFlight, h.Waiting)
		}
		for range 6 {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		var order []string
		for _, r := range s.Requests() {
			order = append(order, r.Last())
		}
		if got := strings.Join(order, ""); s.Peak() != 2 || got != "012345" {
			t.Errorf("%d at once in the order %s", s.Peak(), got)
		}
	})
}

// TestTLS trusts the house's own authority and nobody else.
func TestTLS(t *testing.T) {
	s := llmtest.NewServer(t, llmtest.Options{TLS: true})
	cfg := config(s, "Mistral")
	if _, err := model(t, open(t, cfg), "Mistral").Complete(t.Context(), prompt); err == nil || !strings.Contains(err.Error(), "certificate not trusted") {
		t.Errorf("without the authority: %v", err)
	}
	cfg.CA = write(t, "ca.pem", s.CA())
	if got, err := model(t, open(t, cfg), "Mistral").Complete(t.Context(), prompt); err != nil || got.Text != "ok" {
		t.Errorf("with the authority: %q, %v", got.Text, err)
	}
	if n := len(s.Requests()); n != 1 {
		t.Errorf("%d requests arrived", n)
	}
}

// TestProxy goes through a proxy that is configured, and only then.
func TestProxy(t *testing.T) {
	s := llmtest.NewServer(t, llmtest.Options{})
	var proxied atomic.Int32
	proxy := newHTTP(t, func(w http.ResponseWriter, r *http.Request) {
		proxied.Add(1)
		if r.URL.Host != "llm.musterstadt.example" {
			t.Errorf("the proxy was asked for %s", r.URL)
		}
		s.ServeHTTP(w, r)
	})
	cfg := config(s, "Mistral")
	cfg.URL, cfg.PlainHTTP, cfg.Proxy = "http://llm.musterstadt.example/v1", true, proxy
	if got, err := model(t, open(t, cfg), "Mistral").Complete(t.Context(), prompt); err != nil || got.Text != "ok" || proxied.Load() != 1 {
		t.Errorf("got %q, %v, %d requests to the proxy", got.Text, err, proxied.Load())
	}
}

// TestIdle has a server that closes connections which were idle, as they usually
// do, in the moment of the next request. That is no failure.
func TestIdle(t *testing.T) {
	s := llmtest.NewServer(t, llmtest.Options{})
	var used connections
	url := newHTTP(t, func(w http.ResponseWriter, r *http.Request) {
		if used.seen(r) {
			panic(http.ErrAbortHandler)
		}
		s.ServeHTTP(w, r)
	})
	cfg := config(s, "Mistral")
	cfg.URL = url + "/v1"
	p := open(t, cfg)
	for range 3 {
		if _, err := model(t, p, "Mistral").Complete(t.Context(), prompt); err != nil {
			t.Fatal(err)
		}
	}
	if h := p.Health()[0]; h.Failures != 0 || used.count() != 3 {
		t.Errorf("%d failures on %d connections", h.Failures, used.count())
	}
}

// TestReuse uses a connection again, which needs the answer to be read to its end.
func TestReuse(t *testing.T) {
	s := llmtest.NewServer(t, llmtest.Options{})
	var conns connections
	url := newHTTP(t, func(w http.ResponseWriter, r *http.Request) {
		conns.seen(r)
		s.ServeHTTP(w, r)
	})
	cfg := config(s, "Mistral")
	cfg.URL = url + "/v1"
	m := model(t, open(t, cfg), "Mistral")
	for range 5 {
		if _, err := m.Complete(t.Context(), prompt); err != nil {
			t.Fatal(err)
		}
	}
	if n := conns.count(); n != 1 {
		t.Errorf("%d connections for 5 requests", n)
	}
}

// connections are those that a test's server has seen. Each is served by a
// goroutine of its own.
type connections struct {
	mu  sync.Mutex
	all map[string]bool
}

// seen reports whether the request's connection was known, and notes it.
func (c *connections) seen(r *http.Request) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.all == nil {
		c.all = map[string]bool{}
	}
	known := c.all[r.RemoteAddr]
	c.all[r.RemoteAddr] = true
	return known
}

func (c *connections) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.all)
}
