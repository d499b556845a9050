package bots

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"amtsbote/storage"
)

// Stop, edit, redaction and reaction do not wait in the inbox: they change what
// is there. All of them may come again and then change nothing.

// errNoWork is the error of a control message that finds nothing to act on.
var errNoWork = errors.New("bots: nothing to act on")

func stopWord(text string) bool {
	switch strings.Trim(strings.ToLower(strings.TrimSpace(text)), "!. ") {
	case "stopp", "stop", "abbrechen", "halt", "cancel":
		return true
	}
	return false
}

// stop ends what is being answered in the message's conversation, or the answer
// to its target, and reports whether it did so, now or when the message came
// before. Anybody in the room who may use the bot may stop it.
func (r *Runner) stop(ctx context.Context, b *bot, m Message) (stopped bool, err error) {
	if !b.Access.Allows(m.Sender) {
		return false, nil // what was written is for the gate to refuse
	}
	queue := inbox(b.Name)
	id := itemID(m.Connector, m.Target)
	if m.Target == "" {
		r.mu.Lock()
		now, ok := r.running[queue+b.group(m)]
		r.mu.Unlock()
		if !ok {
			return false, nil
		}
		id = now.item.ID
	}
	own, err := b.item(queue, itemID(m.Connector, m.ID), m, m)
	if err != nil {
		return false, fmt.Errorf("bots: stop: %w", err)
	}
	err = r.update(ctx, func(tx storage.Tx) error {
		if m.Target == "" { // known from now on, so that it neither becomes a question nor stops what is asked later
			if added, err := tx.Add(own); err != nil || !added {
				return err
			}
			if _, err := tx.Drop(queue, own.ID); err != nil {
				return err
			}
		}
		if old, err := b.waiting(tx, queue, id); err != nil || old.Room != m.Room {
			return cmp.Or(err, errNoWork)
		}
		if _, err := tx.Drop(queue, id); err != nil || m.Text == "" {
			return err
		}
		p, err := b.loadPerson(tx, m)
		if err != nil && !unreadable(err) {
			return err
		}
		return r.reply(tx, b, m, "stopped", Answer{Text: textStopped, Notice: Notice{Plain: true}}, cmp.Or(p.Language, b.Language))
	})
	if errors.Is(err, errNoWork) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("bots: stop: %w", err)
	}
	r.cancel(queue, id, nil)
	r.kick(queue)
	r.kick(outbox(b.Name, m.Connector))
	return true, nil
}

// waiting returns the message of an item that is in a queue, or errNoWork if there
// is none that can be read.
func (b *bot) waiting(tx storage.Tx, queue, id string) (m Message, err error) {
	it, err := tx.Find(queue, id)
	if err == nil {
		err = b.sealer.decode(queue+id, it.Data, &m)
	}
	if errors.Is(err, storage.ErrNone) || unreadable(err) {
		err = errNoWork
	}
	return m, err
}

// edit replaces a question that has not been answered yet. Later edits change
// nothing: the answer stands. Nobody edits what another wrote.
func (r *Runner) edit(ctx context.Context, b *bot, m Message) error {
	queue, id := inbox(b.Name), itemID(m.Connector, m.Target)
	var data []byte
	err := r.update(ctx, func(tx storage.Tx) error {
		old, err := b.waiting(tx, queue, id)
		if err != nil || old.Sender != m.Sender || old.Room != m.Room {
			return cmp.Or(err, errNoWork)
		}
		old.Text, old.Files = m.Text, m.Files
		if data, err = b.sealer.encode(queue+id, old); err != nil {
			return err
		}
		return tx.Replace(queue, id, data)
	})
	if errors.Is(err, errNoWork) || errors.Is(err, storage.ErrNone) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("bots: edit: %w", err)
	}
	r.cancel(queue, id, data)
	r.Log.Info("question edited", "message", m)
	r.kick(queue)
	return nil
}

// redact removes a message, the answer to it, sent or not, and what was derived
// from them.
func (r *Runner) redact(ctx context.Context, b *bot, m Message) error {
	in, out := inbox(b.Name), outbox(b.Name, m.Connector)
	id, answer := itemID(m.Connector, m.Target), itemID(m.Connector, answerID(m.Target))
	err := r.update(ctx, func(tx storage.Tx) error {
		var what cause
		if err := b.get(tx, b.key(kindCause, m.Connector, m.Target), &what); err != nil && !unreadable(err) {
			return err
		}
		old, err := b.waiting(tx, in, id)
		switch {
		case err != nil && !errors.Is(err, errNoWork):
			return err
		case err == nil && old.Room != m.Room, what.Message != "" && what.Conversation[1] != m.Room:
			return errNoWork // of another room
		case what.Message != "" && what.Message != m.Target:
			return errNoWork // an answer of the bot's
		}
		for queue, id := range map[string]string{in: id, out: answer} {
			if _, err := tx.Drop(queue, id); err != nil {
				return err
			}
		}
		if what.Message == "" { // never asked, but a summary of the room may rest on it
			return b.forgetDerived(tx, m)
		}
		if err := b.forgetMemos(tx, what.Conversation, m.Target); err != nil {
			return err
		}
		return b.takeOut(tx, what.Conversation, m.Target)
	})
	if errors.Is(err, errNoWork) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("bots: redact: %w", err)
	}
	r.cancel(in, id, nil)
	r.cancel(out, answer, nil)
	r.Log.Info("message redacted", "message", m)
	return nil
}

// cancel ends the work on an item, if this process does it, and it is not at work
// on the item's new data already.
func (r *Runner) cancel(queue, id string, data []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, now := range r.running {
		if now.item.Queue == queue && now.item.ID == id && (data == nil || !bytes.Equal(now.item.Data, data)) {
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
		_, err := r.stop(ctx, b, m)
		return err
	}
	var what cause
	k := b.key(kindCause, m.Connector, m.Target)
	err := r.Store.View(ctx, func(tx storage.Tx) error { return b.get(tx, k, &what) })
	if err != nil && !unreadable(err) {
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
