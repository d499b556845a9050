package teamstest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"
)

// A Person writes to the bot.
type Person struct {
	ID       string // "29:…", of the account, different for each bot
	ObjectID string // in Entra ID
	Name     string
	UPN      string // user principal name; of a guest name_host#EXT#@tenant
	Guest    bool
	Blocked  bool // the bot cannot write to them
}

// roster is what Bot Connector says of a person.
func (p *Person) roster() map[string]any {
	role := "user"
	if p.Guest {
		role = "guest"
	}
	return map[string]any{"id": p.ID, "name": p.Name, "objectId": p.ObjectID, "aadObjectId": p.ObjectID, "email": p.UPN,
		"userPrincipalName": p.UPN, "tenantId": Tenant, "userRole": role}
}

// A Team has channels.
type Team struct {
	ID, GroupID, Name string
}

type people struct {
	cloud  *Cloud
	client *http.Client
	stop   func()
	ctx    context.Context

	mu      sync.Mutex
	all     []*Person
	bot     string // address of the endpoint
	pending sync.WaitGroup
}

func (p *people) start(c *Cloud) {
	p.cloud, p.client = c, &http.Client{Timeout: 15 * time.Second}
	ctx, cancel := context.WithCancel(context.Background())
	p.ctx = ctx
	p.stop = func() { cancel(); p.pending.Wait() }
}

func (p *people) byID(id string) *Person {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, who := range p.all {
		if who.ID == id || who.ObjectID == id {
			return who
		}
	}
	return nil
}

// Bot says where the bot's endpoint is; "": it is away. Activities are delivered
// there, those that wait too.
func (c *Cloud) Bot(url string) {
	c.people.mu.Lock()
	defer c.people.mu.Unlock()
	c.people.bot = url
}

// Person returns a new person whose mail address is upn.
func (c *Cloud) Person(name, upn string) *Person {
	sum := sha256.Sum256([]byte(upn))
	h := hex.EncodeToString(sum[:])
	p := &Person{ID: "29:1" + h[:40], ObjectID: h[:8] + "-" + h[8:12] + "-4" + h[13:16] + "-8" + h[17:20] + "-" + h[20:32], Name: name, UPN: upn}
	c.people.mu.Lock()
	defer c.people.mu.Unlock()
	c.people.all = append(c.people.all, p)
	return p
}

// Personal returns the personal chat of a person with the bot.
func (c *Cloud) Personal(p *Person) *Conversation {
	return c.add(&Conversation{ID: "a:1" + p.ID[4:], Type: "personal", Members: []*Person{p}})
}

// Group returns a new group chat.
func (c *Cloud) Group(name string, members ...*Person) *Conversation {
	sum := sha256.Sum256([]byte(name))
	return c.add(&Conversation{ID: "19:" + hex.EncodeToString(sum[:16]) + "@thread.v2", Type: "groupChat", Name: name, Members: members})
}

// Channel returns a channel of a team whose members are all in the team.
func (c *Cloud) Channel(team, name string, members ...*Person) *Conversation {
	sum := sha256.Sum256([]byte(team))
	h := hex.EncodeToString(sum[:])
	t := &Team{ID: "19:" + h[:32] + "@thread.tacv2", GroupID: h[:8] + "-" + h[8:12] + "-4" + h[13:16] + "-8" + h[17:20] + "-" + h[20:32], Name: team}
	sum = sha256.Sum256([]byte(team + "/" + name))
	return c.add(&Conversation{ID: "19:" + hex.EncodeToString(sum[:16]) + "@thread.tacv2", Type: "channel", Name: name, Team: t, Members: members})
}

func (c *Cloud) add(conv *Conversation) *Conversation {
	c.connector.mu.Lock()
	defer c.connector.mu.Unlock()
	if known := c.connector.conversations[conv.ID]; known != nil {
		return known
	}
	conv.cloud = c
	c.connector.conversations[conv.ID] = conv
	return conv
}

// Messages returns what the bot shows in the conversation now, oldest first.
func (v *Conversation) Messages() (all []Message) {
	v.cloud.connector.mu.Lock()
	defer v.cloud.connector.mu.Unlock()
	for _, m := range v.messages {
		if !m.Deleted {
			all = append(all, *m)
		}
	}
	return all
}

