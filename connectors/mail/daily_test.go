package mail

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"amtsbote/bots"
	"amtsbote/connectors/connectortest"
)

var berlin = func() *time.Location {
	l, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		panic(err)
	}
	return l
}()

// offline is a connector whose servers are not there.
func offline(now *time.Time, daily string) *Connector {
	never := 0
	c := New(Config{Name: "post", Server: "127.0.0.1:1", TLS: tlsNone, Watch: watchLetters, Address: "amt@amt.test", OwnDomains: []string{"amt.test"},
		Daily: daily, ExpireDays: &never, Profile: bots.Profile{Zone: berlin, Name: "Amtsbote"}}, discard)
	c.now = func() time.Time { return *now }
	return c
}

// TestDailyHour: once a day at its hour in the bot's zone, late rather than never,
// not twice though a clock is set back, and not on the day of the first start.
func TestDailyHour(t *testing.T) {
	at := func(s string) time.Time {
		d, err := time.ParseInLocation("2006-01-02 15:04", s, berlin)
		if err != nil {
			t.Fatal(err)
		}
		return d.UTC()
	}
	tests := map[string]struct {
		daily string
		steps []string // moment, and the day and the end of what is covered then
	}{
		"from day to day":            {"", []string{"2026-11-20 12:00 2026-11-20 12:00", "2026-11-21 06:59 2026-11-20 12:00", "2026-11-21 07:00 2026-11-21 07:00", "2026-11-21 23:00 2026-11-21 07:00", "2026-11-22 07:30 2026-11-22 07:00"}},
		"started before the hour":    {"08:15", []string{"2026-11-20 06:00 2026-11-19 06:00", "2026-11-20 08:15 2026-11-20 08:15"}},
		"late after a long outage":   {"", []string{"2026-11-20 12:00 2026-11-20 12:00", "2026-11-25 15:00 2026-11-25 07:00"}},
		"a clock that was set back":  {"", []string{"2026-11-20 12:00 2026-11-20 12:00", "2026-11-21 07:00 2026-11-21 07:00", "2026-11-20 09:00 2026-11-21 07:00", "2026-11-21 08:00 2026-11-21 07:00"}},
		"an hour that a day lacks":   {"02:30", []string{"2026-03-28 12:00 2026-03-28 12:00", "2026-03-29 03:31 2026-03-29 03:30", "2026-03-29 04:00 2026-03-29 03:30"}},
		"an hour that comes twice":   {"02:30", []string{"2026-10-24 12:00 2026-10-24 12:00", "2026-10-25 04:00 2026-10-25 02:30", "2026-10-25 05:00 2026-10-25 02:30"}},
		"off: drafts expire at 7:00": {"off", []string{"2026-11-20 12:00 2026-11-20 12:00", "2026-11-21 07:00 2026-11-21 07:00"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var now time.Time
			c, state := offline(&now, test.daily), connectortest.NewState()
			for _, step := range test.steps {
				f := strings.Fields(step)
				now = at(f[0] + " " + f[1])
				if err := c.daily(t.Context(), state); err != nil {
					t.Fatal(err)
				}
				var m dailyMark
				b, _ := state.Get(t.Context(), keyDaily)
				if err := json.Unmarshal(b, &m); err != nil {
					t.Fatal(err)
				}
				if until := time.Unix(m.Until, 0).In(berlin).Format("15:04"); m.Day != f[2] || until != f[3] {
					t.Errorf("%s: got %s %s", step, m.Day, until)
				}
			}
		})
	}
}

