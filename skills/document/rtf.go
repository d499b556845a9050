package document

import (
	"errors"
	"strconv"
	"strings"
	"unicode/utf16"
)

const (
	maxGroups = 2000 // open in one another
)

// readRTF reads Rich Text (1.9.1) by a scanner of our own in one pass, since
// there is no library: text in any code page, tables, footnotes, comments,
// headers; what is hidden is cut and reported.
func readRTF(p *parser, d *Document, data []byte) error {
	r := &rtfReader{docText: newDocText(p, d), data: data, fonts: make(map[int]int), codePage: 1252}
	r.state = rtfState{uc: 1}
	err := r.scan()
	r.flush()
	r.endParagraph()
	if err2 := r.docText.finish(r.footers); err == nil {
		err = err2
	}
	return err
}

// An rtfReader scans one file.
type rtfReader struct {
	*docText
	data  []byte
	pos   int
	state rtfState
	stack []rtfState

	codePage int         // of the file
	fonts    map[int]int // code page of each font
	font     int         // being defined
	colors   []bool      // which are white
	color    int         // components met of the one being defined: sum

	pending []byte // of one code page, not yet decoded
	page    int
	high    rune // first half of a surrogate pair
	skip    int  // characters to leave out after \u

	line    strings.Builder
	cell    strings.Builder
	row     []string
	footers []string
}

// An rtfState is what a group inherits and may change for itself.
type rtfState struct {
	dest    rtfDest
	uc      int
	page    int // code page of the font
	hidden  bool
	white   bool
	shaded  bool
	deleted bool
	table   bool
	start   int // of the line, where a footnote began
	starred bool
}

type rtfDest byte

const (
	rtfText rtfDest = iota
	rtfSkip
	rtfFonts
	rtfColors
	rtfNote
	rtfComment
	rtfHeader
	rtfFooter
)

// rtfDests are the destinations that are more or less than text. Starred ones
// that are not here are skipped.
var rtfDests = map[string]rtfDest{
	"fonttbl": rtfFonts, "colortbl": rtfColors, "footnote": rtfNote, "annotation": rtfComment, "atnid": rtfSkip, "atnauthor": rtfSkip,
	"header": rtfHeader, "headerl": rtfHeader, "headerr": rtfHeader, "headerf": rtfHeader, "footer": rtfFooter, "footerl": rtfFooter, "footerr": rtfFooter, "footerf": rtfFooter,
	"stylesheet": rtfSkip, "info": rtfSkip, "pict": rtfSkip, "nonshppict": rtfSkip, "sn": rtfSkip, "sv": rtfSkip, "xe": rtfSkip, "tc": rtfSkip, "rxe": rtfSkip, "txe": rtfSkip,
	"ftnsep": rtfSkip, "ftnsepc": rtfSkip, "ftncn": rtfSkip, "aftnsep": rtfSkip, "aftnsepc": rtfSkip, "aftncn": rtfSkip, "filetbl": rtfSkip, "nonesttables": rtfSkip, "fldinst": rtfSkip, "objdata": rtfSkip,
	"listtable": rtfSkip, "rsidtbl": rtfSkip, "bkmkstart": rtfSkip, "bkmkend": rtfSkip, "private": rtfSkip,
}

// rtfShown are starred destinations whose text is shown all the same.
var rtfShown = map[string]bool{"shpinst": true, "shptxt": true, "nesttableprops": true, "pntext": true}

func (r *rtfReader) scan() error {
	for steps := 0; r.pos < len(r.data); steps++ {
		if steps%4096 == 0 {
			if err := r.p.err(); err != nil {
				return err
			}
		}
		if r.err != nil {
			return r.err
		}
		c := r.data[r.pos]
		r.pos++
		switch c {
		case '{':
			if len(r.stack) >= maxGroups {
				return unreadable(TooDeep, errors.New("too many groups"))
			}
			r.flush()
			r.stack = append(r.stack, r.state)
			r.skip = 0
		case '}':
			r.endGroup()
		case '\\':
			r.control()
		case '\r', '\n', 0:
		default:
			r.char(c)
		}
	}
	if len(r.stack) > 0 {
		return unreadable(Damaged, errors.New("groups left open"))
	}
	return nil
}

