package document

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// clean makes text fit for a page: valid UTF-8 in composed form (macOS
// decomposes umlauts), "\n" between lines, at most one blank line in a row, no
// spaces at the end of a line, no control, bidi, zero-width or tag characters
// (nobody sees them, but a model reads them), and plain spaces for hard ones so
// that "25,00 €" is found however it was typed.
func clean(s string) string {
	s = norm.NFC.String(strings.ToValidUTF8(s, "\uFFFD"))
	b := make([]byte, 0, len(s))
	lines := 2 // newlines at the end of b; 2 so that leading ones are dropped
	for i := 0; i < len(s); {
		r, n := rune(s[i]), 1
		if r >= utf8.RuneSelf {
			r, n = utf8.DecodeRuneInString(s[i:])
		}
		i += n
		switch {
		case r == '\r' && i < len(s) && s[i] == '\n':
			continue
		case r == '\n' || r == '\r' || r == '\v' || r == '\f' || r == '\u0085' || r == '\u2028' || r == '\u2029':
			for len(b) > 0 && (b[len(b)-1] == ' ' || b[len(b)-1] == '\t') {
				b = b[:len(b)-1]
			}
			if lines < 2 {
				b = append(b, '\n')
			}
			lines++
		case r == '\t' || r == ' ':
			b = append(b, byte(r))
		case r == '\u00a0' || r == '\u2007' || r == '\u202f':
			b = append(b, ' ')
		case invisible(r):
		default:
			b = utf8.AppendRune(b, r)
			lines = 0
		}
	}
	return strings.TrimRight(string(b), " \t\n")
}

// invisible reports whether a character shows nothing and steers what others
// show: controls, bidi marks, zero-width characters, soft hyphens, tags.
// Joiners stay where scripts and emoji need them only if they are U+200D.
func invisible(r rune) bool {
	switch {
	case r < 0x20 || r >= 0x7f && r < 0xa0:
		return true
	case r < 0xad:
		return false
	case r == 0xad || r == 0x034f || r == 0x061c || r == 0xfeff || r == 0xfff9 || r == 0xfffa || r == 0xfffb:
		return true
	case r >= 0x200b && r <= 0x200c || r == 0x200e || r == 0x200f || r >= 0x202a && r <= 0x202e || r >= 0x2060 && r <= 0x206f:
		return true
	case r >= 0xe0000 && r <= 0xe0fff:
		return true
	}
	return false
}

// tagText returns what is written in tag characters (U+E0020 to U+E007E), the
// way to write to a model what no person sees.
func tagText(s string) string {
	if !strings.Contains(s, "\xf3\xa0") {
		return ""
	}
	var b strings.Builder
	for _, r := range s {
		if r >= 0xe0020 && r <= 0xe007e {
			b.WriteByte(byte(r - 0xe0000))
		}
	}
	return b.String()
}

// excerpt cuts text to what fits into a Warning: one line of at most 300 bytes.
func excerpt(s string) string {
	return cut(strings.Join(strings.Fields(clean(s)), " "), 300)
}

// cut returns at most max bytes of s, whole characters, with an ellipsis where
// something was cut.
func cut(s string, max int) string {
	if len(s) <= max {
		return s
	}
	i := max - len("…")
	for i > 0 && !utf8.RuneStart(s[i]) {
		i--
	}
	return s[:i] + "…"
}

// cleanName makes a file name fit to be shown: its last element whatever the
// system it came from, without control, bidi and other invisible characters,
// at most 200 bytes. It may be empty.
func cleanName(name string) string {
	name = norm.NFC.String(strings.ToValidUTF8(name, "_"))
	name = strings.TrimRight(name, `/\`)
	if i := strings.LastIndexAny(name, `/\`); i >= 0 {
		name = name[i+1:]
	}
	name = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return ' '
		}
		if invisible(r) || r == 0x200d {
			return -1
		}
		return r
	}, name)
	name = strings.Trim(strings.Join(strings.Fields(name), " "), ". ")
	if len(name) <= 200 {
		return name
	}
	ext := ""
	if i := strings.LastIndexByte(name, '.'); i >= 0 && len(name)-i <= 10 {
		ext = name[i:]
	}
	return cut(name[:len(name)-len(ext)], 200-len(ext)) + ext
}
