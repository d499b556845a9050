package matrix

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"amtsbote/bots"
)

const (
	syncWait  = 30 * time.Second // how long the server holds a sync that has nothing new
	syncLimit = 5 * time.Minute  // for its whole answer: a first one may be long
	syncTries = 4                // of a sync in a row before Receive gives up and is called again
	atOnce    = 16               // rooms of a sync that are worked on at the same time
	timeline  = 50               // events of a room in one sync; what is more is fetched
)

// A receiver is one call of Receive.
type receiver struct {
	*Connector
	a      *account
	s      bots.State
	accept func(context.Context, bots.Message) error
}

// Receive implements bots.Connector.
func (c *Connector) Receive(ctx context.Context, s bots.State, accept func(context.Context, bots.Message) error) error {
	a, err := c.open(ctx)
	if err == nil {
		err = (&receiver{c, a, s, accept}).run(ctx)
		if gone := a.door.gone(); gone != nil {
			err = &bots.Refusal{Err: gone}
		}
	}
	if ctx.Err() != nil {
		return nil
	}
	return err
}

func (r *receiver) run(ctx context.Context) error {
	if err := r.a.ensureIdentity(ctx); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	defer r.rooms.wait()
	defer wg.Wait()
	defer cancel()
	r.remember(r.s)
	defer r.shows.receiving()()
	received := r.locked.begin()
	r.a.mach.SessionReceived = func(_ context.Context, _ id.RoomID, session id.SessionID, _ uint32) { received(session) }
	for _, beside := range []func(context.Context){func(ctx context.Context) { r.sweep(ctx, r.a, r.s) }, r.follow, r.watch} {
		wg.Go(func() {
			defer r.guard(cancel) // Receive ends, and is called again
			beside(ctx)
		})
	}
	since, err := r.s.Get(ctx, keySince)
	if err != nil {
		return fmt.Errorf("matrix: sync token: %w", err)
	}
	if err := r.reopen(ctx); err != nil {
		return err
	}
	r.figures.syncing.Store(false)
	defer r.figures.syncing.Store(false)
	next := string(since)
	for wait := time.Duration(0); ctx.Err() == nil; wait = syncWait { // the first one comes back at once
		resp, err := r.sync(ctx, next, wait)
		if err != nil {
			return err
		}
		if err := r.process(ctx, next, resp); err != nil {
			return err
		}
		r.figures.syncing.Store(true)
		next = resp.NextBatch
	}
	return nil
}

// sync asks for what is new, again if that fails, but not for long: whoever
// watches the bot must see that it does not receive.
func (r *receiver) sync(ctx context.Context, since string, wait time.Duration) (resp *mautrix.RespSync, err error) {
	filter, err := json.Marshal(syncFilter)
	if err != nil {
		return nil, err
	}
	for try := range syncTries {
		resp, err = r.ask(ctx, since, string(filter), wait)
		if err == nil || ctx.Err() != nil || r.a.door.gone() != nil {
			return resp, err
		}
		r.figures.syncing.Store(false)
		pause := time.Second << try
		if limited, ok := errors.AsType[mautrix.HTTPError](err); ok && limited.Response != nil {
			if after, err := time.ParseDuration(limited.Response.Header.Get("Retry-After") + "s"); err == nil {
				pause = max(pause, min(after, time.Minute))
			}
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(pause + rand.N(pause/4+1)):
		}
	}
	return nil, fmt.Errorf("matrix: sync: %w", err)
}

func (r *receiver) ask(ctx context.Context, since, filter string, wait time.Duration) (*mautrix.RespSync, error) {
	ctx, cancel := context.WithTimeout(ctx, syncLimit)
	defer cancel()
	return r.a.mx.FullSyncRequest(ctx, mautrix.ReqSync{Since: since, FilterID: filter, Timeout: int(wait.Milliseconds())})
}

// syncFilter leaves out what the bot does not look at.
var syncFilter = mautrix.Filter{
	Presence:    &mautrix.FilterPart{NotTypes: []event.Type{{Type: "*"}}},
	AccountData: &mautrix.FilterPart{NotTypes: []event.Type{{Type: "*"}}},
	Room: &mautrix.RoomFilter{
		AccountData: &mautrix.FilterPart{NotTypes: []event.Type{{Type: "*"}}},
		Ephemeral:   &mautrix.FilterPart{NotTypes: []event.Type{{Type: "*"}}},
		State:       &mautrix.FilterPart{LazyLoadMembers: true},
		Timeline:    &mautrix.FilterPart{Limit: timeline, LazyLoadMembers: true},
	},
}

// takeKeys takes from a sync response what encryption needs. Each event is handled
// by itself: they come from any device of anybody.
func (r *receiver) takeKeys(ctx context.Context, since string, resp *mautrix.RespSync) error {
	mach := r.a.mach
	_ = r.safely("", func() error { mach.HandleDeviceLists(ctx, &resp.DeviceLists, since); return nil })
	for _, e := range resp.ToDevice.Events {
		if e == nil {
			continue
		}
		_ = r.safely(e.ID, func() error {
			e.Type.Class = event.ToDeviceEventType
			if e.Content.ParseRaw(e.Type) == nil {
				mach.HandleToDeviceEvent(ctx, e)
			}
			return nil
		})
	}
	mach.HandleOTKCounts(ctx, &resp.DeviceOTKCount)
	mach.MarkOlmHashSavePoint(ctx)
	if err := r.a.keys.failure(); err != nil {
		return fmt.Errorf("matrix: keep keys: %w", err)
	}
	return nil
}

// process handles a sync response: keys first, then what the rooms are, then what
// was said in them. Once all of it is accepted the sync token is kept.
func (r *receiver) process(ctx context.Context, since string, resp *mautrix.RespSync) error {
	if err := r.takeKeys(ctx, since, resp); err != nil {
		return err
	}
	news := map[id.RoomID]*news{}
	for room, data := range resp.Rooms.Join {
		news[room] = newsOf(room, data)
	}
	if err := r.describe(ctx, news); err != nil {
		return err
	}
	r.shows.caughtUp()
	values := map[string][]byte{keySince: []byte(resp.NextBatch)}
	var mu sync.Mutex
	var g errgroup.Group // not canceled by the first failure: the other rooms need not wait for the next round
	g.SetLimit(atOnce)
	for room, n := range news {
		g.Go(func() error {
			last, err := id.EventID(""), errPanic
			func() {
				defer r.guard(func() {})
				last, err = r.room(ctx, since, n)
			}()
			if err != nil || last == "" {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			values[keyLast+string(room)] = []byte(last)
			return nil
		})
	}
	err := g.Wait()
	for room, data := range resp.Rooms.Invite {
		err = errors.Join(err, r.invited(ctx, room, data.State.Events))
	}
	for room := range resp.Rooms.Leave {
		err = errors.Join(err, r.left(ctx, room))
	}
	// With the keys of this response, also for what was put aside before it.
	err = errors.Join(err, r.unlock(ctx))
	if err != nil {
		return err
	}
	if err := r.s.Put(ctx, values, 0); err != nil {
		return fmt.Errorf("matrix: keep sync token: %w", err)
	}
	return nil
}
