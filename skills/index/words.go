package index

import (
	"regexp"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"amtsbote/skills/facts"
)

// A token is a word, number, paragraph or file number of a text.
type token struct {
	term  string   // its normal form
	alike []string // other normal forms of exactly the same
	parts []string // of a compound its parts, the last one is its head; of a file number what it is joined of
	spans []string // what some of the parts make together
	roots []string // of a verb and of the noun made of it: genehmigen, genehmigt, Genehmigung
	exact bool     // a number or paragraph: nothing like it will do
	word  string   // as it stands in the text
}

// norm returns the normal form of a word: the basic form of one that compounds
// are made of, else its stem.
func norm(word string) string {
	w := facts.Fold(word)
	if b, ok := base(w, false); ok {
		return b
	}
	if m, ok := strings.CutSuffix(w, "innen"); ok && len(m) > minForeign {
		w = m
	} else if m, ok := strings.CutSuffix(w, "erin"); ok && len(m) > minForeign {
		w = m + "er"
	}
	return facts.Stem(w)
}

// An analyzer takes texts apart. It remembers words, which come again and again.
type analyzer struct {
	mu    sync.RWMutex
	words map[string]token
}

// maxWords bounds what an analyzer remembers.
const maxWords = 1 << 17

func newAnalyzer() *analyzer { return &analyzer{words: map[string]token{}} }

// word returns the token of a word; without a term if it says nothing.
func (a *analyzer) word(w string) token {
	if len(w) > 4*maxCompound {
		return token{} // no word, and nothing to remember
	}
	a.mu.RLock()
	t, ok := a.words[w]
	a.mu.RUnlock()
	if ok {
		return t
	}
	w = strings.Clone(w) // not the whole text with it
	t = makeWord(w)
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.words) >= maxWords {
		clear(a.words)
	}
	a.words[w] = t
	return t
}

func makeWord(w string) token {
	whole := strings.ReplaceAll(w, "-", "")
	t := token{term: norm(whole), word: w}
	if len(t.term) < 2 || facts.IsStopWord(whole) {
		return token{}
	}
	if whole == w {
		t.parts = split(w)
	} else {
		for p := range strings.SplitSeq(w, "-") {
			if more := split(p); more != nil {
				t.parts = append(t.parts, more...)
			} else if utf8.RuneCountInString(p) > 1 && !facts.IsStopWord(p) {
				t.parts = append(t.parts, norm(p))
			}
		}
	}
	whole, t.spans = joined(t.parts)
	if whole != "" {
		t.alike = []string{whole}
	}
	t.roots = roots(t, w)
	return t
}

// rootMark keeps a root apart from a word: "Zeitung" is not made of "Zeit".
const rootMark = "~"

var (
	verb = regexp.MustCompile(`^(ab|an|auf|aus|bei|ein|fest|her|hin|mit|nach|um|vor|weg|zu|zuruck)?(zu|ge)?(\pL{3,}?)(end|ende|enden|ten|te|et|en|t|n|e)$`)
	// changed are the stems of verbs that change.
	changed = strings.NewReplacer("schrieb", "schreib", "schloss", "schliess", "bot", "biet", "hob", "heb", "zog", "zieh", "nomm", "nehm", "troff", "treff", "wies", "weis", "lieh", "leih", "blieb", "bleib", "worf", "werf", "sproch", "sprech", "broch", "brech")
)

// roots returns the roots of a word in lower case that may be a verb, or of a noun
// in -ung and of those among the parts of a compound.
func roots(t token, w string) []string {
	var all []string
	if r, _ := utf8.DecodeRuneInString(w); unicode.IsLower(r) {
		if m := verb.FindStringSubmatch(facts.Fold(w)); m != nil && len(w) > 4 {
			all = append(all, rootMark+m[1]+changed.Replace(m[3]))
			if m[2] == "ge" {
				all = append(all, rootMark+m[1]+"ge"+m[3])
			}
		}
		return all
	}
	for _, n := range append([]string{t.term}, t.parts...) {
		if root, ok := strings.CutSuffix(n, "ung"); ok && len(root) > 3 && !strings.Contains(root, "+") {
			all = append(all, rootMark+root)
		}
	}
	return all
}

