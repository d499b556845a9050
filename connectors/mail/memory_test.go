package mail

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"
	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"amtsbote/bots"
	"amtsbote/connectors/connectortest"
)

// memoryBox is a functional mailbox in memory, for machines without Dovecot.
type memoryBox struct {
	cfg  Config
	user *imapmemserver.User
	n    int
}

func newMemoryBox(t testing.TB) *memoryBox {
	user := imapmemserver.NewUser("post", "geheim")
	for _, box := range []string{"INBOX", "Entwürfe"} {
		if err := user.Create(box, nil); err != nil {
			t.Fatal(err)
		}
	}
	mem := imapmemserver.New()
	mem.AddUser(user)
	srv := imapserver.New(&imapserver.Options{
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return mem.NewSession(), nil, nil
		},
		InsecureAuth: true,
		Caps:         imap.CapSet{imap.CapIMAP4rev1: {}}, // no more than every server has
	})
	l := listen(t)
	go srv.Serve(l) // ends with its listener
	return &memoryBox{user: user, cfg: Config{
		Name: "post", Server: l.Addr().String(), TLS: tlsNone, User: "post", Password: bots.NewSecret("geheim"),
		Watch: watchLetters, Address: "post@amt.test", OwnDomains: []string{"amt.test"}, Poll: 50 * time.Millisecond, Timeout: 20 * time.Second,
	}}
}

func (w *memoryBox) Connect(t *testing.T) bots.Connector { return connect(t, w.cfg) }

func (w *memoryBox) Say(t *testing.T, text string, content []byte) {
	w.n++
	raw := letter(w.n, text, content)
	if _, err := w.user.Append("INBOX", bytes.NewReader(raw), &imap.AppendOptions{}); err != nil {
		t.Fatal(err)
	}
}

func (w *memoryBox) Heard(t *testing.T) (all []string) {
	c, err := imapclient.DialInsecure(w.cfg.Server, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Login("post", "geheim").Wait(); err != nil {
		t.Fatal(err)
	}
	box, err := c.Select("Entwürfe", nil).Wait()
	if err != nil || box.NumMessages == 0 {
		return nil
	}
	mails, err := c.Fetch(imap.SeqSet{{Start: 1, Stop: 0}}, &imap.FetchOptions{BodySection: []*imap.FetchItemBodySection{{Peek: true}}}).Collect()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range mails {
		all = append(all, decoded(m.BodySection[0].Bytes))
	}
	return all
}

func TestInMemory(t *testing.T) {
	connectortest.Run(t, func(t *testing.T) connectortest.World { return newMemoryBox(t) }, connectortest.Options{})
}

func TestFirstStart(t *testing.T) {
	c := connect(t, newMemoryBox(t).cfg)
	c.now = func() time.Time { return time.Date(2026, 11, 20, 23, 0, 0, 0, time.UTC) }
	state := connectortest.NewState()
	p, err := c.position(t.Context(), state, "INBOX")
	if err != nil || p.Since != "2026-11-20" {
		t.Fatalf("got %+v, %v: want the day of the first start", p, err)
	}
	c.now = func() time.Time { return time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC) }
	if p, err = c.position(t.Context(), state, "INBOX"); err != nil || p.Since != "2026-11-20" {
		t.Errorf("got %+v, %v: the day moved", p, err)
	}
}

