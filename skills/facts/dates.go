package facts

import "time"

// A day is a date as it stands in a text.
type day struct {
	y, m, d int // y is 0 if not written
	next    int // the token after it
	weekday int // beside it, or -1
}

// date finds at token i a date, or several that share month and year ("vom 3.
// bis 5. Dezember"), or a month with its year.
func (s *scan) date(i int) int {
	days, first := s.days(i, 3)
	if len(days) == 0 {
		return s.month(i)
	}
	start := i
	for n, d := range days {
		if n > 0 {
			start = first[n]
		}
		s.addDay(d, start, "")
	}
	return days[len(days)-1].next
}

// addDay adds the date that began at token i; false where its year is open and
// ref unknown.
func (s *scan) addDay(d day, i int, cue string) bool {
	t, ok := s.resolve(d)
	if !ok {
		return false
	}
	f := Fact{Kind: Date, Date: t, Norm: t.Format(time.DateOnly), Cue: cue}
	f.WrongDay = d.weekday >= 0 && int(t.Weekday()) != d.weekday
	s.add(f, i, d.next)
	return true
}

// resolve gives a date its year.
func (s *scan) resolve(d day) (time.Time, bool) {
	zone := time.UTC
	if s.ref.year != 0 {
		zone = s.ref.day.Location()
	}
	if d.y != 0 {
		return time.Date(d.y, time.Month(d.m), d.d, 0, 0, 0, 0, zone), true
	}
	if s.ref.year == 0 {
		return time.Time{}, false
	}
	var best time.Time
	for y := s.ref.year - 1; y <= s.ref.year+1; y++ {
		t := time.Date(y, time.Month(d.m), d.d, 0, 0, 0, 0, zone)
		if t.Day() != d.d { // 29 February
			continue
		}
		if best.IsZero() || t.Sub(s.ref.day).Abs() < best.Sub(s.ref.day).Abs() {
			best = t
		}
	}
	return best, !best.IsZero()
}

// days reads at token i a date or a list of them, at most depth+1. first says at
// which token each begins.
func (s *scan) days(i, depth int) (all []day, first []int) {
	if d, ok := s.one(i); ok {
		all, first = []day{d}, []int{i}
		j, ok := s.until(d.next)
		if !ok || d.y != 0 || depth == 0 {
			return all, first
		}
		// "3.12. bis 5.12.2026": the year stands with the last.
		if e, ok := s.one(j); ok && e.y != 0 {
			over := isDash(s.at(d.next).mark) || s.isWord(d.next, fUntil) // the new year
			switch {
			case d.m <= e.m:
				d.y = e.y
			case over:
				d.y = e.y - 1
			}
			return []day{d, e}, []int{i, j}
		}
		return all, first
	}
	// "3. bis 5. Dezember": month and year stand with the last.
	n, j := i, i
	weekday := -1
	if k := s.weekday(i); k > i {
		weekday, n = s.at(i).lex.n, k
	}
	if depth == 0 || !s.isNum(n, 1, 2) {
		return nil, nil
	}
	j = n + 1
	if s.is(j, '.') && s.at(j).gap == tight {
		j++
	}
	k, ok := s.until(j)
	if !ok {
		return nil, nil
	}
	rest, at := s.days(k, depth-1)
	if len(rest) == 0 || j == n+1 && !s.isWord(rest[0].next-1, fMonth) && !s.isNum(rest[0].next-1, 4, 4) {
		return nil, nil
	}
	d := day{rest[0].y, rest[0].m, atoi(s.str(n)), j, weekday}
	if !valid(d) {
		return nil, nil
	}
	return append([]day{d}, rest...), append([]int{i}, at...)
}

// until skips what stands between two dates of a range or list.
func (s *scan) until(i int) (int, bool) {
	t := s.at(i)
	if t.gap > line {
		return i, false
	}
	switch {
	case t.kind == markToken && (isDash(t.mark) || t.mark == '/' || t.mark == ',' || t.mark == '&'):
		return i + 1, true
	case t.kind == wordToken:
		switch s.str(i) {
		case "bis", "und", "oder", "to", "and", "or":
			j := i + 1
			for s.at(j).kind == wordToken && s.isWord(j, fDay|fFiller) && j < i+3 {
				j++
			}
			return j, true
		}
	}
	return i, false
}

