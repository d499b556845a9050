package office

import (
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	maxDepth = 9 // of lists in Word
	maxQuote = 6 // deeper ones would leave no width for text
)

// bullets mark the items of lists in lists, in turn.
var bullets = [2]string{"•", "–"}

// language returns the document's language, with a region as programs want it.
func (d Document) language() (language, region string) {
	language, region, _ = strings.Cut(d.Language, "-")
	switch {
	case region != "":
	case language == "en":
		region = "GB"
	case language == "" || language == "de":
		language, region = "de", "DE"
	}
	return language, region
}

// ready returns the blocks as the writers take them: texts cleaned, nesting within
// what they can show, tables of more than so many columns as "head: value", the
// visible mark below.
func (d Document) ready(columns int) (blocks []Block) {
	for _, b := range d.Blocks {
		b.Depth, b.Quote = min(max(b.Depth, 0), maxDepth), min(max(b.Quote, 0), maxQuote)
		if b.Kind == Item {
			b.Depth = max(b.Depth, 1)
		}
		b.Level = min(max(b.Level, 1), 6)
		b.Spans = cleaned(b.Spans)
		rows := make([][]Cell, len(b.Rows))
		for i, row := range b.Rows {
			for _, c := range row {
				c.Spans = cleaned(c.Spans)
				rows[i] = append(rows[i], c)
			}
		}
		b.Rows = rows
		switch wide := columnsOf(rows); {
		case b.Kind == Table && wide > columns:
			blocks = append(blocks, records(b)...)
		case b.Kind != Table || wide > 0:
			blocks = append(blocks, b)
		}
	}
	if line := oneLine(d.Mark.Line); line != "" {
		blocks = append(blocks, Block{Kind: Rule}, Block{Spans: []Span{{Text: line, Italic: true}}, Small: true})
	}
	return blocks
}

// columnsOf returns how many cells the longest row has.
func columnsOf(rows [][]Cell) (n int) {
	for _, row := range rows {
		n = max(n, len(row))
	}
	return n
}

func cleaned(spans []Span) []Span {
	out := make([]Span, 0, len(spans))
	for _, s := range spans {
		s.Text = clean(s.Text)
		out = append(out, s)
	}
	return joined(out)
}

// records writes each row of a table as lines "head: value". Heads above nothing
// but empty cells come first, so that nothing is lost.
func records(b Block) (blocks []Block) {
	head := b.Rows[0]
	var bare []Span
	for i, h := range head {
		if !slices.ContainsFunc(b.Rows[1:], func(row []Cell) bool { return i < len(row) && len(row[i].Spans) > 0 }) && len(h.Spans) > 0 {
			if len(bare) > 0 {
				bare = append(bare, Span{Text: ", "})
			}
			bare = append(bare, h.Spans...)
		}
	}
	if len(bare) > 0 {
		blocks = append(blocks, Block{Depth: b.Depth, Quote: b.Quote, Spans: joined(bare)})
	}
	for _, row := range b.Rows[1:] {
		var spans []Span
		for i, c := range row {
			if len(c.Spans) == 0 {
				continue
			}
			if len(spans) > 0 {
				spans = append(spans, Span{Text: "\n"})
			}
			if i < len(head) && len(head[i].Spans) > 0 {
				spans = append(spans, Span{Text: plainText(head[i].Spans) + ": ", Bold: true})
			}
			spans = append(spans, c.Spans...)
		}
		blocks = append(blocks, Block{Depth: b.Depth, Quote: b.Quote, Spans: joined(spans)})
	}
	return blocks
}

// A property is a name and a value that programs read.
type property struct{ name, value string }

// properties returns the mark for machines.
func (m Mark) properties() []property {
	all := []property{{"AIGenerated", "false"}}
	if m.Model != "" {
		source := "trainedAlgorithmicMedia"
		if m.Mixed {
			source = "compositeWithTrainedAlgorithmicMedia"
		}
		all = []property{{"AIGenerated", "true"}, {"DigitalSourceType", "http://cv.iptc.org/newscodes/digitalsourcetype/" + source}}
	}
	for _, p := range []property{{"AIModel", m.Model}, {"AIPlace", m.Place}, {"AISkill", m.Skill}, {"AINotice", m.Line}} {
		if p.value != "" {
			all = append(all, p)
		}
	}
	return all
}

// clean returns a text as every format can hold it. A tab is a space, other control
// characters go; so do marks that turn the direction of what follows, which could
// show "12 €" as "21 €". Marks of a single place (LRM, RLM) stay.
func clean(s string) string {
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\uFFFD")
	}
	s = strings.ReplaceAll(s, "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case r == '\t':
			return ' '
		case r == '\r', r == '\u2028', r == '\u2029', r == '\v', r == '\f':
			return '\n'
		case r < ' ', r >= 0x7F && r < 0xA0, r >= '\u202A' && r <= '\u202E', r >= '\u2066' && r <= '\u2069', r == '\uFEFF', r == '\uFFFE', r == '\uFFFF':
			return -1
		}
		return r
	}, s)
}

// oneLine is clean for what stands in a property.
func oneLine(s string) string { return strings.Join(strings.Fields(clean(s)), " ") }

// rightToLeft reports whether a text runs from right to left: its first letter does.
func rightToLeft(spans []Span) bool {
	for _, s := range spans {
		for _, r := range s.Text {
			switch direction(r) {
			case leftward:
				return true
			case rightward:
				return false
			}
		}
	}
	return false
}

// pageWords returns what stands before the number of a page and of all pages.
func (d Document) pageWords() (page, of string) {
	if l, _ := d.language(); l == "en" {
		return "Page", "of"
	}
	return "Seite", "von"
}

// tag returns a language with its region as in BCP 47, of what such tags are made.
func tag(language, region string) string {
	if region != "" {
		language += "-" + region
	}
	return strings.Map(func(r rune) rune {
		if r == '-' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			return r
		}
		return -1
	}, language)
}
