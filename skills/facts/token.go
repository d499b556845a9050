package facts

import (
	"unicode"
	"unicode/utf8"
)

type tokenKind uint8

const (
	noToken   tokenKind = iota // beyond either end
	wordToken                  // letters
	numToken                   // ASCII digits
	markToken                  // one rune of anything else
	factToken                  // a mail address or link, found before
)

// A gap is what separates a token from the one before it.
type gap uint8

const (
	tight gap = iota
	blank
	line
	para
)

type token struct {
	start, end int
	kind       tokenKind
	gap        gap
	upper      bool  // a word that begins with a capital
	mark       rune  // of a markToken
	fact       int   // of a factToken, its index
	lex        entry // of a word in the lexicon
}

// scan is the state of one pass over one block of a text.
type scan struct {
	text  string
	ref   ref
	toks  []token
	facts []Fact
	spans []Fact // mail addresses and links of the block, in order
}

var nowhere = token{gap: para}

// at returns the token i, or an empty one beyond either end.
func (s *scan) at(i int) *token {
	if i < 0 || i >= len(s.toks) {
		return &nowhere
	}
	return &s.toks[i]
}

func (s *scan) str(i int) string {
	t := s.at(i)
	return s.text[t.start:t.end]
}

// is reports whether token i is the mark r.
func (s *scan) is(i int, r rune) bool {
	t := s.at(i)
	return t.kind == markToken && t.mark == r
}

// isWord reports whether token i is a word with one of the flags.
func (s *scan) isWord(i int, f flag) bool {
	t := s.at(i)
	return t.kind == wordToken && t.lex.flags&f != 0
}

// isNum reports whether token i is a number of lo to hi digits.
func (s *scan) isNum(i, lo, hi int) bool {
	t := s.at(i)
	return t.kind == numToken && t.end-t.start >= lo && t.end-t.start <= hi
}

// near reports whether token i follows the one before it on the same line.
func (s *scan) near(i int) bool { return s.at(i).gap <= blank }

// tokenise cuts text[start:end] into s.toks.
func (s *scan) tokenise(start, end int) {
	s.toks = s.toks[:0]
	var (
		g     = para
		claim int
		text  = s.text[:end]
	)
	for i := start; i < end; {
		if claim < len(s.spans) && s.spans[claim].Start <= i {
			f := s.spans[claim]
			s.toks = append(s.toks, token{start: f.Start, end: f.End, kind: factToken, gap: g, fact: claim})
			i, g, claim = f.End, tight, claim+1
			continue
		}
		r, size := rune(text[i]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRuneInString(text[i:])
		}
		switch {
		case r == '\n' || r == '\f' || r == '\u2029':
			if g == line || r == '\f' {
				g = para
			} else if g < line {
				g = line
			}
			i += size
		case isSpace(r):
			g = max(g, blank)
			i += size
		case r == '\u00ad' || r == '\u200b' || r == '\ufeff': // invisible
			i += size
		case isDigit(r):
			j := i + 1
			for j < end && isDigit(rune(text[j])) {
				j++
			}
			s.toks = append(s.toks, token{start: i, end: j, kind: numToken, gap: g})
			i, g = j, tight
		case isLetter(r):
			j := i + size
			for j < end {
				q, n := rune(text[j]), 1
				if q >= utf8.RuneSelf {
					q, n = utf8.DecodeRuneInString(text[j:])
				}
				if !isLetter(q) && !unicode.Is(unicode.Mn, q) && q != '\u00ad' {
					break
				}
				j += n
			}
			s.toks = append(s.toks, token{start: i, end: j, kind: wordToken, gap: g, upper: unicode.IsUpper(r), lex: lookup(text[i:j])})
			i, g = j, tight
		default:
			s.toks = append(s.toks, token{start: i, end: i + size, kind: markToken, gap: g, mark: r})
			i, g = i+size, tight
		}
	}
}

func isDigit(r rune) bool { return '0' <= r && r <= '9' }

func isLetter(r rune) bool {
	if r < utf8.RuneSelf {
		return 'a' <= r|0x20 && r|0x20 <= 'z'
	}
	return unicode.IsLetter(r)
}

func isSpace(r rune) bool {
	switch r {
	case ' ', '\t', '\r', '\v', '\u0085', '\u00a0', '\u1680', '\u202f', '\u205f', '\u3000', '\u2028':
		return true
	}
	return '\u2000' <= r && r <= '\u200a'
}

func isDash(r rune) bool { return r == '-' || '\u2010' <= r && r <= '\u2015' || r == '\u2212' }

// lookup finds a word of any case in the lexicon without making garbage.
func lookup(word string) entry {
	var buf [maxWord]byte
	low, ok := lowerInto(buf[:0], word)
	if !ok {
		return entry{}
	}
	if e, ok := lexicon[string(low)]; ok {
		return e
	}
	return guess(low)
}

// lowerInto appends the lower case of word; false if it is too long for buf.
func lowerInto(buf []byte, word string) ([]byte, bool) {
	for _, r := range word {
		if len(buf)+utf8.UTFMax > cap(buf) {
			return buf, false
		}
		if r < utf8.RuneSelf {
			if 'A' <= r && r <= 'Z' {
				r |= 0x20
			}
			buf = append(buf, byte(r))
			continue
		}
		if r == '\u00ad' { // soft hyphen
			continue
		}
		buf = utf8.AppendRune(buf, unicode.ToLower(r))
	}
	return buf, true
}
