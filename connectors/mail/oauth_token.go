package mail

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"amtsbote/bots"
)

const (
	renewEarly = 5 * time.Minute // before a token expires; less if it lives shortly
	fresh      = time.Minute     // a refusal of a token younger than this is not its age's fault
	assumed    = time.Hour       // life of a token of which the provider does not say it
	maxToken   = 16 << 10        // bytes
	slowest    = 5 * time.Minute // between two questions to a provider that refuses
)

// tokens get the access token of one mailbox and keep it until shortly before it
// expires. The provider is asked for one token at a time, however many
// connections need it; one that refused is not asked again for a while that grows
// up to slowest, in which everybody gets the same error at once. So neither a
// failing login nor a failing provider makes a loop.
type tokens struct {
	cfg     OAuth
	timeout time.Duration
	client  func() (*http.Client, error)
	now     func() time.Time
	turn    chan struct{} // holds one while it is somebody's turn

	token       string
	born, until time.Time
	failed      error
	fails       int
	quiet       time.Time // until when the provider is left alone
	newest      kept      // refresh token

	mu    sync.Mutex
	state bots.State
}

func (c *Connector) newTokens() *tokens {
	if c.cfg.OAuth.isZero() {
		return nil
	}
	return &tokens{cfg: c.cfg.OAuth, timeout: c.cfg.Timeout, client: c.tokenClient, now: func() time.Time { return c.now() }, turn: make(chan struct{}, 1)}
}

