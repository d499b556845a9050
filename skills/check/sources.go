package check

import (
	"hash/maphash"
	"strconv"
	"strings"
	"time"

	"amtsbote/skills/facts"
)

// Sources are texts that answers may draw on, read once. They do not change and
// may be used by several at the same time.
type Sources struct {
	ref     time.Time
	text    string // as given
	plain   string // in the form that quotes are compared in
	keys    map[uint64]struct{}
	laws    map[string][]section
	gender  map[uint64]uint8
	shown   map[facts.Kind][]shown
	seen    map[uint64]struct{} // of shown
	cents   []int64             // of amounts
	values  []float64           // of other numbers
	names   []person            // words of names of persons
	after   map[uint64]string   // a word with a capital beside the hash of the one before it
	partial bool
}

// shown is something of the sources that a finding may be compared with.
type shown struct {
	text string
	date time.Time
	n    int64 // cents
}

// maxShown is how many different things of one kind are kept to compare with.
const maxShown = 2000

var seed = maphash.MakeSeed()

// A key is a kind of entry, by its first byte, and its normal form.
func hash(kind byte, norm string) uint64 {
	var h maphash.Hash
	h.SetSeed(seed)
	h.WriteByte(kind)
	h.WriteString(norm)
	return h.Sum64()
}

// What a key is about.
const (
	kDate    = 'd' // 2026-11-03
	kDay     = 'm' // 11-03 of any year
	kOpenDay = 'o' // 11-03 written without a year
	kMonth   = 'M' // 2026-11, or 11 of any year
	kWeekday = 'w' // 4
	kTime    = 't' // 18:42
	kAmount  = 'a' // EUR 12500.00
	kNumber  = 'n' // any number with or without unit
	kBare    = 'b' // a number without unit
	kCell    = 'c' // a number without unit in a table or after a colon
	kPeriod  = 'p' // 2 week
	kPercent = '%' // 25
	kCode    = 'k' // 32.4-bpa-1873/26
	kDial    = 'D' // 040428
	kLabel   = 'l' // the number of an item
	kAfter   = 'A' // a word that another follows
	kWord    = 'W' // a word in lower case
	kPair    = 'g' // two words with a capital side by side
	kName    = 'N' // a word of a person's name
	kExact   = 'x' // kind and norm of a fact
	kPM      = 'P' // there are times of twelve hours
)

// Read reads sources. ref is the day on which they were written: dates without
// a year take the year that puts them nearest to it; if it is zero, they are not
// recognised. What people said in their question is a source too. Of all texts
// together 8 MiB (about 2500 pages) are read; [Sources.Partial] tells if that cut
// them. Time and memory grow linearly with the texts up to there.
func Read(ref time.Time, texts ...string) *Sources {
	s := &Sources{ref: ref, keys: map[uint64]struct{}{}, after: map[uint64]string{}, laws: map[string][]section{}, gender: map[uint64]uint8{}, shown: map[facts.Kind][]shown{}, seen: map[uint64]struct{}{}}
	s.text = strings.Join(texts, "\n\n")
	if len(s.text) > maxSource {
		s.text, s.partial = s.text[:maxSource], true
	}
	s.text = strings.ToValidUTF8(s.text, " ")
	if !ref.IsZero() {
		s.addDay(ref, true)
	}
	s.readFacts()
	s.readWords()
	s.plain = plain(s.text)
	s.seen = nil
	return s
}

// Partial reports whether the sources were longer than what is read of them:
// then a finding may be of something that stands further back.
func (s *Sources) Partial() bool { return s.partial }

// Text returns the sources as they were given, one after the other, cut as
// Partial says.
func (s *Sources) Text() string { return s.text }

func (s *Sources) put(kind byte, norm string) { s.keys[hash(kind, norm)] = struct{}{} }

func (s *Sources) has(kind byte, norm string) bool {
	_, ok := s.keys[hash(kind, norm)]
	return ok
}

// show keeps something for Near.
func (s *Sources) show(k facts.Kind, v shown) {
	if len(s.shown[k]) >= maxShown || len(v.text) > 100 {
		return
	}
	h := hash(kExact, string(k)+v.text)
	if _, ok := s.seen[h]; !ok {
		s.seen[h] = struct{}{}
		s.shown[k] = append(s.shown[k], v)
	}
}

