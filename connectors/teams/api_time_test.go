package teams

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"amtsbote/connectors/teams/teamstest"
)

func unescape(s string) (string, error) { return url.PathUnescape(s) }

// A busy bot is never too fast for the fake, which counts as Microsoft does.
func TestBusyConversation(t *testing.T) {
	c := teamstest.Start(t)
	kaya := c.Person("Jana Kaya", "jana.kaya@stadt.example")
	conv := c.Channel("Bauamt", "Allgemein", kaya)
	one, two := said(t, conv, kaya, ""), said(t, conv, kaya, "") // threads of one channel share its pace
	group := said(t, c.Group("Haushalt", kaya), kaya, "")        // and all conversations that of opening chats
	synctest.Test(t, func(t *testing.T) {
		api := newTestAPI(c, timed(c))
		start := time.Now()
		var all sync.WaitGroup
		for i := range 75 {
			all.Go(func() {
				r := one
				if i%2 == 0 {
					r = two
				}
				id, err := api.post(t.Context(), r, text(fmt.Sprint(i)))
				if err != nil {
					t.Error(err)
				}
				if i%5 == 0 {
					if err := api.replace(t.Context(), r, id, text("neu")); err != nil {
						t.Error(err)
					}
				}
			})
		}
		for i := range 130 {
			all.Go(func() {
				if _, err := api.member(t.Context(), one, kaya.ID); err != nil {
					t.Error(err)
				}
				if _, err := api.personal(t.Context(), []ref{one, group}[i%2]); err != nil && !errors.Is(err, errPace) {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if d := time.Since(start); d < 30*time.Second || d > 80*time.Second {
			t.Errorf("it took %v", d)
		}
		if n := len(conv.Messages()); n != 75 {
			t.Errorf("%d messages", n)
		}
	})
	clean(t, c)
}

func TestRepeats(t *testing.T) {
	for _, test := range []struct {
		status int
		after  string
		fails  int
		most   time.Duration
		least  time.Duration
		good   bool
	}{
		{status: 412, fails: 2, least: 2400 * time.Millisecond, most: 3600 * time.Millisecond, good: true},
		{status: 429, fails: 1, least: 800 * time.Millisecond, most: 1200 * time.Millisecond, good: true},
		{status: 502, fails: 4, least: 12 * time.Second, most: 18 * time.Second, good: true},
		{status: 504, fails: 1, least: 800 * time.Millisecond, most: 1200 * time.Millisecond, good: true},
		{status: 429, after: "7", fails: 1, least: 7 * time.Second, most: 7 * time.Second, good: true},
		{status: 429, after: "date", fails: 1, least: 8 * time.Second, most: 9 * time.Second, good: true},
		{status: 429, after: "nonsense", fails: 1, least: 800 * time.Millisecond, most: 1200 * time.Millisecond, good: true},
		{status: 429, after: "31", fails: 1, least: 0, most: 0},
		{status: 429, after: "999999999", fails: 1, least: 0, most: 0},
		{status: 502, fails: 100, least: 20 * time.Second, most: 30 * time.Second},
		{status: 500, fails: 1, least: 0, most: 0},
		{status: 503, fails: 1, least: 0, most: 0},
	} {
		t.Run(fmt.Sprint(test.status, test.after, test.fails), func(t *testing.T) {
			c := teamstest.Start(t)
			kaya := c.Person("Jana Kaya", "jana.kaya@stadt.example")
			conv := c.Personal(kaya)
			r := said(t, conv, kaya, "")
			synctest.Test(t, func(t *testing.T) {
				fails := test.fails
				c.Hook(func(w http.ResponseWriter, _ *http.Request) bool {
					if fails--; fails < 0 {
						return false
					}
					switch test.after {
					case "":
					case "date":
						w.Header().Set("Retry-After", time.Now().Add(9*time.Second).UTC().Format(http.TimeFormat))
					default:
						w.Header().Set("Retry-After", test.after)
					}
					w.WriteHeader(test.status)
					return true
				})
				start := time.Now()
				id, err := newTestAPI(c, timed(c)).post(t.Context(), r, text("x"))
				if d := time.Since(start); d < test.least || d > test.most {
					t.Errorf("it took %v", d)
				}
				if e, ok := errors.AsType[*apiError](err); test.good != (err == nil && id != "") || !test.good && (!ok || e.Status != test.status || isRefusal(err)) {
					t.Errorf("%q, %v", id, err)
				}
			})
			want := 0
			if test.good {
				want = 1
			}
			if n := len(conv.Messages()); n != want {
				t.Errorf("%d messages", n)
			}
		})
	}
}

// What Teams wants of one conversation holds for everybody who writes there, and for
// nobody else.
func TestSilenceIsShared(t *testing.T) {
	c := teamstest.Start(t)
	kaya, ott := c.Person("Jana Kaya", "jana.kaya@stadt.example"), c.Person("Olaf Ott", "olaf.ott@stadt.example")
	r, other := said(t, c.Personal(kaya), kaya, ""), said(t, c.Personal(ott), ott, "")
	synctest.Test(t, func(t *testing.T) {
		var first sync.Once
		c.Hook(func(w http.ResponseWriter, _ *http.Request) (done bool) {
			first.Do(func() {
				w.Header().Set("Retry-After", strconv.Itoa(10))
				w.WriteHeader(http.StatusTooManyRequests)
				done = true
			})
			return done
		})
		api := newTestAPI(c, timed(c))
		start := time.Now()
		var all sync.WaitGroup
		all.Go(func() { _, _ = api.post(t.Context(), r, text("eins")) })
		synctest.Wait()
		all.Go(func() {
			if _, err := api.post(t.Context(), r, text("zwei")); err != nil || time.Since(start) < 10*time.Second {
				t.Errorf("after %v: %v", time.Since(start), err)
			}
		})
		if _, err := api.post(t.Context(), other, text("drei")); err != nil || time.Since(start) != 0 {
			t.Errorf("another conversation waited %v: %v", time.Since(start), err)
		}
		all.Wait()
	})
	clean(t, c)
}

func TestRepetitionEnds(t *testing.T) {
	c := teamstest.Start(t)
	synctest.Test(t, func(t *testing.T) {
		c.Hook(func(w http.ResponseWriter, _ *http.Request) bool { w.WriteHeader(http.StatusBadGateway); return true })
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		start := time.Now()
		_, err := newTestAPI(c, timed(c)).post(ctx, ref{Service: c.Service(), Conversation: "a:1"}, text("x"))
		if e, ok := errors.AsType[*apiError](err); !ok || e.Status != 502 || time.Since(start) > 2*time.Second {
			t.Errorf("after %v: %v", time.Since(start), err)
		}
	})
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	for in, want := range map[string]time.Duration{
		"": 0, "5": 5 * time.Second, " 5 ": 5 * time.Second, "0.5": 500 * time.Millisecond, "-5": 0, "NaN": 0, "Inf": time.Hour, "7200": time.Hour,
		"Sat, 28 Nov 2026 12:00:07 GMT": 7 * time.Second, "Sat, 28 Nov 2020 12:00:07 GMT": 0, "Sat, 28 Nov 2099 12:00:07 GMT": time.Hour, "soon": 0,
	} {
		if got := retryAfter(http.Header{"Retry-After": {in}}, now); got != want {
			t.Errorf("%q: %v, want %v", in, got, want)
		}
	}
}

func TestErrorCode(t *testing.T) {
	for in, want := range map[string]string{
		`{"error":{"code":"BadSyntax"}}`: "BadSyntax",
		`{"error":{"code":"BadSyntax","message":"{ \"subCode\" : \"MessageWritesBlocked\"}"}}`: "MessageWritesBlocked",
		`{"errorCode":209,"message":"{\"subCode\":\"MessageWritesBlocked\"}"}`:                 "MessageWritesBlocked",
		`{"subCode":"MessageWritesBlocked"}`:                                                   "MessageWritesBlocked",
		`{"error":{"code":5}}`:                                                                 "", `{"error":"BadSyntax"}`: "", `{"error":{"code":"Bad Syntax"}}`: "", `x`: "", ``: "",
		`{"error":{"code":"` + strings.Repeat("a", 65) + `"}}`: "",
	} {
		if got := errorCode([]byte(in)); got != want {
			t.Errorf("%s: %q, want %q", in, got, want)
		}
	}
}
