package teamstest

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// What stands in Bot Connector's tokens, and what the bot asks a token for.
const (
	Issuer     = "https://api.botframework.com"
	Scope      = "https://api.botframework.com/.default"
	GraphScope = "https://graph.microsoft.com/.default"
)

// A Key signs tokens; its public half is on the key endpoint.
type Key struct {
	ID           string
	Endorsements []string // channels that it may sign for
	Private      *rsa.PrivateKey
}

// NewKey makes a key. It is not on the key endpoint yet.
func NewKey(id string, endorsements ...string) Key {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err) // no randomness
	}
	return Key{id, endorsements, private}
}

// Sign returns a token with claims, signed by the key.
func (k Key) Sign(claims jwt.MapClaims) string {
	t := jwt.NewWithClaims(jwt.SigningMethodRS256, claims)
	t.Header["kid"], t.Header["x5t"] = k.ID, k.ID
	s, err := t.SignedString(k.Private)
	if err != nil {
		panic(err)
	}
	return s
}

type issuer struct {
	KeyRequests   atomic.Int64 // of keys: of Bot Connector's metadata, and of the tenant's keys
	TokenRequests atomic.Int64

	mu    sync.Mutex
	keys  []Key
	entra []Key // with which the tenant signs
	down  bool
	own   bearers
}

var (
	testKey  = sync.OnceValue(func() Key { return NewKey("teams-1", "msteams") })
	entraKey = sync.OnceValue(func() Key { return NewKey("entra-1") })
)

func (c *Cloud) startIssuer() {
	c.issuer.keys, c.issuer.entra = []Key{testKey()}, []Key{entraKey()}
	c.mux.HandleFunc("GET /v1/.well-known/openidconfiguration", func(w http.ResponseWriter, _ *http.Request) {
		c.issuer.KeyRequests.Add(1)
		if c.issuer.isDown(w) {
			return
		}
		json.NewEncoder(w).Encode(map[string]any{"issuer": Issuer, "jwks_uri": c.URL + "/v1/.well-known/keys",
			"authorization_endpoint": "https://invalid.botframework.com", "id_token_signing_alg_values_supported": []string{"RS256"}})
	})
	c.mux.HandleFunc("GET /v1/.well-known/keys", func(w http.ResponseWriter, r *http.Request) {
		c.serveKeys(w, r, func() []Key { return c.issuer.keys })
	})
	// Where these are: https://learn.microsoft.com/entra/identity-platform/v2-protocols-oidc
	c.mux.HandleFunc("GET /login/{tenant}/v2.0/.well-known/openid-configuration", func(w http.ResponseWriter, r *http.Request) {
		if r.PathValue("tenant") != Tenant {
			c.refuse(w, http.StatusBadRequest, "invalid_tenant", "AADSTS90002: tenant not found")
			return
		}
		json.NewEncoder(w).Encode(map[string]any{"issuer": c.EntraIssuer(), "jwks_uri": c.Login() + "/" + Tenant + "/discovery/v2.0/keys"})
	})
	c.mux.HandleFunc("GET /login/{tenant}/discovery/v2.0/keys", func(w http.ResponseWriter, r *http.Request) {
		c.issuer.KeyRequests.Add(1)
		if r.PathValue("tenant") != Tenant {
			c.refuse(w, http.StatusBadRequest, "invalid_tenant", "AADSTS90002: tenant not found")
			return
		}
		c.serveKeys(w, r, func() []Key { return c.issuer.entra })
	})
	c.mux.HandleFunc("POST /login/{tenant}/oauth2/v2.0/token", c.token)
}

// serveKeys answers with the public halves of keys. Keys of the tenant's have no
// member endorsements, and those of Bot Connector need not.
func (c *Cloud) serveKeys(w http.ResponseWriter, r *http.Request, keys func() []Key) {
	if r.Header.Get("Authorization") != "" {
		c.note("keys: asked for with a token")
	}
	if c.issuer.isDown(w) {
		return
	}
	c.issuer.mu.Lock()
	defer c.issuer.mu.Unlock()
	all := []map[string]any{}
	for _, k := range keys() {
		doc := map[string]any{"kty": "RSA", "use": "sig", "kid": k.ID, "x5t": k.ID,
			"n": base64.RawURLEncoding.EncodeToString(k.Private.N.Bytes()), "e": base64.RawURLEncoding.EncodeToString(big.NewInt(int64(k.Private.E)).Bytes())}
		if k.Endorsements != nil {
			doc["endorsements"] = k.Endorsements
		}
		all = append(all, doc)
	}
	json.NewEncoder(w).Encode(map[string]any{"keys": all})
}

func (i *issuer) isDown(w http.ResponseWriter) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.down {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	return i.down
}

// Login and Metadata are endpoints for the configuration.
func (c *Cloud) Login() string    { return c.URL + "/login" }
func (c *Cloud) Metadata() string { return c.URL + "/v1/.well-known/openidconfiguration" }

// SetKeys replaces the keys on the key endpoint; the first one signs activities.
func (c *Cloud) SetKeys(keys ...Key) {
	c.issuer.mu.Lock()
	defer c.issuer.mu.Unlock()
	c.issuer.keys = keys
}

// EntraIssuer is the issuer of the tenant's own tokens of version 2.0.
func (c *Cloud) EntraIssuer() string { return c.Login() + "/" + Tenant + "/v2.0" }

// EntraClaims returns the claims of a token that the tenant gave to an app for the
// bot (https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference).
func (c *Cloud) EntraClaims(app string) jwt.MapClaims {
	now := time.Now()
	return jwt.MapClaims{"iss": c.EntraIssuer(), "aud": AppID, "tid": Tenant, "ver": "2.0", "azp": app, "azpacr": "2",
		"oid": "86d5c138-0000-4000-8000-0000000000cc", "sub": "86d5c138-0000-4000-8000-0000000000cc",
		"iat": now.Unix(), "nbf": now.Unix(), "exp": now.Add(24 * time.Hour).Unix()}
}

// EntraKey is the key with which the tenant signs.
func (c *Cloud) EntraKey() Key {
	c.issuer.mu.Lock()
	defer c.issuer.mu.Unlock()
	return c.issuer.entra[0]
}

// IssuerDown has the key endpoint answer 503, or not any more.
func (c *Cloud) IssuerDown(down bool) {
	c.issuer.mu.Lock()
	defer c.issuer.mu.Unlock()
	c.issuer.down = down
}

// KeyRequests and TokenRequests say how often these were asked for.
func (c *Cloud) KeyRequests() int64   { return c.issuer.KeyRequests.Load() }
func (c *Cloud) TokenRequests() int64 { return c.issuer.TokenRequests.Load() }

// Claims returns the claims of a token with which Bot Connector delivers an activity.
func (c *Cloud) Claims() jwt.MapClaims {
	now := time.Now()
	return jwt.MapClaims{"iss": Issuer, "aud": AppID, "serviceurl": c.Service(), "nbf": now.Add(-time.Minute).Unix(), "exp": now.Add(time.Hour).Unix()}
}

// Sign returns a token of Bot Connector's.
func (c *Cloud) Sign(claims jwt.MapClaims) string {
	c.issuer.mu.Lock()
	k := c.issuer.keys[0]
	c.issuer.mu.Unlock()
	return k.Sign(claims)
}
