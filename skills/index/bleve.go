package index

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"

	"github.com/blevesearch/bleve/v2/index/scorch"
	api "github.com/blevesearch/bleve_index_api"
)

// Limits of what Put takes.
const (
	maxKey    = 1024      // bytes of a key or an ID
	maxText   = 256 << 10 // bytes of a passage with its heading
	maxVector = 8192      // numbers of a vector
)

// format is the version of what is on disk, the analysis of texts included.
const format = "1"

var formatKey = []byte("format")

// Bleve is an Index in a folder of its own, for one process.
type Bleve struct {
	dir      string
	analyzer *analyzer
	broken   chan struct{} // closed when a worker of scorch has died

	life   sync.RWMutex // held for writing by Close
	closed bool
	queue  *api.AnalysisQueue
	scorch *scorch.Scorch

	compact sync.Mutex // held by Compact

	mu      sync.Mutex
	sources map[string]Source
	blocks  map[string]*block
	list    []*block        // the blocks, made anew when asked for; nil: has changed
	busy    map[string]bool // sources that are being changed
	idle    *sync.Cond      // one of them no longer is
	waiting []change
	writing bool // somebody writes what waits
}

// load reads the sources and vectors of an index.
func (x *Bleve) load(r *scorch.IndexSnapshot) error {
	for _, seg := range r.Segments() {
		s := view{seg: seg}
		if err := s.each(fieldKind, kindSource, func(num uint64) error {
			var src Source
			err := s.stored(num, func(name string, value []byte) error {
				if name == fieldData {
					return json.Unmarshal(value, &src)
				}
				return nil
			})
			x.sources[src.Key] = src
			return err
		}); err != nil {
			return err
		}
	}
	for _, seg := range r.Segments() {
		s := view{seg: seg}
		if err := s.each(fieldKind, kindVector, func(num uint64) error { return x.loadVector(s, num) }); err != nil {
			return err
		}
	}
	return nil
}

func (x *Bleve) loadVector(s view, num uint64) error {
	var p Passage
	var vector []float32
	err := s.stored(num, func(name string, value []byte) (err error) {
		switch name {
		case fieldData:
			err = json.Unmarshal(value, &p)
		case fieldVector:
			vector, err = decodeVector(value)
		}
		return err
	})
	if err != nil {
		return err
	}
	b := x.blocks[p.Source]
	if b == nil {
		b = &block{key: p.Source, model: x.sources[p.Source].Model, dim: len(vector)}
		x.blocks[p.Source] = b
	}
	if len(vector) != b.dim {
		return errors.New("vectors of one source differ in length")
	}
	b.ids = append(b.ids, p.ID)
	b.rows = append(b.rows, vector...)
	return nil
}

