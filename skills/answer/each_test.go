package answer_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"amtsbote/bots"
	"amtsbote/skills/answer"
	"amtsbote/skills/llm/llmtest"
)

// memo is a bots.Memo in memory.
type memo struct {
	mu sync.Mutex
	m  map[string][]byte
}

func (m *memo) Get(_ context.Context, k string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.m[k], nil
}

func (m *memo) Put(_ context.Context, k string, v []byte, from ...string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if strings.Join(from, " ") != "7" {
		return errors.New("nobody knows what it is made of")
	}
	m.m[k] = v
	return nil
}

// TestEach: each piece is asked for once, also after a restart, and the order is
// kept; what is of no use is asked for again.
func TestEach(t *testing.T) {
	var mu sync.Mutex
	asked := map[string]int{}
	ask := func(_ context.Context, piece string) (answer.Answer, error) {
		mu.Lock()
		defer mu.Unlock()
		asked[piece]++
		switch piece {
		case "leer":
			return answer.Answer{}, nil
		case "halb":
			return answer.Answer{Text: "HAL", Cut: true}, nil
		case "schief":
			return answer.Answer{Text: "SCHIEF", Warnings: []bots.Text{{DE: "Bitte prüfen."}}}, nil
		}
		return answer.Answer{Text: strings.ToUpper(piece), Notice: bots.Notice{Model: "M"}}, nil
	}
	told := 0
	p := answer.Pieces{Model: llmtest.Script(""), Task: bots.Task{Memo: &memo{m: map[string][]byte{}}, Tell: func(pr bots.Progress) { mu.Lock(); told += pr.Total; mu.Unlock() }},
		Texts: []string{"eins", "leer", "halb", "zwei", "schief"}, Key: "k", From: []string{"7"}}
	for range 2 {
		got, err := p.Each(t.Context(), ask)
		if err != nil || len(got) != 5 || len(got[4].Warnings) != 1 || got[0].Text != "EINS" || got[1].Text != "" || !got[2].Cut || got[3].Text != "ZWEI" || got[3].Notice.Model != "M" {
			t.Fatalf("got %+v, %v", got, err)
		}
	}
	if asked["eins"] != 1 || asked["zwei"] != 1 || asked["leer"] != 2 || asked["halb"] != 2 || asked["schief"] != 2 || told != 2*5*5 {
		t.Errorf("asked %v, told %d", asked, told)
	}
	p.Key = "other"
	if _, err := p.Each(t.Context(), ask); err != nil || asked["eins"] != 2 {
		t.Errorf("under another key asked %v, %v", asked, err)
	}
	bad := errors.New("no")
	if _, err := p.Each(t.Context(), func(context.Context, string) (answer.Answer, error) { return answer.Answer{}, bad }); !errors.Is(err, bad) {
		t.Errorf("got %v", err)
	}
}
