package office

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"fmt"
	"io"
	"sync"

	"golang.org/x/image/font/sfnt"
)

var (
	//go:embed font/DejaVuSansCondensed.ttf.gz
	fontRegular []byte
	//go:embed font/DejaVuSansCondensed-Bold.ttf.gz
	fontBold []byte
	//go:embed font/DejaVuSansCondensed-Oblique.ttf.gz
	fontItalic []byte
)

// A style is how text is set: one of the fonts. Bold and italic together are bold.
type style uint8

const (
	regular style = iota
	strong
	slanted
	styles
)

var styleNames = [styles]string{"", "B", "I"}

func styleOf(s Span) style {
	switch {
	case s.Bold:
		return strong
	case s.Italic:
		return slanted
	}
	return regular
}

// fonts returns the fonts, unpacked at their first use: 2 MB that a bot which writes
// no PDF does not hold.
var fonts = sync.OnceValues(func() (all [styles][]byte, err error) {
	for i, packed := range [][]byte{fontRegular, fontBold, fontItalic} {
		r, err := gzip.NewReader(bytes.NewReader(packed))
		if err == nil {
			all[i], err = io.ReadAll(r)
		}
		if err != nil {
			return all, fmt.Errorf("office: font: %w", err)
		}
	}
	return all, nil
})

// parsed are the fonts, to look up what they have.
var parsed = sync.OnceValues(func() (all [styles]*sfnt.Font, err error) {
	data, err := fonts()
	if err != nil {
		return all, err
	}
	for i := range data {
		if all[i], err = sfnt.Parse(data[i]); err != nil {
			return all, err
		}
	}
	return all, nil
})
