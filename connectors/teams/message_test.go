package teams

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"
	"time"

	"amtsbote/bots"
	"amtsbote/connectors/teams/teamstest"
)

// heardOf decodes an activity with some fields changed and returns what it says to the
// bot. fields are JSON.
func heardOf(t *testing.T, c *Connector, kind string, fields map[string]string) []waiting {
	t.Helper()
	all := map[string]json.RawMessage{"type": json.RawMessage(`"` + kind + `"`), "id": json.RawMessage(`"7"`), "timestamp": json.RawMessage(`"2026-11-28T12:00:00Z"`), "serviceUrl": json.RawMessage(`"https://smba.trafficmanager.net/emea/"`),
		"from": json.RawMessage(`{"id":"29:jana","name":"Jana Kaya"}`), "recipient": json.RawMessage(`{"id":"28:b"}`), "conversation": json.RawMessage(`{"id":"a:1","conversationType":"personal"}`)}
	for key, value := range fields {
		all[key] = json.RawMessage(value)
	}
	b, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	a, err := decode(strings.NewReader(string(b)))
	if err != nil {
		t.Fatal(err)
	}
	if a.Type == "invoke" {
		if w, ok := c.feedback(a); ok {
			return []waiting{w}
		}
		return nil
	}
	return c.messages(a)
}

const (
	inGroup  = `{"id":"19:g@thread.v2","conversationType":"groupChat","isGroup":true}`
	inThread = `{"id":"19:c@thread.tacv2;messageid=5","conversationType":"channel","isGroup":true}`
	toBot    = `{"type":"mention","text":"<at>Bot</at>","mentioned":{"id":"28:b"}}`
	toOle    = `{"type":"mention","text":"<at>Ole Weiß</at>","mentioned":{"id":"29:ole"}}`
)

// TestUnheardFields: one thing that is missing or wrong, and nothing is heard.
func TestUnheardFields(t *testing.T) {
	c := New(Config{AppID: teamstest.AppID, Tenant: teamstest.Tenant}, nil)
	feedback := map[string]string{"replyToId": `"3"`, "value": `{"actionName":"feedback","actionValue":{"reaction":"like"}}`}
	with := func(fields map[string]string, more ...string) map[string]string {
		all := maps.Clone(fields)
		for i := 0; i < len(more); i += 2 {
			all[more[i]] = more[i+1]
		}
		return all
	}
	text := map[string]string{"text": `"hallo"`}
	for name, test := range map[string]struct {
		kind   string
		fields map[string]string
		want   int
	}{
		"a message":                             {"message", text, 1},
		"without an ID":                         {"message", with(text, "id", `""`), 0},
		"of the bot by another kind of ID":      {"message", with(text, "from", `{"id":"x"}`, "recipient", `{"id":"x"}`), 0},
		"in a group that calls itself personal": {"message", with(text, "conversation", `{"id":"19:g","conversationType":"personal","isGroup":true}`), 0},
		"in a conversation of no type":          {"message", with(text, "conversation", `{"id":"19:g"}`), 0},
		"an entity that is no mention":          {"message", with(text, "conversation", inGroup, "text", `"<at>Bot</at>"`, "entities", "["+strings.Replace(toBot, `"mention"`, `"x"`, 1)+"]"), 0},
		"a mention of somebody else":            {"message", with(text, "conversation", inGroup, "text", `"<at>Bot</at> <at>Ole Weiß</at>"`, "entities", "["+toOle+"]"), 0},
		"a mention that shows nothing":          {"message", with(text, "conversation", inGroup, "text", `"a b"`, "entities", "["+strings.Replace(toBot, "<at>Bot</at>", " ", 1)+"]"), 0},
		"a mention":                             {"message", with(text, "conversation", inGroup, "text", `"<at>Bot</at>"`, "entities", "["+toOle+","+toBot+"]"), 1},
		"a deletion without an ID":              {"messageDelete", map[string]string{"id": `""`}, 0},
		"feedback":                              {"invoke", feedback, 1},
		"feedback by another name":              {"invoke", with(feedback, "value", `{"actionName":"x","actionValue":{"reaction":"like"}}`), 0},
		"feedback to nothing":                   {"invoke", with(feedback, "replyToId", `""`), 0},
		"feedback by a bot":                     {"invoke", with(feedback, "from", `{"id":"28:x"}`), 0},
		"feedback of another kind":              {"invoke", with(feedback, "value", `{"actionName":"feedback","actionValue":{"reaction":"x"}}`), 0},
		"an event of a personal chat":           {"conversationUpdate", map[string]string{"channelData": `{"eventType":"x"}`}, 0},
		"the app is taken out of one":           {"installationUpdate", map[string]string{"action": `"remove"`}, 0},
		"reactions by the hundred":              {"messageReaction", map[string]string{"replyToId": `"3"`, "reactionsAdded": "[" + strings.Repeat(`{"type":"like"},`, 99) + `{"type":"like"}]`}, maxReact},
		"a reaction that is a letter":           {"messageReaction", map[string]string{"replyToId": `"3"`, "reactionsAdded": `[{"type":"41_a"}]`}, 0},
		"an emoji that is none":                 {"messageReaction", map[string]string{"replyToId": `"3"`, "reactionsAdded": `[{"type":"d800_a"},{"type":"ffffffff_a"}]`}, 0},
	} {
		if all := heardOf(t, c, test.kind, test.fields); len(all) != test.want {
			t.Errorf("%s: heard %d, want %d", name, len(all), test.want)
		}
	}
	one, two := heardOf(t, c, "invoke", feedback), heardOf(t, c, "invoke", with(feedback, "from", `{"id":"29:ole"}`))
	if one[0].Message.ID == two[0].Message.ID {
		t.Error("the feedback of two people is taken for one")
	}
}

