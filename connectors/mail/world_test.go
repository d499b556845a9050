package mail

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"mime/quotedprintable"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"amtsbote/bots"
	"amtsbote/connectors/connectortest"
	"amtsbote/connectors/mail/mailtest"
)

// letterBox is a functional mailbox on a rig: citizens write, drafts wait.
type letterBox struct {
	rig *mailtest.Rig
	cfg Config
	n   int
}

func newLetterBox(t testing.TB, rig *mailtest.Rig) *letterBox {
	box := rig.Box(t)
	return &letterBox{rig: rig, cfg: Config{
		Name: "post", Server: rig.IMAPS, CA: rig.CA, User: box, Password: bots.NewSecret(rig.Password(box)),
		Watch: watchLetters, Address: box, FromName: "Bürgerbüro", OwnDomains: []string{mailtest.Domain},
		Timeout: 20 * time.Second,
	}}
}

func (w *letterBox) Connect(t *testing.T) bots.Connector { return connect(t, w.cfg) }

func (w *letterBox) Say(t *testing.T, text string, content []byte) {
	w.n++
	w.rig.Put(t, w.cfg.Address, letter(w.n, text, content))
}

func (w *letterBox) Heard(t *testing.T) []string { return texts(w.rig.Mails(t, w.cfg.User, "Drafts")) }

// forwardBox is the bot's own mailbox; a colleague forwards letters to it.
type forwardBox struct {
	rig       *mailtest.Rig
	cfg       Config
	colleague string
	n         int
}

func newForwardBox(t testing.TB, rig *mailtest.Rig) *forwardBox {
	box := rig.Box(t)
	return &forwardBox{rig: rig, colleague: rig.Box(t), cfg: Config{
		Name: "bot", Server: rig.IMAP, TLS: tlsStart, CA: rig.CA, User: box, Password: bots.NewSecret(rig.Password(box)),
		Watch: watchForwards, Address: box, OwnDomains: []string{mailtest.Domain}, Trust: Trust{AuthServ: mailtest.AuthServ},
		SMTP: SMTP{Server: rig.Submission}, Timeout: 20 * time.Second,
	}}
}

func (w *forwardBox) Connect(t *testing.T) bots.Connector { return connect(t, w.cfg) }

func (w *forwardBox) Say(t *testing.T, text string, content []byte) {
	w.n++
	raw := letter(w.n, text, content)
	raw = bytes.Replace(raw, []byte("jana@buerger.example"), []byte(w.colleague), 1)
	w.rig.Submit(t, w.colleague, w.cfg.Address, raw)
}

func (w *forwardBox) Heard(t *testing.T) []string { return texts(w.rig.Mails(t, w.colleague, "INBOX")) }

func connect(t testing.TB, cfg Config) *Connector {
	t.Helper()
	if err := cfg.Validate(); err != nil {
		t.Fatal(err)
	}
	return New(cfg, slog.New(slog.NewTextHandler(t.Output(), nil)))
}

// letter is the nth letter of a citizen.
func letter(n int, text string, content []byte) []byte {
	b := mailtest.Text("From: Jana Wieczorek <jana@buerger.example>", "To: amt@amt.test",
		"Subject: =?utf-8?q?Brief_=C3=BCber?= "+fmt.Sprint(n), fmt.Sprintf("Message-ID: <%d@buerger.example>", n),
		"Date: Fri, 20 Nov 2026 18:42:00 +0100", "MIME-Version: 1.0",
		"Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: 8bit", "", text)
	if content != nil {
		b = append(b, fmt.Sprintf("%x\r\n", content)...)
	}
	return b
}

func texts(mails []mailtest.Mail) (all []string) {
	for _, m := range mails {
		all = append(all, decoded(m.Raw))
	}
	return all
}

func decoded(raw []byte) string {
	b, _ := io.ReadAll(quotedprintable.NewReader(bytes.NewReader(raw)))
	return string(b)
}

// office runs a connector as the core does: Receive is called again when it
// fails, and each message is accepted once.
type office struct {
	*Connector
	state *connectortest.State
	stop  context.CancelFunc
	ended chan struct{}

	mu    sync.Mutex
	got   []bots.Message
	seen  map[string]bool
	fails []error
}

func work(t testing.TB, cfg Config, state *connectortest.State) *office {
	t.Helper()
	return workWith(t, connect(t, cfg), state)
}

func connectAnd(t testing.TB, cfg Config, state *connectortest.State, change func(*Connector)) *office {
	t.Helper()
	c := connect(t, cfg)
	change(c)
	return workWith(t, c, state)
}

func workWith(t testing.TB, c *Connector, state *connectortest.State) *office {
	ctx, cancel := context.WithCancel(context.Background())
	o := &office{Connector: c, state: state, stop: cancel, ended: make(chan struct{}), seen: map[string]bool{}}
	go func() {
		defer close(o.ended)
		for ctx.Err() == nil {
			if err := o.Receive(ctx, state, o.accept); err != nil {
				o.mu.Lock()
				o.fails = append(o.fails, err)
				o.mu.Unlock()
				select {
				case <-ctx.Done():
				case <-time.After(50 * time.Millisecond):
				}
			}
		}
	}()
	t.Cleanup(o.end)
	return o
}

func (o *office) end() { o.stop(); <-o.ended }

func (o *office) accept(_ context.Context, m bots.Message) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.seen[m.ID] {
		o.seen[m.ID] = true
		o.got = append(o.got, m)
	}
	return nil
}

func (o *office) messages() []bots.Message {
	o.mu.Lock()
	defer o.mu.Unlock()
	return append([]bots.Message(nil), o.got...)
}

func (o *office) errors() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return fmt.Sprint(o.fails)
}

// wait waits until n messages have been accepted.
func (o *office) wait(t testing.TB, n int) []bots.Message {
	t.Helper()
	until(t, fmt.Sprintf("%d messages", n), func() bool { return len(o.messages()) >= n })
	return o.messages()
}

// until waits for a condition.
func until(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !ok(); {
		if time.Now().After(end) {
			t.Fatalf("waited a minute in vain for %s", what)
		}
		<-time.After(5 * time.Millisecond)
	}
}

// draftReply is what a skill would answer to m.
func draftReply(m bots.Message) bots.Reply {
	return bots.Reply{ID: m.ID + "/answer", Language: "de", To: bots.Address{Connector: m.Connector, Room: m.Room,
		Thread: m.Thread, Person: m.Sender, Watched: m.Watched, MessageID: m.ID, Ref: m.Ref},
		Answer: bots.Answer{
			Text:   bots.Text{DE: "**Anfrage** · Kurzfassung", EN: "**Inquiry** · brief"},
			Drafts: []bots.Draft{{To: []string{"Jana Wieczorek <jana@buerger.example>"}, Subject: "AW: " + m.Subject, Language: "de", Text: "Sehr geehrte Frau Wieczorek,\n\n**[bitte ergänzen: Antwort]**\n"}},
		}}
}

func contains1(t testing.TB, text, want string) {
	t.Helper()
	if !strings.Contains(text, want) {
		t.Errorf("lacks %q:\n%s", want, text)
	}
}

var discard = slog.New(slog.DiscardHandler)

// stringConn is a connection from which a text is read.
type stringConn struct {
	io.Reader
	net.Conn
}

func (c stringConn) Read(b []byte) (int, error) { return c.Reader.Read(b) }
