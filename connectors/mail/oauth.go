package mail

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/emersion/go-sasl"

	"amtsbote/bots"
)

// OAuth has a short-lived token sign in instead of a password (XOAUTH2, or
// OAUTHBEARER of RFC 7628), as Exchange Online demands. A program that nobody
// signs in for gets it by its own secret (RFC 6749, 4.4: client credentials), or
// by a refresh token that a person once obtained for it (section 6).
//
// The token lives in memory only; see [tokens] for how often it is asked for.
type OAuth struct {
	TokenURL     string      `yaml:"token_url"` // https; http only to this machine
	ClientID     string      `yaml:"client_id"`
	ClientSecret bots.Secret `yaml:"client_secret"` // may be missing beside a refresh token
	RefreshToken bots.Secret `yaml:"refresh_token"` // default: client credentials
	Scope        string      `yaml:"scope"`         // as the provider asks; several with spaces between
	Mechanism    string      `yaml:"mechanism"`     // "xoauth2", "oauthbearer"; default: what the server offers, first oauthbearer
}

const (
	mechBearer  = "oauthbearer"
	mechXOAuth2 = "xoauth2"
)

func (o OAuth) isZero() bool { return o == OAuth{} }

// validateSignIn checks passwords, and what takes their place.
func (c Config) validateSignIn(bad func(key, format string, args ...any)) {
	secret := func(key string, s bots.Secret, needed string) {
		if err := s.Validate(); err != nil {
			bad(key, "%w", err)
		} else if s.IsZero() && needed != "" {
			bad(key, "missing%s", needed)
		}
	}
	secret("smtp.password", c.SMTP.Password, "")
	if c.OAuth.isZero() {
		secret("password", c.Password, " (or oauth)")
		return
	}
	if c.Password != (bots.Secret{}) {
		bad("password", "set password or oauth, one of them")
	}
	u, err := url.Parse(c.OAuth.TokenURL)
	switch {
	case c.OAuth.TokenURL == "":
		bad("oauth.token_url", "missing: where the provider issues tokens")
	case err != nil || u.Host == "" || u.User != nil:
		bad("oauth.token_url", "not an address such as https://login.example/token") // not quoted: could hold a secret
	case u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())):
		bad("oauth.token_url", "must begin with https: the secret would travel in clear")
	}
	if c.OAuth.ClientID == "" {
		bad("oauth.client_id", "missing")
	}
	needed := ""
	if c.OAuth.RefreshToken.IsZero() {
		needed = " (or refresh_token)"
	}
	secret("oauth.client_secret", c.OAuth.ClientSecret, needed)
	secret("oauth.refresh_token", c.OAuth.RefreshToken, "")
	switch c.OAuth.Mechanism {
	case "", mechBearer, mechXOAuth2:
	default:
		bad("oauth.mechanism", "%q is not xoauth2 or oauthbearer", c.OAuth.Mechanism)
	}
}

var (
	// errBearer is what a token that was not taken wraps: it needs a person.
	errBearer = errors.New("login refused: the mail server does not take the token for this mailbox: " +
		"check user, oauth.scope, and that the application has been allowed to open this mailbox")
	errNoBearer = errors.New("the mail server does not offer the login that oauth needs (XOAUTH2 or OAUTHBEARER): " +
		"check server and oauth.mechanism, or use a password")
)

// mechanism returns how a token is handed to a server, which says what it offers.
// It is "" if there is no way.
func (o OAuth) mechanism(offers func(string) bool) string {
	for _, m := range []string{mechBearer, mechXOAuth2} {
		if m == cmp.Or(o.Mechanism, m) && offers(strings.ToUpper(m)) {
			return m
		}
	}
	return ""
}

// bearer signs in with a token. go-sasl lacks XOAUTH2, and its OAUTHBEARER takes
// an error of the server for a broken connection.
type bearer struct {
	mech, user, token string
	ask               bool // wait for the server's empty challenge
	refused           bool // the server has said why it refuses the token
}

var _ sasl.Client = (*bearer)(nil)

// Start implements sasl.Client. Over SMTP nothing is said at once: a token is
// longer than a command may be (RFC 4954, 4).
func (b *bearer) Start() (mech string, first []byte, err error) {
	if b.ask {
		return strings.ToUpper(b.mech), nil, nil
	}
	return strings.ToUpper(b.mech), b.response(), nil
}

// Next implements sasl.Client. Any challenge with content states an error; it can
// name the person and is kept from the log. The exchange is not carried to its
// end: the connection is given up anyway.
func (b *bearer) Next(challenge []byte) ([]byte, error) {
	if b.ask && len(challenge) == 0 {
		b.ask = false
		return b.response(), nil
	}
	b.refused = true
	return nil, errBearer
}

func (b *bearer) response() []byte {
	auth := "\x01auth=Bearer " + b.token + "\x01\x01"
	if b.mech == mechXOAuth2 {
		return []byte("user=" + b.user + auth)
	}
	return []byte("n,a=" + saslName.Replace(b.user) + "," + auth)
}

// withToken dials with a token of t, and once more with a new one if the server
// does not take the first. Without t it dials with the password.
func withToken[T any](ctx context.Context, t *tokens, dial func(token string) (T, error)) (conn T, err error) {
	token := ""
	if t != nil {
		if token, err = t.get(ctx); err != nil {
			return conn, err
		}
	}
	conn, err = dial(token)
	if t == nil || !errors.Is(err, errBearer) || !t.renew(ctx, token) {
		return conn, err
	}
	if token, err = t.get(ctx); err != nil {
		return conn, err
	}
	return dial(token)
}

// saslName writes a name as RFC 5801 wants it.
var saslName = strings.NewReplacer("=", "=3D", ",", "=2C")

// A tokenError is that the provider gives no token. It holds nothing of what the
// provider wrote but two codes that mean the same for everybody.
type tokenError struct {
	status int    // of HTTP
	code   string // of RFC 6749, 5.2; "" for none that is known
	entra  string // Microsoft's, such as AADSTS7000215
}

// cures say what a person can do about each code.
var cures = map[string]string{
	"invalid_client":         "check oauth.client_id and oauth.client_secret, which may have expired",
	"invalid_grant":          "oauth.refresh_token has expired or was revoked: a person has to sign in for the mailbox again",
	"invalid_scope":          "check oauth.scope",
	"invalid_request":        "check oauth.token_url, oauth.client_id and oauth.scope",
	"invalid_target":         "check oauth.scope",
	"unauthorized_client":    "the provider does not let this application sign in this way",
	"unsupported_grant_type": "the provider does not know this way to sign in: check oauth.token_url",
	"access_denied":          "the provider does not let this application sign in",
	"interaction_required":   "the provider wants a person to sign in for the mailbox again",
}

func (e *tokenError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "mail: oauth: the provider gives no token: %s", cmp.Or(e.code, fmt.Sprintf("HTTP %d", e.status)))
	if e.entra != "" {
		b.WriteString(" " + e.entra)
	}
	if cure := cures[e.code]; cure != "" {
		b.WriteString(": " + cure)
	}
	return b.String()
}

// final reports whether asking again would bring nothing until a person acts.
func (e *tokenError) final() bool {
	return e.status < 500 && e.status != 429 && e.status != 408
}
