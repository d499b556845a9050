package translate

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Config is the part of the configuration for translations.
type Config struct {
	// Glossary is a CSV file of the authority's own terms: the first line has codes
	// of languages ("de;en;tr"), each further one a term in these; a field may be
	// empty. Default: none.
	Glossary string `yaml:"glossary"`
}

// Limits of a glossary.
const (
	maxGlossary = 1 << 20
	maxTerms    = 5000
)

// Validate reports what is wrong with the glossary.
func (c Config) Validate() error {
	_, err := c.load()
	return err
}

// A glossary is terms by language.
type glossary []map[string]string

func (c Config) load() (glossary, error) {
	if c.Glossary == "" {
		return nil, nil
	}
	f, err := os.Open(c.Glossary)
	if err != nil {
		return nil, fmt.Errorf("glossary: %w", err)
	}
	defer func() { _ = f.Close() }() // only read
	g, err := readGlossary(f)
	if err != nil {
		return nil, fmt.Errorf("glossary: %s: %w", c.Glossary, err)
	}
	return g, nil
}

func readGlossary(r io.Reader) (g glossary, err error) {
	data, err := io.ReadAll(io.LimitReader(r, maxGlossary+1))
	switch {
	case err != nil:
		return nil, err
	case len(data) > maxGlossary:
		return nil, fmt.Errorf("must have at most %d KB", maxGlossary>>10)
	case !utf8.Valid(data):
		return nil, errors.New("must be text in UTF-8")
	}
	table := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(data), "\ufeff")))
	table.Comma, table.Comment = ';', '#'
	rows, err := table.ReadAll()
	if err != nil {
		return nil, err // encoding/csv names the line
	}
	if len(rows) < 2 {
		return nil, errors.New("needs a line of languages such as de;en and one for each term")
	}
	if len(rows) > maxTerms {
		return nil, fmt.Errorf("must have at most %d terms", maxTerms)
	}
	for i, code := range rows[0] {
		rows[0][i] = strings.ToLower(strings.TrimSpace(code))
		if !coded(rows[0][i]) {
			return nil, fmt.Errorf("line 1: %q is not the code of a language, such as de or en", code)
		}
	}
	for _, row := range rows[1:] {
		term := map[string]string{}
		for i, s := range row {
			if s = strings.TrimSpace(s); s != "" {
				term[rows[0][i]] = s
			}
		}
		g = append(g, term)
	}
	return g, nil
}

// A term is what a glossary says of a word in a text.
type term struct{ source, target string }

// maxGiven is how many terms one prompt gets; a paragraph hardly has more.
const maxGiven = 60

// occurring returns the terms that occur in a text, with their translation.
func (g glossary) occurring(text, from, to string) (all []term) {
	text = strings.ToLower(text)
	for _, t := range g {
		if s, to := t[from], t[to]; s != "" && to != "" && len(all) < maxGiven && hasTerm(text, strings.ToLower(s)) {
			all = append(all, term{s, to})
		}
	}
	return all
}

// hasTerm reports whether a text has a term, each word of it with up to three
// letters of an ending: "Bescheids", but not "Bescheidenheit".
func hasTerm(text, term string) bool {
	for from := 0; ; {
		i := strings.Index(text[from:], term)
		if i < 0 {
			return false
		}
		i += from
		before, _ := utf8.DecodeLastRuneInString(text[:i])
		if !unicode.IsLetter(before) && endingIn(text[i+len(term):]) <= 3 {
			return true
		}
		from = i + len(term)
	}
}

// endingIn returns how many letters follow at the beginning of a text.
func endingIn(s string) (n int) {
	for _, r := range s {
		if !unicode.IsLetter(r) {
			break
		}
		n++
	}
	return n
}

// missing returns the terms whose translation a text does not have. Endings may
// differ: all but the last two letters of each word must be there.
func missing(terms []term, text string) (all []term) {
	text = strings.ToLower(text)
	for _, t := range terms {
		for w := range strings.FieldsSeq(strings.ToLower(t.target)) {
			if r := []rune(w); len(r) > 4 {
				w = string(r[:len(r)-2])
			}
			if !strings.Contains(text, w) {
				all = append(all, t)
				break
			}
		}
	}
	return all
}
