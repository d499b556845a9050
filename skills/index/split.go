package index

import (
	_ "embed"
	"strings"
	"unicode"
	"unicode/utf8"

	"amtsbote/skills/facts"
)

//go:embed parts.txt
var partList string

// known are the words that compounds are made of, folded.
var known = func() map[string]bool {
	all := map[string]bool{}
	for line := range strings.Lines(partList) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		for w := range strings.FieldsSeq(line) {
			all[facts.Fold(w)] = true
		}
	}
	return all
}()

// Limits of splitting.
const (
	minCompound = 7  // letters of a word that may be one
	maxCompound = 60 // bytes; longer ones are no words
	minPart     = 3  // letters of a part
	minForeign  = 4  // letters of a part that is not in the list
	minHead     = 4  // letters of the last part beside one that is not in the list
)

// split returns the stems of the parts of a compound, the last one is the head;
// nil for a word that is none. A noun may begin with a part that the list does
// not have ("Drohnenflug"), never end with one: that would find parts where there
// are none.
func split(word string) []string {
	if len(word) > maxCompound || utf8.RuneCountInString(word) < minCompound {
		return nil
	}
	low := lower(word)
	if _, ok := base(low, false); ok {
		return nil
	}
	s := splitter{word: low, from: map[int][]string{}}
	if parts := s.rest(0); len(parts) > 1 {
		return stemAll(parts)
	}
	if r, _ := utf8.DecodeRuneInString(word); !unicode.IsUpper(r) {
		return nil
	}
	for i := minForeign; i <= len(low)-minHead; i++ {
		if !utf8.RuneStart(low[i]) || !speakable(low[:i]) {
			continue
		}
		if parts := s.rest(i); len(parts) > 0 && len(parts[0]) >= minHead {
			return stemAll(append([]string{strings.TrimSuffix(low[:i], "s")}, parts...))
		}
	}
	return nil
}

func stemAll(parts []string) []string {
	for i, p := range parts {
		parts[i] = norm(p)
	}
	return parts
}

// lower writes a word in lower case and leaves out hyphens within it.
func lower(word string) string {
	return strings.Map(func(r rune) rune {
		if r == '\u00ad' || r == '-' {
			return -1
		}
		return unicode.ToLower(r)
	}, word)
}

// speakable reports whether a part that is not in the list could be one.
func speakable(s string) bool {
	return utf8.RuneCountInString(s) >= minForeign && strings.ContainsAny(s, "aeiouyäöü") && !prefixes[s]
}

// prefixes make no compound of a word: "unterhalten", "Überweisung".
var prefixes = func() map[string]bool {
	all := map[string]bool{}
	for p := range strings.FieldsSeq("unter über hinter wieder gegen nach nieder ober innen außen anti inter super haupt selbst allgemein gesamt eigen voran voraus vorbei zusammen zurück weiter heraus hinein herein auseinander entgegen fest") {
		all[p] = true
	}
	return all
}()

// A splitter looks for the fewest parts that make up a word.
type splitter struct {
	word string
	from map[int][]string // the parts from a byte on; nil: there are none
}

// rest returns the parts of the word from byte i on, all of them in the list.
func (s *splitter) rest(i int) []string {
	if parts, ok := s.from[i]; ok {
		return parts
	}
	s.from[i] = nil
	var best []string
	if b, ok := base(s.word[i:], false); ok {
		best = []string{b}
	} else {
		for j := i + minPart; j <= len(s.word)-minPart; j++ {
			if !utf8.RuneStart(s.word[j]) {
				continue
			}
			b, ok := base(s.word[i:j], true)
			if !ok {
				continue
			}
			if tail := s.rest(j); tail != nil && (best == nil || len(tail)+1 < len(best)) {
				best = append([]string{b}, tail...)
			}
		}
	}
	s.from[i] = best
	return best
}

// Endings between parts, and those of a last part.
var (
	links   = []string{"", "s", "n", "en", "es", "e", "er", "ns", "ens"}
	endings = []string{"", "s", "n", "en", "es", "e", "er", "ern", "em", "in", "innen", "se", "sen", "ses"}
)

// base returns the basic form of a part: without what links it to the next one or,
// of the last one, without its ending.
func base(part string, linked bool) (string, bool) {
	p := facts.Fold(part)
	ends := endings
	if linked {
		ends = links
	}
	for _, end := range ends {
		if b, ok := strings.CutSuffix(p, end); ok && len(b) >= minPart && known[b] {
			return b, true
		}
	}
	if linked && len(p) > minPart { // Schule: Schulhof
		for _, e := range []string{"e", "en"} {
			if known[p+e] {
				return p + e, true
			}
		}
	}
	return "", false
}

// joined returns what parts make together: the whole and, of
// "Verwaltungsgebührensatzung", also "gebühr+satzung" and "verwaltung+gebühr".
// Whatever links or hyphens there are, the same parts are the same.
func joined(parts []string) (whole string, spans []string) {
	if len(parts) < 2 || len(parts) > 6 {
		return "", nil
	}
	if len(parts) > 2 {
		spans = []string{strings.Join(parts[1:], "+"), strings.Join(parts[:len(parts)-1], "+")}
	}
	return strings.Join(parts, "+"), spans
}
