package knowledge

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path"
	"strings"
	"time"
)

// A look is what a walk saw of a file.
type look struct {
	path string // in the folder, as the system has it
	size int64
	time int64 // Unix nanoseconds of the last change
}

// A sight is what a walk saw of a folder.
type sight struct {
	files map[string]look // by key
	blind []string        // folders that could not be listed: nothing is known of what is in them
	empty []string        // folders in which there is nothing at all
	dirs  []string        // all folders, for events
	over  bool            // there are more files than maxFiles; the rest is not taken
}

const (
	maxFiles = 200_000
	maxKey   = 1024 // bytes of a key that the index takes
	maxDepth = 40
)

// walk looks at a folder. The error is of the folder itself: it is not there.
func (c *Collection) walk(ctx context.Context, root *os.Root) (*sight, error) {
	s := &sight{files: map[string]look{}}
	counts := map[string]int{} // entries of each folder
	err := fs.WalkDir(root.FS(), ".", func(p string, e fs.DirEntry, err error) error {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err != nil {
			if p == "." {
				return err
			}
			s.blind = append(s.blind, p)
			return fs.SkipDir
		}
		counts[path.Dir(p)]++
		name := path.Base(p)
		if e.IsDir() {
			if p != "." && (hidden(name) || strings.Count(p, "/") > maxDepth) {
				return fs.SkipDir
			}
			s.dirs = append(s.dirs, p)
			return nil
		}
		if !e.Type().IsRegular() || hidden(name) || !c.wants(name) {
			return nil
		}
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil // gone while we looked
		}
		if err != nil {
			s.blind = append(s.blind, p) // whatever is known of it stays
			return nil
		}
		if len(s.files) >= maxFiles {
			s.over = true
			return fs.SkipAll
		}
		s.files[strings.ToValidUTF8(p, "�")] = look{p, info.Size(), info.ModTime().UnixNano()}
		return nil
	})
	if err != nil {
		return nil, err
	}
	counts["."]-- // "." is its own folder
	for _, d := range s.dirs {
		if counts[d] == 0 {
			s.empty = append(s.empty, d)
		}
	}
	return s, nil
}

// hidden reports whether a name is one of a file or folder that programs make for
// themselves: locks of Office and LibreOffice, what is still being copied.
func hidden(name string) bool {
	low := strings.ToLower(name)
	for _, prefix := range []string{".", "~$", "~wr"} {
		if strings.HasPrefix(low, prefix) {
			return true
		}
	}
	for _, suffix := range []string{".tmp", ".temp", ".part", ".partial", ".crdownload", ".lock", ".swp", "~", ".bak"} {
		if strings.HasSuffix(low, suffix) {
			return true
		}
	}
	return low == "thumbs.db" || low == "desktop.ini" || low == "$recycle.bin" || low == "system volume information"
}

// within reports whether a key is in a folder, or is it.
func within(key, dir string) bool {
	return dir == "." || key == dir || strings.HasPrefix(key, dir+"/")
}

// many is how many documents make an empty folder suspicious.
const many = 10

// held decides which of the documents that a walk did not see stay for a while: those
// of folders that could not be listed, and those of folders that are suddenly empty.
func (c *Collection) held(s *sight, gone []string, now time.Time) (stay map[string]bool) {
	stay = map[string]bool{}
	still := map[string]time.Time{}
	hold := func(dir string, least int) {
		var in []string
		for _, k := range gone {
			if within(k, dir) {
				in = append(in, k)
			}
		}
		if len(in) < least {
			return
		}
		since, ok := c.since[dir]
		if !ok {
			since = now
		}
		still[dir] = since
		if now.Sub(since) < c.Grace {
			for _, k := range in {
				stay[k] = true
			}
		}
	}
	for _, d := range s.blind {
		hold(d, 1)
	}
	for _, d := range s.empty {
		hold(d, many)
	}
	c.since = still
	return stay
}
