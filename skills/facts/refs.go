package facts

import "strings"

// reference finds a file or customer number after a word that announces one.
func (s *scan) reference(i int) int {
	j, colon := s.refCue(i)
	if j == i {
		return i
	}
	end := s.refValue(j, colon)
	if end == j {
		return i
	}
	cue := lower(strings.Join(strings.Fields(s.text[s.at(i).start:s.at(j-1).end]), " "))
	s.addRef(strings.TrimRight(cue, ": "), j, end)
	return end
}

func (s *scan) addRef(cue string, i, j int) {
	f := Fact{Kind: Reference, Cue: cue, Norm: without(s.text[s.at(i).start:s.at(j-1).end])}
	s.add(f, i, j)
}

// without returns a text without its white space.
func without(text string) string { return strings.Join(strings.Fields(text), "") }

// refCue reads the words that announce a reference: "Az.:", "Kunden-Nr.", "Ihr
// Zeichen", "Geschäftszeichen (bitte stets angeben):". It returns the token
// after them, or i.
func (s *scan) refCue(i int) (next int, colon bool) {
	t := s.at(i)
	strong := t.lex.flags&fRef != 0
	j := i + 1
	if lower(s.str(i)) == "gesch" {
		strong = true
	}
	for k := 0; k < 7; k++ {
		n := s.at(j)
		if n.gap > blank && !colon {
			return i, false
		}
		switch {
		case n.kind == markToken && (n.mark == '.' || n.mark == '-' && s.at(j+1).kind == wordToken || n.mark == '#'):
			j++
		case n.kind == markToken && n.mark == ':':
			colon = true
			j++
		case n.kind == markToken && n.mark == '(' && s.is(j+4, ')'): // (bitte stets angeben)
			j += 5
		case n.kind == wordToken && isNumberSign(s.str(j)):
			strong = true
			j++
		case n.kind == wordToken && n.lex.flags&fRef != 0 && !colon:
			strong = true
			j++
		case n.kind == wordToken && (s.str(j) == "lautet" || s.str(j) == "is"):
			j++
		default:
			if !strong {
				return i, false
			}
			return j, colon
		}
	}
	return i, false
}

func isNumberSign(w string) bool {
	switch lower(w) {
	case "nr", "no", "nummer", "number", "zeichen", "z", "id", "reference", "ref":
		return true
	}
	return false
}

// refValue returns the token after the reference at token j, or j.
func (s *scan) refValue(j int, colon bool) int {
	end, digits := s.chunk(j)
	if end == j {
		return j
	}
	if d, ok := s.one(j); ok && d.y != 0 {
		return j // a date stands in the field
	}
	for parts := 1; parts < 7; parts++ {
		next, d, ok := s.morePart(end)
		if !ok {
			break
		}
		end, digits = next, digits+d
	}
	size := s.at(end-1).end - s.at(j).start
	text := s.text[s.at(j).start:s.at(end-1).end]
	switch {
	case size > 60:
		return j
	case digits == 0:
		// "Ihr Zeichen: Kl/Mü" has no figure, but a colon and a sign.
		if !colon || !strings.ContainsAny(text, "/-") || size > 16 {
			return j
		}
	case digits < 3 && !colon && !strings.ContainsAny(text, "/-."):
		return j
	}
	return end
}

// chunk returns the token after the run without blanks at token j, less the
// marks at its end, and how many digits it has.
func (s *scan) chunk(j int) (end, digits int) {
	end = j
	for k := j; k < j+24; k++ {
		t := s.at(k)
		if t.kind == noToken || k > j && t.gap != tight {
			break
		}
		if t.kind == factToken {
			break
		}
		if t.kind == markToken && !strings.ContainsRune("./-_:–‑#+&", t.mark) {
			break
		}
		if t.kind == numToken {
			digits += t.end - t.start
		}
		if t.kind != markToken {
			end = k + 1
		}
	}
	if s.at(j).kind == markToken {
		return j, 0
	}
	return end, digits
}

// morePart reads one more part of a reference after a blank: the figures of
// "123 456 789", the letters of "4 K 123/26" if figures follow, a dash.
func (s *scan) morePart(j int) (next, digits int, ok bool) {
	t := s.at(j)
	if t.gap > blank {
		return j, 0, false
	}
	switch {
	case t.kind == markToken && (isDash(t.mark) || t.mark == '/') && s.at(j+1).kind != markToken:
		next, digits, ok = s.morePart(j + 1)
		return next, digits, ok && digits > 0
	case t.kind == numToken:
		if d, isDate := s.one(j); isDate && d.y != 0 || s.unitAt(j+1) || s.str(j+1) == "Uhr" {
			return j, 0, false
		}
		next, digits = s.chunk(j)
		return next, digits, next > j
	case t.kind == wordToken && t.upper && t.end-t.start <= 4 && t.lex.flags&(fStarter|fWeekday|fMonth|fCurrency) == 0:
		next, digits = s.chunk(j)
		if digits > 0 {
			return next, digits, true
		}
		if n := s.at(next); n.kind == numToken && n.gap <= blank {
			next, digits = s.chunk(next)
			return next, digits, digits > 0
		}
	}
	return j, 0, false
}

// courtRef finds without a cue the file number of a court, "4 K 123/26", "S 12
// AS 345/26 ER", and codes that only a file number looks like.
func (s *scan) courtRef(i int) int {
	if !s.bare(i) {
		return i
	}
	j := s.register(i)
	if j == i {
		return s.codeRef(i)
	}
	s.addRef("", i, j)
	return j
}

// register reads chamber, register sign, number and year of a court file.
func (s *scan) register(i int) int {
	if !s.isNum(i, 1, 3) || s.at(i+1).kind != wordToken || !s.at(i+1).upper || s.at(i+1).end-s.at(i+1).start > 4 {
		return i
	}
	if !s.isNum(i+2, 1, 5) || !s.is(i+3, '/') || !s.isNum(i+4, 2, 2) || !s.tight(i+3, i+5) || !s.near(i+1) || !s.near(i+2) {
		return i
	}
	end := i + 5
	if w := s.str(end); s.near(end) && (w == "ER" || w == "PKH" || w == "eR") {
		end++
	}
	return end
}

// codeRef finds without a cue a code of capitals, figures and marks with a
// slash: "32.4-BPA-1873/26", "VII-3/45.2-2026".
func (s *scan) codeRef(i int) int {
	t := s.at(i)
	if t.kind == wordToken {
		if !isUpper(s.str(i)) {
			return i
		}
		if j := s.register(i + 1); j > i+1 && t.end-t.start <= 2 {
			s.addRef("", i, j)
			return j
		}
	}
	if n := s.at(i + 1); n.gap != tight || n.kind == noToken || !s.bare(i) {
		return i
	}
	end, digits := s.chunk(i)
	if end-i < 5 || digits < 3 {
		return i
	}
	letters, marks, slash := 0, 0, false
	for k := i; k < end; k++ {
		switch w := s.at(k); {
		case w.kind == wordToken && !isUpper(s.str(k)):
			return i
		case w.kind == wordToken:
			letters += w.end - w.start
		case w.kind == markToken:
			marks++
			slash = slash || w.mark == '/'
		}
	}
	if letters == 0 || marks < 2 || !slash || !s.isNum(end-1, 2, 5) {
		return i
	}
	s.addRef("", i, end)
	return end
}
