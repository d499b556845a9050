package mailtest

import (
	"strings"
	"testing"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
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
	t.Run("a new mailbox sends and receives", func(t *testing.T) {
		a, b := r.Box(t), r.Box(t)
		r.Submit(t, a, b, Text("From: "+a, "Subject: drei", "", "Text"))
		r.Wait(t, b, "INBOX", 1)
	})
	t.Run("nobody writes as somebody else", func(t *testing.T) {
		c, err := smtp.DialStartTLS(r.Submission, r.TLS(t))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if err := c.Auth(sasl.NewPlainClient("", Anna, r.Password(Anna))); err != nil {
			t.Fatal(err)
		}
		if err := c.SendMail(Bernd, []string{Bot}, strings.NewReader("From: "+Bernd+"\r\n\r\nx")); err == nil {
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
