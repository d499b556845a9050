package index

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// childDir names the folder in which the test binary, run again as a child, puts
// sources until it is killed.
const childDir = "AMTSBOTE_TEST_INDEX_CHILD"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		fmt.Fprintln(os.Stderr, child(dir))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// child puts each source with ever more, deletes one now and then, and says what
// is done.
func child(dir string) error {
	ctx := context.Background()
	x, err := OpenBleve(dir)
	if err != nil {
		return err
	}
	failed := make(chan error)
	for w := range 3 {
		go func() {
			key := fmt.Sprint("k", w)
			for i := 1; ; i++ {
				var err error
				if i%7 == 0 {
					err = x.Delete(ctx, key)
				} else {
					err = x.Put(ctx, Source{Key: key, Digest: fmt.Sprint(i)}, crashPassages(key, i))
				}
				if err != nil {
					failed <- err
					return
				}
				fmt.Printf("%s %d\n", key, i)
			}
		}()
	}
	go func() {
		for {
			if err := x.Compact(ctx); err != nil {
				failed <- err
			}
		}
	}()
	return <-failed
}

// crashPassages are what version i of a source has.
func crashPassages(key string, i int) []Passage {
	all := make([]Passage, 1+i%5)
	for n := range all {
		all[n] = Passage{ID: ID(key, 1, n), Text: fmt.Sprintf("Hund%s Fassung %d Teil", key, i), Vector: []float32{float32(i), 1}}
	}
	return all
}

// TestKill kills a process that puts and deletes, again and again: afterwards each
// source is as the last call left it, or as the one left it that was going on.
func TestKill(t *testing.T) {
	dir := t.TempDir()
	rounds := 4
	if os.Getenv("AMTSBOTE_TEST_FAULTS") != "" {
		rounds = 25
	}
	for range rounds {
		done := kill(t, dir)
		x, err := OpenBleve(dir)
		if err != nil {
			t.Fatal(err)
		}
		sources, err := x.Sources(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for key, i := range done {
			version := 0
			for _, s := range sources {
				if s.Key == key {
					version, _ = strconv.Atoi(s.Digest)
				}
			}
			want := map[int]bool{i: true, i + 1: true}
			for _, n := range []int{i, i + 1} {
				if n%7 == 0 {
					want[0] = true
				}
			}
			hits := searchFor(t, x, Query{Text: "Hund" + key, Vector: []float32{1, 0}, N: 100, Sources: []string{key}})
			if !want[version] || version > 0 && len(hits) != 1+version%5 || version == 0 && len(hits) > 0 {
				t.Errorf("%s has version %d with %d hits after %d", key, version, len(hits), i)
			}
			for _, h := range hits {
				if h.Text != fmt.Sprintf("Hund%s Fassung %d Teil", key, version) || h.Semantic == 0 || h.Lexical == 0 {
					t.Errorf("version %d has %+v", version, h)
				}
			}
		}
		if err := x.Close(); err != nil {
			t.Fatal(err)
		}
		for w := range 3 { // the next child begins with nothing
			y := openAt(t, dir)
			if err := errors.Join(y.Delete(t.Context(), fmt.Sprint("k", w)), y.Close()); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// kill runs a child, kills it after some of its work and returns what it said.
func kill(t *testing.T, dir string) map[string]int {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), childDir+"="+dir)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	done := map[string]int{"k0": 0, "k1": 0, "k2": 0}
	lines := bufio.NewScanner(out)
	for n := 20 + rand.IntN(40); lines.Scan(); n-- {
		key, i, _ := strings.Cut(lines.Text(), " ")
		done[key], _ = strconv.Atoi(i)
		if n == 0 {
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := cmd.Wait(); err == nil || stderr.Len() > 0 {
		t.Fatalf("the child ended by itself: %v %s", err, stderr.String())
	}
	return done
}

// TestInUse holds that one folder has one process.
func TestInUse(t *testing.T) {
	x := openAt(t, t.TempDir())
	put(t, x, "a", "Hund")
	if _, err := OpenBleve(x.dir); !errors.Is(err, ErrInUse) {
		t.Fatalf("got %v", err)
	}
	finds(t, x, "Hund", "Hund")
	put(t, x, "b", "Hund")
}

// TestPrivate holds that nobody else may read the files.
func TestPrivate(t *testing.T) {
	x := openAt(t, filepath.Join(t.TempDir(), "new"))
	put(t, x, "a", "Hund")
	if st, err := os.Stat(x.dir); err != nil || st.Mode().Perm() != 0o700 {
		t.Errorf("the folder has %v, %v", st.Mode(), err)
	}
	files, err := os.ReadDir(x.dir)
	if err != nil || len(files) < 2 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		if st, err := f.Info(); err != nil || st.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has %v, %v", f.Name(), st.Mode(), err)
		}
	}
}

// TestDamage breaks each file in several ways: an index that opens must be whole.
func TestDamage(t *testing.T) {
	dir := t.TempDir()
	x := openAt(t, dir)
	for i := range 5 {
		put(t, x, fmt.Sprint(i), "Der Hund bellt.", "Die Katze schläft.", strings.Repeat("Satzung über Gebühren ", 200))
	}
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		for name, harm := range map[string]func([]byte) []byte{
			"cut":     func(b []byte) []byte { return b[:len(b)/2] },
			"short":   func(b []byte) []byte { return b[:3] },
			"flipped": func(b []byte) []byte { b[len(b)/3] ^= 0x40; return b },
			"zeros":   func(b []byte) []byte { return make([]byte, len(b)) },
			"noise":   func(b []byte) []byte { return bytes.Repeat([]byte{0xa5, 0x17}, len(b)/2) },
			"gone":    nil,
		} {
			t.Run(f.Name()+" "+name, func(t *testing.T) {
				broken := t.TempDir()
				if err := os.CopyFS(broken, os.DirFS(dir)); err != nil {
					t.Fatal(err)
				}
				path := filepath.Join(broken, f.Name())
				if harm == nil {
					if err := os.Remove(path); err != nil {
						t.Fatal(err)
					}
				} else {
					data, err := os.ReadFile(path)
					if err != nil {
						t.Fatal(err)
					}
					if err := os.WriteFile(path, harm(data), 0o600); err != nil {
						t.Fatal(err)
					}
				}
				y, err := OpenBleve(broken)
				if errors.Is(err, ErrDamaged) {
					return
				}
				if err != nil {
					t.Fatalf("got %v, want ErrDamaged", err)
				}
				defer y.Close()
				sources, err := y.Sources(t.Context())
				hits := searchFor(t, y, Query{Text: "Hund", N: 10})
				if err != nil || len(hits) != len(sources) || len(hits) != 0 && len(hits) != 5 {
					t.Errorf("it opens and has %d sources and %d hits, %v", len(sources), len(hits), err)
				}
			})
		}
	}
}

// TestOtherVersion holds that an index of another version is not read as one of
// this.
func TestOtherVersion(t *testing.T) {
	x := openAt(t, t.TempDir())
	put(t, x, "a", "Hund")
	if err := errors.Join(x.scorch.SetInternal(formatKey, []byte("0")), x.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenBleve(x.dir); !errors.Is(err, ErrDamaged) {
		t.Errorf("got %v", err)
	}
}

// TestCompact holds that deleted text is in no file once Compact has returned, and
// that it was there before, also where one file is all there is.
func TestCompact(t *testing.T) {
	for _, n := range []int{1, 3, 40} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			x := openAt(t, t.TempDir())
			for i := range n {
				put(t, x, fmt.Sprint("k", i), "Das Wort Quarzuhrwerk steht hier.", "Der Hund bellt.")
			}
			put(t, x, "z", "Die Katze schläft.")
			for i := range n {
				if err := x.Delete(t.Context(), fmt.Sprint("k", i)); err != nil {
					t.Fatal(err)
				}
			}
			if err := x.Compact(t.Context()); err != nil {
				t.Fatal(err)
			}
			if where := grep(t, x.dir, "Quarzuhrwerk"); where != "" {
				t.Errorf("it is still in %s", where)
			}
			finds(t, x, "Katze", "Die Katze schläft.")
			put(t, x, "k0", "Das Quarzuhrwerk ist wieder da.")
			if grep(t, x.dir, "Quarzuhrwerk") == "" {
				t.Error("grep finds nothing at all")
			}
			put(t, x, "k0", "Ein anderes.")
			if err := x.Compact(t.Context()); err != nil {
				t.Fatal(err)
			}
			if where := grep(t, x.dir, "Quarzuhrwerk"); where != "" {
				t.Errorf("what was replaced is still in %s", where)
			}
		})
	}
}

