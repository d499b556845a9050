package letter

import (
	"regexp"
	"strings"

	"amtsbote/skills/document"
)

// A feminine noun for what somebody is: "Antragstellerin", "Studentin", "Ärztin". The
// masculine one says nothing, women use it too.
const femaleNoun = `\p{Lu}\pL{2,30}(?:er|ent|ist|ant|at|ät|og|ör|eur|ist|ält|ärzt|of|ekt|iv|iz)in`

var (
	femaleLine = regexp.MustCompile(`^\W*(?:als |die |Ihre )?` + femaleNoun + `\W*$`)
	femaleSelf = regexp.MustCompile(`\b(?:[Ii]ch als (?:\pL+e )?|[Ii]ch bin (?:die |eine |Ihre )?(?:\pL+e )?)` + femaleNoun + `\b|(?:^|[.!?]\s+|\n)Als (?:\pL+e )?` + femaleNoun + `\b(?: \pL+){0,5}? (?:bin|habe|möchte|bitte|beantrage|wende|lege|frage|kann|muss|brauche|benötige|suche|wohne|bitte) ich\b`)
)

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
	lines := strings.Split(clip(l.Signature, maxCues), "\n")
	for i, line := range lines[:min(len(lines), 6)] {
		before, after, ok := strings.Cut(line, p.Last)
		if !ok {
			continue
		}
		_, label, colon := strings.Cut(before, ":")
		if strings.TrimSpace(after) != "" && femaleLine.MatchString(after) || colon && femaleLine.MatchString(strings.TrimSuffix(before, ":"+label)) ||
			strings.TrimSpace(after) == "" && i+1 < len(lines) && femaleLine.MatchString(lines[i+1]) {
			found = true
		}
		break
	}
	if !found && femaleSelf.MatchString(clip(l.Body, maxCues)) {
		found, why = true, document.Text{DE: "laut Mail", EN: "by the mail"}
	}
	if !found {
		stated, err := regexp.Compile(`(?m)^\s*` + femaleNoun + `:? +(?:\pL+\.? )*` + regexp.QuoteMeta(name) + `\b`)
		if found = err == nil && stated.MatchString(clip(l.Body, maxCues)); found {
			why = document.Text{DE: "laut Mail", EN: "by the mail"}
		}
	}
	if found {
		p.Gender, p.Why = "f", why
	}
	return found
}
