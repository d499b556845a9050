package teams

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"

	"amtsbote/bots"
)

// keyRoom begins the keys of rooms in the State: a channel or group chat by its ID.
const keyRoom = "room/"

// A roomInfo is what is kept of a channel or group chat that the bot is in: enough
// to ask for its members and its history. It holds nothing that was written there.
type roomInfo struct {
	Name         string `json:",omitempty"` // of the channel; a group chat's topic if it has one
	Team         string `json:",omitempty"` // name of the channel's team
	Type         string // groupChat, channel
	Group        string `json:",omitempty"` // of a channel: the team's group in Entra ID
	Service      string
	Tenant       string
	Bot          string
	Conversation string // its ID, without a thread
}

// title is what a channel is called; of a group chat only if it has a topic.
func (r roomInfo) title() string {
	if r.Team != "" && r.Name != "" {
		return r.Team + " › " + r.Name
	}
	return cmp.Or(r.Name, r.Team)
}

// ref returns where the room's roster is. A private or shared channel has its own,
// which is asked by the channel's ID:
// https://learn.microsoft.com/microsoftteams/platform/bots/how-to/get-teams-context
func (r roomInfo) ref() ref {
	return ref{Service: r.Service, Conversation: r.Conversation, Type: r.Type, Tenant: r.Tenant, Bot: r.Bot}
}

// noteRoom keeps what an activity says of the channel or group chat that it comes
// from: where it is, what it is called, that the bot was removed. Messages often do
// not have the names, so those that are known stay. It writes only what changed.
func (c *Connector) noteRoom(ctx context.Context, s bots.State, a *activity) error {
	if a.direct() || a.Conversation.ConversationType == personal {
		return nil
	}
	d := a.teams()
	room, _ := root(a.Conversation.ID)
	if d.Channel.ID != "" {
		room = d.Channel.ID // what concerns a channel may be told in the team's first one
	}
	if room == "" {
		return nil
	}
	looked, err := c.lookUp(ctx, s, a, d, room) // which may take its time: nobody waits for it but the room
	if err != nil {
		return err
	}
	c.roomsMu.Lock() // what is read is written
	defer c.roomsMu.Unlock()
	switch {
	case a.removed() && room == d.Team.ID, d.EventType == "teamDeleted", d.EventType == "teamHardDeleted":
		return forgetRooms(ctx, s, room, d.Team.AadGroupID)
	case a.removed(), d.EventType == "channelDeleted": // of one of a team's private channels, too
		return forgetRooms(ctx, s, room, "")
	}
	old, err := readRoom(ctx, s, room)
	if err != nil {
		return err
	}
	n := old.after(a, d, room)
	if n.Type == "" {
		return nil // it does not say what it is
	}
	n.Group, n.Team, n.Name = cmp.Or(n.Group, looked.Group), cmp.Or(n.Team, looked.Team), cmp.Or(n.Name, looked.Name)
	values := map[string][]byte{}
	if d.EventType == "teamRenamed" && n.Group != "" {
		if err := renamed(ctx, s, n, values); err != nil {
			return err
		}
	}
	if n != old {
		values[keyRoom+room] = encode(n)
	}
	if len(values) == 0 {
		return nil
	}
	return s.Put(ctx, values, 0)
}

// lookUp returns what an activity from a room does not say of it and nobody has said
// before; see learn.
func (c *Connector) lookUp(ctx context.Context, s bots.State, a *activity, d channelData, room string) (roomInfo, error) {
	if !c.cfg.Graph || a.removed() {
		return roomInfo{}, nil
	}
	old, err := readRoom(ctx, s, room)
	if err != nil {
		return roomInfo{}, err
	}
	n := old.after(a, d, room)
	c.learn(ctx, &n, d.Team.ID)
	return n, nil
}

func readRoom(ctx context.Context, s bots.State, room string) (info roomInfo, err error) {
	b, err := s.Get(ctx, keyRoom+room)
	if err != nil {
		return roomInfo{}, fmt.Errorf("teams: read room: %w", err)
	}
	if json.Unmarshal(b, &info) != nil {
		return roomInfo{}, nil // none, or one that cannot be read: it is written anew
	}
	return info, nil
}

