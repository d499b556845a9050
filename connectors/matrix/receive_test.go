package matrix

import (
	"slices"
	"strings"
	"testing"
	"time"

	"amtsbote/bots"
	"amtsbote/connectors/chat"
	"amtsbote/connectors/connectortest"
	"amtsbote/connectors/matrix/matrixtest"
)

// TestReceive has people write, in a client that is none of ours, and looks at
// what the bot hears.
func TestReceive(t *testing.T) {
	s := matrixtest.Start(t, matrixtest.Options{})
	for name, test := range map[string]func(*testing.T, *site){
		"a direct chat hears everything, also what came with the invitation": hearsChat,
		"a room of several people is silent until it speaks to the bot":      hearsRoom,
		"an edit of a question is its new text, also one that names the bot": hearsEdits,
		"what was taken back, and signs, are passed on":                      hearsControl,
		"nothing from before the bot came, or first started, is a question":  hearsNothingOld,
		"a message that answers another brings what it answers":              hearsQuoted,
		"what cannot be read is named":                                       hearsUnreadable,
		"a room whose ID names no server is joined":                          joinsVersion12,
		"a stranger's invitation is turned down":                             refusesStranger,
		"a room is left when nobody may use the bot there":                   leavesEmpty,
		"a room that is replaced is followed":                                followsTombstone,
		"events that are not what they say do no harm":                       survivesMalformed,
		"what was accepted is not confirmed before":                          confirmsLate,
	} {
		t.Run(name, func(t *testing.T) { test(t, newSite(t, s)) })
	}
}

func hearsChat(t *testing.T, h *site) {
	e := listen(t, h.connect(t), connectortest.NewState())
	begun(t, e)
	anna := h.person(t, "anna")
	room := anna.CreateRoom(t, matrixtest.Room{Direct: true, Encrypted: true, Invite: []string{h.bot.UserID}})
	first := anna.SendText(t, room, "Grüße aus Köln, Frau Weiß 🙂")
	m := e.text(t, "Grüße aus Köln, Frau Weiß 🙂")
	if m.ID != first || m.Room != room || m.Sender != anna.UserID || !m.Direct || m.Thread != "" || m.Time.Location() != time.UTC {
		t.Errorf("got %+v", m)
	}
	j := e.wait(t, "the coming", func(m bots.Message) bool { return m.Kind == bots.KindJoin })
	if j.Sender != anna.UserID || !j.Direct || j.Text == "" || j.Room != room {
		t.Errorf("the coming: %+v", j)
	}
	second := anna.SendText(t, room, "noch etwas", matrixtest.SendOptions{Thread: first})
	if m := e.text(t, "noch etwas"); m.ID != second || m.Thread != first {
		t.Errorf("in a thread: %+v", m)
	}
	anna.WaitReceipt(t, matrixtest.Receipt{Room: room, User: h.bot.UserID, EventID: second})
}

// office makes a room with two people and the bot.
func (h *site) office(t *testing.T, e *ear, encrypted bool) (room string, anna, ben *matrixtest.Client) {
	anna, ben = h.person(t, "anna"), h.person(t, "ben")
	room = anna.CreateRoom(t, matrixtest.Room{Name: "Team Bürgerbüro", Encrypted: encrypted, Invite: []string{ben.UserID, h.bot.UserID}})
	// One after the other: of two who join at once Dendrite may leave one out of the sync.
	anna.WaitMember(t, room, h.bot.UserID, "join")
	ben.Join(t, room)
	anna.WaitMember(t, room, ben.UserID, "join")
	ben.WaitMember(t, room, h.bot.UserID, "join") // who is not known gets no keys
	if encrypted {
		h.greets(t, e, ben, room)
		h.greets(t, e, anna, room)
	}
	return room, anna, ben
}

