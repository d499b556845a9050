package teams

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/infracloudio/msbotbuilder-go/schema"

	"amtsbote/bots"
	"amtsbote/connectors/teams/teamstest"
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
	asked := len(a.cloud.Requests())
	if same := note(nil); same != info || a.state.Puts != writes || len(a.cloud.Requests()) != asked {
		t.Errorf("%d writes, %d requests, now %+v", a.state.Puts-writes, len(a.cloud.Requests())-asked, same)
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
	want := []string{"Bürgeramt › Dienstplan 2", "Bürgeramt › Leitung"}
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
		data["team"] = map[string]any{"id": v.Team.ID, "aadGroupId": v.Team.GroupID}
	})
	if rooms, _ := a.Rooms(t.Context(), a.state, a.anna.UPN); len(rooms) != 1 || rooms[0].ID != other.ID {
		t.Errorf("the bot left a channel, and the rooms are %v", rooms)
	}
	note(func(act, data map[string]any) { // from the team
		act["type"], act["membersRemoved"], data["channel"] = "conversationUpdate", []any{act["recipient"]}, map[string]any{"id": v.Team.ID}
		data["team"] = map[string]any{"id": v.Team.ID, "aadGroupId": v.Team.GroupID}
	})
	if rooms, _ := a.Rooms(t.Context(), a.state, a.anna.UPN); len(rooms) != 0 {
		t.Errorf("the bot left the team, and the rooms are %v", rooms)
	}
}

// TestLearn asks Bot Connector for what messages do not say, again if that fails, and
// not at all where nobody reads it.
func TestLearn(t *testing.T) {
	a := newArchive(t)
	v := a.cloud.Channel("Bauamt", "Baustellen", a.anna)
	known := func() (info roomInfo) {
		a.know(t, v)
		if _, err := getRecord(t.Context(), a.state, keyRoom+v.ID, &info); err != nil {
			t.Fatal(err)
		}
		return info
	}
	a.cfg.Graph = false
	if info := known(); info.Group != "" || info.title() != "" || len(a.cloud.Requests()) > 0 {
		t.Errorf("without Graph: %+v after %d requests", info, len(a.cloud.Requests()))
	}
	a.cfg.Graph = true
	for _, body := range []string{"", "[]", `{"name":5}`} {
		a.cloud.Hook(func(w http.ResponseWriter, _ *http.Request) bool {
			if body == "" {
				w.WriteHeader(http.StatusNotFound)
			}
			fmt.Fprint(w, body)
			return true
		})
		if info := known(); info.Group != "" || info.Conversation != v.ID {
			t.Errorf("the answer %q: %+v", body, info)
		}
	}
	a.cloud.Hook(nil)
	a.refusal(t, a.anna, v.ID, bots.Span{}, textNoTeam)
	a.cloud.Hook(func(w http.ResponseWriter, r *http.Request) bool {
		if strings.HasSuffix(r.URL.Path, "/conversations") {
			w.WriteHeader(http.StatusInternalServerError)
			return true
		}
		return false
	})
	if info := known(); info.Group != v.Team.GroupID || info.title() != "Bauamt" {
		t.Errorf("without the channels: %+v", info)
	}
	a.cloud.Hook(nil)
	if info := known(); info.title() != "Bauamt › Baustellen" {
		t.Errorf("at last: %+v", info)
	}
}

