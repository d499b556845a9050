package facts

import "time"

// Find returns the facts of a text in the order of their position; facts do not
// overlap, except that a term may contain a date. ref is the day on which the
// text was written: dates without a year take the year that puts them nearest
// to it. Time and memory grow linearly with the text.
func Find(text string, ref time.Time) []Fact { panic("to be written") }

// Sentences splits a text into sentences and the items of lists. It knows
// German abbreviations, ordinal dates ("am 3. November"), file numbers and
// titles. A heading or a line of an address is a span of its own.
func Sentences(text string) []Span { panic("to be written") }

// Language guesses the language of a text as an ISO 639-1 code among those that
// an office meets (de, en, fr, es, it, pl, ru, uk, tr, ar, fa, ro, bg, nl, …), or
// "" where it is not clear.
func Language(text string) string { panic("to be written") }