// A scanner reads the tokens of a text.
type scanner struct {
	*analyzer
	emit    func(token)
	section []string // paragraphs whose law may follow
	open    bool     // a sign of a paragraph was just read
	sub     bool     // "Abs." was just read: the next number is none of a paragraph
	day     [2]string
}

// tokens calls emit for each token of a text.
func (a *analyzer) tokens(text string, emit func(token)) {
	s := scanner{analyzer: a, emit: emit}
	text = whole(text)
	start, last := -1, rune(0)
	for i, r := range text {
		inner := isInner(r)
		if inner || start >= 0 && isJoint(r) && isInner(last) {
			if start < 0 {
				start = i
			}
			last = r
			continue
		}
		if start >= 0 {
			s.run(strings.TrimRightFunc(text[start:i], func(r rune) bool { return !isInner(r) }))
			start = -1
		}
		last = r
		switch {
		case r == '§':
			if !s.open {
				s.section = s.section[:0]
			}
			s.open, s.sub = true, false
		case r == '€':
			emit(token{term: "euro", word: "Euro"})
		case r == ';' || r == '(' || r == '!' || r == '?':
			s.open, s.section = false, s.section[:0]
		}
	}
	if start >= 0 {
		s.run(strings.TrimRightFunc(text[start:], func(r rune) bool { return !isInner(r) }))
	}
}

