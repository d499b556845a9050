package personal

import (
	"regexp"
	"strings"
)

var nameHead = regexp.MustCompile(`(?i)^(?:name|namen|name, vorname|vorname|nachname|vor- und nachname|familienname|halter(?:in)?|antragsteller(?:in)?|eigentümer(?:in)?|mieter(?:in)?|teilnehmer(?:in)?|ansprechpartner(?:in)?|person|schüler(?:in)?|kind|betroffene|kontoinhaber(?:in)?)$`)

// field reads the names behind a word of a form and a colon or in the next cell:
// "Name, Vorname: Kaya, Petra", "Kinder: Ali, Maryam und Yasin Hosseini".
func (s *scan) field(names *names, i int, low string) int {
	j := i + 1
	g := s.gap(j)
	if low == "name" || low == "nachname" || low == "vorname" { // "Name, Vorname:", "Vorname und Name (Kontoinhaber):"
		for n := 0; n < 4 && j < len(s.toks); n++ {
			w := strings.ToLower(s.at(j).word)
			if !fields[w] && w != "und" || strings.ContainsAny(g, "\n:|") {
				break
			}
			j++
			g = s.gap(j)
		}
	}
	colon := strings.TrimSpace(g)
	colon = strings.TrimPrefix(colon, ")")
	switch {
	case strings.HasPrefix(colon, ":") || colon == "|":
		if strings.Contains(g, "\n") && strings.Count(g, "\n") > 1 {
			return i
		}
		if rest := strings.TrimLeft(colon, ":"); colon != "|" && rest != "" && strings.Trim(rest, " ()[]*>1234567890.-–•\n|") != "" {
			return i
		}
	default:
		return i
	}
	end := s.at(j).start
	value, _, _ := strings.Cut(s.lineAt(end), "|")
	end += len(value)
	before := len(s.found)
	next := s.fill(names, j, end, official[low], low)
	if next <= i {
		return i
	}
	s.halves(names, low, s.found[before:])
	return next
}

// halves joins the surname of a form with the first name in the field behind it.
func (s *scan) halves(names *names, cue string, found []Finding) {
	if len(found) != 1 {
		s.half = ""
		return
	}
	first, last, _ := strings.Cut(found[0].Norm, " ")
	switch {
	case first == "" && (cue == "name" || cue == "nachname" || cue == "familienname"):
		s.half = last
	case last == "" && strings.HasPrefix(cue, "vorname") && s.half != "":
		names.learn(full{first: []string{first}, last: s.half})
		s.half = ""
	default:
		s.half = ""
	}
}

// fill takes the names from token j to byte end, parted by commas and "und".
func (s *scan) fill(names *names, j, end int, office bool, cue string) int {
	from := j
	for j < len(s.toks) && s.toks[j].start < end {
		low := strings.ToLower(s.toks[j].word)
		if low == "und" || low == "and" || low == "sowie" || addressing[low] || roles[low] && s.near(j+1) {
			j++
			continue
		}
		if fields[low] && strings.HasPrefix(s.gap(j+1), ":") {
			break
		}
		start := s.skipTitles(j)
		n, first := s.name(j, true)
		if n <= start || s.toks[n-1].end > end {
			break
		}
		if n == start+1 {
			first = s.alone(start, cue)
			if first < 0 {
				break
			}
			// "Kaya, Petra"
			if isFirstName(s.at(n).word) && s.gap(n) == ", " && s.toks[n].end <= end && first == 0 {
				s.reversed(names, start, n, office)
				j = s.firsts(n)
				continue
			}
		}
		s.person(names, start, n, first, true, office)
		j = n
		// What follows a name in a list: a comma, a bracket, a role.
		g := strings.TrimSpace(s.gap(j))
		if strings.HasPrefix(g, "(") && j < len(s.toks) {
			if k := strings.IndexByte(s.text[s.toks[j-1].end:end], ')'); k >= 0 {
				close := s.toks[j-1].end + k
				for j < len(s.toks) && s.toks[j].start < close {
					j++
				}
				g = strings.TrimSpace(s.text[close+1 : max(close+1, min(s.at(j).start, end))])
			}
		}
		if g != "," && g != ";" && g != "" && g != "/" {
			break
		}
	}
	if j == from {
		return 0
	}
	return j
}

// alone says of a word that fills a field whether it is a first name (1), a
// surname (0) or none (-1).
func (s *scan) alone(j int, cue string) int {
	w := s.toks[j].word
	first, sure := isFirst(w)
	switch {
	case strings.HasPrefix(cue, "vorname") || cue == "rufname":
		return 1
	case strings.Contains(cue, "name") || cue == "ehename":
		return 0
	case first && sure:
		return 1
	case !isName(w):
		return -1
	case cue == "an" || cue == "von" || cue == "from" || cue == "to" || cue == "betr" || cue == "betrifft" || cue == "protokoll" || cue == "links" || cue == "rechts" || cue == "mitte" || cue == "leitung" || cue == "vorsitz" || cue == "kontakt" || cue == "person" || cue == "eg" || cue == "og" || cue == "auskunft":
		return -1
	}
	return 0
}

// firsts returns the token behind the first names at token j.
func (s *scan) firsts(j int) int {
	k := j
	for k < len(s.toks) && k < j+4 && s.toks[k].upper && (k == j || s.near(k)) {
		if k > j && !isFirstName(s.toks[k].word) {
			break
		}
		k++
	}
	return k
}

// reversed takes "Kaya, Petra Maria" at token j.
func (s *scan) reversed(names *names, j, comma int, office bool) {
	k := s.firsts(comma)
	n := full{last: fold(s.toks[j].word), words: []string{s.toks[j].word}}
	for _, t := range s.toks[comma:k] {
		n.first = append(n.first, fold(t.word))
	}
	s.learned(names, j, k, n, true, office)
}

// cell takes the name that fills a cell of a table.
func (s *scan) cell(names *names, start, end int) {
	j := s.tokenAt(start)
	if j < len(s.toks) && s.toks[j].start < end && !s.overlaps(s.toks[j].start, s.toks[j].end) {
		s.fill(names, j, end, false, "name")
	}
}

// tokenAt returns the first token that begins at or behind a byte.
func (s *scan) tokenAt(at int) int {
	lo, hi := 0, len(s.toks)
	for lo < hi {
		if mid := (lo + hi) / 2; s.toks[mid].start < at {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}
