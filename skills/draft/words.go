package draft

import (
	"fmt"
	"strings"

	"amtsbote/bots"
	"amtsbote/skills/llm"
)

// esc is bots.Literal, good in the cell of a table too.
func esc(s string) string { return strings.ReplaceAll(bots.Literal(s), "|", `\|`) }

// starred is esc for texts of ours that hold foreign names: our emphasis stays.
func starred(s string) string { return strings.ReplaceAll(esc(s), `\*`, "*") }

// quoted writes a text as a block quote.
func quoted(s string) string { return quotedUpTo(s, 1500) }

func quotedUpTo(s string, n int) string {
	var lines []string
	for line := range strings.SplitSeq(shorten(s, n), "\n") {
		if line = strings.TrimSpace(line); line == "" {
			lines = append(lines, ">")
			continue
		}
		lines = append(lines, "> "+esc(line))
	}
	return strings.Join(lines, "\n")
}

// shorten cuts a text at a word, with an ellipsis.
func shorten(s string, n int) string {
	s = strings.TrimSpace(s)
	if len(s) <= n {
		return s
	}
	s = strings.ToValidUTF8(s[:n], "")
	if i := strings.LastIndexAny(s, " \n"); i > n/2 {
		s = s[:i]
	}
	return strings.TrimRight(s, " ,;:") + " …"
}

// start returns the first paragraph of a letter that is no salutation.
func start(body string) string {
	for p := range strings.SplitSeq(body, "\n\n") {
		if p = strings.TrimSpace(p); len(p) > 60 || (p != "" && !strings.HasSuffix(p, ",")) {
			return p
		}
	}
	return body
}

func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

func count(n int, one, many string) string { return fmt.Sprintf("%d %s", n, plural(n, one, many)) }

var (
	wordsDE = []string{"null", "einer", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun", "zehn", "elf", "zwölf"}
	wordsEN = []string{"no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"}
)

// word writes small numbers out.
func word(n int, s say) string {
	if n >= len(wordsDE) {
		return fmt.Sprint(n)
	}
	if s == "en" {
		return wordsEN[n]
	}
	return wordsDE[n]
}

// languageName returns how people call a language, its code if that is not known.
func languageName(code string) bots.Text {
	if t, ok := llm.LanguageText(code); ok {
		return t
	}
	return bots.Text{DE: code, EN: code}
}
