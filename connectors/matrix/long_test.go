package matrix

import (
	"fmt"
	"strings"
	"testing"

	"maunium.net/go/mautrix"

	"amtsbote/bots"
	"amtsbote/connectors/matrix/matrixtest"
)

func TestLongAnswers(t *testing.T) {
	d := newDesk(t)
	long := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "%d. Der Bescheid ist **rechtswidrig**, weil die Anhörung fehlt; siehe <§ 28> & mehr. Absatz %d.\n", i+1, i+1)
		}
		return b.String()
	}
	for _, encrypted := range []bool{false, true} {
		room := d.room(t, matrixtest.Room{Direct: true, Encrypted: encrypted})
		t.Run("a long answer comes in parts, of which none is doubled or lost", func(t *testing.T) {
			r := d.ask(t, room, "lang?", long(500)) // 45 kB
			lost := d.proxy.On(t, "PUT", `/send/m.room`, matrixtest.LoseReply(), 0)
			if _, err := d.c.Send(mautrix.WithMaxRetries(t.Context(), 0), d.state, r); err == nil {
				t.Fatal("sent")
			}
			lost.Remove()
			d.s.Restart(t)
			d.restart(t)
			r.Answer.Text = bots.Say("anders geschnitten") // as by another version
			d.send(t, r)
			d.settle(t, room)
			all := d.said(room)
			if len(all) < 3 || len(all) > maxParts {
				t.Fatalf("%d parts", len(all))
			}
			text := strings.Join(all, "\n")
			for i := range 500 {
				if n := strings.Count(text, fmt.Sprintf("Absatz %d.", i+1)); n != 1 {
					t.Errorf("paragraph %d stands there %d times", i+1, n)
				}
			}
		})
		t.Run("a very long one begins in the chat and is whole in a file", func(t *testing.T) {
			r := d.ask(t, room, "sehr lang?", long(3000))
			m := d.anna.WaitEvent(t, room, d.send(t, r))
			if !strings.Contains(m.Body(), "Absatz 1.") || !strings.Contains(m.Body(), textWhole.DE) {
				t.Errorf("got %.200q", m.Body())
			}
			m = d.file(t, room, "Antwort.md")
			if got := string(d.anna.Download(t, m)); strings.TrimSpace(got) != strings.TrimSpace(long(3000)) {
				t.Errorf("got %d bytes", len(got))
			}
		})
	}
	t.Run("the biggest text fits into an encrypted event", func(t *testing.T) {
		room := d.room(t, matrixtest.Room{Direct: true, Encrypted: true})
		for _, text := range []string{strings.Repeat("ü ", 7_900), strings.Repeat("<&> ", 3_900), strings.Repeat("|a|b|\n|-|-|\n", 1) + strings.Repeat("|x|y|\n", 600)} {
			r := d.ask(t, room, "groß?", text)
			d.anna.WaitEvent(t, room, d.send(t, r))
		}
	})
	t.Run("what the server finds too big becomes a file", func(t *testing.T) {
		room := d.room(t, matrixtest.Room{Direct: true, Encrypted: true})
		rule := d.proxy.On(t, "PUT", `/send/m.room`, matrixtest.Reply(413, `{"errcode":"M_TOO_LARGE"}`), 1)
		defer rule.Remove()
		d.send(t, d.ask(t, room, "zu groß?", "doch nicht"))
		m := d.file(t, room, "Antwort.md")
		if got := string(d.anna.Download(t, m)); got != "doch nicht" {
			t.Errorf("got %q", got)
		}
	})
}
