package chat

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"amtsbote/bots"
	"amtsbote/skills/document"
)

// maxFiles is how many files of a conversation are read for a question, the
// newest first. Files inside a file do not count.
const maxFiles = 8

// files reads the files of the conversation, newest first, and says how many older
// ones were left out.
func (s *Skill) files(ctx context.Context, t bots.Task) (all []document.File, left int, err error) {
	type sent struct {
		bots.File
		id  string
		now bool
	}
	var list []sent
	for _, f := range t.Message.Files {
		list = append(list, sent{f, t.Message.ID, true})
	}
	for i := len(t.History) - 1; i >= 0; i-- {
		if h := t.History[i]; !h.Bot {
			for _, f := range h.Files {
				list = append(list, sent{f, h.ID, false})
			}
		}
	}
	left = max(len(list)-maxFiles, 0)
	list = list[:len(list)-left]
	for i, f := range list {
		if t.Tell != nil && len(list) > 1 {
			t.Tell(bots.Progress{Done: i, Total: len(list), Text: bots.Text{DE: "Datei wird gelesen", EN: "Reading file"}})
		}
		doc, unreadable, err := s.open(ctx, t, f.File, f.id, f.now)
		if err != nil {
			return nil, 0, err
		}
		all = append(all, document.Files(document.File{Name: doc.Name, Doc: doc, Err: unreadable, Origin: f.id})...)
	}
	document.Rename(all)
	for i := range all {
		all[i].Doc = all[i].Doc.Headed(t.Now.Location())
	}
	return all, left, nil
}

// open reads one file. One of an earlier message that is gone is no reason to
// refuse a question that may not be about it.
func (s *Skill) open(ctx context.Context, t bots.Task, f bots.File, id string, now bool) (document.Document, *document.Unreadable, error) {
	key := strings.Join([]string{t.Message.Connector, t.Message.Room, id, f.Name, f.Ref, fmt.Sprint(f.Size)}, "\x00")
	if doc, ok := s.kept.get(key); ok {
		return doc, nil, nil
	}
	gone := document.Document{Name: f.Name}
	r, err := t.Open(ctx, f)
	if _, ok := errors.AsType[*bots.Refusal](err); ok && !now {
		return gone, &document.Unreadable{Reason: document.Reason{Text: document.Text{DE: "nicht mehr vorhanden", EN: "no longer there"}}}, nil
	}
	if err != nil {
		return gone, nil, fmt.Errorf("chat: open file: %w", err)
	}
	defer r.Close()
	doc, err := s.read(ctx, f.Name, r)
	if u, ok := errors.AsType[*document.Unreadable](err); ok {
		return gone, u, nil
	}
	if err != nil {
		return gone, nil, fmt.Errorf("chat: read file: %w", err)
	}
	s.kept.put(key, doc)
	return doc, nil, nil
}

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
