package llm

import (
	"context"
	"net"
)

// WithDial returns c with a network of the test's own.
func (c Config) WithDial(dial func(ctx context.Context, network, addr string) (net.Conn, error)) Config {
	c.dial = dial
	return c
}
