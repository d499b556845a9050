package personal

import "strings"

// names is what was learned about names in all texts of one call.
type names struct {
	last  map[string]string          // words of surnames in all folded forms, to the one that counts
	first map[string]string          // first names of persons likewise
	fulls map[string]map[string]bool // by surname: the first names it stood with
	// office are the Norms of people of an office, as they are before identify.
	office map[string]bool
}

func newNames(o Options) *names {
	n := &names{last: map[string]string{}, first: map[string]string{}, fulls: map[string]map[string]bool{}, office: map[string]bool{}}
	for _, text := range o.Names {
		s := newScan(text)
		if j := s.skipTitles(0); j < len(s.toks) {
			n.learn(s.split(j, len(s.toks), -1))
		}
	}
	return n
}

// learn has a name found in all texts.
func (n *names) learn(f full) {
	for _, w := range f.words {
		if low := fold(w); len(low) > 1 && !particles[low] {
			n.last[low], n.last[foldPlain(w)] = low, low
		}
	}
	for _, w := range f.first {
		if len(w) > 2 && !particles[w] {
			n.first[w] = w
		}
	}
	if f.last != "" && len(f.first) > 0 {
		if n.fulls[f.last] == nil {
			n.fulls[f.last] = map[string]bool{}
		}
		n.fulls[f.last][f.first[0]] = true
	}
}

// spread takes every word that is a name that was found: in the genitive, in
// capitals, as a part of a word with hyphens, with particles before it.
func (s *scan) spread(names *names) {
	for i := 0; i < len(s.toks); i++ {
		t := s.toks[i]
		if !t.upper || s.overlaps(t.start, t.end) {
			continue
		}
		isLast, isFirstName := names.has(t.word)
		if !isLast && !isFirstName {
			if strings.ContainsAny(t.word, "-\u2010\u2011") && t.end-t.start == len(t.word) {
				s.parts(names, t)
			}
			continue
		}
		if s.commonNoun(i) {
			continue
		}
		j := i
		for j > 0 && particles[strings.ToLower(s.toks[j-1].word)] && s.near(j) && !s.overlaps(s.toks[j-1].start, s.toks[j-1].end) && names.fulls[s.joined(j-1, i)] != nil {
			j--
		}
		if j == i && isLast && s.firstBefore(i) {
			j--
		}
		end := i + 1
		for end < len(s.toks) && s.near(end) && s.toks[end].upper && !s.overlaps(s.toks[end].start, s.toks[end].end) {
			if l, f := names.has(s.toks[end].word); !l && !f {
				break
			}
			end++
		}
		s.taken(j, end, s.normOf(names, j, end, isLast), true)
		i = end - 1
	}
}

// firstBefore reports whether the word before a surname is rather a first name that
// no list has than a thing or a role: no article stands before it.
func (s *scan) firstBefore(i int) bool {
	if i == 0 || !s.near(i) {
		return false
	}
	t := s.toks[i-1]
	low := strings.ToLower(t.word)
	switch {
	case !t.upper || len(t.word) < 3 || !isName(t.word) || addressing[low] || titles[low] || roles[low] || fields[low] || s.overlaps(t.start, t.end):
		return false
	case i < 2 || !s.near(i-1):
		return false // begins a sentence, or a line: what begins there has a capital anyway
	}
	prev := s.toks[i-2]
	return !prev.upper && !articles[strings.ToLower(prev.word)]
}

// has reports whether a word is a surname or first name that was found.
func (n *names) has(w string) (last, first bool) {
	if len(w) > maxToken {
		return false, false
	}
	for _, form := range forms(w) {
		if n.last[form] != "" {
			return true, false
		}
		if n.first[form] != "" {
			first = true
		}
	}
	return false, first
}

// forms are the folded forms that a word may be an inflection of.
func forms(w string) []string {
	f, p := fold(w), foldPlain(w)
	list := []string{f}
	if p != f {
		list = append(list, p)
	}
	if base, ok := genitive(f); ok && len(base) > 2 {
		list = append(list, base)
		if b, ok := genitive(base); ok && strings.ContainsAny(base, "'’") {
			list = append(list, b)
		}
	}
	return list
}

func (s *scan) joined(from, to int) string {
	var parts []string
	for k := from; k <= to; k++ {
		parts = append(parts, fold(s.toks[k].word))
	}
	return strings.Join(parts, " ")
}

// normOf makes the Norm of a name that was spread.
func (s *scan) normOf(names *names, j, end int, isLast bool) string {
	base := func(w string, set map[string]string) string {
		for _, f := range forms(w) {
			if set[f] != "" {
				return set[f]
			}
		}
		return fold(w)
	}
	if end-j == 1 {
		if isLast {
			return " " + base(s.toks[j].word, names.last)
		}
		return base(s.toks[j].word, names.first) + " "
	}
	last := base(s.toks[end-1].word, names.last)
	k := end - 1
	for k > j && particles[strings.ToLower(s.toks[k-1].word)] {
		k--
		last = fold(s.toks[k].word) + " " + last
	}
	if k == j {
		return " " + last
	}
	return fold(s.toks[j].word) + " " + last
}

