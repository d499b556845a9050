package matrix

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"amtsbote/bots"
	"amtsbote/connectors/chat"
)

// A pace says how calmly progress is shown.
type pace struct {
	typing time.Duration // after which the typing sign is set: an answer that is there at once needs none
	renew  time.Duration // after which it is set again
	first  time.Duration // of work after which progress is shown in a message
	edit   time.Duration // between two edits; it grows, so that the edits last for long work
	edits  int           // at most
	grace  time.Duration // after the work's end in which the answer should come
	idle   time.Duration // without news, after which nobody works on it any more
}

var calm = pace{200 * time.Millisecond, 20 * time.Second, 5 * time.Second, 3 * time.Second, 20, 10 * time.Second, 20 * time.Minute}

const (
	typingFor   = 30 * time.Second // for which the typing sign stands
	maxProgress = 2_000            // bytes of a progress message
	briefly     = 10 * time.Second // for one request about progress
)

var textBelow = bots.Text{DE: "Die Antwort steht unten.", EN: "The answer is below."}

// shows is what the connector shows besides answers: who waits for what.
type shows struct {
	opening [64]sync.Mutex // one is held while a person's direct chat is looked for

	mu    sync.Mutex
	state bots.State       // the last one given to the connector
	open  map[string]*show // by the message that is being answered
	ready chan struct{}    // closed once the first sync is in; nil: nobody receives
	pace  *pace            // for tests; nil: calm
}

// A show is the progress of one answer while it is being made. It has a goroutine
// of its own, so that no skill waits for the network.
type show struct {
	c    *Connector
	to   bots.Address
	ctx  context.Context // ends with the work
	pace pace
	news chan struct{}
	end  chan struct{} // closed when somebody else takes over
	stop func()        // closes end

	io    sync.Mutex // held while something is shown
	ended bool       // under io: an answer took over

	mu       sync.Mutex
	progress bots.Progress
}

// shown is a progress message, as it is kept.
type shown struct {
	Room   id.RoomID
	Event  id.EventID `json:",omitempty"` // empty: it is not known whether it was sent
	Began  time.Time
	Closed bool `json:",omitempty"` // it says that the work was interrupted
}

// remember keeps the State for what has none of its own.
func (c *Connector) remember(s bots.State) {
	c.shows.mu.Lock()
	defer c.shows.mu.Unlock()
	c.shows.state = s
}

// Typing implements [bots.Typer]. It returns at once.
func (c *Connector) Typing(ctx context.Context, to bots.Address, p bots.Progress) {
	if ctx.Err() != nil || to.Room == "" || to.MessageID == "" {
		return
	}
	c.shows.mu.Lock()
	w := c.shows.open[to.MessageID]
	if w != nil && w.ctx.Err() != nil { // the work has begun anew
		w.stop()
		w = nil
	}
	if w == nil {
		w = c.newShow(ctx, to)
		go w.run()
	}
	c.shows.mu.Unlock()
	w.mu.Lock()
	w.progress = p
	w.mu.Unlock()
	select {
	case w.news <- struct{}{}:
	default:
	}
}

// newShow returns a show, under the lock of the shows.
func (c *Connector) newShow(ctx context.Context, to bots.Address) *show {
	w := &show{c: c, to: to, ctx: ctx, pace: calm, news: make(chan struct{}, 1), end: make(chan struct{})}
	w.stop = sync.OnceFunc(func() { close(w.end) })
	if c.shows.pace != nil {
		w.pace = *c.shows.pace
	}
	if c.shows.open == nil {
		c.shows.open = map[string]*show{}
	}
	c.shows.open[to.MessageID] = w
	return w
}

// run shows the progress until an answer takes over, or for a while after the
// work's end.
func (w *show) run() {
	defer w.c.drop(w)
	defer w.c.guard(func() {}) // progress ends nothing
	began := time.Now()
	heard, sign, tell := began, began.Add(w.pace.typing), began.Add(w.pace.first)
	var signed time.Time // when the typing sign was last set
	var said string
	edits, pause := 0, w.pace.edit
	timer := time.NewTimer(w.pace.typing)
	defer timer.Stop()
	for {
		select {
		case <-w.end:
			w.sign(signed, false)
			return
		case <-w.ctx.Done():
			w.sign(signed, false)
			w.linger()
			return
		case <-w.news:
			heard = time.Now()
		case <-timer.C:
		}
		now := time.Now()
		if now.Sub(heard) >= w.pace.idle {
			w.interrupt()
			return
		}
		if !now.Before(sign) && !heard.Before(signed) {
			w.sign(now, true)
			signed, sign = now, now.Add(w.pace.renew)
		}
		if text := w.text(); !now.Before(tell) && text != "" && text != said && edits <= w.pace.edits {
			w.tell(text)
			said, tell, pause = text, time.Now().Add(pause), min(pause*4/3, time.Minute)
			edits++
		}
		timer.Reset(chat.Soonest(now, heard.Add(w.pace.idle), sign, tell))
	}
}

