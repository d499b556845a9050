package bots

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"amtsbote/storage"
)

// after puts a message d into the future.
func after(d time.Duration, m Message) Message { m.Time = time.Now().Add(d); return m }

// control returns a message that speaks of another.
func control(kind Kind, target, text string) Message {
	m := ask(string(kind)+target, text)
	m.Kind, m.Target = kind, target
	return m
}

// by has a message come from somebody and somewhere else.
func by(sender, room string, m Message) Message { m.Sender, m.Room = sender, room; return m }

const anna, eve, stranger = "anna@stadt.example", "eve@stadt.example", "eve@fremd.example"

var controlTests = map[string]struct {
	in       func() []Message
	failures int
	want     []string
}{
	"a stop word ends the answer": {in: func() []Message {
		return []Message{ask("1", "lang"), after(2*time.Second, ask("2", "Stopp!"))}
	}, want: []string{textStopped.DE}},
	"a stop word with nothing to stop is a question": {in: func() []Message {
		return []Message{ask("1", "stopp")}
	}, want: []string{"Echo: stopp"}},
	"a stop word that comes again stops nothing else, and is no question": {in: func() []Message {
		stop := ask("2", "Stopp!")
		return []Message{ask("1", "lang"), after(2*time.Second, stop), after(3*time.Second, ask("3", "lang")),
			after(5*time.Second, stop), after(2*time.Minute, stop)}
	}, want: []string{textStopped.DE, "Echo: lang"}},
	"who may not use the bot stops nothing": {in: func() []Message {
		return []Message{ask("1", "lang"), after(2*time.Second, by(stranger, "r", ask("2", "Stopp!"))),
			after(2*time.Second, by(stranger, "r", control(KindReaction, "1", "❌")))}
	}, want: []string{"Echo: lang", textNoAccess(Profile{Contact: "ki@stadt.example"}).DE}},
	"another room stops nothing here": {in: func() []Message {
		return []Message{ask("1", "lang"), after(2*time.Second, by(eve, "s", control(KindStop, "1", "Stopp")))}
	}, want: []string{"Echo: lang"}},
	"a stop after an edit finds what runs now": {in: func() []Message {
		return []Message{ask("1", "stur"), after(2*time.Second, control(KindEdit, "1", "lang")), after(8*time.Second, ask("2", "stopp"))}
	}, want: []string{textStopped.DE}},
	"❌ ends the answer without a word": {in: func() []Message {
		return []Message{ask("1", "lang"), after(2*time.Second, control(KindReaction, "", "❌️"))}
	}},
	"an edit before the answer replaces the question": {in: func() []Message {
		return []Message{ask("1", "lang"), after(2*time.Second, control(KindEdit, "1", "kurz"))}
	}, want: []string{"Echo: kurz"}},
	"an edit after the answer changes nothing": {in: func() []Message {
		return []Message{ask("1", "kurz"), after(2*time.Second, control(KindEdit, "1", "anders"))}
	}, want: []string{"Echo: kurz"}},
	"nobody edits what another wrote": {in: func() []Message {
		return []Message{ask("1", "lang"), after(2*time.Second, by(eve, "r", control(KindEdit, "1", "gefälscht")))}
	}, want: []string{"Echo: lang"}},
	"nobody edits from another room": {in: func() []Message {
		return []Message{ask("1", "lang"), after(2*time.Second, by(anna, "s", control(KindEdit, "1", "gefälscht")))}
	}, want: []string{"Echo: lang"}},
	"a redaction takes the question back": {in: func() []Message {
		return []Message{ask("1", "lang"), after(2*time.Second, control(KindRedaction, "1", ""))}
	}},
	"a redaction takes back an answer that could not be sent yet": {failures: 1, in: func() []Message {
		return []Message{ask("1", "kurz"), after(2*time.Second, control(KindRedaction, "1", ""))}
	}},
	"a redaction of another room's changes nothing here": {in: func() []Message {
		return []Message{ask("1", "kurz"), after(5*time.Second, by(anna, "s", control(KindRedaction, "1", ""))), after(9*time.Second, ask("2", "wie viel"))}
	}, want: []string{"Echo: kurz", "2 davor"}},
	"a redaction of another room's does not end an answer": {in: func() []Message {
		return []Message{ask("1", "lang"), after(2*time.Second, by(anna, "s", control(KindRedaction, "1", "")))}
	}, want: []string{"Echo: lang"}},
	"a redacted message is no longer known": {in: func() []Message {
		return []Message{ask("1", "kurz"), ask("2", "kurz"), after(5*time.Second, control(KindRedaction, "1", "")), after(9*time.Second, ask("3", "wie viel"))}
	}, want: []string{"Echo: kurz", "Echo: kurz", "2 davor"}},
}

