package mail

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"amtsbote/bots"
	"amtsbote/connectors/connectortest"
	"amtsbote/connectors/mail/mailtest"
)

// readCut cuts the connection after each of the client's messages, heard by the
// server or not, while letters are read.
func readCut(t *testing.T, rig *mailtest.Rig) {
	const letters = 250 // a backlog, in three chunks
	w := newLetterBox(t, rig)
	backlog(t, rig, w, letters)
	for n, done := 1, false; !done; n++ {
		for _, heard := range []bool{true, false} {
			cfg, state := w.cfg, connectortest.NewState()
			f := newFuse(t, rig.IMAPS, n, heard)
			cfg.Server = f.addr
			o := work(t, cfg, state)
			until(t, "the cut", func() bool { return f.blown() || o.Stats().Receiving })
			done = !f.blown()
			o.end()
			f.Close()
			before := o.messages()
			o = work(t, w.cfg, state)
			until(t, "the mailbox", func() bool { return o.Stats().Receiving })
			seen := map[string]bool{}
			for _, m := range append(before, o.messages()...) {
				seen[m.ID] = true
			}
			if len(seen) != letters {
				t.Fatalf("cut after message %d (heard: %v): %d letters were accepted, want %d", n, heard, len(seen), letters)
			}
			o.end()
		}
		if n > 200 {
			t.Fatal("there is no end")
		}
	}
}

func quotaFull(t *testing.T, rig *mailtest.Rig) {
	w, other := newLetterBox(t, rig), newLetterBox(t, rig)
	w.Say(t, "eins", nil)
	other.Say(t, "zwei", nil)
	rig.Quota(t, w.cfg.User, "*:messages=1")
	o, rest := work(t, w.cfg, connectortest.NewState()), work(t, other.cfg, connectortest.NewState())
	m := o.wait(t, 1)[0]
	_, err := o.Send(t.Context(), o.state, draftReply(m))
	if err == nil || isRefusal(err) {
		t.Errorf("Send: got %v, want an error that is tried again", err)
	}
	if text := o.Alarms()[alarmDrafts]; !strings.Contains(text, "mailbox is full") || strings.Contains(text, w.cfg.User) {
		t.Errorf("got alarms %q", o.Alarms())
	}
	read(t, o, m.Files[0]) // the rest goes on
	if _, err := rest.Send(t.Context(), rest.state, draftReply(rest.wait(t, 1)[0])); err != nil || len(rest.Alarms()) != 0 {
		t.Errorf("another mailbox: %v, %q", err, rest.Alarms())
	}
	rig.Quota(t, w.cfg.User, "")
	o.pool.close() // the server keeps a session's limit
	if _, err := o.Send(t.Context(), o.state, draftReply(m)); err != nil || len(o.Alarms()) != 0 {
		t.Errorf("with room again: %v, alarms %q", err, o.Alarms())
	}
	if n := len(rig.Mails(t, w.cfg.User, "Drafts")); n != 1 {
		t.Errorf("got %d drafts, want 1", n)
	}
}

func draftsGone(t *testing.T, rig *mailtest.Rig) {
	w := newLetterBox(t, rig)
	c := rig.Client(t, w.cfg.User)
	defer c.Close()
	w.cfg.Drafts = "Entwürfe der Maschine"
	for n := range 2 {
		w.Say(t, fmt.Sprint(n), nil)
	}
	if err := c.Create(w.cfg.Drafts, nil).Wait(); err != nil {
		t.Fatal(err)
	}
	o := work(t, w.cfg, connectortest.NewState())
	got := o.wait(t, 2)
	send := func(m bots.Message) error {
		_, err := o.Send(t.Context(), o.state, draftReply(m))
		return err
	}
	if err := send(got[0]); err != nil {
		t.Fatal(err)
	}
	if err := c.Delete(w.cfg.Drafts).Wait(); err != nil {
		t.Fatal(err)
	}
	if err := send(got[1]); err == nil || isRefusal(err) {
		t.Errorf("Send: got %v, want an error that is tried again", err)
	}
	if text := o.Alarms()[alarmDrafts]; !strings.Contains(text, "missing") || strings.Contains(text, "Maschine") {
		t.Errorf("got alarms %q", o.Alarms())
	}
	if err := c.Create(w.cfg.Drafts, nil).Wait(); err != nil {
		t.Fatal(err)
	}
	if err := send(got[1]); err != nil || len(o.Alarms()) != 0 {
		t.Errorf("with the folder again: %v, alarms %q", err, o.Alarms())
	}
	// Found by its mark, it may be another one next time.
	o.end()
	w.cfg.Drafts = ""
	o = work(t, w.cfg, o.state)
	until(t, "the folders", func() bool { return o.Stats().Receiving })
	if err := c.Delete("Drafts").Wait(); err != nil {
		t.Fatal(err)
	}
	w.Say(t, "drei", nil)
	m := o.wait(t, 1)[0]
	for end := time.Now().Add(20 * time.Second); send(m) != nil; {
		if time.Now().After(end) {
			t.Fatalf("no draft is written any more: %q", o.Alarms())
		}
	}
	if n := len(rig.Mails(t, w.cfg.User, "Drafts")); n != 1 {
		t.Errorf("got %d drafts, want 1", n)
	}
}
