package matrix

import (
	"errors"
	"slices"
	"testing"
	"time"

	"amtsbote/bots"
	"amtsbote/connectors/connectortest"
	"amtsbote/connectors/matrix/matrixtest"
)

func TestSend(t *testing.T) {
	d := newDesk(t)
	t.Run("an answer is shown in a plain and in an encrypted room", func(t *testing.T) {
		for _, encrypted := range []bool{false, true} {
			room := d.room(t, matrixtest.Room{Direct: true, Encrypted: encrypted})
			r := d.ask(t, room, "Was ist ein Bescheid?", "Ein **Verwaltungsakt**, siehe [Gesetz](https://gesetz.example/35).")
			r.Answer.Notice = bots.Notice{Skill: "chat", Model: "m1", Place: "hier"}
			m := d.anna.WaitEvent(t, room, d.send(t, r))
			mark, _ := m.Content[markKey].(map[string]any)
			if m.Encrypted != encrypted || m.MsgType() != "m.text" || m.Thread() != "" || m.ReplyTo() != "" || m.Content["m.mentions"] == nil || len(m.Mentions()) > 0 ||
				mark["ai"] != true || mark["model"] != "m1" {
				t.Errorf("got %+v", m)
			}
			if want := "Ein Verwaltungsakt, siehe Gesetz (https://gesetz.example/35).\n\nMit KI erstellt (m1, hier). Bitte prüfen, vor allem Fristen, Beträge und Namen."; m.Body() != want {
				t.Errorf("got %q", m.Body())
			}
			if want := "<p>Ein <strong>Verwaltungsakt</strong>, siehe <a href=\"https://gesetz.example/35\">Gesetz</a>.</p>\n<p><em>Mit KI erstellt (m1, hier). Bitte prüfen, vor allem Fristen, Beträge und Namen.</em></p>"; m.HTML() != want {
				t.Errorf("got %q", m.HTML())
			}
		}
	})
	bernd := matrixtest.NewClient(t, d.s, d.s.User(t, "bernd"), matrixtest.ClientOptions{})
	t.Run("in a room of several people an answer is in a thread", func(t *testing.T) {
		room := d.room(t, matrixtest.Room{Name: "Runde", Encrypted: true}, bernd)
		r := d.ask(t, room, "Frage", "Antwort")
		m := d.anna.WaitEvent(t, room, d.send(t, r))
		if m.Thread() != r.To.MessageID || m.ReplyTo() != r.To.MessageID || len(m.Mentions()) > 0 {
			t.Errorf("got %+v", m)
		}
		if b, err := d.state.Get(t.Context(), threadKey(room, "")+r.To.MessageID); err != nil || b == nil {
			t.Error("the thread is not noted")
		}
		d.c.cfg.Mention = true
		defer func() { d.c.cfg.Mention = false }()
		next := d.ask(t, room, "Und?", "Noch etwas")
		next.To.Thread = r.To.MessageID
		m = bernd.WaitEvent(t, room, d.send(t, next))
		if m.Thread() != r.To.MessageID || m.ReplyTo() != next.To.MessageID || !slices.Equal(m.Mentions(), []string{d.anna.UserID}) || !m.Encrypted {
			t.Errorf("got %+v", m)
		}
	})
	t.Run("what answers the coming in is in no thread, and a fixed text is a notice", func(t *testing.T) {
		room := d.room(t, matrixtest.Room{Name: "Runde"}, bernd)
		r := bots.Reply{ID: "x/greeting", To: bots.Address{Room: room, MessageID: "$x", Ref: refJoin}, Answer: bots.Answer{Text: bots.Say("Guten Tag"), Notice: bots.Notice{Plain: true}}}
		if m := d.anna.WaitEvent(t, room, d.send(t, r)); m.Thread() != "" || m.ReplyTo() != "" || m.MsgType() != "m.notice" {
			t.Errorf("got %+v", m)
		}
	})
	t.Run("encryption that was switched on a moment ago is kept to", func(t *testing.T) {
		room := d.room(t, matrixtest.Room{Direct: true})
		d.anna.WaitEvent(t, room, d.send(t, d.ask(t, room, "offen?", "ja")))
		d.anna.Encrypt(t, room)
		r := d.ask(t, room, "und jetzt?", "geheim")
		r.Answer.Files = []bots.File{{Name: "a.txt", Type: "text/plain", Data: []byte("geheim")}}
		if m := d.anna.WaitEvent(t, room, d.send(t, r)); !m.Encrypted || m.Body() != "geheim" {
			t.Errorf("got %+v", m)
		}
		if m := d.file(t, room, "a.txt"); m.Content["file"] == nil || m.Content["url"] != nil {
			t.Errorf("got %+v", m)
		}
	})
	t.Run("if it cannot be asked whether a room is encrypted, nothing is sent", func(t *testing.T) {
		room := d.room(t, matrixtest.Room{Direct: true})
		r := d.ask(t, room, "Frage", "Antwort")
		rule := d.proxy.On(t, "GET", `/state/m.room.encryption`, matrixtest.Reply(500, `{"errcode":"M_UNKNOWN"}`), 0)
		defer rule.Remove()
		sends := d.proxy.On(t, "PUT", `/send/`, matrixtest.Count(), 0)
		defer sends.Remove()
		if _, err := d.c.Send(t.Context(), d.state, r); err == nil || isRefusal(err) || sends.Seen() > 0 {
			t.Errorf("got %v, %d sent", err, sends.Seen())
		}
	})
	t.Run("who was put out of a room is refused there", func(t *testing.T) {
		room := d.room(t, matrixtest.Room{Name: "Runde"}, bernd)
		r := d.ask(t, room, "Frage", "Antwort")
		d.anna.Kick(t, room, d.cfg.User, "")
		if _, err := d.c.Send(t.Context(), d.state, r); !isRefusal(err) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("who may not write in a room is refused there", func(t *testing.T) {
		room := d.room(t, matrixtest.Room{Name: "Aushang", PowerLevels: map[string]any{"events_default": 50}}, bernd)
		r := d.ask(t, room, "Frage", "Antwort")
		if _, err := d.c.Send(t.Context(), d.state, r); !isRefusal(err) {
			t.Errorf("got %v", err)
		}
	})
}

// TestSendToNewDevice answers, right after a start, somebody who has a new device
// since the bot was stopped.
func TestSendToNewDevice(t *testing.T) {
	s := matrixtest.Start(t, matrixtest.Options{})
	h := newSite(t, s)
	proxy := matrixtest.NewProxy(t, s.URL)
	h.cfg.Server = proxy.URL
	person := h.account(t, "anna")
	anna := matrixtest.NewClient(t, s, person, matrixtest.ClientOptions{})
	state := connectortest.NewState()
	ear := listen(t, h.connect(t), state)
	begun(t, ear)
	room := h.chat(t, ear, anna, true)
	anna.SendText(t, room, "Frage")
	m := ear.text(t, "Frage")
	reply := func(kind, text string) bots.Reply {
		return bots.Reply{ID: m.ID + "/" + kind, Language: "de", To: bots.Address{Room: room, Person: m.Sender, MessageID: m.ID},
			Answer: bots.Answer{Text: bots.Say(text), Notice: bots.Notice{Plain: true}}}
	}
	sent, err := ear.Send(t.Context(), state, reply("notice", "gleich"))
	if err != nil {
		t.Fatal(err)
	}
	anna.WaitEvent(t, room, sent)
	if err := ear.stop(); err != nil {
		t.Fatal(err)
	}
	phone := matrixtest.NewClient(t, s, person, matrixtest.ClientOptions{})
	syncs := proxy.On(t, "GET", `/v3/sync`, matrixtest.Hold(), 1)
	ear = listen(t, h.connect(t), state)
	syncs.Wait(t, 1)
	got := make(chan error, 1)
	go func() { sent, err = ear.Send(t.Context(), state, reply("answer", "jetzt")); got <- err }()
	syncs.Release()
	if err := <-got; err != nil {
		t.Fatal(err)
	}
	phone.WaitFor(t, room, func(m matrixtest.Message) bool { return m.EventID == sent && m.Body() == "jetzt" })
}

func isRefusal(err error) bool {
	_, ok := errors.AsType[*bots.Refusal](err)
	return ok
}

func TestSendOnce(t *testing.T) {
	d := newDesk(t)
	for _, encrypted := range []bool{false, true} {
		room := d.room(t, matrixtest.Room{Direct: true, Encrypted: encrypted})
		once := func(t *testing.T, r bots.Reply, sent string) {
			t.Helper()
			m := d.anna.WaitEvent(t, room, sent)
			d.settle(t, room)
			n := 0
			for _, body := range d.said(room) {
				if body == m.Body() {
					n++
				}
			}
			if n != 1 {
				t.Errorf("shown %d times: %q", n, d.said(room))
			}
		}
		t.Run("sent again it is shown once", func(t *testing.T) {
			r := d.ask(t, room, "eins?", "eins")
			first := d.send(t, r)
			if second := d.send(t, r); second != first {
				t.Errorf("got %s, then %s", first, second)
			}
			once(t, r, first)
		})
		t.Run("a reply of the server that is lost is no loss", func(t *testing.T) {
			lost := d.proxy.On(t, "PUT", `/send/m.room`, matrixtest.LoseReply(), 1)
			defer lost.Remove()
			r := d.ask(t, room, "zwei?", "zwei")
			once(t, r, d.send(t, r))
			if lost.Hits() != 1 {
				t.Error("nothing was lost")
			}
		})
		t.Run("a server that is too busy is asked again when it says", func(t *testing.T) {
			busy := d.proxy.On(t, "PUT", `/send/m.room`, matrixtest.Limit(2*time.Second), 2)
			defer busy.Remove()
			began := time.Now()
			r := d.ask(t, room, "drei?", "drei")
			sent := d.send(t, r)
			if busy.Seen() != 3 || time.Since(began) < 4*time.Second {
				t.Errorf("%d requests in %v", busy.Seen(), time.Since(began))
			}
			once(t, r, sent)
		})
		t.Run("what is still on its way is not sent a second time", func(t *testing.T) {
			r := d.ask(t, room, "unterwegs?", "unterwegs")
			slow := d.proxy.On(t, "PUT", `/send/m.room`, matrixtest.Postpone(), 1)
			if _, err := d.c.Send(t.Context(), d.state, r); err == nil {
				t.Fatal("sent")
			}
			d.restart(t)
			sends := d.proxy.On(t, "PUT", `/send/m.room`, matrixtest.Count(), 0)
			defer sends.Remove()
			look := d.proxy.On(t, "GET", `/messages`, matrixtest.Count(), 0)
			defer look.Remove()
			go func() { look.Wait(t, 1); slow.Release() }() // the server has it only after the first look
			sent := d.send(t, r)
			if sends.Seen() != 0 {
				t.Errorf("sent %d times more", sends.Seen())
			}
			once(t, r, sent)
		})
		t.Run("after both have restarted it is still shown once, all its parts", func(t *testing.T) {
			r := d.ask(t, room, "vier?", "vier")
			r.Answer.Files = []bots.File{{Name: "vier.txt", Type: "text/plain", Data: []byte("vier")}, {Name: "fünf.txt", Type: "text/plain", Data: []byte("fünf")}}
			lost := d.proxy.On(t, "PUT", `/send/m.room`, matrixtest.LoseReply(), 0)
			ctx := mautrixNoRetries(t.Context())
			if _, err := d.c.Send(ctx, d.state, r); err == nil { // the text is there
				t.Fatal("sent")
			}
			lost.Remove()
			third := d.proxy.On(t, "PUT", `/send/m.room`, matrixtest.LoseReply(), 1)
			if _, err := d.c.Send(ctx, d.state, r); err == nil { // so is the first file
				t.Fatal("sent")
			}
			third.Remove()
			d.file(t, room, "vier.txt") // a Dendrite that is killed may lose what nobody has seen
			d.s.Restart(t)
			d.restart(t)
			sends := d.proxy.On(t, "PUT", `/send/m.room`, matrixtest.Count(), 0)
			defer sends.Remove()
			first := d.send(t, r)
			if sends.Seen() != 1 {
				t.Errorf("%d events sent, one was missing", sends.Seen())
			}
			if again := d.send(t, r); again != first || sends.Seen() != 1 {
				t.Errorf("got %s, then %s", first, again)
			}
			once(t, r, first)
			d.file(t, room, "fünf.txt")
			if n := count(d.said(room), "vier.txt") + count(d.said(room), "fünf.txt"); n != 2 {
				t.Errorf("got %q", d.said(room))
			}
		})
	}
}

func count(all []string, one string) (n int) {
	for _, s := range all {
		if s == one {
			n++
		}
	}
	return n
}
