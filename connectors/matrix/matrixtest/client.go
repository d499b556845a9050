package matrixtest

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"
)

// ClientOptions of a client. The zero value is a person whose device is not
// verified, and who writes to every device, as most do.
type ClientOptions struct {
	// URL is where the client finds the server; set it to a [Proxy]'s.
	URL string
	// CrossSigning has the person set up cross-signing and secret storage, or
	// take part in it with the RecoveryKey.
	CrossSigning bool
	// RecoveryKey opens the person's secret storage, so that a new device gets
	// signed. It implies CrossSigning.
	RecoveryKey string
	// OnlySigned has the client neither write to devices that their owner has not
	// signed nor read what they write, as MSC4153 wants it. It implies CrossSigning.
	OnlySigned bool
}

// A Client is a device of a person. Its methods wait at most [Patience] and end
// the test if something fails; [Client.Try] is for what should fail.
type Client struct {
	UserID      string
	DeviceID    string
	Password    string
	RecoveryKey string // with CrossSigning

	name string
	node *node
	view
}

// NewClient logs a person in with a new device and waits until the client has
// seen all rooms. It ends with the test.
func NewClient(t testing.TB, s *Server, a Account, opts ClientOptions) *Client {
	t.Helper()
	if opts.URL == "" {
		opts.URL = s.URL
	}
	c := &Client{node: s.hosts(t), Password: a.Password, view: newView()}
	c.name = c.node.add(c)
	var reply struct {
		UserID      string `json:"user_id"`
		DeviceID    string `json:"device_id"`
		RecoveryKey string `json:"recovery_key"`
	}
	c.must(t, "new", map[string]any{"url": opts.URL, "user": a.UserID, "password": a.Password, "onlySigned": opts.OnlySigned,
		"crossSigning": opts.CrossSigning || opts.OnlySigned, "recoveryKey": opts.RecoveryKey}, &reply)
	c.UserID, c.DeviceID, c.RecoveryKey = reply.UserID, reply.DeviceID, reply.RecoveryKey
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), Patience)
		defer cancel()
		_ = c.Try(ctx, "stop", map[string]any{}, nil) // the test may have stopped it, or all of them
		if t.Failed() {
			t.Logf("%s has seen:%s", c.UserID, c.summary())
		}
	})
	return c
}

// Try has the client do one of the commands of client.mjs and returns why it
// could not: for refusals, which are [*Error].
func (c *Client) Try(ctx context.Context, cmd string, args map[string]any, result any) error {
	return c.node.call(ctx, c.name, cmd, args, result)
}

func (c *Client) must(t testing.TB, cmd string, args map[string]any, result any) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), Patience)
	defer cancel()
	if err := c.Try(ctx, cmd, args, result); err != nil {
		t.Fatalf("matrixtest: %s: %s: %v", c.name, cmd, err)
	}
}

// Stop ends the client and keeps its device.
func (c *Client) Stop(t testing.TB) { t.Helper(); c.must(t, "stop", map[string]any{}, nil) }

// Logout ends the client and deletes its device.
func (c *Client) Logout(t testing.TB) {
	t.Helper()
	c.must(t, "stop", map[string]any{"logout": true}, nil)
}

// Restart starts the client again with the same device and its keys.
func (c *Client) Restart(t testing.TB) { t.Helper(); c.must(t, "restart", map[string]any{}, nil) }

// A Room to create.
type Room struct {
	Name, Topic string
	Direct      bool // a chat of two
	Encrypted   bool
	Invite      []string
	Preset      string // private_chat if empty, in a direct chat trusted_private_chat
	Version     string // the server's default if empty
	PowerLevels map[string]any
	State       []State
}

// State is a state event to send.
type State struct {
	Type    string `json:"type"`
	Key     string `json:"state_key"`
	Content any    `json:"content"`
}

// CreateRoom makes a room and waits until the client has seen it.
func (c *Client) CreateRoom(t testing.TB, r Room) (room string) {
	t.Helper()
	c.must(t, "create", map[string]any{"name": r.Name, "topic": r.Topic, "direct": r.Direct, "encrypted": r.Encrypted, "invite": r.Invite,
		"preset": r.Preset, "version": r.Version, "powerLevels": r.PowerLevels, "state": r.State}, &room)
	return room
}

