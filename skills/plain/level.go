package plain

import (
	"fmt"
	"slices"
)

// A Level is how plain a text shall be.
type Level string

const (
	Clear  Level = "clear"  // bürgernah: clear German of an office
	Simple Level = "simple" // Einfache Sprache, about B1; DIN 8581-1:2024
	Easy   Level = "easy"   // Leichte Sprache, A1 to A2; DIN SPEC 33429, Netzwerk Leichte Sprache, BITV 2.0 Anlage 2
)

// limits are those of a level. The rule works name them in words ("short
// sentences"); the figures are this package's reading of them.
type limits struct {
	words    int           // of a sentence
	letters  int           // of a word without a hyphen
	clauses  int           // of a sentence
	share    int           // percent of the sentences that may have one of the kinds in some
	some     map[Kind]bool // allowed in some sentences
	never    map[Kind]bool // not allowed
	maxHints int
}

var limitsOf = map[Level]limits{
	Clear: {words: 25, letters: 24, clauses: 3, share: 25, maxHints: 15,
		some: kinds(Passive, Genitive, Negation, Subjunct, Office), never: kinds(Double, Nominal)},
	Simple: {words: 15, letters: 18, clauses: 2, share: 10, maxHints: 20,
		some: kinds(Genitive, Negation, Passive, Subjunct), never: kinds(Double, Nominal, Office, Short)},
	Easy: {words: 12, letters: 12, clauses: 1, share: 10, maxHints: 30,
		some: kinds(Negation), never: kinds(Passive, Subjunct, Genitive, Short, Office, Nominal, Double, Spelled, DateShape, Line)},
}

func kinds(all ...Kind) map[Kind]bool {
	m := map[Kind]bool{}
	for _, k := range all {
		m[k] = true
	}
	return m
}

// Breaks returns what of a report is against a level, in the order of the text.
func (l Level) Breaks(r Report) []Finding {
	lim := limitsOf[l]
	count := map[Kind]int{}
	for _, f := range r.Findings {
		count[f.Kind]++
	}
	return slices.DeleteFunc(slices.Clone(r.Findings), func(f Finding) bool {
		switch f.Kind {
		case Long:
			return f.N <= lim.words
		case Compound:
			return f.N <= lim.letters
		case Clauses:
			return f.N <= lim.clauses
		}
		return !lim.never[f.Kind] && (!lim.some[f.Kind] || count[f.Kind]*100 <= max(lim.share*r.Sentences, 100))
	})
}

// names are the kinds as people read them: one, several.
var names = map[Kind][2]string{
	Long: {"langer Satz", "lange Sätze"}, Passive: {"Passiv", "Passiv"}, Compound: {"langes Wort", "lange Wörter"}, Negation: {"Verneinung", "Verneinungen"},
	Double: {"doppelte Verneinung", "doppelte Verneinungen"}, Subjunct: {"Konjunktiv", "Konjunktive"}, Genitive: {"Genitiv", "Genitive"},
	Short: {"Abkürzung", "Abkürzungen"}, Office: {"Amts- oder Fremdwort", "Amts- und Fremdwörter"}, Nominal: {"Satz voller Hauptwörter", "Sätze voller Hauptwörter"},
	Clauses: {"verschachtelter Satz", "verschachtelte Sätze"}, Spelled: {"Zahl als Wort", "Zahlen als Wörter"}, DateShape: {"Datum nur aus Ziffern", "Daten nur aus Ziffern"},
	Line: {"Zeile mit mehreren Sätzen", "Zeilen mit mehreren Sätzen"},
}

// German is how people and models read the level.
func (l Level) German() string {
	switch l {
	case Easy:
		return "Leichte Sprache"
	case Simple:
		return "Einfache Sprache"
	}
	return "bürgernahe Sprache"
}

// Rules names the rule work of a level.
func (l Level) Rules() string {
	switch l {
	case Easy:
		return "DIN SPEC 33429, Netzwerk Leichte Sprache, BITV 2.0 Anlage 2"
	case Simple:
		return "DIN 8581-1:2024"
	}
	return "klare Verwaltungssprache"
}

// title names a finding and what exactly is too much.
func (f Finding) title() string {
	name := names[f.Kind][0]
	switch f.Kind {
	case Long:
		return fmt.Sprintf("%s (%d Wörter)", name, f.N)
	case Compound:
		return fmt.Sprintf("%s (%d Buchstaben)", name, f.N)
	case Clauses:
		return fmt.Sprintf("%s (%d Teile)", name, f.N)
	}
	return name
}
