package teams

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/infracloudio/msbotbuilder-go/schema"

	"amtsbote/bots"
	"amtsbote/connectors/chat"
	"amtsbote/connectors/render"
)

// What Teams asks of a stream:
// https://learn.microsoft.com/microsoftteams/platform/bots/streaming-ux
// It is in personal chats only, one at a time in each; its requests are numbered,
// come one after the other and at most once a second; its text only grows, to the
// end; and it ends within two minutes.
const (
	streamLimit = 2 * time.Minute
	streamPause = 1200 * time.Millisecond // between two requests, as they do not all travel equally fast
	maxInform   = 300                     // characters of what is said instead of text; Teams takes 1 KB
	maxStreamed = 20_000                  // bytes of CommonMark: what is longer is cut into parts
)

// An openStream is what is shown of an answer before it is there: a stream, or a
// message about the progress. The answer takes its place.
type openStream struct {
	ID    string    // the activity's, and the stream's
	Open  bool      // it is a stream that has not ended
	Began time.Time // of the stream
	Last  time.Time // of its last request
	Seq   int       // of the last request; used up, even if it failed
	Text  string    // what of the answer is shown, as Teams has it
	// Stopped says that the person has pressed the stop button: the stream is over,
	// and what of it is shown cannot be changed.
	Stopped bool
	// Left says that a former run has shown it, or that it says that the work was
	// interrupted: the answer is shown anew, where people look for it.
	Left bool

	stays bool // after drop: it could not be taken away yet
	show  *show
}

// A streamInfo is the entity that makes an activity part of a stream.
type streamInfo struct {
	Kind     string `json:"type"` // streaminfo
	ID       string `json:"streamId,omitempty"`
	Type     string `json:"streamType"`               // informative, streaming, final
	Sequence int    `json:"streamSequence,omitempty"` // from 1; not in the final one
}

// update returns the next activity of a stream.
func (s *openStream) update(kind, text string, format schema.TextFormatTypes) *activity {
	s.Seq++
	return &activity{Type: schema.Typing, Text: text, TextFormat: format,
		Entities: []json.RawMessage{encode(streamInfo{"streaminfo", s.ID, kind, s.Seq})}}
}

// finish shows an activity in the conversation of r, in the place of what takeOver
// returned, and returns its ID. After an error it may be called again for the same
// s: what is shown already is replaced by the same.
func (c *Connector) finish(ctx context.Context, s *openStream, r ref, a *activity) (id string, err error) {
	if s == nil {
		return c.api.post(ctx, r, a)
	}
	if s.Left {
		if id, err = c.api.post(ctx, r, a); err == nil {
			c.drop(ctx, s)
		}
		return id, err
	}
	if id, err = c.replaceStream(ctx, s, r, a); err == nil {
		c.forget(s.show)
	}
	return id, err
}

func (c *Connector) replaceStream(ctx context.Context, s *openStream, r ref, a *activity) (string, error) {
	if s.Stopped {
		return c.api.post(ctx, r, a)
	}
	if s.Open && time.Since(s.Began) < streamLimit {
		whole := strings.HasPrefix(a.Text, s.Text)
		last := a
		if !whole { // Teams lets a stream only grow; what has ended can be replaced
			last = c.unfinished(*s, "")
		}
		switch err := c.endStream(ctx, r, *s, last); {
		case canceled(err): // just now, with the whole answer made
			s.Stopped = true
			return c.api.post(ctx, r, a)
		case err != nil && !over(err):
			return "", err
		case err == nil && whole:
			return s.ID, nil
		}
		s.Open = false
	}
	err := c.api.replace(ctx, r, s.ID, a)
	if notThere(err) {
		return c.api.post(ctx, r, a)
	}
	return s.ID, err
}

// drop takes what takeOver returned away: the answer is shown elsewhere, or
// there is none. That it fails costs no answer.
func (c *Connector) drop(ctx context.Context, s *openStream) {
	if s == nil {
		return
	}
	c.forget(s.show)
	if s.Stopped {
		return
	}
	r := s.show.ref
	s.stays = true
	if s.Left && time.Since(s.Began) < streamLimit {
		return // the sweep knows of it
	}
	if s.Open && time.Since(s.Began) < streamLimit {
		if err := c.endStream(ctx, r, *s, c.unfinished(*s, chat.Ended.In(c.cfg.Profile.Language))); err != nil && !over(err) {
			c.log.Debug("a stream could not be ended", "message", bots.LogID(s.show.to.MessageID), "err", err)
			return
		}
	}
	if err := c.api.remove(ctx, r, s.ID); err != nil && !notThere(err) {
		c.log.Debug("progress could not be taken away", "message", bots.LogID(s.show.to.MessageID), "err", err)
		return
	}
	s.stays = false
}

