package catchup

import (
	"context"
	"io"
	"strings"
	"sync"
	"time"

	"amtsbote/bots"
	"amtsbote/skills/document"
	"amtsbote/skills/llm"
)

// rooms is a bots.Rooms of one history.
type rooms struct {
	list []bots.Room
	hist bots.History
	mu   sync.Mutex
	span bots.Span // of the last question
	room string
}

func (r *rooms) List(context.Context) ([]bots.Room, error) { return r.list, nil }

func (r *rooms) Read(_ context.Context, room string, span bots.Span) (bots.History, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.room, r.span = room, span
	return r.hist, nil
}

// none is a Choose without models.
type none struct{}

func (none) For(bots.Class) llm.Model { return nil }

const (
	anna   = "@anna.petersen:musterstadt.example"
	thomas = "@thomas.berger:musterstadt.example"
	petra  = "@petra.lindner:musterstadt.example"
)

// say returns what somebody wrote, n minutes before the question.
func say(id, who, name, text string, minutes int) bots.Entry {
	return bots.Entry{ID: id, Sender: who, Name: name, Text: text, Time: monday.Add(-minutesOf(minutes)), Link: "https://matrix.to/#/!r:b/" + id}
}

// asking returns a task in a room with these messages.
func asking(text string, entries ...bots.Entry) bots.Task {
	h := bots.History{Room: bots.Room{ID: "!r:b", Name: "Team Bürgerbüro"}, Self: "Anna Petersen", Own: monday.Add(-minutesOf(600)), From: monday.Add(-minutesOf(600)), To: monday, Entries: entries}
	return bots.Task{Text: text, Command: "verpasst", Language: "de", Class: bots.Internal, Now: monday, Rooms: &rooms{hist: h},
		Message: bots.Message{ID: "$q", Room: "!r:b", Sender: anna, Text: text, Time: monday},
		Open: func(_ context.Context, f bots.File) (io.ReadCloser, error) {
			return io.NopCloser(strings.NewReader(f.Ref)), nil
		}}
}

// plain reads every file as the text that it has.
func plain(_ context.Context, name string, r io.Reader) (document.Document, error) {
	b, err := io.ReadAll(r)
	if err != nil {
		return document.Document{}, err
	}
	if strings.HasPrefix(string(b), "LOCKED") {
		return document.Document{}, &document.Unreadable{Reason: document.Password.Reason()}
	}
	return document.Document{Name: name, Pages: []document.Page{{N: 1, Text: string(b)}}}, nil
}

func minutesOf(n int) time.Duration { return time.Duration(n) * time.Minute }
