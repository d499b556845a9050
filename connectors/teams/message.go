package teams

import (
	"encoding/json"
	"regexp"
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
		switch {
		case a.Action == string(schema.InstallActionAdd):
			return c.join(a)
		case a.Action == string(schema.InstallActionRemove):
			a.MembersRemoved = append(a.MembersRemoved, a.Recipient)
			return c.update(a)
		}
	}
	return nil
}

// unheard reports whether an activity comes from nobody who could be answered: a
// program, the bot itself, or nobody.
func (c *Connector) unheard(a *activity) bool {
	room, _ := root(a.Conversation.ID)
	return a.From.ID == "" || a.From.ID == a.Recipient.ID || a.From.Role == schema.BOT || strings.HasPrefix(a.From.ID, "28:") ||
		room == "" || a.Recipient.ID == ""
}

// bare returns an activity without what it says: what is needed to look up what
// belongs to it, of limited size. Of those who were removed only the bot matters.
func (a *activity) bare() activity {
	b := activity{Type: a.Type, ID: a.ID, ServiceURL: a.ServiceURL, ChannelID: a.ChannelID, From: schema.ChannelAccount{ID: a.From.ID}, Recipient: schema.ChannelAccount{ID: a.Recipient.ID}}
	b.Conversation = a.Conversation
	b.Conversation.Name, b.Conversation.TenantID = shown(a.Conversation.Name), shown(a.Conversation.TenantID)
	b.Conversation.ConversationType = shown(a.Conversation.ConversationType)
	if a.removed() {
		b.MembersRemoved = []schema.ChannelAccount{b.Recipient}
	}
	d := a.teams()
	id := func(s string) string { return s[:min(len(s), maxID)] }
	d.Tenant.ID, d.Team.ID, d.Team.AadGroupID, d.Channel.ID = id(d.Tenant.ID), id(d.Team.ID), id(d.Team.AadGroupID), id(d.Channel.ID)
	d.Team.Name, d.Channel.Name = shown(d.Team.Name), shown(d.Channel.Name)
	b.ChannelData = encode(map[string]any{"tenant": d.Tenant, "team": d.Team, "channel": d.Channel, "eventType": shown(d.EventType)})
	return b
}

// removed reports whether an activity says that the bot was taken out of the
// conversation.
func (a *activity) removed() bool {
	return slices.ContainsFunc(a.MembersRemoved, func(m schema.ChannelAccount) bool { return m.ID == a.Recipient.ID })
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
	elsewhere := !a.direct() && a.pointsToFiles()
	if elsewhere && !c.cfg.Graph {
		cannot = bots.Text{DE: strings.TrimSpace(cannot.DE + " " + textFileThere.DE), EN: strings.TrimSpace(cannot.EN + " " + textFileThere.EN)}
	}
	switch {
	case cannot.IsZero():
	case m.Text == "" && len(files) == 0:
		m.Cannot = cannot
	default:
		m.Files = append(m.Files, unread(cannot))
	}
	w := waiting{Message: m, Activity: a.bare(), Files: elsewhere && c.cfg.Graph}
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
	text := a.Text
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

// html returns a message as Teams shows it; "" if that was not delivered.
func (a *activity) html() (content string) {
	for _, at := range a.Attachments {
		if at.ContentType == "text/html" && json.Unmarshal(at.Content, &content) == nil {
			return content
		}
	}
	return ""
}

// besideQuote returns what a message says beside what it quotes, and whether it
// quotes anything: its text has both, its HTML tells them apart.
func (a *activity) besideQuote() (own string, quotes bool) {
	own, quoted := textOf(a.html())
	return own, quoted != "" && own != ""
}

// fileMark is the mark of a file in a message's HTML. That of a quoted message has
// the ID of the message, which is a number.
var fileMark = regexp.MustCompile(`<attachment id="[^"]*[^"0-9]`)

// pointsToFiles reports whether a message in a channel has files: of them only
// marks in its HTML are delivered.
func (a *activity) pointsToFiles() bool { return fileMark.MatchString(a.html()) }

// update returns what happened to a conversation, if it concerns the bot.
func (c *Connector) update(a *activity) []waiting {
	if slices.ContainsFunc(a.MembersAdded, func(m schema.ChannelAccount) bool { return m.ID == a.Recipient.ID }) {
		return c.join(a)
	}
	d := a.teams()
	if a.direct() || d.EventType == "" && !a.removed() {
		return nil
	}
	// The same event of several channels may be told in the same instant, and in the
	// team's first channel.
	id := "room/" + hash(strings.Join([]string{a.ID, a.Timestamp, d.EventType, d.Channel.ID}, "\x00"))
	return []waiting{{Message: c.message0(a, kindRoom, id), Activity: a.bare()}}
}

// join returns the bot's coming into a conversation.
func (c *Connector) join(a *activity) []waiting {
	m := c.message0(a, bots.KindJoin, refJoin)
	m.Thread, m.Text = "", shown(a.From.Name)
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

var textFileThere = bots.Text{
	DE: "Dateien in Kanälen und Gruppenchats sehe ich nicht. Bitte schicken Sie mir die Datei in unserem direkten Chat.",
	EN: "I do not see files in channels and group chats. Please send me the file in our direct chat."}

var textTooLong = bots.Text{
	DE: "Diese Nachricht ist zu lang. Bitte schicken Sie den Text als Datei.",
	EN: "This message is too long. Please send the text as a file."}
