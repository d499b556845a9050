package llm

import (
	"cmp"
	"crypto/rand"
	"encoding/binary"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"amtsbote/skills/personal"
)

// A mask is the personal data of one prompt and the placeholders that stand for it.
//
// A placeholder is a German word that says what is meant, a low line and a number,
// NAME_482: models copy it like the name of a variable, whatever language they
// write, and it stays a noun that a genitive s can follow. Of a person the first
// name and the surname have their own, with the same number, so that "Sehr geehrte
// Frau NAME_482" comes out as people write it. A datum that is written in more than
// one way has a letter for each other way (NAME_482b), so that a quote stays a
// quote. Numbers are drawn: one that a model makes up, or miscopies, is seldom one
// of ours, and numbers that the prompt has behind such a word are not drawn, so that
// nothing of its own is ever taken for a placeholder.
type mask struct {
	texts  []string
	values map[int]*value
	byKey  map[string]*value
	own    map[int]bool // numbers that the texts themselves have behind such words
	space  int          // numbers are drawn below it
}

// A value is a datum that was replaced.
type value struct {
	n     int
	kind  personal.Kind
	norm  string
	forms [2][]string // as it is written; of persons surnames and first names
}

// The parts of a value.
const (
	whole   = 0 // of a person the surname
	forname = 1
)

// letters mark forms other than the first, and fences. Without those that inflect a
// name, or make one.
const letters = "bcdfghjkmpqrtvwxz"

var labels = map[personal.Kind]string{
	personal.Person: "NAME", personal.Address: "ANSCHRIFT", personal.Birth: "GEBURTSDATUM", personal.Phone: "TELEFON", personal.Email: "MAILADRESSE",
	personal.IBAN: "IBAN", personal.TaxID: "STEUERNUMMER", personal.Pension: "VERSICHERUNGSNUMMER", personal.Health: "VERSICHERUNGSNUMMER",
	personal.IDCard: "AUSWEISNUMMER", personal.Card: "KARTENNUMMER", personal.VAT: "STEUERNUMMER", personal.Plate: "KENNZEICHEN", personal.Reference: "ZEICHEN",
}

// number is the kind of what is only known to be a long number.
const number personal.Kind = "number"

func (v *value) label(part int) string {
	switch {
	case part == forname:
		return "VORNAME"
	case v.kind == number:
		return "NUMMER"
	}
	return labels[v.kind]
}

func newMask(texts []string) *mask {
	m := &mask{texts: refence(texts), values: map[int]*value{}, byKey: map[string]*value{}, own: map[int]bool{}, space: 1000}
	for _, text := range m.texts {
		for p := range placeholders(text) {
			m.own[p.n] = true
		}
	}
	if len(m.own) > 500 {
		m.space = 10000
	}
	return m
}

var fences = regexp.MustCompile(`<<<(DATA|END) ([0-9a-f]{16})`)

// refence gives the fences of texts other marks: theirs are digests of what stands
// between them, by which a name could be found again by trying.
func refence(texts []string) []string {
	marks := map[string]string{}
	out := make([]string, len(texts))
	for i, text := range texts {
		out[i] = fences.ReplaceAllStringFunc(text, func(s string) string {
			head, old := s[:len(s)-16], s[len(s)-16:]
			if marks[old] == "" {
				var b [16]byte
				rand.Read(b[:]) // never fails
				for k := range b {
					b[k] = letters[b[k]%16] // no figures, no vowels: they would look like a number or a name
				}
				marks[old] = string(b[:])
			}
			return head + marks[old]
		})
	}
	return out
}

// A spot is a piece of a text that a placeholder will stand for.
type spot struct {
	start, end int
	value      *value
	part       int
	form       string
}

// maxRounds is how often texts are gone through: what was replaced may show what
// stands beside it.
const maxRounds = 4

// replace replaces what it finds until nothing is found any more, and returns what
// the first round found. The error is a *failure.
func (m *mask) replace(names []string) (first [][]personal.Finding, err error) {
	known := map[string]bool{}
	for _, name := range names {
		for word := range strings.FieldsSeq(strings.ToLower(name)) {
			known[word] = len(word) >= minPath
		}
	}
	for round := range maxRounds {
		all := personal.Find(m.texts, personal.Options{Names: names})
		if round == 0 {
			first = all
		}
		any := false
		spots := make([][]spot, len(m.texts))
		for i, text := range m.texts {
			if spots[i], err = m.spots(text, all[i]); err != nil {
				return nil, err
			}
			any = any || len(spots[i]) > 0
		}
		names := byName(spots)
		if any = any || len(known) > 0 && round == 0; !any {
			return first, nil
		}
		for i, text := range m.texts {
			more, err := m.inPaths(text, spots[i], names, known)
			if err != nil {
				return nil, err
			}
			spots[i] = fit(text, more)
		}
		m.learn(spots)
		for i, text := range m.texts {
			m.texts[i] = m.write(text, spots[i])
		}
	}
	return nil, &failure{kind: unsafe, code: "personal data that cannot be replaced"}
}

