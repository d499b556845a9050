package matrix

import (
	"testing"

	"maunium.net/go/mautrix/id"

	"amtsbote/bots"
	"amtsbote/connectors/matrix/matrixtest"
)

func TestPrivate(t *testing.T) {
	d := newDesk(t)
	bernd := matrixtest.NewClient(t, d.s, d.s.User(t, "bernd"), matrixtest.ClientOptions{})
	room := d.room(t, matrixtest.Room{Name: "Runde", Encrypted: true}, bernd)
	chat := d.room(t, matrixtest.Room{Direct: true, Encrypted: true})
	private := func(t *testing.T, text string) string {
		t.Helper()
		r := d.ask(t, room, "Was habe ich verpasst?", text)
		r.Answer.Private = true
		sent := d.send(t, r)
		d.anna.WaitFor(t, room, func(m matrixtest.Message) bool {
			of, sign := m.Reaction()
			return of == r.To.MessageID && sign == "📬" && m.Sender == d.cfg.User
		})
		return sent
	}
	where := func(t *testing.T) id.RoomID {
		t.Helper()
		var known directChat
		if _, err := getJSON(t.Context(), d.state, d.c.directKey(id.UserID(d.anna.UserID)), &known); err != nil {
			t.Fatal(err)
		}
		return known.Room
	}
	t.Run("what only the person may read goes into the direct chat", func(t *testing.T) {
		d.pull(t)
		if m := d.anna.WaitEvent(t, chat, private(t, "eins")); m.Body() != "eins" || !m.Encrypted || m.Thread() != "" {
			t.Errorf("got %+v", m)
		}
		d.settle(t, room)
		if all := d.said(room); len(all) > 0 {
			t.Errorf("in the room stands %q", all)
		}
		list, err := d.c.account.directList(t.Context())
		if err != nil || len(list[id.UserID(d.anna.UserID)]) != 1 {
			t.Errorf("listed %v, %v", list, err)
		}
	})
	t.Run("into another one once somebody else reads it, which is made once", func(t *testing.T) {
		d.anna.Invite(t, chat, bernd.UserID) // of which the bot has not heard
		lost := d.proxy.On(t, "POST", `/createRoom`, matrixtest.LoseReply(), 1)
		defer lost.Remove()
		r := d.ask(t, room, "Und?", "zwei")
		r.Answer.Private = true
		if _, err := d.c.Send(t.Context(), d.state, r); err == nil || isRefusal(err) {
			t.Fatalf("got %v", err)
		}
		sent := d.send(t, r) // after a crash, as it were
		if lost.Seen() != 1 {
			t.Errorf("%d rooms were made", lost.Seen())
		}
		next := string(where(t))
		d.anna.WaitMember(t, next, d.anna.UserID, "invite")
		d.anna.Join(t, next)
		if m := d.anna.WaitEvent(t, next, sent); m.Body() != "zwei" || !m.Encrypted {
			t.Errorf("got %+v", m)
		}
		if m := d.anna.WaitEvent(t, next, private(t, "drei")); m.Body() != "drei" {
			t.Errorf("got %+v", m)
		}
	})
	t.Run("it is found without the State, and not if it is plain and the room is not", func(t *testing.T) {
		old := where(t)
		d.room(t, matrixtest.Room{Direct: true})
		d.pull(t)
		if err := d.state.Put(t.Context(), map[string][]byte{keyDirect + d.anna.UserID: nil}, 0); err != nil {
			t.Fatal(err)
		}
		private(t, "vier")
		if got := where(t); got != old {
			t.Errorf("got %s, want %s", got, old)
		}
	})
	t.Run("who may not use the bot is answered in place", func(t *testing.T) {
		d.c.cfg.Allows = func(who string) bool { return false }
		r := d.ask(t, room, "Und ich?", "Sie nicht")
		r.Answer.Private, r.Answer.Notice = true, bots.Notice{Plain: true}
		if m := d.anna.WaitEvent(t, room, d.send(t, r)); m.Thread() != r.To.MessageID {
			t.Errorf("got %+v", m)
		}
	})
}
