package teams

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/infracloudio/msbotbuilder-go/schema"

	"amtsbote/bots"
	"amtsbote/connectors/connectortest"
	"amtsbote/connectors/teams/teamstest"
)

// TestEndpoint holds the statuses of the endpoint.
func TestEndpoint(t *testing.T) {
	cloud := teamstest.Start(t)
	var log bytes.Buffer
	c := New(config(cloud), slog.New(slog.NewTextHandler(&log, nil)))
	c.intake.use(connectortest.NewState())
	jana := cloud.Person("Jana Kaya", "jana.kaya@stadt.example")
	chat := cloud.Personal(jana)
	good := cloud.Sign(cloud.Claims())
	activity := func(fields ...any) string {
		a := chat.Activity(jana, "message", "")
		a["text"] = "geheim"
		for i := 0; i < len(fields); i += 2 {
			a[fields[i].(string)] = fields[i+1]
		}
		b, err := json.Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	for name, test := range map[string]struct {
		method, path, token, body string
		want                      int
	}{
		"GET":                          {"GET", "/teams/messages", "", "", 200},
		"HEAD":                         {"HEAD", "/teams/messages", "", "", 200},
		"PUT":                          {"PUT", "/teams/messages", good, activity(), 405},
		"another path":                 {"POST", "/teams/other", good, activity(), 404},
		"no token":                     {"POST", "/teams/messages", "", activity(), 401},
		"a token that is none":         {"POST", "/teams/messages", "x.y.z", activity(), 401},
		"two tokens":                   {"POST", "/teams/messages", good + "|" + good, activity(), 401},
		"an activity":                  {"POST", "/teams/messages", good, activity(), 200},
		"no JSON":                      {"POST", "/teams/messages", good, "{", 400},
		"JSON that is no activity":     {"POST", "/teams/messages", good, `[1,2]`, 400},
		"two activities":               {"POST", "/teams/messages", good, activity() + activity(), 400},
		"no type":                      {"POST", "/teams/messages", good, activity("type", ""), 400},
		"an ID of a megabyte":          {"POST", "/teams/messages", good, activity("id", strings.Repeat("x", 400_000)), 400},
		"an ID with a line break":      {"POST", "/teams/messages", good, activity("id", "a\nb"), 400},
		"fields of other kinds":        {"POST", "/teams/messages", good, activity("attachments", "x"), 400},
		"too large":                    {"POST", "/teams/messages", good, activity("text", strings.Repeat("x", maxBody)), 413},
		"nested":                       {"POST", "/teams/messages", good, strings.Repeat("[", 200_000), 400},
		"channel data that is a list":  {"POST", "/teams/messages", good, activity("channelData", []any{1, "x"}), 200},
		"channel data of a number":     {"POST", "/teams/messages", good, activity("channelData", 5), 200},
		"attachments without anything": {"POST", "/teams/messages", good, activity("attachments", []any{map[string]any{}, map[string]any{"contentType": "image/png"}}), 200},
		"another service":              {"POST", "/teams/messages", good, activity("serviceUrl", "https://evil.example/"), 403},
		"another tenant":               {"POST", "/teams/messages", good, activity("channelData", map[string]any{"tenant": map[string]any{"id": "00000000-0000-4000-8000-000000000000"}}), 403},
		"an invoke that is unknown":    {"POST", "/teams/messages", good, activity("type", "invoke", "name", "task/fetch"), 501},
		"a button, and nobody runs":    {"POST", "/teams/messages", good, activity("type", "invoke", "name", "fileConsent/invoke", "from", map[string]any{}), 503},
		"a year that JSON has not":     {"POST", "/teams/messages", good, activity("timestamp", "9999-12-31T23:59:59-23:00"), 200},
		"with a slash at its end":      {"POST", "/teams/messages/", good, activity(), 404},
		"feedback":                     {"POST", "/teams/messages", good, activity("type", "invoke", "name", "message/submitAction"), 200},
	} {
		r := httptest.NewRequest(test.method, test.path, strings.NewReader(test.body))
		for token := range strings.SplitSeq(test.token, "|") {
			if token != "" {
				r.Header.Add("Authorization", "Bearer "+token)
			}
		}
		w := httptest.NewRecorder()
		c.ServeHTTP(w, r)
		if w.Code != test.want {
			t.Errorf("%s: got %d, want %d", name, w.Code, test.want)
		}
		if closes := w.Header().Get("Connection") == "close"; closes != (test.want >= 400 && test.want != 501) {
			t.Errorf("%s: the connection is closed: %v", name, closes)
		}
		if name == "feedback" && strings.TrimSpace(w.Body.String()) != "{}" {
			t.Errorf("feedback: got body %q", w.Body)
		}
	}
	if strings.Contains(log.String(), "geheim") || strings.Contains(log.String(), "jana") {
		t.Errorf("the log has content:\n%s", &log)
	}
}

// watched is a body that notes how much of it was read.
type watchedBody struct {
	io.Reader
	read *atomic.Int64
}

func (b watchedBody) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	b.read.Add(int64(n))
	return n, err
}

