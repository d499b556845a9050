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
	maxWaiting = 20_000    // of those in lines; more is refused, and Teams sends again
	maxMessage = 200 << 10 // bytes of a message as it waits: a State takes 256 KB
	maxHint    = 4 << 10   // bytes of a longer one that are kept: they show its language
	lookups    = 16        // people looked up at the same time
	readings   = 8         // messages asked of Graph at the same time
	lookupTime = time.Minute
	// waitsFor is how long, beyond MaxAge, a message waits to be passed on: after an
	// outage its person is told that it is too late, after a longer one nobody is.
	waitsFor = 7 * 24 * time.Hour
)

// A waiting is a message on its way to the bot: it has been confirmed to Teams and
// is in the State. Who wrote it is not known yet.
type waiting struct {
	Message  bots.Message
	Activity activity // without what it says
	Files    bool     `json:",omitempty"` // there are files that Graph is to be asked for
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

// A run is one call of Receive. What a person says in a room has a line of its own,
// so that nobody waits for another: what Microsoft does not tell of one, it may tell
// of all others.
type run struct {
	c      *Connector
	ctx    context.Context
	s      bots.State
	accept func(context.Context, bots.Message) error
	failed chan error // what ends Receive
	people chan struct{}
	graph  chan struct{} // tickets, of which one is taken while Microsoft is asked
	lines  sync.WaitGroup

	mu      sync.Mutex
	over    bool
	loading bool
	early   []arrival            // what came while loading
	known   map[string]bool      // keys that are in a line
	open    map[string][]arrival // by line; the first is being worked on
}

// An arrival is a message in a line. What it says stays in the State until it is its
// turn: thousands may wait.
type arrival struct {
	key, line string
	time      time.Time
}

func (w waiting) arrival(key string) arrival {
	line := w.Message.Room + "\x00" // IDs have no such byte
	if w.Message.Kind != kindRoom {
		line += w.Activity.From.ID
	}
	return arrival{key, line, w.Message.Time}
}

// Receive implements [bots.Connector]. It passes on what a former run has confirmed
// and not passed, and then what comes to the endpoint while it runs.
func (c *Connector) Receive(ctx context.Context, s bots.State, accept func(context.Context, bots.Message) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	c.intake.use(s)
	n := &run{c: c, ctx: ctx, s: s, accept: accept, failed: make(chan error, 1), people: make(chan struct{}, lookups), graph: make(chan struct{}, readings),
		loading: true, known: map[string]bool{}, open: map[string][]arrival{}}
	c.intake.set(n) // before the State is read: what comes meanwhile is in both
	defer n.end(cancel)
	defer c.intake.set(nil)
	if err := n.load(); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	n.lines.Go(func() { c.sweep(ctx, s) })
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

// load puts into lines what waits in the State, the oldest first, and then what has
// come meanwhile.
func (n *run) load() error {
	var all []arrival
	err := n.s.Each(n.ctx, keyIn, func(key string, value []byte) error {
		var w waiting
		if err := json.Unmarshal(value, &w); err != nil {
			return nil // of a later release: it stays until it expires
		}
		all = append(all, w.arrival(key))
		return nil
	})
	if err != nil {
		return fmt.Errorf("teams: read what waits: %w", err)
	}
	slices.SortStableFunc(all, func(a, b arrival) int { return a.time.Compare(b.time) })
	n.mu.Lock()
	defer n.mu.Unlock()
	n.loading = false
	for _, a := range slices.Concat(all, n.early) { // one that is in both is gone the second time
		n.known[a.key] = true
		n.queue(a)
	}
	n.early = nil
	return nil
}

// full reports whether too much waits.
func (n *run) full() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return len(n.known) >= maxWaiting
}

// push puts an arrival into its line.
func (n *run) push(a arrival) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.over || n.known[a.key] {
		return
	}
	n.known[a.key] = true
	if n.loading {
		n.early = append(n.early, a)
		return
	}
	n.queue(a)
}

// queue puts an arrival into its line; n.mu is held.
func (n *run) queue(a arrival) {
	n.open[a.line] = append(n.open[a.line], a)
	n.c.figures.waiting.Set(float64(len(n.known)))
	if len(n.open[a.line]) == 1 {
		n.lines.Go(func() { n.work(a.line) })
	}
}

// work works on a line until it is empty.
func (n *run) work(line string) {
	for {
		n.mu.Lock()
		if n.over || len(n.open[line]) == 0 {
			delete(n.open, line)
			n.mu.Unlock()
			return
		}
		a := n.open[line][0]
		n.mu.Unlock()
		if err := n.handle(a); err != nil {
			n.fail(err)
			return
		}
		n.mu.Lock()
		n.open[line] = n.open[line][1:]
		n.c.figures.waiting.Set(float64(len(n.known)))
		n.mu.Unlock()
	}
}

