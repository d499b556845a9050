package facts

import (
	"strings"
	"unicode/utf8"
)

// Sentences splits a text into sentences and the items of lists. It knows
// German and English abbreviations, ordinal dates ("am 3. November"), file
// numbers and titles. A heading, a row of a table or a line of an address is a
// span of its own; a line that only wraps is not. Spans are in order, do not
// overlap, and hold all of the text but white space. Time grows linearly.
func Sentences(text string) []Span {
	s := &scan{text: text}
	all := make([]Span, 0, len(text)/96+1)
	for start := 0; start < len(text); {
		end := blockEnd(text, start)
		s.findLinks(start, end)
		s.tokenise(start, end)
		all = s.split(all)
		start = end
	}
	return all
}

// longSentence is how many bytes a span may have before any line or comma ends
// it: what is longer is a table or a list without marks.
const longSentence = 2400

// A paragraph is what the splitter knows of the lines around it.
type paragraph struct {
	end   int  // the token after it
	width int  // bytes of its longest line
	prose bool // some line begins in lower case: it is wrapped text
	table bool // a line has cells
}

func (s *scan) split(all []Span) []Span {
	var p paragraph
	first, lineStart := 0, 0
	cut := func(i int) {
		if i > first {
			all = append(all, Span{s.toks[first].start, s.toks[i-1].end})
			first = i
		}
	}
	for i := range s.toks {
		t := &s.toks[i]
		switch {
		case i >= p.end:
			cut(i)
			p = s.paragraph(i)
			lineStart = i
		case t.gap == line:
			if s.breaks(p, lineStart, i) {
				cut(i)
			}
			lineStart = i
		}
		if i < first || t.kind != markToken {
			continue
		}
		if end := s.sentenceEnd(first, i); end > i {
			cut(end)
		} else if size := t.end - s.toks[first].start; size > longSentence && (t.mark == ',' || t.mark == ';' || size > 2*longSentence) {
			cut(i + 1)
		}
	}
	cut(len(s.toks))
	return all
}

// paragraph looks at the lines from token i to the next blank line.
func (s *scan) paragraph(i int) paragraph {
	p := paragraph{end: i + 1}
	start := s.toks[i].start
	for ; p.end <= len(s.toks); p.end++ {
		t := s.at(p.end)
		if t.kind == noToken || t.gap >= line {
			p.width = max(p.width, s.toks[p.end-1].end-start)
			start = t.start
			p.prose = p.prose || t.kind == wordToken && t.gap == line && !t.upper
		}
		if t.kind == noToken || t.gap == para {
			break
		}
		p.table = p.table || t.kind == markToken && t.mark == '|'
	}
	return p
}

// breaks reports whether the line that begins at token i begins a span; the line
// before it began at token from.
func (s *scan) breaks(p paragraph, from, i int) bool {
	t, last := s.at(i), s.at(i-1)
	if p.table || s.listMark(i) {
		return true
	}
	upper := t.kind != wordToken || t.upper
	if last.kind == markToken && last.mark == ':' {
		return upper
	}
	if s.isSalutation(from) && last.kind == markToken && (last.mark == ',' || last.mark == '!') || s.isClosing(i-1) {
		return true
	}
	if !upper {
		return false
	}
	if isDash(last.mark) && last.kind == markToken && last.gap == tight || s.expects(i-1) {
		return false
	}
	if s.isField(i) {
		return true
	}
	size := last.end - s.at(from).start
	if p.width < 45 && !p.prose {
		return true
	}
	return size*10 < p.width*6
}

// listMark reports whether an item of a list begins at token i.
func (s *scan) listMark(i int) bool {
	t, n := s.at(i), s.at(i+1)
	switch t.kind {
	case markToken:
		switch t.mark {
		case '•', '●', '▪', '◦', '‣', '►', '■', '□', '☐', '☑', '☒', '✓', '·', '*':
			return n.gap == blank
		case '-', '–', '—':
			return n.gap == blank && (n.kind != wordToken || n.upper || s.at(i-1).kind == markToken)
		case '(':
			return (s.isNum(i+1, 1, 2) || n.kind == wordToken && n.end-n.start == 1) && s.is(i+2, ')')
		}
	case numToken:
		if n.kind != markToken || n.gap != tight || !s.isNum(i, 1, 3) {
			return false
		}
		if n.mark == ')' {
			return true
		}
		return n.mark == '.' && s.at(i+2).gap == blank && !s.isWord(i+2, fMonth) && !s.expects(i-1) && s.at(i+2).kind == wordToken
	case wordToken:
		return t.end-t.start == 1 && s.is(i+1, ')') && n.gap == tight
	}
	return false
}

// expects reports whether the word at token i cannot be the last of its clause:
// "am", "der", "§", "Abs.".
func (s *scan) expects(i int) bool {
	t := s.at(i)
	if t.kind == markToken {
		return t.mark == '§' || t.mark == ',' && t.gap == tight || t.mark == '.' && s.isWord(i-1, fAbbrev)
	}
	return t.kind == wordToken && !t.upper
}

func (s *scan) isSalutation(i int) bool {
	switch s.str(i) {
	case "Sehr", "Guten", "Hallo", "Liebe", "Lieber", "Dear", "Moin", "Hello":
		return true
	}
	return false
}

