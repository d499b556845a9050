package llmtest

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// A Fault is a way to go wrong.
type Fault string

const (
	Hang     Fault = "hang"     // no byte, until the client gives up
	Reset    Fault = "reset"    // the connection breaks before the first byte
	Cut      Fault = "cut"      // the connection breaks in the middle of the text
	Quiet    Fault = "quiet"    // the stream ends in the middle as if it were the end, without [DONE]
	Stall    Fault = "stall"    // nothing more comes in the middle of the text
	Garbage  Fault = "garbage"  // no JSON
	Empty    Fault = "empty"    // a proper answer without text
	Huge     Fault = "huge"     // text without end
	Event    Fault = "event"    // an error event in the middle of the text
	Plain    Fault = "plain"    // not a stream, though asked for one
	Redirect Fault = "redirect" // to another server
	NoUsage  Fault = "nousage"  // nothing wrong, but tokens are not counted and [DONE] never comes
	Open     Fault = "open"     // nothing wrong, but the connection stays open after the answer
)

// A Reply is what a server does with a request. The zero Reply is an empty answer.
type Reply struct {
	Text       string
	Thoughts   string        // in a field of their own, before the text
	Wait       time.Duration // until the first byte
	Think      time.Duration // after an empty piece, before the text
	Gap        time.Duration // between two words
	Finish     string        // finish_reason; default "stop"
	Comments   int           // keep-alive lines before the text
	Every      time.Duration // between two of these
	Fault      Fault
	Status     int // an error
	Code       string
	Param      string
	Message    string
	RetryAfter string
	Raw        string // the body of an answer with vectors
}

func (re Reply) write(w http.ResponseWriter, r *http.Request, req Request) {
	ctx := r.Context()
	switch {
	case re.Fault == Hang:
		<-ctx.Done()
		return
	case wait(ctx, re.Wait) != nil:
		return
	case re.Fault == Reset:
		broken(w)
		return
	case re.Fault == Redirect:
		http.Redirect(w, r, "http://192.0.2.1/v1/chat/completions", http.StatusTemporaryRedirect)
		return
	case re.Status != 0:
		re.fail(w)
		return
	case !req.Stream || re.Fault == Plain:
		re.plain(w, req)
		return
	}
	s := &stream{w: w, ctx: ctx, model: req.Model}
	if re.stream(s) {
		s.end(strings.Contains(req.Body, `"include_usage":true`), len(req.Body)/4)
	}
}

func (re Reply) fail(w http.ResponseWriter) {
	if re.RetryAfter != "" {
		w.Header().Set("Retry-After", re.RetryAfter)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(re.Status)
	_ = json.NewEncoder(w).Encode(map[string]any{"error": re.error()})
}

func (re Reply) error() map[string]any {
	e := map[string]any{"message": re.Message, "type": "invalid_request_error", "param": nil, "code": nil}
	if re.Code != "" {
		e["code"] = re.Code
	}
	if re.Param != "" {
		e["param"] = re.Param
	}
	return e
}

func (re Reply) plain(w http.ResponseWriter, req Request) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{
		"object": "chat.completion", "model": req.Model,
		"choices": []any{map[string]any{"index": 0, "finish_reason": re.finish(),
			"message": map[string]any{"role": "assistant", "content": re.Text}}},
	})
}

func (re Reply) finish() string {
	if re.Finish == "" {
		return "stop"
	}
	return re.Finish
}

// stream writes the answer up to its finish_reason. It returns false if nothing
// may follow.
func (re Reply) stream(s *stream) bool {
	if re.Fault == Garbage {
		s.begin()
		s.line(`data: {"id":"x","choices":[{"del`)
		return false
	}
	for range re.Comments {
		s.begin()
		s.line(": keep-alive")
		if wait(s.ctx, re.Every) != nil {
			return false
		}
	}
	if re.Think > 0 {
		s.delta(map[string]any{"role": "assistant", "content": ""}, nil)
		if wait(s.ctx, re.Think) != nil {
			return false
		}
	}
	if re.Thoughts != "" {
		s.delta(map[string]any{"reasoning_content": re.Thoughts}, nil)
	}
	text := re.Text
	if re.Fault == Empty {
		text = ""
	}
	words := strings.SplitAfter(text, " ")
	for i, word := range words {
		if i > 0 && wait(s.ctx, re.Gap) != nil {
			return false
		}
		if i >= (len(words)+1)/2 {
			if done := re.middle(s); done {
				return false
			}
		}
		s.delta(map[string]any{"role": "assistant", "content": word}, nil)
	}
	if re.middle(s) {
		return false
	}
	s.delta(map[string]any{}, re.finish())
	if re.Fault == Open {
		<-s.ctx.Done()
	}
	return re.Fault != NoUsage && re.Fault != Open
}

// middle does what goes wrong in the middle of a text, and reports whether
// anything did.
func (re Reply) middle(s *stream) bool {
	switch re.Fault {
	case Cut:
		broken(s.w)
	case Quiet:
	case Stall:
		<-s.ctx.Done()
	case Event:
		b, _ := json.Marshal(map[string]any{"error": re.error()})
		s.line("data: " + string(b) + "\n")
	case Huge:
		for s.ctx.Err() == nil && s.err == nil {
			s.delta(map[string]any{"content": strings.Repeat("mehr ", 10_000)}, nil)
		}
	default:
		return false
	}
	return true
}

// A stream is a body of events.
type stream struct {
	w     http.ResponseWriter
	ctx   context.Context
	model string
	begun bool
	words int
	err   error
}

func (s *stream) begin() {
	if !s.begun {
		s.begun = true
		s.w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
	}
}

func (s *stream) line(text string) {
	if s.err == nil {
		_, s.err = io.WriteString(s.w, text+"\n\n")
		s.w.(http.Flusher).Flush()
	}
}

func (s *stream) delta(delta map[string]any, finish any) {
	s.begin()
	s.words++
	b, _ := json.Marshal(map[string]any{"id": "chatcmpl-1", "object": "chat.completion.chunk", "model": s.model,
		"choices": []any{map[string]any{"index": 0, "delta": delta, "finish_reason": finish}}})
	s.line("data: " + string(b))
}

func (s *stream) end(usage bool, in int) {
	if usage {
		s.line(fmt.Sprintf(`data: {"choices":[],"usage":{"prompt_tokens":%d,"completion_tokens":%d,"total_tokens":%d}}`, in, s.words, in+s.words))
	}
	s.line("data: [DONE]")
}

func wait(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// broken ends the connection, with a TCP reset where it can.
func broken(w http.ResponseWriter) {
	_ = http.NewResponseController(w).Flush()
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // HTTP/2
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}
