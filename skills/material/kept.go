package material

import (
	"sync"
	"time"

	"amtsbote/skills/document"
)

const (
	keptFor   = 5 * time.Minute // long enough for a few questions in a row
	keptBytes = 8 << 20         // of text, in all
)

// kept holds the texts of files that were read a short time ago.
type kept struct {
	mu    sync.Mutex
	docs  map[string]keptDoc
	bytes int
}

type keptDoc struct {
	doc   document.Document
	until time.Time
	size  int
}

func newKept() *kept { return &kept{docs: map[string]keptDoc{}} }

func (k *kept) get(key string) (document.Document, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.clean(time.Now())
	d, ok := k.docs[key]
	return d.doc, ok
}

func (k *kept) put(key string, doc document.Document) {
	size := textSize(doc)
	k.mu.Lock()
	defer k.mu.Unlock()
	k.clean(time.Now())
	if _, ok := k.docs[key]; ok || k.bytes+size > keptBytes {
		return
	}
	k.docs[key] = keptDoc{doc, time.Now().Add(keptFor), size}
	k.bytes += size
	time.AfterFunc(keptFor, func() { // also if nobody asks again
		k.mu.Lock()
		defer k.mu.Unlock()
		k.clean(time.Now())
	})
}

func (k *kept) clean(now time.Time) {
	for key, d := range k.docs {
		if !d.until.After(now) {
			k.bytes -= d.size
			delete(k.docs, key)
		}
	}
}

func textSize(doc document.Document) int {
	n := 1 << 10
	for _, p := range doc.Pages {
		n += len(p.Text)
	}
	for _, p := range doc.Parts {
		if p.Doc != nil {
			n += textSize(*p.Doc)
		}
	}
	return n
}
