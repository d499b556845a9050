package matrix

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"go.mau.fi/util/dbutil"
	"maunium.net/go/mautrix/id"

	"amtsbote/bots"
)

// Keys of the connector's State. What follows a prefix is a room, and after a
// space what is named.
const (
	keySince  = "since"   // the sync token
	keyLast   = "last/"   // room → ID of the last event in it that was handled
	keyRoom   = "room/"   // room → roomInfo
	keyInvite = "invite/" // room → invite that is to be followed
	keyThread = "thread/" // room, root → a thread in which the bot takes part
	keyLocked = "locked/" // session, event → event whose key is missing
	keyIntent = "intent/" // reply → where and when sending it was begun
	keyParts  = "parts/"  // reply → its parts, once it has been cut
	keyShown  = "shown/"  // message → progress that is shown for it
	keyDirect = "direct/" // digest of a person → direct chat
	keyAsked  = "asked/"  // room, message → the edit by which it became a question
	keyTold   = "told/"   // session → its room has been told that its key is missing
)

// keepFor is how long what belongs to a message or a thread is kept.
const keepFor = 30 * 24 * time.Hour

// people returns who is in a room or invited to it, the bot too.
func (a *account) people(ctx context.Context, room id.RoomID) ([]id.UserID, error) {
	if err := a.fetchMembers(ctx, room); err != nil {
		return nil, err
	}
	all, err := a.file.states.GetRoomJoinedOrInvitedMembers(ctx, room)
	if err != nil {
		return nil, fmt.Errorf("matrix: members: %w", err)
	}
	return all, nil
}

// direct returns the only other person in a room, or "" if there are several or
// none: what stands in a direct chat nobody else reads.
func (a *account) direct(ctx context.Context, room id.RoomID) (id.UserID, error) {
	if err := a.fetchMembers(ctx, room); err != nil {
		return "", err
	}
	// Not all of them: a room may have thousands.
	rows, err := a.file.db.Query(ctx, "SELECT user_id FROM mx_user_profile WHERE room_id = $1 AND membership IN ('join', 'invite') LIMIT 3", room)
	few, err := dbutil.NewRowIterWithError(rows, dbutil.ScanSingleColumn[id.UserID], err).AsList()
	if err != nil {
		return "", fmt.Errorf("matrix: members: %w", err)
	}
	if len(few) != 2 || !slices.Contains(few, a.mx.UserID) {
		return "", nil
	}
	return few[(slices.Index(few, a.mx.UserID)+1)%2], nil
}

// others returns how many people are in a room or invited to it besides the bot.
func (a *account) others(ctx context.Context, room id.RoomID) (n int, err error) {
	err = a.file.db.QueryRow(ctx, "SELECT count(*) FROM mx_user_profile WHERE room_id = $1 AND user_id <> $2 AND membership IN ('join', 'invite')", room, a.mx.UserID).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("matrix: members: %w", err)
	}
	return n, nil
}

// name returns how a person is called in a room. It is what the person chose:
// untrusted.
func (a *account) name(ctx context.Context, room id.RoomID, who id.UserID) string {
	if m, err := a.file.states.TryGetMember(ctx, room, who); err == nil && m != nil && m.Displayname != "" {
		return m.Displayname
	}
	return who.Localpart()
}

// getJSON reads a value of the State into v and reports whether it is there.
func getJSON(ctx context.Context, s bots.State, key string, v any) (bool, error) {
	b, err := s.Get(ctx, key)
	if err != nil || b == nil {
		return false, err
	}
	return true, json.Unmarshal(b, v)
}

// putJSON keeps a value in the State.
func putJSON(ctx context.Context, s bots.State, key string, v any, keep time.Duration) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return s.Put(ctx, map[string][]byte{key: b}, keep)
}

// putAll keeps several values in one transaction; nil deletes its key.
func putAll(ctx context.Context, s bots.State, values map[string]any) error {
	all := map[string][]byte{}
	for key, v := range values {
		if v == nil {
			all[key] = nil
			continue
		}
		b, err := json.Marshal(v)
		if err != nil {
			return err
		}
		all[key] = b
	}
	return s.Put(ctx, all, keepFor)
}
