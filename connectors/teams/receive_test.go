package teams

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"amtsbote/bots"
	say "amtsbote/connectors/chat"
	"amtsbote/connectors/connectortest"
	"amtsbote/connectors/teams/teamstest"
)

// TestHeard has people do all that Teams tells a bot of, and looks at what the bot
// hears of it.
func TestHeard(t *testing.T) {
	cloud := teamstest.Start(t)
	d := open(t, cloud, config(cloud))
	jana := cloud.Person("Jana Kaya", "Jana.Kaya@stadt.example")
	ole := cloud.Person("Ole Weiß", "ole.weiss@stadt.example")
	chat, group := cloud.Personal(jana), cloud.Group("Umzug", jana, ole)
	channel := cloud.Channel("Bauamt", "Allgemein", jana, ole)
	last := ""
	tests := []struct {
		name string
		do   func() map[string]any
		want []bots.Message // Kind, Text, Target (activity ID), Direct, Thread
	}{
		{"a message in the personal chat", func() map[string]any { return chat.Say(jana, "", "Grüße, was kannst du?") },
			[]bots.Message{{Text: "Grüße, was kannst du?", Direct: true}}},
		{"its edit", func() map[string]any {
			return send(cloud, chat.Activity(jana, "messageUpdate", ""), "id", last, "text", "Neu")
		},
			[]bots.Message{{Kind: bots.KindEdit, Text: "Neu", Direct: true, Target: "same"}}},
		{"its deletion", func() map[string]any { return send(cloud, chat.Activity(jana, "messageDelete", ""), "id", last) },
			[]bots.Message{{Kind: bots.KindRedaction, Direct: true, Target: "same"}}},
		{"a reaction", func() map[string]any {
			return send(cloud, chat.Activity(jana, "messageReaction", ""), "replyToId", "77", "reactionsAdded", []any{map[string]any{"type": "like"}, map[string]any{"type": "274c_crossmark"}, map[string]any{"type": "../x"}})
		}, []bots.Message{{Kind: bots.KindReaction, Text: "👍", Direct: true, Target: "77"}, {Kind: bots.KindReaction, Text: "❌", Direct: true, Target: "77"}}},
		{"a mention in a group chat", func() map[string]any { return group.Say(ole, "", "@Amtsbote, fass das zusammen") },
			[]bots.Message{{Text: "fass das zusammen"}}},
		{"a mention in a channel", func() map[string]any { return channel.Say(ole, "", "Hallo @Amtsbote") },
			[]bots.Message{{Text: "Hallo", Thread: "same"}}},
		{"a mention with a name that HTML writes otherwise", func() map[string]any {
			return send(cloud, group.Activity(ole, "message", ""), "text", "<at>Rat & Tat</at> hilf", "entities", []any{mentionOf(teamstest.BotID, "<at>Rat &amp; Tat</at>")})
		}, []bots.Message{{Text: "<at>Rat & Tat</at> hilf"}}},
		{"a mention in a thread", func() map[string]any { return channel.Say(ole, "4711", "@Amtsbote und nun?") },
			[]bots.Message{{Text: "und nun?", Thread: "4711"}}},
		{"an edit that only now mentions the bot", func() map[string]any {
			a := channel.Activity(ole, "messageUpdate", "4711")
			a["text"] = "<at>Amtsbote</at> bitte"
			a["entities"] = []any{mentionOf(teamstest.BotID, "<at>Amtsbote</at>")}
			cloud.Deliver(a)
			return a
		}, []bots.Message{{Kind: bots.KindEdit, Text: "bitte", Thread: "4711", Target: "same"}, {Text: "bitte", Thread: "4711"}}},
		{"the bot comes into a channel", func() map[string]any {
			return send(cloud, channel.Activity(ole, "conversationUpdate", ""), "membersAdded", []any{map[string]any{"id": teamstest.BotID}})
		}, []bots.Message{{Kind: bots.KindJoin, Text: "Ole Weiß"}}},
		{"the app is installed", func() map[string]any {
			return send(cloud, chat.Activity(jana, "installationUpdate", ""), "action", "add")
		}, []bots.Message{{Kind: bots.KindJoin, Text: "Jana Kaya", Direct: true}}},
		{"the button under an answer", func() map[string]any {
			return send(cloud, chat.Activity(jana, "invoke", ""), "name", "message/submitAction", "replyToId", "88",
				"value", map[string]any{"actionName": "feedback", "actionValue": map[string]any{"reaction": "dislike", "feedback": `{"feedbackText":"geheim"}`}})
		}, []bots.Message{{Kind: bots.KindReaction, Text: "👎", Direct: true, Target: "88"}}},
	}
	n := 0
	for _, test := range tests {
		a := test.do()
		if last == "" {
			last = a["id"].(string)
		}
		for _, want := range test.want {
			got := d.message(t, n)
			n++
			target := strings.TrimPrefix(got.Target, got.Room+"/")
			if want.Target == "same" {
				want.Target = a["id"].(string)
			}
			if want.Thread == "same" {
				want.Thread = a["id"].(string)
			}
			if got.Kind != want.Kind || got.Text != want.Text || got.Direct != want.Direct || got.Thread != want.Thread || target != want.Target {
				t.Errorf("%s: got %+v, want %+v", test.name, got, want)
			}
			sender := "ole.weiss@stadt.example"
			if a["from"].(map[string]any)["name"] == jana.Name {
				sender = "jana.kaya@stadt.example"
			}
			if got.Sender != sender || got.ID == "" || got.Ref == "" || got.Time.Location() != time.UTC {
				t.Errorf("%s: sender %s, %+v", test.name, got.Sender, got)
			}
		}
	}
}

