// Package personal finds personal data in German and English office texts,
// without a language model: numbers of persons with check digits, phone, mail,
// address, day of birth, number plates, file numbers, names. It serves redacting
// and the replacement of personal data around a model.
//
// It asks another question than package facts, on which it builds. There
// certainty goes before completeness; here what is overlooked does the harm, so a
// number is also taken for a phone without a cue word if it is written as one, a
// first name from a list makes the capitalised word behind it a surname, and
// what was a name once is one in all of the text: alone, in the genitive, in
// capitals, with ue for ü, parted at the end of a line.
//
// Still things are overlooked, names above all: no caller may call a text free of
// personal data. The test over testdata measures how much.
//
// Not used: nyaruka/phonenumbers (see package facts) and modules for Named Entity
// Recognition (jdkato/prose knows English only; others need weights of hundreds
// of megabytes). The lists of names and of districts are compiled by hand.
package personal

import (
	"slices"

	"amtsbote/skills/facts"
)

// A Kind is a kind of personal data.
type Kind string

// The kinds; Norm as stated, else without blanks and marks.
const (
	Person    Kind = "person"    // Norm names the same person however often and in which form; see Find
	Address   Kind = "address"   // Norm on one line; a street alone has the Norm of the whole address if there is one only
	Phone     Kind = "phone"     // Norm "+49404280"
	Email     Kind = "email"     // Norm in lower case
	Birth     Kind = "birth"     // a day of birth; Norm "1980-03-12"
	Plate     Kind = "plate"     // of a vehicle; Norm "HH-AB1234"
	Reference Kind = "reference" // file, customer, contract numbers
	IBAN      Kind = "iban"      // with valid check digits, or behind the word
	TaxID     Kind = "tax-id"    // Steuer-ID
	Pension   Kind = "pension"   // Rentenversicherungsnummer, Sozialversicherungsnummer
	Health    Kind = "kvnr"      // Krankenversichertennummer
	IDCard    Kind = "id-card"   // passport and identity card: serial, machine-readable lines
	Card      Kind = "card"      // payment cards
	VAT       Kind = "vat-id"    // USt-IdNr.
)

// Kinds are all kinds, in the order in which people are shown them.
var Kinds = []Kind{Person, Address, Birth, Phone, Email, IBAN, TaxID, Pension, Health, IDCard, Card, VAT, Plate, Reference}

// A Finding is a place in a text that is taken for personal data.
type Finding struct {
	Kind       Kind
	Start, End int    // bytes of the text
	Text       string // text[Start:End]; of a person without Frau, Herr and titles
	Norm       string // equal for the same datum, in all texts of one call; not for display
	// Sure is false where only a list, or a form without a cue word, speaks for it.
	Sure bool
	// Office marks names that stand there as an office's own: who signs by order,
	// who deals with the case.
	Office bool
}

// Options of Find. The zero value is the usual.
type Options struct {
	// Names are taken for persons wherever they stand in the text: found by a
	// model, added by somebody, known from other texts.
	Names []string
}

// Find returns what it takes for personal data in the texts, which belong
// together (pages of a document, files of a conversation), for each text in the
// order of position and without overlaps. A name that stands in one text is
// found in all. Time and memory grow linearly with the texts.
func Find(texts []string, o Options) [][]Finding {
	names := newNames(o)
	scans := make([]*scan, len(texts))
	for i, text := range texts {
		s := newScan(text)
		s.facts = facts.Find(text, noDay)
		s.numbers()
		s.contacts()
		s.references()
		s.plates()
		s.addresses()
		s.births()
		s.persons(names)
		s.namedBirths()
		scans[i] = s
	}
	same := map[string]bool{}
	for _, s := range scans {
		for _, f := range s.found {
			if f.Kind == Birth {
				same[f.Norm] = true
			}
		}
	}
	all := make([][]Finding, len(texts))
	for i, s := range scans {
		s.sameBirths(same)
		s.spread(names)
		all[i] = s.result()
	}
	names.identify(all)
	joinAddresses(all)
	return all
}

// scan is the state of finding in one text.
type scan struct {
	text  string
	facts []facts.Fact
	toks  []token
	found []Finding
	named cover  // where persons were found
	half  string // the surname of a form that waits for its first name
}

func newScan(text string) *scan {
	s := &scan{text: text, named: newCover(len(text))}
	s.tokenise()
	return s
}

func (s *scan) add(k Kind, start, end int, norm string, sure bool) {
	s.found = append(s.found, Finding{Kind: k, Start: start, End: end, Text: s.text[start:end], Norm: norm, Sure: sure})
}

// rank says which of two findings at the same place wins: the lower.
var rank = map[Kind]int{
	Email: 0, IDCard: 1, IBAN: 2, TaxID: 3, Pension: 4, Health: 5, Card: 6, VAT: 7, Plate: 8, Birth: 9, Address: 10, Phone: 11, Reference: 12, Person: 13,
}

// result returns the findings in order, of overlapping ones the sure, the higher
// in rank, the longer.
func (s *scan) result() []Finding {
	better := func(a, b Finding) int {
		switch {
		case a.Sure != b.Sure && (a.Kind != Person || b.Kind != Person):
			if a.Sure {
				return -1
			}
			return 1
		case rank[a.Kind] != rank[b.Kind]:
			return rank[a.Kind] - rank[b.Kind]
		case a.End-a.Start != b.End-b.Start:
			return (b.End - b.Start) - (a.End - a.Start)
		}
		return a.Start - b.Start
	}
	slices.SortStableFunc(s.found, better)
	taken := newCover(len(s.text))
	var kept []Finding
	for _, f := range s.found {
		if f.End > f.Start && taken.free(f.Start, f.End) {
			taken.take(f.Start, f.End)
			kept = append(kept, f)
		}
	}
	slices.SortFunc(kept, func(a, b Finding) int { return a.Start - b.Start })
	return kept
}

// cover notes which bytes of a text are taken.
type cover []uint64

func newCover(n int) cover { return make(cover, n/64+1) }

func (c cover) free(from, to int) bool {
	for i := from; i < to; i++ {
		if c[i/64]&(1<<(i%64)) != 0 {
			return false
		}
	}
	return true
}

func (c cover) take(from, to int) {
	for i := from; i < to; i++ {
		c[i/64] |= 1 << (i % 64)
	}
}
