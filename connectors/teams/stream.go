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
// message about the progress. The answer takes its place. It can be kept as JSON.
type openStream struct {
	ID    string    // the activity's, and the stream's
	Open  bool      `json:",omitempty"` // it is a stream that has not ended
	Began time.Time // of the stream
	Last  time.Time // of its last request
	Seq   int       `json:",omitempty"` // of the last request; used up, even if it failed
	Text  string    `json:",omitempty"` // what of the answer is shown, as Teams has it
	// Stopped says that the person has pressed the stop button: the stream is over,
	// and what of it is shown cannot be changed.
	Stopped bool `json:",omitempty"`
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

// finish shows an activity in the place of what is shown of an answer, and returns
// its ID. It may be called again for the same s: what is shown already is replaced
// by the same. r is where s is shown.
func (c *Connector) finish(ctx context.Context, r ref, s openStream, a *activity) (string, error) {
	if s.ID == "" || s.Stopped {
		return c.api.post(ctx, r, a)
	}
	if s.Open && time.Since(s.Began) < streamLimit {
		whole := strings.HasPrefix(a.Text, s.Text)
		last := a
		if !whole { // Teams lets a stream only grow; what has ended can be replaced
			last = c.unfinished(s, "")
		}
		switch err := c.endStream(ctx, r, s, last); {
		case err == nil && whole:
			return s.ID, nil
		case canceled(err): // just now, with the whole answer made
			return c.api.post(ctx, r, a)
		case err != nil && !over(err):
			return "", err
		}
	}
	err := c.api.replace(ctx, r, s.ID, a)
	if gone(err) {
		return c.api.post(ctx, r, a)
	}
	return s.ID, err
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

// gone reports whether a message cannot be replaced: it was deleted, or Teams does
// not let it be.
func gone(err error) bool {
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

// settled returns what of a text that is being written stays as it is: whole
// lines and sentences, without the table or the code at its end.
func settled(md string) string {
	if len(md) > maxStreamed {
		return ""
	}
	begin, fence := 0, "" // of the last block
	pos := 0
	for line := range strings.Lines(md) {
		text := strings.TrimSpace(line)
		mark := text[:len(text)-len(strings.TrimLeft(text, "`~"))]
		switch {
		case fence != "":
			if len(mark) >= len(fence) && mark[0] == fence[0] && text == mark && strings.HasSuffix(line, "\n") {
				fence, begin = "", pos+len(line)
			}
		case len(mark) >= 3:
			fence, begin = mark, pos
		case text == "":
			begin = pos + len(line)
		}
		pos += len(line)
	}
	block := md[begin:]
	if fence != "" || strings.Contains(block, "|") {
		return md[:begin]
	}
	for end := len(block); end > 0; {
		end = lastEnd(block[:end])
		if balanced(block[:end]) {
			return md[:begin+end]
		}
		end--
	}
	return md[:begin]
}

// lastEnd returns where the last line or sentence of a text ends, 0 if none does. A
// number with a dot ends none, nor does anything in the line of a heading.
func lastEnd(s string) int {
	line := strings.LastIndexByte(s, '\n') + 1
	if strings.HasPrefix(strings.TrimLeft(s[line:], " "), "#") {
		return line
	}
	for i := len(s) - 1; i > line; i-- {
		if s[i] == ' ' && strings.IndexByte(".!?:", s[i-1]) >= 0 && (i < 2 || s[i-2] < '0' || s[i-2] > '9') {
			return i
		}
	}
	return line
}

// balanced reports whether all marks in a text are closed, as far as that can be
// told in a moment. A mistake costs the person a moment, too: nothing more is shown
// until the answer is there.
func balanced(s string) bool {
	for _, mark := range []string{"*", "_", "`"} {
		if strings.Count(s, mark)%2 > 0 {
			return false
		}
	}
	return strings.Count(s, "**")%2 == 0 && strings.Count(s, "[") == strings.Count(s, "]") && strings.Count(s, "<") == strings.Count(s, ">")
}
