package facts

import (
	"strings"
	"time"
)

// maxFiller is how many words may stand between a term's word and its day:
// "Die Frist endet somit spätestens am Freitag, den 27. November".
const maxFiller = 6

// term finds a term that names its day. The day itself is added as a date too.
func (s *scan) term(i int) int {
	t := s.at(i)
	if t.lex.flags&fUntil != 0 {
		if s.rangeBefore(i) || s.isWord(i, fNoName) {
			return i
		}
	} else if t.lex.flags&fFrist == 0 {
		return i
	}
	if t.lex.flags&fUnit != 0 { // Monatsfrist
		return i
	}
	cue := lower(s.str(i))
	for j := i + 1; j <= i+1+maxFiller; j++ {
		if n := s.at(j); n.gap > line || n.kind == noToken {
			return i
		}
		if next := s.dueDay(i, j, cue); next > j {
			return next
		}
		if n := s.at(j); n.kind == wordToken && n.lex.flags&(fFiller|fUntil) != 0 ||
			n.kind == markToken && (n.mark == ':' && t.lex.flags&fFrist != 0 || n.mark == '(') {
			continue
		}
		if s.isWord(j, fFrist) && t.lex.flags&fFrist != 0 {
			continue
		}
		return i
	}
	return i
}

// dueDay adds the term that began at token i if its day stands at token j.
func (s *scan) dueDay(i, j int, cue string) int {
	if d, ok := s.one(j); ok {
		day, ok := s.resolve(d)
		if !ok {
			return j
		}
		if k, r := s.until(d.next); r && d.y == 0 && s.isWord(d.next, fUntil) {
			if _, ok := s.one(k); ok { // "vom 3.12. bis 5.12." has no term
				return j
			}
		}
		s.add(Fact{Kind: Term, Date: day, Norm: day.Format(time.DateOnly), Cue: cue}, i, d.next)
		s.addDay(d, j, cue)
		return d.next
	}
	day, next := s.relativeDay(j)
	if next == j {
		return j
	}
	s.add(Fact{Kind: Term, Date: day, Norm: day.Format(time.DateOnly), Cue: cue, Relative: true}, i, next)
	return next
}

// relativeDay reads a day that is counted from ref and can mean only one:
// "morgen", "Freitag", "kommenden Freitag", "Ende November", "Monatsende".
func (s *scan) relativeDay(j int) (time.Time, int) {
	t := s.at(j)
	if s.ref.year == 0 || t.kind != wordToken {
		return time.Time{}, j
	}
	if t.lex.flags&fRelative != 0 && t.lex.n > 0 && !t.upper {
		return s.ref.day.AddDate(0, 0, t.lex.n), j + 1
	}
	k := j
	switch w := s.str(j); w {
	case "kommenden", "kommender", "kommende":
		k++
	case "Monatsende":
		return s.monthEnd(s.ref.day), j + 1
	case "Jahresende":
		return s.monthEnd(time.Date(s.ref.year, 12, 1, 0, 0, 0, 0, s.ref.day.Location())), j + 1
	case "Ende", "end":
		return s.endOf(j)
	}
	if w := s.at(k); s.isWord(k, fWeekday) && w.upper && w.end-w.start > 3 && s.at(k).gap <= line {
		d := (w.lex.n - int(s.ref.day.Weekday()) + 7) % 7
		if d == 0 {
			d = 7
		}
		return s.ref.day.AddDate(0, 0, d), k + 1
	}
	return time.Time{}, j
}

// endOf reads "Ende November 2026", "Ende des Monats", "Ende dieses Jahres".
func (s *scan) endOf(j int) (time.Time, int) {
	k := j + 1
	if s.isWord(k, fDay|fFiller) || s.str(k) == "des" || s.str(k) == "dieses" || s.str(k) == "this" {
		k++
	}
	if !s.near(k) {
		return time.Time{}, j
	}
	if s.isWord(k, fMonth) && s.at(k).upper {
		d := s.year(day{m: s.at(k).lex.n, d: 1, next: k + 1})
		if d.y == 0 {
			d.y = s.ref.year
			if d.m < int(s.ref.day.Month()) {
				d.y++
			}
		}
		t, _ := s.resolve(d)
		return s.monthEnd(t), d.next
	}
	switch s.str(k) {
	case "Monats", "month":
		return s.monthEnd(s.ref.day), k + 1
	case "Jahres", "year":
		return s.monthEnd(time.Date(s.ref.year, 12, 1, 0, 0, 0, 0, s.ref.day.Location())), k + 1
	}
	return time.Time{}, j
}

func (s *scan) monthEnd(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month()+1, 0, 0, 0, 0, 0, t.Location())
}

// rangeBefore reports whether "bis" at token i is the middle of a range: "vom
// 3.12. bis", "von Montag bis", "von 8 bis".
func (s *scan) rangeBefore(i int) bool {
	if s.at(i).gap > line {
		return false
	}
	p := s.at(i - 1)
	switch p.kind {
	case numToken:
		return true
	case wordToken:
		return p.lex.flags&(fWeekday|fMonth) != 0 && p.upper || s.str(i-1) == "Uhr"
	case markToken:
		return p.mark == '.' && (s.at(i-2).kind == numToken || s.isWord(i-2, fWeekday))
	}
	return false
}

