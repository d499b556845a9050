package knowledge

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"amtsbote/bots"
	"amtsbote/skills/document"
	"amtsbote/skills/index"
	"amtsbote/skills/llm"
	"amtsbote/skills/llm/llmtest"
)

// TestRights: a file that could not be opened is read once its rights allow it, which
// changes neither its size nor its time; until then it is tried and not written again.
func TestRights(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may read everything")
	}
	s := newShelf(t)
	var puts atomic.Int32
	s.opt = func(o *Options) { o.Open = counted(&puts) }
	s.write("a.txt", "steuer")
	p := filepath.Join(s.folder, "a.txt")
	if err := os.Chmod(p, 0); err != nil {
		t.Fatal(err)
	}
	l, _ := s.run()
	s.until("it is unread", func() bool { return len(l.cols[0].State().Unread) == 1 })
	at := l.cols[0].State().At
	s.until("another walk", func() bool { return l.cols[0].State().At.After(at) })
	if puts.Load() != 1 {
		t.Errorf("put %d times", puts.Load())
	}
	if err := os.Chmod(p, 0o600); err != nil {
		t.Fatal(err)
	}
	s.finds(l, "steuer", "a.txt")
}

// counted opens indexes and counts what is put into them.
func counted(puts *atomic.Int32) func(string) (index.Index, error) {
	return func(dir string) (index.Index, error) {
		x, err := openIndex(dir)
		return counting{x, puts}, err
	}
}

type counting struct {
	index.Index
	puts *atomic.Int32
}

func (c counting) Put(ctx context.Context, s index.Source, all []index.Passage) error {
	c.puts.Add(1)
	return c.Index.Put(ctx, s, all)
}

// TestPurgedAnyway: bytes of what was removed leave the disk also while another file
// fails in every walk, and when the whole folder is gone for good.
func TestPurgedAnyway(t *testing.T) {
	const secret = "Quittenbaumschnitt"
	t.Run("another file fails", func(t *testing.T) {
		s := newShelf(t)
		read := s.read
		s.read = func(ctx context.Context, name string, r io.Reader) (d document.Document, err error) {
			if name == "z.txt" {
				return d, errors.New("no child")
			}
			return read(ctx, name, r)
		}
		s.write("a.txt", "Der "+secret+" ist im Februar.")
		s.write("z.txt", "geht nie")
		l, _ := s.run()
		s.finds(l, secret, "a.txt")
		s.remove("a.txt")
		s.finds(l, secret)
		s.until("the bytes are gone", func() bool { return !onDisk(t, s.data, secret) })
	})
	t.Run("the folder is gone", func(t *testing.T) {
		s := newShelf(t)
		s.cfg.Grace = time.Nanosecond
		s.write("a.txt", "Der "+secret+" ist im Februar.")
		l, _ := s.run()
		s.finds(l, secret, "a.txt")
		if err := os.RemoveAll(s.folder); err != nil {
			t.Fatal(err)
		}
		s.finds(l, secret)
		s.until("the bytes are gone", func() bool { return !onDisk(t, s.data, secret) })
	})
}

// TestBlind: documents of a folder that can no longer be listed stay for the grace
// period, and no longer.
func TestBlind(t *testing.T) {
	s := newShelf(t)
	s.cfg.Grace = time.Hour
	c := s.library().cols[0]
	now := time.Now()
	blind, gone := &sight{blind: []string{"sub"}}, []string{"sub/a.txt", "submarine.txt"}
	if stay := c.held(blind, gone, now); len(stay) != 1 || !stay["sub/a.txt"] {
		t.Errorf("stay: %v", stay)
	}
	if stay := c.held(blind, gone, now.Add(2*time.Hour)); len(stay) != 0 {
		t.Errorf("after the grace period stay: %v", stay)
	}
}

