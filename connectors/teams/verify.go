package teams

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const (
	maxHeader  = 16 << 10 // bytes of an Authorization header
	leeway     = 5 * time.Minute
	maxInstant = 253402300799 // 9999-12-31 in seconds: above, an int64 of it may be in the past

	teamsChannel = "msteams"

	// messagingBot is the application of Microsoft's that delivers activities to
	// bots with a token of the tenant ("Messaging Bot API Application").
	messagingBot = "5a807f24-c9de-44ee-a3a7-329e88a00ffc"
)

// Errors of a request, which say what to answer. What is wrong stands behind
// them, without anything of the request.
var (
	errToken     = errors.New("teams: token refused")                         // none, or not right: 401
	errForbidden = errors.New("teams: the token does not allow the activity") // it is right, but for others: 403
	errKeys      = errors.New("teams: no keys to check tokens with")          // not now, try again later: 503
)

// A verifier says whether requests come from Bot Connector:
// https://learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-connector-authentication
// judge_token_test.go compares it with Microsoft's own package: it accepts nothing
// that this refuses, and says where it is stricter.
type verifier struct {
	cfg       Config
	parser    *jwt.Parser
	dates     *jwt.Validator
	connector *keySet // of Bot Connector, whose keys have endorsements
	entra     *keySet // of the tenant; nil: its tokens are refused
}

func newVerifier(cfg Config, client *http.Client, log *slog.Logger) *verifier {
	v := &verifier{
		cfg: cfg,
		// The claims are checked before a key is looked up, not after.
		parser:    jwt.NewParser(jwt.WithValidMethods([]string{"RS256"}), jwt.WithStrictDecoding(), jwt.WithoutClaimsValidation()),
		dates:     jwt.NewValidator(jwt.WithLeeway(leeway), jwt.WithExpirationRequired()),
		connector: &keySet{metadata: cfg.Endpoints.Metadata, local: cfg.Cloud == "custom", client: client, log: log},
	}
	if cfg.EntraTokens {
		v.entra = &keySet{address: cfg.Endpoints.Login + "/" + url.PathEscape(cfg.Tenant) + "/discovery/v2.0/keys", client: client, log: log}
	}
	return v
}

// A grant is what a token that is right allows.
type grant struct {
	cfg          *Config
	entra        bool     // the tenant has signed it, not Bot Connector
	service      string   // the claim serviceurl; the tenant's tokens have none
	endorsements []string // channels that the signing key may speak for
}

func refuse(why string) error { return fmt.Errorf("%w: %s", errToken, why) }
func forbid(why string) error { return fmt.Errorf("%w: %s", errForbidden, why) }

// check checks the Authorization header of a request. Its errors are errToken and
// errKeys. What a glance can refuse costs neither a signature nor a key: a stranger
// cannot have the bot ask Microsoft for keys as often as they like (keys.go).
func (v *verifier) check(ctx context.Context, header string) (*grant, error) {
	if len(header) > maxHeader {
		return nil, refuse("header of more than 16 KB")
	}
	token, ok := strings.CutPrefix(header, "Bearer ")
	if !ok || strings.ContainsFunc(token, func(r rune) bool { return !tokenRune(r) }) {
		return nil, refuse("not a bearer token")
	}
	var (
		claims = jwt.MapClaims{}
		found  *grant
		why    error
	)
	_, err := v.parser.ParseWithClaims(token, claims, func(t *jwt.Token) (any, error) {
		var k key
		if found, k, why = v.glance(ctx, t.Header, claims); why != nil {
			return nil, why
		}
		return k.public, nil
	})
	switch {
	case why != nil:
		return nil, why
	case errors.Is(err, jwt.ErrTokenMalformed):
		return nil, refuse("not a JWT")
	case err != nil:
		return nil, refuse("signature")
	}
	return found, nil
}

// tokenRune reports whether a compact JWS may have r in it (RFC 7515, 7.1). Go's
// base64 would skip line breaks.
func tokenRune(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' || r == '.'
}

