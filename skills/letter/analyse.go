package letter

import (
	"strings"
	"time"

	"amtsbote/skills/document"
	"amtsbote/skills/facts"
	"amtsbote/skills/lazy"
	"amtsbote/skills/letter/quote"
)

// analyse fills in what follows from head, body, signature and files. doc is the
// mail that the letter came in; its warnings are taken along.
func (l *Letter) analyse(doc *document.Document, opt Options) {
	ref := l.Head.Date
	if ref.IsZero() {
		ref = l.Received
	}
	if !ref.IsZero() {
		ref = ref.In(opt.zone())
	}
	l.Language = facts.Language(quote.Clip(BareSubject(l.Head.Subject)+"\n\n"+l.Body, 4000))
	l.Facts = facts.Find(l.Body, ref)
	l.recipients(opt)
	l.findNotice(ref)
	l.author()
	l.Kind = kind(l.Head.Subject, l.Body)
	l.numbers(ref)
	if l.Kind == KindObjection {
		l.law = l.findRegime()
	}
	l.requests()
	if l.Kind == KindOther {
		l.Kind = l.kindByRequests()
	}
	l.invited()
	l.form()
	l.veiled()
	l.terms(ref, opt)
	l.missing()
	l.amounts(ref)
	l.closed()
	l.signature()
	if at, ok := facts.Orders(l.Body); ok {
		l.Warnings = append(l.Warnings, document.Warning{Code: "instruction", Excerpt: facts.OrderQuote(l.Body, at), Text: document.Text{
			DE: "Der Brief enthält Sätze, die wie Anweisungen an ein Sprachmodell klingen. Sie wurden nicht befolgt; bitte lesen Sie den Entwurf genau.",
			EN: "The letter has sentences that read like instructions to a language model. They were not followed; please read the draft closely."}})
	}
	if doc.Mail != nil && len(doc.Text()) > quote.MaxText {
		l.warn("long", "Die Mail ist außergewöhnlich lang; gelesen wurde nur ihr Anfang.", "The mail is unusually long; only its beginning was read.")
	}
	l.take(document.Text{DE: "Mail", EN: "Mail"}, doc.Warnings)
	for _, f := range l.Files {
		if f.Doc != nil && f.Doc != doc {
			l.take(document.Text{DE: f.Name, EN: f.Name}, f.Doc.Warnings)
		}
	}
}

// take adds the warnings of a document, which are clauses, behind its name.
func (l *Letter) take(name document.Text, warnings []document.Warning) {
	for _, w := range warnings {
		w.Text = document.Text{DE: name.DE + ": " + w.Text.DE, EN: name.EN + ": " + w.Text.EN}
		l.Warnings = append(l.Warnings, w)
	}
}

// recipients finds whom the reply addresses: Reply-To before From, never an own
// address, never a program. Where it is not clear, To stays empty.
func (l *Letter) recipients(opt Options) {
	to := l.Head.ReplyTo
	if len(to) == 0 || to[0].Email == "" || opt.ownAny(to) {
		to = l.Head.From
	} else if len(l.Head.From) > 0 && !sameDomain(to[0].Email, l.Head.From[0].Email) {
		l.warn("reply-to", "Die Antwortadresse ("+to[0].Email+") weicht vom Absender ("+l.Head.From[0].Email+") ab. Bitte prüfen Sie den Empfänger.",
			"The reply address ("+to[0].Email+") differs from the sender ("+l.Head.From[0].Email+"). Please check the recipient.")
	}
	switch {
	case l.Scan:
		l.warn("no-address", "Die Absenderin oder der Absender steht nicht im Kopf der Mail; das Feld „An“ ist leer.",
			"The author does not stand in the headers; the field “To” is empty.")
	case len(to) == 0 || to[0].Email == "":
		hint := emailPart.FindString(l.Signature)
		de, en := "Keine Adresse der Absenderin oder des Absenders gefunden; das Feld „An“ ist leer.", "No address of the author was found; the field “To” is empty."
		if hint != "" && !opt.own(hint) {
			de, en = de+" In der Unterschrift steht "+hint+".", en+" The signature has "+hint+"."
		}
		l.warn("no-address", de, en)
	case noReply(to[0].Email):
		l.warn("no-address", "Geschrieben von einer Adresse, die keine Antworten annimmt; das Feld „An“ ist leer.",
			"Written from an address that takes no replies; the field “To” is empty.")
	case opt.own(to[0].Email) && programName.MatchString(to[0].Email):
		l.warn("no-address", "Der Absender ist offenbar ein Formular oder ein Programm; das Feld „An“ ist leer. Ist es ein Formular, lässt es sich in der Konfiguration eintragen (forms).",
			"The sender seems to be a form or a program; the field “To” is empty. If it is a form, it can be configured (forms).")
	case opt.machine(to[0].Email) || (len(l.Head.From) == 0 && opt.ownAny(to)):
		l.warn("no-address", "Der Absender ist ein Programm; das Feld „An“ ist leer.", "The sender is a program; the field “To” is empty.")
	default:
		l.To = to[:1]
		for _, a := range to[1:min(len(to), maxAuthors)] { // several have written together
			if a.Email != "" && !opt.own(a.Email) && !noReply(a.Email) && !has(l.To, []document.Address{a}) {
				l.To = append(l.To[:len(l.To):len(l.To)], a)
			}
		}
		l.copies(opt)
	}
}

