package check

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxQuote is how many bytes a quote may have; longer ones are no quotes but
// marks that somebody forgot to close.
const maxQuote = 4000

var closing = map[rune]string{'„': "“”\"", '“': "”\"", '"': "\"“”", '»': "«", '«': "»"}

// quotes checks that what stands in quotation marks stands so in the sources,
// but for white space, typography and the case of its first letter. Fewer than
// three words are no quote: they may be a title or irony.
func (c *checker) quotes() {
	for i := 0; i < len(c.text); {
		r, size := utf8.DecodeRuneInString(c.text[i:])
		ends, ok := closing[r]
		if !ok {
			i += size
			continue
		}
		start := i + size
		window := c.text[start:min(len(c.text), start+maxQuote)]
		k := strings.IndexAny(window, ends)
		// A second „ before the end says that the first has none.
		if again := strings.IndexRune(window, '„'); r == '„' && again >= 0 && again < k {
			k = -1
		}
		if p := strings.Index(window, "\n\n"); k < 0 || p >= 0 && p < k {
			i = start
			continue
		}
		end := start + k
		_, close := utf8.DecodeRuneInString(c.text[end:])
		if len(strings.Fields(c.text[start:end])) >= 3 && !c.quoted(c.text[start:end]) {
			c.add(Quote, i, end+close)
		}
		i = end + close
	}
}

// quoted reports whether the sources have the parts of a quote one after the
// other.
func (c *checker) quoted(q string) bool {
	from := 0
	for _, part := range pieces(q) {
		if c.tries++; c.tries > maxSearches {
			return false
		}
		at := find(c.src.plain, part, from)
		if at < 0 {
			return false
		}
		from = at + len(part)
	}
	return true
}

var dots = strings.NewReplacer("...", "…", "(…)", "…")

// pieces cuts a quote where it says that it leaves something out or puts
// something in: "…", "[die Frist]".
func pieces(q string) []string {
	q = dots.Replace(q)
	var out []string
	depth := 0
	for _, p := range strings.FieldsFunc(q, func(r rune) bool {
		switch r {
		case '[':
			depth++
			return true
		case ']':
			depth = max(0, depth-1)
			return true
		case '…':
			return true
		}
		return depth > 0
	}) {
		if p = strings.Trim(plain(p), " .,;:!?"); p != "" {
			out = append(out, p)
		}
	}
	return out
}

// find finds a part of a quote in the sources as whole words, from a place on.
// Its first letter may have the other case.
func find(text, part string, from int) int {
	for _, p := range []string{part, otherCase(part)} {
		for at := from; at <= len(text); {
			i := strings.Index(text[at:], p)
			if i < 0 {
				break
			}
			at += i
			if !within(text, at) && !within(text, at+len(p)) {
				return at
			}
			at += len(p)
		}
	}
	return -1
}

// within reports whether a word or number goes on at a place.
func within(text string, i int) bool {
	a, _ := utf8.DecodeLastRuneInString(text[:i])
	b, _ := utf8.DecodeRuneInString(text[i:])
	return i > 0 && i < len(text) && (unicode.IsLetter(a) || unicode.IsDigit(a)) && (unicode.IsLetter(b) || unicode.IsDigit(b))
}

func otherCase(s string) string {
	r, size := utf8.DecodeRuneInString(s)
	if unicode.IsUpper(r) {
		return string(unicode.ToLower(r)) + s[size:]
	}
	return string(unicode.ToUpper(r)) + s[size:]
}

// plain brings a text to the form that quotes are compared in: single blanks,
// one kind of quotation mark, apostrophe and dash, no emphasis, no soft hyphens,
// and no hyphen at the end of a line.
func plain(text string) string {
	b := make([]byte, 0, len(text))
	gap, last := false, rune(0)
	for i, r := range text {
		switch {
		case unicode.IsSpace(r):
			if r == '\n' && last == '-' && lowerNext(text[i+1:]) {
				b, gap, last = b[:len(b)-1], false, 0
				continue
			}
			gap = len(b) > 0 && last != 0
			continue
		case r == '\u00ad' || r == '\u200b' || r == '\ufeff' || r == '*':
			continue
		case r == '„' || r == '“' || r == '”' || r == '»' || r == '«':
			r = '"'
		case r == '’' || r == '‘' || r == '‚':
			r = '\''
		case '\u2010' <= r && r <= '\u2015' || r == '\u2212':
			r = '-'
		}
		if gap {
			b, gap = append(b, ' '), false
		}
		b = utf8.AppendRune(b, r)
		last = r
	}
	return string(b)
}

func lowerNext(s string) bool {
	r, _ := utf8.DecodeRuneInString(strings.TrimLeft(s, " \t"))
	return unicode.IsLower(r)
}
