package matrix

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"amtsbote/bots"
	"amtsbote/connectors/chat"
	"amtsbote/connectors/matrix/matrixtest"
)

// quick shows progress at once.
var quick = pace{time.Millisecond, time.Hour, time.Millisecond, time.Millisecond, 20, 20 * time.Millisecond, time.Minute}

func at12(text string) bots.Progress { return bots.Progress{Text: bots.Say(text), Done: 12, Total: 80} }

func TestProgress(t *testing.T) {
	d := newDesk(t)
	d.c.remember(d.state)
	bernd := matrixtest.NewClient(t, d.s, d.s.User(t, "bernd"), matrixtest.ClientOptions{})
	room := d.room(t, matrixtest.Room{Name: "Runde", Encrypted: true}, bernd)
	patient := quick
	patient.grace = time.Hour
	d.c.shows.pace = &patient
	// shown waits for the progress message, in the thread of its question.
	shown := func(t *testing.T, r bots.Reply, part string) matrixtest.Message {
		t.Helper()
		return d.anna.WaitFor(t, room, func(m matrixtest.Message) bool {
			return m.Sender == d.cfg.User && m.Thread() == r.To.MessageID && strings.Contains(m.Body(), part)
		})
	}
	idle := func(t *testing.T) {
		t.Helper()
		for end := time.Now().Add(matrixtest.Patience); ; {
			d.c.shows.mu.Lock()
			n := len(d.c.shows.open)
			d.c.shows.mu.Unlock()
			if n == 0 {
				return
			}
			if time.Now().After(end) {
				t.Fatal("progress is still shown")
			}
			<-time.After(time.Millisecond)
		}
	}
	t.Run("an answer that is there at once shows no typing", func(t *testing.T) {
		d.c.shows.pace = nil
		defer func() { d.c.shows.pace = &patient }()
		typing := d.proxy.On(t, "PUT", `/typing/`, matrixtest.Count(), 0)
		defer typing.Remove()
		r := d.ask(t, room, "schnell?", "ja")
		d.c.Typing(t.Context(), r.To, bots.Progress{})
		d.send(t, r)
		idle(t)
		if typing.Seen() > 0 {
			t.Errorf("%d requests", typing.Seen())
		}
	})
	t.Run("the answer takes the place of the progress", func(t *testing.T) {
		ctx, done := context.WithCancel(t.Context())
		r := d.ask(t, room, "lange?", "fertig")
		d.c.Typing(ctx, r.To, bots.Progress{})
		d.anna.WaitTyping(t, matrixtest.Typing{Room: room, User: d.cfg.User, On: true})
		d.c.Typing(ctx, r.To, at12("Seite 12 von 80"))
		m := shown(t, r, "⏳ Seite 12 von 80 · 15 %")
		if m.MsgType() != "m.notice" || len(m.Mentions()) > 0 || !m.Encrypted {
			t.Errorf("got %+v", m)
		}
		d.c.Typing(ctx, r.To, at12("Seite 13 von 80"))
		if next := shown(t, r, "⏳ Seite 13"); next.EventID != m.EventID {
			t.Errorf("a second message: %+v", next)
		}
		if cause := d.c.shows.cause(t.Context(), d.state, m.EventID); cause != r.To.MessageID {
			t.Errorf("a sign there is for %s", cause)
		}
		done()
		if sent := d.send(t, r); sent != m.EventID {
			t.Errorf("got %s, want %s", sent, m.EventID)
		}
		shown(t, r, "fertig")
		d.anna.WaitTyping(t, matrixtest.Typing{Room: room, User: d.cfg.User})
		idle(t)
		if sent := d.send(t, r); sent != m.EventID {
			t.Errorf("sent again: got %s, want %s", sent, m.EventID)
		}
		d.settle(t, room)
		if n := len(d.said(room)); n != 2 { // with the one before
			t.Errorf("%d messages: %q", n, d.said(room))
		}
	})
	t.Run("a long answer stands below it", func(t *testing.T) {
		r := d.ask(t, room, "lange?", strings.Repeat(strings.Repeat("viel Text ", 100)+"\n\n", 20))
		d.c.Typing(t.Context(), r.To, bots.Progress{Partial: "Streng geheimer Anfang"})
		m := shown(t, r, chat.Still.DE)
		if sent := d.send(t, r); sent == m.EventID {
			t.Error("it is an edit")
		}
		if m := shown(t, r, textBelow.DE); m.EventID == "" {
			t.Errorf("got %+v", m)
		}
		idle(t)
	})
	t.Run("work that ends without an answer is told of, and goes on there", func(t *testing.T) {
		d.c.shows.pace = &quick
		ctx, fail := context.WithCancel(t.Context())
		r := d.ask(t, room, "geht es?", "endlich")
		d.c.Typing(ctx, r.To, at12("erster Versuch"))
		m := shown(t, r, "erster Versuch")
		fail()
		shown(t, r, chat.Ended.DE)
		idle(t)
		d.c.Typing(t.Context(), r.To, at12("zweiter Versuch"))
		if next := shown(t, r, "zweiter Versuch"); next.EventID != m.EventID {
			t.Errorf("a second message: %+v", next)
		}
		if sent := d.send(t, r); sent != m.EventID {
			t.Errorf("got %s, want %s", sent, m.EventID)
		}
		shown(t, r, "endlich")
		idle(t)
	})
	t.Run("after a crash it is closed, or replaced by the answer", func(t *testing.T) {
		d.c.shows.pace = &patient
		r, other := d.ask(t, room, "eins?", "das Eine"), d.ask(t, room, "zwei?", "das Andere")
		d.c.Typing(t.Context(), r.To, at12("am Einen"))
		lost := d.proxy.On(t, "PUT", `/send/m.room`, matrixtest.LoseReply(), 0)
		shown(t, r, "am Einen") // of which the bot does not know
		d.c.Typing(t.Context(), other.To, at12("am Anderen"))
		m := shown(t, other, "am Anderen")
		lost.Remove()
		d.s.Restart(t)
		a := d.restart(t)
		d.c.sweep(t.Context(), a, d.state)
		shown(t, r, chat.Ended.DE)
		shown(t, other, chat.Ended.DE)
		if sent := d.send(t, other); sent != m.EventID {
			t.Errorf("got %s, want %s", sent, m.EventID)
		}
		shown(t, other, "das Andere")
		d.c.sweep(t.Context(), a, d.state)
		d.settle(t, room)
		shown(t, other, "das Andere")
	})
	t.Run("answers and sweeps at the same time leave the answers", func(t *testing.T) {
		var wg sync.WaitGroup
		var asked []bots.Reply
		a := d.c.account
		d.c.shows.pace = &patient
		for range 5 {
			r := d.ask(t, room, "und?", "bleibt")
			d.c.Typing(t.Context(), r.To, at12("dran"))
			shown(t, r, "dran")
			asked = append(asked, r)
		}
		d.c = New(d.cfg, nil)
		d.c.account = a
		wg.Go(func() { d.c.sweep(t.Context(), a, d.state) })
		for _, r := range asked {
			wg.Go(func() {
				if _, err := d.c.Send(t.Context(), d.state, r); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		d.settle(t, room)
		for _, r := range asked {
			shown(t, r, "bleibt")
		}
	})
}

// TestCalm holds the pace: edits are rare, and few.
func TestCalm(t *testing.T) {
	var sum time.Duration
	pause := calm.edit
	for range calm.edits {
		if pause < 3*time.Second {
			t.Errorf("an edit after %v", pause)
		}
		sum += pause
		pause = min(pause*4/3, time.Minute)
	}
	if calm.edits > 20 || sum < 10*time.Minute {
		t.Errorf("%d edits last for %v", calm.edits, sum)
	}
}
