package matrix

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"amtsbote/bots"
	"amtsbote/connectors/connectortest"
)

// answers is a server that answers by the path that is asked for; else with an
// error that is nobody's fault.
type answers map[string]string

func (a answers) RoundTrip(req *http.Request) (*http.Response, error) {
	status, body := http.StatusInternalServerError, `{"errcode":"M_UNKNOWN"}`
	for part, answer := range a {
		if strings.Contains(req.URL.Path, part) {
			status, body = http.StatusOK, answer
			if strings.Contains(answer, "errcode") {
				status = http.StatusForbidden
			}
		}
	}
	return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body)), Request: req}, nil
}

// hearing is a receiver without a real server, and what it passed on.
func hearing(t *testing.T, server answers) (*receiver, *[]bots.Message) {
	t.Helper()
	cfg := Config{Name: "matrix", Server: "http://127.0.0.1:1", User: "@bot:x", Key: bots.NewSecret("nur für den Test, sonst nie"),
		File: filepath.Join(t.TempDir(), "matrix.db"), Profile: bots.Profile{Name: "Amtsbote"}, Ignore: []string{"@mod:x"},
		Allows: func(who string) bool { return who == "@anna:x" }}.filled()
	file, err := openFile(t.Context(), cfg, true)
	if err != nil {
		t.Fatal(err)
	}
	a, err := newAccount(t.Context(), cfg, file, session{User: "@bot:x", Device: "D", Token: "t"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.close() })
	a.mx.Client, a.mx.DefaultHTTPRetries = &http.Client{Transport: server}, 0
	c := New(cfg, nil)
	c.account = a
	var heard []bots.Message
	r := &receiver{c, a, connectortest.NewState(), func(_ context.Context, m bots.Message) error { heard = append(heard, m); return nil }}
	r.locked.begin()
	t.Cleanup(r.rooms.wait)
	return r, &heard
}

func someEvent(t *testing.T, fields map[string]any) *event.Event {
	t.Helper()
	all := map[string]any{"event_id": "$e", "sender": "@anna:x", "origin_server_ts": time.Now().UnixMilli()}
	maps.Copy(all, fields)
	raw, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	var e event.Event
	if err := json.Unmarshal(raw, &e); err != nil {
		t.Fatal(err)
	}
	if !(&news{room: "!r:x"}).prepare(&e) {
		t.Fatal("no event")
	}
	return &e
}

// TestForgedRelations has messages that relate to what can be no event. A failure
// would come again with every sync: nobody would hear anything any more.
func TestForgedRelations(t *testing.T) {
	for _, of := range []string{"", "..", "$" + strings.Repeat("a", 60_000), "kein Ereignis", "$a b"} {
		for name, rel := range map[string]any{
			"a reply":    map[string]any{"m.in_reply_to": map[string]any{"event_id": of}},
			"a thread":   map[string]any{"rel_type": "m.thread", "event_id": of},
			"an edit":    map[string]any{"rel_type": "m.replace", "event_id": of},
			"a reaction": map[string]any{"rel_type": "m.annotation", "event_id": of, "key": "❌"},
		} {
			for _, direct := range []bool{true, false} {
				r, heard := hearing(t, nil)
				content := map[string]any{"msgtype": "m.text", "body": "Amtsbote: hallo", "m.relates_to": rel, "m.mentions": map[string]any{"user_ids": []string{"@bot:x"}},
					"m.new_content": map[string]any{"msgtype": "m.text", "body": "Amtsbote: hallo", "m.mentions": map[string]any{"user_ids": []string{"@bot:x"}}}}
				kind := "m.room.message"
				if name == "a reaction" {
					kind = "m.reaction"
				}
				if err := r.handle(t.Context(), "!r:x", someEvent(t, map[string]any{"type": kind, "content": content}), direct); err != nil {
					t.Errorf("%s to %.20q: %v", name, of, err)
				}
				for _, m := range *heard {
					if len(m.Thread) > 255 || len(m.Target) > 255 || m.Thread != "" {
						t.Errorf("%s to %.20q: passed on %.60v", name, of, m.Thread)
					}
				}
			}
		}
	}
}

