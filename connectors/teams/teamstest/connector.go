package teamstest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
	"unicode/utf16"
)

// connector is Bot Connector's REST API:
// https://learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-connector-api-reference
type connector struct {
	mu            sync.Mutex
	conversations map[string]*Conversation
	hook          func(w http.ResponseWriter, r *http.Request) bool
	next          int64
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
	handle := func(pattern string, h func(w http.ResponseWriter, r *http.Request)) {
		method, path, _ := strings.Cut(pattern, " ")
		c.mux.HandleFunc(method+" /connector"+path, func(w http.ResponseWriter, r *http.Request) {
			c.connector.mu.Lock()
			hook := c.connector.hook
			c.connector.mu.Unlock()
			if hook != nil && hook(w, r) {
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
	c.mux.HandleFunc("/connector/", func(w http.ResponseWriter, r *http.Request) {
		c.refuse(w, http.StatusNotFound, "NotFound", "no such resource: "+r.Method+" "+r.URL.EscapedPath())
	})
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

// conversation returns the conversation of a request and the thread it speaks of.
// It refuses the request if there is none.
func (c *Cloud) conversation(w http.ResponseWriter, r *http.Request) (*Conversation, string) {
	id, thread, _ := strings.Cut(r.PathValue("conv"), ";messageid=")
	conv := c.connector.conversations[id]
	switch {
	case conv == nil:
		c.refuse(w, http.StatusNotFound, "ConversationNotFound", "no conversation "+id)
	case conv.removed:
		c.refuse(w, http.StatusForbidden, "BotNotInConversationRoster", "the bot is not part of the conversation roster")
	default:
		return conv, thread
	}
	return nil, ""
}

// read reads an activity that the bot sends, and refuses what Teams refuses.
func (c *Cloud) read(w http.ResponseWriter, r *http.Request) map[string]any {
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil {
		return nil
	}
	if n := 2 * len(utf16.Encode([]rune(string(body)))); n > MaxActivity {
		c.refuse(w, http.StatusRequestEntityTooLarge, "MessageSizeTooBig", fmt.Sprintf("%d bytes as UTF-16", n))
		return nil
	}
	var a map[string]any
	if err := json.Unmarshal(body, &a); err != nil || !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		c.refuse(w, http.StatusBadRequest, "BadSyntax", "not JSON")
		return nil
	}
	if why := invalid(a); why != "" {
		c.refuse(w, http.StatusBadRequest, "BadArgument", why)
		return nil
	}
	return a
}

// invalid says what is wrong with an activity.
func invalid(a map[string]any) string {
	switch a["type"] {
	case "message", "typing":
	default:
		return fmt.Sprintf("type %v", a["type"])
	}
	if zero := zeroValue("", a); zero != "" {
		return "zero value: " + zero
	}
	return ""
}

// zeroValue names a field without content: "suggestedActions":{} and its like are
// taken by the service and not shown by the clients.
func zeroValue(path string, v any) string {
	switch v := v.(type) {
	case nil:
		return path
	case string:
		if v == "" {
			return path
		}
	case map[string]any:
		if len(v) == 0 {
			return path
		}
		for key, value := range v {
			if zero := zeroValue(path+"/"+key, value); zero != "" {
				return zero
			}
		}
	case []any:
		if len(v) == 0 {
			return path
		}
		for i, value := range v {
			if zero := zeroValue(fmt.Sprintf("%s/%d", path, i), value); zero != "" {
				return zero
			}
		}
	}
	return ""
}

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(v)
}

// post shows an activity, as an answer to another if the path names one.
func (c *Cloud) post(w http.ResponseWriter, r *http.Request) {
	a := c.read(w, r)
	if a == nil {
		return
	}
	c.connector.mu.Lock()
	defer c.connector.mu.Unlock()
	conv, thread := c.conversation(w, r)
	if conv == nil {
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

// put replaces an activity.
func (c *Cloud) put(w http.ResponseWriter, r *http.Request) {
	a := c.read(w, r)
	if a == nil {
		return
	}
	c.connector.mu.Lock()
	defer c.connector.mu.Unlock()
	if m := c.message(w, r); m != nil {
		m.Activity, m.Edits = a, m.Edits+1
		answer(w, http.StatusOK, map[string]string{"id": m.ID})
	}
}

func (c *Cloud) remove(w http.ResponseWriter, r *http.Request) {
	c.connector.mu.Lock()
	defer c.connector.mu.Unlock()
	if m := c.message(w, r); m != nil {
		m.Deleted = true
		w.WriteHeader(http.StatusOK)
	}
}

func (c *Cloud) message(w http.ResponseWriter, r *http.Request) *Message {
	conv, _ := c.conversation(w, r)
	if conv == nil {
		return nil
	}
	for _, m := range conv.messages {
		if m.ID == r.PathValue("id") && !m.Deleted {
			return m
		}
	}
	c.refuse(w, http.StatusNotFound, "ActivityNotFoundInConversation", "no message "+r.PathValue("id"))
	return nil
}

// create opens the personal chat with a person:
// https://learn.microsoft.com/microsoftteams/platform/bots/how-to/conversations/send-proactive-messages
func (c *Cloud) create(w http.ResponseWriter, r *http.Request) {
	var p struct {
		Bot      struct{ ID string }
		Members  []struct{ ID string }
		TenantID string
		IsGroup  bool
	}
	if err := json.NewDecoder(r.Body).Decode(&p); err != nil || len(p.Members) != 1 || p.IsGroup || p.Bot.ID != BotID || p.TenantID != Tenant {
		c.refuse(w, http.StatusBadRequest, "BadArgument", "a personal chat has the bot, one member and the tenant")
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
	if conv == nil {
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
