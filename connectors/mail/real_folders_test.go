package mail

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"amtsbote/bots"
	"amtsbote/connectors/connectortest"
	"amtsbote/connectors/mail/mailtest"
)

// sharedBox is somebody's mailbox, watched by an account of the bot's through the
// shared namespace, with nothing set by hand.
func sharedBox(t *testing.T, rig *mailtest.Rig) (cfg Config, owner string) {
	cfg = newLetterBox(t, rig).cfg
	owner = rig.Box(t)
	rig.Share(t, owner, cfg.User)
	cfg.Address, cfg.Folders = owner, []string{"shared/" + owner + "/INBOX"}
	return cfg, owner
}

func shared(t *testing.T, rig *mailtest.Rig) {
	cfg, owner := sharedBox(t, rig)
	cfg.Class = bots.Confidential
	rig.Put(t, owner, letter(1, "eins", nil))
	o := work(t, cfg, connectortest.NewState())
	m := o.wait(t, 1)[0]
	contains1(t, string(read(t, o, m.Files[0])), "eins")
	if m.Class != bots.Confidential {
		t.Errorf("the letter has class %q", m.Class)
	}
	if _, err := o.Send(t.Context(), o.state, draftReply(m)); err != nil {
		t.Fatal(err)
	}
	for folder, want := range map[string]int{"Drafts": 1, "Amtsbote": 1} {
		if n := len(rig.Mails(t, owner, folder)); n != want {
			t.Errorf("got %d mails in %s, want %d", n, folder, want)
		}
		if n := len(rig.Mails(t, cfg.User, folder)); n != 0 {
			t.Errorf("%d mails are in %s of the bot's own mailbox", n, folder)
		}
	}
}

// sharedApart: what colleagues sent lies in the shared mailbox, and a letter is
// not looked for anywhere else.
func sharedApart(t *testing.T, rig *mailtest.Rig) {
	cfg, owner := sharedBox(t, rig)
	rig.Put(t, owner, letter(1, "eins", nil))
	rig.Put(t, cfg.User, letter(1, "eins", nil)) // the same letter came to the account too
	o := work(t, cfg, connectortest.NewState())
	m := o.wait(t, 1)[0]
	c := rig.Client(t, owner)
	defer c.Close()
	file(t, c, "Sent", mailtest.Text("From: "+owner, "In-Reply-To: <1@buerger.example>", "", "Die Antwort"), time.Now())
	if _, err := o.Send(t.Context(), o.state, draftReply(m)); err != nil || o.Stats().Answered != 1 {
		t.Errorf("Send: %v, %d answered: the colleague's answer was not seen", err, o.Stats().Answered)
	}
	c.Select("INBOX", nil).Wait()
	c.Store(imap.SeqSetNum(1), &imap.StoreFlags{Op: imap.StoreFlagsAdd, Flags: []imap.Flag{imap.FlagDeleted}}, nil).Close()
	if err := c.Expunge().Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := o.Open(t.Context(), o.state, m.Files[0]); !isRefusal(err) {
		t.Errorf("Open: got error %v, want a refusal: the letter was read from another mailbox", err)
	}
	// The other way round.
	own := cfg
	own.Address, own.Folders = cfg.User, nil
	o2 := work(t, own, connectortest.NewState())
	m = o2.wait(t, 1)[0]
	rig.Put(t, owner, letter(1, "eins", nil))
	c2 := rig.Client(t, cfg.User)
	defer c2.Close()
	if err := emptied(c2, "INBOX"); err != nil {
		t.Fatal(err)
	}
	if _, err := o2.Open(t.Context(), o2.state, m.Files[0]); !isRefusal(err) {
		t.Errorf("Open: got error %v, want a refusal: the letter was read from a shared mailbox", err)
	}
}

func emptied(c *imapclient.Client, folder string) error {
	if _, err := c.Select(folder, nil).Wait(); err != nil {
		return err
	}
	err := c.Store(imap.SeqSet{{Start: 1, Stop: 0}}, &imap.StoreFlags{Op: imap.StoreFlagsAdd, Flags: []imap.Flag{imap.FlagDeleted}}, nil).Close()
	return errors.Join(err, c.Expunge().Close())
}

