package office

import (
	"unicode"

	"golang.org/x/text/unicode/bidi"
)

// In which direction a letter is read.
const (
	neutral = iota
	rightward
	leftward
)

func direction(r rune) int {
	if r < 0x250 { // most there is
		if unicode.IsLetter(r) {
			return rightward
		}
		return neutral
	}
	p, _ := bidi.LookupRune(r)
	switch p.Class() {
	case bidi.R, bidi.AL:
		return leftward
	case bidi.L:
		return rightward
	}
	return neutral
}
