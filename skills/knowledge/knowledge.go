// Package knowledge keeps collections: folders of an authority's own documents that
// a bot can be asked about.
//
//	folder ──walk──▶ files that changed ──child──▶ text ──cut──▶ passages ──▶ index
//	                                                               └ vectors, if a model may see them
//
// A [Library] is the collections of one bot, each with a folder, a class, people who
// may search it, and an index (package index) of its own below the daemon's data. One
// goroutine for each collection walks its folder: at the start, after an event of the
// file system, and every few minutes anyway, since network drives send no events. A
// file is read when two looks, some seconds apart, found it the same, so that nothing
// is read that is still being written. A file is known by size and time; if these
// changed, its digest decides whether it is read anew. What was read, with reasons for
// what could not be, stands in the index itself: nothing is read twice after a
// restart, and there is no second file that could disagree.
//
// A file that is gone is removed with everything derived from it, text and vectors, in
// the next walk, and nothing finds it from then on. Its bytes leave the index's files
// when these are written anew, after ten minutes or, of a large index, a little later.
// The exception is a folder that is gone, cannot be listed, or is empty where there were
// many files: that is a network drive which is not there, far more often than a wish.
// Then everything in it stays for [Config.Grace], and an alarm says so.
//
// Documents are parsed in a child (package document), one at a time for all
// collections, with a reader of their own: people who send a file never wait behind a
// collection. Symbolic links are not followed, and every file is opened within the
// folder (os.Root): a link planted in between leads nowhere.
//
// Chosen: fsnotify for events (inotify, kqueue, Windows; one small dependency). It is
// a hint only: events may be lost, the walk decides. Refused: rjeczalik/notify (last
// release of 2018), polling alone (a person who saves a file expects it to be found).
package knowledge

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sync"
	"time"

	"amtsbote/bots"
	"amtsbote/skills/document"
	"amtsbote/skills/index"
	"amtsbote/skills/llm"
)

// Options are what a Library works with.
type Options struct {
	Bot         string // its name
	Dir         string // of the indexes of all bots; made if need be, for this user only
	Collections []Config
	Read        document.ReadFunc
	// Embedder returns the model for vectors that may see a class, or nil. May be nil.
	Embedder func(bots.Class) llm.Embedder
	Open     func(dir string) (index.Index, error) // an index
	Zone     *time.Location                        // in which documents give dates
	// Settle is how long a file must look the same before it is read; default 2s.
	Settle time.Duration
	// Rest is the least time between two removals of old bytes from an index's files;
	// default 10m.
	Rest time.Duration
	Log  *slog.Logger
}

// A Library is the collections of one bot.
type Library struct {
	opt  Options
	cols []*Collection
}

// New returns the library of a valid configuration. Nothing is opened before Run.
func New(o Options) *Library {
	o.Settle, o.Rest = cmp.Or(o.Settle, 2*time.Second), cmp.Or(o.Rest, 10*time.Minute)
	l := &Library{opt: o}
	for _, c := range o.Collections {
		l.cols = append(l.cols, newCollection(c.defaults(), o))
	}
	return l
}

// Dir returns the folder of a collection's index within the folder of all. It names
// neither: names may hold any character.
func Dir(base, bot, name string) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d:%s%s", len(bot), bot, name))
	return filepath.Join(base, hex.EncodeToString(sum[:12]))
}

// ours are the names of what lies there for a collection: its index and the files
// beside it.
var ours = regexp.MustCompile(`^([0-9a-f]{24})(\.state(\.new)?|\.rebuild)?$`)

// Tidy deletes the indexes in base that belong to no collection of these libraries:
// what is no longer configured must not lie around. It returns how many there were.
func Tidy(base string, all ...*Library) (int, error) {
	entries, err := os.ReadDir(base)
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("knowledge: %w", err)
	}
	used := map[string]bool{}
	for _, l := range all {
		for _, c := range l.cols {
			used[filepath.Base(c.dir)] = true
		}
	}
	n := 0
	for _, e := range entries {
		if m := ours.FindStringSubmatch(e.Name()); m != nil && !used[m[1]] {
			if err := os.RemoveAll(filepath.Join(base, e.Name())); err != nil {
				return n, fmt.Errorf("knowledge: %w", err)
			}
			if m[2] == "" {
				n++
			}
		}
	}
	return n, nil
}

// Run opens the collections and keeps them up to date until ctx is done. A collection
// that cannot be opened is an alarm and tried again; the others go on.
func (l *Library) Run(ctx context.Context) {
	var all sync.WaitGroup
	for _, c := range l.cols {
		all.Go(func() { c.run(ctx) })
	}
	all.Wait()
}

// A Person is who asks, and where.
type Person struct {
	ID     string     // as the connector authenticated it
	Class  bots.Class // of the conversation
	Direct bool       // nobody else reads the answer
}

// For returns the collections that a person may search here, and the names of those
// that the person may search, but only in a direct chat: what not everybody may see is
// not shown in a room.
func (l *Library) For(p Person) (all []*Collection, direct []string) {
	if l == nil {
		return nil, nil
	}
	for _, c := range l.cols {
		switch {
		case !c.allows(p.ID) || !p.Class.MaySee(c.Class):
		case c.limited() && !p.Direct:
			direct = append(direct, c.Name)
		default:
			all = append(all, c)
		}
	}
	return all, direct
}

// A Found is a passage of a collection.
type Found struct {
	index.Hit
	Collection *Collection
	File       string // as people know it: the path in the folder, and of a file within a file that one's name too
	Title      string // the heading that the passage stands under
	From       DateFrom
	Link       string // to the file, if the collection has a base for links
}

// Search returns the best passages of several collections, the best first.
func Search(ctx context.Context, cols []*Collection, p Person, query string, n int) ([]Found, error) {
	var all []Found
	vectors := map[string][]float32{}
	for _, c := range cols {
		found, err := c.search(ctx, p, query, n, vectors)
		if err != nil {
			return nil, fmt.Errorf("knowledge: search: %w", err)
		}
		all = append(all, found...)
	}
	if len(cols) > 1 {
		// Ranks of different indexes cannot be compared as they are: one that has
		// nothing to say has a first place too.
		worth := func(f Found) float64 { return f.Score * (0.2 + f.Share) }
		slices.SortStableFunc(all, func(a, b Found) int { return cmp.Compare(worth(b), worth(a)) })
	}
	return all[:min(len(all), n)], nil
}