// TestRemadeInSilence has a mailbox deleted and made anew under a session whose
// server says nothing of it, as real ones do: only selecting it anew tells.
func TestRemadeInSilence(t *testing.T) {
	w := newMemoryBox(t)
	w.cfg.Folders = []string{"Eingang"}
	put := func(n int) {
		if _, err := w.user.Append("Eingang", bytes.NewReader(letter(n, "Guten Tag", nil)), &imap.AppendOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.user.Create("Eingang", nil); err != nil {
		t.Fatal(err)
	}
	put(1)
	o := connectAnd(t, w.cfg, connectortest.NewState(), func(c *Connector) { c.reselect = 300 * time.Millisecond })
	o.wait(t, 1)
	if err := w.user.Delete("Eingang"); err != nil {
		t.Fatal(err)
	}
	if err := w.user.Create("Eingang", nil); err != nil {
		t.Fatal(err)
	}
	put(2)
	o.wait(t, 2)
	if got := o.errors(); got != "[]" {
		t.Errorf("the session was not kept: %s", got)
	}
}

// TestFlagsOnTheWay has the server tell of a changed flag before it answers:
// go-imap drops the answer, and the letter would be lost.
func TestFlagsOnTheWay(t *testing.T) {
	raw := string(letter(1, "Guten Tag", nil))
	fetches := 0
	addr := script(t, func(tag, command string) string {
		switch {
		case strings.HasPrefix(command, "EXAMINE"):
			return "* 1 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT 6] x\r\n" + tag + " OK [READ-ONLY] x\r\n"
		case strings.HasPrefix(command, "UID SEARCH"):
			return "* SEARCH 5\r\n" + tag + " OK x\r\n"
		case strings.HasPrefix(command, "UID FETCH"):
			fetches++
			on := ""
			if fetches == 1 {
				on = "* 1 FETCH (UID 5 FLAGS (\\Flagged))\r\n"
			}
			section := "BODY[HEADER]<0>"
			if strings.Contains(command, "BODY.PEEK[]") {
				section = "BODY[]"
			}
			return on + fmt.Sprintf("* 1 FETCH (UID 5 FLAGS () INTERNALDATE \"20-Nov-2099 18:42:00 +0000\" RFC822.SIZE %d %s {%d}\r\n%s)\r\n%s OK x\r\n",
				len(raw), section, len(raw), raw, tag)
		}
		return tag + " OK x\r\n"
	})
	cfg := newMemoryBox(t).cfg
	cfg.Server = addr
	o := work(t, cfg, connectortest.NewState())
	m := o.wait(t, 1)[0]
	fetches = 0 // the first one now is that of Open
	if got := read(t, o, m.Files[0]); string(got) != raw {
		t.Errorf("got %q", got)
	}
}

// script serves IMAP by what answer returns to each command.
func script(t *testing.T, answer func(tag, command string) string) string {
	return scriptEach(t, func() func(tag, command string) string { return answer })
}

// scriptEach is script with an answer of its own for each connection.
func scriptEach(t *testing.T, begin func() func(tag, command string) string) string {
	l := listen(t)
	var mu sync.Mutex
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			answer := begin()
			go func() {
				defer c.Close()
				fmt.Fprint(c, "* OK [CAPABILITY IMAP4rev1] x\r\n")
				for r := bufio.NewReader(c); ; {
					line, err := r.ReadString('\n')
					if err != nil {
						return
					}
					tag, command, _ := strings.Cut(strings.TrimSpace(line), " ")
					mu.Lock()
					out := answer(tag, command)
					mu.Unlock()
					if command == "CAPABILITY" {
						out = "* CAPABILITY IMAP4rev1\r\n" + tag + " OK x\r\n"
					}
					if _, err := io.WriteString(c, out); err != nil {
						return
					}
				}
			}()
		}
	}()
	return l.Addr().String()
}

func TestEndlessLine(t *testing.T) {
	addr := script(t, func(tag, command string) string {
		if strings.HasPrefix(command, "EXAMINE") {
			return "* OK " + strings.Repeat("x", 2*maxLine)
		}
		return tag + " OK x\r\n"
	})
	cfg := newMemoryBox(t).cfg
	cfg.Server = addr
	err := connect(t, cfg).Receive(t.Context(), connectortest.NewState(), nil)
	if err == nil || !strings.Contains(err.Error(), errTooLong.Error()) && !strings.Contains(err.Error(), "connection lost") || strings.Contains(err.Error(), "xxx") {
		t.Errorf("got error %.200v", err)
	}
}

// TestCutStream has the server stop in the middle of a letter: what was read must
// not pass for the whole.
func TestCutStream(t *testing.T) {
	w := newMemoryBox(t)
	w.Say(t, strings.Repeat("Zeile\r\n", 2_000_000), nil)
	p := newProxy(t, w.cfg.Server)
	w.cfg.Server = p.addr
	o := work(t, w.cfg, connectortest.NewState())
	m := o.wait(t, 1)[0]
	r, err := o.Open(t.Context(), o.state, m.Files[0])
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(r, make([]byte, 1000)); err != nil {
		t.Fatal(err)
	}
	p.cut()
	n, err := io.Copy(io.Discard, r)
	if err == nil {
		t.Errorf("the end of the connection passes for the end of the letter, after %d bytes", n)
	}
	r.Close()
}

