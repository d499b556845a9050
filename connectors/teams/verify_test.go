package teams

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"amtsbote/connectors/teams/teamstest"
)

var noLog = slog.New(slog.DiscardHandler)

// tokenConfig is the configuration for a fake cloud.
func tokenConfig(c *teamstest.Cloud) Config {
	return Config{AppID: teamstest.AppID, Tenant: teamstest.Tenant, Cloud: "custom", ServiceHosts: []string{"smba.trafficmanager.net"},
		Endpoints: Endpoints{Login: c.Login(), Metadata: c.Metadata(), Issuer: teamstest.Issuer, Scope: teamstest.Scope, Graph: c.URL}}.filled()
}

// redirected has a client find the addresses of Entra ID in the fake cloud.
type redirected struct{ to string }

func (r redirected) RoundTrip(req *http.Request) (*http.Response, error) {
	if rest, ok := strings.CutPrefix(req.URL.String(), entraLogin+"/"); ok {
		clone, err := http.NewRequestWithContext(req.Context(), req.Method, r.to+"/"+rest, nil)
		if err != nil {
			return nil, err
		}
		req = clone
	}
	return http.DefaultTransport.RoundTrip(req)
}

// verifiers returns one for each cloud of the table.
func (b *tokenCases) verifiers() map[string]*verifier {
	public := tokenConfig(b.cloud)
	gov, entra := public, public
	gov.Endpoints.Issuer = governmentIssuer
	entra.Endpoints.Login, entra.EntraTokens = entraLogin, true
	return map[string]*verifier{
		"public": newVerifier(public, newClient(), noLog),
		"gov":    newVerifier(gov, newClient(), noLog),
		"entra":  newVerifier(entra, &http.Client{Transport: redirected{b.cloud.Login()}}, noLog),
	}
}

