package letter

import (
	"slices"
	"strings"

	"amtsbote/skills/document"
	"amtsbote/skills/letter/quote"
)

// trim parts the body of a text from its signature and leaves out what programs
// added.
func trim(text string) (body, signature string) {
	p := quote.Trim(text)
	return p.Body, p.Signature
}

// signed takes the author's own name at the end of a body for the signature where
// no closing phrase stands before it.
func signed(from []document.Address, text string) (body, signature string) {
	body, signature = trim(text)
	if signature != "" || len(from) == 0 {
		return body, signature
	}
	name := parsePerson(from[0].Name)
	if name.Name == "" || name.Company {
		return body, signature
	}
	lines := strings.Split(body, "\n")
	for i := len(lines) - 1; i > 0 && i >= len(lines)-6; i-- {
		if signs(lines[i], name) {
			return quote.Tidy(strings.Join(lines[:i], "\n")), quote.Tidy(strings.Join(lines[i:], "\n"))
		}
	}
	return body, signature
}

// signs says whether a line is a name as its bearer signs it: in full, with a title
// or without, or by some of its words ("Petra", "Rosa Engel" of Rosa Engel-Wiese).
func signs(line string, name Person) bool {
	line = strings.Trim(strings.TrimPrefix(strings.TrimSpace(line), "gez."), " *_,")
	if line == "" || len(line) >= 80 {
		return false
	}
	if p := parsePerson(line); p.Last != "" && strings.EqualFold(p.Last, name.Last) && (p.First == "" || strings.EqualFold(p.First, name.First)) {
		return true
	}
	all, words := nameWords(name.Name), nameWords(line)
	for _, w := range words {
		if !slices.ContainsFunc(all, func(x string) bool { return strings.EqualFold(x, w) || initial(w, x) }) {
			return false
		}
	}
	return len(words) > 0
}

// initial says whether a word is the first letter of a name with a full stop.
func initial(w, name string) bool {
	r := []rune(w)
	return len(r) == 2 && r[1] == '.' && strings.HasPrefix(strings.ToLower(name), strings.ToLower(string(r[:1])))
}

func nameWords(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == '-' })
}

// noteOf returns what a colleague wrote above the first quote and what below or
// between quotes, without signatures.
func noteOf(from []document.Address, top quote.Block) (above, below string) {
	above, _ = signed(from, top.Above)
	below, _ = signed(from, strings.TrimPrefix(top.Text, top.Above))
	return above, below
}

func has(list, from []document.Address) bool {
	for _, a := range list {
		if len(from) > 0 && a.Email != "" && strings.EqualFold(a.Email, from[0].Email) {
			return true
		}
	}
	return false
}

// sameAuthor says whether two heads name the same author: by address, or by name
// where one of them lacks an address, as Outlook often writes.
func sameAuthor(a, b []document.Address) bool {
	if len(a) == 0 || len(b) == 0 {
		return false
	}
	if a[0].Email != "" && b[0].Email != "" {
		return strings.EqualFold(a[0].Email, b[0].Email)
	}
	return sameName(a[0].Name, b[0].Name)
}

// sameName compares names as programs write them: "Lindner, Petra" is "Petra
// Lindner".
func sameName(a, b string) bool {
	if a == "" || b == "" {
		return false
	}
	if strings.EqualFold(a, b) {
		return true
	}
	p, q := parsePerson(a), parsePerson(b)
	return p.Last != "" && p.First != "" && strings.EqualFold(p.Last, q.Last) && strings.EqualFold(p.First, q.First)
}

// holds says whether an author is in a list, by address or by name.
func holds(list, from []document.Address) bool {
	return has(list, from) || len(from) > 0 && named(list, from[0].Name)
}

func named(list []document.Address, name string) bool {
	for _, a := range list {
		if sameName(a.Name, name) {
			return true
		}
	}
	return false
}
