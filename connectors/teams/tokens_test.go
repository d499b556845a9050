package teams

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"

	"amtsbote/bots"
	"amtsbote/connectors/teams/teamstest"
)

// cloudConfig is a configuration for a fake cloud.
func cloudConfig(c *teamstest.Cloud) Config {
	return Config{AppID: teamstest.AppID, Tenant: teamstest.Tenant, Secret: bots.NewSecret(teamstest.Secret), Cloud: "custom",
		Endpoints: Endpoints{Login: c.Login(), Metadata: c.Metadata(), Issuer: teamstest.Issuer, Scope: teamstest.Scope, Graph: c.URL + "/graph"}}.filled()
}

func newTestTokens(c *teamstest.Cloud, change func(*Config)) *tokens {
	cfg := cloudConfig(c)
	if change != nil {
		change(&cfg)
	}
	return newTokens(cfg, teamstest.Scope, newClient())
}

// timed is a client that reaches the cloud inside of a bubble.
func timed(c *teamstest.Cloud) *http.Client { return &http.Client{Transport: c.Transport()} }

func TestToken(t *testing.T) {
	c := teamstest.Start(t)
	tok := newTestTokens(c, nil)
	first, err := tok.get(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	second, err := tok.get(t.Context())
	if err != nil || second != first || c.TokenRequests() != 1 {
		t.Errorf("again: %v, the same %v, %d requests", err, second == first, c.TokenRequests())
	}
	graph := newTokens(cloudConfig(c), teamstest.GraphScope, newClient())
	if other, err := graph.get(t.Context()); err != nil || other == first {
		t.Errorf("another scope: %v, the same %v", err, other == first)
	}
	if r := c.Refusals(); len(r) > 0 {
		t.Error(r)
	}
}

func TestTokenByCertificate(t *testing.T) {
	c := teamstest.Start(t)
	file := c.Certificate(time.Now().Add(24 * time.Hour))
	tok := newTestTokens(c, func(cfg *Config) { cfg.Secret, cfg.Certificate = bots.Secret{}, file })
	first, err := tok.get(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	tok.reject(first)
	if second, err := tok.get(t.Context()); err != nil || second == first {
		t.Errorf("a second one, by an assertion of its own: %v", err)
	}
	if r := c.Refusals(); len(r) > 0 {
		t.Error(r)
	}

	// A renewed certificate is used without a restart.
	renewed, err := os.ReadFile(c.Certificate(time.Now().Add(48 * time.Hour)))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, renewed, 0o600); err != nil {
		t.Fatal(err)
	}
	other := newTestTokens(c, func(cfg *Config) { cfg.Secret, cfg.Certificate = bots.Secret{}, file })
	if _, err := other.get(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestTokenByBadCertificate(t *testing.T) {
	c := teamstest.Start(t)
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	curve, _ := teamstest.WriteCertificate(t.TempDir(), ec, &ec.PublicKey, time.Now().Add(time.Hour))
	stranger := teamstest.Start(t).Certificate(time.Now().Add(time.Hour))
	for name, want := range map[string]struct{ file, text string }{
		"expired":        {c.Certificate(time.Now().Add(-time.Hour)), "expired on"},
		"elliptic curve": {curve, "RSA"},
		"not there":      {filepath.Join(t.TempDir(), "no.pem"), "no such file"},
		"not registered": {stranger, "AADSTS700027: certificate: it is not registered"},
	} {
		t.Run(name, func(t *testing.T) {
			tok := newTestTokens(c, func(cfg *Config) { cfg.Secret, cfg.Certificate = bots.Secret{}, want.file })
			if _, err := tok.get(t.Context()); err == nil || !strings.Contains(err.Error(), want.text) {
				t.Errorf("%v, want %q in it", err, want.text)
			}
		})
	}
}

// Each refusal says the cure, and nothing of what Entra ID wrote.
func TestTokenErrors(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(*Config)
		want   []string
	}{
		{"wrong secret", func(c *Config) { c.Secret = bots.NewSecret("falsch-12345") }, []string{"invalid_client", "AADSTS7000215", "secret: it is not that"}},
		{"no secret", func(c *Config) { c.Secret = bots.Secret{} }, []string{"AADSTS7000218", "secret"}},
		{"wrong tenant", func(c *Config) { c.Tenant = "72f988bf-0000-4000-8000-0000000000cc" }, []string{"AADSTS90002", "tenant: "}},
		{"wrong app", func(c *Config) { c.AppID = "6f1c1c1e-0000-4000-8000-0000000000cc" }, []string{"unauthorized_client", "AADSTS700016", "app_id: "}},
		{"tenant with a slash", func(c *Config) { c.Tenant = "../x" }, []string{"AADSTS90002"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := teamstest.Start(t)
			tok := newTestTokens(c, test.change)
			_, err := tok.get(t.Context())
			for _, want := range test.want {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("%v, want %q in it", err, want)
				}
			}
			if err != nil && (strings.Contains(err.Error(), "Trace ID") || strings.Contains(err.Error(), tok.cfg.AppID) || strings.Contains(err.Error(), "falsch")) {
				t.Errorf("the error says too much: %v", err)
			}
		})
	}
	scoped := newTokens(cloudConfig(teamstest.Start(t)), "https://api.botframework.com", newClient())
	if _, err := scoped.get(t.Context()); err == nil || !strings.Contains(err.Error(), "must end in /.default") {
		t.Errorf("a scope without .default: %v", err)
	}
}

// What Entra ID writes, or what answers in its place, is never passed on.
func TestTokenAnswers(t *testing.T) {
	const secretText = "Frau Kaya client_secret=hunter2"
	for name, test := range map[string]struct {
		status int
		body   string
		want   string
	}{
		"expired secret":          {401, `{"error":"invalid_client","error_description":"AADSTS7000222: ` + secretText + `"}`, "AADSTS7000222: secret: it has expired"},
		"unknown code":            {400, `{"error":"` + secretText + `","error_description":"AADSTS99999999: ` + secretText + `"}`, "HTTP 400 AADSTS99999999"},
		"busy":                    {503, secretText, "HTTP 503"},
		"temporarily unavailable": {400, `{"error":"temporarily_unavailable"}`, "temporarily_unavailable"},
		"a page":                  {200, "<html>" + secretText, "cannot be read"},
		"nothing":                 {200, `{}`, "cannot be read"},
		"a token with a line":     {200, `{"access_token":"a\nb ` + secretText + `","token_type":"Bearer"}`, "no token"},
		"a huge token":            {200, `{"access_token":"` + strings.Repeat("a", maxToken+1) + `"}`, "no token"},
		"another kind":            {200, `{"access_token":"abc","token_type":"mac","expires_in":3600}`, "no token"},
		"expired":                 {200, `{"access_token":"abc","token_type":"Bearer","expires_in":-5}`, "clock"},
		"elsewhere":               {302, secretText, "HTTP 302"},
	} {
		t.Run(name, func(t *testing.T) {
			asked := 0
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				asked++
				w.Header().Set("Content-Type", "application/json")
				w.Header().Set("Location", "/again")
				w.WriteHeader(test.status)
				io.WriteString(w, test.body)
			}))
			defer srv.Close()
			cfg := Config{AppID: teamstest.AppID, Tenant: teamstest.Tenant, Secret: bots.NewSecret("x"), Cloud: "custom", Endpoints: Endpoints{Login: srv.URL}}
			tok := newTokens(cfg, "s", newClient())
			got, err := tok.get(t.Context())
			if err == nil || got != "" || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%q, %v, want %q in it", got, err, test.want)
			}
			if err != nil && strings.ContainsAny(err.Error(), "<\n") || strings.Contains(fmt.Sprint(err), "Kaya") {
				t.Errorf("the error says too much: %v", err)
			}
			if _, again := tok.get(t.Context()); again != err || asked != 1 {
				t.Errorf("asked %d times; the second error is %v", asked, again)
			}
		})
	}
}