// linger waits for the answer after the work's end.
func (w *show) linger() {
	grace := time.NewTimer(w.pace.grace)
	defer grace.Stop()
	select {
	case <-w.end:
	case <-grace.C:
		w.interrupt()
	}
}

// text returns what is shown of the progress, or "".
func (w *show) text() string {
	w.mu.Lock()
	p := w.progress
	w.mu.Unlock()
	text := chat.Progress(p, w.c.cfg.Profile.Language)
	if text == "" {
		return ""
	}
	return "⏳ " + short(text, maxProgress)
}

// once does something for the show, unless an answer has taken over. ctx ends
// soon: nothing about progress is worth waiting for.
func (w *show) once(ctx context.Context, do func(context.Context, *account, bots.State) error) {
	w.io.Lock()
	defer w.io.Unlock()
	if w.ended {
		return
	}
	ctx, cancel := context.WithTimeout(mautrix.WithMaxRetries(ctx, 0), briefly)
	defer cancel()
	a, err := w.c.open(ctx)
	if err == nil {
		err = do(ctx, a, w.c.lastState())
	}
	if err != nil && ctx.Err() == nil {
		w.c.log.Debug("progress could not be shown", "message", bots.LogID(w.to.MessageID), "err", err)
	}
}

func (c *Connector) lastState() bots.State {
	c.shows.mu.Lock()
	defer c.shows.mu.Unlock()
	return c.shows.state
}

// sign sets the typing sign or, if it was set, takes it away.
func (w *show) sign(at time.Time, on bool) {
	if at.IsZero() {
		return
	}
	ctx, cancel := context.WithTimeout(mautrix.WithMaxRetries(context.WithoutCancel(w.ctx), 0), briefly)
	defer cancel()
	if a, err := w.c.open(ctx); err == nil {
		_, _ = a.mx.UserTyping(ctx, id.RoomID(w.to.Room), on, typingFor) // it ends by itself
	}
}

// tell shows a text as the progress: in a message, which is edited from then on.
func (w *show) tell(text string) {
	w.once(w.ctx, func(ctx context.Context, a *account, s bots.State) error {
		if s == nil {
			return nil
		}
		key := keyShown + w.to.MessageID
		var rec shown
		if _, err := getJSON(ctx, s, key, &rec); err != nil {
			return err
		}
		if rec.Event != "" {
			if rec.Closed {
				rec.Closed = false
				if err := putJSON(ctx, s, key, rec, keepFor); err != nil {
					return err
				}
			}
			return a.rewrite(ctx, rec, w.to.MessageID, text)
		}
		return w.begin(ctx, a, s, text)
	})
}

// begin sends the progress message. That it will be there is noted before.
func (w *show) begin(ctx context.Context, a *account, s bots.State, text string) error {
	rel, room, err := a.relation(ctx, w.to)
	if err != nil {
		return err
	}
	rec := shown{Room: id.RoomID(w.to.Room), Began: time.Now().UTC()}
	notes := map[string]any{keyShown + w.to.MessageID: &rec}
	if room && rel != nil {
		notes[threadKey(w.to.Room, rel.EventID)] = true // a stop word there is for the bot
	}
	if err := putAll(ctx, s, notes); err != nil {
		return err
	}
	c := &event.MessageEventContent{MsgType: event.MsgNotice, Body: text, RelatesTo: rel, Mentions: &event.Mentions{}}
	rec.Event, err = a.post(ctx, rec.Room, rec.mark(w.to.MessageID), false, func(bool) (*event.MessageEventContent, error) { return c, nil })
	if err != nil {
		return err
	}
	return putJSON(context.WithoutCancel(ctx), s, keyShown+w.to.MessageID, rec, keepFor)
}

// mark is that of a progress message.
func (r shown) mark(message string) mark {
	return mark{Reply: markOf(message, "progress", r.Began.Format(time.RFC3339Nano))}
}

