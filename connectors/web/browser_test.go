package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"amtsbote/bots"
	"amtsbote/connectors/connectortest"
)

// TestBrowser has a real browser use the chat (testdata/browser.mjs). UPDATE=1
// writes the picture for the README; AMTSBOTE_TEST_SHOTS names a folder for all.
func TestBrowser(t *testing.T) {
	node := needed(t)
	d := newDaemon(t)
	shots := os.Getenv("AMTSBOTE_TEST_SHOTS")
	if os.Getenv("UPDATE") == "1" && shots == "" {
		shots = t.TempDir()
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "node", "testdata/browser.mjs")
	cmd.Env = append(os.Environ(), "BASE="+d.server.URL, "NODE="+node, "SHOTS="+shots, "ONLY="+os.Getenv("AMTSBOTE_TEST_ONLY"))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	results := 0
	for line := range scan(out) {
		results++
		d.result(t, line)
	}
	if err := cmd.Wait(); results == 0 {
		t.Fatalf("the browser did not start: %v", err)
	}
	if os.Getenv("UPDATE") == "1" {
		picture, err := os.ReadFile(filepath.Join(shots, "chat.png"))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile("../../docs/chat.png", picture, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// result makes a line of the browser a test of its own.
func (d *daemon) result(t *testing.T, line string) {
	if name, ok := strings.CutPrefix(line, "ok "); ok {
		t.Run(name, func(*testing.T) {})
		return
	}
	name, why, _ := strings.Cut(strings.TrimPrefix(line, "not "), ": \"")
	t.Run(name, func(t *testing.T) {
		var text string
		if err := json.Unmarshal([]byte(`"`+why), &text); err != nil {
			text = why
		}
		t.Error(text)
	})
}

// needed returns the folder with the browser driver, or skips the test; in CI it
// must be there.
func needed(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("AMTSBOTE_TEST_NODE")
	if dir == "" {
		dir, _ = filepath.Abs("../../.ci/node")
	}
	var missing []string
	for what, path := range map[string]string{"chromium": "/usr/bin/chromium", "playwright-core": filepath.Join(dir, "node_modules/playwright-core"), "axe-core": filepath.Join(dir, "node_modules/axe-core")} {
		if _, err := os.Stat(path); err != nil {
			missing = append(missing, what)
		}
	}
	if _, err := exec.LookPath("node"); err != nil {
		missing = append(missing, "node")
	}
	if len(missing) == 0 {
		return dir
	}
	hint := "needs " + strings.Join(missing, ", ") + ": make test-web installs them"
	if os.Getenv("AMTSBOTE_TEST_NO_SKIP") != "" {
		t.Fatal(hint)
	}
	t.Skip(hint)
	return ""
}

// daemon is the other side of the page: a connector and a scripted core that
// uses it as the Runner does.
type daemon struct {
	server *httptest.Server
	state  *connectortest.State

	mu      sync.Mutex
	c       *Connector
	stop    func()
	seen    map[string]bots.Message // the inbox: each ID once
	stopped string
	release chan struct{} // closed to let slow answers go
	cut     bool
}

func newDaemon(t *testing.T) *daemon {
	d := &daemon{state: connectortest.NewState(), seen: map[string]bots.Message{}, release: make(chan struct{})}
	mux := http.NewServeMux()
	mux.HandleFunc("/control/", d.control)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		d.mu.Lock()
		c, cut := d.c, d.cut
		d.mu.Unlock()
		if cut {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		c.ServeHTTP(w, r)
	})
	d.server = httptest.NewServer(mux)
	t.Cleanup(d.server.Close)
	d.start()
	t.Cleanup(func() {
		d.mu.Lock()
		stop := d.stop
		d.mu.Unlock()
		stop()
	})
	return d
}

// start starts the daemon, or starts it again with what it had stored.
func (d *daemon) start() {
	c, err := New(Config{UploadMB: 5, Profile: bots.Profile{Name: "Amtsbote", Authority: "Stadt Musterstadt"}})
	if err == nil {
		err = c.Listen(d.server.Listener.Addr().String())
	}
	if err != nil {
		panic(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		_ = c.Receive(ctx, d.state, func(_ context.Context, m bots.Message) error { d.accept(c, m); return nil })
	})
	d.mu.Lock()
	defer d.mu.Unlock()
	d.c, d.cut = c, false
	d.stop = func() { cancel(); running.Wait() }
}

func (d *daemon) accept(c *Connector, m bots.Message) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, ok := d.seen[m.ID]; ok {
		return
	}
	d.seen[m.ID] = m
	if m.Kind == bots.KindStop {
		d.stopped = m.Target
		return
	}
	go d.answer(c, m, d.release)
}

// control is what the test asks of the daemon.
func (d *daemon) control(w http.ResponseWriter, r *http.Request) {
	what, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/control/"), "/")
	d.mu.Lock()
	c, stop, cut := d.c, d.stop, d.cut
	switch what {
	case "release":
		close(d.release)
		d.release = make(chan struct{})
	case "cut":
		d.cut = true
	case "stopped":
		fmt.Fprint(w, d.stopped)
	case "count":
		n := 0
		for _, m := range d.seen {
			if m.Text == rest {
				n++
			}
		}
		fmt.Fprint(w, n)
	}
	d.mu.Unlock()
	switch what {
	case "url":
		fmt.Fprint(w, c.URL())
	case "cut":
		stop()
	case "back":
		if cut {
			d.start()
		}
	case "keys":
		fmt.Fprint(w, d.kinds())
	}
}

// kinds returns the kinds of keys that the room used last has, such as "e,i".
func (d *daemon) kinds() string {
	var last bots.Message
	d.mu.Lock()
	for _, m := range d.seen {
		if m.Time.After(last.Time) {
			last = m
		}
	}
	d.mu.Unlock()
	var kinds []string
	for _, kind := range []string{"e", "i", "p", "f", "c"} {
		_ = d.state.Each(context.Background(), kind+"/"+last.Room+"/", func(string, []byte) error { kinds = append(kinds, kind); return nil })
	}
	return strings.Join(slices.Compact(kinds), ",")
}

// answer is the skills.
func (d *daemon) answer(c *Connector, m bots.Message, release chan struct{}) {
	ctx := context.Background()
	to := bots.Address{Connector: "web", Room: m.Room, Person: m.Sender, MessageID: m.ID}
	c.Typing(ctx, to, bots.Progress{})
	a := bots.Answer{Notice: bots.Notice{Skill: "chat", Model: "Testmodell", Place: "Rechenzentrum der Stadt"}}
	switch {
	case m.Letter():
		a = letterAnswer()
	case m.Text == "!löschen":
		_ = c.Forget(ctx, d.state, m.Room)
		a = bots.Answer{Text: bots.Say("Gelöscht: dieses Gespräch (2 Beiträge) und alles daraus Abgeleitete."), Notice: bots.Notice{Plain: true}}
	case m.Text == "langsam":
		c.Typing(ctx, to, bots.Progress{Done: 12, Total: 80, Text: bots.Text{DE: "Seite 12 von 80", EN: "page 12 of 80"}, Partial: "Ein *Zwischenstand*"})
		<-release
		d.mu.Lock()
		stopped := d.stopped == m.ID
		d.mu.Unlock()
		if stopped {
			return
		}
		a.Text = bots.Say("Fertig.")
	case m.Text == "breit":
		a.Text = bots.Say("|" + strings.Repeat("Spalte|", 30) + "\n|" + strings.Repeat("-|", 30) + "\n|" + strings.Repeat("Wert|", 30))
	case m.Text == "böse":
		a = hostileAnswer()
	case len(m.Files) > 0:
		a = d.filesAnswer(ctx, c, m)
	default:
		a.Text = bots.Say("Ein Bewohnerparkausweis gilt in der Regel **ein Jahr**. Er lässt sich ab vier Wochen vor Ablauf verlängern:\n\n1. online mit dem Aktenzeichen,\n2. schriftlich,\n3. im Bürgerbüro.\n\n| Dauer | Gebühr |\n|---|---|\n| 12 Monate | 30,70 € |\n| 24 Monate | 61,40 € |")
	}
	if _, err := c.Send(ctx, d.state, bots.Reply{ID: m.ID + "/answer", To: to, Language: "de", Answer: a}); err != nil {
		panic(err)
	}
}

func (d *daemon) filesAnswer(ctx context.Context, c *Connector, m bots.Message) bots.Answer {
	var list []string
	for _, f := range m.Files {
		r, err := c.Open(ctx, d.state, f)
		if err != nil {
			panic(err)
		}
		n, err := io.Copy(io.Discard, r)
		if err = errors.Join(err, r.Close()); err != nil {
			panic(err)
		}
		list = append(list, fmt.Sprintf("%s (%d Bytes)", f.Name, n))
	}
	return bots.Answer{
		Text: bots.Say("Die Gebühr beträgt 25,00 € [1]. Gelesen: " + strings.Join(list, ", ") + "."),
		Read: []bots.ReadFile{{Name: "Bescheid.pdf", Read: true, Pages: 2, OCR: true},
			{Name: "Mietvertrag.pdf", Reason: bots.Text{DE: "mit Passwort geschützt", EN: "protected by a password"}}},
		Warnings: []bots.Text{bots.Say("**Beträge weichen ab:** Mail 25,00 €, Bescheid S. 2 20,50 €.")},
		Sources:  []bots.Source{{N: 1, File: "Bescheid.pdf", Page: 2, Quote: "Die Gebühr beträgt 25,00 €."}},
		Files:    []bots.File{{Name: "Frist.ics", Type: "text/calendar", Data: []byte("BEGIN:VCALENDAR")}},
		Notice:   bots.Notice{Skill: "summary"},
	}
}

func letterAnswer() bots.Answer {
	return bots.Answer{
		Text: bots.Say("**Widerspruch** · Jana Wieczorek · Az. 32.4-BPA-1873/26 · eingegangen Fr 20.11.2026, 18:42\n\n**Was verlangt wird** (wörtlich)\n1. „… bitte ich Sie, den Bescheid aufzuheben und mir den Bewohnerparkausweis auszustellen.“ (Mail, Absatz 2)\n2. „Die Gebühr von 25,00 € bitte ich zu erstatten.“ (Mail, Absatz 3)\n\n**Termine und Fristen**\n- Wunsch der Absenderin: Eingangsbestätigung bis **Fr 27.11.2026**"),
		Drafts: []bots.Draft{{To: []string{"Jana Wieczorek <jana@buerger.example>"}, Language: "de", Gaps: 2,
			Subject: "AW: Widerspruch Bewohnerparkausweis, Az. 32.4-BPA-1873/26", InReplyTo: "a@buerger.example",
			Text:  "Sehr geehrte Frau Wieczorek,\n\nvielen Dank für Ihre E-Mail vom 20. November 2026. Ihr Schreiben zum Bescheid vom 5. November 2026 (Aktenzeichen 32.4-BPA-1873/26) ist am selben Tag bei uns eingegangen.\n\n1. Aufhebung des Bescheids und Ausstellung des Bewohnerparkausweises\n**[bitte ergänzen: Sachstand oder Antwort]**\n\n2. Erstattung der Gebühr <b>\n**[bitte ergänzen: Antwort]**\n\nMit freundlichen Grüßen\nIm Auftrag\nAylin Yılmaz\n\nStadt Musterstadt · Bürgerbüro · Rathausplatz 1 · 12345 Musterstadt",
			Quote: "Sehr geehrte Damen und Herren,\n\nbitte prüfen Sie den Bescheid.", QuoteFrom: "Am 20.11.2026 um 18:42 schrieb Jana Wieczorek:"}},
		Read:   []bots.ReadFile{{Name: "Bescheid.pdf", Read: true, Pages: 2}, {Name: "Mietvertrag.pdf", Reason: bots.Say("mit Passwort geschützt")}},
		Notice: bots.Notice{Skill: "draft"},
	}
}

func hostileAnswer() bots.Answer {
	const bad = "<script>globalThis.pwned=1</script><img src=x onerror=\"pwned=1\"> [k](javascript:pwned=1) ![p](https://evil.example/p.gif) <svg onload=pwned=1> [ok](https://example.org/)"
	return bots.Answer{
		Text: bots.Say(bad), Warnings: []bots.Text{bots.Say(bad)},
		Drafts:  []bots.Draft{{To: []string{bad}, Cc: []string{bad}, Subject: bad, Text: bad, Quote: bad, QuoteFrom: bad, Language: "de\" onclick=\"pwned=1"}},
		Read:    []bots.ReadFile{{Name: bad, Reason: bots.Say(bad)}},
		Sources: []bots.Source{{N: 1, File: bad, Quote: bad, Link: "javascript:pwned=1"}, {N: 2, Link: "https://example.org/"}},
		Files:   []bots.File{{Name: bad + ".html", Type: "text/html", Data: []byte(bad)}},
		Notice:  bots.Notice{Model: bad, Place: bad},
	}
}
