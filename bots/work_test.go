package bots

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"amtsbote/storage"
)

// TestLongWork: what takes longer than a lease is not taken twice.
func TestLongWork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked, sent := 0, 0
		w := newWorld(t, answering(func(ctx context.Context, task Task) (Answer, error) {
			asked++
			sleep(ctx, 5*time.Minute)
			return echo(ctx, task)
		}))
		w.o.sending = func() { sent++; sleep(t.Context(), 100*time.Second) }
		w.o.in = []Message{ask("1", "eins")}
		w.want(w.run(time.Hour), "Echo: eins")
		if asked != 1 || sent != 1 {
			t.Errorf("asked %d times and sent %d times, want once", asked, sent)
		}
	})
}

// TestLargeFile: a file that a skill made too large is missing from the answer,
// which says so, and the skill is not asked again for it.
func TestLargeFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		w := newWorld(t, answering(func(ctx context.Context, task Task) (Answer, error) {
			asked++
			a, err := echo(ctx, task)
			a.Files = []File{{Name: "groß.pdf", Data: make([]byte, MaxFile+1)}, {Name: "gut.pdf", Data: make([]byte, MaxFile)}}
			a.Warnings = []Text{Say("Achtung")}
			return a, err
		}))
		w.o.in = []Message{ask("1", "eins")}
		w.want(w.run(time.Hour), "Echo: eins")
		a := w.o.out[0].Answer
		if len(a.Files) != 1 || a.Files[0].Name != "gut.pdf" || len(a.Files[0].Data) != MaxFile {
			t.Errorf("sent %d files, want only the one of 4 MB", len(a.Files))
		}
		if len(a.Warnings) != 2 || !strings.Contains(a.Warnings[1].DE, "bis 4 MB") || !strings.Contains(a.Warnings[1].EN, "up to 4 MB") {
			t.Errorf("the person reads the warnings %+v", a.Warnings)
		}
		if asked != 1 {
			t.Errorf("asked %d times, want once", asked)
		}
		if log := w.log.String(); !strings.Contains(log, "left out") || strings.Contains(log, "groß.pdf") {
			t.Errorf("the log lacks that a file was left out, or has its name:\n%s", log)
		}
	})
}

// TestNotSentWithoutLease: who was paused for longer than its lease does not send
// when it wakes.
func TestNotSentWithoutLease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.run(0)
		w.update(func(tx storage.Tx) error {
			return w.last.reply(tx, w.last.bots[0], after(0, Message{Connector: "office", ID: "1", Room: "r"}), "answer", Answer{}, "de")
		})
		store, err := storage.OpenBolt(w.path)
		if err != nil {
			t.Fatal(err)
		}
		defer store.Close()
		w.last.Store = store
		b := w.last.bots[0]
		held, err := store.Take(t.Context(), outbox("b", "office"), storage.AnyPrio, lease)
		if err != nil {
			t.Fatal(err)
		}
		sleep(t.Context(), 2*lease)
		if _, err := store.Take(t.Context(), held.Queue, storage.AnyPrio, lease); err != nil {
			t.Fatal(err)
		}
		if err := w.last.deliver(t.Context(), b, w.o, held); !errors.Is(err, storage.ErrLost) || len(w.o.out) != 0 {
			t.Errorf("got %v, sent %d", err, len(w.o.out))
		}
	})
}

// panicky is a connector that panics at one step.
type panicky struct {
	*office
	at    string
	sends atomic.Int32
}

func (p *panicky) Send(ctx context.Context, s State, r Reply) (string, error) {
	if p.at == "send" && strings.Contains(r.Answer.Text.DE, "eins") {
		p.sends.Add(1)
		panic(r.Answer.Text.DE)
	}
	return p.office.Send(ctx, s, r)
}

func (p *panicky) Typing(ctx context.Context, a Address, g Progress) {
	if p.at == "typing" {
		panic("eins")
	}
	p.office.Typing(ctx, a, g)
}

func (p *panicky) Forget(ctx context.Context, s State, room string) error {
	if p.at == "forget" {
		panic("eins")
	}
	return p.office.Forget(ctx, s, room)
}

