package teams

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"amtsbote/bots"
)

const (
	maxAnswer   = 64 << 10         // bytes of an answer
	repeatFor   = 30 * time.Second // from the first failure of a request on
	repeatFirst = time.Second      // pause before the first repetition; doubles up to
	repeatMost  = 8 * time.Second
)

var (
	// errUnlisted is that the bot's token may not go to an address.
	errUnlisted = errors.New("teams: the address is on no host of service_hosts")
	// errAmbiguous is that the answer to a post was lost: it may have been taken.
	errAmbiguous = errors.New("it may have been taken")
	// errTooLong is that an activity is longer than Teams takes.
	errTooLong = errors.New("teams: the activity is longer than Teams takes")
)

// An apiError is what a server of Microsoft's answered instead of doing it.
type apiError struct {
	What   string // such as "post"
	Status int
	Code   string // Microsoft's, such as BotNotInConversationRoster

	after    time.Duration // how long to wait, as the server says; 0: it does not
	canceled bool          // of a stream: the person has pressed the stop button
}

func (e *apiError) Error() string {
	return strings.TrimSpace(fmt.Sprintf("teams: %s: %d %s", e.What, e.Status, e.Code))
}

// Is makes an activity's size an errTooLong, whichever way Teams says it.
func (e *apiError) Is(target error) bool {
	return target == errTooLong && (e.Status == http.StatusRequestEntityTooLarge || e.Code == "MessageSizeTooBig")
}

