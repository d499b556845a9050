package matrixtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"regexp"
	"slices"
	"sync"
	"testing"
	"time"
)

// A Proxy stands between a client and the server and does what networks and busy
// servers do. Without rules it passes everything on.
//
//	p := matrixtest.NewProxy(t, s.URL)
//	lost := p.On(t, "PUT", `/send/`, matrixtest.LoseReply(), 1) // once; the message is sent all the same
//	…
//	lost.Wait(t, 1)
type Proxy struct {
	URL string

	server *httptest.Server
	back   *httputil.ReverseProxy

	mu    sync.Mutex
	rules []*Rule
}

// A Request is what a client asked for.
type Request struct {
	Method, Path, Query string
	Body                []byte // of files the first MiB
	Hit                 bool   // the rule did with it what it does
}

// A Rule has requests of a kind counted and some of them treated otherwise.
type Rule struct {
	method string
	path   *regexp.Regexp
	times  int
	action Action

	mu       sync.Mutex
	requests []Request
	hits     int
	changed  chan struct{}
	released chan struct{}
	free     sync.Once
	removed  bool
}

// An Action is what a rule does to a request.
type Action struct {
	before func(*Rule, http.ResponseWriter, *http.Request) (answered bool)
	after  func(*Rule, *http.Response) error
	later  bool
}

// errLost ends a connection without a reply.
var errLost = errors.New("the reply is lost")

type ruleKey struct{}

// NewProxy starts a proxy before a server, which ends with the test.
func NewProxy(t testing.TB, target string) *Proxy {
	t.Helper()
	to, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	p := &Proxy{back: &httputil.ReverseProxy{
		Rewrite:       func(r *httputil.ProxyRequest) { r.SetURL(to) },
		FlushInterval: -1,
		Transport:     &http.Transport{MaxIdleConnsPerHost: 16, DisableCompression: true},
		ErrorLog:      log.New(io.Discard, "", 0),
		ModifyResponse: func(resp *http.Response) error {
			if r, _ := resp.Request.Context().Value(ruleKey{}).(*Rule); r != nil && r.action.after != nil {
				return r.action.after(r, resp)
			}
			return nil
		},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, err error) {
			if errors.Is(err, errLost) || errors.Is(err, context.Canceled) {
				panic(http.ErrAbortHandler)
			}
			w.WriteHeader(http.StatusBadGateway)
		},
	}}
	p.server = httptest.NewUnstartedServer(p)
	p.server.Config.ErrorLog = log.New(io.Discard, "", 0)
	p.server.Start()
	p.URL = p.server.URL
	t.Cleanup(func() {
		p.Clear()
		p.server.CloseClientConnections()
		p.server.Close()
	})
	return p
}

// On adds a rule for requests with a method, any if empty, and a path that
// matches a regular expression. The action is done to the first so many
// requests, to all if times is 0. Of several rules that fit a request all count
// it and the first that has something left to do does it.
func (p *Proxy) On(t testing.TB, method, path string, action Action, times int) *Rule {
	t.Helper()
	re, err := regexp.Compile(path)
	if err != nil {
		t.Fatal(err)
	}
	r := &Rule{method: method, path: re, times: times, action: action, changed: make(chan struct{}), released: make(chan struct{})}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rules = append(p.rules, r)
	return r
}

// Clear removes all rules and releases what they hold.
func (p *Proxy) Clear() {
	p.mu.Lock()
	rules := p.rules
	p.rules = nil
	p.mu.Unlock()
	for _, r := range rules {
		r.Remove()
	}
}

// ServeHTTP passes a request on, or does what a rule says.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	req.Body, req.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	seen := Request{Method: req.Method, Path: req.URL.Path, Query: req.URL.RawQuery, Body: body[:min(len(body), 1<<20)]}
	p.mu.Lock()
	rules := slices.Clone(p.rules)
	p.mu.Unlock()
	var rule *Rule
	for _, r := range rules {
		if (r.method == "" || r.method == req.Method) && r.path.MatchString(req.URL.Path) && r.count(seen, rule == nil) {
			rule = r
		}
	}
	if rule == nil {
		p.back.ServeHTTP(w, req)
		return
	}
	req = req.WithContext(context.WithValue(req.Context(), ruleKey{}, rule))
	if rule.action.later {
		go p.deliver(rule, req.Clone(context.WithoutCancel(req.Context())))
	}
	if rule.action.before == nil || !rule.action.before(rule, w, req) {
		p.back.ServeHTTP(w, req)
	}
}

// deliver passes a request on once its rule is released.
func (p *Proxy) deliver(r *Rule, req *http.Request) {
	<-r.released
	if !r.isRemoved() {
		p.back.ServeHTTP(httptest.NewRecorder(), req)
	}
}

