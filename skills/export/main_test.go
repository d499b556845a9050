package export

import (
	"os"
	"testing"

	"amtsbote/skills/document"
)

// TestMain lets the tests read what was made in children, as the daemon does.
func TestMain(m *testing.M) {
	document.Main()
	os.Exit(m.Run())
}