func TestTokenUnreachable(t *testing.T) {
	srv := httptest.NewServer(http.NotFoundHandler())
	srv.Close()
	cfg := Config{AppID: teamstest.AppID, Tenant: teamstest.Tenant, Secret: bots.NewSecret("x"), Cloud: "custom", Endpoints: Endpoints{Login: srv.URL}}
	_, err := newTokens(cfg, "s", newClient()).get(t.Context())
	if err == nil || !strings.Contains(err.Error(), "cannot be reached") || strings.Contains(err.Error(), teamstest.Tenant) {
		t.Error(err)
	}
}

func TestTokenIsRenewed(t *testing.T) {
	c := teamstest.Start(t)
	synctest.Test(t, func(t *testing.T) {
		tok := newTokens(cloudConfig(c), teamstest.Scope, timed(c))
		get := func() string {
			t.Helper()
			token, err := tok.get(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return token
		}
		first := get()
		time.Sleep(54 * time.Minute)
		if get() != first {
			t.Error("renewed after 54 of 60 minutes")
		}
		time.Sleep(time.Minute) // 5 minutes before its end
		second := get()
		if second == first {
			t.Error("not renewed 5 minutes before its end")
		}

		// Entra ID is away: the old token is used up to its last half minute, and
		// Entra ID is left alone in between.
		time.Sleep(56 * time.Minute)
		c.RefuseTokens(503, "temporarily_unavailable", "")
		asked := c.TokenRequests()
		for range 180 { // 3 minutes
			if get() != second {
				t.Fatal("not the old token")
			}
			time.Sleep(time.Second)
		}
		if n := c.TokenRequests() - asked; n < 3 || n > 6 {
			t.Errorf("asked %d times in 3 minutes", n)
		}
		time.Sleep(30 * time.Second)
		if token, err := tok.get(t.Context()); err == nil {
			t.Errorf("a token that ends in half a minute was given: %v", token == second)
		}
		c.RefuseTokens(0, "", "")
		time.Sleep(slowestAsk)
		if get() == second {
			t.Error("no new token after the outage")
		}
	})
}

func TestTokenOfAShortLife(t *testing.T) {
	c := teamstest.Start(t)
	c.TokenLife(2 * time.Minute)
	synctest.Test(t, func(t *testing.T) {
		tok := newTokens(cloudConfig(c), teamstest.Scope, timed(c))
		first, err := tok.get(t.Context())
		time.Sleep(90 * time.Second)
		if second, err2 := tok.get(t.Context()); err != nil || err2 != nil || second != first {
			t.Error("a token of two minutes is good for 90 seconds", err, err2)
		}
		time.Sleep(10 * time.Second)
		if second, err := tok.get(t.Context()); err != nil || second == first {
			t.Error("and is then renewed", err)
		}
	})
}

func TestTokenOfALongLife(t *testing.T) {
	c := teamstest.Start(t)
	c.TokenLife(1000 * time.Hour)
	synctest.Test(t, func(t *testing.T) {
		tok := newTokens(cloudConfig(c), teamstest.Scope, timed(c))
		first, err := tok.get(t.Context())
		time.Sleep(longestLife)
		if second, err2 := tok.get(t.Context()); err != nil || err2 != nil || second == first {
			t.Error("kept for more than a day", err, err2)
		}
	})
}

func TestTokenPause(t *testing.T) {
	refused, busy := &tokenError{status: 401}, &tokenError{status: 503}
	for _, test := range []struct {
		err  error
		n    int
		want time.Duration
	}{
		{refused, 1, time.Minute}, {refused, 2, 2 * time.Minute}, {refused, 9, slowestAsk}, {refused, 1e6, slowestAsk},
		{busy, 1, 5 * time.Second}, {busy, 3, 20 * time.Second}, {busy, 1e6, slowestAsk},
		{&tokenError{status: 429}, 1, 5 * time.Second}, {&tokenError{status: 408}, 1, 5 * time.Second},
		{&tokenError{status: 429, after: 90 * time.Second}, 1, 90 * time.Second}, {&tokenError{status: 503, after: time.Hour}, 1, slowestAsk},
		{&tokenError{status: 503, after: time.Second}, 1, 5 * time.Second}, {io.EOF, 1, 5 * time.Second},
	} {
		if got := pauseAfter(test.err, test.n); got != test.want {
			t.Errorf("%+v, %d: %v, want %v", test.err, test.n, got, test.want)
		}
	}
	for code, want := range map[string]bool{"invalid_client": true, "temporarily_unavailable": false, "server_error": false} {
		said := &oauth2.RetrieveError{Response: &http.Response{StatusCode: 400}, ErrorCode: code}
		if e, ok := errors.AsType[*tokenError](plainTokenError(said)); !ok || e.final() != want {
			t.Errorf("%s: final is not %v", code, want)
		}
	}
}

// A secret that has expired makes no loop: 1, 2, 4, 5, 5, … minutes.
func TestTokenRefusalIsRemembered(t *testing.T) {
	c := teamstest.Start(t)
	synctest.Test(t, func(t *testing.T) {
		tok := newTokens(cloudConfig(c), teamstest.Scope, timed(c))
		c.RefuseTokens(401, "invalid_client", "AADSTS7000222: expired")
		start := time.Now()
		var asked []time.Duration
		for range 1000 {
			before := c.TokenRequests()
			_, err := tok.get(t.Context())
			if err == nil || !strings.Contains(err.Error(), "AADSTS7000222") {
				t.Fatal(err)
			}
			if c.TokenRequests() > before {
				asked = append(asked, time.Since(start).Round(time.Second))
			}
			time.Sleep(time.Second)
		}
		if want := []time.Duration{0, time.Minute, 3 * time.Minute, 7 * time.Minute, 12 * time.Minute}; !slices.Equal(asked, want) {
			t.Errorf("asked at %v, want %v", asked, want)
		}
		// A new secret is used at the next turn, and the count begins anew.
		c.RefuseTokens(0, "", "")
		time.Sleep(5 * time.Minute)
		if _, err := tok.get(t.Context()); err != nil || tok.fails != 0 {
			t.Errorf("%v, %d fails", err, tok.fails)
		}
	})
}

func TestTokenIsAskedForOnce(t *testing.T) {
	c := teamstest.Start(t)
	tok := newTestTokens(c, nil)
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			if _, err := tok.get(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := c.TokenRequests(); n != 1 {
		t.Errorf("%d requests", n)
	}
}

func TestTokenWaitersLeave(t *testing.T) {
	hang := make(chan struct{})
	arrived := make(chan struct{}, 10)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		arrived <- struct{}{}
		select {
		case <-hang:
		case <-r.Context().Done():
		}
	}))
	defer srv.Close()
	defer close(hang)
	cfg := Config{AppID: teamstest.AppID, Tenant: teamstest.Tenant, Secret: bots.NewSecret("x"), Cloud: "custom", Endpoints: Endpoints{Login: srv.URL}}
	tok := newTokens(cfg, "s", newClient())
	ctx, stop := context.WithCancel(t.Context())
	first := make(chan error)
	go func() { _, err := tok.get(ctx); first <- err }()
	<-arrived
	waiting, leave := context.WithCancel(t.Context())
	leave()
	if _, err := tok.get(waiting); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	stop()
	if err := <-first; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if tok.fails != 0 || !tok.quiet.IsZero() {
		t.Error("who left is counted as Entra ID's failure")
	}
}

