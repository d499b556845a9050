package facts

import (
	"strings"
	"unicode"
)

// maxLaw is how many tokens a reference to a law may have.
const maxLaw = 60

// law finds "§ 70 Abs. 1 VwGO", "§§ 187, 188 BGB", "Art. 6 Abs. 1 lit. f DSGVO",
// "§ 3 i. V. m. § 5 GebS".
func (s *scan) law(i int) int {
	article := false
	switch {
	case s.is(i, '§'):
	case s.str(i) == "Art" || s.str(i) == "Artikel" || s.str(i) == "Article":
		article = true
	default:
		return i
	}
	p := lawParser{scan: s, start: i, i: i}
	if !p.section() {
		return i
	}
	named := p.name()
	if article && !named && p.depth == 0 {
		return i // "Art. 5" may be an article of a shop
	}
	s.add(Fact{Kind: Law, Norm: strings.Join(p.norm, " ")}, i, p.i)
	return p.i
}

type lawParser struct {
	*scan
	start int // of the whole, not of one of its sections: it bounds all of them
	i     int
	norm  []string
	depth int // how many Absatz, Satz, … there are
}

func (p *lawParser) take(norm string, n int) {
	p.norm = append(p.norm, norm)
	p.i += n
}

// section reads "§ 70 Abs. 1", with what follows by comma, "und", "i. V. m.".
func (p *lawParser) section() bool {
	switch {
	case p.is(p.i, '§') && p.is(p.i+1, '§'):
		p.take("§§", 2)
	case p.is(p.i, '§'):
		p.take("§", 1)
	default:
		p.take("Art.", 1)
		if p.is(p.i, '.') && p.at(p.i).gap == tight {
			p.i++
		}
	}
	if !p.number() {
		return false
	}
	for p.i-p.start < maxLaw && p.part() {
	}
	return true
}

// number reads "70", "35a", "§ 80 b".
func (p *lawParser) number() bool {
	if !p.isNum(p.i, 1, 4) || p.at(p.i).gap > line {
		return false
	}
	n := p.str(p.i)
	p.i++
	if w := p.at(p.i); w.kind == wordToken && w.gap == tight && w.end-w.start == 1 {
		n += p.str(p.i)
		p.i++
	}
	p.norm = append(p.norm, n)
	return true
}

var lawParts = map[string]string{
	"Abs": "Abs.", "Absatz": "Abs.", "Absätze": "Abs.", "S": "Satz", "Satz": "Satz", "Sätze": "Satz", "Nr": "Nr.", "Nrn": "Nr.",
	"Nummer": "Nr.", "Nummern": "Nr.", "lit": "lit.", "Lit": "lit.", "Buchst": "lit.", "Buchstabe": "lit.", "Buchstaben": "lit.", "Hs": "Hs.", "HS": "Hs.",
	"Halbsatz": "Hs.", "Alt": "Alt.", "Alternative": "Alt.", "UAbs": "UAbs.", "Unterabs": "UAbs.", "Unterabsatz": "UAbs.", "Anlage": "Anlage",
}

// part reads one more part of a section, if there is one.
func (p *lawParser) part() bool {
	t := p.at(p.i)
	if t.gap > line || t.kind == noToken {
		return false
	}
	save := *p
	switch {
	case t.kind == markToken && (t.mark == ',' || isDash(t.mark)) || t.kind == wordToken && (p.str(p.i) == "und" || p.str(p.i) == "bis" || p.str(p.i) == "oder" || p.str(p.i) == "sowie" || p.str(p.i) == "u"):
		return p.more(save)
	case t.kind == wordToken && (p.str(p.i) == "f" || p.str(p.i) == "ff"):
		w := p.str(p.i) + "."
		p.take(w, 1)
		if p.is(p.i, '.') && p.at(p.i).gap == tight {
			p.i++
		}
		return true
	case t.kind == wordToken && (p.str(p.i) == "i" || p.str(p.i) == "in" || p.str(p.i) == "iVm"):
		return p.with(save)
	case t.kind == wordToken && isRoman(p.str(p.i)) && p.depth == 0:
		p.depth++
		p.take("Abs. "+itoa(roman(p.str(p.i))), 1)
		return true
	}
	canon, ok := lawParts[p.str(p.i)]
	if t.kind != wordToken || !ok {
		return false
	}
	p.take(canon, 1)
	if p.is(p.i, '.') && p.at(p.i).gap == tight {
		p.i++
	}
	v := p.at(p.i)
	if v.gap > line || !p.isNum(p.i, 1, 3) && !(v.kind == wordToken && v.end-v.start <= 2 && !v.upper) {
		*p = save
		return false
	}
	p.depth++
	if v.kind == wordToken {
		p.take(p.str(p.i), 1)
		if p.is(p.i, ')') && p.at(p.i).gap == tight && !p.is(p.i-2, '(') {
			p.i++
		}
		return true
	}
	return p.number()
}

