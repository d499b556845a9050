package bots

import (
	"strconv"
	"strings"
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

// conversation returns the parts that name the conversation of a message: a
// thread, a direct chat, or else the thread that the message opens.
func (m Message) conversation() []string {
	thread := m.Thread
	if thread == "" && !m.Direct {
		thread = m.ID
	}
	return []string{m.Connector, m.Room, thread}
}

// Names of stored keys; each begins with the bot, so that nothing crosses from
// one bot to another.
const (
	kindConversation = "conversation" // bot, connector, room, thread → conversation
	kindMemo         = "memo"         // bot, connector, room, thread, key → memo
	kindCause        = "cause"        // bot, connector, ID of message or of what was shown → cause
	kindPerson       = "person"       // bot, sender → person
	kindTrouble      = "trouble"      // queue, ID → trouble
	kindState        = "state"        // bot, connector, key → of the connector
)

// Names of queues.
func inbox(bot string) string             { return key("in", bot) }
func outbox(bot, connector string) string { return key("out", bot, connector) }