// period finds a term that is a period: "binnen zwei Wochen", "Frist von 14
// Tagen", "ein Monat nach Bekanntgabe", "zweiwöchige Frist".
func (s *scan) period(i int) int {
	t := s.at(i)
	j, cue := i, ""
	if t.kind == wordToken && t.lex.flags&(fWithin|fFrist) != 0 {
		if t.lex.flags&fUnit != 0 {
			return i // "binnen Monatsfrist" begins with binnen
		}
		cue = lower(s.str(i))
		j = s.afterCue(i)
	}
	n, unit, next := s.count(j)
	if next == j {
		if cue == "" {
			return s.adjective(i)
		}
		return i
	}
	anchor, end := s.anchor(next)
	if cue == "" {
		if anchor == "" {
			return i
		}
		cue = anchor
	}
	s.add(Fact{Kind: Term, N: n, Unit: unit, Norm: periodNorm(n, unit), Anchor: anchor, Cue: cue}, i, end)
	return end
}

// afterCue skips what stands between "binnen" or "Frist" and the count.
func (s *scan) afterCue(i int) int {
	j := i + 1
	for ; j < i+1+maxFiller && s.at(j).gap <= line; j++ {
		t := s.at(j)
		switch {
		case t.kind == wordToken && t.lex.flags&fNumber != 0:
			// "einer" is a count before a unit, else an article.
			if _, _, next := s.count(j); next > j {
				return j
			}
		case t.kind == wordToken && (t.lex.flags&(fFiller|fFrist) != 0 && t.lex.flags&fUnit == 0 || s.str(j) == "nächsten" || s.str(j) == "the" || s.str(j) == "next" || s.str(j) == "höchstens" || s.str(j) == "mindestens"):
		case t.kind == markToken && t.mark == ':':
		default:
			return j
		}
	}
	return j
}

// count reads "zwei Wochen", "14 Tagen", "vierzehn (14) Tagen", "3 working days".
func (s *scan) count(j int) (n int, unit string, next int) {
	t := s.at(j)
	k := j
	switch {
	case t.gap > line && j > 0:
		return 0, "", j
	case t.kind == numToken && t.end-t.start <= 3 && s.bare(j):
		n, k = atoi(s.str(j)), j+1
	case t.kind == wordToken && t.lex.flags&fUnit != 0 && t.lex.flags&fFrist != 0: // Monatsfrist
		return t.lex.n, t.lex.s, j + 1
	case t.kind == wordToken && t.lex.flags&fNumber != 0:
		n, k = t.lex.n, j+1
	case t.kind == wordToken:
		if n = numberWord(lower(s.str(j))); n == 0 {
			return 0, "", j
		}
		k = j + 1
	default:
		return 0, "", j
	}
	if s.is(k, '(') && s.isNum(k+1, 1, 3) && s.is(k+2, ')') {
		k += 3
	}
	if s.is(k, '-') && s.at(k).gap == tight { // 14-tägig is for adjective
		return 0, "", j
	}
	switch s.str(k) {
	case "working", "business", "Werk":
		if u := s.at(k + 1); u.lex.s == "day" && s.near(k) && s.near(k+1) {
			return n, "workday", k + 2
		}
	case "volle", "vollen", "ganzen", "weiteren", "calendar":
		k++
	}
	if !s.isWord(k, fUnit) || s.at(k).gap > line || n == 0 || s.at(k).lex.flags&fFrist != 0 {
		return 0, "", j
	}
	return n, s.at(k).lex.s, k + 1
}

// maxAnchor is how many words may stand between "nach" and "Bekanntgabe".
const maxAnchor = 4

// anchor reads "nach Bekanntgabe", "ab dem Zugang", "of receipt" at token j.
func (s *scan) anchor(j int) (string, int) {
	if s.str(j) == "der" || s.str(j) == "in" { // "in Folge der", kept short
		return "", j
	}
	if !s.isWord(j, fFrom) || s.at(j).gap > line {
		return "", j
	}
	for k := j + 1; k <= j+1+maxAnchor && s.at(k).kind == wordToken && s.at(k).gap <= line; k++ {
		if s.isWord(k, fAnchor) {
			return lower(s.str(k)), k + 1
		}
	}
	return "", j
}

// adjective finds "zweiwöchige Frist", "14-tägige Frist", "einmonatigen Frist".
func (s *scan) adjective(i int) int {
	t := s.at(i)
	j, n := i, 0
	if t.kind == numToken {
		if !s.is(i+1, '-') || s.at(i+2).kind != wordToken || !s.tight(i+1, i+3) {
			return i
		}
		n, j = atoi(s.str(i)), i+2
	}
	if !s.isWord(j+1, fFrist) || !s.near(j+1) {
		return i
	}
	w := strings.TrimRight(lower(s.str(j)), "ermns")
	unit := ""
	for _, u := range []struct{ end, unit string }{{"tägig", "day"}, {"wöchig", "week"}, {"monatig", "month"}, {"jährig", "year"}} {
		if rest, ok := strings.CutSuffix(w, u.end); ok {
			unit = u.unit
			if n == 0 {
				n = numberWord(rest)
			}
		}
	}
	if unit == "" || n == 0 {
		return i
	}
	s.add(Fact{Kind: Term, N: n, Unit: unit, Norm: periodNorm(n, unit), Cue: lower(s.str(j + 1))}, i, j+2)
	return j + 2
}

func periodNorm(n int, unit string) string {
	switch unit {
	case "hour":
		return "PT" + itoa(n) + "H"
	case "workday":
		return "P" + itoa(n) + "WD"
	}
	return "P" + itoa(n) + strings.ToUpper(unit[:1])
}
