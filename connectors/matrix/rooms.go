package matrix

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"amtsbote/bots"
)

// roomInfo is what the bot keeps of a room it is in.
type roomInfo struct {
	Name    string    `json:",omitempty"`
	Inviter id.UserID `json:",omitempty"`
	Direct  bool      `json:",omitempty"` // the inviter meant a direct chat
	From    id.RoomID `json:",omitempty"` // the room that this one replaces
}

// An invite is a room that the bot means to join.
type invite struct {
	Inviter id.UserID
	Direct  bool      `json:",omitempty"`
	Via     []string  // servers that know the room: its ID alone may not say
	From    id.RoomID `json:",omitempty"` // the room that it replaces
	Closed  bool      `json:",omitempty"` // it cannot be joined until somebody invites the bot
	Since   time.Time
}

const (
	inviteFor   = 24 * time.Hour // how long joining is tried
	inviteEvery = 5 * time.Second
)

// note keeps what a sync says of a room itself, and follows tombstones.
func (r *receiver) note(ctx context.Context, n *news) error {
	var info roomInfo
	known, err := getJSON(ctx, r.s, keyRoom+string(n.room), &info)
	if err != nil {
		return fmt.Errorf("matrix: room: %w", err)
	}
	before := info
	for _, e := range slices.Concat(n.state, n.events) {
		switch content := e.Content.Parsed.(type) {
		case *event.RoomNameEventContent:
			if e.StateKey != nil && *e.StateKey == "" {
				info.Name = cleanName(content.Name)
			}
		case *event.TombstoneEventContent:
			if e.StateKey == nil || *e.StateKey != "" || content.ReplacementRoom == "" {
				continue
			}
			// The server lets only those replace a room who may.
			next := invite{Inviter: e.Sender, Via: servers(content.ReplacementRoom, e.Sender), From: n.room, Since: time.Now()}
			if err := putJSON(ctx, r.s, keyInvite+string(content.ReplacementRoom), next, inviteFor); err != nil {
				return fmt.Errorf("matrix: tombstone: %w", err)
			}
			r.rooms.kick()
		}
	}
	if known && info == before {
		return nil
	}
	if err := putJSON(ctx, r.s, keyRoom+string(n.room), info, 0); err != nil {
		return fmt.Errorf("matrix: room: %w", err)
	}
	return nil
}

// cleanName makes a room's name fit for a line of text.
func cleanName(s string) string {
	s = strings.Join(strings.Fields(bots.Visible(s)), " ")
	if r := []rune(s); len(r) > 100 {
		s = string(r[:100])
	}
	return s
}

// servers returns those that should know a room. The ID of a room of version 12
// names none.
func servers(room id.RoomID, who id.UserID) (via []string) {
	via = append(via, who.Homeserver())
	if _, server, ok := strings.Cut(string(room), ":"); ok && !slices.Contains(via, server) {
		via = append(via, server)
	}
	return via
}

// invited decides on an invitation: it is followed if it comes from somebody who
// may use the bot, and turned down if not.
func (r *receiver) invited(ctx context.Context, room id.RoomID, state []*event.Event) error {
	var by id.UserID
	direct := false
	for _, e := range state {
		if e == nil || e.Type.Type != event.StateMember.Type || e.GetStateKey() != string(r.a.mx.UserID) {
			continue
		}
		e.Type.Class = event.StateEventType
		_ = e.Content.ParseRaw(e.Type)
		if m, own := ownMember(e, r.a.mx.UserID); own && m == event.MembershipInvite {
			by, direct = e.Sender, e.Content.AsMember().IsDirect
		}
	}
	if by == "" {
		return nil
	}
	if !r.cfg.Allows(string(by)) || r.unheard(by) {
		r.figures.refusedInvites.Add(1)
		r.log.Info("invitation turned down", "room", bots.LogID(string(room)))
		r.rooms.background(func() { r.leave(ctx, room) })
		return nil
	}
	i := invite{}
	if _, err := getJSON(ctx, r.s, keyInvite+string(room), &i); err != nil {
		return fmt.Errorf("matrix: invitation: %w", err)
	}
	i = invite{Inviter: by, Direct: direct, Via: servers(room, by), From: i.From, Since: time.Now()}
	if err := putJSON(ctx, r.s, keyInvite+string(room), i, inviteFor); err != nil {
		return fmt.Errorf("matrix: invitation: %w", err)
	}
	r.rooms.kick()
	return nil
}

// follow joins the rooms to which the bot is invited. A server that is slow to
// join a room far away holds up nothing else.
func (r *receiver) follow(ctx context.Context) {
	for ctx.Err() == nil {
		more, err := r.joinAll(ctx)
		if err != nil && ctx.Err() == nil {
			r.log.Warn("cannot follow invitations, will try again", "err", err)
			more = true
		}
		var again <-chan time.Time
		if more {
			again = time.After(inviteEvery)
		}
		select {
		case <-ctx.Done():
		case <-again:
		case <-r.rooms.kicked():
		}
	}
}

// joinAll tries to join all rooms that wait, and reports whether some still do.
func (r *receiver) joinAll(ctx context.Context) (more bool, err error) {
	waiting := map[id.RoomID]invite{}
	err = r.s.Each(ctx, keyInvite, func(key string, value []byte) error {
		var i invite
		if json.Unmarshal(value, &i) == nil && !i.Closed {
			waiting[id.RoomID(strings.TrimPrefix(key, keyInvite))] = i
		}
		return nil
	})
	var g errgroup.Group
	g.SetLimit(atOnce)
	var undone atomic.Bool
	for room, i := range waiting {
		g.Go(func() error {
			done, err := false, errPanic
			func() {
				defer r.guard(func() {})
				done, err = r.join(ctx, room, i)
			}()
			if !done {
				undone.Store(true)
			}
			return err
		})
	}
	err = errors.Join(err, g.Wait())
	return undone.Load(), err
}