// after returns what is known of a room after an activity from it.
func (r roomInfo) after(a *activity, d channelData, room string) roomInfo {
	r.Type, r.Tenant = cmp.Or(a.Conversation.ConversationType, r.Type), cmp.Or(a.tenant(), r.Tenant)
	r.Service, r.Bot, r.Conversation = a.ServiceURL, a.Recipient.ID, room
	if r.Type != channel && d.Team.ID == "" {
		r.Name = cmp.Or(shown(a.Conversation.Name), r.Name)
		return r
	}
	r.Type, r.Group = channel, cmp.Or(d.Team.AadGroupID, r.Group)
	r.Team = cmp.Or(shown(d.Team.Name), r.Team)
	r.Name = cmp.Or(shown(d.Channel.Name), r.Name)
	if r.Name == "" && room == d.Team.ID {
		r.Name = "Allgemein" // the first channel of a team has no name
	}
	return r
}

// renamed collects the new records of a team's other channels.
func renamed(ctx context.Context, s bots.State, n roomInfo, values map[string][]byte) error {
	return eachRoom(ctx, s, func(room string, info roomInfo) {
		if info.Group == n.Group && info.Team != n.Team {
			info.Team = n.Team
			values[keyRoom+room] = encode(info)
		}
	})
}

// forgetRooms deletes what is kept of a room that the bot was removed from; with a
// group, of all channels of its team.
func forgetRooms(ctx context.Context, s bots.State, room, group string) error {
	values := map[string][]byte{}
	err := eachRoom(ctx, s, func(id string, info roomInfo) {
		if id == room || group != "" && info.Group == group {
			values[keyRoom+id] = nil
		}
	})
	if err != nil || len(values) == 0 {
		return err
	}
	return s.Put(ctx, values, 0)
}

func eachRoom(ctx context.Context, s bots.State, fn func(room string, info roomInfo)) error {
	err := s.Each(ctx, keyRoom, func(key string, value []byte) error {
		var info roomInfo
		if json.Unmarshal(value, &info) == nil {
			fn(strings.TrimPrefix(key, keyRoom), info)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("teams: rooms: %w", err)
	}
	return nil
}

// keyPerson begins the keys of people in the State (personKey).
const keyPerson = "person/"

// objectID returns the object ID in Entra ID of a person, as it was noted when they
// wrote; "" if they never did.
func (c *Connector) objectID(ctx context.Context, s bots.State, person string) (string, error) {
	key, err := c.personKey(ctx, s, person)
	if err != nil {
		return "", err
	}
	var known account
	if _, err := getRecord(ctx, s, key, &known); err != nil {
		return "", err
	}
	return strings.ToLower(known.Object), nil
}

// getRecord reads a value in the State into v and reports whether there is one.
func getRecord(ctx context.Context, s bots.State, key string, v any) (bool, error) {
	b, err := s.Get(ctx, key)
	if err != nil {
		return false, fmt.Errorf("teams: read record: %w", err)
	}
	if b == nil {
		return false, nil
	}
	if err := json.Unmarshal(b, v); err != nil {
		return false, fmt.Errorf("teams: record: %w", err)
	}
	return true, nil
}

// asked is how many rooms' members are asked for at once.
const asked = 8

// Rooms implements [bots.Historian]. A room whose history may not be read is in it
// as well, so that History can say why.
func (c *Connector) Rooms(ctx context.Context, s bots.State, person string) ([]bots.Room, error) {
	object, err := c.objectID(ctx, s, person)
	if err != nil || object == "" {
		return nil, err
	}
	type found struct {
		info roomInfo
		name string
		in   bool
	}
	var all []*found
	if err := eachRoom(ctx, s, func(_ string, info roomInfo) { all = append(all, &found{info: info}) }); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var failed error
	var once sync.Once
	turn := make(chan struct{}, asked)
	var wg sync.WaitGroup
	for _, f := range all {
		turn <- struct{}{}
		wg.Go(func() {
			defer func() { <-turn }()
			err := safely(func() (err error) {
				if _, f.in, err = c.rostered(ctx, f.info, object); err == nil && f.in {
					f.name = c.roomName(ctx, f.info, object)
				}
				if nobody(err) { // of a room that cannot be asked for: the others are there
					return nil
				}
				return err
			})
			if err != nil {
				once.Do(func() { failed = err; cancel() }) // the errors of the others come from that
			}
		})
	}
	wg.Wait()
	if failed != nil {
		return nil, failed
	}
	var shared []bots.Room
	for _, f := range all {
		if f.in {
			shared = append(shared, bots.Room{ID: f.info.Conversation, Name: f.name})
		}
	}
	return shared, nil
}
