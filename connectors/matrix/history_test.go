package matrix

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"amtsbote/bots"
	"amtsbote/connectors/connectortest"
	"amtsbote/connectors/matrix/matrixtest"
)

// TestHistory reads rooms for people.
func TestHistory(t *testing.T) {
	s := matrixtest.Start(t, matrixtest.Options{})
	for name, test := range map[string]func(*testing.T, *site){
		"a room is read as it stands now, from one's last message on": readsRoom,
		"a thread is read from its beginning":                         readsThread,
		"what a person may not read is not read for them":             readsOnlyAllowed,
		"the rooms that both are in are listed":                       listsRooms,
		"a long room is covered to the last message":                  readsLong,
	} {
		t.Run(name, func(t *testing.T) { test(t, newSite(t, s)) })
	}
}

func texts(h bots.History) (all []string) {
	for _, e := range h.Entries {
		all = append(all, e.Text)
	}
	return all
}

func readsRoom(t *testing.T, h *site) {
	e := listen(t, h.connect(t), connectortest.NewState())
	begun(t, e)
	room, anna, ben := h.office(t, e, true)
	ben.SetDisplayName(t, "Ben [Berger]")
	from := time.Now()
	anna.SendText(t, room, "lange her")
	ben.WaitEvent(t, room, anna.SendText(t, room, "zuletzt von mir"))
	old := ben.SendText(t, room, "Die Öffnung entfält.")
	ben.Edit(t, room, old, "Die Öffnung entfällt.")
	gone := ben.SendText(t, room, "Unsinn")
	ben.Redact(t, room, gone, "")
	file := ben.SendFile(t, room, matrixtest.File{Name: "Dienstplan.xlsx", MIME: "application/x", Data: []byte("abc")})
	question := ben.SendText(t, room, "Anna, übernehmen Sie Schalter 3?", matrixtest.SendOptions{Mentions: []string{anna.UserID}})
	reply := ben.SendText(t, room, "Bitte bis Mittwoch.", matrixtest.SendOptions{ReplyTo: question})
	anna.WaitEvent(t, room, reply)
	ask := anna.SendText(t, room, "Amtsbote: was habe ich verpasst?", matrixtest.SendOptions{Mentions: []string{h.bot.UserID}})
	m := e.text(t, "was habe ich verpasst?")
	got, err := e.History(t.Context(), e.state, anna.UserID, room, bots.Span{Own: true, Until: m.Time, Question: ask})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"Die Öffnung entfällt.", "", "Anna, übernehmen Sie Schalter 3?", "Bitte bis Mittwoch."}
	if !slices.Equal(texts(got), want) {
		t.Fatalf("read %q, want %q", texts(got), want)
	}
	f, q, r := got.Entries[1], got.Entries[2], got.Entries[3]
	if f.ID != file || len(f.Files) != 1 || f.Files[0].Name != "Dienstplan.xlsx" {
		t.Errorf("the file: %+v", f)
	}
	if !slices.Equal(q.Mentions, []string{anna.UserID}) || q.Sender != ben.UserID || q.Name != "Ben [Berger]" || q.Bot {
		t.Errorf("the question: %+v", q)
	}
	if want := "https://matrix.to/#/" + room + "/" + question + "?via=localhost"; q.Link != want {
		t.Errorf("the link is %s, want %s", q.Link, want)
	}
	if r.ReplyTo != question || got.Room.Name != "Team Bürgerbüro" || got.Own.IsZero() || !got.From.Equal(got.Own) || got.Cut || got.Joined || got.Closed {
		t.Errorf("got %+v", got)
	}
	if got, err := e.History(t.Context(), e.state, anna.UserID, room, bots.Span{Since: from, Until: m.Time, Question: ask}); err != nil || len(got.Entries) != 6 || got.Entries[0].Text != "lange her" {
		t.Errorf("since an hour: %q, %v", texts(got), err)
	}
}

