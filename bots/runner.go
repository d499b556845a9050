package bots

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"runtime/debug"
	"sync"
	"time"

	"amtsbote/storage"
)

const (
	lease      = 15 * time.Second // what a dead replica held is free after this
	renewEvery = 3 * time.Second
	poll       = time.Second      // how often an idle queue is looked at that nobody told of work
	skillLimit = 10 * time.Minute // longest time a skill may take
	sendLimit  = 2 * time.Minute  // longest time a connector may take to send
	grace      = 8 * time.Second  // how long running work may go on when the bot stops
	senders    = 16               // replies of a connector sent at the same time
	// One part in so many of the workers, and of the senders, does the backlog: the
	// others are free for who waits. A worker may wait for a slow model, a sender
	// for one server only.
	leisure, leisureSent = 8, 4
)

var (
	errTooLong  = errors.New("bots: took too long")
	errDropped  = errors.New("bots: no longer wanted")
	errStopping = errors.New("bots: stopping")
	// errGivenBack is the error of work that has been returned to its queue already.
	errGivenBack = errors.New("bots: given back")
	// errUnfit is the error of an answer that cannot be stored as it is.
	errUnfit = errors.New("bots: answer cannot be kept")
)

// A Bot is a named assistant of one authority. Its connectors belong to it alone;
// nothing crosses from one bot to another.
type Bot struct {
	Profile
	Access     Access
	Quota      Quota
	Key        Secret // seals what is stored; without one it is kept in plain text
	Connectors []Connector
	Skills     []Skill // in the order in which they are asked

	// Workers is how many messages are answered at the same time; default 64.
	Workers int
	// Forwards is the address to which colleagues forward mail, for the greeting;
	// empty: there is none.
	Forwards string
	// Models names the models that may see a class, for people; nil: none.
	Models func(Class) []ModelInfo
	// Decide says which of several skills a text asks for, or "". It is asked
	// only where the rules leave a draw; nil: the first one.
	Decide func(ctx context.Context, c Class, text string, among []Info) string
	// Reader finds the person's own words in a letter; nil: there are none.
	Reader Reader
}

// ModelInfo is what people are told of a model.
type ModelInfo struct {
	Name, Place string
	Class       Class // the highest that it may see
	// Replaced says that it sees texts of the class asked about only with personal
	// data replaced, as far as that is recognised.
	Replaced bool
}

// bot is a Bot at work.
type bot struct {
	Bot
	sealer sealer
}

// A Runner runs bots.
type Runner struct {
	Store storage.Store
	Log   *slog.Logger
	// Night, if set, is called every night once the store has been cleaned: the
	// time for a backup.
	Night func(context.Context) error

	bots    []*bot
	metrics *metrics
	wake    map[string]chan struct{} // by queue; tells an idle pump of new work
	stuck   chan struct{}            // tells the probe that the store cannot be written

	mu        sync.Mutex
	running   map[string]*running // by queue and conversation; what is being done
	down      map[string]error    // by connector; why it does not receive
	busy      map[string]int      // by person; messages being answered
	storeDown error               // why the store cannot be written
}

// running is an item that is being worked on.
type running struct {
	item   storage.Item
	cancel context.CancelCauseFunc
}

// NewRunner returns a runner for bots with different names, whose connectors
// have different names too.
func NewRunner(store storage.Store, log *slog.Logger, all ...Bot) (*Runner, error) {
	r := &Runner{Store: store, Log: log, metrics: newMetrics(store),
		wake: map[string]chan struct{}{}, stuck: make(chan struct{}, 1), running: map[string]*running{}, down: map[string]error{}, busy: map[string]int{}}
	names := map[string]bool{}
	for _, b := range all {
		if b.Name == "" || names["bot "+b.Name] {
			return nil, fmt.Errorf("bots: bot %q: name is empty or taken", b.Name)
		}
		names["bot "+b.Name] = true
		if b.Zone == nil {
			b.Zone = time.UTC
		}
		s, err := newSealer(b.Key, b.Name)
		if err != nil {
			return nil, err
		}
		r.bots = append(r.bots, &bot{b, s})
		r.wake[inbox(b.Name)] = make(chan struct{}, 1)
		for _, c := range b.Connectors {
			if c.Name() == "" || names[c.Name()] {
				return nil, fmt.Errorf("bots: connector %q: name is empty or taken", c.Name())
			}
			names[c.Name()] = true
			r.wake[outbox(b.Name, c.Name())] = make(chan struct{}, 1)
		}
	}
	return r, nil
}

