package extract

import (
	"cmp"
	"context"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"amtsbote/skills/document"
	"amtsbote/skills/facts"
)

// A sentence is one of the text, before it is known whether it is worth anything.
type sentence struct {
	text  string // white space collapsed
	page  int
	start bool // begins a page
	item  bool // of a list
}

// A source is a document in sentences.
type source struct {
	sentences  []sentence
	vocabulary *vocabulary
}

func read(d document.Document) *source {
	s := &source{vocabulary: newVocabulary()}
	heads := runningLines(d.Pages)
	for _, p := range d.Pages {
		text := p.Text
		if len(heads) > 0 {
			text = without(text, heads)
		}
		n := 0
		if len(d.Pages) > 1 {
			n = p.N
		}
		for i, span := range facts.Sentences(text) {
			line := collapse(text[span.Start:span.End])
			line, item := cutBullet(line)
			if line == "" {
				continue
			}
			if i == 0 && s.cutByPage(line) {
				last := &s.sentences[len(s.sentences)-1]
				last.text = collapse(last.text + "\n" + line)
				continue
			}
			s.sentences = append(s.sentences, sentence{text: line, page: n, start: i == 0, item: item})
		}
	}
	return s
}

var numbered = regexp.MustCompile(`^(\d{1,3}|[a-z])[.)] `)

// cutBullet returns a line without the bullet that it begins with, and reports
// whether it is an item of a list. A number stays: it may be spoken of.
func cutBullet(line string) (string, bool) {
	for _, b := range []string{"- ", "– ", "* ", "• ", "● ", "▪ ", "◦ ", "· "} {
		if rest, ok := strings.CutPrefix(line, b); ok {
			return rest, true
		}
	}
	return line, numbered.MatchString(line)
}

// cutByPage reports whether a page that begins with line goes on with the last
// sentence of the page before.
func (s *source) cutByPage(line string) bool {
	if len(s.sentences) == 0 {
		return false
	}
	last := s.sentences[len(s.sentences)-1].text
	r, _ := utf8.DecodeRuneInString(line)
	return unicode.IsLower(r) && !strings.ContainsAny(last[len(last)-1:], ".!?:") && len(last) < 600
}

// collapse makes one line of a sentence: any white space is a blank, and a word
// that the end of a line divides is whole again.
func collapse(text string) string {
	var b strings.Builder
	b.Grow(len(text))
	space, broken := false, false
	var last rune
	for _, r := range text {
		if unicode.IsSpace(r) || r == '\u200b' || r == '\ufeff' {
			space = true
			broken = broken || r == '\n'
			continue
		}
		if r == '\u00ad' {
			continue
		}
		if space && b.Len() > 0 {
			if broken && last == '-' && unicode.IsLower(r) && !isConjunction(text, r) {
				whole := b.String()
				b.Reset()
				b.WriteString(strings.TrimSuffix(whole, "-"))
			} else {
				b.WriteByte(' ')
			}
		}
		space, broken = false, false
		b.WriteRune(r)
		last = r
	}
	return b.String()
}

// isConjunction spares "Haupt-\nund Nebensatz", whose hyphen is meant. It is
// asked only at such a break, so it may be generous.
func isConjunction(text string, r rune) bool {
	return r == 'u' && strings.Contains(text, "-\nund") || r == 'o' && strings.Contains(text, "-\noder") || r == 'b' && strings.Contains(text, "-\nbzw")
}

// edge is how many lines at the top and the foot of a page may be running ones.
const edge = 4

// runningLines returns the lines, with their figures made equal, that stand at
// the edges of many pages.
func runningLines(pages []document.Page) map[string]bool {
	if len(pages) < 3 {
		return nil
	}
	count := map[string]int{}
	for _, p := range pages {
		seen := map[string]bool{}
		for _, l := range edges(p.Text) {
			if k := runningKey(l); !seen[k] {
				seen[k] = true
				count[k]++
			}
		}
	}
	heads := map[string]bool{}
	for k, n := range count {
		if n >= 3 && n*10 >= len(pages)*3 {
			heads[k] = true
		}
	}
	return heads
}