// programName matches addresses of the authority that write for other people.
var programName = lazy.New(`(?i)^(?:(?:kontakt|web|online)?-?formular|web-?form|form|forms|kontaktform|web-?seite|web-?site|internet|cms|typo3|wordpress|drupal|www|www-data|portal|online-?dienst)[\d._-]*@`)

// maxAuthors is how many authors of a letter a draft addresses.
const maxAuthors = 5

// maxCc is how many further recipients a draft gets.
const maxCc = 20

// copies collects who else had the letter.
func (l *Letter) copies(opt Options) {
	if l.Form {
		return
	}
	for _, a := range append(append([]document.Address{}, l.Head.To...), l.Head.Cc...) {
		if !opt.known() && len(l.Head.To) > 0 && sameDomain(a.Email, l.Head.To[0].Email) {
			continue // the office that got it
		}
		if a.Email == "" || opt.own(a.Email) || has(l.To, []document.Address{a}) || has(l.Cc, []document.Address{a}) || has(l.Head.From, []document.Address{a}) || len(l.Cc) == maxCc {
			continue
		}
		l.Cc = append(l.Cc, a)
	}
}

var emailPart = lazy.New(`[\pL\pN._%+-]+@[\pL\pN-]+(?:\.[\pL\pN-]+)+`)

func noReply(email string) bool {
	local, _, _ := strings.Cut(strings.ToLower(email), "@")
	local = strings.NewReplacer("-", "", "_", "", ".", "").Replace(local)
	return strings.HasPrefix(local, "noreply") || strings.HasPrefix(local, "donotreply") || strings.HasPrefix(local, "nichtantworten") || local == "keineantwort"
}

func sameDomain(a, b string) bool {
	_, a, _ = strings.Cut(strings.ToLower(a), "@")
	_, b, _ = strings.Cut(strings.ToLower(b), "@")
	return a == b
}

// form warns of an objection by plain e-mail. It says what was seen and never
// that a form or a term was kept.
func (l *Letter) form() {
	if l.Kind != KindObjection || l.Scan {
		return
	}
	de, en := "**Form:** einfache E-Mail, keine elektronische Signatur erkannt", "**Form:** plain e-mail, no electronic signature found"
	if l.Form {
		de, en = "**Form:** über ein Formular eingegangen, keine elektronische Signatur erkannt", "**Form:** came through a web form, no electronic signature found"
	}
	if l.Head.Signed != "" {
		de, en = l.signedForm()
	}
	rule := map[regime]string{general: "§ 70 Abs. 1 VwGO", tax: "§ 357 Abs. 1 AO", social: "§ 84 Abs. 1 SGG", fine: "§ 67 Abs. 1 OWiG"}[l.law]
	de, en = de+" (vgl. "+rule, en+" (cf. "+rule
	if d := l.noticeDoc(); d != nil && l.Notice.Instructions > 0 {
		at := pageOf(d, l.Notice.Instructions, "", "")
		de, en = de+"; Rechtsbehelfsbelehrung: "+at.DE, en+"; instructions on appeal: "+at.EN
	}
	l.warn("form", de+").", en+").")
}

var rejects = lazy.New(`(?i)\b(?:über(?:zu)?denken|nicht nachvollziehen|nicht einverstanden|über(?:zu)?prüfen|auf(?:zu)?heben|zurück(?:zu)?nehmen|rücknahme|zu unrecht)\b`)

// veiled warns of an objection that does not say its name.
func (l *Letter) veiled() {
	if l.Kind == KindObjection || l.Notice.Date.IsZero() || len(l.Requests) == 0 || !rejects.MatchString(quote.Clip(l.Body, maxCues)) || notObjection.MatchString(quote.Clip(l.Body, maxCues)) {
		return
	}
	l.warn("veiled", "**Widerspruch?** Der Brief wendet sich offenbar gegen den Bescheid, ohne einen Rechtsbehelf zu nennen. Bitte prüfen Sie, ob er als solcher auszulegen ist; eine Frist wurde nicht berechnet.",
		"**Objection?** The letter seems to turn against the notice without naming an appeal. Please check whether it is to be read as one; no term was computed.")
}

// closed warns of a text that could not be read.
func (l *Letter) closed() {
	switch l.Head.Encrypted {
	case "smime":
		l.warn("encrypted", "Die Mail ist verschlüsselt (S/MIME). Ihr Inhalt wurde nicht gelesen.", "The mail is encrypted (S/MIME). Its content was not read.")
	case "pgp":
		l.warn("encrypted", "Die Mail ist verschlüsselt (PGP). Ihr Inhalt wurde nicht gelesen.", "The mail is encrypted (PGP). Its content was not read.")
	default:
		if l.Body == "" && !l.Scan {
			l.warn("empty", "In der Mail steht kein eigener Text.", "The mail has no text of its own.")
		}
	}
}

func (l *Letter) noticeDoc() *document.Document {
	for _, f := range l.Files {
		if f.Doc != nil && l.Notice.File != "" && f.Name == l.Notice.File {
			return f.Doc
		}
	}
	return nil
}

// day cuts a time to its day, so that it can be compared with facts.
func day(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, t.Location())
}
