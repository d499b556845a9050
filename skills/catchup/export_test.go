package catchup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"amtsbote/bots"
)

// midnight is when the day of the question begins.
var midnight = time.Date(2026, 11, 23, 0, 0, 0, 0, berlin)

// exportOf returns an export of some events.
func exportOf(events ...string) string {
	return `{"room_name": "Team", "topic": null, "messages": [` + strings.Join(events, ",") + `]}`
}

// ev returns an event of Thomas's, n minutes after midnight.
func ev(id string, n int, kind, content, more string) string {
	return fmt.Sprintf(`{"type": %q, "sender": %q, "event_id": %q, "room_id": "!r:musterstadt.example", "origin_server_ts": %d, "content": %s%s}`,
		kind, thomas, id, midnight.Add(minutesOf(n)).UnixMilli(), content, more)
}

func text(id string, n int, body string) string {
	return ev(id, n, "m.room.message", fmt.Sprintf(`{"msgtype": "m.text", "body": %q}`, body), "")
}

// TestReadExport looks at what becomes of events.
func TestReadExport(t *testing.T) {
	member := func(who, name string) string {
		return ev("$m"+name, 0, "m.room.member", fmt.Sprintf(`{"membership": "join", "displayname": %q}`, name), fmt.Sprintf(`, "state_key": %q`, who))
	}
	tests := map[string]struct {
		events []string
		want   []string // sender's name, flags, text
	}{
		"a message":                  {[]string{text("$1", 1, "Hallo")}, []string{"thomas.berger: Hallo"}},
		"with a name":                {[]string{member(thomas, "Thomas Berger"), text("$1", 1, "Hallo")}, []string{"Thomas Berger: Hallo"}},
		"a name that comes later":    {[]string{text("$1", 1, "Hallo"), member(thomas, "Thomas Berger")}, []string{"Thomas Berger: Hallo"}},
		"an edit":                    {[]string{text("$1", 1, "Um 10"), ev("$2", 2, "m.room.message", `{"body": "* Um 11", "m.new_content": {"msgtype": "m.text", "body": "Um 11"}, "m.relates_to": {"rel_type": "m.replace", "event_id": "$1"}}`, "")}, []string{"thomas.berger: Um 11"}},
		"the newest of two edits":    {[]string{text("$1", 1, "a"), ev("$3", 3, "m.room.message", `{"m.new_content": {"body": "c"}, "m.relates_to": {"rel_type": "m.replace", "event_id": "$1"}}`, ""), ev("$2", 2, "m.room.message", `{"m.new_content": {"body": "b"}, "m.relates_to": {"rel_type": "m.replace", "event_id": "$1"}}`, "")}, []string{"thomas.berger: c"}},
		"an edit by somebody else":   {[]string{text("$1", 1, "a"), strings.Replace(ev("$2", 2, "m.room.message", `{"m.new_content": {"body": "b"}, "m.relates_to": {"rel_type": "m.replace", "event_id": "$1"}}`, ""), thomas, petra, 1)}, []string{"thomas.berger: a"}},
		"redacted":                   {[]string{ev("$1", 1, "m.room.message", `{}`, `, "unsigned": {"redacted_because": {"type": "m.room.redaction"}}`)}, nil},
		"redacted by an event":       {[]string{text("$1", 1, "a"), ev("$2", 2, "m.room.redaction", `{}`, `, "redacts": "$1"`)}, nil},
		"redacted by a newer event":  {[]string{text("$1", 1, "a"), ev("$2", 2, "m.room.redaction", `{"redacts": "$1"}`, "")}, nil},
		"encrypted":                  {[]string{ev("$1", 1, "m.room.encrypted", `{"algorithm": "m.megolm.v1.aes-sha2"}`, "")}, []string{"thomas.berger locked: "}},
		"not decrypted":              {[]string{ev("$1", 1, "m.room.message", `{"msgtype": "m.bad.encrypted", "body": "** Unable to decrypt **"}`, "")}, []string{"thomas.berger locked: "}},
		"a notice":                   {[]string{ev("$1", 1, "m.room.message", `{"msgtype": "m.notice", "body": "Hallo"}`, "")}, []string{"thomas.berger bot: Hallo"}},
		"mentions":                   {[]string{ev("$1", 1, "m.room.message", `{"msgtype": "m.text", "body": "Hallo", "m.mentions": {"user_ids": ["@a:b"], "room": true}}`, "")}, []string{"thomas.berger @a:b all: Hallo"}},
		"an answer and its quote":    {[]string{strings.Replace(text("$1", 1, "Wer?"), thomas, petra, 1), ev("$2", 2, "m.room.message", `{"body": "> <@p:b> Wer?\n\nIch.", "m.relates_to": {"m.in_reply_to": {"event_id": "$1"}}}`, "")}, []string{"petra.lindner: Wer?", "thomas.berger " + petra + " to $1: Ich."}},
		"a thread":                   {[]string{text("$1", 1, "Wer?"), ev("$2", 2, "m.room.message", `{"body": "Ich.", "m.relates_to": {"rel_type": "m.thread", "event_id": "$1", "is_falling_back": true, "m.in_reply_to": {"event_id": "$1"}}}`, "")}, []string{"thomas.berger: Wer?", "thomas.berger in $1: Ich."}},
		"a file":                     {[]string{ev("$1", 1, "m.room.message", `{"msgtype": "m.file", "body": "Plan.pdf", "info": {"size": 12, "mimetype": "application/pdf"}}`, "")}, []string{"thomas.berger file Plan.pdf/application/pdf/12: "}},
		"a file with a caption":      {[]string{ev("$1", 1, "m.room.message", `{"msgtype": "m.image", "body": "Der Plan", "filename": "Plan.png"}`, "")}, []string{"thomas.berger file Plan.png//0: Der Plan"}},
		"a poll":                     {[]string{ev("$1", 1, "org.matrix.msc3381.poll.start", `{"org.matrix.msc3381.poll.start": {"question": {"org.matrix.msc1767.text": "Wann?"}}}`, "")}, []string{"thomas.berger: Wann?"}},
		"a reaction":                 {[]string{ev("$1", 1, "m.reaction", `{"m.relates_to": {"rel_type": "m.annotation", "event_id": "$0", "key": "👍"}}`, "")}, nil},
		"odd types in the content":   {[]string{ev("$1", 1, "m.room.message", `{"msgtype": 7, "body": ["x"], "m.mentions": {"user_ids": "alle", "room": "ja"}, "m.relates_to": "x", "info": 3}`, "")}, []string{"thomas.berger: "}},
		"the same event twice":       {[]string{text("$1", 1, "a"), text("$1", 1, "a")}, []string{"thomas.berger: a"}},
		"out of order":               {[]string{text("$2", 2, "zwei"), text("$1", 1, "eins")}, []string{"thomas.berger: eins", "thomas.berger: zwei"}},
		"a state key that is null":   {[]string{ev("$1", 1, "m.room.message", `{"body": "a"}`, `, "state_key": null`)}, []string{"thomas.berger: a"}},
		"a sticker says nothing":     {[]string{ev("$1", 1, "m.sticker", `{"body": "Katze"}`, "")}, []string{"thomas.berger: "}},
		"no messages is an export":   {nil, nil},
		"something else than a room": {[]string{ev("$1", 1, "m.room.topic", `{"topic": "x"}`, `, "state_key": ""`)}, nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			x, err := ReadExport(strings.NewReader(exportOf(test.events...)))
			if err != nil {
				t.Fatal(err)
			}
			h, err := x.Read(t.Context(), "", bots.Span{})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, e := range h.Entries {
				s := e.Name
				for flag, is := range map[string]bool{" bot": e.Bot, " locked": e.Locked} {
					if is {
						s += flag
					}
				}
				for _, m := range e.Mentions {
					s += " " + m
				}
				for _, part := range []struct{ mark, value string }{{" to ", e.ReplyTo}, {" in ", e.Thread}} {
					if part.value != "" {
						s += part.mark + part.value
					}
				}
				if e.Everyone {
					s += " all"
				}
				for _, f := range e.Files {
					s += fmt.Sprintf(" file %s/%s/%d", f.Name, f.Type, f.Size)
				}
				got = append(got, s+": "+e.Text)
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// repeated gives a text over and over.
type repeated struct {
	text string
	left int // bytes
	at   int
}

func (r *repeated) Read(p []byte) (n int, err error) {
	if r.left <= 0 {
		return 0, io.EOF
	}
	for n < len(p) {
		m := copy(p[n:], r.text[r.at:])
		n, r.at = n+m, (r.at+m)%len(r.text)
	}
	r.left -= n
	return n, nil
}

// TestBadExports: what is no export is refused with a sentence that says why.
func TestBadExports(t *testing.T) {
	good := text("$1", 1, "a")
	tests := map[string]struct {
		in   io.Reader
		want string
	}{
		"nothing":                {strings.NewReader(""), "kein vollständiges JSON"},
		"no JSON":                {strings.NewReader("<html>"), "kein vollständiges JSON"},
		"cut off":                {strings.NewReader(exportOf(good)[:150]), "kein vollständiges JSON"},
		"a list":                 {strings.NewReader("[]"), "kein Export eines Raums"},
		"another object":         {strings.NewReader(`{"a": 1}`), "kein Export eines Raums"},
		"messages are no list":   {strings.NewReader(`{"messages": "viele"}`), "kein Export eines Raums"},
		"an event is no object":  {strings.NewReader(exportOf(good, "7")), "Eintrag 2 des Exports ist keine Matrix-Nachricht: kein Objekt"},
		"an event is null":       {strings.NewReader(exportOf("null")), "Eintrag 1 des Exports ist keine Matrix-Nachricht: „type“ fehlt"},
		"a time that is a text":  {strings.NewReader(exportOf(strings.Replace(good, `"origin_server_ts": `, `"origin_server_ts": "x", "y": `, 1))), "„origin_server_ts“ fehlt oder ist keine Zeit"},
		"a time after all times": {strings.NewReader(exportOf(strings.Replace(good, `"origin_server_ts": `, `"origin_server_ts": 1e300, "y": `, 1))), "„origin_server_ts“ fehlt oder ist keine Zeit"},
		"a sender that is none":  {strings.NewReader(exportOf(strings.Replace(good, `"sender": `, `"sender": 7, "y": `, 1))), "„sender“ fehlt oder ist kein Text"},
		"no ID":                  {strings.NewReader(exportOf(strings.Replace(good, `event_id`, `x`, 1))), "„event_id“ fehlt oder ist kein Text"},
		"content is a text":      {strings.NewReader(exportOf(ev("$1", 1, "m.room.message", `"x"`, ""))), "„content“ fehlt oder ist kein Objekt"},
		"deeper than any":        {strings.NewReader(`{"messages": ` + strings.Repeat("[", 20000)), "kein"},
		"too large":              {io.MultiReader(strings.NewReader(`{"messages": [`), &repeated{text: text("$1", 1, strings.Repeat("lang ", 100)) + ",", left: 3 << 20}), "größer als 2 MB"},
		"one huge text":          {io.MultiReader(strings.NewReader(`{"topic": "`), &repeated{text: "x", left: 3 << 20}), "größer als 2 MB"},
		"too many":               {io.MultiReader(strings.NewReader(`{"messages": [`), &repeated{text: `{"type":"x","sender":"y","event_id":"z","origin_server_ts":1,"content":{}},`, left: 1 << 20}), "mehr als 9000 Einträge"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := readExport(test.in, 2<<20, 9000)
			r, ok := errors.AsType[*bots.Refusal](err)
			if !ok || !strings.Contains(r.Text.DE, test.want) || r.Text.EN == "" {
				t.Errorf("got %v", err)
				if ok {
					t.Log(r.Text.DE)
				}
			}
		})
	}
	if _, err := ReadExport(errorReader{}); err == nil || errors.As(err, new(*bots.Refusal)) {
		t.Errorf("a file that cannot be read: %v", err)
	}
}

type errorReader struct{}

func (errorReader) Read([]byte) (int, error) { return 0, os.ErrClosed }

// TestExportSpans reads parts of an export.
func TestExportSpans(t *testing.T) {
	own := strings.Replace(text("$2", 20, "ich"), thomas, anna, 1)
	x, err := ReadExport(strings.NewReader(exportOf(text("$1", 10, "a"), own, text("$3", 30, "b"), ev("$4", 40, "m.room.message", `{"body": "c", "m.relates_to": {"rel_type": "m.thread", "event_id": "$1"}}`, ""))))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := x.As("niemand"); err == nil {
		t.Error("found somebody who is not there")
	}
	if id, err := x.As("ANNA.Petersen"); err != nil || id != anna {
		t.Errorf("got %q, %v", id, err)
	}
	at := func(n int) time.Time { return midnight.Add(minutesOf(n)) }
	for name, test := range map[string]struct {
		span bots.Span
		want string
	}{
		"all":           {bots.Span{}, "$1 $2 $3 $4"},
		"since her own": {bots.Span{Own: true}, "$3 $4"},
		"since a time":  {bots.Span{Since: at(20)}, "$2 $3 $4"},
		"until a time":  {bots.Span{Since: at(15), Until: at(35)}, "$2 $3"},
		"a thread":      {bots.Span{Thread: "$1"}, "$1 $4"},
	} {
		h, err := x.Read(context.Background(), "", test.span)
		var ids []string
		for _, e := range h.Entries {
			ids = append(ids, e.ID)
		}
		if got := strings.Join(ids, " "); err != nil || got != test.want {
			t.Errorf("%s: got %s, %v", name, got, err)
		}
	}
	const want = "https://matrix.to/#/!r:musterstadt.example/$1?via=musterstadt.example"
	if h, _ := x.Read(t.Context(), "", bots.Span{}); h.Entries[0].Link != want || h.Self != "anna.petersen" {
		t.Errorf("got %+v", h)
	}
	if got := link("!r:b", "$a/b)?c#", "b"); got != "https://matrix.to/#/!r:b/$a%2Fb%29%3Fc%23?via=b" {
		t.Errorf("got %s", got)
	}
	twins, err := ReadExport(strings.NewReader(exportOf(ev("$a", 0, "m.room.member", `{"displayname": "Anna"}`, `, "state_key": "@a:b"`), ev("$b", 0, "m.room.member", `{"displayname": "Anna"}`, `, "state_key": "@b:b"`))))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := twins.As("Anna"); err == nil {
		t.Error("chose one of two")
	}
}

// FuzzReadExport: whatever is in a file, an answer or a refusal comes of it.
func FuzzReadExport(f *testing.F) {
	sample, err := os.ReadFile("testdata/export.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(sample))
	f.Add(exportOf(text("$1", 1, "Wer kann das machen?"), ev("$2", 2, "m.room.encrypted", `{}`, "")))
	f.Add(exportOf(ev("$1", 1, "m.room.message", `{"body": "> <@a:b> x\n> y\n\nbis 4.12.", "m.relates_to": {"m.in_reply_to": {"event_id": "$1"}}}`, "")))
	f.Add(`{"messages": [{"type": "m.room.message"}]}`)
	f.Add(`{"room_name": 7, "messages": []}`)
	f.Fuzz(func(t *testing.T, s string) {
		x, err := ReadExport(strings.NewReader(s))
		if err != nil {
			if !errors.As(err, new(*bots.Refusal)) {
				t.Fatalf("not refused: %v", err)
			}
			return
		}
		job := bots.Task{Command: "verpasst", Rooms: x, Now: monday, Message: bots.Message{Direct: true}, Open: func(context.Context, bots.File) (io.ReadCloser, error) {
			return nil, &bots.Refusal{}
		}}
		if id, err := x.As(anna); err == nil {
			job.Message.Sender = id
		}
		a, err := New(plain, none{}, nil).Do(t.Context(), job)
		if err != nil {
			t.Fatal(err)
		}
		if strings.ContainsAny(a.Text.DE, "\x01\x02") || !strings.Contains(a.Text.DE, "Ausgewertet: ") {
			t.Errorf("got %q", a.Text.DE)
		}
	})
}
