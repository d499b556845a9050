package teams

import (
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/infracloudio/msbotbuilder-go/schema"

	"amtsbote/bots"
	"amtsbote/connectors/teams/teamstest"
)

func newTestAPI(c *teamstest.Cloud, client *http.Client) *api {
	cfg := cloudConfig(c)
	return newAPI(cfg, newTokens(cfg, teamstest.Scope, client), client, slog.New(slog.DiscardHandler))
}

// said is where a person wrote to the bot.
func said(t *testing.T, conv *teamstest.Conversation, p *teamstest.Person, thread string) ref {
	t.Helper()
	b, err := json.Marshal(conv.Activity(p, "message", thread))
	if err != nil {
		t.Fatal(err)
	}
	a, err := decode(strings.NewReader(string(b)))
	if err != nil {
		t.Fatal(err)
	}
	return a.ref()
}

func text(s string) *activity { return &activity{Type: schema.Message, Text: s} }

func refusedWith(err error, status int, code string) bool {
	_, final := errors.AsType[*bots.Refusal](err)
	e, ok := errors.AsType[*apiError](err)
	return final && ok && e.Status == status && e.Code == code
}

// clean fails if the cloud refused anything.
func clean(t *testing.T, c *teamstest.Cloud) {
	t.Helper()
	if r := c.Refusals(); len(r) > 0 {
		t.Errorf("refused: %v", r)
	}
}

func TestPostReplaceRemove(t *testing.T) {
	c := teamstest.Start(t)
	kaya := c.Person("Jana Kaya", "jana.kaya@stadt.example")
	api := newTestAPI(c, newClient())
	ctx := t.Context()
	for _, conv := range []*teamstest.Conversation{c.Personal(kaya), c.Group("Haushalt", kaya), c.Channel("Bauamt", "Allgemein", kaya)} {
		r := said(t, conv, kaya, "")
		id, err := api.post(ctx, r, text("Grüße: <b> & 'x' ✓"))
		if err != nil {
			t.Fatal(err)
		}
		m := conv.Messages()
		if len(m) != 1 || m[0].ID != id || m[0].Text() != "Grüße: <b> & 'x' ✓" {
			t.Fatalf("%s: shown is %+v, the ID %q", conv.Type, m, id)
		}
		if _, thread := root(r.Conversation); m[0].Thread != thread || (thread == "") == (conv.Type == "channel") {
			t.Errorf("%s: in thread %q of %q", conv.Type, m[0].Thread, thread)
		}
		answer := text("Antwort")
		answer.ReplyToID = r.Activity
		if _, err := api.post(ctx, r, answer); err != nil {
			t.Fatal(err)
		}
		if m := conv.Messages(); m[1].ReplyTo != r.Activity {
			t.Errorf("%s: it answers %q", conv.Type, m[1].ReplyTo)
		}
		if _, err := api.post(ctx, r, &activity{Type: "typing"}); err != nil {
			t.Errorf("%s: typing: %v", conv.Type, err)
		}
		if err := api.replace(ctx, r, id, text("Neu")); err != nil {
			t.Fatal(err)
		}
		if m := conv.Messages(); m[0].Text() != "Neu" || m[0].Edits != 1 {
			t.Errorf("%s: replaced by %+v", conv.Type, m[0])
		}
		if err := api.remove(ctx, r, id); err != nil {
			t.Fatal(err)
		}
		if m := conv.Messages(); len(m) != 1 {
			t.Errorf("%s: %d messages after one was removed", conv.Type, len(m))
		}
		if err := api.remove(ctx, r, id); !refusedWith(err, 404, "ActivityNotFoundInConversation") {
			t.Errorf("%s: removed twice: %v", conv.Type, err)
		}
		if err := api.replace(ctx, r, r.Activity, text("x")); !refusedWith(err, 403, "Forbidden") {
			t.Errorf("%s: a person's message: %v", conv.Type, err)
		}
	}
}

// Each of the serviceUrls that occur reaches the same place.
func TestServiceURLs(t *testing.T) {
	var paths []string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		paths = append(paths, r.URL.EscapedPath())
		io.WriteString(w, `{"id":"1"}`)
	}))
	defer srv.Close()
	api := newTestAPI(teamstest.Start(t), newClient())
	for _, test := range []struct{ service, conversation, want string }{
		{"", "a:1", "/v3/conversations/a:1/activities"},
		{"/", "a:1", "/v3/conversations/a:1/activities"},
		{"/emea/", "a:1", "/emea/v3/conversations/a:1/activities"},
		{"/emea/a-b%2Fc//", "a:1", "/emea/a-b%2Fc/v3/conversations/a:1/activities"},
		{"/", "19:ab@thread.tacv2;messageid=17", "/v3/conversations/19:ab@thread.tacv2%3Bmessageid=17/activities"},
		{"/", "a/../b", "/v3/conversations/a%2F..%2Fb/activities"},
		{"/", "../../x?y#z", "/v3/conversations/..%2F..%2Fx%3Fy%23z/activities"},
		{"/", "%2e%2e", "/v3/conversations/%252e%252e/activities"},
		{"/", "ü 1+1", "/v3/conversations/%C3%BC%201+1/activities"},
	} {
		paths = nil
		if _, err := api.post(t.Context(), ref{Service: srv.URL + test.service, Conversation: test.conversation}, text("x")); err != nil || len(paths) != 1 || paths[0] != test.want {
			t.Errorf("%q, %q: %v, %v, want %s", test.service, test.conversation, err, paths, test.want)
		}
	}
}

