package mail

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"amtsbote/bots"
	"amtsbote/connectors/connectortest"
	"amtsbote/connectors/mail/mailtest"
)

// again is a further letter of the thread that the first one began.
func again(n int, root int) []byte {
	return bytes.Replace(letter(n, "Noch etwas", nil), []byte("MIME-Version"),
		fmt.Appendf(nil, "References: <%d@buerger.example>\r\nMIME-Version", root), 1)
}

// bare is a reply without a brief.
func bare(m bots.Message) bots.Reply {
	r := draftReply(m)
	r.Answer.Text = bots.Text{}
	return r
}

func send(t *testing.T, o *office, r bots.Reply) {
	t.Helper()
	if _, err := o.Send(t.Context(), o.state, r); err != nil {
		t.Fatal(err)
	}
}

// drafts returns which letters the drafts answer.
func drafts(t testing.TB, rig *mailtest.Rig, w *letterBox) (letters string) {
	for _, m := range rig.Mails(t, w.cfg.User, "Drafts") {
		letters += strings.TrimSuffix(strings.TrimPrefix(m.Field("In-Reply-To"), "<"), "@buerger.example>") + " "
	}
	return strings.TrimSpace(letters)
}

// replaces looks at what becomes of the draft for the first letter when the
// second one of the thread comes.
func replaces(t *testing.T, rig *mailtest.Rig) {
	tests := map[string]struct {
		touch  func(*testing.T, *imapclient.Client, *letterBox) // what a person does to the first draft
		second []byte
		reply  func(*bots.Reply)
		unsure bool // the process ended before it noted where the server put the draft
		want   string
	}{
		"a draft that nobody touched is replaced":          {want: "2"},
		"also if it is not known where the server put it":  {unsure: true, want: "2"},
		"one that was marked with a star stays":            {touch: store(imap.StoreFlagsAdd, imap.FlagFlagged), want: "1 2"},
		"one that was marked as answered stays":            {touch: store(imap.StoreFlagsAdd, imap.FlagAnswered), want: "1 2"},
		"one that was marked with a word stays":            {touch: store(imap.StoreFlagsAdd, "Ruf"), want: "1 2"},
		"one that was marked as unread stays":              {touch: store(imap.StoreFlagsDel, imap.FlagSeen), want: "1 2"},
		"one that is marked as no draft stays":             {touch: store(imap.StoreFlagsDel, imap.FlagDraft), want: "1 2"},
		"one that a person marked as deleted stays":        {touch: store(imap.StoreFlagsAdd, imap.FlagDeleted), want: "1 2"},
		"one of which a byte was changed stays":            {touch: rewrite(func(b []byte) []byte { return bytes.Replace(b, []byte("Wieczorek"), []byte("Wieczorec"), 1) }), unsure: true, want: "1 2"},
		"one to which something was added stays":           {touch: rewrite(func(b []byte) []byte { return append(b, ' ') }), unsure: true, want: "1 2"},
		"one that was moved and moved back stays":          {touch: awayAndBack, want: "1 2"},
		"one of which a copy was made stays, with it":      {touch: rewrite(nil), unsure: true, want: "1 1 2"},
		"another's letter in the thread replaces nothing":  {second: bytes.Replace(again(2, 1), []byte("jana@"), []byte("udo@"), 1), want: "1 2"},
		"an answer to another address replaces nothing":    {reply: func(r *bots.Reply) { r.Answer.Drafts[0].To = []string{"udo@buerger.example"} }, want: "1 2"},
		"a letter of another thread replaces nothing":      {second: again(2, 7), want: "1 2"},
		"a letter that is owed no draft replaces nothing":  {reply: func(r *bots.Reply) { r.Answer.Drafts = nil }, want: "1"},
		"two drafts for one letter take the place of one":  {reply: func(r *bots.Reply) { r.Answer.Drafts = append(r.Answer.Drafts, r.Answer.Drafts[0]) }, want: "2 2"},
		"the draft of another that resembles it is spared": {touch: stranger, unsure: true, want: "1 2"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := newLetterBox(t, rig)
			o := work(t, w.cfg, connectortest.NewState())
			w.Say(t, "eins", nil)
			send(t, o, bare(o.wait(t, 1)[0]))
			if tt.unsure {
				forget(t, o.state)
			}
			if tt.touch != nil {
				c := rig.Client(t, w.cfg.User)
				c.Select("Drafts", nil).Wait()
				tt.touch(t, c, w)
				c.Close()
			}
			if tt.second == nil {
				tt.second = again(2, 1)
			}
			rig.Put(t, w.cfg.Address, tt.second)
			r := bare(o.wait(t, 2)[1])
			if tt.reply != nil {
				tt.reply(&r)
			}
			for range 2 {
				send(t, o, r)
			}
			if got := drafts(t, rig, w); got != tt.want {
				t.Errorf("got drafts for %q, want %q", got, tt.want)
			}
		})
	}
}

