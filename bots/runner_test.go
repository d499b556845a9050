package bots

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

func TestRun(t *testing.T) {
	away := errors.New("model is away")
	refusal := &Refusal{Text: Text{DE: "Diese Datei ist verschlüsselt."}, Err: errors.New("pdf: encrypted")}
	sorry := textSorry(Profile{Contact: "ki@stadt.example"}).DE
	tests := map[string]struct {
		skill    func(n int, ctx context.Context, t Task) (Answer, error)
		failures int
		want     []string
	}{
		"answers in order":           {want: []string{"Echo: eins", "Echo: zwei"}},
		"sends again after failures": {failures: 3, want: []string{"Echo: eins", "Echo: zwei"}},
		"asks the skill again after an error": {
			skill: func(n int, ctx context.Context, t Task) (Answer, error) {
				if n < 3 {
					return Answer{}, away
				}
				return echo(ctx, t)
			},
			want: []string{"Echo: eins", "Echo: zwei"}},
		"tells the person of a refusal": {
			skill: func(int, context.Context, Task) (Answer, error) {
				return Answer{}, fmt.Errorf("reading: %w", refusal)
			},
			want: []string{refusal.Text.DE, refusal.Text.DE}},
		"refuses what panics twice": {
			skill: func(int, context.Context, Task) (Answer, error) { panic("eins") },
			want:  []string{sorry, sorry}},
		"survives a panic": {
			skill: func(n int, ctx context.Context, t Task) (Answer, error) {
				if n == 1 {
					panic("eins")
				}
				return echo(ctx, t)
			},
			want: []string{"Echo: eins", "Echo: zwei"}},
		"stops a skill that hangs": {
			skill: func(n int, ctx context.Context, t Task) (Answer, error) {
				if n == 1 {
					<-ctx.Done()
					return Answer{}, context.Cause(ctx)
				}
				return echo(ctx, t)
			},
			want: []string{textWait(time.Date(2000, 1, 1, 0, 15, 0, 0, time.UTC)).DE, "Echo: eins", "Echo: zwei"}},
		"remembers the conversation": {
			skill: func(_ int, _ context.Context, t Task) (Answer, error) {
				return say(fmt.Sprintf("%d Beiträge davor", len(t.History)))
			},
			want: []string{"0 Beiträge davor", "2 Beiträge davor"}},
		"says so when every skill passes": {
			skill: func(int, context.Context, Task) (Answer, error) { return Answer{}, ErrPass },
			want:  []string{textNothing.DE, textNothing.DE}},
		"tells who asked where no answer is owed": {
			skill: func(int, context.Context, Task) (Answer, error) { return Answer{Skip: "automatic"}, nil },
			want:  []string{textSkipped.DE, textSkipped.DE}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := 0
				w := newWorld(t, answering(func(ctx context.Context, t Task) (Answer, error) {
					if n++; test.skill == nil {
						return echo(ctx, t)
					}
					return test.skill(n, ctx, t)
				}))
				w.o.failures = test.failures
				w.o.in = []Message{ask("1", "eins"), ask("2", "zwei"), ask("1", "eins")} // the network repeats itself
				w.want(w.run(time.Hour), test.want...)
				if strings.Contains(w.log.String(), "eins") {
					t.Errorf("log has the text of a message:\n%s", &w.log)
				}
			})
		})
	}
}

// TestGiveUp has a model that never comes back: the person is told to wait, and
// after a quarter of an hour gets one honest answer.
func TestGiveUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		w := newWorld(t, answering(func(context.Context, Task) (Answer, error) { return Answer{}, errors.New("model is away") }))
		w.o.in = []Message{ask("1", "eins")}
		got := w.run(time.Hour)
		if len(got) != 2 || !strings.HasPrefix(got[0], "Das dauert heute länger") || !strings.HasPrefix(got[1], "Es tut mir leid") {
			t.Fatalf("got %q", got)
		}
		until := began.UTC().Add(giveUp).Format("15:04")
		if !strings.Contains(got[0], until) {
			t.Errorf("promised %q, want until %s", got[0], until)
		}
	})
}

