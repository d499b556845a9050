package mail

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"amtsbote/connectors/connectortest"
	"amtsbote/connectors/mail/mailtest"
)

// TestLog greps the log for what must never stand in it.
func TestLog(t *testing.T) {
	rig := mailtest.Start(t)
	var log lockedBuffer
	w := newForwardBox(t, rig)
	c := New(w.cfg, slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	o := workWith(t, c, connectortest.NewState())
	rig.Deliver(t, "jana@buerger.example", w.cfg.Address, letter(1, "Geheimtext", nil))
	rig.Deliver(t, w.colleague, w.cfg.Address, mailtest.Text("From: "+w.colleague, "Subject: Geheimnis", "", "Geheimtext"))
	w.Say(t, "Geheimtext", nil)
	r := draftReply(o.wait(t, 1)[0])
	o.Send(t.Context(), o.state, r)
	r.ID, r.To.Person = "other", "niemand@amt.test"
	_, err := o.Send(t.Context(), o.state, r)
	fmt.Fprintln(&log, err)
	o.end()
	fmt.Fprintln(&log, o.errors())
	if text := log.String(); !strings.Contains(text, skipOutsider) || err == nil {
		t.Errorf("log lacks what happened: %v\n%s", err, text)
	} else {
		for _, no := range []string{"jana", "Geheim", "Brief", w.colleague, "niemand", rig.Password(w.cfg.User)} {
			if strings.Contains(text, no) {
				t.Errorf("the log holds %q:\n%s", no, text)
			}
		}
	}
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(b)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
