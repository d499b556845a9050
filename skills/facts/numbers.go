package facts

import (
	"strconv"
	"strings"
)

func itoa(n int) string         { return strconv.Itoa(n) }
func lower(s string) string     { return strings.ToLower(s) }
func upperCase(s string) string { return strings.ToUpper(s) }

// isUpper reports whether a word is all capitals.
func isUpper(s string) bool { return upperCase(s) == s && lower(s) != s }

// NumberWord reads a number in German or English words, in any case: "zwölf",
// "zweihundertfünfzig", "twenty-five". It returns 0 for any other word, also for
// "null"; inflected forms of ein ("einer") are none.
func NumberWord(word string) int {
	if len(word) > maxWord {
		return 0
	}
	w := lower(word)
	if n := numberWord(w); n > 0 {
		return n
	}
	if n := english[w]; n > 0 {
		return n
	}
	if w == "zweier" || w == "dreier" { // genitive
		return numberWord(w[:4])
	}
	if a, b, ok := strings.Cut(w, "-"); ok && english[a] >= 20 && english[a] < 100 && english[b] > 0 && english[b] < 10 {
		return english[a] + english[b]
	}
	return 0
}

var english = map[string]int{
	"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12,
	"thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19, "twenty": 20, "thirty": 30,
	"forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90, "hundred": 100, "thousand": 1000, "dozen": 12,
}

// numberWord reads a German number in words up to 999 999, or returns 0.
func numberWord(w string) int {
	if a, b, ok := strings.Cut(w, "tausend"); ok {
		return join(below1000(a), below1000(b), 1000, a, b)
	}
	return below1000(w)
}

func below1000(w string) int {
	if a, b, ok := strings.Cut(w, "hundert"); ok {
		return join(below100(a), below100(b), 100, a, b)
	}
	return below100(w)
}

// join makes a number of what stands before and after a power of ten; a part
// that is there but is no number spoils it.
func join(high, low, unit int, a, b string) int {
	b = strings.TrimPrefix(b, "und")
	if a == "" {
		high = 1
	}
	if high == 0 || low == 0 && b != "" {
		return 0
	}
	return high*unit + low
}

var ones = map[string]int{
	"ein": 1, "eins": 1, "zwei": 2, "drei": 3, "vier": 4, "fünf": 5, "sechs": 6, "sieben": 7, "acht": 8, "neun": 9,
	"zehn": 10, "elf": 11, "zwölf": 12, "dreizehn": 13, "vierzehn": 14, "fünfzehn": 15, "sechzehn": 16, "siebzehn": 17,
	"achtzehn": 18, "neunzehn": 19,
}

var tens = map[string]int{
	"zwanzig": 20, "dreißig": 30, "dreissig": 30, "vierzig": 40, "fünfzig": 50, "sechzig": 60, "siebzig": 70, "achtzig": 80, "neunzig": 90,
}

func below100(w string) int {
	w = strings.TrimPrefix(w, "und")
	if n := ones[w]; n > 0 {
		return n
	}
	if n := tens[w]; n > 0 {
		return n
	}
	if a, b, ok := strings.Cut(w, "und"); ok && ones[a] > 0 && ones[a] < 10 && tens[b] > 0 {
		return ones[a] + tens[b]
	}
	return 0
}

// A figure is a number as written in figures.
type figure struct {
	whole    int64
	fraction string // digits after the decimal sign
	next     int    // the token after it
}

// figure reads "12.500,00", "12 500", "1,2", "12,500.00", "12.500,-" at token i.
// english says that a comma before three digits parts thousands.
func (s *scan) figure(i int, english bool) (figure, bool) {
	if !s.isNum(i, 1, 12) {
		return figure{}, false
	}
	f := figure{whole: toInt(s.str(i)), next: i + 1}
	groups := s.isNum(i, 1, 3)
	var sep rune
	for groups && f.whole < 1e12 {
		j := f.next
		m := s.at(j)
		if m.kind == numToken && m.gap == blank && s.isNum(j, 3, 3) && (sep == 0 || sep == ' ') && s.str(i)[0] != '0' && f.whole < 1e9 {
			sep = ' '
			f.whole, f.next = f.whole*1000+toInt(s.str(j)), j+1
			continue
		}
		if m.kind != markToken || m.gap != tight || !s.isNum(j+1, 3, 3) || s.at(j+1).gap != tight || sep != 0 && sep != m.mark {
			break
		}
		switch m.mark {
		case '.', '\'', '’':
		case ',':
			// 1,659 € may be a price with three decimals; 12,500.00 is English.
			if !english && !s.is(j+2, '.') && !s.is(j+2, ',') && sep == 0 {
				groups = false
				continue
			}
		default:
			groups = false
			continue
		}
		sep = m.mark
		f.whole, f.next = f.whole*1000+toInt(s.str(j+1)), j+2
	}
	return s.fraction(f, sep), true
}

// fraction reads what follows the whole part of a figure.
func (s *scan) fraction(f figure, sep rune) figure {
	m := s.at(f.next)
	if m.kind != markToken || m.gap != tight || m.mark != ',' && m.mark != '.' || m.mark == sep {
		return f
	}
	n := s.at(f.next + 1)
	switch {
	case n.gap != tight:
	case n.kind == numToken && n.end-n.start <= 4:
		f.fraction, f.next = s.str(f.next+1), f.next+2
	case n.kind == markToken && isDash(n.mark): // 25,- and 25,--
		f.next += 2
		for isDash(s.at(f.next).mark) && s.at(f.next).kind == markToken && s.at(f.next).gap == tight {
			f.next++
		}
	}
	return f
}

func toInt(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// scaled returns the figure times scale in hundredths, rounded down beyond.
func (f figure) scaled(scale int64) (int64, bool) {
	const limit = 1e15 // in hundredths; more is no amount of an office
	if f.whole > limit/100/scale {
		return 0, false
	}
	cents := f.whole * scale * 100
	unit := scale * 100
	for _, c := range f.fraction {
		unit /= 10
		cents += int64(c-'0') * unit
	}
	return cents, true
}
