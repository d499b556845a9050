package teams

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"amtsbote/bots"
)

func TestStreamNotAllowed(t *testing.T) {
	inBooth(t, "", func(t *testing.T, b *booth) {
		v := b.personal()
		to := b.question(v, 1)
		asked := 0
		b.cloud.Hook(func(w http.ResponseWriter, r *http.Request) bool {
			if r.ContentLength < 60 { // the typing sign
				return false
			}
			asked++
			w.WriteHeader(http.StatusForbidden)
			fmt.Fprint(w, `{"error":{"code":"ContentStreamNotAllowed","message":"Content stream is not allowed"}}`)
			return true
		})
		for i := range 20 {
			b.c.Typing(t.Context(), to, at12(i, "Ein Anfang.\n"))
			time.Sleep(time.Second)
		}
		synctest.Wait()
		b.cloud.Hook(nil)
		if asked != 1 || len(b.stops) > 0 {
			t.Errorf("asked %d times, %d stops", asked, len(b.stops))
		}
		b.answers(t, to, whole("Die Antwort."))
		if m := only(t, v); !strings.HasPrefix(m.Text(), "Die Antwort.") {
			t.Errorf("got %+v", m)
		}
	})
}

// Teams may end a stream for reasons of its own: it goes on as a message.
func TestStreamOver(t *testing.T) {
	inBooth(t, "", func(t *testing.T, b *booth) {
		v := b.personal()
		to := b.question(v, 1)
		b.c.Typing(t.Context(), to, at12(1, "Ein Anfang.\n"))
		time.Sleep(3 * time.Second)
		asked := 0
		b.cloud.Hook(func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method != http.MethodPost || r.ContentLength < 60 {
				return false
			}
			asked++
			w.WriteHeader(http.StatusForbidden)
			fmt.Fprint(w, `{"error":{"code":"ContentStreamNotAllowed","message":"Content stream finished due to exceeded streaming time."}}`)
			return true
		})
		for i := range 20 {
			b.c.Typing(t.Context(), to, at12(i, "Ein Anfang.\n"+strings.Repeat("Mehr.\n", i)))
			time.Sleep(time.Second)
		}
		synctest.Wait()
		b.cloud.Hook(nil)
		if m := only(t, v); asked != 1 || len(b.stops) > 0 || !strings.HasPrefix(m.Text(), "Ein Anfang.\n\n*⏳ Seite ") {
			t.Errorf("asked %d times, %d stops, got %+v", asked, len(b.stops), m)
		}
		b.answers(t, to, whole("Die Antwort."))
		if m := only(t, v); !strings.HasPrefix(m.Text(), "Die Antwort.") {
			t.Errorf("got %+v", m)
		}
	})
}

func TestStreamLost(t *testing.T) {
	inBooth(t, "already completed", func(t *testing.T, b *booth) {
		v := b.personal()
		to := b.question(v, 1)
		b.c.Typing(t.Context(), to, at12(1, "Ein Anfang.\n"))
		time.Sleep(3 * time.Second)
		b.lose.Store(true)
		b.c.Typing(t.Context(), to, at12(1, "Ein Anfang.\nMehr.\n"))
		time.Sleep(2 * time.Second)
		b.lose.Store(false)
		b.c.Typing(t.Context(), to, at12(1, "Ein Anfang.\nMehr.\nNoch mehr.\n"))
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if s := kinds(v); s != "streaming 1, streaming 2, streaming 3" {
			t.Errorf("got %s", s)
		}
		r, _ := parseRef(to.Ref)
		a := whole("Ein Anfang.\nMehr.\nNoch mehr.\nUnd Schluss.")
		m := b.c.message(b.c.compose(a, "de"), a, "de", 0, 1)
		b.lose.Store(true)
		if _, err := b.c.finish(t.Context(), b.c.takeOver(to), r, m); err == nil {
			t.Error("an answer got lost, and nobody says so")
		}
		b.lose.Store(false)
		if _, err := b.c.finish(t.Context(), b.c.takeOver(to), r, m); err != nil {
			t.Fatal(err)
		}
		if m := only(t, v); !strings.HasPrefix(m.Text(), "Ein Anfang.  \nMehr.  \nNoch mehr.  \nUnd Schluss.\n\n*Mit KI") || !labelled(m) {
			t.Errorf("got %+v", m)
		}
	})
}

