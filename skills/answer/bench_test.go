package answer_test

import (
	"context"
	"strings"
	"testing"

	"amtsbote/bots"
	"amtsbote/skills/answer"
	"amtsbote/skills/llm"
)

// growing is a model whose answer comes in as many pieces as it has words.
type growing string

func (g growing) Complete(_ context.Context, p llm.Prompt) (llm.Completion, error) {
	for at := range string(g) {
		if g[at] == ' ' {
			p.OnText(string(g[:at]))
		}
	}
	return llm.Completion{Text: string(g)}, nil
}

func (growing) Budget() int { return 32768 }

func (growing) Slots() int { return 1 }

// BenchmarkGrowing has an answer of two pages grow word by word before a person's
// eyes. Without a bound on what is checked on the way it takes seconds of CPU.
func BenchmarkGrowing(b *testing.B) {
	text := growing(strings.Repeat("Die Gebühr beträgt 20,50 € und ist bis zum 3. Dezember 2026 zu zahlen (S. 2), siehe musterstadt.example/gebuehr. ", 60))
	ask := answer.Ask{Model: text, Task: bots.Task{Language: "de", Tell: func(bots.Progress) {}}, Given: []llm.Given{{Name: "Bescheid.pdf", Pages: []int{1, 2}}},
		Prompt: llm.Prompt{MaxTokens: 4000, Turns: []llm.Turn{{Text: "Was steht darin? musterstadt.example/gebuehr"}}}}
	for b.Loop() {
		if _, err := ask.Do(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}
