package matrixtest

import (
	"encoding/base64"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
)

// A Message is an event of a room's timeline as the client shows it now:
// decrypted, and with the last edit as its content.
type Message struct {
	EventID   string         `json:"event_id"`
	RoomID    string         `json:"room_id"`
	Sender    string         `json:"sender"`
	Type      string         `json:"type"`
	StateKey  *string        `json:"state_key"`
	Content   map[string]any `json:"content"`
	Original  map[string]any `json:"original"` // content before the edits, if Edited
	TS        int64          `json:"ts"`
	Encrypted bool           `json:"encrypted"`
	WireType  string         `json:"wire_type"`          // m.room.encrypted if so
	Failed    bool           `json:"decryption_failure"` // cannot be decrypted, so far
	Failure   string         `json:"failure"`            // the client's code for why
	Redacted  bool           `json:"redacted"`
	Edited    bool           `json:"edited"`
	RelatesTo map[string]any `json:"relates_to"` // as it is readable to the server
	Redacts   string         `json:"redacts"`
}

func (m Message) text(key string) string { s, _ := m.Content[key].(string); return s }

// Body returns the text.
func (m Message) Body() string { return m.text("body") }

// HTML returns the formatted text.
func (m Message) HTML() string { return m.text("formatted_body") }

// MsgType returns m.text, m.notice, m.file …
func (m Message) MsgType() string { return m.text("msgtype") }

func (m Message) relation(kind string) string {
	if m.RelatesTo["rel_type"] != kind {
		return ""
	}
	id, _ := m.RelatesTo["event_id"].(string)
	return id
}

// Thread returns the root of the thread in which the message is.
func (m Message) Thread() string { return m.relation("m.thread") }

// Edits returns the event that this one edits. The edited one shows the new text.
func (m Message) Edits() string { return m.relation("m.replace") }

// Reaction returns the event that this one reacts to, and how.
func (m Message) Reaction() (event, key string) {
	key, _ = m.RelatesTo["key"].(string)
	return m.relation("m.annotation"), key
}

// ReplyTo returns the event that this one answers, also if only for clients that
// know no threads.
func (m Message) ReplyTo() string {
	reply, _ := m.RelatesTo["m.in_reply_to"].(map[string]any)
	id, _ := reply["event_id"].(string)
	return id
}

// Mentions returns whom the message mentions, from the protocol's own field.
func (m Message) Mentions() (users []string) {
	mentions, _ := m.Content["m.mentions"].(map[string]any)
	ids, _ := mentions["user_ids"].([]any)
	for _, id := range ids {
		if s, ok := id.(string); ok {
			users = append(users, s)
		}
	}
	return users
}

// From returns a condition for [Client.WaitFor]: a message, also a notice or a
// file, of that person, decrypted, whose text contains part. Edits are not
// messages of their own.
func From(user, part string) func(Message) bool {
	return func(m Message) bool {
		return m.Sender == user && m.Type == "m.room.message" && m.Edits() == "" && !m.Redacted && strings.Contains(m.Body(), part)
	}
}

// Messages returns all that the client has seen in a room's timeline, also state
// events, reactions and edits, oldest first. What the server has left out of the
// timeline, because it was too much, is not there.
func (c *Client) Messages(room string) []Message {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.messages(room)
}

func (c *Client) messages(room string) []Message {
	var all []Message
	for _, id := range c.rooms[room] {
		all = append(all, c.events[id])
	}
	return all
}

// Said returns the messages of a person in a room that a reader sees: no edits
// (the edited ones have the new text), nothing redacted.
func (c *Client) Said(room, user string) []Message {
	return slices.DeleteFunc(c.Messages(room), func(m Message) bool { return !From(user, "")(m) })
}

// WaitFor waits until there is an event in a room of which ok holds and returns
// the first. It is tried again when an event changes: when it is decrypted at
// last, edited or redacted.
func (c *Client) WaitFor(t testing.TB, room string, ok func(Message) bool) (found Message) {
	t.Helper()
	return c.WaitForIn(t, room, Patience, ok)
}

// WaitForIn is WaitFor with its own patience.
func (c *Client) WaitForIn(t testing.TB, room string, patience time.Duration, ok func(Message) bool) (found Message) {
	t.Helper()
	c.wait(t, patience, "a message in "+room, func() bool {
		for _, m := range c.messages(room) {
			if ok(m) {
				found = m
				return true
			}
		}
		return false
	})
	return found
}

// WaitEvent waits until the client has the event with that ID, decrypted.
func (c *Client) WaitEvent(t testing.TB, room, event string) Message {
	t.Helper()
	return c.WaitFor(t, room, func(m Message) bool { return m.EventID == event && !m.Failed && m.Type != "m.room.encrypted" })
}

// WaitMember waits until a person is in a room in that way: invite, join, leave, ban.
func (c *Client) WaitMember(t testing.TB, room, user, membership string) {
	t.Helper()
	c.wait(t, Patience, user+" in "+room+": "+membership, func() bool { return c.members[room+" "+user] == membership })
}

// Member returns how a person is in a room, as far as the client knows.
func (c *Client) Member(room, user string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.members[room+" "+user]
}

// TypingSeen returns who began or ended to type so far, oldest first.
func (c *Client) TypingSeen() []Typing {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.typing)
}

