package llmtest

import (
	"context"
	"errors"
	"slices"
	"sync"

	"amtsbote/bots"
	"amtsbote/skills/llm"
)

// A Model is a scripted llm.Model, and an llm.Choose that chooses it, for tests
// of skills. It may be used concurrently.
type Model struct {
	// Tokens is its budget; zero: 8192. A prompt that does not fit is
	// llm.ErrTooLong, as with a real model.
	Tokens int
	// Class is the highest that it may see; empty: confidential, all.
	Class bots.Class

	mu      sync.Mutex
	answer  func(llm.Prompt) (string, error)
	prompts []llm.Prompt
}

// Script returns a model that gives these answers, one after the other, and then
// the last one for ever; without answers it fails.
func Script(answers ...string) *Model {
	m := &Model{}
	m.answer = func(llm.Prompt) (string, error) {
		if len(answers) == 0 {
			return "", errors.New("llmtest: no answer left")
		}
		a := answers[0]
		if len(answers) > 1 {
			answers = answers[1:]
		}
		return a, nil
	}
	return m
}

// Func returns a model that answers with a function of the prompt, which is not
// called concurrently.
func Func(answer func(llm.Prompt) (string, error)) *Model { return &Model{answer: answer} }

// Complete implements llm.Model. OnText is called twice, so that skills are seen
// to take it.
func (m *Model) Complete(ctx context.Context, p llm.Prompt) (llm.Completion, error) {
	if err := ctx.Err(); err != nil {
		return llm.Completion{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.prompts = append(m.prompts, p)
	most := p.MaxTokens
	if most <= 0 {
		most = m.Budget() / 4
	}
	if p.Need()+most > m.Budget() {
		return llm.Completion{}, llm.ErrTooLong
	}
	text, err := m.answer(p)
	if err != nil {
		return llm.Completion{}, err
	}
	if p.OnText != nil {
		half := []rune(text)
		p.OnText(string(half[:len(half)/2]))
		p.OnText(text)
	}
	return llm.Completion{Text: text, Model: "Testmodell", Place: "Testraum", In: p.Need(), Out: llm.Tokens(text)}, nil
}

// Budget implements llm.Model.
func (m *Model) Budget() int {
	if m.Tokens == 0 {
		return 8192
	}
	return m.Tokens
}

// Slots implements llm.Model.
func (m *Model) Slots() int { return 4 }

// For implements llm.Choose.
func (m *Model) For(c bots.Class) llm.Model {
	if m.Class != "" && !m.Class.MaySee(c) {
		return nil
	}
	return m
}

// Prompts returns what the model was given so far.
func (m *Model) Prompts() []llm.Prompt {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.prompts)
}
