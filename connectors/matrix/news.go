package matrix

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

const (
	pageSize = 100 // events that are fetched at once
	maxGap   = 50  // pages of a room's history that are fetched to fill a gap
)

// news is what a sync says of a room.
type news struct {
	room    id.RoomID
	state   []*event.Event // what the room was before events
	events  []*event.Event // oldest first
	limited bool           // the server left out events before these
	prev    string         // where they are found
}

func newsOf(room id.RoomID, data *mautrix.SyncJoinedRoom) *news {
	if data == nil {
		return &news{room: room}
	}
	n := &news{room: room, state: data.State.Events, events: data.Timeline.Events, limited: data.Timeline.Limited, prev: data.Timeline.PrevBatch}
	n.state = slices.DeleteFunc(n.state, func(e *event.Event) bool { return !n.prepare(e) })
	n.events = slices.DeleteFunc(n.events, func(e *event.Event) bool { return !n.prepare(e) })
	return n
}

// prepare readies an event for use and reports whether there is one. What its
// content is not what its type says stays unparsed.
func (n *news) prepare(e *event.Event) bool {
	if e == nil || e.ID == "" && e.StateKey == nil {
		return false
	}
	e.RoomID = n.room
	e.Type.Class = event.MessageEventType
	if e.StateKey != nil {
		e.Type.Class = event.StateEventType
	}
	_ = e.Content.ParseRaw(e.Type)
	return true
}

