package web

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"amtsbote/bots"
	"amtsbote/connectors/connectortest"
)

func TestFiles(t *testing.T) {
	for name, size := range map[string]int{"empty": 0, "one byte": 1, "one chunk": chunk, "a batch": batch, "a batch and a byte": batch + 1, "two and a half": 2*batch + chunk/2} {
		t.Run(name, func(t *testing.T) {
			w := newCore(t, Config{})
			content := bytes.Repeat([]byte{'a', 0, 0xff}, size/3+1)[:size]
			id := w.uploadFile(t, "Fürsorge.pdf", content)
			m := w.say(t, post{Text: "anbei", Files: []string{id}})
			r, err := w.c.Open(t.Context(), w.state, m.Files[0])
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, content) {
				t.Errorf("got %d bytes, %v, want %d", len(got), err, size)
			}
			resp := w.do(t, "GET", "files/"+id, nil)
			if got, _ := io.ReadAll(resp.Body); !bytes.Equal(got, content) || resp.Header.Get("Content-Type") != "application/octet-stream" ||
				!strings.Contains(resp.Header.Get("Content-Disposition"), "attachment; filename*=utf-8''F%C3%BCrsorge.pdf") {
				t.Errorf("download: %d bytes, %v", len(got), resp.Header)
			}
			w.do(t, "DELETE", "files/"+id, nil)
			if resp := w.do(t, "GET", "files/"+id, nil); resp.StatusCode != http.StatusOK {
				t.Error("a file that was sent could be removed")
			}
		})
	}
}

// keys counts the values of a kind that there are.
func (w *core) keys(kind string) (n int) {
	_ = w.state.Each(context.Background(), kind+"/", func(string, []byte) error { n++; return nil })
	return n
}

func TestFileLimits(t *testing.T) {
	w := newCore(t, Config{UploadMB: 1, RoomMB: 2})
	upload := func(body io.Reader) int { return w.do(t, "POST", "files?name=a", body).StatusCode }
	const mb = 1 << 20
	if got := upload(bytes.NewReader(make([]byte, mb+1))); got != http.StatusRequestEntityTooLarge {
		t.Errorf("too large a file: %d", got)
	}
	if got := upload(io.MultiReader(bytes.NewReader(make([]byte, mb)), strings.NewReader("a"))); got != http.StatusRequestEntityTooLarge {
		t.Errorf("too large a file that does not say so: %d", got)
	}
	if n := w.keys("c"); n != 0 {
		t.Errorf("%d chunks of files that were refused are kept", n)
	}
	id := w.uploadFile(t, "b", make([]byte, mb))
	w.uploadFile(t, "c", make([]byte, mb))
	if got := upload(strings.NewReader("a")); got != http.StatusRequestEntityTooLarge {
		t.Errorf("a file for a full room: %d", got)
	}
	if resp := w.do(t, "DELETE", "files/"+id, nil); resp.StatusCode != http.StatusNoContent || w.keys("c") != 4 {
		t.Errorf("removing a file: %s, %d chunks left", resp.Status, w.keys("c"))
	}
	if got := upload(strings.NewReader("a")); got != http.StatusCreated {
		t.Errorf("a file after another was removed: %d", got)
	}
}

// TestBrokenOff holds that a file that breaks off is not there and leaves nothing.
func TestBrokenOff(t *testing.T) {
	s := store{connectortest.NewState(), time.Hour}
	r := &patient{io.MultiReader(bytes.NewReader(make([]byte, batch+10)), errReader{io.ErrUnexpectedEOF}), http.NewResponseController(nil)}
	room, id := newID(), newID()
	if _, err := s.receive(t.Context(), room, id, bots.File{Name: "a"}, r); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Fatalf("got %v", err)
	}
	if _, ok, _ := s.meta(t.Context(), room, id); ok {
		t.Error("half a file is there")
	}
}

type errReader struct{ error }

func (r errReader) Read([]byte) (int, error) { return 0, r.error }
