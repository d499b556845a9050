package eval

import (
	"embed"
	"io/fs"
)

//go:embed cases
var cases embed.FS

// Starter is the folder of the set that comes with the program.
func Starter() fs.FS {
	sub, err := fs.Sub(cases, "cases")
	if err != nil {
		panic(err) // the folder is embedded above
	}
	return sub
}
