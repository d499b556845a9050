package mail

import (
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"amtsbote/bots"
	"amtsbote/connectors/connectortest"
	"amtsbote/connectors/mail/mailtest"
)

// TestCertificate has real servers that cannot prove who they are.
func TestCertificate(t *testing.T) {
	rig := mailtest.Start(t)
	now := time.Now()
	day := 24 * time.Hour
	tests := []struct {
		name        string
		from, until time.Time
		names       []string
		change      func(*Config)
		imap, smtp  string
	}{
		{name: "expired", from: now.Add(-2 * day), until: now.Add(-day),
			imap: "has expired on " + now.Add(-day).UTC().Format(time.DateOnly), smtp: "has expired on"},
		{name: "not yet valid", from: now.Add(day), until: now.Add(2 * day), imap: "is not valid before", smtp: "is not valid before"},
		{name: "for another name", names: []string{"mail.amt.test"}, imap: `is not for the name "localhost"`, smtp: `is not for the name "localhost"`},
		{name: "of an unknown authority", change: func(c *Config) { c.CA = "" }, imap: "authority that is not known here", smtp: `set "ca"`},
		{name: "TLS where there is none yet", change: func(c *Config) { c.TLS, c.SMTP.TLS = tlsImplicit, tlsImplicit },
			imap: "does not answer with TLS on this port", smtp: "does not answer with TLS on this port"},
		{name: "STARTTLS where all is TLS", change: func(c *Config) { c.Server, c.SMTP.Server, c.Timeout = rig.IMAPS, rig.IMAPS, 300*time.Millisecond },
			imap: `check server and port, and "tls"`, smtp: `check server and port, and "tls"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.from.IsZero() {
				tt.from, tt.until = now.Add(-day), now.Add(day)
			}
			rig.Certify(t, tt.from, tt.until, tt.names...)
			w := newForwardBox(t, rig)
			if tt.change != nil {
				tt.change(&w.cfg)
			}
			got := connect(t, w.cfg).Check(t.Context())
			for _, want := range []string{"imap login failed mail: imap connect: … " + tt.imap, "smtp login failed mail: smtp connect: … " + tt.smtp} {
				start, end, _ := strings.Cut(want, "…")
				found := false
				for i, s := range said(got) {
					s = got[i].What + " " + s
					found = found || strings.HasPrefix(s, start) && strings.Contains(s, strings.TrimSpace(end))
				}
				if !found {
					t.Errorf("got %q, want %q", said(got), want)
				}
			}
		})
	}
	t.Run("a bot at work says so, and goes on when it is renewed", func(t *testing.T) {
		rig.Certify(t, now.Add(-day), now.Add(day))
		w := newLetterBox(t, rig)
		o := work(t, w.cfg, connectortest.NewState())
		w.Say(t, "eins", nil)
		o.wait(t, 1)
		rig.Certify(t, now.Add(-2*day), now.Add(-day))
		until(t, "the error", func() bool { return strings.Contains(o.errors(), "has expired on") })
		w.Say(t, "zwei", nil)
		rig.Certify(t, now.Add(-day), now.Add(day))
		o.wait(t, 2)
	})
}

// TestProviderCertificate holds the provider of tokens to the same proof.
func TestProviderCertificate(t *testing.T) {
	provider := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"access_token":"t"}`)
	}))
	provider.Config.ErrorLog = nil
	defer provider.Close()
	cfg := newMemoryBox(t).cfg
	cfg.Password, cfg.OAuth = bots.Secret{}, OAuth{TokenURL: provider.URL, ClientID: "app", ClientSecret: bots.NewSecret("x")}
	if _, err := connect(t, cfg).tokens.get(t.Context()); err == nil || !strings.Contains(err.Error(), "mail: oauth: the server's certificate is signed by an authority that is not known here") {
		t.Errorf("got %v", err)
	}
	cfg.CA = filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(cfg.CA, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: provider.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	if token, err := connect(t, cfg).tokens.get(t.Context()); err != nil || token != "t" {
		t.Errorf("with its authority in ca: got %q, %v", token, err)
	}
}
