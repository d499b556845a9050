package llm

import (
	"bytes"
	"encoding/json"
	"iter"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"amtsbote/skills/personal"
)

// A standIn is where a text has one, or what looks like one.
type standIn struct {
	start, end int
	label      string // in small letters
	n          int
	low        bool // with a low line, as they are written
}

// Groups of values that a word may stand for: models translate, and write number for
// IBAN, but not address for a name.
const (
	aPerson = iota + 1
	anAddress
	aBirth
	aPhone
	aMail
	aNumber
)

// labelWords are what placeholders begin with, as they are sent and as models make of it.
var labelWords = map[string]int{
	"name": aPerson, "vorname": aPerson, "nachname": aPerson, "familienname": aPerson, "person": aPerson, "surname": aPerson, "firstname": aPerson, "forename": aPerson, "lastname": aPerson, "nom": aPerson, "prenom": aPerson,
	"anschrift": anAddress, "adresse": anAddress, "address": anAddress,
	"geburtsdatum": aBirth, "birthdate": aBirth, "dateofbirth": aBirth,
	"telefon": aPhone, "telefonnummer": aPhone, "phone": aPhone, "telephone": aPhone,
	"mailadresse": aMail, "mail": aMail, "email": aMail,
	"iban": aNumber, "nummer": aNumber, "number": aNumber, "zeichen": aNumber, "aktenzeichen": aNumber, "reference": aNumber, "kennzeichen": aNumber, "plate": aNumber,
	"steuernummer": aNumber, "versicherungsnummer": aNumber, "ausweisnummer": aNumber, "kartennummer": aNumber,
}

// forenames are the words of them for a first name.
var forenames = map[string]bool{"vorname": true, "firstname": true, "forename": true, "prenom": true}

func groupOf(k personal.Kind) int {
	switch k {
	case personal.Person:
		return aPerson
	case personal.Address:
		return anAddress
	case personal.Birth:
		return aBirth
	case personal.Phone:
		return aPhone
	case personal.Email:
		return aMail
	}
	return aNumber
}

// maxLabel is how many letters the word of a placeholder has at most.
const maxLabel = 24

// placeholders returns what looks like a placeholder: NAME_482, name_482, NAME\_482
// (an escaped low line of CommonMark), Name 482, NAME-482; with a low line any word.
func placeholders(text string) iter.Seq[standIn] {
	return func(yield func(standIn) bool) {
		for i := 0; i < len(text); {
			if text[i] < '0' || text[i] > '9' {
				i++
				continue
			}
			from := i
			for i < len(text) && text[i] >= '0' && text[i] <= '9' {
				i++
			}
			if i-from < 3 || i-from > 5 || text[from] == '0' {
				continue
			}
			if p, ok := behind(text, from); ok {
				p.end = i
				p.n, _ = strconv.Atoi(text[from:i])
				if !yield(p) {
					return
				}
			}
		}
	}
}

