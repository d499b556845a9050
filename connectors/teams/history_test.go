package teams

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"amtsbote/bots"
	"amtsbote/connectors/connectortest"
	"amtsbote/connectors/teams/teamstest"
)

// An archive is a cloud whose conversations are read for people.
type archive struct {
	*Connector
	cloud           *teamstest.Cloud
	state           *connectortest.State
	log             bytes.Buffer
	paused          []time.Duration
	anna, ben, cara *teamstest.Person
}

func newArchive(t *testing.T) *archive {
	t.Helper()
	cloud := teamstest.Start(t)
	a := &archive{cloud: cloud, state: connectortest.NewState()}
	cfg := Config{AppID: teamstest.AppID, Tenant: teamstest.Tenant, Secret: bots.NewSecret(teamstest.Secret), Cloud: "custom", Graph: true,
		Endpoints: Endpoints{Login: cloud.Login(), Metadata: cloud.Metadata(), Issuer: teamstest.Issuer, Scope: teamstest.Scope, Graph: cloud.URL + "/graph"}}
	if err := cfg.Validate(); err != nil {
		t.Fatal(err)
	}
	a.Connector = New(cfg, slog.New(slog.NewTextHandler(&a.log, nil)))
	a.graph.wait = func(ctx context.Context, d time.Duration) error {
		a.paused = append(a.paused, d)
		return ctx.Err()
	}
	a.anna, a.ben, a.cara = cloud.Person("Anna Petersen", "anna.petersen@stadt.example"), cloud.Person("Ben Berger", "ben@stadt.example"), cloud.Person("Cara Yıldız", "cara@stadt.example")
	for _, p := range []*teamstest.Person{a.anna, a.ben, a.cara} {
		key, err := a.personKey(t.Context(), a.state, p.UPN)
		if err != nil {
			t.Fatal(err)
		}
		a.put(t, key, account{p.ObjectID, p.ID})
	}
	return a
}

func (a *archive) put(t *testing.T, key string, v any) {
	t.Helper()
	if err := a.state.Put(t.Context(), map[string][]byte{key: encode(v)}, 0); err != nil {
		t.Fatal(err)
	}
}

// know has the connector see an activity from a conversation.
func (a *archive) know(t *testing.T, v *teamstest.Conversation) {
	t.Helper()
	if err := a.noteRoom(t.Context(), a.state, heard(t, v.Activity(a.anna, "message", ""))); err != nil {
		t.Fatal(err)
	}
}

