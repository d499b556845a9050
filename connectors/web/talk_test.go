package web

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"amtsbote/bots"
	"amtsbote/connectors/connectortest"
)

// core runs Receive of a chat until the test ends and collects what it passes.
type core struct {
	*desk
	c     *Connector
	state *connectortest.State

	mu  sync.Mutex
	got []bots.Message
	err error // what accept returns
}

func newCore(t testing.TB, cfg Config) *core {
	d := newDesk(t)
	w := &core{desk: d, c: d.mount(t, cfg), state: connectortest.NewState()}
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() {
		for ctx.Err() == nil {
			_ = w.c.Receive(ctx, w.state, w.accept) // called again, as the core does
		}
	})
	t.Cleanup(func() { cancel(); running.Wait() })
	until(t, func() bool { return w.c.running() != nil })
	w.login(t)
	return w
}

// until waits for a condition that is met soon.
func until(t testing.TB, met func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !met(); runtime.Gosched() {
		if time.Now().After(end) {
			t.Fatal("waited in vain")
		}
	}
}

func (w *core) accept(_ context.Context, m bots.Message) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err == nil {
		w.got = append(w.got, m)
	}
	return w.err
}

func (w *core) accepted() []bots.Message {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.got
}

func (w *core) send(t testing.TB, m bots.Message, kind, text string) {
	t.Helper()
	_, err := w.c.Send(t.Context(), w.state, bots.Reply{ID: m.ID + "/" + kind, Language: "de",
		To: bots.Address{Connector: "web", Room: m.Room, MessageID: m.ID}, Answer: bots.Answer{Text: bots.Say(text)}})
	if err != nil {
		t.Fatal(err)
	}
}

// say posts a message and returns what the bot got.
func (w *core) say(t testing.TB, p post) bots.Message {
	t.Helper()
	p.ID = uuid()
	if resp := w.post(t, p); resp.StatusCode != http.StatusAccepted {
		t.Fatalf("say: %s", resp.Status)
	}
	all := w.accepted()
	return all[len(all)-1]
}

func TestSay(t *testing.T) {
	w := newCore(t, Config{Person: "anna@stadt.example"})
	m := w.say(t, post{Text: "  Grüße \n"})
	if m.Sender != "anna@stadt.example" || !m.Direct || m.Watched || m.Text != "Grüße" || m.Prio != bots.PrioPerson {
		t.Errorf("got %+v", m)
	}
	eml, pdf := w.uploadFile(t, "Brief.EML", []byte("Subject: x\r\n\r\ny")), w.uploadFile(t, `C:\Akten\Bescheid.pdf`, []byte("%PDF"))
	if m := w.say(t, post{Files: []string{pdf, eml}}); !m.Letter() || m.Files[0].Name != "Brief.EML" || m.Files[1].Name != "Bescheid.pdf" {
		t.Errorf("a mail dropped without words is no letter: %+v", m)
	}
	if m := w.say(t, post{Text: "bitte absagen", Files: []string{eml}}); m.Letter() || m.Files[0].Type != bots.TypeLetter {
		t.Errorf("a mail with words: %+v", m)
	}
	first := m
	if m := w.say(t, post{Stop: strings.TrimPrefix(first.ID, first.Room+".")}); m.Kind != bots.KindStop || m.Target != first.ID {
		t.Errorf("stop: %+v", m)
	}
}

func TestSayRefused(t *testing.T) {
	w := newCore(t, Config{})
	tests := map[string]string{
		"no JSON":                  "hallo",
		"no ID":                    `{"text":"a"}`,
		"an ID that is no UUID":    `{"id":"../../x","text":"a"}`,
		"nothing":                  `{"id":"` + uuid() + `","text":" \n"}`,
		"too long a text":          `{"id":"` + uuid() + `","text":"` + strings.Repeat("a", maxText+1) + `"}`,
		"too long a body":          `{"id":"` + uuid() + `","text":"` + strings.Repeat("a", maxBody) + `"}`,
		"a file that is not there": `{"id":"` + uuid() + `","files":["` + newID() + `"]}`,
		"a file that is a path":    `{"id":"` + uuid() + `","files":["../s/x"]}`,
		"a stop of nothing":        `{"id":"` + uuid() + `","stop":"x"}`,
	}
	for name, body := range tests {
		t.Run(name, func(t *testing.T) {
			if resp := w.do(t, "POST", "messages", strings.NewReader(body)); resp.StatusCode != http.StatusBadRequest {
				t.Errorf("got %s", resp.Status)
			}
		})
	}
	if got := w.accepted(); len(got) > 0 {
		t.Errorf("accepted %d messages", len(got))
	}
}

