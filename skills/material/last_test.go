package material_test

import (
	"strings"
	"testing"

	"amtsbote/bots"
	"amtsbote/skills/material"
)

// TestLast finds what a follow-up is about.
func TestLast(t *testing.T) {
	person := bots.Turn{ID: "1", Text: "bitte"}
	bot := func(text string) bots.Turn { return bots.Turn{ID: "1/answer", Bot: true, Skill: "chat", Text: text} }
	brief := bots.Turn{ID: "1/answer", Bot: true, Skill: "draft", Text: "Was verlangt wird: geheim"}
	drafted := brief
	drafted.Drafts = []bots.Draft{{Text: "Guten Tag,"}}
	two := brief
	two.Drafts = []bots.Draft{{Text: "Guten Tag,"}, {Text: "Hallo,"}}
	help := bots.Turn{ID: "2/answer", Bot: true, Skill: "help", Text: "Ich kann", Notice: bots.Notice{Plain: true}}
	for name, test := range map[string]struct {
		history []bots.Turn
		want    string // "": there is none
		draft   bool
	}{
		"nothing":                        {nil, "", false},
		"an answer":                      {[]bots.Turn{person, bot("Der Antrag wird abgelehnt.")}, "Der Antrag wird abgelehnt.", false},
		"an answer with its coverage":    {[]bots.Turn{person, bot("Kurz.\n\n*Ausgewertet: a.pdf alle 3 Seiten.*")}, "Kurz.", false},
		"a file with a star in its name": {[]bots.Turn{person, bot("Kurz.\n\n*Ausgewertet: a\\*b.pdf ganz.*")}, "Kurz.", false},
		"a result with a remark":         {[]bots.Turn{bot(material.Under("Kurz.\n\n---\n\nEnde.", "**Änderungen (1)**"))}, "Kurz.\n\n* * *\n\nEnde.", false},
		"a result without a remark":      {[]bots.Turn{bot(material.Under("Kurz.\n\n---\n\nEnde.", ""))}, "Kurz.\n\n* * *\n\nEnde.", false},
		"help between":                   {[]bots.Turn{bot("Kurz."), person, help}, "Kurz.", false},
		"a draft":                        {[]bots.Turn{person, drafted}, "Guten Tag,", true},
		"several drafts":                 {[]bots.Turn{person, two}, "", false},
		"a brief, which no model sees":   {[]bots.Turn{person, brief}, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			got, ok := material.Last(bots.Task{History: test.history})
			if ok != (test.want != "") || got.Text != test.want || (got.Draft != nil) != test.draft {
				t.Errorf("got %+v, %v", got, ok)
			}
		})
	}
}

// TestFrom: what was made of a result goes with every message that may be in it.
func TestFrom(t *testing.T) {
	got, _ := material.Last(bots.Task{History: []bots.Turn{{ID: "1"}, {ID: "1/answer", Bot: true, Text: "lang"}, {ID: "2", Text: "kürzer"}, {ID: "2/answer", Bot: true, Text: "kurz"}, {ID: "3"}}})
	if want := "1 2"; strings.Join(got.From, " ") != want {
		t.Errorf("got %q, want %q", got.From, want)
	}
}
