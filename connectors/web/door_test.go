package web

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"amtsbote/connectors/connectortest"
)

func TestListen(t *testing.T) {
	tests := map[string]bool{ // whether the chat may be there
		"127.0.0.1:8770": true, "[::1]:8770": true, "localhost:8770": true, "127.8.9.1:80": true,
		"0.0.0.0:8770": false, "[::]:8770": false, ":8770": false, "192.168.1.5:8770": false, "amt.example:80": false, "127.0.0.1": false,
		"localhost.evil.example:80": false,
	}
	for addr, want := range tests {
		c, err := New(Config{})
		if err != nil {
			t.Fatal(err)
		}
		err = c.Listen(addr)
		if got := err == nil; got != want {
			t.Errorf("Listen(%q) = %v", addr, err)
		}
		if got := c.URL() != ""; got != want {
			t.Errorf("after Listen(%q) the URL is %q", addr, c.URL())
		}
		if !want && strings.Contains(addr, "8770") && !strings.Contains(err.Error(), "127.0.0.1:8770") {
			t.Errorf("Listen(%q) = %v does not say the cure", addr, err)
		}
	}
}

// fresh returns a desk with a chat that the core has called.
func fresh(t *testing.T, cfg Config) *desk {
	d := newDesk(t)
	d.mount(t, cfg).use(connectortest.NewState())
	return d
}

func TestToken(t *testing.T) {
	d := fresh(t, Config{})
	c := d.now.Load()
	address := c.URL()
	if again := c.URL(); again != address {
		t.Errorf("URL gave %q and %q before the token was used", address, again)
	}
	other := *d.client
	other.Jar, _ = cookiejar.New(nil) // New never fails
	get := func(client *http.Client, address string) int {
		resp, err := client.Get(address)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		return resp.StatusCode
	}
	if got := get(&other, strings.Replace(address, "token=", "token=x", 1)); got != http.StatusUnauthorized {
		t.Errorf("a wrong token: %d", got)
	}
	if resp, err := other.Head(address); err != nil || resp.StatusCode != http.StatusUnauthorized {
		t.Errorf("HEAD: %v, %v", resp, err)
	}
	if got := get(d.client, address); got != http.StatusOK {
		t.Errorf("the token: %d", got)
	}
	if got := get(&other, address); got != http.StatusUnauthorized {
		t.Errorf("the token used again by another: %d", got)
	}
	if got := get(d.client, address); got != http.StatusOK {
		t.Errorf("the address opened again by its owner: %d", got)
	}
	next := c.URL()
	if next == address {
		t.Error("the token stays the same after it was used")
	}
	if got := get(&other, next); got != http.StatusOK {
		t.Errorf("the next token: %d", got)
	}
	room := func(client *http.Client) string {
		r, _ := http.NewRequest("GET", d.server.URL+"/web/", nil) // a valid address
		for _, cookie := range client.Jar.Cookies(r.URL) {
			r.AddCookie(cookie)
		}
		v, err := c.visit(r)
		if err != nil || v.room == "" {
			t.Fatalf("no room: %v", err)
		}
		return v.room
	}
	if room(d.client) == room(&other) {
		t.Error("two browsers share a room")
	}
}

