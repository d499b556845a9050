package mail

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"amtsbote/bots"
	"amtsbote/connectors/connectortest"
	"amtsbote/connectors/mail/mailtest"
)

// TestRealDaily holds what happens once a day to its promises, against a real
// Dovecot and Postfix.
func TestRealDaily(t *testing.T) {
	rig := mailtest.Start(t)
	tests := []struct {
		name string
		test func(*testing.T, *mailtest.Rig)
	}{
		{"an old draft goes if nobody has touched it", expires},
		{"no draft expires on a server that cannot delete one mail", expiresNoUIDPlus},
		{"no draft expires where the bot may not delete", expiresNoRight},
		{"each day has one count, wherever the process ends", dailyKilled},
		{"each day has one count, wherever the connection is cut", dailyCut},
		{"the count goes to the colleagues once", dailyTo},
		{"the running bot counts by itself", dailyRuns},
		{"a count has numbers and nothing of a letter", dailyNumbers},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { tt.test(t, rig) })
	}
}

// daysOn is a connector some days from now, at noon.
func daysOn(t *testing.T, cfg Config, days int) *Connector {
	c := connect(t, cfg)
	noon := time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, days).Add(12 * time.Hour)
	c.now = func() time.Time { return noon }
	t.Cleanup(c.pool.close)
	return c
}

// day does a day's work.
func day(t *testing.T, c *Connector, s bots.State) {
	t.Helper()
	defer c.pool.close() // the rig has a hundred connections, and a test many days
	if err := c.daily(t.Context(), s); err != nil {
		t.Fatal(err)
	}
}

// drafted is a mailbox with untouched drafts for n letters, and its State.
func drafted(t *testing.T, w *letterBox, n int) *connectortest.State {
	t.Helper()
	state := connectortest.NewState()
	c := daysOn(t, w.cfg, 0)
	day(t, c, state)
	for i := range n {
		if _, err := c.Send(t.Context(), state, bare(message(w.cfg, i+1, i+1))); err != nil {
			t.Fatal(err)
		}
	}
	c.pool.close()
	return state
}

func expires(t *testing.T, rig *mailtest.Rig) {
	days := func(n int) func(*Config) { return func(c *Config) { c.ExpireDays = &n } }
	tests := map[string]struct {
		touch  func(*testing.T, *imapclient.Client, *letterBox)
		change func(*Config)
		days   int
		unsure bool // it is not known where the server put it
		want   string
	}{
		"nobody touched it":               {days: 31, want: ""},
		"nor is it known where it is":     {days: 31, unsure: true, want: ""},
		"it is not old enough":            {days: 29, want: "1"},
		"fewer days are configured":       {days: 8, change: days(7), want: ""},
		"never is configured":             {days: 120, change: days(0), want: "1"},
		"a star":                          {days: 31, touch: store(imap.StoreFlagsAdd, imap.FlagFlagged), want: "1"},
		"a word":                          {days: 31, touch: store(imap.StoreFlagsAdd, "Ruf"), want: "1"},
		"unread":                          {days: 31, touch: store(imap.StoreFlagsDel, imap.FlagSeen), want: "1"},
		"marked as deleted by a person":   {days: 31, touch: store(imap.StoreFlagsAdd, imap.FlagDeleted), want: "1"},
		"a byte was changed":              {days: 31, touch: rewrite(func(b []byte) []byte { return bytes.Replace(b, []byte("Wieczorek"), []byte("Wieczorec"), 1) }), unsure: true, want: "1"},
		"moved and moved back":            {days: 31, touch: awayAndBack, want: "1"},
		"a copy was made":                 {days: 31, touch: rewrite(nil), unsure: true, want: "1 1"},
		"a person's own with its ID":      {days: 31, touch: stranger, unsure: true, want: "1"},
		"counts are off, drafts still go": {days: 31, change: func(c *Config) { c.Daily = "off" }, want: ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := newLetterBox(t, rig)
			if tt.change != nil {
				tt.change(&w.cfg)
			}
			state := drafted(t, w, 1)
			if tt.unsure {
				forget(t, state)
			}
			if tt.touch != nil {
				c := rig.Client(t, w.cfg.User)
				c.Select("Drafts", nil).Wait()
				tt.touch(t, c, w)
				c.Close()
			}
			c := daysOn(t, w.cfg, tt.days)
			day(t, c, state)
			if got := strings.TrimSpace(drafts(t, rig, w)); strings.ReplaceAll(got, "  ", " ") != tt.want {
				t.Errorf("got drafts for %q, want %q", got, tt.want)
			}
			want := 0
			if tt.want == "" {
				want = 1
			}
			if got := c.Stats().Expired; got != want {
				t.Errorf("%d expired", got)
			}
			// A letter that comes after that finds its way.
			if _, err := c.Send(t.Context(), state, bare(message(w.cfg, 2, 1))); err != nil {
				t.Fatal(err)
			}
			if got := drafts(t, rig, w); !strings.HasSuffix(got, "2") {
				t.Errorf("the next letter has no draft: %q", got)
			}
		})
	}
}

