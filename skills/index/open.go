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
	"time"

	"github.com/blevesearch/bleve/v2/index/scorch"
	"github.com/blevesearch/bleve/v2/util"
	api "github.com/blevesearch/bleve_index_api"
	"go.etcd.io/bbolt"
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
	segments, err := sound(dir)
	if err != nil {
		return nil, failure(err)
	}
	if _, here := paths.LoadOrStore(dir, sync.OnceFunc(func() { close(x.broken) })); here {
		return nil, ErrInUse
	}
	x.queue = api.NewAnalysisQueue(max(2, runtime.GOMAXPROCS(0)))
	if x.scorch, err = openScorch(dir, x.queue); err != nil {
		paths.Delete(dir)
		x.queue.Close()
		return nil, failure(err)
	}
	if err := x.begin(segments); err != nil {
		return nil, errors.Join(failure(err), x.Close())
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

func openScorch(dir string, queue *api.AnalysisQueue) (*scorch.Scorch, error) {
	var s *scorch.Scorch
	err := guard(func() error {
		config := map[string]any{"scorchMergePlanOptions": map[string]any{"FloorSegmentSize": floor}, "path": dir, "bolt_timeout": "1s", "asyncErrorCallbackName": callback}
		i, err := scorch.NewScorch(scorch.Name, config, queue)
		if err != nil {
			return err
		}
		s = i.(*scorch.Scorch)
		return s.Open()
	})
	return s, err
}

// sound checks the files of an index before anything goes on with them. Scorch
// itself would take the newest state whose files it can map, without a word: a
// source that was deleted would be back.
func sound(dir string) (segments int, err error) {
	path := filepath.Join(dir, "root.bolt")
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	var files []string
	err = guard(func() error {
		db, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true, Timeout: time.Second})
		if err != nil {
			return err
		}
		defer db.Close()
		return db.View(func(tx *bbolt.Tx) error {
			all := tx.Bucket(util.BoltSnapshotsBucket)
			if all == nil {
				return nil // killed before it had anything
			}
			newest, _ := all.Cursor().Last()
			if newest == nil || all.Bucket(newest) == nil {
				return nil
			}
			snap := all.Bucket(newest)
			return snap.ForEachBucket(func(k []byte) error {
				if name := snap.Bucket(k).Get(util.BoltPathKey); name != nil {
					files = append(files, string(name))
				}
				return nil
			})
		})
	})
	if err != nil {
		return 0, err
	}
	for _, name := range files {
		if err := verify(filepath.Join(dir, filepath.Base(name))); err != nil {
			return 0, err
		}
	}
	return len(files), nil
}

// begin reads what is kept in memory; an index without anything gets its version.
func (x *Bleve) begin(segments int) error {
	fresh := false
	err := x.read(func(r *scorch.IndexSnapshot) error {
		v, err := r.GetInternal(formatKey)
		if err != nil {
			return err
		}
		fresh = len(r.Segments()) == 0 && v == nil
		if !fresh && string(v) != format {
			return errors.New("of another version")
		}
		if len(r.Segments()) != segments {
			return errors.New("an older state was opened")
		}
		return x.load(r)
	})
	if err != nil || !fresh {
		return err
	}
	return guard(func() error { return x.scorch.SetInternal(formatKey, []byte(format)) })
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
