package bots

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"amtsbote/storage"
)

const maxText = 1 << 20 // bytes of the text of a message; more is cut

// accept puts a message into the inbox, once. Stop, edit and redaction do not
// wait in it: they change what is there.
func (r *Runner) accept(ctx context.Context, b *bot, c Connector, m Message) error {
	if m.Connector != c.Name() || m.ID == "" || m.Room == "" || m.Sender == "" {
		r.Log.Error("message dropped: incomplete", "message", m)
		return nil
	}
	m.Text = cut(m.Text, maxText)
	m.Time = m.Time.UTC()
	switch m.Kind {
	case KindText:
		if !m.Letter() && stopWord(m.Text) && r.stop(ctx, b, m) {
			return nil
		}
		return r.enqueue(ctx, b, m)
	case KindStop:
		r.stop(ctx, b, m)
		return nil
	case KindEdit:
		return r.edit(ctx, b, m)
	case KindRedaction:
		return r.redact(ctx, b, m)
	case KindReaction:
		return r.react(ctx, b, m)
	case KindJoin:
		return nil
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
	err = r.Store.Update(ctx, func(tx storage.Tx) (err error) {
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

func stopWord(text string) bool {
	switch strings.Trim(strings.ToLower(strings.TrimSpace(text)), "!. ") {
	case "stopp", "stop", "abbrechen", "halt", "cancel":
		return true
	}
	return false
}

// stop ends what is being answered in the message's conversation, or the answer
// to its target, and reports whether there was anything to end.
func (r *Runner) stop(ctx context.Context, b *bot, m Message) bool {
	queue := inbox(b.Name)
	r.mu.Lock()
	now, ok := r.running[queue+b.group(m)]
	r.mu.Unlock()
	id := itemID(m.Connector, m.Target)
	if m.Target == "" {
		if !ok {
			return false
		}
		id = now.item.ID
	}
	var dropped bool
	err := r.Store.Update(ctx, func(tx storage.Tx) (err error) {
		if dropped, err = tx.Drop(queue, id); err != nil || !dropped || m.Text == "" {
			return err
		}
		return r.reply(tx, b, m, "stopped", Answer{Text: textStopped, Notice: Notice{Plain: true}}, b.Language)
	})
	if err != nil {
		r.Log.Warn("cannot stop", "message", m, "err", err)
		return false
	}
	if dropped && ok && now.item.ID == id {
		now.cancel(errDropped)
	}
	r.kick(queue)
	r.kick(outbox(b.Name, m.Connector))
	return dropped
}

// edit replaces a question that has not been answered yet. Later edits change
// nothing: the answer stands.
func (r *Runner) edit(ctx context.Context, b *bot, m Message) error {
	queue, id := inbox(b.Name), itemID(m.Connector, m.Target)
	err := r.Store.Update(ctx, func(tx storage.Tx) error {
		it, err := tx.Find(queue, id)
		if err != nil {
			return err
		}
		var old Message
		if err := b.sealer.decode(queue+id, it.Data, &old); err != nil {
			return err
		}
		if old.Sender != m.Sender || old.Room != m.Room {
			return storage.ErrNone // nobody edits what another wrote
		}
		old.Text, old.Files = m.Text, m.Files
		data, err := b.sealer.encode(queue+id, old)
		if err != nil {
			return err
		}
		return tx.Replace(queue, id, data)
	})
	if errors.Is(err, storage.ErrNone) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("bots: edit: %w", err)
	}
	r.cancel(queue, id)
	r.Log.Info("question edited", "message", m)
	r.kick(queue)
	return nil
}

// redact removes a message, the answer to it and what was derived from it.
func (r *Runner) redact(ctx context.Context, b *bot, m Message) error {
	queue, id := inbox(b.Name), itemID(m.Connector, m.Target)
	err := r.Store.Update(ctx, func(tx storage.Tx) error {
		if _, err := tx.Drop(queue, id); err != nil {
			return err
		}
		k := b.key(kindCause, m.Connector, m.Target)
		var what cause
		if err := b.get(tx, k, &what); err != nil || what.Message == "" {
			return err
		}
		if what.Message != m.Target || what.Conversation[1] != m.Room {
			return nil // an answer of the bot's, or a message of another room
		}
		ck := b.key(kindConversation, what.Conversation...)
		var c conversation
		if err := b.get(tx, ck, &c); err != nil {
			return err
		}
		if err := b.forgetMemos(tx, what.Conversation, m.Target); err != nil {
			return err
		}
		if !c.redact(m.Target) {
			return nil
		}
		return b.put(tx, ck, c, b.Keep)
	})
	if err != nil {
		return fmt.Errorf("bots: redact: %w", err)
	}
	r.cancel(queue, id)
	r.Log.Info("message redacted", "message", m)
	return nil
}

// cancel ends the work on an item, if this process does it.
func (r *Runner) cancel(queue, id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, now := range r.running {
		if now.item.Queue == queue && now.item.ID == id {
			now.cancel(errDropped)
		}
	}
}

var goodMarks, badMarks = []string{"👍", "❤", "🙏"}, []string{"👎"}

// react counts feedback, without names, and stops on ❌.
func (r *Runner) react(ctx context.Context, b *bot, m Message) error {
	mark := strings.TrimRight(m.Text, "\ufe0f🏻🏼🏽🏾🏿")
	if mark == "❌" {
		m.Text = ""
		r.stop(ctx, b, m)
		return nil
	}
	var what cause
	k := b.key(kindCause, m.Connector, m.Target)
	err := r.Store.View(ctx, func(tx storage.Tx) error { return b.get(tx, k, &what) })
	if err != nil {
		return fmt.Errorf("bots: reaction: %w", err)
	}
	if what.Message == "" || what.Message == m.Target {
		return nil // not to an answer of ours
	}
	switch {
	case slices.Contains(goodMarks, mark):
		r.metrics.feedback.WithLabelValues(b.Name, "good").Inc()
	case slices.Contains(badMarks, mark):
		r.metrics.feedback.WithLabelValues(b.Name, "bad").Inc()
	}
	return nil
}
