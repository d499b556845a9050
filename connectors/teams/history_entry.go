package teams

import (
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"amtsbote/bots"
)

const (
	maxText  = 64 << 10 // bytes of a message's text; Teams takes some 28 KB
	maxShown = 100      // runes of a name
)

// A graphMessage is a message of a channel or chat:
// https://learn.microsoft.com/graph/api/resources/chatmessage
// Times are decoded one by one: one that is not right does not lose the page.
type graphMessage struct {
	ID, ReplyToID                                 string
	MessageType, CreatedDateTime, DeletedDateTime string
	Subject, WebURL                               string
	From                                          graphIdentities
	Body                                          struct{ ContentType, Content string }
	ChannelIdentity                               struct{ ChannelID string }
	Attachments                                   []graphAttachment
	Mentions                                      []struct{ Mentioned graphIdentities }
	Replies                                       []graphMessage
	NextReplies                                   string `json:"replies@odata.nextLink"`
	PolicyViolation                               json.RawMessage
}

// hidden reports whether a data loss prevention policy keeps people from reading the
// message, though Graph has it: everybody, or those from outside. What is not known
// hides it: https://learn.microsoft.com/graph/api/resources/chatmessagepolicyviolation
func (m *graphMessage) hidden(outside bool) bool {
	if len(m.PolicyViolation) == 0 {
		return false
	}
	var v struct{ DlpAction string }
	if json.Unmarshal(m.PolicyViolation, &v) != nil {
		return true
	}
	for action := range strings.SplitSeq(strings.ToLower(v.DlpAction), ",") {
		switch strings.TrimSpace(action) {
		case "", "none", "notifysender":
		case "blockaccessexternal":
			if outside {
				return true
			}
		default:
			return true
		}
	}
	return false
}

// graphIdentities say who it is: one of them is set.
type graphIdentities struct {
	User, Application, Device, Conversation *graphIdentity
}

type graphIdentity struct{ ID, DisplayName string }

// A graphAttachment is a file (contentType "reference"), a quoted message
// ("messageReference"), a card:
// https://learn.microsoft.com/graph/api/resources/chatmessageattachment
type graphAttachment struct{ ID, ContentType, ContentURL, Content, Name string }

// messageRE is what an ID of a message looks like: its time in milliseconds.
var messageRE = regexp.MustCompile(`^[0-9]{1,20}$`)

// when returns when a message was written; false: it is none that can be shown.
func (m *graphMessage) when() (time.Time, bool) {
	if !messageRE.MatchString(m.ID) {
		return time.Time{}, false
	}
	if t, err := time.Parse(time.RFC3339, m.CreatedDateTime); err == nil {
		return t.UTC(), true
	}
	ms, err := strconv.ParseInt(m.ID, 10, 64)
	return time.UnixMilli(ms).UTC(), err == nil
}

// entry returns what a person reads of a message: as it stands there now, and
// nothing of one that was deleted, is hidden from them or that Teams itself wrote.
func (h *scan) entry(m *graphMessage, when time.Time) (bots.Entry, bool) {
	if m.MessageType != "message" || m.DeletedDateTime != "" || m.hidden(h.outside) {
		return bots.Entry{}, false
	}
	if is := m.ChannelIdentity.ChannelID; h.info.Type == channel && is != "" && is != h.info.Conversation {
		return bots.Entry{}, false // not what was asked for
	}
	e := bots.Entry{ID: messageID(h.info.Conversation, m.ID), Time: when, Link: h.link(m)}
	if messageRE.MatchString(m.ReplyToID) && m.ReplyToID != m.ID {
		e.Thread = messageID(h.info.Conversation, m.ReplyToID)
	}
	switch f := m.From; {
	case f.User != nil:
		e.Sender, e.Name = h.id(f.User.ID), shown(f.User.DisplayName)
	case f.Application != nil:
		e.Sender, e.Name, e.Bot = strings.ToLower(f.Application.ID), shown(f.Application.DisplayName), true
	case f.Device != nil:
		e.Sender, e.Name, e.Bot = strings.ToLower(f.Device.ID), shown(f.Device.DisplayName), true
	}
	for _, to := range m.Mentions {
		switch {
		case to.Mentioned.User != nil && to.Mentioned.User.ID != "":
			if id := h.id(to.Mentioned.User.ID); !slices.Contains(e.Mentions, id) {
				e.Mentions = append(e.Mentions, id)
			}
		case to.Mentioned.Conversation != nil: // the team, the channel, everyone in the chat
			e.Everyone = true
		}
	}
	quoted := h.content(m, &e)
	if quoted != "" {
		e.ReplyTo = messageID(h.info.Conversation, quoted)
	}
	return e, true
}

