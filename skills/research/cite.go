package research

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"amtsbote/bots"
	"amtsbote/skills/facts"
)

// reference is how an answer names passages: "[1]", "[1, 3]", "[1][3]".
var reference = regexp.MustCompile(`\[(\d{1,3}(?:\s?[,;]\s?\d{1,3})*)\]`)

// A cited is an answer whose references hold.
type cited struct {
	text     string
	used     []source // in the order in which the answer names them, numbered from 1
	wrong    int      // references to passages that there are not, or that say something else
	unproved int      // statements without a reference
}

// A source is a passage that an answer names.
type source struct {
	passage
	quote string // literally from the passage
}

// supports is the least share of a statement's words that its passages must have.
const supports = 0.25

// minClaim is from how many telling words a line is a statement.
const minClaim = 3

// cite checks the references of an answer, statement by statement (a statement is a
// line: a paragraph, an item, a row; what follows its last reference is another one),
// and numbers the passages anew in the order in which they come.
func cite(text string, given []passage, question, language string) cited {
	var c cited
	number := map[int]int{} // of a passage given, in the answer
	said := map[int]string{}
	lines := strings.Split(strings.TrimSpace(text), "\n")
	for i, line := range lines {
		proved := false
		line = reference.ReplaceAllStringFunc(line, func(ref string) string {
			var kept strings.Builder
			for _, n := range numbers(ref) {
				if n < 1 || n > len(given) || !supported(line, given[n-1], language) {
					c.wrong++
					continue
				}
				if number[n] == 0 {
					number[n] = len(number) + 1
				}
				said[n] += line + "\n"
				fmt.Fprintf(&kept, "[%d]", number[n])
				proved = true
			}
			return kept.String()
		})
		if !proved && claims(line) || proved && claims(behind(line)) {
			c.unproved++
			line = strings.TrimRight(line, " ") + " " + unproved.In(language)
		}
		lines[i] = noLink.ReplaceAllString(line, "$1 (")
	}
	c.text = tidy(strings.Join(lines, "\n"))
	c.used = make([]source, len(number))
	for n, k := range number {
		p := given[n-1]
		c.used[k-1] = source{p, quote(p.text, said[n]+question)}
	}
	return c
}

// behind returns the sentences of a line that begin behind its last reference: those
// before it may be what it stands for, these cannot.
func behind(line string) string {
	all := reference.FindAllStringIndex(line, -1)
	for _, s := range facts.Sentences(line) {
		if s.Start >= all[len(all)-1][1] {
			return line[s.Start:]
		}
	}
	return ""
}

// noLink finds a reference that would become a link with what stands behind it.
var noLink = regexp.MustCompile(`(\[\d+\])\(`)

// loose finds blanks before a mark where a reference was.
var loose = regexp.MustCompile(`[ \t]+([.,;:!?])`)

func tidy(text string) string { return strings.TrimSpace(loose.ReplaceAllString(text, "$1")) }

var digits = regexp.MustCompile(`\d+`)

func numbers(ref string) (all []int) {
	for _, d := range digits.FindAllString(ref, -1) {
		n, _ := strconv.Atoi(d)
		all = append(all, n)
	}
	return all
}

// supported reports whether a passage has enough of the words of a statement that it
// can be its source. In another language that cannot be told; a passage too short to tell
// its language is German.
func supported(line string, p passage, language string) bool {
	if cmp.Or(facts.Language(p.text), "de") != language {
		return true
	}
	asked := words(reference.ReplaceAllString(line, ""))
	if len(asked) < minClaim {
		return true
	}
	have := words(p.title + "\n" + p.text)
	return float64(shared(asked, have)) >= supports*float64(len(asked))
}

// shared counts the words of one text that another one has, in any form or as a part
// of a compound.
func shared(asked, have map[string]bool) (n int) {
	for w := range asked {
		ok := have[w]
		for h := range have {
			if ok {
				break
			}
			ok = len(w) >= 5 && strings.Contains(h, w) || len(h) >= 5 && strings.Contains(w, h)
		}
		if ok {
			n++
		}
	}
	return n
}

