package letter

import (
	"strconv"
	"strings"

	"amtsbote/skills/document"
	"amtsbote/skills/facts"
	"amtsbote/skills/lazy"
	"amtsbote/skills/letter/quote"
)

// maxSentence is how many bytes of a sentence are looked at: no person writes more.
const maxSentence = 4000

// maxRequests is how many requests of a letter are listed.
const maxRequests = 12

var (
	greeting = lazy.New(`(?i)^\W*(?:sehr geehrte|sehr verehrte|liebe[rs]?\b|hallo|guten (?:tag|morgen|abend)|moin|grüß gott|werte|dear\b|hello\b|hi\b|to whom)`)
	reason   = lazy.New(`^(?:Da|Weil|Nachdem|Obwohl|Zumal|Aus diesem Grund|Daher|Deshalb|Die Gebühr ist|Ich bin|Ich habe|Der Bescheid)\b`)
	askWord  = lazy.New(`(?i)^(?:daher |deshalb |deswegen |somit )?(?:bitte|bitten|beantrage|beantragen|fordere|fordern|möchte|möchten|verlange|ersuche|erwarte) (?:ich|wir)\b`)
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
var afterGreeting = lazy.New(`^(?:[^\n,!?.]{1,60}[,!](?:[ \n]+(?:sehr geehrte|liebe|guten)[^\n,!?.]{1,60}[,!])*|[^\n?]{1,80}(?:\n|$))\s*`)

// where names a place in the letter.
func (l *Letter) where(paragraph int) document.Text {
	n := strconv.Itoa(paragraph)
	switch {
	case l.text != "":
		return document.Text{DE: called(l.text) + ", Absatz " + n, EN: called(l.text) + ", paragraph " + n}
	case l.Scan:
		return document.Text{DE: "Schreiben, Absatz " + n, EN: "letter, paragraph " + n}
	}
	return document.Text{DE: "Mail, Absatz " + n, EN: "mail, paragraph " + n}
}

// requests finds the sentences that ask for something, in their order.
func (l *Letter) requests() {
	paras := paragraphs(quote.Clip(l.Body, 100_000))
	for i, para := range paras {
		for _, u := range units(para, l.Language) {
			s := oneLine(quote.Clip(para[u.Start:u.End], maxSentence))
			kind := asking(s, l.Language)
			if u.on {
				kind = wish
			}
			if kind == nothing {
				continue
			}
			if len(l.Requests) == maxRequests {
				return
			}
			list := ""
			if strings.HasSuffix(s, ":") {
				if list = listed(para[u.End:], paras[i+1:]); strings.Contains(list, "?") {
					continue // its questions are the requests
				}
			}
			r := l.request(s, kind, u)
			if list != "" {
				r.Quote, r.Heading = cutWord(r.Quote+" "+list, maxRequest), ""
			}
			r.Where = l.where(i + 1)
			l.Requests = append(l.Requests, r)
		}
	}
	if l.Kind == KindObjection && !l.objectionListed() {
		l.objectionAsRequest(paras)
	}
}

// request makes a request of a sentence or a part of one.
func (l *Letter) request(s string, kind ask, u unit) Request {
	r := Request{Question: kind == question, sentence: s}
	if at := strings.LastIndexByte(s, '?'); r.Question && at > 8 {
		s = s[:at+1] // "… haben? danke"
	}
	r.Quote = cite(itemMark.ReplaceAllString(s, ""))
	switch {
	case confirms.MatchString(s) && about.MatchString(s): // wants more than that
	case confirms.MatchString(s):
		r.Confirm, r.Heading = !ofOther.MatchString(s) || ofLetter.MatchString(s), "Bestätigung des Eingangs"
	case replies.MatchString(s) && !about.MatchString(s):
		r.Reply = true
	case u.on && !goesOnAsk.MatchString(s):
		r.Heading = heading("Bitte " + s)
	default:
		r.Heading = heading(s)
	}
	if u.on {
		r.Quote = "… " + r.Quote
	}
	if u.more {
		r.Quote += " …"
	}
	return r
}

var (
	itemMark  = lazy.New(`^(?:\d{1,2}[.)]|[-–•*])\s+`)
	listLine  = lazy.New(`^\s*(?:\d{1,2}[.)]|[a-z]\)|[-–•*·])\s+\S`)
	goesOnAsk = lazy.New(`^(?:bitten?|beantragen?|fordern?|verlangen?|ersuchen?)\b`)
)

// listed returns the items of a list that stands behind a colon, on one line:
// in the same paragraph, else in the next ones.
func listed(rest string, next []string) string {
	var items []string
	for _, p := range append([]string{rest}, next...) {
		if strings.TrimSpace(p) == "" {
			continue
		}
		if !listLine.MatchString(strings.TrimLeft(p, "\n")) {
			break
		}
		items = append(items, oneLine(p))
	}
	return strings.Join(items, " ")
}

var (
	objects = lazy.New(`(?i)\b(?:widerspruch|einspruch|widerspreche)\b`)
	// undoes matches requests that are what an objection wants.
	undoes = lazy.New(`(?i)\b(?:auf(?:zu)?heb\pL*|zurück(?:zu)?nehm\pL*|rücknahme|ab(?:zu)?änder\pL*|heben sie\b|nehmen sie\b[^.!?]*\bzurück\b)`)
)

// objectionListed says whether a request says what the objection wants.
func (l *Letter) objectionListed() bool {
	for _, r := range l.Requests {
		if !r.Confirm && (objects.MatchString(r.Quote) || undoes.MatchString(r.Quote)) {
			return true
		}
	}
	return false
}

// objectionAsRequest lists the objection itself first.
func (l *Letter) objectionAsRequest(paras []string) {
	for i, para := range paras {
		for _, u := range units(para, l.Language) {
			s := oneLine(para[u.Start:u.End])
			if !objects.MatchString(s) {
				continue
			}
			r := l.request(s, wish, u)
			r.Where, r.Heading = l.where(i+1), ""
			if date := l.Notice.Date; !date.IsZero() {
				r.Heading = "Widerspruch gegen den Bescheid vom " + facts.LongDate(date, "de")
				if l.law == tax || l.law == fine {
					r.Heading = strings.Replace(r.Heading, "Widerspruch", "Einspruch", 1)
				}
			}
			l.Requests = append([]Request{r}, l.Requests...)
			return
		}
	}
}

// maxRequest is the length in bytes up to which a request is quoted.
const maxRequest = 400

// cite shortens a sentence: a reason in front of the request is left out, with
// an ellipsis in its place; never a condition.
func cite(s string) string {
	if reason.MatchString(s) {
		for i := 0; i+2 < len(s); i++ {
			if (s[i] == ',' || s[i] == ';') && s[i+1] == ' ' && askWord.MatchString(s[i+2:]) {
				s = "… " + s[i+2:]
				break
			}
		}
	}
	return cutWord(s, maxRequest)
}

// cutWord cuts a text at a word, with an ellipsis.
func cutWord(s string, n int) string {
	if len(s) <= n {
		return s
	}
	s = quote.Clip(s, n)
	return s[:max(strings.LastIndexByte(s, ' '), 1)] + " …"
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
