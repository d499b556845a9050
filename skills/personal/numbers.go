package personal

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"amtsbote/skills/facts"
)

// maxNumber is how many letters and digits the longest number has: an IBAN.
const maxNumber = 34

// A run is letters and digits of a text, with single blanks and marks between.
type run struct {
	chars []byte // in capitals
	ends  []int  // byte behind each
	parts []int  // how many groups up to each
	lines []int  // how many line ends before each
}

// numbers finds numbers with check digits wherever one can begin, and those that
// only a cue word makes one.
func (s *scan) numbers() {
	var r run
	for i := 0; i < len(s.text); i++ {
		if !alnum(s.text[i]) || i > 0 && (alnum(s.text[i-1]) || s.text[i-1] == '<') || !s.wordStart(i) {
			continue
		}
		s.read(i, &r)
		s.number(i, &r)
	}
	s.machineLines()
}

// wordStart reports whether no letter beyond ASCII stands before i.
func (s *scan) wordStart(i int) bool {
	if i == 0 || s.text[i-1] < utf8.RuneSelf {
		return true
	}
	r, _ := utf8.DecodeLastRuneInString(s.text[:i])
	return !isLetter(r)
}

// read fills r with what begins at i.
func (s *scan) read(i int, r *run) {
	r.chars, r.ends, r.parts, r.lines = r.chars[:0], r.ends[:0], r.parts[:0], r.lines[:0]
	part, lines := 1, 0
	for i < len(s.text) && len(r.chars) < maxNumber {
		c := s.text[i]
		if alnum(c) {
			if 'a' <= c && c <= 'z' {
				c -= 32
			}
			i++
			r.chars, r.ends, r.parts, r.lines = append(r.chars, c), append(r.ends, i), append(r.parts, part), append(r.lines, lines)
			continue
		}
		n, line := s.separator(i)
		if n == 0 || i+n >= len(s.text) || !alnum(s.text[i+n]) {
			return
		}
		if line {
			lines++
		}
		part++
		i += n
	}
}

// separator returns how many bytes separate groups of a number at i.
func (s *scan) separator(i int) (n int, line bool) {
	switch rest := s.text[i:]; {
	case strings.HasPrefix(rest, "\u00a0"):
		return 2, false
	case strings.HasPrefix(rest, "\u202f"), strings.HasPrefix(rest, "\u2009"), strings.HasPrefix(rest, "\u2011"):
		return 3, false
	case strings.HasPrefix(rest, " \n"):
		return 2, true
	case rest[0] == '\n':
		return 1, true
	case rest[0] == ' ', rest[0] == '-', rest[0] == '/', rest[0] == '.':
		return 1, false
	}
	return 0, false
}

// ends reports whether a number of n signs ends there.
func (s *scan) ends(r *run, n int) bool {
	if len(r.chars) < n {
		return false
	}
	e := r.ends[n-1]
	if e >= len(s.text) {
		return true
	}
	if s.text[e] >= utf8.RuneSelf {
		c, _ := utf8.DecodeRuneInString(s.text[e:])
		return !isLetter(c)
	}
	return !alnum(s.text[e]) && s.text[e] != '<'
}

func (s *scan) number(i int, r *run) {
	if len(r.chars) < 9 {
		return
	}
	text := string(r.chars)
	digit := r.chars[0] <= '9'
	upper := s.text[i] < 'a'
	try := func(k Kind, n, lines int, valid func(string) bool, cue *regexp.Regexp, form func(string) bool) {
		if !s.ends(r, n) || r.lines[n-1] > lines || !form(text[:n]) {
			return
		}
		cued := cue != nil && cue.MatchString(s.before(i))
		if (valid(text[:n]) && upper) || cued {
			s.add(k, i, r.ends[n-1], text[:n], true)
		}
	}
	if digit {
		try(TaxID, 11, 0, func(n string) bool {
			return facts.ValidTaxID(n) && (r.parts[10] == 1 || r.parts[10] == 4 && r.parts[2] == 2)
		}, taxCue, digits)
		try(Pension, 12, 1, facts.ValidPension, pensionCue, pensionForm)
		for _, n := range []int{16, 15, 14, 13, 19} {
			try(Card, n, 0, func(c string) bool { return facts.ValidCard(c) && cardGroups(r, n) }, cardCue, digits)
		}
		try(IDCard, 10, 0, nothing, idCue, digits)
		return
	}
	if n := facts.IBANLength(text[:2]); n > 0 {
		try(IBAN, n, 2, facts.ValidIBAN, ibanCue, func(c string) bool { return digits(c[2:4]) })
	}
	try(VAT, 11, 0, facts.ValidVAT, vatCue, func(c string) bool { return c[:2] == "DE" && digits(c[2:]) })
	try(VAT, 11, 0, nothing, vatCue, func(c string) bool { return c[:3] == "ATU" && digits(c[3:]) })
	try(Health, 10, 1, facts.ValidHealth, healthCue, func(c string) bool { return digits(c[1:]) })
	try(IDCard, 10, 0, func(c string) bool { return serialValid(c) && !(digits(c[1:]) && facts.ValidHealth(c)) }, idCue, func(c string) bool { return serial(c[:9]) && digits(c[9:]) })
	for _, n := range []int{9, 8, 7} { // without check digit, and of other countries
		if len(r.parts) >= n && r.parts[n-1] == 1 {
			try(IDCard, n, 0, nothing, idCue, hasDigit)
		}
	}
}

