package bots

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"amtsbote/storage"
)

func TestAccess(t *testing.T) {
	a := Access{Allow: []string{"anna@stadt.example", "@jörg:matrix.example", "Amt.Example", "haus.example"}, Deny: []string{"eve@amt.example", "gast.haus.example"}}
	tests := map[string]bool{
		"anna@stadt.example":          true,
		"Anna@Stadt.Example":          true,
		"bernd@stadt.example":         false,
		"@jörg:matrix.example":        true,
		"@jo:matrix.example":          false,
		"kaya@amt.example":            true,
		"@kaya:amt.example":           true,
		"eve@amt.example":             false,
		"kaya@böses-amt.example":      false, // a suffix is no domain
		"kaya@sub.amt.example":        false,
		"kaya@amt.example.evil":       false,
		"amt.example":                 false,
		"@amt.example":                false,
		"x@evil.example@haus.example": true, // the last @ counts, as it does for the server
		"x@haus.example@evil.example": false,
		"":                            false,
		"@:amt.example":               true,
	}
	for person, want := range tests {
		if got := a.Allows(person); got != want {
			t.Errorf("%q: got %t, want %t", person, got, want)
		}
	}
	if (Access{}).Allows("anna@stadt.example") {
		t.Error("a bot without a list is open")
	}
	for _, bad := range []string{"*@stadt.example", "", ".stadt.example", "a b"} {
		if (Access{Allow: []string{bad}}).Validate() == nil {
			t.Errorf("%q was taken as an entry", bad)
		}
	}
}

func TestGate(t *testing.T) {
	stranger := func(id string, after time.Duration) Message {
		m := ask(id, "hallo")
		m.Sender, m.Room, m.Time = "eve@fremd.example", "eve"+id, m.Time.Add(after)
		return m
	}
	letter := func(id, author string) Message {
		m := ask(id, "")
		m.Watched, m.Sender, m.Author, m.Thread, m.Prio = true, "post@amt.example", author, id, PrioMail
		m.Files = []File{{Name: "letter.eml", Type: TypeLetter, Ref: id}}
		return m
	}
	tests := map[string]struct {
		in    func() []Message
		quota Quota
		want  []string // beginnings
	}{
		"a stranger gets one polite refusal a day": {
			in: func() []Message {
				return []Message{stranger("1", 0), stranger("2", time.Minute), stranger("3", 25*time.Hour)}
			},
			want: []string{"Guten Tag, für Sie bin ich noch nicht freigeschaltet. Bitte wenden Sie sich an ki@stadt.example.", "Guten Tag, für Sie"}},
		"who asks too much is told once": {
			quota: Quota{PerHour: 2},
			in:    func() []Message { return []Message{ask("1", "a"), ask("2", "b"), ask("3", "c"), ask("4", "d")} },
			want:  []string{"Echo: a", "Echo: b", "Für diese Stunde ist Ihr Kontingent erreicht"}},
		"and told again the next hour": {
			quota: Quota{PerHour: 1},
			in: func() []Message {
				return []Message{ask("1", "a"), ask("2", "b"), after(time.Hour+time.Minute, ask("3", "c")), after(time.Hour+2*time.Minute, ask("4", "d"))}
			},
			want: []string{"Echo: a", "Für diese Stunde", "Echo: c", "Für diese Stunde"}},
		"after an hour one may ask again": {
			quota: Quota{PerHour: 1},
			in: func() []Message {
				m := ask("2", "b")
				m.Time = m.Time.Add(61 * time.Minute)
				return []Message{ask("1", "a"), m}
			},
			want: []string{"Echo: a", "Echo: b"}},
		"a watched mailbox passes, whoever wrote": {
			in: func() []Message { return []Message{letter("1", "jana@buerger.example")} }, want: []string{"Echo:"}},
		"the letters of one author wait, nothing is lost": {
			quota: Quota{AuthorPerHour: 1},
			in: func() []Message {
				return []Message{letter("1", "jana@buerger.example"), letter("2", "jana@buerger.example"), letter("3", "ole@buerger.example")}
			},
			want: []string{"Echo:", "Echo:", "Echo:"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, answering(echo))
				w.bot.Quota = test.quota
				w.o.in = test.in()
				got := w.run(26 * time.Hour)
				if len(got) != len(test.want) {
					t.Fatalf("got %q, want %q", got, test.want)
				}
				for i, want := range test.want {
					if !strings.HasPrefix(got[i], want) {
						t.Errorf("got %q, want %q", got[i], want)
					}
				}
				for _, r := range w.o.out {
					if r.To.Person == "jana@buerger.example" {
						t.Error("an author was answered")
					}
				}
				if strings.Contains(w.log.String(), "@") {
					t.Errorf("the log has an address:\n%s", &w.log)
				}
			})
		})
	}
}

