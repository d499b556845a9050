package bots

import (
	"log/slog"
	"slices"
	"strings"
	"time"
)

// A Text is what a person reads, in the languages that Amtsbote speaks. Skills
// and the core write both; which one is shown is decided by [Text.In].
type Text struct {
	DE string `json:",omitempty"`
	EN string `json:",omitempty"`
}

// Say returns a text that is the same in every language: an answer that has
// been written in the language of the person already.
func Say(s string) Text { return Text{s, s} }

// In returns the text in a language ("de", "en"), or in the other one if it is
// not there in this.
func (t Text) In(language string) string {
	if t.EN != "" && (t.DE == "" || strings.HasPrefix(language, "en")) {
		return t.EN
	}
	return t.DE
}

// IsZero reports whether there is nothing to read.
func (t Text) IsZero() bool { return t.DE == "" && t.EN == "" }

// LogValue keeps texts out of the logs.
func (t Text) LogValue() slog.Value { return slog.IntValue(len(t.DE) + len(t.EN)) }

// An Answer is what a skill made of a message.
type Answer struct {
	Text     Text       // CommonMark for the person who asked: brief, summary, answer
	Drafts   []Draft    `json:",omitempty"` // letters for a person to check and send, in the order of what was asked
	Files    []File     `json:",omitempty"` // with Data; one larger than MaxFile is left out, and the person told
	Read     []ReadFile `json:",omitempty"` // every file of the question: read, or not and why
	Warnings []Text     `json:",omitempty"` // hidden text, contradicting amounts, form, unsure attribution
	Sources  []Source   `json:",omitempty"`
	Skip     string     `json:",omitempty"` // why no answer is owed, in English; then nothing else is set, and nothing is sent but to a colleague who waits
	Private  bool       `json:",omitempty"` // only for the person who asked: the connector finds or opens the direct chat
	Notice   Notice
}

// fit leaves out the files that are too large to be kept, says so in a warning,
// and returns how many there were. The rest of the answer is good: asking the
// skill again would cost the same work and make the same file.
func (a Answer) fit() (Answer, int) {
	files := slices.DeleteFunc(slices.Clone(a.Files), func(f File) bool { return len(f.Data) > MaxFile })
	left := len(a.Files) - len(files)
	if left > 0 {
		a.Files, a.Warnings = files, append(slices.Clone(a.Warnings), textFilesLeft(left))
	}
	return a, left
}

// A Draft is a letter for a person to check and send. It contains only what its
// recipient may read: no brief, no notice, no warning.
type Draft struct {
	To         []string  `json:",omitempty"` // addresses as in RFC 5322, with display names; empty where it is not clear whom to address
	Cc         []string  `json:",omitempty"`
	Subject    string    // with one "AW: " or "Re: "
	InReplyTo  string    `json:",omitempty"` // Message-ID without angle brackets
	References []string  `json:",omitempty"` // Message-IDs without angle brackets, oldest first, InReplyTo last
	Language   string    // "de", "en", …
	Text       string    // plain text: salutation to signature; gaps as **[bitte ergänzen: …]**
	Quote      string    `json:",omitempty"` // the original, to be quoted once below; without its attribution line
	QuoteFrom  string    `json:",omitempty"` // the attribution line, such as "Am 20.11.2026 um 18:42 schrieb Jana Wieczorek:"
	Gaps       int       `json:",omitempty"` // number of **[bitte ergänzen: …]** in Text
	Date       time.Time `json:",omitzero"`  // of the letter that it answers
	Letter     string    `json:",omitempty"` // tells the letter from others, for the skill that wrote the draft; no text of it
}

// A ReadFile says of one file of the question whether it was read.
type ReadFile struct {
	Name   string
	Type   string `json:",omitempty"`
	Read   bool
	Pages  int  `json:",omitempty"` // how many were read; 0 where the format has none
	OCR    bool `json:",omitempty"` // text recognition was used: mistakes are possible
	Reason Text // why it was not read, or what of it was not; empty if all was
}

// A Source is where a statement of the answer comes from.
type Source struct {
	N     int    // as in [n] in the text
	File  string `json:",omitempty"` // name of a file, or
	ID    string `json:",omitempty"` // ID of a message
	Page  int    `json:",omitempty"`
	Quote string `json:",omitempty"` // literally from the source
	Link  string `json:",omitempty"`
}

// A Notice says what made an answer. The AI notice under every answer and
// !warum come from it.
type Notice struct {
	Skill   string `json:",omitempty"`
	Version string `json:",omitempty"` // of the skill's instructions
	Model   string `json:",omitempty"` // empty: built-in engine, no language model
	Place   string `json:",omitempty"` // where the model runs, as shown to people
	// Replaced says which personal data the model did not see, by kinds and numbers
	// ("3 Namen, 1 Anschrift"); zero: nothing was replaced before it.
	Replaced Text `json:",omitzero"`
	Said     bool `json:",omitempty"` // the answer's text says what made it: no line need be added
	Plain    bool `json:",omitempty"` // neither model nor engine: a fixed text such as help; needs no notice
}

// A Reply is an answer on its way to the network.
type Reply struct {
	ID       string // its cause's ID + "/" + kind ("answer", "notice", …); the same each time it is sent
	To       Address
	Language string // in which texts are shown
	Answer   Answer
}

// An Address is where a reply goes. It holds no text of the question, except
// in Ref what the network needs to thread the reply.
type Address struct {
	Connector string
	Room      string
	Thread    string `json:",omitempty"`
	Person    string `json:",omitempty"` // who asked
	Watched   bool   `json:",omitempty"` // the question came from a watched mailbox: no person asked
	MessageID string `json:",omitempty"` // the message that is answered
	Ref       string `json:",omitempty"` // the message's
}

// LogValue keeps the answer out of the logs.
func (r Reply) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("connector", r.To.Connector),
		slog.String("id", LogID(r.ID)),
		slog.Int("drafts", len(r.Answer.Drafts)),
		slog.Int("files", len(r.Answer.Files)))
}

// address returns where the reply to m goes.
func (m Message) address() Address {
	return Address{Connector: m.Connector, Room: m.Room, Thread: m.Thread, Person: m.Sender,
		Watched: m.Watched, MessageID: m.ID, Ref: m.Ref}
}