// decide says what we answer.
func decide(t testing.TB, v *verifier, header string, raw map[string]any) error {
	body, err := json.Marshal(raw)
	if err != nil {
		t.Fatal(err)
	}
	a, err := decode(bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	g, err := v.check(context.Background(), header)
	if err != nil {
		return err
	}
	return g.covers(a)
}

// What a glance refuses has nobody asked for keys.
func TestTokenCheapRefusals(t *testing.T) {
	cloud := teamstest.Start(t)
	v := newVerifier(tokenConfig(cloud), newClient(), noLog)
	right := cloud.Sign(cloud.Claims())
	for name, header := range map[string]string{
		"empty":      "",
		"scheme":     "Basic " + right,
		"too long":   "Bearer " + strings.Repeat("a", maxHeader),
		"two parts":  "Bearer e30.e30",
		"algorithm":  "Bearer " + method(t, jwt.SigningMethodRS512, "teams-1", tokenKeys()[0].Private, cloud.Claims()),
		"none":       "Bearer " + method(t, jwt.SigningMethodNone, "teams-1", jwt.UnsafeAllowNoneSignatureType, cloud.Claims()),
		"expired":    "Bearer " + cloud.Sign(changed(cloud.Claims(), jwt.MapClaims{"exp": 1})),
		"audience":   "Bearer " + cloud.Sign(changed(cloud.Claims(), jwt.MapClaims{"aud": "x"})),
		"issuer":     "Bearer " + cloud.Sign(changed(cloud.Claims(), jwt.MapClaims{"iss": "x"})),
		"serviceurl": "Bearer " + cloud.Sign(changed(cloud.Claims(), jwt.MapClaims{"serviceurl": nil})),
		"entra":      "Bearer " + cloud.EntraKey().Sign(cloud.EntraClaims(messagingBot)),
		"kid":        "Bearer " + method(t, jwt.SigningMethodRS256, "", tokenKeys()[0].Private, cloud.Claims()),
	} {
		if _, err := v.check(t.Context(), header); !errors.Is(err, errToken) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := cloud.KeyRequests(); n != 0 {
		t.Errorf("keys were asked for %d times", n)
	}
	// A signature is checked only then, with one request for both.
	for range 2 {
		if _, err := v.check(t.Context(), "Bearer "+right); err != nil {
			t.Fatal(err)
		}
	}
	if n := cloud.KeyRequests(); n != 1 {
		t.Errorf("keys were asked for %d times", n)
	}
}

// A configuration that was not validated lets nobody in.
func TestTokenEmptyConfig(t *testing.T) {
	cloud := teamstest.Start(t)
	for name, empty := range map[string]func(*Config){"app": func(c *Config) { c.AppID = "" }, "issuer": func(c *Config) { c.Endpoints.Issuer = "" }} {
		cfg := tokenConfig(cloud)
		cfg.EntraTokens = true
		empty(&cfg)
		v := newVerifier(cfg, newClient(), noLog)
		for _, change := range []jwt.MapClaims{nil, {"aud": ""}, {"aud": nil}, {"iss": ""}, {"iss": nil}} {
			if _, err := v.check(t.Context(), "Bearer "+cloud.Sign(changed(cloud.Claims(), change))); !errors.Is(err, errToken) {
				t.Errorf("%s %v: %v", name, change, err)
			}
		}
	}
}

// Only a custom cloud has its keys on this machine.
func TestTokenKeysElsewhere(t *testing.T) {
	cloud := teamstest.Start(t)
	cfg := tokenConfig(cloud)
	cfg.Cloud = "public"
	if _, err := newVerifier(cfg, newClient(), noLog).check(t.Context(), "Bearer "+cloud.Sign(cloud.Claims())); !errors.Is(err, errKeys) {
		t.Error(err)
	}
}

// Nothing that a request says gets into an error.
func TestTokenErrorsSayNothing(t *testing.T) {
	b := newTokenCases(t)
	for _, v := range b.verifiers() {
		for _, c := range b.all {
			c = c.filled(b)
			err := decide(t, v, c.header, c.activity)
			if err == nil {
				continue
			}
			for _, secret := range []string{teamstest.AppID, teamstest.Tenant, "teams-1", "example", "http", "kaya", "../"} {
				if strings.Contains(err.Error(), secret) {
					t.Errorf("%s: %v", c.name, err)
				}
			}
		}
	}
}

func TestTokenGrant(t *testing.T) {
	cloud := teamstest.Start(t)
	v := newVerifier(tokenConfig(cloud), newClient(), noLog)
	g, err := v.check(t.Context(), "Bearer "+cloud.Sign(cloud.Claims()))
	if err != nil {
		t.Fatal(err)
	}
	if g.service != cloud.Service() || g.entra || len(g.endorsements) != 1 || g.endorsements[0] != "msteams" {
		t.Errorf("%+v", g)
	}
	// One of the further tenants.
	v.cfg.Tenants = []string{"72F988BF-0000-4000-8000-0000000000FF"}
	a := &activity{Type: "message", ChannelID: "msteams", ServiceURL: cloud.Service(), ChannelData: json.RawMessage(`{"tenant":{"id":"72f988bf-0000-4000-8000-0000000000ff"}}`)}
	if err := g.covers(a); err != nil {
		t.Error(err)
	}
}

func FuzzTokenCheck(f *testing.F) {
	b := newTokenCases(f)
	v := b.verifiers()["entra"]
	accepted := map[string]bool{}
	for _, c := range b.all {
		c = c.filled(b)
		if _, err := v.check(context.Background(), c.header); err == nil {
			accepted[c.header] = true
		}
		f.Add(c.header)
	}
	f.Fuzz(func(t *testing.T, header string) {
		g, err := v.check(context.Background(), header)
		switch {
		case err == nil && !accepted[header]:
			t.Errorf("a token that nobody signed: %q", header)
		case err != nil && (g != nil || !errors.Is(err, errToken)):
			t.Errorf("%v, %v", g, err)
		}
	})
}

// FuzzTokenClaims has Bot Connector's key sign whatever comes.
func FuzzTokenClaims(f *testing.F) {
	b := newTokenCases(f)
	v := b.verifiers()["public"]
	const head = `{"alg":"RS256","kid":"teams-1"}`
	for _, c := range b.all {
		if parts := strings.Split(c.header, "."); len(parts) == 3 && c.cloud == "" && len(c.header) < 4000 {
			if payload, err := base64.RawURLEncoding.DecodeString(parts[1]); err == nil {
				f.Add(head, string(payload))
			}
		}
	}
	f.Add(`{"alg":"RS256","kid":"teams-1","crit":[]}`, "{}")
	f.Fuzz(func(t *testing.T, head, payload string) {
		g, err := v.check(t.Context(), "Bearer "+rawToken(t, b.key["teams-1"], head, payload))
		if err != nil {
			if g != nil || !errors.Is(err, errToken) {
				t.Errorf("%v, %v", g, err)
			}
			return
		}
		var h, c map[string]any
		if json.Unmarshal([]byte(head), &h) != nil || json.Unmarshal([]byte(payload), &c) != nil {
			t.Fatal("not JSON")
		}
		exp, _ := c["exp"].(float64)
		nbf, _ := c["nbf"].(float64)
		now := float64(time.Now().Unix())
		if h["alg"] != "RS256" || h["kid"] != "teams-1" || h["crit"] != nil || c["aud"] != teamstest.AppID || c["iss"] != teamstest.Issuer ||
			c["serviceurl"] != g.service || g.service == "" || exp+300 < now-1 || nbf-300 > now+1 {
			t.Errorf("accepted: %s %s", head, payload)
		}
	})
}

func FuzzTokenCovers(f *testing.F) {
	cfg := Config{AppID: teamstest.AppID, Tenant: teamstest.Tenant}.filled()
	const service = "https://smba.trafficmanager.net/de/"
	for _, a := range []string{"{}", `{"type":"message","channelId":"msteams","serviceUrl":"` + service + `","conversation":{"tenantId":"` + teamstest.Tenant + `"}}`,
		`{"type":"message","channelId":"msteams","serviceUrl":"https://evil.example/","channelData":{"tenant":{"id":"` + teamstest.Tenant + `"}}}`,
		`{"type":"message","channelId":"msteams","serviceUrl":"https://smba.trafficmanager.net\\@evil.example/","channelData":{"tenant":"x"}}`} {
		for _, endorsement := range []string{"msteams", ""} {
			f.Add(a, service, endorsement, true)
			f.Add(a, "", endorsement, false)
		}
	}
	f.Fuzz(func(t *testing.T, raw, claim, endorsement string, entra bool) {
		a, err := decode(strings.NewReader(raw))
		if err != nil {
			return
		}
		g := &grant{cfg: &cfg, entra: entra, service: claim, endorsements: []string{endorsement}}
		if err := g.covers(a); err != nil {
			if !errors.Is(err, errForbidden) {
				t.Error(err)
			}
			return
		}
		host, _, _ := strings.Cut(strings.TrimPrefix(strings.ToLower(a.ServiceURL), "https://"), "/")
		host, _, _ = strings.Cut(host, "?")
		host, _, _ = strings.Cut(host, "#")
		if host != "smba.trafficmanager.net" && !strings.HasSuffix(host, ".smba.trafficmanager.net") {
			t.Errorf("host %q", host)
		}
		if a.ChannelID != "msteams" || !strings.EqualFold(a.tenant(), teamstest.Tenant) || !entra && (endorsement != "msteams" || claim != a.ServiceURL) || claim != "" && claim != a.ServiceURL {
			t.Errorf("%+v covers %+v", g, a)
		}
	})
}

func BenchmarkCheck(b *testing.B) {
	cloud := teamstest.Start(b)
	v := newVerifier(tokenConfig(cloud), newClient(), noLog)
	right := "Bearer " + cloud.Sign(cloud.Claims())
	other := teamstest.NewKey("teams-1")
	for name, header := range map[string]string{"right": right, "forged": "Bearer " + other.Sign(cloud.Claims()), "glance": "Bearer " + cloud.Sign(changed(cloud.Claims(), jwt.MapClaims{"exp": 1}))} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := v.check(context.Background(), header); (err == nil) != (name == "right") {
					b.Fatal(err)
				}
			}
		})
	}
}
