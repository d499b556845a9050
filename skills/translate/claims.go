package translate

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"amtsbote/skills/facts"
)

// What is compared across languages is not words but what an office must get
// right, in a form that no language has of its own: figures, dates, times, codes
// (references, IBAN, mail addresses, links), currencies, names of laws, names of
// persons. A figure of either side must have its counterpart on the other, in any
// spelling; which paragraph it stands in is known, what it is said of is not.

// A claim is one thing that both sides must have.
type claim struct {
	kind   string // "number", "date", "month", "time", "code", "currency"
	text   string // as it stands
	norms  []string
	y      int // of dates; 0 is not said
	m, d   int
	swap   bool // of dates: day and month may be the other way round
	number int  // of small whole numbers, which may be words; else -1
}

var (
	linkLike  = regexp.MustCompile(`(?i)\b(?:https?://|www\.)[^\s<>"'\])⟦⟧]+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+`)
	ibanLike  = regexp.MustCompile(`\b[A-Z]{2}\d{2}(?:[ \x{a0}]?[A-Z0-9]{4}){2,7}(?:[ \x{a0}]?\d{1,3}\b)?`)
	isoDate   = regexp.MustCompile(`\b(\d{4})[-/.年] ?(\d{1,2})[-/.月] ?(\d{1,2})(?:日|\b)`)
	dotDate   = regexp.MustCompile(`\b(\d{1,2})\. ?(\d{1,2})\. ?(\d{4}|\d{2})?`)
	slashDate = regexp.MustCompile(`\b(\d{1,2})[/-](\d{1,2})[/-](\d{4}|\d{2})\b`)
	dayMonth  = regexp.MustCompile(`\b(\d{1,2})(?:\.|st|nd|rd|th|er|º|ος|η|-го|-е)? ?(?:(?:de|of|del|da|do|tháng) )?(\pL[\pL\pM.]*|1?\d) ?,? ?(?:(?:de|del|năm|do) )?(\d{4})?\b`)
	monthDay  = regexp.MustCompile(`\b(?:(\d{4})\.? )?(\pL[\pL\pM]*)\.? (\d{1,2})(?:st|nd|rd|th|\.)?(?:,? (\d{4}))?\b`)
	monthYear = regexp.MustCompile(`(\pL[\pL\pM]*)\.? (?:(?:de|del|năm) )?(\d{4})\b`)
	timeLike  = regexp.MustCompile(`(?i)\b(\d{1,2})(?:[:.h]([0-5]\d))?(?: ?(uhr|a\.?m\b\.?|p\.?m\b\.?|o['’]clock))?`)
	codeLike  = regexp.MustCompile(`[\pL\d]+(?:[-/._:]+[\pL\d]+)*`)
	figure    = regexp.MustCompile(`\d+(?:[.,'’]\d+|[ \x{a0}\x{202f}]\d{3}\b)*`)
	money     = regexp.MustCompile(`(?i)€|\$|£|¥|\b(?:EUR|USD|GBP|CHF|TRY|PLN|RUB|UAH)\b|\b(?:euro|dollar|pfund|franken|pound)s?\b|евро|доллар|يورو|دولار|欧元|美元|ευρώ|євро`)
)

var currencies = map[string]string{"€": "EUR", "$": "USD", "£": "GBP", "¥": "JPY", "euro": "EUR", "dollar": "USD", "pfund": "GBP", "pound": "GBP", "franken": "CHF",
	"евро": "EUR", "доллар": "USD", "يورو": "EUR", "دولار": "USD", "欧元": "EUR", "美元": "USD", "ευρώ": "EUR", "євро": "EUR"}

// A reader takes the claims of one text, kind by kind; what it has read it blanks.
type reader struct {
	lang string
	text string // with plain figures
	rest []byte
	all  []claim
}

