package web

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"
)

// door knows where the chat is and lets in who has the token.
type door struct {
	path string

	mu    sync.Mutex
	hosts []string // as in a Host header; none before Listen
	token string   // not used yet; empty: the last one was used
}

// Listen tells the chat the address that its server listens on, as host:port
// with the port that it really has. It must be called before the chat is served.
// The error says what to do if others than this machine could reach the address.
func (c *Connector) Listen(addr string) error { return c.door.listen(addr) }

func (d *door) listen(addr string) error {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf("web: listen: %w", err)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return fmt.Errorf("web: the browser chat has no login and is not offered on %s; set http.listen to 127.0.0.1:%s, or remove connectors.web", addr, port)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.hosts = []string{net.JoinHostPort(host, port)}
	for _, h := range []string{"127.0.0.1", "::1", "localhost"} {
		d.hosts = append(d.hosts, net.JoinHostPort(h, port))
	}
	return nil
}

// URL returns the address to open in a browser, or "" before Listen. Its token
// works once; after that, URL returns an address with a new one. Who has the
// address has the chat: it is for the terminal of the person who started the
// daemon, and never for a log.
func (c *Connector) URL() string { return c.door.url() }

func (d *door) url() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.hosts) == 0 {
		return ""
	}
	if d.token == "" {
		d.token = rand.Text()
	}
	return "http://" + d.hosts[0] + d.path + "?token=" + d.token
}

// take uses the token up and reports whether it was the right one.
func (d *door) take(token string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.token == "" || subtle.ConstantTimeCompare([]byte(token), []byte(d.token)) != 1 {
		return false
	}
	d.token = ""
	return true
}

// ourHost reports whether a Host header names the chat: a foreign name that
// resolves to this machine (DNS rebinding) does not.
func (d *door) ourHost(host string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Contains(d.hosts, host)
}

// ourOrigin reports whether a request may come from our page: what changes
// something must say so, what only reads must not say otherwise.
func ourOrigin(r *http.Request) bool {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return true // the cookie is not sent from other sites, and nothing is changed
	}
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" {
		return false
	}
	u, err := url.Parse(r.Header.Get("Origin"))
	return err == nil && u.Scheme == "http" && u.Host == r.Host
}

// A visit is a request of a session.
type visit struct {
	room  string // empty: the request has no session
	store store
}

// A session is a browser that came with a token. It is stored under the hash of
// its cookie, so that who reads the store cannot use it.
type session struct {
	V    int // 1
	Room string
	Time time.Time // when it began
}

var errNotReady = errors.New("web: no state yet")

// visit finds the session of a request.
func (c *Connector) visit(r *http.Request) (visit, error) {
	s, ok := c.store()
	if !ok {
		return visit{}, errNotReady
	}
	cookie, err := r.Cookie(c.cookie())
	if err != nil || len(cookie.Value) > 100 {
		return visit{store: s}, nil
	}
	data, err := s.Get(r.Context(), sessionKey(cookie.Value))
	if err != nil || data == nil {
		return visit{store: s}, err
	}
	var found session
	if err := json.Unmarshal(data, &found); err != nil || found.V != 1 {
		return visit{store: s}, err
	}
	return visit{found.Room, s}, nil
}

// open begins a session with a room of its own.
func (c *Connector) open(ctx context.Context, s store, w http.ResponseWriter) error {
	secret := rand.Text()
	data, err := json.Marshal(session{1, newID(), time.Now().UTC()})
	if err != nil {
		return err
	}
	if err := s.Put(ctx, map[string][]byte{sessionKey(secret): data}, s.keep); err != nil {
		return fmt.Errorf("web: begin session: %w", err)
	}
	// No Secure: the address is http on loopback, which browsers treat as safe.
	http.SetCookie(w, &http.Cookie{Name: c.cookie(), Value: secret, Path: c.Path(), HttpOnly: true, SameSite: http.SameSiteStrictMode})
	return nil
}

// cookie is the name of the session cookie. Cookies do not tell ports apart, so
// two chats on one machine need two names.
func (c *Connector) cookie() string { return "amtsbote-" + c.cfg.Name }

func sessionKey(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return "s/" + hex.EncodeToString(sum[:])
}

// newID returns an ID that nobody can guess, of 32 hexadecimal digits.
func newID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}
