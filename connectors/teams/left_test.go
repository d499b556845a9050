package teams

import (
	"context"
	"errors"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"amtsbote/bots"
	say "amtsbote/connectors/chat"
	"amtsbote/connectors/connectortest"
	"amtsbote/connectors/teams/teamstest"
)

// A ward is a booth whose connector keeps what it has to in a State, and can crash.
type ward struct {
	*booth
	state *connectortest.State
}

func inWard(t *testing.T, wanted string, test func(*testing.T, *ward)) {
	t.Helper()
	inBooth(t, wanted, func(t *testing.T, b *booth) {
		w := &ward{b, connectortest.NewState()}
		b.c.intake.use(w.state)
		b.c.cfg.Allows = func(string) bool { return true }
		test(t, w)
	})
}

// crash has the connector end without a word, and another one begin.
func (w *ward) crash() {
	old := w.c
	w.c = New(old.cfg, nil)
	w.c.client.Transport = old.client.Transport
	w.c.intake.use(w.state)
}

// begin shows progress until the process ends.
func (w *ward) begin(t *testing.T, to bots.Address, p bots.Progress, d time.Duration) (end func()) {
	ctx, cancel := context.WithCancel(t.Context())
	w.c.Typing(ctx, to, p)
	time.Sleep(d)
	synctest.Wait()
	c := w.c
	return func() { // as if the goroutine was gone
		c.takeOver(to)
		cancel()
		synctest.Wait()
	}
}

// notes returns how many values the State has under a prefix.
func (w *ward) notes(t *testing.T, prefix string) (n int) {
	t.Helper()
	if err := w.state.Each(t.Context(), prefix, func(string, []byte) error { n++; return nil }); err != nil {
		t.Fatal(err)
	}
	return n
}

func (w *ward) send(t *testing.T, to bots.Address, a bots.Answer) {
	t.Helper()
	if _, err := w.c.Send(t.Context(), w.state, bots.Reply{ID: to.MessageID + "/answer", To: to, Language: "de", Answer: a}); err != nil {
		t.Fatal(err)
	}
}

// What a former run has left open is closed, as soon as Teams lets it be.
func TestSweep(t *testing.T) {
	inWard(t, "", func(t *testing.T, w *ward) {
		chat := w.personal()
		group := w.cloud.Group("Runde", chat.Members[0])
		one, two, live := w.question(chat, 1), w.question(group, 2), w.question(group, 3)
		w.begin(t, one, at12(1, "Ein Anfang.\n"), 7*time.Second)()
		w.begin(t, two, at12(1, ""), 7*time.Second)()
		if n := w.notes(t, keyShown); n != 2 {
			t.Errorf("%d notes, want 2", n)
		}
		_ = w.state.Each(t.Context(), keyShown, func(_ string, value []byte) error {
			if strings.Contains(string(value), "Anfang") || strings.Contains(string(value), "Seite") {
				t.Errorf("text is kept: %s", value)
			}
			return nil
		})
		w.crash()
		begun := time.Now()
		end := w.begin(t, live, at12(2, ""), 7*time.Second)
		w.c.sweep(t.Context(), w.state)
		if d := time.Since(begun); d > streamLimit {
			t.Errorf("swept after %v", d)
		}
		if m := only(t, chat); m.Text() != say.Ended.DE {
			t.Errorf("in the chat: %+v", m)
		}
		if got := texts(group); holds(got, say.Ended.DE) != 1 || holds(got, "Seite 2") != 1 {
			t.Errorf("in the group: %q", got)
		}
		edits := only(t, chat).Edits
		w.c.sweep(t.Context(), w.state)
		if m := only(t, chat); m.Edits != edits {
			t.Error("closed twice")
		}
		end()
		w.send(t, one, whole("Die erste."))
		w.send(t, two, whole("Die zweite."))
		w.send(t, live, whole("Die dritte."))
		if got := append(texts(chat), texts(group)...); len(got) != 3 || holds(got, say.Ended.DE)+holds(got, "⏳") > 0 {
			t.Errorf("left: %q", got)
		}
		if n := w.notes(t, keyShown); n > 0 {
			t.Errorf("%d notes are left", n)
		}
	})
}

// An answer that is sent after a crash leaves nothing of the stream behind.
func TestSendAfterCrash(t *testing.T) {
	inWard(t, "", func(t *testing.T, w *ward) {
		chat := w.personal()
		to := w.question(chat, 1)
		w.begin(t, to, at12(1, "Ein Anfang.\n"), 4*time.Second)()
		w.crash()
		w.send(t, to, whole("Die Antwort."))
		if got := texts(chat); len(got) != 2 || holds(got[1:], "Die Antwort.") != 1 { // the stream may still be open
			t.Errorf("shown: %q", got)
		}
		w.send(t, to, whole("Die Antwort."))
		w.c.sweep(t.Context(), w.state)
		if m := only(t, chat); !strings.HasPrefix(m.Text(), "Die Antwort.") || w.notes(t, keyShown) > 0 {
			t.Errorf("got %+v, %d notes", m, w.notes(t, keyShown))
		}
	})
}

