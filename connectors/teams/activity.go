package teams

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/infracloudio/msbotbuilder-go/schema"
)

const (
	maxBody     = 512 << 10 // bytes of a request
	maxID       = 1000      // bytes of an ID: that of a channel's thread has some 120
	maxEntities = 500       // of an activity; a mention of each member of a large group
)

// An activity is what Bot Connector and bot send each other. Fields that are open
// by the protocol stay raw, and what is empty is not sent: clients do not show an
// activity with "suggestedActions":{} in it. Source:
// https://github.com/microsoft/Agents/blob/main/specs/activity/protocol-activity.md
type activity struct {
	Type         schema.ActivityTypes       `json:"type"`
	ID           string                     `json:"id,omitempty"`
	Timestamp    string                     `json:"timestamp,omitempty"` // ISO 8601; see when
	ServiceURL   string                     `json:"serviceUrl,omitempty"`
	ChannelID    string                     `json:"channelId,omitempty"`
	From         schema.ChannelAccount      `json:"from,omitzero"`
	Recipient    schema.ChannelAccount      `json:"recipient,omitzero"`
	Conversation schema.ConversationAccount `json:"conversation,omitzero"`
	ReplyToID    string                     `json:"replyToId,omitempty"`
	Locale       string                     `json:"locale,omitempty"`
	Name         string                     `json:"name,omitempty"` // of an invoke
	Action       string                     `json:"action,omitempty"`

	Text        string                 `json:"text,omitempty"`
	TextFormat  schema.TextFormatTypes `json:"textFormat,omitempty"`
	Attachments []attachment           `json:"attachments,omitempty"`
	Entities    []json.RawMessage      `json:"entities,omitempty"`
	ChannelData json.RawMessage        `json:"channelData,omitempty"`
	Value       json.RawMessage        `json:"value,omitempty"`

	MembersAdded     []schema.ChannelAccount  `json:"membersAdded,omitempty"`
	MembersRemoved   []schema.ChannelAccount  `json:"membersRemoved,omitempty"`
	ReactionsAdded   []schema.MessageReaction `json:"reactionsAdded,omitempty"`
	ReactionsRemoved []schema.MessageReaction `json:"reactionsRemoved,omitempty"`
}

// An attachment is a file, a card or the HTML of a message; Content depends on
// which. schema.Attachment would lose what Content is.
type attachment struct {
	ContentType string          `json:"contentType"`
	ContentURL  string          `json:"contentUrl,omitempty"`
	Content     json.RawMessage `json:"content,omitempty"`
	Name        string          `json:"name,omitempty"`
}

// channelData is what Teams adds to an activity. Each field is decoded alone, so
// that one of an unexpected kind does not hide the others.
type channelData struct {
	Tenant    struct{ ID string }
	Team      struct{ ID, Name, AadGroupID string }
	Channel   struct{ ID, Name string }
	EventType string
	Source    struct{ Name string }
}

// teams decodes the channel data; what is not as expected is empty.
func (a *activity) teams() (d channelData) {
	var fields map[string]json.RawMessage
	_ = json.Unmarshal(a.ChannelData, &fields)
	for key, into := range map[string]any{"tenant": &d.Tenant, "team": &d.Team, "channel": &d.Channel, "eventType": &d.EventType, "source": &d.Source} {
		_ = json.Unmarshal(fields[key], into)
	}
	return d
}

// tenant returns the tenant of the conversation.
func (a *activity) tenant() string {
	if t := a.teams().Tenant.ID; t != "" {
		return t
	}
	return a.Conversation.TenantID
}

// when returns when the activity was sent; zero if it does not say. JSON has no
// years after 9999, in which a zone may end.
func (a *activity) when() time.Time {
	t, err := time.Parse(time.RFC3339, a.Timestamp)
	if t = t.UTC(); err != nil || t.Year() < 1 || t.Year() > 9999 {
		return time.Time{}
	}
	return t
}

