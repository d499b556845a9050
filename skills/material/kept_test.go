package material

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"amtsbote/bots"
	"amtsbote/skills/document"
)

// TestKept holds a text for a few questions in a row, and no longer, though nobody
// asks again.
func TestKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newKept()
		k.put("a", document.Document{Name: "a"})
		time.Sleep(keptFor - time.Second)
		if _, ok := k.get("a"); !ok {
			t.Error("forgotten too early")
		}
		time.Sleep(time.Second)
		synctest.Wait()
		k.put("b", document.Document{Pages: []document.Page{{Text: strings.Repeat("x", keptBytes)}}})
		k.mu.Lock()
		defer k.mu.Unlock()
		if len(k.docs) > 0 || k.bytes != 0 {
			t.Errorf("%d texts, %d bytes are still there", len(k.docs), k.bytes)
		}
	})
}

// TestGone: a file of an earlier message that is gone is told, one of this message
// is a refusal; what is asked now is told from what came before; and nothing is read
// from the memory of another room.
func TestGone(t *testing.T) {
	reads := 0
	r := New(func(_ context.Context, name string, _ io.Reader) (document.Document, error) {
		reads++
		return document.Document{Name: name, Pages: []document.Page{{N: 1, Text: "Text"}}}, nil
	})
	gone := true
	task := bots.Task{Message: bots.Message{ID: "2", Room: "a"}, History: []bots.Turn{{ID: "1", Files: []bots.File{{Name: "alt.pdf"}}}},
		Open: func(context.Context, bots.File) (io.ReadCloser, error) {
			if gone {
				return nil, &bots.Refusal{}
			}
			return io.NopCloser(strings.NewReader("x")), nil
		}}
	s, err := r.Gather(t.Context(), task, Want{})
	if err != nil || len(s.Read(true)) != 1 || s.Read(true)[0].Read || len(s.Read(false)) != 0 || s.Readable() {
		t.Errorf("of an earlier message: %+v, %v", s, err)
	}
	task.Message.Files = []bots.File{{Name: "neu.pdf"}}
	if _, err := r.Gather(t.Context(), task, Want{}); !isRefusal(err) {
		t.Errorf("of this message: %v", err)
	}
	gone = false
	for _, room := range []string{"a", "a", "b"} {
		task.Message.Room = room
		if _, err := r.Gather(t.Context(), task, Want{}); err != nil {
			t.Fatal(err)
		}
	}
	if reads != 2 {
		t.Errorf("read %d times for two rooms", reads)
	}
}

func isRefusal(err error) bool {
	_, ok := errors.AsType[*bots.Refusal](err)
	return ok
}
