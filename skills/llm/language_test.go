package llm_test

import (
	"testing"

	"amtsbote/skills/llm"
)

// TestAskedLanguage: a language that is asked for is told from one that something has.
func TestAskedLanguage(t *testing.T) {
	for wish, want := range map[string]string{
		"auf Englisch": "en", "bitte in englischer Sprache": "en", "übersetze das ins Englische": "en", "sum it up in English": "en", "in einfaches Deutsch": "de", "auf Türkisch bitte": "tr",
		"Fass die englische Mail zusammen": "", "in der englischen Fassung": "", "antworte auf die englische Mail": "", "der englische Text": "", "Deutschkurs": "", "": "",
	} {
		if got := llm.AskedLanguage(wish); got != want {
			t.Errorf("%q: got %q, want %q", wish, got, want)
		}
	}
}
