package connectortest

import (
	"bytes"
	"cmp"
	"context"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"amtsbote/bots"
)

// bench is a world with what the bot remembers of it.
type bench struct {
	World
	opts  Options
	state *State
	seen  map[string]bool // IDs of messages accepted; like the inbox it takes each once
}

// receive returns the next message that is new. That the bot has come into a room
// is none.
func (b *bench) receive(t *testing.T, c bots.Connector) (got bots.Message) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), b.opts.Timeout)
	defer cancel()
	var mu sync.Mutex
	err := c.Receive(ctx, b.state, func(_ context.Context, m bots.Message) error {
		mu.Lock()
		defer mu.Unlock()
		if m.Kind == bots.KindJoin {
			return nil
		}
		if got.ID != "" {
			return context.Canceled // not accepted: comes again
		}
		if !b.seen[m.ID] {
			b.seen[m.ID] = true
			got = m
			cancel()
		}
		return nil
	})
	if got.ID == "" {
		t.Fatalf("no new message in time (Receive: %v)", err)
	}
	return got
}

// text returns what a message says, also where it is a letter.
func (b *bench) text(t *testing.T, c bots.Connector, m bots.Message) string {
	t.Helper()
	if m.Letter() {
		return string(b.open(t, c, m.Files[0]))
	}
	return m.Text
}

func (b *bench) open(t *testing.T, c bots.Connector, f bots.File) []byte {
	t.Helper()
	r, err := c.Open(t.Context(), b.state, f)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	defer r.Close()
	data, err := io.ReadAll(r)
	if err != nil {
		t.Fatalf("Open: read: %v", err)
	}
	return data
}

const reply = "Antwort mit <b>spitzen</b> Klammern, ä ö ü ß"

// send sends the same reply to a message each time it is called.
func (b *bench) send(t *testing.T, c bots.Connector, m bots.Message) {
	t.Helper()
	a := bots.Answer{Text: bots.Say("Antwort"), Notice: bots.Notice{Plain: true}}
	a.Drafts = []bots.Draft{{To: []string{"jana@buerger.example"}, Subject: "AW: eins", Language: "de", Text: reply}}
	if !m.Letter() {
		a.Drafts, a.Text = nil, bots.Say(strings.NewReplacer("<", `\<`, ">", `\>`).Replace(reply))
	}
	r := bots.Reply{ID: m.ID + "/answer", Language: "de", Answer: a, To: bots.Address{Connector: m.Connector,
		Room: m.Room, Thread: m.Thread, Person: m.Sender, Watched: m.Watched, MessageID: m.ID, Ref: m.Ref}}
	if _, err := c.Send(t.Context(), b.state, r); err != nil {
		t.Fatalf("Send: %v", err)
	}
}

// heard wants the reply to be there, once where the network allows it.
func (b *bench) heard(t *testing.T) {
	t.Helper()
	var n int
	var got []string
	for end := time.Now().Add(b.opts.Timeout); n == 0 && time.Now().Before(end); {
		got = b.Heard(t)
		for _, text := range got {
			if strings.Contains(text, reply) {
				n++
			}
		}
	}
	if n == 0 || n > 1 && !b.opts.RepeatsSend {
		t.Errorf("the reply was heard %d times, want 1:\n%q", n, got)
	}
}

// State is a bots.State in memory. It counts writes, for tests that look at what
// was confirmed when.
type State struct {
	mu     sync.Mutex
	values map[string][]byte
	Puts   int
}

// NewState returns an empty state.
func NewState() *State { return &State{values: map[string][]byte{}} }

// Get implements bots.State.
func (s *State) Get(_ context.Context, key string) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return bytes.Clone(s.values[key]), nil
}

// Put implements bots.State. Values do not expire.
func (s *State) Put(_ context.Context, values map[string][]byte, _ time.Duration) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Puts++
	for k, v := range values {
		if v == nil {
			delete(s.values, k)
			continue
		}
		s.values[k] = bytes.Clone(v)
	}
	return nil
}

// Each implements bots.State.
func (s *State) Each(_ context.Context, prefix string, fn func(string, []byte) error) error {
	s.mu.Lock()
	all := maps.Clone(s.values)
	s.mu.Unlock()
	for _, k := range slices.SortedFunc(maps.Keys(all), cmp.Compare) {
		if strings.HasPrefix(k, prefix) {
			if err := fn(k, all[k]); err != nil {
				return err
			}
		}
	}
	return nil
}

var _ bots.State = (*State)(nil)
