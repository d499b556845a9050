package document

import (
	"encoding/csv"
	"errors"
	"io"
	"strings"
)

// readCSV reads a table in text: any charset, the separator told by the first
// lines, "sep=" on the first line as Excel understands it.
func readCSV(p *parser, d *Document, data []byte) error {
	text := strings.ReplaceAll(toUTF8(data, ""), "\r\n", "\n")
	text = strings.ReplaceAll(text, "\r", "\n")
	sep := separator(text)
	if len(text) > 5 && strings.EqualFold(text[:4], "sep=") {
		sep = rune(text[4])
		_, text, _ = strings.Cut(text, "\n")
	}
	if sep == 0 || sep == '"' || sep == '\n' || sep >= 0x80 {
		return p.page(d, text)
	}
	r := csv.NewReader(strings.NewReader(text))
	r.Comma, r.LazyQuotes, r.FieldsPerRecord, r.ReuseRecord = sep, true, -1, true
	var b strings.Builder
	for n := 0; ; n++ {
		row, err := r.Read()
		if err == io.EOF {
			return p.page(d, b.String())
		}
		if err != nil { // a quote that never ends: the rest as it stands
			b.WriteString(text[min(r.InputOffset(), int64(len(text))):])
			d.Partial = true
			return p.page(d, b.String())
		}
		if n%1000 == 0 {
			if err := p.err(); err != nil {
				return err
			}
		}
		for i, cell := range row {
			if i > 0 {
				b.WriteString(" | ")
			}
			b.WriteString(strings.Join(strings.Fields(cell), " "))
		}
		b.WriteByte('\n')
		if b.Len() > 2*int(p.lim.Text) {
			_ = p.page(d, b.String()) // says itself that it is too much
			return unreadable(TooBig, errors.New("too much text"))
		}
	}
}

// separator returns what most of the first lines agree on, 0 if nothing. German
// numbers have commas, so a semicolon or tab wins over them.
func separator(text string) rune {
	lines := strings.SplitN(text[:min(len(text), 64<<10)], "\n", 21)
	lines = lines[:min(len(lines), 20)]
	best, most := rune(0), 0
	for _, sep := range []rune{';', '\t', ',', '|'} {
		counts := make(map[int]int)
		agree := 0
		for _, l := range lines {
			if n := outsideQuotes(l, byte(sep)); n > 0 {
				counts[n]++
				agree = max(agree, counts[n])
			}
		}
		if agree > most+len(lines)/4*min(1, most) {
			best, most = sep, agree
		}
	}
	return best
}

func outsideQuotes(line string, sep byte) int {
	n, quoted := 0, false
	for i := range len(line) {
		switch line[i] {
		case '"':
			quoted = !quoted
		case sep:
			if !quoted {
				n++
			}
		}
	}
	return n
}