// TestFew: a few documents of a folder that is empty now are gone at once; many stay.
func TestFew(t *testing.T) {
	s := newShelf(t)
	s.cfg.Grace = time.Hour
	c := s.library().cols[0]
	var gone []string
	for i := range many {
		gone = append(gone, fmt.Sprintf("sub/%d.txt", i))
	}
	empty := &sight{empty: []string{"sub"}}
	if stay := c.held(empty, gone[1:], time.Now()); len(stay) != 0 {
		t.Errorf("stay: %v", stay)
	}
	if stay := c.held(empty, gone, time.Now()); len(stay) != many {
		t.Errorf("stay: %v", stay)
	}
}

// TestOver: where a folder has more files than are taken, what is gone is removed all
// the same, and what was only not looked at stays.
func TestOver(t *testing.T) {
	s := newShelf(t)
	s.write("a.txt", "steuer")
	s.write("b.txt", "steuer")
	l, stop := s.run()
	s.finds(l, "steuer", "a.txt", "b.txt")
	stop()
	s.remove("a.txt")
	c := l.cols[0]
	root, err := os.OpenRoot(s.folder)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	if err := c.open(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer c.close()
	if err := c.remove(t.Context(), root, &sight{over: true}, time.Now()); err != nil {
		t.Fatal(err)
	}
	s.finds(l, "steuer", "b.txt")
}

// TestDamagedSearch: an index that a search finds damaged is made anew although no file
// changes, and the person gets no error.
func TestDamagedSearch(t *testing.T) {
	s := newShelf(t)
	first := true
	s.opt = func(o *Options) {
		o.Open = func(dir string) (index.Index, error) {
			x, err := openIndex(dir)
			if first {
				first = false
				return torn{x}, err
			}
			return x, err
		}
	}
	s.write("a.txt", "steuer")
	l, _ := s.run()
	s.current(l)
	s.finds(l, "steuer", "a.txt")
}

type torn struct{ index.Index }

func (torn) Search(context.Context, index.Query) ([]index.Hit, error) { return nil, index.ErrDamaged }

// An embedder makes vectors, but not of what is poisoned, and none while it is away.
type embedder struct{ away atomic.Bool }

func (e *embedder) Passages(_ context.Context, texts []string) (all [][]float32, err error) {
	for _, t := range texts {
		if e.away.Load() || strings.Contains(t, "giftig") {
			return nil, errors.New("no vectors")
		}
		all = append(all, []float32{1, 0})
	}
	return all, nil
}

func (e *embedder) Query(context.Context, string) ([]float32, error) { return []float32{1, 0}, nil }
func (e *embedder) Space() string                                    { return "V" }
func (e *embedder) Info() llm.Info                                   { return llm.Info{Name: "V", Class: bots.Internal} }

// TestNoVectors: while the model for vectors is away, documents are not read again and
// again for nothing; and one that it can never do with keeps no other from its vectors.
func TestNoVectors(t *testing.T) {
	s := newShelf(t)
	e := &embedder{}
	e.away.Store(true)
	s.opt = func(o *Options) { o.Embedder = func(bots.Class) llm.Embedder { return e } }
	names := []string{"a.txt", "b.txt", "c.txt", "d.txt", "e.txt"}
	for _, n := range names {
		s.write(n, "Text "+n)
	}
	s.write("z.txt", "giftig")
	soon := time.Now().Add(time.Hour) // it is the newest, the first to be read
	if err := os.Chtimes(filepath.Join(s.folder, "z.txt"), soon, soon); err != nil {
		t.Fatal(err)
	}
	l, _ := s.run()
	reads := func() int {
		s.mu.Lock()
		defer s.mu.Unlock()
		return len(s.reads)
	}
	s.until("three walks later", func() bool { return reads() >= len(names)+1+3 })
	for _, n := range names {
		if s.times(n) > 3 {
			t.Errorf("%s was read %d times", n, s.times(n))
		}
	}
	e.away.Store(false)
	s.until("all but one have vectors", func() bool {
		return len(slices.DeleteFunc(models(t, l), func(m string) bool { return m == "" })) == len(names)
	})
}

// TestAskedOnce: a model for vectors is asked once for a question, however many
// collections it is for, also if it does not answer.
func TestAskedOnce(t *testing.T) {
	server, b := vectors(t, bots.Internal)
	s := newShelf(t)
	more := s.cfg
	more.Name = "Satzungen"
	s.opt = func(o *Options) { o.Embedder, o.Collections = b.Embedder, append(o.Collections, more) }
	s.write("a.txt", "Die Bücherei öffnet um zehn.")
	l, _ := s.run()
	s.until("both are read", func() bool { return l.cols[0].State().Documents == 1 && l.cols[1].State().Documents == 1 })
	for _, replies := range [][]llmtest.Reply{nil, {{Status: 400}, {Status: 400}}} {
		server.ScriptEmbeddings(replies...)
		n := len(server.Requests())
		found, err := Search(t.Context(), l.cols, anna, "Bücherei", 9)
		if got := len(server.Requests()) - n; err != nil || len(found) != 2 || got != 1 {
			t.Errorf("asked %d times, %d found, %v", got, len(found), err)
		}
	}
}

// TestSameSize: a change that leaves a file as long as it was is seen.
func TestSameSize(t *testing.T) {
	s := newShelf(t)
	s.write("a.txt", "Die Gebühr beträgt achtzig Euro.")
	l, _ := s.run()
	s.finds(l, "achtzig", "a.txt")
	s.write("a.txt", "Die Gebühr beträgt vierzig Euro.")
	s.finds(l, "vierzig", "a.txt")
	s.finds(l, "achtzig")
}

// TestRestless: a log that somebody keeps in the folder does not have it walked for ever.
func TestRestless(t *testing.T) {
	c := newShelf(t).library().cols[0]
	now := time.Now()
	for i := range 2 * restless {
		ready, again := c.changed(&sight{files: map[string]look{"log.txt": {path: "log.txt", size: int64(i)}}}, now.Add(time.Duration(i)*time.Hour))
		if len(ready) > 0 || again != (i < restless) {
			t.Errorf("look %d: ready %v, again %v", i, ready, again)
		}
	}
}

// TestSeveral: the best passages of several collections come first, and no more than
// asked for.
func TestSeveral(t *testing.T) {
	s := newShelf(t)
	more := s.cfg
	more.Name, more.Folder = "Satzungen", t.TempDir()
	s.opt = func(o *Options) { o.Collections = append(o.Collections, more) }
	for i := range 4 {
		s.write(fmt.Sprintf("d%d.txt", i), "Die Bücherei öffnet im Rathaus.")
	}
	if err := os.WriteFile(filepath.Join(more.Folder, "b.txt"), []byte("Die Bücherei öffnet am Sonntag um zehn."), 0o600); err != nil {
		t.Fatal(err)
	}
	l, _ := s.run()
	s.until("all are read", func() bool { return l.cols[0].State().Documents == 4 && l.cols[1].State().Documents == 1 })
	found, err := Search(t.Context(), l.cols, anna, "Wann öffnet die Bücherei am Sonntag?", 3)
	if err != nil || len(found) != 3 || found[0].Collection.Name != "Satzungen" {
		t.Errorf("got %+v, %v", found, err)
	}
}

// TestChangesWhileRead: what changes under the reader is not taken, not even for a moment.
func TestChangesWhileRead(t *testing.T) {
	s := newShelf(t)
	var puts atomic.Int32
	s.opt = func(o *Options) { o.Open = counted(&puts) }
	read := s.read
	var once sync.Once
	s.read = func(ctx context.Context, name string, r io.Reader) (document.Document, error) {
		d, err := read(ctx, name, r)
		once.Do(func() { s.write("a.txt", "Die neue Fassung ist länger.") })
		return d, err
	}
	s.write("a.txt", "alte fassung")
	l, stop := s.run()
	s.finds(l, "neue", "a.txt")
	s.finds(l, "alte")
	if stop(); puts.Load() != 1 {
		t.Errorf("put %d times", puts.Load())
	}
}
