// Package facts recognises in German and English text, without a language
// model, what an office must get right: dates, terms, amounts, reference
// numbers, laws, addresses, persons by cue; each with its position and a normal
// form. It also has the sentence splitter, the language guess and the calendar
// of the office (terms after the BGB, holidays of the Länder), because all of
// these need the same knowledge of abbreviations, ordinal dates and months.
//
// How it works: the text is cut into words, numbers and marks once (token.go);
// a word is looked up once in a lexicon (words.go) that says what it can be the
// beginning of. One pass then tries at each token the few rules that can begin
// there, longest and most certain first. Each rule looks at a bounded number of
// tokens, so time and memory grow linearly with the text, whatever is in it.
//
// Certainty goes before completeness. A number is a reference, a phone or a
// person's name only beside a word that says so; 03/04/2026 is no date, because
// two readings are possible; "nächsten Montag" is none for the same reason.
//
// Not used: regular expressions (what stands before and after decides, which they
// say badly, and one for each of these rules would read the text dozens of
// times); nyaruka/phonenumbers (it takes file numbers for phone numbers where no
// cue word stands; where one does, a small rule is enough); neurosnap/sentences
// (16 of 30 German cases right); lingua-go (a little better than whatlanggo, but
// it makes the binary 135 MB).
package facts

import "time"

// A Kind is a kind of fact.
type Kind string

const (
	Date      Kind = "date"      // Norm "2026-11-20"
	Month     Kind = "month"     // a month of a year; Norm "2026-11"; Date is its first day
	Time      Kind = "time"      // of day; Norm "18:42"
	Term      Kind = "term"      // a period or deadline: "binnen zwei Wochen", "bis zum 27.11.2026", "ein Monat nach Bekanntgabe"; Norm "P2W", "2026-11-27", "P1M"; of working days "P3WD", of hours "PT24H"
	Amount    Kind = "amount"    // Norm "EUR 12500.00"
	Reference Kind = "reference" // file numbers, Aktenzeichen, customer numbers, without the word before them; Norm without blanks
	Law       Kind = "law"       // "§ 70 Abs. 1 VwGO"; Norm with single blanks and the usual abbreviations
	Person    Kind = "person"    // by cue: "Frau Dr. Kaya"; Norm the name without title words
	Email     Kind = "email"     // Norm in lower case
	Phone     Kind = "phone"     // Norm "+49404280"; a number without country is taken as German
	Link      Kind = "link"      // Norm with scheme, host in lower case
	Address   Kind = "address"   // street with number, postcode with town; Norm on one line
	IBAN      Kind = "iban"      // with valid check digits; Norm without blanks
	Percent   Kind = "percent"   // Norm "3.5%"
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
	Unit       string    // of terms that are a period: "hour", "day", "week", "month", "year", "workday"
	Anchor     string    // of terms that are a period: what it runs from, lower case, such as "bekanntgabe"; "" if not said
	Relative   bool      // of dates and terms: counted from ref ("gestern", "bis Freitag")
	WrongDay   bool      // of dates: the weekday beside it is that of another date
	Cue        string    // lower case word that made it a fact, such as "bis", "az.", "frau"
}

// A Span is a piece of a text by bytes.
type Span struct{ Start, End int }

// Due reports whether an office must heed a fact as of now: a term, or a date of
// today or later. "Gestern" and "morgen" are counted from a day that is not known.
func (f Fact) Due(now time.Time) bool {
	return f.Kind == Term || f.Kind == Date && !f.Relative && f.Date.Format(time.DateOnly) >= now.Format(time.DateOnly)
}