func hearsRoom(t *testing.T, h *site) {
	e := listen(t, h.connect(t), connectortest.NewState())
	begun(t, e)
	room, anna, ben := h.office(t, e, true)
	to := matrixtest.SendOptions{Mentions: []string{h.bot.UserID}}
	anna.SendText(t, room, "Das geht Amtsbote nichts an.")
	anna.SendText(t, room, "```\nAmtsbote: nein\n```", to)
	anna.SendText(t, room, "im Feld, aber nirgends zu sehen", to)
	question := ben.SendText(t, room, "Amtsbote: Was ist offen?", to)
	m := e.text(t, "Was ist offen?")
	if m.ID != question || m.Direct || m.Thread != "" || m.Sender != ben.UserID {
		t.Errorf("got %+v", m)
	}
	// A thread in which the bot takes part needs no name any more, unless it is to another.
	root := anna.SendText(t, room, "Ein Faden")
	anna.SendText(t, room, "noch ohne", matrixtest.SendOptions{Thread: root})
	anna.SendText(t, room, "@amtsbote hilf", matrixtest.SendOptions{Thread: root, Mentions: to.Mentions})
	e.text(t, "hilf")
	anna.SendText(t, room, "Ben, siehst du das?", matrixtest.SendOptions{Thread: root, Mentions: []string{ben.UserID}})
	ben.SendText(t, room, "und das?", matrixtest.SendOptions{Thread: root})
	if m := e.text(t, "und das?"); m.Thread != root {
		t.Errorf("got %+v", m)
	}
	if got := e.texts(); !slices.Equal(got, []string{"Was ist offen?", "hilf", "und das?"}) {
		t.Errorf("heard %q", got)
	}
}

func hearsEdits(t *testing.T, h *site) {
	e := listen(t, h.connect(t), connectortest.NewState())
	begun(t, e)
	room, anna, _ := h.office(t, e, true)
	to := matrixtest.SendOptions{Mentions: []string{h.bot.UserID}}
	q := anna.SendText(t, room, "Amtsbote: Was ist ofen?", to)
	anna.Edit(t, room, q, "Amtsbote: Was ist offen?", to)
	m := e.text(t, "Was ist offen?")
	if m.Kind != bots.KindEdit || m.Target != q {
		t.Errorf("got %+v", m)
	}
	aside := anna.SendText(t, room, "Wer macht das?")
	anna.Edit(t, room, aside, "Wer macht das bloß?")
	edit := anna.Edit(t, room, aside, "Amtsbote: Wer macht das?", to)
	m = e.text(t, "Wer macht das?")
	if m.Kind != bots.KindText || m.ID != edit || m.Thread != aside {
		t.Errorf("a question of its own: got %+v", m)
	}
	if got := e.texts(); !slices.Equal(got, []string{"Was ist ofen?", "Was ist offen?", "Wer macht das?"}) {
		t.Errorf("heard %q", got)
	}
}

func hearsControl(t *testing.T, h *site) {
	e := listen(t, h.connect(t), connectortest.NewState())
	begun(t, e)
	anna := h.person(t, "anna")
	room := h.chat(t, e, anna, true)
	q := anna.SendText(t, room, "Frage")
	e.text(t, "Frage")
	anna.React(t, room, q, "❌")
	m := e.wait(t, "the sign", func(m bots.Message) bool { return m.Kind == bots.KindReaction })
	if m.Target != q || m.Text != "❌" {
		t.Errorf("got %+v", m)
	}
	anna.Redact(t, room, q, "")
	m = e.wait(t, "the redaction", func(m bots.Message) bool { return m.Kind == bots.KindRedaction })
	if m.Target != q {
		t.Errorf("got %+v", m)
	}
	anna.SendText(t, room, "als Programm", matrixtest.SendOptions{Notice: true})
	anna.SendText(t, room, "Ende")
	e.text(t, "Ende")
	if got := e.texts(); slices.Contains(got, "als Programm") {
		t.Errorf("another program was heard: %q", got)
	}
}

func hearsNothingOld(t *testing.T, h *site) {
	anna := h.person(t, "anna")
	to := matrixtest.SendOptions{Mentions: []string{h.bot.UserID}}
	room := anna.CreateRoom(t, matrixtest.Room{Name: "Alt", Invite: []string{h.account(t, "carla").UserID}})
	anna.SendText(t, room, "Amtsbote: vor der Einladung", to)
	state := connectortest.NewState()
	e := listen(t, h.connect(t), state)
	begun(t, e)
	anna.Invite(t, room, h.bot.UserID)
	anna.WaitMember(t, room, h.bot.UserID, "join")
	anna.SendText(t, room, "Amtsbote: danach", to)
	e.text(t, "danach")
	if err := e.stop(); err != nil {
		t.Fatal(err)
	}
	// Started for the first time in a room that it is in already, as after a lost store.
	anna.SendText(t, room, "Amtsbote: vor dem ersten Start", to)
	e2 := listen(t, h.connect(t), connectortest.NewState())
	begun(t, e2)
	anna.SendText(t, room, "Amtsbote: jetzt", to)
	e2.text(t, "jetzt")
	if got := append(e.texts(), e2.texts()...); !slices.Equal(got, []string{"danach", "jetzt"}) {
		t.Errorf("heard %q", got)
	}
}