// heard decodes an activity as it comes in.
func heard(t testing.TB, a map[string]any) *activity {
	t.Helper()
	got, err := decode(bytes.NewReader(encode(a)))
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func (a *archive) channel(t *testing.T, members ...*teamstest.Person) *teamstest.Conversation {
	t.Helper()
	v := a.cloud.Channel("Bürgerbüro", "Dienstplan", members...)
	a.know(t, v)
	return v
}

func (a *archive) group(t *testing.T, members ...*teamstest.Person) *teamstest.Conversation {
	t.Helper()
	v := a.cloud.Group("Umzug", members...)
	a.know(t, v)
	return v
}

func (a *archive) read(t *testing.T, p *teamstest.Person, v *teamstest.Conversation, span bots.Span) bots.History {
	t.Helper()
	h, err := a.History(t.Context(), a.state, p.UPN, v.ID, span)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// refusal reads what must be refused.
func (a *archive) refusal(t *testing.T, p *teamstest.Person, room string, span bots.Span, want bots.Text) {
	t.Helper()
	h, err := a.History(t.Context(), a.state, p.UPN, room, span)
	if r, ok := errors.AsType[*bots.Refusal](err); !ok || r.Text != want {
		t.Errorf("read %d messages, error %v, want a refusal that says %q", len(h.Entries), err, want.DE)
	}
	if len(h.Entries) > 0 {
		t.Errorf("%d messages came with a refusal", len(h.Entries))
	}
}

// clean ends a test whose requests were all as Microsoft wants them.
func (a *archive) clean(t *testing.T) {
	t.Helper()
	if r := a.cloud.Refusals(); len(r) > 0 {
		t.Errorf("refused: %q", r)
	}
}

func textsIn(h bots.History) (all []string) {
	for _, e := range h.Entries {
		all = append(all, e.Text)
	}
	return all
}

func expect(t *testing.T, h bots.History, want ...string) {
	t.Helper()
	if got := textsIn(h); !slices.Equal(got, want) {
		t.Errorf("read %q, want %q", got, want)
	}
}

// ago returns a moment some minutes before now, in whole milliseconds.
func ago(minutes int) time.Time {
	return time.Now().Add(-time.Duration(minutes) * time.Minute).UTC().Truncate(time.Millisecond)
}

// TestChannelHistory reads a channel as it stands now, across its threads.
func TestChannelHistory(t *testing.T) {
	a := newArchive(t)
	v := a.channel(t, a.anna, a.ben)
	a.cloud.GraphPages(2)
	old := v.History(teamstest.Past{By: a.ben, At: ago(5000), Text: "<p>ein alter Faden</p>"})[0]
	ids := v.History(
		teamstest.Past{By: a.ben, At: ago(4000), Text: "von gestern"},
		teamstest.Past{By: a.ben, At: ago(3900), Changed: ago(3), Text: "von gestern, heute geändert"},
		teamstest.Past{By: a.ben, At: ago(60), Text: `Die Öffnung <b>entfällt</b>.`, Subject: "Freitag"},
		teamstest.Past{By: a.cara, At: ago(50), Thread: old, Text: "eine neue Antwort auf Altes"},
		teamstest.Past{By: a.ben, At: ago(45), Text: "gelöscht", Deleted: true},
		teamstest.Past{At: ago(44), System: true},
		teamstest.Past{App: "0000-app", At: ago(43), Text: "Wetterbericht"},
		teamstest.Past{By: a.ben, At: ago(40), Text: `<at id="0">Anna Petersen</at>, übernehmen Sie?`, To: []*teamstest.Person{a.anna}},
		teamstest.Past{By: a.ben, At: ago(30), Text: "an alle", ToAll: true},
		teamstest.Past{By: a.anna, At: ago(-10), Text: "später als die Frage"},
	)
	for i := range 5 { // more replies than a page of threads has room for
		v.History(teamstest.Past{By: a.ben, At: ago(20 - i), Thread: old, Text: fmt.Sprint("Antwort ", i)})
	}
	ask := v.History(teamstest.Past{By: a.anna, At: ago(1), Text: "was habe ich verpasst?"})[0]
	h := a.read(t, a.anna, v, bots.Span{Since: ago(100), Until: ago(0), Question: messageID(v.ID, ask)})
	expect(t, h, "Freitag\nDie Öffnung entfällt.", "eine neue Antwort auf Altes", "Wetterbericht", "Anna Petersen, übernehmen Sie?", "an alle",
		"Antwort 0", "Antwort 1", "Antwort 2", "Antwort 3", "Antwort 4")
	if h.Cut || h.Joined || h.Closed || h.Room.Name != "Bürgerbüro › Dienstplan" || h.Room.ID != v.ID || h.Self != "Anna Petersen" {
		t.Errorf("got %+v", h)
	}
	if len(h.Entries) != 10 {
		t.FailNow()
	}
	first, answer, app, question, all := h.Entries[0], h.Entries[1], h.Entries[2], h.Entries[3], h.Entries[4]
	if first.ID != messageID(v.ID, ids[2]) || first.Thread != "" || first.Sender != a.ben.ObjectID || first.Name != "Ben Berger" || first.Bot || !first.Time.Equal(ago(60).Truncate(time.Minute)) && time.Since(first.Time).Round(time.Minute) != time.Hour {
		t.Errorf("the first: %+v", first)
	}
	if answer.Thread != messageID(v.ID, old) {
		t.Errorf("the answer: %+v", answer)
	}
	if !app.Bot || question.Bot {
		t.Errorf("the app: %+v", app)
	}
	if !slices.Equal(question.Mentions, []string{a.anna.UPN}) || question.Everyone || !all.Everyone {
		t.Errorf("the mentions: %+v, %+v", question, all)
	}
	if want := "/" + ids[3] + "?"; !strings.HasPrefix(answer.Link, "https://teams.microsoft.com/l/message/19") || !strings.Contains(answer.Link, want) || !strings.Contains(answer.Link, "parentMessageId="+old) {
		t.Errorf("the link is %s", answer.Link)
	}
	a.clean(t)
}

// TestOddMessages reads messages that come twice, answer themselves, or are of
// another channel.
func TestOddMessages(t *testing.T) {
	a := newArchive(t)
	v := a.channel(t, a.anna)
	twice := teamstest.Past{ID: fmt.Sprint(ago(9).UnixMilli()), By: a.anna, At: ago(9), Text: "zweimal"}
	v.History(twice, twice,
		teamstest.Past{ID: "1700000000001", By: a.anna, At: ago(8), Text: "an sich", Raw: map[string]any{"replyToId": "1700000000001"}},
		teamstest.Past{By: a.anna, At: ago(7), Text: "fremd", Raw: map[string]any{"channelIdentity": map[string]any{"channelId": "19:fremd"}}},
		teamstest.Past{At: ago(6), Text: "von niemandem"},
		teamstest.Past{By: a.anna, At: ago(5), Text: "weiter", Raw: map[string]any{"attachments": []any{map[string]any{"contentType": "forwardedMessageReference", "content": `{"originalMessageContent":"<p>das Original</p>"}`}}}})
	h := a.read(t, a.anna, v, bots.Span{})
	expect(t, h, "zweimal", "an sich", "von niemandem", "weiter\ndas Original")
	for _, e := range h.Entries {
		if e.Thread != "" {
			t.Errorf("%q is in a thread", e.Text)
		}
	}
}

// TestOwn begins after what the person wrote last.
func TestOwn(t *testing.T) {
	for _, where := range []string{"channel", "group"} {
		t.Run(where, func(t *testing.T) {
			a := newArchive(t)
			v := a.group(t, a.anna, a.ben)
			if where == "channel" {
				v = a.channel(t, a.anna, a.ben)
			}
			v.History(
				teamstest.Past{By: a.anna, At: ago(90), Text: "früher"},
				teamstest.Past{By: a.ben, At: ago(80), Text: "davor"},
				teamstest.Past{By: a.anna, At: ago(70), Text: "zuletzt von mir"},
				teamstest.Past{By: a.ben, At: ago(60), Text: "danach"},
				teamstest.Past{By: a.anna, At: ago(50), Text: "von mir gelöscht", Deleted: true},
				teamstest.Past{By: a.ben, At: ago(40), Text: "noch etwas"})
			ask := v.History(teamstest.Past{By: a.anna, At: ago(30), Text: "Frage"})[0]
			v.History(teamstest.Past{By: a.anna, At: ago(20), Text: "nach der Frage"})
			h := a.read(t, a.anna, v, bots.Span{Own: true, Until: ago(30), Question: messageID(v.ID, ask)})
			expect(t, h, "danach", "noch etwas")
			if h.Own.IsZero() || !h.From.Equal(h.Own) || time.Since(h.Own).Round(time.Minute) != 70*time.Minute {
				t.Errorf("own %v, from %v", h.Own, h.From)
			}
			h = a.read(t, a.anna, v, bots.Span{Own: true, Since: ago(65), Until: ago(30), Question: messageID(v.ID, ask)})
			expect(t, h, "danach", "noch etwas")
			if !h.Own.IsZero() {
				t.Errorf("own %v, which was before what was asked for", h.Own)
			}
			a.clean(t)
		})
	}
}

// TestThread reads one thread from its beginning, however old that is. The thread is
// what Message.Thread is: Graph's ID, or that of the entry.
func TestThread(t *testing.T) {
	a := newArchive(t)
	a.cloud.GraphPages(3)
	v := a.channel(t, a.anna, a.ben)
	root := v.History(teamstest.Past{By: a.ben, At: ago(100000), Text: "der Anfang"})[0]
	for i := range 10 {
		v.History(teamstest.Past{By: a.ben, At: ago(90000 - i), Thread: root, Text: fmt.Sprint("Antwort ", i)},
			teamstest.Past{By: a.ben, At: ago(80000 - i), Text: "anderswo"})
	}
	ask := v.History(teamstest.Past{By: a.anna, At: ago(1), Thread: root, Text: "Worum geht es?"})[0]
	for _, thread := range []string{root, messageID(v.ID, root)} {
		h := a.read(t, a.anna, v, bots.Span{Thread: thread, Since: ago(5), Until: ago(1), Question: messageID(v.ID, ask)})
		if got := textsIn(h); len(got) != 11 || got[0] != "der Anfang" || got[10] != "Antwort 9" {
			t.Errorf("read %q", got)
		}
		if len(h.Entries) > 0 && (h.Entries[0].Thread != "" || h.Entries[1].Thread != h.Entries[0].ID || !h.From.Equal(h.Entries[0].Time)) || h.Cut {
			t.Errorf("from %v, cut %v, %+v", h.From, h.Cut, h.Entries[:2])
		}
	}
	a.clean(t)
	a.cloud.GraphHook(func(w http.ResponseWriter, r *http.Request) bool { // a reply is no thread
		if strings.HasSuffix(r.URL.Path, "/messages/17") {
			fmt.Fprintf(w, `{"id":"17","replyToId":%q,"messageType":"message"}`, root)
		} else if strings.HasSuffix(r.URL.Path, "/messages/18") {
			fmt.Fprint(w, `{"id":"19","messageType":"message"}`)
		} else {
			return false
		}
		return true
	})
	for _, thread := range []string{"17", "18", "1", "../x", v.ID + "/", a.anna.ID, ask} {
		a.refusal(t, a.anna, v.ID, bots.Span{Thread: thread}, textNoThread)
	}
}

// TestGroupHistory reads a group chat, but nothing from before it was shown to the
// person.
func TestGroupHistory(t *testing.T) {
	a := newArchive(t)
	a.cloud.GraphPages(2)
	v := a.group(t, a.anna, a.ben, a.cara)
	v.SharedSince(a.cara, ago(50))
	ids := v.History(
		teamstest.Past{By: a.anna, At: ago(50000), Text: "uralt"},
		teamstest.Past{By: a.ben, At: ago(60), Changed: ago(2), Text: "vor Cara", Raw: map[string]any{}},
		teamstest.Past{By: a.ben, At: ago(40), Text: "für alle"},
		teamstest.Past{By: a.anna, At: ago(30), Text: "ja", Quotes: "1"})
	v.Change(ids[3], func(m *teamstest.Past) { m.Quotes = ids[2] })
	h := a.read(t, a.ben, v, bots.Span{})
	expect(t, h, "vor Cara", "für alle", "ja")
	if !h.Closed || h.Joined || h.Cut || h.Room.Name != "Anna Petersen, Cara Yıldız" {
		t.Errorf("got %+v", h)
	}
	if e := h.Entries[2]; e.ReplyTo != messageID(v.ID, ids[2]) || e.Thread != "" || !strings.Contains(e.Link, "context=%7B%22contextType%22%3A%22chat%22%7D") {
		t.Errorf("the answer: %+v", e)
	}
	if h := a.read(t, a.cara, v, bots.Span{}); time.Since(h.From).Round(time.Minute) != 50*time.Minute {
		t.Errorf("it begins %v", h.From)
	}
	for _, span := range []bots.Span{{}, {Thread: ids[1]}, {Thread: messageID(v.ID, ids[1])}, {Since: ago(70)}, {Own: true}} {
		h := a.read(t, a.cara, v, span)
		if slices.Contains(textsIn(h), "vor Cara") || !h.Joined {
			t.Errorf("%+v: Cara reads %q, joined %v", span, textsIn(h), h.Joined)
		}
	}
	expect(t, a.read(t, a.cara, v, bots.Span{}), "für alle", "ja")
	if h := a.read(t, a.cara, v, bots.Span{Since: ago(45)}); h.Joined || len(h.Entries) != 2 {
		t.Errorf("since Cara came: %+v", h)
	}
	a.clean(t)
}

// TestChatStartUnknown shows nothing to a member of whom Graph does not say since
// when they may read.
func TestChatStartUnknown(t *testing.T) {
	a := newArchive(t)
	v := a.group(t, a.anna, a.ben)
	v.History(teamstest.Past{By: a.ben, At: ago(10), Text: "vertraulich"})
	a.cloud.GraphHook(func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.HasSuffix(r.URL.Path, "/members") {
			return false
		}
		fmt.Fprintf(w, `{"value":[{"userId":%q,"displayName":"Anna","visibleHistoryStartDateTime":null}]}`, strings.ToUpper(a.anna.ObjectID))
		return true
	})
	if h := a.read(t, a.anna, v, bots.Span{}); len(h.Entries) != 0 || !h.Joined {
		t.Errorf("read %q, joined %v", textsIn(h), h.Joined)
	}
	a.cloud.GraphHook(func(w http.ResponseWriter, r *http.Request) bool {
		fmt.Fprint(w, `{"value":[]}`)
		return strings.HasSuffix(r.URL.Path, "/members")
	})
	a.refusal(t, a.anna, v.ID, bots.Span{}, textNotIn)
}

// TestMayNot reads nothing for whom it is not.
func TestMayNot(t *testing.T) {
	a := newArchive(t)
	v, g := a.channel(t, a.anna, a.ben), a.group(t, a.anna, a.ben)
	v.History(teamstest.Past{By: a.ben, At: ago(10), Text: "geheim"})
	g.History(teamstest.Past{By: a.ben, At: ago(10), Text: "geheim"})
	for _, room := range []*teamstest.Conversation{v, g} {
		a.refusal(t, a.cara, room.ID, bots.Span{}, textNotIn)
		a.refusal(t, &teamstest.Person{UPN: "fremd@stadt.example"}, room.ID, bots.Span{}, textNotIn)
		if n := len(a.cloud.GraphRequests()); n > 0 {
			t.Errorf("Graph was asked %d times for somebody who is not in the room", n)
		}
	}
	a.refusal(t, a.anna, "19:unbekannt@thread.tacv2", bots.Span{}, textNotIn)
	if rooms, err := a.Rooms(t.Context(), a.state, a.anna.UPN); err != nil || len(rooms) != 2 {
		t.Fatalf("rooms %v, %v", rooms, err)
	}
	for _, room := range []*teamstest.Conversation{v, g} {
		if h := a.read(t, a.anna, room, bots.Span{}); len(h.Entries) != 1 {
			t.Errorf("read %q", textsIn(h))
		}
		room.Leave(a.anna) // between Rooms and History
		a.refusal(t, a.anna, room.ID, bots.Span{}, textNotIn)
		room.Remove()
		a.refusal(t, a.ben, room.ID, bots.Span{}, textNotIn)
	}
	if rooms, err := a.Rooms(t.Context(), a.state, a.ben.UPN); err != nil || len(rooms) != 0 {
		t.Errorf("rooms that the bot has left: %v, %v", rooms, err)
	}
}

// TestPermissions says what is missing and who can grant it.
func TestPermissions(t *testing.T) {
	for name, test := range map[string]struct {
		deny, where string
		want        bots.Text
	}{
		"channel":         {teamstest.ChannelMessages, "channel", textNoChannel},
		"chat":            {teamstest.ChatMessages, "group", textNoChat},
		"members of chat": {teamstest.ChatMembers, "group", textNoChat},
		"off":             {"", "channel", textNoGraph},
		"off, chat":       {"", "group", textNoGraph},
		"no team":         {"", "teamless", textNoTeam},
	} {
		t.Run(name, func(t *testing.T) {
			a := newArchive(t)
			v, id := a.group(t, a.anna), ""
			if id = v.ID; test.where != "group" {
				v = a.channel(t, a.anna)
				id = v.Team.GroupID
			}
			switch {
			case test.where == "teamless":
				act := v.Activity(a.anna, "message", "")
				delete(act["channelData"].(map[string]any), "team")
				a.put(t, keyRoom+v.ID, nil)
				if err := a.noteRoom(t.Context(), a.state, heard(t, act)); err != nil {
					t.Fatal(err)
				}
			case test.deny == "":
				a.cfg.Graph = false
			default:
				a.cloud.Deny(test.deny, id)
			}
			a.refusal(t, a.anna, v.ID, bots.Span{}, test.want)
			rooms, err := a.Rooms(t.Context(), a.state, a.anna.UPN)
			if err != nil || !slices.ContainsFunc(rooms, func(r bots.Room) bool { return r.ID == v.ID && r.Name != "" }) {
				t.Errorf("it is not listed: %v, %v", rooms, err)
			}
			for _, text := range []string{test.want.DE, test.want.EN} {
				if test.deny != "" && !strings.Contains(text, test.deny) {
					t.Errorf("%q does not name %s", text, test.deny)
				}
			}
		})
	}
}

// TestBotWrites shows what the bot posted itself as a program's.
func TestBotWrites(t *testing.T) {
	a := newArchive(t)
	v := a.channel(t, a.anna)
	thread := v.Say(a.anna, "", "@Amtsbote Hallo")
	r := heard(t, thread).ref()
	if _, err := a.api.post(t.Context(), r, &activity{Type: "message", Text: "Guten Tag"}); err != nil {
		t.Fatal(err)
	}
	h := a.read(t, a.anna, v, bots.Span{})
	expect(t, h, "Amtsbote Hallo", "Guten Tag")
	if e := h.Entries[1]; !e.Bot || h.Entries[0].Bot || e.Thread != h.Entries[0].ID || h.Entries[0].Sender != a.anna.UPN || h.Entries[0].ID != messageID(v.ID, thread["id"].(string)) {
		t.Errorf("got %+v", h.Entries)
	}
}
