package main

import (
	"context"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"amtsbote/skills/document"
)

// TestWeb has a real browser use the real daemon (testdata/chat.mjs). UPDATE=1
// writes the picture in the README.
func TestWeb(t *testing.T) {
	node := browserDriver(t)
	post, err := openPostOffice(demoDomain, 0, 0, "buergerbuero", "amtsbote", "anna.petersen")
	if err != nil {
		t.Fatal(err)
	}
	defer post.close()
	d, err := open(demoConfig(post, t.TempDir(), "127.0.0.1:0"), discard)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	addr := make(chan string, 1)
	done := make(chan error, 1)
	go func() { done <- d.run(ctx, func(a string) { addr <- a }) }()
	base := "http://" + <-addr
	for { // the chat opens when its connector receives
		resp, err := http.Get(base + "/web/")
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusServiceUnavailable {
			break
		}
	}
	for path, want := range map[string]int{"/live": 200, "/ready": 200, "/metrics": 200, "/web/": 401, "/": 404} {
		resp, err := http.Get(base + path)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("%s: got %d, want %d", path, resp.StatusCode, want)
		}
	}
	dir := t.TempDir()
	notice := filepath.Join(dir, "Bescheid.txt")
	if err := os.WriteFile(notice, []byte(noticeText), 0o600); err != nil {
		t.Fatal(err)
	}
	letter, err := filepath.Abs("demo/widerspruch.eml")
	if err != nil {
		t.Fatal(err)
	}
	shot := ""
	if os.Getenv("UPDATE") != "" {
		if shot, err = filepath.Abs("../../docs/chat.png"); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(ctx, "node", "testdata/chat.mjs")
	cmd.Env = append(os.Environ(), "URL_="+d.addresses()[0], "NODE="+node, "NOTICE="+notice, "LETTER="+letter, "SHOT="+shot, "OUT="+dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v:\n%s", err, out)
	}
	exported(t, dir)
	cancel()
	if err := errors.Join(<-done, d.close()); err != nil {
		t.Error(err)
	}
}

// exported reads the files that the browser saved, as LibreOffice or a colleague would.
func exported(t *testing.T, dir string) {
	r := document.New(document.Options{Log: discard})
	defer r.Close()
	for _, ext := range []string{".docx", ".odt", ".pdf"} {
		found, err := filepath.Glob(filepath.Join(dir, "Zusammenfassung Bescheid 20*"+ext))
		if err != nil || len(found) != 1 {
			t.Errorf("the browser saved %v of %s", found, ext)
			continue
		}
		f, err := os.Open(found[0])
		if err != nil {
			t.Fatal(err)
		}
		doc, err := r.Read(t.Context(), filepath.Base(found[0]), f)
		f.Close()
		if text := doc.Text(); err != nil || !strings.Contains(text, "20,50 €") || !strings.Contains(text, "Ohne Sprachmodell erstellt") {
			t.Errorf("%s says %q, %v", ext, text, err)
		}
	}
}

const noticeText = `Stadt Musterstadt, 05.11.2026

Sehr geehrte Frau Wieczorek,

Ihren Antrag vom 12.10.2026 auf Erteilung eines Bewohnerparkausweises lehne ich ab. Der Ahornweg gehört nicht zum Gebiet „Altstadt West“. Für diese Entscheidung wird eine Gebühr von 20,50 € erhoben. Bitte überweisen Sie den Betrag bis zum 04.12.2026.

Gegen diesen Bescheid kann innerhalb eines Monats nach Bekanntgabe Widerspruch erhoben werden.
`

// browserDriver returns the folder of the browser driver, or skips the test; in CI
// it must be there.
func browserDriver(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("AMTSBOTE_TEST_NODE")
	if dir == "" {
		dir, _ = filepath.Abs("../../.ci/node")
	}
	var missing []string
	for what, path := range map[string]string{"chromium": "/usr/bin/chromium", "playwright-core": filepath.Join(dir, "node_modules/playwright-core")} {
		if _, err := os.Stat(path); err != nil {
			missing = append(missing, what)
		}
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
