package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"amtsbote/connectors/mail/mailtest"
)

// TestMailAccess has three people write to the bot's own address: a colleague who
// has access, one who has none, and an outsider.
func TestMailAccess(t *testing.T) {
	rig := mailtest.Start(t)
	config := strings.Replace(forwarded(rig, t.TempDir()), "access: {allow: ["+mailtest.Domain+"]}",
		"access: {allow: ["+mailtest.Anna+"]}\n  contact: ki@amt.test", 1)
	d := start(t, file(t, "config.yaml", config), rig.Password(mailtest.Bot))
	write := func(from, subject string) []byte {
		return mailtest.Text("From: "+from, "To: "+mailtest.Bot, "Subject: "+subject, "Message-ID: <"+strings.ReplaceAll(subject, " ", "-")+"@x>",
			"Date: "+time.Now().Format(time.RFC1123Z), "", "Bitte beantworten.", "", "-------- Weitergeleitete Nachricht --------",
			"Von: Jana <jana@outside.example>", "An: amt@amt.test", "Datum: 20.11.2026", "Betreff: Antrag", "", "Guten Tag, wann ist geöffnet?")
	}
	rig.Deliver(t, "jana@outside.example", mailtest.Bot, write("jana@outside.example", "von aussen"))
	rig.Deliver(t, mailtest.Bernd, mailtest.Bot, write(mailtest.Bernd, "falscher Bernd"))
	for _, subject := range []string{"WG eins", "WG zwei", "WG drei"} {
		rig.Submit(t, mailtest.Bernd, mailtest.Bot, write(mailtest.Bernd, subject))
	}
	rig.Wait(t, mailtest.Bernd, "INBOX", 1)
	rig.Submit(t, mailtest.Anna, mailtest.Bot, write(mailtest.Anna, "WG vier"))
	rig.Wait(t, mailtest.Anna, "INBOX", 1)
	d.stop(t, syscall.SIGTERM)
	got := rig.Mails(t, mailtest.Bernd, "INBOX")
	if len(got) != 1 {
		t.Fatalf("Bernd has %d mails, want one", len(got))
	}
	text := mailText(got[0].Raw)
	if !strings.Contains(text, "für Sie bin ich noch nicht freigeschaltet") || !strings.Contains(text, "ki@amt.test") || strings.Contains(text, "Entwurf") {
		t.Errorf("Bernd is told:\n%s", text)
	}
	if got[0].Field("Auto-Submitted") != "auto-replied" || !strings.Contains(got[0].Field("In-Reply-To"), "WG-") {
		t.Errorf("the refusal is no reply by a machine: %s", got[0].Raw)
	}
	log, err := os.ReadFile(filepath.Join(rig.Dir, "logs/postfix.log"))
	if err != nil || !strings.Contains(string(log), "to=<"+mailtest.Bernd+">") {
		t.Fatalf("Postfix's log tells nothing: %v", err)
	}
	if strings.Contains(string(log), "to=<jana@") {
		t.Error("a mail went to the outsider")
	}
}
