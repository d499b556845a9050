package letter

import (
	"cmp"
	"strings"

	"amtsbote/skills/document"
	"amtsbote/skills/lazy"
	"amtsbote/skills/letter/quote"
)

// forwarded reads a colleague's mail. It reports false if nothing is forwarded.
func forwarded(doc document.Document, opt Options, depth int) (Mail, bool) {
	blocks := quote.Split(doc.Text(), opt.zone())
	above, below := noteOf(doc.Mail.From, blocks[0])
	above = saying(above)
	m := Mail{Note: join(above, below, noteBelow(doc.Mail.From, blocks, above))}
	thread := newThread(blocks, doc.Mail, opt)
	if len(blocks) > 1 && blocks[1].Named() && has(append(doc.Mail.To, doc.Mail.Cc...), blocks[1].Head.From) {
		m.FollowUp = true
	}
	var others []document.Part
	for _, p := range flat(doc.Parts) {
		if p.Doc == nil || p.Doc.Mail == nil || thread.encloses(*p.Doc) {
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
		m.addLoose(others)
		return m, true
	}
	if len(thread.letters) > 0 {
		m.Letters = thread.read(doc)
		if below != "" && !m.FollowUp {
			m.Letters[0].doubt("Unter oder in dem Zitat steht Text, der als Ihr Vermerk gelesen wurde.", "Below or inside the quote stands text that was read as your note.")
		}
		return m, true
	}
	if note, l, ok := pasted(doc, blocks, opt); ok {
		m.Note, m.Letters = note, []Letter{l}
		return m, true
	}
	if l, ok := onlyFiles(doc, others, opt); ok && len(m.Note) < maxNote {
		m.Letters = []Letter{l}
		return m, true
	}
	return m, false
}

// opener matches what Horde, mutt and Gnus write above a forwarded mail; they write an
// end below it, always.
var opener = lazy.New(`(?i)^\s*(-{3,}) ?(?:(?:weitergeleitete nachricht von|forwarded message from) .{1,120}|start of forwarded message) ?-{3,}\s*(?:\n|$)`)

// noteBelow takes what a colleague wrote below a forwarded mail out of its block.
// Only programs that always write an end tell where that is: whatever ends the
// author of the mail has written into it stand above the last one, which is theirs.
func noteBelow(from []document.Address, blocks []quote.Block, above string) string {
	last := &blocks[len(blocks)-1]
	if len(blocks) < 3 || last.Mark != quote.End || last.Depth > 0 || blocks[1].Depth > 0 {
		return ""
	}
	begins := opener.FindStringSubmatch(blocks[1].Lines)
	ends := strings.TrimSpace(last.Lines)
	switch {
	case begins != nil && strings.HasPrefix(ends, begins[1]) && !strings.HasPrefix(ends, begins[1]+"-"):
	case strings.Contains(blocks[1].Lines, "8<==") && strings.Contains(ends, "8<=="):
	default:
		return ""
	}
	note, signature := signed(from, last.Text)
	if signature == "" && above != "" {
		return "" // the note is above, and nobody has signed what stands below
	}
	last.Text = ""
	return note
}

// asIn notes that the mail that a letter stands in is encrypted, or an
// invitation: then so is the letter, of whose own head only some lines are left.
func (l *Letter) asIn(outer *document.Mail) {
	l.Head.Encrypted = cmp.Or(l.Head.Encrypted, outer.Encrypted)
	l.Head.Invitation = cmp.Or(l.Head.Invitation, outer.Invitation)
}

// addLoose lists files that lie beside attached letters with the first of them.
func (m *Mail) addLoose(parts []document.Part) {
	first := &m.Letters[0]
	n := len(first.Files)
	first.addFiles(parts)
	if len(m.Letters) > 1 {
		first.loosen(n)
	}
}

// loosen says that the files from the nth on may belong to another letter.
func (l *Letter) loosen(n int) {
	for i := n; i < len(l.Files); i++ {
		l.Files[i].Loose = true
	}
	if n < len(l.Files) {
		l.warn("files", "Zu welchem der weitergeleiteten Briefe die Anlagen gehören, ist nicht zu erkennen; sie stehen beim ersten, und kein Entwurf verwendet sie.",
			"To which of the forwarded letters the files belong is not to be recognised; they are listed with the first, and no draft uses them.")
	}
}

// maxNote is how long a note above a letter that is a file can be.
const maxNote = 800

// onlyFiles makes a letter of the files of a colleague's mail.
func onlyFiles(doc document.Document, parts []document.Part, opt Options) (Letter, bool) {
	if i := firstText(parts); i >= 0 {
		rest := append(append([]document.Part{}, parts[:i]...), parts[i+1:]...)
		return scanned(document.Mail{Date: doc.Mail.Date}, *parts[i].Doc, rest, opt), true
	}
	// A letter that nobody could read is still one to answer.
	l := Letter{Head: document.Mail{Date: doc.Mail.Date}, Scan: true}
	l.asIn(doc.Mail)
	if l.Files, l.Logos = files(parts); len(l.Files) == 0 {
		return Letter{}, false
	}
	l.analyse(&doc, opt)
	return l, true
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
	if opt.ownAny(doc.Mail.From) {
		l.doubt("Die weitergeleitete Mail ist von einer Adresse des eigenen Hauses.", "The forwarded mail is from an address of the house itself.")
	}
	if reason := skip(*doc.Mail, opt); reason != "" {
		l.warn("automatic", "Die weitergeleitete Mail ist von einem Programm verschickt worden; vermutlich erwartet niemand eine Antwort.",
			"The forwarded mail was sent by a program; probably nobody expects an answer.")
	}
	return []Letter{l}
}

// pasted finds a letter that a colleague copied below the note, without any mark:
// from its salutation on. It is always unsure.
func pasted(doc document.Document, blocks []quote.Block, opt Options) (note string, l Letter, ok bool) {
	if len(blocks) > 1 || !forwardSubject.MatchString(doc.Mail.Subject) {
		return "", Letter{}, false
	}
	text := blocks[0].Text
	at := formalStart.FindStringIndex(quote.Clip(text, maxCues))
	if at == nil || len(text)-at[0] < 80 {
		return "", Letter{}, false
	}
	l = Letter{Head: document.Mail{Date: doc.Mail.Date, Subject: doc.Mail.Subject}, Inline: true}
	l.Original = quote.Tidy(text[at[0]:])
	l.Body, l.Signature = trim(text[at[0]:])
	if p := signer(l.Signature); len(doc.Mail.From) > 0 && sameName(p.Name, doc.Mail.From[0].Name) {
		return "", Letter{}, false // the colleague's own letter
	}
	note, _ = signed(doc.Mail.From, text[:at[0]])
	note = saying(note)
	l.Files, l.Logos = files(doc.Parts)
	l.asIn(doc.Mail)
	l.doubt("In der Mail ist keine Weiterleitung zu erkennen; als Brief gelesen wurde der Text ab „"+start(l.Body)+" …“.",
		"No forward is to be recognised in the mail; the text from “"+start(l.Body)+" …” on was read as the letter.")
	l.analyse(&doc, opt)
	return note, l, true
}

// start returns the first words of a text.
func start(text string) string {
	words := strings.Fields(quote.Clip(text, 400))
	return strings.Join(words[:min(8, len(words))], " ")
}
