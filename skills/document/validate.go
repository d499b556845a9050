package document

import (
	"strings"
)

// check holds what a child says against the limits that it was given: a captured
// child says what it likes. Text needs no check beyond its length, JSON has
// made it valid UTF-8; who shows it treats it as foreign anyway.
func (l Limits) check(res *result) error {
	c := &checker{pages: l.Pages, parts: 2*l.Parts + l.Depth + 2, text: int64(l.Text) + 1<<20}
	if res.Reason != nil {
		c.reason(res.Reason)
		res.Document.Pages, res.Document.Parts, res.Document.Mail = nil, nil, nil
	}
	c.document(&res.Document, l.Depth+1)
	if c.bad {
		return errFrame
	}
	return nil
}

type checker struct {
	pages, parts int
	text         int64
	bad          bool
}

func (c *checker) document(d *Document, depth int) {
	c.pages -= len(d.Pages)
	c.parts -= len(d.Parts)
	if depth < 0 || c.pages < 0 || c.parts < 0 || len(d.Warnings) > 50 || d.Size < 0 {
		c.bad = true
		return
	}
	d.Name = cleanName(d.Name)
	c.mediaType(&d.Type)
	for i := range d.Pages {
		p := &d.Pages[i]
		p.N = i + 1
		p.Name = cleanName(p.Name)
		c.text -= int64(len(p.Text))
		if p.Unread != nil {
			c.reason(p.Unread)
			p.Text = ""
		}
	}
	for i := range d.Warnings {
		w := &d.Warnings[i]
		w.Code = cleanName(w.Code)
		c.clause(&w.Text)
		w.Excerpt = excerpt(w.Excerpt)
	}
	for i := range d.Parts {
		p := &d.Parts[i]
		p.Name = cleanName(p.Name)
		c.mediaType(&p.Type)
		if p.Reason != nil {
			c.reason(p.Reason)
		}
		if p.Doc != nil {
			c.document(p.Doc, depth-1)
		}
		if (p.Doc == nil) == (p.Reason == nil) || p.Size < 0 {
			c.bad = true
		}
	}
	if c.text < 0 {
		c.bad = true
	}
}

func (c *checker) reason(r *Reason) {
	if _, ok := reasons[r.Code]; !ok {
		c.bad = true
	}
	c.clause(&r.Text)
}

func (c *checker) clause(t *Text) {
	t.DE, t.EN = excerpt(t.DE), excerpt(t.EN)
}

func (c *checker) mediaType(t *string) {
	if len(*t) > 100 || strings.ContainsFunc(*t, func(r rune) bool { return r <= ' ' || r > '~' || r == '<' || r == '"' }) {
		c.bad = true
	}
}
