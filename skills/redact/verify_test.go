package redact

import (
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"amtsbote/bots"
	"amtsbote/skills/document"
	"amtsbote/skills/material"
	"amtsbote/skills/personal"
)

// jobOf returns a job over one text.
func jobOf(text string) *job {
	j := newJob(bots.Task{Language: "de", Now: time.Now()}, &state{}, material.Set{Files: []document.File{{Doc: document.Document{Pages: []document.Page{{N: 1, Text: text}}}}}})
	j.find()
	return j
}

// TestReadingBackMustBeWhole: what was not read back in full may hide anything, and
// what a recogniser still knows is left, in whatever form.
func TestReadingBackMustBeWhole(t *testing.T) {
	j := jobOf("Herr Bernd Kaya kam. Kaya ging.")
	pages := j.redacted()
	page := func(text string) document.Document {
		return document.Document{Pages: []document.Page{{N: 1, Text: text}}}
	}
	partial, warned, parts := page(pages[0].text), page(pages[0].text), page(pages[0].text)
	partial.Partial, warned.Warnings, parts.Parts = true, []document.Warning{{}}, []document.Part{{}}
	for name, c := range map[string]struct {
		doc  document.Document
		left bool
	}{
		"the same":              {page(pages[0].text), false},
		"a part of it":          {partial, true},
		"with a warning":        {warned, true},
		"with a file inside":    {parts, true},
		"a genitive is left":    {page("Bernd Kayas Akte"), true},
		"a parted name is left": {page("Herr Ka-\nya kam."), true},
	} {
		s := &Skill{read: func(context.Context, string, io.Reader) (document.Document, error) { return c.doc, nil }}
		err := s.verify(t.Context(), j, 0, "x.txt", []byte(pages[0].text), pages)
		if _, ok := errors.AsType[*leftError](err); ok != c.left {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestOnlyWhatWasRejectedStays: a text that was accepted may stand inside what the
// person rejected, and nowhere beside it.
func TestOnlyWhatWasRejectedStays(t *testing.T) {
	j := jobOf("x")
	j.st.Items = []item{{Kind: personal.IBAN}}
	p := cleanPage{text: "0123456789012345678901234567890", kept: [][2]int{{10, 20}}}
	for span, want := range map[[2]int]bool{{10, 20}: true, {12, 15}: true, {5, 12}: false, {15, 25}: false, {2, 5}: false, {22, 25}: false} {
		if got := j.mayStay(p, span, form{}); got != want {
			t.Errorf("%v: %v", span, got)
		}
	}
}
