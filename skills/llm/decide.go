package llm

import (
	"context"
	_ "embed"
	"fmt"
	"strings"

	"amtsbote/bots"
)

//go:embed decide.txt
var decideInstruction string

// Decide asks the model that may see class c which of several skills a text asks
// for, and returns its name; "" where there is no model or it names none of
// them. It is what bots.Bot.Decide wants.
func (b Bot) Decide(ctx context.Context, c bots.Class, text string, among []bots.Info) string {
	m := b.For(c)
	if m == nil {
		return ""
	}
	var list strings.Builder
	for _, i := range among {
		fmt.Fprintf(&list, "- %s: %s\n", i.Name, i.Help.DE)
	}
	p := Prompt{System: strings.Replace(decideInstruction, "{{skills}}", strings.TrimSpace(list.String()), 1), MaxTokens: 20,
		Turns: []Turn{{Text: Fence("Nachricht", firstPart(text, m.Budget()/2))}}}
	answer, err := m.Complete(ctx, p)
	if err != nil {
		return "" // the rules' first choice is as good
	}
	word := strings.Trim(strings.TrimSpace(strings.ToLower(answer.Text)), "\"'`*.")
	for _, i := range among {
		if i.Name == word {
			return i.Name
		}
	}
	return ""
}

func firstPart(text string, tokens int) string {
	if parts := Split(text, tokens); len(parts) > 0 {
		return parts[0]
	}
	return ""
}