func expiresNoUIDPlus(t *testing.T, rig *mailtest.Rig) {
	w := newLetterBox(t, rig)
	state := drafted(t, w, 2)
	c := daysOn(t, w.cfg, 31)
	dial := c.dial
	c.pool = newPool(1, func(ctx context.Context) (*conn, error) {
		k, err := dial(ctx)
		if err == nil {
			k.caps = k.caps.Copy()
			delete(k.caps, imap.CapUIDPlus)
		}
		return k, err
	})
	day(t, c, state)
	if got := drafts(t, rig, w); got != "1 2" || c.Stats().Expired != 0 {
		t.Errorf("got drafts for %q", got)
	}
	day(t, daysOn(t, w.cfg, 32), state) // another server: now it can
	if got := drafts(t, rig, w); got != "" {
		t.Errorf("got drafts for %q", got)
	}
}

func expiresNoRight(t *testing.T, rig *mailtest.Rig) {
	w := newLetterBox(t, rig)
	owner := w.cfg.User
	rig.Share(t, owner, mailtest.Bernd)
	w.cfg.User, w.cfg.Password = mailtest.Bernd, bots.NewSecret(rig.Password(mailtest.Bernd))
	w.cfg.Drafts, w.cfg.Daily = "shared/"+owner+"/Drafts", "off"
	state := drafted(t, w, 1)
	day(t, daysOn(t, w.cfg, 31), state)
	mails := rig.Mails(t, owner, "Drafts")
	if len(mails) != 1 || strings.Contains(fmt.Sprint(mails[0].Flags), "Deleted") {
		t.Errorf("got %d drafts, %v", len(mails), mails)
	}
}

// counts returns the texts of the counts in a folder.
func counts(t *testing.T, rig *mailtest.Rig, user, folder string) (all []string) {
	t.Helper()
	for _, m := range rig.Mails(t, user, folder) {
		if text := decoded(m.Raw); strings.Contains(text, "bersicht") {
			all = append(all, text)
		}
	}
	return all
}

// dailyKilled ends the process at each of its notes in turn.
func dailyKilled(t *testing.T, rig *mailtest.Rig) {
	for n := 0; ; n++ {
		w := newLetterBox(t, rig)
		state := drafted(t, w, 2)
		c := daysOn(t, w.cfg, 31)
		ended := c.daily(t.Context(), &failingState{state, n})
		c.pool.close()
		for range 2 {
			day(t, daysOn(t, w.cfg, 31), state)
		}
		got := counts(t, rig, w.cfg.User, "Amtsbote")
		if len(got) != 1 || !strings.Contains(got[0], "niemand angefasst hat: *2*") && !strings.Contains(got[0], "niemand angefasst hat: 2") {
			t.Errorf("ended at note %d: got %d counts:\n%s", n, len(got), strings.Join(got, "\n"))
		}
		if d := drafts(t, rig, w); d != "" {
			t.Errorf("ended at note %d: got drafts for %q", n, d)
		}
		if ended == nil {
			if n < 5 {
				t.Errorf("only %d notes: the test shows little", n)
			}
			return
		}
	}
}

// dailyCut cuts the connection after each of the client's messages in turn.
func dailyCut(t *testing.T, rig *mailtest.Rig) {
	for n := 1; n < 200; n++ {
		w := newLetterBox(t, rig)
		state := drafted(t, w, 1)
		real := w.cfg
		f := newFuse(t, rig.IMAPS, n, n%2 == 0)
		w.cfg.Server = f.addr
		c := daysOn(t, w.cfg, 31)
		err := c.daily(t.Context(), state)
		c.pool.close()
		f.Close()
		day(t, daysOn(t, real, 31), state)
		if got := counts(t, rig, real.User, "Amtsbote"); len(got) != 1 || drafts(t, rig, w) != "" {
			t.Errorf("cut after %d messages: got %d counts, drafts for %q", n, len(got), drafts(t, rig, w))
		}
		if err == nil && !f.blown() {
			if n < 15 {
				t.Errorf("only %d cuts: the test shows little", n)
			}
			return
		}
	}
	t.Error("no end of messages")
}

func dailyTo(t *testing.T, rig *mailtest.Rig) {
	w := newLetterBox(t, rig)
	team := rig.Box(t)
	w.cfg.BriefTo, w.cfg.SMTP = team, SMTP{Server: rig.Submission}
	state := drafted(t, w, 1)
	for days := 1; days <= 2; days++ {
		c := daysOn(t, w.cfg, days)
		day(t, c, state)
		b, err := state.Get(t.Context(), keyDaily)
		if err != nil {
			t.Fatal(err)
		}
		// As after a kill before the end was noted.
		if err := state.Put(t.Context(), map[string][]byte{keyDaily: bytes.Replace(b, []byte(c.now().Format(time.DateOnly)), []byte("2000-01-01"), 1)}, 0); err != nil {
			t.Fatal(err)
		}
		day(t, daysOn(t, w.cfg, days), state)
		rig.Wait(t, team, "INBOX", days)
	}
	// Killed while the third one was sent: nobody knows whether it arrived.
	third := daysOn(t, w.cfg, 3)
	if err := state.Put(t.Context(), map[string][]byte{"smtp/" + third.id("daily", third.now().Format(time.DateOnly)): []byte("intent")}, 0); err != nil {
		t.Fatal(err)
	}
	day(t, third, state)
	got := rig.Wait(t, team, "INBOX", 2)
	if len(got) != 2 {
		t.Fatalf("got %d counts in two days", len(got))
	}
	if got[0].Field("Auto-Submitted") != "auto-generated" || got[0].Field("X-Loop") != w.cfg.Address || len(counts(t, rig, w.cfg.User, "Amtsbote")) != 0 {
		t.Errorf("got\n%s", got[0].Raw)
	}
}

