package catchup

import (
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"amtsbote/bots"
	"amtsbote/skills/answer"
	"amtsbote/skills/llm"
	"amtsbote/skills/talk"
)

// rubrics are the headings as a model calls them.
var rubrics = map[heading]string{addressed: "an_sie", agreed: "entschieden", opened: "offen", other: "sonst"}

const (
	maxSaid = 500 // bytes of a statement
	maxFrom = 8   // messages that a statement names
	maxAll  = 60  // statements of one answer
)

// said is the answer that is asked for.
type said struct {
	Aussagen *[]struct {
		Rubrik  string  `json:"rubrik"`
		Text    string  `json:"text"`
		Nr      numbers `json:"nr"`
		Frage   bool    `json:"frage"`
		Antwort numbers `json:"antwort"`
	} `json:"aussagen"`
}

// numbers takes what models make of a list of numbers: [1, 2], 1, "1", ["[1]"].
type numbers []int

func (n *numbers) UnmarshalJSON(b []byte) error {
	for _, d := range digits.FindAll(b, maxFrom+1) {
		if i, err := strconv.Atoi(string(d)); err == nil {
			*n = append(*n, i)
		}
	}
	return nil
}

var (
	digits  = regexp.MustCompile(`\d+`)
	inText  = regexp.MustCompile(`\s?\[(?:Nr\. ?)?(\d{1,6}(?:, ?\d{1,6})*)\]`)
	schemed = regexp.MustCompile(`(?i)[a-z][a-z0-9+.-]*://[^\s<>"')\]]*`)
)

// parse reads a model's answer about some lines. Statements that cite none of them
// are dropped. why says, in German, for what reason an answer is of no use.
func (w *work) parse(text string, lines []int) (notes []note, dropped int, why string) {
	var s said
	if json.Unmarshal([]byte(text), &s) != nil {
		return nil, 0, "Sie war kein JSON-Objekt in der verlangten Form."
	}
	if s.Aussagen == nil {
		return nil, 0, `Der Schlüssel "aussagen" fehlt.`
	}
	known := func(numbers []int) (all []int) {
		for _, n := range numbers {
			if slices.Contains(lines, n-1) && len(all) < maxFrom {
				all = append(all, n-1)
			}
		}
		slices.Sort(all)
		return slices.Compact(all)
	}
	list := *s.Aussagen
	for _, a := range list[:min(len(list), maxAll)] {
		text, _ := answer.Own(talk.First(a.Text, maxSaid))
		n := note{from: known(a.Nr), asks: a.Frage, plain: strings.Join(strings.Fields(text), " ")}
		if len(n.from) == 0 || n.plain == "" {
			dropped++
			continue
		}
		n.head = w.k.headOf(a.Rubrik, n)
		if n.head == addressed {
			n.reply = slices.DeleteFunc(known(a.Antwort), func(i int) bool { return i <= n.from[0] })
			n.reply = append(n.reply, w.k.replies(n.from)...)
			slices.Sort(n.reply)
			n.reply = slices.DeleteFunc(slices.Compact(n.reply), func(i int) bool { return slices.Contains(n.from, i) })
		} else {
			n.asks = false
		}
		w.render(&n)
		notes = append(notes, n)
	}
	if len(notes) == 0 && len(list) > 0 {
		return nil, 0, `Keine der Aussagen nennt unter "nr" eine Nummer, die im Material steht.`
	}
	return notes, dropped, ""
}

// headOf is where a statement goes. What the model calls addressed to the asker,
// but rests on no message that is, goes elsewhere.
func (k *history) headOf(rubric string, n note) heading {
	head := other
	for h, name := range rubrics {
		if name == strings.ToLower(strings.TrimSpace(rubric)) {
			head = h
		}
	}
	if head == addressed && !slices.ContainsFunc(n.from, func(i int) bool { return k.All[i].Addressed() }) {
		if n.asks {
			return opened
		}
		return other
	}
	return head
}

// replies returns the lines that are known to answer some lines.
func (k *history) replies(lines []int) (all []int) {
	for _, i := range lines {
		if k.All[i].Addressed() {
			all = append(all, k.All[i].Answers...)
		}
	}
	return all
}

// render makes what people read of a statement: literal text without links, with
// the links of its own messages where it names them, and what no message says marked.
func (w *work) render(n *note) {
	// "musterstadt.de/anmeldung", as somebody wrote it, is shown; no link is ours.
	text, linked := llm.LinksOf(w.k.said(n.from, n.reply)).KeepPlain(n.plain)
	text = schemed.ReplaceAllStringFunc(text, func(string) string { linked = true; return "[…]" })
	if linked {
		w.linked.Store(true)
	}
	n.plain = text
	var de, plain strings.Builder
	end := 0
	for _, at := range inText.FindAllStringSubmatchIndex(text, -1) {
		de.WriteString(literal(text[end:at[0]]))
		plain.WriteString(text[end:at[0]])
		for _, d := range digits.FindAllString(text[at[2]:at[3]], -1) {
			if i, err := strconv.Atoi(d); err == nil && slices.Contains(n.from, i-1) {
				de.WriteString(" " + markOf(i-1))
			}
		}
		end = at[1]
	}
	de.WriteString(literal(text[end:]))
	plain.WriteString(text[end:])
	n.text = bots.Say(strings.TrimSpace(de.String()))
	if wrong := w.k.unproven(plain.String(), n); len(wrong) > 0 {
		list := bots.Literal(strings.Join(wrong, ", "))
		n.text = bots.Text{DE: n.text.DE + " **[bitte prüfen: " + list + "]**", EN: n.text.EN + " **[please check: " + list + "]**"}
	}
}

// literal is bots.Literal with the blanks at both ends.
func literal(s string) string {
	t := bots.Literal(s)
	if strings.HasPrefix(s, " ") {
		t = " " + t
	}
	if strings.HasSuffix(s, " ") && strings.TrimSpace(s) != "" {
		t += " "
	}
	return t
}
