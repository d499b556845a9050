package knowledge

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/fsnotify/fsnotify"

	"amtsbote/skills/index"
)

const (
	maxWatched = 5000             // folders; inotify's usual limit is not ours to use up
	slowRetry  = 30 * time.Second // after an error of the index or the reader
)

// run keeps the collection up to date until ctx is done.
func (c *Collection) run(ctx context.Context) {
	defer c.close()
	events := newEvents()
	defer events.close()
	for ctx.Err() == nil {
		began := time.Now()
		wait := c.Every
		s, again, err := c.once(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			wait = min(slowRetry, c.Every)
			c.failed(err)
		case again:
			wait = c.opt.Settle
		}
		if s != nil {
			events.watch(c.Folder, s.dirs)
		}
		c.note(err)
		// A folder in which something changes all the time is not walked all the time.
		events.wait(ctx, wait, max(c.opt.Settle, 5*time.Since(began)))
	}
}

// once opens the collection if need be and does a round.
func (c *Collection) once(ctx context.Context) (*sight, bool, error) {
	if err := c.anew(); err != nil {
		return nil, false, err
	}
	if err := c.open(ctx); err != nil {
		return nil, false, err
	}
	c.tell(func(st *State) { st.Opening = false })
	return c.round(ctx)
}

// failed notes an error. An index that turns out to be damaged is made anew.
func (c *Collection) failed(err error) {
	c.opt.Log.Error("collection not up to date, will try again", "collection", c.Name, "err", err)
	if errors.Is(err, index.ErrDamaged) {
		c.close()
		c.damaged()
	}
}

// damaged has the index made anew at the next walk, and says until then that the
// collection is being opened.
func (c *Collection) damaged() {
	c.tell(func(st *State) { st.Opening = true })
	if err := os.WriteFile(Mark(c.dir), nil, 0o600); err != nil {
		c.opt.Log.Error("damaged index not marked", "collection", c.Name, "err", plainError(err))
	}
}

// Mark returns the file whose being there has a collection made anew at its next walk.
func Mark(dir string) string { return dir + ".rebuild" }

// anew deletes the index if there is a mark that wants it. The mark goes last.
func (c *Collection) anew() error {
	if _, err := os.Stat(Mark(c.dir)); err != nil {
		return nil
	}
	c.close()
	if err := errors.Join(os.RemoveAll(c.dir), os.Remove(Mark(c.dir))); err != nil {
		return fmt.Errorf("knowledge: make anew: %w", err)
	}
	c.opt.Log.Info("collection is read anew", "collection", c.Name)
	return nil
}

// events tells of changes in folders. It may miss some: it only makes a walk come
// sooner.
type events struct {
	w     *fsnotify.Watcher // nil: there are none on this system
	known map[string]bool
}

func newEvents() *events {
	w, err := fsnotify.NewWatcher()
	if err != nil {
		w = nil
	}
	return &events{w: w, known: map[string]bool{}}
}

func (e *events) close() {
	if e.w != nil {
		_ = e.w.Close()
	}
}

// watch watches folders from now on.
func (e *events) watch(folder string, dirs []string) {
	if e.w == nil {
		return
	}
	for _, d := range dirs {
		p := filepath.Join(folder, filepath.FromSlash(d))
		if len(e.known) >= maxWatched {
			return
		}
		if !e.known[p] && e.w.Add(p) == nil {
			e.known[p] = true
		}
	}
}

// wait waits for so long, or until some time after an event.
func (e *events) wait(ctx context.Context, long, rest time.Duration) {
	timer := time.NewTimer(long)
	defer timer.Stop()
	var event chan fsnotify.Event
	var fault chan error
	if e.w != nil {
		event, fault = e.w.Events, e.w.Errors
	}
	end := time.Now().Add(long)
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
			return
		case ev := <-event:
			if ev.Has(fsnotify.Remove) || ev.Has(fsnotify.Rename) {
				delete(e.known, ev.Name) // a folder that comes again is watched again
			}
			if ev.Op == fsnotify.Chmod {
				continue
			}
		case <-fault: // too many at once: something has changed
		}
		if soon := time.Now().Add(rest); soon.Before(end) {
			end = soon
			timer.Reset(rest)
		}
	}
}
