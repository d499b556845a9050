package llm

import (
	"context"
	"fmt"
	"math"
	"strings"

	"github.com/sashabaranov/go-openai"

	"amtsbote/bots"
)

// An Embedder turns texts into vectors: texts that mean alike have vectors that
// point alike. It may be used concurrently.
type Embedder interface {
	// Passages returns the vector of each text, of length 1, all with the same
	// number of dimensions. It asks in batches, one after the other. Text that is
	// more than the model takes is left out from its end. Errors are as of
	// Model.Complete; they hold no content.
	Passages(ctx context.Context, texts []string) ([][]float32, error)
	// Query returns the vector of a question, to be compared with those of passages.
	Query(ctx context.Context, text string) ([]float32, error)
	// Space names the model, what stands before its texts and, once known, the
	// number of dimensions: vectors can be compared only within one space.
	Space() string
	// Info says what people may know of the model, and which class it may see.
	Info() Info
}

// Embedder returns the first model for vectors that may see a class, or nil if there
// is none. There is no fallback to another: its vectors would mean something else.
func (b Bot) Embedder(c bots.Class) Embedder {
	for _, m := range b.models {
		if m.Embedding && m.Class.MaySee(c) {
			return embedder{m}
		}
	}
	return nil
}

const (
	batchTexts  = 32
	batchTokens = 16384 // as Tokens counts; servers bound what they take at once
)

const (
	badVectors = "unusable vectors"
	otherWidth = "vectors of another dimension"
)

type embedder struct{ c *client }

// Space implements Embedder.
func (e embedder) Space() string {
	s := fmt.Sprintf("%s|%s|%s|%s", e.c.Name, e.c.model(), e.c.QueryPrefix, e.c.PassagePrefix)
	if n := e.c.width.Load(); n > 0 {
		s += fmt.Sprintf("|%d", n)
	}
	return s
}

// Info implements Embedder.
func (e embedder) Info() Info { return Info{Name: e.c.Name, Place: e.c.Place, Class: e.c.Class} }

// Query implements Embedder.
func (e embedder) Query(ctx context.Context, text string) ([]float32, error) {
	vs, err := e.embed(ctx, e.c.QueryPrefix, []string{text})
	if err != nil {
		return nil, err
	}
	return vs[0], nil
}

// Passages implements Embedder.
func (e embedder) Passages(ctx context.Context, texts []string) ([][]float32, error) {
	return e.embed(ctx, e.c.PassagePrefix, texts)
}

func (e embedder) embed(ctx context.Context, prefix string, texts []string) ([][]float32, error) {
	all := make([][]float32, 0, len(texts))
	var batch []string
	tokens := 0
	send := func() error {
		if len(batch) == 0 {
			return nil
		}
		var vs [][]float32
		err := chain{{client: e.c}}.run(ctx, func(c seat) error {
			return c.inLine(ctx, func(ctx context.Context) (done Completion, err error) {
				vs, done, err = c.vectors(ctx, batch)
				return done, err
			})
		})
		all = append(all, vs...)
		batch, tokens = batch[:0], 0
		return err
	}
	for _, t := range texts {
		t = e.c.cut(prefix, t)
		n := Tokens(t)
		if len(batch) == batchTexts || tokens+n > batchTokens {
			if err := send(); err != nil {
				return nil, err
			}
		}
		batch, tokens = append(batch, t), tokens+n
	}
	if err := send(); err != nil {
		return nil, err
	}
	return all, nil
}

// cut returns a text with its prefix, no longer than the model takes. Servers refuse
// an empty text.
func (c *client) cut(prefix, text string) string {
	parts := Split(text, c.Context-Tokens(prefix)-turnTokens)
	if len(parts) == 0 {
		return prefix + "-"
	}
	return prefix + strings.ToValidUTF8(parts[0], "�")
}

// vectors sends one request and returns the vectors of texts, checked and of length
// 1, or a *failure, or the error of a ctx that is done.
func (c *client) vectors(ctx context.Context, texts []string) ([][]float32, Completion, error) {
	limit, cancel := context.WithTimeoutCause(ctx, c.Timeout, errSlow)
	defer cancel()
	w := newWatch(limit, c.FirstByte)
	defer w.stop()
	lib := c.lib
	lib.HTTPClient = &call{http: c.http, watch: w, whole: true}
	c.stats.requests.Add(1)
	r, err := openai.NewClientWithConfig(lib).CreateEmbeddings(w.ctx, openai.EmbeddingRequestStrings{Input: texts,
		Model: openai.EmbeddingModel(c.model()), EncodingFormat: openai.EmbeddingEncodingFormatFloat})
	if err != nil {
		return nil, Completion{}, c.failed(ctx, w.ctx, err)
	}
	vs, code := take(r.Data, len(texts))
	if code == "" && !c.widthIs(len(vs[0])) {
		code = otherWidth
	}
	if code != "" {
		return nil, Completion{}, &failure{model: c.Name, kind: bad, code: code}
	}
	return vs, Completion{In: r.Usage.PromptTokens}, nil
}

// widthIs reports whether vectors have the number of dimensions that is configured
// or, from the first one on, that they always had.
func (c *client) widthIs(n int) bool {
	if c.Dimensions > 0 && n != c.Dimensions || n > maxDimensions {
		return false
	}
	return c.width.CompareAndSwap(0, int64(n)) || c.width.Load() == int64(n)
}

// take returns the vectors in the order of the texts. The code says what is wrong
// with them: one missing or twice, empty, of another dimension, zero, not a number.
func take(data []openai.Embedding, n int) (vs [][]float32, code string) {
	if len(data) != n {
		return nil, badVectors
	}
	vs = make([][]float32, n)
	for _, d := range data {
		if d.Index < 0 || d.Index >= n || vs[d.Index] != nil || !normalise(d.Embedding) {
			return nil, badVectors
		}
		vs[d.Index] = d.Embedding
	}
	for _, v := range vs {
		if len(v) != len(vs[0]) {
			return nil, badVectors
		}
	}
	return vs, ""
}

// normalise gives a vector the length 1. It reports false if that cannot be done.
func normalise(v []float32) bool {
	sum := 0.0
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	length := math.Sqrt(sum)
	if !(length > 1e-12) || math.IsInf(length, 0) {
		return false
	}
	for i := range v {
		v[i] = float32(float64(v[i]) / length)
	}
	return true
}
