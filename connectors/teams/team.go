package teams

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"amtsbote/bots"
)

// lookFor is how long a message waits for what its channel is called.
const lookFor = 10 * time.Second

// learn fills in what an activity does not say of a channel: messages have the IDs
// of team and channel, but neither the team's group nor names, which come with
// events only. Where it cannot be found out, it is tried with the next message.
func (c *Connector) learn(ctx context.Context, n *roomInfo, team string) {
	if n.Type != channel || team == "" || n.Group != "" && n.Team != "" && n.Name != "" {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, lookFor)
	defer cancel()
	if n.Group == "" || n.Team == "" {
		var t struct{ Name, AadGroupID string }
		if err := c.api.look(ctx, n.ref(), &t, "teams", team); err != nil {
			c.log.Warn("cannot look up a team", "id", bots.LogID(team), "err", err)
			return
		}
		n.Group, n.Team = cmp.Or(n.Group, t.AadGroupID), cmp.Or(n.Team, shown(t.Name))
	}
	if n.Name != "" {
		return
	}
	var list struct{ Conversations []struct{ ID, Name string } }
	if err := c.api.look(ctx, n.ref(), &list, "teams", team, "conversations"); err != nil {
		c.log.Warn("cannot look up the channels of a team", "id", bots.LogID(team), "err", err)
		return
	}
	for _, ch := range list.Conversations {
		if ch.ID == n.Conversation {
			n.Name = shown(ch.Name)
		}
	}
}

// look reads a resource of Bot Connector's into v: a team, or a team's channels, of
// which the first has no name.
// https://learn.microsoft.com/microsoftteams/platform/bots/how-to/get-teams-context
func (p *api) look(ctx context.Context, r ref, v any, segments ...string) error {
	answer, err := p.do(ctx, call{what: "look up", method: http.MethodGet, r: r, segments: segments, lane: "read", limits: reading})
	if err == nil && json.Unmarshal(answer, v) != nil {
		err = errors.New("teams: look up: the answer is not JSON of this kind")
	}
	return err
}
