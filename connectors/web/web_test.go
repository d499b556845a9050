package web

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"amtsbote/bots"
	"amtsbote/connectors/connectortest"
)

// desk is a daemon's HTTP server and a browser without a window.
type desk struct {
	server *httptest.Server
	now    atomic.Pointer[Connector] // that is mounted
	client *http.Client
	posts  chan func() bool // what the browser repeats until it is done
	once   sync.Once
}

func newDesk(t testing.TB) *desk {
	d := &desk{posts: make(chan func() bool, 100)}
	d.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if c := d.now.Load(); c != nil {
			c.ServeHTTP(w, r)
			return
		}
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	t.Cleanup(d.server.Close)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	d.client = &http.Client{Jar: jar}
	return d
}

// mount mounts a new connector: a restart of the daemon.
func (d *desk) mount(t testing.TB, cfg Config) *Connector {
	t.Helper()
	c, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Listen(d.server.Listener.Addr().String()); err != nil {
		t.Fatal(err)
	}
	d.now.Store(c)
	return c
}

// do sends a request as our page would.
func (d *desk) do(t testing.TB, method, path string, body io.Reader) *http.Response {
	t.Helper()
	r, err := http.NewRequest(method, d.server.URL+"/web/"+path, body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Origin", d.server.URL)
	resp, err := d.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resp.Body.Close() })
	return resp
}

// login begins a session.
func (d *desk) login(t testing.TB) {
	t.Helper()
	resp, err := d.client.Get(d.now.Load().URL())
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("login: %s", resp.Status)
	}
}

func (d *desk) post(t testing.TB, p post) *http.Response {
	t.Helper()
	data, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	return d.do(t, "POST", "messages", bytes.NewReader(data))
}

// uploadFile sends a file and returns its ID.
func (d *desk) uploadFile(t testing.TB, name string, content []byte) string {
	t.Helper()
	resp := d.do(t, "POST", "files?name="+url.QueryEscape(name), bytes.NewReader(content))
	var got struct{ ID string }
	if err := json.NewDecoder(resp.Body).Decode(&got); err != nil || resp.StatusCode != http.StatusCreated {
		t.Fatalf("upload: %s, %v", resp.Status, err)
	}
	return got.ID
}

// views reads the events after a number until all that were before have come.
func (d *desk) views(t testing.TB, after string) (views []view, last string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, "GET", d.server.URL+"/web/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Last-Event-ID", after)
	resp, err := d.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("events: %s", resp.Status)
	}
	for line := range scan(resp.Body) {
		if line == "event: ready" {
			return views, last
		}
		if id, ok := strings.CutPrefix(line, "id: "); ok {
			last = id
		}
		if data, ok := strings.CutPrefix(line, "data: "); ok {
			var v view
			if err := json.Unmarshal([]byte(data), &v); err != nil {
				t.Fatal(err)
			}
			views = append(views, v)
		}
	}
	t.Fatal("the stream ended early")
	return nil, ""
}

func scan(r io.Reader) func(func(string) bool) {
	s := bufio.NewScanner(r)
	s.Buffer(nil, 8<<20)
	return func(yield func(string) bool) {
		for s.Scan() && yield(s.Text()) {
		}
	}
}

func uuid() string {
	var b [16]byte
	_, _ = rand.Read(b[:])
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// world is a desk for the tests of all connectors. Its browser repeats what it
// sends until the daemon takes it, as the page does.
type world struct{ *desk }

func TestConnector(t *testing.T) {
	connectortest.Run(t, func(t *testing.T) connectortest.World { return world{newDesk(t)} }, connectortest.Options{})
}

func (w world) Connect(t *testing.T) bots.Connector { return w.mount(t, Config{}) }

func (w world) Say(t *testing.T, text string, content []byte) {
	p := post{ID: uuid(), Text: text}
	w.posts <- func() bool {
		if content != nil && p.Files == nil {
			p.Files = []string{w.uploadFile(t, "datei.pdf", content)}
		}
		return w.post(t, p).StatusCode == http.StatusAccepted
	}
	w.once.Do(func() {
		gone := make(chan struct{})
		t.Cleanup(func() { <-gone }) // it may still fail the test
		go func() { defer close(gone); w.browse(t) }()
	})
}

// browse does one after the other what the person wants, as soon as it works.
func (w world) browse(t *testing.T) {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	in := false
	for {
		select {
		case <-t.Context().Done():
			return
		case do := <-w.posts:
			for done := false; !done; {
				select {
				case <-t.Context().Done():
					return
				case <-tick.C:
				}
				if c := w.now.Load(); c == nil || c.running() == nil {
					continue
				}
				if !in {
					w.login(t)
					in = true
				}
				done = do()
			}
		}
	}
}

var tags = regexp.MustCompile(`<[^>]*>`)

func (w world) Heard(t *testing.T) (heard []string) {
	views, _ := w.views(t, "")
	for _, v := range views {
		if v.Kind == replyEvent {
			heard = append(heard, html.UnescapeString(tags.ReplaceAllString(v.HTML, "")))
			for _, d := range v.Drafts {
				heard = append(heard, d.Text)
			}
		}
	}
	return heard
}