// TestRequests holds who is let in: each row is a request of somebody else.
func TestRequests(t *testing.T) {
	d := fresh(t, Config{})
	d.login(t)
	own := d.server.URL
	_, port, _ := strings.Cut(strings.TrimPrefix(own, "http://"), ":")
	tests := map[string]struct {
		method, path string
		host         string
		header       map[string]string
		stranger     bool // has no cookie
		want         int
	}{
		"the page":                                   {"GET", "", "", nil, false, 200},
		"the page by its other name":                 {"GET", "app.js", "localhost:" + port, nil, true, 200},
		"the page without a session":                 {"GET", "", "", nil, true, 401},
		"a name that resolves to this machine":       {"GET", "", "evil.example:" + port, nil, false, 421},
		"the right name at another port":             {"GET", "", "127.0.0.1:1", nil, false, 421},
		"a name that begins like ours":               {"GET", "", "localhost.evil.example:" + port, nil, false, 421},
		"events without a session":                   {"GET", "events", "", nil, true, 401},
		"a message without a session":                {"POST", "messages", "", map[string]string{"Origin": own}, true, 401},
		"a message without Origin":                   {"POST", "messages", "", nil, false, 403},
		"a message of another site":                  {"POST", "messages", "", map[string]string{"Origin": "http://evil.example"}, false, 403},
		"a message of a page in a sandbox":           {"POST", "messages", "", map[string]string{"Origin": "null"}, false, 403},
		"a message of another port of this machine":  {"POST", "messages", "", map[string]string{"Origin": "http://127.0.0.1:1"}, false, 403},
		"a message of a site under our name":         {"POST", "messages", "", map[string]string{"Origin": "https://127.0.0.1:" + port}, false, 403},
		"a message that the browser calls same-site": {"POST", "messages", "", map[string]string{"Origin": own, "Sec-Fetch-Site": "same-site"}, false, 403},
		"a file of another site":                     {"POST", "files?name=a", "", map[string]string{"Origin": "http://evil.example"}, false, 403},
		"a deletion without Origin":                  {"DELETE", "files/" + newID(), "", nil, false, 403},
		"a path out of the chat":                     {"GET", "../metrics", "", nil, false, 404},
		"a file that does not exist":                 {"GET", "files/" + newID(), "", nil, false, 404},
		"a file that is no file":                     {"GET", "files/..%2f..%2fs", "", nil, false, 404},
		"a draft that does not exist":                {"GET", "drafts/1/0", "", nil, false, 404},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r, err := http.NewRequest(tt.method, own+"/web/"+tt.path, strings.NewReader("{}"))
			if err != nil {
				t.Fatal(err)
			}
			r.Host = tt.host
			for k, v := range tt.header {
				r.Header.Set(k, v)
			}
			client := http.Client{Jar: d.client.Jar}
			if tt.stranger {
				client.Jar = nil
			}
			resp, err := client.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			if resp.StatusCode != tt.want {
				t.Errorf("got %s, want %d", resp.Status, tt.want)
			}
			for _, h := range []string{"Content-Security-Policy", "X-Frame-Options", "X-Content-Type-Options", "Referrer-Policy", "Cache-Control"} {
				if resp.Header.Get(h) == "" {
					t.Errorf("has no %s", h)
				}
			}
		})
	}
}

func TestPolicy(t *testing.T) {
	d := fresh(t, Config{})
	d.login(t)
	first := d.do(t, "GET", "", nil).Header.Get("Content-Security-Policy")
	second := d.do(t, "GET", "", nil).Header.Get("Content-Security-Policy")
	if first == second {
		t.Error("the nonce is the same twice")
	}
	for _, bad := range []string{"unsafe", "*", "http:", "https:", "data:"} {
		if strings.Contains(first, bad) {
			t.Errorf("policy has %s: %s", bad, first)
		}
	}
}

func TestConfig(t *testing.T) {
	bad := Config{Name: "Web Chat", Person: "lokal", From: "@", UploadMB: 2000, RoomMB: -1}
	err := bad.Validate()
	for _, key := range []string{"name:", "person:", "from:", "upload_mb:", "room_mb:"} {
		if err == nil || !strings.Contains(err.Error(), key) {
			t.Errorf("%q is not reported: %v", key, err)
		}
	}
	if err := (Config{}).Validate(); err != nil {
		t.Errorf("an empty configuration: %v", err)
	}
	if _, err := New(bad); err == nil {
		t.Error("New takes a bad configuration")
	}
	c, err := New(Config{Name: "chat"})
	if err != nil || c.Path() != "/chat/" || c.Name() != "chat" {
		t.Errorf("got %v, %v", c, err)
	}
}

func TestLanguage(t *testing.T) {
	tests := map[string]struct{ accept, cookie, want string }{
		"nothing said": {"", "", "de"}, "German": {"de-AT,de;q=0.9", "", "de"}, "English": {"en-US,en;q=0.9,de;q=0.5", "", "en"},
		"another": {"fr-FR", "", "de"}, "another, then English": {"tr,en;q=0.7", "", "en"}, "switched": {"en", "de", "de"}, "rubbish": {";;;", "<x>", "de"},
	}
	for name, tt := range tests {
		r := http.Request{Header: http.Header{"Accept-Language": {tt.accept}}, URL: &url.URL{}}
		if tt.cookie != "" {
			r.AddCookie(&http.Cookie{Name: "amtsbote-lang", Value: tt.cookie})
		}
		if got := languageOf(&r); got != tt.want {
			t.Errorf("%s: got %s, want %s", name, got, tt.want)
		}
	}
	for name, text := range pageTexts {
		if text.DE == "" || text.EN == "" {
			t.Errorf("text %q lacks a language", name)
		}
	}
}
