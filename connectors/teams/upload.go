package teams

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Uploads go to an upload session of OneDrive, in fragments, in order, without a
// token of the bot's: the address is the credential. Source:
// https://learn.microsoft.com/graph/api/driveitem-createuploadsession

const (
	fragment    = 10 * 320 << 10 // bytes; Microsoft demands a multiple of 320 KiB
	uploadTries = 5              // in total, for a file
	uploadPause = 500 * time.Millisecond
	maxPause    = 30 * time.Second
)

var errDriveFull = errors.New("teams: upload: no room")

// upload puts data into an upload session. What fails for the moment is tried again,
// from where the server says that it is.
func (c *Connector) upload(ctx context.Context, address string, data []byte) error {
	for at, failures := 0, 0; at < len(data); {
		next, wait, err := c.put(ctx, address, data, at)
		if err == nil {
			at = next
			continue
		}
		failures++
		if wait < 0 || failures == uploadTries {
			return err
		}
		pause := max(wait, uploadPause<<failures/2) + rand.N(uploadPause/5)
		if pauseFor(ctx, min(pause, maxPause)) != nil {
			return err
		}
		if at, err = c.missing(ctx, address, at, len(data)); err != nil {
			return err
		}
	}
	return nil
}

// put sends the fragment that begins at a position, and returns where the next one
// begins. wait says, with an error, how long to wait before another try; negative:
// there is no use.
func (c *Connector) put(ctx context.Context, address string, data []byte, at int) (next int, wait time.Duration, err error) {
	to := min(at+fragment, len(data))
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, address, bytes.NewReader(data[at:to]))
	if err != nil {
		return at, -1, errors.New("teams: upload: unreadable address") // err shows it
	}
	req.Header.Set("Content-Type", "application/octet-stream")
	req.Header.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", at, to-1, len(data)))
	resp, err := c.client.Do(req)
	if err != nil {
		return at, 0, bare("upload", err)
	}
	defer discard(resp)
	switch status := resp.StatusCode; {
	case status == http.StatusAccepted && to < len(data), (status == http.StatusOK || status == http.StatusCreated) && to == len(data):
		return to, 0, nil
	case status == http.StatusInsufficientStorage:
		return at, -1, errDriveFull
	// 416: the server has it already, because only its answer was lost.
	case passing(status), status == http.StatusRequestedRangeNotSatisfiable:
		return at, retryAfter(resp.Header, time.Now()), &apiError{What: "upload", Status: status}
	default:
		return at, -1, &apiError{What: "upload", Status: status}
	}
}

// missing asks an upload session which byte it wants next. If it does not answer,
// that is the one which was sent last.
func (c *Connector) missing(ctx context.Context, address string, at, size int) (int, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return at, errors.New("teams: upload: unreadable address")
	}
	resp, err := c.client.Do(req)
	if err != nil {
		return at, nil
	}
	defer discard(resp)
	if passing(resp.StatusCode) {
		return at, nil
	}
	if resp.StatusCode != http.StatusOK {
		return at, &apiError{What: "upload", Status: resp.StatusCode}
	}
	var session struct {
		NextExpectedRanges []string `json:"nextExpectedRanges"`
	}
	if json.NewDecoder(io.LimitReader(resp.Body, 64<<10)).Decode(&session) != nil || len(session.NextExpectedRanges) == 0 {
		return at, errUploadLost
	}
	begin, _, _ := strings.Cut(session.NextExpectedRanges[0], "-")
	n, err := strconv.Atoi(begin)
	if err != nil || n < 0 || n >= size {
		return at, errUploadLost
	}
	return n, nil
}

var errUploadLost = errors.New("teams: upload: the server does not say how far it is")