// TestNoteOthers keeps group chats, the first channel of a team, and no direct chats.
func TestNoteOthers(t *testing.T) {
	a := newArchive(t)
	direct, before := a.cloud.Personal(a.anna), a.state.Puts
	a.know(t, direct)
	if a.state.Puts != before {
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

// TestRoomEnds: what was deleted, or what the app was taken out of, is not a room any
// more, and what is kept of a room is written anew where it cannot be read.
func TestRoomEnds(t *testing.T) {
	cloud := teamstest.Start(t)
	d := open(t, cloud, config(cloud))
	jana := cloud.Person("Jana Kaya", "jana.kaya@stadt.example")
	one, two, group := cloud.Channel("Bauamt", "Eins", jana), cloud.Channel("Bauamt", "Zwei", jana), cloud.Group("Umzug", jana)
	general := one.Team.ID
	ole := cloud.Person("Ole Weiß", "ole.weiss@stadt.example")
	rooms := func() string {
		var all []string
		if err := eachRoom(t.Context(), d.state, func(_ string, info roomInfo) { all = append(all, info.Name) }); err != nil {
			t.Fatal(err)
		}
		slices.Sort(all)
		return strings.Join(all, " ")
	}
	want := func(what, names string) {
		t.Helper()
		until(t, "nothing to wait", func() bool { return waits(t, d.state) == 0 })
		if got := rooms(); got != names {
			t.Errorf("%s: got %q, want %q", what, got, names)
		}
	}
	const instant = "2026-11-28T12:00:00Z"
	event := func(kind string, v *teamstest.Conversation, name string) {
		t.Helper()
		a := v.Activity(ole, "conversationUpdate", "")
		delete(a, "id")
		a["timestamp"] = instant
		a["conversation"] = map[string]any{"id": general, "conversationType": "channel", "tenantId": teamstest.Tenant}
		data := a["channelData"].(map[string]any)
		data["eventType"], data["channel"].(map[string]any)["name"] = kind, name
		post(t, cloud, a)
	}
	all := func() {
		t.Helper()
		for _, v := range []*teamstest.Conversation{one, two, group} {
			data := map[string]any{"tenant": map[string]any{"id": teamstest.Tenant}}
			if v.Team != nil { // some clients say it with a message, too
				data["team"] = map[string]any{"id": v.Team.ID, "aadGroupId": v.Team.GroupID, "name": v.Team.Name}
				data["channel"] = map[string]any{"id": v.ID, "name": v.Name}
			}
			d.post(t, v, jana, "<at>Amtsbote</at> hallo", "conversation", map[string]any{"id": v.ID, "conversationType": v.Type, "name": v.Name}, "channelData", data)
		}
	}
	if err := d.state.Put(t.Context(), map[string][]byte{keyRoom + group.ID: []byte("{")}, 0); err != nil {
		t.Fatal(err)
	}
	all()
	want("all", "Eins Umzug Zwei")
	event("channelRenamed", one, "Uno")
	event("channelRenamed", two, "Due")
	want("renamed", "Due Umzug Uno")
	other := cloud.Channel("Hochbau", "Drei", jana)
	d.post(t, other, jana, "<at>Amtsbote</at> hallo", "channelData", map[string]any{"tenant": map[string]any{"id": teamstest.Tenant},
		"team": map[string]any{"id": other.Team.ID, "aadGroupId": other.Team.GroupID, "name": other.Team.Name}, "channel": map[string]any{"id": other.ID, "name": other.Name}})
	event("teamRenamed", one, "Uno")
	until(t, "nothing to wait", func() bool { return waits(t, d.state) == 0 })
	var drei roomInfo
	if _, err := getRecord(t.Context(), d.state, keyRoom+other.ID, &drei); err != nil || drei.Team != "Hochbau" {
		t.Errorf("another team was renamed: %+v, %v", drei, err)
	}
	if err := d.state.Put(t.Context(), map[string][]byte{keyRoom + other.ID: nil}, 0); err != nil {
		t.Fatal(err)
	}
	event("channelDeleted", one, "Uno")
	want("a channel is deleted", "Due Umzug")
	event("teamDeleted", two, "Due")
	want("the team is deleted", "Umzug")
	all()
	want("all again", "Eins Umzug Zwei")
	a := group.Activity(jana, "installationUpdate", "")
	a["action"] = "remove"
	post(t, cloud, a)
	want("the app is taken out of a group chat", "Eins Zwei")
	a = one.Activity(jana, "installationUpdate", "")
	a["action"], a["conversation"] = "remove", map[string]any{"id": general, "conversationType": "channel"}
	delete(a["channelData"].(map[string]any), "channel")
	post(t, cloud, a)
	want("the app is taken out of the team", "")
	for _, m := range d.accepted() {
		if m.Kind == kindRoom {
			t.Errorf("the core was told of %+v", m)
		}
	}
	for _, r := range cloud.Requests() {
		if strings.HasSuffix(r.Path, ole.ID) {
			t.Error("who has done something to a room was looked up")
		}
	}
}

// TestRoomEventIDs: two events are never taken for one.
func TestRoomEventIDs(t *testing.T) {
	c := New(Config{AppID: teamstest.AppID, Tenant: teamstest.Tenant}, nil)
	seen := map[string]bool{}
	for _, id := range []string{"", "f:1"} {
		for _, at := range []string{"2026-11-28T12:00:00Z", "2026-11-28T12:00:01Z"} {
			for _, kind := range []string{"channelRenamed", "channelRestored"} {
				for _, ch := range []string{"19:a", "19:b"} {
					a := &activity{Type: "conversationUpdate", ID: id, Timestamp: at, From: schema.ChannelAccount{ID: "29:1"}, Recipient: schema.ChannelAccount{ID: "28:b"},
						Conversation: schema.ConversationAccount{ID: "19:g", ConversationType: channel}, ChannelData: encode(map[string]any{"eventType": kind, "channel": map[string]any{"id": ch}})}
					for _, w := range c.messages(a) {
						seen[w.Message.ID] = true
					}
				}
			}
		}
	}
	if len(seen) != 16 {
		t.Errorf("%d IDs of 16 events", len(seen))
	}
}

// TestRoomsOfOldHosts: a room at an address that is not listed any more hides no
// other, and is not asked for.
func TestRoomsOfOldHosts(t *testing.T) {
	a := newArchive(t)
	v := a.channel(t, a.anna)
	a.put(t, keyRoom+"19:old", roomInfo{Name: "Alt", Type: channel, Service: "https://evil.example/", Conversation: "19:old", Group: "g"})
	rooms, err := a.Rooms(t.Context(), a.state, "anna.petersen@stadt.example")
	if err != nil || len(rooms) != 1 || rooms[0].ID != v.ID {
		t.Errorf("got %v, %v", rooms, err)
	}
}

// TestRoomsLookedUp: while a channel's name is looked up nobody in other rooms waits.
func TestRoomsLookedUp(t *testing.T) {
	cloud := teamstest.Start(t)
	cfg := config(cloud)
	cfg.Graph = true
	d := open(t, cloud, cfg)
	jana := cloud.Person("Jana Kaya", "jana.kaya@stadt.example")
	channel, other, chat := cloud.Channel("Bauamt", "Eins", jana), cloud.Group("Umzug", jana), cloud.Personal(jana)
	asked, answer := make(chan struct{}), make(chan struct{})
	var once sync.Once
	cloud.Hook(func(_ http.ResponseWriter, r *http.Request) bool {
		if strings.Contains(r.URL.Path, "/v3/teams/") {
			once.Do(func() { close(asked) })
			<-answer
		}
		return false
	})
	release := sync.OnceFunc(func() { close(answer) })
	t.Cleanup(release)
	d.post(t, channel, jana, "<at>Amtsbote</at> langsam")
	<-asked
	d.post(t, chat, jana, "direkt")
	d.message(t, 0)
	d.post(t, other, jana, "<at>Amtsbote</at> Gruppe")
	d.message(t, 1)
	for _, m := range d.accepted() {
		if m.Text == "langsam" {
			t.Error("the channel's message did not wait: the test shows nothing")
		}
	}
	release()
	if m := d.message(t, 2); m.Text != "langsam" {
		t.Errorf("got %+v", m)
	}
	var info roomInfo
	if _, err := getRecord(t.Context(), d.state, keyRoom+channel.ID, &info); err != nil || info.title() != "Bauamt › Eins" {
		t.Errorf("got %+v, %v", info, err)
	}
}