// Join joins a room, by its ID or an alias.
func (c *Client) Join(t testing.TB, room string, via ...string) {
	t.Helper()
	c.must(t, "join", map[string]any{"room": room, "via": via}, nil)
}

// WaitInvited waits until somebody has invited the person into a room that they
// have not joined, and returns it.
func (c *Client) WaitInvited(t testing.TB) (room string) {
	t.Helper()
	c.must(t, "invited", nil, &room)
	return room
}

// Invite invites a person.
func (c *Client) Invite(t testing.TB, room, user string) {
	t.Helper()
	c.must(t, "invite", map[string]any{"room": room, "user": user}, nil)
}

// Leave leaves a room.
func (c *Client) Leave(t testing.TB, room string) {
	t.Helper()
	c.must(t, "leave", map[string]any{"room": room}, nil)
}

// Kick puts a person out of a room.
func (c *Client) Kick(t testing.TB, room, user, reason string) {
	t.Helper()
	c.must(t, "kick", map[string]any{"room": room, "user": user, "reason": reason}, nil)
}

// SetState sets a state event and returns its ID.
func (c *Client) SetState(t testing.TB, room, kind, key string, content any) (event string) {
	t.Helper()
	c.must(t, "state", map[string]any{"room": room, "type": kind, "key": key, "content": content}, &event)
	return event
}

// GetState asks the server for the content of a state event.
func (c *Client) GetState(t testing.TB, room, kind, key string) (content map[string]any) {
	t.Helper()
	c.must(t, "getState", map[string]any{"room": room, "type": kind, "key": key}, &content)
	return content
}

// Encrypt switches a room's encryption on.
func (c *Client) Encrypt(t testing.TB, room string) {
	t.Helper()
	c.SetState(t, room, "m.room.encryption", "", map[string]any{"algorithm": "m.megolm.v1.aes-sha2"})
	c.must(t, "ready", map[string]any{"room": room, "encrypted": true}, nil)
}

// Upgrade replaces a room by one of another version, in which only this person
// is, and returns its ID. The old room gets a tombstone.
func (c *Client) Upgrade(t testing.TB, room, version string) (replacement string) {
	t.Helper()
	c.must(t, "upgrade", map[string]any{"room": room, "version": version}, &replacement)
	return replacement
}

// SetDisplayName sets the person's name.
func (c *Client) SetDisplayName(t testing.TB, name string) {
	t.Helper()
	c.must(t, "displayName", map[string]any{"name": name}, nil)
}

// Typing shows that the person types, or no longer does.
func (c *Client) Typing(t testing.TB, room string, on bool) {
	t.Helper()
	c.must(t, "typing", map[string]any{"room": room, "on": on}, nil)
}

// Read sends a read receipt.
func (c *Client) Read(t testing.TB, room, event string) {
	t.Helper()
	c.must(t, "read", map[string]any{"room": room, "event": event}, nil)
}

// NewSession has the next message of this client encrypted with a new key, which
// goes to all devices that are there then.
func (c *Client) NewSession(t testing.TB, room string) {
	t.Helper()
	c.must(t, "newSession", map[string]any{"room": room}, nil)
}

// Scrollback loads older messages; they show up in [Client.Messages], at the front.
func (c *Client) Scrollback(t testing.TB, room string, limit int) {
	t.Helper()
	c.must(t, "scrollback", map[string]any{"room": room, "limit": limit}, nil)
}

// Trust is what a client knows about a person's devices.
type Trust struct {
	CrossSigning bool `json:"cross_signing"` // the person has published cross-signing keys
	Devices      []Device
}

// A Device of somebody as another's client sees it.
type Device struct {
	ID       string `json:"device_id"`
	Name     string
	Signed   bool // by its owner
	Verified bool // by the client that looks
}

// Signed reports whether a person has devices and all are signed by their owner.
func (t Trust) Signed() bool {
	for _, d := range t.Devices {
		if !d.Signed {
			return false
		}
	}
	return t.CrossSigning && len(t.Devices) > 0
}

// DeviceTrust returns what the client knows about a person's devices now.
func (c *Client) DeviceTrust(t testing.TB, user string) (trust Trust) {
	t.Helper()
	c.must(t, "trust", map[string]any{"user": user}, &trust)
	return trust
}