// spots returns what to replace in a text: the findings and what looks like some, but
// for the placeholders that stand there already.
func (m *mask) spots(text string, found []personal.Finding) ([]spot, error) {
	var taken []span
	for p := range placeholders(text) {
		if m.values[p.n] != nil {
			taken = append(taken, span{p.start, m.formEnd(text, p)})
		}
	}
	for _, f := range found {
		taken = append(taken, span{f.Start, f.End})
	}
	slices.SortFunc(taken, func(a, b span) int { return a.start - b.start })
	for i := 1; i < len(taken); i++ { // ends rise too, so that one can search
		taken[i].end = max(taken[i].end, taken[i-1].end)
	}
	found = slices.Concat(found, loose(text, taken))
	var spots []spot
	for _, f := range found {
		for _, f := range m.rest(text, f) {
			more, err := m.split(text, f)
			if err != nil {
				return nil, err
			}
			spots = append(spots, more...)
		}
	}
	slices.SortFunc(spots, func(a, b spot) int { return a.start - b.start })
	return spots, nil
}

type span struct{ start, end int }

// rest returns a finding without the placeholders in it.
func (m *mask) rest(text string, f personal.Finding) []personal.Finding {
	var out []personal.Finding
	from, cut := f.Start, false
	add := func(to int) {
		part := strings.TrimFunc(text[from:to], func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
		if utf8.RuneCountInString(part) < 2 {
			return
		}
		g := f
		g.Start = from + strings.Index(text[from:to], part)
		g.End = g.Start + len(part)
		g.Text, g.Norm = part, " "+strings.ToLower(part)
		out = append(out, g)
	}
	lead := max(0, f.Start-40)
	for lead > 0 && !utf8.RuneStart(text[lead]) {
		lead--
	}
	for p := range placeholders(text[lead:min(len(text), f.End+40)]) {
		start, end := p.start+lead, m.formEnd(text, standIn{start: p.start + lead, end: p.end + lead, label: p.label, n: p.n})
		if m.values[p.n] == nil || end <= f.Start || start >= f.End {
			continue
		}
		cut = true
		if start > from {
			add(start)
		}
		from = max(from, end)
	}
	if !cut {
		return []personal.Finding{f}
	}
	if from < f.End {
		add(f.End)
	}
	return out
}

// split takes a finding apart into what gets its own placeholder.
func (m *mask) split(text string, f personal.Finding) ([]spot, error) {
	v, err := m.value(f)
	if err != nil {
		return nil, err
	}
	at := f.End
	if f.Kind == personal.Person {
		at = surnameAt(f)
	}
	var spots []spot
	if at > f.Start && f.Kind == personal.Person {
		spots = append(spots, spot{f.Start, f.Start + len(strings.TrimRightFunc(text[f.Start:at], unicode.IsSpace)), v, forname, ""})
	} else {
		at = f.Start
	}
	if at < f.End {
		spots = append(spots, spot{at, f.End, v, whole, ""})
	}
	for i, s := range spots {
		form := text[s.start:s.end]
		if f.Kind == personal.Address {
			form = lines.ReplaceAllString(form, ", ")
		}
		spots[i].form = clean(form)
	}
	return spots, nil
}

var lines = regexp.MustCompile(`[ \t]*,?[ \t]*[\r\n]+[ \t]*`)

// fit widens what stands within a word to all of it, "kaya2": a placeholder must be
// a word, and what is put back must be what was there.
func fit(text string, spots []spot) []spot {
	for i := range spots {
		s := &spots[i]
		first, last := 0, len(text)
		if i > 0 {
			first = spots[i-1].end
		}
		if i+1 < len(spots) {
			last = spots[i+1].start
		}
		start, end := s.start, s.end
		for start > first {
			r, n := utf8.DecodeLastRuneInString(text[:start])
			if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
				break
			}
			start -= n
		}
		for end < last {
			r, n := utf8.DecodeRuneInString(text[end:])
			if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
				break
			}
			end += n
		}
		if start != s.start || end != s.end {
			s.form = clean(text[start:s.start]) + s.form + clean(text[s.end:end])
			s.start, s.end = start, end
		}
	}
	return spots
}

