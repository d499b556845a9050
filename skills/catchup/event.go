package catchup

import (
	"bytes"
	"encoding/json"
	"strings"
	"time"

	"amtsbote/bots"
)

// An event is a Matrix event of an export.
type event struct {
	Type     string
	Sender   string
	ID       string
	Room     string
	StateKey string
	Redacts  string
	Time     int64 // milliseconds
	content  map[string]json.RawMessage
	unsigned map[string]json.RawMessage
	name     string // of the sender, when it was written
}

// wrong says what of an event has the wrong type.
type wrong struct{ de, en string }

// maxTime is the last moment of the year 9999, in milliseconds: later ones cannot
// be written as JSON.
const maxTime = 253402300799000

// rawEvent is an event as it stands in an export.
type rawEvent struct {
	Type     json.RawMessage `json:"type"`
	Sender   json.RawMessage `json:"sender"`
	ID       json.RawMessage `json:"event_id"`
	Room     json.RawMessage `json:"room_id"`
	StateKey json.RawMessage `json:"state_key"`
	Redacts  json.RawMessage `json:"redacts"`
	Time     json.RawMessage `json:"origin_server_ts"`
	Content  json.RawMessage `json:"content"`
	Unsigned json.RawMessage `json:"unsigned"`
}

// eventOf reads an event. What every event must have must be right; what clients
// put into its content may be anything.
func eventOf(r rawEvent) (e event, bad *wrong) {
	for _, f := range []struct {
		name  string
		value json.RawMessage
		to    *string
	}{{"type", r.Type, &e.Type}, {"sender", r.Sender, &e.Sender}, {"event_id", r.ID, &e.ID}} {
		var ok bool
		if *f.to, ok = str(f.value); !ok || *f.to == "" {
			return e, &wrong{"„" + f.name + "“ fehlt oder ist kein Text", "“" + f.name + "” is missing or no text"}
		}
	}
	e.Room, _ = str(r.Room)
	e.StateKey, _ = str(r.StateKey)
	e.Redacts, _ = str(r.Redacts)
	var at float64
	if json.Unmarshal(r.Time, &at) != nil || at < 0 || at > maxTime {
		return e, &wrong{"„origin_server_ts“ fehlt oder ist keine Zeit", "“origin_server_ts” is missing or no time"}
	}
	e.Time = int64(at)
	if json.Unmarshal(r.Content, &e.content) != nil {
		return e, &wrong{"„content“ fehlt oder ist kein Objekt", "“content” is missing or no object"}
	}
	e.unsigned = object(r.Unsigned)
	return e, nil
}

// object and str read a value; of another type it is not there.
func object(raw json.RawMessage) (m map[string]json.RawMessage) {
	if len(raw) == 0 || json.Unmarshal(raw, &m) != nil {
		return nil
	}
	return m
}

func str(raw json.RawMessage) (string, bool) {
	var s string
	if len(raw) == 0 || raw[0] != '"' || json.Unmarshal(raw, &s) != nil {
		return "", false
	}
	return s, true
}

func (e event) text(key string) (string, bool) { return str(e.content[key]) }

// redacted reports whether nothing but the shell of an event is left.
func (e event) redacted() bool {
	raw, ok := e.unsigned["redacted_because"]
	return ok && !bytes.Equal(raw, []byte("null")) || e.Type == "m.room.message" && len(e.content) == 0
}

// redacts returns which event a redaction takes back.
func (e event) redacts() string {
	if e.Redacts != "" {
		return e.Redacts
	}
	id, _ := e.text("redacts")
	return id
}

// relation returns the event that this one has a relation to, "" if it has none of
// the kind.
func (e event) relation(kind string) string {
	r := object(e.content["m.relates_to"])
	if got, _ := str(r["rel_type"]); got != kind {
		return ""
	}
	id, _ := str(r["event_id"])
	return id
}

// replyTo returns the message that this one answers. In a thread, clients name the
// last one for the sake of those without threads; that is no answer.
func (e event) replyTo() string {
	r := object(e.content["m.relates_to"])
	var fallback bool
	_ = json.Unmarshal(r["is_falling_back"], &fallback)
	if fallback {
		return ""
	}
	id, _ := str(object(r["m.in_reply_to"])["event_id"])
	return id
}

// message reports whether an event is something that a person wrote.
func (e event) message() bool {
	switch e.Type {
	case "m.room.message", "m.room.encrypted", "m.sticker", "m.poll.start", "org.matrix.msc3381.poll.start":
		return true
	}
	return false
}

// edit replaces the content by that of an edit; mentions and relations stay.
func (e *event) edit(edit event) {
	fresh := object(edit.content["m.new_content"])
	if fresh == nil {
		return
	}
	for _, key := range []string{"m.relates_to", "m.mentions"} {
		if old, ok := e.content[key]; ok && (fresh[key] == nil || key == "m.relates_to") {
			fresh[key] = old
		}
	}
	e.content = fresh
}

// entry makes an entry of a message.
func (e event) entry() bots.Entry {
	entry := bots.Entry{ID: e.ID, Thread: e.relation("m.thread"), ReplyTo: e.replyTo(), Sender: e.Sender, Name: e.name, Time: time.UnixMilli(e.Time).UTC()}
	kind, _ := e.text("msgtype")
	body, _ := e.text("body")
	mentions := object(e.content["m.mentions"])
	_ = json.Unmarshal(mentions["user_ids"], &entry.Mentions)
	_ = json.Unmarshal(mentions["room"], &entry.Everyone)
	entry.Bot = kind == "m.notice"
	switch {
	case e.Type == "m.room.encrypted", kind == "m.bad.encrypted":
		entry.Locked = true
	case e.Type == "m.sticker": // its body says what it shows, and nobody wrote that
	case strings.HasSuffix(e.Type, "poll.start"):
		entry.Text = e.poll()
	case kind == "m.image", kind == "m.file", kind == "m.audio", kind == "m.video":
		entry.Files = []bots.File{e.file(body)}
		if body != entry.Files[0].Name {
			entry.Text = body // a caption
		}
	case kind == "m.emote":
		entry.Text = "* " + body
	default:
		entry.Text = body
	}
	if entry.ReplyTo != "" {
		entry.Text = withoutQuote(entry.Text)
	}
	return entry
}

// file is the file of a message; its content is not in the export.
func (e event) file(body string) bots.File {
	f := bots.File{Name: body}
	if name, ok := e.text("filename"); ok && name != "" {
		f.Name = name
	}
	if f.Name == "" {
		f.Name = "Datei"
	}
	info := object(e.content["info"])
	f.Type, _ = str(info["mimetype"])
	var size float64
	if json.Unmarshal(info["size"], &size) == nil && size > 0 && size < 1<<50 {
		f.Size = int64(size)
	}
	return f
}

// poll is the question of a poll.
func (e event) poll() string {
	for _, key := range []string{"m.poll", "org.matrix.msc3381.poll.start"} {
		question := object(object(e.content[key])["question"])
		for _, text := range []string{"org.matrix.msc1767.text", "body"} {
			if s, ok := str(question[text]); ok {
				return s
			}
		}
	}
	s, _ := e.text("org.matrix.msc1767.text")
	return s
}

// withoutQuote cuts the quote that old clients put before an answer.
func withoutQuote(text string) string {
	if !strings.HasPrefix(text, "> <") {
		return text
	}
	lines := strings.Split(text, "\n")
	i := 0
	for i < len(lines) && strings.HasPrefix(lines[i], ">") {
		i++
	}
	return strings.TrimSpace(strings.Join(lines[i:], "\n"))
}
