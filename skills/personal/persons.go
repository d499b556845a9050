package personal

import (
	"strings"
	"unicode/utf8"

	"amtsbote/skills/facts"
)

// maxName is how many words a name has at most, particles included.
const maxName = 7

// A full is a name that was found, by its words.
type full struct {
	first []string // folded
	last  string   // folded, with particles; empty: only first names were found
	words []string // of the surname as they stand
}

// person adds the tokens i to j (exclusive) as a name. first says how many of
// them are first names, -1: all but the last word and its particles.
func (s *scan) person(names *names, i, j, first int, sure, office bool) {
	if j <= i {
		return
	}
	s.learned(names, i, j, s.split(i, j, first), sure, office)
}

// learned adds the tokens i to j as a name that is known in all texts from here on.
func (s *scan) learned(names *names, i, j int, n full, sure, office bool) {
	norm := n.key()
	names.learn(n)
	names.office[norm] = names.office[norm] || office
	s.taken(i, j, norm, sure)
}

// taken adds the tokens i to j as a person.
func (s *scan) taken(i, j int, norm string, sure bool) {
	start, end := s.toks[i].start, s.toks[j-1].end
	s.named.take(start, end)
	s.add(Person, start, end, norm, sure)
}

// split takes the words of a name apart.
func (s *scan) split(i, j, first int) full {
	var n full
	last := j - 1
	if first < 0 {
		for last > i && particles[strings.ToLower(s.toks[last-1].word)] {
			last--
		}
		first = last - i
	}
	for k := i; k < j; k++ {
		w := fold(s.toks[k].word)
		switch {
		case k < i+first:
			n.first = append(n.first, w)
		case n.last == "":
			n.last, n.words = w, []string{s.toks[k].word}
		default:
			n.last, n.words = n.last+" "+w, append(n.words, s.toks[k].word)
		}
	}
	return n
}

func (n full) key() string {
	if len(n.first) == 0 {
		return " " + n.last
	}
	if n.last == "" {
		return n.first[0] + " "
	}
	return n.first[0] + " " + n.last
}

// persons takes the names that a word, a form, a list or a place announces.
func (s *scan) persons(names *names) {
	for i := 0; i < len(s.toks); {
		next := s.personAt(names, i)
		if next <= i {
			next = i + 1
		}
		i = next
	}
	s.signed(names)
	s.columns(nameHead, func(start, end int) { s.cell(names, start, end) })
	s.firstsAlone(names)
}

func (s *scan) personAt(names *names, i int) int {
	t := s.toks[i]
	low := strings.ToLower(t.word)
	switch {
	case addressing[low] && t.upper:
		if next := s.addressed(names, i, low); next > i {
			return next
		}
	case low == "geb" || low == "geborene" || low == "geborener" || low == "née":
		if j := i + 1; strings.Trim(s.gap(j), ". ") == "" && s.at(j).upper && isName(s.at(j).word) && !monthNames[strings.ToLower(s.at(j).word)] {
			s.person(names, j, j+1, 0, true, false)
			return j + 1
		}
	case low == "gez" || low == "c" && s.at(i+1).word == "o" && s.gap(i+1) == "/" || low == "hd" || low == "namens":
		j := i + 1
		if low == "c" {
			j++
		}
		if strings.Trim(s.gap(j), ".: ") == "" {
			if n, first := s.name(j, false); n > j {
				s.person(names, s.skipTitles(j), n, first, true, low == "gez")
				return n
			}
		}
	case greetings[low] && t.upper:
		if next := s.greeted(names, i); next > i {
			return next
		}
	}
	if low == "heiße" || low == "heisse" || low == "ist" && s.at(i-1).word == "Name" || (low == "bin" || low == "am" || low == "is" && s.at(i-1).word == "name") && (s.at(i-1).word == "Ich" || s.at(i-1).word == "ich" || s.at(i-1).word == "I" || low == "is") {
		if next := s.introduced(names, i+1); next > i {
			return next
		}
	}
	if closings[low] {
		if next := s.closed(names, i); next > i {
			return next
		}
	}
	if fields[low] {
		if next := s.field(names, i, low); next > i {
			return next
		}
	}
	if titles[low] || roles[low] {
		if next := s.titled(names, i, low); next > i {
			return next
		}
	}
	if t.upper {
		return s.byList(names, i)
	}
	return i
}

