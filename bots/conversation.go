package bots

import (
	"context"
	"errors"
	"slices"
	"time"

	"amtsbote/storage"
)

const (
	maxTurns     = 40                   // of a conversation that are kept
	maxTurnBytes = 64 << 10             // of the text of a turn that are kept
	maxTalkBytes = 1 << 20              // of all turns; each answer writes them anew
	keepIDs      = 400 * 24 * time.Hour // how long the IDs of finished messages are known
)

// A conversation is what is remembered of one: who said what.
type conversation struct {
	Turns []Turn
	// Shown lists the questions of this conversation, to delete their causes with it.
	Shown []string `json:",omitempty"`
}

// A cause leads from a message, or from what was shown of an answer, to the
// conversation it belongs to.
type cause struct {
	Conversation []string // parts of its key
	Message      string   // the question's ID
}

// add appends turns and forgets the oldest.
func (c *conversation) add(turns ...Turn) {
	for _, t := range turns {
		if len(t.Text) > maxTurnBytes {
			t.Text = cut(t.Text, maxTurnBytes)
		}
		c.Turns = append(c.Turns, t)
	}
	c.Turns = c.Turns[max(0, len(c.Turns)-maxTurns):]
	most := maxTalkBytes
	for i := range slices.Backward(c.Turns) {
		if most -= c.Turns[i].size(); most < 0 && i < len(c.Turns)-len(turns) {
			c.Turns = c.Turns[i+1:]
			return
		}
	}
}

// size returns about how many bytes a turn takes.
func (t Turn) size() int {
	n := len(t.Text)
	for _, d := range t.Drafts {
		n += len(d.Text) + len(d.Quote)
	}
	for _, s := range t.Sources {
		n += len(s.Quote)
	}
	return n
}

// expire forgets what was answered before t: a conversation that goes on keeps
// its own parts no longer than one that has ended.
func (c *conversation) expire(t time.Time) {
	for i := range slices.Backward(c.Turns) {
		if c.Turns[i].Bot && c.Turns[i].Time.Before(t) {
			c.Turns = c.Turns[i+1:]
			return
		}
	}
}

// show remembers that there is a cause for an ID.
func (c *conversation) show(id string) {
	c.Shown = append(c.Shown, id)
	c.Shown = c.Shown[max(0, len(c.Shown)-4*maxTurns):]
}

// redact removes a message and what was answered to it.
func (c *conversation) redact(id string) bool {
	n := len(c.Turns)
	c.Turns = slices.DeleteFunc(c.Turns, func(t Turn) bool {
		return t.ID == id || t.Bot && t.ID == answerID(id)
	})
	return len(c.Turns) < n
}

// last returns the bot's last turn, or nil.
func (c *conversation) last() *Turn {
	for i := range slices.Backward(c.Turns) {
		if c.Turns[i].Bot {
			return &c.Turns[i]
		}
	}
	return nil
}

// cut shortens a text to at most n bytes at the start of a rune.
func cut(s string, n int) string {
	for n > 0 && n < len(s) && s[n]&0xC0 == 0x80 {
		n--
	}
	return s[:min(n, len(s))]
}

// get reads a value of a bot into v; one that is not there leaves v as it is.
func (b *bot) get(tx storage.Tx, key string, v any) error {
	stored, err := tx.Get(key)
	if errors.Is(err, storage.ErrNone) {
		return nil
	}
	if err != nil {
		return err
	}
	return b.sealer.decode(key, stored, v)
}

// put keeps a value of a bot.
func (b *bot) put(tx storage.Tx, key string, v any, keep time.Duration) error {
	stored, err := b.sealer.encode(key, v)
	if err != nil {
		return err
	}
	return tx.Put(key, stored, keep)
}

// A memo is a value that a skill keeps, with the IDs of what it derives from.
type memo struct {
	Value []byte
	From  []string `json:",omitempty"`
}

