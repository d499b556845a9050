package matrix

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"amtsbote/bots"
)

const (
	historyPage = 100
	historyMax  = 20000               // messages that are read for one question
	historySize = 32 << 20            // bytes of their text
	historyBack = 30 * 24 * time.Hour // how far back, if nobody says
)

// Rooms implements bots.Historian.
func (c *Connector) Rooms(ctx context.Context, s bots.State, person string) ([]bots.Room, error) {
	a, err := c.open(ctx)
	if err != nil {
		return nil, err
	}
	var all []bots.Room
	err = s.Each(ctx, keyRoom, func(key string, value []byte) error {
		var info roomInfo
		if json.Unmarshal(value, &info) == nil {
			all = append(all, bots.Room{ID: strings.TrimPrefix(key, keyRoom), Name: info.Name})
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("matrix: rooms: %w", err)
	}
	var shared []bots.Room
	for _, room := range all {
		err := a.fetchMembers(ctx, id.RoomID(room.ID))
		if errors.Is(err, mautrix.MForbidden) {
			continue // left meanwhile
		}
		if err != nil {
			return nil, err
		}
		others, err := a.others(ctx, id.RoomID(room.ID)) // a room may have thousands
		if err != nil {
			return nil, err
		}
		if others > 1 && a.file.states.IsInRoom(ctx, id.RoomID(room.ID), id.UserID(person)) {
			shared = append(shared, room)
		}
	}
	return shared, nil
}

var (
	textNotIn = bots.Text{
		DE: "In diesem Raum sind Sie nicht, oder ich bin es nicht mehr. Auswerten kann ich nur Räume, die Sie selbst lesen können.",
		EN: "You are not in this room, or I no longer am. I can only look at rooms that you can read yourself."}
)

// History implements bots.Historian. Whether the person is in the room is asked of
// the server, not of what was heard last.
func (c *Connector) History(ctx context.Context, s bots.State, person, room string, span bots.Span) (bots.History, error) {
	a, err := c.open(ctx)
	if err != nil {
		return bots.History{}, err
	}
	h := &reading{a: a, c: c, room: id.RoomID(room), who: id.UserID(person), span: span, edits: map[editOf]*event.MessageEventContent{}}
	if err := h.enter(ctx, s); err != nil {
		return bots.History{}, err
	}
	if err := h.pages(ctx); err != nil {
		return bots.History{}, err
	}
	slices.Reverse(h.out.Entries)
	h.nameAll(ctx)
	return h.out, nil
}

// A reading is the history of a room as it is read, from its end back.
type reading struct {
	a    *account
	c    *Connector
	room id.RoomID
	who  id.UserID
	span bots.Span
	out  bots.History

	// How the room was at the place that is read now.
	visible event.HistoryVisibility
	in      event.Membership // of the person

	edits map[editOf]*event.MessageEventContent // newest text of messages still to come
	size  int                                   // bytes of text so far
	done  bool
}

// An editOf is an edit of a message by a person: nobody edits what another wrote.
type editOf struct {
	message id.EventID
	by      id.UserID
}

// enter checks that the person is in the room now, and finds out how it is.
func (h *reading) enter(ctx context.Context, s bots.State) error {
	var member event.MemberEventContent
	err := h.a.mx.StateEvent(ctx, h.room, event.StateMember, string(h.who), &member)
	if errors.Is(err, mautrix.MNotFound) || errors.Is(err, mautrix.MForbidden) || err == nil && member.Membership != event.MembershipJoin {
		return &bots.Refusal{Text: textNotIn, Err: errors.New("matrix: history: the person is not in the room")}
	}
	if err != nil {
		return fmt.Errorf("matrix: history: %w", err)
	}
	var vis event.HistoryVisibilityEventContent
	err = h.a.mx.StateEvent(ctx, h.room, event.StateHistoryVisibility, "", &vis)
	if err != nil && !errors.Is(err, mautrix.MNotFound) {
		return fmt.Errorf("matrix: history: %w", err)
	}
	h.visible, h.in = vis.HistoryVisibility, event.MembershipJoin
	if h.visible == "" {
		h.visible = event.HistoryVisibilityShared // as the specification has it
	}
	var info roomInfo
	if _, err := getJSON(ctx, s, keyRoom+string(h.room), &info); err != nil {
		return err
	}
	if err := h.a.fetchMembers(ctx, h.room); err != nil {
		return err
	}
	h.out.Room = bots.Room{ID: string(h.room), Name: info.Name}
	h.out.Self = cleanName(h.a.name(ctx, h.room, h.who))
	h.out.From, h.out.To = h.span.Since, h.span.Until
	if h.out.From.IsZero() {
		h.out.From = h.span.Until.Add(-historyBack)
	}
	return nil
}

// pages reads the room page by page until the span is covered.
func (h *reading) pages(ctx context.Context) error {
	from := ""
	for read := 0; !h.done; {
		page, err := h.a.mx.Messages(ctx, h.room, from, "", mautrix.DirectionBackward, nil, historyPage)
		if errors.Is(err, mautrix.MForbidden) {
			return &bots.Refusal{Text: textNotIn, Err: errors.New("matrix: history: the bot is not in the room")}
		}
		if err != nil {
			return fmt.Errorf("matrix: history: %w", err)
		}
		if err := h.page(ctx, page.Chunk); err != nil {
			return err
		}
		if read += len(page.Chunk); h.span.Tell != nil {
			h.span.Tell(read)
		}
		switch {
		case len(page.Chunk) == 0 || page.End == "" || page.End == from:
			return nil // the room's beginning, or what the bot may see of it
		case read >= historyMax && !h.done:
			h.out.Cut = true
			h.begin()
			return nil
		}
		from = page.End
	}
	return nil
}

// begin has the history begin with its oldest entry.
func (h *reading) begin() {
	if n := len(h.out.Entries); n > 0 {
		h.out.From = h.out.Entries[n-1].Time
	}
}

// page reads the events of a page, newest first. In one transaction: decrypting
// notes each message's index.
func (h *reading) page(ctx context.Context, events []*event.Event) error {
	h.a.decrypting.Lock()
	defer h.a.decrypting.Unlock()
	err := h.a.file.db.DoTxn(ctx, nil, func(ctx context.Context) error {
		n := news{room: h.room}
		for _, e := range events {
			if h.done {
				return nil
			}
			if !n.prepare(e) {
				continue
			}
			if err := h.event(ctx, e); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("matrix: history: %w", err)
	}
	return nil
}

// event reads one event. What was before it, its state events say.
func (h *reading) event(ctx context.Context, e *event.Event) error {
	if e.StateKey != nil {
		h.back(e)
		return nil
	}
	when := at(e)
	if h.span.Thread == "" && when.Before(h.out.From) {
		h.done = true
		return nil
	}
	if !h.may() {
		// Whoever was not in the room once may have been earlier; that is left out.
		h.out.Joined, h.done = true, true
		h.begin()
		return nil
	}
	if e.Unsigned.RedactedBecause != nil || string(e.ID) == h.span.Question {
		return nil
	}
	entry, ok, err := h.entry(ctx, e) // also of what is later than asked for: it may be the newest text of what is not
	if err != nil || !ok || when.After(h.span.Until) {
		return err
	}
	if h.span.Own && e.Sender == h.who && !entry.Locked {
		h.out.From, h.out.Own, h.done = when, when, true
		return nil
	}
	if h.span.Thread != "" && entry.Thread != h.span.Thread && entry.ID != h.span.Thread {
		return nil
	}
	h.out.Entries = append(h.out.Entries, entry)
	if h.size += len(entry.Text); h.size > historySize {
		h.out.Cut, h.done = true, true
		h.begin()
		return nil
	}
	if entry.ID == h.span.Thread {
		h.out.From, h.done = when, true
	}
	return nil
}

// back takes back what a state event changed.
func (h *reading) back(e *event.Event) {
	switch {
	case e.Type == event.StateHistoryVisibility:
		h.visible = event.HistoryVisibilityJoined // where the server does not say: the strictest
		if e.Unsigned.PrevContent != nil {
			_ = e.Unsigned.PrevContent.ParseRaw(e.Type)
			if v, ok := e.Unsigned.PrevContent.Parsed.(*event.HistoryVisibilityEventContent); ok {
				h.visible = v.HistoryVisibility
			}
		}
	case e.Type == event.StateMember && e.GetStateKey() == string(h.who):
		h.in = memberBefore(e)
	}
}

// may reports whether the person could read an event at the place that is read now.
func (h *reading) may() bool {
	switch h.visible {
	case event.HistoryVisibilityShared, event.HistoryVisibilityWorldReadable:
		return true
	}
	h.out.Closed = true
	switch h.visible {
	case event.HistoryVisibilityInvited:
		return h.in == event.MembershipJoin || h.in == event.MembershipInvite
	}
	return h.in == event.MembershipJoin
}

// entry returns what a person reads of an event, if it is a message.
func (h *reading) entry(ctx context.Context, e *event.Event) (bots.Entry, bool, error) {
	entry := bots.Entry{ID: string(e.ID), Sender: string(e.Sender), Time: at(e), Link: h.c.link(h.room, e.ID)}
	if e.Type == event.EventEncrypted {
		clear, _, err := h.a.decryptHeld(ctx, e)
		if err != nil {
			if ctx.Err() != nil || ofFile(err) {
				return entry, false, err
			}
			if sealed, ok := e.Content.Parsed.(*event.EncryptedEventContent); ok {
				if sealed.RelatesTo.GetReplaceID() != "" || sealed.RelatesTo.GetAnnotationID() != "" {
					return entry, false, nil
				}
				entry.Thread = string(sealed.RelatesTo.GetThreadParent())
			}
			entry.Locked = true
			return entry, true, nil
		}
		e = clear
	}
	content, ok := e.Content.Parsed.(*event.MessageEventContent)
	if !ok || content.MsgType == "" {
		return entry, false, nil
	}
	if old := content.RelatesTo.GetReplaceID(); old != "" {
		if k := (editOf{old, e.Sender}); content.NewContent != nil && h.edits[k] == nil { // read backwards: the newest comes first
			h.edits[k] = content.NewContent
		}
		return entry, false, nil
	}
	entry.Thread, entry.ReplyTo = string(content.RelatesTo.GetThreadParent()), string(content.RelatesTo.GetNonFallbackReplyTo())
	if edit := h.edits[editOf{e.ID, e.Sender}]; edit != nil {
		content = edit
	}
	h.fill(&entry, e, content)
	return entry, true, nil
}

func (h *reading) fill(entry *bots.Entry, e *event.Event, content *event.MessageEventContent) {
	entry.Bot = e.Sender == h.a.mx.UserID || content.MsgType == event.MsgNotice || slices.Contains(h.c.cfg.Ignore, string(e.Sender))
	if content.Mentions != nil {
		entry.Everyone = content.Mentions.Room
		for _, who := range content.Mentions.UserIDs {
			entry.Mentions = append(entry.Mentions, string(who))
		}
	}
	text := content.Body
	if isFile(content) {
		text = content.GetCaption()
		if files, err := filesOf(content); err == nil {
			entry.Files = files
		}
	} else if entry.ReplyTo != "" {
		text = event.TrimReplyFallbackText(text)
	}
	entry.Text = strings.TrimSpace(bots.Visible(text))
}

// nameAll fills in what people are called.
func (h *reading) nameAll(ctx context.Context) {
	names := map[string]string{}
	for i := range h.out.Entries {
		e := &h.out.Entries[i]
		if names[e.Sender] == "" {
			names[e.Sender] = cleanName(h.a.name(ctx, h.room, id.UserID(e.Sender)))
		}
		e.Name = names[e.Sender]
	}
}

// escaped takes from an ID what means something in a link: those of old rooms have
// a "/" in them.
var escaped = strings.NewReplacer("%", "%25", "/", "%2F", "?", "%3F", "#", "%23", " ", "%20", ")", "%29")

// link returns what leads people to an event.
func (c *Connector) link(room id.RoomID, e id.EventID) string {
	return c.cfg.Link + escaped.Replace(string(room)) + "/" + escaped.Replace(string(e)) + "?via=" + id.UserID(c.cfg.User).Homeserver()
}

// mayRead reports whether a person in a room can read an event of it: if the room
// shows its history, or if it was written after they came. Where that is not clear
// (a member event also tells of a new name) the answer is no.
func (a *account) mayRead(ctx context.Context, room id.RoomID, who id.UserID, e *event.Event) (bool, error) {
	var vis event.HistoryVisibilityEventContent
	err := a.mx.StateEvent(ctx, room, event.StateHistoryVisibility, "", &vis)
	switch {
	case errors.Is(err, mautrix.MNotFound):
		return true, nil
	case err != nil:
		return false, fmt.Errorf("matrix: history visibility: %w", err)
	case vis.HistoryVisibility == event.HistoryVisibilityShared, vis.HistoryVisibility == event.HistoryVisibilityWorldReadable, e.Sender == who:
		return true, nil
	}
	member, err := a.mx.FullStateEvent(ctx, room, event.StateMember, string(who))
	if errors.Is(err, mautrix.MNotFound) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("matrix: history visibility: %w", err)
	}
	return e.Timestamp >= member.Timestamp, nil
}