// before returns the line before i, or where i begins one the text before it, as far
// as a cue word may stand from its number.
func (s *scan) before(i int) string {
	b := s.text[max(0, i-60):i]
	if k := strings.LastIndexByte(b, '\n'); k >= 0 && strings.TrimSpace(b[k:]) != "" {
		b = b[k:]
	}
	return b
}

// What stands between a cue word and its number.
const between = `[^\d\n]{0,24}\s*[:|=]?\s*$`

var (
	taxCue     = regexp.MustCompile(`(?i)(?:steuer-?id\w*|steuerliche id\w*|steueridentifikations\w*|steuer-identifikations\w*|identifikationsnummern?|\bid-?nr\.?|\btax id\w*|\btin\b)` + between)
	pensionCue = regexp.MustCompile(`(?i)(?:renten\w*nummer|sozialversicherungs\w*|\brv-?nr|\bsv-?n(?:umme)?r|\bvsnr|renten\w*-nr)` + between)
	healthCue  = regexp.MustCompile(`(?i)(?:versicherten\w*|\bkvnr|\bkv-?nr|\begk\b|gesundheitskarte)` + between)
	idCue      = regexp.MustCompile(`(?i)(?:ausweis\w*|reisep(?:ass|äss)\w*|seriennummer|passnummer|pass-nr|passport\w*|identity card|\bid card)` + between)
	cardCue    = regexp.MustCompile(`(?i)(?:kreditkarte\w*|credit card|visa|mastercard)` + between)
	ibanCue    = regexp.MustCompile(`(?i)\biban` + between)
	vatCue     = regexp.MustCompile(`(?i)(?:\bust-?id\w*|umsatzsteuer-?id\w*|\buid\b|\bvat\b|atu-nummer)` + between)
)

func nothing(string) bool { return false }

// serialValid is for serials without a cue: letters and digits, both.
func serialValid(c string) bool {
	return facts.ValidDocument(c) && strings.ContainsRune("CFGHJKLMNPRTVWXY", rune(c[0])) && strings.ContainsAny(c[1:9], "0123456789")
}

// serial reports whether c has no sign that the serials of German documents lack.
func serial(c string) bool {
	return hasDigit(c) && strings.Trim(c, "0123456789CFGHJKLMNPRTVWXYZ") == ""
}

func hasDigit(c string) bool { return strings.ContainsAny(c, "0123456789") }

func pensionForm(c string) bool {
	return digits(c[:8]) && c[8] >= 'A' && digits(c[9:])
}

// cardGroups reports whether a card's number is written in one or in groups of four
// (American Express: 4, 6, 5).
func cardGroups(r *run, n int) bool {
	return r.parts[n-1] == 1 || r.parts[3] == 1 && r.parts[4] == 2 && r.parts[n-1] == (n+3)/4 || n == 15 && r.parts[14] == 3
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

func alnum(c byte) bool { return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z' }

// machineLine is a line of the machine-readable zone of a passport or card.
var machineLine = regexp.MustCompile(`[A-Z0-9<]{28,44}`)

func (s *scan) machineLines() {
	for from := 0; ; {
		k := strings.Index(s.text[from:], "<<")
		if k < 0 {
			return
		}
		start := max(from, strings.LastIndexByte(s.text[:from+k], '\n')+1, from+k-44)
		end := min(len(s.text), from+k+46)
		next := from + k + 2
		if m := machineLine.FindStringIndex(s.text[start:end]); m != nil {
			s.add(IDCard, start+m[0], start+m[1], strings.Trim(s.text[start+m[0]:start+m[1]], "<"), true)
			next = max(next, start+m[1])
		}
		from = next
	}
}
