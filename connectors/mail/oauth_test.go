package mail

import (
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"amtsbote/bots"
	"amtsbote/connectors/connectortest"
	"amtsbote/connectors/mail/mailtest"
)

// TestOAuth signs in by tokens. Dovecot, which takes them, is real; who issues
// them is a strict fake of Exchange Online's sign-in.
func TestOAuth(t *testing.T) {
	rig := mailtest.Start(t)
	tests := []struct {
		name string
		test func(*testing.T, *mailtest.Rig)
	}{
		{"a letter gets its draft, and a forward its answer", tokenWorks},
		{"a refresh token works, and so does the one that replaces it after a restart", tokenRefresh},
		{"one token serves all connections, and is renewed before it expires", tokenKept},
		{"a token that was withdrawn is renewed once", tokenRevoked},
		{"what the provider or the mail server refuses is said plainly, without a loop", tokenRefused},
		{"nothing secret is logged or stands in an error", tokenSecret},
		{"check says what is wrong", tokenCheck},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { tt.test(t, rig) })
	}
}

// withApp has a mailbox sign in as an application.
func withApp(rig *mailtest.Rig, cfg Config) Config {
	cfg.Password = bots.Secret{}
	cfg.OAuth = OAuth{TokenURL: rig.SignIn.URL, ClientID: "app of " + cfg.User, Scope: rig.SignIn.Scope,
		ClientSecret: bots.NewSecret(rig.SignIn.App("app of "+cfg.User, cfg.User))}
	return cfg
}

func tokenWorks(t *testing.T, rig *mailtest.Rig) {
	for _, mech := range []string{"", mechBearer, mechXOAuth2} {
		t.Run("mechanism "+mech, func(t *testing.T) {
			l := newLetterBox(t, rig)
			l.cfg = withApp(rig, l.cfg)
			l.cfg.OAuth.Mechanism = mech
			o := work(t, l.cfg, connectortest.NewState())
			l.Say(t, "Guten Tag", nil)
			if _, err := o.Send(t.Context(), o.state, draftReply(o.wait(t, 1)[0])); err != nil {
				t.Fatal(err)
			}
			if n := len(rig.Mails(t, l.cfg.User, "Drafts")); n != 1 {
				t.Errorf("got %d drafts", n)
			}
			f := newForwardBox(t, rig)
			f.cfg = withApp(rig, f.cfg)
			f.cfg.OAuth.Mechanism = mech
			o = work(t, f.cfg, connectortest.NewState())
			f.Say(t, "Guten Tag", nil)
			if _, err := o.Send(t.Context(), o.state, draftReply(o.wait(t, 1)[0])); err != nil {
				t.Fatal(err)
			}
			rig.Wait(t, f.colleague, "INBOX", 1)
		})
	}
	t.Run("SMTP with a password of its own", func(t *testing.T) {
		f := newForwardBox(t, rig)
		password := f.cfg.Password
		f.cfg = withApp(rig, f.cfg)
		f.cfg.SMTP.Password = password
		if err := connect(t, f.cfg).submit(t.Context(), f.colleague, letter(1, "x", nil)); err != nil {
			t.Error(err)
		}
	})
}

func tokenRefresh(t *testing.T, rig *mailtest.Rig) {
	w := newLetterBox(t, rig)
	w.cfg = withApp(rig, w.cfg)
	rig.SignIn.Rotate()
	w.cfg.OAuth.RefreshToken = bots.NewSecret(rig.SignIn.Grant(w.cfg.OAuth.ClientID, w.cfg.User))
	state := connectortest.NewState()
	for n := range 3 {
		o := work(t, w.cfg, state)
		w.Say(t, "Guten Tag", nil)
		o.wait(t, 1)
		o.end()
		if got := o.errors(); got != "[]" {
			t.Fatalf("start %d: %s", n+1, got)
		}
	}
	// The one configured first is void by now; one that a person gets anew counts.
	if _, err := connect(t, w.cfg).dial(t.Context()); err == nil || !strings.Contains(err.Error(), "a person has to sign in") {
		t.Errorf("the first refresh token: got %v", err)
	}
	w.cfg.OAuth.RefreshToken = bots.NewSecret(rig.SignIn.Grant(w.cfg.OAuth.ClientID, w.cfg.User))
	o := work(t, w.cfg, state)
	w.Say(t, "Guten Tag", nil)
	o.wait(t, 1)
}

