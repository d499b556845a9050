package mailtest

import (
	"strings"
	"testing"
)

func TestRig(t *testing.T) {
	r := Start(t)
	t.Run("a mail from outside arrives, verified by nobody", func(t *testing.T) {
		r.Deliver(t, "jana@outside.example", Poststelle, Text("From: jana@outside.example", "Subject: eins", "", "Text"))
		m := r.Wait(t, Poststelle, "INBOX", 1)[0]
		if got := m.Field("Authentication-Results"); !strings.Contains(got, "dmarc=none") {
			t.Errorf("got Authentication-Results %q", got)
		}
	})
	t.Run("a mail of a colleague arrives, verified", func(t *testing.T) {
		r.Submit(t, Anna, Internal, Text("From: "+Anna, "Subject: zwei", "", "Text"))
		m := r.Wait(t, Bot, "INBOX", 1)[0]
		if got := m.Field("Authentication-Results"); !strings.HasPrefix(got, AuthServ) || !strings.Contains(got, "dmarc=pass") {
			t.Errorf("got Authentication-Results %q", got)
		}
	})
	t.Run("the internal address takes nothing from outside", func(t *testing.T) {
		if err := r.TryDeliver(Anna, Internal, Text("From: "+Anna, "", "x")); err == nil {
			t.Error("taken")
		}
	})
	t.Run("nothing leaves", func(t *testing.T) {
		if err := r.TryDeliver(Anna, "jana@outside.example", Text("From: "+Anna, "", "x")); err == nil {
			t.Error("taken")
		}
	})
	t.Run("after a kill mail arrives again", func(t *testing.T) {
		r.Dovecot.Kill()
		r.Postfix.Kill()
		r.Dovecot.Start(t)
		r.Postfix.Start(t)
		r.Deliver(t, "jana@outside.example", Bernd, Text("From: jana@outside.example", "Subject: drei", "", "Text"))
		r.Wait(t, Bernd, "INBOX", 1)
	})
}
