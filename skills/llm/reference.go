package llm

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"amtsbote/bots"
)

// Given says which pages of a file a model was given.
type Given struct {
	Name  string
	Pages []int
	// Paragraphs are those that can be referred to in a file without pages, by their
	// number, with the words that they begin with.
	Paragraphs map[int]string
}

// reference is how an answer names a place: "(Bescheid.pdf, S. 3)", "(S. 3, 5)",
// "(Abs. 12)", "(Bescheid.pdf)".
var reference = regexp.MustCompile(`\s?\((?:(?:([^()\n]{1,200}?),? )?(S\.|p\.|Seite|Seiten|page|pages|Abs\.|Absatz|Absätze|para\.|paras\.|paragraph) ?(\d{1,5}(?:(?:, (?:S|Abs|p)\. |, |,| ?– ?|-| und | and )\d{1,5})*)|([^()\n]{1,200}))\)`)

var digits = regexp.MustCompile(`\d+`)

// KeepReferences returns a model's answer without the references to files and
// pages that it was not given, and a source for each of the others. It reports
// whether something was removed. Where no file was given, nothing is: a page may
// be that of a book.
func KeepReferences(answer string, given []Given) (string, []bots.Source, bool) {
	var sources []bots.Source
	removed := false
	answer = round(answer, given)
	answer = reference.ReplaceAllStringFunc(answer, func(ref string) string {
		m := reference.FindStringSubmatch(ref)
		name, pages := m[1]+m[4], m[3]
		paragraph := strings.HasPrefix(strings.ToLower(m[2]), "abs") || strings.HasPrefix(m[2], "para")
		i := slices.IndexFunc(given, func(g Given) bool { return g.Name == name })
		if name == "" && len(given) == 1 {
			i = 0
		}
		switch {
		case i < 0 && (pages == "" || len(given) == 0 || paragraph && name != ""), i >= 0 && paragraph && len(given[i].Paragraphs) == 0:
			return ref // something in brackets, such as a law
		case i < 0:
			removed = true
			return ""
		case pages == "":
			sources = cite(sources, bots.Source{File: given[i].Name})
			return ref
		}
		var numbers []int
		for _, d := range digits.FindAllString(pages, -1) {
			n, _ := strconv.Atoi(d)
			_, known := given[i].Paragraphs[n]
			if paragraph && !known || !paragraph && !slices.Contains(given[i].Pages, n) {
				removed = true
				return ""
			}
			numbers = append(numbers, n)
		}
		for _, n := range numbers {
			if paragraph {
				sources = cite(sources, bots.Source{File: given[i].Name, Quote: given[i].Paragraphs[n]})
			} else {
				sources = cite(sources, bots.Source{File: given[i].Name, Page: n})
			}
		}
		return ref
	})
	return answer, sources, removed
}

// square is a reference as the marks before pages show it: "[S. 3]".
var square = regexp.MustCompile(`\[((?:[^\[\]()\n]{1,200}, )?(?:S|Abs)\. ?\d{1,5}(?:(?:, (?:S|Abs)\. |, |,| ?– ?|-| und )\d{1,5})*|[^\[\]()\n]{1,200})\]`)

// round puts references that a model wrote like the marks into round brackets: else
// nobody would hold them against what was given.
func round(answer string, given []Given) string {
	var b strings.Builder
	from := 0
	for _, m := range square.FindAllStringSubmatchIndex(answer, -1) {
		inner := answer[m[2]:m[3]]
		file := slices.ContainsFunc(given, func(g Given) bool { return g.Name == inner })
		if len(given) == 0 || strings.HasPrefix(answer[m[1]:], "(") || !file && !numbered.MatchString(inner) {
			continue // a link, or something else in brackets
		}
		b.WriteString(answer[from:m[0]] + "(" + inner + ")")
		from = m[1]
	}
	return b.String() + answer[from:]
}

// numbered finds the place in a mark.
var numbered = regexp.MustCompile(`(?:^|, )(?:S|Abs)\. ?\d`)

// cite adds a source unless it is there.
func cite(all []bots.Source, source bots.Source) []bots.Source {
	for _, s := range all {
		if s.File == source.File && s.Page == source.Page && s.Quote == source.Quote {
			return all
		}
	}
	source.N = len(all) + 1
	return append(all, source)
}