type reader func() (string, error)

func (r reader) Words(context.Context, Message, func(context.Context, File) (io.ReadCloser, error)) (string, error) {
	return r()
}

// TestPanics in connectors and elsewhere end like those of skills: the person
// hears of it, the operator too, and others' messages go on.
func TestPanics(t *testing.T) {
	sorry := textSorry(Profile{Contact: "ki@stadt.example"}).DE
	letter := ask("1", "")
	letter.Files, letter.Wrote = []File{{Type: TypeLetter}}, true
	tests := map[string]struct {
		at     string
		first  Message
		reader Reader
		draft  Draft
		want   []string
		log    string
	}{
		"in Send":            {at: "send", first: ask("1", "eins"), want: []string{"Echo: zwei"}, log: "set aside"},
		"in Typing":          {at: "typing", first: ask("1", "eins"), want: []string{"Echo: eins", "Echo: zwei"}, log: "message answered"},
		"in Forget":          {at: "forget", first: ask("1", "!löschen"), want: []string{sorry, "Echo: zwei"}, log: "message given up"},
		"in a reader":        {first: letter, reader: reader(func() (string, error) { panic("eins") }), want: []string{sorry, "Echo: zwei"}, log: "message given up"},
		"a date after 9999":  {first: ask("1", "eins"), draft: Draft{Date: time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)}, want: []string{sorry, "Echo: zwei"}, log: "message given up"},
		"a date before that": {first: ask("1", "eins"), draft: Draft{Date: time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)}, want: []string{"Echo: eins", "Echo: zwei"}, log: "message answered"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				asked := 0
				w := newWorld(t, answering(func(ctx context.Context, task Task) (Answer, error) {
					a, err := echo(ctx, task)
					if task.Message.ID == "1" {
						asked++
						a.Drafts = []Draft{test.draft}
					}
					return a, err
				}))
				p := &panicky{office: w.o, at: test.at}
				w.bot.Connectors, w.bot.Reader = []Connector{p}, test.reader
				test.first.Time = time.Now()
				w.o.in = []Message{test.first, after(time.Minute, ask("2", "zwei"))}
				w.want(w.run(time.Hour), test.want...)
				if asked > 2 || p.sends.Load() > sendPanic {
					t.Errorf("asked %d times, sent %d times", asked, p.sends.Load())
				}
				if !strings.Contains(w.log.String(), test.log) || strings.Contains(w.log.String(), "Echo") {
					t.Errorf("log lacks %q, or has a text:\n%s", test.log, &w.log)
				}
			})
		})
	}
}

// TestPlausible: a time that an outsider chose can always be stored, and orders
// nothing before what is there.
func TestPlausible(t *testing.T) {
	now := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	for _, test := range []struct{ t, want time.Time }{
		{now.Add(-time.Hour), now.Add(-time.Hour)},
		{now.In(time.FixedZone("", 3600)), now},
		{now.Add(24 * time.Hour), now.Add(24 * time.Hour)},
		{now.Add(72 * time.Hour), now},
		{time.UnixMilli(1 << 60), now},
		{time.Time{}, now},
		{time.Unix(0, 0), now},
	} {
		if got := plausible(test.t, now); got != test.want {
			t.Errorf("%v: got %v, want %v", test.t, got, test.want)
		}
	}
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, answering(echo))
		m := ask("1", "eins")
		w.o.now, m.Time = true, time.UnixMilli(1<<60)
		w.o.in = []Message{m}
		w.want(w.run(time.Minute), "Echo: eins")
	})
}

// TestOrphans tells the operator of replies that nobody sends any more.
func TestOrphans(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, answering(echo))
		w.o.failures = 1 << 30
		w.o.in = []Message{ask("1", "eins")}
		w.run(time.Minute)
		w.bot.Connectors = []Connector{&office{name: "other"}}
		w.run(time.Second)
		if !strings.Contains(w.log.String(), "not configured") {
			t.Errorf("the operator was not told:\n%s", &w.log)
		}
		w.log.Reset()
		w.bot.Connectors, w.o.failures = []Connector{w.o}, 0
		w.want(w.run(2*time.Hour), "Echo: eins")
		if strings.Contains(w.log.String(), "not configured") {
			t.Errorf("told for nothing:\n%s", &w.log)
		}
	})
}

