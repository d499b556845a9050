package facts

import (
	"slices"
	"strings"
)

// findLinks finds the mail addresses and links of text[start:end] for
// tokenise to keep whole.
func (s *scan) findLinks(start, end int) {
	s.spans = s.spans[:0]
	b := s.text[start:end]
	for i := 0; i < len(b); {
		k := strings.IndexByte(b[i:], '@')
		if k < 0 {
			break
		}
		i += k
		from, to := i, i+1
		for from > 0 && isLocal(b[from-1]) && i-from < 64 {
			from--
		}
		for from < i && (b[from] == '.' || b[from] == '-') {
			from++
		}
		for to < len(b) && isHost(b[to]) && to-i < 254 {
			to++
		}
		for to > i && (b[to-1] == '.' || b[to-1] == '-') {
			to--
		}
		if dot := strings.LastIndexByte(b[i:to], '.'); from < i && dot > 1 && to-i-dot > 2 && letters(b[i+dot+1:to]) {
			s.span(Email, start+from, start+to, strings.ToLower(b[from:to]))
			i = to
			continue
		}
		i++
	}
	s.findSchemes(b, start)
	slices.SortFunc(s.spans, func(a, b Fact) int { return a.Start - b.Start })
	s.spans = slices.CompactFunc(s.spans, func(a, b Fact) bool { return a.Start < b.End && b.Start < a.End })
}

func (s *scan) findSchemes(b string, start int) {
	for i := 0; i < len(b); {
		k := nextLink(b[i:])
		if k < 0 {
			return
		}
		i += k
		to := i
		for to < len(b) && b[to] > ' ' && !strings.ContainsRune(`<>"|`, rune(b[to])) && to-i < 2048 {
			to++
		}
		raw := b[i:to]
		for _, stop := range []string{"“", "”", "»", "«", "„", "\u00a0", "…"} {
			if k := strings.Index(raw, stop); k >= 0 {
				raw = raw[:k]
			}
		}
		raw = strings.TrimRight(raw, ".,;:!?'*")
		if strings.HasSuffix(raw, ")") && !strings.Contains(raw, "(") {
			raw = strings.TrimRight(raw, ").,")
		}
		if norm, ok := linkNorm(raw); ok {
			s.span(Link, start+i, start+i+len(raw), norm)
		}
		i += max(len(raw), 4)
	}
}

// nextLink returns where the next link may begin, or -1.
func nextLink(b string) int {
	off := 0
	for {
		k := strings.IndexAny(b[off:], "hHwW")
		if k < 0 {
			return -1
		}
		off += k
		r := b[off:min(len(b), off+8)]
		if (off == 0 || !isLocal(b[off-1])) && (hasFold(r, "https://") || hasFold(r, "http://") || hasFold(r, "www.")) {
			return off
		}
		off++
	}
}

func hasFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

func linkNorm(raw string) (string, bool) {
	scheme, rest, ok := strings.Cut(raw, "://")
	if !ok {
		scheme, rest = "https", raw
	}
	host, path, slash := strings.Cut(rest, "/")
	if !strings.Contains(host, ".") || len(host) < 4 {
		return "", false
	}
	norm := strings.ToLower(scheme) + "://" + strings.ToLower(host)
	if slash {
		norm += "/" + path
	}
	return norm, true
}

func (s *scan) span(k Kind, start, end int, norm string) {
	s.spans = append(s.spans, Fact{Kind: k, Start: start, End: end, Text: s.text[start:end], Norm: norm})
}

func isLocal(c byte) bool {
	return isAlnum(c) || c >= 0x80 || strings.IndexByte("._%+-'", c) >= 0
}

func isHost(c byte) bool { return isAlnum(c) || c == '.' || c == '-' }

