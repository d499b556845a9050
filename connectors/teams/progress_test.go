package teams

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"amtsbote/bots"
	"amtsbote/connectors/teams/teamstest"
)

// A booth is a connector in a bubble, with a fake cloud that it reaches without a
// network, and what comes of a question there.
type booth struct {
	c     *Connector
	cloud *teamstest.Cloud
	lose  atomic.Bool // answers get lost from now on
	stops []bots.Message
}

// inBooth runs a test in a bubble, in which time is that of calm, and holds that the
// cloud had to refuse no more than wanted.
func inBooth(t *testing.T, wanted string, test func(*testing.T, *booth)) {
	t.Helper()
	cloud := teamstest.Start(t)
	synctest.Test(t, func(t *testing.T) {
		b := &booth{cloud: cloud}
		b.c = New(Config{AppID: teamstest.AppID, Tenant: teamstest.Tenant, Secret: bots.NewSecret(teamstest.Secret), Cloud: "custom",
			Endpoints: Endpoints{Login: cloud.Login(), Metadata: cloud.Metadata(), Issuer: teamstest.Issuer, Scope: teamstest.Scope, Graph: cloud.URL + "/graph"},
			Profile:   bots.Profile{Language: "de"}}, nil)
		b.c.client.Transport = lossy{cloud.Transport(), &b.lose}
		b.c.shows.pass = func(_ context.Context, m bots.Message) error { b.stops = append(b.stops, m); return nil }
		test(t, b)
		b.c.shows.mu.Lock()
		defer b.c.shows.mu.Unlock()
		if len(b.c.shows.open) > 0 || len(b.c.shows.streams) > 0 {
			t.Errorf("still shown: %d, streams %d", len(b.c.shows.open), len(b.c.shows.streams))
		}
	})
	for _, r := range cloud.Refusals() {
		if wanted == "" || !strings.Contains(r, wanted) {
			t.Errorf("refused: %s", r)
		}
	}
}

// lossy loses answers of Bot Connector.
type lossy struct {
	http.RoundTripper
	lose *atomic.Bool
}

func (l lossy) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := l.RoundTripper.RoundTrip(r)
	if err == nil && l.lose.Load() && strings.Contains(r.URL.Path, "/activities") {
		resp.Body.Close()
		return nil, errors.New("connection reset")
	}
	return resp, err
}

// question is where a question was asked in a conversation.
func (b *booth) question(v *teamstest.Conversation, n int) bots.Address {
	r := ref{Service: b.cloud.Service(), Conversation: v.ID, Type: v.Type, Tenant: teamstest.Tenant, Bot: teamstest.BotID, Person: v.Members[0].ID}
	return bots.Address{Connector: "teams", Room: v.ID, Person: "anna@stadt.example", MessageID: fmt.Sprintf("%s/%d", v.ID, n), Ref: r.String()}
}