// more reads what follows a comma, "und" or "bis": a number, a part, a section.
func (p *lawParser) more(save lawParser) bool {
	sep := p.str(p.i)
	if !p.is(p.i, ',') && p.at(p.i).kind == markToken {
		sep = "bis"
	}
	p.i++
	if p.str(p.i-1) == "u" && p.is(p.i, '.') {
		sep = "und"
		p.i++
	}
	if sep == "," {
		p.norm[len(p.norm)-1] += ","
		p.norm = p.norm[:len(p.norm):len(p.norm)]
	} else {
		p.norm = append(p.norm, sep)
	}
	ok := false
	switch {
	case p.is(p.i, '§'):
		ok = p.section()
	case p.isNum(p.i, 1, 4) && p.at(p.i).gap <= line:
		_, isDate := p.one(p.i)
		f, _ := p.figure(p.i, false)
		ok = !isDate && !p.unitAt(f.next) && p.number()
	case p.at(p.i).kind == wordToken && p.at(p.i).gap <= line:
		if _, part := lawParts[p.str(p.i)]; part {
			ok = p.part()
		}
	}
	if !ok {
		p.undo(save, sep)
	}
	return ok
}

// undo restores the state and the comma that more has set.
func (p *lawParser) undo(save lawParser, sep string) {
	*p = save
	if sep == "," {
		last := len(p.norm) - 1
		p.norm[last] = strings.TrimSuffix(p.norm[last], ",")
	}
}

// with reads "i. V. m. § 5", "in Verbindung mit Art. 3".
func (p *lawParser) with(save lawParser) bool {
	switch {
	case p.str(p.i) == "iVm":
		p.i++
	case p.str(p.i) == "in" && p.str(p.i+1) == "Verbindung" && p.str(p.i+2) == "mit":
		p.i += 3
	case p.is(p.i+1, '.') && p.str(p.i+2) == "V" && p.is(p.i+3, '.') && p.str(p.i+4) == "m" && p.is(p.i+5, '.'):
		p.i += 6
	default:
		return false
	}
	p.norm = append(p.norm, "i. V. m.")
	if (p.is(p.i, '§') || p.str(p.i) == "Art" || p.str(p.i) == "Artikel") && p.at(p.i).gap <= line && p.section() {
		return true
	}
	*p = save
	return false
}

// name reads the law: "VwGO", "SGB X", "KAG NRW", "der Gebührensatzung".
func (p *lawParser) name() bool {
	t := p.at(p.i)
	if t.kind != wordToken || t.gap > line {
		return false
	}
	if (p.str(p.i) == "der" || p.str(p.i) == "des") && isLawNoun(p.str(p.i+1)) && p.at(p.i+1).gap <= line {
		p.take(p.str(p.i)+" "+p.str(p.i+1), 2)
		return true
	}
	if !isLawName(p.str(p.i)) {
		return false
	}
	name := p.str(p.i)
	for p.is(p.i+1, '-') && p.at(p.i+2).kind == wordToken && p.tight(p.i+1, p.i+3) && isUpper(p.str(p.i+2)) { // DS-GVO
		name += "-" + p.str(p.i+2)
		p.i += 2
	}
	if name == "DS-GVO" {
		name = "DSGVO"
	}
	p.take(name, 1)
	if w := p.str(p.i); p.near(p.i) && (name == "SGB" && isRoman(w) || isLand(w)) {
		p.take(w, 1)
	}
	return true
}

// isLawName reports whether a word is the abbreviation of a law: it has two
// capitals and begins with one.
func isLawName(w string) bool {
	n, first := 0, true
	for _, r := range w {
		if unicode.IsUpper(r) {
			n++
		} else if first {
			return false
		}
		first = false
	}
	return n >= 2 && len(w) <= 16
}

func isLawNoun(w string) bool {
	for _, end := range []string{"satzung", "ordnung", "gesetzes", "gesetzbuches", "gesetzbuchs", "verordnung", "verfassung"} {
		if strings.HasSuffix(lower(w), end) {
			return true
		}
	}
	return false
}

func isLand(w string) bool {
	switch w {
	case "NRW", "NW", "BW", "BY", "BE", "BB", "HB", "HH", "HE", "MV", "NI", "RP", "SL", "SN", "ST", "SH", "TH", "Bln", "LSA", "Bbg", "Rh", "Nds":
		return true
	}
	return false
}

var romans = []string{"", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII", "XIII", "XIV"}

func isRoman(w string) bool { return roman(w) > 0 }

func roman(w string) int {
	for i, r := range romans {
		if r == w {
			return i
		}
	}
	return 0
}
