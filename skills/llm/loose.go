package llm

import (
	"regexp"
	"slices"
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"

	"amtsbote/skills/personal"
)

// Here is what is replaced on suspicion, beyond what package personal finds: to
// replace too much costs a little of the answer's quality, as it is put back; to
// replace too little cannot be undone.
var (
	// handles are addresses of mail and Matrix in any form, and mentions.
	handles = regexp.MustCompile(`[^\s<>()\[\]{}"'„“,;|]*@[\p{L}\p{N}][^\s<>()\[\]{}"'„“,;|]*`)
	// addressed are words behind Frau and Herr that package personal took for none.
	addressed = regexp.MustCompile(`(?:^|[^\p{L}])(?:Frau|Herrn?|Fräulein|Familie|Eheleute|Mrs|Mr|Ms|Miss)\.?[ \x{a0}]+(?:(?:Dr|Prof)\.[ \x{a0}]*)*(\p{Lu}[\p{L}'’-]+(?: \p{Lu}[\p{L}'’-]+)?)`)
	numbers   = regexp.MustCompile(`\d+(?:[ /-]\d+)*`)
	isDate    = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}$|^\d{4}[/-]\d{4}$|^\d{1,3}(?: \d{3})+$|^(?:(?:19|20)\d\d[ /-]?)+$`)
	isMoney   = regexp.MustCompile(`^(?:,\d\d)?[ \x{a0}]?(?:€|EUR|Euro|euro|TEUR|Mio)`)
)

// loose returns what looks like personal data outside the spans.
func loose(text string, taken []span) []personal.Finding {
	var all []personal.Finding
	add := func(k personal.Kind, start, end int) {
		i := sort.Search(len(taken), func(i int) bool { return taken[i].end > start })
		if i < len(taken) && taken[i].start < end {
			return
		}
		f := personal.Finding{Kind: k, Start: start, End: end, Text: text[start:end], Norm: strings.ToLower(text[start:end])}
		if k == personal.Person {
			f.Norm = " " + f.Norm
		}
		all = append(all, f)
	}
	for _, at := range handles.FindAllStringIndex(text, -1) {
		add(personal.Email, at[0], at[0]+len(strings.TrimRight(text[at[0]:at[1]], ".:!?*_")))
	}
	for _, at := range addressed.FindAllStringSubmatchIndex(text, -1) {
		add(personal.Person, at[2], at[3])
	}
	for _, at := range numbers.FindAllStringIndex(text, -1) {
		start := at[0]
		for _, part := range groups(text[at[0]:at[1]]) {
			if lengthy(part, text[start+len(part):]) {
				add(number, start, start+len(part))
			}
			start += len(part) + 1
		}
	}
	slices.SortFunc(all, func(a, b personal.Finding) int { return a.Start - b.Start })
	last := 0
	return slices.DeleteFunc(all, func(f personal.Finding) bool {
		if f.Start < last {
			return true
		}
		last = f.End
		return false
	})
}

// groups cuts figures at blanks where they are parted by other marks too.
func groups(s string) []string {
	if strings.Contains(s, " ") && strings.ContainsAny(s, "/-") {
		return strings.Split(s, " ")
	}
	return []string{s}
}

// lengthy reports whether figures may be somebody's number: seven or more in a row, or
// nine in groups, that are no date, no amount, no years.
func lengthy(s, behind string) bool {
	figures, short := 0, false
	for group := range strings.FieldsFuncSeq(s, func(r rune) bool { return !unicode.IsDigit(r) }) {
		figures += len(group)
		short = short || len(group) < 2
	}
	one := figures == len(s)
	return (one && figures >= 7 || !one && figures >= 9 && !short) && !isDate.MatchString(s) && !isMoney.MatchString(behind)
}

// inPaths adds names that stand in small letters in names of files, links and the
// like, where package personal does not look: "antrag_kaya.pdf".
func (m *mask) inPaths(text string, spots []spot, byName map[string]*value, known map[string]bool) ([]spot, error) {
	if len(byName)+len(known) == 0 {
		return spots, nil
	}
	var more []spot
	k := 0
	for at := 0; at < len(text); {
		end := at + until(text[at:], unicode.IsSpace)
		if word := text[at:end]; strings.ContainsAny(word, "_/.-\\@") {
			for start := at; start < end; {
				size := until(text[start:end], func(r rune) bool { return !unicode.IsLetter(r) })
				low := strings.ToLower(text[start : start+size])
				v := byName[low]
				for k < len(spots) && spots[k].end <= start {
					k++
				}
				free := k == len(spots) || spots[k].start >= start+size
				if size >= minPath && (v != nil || known[low]) && free && !m.ours(text, start, start+size) {
					if v == nil {
						var err error
						if v, err = m.value(personal.Finding{Kind: personal.Person, Norm: " " + low}); err != nil {
							return nil, err
						}
					}
					more = append(more, spot{start, start + size, v, whole, text[start : start+size]})
				}
				start += size
				_, n := utf8.DecodeRuneInString(text[start:])
				start += n
				if start >= end {
					break
				}
			}
		}
		_, n := utf8.DecodeRuneInString(text[end:])
		at = end + max(n, 1)
	}
	if len(more) == 0 {
		return spots, nil
	}
	spots = append(spots, more...)
	slices.SortFunc(spots, func(a, b spot) int { return a.start - b.start })
	return spots, nil
}

// until returns where in a text the first character of a kind is, or its length.
func until(text string, is func(rune) bool) int {
	if i := strings.IndexFunc(text, is); i >= 0 {
		return i
	}
	return len(text)
}

// minPath is how many bytes a name must have to be looked for in paths.
const minPath = 4

// ours reports whether the letters there are the word of a placeholder.
func (m *mask) ours(text string, start, end int) bool {
	for p := range placeholders(text[start:min(len(text), end+6)]) {
		if p.start == 0 && m.values[p.n] != nil {
			return true
		}
	}
	return false
}

// byName returns who is called what, in small letters, where only one is.
func byName(spots [][]spot) map[string]*value {
	names := map[string]*value{}
	for _, of := range spots {
		for _, s := range of {
			if s.value.kind != personal.Person || s.part != whole {
				continue
			}
			for word := range strings.FieldsSeq(strings.ToLower(s.form)) {
				for _, form := range []string{word, umlauts.Replace(word)} {
					if len(form) >= minPath && names[form] == nil {
						names[form] = s.value
					}
				}
			}
		}
	}
	return names
}

var umlauts = strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "ß", "ss")
