package extract

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"amtsbote/skills/document"
	"amtsbote/skills/facts"
)

// A Passage is a place in a document that may answer a question.
type Passage struct {
	Doc   int    // index of the document
	Text  string // verbatim, as in Sentence
	Page  int    // as in Sentence
	Index int    // its place among the sentences of its document
	// Score says how much of the question the passage speaks of, from 0 to 1:
	// each word counts by how rare it is in the documents, one that they do not
	// have at all most.
	Score float64
}

// Weak is the score below which a passage does not speak of what was asked: an
// honest answer is then "keine Fundstelle".
const Weak = 0.4

// Question returns the at most n passages of the documents that fit a question
// best, the best first, and none with a score of 0. It compares words, with
// their endings and the parts of compounds ("Gebühr" finds
// "Verwaltungsgebühr"), and looks for the kind of fact that is asked for ("wie
// viel" an amount, "bis wann" a date). It understands nothing: what is said in
// quite other words it does not find. The only error is that of ctx.
func Question(ctx context.Context, docs []document.Document, question string, n int) ([]Passage, error) {
	if n <= 0 {
		return nil, nil
	}
	q := ask(question)
	if len(q.terms) == 0 {
		return nil, nil
	}
	var all []candidate
	voc := newVocabulary()
	for i, d := range docs {
		var err error
		if all, err = gather(ctx, all, i, d, voc); err != nil {
			return nil, fmt.Errorf("extract: %w", err)
		}
	}
	q.match(voc)
	length := 0.0
	for _, c := range all {
		length += float64(len(c.terms))
	}
	mean := max(1, length/float64(max(1, len(all))))
	for i := range all {
		all[i].hits = q.hits(all[i].terms)
	}
	for i := range all {
		if i%1024 == 0 && ctx.Err() != nil {
			return nil, fmt.Errorf("extract: %w", ctx.Err())
		}
		q.score(all, i, mean)
	}
	found := slices.DeleteFunc(all, func(c candidate) bool { return c.Score <= 0 })
	slices.SortStableFunc(found, func(a, b candidate) int { return cmp.Compare(b.rank, a.rank) })
	var best []Passage
	seen := map[string]bool{}
	for _, c := range found {
		if len(best) == n {
			break
		}
		if !seen[c.Text] {
			seen[c.Text] = true
			best = append(best, c.Passage)
		}
	}
	return best, nil
}

// A candidate is a sentence that may be an answer.
type candidate struct {
	Passage
	terms []term
	hits  []float64 // how well the sentence has each word of the question, 0 to 1
	rank  float64
	head  bool // a heading: it speaks for what follows and answers nothing itself
}

// gather appends the sentences of a document.
func gather(ctx context.Context, all []candidate, doc int, d document.Document, voc *vocabulary) ([]candidate, error) {
	sentences := read(d).sentences
	for i, s := range sentences {
		if i%1024 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		terms := voc.bag(s.text)
		if len(terms) == 0 {
			continue
		}
		voc.count(terms)
		all = append(all, candidate{Passage: Passage{Doc: doc, Text: s.text + listBelow(sentences[i:]), Page: s.page, Index: i}, terms: terms, head: isHeading(s.text) && listBelow(sentences[i:]) == ""})
	}
	return all, nil
}

// maxList is how many bytes of a list a line takes along.
const maxList = 400

// listBelow returns the list that a line such as "Tagesordnung:" speaks of.
func listBelow(lines []sentence) string {
	var b strings.Builder
	if !strings.HasSuffix(lines[0].text, ":") {
		return ""
	}
	for _, l := range lines[1:] {
		if !l.item || b.Len()+len(l.text) > maxList {
			break
		}
		b.WriteString(" " + l.text)
	}
	return b.String()
}

// isHeading reports whether a line is one: short, without a period, and without
// a figure or field beyond its number.
func isHeading(text string) bool {
	rest := strings.TrimLeft(text, "§ 0123456789.)IVX")
	return !endsSentence(text) && countWords(rest) < 8 && !strings.ContainsAny(strings.TrimSuffix(rest, ":"), "|:0123456789")
}

// A query is a question in words.
type query struct {
	terms []queryTerm
	kinds map[facts.Kind]bool // what is asked for
}

type queryTerm struct {
	stem   string
	alike  []string // stems of words that mean the same in an office
	share  float64  // of the weight of a noun
	weight float64  // by rarity
	match  map[int32]float64
}

// verbShare is what a word in lower case counts beside a noun. In German these
// are the verbs and adjectives of the question, which answers often say in
// another way.
const (
	verbShare  = 0.35
	firstShare = 0.6 // of the first word, which may be either
)

