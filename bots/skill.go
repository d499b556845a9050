package bots

import (
	"context"
	"errors"
	"io"
	"time"
)

// A Skill answers messages of one kind. It is written once and serves every
// connector: it cannot tell a chat from a mail except by what the message says.
type Skill interface {
	// Info says what the skill is called and what it takes. It is constant.
	Info() Info

	// Do returns the answer to a message. ErrPass leaves the message to the
	// next skill; a *Refusal ends it with a text for the person; after any
	// other error Do is called again later. Do stops soon after ctx is done.
	Do(ctx context.Context, t Task) (Answer, error)
}

// Info says what a skill is called and what it takes; routing and help read it.
type Info struct {
	Name     string   // in the configuration, such as "summary"
	Version  string   // of its instructions, such as "1"
	Commands []string // without "!": first the German one, second the English, then others
	// Words are beginnings of words, lower case, German and English, by which a
	// message without a command shows that it wants this skill: "fass", "zusammenfass",
	// "summar". Two words joined by a space must both occur, in this order.
	Words []string

	// Follow are beginnings of words by which a message goes on with this skill's
	// last answer in the conversation: "kürzer", "freundlich", "short". With ^ before
	// it a word must be the next one: "^und" begins a message.
	Follow []string

	Letter   bool // takes messages that are letters
	Files    bool // takes files without a question
	Question bool // takes plain questions
	Last     bool // speaks of the last answer, whichever skill gave it ("als PDF"): where its words match it is asked first, and passes what it does not mean
	Rooms    bool // speaks of rooms: its words count only where there are rooms to read, and in messages without files
	Model    bool // can do nothing without a language model

	Help     Text   // one line: what it does
	Examples []Text // what a person could write
}

// A Task is a message and what a skill may use to answer it.
type Task struct {
	Bot     Profile
	Message Message
	Command string // the command that chose the skill, without "!"; empty: none did
	// Text is what the person wrote, without the command: Message.Text, or of a
	// letter the person's own words in it.
	Text     string
	History  []Turn    // earlier turns of the conversation, oldest first
	Language string    // "de" or "en": of the person, as last recognised
	Class    Class     // no model that may see less is given the message
	Now      time.Time // in the bot's zone

	// Open returns the content of a file of the message or of an earlier turn.
	Open func(ctx context.Context, f File) (io.ReadCloser, error)
	// Rooms reads rooms of several people for the person who asks. It is nil where
	// the connector has none to read.
	Rooms Rooms
	// Memo keeps what the skill wants to find again in this conversation. It
	// may be nil (on the command line).
	Memo Memo
	// Tell reports progress; it may be called often and from any goroutine, and
	// is never nil in a running bot.
	Tell func(Progress)
}

// A Turn is an earlier message of a conversation, a person's or the bot's.
type Turn struct {
	ID      string // of the message or, if Bot, of the reply
	Person  string `json:",omitempty"`
	Bot     bool   `json:",omitempty"`
	Skill   string `json:",omitempty"` // of the bot's turn
	Time    time.Time
	Text    string   `json:",omitempty"`
	Drafts  []Draft  `json:",omitempty"`
	Files   []File   `json:",omitempty"` // the person's, without Data
	Notice  Notice   `json:",omitzero"`
	Sources []Source `json:",omitempty"`
}

// Memo keeps what skills derive from a conversation: partial results, findings
// to confirm. It is gone with the conversation.
type Memo interface {
	// Get returns the value of a key; nil if there is none.
	Get(ctx context.Context, key string) ([]byte, error)
	// Put keeps a value for as long as a conversation is kept (Profile.Keep),
	// and no longer than the messages (by ID) that it derives from. It fails
	// once the message that is being answered has been taken back.
	Put(ctx context.Context, key string, value []byte, from ...string) error
}

// ErrPass is returned by a skill that has nothing to say to a message.
var ErrPass = errors.New("bots: not for this skill")

// A Refusal is an error that trying again will not cure. Text is for the person
// who wrote and says what to do; Err is for the log, has no content of messages,
// and may be nil.
type Refusal struct {
	Text Text
	Err  error
}

func (r *Refusal) Error() string {
	if r.Err == nil {
		return "refused"
	}
	return "refused: " + r.Err.Error()
}

func (r *Refusal) Unwrap() error { return r.Err }

// A Reader finds a person's own words in a letter ("kürzer", "bitte absagen",
// "!hilfe"): what the colleague wrote above a forward. They route the message and
// enter the conversation. The letter is read in a child process.
type Reader interface {
	Words(ctx context.Context, m Message, open func(context.Context, File) (io.ReadCloser, error)) (string, error)
}
