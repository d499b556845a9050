package index

import (
	"strings"
	"testing"
)

// TestAnalyzerForgets: what is too long to be a word is not remembered, or documents
// of nothing else would fill the memory.
func TestAnalyzerForgets(t *testing.T) {
	a := newAnalyzer()
	a.tokens("Hund "+strings.Repeat("x", 1<<16), func(token) {})
	if len(a.words) != 1 {
		t.Errorf("%d words are remembered", len(a.words))
	}
}