// addressed reads the name behind "Herr", "Familie", "Eheleute".
func (s *scan) addressed(names *names, i int, cue string) int {
	j := i + 1
	if w := strings.ToLower(s.at(j).word); (w == "und" || w == "u" || w == "and") && addressing[strings.ToLower(s.at(j+1).word)] {
		j += 2
	}
	g := strings.TrimLeft(s.gap(j), ". \u00a0")
	if g != "" && g != "\n" && g != " \n" {
		return i
	}
	if g != "" && j == i+1 && strings.TrimSpace(s.lineAt(s.lineStart(s.toks[i].start))) != s.toks[i].word {
		return i // only the field of an address
	}
	for roles[strings.ToLower(s.at(j).word)] && s.near(j+1) && s.at(j+1).upper { // Frau Rechtsanwältin Kaya
		j++
	}
	couple := strings.HasPrefix(cue, "ehe") || strings.HasPrefix(cue, "fam")
	start := s.skipTitles(j)
	if couple { // Eheleute Anna und Bernd Krüger
		if isFirstName(s.at(start).word) && strings.ToLower(s.at(start+1).word) == "und" && s.at(start+2).upper && s.near(start+1) && s.near(start+2) {
			if n, f := s.name(start+2, true); n > start+2 {
				s.person(names, start, start+1, 1, true, false)
				s.person(names, start+2, n, f, true, false)
				return n
			}
		}
	}
	n, first := s.name(j, true)
	if n <= start {
		return i
	}
	s.person(names, start, n, first, true, false)
	return n
}

// maxLine is how many bytes of a line are looked at around a place.
const maxLine = 400

// lineStart returns where the line around a byte begins, or maxLine before it.
func (s *scan) lineStart(i int) int {
	from := max(0, i-maxLine)
	return from + strings.LastIndexByte(s.text[from:i], '\n') + 1
}

// lineAt returns the rest of the line from a byte on, maxLine at most.
func (s *scan) lineAt(i int) string { return line(s.text[i:min(len(s.text), i+maxLine)]) }

// skipTitles returns the token behind "Prof. Dr. med.".
func (s *scan) skipTitles(j int) int {
	for k := 0; k < 8 && titles[strings.ToLower(s.at(j).word)]; k++ {
		g := s.gap(j + 1)
		if t := strings.Trim(g, ".- "); t != "" || strings.Contains(g, "\n") || j+1 >= len(s.toks) {
			return j
		}
		j++
	}
	return j
}

// name reads titles and the words of a name at token j, and returns the token
// behind them and how many words are first names (-1: all but the last). cued says
// that a word announced it, so that common nouns may be surnames.
func (s *scan) name(j int, cued bool) (next, first int) {
	j = s.skipTitles(j)
	k, last := j, j
	for ; k < len(s.toks) && k-j < maxName; k++ {
		t := s.toks[k]
		if k > j && !s.near(k) && !s.initialGap(k) {
			break
		}
		low := strings.ToLower(t.word)
		if particles[low] && s.particle(k) {
			continue
		}
		if !t.upper && !s.arabicArticle(t.word) || !isName(t.word) && !(cued && last == j) && !(last > j && isFirstName(t.word)) || addressing[low] {
			break
		}
		if k == j && cued && (noNames[low] && !surnamable[low]) {
			break
		}
		if s.role(k) && last > j || cued && last == j+1 && s.noun(k) {
			break
		}
		last = k + 1
	}
	if last == j || last == j+1 && utf8.RuneCountInString(s.toks[j].word) < 2 {
		return j, 0
	}
	if last == j+1 && cued {
		return last, 0
	}
	return last, -1
}

// noun reports whether token k is rather a thing of the person before it: "Frau
// Hartmanns Vorschlag".
func (s *scan) noun(k int) bool {
	prev, w := s.toks[k-1].word, s.toks[k].word
	return strings.HasSuffix(prev, "s") && !isFirstName(prev) && !isSurname(prev) && !isSurname(w) && !isFirstName(w)
}

func isFirstName(w string) bool {
	first, _ := isFirst(w)
	return first
}

// surnamable are words of noNames that are surnames where a cue announces one.
var surnamable = words("land haus sommer winter sonntag freitag montag mai august stadt kreis markt park kind herr kirche morgen amt frist raum")

var monthNames = words("januar februar märz april mai juni juli august september oktober november dezember")

// initialGap reports whether token k stands behind an initial: "P. Lindner".
func (s *scan) initialGap(k int) bool {
	g := s.gap(k)
	return (g == ". " || g == ".") && utf8.RuneCountInString(s.toks[k-1].word) <= 2 && s.toks[k-1].upper
}

func (s *scan) arabicArticle(w string) bool {
	return strings.HasPrefix(w, "al-") || strings.HasPrefix(w, "el-") || strings.HasPrefix(w, "d'") || strings.HasPrefix(w, "ad-") || strings.HasPrefix(w, "as-")
}

// particle reports whether a name goes on behind the particle at token k.
func (s *scan) particle(k int) bool {
	for n := 0; n < 3; n++ {
		if k++; !s.near(k) {
			return false
		}
		if low := strings.ToLower(s.at(k).word); !particles[low] {
			return s.at(k).upper && isName(s.at(k).word)
		}
	}
	return false
}