// Whether a stream has begun is not known: there is none for this answer.
func TestStreamLostFirst(t *testing.T) {
	inBooth(t, "", func(t *testing.T, b *booth) {
		v := b.personal()
		to := b.question(v, 1)
		time.Sleep(time.Second)
		b.c.Typing(t.Context(), to, at12(1, "Ein Anfang.\n"))
		time.Sleep(calm.stream - time.Millisecond)
		b.lose.Store(true)
		time.Sleep(time.Second)
		b.lose.Store(false)
		for i := range 20 {
			b.c.Typing(t.Context(), to, at12(i, "Ein Anfang.\nMehr.\n"))
			time.Sleep(time.Second)
		}
		if s := kinds(v); s != "streaming 1" {
			t.Errorf("got %s", s)
		}
		if s := b.c.takeOver(to); s != nil {
			t.Errorf("got %+v", s)
		}
	})
}

// An answer that was taken over may be gone when it is to be replaced.
func TestStreamGone(t *testing.T) {
	inBooth(t, "ActivityNotFound", func(t *testing.T, b *booth) {
		v := b.personal()
		r, _ := parseRef(b.question(v, 1).Ref)
		id, err := b.c.finish(t.Context(), &openStream{ID: "1", show: &show{}}, r, b.c.message("Text", bots.Answer{}, "de", 0, 1))
		if m := only(t, v); err != nil || m.ID != id || m.Text() != "Text" {
			t.Errorf("%v, got %+v", err, m)
		}
	})
}

func TestStreamOneAtATime(t *testing.T) {
	inBooth(t, "", func(t *testing.T, b *booth) {
		v := b.personal()
		one, two := b.question(v, 1), b.question(v, 2)
		for i := range 10 {
			b.c.Typing(t.Context(), one, at12(i, "Eins.\n"))
			b.c.Typing(t.Context(), two, at12(i, "Zwei.\n"))
			time.Sleep(time.Second)
		}
		b.answers(t, two, whole("Zwei."))
		b.answers(t, one, whole("Eins."))
		if all := v.Messages(); len(all) != 2 {
			t.Errorf("got %v", all)
		}
	})
}

func TestStreamInterrupted(t *testing.T) {
	for _, tt := range []struct{ partial, want string }{{"Ein Anfang.\n", "Ein Anfang.\n\n*Unterbrochen.*"}, {"", "Unterbrochen."}} {
		inBooth(t, "", func(t *testing.T, b *booth) {
			v := b.personal()
			to := b.question(v, 1)
			ctx, done := context.WithCancel(t.Context())
			b.c.Typing(ctx, to, at12(1, tt.partial))
			time.Sleep(3 * time.Second)
			done()
			time.Sleep(calm.grace - time.Second)
			synctest.Wait()
			if m := only(t, v); m.Activity["type"] != "typing" {
				t.Errorf("too early: %+v", m)
			}
			time.Sleep(3 * time.Second)
			synctest.Wait()
			if m := only(t, v); m.Text() != tt.want || m.Activity["type"] != "message" || labelled(m) != (tt.partial != "") {
				t.Errorf("got %+v", m)
			}
		})
	}
}

