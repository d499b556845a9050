package letter

import (
	"strings"
	"time"

	"amtsbote/skills/document"
	"amtsbote/skills/lazy"
	"amtsbote/skills/letter/quote"
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
	if !fromColleague(doc, opt) && answersInvitation(doc) {
		return Mail{Skip: "answer to an invitation"}
	}
	given := opt
	unsure := guessColleague(*doc.Mail, &opt)
	if fromColleague(doc, opt) {
		m, ok := forwarded(doc, opt, 0)
		if ok && unsure {
			m.guessed()
		}
		if ok || !opt.Watched && opt.known() {
			return m
		}
	}
	opt = given
	return Mail{Letters: []Letter{direct(doc, opt)}}
}

// guessed says that the mail was taken for a forward by its subject only.
func (m *Mail) guessed() {
	for i := range m.Letters {
		m.Letters[i].doubt("Die Mail wurde nach ihrem Betreff für eine Weiterleitung gehalten; beantwortet wird der weitergeleitete Brief.",
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
	blocks := quote.Split(doc.Text(), time.UTC)
	above, below := noteOf(doc.Mail.From, blocks[0])
	if above == "" && len(blocks) > 1 && (Options{Sender: sender}).ownAny(blocks[1].Head.From) {
		return below // an answer to Amtsbote's own, written below it
	}
	return above
}

var forwardSubject = lazy.New(`(?i)^\s*(?:` + forwardWords + `)\s?(?:\[\d+\])?:`)

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

// direct makes a letter of a mail that came from its author.
func direct(doc document.Document, opt Options) Letter {
	l := Letter{Head: *doc.Mail, Received: received(*doc.Mail, opt)}
	l.Head.From = oneAuthor(l.Head.From)
	blocks := quote.Split(doc.Text(), opt.zone())
	l.Original = quote.Tidy(blocks[0].Text)
	l.Body, l.Signature = signed(l.Head.From, blocks[0].Text)
	rest := blocks[1:]
	l.Files, l.Logos = files(doc.Parts)
	l.enclosed(doc.Parts)
	if l.Body == "" && len(rest) > 0 && !(len(l.Files) > 0 && opt.ownAny(rest[0].Head.From)) {
		rest = l.below(rest)
	}
	var below []string
	for _, b := range rest {
		below = append(below, b.Text)
	}
	l.Quoted = join(below...)
	l.analyse(&doc, opt)
	return l
}

// below takes the first block below the author's for the letter, where the author
// has written nothing above it, and returns the others. Some write the head of a
// paper letter above their mail: that is no doubt.
func (l *Letter) below(rest []quote.Block) []quote.Block {
	l.Original = quote.Tidy(rest[0].Text)
	l.Body, l.Signature = signed(l.Head.From, rest[0].Text)
	if !sameAuthor(rest[0].Head.From, l.Head.From) {
		l.Signature = ""
		l.doubt("Der Absender hat nichts Eigenes geschrieben; genommen wurde die Mail darunter.",
			"The sender wrote nothing; the mail below was taken.")
	}
	return rest[1:]
}

// doubt says that it is not certain which text is the letter, and which was taken.
func (l *Letter) doubt(de, en string) {
	l.Unsure = true
	l.warn("unsure", de, en)
	last := len(l.Warnings) - 1
	l.Warnings = append(l.Warnings[last:], l.Warnings[:last]...) // the first to be read
}

// warn adds a warning.
func (l *Letter) warn(code, de, en string) {
	l.Warnings = append(l.Warnings, document.Warning{Code: code, Text: document.Text{DE: de, EN: en}})
}

func join(texts ...string) string {
	var out []string
	for _, t := range texts {
		if t = quote.Tidy(t); t != "" {
			out = append(out, t)
		}
	}
	return strings.Join(out, "\n\n")
}
