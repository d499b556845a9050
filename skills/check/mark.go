package check

import (
	"fmt"
	"strings"

	"amtsbote/skills/document"
)

// Unfound is what Mark puts behind a finding.
var Unfound = document.Text{DE: "nicht in den Unterlagen", EN: "not in the documents"}

// Cut is for the person where sources are [Sources.Partial] and something was
// found.
var Cut = document.Text{
	DE: "Die Unterlagen sind sehr lang: Verglichen wurde nur mit den ersten 8 MB Text. Eine markierte Angabe kann weiter hinten stehen.",
	EN: "The documents are very long: only the first 8 MB of text were compared. What is marked may stand further back.",
}

// Mark puts "**[nicht in den Unterlagen]**" behind each finding of an answer in
// CommonMark, in English for language "en". Findings must be of this answer, in
// order. Where a mark cannot stand it comes after: behind a link, a code span, an
// emphasis that ends with the finding, and on a line of its own below a block of
// code. It breaks no table.
func Mark(answer string, findings []Finding, language string) string {
	text := Unfound.DE
	if language == "en" {
		text = Unfound.EN
	}
	var b strings.Builder
	l := layout(answer)
	from, last := 0, -1
	for _, f := range findings {
		if f.Start < 0 || f.End > len(answer) || f.Start >= f.End || f.End < from {
			continue
		}
		at, block, strong := l.place(f.End)
		if at < from || at == last {
			continue // the one before stands for this one too
		}
		b.WriteString(answer[from:at])
		switch {
		case block:
			if !strings.HasSuffix(answer[:at], "\n") {
				b.WriteByte('\n')
			}
			b.WriteString("\n**[" + text + ": " + code(f.Text) + "]**\n")
			if at < len(answer) {
				b.WriteByte('\n')
			}
		case strong:
			b.WriteString(" [" + text + "]")
			if at < len(answer) && (answer[at] == '(' || answer[at] == '[' || answer[at] == ':') {
				b.WriteByte(' ')
			}
		default:
			b.WriteString(" **[" + text + "]**")
			if at < len(answer) && (isLetter(answer[at]) || isDigit(answer[at]) || answer[at] == '*' || answer[at] == '_') {
				b.WriteByte(' ')
			}
		}
		from, last = at, at
	}
	b.WriteString(answer[from:])
	return b.String()
}

// Unmark returns an answer without the marks of Mark that stand in its lines.
func Unmark(answer string) string { return unmarker.Replace(answer) }

var unmarker = strings.NewReplacer("**["+Unfound.DE+"]**", "", "**["+Unfound.EN+"]**", "")

// code makes a text harmless inside of a line.
func code(s string) string {
	s = strings.Map(func(r rune) rune {
		if strings.ContainsRune("*_`[]<>\\|~#&!", r) || r < ' ' {
			return ' '
		}
		return r
	}, s)
	return strings.Join(strings.Fields(s), " ")
}

// A region is a stretch of an answer that a mark must not stand in.
type region struct {
	start, end int
	block      bool
}

type regions struct {
	text   string
	all    []region // in order, not overlapping
	strong []region // bold, from mark to mark
}

// place returns where the mark of a finding that ends at end belongs.
func (l *regions) place(end int) (at int, block, strong bool) {
	at = end
	for _, r := range l.around(l.all, at) {
		at, block = min(r.end, len(l.text)), r.block
		if block {
			return at, true, false
		}
	}
	// The end of an emphasis, and a sign that belongs to the number.
	for at < len(l.text) && strings.IndexByte("*_`\"'%)", l.text[at]) >= 0 && l.closes(at) {
		at++
	}
	return at, false, len(l.around(l.strong, at)) > 0
}

// closes reports whether the mark at i ends something rather than beginning it.
func (l *regions) closes(i int) bool {
	c := l.text[i]
	if c == ')' || c == '"' || c == '\'' || c == '`' {
		return false
	}
	j := i
	for j < len(l.text) && l.text[j] == c {
		j++
	}
	return i > 0 && l.text[i-1] > ' ' && (c == '%' || j == len(l.text) || strings.IndexByte(" \n\t.,;:!?)|-", l.text[j]) >= 0 || l.text[j] == '*' || l.text[j] == '_')
}