func hearsQuoted(t *testing.T, h *site) {
	e := listen(t, h.connect(t), connectortest.NewState())
	begun(t, e)
	room, anna, ben := h.office(t, e, true)
	file := ben.SendFile(t, room, matrixtest.File{Name: "../../Dienst\u202eplan.txt", MIME: "text/plain", Data: []byte("Montag: Straße")})
	anna.WaitEvent(t, room, file)
	to := matrixtest.SendOptions{ReplyTo: file, Mentions: []string{h.bot.UserID}}
	anna.SendText(t, room, "Amtsbote: fass das zusammen", to)
	m := e.text(t, "fass das zusammen")
	if len(m.Files) != 1 || strings.ContainsAny(m.Files[0].Name, "/\u202e") || m.Files[0].Size != int64(len("Montag: Straße")) {
		t.Fatalf("got files %+v", m.Files)
	}
	if got := content(t, e, m.Files[0]); got != "Montag: Straße" {
		t.Errorf("the file is %q", got)
	}
	text := ben.SendText(t, room, "Die Samstagsöffnung entfällt.")
	anna.WaitEvent(t, room, text)
	to.ReplyTo = text
	anna.SendText(t, room, "Amtsbote: schreib das als Vermerk", to)
	m = e.text(t, "schreib das als Vermerk")
	if len(m.Files) != 1 {
		t.Fatalf("got files %+v", m.Files)
	}
	if got := content(t, e, m.Files[0]); got != "Die Samstagsöffnung entfällt." {
		t.Errorf("what was answered is %q", got)
	}
}

func hearsUnreadable(t *testing.T, h *site) {
	e := listen(t, h.connect(t), connectortest.NewState())
	begun(t, e)
	anna := h.person(t, "anna")
	room := h.chat(t, e, anna, true)
	anna.SendFile(t, room, matrixtest.File{Name: "sprache.ogg", MIME: "audio/ogg", Data: []byte("x")})
	anna.SendFile(t, room, matrixtest.File{Name: "film.mp4", MIME: "video/mp4", Data: []byte("x")})
	anna.SendRaw(t, room, "m.sticker", map[string]any{"body": "Hase", "url": "mxc://localhost/x", "info": map[string]any{}})
	anna.SendRaw(t, room, "m.room.message", map[string]any{"msgtype": "m.location", "body": "hier", "geo_uri": "geo:1,2"})
	want := []bots.Text{chat.Voice, chat.Video, textSticker, textLocation}
	for _, text := range want {
		e.wait(t, text.DE, func(m bots.Message) bool { return m.Cannot == text })
	}
}

// joinsVersion12 has a room of version 12: its ID says no longer who knows it.
func joinsVersion12(t *testing.T, h *site) {
	e := listen(t, h.connect(t), connectortest.NewState())
	begun(t, e)
	anna := h.person(t, "anna")
	room := anna.CreateRoom(t, matrixtest.Room{Direct: true, Encrypted: true, Version: "12", Invite: []string{h.bot.UserID}})
	if strings.Contains(room, ":") {
		t.Fatalf("the room is %s, which names a server", room)
	}
	anna.WaitMember(t, room, h.bot.UserID, "join")
	anna.SendText(t, room, "Frage")
	e.text(t, "Frage")
}

func refusesStranger(t *testing.T, h *site) {
	e := listen(t, h.connect(t), connectortest.NewState())
	begun(t, e)
	eve := h.person(t, "fremd")
	room := eve.CreateRoom(t, matrixtest.Room{Direct: true, Invite: []string{h.bot.UserID}})
	eve.WaitMember(t, room, h.bot.UserID, "leave")
	if got := e.all(); len(got) > 0 {
		t.Errorf("heard %s", told(got))
	}
}