// Put implements Index.
func (x *Bleve) Put(ctx context.Context, s Source, passages []Passage) error {
	done, err := x.enter(ctx, s.Key)
	if err != nil {
		return err
	}
	defer done()
	batch := api.NewBatch()
	if err := x.removeAll(s.Key, batch); err != nil {
		return fmt.Errorf("index: put: %w", err)
	}
	b, err := x.fill(batch, s, passages)
	if err != nil {
		return fmt.Errorf("index: put: %w", err)
	}
	if err := x.apply(batch); err != nil {
		return fmt.Errorf("index: put: %w", err)
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.sources[s.Key], x.list = s, nil
	delete(x.blocks, s.Key)
	if len(b.ids) > 0 {
		x.blocks[s.Key] = b
	}
	return nil
}

// fill adds the documents of a source to a batch and returns its vectors.
func (x *Bleve) fill(batch *api.Batch, s Source, passages []Passage) (*block, error) {
	d, err := sourceDoc(s)
	if err != nil {
		return nil, err
	}
	batch.Update(d)
	name := nameTerms(x.analyzer, s.Name)
	b := &block{key: s.Key, model: s.Model}
	seen := make(map[string]bool, len(passages))
	for _, p := range passages {
		if p.Text == "" {
			continue
		}
		p.Source, p.Date = s.Key, s.Date
		if err := check(p, seen[p.ID]); err != nil {
			return nil, err
		}
		seen[p.ID] = true
		vector := unit(p.Vector)
		if vector != nil {
			if b.dim == 0 {
				b.dim = len(vector)
			}
			if len(vector) != b.dim {
				return nil, errors.New("vectors of one source differ in length")
			}
			b.ids = append(b.ids, p.ID)
			b.rows = append(b.rows, vector...)
		}
		d, err := passageDoc(x.analyzer, p, name, vector)
		if err != nil {
			return nil, err
		}
		batch.Update(d)
	}
	return b, nil
}

func check(p Passage, again bool) error {
	switch {
	case again:
		return errors.New("two passages have the same ID")
	case p.ID == "" || len(p.ID) > maxKey:
		return errors.New("a passage's ID is empty or too long")
	case len(p.Text)+len(p.Heading) > maxText:
		return errors.New("a passage is too long")
	case len(p.Vector) > maxVector:
		return errors.New("a vector is too long")
	}
	return nil
}

// Delete implements Index. What is deleted stays on disk until scorch merges the
// file that it is in, which may be never: see Compact.
func (x *Bleve) Delete(ctx context.Context, key string) error {
	done, err := x.enter(ctx, key)
	if err != nil {
		return err
	}
	defer done()
	batch := api.NewBatch()
	if err := x.removeAll(key, batch); err != nil {
		return fmt.Errorf("index: delete: %w", err)
	}
	if len(batch.IndexOps) == 0 {
		return nil
	}
	if err := x.apply(batch); err != nil {
		return fmt.Errorf("index: delete: %w", err)
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.list = nil
	delete(x.sources, key)
	delete(x.blocks, key)
	return nil
}

// removeAll has a batch delete all documents of a source.
func (x *Bleve) removeAll(key string, batch *api.Batch) error {
	return x.read(func(r *scorch.IndexSnapshot) error {
		for _, seg := range r.Segments() {
			s := view{seg: seg}
			if err := s.each(fieldSource, key, func(num uint64) error {
				id, err := seg.DocID(num)
				if err == nil {
					batch.Delete(string(id))
				}
				return err
			}); err != nil {
				return err
			}
		}
		return nil
	})
}

// A change waits to be written.
type change struct {
	batch *api.Batch
	done  chan error
}

// apply writes a batch and returns once it is on disk. Changes that come while one
// is written are written together: each file of scorch costs the same few
// milliseconds, and merging later.
func (x *Bleve) apply(batch *api.Batch) error {
	c := change{batch, make(chan error, 1)}
	x.mu.Lock()
	x.waiting = append(x.waiting, c)
	if !x.writing {
		x.writing = true
		go x.write()
	}
	x.mu.Unlock()
	select {
	case err := <-c.done:
		return err
	case <-x.broken:
		return ErrDamaged
	}
}

// write writes what waits until nothing does.
func (x *Bleve) write() {
	for {
		x.mu.Lock()
		all := x.waiting
		x.waiting = nil
		x.writing = len(all) > 0
		x.mu.Unlock()
		if len(all) == 0 {
			return
		}
		batch := all[0].batch
		for _, c := range all[1:] {
			batch.Merge(c.batch)
		}
		err := guard(func() error { return x.scorch.Batch(batch) })
		for _, c := range all {
			c.done <- err
		}
	}
}

// Sources implements Index.
func (x *Bleve) Sources(ctx context.Context) ([]Source, error) {
	leave, err := x.use(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	x.mu.Lock()
	defer x.mu.Unlock()
	all := make([]Source, 0, len(x.sources))
	for _, s := range x.sources {
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b Source) int { return cmp.Compare(a.Key, b.Key) })
	return all, nil
}

// Close implements Index.
func (x *Bleve) Close() error {
	x.life.Lock()
	defer x.life.Unlock()
	if x.closed {
		return nil
	}
	x.closed = true
	paths.Delete(x.dir)
	err := guard(x.scorch.Close)
	x.queue.Close()
	if err != nil {
		return fmt.Errorf("index: close: %w", err)
	}
	return nil
}

// use begins an operation; leave ends it.
func (x *Bleve) use(ctx context.Context) (leave func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("index: %w", err)
	}
	x.life.RLock()
	if x.closed {
		x.life.RUnlock()
		return nil, ErrClosed
	}
	select {
	case <-x.broken:
		x.life.RUnlock()
		return nil, ErrDamaged
	default:
		return x.life.RUnlock, nil
	}
}

// enter begins a change of a source; changes of one source wait for one another.
func (x *Bleve) enter(ctx context.Context, key string) (done func(), err error) {
	if key == "" || len(key) > maxKey {
		return nil, errors.New("index: a key is empty or too long")
	}
	leave, err := x.use(ctx)
	if err != nil {
		return nil, err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	for x.busy[key] {
		x.idle.Wait()
	}
	x.busy[key] = true
	return func() {
		x.mu.Lock()
		delete(x.busy, key)
		x.mu.Unlock()
		x.idle.Broadcast()
		leave()
	}, nil
}

// read calls f with what the index has now.
func (x *Bleve) read(f func(*scorch.IndexSnapshot) error) error {
	return guard(func() error {
		r, err := snapshot(x.scorch)
		if err != nil {
			return err
		}
		defer r.Close()
		return f(r)
	})
}

func snapshot(s *scorch.Scorch) (*scorch.IndexSnapshot, error) {
	r, err := s.Reader()
	if err != nil {
		return nil, err
	}
	snap, ok := r.(*scorch.IndexSnapshot)
	if !ok || snap == nil {
		return nil, ErrClosed
	}
	return snap, nil
}

// guard calls f and takes a panic, or a fault where a mapped file has been cut,
// for damage: scorch trusts what is in its files.
func guard(f func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w: %T", ErrDamaged, r)
		}
	}()
	return f()
}