// The server sees the ID that was meant, whatever is in it.
func TestOpaqueIDs(t *testing.T) {
	c := teamstest.Start(t)
	api := newTestAPI(c, newClient())
	for _, id := range []string{"a/../b", "19:x@thread.tacv2;messageid=1", "..%2f", "a?b=c", "a#b", "ä\\b", "a b", strings.Repeat("x", 900)} {
		before := len(c.Requests())
		_, err := api.post(t.Context(), ref{Service: c.Service(), Conversation: id}, text("x"))
		if !refusedWith(err, 404, "ConversationNotFound") {
			t.Errorf("%q: %v", id, err)
		}
		if all := c.Requests(); len(all) != before+1 || all[before].Conversation != id {
			t.Errorf("%q: the server saw %+v", id, all[before:])
		}
	}
	for _, id := range []string{"", ".", "..", "a\nb", "a\x00", strings.Repeat("x", maxID+1)} {
		if _, err := api.post(t.Context(), ref{Service: c.Service(), Conversation: id}, text("x")); err == nil || !isRefusal(err) {
			t.Errorf("%q: %v", id, err)
		}
		if err := api.remove(t.Context(), ref{Service: c.Service(), Conversation: "a:1"}, id); err == nil || !isRefusal(err) {
			t.Errorf("remove %q: %v", id, err)
		}
	}
	if n := len(c.Requests()); n != 8 {
		t.Errorf("%d requests", n)
	}
}

func isRefusal(err error) bool {
	_, ok := errors.AsType[*bots.Refusal](err)
	return ok
}

// A token goes to no host that is not listed, whatever a stored reference says.
func TestTokenStaysHome(t *testing.T) {
	c := teamstest.Start(t)
	var got atomic.Int64
	thief := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { got.Add(1) }))
	defer thief.Close()
	cfg := cloudConfig(c)
	cfg.Cloud = "public" // where this machine does not count
	cfg.ServiceHosts = []string{"smba.trafficmanager.net"}
	api := newAPI(cfg, newTokens(cfg, teamstest.Scope, newClient()), newClient(), slog.New(slog.DiscardHandler))
	for _, service := range []string{thief.URL, thief.URL + "/", "https://evil.example/", "http://smba.trafficmanager.net/", "https://smba.trafficmanager.net.evil.example/",
		"https://smba.trafficmanager.net@evil.example/", "https://smba.trafficmanager.net:8443/", "https://smba.trafficmanager.net/?x=", "https://smba.trafficmanager.net/#x", "mailto:x", "", "%"} {
		r := ref{Service: service, Conversation: "a:1", Bot: "28:b", Person: "29:p", Tenant: teamstest.Tenant, Type: channel}
		_, err := api.post(t.Context(), r, text("x"))
		_, err2 := api.member(t.Context(), r, "29:x")
		_, err3 := api.personal(t.Context(), r)
		err4 := api.replace(t.Context(), r, "1", text("x"))
		err5 := api.remove(t.Context(), r, "1")
		for _, err := range []error{err, err2, err3, err4, err5} {
			if !errors.Is(err, errUnlisted) || !isRefusal(err) {
				t.Errorf("%q: %v", service, err)
			}
		}
		if strings.Contains(service, "#") || strings.Contains(service, "?") {
			continue // good enough for what is fetched
		}
		if _, err := api.fetch(t.Context(), service); !errors.Is(err, errUnlisted) {
			t.Errorf("fetch %q: %v", service, err)
		}
	}
	if got.Load() > 0 || c.TokenRequests() > 0 {
		t.Errorf("%d requests elsewhere, %d for a token", got.Load(), c.TokenRequests())
	}
}

func TestRedirectionsAreNotFollowed(t *testing.T) {
	c := teamstest.Start(t)
	var got atomic.Int64
	thief := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { got.Add(1) }))
	defer thief.Close()
	srv := httptest.NewServer(http.RedirectHandler(thief.URL+"/x", http.StatusTemporaryRedirect))
	defer srv.Close()
	api := newTestAPI(c, newClient())
	r := ref{Service: srv.URL, Conversation: "a:1"}
	_, err := api.post(t.Context(), r, text("x"))
	_, err2 := api.fetch(t.Context(), srv.URL+"/image")
	_, err3 := api.member(t.Context(), r, "29:1")
	for _, err := range []error{err, err2, err3} {
		if e, ok := errors.AsType[*apiError](err); !ok || e.Status != http.StatusTemporaryRedirect {
			t.Error(err)
		}
	}
	if got.Load() > 0 {
		t.Error("followed")
	}
}

