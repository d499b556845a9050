package material

import (
	"strings"
	"unicode/utf8"
)

// maxHead is how many bytes a wish above a text has at most.
const maxHead = 300

// Divide parts a message into a wish and the text below it: behind a line, or
// behind a colon that is not one of a time or an address, where wish says that what
// stands before is one. Else all of it is the wish.
func Divide(s string, wish func(head string) bool) (says, text string) {
	s = strings.TrimSpace(s)
	for _, at := range []int{strings.IndexByte(s, '\n'), colon(s)} {
		if at < 0 || at > maxHead {
			continue
		}
		if head, rest := strings.TrimSpace(s[:at]), strings.TrimSpace(s[at+1:]); rest != "" && wish(head) {
			return strings.TrimRight(head, ": "), rest
		}
	}
	return s, ""
}

// colon returns where the first colon stands that a text may follow, or -1.
func colon(s string) int {
	for at := 0; ; at++ {
		i := strings.IndexByte(s[at:], ':')
		if i < 0 {
			return -1
		}
		at += i
		next, _ := utf8.DecodeRuneInString(s[at+1:])
		if (next < '0' || next > '9') && next != '/' {
			return at
		}
	}
}
