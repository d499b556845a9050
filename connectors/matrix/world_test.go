package matrix

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"amtsbote/bots"
	"amtsbote/connectors/connectortest"
	"amtsbote/connectors/matrix/matrixtest"
)

// site is a server on which everybody may use the bot whose name does not begin
// with "fremd".
type site struct {
	*matrixtest.Server
	bot matrixtest.Account
	cfg Config
}

// newSite makes an account for a bot on a server, with a device.
func newSite(t testing.TB, s *matrixtest.Server) *site {
	t.Helper()
	h := &site{Server: s}
	h.bot = h.account(t, "amtsbote")
	h.cfg = Config{Name: "matrix", Server: s.URL, User: h.bot.UserID, Key: bots.NewSecret("nur für den Test, sonst nie"),
		File: filepath.Join(t.TempDir(), "matrix.db"), Profile: bots.Profile{Name: "Amtsbote", Language: "de"},
		Allows: func(who string) bool { return !strings.HasPrefix(who, "@fremd") }}
	if _, err := Login(t.Context(), h.cfg, LoginOptions{Password: h.bot.Password}); err != nil {
		t.Fatal(err)
	}
	return h
}

// connect returns a connector: each is a restart, of which only file and State
// remain.
func (h *site) connect(t testing.TB) *Connector {
	c := New(h.cfg, nil)
	t.Cleanup(func() {
		if c.account != nil {
			c.account.close()
		}
	})
	return c
}

// account makes an account with a name that nobody has yet.
func (h *site) account(t testing.TB, name string) matrixtest.Account {
	return h.User(t, fmt.Sprintf("%s%d", name, accounts.Add(1)))
}

var accounts atomic.Int32

// person returns somebody with a client.
func (h *site) person(t testing.TB, name string, opts ...matrixtest.ClientOptions) *matrixtest.Client {
	c := matrixtest.NewClient(t, h.Server, h.account(t, name), append(opts, matrixtest.ClientOptions{})[0])
	// What a client writes before it knows of the bot's device, that cannot read.
	c.WaitTrust(t, h.bot.UserID, func(tr matrixtest.Trust) bool { return len(tr.Devices) > 0 })
	return c
}

// An ear is a connector that receives, and what it has heard.
type ear struct {
	*Connector
	state bots.State
	stop  func() error // ends it and returns what Receive did

	mu     sync.Mutex
	heard  []bots.Message
	refuse func(bots.Message) error
	news   chan struct{}
	ended  atomic.Bool
}

// listen has a connector receive until the test ends or stop is called.
func listen(t testing.TB, c *Connector, s bots.State) *ear {
	t.Helper()
	e := &ear{Connector: c, state: s, news: make(chan struct{}, 1)}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { err := c.Receive(ctx, s, e.accept); e.ended.Store(true); done <- err }()
	e.stop = sync.OnceValue(func() error { cancel(); return <-done })
	t.Cleanup(func() {
		if err := e.stop(); err != nil && !errors.Is(err, errFull) && !isRefusal(err) {
			t.Errorf("Receive: %v", err)
		}
	})
	return e
}

func (e *ear) accept(_ context.Context, m bots.Message) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.refuse != nil {
		if err := e.refuse(m); err != nil {
			return err
		}
	}
	e.heard = append(e.heard, m)
	select {
	case e.news <- struct{}{}:
	default:
	}
	return nil
}

func (e *ear) all() []bots.Message {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.heard)
}

// wait waits for a message of which ok holds.
func (e *ear) wait(t testing.TB, what string, ok func(bots.Message) bool) bots.Message {
	t.Helper()
	late := time.After(matrixtest.Patience)
	for {
		if all := e.all(); slices.ContainsFunc(all, ok) {
			return all[slices.IndexFunc(all, ok)]
		}
		select {
		case <-e.news:
		case <-late:
			t.Fatalf("not heard: %s; heard %s", what, told(e.all()))
		}
	}
}

// text waits for a message with that text.
func (e *ear) text(t testing.TB, text string) bots.Message {
	t.Helper()
	return e.wait(t, text, func(m bots.Message) bool { return m.Text == text })
}

// texts returns what was heard, but not the bot's coming into rooms.
func (e *ear) texts() (all []string) {
	for _, m := range e.all() {
		if m.Kind != bots.KindJoin {
			all = append(all, m.Text)
		}
	}
	return all
}