func mixedFolders(t *testing.T, rig *mailtest.Rig) {
	cfg, _ := sharedBox(t, rig)
	cfg.Folders = append(cfg.Folders, "INBOX")
	o := work(t, cfg, connectortest.NewState())
	until(t, "the alarm", func() bool { return strings.Contains(o.Alarms()[alarmDrafts], "several mailboxes") })
}

// file puts a mail into a folder, as received at a time.
func file(t testing.TB, c *imapclient.Client, folder string, raw []byte, at time.Time) {
	t.Helper()
	cmd := c.Append(folder, int64(len(raw)), &imap.AppendOptions{Time: at})
	cmd.Write(raw)
	cmd.Close()
	if _, err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
}

func severalFolders(t *testing.T, rig *mailtest.Rig) {
	w := newLetterBox(t, rig)
	w.cfg.Folders = []string{"INBOX", "Formulare", "fehlt"}
	c := rig.Client(t, w.cfg.User)
	defer c.Close()
	if err := c.Create("Formulare", nil).Wait(); err != nil {
		t.Fatal(err)
	}
	state := connectortest.NewState()
	brisk := func(c *Connector) { c.reselect = 300 * time.Millisecond }
	o := connectAnd(t, w.cfg, state, brisk)
	until(t, "the two that are there", func() bool { return o.Stats().Receiving })
	file(t, c, "INBOX", letter(1, "eins", nil), time.Now())
	file(t, c, "Formulare", letter(2, "zwei", nil), time.Now())
	got := o.wait(t, 2)
	for n := range 2 {
		contains1(t, string(read(t, o, byThread(got, n+1).Files[0])), fmt.Sprintf("<%d@", n+1))
	}
	if alarm := o.Alarms()["folders[2]"]; len(o.Alarms()) != 1 || !strings.Contains(alarm, "cannot be opened") || strings.Contains(alarm, "fehlt") {
		t.Errorf("got alarms %q", o.Alarms())
	}
	if got := o.errors(); got != "[]" {
		t.Errorf("Receive failed: %s", got)
	}
	if err := c.Create("fehlt", nil).Wait(); err != nil {
		t.Fatal(err)
	}
	file(t, c, "fehlt", letter(3, "drei", nil), time.Now())
	o.wait(t, 3)
	until(t, "the alarm to end", func() bool { return len(o.Alarms()) == 0 })
	o.end()
	// Each folder has a position of its own: nothing is passed again.
	o = connectAnd(t, w.cfg, state, brisk)
	file(t, c, "Formulare", letter(4, "vier", nil), time.Now())
	o.wait(t, 1)
	until(t, "the mailbox", func() bool { return o.Stats().Receiving })
	if got := o.messages(); len(got) != 1 || byThread(got, 4).ID == "" {
		t.Errorf("passed %d letters after the restart, want the new one", len(got))
	}
	o.end()
	// None is left: then it is no alarm beside the work but the end of it.
	w.cfg.Folders = []string{"weg", "auch weg"}
	var closed *closedFolder
	if err := connect(t, w.cfg).Receive(t.Context(), state, nil); !errors.As(err, &closed) || strings.Contains(err.Error(), "weg") {
		t.Errorf("got error %v", err)
	}
}

// apart has the same letter come to two mailboxes.
func apart(t *testing.T, rig *mailtest.Rig) {
	var offices []*office
	for _, name := range []string{"buergerbuero", "bauamt"} {
		w := newLetterBox(t, rig)
		w.cfg.Name = name
		w.Say(t, "an beide", nil)
		o := work(t, w.cfg, connectortest.NewState())
		if _, err := o.Send(t.Context(), o.state, draftReply(o.wait(t, 1)[0])); err != nil {
			t.Fatal(err)
		}
		offices = append(offices, o)
	}
	var ids []string
	for _, o := range offices {
		drafts := rig.Mails(t, o.cfg.User, "Drafts")
		if len(drafts) != 1 || !strings.Contains(drafts[0].Field("From"), o.cfg.Address) {
			t.Fatalf("%d drafts, from %q", len(drafts), drafts[0].Field("From"))
		}
		ids = append(ids, drafts[0].Field("Message-ID"))
	}
	if ids[0] == ids[1] {
		t.Error("both drafts have the same Message-ID")
	}
}