// endGroup ends a group, and the footnote, comment or header that it was.
func (r *rtfReader) endGroup() {
	r.flush()
	n := len(r.stack)
	if n == 0 {
		return
	}
	was := r.state
	r.state = r.stack[n-1]
	r.stack = r.stack[:n-1]
	r.skip = 0
	if was.dest == r.state.dest || was.dest < rtfNote {
		return
	}
	text := r.line.String()
	start := min(was.start, len(text))
	aside := strings.TrimSpace(text[start:])
	r.line.Reset()
	r.line.WriteString(text[:start])
	switch was.dest {
	case rtfNote:
		if len(r.notes) < 10_000 {
			r.notes = append(r.notes, aside)
			r.line.WriteString("[" + strconv.Itoa(len(r.notes)) + "]")
		}
	case rtfComment:
		r.remark("", aside)
	case rtfHeader:
		r.block(aside, paragraph)
	case rtfFooter:
		if len(r.footers) < 50 {
			r.footers = append(r.footers, aside)
		}
	}
}

// control reads a control word or symbol.
func (r *rtfReader) control() {
	word, n, has, symbol := rtfControl(r.data, &r.pos)
	switch {
	case symbol != 0:
		r.symbol(symbol)
	case word != "" && word != "bin":
		r.word(word, n, has)
	}
}

func (r *rtfReader) symbol(c byte) {
	switch c {
	case '\'':
		if c, ok := rtfByte(r.data, &r.pos); ok {
			r.char(c)
		}
	case '*':
		r.state.starred = true
	case '~':
		r.put(" ")
	case '_':
		r.put("-")
	case '\n', '\r':
		r.word("par", 0, false)
	case '\\', '{', '}':
		r.char(c)
	}
}

// rtfChars are control words that stand for characters.
var rtfChars = map[string]string{
	"tab": "\t", "line": "\n", "lquote": "‘", "rquote": "’", "ldblquote": "“", "rdblquote": "”", "endash": "–", "emdash": "—", "bullet": "•",
	"emspace": " ", "enspace": " ", "qmspace": " ", "nestcell": " | ", "nestrow": "\n", "softline": "\n",
}

func (r *rtfReader) word(word string, n int, has bool) {
	on := !has || n != 0
	if dest, ok := rtfDests[word]; ok || r.state.starred {
		r.destination(word, dest, ok)
		return
	}
	if s, ok := rtfChars[word]; ok {
		r.put(s)
		return
	}
	switch word {
	case "u":
		r.unicode(n)
	case "uc":
		r.state.uc = max(0, min(n, 10))
	case "par", "sect":
		r.flush()
		r.endParagraph()
	case "page":
		r.flush()
		if r.state.dest == rtfText && !r.state.table {
			r.endParagraph()
			r.pageBreak(false)
		}
	case "cell", "row":
		r.flush()
		r.tableEnd(word)
	case "pagebb":
		if r.state.dest == rtfText && r.frames[0].Len() > 0 {
			r.pageBreak(true)
		}
	case "pard":
		r.state.table = false
	case "intbl":
		r.state.table = true
	case "plain":
		r.flush()
		r.state.hidden, r.state.white, r.state.shaded, r.state.deleted = false, false, false, false
	case "v":
		r.flush()
		r.state.hidden = on
	case "deleted":
		r.flush()
		if r.state.deleted = on; on {
			r.changed()
		}
	case "cf":
		r.flush()
		r.state.white = n > 0 && n < len(r.colors) && r.colors[n]
	case "highlight", "chcbpat", "cb", "cbpat", "clcbpat":
		r.state.shaded = n > 0
	default:
		r.fontWord(word, n)
	}
}

// fontWord is word for what concerns code pages and colours.
func (r *rtfReader) fontWord(word string, n int) {
	switch word {
	case "ansicpg":
		r.codePage = n
	case "mac":
		r.codePage = 10000
	case "pc":
		r.codePage = 437
	case "pca":
		r.codePage = 850
	case "f":
		r.flush()
		if r.state.dest == rtfFonts {
			r.font = n
		} else {
			r.state.page = r.fonts[n]
		}
	case "fcharset":
		if r.state.dest == rtfFonts && len(r.fonts) < 20_000 {
			r.fonts[r.font] = fontPages[n]
		}
	case "red", "green", "blue":
		r.color += n
	}
}

// fontPages are the code pages of font charsets; 0 is the file's own.
var fontPages = map[int]int{77: 10000, 128: 932, 129: 949, 134: 936, 136: 950, 161: 1253, 162: 1254, 163: 1258, 177: 1255, 178: 1256, 186: 1257, 204: 1251, 222: 874, 238: 1250, 254: 437}

