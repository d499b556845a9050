package letter

import (
	"strings"

	"amtsbote/skills/document"
	"amtsbote/skills/lazy"
	"amtsbote/skills/letter/quote"
)

// An author says who wrote a block of a colleague's mail, as far as its mark tells.
type author int

const (
	nobody   author = iota // no mark names an author
	house                  // a colleague
	stranger               // a name without an address: a colleague or not
	outsider               // an address outside the authority
	form                   // a configured web form, in somebody's name
	scanner                // a copier
)

// A thread is the text of a colleague's mail in blocks, and which of them are
// letters to answer. A header block inside a letter may be its author's invention:
// it never turns what is above it into something else.
type thread struct {
	blocks  []quote.Block
	authors []author
	letters []int // the blocks that are letters; the first is the surest
	outer   *document.Mail
	opt     Options

	guess document.Text // why the first may be the wrong one; "" if it is not
}

// maxBlocks is how many blocks of a mail are looked at for a letter to answer.
const maxBlocks = 200

// maxColleagues is how many names of colleagues are remembered in a thread.
const maxColleagues = 30

func newThread(blocks []quote.Block, outer *document.Mail, opt Options) *thread {
	t := &thread{blocks: blocks, authors: make([]author, len(blocks)), outer: outer, opt: opt}
	colleagues := append([]document.Address{}, outer.From...)
	for _, a := range append(append([]document.Address{}, outer.To...), outer.Cc...) {
		if opt.own(a.Email) {
			colleagues = append(colleagues, a)
		}
	}
	t.authors[0] = house
	for i, b := range blocks[1:min(len(blocks), maxBlocks)] {
		// A head may be invented by the author of a block above: what it says is used
		// for the blocks below it only.
		t.authors[i+1] = t.author(b, colleagues)
		for _, a := range append(append(append([]document.Address{}, b.Head.From...), b.Head.To...), b.Head.Cc...) {
			if opt.own(a.Email) && len(colleagues) < maxColleagues && !has(colleagues, []document.Address{a}) {
				colleagues = append(colleagues, a)
			}
		}
	}
	if first := t.first(); first > 0 {
		t.letters = []int{first}
		t.further()
	}
	return t
}

func (t *thread) author(b quote.Block, colleagues []document.Address) author {
	if !b.Named() {
		return nobody
	}
	from := b.Head.From[0]
	switch {
	case from.Email == "" && named(colleagues, from.Name):
		return house
	case from.Email == "":
		return stranger
	case t.opt.scans(from.Email):
		return scanner
	case t.opt.machine(from.Email):
		return form
	case t.opt.own(from.Email):
		return house
	}
	return outsider
}

// first returns the block that is the letter to answer: the newest by somebody
// outside the authority; 0: there is none. Names without an address, blocks that
// name nobody and colleagues are further choices, in this order.
func (t *thread) first() int {
	choice := map[author]int{}
	names := map[string]bool{}
	remarked := false // somebody without an address may be no colleague
	for i, a := range t.authors {
		b := t.blocks[i]
		if i == 0 || b.Mark == quote.End || a < stranger && strings.TrimSpace(b.Text) == "" {
			continue
		}
		if a == stranger {
			if sure, ok := t.remark(i); ok {
				remarked = remarked || !sure
				continue
			}
		}
		if a == stranger {
			names[strings.ToLower(b.Head.From[0].Name)] = true
		}
		if a == house && has(append(t.outer.To, t.outer.Cc...), b.Head.From) {
			continue // Amtsbote's own answer
		}
		if _, ok := choice[a]; !ok {
			choice[a] = i
		}
	}
	best := 0
	for _, a := range []author{outsider, form, scanner} {
		if i, ok := choice[a]; ok && (best == 0 || i < best) {
			best = i
		}
	}
	i, ok := choice[stranger]
	switch {
	case best > 0 && (!ok || i > best):
		if remarked {
			t.unsure(best)
		}
		return best
	case best > 0:
		// A colleague whose address the program left out forwards or answers it, or
		// the author has quoted or invented it.
		if h := t.blocks[i].Head; !forwardSubject.MatchString(h.Subject) && !holds(append(h.To, h.Cc...), t.blocks[best].Head.From) {
			best = i
		}
		t.unsure(best)
		return best
	case ok:
		if len(names) > 1 {
			i = t.pastForwards(i)
			t.unsure(i)
		}
		return i
	}
	return t.lastResort(choice)
}

