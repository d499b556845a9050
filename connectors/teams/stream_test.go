package teams

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"amtsbote/bots"
)

func TestStream(t *testing.T) {
	inBooth(t, "", func(t *testing.T, b *booth) {
		v := b.personal()
		to := b.question(v, 1)
		b.c.Typing(t.Context(), to, bots.Progress{})
		synctest.Wait()
		if n := typed(b); n > 0 {
			t.Errorf("%d requests at once", n)
		}
		time.Sleep(calm.typing)
		synctest.Wait()
		if n := typed(b); n != 1 || len(v.Messages()) > 0 {
			t.Errorf("%d requests, %d messages", n, len(v.Messages()))
		}
		time.Sleep(2 * time.Second)
		b.c.Typing(t.Context(), to, at12(12, ""))
		synctest.Wait()
		if m := only(t, v); m.Text() != "Seite 12 von 80 · 15 %" || m.Activity["type"] != "typing" {
			t.Errorf("got %v", m.Activity)
		}
		for i := 0; i <= len(partial); i += 10 {
			b.c.Typing(t.Context(), to, at12(12, strings.ToValidUTF8(partial[:i], "")))
			time.Sleep(time.Second)
			synctest.Wait()
		}
		b.c.Typing(t.Context(), to, at12(12, partial))
		time.Sleep(2 * time.Second)
		const shown = "**Kurz**\n\nFrau Öztürk **widerspricht** dem &lt;at>Bescheid&lt;/at>. Sie bittet um Frist [1].\n\n- erstens\n- zweitens\n\nEnde."
		if m := only(t, v); m.Text() != shown || labelled(m) {
			t.Errorf("got %q", m.Text())
		}
		if s := kinds(v); !strings.HasPrefix(s, "informative 1, streaming 2, streaming 3, ") {
			t.Errorf("got %s", s)
		}
		before := only(t, v).ID
		if id := b.answers(t, to, whole(partial+" Schluss.")); id != before {
			t.Errorf("sent as %s, not %s", id, before)
		}
		m := only(t, v)
		if !strings.HasPrefix(m.Text(), shown+" Und Schluss.\n\n*Mit KI erstellt") || m.Activity["type"] != "message" || !labelled(m) || m.Edits > 0 {
			t.Errorf("got %+v", m)
		}
		if s := kinds(v); !strings.HasSuffix(s, ", final") {
			t.Errorf("got %s", s)
		}
	})
}

func TestStreamNone(t *testing.T) {
	inBooth(t, "", func(t *testing.T, b *booth) {
		v := b.personal()
		to := b.question(v, 1)
		ended, end := context.WithCancel(t.Context())
		end()
		b.c.Typing(ended, to, at12(1, partial))
		bad := to
		bad.Ref = "{}"
		b.c.Typing(t.Context(), bad, at12(1, partial))
		b.c.Typing(t.Context(), to, at12(1, partial))
		time.Sleep(time.Second)
		if s := b.c.takeOver(to); s != nil {
			t.Errorf("an answer that comes soon: %+v", s)
		}
		if s := b.c.takeOver(to); s != nil {
			t.Errorf("twice: %+v", s)
		}
		time.Sleep(time.Minute)
		if n := typed(b); n != 1 || len(v.Messages()) > 0 {
			t.Errorf("%d requests", n)
		}
	})
}

func TestStreamOtherText(t *testing.T) {
	inBooth(t, "", func(t *testing.T, b *booth) {
		v := b.personal()
		to := b.question(v, 1)
		b.c.Typing(t.Context(), to, at12(1, "Das war falsch.\n"))
		time.Sleep(3 * time.Second)
		synctest.Wait()
		if m := only(t, v); m.Text() != "Das war falsch." {
			t.Fatalf("got %q", m.Text())
		}
		b.answers(t, to, whole("Richtig ist das."))
		if m := only(t, v); !strings.HasPrefix(m.Text(), "Richtig ist das.\n\n*Mit KI") || m.Edits != 1 || !labelled(m) {
			t.Errorf("got %+v", m)
		}
		if s := kinds(v); s != "streaming 1, final" {
			t.Errorf("got %s", s)
		}
	})
}

// A text that does not go on from what is shown is not shown, however fast it comes.
func TestStreamPace(t *testing.T) {
	inBooth(t, "", func(t *testing.T, b *booth) {
		v := b.personal()
		to := b.question(v, 1)
		text := ""
		for range 100 {
			text += "Noch ein Satz. "
			b.c.Typing(t.Context(), to, at12(1, text))
			time.Sleep(100 * time.Millisecond)
		}
		before := only(t, v).Text()
		for range 100 {
			b.c.Typing(t.Context(), to, at12(1, "Ganz anders. "+text))
			time.Sleep(100 * time.Millisecond)
		}
		if n := len(v.Streamed()); n < 5 || n > 6 || only(t, v).Text() != before {
			t.Errorf("%d updates: %s", n, kinds(v))
		}
		if n := typed(b) - len(v.Streamed()); n != 1 {
			t.Errorf("%d typing signs: a stream is one", n)
		}
		b.answers(t, to, whole("Ganz anders."))
	})
}