// titled reads the name behind "Dr.", "Rechtsanwältin", "Zeuge", "Ehefrau".
func (s *scan) titled(names *names, i int, low string) int {
	j := i + 1
	if titles[low] {
		if !s.toks[i].upper || len(low) < 2 || strings.Trim(s.gap(j), ". ") != "" || strings.Contains(s.gap(j), "\n") {
			return i
		}
	} else if !s.near(j) {
		return i
	}
	office := official[low]
	for n := 0; n < 6 && (strings.ToLower(s.at(j).word) == "am" || strings.ToLower(s.at(j).word) == "a") && s.near(j+1); n++ { // Richter am Verwaltungsgericht
		if end := strings.ToLower(s.at(j + 1).word); !strings.HasSuffix(end, "gericht") && !strings.HasSuffix(end, "gerichtshof") && len(end) > 3 {
			return i
		}
		j += 2
	}
	if !s.near(j) && !titles[low] && !strings.HasPrefix(s.gap(j), " ") || strings.Contains(s.gap(j), "\n") || !s.at(j).upper {
		return i
	}
	for roles[strings.ToLower(s.at(j).word)] && s.near(j+1) {
		j++
	}
	start := s.skipTitles(j)
	if addressing[strings.ToLower(s.at(j).word)] {
		return i
	}
	n, first := s.name(j, false)
	if n <= start {
		return i
	}
	isF := isFirstName(s.toks[start].word)
	if n == start+1 && !titles[low] {
		first = 0
		if isF && relatives[low] {
			first = 1
		}
	}
	s.person(names, start, n, first, isF || titles[low] || n > start+1, office)
	return n
}

// introduced reads the name behind "Ich heiße", "Mein Name ist": two words at least.
func (s *scan) introduced(names *names, j int) int {
	if !s.near(j) || !s.at(j).upper {
		return j - 1
	}
	n, first := s.name(j, false)
	if n < j+2 {
		return j - 1
	}
	s.person(names, j, n, first, true, false)
	return n
}

// closings end a letter; a name may follow in the same line.
var closings = words("grüße gruß grüßen grüssen gruss lg vg mfg hg regards")

// closed reads "Viele Grüße, Henrike Osterkamp" to the end of the line.
func (s *scan) closed(names *names, i int) int {
	j := i + 1
	if g := s.gap(j); g != ", " && g != " " || !s.at(j).upper {
		return i
	}
	n, first := s.name(j, false)
	if n <= j || n > j+4 || strings.TrimRight(s.lineAt(s.toks[n-1].end), " .") != "" {
		return i
	}
	if n == j+1 {
		if first = 0; isFirstName(s.toks[j].word) {
			first = 1
		}
	}
	s.person(names, j, n, first, true, false)
	return n
}

// greeted reads "Liebe Leonie,", "Hallo Jörg!".
func (s *scan) greeted(names *names, i int) int {
	j := i + 1
	if !s.near(j) || !s.at(j).upper || !isName(s.at(j).word) || addressing[strings.ToLower(s.at(j).word)] {
		return i
	}
	n, first := s.name(j, false)
	if n <= j || n > j+3 {
		return i
	}
	if g := strings.TrimLeft(s.gap(n), " "); !strings.HasPrefix(g, ",") && !strings.HasPrefix(g, "!") && !strings.HasPrefix(g, "\n") {
		return i
	}
	if n == j+1 {
		first = 1
	}
	s.person(names, j, n, first, true, false)
	return n
}

// signed takes the names under a closing line, which package facts finds.
func (s *scan) signed(names *names) {
	k := 0
	for _, f := range s.facts {
		if f.Kind != facts.Person {
			continue
		}
		for k < len(s.toks) && s.toks[k].end <= f.Start {
			k++
		}
		j := k
		for j < len(s.toks) && s.toks[j].start < f.End && (addressing[strings.ToLower(s.toks[j].word)] || strings.ToLower(s.toks[j].word) == "und") {
			j++
		}
		j = s.skipTitles(j)
		for j < len(s.toks) && roles[strings.ToLower(s.toks[j].word)] && s.toks[j].start < f.End {
			j++
		}
		j = s.skipTitles(j)
		end := j
		for end < len(s.toks) && s.toks[end].end <= f.End {
			end++
		}
		if end <= j {
			continue
		}
		office := strings.HasPrefix(f.Cue, "i. ") || strings.HasPrefix(f.Cue, "im auf") || strings.HasPrefix(f.Cue, "in vert") || official[f.Cue] || f.Cue == "gez."
		first := -1
		if end == j+1 {
			first = 0
			if isF, sure := isFirst(s.toks[j].word); isF && sure && strings.HasPrefix(f.Cue, "gr") {
				first = 1
			}
		}
		if !s.overlaps(s.toks[j].start, s.toks[end-1].end) {
			s.person(names, j, end, first, true, office)
		} else if office {
			names.office[s.split(j, end, first).key()] = true
		}
	}
}

// overlaps reports whether a person was found there.
func (s *scan) overlaps(start, end int) bool { return !s.named.free(start, end) }
