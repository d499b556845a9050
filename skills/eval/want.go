package eval

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
	"golang.org/x/text/unicode/norm"

	"amtsbote/skills/check"
	"amtsbote/skills/facts"
)

// A Want is something that an answer has or has not. In a set it is a text, which
// is found in any spelling if it is a fact (amount, date, term, name, file number,
// …) and else without regard to case, quotation marks and line breaks from the
// beginning of a word on; or {literal: …}, {regex: …}, {any: [one of several]}.
type Want struct {
	text    string
	literal string
	regex   *regexp.Regexp
	any     []Want
	line    int
}

// UnmarshalYAML implements yaml.Unmarshaler.
func (w *Want) UnmarshalYAML(n *yaml.Node) error {
	w.line = n.Line
	switch n.Kind {
	case yaml.ScalarNode:
		w.text = strings.TrimSpace(n.Value)
		if plain(w.text) == "" {
			return fmt.Errorf("line %d: nothing to look for", n.Line)
		}
		return nil
	case yaml.MappingNode:
		if len(n.Content) != 2 {
			return fmt.Errorf("line %d: one of literal, regex, any is wanted", n.Line)
		}
	default:
		return fmt.Errorf("line %d: a text is wanted, or one of literal, regex, any", n.Line)
	}
	return w.decode(n.Content[0].Value, n.Content[1])
}

func (w *Want) decode(key string, n *yaml.Node) (err error) {
	switch key {
	case "literal":
		err = n.Decode(&w.literal)
	case "any":
		err = n.Decode(&w.any)
	case "regex":
		var s string
		if err = n.Decode(&s); err == nil && s != "" {
			if w.regex, err = regexp.Compile(s); err != nil {
				return fmt.Errorf("line %d: %w", n.Line, err)
			}
		}
	default:
		return fmt.Errorf("line %d: field %s is none of literal, regex, any", n.Line, key)
	}
	if err == nil && w.literal == "" && w.regex == nil && len(w.any) == 0 {
		return fmt.Errorf("line %d: nothing to look for", n.Line)
	}
	return err
}

// String returns what is wanted as a person reads it.
func (w Want) String() string {
	switch {
	case w.regex != nil:
		return "/" + w.regex.String() + "/"
	case len(w.any) > 0:
		var all []string
		for _, a := range w.any {
			all = append(all, a.String())
		}
		return strings.Join(all, " | ")
	case w.literal != "":
		return w.literal
	}
	return w.text
}

// A heap is a text in which is looked.
type heap struct {
	text   string
	plain  string
	facts  []facts.Fact
	claims *check.Sources
	ref    time.Time
}

func newHeap(text string, ref time.Time) *heap {
	return &heap{text, plain(text), facts.Find(text, ref), check.Read(ref, text), ref}
}

// has reports whether the text has what is wanted.
func (h *heap) has(w Want) bool {
	switch {
	case w.regex != nil:
		return w.regex.MatchString(h.text)
	case w.literal != "":
		return strings.Contains(h.text, w.literal)
	case len(w.any) > 0:
		for _, a := range w.any {
			if h.has(a) {
				return true
			}
		}
		return false
	}
	return h.says(w.text) || h.knows(w.text)
}

// says reports whether a text occurs, beginning where a word begins. A number is
// not found in a longer one.
func (h *heap) says(text string) bool {
	text = plain(text)
	first, _ := utf8.DecodeRuneInString(text)
	last, _ := utf8.DecodeLastRuneInString(text)
	for from := 0; ; {
		i := strings.Index(h.plain[from:], text)
		if i < 0 {
			return false
		}
		start := from + i
		end := start + len(text)
		if !(inWord(first) && joined(h.plain[:start], first)) && !(unicode.IsDigit(last) && goesOn(h.plain[end:])) {
			return true
		}
		from = start + 1
	}
}

func inWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// joined reports whether a word or number that begins with r only goes on one that
// stands before it.
func joined(before string, r rune) bool {
	runes := []rune(tail(before, 8))
	if len(runes) == 0 {
		return false
	}
	last := runes[len(runes)-1]
	if inWord(last) {
		return true
	}
	return unicode.IsDigit(r) && (last == '.' || last == ',') && len(runes) > 1 && unicode.IsDigit(runes[len(runes)-2])
}

// goesOn reports whether a number is followed by more of it.
func goesOn(after string) bool {
	if after == "" {
		return false
	}
	if unicode.IsDigit(rune(after[0])) {
		return true
	}
	return len(after) > 1 && (after[0] == '.' || after[0] == ',') && unicode.IsDigit(rune(after[1]))
}

// tail returns the end of a text, at most n bytes and from the start of a rune.
func tail(s string, n int) string {
	s = s[max(0, len(s)-n):]
	for s != "" && s[0]&0xC0 == 0x80 {
		s = s[1:]
	}
	return s
}

// knows reports whether a text that is a claim of one fact occurs in another
// spelling: what skills/check would find without a source, and does not with this.
func (h *heap) knows(text string) bool {
	whole := func(start, end int) bool { return start == 0 && end == len(text) }
	if claims := check.Read(h.ref).Facts(text); len(claims) == 1 && whole(claims[0].Start, claims[0].End) && len(h.claims.Facts(text)) == 0 {
		return true
	}
	for _, f := range facts.Find(text, h.ref) {
		if whole(f.Start, f.End) && slices.ContainsFunc(h.facts, func(g facts.Fact) bool { return same(f, g) }) {
			return true
		}
	}
	return false
}

// same reports whether two facts say the same. A day is the same as the end of a
// term, a name without its first name as the one with it.
func same(f, g facts.Fact) bool {
	day := func(k facts.Kind) bool { return k == facts.Date || k == facts.Term }
	if f.Kind == facts.Person && g.Kind == facts.Person && strings.HasSuffix(g.Norm, " "+f.Norm) {
		return true
	}
	return f.Norm == g.Norm && (f.Kind == g.Kind || day(f.Kind) && day(g.Kind))
}

var straight = strings.NewReplacer("„", `"`, "“", `"`, "”", `"`, "«", `"`, "»", `"`, "‚", "'", "‘", "'", "’", "'",
	"–", "-", "—", "-", "‑", "-", "−", "-", "**", "", "\u00ad", "", "\u202f", " ", "\u00a0", " ")

// plain returns a text in which only what matters differs.
func plain(s string) string {
	return strings.Join(strings.Fields(strings.ToLower(straight.Replace(norm.NFC.String(s)))), " ")
}
