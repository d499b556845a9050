package teams

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/infracloudio/msbotbuilder-go/schema"

	"amtsbote/bots"
)

const (
	refJoin  = "join" // in place of a message's ID: what answers it goes into no thread
	maxReact = 10     // reactions of one activity
	// kindRoom says that a room has changed: the connector's own affair.
	kindRoom bots.Kind = "room"
)

// messages returns what an activity says to the bot; nothing, if it is not for it.
func (c *Connector) messages(a *activity) []waiting {
	if c.unheard(a) {
		return nil
	}
	switch a.Type {
	case schema.Message:
		return c.text(a, bots.KindText)
	case schema.MessageUpdate:
		return c.text(a, bots.KindEdit)
	case schema.MessageDelete:
		if a.ID == "" {
			return nil
		}
		m := c.message0(a, bots.KindRedaction, a.ID+"/delete")
		m.Target = messageID(a.Conversation.ID, a.ID)
		return []waiting{{Message: m, Activity: a.bare()}}
	case schema.MsgReaction:
		return c.reactions(a)
	case schema.ConversationUpdate:
		return c.update(a)
	case schema.InstallationUpdate:
		if a.Action == string(schema.InstallActionAdd) {
			return c.join(a)
		}
	}
	return nil
}

// unheard reports whether an activity comes from nobody who could be answered: a
// program, the bot itself, or nobody.
func (c *Connector) unheard(a *activity) bool {
	return a.From.ID == "" || a.From.ID == a.Recipient.ID || a.From.Role == schema.BOT || strings.HasPrefix(a.From.ID, "28:") ||
		a.Conversation.ID == "" || a.Recipient.ID == ""
}

// bare returns an activity without what it says.
func (a *activity) bare() activity {
	b := activity{Type: a.Type, MembersRemoved: a.MembersRemoved, ID: a.ID, ServiceURL: a.ServiceURL, ChannelID: a.ChannelID, From: a.From, Recipient: a.Recipient, Conversation: a.Conversation}
	d := a.teams()
	b.ChannelData = record(map[string]any{"tenant": d.Tenant, "team": d.Team, "channel": d.Channel, "eventType": short(d.EventType, 100)})
	return b
}

// message0 begins the message of an activity.
func (c *Connector) message0(a *activity, kind bots.Kind, id string) bots.Message {
	room, thread := root(a.Conversation.ID)
	m := bots.Message{Kind: kind, Connector: c.cfg.Name, ID: messageID(a.Conversation.ID, id), Room: room, Thread: thread, Direct: a.direct(),
		Prio: bots.PrioPerson, Time: a.when(), Ref: a.ref().String()}
	if m.Time.IsZero() {
		m.Time = time.Now().UTC()
	}
	return m
}

// text returns a message, or the new text of one. An edit that speaks to the bot
// where the message did not is a question of its own: it is passed as both, and the
// inbox takes the question only if it does not know it.
func (c *Connector) text(a *activity, kind bots.Kind) (all []waiting) {
	if a.ID == "" || !a.direct() && !a.mentioned(a.Recipient.ID) {
		return nil
	}
	m := c.message0(a, bots.KindText, a.ID)
	m.Text = a.said()
	files, cannot := c.filesOf(a)
	m.Files = files
	switch {
	case cannot.IsZero():
	case m.Text == "" && len(files) == 0:
		m.Cannot = cannot
	default:
		m.Files = append(m.Files, unread(cannot))
	}
	w := waiting{Message: m, Activity: a.bare(), Files: !a.direct() && a.pointsToFiles()}
	if kind == bots.KindText {
		return []waiting{w}
	}
	edit := w
	edit.Message.Kind, edit.Message.Target = bots.KindEdit, m.ID
	edit.Message.ID += "/edit/" + hash(a.Timestamp+"\x00"+m.Text)
	if a.direct() {
		return []waiting{edit}
	}
	return []waiting{edit, w}
}

// said returns what a message says, without the bot's name and with others' as
// people read them.
func (a *activity) said() string {
	text := strings.ToValidUTF8(a.Text, "")
	if own, quotes := a.besideQuote(); quotes && a.direct() {
		text = own
	}
	for _, m := range a.mentions() {
		if m.Text == "" {
			continue
		}
		name := strings.TrimSpace(strings.TrimSuffix(strings.TrimPrefix(m.Text, "<at>"), "</at>"))
		if m.Mentioned.ID == a.Recipient.ID {
			name = ""
		}
		text = strings.ReplaceAll(text, m.Text, name)
	}
	text = strings.NewReplacer("&nbsp;", " ", "\u00a0", " ", "\r\n", "\n").Replace(text)
	return strings.TrimSpace(strings.TrimLeft(strings.TrimSpace(text), ",:;"))
}

