package llm

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"amtsbote/skills/personal"
)

// A labelled text of package personal's testdata: what a person marked in it.
type labelledText struct {
	name, text string
	labels     []labelled
}

type labelled struct{ kind, text string }

func corpus(t testing.TB, folder string) (all []labelledText) {
	paths, err := filepath.Glob("../personal/testdata/" + folder + "/*")
	if err != nil || len(paths) == 0 {
		t.Fatal("no texts", err)
	}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		l := labelledText{name: filepath.Base(path)}
		var b strings.Builder
		for rest := string(data); rest != ""; {
			before, after, ok := strings.Cut(rest, "[[")
			b.WriteString(before)
			if rest = after; !ok {
				break
			}
			label, tail, _ := strings.Cut(after, "]]")
			kind, text, _ := strings.Cut(label, "|")
			l.labels = append(l.labels, labelled{kind, text})
			b.WriteString(text)
			rest = tail
		}
		l.text = b.String()
		all = append(all, l)
	}
	return all
}

// TestCorpus replaces personal data in texts with labels. What is sent holds none of
// the data that a label marks, but for the share that the handbook names; what comes
// back is the text.
func TestCorpus(t *testing.T) {
	for _, folder := range []string{"open", "frozen"} {
		sent, left, refused, n := map[string]int{}, map[string]int{}, 0, 0
		for _, l := range corpus(t, folder) {
			n++
			if !readable(l.text) {
				refused++
				t.Logf("%s: refused", l.name)
				continue
			}
			m := newMask([]string{l.text})
			if _, err := m.replace(nil); err != nil {
				t.Errorf("%s: %v", l.name, err)
				continue
			}
			if got, stray := m.back(m.texts[0], false); squeezed(got) != squeezed(l.text) || stray > 0 {
				t.Errorf("%s: came back as another text (%d strays): %s", l.name, stray, firstDifference(squeezed(got), squeezed(l.text)))
			}
			for _, label := range l.labels {
				group := "numbers and patterns"
				if label.kind == string(personal.Person) {
					group = "names"
				}
				sent[group]++
				if standsIn(m.texts[0], label) {
					left[group]++
					if folder == "open" {
						t.Logf("%s: %s %q is sent", l.name, label.kind, label.text)
					}
				}
			}
		}
		fmt.Printf("pseudonyms, %s texts: %d of %d texts refused", folder, refused, n)
		for _, group := range []string{"numbers and patterns", "names"} {
			fmt.Printf("; %s: %d of %d sent as they are", group, left[group], sent[group])
		}
		fmt.Println()
		if refused > 0 || left["names"]*100 > 5*sent["names"] || left["numbers and patterns"]*100 > 2*sent["numbers and patterns"] {
			t.Errorf("%s: more than the handbook for operators says", folder)
		}
	}
}

// TestLoose: what merely looks like personal data is replaced too, and what does not
// is left: amounts, dates, years, pages, laws.
func TestLoose(t *testing.T) {
	for text, want := range map[string]string{
		"Frau Oberbürgermeisterin":              "Frau #",
		"mit Herrn Zzyx Qworp um acht":          "mit Herrn # um acht",
		"fragen Sie @lindner:stadt.example.":    "fragen Sie #.",
		"an a+b@[x], k.l@m":                     "an a+b@[x], #",
		"Vorgang 4711222, Nr. 12 345 678 90":    "Vorgang #, Nr. #",
		"Karte 1234-5678-9012":                  "Karte #",
		"am 2026-11-05 10:15, 2026/2027":        "am 2026-11-05 10:15, 2026/2027",
		"1 250 000 Euro, 1250000,00 €":          "1 250 000 Euro, 1250000,00 €",
		"2024 2025 2026, S. 12, § 35a Abs. 1":   "2024 2025 2026, S. 12, § 35a Abs. 1",
		"am 3. November 2026 um 12,50 € teurer": "am 3. November 2026 um 12,50 € teurer",
		"Datei x_20261105.pdf":                  "Datei x_#.pdf",
	} {
		m := newMask([]string{text})
		if _, err := m.replace(nil); err != nil {
			t.Errorf("%q: %v", text, err)
		}
		if got := ours.ReplaceAllString(m.texts[0], "#"); got != want {
			t.Errorf("%q is sent as %q, want %q", text, got, want)
		}
		if back, _ := m.back(m.texts[0], false); back != text {
			t.Errorf("%q came back as %q", text, back)
		}
	}
}

var ours = regexp.MustCompile(`[A-Z]+_\d+(?: [A-Z]+_\d+)*`)

// TestOwnNumbers: what a text has itself behind such words is never taken for ours.
func TestOwnNumbers(t *testing.T) {
	var text strings.Builder
	for n := 100; n < 590; n++ {
		fmt.Fprintf(&text, "NAME_%d, ", n)
	}
	for n := range 60 {
		fmt.Fprintf(&text, "amt%d@web.example, ", n)
	}
	m := newMask([]string{text.String()})
	if _, err := m.replace(nil); err != nil {
		t.Fatal(err)
	}
	for n := range m.values {
		if n < 590 {
			t.Errorf("%d is drawn", n)
		}
	}
	if back, stray := m.back(m.texts[0], false); back != text.String() || stray != 0 {
		t.Errorf("came back otherwise, %d strays", stray)
	}
}

// standsIn reports whether a text has a datum, of a name any of its words.
func standsIn(text string, l labelled) bool {
	if l.kind != string(personal.Person) {
		return strings.Contains(text, l.text)
	}
	for word := range strings.FieldsFuncSeq(l.text, func(r rune) bool { return !unicode.IsLetter(r) && r != '-' }) {
		if len(word) > 3 && regexp.MustCompile(`(?:^|[^\p{L}])`+regexp.QuoteMeta(word)+`(?:$|[^\p{L}])`).MatchString(text) {
			return true
		}
	}
	return false
}

// squeezed is a text as far as placeholders keep it: without how lines are broken.
func squeezed(s string) string {
	return strings.Join(strings.Fields(strings.NewReplacer("\u00ad", "", ",", " ", "-", " ", "\n", " ").Replace(s)), "")
}

func firstDifference(a, b string) string {
	for i := 0; i < min(len(a), len(b)); i++ {
		if a[i] != b[i] {
			from := max(0, i-30)
			return fmt.Sprintf("%q, want %q", a[from:min(len(a), i+30)], b[from:min(len(b), i+30)])
		}
	}
	return "one is longer"
}
