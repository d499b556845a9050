package teams

import "strings"

// settled returns what of a text that is being written stays as it is: whole
// lines and sentences, without the table or the code at its end.
func settled(md string) string {
	if len(md) > maxStreamed {
		return ""
	}
	begin, fence := 0, "" // of the last block
	pos := 0
	for line := range strings.Lines(md) {
		text := strings.TrimSpace(line)
		mark := text[:len(text)-len(strings.TrimLeft(text, "`~"))]
		switch {
		case fence != "":
			if len(mark) >= len(fence) && mark[0] == fence[0] && text == mark && strings.HasSuffix(line, "\n") {
				fence, begin = "", pos+len(line)
			}
		case len(mark) >= 3:
			fence, begin = mark, pos
		case text == "":
			begin = pos + len(line)
		}
		pos += len(line)
	}
	block := md[begin:]
	if fence != "" || strings.Contains(block, "|") {
		return md[:begin]
	}
	for end := len(block); end > 0; {
		end = lastEnd(block[:end])
		if balanced(block[:end]) {
			return md[:begin+end]
		}
		end--
	}
	return md[:begin]
}

// lastEnd returns where the last line or sentence of a text ends, 0 if none does. A
// number with a dot ends none, nor does anything in the line of a heading.
func lastEnd(s string) int {
	line := strings.LastIndexByte(s, '\n') + 1
	if strings.HasPrefix(strings.TrimLeft(s[line:], " "), "#") {
		return line
	}
	for i := len(s) - 1; i > line; i-- {
		if s[i] == ' ' && strings.IndexByte(".!?:", s[i-1]) >= 0 && (i < 2 || s[i-2] < '0' || s[i-2] > '9') {
			return i
		}
	}
	return line
}

// balanced reports whether all marks in a text are closed, as far as that can be
// told in a moment. A mistake costs the person a moment, too: nothing more is shown
// until the answer is there.
func balanced(s string) bool {
	for _, mark := range []string{"*", "_", "`"} {
		if strings.Count(s, mark)%2 > 0 {
			return false
		}
	}
	return strings.Count(s, "**")%2 == 0 && strings.Count(s, "[") == strings.Count(s, "]") && strings.Count(s, "<") == strings.Count(s, ">")
}
