package teams

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"amtsbote/bots"
	"amtsbote/connectors/connectortest"
	"amtsbote/connectors/teams/teamstest"
)

// reply returns a reply to a message.
func reply(m bots.Message, a bots.Answer) bots.Reply {
	return bots.Reply{ID: m.ID + "/answer", Language: "de", Answer: a, To: bots.Address{Connector: m.Connector, Room: m.Room, Thread: m.Thread,
		Person: m.Sender, MessageID: m.ID, Ref: m.Ref}}
}

func saying(text string) bots.Answer {
	return bots.Answer{Text: bots.Say(text), Notice: bots.Notice{Plain: true}}
}

// texts returns what a conversation shows of the bot.
func texts(v *teamstest.Conversation) (all []string) {
	for _, m := range v.Messages() {
		all = append(all, m.Text())
	}
	return all
}

// holds reports whether one of some texts has a part.
func holds(all []string, part string) (n int) {
	for _, s := range all {
		n += strings.Count(s, part)
	}
	return n
}

// asks has a person write something and returns the message as the bot heard it.
func asks(t *testing.T, d *listener, v *teamstest.Conversation, p *teamstest.Person, thread, text string) bots.Message {
	t.Helper()
	n := len(d.accepted())
	v.Say(p, thread, text)
	return d.message(t, n)
}

func TestSendOnce(t *testing.T) {
	cloud := teamstest.Start(t)
	d := open(t, cloud, config(cloud))
	jana := cloud.Person("Jana Kaya", "jana.kaya@stadt.example")
	chat := cloud.Personal(jana)
	m := asks(t, d, chat, jana, "", "Frage")
	first, err := d.Send(t.Context(), d.state, reply(m, saying("Antwort eins")))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // by another process
		c := New(config(cloud), nil)
		sent, err := c.Send(t.Context(), d.state, reply(m, saying("Antwort eins")))
		if err != nil || sent != first {
			t.Errorf("got %q, %v, want %q", sent, err, first)
		}
	}
	if got := texts(chat); holds(got, "Antwort eins") != 1 {
		t.Errorf("shown: %q", got)
	}
	if want := messageID(chat.ID, chat.Messages()[0].ID); first != want {
		t.Errorf("got ID %q, want %q: reactions would not find it", first, want)
	}
	if r := cloud.Refusals(); len(r) > 0 {
		t.Errorf("refused: %q", r)
	}
}

// TestSendGoesOn: a reply of many parts that fails in the middle is gone on with at
// the part that failed; one whose fate is not known is shown again, and only that.
func TestSendGoesOn(t *testing.T) {
	for name, test := range map[string]struct {
		taken bool // Teams took the part, and the answer to that got lost
		twice int  // parts that show twice
	}{
		"refused for now":       {false, 0},
		"its fate is not known": {true, 1},
	} {
		t.Run(name, func(t *testing.T) {
			cloud := teamstest.Start(t)
			d := open(t, cloud, config(cloud))
			jana := cloud.Person("Jana Kaya", "jana.kaya@stadt.example")
			channel := cloud.Channel("Bauamt", "Allgemein", jana)
			m := asks(t, d, channel, jana, "", "@Amtsbote Frage")
			var long strings.Builder
			for i := range 3000 {
				fmt.Fprintf(&long, "Absatz-%04d, in dem etwas über die Straße steht, und noch etwas mehr.\n\n", i)
			}
			var posts atomic.Int64
			cloud.Hook(func(w http.ResponseWriter, r *http.Request) bool {
				if r.Method != http.MethodPost || !strings.HasSuffix(r.URL.Path, "/activities") || posts.Add(1) != 2 {
					return false
				}
				if test.taken {
					rec := httptest.NewRecorder()
					cloud.Hook(nil)
					cloud.ServeHTTP(rec, r)
				}
				panic(http.ErrAbortHandler) // the connection breaks
			})
			if _, err := d.Send(t.Context(), d.state, reply(m, saying(long.String()))); err == nil {
				t.Fatal("sent although the connection broke")
			}
			cloud.Hook(nil)
			if _, err := New(config(cloud), nil).Send(t.Context(), d.state, reply(m, saying(long.String()))); err != nil {
				t.Fatal(err)
			}
			got := channel.Messages()
			if len(got) < 3 {
				t.Fatalf("shown in %d parts: the test shows nothing", len(got))
			}
			twice := map[string]int{}
			for _, m := range got {
				twice[m.Text()]++
			}
			if n := len(got) - len(twice); n != test.twice {
				t.Errorf("%d parts show twice, want %d", n, test.twice)
			}
			for i := range 3000 {
				if n := holds(texts(channel), fmt.Sprintf("Absatz-%04d", i)); n < 1 || n > 2 {
					t.Fatalf("paragraph %d shows %d times", i, n)
				}
			}
		})
	}
}

