package matrix

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"net/http"
	"slices"
	"time"

	"go.mau.fi/util/dbutil"
	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"amtsbote/bots"
)

// A directChat is the room in which the bot speaks with a person alone.
type directChat struct {
	Room    id.RoomID `json:",omitempty"`
	Opening time.Time `json:",omitzero"` // when one was to be made of which nothing was heard
}

// maxUnknown is how many rooms are looked into for one that was made and lost.
const maxUnknown = 200

// directWith returns the direct chat with a person, which is found, or made once.
// If sealed is set, it is encrypted.
func (c *Connector) directWith(ctx context.Context, a *account, s bots.State, person id.UserID, sealed bool) (id.RoomID, error) {
	one := &c.shows.opening[crc32.ChecksumIEEE([]byte(person))%uint32(len(c.shows.opening))]
	one.Lock() // two answers to one person make one room
	defer one.Unlock()
	key := c.directKey(person)
	var known directChat
	if _, err := getJSON(ctx, s, key, &known); err != nil {
		return "", err
	}
	candidates, err := a.sharedRooms(ctx, s, person, !known.Opening.IsZero())
	if err != nil {
		return "", err
	}
	if known.Room != "" {
		candidates = slices.Insert(candidates, 0, known.Room)
	}
	for _, room := range candidates {
		if ok, err := a.serves(ctx, room, person, sealed); err != nil {
			return "", err
		} else if !ok {
			continue
		}
		if room == known.Room {
			return room, nil
		}
		return room, c.keepDirect(ctx, a, s, person, room)
	}
	if err := putJSON(ctx, s, key, directChat{Opening: time.Now().UTC()}, 0); err != nil {
		return "", err
	}
	room, err := a.createDirect(ctx, person)
	if err != nil {
		return "", err
	}
	return room, c.keepDirect(ctx, a, s, person, room)
}

// directKey is the key of a person's direct chat. Keys are stored as they are: who
// speaks with the bot must not stand in them.
func (c *Connector) directKey(person id.UserID) string {
	mac := hmac.New(sha256.New, c.key)
	mac.Write([]byte(person))
	return keyDirect + hex.EncodeToString(mac.Sum(nil)[:16])
}

func (c *Connector) keepDirect(ctx context.Context, a *account, s bots.State, person id.UserID, room id.RoomID) error {
	if err := a.listDirect(ctx, person, room); err != nil { // for other clients of the account only
		c.log.Warn("the list of direct chats could not be kept", "err", err)
	}
	return putJSON(ctx, s, c.directKey(person), directChat{Room: room}, 0)
}

// serves reports whether a room is one in which nobody but a person reads what
// the bot writes. It asks the server: what was known may be older than somebody's
// coming in.
func (a *account) serves(ctx context.Context, room id.RoomID, person id.UserID, sealed bool) (bool, error) {
	var members mautrix.RespMembers
	_, err := a.mx.MakeRequest(ctx, http.MethodGet, a.mx.BuildClientURL("v3", "rooms", room, "members"), nil, &members)
	if errors.Is(err, mautrix.MForbidden) || errors.Is(err, mautrix.MNotFound) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("matrix: members: %w", err)
	}
	me, other := false, false
	for _, e := range members.Chunk {
		if e.StateKey == nil {
			continue
		}
		membership, _ := e.Content.Raw["membership"].(string)
		in := membership == string(event.MembershipJoin)
		switch who := id.UserID(*e.StateKey); {
		case !in && membership != string(event.MembershipInvite):
		case who == a.mx.UserID:
			me = in
		case who == person:
			other = true
		default:
			return false, nil
		}
	}
	if !me || !other {
		return false, nil
	}
	if open, err := a.isOpen(ctx, room); err != nil || open {
		return false, err
	}
	if !sealed {
		return true, nil
	}
	return a.isEncrypted(ctx, room)
}

