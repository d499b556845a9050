package translate

import (
	"slices"
	"strings"
	"unicode/utf8"

	"amtsbote/skills/facts"
)

// A fault is why the translation of a segment is not right.
type fault struct {
	rank int    // the worse the higher; 0: none
	why  string // for the model, in German
}

// judge says what a translation of a segment is worth. The result is what a person
// gets if there is nothing better.
func (w *work) judge(source, text string) (result, fault) {
	plain := bare(source)
	if strings.TrimSpace(bare(text)) == "" {
		return result{Text: source, Kept: true}, fault{7, "Der Abschnitt fehlte."}
	}
	r := result{Text: text}
	if !sameMarks(source, text) {
		r.Text, r.Plain = brackets.Replace(bare(text)), true
	}
	said := bare(r.Text)
	r.Findings = compare(plain, said, w.from, w.to)
	for _, t := range missing(w.glossary.occurring(plain, w.from, w.to), said) {
		r.Terms = append(r.Terms, t.source+" = "+t.target)
	}
	r.Foreign = w.foreign(plain, said)
	switch n, m := utf8.RuneCountInString(plain), utf8.RuneCountInString(said); {
	case r.Foreign:
		return r, fault{6, "Der Abschnitt war nicht auf " + nameOf(w.to).DE + "."}
	case m > 3*n+100 && !dense(w.from):
		// More than any language needs: the model explains, or runs in circles. It is
		// not to be shown as a translation.
		return result{Text: source, Kept: true}, fault{5, "Der Abschnitt war viel länger als das Original."}
	case n > 200 && m*shortest(w.to) < n:
		return r, fault{5, "Der Abschnitt war nicht vollständig übersetzt."}
	case len(r.Findings) > 0:
		return r, fault{4, w.reason(r.Findings)}
	case len(r.Terms) > 0:
		return r, fault{3, "Diese Begriffe waren nicht wie vorgegeben übersetzt: " + strings.Join(r.Terms, "; ") + "."}
	case r.Plain:
		return r, fault{2, "Die Marken ⟦1⟧ … ⟦/1⟧ waren nicht dieselben wie im Original."}
	}
	return r, fault{}
}

// shortest is how many times shorter than its source a translation can be.
func shortest(to string) int {
	if dense(to) {
		return 8
	}
	return 3
}

func (w *work) reason(all []finding) string {
	var lost, added []string
	for _, f := range all {
		if f.New {
			added = append(added, f.Text)
		} else {
			lost = append(lost, f.Text)
		}
	}
	why := ""
	if len(lost) > 0 {
		why = "Diese Angaben des Originals fehlten oder waren verändert: " + strings.Join(lost, "; ") + "."
	}
	if len(added) > 0 {
		why = strings.TrimSpace(why + " Diese Angaben hat das Original nicht: " + strings.Join(added, "; ") + ".")
	}
	return why
}

// recognised are the languages that package facts can tell.
var recognised = func() (all []string) {
	for _, l := range languages[:22] {
		all = append(all, l.code)
	}
	return all
}()

// close are pairs of languages that are taken for each other.
var close = []string{"hr sr", "sr hr", "bg ru", "ru bg", "uk ru", "ru uk", "es pt", "pt es", "cs pl"}

// minLanguage is how many bytes tell a language.
const minLanguage = 120

// foreign reports whether a translation is not in its language: it is the source
// again, or recognised as another language.
func (w *work) foreign(source, text string) bool {
	if w.from == w.to || facts.Language(source) == w.to {
		return false
	}
	if len(strings.Fields(source)) >= 4 && strings.EqualFold(strings.Join(strings.Fields(source), " "), strings.Join(strings.Fields(text), " ")) {
		return hasLower(source)
	}
	if len(text) < minLanguage {
		return false
	}
	got := facts.Language(text)
	switch {
	case got == "" || got == w.to:
		return false
	case got == w.from:
		return !slices.Contains(close, w.to+" "+got)
	}
	return slices.Contains(recognised, w.to) && !slices.Contains(close, w.to+" "+got)
}

// hasLower reports whether a text has words that are not names: lines of names and
// streets are the same in every language.
func hasLower(s string) bool {
	for w := range strings.FieldsSeq(s) {
		if w == strings.ToLower(w) && utf8.RuneCountInString(w) >= 4 && letters.MatchString(w) { // not "von", "und"
			return true
		}
	}
	return false
}