// outbox is an SMTP server that takes everything, from everybody, for anybody.
type outbox struct {
	mu    sync.Mutex
	to    []string
	mails []string
	conns int
	deny  error // what RCPT is answered with
	login bool  // AUTH is offered
	auth  error // what AUTH is answered with
	drop  bool  // the connection ends after DATA, the mail is taken
}

func newOutbox(t testing.TB) (*outbox, string) {
	o := new(outbox)
	srv := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.conns++
		return &outboxSession{o: o, c: c}, nil
	}))
	srv.Domain, srv.AllowInsecureAuth = "localhost", true
	srv.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	l := listen(t)
	go srv.Serve(l) // ends with its listener
	return o, l.Addr().String()
}

type outboxSession struct {
	o *outbox
	c *smtp.Conn
}

func (s *outboxSession) AuthMechanisms() []string {
	s.o.mu.Lock()
	defer s.o.mu.Unlock()
	if !s.o.login {
		return nil
	}
	return []string{sasl.Plain}
}

func (s *outboxSession) Auth(string) (sasl.Server, error) {
	s.o.mu.Lock()
	defer s.o.mu.Unlock()
	err := s.o.auth
	return sasl.NewPlainServer(func(_, _, _ string) error { return err }), nil
}

func (s *outboxSession) Mail(string, *smtp.MailOptions) error { return nil }
func (s *outboxSession) Reset()                               {}
func (s *outboxSession) Logout() error                        { return nil }

func (s *outboxSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.o.mu.Lock()
	defer s.o.mu.Unlock()
	s.o.to = append(s.o.to, to)
	return s.o.deny
}

func (s *outboxSession) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	s.o.mu.Lock()
	defer s.o.mu.Unlock()
	s.o.mails = append(s.o.mails, string(b))
	if s.o.drop {
		s.c.Close()
	}
	return err
}