// join joins a room and reports whether that is done with, one way or the other.
func (r *receiver) join(ctx context.Context, room id.RoomID, i invite) (done bool, err error) {
	info := roomInfo{Inviter: i.Inviter, Direct: i.Direct, From: i.From}
	if i.From != "" {
		old := info
		if _, err := getJSON(ctx, r.s, keyRoom+string(i.From), &old); err != nil {
			return false, err
		}
		info.Name, info.Inviter = old.Name, old.Inviter
	}
	if err := putJSON(ctx, r.s, keyRoom+string(room), info, 0); err != nil { // before: the sync after the join asks for it
		return false, err
	}
	limited, cancel := context.WithTimeout(mautrix.WithMaxRetries(ctx, 0), time.Minute)
	defer cancel()
	_, err = r.a.mx.JoinRoom(limited, string(room), &mautrix.ReqJoinRoom{Via: i.Via})
	if i.From != "" && errors.Is(err, mautrix.MForbidden) {
		i.Closed = true // as rooms of an office are: whoever replaced the old one will invite
		return true, putJSON(ctx, r.s, keyInvite+string(room), i, inviteFor)
	}
	final := errors.Is(err, mautrix.MForbidden) || errors.Is(err, mautrix.MNotFound) || time.Since(i.Since) > inviteFor
	switch {
	case err == nil && i.From != "":
		if err := r.moved(ctx, i.From, room); err != nil {
			return false, err // looked at again: until then it may be any room
		}
	case err == nil:
		r.figures.invited.Add(1)
		r.log.Info("room joined", "room", bots.LogID(string(room)))
	case !final:
		r.log.Warn("cannot join a room, will try again", "room", bots.LogID(string(room)), "err", cause(err))
		return false, nil
	default:
		r.log.Warn("cannot join a room", "room", bots.LogID(string(room)), "err", cause(err))
		err = r.s.Put(ctx, map[string][]byte{keyRoom + string(room): nil}, 0)
	}
	return true, errors.Join(err, r.s.Put(ctx, map[string][]byte{keyInvite + string(room): nil}, 0))
}

// moved leaves a room for the one that replaces it, if that says so too.
func (r *receiver) moved(ctx context.Context, old, room id.RoomID) error {
	var create event.CreateEventContent
	if err := r.a.mx.StateEvent(ctx, room, event.StateCreate, "", &create); err != nil {
		return fmt.Errorf("matrix: room: %w", err)
	}
	if create.Predecessor == nil || create.Predecessor.RoomID != old {
		r.log.Warn("a room that does not say that it replaces the other is left again", "room", bots.LogID(string(room)))
		r.leave(ctx, room)
		return r.left(ctx, room)
	}
	r.log.Info("room replaced", "room", bots.LogID(string(room)))
	r.leave(ctx, old)
	return r.left(ctx, old)
}

// emptied leaves a room when nobody is in it any more who may use the bot.
func (r *receiver) emptied(ctx context.Context, n *news) error {
	if !slices.ContainsFunc(n.events, func(e *event.Event) bool {
		m, ok := e.Content.Parsed.(*event.MemberEventContent)
		return ok && e.StateKey != nil && m.Membership.IsLeaveOrBan()
	}) {
		return nil
	}
	people, err := r.a.people(ctx, n.room)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(people, func(who id.UserID) bool { return who != r.a.mx.UserID && r.cfg.Allows(string(who)) }) {
		return nil
	}
	r.figures.left.Add(1)
	r.log.Info("room left: nobody in it may use the bot", "room", bots.LogID(string(n.room)))
	r.rooms.background(func() { r.leave(ctx, n.room) })
	return nil
}

// leave leaves a room, or turns an invitation down, and forgets it on the server.
func (r *receiver) leave(ctx context.Context, room id.RoomID) {
	if _, err := r.a.mx.LeaveRoom(ctx, room); err != nil && ctx.Err() == nil {
		r.log.Warn("cannot leave a room", "room", bots.LogID(string(room)), "err", cause(err))
		return
	}
	_, _ = r.a.mx.ForgetRoom(ctx, room)
}

// left forgets what was kept of a room that the bot is no longer in.
func (r *receiver) left(ctx context.Context, room id.RoomID) error {
	gone := map[string][]byte{keyRoom + string(room): nil, keyLast + string(room): nil}
	err := r.s.Each(ctx, keyThread+string(room)+" ", func(key string, _ []byte) error { gone[key] = nil; return nil })
	if err = errors.Join(err, r.s.Put(ctx, gone, 0)); err != nil {
		return fmt.Errorf("matrix: forget room: %w", err)
	}
	if err := r.a.file.states.ClearCachedMembers(ctx, room); err != nil {
		return fmt.Errorf("matrix: forget room: %w", err)
	}
	return nil
}

// cause returns what a log may have of a server's error: its code. The message
// may repeat what was sent.
func cause(err error) error {
	var h mautrix.HTTPError
	if errors.As(err, &h) && h.RespError != nil {
		return fmt.Errorf("%s", h.RespError.ErrCode)
	}
	return err
}