// An answer that is shown elsewhere leaves nothing behind.
func TestStreamDropped(t *testing.T) {
	inBooth(t, "", func(t *testing.T, b *booth) {
		v := b.personal()
		group := b.cloud.Group("Runde", v.Members[0])
		one, two, late := b.question(v, 1), b.question(group, 2), b.question(v, 3)
		b.c.Typing(t.Context(), one, at12(1, "Ein Anfang.\n"))
		b.c.Typing(t.Context(), two, at12(1, ""))
		time.Sleep(7 * time.Second)
		only(t, v)
		only(t, group)
		b.c.drop(t.Context(), nil)
		for _, to := range []bots.Address{one, two} {
			s := b.c.takeOver(to)
			b.c.drop(t.Context(), s)
			if s := b.c.takeOver(to); s != nil {
				t.Errorf("still there: %+v", s)
			}
		}
		if n := len(v.Messages()) + len(group.Messages()); n > 0 {
			t.Errorf("%d messages", n)
		}
		if s := kinds(v); s != "streaming 1, final" {
			t.Errorf("got %s", s)
		}
		b.c.Typing(t.Context(), late, at12(1, "Ein Anfang.\n"))
		time.Sleep(3 * time.Second)
		s := b.c.takeOver(late)
		time.Sleep(streamLimit)
		b.c.drop(t.Context(), s)
		if n := len(v.Messages()); n > 0 {
			t.Errorf("%d messages", n)
		}
	})
}

// A try to send that fails leaves the next one what it has taken over.
func TestStreamTakenAgain(t *testing.T) {
	inBooth(t, "", func(t *testing.T, b *booth) {
		v := b.personal()
		to, other := b.question(v, 1), b.question(v, 2)
		b.c.Typing(t.Context(), to, at12(1, "Ein Anfang.\n"))
		time.Sleep(3 * time.Second)
		s := b.c.takeOver(to)
		b.c.Typing(t.Context(), to, at12(2, "Ein Anfang.\nMehr.\n"))
		b.c.Typing(t.Context(), other, at12(1, "Zu früh.\n"))
		time.Sleep(10 * time.Second)
		if again := b.c.takeOver(to); again != s || again.Text != "Ein Anfang." {
			t.Errorf("got %+v, not %+v", again, s)
		}
		if s := kinds(v); s != "streaming 1" {
			t.Errorf("got %s", s)
		}
		b.answers(t, to, whole("Ein Anfang. Ein Ende."))
		b.answers(t, other, whole("Auch."))
		if all := v.Messages(); len(all) != 2 {
			t.Errorf("got %v", all)
		}
		b.c.Typing(t.Context(), to, at12(1, "Nie gesendet.\n"))
		time.Sleep(3 * time.Second)
		b.c.takeOver(to)
		time.Sleep(keepTaken + time.Second)
		b.c.Typing(t.Context(), other, at12(1, ""))
		synctest.Wait()
		b.c.shows.mu.Lock()
		if n := len(b.c.shows.open); n != 1 {
			t.Errorf("%d are kept", n)
		}
		b.c.shows.mu.Unlock()
		b.c.takeOver(other)
		clear(b.c.shows.streams) // held by the lost one for two minutes
	})
}

// Work that begins anew goes on with the stream of the former.
func TestStreamAnew(t *testing.T) {
	inBooth(t, "", func(t *testing.T, b *booth) {
		v := b.personal()
		to := b.question(v, 1)
		for i := range 3 {
			ctx, done := context.WithCancel(t.Context())
			b.c.Typing(ctx, to, at12(1, "Ein Anfang.\n"))
			time.Sleep(3 * time.Second)
			b.c.Typing(ctx, to, at12(1, "Ein Anfang.\n"+strings.Repeat("Mehr.\n", i)))
			time.Sleep(3 * time.Second)
			done()
		}
		if s := kinds(v); s != "streaming 1, streaming 2, streaming 3" {
			t.Errorf("got %s", s)
		}
		b.answers(t, to, whole("Ein Anfang.\nMehr.\nMehr.\nEin Ende."))
		if m := only(t, v); m.Edits > 0 || !strings.Contains(m.Text(), "Ein Ende.") {
			t.Errorf("got %+v", m)
		}
	})
}
