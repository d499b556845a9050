package index

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"amtsbote/skills/facts"
)

// A corpus makes German texts of an office: sentences of the samples that other
// packages are tested with, in which other nouns, compounds, numbers and streets
// stand. Words come as often as in real texts: few often, most once or twice. The
// same seed makes the same texts.
type corpus struct {
	sentences []string
	nouns     []string
	rnd       *rand.Rand
}

func newCorpus(t testing.TB) *corpus {
	t.Helper()
	c := &corpus{rnd: rand.New(rand.NewPCG(5, 7))}
	for _, pattern := range []string{"../extract/testdata/key/*.txt", "../letter/testdata/letters/*.txt"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("no samples: %v", err)
		}
		slices.Sort(files)
		for _, f := range files {
			data, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			for _, span := range facts.Sentences(string(data)) {
				if s := strings.Join(strings.Fields(string(data[span.Start:span.End])), " "); len(s) > 40 && len(s) < 400 {
					c.sentences = append(c.sentences, s)
				}
			}
		}
	}
	for line := range strings.Lines(partList) {
		if !strings.HasPrefix(line, "#") {
			c.nouns = append(c.nouns, strings.Fields(line)...)
		}
	}
	c.rnd.Shuffle(len(c.nouns), func(i, j int) { c.nouns[i], c.nouns[j] = c.nouns[j], c.nouns[i] })
	return c
}

// noun returns a word of the list, the first ones far more often.
func (c *corpus) noun() string {
	f := c.rnd.Float64()
	return c.nouns[int(f*f*f*float64(len(c.nouns)))]
}

func capital(w string) string {
	r, n := utf8.DecodeRuneInString(w)
	return string(unicode.ToUpper(r)) + w[n:]
}

func (c *corpus) word() string {
	switch c.rnd.IntN(10) {
	case 0:
		return fmt.Sprintf("%d,%02d €", c.rnd.IntN(2000), c.rnd.IntN(100))
	case 1:
		return fmt.Sprintf("%d.%d-%s-%d/%d", c.rnd.IntN(70), c.rnd.IntN(10), strings.ToUpper(c.noun()[:3]), c.rnd.IntN(20000), 20+c.rnd.IntN(7))
	case 2:
		return fmt.Sprintf("§ %d Abs. %d %s", 1+c.rnd.IntN(200), 1+c.rnd.IntN(5), []string{"VwGO", "BGB", "KAG", "StVO", "SGB", "BauGB", "VwVfG"}[c.rnd.IntN(7)])
	case 3, 4, 5, 6:
		return capital(c.noun() + []string{"", "s", "en"}[c.rnd.IntN(3)] + c.noun())
	case 7:
		return capital(c.noun() + c.noun() + "s" + c.noun())
	}
	return capital(c.noun())
}

// text returns a passage of three to six sentences.
func (c *corpus) text() string {
	var b strings.Builder
	for range 3 + c.rnd.IntN(4) {
		for w := range strings.FieldsSeq(c.sentences[c.rnd.IntN(len(c.sentences))]) {
			if r, _ := utf8.DecodeRuneInString(w); unicode.IsUpper(r) && c.rnd.IntN(6) == 0 {
				w = c.word()
			}
			b.WriteString(w)
			b.WriteByte(' ')
		}
	}
	return strings.TrimSpace(b.String())
}

// source returns a document of n passages.
func (c *corpus) source(i, n int) (Source, []Passage) {
	s := Source{Key: fmt.Sprintf("ordner%d/datei%d.pdf", i%97, i), Name: capital(c.noun()) + "ordnung", Digest: "d"}
	all := make([]Passage, n)
	heading := ""
	for k := range all {
		if k%4 == 0 {
			heading = fmt.Sprintf("§ %d %s", k/4+1, capital(c.noun()))
		}
		all[k] = Passage{ID: ID(s.Key, k/3+1, k), Source: s.Key, Page: k/3 + 1, At: k, Heading: heading, Text: c.text()}
	}
	return s, all
}

// questions returns what people might ask: some words of a passage.
func (c *corpus) questions(n int) []string {
	all := make([]string, n)
	for i := range all {
		var words []string
		for w := range strings.FieldsSeq(c.text()) {
			if r, _ := utf8.DecodeRuneInString(w); unicode.IsUpper(r) {
				words = append(words, strings.Trim(w, ".,;:"))
			}
		}
		c.rnd.Shuffle(len(words), func(i, j int) { words[i], words[j] = words[j], words[i] })
		words = words[:min(len(words), 2+c.rnd.IntN(4))]
		all[i] = "Was gilt für " + strings.Join(words, " und ") + "?"
	}
	return all
}
