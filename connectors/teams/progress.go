package teams

import (
	"context"
	"runtime/debug"
	"sync"
	"time"

	"amtsbote/bots"
	"amtsbote/connectors/chat"
)

// A pace says how calmly progress is shown.
type pace struct {
	typing time.Duration // after which the typing sign is set: an answer that is there at once needs none
	renew  time.Duration // after which it is set again
	stream time.Duration // of work after which a stream begins, in a personal chat
	update time.Duration // between two requests of a stream
	close  time.Duration // after which a stream is ended for a message that has no limit
	first  time.Duration // of work after which progress is shown in a message
	edit   time.Duration // between two edits; it grows, so that the edits last for long work
	edits  int           // at most
	grace  time.Duration // after the work's end in which the answer should come
	idle   time.Duration // without news, after which nobody works on it any more
}

var calm = pace{typing: 200 * time.Millisecond, renew: 5 * time.Second, stream: 2 * time.Second, update: 1500 * time.Millisecond,
	close: 100 * time.Second, first: 5 * time.Second, edit: 3 * time.Second, edits: 20, grace: 10 * time.Second, idle: 20 * time.Minute}

const (
	briefly    = 10 * time.Second // for one request about progress
	keepTaken  = time.Hour        // for which what an answer took over is kept for its next try
	maxRefused = 3                // requests of a stream that fail one after the other, after which it is left
)

// shows is what is shown of answers before they are there.
type shows struct {
	mu      sync.Mutex
	open    map[string]*show // by the message that is being answered
	streams map[string]claim // by conversation: Teams shows one stream at a time
	pace    *pace            // for tests; nil: calm
	// pass is Connector.pass; for tests.
	pass func(context.Context, bots.Message) error
}

// A claim says which show may stream in a conversation, and until when at most.
type claim struct {
	show  *show
	until time.Time
}

// A show is what is shown of one answer while it is being made. It has a goroutine
// of its own, so that no skill waits for the network.
type show struct {
	c    *Connector
	to   bots.Address
	ref  ref
	ctx  context.Context // ends with the work
	pace pace
	news chan struct{}
	end  chan struct{} // closed when an answer takes over
	stop func()        // closes end
	old  *show         // of former work on the same answer: this one goes on with what it has shown
	gone time.Time     // under shows.mu: when an answer took over; zero: none has

	io      sync.Mutex  // held while something is shown
	ended   bool        // under io: an answer took over, or later work
	shown   openStream  // under io
	taken   *openStream // under io: what the answer took over
	said    string      // under io: the last line about the progress
	refused int         // under io: requests of the stream that failed one after the other
	silent  bool        // under io: neither stream nor message, only the typing sign
	adopted bool        // under io: it was looked for what a former run has left

	mu       sync.Mutex
	progress bots.Progress
}

