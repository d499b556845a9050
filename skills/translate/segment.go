package translate

import (
	"regexp"
	"strconv"
	"strings"

	"amtsbote/skills/llm"
)

// Segments are the paragraphs of a text; each has its counterpart in the
// translation. A prompt shows each behind its number, and the answer must repeat
// the numbers: so a paragraph that a model leaves out is noticed.
//
//	⟦S1⟧
//	Sehr geehrte Frau Kaya,
//	⟦S2⟧
//	Ihr Antrag vom ⟦1⟧3. November⟦/1⟧ …
//
// ⟦1⟧ and ⟦/1⟧ are formatting of the document (bold, a field) that goes with the
// words. Texts cannot have these brackets of their own: they are mathematical, and
// are replaced where they occur.

var brackets = strings.NewReplacer("⟦", "[[", "⟧", "]]")

// segments cuts a text into its paragraphs. together has what stands between them.
func segments(text string) (all []string) {
	for p := range strings.SplitSeq(strings.ReplaceAll(text, "\r\n", "\n"), "\n\n") {
		if p = strings.Trim(p, "\n"); strings.TrimSpace(p) != "" {
			all = append(all, brackets.Replace(p))
		}
	}
	return all
}

// worth reports whether a segment has words to translate: at least two letters in
// a row that are not part of an address, a number or a link.
func worth(s string) bool {
	for w := range strings.FieldsSeq(inline.ReplaceAllString(s, "")) {
		if !strings.ContainsAny(w, "@/0123456789") && letters.MatchString(w) {
			return true
		}
	}
	return false
}

var (
	letters = regexp.MustCompile(`\pL{2}|\p{Han}`)
	mark    = regexp.MustCompile(`⟦\s*[Ss]\s*(\d{1,6})\s*⟧[ \t]*\n?`)
	inline  = regexp.MustCompile(`⟦(/?)(\d{1,6})⟧`)
	fenced  = regexp.MustCompile(`(?m)^<<<(?:DATA|END)[^\n]*>>>[ \t]*\n?`)
)

// A batch is segments that one request translates.
type batch struct {
	at   int // number of the first, from 0
	segs []string
}

// batches groups segments in their order, each group of at most room tokens.
func batches(segs []string, room int) (all []batch) {
	size := 0
	for i, s := range segs {
		n := llm.Tokens(s) + markTokens
		if last := len(all) - 1; last >= 0 && size+n <= room {
			all[last].segs = append(all[last].segs, s)
			size += n
			continue
		}
		all, size = append(all, batch{i, []string{s}}), n
	}
	return all
}

const markTokens = 10

// write returns segments as a prompt shows them, numbered from 1.
func write(segs []string) string {
	var b strings.Builder
	for i, s := range segs {
		b.WriteString("⟦S" + strconv.Itoa(i+1) + "⟧\n" + s + "\n")
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// read takes an answer apart into the translations of n segments; one that is
// missing, empty or there twice is "". Of a cut answer the last one is not whole.
func read(answer string, n int, cut bool) []string {
	out := make([]string, n)
	answer = fenced.ReplaceAllString(answer, "")
	at := mark.FindAllStringSubmatchIndex(answer, -1)
	if len(at) == 0 && n == 1 && !cut {
		out[0] = strings.TrimSpace(answer) // asked alone, a model leaves the number out
		return out
	}
	seen := map[int]bool{}
	for i, m := range at {
		k, _ := strconv.Atoi(answer[m[2]:m[3]])
		end := len(answer)
		if i+1 < len(at) {
			end = at[i+1][0]
		}
		if k < 1 || k > n || cut && i+1 == len(at) {
			continue
		}
		out[k-1] = strings.TrimSpace(answer[m[1]:end])
		if seen[k] {
			out[k-1] = ""
		}
		seen[k] = true
	}
	return out
}

// sameMarks reports whether a translation has the formatting of its source: every
// mark once, each closed after it was opened and inside the one around it.
func sameMarks(source, text string) bool {
	want, got := inline.FindAllStringSubmatch(source, -1), inline.FindAllStringSubmatch(text, -1)
	if len(want) != len(got) || strings.Count(text, "⟦")+strings.Count(text, "⟧") != 2*len(got) {
		return false
	}
	missing := map[string]bool{}
	for _, m := range want {
		missing[m[0]] = true
	}
	var open []string
	for _, m := range got {
		if !missing[m[0]] {
			return false
		}
		delete(missing, m[0])
		switch {
		case m[1] == "" && missing["⟦/"+m[2]+"⟧"]:
			open = append(open, m[2])
		case m[1] == "": // stands alone: a field, a picture
		case len(open) == 0 || open[len(open)-1] != m[2]:
			return false
		default:
			open = open[:len(open)-1]
		}
	}
	return true
}

// bare returns a segment without marks.
func bare(s string) string { return inline.ReplaceAllString(s, "") }
