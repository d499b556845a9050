package matrix

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"amtsbote/bots"
	"amtsbote/connectors/connectortest"
	"amtsbote/connectors/matrix/matrixtest"
)

// TestOutage has servers, networks and keys fail.
func TestOutage(t *testing.T) {
	s := matrixtest.Start(t, matrixtest.Options{})
	for name, test := range map[string]func(*testing.T, *site){
		"what was written while the bot was away is heard, all of it":  hearsBacklog,
		"what is too old is told of, without its text":                 tellsLate,
		"a message whose key comes late is heard then":                 waitsForKey,
		"encryption that is switched on later is no obstacle":          hearsLateEncryption,
		"a sync that is limited, or fails, is made again":              syncsAgain,
		"a device that the server has put out is an alarm, not a loop": seesRevoked,
	} {
		t.Run(name, func(t *testing.T) { test(t, newSite(t, s)) })
	}
}

// hearsBacklog has more written than a sync brings: the rest is fetched.
func hearsBacklog(t *testing.T, h *site) {
	state := connectortest.NewState()
	e := listen(t, h.connect(t), state)
	begun(t, e)
	anna := h.person(t, "anna")
	room := h.chat(t, e, anna, true)
	anna.SendText(t, room, "davor")
	e.text(t, "davor")
	if err := e.stop(); err != nil {
		t.Fatal(err)
	}
	var want []string
	for i := range 80 {
		want = append(want, fmt.Sprintf("Frage %d", i))
		anna.SendText(t, room, want[i])
	}
	e = listen(t, h.connect(t), state)
	e.text(t, "Frage 79")
	if got := e.texts(); !slices.Equal(got, want) {
		t.Errorf("heard %d of 80: %q", len(got), got)
	}
	if n := e.figures.backfilled.Load(); n < 30 {
		t.Errorf("only %d events had to be fetched: the gap was not tested", n)
	}
}

func tellsLate(t *testing.T, h *site) {
	h.cfg.MaxAge = time.Millisecond
	e := listen(t, h.connect(t), connectortest.NewState())
	begun(t, e)
	anna := h.person(t, "anna")
	room := h.chat(t, e, anna, false)
	anna.SendText(t, room, "Geheimes von gestern")
	m := e.wait(t, "the late one", func(m bots.Message) bool { return m.Kind == bots.KindText })
	if !m.Late || m.Text != "" || len(m.Files) > 0 {
		t.Errorf("got %+v", m)
	}
}

// waitsForKey has the key of a message held back on its way: the sync goes on
// without it, also over a restart, and the message is heard when the key is there.
func waitsForKey(t *testing.T, h *site) {
	state := connectortest.NewState()
	e := listen(t, h.connect(t), state)
	begun(t, e)
	proxy := matrixtest.NewProxy(t, h.URL)
	anna := h.person(t, "anna", matrixtest.ClientOptions{URL: proxy.URL})
	room := h.chat(t, e, anna, true)
	key := proxy.On(t, "PUT", `/sendToDevice/m.room.encrypted/`, matrixtest.Postpone(), 0)
	anna.NewSession(t, room)
	sealed := anna.SendText(t, room, "verschlossen")
	anna.SendText(t, room, "auch verschlossen")
	ben := h.person(t, "ben")
	other := h.chat(t, e, ben, true)
	ben.SendText(t, other, "offen")
	e.text(t, "offen") // nobody waits for the key
	if err := e.stop(); err != nil {
		t.Fatal(err)
	}
	e = listen(t, h.connect(t), state)
	key.Release()
	m := e.text(t, "verschlossen")
	e.text(t, "auch verschlossen")
	if m.ID != sealed || m.Room != room || !m.Direct {
		t.Errorf("got %+v", m)
	}
	ben.SendText(t, other, "Ende")
	e.text(t, "Ende")
	if got := e.texts(); !slices.Equal(got, []string{"verschlossen", "auch verschlossen", "Ende"}) {
		t.Errorf("heard %q", got)
	}
	left := 0
	if err := state.Each(t.Context(), keyLocked, func(string, []byte) error { left++; return nil }); err != nil || left > 0 {
		t.Errorf("%d events are still put aside (%v)", left, err)
	}
}

func hearsLateEncryption(t *testing.T, h *site) {
	e := listen(t, h.connect(t), connectortest.NewState())
	begun(t, e)
	anna := h.person(t, "anna")
	room := h.chat(t, e, anna, false)
	anna.SendText(t, room, "offen")
	e.text(t, "offen")
	anna.Encrypt(t, room)
	id := anna.SendText(t, room, "verschlüsselt")
	e.text(t, "verschlüsselt")
	if !anna.WaitEvent(t, room, id).Encrypted {
		t.Error("it was not encrypted")
	}
}

func syncsAgain(t *testing.T, h *site) {
	proxy := matrixtest.NewProxy(t, h.URL)
	h.cfg.Server = proxy.URL
	e := listen(t, h.connect(t), connectortest.NewState())
	begun(t, e)
	anna := h.person(t, "anna")
	room := h.chat(t, e, anna, true)
	for i, fault := range []matrixtest.Action{matrixtest.Limit(time.Second), matrixtest.BadGateway(), matrixtest.LoseReply(), matrixtest.Reply(200, "{")} {
		rule := proxy.On(t, "GET", `/sync`, fault, 1)
		text := fmt.Sprintf("Frage %d", i)
		anna.SendText(t, room, text)
		rule.Wait(t, 1)
		e.text(t, text)
	}
	if got := e.texts(); !slices.Equal(got, []string{"Frage 0", "Frage 1", "Frage 2", "Frage 3"}) {
		t.Errorf("heard %q", got)
	}
}

func seesRevoked(t *testing.T, h *site) {
	e := listen(t, h.connect(t), connectortest.NewState())
	begun(t, e)
	h.LogoutAll(t, h.bot)
	for end := time.Now().Add(matrixtest.Patience); !e.ended.Load(); <-time.After(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("Receive goes on")
		}
	}
	if err := e.stop(); !isRefusal(err) {
		t.Errorf("Receive: %v", err)
	}
}
