package letter

import (
	"os"
	"testing"

	"amtsbote/skills/document"
)

// TestMain lets the tests read real mails in children, as the daemon does.
func TestMain(m *testing.M) {
	document.Main()
	os.Exit(m.Run())
}