// mentionOf is the entity of a mention.
func mentionOf(id, text string) map[string]any {
	return map[string]any{"type": "mention", "text": text, "mentioned": map[string]any{"id": id}}
}

// send changes fields of an activity and delivers it.
func send(c *teamstest.Cloud, a map[string]any, fields ...any) map[string]any {
	for i := 0; i < len(fields); i += 2 {
		a[fields[i].(string)] = fields[i+1]
	}
	c.Deliver(a)
	return a
}

// TestUnheard: what is not for the bot is answered 200 and leaves no trace.
func TestUnheard(t *testing.T) {
	const secret = "Personalakte"
	cloud := teamstest.Start(t)
	d := open(t, cloud, config(cloud))
	jana := cloud.Person("Jana Kaya", "jana.kaya@stadt.example")
	chat, group, channel := cloud.Personal(jana), cloud.Group("Umzug", jana), cloud.Channel("Bauamt", "Allgemein", jana)
	message := func(conv *teamstest.Conversation, fields ...any) map[string]any {
		a := conv.Activity(jana, "message", "")
		a["text"] = secret
		for i := 0; i < len(fields); i += 2 {
			a[fields[i].(string)] = fields[i+1]
		}
		return a
	}
	for name, a := range map[string]map[string]any{
		"no mention in a group":                   message(group),
		"no mention in a channel":                 message(channel),
		"a mention of somebody else":              message(group, "entities", []any{mentionOf("29:other", "<at>Amtsbote</at>")}),
		"the name without an entity":              message(group, "text", "<at>Amtsbote</at> "+secret),
		"entities that are none":                  message(group, "entities", []any{"x", 5, nil, []any{}, map[string]any{"type": "mention"}}),
		"an entity without a mention in the text": message(group, "entities", []any{mentionOf(teamstest.BotID, "<at>Amtsbote</at>")}),
		"an entity that mentions with nothing":    message(channel, "entities", []any{mentionOf(teamstest.BotID, " ")}),
		"an edit that takes the mention away":     message(channel, "type", "messageUpdate", "entities", []any{mentionOf(teamstest.BotID, "<at>Amtsbote</at>")}),
		"an edit without a mention":               message(channel, "type", "messageUpdate"),
		"another bot":                             message(chat, "from", map[string]any{"id": "28:other", "name": "Bot"}),
		"a sender that says it is a bot":          message(chat, "from", map[string]any{"id": "29:x", "role": "bot"}),
		"the bot itself":                          message(chat, "from", map[string]any{"id": teamstest.BotID}),
		"nobody":                                  message(chat, "from", map[string]any{}),
		"no conversation":                         message(chat, "conversation", map[string]any{"tenantId": teamstest.Tenant}),
		"no conversation, personal":               message(chat, "conversation", map[string]any{"conversationType": "personal", "tenantId": teamstest.Tenant}),
		"to nobody":                               message(chat, "recipient", map[string]any{}),
		"typing":                                  message(chat, "type", "typing"),
		"an event":                                message(chat, "type", "event", "name", "x"),
		"the end of a conversation":               message(chat, "type", "endOfConversation"),
		"a type that nobody knows":                message(chat, "type", "äöü/../x"),
		"somebody else comes":                     message(channel, "type", "conversationUpdate", "membersAdded", []any{map[string]any{"id": "29:x"}}),
		"the app is removed":                      message(chat, "type", "installationUpdate", "action", "remove"),
		"a reaction to nothing":                   message(chat, "type", "messageReaction", "reactionsAdded", []any{map[string]any{"type": "like"}}),
	} {
		resp, err := cloud.Post(a, cloud.Sign(cloud.Claims()))
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			t.Errorf("%s: got %s", name, resp.Status)
		}
	}
	chat.Say(jana, "", "zum Schluss")
	if m := d.message(t, 0); m.Text != "zum Schluss" {
		t.Errorf("heard %+v", m)
	}
	for _, m := range d.accepted() {
		if m.Text != "zum Schluss" {
			t.Errorf("heard %+v", m)
		}
	}
	err := d.state.Each(t.Context(), "", func(key string, value []byte) error {
		if strings.Contains(string(value), secret) {
			t.Errorf("%s has what is for nobody", key)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestTwice: what Teams sends twice is passed on, and what was passed on leaves the
// State; the inbox takes the ID once.
func TestTwice(t *testing.T) {
	cloud := teamstest.Start(t)
	d := open(t, cloud, config(cloud))
	jana := cloud.Person("Jana Kaya", "jana.kaya@stadt.example")
	chat := cloud.Personal(jana)
	a := chat.Activity(jana, "message", "")
	a["text"] = "eins"
	for range 5 {
		resp, err := cloud.Post(a, cloud.Sign(cloud.Claims()))
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Fatalf("got %v, %v", resp, err)
		}
		resp.Body.Close()
	}
	d.message(t, 0)
	chat.Say(jana, "", "zwei")
	until(t, "both to be passed on", func() bool {
		ids := map[string]bool{}
		for _, m := range d.accepted() {
			ids[m.ID] = true
		}
		return len(ids) == 2 && waits(t, d.state) == 0
	})
}

// until waits for a condition.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !ok(); <-time.After(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// TestConfirmed: what was confirmed to Teams is passed on by the next run, in its
// order, whatever happened to this one.
func TestConfirmed(t *testing.T) {
	cloud := teamstest.Start(t)
	jana := cloud.Person("Jana Kaya", "jana.kaya@stadt.example")
	chat := cloud.Personal(jana)
	d := &listener{Connector: New(config(cloud), slog.New(slog.DiscardHandler)), cloud: cloud, state: connectortest.NewState(), news: make(chan struct{}, 1)}
	mount(t, cloud, d.Connector)
	post := func(text string) int {
		a := chat.Activity(jana, "message", "")
		a["text"] = text
		resp, err := cloud.Post(a, cloud.Sign(cloud.Claims()))
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		return resp.StatusCode
	}
	if got := post("zu früh"); got != http.StatusServiceUnavailable {
		t.Errorf("before the core has called: got %d", got)
	}
	d.err = errors.New("disk full")
	failed := make(chan error, 1)
	go func() { failed <- d.Receive(t.Context(), d.state, d.accept) }()
	until(t, "the endpoint", func() bool { return post("eins") == http.StatusOK })
	if err := <-failed; !errors.Is(err, d.err) {
		t.Fatalf("Receive: got %v", err)
	}
	for _, text := range []string{"zwei", "drei"} { // nobody receives: it is kept all the same
		if got := post(text); got != http.StatusOK {
			t.Errorf("between two runs: got %d", got)
		}
	}
	d.err = nil
	again := &listener{Connector: New(config(cloud), nil), cloud: cloud, state: d.state, news: make(chan struct{}, 1)}
	again.receive(t)
	for i, want := range []string{"eins", "zwei", "drei"} {
		if m := again.message(t, i); m.Text != want {
			t.Errorf("message %d: got %q, want %q", i, m.Text, want)
		}
	}
	until(t, "the State to be empty", func() bool { return waits(t, d.state) == 0 })
}

// TestNotKept: what the State does not take is not confirmed.
func TestNotKept(t *testing.T) {
	cloud := teamstest.Start(t)
	jana := cloud.Person("Jana Kaya", "jana.kaya@stadt.example")
	d := &listener{Connector: New(config(cloud), nil), cloud: cloud, news: make(chan struct{}, 1)}
	full := &fullState{State: connectortest.NewState()}
	d.state = full
	mount(t, cloud, d.Connector)
	d.receive(t)
	until(t, "the run", func() bool { s, _ := d.intake.get(); return s != nil })
	full.on.Store(true)
	a := cloud.Personal(jana).Activity(jana, "message", "")
	a["text"] = "eins"
	resp, err := cloud.Post(a, cloud.Sign(cloud.Claims()))
	if err != nil || resp.StatusCode != http.StatusServiceUnavailable || resp.Header.Get("Retry-After") == "" {
		t.Fatalf("got %v, %v", resp, err)
	}
	resp.Body.Close()
	full.on.Store(false)
	cloud.Deliver(a)
	if m := d.message(t, 0); m.Text != "eins" {
		t.Errorf("got %+v", m)
	}
}

// fullState is a State that can be full.
type fullState struct {
	bots.State
	on atomic.Bool
}

func (s *fullState) Put(ctx context.Context, values map[string][]byte, keep time.Duration) error {
	if s.on.Load() {
		return errors.New("disk full")
	}
	return s.State.Put(ctx, values, keep)
}

// TestLate: what is old is told of, and nothing of it is kept.
func TestLate(t *testing.T) {
	cloud := teamstest.Start(t)
	d := open(t, cloud, config(cloud))
	jana := cloud.Person("Jana Kaya", "jana.kaya@stadt.example")
	send(cloud, cloud.Personal(jana).Activity(jana, "message", ""), "text", "von vorgestern", "timestamp", time.Now().Add(-48*time.Hour).Format(time.RFC3339))
	if m := d.message(t, 0); !m.Late || m.Text != "" {
		t.Errorf("got %+v", m)
	}
	send(cloud, cloud.Personal(jana).Activity(jana, "messageUpdate", ""), "text", "neu", "timestamp", time.Now().Add(-48*time.Hour).Format(time.RFC3339))
	if m := d.message(t, 1); m.Late || m.Text != "neu" {
		t.Errorf("an edit: got %+v", m)
	}
	send(cloud, cloud.Personal(jana).Activity(jana, "message", ""), "text", "von gestern", "timestamp", time.Now().Add(-25*time.Hour).Format(time.RFC3339))
	if m := d.message(t, 2); !m.Late {
		t.Errorf("got %+v", m)
	}
}

// TestOrder: what is said in a room is passed in its order, also where the first one
// has to wait.
func TestOrder(t *testing.T) {
	cloud := teamstest.Start(t)
	d := open(t, cloud, config(cloud))
	jana := cloud.Person("Jana Kaya", "jana.kaya@stadt.example")
	chat := cloud.Personal(jana)
	for i := range 50 {
		a := chat.Activity(jana, "message", "")
		a["text"] = fmt.Sprint(i)
		resp, err := cloud.Post(a, cloud.Sign(cloud.Claims()))
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Fatalf("got %v, %v", resp, err)
		}
		resp.Body.Close()
	}
	for i := range 50 {
		if m := d.message(t, i); m.Text != fmt.Sprint(i) {
			t.Fatalf("message %d: got %q", i, m.Text)
		}
	}
}

// TestConversationIDs: IDs are opaque and lead nowhere else.
func TestConversationIDs(t *testing.T) {
	for id, want := range map[string]string{
		"19:abc@thread.tacv2;messageid=17": "19:abc@thread.tacv2",
		"a:1/../../x":                      "a:1/../../x",
		"19:ü?x=y#z":                       "19:ü?x=y#z",
	} {
		room, _ := root(id)
		if room != want || messageID(id, "5") != want+"/5" {
			t.Errorf("%q: got room %q, message %q", id, room, messageID(id, "5"))
		}
	}
}

// TestNotRead: of what cannot be read the person is told, in place of the answer
// only where there is nothing else to answer.
func TestNotRead(t *testing.T) {
	cloud := teamstest.Start(t)
	d := open(t, cloud, config(cloud))
	jana := cloud.Person("Jana Kaya", "jana.kaya@stadt.example")
	chat := cloud.Personal(jana)
	voice := map[string]any{"contentType": "audio/ogg", "contentUrl": "https://x.example/a"}
	chat.Say(jana, "", "", voice)
	if m := d.message(t, 0); m.Cannot != say.Voice || len(m.Files) != 0 {
		t.Errorf("a voice message alone: got %+v", m)
	}
	chat.Say(jana, "", "Was steht da?", voice)
	m := d.message(t, 1)
	if !m.Cannot.IsZero() || m.Text != "Was steht da?" || len(m.Files) != 1 {
		t.Fatalf("with words: got %+v", m)
	}
	_, err := d.Open(t.Context(), d.state, m.Files[0])
	if refusal, ok := errors.AsType[*bots.Refusal](err); !ok || refusal.Text != say.Voice {
		t.Errorf("opened: got %v, want a refusal that says why", err)
	}
}

// TestQuote: what a message in the personal chat quotes is not what its author says.
func TestQuote(t *testing.T) {
	cloud := teamstest.Start(t)
	d := open(t, cloud, config(cloud))
	jana := cloud.Person("Jana Kaya", "jana.kaya@stadt.example")
	a := cloud.Personal(jana).Activity(jana, "message", "")
	a["text"] = "Alte Antwort\r\n\r\nkürzer bitte"
	a["attachments"] = []any{map[string]any{"contentType": "text/html", "content": `<blockquote itemscope="" itemtype="http://schema.skype.com/Reply" itemid="17"><strong>Amtsbote</strong><p itemprop="preview">Alte Antwort</p></blockquote><p>kürzer bitte</p>`}}
	cloud.Deliver(a)
	if m := d.message(t, 0); m.Text != "kürzer bitte" {
		t.Errorf("got %q", m.Text)
	}
}
