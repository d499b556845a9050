package matrix

import (
	"context"
	"fmt"
	"testing"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"amtsbote/bots"
	"amtsbote/connectors/connectortest"
	"amtsbote/connectors/matrix/matrixtest"
)

// A desk is a bot that only sends, on a real server, and a person who reads.
type desk struct {
	s     *matrixtest.Server
	proxy *matrixtest.Proxy // before the bot
	cfg   Config
	state *connectortest.State
	c     *Connector
	anna  *matrixtest.Client
	since string
	ends  int
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{s: matrixtest.Start(t, matrixtest.Options{}), state: connectortest.NewState()}
	d.proxy = matrixtest.NewProxy(t, d.s.URL)
	h := newSite(t, d.s)
	d.cfg, d.cfg.Server = h.cfg, d.proxy.URL
	d.anna = matrixtest.NewClient(t, d.s, d.s.User(t, "anna"), matrixtest.ClientOptions{})
	d.restart(t)
	t.Cleanup(func() { _ = d.c.account.close() })
	return d
}

// restart starts the connector anew: the file and the State stay.
func (d *desk) restart(t *testing.T) *account {
	t.Helper()
	if d.c != nil {
		if err := d.c.account.close(); err != nil {
			t.Fatal(err)
		}
	}
	d.c = New(d.cfg, nil)
	a, err := d.c.open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// room has anna make a room and the bot, and others, come into it.
func (d *desk) room(t *testing.T, r matrixtest.Room, others ...*matrixtest.Client) string {
	t.Helper()
	r.Invite = append(r.Invite, d.cfg.User)
	for _, o := range others {
		r.Invite = append(r.Invite, o.UserID)
	}
	room := d.anna.CreateRoom(t, r)
	if _, err := d.c.account.mx.JoinRoomByID(t.Context(), id.RoomID(room)); err != nil {
		t.Fatal(err)
	}
	for _, o := range others {
		o.Join(t, room)
		d.anna.WaitMember(t, room, o.UserID, "join")
	}
	d.anna.WaitMember(t, room, d.cfg.User, "join")
	if r.Direct { // as an invitation says
		if err := putJSON(t.Context(), d.state, keyRoom+room, roomInfo{Direct: true}, 0); err != nil {
			t.Fatal(err)
		}
	}
	return room
}

// pull has the bot take what the server has for it: keys, members, rooms.
func (d *desk) pull(t *testing.T) *mautrix.RespSync {
	t.Helper()
	a := d.c.account
	resp, err := a.mx.FullSyncRequest(t.Context(), mautrix.ReqSync{Since: d.since})
	if err != nil {
		t.Fatal(err)
	}
	a.mach.ProcessSyncResponse(t.Context(), resp, d.since)
	for room, joined := range resp.Rooms.Join {
		for _, list := range [][]*event.Event{joined.State.Events, joined.Timeline.Events} {
			for _, evt := range list {
				evt.RoomID = room
				if evt.StateKey == nil {
					continue
				}
				evt.Type.Class = event.StateEventType
				_ = evt.Content.ParseRaw(evt.Type)
				mautrix.UpdateStateStore(t.Context(), a.file.states, evt)
				a.mach.HandleMemberEvent(t.Context(), evt)
			}
		}
	}
	d.since = resp.NextBatch
	return resp
}

// ask has anna write something; the reply is what is to be sent for it.
func (d *desk) ask(t *testing.T, room, text, answer string) bots.Reply {
	t.Helper()
	q := d.anna.SendText(t, room, text)
	return bots.Reply{ID: q + "/answer", Language: "de", Answer: bots.Answer{Text: bots.Say(answer), Notice: bots.Notice{Model: "m1", Said: true}},
		To: bots.Address{Connector: "matrix", Room: room, Person: d.anna.UserID, MessageID: q}}
}

func (d *desk) send(t *testing.T, r bots.Reply) string {
	t.Helper()
	sent, err := d.c.Send(t.Context(), d.state, r)
	if err != nil {
		t.Fatal(err)
	}
	return sent
}

// said returns what a reader sees of the bot in a room.
func (d *desk) said(room string) (all []string) {
	for _, m := range d.anna.Said(room, d.cfg.User) {
		if m.Body() == "Ende" {
			continue
		}
		all = append(all, m.Body())
	}
	return all
}

// settle waits until anna has seen all that the bot sent before.
func (d *desk) settle(t *testing.T, room string) {
	t.Helper()
	d.ends++
	r := bots.Reply{ID: fmt.Sprintf("end %d/greeting", d.ends), Answer: bots.Answer{Text: bots.Say("Ende"), Notice: bots.Notice{Plain: true}},
		To: bots.Address{Room: room, MessageID: "$end", Ref: refJoin}}
	d.anna.WaitEvent(t, room, d.send(t, r))
}

// file waits until anna has seen a file of the bot.
func (d *desk) file(t *testing.T, room, name string) matrixtest.Message {
	t.Helper()
	return d.anna.WaitFor(t, room, func(m matrixtest.Message) bool {
		return m.Sender == d.cfg.User && m.MsgType() == "m.file" && m.Body() == name
	})
}

// mautrixNoRetries has each request made once.
func mautrixNoRetries(ctx context.Context) context.Context { return mautrix.WithMaxRetries(ctx, 0) }
