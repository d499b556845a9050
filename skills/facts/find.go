package facts

import (
	"slices"
	"strings"
	"time"
)

// ref is the day that a text is dated from.
type ref struct {
	year int
	day  time.Time
}

// Find returns the facts of a text in the order of their position; facts do not
// overlap, except that a term may contain a date. ref is the day on which the
// text was written: dates without a year take the year that puts them nearest
// to it. If ref is zero, dates without a year and relative ones are not found.
// Time and memory grow linearly with the text.
func Find(text string, day time.Time) []Fact {
	s := &scan{text: text}
	if !day.IsZero() {
		s.ref = ref{day.Year(), midnight(day)}
	}
	for start := 0; start < len(text); {
		end := blockEnd(text, start)
		s.block(start, end)
		start = end
	}
	slices.SortStableFunc(s.facts, func(a, b Fact) int {
		if a.Start != b.Start {
			return a.Start - b.Start
		}
		return b.End - a.End
	})
	return s.facts
}

// blockSize is about how many bytes are cut into tokens at a time, so that a
// long text needs no more memory for them than a short one.
const blockSize = 32 << 10

// blockEnd returns where the block that begins at start ends: at a paragraph if
// there is one, else at a line, else at a blank.
func blockEnd(text string, start int) int {
	if len(text)-start <= blockSize {
		return len(text)
	}
	b := text[start : start+blockSize]
	for _, sep := range []string{"\n\n", "\n", " "} {
		if i := strings.LastIndex(b, sep); i > blockSize/2 {
			return start + i + len(sep)
		}
	}
	end := start + blockSize
	for end > start+1 && text[end]&0xC0 == 0x80 { // not inside a rune
		end--
	}
	return end
}

func (s *scan) block(start, end int) {
	s.findLinks(start, end)
	s.tokenise(start, end)
	for i := 0; i < len(s.toks); {
		next := s.try(i)
		if next <= i {
			next = i + 1
		}
		i = next
	}
}

// try tries at token i what can begin there. It returns the token after what
// it found, or i.
func (s *scan) try(i int) int {
	t := &s.toks[i]
	switch t.kind {
	case factToken:
		s.facts = append(s.facts, s.spans[t.fact])
		return i + 1
	case numToken:
		return s.first(i, numberRules)
	case markToken:
		switch t.mark {
		case '§':
			return s.law(i)
		case '€', '$', '£':
			return s.amount(i)
		case '+':
			return s.phone(i, "")
		case '-', '−', '–':
			return s.amount(i)
		case '☎':
			return s.phone(i+1, "☎")
		}
		return i
	}
	if n := s.at(i + 1); n.gap == tight && n.kind == numToken {
		if next := s.iban(i); next > i {
			return next
		}
	}
	if t.lex.flags == 0 {
		return s.plainWord(i)
	}
	return s.knownWord(i, t.lex.flags)
}

// The rules that can begin at a kind of token, the most certain first.
var (
	numberRules     = []rule{(*scan).date, (*scan).courtRef, (*scan).clock, (*scan).percent, (*scan).amount, (*scan).period, (*scan).place}
	wordNumberRules = []rule{(*scan).period, (*scan).amount}
	termRules       = []rule{(*scan).term, (*scan).period}
	capitalRules    = []rule{(*scan).law, (*scan).signature, (*scan).codeRef, (*scan).street}
)

// A rule returns the token after the facts that it found to begin at token i,
// and has added them; or i.
type rule = func(s *scan, i int) int

func (s *scan) first(i int, rules []rule) int {
	for _, r := range rules {
		if next := r(s, i); next > i {
			return next
		}
	}
	return i
}

// plainWord is for words that the lexicon does not know.
func (s *scan) plainWord(i int) int {
	if s.at(i+1).lex.flags&(fUnit|fCurrency|fScale|fFrist) != 0 {
		if next := s.first(i, wordNumberRules); next > i {
			return next
		}
	}
	if t := s.toks[i]; t.upper || t.end-t.start == 1 {
		return s.first(i, capitalRules)
	}
	return i
}

func (s *scan) knownWord(i int, f flag) int {
	switch {
	case f&fRelative != 0:
		return s.relative(i)
	case f&(fUntil|fFrist|fWithin) != 0:
		if next := s.first(i, termRules); next > i {
			return next
		}
	case f&(fMonth|fWeekday) != 0:
		if next := s.date(i); next > i {
			return next
		}
	}
	if f&(fRef|fRefWeak) != 0 {
		if next := s.reference(i); next > i {
			return next
		}
	}
	if f&fPhone != 0 {
		if next := s.phone(i+1, strings.ToLower(s.str(i))); next > i+1 {
			return next
		}
	}
	if f&fNumber != 0 {
		if next := s.first(i, wordNumberRules); next > i {
			return next
		}
	}
	if f&fCurrency != 0 {
		if next := s.amount(i); next > i {
			return next
		}
	}
	if f&(fPerson|fField|fTitle) != 0 {
		if next := s.person(i); next > i {
			return next
		}
	}
	if f&fStreet != 0 || s.toks[i].upper {
		return s.first(i, capitalRules)
	}
	return s.signature(i)
}

// add appends the fact of the tokens i up to but not including j.
func (s *scan) add(f Fact, i, j int) {
	f.Start, f.End = s.toks[i].start, s.toks[j-1].end
	f.Text = s.text[f.Start:f.End]
	s.facts = append(s.facts, f)
}

func midnight(t time.Time) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, t.Location())
}
