package index

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync"

	"github.com/blevesearch/bleve/v2/index/scorch"
	api "github.com/blevesearch/bleve_index_api"
	segment "github.com/blevesearch/scorch_segment_api/v2"
	bolterrors "go.etcd.io/bbolt/errors"
)

// OpenBleve opens the index in a folder and creates it, readable for its owner
// only, if there is none. Nothing else may be in the folder.
//
// It reads all files once to see that they are whole, and the vectors into memory:
// four bytes for each number of them. It returns ErrInUse after one second if the
// index is open elsewhere, and ErrDamaged if it cannot be read.
func OpenBleve(dir string) (*Bleve, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("index: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("index: %w", err)
	}
	x := &Bleve{dir: dir, analyzer: newAnalyzer(), broken: make(chan struct{}), sources: map[string]Source{}, blocks: map[string]*block{}, busy: map[string]bool{}}
	x.idle = sync.NewCond(&x.mu)
	fresh, err := x.inspect()
	if err != nil {
		return nil, failure(err)
	}
	// inspect had it open too: only now does nobody else.
	die := sync.OnceFunc(func() { close(x.broken) })
	paths.Store(dir, die)
	x.queue = api.NewAnalysisQueue(max(2, runtime.GOMAXPROCS(0)))
	if x.scorch, err = openScorch(dir, false, x.queue); err != nil {
		x.queue.Close()
		paths.Delete(dir)
		return nil, failure(err)
	}
	if fresh {
		if err := guard(func() error { return x.scorch.SetInternal(formatKey, []byte(format)) }); err != nil {
			return nil, errors.Join(failure(err), x.Close())
		}
	}
	return x, nil
}

// failure makes damage of every error that is not one of the disk or of another
// process.
func failure(err error) error {
	var path *fs.PathError
	switch {
	case errors.Is(err, bolterrors.ErrTimeout):
		return ErrInUse
	case errors.As(err, &path) && !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("index: %w", err)
	case errors.Is(err, ErrDamaged):
		return err
	}
	return fmt.Errorf("%w: %w", ErrDamaged, err)
}

// paths has, by folder, what to call when a worker of scorch has died. Scorch takes
// its callback by name only, from a table of all.
var paths sync.Map

const callback = "amtsbote"

// floor is the number of passages below which scorch takes all files for equally
// small. With its own 2,000 it merges a collection of 10,000 twice over.
const floor = 1000

func init() {
	scorch.RegistryAsyncErrorCallbacks[callback] = func(err error, path string) {
		if die, ok := paths.Load(path); ok && errors.Is(err, scorch.ErrAsyncPanic) {
			die.(func())()
		}
	}
}

func openScorch(dir string, readOnly bool, queue *api.AnalysisQueue) (*scorch.Scorch, error) {
	var s *scorch.Scorch
	err := guard(func() error {
		config := map[string]any{"scorchMergePlanOptions": map[string]any{"FloorSegmentSize": floor}, "path": dir, "bolt_timeout": "1s", "read_only": readOnly, "asyncErrorCallbackName": callback}
		i, err := scorch.NewScorch(scorch.Name, config, queue)
		if err != nil {
			return err
		}
		s = i.(*scorch.Scorch)
		return s.Open()
	})
	return s, err
}

// inspect opens the index for reading, before anything can go on with what is
// damaged, and reads what is kept in memory. fresh: there is none yet.
func (x *Bleve) inspect() (fresh bool, err error) {
	if _, err := os.Stat(filepath.Join(x.dir, "root.bolt")); errors.Is(err, fs.ErrNotExist) {
		return true, nil
	}
	s, err := openScorch(x.dir, true, nil)
	if err != nil {
		return false, err
	}
	err = guard(func() error {
		r, err := snapshot(s)
		if err != nil {
			return err
		}
		defer r.Close()
		v, err := r.GetInternal(formatKey)
		if err != nil {
			return err
		}
		if len(r.Segments()) == 0 && v == nil {
			fresh = true // it was killed before it had anything
			return nil
		}
		if string(v) != format {
			return errors.New("of another version")
		}
		for _, seg := range r.Segments() {
			if p, ok := seg.Segment().(segment.PersistedSegment); ok {
				if err := verify(p.Path()); err != nil {
					return err
				}
			}
		}
		return x.load(r)
	})
	return fresh, errors.Join(err, guard(s.Close))
}

// verify reads a file of scorch and compares the check sum at its end.
func verify(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return err
	}
	sum := crc32.NewIEEE()
	r := bufio.NewReaderSize(f, 1<<20)
	if _, err := io.CopyN(sum, r, max(0, st.Size()-4)); err != nil {
		return err
	}
	var want uint32
	if err := binary.Read(r, binary.BigEndian, &want); err != nil {
		return err
	}
	if want != sum.Sum32() {
		return errors.New("a check sum is wrong")
	}
	return nil
}