// WaitTyping waits until a person has begun or ended to type, at some time.
func (c *Client) WaitTyping(t testing.TB, want Typing) {
	t.Helper()
	c.wait(t, Patience, "typing", func() bool { return slices.Contains(c.typing, want) })
}

// Receipts returns the read receipts so far, oldest first.
func (c *Client) Receipts() []Receipt {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.receipt)
}

// WaitReceipt waits for a read receipt.
func (c *Client) WaitReceipt(t testing.TB, want Receipt) {
	t.Helper()
	c.wait(t, Patience, "a receipt", func() bool { return slices.Contains(c.receipt, want) })
}

// WaitLoggedOut waits until the server has ended the client's session.
func (c *Client) WaitLoggedOut(t testing.TB) {
	t.Helper()
	c.wait(t, Patience, "the end of the session", func() bool { return c.out })
}

// SendOptions of a message.
type SendOptions struct {
	Thread   string   // its root
	ReplyTo  string   // an event
	Mentions []string // user IDs
	HTML     string   // the formatted text
	Notice   bool     // as programs send
	Extra    map[string]any
}

func (o SendOptions) content(content map[string]any) map[string]any {
	relation := map[string]any{}
	if o.Thread != "" {
		relation["rel_type"], relation["event_id"] = "m.thread", o.Thread
		relation["is_falling_back"] = o.ReplyTo == ""
		relation["m.in_reply_to"] = map[string]any{"event_id": o.Thread}
	}
	if o.ReplyTo != "" {
		relation["m.in_reply_to"] = map[string]any{"event_id": o.ReplyTo}
	}
	if len(relation) > 0 {
		content["m.relates_to"] = relation
	}
	if o.HTML != "" {
		content["format"], content["formatted_body"] = "org.matrix.custom.html", o.HTML
	}
	content["m.mentions"] = map[string]any{}
	if len(o.Mentions) > 0 {
		content["m.mentions"] = map[string]any{"user_ids": o.Mentions}
	}
	maps.Copy(content, o.Extra)
	return content
}

// SendText sends a text, encrypted where the room is, and returns its event's ID
// once the server has it.
func (c *Client) SendText(t testing.TB, room, body string, opts ...SendOptions) (event string) {
	t.Helper()
	o := first(opts)
	kind := "m.text"
	if o.Notice {
		kind = "m.notice"
	}
	return c.SendRaw(t, room, "m.room.message", o.content(map[string]any{"msgtype": kind, "body": body}))
}

// SendRaw sends any event, encrypted where the room is.
func (c *Client) SendRaw(t testing.TB, room, kind string, content any) (event string) {
	t.Helper()
	c.must(t, "send", map[string]any{"room": room, "type": kind, "content": content}, &event)
	return event
}

// Edit gives a message a new text.
func (c *Client) Edit(t testing.TB, room, event, text string, opts ...SendOptions) (edit string) {
	t.Helper()
	fresh := first(opts).content(map[string]any{"msgtype": "m.text", "body": text})
	delete(fresh, "m.relates_to")
	content := maps.Clone(fresh)
	content["body"] = "* " + text
	content["m.new_content"] = fresh
	content["m.relates_to"] = map[string]any{"rel_type": "m.replace", "event_id": event}
	return c.SendRaw(t, room, "m.room.message", content)
}

// Redact removes an event's content.
func (c *Client) Redact(t testing.TB, room, event, reason string) (redaction string) {
	t.Helper()
	c.must(t, "redact", map[string]any{"room": room, "event": event, "reason": reason}, &redaction)
	return redaction
}

// React puts a sign under a message.
func (c *Client) React(t testing.TB, room, event, key string) (reaction string) {
	t.Helper()
	return c.SendRaw(t, room, "m.reaction", map[string]any{"m.relates_to": map[string]any{"rel_type": "m.annotation", "event_id": event, "key": key}})
}

// A File to send.
type File struct {
	Name, MIME string
	Data       []byte
	Caption    string // a text with the file
	MsgType    string // m.image, m.audio, m.video or m.file, by MIME, if empty
}

// SendFile sends a file, encrypted where the room is.
func (c *Client) SendFile(t testing.TB, room string, f File, opts ...SendOptions) (event string) {
	t.Helper()
	if f.MsgType == "" {
		f.MsgType = "m.file"
		if kind, _, _ := strings.Cut(f.MIME, "/"); slices.Contains([]string{"image", "audio", "video"}, kind) {
			f.MsgType = "m." + kind
		}
	}
	content := first(opts).content(map[string]any{"msgtype": f.MsgType, "body": f.Name, "info": map[string]any{"mimetype": f.MIME, "size": len(f.Data)}})
	if f.Caption != "" {
		content["body"], content["filename"] = f.Caption, f.Name
	}
	var place map[string]any // url, or file with its key
	c.must(t, "upload", map[string]any{"room": room, "name": f.Name, "mime": f.MIME, "data": base64.StdEncoding.EncodeToString(f.Data)}, &place)
	maps.Copy(content, place)
	return c.SendRaw(t, room, "m.room.message", content)
}

// Download returns the file of a message, decrypted.
func (c *Client) Download(t testing.TB, m Message) []byte {
	t.Helper()
	var data []byte
	c.must(t, "download", map[string]any{"file": m.Content["file"], "url": m.Content["url"]}, &data)
	return data
}

func first(opts []SendOptions) SendOptions {
	if len(opts) == 0 {
		return SendOptions{}
	}
	return opts[0]
}
