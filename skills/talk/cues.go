package talk

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"amtsbote/bots"
	"amtsbote/skills/facts"
)

const (
	maxQuote = 280 // bytes of a quote, if its first sentence is not longer
	maxLine  = 420 // bytes of a quote that is one sentence
)

// A Sort is what a sentence is by its cue words.
type Sort int

// Sorts of sentences.
const (
	Other Sort = iota
	Agreed
	Open
)

// SortOf sorts a sentence of a line by its cue words.
func SortOf(s string, l *Line) Sort {
	low := Fold(s)
	switch {
	case strings.HasSuffix(strings.TrimRight(s, " \"“”)!"), "?"):
		if len(l.Answers) > 0 || len(strings.Fields(s)) < 4 && !openCue.MatchString(low) || courtesy.MatchString(low) {
			return Other
		}
		return Open
	case undecided.MatchString(low):
		return Open
	case decidedCue.MatchString(low):
		return Agreed
	case done.MatchString(low):
		return Other
	case openCue.MatchString(low), due(s, l.Time):
		return Open
	}
	return Other
}

// due says whether a sentence names a day by which something is to be done.
func due(s string, ref time.Time) bool {
	if !strings.Contains(s, "bis") && !strings.Contains(s, "Frist") && !strings.Contains(s, "by ") && !strings.Contains(s, "until") && !strings.Contains(s, "eadline") {
		return false
	}
	for _, f := range facts.Find(s, ref) {
		if f.Kind == facts.Term && !f.Date.IsZero() {
			return true
		}
	}
	return false
}

// Cues, in folded text.
var (
	decidedCue = regexp.MustCompile(`\b(?:beschlossen|entschieden|beschluss|einigen uns|geeinigt|einig geworden|wir machen|machen wir (?:es |das )?(?:jetzt |dann |nun )?so|so machen wir|wird so gemacht|entfaellt|entfallen|faellt (?:\w+ ){0,5}aus|abgesagt|gestrichen|findet (?:\w+ ){0,6}nicht statt|verschoben|verlegt|steht (?:jetzt |nun |damit |also )?fest|bleibt (?:es )?(?:dabei|bei de[mr])|vereinbart|festgelegt|genehmigt|freigegeben|bewilligt|ab sofort|gilt ab|wird (?:\w+ ){0,4}eingefuehrt)\b` +
		`|\b(?:decided|decision|agreed|we will go with|we'll go with|we go with|let's go with|cancelled|canceled|called off|postponed|moved to|approved|settled|as of now|with immediate effect)\b`)
	undecided = regexp.MustCompile(`\b(?:noch nicht|nicht|noch nichts) (?:\w+ ){0,2}(?:entschieden|beschlossen|vereinbart|festgelegt|genehmigt|freigegeben|bewilligt)\b|\b(?:muss|muessen|sollte|sollten|kann|koennen) (?:\w+ ){0,6}(?:entscheiden|entschieden|beschlossen|geklaert|klaeren|verschoben|genehmigt|freigegeben)\b|\bsteht (?:\w+ ){0,3}noch nicht fest\b` +
		`|\b(?:not (?:yet )?(?:been )?(?:decided|agreed|approved)|undecided|to be (?:decided|agreed|approved)|(?:must|should|need to|have to) decide)\b`)
	openCue = regexp.MustCompile(`\b(?:wer (?:kann|macht|uebernimmt|hat|koennte|kuemmert|springt|geht)|bitte (?:\S+ ){0,8}bis|muss noch|muessen noch|muesste(?:n)? (?:\w+ ){0,2}noch|noch offen|ist offen|offen ist|bleibt offen|offener? punkt|to-?do|fehlt noch|fehlen noch|steht noch aus|stehen noch aus|noch niemand|ausstehend|(?:brauchen|braucht|benoetigen) (?:wir )?noch|rueckmeldung(?:en)? bis|freiwillige|gesucht)\b` +
		`|\b(?:who (?:can|could|will|takes)|can someone|could someone|someone (?:needs|has) to|still (?:open|missing|needs?)|pending|outstanding|not yet done|remains to be|to be (?:clarified|done)|please (?:\S+ ){0,10}by|volunteers)\b`)
	done     = regexp.MustCompile(`\b(?:erledigt|ist fertig|geschafft|hat sich geklaert|laeuft wieder|geht wieder|done|sorted out|solved|works again)\b`)
	courtesy = regexp.MustCompile(`^(?:alles (?:klar|gut|okay)|wie geht'?s?|gut angekommen|schoenes wochenende|na\b|wirklich|echt|how are you|really|all good)`)
	request  = regexp.MustCompile(`\b(?:bitte|koennten? sie|koenntest du|kannst du|koennen sie|wuerdest du|wuerden sie|magst du|moegen sie|sag(?:st|en)? (?:mir|uns)|melde dich|melden sie sich|please|can you|could you|would you|let (?:me|us) know)\b`)
)

// Asks says whether folded words ask for an answer or for something to be done.
func Asks(low string) bool { return strings.Contains(low, "?") || request.MatchString(low) }

// Quote is what somebody wrote, literally, after their name; of a message without
// words its file.
func (l *Line) Quote(text string) bots.Text {
	if text == "" && len(l.Files) > 0 {
		name := bots.Quoted(l.Files[0].Name)
		return bots.Text{DE: fmt.Sprintf("%s: Datei %s", bots.Literal(l.Name), name.DE), EN: fmt.Sprintf("%s: file %s", bots.Literal(l.Name), name.EN)}
	}
	q := bots.Quoted(text)
	name := bots.Literal(l.Name)
	return bots.Text{DE: name + ": " + q.DE, EN: name + ": " + q.EN}
}

// Sentences returns the sentences of a text.
func Sentences(text string) (all []string) {
	for _, s := range facts.Sentences(text) {
		all = append(all, text[s.Start:s.End])
	}
	return all
}

// Shorten joins sentences from one on for as long as they are short; one that is
// too long by itself is cut at a word. What is left out shows as "…".
func Shorten(sentences []string, from int) string {
	var b strings.Builder
	if from > 0 {
		b.WriteString("… ")
	}
	for i, s := range sentences[min(from, len(sentences)):] {
		if i > 0 && b.Len()+len(s) > maxQuote {
			b.WriteString(" …")
			break
		}
		if i > 0 {
			b.WriteByte(' ')
		}
		if len(s) > maxLine {
			s = First(s, maxLine)
			if at := strings.LastIndexByte(s, ' '); at > 0 {
				s = s[:at]
			}
			b.WriteString(s + " …")
			break
		}
		b.WriteString(s)
	}
	return b.String()
}
