package llm

import (
	"regexp"
	"slices"
	"strconv"

	"amtsbote/bots"
)

// Given says which pages of a file a model was given.
type Given struct {
	Name  string
	Pages []int
}

// reference is how an answer names a place: "(Bescheid.pdf, S. 3)", "(S. 3, 5)",
// "(Bescheid.pdf)".
var reference = regexp.MustCompile(`\s?\((?:(?:([^()\n]{1,200}?),? )?(?:S\.|p\.|Seite|Seiten|page|pages) ?(\d{1,5}(?:(?:, S\. |, |,| ?– ?|-| und | and )\d{1,5})*)|([^()\n]{1,200}))\)`)

var digits = regexp.MustCompile(`\d+`)

// KeepReferences returns a model's answer without the references to files and
// pages that it was not given, and a source for each of the others. It reports
// whether something was removed. Where no file was given, nothing is: a page may
// be that of a book.
func KeepReferences(answer string, given []Given) (string, []bots.Source, bool) {
	var sources []bots.Source
	removed := false
	answer = reference.ReplaceAllStringFunc(answer, func(ref string) string {
		m := reference.FindStringSubmatch(ref)
		name, pages := m[1]+m[3], m[2]
		i := slices.IndexFunc(given, func(g Given) bool { return g.Name == name })
		if name == "" && len(given) == 1 {
			i = 0
		}
		switch {
		case i < 0 && (pages == "" || len(given) == 0):
			return ref // something in brackets
		case i < 0:
			removed = true
			return ""
		case pages == "":
			sources = cite(sources, given[i].Name, 0)
			return ref
		}
		var numbers []int
		for _, d := range digits.FindAllString(pages, -1) {
			n, _ := strconv.Atoi(d)
			if !slices.Contains(given[i].Pages, n) {
				removed = true
				return ""
			}
			numbers = append(numbers, n)
		}
		for _, n := range numbers {
			sources = cite(sources, given[i].Name, n)
		}
		return ref
	})
	return answer, sources, removed
}

// cite adds a source unless it is there.
func cite(all []bots.Source, name string, page int) []bots.Source {
	for _, s := range all {
		if s.File == name && s.Page == page {
			return all
		}
	}
	return append(all, bots.Source{N: len(all) + 1, File: name, Page: page})
}
