package personal

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// A token is a word: letters, with hyphens and apostrophes inside, and what a
// hyphen at the end of a line parts.
type token struct {
	start, end int
	word       string // without the part at the end of a line
	upper      bool   // begins with a capital
}

func isLetter(r rune) bool { return unicode.IsLetter(r) || unicode.Is(unicode.Mn, r) }

func isDash(r rune) bool { return r == '-' || r == '\u2010' || r == '\u2011' || r == '\u00ad' }

func isApostrophe(r rune) bool { return r == '\'' || r == '’' || r == '`' || r == '´' }

// maxToken is how many bytes of a word are read; names are shorter.
const maxToken = 80

// tokenise cuts the text into words.
func (s *scan) tokenise() {
	for i := 0; i < len(s.text); {
		r, n := utf8.DecodeRuneInString(s.text[i:])
		if !isLetter(r) {
			i += n
			continue
		}
		end, word := s.wordAt(i)
		s.toks = append(s.toks, token{start: i, end: end, word: word, upper: unicode.IsUpper(r) || unicode.IsTitle(r)})
		i = end
	}
}

func (s *scan) wordAt(i int) (end int, word string) {
	start, from := i, i
	var b strings.Builder
	for i < len(s.text) {
		r, n := utf8.DecodeRuneInString(s.text[i:])
		if isLetter(r) {
			i += n
			continue
		}
		if !isDash(r) && !isApostrophe(r) || i-start > maxToken {
			break
		}
		next, m := utf8.DecodeRuneInString(s.text[i+n:])
		switch {
		case isLetter(next) && r == '\u00ad':
			b.WriteString(s.text[from:i])
			from = i + n
			i += n
		case isLetter(next):
			i += n
		case next == '\n' && isDash(r):
			low, _ := utf8.DecodeRuneInString(s.text[i+n+m:])
			if !unicode.IsLower(low) {
				return s.wordEnd(from, i, &b)
			}
			rest := s.text[i+n+m:]
			if strings.HasPrefix(rest, "und ") || strings.HasPrefix(rest, "oder ") {
				return s.wordEnd(from, i, &b)
			}
			b.WriteString(s.text[from:i])
			from = i + n + m
			i = from
		default:
			return s.wordEnd(from, i, &b)
		}
	}
	return s.wordEnd(from, i, &b)
}

func (s *scan) wordEnd(from, i int, b *strings.Builder) (int, string) {
	if b.Len() == 0 {
		return i, s.text[from:i]
	}
	b.WriteString(s.text[from:i])
	return i, b.String()
}

// at returns token i, or an empty one beyond either end.
func (s *scan) at(i int) token {
	if i < 0 || i >= len(s.toks) {
		return token{start: len(s.text), end: len(s.text)}
	}
	return s.toks[i]
}

// gap returns what stands between token i-1 and i.
func (s *scan) gap(i int) string {
	if i <= 0 {
		return "\n"
	}
	if i >= len(s.toks) {
		return s.text[s.toks[len(s.toks)-1].end:] + "\n"
	}
	return s.text[s.toks[i-1].end:s.toks[i].start]
}

// near reports whether only a blank stands before token i, or two.
func (s *scan) near(i int) bool {
	switch s.gap(i) {
	case " ", "\u00a0", "\u202f", "  ":
		return i < len(s.toks)
	}
	return false
}
