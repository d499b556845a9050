package personal

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A label is a place that a person marked in a text of testdata.
type label struct {
	kind       Kind
	start, end int
}

// labelled reads a text with labels, [[kind|text]].
func labelled(t testing.TB, path string) (string, []label) {
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	var labels []label
	rest := string(data)
	for {
		before, after, ok := strings.Cut(rest, "[[")
		b.WriteString(before)
		if !ok {
			return b.String(), labels
		}
		body, tail, ok := strings.Cut(after, "]]")
		kind, text, ok2 := strings.Cut(body, "|")
		if !ok || !ok2 {
			t.Fatalf("%s: broken label %q", path, body)
		}
		labels = append(labels, label{Kind(kind), b.Len(), b.Len() + len(text)})
		b.WriteString(text)
		rest = tail
	}
}

// A tally counts one kind.
type tally struct{ labels, hit, found, right int }

func (a *tally) add(b tally) {
	a.labels, a.hit, a.found, a.right = a.labels+b.labels, a.hit+b.hit, a.found+b.found, a.right+b.right
}

func (a tally) recall() float64    { return float64(a.hit) / float64(max(a.labels, 1)) }
func (a tally) precision() float64 { return float64(a.right) / float64(max(a.found, 1)) }

// group says what a kind is counted with.
func group(k Kind) string {
	switch k {
	case Person:
		return "names"
	case IBAN, TaxID, Pension, Health, IDCard, Card, VAT:
		return "check digits"
	}
	return "patterns"
}

// count holds the findings of one folder against its labels: a label is hit if
// findings of its kind cover all of it; a finding is right if it lies within labels
// of its kind, but for marks at its ends.
func count(t *testing.T, folder string, verbose bool) map[Kind]tally {
	paths, err := filesOf(folder)
	if err != nil || len(paths) == 0 {
		t.Fatal("no texts", err)
	}
	all := map[Kind]tally{}
	for _, path := range paths {
		text, labels := labelled(t, path)
		found := Find([]string{text}, Options{})[0]
		marks := map[Kind]cover{}
		hits := map[Kind]cover{}
		for _, k := range Kinds {
			marks[k], hits[k] = newCover(len(text)), newCover(len(text))
		}
		for _, l := range labels {
			marks[l.kind].take(l.start, l.end)
		}
		for _, f := range found {
			hits[f.Kind].take(f.Start, f.End)
		}
		for _, l := range labels {
			n := tally{labels: 1}
			if hits[l.kind].full(l.start, l.end) {
				n.hit = 1
			} else if verbose {
				t.Logf("%s: missed %s %q", filepath.Base(path), l.kind, text[l.start:l.end])
			}
			sum := all[l.kind]
			sum.add(n)
			all[l.kind] = sum
		}
		for _, f := range found {
			n := tally{found: 1}
			if marks[f.Kind].full(f.Start, f.End) {
				n.right = 1
			} else if verbose {
				t.Logf("%s: wrong %s %q", filepath.Base(path), f.Kind, f.Text)
			}
			sum := all[f.Kind]
			sum.add(n)
			all[f.Kind] = sum
		}
	}
	return all
}

// full reports whether all bytes are taken.
func (c cover) full(from, to int) bool {
	for i := from; i < to; i++ {
		if c[i/64]&(1<<(i%64)) == 0 {
			return false
		}
	}
	return true
}

func grouped(all map[Kind]tally) map[string]tally {
	sums := map[string]tally{}
	for k, n := range all {
		sum := sums[group(k)]
		sum.add(n)
		sums[group(k)] = sum
	}
	return sums
}

func figures(all map[Kind]tally) string {
	var b strings.Builder
	sums := grouped(all)
	for _, g := range []string{"check digits", "patterns", "names"} {
		n := sums[g]
		fmt.Fprintf(&b, "%s: recall %.3f precision %.3f (%d labels); ", g, n.recall(), n.precision(), n.labels)
	}
	return strings.TrimSuffix(b.String(), "; ")
}

// TestOpenTexts holds the recognisers against the texts they were mended by.
func TestOpenTexts(t *testing.T) { hold(t, "open", true) }

// TestFrozenTexts gives the published figures. Its texts were written before the
// code: do not read them, do not mend by them.
func TestFrozenTexts(t *testing.T) { hold(t, "frozen", false) }

func hold(t *testing.T, folder string, verbose bool) {
	all := count(t, folder, verbose)
	t.Log(folder + ": " + figures(all))
	sums := grouped(all)
	for _, want := range []struct {
		group             string
		recall, precision float64
	}{{"check digits", .99, .95}, {"patterns", .95, .95}, {"names", .90, .90}} {
		if n := sums[want.group]; n.recall() < want.recall || n.precision() < want.precision {
			t.Errorf("%s, %s: recall %.3f, precision %.3f; want %.2f, %.2f", folder, want.group, n.recall(), n.precision(), want.recall, want.precision)
		}
	}
	if testing.Verbose() {
		for _, k := range Kinds {
			n := all[k]
			t.Logf("%-10s %3d labels: recall %.3f, precision %.3f", k, n.labels, n.recall(), n.precision())
		}
	}
}

func filesOf(folder string) ([]string, error) {
	return filepath.Glob(filepath.Join("testdata", folder, "*.txt"))
}
