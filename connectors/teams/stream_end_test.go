package teams

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"amtsbote/bots"
)

// Whatever the person has stopped stays as they have it.
func TestStoppedStays(t *testing.T) {
	inWard(t, "canceled", func(t *testing.T, w *ward) {
		chat := w.personal()
		to := w.question(chat, 1)
		ctx, done := context.WithCancel(t.Context())
		w.c.Typing(ctx, to, at12(1, "Ein Anfang.\n"))
		time.Sleep(4 * time.Second)
		chat.CancelStream()
		w.c.Typing(ctx, to, at12(1, "Ein Anfang.\nMehr.\n"))
		time.Sleep(2 * time.Second)
		done()
		time.Sleep(calm.grace + time.Second)
		synctest.Wait()
		if m := only(t, chat); m.Text() != "Ein Anfang." {
			t.Errorf("got %+v", m)
		}
		if len(w.stops) != 1 || w.notes(t, keyShown) > 0 {
			t.Errorf("%d stops, %d notes", len(w.stops), w.notes(t, keyShown))
		}
	})
}

// A message that may not be replaced any more is followed by the answer.
func TestReplaceForbidden(t *testing.T) {
	inWard(t, "", func(t *testing.T, w *ward) {
		group := w.cloud.Group("Runde", w.cloud.Person("Anna", "anna@stadt.example"))
		to := w.question(group, 1)
		w.begin(t, to, at12(1, ""), 7*time.Second)
		w.cloud.Hook(func(rw http.ResponseWriter, r *http.Request) bool {
			if r.Method == http.MethodPut {
				rw.WriteHeader(http.StatusForbidden)
			}
			return r.Method == http.MethodPut
		})
		w.send(t, to, whole("Die Antwort."))
		if got := texts(group); len(got) != 2 || holds(got[1:], "Die Antwort.") != 1 {
			t.Errorf("shown: %q", got)
		}
	})
}

// A stream that cannot be ended now is ended by the next try, not replaced while it
// is open; and nothing is said twice in it.
func TestStreamEndsLater(t *testing.T) {
	inWard(t, "", func(t *testing.T, w *ward) {
		chat := w.personal()
		to := w.question(chat, 1)
		for range 5 {
			w.c.Typing(t.Context(), to, at12(1, ""))
			time.Sleep(2 * time.Second)
		}
		if s := kinds(chat); s != "informative 1" {
			t.Errorf("got %s", s)
		}
		w.cloud.Hook(func(rw http.ResponseWriter, r *http.Request) bool {
			if r.Method == http.MethodPost {
				rw.WriteHeader(http.StatusInternalServerError)
			}
			return r.Method == http.MethodPost
		})
		r := bots.Reply{ID: "1/answer", To: to, Language: "de", Answer: whole("Die Antwort.")}
		if _, err := w.c.Send(t.Context(), w.state, r); err == nil {
			t.Error("sent, although Teams did not take it")
		}
		w.cloud.Hook(nil)
		if _, err := w.c.Send(t.Context(), w.state, r); err != nil {
			t.Fatal(err)
		}
		if m := only(t, chat); m.Edits > 0 || kinds(chat) != "informative 1, final" {
			t.Errorf("got %+v, %s", m, kinds(chat))
		}
	})
}

// A stream whose answer may not be shown any more is taken away.
func TestStreamWithdrawn(t *testing.T) {
	inWard(t, "", func(t *testing.T, w *ward) {
		chat := w.personal()
		to := w.question(chat, 1)
		w.begin(t, to, at12(1, "Ein Anfang.\n"), 4*time.Second)
		w.c.cfg.Allows = func(string) bool { return false }
		a := whole("Nur für Anna.")
		a.Private = true
		if _, err := w.c.Send(t.Context(), w.state, bots.Reply{ID: "1/answer", To: to, Language: "de", Answer: a}); !isRefusal(err) {
			t.Errorf("got %v", err)
		}
		if n := len(chat.Messages()); n > 0 || w.notes(t, "") > 0 {
			t.Errorf("%d messages, %d notes are left", n, w.notes(t, ""))
		}
	})
}

// A reply that is sent again once it is shown leaves the stream of later work alone.
func TestStreamOfLaterWork(t *testing.T) {
	inWard(t, "", func(t *testing.T, w *ward) {
		chat := w.personal()
		to := w.question(chat, 1)
		w.send(t, to, saying("Es dauert noch."))
		w.begin(t, to, at12(1, "Ein Anfang.\n"), 4*time.Second)
		w.send(t, to, saying("Es dauert noch."))
		w.c.Typing(t.Context(), to, at12(1, "Ein Anfang.\nMehr.\n"))
		time.Sleep(2 * time.Second)
		if got := texts(chat); holds(got, "Mehr.") != 1 || len(got) != 2 {
			t.Errorf("shown: %q", got)
		}
		w.c.drop(t.Context(), w.c.takeOver(to))
	})
}

// An answer takes the place of a stream also if the work has just begun anew.
func TestAnswerJustAnew(t *testing.T) {
	inWard(t, "", func(t *testing.T, w *ward) {
		chat := w.personal()
		to := w.question(chat, 1)
		ctx, done := context.WithCancel(t.Context())
		w.c.Typing(ctx, to, at12(1, "Ein Anfang.\n"))
		time.Sleep(4 * time.Second)
		done()
		w.c.Typing(t.Context(), to, at12(1, ""))
		w.send(t, to, whole("Ein Anfang.\nEin Ende."))
		if m := only(t, chat); !strings.Contains(m.Text(), "Ein Ende.") || m.Edits > 0 {
			t.Errorf("got %+v", m)
		}
	})
}