// TestSendPlace: answers are shown in the thread that asked, private ones in the
// personal chat, and nowhere else.
func TestSendPlace(t *testing.T) {
	const secret = "Das steht nur für Sie"
	private := saying(secret)
	private.Private = true
	cloud := teamstest.Start(t)
	d := open(t, cloud, config(cloud))
	jana := cloud.Person("Jana Kaya", "jana.kaya@stadt.example")
	ole := cloud.Person("Ole Weiß", "ole.weiss@stadt.example")
	fremd := cloud.Person("Fremd", "fremd@andere.example")
	ole.Blocked = true
	channel := cloud.Channel("Bauamt", "Allgemein", jana, ole, fremd)
	group := cloud.Group("Umzug", jana, ole)

	m := asks(t, d, channel, jana, "4711", "@Amtsbote Frage")
	if _, err := d.Send(t.Context(), d.state, reply(m, saying("Antwort im Faden"))); err != nil {
		t.Fatal(err)
	}
	if got := channel.Messages(); len(got) != 1 || got[0].Thread != "4711" || !strings.Contains(got[0].Text(), "Antwort im Faden") {
		t.Errorf("got %+v", got)
	}

	m = asks(t, d, group, jana, "", "@Amtsbote privat")
	if _, err := d.Send(t.Context(), d.state, reply(m, private)); err != nil {
		t.Fatal(err)
	}
	if got := texts(cloud.Personal(jana)); holds(got, secret) != 1 {
		t.Errorf("in the personal chat: %q", got)
	}
	if got := texts(group); holds(got, secret) != 0 || holds(got, "direkten Chat") != 1 {
		t.Errorf("in the group: %q", got)
	}

	// Whoever has not installed the app is told so, once, and nobody reads the answer.
	m = asks(t, d, channel, ole, "4712", "@Amtsbote privat")
	for range 2 {
		if _, err := d.Send(t.Context(), d.state, reply(m, private)); err != nil {
			t.Fatal(err)
		}
	}
	if got := texts(channel); holds(got, secret) != 0 || holds(got, "fügen Sie mich in Teams") != 1 {
		t.Errorf("in the channel: %q", got)
	}

	m = asks(t, d, channel, fremd, "4713", "@Amtsbote privat")
	sorry := private
	sorry.Notice = bots.Notice{Model: "m"}
	if _, err := d.Send(t.Context(), d.state, reply(m, sorry)); !isRefusal(err) {
		t.Errorf("to somebody without access: got %v, want a refusal", err)
	}
	if got := append(texts(channel), texts(cloud.Personal(fremd))...); holds(got, secret) != 0 {
		t.Errorf("shown: %q", got)
	}
}

// TestSendFinal: what cannot be shown any more is a refusal, and not tried for a day.
func TestSendFinal(t *testing.T) {
	cloud := teamstest.Start(t)
	d := open(t, cloud, config(cloud))
	jana := cloud.Person("Jana Kaya", "jana.kaya@stadt.example")
	group := cloud.Group("Umzug", jana)
	m := asks(t, d, group, jana, "", "@Amtsbote Frage")
	group.Remove()
	if _, err := d.Send(t.Context(), d.state, reply(m, saying("x"))); !isRefusal(err) {
		t.Errorf("in a group without the bot: got %v, want a refusal", err)
	}
	for _, ref := range []string{"", "join", "{}", `{"Service":"https://evil.example/","Conversation":"a:1"}`} {
		r := reply(m, saying("x"))
		r.ID, r.To.Ref = "other"+ref, ref
		if _, err := New(config(cloud), nil).Send(t.Context(), connectortest.NewState(), r); !isRefusal(err) {
			t.Errorf("reference %q: got %v, want a refusal", ref, err)
		}
	}
	if sent, err := d.Send(t.Context(), d.state, reply(m, bots.Answer{Skip: "spam"})); sent != "" || err != nil {
		t.Errorf("a skipped answer: got %q, %v", sent, err)
	}
}
