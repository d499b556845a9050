package document

import (
	"slices"
	"strconv"
	"strings"
)

// A typed value is a field such as Content-Type: a word and parameters, names
// in lower case, values decoded by RFC 2231 and RFC 2047, raw bytes as well.
type typedValue struct {
	value  string // in lower case
	params map[string]string
}

// parseTyped reads such a field as it comes: names unquoted though they have
// spaces, in any charset, in pieces. mime.ParseMediaType refuses all of it for
// one mistake.
func parseTyped(raw string) typedValue {
	head, rest, _ := strings.Cut(raw, ";")
	t := typedValue{value: strings.ToLower(strings.TrimSpace(head))}
	if i := strings.IndexAny(t.value, " \t("); i >= 0 {
		t.value = t.value[:i]
	}
	var pieces []piece
	for n := 0; rest != "" && n < 200; n++ {
		var name, value string
		name, value, rest = cutParam(rest)
		if name == "" {
			continue
		}
		if t.params == nil {
			t.params = make(map[string]string)
		}
		if base, p, ok := splitPiece(name, value); ok {
			p.name = base
			pieces = append(pieces, p)
		} else if _, have := t.params[name]; !have {
			t.params[name] = decodeWords(value)
		}
	}
	slices.SortStableFunc(pieces, func(a, b piece) int { return a.n - b.n })
	for _, p := range pieces {
		t.params[p.name] = "" // what is extended or in pieces wins over what is plain
	}
	for len(pieces) > 0 {
		name := pieces[0].name
		t.params[name] = joinPieces(pieces, name)
		pieces = slices.DeleteFunc(pieces, func(p piece) bool { return p.name == name })
	}
	return t
}

// A piece is one of name*0*=…, name*1=…, name*=…
type piece struct {
	name, value string
	n           int
	encoded     bool
}

func splitPiece(name, value string) (base string, p piece, ok bool) {
	base, suffix, ok := strings.Cut(name, "*")
	if !ok {
		return "", p, false
	}
	suffix, p.encoded = strings.CutSuffix(suffix, "*")
	p.value = value
	if suffix == "" {
		p.encoded = true
		return base, p, true
	}
	n, err := strconv.Atoi(suffix)
	p.n = n
	return base, p, err == nil
}

func joinPieces(pieces []piece, name string) string {
	var data []byte
	charset := ""
	for _, p := range pieces {
		if p.name != name {
			continue
		}
		v := p.value
		if p.encoded {
			if cs, rest, ok := strings.Cut(v, "'"); ok && p.n == 0 {
				_, v, _ = strings.Cut(rest, "'")
				charset = cs
			}
			v = string(unescape(v, '%'))
		}
		data = append(data, v...)
	}
	s := toUTF8(data, charset)
	if strings.Contains(s, "=?") {
		return decodeWords(s)
	}
	return s
}

// cutParam returns the first parameter of s and what follows it.
func cutParam(s string) (name, value, rest string) {
	s = strings.TrimLeft(s, "; \t")
	i := strings.IndexAny(s, "=;")
	if i < 0 {
		return "", "", ""
	}
	if s[i] == ';' {
		return "", "", s[i+1:]
	}
	name = strings.ToLower(strings.TrimSpace(s[:i]))
	s = strings.TrimLeft(s[i+1:], " \t")
	if !strings.HasPrefix(s, `"`) {
		value, rest, _ = strings.Cut(s, ";")
		return name, strings.TrimSpace(value), rest
	}
	var b strings.Builder
	for i = 1; i < len(s) && s[i] != '"'; i++ {
		// Only quotes are escaped in practice; a backslash may as well be part of a path.
		if s[i] == '\\' && i+1 < len(s) && (s[i+1] == '"' || s[i+1] == '\\') {
			i++
		}
		b.WriteByte(s[i])
	}
	_, rest, _ = strings.Cut(s[min(i+1, len(s)):], ";")
	return name, b.String(), rest
}

const maxAddresses = 1000

// parseAddresses reads the addresses of a field, as far as there are any:
// groups are opened, semicolons separate as commas do, names may be raw, quoted,
// encoded or in comments, brackets may be missing.
func parseAddresses(raw string) []Address {
	var out []Address
	for _, item := range splitAddresses(plainWords(raw)) {
		a := parseAddress(item, true)
		if a != (Address{}) && len(out) < maxAddresses {
			out = append(out, a)
		}
	}
	return out
}

func splitAddresses(s string) []string {
	quotes := strings.Count(s, `"`)-strings.Count(s, `\"`) > 0
	if (strings.Count(s, `"`)-strings.Count(s, `\"`))%2 != 0 {
		quotes = false // one is open; take it for a letter
	}
	var items []string
	lastClose := strings.LastIndexByte(s, ')')
	start, depth := 0, 0
	quoted, angle, at := false, false, false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\':
			i++
		case c == '"' && quotes && depth == 0:
			quoted = !quoted
		case quoted:
		case c == '(':
			depth++
		case c == ')' && depth > 0:
			depth--
		case depth > 0 && i < lastClose: // in a comment; one that never ends is none
			i += strings.IndexAny(s[i:], "()") - 1
		case c == '<':
			angle = true
		case c == '>':
			angle = false
		case c == '@':
			at = true
		case c == ':' && !angle && !at:
			start = i + 1 // the name of a group
		case c == ';' || c == ',' && !angle:
			items = append(items, s[start:i])
			start, at, angle = i+1, false, false
		}
		if len(items) > maxAddresses {
			return items
		}
	}
	return append(items, s[start:])
}

func parseAddress(s string, again bool) Address {
	s = strings.TrimSpace(s)
	if again && !strings.Contains(s, "@") && strings.Contains(s, "=?") {
		// A name and an address, encoded in one.
		if all := decodeWords(s); strings.Contains(all, "@") {
			return parseAddress(all, false)
		}
	}
	open, end := strings.LastIndexByte(s, '<'), len(s)
	if open >= 0 {
		if i := strings.IndexByte(s[open:], '>'); i >= 0 {
			end = open + i
		}
		return Address{Name: displayName(s[:open]), Email: cleanEmail(s[open+1 : end])}
	}
	name, email := "", ""
	rest, comment, _ := strings.Cut(s, "(")
	words := strings.Fields(rest)
	for i, w := range words {
		if strings.Contains(w, "@") {
			email = cleanEmail(w)
			name = strings.Join(slices.Delete(words, i, i+1), " ")
			break
		}
	}
	switch {
	case email == "":
		return Address{Name: displayName(s)}
	case name == "":
		name = strings.TrimSuffix(strings.TrimSpace(comment), ")")
	}
	return Address{Name: displayName(name), Email: email}
}

var unescapeQuoted = strings.NewReplacer(`\"`, `"`, `\\`, `\`)

func displayName(s string) string {
	s = strings.TrimSpace(s)
	if len(s) > 1 && s[0] == '"' && s[len(s)-1] == '"' {
		s = s[1 : len(s)-1]
	}
	s = unescapeQuoted.Replace(s)
	s = oneLine(decodeWords(s))
	for _, q := range []string{`"`, "'"} {
		if len(s) > 1 && strings.HasPrefix(s, q) && strings.HasSuffix(s, q) {
			s = strings.TrimSpace(s[1 : len(s)-1])
		}
	}
	return cut(s, 300)
}

func cleanEmail(s string) string {
	s = strings.Trim(strings.TrimSpace(s), `<>"',;`)
	if len(s) > 7 && strings.EqualFold(s[:7], "mailto:") {
		s = s[7:]
	}
	return cut(strings.Join(strings.Fields(oneLine(s)), ""), 320)
}