// isOpen reports whether strangers can come into a room by themselves, or read it
// from outside.
func (a *account) isOpen(ctx context.Context, room id.RoomID) (bool, error) {
	var rules event.JoinRulesEventContent
	err := a.mx.StateEvent(ctx, room, event.StateJoinRules, "", &rules)
	if err != nil && !errors.Is(err, mautrix.MNotFound) {
		return false, fmt.Errorf("matrix: who may come in: %w", err)
	}
	var vis event.HistoryVisibilityEventContent
	err = a.mx.StateEvent(ctx, room, event.StateHistoryVisibility, "", &vis)
	if err != nil && !errors.Is(err, mautrix.MNotFound) {
		return false, fmt.Errorf("matrix: history visibility: %w", err)
	}
	closed := rules.JoinRule == event.JoinRuleInvite || rules.JoinRule == event.JoinRulePrivate || rules.JoinRule == event.JoinRuleKnock || rules.JoinRule == ""
	return !closed || vis.HistoryVisibility == event.HistoryVisibilityWorldReadable, nil
}

// sharedRooms returns rooms that may be the direct chat with a person: the bot made
// or used them as such, or the person did. A room in which two are alone for now is
// none: whoever comes later would read there. If lost is set there may be one that
// nothing is known of yet.
func (a *account) sharedRooms(ctx context.Context, s bots.State, person id.UserID, lost bool) ([]id.RoomID, error) {
	listed, err := a.directList(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := a.file.db.Query(ctx, `SELECT p.room_id FROM mx_user_profile p JOIN mx_user_profile me ON me.room_id = p.room_id AND me.user_id = $2 AND me.membership = 'join'
		WHERE p.user_id = $1 AND p.membership IN ('join', 'invite')
		AND (SELECT count(*) FROM mx_user_profile o WHERE o.room_id = p.room_id AND o.membership IN ('join', 'invite')) = 2`, person, a.mx.UserID)
	shared, err := dbutil.NewRowIterWithError(rows, dbutil.ScanSingleColumn[id.RoomID], err).AsList()
	if err != nil {
		return nil, fmt.Errorf("matrix: shared rooms: %w", err)
	}
	all := slices.Clone(listed[person])
	for _, room := range shared {
		var info roomInfo
		if _, err := getJSON(ctx, s, keyRoom+string(room), &info); err != nil {
			return nil, err
		}
		if info.Direct {
			all = append(all, room)
		}
	}
	if lost {
		unknown, err := a.unknownRooms(ctx)
		if err != nil {
			return nil, err
		}
		all = append(all, unknown...)
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}

// unknownRooms returns rooms that the bot is in and has not seen in a sync.
func (a *account) unknownRooms(ctx context.Context) (unknown []id.RoomID, err error) {
	joined, err := a.mx.JoinedRooms(ctx)
	if err != nil {
		return nil, fmt.Errorf("matrix: rooms: %w", err)
	}
	for _, room := range joined.JoinedRooms {
		if a.file.states.IsInRoom(ctx, room, a.mx.UserID) {
			continue
		}
		if unknown = append(unknown, room); len(unknown) == maxUnknown {
			break
		}
	}
	return unknown, nil
}

// createDirect makes a room and invites a person. A POST whose answer is lost may
// have done its work: it is not repeated.
func (a *account) createDirect(ctx context.Context, person id.UserID) (id.RoomID, error) {
	resp, err := a.mx.CreateRoom(mautrix.WithMaxRetries(ctx, 0), &mautrix.ReqCreateRoom{
		Preset: "trusted_private_chat", IsDirect: true, Invite: []id.UserID{person},
		InitialState: []*event.Event{{Type: event.StateEncryption, Content: event.Content{
			Parsed: &event.EncryptionEventContent{Algorithm: id.AlgorithmMegolmV1},
		}}},
	})
	if err != nil {
		return "", fmt.Errorf("matrix: open direct chat: %w", err)
	}
	return resp.RoomID, nil
}

// directList returns the account's list of direct chats (m.direct).
func (a *account) directList(ctx context.Context) (event.DirectChatsEventContent, error) {
	list := event.DirectChatsEventContent{}
	err := a.mx.GetAccountData(ctx, event.AccountDataDirectChats.Type, &list)
	if err != nil && !errors.Is(err, mautrix.MNotFound) {
		return nil, fmt.Errorf("matrix: direct chats: %w", err)
	}
	if list == nil {
		list = event.DirectChatsEventContent{}
	}
	return list, nil
}

// listDirect adds a direct chat to the account's list.
func (a *account) listDirect(ctx context.Context, person id.UserID, room id.RoomID) error {
	list, err := a.directList(ctx)
	if err != nil || slices.Contains(list[person], room) {
		return err
	}
	list[person] = append(list[person], room)
	return a.mx.SetAccountData(ctx, event.AccountDataDirectChats.Type, list)
}
