package check

import (
	"math"
	"strings"
	"unicode/utf8"

	"amtsbote/skills/facts"
)

// maxNear is for how many findings the closest thing of the sources is looked up.
const maxNear = 100

// near returns what of the sources is closest to a finding, or "".
func (s *Sources) near(f Finding) string {
	switch f.Kind {
	case Quote:
		return s.nearQuote(f.Text)
	case facts.Amount:
		if n := s.computed(f.Text); n != "" {
			return n
		}
	case facts.Date:
		if n := s.nearDay(f.Text); n != "" {
			return n
		}
	case facts.Person:
		for _, w := range nameWords(f.Text) {
			if n := s.similarName(strings.ToLower(w)); n != "" {
				return n
			}
		}
	}
	best, limit := "", max(2, utf8.RuneCountInString(f.Text)*2/3)
	low := strings.ToLower(f.Text)
	for _, v := range s.shown[f.Kind] {
		if d := distance(strings.ToLower(v.text), low, limit); d < limit {
			best, limit = v.text, d
		}
	}
	if best == "" && f.Kind == facts.Amount {
		best = s.nearAmount(f.Text)
	}
	return strings.Join(strings.Fields(best), " ")
}

// nearAmount returns the amount that is least far off in proportion.
func (s *Sources) nearAmount(text string) string {
	found := facts.Find(text, s.ref)
	if len(found) == 0 || found[0].Cents <= 0 {
		return ""
	}
	best, least := "", 0.0
	for _, v := range s.shown[facts.Amount] {
		if v.n <= 0 {
			continue
		}
		if d := math.Abs(math.Log(float64(v.n) / float64(found[0].Cents))); best == "" || d < least {
			best, least = v.text, d
		}
	}
	return best
}

// computed says which two amounts of the sources make up another.
func (s *Sources) computed(text string) string {
	found := facts.Find(text, s.ref)
	if len(found) != 1 || found[0].Kind != facts.Amount {
		return ""
	}
	want := found[0].Cents
	by := map[int64]string{}
	for _, v := range s.shown[facts.Amount] {
		if x, ok := by[want-v.n]; ok {
			return "Summe aus " + x + " und " + v.text
		}
		if x, ok := by[v.n+want]; ok {
			return "Differenz aus " + x + " und " + v.text
		}
		if x, ok := by[v.n-want]; ok {
			return "Differenz aus " + v.text + " und " + x
		}
		by[v.n] = v.text
	}
	return ""
}

// nearDay returns the date that is least far from the one of text.
func (s *Sources) nearDay(text string) string {
	found := facts.Find(text, s.ref)
	if len(found) == 0 || found[0].Date.IsZero() {
		return ""
	}
	best, least := "", 0.0
	for _, v := range s.shown[facts.Date] {
		if v.date.IsZero() {
			continue
		}
		if d := v.date.Sub(found[0].Date).Abs().Hours(); best == "" || d < least {
			best, least = v.text, d
		}
	}
	return strings.Join(strings.Fields(best), " ")
}

// nearQuote returns the passage of the sources that begins like a quote.
func (s *Sources) nearQuote(text string) string {
	words := strings.Fields(strings.Trim(plain(text), "\" "))
	for n := min(len(words)-1, 8); n >= 2; n-- {
		at := find(s.plain, strings.Join(words[:n], " "), 0)
		if at < 0 {
			continue
		}
		passage := strings.Fields(s.plain[at:min(len(s.plain), at+len(text)+100)])
		return "„" + strings.TrimRight(strings.Join(passage[:min(len(passage), len(words))], " "), ".,;:\"") + "“"
	}
	return ""
}

// distance is how many letters have to be put in, taken out or changed to make
// one of a and b of the other; more than limit is limit+1.
func distance(a, b string, limit int) int {
	x, y := []rune(a), []rune(b)
	if len(x) > 100 || len(y) > 100 || len(x)-len(y) > limit || len(y)-len(x) > limit {
		return limit + 1
	}
	row := make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i := range x {
		diagonal, least := row[0], i+1
		row[0] = i + 1
		for j := range y {
			d := diagonal
			if x[i] != y[j] {
				d = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], d
			least = min(least, d)
		}
		if least > limit {
			return limit + 1
		}
	}
	return row[len(y)]
}
