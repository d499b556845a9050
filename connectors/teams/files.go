package teams

import (
	"context"
	"errors"
	"io"

	"amtsbote/bots"
)

// Open implements [bots.Connector].
func (c *Connector) Open(ctx context.Context, s bots.State, f bots.File) (io.ReadCloser, error) {
	return nil, errors.New("TODO(helper F)")
}
