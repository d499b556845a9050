package mail

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"

	"amtsbote/bots"
	"amtsbote/connectors/connectortest"
	"amtsbote/connectors/mail/mailtest"
)

// TestReal holds the connector to its promises against a real Dovecot and
// Postfix. The tests share the servers, one after the other.
func TestReal(t *testing.T) {
	rig := mailtest.Start(t)
	tests := []struct {
		name string
		test func(*testing.T, *mailtest.Rig)
	}{
		{"mail that comes while idling is accepted", idles},
		{"a letter is read without a trace", noTrace},
		{"a mailbox made anew is read again, and nothing is passed as new twice", renumbered},
		{"mail from before the configured day is left alone", since},
		{"a server that is killed is found again", killed},
		{"a server that hangs is left within the deadline", hangs},
		{"a wrong password says what to do", wrongPassword},
		{"a draft is written once though the server's answer was lost", lostReply},
		{"a draft hangs in the letter's thread", threads},
		{"a letter that a person has answered gets no draft", answered},
		{"a draft that nobody touched is replaced when the citizen writes again", replaces},
		{"a late try of an older letter replaces nothing", lateRetry},
		{"one draft is left wherever the connection is cut", replaceCut},
		{"one draft is left wherever the process ends", replaceKilled},
		{"a draft that a person marks this very moment stays", flagsMeanwhile},
		{"nothing is deleted by a server that cannot delete one mail", noUIDPlus},
		{"nothing is deleted where the bot may not", mayNotDelete},
		{"the brief of a letter lands in its folder", briefFolder},
		{"the brief of a letter goes to the colleagues", briefTo},
		{"an answer goes to the colleague with the draft as a file", answers},
		{"a forward nobody vouches for is not accepted", forged},
		{"an address for colleagues only is trusted without further proof", submissionOnly},
		{"a letter that was moved is found", moved},
		{"another mail under the same Message-ID is not taken for the letter", impostor},
		{"a letter that is too big is refused", big},
		{"a large letter is streamed whole", streamed},
		{"automatic mail is passed over", automatic},
		{"check proves that the account cannot write to outsiders", checks},
		{"check proves from outside whom the server lets pose as a colleague", checksTrust},
		{"the running bot passes over the test mail, and only that is deleted", canaryPasses},
		{"a shared mailbox is watched by the bot's account", shared},
		{"a shared mailbox keeps to its own folders", sharedApart},
		{"folders of two mailboxes are refused", mixedFolders},
		{"several folders are watched, and one that is missing stops no other", severalFolders},
		{"two mailboxes see nothing of each other", apart},
		{"a backlog is read from its newest letter, and what comes meanwhile before it", backlogOrder},
		{"a backlog that is broken off goes on where it was", backlogBroken},
		{"no letter is lost wherever the connection is cut", readCut},
		{"a full mailbox is an alarm until there is room", quotaFull},
		{"a drafts folder that is deleted is an alarm until it is there again", draftsGone},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { tt.test(t, rig) })
	}
}

func idles(t *testing.T, rig *mailtest.Rig) {
	w := newLetterBox(t, rig)
	w.cfg.Poll = 10 * time.Minute // only the server's word can be in time
	o := work(t, w.cfg, connectortest.NewState())
	until(t, "the mailbox", func() bool { return o.Stats().Receiving })
	for n := range 2 {
		w.Say(t, "Guten Tag", nil)
		m := o.wait(t, n+1)[n]
		if !m.Watched || m.Author != "jana@buerger.example" || m.Sender != w.cfg.Address || m.Subject != fmt.Sprintf("Brief über %d", n+1) ||
			m.Thread != fmt.Sprintf("%d@buerger.example", n+1) || m.Prio != bots.PrioMail || !m.Letter() {
			t.Errorf("got %+v", m)
		}
	}
}

func noTrace(t *testing.T, rig *mailtest.Rig) {
	w := newLetterBox(t, rig)
	w.Say(t, "Guten Tag", nil)
	before := rig.Mails(t, w.cfg.User, "INBOX")
	o := work(t, w.cfg, connectortest.NewState())
	m := o.wait(t, 1)[0]
	read(t, o, m.Files[0])
	if _, err := o.Send(t.Context(), o.state, draftReply(m)); err != nil {
		t.Fatal(err)
	}
	after := rig.Mails(t, w.cfg.User, "INBOX")
	if len(after) != 1 || !slices.Equal(before[0].Flags, after[0].Flags) || !bytes.Equal(before[0].Raw, after[0].Raw) {
		t.Errorf("the letter was changed: flags %v, before %v", after[0].Flags, before[0].Flags)
	}
}