// lastResort takes a block that names nobody, or a colleague's.
func (t *thread) lastResort(choice map[author]int) int {
	for _, a := range []author{nobody, house} {
		if i, ok := choice[a]; ok {
			t.unsure(i)
			return i
		}
	}
	return 0
}

var (
	familiar  = lazy.New(`(?i)\b(?:du|dir|dich|dein\pL*|euch|ihr (?:seid|habt|könnt|macht|müsst|wisst|beiden?)|z\. ?k\.|zk|z\. ?w\. ?v\.|fyi|zur kenntnis|kannst|könntest|machst|übernimmst|schaust|magst|weißt)\b`)
	vocative  = lazy.New(`(?i)^\s*(?:(?:hallo|hi|hey|moin|servus|liebe[rs]?|guten (?:morgen|tag)|dear) )?(\pL[\pL-]+)\s*[,!:\n]`)
	greetings = lazy.New(`(?im)^\s*(?:sehr geehrte|sehr verehrte|guten (?:tag|abend|morgen)|hallo|liebes? |dear )`)
)

// maxRemark is how long a remark between colleagues is at most, in bytes.
const maxRemark = 600

// remark says whether block i, of somebody without an address, is a colleague's word
// to the colleague who forwards: it is short, and a letter by an outsider with an
// address, who greets an office, stands below. It is surely one if it says du or the
// colleague's first name, or passes the letter on, and greets no office.
func (t *thread) remark(i int) (sure, ok bool) {
	b := t.blocks[i]
	if len(b.Text) > maxRemark || len(t.outer.From) == 0 {
		return false, false
	}
	first := parsePerson(t.outer.From[0].Name).First
	m := vocative.FindStringSubmatch(b.Text)
	byName := m != nil && first != "" && strings.EqualFold(m[1], first)
	passes := passesOn.MatchString(b.Text)
	greets := greetings.MatchString(b.Text)
	sure = !formalStart.MatchString(b.Text) && (byName || (familiar.MatchString(b.Text) || passes) && !greets)
	if !sure && !passes && (greets || len(b.Text) > maxRemark/2) {
		return false, false
	}
	return sure, t.lettersBelow(i)
}

// passesOn matches what stands above a letter that somebody passes on within a house.
var passesOn = lazy.New(`(?i)\b(?:zuständigkeitshalber|bitte (?:\pL+ ){0,2}(?:übernehmen|beantworten|erledigen|prüfen und)|zur (?:weiteren )?(?:bearbeitung|beantwortung|erledigung|veranlassung)|(?:un)?zuständig|zuständigkeit|weitergeleitet|can you (?:take|handle|answer)|please (?:handle|answer|take)|for your (?:action|information)|not ours)\b`)

// lettersBelow says whether the next block below i that is not by a name without an
// address is a letter to an office by somebody else.
func (t *thread) lettersBelow(i int) bool {
	b := t.blocks[i]
	for j := i + 1; j < len(t.blocks) && j <= i+maxRemarks; j++ {
		switch t.authors[j] {
		case outsider:
			return greetings.MatchString(quote.Clip(t.blocks[j].Text, maxCues)) && !sameAuthor(b.Head.From, t.blocks[j].Head.From)
		case house, stranger:
		default:
			return false
		}
	}
	return false
}

// maxRemarks is how many remarks stand above a letter at most.
const maxRemarks = 5

// pastForwards passes over blocks whose subject says that they are forwards: where
// programs write names only, those are by colleagues.
func (t *thread) pastForwards(i int) int {
	for j := i; j < len(t.blocks); j++ {
		if t.authors[j] == stranger && !forwardSubject.MatchString(t.blocks[j].Head.Subject) {
			return j
		}
	}
	return i
}

func (t *thread) unsure(i int) {
	w := which(t.blocks[i])
	t.guess = document.Text{DE: "Es war nicht sicher zu erkennen, welche der weitergeleiteten Mails zu beantworten ist; genommen wurde " + w.DE + ".",
		EN: "It was not certain which of the forwarded mails is to be answered; taken was " + w.EN + "."}
}

