// Package facts recognises in German and English text, without a language
// model, what an office must get right: dates, terms, amounts, reference
// numbers, addresses, persons by cue; each with its position and a normal form.
// It also has the German sentence splitter and the language guess, because all
// of these need the same knowledge of abbreviations and ordinal dates.
package facts

import "time"

// A Kind is a kind of fact.
type Kind string

const (
	Date      Kind = "date"      // Norm "2026-11-20"
	Time      Kind = "time"      // of day; Norm "18:42"
	Term      Kind = "term"      // a period or deadline: "binnen zwei Wochen", "bis zum 27.11.2026", "ein Monat nach Bekanntgabe"; Norm "P2W", "2026-11-27", "P1M"
	Amount    Kind = "amount"    // Norm "EUR 12500.00"
	Reference Kind = "reference" // file numbers, Aktenzeichen, customer numbers; Norm without blanks
	Law       Kind = "law"       // "§ 70 Abs. 1 VwGO"; Norm with single blanks
	Person    Kind = "person"    // by cue: "Frau Dr. Kaya"; Norm the name without title words
	Email     Kind = "email"
	Phone     Kind = "phone"
	Link      Kind = "link"
	Address   Kind = "address" // street with number, postcode with town
	IBAN      Kind = "iban"    // with valid check digits
	Percent   Kind = "percent"
)

// A Fact is one find in a text.
type Fact struct {
	Kind       Kind
	Start, End int       // bytes of the text
	Text       string    // text[Start:End]
	Norm       string    // the same for every way to write the same
	Date       time.Time // of dates, and of terms that name a day; midnight in the zone of ref
	Cents      int64     // of amounts
	Currency   string    // of amounts: "EUR"
	N          int       // of terms that are a period: how many
	Unit       string    // of terms that are a period: "day", "week", "month", "year", "workday"
	Cue        string    // lower case word that made it a fact, such as "bis", "az.", "frau"
}

// A Span is a piece of a text by bytes.
type Span struct{ Start, End int }