func renumbered(t *testing.T, rig *mailtest.Rig) {
	w := newLetterBox(t, rig)
	w.cfg.Folders = []string{"Eingang"}
	c := rig.Client(t, w.cfg.User)
	defer c.Close()
	put := func(n int) {
		raw := letter(n, "Guten Tag", nil)
		// While the bot's session still has the deleted mailbox open, Dovecot can
		// refuse letters into the new one ("Mailbox was deleted under us"), and goes
		// on refusing them to the session that made it.
		until(t, "the letter to be taken", func() bool {
			c := rig.Client(t, w.cfg.User)
			defer c.Close()
			cmd := c.Append("Eingang", int64(len(raw)), nil)
			cmd.Write(raw)
			cmd.Close()
			_, err := cmd.Wait()
			return err == nil
		})
	}
	if err := c.Create("Eingang", nil).Wait(); err != nil {
		t.Fatal(err)
	}
	put(1)
	put(2)
	state := connectortest.NewState()
	o := connectAnd(t, w.cfg, state, func(c *Connector) { c.reselect = 300 * time.Millisecond })
	o.wait(t, 2)
	if err := c.Delete("Eingang").Wait(); err != nil {
		t.Fatal(err)
	}
	if err := c.Create("Eingang", nil).Wait(); err != nil {
		t.Fatal(err)
	}
	put(1) // the same letter, restored
	put(3)
	got := o.wait(t, 3)
	if b := read(t, o, byThread(got, 1).Files[0]); !bytes.Contains(b, []byte("<1@buerger.example>")) {
		t.Errorf("the first letter is not found again: %q", b)
	}
	if len(got) != 3 || byThread(got, 3).ID == "" {
		t.Errorf("got %d letters, want the third one only to be new", len(got))
	}
}

func since(t *testing.T, rig *mailtest.Rig) {
	w := newLetterBox(t, rig)
	w.cfg.Since = time.Now().AddDate(0, 0, -1).Format(time.DateOnly)
	c := rig.Client(t, w.cfg.User)
	defer c.Close()
	for n, at := range []time.Time{time.Now().AddDate(0, 0, -3), time.Now().Add(-2 * time.Hour), time.Now()} {
		raw := letter(n+1, "Guten Tag", nil)
		cmd := c.Append("INBOX", int64(len(raw)), &imap.AppendOptions{Time: at})
		cmd.Write(raw)
		cmd.Close()
		if _, err := cmd.Wait(); err != nil {
			t.Fatal(err)
		}
	}
	o := work(t, w.cfg, connectortest.NewState())
	got := o.wait(t, 2)
	if slices.ContainsFunc(got, func(m bots.Message) bool { return m.Thread == "1@buerger.example" }) {
		t.Error("a letter of three days ago is to be answered")
	}
	if old, fresh := byThread(got, 2).Prio, byThread(got, 3).Prio; old != bots.PrioBacklog || fresh != bots.PrioMail {
		t.Errorf("got priorities %d and %d, want backlog and mail", old, fresh)
	}
}

// byThread returns the nth letter: different conversations are accepted in no order.
func byThread(all []bots.Message, n int) bots.Message {
	for _, m := range all {
		if m.Thread == fmt.Sprintf("%d@buerger.example", n) {
			return m
		}
	}
	return bots.Message{}
}

func killed(t *testing.T, rig *mailtest.Rig) {
	w := newLetterBox(t, rig)
	o := work(t, w.cfg, connectortest.NewState())
	w.Say(t, "eins", nil)
	m := o.wait(t, 1)[0]
	read(t, o, m.Files[0]) // so that a connection rests in the pool
	rig.Dovecot.Kill()
	until(t, "the failure", func() bool { return o.errors() != "[]" })
	rig.Dovecot.Start(t)
	w.Say(t, "zwei", nil)
	o.wait(t, 2)
	read(t, o, m.Files[0])
	if _, err := o.Send(t.Context(), o.state, draftReply(m)); err != nil {
		t.Errorf("Send after the restart: %v", err)
	}
}

func hangs(t *testing.T, rig *mailtest.Rig) {
	w := newLetterBox(t, rig)
	w.cfg.Timeout = 3 * time.Second // enough for all that goes well before
	w.Say(t, "eins", nil)
	o := work(t, w.cfg, connectortest.NewState())
	m := o.wait(t, 1)[0]
	read(t, o, m.Files[0])
	rig.Dovecot.Stop()
	defer rig.Dovecot.Cont()
	start := time.Now()
	until(t, "Receive to give up", func() bool { return strings.Contains(o.errors(), "no answer within 3s") })
	if took := time.Since(start); took > 15*time.Second {
		t.Errorf("Receive gave up after %v", took)
	}
	start = time.Now()
	if _, err := o.Open(t.Context(), o.state, m.Files[0]); err == nil || time.Since(start) > 15*time.Second {
		t.Errorf("Open: got %v after %v", err, time.Since(start))
	}
	rig.Dovecot.Cont()
	w.Say(t, "zwei", nil)
	o.wait(t, 2)
}