// ask reads the words of a question and what kind of fact it is after.
func ask(question string) query {
	q := query{kinds: map[facts.Kind]bool{}}
	seen := map[string]bool{}
	nouns := 0
	facts.Words(question, func(w string) {
		s := facts.Stem(w)
		if len(s) < 2 || seen[s] || facts.IsStopWord(w) {
			return
		}
		seen[s] = true
		t := queryTerm{stem: s, share: verbShare}
		if r, _ := utf8.DecodeRuneInString(w); !unicode.IsLower(r) {
			t.share = 1
			nouns++
			if strings.HasPrefix(question, w) { // has a capital in any case
				t.share = firstShare
			}
		}
		for _, a := range facts.Alike(w) {
			t.alike = append(t.alike, facts.Stem(a))
		}
		q.terms = append(q.terms, t)
	})
	if nouns == 0 { // written without capitals, or in English
		for i := range q.terms {
			q.terms[i].share = 1
		}
	}
	low := " " + strings.ToLower(question) + " "
	for _, k := range []struct {
		words string
		kinds []facts.Kind
	}{
		{"wie viel|wieviel|wie hoch|kostet|kosten|gebühr|betrag|how much|euro", []facts.Kind{facts.Amount}},
		{" wann |frist|datum|welchem tag|bis zum| when |deadline", []facts.Kind{facts.Date, facts.Term, facts.Time}},
		{"wie lange|how long|dauer", []facts.Kind{facts.Term}},
		{" wer | wem | wen |ansprechpartner| who ", []facts.Kind{facts.Person}},
		{" wo |adresse|anschrift| where ", []facts.Kind{facts.Address}},
		{"aktenzeichen|kundennummer|geschäftszeichen", []facts.Kind{facts.Reference}},
		{"prozent|anteil", []facts.Kind{facts.Percent}},
		{"telefon|nummer|anrufen", []facts.Kind{facts.Phone}},
		{"rechtsgrundlage|paragraf|gesetz", []facts.Kind{facts.Law}},
	} {
		for w := range strings.SplitSeq(k.words, "|") {
			if strings.Contains(low, w) {
				for _, kind := range k.kinds {
					q.kinds[kind] = true
				}
			}
		}
	}
	return q
}

// match finds for each word of the question the stems of the documents that it
// means, and weighs it by how rare they are.
func (q *query) match(v *vocabulary) {
	for i := range q.terms {
		t := &q.terms[i]
		t.match = map[int32]float64{}
		df := 0
		for id, s := range v.stems {
			m := likeness(t.stem, s)
			for _, a := range t.alike {
				m = max(m, 0.7*likeness(a, s))
			}
			if m > 0 {
				t.match[int32(id)] = m
				if m >= 0.7 {
					df += int(v.df[id])
				}
			}
		}
		t.weight = t.share * math.Log(1+(float64(v.n)+1)/(0.5+float64(min(df, v.n))))
	}
}

// minPart is how long a part of a compound must be to be taken for one.
const minPart = 4

// likeness says how much a stem of a document means a word asked for: the same,
// the last part of a compound, the first, or the other way round.
func likeness(asked, s string) float64 {
	switch {
	case asked == s:
		return 1
	case len(asked) >= minPart && strings.HasSuffix(s, asked):
		return 0.85 // Gebühr: Verwaltungsgebühr
	case len(asked) >= minPart+1 && strings.HasPrefix(s, asked):
		return 0.75 // Gebühr: Gebührensatz
	case len(s) >= minPart+1 && strings.HasSuffix(asked, s):
		return 0.7 // Parkgebühr: Gebühr
	case len(s) >= minPart+2 && strings.HasPrefix(asked, s):
		return 0.5
	case len(asked) >= minPart+2 && strings.Contains(s, asked):
		return 0.6
	}
	return 0
}

// hits says how well a sentence has each word of the question.
func (q *query) hits(terms []term) []float64 {
	hits := make([]float64, len(q.terms))
	for i, t := range q.terms {
		for _, w := range terms {
			hits[i] = max(hits[i], t.match[w.id])
		}
	}
	return hits
}

// nearby is what a word counts that stands in the sentence before or in the
// heading above.
const nearby = 0.5

// kindShare is what the right kind of fact counts beside all words.
const kindShare = 0.25

// score ranks candidate i. A word that it lacks may stand in the sentence before
// or in the last heading, as long as one stands in itself.
func (q *query) score(all []candidate, i int, mean float64) {
	c := &all[i]
	if c.head {
		return
	}
	own, sum, total := 0.0, 0.0, 0.0
	for k, t := range q.terms {
		h := c.hits[k]
		own += t.weight * h
		for back := 1; back <= 2 && i-back >= 0 && all[i-back].Doc == c.Doc; back++ {
			h = max(h, nearby*all[i-back].hits[k])
			if all[i-back].head {
				break
			}
		}
		sum += t.weight * h
		total += t.weight
	}
	wanted := q.wanted(c.Text, own > 0 || sum > 0)
	if own == 0 && !wanted || sum == 0 {
		return
	}
	if len(q.kinds) > 0 {
		total *= 1 + kindShare
		if wanted {
			sum *= 1 + kindShare
		}
	}
	c.Score = sum / total
	// The length part of BM25: a long sentence has many words by chance.
	c.rank = sum / (0.6 + 0.4*math.Sqrt(float64(len(c.terms))/mean))
	if wanted {
		c.rank *= 1.2
	}
}

// anyDay lets dates without a year be found where only their being there counts.
var anyDay = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// wanted reports whether a text has a fact of a kind that is asked for.
func (q *query) wanted(text string, look bool) bool {
	if !look || len(q.kinds) == 0 {
		return false
	}
	return slices.ContainsFunc(facts.Find(text, anyDay), func(f facts.Fact) bool { return q.kinds[f.Kind] })
}
