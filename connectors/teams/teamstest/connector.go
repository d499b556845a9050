package teamstest

import (
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf16"
	"unicode/utf8"
)

// connector is Bot Connector's REST API:
// https://learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-connector-api-reference
type connector struct {
	mu            sync.Mutex
	conversations map[string]*Conversation
	hook          func(w http.ResponseWriter, r *http.Request) bool
	next          int64
	requests      []Request
	asked         map[string][]time.Time // when what was asked: see fast
	said          map[string]bool        // conversation and ID of what people wrote
}

// A Request is one that Bot Connector got, whatever became of it.
type Request struct {
	Method       string
	Path         string // escaped, as it was sent
	Conversation string // its ID, with its thread; "" if the path names none
}

// A Conversation is a personal chat, a group chat or a channel (with its threads).
type Conversation struct {
	ID      string
	Type    string // personal, groupChat, channel
	Name    string
	Members []*Person
	Team    *Team // of a channel

	cloud    *Cloud
	removed  bool // the bot was removed
	messages []*Message
	streams  []*stream // oldest first
}

// A Message is something that the bot shows, as it stands there now.
type Message struct {
	ID       string
	Thread   string // first message of the thread, in a channel
	ReplyTo  string
	Activity map[string]any
	Edits    int
	Deleted  bool
	Sent     time.Time
}

// Text returns what the message says.
func (m Message) Text() string {
	s, _ := m.Activity["text"].(string)
	return s
}

// MaxActivity is how many bytes an activity may have, as UTF-16:
// https://learn.microsoft.com/microsoftteams/limits-specifications-teams
const MaxActivity = 100 << 10

func (c *Cloud) startConnector() {
	c.connector.conversations = map[string]*Conversation{}
	c.connector.said = map[string]bool{}
	handle := func(pattern string, h func(w http.ResponseWriter, r *http.Request)) {
		method, path, _ := strings.Cut(pattern, " ")
		c.mux.HandleFunc(method+" /connector"+path, func(w http.ResponseWriter, r *http.Request) {
			if hook := c.log(r); hook != nil && hook(w, r) {
				return
			}
			if !c.authorized(r, Scope) {
				c.refuse(w, http.StatusUnauthorized, "Unauthorized", "no valid token: "+r.Method+" "+r.URL.Path)
				return
			}
			h(w, r)
		})
	}
	handle("POST /v3/conversations", c.create)
	handle("POST /v3/conversations/{conv}/activities", c.post)
	handle("POST /v3/conversations/{conv}/activities/{reply}", c.post)
	handle("PUT /v3/conversations/{conv}/activities/{id}", c.put)
	handle("DELETE /v3/conversations/{conv}/activities/{id}", c.remove)
	handle("GET /v3/conversations/{conv}/members/{member}", c.member)
	handle("GET /v3/teams/{team}", c.team)
	handle("GET /v3/teams/{team}/conversations", c.team)
	c.mux.HandleFunc("/connector/", func(w http.ResponseWriter, r *http.Request) {
		c.log(r)
		c.refuse(w, http.StatusNotFound, "NotFound", "no such resource: "+r.Method+" "+r.URL.EscapedPath())
	})
}

// log notes a request and returns the hook.
func (c *Cloud) log(r *http.Request) func(w http.ResponseWriter, r *http.Request) bool {
	c.connector.mu.Lock()
	defer c.connector.mu.Unlock()
	c.connector.requests = append(c.connector.requests, Request{r.Method, r.URL.EscapedPath(), r.PathValue("conv")})
	return c.connector.hook
}

// Requests returns the requests that Bot Connector got so far.
func (c *Cloud) Requests() []Request {
	c.connector.mu.Lock()
	defer c.connector.mu.Unlock()
	return slices.Clone(c.connector.requests)
}

// Transport reaches the cloud without a network, for tests that run in a bubble of
// testing/synctest: a request takes no time there.
func (c *Cloud) Transport() http.RoundTripper { return direct{c.mux} }