// TestRestart stops the bot while a skill works; the next run must answer, and
// the stop must not count as a failure.
func TestRestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hang := true
		w := newWorld(t, answering(func(ctx context.Context, task Task) (Answer, error) {
			if hang {
				<-ctx.Done()
				return Answer{}, ctx.Err()
			}
			return echo(ctx, task)
		}))
		w.o.in = []Message{ask("1", "eins")}
		began := time.Now()
		w.want(w.run(time.Second))
		if took := time.Since(began); took > 11*time.Second {
			t.Errorf("stopping took %v", took)
		}
		if w.o.confirmed != 1 {
			t.Error("the message was not confirmed")
		}
		hang = false
		w.want(w.run(3*time.Second), "Echo: eins")
		if strings.Contains(w.log.String(), "will try again") {
			t.Errorf("stopping counted as a failure:\n%s", &w.log)
		}
	})
}

// TestFinishBeforeStop lets work that is nearly done finish when the bot stops.
func TestFinishBeforeStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		w := newWorld(t, answering(func(ctx context.Context, task Task) (Answer, error) {
			calls++
			sleep(ctx, 5*time.Second)
			if ctx.Err() != nil {
				return Answer{}, ctx.Err()
			}
			return echo(ctx, task)
		}))
		w.o.in = []Message{ask("1", "eins")}
		w.run(time.Second)
		w.want(w.run(time.Second), "Echo: eins")
		if calls != 1 {
			t.Errorf("the skill was asked %d times", calls)
		}
	})
}

// TestConversations run beside one another, each in its order; a conversation
// whose head waits for another try holds up no other.
func TestConversations(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, answering(func(ctx context.Context, task Task) (Answer, error) {
			if task.Text == "schwer" && len(task.History) == 0 && time.Since(task.Message.Time) < time.Minute {
				return Answer{}, errors.New("not yet")
			}
			return echo(ctx, task)
		}))
		other := ask("3", "anderswo")
		other.Room = "s"
		w.o.in = []Message{ask("1", "schwer"), ask("2", "danach"), other}
		got := w.run(time.Hour)
		w.want(got[:1], "Echo: anderswo")
		if l := len(got); got[l-2] != "Echo: schwer" || got[l-1] != "Echo: danach" {
			t.Errorf("got %q", got)
		}
	})
}

// TestSealed keeps what people write out of the file, and out of a bot's reach
// that has another key.
func TestSealed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const word = "Bewohnerparkausweis"
		w := newWorld(t, answering(func(ctx context.Context, task Task) (Answer, error) {
			if err := task.Memo.Put(ctx, "m", []byte(word), task.Message.ID); err != nil {
				t.Error(err)
			}
			return echo(ctx, task)
		}))
		w.o.failures = 1000 // the answer stays in the outbox
		m := ask("1", word)
		m.Room = "raum-17"
		w.o.in = []Message{m}
		w.run(time.Minute)
		data, err := os.ReadFile(w.path)
		if err != nil {
			t.Fatal(err)
		}
		for _, bad := range []string{word, "anna@stadt", "raum-17"} {
			if strings.Contains(string(data), bad) {
				t.Errorf("the file has %q", bad)
			}
		}
		w.bot.Key = NewSecret("falsch")
		w.o.failures = 0
		w.want(w.run(time.Hour)) // set aside, not lost
		w.bot.Key = Secret{}
		w.want(w.run(time.Hour))
		if !strings.Contains(w.log.String(), "sealed with another key") {
			t.Errorf("the operator was not told:\n%s", &w.log)
		}
	})
}

// TestSendForADay sets a reply aside that could not be sent for a day.
func TestSendForADay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, answering(echo))
		w.o.failures = 1 << 30
		w.o.in = []Message{ask("1", "eins")}
		w.want(w.run(23 * time.Hour))
		if strings.Contains(w.log.String(), "set aside") {
			t.Error("set aside too early")
		}
		w.want(w.run(4 * time.Hour))
		if !strings.Contains(w.log.String(), "set aside") {
			t.Error("not set aside after a day")
		}
	})
}

