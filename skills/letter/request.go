package letter

import (
	"regexp"
	"strconv"
	"strings"

	"amtsbote/skills/document"
	"amtsbote/skills/facts"
)

// maxSentence is how many bytes of a sentence are looked at: no person writes more.
const maxSentence = 4000

// maxRequests is how many requests of a letter are listed.
const maxRequests = 12

var (
	asks     = regexp.MustCompile(`(?i)(?:\b(?:bitte|bitten) (?:ich|wir)\b|\b(?:ich|wir) (?:\pL+ ){0,4}?bitten?\b|\bbitten? (?:\pL+ ){0,3}?um\b|\bbitten? (?:dringend|höflich|nochmals|hiermit|daher|deshalb|freundlich|herzlich)\b|^\W*(?:\pL+ )?bitte \pL+|\b(?:beantrage|beantragen|fordere|fordern|verlange|verlangen|ersuche|ersuchen|erwarte|erwarten) (?:ich|wir|hiermit|daher|sie)\b|\b(?:ich|wir) (?:\pL+ ){0,3}?(?:beantragen?|fordern?|verlangen?|ersuchen?|erwarten?)\b|\bhiermit (?:beantrage|fordere)|\b(?:ich|wir) möchten?\b|\bmöchten? (?:ich|wir)\b|\b(?:ich|wir) würden? (?:mich )?(?:sehr )?(?:gerne?|freuen)\b|\bwürden? (?:ich|wir) (?:gerne?|mich)\b|\b(?:könnten|können|würden|wären) sie\b[^.!]*\?|\bwird (?:höflich |hiermit )?(?:gebeten|beantragt)\b|\bteilen sie (?:mir|uns)\b|\b(?:stelle|stellen) (?:ich|wir) (?:\pL+ ){0,4}?antrag\b|\b(?:ich|wir) stellen? (?:\pL+ ){0,4}?antrag\b)`)
	asksEN   = regexp.MustCompile(`(?i)(?:\bplease (?:\pL+ )?(?:send|confirm|let|tell|inform|provide|advise|issue|refund|reply|check|cancel|change|extend|return|call|grant|acknowledge|explain|forward|help|note my|reconsider|\pL+)\b|\b(?:i|we) (?:would like|'d like|request|kindly request|ask|demand|hereby (?:apply|request|object)|want)\b|\b(?:could|can|would|will) you\b|\bi am (?:writing|asking) (?:to (?:request|ask|apply)|for)\b|\bi (?:would be|am) grateful if\b)`)
	courtesy = regexp.MustCompile(`(?i)(?:bitten?|bitte ich|bitten wir) (?:\pL+ ){0,4}?(?:um|für) (?:\pL+ ){0,3}?(?:verständnis|entschuldigung|verzeihung|nachsicht)|bitte (?:entschuldigen|verzeihen) sie|zögern sie|bei (?:rück)?fragen (?:stehe|melden|können|bin)|für (?:rück)?fragen stehe|(?:vielen|besten|herzlichen) dank|möchte (?:ich )?(?:mich )?(?:ihnen )?(?:herzlich |vorab )?(?:bedanken|danken|betonen|anmerken|hinweisen|darauf hinweisen)|would like to thank|(?:do not|don't) hesitate|please find (?:attached|enclosed)|bitte (?:finden|entnehmen) sie|anbei|would like to (?:point out|mention|inform)|thank you in advance|bitte beachten sie`)
	confirms = regexp.MustCompile(`(?i)(?:bestätig\pL*[^.!?]{0,80}\b(?:eingang|erhalt|empfang|zugang)|(?:eingangs|empfangs)bestätigung|(?:eingang|erhalt|empfang)s?\b[^.!?]{0,60}bestätig|(?:confirm|acknowledge)\w*[^.!?]{0,60}receipt|(?:confirmation|acknowledge?ment) of receipt)`)
	// ofOther matches "Eingang unserer Steuererklärung": not ours to confirm.
	ofOther  = regexp.MustCompile(`(?i)(?:eingang|erhalt|empfang|zugang)s? (?:des|der|meine[rs]|unsere[rs]|dieses|dieser|von)\b|receipt of\b`)
	ofLetter = regexp.MustCompile(`(?i)(?:eingang|erhalt|empfang|zugang)s? (?:des|der|meine[rs]|unsere[rs]|dieses|dieser)(?: \pL+n)? (?:e-?mail|mail|nachricht|schreiben|briefe?s|widerspruch|einspruch|antrag|beschwerde|anfrage|anliegen)|receipt of (?:this|my|our) (?:e-?mail|message|letter|objection|application|request)`)
	greeting = regexp.MustCompile(`(?i)^\W*(?:sehr geehrte|sehr verehrte|liebe[rs]?\b|hallo|guten (?:tag|morgen|abend)|moin|grüß gott|werte|dear\b|hello\b|hi\b|to whom)`)
	reason   = regexp.MustCompile(`^(?:Da|Weil|Nachdem|Obwohl|Zumal|Aus diesem Grund|Daher|Deshalb|Die Gebühr ist|Ich bin|Ich habe|Der Bescheid)\b`)
	askWord  = regexp.MustCompile(`(?i)^(?:daher |deshalb |deswegen |somit )?(?:bitte|bitten|beantrage|beantragen|fordere|fordern|möchte|möchten|verlange|ersuche|erwarte) (?:ich|wir)\b`)
)