// tokenClient speaks to the provider, who proves itself as the mail servers do. It
// follows no redirection: the secret is for the configured address alone.
func (c *Connector) tokenClient() (*http.Client, error) {
	u, err := url.Parse(c.cfg.OAuth.TokenURL)
	if err != nil {
		return nil, errors.New("mail: oauth.token_url is not an address")
	}
	conf, err := c.tls(net.JoinHostPort(u.Hostname(), "443"))
	if err != nil {
		return nil, err
	}
	return &http.Client{
		Transport:     &http.Transport{Proxy: http.ProxyFromEnvironment, TLSClientConfig: conf, DisableKeepAlives: true, ForceAttemptHTTP2: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, nil
}

func (t *tokens) lock(ctx context.Context) error {
	select {
	case t.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (t *tokens) unlock() { <-t.turn }

// get returns a token that is good for some time.
func (t *tokens) get(ctx context.Context) (string, error) {
	if err := t.lock(ctx); err != nil {
		return "", err
	}
	defer t.unlock()
	now := t.now()
	if t.token != "" && now.Before(t.until) {
		return t.token, nil
	}
	if now.Before(t.quiet) {
		return "", t.failed
	}
	err := t.fetch(ctx)
	if err == nil {
		t.failed, t.fails, t.quiet = nil, 0, time.Time{}
		return t.token, nil
	}
	if ctx.Err() != nil {
		return "", ctx.Err() // says nothing about the provider
	}
	t.failed = err
	t.fails++
	t.quiet = t.now().Add(t.pause(err))
	return "", err
}

// pause is how long to leave the provider alone after an error.
func (t *tokens) pause(err error) time.Duration {
	first := 5 * time.Second
	if e, ok := errors.AsType[*tokenError](err); ok && e.final() {
		first = time.Minute
	}
	wait := min(first<<min(t.fails-1, 10), slowest)
	if e, ok := errors.AsType[*retryAfter](err); ok {
		wait = max(wait, min(e.wait, slowest))
	}
	return wait
}

// renew is told that a server refused a token, and reports whether another try
// may bring more: if the token had been in use for a while, or there is another by
// now. A new one that is refused is refused for another reason than its age.
func (t *tokens) renew(ctx context.Context, refused string) bool {
	if t.lock(ctx) != nil {
		return false
	}
	defer t.unlock()
	if t.token != refused {
		return t.token != ""
	}
	if t.now().Sub(t.born) < fresh {
		return false
	}
	t.token = ""
	return true
}

// A retryAfter is an error of which the provider said how long it lasts.
type retryAfter struct {
	error
	wait time.Duration
}

func (e *retryAfter) Unwrap() error { return e.error }

// fetch asks the provider for a token.
func (t *tokens) fetch(ctx context.Context) error {
	client, err := t.client()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithValue(ctx, oauth2.HTTPClient, client), t.timeout)
	defer cancel()
	conf := clientcredentials.Config{
		ClientID: t.cfg.ClientID, ClientSecret: t.cfg.ClientSecret.Reveal(), TokenURL: t.cfg.TokenURL,
		// In the form and not in a header: all providers know that, and guessing
		// would ask twice for each refusal.
		AuthStyle: oauth2.AuthStyleInParams,
	}
	if t.cfg.Scope != "" {
		conf.Scopes = strings.Fields(t.cfg.Scope)
	}
	refresh := t.recall(ctx)
	if refresh != "" {
		conf.EndpointParams = url.Values{"grant_type": {"refresh_token"}, "refresh_token": {refresh}}
	}
	tok, err := conf.Token(ctx)
	if err != nil {
		return t.plain(err)
	}
	if !usable(tok.AccessToken) || tok.TokenType != "" && !strings.EqualFold(tok.TokenType, "bearer") {
		return errors.New("mail: oauth: the provider's answer holds no token that a mail server could take")
	}
	life := assumed
	if !tok.Expiry.IsZero() {
		life = time.Until(tok.Expiry)
	}
	t.token, t.born = tok.AccessToken, t.now()
	t.until = t.born.Add(life - min(renewEarly, life/5))
	if refresh != "" && tok.RefreshToken != "" && tok.RefreshToken != refresh {
		return t.remember(ctx, tok.RefreshToken)
	}
	return nil
}

// usable reports whether a token can be handed on (RFC 6750, 2.1): one with other
// characters could say more than a token.
func usable(token string) bool {
	return token != "" && len(token) <= maxToken && strings.IndexFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }) < 0
}

var (
	entraCode = regexp.MustCompile(`\bAADSTS[0-9]{4,8}\b`)
	oauthCode = regexp.MustCompile(`^[a-z_]{3,40}$`)
)

// plain says why there is no token, without what the provider wrote: that quotes
// identities, and who relays it could quote the request.
func (t *tokens) plain(err error) error {
	said, ok := errors.AsType[*oauth2.RetrieveError](err)
	if !ok {
		if e := certificate(err); e != nil {
			return fmt.Errorf("mail: oauth: %w", e)
		}
		if e, ok := errors.AsType[*net.OpError](err); ok {
			return fmt.Errorf("mail: oauth: the provider cannot be reached: %w", e)
		}
		if e, ok := errors.AsType[*net.DNSError](err); ok {
			return fmt.Errorf("mail: oauth: the provider cannot be reached: %w", e)
		}
		if errors.Is(err, context.DeadlineExceeded) {
			return fmt.Errorf("mail: oauth: the provider did not answer within %v", t.timeout)
		}
		return errors.New("mail: oauth: the provider's answer cannot be read: check oauth.token_url")
	}
	e := &tokenError{status: said.Response.StatusCode, entra: entraCode.FindString(said.ErrorDescription)}
	if _, known := cures[said.ErrorCode]; known || oauthCode.MatchString(said.ErrorCode) && said.ErrorCode != t.cfg.ClientID {
		e.code = said.ErrorCode
	}
	if e.code == "temporarily_unavailable" || e.code == "server_error" {
		e.status = http.StatusServiceUnavailable
	}
	if n, err := strconv.Atoi(said.Response.Header.Get("Retry-After")); err == nil && n > 0 {
		return &retryAfter{e, time.Duration(min(n, 3600)) * time.Second}
	}
	return e
}

// Providers such as Microsoft give a new refresh token with each use, without
// which the bot would stop when the configured one has expired. So the newest is
// kept in the State, with the hash of the configured one that it descends from: one
// that a person configures anew counts at once.

const keyRefresh = "oauth/refresh"

type kept struct {
	From  string // hash of the configured refresh token
	Token string
}

// keep tells where to remember refresh tokens. Without it, as in Check, the
// configured one is used.
func (t *tokens) keep(s bots.State) {
	if t == nil || s == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.state = s
}

func (t *tokens) kept() bots.State {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.state
}

// recall returns the newest refresh token, "" if none is configured.
func (t *tokens) recall(ctx context.Context) string {
	configured := t.cfg.RefreshToken.Reveal()
	if s := t.kept(); s != nil && configured != "" && t.newest.From != origin(configured) {
		t.newest = kept{}
		if b, err := s.Get(ctx, keyRefresh); err == nil && b != nil && json.Unmarshal(b, &t.newest) != nil {
			t.newest = kept{}
		}
	}
	if t.newest.From == origin(configured) {
		return t.newest.Token
	}
	return configured
}

func (t *tokens) remember(ctx context.Context, refresh string) error {
	t.newest = kept{origin(t.cfg.RefreshToken.Reveal()), refresh}
	s := t.kept()
	if s == nil {
		return nil
	}
	b, err := json.Marshal(t.newest)
	if err != nil {
		return err
	}
	return s.Put(context.WithoutCancel(ctx), map[string][]byte{keyRefresh: b}, 0)
}

func origin(refresh string) string {
	sum := sha256.Sum256([]byte(refresh))
	return hex.EncodeToString(sum[:8])
}
