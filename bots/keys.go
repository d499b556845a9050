package bots

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"

	"amtsbote/storage"
)

// key joins the parts of a stored key so that no two lists of parts give the same
// key and a list's key is a prefix only of lists that begin with it: each part is
// preceded by its length.
func key(kind string, parts ...string) string {
	var b strings.Builder
	b.WriteString(kind)
	for _, p := range parts {
		b.WriteByte('/')
		b.WriteString(strconv.Itoa(len(p)))
		b.WriteByte(':')
		b.WriteString(p)
	}
	return b.String()
}

// key is key with the bot's name before the parts, and the parts as digests: who
// writes with whom must not stand in the file either.
func (b *bot) key(kind string, parts ...string) string {
	all := []string{b.Name}
	for _, p := range parts {
		all = append(all, b.sealer.digest(p))
	}
	return key(kind, all...)
}

// itemID is the ID of a message or reply in a queue. Unlike other digests it does
// not depend on the bot's key: what was answered stays known when the key changes.
func itemID(connector, id string) string {
	sum := sha256.Sum256([]byte(key(connector, id)))
	return hex.EncodeToString(sum[:16])
}

// group returns the group in which a message and its replies keep their order.
func (b *bot) group(m Message) string { return b.key("", m.conversation()...) }

// item returns the item of a queue that carries v on behalf of a message.
func (b *bot) item(queue, id string, m Message, v any) (storage.Item, error) {
	data, err := b.sealer.encode(queue+id, v)
	return storage.Item{Queue: queue, ID: id, Group: b.group(m), Owner: b.sealer.digest(m.gateKey()),
		Prio: m.Prio, Time: m.Time, Data: data}, err
}

// conversation returns the parts that name the conversation of a message: a
// thread, a direct chat, or else the thread that the message opens.
func (m Message) conversation() []string {
	thread := m.Thread
	if thread == "" && !m.Direct {
		thread = m.ID
	}
	return []string{m.Connector, m.Room, thread}
}

// Kinds of stored keys. After the kind comes the bot, so that nothing crosses from
// one bot to another.
const (
	kindConversation = "conversation" // connector, room, thread → conversation
	kindMemo         = "memo"         // connector, room, thread, key → memo
	kindShown        = "shown"        // connector, room, thread, ID of what was shown → that ID
	kindCause        = "cause"        // connector, ID of message or of what was shown → cause
	kindPerson       = "person"       // who is counted → person
	kindGreeted      = "greeted"      // who is greeted in a direct chat, or connector and room → true
	kindTrouble      = "trouble"      // ID of an item → trouble
	kindState        = "state"        // connector, key (both plain) → of the connector
	kindProbe        = "probe"        // whether the store can be written
)

// Names of queues.
func inbox(bot string) string             { return key("in", bot) }
func outbox(bot, connector string) string { return key("out", bot, connector) }
