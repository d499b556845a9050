package teams

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"amtsbote/bots"
)

const (
	idle     = time.Minute      // a file's server may send nothing for so long
	maxFetch = 15 * time.Minute // for a whole file, however slowly it comes
)

// A body is a file that is being read from a server: at most maxDownload bytes, of
// which the server sends some at least every idle.
type body struct {
	from    io.ReadCloser
	cancel  context.CancelFunc // ends a Read of from
	left    int64
	stalled atomic.Bool
}

func newBody(from io.ReadCloser, cancel context.CancelFunc) *body {
	return &body{from: from, cancel: cancel, left: maxDownload}
}

// Read ends with a refusal where there is more than maxDownload.
func (b *body) Read(p []byte) (int, error) {
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	timer := time.AfterFunc(idle, func() { b.stalled.Store(true); b.cancel() })
	n, err := b.from.Read(p)
	timer.Stop()
	if b.left -= int64(n); b.left < 0 {
		return max(0, n-1), &bots.Refusal{Text: textFileTooBig, Err: errors.New("teams: open: more than it said")}
	}
	switch {
	case err == nil, errors.Is(err, io.EOF):
		return n, err
	case b.stalled.Load():
		return n, fmt.Errorf("teams: open: nothing came for %v", idle)
	}
	return n, bare("open", err)
}

func (b *body) Close() error {
	defer b.cancel()
	return b.from.Close()
}

// bare returns the error of a request without the address, which [url.Error] and some
// errors of package http show: it can be a credential.
func bare(what string, err error) error {
	if refused, ok := errors.AsType[*bots.Refusal](err); ok {
		return refused
	}
	return lost(what, err)
}