func wrongPassword(t *testing.T, rig *mailtest.Rig) {
	w := newLetterBox(t, rig)
	w.cfg.Password = bots.NewSecret("falsch")
	err := connect(t, w.cfg).Receive(t.Context(), connectortest.NewState(), nil)
	if !errors.Is(err, errLogin) {
		t.Errorf("got error %v, want %v", err, errLogin)
	}
	if strings.Contains(err.Error(), w.cfg.User) || strings.Contains(err.Error(), "falsch") {
		t.Errorf("the error names what it must not: %v", err)
	}
	f := newForwardBox(t, rig)
	f.cfg.SMTP.User, f.cfg.SMTP.Password = f.cfg.User, bots.NewSecret("falsch")
	_, err = connect(t, f.cfg).Send(t.Context(), connectortest.NewState(), draftReply(bots.Message{ID: "1", Sender: f.colleague}))
	if !errors.Is(err, errLogin) {
		t.Errorf("smtp: got error %v, want %v", err, errLogin)
	}
}

func forged(t *testing.T, rig *mailtest.Rig) {
	w := newForwardBox(t, rig)
	pass := "Authentication-Results: " + mailtest.AuthServ + "; dmarc=pass header.from=amt.test; dkim=pass header.d=amt.test"
	forward := func(from string, head ...string) []byte {
		return mailtest.Text(append(head, "From: "+from, "Subject: WG: Brief", fmt.Sprintf("Message-ID: <%d@x>", len(head)+len(from)), "", "Text")...)
	}
	o := work(t, w.cfg, connectortest.NewState())
	rig.Deliver(t, w.colleague, w.cfg.Address, forward(w.colleague))
	rig.Deliver(t, w.colleague, w.cfg.Address, forward(w.colleague, pass))
	rig.Put(t, w.cfg.Address, forward(w.colleague, "X-None: verified"))
	rig.Put(t, w.cfg.Address, forward(w.colleague, "Authentication-Results: mx.other.example; dmarc=pass header.from=amt.test", pass, "X-Y: z"))
	until(t, "four to be passed over", func() bool { return o.Stats().Skipped[skipUnverified] == 4 })
	rig.Deliver(t, "jana@buerger.example", w.cfg.Address, forward("jana@buerger.example"))
	until(t, "the outsider to be passed over", func() bool { return o.Stats().Skipped[skipOutsider] == 1 })
	w.Say(t, "echt", nil)
	if got := o.wait(t, 1); len(got) != 1 || got[0].Thread != "1@buerger.example" {
		t.Errorf("got %d messages, want only the real one", len(got))
	}
}

func submissionOnly(t *testing.T, rig *mailtest.Rig) {
	w := newForwardBox(t, rig)
	w.cfg.User, w.cfg.Password, w.cfg.Address = mailtest.Bot, bots.NewSecret(rig.Password(mailtest.Bot)), mailtest.Internal
	w.cfg.Trust = Trust{SubmissionOnly: true}
	if err := rig.TryDeliver(w.colleague, w.cfg.Address, letter(1, "x", nil)); err == nil {
		t.Fatal("the rig's internal address takes mail from outside")
	}
	o := work(t, w.cfg, connectortest.NewState())
	// Logged in as one, in the name of another.
	lie := bytes.Replace(letter(9, "x", nil), []byte("jana@buerger.example"), []byte(mailtest.Bernd), 1)
	rig.Submit(t, w.colleague, w.cfg.Address, lie)
	until(t, "the lie to be passed over", func() bool { return o.Stats().Skipped[skipUnverified] == 1 })
	w.Say(t, "echt", nil)
	if got := o.wait(t, 1); got[0].Sender != w.colleague {
		t.Errorf("got sender %q", got[0].Sender)
	}
}

func moved(t *testing.T, rig *mailtest.Rig) {
	w := newLetterBox(t, rig)
	w.Say(t, "Der gesuchte Text", nil)
	o := work(t, w.cfg, connectortest.NewState())
	m := o.wait(t, 1)[0]
	c := rig.Client(t, w.cfg.User)
	defer c.Close()
	if err := c.Create("Ablage/2026", nil).Wait(); err != nil {
		t.Fatal(err)
	}
	c.Select("INBOX", nil).Wait()
	if _, err := c.Move(imap.SeqSetNum(1), "Ablage/2026").Wait(); err != nil {
		t.Fatal(err)
	}
	contains1(t, string(read(t, o, m.Files[0])), "Der gesuchte Text")
	c.Select("Ablage/2026", nil).Wait()
	c.Store(imap.SeqSetNum(1), &imap.StoreFlags{Op: imap.StoreFlagsAdd, Flags: []imap.Flag{imap.FlagDeleted}}, nil).Close()
	if err := c.Expunge().Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := o.Open(t.Context(), o.state, m.Files[0]); !isRefusal(err) {
		t.Errorf("Open: got error %v, want a refusal", err)
	}
}

