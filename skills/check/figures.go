package check

import (
	"regexp"
	"strings"
)

func isDigits(s string) bool { return s != "" && digits(s) == len(s) }

// isNumber reports whether a chunk is a number: not a code, a section or one
// with zeros before it.
func isNumber(s string) bool {
	if s == "" || !isDigit(s[0]) || len(s) > 30 {
		return false
	}
	groups, seps := 1, ""
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case isDigit(c):
		case (c == '.' || c == ',' || c == '\'') && i+1 < len(s) && isDigit(s[i+1]):
			groups, seps = groups+1, seps+string(c)
		default:
			return false
		}
	}
	if s[0] == '0' && len(s) > 1 && isDigit(s[1]) {
		return false
	}
	if groups <= 2 {
		return true
	}
	// All but the last separator part thousands, and are the same.
	parts := strings.FieldsFunc(s, func(r rune) bool { return r == '.' || r == ',' || r == '\'' })
	for i, p := range parts[1 : len(parts)-1] {
		if len(p) != 3 || seps[i] != seps[0] {
			return false
		}
	}
	return len(parts[0]) <= 3 && (seps[len(seps)-1] != seps[0] || len(parts[len(parts)-1]) == 3)
}

// readings returns the normal forms of the ways to read a number: "1.234" may be
// a thousand and more, or one and a fraction.
func readings(s string) []string {
	s = strings.ReplaceAll(fold(s), " ", "")
	if s == "" || digits(s) == 0 {
		return nil
	}
	last := strings.LastIndexAny(s, ".,'")
	if last < 0 {
		return []string{whole(s)}
	}
	head, tail := s[:last], s[last+1:]
	switch {
	case !strings.ContainsAny(head, ".,'") && len(tail) == 3 && len(head) <= 3 && head != "0" && s[last] != '\'':
		return []string{whole(head + tail), decimal(head, tail)}
	case strings.ContainsRune(head, rune(s[last])) || s[last] == '\'':
		return []string{whole(separators.Replace(s))}
	}
	return []string{decimal(separators.Replace(head), tail)}
}

var separators = strings.NewReplacer(".", "", ",", "", "'", "")

func whole(s string) string {
	if s = strings.TrimLeft(s, "0"); s == "" {
		return "0"
	}
	return s
}

func decimal(head, tail string) string {
	if tail = strings.TrimRight(tail, "0"); tail == "" {
		return whole(head)
	}
	return whole(head) + "." + tail
}

// spaces brings what stands between the figures of a number to one form.
var spaces = strings.NewReplacer("\u00a0", " ", "\u202f", " ", "\u2009", " ", "’", "'")

// figure returns the figures of an amount: "12,5" of "12,5 Mio. €".
func figure(s string) string {
	i := strings.IndexAny(s, "0123456789")
	if i < 0 {
		return ""
	}
	s = spaces.Replace(s[i:])
	end := 0
	for end < len(s) && (isDigit(s[end]) || strings.IndexByte(".,' ", s[end]) >= 0) {
		end++
	}
	return strings.TrimRight(s[:end], "., '")
}

// clock reads "10:20".
func clock(s string) (h, m string, ok bool) {
	h, m, ok = strings.Cut(s, ":")
	if !ok || len(m) != 2 || len(h) > 2 || !isDigits(h) || !isDigits(m) || h > "24" && len(h) == 2 || m > "59" {
		return "", "", false
	}
	return twoDigits(h), m, true
}

// hourOf reads an hour, with or without minutes, where a word further on says
// that it is one: "9" and "9.45" of "zwischen 9.45 und 10 Uhr".
func hourOf(s string) (h, m string, ok bool) {
	if len(s) <= 2 {
		return clock(s + ":00")
	}
	return clock(strings.Replace(s, ".", ":", 1))
}

// glued parts a number from the unit or ending that is written to it: "86m²",
// "14-tägige", "30-Tage", "12%", "100er".
func glued(s string) (head, tail string, ok bool) {
	i := 0
	for i < len(s) && (isDigit(s[i]) || strings.IndexByte(".,'", s[i]) >= 0 && i+1 < len(s) && isDigit(s[i+1])) {
		i++
	}
	head, tail = s[:i], strings.ToLower(s[i:])
	if !isNumber(head) || digits(tail) > 0 || strings.ContainsAny(tail, "/.:") {
		return "", "", false
	}
	if t, cutOff := strings.CutPrefix(tail, "-"); cutOff {
		t, _, _ = strings.Cut(t, "-")
		return head, t, t != ""
	}
	switch tail {
	case "%", "€", "m", "km", "cm", "mm", "m²", "m2", "m³", "qm", "km²", "ha", "kg", "g", "t", "l", "kw", "kwh", "mw", "mwh", "v", "db", "°", "°c", "°f", "h", "min", "mb", "gb", "tb", "er", "ern", "fach", "x", "st", "nd", "rd", "th", "am", "pm", "s", "sqm", "‰":
		return head, tail, true
	}
	return head, tail, unitOf(tail) != "" || adjective(tail) != ""
}

// inCell reports whether a number fills a cell of a table or follows a colon.
func inCell(text string, start, end int) bool {
	before := strings.TrimRight(text[max(0, start-8):start], " +-−±*_")
	after := strings.TrimLeft(text[end:min(len(text), end+8)], " %*_")
	return strings.HasSuffix(before, "|") || strings.HasSuffix(before, "\t") || strings.HasSuffix(before, ":") || strings.HasPrefix(after, "|") || strings.HasPrefix(after, "\t")
}

