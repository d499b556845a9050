package letter

import (
	"regexp"
	"strings"

	"amtsbote/skills/document"
	"amtsbote/skills/lazy"
	"amtsbote/skills/letter/quote"
)

// A feminine noun for what somebody is: "Antragstellerin", "Bauherrin", "Kauffrau". The
// masculine one says nothing, women use it too.
const femaleNoun = `(\p{Lu}\pL{2,30}(?:er|herr|ent|ist|ant|at|ät|og|ör|eur|ist|ält|ärzt|of|ekt|iv|iz|wirt|amt|nachbar|kolleg)in|Nachbarin|Kollegin|Beamtin|Landwirtin|Wirtin|\p{Lu}\pL{2,30}frau)`

// notFeminine are names, towns and subjects that end like a feminine noun.
var notFeminine = lazy.New(`^(?:\pL*(?:Schwerin|[Mm]edizin)|Severin|Valentin|[KC]onstantin|Florentin|Corentin|Christin|[CK]atherin)$`)

var (
	femaleLine = lazy.New(`^\W*(?:als |die |Ihre )?` + femaleNoun + `\W*$`)
	femaleSelf = lazy.New(`\b(?:[Ii]ch als (?:\pL+e )?|[Ii]ch bin (?:die |eine |Ihre )?(?:\pL+e )?)` + femaleNoun + `\b|(?:^|[.!?]\s+|\n)Als (?:\pL+e )?` + femaleNoun + `\b(?: \pL+){0,5}? (?:bin|habe|möchte|bitte|beantrage|wende|lege|frage|kann|muss|brauche|benötige|suche|wohne|bitte) ich\b`)
)

// female says whether a line is a feminine noun and nothing else.
func female(line string) bool { return says(femaleLine.FindAllStringSubmatch(line, maxNouns)) }

// maxNouns is how many of a text are looked at.
const maxNouns = 20

// says reports whether one of the nouns that were found is a feminine one.
func says(hits [][]string) bool {
	for _, hit := range hits {
		if !notFeminine.MatchString(strings.Join(hit[1:], "")) {
			return true
		}
	}
	return false
}

// feminine looks for what the author calls herself: below, beside or before her name
// in the signature ("Kim Weber, Antragstellerin"), or in the letter ("ich als
// Mieterin"). It reports whether it has found it, and notes it.
func (l *Letter) feminine(p *Person) bool {
	name := strings.TrimSpace(p.Name)
	if name == "" || p.Last == "" || p.Second != nil {
		return false
	}
	why := bySignature
	found := false
	lines := strings.Split(quote.Clip(l.Signature, maxCues), "\n")
	for i, line := range lines[:min(len(lines), 6)] {
		before, after, ok := strings.Cut(line, p.Last)
		if !ok {
			continue
		}
		_, label, colon := strings.Cut(before, ":")
		if strings.TrimSpace(after) != "" && female(after) || colon && female(strings.TrimSuffix(before, ":"+label)) ||
			strings.TrimSpace(after) == "" && i+1 < len(lines) && female(lines[i+1]) {
			found = true
		}
		break
	}
	if !found && says(femaleSelf.FindAllStringSubmatch(quote.Clip(l.Body, maxCues), maxNouns)) {
		found, why = true, document.Text{DE: "laut Mail", EN: "by the mail"}
	}
	if !found {
		stated, err := regexp.Compile(`(?m)^\s*` + femaleNoun + `:? +(?:\pL+\.? )*` + regexp.QuoteMeta(name) + `\b`)
		if found = err == nil && says(stated.FindAllStringSubmatch(quote.Clip(l.Body, maxCues), maxNouns)); found {
			why = document.Text{DE: "laut Mail", EN: "by the mail"}
		}
	}
	if found {
		p.Gender, p.Why = "f", why
	}
	return found
}