// store has a person change a flag of the first draft.
func store(op imap.StoreFlagsOp, flag imap.Flag) func(*testing.T, *imapclient.Client, *letterBox) {
	return func(t *testing.T, c *imapclient.Client, _ *letterBox) {
		if err := c.Store(imap.SeqSetNum(1), &imap.StoreFlags{Op: op, Flags: []imap.Flag{flag}}, nil).Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// forget takes from the trails where the server put the drafts.
func forget(t *testing.T, s *connectortest.State) {
	values := map[string][]byte{}
	err := s.Each(t.Context(), "draft/", func(key string, b []byte) error {
		var tr trail
		if err := json.Unmarshal(b, &tr); err != nil {
			return err
		}
		tr.Drafts[0].UID, tr.Drafts[0].Validity = 0, 0
		values[key], _ = json.Marshal(tr)
		return nil
	})
	if err != nil || len(values) != 1 {
		t.Fatalf("got %d trails, %v", len(values), err)
	}
	if err := s.Put(t.Context(), values, 0); err != nil {
		t.Fatal(err)
	}
}

// rewrite has a person change the first draft as a mail program does: by a new
// mail in place of the old one. Without a change it is a copy beside it.
func rewrite(change func([]byte) []byte) func(*testing.T, *imapclient.Client, *letterBox) {
	return func(t *testing.T, c *imapclient.Client, w *letterBox) {
		raw := w.rig.Mails(t, w.cfg.User, "Drafts")[0].Raw
		if change != nil {
			raw = change(bytes.Clone(raw))
			c.Store(imap.SeqSetNum(1), &imap.StoreFlags{Op: imap.StoreFlagsAdd, Flags: []imap.Flag{imap.FlagDeleted}}, nil).Close()
			if err := c.Expunge().Close(); err != nil {
				t.Fatal(err)
			}
		}
		put(t, c, raw)
	}
}

// put appends a mail with the flags of a fresh draft.
func put(t *testing.T, c *imapclient.Client, raw []byte) {
	cmd := c.Append("Drafts", int64(len(raw)), &imap.AppendOptions{Flags: []imap.Flag{imap.FlagDraft, imap.FlagSeen}})
	cmd.Write(raw)
	cmd.Close()
	if _, err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
}

func awayAndBack(t *testing.T, c *imapclient.Client, _ *letterBox) {
	for _, way := range [][2]string{{"Drafts", "Trash"}, {"Trash", "Drafts"}} {
		c.Select(way[0], nil).Wait()
		if _, err := c.Move(imap.SeqSetNum(1), way[1]).Wait(); err != nil {
			t.Fatal(err)
		}
	}
}

// stranger takes our draft away and puts a person's own there, with its Message-ID.
func stranger(t *testing.T, c *imapclient.Client, w *letterBox) {
	rewrite(func(raw []byte) []byte {
		head, _, _ := bytes.Cut(raw, []byte("\r\n\r\n"))
		return append(head, "\r\n\r\nSehr geehrte Frau Wieczorek\r\n"...)
	})(t, c, w)
}

// lateRetry sends the reply to an older letter after that to the newer one.
func lateRetry(t *testing.T, rig *mailtest.Rig) {
	w := newLetterBox(t, rig)
	o := work(t, w.cfg, connectortest.NewState())
	w.Say(t, "eins", nil)
	first := o.wait(t, 1)[0]
	rig.Put(t, w.cfg.Address, again(2, 1))
	second := o.wait(t, 2)[1]
	send(t, o, bare(first))
	send(t, o, bare(second))
	send(t, o, draftReply(first)) // it is not known that it was sent
	if got := drafts(t, rig, w); got != "2" {
		t.Errorf("got drafts for %q, want that of the newer letter", got)
	}
	if n := len(rig.Mails(t, w.cfg.User, "Amtsbote")); n != 1 || o.Stats().Superseded != 1 || o.Stats().Replaced != 1 {
		t.Errorf("got %d briefs, stats %+v; want the brief of the older letter all the same", n, o.Stats())
	}
	// A third letter has the second one's draft replaced.
	rig.Put(t, w.cfg.Address, again(3, 1))
	send(t, o, bare(o.wait(t, 3)[2]))
	if got := drafts(t, rig, w); got != "3" {
		t.Errorf("got drafts for %q, want 3", got)
	}
}

// replaceCut cuts the connection after each of the client's messages in turn,
// whether or not the server has heard it, and sends again as after a restart:
// one draft must be there each time.
func replaceCut(t *testing.T, rig *mailtest.Rig) {
	w := newLetterBox(t, rig)
	real := w.cfg
	cuts := 0
	for n := 1; n < 100; n++ {
		for _, heard := range []bool{false, true} {
			state := connectortest.NewState()
			first, second := message(w.cfg, 2*n, 2*n), message(w.cfg, 2*n+1, 2*n)
			good := connect(t, real)
			if _, err := good.Send(t.Context(), state, bare(first)); err != nil {
				t.Fatal(err)
			}
			f := newFuse(t, rig.IMAPS, n, heard)
			w.cfg.Server = f.addr
			_, err := connect(t, w.cfg).Send(t.Context(), state, bare(second))
			f.Close()
			if _, err := connect(t, real).Send(t.Context(), state, bare(second)); err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, m := range rig.Mails(t, w.cfg.User, "Drafts") {
				if strings.HasPrefix(m.Field("References"), fmt.Sprintf("<%d@", 2*n)) {
					got = append(got, m.Field("In-Reply-To"))
				}
			}
			if len(got) != 1 || got[0] != fmt.Sprintf("<%d@buerger.example>", 2*n+1) {
				t.Errorf("cut after %d messages, the last one heard %v: got drafts for %v", n, heard, got)
			}
			emptyDrafts(t, rig, w)
			if err == nil && !f.blown() {
				if cuts < 10 {
					t.Errorf("only %d cuts: the test shows little", cuts)
				}
				return
			}
			cuts++
		}
	}
	t.Error("no end of messages")
}

// message is the nth letter as Receive passes it, without a letter.
func message(cfg Config, n, root int) bots.Message {
	ref := reference{MessageID: fmt.Sprintf("%d@buerger.example", n), ID: fmt.Sprint(n), Received: time.Now().Unix() + int64(n), Author: "jana"}
	if n != root {
		ref.References = []string{fmt.Sprintf("%d@buerger.example", root)}
	}
	return bots.Message{Connector: cfg.Name, ID: ref.ID, Room: cfg.Address, Sender: cfg.Address, Watched: true,
		Thread: fmt.Sprintf("%d@buerger.example", root), Subject: "Brief", Ref: ref.String()}
}

func emptyDrafts(t *testing.T, rig *mailtest.Rig, w *letterBox) {
	t.Helper()
	c := rig.Client(t, w.cfg.User)
	defer c.Close()
	c.Select("Drafts", nil).Wait()
	c.Store(imap.SeqSet{{Start: 1, Stop: 0}}, &imap.StoreFlags{Op: imap.StoreFlagsAdd, Flags: []imap.Flag{imap.FlagDeleted}}, nil).Close()
	if err := c.Expunge().Close(); err != nil {
		t.Fatal(err)
	}
}

// failingState loses its nth write and all after it: the process has ended there.
type failingState struct {
	*connectortest.State
	left int
}

var errEnded = errors.New("ended")

func (s *failingState) Put(ctx context.Context, v map[string][]byte, keep time.Duration) error {
	if s.left--; s.left < 0 {
		return errEnded
	}
	return s.State.Put(ctx, v, keep)
}

// replaceKilled ends the process at each of its notes in turn.
func replaceKilled(t *testing.T, rig *mailtest.Rig) {
	w := newLetterBox(t, rig)
	for n := 0; ; n++ {
		state := connectortest.NewState()
		if _, err := connect(t, w.cfg).Send(t.Context(), state, bare(message(w.cfg, 2*n, 2*n))); err != nil {
			t.Fatal(err)
		}
		second := bare(message(w.cfg, 2*n+1, 2*n))
		_, ended := connect(t, w.cfg).Send(t.Context(), &failingState{state, n}, second)
		if _, err := connect(t, w.cfg).Send(t.Context(), state, second); err != nil {
			t.Fatal(err)
		}
		if got, want := drafts(t, rig, w), fmt.Sprint(2*n+1); got != want {
			t.Errorf("ended at note %d: got drafts for %q, want %q", n, got, want)
		}
		emptyDrafts(t, rig, w)
		if ended == nil {
			if n < 3 {
				t.Errorf("only %d notes: the test shows little", n)
			}
			return
		}
	}
}

// flagsMeanwhile has a person mark a draft between our look and our deletion.
func flagsMeanwhile(t *testing.T, rig *mailtest.Rig) {
	w := newLetterBox(t, rig)
	c := connect(t, w.cfg)
	state := connectortest.NewState()
	m := message(w.cfg, 1, 1)
	if _, err := c.Send(t.Context(), state, bare(m)); err != nil {
		t.Fatal(err)
	}
	tr, err := loadTrail(t.Context(), state, trailKey(bare(m), reference{Author: "jana"}))
	if err != nil || len(tr.Drafts) != 1 || tr.Drafts[0].UID == 0 {
		t.Fatalf("got %+v, %v", tr, err)
	}
	k, err := c.dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer k.close()
	gone, err := k.remove(t.Context(), &tr.Drafts[0], func() error {
		p := rig.Client(t, w.cfg.User)
		defer p.Close()
		p.Select("Drafts", nil).Wait()
		return p.Store(imap.SeqSetNum(1), &imap.StoreFlags{Op: imap.StoreFlagsAdd, Flags: []imap.Flag{imap.FlagFlagged}}, nil).Close()
	})
	if err != nil || gone {
		t.Errorf("got %v, %v", gone, err)
	}
	left := rig.Mails(t, w.cfg.User, "Drafts")
	if len(left) != 1 || len(left[0].Flags) > 4 {
		t.Errorf("the draft was deleted: %v", left)
	}
}

// noUIDPlus is a server that cannot delete one mail.
func noUIDPlus(t *testing.T, rig *mailtest.Rig) {
	w := newLetterBox(t, rig)
	c := connect(t, w.cfg)
	dial := c.dial
	c.pool = newPool(1, func(ctx context.Context) (*conn, error) {
		k, err := dial(ctx)
		if err == nil {
			k.caps = k.caps.Copy()
			delete(k.caps, imap.CapUIDPlus)
		}
		return k, err
	})
	state := connectortest.NewState()
	for n := 1; n <= 2; n++ {
		if _, err := c.Send(t.Context(), state, bare(message(w.cfg, n, 1))); err != nil {
			t.Fatal(err)
		}
	}
	if got := drafts(t, rig, w); got != "1 2" {
		t.Errorf("got drafts for %q, want both", got)
	}
}

// mayNotDelete is a mailbox of somebody else in which the bot may write only.
func mayNotDelete(t *testing.T, rig *mailtest.Rig) {
	w := newLetterBox(t, rig)
	owner := w.cfg.User
	rig.Share(t, owner, mailtest.Anna)
	w.cfg.User, w.cfg.Password = mailtest.Anna, bots.NewSecret(rig.Password(mailtest.Anna))
	w.cfg.Drafts = "shared/" + owner + "/Drafts"
	state := connectortest.NewState()
	for n, rights := range []string{"", "write-deleted"} {
		if rights != "" {
			rig.Doveadm(t, "acl", "add", "-u", owner, "Drafts", "user="+mailtest.Anna, rights)
		}
		c := connect(t, w.cfg) // a session keeps the rights it began with
		if _, err := c.Send(t.Context(), state, bare(message(w.cfg, 2*n+1, 1))); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Send(t.Context(), state, bare(message(w.cfg, 2*n+2, 1))); err != nil {
			t.Fatal(err)
		}
	}
	mails := rig.Mails(t, owner, "Drafts")
	if len(mails) != 4 {
		t.Errorf("got %d drafts, want all", len(mails))
	}
	for _, m := range mails {
		for _, f := range m.Flags {
			if f == imap.FlagDeleted {
				t.Error("a draft is left marked as deleted")
			}
		}
	}
}
