package redact

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"amtsbote/bots"
	"amtsbote/skills/personal"
)

// stateKey is where the proposal of a conversation is kept.
const stateKey = "proposal"

const stateVersion = 1

// A state is what was proposed and decided in a conversation. It is gone with the
// message that the material came with.
type state struct {
	Version  int
	From     string // the message
	Text     string // its own text, if that is the material
	Hash     string // of all texts; another file of the same name is not released
	Style    style
	Format   string          // "docx", "odt", "pdf", "txt"; empty: as the original
	Only     []personal.Kind // what the person asked for; none: everything
	Items    []item          // in the order of their numbers
	Names    []string        // that the person or a model added
	Plain    []string        // texts without a kind that the person added
	Said     []string        // the messages that decided something
	ByModel  string          // the model that looked for names
	Place    string
	Replaced bots.Text `json:",omitzero"` // before the model
	Missed   int       // parts of the text for which no model gave a usable answer
}

// An item is one person, one address, one number, wherever it occurs.
type item struct {
	Kind     personal.Kind
	Norm     string
	Text     string // as it stands first
	Word     string // what stands for it
	Rejected bool   `json:",omitempty"`
	Sure     bool   `json:",omitempty"`
	Office   bool   `json:",omitempty"`
}

// A style is how things are replaced.
type style string

const (
	placeholders style = ""
	black        style = "black"
)

func load(ctx context.Context, t bots.Task) (*state, error) {
	if t.Memo == nil {
		return nil, nil
	}
	data, err := t.Memo.Get(ctx, stateKey)
	if err != nil || data == nil {
		return nil, err
	}
	st := new(state)
	if err := json.Unmarshal(data, st); err != nil || st.Version != stateVersion {
		return nil, nil // of another version: the person asks again
	}
	return st, nil
}

func save(ctx context.Context, t bots.Task, st *state) error {
	if t.Memo == nil {
		return nil
	}
	st.Version = stateVersion
	if t.Message.ID != st.From && !slices.Contains(st.Said, t.Message.ID) {
		st.Said = append(st.Said, t.Message.ID)
	}
	data, err := json.Marshal(st)
	if err != nil {
		return fmt.Errorf("redact: %w", err)
	}
	if err := t.Memo.Put(ctx, stateKey, data, append([]string{st.From}, st.Said...)...); err != nil {
		return fmt.Errorf("redact: keep proposal: %w", err)
	}
	return nil
}
