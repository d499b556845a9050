package office

import (
	"os"
	"testing"

	"amtsbote/skills/document"
)

// TestMain lets the tests read what was written in children, as the daemon does.
func TestMain(m *testing.M) {
	document.Main()
	os.Exit(m.Run())
}
