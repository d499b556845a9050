package teams

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	maxGraph   = 16 << 20        // bytes of an answer; a page of threads holds all of their replies
	graphTries = 6               // of one request
	graphPause = 2 * time.Minute // of all waiting for one request
)

// graph reads Microsoft Graph v1.0, with a token of the app's own, not of a person.
// So whatever is read for a person needs a look at what that person may read first.
//
// What it needs, and who grants it:
//
//	ChannelMessage.Read.Group  messages of a team's channels   } resource-specific
//	ChatMessage.Read.Chat      messages of a group chat        } consent, when the app
//	ChatMember.Read.Chat       since when members may read it  } is added there
//	Files.Read.All             files in channels               tenant's administrator
//
// https://learn.microsoft.com/microsoftteams/platform/graph-api/rsc/resource-specific-consent
type graph struct {
	base   string // of all addresses, without a slash at its end
	tokens *tokens
	client *http.Client
	wait   func(ctx context.Context, d time.Duration) error
}

func newGraph(cfg Config, client *http.Client) *graph {
	return &graph{cfg.Endpoints.Graph, newTokens(cfg, cfg.Endpoints.Graph+"/.default", client), client, pauseFor}
}

// resource returns the path of a resource from its segments, each of them opaque:
// "a/../b" is one.
func resource(segments ...string) string {
	var b strings.Builder
	for _, s := range segments {
		b.WriteString("/" + url.PathEscape(s))
	}
	return b.String()
}

var errPage = fmt.Errorf("teams: graph: answer of more than %d MB", maxGraph>>20)

// get reads a resource into v. Fields that are not of the expected kind stay empty.
// An answer that says no is an *apiError; one of more than maxGraph is errPage.
func (g *graph) get(ctx context.Context, path, query string, v any) error {
	resp, err := g.do(ctx, path, query)
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return answered("graph", resp)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxGraph+1))
	switch {
	case err != nil:
		return bare("graph", err)
	case len(body) > maxGraph:
		return errPage
	}
	if err := json.Unmarshal(body, v); err != nil {
		if kind, ok := errors.AsType[*json.UnmarshalTypeError](err); !ok || kind.Field == "" { // else the rest was read
			return errors.New("teams: graph: the answer is not JSON of this kind")
		}
	}
	return nil
}

// do asks for a resource again and again while Graph is busy, and once more with a
// new token if it does not take the one there was. Reading twice does no harm. Where
// Graph wants more time than graphPause it is not asked before, and the answer is
// that. The caller closes the body. Redirections are answers like others.
func (g *graph) do(ctx context.Context, path, query string) (*http.Response, error) {
	for segment := range strings.SplitSeq(path[1:], "/") {
		if segment == "" || segment == "." || segment == ".." { // a server takes it for another path
			return nil, errors.New("teams: graph: not an ID")
		}
	}
	address := g.base + path
	if query != "" {
		address += "?" + query
	}
	paused, renewed := time.Duration(0), false
	for try := 1; ; try++ {
		token, err := g.tokens.get(ctx) // whose failure it paces itself
		if err != nil {
			return nil, err
		}
		resp, err := g.once(ctx, address, token)
		if err != nil && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		status, after := 0, time.Duration(0)
		if err == nil {
			status, after = resp.StatusCode, retryAfter(resp.Header, time.Now())
		}
		again := err != nil || passing(status)
		if status == http.StatusUnauthorized && !renewed {
			again, renewed = true, true
		}
		pause := pauseOf(after, try)
		if status == http.StatusUnauthorized {
			pause = 0
		}
		if !again || try == graphTries || paused+pause > graphPause {
			return resp, err
		}
		if err == nil {
			discard(resp)
		}
		if err := g.wait(ctx, pause); err != nil {
			return nil, err
		}
		paused += pause
	}
}

// once asks for a resource once.
func (g *graph) once(ctx context.Context, address, token string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, errors.New("teams: graph: not an address")
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Accept", "application/json")
	resp, err := g.client.Do(req)
	if err != nil {
		return nil, bare("graph", err)
	}
	if resp.StatusCode == http.StatusUnauthorized {
		g.tokens.reject(token)
	}
	return resp, nil
}

// pauseOf is how long to wait before the nth repetition: as the server says, or a
// time that grows.
func pauseOf(after time.Duration, try int) time.Duration {
	if after > 0 {
		return after
	}
	return time.Second<<(try-1) + rand.N(time.Second/2)
}

// denied reports whether an error says that a permission is missing.
func denied(err error) bool {
	e, ok := errors.AsType[*apiError](err)
	return ok && e.Status == http.StatusForbidden
}

// absent reports whether an error says that there is no such thing.
func absent(err error) bool {
	e, ok := errors.AsType[*apiError](err)
	return ok && e.Status == http.StatusNotFound
}

// missing reports whether an error says that there is no such thing, or that it is
// not for us to know.
func missing(err error) bool {
	e, ok := errors.AsType[*apiError](err)
	return ok && (e.Status == http.StatusNotFound || e.Status == http.StatusForbidden || e.Status == http.StatusGone)
}

// query returns the query of a link to a further page. Only that is taken of it:
// where to ask stays our choice. A link to another host is an error.
func (g *graph) query(link string) (string, error) {
	u, err := url.Parse(link)
	own, errOwn := url.Parse(g.base)
	if err != nil || errOwn != nil || u.User != nil || u.Scheme != own.Scheme || !strings.EqualFold(u.Host, own.Host) || !strings.HasPrefix(u.Path, own.Path+"/v1.0/") || u.RawQuery == "" {
		return "", errors.New("teams: graph: the link to the next page leads elsewhere")
	}
	return u.RawQuery, nil
}

// A page is a part of a list.
type page[T any] struct {
	Value []T
	Next  string `json:"@odata.nextLink"`
}

// pages calls take with each page of a list until there is no further one or take
// returns false. A page may be empty and not be the last.
func pages[T any](ctx context.Context, g *graph, path, query string, take func([]T) (bool, error)) error {
	for {
		var p page[T]
		if err := g.get(ctx, path, query, &p); err != nil {
			return err
		}
		more, err := take(p.Value)
		if err != nil || !more || p.Next == "" {
			return err
		}
		last := query
		if query, err = g.query(p.Next); err != nil {
			return err
		}
		if query == last {
			return errors.New("teams: graph: a page leads to itself")
		}
	}
}
