package catchup

import (
	"regexp"
	"slices"
	"strings"

	"amtsbote/bots"
	"amtsbote/skills/talk"
)

// askWords are the beginnings of words by which a message comes here.
var askWords = []string{
	"verpasst", "verpasse", "versäumt", "aufholen", "auf laufenden", "was offen", "was ist neu", "was gibt neu", "was entschieden",
	"was beschlossen", "was gab seit", "was war los", "was passiert", "offene punkte", "an mich gerichtet", "mich erwähnt",
	"zusammen verpasst", "fass zusammen seit", "fasse zusammen seit", "zusammenfassung seit", "fass thread zusammen", "fasse thread zusammen",
	"zusammenfassung thread", "fass raum zusammen", "fasse raum zusammen", "zusammenfassung raum",
	"missed", "did miss", "catch up", "catch me up", "up to speed", "what open", "what new", "anything new", "what decided", "what agreed",
	"what happened", "open points", "open items", "mentioned me", "addressed to me", "summar since", "sum up since",
	"summar thread", "sum up thread", "summar room", "sum up room",
}

// Cues, in folded text.
var (
	// strong cues can mean nothing but a room's past.
	strong = regexp.MustCompile(`\bverpass\w*|\bversaeum\w*|\baufholen\b|\bauf (?:den neuesten|den aktuellen|dem neuesten|dem aktuellen) stand\b|\bauf de[mn] laufenden\b|\bwas (?:war|ist) (?:\w+ ){0,4}(?:los|passiert|gelaufen)\b|\ban mich gerichtet|\bmich (?:\w+ ){0,2}erwaehnt` +
		`|\bmissed\b|\b(?:did|do|have) i (?:\w+ )?miss\b|\bcatch (?:me )?up\b|\bup to (?:speed|date)\b|\bwhat (?:has |'s )?happened\b|\bmentioned me\b|\baddressed to me\b` +
		`|\b(?:zusammen\w*|summar\w*|sum up)\b.*\b(?:seit|since|thread\w*|raum\w*|room|letzten? (?:\w+ )?(?:tage?n?|stunden?|wochen?)|last (?:\w+ )?(?:days?|hours?|weeks?))\b|\b(?:thread|raum|room)\b.*\b(?:zusammen\w*|sum\w* up)\b`)
	// weak ones mean it where they are about a room, or about nothing else.
	weak = regexp.MustCompile(`\bwas\b.*\b(?:offen\w*|neu|neues|entschieden|beschlossen|vereinbart|geklaert)\b|\bwas gab(?:'?s| es)\b.*\bseit\b|\boffene\w* punkte\w*|\b(?:what|anything)\b.*\b(?:open|new|decided|agreed|settled|pending)\b|\bopen (?:points|items|questions)\b`)
	// paper says that a question is about a document.
	paper = regexp.MustCompile(`\b(?:bescheid\w*|datei\w*|dokument\w*|brief\w*|schreiben|anlage\w*|anhang\w*|vertrag\w*|e-?mails?|mails?|pdf|antrag\w*|formular\w*|text\w*|gesetz\w*|satzung\w*|tabelle\w*|file\w*|documents?|letters?|attachments?|contracts?|forms?)\b`)
	// place says that it is about a room.
	place = regexp.MustCompile(`\b(?:raum\w*|raeume\w*|rooms?|chat\w*|channels?|kana[el]\w*|gruppe\w*|thread\w*|team\w*|hier|here)\b`)

	onlyOpen    = regexp.MustCompile(`\b(?:offen\w*|open|pending|outstanding|to-?dos?)\b`)
	onlyDecided = regexp.MustCompile(`\b(?:entschieden|entscheidung\w*|beschlossen|beschluesse\w*|vereinbart|decided|decisions?|agreed|settled)\b`)
	everything  = regexp.MustCompile(`\bverpass\w*|\bmiss(?:ed)?\b|\bcatch\b|\baufholen\b|\bneu(?:es)?\b|\bnew\b|\blos\b|\bpassiert\b|\bhappened\b`)
)

// A query is what a person asks.
type query struct {
	text    string // folded
	ours    bool   // this skill is meant, also without a command
	watches bool   // it asks what a person did, or ranks people
	strong  bool
	follow  bool // it goes on with an earlier answer of this skill
	public  bool // the answer is wanted in the room
	focus   heading
}

// queryOf reads what the person wrote.
func queryOf(t bots.Task) query {
	q := query{text: talk.Fold(talk.First(t.Text, 1000))}
	q.strong = t.Command != "" || strong.MatchString(q.text)
	q.public = !t.Message.Direct && talk.Public(q.text)
	if n := len(t.History); n > 0 && t.History[n-1].Bot && t.History[n-1].Skill == "catchup" {
		q.follow = true
	}
	if !everything.MatchString(q.text) {
		open, decided := onlyOpen.MatchString(q.text), onlyDecided.MatchString(q.text)
		switch {
		case open && !decided:
			q.focus = opened
		case decided && !open:
			q.focus = agreed
		}
	}
	plain := t.Command == ""
	if plain && (t.Rooms == nil || len(t.Message.Files) > 0 || t.Message.Letter()) {
		return q
	}
	// A conversation about files may ask about the people in them.
	elsewhere := plain && t.Message.Direct && !place.MatchString(q.text) && slices.ContainsFunc(t.History, func(h bots.Turn) bool { return len(h.Files) > 0 })
	q.watches = !elsewhere && talk.Watches(t.Text)
	q.ours = q.watches || q.strong || !elsewhere && q.weakly(t)
	return q
}

// weakly says whether weak cues mean a room.
func (q query) weakly(t bots.Task) bool {
	if q.follow && len(strings.Fields(q.text)) <= 12 {
		if what, err := talk.StretchOf(t, q.strong); err == nil && what.Kind != talk.ByOwn {
			return true
		}
	}
	if !weak.MatchString(q.text) || paper.MatchString(q.text) && !place.MatchString(q.text) {
		return false
	}
	if !t.Message.Direct || place.MatchString(q.text) || len(strings.Fields(q.text)) <= 4 {
		return true
	}
	what, err := talk.StretchOf(t, q.strong)
	return err == nil && what.Kind != talk.ByOwn
}
