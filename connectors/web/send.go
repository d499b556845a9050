package web

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"amtsbote/bots"
)

// Send implements [bots.Connector]. The reply and its files are written into the
// room under the reply's ID, once; pages that are open are told. An answer that
// is skipped is shown as one line, because a person sits in front of the page.
func (c *Connector) Send(ctx context.Context, state bots.State, r bots.Reply) (string, error) {
	s := c.use(state)
	if !idRE.MatchString(r.To.Room) {
		return "", &bots.Refusal{Err: errors.New("web: reply to no room")}
	}
	room := c.room(r.To.Room)
	known, err := s.Get(ctx, idKey(room.id, r.ID))
	if err != nil {
		return "", fmt.Errorf("web: send: %w", err)
	}
	if known != nil {
		return r.ID, nil
	}
	// Its own copy: the files' content is kept apart.
	r.Answer.Files = slices.Clone(r.Answer.Files)
	for i, f := range r.Answer.Files {
		if r.Answer.Files[i], err = s.keepFile(ctx, room.id, fileID(r.ID, i), f); err != nil {
			return "", fmt.Errorf("web: send: keep file: %w", err)
		}
	}
	e := &event{Kind: replyEvent, ID: r.ID, Target: r.To.MessageID, Time: time.Now().UTC(), Reply: &r}
	if _, err := s.write(ctx, room, e, nil); err != nil {
		return "", fmt.Errorf("web: send: %w", err)
	}
	return r.ID, nil
}

// Typing implements [bots.Typer]: pages that are open show how far the answer
// is, and what of it is there.
func (c *Connector) Typing(_ context.Context, to bots.Address, p bots.Progress) {
	if idRE.MatchString(to.Room) {
		c.room(to.Room).show(progress{to.MessageID, p})
	}
}

// Forget implements [bots.Forgetter]: messages, answers and files of a room are
// deleted, and its pages empty themselves.
func (c *Connector) Forget(ctx context.Context, state bots.State, id string) error {
	s := c.use(state)
	if !idRE.MatchString(id) {
		return nil // no room of ours
	}
	if err := s.forget(ctx, c.room(id)); err != nil {
		return fmt.Errorf("web: forget: %w", err)
	}
	return nil
}
