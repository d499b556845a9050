package check

import (
	_ "embed"
	"strings"
	"unicode"
	"unicode/utf8"

	"amtsbote/skills/facts"
)

// given are frequent given names in Germany, in lower case.
//
//go:embed given.txt
var givenText string

var given = set(givenText)

// A word is a run of letters in a text.
type word struct {
	start, end int
	low        string
	upper      bool
	joined     bool // to the one before by a blank or hyphen, as the parts of a name are
	turned     bool // by a comma: "Müller, Helga"
}

// words calls fn with each word of a text.
func words(text string, fn func(w word)) {
	last := 0
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		if !unicode.IsLetter(r) {
			i += size
			continue
		}
		w := word{start: i, upper: unicode.IsUpper(r)}
		for i < len(text) {
			r, size := utf8.DecodeRuneInString(text[i:])
			if !unicode.IsLetter(r) && r != '\u00ad' && !unicode.Is(unicode.Mn, r) && !apostrophe(r, text[i+size:]) {
				break
			}
			i += size
		}
		w.end = i
		if w.end-w.start <= 60 {
			w.low = lower(text[w.start:w.end])
		}
		switch between := text[last:w.start]; between {
		case " ", "-", "\u00a0", "‑", ". ":
			w.joined = between != ". " || last > 1 && (last == 1 || !isLetter(text[last-2]))
		case ", ":
			w.turned = true
		}
		last = w.end
		fn(w)
	}
}

var invisible = strings.NewReplacer("\u00ad", "", "’", "'")

// lower brings a word to the form that it is compared in.
func lower(w string) string {
	w = strings.ToLower(w)
	if strings.Contains(w, "\u00ad") || strings.Contains(w, "’") {
		return invisible.Replace(w)
	}
	return w
}

// apostrophe reports whether a rune joins two parts of a word: "O'Connor".
func apostrophe(r rune, rest string) bool {
	next, _ := utf8.DecodeRuneInString(rest)
	return (r == '\'' || r == '’') && unicode.IsLetter(next)
}

func (s *Sources) readWords() {
	var before word
	words(s.text, func(w word) {
		s.put(kWord, w.low)
		if before.upper && w.upper && (w.joined || w.turned) {
			a, b := before, w
			if w.turned {
				a, b = w, before
			}
			s.put(kPair, a.low+" "+b.low)
			if len(s.after) < maxAfter {
				s.after[hash(kAfter, a.low)] = s.text[b.start:b.end]
			}
			if w.joined && role(a.low) {
				s.addName(s.text[b.start:b.end])
			}
			if w.joined && given[a.low] {
				s.put(kName, a.low)
				s.addName(s.text[b.start:b.end])
				s.show(facts.Person, shown{text: s.text[a.start:b.end]})
			}
		}
		before = w
	})
}

func (s *Sources) addPerson(f facts.Fact) {
	parts := nameWords(f.Norm)
	for _, p := range parts {
		s.addName(p)
	}
	if len(parts) == 0 {
		return
	}
	h := hash(kName, strings.ToLower(parts[len(parts)-1]))
	s.gender[h] |= genderOf(f.Cue)
}

// A person is a word of a name, as written and in lower case.
type person struct{ name, low string }

const (
	maxNames = 1000
	maxAfter = 20000
)

func (s *Sources) addName(name string) {
	low := strings.ToLower(name)
	if !s.has(kName, low) || given[low] {
		if len(s.names) < maxNames && utf8.RuneCountInString(low) >= 4 {
			s.names = append(s.names, person{name, low})
		}
		s.put(kName, low)
	}
}

// Genders that a cue tells.
const (
	male   = 1
	female = 2
)

func genderOf(cue string) uint8 {
	switch cue {
	case "herr", "herrn", "mr":
		return male
	case "frau", "mrs", "ms":
		return female
	}
	return male | female
}

func nameWords(norm string) []string {
	all := strings.FieldsFunc(norm, func(r rune) bool { return r == ' ' || r == '-' || r == '\u00a0' || r == '‑' })
	out := all[:0]
	for _, w := range all {
		if w != "" && upper(w) && !strings.HasSuffix(w, ".") {
			out = append(out, strings.Trim(w, "'’."))
		}
	}
	return out
}

// How the sources know a word.
const (
	unknown  = iota
	genitive // without or with the s at its end
	exact
)

func (s *Sources) knows(low string) int {
	if s.has(kWord, low) {
		return exact
	}
	if stem, ok := strings.CutSuffix(low, "s"); ok && s.has(kWord, strings.TrimSuffix(stem, "'")) {
		return genitive
	}
	if s.has(kWord, low+"s") {
		return genitive
	}
	return unknown
}

