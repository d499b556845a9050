package index

import (
	"fmt"
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
	var yes, no []float64
	var asked, first, third, strong, none, weak int
	for line := range strings.Lines(string(data)) {
		f := strings.Split(strings.TrimSpace(line), "\t")
		hits := searchFor(t, x, Query{Text: f[0], N: 3})
		if f[1] == "-" {
			none++
			if len(hits) > 0 {
				no = append(no, hits[0].Share)
			} else {
				no = append(no, 0)
			}
			if len(hits) == 0 || hits[0].Share < Weak {
				weak++
			} else {
				t.Logf("found for %q: %s %s (%.2f)", f[0], hits[0].Source, hits[0].Heading, hits[0].Share)
			}
			continue
		}
		asked++
		rank, share, got := 0, 0.0, ""
		for i, h := range hits {
			got += fmt.Sprintf("  %s %s (%.2f)", h.Source, h.Heading, h.Share)
			if rank == 0 && h.Source == f[1] && strings.HasPrefix(h.Heading, f[2]) || rank == 0 && h.Source == f[1] && strings.Contains(h.Heading, f[2]) {
				rank, share = i+1, h.Share
			}
		}
		if rank == 1 {
			first++
		}
		if rank > 0 {
			third++
		}
		yes = append(yes, share)
		if share >= Weak {
			strong++
		}
		if rank != 1 || share < Weak {
			t.Logf("%q wants %s %s, rank %d:%s", f[0], f[1], f[2], rank, got)
		}
	}
	slices.Sort(yes)
	slices.Sort(no)
	t.Logf("shares of what is there: %.2f, of what is not: %.2f", yes, no)
	t.Logf("%d documents, %d passages, %d questions: first %d, among the first three %d, not weak %d; of %d without an answer %d weak", len(files), n, asked, first, third, strong, none, weak)
	if len(files) < 12 || n < 60 || asked < 40 || none < 15 {
		t.Error("the collection is too small")
	}
	if third*100 < asked*95 {
		t.Error("too few are found")
	}
	if strong*100 < asked*80 {
		t.Error("too many that are there count as weak")
	}
	if weak*100 < none*93 {
		t.Error("too many that are not there count as found")
	}
}