// TestBodiesThatDoNotCome: whoever announces a body and does not send it keeps no
// connection, whatever it is answered.
func TestBodiesThatDoNotCome(t *testing.T) {
	for name, request := range map[string]string{
		"GET":               "GET /teams/messages HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n",
		"another path":      "POST /teams/x HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n",
		"no token":          "POST /teams/messages HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n",
		"bit by bit":        "POST /teams/messages HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n",
		"a GET bit by bit ": "GET /teams/messages HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := New(Config{AppID: teamstest.AppID, Tenant: teamstest.Tenant, Secret: bots.NewSecret("x")}, nil)
				near, far := net.Pipe()
				l := &oneListener{make(chan net.Conn, 1)}
				l.conns <- far
				srv := &http.Server{Handler: c, ReadHeaderTimeout: 10 * time.Second}
				go func() { _ = srv.Serve(l) }()
				began := time.Now()
				go func() { _, _ = io.WriteString(near, request) }()
				_, _ = io.Copy(io.Discard, near)
				if took := time.Since(began); took > 2*bodyTime {
					t.Errorf("the connection was kept for %v", took)
				}
				srv.Close()
			})
		})
	}
}

// oneListener has one connection.
type oneListener struct{ conns chan net.Conn }

func (l *oneListener) Accept() (net.Conn, error) {
	c, ok := <-l.conns
	if !ok {
		return nil, net.ErrClosed
	}
	return c, nil
}

func (l *oneListener) Close() error   { close(l.conns); return nil }
func (l *oneListener) Addr() net.Addr { return &net.TCPAddr{} }

// endless is a body without an end.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = '['
	}
	return len(p), nil
}

// TestBodies: without a token that is right nothing is read, and with one no more
// than an activity may have.
func TestBodies(t *testing.T) {
	cloud := teamstest.Start(t)
	c := New(config(cloud), nil)
	c.intake.use(connectortest.NewState())
	for token, most := range map[string]int64{"": 0, "x.y.z": 0, cloud.Sign(cloud.Claims()): maxBody + 64<<10} {
		var read atomic.Int64
		r := httptest.NewRequest("POST", "/teams/messages", watchedBody{endless{}, &read})
		r.Header.Set("Authorization", "Bearer "+token)
		c.ServeHTTP(httptest.NewRecorder(), r)
		if read.Load() > most {
			t.Errorf("%d bytes of a body were read, want at most %d", read.Load(), most)
		}
	}
}

// FuzzActivity has the bot take any body: it never panics, and what it takes is
// complete.
func FuzzActivity(f *testing.F) {
	for _, seed := range []string{
		`{"type":"message","id":"1","text":"<at>x</at> hallo","from":{"id":"29:1"},"recipient":{"id":"28:b"},"conversation":{"id":"a:1","conversationType":"personal"},"entities":[{"type":"mention","text":"<at>x</at>","mentioned":{"id":"28:b"}}]}`,
		`{"type":"messageReaction","id":"1","replyToId":"2","reactionsAdded":[{"type":"like"},{"type":"1f44d_x"}],"from":{"id":"29:1"},"recipient":{"id":"28:b"},"conversation":{"id":"a:1"}}`,
		`{"type":"conversationUpdate","membersAdded":[{"id":"28:b"}],"from":{"id":"29:1"},"recipient":{"id":"28:b"},"conversation":{"id":"19:x@thread.tacv2;messageid=;messageid="},"channelData":[[]]}`,
		`{"type":"invoke","name":"fileConsent/invoke","value":[1]}`, `{"type":5}`, `null`, `{"type":"message","channelData":"x","value":"y"}`,
	} {
		f.Add([]byte(seed))
	}
	c := New(Config{AppID: teamstest.AppID, Tenant: teamstest.Tenant, Cloud: "custom"}, nil)
	f.Fuzz(func(t *testing.T, body []byte) {
		a, err := decode(bytes.NewReader(body))
		if err != nil {
			return
		}
		if a.Type == schema.Invoke {
			c.feedback(a)
			return
		}
		for _, w := range c.messages(a) {
			m := w.Message
			if m.ID == "" || m.Room == "" || m.Ref == "" || m.Connector == "" || m.Time.Location() != time.UTC {
				t.Errorf("incomplete: %+v", m)
			}
			if r, err := parseRef(m.Ref); err == nil && r.Service != a.ServiceURL {
				t.Errorf("another service: %+v", r)
			}
			if _, err := json.Marshal(w); err != nil {
				t.Error(err)
			}
			if w.Activity.Text != "" || len(w.Activity.Attachments)+len(w.Activity.Entities) > 0 {
				t.Error("what was said is kept twice")
			}
		}
	})
}

// TestEndpointStranger: the button of an offered file is for who may use the bot.
func TestEndpointStranger(t *testing.T) {
	cloud := teamstest.Start(t)
	d := open(t, cloud, config(cloud))
	until(t, "the run", func() bool { _, n := d.intake.get(); return n != nil })
	for upn, want := range map[string]int{"fremd@andere.example": 403, "jana.kaya@stadt.example": 400} { // it names no file
		p := cloud.Person("Person", upn)
		a := cloud.Personal(p).Activity(p, "invoke", "")
		a["name"] = invokeConsent
		resp, err := cloud.Post(a, cloud.Sign(cloud.Claims()))
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("%s: got %s, want %d", upn, resp.Status, want)
		}
	}
}
