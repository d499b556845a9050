package mail

import (
	"errors"
	"testing"
	"time"

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