// endStream sends the last activity of a stream.
func (c *Connector) endStream(ctx context.Context, r ref, s openStream, a *activity) error {
	if err := pauseFor(ctx, time.Until(s.Last.Add(streamPause))); err != nil {
		return err
	}
	last := *a
	last.Entities = append(slices.Clone(a.Entities), encode(streamInfo{Kind: "streaminfo", ID: s.ID, Type: "final"}))
	_, err := c.api.post(ctx, r, &last)
	return err
}

// notThere reports whether a message cannot be replaced: it was deleted, or Teams does
// not let it be.
func notThere(err error) bool {
	refused, ok := errors.AsType[*apiError](err)
	return ok && (refused.Status == http.StatusForbidden || refused.Status == http.StatusNotFound)
}

// unfinished returns what ends a stream without its answer: what of it is shown,
// and a remark.
func (c *Connector) unfinished(s openStream, remark string) *activity {
	if s.Text == "" {
		return plainMessage(remark)
	}
	a := c.message("", bots.Answer{}, c.cfg.Profile.Language, 0, 2)
	a.Text = s.Text
	if remark != "" {
		a.Text += "\n\n*" + render.Teams(bots.Literal(remark)) + "*"
	}
	return a
}

// over reports whether a stream does not go on, because it has ended, took too
// long, was stopped, or is not allowed.
func over(err error) bool {
	refused, ok := errors.AsType[*apiError](err)
	return ok && refused.Status == http.StatusForbidden && refused.Code == "ContentStreamNotAllowed"
}

// canceled reports whether a stream is over because the person has pressed the stop
// button.
func canceled(err error) bool {
	refused, ok := errors.AsType[*apiError](err)
	return ok && over(err) && refused.canceled
}

// stopped passes on that a person no longer wants the answer to a message.
func (c *Connector) stopped(ctx context.Context, to bots.Address) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), briefly)
	defer cancel()
	m := bots.Message{Kind: bots.KindStop, Connector: c.Name(), ID: to.MessageID + "/stop", Target: to.MessageID, Room: to.Room, Thread: to.Thread,
		Sender: to.Person, Direct: true, Time: time.Now().UTC(), Ref: to.Ref}
	pass := c.pass
	if c.shows.pass != nil {
		pass = c.shows.pass
	}
	if err := pass(ctx, m); err != nil {
		c.log.Warn("stop button: not passed on", "message", bots.LogID(to.MessageID), "err", err)
	}
}

// stream sends what has come to the stream, which it begins.
func (w *show) stream(ctx context.Context, p bots.Progress) (int, error) {
	next := w.shown
	text := render.Teams(settled(p.Partial))
	var a *activity
	switch line := clip(neutral(w.line(p)), maxInform); {
	case text != "" && text != next.Text && strings.HasPrefix(text, next.Text):
		next.Text = text
		a = next.update("streaming", text, schema.MARKDOWN)
	case next.Text == "" && line != "" && line != w.said:
		w.said = line
		a = next.update("informative", line, schema.PLAIN)
	default:
		return nothing, nil
	}
	if size(a) > maxActivity-maxEnvelope || !w.claim() {
		return nothing, nil
	}
	if w.shown.ID == "" {
		next.Began = time.Now()
	}
	id, err := w.c.api.post(ctx, w.ref, a)
	next.Last = time.Now()
	if w.shown.ID == "" {
		next.ID, next.Open = id, id != ""
		w.silent = id == "" // nobody knows whether there is a stream now
	}
	switch {
	case err == nil:
		begun := w.shown.ID == "" && id != ""
		w.shown, w.refused = next, 0
		if begun {
			w.note(ctx, w.left().put())
		}
		return streamed, nil
	case w.shown.ID == "":
		return streamed, err
	case canceled(err):
		w.shown.Open, w.shown.Stopped, w.silent = false, true, true
		w.note(ctx, map[string][]byte{w.left().key(): nil}) // it stays as the person has it
	case over(err):
		w.shown.Open = false // a message now
	default:
		w.shown = next // it may have come
		if w.refused++; w.refused == maxRefused {
			w.silent = true
		}
	}
	return streamed, err
}

// claim reports whether the show may stream: no other does in its chat.
func (w *show) claim() bool {
	w.c.shows.mu.Lock()
	defer w.c.shows.mu.Unlock()
	if other := w.c.shows.streams[w.ref.Conversation]; other.show != nil && other.show != w && time.Now().Before(other.until) {
		return false
	}
	w.c.shows.streams[w.ref.Conversation] = claim{w, time.Now().Add(streamLimit)}
	return true
}

// close ends the stream before Teams does: what is shown becomes a message, which
// goes on telling how far the answer is.
func (w *show) close(ctx context.Context) error {
	w.said = chat.Still.In(w.c.cfg.Profile.Language)
	err := w.c.endStream(ctx, w.ref, w.shown, w.c.unfinished(w.shown, "⏳ "+w.said))
	if err == nil || over(err) {
		w.shown.Open = false
		return nil
	}
	if w.refused++; w.refused == maxRefused {
		w.shown.Open = false
	}
	return err
}
