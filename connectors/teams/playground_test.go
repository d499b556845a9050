package teams

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"amtsbote/bots"
	"amtsbote/connectors/connectortest"
	"amtsbote/connectors/teams/teamstest"
)

// TestPlayground has a person use the bot in Microsoft's Agents Playground, a page
// that plays Teams, with a real browser (testdata/playground.mjs). Its licence is for
// evaluation: only make playground installs it, and nothing else runs this test,
// not even where AMTSBOTE_TEST_NO_SKIP is set. AMTSBOTE_TEST_SHOTS names a folder
// for pictures.
func TestPlayground(t *testing.T) {
	folder := os.Getenv("AMTSBOTE_TEST_PLAYGROUND")
	if folder == "" {
		t.Skip("needs Microsoft's Agents Playground: make playground installs it")
	}
	node := os.Getenv("AMTSBOTE_TEST_NODE")
	if node == "" {
		node, _ = filepath.Abs("../../.ci/node")
	}
	p := newPlay(t, folder)
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "node", "testdata/playground.mjs")
	cmd.Env = append(os.Environ(), "BASE="+p.page, "CONTROL="+p.control.URL, "NODE="+node, "SHOTS="+os.Getenv("AMTSBOTE_TEST_SHOTS"))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	scenes := 0
	for lines := bufio.NewScanner(out); lines.Scan(); {
		name, why, failed := strings.Cut(lines.Text(), ": ")
		scenes++
		t.Run(name, func(t *testing.T) {
			if failed {
				t.Error(why)
			}
		})
	}
	if err := cmd.Wait(); err != nil || scenes == 0 {
		t.Errorf("%d scenes, then %v", scenes, err)
	}
	for _, r := range p.cloud.Refusals() {
		t.Error("refused: " + r)
	}
}

// A play is a bot whose answers are scripted, and the Playground that shows them.
type play struct {
	*Connector
	cloud   *teamstest.Cloud
	state   bots.State
	page    string
	control *httptest.Server

	mu      sync.Mutex
	release chan struct{} // closed when the answer that is being written may end
	seen    map[string]bool
	said    []string // what came: kind and text
}

func newPlay(t *testing.T, folder string) *play {
	p := &play{cloud: teamstest.Start(t), state: connectortest.NewState(), release: make(chan struct{}), seen: map[string]bool{}}
	p.Connector = New(config(p.cloud), slog.New(slog.DiscardHandler))
	mount(t, p.cloud, p.Connector)
	p.control = httptest.NewServer(http.HandlerFunc(p.serve))
	t.Cleanup(p.control.Close)
	var answers sync.WaitGroup
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		done <- p.Receive(ctx, p.state, func(_ context.Context, m bots.Message) error {
			p.mu.Lock()
			known := p.seen[m.ID] // as the inbox knows it
			p.seen[m.ID] = true
			p.said = append(p.said, fmt.Sprintf("%s %q", cmp.Or(m.Kind, "text"), m.Text))
			p.mu.Unlock()
			if !known {
				answers.Go(func() { p.answer(t, ctx, m) })
			}
			return nil
		})
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Receive: %v", err)
		}
		answers.Wait()
	})
	p.page = startPlayground(t, p.cloud, folder)
	return p
}

// startPlayground starts the Playground and returns its address.
func startPlayground(t *testing.T, cloud *teamstest.Cloud, folder string) string {
	dir := t.TempDir() // it writes into its working directory
	if err := os.WriteFile(filepath.Join(dir, ".m365agentsplayground.yml"), []byte(teamstest.PlaygroundConfig()), 0o600); err != nil {
		t.Fatal(err)
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := fmt.Sprint(free.Addr().(*net.TCPAddr).Port)
	free.Close()
	cmd := exec.CommandContext(t.Context(), "node", filepath.Join(folder, "node_modules/@microsoft/m365agentsplayground/cli.js"), "start",
		"--app-endpoint", cloud.PlaygroundBot(), "--service-url", cloud.PlaygroundService(), "--channel-id", "msteams", "--port", port, "--disable-telemetry")
	cmd.Dir, cmd.Stderr = dir, os.Stderr
	cmd.Env = append(os.Environ(), "BROWSER=none") // it opens one where it finds one
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Wait() })
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if at, ok := strings.CutPrefix(lines.Text(), "Listening on "); ok {
			go io.Copy(io.Discard, out)
			page := "http://127.0.0.1:" + at
			base, err := url.Parse(page)
			if err != nil {
				t.Fatal(err)
			}
			cloud.Playground(base)
			return page
		}
	}
	t.Fatal("the Playground did not start")
	return ""
}