// besideQuote returns what a message says beside what it quotes, and whether it
// quotes anything: its text has both, its HTML tells them apart.
func (a *activity) besideQuote() (own string, quotes bool) {
	for _, at := range a.Attachments {
		var content string
		if at.ContentType == "text/html" && json.Unmarshal(at.Content, &content) == nil {
			own, quoted := textOf(content)
			return own, quoted != "" && own != ""
		}
	}
	return "", false
}

// pointsToFiles reports whether a message in a channel has files: of them only
// marks in its HTML are delivered.
func (a *activity) pointsToFiles() bool {
	for _, at := range a.Attachments {
		if at.ContentType == "text/html" && strings.Contains(string(at.Content), "<attachment id=") {
			return true
		}
	}
	return false
}

// update returns what happened to a conversation, if it concerns the bot.
func (c *Connector) update(a *activity) []waiting {
	self := func(who schema.ChannelAccount) bool { return who.ID == a.Recipient.ID }
	if slices.ContainsFunc(a.MembersAdded, self) {
		return c.join(a)
	}
	if a.direct() || a.teams().EventType == "" && !slices.ContainsFunc(a.MembersRemoved, self) {
		return nil
	}
	w := waiting{Message: c.message0(a, kindRoom, "room/"+hash(a.Timestamp+a.teams().EventType)), Activity: a.bare()}
	return []waiting{w}
}

// join returns the bot's coming into a conversation.
func (c *Connector) join(a *activity) []waiting {
	m := c.message0(a, bots.KindJoin, refJoin)
	m.Thread, m.Text = "", short(a.From.Name, 100)
	r := a.ref()
	r.Activity = ""
	r.Conversation = m.Room
	m.Ref = r.String()
	return []waiting{{Message: m, Activity: a.bare()}}
}

// emoji are the reactions that Teams has names for; others name themselves by
// their code points.
var emoji = map[string]string{"like": "👍", "dislike": "👎", "heart": "❤️", "laugh": "😆", "surprised": "😮", "sad": "😢", "angry": "😡"}

// reactions returns what was put to a message.
func (c *Connector) reactions(a *activity) (all []waiting) {
	for _, r := range a.ReactionsAdded[:min(len(a.ReactionsAdded), maxReact)] {
		sign := emoji[string(r.Type)]
		if sign == "" {
			sign = decodeEmoji(string(r.Type))
		}
		if sign == "" || a.ReplyToID == "" {
			continue
		}
		m := c.message0(a, bots.KindReaction, a.ID+"/reaction/"+hash(a.ReplyToID+a.From.ID+sign))
		m.Target, m.Text = messageID(a.Conversation.ID, a.ReplyToID), sign
		all = append(all, waiting{Message: m, Activity: a.bare()})
	}
	return all
}

// decodeEmoji reads a name such as "274c_crossmark".
func decodeEmoji(name string) string {
	code, _, _ := strings.Cut(name, "_")
	n, err := strconv.ParseUint(code, 16, 32)
	if err != nil || n < 0x2000 || !utf8.ValidRune(rune(n)) {
		return ""
	}
	return string(rune(n))
}

// feedback returns what somebody put to an answer by its buttons. What they wrote
// with it is not read: nobody would answer it.
func (c *Connector) feedback(a *activity) (waiting, bool) {
	var v struct {
		ActionName  string
		ActionValue struct{ Reaction string }
	}
	if json.Unmarshal(a.Value, &v) != nil || v.ActionName != "feedback" || a.ReplyToID == "" || c.unheard(a) {
		return waiting{}, false
	}
	sign := emoji[v.ActionValue.Reaction]
	if sign == "" {
		return waiting{}, false
	}
	m := c.message0(a, bots.KindReaction, "feedback/"+hash(a.ReplyToID+"\x00"+a.From.ID+"\x00"+sign))
	m.Target, m.Text = messageID(a.Conversation.ID, a.ReplyToID), sign
	return waiting{Message: m, Activity: a.bare()}, true
}

// short cuts a text to at most n bytes.
func short(s string, n int) string {
	s = bots.Visible(strings.Join(strings.Fields(strings.ToValidUTF8(s, "")), " "))
	for n > 0 && n < len(s) && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:min(n, len(s))]
}

var textTooLong = bots.Text{
	DE: "Diese Nachricht ist zu lang. Bitte schicken Sie den Text als Datei.",
	EN: "This message is too long. Please send the text as a file."}
