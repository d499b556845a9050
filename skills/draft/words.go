package draft

import (
	"fmt"
	"strings"

	"amtsbote/bots"
	"amtsbote/skills/document"
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

var languages = map[string]document.Text{
	"en": {DE: "Englisch", EN: "English"}, "de": {DE: "Deutsch", EN: "German"}, "fr": {DE: "Französisch", EN: "French"}, "es": {DE: "Spanisch", EN: "Spanish"},
	"it": {DE: "Italienisch", EN: "Italian"}, "pl": {DE: "Polnisch", EN: "Polish"}, "ru": {DE: "Russisch", EN: "Russian"}, "uk": {DE: "Ukrainisch", EN: "Ukrainian"},
	"tr": {DE: "Türkisch", EN: "Turkish"}, "ar": {DE: "Arabisch", EN: "Arabic"}, "fa": {DE: "Persisch", EN: "Persian"}, "ro": {DE: "Rumänisch", EN: "Romanian"},
	"bg": {DE: "Bulgarisch", EN: "Bulgarian"}, "nl": {DE: "Niederländisch", EN: "Dutch"}, "pt": {DE: "Portugiesisch", EN: "Portuguese"}, "cs": {DE: "Tschechisch", EN: "Czech"},
	"hu": {DE: "Ungarisch", EN: "Hungarian"}, "hr": {DE: "Kroatisch", EN: "Croatian"}, "sr": {DE: "Serbisch", EN: "Serbian"}, "el": {DE: "Griechisch", EN: "Greek"},
	"vi": {DE: "Vietnamesisch", EN: "Vietnamese"}, "zh": {DE: "Chinesisch", EN: "Chinese"},
}

func languageName(code string) document.Text {
	if t, ok := languages[code]; ok {
		return t
	}
	return document.Text{DE: code, EN: code}
}