// TestNames refuses what would mix the values of two connectors.
func TestNames(t *testing.T) {
	for name, all := range map[string][]Bot{
		"two bots of one name":       {{Profile: Profile{Name: "b"}}, {Profile: Profile{Name: "b"}}},
		"a bot without a name":       {{}},
		"two connectors of one name": {{Profile: Profile{Name: "b"}, Connectors: []Connector{&office{name: "o"}, &office{name: "o"}}}},
	} {
		if _, err := NewRunner(nil, nil, all...); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// TestProgress reaches the person, but not more than once a second.
func TestProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, answering(func(ctx context.Context, task Task) (Answer, error) {
			for i := range 100 {
				task.Tell(Progress{Done: i, Total: 100})
				sleep(ctx, 100*time.Millisecond)
			}
			return echo(ctx, task)
		}))
		w.o.in = []Message{ask("1", "eins")}
		w.run(time.Minute)
		if n := len(w.o.typed); n < 9 || n > 12 {
			t.Errorf("progress was shown %d times in 10 s", n)
		}
	})
}

// TestTroubledConnector comes back, and is a reason not to be ready meanwhile.
func TestTroubledConnector(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var tries atomic.Int32
		w := newWorld(t, answering(echo))
		c := &flaky{office: w.o, tries: &tries}
		w.bot.Connectors = []Connector{c}
		c.during = func() {
			if tries.Load() == 2 && len(w.last.Ready()) != 0 {
				t.Errorf("not ready while receiving: %v", w.last.Ready())
			}
		}
		w.o.in = []Message{ask("1", "eins")}
		w.want(w.run(time.Hour), "Echo: eins")
		if tries.Load() != 2 || !strings.Contains(w.log.String(), "connector stopped") {
			t.Errorf("tried %d times:\n%s", tries.Load(), &w.log)
		}
	})
}

// TestRefusingConnector is an alarm in log and health and no loop; the others go on.
func TestRefusingConnector(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, answering(echo))
		c := &revoked{}
		w.bot.Connectors = append(w.bot.Connectors, c)
		w.o.in = []Message{ask("1", "eins")}
		w.want(w.run(time.Hour), "Echo: eins")
		if n := strings.Count(w.log.String(), "level=ERROR"); c.tries.Load() != 1 || n != 1 || !strings.Contains(w.log.String(), "token revoked") {
			t.Errorf("tried %d times, %d errors in the log:\n%s", c.tries.Load(), n, &w.log)
		}
		all := prometheus.NewRegistry()
		all.MustRegister(w.last.metrics.failures)
		if got, err := all.Gather(); err != nil || len(got) != 1 || got[0].GetMetric()[0].GetCounter().GetValue() != 1 {
			t.Errorf("counted %v, %v", got, err)
		}
		if got := w.last.Ready()["revoked"]; got != "refused: token revoked" {
			t.Errorf("ready says %q", got)
		}
	})
}

// revoked is a connector whose login is over.
type revoked struct {
	Connector
	tries atomic.Int32
}

func (*revoked) Name() string { return "revoked" }

func (c *revoked) Receive(context.Context, State, func(context.Context, Message) error) error {
	c.tries.Add(1)
	return &Refusal{Err: errors.New("token revoked")}
}

type flaky struct {
	*office
	tries  *atomic.Int32
	during func()
}

func (f *flaky) Receive(ctx context.Context, s State, accept func(context.Context, Message) error) error {
	if f.tries.Add(1) == 1 {
		panic("surprise")
	}
	f.during()
	return f.office.Receive(ctx, s, accept)
}

// TestReady gives reasons in one line: a panic's stack is for the log.
func TestReady(t *testing.T) {
	r := &Runner{down: map[string]error{"office": safely(func() error { panic("Geheimnis") })}, storeDown: errors.New("storage: the disk is full")}
	got := r.Ready()
	if len(got) != 2 || got["office"] != "panic: string" || got["storage"] != "storage: the disk is full" {
		t.Errorf("got %q", got)
	}
}