// further finds letters forwarded in the same mail: another subject, written to the
// authority, and no part of the correspondence above.
func (t *thread) further() {
	top := t.blocks[t.letters[0]]
	subjects := map[string]bool{topic(top): true}
	fresh := !answers(top)
	people := append(append([]document.Address{}, top.Head.From...), top.Head.To...)
	several := pluralNote.MatchString(quote.Clip(t.blocks[0].Above, maxCues))
	for j := t.letters[0] + 1; j < len(t.blocks) && len(t.letters) < maxLetters; j++ {
		b, a := t.blocks[j], t.authors[j]
		if a < stranger {
			continue
		}
		subject := topic(b)
		other := subject != "" && !subjects[subject]
		switch {
		case a == form && t.authors[t.letters[0]] == form:
			other = true
		case several && greetings.MatchString(quote.Clip(b.Text, maxCues)):
			other = other || !holds(people, b.Head.From)
		case b.Mark == quote.Wrote:
			other = a == outsider && b.Outside && top.Outside && !holds(people, b.Head.From)
		case !other && fresh && !answers(b) && !holds(people, b.Head.From):
			other = subject != "" || t.opt.ownAny(b.Head.To)
		}
		subjects[subject] = true
		if !other || !t.beside(b, top, several) || !t.reached(b, people) {
			continue
		}
		t.letters = append(t.letters, j)
		people = append(people, b.Head.From...)
	}
}

// pluralNote matches what a colleague writes above several letters.
var pluralNote = lazy.New(`(?i)\b(?:beiden?|zwei|drei|vier|fünf|alle(?:n|r)?|jeweils|jede[nrsm]?|mehrere|folgende \pL+en|diese (?:anfragen|mails|e-mails|schreiben|briefe|nachrichten)|both|two|three|four|all|each|several)\b`)

// beside says whether a block stands beside the first letter and not in it.
func (t *thread) beside(b, top quote.Block, several bool) bool {
	outside := 0
	if b.Outside {
		outside++
	}
	if top.Outside {
		outside--
	}
	return b.Depth == top.Depth || top.Outside && b.Depth < top.Depth || several && b.Depth-top.Depth == outside
}

// reached says whether a block was written to the authority and not to one of the
// authors above.
func (t *thread) reached(b quote.Block, people []document.Address) bool {
	to := append(append([]document.Address{}, b.Head.To...), b.Head.Cc...)
	ours := len(to) == 0
	for _, a := range to {
		ours = ours || a.Email == "" || t.opt.own(a.Email)
		if !t.opt.own(a.Email) && has(people, []document.Address{a}) {
			return false
		}
	}
	return ours
}

func topic(b quote.Block) string { return strings.ToLower(BareSubject(b.Head.Subject)) }

var answerSubject = lazy.New(`(?i)^\s*(?:` + replyWords + `|r)\s?(?:\[\d+\])?:`)

func answers(b quote.Block) bool { return answerSubject.MatchString(b.Head.Subject) }

// encloses says whether an attached mail belongs to a letter that is forwarded in
// the text: then it is a file of that letter and no letter of its own.
func (t *thread) encloses(doc document.Document) bool {
	if len(t.letters) == 0 || t.authors[t.letters[0]] != outsider {
		return false
	}
	return !sameAuthor(t.blocks[t.letters[0]].Head.From, doc.Mail.From)
}

// read makes letters of the blocks that are letters.
func (t *thread) read(doc document.Document) []Letter {
	out := make([]Letter, 0, len(t.letters))
	for n, i := range t.letters {
		end := len(t.blocks)
		if n+1 < len(t.letters) {
			end = t.letters[n+1]
		}
		parts := doc.Parts
		if n > 0 {
			parts = nil // they are listed with the first
		}
		l := t.letter(i, end, doc, parts)
		if n == 0 {
			// Below a block that may be an outsider's, heads may be invented.
			sure := 1
			for sure < i && t.authors[sure] == house {
				sure++
			}
			l.Internal = joinBlocks(t.blocks[1:sure])
			l.Quoted = join(joinBlocks(t.blocks[sure:i]), l.Quoted)
		}
		out = append(out, l)
	}
	if len(out) > 1 {
		for n := range out[1:] {
			w := which(t.blocks[t.letters[n+1]])
			out[n+1].doubt("Ob "+w.DE+" ein eigener Brief ist oder zum Brief darüber gehört, steht nicht fest. Bitte prüfen Sie auch den Empfänger.",
				"Whether "+w.EN+" is a letter of its own or part of the letter above is not certain. Please check the recipient, too.")
		}
	}
	return out
}