// describe keeps what the rooms are now: who is in them, whether they are
// encrypted. All in one transaction: a first sync has thousands of such events.
func (r *receiver) describe(ctx context.Context, all map[id.RoomID]*news) error {
	any := false
	for _, n := range all {
		any = any || n.limited || len(n.state) > 0 || slices.ContainsFunc(n.events, func(e *event.Event) bool { return e.StateKey != nil })
	}
	if !any {
		return nil
	}
	err := r.a.file.db.DoTxn(ctx, nil, func(ctx context.Context) error {
		for _, n := range all {
			if n.limited { // who came and went in the gap, a server that leaves out members need not say
				if err := r.a.forgetMembers(ctx, n.room); err != nil {
					return err
				}
			}
			for _, e := range slices.Concat(n.state, n.events) {
				if e.StateKey == nil || e.Content.Parsed == nil {
					continue
				}
				if weaker, err := r.weakens(ctx, e); err != nil || weaker {
					if err != nil {
						return err
					}
					continue
				}
				mautrix.UpdateStateStore(ctx, r.a.file.states, e)
				switch e.Type {
				case event.StateMember:
					r.a.mach.HandleMemberEvent(ctx, e)
				case event.StateHistoryVisibility:
					r.a.mach.HandleHistoryVisibility(ctx, e)
				}
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("matrix: keep rooms: %w", err)
	}
	return nil
}

// weakens reports whether an event would have an encrypted room count as one that
// is not: encryption cannot be switched off, whatever a server says.
func (r *receiver) weakens(ctx context.Context, e *event.Event) (bool, error) {
	content, ok := e.Content.Parsed.(*event.EncryptionEventContent)
	if !ok || content.Algorithm == id.AlgorithmMegolmV1 {
		return false, nil
	}
	return r.a.file.states.IsEncrypted(ctx, e.RoomID)
}

// room handles the news of a room and returns the last event of it.
func (r *receiver) room(ctx context.Context, since string, n *news) (last id.EventID, err error) {
	if err := r.note(ctx, n); err != nil {
		return "", err
	}
	if len(n.events) > 0 {
		last = n.events[len(n.events)-1].ID
	}
	if since == "" {
		return last, nil // what was said before the first start is context, no question
	}
	known, err := r.s.Get(ctx, keyLast+string(n.room))
	if err != nil {
		return "", fmt.Errorf("matrix: room: %w", err)
	}
	if n.limited {
		if err := r.fill(ctx, n, id.EventID(known)); err != nil {
			return "", err
		}
	}
	direct, err := r.a.direct(ctx, n.room)
	if err != nil {
		if errors.Is(err, mautrix.MForbidden) {
			return last, nil // no longer in it
		}
		return "", err
	}
	from, ok := n.begin(r.a.mx.UserID, id.EventID(known), direct != "")
	if !ok {
		return last, nil
	}
	others, err := r.a.others(ctx, n.room)
	if err != nil {
		return "", err
	}
	alone := n.alone(r.a.mx.UserID, others)
	for i, e := range n.events[from:] {
		err := r.safely(e.ID, func() error { return r.handle(ctx, n.room, e, alone[from+i]) })
		if err != nil {
			return "", fmt.Errorf("matrix: event %d of %d: %w", i+1, len(n.events)-from, err)
		}
	}
	return last, r.emptied(ctx, n)
}

// begin returns the first event that may ask something, and whether there is one:
// after the last that was handled, and after the bot's own coming. In a direct chat
// it is its being invited: what a person writes together with the invitation is
// for the bot, and for nobody else.
func (n *news) begin(self id.UserID, known id.EventID, direct bool) (int, bool) {
	from, ok, invited := 0, known != "", -1
	for i, e := range n.events {
		if e.ID == known && known != "" {
			from = i + 1
		}
		m, own := ownMember(e, self)
		switch {
		case own && m == event.MembershipInvite:
			invited = i
		case own && m == event.MembershipJoin && memberBefore(e) != event.MembershipJoin:
			from, ok = i, true // it is news itself
			if direct && invited >= 0 {
				from = invited + 1
			}
		}
	}
	return from, ok && from < len(n.events)
}

// alone reports for each event whether the bot was alone with one person when it
// was written, from how many others are there now: who has left since read it too.
func (n *news) alone(self id.UserID, others int) []bool {
	all := make([]bool, len(n.events))
	for i, e := range slices.Backward(n.events) {
		all[i] = others == 1
		m, ok := e.Content.Parsed.(*event.MemberEventContent)
		if !ok || e.StateKey == nil || e.GetStateKey() == string(self) {
			continue
		}
		after, before := present(m.Membership), present(memberBefore(e))
		if e.Unsigned.PrevContent == nil { // the first of that person, or the server does not say
			before = !after || e.Unsigned.ReplacesState != ""
		}
		if after && !before {
			others--
		}
		if before && !after {
			others++
		}
	}
	return all
}

func present(m event.Membership) bool {
	return m == event.MembershipJoin || m == event.MembershipInvite
}

// ownMember returns what an event says of the bot's own membership.
func ownMember(e *event.Event, self id.UserID) (event.Membership, bool) {
	if e.Type != event.StateMember || e.GetStateKey() != string(self) {
		return "", false
	}
	m, ok := e.Content.Parsed.(*event.MemberEventContent)
	if !ok {
		return "", false
	}
	return m.Membership, true
}

// memberBefore returns what the membership was before a member event.
func memberBefore(e *event.Event) event.Membership {
	if e.Unsigned.PrevContent == nil {
		return ""
	}
	_ = e.Unsigned.PrevContent.ParseRaw(e.Type)
	if m, ok := e.Unsigned.PrevContent.Parsed.(*event.MemberEventContent); ok {
		return m.Membership
	}
	return ""
}

// fill fetches what the server left out between the last event that was handled
// and the events of a sync, or the bot's coming into the room.
func (r *receiver) fill(ctx context.Context, n *news, known id.EventID) error {
	from, far := n.prev, time.Now().Add(-7*24*time.Hour)
	for range maxGap {
		if from == "" || n.reaches(known, r.a.mx.UserID) {
			return nil
		}
		page, err := r.a.mx.Messages(ctx, n.room, from, "", mautrix.DirectionBackward, nil, pageSize)
		if errors.Is(err, mautrix.MForbidden) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("matrix: fill gap: %w", err)
		}
		events := slices.DeleteFunc(page.Chunk, func(e *event.Event) bool { return !n.prepare(e) })
		r.figures.backfilled.Add(int64(len(events)))
		slices.Reverse(events)
		n.events = append(events, n.events...)
		if len(page.Chunk) == 0 || len(events) > 0 && time.UnixMilli(events[0].Timestamp).Before(far) {
			return nil
		}
		from = page.End
	}
	r.log.Warn("a room has more new events than are fetched", "events", len(n.events))
	return nil
}

// reaches reports whether the events go back to where the bot knows the room.
func (n *news) reaches(known id.EventID, self id.UserID) bool {
	return slices.ContainsFunc(n.events, func(e *event.Event) bool {
		if known != "" {
			return e.ID == known
		}
		m, own := ownMember(e, self)
		return own && (m == event.MembershipInvite || m == event.MembershipJoin && memberBefore(e) != event.MembershipInvite)
	})
}
