package bots

import (
	"path"
	"strings"
	"unicode"
)

// maxFileName is the length in bytes that CleanName leaves.
const maxFileName = 200

// CleanName returns a file's name, which somebody chose, as one that is safe to
// show and to keep: without path, control characters and marks that turn its
// direction around, of at most 200 bytes, and never empty.
func CleanName(name string) string {
	name = strings.ToValidUTF8(name, "_")
	name = path.Base(strings.ReplaceAll(name, `\`, "/"))
	name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) { // bidi marks can hide an ending
			return -1
		}
		return r
	}, name)
	for len(name) > maxFileName {
		ext := path.Ext(name)
		if len(ext) > 20 {
			ext = ""
		}
		name = strings.ToValidUTF8(name[:maxFileName-len(ext)], "") + ext
	}
	if name == "" || name == "." || name == ".." || name == "/" {
		return "Datei"
	}
	return name
}