func grep(t *testing.T, dir, word string) string {
	t.Helper()
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		data, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if errors.Is(err, os.ErrNotExist) {
			continue // scorch has just removed it
		}
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(data, []byte(word)) {
			return f.Name()
		}
	}
	return ""
}

// TestNoVectorStays holds that memory keeps no vector of what is gone.
func TestNoVectorStays(t *testing.T) {
	x := openAt(t, t.TempDir())
	with := []Passage{{ID: "1", Text: "eins", Vector: []float32{1, 0}}}
	for _, key := range []string{"a", "b"} {
		if err := x.Put(t.Context(), Source{Key: key}, with); err != nil {
			t.Fatal(err)
		}
	}
	searchFor(t, x, Query{Vector: []float32{1, 0}, N: 1})
	if err := errors.Join(x.Delete(t.Context(), "a"), x.Put(t.Context(), Source{Key: "b"}, []Passage{{ID: "1", Text: "eins"}})); err != nil {
		t.Fatal(err)
	}
	if left := x.vectors(nil); len(left) > 0 || len(x.blocks) > 0 {
		t.Errorf("%d are left", len(left))
	}
}

// TestDeadWorker holds that nobody waits for ever when a worker of scorch has died.
func TestDeadWorker(t *testing.T) {
	x := openAt(t, t.TempDir())
	put(t, x, "a", "Hund")
	die, ok := paths.Load(x.dir)
	if !ok {
		t.Fatal("nobody would be told")
	}
	die.(func())()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := x.Put(ctx, Source{Key: "a"}, nil); !errors.Is(err, ErrDamaged) {
		t.Errorf("got %v", err)
	}
}
