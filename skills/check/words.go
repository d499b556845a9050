package check

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"amtsbote/skills/facts"
)

func set(words string) map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq(words) {
		m[w] = true
	}
	return m
}

var (
	one       = set("ein eine einen einem einer eines one")
	joins     = set("bis und oder to or and sowie")
	fillers   = set("volle vollen ganze ganzen weitere weiteren aufeinanderfolgende aufeinanderfolgenden calendar full volle more further consecutive vollendete vollendeten")
	labels    = set("nr no nummer number top tagesordnungspunkt punkt punkte ziffer ziff absatz abs satz anlage auflage kapitel abschnitt artikel item section annex chapter step schritt frage variante option teil phase tabelle abbildung buchstabe paragraf paragraph question part table figure")
	roundings = set("rund ca circa etwa knapp gut ungefähr fast nahezu about around roughly nearly approximately almost")
)

var months = map[string]int{
	"januar": 1, "jänner": 1, "february": 2, "februar": 2, "march": 3, "märz": 3, "april": 4, "mai": 5, "may": 5, "juni": 6, "june": 6, "juli": 7, "july": 7,
	"august": 8, "september": 9, "oktober": 10, "october": 10, "november": 11, "dezember": 12, "december": 12, "january": 1,
}

var weekdays = map[string]int{
	"sonntag": 0, "sunday": 0, "montag": 1, "monday": 1, "dienstag": 2, "tuesday": 2, "mittwoch": 3, "wednesday": 3,
	"donnerstag": 4, "thursday": 4, "freitag": 5, "friday": 5, "samstag": 6, "sonnabend": 6, "saturday": 6,
}

var units = map[string]string{
	"sekunde": "second", "sekunden": "second", "second": "second", "seconds": "second",
	"minute": "minute", "minuten": "minute", "min": "minute", "minutes": "minute",
	"stunde": "hour", "stunden": "hour", "std": "hour", "hour": "hour", "hours": "hour",
	"tag": "day", "tage": "day", "tagen": "day", "tages": "day", "day": "day", "days": "day", "kalendertage": "day", "kalendertagen": "day",
	"werktag": "workday", "werktage": "workday", "werktagen": "workday", "arbeitstag": "workday", "arbeitstage": "workday", "arbeitstagen": "workday", "bankarbeitstage": "workday", "bankarbeitstagen": "workday",
	"woche": "week", "wochen": "week", "week": "week", "weeks": "week",
	"monat": "month", "monate": "month", "monaten": "month", "monats": "month", "monates": "month", "month": "month", "months": "month",
	"jahr": "year", "jahre": "year", "jahren": "year", "jahres": "year", "year": "year", "years": "year",
}

func unitOf(w string) string { return units[strings.ToLower(w)] }

// endings are what adjectives of a count end in, with the unit of time, if any.
var endings = []struct{ end, unit string }{
	{"stündig", "hour"}, {"minütig", "minute"}, {"tägig", "day"}, {"wöchig", "week"}, {"monatig", "month"}, {"jährig", "year"},
	{"köpfig", ""}, {"seitig", ""}, {"stellig", ""}, {"teilig", ""}, {"stufig", ""}, {"geschossig", ""}, {"zügig", ""}, {"malig", ""}, {"fach", ""}, {"mal", ""},
}

// adjective returns the unit of time of the end of an adjective: "tägige".
func adjective(w string) string {
	w = strings.TrimRight(w, "enrsm")
	for _, e := range endings {
		if w == e.end {
			return e.unit
		}
	}
	return ""
}

// compound reads "zweiwöchigen", "dreimal", "vierköpfige"; ok says whether it is
// one.
func compound(w string) (n int, unit string, ok bool) {
	for _, e := range endings {
		i := strings.LastIndex(w, e.end)
		if i <= 0 || strings.Trim(w[i+len(e.end):], "enrsm") != "" {
			continue
		}
		if n := facts.NumberWord(w[:i]); n > 1 || n == 1 && e.unit != "" {
			return n, e.unit, true
		}
	}
	return 0, "", false
}

// ordinal reads "dritten", "zwölfte", "einundzwanzigster", "fourth"; or 0.
func ordinal(w string) int {
	if n := ordinals[w]; n > 0 {
		return n
	}
	stem := w
	for _, end := range []string{"en", "er", "es", "em", "e"} {
		if s, ok := strings.CutSuffix(w, end); ok {
			stem = s
			break
		}
	}
	if stem == w {
		return 0
	}
	if n := ordinals[stem]; n > 0 {
		return n
	}
	if s, ok := strings.CutSuffix(stem, "st"); ok {
		if n := facts.NumberWord(s); n >= 20 {
			return n
		}
	}
	if s, ok := strings.CutSuffix(stem, "t"); ok {
		return facts.NumberWord(s)
	}
	return 0
}

var ordinals = map[string]int{
	"dritt": 3, "siebt": 7, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9, "tenth": 10, "eleventh": 11, "twelfth": 12,
}

func upper(w string) bool {
	r, _ := utf8.DecodeRuneInString(w)
	return unicode.IsUpper(r)
}

// fold brings digits of other scripts to ASCII and dashes to one.
func fold(s string) string {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return strings.Map(func(r rune) rune {
				switch {
				case r < utf8.RuneSelf:
					return r
				case unicode.IsDigit(r):
					return '0' + digitOf(r)
				case '\u2010' <= r && r <= '\u2015' || r == '\u2212':
					return '-'
				case r == '’':
					return '\''
				case unicode.Is(unicode.Cf, r):
					return -1
				}
				return r
			}, s)
		}
	}
	return s
}

// digitOf returns the value of a decimal digit: in every script ten of them
// follow each other, and begin where the class begins.
func digitOf(r rune) rune {
	for d := rune(0); d < 10; d++ {
		if !unicode.IsDigit(r - d - 1) {
			return d
		}
	}
	return (r - 0x1D7CE) % 10 // mathematical digits: five rows without a gap
}

// squeeze brings a code to its normal form: lower case, without blanks.
func squeeze(s string) string {
	return strings.TrimSuffix(strings.ToLower(strings.Join(strings.Fields(fold(s)), "")), "/")
}
