package teams

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"amtsbote/bots"
	"amtsbote/connectors/teams/teamstest"
)

// TestGraphBusy waits as Graph says, and gives up at last.
func TestGraphBusy(t *testing.T) {
	for name, test := range map[string]struct {
		n, status int
		after     string
		want      []time.Duration // at least
		ok        bool
	}{
		"429 with seconds":    {2, 429, "7", []time.Duration{7 * time.Second, 7 * time.Second}, true},
		"429 without":         {2, 429, "", []time.Duration{time.Second, 2 * time.Second}, true},
		"503 for a minute":    {1, 503, "60", []time.Duration{time.Minute}, true},
		"503 for very long":   {1, 503, "86400", nil, false},
		"504":                 {1, 504, "", []time.Duration{time.Second}, true},
		"nonsense":            {1, 429, "bald", []time.Duration{time.Second}, true},
		"a date that is over": {1, 429, "Mon, 02 Jan 2006 15:04:05 GMT", []time.Duration{time.Second}, true},
		"for ever":            {1000, 429, "20", []time.Duration{20e9, 20e9, 20e9, 20e9, 20e9}, false},
		"too long in all":     {1000, 429, "30", []time.Duration{30e9, 30e9, 30e9, 30e9}, false},
		"not for us":          {1, 400, "", nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			a := newArchive(t)
			v := a.group(t, a.anna)
			a.cloud.GraphHook(teamstest.Throttle(test.n, test.status, test.after))
			_, err := a.History(t.Context(), a.state, a.anna.UPN, v.ID, bots.Span{})
			if (err == nil) != test.ok {
				t.Errorf("error %v", err)
			}
			if _, refused := errors.AsType[*bots.Refusal](err); refused {
				t.Errorf("it is refused for good: %v", err)
			}
			if len(a.paused) != len(test.want) {
				t.Fatalf("paused %v, want %v", a.paused, test.want)
			}
			for i, d := range a.paused {
				if d < test.want[i] || d > test.want[i]+time.Second {
					t.Errorf("pause %d is %v, want %v", i, d, test.want[i])
				}
			}
		})
	}
}

// TestGraphTime ends a reading that Graph keeps waiting.
func TestGraphTime(t *testing.T) {
	a := newArchive(t)
	v := a.group(t, a.anna)
	a.cloud.GraphHook(teamstest.Throttle(1000, 429, "1"))
	ctx, cancel := context.WithCancel(t.Context())
	a.graph.wait = func(ctx context.Context, _ time.Duration) error { cancel(); return pauseFor(ctx, time.Hour) }
	if _, err := a.History(ctx, a.state, a.anna.UPN, v.ID, bots.Span{}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

// TestGraphToken asks for a new token once, and not again and again.
func TestGraphToken(t *testing.T) {
	a := newArchive(t)
	v := a.group(t, a.anna)
	a.read(t, a.anna, v, bots.Span{})
	before := a.cloud.TokenRequests()
	a.cloud.Revoke()
	a.read(t, a.anna, v, bots.Span{})
	if n := a.cloud.TokenRequests() - before; n != 2 { // Bot Connector's, Graph's
		t.Errorf("%d tokens were asked for", n)
	}
	a.cloud.GraphHook(teamstest.Throttle(1000, 401, ""))
	before = int64(len(a.cloud.GraphRequests()))
	if _, err := a.History(t.Context(), a.state, a.anna.UPN, v.ID, bots.Span{}); err == nil {
		t.Error("no error")
	}
	if n := int64(len(a.cloud.GraphRequests())) - before; n != 2 {
		t.Errorf("%d requests with tokens that are refused", n)
	}
}

// TestNextLink goes nowhere but to the list that it asked for.
func TestNextLink(t *testing.T) {
	var elsewhere atomic.Int64
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) }))
	defer other.Close()
	a := newArchive(t)
	v := a.group(t, a.anna)
	host := strings.TrimPrefix(a.cloud.URL, "http://")
	for name, link := range map[string]string{
		"another host":      other.URL + "/graph/v1.0/chats/x/messages?$skiptoken=1",
		"another scheme":    "https://" + host + "/graph/v1.0/chats/x/messages?$skiptoken=1",
		"a user":            "http://x@" + host + "/graph/v1.0/chats/x/messages?$skiptoken=1",
		"another service":   a.cloud.URL + "/connector/v3/conversations?$skiptoken=1",
		"no query":          a.cloud.URL + "/graph/v1.0/chats/x/messages",
		"not an address":    "::",
		"itself":            a.cloud.URL + "/graph/v1.0/x?$top=50&$orderby=createdDateTime%20desc",
		"relative":          "/graph/v1.0/chats/x/messages?$skiptoken=1",
		"host with the end": a.cloud.URL + ".example/graph/v1.0/x?$skiptoken=1",
	} {
		a.cloud.GraphHook(func(w http.ResponseWriter, r *http.Request) bool {
			if strings.HasSuffix(r.URL.Path, "/members") {
				return false
			}
			if r.URL.Query().Has("$skiptoken") {
				t.Errorf("%s: it was followed", name)
			}
			fmt.Fprintf(w, `{"value":[],"@odata.nextLink":%q}`, link)
			return true
		})
		if _, err := a.History(t.Context(), a.state, a.anna.UPN, v.ID, bots.Span{}); err == nil || strings.Contains(err.Error(), "skiptoken") {
			t.Errorf("%s: error %v", name, err)
		}
	}
	// A link within Graph to another resource is no way to it: only its query is taken.
	var paths []string
	a.cloud.GraphHook(func(w http.ResponseWriter, r *http.Request) bool {
		if strings.HasSuffix(r.URL.Path, "/members") {
			return false
		}
		paths = append(paths, r.URL.EscapedPath())
		next := ""
		if len(paths) == 1 {
			next = a.cloud.URL + "/graph/v1.0/chats/19:other/messages?$skiptoken=2"
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"value": []any{}, "@odata.nextLink": next})
		return true
	})
	a.read(t, a.anna, v, bots.Span{})
	if len(paths) != 2 || paths[0] != paths[1] {
		t.Errorf("asked for %q", paths)
	}
	if elsewhere.Load() > 0 {
		t.Error("another host was asked")
	}
}

