package matrix

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"amtsbote/bots"
	"amtsbote/connectors/chat"
)

// handle handles one event of a room, in its turn.
func (r *receiver) handle(ctx context.Context, room id.RoomID, e *event.Event, direct bool) error {
	if m, own := ownMember(e, r.a.mx.UserID); own {
		if m != event.MembershipJoin || memberBefore(e) == event.MembershipJoin {
			return nil
		}
		return r.joined(ctx, room, e, direct)
	}
	if e.StateKey != nil || r.unheard(e.Sender) && e.Type != event.EventRedaction { // a moderator may be a program
		return nil
	}
	clear, missing, err := r.clear(ctx, e)
	switch {
	case missing:
		return r.putAside(ctx, room, e, direct)
	case err != nil:
		return err
	case clear == nil:
		return nil
	}
	return r.hear(ctx, room, clear, direct)
}

// unheard reports whether a sender is never heard: the bot itself, and those who
// are configured.
func (r *receiver) unheard(who id.UserID) bool {
	for _, other := range append([]string{string(r.a.mx.UserID)}, r.cfg.Ignore...) {
		if strings.EqualFold(other, string(who)) {
			return true
		}
	}
	return false
}

// clear returns an event decrypted; nil if it is nothing that can ever be read.
func (r *receiver) clear(ctx context.Context, e *event.Event) (clear *event.Event, missing bool, err error) {
	if e.Type != event.EventEncrypted {
		return e, false, nil
	}
	clear, missing, err = r.a.decrypt(ctx, e)
	if err == nil && clear.Type == event.EventRedaction {
		err = errors.New("matrix: a redaction that no server has allowed")
	}
	if err == nil || missing {
		return clear, missing, nil
	}
	if ctx.Err() != nil || ofFile(err) {
		return nil, false, err
	}
	r.figures.malformed.Add(1)
	r.log.Warn("event cannot be decrypted", "id", bots.LogID(string(e.ID)), "err", err)
	return nil, false, nil
}

// joined tells of the bot's coming into a room.
func (r *receiver) joined(ctx context.Context, room id.RoomID, e *event.Event, direct bool) error {
	var info roomInfo
	if _, err := getJSON(ctx, r.s, keyRoom+string(room), &info); err != nil {
		return err
	}
	if info.Inviter == "" || info.From != "" {
		return nil // nobody asked it in, or people know it from the room before
	}
	return r.accept(ctx, bots.Message{Kind: bots.KindJoin, Connector: r.cfg.Name, ID: string(e.ID), Room: string(room), Direct: direct,
		Sender: string(info.Inviter), Time: at(e), Ref: refJoin, Text: cleanName(r.a.name(ctx, room, info.Inviter))})
}

// isEventID reports whether what a person's client gave as the ID of an event can
// be one. It goes into addresses and keys.
func isEventID(s string) bool {
	return len(s) > 1 && len(s) <= 255 && s[0] == '$' && !strings.ContainsFunc(s, func(c rune) bool { return c <= ' ' || c == 0x7f })
}

func at(e *event.Event) time.Time { return time.UnixMilli(e.Timestamp).UTC() }

// hear passes on what an event says to the bot, if anything.
func (r *receiver) hear(ctx context.Context, room id.RoomID, e *event.Event, direct bool) error {
	m := bots.Message{Connector: r.cfg.Name, ID: string(e.ID), Room: string(room), Sender: string(e.Sender), Direct: direct, Time: at(e)}
	switch content := e.Content.Parsed.(type) {
	case *event.MessageEventContent:
		return r.message(ctx, m, e, content)
	case *event.ReactionEventContent:
		m.Kind, m.Target, m.Text = bots.KindReaction, string(content.RelatesTo.GetAnnotationID()), content.RelatesTo.Key
		if !isEventID(m.Target) || len(m.Text) > 40 {
			return nil
		}
		m.Target = r.shows.cause(ctx, r.s, m.Target)
	case *event.RedactionEventContent:
		m.Kind, m.Target = bots.KindRedaction, string(redacted(e, content))
		if !isEventID(m.Target) {
			return nil
		}
		if err := r.dropLocked(ctx, room, redacted(e, content)); err != nil {
			return err
		}
	case nil:
		r.figures.malformed.Add(1)
		r.log.Debug("event that is not what its type says", "id", bots.LogID(string(e.ID)))
		return nil
	default:
		return nil
	}
	return r.accept(ctx, m)
}

// redacted returns what a redaction removes, or "". Up to room version 10 that
// stands beside the content, later in it, and servers add the other: where they
// differ, one is made up.
func redacted(e *event.Event, content *event.RedactionEventContent) id.EventID {
	switch {
	case content.Redacts == "":
		return e.Redacts
	case e.Redacts == "" || e.Redacts == content.Redacts:
		return content.Redacts
	}
	return ""
}

