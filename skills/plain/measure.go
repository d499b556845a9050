package plain

import (
	"cmp"
	"slices"
	"strings"
	"unicode"

	"amtsbote/skills/facts"
)

// A Kind is what makes a place hard to read.
type Kind string

const (
	Long      Kind = "long"     // a sentence with too many words
	Passive   Kind = "passive"  // "wird … erteilt", "ist beigefügt", "ist zu zahlen"
	Compound  Kind = "compound" // a long word without a hyphen
	Negation  Kind = "negation" // nicht, kein, un-
	Double    Kind = "double"   // two negations in a sentence
	Subjunct  Kind = "subjunct" // könnte, wäre, sollte
	Genitive  Kind = "genitive" // des Antrags, Prüfung der Unterlagen
	Short     Kind = "short"    // an abbreviation
	Office    Kind = "office"   // a word of offices, or a foreign one
	Nominal   Kind = "nominal"  // three nouns made of verbs in a sentence
	Clauses   Kind = "clauses"  // too many clauses in a sentence
	Spelled   Kind = "spelled"  // a number as a word
	DateShape Kind = "date"     // a date in figures only
	Line      Kind = "line"     // two sentences in a line
)

// A Finding is a place that makes a text hard to read.
type Finding struct {
	Kind       Kind
	Start, End int    // bytes of the text
	Text       string // text[Start:End]
	Hint       string // what could stand there, in German; may be empty
	N          int    // of Long words, of Clauses clauses, of Compound letters
}

// A Report is how a text reads. It is about German.
type Report struct {
	Sentences, Words int
	Mean             float64 // words in a sentence
	Longest          int     // words of the longest sentence
	// Wiener is the first new Vienna formula for texts that inform (R. Bamberger,
	// E. Vanecek: Lesen – Verstehen – Lernen – Schreiben, Wien 1984): about the
	// school year for which a text is fit, 4 (easy) to 15 (hard).
	// 0.1935·MS + 0.1672·SL + 0.1297·IW − 0.0327·ES − 0.875, with MS the words of
	// three or more syllables, IW those of more than six letters, ES those of one
	// syllable, all in percent, and SL the mean length of sentences.
	Wiener   float64
	Findings []Finding // in the order of the text
}

// maxText is how many bytes of a text are measured.
const maxText = 2 << 20

// A word of a sentence.
type word struct {
	start, end int // bytes of the text
	text, low  string
	comma      bool // a comma, semicolon, colon or dash stands before it
}

func (w word) upper() bool { return w.text != w.low && unicode.IsUpper([]rune(w.text)[0]) }

// A sentence is what rules look at.
type sentence struct {
	text  string // the whole text
	span  facts.Span
	words []word
}

// Measure reads a text and says what makes it hard to read, for no level yet: see
// [Level.Breaks]. Time grows linearly with the text.
func Measure(text string) Report {
	if len(text) > maxText {
		text = strings.ToValidUTF8(text[:maxText], "")
	}
	var r Report
	var three, long, one int
	for _, span := range facts.Sentences(text) {
		s := sentence{text, span, wordsOf(text, span)}
		if len(s.words) == 0 {
			continue
		}
		r.Sentences++
		r.Words += len(s.words)
		r.Longest = max(r.Longest, len(s.words))
		for _, w := range s.words {
			n := syllables(w.low)
			if n >= 3 {
				three++
			}
			if n <= 1 {
				one++
			}
			if letters(w.text) > 6 {
				long++
			}
		}
		r.Findings = append(r.Findings, s.findings()...)
	}
	r.Findings = append(r.Findings, crowded(text)...)
	slices.SortStableFunc(r.Findings, func(a, b Finding) int { return cmp.Compare(a.Start, b.Start) })
	for i, f := range r.Findings {
		r.Findings[i].Text = text[f.Start:f.End]
	}
	if r.Words > 0 {
		n := float64(r.Words)
		r.Mean = n / float64(r.Sentences)
		r.Wiener = 0.1935*100*float64(three)/n + 0.1672*r.Mean + 0.1297*100*float64(long)/n - 0.0327*100*float64(one)/n - 0.875
	}
	return r
}

// findings are those of one sentence.
func (s sentence) findings() (all []Finding) {
	add := func(k Kind, from, to, n int, hint string) {
		all = append(all, Finding{Kind: k, Start: s.words[from].start, End: s.words[to].end, N: n, Hint: hint})
	}
	last := len(s.words) - 1
	add(Long, 0, last, len(s.words), "In mehrere Sätze teilen.")
	s.passives(add)
	s.negations(add)
	s.grammar(add)
	s.office(add)
	s.clauses(add)
	for i, w := range s.words {
		if n := letters(w.text); n > 10 && w.upper() && !strings.ContainsAny(w.text, "-·\u00ad") {
			add(Compound, i, i, n, hyphenated(w.text))
		}
	}
	s.numbers(add)
	return all
}

type adder func(k Kind, from, to, n int, hint string)

// wordsOf cuts a sentence into words: letters and figures, with hyphens, periods
// and the like inside.
func wordsOf(text string, span facts.Span) (all []word) {
	comma := false
	for i := span.Start; i < span.End; {
		r, size := rune(text[i]), 1
		if r >= 0x80 {
			r, size = decode(text[i:])
		}
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			comma = comma || strings.ContainsRune(",;:–()", r)
			i += size
			continue
		}
		end := i
		for end < span.End {
			r, size := decode(text[end:span.End])
			if !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '\u00ad' {
				next, _ := decode(text[end+size : span.End])
				if !strings.ContainsRune("-·.,’'/", r) || !unicode.IsLetter(next) && !unicode.IsDigit(next) || strings.ContainsRune(".,/", r) && !unicode.IsDigit(next) {
					break
				}
			}
			end += size
		}
		all = append(all, word{i, end, text[i:end], strings.ToLower(text[i:end]), comma})
		i, comma = end, false
	}
	return all
}

func letters(s string) (n int) {
	for _, r := range s {
		if unicode.IsLetter(r) {
			n++
		}
	}
	return n
}

// syllables counts groups of vowels; two that are no diphthong are two.
func syllables(low string) (n int) {
	var last rune
	for _, r := range low {
		if !strings.ContainsRune("aeiouyäöü", r) {
			last = 0
			continue
		}
		if pair := string(last) + string(r); last == 0 || !slices.Contains(diphthongs, pair) {
			n++
			last = r
		} else {
			last = 0 // a diphthong is full
		}
	}
	return n
}

var diphthongs = []string{"ei", "ai", "au", "äu", "eu", "ie", "oi", "ee", "aa", "oo", "ui", "ey", "ay"}

// crowded finds lines that hold more than one sentence.
func crowded(text string) (all []Finding) {
	at := 0
	for line := range strings.Lines(text) {
		if spans := facts.Sentences(line); len(spans) > 1 {
			all = append(all, Finding{Kind: Line, Start: at + spans[0].Start, End: at + spans[len(spans)-1].End, N: len(spans), Hint: "Jeden Satz in eine eigene Zeile."})
		}
		at += len(line)
	}
	return all
}
