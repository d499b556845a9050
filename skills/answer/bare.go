package answer

import (
	"regexp"
	"strings"
	"unicode"
)

var (
	// A preface speaks of the text that follows. "Gerne bestätige ich den Termin."
	// is the text itself: a letter may begin like that.
	preface = regexp.MustCompile(`(?i)^(?:\*\*)?(?:(?:gerne?|natürlich|selbstverständlich|klar|sure|certainly|of course)[!,.]?(?:\*\*)?[ \t]*\n|` +
		`(?:(?:gerne?|natürlich|selbstverständlich|klar|sure|certainly|of course)[!,.]? )?(?:hier (?:ist|sind|kommt|kommen|mein|ein|der|die|das)|here (?:is|are|’s)|here's)\b[^\n]{0,200}:(?:\*\*)?[ \t]*\n)\s*`)
	fenced = regexp.MustCompile("(?s)^```[a-zA-Z]*\n(.*?)\n?```$")
)

// Bare takes from a text that a model wrote for copying what is not the text: a
// preface, a fence around all of it, characters that nobody sees.
func Bare(s string) string {
	s = strings.TrimSpace(strings.Map(func(r rune) rune {
		if r != '\n' && r != '\t' && r != '\u00ad' && unicode.In(r, unicode.Cc, unicode.Cf) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "")))
	s = strings.TrimSpace(preface.ReplaceAllString(s, ""))
	if m := fenced.FindStringSubmatch(s); m != nil {
		s = m[1]
	}
	return strings.TrimSpace(s)
}
