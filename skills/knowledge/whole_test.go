package knowledge

import (
	"bytes"
	"context"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"amtsbote/bots"
	"amtsbote/skills/index"
	"amtsbote/skills/llm"
	"amtsbote/skills/llm/llmtest"
)

// onDisk reports whether bytes stand anywhere in a folder.
func onDisk(t *testing.T, dir, what string) bool {
	t.Helper()
	found := false
	err := filepath.WalkDir(dir, func(p string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return nil // files come and go
		}
		data, err := os.ReadFile(p)
		if err == nil && bytes.Contains(data, []byte(what)) {
			found = true
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// TestPurged: when a file is gone nothing finds it any more, no vector of it is left,
// and its bytes leave the index's files while the daemon runs.
func TestPurged(t *testing.T) {
	s := newShelf(t)
	const secret = "Quittenbaumschnitt"
	s.write("a.txt", "Der "+secret+" ist im Februar.")
	s.write("b.txt", "Die Hecke wird im Oktober geschnitten.")
	l, stop := s.run()
	s.finds(l, secret, "a.txt")
	s.finds(l, "Hecke", "b.txt")
	if !onDisk(t, s.data, secret) {
		t.Fatal("the test looks in the wrong place")
	}
	s.remove("a.txt")
	s.finds(l, secret)
	s.until("the bytes are gone", func() bool { return !onDisk(t, s.data, secret) })
	stop()
	if onDisk(t, s.data, secret) || onDisk(t, s.data, strings.ToLower(secret)) {
		t.Error("the bytes came back")
	}
	s.finds(func() *Library { l, _ := s.run(); return l }(), "Hecke", "b.txt")
}

// vectors returns the models of a bot with one for vectors.
func vectors(t *testing.T, class bots.Class) (*llmtest.Server, llm.Bot) {
	t.Helper()
	server := llmtest.NewServer(t, llmtest.Options{})
	p, err := llm.New([]llm.Config{{Name: "V", URL: server.URL, Model: "v", Place: "K", Class: class, Embedding: true}}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	b, err := p.Bot([]string{"V"})
	if err != nil {
		t.Fatal(err)
	}
	return server, b
}

func models(t *testing.T, l *Library) (all []string) {
	t.Helper()
	c := l.cols[0]
	c.mu.Lock()
	ix := c.ix
	c.mu.Unlock()
	if ix == nil {
		return nil
	}
	sources, err := ix.Sources(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, src := range sources {
		all = append(all, src.Model)
	}
	return all
}

// TestVectors: passages get vectors of the model that may see them, once; while it is
// away words are searched, and the vectors come later; no text reaches one that may not
// see the collection, no question one that may not see the conversation.
func TestVectors(t *testing.T) {
	server, b := vectors(t, bots.Internal)
	s := newShelf(t)
	s.opt = func(o *Options) { o.Embedder = b.Embedder }
	s.write("a.txt", "Die Bücherei öffnet um zehn.")
	server.ScriptEmbeddings(llmtest.Reply{Status: 400})
	l, stop := s.run()
	s.finds(l, "Bücherei", "a.txt")
	s.until("vectors came later", func() bool { m := models(t, l); return len(m) == 1 && m[0] == "V|v|||32" })
	n := len(server.Requests())
	if _, err := Search(t.Context(), l.cols, Person{ID: "a@b.de", Class: bots.Confidential, Direct: true}, "Bücherei", 3); err != nil || len(server.Requests()) != n {
		t.Errorf("a confidential question reached a model for internal ones, %v", err)
	}
	stop()
	n = len(server.Requests())
	l, stop = s.run()
	s.current(l)
	if got := len(server.Requests()); got != n {
		t.Errorf("%d vectors were asked for anew after a restart", got-n)
	}
	stop()
	s.cfg.Class = bots.Confidential
	s.cfg.Name = "Personalakten"
	l, _ = s.run()
	s.current(l)
	s.until("read", func() bool { return l.cols[0].State().Documents == 1 })
	if got := len(server.Requests()); got != n {
		t.Error("a confidential collection reached a model for internal ones")
	}
}

// TestKilled: what Put was told survives a daemon that does not end well: the folder of
// the index is copied while it runs and opened as if after a crash.
func TestKilled(t *testing.T) {
	s := newShelf(t)
	for i := range 30 {
		s.write(string(rune('a'+i%26))+strings.Repeat("x", i/26)+".txt", "Anweisung über Leitern")
	}
	l, stop := s.run()
	s.until("all are read", func() bool { return l.cols[0].State().Documents == 30 })
	copied := filepath.Join(t.TempDir(), "copy")
	if err := os.CopyFS(copied, os.DirFS(s.data)); err != nil {
		t.Skip("the index was being written: ", err)
	}
	stop()
	s.data = copied
	reads := len(s.reads)
	l, _ = s.run()
	s.until("all are there again", func() bool { return l.cols[0].State().Documents == 30 && !l.cols[0].State().At.IsZero() })
	if n := len(s.reads) - reads; n > 0 {
		t.Logf("%d documents were read again", n)
	}
	if n := len(s.find(l, "Leitern")); n < 20 {
		t.Errorf("%d found", n)
	}
}

// TestFailingFile: one file that the index refuses keeps none of the others out.
func TestFailingFile(t *testing.T) {
	s := newShelf(t)
	s.opt = func(o *Options) {
		o.Open = func(dir string) (index.Index, error) {
			x, err := openIndex(dir)
			return picky{x}, err
		}
	}
	s.write("a.txt", "gut")
	s.write("b.txt", "schlecht")
	s.write("c.txt", "gut")
	l, _ := s.run()
	s.finds(l, "gut", "a.txt", "c.txt")
	s.until("an alarm", func() bool { return len(l.Alarms()) == 1 })
}

type picky struct{ index.Index }

func (p picky) Put(ctx context.Context, src index.Source, all []index.Passage) error {
	if src.Key == "b.txt" {
		return os.ErrInvalid
	}
	return p.Index.Put(ctx, src, all)
}

// TestEvents: a change is found long before the next walk.
func TestEvents(t *testing.T) {
	s := newShelf(t)
	s.cfg.Every = time.Hour
	s.write("a.txt", "alt")
	l, _ := s.run()
	s.finds(l, "alt", "a.txt")
	s.current(l)
	s.write("b.txt", "frisch")
	s.finds(l, "frisch", "b.txt")
}
