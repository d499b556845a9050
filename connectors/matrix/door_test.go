package matrix

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// A lender is a strict fake of a homeserver that has access tokens expire: Dendrite
// has no refresh tokens, and Matrix Authentication Service cannot run here. It does
// what the Client-Server API says of them: a refresh gives both tokens anew, the old
// refresh token is void once one of the new ones has been used, and the old access
// token is refused at once.
type lender struct {
	mu        sync.Mutex
	n         int              // of the newest pair
	expired   bool             // its access token is
	used      bool             // it has been used
	before    string           // refresh token that it was given for
	ended     string           // answer to all: the session is over
	refuse    string           // answer to the next refresh
	refreshes []string         // tokens they were asked with
	wrong     []string         // access tokens that were refused
	bodies    []string         // of the requests that were let in
	hold      chan struct{}    // a refresh waits for it
	began     chan struct{}    // a refresh has begun
	expires   int64            // in ms
	elsewhere *httptest.Server // where /redirect leads
}

func (l *lender) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	answer := func(status int, body string) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		io.WriteString(w, body)
	}
	body, _ := io.ReadAll(req.Body)
	token := strings.TrimPrefix(req.Header.Get("Authorization"), "Bearer ")
	if req.URL.Path == refreshPath {
		l.refresh(answer, token, body)
		return
	}
	switch {
	case l.ended != "":
		l.wrong = append(l.wrong, token)
		answer(401, l.ended)
		return
	case l.expired || token != fmt.Sprint("access", l.n):
		l.wrong = append(l.wrong, token)
		answer(401, `{"errcode":"M_UNKNOWN_TOKEN","error":"expired","soft_logout":true}`)
		return
	}
	l.used = true
	l.bodies = append(l.bodies, string(body))
	switch req.URL.Path {
	case "/redirect":
		http.Redirect(w, req, l.elsewhere.URL, http.StatusTemporaryRedirect)
	case "/uia":
		answer(401, `{"flows":[],"session":"x"}`)
	default:
		answer(200, `{}`)
	}
}

func (l *lender) refresh(answer func(int, string), token string, body []byte) {
	var asked struct {
		Token string `json:"refresh_token"`
	}
	if err := json.Unmarshal(body, &asked); err != nil || token != "" {
		answer(400, `{"errcode":"M_BAD_JSON"}`)
		return
	}
	l.refreshes = append(l.refreshes, asked.Token)
	if l.hold != nil {
		hold := l.hold
		close(l.began)
		l.mu.Unlock()
		<-hold
		l.mu.Lock()
		l.hold = nil
	}
	if refuse := l.refuse; refuse != "" {
		l.refuse = ""
		answer(502, refuse)
		return
	}
	valid := asked.Token == fmt.Sprint("refresh", l.n) || !l.used && asked.Token == l.before
	if l.ended != "" || !valid {
		answer(401, `{"errcode":"M_UNKNOWN_TOKEN","error":"no such refresh token"}`)
		return
	}
	l.n++
	l.expired, l.used, l.before = false, false, asked.Token
	answer(200, fmt.Sprintf(`{"access_token":"access%d","refresh_token":"refresh%d","expires_in_ms":%d}`, l.n, l.n, l.expires))
}

// A visitor has a door to a lender.
type visitor struct {
	*door
	http.Client
	url  string
	kept []session // what was kept, in that order
	full error     // keeping fails
}

func visit(t *testing.T, l *lender, s session) *visitor {
	server := httptest.NewServer(l)
	t.Cleanup(server.Close)
	v := &visitor{url: server.URL}
	v.door = newDoor(Config{Server: server.URL}, http.DefaultTransport, s, func(_ context.Context, s session) error {
		if v.full == nil {
			v.kept = append(v.kept, s)
		}
		return v.full
	})
	v.Client = http.Client{Transport: v.door}
	return v
}

var fresh = session{Token: "access0", Refresh: "refresh0"}

func (v *visitor) ask(t *testing.T, path string) int {
	t.Helper()
	resp, err := v.Post(v.url+path, "text/plain", strings.NewReader("Frage"))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	return resp.StatusCode
}

