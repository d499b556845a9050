package document

import (
	"encoding/xml"
	"math"
	"strconv"
	"strings"
	"time"
)

// xlsxFormats are the number formats of a workbook. Numbers are written as a
// German Excel shows them: decimal comma, points between thousands, dates by
// the day first where the format leaves the order to the machine.
type xlsxFormats struct {
	date1904 bool
	codes    map[int]string // of the workbook's own formats
	cells    []int          // the format of each cell style
	inCells  bool
	parsed   map[int]numberFormat
}

// visit reads styles.xml.
func (f *xlsxFormats) visit(t xml.Token) error {
	switch t := t.(type) {
	case xml.StartElement:
		switch t.Name.Local {
		case "numFmt":
			if f.codes == nil {
				f.codes = make(map[int]string)
			}
			if len(f.codes) < 10_000 {
				f.codes[xmlInt(t, "numFmtId")] = cut(xmlAttr(t, "formatCode"), 300)
			}
		case "cellXfs":
			f.inCells = true
		case "xf":
			if f.inCells && len(f.cells) < 100_000 {
				f.cells = append(f.cells, xmlInt(t, "numFmtId"))
			}
		}
	case xml.EndElement:
		if t.Name.Local == "cellXfs" {
			f.inCells = false
		}
	}
	return nil
}

// builtin are the formats that have no code in the file.
var builtin = map[int]string{
	1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 5: "#,##0 €", 6: "#,##0 €", 7: "#,##0.00 €", 8: "#,##0.00 €", 9: "0%", 10: "0.00%", 11: "0.00E+00",
	14: "dd.mm.yyyy", 15: "d. mmm yy", 16: "d. mmm", 17: "mmm yy", 18: "h:mm", 19: "h:mm:ss", 20: "hh:mm", 21: "hh:mm:ss", 22: "dd.mm.yyyy hh:mm",
	37: "#,##0", 38: "#,##0", 39: "#,##0.00", 40: "#,##0.00", 41: "#,##0", 42: "#,##0 €", 43: "#,##0.00", 44: "#,##0.00 €", 45: "mm:ss", 46: "[h]:mm:ss", 47: "mm:ss", 48: "0.0E+0", 49: "@",
}

// show returns a number as the style of its cell shows it. What is no number
// is returned as it is.
func (f *xlsxFormats) show(v string, style int) string {
	n, err := strconv.ParseFloat(strings.TrimSpace(v), 64)
	if err != nil || math.IsInf(n, 0) || math.IsNaN(n) {
		return v
	}
	id := 0
	if style >= 0 && style < len(f.cells) {
		id = f.cells[style]
	}
	format, ok := f.parsed[id]
	if !ok {
		code := f.codes[id]
		if code == "" {
			code = builtin[id]
		}
		format = parseNumberFormat(code)
		if f.parsed == nil {
			f.parsed = make(map[int]numberFormat)
		}
		f.parsed[id] = format
	}
	return format.show(n, f.date1904)
}

// A numberFormat is a format code, cut into the sections for positive,
// negative and zero values.
type numberFormat struct{ sections []formatSection }

type formatSection struct {
	tokens    []formatToken
	date      bool
	general   bool
	percent   int // how many signs
	thousands bool
	scale     int // commas at the end: thousands left out
	decimals  int
	optional  int // of the decimals, shown only if not zero
	digits    int // at least before the comma
	exponent  bool
	number    bool // has a place for digits
	ampm      bool
}

// A formatToken is a literal, a place for the number ('0'), or a unit of time.
type formatToken struct {
	kind byte // 'l' literal, '0' number, 'y' 'm' 'M' 'd' 'h' 's', 'E' elapsed hours, 'a' AM or PM
	text string
	n    int // letters
}

func parseNumberFormat(code string) numberFormat {
	var f numberFormat
	if code == "" || strings.EqualFold(code, "general") || code == "@" {
		return numberFormat{[]formatSection{{general: true}}}
	}
	for _, s := range splitSections(code) {
		if len(f.sections) < 3 {
			f.sections = append(f.sections, parseSection(s))
		}
	}
	return f
}

func splitSections(code string) []string {
	var out []string
	start, quoted := 0, false
	for i := 0; i < len(code); i++ {
		switch c := code[i]; {
		case c == '"':
			quoted = !quoted
		case c == '\\' && !quoted:
			i++
		case c == ';' && !quoted:
			out = append(out, code[start:i])
			start = i + 1
		}
	}
	return append(out, code[start:])
}