// claims returns what a text in a language says, in no particular order. Time
// grows linearly with the text.
func claims(text, lang string) []claim {
	r := &reader{lang: lang, text: plainDigits(bare(text))}
	r.rest = []byte(r.text)
	r.each(linkLike, func(s string, _ []string) bool { return r.code(strings.TrimRight(s, ".,;:!?")) })
	r.each(ibanLike, func(s string, _ []string) bool { return r.code(s) })
	r.each(isoDate, func(s string, g []string) bool { return r.date(s, g[1], g[2], g[3], false) })
	r.each(slashDate, func(s string, g []string) bool { return r.date(s, g[3], g[2], g[1], true) })
	r.each(dotDate, func(s string, g []string) bool { return r.date(s, g[3], g[2], g[1], false) })
	r.each(dayMonth, func(s string, g []string) bool {
		return r.date(s, g[3], r.month(g[2], strings.Contains(s, "tháng")), g[1], false)
	})
	r.each(monthDay, func(s string, g []string) bool { return r.date(s, g[1]+g[4], r.month(g[2], false), g[3], false) })
	r.each(monthYear, func(s string, g []string) bool { return r.date(s, g[2], r.month(g[1], false), "", false) })
	r.each(codeLike, r.reference)
	r.each(timeLike, r.time)
	r.each(figure, r.number)
	r.each(money, func(s string, _ []string) bool {
		r.all = append(r.all, claim{kind: "currency", text: s, norms: []string{currency(s)}})
		return true
	})
	return r.all
}

// each calls take with what an expression finds in what is left, and blanks it if
// it was taken.
func (r *reader) each(re *regexp.Regexp, take func(whole string, groups []string) bool) {
	for _, at := range re.FindAllSubmatchIndex(r.rest, -1) {
		groups := make([]string, len(at)/2)
		for i := range groups {
			if at[2*i] >= 0 {
				groups[i] = string(r.rest[at[2*i]:at[2*i+1]])
			}
		}
		if take(groups[0], groups) {
			for i := at[0]; i < at[1]; i++ {
				r.rest[i] = ' '
			}
		}
	}
}

func (r *reader) code(s string) bool {
	r.all = append(r.all, claim{kind: "code", text: s, norms: []string{squeeze(s)}})
	return true
}

// reference takes what has figures and capitals, or figures and a slash. "14-tägig",
// "3rd" and "A4" are no codes.
func (r *reader) reference(s string, _ []string) bool {
	digits, upper, lower := 0, 0, 0
	for _, c := range s {
		switch {
		case c >= '0' && c <= '9':
			digits++
		case c >= 'A' && c <= 'Z':
			upper++
		case c != '-' && c != '/' && c != '.' && c != '_' && c != ':':
			lower++
		}
	}
	if digits < 3 || lower > 0 || upper == 0 && !strings.Contains(s, "/") || currencyCode(s) {
		return false
	}
	return r.code(s)
}

func currencyCode(s string) bool {
	return len(s) > 3 && (money.MatchString(s[:3]+" ") || money.MatchString(" "+s[len(s)-3:]))
}

func (r *reader) date(s, y, m, d string, swap bool) bool {
	c := claim{kind: "date", text: strings.TrimSpace(s), swap: swap}
	c.y, _ = strconv.Atoi(y)
	c.m, _ = strconv.Atoi(m)
	c.d, _ = strconv.Atoi(d)
	if len(y) == 2 {
		c.y += 2000
	}
	if d == "" {
		c.kind = "month"
	}
	if c.m > 12 && swap && c.d <= 12 {
		c.m, c.d, c.swap = c.d, c.m, false
	}
	if c.m < 1 || c.m > 12 || c.d > 31 || d != "" && c.d < 1 || c.y != 0 && (c.y < 1000 || c.y > 2999) {
		return false
	}
	r.all = append(r.all, c)
	return true
}

// month returns the number of a month by its name in the text's language, else in
// German or English; "" if it is none. numeric: "3 tháng 11".
func (r *reader) month(word string, numeric bool) string {
	if numeric {
		return word
	}
	for _, lang := range []string{r.lang, "de", "en"} {
		if m := monthOf(lang, strings.ToLower(word)); m > 0 {
			return strconv.Itoa(m)
		}
	}
	return ""
}