// Remove takes the bot out of the conversation.
func (v *Conversation) Remove() {
	v.cloud.connector.mu.Lock()
	defer v.cloud.connector.mu.Unlock()
	v.removed = true
}

// Activity returns an activity as Teams delivers it when a person does something
// in a conversation. thread is the first message of a channel's thread; "" begins
// a new one. Fields may be changed before it is delivered.
func (v *Conversation) Activity(p *Person, kind, thread string) map[string]any {
	c := v.cloud
	c.connector.mu.Lock()
	id := c.connector.newID()
	c.connector.mu.Unlock()
	conv := map[string]any{"id": v.ID, "conversationType": v.Type, "tenantId": Tenant}
	data := map[string]any{"tenant": map[string]any{"id": Tenant}}
	if v.Type != "personal" {
		conv["isGroup"] = true
	}
	if v.Team != nil {
		if thread == "" {
			thread = id
		}
		conv["id"] = v.ID + ";messageid=" + thread
		data["team"], data["channel"] = map[string]any{"id": v.Team.ID}, map[string]any{"id": v.ID}
		if kind != "message" { // only events are sure to have more:
			// https://learn.microsoft.com/microsoftteams/platform/bots/how-to/conversations/conversation-basics
			data["team"] = map[string]any{"id": v.Team.ID, "aadGroupId": v.Team.GroupID, "name": v.Team.Name}
			data["channel"] = map[string]any{"id": v.ID, "name": v.Name}
		}
	}
	a := map[string]any{
		"type": kind, "id": id, "timestamp": time.Now().UTC().Format(time.RFC3339Nano), "serviceUrl": c.Service(), "channelId": "msteams",
		"from":         map[string]any{"id": p.ID, "name": p.Name, "aadObjectId": p.ObjectID},
		"recipient":    map[string]any{"id": BotID, "name": "Amtsbote"},
		"conversation": conv, "channelData": data, "locale": "de-DE",
		"entities": []any{map[string]any{"type": "clientInfo", "locale": "de-DE", "country": "DE", "platform": "Windows"}},
	}
	c.heard(a)
	return a
}

// Say has a person write a text and returns the activity. In group chats and
// channels "@Amtsbote" in it is a mention of the bot.
func (v *Conversation) Say(p *Person, thread, text string, attachments ...any) map[string]any {
	a := v.Activity(p, "message", thread)
	a["text"], a["textFormat"] = strings.ReplaceAll(text, "@Amtsbote", "<at>Amtsbote</at>"), "plain"
	if strings.Contains(text, "@Amtsbote") {
		a["entities"] = append(a["entities"].([]any), map[string]any{"type": "mention", "text": "<at>Amtsbote</at>",
			"mentioned": map[string]any{"id": BotID, "name": "Amtsbote"}})
	}
	a["attachments"] = append(attachments, map[string]any{"contentType": "text/html", "content": "<p>" + text + "</p>"})
	v.written(p, a)
	v.cloud.Deliver(a)
	return a
}

// Deliver delivers an activity in the background: again and again until the bot
// answers 200, as Teams does for a while.
func (c *Cloud) Deliver(a map[string]any) {
	c.people.pending.Go(func() {
		for c.people.ctx.Err() == nil {
			if resp, err := c.Post(a, c.Sign(c.Claims())); err == nil {
				resp.Body.Close()
				if resp.StatusCode == http.StatusOK {
					return
				}
			}
			select {
			case <-c.people.ctx.Done():
			case <-time.After(50 * time.Millisecond):
			}
		}
	})
}

// Post delivers an activity once, with a token.
func (c *Cloud) Post(a map[string]any, token string) (*http.Response, error) {
	c.people.mu.Lock()
	bot := c.people.bot
	c.people.mu.Unlock()
	if bot == "" {
		return nil, fmt.Errorf("the bot is away")
	}
	c.heard(a)
	body, err := json.Marshal(a)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(c.people.ctx, http.MethodPost, bot, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	req.Header.Set("Authorization", "Bearer "+token)
	return c.people.client.Do(req)
}
