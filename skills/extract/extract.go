// Package extract is the built-in engine: it chooses the key sentences of a
// text, verbatim and with their pages, weighted by the facts in them, and finds
// the passages that answer a question. It is deterministic and invents nothing.
// Skills use it where no model is configured or none may see the text, and say
// so.
//
// Key works in four steps. The pages become sentences (source.go): running heads
// and feet are dropped, a sentence that a page break cuts is joined. Each
// sentence becomes a bag of stems (words.go) and gets a weight by what it holds
// (weigh.go): what its letter is written for, amounts, terms and requests count, addresses,
// salutations and disclaimers do not. LexRank (rank.go) then finds the sentences
// that say what many others say, and a greedy choice takes the best that repeat
// none taken. A text of more than blockSize sentences is worked through in
// blocks, each of which sends its best on, so that all of it is looked at in
// linear time.
//
// LexRank alone misses what matters in an office: the fee of a notice stands in
// one short sentence that resembles no other. Hence the weights, and a test over
// letters, notices, minutes and statutes that says which sentences must be
// among the chosen.
//
// Own code: the Go modules for this (textrank, tldr) know no German, rank by
// words alone and are not kept. The stemmer is a light one of ours, too: it need
// not be right, only the same for the forms of a word, and the parts of German
// compounds, which matter more, are found by comparing stems (question.go).
package extract

import (
	"context"
	"fmt"
	"time"

	"amtsbote/skills/document"
)

// A Sentence is chosen from a text.
type Sentence struct {
	Text  string // verbatim but for white space and hyphens at the ends of lines
	Page  int    // of the document; 0 where it has no pages worth naming
	Index int    // its place among all sentences of the text
	Score float64
}

// Key returns the n most telling sentences of a document in the order of the
// text, fewer if it has fewer worth choosing. All pages are looked at. Amounts,
// terms and names weigh; headings, addresses, running heads, salutations and
// disclaimers are left out. ref is the day of the text, as in facts.Find. Key
// takes time linear in long documents: they are worked through in parts. The
// only error is that of ctx.
func Key(ctx context.Context, d document.Document, n int, ref time.Time) ([]Sentence, error) {
	if n <= 0 {
		return nil, nil
	}
	src := read(d)
	units, err := src.units(ctx, ref, n)
	if err != nil {
		return nil, fmt.Errorf("extract: %w", err)
	}
	chosen, err := choose(ctx, units, n, src.vocabulary)
	if err != nil {
		return nil, fmt.Errorf("extract: %w", err)
	}
	all := make([]Sentence, len(chosen))
	for i, u := range chosen {
		all[i] = Sentence{Text: u.text, Page: u.page, Index: u.index, Score: u.score}
	}
	return all, nil
}
