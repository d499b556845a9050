package matrix

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
)

// A door is the transport of a device: it adds the access token to each request
// to the homeserver, and gets a new one where the server says that it has expired
// and there is a refresh token (Client-Server API, "Refreshing access tokens").
// mautrix does that for OAuth only. Real servers of that kind cannot be run in the
// tests: they use a strict fake.
type door struct {
	next   http.RoundTripper
	server string
	keep   func(context.Context, session) error
	frozen bool          // never get a new token: another process does
	turn   chan struct{} // taken by whoever gets a new token

	mu      sync.Mutex
	session session
	revoked error // why no request will ever succeed again
}

func newDoor(cfg Config, next http.RoundTripper, s session, keep func(context.Context, session) error) *door {
	return &door{next: next, server: cfg.Server, keep: keep, turn: make(chan struct{}, 1), session: s}
}

const refreshPath = "/_matrix/client/v3/refresh"

// early is how long before its end a token is replaced.
const early = time.Minute

// RoundTrip implements http.RoundTripper.
func (d *door) RoundTrip(req *http.Request) (*http.Response, error) {
	if !d.home(req) { // a redirect: the token is for the homeserver alone
		return d.next.RoundTrip(with(req, ""))
	}
	token, err := d.token(req.Context(), "", serverError{})
	if err != nil {
		closeBody(req)
		return nil, err
	}
	resp, err := d.next.RoundTrip(with(req, token))
	if err != nil || resp.StatusCode != http.StatusUnauthorized {
		return resp, err
	}
	code, err := errorCode(resp)
	if err != nil {
		return nil, err
	}
	if code.Code != "M_UNKNOWN_TOKEN" {
		return resp, nil
	}
	next, err := d.token(req.Context(), token, code)
	if err != nil { // it may come another time: the caller must not read it as the end of the session
		return nil, err
	}
	if next == token || req.Body != nil && req.Body != http.NoBody && req.GetBody == nil {
		return resp, nil // what was sent as a stream is for the caller to repeat
	}
	again := req.Clone(req.Context())
	if req.GetBody != nil {
		if again.Body, err = req.GetBody(); err != nil {
			return resp, nil
		}
	}
	return d.next.RoundTrip(with(again, next))
}

// home reports whether a request goes to the homeserver.
func (d *door) home(req *http.Request) bool {
	return strings.HasPrefix(d.server+"/", req.URL.Scheme+"://"+req.URL.Host+"/")
}

func closeBody(req *http.Request) {
	if req.Body != nil {
		req.Body.Close()
	}
}

// with returns a request with an access token, or without one.
func with(req *http.Request, token string) *http.Request {
	req = req.Clone(req.Context())
	req.Header.Del("Authorization")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	return req
}

// token returns the access token: a new one if it has expired, or if it is the
// refused one. If there is no new one to get, the device is revoked.
func (d *door) token(ctx context.Context, refused string, why serverError) (string, error) {
	if s, due := d.due(refused); !due {
		return s.Token, nil
	}
	select {
	case d.turn <- struct{}{}:
		defer func() { <-d.turn }()
	case <-ctx.Done():
		return "", ctx.Err()
	}
	s, due := d.due(refused) // another request may have got one meanwhile
	if !due {
		return s.Token, nil
	}
	if s.Refresh == "" {
		d.end(why)
		return s.Token, nil
	}
	next, why, err := d.refresh(ctx, s)
	if err != nil {
		return "", err
	}
	if why.Code != "" {
		d.end(why)
		return s.Token, nil
	}
	// Kept before it is used: the old refresh token is void from then on.
	if err := d.keep(context.WithoutCancel(ctx), next); err != nil {
		return "", err
	}
	d.mu.Lock()
	d.session = next
	d.mu.Unlock()
	return next.Token, nil
}

// due returns the session and reports whether a new token is to be got.
func (d *door) due(refused string) (session, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.session
	if d.revoked != nil {
		return s, false
	}
	if d.frozen && s.Refresh != "" {
		if s.Token == refused {
			d.revoked = errStale
		}
		return s, false
	}
	expired := s.Refresh != "" && !s.Expires.IsZero() && time.Until(s.Expires) < early
	return s, s.Token == refused || expired
}

// end notes that the session is over.
func (d *door) end(why serverError) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.revoked = errRevoked
	if why.Soft {
		d.revoked = errExpired
	}
}

// errRevoked says that the server has ended the device's session.
var errRevoked = errors.New("matrix: the server has ended this device's session (M_UNKNOWN_TOKEN); its messages wait. " +
	"If that was not wanted, find out who did it; then make a new device: amtsbote matrix login --new")

// errExpired says that the session has expired, and the device is still there.
var errExpired = errors.New("matrix: the device's session has expired (M_UNKNOWN_TOKEN, soft_logout); its messages wait. " +
	"Log in again, without --new: the device stays the same: amtsbote matrix login")

// errStale is what a frozen door says, which gets no new token itself.
var errStale = errors.New("matrix: the access token has expired; the daemon gets a new one when it runs")

// refresh gets a new token. A refusal is returned as why.
func (d *door) refresh(ctx context.Context, s session) (next session, why serverError, err error) {
	body, err := json.Marshal(map[string]string{"refresh_token": s.Refresh})
	if err != nil {
		return s, why, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, d.server+refreshPath, bytes.NewReader(body))
	if err != nil {
		return s, why, err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := d.next.RoundTrip(req)
	if err != nil {
		return s, why, fmt.Errorf("matrix: refresh token: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		code, err := errorCode(resp)
		if err == nil && (code.Code == "M_UNKNOWN_TOKEN" || code.Code == "M_FORBIDDEN") {
			return s, code, nil
		}
		return s, why, fmt.Errorf("matrix: refresh token: HTTP %d %s", resp.StatusCode, code.Code)
	}
	var got struct {
		Token   string `json:"access_token"`
		Refresh string `json:"refresh_token"`
		Expires int64  `json:"expires_in_ms"`
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, 1<<20)).Decode(&got); err != nil {
		return s, why, fmt.Errorf("matrix: refresh token: unusable answer: %w", err)
	}
	if got.Token == "" {
		return s, why, errors.New("matrix: refresh token: the answer has none")
	}
	s.Token, s.Expires = got.Token, expiry(got.Expires)
	if got.Refresh != "" {
		s.Refresh = got.Refresh
	}
	return s, why, nil
}

func expiry(ms int64) time.Time {
	if ms <= 0 {
		return time.Time{}
	}
	return time.Now().Add(time.Duration(ms) * time.Millisecond)
}

// gone returns why the device is revoked, or nil.
func (d *door) gone() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.revoked
}

type serverError struct {
	Code string `json:"errcode"`
	Soft bool   `json:"soft_logout"` // the device is still there
}

// errorCode reads a server's error; the body can be read again afterwards.
func errorCode(resp *http.Response) (e serverError, err error) {
	body, err := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	resp.Body.Close()
	resp.Body = io.NopCloser(bytes.NewReader(body))
	if err == nil && strings.HasPrefix(strings.TrimSpace(string(body)), "{") {
		_ = json.Unmarshal(body, &e) // a proxy's page has no code
	}
	return e, err
}