func listen(t testing.TB) net.Listener {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func forwarder(t *testing.T, smtpAddr string) *Connector {
	return connect(t, Config{
		Name: "bot", Server: "127.0.0.1:1", TLS: tlsNone, User: "bot", Password: bots.NewSecret("x"), Watch: watchForwards,
		Address: "bot@amt.test", OwnDomains: []string{"amt.test", "stadt.test"}, Trust: Trust{SubmissionOnly: true},
		SMTP: SMTP{Server: smtpAddr, TLS: tlsNone}, Timeout: 20 * time.Second,
	})
}

// TestOutsiders is rule 1: a server that would take anything is not even called
// for an address outside.
func TestOutsiders(t *testing.T) {
	for _, to := range []string{
		"jana@buerger.example", "Anna <jana@buerger.example>", "anna@amt.test.example", "anna@sub.amt.test", "anna@amt.test, jana@buerger.example",
		"jana@buerger.example <anna@amt.test>, x@y.example", "\"anna@amt.test\" <jana@buerger.example>", "anna@amt.test>\r\nRCPT TO:<jana@buerger.example",
		"@amt.test:jana@buerger.example", "jana%buerger.example@amt.test@buerger.example", "anna", "", "anna@amt.test\x00@buerger.example", "anna@[127.0.0.1]",
	} {
		o, addr := newOutbox(t)
		c := forwarder(t, addr)
		_, err := c.Send(t.Context(), connectortest.NewState(), draftReply(bots.Message{ID: "1", Sender: to}))
		if !isRefusal(err) {
			t.Errorf("%q: got error %v, want a refusal", to, err)
		}
		if err := c.submit(t.Context(), to, []byte("x")); !isRefusal(err) {
			t.Errorf("%q: submit: got error %v, want a refusal", to, err)
		}
		if o.conns != 0 || len(o.to) != 0 || len(o.mails) != 0 {
			t.Errorf("%q: the server was called %d times, for %q", to, o.conns, o.to)
		}
	}
	o, addr := newOutbox(t)
	if _, err := forwarder(t, addr).Send(t.Context(), connectortest.NewState(), draftReply(bots.Message{ID: "1", Sender: "anna@STADT.test"})); err != nil || len(o.to) != 1 {
		t.Errorf("a colleague: got %v, %q", err, o.to)
	}
}

func TestCheckWarns(t *testing.T) {
	o, addr := newOutbox(t)
	results := forwarder(t, addr).checkSMTP(t.Context())
	last := results[len(results)-1]
	if !last.Warn || last.Err == nil || !strings.Contains(last.Err.Error(), "WOULD TAKE") {
		t.Errorf("got %+v, want a warning", last)
	}
	if len(o.mails) != 0 || len(o.to) != 1 || o.to[0] != outside {
		t.Errorf("sent %d mails to %q", len(o.mails), o.to)
	}
}

// TestSubmitFails tells apart what is final, what is tried again, and what may
// have arrived.
func TestSubmitFails(t *testing.T) {
	tests := map[string]struct {
		deny  error
		drop  bool
		final bool
		kept  string // the note in the State afterwards
		mails int    // after a second Send to a mended server
	}{
		"an unknown colleague is final":          {deny: &smtp.SMTPError{Code: 550, Message: "<anna@amt.test> unknown"}, final: true, mails: 1},
		"a full mailbox is tried again":          {deny: &smtp.SMTPError{Code: 452, Message: "anna is full"}, mails: 1},
		"a lost answer is sent again, same mail": {drop: true, kept: "intent", mails: 2},
		"a success is sent once":                 {kept: "sent", mails: 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			o, addr := newOutbox(t)
			c, state := forwarder(t, addr), connectortest.NewState()
			r := draftReply(bots.Message{ID: "1", Sender: "anna@amt.test"})
			o.deny, o.drop = tt.deny, tt.drop
			_, err := c.Send(t.Context(), state, r)
			if isRefusal(err) != tt.final || (err == nil) != (tt.deny == nil && !tt.drop) {
				t.Errorf("got error %v, final %v", err, tt.final)
			}
			if err != nil && strings.Contains(err.Error(), "anna") {
				t.Errorf("the error names a person: %v", err)
			}
			kept := ""
			state.Each(context.Background(), "smtp/", func(_ string, v []byte) error { kept = string(v); return nil })
			if kept != tt.kept {
				t.Errorf("noted %q, want %q", kept, tt.kept)
			}
			o.mu.Lock()
			o.deny, o.drop = nil, false
			o.mu.Unlock()
			if _, err := c.Send(t.Context(), state, r); err != nil {
				t.Fatal(err)
			}
			if len(o.mails) != tt.mails {
				t.Fatalf("got %d mails, want %d", len(o.mails), tt.mails)
			}
			if len(o.mails) == 2 && messageID(o.mails[0]) != messageID(o.mails[1]) {
				t.Error("the second mail has another Message-ID")
			}
		})
	}
}

func messageID(mail string) string { return parseHeader([]byte(mail)).messageID() }

func TestSkipSendsNothing(t *testing.T) {
	o, addr := newOutbox(t)
	r := draftReply(bots.Message{ID: "1", Sender: "anna@amt.test"})
	r.Answer = bots.Answer{Skip: "automatic mail"}
	if id, err := forwarder(t, addr).Send(t.Context(), connectortest.NewState(), r); id != "" || err != nil || o.conns != 0 {
		t.Errorf("got %q, %v, %d connections", id, err, o.conns)
	}
}

// TestDraftsElsewhere has the drafts folder deleted and another made: it is found
// with the next try, without a restart.
func TestDraftsElsewhere(t *testing.T) {
	w := newMemoryBox(t)
	w.Say(t, "eins", nil)
	w.Say(t, "zwei", nil)
	o := work(t, w.cfg, connectortest.NewState())
	got := o.wait(t, 2)
	if _, err := o.Send(t.Context(), o.state, draftReply(got[0])); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.user.Delete("Entwürfe"), w.user.Create("Drafts", nil)); err != nil {
		t.Fatal(err)
	}
	if _, err := o.Send(t.Context(), o.state, draftReply(got[1])); err == nil || len(o.Alarms()) != 1 {
		t.Errorf("got %v, alarms %q", err, o.Alarms())
	}
	if _, err := o.Send(t.Context(), o.state, draftReply(got[1])); err != nil || len(o.Alarms()) != 0 {
		t.Errorf("the second try: %v, alarms %q", err, o.Alarms())
	}
}