// handle passes one arrival on and forgets that it waits. Its error ends the run. One
// that makes it panic is passed over: it would do so again after each start, and
// nobody would hear anything any more.
func (n *run) handle(a arrival) error {
	err := safely(func() error { return n.pass(a) })
	if p, ok := errors.AsType[*panicked](err); ok {
		n.c.log.Error("message passed over: it cannot be handled", "id", bots.LogID(a.key), "err", p)
		err = nil
	}
	if err != nil {
		return err
	}
	// In this order: a second delivery that comes now is either told that it waits
	// already, and deleted here, or is put into a line and deleted there.
	n.mu.Lock()
	delete(n.known, a.key)
	n.mu.Unlock()
	// The message is in the inbox: forgetting that it waits must not be cut short.
	if err := n.s.Put(context.WithoutCancel(n.ctx), map[string][]byte{a.key: nil}, 0); err != nil {
		return fmt.Errorf("teams: note acceptance: %w", err)
	}
	return nil
}

// pass passes one arrival on, if it is still there: it may have expired, or be a
// second delivery of one that was passed.
func (n *run) pass(a arrival) error {
	troubled := false
	defer func() {
		if troubled {
			n.c.calmed()
		}
	}()
	for wait := time.Second; ; wait = min(2*wait, time.Minute) {
		value, err := n.s.Get(n.ctx, a.key)
		if err != nil {
			return fmt.Errorf("teams: read what waits: %w", err)
		}
		var w waiting
		if value == nil || json.Unmarshal(value, &w) != nil {
			if troubled {
				n.c.log.Error("message expired: Microsoft has never told what belongs to it", "id", bots.LogID(a.key))
			}
			return nil
		}
		if err = n.complete(&w); err == nil {
			if w.Message.Kind == kindRoom {
				return nil
			}
			return n.accept(n.ctx, w.Message)
		}
		if n.ctx.Err() != nil {
			return n.ctx.Err()
		}
		// What Microsoft does not tell now it tells later.
		n.c.troubled(err, !troubled)
		level := slog.LevelWarn
		if troubled {
			level = slog.LevelDebug // thousands may wait
		}
		troubled = true
		n.c.log.Log(n.ctx, level, "message waits: what belongs to it cannot be looked up", "id", bots.LogID(w.Message.ID), "wait", wait, "err", err)
		if err := pauseFor(n.ctx, wait); err != nil {
			return err
		}
	}
}

// fail ends Receive.
func (n *run) fail(err error) {
	select {
	case n.failed <- err:
	default: // another one has failed already
	}
}

// complete fills in what had to be asked of Microsoft.
func (n *run) complete(w *waiting) error {
	if err := n.c.noteRoom(n.ctx, n.s, &w.Activity); err != nil || w.Message.Kind == kindRoom {
		return err
	}
	m := &w.Message
	who, err := n.sender(w.Activity.ref())
	if err != nil {
		return err
	}
	m.Sender = who
	if time.Since(m.Time) > n.c.cfg.MaxAge && m.Kind == bots.KindText {
		m.Late, m.Text, m.Files = true, "", nil
		return nil
	}
	if w.Files {
		return n.asking(n.graph, func(ctx context.Context) error { return n.filesBehind(ctx, m, &w.Activity) })
	}
	return nil
}

// sender returns who wrote. Who is known waits for nobody who has to be asked for.
func (n *run) sender(r ref) (who string, err error) {
	if who, err = n.c.knownPerson(n.ctx, n.s, r); err != nil || who != "" {
		return who, err
	}
	err = n.asking(n.people, func(ctx context.Context) (err error) {
		who, err = n.c.person(ctx, n.s, r)
		return err
	})
	return who, err
}

// asking does something for which Microsoft is asked, when a ticket is free.
func (n *run) asking(tickets chan struct{}, do func(context.Context) error) error {
	select {
	case tickets <- struct{}{}:
	case <-n.ctx.Done():
		return n.ctx.Err()
	}
	defer func() { <-tickets }()
	ctx, cancel := context.WithTimeout(n.ctx, lookupTime)
	defer cancel()
	return do(ctx)
}

// filesBehind adds the files of a message in a channel. Where they cannot be had
// the person is told, and the question is answered without them.
func (n *run) filesBehind(ctx context.Context, m *bots.Message, a *activity) error {
	files, err := n.c.channelFiles(ctx, n.s, a)
	if refusal, ok := errors.AsType[*bots.Refusal](err); ok {
		n.c.log.Warn("files in a channel cannot be read", "id", bots.LogID(m.ID), "err", refusal)
		m.Files = append(m.Files, unread(refusal.Text))
		return nil
	}
	if err != nil && n.ctx.Err() == nil && time.Since(m.Time) > filesFor {
		n.c.log.Warn("files in a channel cannot be read for now", "id", bots.LogID(m.ID), "err", err)
		m.Files = append(m.Files, unread(textFilesAway))
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
		w.Message.Text, w.Message.Files = w.Message.Text[:min(len(w.Message.Text), maxHint)], nil
		w.Message.Cannot = textTooLong
		value, err = json.Marshal(w)
	}
	if err != nil {
		return err
	}
	key := keyIn + hash(w.Message.ID)
	// From here on Teams may hang up: what it sent is to be kept.
	if err := s.Put(context.WithoutCancel(ctx), map[string][]byte{key: value}, c.cfg.MaxAge+waitsFor); err != nil {
		return fmt.Errorf("teams: keep message: %w", err)
	}
	if _, n := c.intake.get(); n != nil { // the one of now: it may have begun meanwhile
		n.push(w.arrival(key))
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