// TestAuthorWaits spreads the letters of one author over the hours, while others'
// are answered at once.
func TestAuthorWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		var took []string
		w := newWorld(t, answering(func(_ context.Context, task Task) (Answer, error) {
			took = append(took, fmt.Sprintf("%s %.0f", task.Message.Author[:4], time.Since(began).Hours()))
			return say("x")
		}))
		w.bot.Quota.AuthorPerHour = 1
		for i := range 3 {
			m := ask(fmt.Sprint(i), "")
			m.Watched, m.Sender, m.Author, m.Thread = true, "post@amt.example", "jana@b.example", m.ID
			m.Files = []File{{Type: TypeLetter}}
			w.o.in = append(w.o.in, m)
		}
		last := w.o.in[0]
		last.ID, last.Thread, last.Author = "9", "9", "ole.@b.example"
		w.o.in = append(w.o.in, last)
		w.run(5 * time.Hour)
		want := []string{"jana 0", "ole. 0", "jana 1", "jana 2"}
		if fmt.Sprint(took) != fmt.Sprint(want) && fmt.Sprint(took) != "[ole. 0 jana 0 jana 1 jana 2]" {
			t.Errorf("got %q, want %q", took, want)
		}
	})
}

// slowReads is a store that takes its time to show what it has read.
type slowReads struct {
	storage.Store
	slow func() bool
}

func (s slowReads) View(ctx context.Context, fn func(storage.Tx) error) error {
	err := s.Store.View(ctx, fn)
	if s.slow() {
		time.Sleep(10 * time.Second)
	}
	return err
}

// TestGateCountsAll: whoever is done between the look at the store and that at
// those at work is counted all the same.
func TestGateCountsAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var busy atomic.Bool
		w := newWorld(t, answering(func(context.Context, Task) (Answer, error) {
			busy.Store(true)
			time.Sleep(3 * time.Second)
			busy.Store(false)
			return say("x")
		}))
		w.bot.Quota.PerHour = 1
		w.slow = busy.Load
		first, second := ask("1", "a"), ask("2", "b")
		second.Room, second.Time = "other", second.Time.Add(time.Second)
		w.o.in = []Message{first, second}
		if got := w.run(time.Minute); len(got) != 2 || got[0] != "x" || !strings.HasPrefix(got[1], "Für diese Stunde") {
			t.Errorf("got %q, want one answer and a refusal", got)
		}
	})
}

// TestGateClock: a clock that was set back blocks nobody, and what waits for others
// of its author does not ask every second.
func TestGateClock(t *testing.T) {
	now := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	b := &bot{Bot: Bot{Profile: Profile{Zone: time.UTC}, Access: Access{Allow: []string{"stadt.example"}}, Quota: Quota{PerHour: 2, AuthorPerHour: 2}}}
	m, letter := ask("1", ""), Message{Watched: true}
	tomorrow, before := now.Add(24*time.Hour), now.Add(-time.Minute)
	for name, test := range map[string]struct {
		m     Message
		asked []time.Time
		busy  int
		pass  bool
		wait  time.Duration
	}{
		"asked tomorrow":             {m, []time.Time{tomorrow, tomorrow}, 0, true, 0},
		"a letter tomorrow":          {letter, []time.Time{tomorrow, tomorrow}, 0, true, 0},
		"one asked, one being asked": {m, []time.Time{before}, 1, false, time.Second},
		"many being answered":        {letter, []time.Time{before}, 60, false, time.Minute},
	} {
		if v := b.gate(test.m, use{person: person{Asked: test.asked}}, test.busy, now); v.pass != test.pass || v.wait != test.wait {
			t.Errorf("%s: got %+v", name, v)
		}
	}
}
