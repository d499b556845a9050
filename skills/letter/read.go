package letter

import (
	"regexp"
	"strings"
	"time"

	"amtsbote/skills/document"
)

// maxLetters is how many letters of one mail are read.
const maxLetters = 50

// Read says what a mail means. A document that is not a mail is itself the
// letter: a scan whose author stands nowhere but in its text. Read never fails;
// what it cannot tell is empty, and a warning says so. It takes time linear in
// the size of the document.
func Read(doc document.Document, opt Options) Mail {
	if doc.Mail == nil {
		return Mail{Letters: []Letter{scanned(document.Mail{}, doc, nil, opt)}}
	}
	if reason := skip(*doc.Mail, opt); reason != "" {
		return Mail{Skip: reason}
	}
	if l, ok := fromMachine(doc, opt); ok {
		return Mail{Letters: []Letter{l}}
	}
	given := opt
	unsure := guessColleague(*doc.Mail, &opt)
	if fromColleague(doc, opt) {
		m, ok := forwarded(doc, opt, 0)
		if ok && unsure {
			m.doubt()
		}
		if ok || !opt.Watched && opt.known() {
			return m
		}
	}
	opt = given
	return Mail{Letters: []Letter{direct(doc, opt)}}
}

// doubt says that the mail was taken for a forward by its subject only.
func (m *Mail) doubt() {
	for i := range m.Letters {
		l := &m.Letters[i]
		l.Unsure = true
		l.warn("unsure", "Die Mail wurde nach ihrem Betreff für eine Weiterleitung gehalten; beantwortet wird der weitergeleitete Brief.",
			"By its subject the mail was taken for a forward; the forwarded letter is answered.")
	}
}

// Words returns what a colleague wrote above a forward or instead of one,
// without signature and quotes: "kürzer", "bitte absagen", "!hilfe". sender is
// the colleague's address; a mail by somebody else (dropped into a chat) has no
// words of the colleague's.
func Words(doc document.Document, sender string) string {
	if doc.Mail == nil || !fromColleague(doc, Options{Sender: sender}) {
		return ""
	}
	note, _ := signed(doc.Mail.From, split(doc.Text(), time.UTC)[0].text)
	return note
}

var forwardSubject = regexp.MustCompile(`(?i)^\s*(?:wg|fwd?|fw|wtr|tr|rv|doorst)\s?(?:\[\d+\])?:`)

// fromColleague says whether the mail is a colleague's: note and forward, not
// itself the letter.
func fromColleague(doc document.Document, opt Options) bool {
	from := doc.Mail.From
	if len(from) > 0 && !opt.Watched && strings.Contains(opt.Sender, "@") && strings.EqualFold(from[0].Email, opt.Sender) {
		return true
	}
	return opt.ownAny(from)
}

// guessColleague finds out whose mail it is where nobody said who the authority
// is (a file on the command line): one that stays within a domain is a
// colleague's, and so, less surely, is one whose subject says that it is a
// forward. The sender's domain then counts as the authority's.
func guessColleague(m document.Mail, opt *Options) (unsure bool) {
	if len(m.From) == 0 || opt.known() {
		return false
	}
	_, domain, ok := strings.Cut(m.From[0].Email, "@")
	if !ok || !forwardSubject.MatchString(m.Subject) {
		return false
	}
	opt.Own = append(append([]string{}, opt.Own...), domain)
	for _, a := range append(append([]document.Address{}, m.To...), m.Cc...) {
		if sameDomain(a.Email, m.From[0].Email) {
			return false
		}
	}
	return true
}

