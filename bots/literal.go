package bots

import "strings"

// Literal returns a text of one line as CommonMark that shows it as it is: names of
// files and quotes from letters must become neither emphasis nor links nor pictures.
// White space is collapsed. In a cell of a table its "|" has to be escaped as well.
func Literal(s string) string {
	var b strings.Builder
	s = strings.Join(strings.Fields(s), " ")
	for i := range len(s) {
		switch c := s[i]; c {
		case '\\', '`', '*', '[', ']', '<', '~':
			b.WriteByte('\\')
		case '_':
			if i == 0 || i+1 == len(s) || !wordByte(s[i-1]) || !wordByte(s[i+1]) {
				b.WriteByte('\\')
			}
		case '&':
			if strings.IndexByte(s[i:], ';') > 0 {
				b.WriteByte('\\') // &lt; is no entity here
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

func wordByte(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

// Quoted returns a text as a quote of each language, literally. German quotes
// within become single ones.
func Quoted(s string) Text {
	s = Literal(s)
	return Text{DE: "„" + inner.Replace(s) + "“", EN: "“" + s + "”"}
}

var inner = strings.NewReplacer("„", "‚", "“", "‘")
