package storage

import (
	"cmp"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// mapped is how much of the file is mapped from the start: address space, not
// memory. bbolt cannot map more while somebody reads, so below this size a
// backup never makes a writer wait.
const mapped = 1 << 30

// grow is by how much the file grows at a time.
const grow = 1 << 20

// OpenBolt opens the file at path and creates it, readable for its owner only,
// if there is none. Its folder must exist. All leases are free.
//
// It fails after one second if another process has the file open. It refuses a
// file that is damaged, empty, of another program or of a newer version, and
// says what to do; it never begins anew in place of a file that it cannot read.
func OpenBolt(path string) (*Bolt, error) { return open(path, migrations) }

func open(path string, steps []migration) (*Bolt, error) {
	s := &Bolt{path: path, writer: make(chan struct{}, 1), index: newIndex()}
	real, err := filepath.EvalSymlinks(path)
	if err == nil {
		s.path = real // so that Compact replaces the file and not the link
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("storage: %w", err)
	}
	s.file, err = openFile(s.path, steps)
	if err != nil {
		return nil, err
	}
	if err := s.file.check(s.path, steps, s.index); err != nil {
		_ = s.file.close()
		return nil, err
	}
	removeLeft(s.path)
	return s, nil
}

// check makes sure that an open file is as it should be and reads the index.
func (f *boltFile) check(path string, steps []migration, x *index) error {
	err := guard(path, new(bool), func() error {
		if err := f.whole(); err != nil {
			return &damage{path, err}
		}
		if err := upgrade(f.db, path, steps); err != nil {
			return err
		}
		if err := f.db.View(x.load); err != nil {
			return &damage{path, err}
		}
		return nil
	})
	if errors.As(err, new(*damage)) {
		f.broken = err
	}
	return err
}

// openFile opens or creates the file and locks it.
func openFile(path string, steps []migration) (*boltFile, error) {
	st, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		f, createErr := create(path, steps)
		if f != nil || createErr != nil {
			return f, createErr
		}
		st, err = os.Stat(path) // another process has made it meanwhile
	}
	if err != nil {
		return nil, fmt.Errorf("storage: %w", err)
	}
	if !st.Mode().IsRegular() {
		return nil, fmt.Errorf("storage: %s is not a regular file: name a file, which need not exist yet", path)
	}
	if st.Size() == 0 {
		return nil, &damage{path, "it is empty"}
	}
	f, err := openBbolt(path, os.O_RDWR)
	if err != nil {
		return nil, err
	}
	// The file that was opened may have been replaced by a compaction while this
	// process waited for the lock.
	here, err1 := os.Stat(path)
	open, err2 := f.raw.Stat()
	if err := errors.Join(err1, err2); err != nil || !os.SameFile(here, open) {
		_ = f.close()
		return nil, inUse(path)
	}
	_ = f.raw.Chmod(0o600) // a restored backup may be readable for others
	return f, nil
}

// create makes a new file beside path and moves it there once it is complete, so
// that a crash never leaves half a file. It returns nil if there is one by then.
func create(path string, steps []migration) (*boltFile, error) {
	temp := path + newSuffix + rand.Text()
	f, err := openBbolt(temp, os.O_RDWR|os.O_CREATE|os.O_EXCL)
	if err != nil {
		return nil, err
	}
	defer os.Remove(temp)
	if err = upgrade(f.db, path, steps); err == nil {
		// Unlike Rename, Link never replaces what another process has just
		// created; but not every file system has it.
		err = os.Link(temp, path)
		if err == nil {
			err = syncDir(path)
		} else if _, there := os.Stat(path); there == nil {
			return nil, f.close()
		} else if err = os.Rename(temp, path); err == nil {
			err = syncDir(path)
		}
	}
	if err != nil {
		_ = f.close()
		return nil, fmt.Errorf("storage: create %s: %w", path, err)
	}
	return f, nil
}

// Suffixes of files that are not yet what they are to be. Of the first there is
// one for each that tries to create the file, of the second only one, since who
// compacts holds the lock.
const (
	newSuffix     = ".new-"
	compactSuffix = ".compact"
)