// TestAcceptFails holds that a message is confirmed only when it was accepted,
// is kept till then, and is passed again.
func TestAcceptFails(t *testing.T) {
	w := newCore(t, Config{})
	full := errors.New("disk full")
	w.mu.Lock()
	w.err = full
	w.mu.Unlock()
	p := post{ID: uuid(), Text: "eins"}
	resp := w.post(t, p)
	if resp.StatusCode != http.StatusServiceUnavailable || resp.Header.Get("Retry-After") == "" {
		t.Errorf("got %s", resp.Status)
	}
	w.mu.Lock()
	w.err = nil
	w.mu.Unlock()
	until(t, func() bool { return len(w.accepted()) > 0 }) // Receive passes what waits
	until(t, func() bool { return w.post(t, p).StatusCode == http.StatusAccepted })
	if views, _ := w.views(t, ""); len(views) != 1 || views[0].ID != p.ID {
		t.Errorf("the page shows %+v, want the message once", views)
	}
	before := len(w.accepted())
	if resp := w.post(t, p); resp.StatusCode != http.StatusAccepted || len(w.accepted()) != before {
		t.Errorf("posted again after it was accepted: %s, %d more", resp.Status, len(w.accepted())-before)
	}
}

func TestRate(t *testing.T) {
	w := newCore(t, Config{})
	var last *http.Response
	for range perMinute + 1 {
		last = w.post(t, post{ID: uuid(), Text: "a"})
	}
	if last.StatusCode != http.StatusTooManyRequests || last.Header.Get("Retry-After") == "" {
		t.Errorf("got %s", last.Status)
	}
	if n := len(w.accepted()); n != perMinute {
		t.Errorf("accepted %d, want %d", n, perMinute)
	}
	r := &room{counted: time.Now(), allowance: 0}
	if r.allow(r.counted.Add(time.Second)) || !r.allow(r.counted.Add(3*time.Second)) {
		t.Error("the allowance does not come back with time")
	}
}

func TestResume(t *testing.T) {
	w := newCore(t, Config{})
	m := w.say(t, post{Text: "eins"})
	_, last := w.views(t, "")
	w.send(t, m, "answer", "Antwort")
	w.send(t, m, "answer", "Antwort")
	views, next := w.views(t, last)
	if len(views) != 1 || views[0].Target+"."+views[0].Kind == "" || views[0].HTML != "<p>Antwort</p>" {
		t.Errorf("got %+v, want the answer alone, once", views)
	}
	if views, _ := w.views(t, next); len(views) != 0 {
		t.Errorf("got %+v, want nothing", views)
	}
	again := &desk{server: w.server, client: w.client}
	c := w.mount(t, Config{}) // a restart
	c.use(w.state)
	w.send(t, m, "answer", "Antwort") // the old one
	if views, _ := again.views(t, ""); len(views) != 2 {
		t.Errorf("after a restart: got %d events, want 2", len(views))
	}
}

// TestLong holds an answer of many chunks.
func TestLong(t *testing.T) {
	w := newCore(t, Config{})
	m := w.say(t, post{Text: "lang"})
	text := strings.Repeat("Straße ", 150_000)
	w.send(t, m, "answer", text)
	w.send(t, m, "notice", "kurz")
	views, _ := w.views(t, "")
	if len(views) != 3 || strings.Count(views[1].HTML, "Straße") != 150_000 || views[2].HTML != "<p>kurz</p>" {
		t.Errorf("got %d views", len(views))
	}
}

