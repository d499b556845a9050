package teamstest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"time"
)

// PlaygroundConfig is the configuration of Microsoft's Agents Playground
// (.m365agentsplayground.yml in its working directory) for this cloud: the tenant,
// the bot's account and people whose names end in @stadt.example. Without it, its IDs
// are not of the forms that Teams has. It insists on one person and five more.
func PlaygroundConfig() string {
	var users strings.Builder
	person := func(n int, name string) string {
		login := strings.ToLower(name) + "@stadt.example"
		return fmt.Sprintf(`{id: "29:1%s", name: %s, userPrincipleName: %s, aadObjectId: 00000000-0000-4000-8000-0000000000%d, givenName: %s, surname: Test, email: %s}`,
			strings.ToLower(name), name, login, n, name, login)
	}
	for n, name := range []string{"Berta", "Cem", "Dora", "Emil", "Fatma"} {
		users.WriteString("  - " + person(21+n, name) + "\n")
	}
	return `version: "0.1.1"
tenantId: ` + Tenant + `
bot: {id: "` + BotID + `", name: Amtsbote}
currentUser: ` + person(20, "Anna") + `
users:
` + users.String() + `personalChat: {id: "a:1anna"}
groupChat: {id: "19:gruppe@thread.v2", name: Gruppe}
team:
  id: "19:team@thread.tacv2"
  name: Meldeamt
  aadGroupId: 00000000-0000-4000-8000-000000000031
  channels:
    - {id: "19:kanal@thread.tacv2", name: Schalter}
`
}

// PlaygroundService is the serviceUrl of the Playground's activities, for its flag
// --service-url; PlaygroundBot where it delivers them, for --app-endpoint.
func (c *Cloud) PlaygroundService() string { return c.URL + "/playground/connector" }
func (c *Cloud) PlaygroundBot() string     { return c.URL + "/playground/messages" }

// Playground has a Playground at base stand in for Bot Connector, which it resembles
// but for tokens: it gives none and checks none. So what it delivers is signed on its
// way as Bot Connector signs it, and what the bot asks of it is passed on if it
// carries the bot's token. The issuer stays this cloud. What either side refuses is
// a refusal of this cloud. It is to be called once.
func (c *Cloud) Playground(base *url.URL) {
	c.mux.HandleFunc("/playground/messages", c.fromPlayground)
	back := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.Out.URL.Scheme, r.Out.URL.Host, r.Out.Host = base.Scheme, base.Host, base.Host
		// It is where Bot Connector would be. The rest of the path stays as it was
		// escaped: IDs of conversations are opaque.
		r.Out.URL.Path = "/_connector" + strings.TrimPrefix(r.In.URL.Path, "/playground/connector")
		r.Out.URL.RawPath = "/_connector" + strings.TrimPrefix(r.In.URL.EscapedPath(), "/playground/connector")
		// It has not given the token, and has no use for it.
		r.Out.Header.Del("Authorization")
	}, ModifyResponse: func(r *http.Response) error {
		if r.StatusCode >= 400 {
			c.note(fmt.Sprintf("the Playground: %s %s: %s", r.Request.Method, r.Request.URL.EscapedPath(), r.Status))
		}
		return nil
	}, ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
		if r.Context().Err() == nil {
			c.note("the Playground is away: " + err.Error())
		}
		w.WriteHeader(http.StatusBadGateway)
	}}
	c.mux.HandleFunc("/playground/connector/v3/", func(w http.ResponseWriter, r *http.Request) {
		if !c.authorized(r, Scope) {
			c.refuse(w, http.StatusUnauthorized, "AuthorizationFailed", "no token of the bot's")
			return
		}
		back.ServeHTTP(w, r)
	})
}

// fromPlayground passes on to the bot what the Playground delivers, which signs
// nothing. Everything that the bot checks must be in it already.
func (c *Cloud) fromPlayground(w http.ResponseWriter, r *http.Request) {
	c.people.mu.Lock()
	bot := c.people.bot
	c.people.mu.Unlock()
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
	if err != nil {
		w.WriteHeader(http.StatusRequestEntityTooLarge)
		return
	}
	req, err := http.NewRequestWithContext(r.Context(), r.Method, bot, strings.NewReader(string(body)))
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	if r.Method == http.MethodPost {
		var a struct{ ServiceURL, ChannelID string }
		if json.Unmarshal(body, &a) != nil || a.ServiceURL != c.PlaygroundService() || a.ChannelID != "msteams" {
			c.note("the Playground speaks for another service: " + a.ServiceURL)
			w.WriteHeader(http.StatusForbidden)
			return
		}
		claims := c.Claims()
		claims["serviceurl"] = a.ServiceURL
		claims["exp"] = time.Now().Add(time.Minute).Unix()
		req.Header.Set("Authorization", "Bearer "+c.Sign(claims))
		req.Header.Set("Content-Type", "application/json; charset=utf-8")
	}
	resp, err := c.people.client.Do(req)
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	defer resp.Body.Close()
	if resp.StatusCode >= 400 {
		c.note(fmt.Sprintf("the bot: %s to %s", resp.Status, r.Method))
	}
	w.Header().Set("Content-Type", resp.Header.Get("Content-Type"))
	w.WriteHeader(resp.StatusCode)
	io.Copy(w, resp.Body)
}
