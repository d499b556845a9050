package research

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"amtsbote/skills/document"
	"amtsbote/skills/extract"
	"amtsbote/skills/index"
	"amtsbote/skills/knowledge"
	"amtsbote/skills/material"
)

const (
	maxHits  = 12 // passages that are looked at
	maxFiles = 8  // of the conversation
	// faint is the share from which on a passage is given to a model beside better ones.
	faint = 0.25
	// nearest is up to which place in the list by vectors a passage counts as one
	// that speaks of the question, although its words may be others.
	nearest = 3
)

// A passage is a place that may answer the question.
type passage struct {
	file     string
	page     int
	title    string
	text     string
	date     time.Time // zero: unknown
	from     knowledge.DateFrom
	link     string
	share    float64
	semantic bool
}

// find gathers the passages, the best first.
func (q *search) find(ctx context.Context) error {
	found, err := knowledge.Search(ctx, q.cols, q.who, q.query, maxHits)
	if err != nil {
		return fmt.Errorf("research: %w", err)
	}
	for _, f := range found {
		q.found = append(q.found, passage{file: f.File, page: f.Page, title: f.Title, text: f.Text, date: f.Date, from: f.From,
			link: f.Link, share: f.Share, semantic: f.Semantic > 0 && f.Semantic <= nearest})
	}
	if filesOf(q.t, len(q.t.History)) {
		if q.files, err = q.s.material.Gather(ctx, q.t, material.Want{All: true, Files: maxFiles}); err != nil {
			return fmt.Errorf("research: %w", err)
		}
		here, err := q.inFiles(ctx)
		if err != nil {
			return err
		}
		q.found = append(q.found, here...)
		slices.SortStableFunc(q.found, func(a, b passage) int { return cmp.Compare(b.share, a.share) })
	}
	q.found = slices.DeleteFunc(q.found, func(p passage) bool { return p.share < faint && !p.semantic })
	q.found = distinct(q.found)
	q.found = q.found[:min(len(q.found), maxHits)]
	return nil
}

// inFiles looks the question up in the files of the conversation. Nothing of these is
// kept: they are cut like documents of a collection and compared here and now.
func (q *search) inFiles(ctx context.Context) (all []passage, err error) {
	var docs []document.Document
	var from []passage
	for _, f := range q.files.Files {
		if f.Err != nil {
			continue
		}
		p := passage{file: f.Name}
		if m := f.Doc.Mail; m != nil && !m.Date.IsZero() {
			p.date, p.from = m.Date, knowledge.FromMail
		}
		for _, piece := range knowledge.Cut(f.Doc.Headed(q.t.Now.Location())) {
			p.page, p.title, p.text = piece.Page, piece.Heading, piece.Text
			from = append(from, p)
			docs = append(docs, document.Document{Pages: []document.Page{{N: 1, Text: piece.Text}}})
		}
	}
	hits, err := extract.Question(ctx, docs, q.query, 4*maxHits)
	if err != nil {
		return nil, fmt.Errorf("research: %w", err)
	}
	seen := map[int]bool{}
	for _, h := range hits {
		if seen[h.Doc] {
			continue
		}
		seen[h.Doc] = true
		p := from[h.Doc]
		// The two scales agree at where they begin to mean something.
		p.share = min(1, h.Score*index.Weak/extract.Weak)
		all = append(all, p)
	}
	return all, nil
}

// distinct leaves out passages whose text was there already: a file lies in two
// folders, or in the conversation and in a collection.
func distinct(all []passage) []passage {
	seen := map[string]bool{}
	return slices.DeleteFunc(all, func(p passage) bool {
		key := flat(p.text)
		was := seen[key]
		seen[key] = true
		return was
	})
}

func flat(s string) string { return strings.Join(strings.Fields(s), " ") }
