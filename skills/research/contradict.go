package research

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"amtsbote/bots"
	"amtsbote/skills/facts"
)

// A contradiction is two sentences of different documents that say the same but for
// their figures.
type contradiction struct {
	newer, older   int // numbers of sources
	newest, oldest string
	dates          [2]time.Time // of newer and older
}

// alikeShare is how much of their words two sentences must share to speak of the same.
const alikeShare = 0.6

// contradictions compares the quotes of the sources, and adds those passages that the
// model was given and did not name, but that contradict what it did.
func contradictions(used []source, given []passage) ([]source, []contradiction) {
	var all []contradiction
	n := len(used)
	for i := range n {
		for k := i + 1; k < n; k++ {
			if c, ok := compare(used[i], used[k], i, k); ok {
				all = append(all, c)
			}
		}
	}
	for i := range n {
		for _, p := range given {
			if !apart(used[i].passage, p) || slices.ContainsFunc(used, func(s source) bool { return s.file == p.file && s.text == p.text }) {
				continue
			}
			other := source{p, quote(p.text, used[i].quote)}
			if c, ok := compare(used[i], other, i, len(used)); ok {
				used, all = append(used, other), append(all, c)
			}
		}
	}
	return used, all
}

// apart reports whether two passages can contradict each other: only documents whose
// dates differ do so here, as of one day nobody can say which is right.
func apart(a, b passage) bool {
	return a.file != b.file && !a.date.IsZero() && !b.date.IsZero() && day(a.date) != day(b.date)
}

// compare compares two sources, which are the ones at i and k.
func compare(a, b source, i, k int) (contradiction, bool) {
	if !apart(a.passage, b.passage) {
		return contradiction{}, false
	}
	if a.date.Before(b.date) {
		a, b, i, k = b, a, k, i
	}
	wa, wb := bare(a.quote), bare(b.quote)
	if len(wa) < 2 || len(wb) < 2 || float64(shared(wa, wb)) < alikeShare*float64(len(wa)) || float64(shared(wb, wa)) < alikeShare*float64(len(wb)) {
		return contradiction{}, false
	}
	fa, fb := figures(a.quote), figures(b.quote)
	for _, kind := range []facts.Kind{facts.Amount, facts.Percent, facts.Term, facts.Time} {
		x, y := fa[kind], fb[kind]
		if len(x) == 0 || len(y) == 0 || slices.ContainsFunc(x, func(f facts.Fact) bool {
			return slices.ContainsFunc(y, func(g facts.Fact) bool { return f.Norm == g.Norm })
		}) {
			continue
		}
		return contradiction{newer: i + 1, older: k + 1, newest: x[0].Text, oldest: y[0].Text, dates: [2]time.Time{a.date, b.date}}, true
	}
	return contradiction{}, false
}

// bare returns the telling words of a sentence without its figures.
func bare(text string) map[string]bool {
	all := words(text)
	for w := range all {
		if strings.ContainsAny(w, "0123456789") {
			delete(all, w)
		}
	}
	return all
}

func figures(text string) map[facts.Kind][]facts.Fact {
	all := map[facts.Kind][]facts.Fact{}
	for _, f := range facts.Find(text, time.Time{}) {
		all[f.Kind] = append(all[f.Kind], f)
	}
	return all
}

// say names a contradiction.
func (c contradiction) say() bots.Text {
	newest, oldest := bots.Quoted(c.newest), bots.Quoted(c.oldest)
	return bots.Text{
		DE: fmt.Sprintf("Die Fundstellen widersprechen sich: die neuere [%d] (%s) nennt %s, die ältere [%d] (%s) %s. Bitte prüfen Sie, welche gilt.", c.newer, day(c.dates[0]), newest.DE, c.older, day(c.dates[1]), oldest.DE),
		EN: fmt.Sprintf("The passages contradict each other: the newer [%d] (%s) says %s, the older [%d] (%s) %s. Please check which one holds.", c.newer, day(c.dates[0]), newest.EN, c.older, day(c.dates[1]), oldest.EN),
	}
}
