package mail

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"amtsbote/bots"
)

// position is how far a mailbox has been read.
type position struct {
	Folder   string
	Validity uint32
	UID      imap.UID
	Since    string // what was received before this day is left alone
}

const keyPosition = "position"

// Receive implements bots.Connector.
func (c *Connector) Receive(ctx context.Context, s bots.State, accept func(context.Context, bots.Message) error) error {
	c.tokens.keep(s)
	stop := c.keepHouse(ctx, s)
	err := c.receive(ctx, s, c.counted(s, accept))
	stop()
	c.pool.close()
	c.stats.receiving(false)
	if ctx.Err() != nil {
		return nil
	}
	return err
}

func (c *Connector) receive(ctx context.Context, s bots.State, accept func(context.Context, bots.Message) error) error {
	pos, err := c.position(ctx, s)
	if err != nil {
		return err
	}
	k, err := c.dial(ctx)
	if err != nil {
		return err
	}
	defer k.close()
	r := receiver{Connector: c, conn: k, state: s, accept: accept, pos: pos, poll: c.cfg.Poll}
	if r.poll == 0 {
		r.poll = c.pace(ctx, k)
	}
	for ctx.Err() == nil {
		if err := r.look(ctx); err != nil {
			return err
		}
		c.stats.receiving(true)
		// Until it is time to select the folder anew.
		for again := c.now().Add(max(r.poll, c.reselect)); ctx.Err() == nil && c.now().Before(again); {
			changed, err := r.wait(ctx)
			if err != nil {
				return err
			}
			if !changed {
				continue
			}
			if err := r.scan(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

const (
	reselect = time.Minute     // how long a folder stays selected at least
	hurry    = 5 * time.Second // a shorter poll interval replaces IDLE by NOOP
	calm     = 2 * time.Minute
	patience = 20 * time.Second
	brisk    = 100 * time.Millisecond
)

// pace returns how often to look where the configuration leaves it open: of
// Dovecot often, by NOOP, for the reasons in the package comment.
func (c *Connector) pace(ctx context.Context, k *conn) time.Duration {
	if !k.caps.Has(imap.CapID) {
		return calm
	}
	var id *imap.IDData
	err := k.do(ctx, "id", func() (err error) {
		id, err = k.im.ID(nil).Wait()
		return err
	})
	if err == nil && id != nil && strings.EqualFold(id.Name, "Dovecot") {
		return brisk
	}
	return calm
}

func (c *Connector) position(ctx context.Context, s bots.State) (position, error) {
	var p position
	b, err := s.Get(ctx, keyPosition)
	if err != nil {
		return p, err
	}
	if b != nil {
		if err := json.Unmarshal(b, &p); err != nil {
			return p, fmt.Errorf("mail: position: %w", err)
		}
	}
	// A first start answers no mail of the day before, however long it is down later.
	p.Since = cmp.Or(c.cfg.Since, p.Since, c.now().Format(time.DateOnly))
	return p, nil
}

// A receiver is one run of Receive on one connection.
type receiver struct {
	*Connector
	conn   *conn
	state  bots.State
	accept func(context.Context, bots.Message) error
	pos    position
	poll   time.Duration
}

// look selects the folder and reads what is new in it.
func (r *receiver) look(ctx context.Context) error {
	// Examined, not selected: a mailbox that is only read shows no trace of it,
	// not even that its mail is no longer recent.
	data, err := r.conn.open(ctx, r.cfg.Folder, true)
	if err != nil {
		return err
	}
	if data.UIDValidity != r.pos.Validity || r.cfg.Folder != r.pos.Folder {
		if r.pos.Validity != 0 {
			r.log.Warn("mailbox was renumbered, reading it again")
		}
		r.pos.Folder, r.pos.Validity, r.pos.UID = r.cfg.Folder, data.UIDValidity, 0
		if err := r.save(ctx); err != nil {
			return err
		}
	}
	return r.scan(ctx)
}

func (r *receiver) save(ctx context.Context) error {
	b, err := json.Marshal(r.pos)
	if err != nil {
		return err
	}
	// What was accepted is confirmed, even if the bot stops now.
	return r.state.Put(context.WithoutCancel(ctx), map[string][]byte{keyPosition: b}, 0)
}

// wait returns after the poll interval or before, and says whether the mailbox
// may have changed. A server that is asked by NOOP knows; one that should have
// told by itself is not believed.
func (r *receiver) wait(ctx context.Context) (changed bool, err error) {
	if r.poll >= hurry && r.conn.caps.Has(imap.CapIdle) {
		return true, r.idle(ctx)
	}
	if !r.rest(ctx) {
		return false, nil
	}
	err = r.conn.do(ctx, "noop", func() error { return r.conn.im.Noop().Wait() })
	select {
	case <-r.conn.exists:
		return true, err
	default:
		return false, err
	}
}

func (r *receiver) rest(ctx context.Context) bool {
	t := time.NewTimer(r.poll)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// idle has the server tell of new mail.
func (r *receiver) idle(ctx context.Context) error {
	k := r.conn
	var cmd *imapclient.IdleCommand
	err := k.do(ctx, "idle", func() (err error) {
		cmd, err = k.im.Idle()
		return err
	})
	if err != nil {
		return err
	}
	t := time.NewTimer(r.poll)
	defer t.Stop()
	select {
	case <-k.exists:
	case <-k.im.Closed():
	case <-t.C:
	case <-ctx.Done():
	}
	return k.do(ctx, "idle", func() error {
		if err := cmd.Close(); err != nil {
			return err
		}
		return cmd.Wait()
	})
}
