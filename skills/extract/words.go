package extract

import (
	"math"
	"slices"

	"amtsbote/skills/facts"
)

// A vocabulary numbers the stems of a document and counts the sentences that
// have them.
type vocabulary struct {
	id    map[string]int32
	stems []string
	df    []int32 // sentences with the stem
	n     int     // sentences
	cache map[string]int32
}

func newVocabulary() *vocabulary {
	return &vocabulary{id: map[string]int32{}, cache: map[string]int32{}}
}

// number returns the number of a word's stem, or -1 for a stop word.
func (v *vocabulary) number(word string) int32 {
	if n, ok := v.cache[word]; ok {
		return n
	}
	n := int32(-1)
	if s := facts.Stem(word); len(s) > 1 && !facts.IsStopWord(word) {
		var ok bool
		if n, ok = v.id[s]; !ok {
			n = int32(len(v.stems))
			v.id[s] = n
			v.stems = append(v.stems, s)
			v.df = append(v.df, 0)
		}
	}
	v.cache[word] = n
	return n
}

// A term is a stem of a sentence with how often it is there.
type term struct {
	id int32
	n  float32
}

// bag returns the terms of a text, each once, by number.
func (v *vocabulary) bag(text string) []term {
	var ids []int32
	facts.Words(text, func(w string) {
		if n := v.number(w); n >= 0 {
			ids = append(ids, n)
		}
	})
	slices.Sort(ids)
	terms := make([]term, 0, len(ids))
	for _, id := range ids {
		if k := len(terms) - 1; k >= 0 && terms[k].id == id {
			terms[k].n++
			continue
		}
		terms = append(terms, term{id, 1})
	}
	return terms
}

func (v *vocabulary) count(terms []term) {
	v.n++
	for _, t := range terms {
		v.df[t.id]++
	}
}

// idf weighs a term by how few sentences have it.
func (v *vocabulary) idf(id int32) float64 {
	return math.Log(1 + float64(v.n)/(1+float64(v.df[id])))
}
