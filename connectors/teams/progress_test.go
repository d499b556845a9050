package teams

import (
	"context"
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
	slow  atomic.Bool // they take a second
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
		b.c.client.Transport = lossy{cloud.Transport(), b}
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

// lossy loses answers of Bot Connector, or has them take their time.
type lossy struct {
	http.RoundTripper
	b *booth
}

func (l lossy) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := l.RoundTripper.RoundTrip(r)
	if err != nil || !strings.Contains(r.URL.Path, "/activities") {
		return resp, err
	}
	if l.b.lose.Load() {
		resp.Body.Close()
		return nil, errors.New("connection reset")
	}
	if l.b.slow.Load() {
		select {
		case <-time.After(time.Second):
		case <-r.Context().Done():
			resp.Body.Close()
			return nil, r.Context().Err()
		}
	}
	return resp, nil
}

// question is where a question was asked in a conversation.
func (b *booth) question(v *teamstest.Conversation, n int) bots.Address {
	r := ref{Service: b.cloud.Service(), Conversation: v.ID, Type: v.Type, Tenant: teamstest.Tenant, Bot: teamstest.BotID, Person: v.Members[0].ID}
	return bots.Address{Connector: "teams", Room: v.ID, Person: "anna@stadt.example", MessageID: fmt.Sprintf("%s/%d", v.ID, n), Ref: r.String()}
}

// answers takes over and sends what was made.
func (b *booth) answers(t *testing.T, to bots.Address, a bots.Answer) string {
	t.Helper()
	r, _ := parseRef(to.Ref)
	id, err := b.c.finish(t.Context(), b.c.takeOver(to), r, b.c.message(b.c.compose(a, "de"), a, "de", 0, 1))
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
			for i := range 1500 {
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
