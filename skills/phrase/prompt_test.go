package phrase

import (
	"os"
	"strings"
	"testing"

	"amtsbote/bots"
	"amtsbote/skills/llm/llmtest"
)

// TestPrompt holds what a model is given. UPDATE=1 rewrites testdata.
func TestPrompt(t *testing.T) {
	for name, job := range map[string]bots.Task{"compose": task("Schreib eine Mail an Frau Sommer, per du: Lieferung fehlt"), "resolution": task("Erstelle eine Beschlussvorlage: Hundesteuer steigt"), "rewrite": task("Mach das kürzer, auf Englisch:\n" + long), "correct": task("!korrektur " + long)} {
		t.Run(name, func(t *testing.T) {
			m := llmtest.Script("Ja.")
			if _, err := skill(m).Do(t.Context(), job); err != nil {
				t.Fatal(err)
			}
			p, path := m.Prompts()[0], "testdata/"+name+".txt"
			got := "=== system\n" + strings.TrimSpace(p.System) + "\n=== person\n" + p.Turns[0].Text + "\n"
			if os.Getenv("UPDATE") != "" {
				if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if want, err := os.ReadFile(path); err != nil || got != string(want) {
				t.Errorf("%v; got\n%s", err, got)
			}
		})
	}
}
