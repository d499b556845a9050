package check

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"amtsbote/skills/facts"
)

// A number is a number, period, month, weekday or code as a text has it.
type number struct {
	start, end int
	values     []string // normal forms of all ways to read it; of a code its normal form
	of         facts.Kind
	unit       string   // of a period
	bare       []string // of a period, as written: years are counted as months
	cell       bool     // it fills a cell of a table or follows a colon
	label      bool     // it numbers what stands before it: "TOP 3"
	rounded    bool     // a word before it says that it is not exact
}

const weekday facts.Kind = "weekday"

func (n number) kind() facts.Kind {
	switch n.of {
	case weekday:
		return facts.Date
	case "":
		return Number
	}
	return n.of
}

// A chunk is a run of text without blanks and brackets, less the marks around it.
type chunk struct {
	start, end int
	word       string // text[start:end]
	free       bool   // only blanks stand between the one before and this
	dash       bool   // only a dash, with or without blanks
	dot        bool   // a period follows
	num        bool   // it has a digit
}

// cut cuts a text into chunks and calls fn with each and its index; a window of
// the last few is enough for all who ask, but a slice is simpler: an answer is
// short, and sources come in pieces of at most blockSize.
func cut(text []byte, from int, all []chunk) []chunk {
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		if parts(r) {
			i += size
			continue
		}
		j, num := i, false
		for j < len(text) {
			r, size := utf8.DecodeRune(text[j:])
			if parts(r) {
				break
			}
			num = num || unicode.IsDigit(r)
			j += size
		}
		start, end := trim(text, i, j)
		i = j
		if start == end {
			continue
		}
		c := chunk{start: from + start, end: from + end, word: string(text[start:end]), num: num, dot: end < len(text) && text[end] == '.'}
		if n := len(all); n > 0 {
			between := strings.Trim(string(text[min(start, max(0, all[n-1].end-from)):start]), " \u00a0\u202f\n")
			c.free = between == "" || between == "."
			c.dash = between == "–" || between == "-" || between == ".–" || between == "—"
		}
		if a, b, ok := strings.Cut(c.word, "-"); ok && len(a) <= 2 && len(b) <= 2 && isNumber(a) && isNumber(b) && a != b { // 3-4 Wochen
			first := c
			first.word, first.end, first.dot = a, c.start+len(a), false
			c.word, c.start, c.free, c.dash = b, c.end-len(b), false, true
			all = append(all, first)
		}
		all = append(all, c)
	}
	return all
}

// trim takes marks off both ends of text[start:end].
func trim[T string | []byte](text T, start, end int) (from, to int) {
	const marks = ".,:!?'-/+=~_&#"
	for start < end && strings.IndexByte(marks, text[start]) >= 0 {
		start++
	}
	for end > start && strings.IndexByte(marks, text[end-1]) >= 0 {
		end--
	}
	return start, end
}

// parts reports whether a rune stands between chunks.
func parts(r rune) bool {
	if r < utf8.RuneSelf {
		return r <= ' ' || strings.IndexByte("()[]{}<>|\"*`;\\", byte(r)) >= 0
	}
	switch r {
	case '„', '“', '”', '»', '«', '…', '–', '—', '‚', '‘', '•', '·', '→', '≈', '≥', '≤', '×':
		return true
	}
	return unicode.IsSpace(r)
}

// blockSize is about how many bytes are cut into chunks at a time.
const blockSize = 64 << 10

// scanNumbers calls add with each number of rest, which is text with blanks
// where something else was read.
func scanNumbers(text string, rest []byte, add func(number)) {
	var all []chunk
	for start := 0; start < len(rest); {
		end := min(start+blockSize, len(rest))
		if end < len(rest) {
			if i := bytes.LastIndexByte(rest[start:end], '\n'); i > 0 {
				end = start + i + 1
			}
		}
		all = cut(rest[start:end], start, all[:0])
		l := line{text: text, all: all}
		for i := 0; i < len(all); {
			n, next := l.number(i)
			if next == i {
				i++
				continue
			}
			n.cell = inCell(text, n.start, n.end)
			n.rounded = l.at(i).free && roundings[strings.ToLower(l.at(i-1).word)]
			add(n)
			i = next
		}
		start = end
	}
}

// A line is a stretch of chunks.
type line struct {
	text string
	all  []chunk
}

func (l line) at(i int) chunk {
	if i < 0 || i >= len(l.all) {
		return chunk{}
	}
	return l.all[i]
}

