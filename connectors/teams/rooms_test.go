package teams

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"amtsbote/bots"
)

// TestNoteRoom keeps where a room is and what it is called, and writes only changes.
func TestNoteRoom(t *testing.T) {
	a := newArchive(t)
	v := a.cloud.Channel("Bürgerbüro", "Dienstplan", a.anna)
	note := func(change func(act, data map[string]any)) roomInfo {
		t.Helper()
		act := v.Activity(a.anna, "message", "")
		act["text"] = "GEHEIM"
		data := act["channelData"].(map[string]any)
		if change != nil {
			change(act, data)
		}
		if err := a.noteRoom(t.Context(), a.state, heard(t, act)); err != nil {
			t.Fatal(err)
		}
		var info roomInfo
		if _, err := getRecord(t.Context(), a.state, keyRoom+v.ID, &info); err != nil {
			t.Fatal(err)
		}
		return info
	}
	info := note(nil)
	if info.title() != "Bürgerbüro › Dienstplan" || info.Group != v.Team.GroupID || info.Conversation != v.ID || info.Service != a.cloud.Service() || info.Tenant == "" || info.Bot == "" || info.Type != channel {
		t.Errorf("noted %+v", info)
	}
	writes := a.state.Puts
	same := note(func(_, data map[string]any) { // as messages often are
		data["team"], data["channel"] = map[string]any{"id": v.Team.ID}, map[string]any{"id": v.ID}
	})
	if same != info || a.state.Puts != writes {
		t.Errorf("%d writes, now %+v", a.state.Puts-writes, same)
	}
	if got := note(func(_, data map[string]any) {
		data["channel"] = map[string]any{"id": v.ID, "name": "Dienst\u202eplan\n2"}
	}); got.Name != "Dienstplan 2" {
		t.Errorf("renamed: %+v", got)
	}
	_ = a.state.Each(t.Context(), "", func(key string, value []byte) error {
		if strings.Contains(string(value), "GEHEIM") {
			t.Errorf("%s holds what was written", key)
		}
		return nil
	})

	// Of a rename, of an event in the team's first channel, and of the bot's removal.
	other := a.cloud.Channel("Bürgerbüro", "Leitung", a.anna)
	a.know(t, other)
	if got := note(func(_, data map[string]any) {
		data["eventType"], data["team"] = "teamRenamed", map[string]any{"id": v.Team.ID, "aadGroupId": v.Team.GroupID, "name": "Bürgeramt"}
	}); got.Team != "Bürgeramt" {
		t.Errorf("renamed: %+v", got)
	}
	rooms, err := a.Rooms(t.Context(), a.state, strings.ToUpper(a.anna.UPN))
	want := []string{"Bürgeramt › Dienstplan", "Bürgeramt › Leitung"}
	if names := roomNames(rooms); err != nil || !slices.Equal(names, want) {
		t.Errorf("rooms %q, %v", names, err)
	}
	note(func(act, data map[string]any) {
		act["type"], act["membersRemoved"] = "conversationUpdate", []any{map[string]any{"id": a.anna.ID}}
	})
	if rooms, _ := a.Rooms(t.Context(), a.state, a.anna.UPN); len(rooms) != 2 {
		t.Errorf("a person left, and the rooms are %v", rooms)
	}
	note(func(act, data map[string]any) { // from one channel only
		act["type"], act["membersRemoved"] = "conversationUpdate", []any{act["recipient"]}
	})
	if rooms, _ := a.Rooms(t.Context(), a.state, a.anna.UPN); len(rooms) != 1 || rooms[0].ID != other.ID {
		t.Errorf("the bot left a channel, and the rooms are %v", rooms)
	}
	note(func(act, data map[string]any) { // from the team
		act["type"], act["membersRemoved"], data["channel"] = "conversationUpdate", []any{act["recipient"]}, map[string]any{"id": v.Team.ID}
	})
	if rooms, _ := a.Rooms(t.Context(), a.state, a.anna.UPN); len(rooms) != 0 {
		t.Errorf("the bot left the team, and the rooms are %v", rooms)
	}
}

