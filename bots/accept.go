package bots

import (
	"context"
	"fmt"
	"time"

	"amtsbote/storage"
)

const maxText = 1 << 20 // bytes of the text of a message; more is cut

// accept puts a message into the inbox, once. What cannot be kept now is an error,
// so that the connector does not confirm it and passes it again; an event that
// can never be acted on is none, or it would hold up all that come after it.
func (r *Runner) accept(ctx context.Context, b *bot, c Connector, m Message) error {
	if m.Connector != c.Name() || m.ID == "" || m.Room == "" || m.Sender == "" {
		r.Log.Error("message dropped: incomplete", "message", m)
		return nil
	}
	m.Text = cut(m.Text, maxText)
	m.Time = plausible(m.Time, time.Now())
	switch m.Kind {
	case KindText:
		if !m.Letter() && stopWord(m.Text) {
			if stopped, err := r.stop(ctx, b, m); stopped || err != nil {
				return err
			}
		}
		return r.enqueue(ctx, b, m)
	case KindStop:
		_, err := r.stop(ctx, b, m)
		return err
	case KindEdit:
		return r.edit(ctx, b, m)
	case KindRedaction:
		return r.redact(ctx, b, m)
	case KindReaction:
		return r.react(ctx, b, m)
	case KindJoin:
		return r.greet(ctx, b, m)
	}
	r.Log.Error("message dropped: unknown kind", "message", m)
	return nil
}

func (r *Runner) enqueue(ctx context.Context, b *bot, m Message) error {
	queue := inbox(b.Name)
	it, err := b.item(queue, itemID(m.Connector, m.ID), m, m)
	if err != nil {
		return fmt.Errorf("bots: accept: %w", err)
	}
	var added bool
	err = r.update(ctx, func(tx storage.Tx) (err error) {
		added, err = tx.Add(it)
		if err != nil || !added || m.Watched {
			return err
		}
		// A redaction names only the message: remember where it belongs.
		k := b.key(kindCause, m.Connector, m.ID)
		return b.put(tx, k, cause{m.conversation(), m.ID}, b.Keep)
	})
	if err != nil {
		return fmt.Errorf("bots: accept: %w", err)
	}
	if added {
		r.metrics.accepted.WithLabelValues(b.Name, m.Connector).Inc()
		r.Log.Info("message accepted", "message", m)
	}
	r.metrics.receipt.WithLabelValues(m.Connector).Set(float64(time.Now().Unix()))
	r.kick(queue)
	return nil
}

// plausible returns when a message was written, in UTC. Networks take the time
// from outsiders: one before 1990 or of the day after tomorrow is replaced, and
// one that cannot be stored (after the year 9999) with it.
func plausible(t, now time.Time) time.Time {
	if t.Year() < 1990 || t.After(now.Add(48*time.Hour)) {
		return now.UTC()
	}
	return t.UTC()
}