// dailyRuns has Receive do it, while letters come in, over a night.
func dailyRuns(t *testing.T, rig *mailtest.Rig) {
	w := newLetterBox(t, rig)
	var ahead atomic.Int64
	o := connectAnd(t, w.cfg, connectortest.NewState(), func(c *Connector) {
		c.tick = 10 * time.Millisecond
		c.now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	})
	w.Say(t, "eins", nil)
	send(t, o, draftReply(o.wait(t, 1)[0]))
	until(t, "the first mark", func() bool { b, _ := o.state.Get(t.Context(), keyDaily); return b != nil })
	until(t, "the letter to be noted", func() bool { return noted(t, o.state) == 1 })
	ahead.Store(int64(24 * time.Hour))
	until(t, "the count", func() bool { return len(counts(t, rig, w.cfg.User, "Amtsbote")) == 1 })
	text := counts(t, rig, w.cfg.User, "Amtsbote")[0]
	for _, want := range []string{"Eingegangene Briefe: 1", "abgelegt: 1", "niemand angefasst hat: 1, der"} {
		contains1(t, text, want)
	}
	o.end()
	again := connectAnd(t, w.cfg, o.state, func(c *Connector) { c.tick, c.now = 10*time.Millisecond, o.now })
	until(t, "the mailbox", func() bool { return again.Stats().Receiving })
	w.Say(t, "zwei", nil)
	again.wait(t, 1)
	if n := len(counts(t, rig, w.cfg.User, "Amtsbote")); n != 1 {
		t.Errorf("got %d counts after a restart", n)
	}
}

// noted is how many letters have been counted so far.
func noted(t *testing.T, s bots.State) (n int) {
	if err := s.Each(t.Context(), tallyIn, func(string, []byte) error { n++; return nil }); err != nil {
		t.Fatal(err)
	}
	return n
}

func dailyNumbers(t *testing.T, rig *mailtest.Rig) {
	w := newLetterBox(t, rig)
	o := work(t, w.cfg, connectortest.NewState())
	until(t, "the mailbox", func() bool { return o.Stats().Receiving })
	for n := range 3 {
		w.Say(t, "GEHEIM", nil)
		r := draftReply(o.wait(t, n+1)[n])
		switch n {
		case 1:
			r.Answer.Drafts, r.Answer.Notice.Plain = nil, true
		case 2:
			c := rig.Client(t, w.cfg.User)
			c.Select("INBOX", nil).Wait()
			c.Store(imap.SeqSetNum(3), &imap.StoreFlags{Op: imap.StoreFlagsAdd, Flags: []imap.Flag{imap.FlagAnswered}}, nil).Close()
			c.Close()
		}
		send(t, o, r)
	}
	until(t, "the letters to be noted", func() bool { return noted(t, o.state) == 3 })
	o.end()
	day(t, daysOn(t, w.cfg, 1), o.state)
	got := counts(t, rig, w.cfg.User, "Amtsbote")
	if len(got) != 1 {
		t.Fatalf("got %d counts", len(got))
	}
	for _, want := range []string{"Eingegangene Briefe: 3", "abgelegt: 1", "Schon beantwortet, darum kein Entwurf: 1", "bitte von Hand beantworten: 1", "niemand angefasst hat: 1"} {
		contains1(t, strings.ReplaceAll(got[0], "*", ""), want)
	}
	for _, bad := range []string{"GEHEIM", "Brief über", "Wieczorek", "buerger.example"} {
		if strings.Contains(got[0], bad) {
			t.Errorf("the count has %q:\n%s", bad, got[0])
		}
	}
	// The day after, nothing has happened but that a draft waits; when somebody has
	// touched it, or it is gone, silence.
	day(t, daysOn(t, w.cfg, 2), o.state)
	c := rig.Client(t, w.cfg.User)
	c.Select("Drafts", nil).Wait()
	store(imap.StoreFlagsAdd, imap.FlagFlagged)(t, c, w)
	c.Close()
	day(t, daysOn(t, w.cfg, 3), o.state)
	emptyDrafts(t, rig, w)
	day(t, daysOn(t, w.cfg, 4), o.state)
	if n := len(counts(t, rig, w.cfg.User, "Amtsbote")); n != 2 {
		t.Errorf("got %d counts, want none on a day without anything to tell", n)
	}
}
