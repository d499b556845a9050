// Package web is the browser chat: one page, served by the daemon itself, on
// which a person writes, drops files and letters, and gets answers and drafts.
//
// # A connector without a server
//
// Every other connector has a network behind it that keeps messages. This one
// has only its [bots.State]: messages, answers and files live there in values of
// 256 KB, and expire with the conversation. A room is a session of a browser; its
// tabs see the same. What happens in a room is a list of events with growing
// numbers (state.go). The page reads them as server-sent events and resumes with
// Last-Event-ID, so that a lost connection, a reload and a second tab are one
// case: read on from a number.
//
//	POST files      ──▶ chunks in State                (upload.go)
//	POST messages   ──▶ event in State ──▶ accept ──▶ 202   (receive.go)
//	Send            ──▶ event in State ──▶ listeners   (send.go)
//	GET events      ◀── events from State, then as they come (events.go)
//
// The page chooses a message's ID, so that it can repeat a POST until it is
// answered: the event is written once and the inbox takes the message once. 202
// comes only after accept returned nil. A message that is in State but was not
// accepted (a crash between the two) is passed by the next Receive.
//
// # Who may use it
//
// There is no login, so the chat is for the person who started the daemon: it
// refuses to be mounted anywhere but on loopback ([Connector.Listen]), and the
// address that the daemon prints holds a token that works once. The first visit
// trades it for a cookie (HttpOnly, SameSite=Strict) and is sent to the address
// without it. Other sites in the same browser are kept out by the Host header
// (DNS rebinding) and the Origin of everything that changes something (forged
// requests); other users of the machine by the token. The page loads nothing
// from elsewhere, its policy allows only its own scripts and styles by nonce,
// and what an answer says is made harmless by package render before it is sent.
//
// # Choices
//
// Server-sent events and not WebSockets: the standard library serves them, the
// browser reconnects by itself and says where it was. net/http's
// CrossOriginProtection was looked at and not taken: it lets requests without
// Origin through, which here nobody has reason to send. The page is written by
// hand without a framework or a build: it is small, and an authority can read it.
// Browsers open six connections to a host over HTTP/1.1, and each tab holds one:
// a seventh tab waits.
package web

import (
	"net/http"
	"sync"

	"amtsbote/bots"
)

// A Connector is a browser chat. It is a [bots.Connector] and an [http.Handler]
// to be mounted at [Connector.Path].
type Connector struct {
	cfg  Config
	mux  *http.ServeMux
	door door

	mu    sync.Mutex
	state bots.State // as of the last call of the core; nil: none yet
	now   *run       // what Receive does at present; nil: nothing
	rooms map[string]*room

	uploads chan struct{} // slots for files that are being received
}

// New returns a chat for a valid configuration. Nobody can use it before Listen.
func New(cfg Config) (*Connector, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	c := &Connector{cfg: cfg.filled(), mux: http.NewServeMux(), rooms: map[string]*room{}, uploads: make(chan struct{}, maxUploads)}
	c.door.path = c.Path()
	c.routes()
	return c, nil
}

// Name implements [bots.Connector].
func (c *Connector) Name() string { return c.cfg.Name }

// Path is where the chat is to be mounted, such as "/web/". The handler wants
// the whole path: do not strip it.
func (c *Connector) Path() string { return "/" + c.cfg.Name + "/" }

func (c *Connector) routes() {
	p := c.Path()
	c.mux.HandleFunc("GET "+p+"{$}", c.page)
	for _, script := range []string{"app.js", "talk.js", "files.js", "view.js", "draft.js", "dom.js"} {
		c.mux.HandleFunc("GET "+p+script, asset(script, "text/javascript; charset=utf-8"))
	}
	c.mux.HandleFunc("GET "+p+"app.css", asset("app.css", "text/css; charset=utf-8"))
	c.mux.HandleFunc("GET "+p+"icon.svg", asset("icon.svg", "image/svg+xml"))
	c.mux.HandleFunc("GET "+p+"events", c.inRoom(c.events))
	c.mux.HandleFunc("POST "+p+"messages", c.inRoom(c.say))
	c.mux.HandleFunc("POST "+p+"files", c.inRoom(c.upload))
	c.mux.HandleFunc("DELETE "+p+"files/{id}", c.inRoom(c.remove))
	c.mux.HandleFunc("GET "+p+"files/{id}", c.inRoom(c.download))
	c.mux.HandleFunc("GET "+p+"drafts/{seq}/{n}", c.inRoom(c.draft))
}

// ServeHTTP implements [http.Handler]. It answers 421 to a Host that is not the
// chat's own and 403 to a change that comes from another site.
func (c *Connector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	harden(w.Header())
	if !c.door.ourHost(r.Host) {
		http.Error(w, "this chat is not at this address", http.StatusMisdirectedRequest)
		return
	}
	if !ourOrigin(r) {
		http.Error(w, "not from this page", http.StatusForbidden)
		return
	}
	c.mux.ServeHTTP(w, r)
}

// inRoom passes requests of a session to a handler, with its room; others get
// 401. Before the core has called the connector there is nothing to read from,
// and the page is to try again.
func (c *Connector) inRoom(h func(w http.ResponseWriter, r *http.Request, v visit)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		v, err := c.visit(r)
		switch {
		case err != nil:
			busy(w, r)
		case v.room == "":
			fail(w, r, http.StatusUnauthorized, textNoSession)
		default:
			h(w, r, v)
		}
	}
}

// use remembers the state: the page can read it whenever the core has called.
func (c *Connector) use(s bots.State) store {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.state = s
	return store{s, c.cfg.Profile.Keep}
}

// store returns the state as of the last call; false: there was none.
func (c *Connector) store() (store, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return store{c.state, c.cfg.Profile.Keep}, c.state != nil
}

// room returns what is going on in a room.
func (c *Connector) room(id string) *room {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := c.rooms[id]
	if r == nil {
		r = &room{id: id, listeners: map[*listener]bool{}, progress: map[string]progress{}}
		c.rooms[id] = r
	}
	return r
}

var (
	_ bots.Connector = (*Connector)(nil)
	_ bots.Typer     = (*Connector)(nil)
	_ bots.Forgetter = (*Connector)(nil)
	_ http.Handler   = (*Connector)(nil)
)
