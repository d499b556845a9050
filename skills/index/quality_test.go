package index

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// qualityPassages reads a document of testdata/quality: the first line is its name,
// each line that begins with ## a heading with its passage below.
func qualityPassages(t *testing.T, file string) (Source, []Passage) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	name, rest, _ := strings.Cut(string(data), "\n")
	s := Source{Key: strings.TrimSuffix(filepath.Base(file), ".txt"), Name: name}
	var all []Passage
	for i, part := range strings.Split(rest, "## ")[1:] {
		heading, text, _ := strings.Cut(part, "\n")
		all = append(all, Passage{ID: ID(s.Key, 0, i), At: i, Heading: heading, Text: strings.TrimSpace(text)})
	}
	return s, all
}

// TestQuality asks questions of a small collection as an office has it. The
// expected passage must be among the first three for 95 of 100, and what the
// collection does not say must show by its share.
func TestQuality(t *testing.T) {
	x := openAt(t, t.TempDir())
	files, err := filepath.Glob("testdata/quality/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, f := range files {
		s, all := qualityPassages(t, f)
		n += len(all)
		if err := x.Put(t.Context(), s, all); err != nil {
			t.Fatal(err)
		}
	}
	data, err := os.ReadFile("testdata/quality/questions.tsv")
	if err != nil {
		t.Fatal(err)
	}
	var r result
	for line := range strings.Lines(string(data)) {
		f := strings.Split(strings.TrimSpace(line), "\t")
		r.ask(t, x, f[0], f[1], f[len(f)-1])
	}
	slices.Sort(r.there)
	slices.Sort(r.absent)
	strong := len(r.there) - weaks(r.there)
	weak := weaks(r.absent)
	t.Logf("shares of what is there: %.2f, of what is not: %.2f", r.there, r.absent)
	t.Logf("%d documents, %d passages, %d questions: first %d, among the first three %d, not weak %d; of %d without an answer %d weak",
		len(files), n, len(r.there), r.first, r.third, strong, len(r.absent), weak)
	if len(files) < 12 || n < 60 || len(r.there) < 40 || len(r.absent) < 15 {
		t.Error("the collection is too small")
	}
	if r.third*100 < len(r.there)*95 {
		t.Error("too few are found")
	}
	if strong*100 < len(r.there)*80 {
		t.Error("too many that are there count as weak")
	}
	if weak*100 < len(r.absent)*93 {
		t.Error("too many that are not there count as found")
	}
}

// A result counts the answers.
type result struct {
	first, third  int
	there, absent []float64 // shares, of questions with an answer and without one
}

// ask asks a question whose answer stands under a heading of a source; "-": nowhere.
func (r *result) ask(t *testing.T, x Index, question, source, heading string) {
	t.Helper()
	hits := searchFor(t, x, Query{Text: question, N: 3})
	if source == "-" {
		best := 0.0
		if len(hits) > 0 {
			best = hits[0].Share
		}
		r.absent = append(r.absent, best)
		if best >= Weak {
			t.Logf("found for %q: %s %s (%.2f)", question, hits[0].Source, hits[0].Heading, best)
		}
		return
	}
	rank := slices.IndexFunc(hits, func(h Hit) bool { return h.Source == source && strings.Contains(h.Heading, heading) })
	share := 0.0
	if rank >= 0 {
		r.third++
		share = hits[rank].Share
	}
	if rank == 0 {
		r.first++
	} else {
		t.Logf("%q wants %s %s, rank %d", question, source, heading, rank+1)
	}
	r.there = append(r.there, share)
}

func weaks(shares []float64) int {
	n := 0
	for _, s := range shares {
		if s < Weak {
			n++
		}
	}
	return n
}
