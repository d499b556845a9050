package facts

import (
	"strings"
	"unicode"

	"github.com/abadojack/whatlanggo"
)

// languages are those that an office meets. A short list keeps whatlanggo from
// taking a German letter with many names for Dutch dialects or Afrikaans.
var languages = map[whatlanggo.Lang]bool{
	whatlanggo.Deu: true, whatlanggo.Eng: true, whatlanggo.Fra: true, whatlanggo.Spa: true, whatlanggo.Ita: true,
	whatlanggo.Pol: true, whatlanggo.Rus: true, whatlanggo.Ukr: true, whatlanggo.Tur: true, whatlanggo.Arb: true,
	whatlanggo.Pes: true, whatlanggo.Ron: true, whatlanggo.Bul: true, whatlanggo.Nld: true, whatlanggo.Por: true,
	whatlanggo.Hrv: true, whatlanggo.Srp: true, whatlanggo.Ell: true, whatlanggo.Hun: true, whatlanggo.Ces: true,
	whatlanggo.Cmn: true, whatlanggo.Vie: true,
}

// Enough of a letter to know its language, and too little to guess by trigrams.
const (
	languageSample = 4 << 10 // bytes
	languageShort  = 60      // letters
)

// Language guesses the language of a text as an ISO 639-1 code among those that
// an office meets (de, en, fr, es, it, pt, nl, pl, cs, hu, ro, bg, hr, sr, ru,
// uk, el, tr, ar, fa, vi, zh), or "" where it is not clear: too short, mixed, or
// no language. It looks at the first 4 KB.
func Language(text string) string {
	text = sample(text)
	n, latin := 0, 0
	for _, r := range text {
		if unicode.IsLetter(r) {
			n++
			if unicode.Is(unicode.Latin, r) {
				latin++
			}
		}
	}
	if n < 4 {
		return ""
	}
	if latin*2 > n {
		if code, sure := byStopWords(text); sure {
			return code
		}
		if n < languageShort {
			return ""
		}
	}
	info := whatlanggo.DetectWithOptions(text, whatlanggo.Options{Whitelist: languages})
	if !languages[info.Lang] || latin*2 > n && info.Confidence < 0.12 {
		return ""
	}
	if info.Lang == whatlanggo.Pes {
		return "fa" // whatlanggo has no code for it
	}
	return info.Lang.Iso6391()
}

// sample cuts a text at a rune and leaves out mail addresses and links, which
// are no language.
func sample(text string) string {
	if len(text) > languageSample {
		text = strings.ToValidUTF8(text[:languageSample], "")
	}
	if !strings.ContainsAny(text, "@:/") {
		return text
	}
	var b strings.Builder
	for w := range strings.FieldsSeq(text) {
		if !strings.ContainsAny(w, "@/") {
			b.WriteString(w)
			b.WriteByte(' ')
		}
	}
	return b.String()
}

// Words that one language uses all the time and the others do not.
var stopWords = map[string]string{}

func init() {
	for code, words := range map[string]string{
		"de": "der und ich nicht ist das wir sie für auf mit dem den ein eine einen von zu zum zur im bitte habe haben wird sind sehr geehrte ihre ihren danke guten tag kann können wann wie oder auch noch bei nach über meinen meine mein uns mir hallo vielen dank was warum fass zusammen",
		"en": "the and is of to you for are this that with have please thank thanks my your what when how can could would not we they it be was hello dear from about i",
		"fr": "le la les des et est vous je pour une dans que pas nous avec sur votre mon bonjour merci au aux ce",
		"nl": "het een van ik niet dat zijn voor met op te wij uw mijn naar graag aan ook geachte",
		"es": "el los las y es que por para una con su mi no usted gracias del se",
		"it": "il che di è per una con non sono la mio grazie gli della del",
		"pt": "o os as e é que para uma com não meu obrigado do da em",
		"pl": "i w nie na się z do jest że proszę dzień dobry",
		"tr": "ve bir bu için ile değil merhaba ben çok teşekkür",
		"ro": "și în nu la cu pentru este care mai vă sunt",
	} {
		for w := range strings.FieldsSeq(words) {
			if _, shared := stopWords[w]; shared {
				stopWords[w] = ""
				continue
			}
			stopWords[w] = code
		}
	}
}

// byStopWords decides for German and English where one clearly leads, and says
// that a short text of only one of the languages is that.
func byStopWords(text string) (code string, sure bool) {
	hits := map[string]int{}
	words := 0
	for w := range strings.FieldsFuncSeq(text, func(r rune) bool { return !unicode.IsLetter(r) }) {
		words++
		if c := stopWords[strings.ToLower(w)]; c != "" {
			hits[c]++
		}
	}
	best, second := "", ""
	for c, n := range hits {
		if best == "" || n > hits[best] || n == hits[best] && c < best {
			best, second = c, best
			continue
		}
		if second == "" || n > hits[second] {
			second = c
		}
	}
	if best != "de" && best != "en" {
		return "", false
	}
	n, m := hits[best], hits[second]
	if words <= 12 {
		return best, n >= 1 && m == 0 || n >= 3*m && n >= 2
	}
	return best, n*8 >= words && n >= 4*m
}