// TestRoomsApart holds that one session sees nothing of another.
func TestRoomsApart(t *testing.T) {
	w := newCore(t, Config{})
	id := w.uploadFile(t, "geheim.pdf", []byte("x"))
	m := w.say(t, post{Text: "geheim", Files: []string{id}})
	w.send(t, m, "answer", "geheim")
	views, last := w.views(t, "")
	if len(views) != 2 {
		t.Fatalf("got %d views", len(views))
	}
	other := newDesk(t)
	other.server = w.server
	other.now.Store(w.c)
	other.login(t)
	if views, _ := other.views(t, ""); len(views) != 0 {
		t.Errorf("another session sees %+v", views)
	}
	for _, path := range []string{"files/" + id, "drafts/" + last + "/0"} {
		if resp := other.do(t, "GET", path, nil); resp.StatusCode != http.StatusNotFound {
			t.Errorf("another session gets %s: %s", path, resp.Status)
		}
	}
	if resp := other.post(t, post{ID: uuid(), Files: []string{id}}); resp.StatusCode != http.StatusBadRequest {
		t.Errorf("another session sends the file: %s", resp.Status)
	}
	other.do(t, "DELETE", "files/"+id, nil)
	if resp := w.do(t, "GET", "files/"+id, nil); resp.StatusCode != http.StatusOK {
		t.Error("another session removed the file")
	}
}

func TestForget(t *testing.T) {
	w := newCore(t, Config{})
	m := w.say(t, post{Text: "eins", Files: []string{w.uploadFile(t, "a", make([]byte, chunk+1))}})
	w.send(t, m, "answer", "Antwort")
	_, last := w.views(t, "")
	for range 2 {
		if err := w.c.Forget(t.Context(), w.state, m.Room); err != nil {
			t.Fatal(err)
		}
	}
	for _, kind := range []string{"p", "f", "c"} {
		if n := w.keys(kind); n != 0 {
			t.Errorf("%d values of kind %s are left", n, kind)
		}
	}
	w.send(t, m, "receipt", "Gelöscht")
	views, _ := w.views(t, last) // a page that was away
	if len(views) != 2 || views[0].Kind != forgetEvent || views[1].HTML != "<p>Gelöscht</p>" {
		t.Errorf("got %+v, want that all is forgotten and the receipt", views)
	}
	r, err := w.c.Open(t.Context(), w.state, m.Files[0])
	if _, ok := errors.AsType[*bots.Refusal](err); !ok {
		t.Errorf("Open after Forget: %v, %v", r, err)
	}
}

func TestSendFiles(t *testing.T) {
	w := newCore(t, Config{From: "buergerbuero@stadt.example"})
	m := w.say(t, post{Text: "eins"})
	r := bots.Reply{ID: m.ID + "/answer", Language: "de", To: bots.Address{Room: m.Room, MessageID: m.ID}, Answer: bots.Answer{
		Files:  []bots.File{{Name: "../../x.ics", Type: "text/calendar", Data: []byte("BEGIN")}},
		Drafts: []bots.Draft{{To: []string{"jana@buerger.example"}, Subject: "AW: Grüße: 1/2", Text: "Guten Tag", Language: "de"}}}}
	for range 2 {
		if _, err := w.c.Send(t.Context(), w.state, r); err != nil {
			t.Fatal(err)
		}
	}
	if string(r.Answer.Files[0].Data) != "BEGIN" {
		t.Error("Send changed the reply of its caller")
	}
	views, _ := w.views(t, "")
	if len(views) != 2 || len(views[1].Files) != 1 || views[1].Files[0].Name != "x.ics" {
		t.Fatalf("got %+v", views)
	}
	if got, _ := io.ReadAll(w.do(t, "GET", views[1].Files[0].URL, nil).Body); string(got) != "BEGIN" {
		t.Errorf("file: %q", got)
	}
	resp := w.do(t, "GET", views[1].Drafts[0].URL, nil)
	got, _ := io.ReadAll(resp.Body)
	for _, want := range []string{"From: <buergerbuero@stadt.example>\r\n", "To: <jana@buerger.example>\r\n", "X-Unsent: 1\r\n", "Guten Tag"} {
		if !bytes.Contains(got, []byte(want)) {
			t.Errorf("draft lacks %q:\n%s", want, got)
		}
	}
	if name := resp.Header.Get("Content-Disposition"); !strings.Contains(name, "AW%20Gr%C3%BC%C3%9Fe%201%202.eml") {
		t.Errorf("draft is called %s", name)
	}
	if _, err := w.c.Send(t.Context(), w.state, bots.Reply{ID: "x", To: bots.Address{Room: "../s"}}); err == nil {
		t.Error("a reply to a room that is none was sent")
	}
}