// TestTokenRenewed gets a new token where the server refuses the old one, keeps it
// before it is used, and sends the request again, whole and once.
func TestTokenRenewed(t *testing.T) {
	l := &lender{expires: 300_000}
	v := visit(t, l, fresh)
	if got := v.ask(t, "/send"); got != 200 || len(l.refreshes) != 0 {
		t.Fatalf("got %d, %d refreshes", got, len(l.refreshes))
	}
	l.expired = true
	if got := v.ask(t, "/send"); got != 200 {
		t.Fatalf("got %d", got)
	}
	if len(l.refreshes) != 1 || len(l.bodies) != 2 || l.bodies[1] != "Frage" || len(l.wrong) != 1 {
		t.Errorf("refreshes %v, bodies %v, refused %v", l.refreshes, l.bodies, l.wrong)
	}
	if len(v.kept) != 1 || v.kept[0].Token != "access1" || v.kept[0].Refresh != "refresh1" || time.Until(v.kept[0].Expires) < 4*time.Minute {
		t.Errorf("kept %v", v.kept)
	}
	if v.ask(t, "/uia") != 401 || len(l.refreshes) != 1 || v.gone() != nil {
		t.Error("a 401 that asks for a password was taken for the end of the token")
	}
}

// TestTokenExpiry gets a new token a minute before the old one ends, unasked.
func TestTokenExpiry(t *testing.T) {
	l := &lender{expires: 300_000}
	s := fresh
	s.Expires = time.Now().Add(early - time.Second)
	v := visit(t, l, s)
	if got := v.ask(t, "/send"); got != 200 || len(l.refreshes) != 1 || len(l.wrong) != 0 {
		t.Errorf("got %d, refreshes %v, refused %v", got, l.refreshes, l.wrong)
	}
	if got := v.ask(t, "/send"); got != 200 || len(l.refreshes) != 1 {
		t.Errorf("got %d, refreshes %v", got, l.refreshes)
	}
}

// TestTokenOnce has many requests wait for one new token, none longer than it wants
// to.
func TestTokenOnce(t *testing.T) {
	l := &lender{expired: true, expires: 300_000, hold: make(chan struct{}), began: make(chan struct{})}
	hold := l.hold
	v := visit(t, l, fresh)
	var g sync.WaitGroup
	for range 20 {
		g.Go(func() {
			if got := v.ask(t, "/send"); got != 200 {
				t.Errorf("got %d", got)
			}
		})
	}
	<-l.began
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if _, err := v.token(ctx, "access0", serverError{}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a request that is no longer wanted: %v", err)
	}
	close(hold)
	g.Wait()
	if len(l.refreshes) != 1 || len(l.bodies) != 20 {
		t.Errorf("%d refreshes, %d requests", len(l.refreshes), len(l.bodies))
	}
}

// TestTokenKept survives a kill at any moment: before the new token is kept the old
// refresh token still works, since nothing of the new pair has been used; after that
// the new one does.
func TestTokenKept(t *testing.T) {
	l := &lender{expired: true, expires: 300_000}
	v := visit(t, l, fresh)
	v.full = errors.New("disk full")
	if _, err := v.Get(v.url + "/send"); !errors.Is(err, v.full) || len(l.bodies) != 0 {
		t.Fatalf("got %v; %d requests with a token that is not kept", err, len(l.bodies))
	}
	again := visit(t, l, fresh) // the kill: what was kept is all there is
	if got := again.ask(t, "/send"); got != 200 || len(again.kept) != 1 {
		t.Fatalf("got %d, kept %v, refreshes %v", got, again.kept, l.refreshes)
	}
	last := visit(t, l, again.kept[0])
	if got := last.ask(t, "/send"); got != 200 || last.gone() != nil {
		t.Errorf("got %d", got)
	}
}

// TestTokenTrouble tells a server in trouble from a session that is over.
func TestTokenTrouble(t *testing.T) {
	for _, page := range []string{"<html>Bad gateway</html>", `{"errcode":"M_UNKNOWN"}`, ""} {
		l := &lender{expired: true, expires: 300_000, refuse: page + " "}
		v := visit(t, l, fresh)
		if _, err := v.Get(v.url + "/send"); err == nil || v.gone() != nil {
			t.Errorf("%q: got %v, gone: %v", page, err, v.gone())
		}
		if got := v.ask(t, "/send"); got != 200 {
			t.Errorf("%q: got %d afterwards", page, got)
		}
	}
}

