package llm

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// LanguageName returns how instructions name a language, given as an ISO 639-1
// code: "Deutsch" for one that is not known.
func LanguageName(code string) string {
	return cmp.Or(languageNames[code], "Deutsch")
}

var languageNames = map[string]string{"en": "Englisch", "fr": "Französisch", "es": "Spanisch", "it": "Italienisch", "pt": "Portugiesisch", "nl": "Niederländisch",
	"pl": "Polnisch", "cs": "Tschechisch", "hu": "Ungarisch", "ro": "Rumänisch", "bg": "Bulgarisch", "hr": "Kroatisch", "sr": "Serbisch", "ru": "Russisch",
	"uk": "Ukrainisch", "el": "Griechisch", "tr": "Türkisch", "ar": "Arabisch", "fa": "Persisch", "vi": "Vietnamesisch", "zh": "Chinesisch"}

// AskedLanguage returns the ISO 639-1 code of the language that a text is asked for
// in: "auf Englisch", "in englischer Sprache", "ins Englische", "in English". A text
// that merely is in one ("die englische Mail") asks for none: "".
func AskedLanguage(wish string) string {
	m := asked.FindStringSubmatch(wish)
	if m == nil {
		return ""
	}
	return languageCodes[strings.ToLower(m[1]+m[2])]
}

var languageCodes = func() map[string]string {
	codes := map[string]string{"deutsch": "de", "german": "de", "english": "en", "french": "fr", "spanish": "es", "italian": "it", "polish": "pl", "russian": "ru", "ukrainian": "uk", "turkish": "tr", "arabic": "ar"}
	for code, name := range languageNames {
		codes[strings.ToLower(name)] = code
	}
	return codes
}()

var asked = func() *regexp.Regexp {
	names := strings.Join(slices.Sorted(maps.Keys(languageCodes)), "|")
	return regexp.MustCompile(`(?i)\b(?:(?:auf|in|into) (?:\pL+ )?(` + names + `)(?:er sprache)?|ins (` + names + `)e)\b`)
}()