// TestSlowPage holds that a page that does not read holds up nobody.
func TestSlowPage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &room{listeners: map[*listener]bool{}, progress: map[string]progress{}}
		l := r.listen()
		for i := range cap(l.events) + 1 {
			r.tell(event{Seq: int64(i)})
			r.show(progress{"m", bots.Progress{Done: i}})
		}
		select {
		case <-l.gone:
		default:
			t.Error("the page that does not read was not hung up on")
		}
		r.leave(l)
		for range maxListeners {
			r.listen()
		}
		if r.listen() != nil {
			t.Error("one more page than allowed")
		}
	})
}

// TestStops holds that streams end with Receive, so that the daemon can stop.
func TestStops(t *testing.T) {
	d := newDesk(t)
	c := d.mount(t, Config{})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- c.Receive(ctx, connectortest.NewState(), func(context.Context, bots.Message) error { return nil })
	}()
	until(t, func() bool { return c.running() != nil })
	d.login(t)
	resp := d.do(t, "GET", "events", nil)
	time.AfterFunc(time.Minute, d.server.CloseClientConnections) // instead of waiting for ever
	cancel()
	if _, err := io.ReadAll(resp.Body); err != nil {
		t.Errorf("the stream: %v", err)
	}
	if err := <-done; err != nil {
		t.Errorf("Receive: %v", err)
	}
	if resp := d.post(t, post{ID: uuid(), Text: "a"}); resp.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("a message after the end: %s", resp.Status)
	}
}

// TestScripts holds that the page's texts exist, and that it makes HTML of
// nothing but what the daemon rendered.
func TestScripts(t *testing.T) {
	used := regexp.MustCompile(`\bt\("(\w+)"|\.T\.(\w+)|\(done \? "(\w+)"`)
	for _, name := range []string{"app.js", "talk.js", "files.js", "view.js", "draft.js", "dom.js", "page.html", "door.html"} {
		data, err := os.ReadFile("page/" + name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range used.FindAllStringSubmatch(string(data), -1) {
			if key := m[1] + m[2] + m[3]; pageTexts[key].IsZero() {
				t.Errorf("%s uses text %q, which there is not", name, key)
			}
		}
		for _, bad := range []string{"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", " style=", " onclick=", "http://", "https://"} {
			if n := strings.Count(string(data), bad); n > 0 && !(bad == "innerHTML" && name == "dom.js" && n == 1) {
				t.Errorf("%s has %s", name, bad)
			}
		}
	}
}

// BenchmarkAnswer is a message posted, accepted, answered and read by the page.
func BenchmarkAnswer(b *testing.B) {
	w := newCore(b, Config{})
	room := w.c.room
	for b.Loop() {
		m := w.say(b, post{Text: "Frage"})
		room(m.Room).counted = time.Time{}
		w.send(b, m, "answer", "Antwort")
	}
}

// TestShow holds what of a reply reaches the page.
func TestShow(t *testing.T) {
	e := event{Kind: replyEvent, Reply: &bots.Reply{Language: "en", Answer: bots.Answer{
		Text:     bots.Text{DE: "ja", EN: "yes\n\n- **Form:** plain\n  mail"},
		Warnings: []bots.Text{bots.Say("Form: plain mail"), bots.Say("**Amounts** differ")},
		Sources:  []bots.Source{{N: 1, Link: "javascript:alert(1)"}, {N: 2, Link: "https://example.org/"}, {N: 3, Link: "/admin"}},
		Notice:   bots.Notice{Model: "Modell", Place: "hier"},
	}}}
	v := show(e)
	if !slices.Equal(v.Warnings, []string{"<p><strong>Amounts</strong> differ</p>"}) {
		t.Errorf("got warnings %q, want only what the text does not say", v.Warnings)
	}
	if !strings.HasPrefix(v.HTML, "<p>yes</p>") || !strings.HasPrefix(v.Notice, "Made with AI (Modell, hier)") {
		t.Errorf("got %+v", v)
	}
	for i, want := range []string{"", "https://example.org/", ""} {
		if got := v.Sources[i].Link; got != want {
			t.Errorf("source %d links to %q, want %q", i+1, got, want)
		}
	}
}
