package mailtest

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// A SignIn is a strict fake of the sign-in of Exchange Online, which no test can
// reach. What is faked is who issues tokens: it refuses what Microsoft's refuses,
// with its codes. Who takes them is real: Dovecot, which asks the fake about each
// token (RFC 7662) and compares scope, expiry and mailbox itself. One difference is
// left: the real one lets an application open every mailbox that an administrator
// names, this one the one it was registered with.
type SignIn struct {
	URL   string // of the token endpoint
	Scope string // what has to be asked for

	server *httptest.Server

	mu       sync.Mutex
	apps     map[string]app   // by client_id
	grants   map[string]grant // by refresh token
	tokens   map[string]issued
	lifetime time.Duration
	scope    string // of tokens; "": the right one
	rotate   bool
	down     http.HandlerFunc
	asked    int
	checked  int
}

type (
	app    struct{ secret, mailbox string }
	grant  struct{ client, mailbox string }
	issued struct {
		mailbox, scope string
		until          time.Time
	}
)

// mailScope is what the token must be good for, as Dovecot sees it.
const mailScope = "mail.test"

func newSignIn(t testing.TB) *SignIn {
	s := &SignIn{Scope: "https://mail.test/.default", apps: map[string]app{}, grants: map[string]grant{},
		tokens: map[string]issued{}, lifetime: time.Hour}
	mux := http.NewServeMux()
	mux.HandleFunc("/token", s.issue)
	mux.HandleFunc("/introspect", s.introspect)
	s.server = httptest.NewServer(mux)
	s.URL = s.server.URL + "/token"
	t.Cleanup(s.server.Close)
	return s
}

// App registers an application that may open a mailbox, and returns its secret.
func (s *SignIn) App(client, mailbox string) (secret string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	secret = rand.Text()
	s.apps[client] = app{secret, mailbox}
	return secret
}

// Grant returns a refresh token with which an application may open a mailbox.
func (s *SignIn) Grant(client, mailbox string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	refresh := rand.Text()
	s.grants[refresh] = grant{client, mailbox}
	return refresh
}

// Lifetime sets how long tokens live that are issued from now on.
func (s *SignIn) Lifetime(d time.Duration) { s.set(func() { s.lifetime = d }) }

// Issue has tokens be for another scope than asked for; "" ends that.
func (s *SignIn) Issue(scope string) { s.set(func() { s.scope = scope }) }

// Rotate has each use of a refresh token replace it: the old one is void.
func (s *SignIn) Rotate() { s.set(func() { s.rotate = true }) }

// Down has something else answer at the token endpoint; nil ends that.
func (s *SignIn) Down(h http.HandlerFunc) { s.set(func() { s.down = h }) }

// Revoke makes all tokens void that were issued so far.
func (s *SignIn) Revoke() { s.set(func() { clear(s.tokens) }) }

// Asked returns how often a token was asked for.
func (s *SignIn) Asked() (n int) { s.set(func() { n = s.asked }); return n }

// Tokens returns all secrets that were issued: none may stand in a log.
func (s *SignIn) Tokens() (all []string) {
	s.set(func() {
		for token := range s.tokens {
			all = append(all, token)
		}
		for refresh := range s.grants {
			all = append(all, refresh)
		}
	})
	return all
}

func (s *SignIn) set(fn func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	fn()
}

// issue answers a request for a token as Entra ID does.
func (s *SignIn) issue(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	if s.down != nil {
		s.down(w, r)
		return
	}
	mailbox, refresh, refusal := s.decide(r)
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	if refusal != "" {
		code, entra, _ := strings.Cut(refusal, " ")
		w.WriteHeader(map[bool]int{true: http.StatusUnauthorized, false: http.StatusBadRequest}[code == "invalid_client"])
		json.NewEncoder(w).Encode(map[string]any{"error": code, "error_codes": []int{7000215},
			"error_description": entra + ": for " + r.PostFormValue("client_id") + " with " + r.PostFormValue("client_secret") + r.PostFormValue("refresh_token")})
		return
	}
	token := "ey." + rand.Text() + strings.Repeat("x", 1800) // as long as real ones
	scope := mailScope
	if s.scope != "" {
		scope = s.scope
	}
	s.tokens[token] = issued{mailbox, scope, time.Now().Add(s.lifetime)}
	answer := map[string]any{"token_type": "Bearer", "expires_in": int(s.lifetime.Seconds()), "access_token": token}
	if refresh != "" {
		answer["refresh_token"] = refresh
	}
	json.NewEncoder(w).Encode(answer)
}

// decide says for which mailbox a request gets a token, or why it gets none.
func (s *SignIn) decide(r *http.Request) (mailbox, refresh, refusal string) {
	if r.Method != http.MethodPost || r.ParseForm() != nil || r.Header.Get("Content-Type") != "application/x-www-form-urlencoded" || len(r.URL.RawQuery) > 0 {
		return "", "", "invalid_request AADSTS900144"
	}
	f := r.PostForm
	for key, values := range f {
		if len(values) != 1 || !strings.Contains(" client_id client_secret grant_type scope refresh_token ", " "+key+" ") {
			return "", "", "invalid_request AADSTS900144"
		}
	}
	a, ok := s.apps[f.Get("client_id")]
	switch {
	case !ok:
		return "", "", "unauthorized_client AADSTS700016"
	case f.Get("client_secret") != a.secret:
		return "", "", "invalid_client AADSTS7000215"
	case f.Get("scope") != s.Scope:
		return "", "", "invalid_scope AADSTS70011"
	}
	switch f.Get("grant_type") {
	case "client_credentials":
		return a.mailbox, "", ""
	case "refresh_token":
		old := f.Get("refresh_token")
		g, ok := s.grants[old]
		if !ok || g.client != f.Get("client_id") {
			return "", "", "invalid_grant AADSTS700082"
		}
		refresh = rand.Text()
		s.grants[refresh] = g
		if s.rotate {
			delete(s.grants, old)
		}
		return g.mailbox, refresh, ""
	}
	return "", "", "unsupported_grant_type AADSTS70003"
}

// introspect tells Dovecot what a token is good for.
func (s *SignIn) introspect(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.checked++
	token, ok := s.tokens[strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")]
	w.Header().Set("Content-Type", "application/json")
	if !ok || time.Now().After(token.until) {
		fmt.Fprint(w, `{"active":false}`)
		return
	}
	json.NewEncoder(w).Encode(map[string]any{"active": true, "username": token.mailbox, "scope": token.scope, "exp": token.until.Unix()})
}
