// Package check holds what an answer says against the sources it was written
// from, without a language model: figures, amounts, percentages, dates, times,
// terms, names, reference numbers, laws, bank accounts, phone numbers, mail
// addresses, links and quotes. What no source has is a [Finding]; [Mark] shows
// it in the answer, [Warning] counts it.
//
// How it works: [Read] goes over the sources once and puts the normal form of
// every fact into one set of hashes, so that checking an answer costs as much as
// reading the answer, however long the sources are. Facts that a word or a shape
// makes sure come from package facts; numbers, number words, codes and periods
// are read here, where a number that is nothing else is still a claim. An answer
// is read by the same rules as its sources.
//
// Equal are: "12.500 €", "12 500 Euro", "EUR 12.500,00", "12,5 Tausend Euro",
// "12,5 TEUR" (an amount is its value, however scaled); "3. November", "03.11.",
// "3 November 2026" (a date without year has any year that the sources give that
// day); "ein Viertel" and "25 %"; "zwölf", "twelve" and "12"; "ein Jahr" and "12
// Monate", "ein halbes Jahr" and "6 Monate" (sections 188, 189 BGB make them end
// on the same day). Not equal are "zwei Wochen" and "14 Tage", "ein Monat" and
// "30 Tage", "zwei Tage" and "48 Stunden": they can end at different times, or a
// court may read them so, and an answer has no business changing them.
//
// A sum or difference is flagged although it may be right, and Near says what it
// is the sum of: which figures belong together is a question of meaning, which
// nobody answers here, and a person sees at a glance whether it was meant. Rounding
// is accepted only beside a word that says so ("rund", "knapp") and to no fewer
// than two digits.
//
// What this cannot see: a negation, a fact of the sources put beside the wrong
// thing (the fee of one case in the sentence on another), and all that is said
// without a figure, a name or a quote. No finding does not mean that an answer is
// right. Numbers of items and headings, page references ("S. 3", "[1]") and the
// day of writing state nothing and are not checked.
//
// Refused: a suffix array over the sources (exact, but four times their memory,
// and only quotes need it) and regular expressions for the kinds above (see
// package facts).
package check

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"amtsbote/skills/facts"
)

// Kinds of findings beside those of package facts.
const (
	Number facts.Kind = "number" // "14 Plätze", "drei Anträge"
	Quote  facts.Kind = "quote"  // three words or more in quotation marks
)

// A Finding is something that an answer says and its sources do not.
type Finding struct {
	Kind       facts.Kind
	Start, End int    // bytes of the answer
	Text       string // answer[Start:End]
	Near       string // the closest thing that the sources have, as they write it; for a computed amount how it comes about, in German; may be empty
}

// Limits. What is beyond them is not read: of sources this can make findings of
// what they do have, which Partial tells; of an answer, it stays unchecked.
const (
	maxSource = 8 << 20
	maxAnswer = 1 << 20
	// maxFindings is how many findings there are at most.
	maxFindings = 1000
)

// Lost returns what a text says that another one, which was made of it, has no more.
// What stood in quotation marks may be put otherwise. ref is as that of [Read].
func Lost(ref time.Time, old, text string) []Finding {
	return slices.DeleteFunc(Read(ref, text).Facts(old), func(f Finding) bool { return f.Kind == Quote })
}

// Facts returns what an answer says that no source has, in the order of the
// answer and without overlaps. It may be called at the same time by several.
// Time grows linearly with the answer.
func (s *Sources) Facts(answer string) []Finding {
	if len(answer) > maxAnswer {
		answer = answer[:maxAnswer]
	}
	c := &checker{src: s, text: answer}
	c.facts()
	c.quotes()
	c.names()
	c.numbers()
	found := c.merged()
	for i := range found {
		found[i].Text = answer[found[i].Start:found[i].End]
		if i < maxNear && found[i].Near == "" {
			found[i].Near = s.near(found[i])
		}
	}
	return found
}

// A checker holds one answer against the sources.
type checker struct {
	src     *Sources
	text    string
	rest    []byte // the text with what was read overwritten by blanks
	found   []Finding
	persons []facts.Fact
	tries   int // searches in the text of the sources so far
	eol     int // of the line that listed is about
	listed  int // items of the list below it
}

