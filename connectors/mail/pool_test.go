package mail

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"amtsbote/bots"
	"amtsbote/connectors/connectortest"
)

// TestLockout: directories lock an account after a few wrong passwords. Letters
// that wait do not try one that was refused, until it is another or time has passed.
func TestLockout(t *testing.T) {
	w := newMemoryBox(t)
	w.Say(t, "eins", nil)
	o := work(t, w.cfg, connectortest.NewState())
	m := o.wait(t, 1)[0]
	o.end()
	p := newProxy(t, w.cfg.Server)
	w.cfg.Server, w.cfg.Password = p.addr, bots.NewSecret("falsch")
	c := connect(t, w.cfg)
	now := time.Now()
	c.now = func() time.Time { return now }
	try := func() error {
		r, err := c.Open(t.Context(), o.state, m.Files[0])
		if err == nil {
			err = r.Close()
		}
		return err
	}
	tries := func() int { return len(p.conns) / 2 }
	for range 5 {
		if err := try(); !errors.Is(err, errLogin) {
			t.Errorf("got %v", err)
		}
	}
	if tries() != 1 {
		t.Errorf("logged in %d times with a password that was refused", tries())
	}
	now = now.Add(lockFor)
	try()
	if tries() != 2 {
		t.Errorf("logged in %d times, want once more after %v", tries(), lockFor)
	}
	c.cfg.Password = bots.NewSecret("geheim")
	if err := try(); err != nil {
		t.Errorf("with another password: %v", err)
	}
}

// TestLockoutFolders has several folders, and several letters at a time, meet a
// password that is refused: it is tried once.
func TestLockoutFolders(t *testing.T) {
	w := newMemoryBox(t)
	p := newProxy(t, w.cfg.Server)
	w.cfg.Server, w.cfg.Password, w.cfg.Folders = p.addr, bots.NewSecret("falsch"), []string{"INBOX", "A", "B", "C", "D"}
	c := connect(t, w.cfg)
	if err := c.Receive(t.Context(), connectortest.NewState(), nil); !errors.Is(err, errLogin) {
		t.Errorf("got %v", err)
	}
	if n := len(p.conns) / 2; n != 1 {
		t.Errorf("Receive logged in %d times", n)
	}
	c = connect(t, w.cfg)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if err := c.pool.with(t.Context(), func(*conn) error { return nil }); !errors.Is(err, errLogin) {
				t.Errorf("got %v", err)
			}
		})
	}
	wg.Wait()
	if n := len(p.conns) / 2; n != 2 {
		t.Errorf("the pool logged in %d times", n-1)
	}
}

// TestLockoutSMTP has many answers wait while the password is refused.
func TestLockoutSMTP(t *testing.T) {
	o, addr := newOutbox(t)
	o.login, o.auth = true, &smtp.SMTPError{Code: 535, Message: "no"}
	c := forwarder(t, addr)
	var wg sync.WaitGroup
	for n := range 8 {
		wg.Go(func() {
			if _, err := c.Send(t.Context(), connectortest.NewState(), draftReply(bots.Message{ID: fmt.Sprint(n), Sender: "anna@amt.test"})); !errors.Is(err, errLogin) {
				t.Errorf("got %v", err)
			}
		})
	}
	wg.Wait()
	if o.conns != 1 {
		t.Errorf("logged in %d times with a password that was refused", o.conns)
	}
	o.auth = nil
	c.now = func() time.Time { return time.Now().Add(lockFor) }
	if _, err := c.Send(t.Context(), connectortest.NewState(), draftReply(bots.Message{ID: "x", Sender: "anna@amt.test"})); err != nil || len(o.mails) != 1 {
		t.Errorf("later: got %v, %d mails", err, len(o.mails))
	}
}
