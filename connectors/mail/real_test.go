package mail

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	netmail "net/mail"
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
		{"a shared mailbox is watched by the bot's account", shared},
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
	w.cfg.Folder = "Eingang"
	c := rig.Client(t, w.cfg.User)
	defer c.Close()
	put := func(n int) {
		raw := letter(n, "Guten Tag", nil)
		cmd := c.Append("Eingang", int64(len(raw)), nil)
		cmd.Write(raw)
		cmd.Close()
		if _, err := cmd.Wait(); err != nil {
			t.Fatal(err)
		}
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
	if len(got) != 3 || got[2].Thread != "3@buerger.example" {
		t.Errorf("got %d letters, last %q: want the third one only", len(got), got[len(got)-1].Thread)
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
	if got[1].Prio != bots.PrioMail || got[0].Prio != bots.PrioBacklog {
		t.Errorf("got priorities %d and %d, want backlog and mail", got[0].Prio, got[1].Prio)
	}
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
	w.cfg.Timeout = time.Second
	w.Say(t, "eins", nil)
	o := work(t, w.cfg, connectortest.NewState())
	m := o.wait(t, 1)[0]
	read(t, o, m.Files[0])
	rig.Dovecot.Stop()
	defer rig.Dovecot.Cont()
	start := time.Now()
	until(t, "Receive to give up", func() bool { return strings.Contains(o.errors(), "no answer within 1s") })
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("Receive gave up after %v", took)
	}
	start = time.Now()
	if _, err := o.Open(t.Context(), o.state, m.Files[0]); err == nil || time.Since(start) > 5*time.Second {
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

func threads(t *testing.T, rig *mailtest.Rig) {
	w := newLetterBox(t, rig)
	rig.Put(t, w.cfg.Address, bytes.Replace(letter(7, "Nachtrag", nil), []byte("MIME-Version"), []byte("References: <1@buerger.example>\r\nMIME-Version"), 1))
	o := work(t, w.cfg, connectortest.NewState())
	m := o.wait(t, 1)[0]
	if m.Thread != "1@buerger.example" {
		t.Errorf("got thread %q, want the root", m.Thread)
	}
	if _, err := o.Send(t.Context(), o.state, draftReply(m)); err != nil {
		t.Fatal(err)
	}
	draft := rig.Mails(t, w.cfg.User, "Drafts")[0]
	for _, flag := range []imap.Flag{imap.FlagDraft, imap.FlagSeen} {
		if !slices.Contains(draft.Flags, flag) {
			t.Errorf("draft lacks %s: %v", flag, draft.Flags)
		}
	}
	head, err := netmail.ReadMessage(bytes.NewReader(draft.Raw))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"In-Reply-To": "<7@buerger.example>", "References": "<1@buerger.example> <7@buerger.example>",
		"To": "Jana Wieczorek", "From": "<" + w.cfg.Address + ">", "Auto-Submitted": "",
	} {
		if got := head.Header.Get(name); !strings.Contains(got, want) || want == "" && got != "" {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	// The server's own threading is a second opinion.
	c := rig.Client(t, w.cfg.User)
	defer c.Close()
	c.Select("INBOX", nil).Wait()
	if _, err := c.Copy(imap.SeqSetNum(1), "Drafts").Wait(); err != nil {
		t.Fatal(err)
	}
	c.Select("Drafts", nil).Wait()
	found := rig.Doveadm(t, "fetch", "-u", w.cfg.User, "hdr.message-id", "mailbox", "Drafts", "inthread", "refs", "header", "message-id", "7@buerger.example")
	if n := strings.Count(found, "essage-id:"); n != 2 {
		t.Errorf("the server sees %d mails in the thread, want 2:\n%s", n, found)
	}
}

func answered(t *testing.T, rig *mailtest.Rig) {
	t.Run("marked as answered before it is seen", func(t *testing.T) {
		w := newLetterBox(t, rig)
		w.Say(t, "eins", nil)
		mark(t, rig, w, imap.FlagAnswered)
		o := work(t, w.cfg, connectortest.NewState())
		w.Say(t, "zwei", nil)
		if got := o.wait(t, 1); len(got) != 1 || got[0].Thread != "2@buerger.example" || o.Stats().Skipped[skipAnswered] != 1 {
			t.Errorf("got %d letters, skipped %v", len(got), o.Stats().Skipped)
		}
	})
	reply := mailtest.Text("From: amt@amt.test", "Subject: AW", "In-Reply-To: <1@buerger.example>", "", "Ja")
	for name, act := range map[string]func(t *testing.T, w *letterBox){
		"marked as answered meanwhile": func(t *testing.T, w *letterBox) { mark(t, rig, w, imap.FlagAnswered) },
		"an answer in Sent": func(t *testing.T, w *letterBox) {
			c := rig.Client(t, w.cfg.User)
			defer c.Close()
			cmd := c.Append("Sent", int64(len(reply)), nil)
			cmd.Write(reply)
			cmd.Close()
			cmd.Wait()
		},
		"the draft itself sent": func(t *testing.T, w *letterBox) {
			c := rig.Client(t, w.cfg.User)
			defer c.Close()
			c.Select("Drafts", nil).Wait()
			if _, err := c.Move(imap.SeqSetNum(1), "Sent").Wait(); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newLetterBox(t, rig)
			w.Say(t, "eins", nil)
			o := work(t, w.cfg, connectortest.NewState())
			r := draftReply(o.wait(t, 1)[0])
			r.Answer.Text = bots.Text{}
			if name == "the draft itself sent" {
				o.Send(t.Context(), o.state, r)
			}
			act(t, w)
			if _, err := o.Send(t.Context(), o.state, r); err != nil {
				t.Fatal(err)
			}
			if got := rig.Mails(t, w.cfg.User, "Drafts"); len(got) != 0 {
				t.Errorf("got %d drafts, want none", len(got))
			}
			if o.Stats().Answered != 1 {
				t.Errorf("counted %d", o.Stats().Answered)
			}
		})
	}
}

func mark(t *testing.T, rig *mailtest.Rig, w *letterBox, flag imap.Flag) {
	t.Helper()
	c := rig.Client(t, w.cfg.User)
	defer c.Close()
	c.Select("INBOX", nil).Wait()
	if err := c.Store(imap.SeqSetNum(1), &imap.StoreFlags{Op: imap.StoreFlagsAdd, Flags: []imap.Flag{flag}}, nil).Close(); err != nil {
		t.Fatal(err)
	}
}

func briefFolder(t *testing.T, rig *mailtest.Rig) {
	w := newLetterBox(t, rig)
	w.Say(t, "eins", nil)
	o := work(t, w.cfg, connectortest.NewState())
	r := draftReply(o.wait(t, 1)[0])
	r.Answer.Warnings = []bots.Text{bots.Say("Beträge weichen ab"), bots.Say("Kurzfassung")}
	for range 2 {
		if _, err := o.Send(t.Context(), o.state, r); err != nil {
			t.Fatal(err)
		}
	}
	briefs := rig.Mails(t, w.cfg.User, "Amtsbote")
	if len(briefs) != 1 {
		t.Fatalf("got %d briefs, want 1", len(briefs))
	}
	text := texts(briefs)[0]
	contains1(t, text, "Beträge weichen ab")
	contains1(t, text, "Ohne Sprachmodell erstellt")
	if strings.Count(text, "Kurzfassung\n") > 2 || strings.Contains(text, "- Kurzfassung") {
		t.Error("a warning that the brief states is repeated")
	}
	if briefs[0].Field("In-Reply-To") != "<1@buerger.example>" {
		t.Errorf("the brief does not hang in the thread: %q", briefs[0].Field("In-Reply-To"))
	}
	draft := texts(rig.Mails(t, w.cfg.User, "Drafts"))[0]
	for _, no := range []string{"Kurzfassung", "Beträge weichen ab", "Sprachmodell"} {
		if strings.Contains(draft, no) {
			t.Errorf("the draft holds what only colleagues may read: %q", no)
		}
	}
}

func briefTo(t *testing.T, rig *mailtest.Rig) {
	w := newLetterBox(t, rig)
	team := rig.Box(t)
	w.cfg.BriefTo, w.cfg.SMTP = team, SMTP{Server: rig.Submission}
	w.Say(t, "eins", nil)
	o := work(t, w.cfg, connectortest.NewState())
	r := draftReply(o.wait(t, 1)[0])
	for range 2 {
		if _, err := o.Send(t.Context(), o.state, r); err != nil {
			t.Fatal(err)
		}
	}
	m := rig.Wait(t, team, "INBOX", 1)[0]
	if got := m.Field("Auto-Submitted"); got != "auto-replied" {
		t.Errorf("Auto-Submitted: got %q", got)
	}
	if n := len(rig.Mails(t, w.cfg.User, "Amtsbote")); n != 0 {
		t.Errorf("got %d briefs in the folder too", n)
	}
}

func answers(t *testing.T, rig *mailtest.Rig) {
	w := newForwardBox(t, rig)
	w.Say(t, "Bitte beantworten", nil)
	state := connectortest.NewState()
	o := work(t, w.cfg, state)
	m := o.wait(t, 1)[0]
	if m.Sender != w.colleague || m.Room != w.colleague || !m.Direct || m.Watched {
		t.Errorf("got %+v", m)
	}
	r := draftReply(m)
	r.Answer.Drafts = append(r.Answer.Drafts, r.Answer.Drafts[0])
	if _, err := o.Send(t.Context(), state, r); err != nil {
		t.Fatal(err)
	}
	got := rig.Wait(t, w.colleague, "INBOX", 1)[0]
	for name, want := range map[string]string{"Auto-Submitted": "auto-replied", "X-Loop": w.cfg.Address, "In-Reply-To": "<1@buerger.example>"} {
		if have := got.Field(name); have != want {
			t.Errorf("%s: got %q, want %q", name, have, want)
		}
	}
	text := texts([]mailtest.Mail{got})[0]
	for _, want := range []string{"Kurzfassung", "----- Entwurf 1 -----", "----- Ende des Entwurfs -----", "[bitte ergänzen: Antwort]",
		"<strong>", "Antwortentwurf 2.eml", "X-Unsent: 1", "jana@buerger.example", "Ohne Sprachmodell erstellt"} {
		contains1(t, text, want)
	}
	// The answer comes back (an auto-reply quotes it whole): no loop.
	rig.Submit(t, w.colleague, w.cfg.Address, got.Raw)
	until(t, "the loop to be cut", func() bool { return o.Stats().Skipped[skipOwn] == 1 })
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

func checks(t *testing.T, rig *mailtest.Rig) {
	w := newForwardBox(t, rig)
	for _, r := range connect(t, w.cfg).Check(t.Context()) {
		if r.Err != nil {
			t.Errorf("%s: %v", r.What, r.Err)
		}
	}
	l := newLetterBox(t, rig)
	for _, r := range connect(t, l.cfg).Check(t.Context()) {
		if r.Err != nil {
			t.Errorf("%s: %v", r.What, r.Err)
		}
	}
}

func shared(t *testing.T, rig *mailtest.Rig) {
	rig.Share(t, mailtest.Poststelle, mailtest.Bot)
	cfg := newLetterBox(t, rig).cfg
	cfg.User, cfg.Password, cfg.Address = mailtest.Bot, bots.NewSecret(rig.Password(mailtest.Bot)), mailtest.Poststelle
	cfg.Folder = "shared/" + mailtest.Poststelle + "/INBOX"
	cfg.Drafts = "shared/" + mailtest.Poststelle + "/Drafts"
	cfg.BriefFolder = "shared/" + mailtest.Poststelle + "/Amtsbote"
	rig.Put(t, mailtest.Poststelle, letter(1, "eins", nil))
	o := work(t, cfg, connectortest.NewState())
	m := o.wait(t, 1)[0]
	contains1(t, string(read(t, o, m.Files[0])), "eins")
	if _, err := o.Send(t.Context(), o.state, draftReply(m)); err != nil {
		t.Fatal(err)
	}
	for folder, want := range map[string]int{"Drafts": 1, "Amtsbote": 1} {
		if n := len(rig.Mails(t, mailtest.Poststelle, folder)); n != want {
			t.Errorf("got %d mails in %s, want %d", n, folder, want)
		}
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

// TestLog greps the log for what must never stand in it.
func TestLog(t *testing.T) {
	rig := mailtest.Start(t)
	var log lockedBuffer
	w := newForwardBox(t, rig)
	c := New(w.cfg, slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	o := workWith(t, c, connectortest.NewState())
	rig.Deliver(t, "jana@buerger.example", w.cfg.Address, letter(1, "Geheimtext", nil))
	rig.Deliver(t, w.colleague, w.cfg.Address, mailtest.Text("From: "+w.colleague, "Subject: Geheimnis", "", "Geheimtext"))
	w.Say(t, "Geheimtext", nil)
	r := draftReply(o.wait(t, 1)[0])
	o.Send(t.Context(), o.state, r)
	r.ID, r.To.Person = "other", "niemand@amt.test"
	_, err := o.Send(t.Context(), o.state, r)
	fmt.Fprintln(&log, err)
	o.end()
	fmt.Fprintln(&log, o.errors())
	if text := log.String(); !strings.Contains(text, skipOutsider) || err == nil {
		t.Errorf("log lacks what happened: %v\n%s", err, text)
	} else {
		for _, no := range []string{"jana", "Geheim", "Brief", w.colleague, "niemand", rig.Password(w.cfg.User)} {
			if strings.Contains(text, no) {
				t.Errorf("the log holds %q:\n%s", no, text)
			}
		}
	}
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(b)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
