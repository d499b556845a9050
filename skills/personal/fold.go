package personal

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

var (
	german = strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "ß", "ss")
	plain  = strings.NewReplacer("ß", "ss", "ı", "i", "ł", "l", "ø", "o", "đ", "d", "æ", "ae", "’", "'", "`", "'", "´", "'", "\u2010", "-", "\u2011", "-")
)

// fold returns the form of a word by which names are compared: small, German
// umlauts as two letters, other letters without their marks.
func fold(w string) string {
	w = strings.ToLower(w)
	if ascii(w) {
		return w
	}
	return strip(german.Replace(norm.NFC.String(w)))
}

// foldPlain is fold with o for ö, as foreign forms write.
func foldPlain(w string) string {
	w = strings.ToLower(w)
	if ascii(w) {
		return w
	}
	return strip(w)
}

func strip(w string) string {
	w = norm.NFD.String(plain.Replace(w))
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, w)
}

func ascii(w string) bool {
	for i := range len(w) {
		if w[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
