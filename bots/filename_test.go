package bots

import (
	"strings"
	"testing"
)

func TestCleanName(t *testing.T) {
	tests := map[string]string{
		"Bescheid.pdf": "Bescheid.pdf", `C:\x\y.pdf`: "y.pdf", "../../etc/passwd": "passwd", "": "Datei", "..": "Datei", "/": "Datei",
		"a\x00\r\nb.pdf": "ab.pdf", "Rechnung\u202Efdp.exe": "Rechnungfdp.exe", "\xff.pdf": "_.pdf",
		strings.Repeat("ä", 200) + ".docx": strings.Repeat("ä", 97) + ".docx",
	}
	for name, want := range tests {
		if got := CleanName(name); got != want {
			t.Errorf("CleanName(%q) = %q, want %q", name, got, want)
		}
	}
}

func FuzzCleanName(f *testing.F) {
	f.Add("a/b\\c.pdf")
	f.Add(strings.Repeat("x", 300) + "." + strings.Repeat("y", 300))
	f.Fuzz(func(t *testing.T, name string) {
		got := CleanName(name)
		if got == "" || len(got) > maxFileName || strings.ContainsAny(got, "/\\\r\n\x00") || CleanName(got) != got {
			t.Errorf("CleanName(%q) = %q", name, got)
		}
	})
}