// paragraphs returns the paragraphs of a body; the salutation is none, and is cut
// off where the letter goes on in the same line.
func paragraphs(body string) []string {
	var out []string
	for i, p := range strings.Split(body, "\n\n") {
		p = strings.TrimSpace(p)
		if i == 0 && greeting.MatchString(p) {
			p = strings.TrimSpace(afterGreeting.ReplaceAllString(p, ""))
		}
		if p != "" {
			out = append(out, p)
		}
	}
	return out
}

// afterGreeting matches a salutation: its line, or up to its comma.
var afterGreeting = regexp.MustCompile(`^(?:[^\n,!?.]{1,60}[,!](?:[ \n]+(?:sehr geehrte|liebe|guten)[^\n,!?.]{1,60}[,!])*|[^\n?]{1,80}(?:\n|$))\s*`)

// where names a place in the letter.
func (l *Letter) where(paragraph int) document.Text {
	n := strconv.Itoa(paragraph)
	if l.Scan {
		return document.Text{DE: "Schreiben, Absatz " + n, EN: "letter, paragraph " + n}
	}
	return document.Text{DE: "Mail, Absatz " + n, EN: "mail, paragraph " + n}
}

// requests finds the sentences that ask for something, in their order.
func (l *Letter) requests() {
	english := l.Language == "en"
	for i, para := range paragraphs(clip(l.Body, 100_000)) {
		for _, span := range facts.Sentences(para) {
			s := strings.Join(strings.Fields(clip(para[span.Start:span.End], maxSentence)), " ")
			if len(l.Requests) == maxRequests {
				return
			}
			question := false
			if at := strings.LastIndexByte(s, '?'); at > 8 {
				question, s = true, s[:at+1] // "… haben? danke"
			}
			if !question && !asks.MatchString(s) && !(english && asksEN.MatchString(s)) {
				continue
			}
			if courtesy.MatchString(s) && !question {
				continue
			}
			r := Request{Quote: quote(s), Where: l.where(i + 1), Question: question}
			if confirms.MatchString(s) {
				r.Confirm, r.Heading = !ofOther.MatchString(s) || ofLetter.MatchString(s), "Bestätigung des Eingangs"
			} else {
				r.Heading = heading(s)
			}
			l.Requests = append(l.Requests, r)
		}
	}
	if len(l.Requests) == 0 && l.Kind == KindObjection {
		l.objectionAsRequest()
	}
}

var objects = regexp.MustCompile(`(?i)\b(?:widerspruch|einspruch|widerspreche)\b`)

// objectionAsRequest lists the objection itself where nothing else is asked.
func (l *Letter) objectionAsRequest() {
	for i, para := range paragraphs(clip(l.Body, 100_000)) {
		for _, span := range facts.Sentences(para) {
			if s := strings.Join(strings.Fields(para[span.Start:span.End]), " "); objects.MatchString(s) {
				l.Requests = append(l.Requests, Request{Quote: quote(s), Where: l.where(i + 1)})
				return
			}
		}
	}
}

// maxRequest is the length in bytes up to which a request is quoted.
const maxRequest = 400

// quote shortens a sentence: a reason in front of the request is left out, with
// an ellipsis in its place; never a condition.
func quote(s string) string {
	if reason.MatchString(s) {
		for i := 0; i+2 < len(s); i++ {
			if (s[i] == ',' || s[i] == ';') && s[i+1] == ' ' && askWord.MatchString(s[i+2:]) {
				s = "… " + s[i+2:]
				break
			}
		}
	}
	if len(s) > maxRequest {
		s = clip(s, maxRequest)
		s = s[:max(strings.LastIndexByte(s, ' '), 1)] + " …"
	}
	return s
}
