package personal

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

var (
	chatLine = regexp.MustCompile(`^(?:[\[(]?(?:\d{1,2}\.\d{1,2}\.(?:\d{2,4})?,? )?\d{1,2}:\d{2}(?::\d{2})?[\])]?,? |\d{1,2}\.\d{1,2}\.\d{2,4},? \d{1,2}:\d{2} ?- ?)$`)
	mailOpen = regexp.MustCompile(`^"? ?<[^\s<>]+@`)
)

// byList takes a name that begins at token i with a first name of the list, is an
// initial with a frequent surname, stands before a mail address or begins a line
// of a chat.
func (s *scan) byList(names *names, i int) int {
	t := s.toks[i]
	if s.overlaps(t.start, t.end) {
		return i + 1
	}
	first, sure := isFirst(t.word)
	if !first {
		if next := s.initial(names, i); next > i {
			return next
		}
		if next := s.lastFirst(names, i); next > i {
			return next
		}
		return s.announced(names, i)
	}
	k := s.firsts(i)
	for k < len(s.toks) && k < i+5 && s.initialToken(k) && s.near(k) && s.near2(k+1) {
		k++
	}
	j := k
	for j < k+3 && particles[strings.ToLower(s.at(j).word)] && s.near(j) && s.particle(j) {
		j++
	}
	if j < len(s.toks) && (s.near(j) || s.initialGap(j)) && (s.toks[j].upper || s.arabicArticle(s.toks[j].word)) && isName(s.toks[j].word) && !s.role(j) {
		end := j + 1
		if s.near(end) && s.at(end).upper && (isSurname(s.at(end).word) || noble[strings.ToLower(s.at(end).word)]) {
			if n, _ := s.name(j, false); n > end { // two surnames
				end = n
			}
		} else if s.near(end) && s.at(end).upper && isName(s.at(end).word) && !roles[strings.ToLower(s.at(end).word)] && s.markBefore(end+1) {
			end++
		}
		s.person(names, i, end, k-i, sure || k > i+1, false)
		return end
	}
	if k > i+1 { // several first names, of which the last may be the surname
		s.person(names, i, k, k-i-1, true, false)
		return k
	}
	return s.lastFirst(names, i)
}

// role reports whether token j is a role and not a surname: a name follows it.
func (s *scan) role(j int) bool {
	return roles[strings.ToLower(s.toks[j].word)] && s.near(j+1) && s.at(j+1).upper
}

// markBefore reports whether a mark or line end stands before token k.
func (s *scan) markBefore(k int) bool {
	g := strings.TrimLeft(s.gap(k), " ")
	return g != "" && strings.IndexByte(",;)\n|.", g[0]) >= 0
}

func isSurname(w string) bool {
	_, ok := surnames()[fold(w)]
	return ok
}

func (s *scan) initialToken(k int) bool {
	return s.toks[k].upper && utf8.RuneCountInString(s.toks[k].word) == 1 && strings.HasPrefix(s.text[s.toks[k].end:], ".")
}

func (s *scan) near2(k int) bool { return s.near(k) || s.gap(k) == ". " }

// initial reads "G. Papadakis" if the surname is frequent.
func (s *scan) initial(names *names, i int) int {
	if !s.initialToken(i) || !s.initialGap(i+1) || i+1 >= len(s.toks) {
		return i
	}
	w := s.toks[i+1].word
	if sure, ok := surnames()[fold(w)]; !ok || !sure {
		// Alone at the end of a line it signs.
		rest := s.lineAt(s.toks[i+1].end)
		if before := s.text[max(0, s.toks[i].start-12):s.toks[i].start]; !(strings.HasSuffix(before, "\n") || strings.HasSuffix(before, "Grüße, ") || strings.HasSuffix(before, "Gruß, ") || strings.HasSuffix(before, "Gruß ")) ||
			strings.TrimSpace(rest) != "" || !isName(w) || s.toks[i].start < 40 {
			return i
		}
	}
	if isCap(w) {
		s.person(names, i, i+2, 1, true, false)
		return i + 2
	}
	return i
}