// TestHeardText: what of a message is its author's.
func TestHeardText(t *testing.T) {
	c := New(Config{AppID: teamstest.AppID, Tenant: teamstest.Tenant}, nil)
	quote := `[{"contentType":"text/html","content":"<blockquote itemtype=\"http://schema.skype.com/Reply\" itemid=\"17\"><p>alt</p></blockquote><p>Bot kürzer</p>"}]`
	for name, test := range map[string]struct {
		fields map[string]string
		want   string
	}{
		"others' names":    {map[string]string{"conversation": inGroup, "text": `"<at>Bot</at> frag <at>Ole Weiß</at>"`, "entities": "[" + toBot + "," + toOle + "]"}, "frag Ole Weiß"},
		"spaces":           {map[string]string{"text": `"a&nbsp;b\u00a0c\r\nd"`}, "a b c\nd"},
		"after a name":     {map[string]string{"conversation": inGroup, "text": `"<at>Bot</at>: hilf"`, "entities": "[" + toBot + "]"}, "hilf"},
		"a quote in group": {map[string]string{"conversation": inGroup, "text": `"alt\n<at>Bot</at> kürzer"`, "entities": "[" + toBot + "]", "attachments": quote}, "alt\n kürzer"},
		"escaped names":    {map[string]string{"conversation": inGroup, "text": `"<at>A &amp; B</at> hilf"`, "entities": `[{"type":"mention","text":"<at>A & B</at>","mentioned":{"id":"28:b"}}]`}, "<at>A &amp; B</at> hilf"},
	} {
		all := heardOf(t, c, "message", test.fields)
		if len(all) != 1 || all[0].Message.Text != test.want {
			t.Errorf("%s: got %+v, want %q", name, all, test.want)
		}
	}
	got := heardOf(t, c, "message", map[string]string{"timestamp": `"gestern"`, "text": `"x"`})[0].Message.Time
	if age := time.Since(got); age < 0 || age > time.Minute {
		t.Errorf("without a time: got %v", got)
	}
}

// TestNotReadBeside: an attachment that is not read does not hide a file that is.
func TestNotReadBeside(t *testing.T) {
	c := New(Config{AppID: teamstest.AppID, Tenant: teamstest.Tenant, FileHosts: []string{"stadt.sharepoint.com"}}, nil)
	m := heardOf(t, c, "message", map[string]string{"attachments": `[{"contentType":"audio/ogg"},{"contentType":"application/vnd.microsoft.teams.file.download.info","name":"a.txt","content":{"downloadUrl":"https://stadt.sharepoint.com/a"}}]`})[0].Message
	if !m.Cannot.IsZero() || len(m.Files) != 2 || m.Files[0].Name != "a.txt" {
		t.Errorf("got %+v", m)
	}
}

// TestHeardJoin: the greeting goes into the room, not into a thread; and of who has
// done something only IDs are kept, however long the names are.
func TestHeardJoin(t *testing.T) {
	c := New(Config{AppID: teamstest.AppID, Tenant: teamstest.Tenant}, nil)
	w := heardOf(t, c, "installationUpdate", map[string]string{"action": `"add"`, "conversation": inThread})[0]
	r, err := parseRef(w.Message.Ref)
	if err != nil || r.Activity != "" || r.Conversation != "19:c@thread.tacv2" || w.Message.Thread != "" || w.Message.Kind != bots.KindJoin {
		t.Errorf("got %+v, %+v, %v", w.Message, r, err)
	}
	long := strings.Repeat("Kaya ", 10_000)
	data := `{"eventType":"` + long + `","team":{"id":"t","name":"` + long + `"},"channel":{"id":"c","name":"` + long + `"},"tenant":{"id":"` + long + `"}}`
	w = heardOf(t, c, "conversationUpdate", map[string]string{"channelData": data, "from": `{"id":"29:jana","name":"` + long + `"}`,
		"conversation": `{"id":"19:g","conversationType":"` + long + `","name":"` + long + `","tenantId":"` + long + `"}`})[0]
	b := encode(w.Activity)
	if len(b) > 4<<10 {
		t.Errorf("%d bytes are kept", len(b))
	}
	w = heardOf(t, c, "message", map[string]string{"text": `"x"`})[0]
	if b := encode(w.Activity); strings.Contains(string(b), "Kaya") {
		t.Errorf("a name is kept: %s", b)
	}
}