type direct struct{ h http.Handler }

func (d direct) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	w := httptest.NewRecorder()
	r = r.Clone(r.Context())
	r.RequestURI = r.URL.RequestURI()
	if r.Body == nil {
		r.Body = http.NoBody
	}
	d.h.ServeHTTP(w, r)
	resp := w.Result()
	resp.Request = r
	return resp, nil
}

// Hook is asked before each request to Bot Connector; if it returns true it has
// answered. nil takes it away.
func (c *Cloud) Hook(h func(w http.ResponseWriter, r *http.Request) bool) {
	c.connector.mu.Lock()
	defer c.connector.mu.Unlock()
	c.connector.hook = h
}

// newID returns an activity's ID: the time in milliseconds, as Teams has it, and
// different each time.
func (c *connector) newID() string {
	c.next = max(c.next+1, time.Now().UnixMilli())
	return fmt.Sprint(c.next)
}

// heard notes what people wrote, and the message that began its thread: only that,
// and what the bot posted, can be answered.
func (c *Cloud) heard(a map[string]any) {
	conv, _ := a["conversation"].(map[string]any)
	room, thread, _ := strings.Cut(fmt.Sprint(conv["id"]), ";messageid=")
	c.connector.mu.Lock()
	defer c.connector.mu.Unlock()
	c.connector.said[room+"/"+fmt.Sprint(a["id"])] = true
	c.connector.said[room+"/"+thread] = true
}

// knows reports whether a message was ever in a conversation.
func (c *Cloud) knows(conv *Conversation, id string) bool {
	return c.connector.said[conv.ID+"/"+id] || slices.ContainsFunc(conv.messages, func(m *Message) bool { return m.ID == id })
}

// conversation returns the conversation of a request and the thread it speaks of.
// It refuses the request if there is none.
func (c *Cloud) conversation(w http.ResponseWriter, r *http.Request) (*Conversation, string) {
	id, thread, threaded := strings.Cut(r.PathValue("conv"), ";messageid=")
	conv := c.connector.conversations[id]
	switch {
	case conv == nil, threaded && conv.Type != "channel":
		c.refuse(w, http.StatusNotFound, "ConversationNotFound", "no conversation "+r.PathValue("conv"))
	case threaded && !c.knows(conv, thread):
		c.refuse(w, http.StatusNotFound, "ConversationNotFound", "no thread "+r.PathValue("conv"))
	case conv.removed:
		c.refuse(w, http.StatusForbidden, "BotNotInConversationRoster", "the bot is not part of the conversation roster")
	default:
		return conv, thread
	}
	return nil, ""
}

// read reads what the bot sends as JSON, and refuses what Teams refuses.
func (c *Cloud) read(w http.ResponseWriter, r *http.Request) map[string]any {
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil {
		return nil
	}
	if n := 2 * len(utf16.Encode([]rune(string(body)))); n > MaxActivity {
		c.refuse(w, http.StatusRequestEntityTooLarge, "MessageSizeTooBig", fmt.Sprintf("%d bytes as UTF-16", n))
		return nil
	}
	media, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	var a map[string]any
	switch {
	case err != nil || media != "application/json":
		c.refuse(w, http.StatusUnsupportedMediaType, "BadSyntax", "not application/json")
	case params["charset"] != "" && !strings.EqualFold(params["charset"], "utf-8") || !utf8.Valid(body):
		c.refuse(w, http.StatusBadRequest, "BadSyntax", "not UTF-8")
	case json.Unmarshal(body, &a) != nil || a == nil:
		c.refuse(w, http.StatusBadRequest, "BadSyntax", "not JSON")
	default:
		return a
	}
	return nil
}