func isInner(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// isJoint reports whether r joins what stands beside it: "BPA-1873/26", "12,50".
func isJoint(r rune) bool { return strings.ContainsRune("-./:,_", r) }

// broken is a word that the end of a line divides.
var broken = regexp.MustCompile(`(\pL)-[ \t]*\r?\n[ \t]*(\p{Ll}+)`)

// whole puts words together that lines or soft hyphens divide, but "Bau-" and
// "und Planungsrecht" where a line ends between them.
func whole(text string) string {
	if strings.Contains(text, "\u00ad") {
		text = strings.ReplaceAll(strings.ReplaceAll(text, "\u00ad\r\n", ""), "\u00ad\n", "")
		text = strings.ReplaceAll(text, "\u00ad", "")
	}
	if !strings.Contains(text, "-\n") && !strings.Contains(text, "-\r\n") && !strings.Contains(text, "- \n") {
		return text
	}
	return broken.ReplaceAllStringFunc(text, func(m string) string {
		sub := broken.FindStringSubmatch(m)
		if sub[2] == "und" || sub[2] == "oder" || sub[2] == "bzw" {
			return sub[1] + "- " + sub[2]
		}
		return sub[1] + sub[2]
	})
}

// run reads letters and digits with what joins them.
func (s *scanner) run(run string) {
	if strings.ContainsFunc(run, unicode.IsDigit) {
		s.number(run)
		return
	}
	for w := range strings.FieldsFuncSeq(run, func(r rune) bool { return isJoint(r) && r != '-' }) {
		s.wordOf(strings.Trim(w, "-"))
	}
}

var (
	month = map[string]string{
		"januar": "01", "janner": "01", "februar": "02", "marz": "03", "april": "04", "mai": "05", "juni": "06", "juli": "07", "august": "08", "september": "09", "oktober": "10", "november": "11", "dezember": "12",
	}
	subdivision = map[string]bool{"abs": true, "absatz": true, "satz": true, "s": true, "nr": true, "nummer": true, "halbsatz": true, "hs": true, "lit": true, "i": true, "v": true, "m": true, "vm": true, "buchst": true, "buchstabe": true, "und": true, "bis": true, "ff": true, "f": true}
)

func (s *scanner) wordOf(w string) {
	if w == "" {
		return
	}
	low := facts.Fold(w)
	if low == "art" || low == "artikel" || low == "paragraf" || low == "paragraph" {
		s.section, s.open, s.sub = s.section[:0], true, false
		return
	}
	if s.day[0] != "" && month[low] != "" && s.day[1] == "" {
		s.day[1] = month[low]
		return
	}
	s.day = [2]string{}
	if s.open && subdivision[low] {
		s.sub = low != "und" && low != "bis"
		return
	}
	if low == "der" || low == "des" || low == "im" || low == "dieser" {
		return // § 5 der Satzung
	}
	if low == "eur" {
		w = "Euro"
	}
	t := s.word(w)
	if len(s.section) > 0 && t.term != "" && isLaw(w) {
		for _, p := range s.section {
			s.emit(token{term: p + t.term, parts: []string{p, t.term}, exact: true, word: w})
		}
	}
	s.open, s.sub, s.section = false, false, s.section[:0]
	if t.term != "" {
		s.emit(t)
	}
}

// isLaw reports whether a word looks like the short name of a law: "VwGO", "BGB",
// "KAG", "DSGVO", "StVO", or ends as a law's name does.
func isLaw(w string) bool {
	capitals := 0
	for _, r := range w {
		if unicode.IsUpper(r) {
			capitals++
		}
	}
	low := strings.ToLower(w)
	return capitals >= 2 || capitals == 1 && (strings.HasSuffix(low, "gesetz") || strings.HasSuffix(low, "gesetzes") || strings.HasSuffix(low, "satzung") || strings.HasSuffix(low, "ordnung"))
}

// Numbers as the office writes them.
var (
	thousands = regexp.MustCompile(`^\d{1,3}(\.\d{3})+(,\d+)?$`)
	zeroCents = regexp.MustCompile(`^(\d+),00$`)
	dayMonth  = regexp.MustCompile(`^(\d{1,2})\.(\d{1,2})\.(\d{4})$`)
	plainDay  = regexp.MustCompile(`^\d{1,2}$`)
	plainYear = regexp.MustCompile(`^\d{4}$`)
	section   = regexp.MustCompile(`^\d{1,4}[a-z]?$`)
)

func (s *scanner) number(run string) {
	low := facts.Fold(run)
	if len(low) > 4*maxCompound {
		return
	}
	if s.open && section.MatchString(low) {
		if len(s.section) < 8 && !s.sub {
			p := "§" + low
			s.section = append(s.section, p)
			s.emit(token{term: p, exact: true, word: run})
		}
		s.sub = false
		return
	}
	if s.day[1] != "" && plainYear.MatchString(low) {
		d := date(s.day[0], s.day[1], low)
		s.day = [2]string{}
		s.emit(token{term: d, exact: true, word: run})
		s.emit(token{term: low, exact: true, word: run})
		return
	}
	s.day = [2]string{}
	if plainDay.MatchString(low) {
		s.day[0] = low
	}
	t := token{term: low, exact: true, word: run}
	switch m := dayMonth.FindStringSubmatch(low); {
	case m != nil:
		t.alike = []string{date(m[1], m[2], m[3])}
	case thousands.MatchString(low):
		t.alike = []string{strings.TrimSuffix(strings.ReplaceAll(low, ".", ""), ",00")}
	case zeroCents.MatchString(low):
		t.alike = []string{strings.TrimSuffix(low, ",00")}
	case strings.ContainsAny(low, "-/:_"):
		for p := range strings.FieldsFuncSeq(low, func(r rune) bool { return strings.ContainsRune("-/:_", r) }) {
			if len(p) > 1 {
				t.parts = append(t.parts, norm(p))
			}
		}
	}
	s.emit(t)
}

// date is the normal form of a day.
func date(d, m, y string) string {
	pad := func(n string) string { return strings.Repeat("0", max(0, 2-len(n))) + n }
	return y + "-" + pad(m) + "-" + pad(d)
}