// around returns the region that a position is inside of.
func (l *regions) around(all []region, at int) []region {
	lo, hi := 0, len(all)
	for lo < hi {
		if mid := (lo + hi) / 2; all[mid].end <= at {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	if lo < len(all) && all[lo].start < at && at < all[lo].end {
		return all[lo : lo+1]
	}
	return nil
}

// layout finds blocks of code, code spans, links and bold text.
func layout(text string) *regions {
	l := &regions{text: text}
	start, fence, begin := 0, "", 0
	para := 0 // where the paragraph, cell or item began that is not laid out yet
	for start < len(text) {
		end := start + strings.IndexByte(text[start:], '\n') + 1
		if end == start {
			end = len(text)
		}
		line := strings.TrimLeft(strings.TrimSpace(text[start:end]), "> ")
		switch {
		case fence == "" && (strings.HasPrefix(line, "```") || strings.HasPrefix(line, "~~~")):
			l.inline(para, start)
			fence, begin = line[:3], start
		case fence != "" && strings.HasPrefix(line, fence) && strings.Trim(line, fence[:1]) == "":
			l.all = append(l.all, region{begin, end, true})
			fence, para = "", end
		case fence == "" && (line == "" || line[0] == '|' || line[0] == '#'):
			l.inline(para, start)
			l.inline(start, end)
			para = end
		}
		start = end
	}
	if fence != "" {
		l.all = append(l.all, region{begin, len(text) + 1, true})
	} else {
		l.inline(para, len(text))
	}
	return l
}

// inline finds code spans, links and bold text in one paragraph or row.
func (l *regions) inline(start, end int) {
	t := l.text[:end]
	open := -1
	for i := start; i < end; {
		switch c := t[i]; {
		case c == '\\':
			i += 2
		case c == '`':
			n := run(t, i)
			if k := closingRun(t, i+n, n); k > 0 {
				l.all = append(l.all, region{i, k, false})
				i = k
				continue
			}
			i += n
		case c == '[':
			if k := linkEnd(t, i); k > 0 {
				l.all = append(l.all, region{i, k, false})
				i = k
				continue
			}
			i++
		case c == '<':
			if k := strings.IndexAny(t[i+1:min(end, i+300)], "<> \n"); k > 0 && t[i+1+k] == '>' {
				l.all = append(l.all, region{i, i + k + 2, false})
				i += k + 2
				continue
			}
			i++
		case c == '|':
			open = -1
			i++
		case (c == '*' || c == '_') && i+1 < end && t[i+1] == c:
			if open < 0 {
				open = i
			} else {
				l.strong = append(l.strong, region{open, i + 2, false})
				open = -1
			}
			i += 2
		default:
			i++
		}
	}
}

func run(t string, i int) int {
	n := 1
	for i+n < len(t) && t[i+n] == t[i] {
		n++
	}
	return n
}

// maxSpan bounds how far the end of a code span or link is looked for, so that
// time stays linear.
const maxSpan = 2000

func closingRun(t string, from, n int) int {
	limit := min(len(t), from+maxSpan)
	for i := from; i < limit; {
		if t[i] != '`' {
			i++
			continue
		}
		m := run(t, i)
		if m == n {
			return i + m
		}
		i += m
	}
	return 0
}

// linkEnd returns the end of "[text](address)" or "[text][name]" at i, or 0.
func linkEnd(t string, i int) int {
	limit := t[:min(len(t), i+maxSpan)]
	k := strings.IndexAny(limit[i+1:], "[]")
	if k < 0 || limit[i+1+k] != ']' {
		return 0
	}
	k += i + 2
	if k >= len(limit) || limit[k] != '(' && limit[k] != '[' {
		return 0
	}
	stop := ")"
	if limit[k] == '[' {
		stop = "]"
	}
	if e := strings.IndexAny(limit[k:], stop+"\n"); e > 0 && limit[k+e] == stop[0] {
		return k + e + 1
	}
	return 0
}

// maxListed is how many findings a warning names.
const maxListed = 8

// Warning counts the findings of an answer and names them with what the sources
// have instead, as plain text with nothing in it that CommonMark would read as
// markup; empty without findings. Both are for the person who asked.
func Warning(findings []Finding) document.Text {
	if len(findings) == 0 {
		return document.Text{}
	}
	var de, en []string
	for _, f := range findings[:min(len(findings), maxListed)] {
		d, e := short(f.Text), short(f.Text)
		if f.Near != "" {
			d += " (dort: " + short(f.Near) + ")"
			e += " (there: " + short(f.Near) + ")"
		}
		de, en = append(de, d), append(en, e)
	}
	if n := len(findings) - maxListed; n > 0 {
		de, en = append(de, fmt.Sprintf("%d weitere", n)), append(en, fmt.Sprintf("%d more", n))
	}
	t := document.Text{
		DE: fmt.Sprintf("%d Angaben stehen nicht in den Unterlagen und sind markiert: ", len(findings)),
		EN: fmt.Sprintf("%d statements are not in the documents and are marked: ", len(findings)),
	}
	if len(findings) == 1 {
		t = document.Text{DE: "Eine Angabe steht nicht in den Unterlagen und ist markiert: ", EN: "One statement is not in the documents and is marked: "}
	}
	return document.Text{DE: end(t.DE + strings.Join(de, ", ")), EN: end(t.EN + strings.Join(en, ", "))}
}

func end(s string) string {
	if strings.HasSuffix(s, ".") {
		return s
	}
	return s + "."
}

func short(s string) string {
	r := []rune(code(s))
	if len(r) > 80 {
		return string(r[:79]) + "…"
	}
	return string(r)
}
