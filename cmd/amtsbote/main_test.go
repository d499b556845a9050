package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"amtsbote/skills/document"
)

func TestMain(m *testing.M) {
	document.Main() // the tests read documents in children too
	compile()
	code := m.Run()
	os.RemoveAll(binDir)
	os.Exit(code)
}

// buildTags are those of the Makefile.
const buildTags = "goolm,nodynamic"

// compile waits until what reads PDF is compiled. On a machine that does it for
// the first time, with the race detector, it takes longer than any test waits.
func compile() {
	r := document.New(document.Options{Log: discard})
	defer r.Close()
	if _, err := r.Read(context.Background(), "a.txt", strings.NewReader("a")); err != nil {
		panic(err)
	}
}

var binDir string

// binary builds the real program, once.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "amtsbote-test-")
	if err != nil {
		return "", err
	}
	binDir = dir
	path := filepath.Join(dir, "amtsbote")
	cmd := exec.Command("go", "build", "-tags", buildTags, "-o", path, ".")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", &exec.Error{Name: string(out), Err: err}
	}
	return path, nil
})

// result is what a command line did.
type result struct {
	code        int
	stdout, err string
}

// call runs a command line in this process.
func call(t *testing.T, stdin string, args ...string) result {
	t.Helper()
	var out, errs bytes.Buffer
	code := command(&env{ctx: t.Context(), stdin: strings.NewReader(stdin), stdout: &out, stderr: &errs}, args)
	return result{code, out.String(), errs.String()}
}

// file writes a file into a new folder and returns its path.
func file(t testing.TB, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// lines is a writer that passes each line on.
type lines struct {
	mu   sync.Mutex
	rest []byte
	line func(string)
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rest = append(l.rest, p...)
	for {
		i := bytes.IndexByte(l.rest, '\n')
		if i < 0 {
			return len(p), nil
		}
		l.line(string(l.rest[:i]))
		l.rest = l.rest[i+1:]
	}
}
