package llm_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"amtsbote/skills/llm"
)

var embedded = fstest.MapFS{
	"instructions/part.txt":  {Data: []byte("Teil auf {{language}}.\n{{fence}}")},
	"instructions/whole.txt": {Data: []byte("Ganz.")},
}

// TestInstructions: an authority's own files stand in for the embedded ones, the
// rule about fences cannot be dropped, and what does not fit is named.
func TestInstructions(t *testing.T) {
	tests := []struct {
		name, file, text string
		want, version    string // in the instruction "part.txt"; a prefix
		err              string
	}{
		{"nothing replaced", "", "", "Teil auf Deutsch.\n" + llm.FenceRule, "2", ""},
		{"replaced", "summary/part.txt", "\ufeffKürzer, auf {{language}}.\r\n{{fence}}", "Kürzer, auf Deutsch.\n" + llm.FenceRule, "2+", ""},
		{"without the rule about fences", "summary/part.txt", "Frei auf {{language}}.", "Teil auf Deutsch.", "2", "lacks the placeholder {{fence}}"},
		{"a placeholder that nobody fills", "summary/part.txt", "{{language}} {{fence}} {{name}}", "Teil auf Deutsch.", "2", "has the placeholder {{name}}"},
		{"not UTF-8", "summary/part.txt", "Gr\xfc\xdfe {{language}} {{fence}}", "Teil auf Deutsch.", "2", "UTF-8"},
		{"too long", "summary/part.txt", strings.Repeat("x", 17<<10), "Teil auf Deutsch.", "2", "16 KB"},
		{"a name that is none", "summary/teil.txt", "{{fence}}", "Teil auf Deutsch.", "2", "no instruction of this name"},
		{"a skill that is none", "sumary/part.txt", "{{fence}}", "Teil auf Deutsch.", "2", "sumary"},
		{"an editor's backup", "summary/part.txt~", "alt", "Teil auf Deutsch.", "2", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			if test.file != "" {
				path := filepath.Join(dir, test.file)
				if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(test.text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			o := llm.NewOverrides(dir)
			ins := o.Load("summary", "2", embedded)
			if got := ins.Text("part.txt", "language", "Deutsch"); !strings.HasPrefix(got, test.want) {
				t.Errorf("instruction is %q, want %q", got, test.want)
			}
			if got := ins.Version(); got != test.version && !(strings.HasSuffix(test.version, "+") && strings.HasPrefix(got, test.version)) {
				t.Errorf("version is %q, want %q", got, test.version)
			}
			if err := o.Err(); (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) {
				t.Errorf("error is %v, want one with %q", err, test.err)
			}
		})
	}
	if err := llm.NewOverrides(filepath.Join(t.TempDir(), "fehlt")).Err(); err == nil {
		t.Error("a folder that is not there is no error")
	}
	if got := (*llm.Overrides)(nil).Load("summary", "2", embedded).Version(); got != "2" {
		t.Errorf("version without a folder is %q", got)
	}
}
