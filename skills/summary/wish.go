package summary

import (
	"cmp"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"amtsbote/bots"
	"amtsbote/skills/facts"
	"amtsbote/skills/llm"
)

// A wish is how long and in which form a summary is wanted.
type wish struct {
	n      int  // sentences or points
	words  int  // about so many words; then n is only what the built-in engine chooses
	points bool // as a list
	total  bool // n is for all files together, not for each
	// language is the code of the one that was asked for; "": none.
	language string
}

const (
	perPage     = 400 // words of a page
	perSentence = 20  // words of a sentence
	maxItems    = 50  // sentences or points
)

var (
	counted = regexp.MustCompile(`(?i)(\d{1,2}|einem|einen|ein|eine|zwei|drei|vier|fünf|sechs|sieben|acht|neun|zehn|one|two|three|four|five|six|seven|eight|nine|ten)\s+(?:\pL+\s+)?(satz|sätze|sätzen|punkt|punkte|punkten|stichpunkte|stichpunkten|stichworte|stichworten|zeilen|sentence|sentences|point|points|bullet|bullets)\b`)
	worded  = regexp.MustCompile(`(?i)\b(\d{2,4})\s+(?:wörtern?|worte[n]?|words)\b`)
	paged   = regexp.MustCompile(`(?i)\b(?:auf|in|on)\s+(?:about\s+|etwa\s+|ca\. )?(?:(?:einer|eine|one|a|nur)\s+)*(viertel-?\s?|halben?\s+|half\s+(?:a\s+)?|quarter\s+(?:of\s+a\s+)?|zwei\s+|two\s+)?(?:seiten?|pages?)\b(\s+\d)?`)
	shorter = regexp.MustCompile(`(?i)\b(kürzer|ganz kurz|sehr kurz|knapp|knapper|shorter|brief(?:ly)?)\b`)
	longer  = regexp.MustCompile(`(?i)\b(länger|ausführlich\pL*|detailliert\pL*|longer|detailed|in detail)\b`)
	points  = regexp.MustCompile(`(?i)\b(stichpunkt\pL*|punkten?|liste|aufzählung|bullets?|points|list)\b`)
)

var numbers = map[string]int{"ein": 1, "eine": 1, "einem": 1, "einen": 1, "zwei": 2, "drei": 3, "vier": 4, "fünf": 5, "sechs": 6,
	"sieben": 7, "acht": 8, "neun": 9, "zehn": 10, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7,
	"eight": 8, "nine": 9, "ten": 10}

// wishFor reads the wish for a message: what the person writes now changes what
// was wished for the summaries before, so that "kürzer" halves what is there.
func wishFor(t bots.Task, usual int) wish {
	w := wish{n: usual}
	if len(t.Message.Files) == 0 {
		for i := 0; i+1 < len(t.History); i++ {
			switch asked := t.History[i]; {
			case asked.Bot:
			case len(asked.Files) > 0:
				w = wish{n: usual}.with(asked.Text)
			case t.History[i+1].Bot && t.History[i+1].Skill == "summary":
				w = w.with(asked.Text)
			}
		}
	}
	return w.with(t.Text)
}

// with returns the wish changed by what a person writes. Of a text that is material
// nothing is a wish.
func (w wish) with(text string) wish {
	if len(text) >= minText {
		return w
	}
	w.language = cmp.Or(llm.AskedLanguage(text), w.language)
	w.points = w.points || points.MatchString(text)
	if m := worded.FindStringSubmatch(text); m != nil {
		n, _ := strconv.Atoi(m[1])
		return w.of(n)
	}
	if m := counted.FindStringSubmatch(text); m != nil {
		n, ok := numbers[strings.ToLower(m[1])]
		if !ok {
			n, _ = strconv.Atoi(m[1])
		}
		unit := strings.ToLower(m[2])
		return wish{language: w.language, n: min(max(n, 1), maxItems), total: true, points: !strings.HasPrefix(unit, "s") || strings.HasPrefix(unit, "st")}
	}
	if m := paged.FindStringSubmatch(text); m != nil && m[2] == "" { // not "auf Seite 3"
		part := strings.ToLower(m[1])
		switch {
		case strings.HasPrefix(part, "viertel"), strings.HasPrefix(part, "quarter"):
			return w.of(perPage / 4)
		case strings.HasPrefix(part, "halb"), strings.HasPrefix(part, "half"):
			return w.of(perPage / 2)
		case part != "":
			return w.of(2 * perPage)
		}
		return w.of(perPage)
	}
	switch {
	case shorter.MatchString(text):
		w.n, w.words = max(w.n/2, 1), w.words/2
	case longer.MatchString(text):
		w.n, w.words = min(w.n*3, maxItems), w.words*2
	}
	return w
}

// of returns a wish for about so many words.
func (w wish) of(words int) wish {
	return wish{language: w.language, n: min(max(words/perSentence, 1), maxItems), words: words, points: w.points, total: true}
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
	case w.words > 0 && w.points:
		return fmt.Sprintf("etwa %d Wörter, in Stichpunkten", w.words)
	case w.words > 0:
		return fmt.Sprintf("etwa %d Wörter", w.words)
	case w.points && w.n == 1:
		return "genau ein Stichpunkt"
	case w.points:
		return fmt.Sprintf("genau %d Stichpunkte", w.n)
	case w.n == 1:
		return "genau ein Satz"
	}
	return fmt.Sprintf("höchstens %d Sätze", w.n)
}

var bullet = regexp.MustCompile(`(?m)^[ \t]*(?:[-*•]|\d{1,2}[.)])[ \t]+\S`)

// broken says, for the model, how a summary fails the wish; "" if it does not. A
// little more is no reason to wait for another one.
func (w wish) broken(text string) string {
	items, words := len(bullet.FindAllString(text, -1)), len(strings.Fields(text))
	switch {
	case w.words > 0 && words > w.words*3/2:
		return fmt.Sprintf("Verlangt sind %s, es waren %d.", w.German(), words)
	case w.words > 0:
	case w.points && items != w.n:
		return fmt.Sprintf("Verlangt sind %s, es waren %d.", w.German(), items)
	case !w.points && len(facts.Sentences(text)) > w.n+max(w.n/2, 1):
		return fmt.Sprintf("Verlangt: %s. Es waren mehr.", w.German())
	}
	return ""
}
