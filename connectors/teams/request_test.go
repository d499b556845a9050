package teams

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/infracloudio/msbotbuilder-go/schema"

	"amtsbote/connectors/teams/teamstest"
)

// Every status, and what the core has to make of it.
func TestStatus(t *testing.T) {
	for _, test := range []struct {
		status    int
		body      string
		code      string
		final     bool
		tooLong   bool
		operation string
	}{
		{status: 400, body: `{"error":{"code":"BadSyntax","message":"Frau Kaya"}}`, code: "BadSyntax", final: true},
		{status: 400, body: `{"error":{"code":"ServiceError"}}`, code: "ServiceError"},
		{status: 403, body: `{"error":{"code":"BotNotInConversationRoster"}}`, code: "BotNotInConversationRoster", final: true},
		{status: 403, body: `{"error":{"code":"BotDisabledByAdmin"}}`, code: "BotDisabledByAdmin", final: true},
		{status: 403, body: `{"errorCode":209,"message":"{\r\n \"subCode\": \"MessageWritesBlocked\",\r\n \"details\": \"Frau Kaya\"}"}`, code: "MessageWritesBlocked", final: true},
		{status: 403, body: `<html>Frau Kaya`, final: true},
		{status: 404, body: `{"error":{"code":"ConversationNotFound"}}`, code: "ConversationNotFound", final: true},
		{status: 404, body: `{"error":{"code":"Frau Kaya"}}`, final: true},
		{status: 410, final: true},
		{status: 413, body: `{"error":{"code":"MessageSizeTooBig"}}`, code: "MessageSizeTooBig", tooLong: true},
		{status: 413, tooLong: true},
		{status: 400, body: `{"error":{"code":"MessageSizeTooBig"}}`, code: "MessageSizeTooBig", tooLong: true},
		{status: 403, body: `{"error":{"code":"MessageSizeTooBig"}}`, code: "MessageSizeTooBig", tooLong: true},
		{status: 409, body: `{"error":{"code":"Conflict"}}`, code: "Conflict"},
		{status: 500, body: strings.Repeat("x", 3*maxAnswer)},
		{status: 503},
	} {
		t.Run(fmt.Sprint(test.status, test.code), func(t *testing.T) {
			c := teamstest.Start(t)
			c.Hook(func(w http.ResponseWriter, _ *http.Request) bool {
				w.WriteHeader(test.status)
				io.WriteString(w, test.body)
				return true
			})
			api := newTestAPI(c, newClient())
			r := ref{Service: c.Service(), Conversation: "a:1"}
			_, err := api.post(t.Context(), r, text("x"))
			for what, err := range map[string]error{"post": err, "replace": api.replace(t.Context(), r, "1", text("x"))} {
				e, ok := errors.AsType[*apiError](err)
				if !ok || e.Status != test.status || e.Code != test.code || e.What != what {
					t.Errorf("%s: %v", what, err)
				}
				if isRefusal(err) != test.final || errors.Is(err, errTooLong) != test.tooLong || errors.Is(err, errAmbiguous) {
					t.Errorf("%s: %v: refusal %v, too long %v", what, err, isRefusal(err), errors.Is(err, errTooLong))
				}
				if strings.Contains(fmt.Sprint(err), "Kaya") {
					t.Errorf("%s: the error says too much: %v", what, err)
				}
			}
			if n := len(c.Requests()); n != 2 {
				t.Errorf("%d requests", n)
			}
		})
	}
}

func TestTooLong(t *testing.T) {
	c := teamstest.Start(t)
	kaya := c.Person("Jana Kaya", "jana.kaya@stadt.example")
	api := newTestAPI(c, newClient())
	r := said(t, c.Personal(kaya), kaya, "")
	if _, err := api.post(t.Context(), r, text(strings.Repeat("ä", 40<<10))); err != nil {
		t.Errorf("80 KB: %v", err)
	}
	if _, err := api.post(t.Context(), r, text(strings.Repeat("ä", 60<<10))); !errors.Is(err, errTooLong) || isRefusal(err) {
		t.Errorf("120 KB: %v", err)
	}
	// Each of these is one character, and not six.
	if _, err := api.post(t.Context(), r, text(strings.Repeat("<&>", 13<<10))); err != nil {
		t.Errorf("78 KB of <&>: %v", err)
	}
}