// A crash between an answer that has taken the place of its stream and the note of
// it: the answer is shown once, and nobody overwrites it.
func TestCrashBeforeNote(t *testing.T) {
	inWard(t, "", func(t *testing.T, w *ward) {
		chat := w.personal()
		to := w.question(chat, 1)
		w.begin(t, to, at12(1, "Ein Anfang.\n"), 4*time.Second)
		r := bots.Reply{ID: "1/answer", To: to, Language: "de", Answer: whole("Ein Anfang.\nEin Ende.")}
		full := failing{State: w.state}
		full.after.Store(1)
		if _, err := w.c.Send(t.Context(), &full, r); err == nil {
			t.Fatal("sent, although that could not be noted")
		}
		if m := only(t, chat); !strings.Contains(m.Text(), "Ein Ende.") {
			t.Fatalf("got %+v", m)
		}
		w.crash()
		time.Sleep(streamLimit)
		if _, err := w.c.Send(t.Context(), w.state, r); err != nil {
			t.Fatal(err)
		}
		w.c.sweep(t.Context(), w.state)
		if m := only(t, chat); !strings.Contains(m.Text(), "Ein Ende.") {
			t.Errorf("got %+v", m)
		}
	})
}

// A failing State takes some values, and none after them.
type failing struct {
	bots.State
	after atomic.Int64
}

func (f *failing) Put(ctx context.Context, values map[string][]byte, keep time.Duration) error {
	if f.after.Add(-1) < 0 {
		return errors.New("disk full")
	}
	return f.State.Put(ctx, values, keep)
}

// Work that begins anew after a crash goes on with the message of before.
func TestAdopt(t *testing.T) {
	inWard(t, "", func(t *testing.T, w *ward) {
		chat := w.personal()
		to := w.question(chat, 1)
		w.begin(t, to, at12(1, "Ein Anfang.\n"), 4*time.Second)()
		id := only(t, chat).ID
		w.crash()
		w.c.Typing(t.Context(), to, at12(7, "Ein Anfang.\n"))
		time.Sleep(time.Minute)
		if m := only(t, chat); m.Text() != "Ein Anfang." {
			t.Errorf("while the stream may be open: %+v", m)
		}
		for i := range 100 {
			w.c.Typing(t.Context(), to, at12(8+i/10, "Ein Anfang.\n"))
			time.Sleep(time.Second)
		}
		synctest.Wait()
		if m := only(t, chat); m.ID != id || !strings.HasPrefix(m.Text(), "⏳ Seite ") {
			t.Errorf("got %+v", m)
		}
		w.send(t, to, whole("Die Antwort."))
		if m := only(t, chat); m.ID != id || !strings.HasPrefix(m.Text(), "Die Antwort.") || w.notes(t, keyShown) > 0 {
			t.Errorf("got %+v, %d notes", m, w.notes(t, keyShown))
		}
	})
}

// What was closed and is worked on again is closed again after the next crash.
func TestAdoptClosed(t *testing.T) {
	inWard(t, "", func(t *testing.T, w *ward) {
		group := w.cloud.Group("Runde", w.cloud.Person("Anna", "anna@stadt.example"))
		to := w.question(group, 1)
		for i := range 2 {
			w.begin(t, to, at12(i, ""), 7*time.Second)()
			if m := only(t, group); !strings.HasPrefix(m.Text(), "⏳ Seite ") {
				t.Errorf("got %+v", m)
			}
			w.crash()
			w.c.sweep(t.Context(), w.state)
			if m := only(t, group); m.Text() != say.Ended.DE {
				t.Errorf("got %+v", m)
			}
		}
	})
}

// An answer that comes after the work was given up takes the word of that away.
func TestAnswerAfterInterruption(t *testing.T) {
	inWard(t, "", func(t *testing.T, w *ward) {
		for i, v := range []*teamstest.Conversation{w.personal(), w.cloud.Group("Runde", w.personal().Members[0])} {
			to := w.question(v, i)
			ctx, done := context.WithCancel(t.Context())
			w.c.Typing(ctx, to, at12(1, "Ein Anfang.\n"))
			time.Sleep(7 * time.Second)
			done()
			time.Sleep(calm.grace + 3*time.Second)
			synctest.Wait()
			if m := only(t, v); !strings.Contains(m.Text(), say.Ended.DE) {
				t.Fatalf("got %+v", m)
			}
			time.Sleep(streamLimit)
			edits := only(t, v).Edits
			w.c.sweep(t.Context(), w.state)
			if m := only(t, v); m.Edits != edits {
				t.Error("closed twice")
			}
			w.send(t, to, whole("Die Antwort."))
			if m := only(t, v); !strings.HasPrefix(m.Text(), "Die Antwort.") {
				t.Errorf("got %+v", m)
			}
		}
	})
}

