package redact

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// norm returns the form in which texts are compared: small letters, no white
// space, no marks, so that no way to write the same escapes.
func norm(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.Mn, r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}

// A haystack is a text made ready to be searched by letters and digits alone.
type haystack struct {
	text, flat string
	at         []int32 // byte of text by byte of flat
}

func newHaystack(text string) *haystack {
	h := &haystack{text: text, at: make([]int32, 0, len(text))}
	var b strings.Builder
	for i, r := range text {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.Is(unicode.Mn, r) {
			continue
		}
		n := b.Len()
		b.WriteRune(unicode.ToLower(r))
		for range b.Len() - n {
			h.at = append(h.at, int32(i))
		}
	}
	h.flat = b.String()
	return h
}

// find returns where the text has what, as whole words, in order and without
// overlaps.
func (h *haystack) find(what string) (spans [][2]int) { return h.findNorm(norm(what)) }

// findNorm is find for what norm returned.
func (h *haystack) findNorm(want string) (spans [][2]int) {
	if want == "" {
		return nil
	}
	for from := 0; ; {
		k := strings.Index(h.flat[from:], want)
		if k < 0 {
			return spans
		}
		k += from
		last := int(h.at[k+len(want)-1])
		_, n := utf8.DecodeRuneInString(h.text[last:])
		start, end := int(h.at[k]), last+n
		if whole(h.text, start, end) && gapsAre(h.text[start:end]) {
			spans = append(spans, [2]int{start, end})
			from = k + len(want)
			continue
		}
		from = k + 1
	}
}

// whole reports whether text[start:end] is no part of a longer word or number.
func whole(text string, start, end int) bool {
	before, _ := utf8.DecodeLastRuneInString(text[:start])
	after, _ := utf8.DecodeRuneInString(text[end:])
	is := func(r rune) bool { return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r)) }
	return !is(before) && !is(after)
}

// gapsAre reports whether what stands between the words of a find is short, so
// that no words of two sentences are taken together.
func gapsAre(s string) bool {
	gap := 0
	for _, r := range s {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			gap = 0
			continue
		}
		if gap++; gap > 4 {
			return false
		}
	}
	return true
}
