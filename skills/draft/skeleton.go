package draft

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"amtsbote/skills/document"
	"amtsbote/skills/letter"
)

// gap marks what a person has to write. Markers are neutral: one that is sent by
// mistake embarrasses but reveals nothing.
func gap(what string) string { return "**[bitte ergänzen: " + what + "]**" }

// skeleton writes the middle part without a model: each request with its gap,
// files that could not be opened or were not there, what comes next.
func skeleton(l *letter.Letter, p phrases) string {
	var parts []string
	if len(asked(l)) > 0 {
		parts = append(parts, requests(l, p))
	} else {
		parts = append(parts, gap("Antwort"))
	}
	if about := enclosures(l, p); about != "" {
		parts = append(parts, about)
	}
	if len(asked(l)) > 0 && !onlyConfirms(l) {
		parts = append(parts, gap("weiteres Vorgehen"))
	}
	return strings.Join(parts, "\n\n")
}

// asked are the requests that a reply has to answer one by one; that an answer is
// expected goes without saying.
func asked(l *letter.Letter) []letter.Request {
	var out []letter.Request
	for _, r := range l.Requests {
		if !r.Reply {
			out = append(out, r)
		}
	}
	return out
}

func onlyConfirms(l *letter.Letter) bool {
	for _, r := range asked(l) {
		if !r.Confirm {
			return false
		}
	}
	return l.Kind != letter.KindObjection
}

func requests(l *letter.Letter, p phrases) string {
	head, list := p.concernsN, asked(l)
	if len(list) == 1 {
		head = p.concernsOne
	}
	items := []string{head}
	for i, r := range list {
		title, answer := title(r, p), gap("Antwort")
		switch {
		case r.Confirm:
			answer = p.confirmed
		case i == 0 && (l.Kind == letter.KindObjection || l.Kind == letter.KindApplication):
			answer = gap("Sachstand oder Antwort")
		}
		if len(list) > 1 {
			title = strconv.Itoa(i+1) + ". " + title
		}
		items = append(items, title+"\n"+answer)
	}
	return strings.Join(items, "\n\n")
}

// title is a request's heading where its pattern is known, else a quote: never a
// paraphrase.
func title(r letter.Request, p phrases) string {
	switch {
	case p.language == "en" && r.Confirm:
		return "Confirmation of receipt"
	case r.Heading != "" && p.language == "de":
		return r.Heading
	case r.Question:
		return fmt.Sprintf(p.ask, r.Quote)
	}
	return fmt.Sprintf(p.write, r.Quote)
}

var copyNoun = regexp.MustCompile(`^(?:Kopie|Abschrift|Ablichtung) (?:des|der|vom|von|meine[rs]|unsere[rs]) `)

var possessive = strings.NewReplacer(" meiner ", " Ihrer ", " meines ", " Ihres ", " unserer ", " Ihrer ", " unseres ", " Ihres ")

// enclosures says which files could not be opened or were not there. What only
// this office could not read (a scan without text recognition) is for the brief.
func enclosures(l *letter.Letter, p phrases) string {
	var lines []string
	for _, f := range own(l.Files) {
		if f.Reason == nil || f.Doc != nil {
			continue
		}
		switch f.Reason.Code {
		case document.Password, document.Encrypted, document.Damaged:
			lines = append(lines, fmt.Sprintf(p.unopened, f.Name)+" "+gap("sicherer Weg zum Nachreichen, oder Absatz streichen"))
		}
	}
	for _, m := range l.Missing {
		var s string
		switch {
		case m.Name == "":
			s = p.missingAll
		case copyNoun.MatchString(m.Name):
			s = fmt.Sprintf(p.missing, possessive.Replace(m.Name))
		default:
			s = fmt.Sprintf(p.missingFile, m.Name)
		}
		lines = append(lines, s+" "+gap("Nachreichen erbeten, oder Absatz streichen"))
	}
	return strings.Join(lines, "\n")
}

func sameDay(a, b time.Time) bool {
	return a.Year() == b.Year() && a.YearDay() == b.YearDay()
}
