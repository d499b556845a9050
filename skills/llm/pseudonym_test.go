package llm_test

import (
	"errors"
	"strings"
	"testing"

	"amtsbote/bots"
	"amtsbote/skills/llm"
	"amtsbote/skills/llm/llmtest"
)

// TestPseudonymise: a model that may see texts of a class without personal data only
// is asked after those that may see all of it, with placeholders; of its own class it
// sees all; beyond both it is not asked. No vectors are made by it.
func TestPseudonymise(t *testing.T) {
	far, house := llmtest.NewServer(t, llmtest.Options{}), llmtest.NewServer(t, llmtest.Options{})
	far.Answer(func(r llmtest.Request) llmtest.Reply { return llmtest.Reply{Text: "Fern: " + r.Last()} })
	house.Answer(func(r llmtest.Request) llmtest.Reply { return llmtest.Reply{Text: "Haus: " + r.Last()} })
	cfg, in := config(far, "Fern"), config(house, "Haus")
	cfg.Class, cfg.Pseudonymise, in.Class = bots.Public, bots.Internal, bots.Internal
	p := open(t, cfg, in)
	bot := func(names ...string) llm.Bot {
		b, err := p.Bot(names)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	both, one := bot("Fern", "Haus"), bot("Fern")
	const text = "Herr Osterkamp wohnt Lindenstr. 4, 20095 Hamburg."
	ask := func(b llm.Bot, c bots.Class) llm.Completion {
		t.Helper()
		done, err := b.For(c).Complete(t.Context(), llm.Prompt{Turns: []llm.Turn{{Text: text}}})
		if err != nil {
			t.Fatal(err)
		}
		return done
	}
	if got := ask(both, bots.Internal); got.Text != "Haus: "+text || !got.Replaced.IsZero() {
		t.Errorf("got %+v", got)
	}
	if got := ask(both, bots.Public); got.Text != "Fern: "+text || !got.Replaced.IsZero() {
		t.Errorf("got %+v", got)
	}
	if got := ask(one, bots.Internal); got.Text != "Fern: "+text || got.Replaced.DE != "1 Name, 1 Anschrift" || got.Replaced.EN != "1 name, 1 address" {
		t.Errorf("got %+v", got)
	}
	if sent := far.Requests()[1].Body; strings.Contains(sent, "Osterkamp") || strings.Contains(sent, "Linden") {
		t.Errorf("sent %s", sent)
	}
	house.Answer(always(llmtest.Reply{Status: 400, Code: "content_filter"}))
	if _, err := both.For(bots.Internal).Complete(t.Context(), llm.Prompt{Turns: []llm.Turn{{Text: "Он написал: господин Иванов из Москвы"}}}); errors.Is(err, llm.ErrPersonal) || err == nil || len(far.Requests()) != 2 {
		t.Errorf("a text that one model refused and another may not see: %v, %d requests", err, len(far.Requests()))
	}
	if one.For(bots.Confidential) != nil || one.Embedder(bots.Internal) != nil {
		t.Error("it is asked what it may not see")
	}
	if m := one.Models(bots.Internal); len(m) != 1 || !m[0].Replaced || one.Models(bots.Public)[0].Replaced {
		t.Errorf("people are told %+v", m)
	}
	if one.For(bots.Internal).Budget() >= one.For(bots.Public).Budget() {
		t.Error("no room is left for placeholders")
	}
}
