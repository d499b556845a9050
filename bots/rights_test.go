package bots

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"amtsbote/storage"
)

func TestRights(t *testing.T) {
	count := answering(func(ctx context.Context, task Task) (Answer, error) {
		if err := task.Memo.Put(ctx, "teil", []byte("1"), task.Message.ID); err != nil {
			return Answer{}, err
		}
		a, err := say(fmt.Sprintf("%d davor", len(task.History)))
		a.Notice = Notice{Model: "Mistral Small", Place: "Rechenzentrum der Stadt"}
		a.Sources = []Source{{N: 1, File: "Bescheid.pdf", Page: 2}}
		return a, err
	})
	tests := map[string]struct {
		command string
		want    []string // in the answer to the command
		after   string   // what the skill says to the next question
	}{
		"!neu forgets what was said":  {"!neu", []string{"Wir beginnen neu"}, "0 davor"},
		"a full stop does no harm":    {"!neu.", []string{"Wir beginnen neu"}, "0 davor"},
		"!löschen gives a receipt":    {"!Löschen", []string{"Gelöscht: dieses Gespräch (2 Beiträge)", "nächtliche Bereinigung"}, "0 davor"},
		"!delete is the same":         {"!delete", []string{"Deleted: this conversation (2 entries)"}, "0 davor"},
		"!info names model and class": {"!info", []string{"Mistral Small, Rechenzentrum der Stadt", "intern", "30 Tage", "ki@stadt.example"}, "2 davor"},
		"!warum names what made it":   {"!warum", []string{"**test**", "Version 7", "Mistral Small", "[1] Bescheid.pdf, S. 2"}, "2 davor"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, count)
				w.bot.Models = func(Class) []ModelInfo { return []ModelInfo{{Name: "Mistral Small", Place: "Rechenzentrum der Stadt"}} }
				w.o.in = []Message{ask("1", "eins"), ask("2", test.command), ask("3", "drei")}
				w.run(time.Minute)
				if len(w.o.out) != 3 {
					t.Fatalf("got %d answers", len(w.o.out))
				}
				got := w.o.out[1].Answer
				text := got.Text.In(w.o.out[1].Language)
				if test.command == "!delete" {
					text = got.Text.EN
				}
				for _, want := range test.want {
					if !strings.Contains(text, want) {
						t.Errorf("answer lacks %q:\n%s", want, text)
					}
				}
				if !got.Notice.Plain || !got.Private {
					t.Error("the answer is not the person's alone")
				}
				if last := w.o.out[2].Answer.Text.DE; last != test.after {
					t.Errorf("afterwards: got %q, want %q", last, test.after)
				}
			})
		})
	}
}

// TestDeleted looks into the store: after !löschen nothing is left of the
// conversation, and the connector has been told.
func TestDeleted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, answering(func(ctx context.Context, task Task) (Answer, error) {
			if err := task.Memo.Put(ctx, "teil", []byte("1"), task.Message.ID); err != nil {
				return Answer{}, err
			}
			return echo(ctx, task)
		}))
		last := ask("2", "!löschen")
		last.Time = last.Time.Add(time.Minute) // after the answer was shown
		w.o.in = []Message{ask("1", "eins"), last}
		w.run(time.Hour)
		w.view(func(tx storage.Tx) error {
			for _, kind := range []string{kindConversation, kindMemo, kindCause, kindShown} {
				if err := tx.Each(kind, func(key string, _ []byte) error {
					t.Errorf("left: %s", key)
					return nil
				}); err != nil {
					return err
				}
			}
			return nil
		})
		if len(w.o.forgot) != 1 || w.o.forgot[0] != "r" {
			t.Errorf("the connector was told %q", w.o.forgot)
		}
	})
}

// TestRetention forgets a conversation when its time is over.
func TestRetention(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, answering(func(_ context.Context, task Task) (Answer, error) {
			return say(fmt.Sprintf("%d davor", len(task.History)))
		}))
		w.bot.Keep = 24 * time.Hour
		later := ask("2", "zwei")
		later.Time = later.Time.Add(25 * time.Hour)
		w.o.in = []Message{ask("1", "eins"), later}
		w.want(w.run(26*time.Hour), "0 davor", "0 davor")
		w.nights = 0
		w.run(48 * time.Hour) // two nights pass
		if w.nights != 2 {
			t.Errorf("there were %d nights", w.nights)
		}
		w.view(func(tx storage.Tx) error {
			return tx.Each("", func(key string, _ []byte) error { t.Errorf("left: %s", key); return nil })
		})
	})
}

// TestWatchedLeavesNothing: a letter in a watched mailbox is not kept.
func TestWatchedLeavesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, answering(echo))
		m := ask("1", "")
		m.Watched, m.Author, m.Files = true, "jana@buerger.example", []File{{Type: TypeLetter}}
		w.o.in = []Message{m}
		w.run(time.Minute)
		w.view(func(tx storage.Tx) error {
			return tx.Each(kindConversation, func(key string, _ []byte) error { t.Errorf("left: %s", key); return nil })
		})
	})
}

// TestWatchedIsSilent: an automatic mail in a watched mailbox is answered to nobody.
func TestWatchedIsSilent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, answering(func(context.Context, Task) (Answer, error) { return Answer{Skip: "automatic"}, nil }))
		m := ask("1", "")
		m.Watched, m.Author, m.Files = true, "jana@buerger.example", []File{{Type: TypeLetter}}
		w.o.in = []Message{m}
		w.want(w.run(time.Minute))
	})
}
