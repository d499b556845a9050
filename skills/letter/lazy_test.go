package letter

import (
	"testing"

	"amtsbote/skills/lazy"
)

// TestPatterns: every pattern by which letters are taken apart is one.
func TestPatterns(t *testing.T) {
	if n := lazy.Compile(); n < 150 {
		t.Errorf("only %d patterns", n)
	}
}
