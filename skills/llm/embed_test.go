package llm_test

import (
	"context"
	"log/slog"
	"math"
	"strings"
	"testing"
	"time"

	"amtsbote/bots"
	"amtsbote/skills/llm"
	"amtsbote/skills/llm/llmtest"
)

// embedding returns a server and a bot that has its model for vectors.
func embedding(t *testing.T, change func(*llm.Config)) (*llmtest.Server, llm.Bot) {
	t.Helper()
	s := llmtest.NewServer(t, llmtest.Options{Models: []string{"bge-m3", "mistral"}})
	c := llm.Config{Name: "Vektoren", URL: s.URL, Model: "bge-m3", Place: "Keller", Class: bots.Internal, Embedding: true}
	if change != nil {
		change(&c)
	}
	p, err := llm.New([]llm.Config{c}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	b, err := p.Bot([]string{"Vektoren"})
	if err != nil {
		t.Fatal(err)
	}
	return s, b
}

// TestEmbed: each text gets its own vector, of length 1, in batches that the server
// takes, whatever order the server answers in.
func TestEmbed(t *testing.T) {
	s, b := embedding(t, func(c *llm.Config) { c.PassagePrefix, c.QueryPrefix = "passage: ", "query: " })
	e := b.Embedder(bots.Internal)
	long := strings.Repeat("Ein sehr langer Absatz über Gebühren. ", 3000)
	texts := []string{"", "Hundesteuer 90 Euro", long, long, long, long}
	for range 70 {
		texts = append(texts, "Die Bücherei öffnet um zehn")
	}
	vs, err := e.Passages(t.Context(), texts)
	if err != nil || len(vs) != len(texts) {
		t.Fatalf("got %d, %v", len(vs), err)
	}
	q, err := e.Query(t.Context(), "Hundesteuer")
	if err != nil {
		t.Fatal(err)
	}
	if dot(q, q) < 0.999 || dot(q, q) > 1.001 || dot(vs[1], q) <= dot(vs[6], q) {
		t.Errorf("lengths %f; the right text has %f, another %f", dot(q, q), dot(vs[1], q), dot(vs[6], q))
	}
	all := s.Requests()
	for _, r := range all {
		if len(r.Input) > 32 || r.Path != "/v1/embeddings" {
			t.Errorf("%s with %d texts", r.Path, len(r.Input))
		}
		sum := 0
		for _, text := range r.Input {
			sum += llm.Tokens(text)
			if llm.Tokens(text) > 8192 {
				t.Errorf("a text of %d tokens", llm.Tokens(text))
			}
		}
		if sum > 16384 {
			t.Errorf("%d tokens at once", sum)
		}
	}
	if last := all[len(all)-1]; last.Input[0] != "query: Hundesteuer" || all[0].Input[1] != "passage: Hundesteuer 90 Euro" {
		t.Errorf("asked for %q and %q", last.Input, all[0].Input[1])
	}
}

func dot(a, b []float32) (sum float64) {
	for i := range a {
		sum += float64(a[i]) * float64(b[i])
	}
	return sum
}

// TestEmbedRefuses: vectors that are none never reach the index.
func TestEmbedRefuses(t *testing.T) {
	const one = `{"object":"embedding","index":0,"embedding":[1,0]}`
	tests := map[string]struct {
		raw  string
		want string
	}{
		"too few":           {`{"data":[` + one + `]}`, "unusable"},
		"the same twice":    {`{"data":[` + one + `,` + one + `]}`, "unusable"},
		"an index beyond":   {`{"data":[` + one + `,{"index":2,"embedding":[1,0]}]}`, "unusable"},
		"a zero vector":     {`{"data":[` + one + `,{"index":1,"embedding":[0,0]}]}`, "unusable"},
		"an empty vector":   {`{"data":[` + one + `,{"index":1,"embedding":[]}]}`, "unusable"},
		"different lengths": {`{"data":[` + one + `,{"index":1,"embedding":[1,0,0]}]}`, "unusable"},
		"wrong dimensions":  {`{"data":[` + one + `,{"index":1,"embedding":[0,1]}]}`, "another dimension"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s, b := embedding(t, func(c *llm.Config) { c.Dimensions = 3 })
			s.ScriptEmbeddings(llmtest.Reply{Raw: test.raw})
			_, err := b.Embedder(bots.Internal).Passages(t.Context(), []string{"geheimes Wort", "b"})
			if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "geheim") {
				t.Errorf("got %v", err)
			}
			if n := len(s.Requests()); n != 1 {
				t.Errorf("asked %d times", n)
			}
		})
	}
	t.Run("not a number", func(t *testing.T) {
		s, b := embedding(t, nil)
		s.Embed(func(string) []float32 { return []float32{math.MaxFloat32, 1} })
		if _, err := b.Embedder(bots.Internal).Query(t.Context(), "a"); err != nil {
			t.Errorf("a large number: %v", err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		defer cancel()
		s.ScriptEmbeddings(llmtest.Reply{Raw: `{"data":[{"index":0,"embedding":[NaN,1]}]}`}, llmtest.Reply{Status: 400})
		if _, err := b.Embedder(bots.Internal).Query(ctx, "a"); err == nil {
			t.Error("NaN was taken for a number")
		}
	})
	t.Run("without end", func(t *testing.T) {
		s, b := embedding(t, nil)
		s.ScriptEmbeddings(llmtest.Reply{Fault: llmtest.Huge})
		if _, err := b.Embedder(bots.Internal).Query(t.Context(), "a"); err == nil || !strings.Contains(err.Error(), "too large") {
			t.Errorf("got %v", err)
		}
	})
}

// TestEmbedWidth: a server whose model was exchanged is noticed, since vectors of two
// models cannot be compared.
func TestEmbedWidth(t *testing.T) {
	s, b := embedding(t, nil)
	e := b.Embedder(bots.Internal)
	before := e.Space()
	if _, err := e.Query(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	if e.Space() == before || !strings.HasSuffix(e.Space(), "|32") {
		t.Errorf("the space is %q", e.Space())
	}
	s.Embed(func(string) []float32 { return []float32{1, 2} })
	if _, err := e.Query(t.Context(), "a"); err == nil || !strings.Contains(err.Error(), "another dimension") {
		t.Errorf("got %v", err)
	}
}

// TestEmbedClass: no text reaches a model that may not see it, and no model for
// vectors is asked for an answer.
func TestEmbedClass(t *testing.T) {
	_, b := embedding(t, nil)
	if b.Embedder(bots.Confidential) != nil || b.Embedder(bots.Internal) == nil || b.Embedder(bots.Public) == nil {
		t.Error("the class does not decide")
	}
	if b.Embedder(bots.Public).Info().Class.MaySee(bots.Confidential) {
		t.Error("may see what it may not")
	}
	if b.For(bots.Public) != nil || len(b.Models(bots.Public)) != 0 {
		t.Error("a model for vectors is taken for one that answers")
	}
}

// TestEmbedRepeats: what passes is tried again, as with answers.
func TestEmbedRepeats(t *testing.T) {
	s, b := embedding(t, nil)
	s.ScriptEmbeddings(llmtest.Reply{Fault: llmtest.Reset}, llmtest.Reply{Status: 429, RetryAfter: "1"})
	if _, err := b.Embedder(bots.Internal).Query(t.Context(), "a"); err != nil || len(s.Requests()) < 3 {
		t.Errorf("got %v after %d requests", err, len(s.Requests()))
	}
}

// TestEmbedCheck: check asks a model for vectors for one, and names the cure.
func TestEmbedCheck(t *testing.T) {
	s := llmtest.NewServer(t, llmtest.Options{})
	p, err := llm.New([]llm.Config{{Name: "V", URL: s.URL, Model: "m", Place: "K", Embedding: true, Dimensions: 7}}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	r := p.Check(t.Context())
	if len(r) != 1 || r[0].Err == nil || !strings.Contains(r[0].Err.Error(), "set dimensions") {
		t.Errorf("got %+v", r)
	}
	s.Embed(func(string) []float32 { return make([]float32, 7) })
	s.ScriptEmbeddings(llmtest.Reply{Raw: `{"data":[{"index":0,"embedding":[1,2,3,4,5,6,7]}]}`})
	if r = p.Check(t.Context()); len(r) != 1 || r[0].Err != nil {
		t.Errorf("got %+v", r)
	}
}
