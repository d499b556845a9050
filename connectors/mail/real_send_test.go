package mail

import (
	"bytes"
	netmail "net/mail"
	"slices"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"

	"amtsbote/bots"
	"amtsbote/connectors/connectortest"
	"amtsbote/connectors/mail/mailtest"
)

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