// weekday skips a weekday before a date: "Fr", "Freitag, den", "Fr., 20.11.".
func (s *scan) weekday(i int) int {
	if !s.isWord(i, fWeekday) || !s.toks[i].upper {
		return i
	}
	j := i + 1
	if s.is(j, '.') && s.at(j).gap == tight {
		j++
	}
	if s.is(j, ',') {
		j++
	}
	if s.isWord(j, fDay) && (s.str(j) == "den" || s.str(j) == "dem" || s.str(j) == "der") {
		j++
	}
	if s.at(j).gap > line {
		return i
	}
	return j
}

// one reads one date at token i.
func (s *scan) one(i int) (day, bool) {
	weekday := -1
	if j := s.weekday(i); j > i {
		weekday = s.toks[i].lex.n
		d, ok := s.plain(j, true)
		d.weekday = weekday
		return d, ok
	}
	d, ok := s.plain(i, false)
	d.weekday = -1
	return d, ok
}

// plain reads a date without weekday. cue says that something before it makes it
// likely.
func (s *scan) plain(i int, cue bool) (day, bool) {
	t := s.at(i)
	if t.kind == wordToken {
		return s.englishDate(i)
	}
	if t.kind != numToken || !s.bare(i) {
		return day{}, false
	}
	var d day
	switch t.end - t.start {
	case 4:
		d = s.isoDate(i)
	case 1, 2:
		d = s.dayFirst(i, cue)
	}
	return d, d.next > i && valid(d)
}

// bare reports whether a number is not the tail of another one or of a code.
func (s *scan) bare(i int) bool {
	t, p := s.at(i), s.at(i-1)
	if t.gap != tight || i == 0 {
		return true
	}
	if p.kind != markToken {
		return false
	}
	switch p.mark {
	case '(', '[', '"', '\'', '„', '“', '‚', '»', '«', '|', ':', ';', '>', '·', '•', '*', '~', '=', '…':
		return true
	case ',', '.', '-', '–', '—', '/', '+', '_', '\\':
		return p.gap != tight || s.at(i-2).kind == wordToken && (p.mark == '.' || p.mark == ',') || isDash(p.mark) && s.rangeStart(i-2)
	}
	return p.mark > 0x2000
}

// rangeStart reports whether a number of its own ends at token i, as before the
// dash of "5–10 €" and "3.–5. Dezember", not as in the code "12-3-5".
func (s *scan) rangeStart(i int) bool {
	if s.is(i, '.') {
		i--
	}
	for s.at(i).kind == numToken && s.at(i).gap == tight && (s.is(i-1, '.') || s.is(i-1, ',')) && s.at(i-2).kind == numToken {
		i -= 2
		if s.at(i).end-s.at(i).start > 3 {
			return false
		}
	}
	return s.at(i).kind == numToken && s.at(i).gap != tight
}

func (s *scan) isoDate(i int) day {
	if !s.is(i+1, '-') || !s.isNum(i+2, 2, 2) || !s.is(i+3, '-') || !s.isNum(i+4, 2, 2) || !s.tight(i+1, i+5) {
		return day{}
	}
	if n := s.at(i + 5); n.gap == tight && (n.kind == numToken || n.kind == markToken && (n.mark == '-' || n.mark == '/')) {
		return day{}
	}
	return day{y: atoi(s.str(i)), m: atoi(s.str(i + 2)), d: atoi(s.str(i + 4)), next: i + 5}
}

// tight reports whether the tokens from i to before j follow without a gap.
func (s *scan) tight(i, j int) bool {
	for ; i < j; i++ {
		if s.at(i).gap != tight {
			return false
		}
	}
	return true
}

// dayFirst reads "20.11.2026", "20. November", "3.12.", "20 Nov 2026", "20th of
// November", "20/11/2026".
func (s *scan) dayFirst(i int, cue bool) day {
	d := day{d: atoi(s.str(i))}
	j := i + 1
	switch n := s.at(j); {
	case n.kind == markToken && n.mark == '.' && n.gap == tight:
		if s.isNum(j+1, 1, 2) && s.at(j+1).gap <= blank {
			return s.numeric(d, i, j+1, cue)
		}
		j++
	case n.kind == markToken && n.gap == tight && (n.mark == '/' || n.mark == '-'):
		return s.slashed(d, j)
	case n.kind == wordToken && n.gap == tight && isOrdinal(s.str(j)):
		j++
		if s.str(j) == "of" {
			j++
		}
	}
	if !s.isWord(j, fMonth) || !s.toks[j].upper || s.at(j).gap > line {
		return day{}
	}
	d.m, d.next = s.toks[j].lex.n, j+1
	return s.year(d)
}