func (s *scan) isClosing(i int) bool {
	if s.is(i, ',') || s.is(i, '!') {
		i--
	}
	switch s.str(i) {
	case "Grüßen", "Gruß", "Grüße", "Grüssen", "Gruss", "Hochachtungsvoll", "regards", "Regards", "sincerely", "faithfully", "Auftrag", "Vertretung":
		return true
	}
	return false
}

// isField reports whether a line begins like "Aktenzeichen: ".
func (s *scan) isField(i int) bool {
	for k := i + 1; k < i+5; k++ {
		t := s.at(k)
		if t.gap >= line {
			return false
		}
		if t.kind == markToken && t.mark == ':' {
			return s.at(k+1).gap != tight || s.at(k+1).kind == noToken
		}
	}
	return false
}

// sentenceEnd returns the token after the sentence that the mark at token i
// ends, or i. The sentence began at token first.
func (s *scan) sentenceEnd(first, i int) int {
	t := s.at(i)
	if t.mark != '.' && t.mark != '!' && t.mark != '?' && t.mark != '…' || t.gap != tight && t.mark == '.' {
		return i
	}
	j := i + 1
	dots := 1
	for n := s.at(j); n.gap == tight && n.kind == markToken && isCloser(n.mark); n = s.at(j) {
		if n.mark == '.' {
			dots++
		}
		j++
	}
	n := s.at(j)
	if n.kind == noToken || n.gap == para {
		return j
	}
	if n.gap == tight || !s.startsSentence(j) {
		return i
	}
	if t.mark != '.' || dots > 1 || s.periodEnds(first, i, j) {
		return j
	}
	return i
}

func isCloser(r rune) bool {
	switch r {
	case '.', '!', '?', '…', ')', ']', '"', '\'', '“', '”', '’', '‘', '»', '«', '›', '‹':
		return true
	}
	return false
}

// startsSentence reports whether a sentence can begin at token j.
func (s *scan) startsSentence(j int) bool {
	t := s.at(j)
	switch t.kind {
	case wordToken:
		return t.upper || !cased(s.str(j))
	case numToken:
		return true
	case markToken:
		switch t.mark {
		case '„', '“', '"', '‚', '»', '«', '›', '(', '[', '§', '\'', '¿', '¡', '€', '+':
			return true
		}
		return t.gap == line || !isDash(t.mark) && t.mark > utf8.RuneSelf
	}
	return t.gap == line
}

// cased reports whether a script has capitals: Arabic has none.
func cased(w string) bool { return lower(w) != upperCase(w) }

// periodEnds decides about a period at token i; j is the token after it and its
// quotes.
func (s *scan) periodEnds(first, i, j int) bool {
	p := s.at(i - 1)
	starter := s.isWord(j, fStarter) && s.at(j).upper
	switch {
	case i == first:
		return false
	case p.kind == numToken:
		return s.numberEnds(first, i, j, starter)
	case p.kind != wordToken:
		return true
	case utf8.RuneCountInString(s.str(i-1)) == 1:
		return s.letterEnds(first, i, starter)
	case p.lex.flags&fAbbrevEnd != 0:
		// "so." ends a sentence, "So." before a date does not.
		return starter || !p.upper && p.lex.flags&fWeekday != 0
	case p.lex.flags&fAbbrev != 0 || p.lex.flags&fRef != 0 && strings.HasSuffix(s.str(i-1), "nr"):
		return false
	case p.lex.flags&fStreet != 0 && strings.HasSuffix(s.str(i-1), "str"):
		return starter
	case isRoman(s.str(i - 1)):
		return i-1 > first && starter
	}
	return true
}

// numberEnds decides about "3." before token j.
func (s *scan) numberEnds(first, i, j int, starter bool) bool {
	only := true
	for k := i - 1; k >= first && only; k-- { // "2.1." is the mark of a heading
		only = s.at(k).kind != wordToken && i-k < 12
	}
	if only && i-first < 12 && s.at(i-1).end-s.at(first).start < 8 {
		return false
	}
	before := s.at(i - 2)
	if before.kind == markToken && s.at(i-1).gap == tight {
		if before.mark == '.' && s.isNum(i-1, 1, 2) && s.isNum(i-3, 1, 2) && s.at(i-3).gap != tight {
			return starter // "am 3.12. Die"
		}
		return true
	}
	switch s.at(i-1).end - s.at(i-1).start {
	case 1, 2:
		return starter || s.isWord(i-2, fNoDay) || before.kind == markToken && before.mark == '.' && s.isWord(i-3, fNoDay|fAbbrev)
	case 3:
		return starter || !s.isWord(i-2, fDay|fParticle)
	}
	return true
}

// letterEnds decides about the last letter of "z. B.", "a. D.", "P.".
func (s *scan) letterEnds(first, i int, starter bool) bool {
	if !starter {
		return false
	}
	if s.is(i-2, '.') && i-3 >= first {
		switch s.str(i-3) + s.str(i-1) {
		case "ua", "uä", "uÄ", "oä", "oÄ", "aD", "vH", "aF", "nF", "kA", "iR", "eV", "dJ", "dM", "am", "pm", "AD", "US", "UK", "EV":
			return true
		}
		return false
	}
	w := s.str(i - 1)
	return i-1 > first && (w == "f" || s.at(i-1).upper && !s.at(i-2).upper)
}
