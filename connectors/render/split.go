package render

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// MinPart is the smallest size in bytes that Split keeps.
const MinPart = 256

// Split cuts a text into parts of at most maxBytes bytes each (of at least
// [MinPart], if maxBytes is less), to be sent one after the other. It cuts
// between blocks where it can, else between list items, table rows, lines,
// sentences, words, and only in the end within one. A code block that fits is
// never cut; the parts of one that does not, and of a table, are blocks again,
// with their fence or head repeated. The same text is always cut alike. An empty
// text has no parts; no part is empty.
func Split(md string, maxBytes int) []string {
	maxBytes = max(maxBytes, MinPart)
	md = strings.Trim(clean(md), "\n")
	if strings.TrimSpace(md) == "" {
		return nil
	}
	var pieces []string
	for _, b := range blocks(md) {
		pieces = append(pieces, b.cut(maxBytes)...)
	}
	parts := pack(pieces, maxBytes, func(s string) int { return len(strings.TrimRight(s, "\n")) })
	for i := range parts {
		parts[i] = strings.Trim(parts[i], "\n")
	}
	return slices.DeleteFunc(parts, func(s string) bool { return strings.TrimSpace(s) == "" })
}

// A block is what lies between two empty lines outside of code, with the empty
// lines after it.
type block struct {
	text  string
	fence string // the line that opens it, of a code block
}

// blocks cuts a text without losing a byte.
func blocks(md string) []block {
	var all []block
	var b block
	start, pos, blank := 0, 0, false
	mark := "" // that closes the open fence
	end := func(at int) {
		if at > start {
			b.text = md[start:at]
			all = append(all, b)
		}
		b, start = block{}, at
	}
	for line := range strings.Lines(md) {
		text := strings.TrimSpace(line)
		switch opened := fence(text); {
		case mark != "":
			if closes(text, mark) {
				end(pos + len(line))
				mark = ""
			}
		case opened != "":
			end(pos)
			mark, b.fence = opened, strings.TrimRight(line, "\n")
		case text != "" && blank:
			end(pos)
		}
		blank = mark == "" && text == ""
		pos += len(line)
	}
	end(pos)
	return all
}

// fence returns the run of marks with which a line opens a code block, or "".
func fence(line string) string {
	for _, c := range []string{"`", "~"} {
		n := len(line) - len(strings.TrimLeft(line, c))
		if n >= 3 && (c == "~" || !strings.Contains(line[n:], "`")) {
			return line[:n]
		}
	}
	return ""
}

// closes reports whether a line closes the code block that mark opened.
func closes(line, mark string) bool {
	return strings.HasPrefix(line, mark) && strings.Trim(line, mark[:1]) == ""
}

// cut cuts a block into pieces of at most n bytes.
func (b block) cut(n int) []string {
	text := strings.TrimRight(b.text, "\n")
	switch head := tableHead(text); {
	case len(text) <= n:
		return []string{text + b.text[len(text):min(len(text)+2, len(b.text))]}
	case b.fence != "" && len(b.fence) < n/4:
		return b.cutCode(n)
	case head != "" && len(head) < n/2:
		return cutTable(text+"\n\n", head, n)
	}
	return append(cutText(text, n, 0), "\n\n")
}

// cutCode cuts a code block at its lines and fences each piece.
func (b block) cutCode(n int) []string {
	indent := b.fence[:len(b.fence)-len(strings.TrimLeft(b.fence, " \t"))]
	mark := fence(strings.TrimSpace(b.fence))
	body := strings.TrimRight(strings.TrimPrefix(strings.TrimPrefix(b.text, b.fence), "\n"), "\n")
	if i := strings.LastIndexByte(body, '\n'); closes(strings.TrimSpace(body[i+1:]), mark) {
		body = body[:max(i, 0)]
	}
	first, last := b.fence+"\n", "\n"+indent+mark+"\n"
	var pieces []string
	for _, s := range cutText(body, n-len(first)-len(last), lineLevel) {
		pieces = append(pieces, first+strings.TrimSuffix(s, "\n")+last)
	}
	return pieces
}

// tableHead returns the first two lines of a table, or "".
func tableHead(s string) string {
	head, rest, _ := strings.Cut(s, "\n")
	rule, _, ok := strings.Cut(rest, "\n")
	if !ok || !strings.Contains(head, "|") || !strings.Contains(rule, "-") || strings.Trim(rule, " |:-\t") != "" {
		return ""
	}
	return head + "\n" + rule + "\n"
}

// cutTable cuts a table at its rows and puts the head before each piece.
func cutTable(s, head string, n int) []string {
	room := n - len(head)
	var pieces []string
	for _, row := range lines(s[len(head):]) {
		if len(row) > room { // no head could precede it
			return cutText(s, n, lineLevel)
		}
	}
	for _, rows := range pack(lines(s[len(head):]), room, strlen) {
		pieces = append(pieces, head+strings.TrimRight(rows, "\n")+"\n\n") // the next head begins a table of its own
	}
	return pieces
}

// levels are the places where a text may be cut, best first.
var levels = []func(string) []string{items, lines, sentences, words, runes}

const lineLevel = 1

// cutText cuts a text into pieces of at most n bytes, at the best level that does.
func cutText(s string, n, level int) []string {
	if len(s) <= n {
		return []string{s}
	}
	var pieces []string
	for _, p := range levels[level](s) {
		if len(p) > n && level < len(levels)-1 {
			pieces = append(pieces, cutText(p, n, level+1)...)
			continue
		}
		pieces = append(pieces, p)
	}
	return pack(pieces, n, strlen)
}

// pack joins neighbours as long as they fit into n bytes; size says what the
// last of them counts.
func pack(pieces []string, n int, size func(string) int) []string {
	var packed []string
	for i := 0; i < len(pieces); {
		sum, j := len(pieces[i]), i+1
		for j < len(pieces) && sum+size(pieces[j]) <= n {
			sum += len(pieces[j])
			j++
		}
		packed = append(packed, strings.Join(pieces[i:j], ""))
		i = j
	}
	return packed
}

func strlen(s string) int { return len(s) }

func lines(s string) []string { return slices.Collect(strings.Lines(s)) }

// items cuts before each line that begins a list item at the margin.
func items(s string) []string {
	var found []string
	start, pos := 0, 0
	for line := range strings.Lines(s) {
		mark := strings.TrimLeft(line, "0123456789")
		if pos > start && (hasAny(line, "- ", "* ", "+ ") || len(mark) < len(line) && hasAny(mark, ". ", ") ")) {
			found = append(found, s[start:pos])
			start = pos
		}
		pos += len(line)
	}
	return append(found, s[start:])
}

func hasAny(s string, prefixes ...string) bool {
	return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(s, p) })
}

// sentences cuts after ". ", "! " and "? ", which is good enough for a place to
// cut: a date or an abbreviation cut in two stays readable.
func sentences(s string) []string {
	return after(s, func(i int) bool {
		return s[i] == ' ' && i > 0 && strings.IndexByte(".!?", s[i-1]) >= 0
	})
}

func words(s string) []string { return after(s, func(i int) bool { return s[i] == ' ' }) }

func runes(s string) []string {
	return after(s, func(i int) bool { return i+1 == len(s) || utf8.RuneStart(s[i+1]) })
}

// after cuts after each byte for which is reports true.
func after(s string, is func(int) bool) []string {
	var found []string
	start := 0
	for i := range len(s) {
		if is(i) {
			found = append(found, s[start:i+1])
			start = i + 1
		}
	}
	if start < len(s) {
		found = append(found, s[start:])
	}
	return found
}