// scanCodes calls fn with the normal form of everything in a text that has
// digits and is no plain number.
func scanCodes(text string, fn func(code string, start, end int)) {
	for i := 0; i < len(text); {
		j := strings.IndexAny(text[i:], " \t\n\r\u00a0|()[]„“”\"»«;<>*`")
		if j < 0 {
			j = len(text) - i
		}
		start, end := trim(text, i, i+j)
		i += j + 1
		if w := text[start:end]; len(w) <= 100 && strings.ContainsAny(w, "0123456789") && !isNumber(w) {
			fn(squeeze(w), start, end)
		}
	}
}

// scanDials calls fn with every run of figures that may be a phone number, at
// each length from six figures, until fn returns true; the shortest first.
func scanDials(text string, fn func(digits string, start, end int) bool) {
	for i := 0; i < len(text); i++ {
		if text[i] != '0' && text[i] != '+' || i > 0 && (isDigit(text[i-1]) || strings.IndexByte(".,-/_", text[i-1]) >= 0 || isLetter(text[i-1])) {
			continue
		}
		end := dial(text, i, fn)
		i = max(i, end-1)
	}
}

// dial reads the groups of one phone number and returns where it ends.
func dial(text string, start int, fn func(digits string, start, end int) bool) int {
	var b []byte
	j := start
	if text[j] == '+' {
		b = append(b, '+')
		j++
	}
	end := start
	for group := 0; group < 8 && len(b) < 18; group++ {
		from := j
		for j < len(text) && isDigit(text[j]) {
			j++
		}
		if j == from || j < len(text)-1 && (text[j] == ':' || text[j] == ',' || text[j] == '.') && isDigit(text[j+1]) {
			break // the time or date behind it
		}
		b = append(b, text[from:j]...)
		end = j
		if len(b) >= 6 && fn(national(string(b)), start, end) {
			return end
		}
		j = skipMark(text, j)
		if j == end {
			break
		}
	}
	return end
}

// skipMark skips what stands between the groups of a phone number.
func skipMark(text string, j int) int {
	for _, m := range []string{" (0) ", " (0)", "(0)", " - ", " / ", " – ", "–", ") ", "\u00a0", "\u202f", " ", "-", "/"} {
		if strings.HasPrefix(text[j:], m) && j+len(m) < len(text) && isDigit(text[j+len(m)]) {
			return j + len(m)
		}
	}
	return j
}

// national writes a German phone number with its zero.
func national(d string) string {
	d = strings.TrimPrefix(d, "00")
	if rest, ok := strings.CutPrefix(strings.TrimPrefix(d, "+"), "49"); ok && len(rest) > 5 {
		return "0" + strings.TrimPrefix(rest, "0")
	}
	return d
}

// scanTimes calls fn with each time of day: "9:30", "18.45".
func scanTimes(text string, fn func(norm string, pm bool)) {
	for i := 1; i+2 < len(text); i++ {
		if text[i] != ':' && text[i] != '.' || !isDigit(text[i-1]) || !isDigit(text[i+1]) || !isDigit(text[i+2]) || i+3 < len(text) && isDigit(text[i+3]) {
			continue
		}
		start := i - 1
		if start > 0 && isDigit(text[start-1]) {
			start--
		}
		if start > 0 && (isDigit(text[start-1]) || text[start-1] == '.' || text[start-1] == ',') {
			continue
		}
		h, m, ok := clock(text[start:i] + ":" + text[i+1:i+3])
		if !ok {
			continue
		}
		after := strings.ToLower(text[i+3 : min(len(text), i+16)])
		pm := strings.Contains(after, "pm") || strings.Contains(after, "p.m.") || strings.Contains(after, "p. m.")
		fn(h+":"+m, pm)
		if pm && h < "12" {
			fn(plus12(h)+":"+m, pm)
		}
	}
}

func plus12(h string) string {
	n := int(h[0]-'0')*10 + int(h[1]-'0') + 12
	return string([]byte{byte('0' + n/10), byte('0' + n%10)})
}

var iban = regexp.MustCompile(`^[A-Z]{2}[0-9]{2}(?:[ \x{a0}]?[A-Z0-9]{2,4}){3,7}(?:[ \x{a0}]?[A-Z0-9]{1,3})?\b`)

// scanIBANs calls fn with everything that looks like an IBAN, valid or not.
func scanIBANs(text string, fn func(code string, start, end int)) {
	for i := 0; i+4 < len(text); i++ {
		if !isCapital(text[i]) || !isCapital(text[i+1]) || !isDigit(text[i+2]) || !isDigit(text[i+3]) || i > 0 && (isLetter(text[i-1]) || isDigit(text[i-1])) {
			continue
		}
		at := iban.FindStringIndex(text[i:min(len(text), i+50)])
		if at == nil {
			continue
		}
		if code := squeeze(text[i : i+at[1]]); digits(code) >= 10 && len(code) >= 15 {
			fn(code, i, i+at[1])
		}
		i += at[1] - 1
	}
}

func isCapital(c byte) bool { return 'A' <= c && c <= 'Z' }

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' || c >= 0x80 }
