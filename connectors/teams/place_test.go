package teams

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"amtsbote/bots"
	say "amtsbote/connectors/chat"
	"amtsbote/connectors/teams/teamstest"
)

// TestSendMoves: a personal chat that is shut by now costs nobody the word of it.
func TestSendMoves(t *testing.T) {
	const secret = "Das steht nur für Sie"
	private := saying(secret)
	private.Private, private.Notice = true, bots.Notice{Model: "m"}
	for name, test := range map[string]struct {
		moved bool // the chat is another one by now, else the app is gone
	}{"another chat": {true}, "app removed": {false}} {
		t.Run(name, func(t *testing.T) {
			cloud := teamstest.Start(t)
			d := open(t, cloud, config(cloud))
			jana := cloud.Person("Jana Kaya", "jana.kaya@stadt.example")
			group := cloud.Group("Umzug", jana)
			m := asks(t, d, group, jana, "", "@Amtsbote privat")
			r, err := parseRef(m.Ref)
			if err != nil {
				t.Fatal(err)
			}
			stale := ref{Service: r.Service, Conversation: "a:stale", Type: personal, Tenant: r.Tenant, Bot: r.Bot, Person: r.Person}
			if err := d.state.Put(t.Context(), map[string][]byte{keyDirect + hash(r.Person): []byte(stale.String())}, 0); err != nil {
				t.Fatal(err)
			}
			jana.Blocked = !test.moved
			sent, err := d.Send(t.Context(), d.state, reply(m, private))
			if err != nil {
				t.Fatal(err)
			}
			if got := texts(group); holds(got, secret) != 0 || holds(got, say.InDirect.DE) == 1 != test.moved || holds(got, "fügen Sie mich") == 1 == test.moved {
				t.Errorf("in the group: %q", got)
			}
			jana.Blocked = false
			chat := cloud.Personal(jana)
			if got := texts(chat); holds(got, secret) == 1 != test.moved {
				t.Errorf("in the personal chat: %q", got)
			}
			where := group
			if test.moved {
				where = chat
			}
			if want := messageID(where.ID, where.Messages()[0].ID); sent != want {
				t.Errorf("sent as %q, want %q", sent, want)
			}
			if again, err := d.Send(t.Context(), d.state, reply(m, private)); again != sent || err != nil {
				t.Errorf("again: %q, %v", again, err)
			}
			if labelled(group.Messages()[0]) {
				t.Error("what no model said is labelled")
			}
		})
	}
}

// TestSendInstallResumes: the word that takes the place of a private answer is tried
// again like the answer, and stays without a label.
func TestSendInstallResumes(t *testing.T) {
	cloud := teamstest.Start(t)
	d := open(t, cloud, config(cloud))
	ole := cloud.Person("Ole Weiß", "ole.weiss@stadt.example")
	ole.Blocked = true
	group := cloud.Group("Umzug", ole)
	m := asks(t, d, group, ole, "", "@Amtsbote privat")
	private := whole("Geheim [1].")
	private.Private = true
	cloud.Hook(func(w http.ResponseWriter, r *http.Request) bool {
		if strings.HasSuffix(r.URL.Path, "/activities") {
			w.WriteHeader(http.StatusInternalServerError)
		}
		return strings.HasSuffix(r.URL.Path, "/activities")
	})
	if _, err := d.Send(t.Context(), d.state, reply(m, private)); err == nil || isRefusal(err) {
		t.Fatalf("got %v", err)
	}
	cloud.Hook(nil)
	if _, err := d.Send(t.Context(), d.state, reply(m, private)); err != nil {
		t.Fatal(err)
	}
	if m := only(t, group); !strings.Contains(m.Text(), "fügen Sie mich") || labelled(m) || m.Activity["channelData"] != nil {
		t.Errorf("got %+v", m)
	}
}

// TestSendAccessGone: access that was withdrawn between two tries, or in a personal
// chat, keeps a private answer back.
func TestSendAccessGone(t *testing.T) {
	const secret = "Das steht nur für Sie"
	private := whole(secret)
	private.Private = true
	cloud := teamstest.Start(t)
	cfg := config(cloud)
	allowed := true
	cfg.Allows = func(string) bool { return allowed }
	d := open(t, cloud, cfg)
	jana := cloud.Person("Jana Kaya", "jana.kaya@stadt.example")
	chat, group := cloud.Personal(jana), cloud.Group("Umzug", jana)
	one, two := asks(t, d, chat, jana, "", "Frage"), asks(t, d, group, jana, "", "@Amtsbote Frage")
	cloud.Hook(func(w http.ResponseWriter, r *http.Request) bool {
		if strings.HasSuffix(r.URL.Path, "/activities") {
			w.WriteHeader(http.StatusInternalServerError)
		}
		return strings.HasSuffix(r.URL.Path, "/activities")
	})
	if _, err := d.Send(t.Context(), d.state, reply(two, private)); err == nil || isRefusal(err) {
		t.Fatalf("got %v", err)
	}
	cloud.Hook(nil)
	done := reply(one, private)
	done.ID = "done"
	sent, err := d.Send(t.Context(), d.state, done)
	if err != nil {
		t.Fatal(err)
	}
	allowed = false
	if again, err := d.Send(t.Context(), d.state, done); again != sent || err != nil {
		t.Errorf("what is shown already: got %q, %v", again, err)
	}
	for _, m := range []bots.Message{one, two} {
		if _, err := d.Send(t.Context(), d.state, reply(m, private)); !isRefusal(err) {
			t.Errorf("got %v, want a refusal", err)
		}
	}
	if got := append(texts(chat), texts(group)...); len(got) != 1 {
		t.Errorf("shown: %q", got)
	}
	if n := kept(t, d.state, keySent); n != 1 {
		t.Errorf("%d notes are kept of answers that are not shown", n-1)
	}
	sorry := reply(two, saying("Sie dürfen das nicht."))
	sorry.Answer.Private = true
	if _, err := d.Send(t.Context(), d.state, sorry); err != nil || holds(texts(group), "Sie dürfen das nicht.") != 1 {
		t.Errorf("that somebody may not use the bot: %v, %q", err, texts(group))
	}
}

