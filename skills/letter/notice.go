package letter

import (
	"strings"
	"time"

	"amtsbote/skills/document"
	"amtsbote/skills/facts"
	"amtsbote/skills/lazy"
	"amtsbote/skills/letter/quote"
)

// maxLook is how many bytes of a page or body are searched for cues.
const maxLook = 100_000

var (
	decision     = lazy.New(`(?i)\b\pL*(?:bescheid|verfügung|verwaltungsakt)\pL{0,2}\b`)
	dated        = lazy.New(`(?i)\bvom\s*(?:\pL+,? (?:den|dem) )?$`)
	instructions = lazy.New(`(?i)rechts(?:behelfs|mittel)belehrung`)
	formal       = lazy.New(`(?i)postzustellungsurkunde|förmlich\pL* zu(?:ge|zu)stell|zustellungsurkunde|gegen empfangsbekenntnis|übergabe-?einschreiben|per einschreiben`)
	posted       = lazy.New(`(?i)(?:zur post (?:gegeben|aufgegeben)|aufgabe zur post|abgesandt|postausgang)`)
	reached      = lazy.New(`(?i)(?:zugegangen|zuging|ging mir|ging uns|\berhalten\b|\berhielt|\bbekommen\b|zugestellt|\bbekam\b|im briefkasten|bei mir ein(?:gegangen)?|received|reached me)`)
	dateLine     = lazy.New(`(?i)(?:\bdatum:?|\bden|,)\s*$`)
)

// findNotice finds the decision that the letter is about: its day in the letter,
// else on the first page of the file that holds it.
func (l *Letter) findNotice(ref time.Time) {
	text := quote.Clip(l.Body, maxLook)
	for _, f := range l.Facts {
		if f.Kind != facts.Date || f.End > len(text) {
			continue
		}
		before := text[max(0, f.Start-120):f.Start]
		before = before[strings.LastIndexAny(before, "!?\n")+1:]
		if all := decision.FindAllStringIndex(before, -1); len(all) > 0 && dated.MatchString(before) {
			l.Notice.Date = f.Date
			break
		}
	}
	for _, f := range l.Files {
		if f.Loose || f.Doc == nil || f.Doc.Mail != nil || len(f.Doc.Pages) == 0 {
			continue
		}
		first := quote.Clip(f.Doc.Pages[0].Text, maxLook)
		page := 0
		for _, p := range f.Doc.Pages {
			if instructions.MatchString(p.Text) {
				page = p.N
				break
			}
		}
		if page == 0 && !decision.MatchString(f.Name) && !decision.MatchString(quote.Clip(first, 1500)) {
			continue
		}
		day := fileDate(first, ref)
		if !l.Notice.Date.IsZero() && !day.IsZero() && !day.Equal(l.Notice.Date) && page == 0 {
			continue // another notice
		}
		l.Notice.File, l.Notice.Instructions = f.Name, page
		if l.Notice.Date.IsZero() {
			l.Notice.Date = day
		}
		if page > 0 {
			return
		}
	}
}

// fileDate returns the day of a letter by its date line: the first date of the
// page that stands behind "Datum:" or a town, else zero.
func fileDate(page string, ref time.Time) time.Time {
	for _, f := range facts.Find(quote.Clip(page, 4000), ref) {
		if f.Kind != facts.Date {
			continue
		}
		line := page[strings.LastIndexByte(page[:f.Start], '\n')+1 : f.Start]
		if strings.TrimSpace(line) == "" || dateLine.MatchString(line) {
			return f.Date
		}
	}
	return time.Time{}
}

// claimed returns the day on which the author says to have received the notice.
func (l *Letter) claimed() (day time.Time) {
	for _, span := range facts.Sentences(quote.Clip(l.Body, maxLook)) {
		s := l.Body[span.Start:span.End]
		if !reached.MatchString(s) {
			continue
		}
		for _, f := range l.Facts {
			if f.Kind == facts.Date && f.Start >= span.Start && f.End <= span.End && !f.Date.Equal(l.Notice.Date) {
				day = f.Date
			}
		}
		if !day.IsZero() {
			return day
		}
	}
	return day
}

// postedOn returns the day of posting if a file names it.
func (l *Letter) postedOn(ref time.Time) (time.Time, document.Text) {
	for _, f := range l.Files {
		if f.Doc == nil || f.Name != l.Notice.File {
			continue
		}
		for _, p := range f.Doc.Pages {
			text := quote.Clip(p.Text, maxLook)
			for _, at := range posted.FindAllStringIndex(text, 5) {
				start := max(0, at[0]-60)
				for start > 0 && text[start]&0xC0 == 0x80 {
					start--
				}
				for _, d := range facts.Find(quote.Clip(text[start:], at[1]-start+60), ref) {
					if d.Kind == facts.Date {
						return d.Date, pageOf(f.Doc, p.N, "", "")
					}
				}
			}
		}
	}
	return time.Time{}, document.Text{}
}

// served says whether the notice was served formally, so that no day of receipt
// is presumed.
func (l *Letter) served() bool {
	if formal.MatchString(quote.Clip(l.Body, maxLook)) {
		return true
	}
	for _, f := range l.Files {
		if f.Doc != nil && f.Name == l.Notice.File {
			for _, p := range f.Doc.Pages {
				if formal.MatchString(quote.Clip(p.Text, maxLook)) {
					return true
				}
			}
		}
	}
	return false
}

// numbers lists reference numbers: of the subject, of the letter, of the notice.
func (l *Letter) numbers(ref time.Time) {
	seen := map[string]bool{}
	add := func(fs []facts.Fact) {
		for _, f := range fs {
			if f.Kind == facts.Reference && !seen[f.Norm] && len(l.Numbers) < 8 {
				seen[f.Norm] = true
				f.Text = strings.TrimSpace(f.Text)
				l.Numbers = append(l.Numbers, f)
			}
		}
	}
	add(facts.Find(quote.Clip(l.Head.Subject, 500), ref))
	add(l.Facts)
	if len(l.Numbers) > 0 {
		return
	}
	for _, f := range l.Files {
		if f.Doc != nil && f.Name == l.Notice.File && len(f.Doc.Pages) > 0 {
			add(facts.Find(quote.Clip(f.Doc.Pages[0].Text, 4000), ref))
		}
	}
}