// TestSilentRefusal: who is refused does not see that the bot is writing.
func TestSilentRefusal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, answering(echo))
		m := ask("1", "hello, can you help me with this?")
		m.Sender = "eve@fremd.example"
		w.o.in = []Message{m}
		w.run(time.Minute)
		if len(w.o.typed) != 0 || len(w.o.out) != 1 || w.o.out[0].Language != "en" {
			t.Errorf("typed %d times, said %+v", len(w.o.typed), w.o.out)
		}
	})
}

// TestWatchedGivenUp: where nobody asked, nobody is told to ask again.
func TestWatchedGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, answering(func(context.Context, Task) (Answer, error) { return Answer{}, errors.New("model is away") }))
		m := ask("1", "")
		m.Watched, m.Prio, m.Files = true, PrioMail, []File{{Type: TypeLetter}}
		w.o.in = []Message{m}
		w.want(w.run(time.Hour), textNoDraft.DE)
	})
}

// TestTurnsExpire: a conversation that goes on keeps its own parts no longer than
// one that has ended, and does not grow without end.
func TestTurnsExpire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, answering(func(_ context.Context, task Task) (Answer, error) {
			return say(fmt.Sprintf("%d davor", len(task.History)))
		}))
		w.bot.Keep = 24 * time.Hour
		w.o.in = []Message{ask("1", "a"), after(20*time.Hour, ask("2", "b")), after(40*time.Hour, ask("3", "c"))}
		w.want(w.run(41*time.Hour), "0 davor", "2 davor", "2 davor")
		w.view(func(tx storage.Tx) error {
			return tx.Each(kindConversation, func(k string, stored []byte) error {
				var c conversation
				if err := w.last.bots[0].sealer.decode(k, stored, &c); err != nil || len(c.Turns) != 4 || c.Turns[0].ID != "2" {
					t.Errorf("kept %+v, %v", c.Turns, err)
				}
				return nil
			})
		})
	})
	var c conversation
	for i := range 3 * maxTurns {
		c.add(Turn{ID: fmt.Sprint(i)}, Turn{Bot: true, Drafts: []Draft{{Text: strings.Repeat("x", 100_000), Quote: strings.Repeat("x", 20_000)}}})
	}
	if n := len(c.Turns); n > 18 || n < 8 || c.Turns[n-2].ID != fmt.Sprint(3*maxTurns-1) {
		t.Errorf("%d turns of 60 KB are kept", n)
	}
	c.add(Turn{ID: "last"}, Turn{Bot: true, Drafts: []Draft{{Text: strings.Repeat("x", 2*maxTalkBytes)}}})
	if len(c.Turns) != 2 || c.Turns[0].ID != "last" {
		t.Errorf("of a long draft %d turns are kept, want it and its question", len(c.Turns))
	}
}

// TestPrivateTurn has somebody go on in a thread in which another was answered
// privately: the skill is told nothing of that answer.
func TestPrivateTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, answering(func(_ context.Context, task Task) (Answer, error) {
			if len(task.History) == 0 {
				return Answer{Text: Say("nur für Anna"), Private: true, Sources: []Source{{N: 1, ID: "$x", Quote: "nur für Anna"}}}, nil
			}
			return say(fmt.Sprintf("%d davor: %q %d", len(task.History), task.History[1].Text, len(task.History[1].Sources)))
		}))
		first, second := ask("1", "eins"), ask("2", "zwei")
		first.Direct, second.Direct, second.Sender, second.Thread = false, false, "ben@stadt.example", "1"
		w.o.in = []Message{first}
		w.run(time.Minute)
		w.o.in = append(w.o.in, second)
		got := w.run(time.Minute)
		if want := `2 davor: "" 0`; !strings.Contains(strings.Join(got, "|"), want) {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}
