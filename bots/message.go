package bots

import (
	"log/slog"
	"time"
)

// A Kind says what happened in a network.
type Kind string

const (
	KindText      Kind = ""          // a person wrote, or mail came
	KindEdit      Kind = "edit"      // Target was changed; Text and Files are the new ones
	KindRedaction Kind = "redaction" // Target was deleted by its author or a moderator
	KindReaction  Kind = "reaction"  // Text is an emoji put to Target
	KindJoin      Kind = "join"      // the bot came into Room; Sender invited it, Text is that person's name
	KindStop      Kind = "stop"      // the answer to Target, or whatever runs in the conversation, is no longer wanted
)

// Priorities of a message.
const (
	PrioPerson  = 0 // a person waits for the answer
	PrioMail    = 1 // mail that has just come
	PrioBacklog = 2 // mail from before; newest first
)

// A Message is something that happened in a network and is for a bot: a chat
// message, a mail that a colleague forwarded, a letter in a watched mailbox.
type Message struct {
	Kind      Kind   `json:",omitempty"`
	Connector string // name of the connector that received it
	ID        string // the network's own, unique within the connector
	Target    string `json:",omitempty"` // the message it speaks of, for kinds that do
	Room      string // where it was written and the answer goes: a room, a chat, a mailbox, a colleague's address
	Thread    string `json:",omitempty"` // what it continues, if anything; of mail the root Message-ID

	// Sender is who asks and must pass the gate, authenticated by the
	// connector: a colleague. Of a watched mailbox it is the mailbox itself.
	Sender string
	// Author is who wrote it where that is somebody else (the citizen who wrote
	// to a watched mailbox). An author is never gated and never answered.
	Author string `json:",omitempty"`
	// Watched says that Sender is not a person but a mailbox that the operator
	// has configured. The gate lets it pass and limits its authors.
	Watched bool `json:",omitempty"`
	// Wrote says that Sender wrote the mail that is Files[0], which the connector has
	// verified: only then are the words above a letter those of the person who asks. A
	// file that was dropped into a chat can claim any author.
	Wrote bool `json:",omitempty"`
	// Direct says that nobody but Sender reads what is written in Room.
	Direct bool `json:",omitempty"`

	// Late says that the message is older than what is still answered, such as
	// one from before a long outage. Its person is told so, once a day.
	Late bool `json:",omitempty"`

	// Cannot is what the person is told instead of an answer, where the message
	// is nothing that could be read (a voice message, a sticker).
	Cannot Text `json:",omitzero"`

	Prio int `json:",omitempty"`
	// Class is that of the room or mailbox where it is more than the bot's.
	Class   Class `json:",omitempty"`
	Time    time.Time
	Subject string `json:",omitempty"` // of a mail
	Text    string `json:",omitempty"` // without formatting and quotes; empty for mail, whose letter is Files[0]
	Files   []File `json:",omitempty"`

	// Ref is opaque to all but the connector: what a reply needs to reach its
	// place even if the message has been moved or deleted since.
	Ref string `json:",omitempty"`
}

// Letter reports whether the message is a mail: its first file is a letter
// (message/rfc822) and the person's own words, if any, stand in it.
func (m Message) Letter() bool {
	return m.Text == "" && len(m.Files) > 0 && m.Files[0].Type == TypeLetter
}

// TypeLetter is the media type of a mail as a file.
const TypeLetter = "message/rfc822"

// A File came with a message or goes with an answer.
type File struct {
	Name string
	Type string // media type, as the sender claims
	Size int64  // in bytes, as the server says
	// Ref is what the connector needs to fetch the content, which stays on the
	// server; opaque to everyone else.
	Ref string `json:",omitempty"`
	// Data is the content of a file that a skill made, at most MaxFile bytes.
	// Files of messages never have it.
	Data []byte `json:",omitempty"`
}

// MaxFile is the size limit in bytes of a file that a skill makes. The core does
// not send a larger one and tells the person that it is missing.
const MaxFile = 4 << 20

// LogValue keeps what people write out of the logs: a message is logged by its IDs.
func (m Message) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("connector", m.Connector),
		slog.String("id", LogID(m.ID)),
		slog.String("kind", string(m.Kind)),
		slog.Int("files", len(m.Files)))
}

// LogValue keeps names out of the logs.
func (f File) LogValue() slog.Value {
	return slog.GroupValue(slog.String("type", f.Type), slog.Int64("size", f.Size))
}
