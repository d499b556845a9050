package index

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"github.com/blevesearch/bleve/v2/index/scorch"
	"github.com/blevesearch/bleve/v2/index/scorch/mergeplan"
	api "github.com/blevesearch/bleve_index_api"
	segment "github.com/blevesearch/scorch_segment_api/v2"
)

const (
	compactWait = time.Minute     // how long Compact waits for old files to be removed
	mergeAgain  = 2 * time.Second // between two tries to write them anew
	maxMerges   = 5
)

// Compact removes the bytes of what was deleted or replaced from the disk, by
// writing the index anew; nothing is done if there are none. Searches and changes
// go on meanwhile. When it returns nil, the bytes of what was deleted before it was
// called are gone from the folder's files; what the disk itself keeps is another
// matter. It needs as much free space as the index has.
func (x *Bleve) Compact(ctx context.Context) error {
	leave, err := x.use(ctx)
	if err != nil {
		return err
	}
	defer leave()
	x.compact.Lock()
	defer x.compact.Unlock()
	old, deleted, err := x.stale(nil)
	if err != nil {
		return fmt.Errorf("index: compact: %w", err)
	}
	merges, last := 0, time.Now() // last merge
	for time.Since(last) < compactWait {
		// Once more after a while: a file that scorch was just writing is not merged, and
		// what is deleted while it merges is marked in the new file.
		if deleted && (merges == 0 || merges < maxMerges && time.Since(last) >= mergeAgain) {
			if err := x.merge(ctx); err != nil {
				return fmt.Errorf("index: compact: %w", err)
			}
			merges, last = merges+1, time.Now()
		}
		if old, deleted, err = x.stale(old); err != nil {
			return fmt.Errorf("index: compact: %w", err)
		}
		if len(old) == 0 {
			return nil
		}
		// A change has scorch look for files that nobody needs.
		batch := api.NewBatch()
		batch.SetInternal(formatKey, []byte(format))
		if err := x.apply(batch); err != nil {
			return fmt.Errorf("index: compact: %w", err)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("index: compact: %w", context.Cause(ctx))
		case <-time.After(20 * time.Millisecond):
		}
	}
	return errors.New("index: compact: old files are still there")
}

// stale returns the files that have something in them that was deleted: those that
// are read and say so, and those that are there and no longer read, or not yet. Of
// some, it returns which still are so. deleted: one of what is returned is read.
func (x *Bleve) stale(of []string) (old []string, deleted bool, err error) {
	there, err := filepath.Glob(filepath.Join(x.dir, "*.zap"))
	if err != nil {
		return nil, false, err
	}
	read, clean := map[string]bool{}, map[string]bool{}
	err = x.read(func(r *scorch.IndexSnapshot) error {
		for _, seg := range r.Segments() {
			if p, ok := seg.Segment().(segment.PersistedSegment); ok {
				read[p.Path()], clean[p.Path()] = true, seg.Deleted() == nil || seg.Deleted().IsEmpty()
			}
		}
		return nil
	})
	for _, path := range there {
		if !clean[path] && (of == nil || slices.Contains(of, path)) {
			old = append(old, path)
			deleted = deleted || read[path]
		}
	}
	return old, deleted, err
}

// merge has scorch write all files anew that have something deleted in them. It
// never does so with a single one, so there is another one with nothing in it.
func (x *Bleve) merge(ctx context.Context) error {
	batch := api.NewBatch()
	pad := &doc{id: "c"}
	pad.index(fieldKind, terms("pad"))
	batch.Update(pad)
	if err := x.apply(batch); err != nil {
		return err
	}
	done := make(chan error, 1)
	go func() {
		done <- guard(func() error { return x.scorch.ForceMerge(ctx, &mergeplan.SingleSegmentMergePlanOptions) })
	}()
	select {
	case err := <-done:
		return errors.Join(err, ctx.Err())
	case <-x.broken:
		return ErrDamaged
	}
}
