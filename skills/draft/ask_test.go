package draft

import (
	"strings"
	"testing"

	"amtsbote/skills/document"
	"amtsbote/skills/llm/llmtest"
)

// TestEachIsAnswered: the colleague is told if a model did not answer one by one.
func TestEachIsAnswered(t *testing.T) {
	for text, warned := range map[string]bool{"1. Ja.\n\n2. Nein.\n\n3. Ist da.": false, "Das prüfen wir.": true, "1. Ja.\n2. Nein.\n2. Nein.": true} {
		m := llmtest.Script("BRIEF:\n" + text + "\nENDE")
		a := do(t, skill(office, m, map[string]document.Document{"jana.eml": jana()}), task("jana.eml"))
		if got := strings.Contains(a.Text.DE, "Der Brief hat 3 Anliegen"); got != warned {
			t.Errorf("%q: warned %v:\n%s", text, got, a.Text.DE)
		}
	}
}
