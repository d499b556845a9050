package talk

import (
	"context"
	"fmt"
	"strings"
	"time"

	"amtsbote/bots"
	"amtsbote/skills/document"
	"amtsbote/skills/extract"
)

// A Sentence of a line.
type Sentence struct {
	Line int
	Text string
}

// Key returns the most telling of some sentences, verbatim, at most n. They are in
// the order of the lines.
func (k *Talk) Key(ctx context.Context, of []Sentence, n int, now time.Time) (all []Sentence, err error) {
	var doc document.Document
	page := -1
	var lines []int
	for _, s := range of {
		text := s.Text
		if !strings.ContainsAny(text[len(text)-1:], ".!?:") {
			text += "." // or the next message would go on with it
		}
		if len(lines) > 0 && lines[page] == s.Line {
			doc.Pages[page].Text += "\n" + text
			continue
		}
		page++
		lines = append(lines, s.Line)
		doc.Pages = append(doc.Pages, document.Page{N: page + 1, Text: text})
	}
	if len(doc.Pages) == 1 {
		doc.Pages = append(doc.Pages, document.Page{N: 2}) // with one page it would not be named
	}
	found, err := extract.Key(ctx, doc, n, now)
	if err != nil {
		return nil, fmt.Errorf("talk: %w", err)
	}
	for _, f := range found {
		if f.Page < 1 || f.Page > len(lines) {
			continue
		}
		l, text := &k.All[lines[f.Page-1]], f.Text
		if !strings.Contains(l.Said, text) {
			if text = strings.TrimSuffix(text, "."); !strings.Contains(l.Said, text) {
				continue // not verbatim
			}
		}
		if len(strings.Fields(text)) >= 4 {
			all = append(all, Sentence{lines[f.Page-1], text})
		}
	}
	return all, nil
}

// Key quotes a sentence or two of a file that was read, and notes that it did.
func (f *File) Key(ctx context.Context, now time.Time) (quotes []bots.Text) {
	found, err := extract.Key(ctx, f.Doc, 2, now)
	if err != nil {
		return nil // ctx is done: who called finds out
	}
	for _, s := range found {
		if strings.Contains(s.Text, " | ") {
			continue // a row of a table says nothing by itself
		}
		quotes = append(quotes, bots.Quoted(Shorten([]string{s.Text}, 0)))
		f.Told = true
	}
	return quotes
}
