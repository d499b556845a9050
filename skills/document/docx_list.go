package document

import (
	"encoding/xml"
	"strconv"
	"strings"
)

// docxLists are the lists of numbering.xml: what stands before the paragraphs
// of each level, and how far they have counted.
type docxLists struct {
	abstract map[string][]docxLevel
	nums     map[string]*docxList
	counts   map[string]*docxCounts // of abstract lists
	id       string                 // of the list being visited
	level    int
	num      string
}

type docxLevel struct {
	format, text string
	start        int
}

// A docxList counts one list; several may count on in the same abstract one.
type docxList struct {
	abstract string
	counts   *docxCounts
}

func newDocxLists() *docxLists {
	return &docxLists{abstract: make(map[string][]docxLevel), nums: make(map[string]*docxList), counts: make(map[string]*docxCounts)}
}

// visit reads numbering.xml.
func (l *docxLists) visit(t xml.Token) error {
	e, ok := t.(xml.StartElement)
	if !ok || len(l.abstract) > 5000 || len(l.nums) > 20_000 {
		return nil
	}
	val := xmlAttr(e, "val")
	switch e.Name.Local {
	case "abstractNum":
		l.id, l.level, l.num = xmlAttr(e, "abstractNumId"), -1, ""
		l.abstract[l.id] = make([]docxLevel, 9)
	case "lvl":
		l.level = xmlInt(e, "ilvl")
	case "num":
		l.num = xmlAttr(e, "numId")
		l.id = ""
	case "abstractNumId":
		if l.counts[val] == nil {
			l.counts[val] = new(docxCounts)
		}
		l.nums[l.num] = &docxList{val, l.counts[val]}
	case "startOverride":
		if n := l.nums[l.num]; n != nil {
			n.counts = new(docxCounts) // counts for itself
		}
	}
	levels := l.abstract[l.id]
	if l.num != "" || l.level < 0 || l.level >= len(levels) {
		return nil
	}
	switch lv := &levels[l.level]; e.Name.Local {
	case "numFmt":
		lv.format = val
	case "lvlText":
		lv.text = cut(val, 60)
	case "start":
		lv.start = xmlInt(e, "val")
	}
	return nil
}

// next returns what stands before the next paragraph of a list.
func (l *docxLists) next(num, level string) string {
	n := l.nums[num]
	at, _ := strconv.Atoi(level)
	if n == nil || at < 0 || at > 8 || len(l.abstract[n.abstract]) != 9 {
		return "- "
	}
	levels := l.abstract[n.abstract]
	indent := strings.Repeat("  ", at)
	n.counts.step(at, levels)
	switch lv := levels[at]; lv.format {
	case "bullet", "":
		return indent + "- "
	case "none":
		return indent
	default:
		text := lv.text
		for i := range at + 1 {
			text = strings.ReplaceAll(text, "%"+strconv.Itoa(i+1), listNumber(n.counts[i].n, levels[i].format))
		}
		return indent + strings.TrimSpace(text) + " "
	}
}

// docxCounts are how far the levels of a list have counted.
type docxCounts [9]struct {
	n     int
	begun bool
}

// step counts on a level: those above it have begun, those below begin anew.
func (c *docxCounts) step(at int, levels []docxLevel) {
	for i := range c {
		switch {
		case i > at:
			c[i].begun = false
		case !c[i].begun:
			c[i].n, c[i].begun = levels[i].start, true
		case i == at:
			c[i].n++
		}
	}
}

// listNumber writes a number in the format of a list.
func listNumber(n int, format string) string {
	switch format {
	case "lowerLetter", "a":
		return listLetters(n)
	case "upperLetter", "A":
		return strings.ToUpper(listLetters(n))
	case "lowerRoman", "i":
		return strings.ToLower(roman(n))
	case "upperRoman", "I":
		return roman(n)
	case "decimalZero":
		if n < 10 {
			return "0" + strconv.Itoa(n)
		}
	}
	return strconv.Itoa(n)
}

// listLetters counts a, b, … z, aa, bb as Word does.
func listLetters(n int) string {
	if n < 1 {
		return strconv.Itoa(n)
	}
	return strings.Repeat(string(rune('a'+(n-1)%26)), min((n-1)/26+1, 20))
}

func roman(n int) string {
	if n < 1 || n > 3999 {
		return strconv.Itoa(n)
	}
	var b strings.Builder
	for _, r := range []struct {
		value int
		text  string
	}{{1000, "M"}, {900, "CM"}, {500, "D"}, {400, "CD"}, {100, "C"}, {90, "XC"}, {50, "L"}, {40, "XL"}, {10, "X"}, {9, "IX"}, {5, "V"}, {4, "IV"}, {1, "I"}} {
		for n >= r.value {
			b.WriteString(r.text)
			n -= r.value
		}
	}
	return b.String()
}