// count notes a request and reports whether the rule takes it.
func (r *Rule) count(req Request, free bool) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	req.Hit = free && !r.removed && (r.action.before != nil || r.action.after != nil) && (r.times == 0 || r.hits < r.times)
	if req.Hit {
		r.hits++
	}
	r.requests = append(r.requests, req)
	close(r.changed)
	r.changed = make(chan struct{})
	return req.Hit
}

// Requests returns the requests that fitted the rule so far.
func (r *Rule) Requests() []Request {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.requests)
}

// Seen returns how many requests fitted the rule so far.
func (r *Rule) Seen() int { return len(r.Requests()) }

// Hits returns to how many requests the rule did what it does.
func (r *Rule) Hits() int { r.mu.Lock(); defer r.mu.Unlock(); return r.hits }

// Wait waits until so many requests have fitted the rule.
func (r *Rule) Wait(t testing.TB, seen int) {
	t.Helper()
	end := time.NewTimer(Patience)
	defer end.Stop()
	for {
		r.mu.Lock()
		n, changed := len(r.requests), r.changed
		r.mu.Unlock()
		if n >= seen {
			return
		}
		select {
		case <-changed:
		case <-end.C:
			t.Fatalf("matrixtest: %s %s was asked %d times in %v, want %d", r.method, r.path, n, Patience, seen)
		}
	}
}

// Release lets go what the rule holds; from now on it holds nothing.
func (r *Rule) Release() { r.free.Do(func() { close(r.released) }) }

// Remove ends the rule and lets go what it holds; its counts stay.
func (r *Rule) Remove() {
	r.mu.Lock()
	r.removed = true
	r.mu.Unlock()
	r.Release()
}

func (r *Rule) isRemoved() bool { r.mu.Lock(); defer r.mu.Unlock(); return r.removed }

// Count only counts.
func Count() Action { return Action{} }

// Reply answers in the server's stead.
func Reply(status int, body string) Action {
	return Action{before: func(_ *Rule, w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		io.WriteString(w, body)
		return true
	}}
}

// Limit answers that there were too many requests.
func Limit(retryAfter time.Duration) Action {
	return Action{before: func(_ *Rule, w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Retry-After", fmt.Sprint(int64((retryAfter+time.Second-1)/time.Second)))
		w.WriteHeader(http.StatusTooManyRequests)
		fmt.Fprintf(w, `{"errcode":"M_LIMIT_EXCEEDED","error":"Too many requests","retry_after_ms":%d}`, retryAfter.Milliseconds())
		return true
	}}
}

// BadGateway answers 502 with a page, as a reverse proxy does whose server is away.
func BadGateway() Action {
	return Action{before: func(_ *Rule, w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusBadGateway)
		io.WriteString(w, "<html><title>502 Bad Gateway</title></html>")
		return true
	}}
}

// LoseRequest closes the connection before the server has heard of the request.
// (Go's own client asks a second time for a GET whose connection was used before.)
func LoseRequest() Action {
	return Action{before: func(*Rule, http.ResponseWriter, *http.Request) bool { panic(http.ErrAbortHandler) }}
}

// LoseReply closes the connection after the server has done what was asked.
func LoseReply() Action {
	return Action{after: func(_ *Rule, resp *http.Response) error {
		if _, err := io.Copy(io.Discard, resp.Body); err != nil {
			return err
		}
		return errLost
	}}
}

// Delay passes the request on later.
func Delay(d time.Duration) Action {
	return Action{before: func(r *Rule, _ http.ResponseWriter, req *http.Request) bool {
		timer := time.NewTimer(d)
		defer timer.Stop()
		return r.pause(req.Context(), timer.C)
	}}
}

// Hold passes the request on when the rule is released.
func Hold() Action {
	return Action{before: func(r *Rule, _ http.ResponseWriter, req *http.Request) bool { return r.pause(req.Context(), nil) }}
}

// HoldReply has the server do what was asked and passes its reply on when the
// rule is released.
func HoldReply() Action {
	return Action{after: func(r *Rule, resp *http.Response) error {
		r.pause(resp.Request.Context(), nil)
		return nil
	}}
}

// Postpone answers {} at once and passes the request on when the rule is
// released: on PUT /sendToDevice/ a room's key that comes late.
func Postpone() Action {
	action := Reply(http.StatusOK, "{}")
	action.later = true
	return action
}

// pause waits for a time, for the rule's release, or until the client has gone.
func (r *Rule) pause(ctx context.Context, timer <-chan time.Time) (answered bool) {
	select {
	case <-timer:
	case <-r.released:
	case <-ctx.Done():
		panic(http.ErrAbortHandler)
	}
	return false
}
