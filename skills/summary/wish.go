package summary

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// A wish is how long and in which form a summary is wanted.
type wish struct {
	n      int  // sentences or points
	points bool // as a list
	page   bool // about a page
	total  bool // n is for all files together, not for each
}

var (
	counted = regexp.MustCompile(`(?i)(\d{1,2}|einem|einen|ein|eine|zwei|drei|vier|fünf|sechs|sieben|acht|neun|zehn|one|two|three|four|five|six|seven|eight|nine|ten)\s+(?:\pL+\s+)?(satz|sätze|sätzen|punkt|punkte|punkten|stichpunkte|stichpunkten|stichworte|stichworten|zeilen|sentence|sentences|point|points|bullet|bullets)\b`)
	onePage = regexp.MustCompile(`(?i)\b(eine[r]? (?:halben )?seite|one page|a page|half a page)\b`)
	shorter = regexp.MustCompile(`(?i)\b(kürzer|ganz kurz|sehr kurz|knapp|shorter|brief(?:ly)?)\b`)
	longer  = regexp.MustCompile(`(?i)\b(länger|ausführlich\pL*|detailliert\pL*|longer|detailed|in detail)\b`)
	points  = regexp.MustCompile(`(?i)\b(stichpunkt\pL*|punkten?|liste|aufzählung|bullets?|points|list)\b`)
)

var numbers = map[string]int{"ein": 1, "eine": 1, "einem": 1, "einen": 1, "zwei": 2, "drei": 3, "vier": 4, "fünf": 5, "sechs": 6,
	"sieben": 7, "acht": 8, "neun": 9, "zehn": 10, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7,
	"eight": 8, "nine": 9, "ten": 10}

// wishOf reads the wish from what the person wrote; usual is what is given to
// somebody who says nothing.
func wishOf(text string, usual int) wish {
	w := wish{n: usual, points: points.MatchString(text)}
	switch m := counted.FindStringSubmatch(text); {
	case m != nil:
		n, ok := numbers[strings.ToLower(m[1])]
		if !ok {
			n, _ = strconv.Atoi(m[1])
		}
		w.n, w.total = min(max(n, 1), 50), true
		w.points = !strings.HasPrefix(strings.ToLower(m[2]), "s") || strings.HasPrefix(strings.ToLower(m[2]), "st")
	case onePage.MatchString(text):
		w.n, w.page, w.total = 20, true, true
	case shorter.MatchString(text):
		w.n = max(usual/2, 1)
	case longer.MatchString(text):
		w.n = usual * 3
	}
	return w
}

// share is how many sentences the file with index i of several gets: one at least.
func (w wish) share(i, files int) int {
	if !w.total || files < 2 {
		return w.n
	}
	n := w.n / files
	if i < w.n%files {
		n++
	}
	return max(n, 1)
}

// German says the wish in the words of the instructions.
func (w wish) German() string {
	switch {
	case w.page:
		return "etwa eine Seite, in Absätzen"
	case w.points:
		return fmt.Sprintf("genau %d Stichpunkte", w.n)
	case w.n == 1:
		return "genau ein Satz"
	}
	return fmt.Sprintf("höchstens %d Sätze", w.n)
}
