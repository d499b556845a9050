package teams

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"amtsbote/bots"
)

const (
	keyIn      = "in/"     // what came and has not been passed on
	maxWaiting = 20_000    // of those in memory; more is refused, and Teams sends again
	maxMessage = 200 << 10 // bytes of a message as it waits: a State takes 256 KB
	lookups    = 16        // people looked up at the same time
)

// A waiting is a message on its way to the bot: it has been confirmed to Teams and
// is in the State. Who wrote it is not known yet.
type waiting struct {
	Message  bots.Message
	Activity activity // without what it says
	Files    bool     `json:",omitempty"` // there are files that only Graph knows
}

// An intake passes on what came in.
type intake struct {
	mu    sync.Mutex
	state bots.State // as of the last call of the core; nil: none yet
	now   *run       // what Receive does at present; nil: nothing
}

// use remembers the State: requests come whenever they like.
func (i *intake) use(s bots.State) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.state = s
}

// get returns the State as of the last call, nil if there was none, and what
// Receive does now.
func (i *intake) get() (bots.State, *run) {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.state, i.now
}

func (i *intake) set(n *run) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.now = n
}

// A run is one call of Receive. Each room has a line of its own, so that nobody
// waits for another's.
type run struct {
	c      *Connector
	ctx    context.Context
	s      bots.State
	accept func(context.Context, bots.Message) error
	failed chan error    // what ends Receive
	slots  chan struct{} // for looking people up
	lines  sync.WaitGroup

	mu    sync.Mutex
	over  bool
	known map[string]bool      // keys that are in a line
	open  map[string][]arrival // by room; the first is being worked on
}

type arrival struct {
	key string
	w   waiting
}

// Receive implements [bots.Connector]. It passes on what a former run has confirmed
// and not passed, and then what comes to the endpoint while it runs.
func (c *Connector) Receive(ctx context.Context, s bots.State, accept func(context.Context, bots.Message) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	c.intake.use(s)
	n := &run{c: c, ctx: ctx, s: s, accept: accept, failed: make(chan error, 1), slots: make(chan struct{}, lookups),
		known: map[string]bool{}, open: map[string][]arrival{}}
	c.intake.set(n) // before the State is read: what comes meanwhile is in both
	defer n.end(cancel)
	defer c.intake.set(nil)
	if err := n.load(); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	select {
	case <-ctx.Done():
		return nil
	case err := <-n.failed:
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
}

// end ends the lines and waits for them.
func (n *run) end(cancel func()) {
	cancel()
	n.mu.Lock()
	n.over = true
	n.mu.Unlock()
	n.lines.Wait()
}

// load puts into lines what waits in the State, the oldest first.
func (n *run) load() error {
	var all []arrival
	err := n.s.Each(n.ctx, keyIn, func(key string, value []byte) error {
		var w waiting
		if err := json.Unmarshal(value, &w); err != nil {
			return nil // of a later release: it stays
		}
		all = append(all, arrival{key, w})
		return nil
	})
	if err != nil {
		return fmt.Errorf("teams: read what waits: %w", err)
	}
	slices.SortStableFunc(all, func(a, b arrival) int { return a.w.Message.Time.Compare(b.w.Message.Time) })
	for _, a := range all {
		n.push(a)
	}
	return nil
}

// full reports whether too much waits.
func (n *run) full() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return len(n.known) >= maxWaiting
}

// push puts an arrival into its room's line.
func (n *run) push(a arrival) {
	room := a.w.Message.Room
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.over || n.known[a.key] {
		return
	}
	n.known[a.key] = true
	n.open[room] = append(n.open[room], a)
	n.c.figures.waiting.Set(float64(len(n.known)))
	if len(n.open[room]) == 1 {
		n.lines.Go(func() { n.line(room) })
	}
}

// line works on a room's line until it is empty.
func (n *run) line(room string) {
	for {
		n.mu.Lock()
		if n.over || len(n.open[room]) == 0 {
			delete(n.open, room)
			n.mu.Unlock()
			return
		}
		a := n.open[room][0]
		n.mu.Unlock()
		if !n.work(a) {
			return
		}
		n.mu.Lock()
		n.open[room] = n.open[room][1:]
		n.c.figures.waiting.Set(float64(len(n.known)))
		n.mu.Unlock()
	}
}