// TestRedactions passes on what a server has allowed, and nothing else.
func TestRedactions(t *testing.T) {
	r, heard := hearing(t, nil)
	for _, fields := range []map[string]any{
		{"sender": "@mod:x", "redacts": "$a", "content": map[string]any{}}, // a program may be the moderator
		{"redacts": "$own", "content": map[string]any{"redacts": "$other"}},
		{"content": map[string]any{"redacts": "$b"}},
	} {
		fields["type"] = "m.room.redaction"
		if err := r.handle(t.Context(), "!r:x", someEvent(t, fields), true); err != nil {
			t.Error(err)
		}
	}
	var got []string
	for _, m := range *heard {
		got = append(got, m.Target)
	}
	if !slices.Equal(got, []string{"$a", "$b"}) {
		t.Errorf("taken back: %q", got)
	}
}

// TestSealedRedaction has a member encrypt a redaction: the server cannot have
// checked whether they may.
func TestSealedRedaction(t *testing.T) {
	r, heard := hearing(t, answers{"/members": `{"chunk":[]}`, "/keys/": `{}`, "/sendToDevice/": `{}`})
	room := id.RoomID("!r:x")
	r.a.mach.DisableSharedGroupSessionTracking = true
	if err := r.a.mach.ShareGroupSession(t.Context(), room, nil); err != nil {
		t.Fatal(err)
	}
	for _, kind := range []event.Type{event.EventRedaction, event.EventReaction} {
		content := map[string]any{"redacts": "$other", "m.relates_to": map[string]any{"rel_type": "m.annotation", "event_id": "$other", "key": "👍"}}
		sealed, err := r.a.mach.EncryptMegolmEvent(t.Context(), room, kind, content)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.handle(t.Context(), room, someEvent(t, map[string]any{"event_id": "$" + kind.Type, "type": "m.room.encrypted", "content": sealed}), true); err != nil {
			t.Fatal(err)
		}
	}
	if len(*heard) != 1 || (*heard)[0].Kind != bots.KindReaction {
		t.Errorf("heard %v", *heard)
	}
}

// lockedEvents puts an event aside and returns how to count those that wait.
func lockedEvents(t *testing.T, r *receiver) (count func() int) {
	t.Helper()
	e := someEvent(t, map[string]any{"type": "m.room.encrypted", "event_id": "$locked", "content": map[string]any{"algorithm": "m.megolm.v1.aes-sha2",
		"session_id": strings.Repeat("s", 43), "ciphertext": strings.Repeat("A", 100)}})
	if err := r.handle(t.Context(), "!r:x", e, true); err != nil {
		t.Fatal(err)
	}
	return func() (n int) {
		if err := r.s.Each(t.Context(), keyLocked, func(string, []byte) error { n++; return nil }); err != nil {
			t.Fatal(err)
		}
		return n
	}
}

// TestLockedTakenBack has a message taken back before its key came.
func TestLockedTakenBack(t *testing.T) {
	r, _ := hearing(t, nil)
	count := lockedEvents(t, r)
	if count() != 1 {
		t.Fatalf("%d put aside", count())
	}
	if err := r.handle(t.Context(), "!r:x", someEvent(t, map[string]any{"type": "m.room.redaction", "redacts": "$locked", "content": map[string]any{}}), true); err != nil {
		t.Fatal(err)
	}
	if count() != 0 {
		t.Error("what was taken back is still kept")
	}
}

// TestLockedElsewhere has the bot start again with an event put aside in a room
// that it is not in any more.
func TestLockedElsewhere(t *testing.T) {
	r, _ := hearing(t, answers{"/members": `{"errcode":"M_FORBIDDEN"}`})
	lockedEvents(t, r)
	if err := r.reopen(t.Context()); err != nil {
		t.Errorf("the bot cannot start: %v", err)
	}
}

func member(t *testing.T, who, now, before string) *event.Event {
	fields := map[string]any{"type": "m.room.member", "state_key": who, "content": map[string]any{"membership": now}}
	if before != "" {
		fields["unsigned"] = map[string]any{"prev_content": map[string]any{"membership": before}}
	}
	return someEvent(t, fields)
}