// rewrite gives a progress message another text.
func (a *account) rewrite(ctx context.Context, r shown, message, text string) error {
	c := &event.MessageEventContent{MsgType: event.MsgNotice, Body: text, Mentions: &event.Mentions{}}
	m := mark{Reply: markOf(message, "progress", time.Now().Format(time.RFC3339Nano))}
	_, err := a.post(ctx, r.Room, m, false, func(bool) (*event.MessageEventContent, error) { return edit(c, r.Event), nil })
	return err
}

// interrupt says in the progress message that nobody works on the answer.
func (w *show) interrupt() {
	w.once(context.WithoutCancel(w.ctx), func(ctx context.Context, a *account, s bots.State) error {
		if s == nil {
			return nil
		}
		return w.c.closeShown(ctx, a, s, w.to.MessageID)
	})
}

// closeShown ends what is shown for a message, if anything is.
func (c *Connector) closeShown(ctx context.Context, a *account, s bots.State, message string) error {
	rec, err := a.shownFor(ctx, s, message)
	if err != nil || rec.Event == "" || rec.Closed {
		return err
	}
	if err := a.rewrite(ctx, rec, message, chat.Ended.In(c.cfg.Profile.Language)); err != nil {
		return err
	}
	rec.Closed = true
	return putJSON(ctx, s, keyShown+message, rec, keepFor)
}

// shownFor returns the progress message for a message; without an event there is
// none.
func (a *account) shownFor(ctx context.Context, s bots.State, message string) (rec shown, err error) {
	ok, err := getJSON(ctx, s, keyShown+message, &rec)
	if err != nil || !ok || rec.Event != "" {
		return rec, err
	}
	found, err := a.find(ctx, rec.Room, rec.Began.Add(-clockSlack))
	rec.Event = found[rec.mark(message).Reply]
	return rec, err
}

// takeOver ends the progress of a message for the answer that comes in its place:
// keep is given the progress message, and nothing else happens to it meanwhile.
func (c *Connector) takeOver(ctx context.Context, s bots.State, to bots.Address, keep func(shown) error) error {
	c.shows.mu.Lock()
	w := c.shows.open[to.MessageID]
	if w == nil {
		w = c.newShow(ctx, to) // keeps the sweep away
	}
	c.shows.mu.Unlock()
	defer c.drop(w)
	w.stop()
	w.io.Lock()
	defer w.io.Unlock()
	w.ended = true
	a, err := c.open(ctx)
	if err != nil {
		return err
	}
	rec, err := a.shownFor(ctx, s, to.MessageID)
	if err != nil {
		return err
	}
	return keep(rec)
}

// drop forgets a show that has ended by itself.
func (c *Connector) drop(w *show) {
	c.shows.mu.Lock()
	defer c.shows.mu.Unlock()
	if c.shows.open[w.to.MessageID] == w {
		delete(c.shows.open, w.to.MessageID)
	}
}

// sweep ends the progress that a former process has left behind. What is being
// worked on is not touched.
func (c *Connector) sweep(ctx context.Context, a *account, s bots.State) {
	var left []string
	err := s.Each(ctx, keyShown, func(key string, value []byte) error {
		var rec shown
		if json.Unmarshal(value, &rec) == nil && !rec.Closed {
			left = append(left, strings.TrimPrefix(key, keyShown))
		}
		return nil
	})
	for _, message := range left {
		if err == nil && ctx.Err() == nil {
			err = c.sweepOne(ctx, a, s, message)
		}
	}
	if err != nil && ctx.Err() == nil {
		c.log.Warn("progress of a former run could not be closed", "err", err)
	}
}

// cause returns the message for which a progress message is shown, or target
// itself: who wants to stop the work puts a sign there.
func (*shows) cause(ctx context.Context, s bots.State, target string) string {
	cause := target
	found := errors.New("found")
	_ = s.Each(ctx, keyShown, func(key string, value []byte) error { // at worst the sign does nothing
		var rec shown
		if json.Unmarshal(value, &rec) != nil || string(rec.Event) != target {
			return nil
		}
		cause = strings.TrimPrefix(key, keyShown)
		return found
	})
	return cause
}

func (c *Connector) sweepOne(ctx context.Context, a *account, s bots.State, message string) error {
	c.shows.mu.Lock()
	if c.shows.open[message] != nil {
		c.shows.mu.Unlock()
		return nil
	}
	w := c.newShow(ctx, bots.Address{MessageID: message})
	w.io.Lock()
	c.shows.mu.Unlock()
	defer c.drop(w)
	defer w.io.Unlock()
	return c.closeShown(ctx, a, s, message)
}