// surnameAt returns where in the text the surname of a person begins; its end if
// there are first names only.
func surnameAt(f personal.Finding) int {
	first, last, _ := strings.Cut(f.Norm, " ")
	if last == "" {
		return f.End
	}
	if first == "" {
		return f.Start
	}
	var starts []int // of words
	for i, r := range f.Text {
		if i == 0 || !unicode.IsSpace(r) && isSpaceBefore(f.Text, i) {
			starts = append(starts, i)
		}
	}
	n := len(strings.Fields(last))
	switch {
	case len(starts) > n:
		return f.Start + starts[len(starts)-n]
	case len(starts) == 1 && strings.HasPrefix(strings.ToLower(f.Text), first):
		return f.End // the first name alone
	}
	return f.Start
}

// isSpaceBefore reports whether a word begins at i: there is a blank before it, and
// no hyphen that parts a word at the end of a line.
func isSpaceBefore(s string, i int) bool {
	trimmed := strings.TrimRightFunc(s[:i], unicode.IsSpace)
	return len(trimmed) < i && !strings.HasSuffix(trimmed, "-")
}

// value returns the value of a finding, a new one if it is not known.
func (m *mask) value(f personal.Finding) (*value, error) {
	key := string(f.Kind) + "\x00" + f.Norm
	if v := m.byKey[key]; v != nil {
		return v, nil
	}
	n, err := m.draw()
	if err != nil {
		return nil, err
	}
	v := &value{n: n, kind: f.Kind, norm: f.Norm}
	m.byKey[key], m.values[n] = v, v
	return v, nil
}

// draw returns a number that is free.
func (m *mask) draw() (int, error) {
	if len(m.values)+len(m.own) > m.space*2/3 {
		m.space *= 10
	}
	if m.space > 10000 {
		return 0, &failure{kind: unsafe, code: "more personal data than placeholders"}
	}
	for {
		var b [4]byte
		rand.Read(b[:]) // never fails
		n := int(binary.LittleEndian.Uint32(b[:])>>1) % m.space
		if n >= 100 && m.values[n] == nil && !m.own[n] {
			return n, nil
		}
	}
}

// learn notes how the values are written. The first form, which has no letter, is
// the shortest that is not all capitals: rather the name than its genitive.
func (m *mask) learn(spots [][]spot) {
	forms := map[*value][2][]string{}
	for _, of := range spots {
		for _, s := range of {
			f := forms[s.value]
			if !slices.Contains(f[s.part], s.form) {
				f[s.part] = append(f[s.part], s.form)
			}
			forms[s.value] = f
		}
	}
	for v, parts := range forms {
		for part, list := range parts {
			if v.kind == personal.Person {
				slices.SortStableFunc(list, func(a, b string) int {
					return cmp.Or(cmp.Compare(rough(a), rough(b)), cmp.Compare(len(a), len(b)))
				})
			}
			for _, form := range list {
				known := slices.Contains(v.forms[part], form) || len(v.forms[part]) > 0 && form == v.forms[part][0]+"s"
				if !known && len(v.forms[part]) <= len(letters) {
					v.forms[part] = append(v.forms[part], form)
				}
			}
		}
	}
}

// rough is 1 for a form that no sentence has: in capitals, small, an initial.
func rough(form string) int {
	first, _ := utf8.DecodeRuneInString(form)
	if strings.ToUpper(form) == form || !unicode.IsUpper(first) || strings.HasSuffix(form, ".") {
		return 1
	}
	return 0
}

// write returns a text with placeholders.
func (m *mask) write(text string, spots []spot) string {
	var b strings.Builder
	last := 0
	for _, s := range spots {
		if s.start < last {
			continue // cannot be: findings do not overlap
		}
		b.WriteString(text[last:s.start])
		if s.start == last && last > 0 {
			b.WriteByte(' ') // two side by side; one placeholder must not run into the other
		}
		b.WriteString(s.value.placeholder(s.part, s.form))
		last = s.end
	}
	b.WriteString(text[last:])
	return b.String()
}

// clean is a form on one line.
func clean(s string) string {
	if !strings.ContainsAny(s, "\n\r\t\u00ad") {
		return s
	}
	s = hyphen.ReplaceAllString(s, "-$1")
	return strings.Join(strings.Fields(wrapped.ReplaceAllString(s, "")), " ")
}

var (
	hyphen  = regexp.MustCompile(`-[ \t]*\r?\n[ \t]*(\p{Lu})`) // of a double name
	wrapped = regexp.MustCompile(`\x{ad}\s*|-[ \t]*\r?\n[ \t]*`)
)