// TestAlone says of each event who read it when it was written, not who is there
// once the sync is at its end.
func TestAlone(t *testing.T) {
	said := someEvent(t, map[string]any{"type": "m.room.message", "content": map[string]any{"msgtype": "m.text", "body": "x"}})
	for name, c := range map[string]struct {
		events []*event.Event
		others int
		want   []bool
	}{
		"one has left":       {[]*event.Event{said, member(t, "@ben:x", "leave", "join"), said}, 1, []bool{false, true, true}},
		"nobody says so":     {[]*event.Event{said, member(t, "@ben:x", "leave", ""), said}, 1, []bool{false, true, true}},
		"one has come":       {[]*event.Event{said, member(t, "@ben:x", "invite", ""), member(t, "@ben:x", "join", "invite"), said}, 2, []bool{true, false, false, false}},
		"one has a name":     {[]*event.Event{said, member(t, "@anna:x", "join", "join"), said}, 1, []bool{true, true, true}},
		"the bot has come":   {[]*event.Event{said, member(t, "@bot:x", "join", "invite"), said}, 1, []bool{true, true, true}},
		"one was turned off": {[]*event.Event{said, member(t, "@ben:x", "ban", "leave"), said}, 1, []bool{true, true, true}},
	} {
		if got := (&news{events: c.events}).alone("@bot:x", c.others); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
}

// TestRoomThatEmptied has people speak with each other, and one of them leave: what
// they said is not for the bot.
func TestRoomThatEmptied(t *testing.T) {
	r, heard := hearing(t, answers{"/members": `{"chunk":[
		{"type":"m.room.member","event_id":"$1","sender":"@bot:x","state_key":"@bot:x","content":{"membership":"join"}},
		{"type":"m.room.member","event_id":"$2","sender":"@anna:x","state_key":"@anna:x","content":{"membership":"join"}}]}`})
	if err := r.s.Put(t.Context(), map[string][]byte{keyLast + "!r:x": []byte("$before")}, 0); err != nil {
		t.Fatal(err)
	}
	said := func(which, text string) *event.Event {
		return someEvent(t, map[string]any{"event_id": which, "type": "m.room.message", "content": map[string]any{"msgtype": "m.text", "body": text}})
	}
	n := &news{room: "!r:x", events: []*event.Event{said("$a", "Das bleibt unter uns, Ben."), member(t, "@ben:x", "leave", "join"), said("$b", "Hilf mir.")}}
	if err := r.describe(t.Context(), map[id.RoomID]*news{"!r:x": n}); err != nil {
		t.Fatal(err)
	}
	if _, err := r.room(t.Context(), "since", n); err != nil {
		t.Fatal(err)
	}
	if len(*heard) != 1 || (*heard)[0].Text != "Hilf mir." || !(*heard)[0].Direct {
		t.Errorf("heard %d messages", len(*heard))
	}
}

// TestGapOfMembers has somebody come into a direct chat in what a sync left out:
// the members are asked for anew.
func TestGapOfMembers(t *testing.T) {
	r, _ := hearing(t, answers{"/members": `{"chunk":[
		{"type":"m.room.member","event_id":"$1","sender":"@bot:x","state_key":"@bot:x","content":{"membership":"join"}},
		{"type":"m.room.member","event_id":"$2","sender":"@anna:x","state_key":"@anna:x","content":{"membership":"join"}},
		{"type":"m.room.member","event_id":"$3","sender":"@ben:x","state_key":"@ben:x","content":{"membership":"join"}}]}`})
	for _, who := range []id.UserID{"@bot:x", "@anna:x"} {
		if err := r.a.file.states.SetMembership(t.Context(), "!r:x", who, event.MembershipJoin); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.a.file.states.MarkMembersFetched(t.Context(), "!r:x"); err != nil {
		t.Fatal(err)
	}
	if who, err := r.a.direct(t.Context(), "!r:x"); err != nil || who != "@anna:x" {
		t.Fatalf("got %q, %v", who, err)
	}
	if err := r.describe(t.Context(), map[id.RoomID]*news{"!r:x": {room: "!r:x", limited: true}}); err != nil {
		t.Fatal(err)
	}
	if who, err := r.a.direct(t.Context(), "!r:x"); err != nil || who != "" {
		t.Errorf("a room of three is %q's direct chat, %v", who, err)
	}
}

// TestVisibilityUnknown reads back over a change of the history's visibility of
// which the server does not say what it was before.
func TestVisibilityUnknown(t *testing.T) {
	h := &reading{visible: event.HistoryVisibilityShared, in: event.MembershipLeave, who: "@anna:x"}
	h.back(someEvent(t, map[string]any{"type": "m.room.history_visibility", "state_key": "", "content": map[string]any{"history_visibility": "shared"}}))
	if h.may() {
		t.Error("who was not in the room may read it")
	}
}

// TestLateEdit reads a stretch that ends before a message was corrected.
func TestLateEdit(t *testing.T) {
	r, _ := hearing(t, nil)
	now := time.Now()
	h := &reading{a: r.a, c: r.Connector, room: "!r:x", who: "@anna:x", visible: event.HistoryVisibilityShared, span: bots.Span{Until: now.Add(-time.Hour)}, edits: map[editOf]*event.MessageEventContent{}}
	text := func(which string, ago time.Duration, content map[string]any) *event.Event {
		return someEvent(t, map[string]any{"event_id": which, "type": "m.room.message", "origin_server_ts": now.Add(-ago).UnixMilli(), "content": content})
	}
	for _, e := range []*event.Event{
		text("$later", time.Minute, map[string]any{"msgtype": "m.text", "body": "später"}),
		text("$edit", 2*time.Minute, map[string]any{"msgtype": "m.text", "body": "* neu", "m.new_content": map[string]any{"msgtype": "m.text", "body": "neu"},
			"m.relates_to": map[string]any{"rel_type": "m.replace", "event_id": "$old"}}),
		text("$old", 2*time.Hour, map[string]any{"msgtype": "m.text", "body": "alt"}),
	} {
		if err := h.event(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	if got := texts(h.out); !slices.Equal(got, []string{"neu"}) {
		t.Errorf("read %q", got)
	}
}

// TestPrivateToDenied has a private answer wait for somebody who may not use the
// bot any more: it is not shown to the room instead.
func TestPrivateToDenied(t *testing.T) {
	r, _ := hearing(t, nil)
	d := &delivery{c: r.Connector, a: r.a, s: r.s, r: bots.Reply{ID: "x/answer", To: bots.Address{Room: "!r:x", Person: "@ben:x"},
		Answer: bots.Answer{Text: bots.Say("für Ben"), Private: true}}}
	room, _, err := d.place(t.Context())
	if _, refused := errors.AsType[*bots.Refusal](err); !refused {
		t.Errorf("shown in %q, %v", room, err)
	}
}

// TestReplacementUnknown has a room followed of which the server cannot say just
// now whether it replaces the other: it is asked again.
func TestReplacementUnknown(t *testing.T) {
	r, _ := hearing(t, answers{"/join/": `{"room_id":"!new:x"}`})
	if err := putJSON(t.Context(), r.s, keyInvite+"!new:x", invite{Inviter: "@ben:x", From: "!old:x", Since: time.Now()}, inviteFor); err != nil {
		t.Fatal(err)
	}
	if more, err := r.joinAll(t.Context()); err == nil || !more {
		t.Errorf("more: %v, %v", more, err)
	}
	if v, err := r.s.Get(t.Context(), keyInvite+"!new:x"); err != nil || v == nil {
		t.Errorf("forgotten: %v", err)
	}
}

// TestPanicBeside has what works beside the sync panic: Receive ends with an error,
// and the program goes on.
func TestPanicBeside(t *testing.T) {
	r, _ := hearing(t, answers{"/keys/": `{}`})
	r.shows.pace = &pace{typing: time.Millisecond, edit: time.Millisecond, idle: time.Second}
	r.a.mx.Client.Transport = panicking{}
	r.Typing(t.Context(), bots.Address{Room: "!r:x", MessageID: "$m"}, bots.Progress{Text: bots.Say("x")})
	for range 1000 {
		r.shows.mu.Lock()
		n := len(r.shows.open)
		r.shows.mu.Unlock()
		if n == 0 {
			break
		}
		time.Sleep(time.Millisecond)
	}
	if err := putJSON(t.Context(), r.s, keyInvite+"!new:x", invite{Inviter: "@anna:x", Since: time.Now()}, inviteFor); err != nil {
		t.Fatal(err)
	}
	if more, err := r.joinAll(t.Context()); !errors.Is(err, errPanic) || !more {
		t.Errorf("more: %v, %v", more, err)
	}
	if err := r.process(t.Context(), "since", &mautrix.RespSync{NextBatch: "next", DeviceOTKCount: mautrix.OTKCount{SignedCurve25519: 100}, Rooms: mautrix.RespSyncRooms{Join: map[id.RoomID]*mautrix.SyncJoinedRoom{"!r:x": {}}}}); !errors.Is(err, errPanic) {
		t.Errorf("process: %v", err)
	}
	if v, err := r.s.Get(t.Context(), keySince); err != nil || v != nil {
		t.Errorf("confirmed: %s, %v", v, err)
	}
}

type panicking struct{}

func (panicking) RoundTrip(*http.Request) (*http.Response, error) { panic("surprise") }

// TestLockedForgotten forgets a session whose key never came.
func TestLockedForgotten(t *testing.T) {
	l := locked{sessions: map[id.SessionID]*lockedSession{"old": {since: time.Now().Add(-keepLocked - time.Hour), asked: true, told: true}, "new": {since: time.Now()}}}
	if l.due(time.Now()); len(l.sessions) != 1 || l.sessions["new"] == nil {
		t.Errorf("%d sessions", len(l.sessions))
	}
}

// TestOpenRoom has a person alone with the bot in a room into which others can come,
// or that they can read from outside: private answers are not for it.
func TestOpenRoom(t *testing.T) {
	for name, c := range map[string]struct {
		rule, visible string
		serves        bool
	}{
		"invited only":     {"invite", "shared", true},
		"anybody comes in": {"public", "shared", false},
		"a whole space":    {"restricted", "shared", false},
		"anybody reads":    {"invite", "world_readable", false},
	} {
		r, _ := hearing(t, answers{"/state/m.room.join_rules": `{"join_rule":"` + c.rule + `"}`, "/state/m.room.history_visibility": `{"history_visibility":"` + c.visible + `"}`,
			"/members": `{"chunk":[
			{"type":"m.room.member","event_id":"$1","sender":"@bot:x","state_key":"@bot:x","content":{"membership":"join"}},
			{"type":"m.room.member","event_id":"$2","sender":"@anna:x","state_key":"@anna:x","content":{"membership":"join"}}]}`})
		if got, err := r.a.serves(t.Context(), "!r:x", "@anna:x", false); err != nil || got != c.serves {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}

// TestEditedTwice has a message edited so that it names the bot, and once more: it
// is one question, and its newer text.
func TestEditedTwice(t *testing.T) {
	old := `{"event_id":"$old","type":"m.room.message","room_id":"!r:x","sender":"@anna:x","origin_server_ts":1,"content":{"msgtype":"m.text","body":"Wer macht das?"}}`
	r, heard := hearing(t, answers{"/event/$old": old})
	for _, which := range []string{"$one", "$two", "$one"} { // the last as after a crash
		to := map[string]any{"user_ids": []string{"@bot:x"}}
		e := someEvent(t, map[string]any{"event_id": which, "type": "m.room.message", "content": map[string]any{"msgtype": "m.text", "body": "* Amtsbote: wer?",
			"m.mentions": to, "m.new_content": map[string]any{"msgtype": "m.text", "body": "Amtsbote: wer?", "m.mentions": to}, "m.relates_to": map[string]any{"rel_type": "m.replace", "event_id": "$old"}}})
		if err := r.handle(t.Context(), "!r:x", e, false); err != nil {
			t.Fatal(err)
		}
	}
	if len(*heard) != 3 {
		t.Fatalf("heard %d", len(*heard))
	}
	for i, want := range []bots.Message{{ID: "$one"}, {ID: "$two", Kind: bots.KindEdit, Target: "$one"}, {ID: "$one"}} {
		if got := (*heard)[i]; got.ID != want.ID || got.Kind != want.Kind || got.Target != want.Target {
			t.Errorf("%d: %s %s of %s", i, got.Kind, got.ID, got.Target)
		}
	}
}

// TestPrivateToThird has somebody come into the direct chat of whom no sync has told
// yet: a private answer is not for them.
func TestPrivateToThird(t *testing.T) {
	r, _ := hearing(t, answers{"/members": `{"chunk":[
		{"type":"m.room.member","event_id":"$1","sender":"@bot:x","state_key":"@bot:x","content":{"membership":"join"}},
		{"type":"m.room.member","event_id":"$2","sender":"@anna:x","state_key":"@anna:x","content":{"membership":"join"}},
		{"type":"m.room.member","event_id":"$3","sender":"@ben:x","state_key":"@ben:x","content":{"membership":"join"}}]}`})
	for _, who := range []id.UserID{"@bot:x", "@anna:x"} {
		if err := r.a.file.states.SetMembership(t.Context(), "!r:x", who, event.MembershipJoin); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.a.file.states.MarkMembersFetched(t.Context(), "!r:x"); err != nil {
		t.Fatal(err)
	}
	d := &delivery{c: r.Connector, a: r.a, s: r.s, r: bots.Reply{ID: "x/answer", To: bots.Address{Room: "!r:x", Person: "@anna:x"},
		Answer: bots.Answer{Text: bots.Say("für Anna"), Private: true}}}
	if room, _, err := d.place(t.Context()); room != "" || err == nil {
		t.Errorf("shown in %q, %v", room, err) // this server can make no other
	}
}

// TestWeakened has a server say that an encrypted room is encrypted no longer, or
// in a way that nobody knows.
func TestWeakened(t *testing.T) {
	r, _ := hearing(t, answers{"/state/m.room.encryption": `{"errcode":"M_NOT_FOUND"}`})
	for i, content := range []map[string]any{{"algorithm": "m.megolm.v1.aes-sha2"}, {}, {"algorithm": "rot13"}} {
		e := someEvent(t, map[string]any{"type": "m.room.encryption", "state_key": "", "content": content})
		if err := r.describe(t.Context(), map[id.RoomID]*news{"!r:x": {room: "!r:x", state: []*event.Event{e}}}); err != nil {
			t.Fatal(err)
		}
		if on, err := r.a.isEncrypted(t.Context(), "!r:x"); err != nil || !on {
			t.Errorf("after %d: encrypted %t, %v", i, on, err)
		}
	}
}

// TestForgedKeys has anybody's device send what is none of the protocol's.
func TestForgedKeys(t *testing.T) {
	r, _ := hearing(t, nil)
	resp := &mautrix.RespSync{DeviceOTKCount: mautrix.OTKCount{SignedCurve25519: 100}}
	resp.ToDevice.Events = []*event.Event{nil,
		{Type: event.Type{Type: "m.room.encrypted"}, Sender: "@eve:x", Content: event.Content{VeryRaw: json.RawMessage(`{"algorithm":"m.olm.v1.curve25519-aes-sha2","ciphertext":{"x":null}}`)}},
		{Type: event.Type{Type: "m.room_key.withheld"}, Sender: "@eve:x", Content: event.Content{VeryRaw: json.RawMessage(`[]`)}},
		{Type: event.Type{Type: "m.forwarded_room_key"}, Sender: "@eve:x", Content: event.Content{VeryRaw: json.RawMessage(`{}`)}}}
	if err := r.takeKeys(t.Context(), "s", resp); err != nil {
		t.Errorf("got %v", err)
	}
}

// TestTooManyLocked makes up keys that never come: their number is limited.
func TestTooManyLocked(t *testing.T) {
	r, _ := hearing(t, nil)
	for i := range maxLocked + 5 {
		e := someEvent(t, map[string]any{"event_id": fmt.Sprintf("$%d", i), "type": "m.room.encrypted", "content": map[string]any{
			"algorithm": "m.megolm.v1.aes-sha2", "session_id": fmt.Sprintf("s%d", i), "ciphertext": "x"}})
		if err := r.putAside(t.Context(), "!r:x", e, true); err != nil {
			t.Fatal(err)
		}
	}
	kept := 0
	if err := r.s.Each(t.Context(), keyLocked, func(string, []byte) error { kept++; return nil }); err != nil || kept != maxLocked {
		t.Errorf("%d events are put aside, %v", kept, err)
	}
}

// TestEditInsteadOfLocked has a question edited whose key is missing: the edit is
// the question, and the old text is answered no more. Another's edit changes nothing.
func TestEditInsteadOfLocked(t *testing.T) {
	for sender, want := range map[string]bots.Kind{"@anna:x": bots.KindText, "@eve:x": bots.KindEdit} {
		r, heard := hearing(t, nil)
		old := someEvent(t, map[string]any{"event_id": "$old", "type": "m.room.encrypted", "content": map[string]any{
			"algorithm": "m.megolm.v1.aes-sha2", "session_id": "s", "ciphertext": "x"}})
		if err := r.putAside(t.Context(), "!r:x", old, true); err != nil {
			t.Fatal(err)
		}
		edit := someEvent(t, map[string]any{"event_id": "$new", "sender": sender, "type": "m.room.message", "content": map[string]any{
			"msgtype": "m.text", "body": "* neu", "m.new_content": map[string]any{"msgtype": "m.text", "body": "neu"},
			"m.relates_to": map[string]any{"rel_type": "m.replace", "event_id": "$old"}}})
		if err := r.hear(t.Context(), "!r:x", edit, true); err != nil {
			t.Fatal(err)
		}
		if len(*heard) != 1 || (*heard)[0].Kind != want || (*heard)[0].Text != "neu" {
			t.Errorf("%s: heard %+v", sender, *heard)
		}
		left := 0
		if err := r.s.Each(t.Context(), keyLocked, func(string, []byte) error { left++; return nil }); err != nil || (left == 0) != (want == bots.KindText) {
			t.Errorf("%s: %d events are still put aside, %v", sender, left, err)
		}
	}
}