func (s *Sources) readFacts() {
	clean := structure(s.text)
	rest := []byte(clean)
	for _, f := range facts.Find(clean, s.ref) {
		s.put(kExact, string(f.Kind)+strings.ToLower(f.Norm))
		if f.Kind == facts.Address {
			s.show(f.Kind, shown{text: f.Text})
		}
		if f.Kind == facts.Term && f.N > 0 || f.Kind == facts.Address {
			continue // read as numbers
		}
		s.addFact(f)
		if f.Kind != facts.Term && f.Kind != facts.Person {
			blank(rest, f.Start, f.End)
		}
	}
	pages(rest)
	counters(rest, func(n string) { s.put(kLabel, n) })
	scanNumbers(s.text, rest, s.addNumber)
	scanCodes(s.text, func(code string, start, end int) {
		s.put(kCode, code)
		s.show(facts.Reference, shown{text: s.text[start:end]})
	})
	scanDials(s.text, func(digits string, start, end int) bool {
		s.put(kDial, digits)
		s.show(facts.Phone, shown{text: s.text[start:end]})
		return false
	})
	scanTimes(s.text, func(norm string, pm bool) {
		s.addTime(norm)
		if pm {
			s.put(kPM, "")
		}
	})
	scanIBANs(s.text, func(code string, start, end int) {
		s.put(kCode, code)
		s.show(facts.IBAN, shown{text: s.text[start:end]})
	})
}

func (s *Sources) addFact(f facts.Fact) {
	v := shown{text: f.Text, date: f.Date, n: f.Cents}
	switch f.Kind {
	case facts.Date, facts.Term:
		if f.Date.IsZero() {
			return
		}
		s.addDay(f.Date, hasYear(f.Text) || f.Relative)
		s.show(facts.Date, v)
		return
	case facts.Month:
		s.put(kMonth, f.Norm)
		s.put(kMonth, f.Norm[5:])
		s.put(kNumber, f.Norm[:4])
	case facts.Amount:
		for _, norm := range amounts(f) {
			s.put(kAmount, norm)
		}
		if len(s.cents) < maxShown {
			s.cents = append(s.cents, f.Cents)
		}
		for _, n := range readings(figure(f.Text)) {
			s.put(kNumber, n)
		}
	case facts.Time:
		s.addTime(f.Norm)
	case facts.Percent:
		s.put(kPercent, strings.TrimSuffix(f.Norm, "%"))
		s.addValue(strings.TrimSuffix(f.Norm, "%"))
		s.put(kNumber, strings.TrimSuffix(f.Norm, "%"))
	case facts.Law:
		for _, x := range sections(f.Norm) {
			s.laws[x.number] = append(s.laws[x.number], x)
		}
	case facts.Reference, facts.IBAN, facts.Email, facts.Link:
		s.put(kCode, squeeze(f.Norm))
	case facts.Phone:
		s.put(kDial, national(f.Norm))
	case facts.Person:
		s.addPerson(f)
	}
	s.show(f.Kind, v)
}

func (s *Sources) addDay(t time.Time, year bool) {
	full := t.Format(time.DateOnly)
	s.put(kDate, full)
	s.put(kDay, full[5:])
	if !year {
		s.put(kOpenDay, full[5:])
	} else {
		s.put(kNumber, full[:4])
		s.put(kBare, full[:4])
	}
	s.put(kMonth, full[:7])
	s.put(kMonth, full[5:7])
	s.put(kWeekday, strconv.Itoa(int(t.Weekday())))
}

func (s *Sources) addNumber(n number) {
	for _, v := range n.values {
		if n.of != facts.Month && n.of != weekday {
			s.put(kNumber, v)
		}
		switch n.of {
		case facts.Percent:
			s.put(kPercent, v)
		case facts.Term:
			s.put(kPeriod, v+" "+n.unit)
		case facts.Month:
			s.put(kMonth, v)
		case weekday:
			s.put(kWeekday, v)
		case facts.Reference:
		case facts.Time:
			s.addTime(v)
		default:
			if n.label {
				s.put(kLabel, v)
			}
			s.addValue(v)
			s.put(kBare, v)
			if n.cell {
				s.put(kCell, v)
			}
		}
	}
	s.show(n.kind(), shown{text: s.text[n.start:n.end]})
}

func (s *Sources) addTime(norm string) {
	s.put(kTime, norm)
	s.show(facts.Time, shown{text: norm + " Uhr"})
}

// addValue keeps a number for those that are rounded.
func (s *Sources) addValue(v string) {
	if f, err := strconv.ParseFloat(v, 64); err == nil && len(s.values) < 5*maxShown {
		s.values = append(s.values, f)
	}
}

// Has reports whether the sources have a fact, in whatever form.
func (s *Sources) Has(f facts.Fact) bool {
	if f.Kind != facts.Date && f.Kind != facts.Term && f.Kind != facts.Person && s.has(kExact, string(f.Kind)+strings.ToLower(f.Norm)) {
		return true
	}
	switch f.Kind {
	case facts.Date, facts.Term:
		return s.hasDay(f)
	case facts.Month:
		return s.has(kMonth, f.Norm)
	case facts.Time:
		return s.hasTime(f.Norm)
	case facts.Amount:
		return s.hasAmount(f)
	case facts.Percent:
		return s.has(kPercent, strings.TrimSuffix(f.Norm, "%")) || s.has(kCell, strings.TrimSuffix(f.Norm, "%"))
	case facts.Law:
		return s.hasLaw(f.Norm)
	case facts.Reference, facts.IBAN, facts.Email, facts.Link:
		return s.has(kCode, squeeze(f.Norm))
	case facts.Phone:
		return s.has(kDial, national(f.Norm))
	case facts.Address:
		return s.hasAddress(f.Text)
	case facts.Person:
		return s.hasPerson(f)
	}
	return false
}

