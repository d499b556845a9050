package mail

import (
	"bufio"
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"amtsbote/bots"
	"amtsbote/connectors/connectortest"
)

// TestExchange is what Exchange Online does at its IMAP port that Dovecot does
// not, in a strict fake: XOAUTH2 only, a bare NO without a reason, and a login
// that is taken though the mailbox stays closed.
func TestExchange(t *testing.T) {
	provider := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"token_type":"Bearer","expires_in":3599,"access_token":"ey.token"}`)
	}))
	defer provider.Close()
	tests := map[string]struct {
		caps   string
		change func(*Config)
		closed bool // the mailbox
		want   string
	}{
		"it lets us in":                     {caps: "SASL-IR AUTH=XOAUTH2 AUTH=PLAIN", want: "no such folder"},
		"without initial responses":         {caps: "AUTH=XOAUTH2", want: "no such folder"},
		"another mailbox":                   {caps: "SASL-IR AUTH=XOAUTH2", change: func(c *Config) { c.User = "anna@amt.test" }, want: errBearer.Error()},
		"the mailbox is not open to us":     {caps: "SASL-IR AUTH=XOAUTH2", closed: true, want: errNotConnected.Error()},
		"only passwords are offered":        {caps: "SASL-IR AUTH=PLAIN", want: errNoBearer.Error()},
		"the configured way is not offered": {caps: "SASL-IR AUTH=XOAUTH2", change: func(c *Config) { c.OAuth.Mechanism = mechBearer }, want: errNoBearer.Error()},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			cfg := newMemoryBox(t).cfg
			fake := &exchange{caps: tt.caps, user: cfg.User, token: "ey.token", closed: tt.closed}
			cfg.Server, cfg.Password = fake.listen(t), bots.Secret{}
			cfg.OAuth = OAuth{TokenURL: provider.URL, ClientID: "app", ClientSecret: bots.NewSecret("x")}
			if tt.change != nil {
				tt.change(&cfg)
			}
			err := connect(t, cfg).Receive(t.Context(), connectortest.NewState(), nil)
			if tt.want == "no such folder" {
				tt.want = "server says NO"
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "ey.") {
				t.Errorf("got %v, want %q", err, tt.want)
			}
			if fake.malformed.Load() {
				t.Error("the fake was told something that Exchange would not understand")
			}
		})
	}
}

// TestRelayWithoutLogin has the mailbox sign in by token and a relay on this
// machine take mail from everybody.
func TestRelayWithoutLogin(t *testing.T) {
	provider := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"access_token":"t"}`)
	}))
	defer provider.Close()
	box, addr := newOutbox(t)
	cfg := forwarder(t, addr).cfg
	cfg.Password, cfg.SMTP.Password = bots.Secret{}, bots.Secret{}
	cfg.OAuth = OAuth{TokenURL: provider.URL, ClientID: "app", ClientSecret: bots.NewSecret("x")}
	if err := connect(t, cfg).submit(t.Context(), "anna@amt.test", letter(1, "x", nil)); err != nil || len(box.mails) != 1 {
		t.Errorf("got %d mails, %v", len(box.mails), err)
	}
}

type exchange struct {
	caps, user, token string
	closed            bool
	malformed         atomic.Bool
}

func (e *exchange) listen(t *testing.T) string {
	l := listen(t)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go e.serve(c)
		}
	}()
	return l.Addr().String()
}

func (e *exchange) serve(c net.Conn) {
	defer c.Close()
	fmt.Fprint(c, "* OK The Microsoft Exchange IMAP4 service is ready.\r\n")
	in, login := false, ""
	for lines := bufio.NewScanner(c); lines.Scan(); {
		tag, command, _ := strings.Cut(lines.Text(), " ")
		if login != "" {
			tag, command = login, "AUTHENTICATE XOAUTH2 "+lines.Text()
			login = ""
		}
		verb, rest, _ := strings.Cut(command, " ")
		switch {
		case verb == "CAPABILITY":
			fmt.Fprintf(c, "* CAPABILITY IMAP4rev1 %s\r\n%s OK done\r\n", e.caps, tag)
		case verb == "AUTHENTICATE" && rest == "XOAUTH2" && !strings.Contains(e.caps, "SASL-IR"):
			login = tag
			fmt.Fprint(c, "+ \r\n")
		case verb == "AUTHENTICATE":
			ok, good := e.check(rest)
			if !good {
				e.malformed.Store(true)
				fmt.Fprintf(c, "%s BAD malformed\r\n", tag)
			} else if in = ok; in {
				fmt.Fprintf(c, "%s OK AUTHENTICATE completed.\r\n", tag)
			} else {
				fmt.Fprintf(c, "%s NO AUTHENTICATE failed.\r\n", tag)
			}
		case in && e.closed:
			fmt.Fprintf(c, "%s BAD User is authenticated but not connected.\r\n", tag)
		default:
			fmt.Fprintf(c, "%s NO x\r\n", tag)
		}
	}
}

