package index

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"amtsbote/skills/facts"
)

// Limits of a query; what is beyond is not asked for.
const (
	maxQuery   = 8 << 10 // bytes
	maxAsked   = 32      // words
	maxPhrases = 4
)

// How much a passage has of a word that is asked for, by where and how.
const (
	inHeading = 1.15
	often     = 1.08 // more than once
	inText    = 1.0
	asPart    = 0.8  // Gebühr: Verwaltungsgebühr
	inName    = 0.55 // of the document
	sameRoot  = 0.75 // genehmigt: Genehmigung
	alikeWord = 0.7  // of what the word itself would count
	divided   = 0.75 // all parts of a compound that is asked for: Steuer für Hunde
	someParts = 0.6  // Gebührensatzung: Verwaltungsgebührensatzung the other way round
	headOnly  = 0.25 // its last part: Hundesteuer: Steuer
	misspelt  = 0.6
)

// What a word counts beside a noun. In German verbs and adjectives, which answers
// often say in another way, are written in lower case.
const (
	verbShare  = 0.35
	firstShare = 0.6 // of the first word, which may be either
	exactShare = 2   // a file number, or a paragraph with its law: who names one wants it
)

// asked is a word of a query.
type asked struct {
	token
	share float64
	alike []token // words that mean the same in an office
}

// verb reports whether a word may be one.
func (t token) verb() bool {
	r, _ := utf8.DecodeRuneInString(t.word)
	return unicode.IsLower(r)
}

// A question is a query taken apart.
type question struct {
	terms   []asked
	phrases []string // as flat makes them; all must occur
	must    [][]string
}

// ask takes a query apart.
func (a *analyzer) ask(text string) question {
	if len(text) > maxQuery {
		text = text[:maxQuery]
	}
	text = strings.ToValidUTF8(text, " ")
	var q question
	q.phrases = phrases(text)
	for _, p := range q.phrases {
		var must []string
		a.tokens(p, func(t token) {
			// What a paragraph or a day may have taken in is no word of its own there.
			if low := facts.Fold(t.word); !t.exact && !subdivision[low] && month[low] == "" {
				must = append(must, t.term)
			}
		})
		q.must = append(q.must, must)
	}
	nouns := 0
	seen := map[string]bool{}
	covered := map[string]bool{} // parts of paragraphs with their law
	a.tokens(text, func(t token) {
		if seen[t.term] || len(q.terms) >= maxAsked {
			return
		}
		seen[t.term] = true
		if t.exact && strings.HasPrefix(t.term, "§") {
			for _, p := range t.parts {
				covered[p] = true
			}
		}
		if !t.exact && !t.verb() {
			nouns++
		}
		q.terms = append(q.terms, asked{token: t, share: share(t, len(q.terms) == 0), alike: a.likes(t)})
	})
	kept := q.terms[:0]
	for _, t := range q.terms {
		if nouns == 0 { // written without capitals, or in English
			t.share = 1
		}
		if !covered[t.term] {
			kept = append(kept, t)
		}
	}
	q.terms = kept
	return q
}

// share says what a word counts beside a noun.
func share(t token, first bool) float64 {
	switch {
	case t.exact && len(t.parts) > 1:
		return exactShare
	case t.exact:
		return 1
	case t.verb():
		return verbShare
	case first && len(t.parts) == 0:
		return firstShare
	}
	return 1
}

// likes returns the words that mean the same as one in an office.
func (a *analyzer) likes(t token) []token {
	if t.exact {
		return nil
	}
	var all []token
	for _, w := range facts.Alike(t.word) {
		if other := a.word(w); other.term != "" && other.term != t.term {
			all = append(all, other)
		}
	}
	return all
}

// quotes are the pairs of signs that a phrase stands between.
var quotes = map[rune]string{'„': "“”\"", '“': "”", '"': "\"", '»': "«", '«': "»"}

// phrases returns what stands in quotes, flat. What closes one opens no other: between
// „A“ and "B" stands no phrase.
func phrases(text string) []string {
	var all []string
	next := 0 // behind the last phrase
	for i, r := range text {
		ends, ok := quotes[r]
		if !ok || i < next || len(all) == maxPhrases {
			continue
		}
		start := i + utf8.RuneLen(r)
		end := strings.IndexAny(text[start:], ends)
		if end < 0 {
			continue
		}
		_, n := utf8.DecodeRuneInString(text[start+end:])
		next = start + end + n
		if p := flat(text[start : start+end]); p != "" {
			all = append(all, p)
		}
	}
	return all
}

// flat writes a text as phrases are compared: words and numbers without signs,
// cases, umlauts and divided words.
func flat(text string) string {
	var b strings.Builder
	for w := range strings.FieldsFuncSeq(whole(text), func(r rune) bool { return !isInner(r) && r != '§' }) {
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(facts.Fold(w))
	}
	return b.String()
}
