package letter

import (
	"strings"

	"amtsbote/skills/lazy"
	"amtsbote/skills/letter/quote"
)

// A cue is a sign of a kind of letter.
type cue struct {
	kind    Kind
	subject *lazy.Regexp // in the subject; nil: none
	body    *lazy.Regexp // in the body
}

var notObjection = lazy.New(`(?i)widerspr\pL*[^.!?]{0,60}(?:datenverarbeitung|verarbeitung (?:meiner|der)|werbung|datenübermittlung|übermittlung|weitergabe|lichtbild|newsletter)|(?:nehme|ziehe)[^.!?]{0,60}widerspruch[^.!?]{0,40}zurück|zurücknahme[^.!?]{0,30}widerspruch|rücknahme[^.!?]{0,30}widerspruch`)

// maxCues is how many bytes of a letter tell its kind: it is said early.
const maxCues = 8_000

// cues are tried in this order: what has a term or must not get a draft first.
var cues = []cue{
	{KindCourt, nil, lazy.New(`(?i)\bin (?:dem rechtsstreit|der (?:verwaltungs)?(?:rechts|streit)sache|pp\.)|(?:wird|werden) (?:hiermit )?geladen|ladung zum termin zur mündlichen verhandlung|auf richterliche anordnung`)},
	{KindCouncil, lazy.New(`(?i)personalrat|personalvertretung`), lazy.New(`(?i)\b(?:der|als|ihr) personalrat\b|mitbestimmung(?:sverfahren|svorlage)|beteiligung des personalrat`)},
	{KindAid, lazy.New(`(?i)\bbeihilfe(?:antrag|bescheid|festsetzung|nummer|stelle)?\b`), lazy.New(`(?i)beihilfe(?:antrag|festsetzungsstelle|nummer|berechtigt)`)},
	{KindJob, lazy.New(`(?i)\bbewerbung\b`), lazy.New(`(?i)\b(?:bewerbe ich mich|meine bewerbung|bewerbungsunterlagen|job application|apply for the position)`)},
	{KindObjection, lazy.New(`(?i)\b(?:widerspruch|einspruch)\b`), lazy.New(`(?i)(?:leg\pL+|erheb\pL+|einleg\pL+|hiermit|form|möchte)[^.!?]{0,160}\b(?:widerspruch|einspruch)\b|\b(?:widerspruch|einspruch)\b[^.!?]{0,120}(?:einlegen|ein\b|erheb|einzulegen)|\bwidersprech\pL*[^.!?]{0,60}bescheid|\b(?:object to|objection against|appeal against)\b`)},
	{KindDeadline, lazy.New(`(?i)\b(?:fristsetzung|letzte mahnung|untätigkeitsklage)`), lazy.New(`(?i)setze(?:n)? (?:ich|wir)? ?(?:ihnen)?[^.!?]{0,60}\bfrist|fristsetzung|untätigkeitsklage|letztmalig(?:e)? frist|andernfalls (?:werde|sehe) ich[^.!?]{0,80}(?:klage|rechtliche|anwalt)`)},
	{KindComplaint, lazy.New(`(?i)\b\pL*beschwerde\b|\bcomplaint\b|\b(?:sauerei|frechheit|unverschämt\pL*|skandal|zumutung)\b`), lazy.New(`(?i)\b(?:beschwere ich mich|möchte (?:ich )?mich[^.!?]{0,60}beschweren|beschwere mich|dienstaufsichtsbeschwerde|fachaufsichtsbeschwerde|meine beschwerde|lege[^.!?]{0,60}beschwerde ein|(?:gehe|wende)[^.!?]{0,30} (?:zur|an die) (?:presse|zeitung)|want to complain|file a complaint|wish to complain)\b`)},
	{KindApplication, lazy.New(`(?i)\b\pL*antrag\b|\bapplication (?:for|to)\b`), lazy.New(`(?i)\b(?:beantrag(?:e|en)|stelle(?:n)? (?:ich|wir)?[^.!?]{0,60}\bantrag|hiermit[^.!?]{0,60}\bantrag\b|möchte[^.!?]{0,80}(?:beantragen|einen antrag)|bitten? (?:\pL+ ){0,4}?um (?:\pL+ ){0,2}?(?:ratenzahlung|stundung|fristverlängerung|akteneinsicht)|would like to apply|hereby apply)\b`)},
	{KindInquiry, lazy.New(`(?i)\b(?:\pL*anfrage|frage|auskunft|nachfrage|rückfrage|inquiry|enquiry|question)\b`), lazy.New(`(?i)\?|\b(?:bitten? (?:\pL+ ){0,3}?um (?:auskunft|information|mitteilung|rückmeldung)|möchte (?:ich )?(?:gerne? )?(?:wissen|erfahren|fragen|nachfragen)|habe eine frage|teilen sie mir (?:bitte )?mit|would like to know|could you (?:please )?(?:tell|let me))`)},
}

// kind says what kind of letter it is by its cues. An objection against a notice
// counts only with a verb or in the subject; one against the use of data is none.
func kind(subject, body string) Kind {
	bare := BareSubject(subject)
	head := quote.Clip(body, maxCues)
	for _, c := range cues {
		if c.kind == KindObjection && notObjection.MatchString(bare+". "+head) {
			continue
		}
		// A reply keeps the subject of what it replies to.
		byName := c.subject != nil && c.subject.MatchString(bare)
		if c.kind == KindApplication || c.kind == KindObjection {
			byName = byName && !answerSubject.MatchString(subject) && !aboutApplication.MatchString(bare)
		}
		if c.body.MatchString(head) || byName {
			return c.kind
		}
	}
	return KindOther
}

// kindByRequests says what kind a letter is that no cue names: a club that
// "beantragt", a question without its mark.
func (l *Letter) kindByRequests() Kind {
	k := KindOther
	for _, r := range l.Requests {
		switch {
		case strings.Contains(strings.ToLower(r.Quote), "beantragt"):
			return KindApplication
		case r.Question:
			k = KindInquiry
		}
	}
	return k
}

// aboutApplication matches subjects that speak of an application made before.
var aboutApplication = lazy.New(`(?i)\b(?:sachstand|stand|nachfrage|frage|rückfrage|ergänzung|unterlagen)\b`)

// What programs put in front of the subject of replies and forwards, in any language.
const (
	replyWords   = `aw|antw|antwort|re|sv|odp|rif`
	forwardWords = `wg|fwd?|fw|wtr|wtrlt|tr|rv|doorst`
)

var prefixes = lazy.New(`(?i)^\s*(?:(?:` + replyWords + `|` + forwardWords + `|ref|betreff|subject)\s?(?:\[\d+\]|\(\d+\))?\s?:|\[(?:extern|external|ext|spam\??)\]:?)\s*`)

// maxSubject is how many bytes of a subject count, as in a mail's own header: one
// in the text of a mail can be as long as the mail.
const maxSubject = 1000

// BareSubject takes "AW:", "Re:", "WG:", "Fwd:" and the like off a subject, however
// many there are, and brings it to one line.
func BareSubject(s string) string {
	s = strings.Join(strings.Fields(quote.Normal(quote.Clip(s, maxSubject))), " ")
	for {
		at := prefixes.FindStringIndex(s)
		if at == nil {
			return strings.TrimSpace(s)
		}
		s = s[at[1]:]
	}
}