// content fills in a message's text and files and returns the ID of the message
// that it quotes.
func (h *scan) content(m *graphMessage, e *bots.Entry) (quoted string) {
	text := m.Body.Content
	if strings.EqualFold(m.Body.ContentType, "html") {
		text, quoted = textOf(text)
	}
	parts := []string{m.Subject, text}
	for _, a := range m.Attachments {
		switch a.ContentType {
		case typeReference:
			if f, ok := h.info.file(a); ok && len(e.Files) < maxFiles {
				e.Files = append(e.Files, f)
			}
		case "messageReference":
			var to struct{ MessageID string }
			if json.Unmarshal([]byte(a.Content), &to) == nil && messageRE.MatchString(to.MessageID) {
				quoted = to.MessageID
			}
		case "forwardedMessageReference":
			var from struct{ OriginalMessageContent string }
			if json.Unmarshal([]byte(a.Content), &from) == nil {
				forwarded, _ := textOf(from.OriginalMessageContent)
				parts = append(parts, forwarded)
			}
		}
	}
	parts = slices.DeleteFunc(parts, func(s string) bool { return strings.TrimSpace(s) == "" })
	e.Text = strings.TrimSpace(bots.Visible(cut(strings.Join(parts, "\n"), maxText)))
	return quoted
}

// cut shortens a text to at most n bytes, between characters.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "…"
}

// id returns what an account is called in the core: the person who asks as in their
// messages, others by their object ID.
func (h *scan) id(object string) string {
	if object = strings.ToLower(object); object == h.object {
		return h.person
	}
	return object
}

// shown returns a name, which somebody chose, as one line without what nobody sees.
func shown(name string) string {
	name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, bots.Visible(cut(name, 4*maxShown)))
	name = strings.Join(strings.Fields(name), " ")
	if r := []rune(name); len(r) > maxShown {
		name = string(r[:maxShown]) + "…"
	}
	return name
}

// webHosts are where people open Teams. In a national cloud each has its own.
var webHosts = map[string]string{"gcch": "gov.teams.microsoft.us", "dod": "dod.teams.microsoft.us"}

// link returns what leads people to a message: as Graph has it, if that is an
// address of Teams, else built by
// https://learn.microsoft.com/microsoftteams/platform/concepts/build-and-test/deep-link-teams
func (h *scan) link(m *graphMessage) string {
	host := webHosts[h.c.cfg.Cloud]
	if host == "" {
		host = "teams.microsoft.com"
	}
	u, err := url.Parse(m.WebURL)
	if err == nil && u.Scheme == "https" && u.User == nil && (u.Host == host || u.Host == "teams.cloud.microsoft") && strings.HasPrefix(u.Path, "/l/message/") && len(m.WebURL) < 2000 {
		return linkSafe.Replace(u.String())
	}
	q := url.Values{"tenantId": {h.info.Tenant}}
	if h.info.Type == channel {
		first := m.ID
		if messageRE.MatchString(m.ReplyToID) {
			first = m.ReplyToID
		}
		q.Set("groupId", h.info.Group)
		q.Set("parentMessageId", first)
	} else {
		q.Set("context", `{"contextType":"chat"}`)
	}
	return linkSafe.Replace("https://" + host + "/l/message/" + url.PathEscape(h.info.Conversation) + "/" + m.ID + "?" + q.Encode())
}

// linkSafe takes from a link what would end it in CommonMark.
var linkSafe = strings.NewReplacer("(", "%28", ")", "%29", "<", "%3C", ">", "%3E", " ", "%20")
