package matrixtest

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestProxy(t *testing.T) {
	s := Start(t, Options{})
	p := NewProxy(t, s.URL)
	anna := NewClient(t, s, s.User(t, "anna"), ClientOptions{URL: p.URL})
	bernd := NewClient(t, s, s.User(t, "bernd"), ClientOptions{})
	room := anna.CreateRoom(t, Room{Encrypted: true, Invite: []string{bernd.UserID}})
	bernd.Join(t, room)
	anna.WaitMember(t, room, bernd.UserID, "join")

	for name, action := range map[string]Action{"limited": Limit(10 * time.Millisecond), "a bad gateway": BadGateway(),
		"delayed": Delay(time.Millisecond)} {
		t.Run(name+": the message arrives once", func(t *testing.T) {
			rule := p.On(t, "PUT", `/send/`, action, 1)
			defer rule.Remove()
			id := anna.SendText(t, room, "trotz allem: "+name)
			bernd.WaitEvent(t, room, id)
			bernd.WaitEvent(t, room, anna.SendText(t, room, "danach"))
			n := len(slices.DeleteFunc(bernd.Said(room, anna.UserID), func(m Message) bool { return !strings.HasSuffix(m.Body(), name) }))
			if n != 1 || rule.Hits() != 1 || name != "delayed" && rule.Seen() != 3 {
				t.Errorf("it arrived %d times; the rule saw %d and did it to %d", n, rule.Seen(), rule.Hits())
			}
		})
	}
	t.Run("a held request is released", func(t *testing.T) {
		rule := p.On(t, "PUT", `/send/`, Hold(), 0)
		defer rule.Remove()
		sent := make(chan error, 1)
		go func() {
			sent <- anna.Try(t.Context(), "send", map[string]any{"room": room, "type": "m.room.message", "content": map[string]any{"msgtype": "m.text", "body": "gehalten"}}, nil)
		}()
		rule.Wait(t, 1)
		bernd.WaitEvent(t, room, bernd.SendText(t, room, "vorher"))
		if len(sent) > 0 || slices.ContainsFunc(bernd.Messages(room), From(anna.UserID, "gehalten")) {
			t.Error("it went through")
		}
		rule.Release()
		if err := <-sent; err != nil {
			t.Error(err)
		}
		bernd.WaitFor(t, room, From(anna.UserID, "gehalten"))
	})
	t.Run("a key comes late", func(t *testing.T) {
		anna.NewSession(t, room)
		rule := p.On(t, "PUT", `/sendToDevice/m.room.encrypted/`, Postpone(), 0)
		id := anna.SendText(t, room, "Schlüssel folgt")
		bernd.WaitFor(t, room, func(m Message) bool { return m.EventID == id && m.Failed })
		rule.Release()
		bernd.WaitEvent(t, room, id)
	})
}

// A namer gives a person a name, and does not try again.
type namer struct {
	s       *Server
	p       *Proxy
	account Account
	token   string
}

func (n *namer) set(ctx context.Context) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, "PUT", n.p.URL+"/_matrix/client/v3/"+Path("profile", n.account.UserID, "displayname"), strings.NewReader(`{"displayname":"Anna"}`))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+n.token)
	resp, err := http.DefaultClient.Do(req)
	if err == nil {
		resp.Body.Close()
	}
	return resp, err
}

// isSet reports whether the server knows the name.
func (n *namer) isSet(t *testing.T) bool {
	t.Helper()
	var profile struct{ Displayname string }
	if err := n.s.Call(t.Context(), "GET", "/_matrix/client/v3/"+Path("profile", n.account.UserID), n.token, nil, &profile); err != nil {
		t.Fatal(err)
	}
	return profile.Displayname == "Anna"
}

// TestFaults looks at each fault from a client that does not try again.
func TestFaults(t *testing.T) {
	s := Start(t, Options{})
	n := &namer{s: s, p: NewProxy(t, s.URL), account: s.User(t, "anna")}
	n.token, _ = s.Login(t, n.account)
	once := func(action Action) *Rule { n.p.Clear(); return n.p.On(t, "PUT", `/displayname$`, action, 1) }

	once(Limit(1500 * time.Millisecond))
	if resp, err := n.set(t.Context()); err != nil || resp.StatusCode != 429 || resp.Header.Get("Retry-After") != "2" {
		t.Errorf("limited: %v %v", resp, err)
	}
	once(BadGateway())
	if resp, err := n.set(t.Context()); err != nil || resp.StatusCode != 502 {
		t.Errorf("bad gateway: %v %v", resp, err)
	}
	once(Reply(403, `{"errcode":"M_FORBIDDEN"}`))
	if resp, err := n.set(t.Context()); err != nil || resp.StatusCode != 403 {
		t.Errorf("reply: %v %v", resp, err)
	}
	once(LoseRequest())
	if resp, err := n.set(t.Context()); err == nil || n.isSet(t) {
		t.Errorf("the request lost: %v %v", resp, err)
	}
	rule := once(Hold())
	ctx, cancel := context.WithCancel(t.Context())
	go func() { rule.Wait(t, 1); cancel() }()
	if _, err := n.set(ctx); !errors.Is(err, context.Canceled) || n.isSet(t) {
		t.Errorf("held until the client gave up: %v", err)
	}
	rule = once(LoseReply())
	if resp, err := n.set(t.Context()); err == nil || !n.isSet(t) {
		t.Errorf("the reply lost: %v %v", resp, err)
	}
	if got := rule.Requests(); len(got) != 1 || !got[0].Hit || string(got[0].Body) != `{"displayname":"Anna"}` {
		t.Errorf("got %+v", got)
	}
	rule = once(HoldReply())
	go func() { rule.Wait(t, 1); rule.Release() }()
	if resp, err := n.set(t.Context()); err != nil || resp.StatusCode != 200 {
		t.Errorf("the reply held: %v %v", resp, err)
	}
	rule = once(Count())
	if resp, err := n.set(t.Context()); err != nil || resp.StatusCode != 200 || rule.Seen() != 1 || rule.Hits() != 0 {
		t.Errorf("counted: %v %v", resp, err)
	}
	s.Kill()
	if resp, err := n.set(t.Context()); err != nil || resp.StatusCode != 502 {
		t.Errorf("the server away: %v %v", resp, err)
	}
}
