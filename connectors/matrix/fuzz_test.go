package matrix

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"amtsbote/bots"
	"amtsbote/connectors/connectortest"
)

// nowhere is a server that has nothing.
type nowhere struct{}

func (nowhere) RoundTrip(req *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusNotFound, Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(strings.NewReader(`{"errcode":"M_NOT_FOUND"}`)), Request: req}, nil
}

// FuzzEvent has the bot hear any event, in a direct chat and in a room: nothing
// panics, and what is passed on is fit to be kept.
func FuzzEvent(f *testing.F) {
	for _, s := range []string{
		`{"msgtype":"m.text","body":"Amtsbote: hallo","m.mentions":{"user_ids":["@bot:x"]}}`,
		`{"msgtype":"m.file","body":"../a","url":"mxc://x/y","info":{"size":-1}}`,
		`{"msgtype":"m.text","body":"x","m.new_content":{"body":7},"m.relates_to":{"rel_type":"m.replace","event_id":"$a"}}`,
		`{"m.relates_to":{"rel_type":"m.annotation","event_id":"$a","key":"❌"}}`,
		`{"msgtype":"m.text","body":"> <@a:x> b\n\nc","m.relates_to":{"m.in_reply_to":{"event_id":"$a"}}}`,
		`{"redacts":"$a"}`, `{"algorithm":"m.megolm.v1.aes-sha2","ciphertext":"x","session_id":"y"}`,
	} {
		for _, kind := range []string{"m.room.message", "m.reaction", "m.sticker", "m.room.redaction", "m.room.encrypted", "m.room.member"} {
			f.Add(kind, []byte(s), true)
		}
	}
	cfg := Config{Name: "matrix", Server: "http://127.0.0.1:1", User: "@bot:x", Key: bots.NewSecret("nur für den Test, sonst nie"),
		File: filepath.Join(f.TempDir(), "matrix.db"), Profile: bots.Profile{Name: "Amtsbote"}, Allows: func(string) bool { return true }}.filled()
	file, err := openFile(f.Context(), cfg, true)
	if err != nil {
		f.Fatal(err)
	}
	a, err := newAccount(f.Context(), cfg, file, session{User: "@bot:x", Device: "D", Token: "t"})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { a.close() })
	a.mx.Client = &http.Client{Transport: nowhere{}}
	if err := file.states.MarkMembersFetched(f.Context(), "!r:x"); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, kind string, content []byte, direct bool) {
		raw, err := json.Marshal(map[string]any{"type": kind, "event_id": "$e", "sender": "@anna:x", "origin_server_ts": 1893456000000, "content": json.RawMessage(content)})
		if err != nil {
			return
		}
		var e event.Event
		if json.Unmarshal(raw, &e) != nil {
			return
		}
		n := news{room: "!r:x"}
		if !n.prepare(&e) {
			return
		}
		r := &receiver{New(cfg, nil), a, connectortest.NewState(), func(_ context.Context, m bots.Message) error {
			if m.ID == "" || m.Room != "!r:x" || m.Sender != "@anna:x" {
				t.Errorf("passed on %+v", m)
			}
			for _, f := range m.Files {
				if f.Size < 0 || strings.ContainsAny(f.Name, "/\\\x00\u202e") || !utf8.ValidString(f.Name) {
					t.Errorf("passed on a file %q of %d bytes", f.Name, f.Size)
				}
			}
			return nil
		}}
		defer r.rooms.wait()
		if err := r.handle(t.Context(), "!r:x", &e, direct); err != nil && t.Context().Err() == nil {
			t.Logf("not handled: %v", err) // a server that has nothing
		}
	})
}

// TestPassedOver has an event that makes the connector panic: it is passed over.
func TestPassedOver(t *testing.T) {
	c := New(Config{Name: "m", User: "@bot:x"}, nil)
	if err := c.safely(id.EventID("$e"), func() error { panic("Geheimnis") }); err != nil || c.figures.malformed.Load() != 1 {
		t.Errorf("got %v", err)
	}
}