// activity reads an activity that the bot sends, and refuses what Teams refuses.
func (c *Cloud) activity(w http.ResponseWriter, r *http.Request) map[string]any {
	a := c.read(w, r)
	if a == nil {
		return nil
	}
	if why := invalid(a); why != "" {
		c.refuse(w, http.StatusBadRequest, "BadArgument", why)
		return nil
	}
	return a
}

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(v)
}

// post shows an activity, as an answer to another if the path names one.
func (c *Cloud) post(w http.ResponseWriter, r *http.Request) {
	a := c.activity(w, r)
	if a == nil {
		return
	}
	c.connector.mu.Lock()
	defer c.connector.mu.Unlock()
	conv, thread := c.conversation(w, r)
	if conv == nil || !c.fits(w, r, conv, a) || c.fast(w, "write "+conv.ID, 1) {
		return
	}
	if streams(a) && c.streaming(w, conv, a) {
		return
	}
	if a["type"] == "typing" {
		answer(w, http.StatusCreated, map[string]string{"id": c.connector.newID()})
		return
	}
	m := &Message{ID: c.connector.newID(), Thread: thread, ReplyTo: r.PathValue("reply"), Activity: a, Sent: time.Now()}
	conv.messages = append(conv.messages, m)
	answer(w, http.StatusCreated, map[string]string{"id": m.ID})
}

// fits refuses an activity that does not fit where it goes.
func (c *Cloud) fits(w http.ResponseWriter, r *http.Request, conv *Conversation, a map[string]any) bool {
	reply, replaces := r.PathValue("reply"), r.PathValue("id")
	if why := conv.contradicts(a, r.PathValue("conv"), reply, replaces); why != "" {
		c.refuse(w, http.StatusBadRequest, "BadArgument", why)
		return false
	}
	said, _ := a["replyToId"].(string)
	for _, id := range []string{reply, said} {
		if id != "" && !c.knows(conv, id) {
			c.refuse(w, http.StatusNotFound, "ActivityNotFoundInConversation", "nothing to answer: "+id)
			return false
		}
	}
	// https://learn.microsoft.com/microsoftteams/platform/bots/how-to/bots-filesv4
	// Bots give files in personal chats only.
	attachments, _ := a["attachments"].([]any)
	for _, it := range attachments {
		if m, _ := it.(map[string]any); conv.Type != "personal" && slices.Contains(fileTypes, fmt.Sprint(m["contentType"])) {
			c.refuse(w, http.StatusBadRequest, "BadArgument", "a file outside of a personal chat")
			return false
		}
	}
	return true
}

// put replaces an activity.
func (c *Cloud) put(w http.ResponseWriter, r *http.Request) {
	a := c.activity(w, r)
	if a == nil {
		return
	}
	c.connector.mu.Lock()
	defer c.connector.mu.Unlock()
	conv, m := c.message(w, r)
	if m == nil || !c.fits(w, r, conv, a) || streams(a) && c.streaming(w, conv, a) {
		return
	}
	if a["type"] != "message" {
		c.refuse(w, http.StatusBadRequest, "BadArgument", "a message is replaced by a message")
		return
	}
	m.Activity, m.Edits = a, m.Edits+1
	answer(w, http.StatusOK, map[string]string{"id": m.ID})
}

func (c *Cloud) remove(w http.ResponseWriter, r *http.Request) {
	c.connector.mu.Lock()
	defer c.connector.mu.Unlock()
	if _, m := c.message(w, r); m != nil {
		m.Deleted = true
		w.WriteHeader(http.StatusOK)
	}
}

// message returns the bot's message that a request is about.
func (c *Cloud) message(w http.ResponseWriter, r *http.Request) (*Conversation, *Message) {
	conv, _ := c.conversation(w, r)
	if conv == nil || c.fast(w, "write "+conv.ID, 1) {
		return nil, nil
	}
	id := r.PathValue("id")
	for _, m := range conv.messages {
		if m.ID == id && !m.Deleted {
			return conv, m
		}
	}
	if c.connector.said[conv.ID+"/"+id] {
		c.refuse(w, http.StatusForbidden, "Forbidden", "a person's message: "+id)
		return nil, nil
	}
	c.refuse(w, http.StatusNotFound, "ActivityNotFoundInConversation", "no message "+id)
	return nil, nil
}

