// Package teamstest is Microsoft's side of Teams for tests: Bot Connector, the
// issuer of tokens, the endpoint with its keys, Microsoft Graph and the people who
// write, all on one address of this machine.
//
// No tenant of Microsoft's can be reached from a test machine, so this is a fake.
// It is a strict one: whatever Microsoft refuses, it refuses, with the same status
// and error code, and notes it as a fault of the test ([Cloud.Refusals]). What it
// knows is written down where it is checked, with the page of Microsoft's
// documentation that says so. What only a fake has seen, docs/betrieb.md lists.
//
//	issuer.go     tokens that Bot Connector signs, and its keys
//	tokens.go     tokens for the bot
//	connector.go  conversations: create, post, replace, delete, members
//	activity.go   what is wrong with an activity that the bot sends
//	stream.go     answers while they are written
//	throttle.go   how often the bot may ask
//	people.go     people, what they write, and how it is delivered to the bot
//	graph.go      Microsoft Graph
//	files.go      OneDrive: files that people send and are given; pictures in texts
//	playground.go Microsoft's Agents Playground in the place of conversations
package teamstest

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
)

// IDs of the only app and tenant.
const (
	AppID  = "6f1c1c1e-0000-4000-8000-0000000000aa"
	Tenant = "72f988bf-0000-4000-8000-0000000000bb"
	Secret = "geheim-Ümläut-1234567890"
	BotID  = "28:" + AppID // the bot's account in all conversations
)

// A Cloud is Microsoft's side. Its zero value is not usable; see Start.
type Cloud struct {
	URL string // without a slash at its end

	t   testing.TB
	mux *http.ServeMux

	issuer    issuer
	connector connector
	people    people
	graph     graph
	files     files

	mu       sync.Mutex
	refusals []string
}

// Start starts a cloud that ends with the test.
func Start(t testing.TB) *Cloud {
	c := &Cloud{t: t, mux: http.NewServeMux()}
	srv := httptest.NewServer(c.mux)
	c.URL = srv.URL
	c.startIssuer()
	c.startConnector()
	c.startGraph()
	c.startFiles()
	c.people.start(c)
	t.Cleanup(srv.Close)
	t.Cleanup(c.people.stop)
	return c
}

// Service is the serviceUrl of all activities.
func (c *Cloud) Service() string { return c.URL + "/connector/" }

// Config returns the connector's part of a configuration file for this cloud, as
// the fields of a YAML mapping in one line.
func (c *Cloud) Config(secret string) string {
	return fmt.Sprintf("app_id: %s, tenant: %s, secret: %s, cloud: custom, endpoints: {login: %q, metadata: %q, issuer: %q, scope: %q, graph: %q}",
		AppID, Tenant, secret, c.Login(), c.Metadata(), Issuer, Scope, c.URL+"/graph")
}

// refuse answers a request with an error, as Microsoft words them, and notes it.
func (c *Cloud) refuse(w http.ResponseWriter, status int, code, why string) {
	c.note(fmt.Sprintf("%d %s: %s", status, code, why))
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"error":{"code":%q,"message":%q}}`, code, why)
}

func (c *Cloud) note(what string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.refusals = append(c.refusals, what)
}

// Refusals returns what was refused so far. A test of a connector that does
// nothing wrong ends with none.
func (c *Cloud) Refusals() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]string(nil), c.refusals...)
}

// ServeHTTP serves a request as the cloud's address does.
func (c *Cloud) ServeHTTP(w http.ResponseWriter, r *http.Request) { c.mux.ServeHTTP(w, r) }