func isAlnum(c byte) bool { return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z' }

func letters(s string) bool {
	for i := range len(s) {
		if c := s[i] | 0x20; c < 'a' || c > 'z' {
			return false
		}
	}
	return true
}

// phone finds the number after a word such as "Tel.", or after a plus sign.
// i is the token after that word.
func (s *scan) phone(i int, cue string) int {
	j, sure := i, cue == ""
	for n := 0; n < 6 && cue != ""; n++ {
		t := s.at(j)
		if t.gap > line {
			return i
		}
		switch {
		case t.kind == markToken && strings.ContainsRune(".:-/", t.mark) && t.gap <= blank:
			sure = sure || t.mark == ':' || t.mark == '.'
			j++
			continue
		case t.kind == wordToken && isPhoneFiller(s.str(j)):
			sure = true
			j++
			continue
		}
		break
	}
	digits, next := s.dial(j)
	plus := strings.HasPrefix(digits, "+")
	if len(digits) > 16 || len(digits) < 3 || !sure && len(digits) < 6 || cue == "" && (!plus || len(digits) < 9) {
		return i
	}
	s.add(Fact{Kind: Phone, Norm: digits, Cue: cue}, j, next)
	return next
}

func isPhoneFiller(w string) bool {
	switch lower(w) {
	case "nr", "no", "nummer", "number", "unter", "der", "ist", "lautet", "at", "is", "erreichbar", "auch", "fax", "dienstlich", "privat", "zentrale", "büro", "mobil", "s":
		return true
	}
	return false
}

// dial reads the figures of a phone number at token j.
func (s *scan) dial(j int) (digits string, next int) {
	var b []byte
	k := j
	if s.is(k, '+') {
		b = append(b, '+')
		k++
	}
	next = j
	for n := 0; n < 16; n++ {
		t := s.at(k)
		if t.gap > blank && k > j || t.kind == wordToken || t.kind == noToken || t.kind == factToken {
			break
		}
		if t.kind == numToken {
			if t.gap == blank && k > j {
				if d, ok := s.one(k); ok && d.m > 0 || s.str(k+1) == "Uhr" || s.is(k+1, ':') {
					break
				}
			}
			b = append(b, s.str(k)...)
			k++
			next = k
			continue
		}
		if s.is(k, '(') && s.str(k+1) == "0" && s.is(k+2, ')') && len(b) > 1 { // +49 (0)40
			k += 3
			continue
		}
		if !strings.ContainsRune("()/-–", t.mark) || s.at(k+1).kind == wordToken {
			break
		}
		k++
	}
	digits = string(b)
	switch {
	case strings.HasPrefix(digits, "00"):
		digits = "+" + digits[2:]
	case strings.HasPrefix(digits, "0"):
		digits = "+49" + digits[1:]
	}
	return digits, next
}

// ibanLength is the length of an IBAN by country.
var ibanLength = map[string]int{
	"AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BY": 28, "CH": 21, "CY": 28, "CZ": 24,
	"DE": 22, "DK": 18, "EE": 20, "EG": 29, "ES": 24, "FI": 18, "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27,
	"HR": 21, "HU": 28, "IE": 22, "IL": 23, "IS": 26, "IT": 27, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "MC": 27, "MD": 24, "ME": 22,
	"MK": 19, "MT": 31, "NL": 18, "NO": 15, "PL": 28, "PT": 25, "RO": 24, "RS": 22, "SA": 24, "SE": 24, "SI": 19, "SK": 24, "SM": 27,
	"TN": 24, "TR": 26, "UA": 29, "VA": 22, "XK": 20,
}

// iban finds an IBAN with valid check digits.
func (s *scan) iban(i int) int {
	want := ibanLength[s.str(i)]
	if want == 0 || !s.isNum(i+1, 2, 30) || s.at(i+1).gap != tight || s.at(i).gap == tight && s.at(i-1).kind == numToken {
		return i
	}
	b := make([]byte, 0, 34)
	j := i
	for ; j < i+24 && len(b) < want; j++ {
		t := s.at(j)
		if j > i && t.gap > blank || t.kind != wordToken && t.kind != numToken {
			return i
		}
		b = append(b, strings.ToUpper(s.str(j))...)
	}
	if n := s.at(j); len(b) != want || n.gap == tight && (n.kind == numToken || n.kind == wordToken) || !ibanValid(b) {
		return i
	}
	s.add(Fact{Kind: IBAN, Norm: string(b)}, i, j)
	return j
}

// ibanValid checks ISO 7064, modulo 97.
func ibanValid(b []byte) bool {
	sum := 0
	for k := range b {
		c := b[(k+4)%len(b)]
		switch {
		case '0' <= c && c <= '9':
			sum = (sum*10 + int(c-'0')) % 97
		case 'A' <= c && c <= 'Z':
			sum = (sum*100 + int(c-'A') + 10) % 97
		default:
			return false
		}
	}
	return sum == 1
}