// Run runs the bots until ctx is done. Then it receives and takes nothing more,
// gives running work a few seconds to finish, gives the rest back to be done at
// the next start, and returns within 10 s.
func (r *Runner) Run(ctx context.Context) error {
	work, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	defer cancel(nil)
	stop := context.AfterFunc(ctx, func() {
		time.AfterFunc(grace, func() { cancel(errStopping) })
	})
	defer stop()
	var g sync.WaitGroup
	for _, b := range r.bots {
		for _, c := range b.Connectors {
			g.Go(func() { r.receive(ctx, b, c) })
			g.Go(func() {
				r.pump(ctx, work, outbox(b.Name, c.Name()), senders, senders/leisureSent, func(ctx context.Context, it storage.Item) error {
					return r.deliver(ctx, b, c, it)
				})
			})
		}
		g.Go(func() {
			workers := or(b.Workers, 64)
			r.pump(ctx, work, inbox(b.Name), workers, max(1, workers/leisure), func(ctx context.Context, it storage.Item) error {
				return r.answer(ctx, b, it)
			})
		})
	}
	g.Go(func() { r.clean(ctx) })
	g.Go(func() { r.probe(ctx) })
	g.Go(func() { r.report(ctx) })
	r.orphans(ctx)
	done := make(chan struct{})
	go func() { g.Wait(); close(done) }()
	select {
	case <-done:
	case <-work.Done():
		// Whoever does not heed its context keeps its lease until the store is
		// opened again; the work is then done by the next start.
		select {
		case <-done:
		case <-time.After(time.Second):
			return errors.New("bots: some work did not stop in time")
		}
	}
	return nil
}

// receive keeps a connector receiving; what ends is begun again, unless the
// connector says that this is no use.
func (r *Runner) receive(ctx context.Context, b *bot, c Connector) {
	st := state{r, b, c.Name()}
	accept := func(ctx context.Context, m Message) error { return r.accept(ctx, b, c, m) }
	for fails := 1; ctx.Err() == nil; fails++ {
		began := time.Now()
		r.setDown(c.Name(), nil)
		err := safely(func() error { return c.Receive(ctx, st, accept) })
		if ctx.Err() != nil {
			return
		}
		if err == nil {
			err = errors.New("bots: receiving ended early")
		}
		r.metrics.failures.WithLabelValues(b.Name, c.Name()).Inc() // before anybody can see it in Ready
		r.setDown(c.Name(), err)
		if _, final := errors.AsType[*Refusal](err); final {
			r.Log.Error("connector stopped for good, a person must see to it", "connector", c.Name(), "err", err)
			return
		}
		if time.Since(began) > 5*time.Minute {
			fails = 1
		}
		wait := backoff(fails, 5*time.Minute)
		if r.paused() { // not the connector's fault
			wait = min(wait, backoff(1, 5*time.Second))
		}
		r.Log.Warn("connector stopped, will try again", "connector", c.Name(), "wait", wait, "err", err)
		sleep(ctx, wait)
	}
}

func (r *Runner) setDown(connector string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err == nil {
		delete(r.down, connector)
		return
	}
	r.down[connector] = err
}

// Handlers returns the connectors that serve HTTP, by name.
func (r *Runner) Handlers() map[string]http.Handler {
	all := map[string]http.Handler{}
	for _, b := range r.bots {
		for _, c := range b.Connectors {
			if h, ok := c.(http.Handler); ok {
				all[c.Name()] = h
			}
		}
	}
	return all
}

// pump takes items from a queue and has them done, at most limit at once and at
// most old of the backlog, until stop is done; then it waits for what runs. work is
// the context of what runs.
func (r *Runner) pump(stop, work context.Context, queue string, limit, old int, do func(context.Context, storage.Item) error) {
	var wg sync.WaitGroup
	defer wg.Wait()
	slots, backlog := make(chan struct{}, limit), make(chan struct{}, old)
	for {
		select {
		case slots <- struct{}{}:
		case <-stop.Done():
			return
		}
		most := storage.AnyPrio
		if len(backlog) == cap(backlog) {
			most = PrioBacklog - 1
		}
		it, err := r.take(stop, queue, most)
		if err != nil {
			<-slots
			if !errors.Is(err, storage.ErrNone) && stop.Err() == nil {
				r.Log.Error("cannot take work", "queue", queue, "err", err)
			}
			if !r.idle(stop, queue) {
				return
			}
			continue
		}
		late := it.Prio >= PrioBacklog
		if late {
			backlog <- struct{}{} // there is room: nobody else puts anything in
		}
		wg.Go(func() {
			defer func() {
				if late {
					<-backlog
				}
				<-slots
				r.kick(queue)
			}()
			r.hold(work, it, do)
		})
	}
}