func TestMember(t *testing.T) {
	c := teamstest.Start(t)
	kaya, ott := c.Person("Jana Kaya", "jana.kaya@stadt.example"), c.Person("Olaf Ott", "olaf.ott@stadt.example")
	api := newTestAPI(c, newClient())
	conv := c.Channel("Bauamt", "Allgemein", kaya)
	r := said(t, conv, kaya, "")
	for _, who := range []string{kaya.ID, kaya.ObjectID} {
		m, err := api.member(t.Context(), r, who)
		want := member{ID: kaya.ID, Name: kaya.Name, ObjectID: kaya.ObjectID, UPN: kaya.UPN, Email: kaya.UPN, Tenant: teamstest.Tenant, Role: "user"}
		if err != nil || m != want {
			t.Errorf("%+v, %v", m, err)
		}
	}
	_, err := api.member(t.Context(), r, ott.ID)
	if e, ok := errors.AsType[*apiError](err); !ok || e.Status != 404 || isRefusal(err) {
		t.Errorf("who is not in it: %v", err)
	}
	if all := c.Requests(); strings.Contains(all[0].Conversation, "messageid") {
		t.Errorf("a thread has no roster: %+v", all[0])
	}
}

func TestMemberAnswers(t *testing.T) {
	for name, test := range map[string]struct {
		body string
		good bool
	}{
		"older name":        {`{"id":"29:1","objectId":"AB-1"}`, true},
		"by object":         {`{"id":"29:9","aadObjectId":"29:1"}`, true},
		"another":           {`{"id":"29:2","aadObjectId":"ab-2"}`, false},
		"nobody":            {`{}`, false},
		"no account":        {`{"aadObjectId":"29:1"}`, false},
		"broken":            {`{"id":"29:1"`, false},
		"a list":            {`[{"id":"29:1"}]`, false},
		"more than allowed": {`{"id":"29:1","name":"` + strings.Repeat("x", maxAnswer) + `"}`, false},
	} {
		t.Run(name, func(t *testing.T) {
			c := teamstest.Start(t)
			c.Hook(func(w http.ResponseWriter, _ *http.Request) bool { io.WriteString(w, test.body); return true })
			m, err := newTestAPI(c, newClient()).member(t.Context(), ref{Service: c.Service(), Conversation: "a:1"}, "29:1")
			if (err == nil) != test.good || !test.good && m != (member{}) {
				t.Errorf("%+v, %v", m, err)
			}
			if name == "older name" && m.ObjectID != "AB-1" {
				t.Errorf("%+v", m)
			}
		})
	}
}

func TestPersonal(t *testing.T) {
	c := teamstest.Start(t)
	kaya, blocked := c.Person("Jana Kaya", "jana.kaya@stadt.example"), c.Person("Olaf Ott", "olaf.ott@stadt.example")
	blocked.Blocked = true
	api := newTestAPI(c, newClient())
	conv := c.Channel("Bauamt", "Allgemein", kaya, blocked)
	r := said(t, conv, kaya, "")
	own, err := api.personal(t.Context(), r)
	want := ref{Service: r.Service, Conversation: c.Personal(kaya).ID, Type: "personal", Tenant: r.Tenant, Bot: r.Bot, Person: r.Person}
	if err != nil || own != want {
		t.Fatalf("%+v, %v", own, err)
	}
	if _, err := api.post(t.Context(), own, text("nur für Sie")); err != nil || len(c.Personal(kaya).Messages()) != 1 || len(conv.Messages()) != 0 {
		t.Error("not shown there alone", err)
	}
	n := len(c.Requests())
	if again, err := api.personal(t.Context(), own); err != nil || again != own || len(c.Requests()) != n {
		t.Errorf("of a personal chat: %+v, %v", again, err)
	}
	clean(t, c)
	if _, err := api.personal(t.Context(), said(t, conv, blocked, "")); !refusedWith(err, 403, "MessageWritesBlocked") {
		t.Errorf("who blocked the bot: %v", err)
	}
	for _, body := range []string{`{}`, `{"id":"a\nb"}`, `{"id":5}`, `{"id":"` + strings.Repeat("x", maxID+1) + `"}`, ``} {
		c.Hook(func(w http.ResponseWriter, _ *http.Request) bool { io.WriteString(w, body); return true })
		if got, err := api.personal(t.Context(), r); err == nil || got != (ref{}) {
			t.Errorf("without an ID: %+v, %v", got, err)
		}
	}
}

func TestFetch(t *testing.T) {
	c := teamstest.Start(t)
	api := newTestAPI(c, newClient())
	var token atomic.Value
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token.Store(r.Header.Get("Authorization"))
		if r.URL.Path == "/gone" {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		io.WriteString(w, strings.Repeat("x", 3*maxAnswer))
	}))
	defer srv.Close()
	resp, err := api.fetch(t.Context(), srv.URL+"/v3/attachments/1/views/original")
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	if err != nil || len(b) != 3*maxAnswer || !strings.HasPrefix(token.Load().(string), "Bearer eyJ") {
		t.Errorf("%d bytes, %v, %v", len(b), err, token.Load())
	}
	_, err = api.fetch(t.Context(), srv.URL+"/gone")
	if e, ok := errors.AsType[*apiError](err); !ok || e.Status != 404 {
		t.Error(err)
	}
}