func tokenKept(t *testing.T, rig *mailtest.Rig) {
	w := newLetterBox(t, rig)
	w.cfg = withApp(rig, w.cfg)
	c := connect(t, w.cfg)
	clock := time.Now()
	c.tokens.now = func() time.Time { return clock }
	dial := func() {
		t.Helper()
		done := make(chan error)
		for range 4 {
			go func() {
				k, err := c.dial(t.Context())
				if err == nil {
					k.close()
				}
				done <- err
			}()
		}
		for range 4 {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
	}
	before := rig.SignIn.Asked()
	dial()
	clock = clock.Add(54 * time.Minute)
	dial()
	if n := rig.SignIn.Asked() - before; n != 1 {
		t.Errorf("asked for %d tokens, want 1", n)
	}
	clock = clock.Add(2 * time.Minute) // of 60, with four to go
	dial()
	if n := rig.SignIn.Asked() - before; n != 2 {
		t.Errorf("asked for %d tokens, want 2", n)
	}
}

func tokenRevoked(t *testing.T, rig *mailtest.Rig) {
	w := newForwardBox(t, rig)
	w.cfg = withApp(rig, w.cfg)
	c := connect(t, w.cfg)
	clock := time.Now()
	c.tokens.now = func() time.Time { return clock }
	before := rig.SignIn.Asked()
	for name, login := range map[string]func() error{
		"imap": func() error { _, err := c.dial(t.Context()); return err },
		"smtp": func() error { _, err := c.dialSMTP(t.Context()); return err },
	} {
		if err := login(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		clock = clock.Add(2 * time.Minute)
		rig.SignIn.Revoke()
		if err := login(); err != nil {
			t.Errorf("%s: with a token that was withdrawn: %v", name, err)
		}
	}
	if n := rig.SignIn.Asked() - before; n != 3 {
		t.Errorf("asked for %d tokens, want 3", n)
	}
}

func tokenRefused(t *testing.T, rig *mailtest.Rig) {
	status := func(code int, fields ...string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			for i := 0; i+1 < len(fields); i += 2 {
				w.Header().Set(fields[i], fields[i+1])
			}
			w.WriteHeader(code)
			fmt.Fprint(w, "<html>secret</html>")
		}
	}
	body := func(s string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprint(w, s)
		}
	}
	tests := map[string]struct {
		change func(*Config)
		scope  string
		down   http.HandlerFunc
		want   string
	}{
		"a wrong secret":            {change: func(c *Config) { c.OAuth.ClientSecret = bots.NewSecret("falsch") }, want: "invalid_client AADSTS7000215: check oauth.client_id and oauth.client_secret"},
		"an unknown application":    {change: func(c *Config) { c.OAuth.ClientID = "other" }, want: "unauthorized_client AADSTS700016"},
		"a wrong scope":             {change: func(c *Config) { c.OAuth.Scope = "https://graph.example/.default" }, want: "invalid_scope AADSTS70011: check oauth.scope"},
		"a refresh token from afar": {change: func(c *Config) { c.OAuth.RefreshToken = bots.NewSecret("alt") }, want: "invalid_grant AADSTS700082: oauth.refresh_token has expired"},
		"another mailbox":           {change: func(c *Config) { c.User = mailtest.Anna }, want: errBearer.Error()},
		"a token for another scope": {scope: "calendar", want: errBearer.Error()},
		"a provider that is down":   {down: status(503, "Retry-After", "120"), want: "gives no token: HTTP 503"},
		"a provider that is busy":   {down: status(429), want: "gives no token: HTTP 429"},
		"a web page":                {down: status(200), want: "cannot be read: check oauth.token_url"},
		"a redirection":             {down: status(307, "Location", rig.SignIn.URL+"x"), want: "gives no token: HTTP 307"},
		"no token":                  {down: body(`{"token_type":"Bearer"}`), want: "cannot be read"},
		"another kind of token":     {down: body(`{"token_type":"mac","access_token":"x"}`), want: "holds no token"},
		"a token that says more":    {down: body(`{"access_token":"x\u0001user=anna"}`), want: "holds no token"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := newForwardBox(t, rig)
			w.cfg = withApp(rig, w.cfg)
			if tt.change != nil {
				tt.change(&w.cfg)
			}
			rig.SignIn.Issue(tt.scope)
			rig.SignIn.Down(tt.down)
			defer rig.SignIn.Issue("")
			defer rig.SignIn.Down(nil)
			before := rig.SignIn.Asked()
			c := connect(t, w.cfg)
			for range 10 {
				_, err := c.dial(t.Context())
				_, serr := c.dialSMTP(t.Context())
				for _, err := range []error{err, serr} {
					if err == nil || !strings.Contains(err.Error(), tt.want) {
						t.Fatalf("got %v, want %q", err, tt.want)
					}
					if s := err.Error(); strings.Contains(s, "secret<") || strings.Contains(s, c.cfg.OAuth.ClientSecret.Reveal()) || strings.Contains(s, "@") {
						t.Fatalf("the error tells too much: %v", s)
					}
				}
			}
			if n := rig.SignIn.Asked() - before; n != 1 {
				t.Errorf("20 logins asked for %d tokens, want 1", n)
			}
		})
	}
}