func (r *Runner) take(ctx context.Context, queue string, most int) (storage.Item, error) {
	if r.paused() {
		return storage.Item{}, storage.ErrNone
	}
	return r.Store.Take(ctx, queue, most, lease)
}

// orphans names queues that nobody works on since a bot or connector is no longer
// configured: what is in them stays there until it is.
func (r *Runner) orphans(ctx context.Context) {
	stats, err := r.Store.Stats(ctx)
	if err != nil {
		return // Take says so
	}
	for _, s := range stats {
		if _, ok := r.wake[s.Queue]; !ok && s.Ready+s.Parked > 0 {
			r.Log.Warn("queue of a bot or connector that is not configured", "queue", s.Queue, "items", s.Ready+s.Parked)
		}
	}
}

// hold does an item while it renews its lease, and gives back what fails.
func (r *Runner) hold(work context.Context, it storage.Item, do func(context.Context, storage.Item) error) {
	ctx, cancel := context.WithCancelCause(work)
	defer cancel(nil)
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		t := time.NewTicker(renewEvery)
		defer t.Stop()
		for {
			select {
			case <-done:
				return
			case <-t.C:
			}
			if err := r.Store.Renew(work, it, lease); errors.Is(err, storage.ErrLost) {
				cancel(errDropped)
				return
			}
		}
	})
	group := it.Queue + it.Group
	now := &running{it, cancel}
	r.mu.Lock()
	r.running[group] = now
	r.mu.Unlock()
	err := safely(func() error { return do(ctx, it) })
	r.mu.Lock()
	if r.running[group] == now { // an edited question may have been taken again already
		delete(r.running, group)
	}
	r.mu.Unlock()
	close(done)
	wg.Wait()
	if err != nil {
		r.giveBack(ctx, it, err)
	}
}

// later is the error of work that is to be done again, without having failed.
type later struct{ wait time.Duration }

func (l later) Error() string { return "bots: not yet" }

// giveBack returns an item to its queue, or sets it aside.
func (r *Runner) giveBack(ctx context.Context, it storage.Item, cause error) {
	log := r.Log.With("queue", it.Queue, "item", it.ID, "fails", it.Fails)
	put := func(tx storage.Tx) error { return tx.Retry(it, 0, false) }
	not, isLater := errors.AsType[later](cause)
	_, refused := errors.AsType[*Refusal](cause)
	switch {
	case errors.Is(cause, errGivenBack):
		return
	case errors.Is(cause, storage.ErrLost), errors.Is(context.Cause(ctx), errDropped):
		log.Debug("work no longer wanted")
		return
	case errors.Is(context.Cause(ctx), errStopping): // it is not the item's fault
	case isLater:
		put = func(tx storage.Tx) error { return tx.Retry(it, not.wait, false) }
	case refused, unreadable(cause):
		r.metrics.parked.Inc()
		log.Error("set aside, see amtsbote queue", "err", cause)
		put = func(tx storage.Tx) error { return tx.Park(it, cause.Error()) }
	default:
		wait := backoff(it.Fails+1, time.Hour)
		log.Warn("will try again", "wait", wait, "err", cause)
		put = func(tx storage.Tx) error { return tx.Retry(it, wait, true) }
	}
	if err := r.update(context.WithoutCancel(ctx), put); err != nil && !errors.Is(err, storage.ErrLost) {
		log.Error("cannot give back work", "err", err) // its lease will end
	}
}

// kick wakes the pump of a queue.
func (r *Runner) kick(queue string) {
	select {
	case r.wake[queue] <- struct{}{}:
	default:
	}
}

// idle waits for a kick, or for as long as poll: a wait may have ended, or
// another process added work. It reports false once ctx is done.
func (r *Runner) idle(ctx context.Context, queue string) bool {
	t := time.NewTimer(poll)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-r.wake[queue]:
	case <-t.C:
	}
	return true
}

// A panicked error is a panic that was caught.
type panicked struct {
	value any
	stack []byte
}

// Error has the stack, which names code only, and the type of what was thrown:
// its text may be content.
func (p *panicked) Error() string {
	text := fmt.Sprintf("%T", p.value)
	if err, ok := p.value.(interface{ RuntimeError() }); ok {
		text = fmt.Sprint(err) // of the runtime: indices and types
	}
	return "panic: " + text + "\n" + string(p.stack)
}

// safely turns a panic into an error.
func safely(f func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &panicked{v, debug.Stack()}
		}
	}()
	return f()
}

// open returns what Task.Open is for a connector.
func (r *Runner) open(b *bot, c Connector) func(context.Context, File) (io.ReadCloser, error) {
	return func(ctx context.Context, f File) (io.ReadCloser, error) {
		return c.Open(ctx, state{r, b, c.Name()}, f)
	}
}
