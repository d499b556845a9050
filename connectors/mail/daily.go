package mail

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"amtsbote/bots"
)

// Once a day untouched drafts expire and the team gets a count. What is counted is
// noted in the State when it happens, one key a letter or draft, so that neither a
// restart nor a kill nor a letter that is passed twice makes a number wrong. A
// count covers what happened up to its hour, whenever it is made.

const (
	keyDaily  = "daily"
	tallyIn   = "tally/in/"   // + a letter's ID: it was accepted
	tallyDone = "tally/done/" // + a letter's ID: its reply was written
	tallyGone = "tally/gone/" // + a draft's ID: it expired
	keepTally = 10 * 24 * time.Hour

	dailyOff     = "off"
	defaultDaily = "07:00"
	houseTick    = time.Minute      // how often it is seen whether it is time
	houseRetry   = 10 * time.Minute // after a failure
)

// An outcome is what became of a letter or draft.
type outcome struct {
	At       int64 // seconds since 1970
	Drafts   int   `json:",omitempty"`
	Answered bool  `json:",omitempty"` // a person was faster
	Aside    bool  `json:",omitempty"` // unreadable or failed: for a person to answer
}

// note notes an outcome once: the first time counts.
func (c *Connector) note(ctx context.Context, s bots.State, key string, o outcome) error {
	if b, err := s.Get(ctx, key); err != nil || b != nil {
		return err
	}
	if o.At == 0 {
		o.At = c.now().Unix()
	}
	b, err := json.Marshal(o)
	if err != nil {
		return err
	}
	return s.Put(context.WithoutCancel(ctx), map[string][]byte{key: b}, keepTally)
}

// counted has accepted letters counted. A backlog from long ago is no news.
func (c *Connector) counted(s bots.State, accept func(context.Context, bots.Message) error) func(context.Context, bots.Message) error {
	if !c.letters() {
		return accept
	}
	return func(ctx context.Context, m bots.Message) error {
		if err := accept(ctx, m); err != nil || c.now().Sub(m.Time) > keepTally {
			return err
		}
		return c.note(ctx, s, tallyIn+m.ID, outcome{})
	}
}

// keepHouse sees to what is due once a day, until stop is called, which waits.
func (c *Connector) keepHouse(ctx context.Context, s bots.State) (stop func()) {
	if !c.letters() {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for wait := time.Duration(0); ; {
			t := time.NewTimer(wait)
			select {
			case <-ctx.Done():
				t.Stop()
				return
			case <-t.C:
			}
			wait = c.tick
			if err := safely(func() error { return c.daily(ctx, s) }); err != nil && ctx.Err() == nil {
				c.log.Warn("daily work failed, will try again", "err", err)
				wait = houseRetry
			}
		}
	}()
	return func() { cancel(); <-ended }
}

// A dailyMark is how far the counts have come.
type dailyMark struct {
	Day   string // of the last one, in the bot's zone
	Until int64  // what it covers, seconds since 1970
}

func (c *Connector) zone() *time.Location {
	if z := c.cfg.Profile.Zone; z != nil {
		return z
	}
	return time.UTC
}

// hour returns the moment of a day at which daily work is due.
func (c *Connector) hour(day time.Time) time.Time {
	clock := c.cfg.Daily
	if clock == "" || clock == dailyOff {
		clock = defaultDaily
	}
	t, _ := time.Parse("15:04", clock) // Validate has seen it
	return time.Date(day.Year(), day.Month(), day.Day(), t.Hour(), t.Minute(), 0, 0, day.Location())
}

// daily does what is due, if it is. It may be interrupted at any point, and be
// done again.
func (c *Connector) daily(ctx context.Context, s bots.State) error {
	now := c.now().In(c.zone())
	on := c.hour(now)
	b, err := s.Get(ctx, keyDaily)
	if err != nil {
		return err
	}
	var mark dailyMark
	if b == nil { // the first start: there is nothing to tell yet
		mark = dailyMark{Day: now.Format(time.DateOnly), Until: now.Unix()}
		if now.Before(on) {
			mark.Day = now.AddDate(0, 0, -1).Format(time.DateOnly)
		}
		return putMark(ctx, s, mark)
	}
	if err := json.Unmarshal(b, &mark); err != nil {
		return fmt.Errorf("mail: daily: %w", err)
	}
	// Not "another day": a clock that was set back must not repeat one.
	if now.Before(on) || mark.Day >= now.Format(time.DateOnly) {
		return nil
	}
	if err := c.expire(ctx, s, on); err != nil {
		return err
	}
	if c.cfg.Daily != dailyOff {
		n, err := c.census(ctx, s, time.Unix(mark.Until, 0).In(c.zone()), on)
		if err != nil {
			return err
		}
		if !n.nothing() {
			if err := c.tell(ctx, s, n); err != nil {
				return err
			}
		}
	}
	return putMark(ctx, s, dailyMark{Day: now.Format(time.DateOnly), Until: on.Unix()})
}

func putMark(ctx context.Context, s bots.State, m dailyMark) error {
	b, err := json.Marshal(m)
	if err != nil {
		return err
	}
	return s.Put(context.WithoutCancel(ctx), map[string][]byte{keyDaily: b}, 0)
}