// serve is what the browser's side asks of the bot's.
func (p *play) serve(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch r.URL.Path {
	case "/release":
		close(p.release)
		p.release = make(chan struct{})
	case "/said":
		fmt.Fprint(w, strings.Join(p.said, "\n"))
	}
}

const (
	playLong    = "Der Antrag ist **vollständig**.\n\n- Größe geprüft\n- Gebühr geprüft\n\n"
	playHostile = "<script>globalThis.pwned=1</script><img src=x onerror=\"globalThis.pwned=1\"> <at>Alle</at> [k](javascript:pwned=1) &lt;b&gt; *Stern"
)

// answer is the core and the skills.
func (p *play) answer(t *testing.T, ctx context.Context, m bots.Message) {
	p.mu.Lock()
	release := p.release
	p.mu.Unlock()
	to := bots.Address{Connector: "teams", Room: m.Room, Thread: m.Thread, Person: m.Sender, MessageID: m.ID, Ref: m.Ref}
	a := bots.Answer{Notice: bots.Notice{Skill: "chat", Model: "Testmodell", Place: "Rechenzentrum der Stadt"}}
	switch {
	case m.Kind == bots.KindJoin:
		a = bots.Answer{Text: bots.Say("Guten Tag, ich bin **Amtsbote**, ein KI-Assistent der Stadt Musterstadt."), Notice: bots.Notice{Plain: true}}
	case m.Kind != bots.KindText:
		return
	case strings.Contains(m.Text, "böse"):
		a.Text = bots.Say(playHostile)
		a.Sources = []bots.Source{{N: 1, File: playHostile, Quote: playHostile, Link: "javascript:pwned=1"}}
	case strings.Contains(m.Text, "langsam"):
		work, end := context.WithCancel(ctx)
		p.Typing(work, to, bots.Progress{Done: 3, Total: 12, Text: bots.Text{DE: "Seite 3 von 12", EN: "page 3 of 12"}})
		select {
		case <-release:
		case <-ctx.Done():
		}
		p.mu.Lock()
		release = p.release
		p.said = append(p.said, "half of an answer")
		p.mu.Unlock()
		p.Typing(work, to, bots.Progress{Done: 9, Total: 12, Partial: playLong})
		select {
		case <-release:
		case <-ctx.Done():
		}
		defer end()
		a.Text = bots.Say(playLong + "Fertig mit Prüfung [1].")
		a.Sources = []bots.Source{{N: 1, File: "Antrag.pdf", Page: 3, Quote: "Die Größe beträgt 12 m²."}}
	default:
		a.Text = bots.Say("Die Gebühr beträgt **25,00 €** [1], *nicht* mehr.\n\n1. online mit `Az. 32_4`,\n2. im Bürgerbüro.\n\n- Öffnungszeiten: 8 < 12 & „nachmittags“\n\n> Größe & Maß\n\n| Dauer | Gebühr |\n|---|---|\n| 12 Monate | 30,70 € |\n\nMehr: [Seite](https://www.stadt.example/gebühr?a=1&b=2)")
		a.Sources = []bots.Source{{N: 1, File: "Gebührensatzung.pdf", Page: 2, Quote: "Die Gebühr beträgt 25,00 €.", Link: "https://www.stadt.example/satzung"}}
	}
	if _, err := p.Send(ctx, p.state, bots.Reply{ID: m.ID + "/answer", To: to, Language: "de", Answer: a}); err != nil && ctx.Err() == nil {
		t.Errorf("Send: %v", err)
	}
}
