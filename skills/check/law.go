package check

import (
	"slices"
	"strings"
)

// A section is one section of a law as a text cites it.
type section struct {
	number string   // "§ 70", "Art. 6"
	parts  []string // "Abs. 1", "Satz 2"
	law    string   // "VwGO"; "" if it is not named
}

// joiners are what stands between citations and say nothing.
var joiners = strings.NewReplacer(",", "", "i. V. m.", "")

// sections takes the normal form of a citation apart: of "§§ 187, 188 BGB" both
// have the law.
func sections(norm string) []section {
	words := strings.Fields(joiners.Replace(norm))
	var all []section
	named := 0 // sections before this one have their law
	for i := 0; i < len(words); i++ {
		w := words[i]
		switch {
		case w == "§" || w == "§§" || w == "Art.":
			if i+1 < len(words) {
				i++
				all = append(all, section{number: sign(w) + words[i]})
			}
		case w == "und" || w == "oder" || w == "bis" || w == "sowie" || w == "f." || w == "ff.":
		case w == "Abs." || w == "Satz" || w == "Nr." || w == "lit." || w == "Hs." || w == "Alt." || w == "UAbs." || w == "Anlage":
			if i+1 < len(words) && len(all) > 0 {
				i++
				last := &all[len(all)-1]
				last.parts = append(last.parts, w+" "+words[i])
			}
		case isDigit(w[0]) && len(all) > 0:
			last := all[len(all)-1]
			if n := len(last.parts); n > 0 { // "Abs. 1 und 2"
				kind, _, _ := strings.Cut(last.parts[n-1], " ")
				all[len(all)-1].parts = append(last.parts, kind+" "+w)
				continue
			}
			sgn, _, _ := strings.Cut(last.number, " ")
			all = append(all, section{number: sgn + " " + w})
		default:
			law := strings.Join(words[i:], " ")
			if k := strings.IndexAny(law, "§"); k > 0 {
				law = strings.TrimSpace(law[:k])
			}
			i += len(strings.Fields(law)) - 1
			for ; named < len(all); named++ {
				all[named].law = law
			}
		}
	}
	return all
}

func sign(w string) string {
	if w == "§§" {
		return "§ "
	}
	return w + " "
}

// hasLaw reports whether the sources cite every section of a citation, with all
// of its parts in their order. They may cite it more exactly.
func (s *Sources) hasLaw(norm string) bool {
	all := sections(norm)
	for _, x := range all {
		if !slices.ContainsFunc(s.laws[x.number], x.within) {
			return false
		}
	}
	return len(all) > 0
}

func (x section) within(y section) bool {
	// "§ 5 der Satzung" may stand in the statute itself as "§ 5".
	if x.law != "" && x.law != y.law && (y.law != "" || !strings.HasPrefix(x.law, "de")) {
		return false
	}
	i := 0
	for _, p := range y.parts {
		if i < len(x.parts) && x.parts[i] == p {
			i++
		}
	}
	// The heading of a section does not name its parts.
	return i == len(x.parts) || y.law == "" && len(y.parts) == 0
}