// forwarded reads a colleague's mail. It reports false if nothing is forwarded.
func forwarded(doc document.Document, opt Options, depth int) (Mail, bool) {
	blocks := split(doc.Text(), opt.zone())
	note, _ := signed(doc.Mail.From, blocks[0].text)
	m := Mail{Note: note}
	rest := blocks[1:]
	if len(rest) > 0 && rest[0].headed && has(append(doc.Mail.To, doc.Mail.Cc...), rest[0].head.From) {
		m.FollowUp = true
	}
	var others []document.Part
	for _, p := range flat(doc.Parts) {
		if p.Doc == nil || p.Doc.Mail == nil {
			others = append(others, p)
			continue
		}
		if len(m.Letters) >= maxLetters {
			m.Letters[0].warn("too-many", "In der Mail stecken noch mehr Briefe; gelesen wurden die ersten 50.", "The mail has more letters; the first 50 were read.")
			break
		}
		m.Letters = append(m.Letters, attached(*p.Doc, opt, depth)...)
	}
	if len(m.Letters) > 0 {
		m.Letters[0].addFiles(others)
		return m, true
	}
	if i := choose(rest, doc.Mail, opt); i >= 0 {
		m.Letters = []Letter{inline(rest, i, doc, opt)}
		return m, true
	}
	if i := firstText(others); i >= 0 && len(note) < 800 {
		rest := append(append([]document.Part{}, others[:i]...), others[i+1:]...)
		m.Letters = []Letter{scanned(document.Mail{Date: doc.Mail.Date}, *others[i].Doc, rest, opt)}
		return m, true
	}
	if l := (Letter{Head: document.Mail{Date: doc.Mail.Date}, Scan: true}); len(note) < 800 {
		// A letter that nobody could read is still one to answer.
		if l.Files, l.Logos = files(others); len(l.Files) > 0 {
			l.analyse(&doc, opt)
			m.Letters = []Letter{l}
			return m, true
		}
	}
	return m, false
}

// attached reads a letter that was forwarded as a file. A colleague's mail in
// between is opened too, down to three levels.
func attached(doc document.Document, opt Options, depth int) []Letter {
	if l, ok := fromMachine(doc, opt); ok {
		return []Letter{l}
	}
	if depth < 3 && opt.ownAny(doc.Mail.From) {
		if m, ok := forwarded(doc, opt, depth+1); ok {
			for i := range m.Letters {
				m.Letters[i].Internal = join(m.Note, m.Letters[i].Internal)
			}
			return m.Letters
		}
	}
	l := direct(doc, opt)
	if reason := skip(*doc.Mail, opt); reason != "" {
		l.warn("automatic", "Die weitergeleitete Mail ist von einem Programm verschickt worden; vermutlich erwartet niemand eine Antwort.",
			"The forwarded mail was sent by a program; probably nobody expects an answer.")
	}
	return []Letter{l}
}

// choose returns which forwarded block is the letter to answer: the newest by
// somebody outside the authority. Blocks whose author is not named, or none but
// colleagues, are a second choice. -1: there is no block.
func choose(blocks []block, outer *document.Mail, opt Options) int {
	second := -1
	for i, b := range blocks {
		if strings.TrimSpace(b.text) == "" && len(blocks) > 1 {
			continue
		}
		if b.headed && len(b.head.From) > 0 && !opt.ownAny(b.head.From) && !sameName(b.head.From, outer.From) {
			return i
		}
		if second < 0 && !(b.headed && has(append(outer.To, outer.Cc...), b.head.From)) {
			second = i
		}
	}
	return second
}