func (r *reader) time(s string, g []string) bool {
	h, _ := strconv.Atoi(g[1])
	suffix := strings.ToLower(strings.ReplaceAll(g[3], ".", ""))
	// "12.50" alone is an amount.
	if h > 24 || g[2] == "" && suffix == "" || suffix == "" && !strings.ContainsAny(s, ":") {
		return false
	}
	switch {
	case suffix == "pm" && h < 12:
		h += 12
	case suffix == "am" && h == 12:
		h = 0
	}
	m := g[2]
	if m == "" {
		m = "00"
	}
	n := -1
	if m == "00" {
		n = h
	}
	r.all = append(r.all, claim{kind: "time", text: strings.TrimSpace(s), norms: []string{strconv.Itoa(h) + ":" + m, strconv.Itoa(h%12) + ":" + m}, number: n})
	return true
}

func (r *reader) number(s string, _ []string) bool {
	c := claim{kind: "number", text: s, norms: readings(s), number: -1}
	if n, err := strconv.Atoi(s); err == nil && n <= maxWord {
		c.number = n
	}
	r.all = append(r.all, c)
	return true
}

// readings returns the values that a number can have in the spellings of
// languages: "1.500" is 1500 and 1.5.
func readings(s string) []string {
	s = strings.Map(func(c rune) rune {
		if c == ' ' || c == '\u00a0' || c == '\u202f' || c == '\'' || c == '’' {
			return -1
		}
		return c
	}, s)
	last := strings.LastIndexAny(s, ".,")
	if last < 0 {
		return []string{value(s, "")}
	}
	whole := strings.NewReplacer(".", "", ",", "").Replace(s[:last])
	fraction := s[last+1:]
	both := strings.Contains(s, ".") && strings.Contains(s, ",")
	switch {
	case !both && strings.Count(s, s[last:last+1]) > 1:
		return []string{value(whole+fraction, "")}
	case len(fraction) == 3 && !both:
		return []string{value(whole+fraction, ""), value(whole, fraction)}
	}
	return []string{value(whole, fraction)}
}

func value(whole, fraction string) string {
	whole, fraction = strings.TrimLeft(whole, "0"), strings.TrimRight(fraction, "0")
	if whole == "" {
		whole = "0"
	}
	if fraction == "" {
		return whole
	}
	return whole + "." + fraction
}

func currency(s string) string {
	s = strings.TrimSuffix(strings.ToLower(s), "s")
	if c := currencies[s]; c != "" {
		return c
	}
	return strings.ToUpper(s)
}

func squeeze(s string) string {
	return strings.ToLower(strings.Map(func(c rune) rune {
		if c == ' ' || c == '\u00a0' || c == '\u202f' || c == '\u200e' || c == '\u200f' {
			return -1
		}
		return c
	}, s))
}

// plainDigits writes Arabic and Persian figures as European ones, and their
// separators of decimals and thousands too.
func plainDigits(s string) string {
	s = strings.ReplaceAll(s, "(0)", " ") // +49 (0)2345
	return strings.Map(func(c rune) rune {
		switch {
		case c >= '٠' && c <= '٩':
			return '0' + c - '٠'
		case c >= '۰' && c <= '۹':
			return '0' + c - '۰'
		case c >= '०' && c <= '९':
			return '0' + c - '०'
		case c == '٫':
			return ','
		case c == '٬':
			return '.'
		case c == '‑' || c == '–':
			return '-'
		case c == '\u200e' || c == '\u200f' || c == '\u00ad':
			return -1
		}
		return c
	}, s)
}

// named returns what a text names that stays as it is in every language: the
// abbreviations of laws, and words of persons' names.
func named(text string) (laws, persons []string) {
	for _, f := range facts.Find(bare(text), time.Time{}) {
		switch f.Kind {
		case facts.Law:
			if w := strings.Fields(f.Norm); len(w) > 0 && strings.ToLower(w[len(w)-1][1:]) != w[len(w)-1][1:] && !slices.Contains(laws, w[len(w)-1]) {
				laws = append(laws, w[len(w)-1]) // "VwGO", not "Satz 2"
			}
		case facts.Person:
			for _, w := range strings.FieldsFunc(f.Norm, func(c rune) bool { return c == ' ' || c == '-' }) {
				if len(w) > 2 && w != strings.ToLower(w) && !strings.HasSuffix(w, ".") && !slices.Contains(persons, w) {
					persons = append(persons, w)
				}
			}
		}
	}
	return laws, persons
}