// TestGraphHostile reads answers that no Graph gives.
func TestGraphHostile(t *testing.T) {
	secret := "https://leak.example/?sig=GEHEIM"
	for name, test := range map[string]struct {
		body   string
		status int
		n      int // entries; -1: an error
	}{
		"not JSON":         {"<html>" + secret, 200, -1},
		"nothing":          {"", 200, -1},
		"a list":           {"[]", 200, -1},
		"null":             {"null", 200, 0},
		"deep":             {`{"value":` + strings.Repeat("[", 100000), 200, -1},
		"too big":          {`{"value":[{"id":"` + strings.Repeat("x", maxGraph) + `"}]}`, 200, -1},
		"wrong kinds":      {`{"value":[{"id":5},{"id":"1","messageType":"message","createdDateTime":7,"from":"x","body":{"content":"da"},"mentions":{}}]}`, 200, 0},
		"a bad ID":         {`{"value":[{"id":"../1","messageType":"message","createdDateTime":"2026-11-28T12:00:00Z"}]}`, 200, 0},
		"a redirection":    {"", 302, -1},
		"an error":         {`{"error":{"code":"` + secret + `","message":"` + secret + `"}}`, 418, -1},
		"a page of itself": {`{"value":[],"@odata.nextLink":5}`, 200, 0},
	} {
		t.Run(name, func(t *testing.T) {
			a := newArchive(t)
			v := a.group(t, a.anna)
			a.cloud.GraphHook(func(w http.ResponseWriter, r *http.Request) bool {
				if strings.HasSuffix(r.URL.Path, "/members") {
					return false
				}
				w.Header().Set("Location", secret)
				w.WriteHeader(test.status)
				fmt.Fprint(w, test.body)
				return true
			})
			h, err := a.History(t.Context(), a.state, a.anna.UPN, v.ID, bots.Span{})
			if (err != nil) != (test.n < 0) || err == nil && len(h.Entries) != test.n {
				t.Errorf("%d entries, error %v", len(h.Entries), err)
			}
			if err != nil && strings.Contains(err.Error(), "GEHEIM") || strings.Contains(a.log.String(), "GEHEIM") {
				t.Errorf("the error shows what the server said: %v", err)
			}
		})
	}
}

// TestBigPage reads threads one by one where twenty are more than is taken at once.
func TestBigPage(t *testing.T) {
	a := newArchive(t)
	v := a.channel(t, a.anna)
	v.History(teamstest.Past{By: a.anna, At: ago(9), Text: "da"})
	a.cloud.GraphHook(func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Query().Get("$top") != "20" {
			return false
		}
		fmt.Fprint(w, `{"value":[{"id":"`+strings.Repeat("x", maxGraph)+`"}]}`)
		return true
	})
	expect(t, a.read(t, a.anna, v, bots.Span{}), "da")
}

// TestEndlessPages ends where the server does not.
func TestEndlessPages(t *testing.T) {
	a := newArchive(t)
	v := a.group(t, a.anna)
	var n atomic.Int64
	a.cloud.GraphHook(func(w http.ResponseWriter, r *http.Request) bool {
		if strings.HasSuffix(r.URL.Path, "/members") {
			return false
		}
		fmt.Fprintf(w, `{"value":[],"@odata.nextLink":"%s/graph/v1.0/x?$skiptoken=%d"}`, a.cloud.URL, n.Add(1))
		return true
	})
	if h := a.read(t, a.anna, v, bots.Span{}); !h.Cut || n.Load() != historyPages {
		t.Errorf("cut %v after %d pages", h.Cut, n.Load())
	}
}

// TestGraphOpaqueIDs sends IDs as they are, and none that is another path.
func TestGraphOpaqueIDs(t *testing.T) {
	if got := resource("v1.0", "teams", "a/../b", "19:x@thread.tacv2?y#z%2F"); got != "/v1.0/teams/a%2F..%2Fb/19:x@thread.tacv2%3Fy%23z%252F" {
		t.Errorf("the path is %s", got)
	}
	a := newArchive(t)
	for _, id := range []string{"..", ".", ""} {
		err := a.graph.get(t.Context(), resource("v1.0", "chats", id, "messages"), "", &struct{}{})
		if _, answered := errors.AsType[*apiError](err); err == nil || answered {
			t.Errorf("%q was asked for: %v", id, err)
		}
	}
	if n := len(a.cloud.GraphRequests()); n > 0 {
		t.Errorf("%d requests", n)
	}
}
