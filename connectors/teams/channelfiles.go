package teams

import (
	"context"
	"io"
)

// openDrive returns the content of a file in a drive.
func (c *Connector) openDrive(_ context.Context, _ string) (io.ReadCloser, error) {
	return nil, gone("Microsoft Graph is not used")
}