// work passes one arrival on and reports whether the line may go on.
func (n *run) work(a arrival) bool {
	m := a.w.Message
	for wait := time.Second; ; wait = min(2*wait, time.Minute) {
		err := n.complete(&m, a.w)
		if err == nil {
			break
		}
		if n.ctx.Err() != nil {
			return false
		}
		// What Microsoft does not tell now it tells later; until then the room waits,
		// and no other.
		n.c.troubled(alarmPeople, err)
		n.c.log.Warn("message waits: what belongs to it cannot be looked up", "id", bots.LogID(m.ID), "wait", wait, "err", err)
		select {
		case <-n.ctx.Done():
			return false
		case <-time.After(wait):
		}
	}
	n.c.calmed(alarmPeople)
	if m.Kind != kindRoom {
		if err := n.accept(n.ctx, m); err != nil {
			n.fail(err)
			return false
		}
	}
	// In this order: a second delivery that comes now is either told that it waits
	// already, and deleted here, or is put into a line and deleted there.
	n.mu.Lock()
	delete(n.known, a.key)
	n.mu.Unlock()
	// The message is in the inbox: forgetting that it waits must not be cut short.
	if err := n.s.Put(context.WithoutCancel(n.ctx), map[string][]byte{a.key: nil}, 0); err != nil {
		n.fail(fmt.Errorf("teams: note acceptance: %w", err))
		return false
	}
	return true
}

// fail ends Receive.
func (n *run) fail(err error) {
	select {
	case n.failed <- err:
	default: // another one has failed already
	}
}

// complete fills in what had to be asked of Microsoft.
func (n *run) complete(m *bots.Message, w waiting) error {
	select {
	case n.slots <- struct{}{}:
	case <-n.ctx.Done():
		return n.ctx.Err()
	}
	defer func() { <-n.slots }()
	ctx, cancel := context.WithTimeout(n.ctx, time.Minute)
	defer cancel()
	if err := n.c.noteRoom(ctx, n.s, &w.Activity); err != nil || m.Kind == kindRoom {
		return err
	}
	who, err := n.c.person(ctx, n.s, w.Activity.ref())
	if err != nil {
		return err
	}
	m.Sender = who
	if time.Since(m.Time) > n.c.cfg.MaxAge && m.Kind == bots.KindText {
		m.Late, m.Text, m.Files = true, "", nil
		return nil
	}
	if w.Files && n.c.cfg.Graph {
		return n.filesBehind(ctx, m, &w.Activity)
	}
	return nil
}

// filesBehind adds the files of a message in a channel. Where they cannot be had
// the person is told, and the question is answered without them.
func (n *run) filesBehind(ctx context.Context, m *bots.Message, a *activity) error {
	files, err := n.c.channelFiles(ctx, a)
	if refusal, ok := errors.AsType[*bots.Refusal](err); ok {
		n.c.log.Warn("files in a channel cannot be read", "id", bots.LogID(m.ID), "err", refusal)
		m.Files = append(m.Files, unread(refusal.Text))
		return nil
	}
	m.Files = append(m.Files, files...)
	return err
}

// take keeps a message in the State, from which it is passed on: what take has
// returned nil for may be confirmed.
func (c *Connector) take(ctx context.Context, w waiting) error {
	s, n := c.intake.get()
	if s == nil || n != nil && n.full() {
		return errBusy
	}
	value, err := json.Marshal(w)
	if err == nil && len(value) > maxMessage {
		w.Message.Text, w.Message.Files = w.Message.Text[:min(len(w.Message.Text), maxMessage/4)], nil
		w.Message.Cannot = textTooLong
		value, err = json.Marshal(w)
	}
	if err != nil {
		return err
	}
	key := keyIn + hash(w.Message.ID)
	// From here on Teams may hang up: what it sent is to be kept.
	if err := s.Put(context.WithoutCancel(ctx), map[string][]byte{key: value}, 0); err != nil {
		return fmt.Errorf("teams: keep message: %w", err)
	}
	if _, n := c.intake.get(); n != nil { // the one of now: it may have begun meanwhile
		n.push(arrival{key, w})
	}
	return nil
}

// errBusy is the error of what cannot be kept now: Teams is to send it again.
var errBusy = errors.New("teams: not ready")

// pass has the bot accept a message that is no activity, such as the stop of a
// stream. It waits for nothing.
func (c *Connector) pass(ctx context.Context, m bots.Message) error {
	_, n := c.intake.get()
	if n == nil {
		return errBusy
	}
	return n.accept(ctx, m)
}

func hash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:16])
}

// LogValue keeps what people write out of the logs.
func (w waiting) LogValue() slog.Value { return w.Message.LogValue() }
