package bots

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"amtsbote/storage"
)

const (
	sendFor   = 24 * time.Hour // how long sending is tried,
	sendTries = 20             // and how often at least: a clock that jumped a day is no reason
	sendPanic = 3              // after so many failures a panic is final
)

// deliver has a connector send a reply.
func (r *Runner) deliver(ctx context.Context, b *bot, c Connector, it storage.Item) error {
	var reply Reply
	if err := b.sealer.decode(it.Queue+it.ID, it.Data, &reply); err != nil {
		return err
	}
	// Just before the effect: whoever was paused for longer than its lease must
	// not send what another has sent meanwhile.
	if err := r.Store.Renew(ctx, it, lease); err != nil {
		return err
	}
	sent, err := r.send(ctx, b, c, reply)
	if err != nil {
		return r.unsent(ctx, b, c, it, err)
	}
	// Sent is sent: until it is noted, the item is held.
	err = r.settle(ctx, func(tx storage.Tx) error {
		if err := tx.Done(it); err != nil || sent == "" || reply.To.Watched {
			return err
		}
		return b.shown(tx, reply, sent)
	})
	if err != nil {
		return err
	}
	r.metrics.sent.WithLabelValues(b.Name, c.Name()).Inc()
	r.Log.Info("reply sent", "reply", reply, "fails", it.Fails)
	return nil
}

func (r *Runner) send(ctx context.Context, b *bot, c Connector, reply Reply) (sent string, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, sendLimit, errTooLong)
	defer cancel()
	err = safely(func() (err error) {
		sent, err = c.Send(ctx, state{r, b, c.Name()}, reply)
		return err
	})
	return sent, err
}

// unsent says what becomes of a reply that could not be sent: the error itself
// stands for another try, a refusal for none.
func (r *Runner) unsent(ctx context.Context, b *bot, c Connector, it storage.Item, err error) error {
	if context.Cause(ctx) != nil {
		return err // stopping, or no longer wanted
	}
	r.metrics.failures.WithLabelValues(b.Name, c.Name()).Inc()
	final := it.Fails+1 >= sendTries && time.Since(it.Added) > sendFor
	if _, ok := errors.AsType[*panicked](err); ok {
		r.metrics.panics.Inc()
		final = final || it.Fails+1 >= sendPanic
	}
	if final {
		return &Refusal{Err: fmt.Errorf("not sent after %d tries: %w", it.Fails+1, err)}
	}
	return err
}

// shown remembers which question the network's ID of an answer belongs to, so
// that a reaction or a reply finds it.
func (b *bot) shown(tx storage.Tx, r Reply, sent string) error {
	var what cause
	err := b.get(tx, b.key(kindCause, r.To.Connector, r.To.MessageID), &what)
	if unreadable(err) || err == nil && what.Message == "" {
		return nil // deleted meanwhile
	}
	if err != nil {
		return err
	}
	if _, err := tx.Get(b.key(kindConversation, what.Conversation...)); errors.Is(err, storage.ErrNone) {
		return nil
	} else if err != nil {
		return err
	}
	if err := b.put(tx, b.key(kindShown, append(slices.Clone(what.Conversation), sent)...), sent, b.Keep); err != nil {
		return err
	}
	return b.put(tx, b.key(kindCause, r.To.Connector, sent), cause{what.Conversation, r.To.MessageID}, b.Keep)
}