func impostor(t *testing.T, rig *mailtest.Rig) {
	w := newLetterBox(t, rig)
	w.Say(t, "echt", nil)
	o := work(t, w.cfg, connectortest.NewState())
	m := o.wait(t, 1)[0]
	rig.Put(t, w.cfg.Address, bytes.Replace(letter(1, "falsch", nil), []byte("Jana Wieczorek"), []byte("Jana Wieczorex"), 1))
	mark(t, rig, w, imap.FlagDeleted)
	c := rig.Client(t, w.cfg.User)
	defer c.Close()
	c.Select("INBOX", nil).Wait()
	if err := c.Expunge().Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := o.Open(t.Context(), o.state, m.Files[0]); !isRefusal(err) {
		t.Errorf("Open: got error %v, want a refusal", err)
	}
}

func big(t *testing.T, rig *mailtest.Rig) {
	w := newLetterBox(t, rig)
	w.cfg.MaxSize = 1 << 20
	w.Say(t, strings.Repeat("viel\r\n", 300_000), nil)
	o := work(t, w.cfg, connectortest.NewState())
	m := o.wait(t, 1)[0]
	_, err := o.Open(t.Context(), o.state, m.Files[0])
	refusal, ok := errors.AsType[*bots.Refusal](err)
	if !ok || !strings.Contains(refusal.Text.DE, "bis 1 MB") {
		t.Errorf("Open: got error %v, want a refusal that names the limit", err)
	}
	w.Say(t, "klein", nil)
	contains1(t, string(read(t, o, o.wait(t, 2)[1].Files[0])), "klein")
}

func streamed(t *testing.T, rig *mailtest.Rig) {
	w := newLetterBox(t, rig)
	content := bytes.Repeat([]byte("0123456789abcdef"), 200_000)
	w.Say(t, "anbei", content)
	o := work(t, w.cfg, connectortest.NewState())
	m := o.wait(t, 1)[0]
	var wg sync.WaitGroup
	for range 6 { // more than there are connections
		wg.Go(func() {
			if got := read(t, o, m.Files[0]); !bytes.Contains(got, []byte(hex.EncodeToString(content))) || int64(len(got)) != m.Files[0].Size {
				t.Errorf("got %d bytes, want %d", len(got), m.Files[0].Size)
			}
		})
	}
	wg.Wait()
	r, err := o.Open(t.Context(), o.state, m.Files[0])
	if err != nil {
		t.Fatal(err)
	}
	io.ReadFull(r, make([]byte, 1000))
	if err := r.Close(); err != nil { // most of it is unread
		t.Errorf("Close: %v", err)
	}
	read(t, o, m.Files[0])
}

func automatic(t *testing.T, rig *mailtest.Rig) {
	w := newLetterBox(t, rig)
	for n, head := range []string{"Auto-Submitted: auto-generated", "List-Id: <x.example>", "List-Unsubscribe: <mailto:x@y>", "Precedence: bulk",
		"X-Loop: " + w.cfg.Address, "From: " + w.cfg.Address, "Content-Type: multipart/report; boundary=x"} {
		rig.Put(t, w.cfg.Address, append([]byte(head+"\r\n"), letter(n+10, "x", nil)...))
	}
	// A bounce has no sender in its envelope.
	rig.Deliver(t, "", w.cfg.Address, letter(20, "x", nil))
	rig.Put(t, w.cfg.Address, append([]byte("Auto-Submitted: no\r\n"), letter(1, "x", nil)...))
	o := work(t, w.cfg, connectortest.NewState())
	want := map[string]int{skipAuto: 1, skipList: 2, skipBulk: 1, skipOwn: 2, skipBounce: 2}
	until(t, "all to be passed over", func() bool { return fmt.Sprint(o.Stats().Skipped) == fmt.Sprint(want) })
	if got := o.wait(t, 1); len(got) != 1 {
		t.Errorf("got %d letters, want 1", len(got))
	}
}

func read(t testing.TB, o *office, f bots.File) []byte {
	t.Helper()
	r, err := o.Open(t.Context(), o.state, f)
	if err != nil {
		t.Errorf("Open: %v", err)
		return nil
	}
	defer r.Close()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Errorf("Open: read: %v", err)
	}
	return b
}