// check reads "XOAUTH2 BASE64" as strictly as the real one.
func (e *exchange) check(s string) (ok, wellFormed bool) {
	mech, encoded, _ := strings.Cut(s, " ")
	raw, err := base64.StdEncoding.Strict().DecodeString(encoded)
	var user, token string
	if n, _ := fmt.Sscanf(strings.ReplaceAll(string(raw), "\x01", "\n"), "user=%s\nauth=Bearer %s\n\n", &user, &token); err != nil || mech != "XOAUTH2" || n != 2 {
		return false, false
	}
	if string(raw) != "user="+user+"\x01auth=Bearer "+token+"\x01\x01" {
		return false, false
	}
	return user == e.user && token == e.token, true
}

func TestBearer(t *testing.T) {
	tests := map[string]struct {
		b    bearer
		want string
	}{
		"xoauth2":             {bearer{mech: mechXOAuth2, user: "a@b", token: "t"}, "user=a@b\x01auth=Bearer t\x01\x01"},
		"oauthbearer":         {bearer{mech: mechBearer, user: "a@b", token: "t"}, "n,a=a@b,\x01auth=Bearer t\x01\x01"},
		"oauthbearer escapes": {bearer{mech: mechBearer, user: "a=b,c", token: "t"}, "n,a=a=3Db=2Cc,\x01auth=Bearer t\x01\x01"},
	}
	for name, tt := range tests {
		mech, first, err := tt.b.Start()
		if err != nil || mech != strings.ToUpper(tt.b.mech) || string(first) != tt.want {
			t.Errorf("%s: got %q %q, %v", name, mech, first, err)
		}
		if _, err := tt.b.Next([]byte(`{"status":"401"}`)); err != errBearer || !tt.b.refused {
			t.Errorf("%s: a challenge that states an error: got %v", name, err)
		}
		tt.b = bearer{mech: tt.b.mech, user: tt.b.user, token: tt.b.token, ask: true}
		if _, first, _ := tt.b.Start(); first != nil {
			t.Errorf("%s: said at once %q", name, first)
		}
		if got, err := tt.b.Next([]byte{}); err != nil || string(got) != tt.want {
			t.Errorf("%s: when asked got %q, %v", name, got, err)
		}
	}
}

func TestValidateOAuth(t *testing.T) {
	good := OAuth{TokenURL: "https://login.example/token", ClientID: "app", ClientSecret: bots.NewSecret("x")}
	tests := map[string]struct {
		change func(*Config)
		want   []string
	}{
		"good":                       {func(*Config) {}, nil},
		"a refresh token alone":      {func(c *Config) { c.OAuth.ClientSecret, c.OAuth.RefreshToken = bots.Secret{}, bots.NewSecret("x") }, nil},
		"this machine without TLS":   {func(c *Config) { c.OAuth.TokenURL = "http://127.0.0.1:1/token" }, nil},
		"neither":                    {func(c *Config) { c.OAuth = OAuth{} }, []string{"password: missing (or oauth)"}},
		"both":                       {func(c *Config) { c.Password = bots.NewSecret("x") }, []string{"password: set password or oauth"}},
		"everything at once":         {func(c *Config) { c.OAuth = OAuth{Mechanism: "ntlm"} }, []string{"oauth.token_url: missing", "oauth.client_id:", "oauth.client_secret: missing (or", "oauth.mechanism:"}},
		"another machine, no TLS":    {func(c *Config) { c.OAuth.TokenURL = "http://login.example/token" }, []string{"oauth.token_url: must begin with https"}},
		"a password in the address":  {func(c *Config) { c.OAuth.TokenURL = "https://a:geheim@login.example/" }, []string{"oauth.token_url: not an address"}},
		"no address":                 {func(c *Config) { c.OAuth.TokenURL = "ftp" }, []string{"oauth.token_url: not an address"}},
		"a secret that is no secret": {func(c *Config) { c.OAuth.RefreshToken.UnmarshalText([]byte("geheim")) }, []string{"oauth.refresh_token: a secret is written"}},
	}
	for name, tt := range tests {
		c := Config{Name: "p", Server: "imap.amt.test:993", User: "p", Watch: watchLetters, Address: "p@amt.test", OwnDomains: []string{"amt.test"}, OAuth: good}
		tt.change(&c)
		err := c.Validate()
		if err != nil && tt.want == nil || err == nil && tt.want != nil {
			t.Errorf("%s: got %v", name, err)
		}
		for _, want := range tt.want {
			if !strings.Contains("\n"+fmt.Sprint(err), "\n"+want) || strings.Contains(fmt.Sprint(err), "geheim") {
				t.Errorf("%s: got %v, want %q", name, err, want)
			}
		}
	}
}