// backlog puts n letters into a mailbox, the last of them received an hour and a
// minute ago.
func backlog(t testing.TB, rig *mailtest.Rig, w *letterBox, n int) {
	c := rig.Client(t, w.cfg.User)
	defer c.Close()
	w.cfg.Since = "2020-01-01"
	for i := range n {
		file(t, c, "INBOX", letter(i+1, "Guten Tag", nil), time.Now().Add(-time.Hour-time.Duration(n-i)*time.Minute))
	}
}

func backlogOrder(t *testing.T, rig *mailtest.Rig) {
	const letters = 3*chunk + 50
	w := newLetterBox(t, rig)
	backlog(t, rig, w, letters)
	c := connect(t, w.cfg)
	var order []bots.Message
	var left []int
	ctx, cancel := context.WithCancel(t.Context())
	accepted := make(chan bots.Message, 1) // one after the other
	accepted <- bots.Message{}
	err := c.Receive(ctx, connectortest.NewState(), func(_ context.Context, m bots.Message) error {
		<-accepted
		defer func() { accepted <- m }()
		order = append(order, m)
		if len(order)%chunk == 50 { // in the middle of each chunk a new one comes
			rig.Put(t, w.cfg.Address, letter(1000+len(order), "frisch", nil))
		}
		left = append(left, c.Stats().Backlog)
		if len(order) == letters+4 {
			cancel()
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	fresh := 0
	for i, m := range order {
		var n int
		fmt.Sscanf(m.Thread, "%d@", &n)
		if n > 1000 {
			fresh++
			if m.Prio != bots.PrioMail || i > (fresh+1)*chunk+20 {
				t.Errorf("fresh letter %d was accepted as number %d with priority %d", fresh, i, m.Prio)
			}
			continue
		}
		// Within a chunk conversations come in no order.
		if want := letters - (i-fresh)/chunk*chunk; n > want || n <= want-chunk {
			t.Errorf("letter %d was accepted as number %d", n, i)
		}
		if m.Prio != bots.PrioBacklog {
			t.Errorf("letter %d has priority %d", n, m.Prio)
		}
	}
	if fresh != 4 {
		t.Errorf("%d fresh letters, want 4", fresh)
	}
	if slices.Max(left) != letters-chunk || c.Stats().Backlog != 0 {
		t.Errorf("the figures say %d at most and %d at the end are left", slices.Max(left), c.Stats().Backlog)
	}
}

// backlogBroken has the bot fail again and again while it reads a backlog.
func backlogBroken(t *testing.T, rig *mailtest.Rig) {
	const letters = 3*chunk + 10
	w := newLetterBox(t, rig)
	backlog(t, rig, w, letters)
	state := connectortest.NewState()
	var mu sync.Mutex
	times, passed, runs := map[string]int{}, 0, 0
	for ; len(times) < letters && runs < 20; runs++ {
		ctx, cancel := context.WithCancel(t.Context())
		n := 0
		err := connect(t, w.cfg).Receive(ctx, state, func(_ context.Context, m bots.Message) error {
			mu.Lock()
			defer mu.Unlock()
			if n++; n > chunk+30 {
				return errors.New("the disk is full")
			}
			passed++
			if times[m.ID]++; len(times) == letters {
				cancel()
			}
			return nil
		})
		if cancel(); err == nil && len(times) < letters {
			t.Fatalf("Receive ended after %d letters without an error", len(times))
		}
	}
	if len(times) != letters {
		t.Errorf("%d letters were accepted, want %d", len(times), letters)
	}
	if most := letters + runs*30; passed > most || runs > 4 {
		t.Errorf("%d letters were passed in %d runs, want %d at most: each run began anew", passed, runs, most)
	}
	o := work(t, w.cfg, state) // ends the last chunk, if its position was not saved any more
	until(t, "the mailbox", func() bool { return o.Stats().Receiving })
	o.end()
	if n := len(o.messages()); n > chunk {
		t.Errorf("at the end %d letters are passed again", n)
	}
	o = work(t, w.cfg, state)
	until(t, "the mailbox", func() bool { return o.Stats().Receiving })
	if n := len(o.messages()); n != 0 {
		t.Errorf("after the end %d letters are passed again", n)
	}
}
