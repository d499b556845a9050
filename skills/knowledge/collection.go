package knowledge

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"amtsbote/skills/document"
	"amtsbote/skills/index"
	"amtsbote/skills/llm"
)

// A Collection is a folder and its index.
type Collection struct {
	Config
	opt   Options
	dir   string // of the index
	emb   llm.Embedder
	since map[string]time.Time // folders that are suddenly empty, or "." gone; of the goroutine that walks

	seen      map[string]glance // files that are not read yet; of the goroutine that walks
	noVectors time.Time         // no vectors are asked for until then
	without   map[string]int    // how often a file got none: it must not keep the others from theirs

	dirty     bool      // bytes of what was removed or replaced may still be in the files
	compacted time.Time // when they were last written anew
	costs     time.Duration

	mu    sync.Mutex
	ix    index.Index // nil: not open
	docs  map[string]doc
	state State
}

// A doc is what is known of a document of the index.
type doc struct {
	stamp
	date  time.Time
	model string // that made its vectors
}

// A stamp is kept as the digest of a source: how the file looked when it was read,
// and what came of it.
type stamp struct {
	Size   int64
	Time   int64          // as of look
	Sum    string         // of the content; empty: it could not be opened
	From   DateFrom       `json:",omitempty"`
	Pieces int            `json:",omitempty"`
	Reason *document.Text `json:",omitempty"` // why nothing was read, or what was not
}

func newCollection(cfg Config, o Options) *Collection {
	c := &Collection{Config: cfg, opt: o, dir: Dir(o.Dir, o.Bot, cfg.Name), since: map[string]time.Time{}, docs: map[string]doc{}, without: map[string]int{}}
	if o.Embedder != nil {
		c.emb = o.Embedder(cfg.Class)
	}
	c.state = State{Name: cfg.Name, Description: cfg.Description, Opening: true}
	return c
}

// open opens the index. One that is damaged is derived data: it is made anew.
func (c *Collection) open(ctx context.Context) error {
	if c.ix != nil {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(c.dir), 0o700); err != nil {
		return fmt.Errorf("knowledge: %w", err)
	}
	ix, err := c.opt.Open(c.dir)
	if errors.Is(err, index.ErrDamaged) {
		c.opt.Log.Warn("index of a collection damaged, made anew", "collection", c.Name)
		if err := os.RemoveAll(c.dir); err != nil {
			return fmt.Errorf("knowledge: %w", err)
		}
		ix, err = c.opt.Open(c.dir)
	}
	if err != nil {
		return fmt.Errorf("knowledge: %w", err)
	}
	sources, err := ix.Sources(ctx)
	if err != nil {
		return errors.Join(fmt.Errorf("knowledge: %w", err), ix.Close())
	}
	docs := map[string]doc{}
	for _, s := range sources {
		d := doc{date: s.Date, model: s.Model}
		_ = json.Unmarshal([]byte(s.Digest), &d.stamp) // an unknown one is read anew
		docs[s.Key] = d
	}
	c.dirty = true // nobody knows how the last daemon ended
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ix, c.docs = ix, docs
	return nil
}

// close closes the index, if it is open.
func (c *Collection) close() {
	c.mu.Lock()
	ix := c.ix
	c.ix = nil
	c.mu.Unlock()
	if ix == nil {
		return
	}
	if err := ix.Close(); err != nil {
		c.opt.Log.Warn("index of a collection not closed well", "collection", c.Name, "err", err)
	}
}

// round walks the folder once and brings the index up to date. again says that files
// were seen that may still be being written: another round is wanted soon. Whatever
// else fails, bytes of what was removed leave the index's files.
func (c *Collection) round(ctx context.Context) (s *sight, again bool, err error) {
	now := time.Now()
	root, err := os.OpenRoot(c.Folder)
	if err == nil {
		defer root.Close()
		s, err = c.walk(ctx, root)
	}
	switch {
	case ctx.Err() != nil:
	case err != nil:
		s, err = nil, c.folderGone(ctx, now, err)
	default:
		if again, err = c.follow(ctx, root, s, now); err == nil {
			c.tell(func(st *State) { st.At = now })
		}
	}
	if ctx.Err() != nil {
		return nil, false, context.Cause(ctx)
	}
	if e := c.compact(ctx); err == nil {
		err = e
	}
	return s, again, err
}

