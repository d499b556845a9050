package bots

import (
	"strings"
	"unicode"
)

// Visible returns a text without what nobody sees and what can hide or turn around
// something else: controls but tabs and line ends, bidirectional marks, zero-width
// characters, fillers, tags, variation selectors but those of emoji. The joiners
// U+200C and U+200D stay between letters of the scripts that need them and behind
// an emoji. Line and paragraph separators become line ends. What is not UTF-8 is
// dropped.
func Visible(s string) string {
	if plainASCII(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	last := rune(0)
	for i, r := range s {
		switch {
		case r == '\u2028' || r == '\u2029' || r == '\u0085':
			r = '\n'
		case r == '\r' && strings.HasPrefix(s[i:], "\r\n"):
			continue
		case r == '\r':
			r = '\n'
		case r == '\u200c' || r == '\u200d':
			if !joins(last) {
				continue
			}
		case r == '\ufe0e' || r == '\ufe0f':
			if last < 0x80 && last != '#' && last != '*' && (last < '0' || last > '9') || unicode.IsLetter(last) {
				continue
			}
		case !seen(r):
			continue
		}
		b.WriteRune(r)
		last = r
	}
	return b.String()
}

// plainASCII reports whether a text has nothing that Visible looks at.
func plainASCII(s string) bool {
	for i := range len(s) {
		if c := s[i]; c >= 0x7f || c < ' ' && c != '\n' && c != '\t' {
			return false
		}
	}
	return true
}

// joins reports whether a joiner may stand behind a character: one of a script
// that is written joined, or a picture.
func joins(r rune) bool {
	return unicode.In(r, unicode.Arabic, unicode.Syriac, unicode.Mongolian, unicode.Devanagari, unicode.Bengali, unicode.Gurmukhi, unicode.Gujarati,
		unicode.Oriya, unicode.Tamil, unicode.Telugu, unicode.Kannada, unicode.Malayalam, unicode.Sinhala) ||
		r >= 0x2190 && r < 0x2c00 || r >= 0x1f000 && r < 0x20000 || r == '\ufe0f'
}

func seen(r rune) bool {
	switch {
	case r == '\n' || r == '\t':
		return true
	case r == unicode.ReplacementChar, unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Cs, unicode.Variation_Selector):
		return false
	case r == '\u034f', r == '\u115f', r == '\u1160', r == '\u3164', r == '\uffa0', r == '\u2800', r == '\u17b4', r == '\u17b5':
		return false // joiners of nothing, fillers and blanks that are no white space
	}
	return true
}