// TestTokenRevoked ends in an alarm, and the server is asked for no more tokens.
func TestTokenRevoked(t *testing.T) {
	hard := `{"errcode":"M_UNKNOWN_TOKEN","error":"gone"}`
	soft := `{"errcode":"M_UNKNOWN_TOKEN","error":"gone","soft_logout":true}`
	for name, test := range map[string]struct {
		s         session
		answer    string
		want      error
		refreshes int
	}{
		"with a refresh token":          {fresh, hard, errRevoked, 1},
		"soft, with a refresh token":    {fresh, soft, errRevoked, 1}, // the refresh says that it is no longer soft
		"without a refresh token":       {session{Token: "access0"}, hard, errRevoked, 0},
		"soft, without a refresh token": {session{Token: "access0"}, soft, errExpired, 0},
		"with one that has expired":     {session{Token: "access0", Refresh: "refresh0", Expires: time.Now().Add(-time.Hour)}, hard, errRevoked, 1},
	} {
		t.Run(name, func(t *testing.T) {
			l := &lender{ended: test.answer}
			v := visit(t, l, test.s)
			for range 3 {
				if got := v.ask(t, "/send"); got != 401 || !errors.Is(v.gone(), test.want) {
					t.Fatalf("got %d, gone: %v", got, v.gone())
				}
			}
			if len(l.refreshes) != test.refreshes || len(v.kept) != 0 {
				t.Errorf("refreshes %v, kept %v", l.refreshes, v.kept)
			}
		})
	}
}

// TestTokenStream leaves it to the caller to send again what cannot be sent twice.
func TestTokenStream(t *testing.T) {
	l := &lender{expired: true, expires: 300_000}
	v := visit(t, l, fresh)
	stream := func() io.Reader { return struct{ io.Reader }{strings.NewReader("Datei")} }
	for i, want := range []int{401, 200} {
		resp, err := v.Post(v.url+"/upload", "text/plain", stream())
		if err != nil || resp.StatusCode != want {
			t.Fatalf("request %d: %v, %v", i, resp, err)
		}
		resp.Body.Close()
	}
	if len(l.bodies) != 1 || l.bodies[0] != "Datei" || v.gone() != nil {
		t.Errorf("bodies %v, gone: %v", l.bodies, v.gone())
	}
}

// TestTokenStaysHome never shows the token to another server, wherever the
// homeserver redirects to.
func TestTokenStaysHome(t *testing.T) {
	var seen []string
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		seen = append(seen, req.Header.Get("Authorization"))
	}))
	defer elsewhere.Close()
	l := &lender{elsewhere: elsewhere}
	v := visit(t, l, fresh)
	if got := v.ask(t, "/redirect"); got != 200 || len(seen) != 1 || seen[0] != "" {
		t.Errorf("got %d, token seen: %q", got, seen)
	}
	for _, other := range []string{strings.Replace(v.url, "http:", "https:", 1), v.url + "0", "http://localhost.example"} {
		req, err := http.NewRequest("GET", other+"/send", nil)
		if err != nil || v.home(req) {
			t.Errorf("%s is taken for the homeserver, %v", other, err)
		}
	}
}

// TestTokenLookedAt leaves the token to the daemon that runs.
func TestTokenLookedAt(t *testing.T) {
	l := &lender{expired: true}
	s := fresh
	s.Expires = time.Now().Add(-time.Hour)
	v := visit(t, l, s)
	v.frozen = true
	if got := v.ask(t, "/send"); got != 401 || len(l.refreshes) != 0 || !errors.Is(v.gone(), errStale) {
		t.Errorf("got %d, refreshes %v, gone: %v", got, l.refreshes, v.gone())
	}
}

// TestExpiry reads how long a token lives; a server need not say.
func TestExpiry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		if got := expiry(0); !got.IsZero() {
			t.Errorf("got %v", got)
		}
		if got := expiry(1500); got != time.Now().Add(1500*time.Millisecond) {
			t.Errorf("got %v", got)
		}
	})
}