// WaitTrust waits until the client knows that of a person's devices.
func (c *Client) WaitTrust(t testing.TB, user string, ok func(Trust) bool) (trust Trust) {
	t.Helper()
	end := time.NewTimer(Patience)
	defer end.Stop()
	for {
		c.mu.Lock()
		changed := c.changed
		c.mu.Unlock()
		if trust = c.DeviceTrust(t, user); ok(trust) {
			return trust
		}
		select {
		case <-changed:
		case <-end.C:
			t.Fatalf("matrixtest: waited %v in vain for the devices of %s; known: %+v", Patience, user, trust)
		}
	}
}

// A Shield is what a client warns of beside a message: the colour is "none",
// "grey" or "red", and empty if the message was not encrypted.
type Shield struct {
	Colour string
	Reason int
}

// Shield returns what the client warns of beside a message.
func (c *Client) Shield(t testing.TB, m Message) (shield Shield) {
	t.Helper()
	c.must(t, "shield", map[string]any{"room": m.RoomID, "event": m.EventID}, &shield)
	return shield
}

// IsCode reports whether an error is a server's refusal with that code, such as
// M_FORBIDDEN.
func IsCode(err error, code string) bool {
	var refusal *Error
	return errors.As(err, &refusal) && refusal.Code == code
}

// view is what the client has seen so far.
type view struct {
	mu      sync.Mutex
	changed chan struct{} // closed and renewed when anything has been seen
	rooms   map[string][]string
	events  map[string]Message
	members map[string]string // by room and user
	typing  []Typing
	receipt []Receipt
	out     bool
}

// Typing is that a person has begun or ended to type.
type Typing struct {
	Room, User string
	On         bool
}

// A Receipt is that a person has read up to an event.
type Receipt struct{ Room, User, EventID string }

// pushed is what happened.
type pushed struct {
	Room       string  `json:"room"`
	Front      bool    `json:"front"`
	Event      Message `json:"event"`
	User       string  `json:"user"`
	Membership string  `json:"membership"`
	Typing     bool    `json:"typing"`
	EventID    string  `json:"event_id"`
}

func newView() view {
	return view{changed: make(chan struct{}), rooms: map[string][]string{}, events: map[string]Message{}, members: map[string]string{}}
}

func (v *view) take(what string, p pushed) {
	v.mu.Lock()
	defer v.mu.Unlock()
	switch what {
	case "event":
		id := p.Event.EventID
		if _, known := v.events[id]; !known && p.Front {
			v.rooms[p.Room] = append([]string{id}, v.rooms[p.Room]...)
		} else if !known {
			v.rooms[p.Room] = append(v.rooms[p.Room], id)
		}
		v.events[id] = p.Event
	case "membership":
		v.members[p.Room+" "+p.User] = p.Membership
	case "typing":
		v.typing = append(v.typing, Typing{p.Room, p.User, p.Typing})
	case "receipt":
		v.receipt = append(v.receipt, Receipt{p.Room, p.User, p.EventID})
	case "logged_out":
		v.out = true
	}
	close(v.changed)
	v.changed = make(chan struct{})
}

// wait waits until a condition on what was seen holds; it is called with the
// view locked.
func (v *view) wait(t testing.TB, patience time.Duration, what string, ok func() bool) {
	t.Helper()
	end := time.NewTimer(patience)
	defer end.Stop()
	v.mu.Lock()
	defer v.mu.Unlock()
	for {
		changed := v.changed
		if ok() {
			return
		}
		v.mu.Unlock()
		select {
		case <-changed:
			v.mu.Lock()
		case <-end.C:
			v.mu.Lock()
			t.Fatalf("matrixtest: waited %v in vain for %s; seen:%s", patience, what, v.list())
		}
	}
}

func (v *view) summary() string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.list()
}

// list shows what was seen, for a test that has failed.
func (v *view) list() string {
	var b strings.Builder
	for room, ids := range v.rooms {
		b.WriteString("\n" + room)
		for _, id := range ids {
			m := v.events[id]
			content, _ := json.Marshal(m.Content)
			b.WriteString("\n  " + m.Sender + " " + m.Type + " " + string(content[:min(len(content), 300)]))
			if m.Failed {
				b.WriteString(" cannot be decrypted: " + m.Failure)
			}
		}
	}
	return b.String()
}