func (r *rtfReader) destination(word string, dest rtfDest, known bool) {
	starred := r.state.starred
	r.state.starred = false
	r.flush()
	switch {
	case r.state.dest == rtfSkip:
	case known:
		r.state.dest, r.state.start = dest, r.line.Len()
	case starred && !rtfShown[word]:
		r.state.dest = rtfSkip
	}
}

// char adds a byte of text in the code page that holds.
func (r *rtfReader) char(c byte) {
	if r.skip > 0 {
		r.skip--
		return
	}
	switch r.state.dest {
	case rtfSkip, rtfFonts:
		return
	case rtfColors:
		if c == ';' {
			r.colors = append(r.colors, r.color >= 3*250)
			r.color = 0
		}
		return
	}
	page := r.state.page
	if page == 0 {
		page = r.codePage
	}
	if page != r.page {
		r.flush()
		r.page = page
	}
	r.pending = append(r.pending, c)
}

func (r *rtfReader) unicode(n int) {
	r.flush()
	if s := rtfRune(n, &r.high); s != "" {
		r.put(s)
	}
	r.skip = r.state.uc
}

// rtfRune returns the character of a \u; high keeps the first half of a pair.
func rtfRune(n int, high *rune) string {
	if n < 0 {
		n += 65536
	}
	first := *high
	*high = 0
	switch c := rune(n); {
	case c >= 0xd800 && c < 0xdc00:
		*high = c
		return ""
	case first != 0 && utf16.IsSurrogate(c):
		return string(utf16.DecodeRune(first, c))
	case c >= 0xf000 && c < 0xf100: // of a symbol font
		return "•"
	default:
		return string(c)
	}
}

// flush decodes the bytes that wait.
func (r *rtfReader) flush() {
	if len(r.pending) == 0 {
		return
	}
	s := codePageText(r.page, r.pending)
	r.pending = r.pending[:0]
	r.put(s)
}

// put adds text to the line, if it is shown.
func (r *rtfReader) put(s string) {
	if len(r.pending) > 0 {
		r.flush()
	}
	switch r.state.dest {
	case rtfSkip, rtfFonts, rtfColors:
		return
	}
	white := r.state.white && !r.state.shaded && !r.state.table
	switch {
	case r.state.deleted:
	case r.state.hidden || white:
		r.docText.text(s, true)
	default:
		r.endHidden()
		if r.size += len(s); r.size > 2*int(r.p.lim.Text) {
			r.err = unreadable(TooBig, errors.New("too much text"))
			return
		}
		r.line.WriteString(s)
	}
}

// endParagraph ends a line. In a footnote or header it goes on.
func (r *rtfReader) endParagraph() {
	switch {
	case r.state.dest >= rtfNote:
		r.line.WriteByte('\n')
	case r.state.table:
		r.cell.WriteString(r.line.String() + "\n")
		r.line.Reset()
	default:
		r.endTable()
		text := strings.TrimSpace(r.line.String())
		kind := paragraph
		if listLine(text) {
			kind = listItem
		}
		r.block(strings.TrimRight(r.line.String(), " \t"), kind)
		r.line.Reset()
	}
}

// listLine reports whether a line begins with a bullet or number and a tab, as
// lists are written in RTF.
func listLine(s string) bool {
	mark, _, ok := strings.Cut(s, "\t")
	return ok && len(mark) > 0 && len(mark) < 12 && !strings.Contains(mark, " ")
}

func (r *rtfReader) tableEnd(word string) {
	if r.state.dest != rtfText {
		r.put(" ")
		return
	}
	r.cell.WriteString(r.line.String())
	r.line.Reset()
	if word == "cell" {
		if len(r.row) < 20_000 {
			r.row = append(r.row, r.cell.String())
		}
		r.cell.Reset()
		return
	}
	r.endTable()
}

// endTable writes the open row.
func (r *rtfReader) endTable() {
	if rest := r.cell.String(); strings.TrimSpace(rest) != "" {
		r.row = append(r.row, rest)
	}
	r.cell.Reset()
	if len(r.row) == 0 {
		return
	}
	line, layout := rowText(r.row)
	if layout {
		for _, c := range r.row {
			r.block(strings.TrimSpace(c), paragraph)
		}
	} else {
		r.block(line, tableRow)
	}
	r.row = nil
}
