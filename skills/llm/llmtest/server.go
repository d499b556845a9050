// Package llmtest is for tests: a scripted server that speaks to models' clients
// as the real ones do, faults included, and a scripted [Model] for tests of skills
// that need no server. Nothing of it is linked into Amtsbote.
//
// The server takes OpenAI's chat completions, plain and as a stream, embeddings, and
// Azure's paths. It is strict: what a real server would refuse it refuses too, with the
// words that real ones were seen to use.
package llmtest

import (
	"context"
	"encoding/json"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// Options say what a server is like. The zero Options are a server that is like
// vLLM: any key, any model.
type Options struct {
	Key        string   // asked for if set
	Models     []string // served; none: any
	Azure      string   // the deployment: only Azure's paths are served
	APIVersion string   // of Azure
	Reasoning  bool     // like OpenAI's reasoning models: refuses max_tokens and temperature
	Without    []string // refused: "stream_options", "response_format", "system", "temperature"
	Context    int      // in tokens of four bytes; more is refused
	MaxFlying  int      // more requests at once get 429
	TLS        bool     // with the certificate of net/http/httptest
	Pipe       bool     // without a network, for testing/synctest; see Dial
}

// A Server answers as it is told and notes what it was asked.
type Server struct {
	URL string // for Config.URL

	opt  Options
	http *httptest.Server
	pipe *pipe

	mu         sync.Mutex
	answer     func(Request) Reply
	script     []Reply
	embed      func(string) []float32
	embeddings []Reply
	requests   []Request
	flying     int
	peak       int
}

// A Request is what a server was asked.
type Request struct {
	N         int // from 1
	Path      string
	Header    http.Header
	Body      string
	Model     string
	Messages  []Message
	Input     []string // texts of which vectors are wanted
	MaxTokens int      // whichever of the two settings
	Heat      *float64 // temperature; nil: not sent
	JSON      bool     // response_format is json_object
	Stream    bool
	Arrived   time.Time
}

// A Message of a request.
type Message struct {
	Role string `json:"role"`
	Text string `json:"content"`
}

// Last returns the text of the last message.
func (r Request) Last() string {
	if len(r.Messages) == 0 {
		return ""
	}
	return r.Messages[len(r.Messages)-1].Text
}

// NewServer starts a server, which stops with the test. It answers "ok" until told
// otherwise. Without Pipe it listens on 127.0.0.1.
func NewServer(tb testing.TB, opt Options) *Server {
	s := &Server{opt: opt, answer: func(Request) Reply { return Reply{Text: "ok"} },
		embed: func(text string) []float32 { return Vector(text, defaultWidth) }}
	s.http = httptest.NewUnstartedServer(s)
	s.http.Config.ErrorLog = log.New(io.Discard, "", 0) // clients that break off are wanted here
	if opt.Pipe {
		s.http.Listener.Close()
		s.pipe = newPipe()
		s.http.Listener = s.pipe
	}
	if opt.TLS {
		s.http.StartTLS()
	} else {
		s.http.Start()
	}
	s.URL = s.http.URL
	if opt.Pipe {
		s.URL = "http://127.0.0.1:1"
	}
	if opt.Azure == "" {
		s.URL += "/v1"
	} else if opt.APIVersion == "" {
		s.URL += "/openai/v1"
	}
	tb.Cleanup(s.Close)
	return s
}

// Close ends all connections.
func (s *Server) Close() {
	s.http.CloseClientConnections()
	s.http.Close()
}

// Dial connects to a server with Pipe.
func (s *Server) Dial(ctx context.Context, _, _ string) (net.Conn, error) { return s.pipe.dial(ctx) }

// CA returns the certificate of a server with TLS in PEM form.
func (s *Server) CA() []byte { return certificate(s.http) }

// Answer sets the function that answers. It may be called concurrently.
func (s *Server) Answer(fn func(Request) Reply) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = fn
}

// Script adds replies for the next requests, one each, before Answer's.
func (s *Server) Script(replies ...Reply) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.script = append(s.script, replies...)
}

// Requests returns what was asked so far, refused requests included.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

// Peak returns how many requests there were at once at most.
func (s *Server) Peak() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.peak
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the client is gone
	}
	req, raw := decode(r, body)
	n := s.begin(&req)
	defer s.end()
	if refused := s.refuse(r, req, raw, n); refused.Status != 0 {
		refused.write(w, r, req)
		return
	}
	if r.Method == http.MethodGet {
		s.list(w)
		return
	}
	if isEmbedding(req) {
		s.embedding(w, r, req)
		return
	}
	s.next(req).write(w, r, req)
}

func isEmbedding(req Request) bool { return strings.HasSuffix(req.Path, "/embeddings") }

func (s *Server) begin(req *Request) (flying int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.flying++
	s.peak = max(s.peak, s.flying)
	req.N = len(s.requests) + 1
	s.requests = append(s.requests, *req)
	return s.flying
}

func (s *Server) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.flying--
}

func (s *Server) next(req Request) Reply {
	s.mu.Lock()
	if len(s.script) > 0 {
		defer s.mu.Unlock()
		r := s.script[0]
		s.script = s.script[1:]
		return r
	}
	answer := s.answer
	s.mu.Unlock()
	return answer(req)
}

func (s *Server) list(w http.ResponseWriter) {
	type model struct {
		ID     string `json:"id"`
		MaxLen int    `json:"max_model_len,omitempty"`
	}
	var list struct {
		Data []model `json:"data"`
	}
	for _, m := range s.opt.Models {
		list.Data = append(list.Data, model{m, s.opt.Context})
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(list)
}

// decode reads a request; raw has its settings by name, nil if it is no JSON object.
func decode(r *http.Request, body []byte) (req Request, raw map[string]json.RawMessage) {
	req = Request{Path: r.URL.Path, Header: r.Header, Body: string(body), Arrived: time.Now()}
	var v struct {
		Model               string    `json:"model"`
		Messages            []Message `json:"messages"`
		MaxTokens           int       `json:"max_tokens"`
		MaxCompletionTokens int       `json:"max_completion_tokens"`
		Temperature         *float64  `json:"temperature"`
		Stream              bool      `json:"stream"`
		Input               []string  `json:"input"`
		ResponseFormat      struct {
			Type string `json:"type"`
		} `json:"response_format"`
	}
	if json.Unmarshal(body, &v) != nil || json.Unmarshal(body, &raw) != nil {
		return req, nil
	}
	req.Model, req.Messages, req.Stream, req.Heat = v.Model, v.Messages, v.Stream, v.Temperature
	req.Input = v.Input
	req.MaxTokens = v.MaxTokens + v.MaxCompletionTokens
	req.JSON = v.ResponseFormat.Type == "json_object"
	return req, raw
}

// twice reports whether a JSON object of a request names a setting twice, which
// every parser reads its own way.
func twice(body string) bool {
	d := json.NewDecoder(strings.NewReader(body))
	if _, err := d.Token(); err != nil {
		return false
	}
	seen := map[string]bool{}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return false
		}
		name, _ := key.(string)
		if seen[name] {
			return true
		}
		seen[name] = true
		var skip json.RawMessage
		if d.Decode(&skip) != nil {
			return false
		}
	}
	return false
}