// hasPerson reports whether the sources have every word of a name, and a given
// name with no other surname only; and call the person Herr or Frau as well.
func (s *Sources) hasPerson(f facts.Fact) bool {
	parts := nameWords(f.Norm)
	last := ""
	for i, p := range parts {
		low := strings.ToLower(p)
		k := s.knows(low)
		if k == unknown {
			if i > 0 && last != strings.ToLower(parts[i-1]) {
				break // "Frau Grabowskis Frage": the name has ended
			}
			return false
		}
		if k == genitive && strings.HasSuffix(low, "s") {
			low = strings.TrimSuffix(low[:len(low)-1], "'")
		}
		if i > 0 && !s.paired(last, low) {
			if last != strings.ToLower(parts[i-1]) {
				break
			}
			return false
		}
		last = low
	}
	if last == "" {
		return len(parts) == 0
	}
	g, cue := s.gender[hash(kName, last)], genderOf(f.Cue)
	return g == 0 || g&cue != 0
}

// paired reports whether two words may be the name of one person: they stand
// side by side in the sources, or the first beside no other.
func (s *Sources) paired(a, b string) bool {
	return s.has(kPair, a+" "+b) || s.has(kPair, b+" "+a) || s.has(kPair, a+" "+b+"s") || !s.has(kName, a)
}

// names checks persons by cue, given names with a surname, and words that are
// almost a name of the sources.
func (c *checker) names() {
	var before word
	tries := 0
	words(c.text, func(w word) {
		defer func() { before = w }()
		if !w.upper || w.end-w.start < 3 || c.src.knows(w.low) != unknown {
			return
		}
		switch {
		case before.upper && w.joined && given[before.low] && !given[w.low] && !c.common(before, w):
			c.add(facts.Person, before.start, w.end)
		case before.upper && w.joined && c.src.almostAfter(before.low, w.low):
			c.add(facts.Person, before.start, w.end)
		case w.joined && role(before.low) && before.upper && !common[w.low]:
			c.add(facts.Person, w.start, w.end)
		default:
			if tries++; tries <= 500 && c.src.similarName(w.low) != "" {
				c.add(facts.Person, w.start, w.end)
			}
		}
	})
	for _, f := range c.persons {
		if !c.src.hasPerson(f) {
			c.add(facts.Person, f.Start, f.End)
		}
	}
}

// common reports whether the word behind a given name is no surname: the name
// before it is in the genitive, or it is a frequent noun.
func (c *checker) common(before, w word) bool {
	return common[w.low] || strings.HasSuffix(before.low, "s") && !given[before.low]
}

var common = set("antrag anträge frage schreiben bescheid widerspruch antwort brief mail angaben bericht vorschlag hinweis bitte termin am im in der die das hat ist und oder")

// role reports whether a word is an office that a name follows.
func role(w string) bool {
	for _, end := range []string{"meister", "meisterin", "leiter", "leiterin", "vorsitzende", "vorsitzender", "vorsitzenden", "anwalt", "anwältin", "notar", "notarin", "richter", "richterin", "professor", "professorin", "direktor", "direktorin", "minister", "ministerin", "dezernent", "dezernentin", "referent", "referentin", "architekt", "architektin", "rektor", "rektorin", "landrat", "landrätin", "baurat", "baurätin", "kollege", "kollegin", "kollegen", "familie", "eheleute", "eheleuten"} {
		if strings.HasSuffix(w, end) {
			return true
		}
	}
	return false
}

// similarName returns the name of the sources that a word is almost: one letter
// off, of a long word two.
func (s *Sources) similarName(low string) string {
	n := utf8.RuneCountInString(low)
	if n < 4 {
		return ""
	}
	limit := 1
	if n >= 7 {
		limit = 2
	}
	for _, p := range s.names {
		if d := len(p.low) - len(low); d > 4 || d < -4 || p.low[0] != low[0] {
			continue
		}
		if distance(p.low, low, limit) <= limit && !inflected(p.low, low) {
			return p.name
		}
	}
	return ""
}

// almostAfter reports whether a word is almost the one that stands behind
// another in the sources.
func (s *Sources) almostAfter(before, low string) bool {
	name := strings.ToLower(s.after[hash(kAfter, before)])
	n := utf8.RuneCountInString(low)
	return n >= 4 && name != "" && name[0] == low[0] && !inflected(name, low) && distance(name, low, 3) <= min(3, n/3)
}

// inflected reports whether one word is the other with an ending: "Bauern" is
// not almost Herr Bauer.
func inflected(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	rest, ok := strings.CutPrefix(unlaut.Replace(b), unlaut.Replace(a))
	switch rest {
	case "":
		return ok && strings.ContainsAny(a+b, "äöü") && unlaut.Replace(a) == unlaut.Replace(b) && len(a) != len(b)
	case "n", "en", "e", "er", "es", "s", "in", "ern", "ns":
		return ok
	}
	return false
}

var unlaut = strings.NewReplacer("ä", "a", "ö", "o", "ü", "u")
