package matrix

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"amtsbote/bots"
)

const (
	askKey     = 3 * time.Second  // after so long without its key the sender's devices are asked for it
	tellLocked = 30 * time.Second // after so long the room is told
	keepLocked = 7 * 24 * time.Hour
)

// locked is what is known of events whose key is missing. The events themselves
// lie, encrypted, in the State: the sync token goes on without them.
type locked struct {
	mu       sync.Mutex
	sessions map[id.SessionID]*lockedSession
	received []id.SessionID // whose keys have come since they were last asked for
}

type lockedSession struct {
	room  id.RoomID
	first *event.Event // of those that wait
	since time.Time
	asked bool
	told  bool
}

// A lockedEvent is one that waits for its key.
type lockedEvent struct {
	Room   id.RoomID
	Event  *event.Event
	Direct bool `json:",omitempty"` // nobody else read it when it was written
}

// begin returns what is to be called when a key has come.
func (l *locked) begin() func(id.SessionID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sessions, l.received = map[id.SessionID]*lockedSession{}, nil
	return func(s id.SessionID) {
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.sessions[s] != nil {
			l.received = append(l.received, s)
		}
	}
}

// maxLocked is for how many keys is waited at once: anybody can make up more.
const maxLocked = 1000

// full reports whether there is no room for one more session.
func (l *locked) full(s id.SessionID) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.sessions[s] == nil && len(l.sessions) >= maxLocked
}

// take returns the sessions whose keys have come.
func (l *locked) take() (all []id.SessionID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	all, l.received = l.received, nil
	return all
}

func lockedKey(session id.SessionID, e id.EventID) string {
	return keyLocked + string(session) + "/" + string(e)
}

// putAside keeps an event until its key comes. It is kept before the sync token is.
func (r *receiver) putAside(ctx context.Context, room id.RoomID, e *event.Event, direct bool) error {
	content := e.Content.AsEncrypted()
	if time.Since(at(e)) > r.cfg.MaxAge {
		return nil // would not be answered any more
	}
	if r.locked.full(content.SessionID) {
		r.figures.malformed.Add(1)
		r.log.Warn("event passed over: too many keys are missing", "id", bots.LogID(string(e.ID)))
		return nil
	}
	r.figures.undecryptable.Add(1)
	r.log.Info("event put aside until its key comes", "id", bots.LogID(string(e.ID)))
	if err := putJSON(ctx, r.s, lockedKey(content.SessionID, e.ID), lockedEvent{room, e, direct}, keepLocked); err != nil {
		return fmt.Errorf("matrix: put event aside: %w", err)
	}
	r.wait(room, e)
	return nil
}

// wait begins to wait for the key of an event.
func (r *receiver) wait(room id.RoomID, e *event.Event) {
	session := e.Content.AsEncrypted().SessionID
	r.locked.mu.Lock()
	defer r.locked.mu.Unlock()
	if r.locked.sessions[session] == nil {
		r.locked.sessions[session] = &lockedSession{room: room, first: e, since: time.Now()}
	}
}

// dropLocked forgets an event that was taken back before its key came.
func (r *receiver) dropLocked(ctx context.Context, room id.RoomID, which id.EventID) error {
	gone := map[string][]byte{}
	err := r.s.Each(ctx, keyLocked, func(key string, value []byte) error {
		if l, ok := readLocked(value); ok && l.Room == room && l.Event.ID == which {
			gone[key] = nil
		}
		return nil
	})
	if err == nil && len(gone) > 0 {
		err = r.s.Put(ctx, gone, 0)
	}
	if err != nil {
		return fmt.Errorf("matrix: event taken back: %w", err)
	}
	return nil
}

// reopen takes up, at the start, what waits for its key since before.
func (r *receiver) reopen(ctx context.Context) error {
	var all []lockedEvent
	err := r.s.Each(ctx, keyLocked, func(key string, value []byte) error {
		if l, ok := readLocked(value); ok {
			all = append(all, l)
		}
		return nil
	})
	for _, l := range inOrder(all) {
		if err == nil {
			err = r.retry(ctx, l)
		}
	}
	return err
}

// inOrder puts events into the order in which they were written.
func inOrder(all []lockedEvent) []lockedEvent {
	slices.SortStableFunc(all, func(a, b lockedEvent) int { return cmp.Compare(a.Event.Timestamp, b.Event.Timestamp) })
	return all
}

func readLocked(value []byte) (l lockedEvent, ok bool) {
	if json.Unmarshal(value, &l) != nil || l.Event == nil {
		return l, false
	}
	n := news{room: l.Room}
	return l, n.prepare(l.Event) && l.Event.Type == event.EventEncrypted && l.Event.Content.Parsed != nil
}