// answers takes over and sends what was made.
func (b *booth) answers(t *testing.T, to bots.Address, a bots.Answer) string {
	t.Helper()
	s := b.c.takeOver(to)
	if s == nil {
		s = &openStream{}
	}
	kept, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	var again openStream
	if err := json.Unmarshal(kept, &again); err != nil {
		t.Fatal(err)
	}
	r, _ := parseRef(to.Ref)
	id, err := b.c.finish(t.Context(), r, again, b.c.message(b.c.compose(a, "de"), a, "de", 0, 1))
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func at12(n int, partial string) bots.Progress {
	return bots.Progress{Text: bots.Say(fmt.Sprintf("Seite %d von 80", n)), Done: n, Total: 80, Partial: partial}
}

const partial = "# Kurz\n\nFrau Öztürk **widerspricht** dem <at>Bescheid</at>. Sie bittet um Frist [1].\n\n- erstens\n- zweitens\n\nEnde. Und"

func whole(text string) bots.Answer {
	return bots.Answer{Text: bots.Say(text), Notice: bots.Notice{Model: "m", Place: "hier"},
		Sources: []bots.Source{{N: 1, File: "brief.pdf", Page: 3, Quote: "bis Freitag"}}}
}

// kinds returns what kinds of updates a conversation got.
func kinds(v *teamstest.Conversation) string {
	var all []string
	for _, a := range v.Streamed() {
		for _, e := range a["entities"].([]any) {
			if m := e.(map[string]any); m["type"] == "streaminfo" {
				all = append(all, fmt.Sprintf("%s %v", m["streamType"], m["streamSequence"]))
			}
		}
	}
	return strings.ReplaceAll(strings.Join(all, ", "), " <nil>", "")
}

// only returns the only message in a conversation.
func only(t *testing.T, v *teamstest.Conversation) teamstest.Message {
	t.Helper()
	all := v.Messages()
	if len(all) != 1 {
		t.Fatalf("%d messages: %v", len(all), all)
	}
	return all[0]
}

func labelled(m teamstest.Message) bool {
	return strings.Contains(fmt.Sprint(m.Activity["entities"]), "AIGeneratedContent")
}

func (b *booth) personal() *teamstest.Conversation {
	return b.cloud.Personal(b.cloud.Person("Anna Öztürk", "anna@stadt.example"))
}

func typed(b *booth) int { return len(b.cloud.Requests()) }

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
	for name, late := range map[string]time.Duration{"known": streamLimit, "not known": 0} {
		t.Run(name, func(t *testing.T) {
			inBooth(t, "exceeded streaming time", func(t *testing.T, b *booth) {
				v := b.personal()
				to := b.question(v, 1)
				b.c.Typing(t.Context(), to, at12(1, "Ein Anfang.\n"))
				time.Sleep(3 * time.Second)
				s := b.c.takeOver(to)
				time.Sleep(streamLimit)
				s.Began = s.Began.Add(streamLimit - late)
				r, _ := parseRef(to.Ref)
				a := whole("Ein Anfang. Ein Ende.")
				if _, err := b.c.finish(t.Context(), r, *s, b.c.message(b.c.compose(a, "de"), a, "de", 0, 1)); err != nil {
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
		if s := b.c.takeOver(to); s == nil || !s.Stopped || s.Open {
			t.Errorf("got %+v", s)
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

func TestStreamNotAllowed(t *testing.T) {
	inBooth(t, "", func(t *testing.T, b *booth) {
		v := b.personal()
		to := b.question(v, 1)
		asked := 0
		b.cloud.Hook(func(w http.ResponseWriter, r *http.Request) bool {
			body := new(strings.Builder)
			_, _ = fmt.Fprint(body, r.ContentLength)
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
		s := b.c.takeOver(to)
		r, _ := parseRef(to.Ref)
		a := whole("Ein Anfang.\nMehr.\nNoch mehr.\nUnd Schluss.")
		m := b.c.message(b.c.compose(a, "de"), a, "de", 0, 1)
		b.lose.Store(true)
		if _, err := b.c.finish(t.Context(), r, *s, m); err == nil {
			t.Error("an answer got lost, and nobody says so")
		}
		b.lose.Store(false)
		if _, err := b.c.finish(t.Context(), r, *s, m); err != nil {
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
		id, err := b.c.finish(t.Context(), r, openStream{ID: "1"}, b.c.message("Text", bots.Answer{}, "de", 0, 1))
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

func TestProgressIdle(t *testing.T) {
	inBooth(t, "", func(t *testing.T, b *booth) {
		v := b.cloud.Group("Runde", b.cloud.Person("Anna", "anna@stadt.example"))
		b.c.Typing(t.Context(), b.question(v, 1), at12(1, ""))
		time.Sleep(calm.idle + time.Minute)
		synctest.Wait()
		if m := only(t, v); m.Text() != "Unterbrochen." {
			t.Errorf("got %+v", m)
		}
	})
}

func TestProgressGroup(t *testing.T) {
	inBooth(t, "", func(t *testing.T, b *booth) {
		anna := b.cloud.Person("Anna", "anna@stadt.example")
		for i, v := range []*teamstest.Conversation{b.cloud.Group("Runde", anna), b.cloud.Channel("Amt", "Bauen", anna)} {
			to := b.question(v, i)
			b.c.Typing(t.Context(), to, at12(1, "Ein Anfang.\n"))
			time.Sleep(calm.first - time.Millisecond)
			if n := len(v.Messages()); n > 0 {
				t.Errorf("%d messages too early", n)
			}
			for i := range 300 {
				b.c.Typing(t.Context(), to, at12(i/4, "Ein Anfang.\n"))
				time.Sleep(time.Second)
			}
			synctest.Wait()
			m := only(t, v)
			if !strings.HasPrefix(m.Text(), "⏳ Seite ") || strings.Contains(m.Text(), "Anfang") || m.Edits < 5 || m.Edits > calm.edits {
				t.Errorf("got %+v", m)
			}
			b.answers(t, to, whole("Die Antwort."))
			if m := only(t, v); !strings.HasPrefix(m.Text(), "Die Antwort.") || !labelled(m) {
				t.Errorf("got %+v", m)
			}
			if len(v.Streamed()) > 0 {
				t.Error("a stream where there is none")
			}
		}
	})
}

// Work that begins anew has a show of its own.
func TestProgressAnew(t *testing.T) {
	inBooth(t, "", func(t *testing.T, b *booth) {
		v := b.personal()
		to := b.question(v, 1)
		ctx, done := context.WithCancel(t.Context())
		b.c.Typing(ctx, to, at12(1, ""))
		time.Sleep(time.Second)
		done()
		b.c.Typing(t.Context(), to, at12(2, ""))
		time.Sleep(2500 * time.Millisecond)
		synctest.Wait()
		if m := only(t, v); m.Text() != "Seite 2 von 80 · 2 %" {
			t.Errorf("got %+v", m)
		}
		b.answers(t, to, whole("Da."))
	})
}
