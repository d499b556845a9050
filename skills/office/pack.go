package office

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"time"
)

// when stands for every file in a container: equal input gives equal bytes.
var when = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)

// An entry is a file in a container.
type entry struct {
	name   string
	data   string
	stored bool // not compressed
}

// pack writes a ZIP container.
func pack(w io.Writer, entries []entry) error {
	z := zip.NewWriter(w)
	for _, e := range entries {
		h := &zip.FileHeader{Name: e.name, Method: zip.Deflate, Modified: when}
		if e.stored {
			h.Method = zip.Store
		}
		f, err := z.CreateHeader(h)
		if err == nil {
			_, err = io.WriteString(f, e.data)
		}
		if err != nil {
			return fmt.Errorf("office: write: %w", err)
		}
	}
	if err := z.Close(); err != nil {
		return fmt.Errorf("office: write: %w", err)
	}
	return nil
}

const header = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"

// esc returns a text that can stand between tags and in attributes.
func esc(s string) string {
	if !strings.ContainsAny(s, "<>&\"'") {
		return s
	}
	var b bytes.Buffer
	_ = xml.EscapeText(&b, []byte(s)) // a bytes.Buffer does not fail
	return b.String()
}
