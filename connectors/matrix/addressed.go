package matrix

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"amtsbote/bots"
)

// addressed reports whether a message in a room of several people is for the bot:
// it mentions it, by the protocol's own field and for all to see; or it answers a
// message of the bot's; or it stands in a thread in which the bot takes part, and
// speaks to nobody else. An edit of what was not addressed is a new message.
func (r *receiver) addressed(ctx context.Context, m *bots.Message, e *event.Event, content *event.MessageEventContent) (bool, error) {
	room := id.RoomID(m.Room)
	named := content.Mentions != nil && slices.Contains(content.Mentions.UserIDs, r.a.mx.UserID)
	if named && !visible(content, r.a.mx.UserID, r.names(ctx, room)) {
		var err error
		if named, err = r.answersBot(ctx, room, content); err != nil {
			return false, err
		}
	}
	if m.Kind == bots.KindEdit {
		return r.edited(ctx, m, named)
	}
	if named || m.Thread == "" {
		return named, nil
	}
	if content.Mentions != nil && (len(content.Mentions.UserIDs) > 0 || content.Mentions.Room) {
		return false, nil // to somebody else
	}
	known, err := r.s.Get(ctx, threadKey(m.Room, id.EventID(m.Thread)))
	if err != nil {
		return false, fmt.Errorf("matrix: thread: %w", err)
	}
	return known != nil, nil
}

// edited decides on an edit: of a question it is that one's new text; one that
// only now is addressed to the bot is a question of its own.
func (r *receiver) edited(ctx context.Context, m *bots.Message, named bool) (bool, error) {
	old, err := r.a.fetch(ctx, id.RoomID(m.Room), id.EventID(m.Target))
	if err != nil || old == nil || string(old.Sender) != m.Sender {
		return false, err
	}
	before := bots.Message{Room: m.Room, Sender: m.Sender}
	content, ok := old.Content.Parsed.(*event.MessageEventContent)
	if !ok || content.MsgType == event.MsgNotice {
		return false, nil
	}
	before.Thread = string(content.RelatesTo.GetThreadParent())
	if was, err := r.addressed(ctx, &before, old, content); err != nil || was {
		return was, err
	}
	if !named {
		return false, nil
	}
	key := keyAsked + m.Room + " " + m.Target
	first, err := r.s.Get(ctx, key)
	if err != nil {
		return false, fmt.Errorf("matrix: edit: %w", err)
	}
	if first != nil && string(first) != m.ID { // it is one already: its new text
		m.Target = string(first)
		return true, nil
	}
	if err := r.s.Put(ctx, map[string][]byte{key: []byte(m.ID)}, keepFor); err != nil {
		return false, fmt.Errorf("matrix: edit: %w", err)
	}
	m.Kind, m.Target, m.Thread = bots.KindText, "", before.Thread
	if m.Thread == "" {
		m.Thread = string(old.ID) // the edit itself can begin no thread
	}
	return true, nil
}

// answersBot reports whether a message answers one of the bot's.
func (r *receiver) answersBot(ctx context.Context, room id.RoomID, content *event.MessageEventContent) (bool, error) {
	target := content.RelatesTo.GetNonFallbackReplyTo()
	if target == "" {
		return false, nil
	}
	e, err := r.a.fetch(ctx, room, target)
	return e != nil && e.Sender == r.a.mx.UserID, err
}

// names returns what the bot is called in a room, the longest first.
func (r *receiver) names(ctx context.Context, room id.RoomID) []string {
	all := []string{string(r.a.mx.UserID), r.a.name(ctx, room, r.a.mx.UserID), r.cfg.Profile.Name, r.a.mx.UserID.Localpart()}
	all = slices.DeleteFunc(all, func(s string) bool { return utf8.RuneCountInString(strings.TrimSpace(s)) < 2 })
	slices.SortFunc(all, func(a, b string) int { return len(b) - len(a) })
	return slices.Compact(all)
}

// visible reports whether people see that a message speaks to the bot: its name in
// the text, or a link to it. Code is no speech, nor is what is quoted.
func visible(content *event.MessageEventContent, self id.UserID, names []string) bool {
	if content.Format != event.FormatHTML {
		return hasName(code.ReplaceAllString(event.TrimReplyFallbackText(content.Body), " "), names)
	}
	html := codeHTML.ReplaceAllString(event.TrimReplyFallbackHTML(content.FormattedBody), " ")
	for _, link := range []string{"https://matrix.to/#/" + string(self), "matrix:u/" + strings.TrimPrefix(string(self), "@")} {
		if strings.Contains(html, `"`+link+`"`) {
			return true
		}
	}
	return hasName(tags.ReplaceAllString(html, " "), names)
}

var (
	codeHTML = regexp.MustCompile(`(?is)<(pre|code)\b[^>]*>.*?</(pre|code)>`)
	tags     = regexp.MustCompile(`<[^>]*>`)
	code     = regexp.MustCompile("(?s)```.*?(```|$)|`[^`\n]*`")
)

// hasName reports whether one of the names stands in a text as a word.
func hasName(text string, names []string) bool {
	for _, name := range names {
		re := regexp.MustCompile(`(?i)` + regexp.QuoteMeta(name))
		for _, at := range re.FindAllStringIndex(text, -1) {
			if wordAt(text, at[0], at[1]) {
				return true
			}
		}
	}
	return false
}

// wordAt reports whether text[from:to] is not part of a longer word.
func wordAt(text string, from, to int) bool {
	before, _ := utf8.DecodeLastRuneInString(text[:from])
	after, _ := utf8.DecodeRuneInString(text[to:])
	return !unicode.IsLetter(before) && !unicode.IsDigit(before) && !unicode.IsLetter(after) && !unicode.IsDigit(after)
}

// withoutName takes the bot's name off the beginning or the end of a text, where
// it only says to whom it speaks.
func withoutName(text string, names []string) string {
	for _, name := range names {
		quoted := regexp.QuoteMeta(name)
		if at := regexp.MustCompile(`(?i)^@?` + quoted).FindStringIndex(text); at != nil && wordAt(text, 0, at[1]) {
			return strings.TrimSpace(strings.TrimLeft(text[at[1]:], ":,;-– \t\n"))
		}
		if at := regexp.MustCompile(`(?i)@?` + quoted + `$`).FindStringIndex(text); at != nil && wordAt(text, at[0], len(text)) {
			return strings.TrimRight(text[:at[0]], ", \t\n")
		}
	}
	return text
}