// inline makes a letter of a block of a colleague's mail.
func inline(blocks []block, i int, doc document.Document, opt Options) Letter {
	b := blocks[i]
	l := Letter{Head: b.head, Inline: true}
	var above, below []string
	for _, x := range blocks[:i] {
		above = append(above, x.text)
	}
	for _, x := range blocks[i+1:] {
		below = append(below, x.text)
	}
	l.Internal, l.Quoted = join(above...), join(below...)
	l.Original = tidy(b.text)
	l.Body, l.Signature = signed(l.Head.From, b.text)
	l.Files, l.Logos = files(doc.Parts)
	if !b.headed || len(b.head.From) == 0 || opt.ownAny(b.head.From) {
		l.Unsure = true
		l.warn("unsure", "Es war nicht sicher zu erkennen, welche der weitergeleiteten Mails zu beantworten ist; genommen wurde "+which(b, l.Body).DE+".",
			"It was not certain which of the forwarded mails is to be answered; taken was "+which(b, l.Body).EN+".")
	}
	for _, x := range blocks[:i] {
		if opt.ownAny(x.head.From) && !l.Unsure && sameEmail(x.head.To, b.head.From) {
			l.warn("answered", "Eine Kollegin oder ein Kollege hat diesen Brief offenbar schon beantwortet (siehe weitergeleiteter Verlauf).",
				"A colleague seems to have answered this letter already (see the forwarded thread).")
			break
		}
	}
	l.warn("inline", "Im Text weitergeleitet: Die Antwort lässt sich dem Vorgang im Mailprogramm nicht zuordnen. Als Anlage weitergeleitet gelingt das.",
		"Forwarded in the text: the reply cannot be threaded. Forwarded as an attachment it can.")
	l.analyse(&doc, opt)
	return l
}

// which names the block that was taken.
func which(b block, body string) document.Text {
	if b.headed && len(b.head.From) > 0 {
		who := b.head.From[0].Name
		if who == "" {
			who = b.head.From[0].Email
		}
		return document.Text{DE: "die Mail von " + who, EN: "the mail by " + who}
	}
	words := strings.Fields(body)
	start := strings.Join(words[:min(8, len(words))], " ")
	return document.Text{DE: "der Text ab „" + start + " …“", EN: "the text from “" + start + " …” on"}
}

// direct makes a letter of a mail that came from its author.
func direct(doc document.Document, opt Options) Letter {
	l := Letter{Head: *doc.Mail, Received: received(*doc.Mail, opt)}
	l.Head.From = oneAuthor(l.Head.From)
	blocks := split(doc.Text(), opt.zone())
	l.Original = tidy(blocks[0].text)
	l.Body, l.Signature = signed(l.Head.From, blocks[0].text)
	rest := blocks[1:]
	if l.Body == "" && len(rest) > 0 {
		l.Original = tidy(rest[0].text)
		l.Body, _ = trim(rest[0].text)
		rest = rest[1:]
		l.Unsure = true
		l.warn("unsure", "Der Absender hat nichts Eigenes geschrieben; genommen wurde die Mail darunter.",
			"The sender wrote nothing; the mail below was taken.")
	}
	var below []string
	for _, b := range rest {
		below = append(below, b.text)
	}
	l.Quoted = join(below...)
	l.Files, l.Logos = files(doc.Parts)
	if !l.Unsure {
		l.enclosed(doc.Parts)
	}
	l.analyse(&doc, opt)
	return l
}

// warn adds a warning.
func (l *Letter) warn(code, de, en string) {
	l.Warnings = append(l.Warnings, document.Warning{Code: code, Text: document.Text{DE: de, EN: en}})
}

func join(texts ...string) string {
	var out []string
	for _, t := range texts {
		if t = tidy(t); t != "" {
			out = append(out, t)
		}
	}
	return strings.Join(out, "\n\n")
}

func has(list, from []document.Address) bool {
	for _, a := range list {
		if len(from) > 0 && a.Email != "" && strings.EqualFold(a.Email, from[0].Email) {
			return true
		}
	}
	return false
}

func sameEmail(a, b []document.Address) bool {
	return len(a) > 0 && len(b) > 0 && (has(a, b) || (a[0].Name != "" && a[0].Name == b[0].Name))
}

// sameName says whether a block without an address is by the colleague who
// forwards: Outlook often writes names only.
func sameName(a, b []document.Address) bool {
	return a[0].Email == "" && len(b) > 0 && b[0].Name != "" && a[0].Name == b[0].Name
}