// follow removes what is gone and reads what has changed.
func (c *Collection) follow(ctx context.Context, root *os.Root, s *sight, now time.Time) (again bool, err error) {
	if err := c.remove(ctx, root, s, now); err != nil {
		return false, err
	}
	changed, again := c.changed(s, now)
	c.tell(func(st *State) { st.Away, st.Over, st.Left = time.Time{}, s.over, len(c.seen) })
	failed := 0
	for _, key := range changed {
		e := c.take(ctx, root, key, s.files[key])
		if ctx.Err() != nil {
			return false, context.Cause(ctx)
		}
		if e != nil {
			// It may be this file's alone, which must not keep the others out.
			err = cmp.Or(err, e)
			if failed++; failed == maxFailed {
				break
			}
			continue
		}
		c.tell(func(st *State) { st.Left = max(0, st.Left-1) })
	}
	return again, err
}

// maxFailed is how many files of a round may fail before it is given up: then it is the
// index or the disk.
const maxFailed = 5

// folderGone keeps everything while a folder is not there, for the grace period, and
// then removes it.
func (c *Collection) folderGone(ctx context.Context, now time.Time, err error) error {
	since, ok := c.since["."]
	if !ok {
		since = now
		c.since = map[string]time.Time{".": now}
		c.opt.Log.Warn("folder of a collection cannot be read, its documents stay for now", "collection", c.Name, "err", plainError(err), "grace", c.Grace)
	}
	c.tell(func(st *State) { st.Away = since })
	if now.Sub(since) < c.Grace {
		return nil
	}
	for _, key := range c.keys() {
		if err := c.drop(ctx, key); err != nil {
			return err
		}
	}
	return nil
}

// plainError returns an error of the file system without the path in it.
func plainError(err error) error {
	if p, ok := errors.AsType[*os.PathError](err); ok {
		return p.Err
	}
	return err
}

// remove removes the documents whose files are gone.
func (c *Collection) remove(ctx context.Context, root *os.Root, s *sight, now time.Time) error {
	var gone []string
	for _, key := range c.keys() {
		if _, ok := s.files[key]; ok {
			continue
		}
		if s.over { // not all was seen
			if _, err := root.Lstat(key); !errors.Is(err, os.ErrNotExist) {
				continue
			}
		}
		gone = append(gone, key)
	}
	stay := c.held(s, gone, now)
	for _, key := range gone {
		if stay[key] {
			continue
		}
		if err := c.drop(ctx, key); err != nil {
			return err
		}
	}
	c.tell(func(st *State) { st.Held = len(stay) })
	return nil
}

// drop removes a document with all that was derived from it.
func (c *Collection) drop(ctx context.Context, key string) error {
	if len(key) <= maxKey { // else it is not in there
		if err := c.ix.Delete(ctx, key); err != nil {
			return fmt.Errorf("knowledge: %w", err)
		}
	}
	c.dirty = true
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.docs, key)
	delete(c.without, key)
	return nil
}

// compact has the index write its files anew without what was removed, if there was
// something. It takes time with the size of the index, so that one that takes long is
// compacted seldom.
func (c *Collection) compact(ctx context.Context) error {
	x, ok := c.ix.(interface{ Compact(context.Context) error })
	if !ok || !c.dirty || time.Since(c.compacted) < max(c.opt.Rest, 20*c.costs) {
		return nil
	}
	began := time.Now()
	if err := x.Compact(ctx); err != nil {
		return fmt.Errorf("knowledge: %w", err)
	}
	c.dirty, c.compacted, c.costs = false, time.Now(), time.Since(began)
	return nil
}

func (c *Collection) keys() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := make([]string, 0, len(c.docs))
	for k := range c.docs {
		all = append(all, k)
	}
	slices.Sort(all)
	return all
}

