package teamstest

import (
	"cmp"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

func (c *Cloud) startGraph() {
	g := &c.graph
	g.denied, g.past, g.shared, g.drive, g.tokens = map[string]bool{}, map[string][]*Past{}, map[string]time.Time{}, map[string][]byte{}, map[string]rest{}
	handle := func(path string, h http.HandlerFunc) {
		c.mux.HandleFunc("GET /graph/v1.0"+path, func(w http.ResponseWriter, r *http.Request) {
			g.mu.Lock()
			g.requests = append(g.requests, r.URL.RequestURI())
			hook := g.hook
			g.mu.Unlock()
			if hook != nil && hook(w, r) {
				return
			}
			if !c.authorized(r, GraphScope) {
				c.refuse(w, http.StatusUnauthorized, "InvalidAuthenticationToken", "no valid token for Graph: "+r.URL.Path)
				return
			}
			h(w, r)
		})
	}
	const channel, chat = "/teams/{group}/channels/{conv}", "/chats/{conv}"
	handle(channel+"/messages/delta", c.delta)
	handle(channel+"/messages/{id}", c.one)
	handle(channel+"/messages/{id}/replies", c.thread)
	handle(channel+"/messages/{id}/replies/{reply}", c.one)
	handle(channel+"/filesFolder", c.filesFolder)
	handle(chat+"/messages", c.chatMessages)
	handle(chat+"/messages/{id}", c.one)
	handle(chat+"/members", c.chatMembers)
	handle("/drives/{drive}/items/{path...}", c.driveItem)
	c.mux.HandleFunc("GET /sharepoint/{token}", c.sharepoint)
	c.mux.HandleFunc("/graph/", func(w http.ResponseWriter, r *http.Request) {
		c.refuse(w, http.StatusNotFound, "NotFound", "no such resource: "+r.Method+" "+r.URL.EscapedPath())
	})
}

// room returns the conversation of a request, if the app may do it there. All
// permissions but Files are by resource-specific consent:
// https://learn.microsoft.com/microsoftteams/platform/graph-api/rsc/resource-specific-consent
func (c *Cloud) room(w http.ResponseWriter, r *http.Request, permission string) *Conversation {
	c.connector.mu.Lock()
	v := c.connector.conversations[r.PathValue("conv")]
	removed := v != nil && v.removed
	c.connector.mu.Unlock()
	group := r.PathValue("group")
	if v == nil || group != "" && (v.Team == nil || v.Team.GroupID != group) || group == "" && v.Type != "groupChat" {
		c.refuse(w, http.StatusNotFound, "NotFound", "no such team, channel or chat")
		return nil
	}
	by := cmp.Or(group, v.ID)
	if permission == Files {
		by = ""
	}
	c.graph.mu.Lock()
	denied := c.graph.denied[permission+" "+by]
	c.graph.mu.Unlock()
	if denied || removed && permission != Files {
		c.refuse(w, http.StatusForbidden, "Forbidden", "missing permission "+permission)
		return nil
	}
	return v
}

// options returns the query's options, of which only some are allowed; $top is at
// most 50 everywhere.
func (c *Cloud) options(w http.ResponseWriter, r *http.Request, allowed ...string) (url.Values, int, bool) {
	q := r.URL.Query()
	bad := func(why string) (url.Values, int, bool) {
		c.refuse(w, http.StatusBadRequest, "BadRequest", why+": "+r.URL.RawQuery)
		return nil, 0, false
	}
	for key, values := range q {
		if !slices.Contains(allowed, key) || len(values) != 1 {
			return bad("query option '" + key + "' is not allowed")
		}
	}
	top := 20
	if s := q.Get("$top"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 || n > 50 {
			return bad("the limit of '50' for Top query has been exceeded")
		}
		top = n
	}
	return q, top, true
}

// list answers with the first part of a list. The link to the next has a token
// that says nothing: https://learn.microsoft.com/graph/paging
func (c *Cloud) list(w http.ResponseWriter, path string, all []item, top int, delta bool) {
	c.graph.mu.Lock()
	n := min(cmp.Or(c.graph.page, top), top, len(all))
	c.graph.mu.Unlock()
	value := make([]map[string]any, n)
	for i := range value {
		value[i] = all[i]()
	}
	c.graph.mu.Lock()
	a := map[string]any{"@odata.context": c.URL + "/graph/v1.0/$metadata#Collection(chatMessage)", "value": value}
	switch {
	case n < len(all):
		a["@odata.nextLink"] = c.link(path, rest{path, all[n:], top})
	case delta:
		a["@odata.deltaLink"] = c.URL + "/graph" + path + "?$deltatoken=" + rand.Text()
	}
	c.graph.mu.Unlock()
	answer(w, http.StatusOK, a)
}

// link returns a link to the rest of a list.
func (c *Cloud) link(path string, what rest) string {
	token := rand.Text()
	c.graph.tokens[token] = what
	return c.URL + "/graph" + path + "?$skiptoken=" + token
}

// next answers with a further part of a list, if the query asks for one. Other
// options may not stand beside the token.
func (c *Cloud) next(w http.ResponseWriter, r *http.Request, delta bool) bool {
	token := r.URL.Query().Get("$skiptoken")
	if token == "" {
		return false
	}
	c.graph.mu.Lock()
	what, ok := c.graph.tokens[token]
	c.graph.mu.Unlock()
	if path := strings.TrimPrefix(r.URL.EscapedPath(), "/graph"); !ok || what.path != path || len(r.URL.Query()) != 1 {
		c.refuse(w, http.StatusBadRequest, "BadRequest", "invalid skiptoken")
		return true
	}
	c.list(w, what.path, what.all, what.top, delta)
	return true
}

// delta lists the threads that were touched since a time, each with its replies,
// newest first. The order of the threads is not documented; here it is that of
// their beginning: https://learn.microsoft.com/graph/api/chatmessage-delta
func (c *Cloud) delta(w http.ResponseWriter, r *http.Request) {
	v := c.room(w, r, ChannelMessages)
	if v == nil || c.next(w, r, true) {
		return
	}
	q, top, ok := c.options(w, r, "$top", "$filter", "$expand")
	if !ok {
		return
	}
	after, isAfter := strings.CutPrefix(q.Get("$filter"), "lastModifiedDateTime gt ")
	since, err := time.Parse(time.RFC3339, after)
	if !isAfter || err != nil || q.Get("$expand") != "replies" {
		c.refuse(w, http.StatusBadRequest, "BadRequest", "invalid filter clause, or expand: "+r.URL.RawQuery)
		return
	}
	path := strings.TrimPrefix(r.URL.EscapedPath(), "/graph")
	threads, touched := v.threads(), map[string]time.Time{}
	for id, all := range threads {
		for _, m := range all {
			if m.Changed.After(touched[id]) {
				touched[id] = m.Changed
			}
		}
	}
	var all []item
	standing := v.cloud.standing(v)
	slices.SortStableFunc(standing, func(a, b *Past) int { return cmp.Compare(a.ID, b.ID) })
	for _, m := range standing {
		if m.Thread != "" || !touched[m.ID].After(since) || touched[m.ID].Before(time.Now().AddDate(0, -8, 0)) {
			continue
		}
		all = append(all, func() map[string]any { return v.chain(m, threads[m.ID], strings.TrimSuffix(path, "delta")) })
	}
	c.list(w, path, all, top, true)
}

// threads returns the messages of each thread by the ID of its first, which is one.
func (v *Conversation) threads() map[string][]*Past {
	all := map[string][]*Past{}
	for _, m := range v.cloud.standing(v) {
		first := cmp.Or(m.Thread, m.ID)
		all[first] = append(all[first], m)
	}
	return all
}

// chain returns a thread's first message with its replies in it, of which 1,000 at
// most come at once: https://learn.microsoft.com/graph/api/channel-list-messages
func (v *Conversation) chain(m *Past, thread []*Past, path string) map[string]any {
	is, replies := v.message(m), v.answers(m.ID, thread)
	g := &v.cloud.graph
	g.mu.Lock()
	defer g.mu.Unlock()
	n := min(cmp.Or(g.replies, 1000), len(replies))
	now := []map[string]any{}
	for _, reply := range replies[:n] {
		now = append(now, reply())
	}
	is["replies@odata.count"], is["replies"] = n, now
	if path += m.ID + "/replies"; n < len(replies) {
		is["replies@odata.nextLink"] = v.cloud.link(path, rest{path, replies[n:], 50})
	}
	return is
}

// answers returns the replies of a thread, newest first.
func (v *Conversation) answers(id string, thread []*Past) (all []item) {
	thread = slices.Clone(thread)
	slices.SortStableFunc(thread, func(a, b *Past) int { return cmp.Compare(b.ID, a.ID) })
	for _, m := range thread {
		if m.ID != id {
			all = append(all, func() map[string]any { return v.message(m) })
		}
	}
	return all
}

// thread lists the replies of a thread: https://learn.microsoft.com/graph/api/chatmessage-list-replies
func (c *Cloud) thread(w http.ResponseWriter, r *http.Request) {
	v := c.room(w, r, ChannelMessages)
	if v == nil || c.next(w, r, false) {
		return
	}
	_, top, ok := c.options(w, r, "$top")
	if !ok {
		return
	}
	id := r.PathValue("id")
	c.list(w, strings.TrimPrefix(r.URL.EscapedPath(), "/graph"), v.answers(id, v.threads()[id]), top, false)
}

// one answers with one message: https://learn.microsoft.com/graph/api/chatmessage-get
func (c *Cloud) one(w http.ResponseWriter, r *http.Request) {
	permission := ChatMessages
	if r.PathValue("group") != "" {
		permission = ChannelMessages
	}
	v := c.room(w, r, permission)
	if v == nil {
		return
	}
	if _, _, ok := c.options(w, r); !ok {
		return
	}
	id, thread := r.PathValue("id"), ""
	if reply := r.PathValue("reply"); reply != "" {
		id, thread = reply, id
	}
	for _, m := range c.standing(v) {
		if m.ID == id && m.Thread == thread {
			answer(w, http.StatusOK, v.message(m))
			return
		}
	}
	c.refuse(w, http.StatusNotFound, "NotFound", "no such message")
}

// chatMessages lists the messages of a group chat, newest first; by default after
// their last change: https://learn.microsoft.com/graph/api/chat-list-messages
func (c *Cloud) chatMessages(w http.ResponseWriter, r *http.Request) {
	v := c.room(w, r, ChatMessages)
	if v == nil || c.next(w, r, false) {
		return
	}
	q, top, ok := c.options(w, r, "$top", "$orderby")
	if !ok {
		return
	}
	by := func(m *Past) time.Time { return m.Changed }
	switch q.Get("$orderby") {
	case "", "lastModifiedDateTime desc":
	case "createdDateTime desc":
		by = func(m *Past) time.Time { return m.At }
	default:
		c.refuse(w, http.StatusBadRequest, "BadRequest", "orderby: "+q.Get("$orderby"))
		return
	}
	standing := c.standing(v)
	slices.SortStableFunc(standing, func(a, b *Past) int { return by(b).Compare(by(a)) })
	var all []item
	for _, m := range standing {
		all = append(all, func() map[string]any { return v.message(m) })
	}
	c.list(w, strings.TrimPrefix(r.URL.EscapedPath(), "/graph"), all, top, false)
}

// chatMembers lists the members of a group chat. It takes no options:
// https://learn.microsoft.com/graph/api/chat-list-members
func (c *Cloud) chatMembers(w http.ResponseWriter, r *http.Request) {
	v := c.room(w, r, ChatMembers)
	if v == nil || c.next(w, r, false) {
		return
	}
	if _, _, ok := c.options(w, r); !ok {
		return
	}
	c.connector.mu.Lock()
	members := slices.Clone(v.Members)
	c.connector.mu.Unlock()
	c.graph.mu.Lock()
	var all []item
	for _, p := range members {
		since := "0001-01-01T00:00:00Z"
		if t, ok := c.graph.shared[v.ID+" "+p.ObjectID]; ok {
			since = stamp(t)
		}
		is := map[string]any{"@odata.type": "#microsoft.graph.aadUserConversationMember", "id": "MCMj" + p.ObjectID, "roles": []string{"owner"},
			"displayName": p.Name, "userId": p.ObjectID, "email": p.UPN, "tenantId": Tenant, "visibleHistoryStartDateTime": since}
		all = append(all, func() map[string]any { return is })
	}
	c.graph.mu.Unlock()
	c.list(w, strings.TrimPrefix(r.URL.EscapedPath(), "/graph"), all, 50, false)
}

// filesFolder says where the files of a channel lie: https://learn.microsoft.com/graph/api/channel-get-filesfolder
func (c *Cloud) filesFolder(w http.ResponseWriter, r *http.Request) {
	if v := c.room(w, r, Files); v != nil {
		answer(w, http.StatusOK, map[string]any{"id": "01" + v.Name, "name": v.Name, "webUrl": v.folder(), "folder": map[string]any{"childCount": 1},
			"parentReference": map[string]any{"driveId": "b!" + v.Team.GroupID, "driveType": "documentLibrary"}})
	}
}

// driveItem redirects to the content of a file, by its path below a folder:
// https://learn.microsoft.com/graph/api/driveitem-get-content
func (c *Cloud) driveItem(w http.ResponseWriter, r *http.Request) {
	folder, tail, ok1 := strings.Cut(r.PathValue("path"), ":/")
	path, ok2 := strings.CutSuffix(tail, ":/content")
	c.connector.mu.Lock()
	var in *Conversation
	for _, v := range c.connector.conversations {
		if v.Team != nil && "b!"+v.Team.GroupID == r.PathValue("drive") && "01"+v.Name == folder {
			in = v
		}
	}
	c.connector.mu.Unlock()
	c.graph.mu.Lock()
	defer c.graph.mu.Unlock()
	switch {
	case !ok1 || !ok2 || in == nil || c.graph.drive[in.ID+"/"+path] == nil:
		c.refuse(w, http.StatusNotFound, "itemNotFound", "the resource could not be found")
	case c.graph.denied[Files+" "]:
		c.refuse(w, http.StatusForbidden, "accessDenied", "missing permission "+Files)
	default:
		token := rand.Text()
		c.graph.tokens[token] = (rest{path: in.ID + "/" + path})
		w.Header().Set("Location", c.URL+"/sharepoint/"+token+"?tempauth="+rand.Text())
		w.WriteHeader(http.StatusFound)
	}
}

// sharepoint gives the content of a file to whoever has its address. A token beside
// that is an error: https://learn.microsoft.com/graph/api/driveitem-get-content
func (c *Cloud) sharepoint(w http.ResponseWriter, r *http.Request) {
	c.graph.mu.Lock()
	defer c.graph.mu.Unlock()
	what, ok := c.graph.tokens[r.PathValue("token")]
	switch {
	case r.Header.Get("Authorization") != "":
		c.refuse(w, http.StatusUnauthorized, "unauthenticated", "a token where the address is the credential")
	case !ok:
		c.refuse(w, http.StatusForbidden, "accessDenied", "the address has expired")
	default:
		_, _ = w.Write(c.graph.drive[what.path])
	}
}

// Throttle returns a hook for GraphHook that refuses the first n requests:
// https://learn.microsoft.com/graph/throttling
func Throttle(n int, status int, retryAfter string) func(http.ResponseWriter, *http.Request) bool {
	left := atomic.Int64{}
	left.Store(int64(n))
	return func(w http.ResponseWriter, _ *http.Request) bool {
		if left.Add(-1) < 0 {
			return false
		}
		if retryAfter != "" {
			w.Header().Set("Retry-After", retryAfter)
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(map[string]any{"error": map[string]any{"code": "TooManyRequests", "message": "later"}})
		return true
	}
}
