package facts

import "fmt"

// clock finds a time of day: "18:42", "18.42 Uhr", "10 Uhr 30", "6:30 pm".
func (s *scan) clock(i int) int {
	if !s.isNum(i, 1, 2) || !s.bare(i) || s.at(i).gap == tight && s.is(i-1, ':') && s.at(i-2).kind == numToken {
		return i
	}
	h, m, j := atoi(s.str(i)), 0, i+1
	sep := s.at(j)
	if sep.kind == markToken && sep.gap == tight && (sep.mark == ':' || sep.mark == '.') && s.isNum(j+1, 2, 2) && s.at(j+1).gap == tight {
		m, j = atoi(s.str(j+1)), j+2
	} else {
		sep = &nowhere
	}
	if sep.mark == ':' && s.is(j, ':') && s.isNum(j+1, 2, 2) && s.tight(j, j+2) { // seconds
		j += 2
	}
	k, pm := s.oclock(j)
	if n := s.at(j); k == j && n.gap == tight && (n.kind == numToken || n.kind == wordToken || n.kind == markToken && (n.mark == ':' || n.mark == '/')) {
		return i
	}
	if k == j && (sep.mark != ':' || s.isRatio(i)) {
		return i
	}
	if pm != "" && (h < 1 || h > 12) {
		return i
	}
	if s.str(k-1) == "Uhr" && sep.kind == noToken && s.isNum(k, 2, 2) && s.near(k) && !s.is(k+1, '.') {
		m, k = atoi(s.str(k)), k+1
	}
	switch {
	case pm == "pm" && h < 12:
		h += 12
	case pm == "am" && h == 12:
		h = 0
	}
	if h > 24 || m > 59 || h == 24 && m > 0 {
		return i
	}
	s.add(Fact{Kind: Time, Norm: fmt.Sprintf("%02d:%02d", h, m)}, i, k)
	return k
}

// oclock skips "Uhr", "h", "a.m.", "pm" at token j.
func (s *scan) oclock(j int) (next int, half string) {
	if !s.near(j) {
		return j, ""
	}
	switch w := s.str(j); w {
	case "Uhr", "uhr", "UHR":
		return j + 1, ""
	case "am", "pm", "AM", "PM":
		if w == "am" && s.near(j+1) && (s.at(j+1).kind == numToken || germanDay[lower(s.str(j+1))]) {
			return j, "" // "Schalter 3 am 23.11.", "Raum 2 am Donnerstag"
		}
		return j + 1, lower(w)
	case "a", "p", "A", "P":
		if s.is(j+1, '.') && (s.str(j+2) == "m" || s.str(j+2) == "M") && s.is(j+3, '.') && s.at(j+3).gap == tight {
			return j + 4, lower(w) + "m"
		}
	}
	return j, ""
}

// germanDay are words that German "am" stands before.
var germanDay = map[string]bool{"montag": true, "dienstag": true, "mittwoch": true, "donnerstag": true, "freitag": true, "samstag": true, "sonnabend": true, "sonntag": true,
	"wochenende": true, "morgen": true, "vormittag": true, "mittag": true, "nachmittag": true, "abend": true, "anfang": true, "ende": true}

// isRatio reports whether 1:25 before token i is a scale or a score.
func (s *scan) isRatio(i int) bool {
	switch lower(s.str(i - 1)) {
	case "maßstab", "verhältnis", "ergebnis", "score", "ratio":
		return true
	}
	return false
}