// TestCensus: each letter and draft counts in one day, however often it is passed.
func TestCensus(t *testing.T) {
	now := time.Date(2026, 11, 21, 6, 0, 0, 0, time.UTC) // 7:00 in Berlin
	c, state := offline(&now, ""), connectortest.NewState()
	accept := c.counted(state, func(_ context.Context, m bots.Message) error {
		if m.ID == "refused" {
			return errors.New("disk full")
		}
		return nil
	})
	pass := func(id string, received time.Time) { _ = accept(t.Context(), bots.Message{ID: id, Time: received}) }
	done := func(id string, o outcome) {
		if err := c.note(t.Context(), state, tallyDone+id, o); err != nil {
			t.Fatal(err)
		}
	}
	end := now
	now = end.Add(-time.Hour)
	for range 2 {
		for _, id := range []string{"a", "b", "refused"} {
			pass(id, now)
		}
	}
	pass("years old", now.AddDate(-1, 0, 0))
	done("a", outcome{Drafts: 2})
	done("b", outcome{Aside: true})
	done("c", outcome{Answered: true})
	done("d", outcome{})
	now = end // not before the hour: the next day's
	pass("e", now)
	pass("a", now)
	done("a", outcome{Drafts: 2})
	for day, want := range []string{"{2 2 1 1 1}", "{1 0 0 0 0}", "{0 0 0 0 0}"} {
		to := end.AddDate(0, 0, day)
		n, err := c.census(t.Context(), state, to.AddDate(0, 0, -1), to)
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(struct{ r, d, a, b, s int }{n.received, n.drafts, n.answered, n.briefs, n.aside}); got != want {
			t.Errorf("day %d: got %s, want %s", day, got, want)
		}
		if n.nothing() != (day == 2) {
			t.Errorf("day %d: nothing to tell: %v", day, n.nothing())
		}
	}
}

func TestCensusText(t *testing.T) {
	n := census{from: time.Date(2026, 11, 27, 7, 0, 0, 0, berlin), to: time.Date(2026, 11, 28, 7, 0, 0, 0, berlin), received: 12, drafts: 9, briefs: 1, answered: 2, aside: 3, waiting: 7,
		oldest: time.Date(2026, 11, 19, 9, 0, 0, 0, berlin), expired: 4}
	want := `**Übersicht** von Fr 27.11.2026, 07:00 bis Sa 28.11.2026, 07:00

- Eingegangene Briefe: **12**
- Entwürfe abgelegt: **9**
- Nur Kurzfassung, kein Entwurf: **1**
- Schon beantwortet, darum kein Entwurf: **2**
- Beiseitegelegt (nicht lesbar oder gescheitert), bitte von Hand beantworten: **3**
- Entwürfe, die noch niemand angefasst hat: **7**, der älteste seit Do 19.11.2026
- Gelöscht, weil sie 30 Tage niemand angefasst hat: **4**

*Nur Zahlen. Was jemand geändert, markiert oder verschoben hat, löscht Amtsbote nie.*`
	if got := n.text("Amtsbote", 30).DE; got != want {
		t.Errorf("got\n%s", got)
	}
	if got := n.text("Amtsbote", 30).EN; !strings.Contains(got, "- Letters received: **12**\n") || !strings.Contains(got, "the oldest since Thu 19 Nov 2026") || strings.Count(got, "\n") != strings.Count(want, "\n") {
		t.Errorf("got\n%s", got)
	}
	if got := (census{from: n.from, to: n.to, waiting: 1, oldest: n.oldest}).text("Amtsbote", 30).DE; strings.Count(got, "\n- ") != 3 {
		t.Errorf("what did not happen is told:\n%s", got)
	}
}

func TestDailyConfig(t *testing.T) {
	good := Config{Name: "post", Server: "localhost:993", User: "u", Password: bots.NewSecret("p"), Watch: watchLetters, Address: "amt@amt.test", OwnDomains: []string{"amt.test"}}
	if err := good.Validate(); err != nil || good.expires() != 30 {
		t.Fatalf("got %v, %d days", err, good.expires())
	}
	for key, change := range map[string]func(*Config, int){
		"expire_days: 151": func(c *Config, n int) { n = 151; c.ExpireDays = &n },
		"expire_days: -1":  func(c *Config, n int) { n = -1; c.ExpireDays = &n },
		"daily: ":          func(c *Config, _ int) { c.Daily = "7 Uhr" },
		"draft_from: ":     func(c *Config, _ int) { c.DraftFrom = "amt@elsewhere.example" },
	} {
		bad := good
		change(&bad, 0)
		if err := bad.Validate(); err == nil || !strings.Contains(err.Error(), key) {
			t.Errorf("%s: got %v", key, err)
		}
	}
}