// A glance is how a file that is not read yet looked when it last changed.
type glance struct {
	look
	at time.Time
	n  int // how often it was seen to change
}

// restless is how often a file may be seen to change before it is no longer waited for:
// a log that somebody keeps in the folder must not have it walked for ever.
const restless = 5

// changed returns the files to read now, the newest first, those that often got no
// vectors last, and whether there are more that must be looked at once more, soon.
func (c *Collection) changed(s *sight, now time.Time) (ready []string, again bool) {
	before := c.seen
	c.seen = map[string]glance{}
	space := c.space()
	c.mu.Lock()
	defer c.mu.Unlock()
	for key, l := range s.files {
		d, known := c.docs[key]
		if known && d.Size == l.size && d.Time == l.time {
			// Rights change without a trace: what could not be opened is tried again.
			if d.Sum == "" || !d.in(space) && !now.Before(c.noVectors) {
				ready = append(ready, key)
			}
			continue
		}
		g, ok := before[key]
		if !ok || g.look != l {
			g = glance{l, now, g.n + 1}
		}
		c.seen[key] = g
		if now.Sub(g.at) >= c.opt.Settle {
			ready = append(ready, key)
		} else {
			again = again || g.n <= restless
		}
	}
	slices.SortFunc(ready, func(a, b string) int {
		return cmp.Or(c.without[a]-c.without[b], cmp.Compare(s.files[b].time, s.files[a].time), cmp.Compare(a, b))
	})
	return ready, again
}

// space returns the space of the model for vectors that is configured, empty without.
func (c *Collection) space() string {
	if c.emb == nil {
		return ""
	}
	return c.emb.Space()
}

// in reports whether a document's vectors are of a space. Without one, and for a
// document without passages, there need be none.
func (d doc) in(space string) bool {
	return space == "" || d.Pieces == 0 || d.model == space || strings.HasPrefix(d.model, space+"|")
}

// search searches the collection. vectors are those of the query, by model.
func (c *Collection) search(ctx context.Context, p Person, query string, n int, vectors map[string][]float32) ([]Found, error) {
	c.mu.Lock()
	ix := c.ix
	c.mu.Unlock()
	if ix == nil {
		return nil, nil // the state says so
	}
	q := index.Query{Text: query, N: n}
	if c.emb != nil && c.emb.Info().Class.MaySee(p.Class) {
		v, asked := vectors[c.emb.Info().Name]
		if !asked {
			var err error
			if v, err = c.emb.Query(ctx, query); ctx.Err() != nil {
				return nil, context.Cause(ctx)
			} else if err != nil { // words find most of it, and nobody waits for it again
				c.opt.Log.Warn("searched without vectors", "collection", c.Name, "err", err)
			}
			vectors[c.emb.Info().Name] = v
		}
		q.Vector, q.Model = v, c.emb.Space()
	}
	hits, err := ix.Search(ctx, q)
	switch {
	case errors.Is(err, index.ErrClosed):
		return nil, nil
	case errors.Is(err, index.ErrDamaged):
		c.damaged() // nothing else may need the index for days
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	all := make([]Found, 0, len(hits))
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, h := range hits {
		d, ok := c.docs[h.Source]
		if !ok {
			continue // removed meanwhile
		}
		inner, title := unpack(h.Heading)
		f := Found{Hit: h, Collection: c, File: path.Clean(h.Source), Title: title, From: d.From, Link: c.linkTo(h.Source)}
		if inner != "" {
			f.File += " (" + inner + ")"
		}
		all = append(all, f)
	}
	return all, nil
}

// A passage of a file within a file has that one's name before its heading.
const innerMark = "\x1f"

func pack(inner, heading string) string {
	if inner == "" {
		return heading
	}
	return inner + innerMark + heading
}

func unpack(heading string) (inner, title string) {
	if inner, title, ok := strings.Cut(heading, innerMark); ok {
		return inner, title
	}
	return "", heading
}
