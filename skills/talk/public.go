package talk

import (
	"regexp"
	"strings"
)

// Fold makes a text comparable: lower case, umlauts spelled out, so that the word
// boundaries of expressions hold.
func Fold(s string) string { return folder.Replace(strings.ToLower(s)) }

var folder = strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "ß", "ss", "a\u0308", "ae", "o\u0308", "oe", "u\u0308", "ue",
	"’", "'", "\u00a0", " ")

// Where an answer is wanted. "Was habe ich hier verpasst?" names the room and does
// not ask for an answer before all in it: that would show who was away.
var (
	everybody = regexp.MustCompile(`\b(?:fuer alle|an alle|for (?:all|everyone|everybody)|to everyone|oeffentlich|publicly)\b`)
	spot      = regexp.MustCompile(`\b(?:hier|here|im thread|in (?:diesem|this|the) thread)\b`)
	told      = regexp.MustCompile(`\b(?:antwort\w*|schreib\w*|poste\w*|sag\w*|zeig\w*|bitte|gern\w*|direkt|gleich|answer|reply|post|write|tell us|show|please|right)(?: (?:es|das|mir|uns|it|that|me|us|direkt|gleich|bitte|please|auch|right|also))*,? $`)
	asked     = regexp.MustCompile(`^[ ,]*(?:verpass\w*|versaeum\w*|offen\w*|entschieden|beschlossen|vereinbart|neu\w*|los|passiert|besprochen|geklaert|gelaufen|seit|since|zuletzt|noch|alles|missed|open|decided|agreed|new|happened|an mich)\b`)
	askedEN   = regexp.MustCompile(`\b(?:miss|missed|open|decided|agreed|new|happened|settled|verpasst|los|neu|passiert|offen)(?: (?:up|so far))? $`)
	clauseEnd = regexp.MustCompile(`^(?: (?:bitte|please))?\s*(?:[.!?,;:)]|$|bitte\b|im raum\b|im thread\b|in the room\b)`)
)

// Public says of a folded text whether the answer is wanted where the question stands.
func Public(text string) bool {
	if everybody.MatchString(text) {
		return true
	}
	for _, at := range spot.FindAllStringIndex(text, -1) {
		before, after := text[:at[0]], text[at[1]:]
		switch {
		case asked.MatchString(after):
		case told.MatchString(before):
			return true
		case askedEN.MatchString(before):
		case clauseEnd.MatchString(after):
			return true
		}
	}
	return false
}

// First cuts a text to n bytes, at a rune.
func First(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "")
}
