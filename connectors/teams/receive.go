package teams

import (
	"context"
	"errors"
	"net/http"

	"amtsbote/bots"
)

// intake is what came in and has not been passed on yet.
type intake struct{}

// ServeHTTP implements [http.Handler].
func (c *Connector) ServeHTTP(w http.ResponseWriter, r *http.Request) {}

// Receive implements [bots.Connector].
func (c *Connector) Receive(ctx context.Context, s bots.State, accept func(context.Context, bots.Message) error) error {
	return errors.New("TODO(main)")
}