// TestControl does not wait in the queue.
func TestControl(t *testing.T) {
	for name, test := range controlTests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, answering(slowly))
				w.o.in, w.o.failures = test.in(), test.failures
				w.want(w.run(time.Hour), test.want...)
			})
		})
	}
}

// slowly answers "lang" after a minute, and "stur" after five seconds whether the
// answer is still wanted or not.
func slowly(ctx context.Context, task Task) (Answer, error) {
	switch task.Text {
	case "lang":
		sleep(ctx, time.Minute)
		if ctx.Err() != nil {
			return Answer{}, context.Cause(ctx)
		}
	case "stur":
		sleep(context.WithoutCancel(ctx), 5*time.Second)
	case "wie viel":
		return say(fmt.Sprintf("%d davor", len(task.History)))
	}
	return echo(ctx, task)
}

// TestControlOfUnreadable has events speak of what this program cannot read. They
// must not hold up what comes after them.
func TestControlOfUnreadable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, answering(echo))
		w.o.in = []Message{ask("1", "eins")}
		w.want(w.run(time.Minute), "Echo: eins")
		w.update(func(tx storage.Tx) error { // a newer program wrote all there is
			if _, err := tx.Add(storage.Item{Queue: inbox("b"), ID: itemID("office", "2"), Data: []byte("p\xff{}")}); err != nil {
				return err
			}
			return tx.Each("", func(key string, _ []byte) error { return tx.Put(key, []byte("p\xff{}"), time.Hour) })
		})
		w.o.in = append(w.o.in, control(KindReaction, "1", "👍"), control(KindReaction, "2", "❌"), control(KindEdit, "2", "zwei"),
			control(KindRedaction, "1", ""), control(KindRedaction, "2", ""))
		w.run(time.Second)
		if w.o.confirmed != len(w.o.in) {
			t.Errorf("%d of %d events were accepted:\n%s", w.o.confirmed, len(w.o.in), &w.log)
		}
	})
}

// TestMemoAfterRedaction has a skill keep something of a message that has been
// taken back meanwhile.
func TestMemoAfterRedaction(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var err error
		w := newWorld(t, answering(func(ctx context.Context, task Task) (Answer, error) {
			<-ctx.Done()
			err = task.Memo.Put(context.WithoutCancel(ctx), "teil", []byte("1"), task.Message.ID)
			return Answer{}, ctx.Err()
		}))
		w.o.in = []Message{ask("1", "eins"), after(time.Second, control(KindRedaction, "1", ""))}
		w.want(w.run(time.Minute))
		if err == nil {
			t.Error("the skill was not told")
		}
		w.view(func(tx storage.Tx) error {
			return tx.Each(kindMemo, func(key string, _ []byte) error { t.Errorf("left: %s", key); return nil })
		})
	})
}

// TestDerived takes back a message of the room that was no question: what was made
// of it goes, in its room alone.
func TestDerived(t *testing.T) {
	for name, room := range map[string]string{"in its room": "r", "in another room": "s"} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, answering(func(ctx context.Context, task Task) (Answer, error) {
					kept, err := task.Memo.Get(ctx, "teil")
					if err != nil {
						return Answer{}, err
					}
					if err := task.Memo.Put(ctx, "teil", []byte("Auszug"), "weg"); err != nil {
						return Answer{}, err
					}
					a, err := say(fmt.Sprintf("%d davor, Auszug %q", len(task.History), kept))
					a.Sources = []Source{{N: 1, ID: "weg"}}
					return a, err
				}))
				gone := after(2*time.Second, by(anna, room, control(KindRedaction, "weg", "")))
				w.o.in = []Message{ask("1", "Was war?"), gone, after(4*time.Second, ask("2", "Und?"))}
				want := `1 davor, Auszug ""` // the question stays, it is hers
				if room == "s" {
					want = `2 davor, Auszug "Auszug"`
				}
				w.want(w.run(time.Minute), `0 davor, Auszug ""`, want)
			})
		})
	}
}