// TestSendShutMidway: a personal chat that is shut in the middle of a private answer
// shows no more of it, least of all elsewhere.
func TestSendShutMidway(t *testing.T) {
	cloud := teamstest.Start(t)
	d := open(t, cloud, config(cloud))
	jana := cloud.Person("Jana Kaya", "jana.kaya@stadt.example")
	group := cloud.Group("Umzug", jana)
	m := asks(t, d, group, jana, "", "@Amtsbote Frage")
	a := saying(strings.Repeat("Nur für Sie steht hier etwas.\n\n", 1500))
	a.Private = true
	chat := cloud.Personal(jana)
	cloud.Hook(func(w http.ResponseWriter, r *http.Request) bool {
		if strings.HasSuffix(r.URL.Path, "/activities") && len(chat.Messages()) == 1 {
			w.WriteHeader(http.StatusForbidden)
			return true
		}
		return false
	})
	if _, err := d.Send(t.Context(), d.state, reply(m, a)); !isRefusal(err) || len(chat.Messages()) != 1 || len(group.Messages()) > 0 {
		t.Errorf("got %v, %d and %d messages", err, len(chat.Messages()), len(group.Messages()))
	}
}

// TestSendShut: a personal chat that is there but takes nothing. Its person is told
// where they asked, and the chat is looked for twice at most.
func TestSendShut(t *testing.T) {
	for name, other := range map[string]bool{"the same chat": false, "always another chat": true} {
		t.Run(name, func(t *testing.T) {
			cloud := teamstest.Start(t)
			d := open(t, cloud, config(cloud))
			jana := cloud.Person("Jana Kaya", "jana.kaya@stadt.example")
			group := cloud.Group("Umzug", jana)
			m := asks(t, d, group, jana, "", "@Amtsbote Frage")
			a := whole("Nur für Sie.")
			a.Private = true
			creates, posts := 0, 0
			cloud.Hook(func(w http.ResponseWriter, r *http.Request) bool {
				switch {
				case strings.HasSuffix(r.URL.Path, "/v3/conversations"):
					if creates++; other {
						w.WriteHeader(http.StatusCreated)
						fmt.Fprintf(w, `{"id":"a:%d"}`, creates)
					}
					return other
				case r.PathValue("conv") != group.ID:
					w.WriteHeader(http.StatusForbidden)
					return true
				}
				if posts++; posts == 1 {
					w.WriteHeader(http.StatusInternalServerError)
				}
				return posts == 1
			})
			if _, err := d.Send(t.Context(), d.state, reply(m, a)); err == nil || isRefusal(err) {
				t.Fatalf("got %v", err)
			}
			if _, err := d.Send(t.Context(), d.state, reply(m, a)); err != nil {
				t.Fatal(err)
			}
			if m := only(t, group); !strings.Contains(m.Text(), "fügen Sie mich") || labelled(m) {
				t.Errorf("got %+v", m)
			}
			if creates != 1 {
				t.Errorf("a chat was opened %d times", creates)
			}
		})
	}
}

// TestSendKnownChat: a personal chat is opened once for many answers.
func TestSendKnownChat(t *testing.T) {
	cloud := teamstest.Start(t)
	d := open(t, cloud, config(cloud))
	jana := cloud.Person("Jana Kaya", "jana.kaya@stadt.example")
	group := cloud.Group("Umzug", jana)
	a := saying("Nur für Sie.")
	a.Private = true
	for range 3 {
		if _, err := d.Send(t.Context(), d.state, reply(asks(t, d, group, jana, "", "@Amtsbote Frage"), a)); err != nil {
			t.Fatal(err)
		}
	}
	creates := 0
	for _, r := range cloud.Requests() {
		if strings.HasSuffix(r.Path, "/v3/conversations") {
			creates++
		}
	}
	if creates != 1 || len(cloud.Personal(jana).Messages()) != 3 {
		t.Errorf("opened %d times, %d answers", creates, len(cloud.Personal(jana).Messages()))
	}
}
