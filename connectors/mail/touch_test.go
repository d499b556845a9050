package mail

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestTouch holds that only what is meant to changes mails on the server, and
// that nothing empties a folder: EXPUNGE and CLOSE without a UID take what
// others have marked.
func TestTouch(t *testing.T) {
	selects := regexp.MustCompile(`\.open\([^)]*, false\)`)
	sections := regexp.MustCompile(`FetchItemBodySection\{\{?[^}\]]*`)
	changes := regexp.MustCompile(`\bim\.(Store|Expunge|UIDExpunge|UnselectAndExpunge|Move|Copy|Delete|Rename|Append|Create)\(`)
	want := []string{"expunge.go .Store(", "expunge.go .UIDExpunge(", "folders.go .Append(", "folders.go .Create("}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range changes.FindAllString(string(b), -1) {
			got = append(got, file+" "+strings.TrimPrefix(m, "im"))
		}
		// What is not peeked at is marked as read.
		for _, m := range sections.FindAllString(string(b), -1) {
			if m != "FetchItemBodySection{headerSection" && !strings.Contains(m, "Peek: true") {
				t.Errorf("%s fetches without Peek: %s", file, m)
			}
		}
		// check proves that drafts can be written; nothing else needs to.
		if selects.Match(b) && file != "expunge.go" && file != "check.go" {
			t.Errorf("%s opens a folder to change it", file)
		}
	}
	if slices.Sort(got); !slices.Equal(got, want) {
		t.Errorf("what changes mailboxes: got %q, want %q", got, want)
	}
}