// passing reports whether Microsoft wants the request repeated:
// https://learn.microsoft.com/microsoftteams/platform/bots/how-to/rate-limit
// Of 502 and 504 nobody knows whether the request was taken before; that page asks for
// the repetition all the same.
func (e *apiError) passing() bool {
	switch e.Status {
	case http.StatusPreconditionFailed, http.StatusTooManyRequests, http.StatusBadGateway, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// refusal turns an error that asking again would not cure into a *bots.Refusal.
func refusal(err error) error {
	e, ok := errors.AsType[*apiError](err)
	if !ok || errors.Is(e, errTooLong) {
		return err
	}
	switch {
	case e.Status == http.StatusForbidden, e.Status == http.StatusNotFound, e.Status == http.StatusGone,
		e.Status == http.StatusBadRequest && (e.Code == "BadSyntax" || e.Code == "BadArgument" || e.Code == "MissingProperty"):
		return &bots.Refusal{Err: err}
	}
	return err
}

// A call is a request to Bot Connector's REST API.
type call struct {
	what     string // for errors and the log
	method   string
	r        ref
	segments []string // of the path below /v3, not escaped
	body     []byte   // JSON; nil: none
	lane     string   // kind of pace
	limits   []rate
	shows    bool // done twice, people see it twice
}

// address returns where the request goes. The reference may have lain in the store
// while the list of hosts was changed: it is checked each time.
func (q *call) address(cfg Config) (string, error) {
	u, err := url.Parse(q.r.Service)
	if err != nil || !cfg.listed(u, cfg.ServiceHosts) || u.RawQuery != "" || u.Fragment != "" || u.Opaque != "" {
		return "", &bots.Refusal{Err: fmt.Errorf("teams: %s: %w", q.what, errUnlisted)}
	}
	var b strings.Builder
	b.WriteString(strings.TrimRight(u.Scheme+"://"+u.Host+u.EscapedPath(), "/"))
	b.WriteString("/v3")
	for _, s := range q.segments {
		// What a server or a proxy would take for another path is no ID. Others are
		// opaque: "a/../b" is one segment.
		if !plainID(s) || s == "." || s == ".." {
			return "", &bots.Refusal{Err: fmt.Errorf("teams: %s: not an ID", q.what)}
		}
		b.WriteString("/" + url.PathEscape(s))
	}
	return b.String(), nil
}

// line names the lane in which the request stands.
func (q *call) line() string {
	room, _ := root(q.r.Conversation)
	if q.lane == "create" {
		room = q.r.Tenant // there is no conversation yet
	}
	return q.lane + " " + room
}

// do sends a request at the pace that Teams allows and returns the answer, no more
// than maxAnswer of it. It repeats what Microsoft wants repeated.
func (p *api) do(ctx context.Context, q call) ([]byte, error) {
	address, err := q.address(p.cfg)
	if err != nil {
		return nil, err
	}
	var until time.Time
	for n := 0; ; n++ {
		if err := p.pace.wait(ctx, q.line(), q.limits); err != nil {
			return nil, fmt.Errorf("teams: %s: %w", q.what, err)
		}
		answer, err := p.once(ctx, q, address)
		e, ok := errors.AsType[*apiError](err)
		if !ok || !e.passing() {
			return answer, err
		}
		if n == 0 {
			until = time.Now().Add(repeatFor)
		}
		pause := max(e.after, repeatPause(n))
		if e.Status == http.StatusTooManyRequests {
			p.pace.hold(q.line(), pause)
		}
		if time.Now().Add(pause).After(until) {
			return nil, err
		}
		p.log.Debug("repeats a request", "what", q.what, "status", e.Status, "conversation", bots.LogID(q.r.Conversation), "wait", pause)
		if pauseFor(ctx, pause) != nil {
			return nil, err
		}
	}
}

// repeatPause is the pause before the nth repetition, give or take a fifth.
func repeatPause(n int) time.Duration {
	d := float64(min(repeatFirst<<min(n, 10), repeatMost))
	return time.Duration(d * (0.8 + 0.4*rand.Float64()))
}

// once sends a request, again if the token was refused.
func (p *api) once(ctx context.Context, q call, address string) ([]byte, error) {
	resp, err := p.authorized(ctx, q.what, func(token string) (*http.Response, error) {
		return p.send(ctx, q, address, token)
	})
	if err != nil {
		return nil, err
	}
	if resp.StatusCode/100 != 2 {
		return nil, answered(q.what, resp)
	}
	defer resp.Body.Close()
	answer, _ := io.ReadAll(io.LimitReader(resp.Body, maxAnswer)) // taken, whatever it says
	return answer, nil
}

// authorized has send send a request with the bot's token, and with a new one if the
// first is refused.
func (p *api) authorized(ctx context.Context, what string, send func(token string) (*http.Response, error)) (*http.Response, error) {
	for try := 0; ; try++ {
		token, err := p.tokens.get(ctx)
		if err != nil {
			return nil, fmt.Errorf("teams: %s: %w", what, err)
		}
		resp, err := send(token)
		if err != nil {
			return nil, lost(what, err)
		}
		if resp.StatusCode != http.StatusUnauthorized {
			return resp, nil
		}
		p.tokens.reject(token)
		if try > 0 {
			return resp, nil
		}
		discard(resp)
	}
}

// send sends a request once. A post whose answer is lost is ambiguous as soon as
// something of it was written.
func (p *api) send(ctx context.Context, q call, address, token string) (*http.Response, error) {
	var written atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteHeaders: func() { written.Store(true) }})
	req, err := http.NewRequestWithContext(ctx, q.method, address, bytes.NewReader(q.body))
	if err != nil {
		return nil, errUnlisted
	}
	if q.body != nil {
		req.Header.Set("Content-Type", "application/json; charset=utf-8")
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := p.client.Do(req)
	if err != nil && written.Load() && q.shows {
		return nil, ambiguous{err}
	}
	return resp, err
}

// ambiguous is an error that came after a post was written.
type ambiguous struct{ error }

func (e ambiguous) Unwrap() error { return e.error }

// lost says why there is no answer, without the address, which names a conversation,
// and without what the server wrote.
func lost(what string, err error) error {
	kind := errUnanswered
	if _, ok := errors.AsType[ambiguous](err); ok {
		kind = errAmbiguous
	}
	cause := errUnreadable
	netErr, isNet := errors.AsType[net.Error](err)
	switch e := unreached(err); {
	case e != nil:
		cause = e
	case errors.Is(err, context.Canceled):
		cause = context.Canceled
	case errors.Is(err, context.DeadlineExceeded), isNet && netErr.Timeout():
		cause = context.DeadlineExceeded
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		cause = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("teams: %s: %w: %w", what, kind, cause)
}

var (
	errUnanswered = errors.New("no answer")
	errUnreadable = errors.New("it cannot be read")
)

// answered reads what a server answered instead of doing it, and closes the answer.
func answered(what string, resp *http.Response) error {
	defer discard(resp)
	body, _ := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	return &apiError{What: what, Status: resp.StatusCode, Code: errorCode(body), after: retryAfter(resp.Header, time.Now()),
		canceled: bytes.Contains(bytes.ToLower(body), []byte("cancel"))} // only Microsoft's words say so
}

// discard closes an answer so that its connection can be used again.
func discard(resp *http.Response) {
	_, _ = io.CopyN(io.Discard, resp.Body, maxAnswer)
	resp.Body.Close()
}

var (
	codeRE    = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9]{2,63}$`)
	subCodeRE = regexp.MustCompile(`"subCode"\s*:\s*"([A-Za-z][A-Za-z0-9]{2,63})"`)
)

// errorCode finds Microsoft's error code in an answer: {"error":{"code":…}}, or a
// subCode within the message as Microsoft's page "send proactive messages" has it. ""
// if there is none; nothing else of the answer is believed or kept.
func errorCode(body []byte) string {
	var said struct {
		Error   json.RawMessage
		Message json.RawMessage
		SubCode json.RawMessage
	}
	var inner struct {
		Code    json.RawMessage
		Message json.RawMessage
	}
	_ = json.Unmarshal(body, &said)
	_ = json.Unmarshal(said.Error, &inner)
	for _, raw := range []json.RawMessage{inner.Message, said.Message} {
		var text string
		if json.Unmarshal(raw, &text) == nil {
			if m := subCodeRE.FindStringSubmatch(text); m != nil {
				return m[1]
			}
		}
	}
	for _, raw := range []json.RawMessage{said.SubCode, inner.Code} {
		var code string
		if json.Unmarshal(raw, &code) == nil && codeRE.MatchString(code) {
			return code
		}
	}
	return ""
}

// retryAfter reads Retry-After in both its forms (RFC 9110, 10.2.3), at most an hour;
// 0 if it is not there or makes no sense.
func retryAfter(h http.Header, now time.Time) time.Duration {
	v := strings.TrimSpace(h.Get("Retry-After"))
	d := time.Duration(0)
	if n, err := strconv.ParseFloat(v, 64); err == nil && n >= 0 { // NaN is not
		d = time.Duration(min(n, 3600) * float64(time.Second))
	} else if t, err := http.ParseTime(v); err == nil {
		d = t.Sub(now)
	}
	return min(max(d, 0), time.Hour)
}
