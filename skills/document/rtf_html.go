package document

import (
	"bytes"
	"strconv"
	"strings"
)

// rtfSource tells what an RTF body was made of: "html" or "text" if Exchange
// wrapped such a body into RTF (MS-OXRTFEX), else "".
func rtfSource(data []byte) string {
	head := data[:min(len(data), 4096)]
	switch {
	case bytes.Contains(head, []byte(`\fromhtml1`)):
		return "html"
	case bytes.Contains(head, []byte(`\fromtext`)):
		return "text"
	}
	return ""
}

// An rtfUnwrap takes the HTML or the text out of RTF that was wrapped around it:
// what stands in \htmltag and outside of everything counts, what stands between
// \htmlrtf and \htmlrtf0 is for programs that read RTF only.
type rtfUnwrap struct {
	data []byte
	pos  int
	out  strings.Builder

	wrap     wrapState
	stack    []wrapState
	fonts    map[int]int // code pages
	font     int         // being defined
	codePage int
	page     int // of the pending bytes
	pending  []byte
	skip     int // characters to leave out after \u
	high     rune
}

// A wrapState is what a group inherits.
type wrapState struct {
	drop    bool // a destination that is none of the text
	rtf     bool // between \htmlrtf and \htmlrtf0
	tag     bool // in \htmltag
	fonts   bool // in the font table
	starred bool
	uc      int
	page    int
}

// unwrapRTF returns the source that is wrapped into RTF. It takes one pass; what
// is broken ends where it breaks.
func unwrapRTF(p *parser, data []byte) string {
	u := &rtfUnwrap{data: data, codePage: 1252, fonts: make(map[int]int), wrap: wrapState{uc: 1}}
	for steps := 0; u.pos < len(u.data); steps++ {
		if steps%4096 == 0 && p.err() != nil {
			break
		}
		c := u.data[u.pos]
		u.pos++
		switch c {
		case '{':
			u.flush()
			if len(u.stack) >= maxGroups {
				return u.out.String()
			}
			u.stack = append(u.stack, u.wrap)
			u.skip = 0
		case '}':
			u.flush()
			if n := len(u.stack); n > 0 {
				u.wrap = u.stack[n-1]
				u.stack = u.stack[:n-1]
			}
			u.skip = 0
		case '\\':
			u.control()
		case '\r', '\n', 0:
		default:
			u.char(c)
		}
	}
	u.flush()
	return u.out.String()
}

// control reads a control word or symbol.
func (u *rtfUnwrap) control() {
	word, n, has, symbol := rtfControl(u.data, &u.pos)
	switch symbol {
	case 0:
		u.word(word, n, has)
	case '\'':
		if c, ok := rtfByte(u.data, &u.pos); ok {
			u.char(c)
		}
	case '*':
		u.wrap.starred = true
	case '\\', '{', '}':
		u.char(symbol)
	case '~':
		u.put("\u00a0")
	case '_':
		u.put("-")
	}
}

// rtfByte reads the two hexadecimal digits of a character behind \'.
func rtfByte(data []byte, pos *int) (byte, bool) {
	if *pos+2 > len(data) {
		return 0, false
	}
	hi, lo := unhex(data[*pos]), unhex(data[*pos+1])
	if hi < 0 || lo < 0 {
		return 0, false
	}
	*pos += 2
	return byte(hi<<4 | lo), true
}

// rtfControl reads what follows a backslash: a word with its number, or a symbol.
func rtfControl(data []byte, pos *int) (word string, n int, has bool, symbol byte) {
	i := *pos
	if i >= len(data) {
		return "", 0, false, 0
	}
	if c := data[i]; c|0x20 < 'a' || c|0x20 > 'z' {
		*pos = i + 1
		return "", 0, false, c
	}
	start := i
	for i < len(data) && data[i]|0x20 >= 'a' && data[i]|0x20 <= 'z' && i-start < 40 {
		i++
	}
	word = string(data[start:i])
	start = i
	if i < len(data) && data[i] == '-' {
		i++
	}
	for i < len(data) && data[i] >= '0' && data[i] <= '9' && i-start < 11 {
		i++
	}
	n, err := strconv.Atoi(string(data[start:i]))
	if i < len(data) && data[i] == ' ' {
		i++
	}
	if word == "bin" {
		i = min(len(data), i+max(n, 0))
	}
	*pos = i
	return word, n, err == nil, 0
}

func (u *rtfUnwrap) word(word string, n int, has bool) {
	starred := u.wrap.starred
	u.wrap.starred = false
	switch word {
	case "":
	case "htmltag", "mhtmltag":
		u.flush()
		if u.wrap.tag = word == "htmltag"; !u.wrap.tag {
			u.wrap.drop = true // the same tag as it was before it was sent
		}
	case "htmlrtf":
		u.flush()
		u.wrap.rtf = !has || n != 0
	case "fonttbl":
		u.wrap.fonts, u.wrap.drop = true, true
	case "colortbl", "stylesheet", "info", "pict", "objdata", "fldinst":
		u.wrap.drop = true
	case "ansicpg":
		u.codePage = n
	case "f", "fcharset":
		u.fontWord(word, n)
	case "uc":
		u.wrap.uc = max(0, min(n, 10))
	case "u":
		u.flush()
		if s := rtfRune(n, &u.high); s != "" {
			u.put(s)
		}
		u.skip = u.wrap.uc
	case "par", "line":
		u.put("\r\n")
	case "tab", "lquote", "rquote", "ldblquote", "rdblquote", "endash", "emdash", "bullet", "emspace", "enspace":
		u.put(rtfChars[word])
	default:
		u.wrap.drop = u.wrap.drop || starred
	}
}

func (u *rtfUnwrap) fontWord(word string, n int) {
	switch {
	case word == "f" && u.wrap.fonts:
		u.font = n
	case word == "f":
		u.flush()
		u.wrap.page = u.fonts[n]
	case u.wrap.fonts && len(u.fonts) < 20_000:
		u.fonts[u.font] = fontPages[n]
	}
}

func (u *rtfUnwrap) char(c byte) {
	if u.skip > 0 {
		u.skip--
		return
	}
	if u.silent() {
		return
	}
	page := u.wrap.page
	if page == 0 || u.wrap.tag {
		page = u.codePage
	}
	if page != u.page {
		u.flush()
		u.page = page
	}
	u.pending = append(u.pending, c)
}

func (u *rtfUnwrap) silent() bool { return u.wrap.drop || u.wrap.rtf && !u.wrap.tag }

func (u *rtfUnwrap) flush() {
	if len(u.pending) > 0 {
		u.out.WriteString(codePageText(u.page, u.pending))
		u.pending = u.pending[:0]
	}
}

func (u *rtfUnwrap) put(s string) {
	u.flush()
	if !u.silent() {
		u.out.WriteString(s)
	}
}