// lastFirst reads "Kaya, Petra" where it begins a line, a cell or a bracket.
func (s *scan) lastFirst(names *names, i int) int {
	if s.gap(i+1) != ", " || !isName(s.toks[i].word) {
		return i
	}
	first, sure := isFirst(s.at(i + 1).word)
	if !first || !sure {
		return i
	}
	if both, sure := isFirst(s.toks[i].word); both && sure && !isSurname(s.toks[i].word) {
		return i // two first names
	}
	before := strings.TrimRight(s.text[max(0, s.toks[i].start-4):s.toks[i].start], " ")
	if before != "" && !strings.HasSuffix(before, "\n") && !strings.HasSuffix(before, "|") && !strings.HasSuffix(before, ":") && !strings.HasSuffix(before, "(") && !strings.HasSuffix(before, ")") && !strings.HasSuffix(before, ";") && !isSurname(s.toks[i].word) {
		return i
	}
	s.reversed(names, i, i+1, false)
	return s.firsts(i + 1)
}

// announced reads "Kaya <kaya@…>" and "[12:30] Kaya:".
func (s *scan) announced(names *names, i int) int {
	n, first := s.name(i, false)
	if n <= i {
		return i
	}
	behind := s.text[s.toks[n-1].end:min(len(s.text), s.toks[n-1].end+70)]
	start := s.toks[i].start
	head := s.text[s.lineStart(start):start]
	switch {
	case mailOpen.MatchString(behind) && n > i+1:
	case strings.HasPrefix(behind, ":") && len(head) < 30 && chatLine.MatchString(head):
	default:
		return i
	}
	if n == i+1 {
		first = 0
	}
	s.person(names, i, n, first, n > i+1, false)
	return n
}

// firstsAlone takes first names that stand alone: beside names, behind a word for
// a relative, or where the list says that they are nothing else.
func (s *scan) firstsAlone(names *names) {
	for i, t := range s.toks {
		if !t.upper || s.overlaps(t.start, t.end) {
			continue
		}
		first, sure := isFirst(t.word)
		if !first {
			if w, ok := genitive(t.word); ok && len(w) > 3 {
				first, sure = isFirst(w)
			}
		}
		if !first || isPlace(s, i) {
			continue
		}
		prev := strings.ToLower(s.at(i - 1).word)
		beside := i > 0 && relatives[prev] && s.near(i) || s.besideName(i)
		if !sure && !beside {
			continue
		}
		s.person(names, i, i+1, 1, beside, false)
	}
}

// besideName reports whether a name stands before or behind, parted by a comma or
// "und".
func (s *scan) besideName(i int) bool {
	link := func(k int) bool { return k > 0 && k < len(s.toks) && (s.gap(k) == ", ") }
	und := func(k int) bool { w := s.at(k).word; return (w == "und" || w == "and") && s.near(k) && s.near(k+1) }
	over := func(k int) bool { return k >= 0 && k < len(s.toks) && s.overlaps(s.toks[k].start, s.toks[k].end) }
	return link(i) && over(i-1) || link(i+1) && over(i+1) || und(i-1) && over(i-2) || und(i+1) && over(i+2)
}

// isPlace reports whether a first name names something else: a street, a church,
// a foundation.
func isPlace(s *scan, i int) bool {
	prev, next := strings.ToLower(s.at(i-1).word), s.at(i+1)
	if prev == "st" || prev == "sankt" || prev == "san" || prev == "santa" {
		return true
	}
	if rest := strings.TrimLeft(s.text[s.toks[i].end:min(len(s.text), s.toks[i].end+4)], ". "); s.toks[i].word == "Jan" && rest != "" && '0' <= rest[0] && rest[0] <= '9' {
		return true // a month: "15. Jan. 2026"
	}
	return s.near(i+1) && next.upper && !isName(next.word) && !noNames[strings.ToLower(next.word)]
}

// genitive returns a name without its s.
func genitive(w string) (string, bool) {
	for _, end := range []string{"’s", "'s", "s", "’", "'"} {
		if base, ok := strings.CutSuffix(w, end); ok {
			return base, true
		}
	}
	return w, false
}

func isCap(w string) bool {
	return w != "" && w != strings.ToLower(w)
}