// TestNoteOthers keeps group chats, the first channel of a team, and no direct chats.
func TestNoteOthers(t *testing.T) {
	a := newArchive(t)
	direct := a.cloud.Personal(a.anna)
	a.know(t, direct)
	if a.state.Puts != 3 { // the people
		t.Errorf("a direct chat is kept as a room")
	}
	g := a.cloud.Group("Umzug", a.anna, a.ben, a.cara)
	a.know(t, g)
	v := a.cloud.Channel("Amt", "", a.anna)
	act := v.Activity(a.anna, "conversationUpdate", "")
	act["conversation"].(map[string]any)["id"] = v.Team.ID
	act["channelData"].(map[string]any)["channel"] = map[string]any{"id": v.Team.ID}
	if err := a.noteRoom(t.Context(), a.state, heard(t, act)); err != nil {
		t.Fatal(err)
	}
	var info roomInfo
	if ok, err := getRecord(t.Context(), a.state, keyRoom+v.Team.ID, &info); !ok || err != nil || info.title() != "Amt › Allgemein" {
		t.Errorf("noted %+v, %v", info, err)
	}
	rooms, err := a.Rooms(t.Context(), a.state, a.anna.UPN)
	if names := roomNames(rooms); err != nil || !slices.Equal(names, []string{"Ben Berger, Cara Yıldız"}) {
		t.Errorf("rooms %q, %v", names, err)
	}
	act = g.Activity(a.anna, "message", "")
	act["conversation"].(map[string]any)["name"] = "Umzug ins Rathaus"
	if err := a.noteRoom(t.Context(), a.state, heard(t, act)); err != nil {
		t.Fatal(err)
	}
	a.know(t, g) // without the name
	if rooms, err := a.Rooms(t.Context(), a.state, a.anna.UPN); err != nil || len(rooms) != 1 || rooms[0].Name != "Umzug ins Rathaus" {
		t.Errorf("rooms %v, %v", rooms, err)
	}
	if rooms, err := a.Rooms(t.Context(), a.state, "niemand@stadt.example"); err != nil || len(rooms) != 0 {
		t.Errorf("nobody's rooms: %v, %v", rooms, err)
	}
}

// TestRoomsOutage says that the rosters cannot be asked: a list without some of the
// rooms would be wrong.
func TestRoomsOutage(t *testing.T) {
	a := newArchive(t)
	for i := range 30 {
		a.know(t, a.cloud.Channel("Amt", fmt.Sprint(i), a.anna))
	}
	if rooms, err := a.Rooms(t.Context(), a.state, a.anna.UPN); err != nil || len(rooms) != 30 {
		t.Fatalf("%d rooms, %v", len(rooms), err)
	}
	a.cloud.Hook(func(w http.ResponseWriter, r *http.Request) bool {
		w.WriteHeader(http.StatusInternalServerError)
		return true
	})
	if rooms, err := a.Rooms(t.Context(), a.state, a.anna.UPN); err == nil || len(rooms) > 0 {
		t.Errorf("%d rooms, error %v", len(rooms), err)
	}
	_, err := a.History(t.Context(), a.state, a.anna.UPN, a.cloud.Channel("Amt", "1").ID, bots.Span{})
	if _, refused := errors.AsType[*bots.Refusal](err); err == nil || refused {
		t.Errorf("the history: %v", err)
	}
}

func TestChatName(t *testing.T) {
	members := []chatMember{{UserID: "1", DisplayName: "Ich"}, {UserID: "2", DisplayName: "Dora"}, {UserID: "3", DisplayName: "Anna"}, {UserID: "4", DisplayName: ""}, {UserID: "5", DisplayName: "Ben"}, {UserID: "6", DisplayName: "Cem"}}
	if got := chatName(members, "1"); got != "Anna, Ben, Cem, +1" {
		t.Errorf("got %q", got)
	}
	if got := chatName(members[:1], "1"); got != "Gruppenchat" {
		t.Errorf("got %q", got)
	}
}

func roomNames(rooms []bots.Room) (names []string) {
	for _, r := range rooms {
		names = append(names, r.Name)
	}
	slices.Sort(names)
	return names
}