// What cannot be taken away with the answer is taken away by the next run.
func TestDropLater(t *testing.T) {
	inWard(t, "", func(t *testing.T, w *ward) {
		group := w.cloud.Group("Runde", w.cloud.Person("Anna Öztürk", "anna@stadt.example"))
		to := w.question(group, 1)
		w.begin(t, to, at12(1, ""), 7*time.Second)
		w.cloud.Hook(func(rw http.ResponseWriter, r *http.Request) bool {
			if r.Method == http.MethodDelete {
				rw.WriteHeader(http.StatusInternalServerError)
			}
			return r.Method == http.MethodDelete
		})
		a := whole("Nur für Anna.")
		a.Private = true
		w.send(t, to, a)
		w.cloud.Hook(nil)
		if got := texts(group); holds(got, "⏳") != 1 || holds(got, say.InDirect.DE) != 1 {
			t.Errorf("in the group: %q", got)
		}
		w.send(t, to, a)
		w.crash()
		w.c.sweep(t.Context(), w.state)
		if got := texts(group); holds(got, "⏳") != 0 || holds(got, say.Ended.DE) != 0 || holds(got, say.InDirect.DE) != 1 || w.notes(t, keyShown) > 0 {
			t.Errorf("in the group: %q, %d notes", got, w.notes(t, keyShown))
		}
	})
}

// What somebody else has taken away leaves no note.
func TestDropGone(t *testing.T) {
	inWard(t, "no message", func(t *testing.T, w *ward) {
		group := w.cloud.Group("Runde", w.cloud.Person("Anna Öztürk", "anna@stadt.example"))
		to := w.question(group, 1)
		w.begin(t, to, at12(1, ""), 7*time.Second)
		r, _ := parseRef(to.Ref)
		if err := w.c.api.remove(t.Context(), r, only(t, group).ID); err != nil {
			t.Fatal(err)
		}
		a := whole("Nur für Anna.")
		a.Private = true
		w.send(t, to, a)
		if n := w.notes(t, keyShown); n > 0 {
			t.Errorf("%d notes", n)
		}
	})
}

// Channels show no typing sign: none is sent.
func TestNoSignInChannels(t *testing.T) {
	inBooth(t, "", func(t *testing.T, b *booth) {
		v := b.cloud.Channel("Amt", "Bauen", b.cloud.Person("Anna", "anna@stadt.example"))
		to := b.question(v, 1)
		b.c.Typing(t.Context(), to, bots.Progress{})
		time.Sleep(time.Minute)
		synctest.Wait()
		if n := typed(b); n > 0 {
			t.Errorf("%d requests", n)
		}
		b.c.takeOver(to)
	})
}

// Receive closes what a former run has left.
func TestReceiveSweeps(t *testing.T) {
	cloud := teamstest.Start(t)
	jana := cloud.Person("Jana Kaya", "jana.kaya@stadt.example")
	chat := cloud.Personal(jana)
	d := &listener{Connector: New(config(cloud), nil), cloud: cloud, state: connectortest.NewState(), news: make(chan struct{}, 1)}
	mount(t, cloud, d.Connector)
	r := ref{Service: cloud.Service(), Conversation: chat.ID, Type: personal, Tenant: teamstest.Tenant, Bot: teamstest.BotID, Person: jana.ID}
	id, err := d.api.post(t.Context(), r, plainMessage("⏳ Seite 1"))
	if err != nil {
		t.Fatal(err)
	}
	gone := left{Message: "other", Ref: r, ID: "gone"}
	for _, l := range []left{{Message: "m", Ref: r, ID: id}, gone} {
		if err := d.state.Put(t.Context(), l.put(), 0); err != nil {
			t.Fatal(err)
		}
	}
	d.receive(t)
	for deadline := time.Now().Add(20 * time.Second); ; {
		l, ok, err := gone.read(t.Context(), d.state)
		if err != nil || !ok || time.Now().After(deadline) {
			t.Fatal(l, ok, err)
		}
		if m := only(t, chat); l.Closed && m.Text() == say.Ended.DE {
			return
		}
		runtime.Gosched()
	}
}