// The work is done while its stream begins: the answer finds it.
func TestStreamAtEnd(t *testing.T) {
	inBooth(t, "", func(t *testing.T, b *booth) {
		v := b.personal()
		to := b.question(v, 1)
		ctx, done := context.WithCancel(t.Context())
		b.c.Typing(ctx, to, at12(1, "Ein Anfang.\n"))
		time.Sleep(time.Second)
		b.slow.Store(true)
		time.Sleep(1500 * time.Millisecond)
		done()
		time.Sleep(2 * time.Second) // a bubble's time stands still while takeOver waits for the request
		b.answers(t, to, whole("Ein Anfang. Ein Ende."))
		if m := only(t, v); m.Activity["type"] != "message" || !strings.HasPrefix(m.Text(), "Ein Anfang. Ein Ende.") {
			t.Errorf("got %+v", m)
		}
	})
}

func TestStreamLong(t *testing.T) {
	inBooth(t, "", func(t *testing.T, b *booth) {
		v := b.personal()
		to := b.question(v, 1)
		for i := range 600 {
			b.c.Typing(t.Context(), to, at12(i/10, "Ein Anfang.\n"))
			time.Sleep(time.Second)
		}
		synctest.Wait()
		m := only(t, v)
		if !strings.HasPrefix(m.Text(), "Ein Anfang.\n\n*⏳ Seite ") || m.Activity["type"] != "message" || !labelled(m) {
			t.Errorf("got %+v", m)
		}
		if m.Edits < 5 || m.Edits > calm.edits {
			t.Errorf("%d edits", m.Edits)
		}
		if s := kinds(v); s != "streaming 1, final" {
			t.Errorf("got %s", s)
		}
		b.answers(t, to, whole("Ein Anfang.\n\nEin Ende."))
		if m := only(t, v); !strings.HasPrefix(m.Text(), "Ein Anfang.\n\nEin Ende.\n\n*Mit KI") {
			t.Errorf("got %+v", m)
		}
	})
}

// A stream that is found after Teams has ended it becomes the answer all the same.
func TestStreamLate(t *testing.T) {
	for refused, late := range map[string]time.Duration{"": streamLimit, "exceeded streaming time": 0} {
		t.Run(refused, func(t *testing.T) {
			inBooth(t, refused, func(t *testing.T, b *booth) {
				v := b.personal()
				to := b.question(v, 1)
				b.c.Typing(t.Context(), to, at12(1, "Ein Anfang.\n"))
				time.Sleep(3 * time.Second)
				s := b.c.takeOver(to)
				time.Sleep(streamLimit)
				s.Began = s.Began.Add(streamLimit - late)
				r, _ := parseRef(to.Ref)
				a := whole("Ein Anfang. Ein Ende.")
				if _, err := b.c.finish(t.Context(), s, r, b.c.message(b.c.compose(a, "de"), a, "de", 0, 1)); err != nil {
					t.Fatal(err)
				}
				if m := only(t, v); !strings.HasPrefix(m.Text(), "Ein Anfang. Ein Ende.") || m.Edits != 1 {
					t.Errorf("got %+v", m)
				}
			})
		})
	}
}

func TestStreamStopped(t *testing.T) {
	inBooth(t, "canceled by user", func(t *testing.T, b *booth) {
		v := b.personal()
		to := b.question(v, 1)
		b.c.Typing(t.Context(), to, at12(1, "Ein Anfang.\n"))
		time.Sleep(3 * time.Second)
		if !v.CancelStream() {
			t.Fatal("no stop button")
		}
		for i := range 20 {
			b.c.Typing(t.Context(), to, at12(i, "Ein Anfang.\nMehr.\n"))
			time.Sleep(time.Second)
		}
		synctest.Wait()
		if len(b.stops) != 1 {
			t.Fatalf("%d stops", len(b.stops))
		}
		m := b.stops[0]
		if m.Kind != bots.KindStop || m.Target != to.MessageID || m.Room != to.Room || m.Sender != to.Person || m.Connector != "teams" || m.ID == "" || m.Text != "" {
			t.Errorf("got %+v", m)
		}
		if n := len(b.cloud.Refusals()); n != 1 {
			t.Errorf("asked %d times more", n)
		}
		s := b.c.takeOver(to)
		if s == nil || !s.Stopped || s.Open {
			t.Errorf("got %+v", s)
		}
		r, _ := parseRef(to.Ref)
		if _, err := b.c.replaceStream(t.Context(), s, r, plainMessage("Fertig.")); err != nil { // if the stop came too late for the core
			t.Fatal(err)
		}
		b.c.drop(t.Context(), s)
		if all := v.Messages(); len(all) != 2 || all[0].Text() != "Ein Anfang." || all[1].Text() != "Fertig." {
			t.Errorf("got %v", all)
		}
	})
}

// The answer was ready when the person pressed the button.
func TestStreamStoppedAtEnd(t *testing.T) {
	inBooth(t, "canceled by user", func(t *testing.T, b *booth) {
		v := b.personal()
		to := b.question(v, 1)
		b.c.Typing(t.Context(), to, at12(1, "Ein Anfang.\n"))
		time.Sleep(3 * time.Second)
		v.CancelStream()
		b.answers(t, to, whole("Ein Anfang. Und mehr."))
		if all := v.Messages(); len(all) != 2 || !strings.HasPrefix(all[1].Text(), "Ein Anfang. Und mehr.") {
			t.Errorf("got %v", all)
		}
	})
}
