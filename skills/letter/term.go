package letter

import (
	"strings"
	"time"

	"amtsbote/skills/document"
	"amtsbote/skills/facts"
	"amtsbote/skills/lazy"
	"amtsbote/skills/letter/quote"
)

// sets matches sentences that set a term rather than wish.
var sets = lazy.New(`(?i)\bsetzen? [^.!?]*frist\b|\bfordern?[^.!?]* auf\b|\bfrist(?:setzung)?\b|\b(?:wird|werden) [^.!?]*(?:gebeten|aufgefordert|aufgegeben)\b|\b(?:wenn|falls|sollte\pL*)\b[^.!?]*\bbis\b`)

// latest matches sentences that name a term though they ask for nothing: "wenn
// bis Freitag nichts passiert", "spätestens innerhalb eines Monats".
var latest = lazy.New(`(?i)\b(?:wenn|falls|sollte\pL*)\b[^.!?]*\bbis\b[^.!?]*\b(?:nichts?|kein\pL*)\b|\bspätestens\b`)

// maxTerms is how many terms of a letter are listed.
const maxTerms = 8

// terms lists what is due: wishes and terms that the letter sets, terms of its
// files that still run, and the term for the objection.
func (l *Letter) terms(ref time.Time, opt Options) {
	body := quote.Clip(l.Body, maxLook)
	for _, u := range units(body, l.Language) {
		s := oneLine(body[u.Start:u.End])
		request := l.asked(s)
		if request == nil && !strings.Contains(strings.ToLower(s), "frist") && !latest.MatchString(s) {
			continue
		}
		for _, f := range l.Facts {
			if f.Kind != facts.Term || f.Start < u.Start || f.End > u.End || len(l.Terms) == maxTerms {
				continue
			}
			if t, ok := l.wish(f, request, s, ref, opt); ok {
				l.Terms = append(l.Terms, t)
				break
			}
		}
	}
	l.fileTerms(ref)
	if l.Kind == KindObjection {
		l.objectionTerm(ref, opt)
	}
}

// asked returns the request that a sentence or its part is, or nil.
func (l *Letter) asked(sentence string) *Request {
	for i := range l.Requests {
		if l.Requests[i].sentence == sentence {
			return &l.Requests[i]
		}
	}
	return nil
}

// author in the genitive, by gender where it is known.
func (l *Letter) whose() document.Text {
	en := "the author"
	if l.Scan {
		return document.Text{DE: "aus dem Schreiben", EN: "of " + en}
	}
	switch {
	case l.Person.Second != nil || l.Person.Company || l.Person.Gender == "":
		return document.Text{DE: "aus der Mail", EN: "of " + en}
	case l.Person.Gender == "f":
		return document.Text{DE: "der Absenderin", EN: "of " + en}
	}
	return document.Text{DE: "des Absenders", EN: "of " + en}
}

// wish makes a term of a day or period that the letter names.
func (l *Letter) wish(f facts.Fact, r *Request, sentence string, ref time.Time, opt Options) (Term, bool) {
	who := l.whose()
	t := Term{What: document.Text{DE: "Wunsch " + who.DE, EN: "Wish " + who.EN}, Day: f.Date}
	switch {
	case sets.MatchString(sentence):
		t.What = document.Text{DE: "Gesetzte Frist " + who.DE, EN: "Term set by the author"}
	case r == nil:
		t.What = document.Text{DE: "Genannte Frist " + who.DE, EN: "Term named by the author"}
	}
	switch {
	case r != nil && r.Confirm:
		t.What.DE, t.What.EN = t.What.DE+": Eingangsbestätigung", t.What.EN+": confirmation of receipt"
	case r != nil && r.Heading != "":
		t.What.DE, t.What.EN = t.What.DE+": "+r.Heading, t.What.EN+": “"+r.Heading+"”"
	default:
		t.Quote = cutWord(sentence, 160)
	}
	if !f.Date.IsZero() {
		return t, true
	}
	start := l.Received
	if start.IsZero() {
		start = ref
	}
	if f.N == 0 || start.IsZero() || f.Anchor != "" {
		return t, false
	}
	start = day(start)
	local := opt.local()
	if f.Unit == "workday" {
		t.Day = local.workdays(start, f.N, strings.Contains(strings.ToLower(f.Text), "werktag"))
	} else if end, ok := facts.PeriodEnd(start, f.N, f.Unit); ok {
		t.Day = end
	} else {
		return t, false
	}
	t.Proposal, t.Rule = true, "§§ 187, 188 BGB"
	t.Assumption = document.Text{DE: "„" + f.Text + "“, gerechnet ab dem " + start.Format("02.01.2006") + " (Eingang oder Datum der Mail).",
		EN: "“" + f.Text + "”, counted from " + start.Format("2 January 2006") + " (receipt or date of the mail)."}
	local.say(&t.Assumption)
	return t, true
}

// fileTerms lists terms of the files whose day was not over when the letter was
// written.
func (l *Letter) fileTerms(ref time.Time) {
	if ref.IsZero() {
		return
	}
	n := 0
	for _, f := range l.Files {
		if f.Doc == nil || f.Doc.Mail != nil {
			continue
		}
		for _, p := range f.Doc.Pages[:min(len(f.Doc.Pages), 30)] {
			for _, x := range facts.Find(quote.Clip(p.Text, 20_000), ref) {
				if x.Kind != facts.Term || x.Date.IsZero() || x.Relative || x.Date.Before(day(ref)) || n == 3 || len(l.Terms) == maxTerms {
					continue
				}
				n++
				at := pageOf(f.Doc, p.N, "", "")
				l.Terms = append(l.Terms, Term{What: document.Text{DE: "Genannt in " + at.DE + ": „" + x.Text + "“", EN: "Named in " + at.EN + ": “" + x.Text + "”"}, Day: x.Date})
			}
		}
	}
}