// parts takes the parts of a word with hyphens that are surnames: "Uhl-Antrag".
func (s *scan) parts(names *names, t token) {
	at := t.start
	for part := range strings.FieldsFuncSeq(t.word, isDash) {
		k := strings.Index(s.text[at:t.end], part)
		if k < 0 {
			return
		}
		at += k
		if last := names.last[fold(part)]; last != "" && isCap(part) && len(part) > 2 && !commonNames[fold(part)] {
			s.add(Person, at, at+len(part), " "+last, false)
		}
		at += len(part)
	}
}

// commonNames are surnames that are frequent words too, folded.
var commonNames = words(`amt bach baer bauer beck becker berg berger bock boehm brand braun burg busch dorn engel ernst falk feld fischer fleischer foerster frank fuchs gaertner geiger gerber graf gross haas hahn hase haus hecht heide held herbst
	herr hirsch hoch hof holz horn huber huebner jaeger jung kaiser kaufmann keil kern kirsch klein koch koenig kraft kraus krieger kuester kunst kurz land lang lange lehrer linde lindner loewe luft maler mann marx maurer mayer meier meister metz meyer moench moos
	mueller muenz neu neumann noll oster ott otto paul peter pfeifer pohl post rabe rau recht reich reiter richter riese ritter rose roth sauer schaefer scharf schatz schenk schlosser schmidt schmied schneider scholz schreiber schreiner schroeder schuh schuhmacher schulz schulze schuster schwarz
	seiler sommer sonntag spiegel stahl stark stein stern stolz storch strauss sturm thaler tischler toepfer vogel vogt wagner wald walter weber wein weiss werner winkler winter wirth wolf wolff zander ziegler zimmer zimmermann freitag montag maerz mai august krause kranz kraemer brunner brandt
	will can say young brown white black green king cook smith baker carter hill wood park rose stone may mark art grant page`)

// commonNoun reports whether a surname that is a common word stands there as one:
// behind an article, or before a title's place.
func (s *scan) commonNoun(i int) bool {
	word := s.toks[i].word
	common := false
	for _, f := range forms(word) {
		common = common || commonNames[f]
	}
	if !common {
		return false
	}
	prev := strings.ToLower(s.at(i - 1).word)
	if i > 0 && s.near(i) && articles[prev] {
		return true
	}
	// "Richter am Verwaltungsgericht"
	if next := strings.ToLower(s.at(i + 1).word); next == "am" && s.near(i+1) {
		return true
	}
	return false
}

// owner returns the full name of which another is the genitive: "Bernd Kayas" beside
// "Bernd Kaya"; "" if there is none.
func (n *names) owner(first, last string) string {
	if base, ok := genitive(last); ok && n.fulls[base][first] {
		return first + " " + base
	}
	return ""
}

// identify gives the same Norm to what names the same person: a surname or first
// name alone that of the only full name it belongs to, likewise initials.
func (n *names) identify(all [][]Finding) {
	// By what a full name may be called: it, or "" if there are several.
	byLast, byFirst, byInitial := map[string]string{}, map[string]string{}, map[string]string{}
	put := func(m map[string]string, key, norm string) {
		if have, ok := m[key]; ok && have != norm {
			norm = ""
		}
		m[key] = norm
	}
	for last, firsts := range n.fulls {
		for first := range firsts {
			if len(first) < 2 || n.owner(first, last) != "" {
				continue
			}
			norm := first + " " + last
			put(byLast, last, norm)
			if k := strings.LastIndexByte(last, ' '); k >= 0 {
				put(byLast, last[k+1:], norm)
			}
			put(byFirst, first, norm)
			put(byInitial, first[:1]+" "+last, norm)
			put(byInitial, first[:2]+" "+last, norm)
		}
	}
	for _, found := range all {
		for i, f := range found {
			if f.Kind != Person {
				continue
			}
			first, last, _ := strings.Cut(f.Norm, " ")
			norm := ""
			switch {
			case first == "":
				var ok bool
				if norm, ok = byLast[last]; !ok && !isSurname(last) { // not "Herr Peters" beside a Frau Peter
					if base, ok := genitive(last); ok {
						norm = byLast[base]
					}
				}
			case last == "":
				var ok bool
				if norm, ok = byFirst[first]; !ok {
					if base, ok := genitive(first); ok {
						norm = byFirst[base]
					}
				}
			case len(first) <= 2:
				norm = byInitial[f.Norm]
			default:
				norm = n.owner(first, last)
			}
			if norm != "" {
				found[i].Norm = norm
				n.office[norm] = n.office[norm] || n.office[f.Norm]
			}
		}
	}
	for _, found := range all {
		for i, f := range found {
			found[i].Office = f.Kind == Person && n.office[f.Norm]
		}
	}
}

// IsName reports whether a text can be the name of a person, by its form: one to
// five capitalised words, particles between, none of them a word that is no name.
func IsName(text string) bool {
	s := newScan(text)
	if len(s.toks) == 0 || len(s.toks) > maxName || strings.ContainsAny(text, "0123456789\n|@/") {
		return false
	}
	capital := false
	for _, t := range s.toks {
		low := strings.ToLower(t.word)
		switch {
		case particles[low]:
		case !t.upper || !isName(t.word) || addressing[low] || roles[low] && len(s.toks) == 1 || articles[low]:
			return false
		default:
			capital = capital || len(t.word) > 2
		}
	}
	return capital
}