// claims reports whether a line states something that needs a source: not a line that
// leads over to a list, the head of a table, or "keine Fundstelle".
func claims(line string) bool {
	bare := strings.Trim(reference.ReplaceAllString(line, ""), " *_#>-|\t")
	if bare == "" || strings.HasSuffix(strings.TrimSpace(bare), ":") || saysNone(bare) {
		return false
	}
	return len(words(bare)) >= minClaim
}

var noneWords = regexp.MustCompile(`(?i)keine fundstelle|no passage|nicht in den fundstellen|not in the passages`)

func saysNone(text string) bool { return noneWords.MatchString(text) }

// refuse says why an answer must be given once more, or "".
func refuse(text string, given []passage, language string) string {
	c := cite(text, given, "", language)
	switch {
	case saysNone(text) && len(c.used) == 0:
		return ""
	case len(c.used) == 0:
		return fmt.Sprintf("Sie nannte keine Fundstelle. Setze hinter jeden Satz die Nummer der Fundstelle, aus der er stammt, von [1] bis [%d], oder schreibe KEINE FUNDSTELLE.", len(given))
	case c.wrong > 0:
		return fmt.Sprintf("Sie nannte Fundstellen, die es nicht gibt oder in denen das nicht steht. Es gibt [1] bis [%d].", len(given))
	case c.unproved > 0:
		return "Sie hatte Sätze ohne Fundstelle. Lass weg, was in keiner Fundstelle steht, und setze hinter jeden Satz die Nummer."
	}
	for _, q := range quotes.FindAllStringSubmatch(text, -1) {
		in := func(p passage) bool { return strings.Contains(flat(p.text), flat(q[1])) }
		if !slices.ContainsFunc(given, in) {
			return "Sie setzte etwas in Anführungszeichen, das so in keiner Fundstelle steht. Gib es ohne Anführungszeichen wieder oder wörtlich."
		}
	}
	return ""
}

// quotes are what an answer puts into quotation marks, from three words on.
var quotes = regexp.MustCompile(`[„»“"]([^„“”"»«\n]+ [^„“”"»«\n]+ [^„“”"»«\n]+)[“”"«]`)

func (c cited) warnings() (all []bots.Text) {
	if c.wrong > 0 {
		all = append(all, textWrong)
	}
	if c.unproved > 0 {
		all = append(all, textUnprovedLines(c.unproved))
	}
	return all
}

// maxQuote is how many bytes of a passage are quoted.
const maxQuote = 400

// quote returns the sentence of a passage that has most of what is said, literally but
// for white space; with the next one if that is short.
func quote(text, said string) string {
	asked := words(reference.ReplaceAllString(said, ""))
	spans := facts.Sentences(text)
	best, most := 0, -1.0
	for i, s := range spans {
		w := words(text[s.Start:s.End])
		score := float64(shared(asked, w)) - 0.02*float64(len(w))
		for d := range w { // figures say most
			if asked[d] && d[0] >= '0' && d[0] <= '9' {
				score++
			}
		}
		if score > most {
			best, most = i, score
		}
	}
	if len(spans) == 0 {
		return clip(flat(text), maxQuote)
	}
	s := widen(text, spans, best, asked)
	return clip(flat(text[s.Start:s.End]), maxQuote)
}

// widen adds the sentences around one to it that have more of what is said, as long as
// they stand in its paragraph and all fits.
func widen(text string, spans []facts.Span, best int, asked map[string]bool) facts.Span {
	s := spans[best]
	has := func(s facts.Span) int { return shared(asked, words(text[s.Start:s.End])) }
	for _, step := range []int{1, -1} {
		for i := best + step; i >= 0 && i < len(spans); i += step {
			next := facts.Span{Start: min(s.Start, spans[i].Start), End: max(s.End, spans[i].End)}
			if next.End-next.Start > maxQuote || strings.Contains(text[next.Start:next.End], "\n\n") || has(next) < has(s)+2 {
				break
			}
			s = next
		}
	}
	return s
}