// behind reads the word before a number.
func behind(text string, at int) (standIn, bool) {
	var p standIn
	rest := text[:at]
	switch {
	case strings.HasSuffix(rest, "_"):
		rest, p.low = strings.TrimSuffix(rest[:at-1], `\`), true
	case strings.HasSuffix(rest, "\u00a0"):
		rest = rest[:at-2]
	case strings.HasSuffix(rest, " "), strings.HasSuffix(rest, "-"):
		rest = rest[:at-1]
	}
	end := len(rest)
	for n := 0; n < maxLabel; n++ {
		r, size := utf8.DecodeLastRuneInString(rest)
		if !unicode.IsLetter(r) {
			break
		}
		rest = rest[:len(rest)-size]
	}
	p.start, p.label = len(rest), strings.ToLower(text[len(rest):end])
	return p, len(p.label) > 1 && (p.low || labelWords[p.label] != 0)
}

// formEnd returns where a placeholder of ours ends: behind its letter, if it has one.
func (m *mask) formEnd(text string, p standIn) int {
	_, end := m.form(text, p)
	return end
}

// form returns which form a placeholder is, and where it ends.
func (m *mask) form(text string, p standIn) (form, end int) {
	v := m.values[p.n]
	if v == nil || p.end >= len(text) {
		return 0, p.end
	}
	form = strings.IndexByte(letters, text[p.end]) + 1
	next := strings.TrimPrefix(text[p.end+1:], "s")
	if r, _ := utf8.DecodeRuneInString(next); form == 0 || form >= len(v.forms[v.part(p.label)]) || next != "" && unicode.IsLetter(r) {
		return 0, p.end
	}
	return form, p.end + 1
}

// part says which part of a value a word means.
func (v *value) part(label string) int {
	if forenames[label] && len(v.forms[forname]) > 0 || len(v.forms[whole]) == 0 {
		return forname
	}
	return whole
}

// placeholder returns what stands for a form.
func (v *value) placeholder(part int, form string) string {
	text := v.label(part) + "_" + strconv.Itoa(v.n)
	for i, f := range v.forms[part] {
		switch {
		case f == form && i > 0:
			return text + letters[i-1:i]
		case f == form:
			return text
		}
	}
	if len(v.forms[part]) > 0 && form == v.forms[part][0]+"s" {
		return text + "s"
	}
	return text
}

// back returns an answer with the originals, and how many placeholders stand for
// nothing: these stay. inJSON says that the answer is JSON: what is put into its
// strings must be fit for them.
func (m *mask) back(text string, inJSON bool) (string, int) {
	var b strings.Builder
	last, stray := 0, 0
	for p := range placeholders(text) {
		v, group := m.values[p.n], labelWords[p.label]
		if v == nil || group != 0 && group != groupOf(v.kind) {
			if p.low && group != 0 && !m.own[p.n] {
				stray++
			}
			continue
		}
		form, end := m.form(text, p)
		part := v.part(p.label)
		original := v.forms[part][form]
		if p.label == "person" && part == whole && len(v.forms[forname]) > 0 {
			original = v.forms[forname][0] + " " + original
		}
		if inJSON {
			original = escaped(original)
		}
		b.WriteString(text[last:p.start])
		b.WriteString(original)
		last = end
		if v.kind == personal.Person && strings.HasSuffix(original, "s") && genitive(text[end:]) {
			b.WriteString("’") // "Frau Jens’ Antrag"
			last++
		}
	}
	if last == 0 {
		return text, stray
	}
	b.WriteString(text[last:])
	return b.String(), stray
}

// genitive reports whether a text begins with an s and nothing behind it.
func genitive(rest string) bool {
	if !strings.HasPrefix(rest, "s") {
		return false
	}
	r, _ := utf8.DecodeRuneInString(rest[1:])
	return len(rest) == 1 || !unicode.IsLetter(r)
}

// escaped returns a text as it stands in a string of JSON.
func escaped(s string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a string always can be
	return strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(b.String()), `"`), `"`)
}

// held returns an answer that still grows without its last word, of which a
// placeholder may be coming: shown is only what will not change any more.
func held(soFar string) string {
	end := lastBlank(soFar)
	word := soFar[end:]
	if word == "" || word[0] >= '0' && word[0] <= '9' { // "Person 4", of "Person 482"
		before := strings.TrimRightFunc(soFar[:end], unicode.IsSpace)
		start := lastBlank(before)
		label := strings.TrimLeftFunc(before[start:], func(r rune) bool { return !unicode.IsLetter(r) })
		for label != "" && labelWords[strings.ToLower(label)] == 0 { // the letters at its end
			i := strings.IndexFunc(label, func(r rune) bool { return !unicode.IsLetter(r) })
			if i < 0 {
				return soFar[:end]
			}
			label = strings.TrimLeftFunc(label[i:], func(r rune) bool { return !unicode.IsLetter(r) })
		}
		if label != "" {
			return soFar[:start]
		}
	}
	return soFar[:end]
}

// lastBlank returns where the last word of a text begins.
func lastBlank(s string) int {
	i := strings.LastIndexFunc(s, unicode.IsSpace)
	if i < 0 {
		return 0
	}
	_, n := utf8.DecodeRuneInString(s[i:])
	return i + n
}