// message passes on a message, its new text if it is an edit.
func (r *receiver) message(ctx context.Context, m bots.Message, e *event.Event, content *event.MessageEventContent) error {
	if content.MsgType == event.MsgNotice {
		return nil // another program's
	}
	thread := content.RelatesTo.GetThreadParent()
	if !isEventID(string(thread)) {
		thread = ""
	}
	var gone map[string][]byte
	if edited := content.RelatesTo.GetReplaceID(); edited != "" {
		if content.NewContent == nil || content.NewContent.MsgType == event.MsgNotice || !isEventID(string(edited)) {
			return nil
		}
		m.Kind, m.Target = bots.KindEdit, string(edited)
		content = content.NewContent
		var err error
		if gone, err = r.insteadOfLocked(ctx, &m, &thread); err != nil {
			return err
		}
	}
	m.Thread = string(thread)
	if !m.Direct {
		ok, err := r.addressed(ctx, &m, e, content)
		if err != nil || !ok {
			return err
		}
	}
	if time.Since(m.Time) > r.cfg.MaxAge {
		if m.Kind != bots.KindText {
			return nil
		}
		r.figures.late.Add(1)
		m.Late = true // and nothing of what it says
		return r.passed(ctx, m)
	}
	if err := r.fillIn(ctx, &m, e, content); err != nil {
		return err
	}
	if err := r.passed(ctx, m); err != nil || len(gone) == 0 {
		return err
	}
	return r.s.Put(ctx, gone, 0)
}

// passed has a message accepted, and says in the room that it was read.
func (r *receiver) passed(ctx context.Context, m bots.Message) error {
	if err := r.accept(ctx, m); err != nil {
		return err
	}
	if m.Thread != "" && !m.Direct {
		if err := putJSON(ctx, r.s, threadKey(m.Room, id.EventID(m.Thread)), true, keepFor); err != nil {
			return fmt.Errorf("matrix: note thread: %w", err)
		}
	}
	if m.Kind == bots.KindText {
		r.rooms.background(func() { _ = r.a.mx.MarkRead(ctx, id.RoomID(m.Room), id.EventID(m.ID)) }) // a courtesy
	}
	return nil
}

// fillIn fills in the text and files of a message.
func (r *receiver) fillIn(ctx context.Context, m *bots.Message, e *event.Event, content *event.MessageEventContent) error {
	switch {
	case e.Type == event.EventSticker:
		m.Cannot = textSticker
		return nil
	case content.MSC3245Voice != nil, content.MsgType == event.MsgAudio:
		m.Cannot = chat.Voice
		return nil
	case content.MsgType == event.MsgVideo:
		m.Cannot = chat.Video
		return nil
	case content.MsgType == event.MsgLocation:
		m.Cannot = textLocation
		return nil
	}
	files, err := filesOf(content)
	if err != nil {
		r.figures.malformed.Add(1)
		m.Cannot = textNoFile
		return nil
	}
	m.Files = files
	m.Text = r.text(ctx, *m, content)
	return r.quoted(ctx, m, content)
}

// text returns what a person wrote, without the bot's name and what is quoted.
func (r *receiver) text(ctx context.Context, m bots.Message, content *event.MessageEventContent) string {
	body := content.Body
	if isFile(content) {
		body = content.GetCaption()
	} else if content.RelatesTo.GetReplyTo() != "" {
		body = event.TrimReplyFallbackText(body)
	}
	body = strings.TrimSpace(strings.ToValidUTF8(body, ""))
	if m.Direct {
		return body
	}
	return withoutName(body, r.names(ctx, id.RoomID(m.Room)))
}

func isFile(content *event.MessageEventContent) bool { return content.URL != "" || content.File != nil }

// quoted adds what a message answers, where that is another person's: "fass das
// zusammen", said to a file or a text.
func (r *receiver) quoted(ctx context.Context, m *bots.Message, content *event.MessageEventContent) error {
	target := content.RelatesTo.GetNonFallbackReplyTo()
	if target == "" {
		return nil
	}
	e, err := r.a.fetch(ctx, id.RoomID(m.Room), target)
	if err != nil {
		return err
	}
	if e == nil || e.Sender == r.a.mx.UserID {
		return nil
	}
	may, err := r.a.mayRead(ctx, id.RoomID(m.Room), id.UserID(m.Sender), e)
	if err != nil || !may {
		return err
	}
	said, ok := e.Content.Parsed.(*event.MessageEventContent)
	if !ok {
		return nil
	}
	if isFile(said) {
		files, err := filesOf(said)
		if err == nil {
			m.Files = append(m.Files, files...)
		}
		return nil
	}
	if strings.TrimSpace(said.Body) != "" {
		m.Files = append(m.Files, quoteFile(id.RoomID(m.Room), e, said))
	}
	return nil
}

// fetch returns an event of a room, decrypted; nil if there is none that can be
// read.
func (a *account) fetch(ctx context.Context, room id.RoomID, which id.EventID) (*event.Event, error) {
	if !isEventID(string(which)) {
		return nil, nil
	}
	e, err := a.mx.GetEvent(ctx, room, which)
	if status, ok := errors.AsType[mautrix.HTTPError](err); ok && (status.IsStatus(400) || status.IsStatus(403) || status.IsStatus(404) || status.IsStatus(414)) {
		return nil, nil // the ID is as its sender likes: what is wrong with it must not hold up the sync
	}
	if err != nil {
		return nil, fmt.Errorf("matrix: fetch event: %w", err)
	}
	if n := (&news{room: room}); !n.prepare(e) {
		return nil, nil
	}
	if e.Type != event.EventEncrypted {
		return e, nil
	}
	clear, _, err := a.decrypt(ctx, e)
	if err != nil && (ctx.Err() != nil || ofFile(err)) {
		return nil, err
	}
	return clear, nil // unreadable: as good as not there
}
