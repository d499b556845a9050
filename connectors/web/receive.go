package web

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"amtsbote/bots"
)

// Limits of what a person writes.
const (
	maxText     = 100 << 10 // bytes of a message; longer texts are for a file
	maxFiles    = 20        // of one message
	maxBody     = 256 << 10 // bytes of a POST of a message
	perMinute   = 30        // messages of a room
	acceptLimit = 15 * time.Second
)

// run is one call of Receive.
type run struct {
	ctx    context.Context
	accept func(context.Context, bots.Message) error
	failed chan error // what accept returned

	mu   sync.RWMutex // held for reading while a message is passed
	over bool
}

// pass has the bot accept a message; an error ends Receive.
func (n *run) pass(m bots.Message) error {
	n.mu.RLock()
	defer n.mu.RUnlock()
	if n.over {
		return errNotReady
	}
	ctx, cancel := context.WithTimeout(n.ctx, acceptLimit)
	defer cancel()
	err := n.accept(ctx, m)
	if err != nil {
		select {
		case n.failed <- err:
		default: // another one has failed already
		}
	}
	return err
}

// end waits for messages that are being passed; none are passed after it.
func (n *run) end() {
	n.mu.Lock()
	n.over = true
	n.mu.Unlock()
}

// Receive implements [bots.Connector]. It passes what was written but not
// accepted before, and then what the page posts while it runs.
func (c *Connector) Receive(ctx context.Context, state bots.State, accept func(context.Context, bots.Message) error) error {
	s := c.use(state)
	n := &run{ctx: ctx, accept: accept, failed: make(chan error, 1)}
	if err := c.passPending(ctx, s, n); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	c.setRun(n)
	defer n.end()
	defer c.setRun(nil)
	select {
	case <-ctx.Done():
		c.hangUp()
		return nil
	case err := <-n.failed:
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
}

func (c *Connector) setRun(n *run) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = n
}

func (c *Connector) running() *run {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// passPending passes the messages that are in State and not in the inbox.
func (c *Connector) passPending(ctx context.Context, s store, n *run) error {
	waiting := map[string]bots.Message{}
	var order []string
	err := s.Each(ctx, "p/", func(key string, value []byte) error {
		var m bots.Message
		if err := json.Unmarshal(value, &m); err != nil {
			return nil // of a later release
		}
		waiting[key] = m
		order = append(order, key)
		return nil
	})
	if err != nil {
		return fmt.Errorf("web: read what waits: %w", err)
	}
	slices.SortStableFunc(order, func(a, b string) int { return waiting[a].Time.Compare(waiting[b].Time) })
	for _, key := range order {
		if err := n.pass(waiting[key]); err != nil {
			return err
		}
		if err := s.Put(ctx, map[string][]byte{key: nil}, 0); err != nil {
			return fmt.Errorf("web: note acceptance: %w", err)
		}
	}
	return nil
}

// A post is what the page sends when a person writes.
type post struct {
	ID    string   `json:"id"`    // a UUID chosen by the page
	Text  string   `json:"text"`  // may be empty with files
	Files []string `json:"files"` // IDs of files sent before
	Stop  string   `json:"stop"`  // ID of the message whose answer is not wanted any more; then nothing else
}

var uuidRE = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

// say takes a message. 202: it is in the inbox; 503: post it again, with the
// same ID; anything else: it will not be taken.
func (c *Connector) say(w http.ResponseWriter, r *http.Request, v visit) {
	var p post
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody)).Decode(&p); err != nil || !uuidRE.MatchString(p.ID) || len(p.Text) > maxText || len(p.Files) > maxFiles {
		fail(w, r, http.StatusBadRequest, textTooLong)
		return
	}
	n, room := c.running(), c.room(v.room)
	if n == nil {
		busy(w, r)
		return
	}
	m, e, text, err := c.message(r.Context(), v, p)
	if err != nil {
		busy(w, r)
		return
	}
	if !text.IsZero() {
		fail(w, r, http.StatusBadRequest, text)
		return
	}
	// From here on the browser may go away: what it sent is to be kept.
	ctx := context.WithoutCancel(r.Context())
	if err := c.take(ctx, v.store, room, n, m, e); err != nil {
		if err == errTooMany {
			w.Header().Set("Retry-After", "10")
			fail(w, r, http.StatusTooManyRequests, textTooMany)
			return
		}
		busy(w, r)
		return
	}
	w.WriteHeader(http.StatusAccepted)
}

// message makes of a post what the bot gets and what the page will show, or a
// text that says why not.
func (c *Connector) message(ctx context.Context, v visit, p post) (m bots.Message, e *event, why bots.Text, err error) {
	now := time.Now().UTC()
	m = bots.Message{Connector: c.cfg.Name, ID: v.room + "." + p.ID, Room: v.room, Sender: c.cfg.Person, Direct: true, Prio: bots.PrioPerson, Time: now}
	e = &event{Kind: saidEvent, ID: m.ID, Time: now}
	if p.Stop != "" {
		if !uuidRE.MatchString(p.Stop) {
			return m, e, textTooLong, nil
		}
		m.Kind, m.Target, m.Text = bots.KindStop, v.room+"."+p.Stop, "Stopp"
		e.Kind, e.Target = stopEvent, m.Target
		return m, e, bots.Text{}, nil
	}
	m.Text = strings.TrimSpace(strings.ToValidUTF8(p.Text, "\uFFFD"))
	for _, id := range p.Files {
		f, ok, err := v.store.file(ctx, v.room, id)
		if err != nil {
			return m, e, bots.Text{}, err
		}
		if !ok {
			return m, e, textFileGone, nil
		}
		m.Files = append(m.Files, f)
	}
	if m.Text == "" && len(m.Files) == 0 {
		return m, e, textEmpty, nil
	}
	// A letter comes first: a message that begins with one is one (bots.Message.Letter).
	slices.SortStableFunc(m.Files, func(a, b bots.File) int { return isLetter(b) - isLetter(a) })
	e.Text, e.Files = m.Text, m.Files
	return m, e, bots.Text{}, nil
}

func isLetter(f bots.File) int {
	if f.Type == bots.TypeLetter {
		return 1
	}
	return 0
}

// take writes a message down and has the bot accept it.
func (c *Connector) take(ctx context.Context, s store, room *room, n *run, m bots.Message, e *event) error {
	waiting := "p/" + room.id + "/" + strings.TrimPrefix(m.ID, room.id+".")
	data, err := json.Marshal(m)
	if err != nil {
		return err
	}
	if known, err := s.Get(ctx, idKey(room.id, m.ID)); err != nil {
		return err
	} else if known == nil && !room.allow(time.Now()) {
		return errTooMany
	}
	added, err := s.write(ctx, room, e, map[string][]byte{waiting: data})
	if err != nil {
		return err
	}
	if !added {
		// Posted again. What was accepted has nothing waiting any more.
		if data, err = s.Get(ctx, waiting); err != nil || data == nil {
			return err
		}
		if err := json.Unmarshal(data, &m); err != nil {
			return err
		}
	}
	if err := n.pass(m); err != nil {
		return err
	}
	return s.Put(ctx, map[string][]byte{waiting: nil}, 0)
}
