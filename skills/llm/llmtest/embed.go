package llmtest

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io"
	"math"
	"net/http"
	"strings"
	"unicode"
)

// defaultWidth is how many dimensions vectors have.
const defaultWidth = 32

// Vector returns the vector that a server gives a text unless told otherwise: texts
// that share words are alike.
func Vector(text string, width int) []float32 {
	v := make([]float32, width)
	for _, w := range strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		h := fnv.New32a()
		_, _ = io.WriteString(h, w)
		v[h.Sum32()%uint32(width)]++
	}
	v[0] += 0.01 // no text is zero
	return v
}

// Embed sets the function that makes vectors. It may be called concurrently.
func (s *Server) Embed(fn func(text string) []float32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.embed = fn
}

// ScriptEmbeddings adds replies for the next requests of vectors, one each: faults,
// or a Raw body.
func (s *Server) ScriptEmbeddings(replies ...Reply) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.embeddings = append(s.embeddings, replies...)
}

// embedding answers a request of vectors.
func (s *Server) embedding(w http.ResponseWriter, r *http.Request, req Request) {
	s.mu.Lock()
	var re Reply
	if len(s.embeddings) > 0 {
		re = s.embeddings[0]
		s.embeddings = s.embeddings[1:]
	}
	embed := s.embed
	s.mu.Unlock()
	switch {
	case re.Fault == Hang || re.Fault == Reset || re.Fault == Redirect || re.Status != 0:
		re.write(w, r, req)
		return
	case wait(r.Context(), re.Wait) != nil:
		return
	}
	w.Header().Set("Content-Type", "application/json")
	switch {
	case re.Raw != "":
		_, _ = io.WriteString(w, re.Raw)
	case re.Fault == Garbage:
		_, _ = io.WriteString(w, `{"data":[{"embedding":[0.1,`)
	case re.Fault == Huge:
		_, _ = io.WriteString(w, `{"data":[{"embedding":[`)
		for r.Context().Err() == nil {
			if _, err := io.WriteString(w, strings.Repeat("0.125,", 10_000)); err != nil {
				return
			}
		}
	default:
		type item struct {
			Object    string    `json:"object"`
			Index     int       `json:"index"`
			Embedding []float32 `json:"embedding"`
		}
		data := make([]item, 0, len(req.Input))
		for i := range req.Input { // backwards: the index says which is whose
			n := len(req.Input) - 1 - i
			data = append(data, item{"embedding", n, embed(req.Input[n])})
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"object": "list", "model": req.Model, "data": data,
			"usage": map[string]int{"prompt_tokens": len(req.Body) / 4, "total_tokens": len(req.Body) / 4}})
	}
}

// maxInput is how many texts OpenAI takes at once.
const maxInput = 2048

// refuseInput refuses texts as real servers do.
func (s *Server) refuseInput(req Request, raw map[string]json.RawMessage) Reply {
	if len(req.Input) == 0 || len(req.Input) > maxInput {
		return invalid("input", "'$.input' is invalid. Please check the API reference: https://platform.openai.com/docs/api-reference.")
	}
	for _, text := range req.Input {
		if text == "" {
			return invalid("input", "'$.input' is invalid: an empty string.")
		}
		if n := int(math.Ceil(float64(len(text)) / 4)); s.opt.Context > 0 && n > s.opt.Context {
			return Reply{Status: http.StatusBadRequest, Code: "context_length_exceeded", Param: "input",
				Message: fmt.Sprintf("This model's maximum context length is %d tokens, however you requested %d tokens.", s.opt.Context, n)}
		}
	}
	for name := range raw {
		switch name {
		case "input", "model", "encoding_format", "dimensions", "user":
		default:
			return invalid(name, fmt.Sprintf("Unrecognized request argument supplied: %s", name))
		}
	}
	return Reply{}
}