func TestRefusedTokenIsReplacedOnce(t *testing.T) {
	c := teamstest.Start(t)
	kaya := c.Person("Jana Kaya", "jana.kaya@stadt.example")
	api := newTestAPI(c, newClient())
	r := said(t, c.Personal(kaya), kaya, "")
	if _, err := api.post(t.Context(), r, text("eins")); err != nil {
		t.Fatal(err)
	}
	c.Revoke()
	if _, err := api.post(t.Context(), r, text("zwei")); err != nil || c.TokenRequests() != 2 {
		t.Errorf("%v, %d requests for a token", err, c.TokenRequests())
	}
	c.Hook(func(w http.ResponseWriter, _ *http.Request) bool {
		w.WriteHeader(http.StatusUnauthorized)
		io.WriteString(w, `{"error":{"code":"BotNotRegistered"}}`)
		return true
	})
	before := len(c.Requests())
	for range 3 {
		_, err := api.post(t.Context(), r, text("drei"))
		if e, ok := errors.AsType[*apiError](err); !ok || e.Status != 401 || e.Code != "BotNotRegistered" || isRefusal(err) {
			t.Error(err)
		}
	}
	if n := len(c.Requests()) - before; n != 6 || c.TokenRequests() > 3 {
		t.Errorf("%d requests, %d for a token", n, c.TokenRequests())
	}
}

func TestNoTokenNoRequest(t *testing.T) {
	c := teamstest.Start(t)
	c.RefuseTokens(401, "invalid_client", "AADSTS7000222: expired")
	_, err := newTestAPI(c, newClient()).post(t.Context(), ref{Service: c.Service(), Conversation: "a:1"}, text("x"))
	if err == nil || isRefusal(err) || !strings.Contains(err.Error(), "secret: it has expired") || len(c.Requests()) > 0 {
		t.Errorf("%v, %d requests", err, len(c.Requests()))
	}
}

// A post whose answer is lost may be shown already: it is neither repeated nor
// taken for one that was not done.
func TestLostAnswers(t *testing.T) {
	for _, test := range []struct {
		name   string
		answer func(conn net.Conn)
		taken  bool // the ID is lost, but not the answer
	}{
		{"closed", func(net.Conn) {}, false},
		{"half a status line", func(c net.Conn) { io.WriteString(c, "HTTP/1.1 2") }, false},
		{"nonsense", func(c net.Conn) { io.WriteString(c, "Frau Kaya war hier\r\n\r\n") }, false},
		{"half a body", func(c net.Conn) {
			io.WriteString(c, "HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\n{\"id\":")
		}, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := teamstest.Start(t)
			var asked atomic.Int64
			c.Hook(func(w http.ResponseWriter, _ *http.Request) bool {
				asked.Add(1)
				conn, _, err := w.(http.Hijacker).Hijack()
				if err != nil {
					t.Error(err)
					return true
				}
				test.answer(conn)
				conn.Close()
				return true
			})
			api := newTestAPI(c, newClient())
			r := ref{Service: c.Service(), Conversation: "a:geheim"}
			id, err := api.post(t.Context(), r, text("x"))
			if errors.Is(err, errAmbiguous) == test.taken || id != "" || isRefusal(err) || (err == nil) != test.taken {
				t.Errorf("post: %q, %v", id, err)
			}
			if strings.Contains(fmt.Sprint(err), "geheim") || strings.Contains(fmt.Sprint(err), "Kaya") {
				t.Errorf("the error says too much: %v", err)
			}
			if n := asked.Load(); n != 1 {
				t.Errorf("asked %d times", n)
			}
			if err := api.replace(t.Context(), r, "1", text("x")); errors.Is(err, errAmbiguous) || (err == nil) != test.taken {
				t.Errorf("replace: %v", err)
			}
		})
	}
}

func TestUnreachedIsNotAmbiguous(t *testing.T) {
	c := teamstest.Start(t)
	srv := httptest.NewServer(http.NotFoundHandler())
	srv.Close()
	_, err := newTestAPI(c, newClient()).post(t.Context(), ref{Service: srv.URL, Conversation: "a:geheim"}, text("x"))
	if err == nil || errors.Is(err, errAmbiguous) || isRefusal(err) || strings.Contains(err.Error(), "geheim") {
		t.Error(err)
	}
}

