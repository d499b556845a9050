package llm

import (
	"encoding/json"
	"strings"
)

// thoughts are the marks that reasoning models put around their thoughts.
var thoughts = [...][2]string{
	{"<think>", "</think>"},
	{"<thinking>", "</thinking>"},
	{"[THINK]", "[/THINK]"},
}

const space = " \n\r\t"

// An answer grows as a model writes it and shows only what is meant for people.
type answer struct {
	b      strings.Builder
	from   int    // where the visible text begins, once plain
	plain  bool   // what comes is meant for people
	end    string // the mark that ends the thoughts that are being written
	looked int    // up to where it was looked for
}

// add appends a piece and reports whether there is more to see than before.
func (a *answer) add(piece string) bool {
	a.b.WriteString(piece)
	if !a.plain {
		a.decide()
	}
	return a.plain && a.b.Len() > a.from
}

// decide finds out where the text for people begins, if it has begun. Each byte
// is looked at once, however long the thoughts are.
func (a *answer) decide() {
	s := a.b.String()
	if a.end == "" {
		start := strings.TrimLeft(s, space)
		if start == "" {
			return
		}
		for _, mark := range thoughts {
			if strings.HasPrefix(start, mark[0]) {
				a.end, a.looked = mark[1], len(s)-len(start)
			} else if strings.HasPrefix(mark[0], start) {
				return // may become one
			}
		}
		if a.end == "" {
			a.plain, a.from = true, len(s)-len(start)
			return
		}
	}
	i := strings.Index(s[a.looked:], a.end)
	if i < 0 {
		a.looked = max(a.looked, len(s)-len(a.end))
		return
	}
	after := s[a.looked+i+len(a.end):]
	if text := strings.TrimLeft(after, space); text != "" {
		a.plain, a.from = true, len(s)-len(text)
	} else {
		a.looked += i // find it again with the next piece
	}
}

// text returns what is meant for people so far.
func (a *answer) text() string {
	if !a.plain {
		return ""
	}
	return a.b.String()[a.from:]
}

// whole returns the text of an answer that has ended. Thoughts without their
// opening mark are cut only here, where all is there: some servers put that mark
// into the prompt.
func (a *answer) whole() string {
	s := a.text()
	for _, mark := range thoughts {
		if before, rest, ok := strings.Cut(s, mark[1]); ok && !strings.Contains(before, mark[0]) {
			s = rest
			break
		}
	}
	return strings.Trim(s, space)
}

// object returns the JSON object that an answer consists of, without the fence
// and the sentence that small models like to put around it.
func object(answer string) (string, bool) {
	from, to := strings.IndexByte(answer, '{'), strings.LastIndexByte(answer, '}')
	if from < 0 || to < from {
		return "", false
	}
	s := answer[from : to+1]
	return s, json.Valid([]byte(s))
}