func readsThread(t *testing.T, h *site) {
	e := listen(t, h.connect(t), connectortest.NewState())
	begun(t, e)
	room, anna, ben := h.office(t, e, true)
	root := anna.SendText(t, room, "Thema")
	ben.WaitEvent(t, room, root)
	ben.SendText(t, room, "außerhalb")
	ben.SendText(t, room, "darin", matrixtest.SendOptions{Thread: root})
	last := ben.SendText(t, room, "auch darin", matrixtest.SendOptions{Thread: root})
	anna.WaitEvent(t, room, last)
	anna.SendText(t, room, "Amtsbote: Stand?", matrixtest.SendOptions{Thread: root, Mentions: []string{h.bot.UserID}})
	m := e.text(t, "Stand?")
	got, err := e.History(t.Context(), e.state, anna.UserID, room, bots.Span{Thread: root, Until: m.Time, Question: m.ID})
	if err != nil || !slices.Equal(texts(got), []string{"Thema", "darin", "auch darin"}) {
		t.Errorf("read %q, %v", texts(got), err)
	}
}

func readsOnlyAllowed(t *testing.T, h *site) {
	e := listen(t, h.connect(t), connectortest.NewState())
	begun(t, e)
	room, anna, ben := h.office(t, e, false)
	anna.SetState(t, room, "m.room.history_visibility", "", map[string]any{"history_visibility": "joined"})
	anna.SendText(t, room, "vor Carla")
	carla := h.person(t, "carla")
	span := bots.Span{Since: time.Now().Add(-time.Hour)}
	span.Until = time.Now().Add(time.Hour)
	if _, err := e.History(t.Context(), e.state, carla.UserID, room, span); !isRefusal(err) {
		t.Errorf("who is not in the room: %v", err)
	}
	anna.Invite(t, room, carla.UserID)
	carla.Join(t, room)
	anna.WaitMember(t, room, carla.UserID, "join")
	anna.SendText(t, room, "mit Carla")
	got, err := e.History(t.Context(), e.state, carla.UserID, room, span)
	if err != nil || !slices.Equal(texts(got), []string{"mit Carla"}) || !got.Joined || !got.Closed {
		t.Errorf("read %q, joined %t, %v", texts(got), got.Joined, err)
	}
	got, err = e.History(t.Context(), e.state, ben.UserID, room, span)
	if err != nil || !slices.Equal(texts(got), []string{"vor Carla", "mit Carla"}) {
		t.Errorf("who was there reads %q, %v", texts(got), err)
	}
	carla.Leave(t, room)
	if _, err := e.History(t.Context(), e.state, carla.UserID, room, span); !isRefusal(err) {
		t.Errorf("who has left the room: %v", err)
	}
}

func listsRooms(t *testing.T, h *site) {
	e := listen(t, h.connect(t), connectortest.NewState())
	begun(t, e)
	_, anna, _ := h.office(t, e, false)
	h.chat(t, e, anna, false)
	anna.SendText(t, h.chat(t, e, anna, false), "angekommen")
	e.text(t, "angekommen")
	carla := h.person(t, "carla")
	all, err := e.Rooms(t.Context(), e.state, anna.UserID)
	if err != nil || len(all) != 1 || all[0].Name != "Team Bürgerbüro" {
		t.Errorf("got %+v, %v", all, err)
	}
	if all, err := e.Rooms(t.Context(), e.state, carla.UserID); err != nil || len(all) != 0 {
		t.Errorf("who is in none: %+v, %v", all, err)
	}
}

func readsLong(t *testing.T, h *site) {
	e := listen(t, h.connect(t), connectortest.NewState())
	begun(t, e)
	room, anna, ben := h.office(t, e, true)
	var want []string
	for i := range 300 {
		want = append(want, fmt.Sprintf("Nachricht %d", i))
		ben.SendText(t, room, want[i])
	}
	// Once the bot has read the last message it has all keys, also the newest.
	ben.SendText(t, room, "Amtsbote: fertig", matrixtest.SendOptions{Mentions: []string{h.bot.UserID}})
	m := e.text(t, "fertig")
	var read []int
	got, err := e.History(t.Context(), e.state, anna.UserID, room, bots.Span{Own: true, Until: m.Time, Question: m.ID, Tell: func(n int) { read = append(read, n) }})
	if err != nil || !slices.Equal(texts(got), want) {
		t.Errorf("read %d of 300, %v", len(got.Entries), err)
	}
	if len(read) < 2 {
		t.Errorf("told %v: one page is no test", read)
	}
	if s := strings.Join(texts(got), "\n"); strings.Contains(s, "Locked") {
		t.Error("locked")
	}
}
