package bots

import (
	"context"
	"errors"
	"slices"
	"time"
)

// A Historian is a connector whose rooms have a history on their server, which
// skills can read for a person. It is found by type assertion. Both methods look
// at what the person may read at the time of the call, not before.
type Historian interface {
	// Rooms lists the rooms of several people that person and bot are both in.
	Rooms(ctx context.Context, s State, person string) ([]Room, error)

	// History reads a room. It returns nothing that the person could not read
	// there as well: if the person is not in the room, or no longer, or the bot
	// is not, the error is a *Refusal.
	History(ctx context.Context, s State, person, room string, span Span) (History, error)
}

// A Room is a room of several people.
type Room struct {
	ID   string
	Name string // as the person sees it
}

// A Span is what of a room's history is wanted.
type Span struct {
	Since time.Time // the first moment; zero with Own: up to 30 days ago
	Until time.Time // the last one; zero: the question's
	// Own begins after the last message that the person wrote in the room before
	// the question, if that is after Since.
	Own    bool
	Thread string // only this thread, from its first message on, whatever Since says

	// Question is the message that asks; it does not count. The core sets it.
	Question string
	// Tell is called, if set, with the number of messages read so far.
	Tell func(n int)
}

// History is what was written in a room.
type History struct {
	Room     Room
	Self     string    // name of the person for whom it was read, as others see it
	From, To time.Time // what was read: From is later than wanted if Cut or Joined says why
	Entries  []Entry   // oldest first
	Cut      bool      // there was more than is read at once; it is missing at the beginning
	Joined   bool      // the person, or the bot, was not in the room before From, or may not read it
	Closed   bool      // not everybody who is or comes in the room may read all of it
	Own      time.Time // of the person's last message before the question, if it was met
}

// An Entry is a message in a room, as it stands there now: edited, and without
// those that were redacted.
type Entry struct {
	ID       string
	Thread   string   // first message of the thread it is in, if any
	ReplyTo  string   // message that it answers, if any
	Sender   string   // ID
	Name     string   // of the sender, as others see it; untrusted like Text
	Mentions []string // IDs of those it is addressed to
	Everyone bool     // it is addressed to the whole room
	Bot      bool     // written by a program: this bot, or as a notice
	Time     time.Time
	Text     string
	Files    []File
	Link     string // leads people to the message
	Locked   bool   // could not be decrypted: there is no text
}

// Rooms is how a skill reads rooms: bound to the person who asks. What is asked in
// a room of several people can read that room only, since others see the question;
// in a direct chat the rooms that the person and the bot share.
type Rooms interface {
	// List returns the rooms that can be read.
	List(ctx context.Context) ([]Room, error)
	// Read reads one of them; any other is refused.
	Read(ctx context.Context, room string, span Span) (History, error)
}

// rooms returns what Task.Rooms is for a question, or nil.
func (r *Runner) rooms(q *question) Rooms {
	h, ok := q.c.(Historian)
	if !ok || q.m.Watched {
		return nil
	}
	return boundRooms{h, state{r, q.b, q.c.Name()}, q.m}
}

type boundRooms struct {
	h Historian
	s State
	m Message
}

// List implements Rooms.
func (b boundRooms) List(ctx context.Context) ([]Room, error) {
	all, err := b.h.Rooms(ctx, b.s, b.m.Sender)
	if err == nil && !b.m.Direct {
		all = slices.DeleteFunc(all, func(r Room) bool { return r.ID != b.m.Room })
	}
	return all, err
}

// Read implements Rooms.
func (b boundRooms) Read(ctx context.Context, room string, span Span) (History, error) {
	if !b.m.Direct && room != b.m.Room {
		return History{}, &Refusal{Text: textOtherRoom, Err: errors.New("bots: another room than the question's")}
	}
	span.Question = b.m.ID
	if span.Until.IsZero() {
		span.Until = b.m.Time
	}
	return b.h.History(ctx, b.s, b.m.Sender, room, span)
}