// glance checks what a token says, before its signature, and finds the key that it
// names.
func (v *verifier) glance(ctx context.Context, header map[string]any, claims jwt.MapClaims) (*grant, key, error) {
	kid, _ := header["kid"].(string)
	if !usableKid(kid) {
		return nil, key{}, refuse("kid")
	}
	// RFC 7515, 4.1.11: who does not understand what is critical must refuse. The
	// library does not look.
	if _, ok := header["crit"]; ok {
		return nil, key{}, refuse("crit")
	}
	// A string: an array may name others too, with whom the token would be shared.
	// Microsoft's package refuses arrays as well.
	if aud, _ := claims["aud"].(string); aud == "" || aud != v.cfg.AppID {
		return nil, key{}, refuse("aud")
	}
	if err := v.checkDates(claims); err != nil {
		return nil, key{}, err
	}
	g := &grant{cfg: &v.cfg}
	iss, _ := claims["iss"].(string)
	keys := v.connector
	switch {
	case iss == "":
		return nil, key{}, refuse("iss")
	case iss == v.cfg.Endpoints.Issuer:
		// In small letters only, though the documentation writes serviceUrl: none of
		// Microsoft's packages reads another spelling.
		if g.service, _ = claims["serviceurl"].(string); g.service == "" {
			return nil, key{}, refuse("serviceurl")
		}
	case v.entra != nil && (iss == "https://sts.windows.net/"+v.cfg.Tenant+"/" || iss == v.cfg.Endpoints.Login+"/"+v.cfg.Tenant+"/v2.0"):
		if err := v.checkCaller(claims); err != nil {
			return nil, key{}, err
		}
		g.entra, keys = true, v.entra
		if service, ok := claims["serviceurl"]; ok {
			if g.service, _ = service.(string); g.service == "" {
				return nil, key{}, refuse("serviceurl")
			}
		}
	default:
		return nil, key{}, refuse("iss")
	}
	k, err := keys.get(ctx, kid)
	if err != nil {
		return nil, key{}, err
	}
	g.endorsements = k.endorsements
	return g, k, nil
}

func (v *verifier) checkDates(claims jwt.MapClaims) error {
	for _, name := range []string{"exp", "nbf"} {
		if value, ok := claims[name]; ok {
			if s, ok := value.(float64); !ok || s < 0 || s > maxInstant {
				return refuse(name)
			}
		}
	}
	if v.dates.Validate(claims) != nil {
		return refuse("expired, or not valid yet")
	}
	return nil
}

// checkCaller checks who got a token of the tenant's. Its audience is not enough:
// any app of the tenant, and many a person, can get a token for any app. So it must
// have been given to Microsoft's own application that delivers to bots, or to the
// bot's own (whoever can get that has the bot's secret, and Microsoft's packages
// accept it from the emulator), and to the application itself with a credential, not
// to a person who uses it. What the claims mean:
// https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference
//
// Microsoft documents no list of callers. messagingBot is what such tokens have been
// seen with, and whose scope bots use to answer them. Another caller is refused.
func (v *verifier) checkCaller(claims jwt.MapClaims) error {
	text := func(name string) string { s, _ := claims[name].(string); return s }
	caller, credential := text("azp"), text("azpacr")
	switch text("ver") {
	case "1.0":
		caller, credential = text("appid"), text("appidacr")
	case "2.0":
	default:
		return refuse("ver")
	}
	_, scp := claims["scp"] // of tokens for a person only
	switch {
	case caller != messagingBot && caller != v.cfg.AppID:
		return refuse("caller")
	case credential != "1" && credential != "2": // a secret, a certificate; "0" is none
		return refuse("caller without a credential")
	case scp || text("sub") == "" || text("sub") != text("oid"):
		return refuse("a person's token")
	case text("tid") != v.cfg.Tenant:
		return refuse("tid")
	}
	return nil
}

// covers reports why a token does not allow an activity, as errForbidden; nil: it
// does. Microsoft's package lets a key without endorsements speak for every
// channel, and looks neither at the host nor at the tenant.
func (g *grant) covers(a *activity) error {
	if a.ChannelID != teamsChannel {
		return forbid("channelId")
	}
	if !g.entra && !slices.Contains(g.endorsements, a.ChannelID) {
		return forbid("the key has no endorsement of the channel")
	}
	if g.service != a.ServiceURL && !(g.entra && g.service == "") {
		return forbid("serviceUrl is not that of the token")
	}
	if u, err := url.Parse(a.ServiceURL); err != nil || !g.cfg.listed(u, g.cfg.ServiceHosts) {
		return forbid("serviceUrl is on no listed host")
	}
	if !g.cfg.ours(a.tenant()) {
		return forbid("tenant")
	}
	return nil
}

// probe fetches the keys, for amtsbote check. Its error is errKeys.
func (v *verifier) probe(ctx context.Context) error {
	if err := v.connector.renewed(ctx); err != nil || v.entra == nil {
		return err
	}
	return v.entra.renewed(ctx)
}
