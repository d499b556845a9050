package document

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

// A fragment is what a paragraph is made of: text of one formatting, something that is
// no text, or a link with fragments inside.
type fragment struct {
	text    string
	format  string     // of text: equal for equal formatting
	like    *element   // of text: what it is dressed in
	object  []*element // no text
	ordered bool       // of an object: begin or end of a field, which must keep their order
	inside  []fragment // of a link
	wrap    func(kids []*element) []*element
}

// A segment is a paragraph with text.
type segment struct {
	text        string
	slots       []slot // by their number, from 1
	base        *element
	lead, trail string // white space around the text
	dress       func(like *element, text string) []*element
	set         func(kids []*element) // puts them into the paragraph
}

// A slot is what a mark stands for.
type slot struct {
	fragment
	like *element // of what stands between the marks
}

// maxMarks is how many marks a segment has at most; one with more loses its
// formatting: a text of scraps cannot be translated.
const maxMarks = 40

var (
	inlineMark = regexp.MustCompile(`⟦(/?)(\d{1,6})⟧`)
	ownMarks   = strings.NewReplacer("⟦", "[[", "⟧", "]]")
)

// newSegment makes a segment of fragments, or nil if they have no words.
func newSegment(fragments []fragment, dress func(*element, string) []*element, set func([]*element)) *segment {
	fragments = joinedFragments(fragments)
	count := map[string]int{}
	weigh(fragments, count)
	best := ""
	var base *element
	find(fragments, func(p fragment) {
		if base == nil || count[p.format] > count[best] {
			best, base = p.format, p.like
		}
	})
	if !hasWords(fragments) {
		return nil
	}
	s := &segment{base: base, dress: dress}
	head, tail := len(fragments), 0
	for i, p := range fragments {
		if p.object == nil {
			head, tail = min(head, i), i+1
		}
	}
	before, after := objects(fragments[:head]), objects(fragments[tail:])
	fragments = fragments[head:tail]
	text := s.say(fragments, best, base)
	if len(s.slots) > maxMarks {
		s.slots = nil
		after = append(objects(fragments), after...)
		text = plainOf(fragments)
	}
	s.text = strings.TrimSpace(text)
	i := strings.Index(text, s.text)
	s.lead, s.trail = text[:i], text[i+len(s.text):]
	s.set = func(kids []*element) { set(append(append(before, kids...), after...)) }
	return s
}

// joinedFragments puts text of the same formatting together. White space takes the
// formatting before it.
func joinedFragments(fragments []fragment) (out []fragment) {
	for _, p := range fragments {
		n := len(out)
		if p.object == nil && p.inside == nil && p.text == "" {
			continue
		}
		if n > 0 && out[n-1].isText() && p.isText() && (out[n-1].format == p.format || strings.TrimSpace(p.text) == "") {
			out[n-1].text += p.text
			continue
		}
		p.inside = joinedFragments(p.inside)
		out = append(out, p)
	}
	return out
}

func (p fragment) isText() bool { return p.object == nil && p.wrap == nil }

func find(fragments []fragment, visit func(fragment)) {
	for _, p := range fragments {
		if p.isText() {
			visit(p)
		}
		find(p.inside, visit)
	}
}

func weigh(fragments []fragment, count map[string]int) {
	for _, p := range fragments {
		if p.isText() {
			count[p.format] += len(p.text)
		}
	}
}

func hasWords(fragments []fragment) bool {
	has := false
	find(fragments, func(p fragment) {
		has = has || strings.ContainsFunc(p.text, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) })
	})
	return has
}

func objects(fragments []fragment) (all []*element) {
	for _, p := range fragments {
		all = append(all, p.object...)
		all = append(all, objects(p.inside)...)
	}
	return all
}

func plainOf(fragments []fragment) string {
	var b strings.Builder
	find(fragments, func(p fragment) { b.WriteString(ownMarks.Replace(p.text)) })
	return b.String()
}

// say writes fragments as text with marks.
func (s *segment) say(fragments []fragment, base string, like *element) string {
	var b strings.Builder
	for _, p := range fragments {
		if p.isText() && p.format == base {
			b.WriteString(ownMarks.Replace(p.text))
			continue
		}
		s.slots = append(s.slots, slot{fragment: p, like: p.like})
		n := len(s.slots)
		mark := strconv.Itoa(n) + "⟧"
		switch {
		case p.object != nil:
			b.WriteString("⟦" + mark)
		case p.isText():
			b.WriteString("⟦" + mark + ownMarks.Replace(p.text) + "⟦/" + mark)
		default:
			format, inner, first := base, like, true
			find(p.inside, func(q fragment) {
				if first {
					format, inner, first = q.format, q.like, false
				}
			})
			s.slots[n-1].like = inner
			b.WriteString("⟦" + mark + s.say(p.inside, format, inner) + "⟦/" + mark)
		}
	}
	return b.String()
}

// put gives the paragraph other words. Without the right marks they lose their
// formatting; what is no text then stands behind them.
func (s *segment) put(text string) {
	text = s.lead + text + s.trail
	if !s.fits(text) {
		kids := s.dress(s.base, ownMarks.Replace(inlineMark.ReplaceAllString(text, "")))
		for _, sl := range s.slots {
			kids = append(kids, sl.object...)
		}
		s.set(kids)
		return
	}
	kids, _ := s.build(text, s.base, "")
	s.set(kids)
}

// fits reports whether a text has each mark of the segment once, closed inside
// what it was opened in, and fields in their order.
func (s *segment) fits(text string) bool {
	seen := make([]int, len(s.slots))
	var open []int
	last := 0
	all := inlineMark.FindAllStringSubmatch(text, -1)
	if strings.Count(text, "⟦") != len(all) {
		return false
	}
	for _, m := range all {
		n, _ := strconv.Atoi(m[2])
		if n < 1 || n > len(s.slots) {
			return false
		}
		single := s.slots[n-1].object != nil
		seen[n-1]++
		switch {
		case m[1] == "" && seen[n-1] != 1, single && m[1] != "":
			return false
		case single:
			if s.slots[n-1].ordered && n < last {
				return false
			}
			if s.slots[n-1].ordered {
				last = n
			}
			seen[n-1]++
		case m[1] == "":
			open = append(open, n)
		case len(open) == 0 || open[len(open)-1] != n:
			return false
		default:
			open = open[:len(open)-1]
		}
	}
	for _, n := range seen {
		if n != 2 {
			return false
		}
	}
	return len(open) == 0
}

// build returns the elements of a text up to the mark that closes it, and what
// follows that.
func (s *segment) build(text string, like *element, closing string) (kids []*element, rest string) {
	for text != "" {
		at := inlineMark.FindStringSubmatchIndex(text)
		if at == nil {
			return append(kids, s.dress(like, text)...), ""
		}
		if at[0] > 0 {
			kids = append(kids, s.dress(like, text[:at[0]])...)
		}
		mark, slash, number := text[at[0]:at[1]], text[at[2]:at[3]], text[at[4]:at[5]]
		text = text[at[1]:]
		if slash != "" {
			if mark == closing {
				return kids, text
			}
			continue
		}
		n, _ := strconv.Atoi(number)
		sl := s.slots[n-1]
		if sl.object != nil {
			kids = append(kids, sl.object...)
			continue
		}
		var inner []*element
		inner, text = s.build(text, sl.like, "⟦/"+number+"⟧")
		if sl.wrap != nil {
			inner = sl.wrap(inner)
		}
		kids = append(kids, inner...)
	}
	return kids, ""
}