// removeLeft removes what an interrupted creation or compaction left. The caller
// has the file locked, so that nobody still needs it.
func removeLeft(path string) {
	_ = os.Remove(path + compactSuffix)
	files, _ := os.ReadDir(filepath.Dir(path))
	for _, f := range files {
		if strings.HasPrefix(f.Name(), filepath.Base(path)+newSuffix) {
			_ = os.Remove(filepath.Join(filepath.Dir(path), f.Name()))
		}
	}
}

// openBbolt opens and locks a file with bbolt, which panics on some files that
// are damaged.
func openBbolt(path string, flag int) (*boltFile, error) {
	f := &boltFile{}
	options := &bbolt.Options{
		Timeout:         time.Second,
		FreelistType:    bbolt.FreelistMapType,
		InitialMmapSize: mapped,
		NoStatistics:    true,
		OpenFile: func(name string, _ int, mode os.FileMode) (*os.File, error) {
			var err error
			f.raw, err = os.OpenFile(name, flag, mode)
			return f.raw, err
		},
	}
	err := guard(path, new(bool), func() (err error) {
		f.db, err = bbolt.Open(path, 0o600, options)
		return err
	})
	switch {
	case err == nil:
		f.db.AllocSize = grow
		return f, nil
	case errors.Is(err, bolterrors.ErrTimeout):
		return nil, inUse(path)
	case errors.As(err, new(*fs.PathError)):
		return nil, fmt.Errorf("storage: %w", err)
	case errors.As(err, new(*damage)):
		_ = f.raw.Close()
		return nil, err
	default:
		return nil, &damage{path, err}
	}
}

// whole reports an error if the file is shorter than it says itself.
func (f *boltFile) whole() error {
	st, err := f.raw.Stat()
	if err != nil {
		return err
	}
	return f.db.View(func(tx *bbolt.Tx) error {
		if st.Size() < tx.Size() {
			return fmt.Errorf("it has %d bytes and should have %d", st.Size(), tx.Size())
		}
		return nil
	})
}

// load reads the index from a file.
func (x *index) load(tx *bbolt.Tx) error {
	now := time.Now()
	err := tx.Bucket(bucketParked).ForEachBucket(func(name []byte) error {
		q := x.queue(string(name))
		return tx.Bucket(bucketParked).Bucket(name).ForEach(func(_, _ []byte) error { q.parked++; return nil })
	})
	if err != nil {
		return err
	}
	return tx.Bucket(bucketWaiting).ForEachBucket(func(name []byte) error {
		type found struct {
			id string
			record
		}
		var all []found
		err := tx.Bucket(bucketWaiting).Bucket(name).ForEach(func(id, v []byte) error {
			r, err := decode(v)
			if err != nil {
				return err
			}
			r.data = nil
			all = append(all, found{string(id), r})
			return nil
		})
		slices.SortFunc(all, func(a, b found) int { return cmp.Compare(a.seq, b.seq) })
		q := x.queue(string(name))
		q.items = make(map[string]*entry, len(all))
		for _, f := range all {
			q.add(f.id, &f.record, f.dueFrom(now), now)
		}
		return err
	})
}

// dueFrom returns when an item read from the file is due: as long from now as
// the clock says, but no longer than it was to wait when it was given back.
func (r *record) dueFrom(now time.Time) time.Time {
	if r.wait == 0 {
		return time.Time{}
	}
	return now.Add(min(r.due.Sub(now), r.wait))
}

func inUse(path string) error {
	return fmt.Errorf("storage: %s %w: stop that one first (systemctl stop amtsbote, or end the other terminal)", path, ErrInUse)
}

// damage is the error of a file that cannot be read.
type damage struct {
	path  string
	cause any
}

func (d *damage) Error() string {
	return fmt.Sprintf("storage: %s cannot be read (%v): restore it from a backup, or move it away to begin with an empty one; what waited in it is then not worked on", d.path, d.cause)
}

// syncDir makes sure that the name of a file is on disk.
func syncDir(path string) error {
	d, err := os.Open(filepath.Dir(path))
	if err != nil {
		return fmt.Errorf("storage: %w", err)
	}
	defer d.Close()
	if err := d.Sync(); err != nil {
		return fmt.Errorf("storage: %w", err)
	}
	return nil
}
