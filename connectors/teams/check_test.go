package teams

import (
	"bytes"
	"cmp"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"amtsbote/connectors/teams/teamstest"
)

// checking returns a valid configuration for a cloud.
func checking(t *testing.T, cloud *teamstest.Cloud, secret, more string) Config {
	t.Helper()
	t.Setenv("AMTSBOTE_TEAMS_SECRET", secret)
	var c Config
	if err := yaml.Unmarshal([]byte("{"+cloud.Config("env:AMTSBOTE_TEAMS_SECRET")+more+"}"), &c); err != nil {
		t.Fatal(err)
	}
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	return c
}

// TestCheck: what works says so, and what does not says which part of it, without the
// secret. The bot's own log keeps quiet: it is check that speaks.
func TestCheck(t *testing.T) {
	tests := map[string]struct {
		more   string
		secret string // default: the right one
		change func(*teamstest.Cloud, *Config)
		want   map[string]string // of what fails, by what was tried
	}{
		"all is well": {},
		"with Graph":  {more: ", graph: true"},
		"a secret that has changed": {
			secret: "falsch-hunter2",
			want:   map[string]string{"token of the bot": "secret"}},
		"another tenant": {
			change: func(_ *teamstest.Cloud, c *Config) { c.Tenant = testTenant },
			want:   map[string]string{"token of the bot": "tenant"}},
		"the key endpoint is away": {
			change: func(cloud *teamstest.Cloud, _ *Config) { cloud.IssuerDown(true) },
			want:   map[string]string{"keys of Bot Connector": "/v1/.well-known/openidconfiguration: let it through the firewall"}},
		"nobody can be reached": {
			more: ", graph: true",
			change: func(_ *teamstest.Cloud, c *Config) {
				c.Endpoints.Login, c.Endpoints.Metadata = "http://127.0.0.1:1", "http://127.0.0.1:1/keys"
			},
			want: map[string]string{"keys of Bot Connector": "127.0.0.1:1/keys", "token of the bot": "teams: ", "token for Microsoft Graph": "teams: "}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			cloud := teamstest.Start(t)
			c := checking(t, cloud, cmp.Or(test.secret, teamstest.Secret), test.more)
			if test.change != nil {
				test.change(cloud, &c)
			}
			tried := map[string]bool{}
			for _, r := range New(c, nil).Check(t.Context()) {
				tried[r.What] = true
				want := test.want[r.What]
				if (r.Err != nil) != (want != "") || r.Err != nil && !strings.Contains(r.Err.Error(), want) || r.Warn {
					t.Errorf("%s: got %v, want %q", r.What, r.Err, want)
				}
				if r.Err != nil && (strings.Contains(r.Err.Error(), "hunter2") || strings.Contains(r.Err.Error(), teamstest.Secret)) {
					t.Error("the secret is shown")
				}
			}
			for what, want := range map[string]bool{"keys of Bot Connector": true, "token of the bot": true, "token for Microsoft Graph": c.Graph, "certificate": false} {
				if tried[what] != want {
					t.Errorf("%s: tried: %v, want %v", what, tried[what], want)
				}
			}
		})
	}
}

// certificateUntil writes a certificate with its key, good until a day.
func certificateUntil(t *testing.T, end time.Time, mode os.FileMode) string {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: end.Add(-400 * 24 * time.Hour), NotAfter: end}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	var buf bytes.Buffer
	pem.Encode(&buf, &pem.Block{Type: "CERTIFICATE", Bytes: der})
	pem.Encode(&buf, &pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})
	path := filepath.Join(t.TempDir(), "app.pem")
	if err := os.WriteFile(path, buf.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestCheckCertificate(t *testing.T) {
	now := time.Now()
	garbage := filepath.Join(t.TempDir(), "x.pem")
	if err := os.WriteFile(garbage, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct{ file, want string }{
		"good for long":             {certificateUntil(t, now.Add(31*24*time.Hour), 0o640), ""},
		"ends soon":                 {certificateUntil(t, now.Add(29*24*time.Hour), 0o600), "ends on " + now.Add(29*24*time.Hour).UTC().Format(time.DateOnly)},
		"readable for all":          {certificateUntil(t, now.Add(99*24*time.Hour), 0o644), "chmod o="},
		"not a certificate":         {garbage, "teams: certificate: "},
		"a file that has gone away": {"/nowhere.pem", "no such file"},
	} {
		t.Run(name, func(t *testing.T) {
			r := checkCertificate(test.file, now)
			if (r.Err != nil) != (test.want != "") || r.Err != nil && !strings.Contains(r.Err.Error(), test.want) || !r.Warn {
				t.Errorf("got %v, want %q", r.Err, test.want)
			}
		})
	}
	c := checking(t, teamstest.Start(t), teamstest.Secret, "")
	c.Certificate = "/nowhere.pem"
	if all := New(c, nil).Check(t.Context()); all[1].What != "certificate" {
		t.Errorf("got %+v", all)
	}
}
