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

// itemsOf returns the number of the item of each finding.
func (p page) itemsOf(j *job) []int {
	list := make([]int, len(p.found))
	for k, f := range p.found {
		list[k] = j.itemOf(f)
	}
	return list
}

// itemOf returns the item of a finding.
func (j *job) itemOf(f personal.Finding) int {
	return slices.IndexFunc(j.st.Items, func(it item) bool { return it.Kind == f.Kind && it.Norm == f.Norm })
}

// redacted returns the pages with everything accepted replaced. What was accepted
// in one place is then replaced wherever else the same letters and figures stand.
func (j *job) redacted() []cleanPage {
	index := map[string]int{}
	for i, it := range j.st.Items {
		index[string(it.Kind)+"\x00"+it.Norm] = i
	}
	forms := j.forms(index)
	out := make([]cleanPage, len(j.pages))
	for p, pg := range j.pages {
		c := cleanPage{page: p}
		var b strings.Builder
		last := 0
		for _, f := range pg.found {
			i, ok := index[string(f.Kind)+"\x00"+f.Norm]
			if !ok {
				continue
			}
			j.sweep(&b, pg.text[last:f.Start], forms)
			if j.st.Items[i].Rejected {
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
	text string
	item int
}

// forms returns the texts of all accepted findings, each once, the longest first.
func (j *job) forms(index map[string]int) (all []form) {
	seen := map[string]bool{}
	for _, p := range j.pages {
		for _, f := range p.found {
			i, ok := index[string(f.Kind)+"\x00"+f.Norm]
			n := norm(f.Text)
			if !ok || j.st.Items[i].Rejected || seen[n] || len([]rune(n)) < 2 {
				continue
			}
			seen[n] = true
			all = append(all, form{f.Text, i})
		}
	}
	slices.SortStableFunc(all, func(a, b form) int { return len(norm(b.text)) - len(norm(a.text)) })
	return all
}

// sweep writes a piece of text between findings, with the forms in it replaced
// that were found elsewhere. A common word that is a name too was left there with
// care and stays.
func (j *job) sweep(b *strings.Builder, text string, forms []form) {
	flat := norm(text)
	for _, f := range forms {
		if j.st.Items[f.item].Kind == personal.Person || !strings.Contains(flat, norm(f.text)) {
			continue
		}
		if spans := occurrences(text, f.text); len(spans) > 0 {
			s := spans[0]
			j.sweep(b, text[:s[0]], forms)
			b.WriteString(j.stand(f.item))
			j.sweep(b, text[s[1]:], forms)
			return
		}
	}
	b.WriteString(text)
}
