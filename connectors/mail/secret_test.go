package mail

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestNoDebugWriter keeps out what prints passwords and tokens as they are sent.
func TestNoDebugWriter(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) < 10 {
		t.Fatalf("got %d files, %v", len(files), err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if f != "secret_test.go" && strings.Contains(string(b), "DebugWriter") {
			t.Errorf("%s uses a DebugWriter", f)
		}
	}
}
