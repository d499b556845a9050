// Package extract is the built-in engine: it chooses the key sentences of a
// text, verbatim and with their pages, weighted by the facts in them. It is
// deterministic and invents nothing. Skills use it where no model is configured
// or none may see the text, and say so.
package extract

import (
	"context"
	"time"

	"amtsbote/skills/document"
)

// A Sentence is chosen from a text.
type Sentence struct {
	Text  string // verbatim but for white space
	Page  int    // of the document; 0 where it has no pages worth naming
	Index int    // its place among all sentences of the text
	Score float64
}

// Key returns the n most telling sentences of a document in the order of the
// text. All pages are looked at. Amounts, terms and names weigh. It takes time
// linear in long documents: they are worked through in parts.
func Key(ctx context.Context, d document.Document, n int, ref time.Time) ([]Sentence, error) {
	panic("to be written")
}
