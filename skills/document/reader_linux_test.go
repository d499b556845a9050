package document

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestRead(t *testing.T) {
	r := testReader(t, Options{}, childWord)
	d, err := r.Read(t.Context(), `C:\Scans\brief.txt`, strings.NewReader("Gr\xfc\xdfe aus K\xf6ln"))
	if err != nil || d.Text() != "Grüße aus Köln" || d.Name != "brief.txt" || d.Type != "text/plain" || d.Size != 14 {
		t.Errorf("%+v, %v", d, err)
	}
}

func TestReadErrors(t *testing.T) {
	r := testReader(t, Options{Limits: Limits{Size: 100}}, childWord)
	broken := errors.New("connection reset")
	var u *Unreadable

	_, err := r.Read(t.Context(), "a", strings.NewReader(strings.Repeat("x", 101)))
	if !errors.As(err, &u) || u.Code != TooBig || u.Text.DE != "größer als 100 B" {
		t.Errorf("over the size: %v", err)
	}
	_, err = r.Read(t.Context(), "a", io.MultiReader(strings.NewReader("x"), errReader{broken}))
	if !errors.Is(err, broken) || errors.As(err, &u) {
		t.Errorf("content that breaks off: %v", err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	gone := errors.New("person gave up")
	cancel(gone)
	if _, err = r.Read(ctx, "a", strings.NewReader("x")); !errors.Is(err, gone) || errors.As(err, &u) {
		t.Errorf("context done: %v", err)
	}
	r.Close()
	if _, err = r.Read(t.Context(), "a", strings.NewReader("x")); !errors.Is(err, ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}

type errReader struct{ err error }

func (r errReader) Read([]byte) (int, error) { return 0, r.err }

// TestBadChildren has real children misbehave; each ends in a reason, in time.
// Those that do it at once have all the time that a loaded machine may need.
func TestBadChildren(t *testing.T) {
	var log bytes.Buffer
	o := Options{Log: slog.New(slog.NewTextHandler(&log, nil)), Children: 3}
	quick := testReader(t, o, badWord)
	o.Limits.Time = 400 * time.Millisecond
	short := testReader(t, o, badWord)
	o.Limits = Limits{Memory: 384 << 20} // a stack that grows is there twice while it is copied
	small := testReader(t, o, badWord)
	var all sync.WaitGroup
	for name, test := range map[string]struct {
		r    *Reader
		want Code
	}{
		"killed":   {quick, Crashed},
		"stopped":  {short, TooLong},
		"waits":    {short, TooLong},
		"busy":     {short, TooLong},
		"panics":   {quick, Crashed},
		"exits":    {quick, Crashed},
		"chatty":   {quick, Crashed},
		"boastful": {quick, Crashed},
		"crooked":  {quick, Crashed},
		"many":     {quick, Crashed},
		"hungry":   {small, Memory},
		"deep":     {small, TooDeep},
	} {
		all.Go(func() {
			start := time.Now()
			d, err := test.r.Read(t.Context(), name, strings.NewReader("secret"))
			u, ok := errors.AsType[*Unreadable](err)
			if !ok || u.Code != test.want || u.Text != test.want.Reason().Text {
				t.Errorf("%s: got %v, want %s", name, err, test.want)
			}
			if d.Name != name || d.Text() != "" {
				t.Errorf("%s: got %+v", name, d)
			}
			if took := time.Since(start); test.want == TooLong && took > 30*time.Second {
				t.Errorf("%s: took %s", name, took)
			}
		})
	}
	all.Wait()
	if strings.Contains(log.String(), "secret") {
		t.Error("the log has content of a document")
	}
}

// TestAnswerOutlivesItsProcess: what a process said before it ended is read,
// however late the reader gets to it.
func TestAnswerOutlivesItsProcess(t *testing.T) {
	r := testReader(t, Options{}, childWord)
	p, err := r.starter.start("/bin/sh", []string{"-c", "printf %060000d 7"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer p.end()
	p.wait()
	if b, err := io.ReadAll(p.out); err != nil || len(b) != 60000 {
		t.Errorf("read %d bytes, %v", len(b), err)
	}
}

func TestProcessorTime(t *testing.T) {
	r := testReader(t, Options{Limits: Limits{Time: time.Minute, CPU: time.Second}}, badWord)
	_, err := r.Read(t.Context(), "busy", strings.NewReader("x"))
	if u, ok := errors.AsType[*Unreadable](err); !ok || u.Code != TooLong {
		t.Errorf("got %v", err)
	}
}

func TestWhatWasReadInTimeComesBack(t *testing.T) {
	r := testReader(t, Options{Limits: Limits{Time: 500 * time.Millisecond}}, badWord)
	_, err := r.Read(t.Context(), "late", strings.NewReader("x"))
	// The stand-in has no partial documents; that the child's own clock ran out
	// before the parent's shows in a reason that the child gave.
	if u, ok := errors.AsType[*Unreadable](err); !ok || u.Code != TooLong || u.Err != nil {
		t.Errorf("got %v", err)
	}
}

func TestCapturedChildStaysIn(t *testing.T) {
	// A descriptor that somebody forgot to mark.
	f, err := os.Create(filepath.Join(t.TempDir(), "leaked"))
	if err != nil {
		t.Fatal(err)
	}
	fd, err := unix.Dup(int(f.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	r := testReader(t, Options{}, badWord)
	d, err := r.Read(t.Context(), "captured", strings.NewReader("x"))
	if err != nil || d.Text() != "could: " {
		t.Errorf("a child %s (%v); without cgo, build with -tags nodynamic (see landlocked)", d.Text(), err)
	}
}

func TestAnswersAreCleaned(t *testing.T) {
	r := testReader(t, Options{}, badWord)
	d, err := r.Read(t.Context(), "dressed", strings.NewReader("x"))
	if err != nil || d.Name != "passwd" || d.Pages[0].N != 1 {
		t.Errorf("%+v, %v", d, err)
	}
}

// TestPartThatKills has two of four files in a document kill the child.
func TestPartThatKills(t *testing.T) {
	r := testReader(t, Options{}, badWord)
	for name, content := range map[string]io.Reader{
		"content that can be sought": strings.NewReader("eins\nfatal 1\ndrei\nfatal 2"),
		"content that cannot":        io.MultiReader(strings.NewReader("eins\nfatal 1\ndrei\nfatal 2")),
	} {
		d, err := r.Read(t.Context(), "parts", content)
		if err != nil || len(d.Parts) != 4 {
			t.Fatalf("%s: %+v, %v", name, d, err)
		}
		for i, want := range []Code{"", Crashed, "", Crashed} {
			if p := d.Parts[i]; want == "" && (p.Doc == nil || p.Doc.Text() != p.Name) || want != "" && (p.Reason == nil || p.Reason.Code != want) {
				t.Errorf("%s: part %d: %+v", name, i, p)
			}
		}
	}
	_, err := r.Read(t.Context(), "parts", strings.NewReader("fatal 1\nfatal 2\nfatal 3\nfatal 4"))
	if u, ok := errors.AsType[*Unreadable](err); !ok || u.Code != Crashed {
		t.Errorf("a document that kills every child: %v", err)
	}
}

// TestNoChildIsLeft looks for processes after Close that are ours.
func TestNoChildIsLeft(t *testing.T) {
	r := newReader(Options{Log: slog.New(slog.DiscardHandler), Limits: Limits{Time: 300 * time.Millisecond}}, badWord)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		_, err := r.Read(ctx, "stopped", strings.NewReader("x"))
		done <- err
	}()
	r.Read(t.Context(), "killed", strings.NewReader("x"))
	cancel()
	<-done
	go func() {
		_, err := r.Read(t.Context(), "stopped", strings.NewReader("x"))
		done <- err
	}()
	r.Close()
	if err := <-done; err == nil {
		t.Error("a read that Close cut off has no error")
	}
	if left := children(t); len(left) > 0 {
		t.Errorf("left: %q", left)
	}
}

// children are the processes whose parent is this one, zombies too, but for
// those that other tests of the package still use: none, they are not parallel.
func children(t *testing.T) (left []string) {
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil || len(stats) == 0 {
		t.Skip("no /proc")
	}
	for _, path := range stats {
		b, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		_, rest, _ := strings.Cut(string(b), ") ")
		f := strings.Fields(rest)
		if len(f) > 1 && f[1] == strconv.Itoa(os.Getpid()) {
			left = append(left, string(b))
		}
	}
	return left
}

func TestManyAtOnce(t *testing.T) {
	r := testReader(t, Options{Children: 2}, childWord)
	errs := make(chan error)
	for i := range 20 {
		go func() {
			want := "Brief " + strconv.Itoa(i)
			d, err := r.Read(t.Context(), "a.txt", strings.NewReader(want))
			if err == nil && d.Text() != want {
				err = errors.New(d.Text())
			}
			errs <- err
		}()
	}
	for range 20 {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}

func TestSpareThatDiedIsNotMissed(t *testing.T) {
	r := testReader(t, Options{}, childWord)
	awaitSpare(t, r)
	r.mu.Lock()
	p := r.spare
	r.mu.Unlock()
	p.cmd.Process.Kill()
	<-p.dead
	if d, err := r.Read(t.Context(), "a.txt", strings.NewReader("ja")); err != nil || d.Text() != "ja" {
		t.Errorf("%+v, %v", d, err)
	}
}