func told(all []bots.Message) string {
	var b strings.Builder
	for _, m := range all {
		fmt.Fprintf(&b, "\n  %q %s by %s in %s: %q", m.Kind, m.ID, m.Sender, m.Room, m.Text)
	}
	return b.String()
}

// begun waits until a connector has had its first sync: what comes now is news.
func begun(t testing.TB, e *ear) {
	t.Helper()
	for end := time.Now().Add(matrixtest.Patience); ; {
		if v, err := e.state.Get(t.Context(), keySince); err != nil || v != nil {
			return
		}
		if time.Now().After(end) {
			t.Fatal("no sync")
		}
		<-time.After(5 * time.Millisecond)
	}
}

// chat makes a direct chat and waits until the bot is in it.
func (h *site) chat(t testing.TB, e *ear, who *matrixtest.Client, encrypted bool) string {
	t.Helper()
	room := who.CreateRoom(t, matrixtest.Room{Direct: true, Encrypted: encrypted, Invite: []string{h.bot.UserID}})
	who.WaitMember(t, room, h.bot.UserID, "join")
	if encrypted {
		h.greets(t, e, who, room)
	}
	return room
}

// greets has a person write until the bot can read it, and forgets that: a client
// gives no keys to devices that it hears of only while it encrypts.
func (h *site) greets(t testing.TB, e *ear, who *matrixtest.Client, room string) {
	t.Helper()
	for i := range 10 {
		text := fmt.Sprintf("Guten Tag %d", i)
		who.NewSession(t, room)
		who.SendText(t, room, "Amtsbote: "+text, matrixtest.SendOptions{Mentions: []string{h.bot.UserID}})
		if e.hears(text, 5*time.Second) {
			e.mu.Lock()
			e.heard = slices.DeleteFunc(e.heard, func(m bots.Message) bool { return strings.Contains(m.Text, "Guten Tag ") })
			e.mu.Unlock()
			return
		}
	}
	t.Fatal("the bot reads nothing of " + who.UserID)
}

// hears waits a while for a message with that text in it.
func (e *ear) hears(text string, patience time.Duration) bool {
	late := time.After(patience)
	for {
		if slices.ContainsFunc(e.all(), func(m bots.Message) bool { return strings.HasSuffix(m.Text, text) }) {
			return true
		}
		select {
		case <-e.news:
		case <-late:
			return false
		}
	}
}

// A world is one person's direct chat, for connectortest.
type world struct {
	*site
	who  *matrixtest.Client
	room string
}

func (w *world) Connect(t *testing.T) bots.Connector { return w.connect(t) }

func (w *world) Say(t *testing.T, text string, content []byte) {
	if w.room == "" {
		w.room = w.who.CreateRoom(t, matrixtest.Room{Direct: true, Encrypted: true, Invite: []string{w.bot.UserID}})
	}
	if content == nil {
		w.who.SendText(t, w.room, text)
		return
	}
	w.who.SendFile(t, w.room, matrixtest.File{Name: "datei.bin", MIME: "application/octet-stream", Data: content, Caption: text})
}

func (w *world) Heard(t *testing.T) (all []string) {
	for _, m := range w.who.Said(w.room, w.bot.UserID) {
		all = append(all, m.Body())
	}
	return all
}

// TestConnector holds the connector to what all connectors promise, in an
// encrypted chat with a client that is none of ours.
func TestConnector(t *testing.T) {
	s := matrixtest.Start(t, matrixtest.Options{})
	connectortest.Run(t, func(t *testing.T) connectortest.World {
		h := newSite(t, s)
		return &world{site: h, who: h.person(t, "anna")}
	}, connectortest.Options{Timeout: matrixtest.Patience})
}

// waitErr waits until a connector that could not hand on a message says so.
func waitErr(t testing.TB, e *ear) {
	t.Helper()
	for end := time.Now().Add(matrixtest.Patience); !e.ended.Load(); {
		if time.Now().After(end) {
			t.Fatal("Receive goes on")
		}
		<-time.After(5 * time.Millisecond)
	}
	if err := e.stop(); !errors.Is(err, errFull) {
		t.Fatalf("Receive: got %v, want %v", err, errFull)
	}
}

// content returns what is in a file.
func content(t testing.TB, e *ear, f bots.File) string {
	t.Helper()
	r, err := e.Open(t.Context(), e.state, f)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

var errFull = errors.New("disk full")