func isOrdinal(w string) bool { return w == "st" || w == "nd" || w == "rd" || w == "th" }

// year reads the year after a month, if there is one.
func (s *scan) year(d day) day {
	j := d.next
	if s.is(j, '.') && s.at(j).gap == tight && s.at(j-1).end-s.at(j-1).start <= 4 { // Nov.
		if s.isNum(j+1, 4, 4) || s.at(j+1).kind == wordToken && !s.at(j+1).upper {
			d.next = j + 1
		}
		j++
	}
	if s.is(j, ',') && s.at(j).gap == tight {
		j++
	}
	if s.isNum(j, 4, 4) && s.at(j).gap <= line && isYear(atoi(s.str(j))) && !s.unitAt(j+1) {
		d.y, d.next = atoi(s.str(j)), j+1
	}
	return d
}

func isYear(y int) bool { return 1800 <= y && y < 2200 }

// unitAt reports whether what stands at i makes the number before it a quantity.
func (s *scan) unitAt(i int) bool {
	return s.near(i) && (s.isWord(i, fCurrency|fScale|fUnit) || s.is(i, '€') || s.is(i, '%') ||
		s.is(i, '.') && s.isNum(i+1, 3, 3) && s.tight(i, i+2))
}

// numeric reads the rest of a date in figures; j is the token of the month.
func (s *scan) numeric(d day, i, j int, cue bool) day {
	d.m = atoi(s.str(j))
	spaced := s.at(j).gap != tight
	if !s.is(j+1, '.') || s.at(j+1).gap != tight {
		// "am 3.12" without the last period
		if !spaced && s.dayCue(i) && s.endOfNumber(j+1) {
			d.next = j + 1
			return d
		}
		return day{}
	}
	y := j + 2
	switch {
	case s.isNum(y, 4, 4) && s.near(y) && isYear(atoi(s.str(y))):
		d.y, d.next = atoi(s.str(y)), y+1
	case s.isNum(y, 2, 2) && s.at(y).gap == tight && !spaced:
		d.y, d.next = s.century(atoi(s.str(y))), y+1
	case s.at(y).kind == numToken && s.at(y).gap == tight, spaced && !cue && !s.dayCue(i):
		return day{} // 3.12.1 is a section, "1. 2. " a list
	case s.at(y).gap == tight && s.at(y).kind == wordToken:
		return day{}
	default:
		if !cue && !s.dayCue(i) && !s.dayContext(i, y) {
			return day{}
		}
		d.next = y
		return d
	}
	if n := s.at(d.next); n.gap == tight && (n.kind == numToken ||
		n.kind == markToken && n.mark == '.' && s.isNum(d.next+1, 1, 9) && s.at(d.next+1).gap == tight) {
		return day{}
	}
	return d
}

func (s *scan) century(y int) int {
	limit := 2050
	if s.ref.year != 0 {
		limit = s.ref.year + 20
	}
	if 2000+y <= limit {
		return 2000 + y
	}
	return 1900 + y
}

// dayCue reports whether the word before token i announces a date.
func (s *scan) dayCue(i int) bool { return s.isWord(i-1, fDay) && s.at(i).gap <= line }

// dayContext reports whether what stands around "3.12." without a year makes it
// a date rather than the number of a section.
func (s *scan) dayContext(i, after int) bool {
	p := s.at(i - 1)
	if s.at(i).gap >= line || p.kind == wordToken && p.lex.flags&fNoDay != 0 || p.kind == markToken && p.mark == '.' && s.isWord(i-2, fNoDay) {
		return false
	}
	if q := s.at(i - 2); q.kind == markToken && q.mark == '.' && s.at(i-3).kind == numToken && (len(s.facts) == 0 || s.facts[len(s.facts)-1].End != q.end) {
		return false // "Absätze 3.1. und 4.1.": the one before was no date
	}
	if p.kind == wordToken || p.kind == markToken && (p.mark == '(' || p.mark == ',' || p.mark == ':' || isDash(p.mark)) {
		n := s.at(after)
		return n.kind != wordToken || !n.upper || n.lex.flags&fStarter != 0
	}
	return false
}