// edges returns the first and last lines of a text that are not empty.
func edges(text string) []string {
	var all []string
	rest := text
	for range 2 * edge {
		if len(all) >= edge || rest == "" {
			break
		}
		line, after, _ := strings.Cut(rest, "\n")
		if strings.TrimSpace(line) != "" {
			all = append(all, line)
		}
		rest = after
	}
	rest = text
	for n := 0; n < edge && rest != ""; {
		i := strings.LastIndexByte(rest, '\n')
		if line := rest[i+1:]; strings.TrimSpace(line) != "" {
			all = append(all, line)
			n++
		}
		rest = rest[:max(i, 0)]
	}
	return all
}

// runningKey makes the page numbers of a running line equal.
func runningKey(line string) string {
	if len(line) > 160 {
		return line
	}
	return strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if unicode.IsDigit(r) {
			return '0'
		}
		return unicode.ToLower(r)
	}, strings.ReplaceAll(strings.ReplaceAll(foldDigits(line), "00", "0"), "00", "0"))), " ")
}

// foldDigits makes every number one zero.
func foldDigits(line string) string {
	var b strings.Builder
	digit := false
	for _, r := range line {
		if unicode.IsDigit(r) {
			if !digit {
				b.WriteByte('0')
			}
			digit = true
			continue
		}
		digit = false
		b.WriteRune(r)
	}
	return b.String()
}

// without returns a text without running lines at its edges.
func without(text string, heads map[string]bool) string {
	drop := map[string]bool{}
	for _, l := range edges(text) {
		if heads[runningKey(l)] {
			drop[l] = true
		}
	}
	if len(drop) == 0 {
		return text
	}
	var b strings.Builder
	for l := range strings.SplitSeq(text, "\n") {
		if !drop[l] {
			b.WriteString(l)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// prose is how many whole sentences make a text one of sentences.
const prose = 3

// units weighs the sentences and drops those that cannot be chosen. Where there are
// hardly any, as on slides, items of lists and lines with figures are among them.
func (s *source) units(ctx context.Context, ref time.Time, n int) ([]*unit, error) {
	units := make([]*unit, 0, len(s.sentences))
	dropped := make([]*unit, 0, 8)
	seen := map[string]bool{}
	for i, st := range s.sentences {
		if i%256 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		u := &unit{text: st.text, page: st.page, index: i}
		use := u.weigh(i, len(s.sentences), ref)
		u.terms = s.vocabulary.bag(st.text)
		if len(u.terms) == 0 || seen[st.text] {
			continue
		}
		seen[st.text] = true
		u.spare = use == spare && (st.item || strings.ContainsAny(st.text, "0123456789"))
		if use != fit {
			dropped = append(dropped, u)
			continue
		}
		units = append(units, u)
	}
	if len(units) == 0 && !slices.ContainsFunc(dropped, func(u *unit) bool { return u.spare }) {
		return dropped, nil // a page of headings is better than nothing
	}
	whole := 0
	for _, u := range units {
		if endsSentence(u.text) {
			whole++
		}
	}
	if whole < prose && len(units) < n {
		for _, u := range dropped {
			if u.spare {
				units = append(units, u)
			}
		}
		slices.SortFunc(units, func(a, b *unit) int { return cmp.Compare(a.index, b.index) })
	}
	fragments := 0
	for _, u := range units {
		s.vocabulary.count(u.terms)
		if u.fragment {
			fragments++
		}
	}
	if fragments*2 < len(units) {
		for _, u := range units {
			if u.fragment {
				u.weight -= amongSentences
			}
		}
	}
	return units, nil
}

// amongSentences is what a fragment loses in a text of sentences: there it is a row
// of a table, on slides it may be all there is.
const amongSentences = 0.6
