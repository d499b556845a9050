package llmtest

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"sync"
	"testing"

	"amtsbote/bots"
	"amtsbote/skills/llm"
)

// Bot returns the server behind the real client, as the one model of a bot: "Mistral
// Small" in the "Keller", for all classes, with the server's context (8192 if it has
// none) and so many slots; 0 the client's default.
func (s *Server) Bot(t testing.TB, slots int) llm.Bot {
	t.Helper()
	const name = "Mistral Small"
	p, err := llm.New([]llm.Config{{Name: name, URL: s.URL, Model: "mistral", Place: "Keller", Class: bots.Confidential, Context: cmp.Or(s.opt.Context, 8192), Slots: slots}}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	b, err := p.Bot([]string{name})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// A Memo is a bots.Memo in memory. The zero Memo is empty; it may be used
// concurrently.
type Memo struct {
	mu   sync.Mutex
	kept map[string][]byte
	from []string
}

// Get implements bots.Memo.
func (m *Memo) Get(_ context.Context, key string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.kept[key], nil
}

// Put implements bots.Memo.
func (m *Memo) Put(_ context.Context, key string, value []byte, from ...string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.kept == nil {
		m.kept = map[string][]byte{}
	}
	m.kept[key], m.from = value, append(m.from, from...)
	return nil
}

// From returns the messages that what was put derives from, as they were named.
func (m *Memo) From() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.from)
}

// Keys returns the keys that were put, sorted.
func (m *Memo) Keys() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var keys []string
	for k := range m.kept {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