// forget deletes a conversation with all that was derived from it, and returns
// how many turns it had.
func (b *bot) forget(tx storage.Tx, parts []string) (int, error) {
	k := b.key(kindConversation, parts...)
	var c conversation
	if err := b.get(tx, k, &c); err != nil && !unreadable(err) {
		return 0, err
	}
	for _, id := range c.Shown {
		if err := tx.Put(b.key(kindCause, parts[0], id), nil, 0); err != nil {
			return 0, err
		}
	}
	if err := b.forgetShown(tx, parts); err != nil {
		return 0, err
	}
	if err := b.forgetMemos(tx, parts, ""); err != nil {
		return 0, err
	}
	return len(c.Turns), tx.Put(k, nil, 0)
}

// forgetShown deletes the causes of what was shown in a conversation. They are
// kept beside it, so that to show an answer does not cost reading all of it.
func (b *bot) forgetShown(tx storage.Tx, parts []string) error {
	var causes []string
	err := tx.Each(b.key(kindShown, parts...)+"/", func(k string, stored []byte) error {
		var id string
		if b.sealer.decode(k, stored, &id) == nil {
			causes = append(causes, b.key(kindCause, parts[0], id))
		}
		return tx.Put(k, nil, 0)
	})
	for _, k := range causes {
		err = errors.Join(err, tx.Put(k, nil, 0))
	}
	return err
}

// takeOut takes a message, and what was answered to it, out of a conversation. One
// that cannot be read goes as a whole, rather than keep what was taken back.
func (b *bot) takeOut(tx storage.Tx, parts []string, id string) error {
	k := b.key(kindConversation, parts...)
	var c conversation
	err := b.get(tx, k, &c)
	switch {
	case unreadable(err):
		return tx.Put(k, nil, 0)
	case err != nil || !c.redact(id):
		return err
	}
	return b.put(tx, k, c, b.Keep)
}

// forgetDerived deletes what was derived, in the conversations of a room, from a
// message that was no question: memos, and answers that name it as a source.
func (b *bot) forgetDerived(tx storage.Tx, m Message) error {
	if err := b.forgetMemos(tx, []string{m.Connector, m.Room}, m.Target); err != nil {
		return err
	}
	return tx.Each(b.key(kindConversation, m.Connector, m.Room)+"/", func(k string, stored []byte) error {
		var c conversation
		if b.sealer.decode(k, stored, &c) != nil {
			return nil
		}
		n := len(c.Turns)
		c.Turns = slices.DeleteFunc(c.Turns, func(t Turn) bool {
			return slices.ContainsFunc(t.Sources, func(s Source) bool { return s.ID == m.Target })
		})
		if len(c.Turns) == n {
			return nil
		}
		return b.put(tx, k, c, b.Keep)
	})
}

// forgetMemos deletes what skills keep of a conversation: all, or what derives
// from one message.
func (b *bot) forgetMemos(tx storage.Tx, parts []string, from string) error {
	prefix := b.key(kindMemo, parts...) + "/"
	return tx.Each(prefix, func(k string, stored []byte) error {
		var m memo
		if from != "" && b.sealer.decode(k, stored, &m) == nil && !slices.Contains(m.From, from) {
			return nil
		}
		return tx.Put(k, nil, 0)
	})
}

// memos is the Memo of one conversation, for the skill that answers a message.
type memos struct {
	r *Runner
	q *question
}

func (m memos) key(name string) string {
	return m.q.b.key(kindMemo, append(m.q.m.conversation(), name)...)
}

// Get implements Memo.
func (m memos) Get(ctx context.Context, name string) ([]byte, error) {
	var v memo
	err := m.r.Store.View(ctx, func(tx storage.Tx) error { return m.q.b.get(tx, m.key(name), &v) })
	return v.Value, err
}

// Put implements Memo. Nothing is kept once the message has been taken back: the
// skill may not know it yet.
func (m memos) Put(ctx context.Context, name string, value []byte, from ...string) error {
	return m.r.update(ctx, func(tx storage.Tx) error {
		if _, err := tx.Find(m.q.it.Queue, m.q.it.ID); err != nil {
			return err
		}
		return m.q.b.put(tx, m.key(name), memo{value, from}, m.q.b.Keep)
	})
}