func leavesEmpty(t *testing.T, h *site) {
	e := listen(t, h.connect(t), connectortest.NewState())
	begun(t, e)
	anna, eve := h.person(t, "anna"), h.person(t, "fremd")
	room := anna.CreateRoom(t, matrixtest.Room{Name: "Gemischt", Invite: []string{eve.UserID, h.bot.UserID}})
	eve.Join(t, room)
	eve.WaitMember(t, room, h.bot.UserID, "join")
	anna.Leave(t, room)
	eve.WaitMember(t, room, h.bot.UserID, "leave")
}

func followsTombstone(t *testing.T, h *site) {
	e := listen(t, h.connect(t), connectortest.NewState())
	begun(t, e)
	room, anna, ben := h.office(t, e, false)
	next := anna.Upgrade(t, room, "10")
	anna.Invite(t, next, h.bot.UserID) // the new room is closed, as rooms of an office are
	anna.WaitMember(t, next, h.bot.UserID, "join")
	anna.WaitMember(t, room, h.bot.UserID, "leave")
	anna.Invite(t, next, ben.UserID)
	ben.Join(t, next)
	anna.SendText(t, next, "Amtsbote: bist du da?", matrixtest.SendOptions{Mentions: []string{h.bot.UserID}})
	e.text(t, "bist du da?")
	joins := 0
	for _, m := range e.all() {
		if m.Kind == bots.KindJoin {
			joins++
		}
	}
	if joins != 1 {
		t.Errorf("people are greeted %d times", joins)
	}
}

func survivesMalformed(t *testing.T, h *site) {
	e := listen(t, h.connect(t), connectortest.NewState())
	begun(t, e)
	anna := h.person(t, "anna")
	for _, encrypted := range []bool{true, false} {
		room := h.chat(t, e, anna, encrypted)
		for _, bad := range []map[string]any{
			{"msgtype": 7, "body": []any{}},
			{"msgtype": "m.text"},
			{"msgtype": "m.text", "body": map[string]any{"x": 1}},
			{"msgtype": "m.file", "body": "../../../etc/passwd", "url": 5},
			{"msgtype": "m.file", "body": "a", "url": "mxc://"},
			{"msgtype": "m.file", "body": "a", "file": map[string]any{"url": "mxc://localhost/x", "v": "v2"}},
			{"msgtype": "m.text", "body": "x", "m.relates_to": "m.thread"},
			{"msgtype": "m.text", "body": "x", "m.relates_to": map[string]any{"rel_type": "m.replace", "event_id": "$gibtesnicht"}},
			{"msgtype": "m.text", "body": "Antwort", "m.relates_to": map[string]any{"m.in_reply_to": map[string]any{"event_id": "$gibtesnicht"}}},
			{"msgtype": "m.text", "body": "a\u0000\u202eb", "m.mentions": []any{1}},
			{"msgtype": "m.text", "body": strings.Repeat("lang ", 8000)},
		} {
			anna.SendRaw(t, room, "m.room.message", bad)
		}
		anna.SendRaw(t, room, "m.reaction", map[string]any{"m.relates_to": map[string]any{"rel_type": "m.annotation"}})
		anna.SendRaw(t, room, "de.unbekannt", map[string]any{"x": 1})
		done := "Ende"
		if encrypted {
			done = "Ende, verschlüsselt"
		}
		anna.SendText(t, room, done)
		e.text(t, done)
	}
}

func confirmsLate(t *testing.T, h *site) {
	state := connectortest.NewState()
	e := listen(t, h.connect(t), state)
	begun(t, e)
	anna := h.person(t, "anna")
	room := h.chat(t, e, anna, true)
	anna.SendText(t, room, "eins")
	e.text(t, "eins")
	e.mu.Lock()
	e.refuse = func(m bots.Message) error {
		if m.Text == "drei" {
			return errFull
		}
		return nil
	}
	e.mu.Unlock()
	anna.SendText(t, room, "zwei")
	anna.SendText(t, room, "drei")
	waitErr(t, e)
	e2 := listen(t, h.connect(t), state)
	e2.text(t, "drei")
}