// unlock handles what waited for keys that have come.
func (r *receiver) unlock(ctx context.Context) error {
	for _, session := range r.locked.take() {
		var all []lockedEvent
		err := r.s.Each(ctx, keyLocked+string(session)+"/", func(_ string, value []byte) error {
			if l, ok := readLocked(value); ok {
				all = append(all, l)
			}
			return nil
		})
		for _, l := range inOrder(all) {
			err = errors.Join(err, r.retry(ctx, l))
		}
		if err != nil {
			return err
		}
		r.locked.mu.Lock()
		delete(r.locked.sessions, session)
		r.locked.mu.Unlock()
	}
	return nil
}

// insteadOfLocked makes an edit a message of its own where what it edits still
// waits for its key: that is not answered any more.
// It returns what is to be forgotten once the edit has been accepted.
func (r *receiver) insteadOfLocked(ctx context.Context, m *bots.Message, thread *id.EventID) (gone map[string][]byte, err error) {
	gone = map[string][]byte{}
	err = r.s.Each(ctx, keyLocked, func(key string, value []byte) error {
		l, ok := readLocked(value)
		if !ok || string(l.Room) != m.Room || string(l.Event.ID) != m.Target || string(l.Event.Sender) != m.Sender {
			return nil
		}
		gone[key] = nil
		if *thread = l.Event.Content.AsEncrypted().RelatesTo.GetThreadParent(); *thread == "" && !l.Direct {
			*thread = l.Event.ID // the edit itself can begin no thread
		}
		return nil
	})
	if len(gone) > 0 {
		m.Kind, m.Target = bots.KindText, ""
	}
	return gone, err
}

// retry handles an event that was put aside, if its key is there now.
func (r *receiver) retry(ctx context.Context, l lockedEvent) error {
	clear, missing, err := r.clear(ctx, l.Event)
	if err != nil {
		return err
	}
	if missing {
		r.wait(l.Room, l.Event)
		return nil
	}
	if clear != nil {
		r.figures.recovered.Add(1)
		if err := r.safely(l.Event.ID, func() error { return r.hear(ctx, l.Room, clear, l.Direct) }); err != nil {
			return err
		}
	}
	key := lockedKey(l.Event.Content.AsEncrypted().SessionID, l.Event.ID)
	return r.s.Put(ctx, map[string][]byte{key: nil}, 0)
}

// watch asks for missing keys, and tells a room once that one does not come.
func (r *receiver) watch(ctx context.Context) {
	t := time.NewTicker(time.Second)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
		for session, l := range r.locked.due(time.Now()) {
			if l.told {
				r.tellLocked(ctx, session, l)
				continue
			}
			r.askKey(ctx, session, l)
		}
	}
}

// due returns the sessions for which something is to be done: to ask for the key,
// or, if told is set, to tell the room.
func (l *locked) due(now time.Time) map[id.SessionID]lockedSession {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := map[id.SessionID]lockedSession{}
	for id, s := range l.sessions {
		switch waited := now.Sub(s.since); {
		case waited > keepLocked: // its events are gone, too
			delete(l.sessions, id)
			continue
		case !s.asked && waited >= askKey:
			s.asked = true
		case !s.told && waited >= tellLocked:
			s.told = true
		default:
			continue
		}
		all[id] = *s
	}
	return all
}

func (r *receiver) askKey(ctx context.Context, session id.SessionID, l lockedSession) {
	content := l.first.Content.AsEncrypted()
	err := r.a.mach.SendRoomKeyRequest(ctx, l.room, content.SenderKey, session, "", map[id.UserID][]id.DeviceID{
		l.first.Sender: {"*"}, r.a.mx.UserID: {"*"}})
	if err != nil && ctx.Err() == nil {
		r.log.Warn("cannot ask for a key", "err", cause(err))
	}
}

// tellLocked says in the room that something could not be read: once for a
// session, however many events it has, and to those who may use the bot.
func (r *receiver) tellLocked(ctx context.Context, session id.SessionID, l lockedSession) {
	if !r.cfg.Allows(string(l.first.Sender)) {
		return
	}
	reply := bots.Reply{ID: "locked/" + string(session), Language: r.cfg.Profile.Language,
		To:     bots.Address{Connector: r.cfg.Name, Room: string(l.room), Person: string(l.first.Sender), MessageID: string(l.first.ID)},
		Answer: bots.Answer{Text: textLocked, Notice: bots.Notice{Plain: true}}}
	if told, err := r.s.Get(ctx, keyTold+string(session)); err != nil || told != nil {
		return
	}
	if _, err := r.Send(ctx, r.s, reply); err != nil {
		r.log.Warn("cannot tell of an event without key", "err", cause(err))
		return
	}
	if err := putJSON(ctx, r.s, keyTold+string(session), true, keepFor); err != nil {
		r.log.Warn("cannot note what was told", "err", err)
	}
	r.log.Info("told of an event without key", "id", bots.LogID(string(l.first.ID)))
}
