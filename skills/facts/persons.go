package facts

import (
	"strings"
)

// maxName is how many words a name may have, without titles and particles.
const maxName = 4

// A name is read by names.
type name struct {
	words []string // with particles, without titles
	next  int
}

// person finds a name after a word that announces one: "Frau Dr. Kaya", "Dr.
// Kaya", "Herr und Frau Krüger", "gez. Lindner", "Ansprechpartnerin: Petra Lindner".
func (s *scan) person(i int) int {
	t := s.at(i)
	if !t.upper && s.str(i) != "gez" && !s.isWord(i, fField) {
		return i
	}
	cue := lower(s.str(i))
	switch {
	case cue == "gez":
		if s.is(i+1, '.') && s.near(i+2) || s.is(i+2, ':') {
			return s.named(i+2, cue+".")
		}
		return i
	case t.lex.flags&fField != 0:
		if s.is(i+1, ':') && s.near(i+1) {
			return s.field(i+2, cue)
		}
		return i
	case t.lex.flags&fTitle != 0:
		if !s.is(i+1, '.') || s.at(i+1).gap != tight {
			return i
		}
		n := s.names(i, false)
		if len(n.words) == 0 {
			return i
		}
		s.add(Fact{Kind: Person, Norm: strings.Join(n.words, " "), Cue: cue + "."}, i, n.next)
		return n.next
	}
	return s.addressed(i, cue)
}

// addressed reads the name after "Herr", "Frau", "Eheleute".
func (s *scan) addressed(i int, cue string) int {
	j := i + 1
	if s.is(j, '.') && (cue == "mr" || cue == "mrs" || cue == "ms") {
		j++
	}
	if w := s.str(j); (w == "und" || w == "u" || w == "and") && s.near(j) {
		k := j + 1
		if s.is(k, '.') {
			k++
		}
		if !s.isWord(k, fPerson) || !s.at(k).upper {
			return i
		}
		cue, j = cue+" und "+lower(s.str(k)), k+1
	}
	switch g := s.at(j).gap; {
	case g == line && s.at(i).gap >= line: // the field of an address
	case g > blank:
		return i
	}
	couple := strings.HasPrefix(cue, "ehe") || cue == "familie"
	n := s.names(j, couple)
	if len(n.words) == 0 {
		return i
	}
	s.add(Fact{Kind: Person, Norm: strings.Join(n.words, " "), Cue: cue}, i, n.next)
	return n.next
}

// named adds the name at token j, which its cue does not belong to.
func (s *scan) named(j int, cue string) int {
	if s.is(j, ':') {
		j++
	}
	n := s.names(j, false)
	if len(n.words) == 0 {
		return j
	}
	s.add(Fact{Kind: Person, Norm: strings.Join(n.words, " "), Cue: cue}, j, n.next)
	return n.next
}

// field adds the name after a colon if it fills its line or cell.
func (s *scan) field(j int, cue string) int {
	if s.isWord(j, fPerson) || s.at(j).gap > line {
		return j
	}
	n := s.names(j, false)
	if len(n.words) == 0 || !s.ends(n.next) {
		return j
	}
	s.add(Fact{Kind: Person, Norm: strings.Join(n.words, " "), Cue: cue}, j, n.next)
	return n.next
}

// ends reports whether a line, cell or clause ends before token i.
func (s *scan) ends(i int) bool {
	t := s.at(i)
	return t.gap >= line || t.kind == noToken || t.kind == markToken && strings.ContainsRune("|,;()·•.", t.mark)
}

// signature finds the name below "i. A.", "Im Auftrag" and a closing line.
func (s *scan) signature(i int) int {
	var j int
	alone := true
	cue := ""
	switch w := s.str(i); w {
	case "i", "I":
		v := s.str(i + 2)
		if !s.is(i+1, '.') || v != "A" && v != "V" || !s.is(i+3, '.') || s.at(i+3).gap != tight || s.str(i+4) == "m" {
			return i
		}
		j, alone = i+4, s.at(i+4).gap > blank
		cue = "i. " + lower(v) + "."
	case "Im", "In":
		if v := s.str(i + 1); v != "Auftrag" && v != "Vertretung" || s.at(i+2).gap < line {
			return i
		}
		j, cue = i+2, lower(w+" "+s.str(i+1))
	case "Grüßen", "Gruß", "Grüße", "Grüssen", "Hochachtungsvoll", "regards", "Regards", "sincerely", "Sincerely", "faithfully":
		j, cue = i+1, lower(w)
		if s.is(j, ',') {
			j++
		}
		if s.at(j).gap < line {
			return i
		}
	default:
		return i
	}
	if s.isWord(j, fPerson) && !s.isWord(j, fTitle) {
		return i
	}
	n := s.names(j, false)
	if len(n.words) == 0 || alone && (!s.ends(n.next) || s.at(n.next).gap < line && s.at(n.next).kind != noToken) {
		return i
	}
	if alone && len(n.words) < 2 && cue != "im auftrag" && cue != "in vertretung" {
		return i // one word may be an office
	}
	s.add(Fact{Kind: Person, Norm: strings.Join(n.words, " "), Cue: cue}, j, n.next)
	return n.next
}

