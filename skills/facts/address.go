package facts

import "strings"

// street finds "Rathausplatz 1", "Kurt-Schumacher-Straße 12 a", "Lange Str. 5",
// with the postcode and town behind it if they follow.
func (s *scan) street(i int) int {
	k := i
	if s.at(i).lex.flags&(fStarter|fDay) != 0 {
		return i
	}
	for s.is(k+1, '-') && s.at(k+1).gap == tight && s.at(k+2).kind == wordToken && s.at(k+2).gap == tight && k < i+8 {
		k += 2
	}
	exact := isStreetWord(s.str(k))
	if !s.isWord(k, fStreet) {
		if k != i || !isStreetWord(s.str(k+1)) || !s.near(k+1) || !s.at(k+1).upper || !isStreetAdjective(s.str(i)) {
			return i
		}
		k++
		exact = false
	}
	j := k + 1
	if s.is(j, '.') && s.at(j).gap == tight {
		j++
	}
	end := s.houseNumber(j)
	if end == j {
		return i
	}
	next, town := s.town(end)
	if exact && k == i && !town {
		return i // "Weg 3" on its own
	}
	s.addAddress(i, next)
	return next
}

func isStreetWord(w string) bool {
	switch w {
	case "Straße", "Strasse", "Str", "Allee", "Platz", "Weg", "Gasse", "Chaussee", "Damm", "Ufer", "STRASSE", "STR":
		return true
	}
	return false
}

// isStreetAdjective reports whether a word can be the first of "Lange Straße",
// "Kieler Straße", "Großer Platz".
func isStreetAdjective(w string) bool {
	return strings.HasSuffix(w, "e") || strings.HasSuffix(w, "er") || strings.HasSuffix(w, "es") || strings.HasSuffix(w, "en")
}

// houseNumber reads "12", "12a", "12 a", "12-14", "3/5" at token j.
func (s *scan) houseNumber(j int) int {
	if !s.isNum(j, 1, 4) || s.at(j).gap != blank && !s.is(j-1, '.') || s.at(j).gap > blank {
		return j
	}
	k := j + 1
	if s.unitAt(k) || s.is(k, '.') && s.at(k).gap == tight && (s.isWord(k+1, fMonth) || s.at(k+1).kind == numToken && s.near(k+1)) || s.is(k, ':') && s.at(k+1).kind == numToken {
		return j
	}
	if w := s.at(k); w.kind == wordToken && w.end-w.start == 1 && w.gap <= blank {
		k++
	}
	if m := s.at(k); m.kind == markToken && (m.mark == '-' || m.mark == '–' || m.mark == '/') && m.gap == tight && s.isNum(k+1, 1, 4) && s.at(k+1).gap == tight {
		k += 2
		if w := s.at(k); w.kind == wordToken && w.gap == tight && w.end-w.start == 1 {
			k++
		}
	}
	return k
}

// town reads ", 12345 Musterstadt" at token j.
func (s *scan) town(j int) (next int, ok bool) {
	k := j
	if t := s.at(k); t.kind == markToken && (t.mark == ',' || t.mark == '·' || t.mark == '|') {
		k++
	} else if t.gap != line {
		return j, false
	}
	if s.str(k) == "D" && s.is(k+1, '-') {
		k += 2
	}
	if end := s.postcode(k); end > k && s.at(k).gap <= line {
		return end, true
	}
	return j, false
}

// postcode reads five figures and the name of a town at token k.
func (s *scan) postcode(k int) int {
	if !s.isNum(k, 5, 5) {
		return k
	}
	j := k + 1
	for n := 0; n < 4; n++ {
		t := s.at(j)
		if t.kind != wordToken || !s.near(j) || !t.upper && !(n > 0 && isTownWord(s.str(j))) {
			break
		}
		if t.lex.flags&(fUnit|fCurrency|fScale|fMonth) != 0 || n > 0 && (t.lex.flags&(fPhone|fRef) != 0 || t.upper && n == 1 && t.lex.flags&fStarter != 0) {
			break
		}
		j++
		for s.at(j).gap == tight && (s.is(j, '-') || s.is(j, '/')) && s.at(j+1).kind == wordToken && s.at(j+1).gap == tight {
			j += 2
		}
	}
	for j > k+1 && s.at(j-1).kind == wordToken && !s.at(j-1).upper {
		j--
	}
	if j == k+1 {
		return k
	}
	return j
}

func isTownWord(w string) bool {
	switch w {
	case "am", "an", "der", "im", "in", "bei", "ob", "auf", "vor", "unter", "den", "dem", "a", "i", "b":
		return true
	}
	return false
}

// place finds a postcode with its town where no street stands before, if it
// begins or ends its line or clause: "12345 Einwohner" is none.
func (s *scan) place(i int) int {
	t, p := s.at(i), s.at(i-1)
	if !s.isNum(i, 5, 5) || isCounted(s.str(i+1)) {
		return i
	}
	lead := t.gap >= line || p.kind == markToken && strings.ContainsRune(",·|(", p.mark) || s.str(i-1) == "in" || s.str(i-1) == "aus" || s.str(i-1) == "nach"
	end := s.postcode(i)
	if end == i || !lead || !s.ends(end) {
		return i
	}
	s.addAddress(i, end)
	return end
}

func isCounted(w string) bool {
	switch w {
	case "Einwohner", "Einwohnern", "Einwohnerinnen", "Personen", "Menschen", "Bürger", "Bürgerinnen", "Stück", "Kilometer", "Meter", "Quadratmeter",
		"Tonnen", "Kilowattstunden", "Besucher", "Haushalte", "Exemplare", "Stimmen", "Wähler", "Fahrzeuge", "Fälle", "Anträge":
		return true
	}
	return false
}

func (s *scan) addAddress(i, j int) {
	text := s.text[s.at(i).start:s.at(j-1).end]
	lines := strings.Split(text, "\n")
	for k, l := range lines {
		lines[k] = strings.Trim(strings.Join(strings.Fields(l), " "), ", ·|")
	}
	norm := strings.NewReplacer("str. ", "straße ", "Str. ", "Straße ", "strasse", "straße", "Strasse", "Straße", " · ", ", ", " | ", ", ").Replace(strings.Join(lines, ", "))
	s.add(Fact{Kind: Address, Norm: norm}, i, j)
}