// create opens the personal chat with a person:
// https://learn.microsoft.com/microsoftteams/platform/bots/how-to/conversations/send-proactive-messages
func (c *Cloud) create(w http.ResponseWriter, r *http.Request) {
	a := c.read(w, r)
	if a == nil {
		return
	}
	body, _ := json.Marshal(a)
	var p struct {
		Bot         struct{ ID string }
		Members     []struct{ ID string }
		TenantID    string
		ChannelData struct{ Tenant struct{ ID string } }
		IsGroup     bool
	}
	why := ""
	switch err := json.Unmarshal(body, &p); {
	case err != nil || zeroValue("", a) != "":
		why = "zero value or not of the kind expected"
	case p.IsGroup || len(p.Members) != 1:
		why = "a personal chat is no group, and has one member"
	case p.Bot.ID != BotID:
		why = "bot is another"
	case p.TenantID != Tenant && p.ChannelData.Tenant.ID != Tenant, p.TenantID != "" && p.TenantID != Tenant:
		why = "the tenant is missing, or another"
	}
	if why != "" {
		c.refuse(w, http.StatusBadRequest, "BadArgument", why)
		return
	}
	c.connector.mu.Lock()
	fast := c.fast(w, "create", 1)
	c.connector.mu.Unlock()
	if fast {
		return
	}
	who := c.people.byID(p.Members[0].ID)
	if who == nil || who.Blocked {
		c.refuse(w, http.StatusForbidden, "MessageWritesBlocked", "the person has not installed the app, or has blocked it")
		return
	}
	answer(w, http.StatusCreated, map[string]string{"id": c.Personal(who).ID})
}

// member returns what the roster says of a person:
// https://learn.microsoft.com/microsoftteams/platform/bots/how-to/get-teams-context
func (c *Cloud) member(w http.ResponseWriter, r *http.Request) {
	c.connector.mu.Lock()
	defer c.connector.mu.Unlock()
	conv, _ := c.conversation(w, r)
	if conv == nil || c.fast(w, "members "+conv.ID, 2) {
		return
	}
	for _, p := range conv.Members {
		if id := r.PathValue("member"); id == p.ID || id == p.ObjectID {
			answer(w, http.StatusOK, p.roster())
			return
		}
	}
	c.refuse(w, http.StatusNotFound, "MemberNotFoundInConversation", "no such member")
}

// team says of a team that the bot is in what it is called, or which channels it has.
// The first channel has no name:
// https://learn.microsoft.com/microsoftteams/platform/bots/how-to/get-teams-context
func (c *Cloud) team(w http.ResponseWriter, r *http.Request) {
	c.connector.mu.Lock()
	defer c.connector.mu.Unlock()
	var in *Team
	var channels []map[string]any
	for _, v := range c.connector.conversations {
		if v.Team == nil || v.Team.ID != r.PathValue("team") || v.removed {
			continue
		}
		in = v.Team
		channels = append(channels, map[string]any{"id": v.ID, "name": v.Name, "type": "standard"})
	}
	switch {
	case in == nil:
		c.refuse(w, http.StatusForbidden, "BotNotInConversationRoster", "the bot is not part of the conversation roster")
	case strings.HasSuffix(r.URL.Path, "/conversations"):
		answer(w, http.StatusOK, map[string]any{"conversations": append(channels, map[string]any{"id": in.ID, "name": nil})})
	default:
		answer(w, http.StatusOK, map[string]any{"id": in.ID, "name": in.Name, "aadGroupId": in.GroupID, "channelCount": len(channels), "memberCount": 2})
	}
}
