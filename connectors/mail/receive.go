package mail

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"golang.org/x/sync/errgroup"

	"amtsbote/bots"
)

// position is how far a folder has been read: every mail up to UID, and while a
// backlog is read from its newest mail down, those from Low to Top too.
type position struct {
	Folder   string
	Validity uint32
	UID      imap.UID
	Since    string   // what was received before this day is left alone
	Low, Top imap.UID `json:",omitempty"` // 0: there is no backlog
}

// seen returns the last mail that was accepted or passed over.
func (p position) seen() imap.UID { return max(p.UID, p.Top) }

// positionKey is where the position in a folder is kept.
func positionKey(folder string) string {
	sum := sha256.Sum256([]byte(folder))
	return "position/" + hex.EncodeToString(sum[:16])
}

// Receive implements bots.Connector.
func (c *Connector) Receive(ctx context.Context, s bots.State, accept func(context.Context, bots.Message) error) error {
	c.tokens.keep(s)
	accept = c.counted(s, accept)
	var unread atomic.Int32 // folders that have not been read to their end
	unread.Store(int32(len(c.cfg.Folders)))
	read := func() {
		if unread.Add(-1) == 0 {
			c.stats.receiving(true)
		}
	}
	var all []*receiver
	for i, folder := range c.cfg.Folders {
		r := &receiver{Connector: c, index: i, folder: folder, state: s, accept: accept, poll: c.cfg.Poll, read: sync.OnceFunc(read)}
		var err error
		if r.pos, err = c.position(ctx, s, folder); err != nil {
			return err
		}
		all = append(all, r)
	}
	err := c.watchAll(ctx, s, all)
	c.pool.close()
	c.stats.receiving(false)
	c.forgetClosed() // what Receive returns says it, or the next one
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// watchAll watches folders until one of their connections is lost. One logs in
// before the others do: a password that the server refuses is tried once, and not
// for each folder, lest a directory lock the account.
func (c *Connector) watchAll(ctx context.Context, s bots.State, all []*receiver) (err error) {
	password := c.cfg.Password.Reveal()
	all[0].conn, err = c.dial(ctx)
	if c.lockout.tried(password, err, c.now()); err != nil {
		return err
	}
	defer c.keepHouse(ctx, s)()
	g, gctx := errgroup.WithContext(ctx)
	for _, r := range all {
		g.Go(func() error { return safely(func() error { return r.watch(gctx) }) })
	}
	return g.Wait()
}

// safely runs what Receive does in goroutines of its own, where the core does not
// catch a panic: it would end the program, with every start at the same letter. Of
// what was thrown only the type is told, as the text could be a letter's.
func safely(f func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("mail: panic: %T\n%s", v, debug.Stack())
		}
	}()
	return f()
}

// watch reads one folder, on a connection of its own, until the connection is lost.
func (r *receiver) watch(ctx context.Context) error {
	var err error
	if r.conn == nil {
		if r.conn, err = r.dial(ctx); err != nil {
			return err
		}
	}
	defer r.conn.close()
	if r.index == 0 && r.letters() {
		// Whoever sets up a mailbox shall not learn with the first letter only
		// that its drafts have no place.
		if _, err := r.find(ctx, r.conn); err == nil {
			r.placed()
		} else if r.told(alarmDrafts, err); r.conn.broken {
			return err
		}
	}
	if r.poll == 0 {
		r.poll = r.pace(ctx, r.conn)
	}
	for ctx.Err() == nil {
		err := r.look(ctx)
		if err == nil {
			r.calm(folderKey(r.index))
			r.read()
			err = r.follow(ctx)
		}
		if err != nil {
			if err = r.unreadable(err); err != nil {
				return err
			}
			r.read()
			rest(ctx, r.reselect)
		}
	}
	return nil
}

// follow reads what comes into the selected folder until it is time to select it anew.
func (r *receiver) follow(ctx context.Context) error {
	for again := r.now().Add(max(r.poll, r.reselect)); ctx.Err() == nil && r.now().Before(again); {
		changed, err := r.wait(ctx)
		if err == nil && changed {
			err = r.scan(ctx)
		}
		if err != nil {
			return err
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

func (c *Connector) position(ctx context.Context, s bots.State, folder string) (position, error) {
	p := position{Folder: folder}
	b, err := s.Get(ctx, positionKey(folder))
	if err != nil {
		return p, err
	}
	if b != nil {
		if err := json.Unmarshal(b, &p); err != nil {
			return p, fmt.Errorf("mail: position: %w", err)
		}
	}
	// A first start answers no mail of the day before, however long it is down
	// later, and however long the folder cannot be opened yet.
	first := p.Since == ""
	p.Since = cmp.Or(c.cfg.Since, p.Since, c.now().Format(time.DateOnly))
	if first {
		err = p.save(ctx, s)
	}
	return p, err
}

func (p position) save(ctx context.Context, s bots.State) error {
	b, err := json.Marshal(p)
	if err != nil {
		return err
	}
	// What was accepted is confirmed, even if the bot stops now.
	return s.Put(context.WithoutCancel(ctx), map[string][]byte{positionKey(p.Folder): b}, 0)
}

// A receiver is one run of Receive in one folder, on one connection.
type receiver struct {
	*Connector
	index  int // in Config.Folders
	folder string
	read   func() // says that the folder has been read to its end, or cannot be
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
	data, err := r.conn.open(ctx, r.folder, true)
	if err != nil {
		return err
	}
	if data.UIDValidity != r.pos.Validity {
		if r.pos.Validity != 0 {
			r.log.Warn("mailbox was renumbered, reading it again", "folder", folderKey(r.index))
		}
		r.pos.Validity, r.pos.UID, r.pos.Low, r.pos.Top = data.UIDValidity, 0, 0, 0
		if err := r.save(ctx); err != nil {
			return err
		}
	}
	return r.scan(ctx)
}

func (r *receiver) save(ctx context.Context) error { return r.pos.save(ctx, r.state) }

// A closedFolder is a folder that the server does not open, or not let read.
type closedFolder struct{ error }

func (e *closedFolder) Error() string { return "mail: folder cannot be opened: " + e.error.Error() }

func (e *closedFolder) Unwrap() error { return e.error }

// unreadable makes an alarm of a folder that cannot be opened, or of which one
// letter cannot be read (a damaged file), so that the others go on. It returns the
// error if it is anything else, or if no folder is left.
func (r *receiver) unreadable(err error) error {
	if _, refused := errors.AsType[*serverError](err); !refused || r.conn.broken {
		return err
	}
	closed := &closedFolder{err}
	r.alarm(folderKey(r.index), closed.Error()+"; it is tried again every minute, the other folders go on")
	for i := range r.cfg.Folders {
		if !r.alarmed(folderKey(i)) {
			return nil
		}
	}
	return closed
}

// wait returns after the poll interval or before, and says whether the mailbox
// may have changed. A server that is asked by NOOP knows; one that should have
// told by itself is not believed.
func (r *receiver) wait(ctx context.Context) (changed bool, err error) {
	if r.poll >= hurry && r.conn.caps.Has(imap.CapIdle) {
		return true, r.idle(ctx)
	}
	if !rest(ctx, r.poll) {
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

// rest reports false if ctx was done before d had passed.
func rest(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
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
