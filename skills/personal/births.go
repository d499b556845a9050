package personal

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"amtsbote/skills/facts"
)

// noDay has package facts find no dates without a year.
var noDay time.Time

const (
	months   = `(?:Januar|Jänner|Februar|März|April|Mai|Juni|Juli|August|September|Oktober|November|Dezember|January|February|March|May|June|July|October|December|Jan\.?|Feb\.?|Mrz\.?|Apr\.?|Aug\.?|Sep\.?|Sept\.?|Okt\.?|Oct\.?|Nov\.?|Dez\.?|Dec\.?)`
	dateText = `(\d{1,2}\. ?\d{1,2}\. ?(?:\d{4}|\d{2})|\d{4}-\d{2}-\d{2}|\d{1,2}[/-]\d{1,2}[/-]\d{4}|\d{1,2}\.? ` + months + ` \d{4}|` + months + ` \d{1,2},? \d{4})`
)

var (
	bornBefore = regexp.MustCompile(`^(?:(?i:geb(?:oren(?:e[rns]?)?|\.|\b)|geb\.?-?dat\pL*|geburtsdat\pL*|geburtstag|date of birth|dob\b|born\b|birth\w*)|\*)[ \t]*(?i:am|on|the|war|ist|is)?[ \t]*[:|=]?[ \t]*\n?[ \t]*(?:den )?` + dateText)
	bornAfter  = regexp.MustCompile(dateText + `(?:,? (?:in|zu) [A-ZÄÖÜ]\pL+)? ?$`)
	anyDate    = regexp.MustCompile(dateText)
	bornHead   = regexp.MustCompile(`(?i)^(?:geb\.?|geburtsdatum|geburtstag|geboren(?: am)?|geb\.?-?datum|geb\. am|date of birth|dob)$`)
	nameDate   = regexp.MustCompile(`^, (?:\* ?)?` + dateText)
)

// births takes dates that a word or the head of a column makes a day of birth.
func (s *scan) births() {
	for i := range len(s.text) {
		if !bornWord(s.text[i:]) {
			continue
		}
		if m := bornBefore.FindStringSubmatchIndex(s.text[i:min(len(s.text), i+80)]); m != nil {
			s.birth(i+m[2], i+m[3], true)
			continue
		}
		from := max(0, i-60)
		if m := bornAfter.FindStringSubmatchIndex(s.text[from:i]); m != nil {
			s.birth(from+m[2], from+m[3], true)
		}
	}
	s.columns(bornHead, func(start, end int) {
		if m := anyDate.FindStringIndex(s.text[start:end]); m != nil {
			s.birth(start+m[0], start+m[1], true)
		}
	})
}

// namedBirths takes a date of the past behind a name and a comma.
func (s *scan) namedBirths() {
	for _, f := range s.found {
		if f.Kind != Person {
			continue
		}
		if m := nameDate.FindStringSubmatchIndex(s.text[f.End:min(len(s.text), f.End+40)]); m != nil {
			if norm := dateNorm(s.text[f.End+m[2] : f.End+m[3]]); norm < "2021" {
				s.birth(f.End+m[2], f.End+m[3], false)
			}
		}
	}
}

// bornWord reports whether a word begins there that makes a date a day of birth.
func bornWord(rest string) bool {
	switch rest[0] {
	case '*':
		return true
	case 'g', 'G', 'b', 'B', 'd', 'D':
		for _, w := range []string{"geb", "born", "birth", "dob", "date of birth"} {
			if len(rest) >= len(w) && strings.EqualFold(rest[:len(w)], w) {
				return true
			}
		}
	}
	return false
}

func (s *scan) birth(start, end int, sure bool) {
	s.add(Birth, start, end, dateNorm(s.text[start:end]), sure)
}

// sameBirths takes the days of birth also where they stand without a cue word.
func (s *scan) sameBirths(same map[string]bool) {
	if len(same) == 0 {
		return
	}
	for _, f := range s.facts {
		if f.Kind == facts.Date && same[f.Norm] {
			s.add(Birth, f.Start, f.End, f.Norm, true)
		}
	}
}

// columns calls do for the cells below a head that matches, in tables as package
// document writes them.
func (s *scan) columns(head *regexp.Regexp, do func(start, end int)) {
	want := map[int]bool{}
	for start := 0; start < len(s.text); {
		row := line(s.text[start:])
		at := start
		start += len(row) + 1
		if !strings.Contains(row, " | ") {
			clear(want)
			continue
		}
		cells := strings.Split(row, " | ")
		found := false
		for i, cell := range cells {
			if len(cell) < 40 && head.MatchString(strings.TrimSpace(cell)) {
				if !found {
					clear(want)
				}
				want[i], found = true, true
			}
		}
		for i, cell := range cells {
			if !found && want[i] {
				do(at, at+len(cell))
			}
			at += len(cell) + 3
		}
	}
}

func line(text string) string {
	if i := strings.IndexByte(text, '\n'); i >= 0 {
		return text[:i]
	}
	return text
}

// dateNorm returns a date as package facts does, or without blanks if it is none.
func dateNorm(text string) string {
	for _, f := range facts.Find(text, noDay) {
		if f.Kind == facts.Date {
			return f.Norm
		}
	}
	parts := strings.FieldsFunc(text, func(r rune) bool { return r < '0' || r > '9' })
	if len(parts) == 3 {
		d, _ := strconv.Atoi(parts[0])
		m, _ := strconv.Atoi(parts[1])
		y, _ := strconv.Atoi(parts[2])
		if len(parts[2]) == 2 {
			if y += 2000; y > 2025 {
				y -= 100
			}
		}
		if m > 12 {
			d, m = m, d
		}
		return fmt.Sprintf("%04d-%02d-%02d", y, m, d)
	}
	return strings.Join(strings.Fields(text), "")
}