// names reads titles and a name at token j. couple says that "und" may join two
// first names.
func (s *scan) names(j int, couple bool) name {
	j = s.titles(j)
	n := name{next: j}
	count := 0
	for k := j; count < maxName; {
		t := s.at(k)
		if t.kind != wordToken || k > j && t.gap > blank {
			break
		}
		if p := s.particles(k, couple && count > 0); p > k {
			for ; k < p; k++ {
				if s.at(k).kind == wordToken {
					n.words = append(n.words, s.str(k))
				}
			}
			continue
		}
		if !t.upper || t.lex.flags&fNoName != 0 && !(count == 0 && isSurname(s.str(k))) || isNoName(s.str(k)) && count > 0 || isOffice(s.str(k)) {
			break
		}
		if count > 0 && t.lex.flags&(fMonth|fWeekday|fStarter|fCurrency|fTitle|fUnit|fPerson|fField|fRef|fPhone) != 0 && t.end-t.start > 1 {
			break
		}
		if count == 0 && t.lex.flags&fStarter != 0 {
			break
		}
		word, next := s.nameWord(k)
		if next == k {
			break
		}
		n.words = append(n.words, word)
		k, n.next = next, next
		count++
	}
	if count == 0 {
		return name{next: j}
	}
	for last := len(n.words) - 1; isParticle(n.words[last]); last-- {
		n.words = n.words[:last]
	}
	return n
}

func isParticle(w string) bool { return lexicon[w].flags&fParticle != 0 }

// isSurname reports whether a word that is a common noun is a frequent surname
// too, which a cue makes sure.
func isSurname(w string) bool {
	switch w {
	case "Land", "Haus", "Lieber", "Liebe", "Sommer", "Winter", "Frank", "Vogt", "Haase", "Mutter", "Vater", "Mann", "Herr", "Amt", "Recht", "Fall", "Kreis":
		return true
	}
	return false
}

// isNoName reports whether a word after a name is a noun by its end.
func isNoName(w string) bool {
	for _, end := range []string{"ung", "heit", "keit", "schaft", "tion", "ität", "ungen", "tionen", "frist", "termin", "antrag", "bescheid", "nummer", "zeichen"} {
		if len(w) > len(end)+2 && strings.HasSuffix(w, end) {
			return true
		}
	}
	return false
}

// isOffice reports whether a word names an office rather than a person.
func isOffice(w string) bool {
	for _, end := range []string{"büro", "amt", "verwaltung", "abteilung", "verein", "GmbH", "schule", "Team", "team", "Service", "Stadtwerke", "dienst", "stelle", "behörde", "referat", "dezernat", "kasse"} {
		if strings.HasSuffix(w, end) && len(w) >= 4 {
			return true
		}
	}
	return false
}

// titles skips "Prof. Dr. med. Dr. h. c.", "Bürgermeisterin", "Dipl.-Ing.".
func (s *scan) titles(j int) int {
	for n := 0; n < 8; n++ {
		t := s.at(j)
		k := j
		switch {
		case t.kind == wordToken && t.lex.flags&fTitle != 0:
			k++
		case t.kind == wordToken && (s.str(j) == "h" || s.str(j) == "e") && s.is(j+1, '.') && (s.str(j+2) == "c" || s.str(j+2) == "h"):
			k += 3
		default:
			return j
		}
		if s.is(k, '.') && s.at(k).gap == tight {
			k++
		}
		if s.is(k, '-') && s.at(k).gap == tight && s.isWord(k+1, fTitle) {
			k++
		}
		if s.at(k).gap > blank {
			return j
		}
		j = k
	}
	return j
}

// particles skips "von der", "zu", and "und" of a couple, if a name follows.
func (s *scan) particles(k int, couple bool) int {
	p := k
	for p < k+3 && s.isWord(p, fParticle) && s.near(p+1) && (!s.at(p).upper || p == k) {
		if s.str(p) == "und" && !couple && s.str(k) != "von" {
			return k
		}
		p++
		if s.is(p, '.') && s.at(p).gap == tight { // v. d.
			p++
		}
	}
	if p == k || s.at(p).kind != wordToken || !s.at(p).upper {
		return k
	}
	if s.at(p).lex.flags&fNoName != 0 && !isSurname(s.str(p)) {
		return k
	}
	return p
}

// nameWord reads one word of a name: "Kaya", "Meyer-Landrut", "O'Neill", "P.".
func (s *scan) nameWord(k int) (string, int) {
	t := s.at(k)
	j := k + 1
	if t.end-t.start <= 2 && s.is(j, '.') && s.at(j).gap == tight { // an initial
		if s.at(j+1).kind != wordToken || !s.at(j+1).upper || !s.near(j+1) {
			return "", k
		}
		return s.str(k) + ".", j + 1
	}
	for s.at(j).kind == markToken && s.at(j).gap == tight && (isDash(s.at(j).mark) || s.at(j).mark == '\'' || s.at(j).mark == '’') &&
		s.at(j+1).kind == wordToken && s.at(j+1).gap == tight && s.at(j+1).upper {
		j += 2
	}
	return s.text[t.start:s.at(j-1).end], j
}