// Whoever leaves while a post is on its way does not know either.
func TestStoppedPost(t *testing.T) {
	c := teamstest.Start(t)
	ctx, stop := context.WithCancel(t.Context())
	hang := make(chan struct{})
	c.Hook(func(http.ResponseWriter, *http.Request) bool { stop(); <-hang; return true })
	t.Cleanup(func() { close(hang) })
	api := newTestAPI(c, newClient())
	_, err := api.post(ctx, ref{Service: c.Service(), Conversation: "a:1"}, text("x"))
	if !errors.Is(err, errAmbiguous) || !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if _, err := api.post(ctx, ref{Service: c.Service(), Conversation: "a:1"}, text("x")); !errors.Is(err, context.Canceled) || errors.Is(err, errAmbiguous) {
		t.Errorf("stopped before: %v", err)
	}
}

func TestSlowServer(t *testing.T) {
	c := teamstest.Start(t)
	hang := make(chan struct{})
	c.Hook(func(http.ResponseWriter, *http.Request) bool { <-hang; return true })
	t.Cleanup(func() { close(hang) })
	client := newClient()
	client.Timeout = 100 * time.Millisecond
	_, err := newTestAPI(c, client).post(t.Context(), ref{Service: c.Service(), Conversation: "a:1"}, text("x"))
	if !errors.Is(err, errAmbiguous) || !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
}

// What is sent holds no zero value of the protocol's types.
func TestNothingEmptyIsSent(t *testing.T) {
	b, err := encodeJSON(&activity{Type: schema.Message, Text: "x"})
	if err != nil || strings.TrimSpace(string(b)) != `{"type":"message","text":"x"}` {
		t.Errorf("%s %v", b, err)
	}
	if _, err := encodeJSON(&activity{ChannelData: json.RawMessage("{")}); err == nil || strings.Contains(err.Error(), "{") {
		t.Error(err)
	}
}

func FuzzErrorCode(f *testing.F) {
	f.Add([]byte(`{"error":{"code":"BadSyntax","message":"{\"subCode\": \"MessageWritesBlocked\"}"}}`))
	f.Add([]byte(`{"error":"x","message":5,"subCode":"Abc"}`))
	f.Add([]byte(`[[[[`))
	f.Fuzz(func(t *testing.T, body []byte) {
		if code := errorCode(body); code != "" && !codeRE.MatchString(code) {
			t.Errorf("%q", code)
		}
		if id := idOf(body); id != "" && !plainID(id) {
			t.Errorf("%q", id)
		}
	})
}

func FuzzRetryAfter(f *testing.F) {
	now := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	for _, s := range []string{"5", "0.5", "-1", "1e400", "NaN", "Inf", "Sat, 28 Nov 2026 12:00:07 GMT", "Sat, 28 Nov 2020 12:00:07 GMT", "Saturday, 28-Nov-26 12:00:07 GMT", "x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if d := retryAfter(http.Header{"Retry-After": {s}}, now); d < 0 || d > time.Hour {
			t.Errorf("%q: %v", s, d)
		}
	})
}

func FuzzAddress(f *testing.F) {
	f.Add("https://smba.trafficmanager.net/emea/", "a/../b")
	f.Add("https://smba.trafficmanager.net/..//%2e%2e/", "19:x;messageid=1")
	f.Add("https://user@smba.trafficmanager.net/", "..")
	cfg := Config{}.filled()
	f.Fuzz(func(t *testing.T, service, id string) {
		q := call{what: "post", r: ref{Service: service, Conversation: id}, segments: []string{"conversations", id, "activities"}}
		address, err := q.address(cfg)
		if err != nil {
			return
		}
		req, err := http.NewRequest(http.MethodPost, address, nil)
		if err != nil {
			t.Fatalf("%q: %v", address, err)
		}
		if !cfg.listed(req.URL, cfg.ServiceHosts) || req.URL.RawQuery != "" || req.URL.Fragment != "" {
			t.Errorf("the token goes to %q", address)
		}
		path := strings.Split(req.URL.EscapedPath(), "/")
		if n := len(path); n < 5 || path[n-1] != "activities" || path[n-3] != "conversations" || path[n-4] != "v3" {
			t.Errorf("%q became %q", id, address)
		}
		if got, err := unescape(path[len(path)-2]); err != nil || got != id {
			t.Errorf("%q became %q", id, got)
		}
	})
}
