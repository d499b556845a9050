package letter

import (
	"strings"

	"amtsbote/skills/document"
	"amtsbote/skills/lazy"
	"amtsbote/skills/letter/quote"
)

// Of an invitation to an appointment (iCalendar with METHOD, RFC 5546) package
// document says what it is in the line "Art:".
const (
	calendar     = "text/calendar"
	calendarNote = "Antwort auf eine Einladung"
)

var (
	// asksToMeet matches what calendars ask of somebody; "Termin" (PUBLISH) is a file
	// as any other.
	asksToMeet = lazy.New(`(?m)^Art: (?:Einladung|Absage|Gegenvorschlag|ADD|REFRESH)$`)
	// answersMeet matches what calendars answer by themselves.
	answersMeet = lazy.New(`(?m)^Art: (?:` + calendarNote + `|DECLINECOUNTER)$`)
	// nameless matches names that programs give to an invitation in a mail.
	nameless = lazy.New(`(?i)^(?:anlage ?\d*|attachment ?\d*|invite|invitation|einladung|meeting|termin|calendar|event|unnamed|)\.ics$`)
	// appointment matches the line above an invitation that is forwarded in the text.
	appointment = lazy.New(`(?i)\b(?:ursprünglicher termin|original appointment)\b`)
	calendarRow = lazy.New(`(?m)^(Beginn|Ende|Ort): (.+)$`)
)

// answersInvitation says whether a mail is an acceptance or refusal that a calendar
// has written.
func answersInvitation(doc document.Document) bool {
	if doc.Mail != nil && doc.Mail.Invitation == "reply" {
		return true
	}
	for _, p := range doc.Parts {
		if p.Type == calendar && p.Doc != nil && answersMeet.MatchString(quote.Clip(p.Doc.Text(), maxCues)) {
			return true
		}
	}
	return doc.Type == calendar && answersMeet.MatchString(quote.Clip(doc.Text(), maxCues))
}

// invited makes a letter an invitation that a calendar has sent. An appointment that
// somebody attached to a letter (METHOD PUBLISH or none) is a file, but where the
// letter asks for nothing and the file has no name of its own. An objection and a
// letter that sets a term stay what they are.
func (l *Letter) invited() {
	found := l.Head.Invitation != ""
	var rows []string
	for _, f := range l.Files {
		if f.Doc == nil || f.Doc.Type != calendar {
			continue
		}
		text := quote.Clip(f.Doc.Text(), maxCues)
		found = found || asksToMeet.MatchString(text) || answersMeet.MatchString(text) ||
			nameless.MatchString(f.Name) && len(l.Requests) == 0 && len(l.Body) < maxNote
		if !found {
			continue
		}
		for _, m := range calendarRow.FindAllStringSubmatch(text, 3) {
			rows = append(rows, m[1]+" "+m[2])
		}
		break
	}
	if !found {
		return
	}
	if l.Kind != KindObjection && l.Kind != KindDeadline { // their terms run, whatever lies beside
		l.Kind = KindInvitation
	}
	if len(rows) > 0 {
		l.warn("invitation", "Laut Einladung: "+strings.Join(rows, ", ")+".", "By the invitation: "+strings.Join(rows, ", ")+".")
	}
}