func parseSection(code string) formatSection {
	var s formatSection
	literal := func(text string) { s.tokens = append(s.tokens, formatToken{kind: 'l', text: text}) }
	for i := 0; i < len(code); {
		c := code[i]
		run := 1
		for i+run < len(code) && code[i+run]|0x20 == c|0x20 {
			run++
		}
		switch {
		case c == '"':
			end := strings.IndexByte(code[i+1:], '"')
			if end < 0 {
				end = len(code) - i - 1
			}
			literal(code[i+1 : i+1+end])
			i += end + 2
			continue
		case c == '\\' && i+1 < len(code):
			r := []rune(code[i+1:])
			literal(string(r[0]))
			i += 1 + len(string(r[0]))
			continue
		case c == '_' && i+1 < len(code): // as wide as the next character
			literal(" ")
			i += 2
			continue
		case c == '*' && i+1 < len(code): // filled with the next character
			i += 2
			continue
		case c == '[':
			end := strings.IndexByte(code[i:], ']')
			if end < 0 {
				end = len(code) - i - 1
			}
			s.bracket(code[i+1 : i+end])
			i += end + 1
			continue
		case c == '0' || c == '#' || c == '?' || c == ',' && s.number || c == '.' && (s.number || strings.IndexByte("0#?", code[min(i+1, len(code)-1)]) >= 0):
			n := s.digitsAt(code[i:])
			i += n
			continue
		case strings.HasPrefix(strings.ToLower(code[i:]), "general"):
			s.tokens = append(s.tokens, formatToken{kind: '0'})
			s.general, s.number, run = true, true, len("general")
		case c == '%':
			s.percent++
			literal("%")
			run = 1
		case strings.IndexByte("yYmMdDhHsS", c) >= 0:
			s.date = true
			s.tokens = append(s.tokens, formatToken{kind: c | 0x20, n: run})
		case strings.HasPrefix(strings.ToUpper(code[i:]), "AM/PM"):
			s.date, s.ampm = true, true
			s.tokens = append(s.tokens, formatToken{kind: 'a'})
			run = 5
		case c == '@':
			s.tokens = append(s.tokens, formatToken{kind: '0'})
			s.general, s.number, run = true, true, 1
		default:
			literal(code[i : i+1])
			run = 1
		}
		i += run
	}
	s.minutes()
	return s
}

// bracket reads what stands in brackets: a currency, elapsed time; colours and
// conditions do not matter.
func (s *formatSection) bracket(in string) {
	switch {
	case strings.HasPrefix(in, "$"):
		sign, _, _ := strings.Cut(in[1:], "-")
		s.tokens = append(s.tokens, formatToken{kind: 'l', text: sign})
	case in != "" && strings.Trim(strings.ToLower(in), "h") == "":
		s.date = true
		s.tokens = append(s.tokens, formatToken{kind: 'E', n: len(in)})
	}
}

// digitsAt reads the places for digits that code begins with.
func (s *formatSection) digitsAt(code string) int {
	if s.number { // a second group, as in a fraction: not told apart
		return len(code) - len(strings.TrimLeft(code, "0#?.,"))
	}
	s.number = true
	s.tokens = append(s.tokens, formatToken{kind: '0'})
	places := code[:len(code)-len(strings.TrimLeft(code, "0#?.,"))]
	whole, frac, _ := strings.Cut(places, ".")
	trimmed := strings.TrimRight(whole, ",")
	if frac == "" {
		s.scale = len(whole) - len(trimmed)
	} else {
		s.scale = len(frac) - len(strings.TrimRight(frac, ","))
		frac = strings.TrimRight(frac, ",")
	}
	s.thousands = strings.Contains(trimmed, ",")
	s.digits = strings.Count(whole, "0")
	s.decimals = min(len(frac), 20)
	s.optional = strings.Count(frac, "#")
	n := len(places)
	if rest := strings.ToUpper(code[n:]); strings.HasPrefix(rest, "E+") || strings.HasPrefix(rest, "E-") {
		s.exponent = true
		n += 2 + len(rest[2:]) - len(strings.TrimLeft(rest[2:], "0#"))
	}
	return n
}

// minutes tells minutes from months: they stand beside hours or seconds.
func (s *formatSection) minutes() {
	last := -1
	for i, t := range s.tokens {
		switch t.kind {
		case 'h', 'E', 's':
			if t.kind == 's' && last >= 0 && s.tokens[last].kind == 'm' {
				s.tokens[last].kind = 'M'
			}
			last = i
		case 'm':
			if last >= 0 && (s.tokens[last].kind == 'h' || s.tokens[last].kind == 'E') {
				s.tokens[i].kind = 'M'
			}
			last = i
		case 'y', 'd':
			last = i
		}
	}
}

func (f numberFormat) show(n float64, date1904 bool) string {
	s := &f.sections[0]
	switch {
	case n < 0 && len(f.sections) > 1:
		s, n = &f.sections[1], -n
	case n == 0 && len(f.sections) > 2:
		s = &f.sections[2]
	}
	switch {
	case s.general && len(s.tokens) == 0:
		return plainNumber(n)
	case s.date:
		return s.showDate(n, date1904)
	}
	var b strings.Builder
	sign := ""
	if n < 0 {
		sign, n = "-", -n
	}
	for _, t := range s.tokens {
		if t.kind == '0' {
			b.WriteString(sign + s.showNumber(n))
			sign = ""
		} else {
			b.WriteString(t.text)
		}
	}
	return strings.TrimSpace(sign + b.String())
}

