package material

import (
	"testing"
	"testing/synctest"
	"time"

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
		k.mu.Lock()
		defer k.mu.Unlock()
		if len(k.docs) > 0 || k.bytes != 0 {
			t.Errorf("%d texts, %d bytes are still there", len(k.docs), k.bytes)
		}
	})
}
