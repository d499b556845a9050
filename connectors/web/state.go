package web

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"amtsbote/bots"
)

// Keys in the State. A room and a file are IDs of newID, seq is a number of 16
// hexadecimal digits, so that the order of the keys is that of the events.
//
//	s/HASH             session
//	e/ROOM/SEQ/PART    part of an event
//	i/ROOM/HASH        seq of the event of this message or reply, so that it is written once
//	p/ROOM/MESSAGE     message that has not been accepted yet
//	f/ROOM/FILE        name, type and size of a file
//	c/ROOM/FILE/PART   part of its content
const chunk = 256 << 10 // bytes, the largest value of a State

// store is the State with how long things are kept.
type store struct {
	bots.State
	keep time.Duration
}

// What an event is about.
const (
	saidEvent   = "message"
	replyEvent  = "reply"
	stopEvent   = "stop"      // the person called the answer to Target off
	forgetEvent = "forgotten" // all before it was deleted
)

// An event is something that happened in a room. Fields are only added.
type event struct {
	V      int // 1
	Seq    int64
	Kind   string
	ID     string // of the message or reply
	Target string `json:",omitempty"` // of a stop: the message; of a reply: what it answers
	Time   time.Time
	Text   string      `json:",omitempty"` // of a message
	Files  []bots.File `json:",omitempty"` // of a message, without Data
	Reply  *bots.Reply `json:",omitempty"` // without the Data of its files
}

// write adds an event to a room, together with values, unless one with its ID
// was added before; then it returns false. It sets the event's number.
func (s store) write(ctx context.Context, r *room, e *event, values map[string][]byte) (bool, error) {
	r.writing.Lock()
	defer r.writing.Unlock()
	known, err := s.Get(ctx, idKey(r.id, e.ID))
	if err != nil || known != nil {
		return false, err
	}
	if err := s.number(ctx, r, e); err != nil {
		return false, err
	}
	data, err := json.Marshal(e)
	if err != nil {
		return false, err
	}
	if values == nil {
		values = map[string][]byte{}
	}
	values[idKey(r.id, e.ID)] = []byte(strconv.FormatInt(e.Seq, 10))
	for i := 0; i*chunk < len(data); i++ {
		key := fmt.Sprintf("e/%s/%016x/%04x", r.id, e.Seq, i)
		values[key] = data[i*chunk : min(len(data), (i+1)*chunk)]
	}
	if err := s.Put(ctx, values, s.keep); err != nil {
		return false, err
	}
	r.tell(*e)
	return true, nil
}

// number gives an event the next number of its room: the time in microseconds,
// or one more than the last. So numbers grow on though all events were deleted,
// and a page that was away does not take new ones for old.
func (s store) number(ctx context.Context, r *room, e *event) error {
	if r.last == 0 {
		err := s.events(ctx, r.id, func(e event) error { r.last = e.Seq; return nil })
		if err != nil {
			return err
		}
	}
	r.last = max(r.last+1, time.Now().UnixMicro())
	e.V, e.Seq = 1, r.last
	return nil
}

// events calls fn for the events of a room, oldest first.
func (s store) events(ctx context.Context, room string, fn func(event) error) error {
	prefix := "e/" + room + "/"
	var open string
	var data []byte
	flush := func() error {
		if data == nil {
			return nil
		}
		var e event
		if err := json.Unmarshal(data, &e); err != nil || e.V != 1 {
			return nil // of a later release: not shown, not deleted
		}
		return fn(e)
	}
	err := s.Each(ctx, prefix, func(key string, value []byte) error {
		seq, _, _ := strings.Cut(strings.TrimPrefix(key, prefix), "/")
		if seq != open {
			if err := flush(); err != nil {
				return err
			}
			open, data = seq, nil
		}
		data = append(data, value...)
		return nil
	})
	if err != nil {
		return err
	}
	return flush()
}

// event returns one event of a room; false: there is none.
func (s store) event(ctx context.Context, room string, seq int64) (e event, ok bool, err error) {
	var data []byte
	prefix := fmt.Sprintf("e/%s/%016x/", room, seq)
	err = s.Each(ctx, prefix, func(_ string, value []byte) error { data = append(data, value...); return nil })
	if err != nil || data == nil {
		return e, false, err
	}
	if err := json.Unmarshal(data, &e); err != nil {
		return e, false, fmt.Errorf("web: stored event: %w", err)
	}
	return e, e.V == 1, nil
}

// forget deletes all there is of a room but its sessions, and tells its pages.
func (s store) forget(ctx context.Context, r *room) error {
	for _, kind := range []string{"p", "f", "c", "i", "e"} {
		if err := s.deleteAll(ctx, kind+"/"+r.id+"/"); err != nil {
			return err
		}
	}
	e := &event{Kind: forgetEvent, ID: "forgotten/" + newID(), Time: time.Now().UTC()}
	_, err := s.write(ctx, r, e, nil)
	return err
}

// deleteAll deletes the values whose key begins with prefix, some at a time.
func (s store) deleteAll(ctx context.Context, prefix string) error {
	values := map[string][]byte{}
	err := s.Each(ctx, prefix, func(key string, _ []byte) error { values[key] = nil; return nil })
	if err != nil || len(values) == 0 {
		return err
	}
	return s.Put(ctx, values, 0)
}

// idKey is short and of our own letters whatever the ID is.
func idKey(room, id string) string {
	sum := sha256.Sum256([]byte(id))
	return "i/" + room + "/" + hex.EncodeToString(sum[:16])
}