func tokenSecret(t *testing.T, rig *mailtest.Rig) {
	var log lockedBuffer
	w := newLetterBox(t, rig)
	w.cfg = withApp(rig, w.cfg)
	w.cfg.OAuth.RefreshToken = bots.NewSecret(rig.SignIn.Grant(w.cfg.OAuth.ClientID, w.cfg.User))
	c := New(w.cfg, slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	o := workWith(t, c, connectortest.NewState())
	w.Say(t, "Guten Tag", nil)
	o.wait(t, 1)
	secrets := rig.SignIn.Tokens()
	rig.SignIn.Issue("calendar")
	defer rig.SignIn.Issue("")
	_, err := connect(t, w.cfg).dial(t.Context())
	w.cfg.OAuth.ClientSecret = bots.NewSecret("FALSCH")
	_, err2 := connect(t, w.cfg).dial(t.Context())
	fmt.Fprintln(&log, err, err2, o.errors(), fmt.Sprintf("%+v", w.cfg))
	for _, no := range append(append(secrets, rig.SignIn.Tokens()...), "FALSCH", c.cfg.OAuth.ClientSecret.Reveal()) {
		if strings.Contains(log.String(), no) {
			t.Errorf("the log holds a secret:\n%s", log.String())
			break
		}
	}
	if err == nil || err2 == nil || len(secrets) < 2 {
		t.Errorf("nothing was refused: %v, %v", err, err2)
	}
}

func tokenCheck(t *testing.T, rig *mailtest.Rig) {
	w := newForwardBox(t, rig)
	w.cfg = withApp(rig, w.cfg)
	w.cfg.Trust.Outside = rig.Strict
	for _, r := range connect(t, w.cfg).Check(t.Context()) {
		if r.Err != nil {
			t.Errorf("%s: %v", r.What, r.Err)
		}
	}
	w.cfg.OAuth.ClientSecret = bots.NewSecret("falsch")
	got := connect(t, w.cfg).Check(t.Context())
	if len(got) != 1 || got[0].What != "oauth token" || !strings.Contains(fmt.Sprint(got[0].Err), "client_secret") {
		t.Errorf("got %v", said(got))
	}
}
