package redact

import (
	"slices"
	"strings"

	"amtsbote/skills/personal"
)

// A cleanPage is a page as it would be released.
type cleanPage struct {
	page int // of job.pages
	text string
	kept [][2]int // places in text that stay because the person rejected an item
}

// redacted returns the pages with everything accepted replaced. What was accepted
// in one place is then replaced wherever else the same letters and figures stand.
func (j *job) redacted() []cleanPage {
	forms := j.forms()
	out := make([]cleanPage, len(j.pages))
	for p, pg := range j.pages {
		c := cleanPage{page: p}
		var b strings.Builder
		last := 0
		for k, f := range pg.found {
			j.sweep(&b, pg.text[last:f.Start], forms)
			if i := pg.items[k]; j.st.Items[i].Rejected {
				c.kept = append(c.kept, [2]int{b.Len(), b.Len() + len(f.Text)})
				b.WriteString(f.Text)
			} else {
				b.WriteString(j.stand(i))
			}
			last = f.End
		}
		j.sweep(&b, pg.text[last:], forms)
		c.text = b.String()
		out[p] = c
	}
	return out
}

// A form is a text of an accepted item.
type form struct {
	text, norm string
	item       int
}

// forms returns the texts of all accepted findings, each once, the longest first.
func (j *job) forms() (all []form) {
	seen := map[string]bool{}
	for _, p := range j.pages {
		for k, f := range p.found {
			n := norm(f.Text)
			if j.st.Items[p.items[k]].Rejected || seen[n] || len([]rune(n)) < 2 {
				continue
			}
			seen[n] = true
			all = append(all, form{f.Text, n, p.items[k]})
		}
	}
	slices.SortStableFunc(all, func(a, b form) int { return len(b.norm) - len(a.norm) })
	return all
}

// sweep writes a piece of text between findings, with the forms in it replaced
// that were found elsewhere. A common word that is a name too was left there with
// care and stays.
func (j *job) sweep(b *strings.Builder, text string, forms []form) {
	type place struct{ start, end, item int }
	var places []place
	h := newHaystack(text)
	for _, f := range forms {
		if j.st.Items[f.item].Kind == personal.Person {
			continue
		}
		for _, s := range h.findNorm(f.norm) {
			places = append(places, place{s[0], s[1], f.item})
		}
	}
	slices.SortStableFunc(places, func(a, b place) int { return a.start - b.start })
	last := 0
	for k, s := range places {
		if k == 0 || s.start >= last { // else nothing of two that overlap stays
			b.WriteString(text[last:s.start] + j.stand(s.item))
		}
		last = max(last, s.end)
	}
	b.WriteString(text[last:])
}
