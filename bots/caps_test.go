package bots

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// mailOf returns letters of a watched mailbox, each by another author.
func mailOf(prio, n int, thread func(int) string) (all []Message) {
	for i := range n {
		all = append(all, Message{ID: fmt.Sprint(prio, "-", i), Room: "post", Sender: "post@amt.example", Author: fmt.Sprintf("b%d@b.example", i),
			Watched: true, Thread: thread(i), Prio: prio, Time: time.Now().Add(time.Duration(i) * time.Microsecond), Files: []File{{Type: TypeLetter}}})
	}
	return all
}

func own(i int) string { return fmt.Sprint(i) }

// TestMailCaps has a thread in which two machines answer each other, and a bomb of
// letters under ever new names: what is too much waits, and all is answered.
func TestMailCaps(t *testing.T) {
	for name, test := range map[string]struct {
		quota  Quota
		in     func() []Message
		of     string
		most   int // answered at once
		within time.Duration
	}{
		"a thread":  {Quota{ThreadPerHour: 3}, func() []Message { return mailOf(PrioMail, 10, func(int) string { return "one" }) }, "thread", 3, 4 * time.Hour},
		"a mailbox": {Quota{MailboxPerDay: 4}, func() []Message { return mailOf(PrioMail, 10, own) }, "mailbox", 4, 3 * 24 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				atOnce := 0
				w := newWorld(t, answering(func(context.Context, Task) (Answer, error) {
					if time.Since(began) < time.Minute {
						atOnce++
					}
					return say("x")
				}))
				w.bot.Quota, w.bot.Workers = test.quota, 1
				w.o.in = append(test.in(), ask("chat", "hallo")) // no mail: passes
				if got := w.run(test.within); len(got) != 11 || atOnce != test.most+1 {
					t.Errorf("answered %d, %d of them at once, want all 10 and the question, %d of them at once", len(got), atOnce, test.most+1)
				}
				if n := counted(t, w.last.metrics.delayed, test.of); n < 3 {
					t.Errorf("counted %v delays", n)
				}
				if strings.Contains(w.log.String(), "b.example") {
					t.Error("the log names an author")
				}
			})
		})
	}
}

// counted returns the value of a counter with a label of the given value.
func counted(t *testing.T, c prometheus.Collector, label string) (n float64) {
	t.Helper()
	reg := prometheus.NewRegistry()
	reg.MustRegister(c)
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			for _, l := range m.GetLabel() {
				if l.GetValue() == label {
					n += m.GetCounter().GetValue() + m.GetGauge().GetValue()
				}
			}
		}
	}
	return n
}

// TestBacklogLeavesRoom fills the inbox with a backlog and a model that is slow:
// who asks meanwhile is answered at once, and so is a letter that has just come.
func TestBacklogLeavesRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		var now, most atomic.Int32
		var fresh []time.Duration
		w := newWorld(t, answering(func(ctx context.Context, task Task) (Answer, error) {
			if task.Message.Prio < PrioBacklog {
				fresh = append(fresh, time.Since(began).Round(time.Second))
				return say("sofort")
			}
			most.Store(max(most.Load(), now.Add(1)))
			defer now.Add(-1)
			sleep(ctx, time.Minute)
			return say("alt")
		}))
		w.bot.Workers = 16
		w.o.in = mailOf(PrioBacklog, 300, own)
		letter := mailOf(PrioMail, 1, own)[0]
		letter.Time = began.Add(10*time.Minute + 30*time.Second) // while the old ones are being answered
		w.o.in = append(w.o.in, letter, after(20*time.Minute+30*time.Second, ask("frage", "hallo")))
		w.run(4 * time.Hour)
		if len(w.o.out) != 302 {
			t.Errorf("%d were answered, want 302", len(w.o.out))
		}
		if fmt.Sprint(fresh) != "[10m30s 20m30s]" {
			t.Errorf("letter and question were answered after %v, want at once at 10:30 and 20:30 minutes", fresh)
		}
		if most.Load() != 2 {
			t.Errorf("%d of the backlog were answered at the same time, want 2 of 16", most.Load())
		}
		if !strings.Contains(w.log.String(), `msg="work waits" queue=in/1:b parked=0 person=0 mail=0 backlog=`) {
			t.Errorf("the log does not say how much waits:\n%.2000s", &w.log)
		}
	})
}

// alarmed is a connector with a full drafts folder.
type alarmed struct{ *office }

func (alarmed) Alarms() map[string]string { return map[string]string{"drafts": "full"} }

func TestAlarms(t *testing.T) {
	r := &Runner{bots: []*bot{{Bot: Bot{Connectors: []Connector{&office{name: "a"}, alarmed{&office{name: "post"}}}}}}}
	if got := fmt.Sprint(r.Alarms()); got != "map[post drafts:full]" {
		t.Errorf("got %s", got)
	}
}

// TestReconnect watches the waits of a connector that cannot connect: growing,
// capped, and small again only after it has been well for minutes.
func TestReconnect(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &dying{}
		w := newWorld(t, answering(echo))
		w.bot.Connectors = []Connector{c}
		w.run(3 * time.Hour)
		near := func(i int, want time.Duration) {
			t.Helper()
			if got := c.waits[i]; got < want*4/5 || got > want*6/5 {
				t.Errorf("wait %d was %v, want about %v: %v", i, got, want, c.waits[:min(len(c.waits), 20)])
			}
		}
		for i := range 6 {
			near(i, 5*time.Second<<i)
		}
		for i := 6; i < 9; i++ {
			near(i, 5*time.Minute)
		}
		near(9, 5*time.Minute) // it had been well for a second only
		near(10, 5*time.Second)
		if c.waits[7] == c.waits[8] {
			t.Error("no jitter: all bots come back at the same moment")
		}
	})
}

// dying is a connector that cannot connect; the tenth time it is well for a
// second, the eleventh for six minutes.
type dying struct {
	Connector
	ended time.Time
	waits []time.Duration
	tries int
}

func (*dying) Name() string { return "dying" }

func (d *dying) Receive(ctx context.Context, _ State, _ func(context.Context, Message) error) error {
	if !d.ended.IsZero() {
		d.waits = append(d.waits, time.Since(d.ended))
	}
	switch d.tries++; d.tries {
	case 10:
		sleep(ctx, time.Second)
	case 11:
		sleep(ctx, 6*time.Minute)
	}
	d.ended = time.Now()
	return errors.New("no connection")
}

// TestSecretAnew: a password that is changed in its file counts without a restart.
func TestSecretAnew(t *testing.T) {
	path := filepath.Join(t.TempDir(), "password")
	write := func(s string) {
		if err := os.WriteFile(path, []byte(s), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("alt\n")
	var s Secret
	if err := s.UnmarshalText([]byte("file:" + path)); err != nil || s.Validate() != nil {
		t.Fatal(err, s.Validate())
	}
	want := func(want string) {
		t.Helper()
		if got := s.Reveal(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	want("alt")
	write("")
	want("alt") // it is just being written
	write("neu\n")
	want("neu")
	os.Remove(path)
	want("alt")
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info(fmt.Sprintf("%v %+v %#v", s, &s, s), "s", s)
	if strings.Contains(log.String(), "alt") || strings.Contains(log.String(), path) {
		t.Errorf("the secret or its place is printed: %s", &log)
	}
}
