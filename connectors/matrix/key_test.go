package matrix

import (
	"os"
	"path/filepath"
	"testing"

	"amtsbote/bots"
)

// TestKeyThatChanges: a file that changes under the running program names no
// person's direct chat anew.
func TestKeyThatChanges(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	write := func(key string) {
		if err := os.WriteFile(path, []byte(key), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("einer von sechzehn Zeichen")
	var key bots.Secret
	if err := key.UnmarshalText([]byte("file:" + path)); err != nil {
		t.Fatal(err)
	}
	c := New(Config{Key: key}, nil)
	before := c.directKey("@anna:amt.example")
	write("ein anderer Schlüssel")
	if after := c.directKey("@anna:amt.example"); after != before {
		t.Errorf("got %s, before %s", after, before)
	}
}