// decode reads the body of a request. Field for field it is strict in what the
// protocol needs (IDs, accounts) and lenient in the rest.
func decode(r io.Reader) (*activity, error) {
	body, err := io.ReadAll(io.LimitReader(r, maxBody+1))
	if err != nil {
		return nil, fmt.Errorf("teams: read activity: %w", err)
	}
	if len(body) > maxBody {
		return nil, errTooBig
	}
	var a activity
	dec := json.NewDecoder(bytes.NewReader(body))
	if err := dec.Decode(&a); err != nil {
		return nil, errNotActivity
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errNotActivity
	}
	if a.Type == "" {
		return nil, errNotActivity
	}
	for _, id := range []string{a.ID, a.Conversation.ID, a.From.ID, a.Recipient.ID, a.ReplyToID, a.ServiceURL} {
		if len(id) > maxID || strings.ContainsFunc(id, func(r rune) bool { return r < ' ' || r == 0x7f }) {
			return nil, errNotActivity
		}
	}
	if len(a.Entities) > maxEntities {
		a.Entities = a.Entities[:maxEntities]
	}
	return &a, nil
}

var (
	errTooBig      = errors.New("teams: activity of more than 512 KB")
	errNotActivity = errors.New("teams: not an activity")
)

// A mention names an account in the text.
type mention struct {
	Type      string                `json:"type"` // "mention"
	Mentioned schema.ChannelAccount `json:"mentioned"`
	Text      string                `json:"text"` // as in the activity's text, such as "<at>Amtsbote</at>"
}

// mentions returns the mentions of an activity.
func (a *activity) mentions() (all []mention) {
	for _, raw := range a.Entities {
		var m mention
		if json.Unmarshal(raw, &m) == nil && m.Type == "mention" && m.Mentioned.ID != "" {
			all = append(all, m)
		}
	}
	return all
}

// mentioned reports whether an account is mentioned so that people see it: an entity
// alone, such as one that an edit has left behind, is none.
func (a *activity) mentioned(id string) bool {
	text := html.UnescapeString(a.Text)
	return slices.ContainsFunc(a.mentions(), func(m mention) bool {
		return m.Mentioned.ID == id && strings.TrimSpace(m.Text) != "" && strings.Contains(text, html.UnescapeString(m.Text))
	})
}

// Types of conversations.
const (
	personal = "personal"
	channel  = "channel"
)

// direct reports whether nobody but the person reads the conversation.
func (a *activity) direct() bool {
	return a.Conversation.ConversationType == personal && !a.Conversation.IsGroup
}

// A ref is what is kept of where something was said: enough to answer there later,
// by another process (a conversation reference, as the protocol calls it). It holds
// no text.
type ref struct {
	Service      string // serviceUrl, from a signed claim
	Conversation string // its ID, verbatim
	Type         string `json:",omitempty"` // personal, groupChat, channel
	Tenant       string
	Bot          string // the bot's account ID there
	Person       string // account ID ("29:…") of who wrote
	Activity     string `json:",omitempty"` // the message's ID
}

// ref returns where an activity was said.
func (a *activity) ref() ref {
	return ref{Service: a.ServiceURL, Conversation: a.Conversation.ID, Type: a.Conversation.ConversationType, Tenant: a.tenant(),
		Bot: a.Recipient.ID, Person: a.From.ID, Activity: a.ID}
}

func (r ref) String() string {
	return string(encode(r))
}

// parseRef reads what String wrote.
func parseRef(s string) (r ref, err error) {
	if err := json.Unmarshal([]byte(s), &r); err != nil || r.Service == "" || r.Conversation == "" {
		return r, errors.New("teams: not a conversation reference")
	}
	return r, nil
}

// root cuts a channel conversation's ID into the channel and the message that
// begins the thread: "19:…@thread.tacv2;messageid=1700000000000".
func root(conversation string) (room, thread string) {
	room, thread, _ = strings.Cut(conversation, ";messageid=")
	return room, thread
}

// messageID names a message among all of the connector's: activity IDs are unique
// within a conversation only.
func messageID(conversation, activity string) string {
	room, _ := root(conversation)
	return room + "/" + activity
}
