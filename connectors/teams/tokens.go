package teams

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

const (
	renewEarly   = 5 * time.Minute  // before a token expires; less if it lives shortly
	lastUse      = 30 * time.Second // before a token expires it is still given if there is no newer one
	assumedLife  = time.Hour        // of a token of which Entra ID does not say it
	longestLife  = 24 * time.Hour   // that is believed
	maxToken     = 16 << 10         // bytes
	tokenTimeout = 20 * time.Second // of one request for a token
	rejectEvery  = time.Minute      // a refused token is replaced no more often than this
	slowestAsk   = 5 * time.Minute  // between two requests to an Entra ID that refuses
)

// tokens gets the bot's own token for a scope and keeps it until shortly before it
// expires. Entra ID is asked for one token at a time, however many wait for it; one
// that refused is not asked again for a while that grows up to slowestAsk, in which
// everybody gets the same error at once. So neither a secret that has expired nor an
// outage makes a loop.
type tokens struct {
	cfg    Config
	scope  string
	client *http.Client
	turn   chan struct{} // holds one while somebody asks

	mu    sync.Mutex
	token string
	renew time.Time // from when on another one is asked for
	end   time.Time // from when on the token is not given any more

	failed   error
	fails    int
	quiet    time.Time // until when Entra ID is left alone
	replaced time.Time // when a refused token was last given up
}

func newTokens(cfg Config, scope string, client *http.Client) *tokens {
	return &tokens{cfg: cfg, scope: scope, client: client, turn: make(chan struct{}, 1)}
}

// get returns a token that is good for some time. Its error says what a person can
// do, and holds nothing of what Entra ID wrote but its error code.
func (t *tokens) get(ctx context.Context) (string, error) {
	if token, err, ok := t.kept(); ok {
		return token, err
	}
	select {
	case t.turn <- struct{}{}:
	case <-ctx.Done():
		return "", ctx.Err()
	}
	defer func() { <-t.turn }()
	if token, err, ok := t.kept(); ok {
		return token, err // somebody else asked meanwhile
	}
	token, life, err := t.fetch(ctx)
	if err != nil && ctx.Err() != nil {
		return "", ctx.Err() // says nothing about Entra ID
	}
	return t.note(token, life, err)
}

// kept returns what there is without asking, if that is something.
func (t *tokens) kept() (string, error, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	switch {
	case t.token != "" && now.Before(t.renew):
		return t.token, nil, true
	case !now.Before(t.quiet):
		return "", nil, false
	case t.token != "" && now.Before(t.end):
		return t.token, nil, true
	}
	return "", t.failed, true
}

// note keeps what came of asking. While the old token is good, it outlives an outage.
func (t *tokens) note(token string, life time.Duration, err error) (string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	if err == nil {
		t.token, t.renew, t.end = token, now.Add(life-min(renewEarly, life/5)), now.Add(life-min(lastUse, life/10))
		t.failed, t.fails, t.quiet = nil, 0, time.Time{}
		return token, nil
	}
	t.failed = err
	t.fails++
	t.quiet = now.Add(pauseAfter(err, t.fails))
	if t.token != "" && now.Before(t.end) {
		return t.token, nil
	}
	return "", err
}

// pauseAfter is how long to leave Entra ID alone after the nth error in a row.
func pauseAfter(err error, n int) time.Duration {
	first, asked := 5*time.Second, time.Duration(0)
	if e, ok := errors.AsType[*tokenError](err); ok {
		asked = e.after
		if e.final() {
			first = time.Minute
		}
	}
	return min(max(first<<min(n-1, 10), asked), slowestAsk)
}

// reject says that a token was refused (401): it is not given again. A token that
// replaced a refused one and is refused within a minute is kept: that is not its age's
// fault, and a third one would fare no better.
func (t *tokens) reject(token string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	if token == "" || t.token != token || now.Sub(t.replaced) < rejectEvery {
		return
	}
	t.token, t.replaced = "", now
}

// address is the token endpoint of the bot's tenant.
func (t *tokens) address() string {
	return t.cfg.Endpoints.Login + "/" + url.PathEscape(t.cfg.Tenant) + "/oauth2/v2.0/token"
}

// fetch asks Entra ID for a token by the grant "client credentials":
// https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow
func (t *tokens) fetch(ctx context.Context) (token string, life time.Duration, err error) {
	ctx, cancel := context.WithTimeout(context.WithValue(ctx, oauth2.HTTPClient, t.client), tokenTimeout)
	defer cancel()
	conf := clientcredentials.Config{
		ClientID: t.cfg.AppID, ClientSecret: t.cfg.Secret.Reveal(), TokenURL: t.address(), Scopes: []string{t.scope},
		// In the form and not in a header: guessing would ask twice for each refusal.
		AuthStyle: oauth2.AuthStyleInParams,
	}
	if t.cfg.Certificate != "" {
		signed, err := assertion(t.cfg.Certificate, t.cfg.AppID, t.address(), time.Now())
		if err != nil {
			return "", 0, err
		}
		conf.EndpointParams = url.Values{"client_assertion_type": {assertionType}, "client_assertion": {signed}}
	}
	got, err := conf.Token(ctx)
	if err != nil {
		return "", 0, plainTokenError(err)
	}
	if !usableToken(got.AccessToken) || got.TokenType != "" && !strings.EqualFold(got.TokenType, "bearer") {
		return "", 0, errors.New("teams: token: the answer of Entra ID holds no token: check endpoints.login")
	}
	life = assumedLife
	if !got.Expiry.IsZero() {
		life = min(time.Until(got.Expiry), longestLife)
	}
	if life < time.Second {
		return "", 0, errors.New("teams: token: Entra ID gave a token that has expired: check endpoints.login and this machine's clock")
	}
	return got.AccessToken, life, nil
}

// usableToken reports whether a token can be handed on (RFC 6750, 2.1): one with other
// characters could say more than a token.
func usableToken(token string) bool {
	return token != "" && len(token) <= maxToken && !strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' })
}