// letter makes a letter of block i; the blocks up to end are its older quotes.
func (t *thread) letter(i, end int, doc document.Document, parts []document.Part) Letter {
	b, first := t.blocks[i], i
	inner := doc
	inner.Mail, inner.Parts = &b.Head, parts
	inner.Pages = []document.Page{{N: 1, Text: b.Text}}
	var l Letter
	var ok bool
	switch t.authors[i] {
	case form, scanner:
		if l, ok = fromMachine(inner, t.opt); ok {
			l.Inline = l.Form
		}
	}
	if !ok {
		l = Letter{Head: b.Head, Inline: true}
		l.Original = quote.Tidy(b.Text)
		l.Body, l.Signature = signed(b.Head.From, b.Text)
		l.Files, l.Logos = files(parts)
		if len(t.letters) > 1 {
			l.loosen(0)
		} else {
			l.enclosed(parts)
		}
		if l.Body == "" && i+1 < end {
			l.below(t.blocks[i+1 : end])
			i++
		}
	}
	l.Quoted = joinBlocks(t.blocks[i+1 : end])
	t.doubts(&l, b, i, end)
	if l.Inline && l.Head.Subject == "" && len(t.letters) == 1 { // an attribution line has none, the forward itself has
		l.Head.Subject = BareSubject(doc.Mail.Subject)
	}
	l.asIn(doc.Mail)
	if l.Head.Invitation == "" && appointment.MatchString(b.Lines) {
		l.Head.Invitation = "request"
	}
	if first == t.letters[0] {
		t.answered(&l, first)
	}
	if l.Inline {
		l.warn("inline", "Im Text weitergeleitet: Die Antwort lässt sich dem Vorgang im Mailprogramm nicht zuordnen. Als Anlage weitergeleitet gelingt das.",
			"Forwarded in the text: the reply cannot be threaded. Forwarded as an attachment it can.")
	}
	if !ok {
		l.analyse(&doc, t.opt)
	}
	return l
}

// doubts says what is not certain of a letter.
func (t *thread) doubts(l *Letter, b quote.Block, i, end int) {
	if t.guess.DE != "" && i <= t.letters[0]+1 {
		l.doubt(t.guess.DE, t.guess.EN)
	}
	if b.Doubt {
		l.doubt("Der Brief steht unter einem Zitat; ob der Text darunter vom Absender ist oder von der Kollegin oder dem Kollegen, ist nicht sicher.",
			"The letter stands below a quote; whether the text below is by the sender or by the colleague is not certain.")
	}
	for _, x := range t.blocks[i+1 : end] {
		if x.Mark == quote.End && strings.TrimSpace(x.Text) != "" {
			l.doubt("Unter dem Ende der weitergeleiteten Mail steht noch Text („"+start(x.Text)+" …“). Von wem er ist, ist nicht zu erkennen; er wurde nicht berücksichtigt.",
				"Below the end of the forwarded mail stands more text (“"+start(x.Text)+" …”). By whom is not to be recognised; it was not considered.")
			break
		}
	}
	if len(t.outer.From) > 0 && endsWith(l.Original, t.outer.From[0].Name) && !sameAuthor(b.Head.From, t.outer.From) {
		l.doubt("Am Ende des Briefs steht der Name "+t.outer.From[0].Name+". Ob dort ein Vermerk der Kollegin oder des Kollegen steht, ist nicht zu erkennen; er zählt zum Brief.",
			"At the end of the letter stands the name "+t.outer.From[0].Name+". Whether there is a note by the colleague is not to be recognised; it counts as part of the letter.")
	}
}

// endsWith says whether one of the last lines of a text is a name.
func endsWith(text, name string) bool {
	lines := strings.Split(text, "\n")
	for i := len(lines) - 1; i >= 0 && i >= len(lines)-6; i-- {
		if l := strings.TrimSpace(lines[i]); len(l) < 80 && sameName(l, name) {
			return true
		}
	}
	return false
}

// answered warns of a letter that a colleague has answered above it.
func (t *thread) answered(l *Letter, i int) {
	b := t.blocks[i]
	for j, x := range t.blocks[:i] {
		if j > 0 && (t.authors[j] == house || t.authors[j] == stranger) && t.authors[i] > house && holds(x.Head.To, b.Head.From) {
			l.warn("answered", "Eine Kollegin oder ein Kollege hat diesen Brief offenbar schon beantwortet (siehe weitergeleiteter Verlauf).",
				"A colleague seems to have answered this letter already (see the forwarded thread).")
			return
		}
	}
}

func joinBlocks(blocks []quote.Block) string {
	texts := make([]string, len(blocks))
	for i, b := range blocks {
		texts[i] = b.Text
	}
	return join(texts...)
}

// which names a block.
func which(b quote.Block) document.Text {
	if b.Named() {
		who := b.Head.From[0].Name
		if who == "" {
			who = b.Head.From[0].Email
		}
		return document.Text{DE: "die Mail von " + who, EN: "the mail by " + who}
	}
	s := start(quote.Trim(b.Text).Body)
	return document.Text{DE: "der Text ab „" + s + " …“", EN: "the text from “" + s + " …” on"}
}