func (s *formatSection) showNumber(n float64) string {
	if s.general {
		return plainNumber(n)
	}
	for range min(s.percent, 3) {
		n *= 100
	}
	for range min(s.scale, 5) {
		n /= 1000
	}
	if s.exponent {
		return strings.Replace(strconv.FormatFloat(n, 'E', s.decimals, 64), ".", ",", 1)
	}
	if n < 1e15 { // as Excel, half away from zero by the decimal digits shown
		n, _ = strconv.ParseFloat(strconv.FormatFloat(n, 'f', 15-len(strconv.FormatInt(int64(n), 10)), 64), 64)
		pow := math.Pow10(s.decimals)
		if scaled := n * pow; scaled < 1e15 {
			n = math.Floor(scaled+0.5+1e-9) / pow
		}
	}
	whole, frac, _ := strings.Cut(strconv.FormatFloat(n, 'f', s.decimals, 64), ".")
	for i := 0; i < s.optional && strings.HasSuffix(frac, "0"); i++ {
		frac = frac[:len(frac)-1]
	}
	if s.digits == 0 && whole == "0" && frac != "" {
		whole = ""
	}
	whole = strings.Repeat("0", max(0, min(s.digits, 30)-len(whole))) + whole
	if s.thousands {
		whole = grouped(whole)
	}
	if frac == "" {
		return whole
	}
	return whole + "," + frac
}

// grouped puts points between thousands.
func grouped(digits string) string {
	var b strings.Builder
	for i, c := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte('.')
		}
		b.WriteRune(c)
	}
	return b.String()
}

// plainNumber writes a number without a format: up to 10 significant digits.
func plainNumber(n float64) string {
	if a := math.Abs(n); a != 0 && (a >= 1e15 || a < 1e-5) {
		return strings.Replace(strconv.FormatFloat(n, 'G', 6, 64), ".", ",", 1)
	}
	if n == math.Trunc(n) {
		return strconv.FormatFloat(n, 'f', 0, 64)
	}
	r, _ := strconv.ParseFloat(strconv.FormatFloat(n, 'g', 10, 64), 64)
	return strings.Replace(strconv.FormatFloat(r, 'f', -1, 64), ".", ",", 1)
}

var (
	germanMonths = []string{"Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember"}
	germanDays   = []string{"Sonntag", "Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag"}
)

// showDate writes a day number as a date. Excel counts from 1900 with a 29
// February that there was not, or from 1904.
func (s *formatSection) showDate(n float64, date1904 bool) string {
	if n < 0 || n > 2958466 {
		return plainNumber(n)
	}
	start := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
	if date1904 {
		start = time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
	} else if n >= 1 && n < 60 {
		start = start.AddDate(0, 0, 1)
	}
	days := math.Floor(n)
	t := start.AddDate(0, 0, int(days)).Add(time.Duration(math.Round((n-days)*86400)) * time.Second)
	var b strings.Builder
	for _, k := range s.tokens {
		b.WriteString(s.unit(k, t, n))
	}
	return strings.TrimSpace(b.String())
}

func (s *formatSection) unit(k formatToken, t time.Time, n float64) string {
	pad := func(v int) string {
		if k.n > 1 && v < 10 {
			return "0" + strconv.Itoa(v)
		}
		return strconv.Itoa(v)
	}
	name := func(names []string, i int) string {
		if k.n == 3 && len(names) == 12 {
			return string([]rune(names[i])[:3])
		} else if k.n == 3 {
			return names[i][:2]
		}
		return names[i]
	}
	switch k.kind {
	case 'y':
		if k.n <= 2 {
			return strconv.Itoa(t.Year()%100/10) + strconv.Itoa(t.Year()%10)
		}
		return strconv.Itoa(t.Year())
	case 'm':
		if k.n > 2 {
			return name(germanMonths, int(t.Month())-1)
		}
		return pad(int(t.Month()))
	case 'd':
		if k.n > 2 {
			return name(germanDays, int(t.Weekday()))
		}
		return pad(t.Day())
	case 'h':
		if h := t.Hour(); s.ampm {
			return pad((h+11)%12 + 1)
		}
		return pad(t.Hour())
	case 'M':
		return pad(t.Minute())
	case 's':
		return pad(t.Second())
	case 'E':
		return pad(int(math.Floor(n*24 + 1e-6)))
	case 'a':
		return t.Format("PM")
	case '0':
		return ""
	}
	return k.text
}