// number reads what begins at chunk i. It returns the chunk after it, or i.
func (l line) number(i int) (number, int) {
	c := l.all[i]
	n := number{start: c.start, end: c.end}
	if !c.num {
		return l.worded(i, n)
	}
	word := fold(c.word)
	if h, m, ok := clock(word); ok {
		n.of, n.values = facts.Time, []string{h + ":" + m}
		return n, i + 1
	}
	next := i + 1
	if isNumber(word) {
		joined := word
		for len(word) <= 3 && isDigits(word) && word[0] != '0' && l.at(next).free && !l.at(next-1).dot && len(l.at(next).word) == 3 && isDigits(l.at(next).word) && oneBlank(l.text[l.at(next-1).end:l.at(next).start]) {
			joined += l.at(next).word
			next++
		}
		n.values, n.end = readings(joined), l.at(next-1).end
		if next > i+1 {
			n.values = append(n.values, joined)
		}
		return l.united(i, next, n)
	}
	if head, tail, ok := glued(word); ok {
		n.values = readings(head)
		if u := unitOf(tail); u != "" {
			return period(n, u), next
		}
		if u := adjective(tail); u != "" {
			return period(n, u), next
		}
		if tail == "%" || strings.HasPrefix(tail, "prozent") {
			n.of = facts.Percent
		}
		return n, next
	}
	n.of, n.values = facts.Reference, []string{squeeze(word)}
	return n, next
}

// hours is what follows the first of two times that share their word.
var hours = regexp.MustCompile(`^ ?(?:bis|und|oder|to|and|[-–—]) ?[0-9]{1,2}(?:[:.][0-9]{2})? ?(?:Uhr|[ap]m\b|[ap]\. ?m)`)

func oneBlank(s string) bool { return s == " " || s == "\u00a0" || s == "\u202f" || s == "\u2009" }

// united reads the unit of a number whose last chunk stands before next.
func (l line) united(i, next int, n number) (number, int) {
	before := strings.ToLower(l.at(i - 1).word)
	n.label = l.at(i).free && labels[before]
	u, k := l.unit(next)
	if k == next {
		if h, m, ok := hourOf(l.text[n.start:n.end]); ok && hours.MatchString(l.text[n.end:min(len(l.text), n.end+40)]) {
			n.of, n.values = facts.Time, []string{h + ":" + m}
		}
		return n, next
	}
	n.end = l.at(k - 1).end
	switch u {
	case "%":
		n.of = facts.Percent
	case "uhr":
		n.of = facts.Time
		n.values = []string{twoDigits(n.values[0]) + ":00"}
	default:
		n = period(n, u)
	}
	// Of "10 bis 12 Wochen" the second number is read on its own.
	for j := next; j < k; j++ {
		if l.at(j).num || facts.NumberWord(l.at(j).word) > 0 {
			n.end = l.at(next - 1).end
			return n, next
		}
	}
	return n, k
}

func twoDigits(s string) string {
	if len(s) == 1 {
		return "0" + s
	}
	return s
}

// unit reads the unit at chunk k, over words that may stand before it and, of a
// range, over its second number. It returns the chunk after the unit, or k.
func (l line) unit(k int) (string, int) {
	from, far := k, false
	for steps := 0; steps < 5; steps++ {
		c := l.at(k)
		w := strings.ToLower(c.word)
		switch {
		case c.word == "":
			return "", from
		case c.dash && isNumeral(c.word):
			far = true
		case !c.free:
			// vierzehn (14) Tage
			if !isNumeral(c.word) || !strings.HasPrefix(l.text[c.end:], ")") || steps > 0 {
				if !(steps == 1 && strings.HasPrefix(l.text[l.at(k-1).end:], ")") && unitOf(w) != "") {
					return "", from
				}
				return unitOf(w), k + 1
			}
		case w == "%" || w == "percent" || strings.HasPrefix(w, "prozent") || w == "vh":
			return "%", k + 1
		case w == "v" && strings.EqualFold(l.at(k+1).word, "h"), w == "per" && l.at(k+1).word == "cent", w == "vom" && strings.EqualFold(l.at(k+1).word, "hundert"):
			return "%", k + 2
		case w == "uhr" || w == "o'clock":
			return "uhr", k + 1
		case (w == "working" || w == "business") && strings.HasPrefix(l.at(k+1).word, "day"):
			return "workday", k + 2
		case unitOf(w) != "":
			return unitOf(w), k + 1
		case joins[w] && isNumeral(l.at(k+1).word), far && isNumeral(c.word), k > 0 && joins[strings.ToLower(l.at(k-1).word)] && isNumeral(c.word) && k > from:
			far = true
		case fillers[w]:
		default:
			return "", from
		}
		k++
	}
	return "", from
}

func isNumeral(w string) bool {
	return w != "" && (isNumber(w) || facts.NumberWord(w) > 0)
}

