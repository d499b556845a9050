package teamstest

import (
	"cmp"
	"crypto/rand"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// graph is Microsoft Graph v1.0, as far as a bot needs it: messages of channels and
// group chats, members of chats, the folders of channels.
type graph struct {
	mu       sync.Mutex
	denied   map[string]bool // permission, " ", ID of the group or chat
	past     map[string][]*Past
	shared   map[string]time.Time // conversation, " ", person: from when on they may read
	drive    map[string][]byte    // conversation, "/", path: a file
	tokens   map[string]rest
	hook     func(w http.ResponseWriter, r *http.Request) bool
	requests []string
	page     int // messages at most; 0: as many as asked for
	replies  int // of a thread within a page of threads; 0: 1,000
}

// A rest is what a page's link to the next one stands for.
type rest struct {
	path string
	all  []item
	top  int
}

// An item makes an element of a list when its page is asked for.
type item func() map[string]any

// A Past is a message that was written in a conversation, as it stands there now.
type Past struct {
	ID      string // default: made from At
	Thread  string // first message of its thread; "": it is one, or the conversation is a chat
	By      *Person
	App     string // ID of the app that wrote it, in place of By
	At      time.Time
	Changed time.Time // last edit or reaction; default At
	Text    string    // HTML
	Subject string
	Deleted bool
	System  bool           // "Anna added Ben"
	To      []*Person      // mentioned
	ToAll   bool           // the channel is mentioned
	Quotes  string         // ID of the message that it answers
	Files   []string       // addresses
	Raw     map[string]any // fields in place of those
}

// Permissions that Deny takes away.
const (
	ChannelMessages = "ChannelMessage.Read.Group" // of a team's group
	ChatMessages    = "ChatMessage.Read.Chat"     // of a chat
	ChatMembers     = "ChatMember.Read.Chat"
	Files           = "Files.Read.All" // of ""
)

// Deny takes a permission away, which was granted by whom id names.
func (c *Cloud) Deny(permission, id string) {
	c.graph.mu.Lock()
	defer c.graph.mu.Unlock()
	c.graph.denied[permission+" "+id] = true
}

// GraphHook is asked before each request to Graph; if it returns true it has
// answered. nil takes it away.
func (c *Cloud) GraphHook(h func(w http.ResponseWriter, r *http.Request) bool) {
	c.graph.mu.Lock()
	defer c.graph.mu.Unlock()
	c.graph.hook = h
}

// GraphPages has pages hold at most n messages, and threads within a page at most
// n replies: a client cannot know how many it gets.
func (c *Cloud) GraphPages(n int) {
	c.graph.mu.Lock()
	defer c.graph.mu.Unlock()
	c.graph.page, c.graph.replies = n, n
}

// GraphRequests returns the requests to Graph so far, as path and query.
func (c *Cloud) GraphRequests() []string {
	c.graph.mu.Lock()
	defer c.graph.mu.Unlock()
	return slices.Clone(c.graph.requests)
}

// History puts messages into the conversation and returns their IDs. Their IDs are
// their times in milliseconds, one later where there is one already.
func (v *Conversation) History(messages ...Past) (ids []string) {
	g := &v.cloud.graph
	g.mu.Lock()
	defer g.mu.Unlock()
	taken := map[string]bool{}
	for _, m := range g.past[v.ID] {
		taken[m.ID] = true
	}
	for _, m := range messages {
		for ms := m.At.UnixMilli(); m.ID == ""; ms++ {
			if id := strconv.FormatInt(ms, 10); !taken[id] {
				m.ID = id
			}
		}
		taken[m.ID] = true
		if m.Changed.IsZero() {
			m.Changed = m.At
		}
		g.past[v.ID] = append(g.past[v.ID], &m)
		ids = append(ids, m.ID)
	}
	return ids
}

// Change changes a message of the past.
func (v *Conversation) Change(id string, change func(m *Past)) {
	g := &v.cloud.graph
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, m := range g.past[v.ID] {
		if m.ID == id {
			change(m)
		}
	}
}

// SharedSince has a member of a group chat read only what was written since then.
func (v *Conversation) SharedSince(p *Person, since time.Time) {
	v.cloud.graph.mu.Lock()
	defer v.cloud.graph.mu.Unlock()
	v.cloud.graph.shared[v.ID+" "+p.ObjectID] = since
}

// Leave takes a person out of the conversation.
func (v *Conversation) Leave(p *Person) {
	v.cloud.connector.mu.Lock()
	defer v.cloud.connector.mu.Unlock()
	v.Members = slices.DeleteFunc(slices.Clone(v.Members), func(m *Person) bool { return m == p })
}

// Put puts a file into the channel's folder and returns its address.
func (v *Conversation) Put(path string, content []byte) string {
	v.cloud.graph.mu.Lock()
	defer v.cloud.graph.mu.Unlock()
	v.cloud.graph.drive[v.ID+"/"+path] = content
	u := url.URL{Path: path}
	return v.folder() + "/" + u.EscapedPath()
}

// folder is the address of the channel's folder.
func (v *Conversation) folder() string {
	u := url.URL{Scheme: "https", Host: "stadt.sharepoint.com", Path: "/sites/" + v.Team.Name + "/Shared Documents/" + v.Name}
	return u.String()
}

// written keeps what a person says in a conversation.
func (v *Conversation) written(p *Person, a map[string]any) {
	conv, _ := a["conversation"].(map[string]any)
	_, thread, _ := strings.Cut(fmt.Sprint(conv["id"]), ";messageid=")
	m := Past{ID: fmt.Sprint(a["id"]), By: p, At: time.Now(), Text: fmt.Sprint(a["text"])}
	if thread != m.ID {
		m.Thread = thread
	}
	v.History(m)
}

// written returns all that stands in a conversation, the bot's messages as well.
func (c *Cloud) standing(v *Conversation) (all []*Past) {
	c.connector.mu.Lock()
	for _, m := range v.messages {
		p := &Past{ID: m.ID, Thread: m.Thread, App: AppID, At: m.Sent, Changed: m.Sent, Text: m.Text(), Deleted: m.Deleted}
		if p.Thread == p.ID {
			p.Thread = ""
		}
		all = append(all, p)
	}
	c.connector.mu.Unlock()
	c.graph.mu.Lock()
	defer c.graph.mu.Unlock()
	for _, m := range c.graph.past[v.ID] {
		p := *m
		all = append(all, &p)
	}
	return all
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// identity returns an identitySet: https://learn.microsoft.com/graph/api/resources/identityset
func identity(kind, id, name string) map[string]any {
	set := map[string]any{"application": nil, "device": nil, "user": nil}
	set[kind] = map[string]any{"id": id, "displayName": name}
	return set
}

// message returns a message as Graph has it:
// https://learn.microsoft.com/graph/api/resources/chatmessage
func (v *Conversation) message(m *Past) map[string]any {
	is := map[string]any{"id": m.ID, "replyToId": nil, "etag": m.ID, "messageType": "message", "createdDateTime": stamp(m.At), "lastModifiedDateTime": stamp(m.Changed),
		"lastEditedDateTime": nil, "deletedDateTime": nil, "subject": nil, "summary": nil, "chatId": nil, "importance": "normal", "locale": "de-de", "webUrl": nil,
		"channelIdentity": nil, "policyViolation": nil, "from": nil, "body": map[string]any{"contentType": "html", "content": m.Text}, "attachments": []any{}, "mentions": []any{}, "reactions": []any{}}
	if v.Team != nil {
		is["channelIdentity"] = map[string]any{"teamId": v.Team.GroupID, "channelId": v.ID}
		is["webUrl"] = "https://teams.microsoft.com/l/message/" + url.PathEscape(v.ID) + "/" + m.ID + "?groupId=" + v.Team.GroupID + "&tenantId=" + Tenant + "&createdTime=" + m.ID + "&parentMessageId=" + cmp.Or(m.Thread, m.ID)
		if m.Thread != "" {
			is["replyToId"] = m.Thread
		}
	} else {
		is["chatId"] = v.ID
	}
	if m.By != nil {
		is["from"] = identity("user", m.By.ObjectID, m.By.Name)
	} else if m.App != "" {
		is["from"] = identity("application", m.App, "Amtsbote")
	}
	if m.Subject != "" {
		is["subject"] = m.Subject
	}
	mentions := []any{}
	for i, to := range m.To {
		mentions = append(mentions, map[string]any{"id": i, "mentionText": to.Name, "mentioned": identity("user", to.ObjectID, to.Name)})
	}
	if m.ToAll {
		all := identity("conversation", v.ID, v.Name)
		all["conversation"].(map[string]any)["conversationIdentityType"] = v.Type
		mentions = append(mentions, map[string]any{"id": len(mentions), "mentionText": v.Name, "mentioned": all})
	}
	is["mentions"] = mentions
	v.attach(is, m)
	if m.Deleted {
		is["deletedDateTime"], is["body"] = stamp(time.Now()), map[string]any{"contentType": "html", "content": ""}
	}
	if m.System { // without "Prefer: include-unknown-enum-members"
		is["messageType"], is["from"], is["body"] = "unknownFutureValue", nil, map[string]any{"contentType": "html", "content": "<systemEventMessage/>"}
	}
	for key, value := range m.Raw {
		is[key] = value
	}
	return is
}

func (v *Conversation) attach(is map[string]any, m *Past) {
	body := is["body"].(map[string]any)
	attached := []any{}
	add := func(id, kind string, fields map[string]any) {
		a := map[string]any{"id": id, "contentType": kind, "contentUrl": nil, "content": nil, "name": nil, "thumbnailUrl": nil, "teamsAppId": nil}
		for key, value := range fields {
			a[key] = value
		}
		attached = append(attached, a)
		body["content"] = fmt.Sprintf(`%v<attachment id="%s"></attachment>`, body["content"], id)
	}
	if m.Quotes != "" {
		add(m.Quotes, "messageReference", map[string]any{"content": fmt.Sprintf(`{"messageId":%q,"messagePreview":"…","messageSender":{}}`, m.Quotes)})
	}
	for _, address := range m.Files {
		u, _ := url.Parse(address)
		add(rand.Text(), "reference", map[string]any{"contentUrl": address, "name": u.Path[strings.LastIndex(u.Path, "/")+1:]})
	}
	is["attachments"] = attached
}
