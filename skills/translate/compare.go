package translate

import (
	"slices"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// A finding is something that one side says and the other does not.
type finding struct {
	Text string
	New  bool // only the translation has it; else only the source
}

// maxFindings of one paragraph are told; more of them do not help anybody.
const maxFindings = 8

// compare holds a translation of one paragraph against its source: nothing that
// must not change may be missing, and nothing may be new.
func compare(source, text, from, to string) (all []finding) {
	a, b := claims(source, from), claims(text, to)
	x, y := newSide(source, from, a), newSide(text, to, b)
	for _, c := range a {
		if !y.has(c, x) {
			all = append(all, finding{Text: c.text})
		}
	}
	for _, c := range b {
		if !x.has(c, y) {
			all = append(all, finding{Text: c.text, New: true})
		}
	}
	laws, persons := named(source)
	for _, l := range laws {
		if !strings.Contains(text, l) && !slices.ContainsFunc(strings.Fields(lawsElsewhere[l]), func(o string) bool { return strings.Contains(text, o) }) {
			all = append(all, finding{Text: l})
		}
	}
	if latin(to) && latin(from) {
		words := plain(text)
		for _, p := range persons {
			if !hasName(words, p) {
				all = append(all, finding{Text: p})
			}
		}
		if to == "de" || to == "en" {
			_, persons = named(text)
			words = plain(source)
			for _, p := range persons {
				if !hasName(words, p) {
					all = append(all, finding{Text: p, New: true})
				}
			}
		}
	}
	all = compact(all)
	return all[:min(len(all), maxFindings)]
}

func compact(all []finding) []finding {
	var out []finding
	for _, f := range all {
		if !slices.Contains(out, f) {
			out = append(out, f)
		}
	}
	return out
}

// lawsElsewhere are the laws that have an abbreviation of their own in other languages.
var lawsElsewhere = map[string]string{"DSGVO": "GDPR RGPD AVG RODO ОРЗД", "GDPR": "DSGVO", "RGPD": "DSGVO", "RODO": "DSGVO", "EMRK": "ECHR CEDH", "AEUV": "TFEU TFUE"}

// A side is one of the two texts that are compared.
type side struct {
	text   string
	lang   string
	claims []claim
	flat   string   // as squeeze has it, with plain figures
	digits string   // all figures in a row
	runs   []string // the groups of figures that only blanks and marks part
}

func newSide(text, lang string, all []claim) side {
	figures := plainDigits(text)
	return side{text: text, lang: lang, claims: all, flat: squeeze(figures), digits: digitsOf(figures), runs: runs(figures)}
}

// has reports whether a side says a claim of the other.
func (s side) has(c claim, other side) bool {
	if slices.ContainsFunc(s.claims, func(d claim) bool { return c.same(d) }) {
		return true
	}
	switch c.kind {
	case "date", "month":
		return s.hasUnnamed(c)
	case "time":
		return c.number >= 0 && s.hasNumber(strconv.Itoa(c.number))
	case "code":
		return strings.Contains(s.flat, c.norms[0])
	case "currency":
		// How a language writes a currency is not all known: only a currency that the
		// other side clearly does not have is one.
		return !slices.ContainsFunc(s.claims, func(d claim) bool { return d.kind == "currency" })
	}
	if c.number >= 0 && saidAsWord(c.number, s.text, s.lang) {
		return true
	}
	if slices.ContainsFunc(s.claims, func(d claim) bool {
		return d.kind == "time" && d.number >= 0 && slices.Contains(c.norms, strconv.Itoa(d.number)) || d.kind != "number" && d.parts(c)
	}) {
		return true
	}
	if s.hasHour(c, other) {
		return true
	}
	// Phone numbers and the like are grouped in many ways.
	d := digitsOf(c.text)
	return len(d) >= 2 && s.grouped(d, other)
}

// grouped reports whether figures stand in a side as part of a long number that
// the other side groups otherwise. Both must have the whole of it.
func (s side) grouped(d string, other side) bool {
	const long = 6
	for _, run := range other.runs {
		if len(run) >= long && strings.Contains(run, d) && strings.Contains(s.digits, run) {
			return true
		}
	}
	for _, run := range s.runs {
		if len(run) >= long && strings.Contains(run, d) && strings.Contains(other.digits, run) {
			return true
		}
	}
	return false
}

func (s side) hasNumber(n string) bool {
	return slices.ContainsFunc(s.claims, func(d claim) bool { return d.kind == "number" && slices.Contains(d.norms, n) })
}

// hasHour reports whether a number is an hour that the side counts by twelve:
// "14–18 Uhr" is "2–6 p.m.", of which only the last has a word beside it.
func (s side) hasHour(c claim, other side) bool {
	isTime := func(d claim) bool { return d.kind == "time" }
	if !slices.ContainsFunc(s.claims, isTime) || !slices.ContainsFunc(other.claims, isTime) {
		return false
	}
	h, err := strconv.Atoi(c.norms[0])
	return err == nil && h <= 24 && (s.hasNumber(strconv.Itoa(h+12)) || h > 12 && s.hasNumber(strconv.Itoa(h-12)))
}

// hasUnnamed accepts a date whose month is written in a way that is not known, if
// its day and year are there and no other date is.
func (s side) hasUnnamed(c claim) bool {
	if months[s.lang] != "" {
		return false
	}
	for _, n := range []int{c.d, c.y} {
		if n != 0 && !s.hasNumber(strconv.Itoa(n)) {
			return false
		}
	}
	return true
}

// same reports whether two claims say the same.
func (c claim) same(d claim) bool {
	switch {
	case c.kind == "month" && d.kind == "date":
		return c.m == d.m && (c.y == d.y || d.y == 0)
	case c.kind != d.kind:
		return false
	case c.kind == "date" || c.kind == "month":
		return (c.y == d.y || c.y == 0 || d.y == 0) &&
			(c.m == d.m && c.d == d.d || (c.swap || d.swap) && c.m == d.d && c.d == d.m)
	}
	return slices.ContainsFunc(c.norms, func(n string) bool { return slices.Contains(d.norms, n) })
}

// parts reports whether a number stands within something longer: the 3 of
// "3 November" where the other side has "03/11".
func (c claim) parts(number claim) bool {
	if c.kind == "date" || c.kind == "month" {
		for _, n := range []int{c.y, c.m, c.d} {
			if n != 0 && slices.Contains(number.norms, strconv.Itoa(n)) {
				return true
			}
		}
	}
	return c.kind == "code" && slices.Contains(strings.FieldsFunc(c.norms[0], func(r rune) bool { return !unicode.IsDigit(r) }), number.norms[0])
}

// digitsOf returns the figures of a text with plain figures.
func digitsOf(s string) string {
	var b strings.Builder
	for _, c := range s {
		if c >= '0' && c <= '9' {
			b.WriteRune(c)
		}
	}
	return b.String()
}

// runs returns side.runs of a text with plain figures.
func runs(s string) (all []string) {
	var b strings.Builder
	end := func() {
		if b.Len() > 0 {
			all = append(all, b.String())
			b.Reset()
		}
	}
	for _, c := range s {
		switch {
		case c >= '0' && c <= '9':
			b.WriteRune(c)
		case !strings.ContainsRune(" \u00a0\u202f-/()+.", c):
			end()
		}
	}
	end()
	return all
}

// hasName reports whether a text, as plain returns it, has a word of a name, with
// whatever ending.
func hasName(text, name string) bool {
	name = plain(name)
	stem := name
	for _, end := range []string{"s", "'"} {
		stem = strings.TrimSuffix(stem, end)
	}
	if strings.Contains(text, stem) {
		return true
	}
	// Languages that decline names change the last vowel: "Kowalska", "Kowalskiej".
	return len(stem) > 4 && strings.Contains(text, stem[:len(stem)-1])
}

var spelled = strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "ß", "ss", "ı", "i", "ł", "l", "ø", "o", "đ", "d")

// plain returns a text in lower case without accents, umlauts as vowels with e.
func plain(s string) string {
	s = spelled.Replace(strings.ToLower(s))
	return strings.Map(func(c rune) rune {
		if unicode.Is(unicode.Mn, c) {
			return -1
		}
		return c
	}, norm.NFD.String(s))
}
