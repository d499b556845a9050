package catchup

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"time"

	"amtsbote/bots"
	"amtsbote/skills/document"
	"amtsbote/skills/extract"
	"amtsbote/skills/facts"
)

const (
	maxKey   = 6   // sentences under "Sonst"
	maxQuote = 280 // bytes of a quote, if its first sentence is not longer
	maxLine  = 420 // bytes of a quote that is one sentence
)

// rules is the built-in engine: it sorts the sentences of some lines under the
// headings by cue words, verbatim.
func (k *talk) rules(ctx context.Context, lines []int, now time.Time) ([]note, error) {
	var notes []note
	var rest []sentence
	for _, i := range lines {
		if i%256 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		l := &k.all[i]
		if l.addressed() {
			notes = append(notes, k.addressedNote(i))
			continue
		}
		more, others := k.sorted(i)
		notes = append(notes, more...)
		if !l.own {
			rest = append(rest, others...)
		}
	}
	key, err := k.key(ctx, rest, now)
	return append(notes, key...), err
}

// A sentence of a line.
type sentence struct {
	line int
	text string
}

// addressedNote quotes what is addressed to the asker: from the first question or
// request on, if there is one.
func (k *talk) addressedNote(i int) note {
	l := &k.all[i]
	sentences := sentencesOf(l.text)
	from := 0
	for n, s := range sentences {
		if asks(fold(s)) {
			from = n
			break
		}
	}
	return note{head: addressed, text: k.quote(l, shorten(sentences, from)), from: []int{i}, asks: asks(fold(l.text)), reply: l.answers}
}

// sorted returns the sentences of a line that were decided or are open, as notes,
// and the others. Sentences of one heading that follow one another stay together.
func (k *talk) sorted(i int) (notes []note, others []sentence) {
	l := &k.all[i]
	var run []string
	last := other
	flush := func() {
		if len(run) > 0 && last != other {
			notes = append(notes, note{head: last, text: k.quote(l, shorten(run, 0)), from: []int{i}})
		}
		run = nil
	}
	for _, s := range sentencesOf(l.text) {
		head := headingOf(s, l)
		if head != last {
			flush()
		}
		if last = head; head == other {
			others = append(others, sentence{i, s})
			continue
		}
		run = append(run, s)
	}
	flush()
	return notes, others
}

// headingOf sorts a sentence by its cue words.
func headingOf(s string, l *line) heading {
	low := fold(s)
	switch {
	case strings.HasSuffix(strings.TrimRight(s, " \"“”)!"), "?"):
		if len(l.answers) > 0 || len(strings.Fields(s)) < 4 && !openCue.MatchString(low) || courtesy.MatchString(low) {
			return other
		}
		return opened
	case undecided.MatchString(low):
		return opened
	case decidedCue.MatchString(low):
		return agreed
	case done.MatchString(low):
		return other
	case openCue.MatchString(low), due(s, l.Time):
		return opened
	}
	return other
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

// asks says whether folded words ask for an answer or for something to be done.
func asks(low string) bool { return strings.Contains(low, "?") || request.MatchString(low) }

// key returns the most telling of the sentences that stand under no heading, and
// of the files.
func (k *talk) key(ctx context.Context, rest []sentence, now time.Time) ([]note, error) {
	var doc document.Document
	page := -1
	var lines []int
	for _, s := range rest {
		text := s.text
		if !strings.ContainsAny(text[len(text)-1:], ".!?:") {
			text += "." // or the next message would go on with it
		}
		if len(lines) > 0 && lines[page] == s.line {
			doc.Pages[page].Text += "\n" + text
			continue
		}
		page++
		lines = append(lines, s.line)
		doc.Pages = append(doc.Pages, document.Page{N: page + 1, Text: text})
	}
	if len(doc.Pages) == 1 {
		doc.Pages = append(doc.Pages, document.Page{N: 2}) // with one page it would not be named
	}
	found, err := extract.Key(ctx, doc, maxKey, now)
	if err != nil {
		return nil, fmt.Errorf("catchup: %w", err)
	}
	var notes []note
	for _, f := range found {
		if f.Page < 1 || f.Page > len(lines) {
			continue
		}
		l := &k.all[lines[f.Page-1]]
		text := f.Text
		if !strings.Contains(l.text, text) {
			if text = strings.TrimSuffix(text, "."); !strings.Contains(l.text, text) {
				continue // not verbatim
			}
		}
		if facts := len(strings.Fields(text)); facts < 4 {
			continue
		}
		notes = append(notes, note{head: other, text: k.quote(l, shorten([]string{text}, 0)), from: []int{lines[f.Page-1]}})
	}
	return append(notes, k.keyOfFiles(ctx, now)...), nil
}

// keyOfFiles quotes a sentence or two of each file that was read.
func (k *talk) keyOfFiles(ctx context.Context, now time.Time) (notes []note) {
	for i := range k.all {
		for _, f := range k.all[i].files {
			found, err := extract.Key(ctx, f.doc, 2, now)
			if err != nil {
				return notes // ctx is done: who called finds out
			}
			name := bots.Literal(f.name)
			for _, s := range found {
				if strings.Contains(s.Text, " | ") {
					continue // a row of a table says nothing by itself
				}
				q := bots.Quoted(shorten([]string{s.Text}, 0))
				f.told = true
				notes = append(notes, note{head: other, from: []int{i},
					text: bots.Text{DE: "Datei " + name + ": " + q.DE, EN: "File " + name + ": " + q.EN}})
			}
		}
	}
	return notes
}

// quote is what somebody wrote, literally, after their name.
func (k *talk) quote(l *line, text string) bots.Text {
	if text == "" && len(l.Files) > 0 {
		name := bots.Quoted(l.Files[0].Name)
		return bots.Text{DE: fmt.Sprintf("%s: Datei %s", bots.Literal(l.Name), name.DE), EN: fmt.Sprintf("%s: file %s", bots.Literal(l.Name), name.EN)}
	}
	q := bots.Quoted(text)
	name := bots.Literal(l.Name)
	return bots.Text{DE: name + ": " + q.DE, EN: name + ": " + q.EN}
}

func sentencesOf(text string) (all []string) {
	for _, s := range facts.Sentences(text) {
		all = append(all, text[s.Start:s.End])
	}
	return all
}

// shorten joins sentences from one on for as long as they are short; one that is
// too long by itself is cut at a word. What is left out shows as "…".
func shorten(sentences []string, from int) string {
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
			s = first(s, maxLine)
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