func (s *Sources) hasDay(f facts.Fact) bool {
	if f.Relative && f.Kind != facts.Term {
		return true // "gestern" is counted from a day that only the reader knows
	}
	if f.Relative && !counted(f) {
		return true // "zum Monatsende": months are read as words
	}
	if f.Date.IsZero() {
		return s.has(kExact, string(f.Kind)+strings.ToLower(f.Norm))
	}
	full := f.Date.Format(time.DateOnly)
	switch {
	case f.WrongDay && !f.Relative:
		return false
	case s.has(kDate, full):
		return true
	case !hasYear(f.Text) && !f.Relative:
		return s.has(kDay, full[5:])
	}
	return s.has(kOpenDay, full[5:]) && s.has(kNumber, full[:4])
}

// counted reports whether a relative term names one day: "bis Freitag", "bis
// morgen".
func counted(f facts.Fact) bool {
	all := strings.Fields(strings.ToLower(f.Text))
	if len(all) == 0 {
		return false
	}
	last := all[len(all)-1]
	_, day := weekdays[last]
	return day || last == "morgen" || last == "übermorgen" || last == "tomorrow"
}

// hasYear reports whether a date has its year written: three groups of figures,
// or one of four.
func hasYear(text string) bool {
	groups, run := 0, 0
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			run = 0
			continue
		}
		if run == 0 {
			groups++
		}
		if run++; run == 4 {
			return true
		}
	}
	return groups >= 3
}

func (s *Sources) hasTime(norm string) bool {
	if s.has(kTime, norm) {
		return true
	}
	h, err := strconv.Atoi(norm[:2])
	if err != nil || h <= 12 || !s.has(kPM, "") {
		return false
	}
	t := strconv.Itoa(h-12) + norm[2:]
	return s.has(kTime, "0"+t) || s.has(kTime, t)
}

// amounts returns the normal forms of an amount without its sign: "61,250 euros"
// is a thousand times as much in English, and of "1,659 €" nobody knows.
func amounts(f facts.Fact) []string {
	cents := max(f.Cents, -f.Cents)
	all := []string{f.Currency + " " + strconv.FormatInt(cents, 10)}
	if len(readings(figure(f.Text))) == 2 && cents < 1e15 {
		all = append(all, f.Currency+" "+strconv.FormatInt(cents*1000, 10), f.Currency+" "+strconv.FormatInt(cents/1000, 10))
	}
	return all
}

func (s *Sources) hasAmount(f facts.Fact) bool {
	for _, norm := range amounts(f) {
		if s.has(kAmount, norm) {
			return true
		}
	}
	// A table names its unit in its heading: "(in TEUR)".
	for _, v := range readings(figure(f.Text)) {
		if s.has(kCell, v) || len(v) >= 3 && s.has(kBare, v) {
			return true
		}
	}
	return false
}

// hasAddress reports whether the sources have the words and numbers of an
// address: "Fichtestraße 18a" and "Fichtestr. 18a" are one.
func (s *Sources) hasAddress(text string) bool {
	ok := true
	words(text, func(w word) {
		low := w.low
		for _, long := range []string{"straße", "strasse"} {
			if stem, is := strings.CutSuffix(low, long); is && s.has(kWord, stem+"str") {
				return
			}
		}
		if stem, is := strings.CutSuffix(low, "str"); is && (s.has(kWord, stem+"straße") || s.has(kWord, stem+"strasse")) {
			return
		}
		if len(low) > 1 && s.knows(low) == unknown {
			ok = false
		}
	})
	scanNumbers(text, []byte(text), func(n number) { ok = ok && s.hasNumber(n) })
	return ok
}

// Says reports whether the sources have a text literally and as a whole: "50 €"
// is not said by "20,50 €", nor 20 by 2026.
func (s *Sources) Says(text string) bool {
	if text == "" {
		return false
	}
	for from := 0; ; {
		i := strings.Index(s.text[from:], text)
		if i < 0 {
			return false
		}
		start := from + i
		if !numeric(s.text[:start], true) && !numeric(s.text[start+len(text):], false) {
			return true
		}
		from = start + len(text)
	}
}

// numeric says whether a number goes on at the end or beginning of a text.
func numeric(s string, end bool) bool {
	at := func(i int) byte {
		if end {
			i = len(s) - 1 - i
		}
		if i < 0 || i >= len(s) {
			return 0
		}
		return s[i]
	}
	return isDigit(at(0)) || strings.IndexByte(".,/-:", at(0)) >= 0 && isDigit(at(1))
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func digits(s string) int {
	n := 0
	for i := range len(s) {
		if isDigit(s[i]) {
			n++
		}
	}
	return n
}
