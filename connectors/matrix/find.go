package matrix

import (
	"context"
	"fmt"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

const (
	// maxPages is how many pages of a room's history are looked through, of
	// findSize events each, for what was sent already.
	maxPages = 50
	findSize = 100
)

// find returns what the bot has shown in a room since a time, by its marks: of an
// edit, the event that was edited.
func (a *account) find(ctx context.Context, room id.RoomID, since time.Time) (map[string]id.EventID, error) {
	found := map[string]id.EventID{}
	own := &mautrix.FilterPart{Senders: []id.UserID{a.mx.UserID}, Types: []event.Type{event.EventMessage, event.EventEncrypted}}
	for from, page := "", 0; page < maxPages; page++ {
		resp, err := a.mx.Messages(ctx, room, from, "", mautrix.DirectionBackward, own, findSize)
		if err != nil {
			return nil, fmt.Errorf("matrix: history: %w", err)
		}
		for _, evt := range resp.Chunk {
			if evt.Sender != a.mx.UserID {
				continue
			}
			if time.UnixMilli(evt.Timestamp).Before(since) {
				return found, nil
			}
			evt.RoomID = room
			if reply, at := a.marks(ctx, evt); reply != "" {
				found[reply] = at
			}
		}
		if resp.End == "" || resp.End == from {
			break
		}
		from = resp.End
	}
	return found, nil
}

// marks returns by which mark an own event is known, and what shows it.
func (a *account) marks(ctx context.Context, evt *event.Event) (reply string, at id.EventID) {
	reply, at = evt.Unsigned.TransactionID, evt.ID
	if evt.Content.ParseRaw(evt.Type) != nil {
		return reply, at
	}
	if evt.Type == event.EventEncrypted {
		clear, _, err := a.decrypt(ctx, evt)
		if err != nil {
			return reply, at // it may be redacted
		}
		evt = clear
	}
	if m, ok := evt.Content.Raw[markKey].(map[string]any); ok {
		if s, ok := m["reply"].(string); ok {
			reply = s
		}
	}
	if of := evt.Content.AsMessage().RelatesTo.GetReplaceID(); of != "" {
		at = of
	}
	return reply, at
}
