package teams

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"amtsbote/bots"
	"amtsbote/connectors/chat"
)

// keyShown is the prefix of notes about what is shown of answers before they are
// there: a crash would leave it in Teams as it is.
const keyShown = "shown/"

// A left is what is kept of a stream or a message about progress while no answer has
// taken its place. It holds no text.
type left struct {
	Message  string // that is being answered
	Ref      ref    // where it is shown
	ID       string
	Began    time.Time `json:",omitzero"`  // of a stream
	Closed   bool      `json:",omitempty"` // it says that the work was interrupted
	Answered bool      `json:",omitempty"` // the answer stands elsewhere: this one is to be taken away
}

// settles returns when it can be changed: Teams ends a stream of which it hears
// nothing, and how to end one without its text is not known.
func (l left) settles() time.Time {
	if l.Began.IsZero() {
		return time.Time{}
	}
	return l.Began.Add(streamLimit)
}

// shownIn returns the prefix of the notes about what is shown in a room. It names
// nobody.
func shownIn(room string) string {
	room, _ = root(room)
	return keyShown + hash(room) + "/"
}

func (l left) key() string { return shownIn(l.Ref.Conversation) + hash(l.Message) }

// put returns the note.
func (l left) put() map[string][]byte { return map[string][]byte{l.key(): encode(l)} }

// read returns what is noted under the same key; ok is false if nothing is.
func (l left) read(ctx context.Context, s bots.State) (found left, ok bool, err error) {
	value, err := s.Get(ctx, l.key())
	if err != nil {
		return left{}, false, fmt.Errorf("teams: read what is shown: %w", err)
	}
	ok = value != nil && json.Unmarshal(value, &found) == nil && found.key() == l.key() && found.ID != ""
	return found, ok, nil
}

// left returns what is kept of a show.
func (w *show) left() left {
	return left{Message: w.to.MessageID, Ref: w.ref, ID: w.shown.ID, Began: w.shown.Began}
}

// note keeps or deletes what is known of the show. That it fails costs no answer.
func (w *show) note(ctx context.Context, values map[string][]byte) {
	s, _ := w.c.intake.get()
	if s == nil {
		return
	}
	if err := s.Put(ctx, values, keepSent); err != nil {
		w.c.log.Debug("progress could not be noted", "message", bots.LogID(w.to.MessageID), "err", err)
	}
}

// adopt goes on with what a former run has left of the same answer, and reports
// whether the show may begin: a stream that was left must have ended. The caller
// holds io.
func (w *show) adopt(ctx context.Context) (bool, error) {
	s, _ := w.c.intake.get()
	if w.adopted || w.shown.ID != "" || s == nil {
		return true, nil
	}
	l, ok, err := w.left().read(ctx, s)
	if err != nil {
		return false, err
	}
	if ok {
		if time.Now().Before(l.settles()) {
			return false, nil
		}
		w.shown.ID = l.ID
		w.note(ctx, w.left().put())
	}
	w.adopted = true
	return true, nil
}

// leftOf returns what an answer finds of former runs, or of work that was
// interrupted; nil if there is nothing.
func (c *Connector) leftOf(ctx context.Context, s bots.State, to bots.Address) (*openStream, error) {
	r, err := parseRef(to.Ref)
	if err != nil || to.MessageID == "" {
		return nil, nil
	}
	w := &show{c: c, to: to, ref: r}
	l, ok, err := w.left().read(ctx, s)
	if err != nil || !ok {
		return nil, err
	}
	return &openStream{ID: l.ID, Began: l.Began, Left: true, show: w}, nil
}

// rest returns the note about what is left of a stream whose answer is shown:
// without a value, if nothing is.
func (s *openStream) rest() map[string][]byte {
	l := s.show.left()
	if !s.stays {
		return map[string][]byte{l.key(): nil}
	}
	l.ID, l.Began, l.Answered = s.ID, s.Began, true
	return l.put()
}

// sweep ends what a former run has left behind. What is being worked on is not
// touched.
func (c *Connector) sweep(ctx context.Context, s bots.State) {
	var all []left
	err := s.Each(ctx, keyShown, func(_ string, value []byte) error {
		var l left
		if json.Unmarshal(value, &l) == nil {
			all = append(all, l)
		}
		return nil
	})
	slices.SortStableFunc(all, func(a, b left) int { return a.settles().Compare(b.settles()) })
	for _, l := range all {
		if pauseFor(ctx, min(time.Until(l.settles()), streamLimit)) != nil {
			return
		}
		if one := c.sweepOne(ctx, s, l); one != nil {
			err = one
		}
	}
	if err != nil && ctx.Err() == nil {
		c.log.Warn("progress of a former run could not be closed", "err", err)
	}
}

func (c *Connector) sweepOne(ctx context.Context, s bots.State, l left) error {
	c.shows.mu.Lock()
	if c.shows.open[l.Message] != nil {
		c.shows.mu.Unlock()
		return nil
	}
	w := c.newShow(ctx, bots.Address{MessageID: l.Message}, l.Ref) // nobody else is to change it meanwhile
	w.io.Lock()
	c.shows.mu.Unlock()
	defer c.forget(w)
	defer w.io.Unlock()
	ctx, cancel := context.WithTimeout(ctx, briefly)
	defer cancel()
	l, ok, err := l.read(ctx, s)
	if err != nil || !ok || l.Closed {
		return err
	}
	if l.Answered {
		if err := c.api.remove(ctx, l.Ref, l.ID); err != nil && !notThere(err) {
			return err
		}
		return s.Put(ctx, map[string][]byte{l.key(): nil}, 0)
	}
	if err := c.api.replace(ctx, l.Ref, l.ID, plainMessage(chat.Ended.In(c.cfg.Profile.Language))); err != nil && !notThere(err) {
		return err
	}
	l.Closed = true
	return s.Put(ctx, l.put(), keepSent)
}