// worded reads a number in words, a month or a weekday at chunk i.
func (l line) worded(i int, n number) (number, int) {
	c := l.all[i]
	low := strings.ToLower(c.word)
	if m := months[low]; m > 0 && upper(c.word) && (low != "may" && low != "march" || l.dated(i)) {
		n.of, n.values = facts.Month, []string{twoDigits(strconv.Itoa(m))}
		return n, i + 1
	}
	if d, ok := weekdays[strings.TrimSuffix(low, "s")]; ok && (upper(c.word) || strings.HasSuffix(low, "s")) {
		n.of, n.values = weekday, []string{strconv.Itoa(d)}
		return n, i + 1
	}
	switch low {
	case "monatsfrist":
		n.values = []string{"1"}
		return period(n, "month"), i + 1
	case "wochenfrist":
		n.values = []string{"1"}
		return period(n, "week"), i + 1
	case "jahresfrist":
		n.values = []string{"1"}
		return period(n, "year"), i + 1
	}
	if n, next := l.share(i, low, n); next > i {
		return n, next
	}
	if v := facts.NumberWord(low); v > 1 && !l.idiom(i, low) {
		n.values = []string{strconv.Itoa(v)}
		return l.united(i, i+1, n)
	}
	if one[low] {
		n.values = []string{"1"}
		if m, next := l.united(i, i+1, n); next > i+1 && m.of != "" && m.of != facts.Time {
			return m, next
		}
		return n, i
	}
	if v, u, ok := compound(low); ok {
		n.values = []string{strconv.Itoa(v)}
		if u != "" {
			n = period(n, u)
		}
		return n, i + 1
	}
	if v := ordinal(low); v > 2 && !upper(c.word) {
		n.values, n.label = []string{strconv.Itoa(v)}, true
		return n, i + 1
	}
	return n, i
}

// idiom reports whether a number word at chunk i is none: "außer Acht lassen".
func (l line) idiom(i int, low string) bool {
	if low != "acht" {
		return false
	}
	p := strings.ToLower(l.at(i - 1).word)
	return upper(l.at(i).word) && (p == "außer" || p == "in" || p == "ohne")
}

// dated reports whether what stands around "May" or "March" makes it a month.
func (l line) dated(i int) bool {
	p := strings.ToLower(l.at(i - 1).word)
	switch p {
	case "in", "of", "by", "since", "until", "from", "to", "end", "early", "late", "mid", "and", "during", "on":
		return true
	}
	return l.at(i-1).num || l.at(i+1).num
}

// share reads "ein Viertel", "die Hälfte", "a third of", "ein halbes Jahr".
func (l line) share(i int, low string, n number) (number, int) {
	next := strings.ToLower(l.at(i + 1).word)
	count := 0
	switch {
	case low == "hälfte":
		n.of, n.values = facts.Percent, []string{"50"}
		return n, i + 1
	case low == "vierteljahr" || low == "vierteljahres":
		n.values = []string{"3"}
		return period(n, "month"), i + 1
	case (low == "halbes" || low == "halben" || low == "halbe") && (next == "jahr" || next == "jahres"):
		n.values, n.end = []string{"6"}, l.at(i+1).end
		return period(n, "month"), i + 2
	case (low == "anderthalb" || low == "eineinhalb") && unitOf(next) == "year":
		n.values, n.end = []string{"18"}, l.at(i+1).end
		return period(n, "month"), i + 2
	case one[low] || low == "a":
		count = 1
	default:
		count = facts.NumberWord(low)
	}
	if count == 0 || !l.at(i+1).free {
		return n, i
	}
	var v []string
	switch next {
	case "viertel", "quarter", "quarters", "fourth":
		v = []string{strconv.Itoa(25 * count)}
	case "drittel", "third", "thirds":
		if next == "third" && strings.ToLower(l.at(i+2).word) != "of" {
			return n, i
		}
		v = map[int][]string{1: {"1/3", "33.3", "33.33", "33"}, 2: {"2/3", "66.7", "66.67", "67"}}[count]
	case "fünftel", "fifth", "fifths":
		v = []string{strconv.Itoa(20 * count)}
	case "zehntel", "tenth", "tenths":
		v = []string{strconv.Itoa(10 * count)}
	}
	if v == nil {
		return n, i
	}
	n.of, n.values, n.end = facts.Percent, v, l.at(i+1).end
	return n, i + 2
}

// period makes a number one of a unit of time; years become months, because
// they end on the same day.
func period(n number, unit string) number {
	n.of, n.unit, n.bare = facts.Term, unit, n.values
	if unit != "year" {
		return n
	}
	n.unit = "month"
	values := n.values
	n.values = nil
	for _, v := range values {
		if f, err := strconv.ParseFloat(v, 64); err == nil && f < 1e6 {
			n.values = append(n.values, strconv.FormatFloat(f*12, 'f', -1, 64))
		}
	}
	return n
}