// endOfNumber reports whether no part of a number or its unit stands at i.
func (s *scan) endOfNumber(i int) bool {
	n := s.at(i)
	if n.gap == tight && (n.kind == numToken || n.kind == wordToken || n.kind == markToken && (n.mark == '/' || n.mark == '-' || n.mark == ':' || n.mark == ',' && s.isNum(i+1, 1, 9))) {
		return false
	}
	return !s.unitAt(i) && !(s.str(i) == "Uhr")
}

// slashed reads 20/11/2026 and 20-11-2026, where only one reading is possible.
func (s *scan) slashed(d day, j int) day {
	sep := s.at(j).mark
	if !s.isNum(j+1, 1, 2) || !s.is(j+2, sep) || !s.isNum(j+3, 4, 4) || !s.tight(j+1, j+4) {
		return day{}
	}
	a, b := d.d, atoi(s.str(j+1))
	d.y, d.next = atoi(s.str(j+3)), j+4
	switch {
	case !isYear(d.y) || a <= 12 && b <= 12 && a != b:
		return day{}
	case b > 12:
		a, b = b, a
	}
	d.d, d.m = a, b
	return d
}

// englishDate reads "November 20, 2026", "Nov. 20th".
func (s *scan) englishDate(i int) (day, bool) {
	t := s.at(i)
	if t.lex.flags&fMonth == 0 || !t.upper {
		return day{}, false
	}
	j := i + 1
	if s.is(j, '.') && s.at(j).gap == tight {
		j++
	}
	if !s.isNum(j, 1, 2) || s.at(j).gap > line {
		return day{}, false
	}
	d := day{m: t.lex.n, d: atoi(s.str(j)), next: j + 1}
	sure := false
	if s.at(d.next).kind == wordToken && s.at(d.next).gap == tight && isOrdinal(s.str(d.next)) {
		d.next++
		sure = true
	}
	k := d.next
	if s.is(k, ',') && s.at(k).gap == tight {
		k++
	}
	if s.isNum(k, 4, 4) && s.at(k).gap <= line && isYear(atoi(s.str(k))) {
		d.y, d.next = atoi(s.str(k)), k+1
		return d, valid(d)
	}
	if t.lex.flags&fGerman != 0 || !sure && !s.closed(d.next) {
		return day{}, false
	}
	return d, valid(d)
}

// closed reports whether a phrase ends before token i.
func (s *scan) closed(i int) bool {
	n := s.at(i)
	if n.gap >= line || n.kind == noToken {
		return true
	}
	if n.kind == wordToken {
		return n.lex.flags&(fStarter|fDay) != 0 && !n.upper
	}
	if n.kind != markToken || n.gap == tight && (n.mark == '.' || n.mark == ',') && s.isNum(i+1, 1, 9) && s.at(i+1).gap == tight {
		return false
	}
	switch n.mark {
	case '.', ',', ';', '!', '?', ')', ':':
		return true
	}
	return false
}

// month finds "November 2026".
func (s *scan) month(i int) int {
	if !s.isWord(i, fMonth) || !s.toks[i].upper {
		return i
	}
	d := s.year(day{m: s.toks[i].lex.n, d: 1, next: i + 1})
	if d.y == 0 {
		return i
	}
	t, _ := s.resolve(d)
	s.add(Fact{Kind: Month, Date: t, Norm: t.Format("2006-01")}, i, d.next)
	return d.next
}

// relative finds "gestern", "übermorgen".
func (s *scan) relative(i int) int {
	t := s.at(i)
	if s.ref.year == 0 || t.upper && t.lex.n == 1 && s.str(i) == "Morgen" || s.isWord(i-1, fRelative) {
		return i // der Morgen; gestern morgen
	}
	d := s.ref.day.AddDate(0, 0, t.lex.n)
	s.add(Fact{Kind: Date, Date: d, Norm: d.Format(time.DateOnly), Relative: true, Cue: lower(s.str(i))}, i, i+1)
	return i + 1
}

func valid(d day) bool {
	if d.m < 1 || d.m > 12 || d.d < 1 || d.d > 31 || d.y != 0 && !isYear(d.y) {
		return false
	}
	y := d.y
	if y == 0 {
		y = 2024 // a leap year: 29 February may be meant
	}
	return time.Date(y, time.Month(d.m), d.d, 0, 0, 0, 0, time.UTC).Day() == d.d
}

// atoi reads at most nine digits.
func atoi(s string) int {
	n := 0
	for i := 0; i < len(s) && i < 9; i++ {
		n = n*10 + int(s[i]-'0')
	}
	return n
}