// Typing implements [bots.Typer]. It returns at once.
func (c *Connector) Typing(ctx context.Context, to bots.Address, p bots.Progress) {
	r, err := parseRef(to.Ref)
	if ctx.Err() != nil || err != nil || to.MessageID == "" {
		return
	}
	c.shows.mu.Lock()
	var old *show
	w := c.shows.open[to.MessageID]
	if w != nil && w.ctx.Err() != nil { // the work has begun anew
		w.stop()
		old, w = w, nil
	}
	if w == nil {
		w = c.newShow(ctx, to, r)
		w.old = old
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
func (c *Connector) newShow(ctx context.Context, to bots.Address, r ref) *show {
	w := &show{c: c, to: to, ref: r, ctx: ctx, pace: calm, news: make(chan struct{}, 1), end: make(chan struct{})}
	w.stop = sync.OnceFunc(func() { close(w.end) })
	if c.shows.pace != nil {
		w.pace = *c.shows.pace
	}
	if c.shows.open == nil {
		c.shows.open, c.shows.streams = map[string]*show{}, map[string]claim{}
	}
	for id, other := range c.shows.open { // whose answers nobody tries to send any more
		if !other.gone.IsZero() && time.Since(other.gone) > keepTaken {
			delete(c.shows.open, id)
		}
	}
	c.shows.open[to.MessageID] = w
	return w
}

// takeOver ends what is shown of the answer to a message, for the answer that comes
// in its place, and returns it; nil: nothing is shown but the typing sign. It waits
// for a request that is under way. The next one returns the same, until finish has
// succeeded or drop was called; after a restart nothing is known any more.
func (c *Connector) takeOver(to bots.Address) *openStream {
	c.shows.mu.Lock()
	w := c.shows.open[to.MessageID]
	if w != nil {
		w.gone = time.Now()
	}
	c.shows.mu.Unlock()
	if w == nil {
		return nil
	}
	w.stop()
	w.io.Lock()
	defer w.io.Unlock()
	w.inherit()
	w.ended = true
	if w.shown.ID == "" {
		c.forget(w)
		return nil
	}
	if w.taken == nil {
		shown := w.shown
		w.taken = &shown
		w.taken.show = w
	}
	return w.taken
}

// inherit goes on with what former work on the same answer has shown. The caller
// holds io.
func (w *show) inherit() {
	old := w.old
	if w.old = nil; old == nil {
		return
	}
	old.io.Lock()
	defer old.io.Unlock()
	old.inherit()
	if !old.ended {
		w.shown, w.said, w.silent = old.shown, old.said, old.silent
	}
	old.ended = true
	w.c.forget(old)
}

// forget drops what is kept of a show.
func (c *Connector) forget(w *show) {
	c.shows.mu.Lock()
	defer c.shows.mu.Unlock()
	if c.shows.open[w.to.MessageID] == w {
		delete(c.shows.open, w.to.MessageID)
	}
	if c.shows.streams[w.ref.Conversation].show == w {
		delete(c.shows.streams, w.ref.Conversation)
	}
}

// run shows the progress until an answer takes over, or for a while after the
// work's end.
func (w *show) run() {
	taken := false // what is shown is the answer's from now on
	defer func() {
		if !taken {
			w.c.forget(w)
		}
	}()
	defer w.guard()
	began := time.Now()
	heard, sign, tell := began, began.Add(w.pace.typing), began.Add(w.pace.stream)
	if w.ref.Type != personal {
		tell = began.Add(w.pace.first)
	}
	edits, pause := 0, w.pace.edit
	timer := time.NewTimer(w.pace.typing)
	defer timer.Stop()
	for {
		select {
		case <-w.end:
			taken = true
			return
		case <-w.ctx.Done():
			taken = w.linger()
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
		if !now.Before(sign) {
			w.sign()
			sign = now.Add(w.pace.renew)
		}
		closing := w.closing()
		if !now.Before(tell) || !closing.IsZero() && !now.Before(closing) {
			switch w.tell(edits < w.pace.edits) {
			case streamed:
				tell = time.Now().Add(w.pace.update)
			case edited:
				tell, pause = time.Now().Add(pause), min(pause*4/3, time.Minute)
				edits++
			}
		}
		timer.Reset(chat.Soonest(time.Now(), heard.Add(w.pace.idle), sign, tell, w.closing()))
	}
}

// guard keeps a mistake in what is shown of an answer from ending more than that.
func (w *show) guard() {
	if r := recover(); r != nil {
		w.c.log.Error("progress: panic", "message", bots.LogID(w.to.MessageID), "stack", string(debug.Stack()))
	}
}

// linger waits for the answer after the work's end, and reports whether it came.
func (w *show) linger() bool {
	grace := time.NewTimer(w.pace.grace)
	defer grace.Stop()
	select {
	case <-w.end:
		return true
	case <-grace.C:
		w.interrupt()
		return false
	}
}

// once does something for the show, unless an answer has taken over. ctx ends
// soon: nothing about progress is worth waiting for.
func (w *show) once(ctx context.Context, do func(context.Context) error) {
	w.io.Lock()
	defer w.io.Unlock()
	if w.inherit(); w.ended {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, briefly)
	defer cancel()
	if err := do(ctx); err != nil && ctx.Err() == nil {
		w.c.log.Debug("progress could not be shown", "message", bots.LogID(w.to.MessageID), "err", err)
	}
}

// sign sets the typing sign, unless a stream is one. Channels show none:
// https://github.com/MicrosoftDocs/msteams-docs/issues/1451
func (w *show) sign() {
	if w.ref.Type == channel {
		return
	}
	w.once(w.ctx, func(ctx context.Context) error {
		if w.shown.Open || w.shown.Stopped {
			return nil
		}
		_, err := w.c.api.post(ctx, w.ref, typing())
		return err
	})
}

// closing returns when the stream has to be ended; zero if there is none.
func (w *show) closing() time.Time {
	w.io.Lock()
	defer w.io.Unlock()
	if !w.shown.Open {
		return time.Time{}
	}
	return w.shown.Began.Add(w.pace.close)
}

// What tell did.
const (
	nothing = iota
	streamed
	edited
)

// tell shows how far the answer is. more says that a message may be edited.
func (w *show) tell(more bool) (did int) {
	stop := false
	// Not with the work's context: what was begun at its end would be left open.
	w.once(context.WithoutCancel(w.ctx), func(ctx context.Context) (err error) {
		w.mu.Lock()
		p := w.progress
		w.mu.Unlock()
		if ready, err := w.adopt(ctx); !ready {
			return err
		}
		switch {
		case w.shown.Open && time.Since(w.shown.Began) >= w.pace.close:
			did = edited
			return w.close(ctx)
		case w.silent:
			return nil
		case w.ref.Type == personal && (w.shown.Open || w.shown.ID == ""):
			did, err = w.stream(ctx, p)
		case more:
			did, err = w.edit(ctx, p)
		}
		stop = w.shown.Stopped
		return err
	})
	if stop {
		w.c.stopped(w.ctx, w.to)
	}
	return did
}

// edit tells in a message how far the answer is: in a channel or group chat, or
// where a stream took too long.
func (w *show) edit(ctx context.Context, p bots.Progress) (int, error) {
	line := clip(neutral(w.line(p)), maxInform)
	if line == "" || line == w.said {
		return nothing, nil
	}
	w.said = line
	if w.shown.ID != "" {
		return edited, w.c.api.replace(ctx, w.ref, w.shown.ID, w.c.unfinished(w.shown, "⏳ "+line))
	}
	id, err := w.c.api.post(ctx, w.ref, plainMessage("⏳ "+line))
	if w.shown.ID, w.silent = id, id == ""; id != "" { // else nobody knows whether it is shown
		w.note(ctx, w.left().put())
	}
	return edited, err
}

// line returns what is told of the progress, or "".
func (w *show) line(p bots.Progress) string { return chat.Progress(p, w.c.cfg.Profile.Language) }

// interrupt says that nobody works on the answer, where something is shown of it.
func (w *show) interrupt() {
	w.once(context.WithoutCancel(w.ctx), func(ctx context.Context) error {
		if w.shown.ID == "" || w.shown.Stopped {
			return nil
		}
		a := w.c.unfinished(w.shown, chat.Ended.In(w.c.cfg.Profile.Language))
		w.ended = true
		id, err := w.c.replaceStream(ctx, &w.shown, w.ref, a)
		if l := w.left(); err == nil {
			l.ID, l.Closed = id, true
			w.note(ctx, l.put())
		}
		return err
	})
}
