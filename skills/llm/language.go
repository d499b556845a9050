package llm

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strings"

	"amtsbote/bots"
)

// LanguageName returns how instructions name a language, given as an ISO 639-1
// code: "Deutsch" for one that is not known.
func LanguageName(code string) string {
	return cmp.Or(languageNames[code].DE, "Deutsch")
}

// LanguageText returns how people call a language, given as an ISO 639-1 code, and
// whether it is known.
func LanguageText(code string) (bots.Text, bool) {
	t, ok := languageNames[code]
	return t, ok
}

// LanguageCode returns the ISO 639-1 code of a language by its German or English name,
// "" for one that is not known.
func LanguageCode(name string) string {
	for code, t := range languageNames {
		if strings.EqualFold(t.DE, name) || strings.EqualFold(t.EN, name) {
			return code
		}
	}
	return ""
}

var languageNames = map[string]bots.Text{
	"en": {DE: "Englisch", EN: "English"}, "de": {DE: "Deutsch", EN: "German"}, "fr": {DE: "Französisch", EN: "French"}, "es": {DE: "Spanisch", EN: "Spanish"},
	"it": {DE: "Italienisch", EN: "Italian"}, "pl": {DE: "Polnisch", EN: "Polish"}, "ru": {DE: "Russisch", EN: "Russian"}, "uk": {DE: "Ukrainisch", EN: "Ukrainian"},
	"tr": {DE: "Türkisch", EN: "Turkish"}, "ar": {DE: "Arabisch", EN: "Arabic"}, "fa": {DE: "Persisch", EN: "Persian"}, "ro": {DE: "Rumänisch", EN: "Romanian"},
	"bg": {DE: "Bulgarisch", EN: "Bulgarian"}, "nl": {DE: "Niederländisch", EN: "Dutch"}, "pt": {DE: "Portugiesisch", EN: "Portuguese"}, "cs": {DE: "Tschechisch", EN: "Czech"},
	"hu": {DE: "Ungarisch", EN: "Hungarian"}, "hr": {DE: "Kroatisch", EN: "Croatian"}, "sr": {DE: "Serbisch", EN: "Serbian"}, "el": {DE: "Griechisch", EN: "Greek"},
	"vi": {DE: "Vietnamesisch", EN: "Vietnamese"}, "zh": {DE: "Chinesisch", EN: "Chinese"},
}

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
		codes[strings.ToLower(name.DE)] = code
	}
	return codes
}()

var asked = func() *regexp.Regexp {
	names := strings.Join(slices.Sorted(maps.Keys(languageCodes)), "|")
	return regexp.MustCompile(`(?i)\b(?:(?:auf|in|into) (?:\pL+ )?(` + names + `)(?:er sprache)?|ins (` + names + `)e)\b`)
}()
