package catchup

import (
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"amtsbote/skills/facts"
	"amtsbote/skills/talk"
)

// said returns all that some messages say: their words, files, senders and times.
func (k *history) said(lists ...[]int) string {
	var b strings.Builder
	for _, i := range slices.Concat(lists...) {
		l := &k.All[i]
		b.WriteString(l.Name + "\n" + l.Said + "\n" + facts.ShortDate(l.Time, "de") + " " + facts.ShortDate(l.Time, "en") + " " + l.Time.Format("15:04") + "\n")
		for _, f := range l.Files {
			b.WriteString(f.Name + "\n")
		}
		for _, f := range l.Attached {
			b.WriteString(f.Text + "\n")
		}
	}
	return b.String()
}

var figures = regexp.MustCompile(`\d+(?:[.,]\d+)*`)

// unproven returns what a statement says and none of its messages: dates, amounts
// and other facts, figures, names of people in the room. It compares; that a
// sentence is true it cannot tell.
func (k *history) unproven(text string, n *note) (wrong []string) {
	source := k.said(n.from, n.reply)
	norms := k.norms(n)
	known := make([]bool, len(text))
	for _, f := range facts.Find(text, k.All[n.from[0]].Time) {
		if f.Relative && f.Kind == facts.Date || norms[key(f)] || strings.Contains(source, f.Text) && !cutsNumber(source, f.Text) {
			for i := f.Start; i < f.End; i++ {
				known[i] = true
			}
			continue
		}
		if f.Kind == facts.Person && containsWord(source, lastWord(f.Norm)) {
			continue
		}
		wrong = append(wrong, f.Text)
		for i := f.Start; i < f.End; i++ {
			known[i] = true
		}
	}
	has := map[string]bool{}
	for _, d := range figures.FindAllString(source, -1) {
		has[strings.TrimLeft(d, "0")] = true
		for _, part := range strings.FieldsFunc(d, func(r rune) bool { return r == '.' }) {
			has[strings.TrimLeft(part, "0")] = true // 25.11. by parts; 20,50 only whole
		}
	}
	for _, at := range figures.FindAllStringIndex(text, -1) {
		if d := text[at[0]:at[1]]; !known[at[0]] && !has[strings.TrimLeft(d, "0")] {
			wrong = append(wrong, d)
		}
	}
	for _, name := range k.People {
		for _, w := range strings.Fields(name) {
			if len(w) >= 3 && unicode.IsUpper([]rune(w)[0]) && containsWord(text, w) && !containsWord(source, w) {
				wrong = append(wrong, w)
			}
		}
	}
	slices.Sort(wrong)
	return slices.Compact(wrong)
}

// norms are the normal forms of what the messages of a note say. Days that they
// count from their own ("morgen", "am Freitag") are among them.
func (k *history) norms(n *note) map[string]bool {
	norms := map[string]bool{}
	for _, i := range slices.Concat(n.from, n.reply) {
		l := &k.All[i]
		for _, day := range talk.Days(l.Said, l.Time) {
			norms[dateKey(day)] = true
		}
		norms[string(facts.Time)+l.Time.Format("15:04")] = true
		texts := []string{l.Said}
		for _, f := range l.Attached {
			texts = append(texts, f.Text)
		}
		for _, text := range texts {
			for _, f := range facts.Find(text, l.Time) {
				norms[key(f)] = true
			}
		}
	}
	return norms
}

// key is the same for all that say the same.
func key(f facts.Fact) string {
	if (f.Kind == facts.Date || f.Kind == facts.Term) && !f.Date.IsZero() {
		return dateKey(f.Date)
	}
	return string(f.Kind) + strings.ToLower(f.Norm)
}

func dateKey(day time.Time) string { return "date " + day.Format(time.DateOnly) }

// cutsNumber says whether a text that begins or ends with a figure stands in
// source only within a longer number.
func cutsNumber(source, text string) bool {
	digit := func(c byte) bool { return c >= '0' && c <= '9' }
	for from := 0; ; {
		i := strings.Index(source[from:], text)
		if i < 0 {
			return true
		}
		start, end := from+i, from+i+len(text)
		before := start > 0 && digit(source[start-1]) || start > 1 && strings.IndexByte(".,", source[start-1]) >= 0 && digit(source[start-2])
		after := end < len(source) && digit(source[end]) || end+1 < len(source) && strings.IndexByte(".,", source[end]) >= 0 && digit(source[end+1])
		if !(before && digit(text[0])) && !(after && digit(text[len(text)-1])) {
			return false
		}
		from = start + 1
	}
}

func containsWord(text, word string) bool {
	if word == "" {
		return false
	}
	letter := func(s string, end bool) bool {
		var r rune
		if rs := []rune(s); len(rs) == 0 {
			return false
		} else if end {
			r = rs[len(rs)-1]
		} else {
			r = rs[0]
		}
		return unicode.IsLetter(r) || unicode.IsDigit(r)
	}
	for from := 0; ; {
		i := strings.Index(text[from:], word)
		if i < 0 {
			return false
		}
		start, end := from+i, from+i+len(word)
		if !letter(text[max(start-4, 0):start], true) && !letter(text[end:min(end+4, len(text))], false) {
			return true
		}
		from = end
	}
}

func lastWord(s string) string {
	words := strings.Fields(s)
	if len(words) == 0 {
		return ""
	}
	return words[len(words)-1]
}