func (c *checker) add(k facts.Kind, start, end int) {
	if len(c.found) < 2*maxFindings {
		c.found = append(c.found, Finding{Kind: k, Start: start, End: end})
	}
}

// merged sorts the findings and lets the longer of two that overlap stand.
func (c *checker) merged() []Finding {
	slices.SortStableFunc(c.found, func(a, b Finding) int {
		if a.Start != b.Start {
			return a.Start - b.Start
		}
		return b.End - a.End
	})
	out := c.found[:0]
	for _, f := range c.found {
		if n := len(out); n > 0 && f.Start < out[n-1].End {
			if f.End-f.Start > out[n-1].End-out[n-1].Start {
				out[n-1] = f
			}
			continue
		}
		out = append(out, f)
	}
	return out[:min(len(out), maxFindings)]
}

// facts checks what package facts recognises.
func (c *checker) facts() {
	c.rest = []byte(structure(c.text))
	for _, f := range facts.Find(string(c.rest), c.src.ref) {
		f.Text = c.text[f.Start:f.End]
		if f.Kind == facts.Term {
			// The day of a term is a date too; a period is read by numbers.
			if f.Relative && !c.src.Has(f) {
				c.add(f.Kind, f.Start, f.End)
				blank(c.rest, f.Start, f.End)
			}
			continue
		}
		if c.src.Has(f) || c.says(f.Text) {
			blank(c.rest, f.Start, f.End)
			continue
		}
		if f.Kind == facts.Amount && c.rounded(f) || f.Kind == facts.Date && c.today(f) {
			blank(c.rest, f.Start, f.End)
			continue
		}
		if f.Kind == facts.Person {
			c.persons = append(c.persons, f)
		}
		if f.Kind == facts.Person || f.Kind == facts.Reference && !c.coded(f) {
			continue // names and numbers look closer
		}
		c.add(f.Kind, f.Start, f.End)
		blank(c.rest, f.Start, f.End)
	}
	pages(c.rest)
	counters(c.rest, func(string) {})
}

// rounded reports whether an amount says that it is rounded, and one of the
// sources rounds to it.
func (c *checker) rounded(f facts.Fact) bool {
	before := strings.Fields(c.text[max(0, f.Start-30):f.Start])
	if len(before) == 0 || !roundings[strings.ToLower(strings.Trim(before[len(before)-1], ".("))] || f.Cents <= 0 {
		return false
	}
	return c.src.rounds([]string{strconv.FormatFloat(float64(f.Cents)/100, 'f', -1, 64)}, true)
}

var dateLine = regexp.MustCompile(`^(?:\pL[\pL .-]{0,40},? (?:den |the )?|(?:Stand|Datum|Date|As of)[:,]? ?)?$`)

// today reports whether a date is the day of writing, alone on its line or
// behind a place: "Musterstadt, den 28. November 2026", "Stand: 28.11.2026".
func (c *checker) today(f facts.Fact) bool {
	if c.src.ref.Sub(f.Date).Abs() > 48*time.Hour {
		return false
	}
	before := c.text[strings.LastIndexByte(c.text[:f.Start], '\n')+1 : f.Start]
	after, _, _ := strings.Cut(c.text[f.End:], "\n")
	return strings.Trim(after, " *_.)") == "" && len(before) < 100 && dateLine.MatchString(strings.TrimLeft(before, " *_#(>"))
}

// coded reports whether a reference is one by more than its cue.
func (c *checker) coded(f facts.Fact) bool {
	return !strings.ContainsAny(f.Text, " \t\n") && digits(f.Text) >= 3
}

// maxSearches bounds how often the text of the sources is searched for one
// answer; what is found only so is flagged beyond it.
const maxSearches = 300

func (c *checker) says(text string) bool {
	if c.tries++; c.tries > maxSearches {
		return false
	}
	return c.src.Says(text)
}

func blank(b []byte, start, end int) {
	for i := start; i < end; i++ {
		if b[i] != '\n' {
			b[i] = ' '
		}
	}
}