func TestTokenRejected(t *testing.T) {
	c := teamstest.Start(t)
	synctest.Test(t, func(t *testing.T) {
		tok := newTokens(cloudConfig(c), teamstest.Scope, timed(c))
		get := func() string {
			token, err := tok.get(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return token
		}
		tok.reject("")
		first := get()
		tok.reject("another")
		if get() != first {
			t.Error("given up because another was refused")
		}
		tok.reject(first)
		second := get()
		tok.reject(first) // told twice, as by two requests at once
		if get() != second || second == first {
			t.Error("not replaced once")
		}
		for range 100 {
			tok.reject(get())
		}
		if n := c.TokenRequests(); n != 2 {
			t.Errorf("%d requests: a loop", n)
		}
		time.Sleep(rejectEvery)
		tok.reject(second)
		if get() == second {
			t.Error("not replaced later")
		}
	})
}

func FuzzTokenAnswer(f *testing.F) {
	f.Add(200, `{"access_token":"abc","token_type":"Bearer","expires_in":3599}`, "")
	f.Add(401, `{"error":"invalid_client","error_description":"AADSTS7000222: x"}`, "5")
	f.Add(200, `{"access_token":"abc","expires_in":1e99}`, "Fri, 31 Dec 1999 23:59:59 GMT")
	f.Add(500, ``, "NaN")
	var status int
	var body, after string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header()["Retry-After"] = []string{after}
		w.WriteHeader(status)
		io.WriteString(w, body)
	}))
	f.Cleanup(srv.Close)
	cfg := Config{AppID: teamstest.AppID, Tenant: teamstest.Tenant, Secret: bots.NewSecret("x"), Cloud: "custom", Endpoints: Endpoints{Login: srv.URL}}
	client := newClient()
	f.Fuzz(func(t *testing.T, s int, b, a string) {
		if s < 200 || s > 599 || strings.ContainsAny(a, "\r\n\x00") {
			return
		}
		status, body, after = s, b, a
		tok := newTokens(cfg, "s", client)
		token, err := tok.get(t.Context())
		if (err == nil) != usableToken(token) {
			t.Errorf("%q, %v", token, err)
		}
		if now := time.Now(); tok.quiet.After(now.Add(slowestAsk)) || tok.renew.After(now.Add(longestLife)) {
			t.Errorf("quiet until %v, good until %v", tok.quiet, tok.renew)
		}
	})
}
