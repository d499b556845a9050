package teams

import (
	"context"
	"errors"

	"amtsbote/bots"
)

// Send implements [bots.Connector].
func (c *Connector) Send(ctx context.Context, s bots.State, r bots.Reply) (string, error) {
	return "", errors.New("TODO(main)")
}
