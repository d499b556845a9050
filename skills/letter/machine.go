package letter

import (
	"strings"

	"amtsbote/skills/document"
	"amtsbote/skills/lazy"
	"amtsbote/skills/letter/quote"
)

// fromMachine reads mails that a web form or a scanner has written for a person.
// It reports false if the mail is of another kind.
func fromMachine(doc document.Document, opt Options) (Letter, bool) {
	if len(doc.Mail.From) == 0 {
		return Letter{}, false
	}
	from := doc.Mail.From[0].Email
	for _, f := range opt.Forms {
		if strings.EqualFold(f.From, from) {
			return fromForm(doc, f, opt), true
		}
	}
	if !opt.scans(from) {
		return Letter{}, false
	}
	parts := flat(doc.Parts)
	i := firstText(parts)
	if i < 0 {
		l := Letter{Head: document.Mail{Subject: doc.Mail.Subject, Date: doc.Mail.Date, MessageID: doc.Mail.MessageID}, Scan: true, Received: received(*doc.Mail, opt)}
		l.Files, l.Logos = files(doc.Parts)
		l.analyse(&doc, opt)
		return l, true
	}
	rest := append(append([]document.Part{}, parts[:i]...), parts[i+1:]...)
	l := scanned(document.Mail{Date: doc.Mail.Date, MessageID: doc.Mail.MessageID}, *parts[i].Doc, rest, opt)
	l.Received = received(*doc.Mail, opt)
	return l, true
}

var scannerName = lazy.New(`^(?:kopierer|scanner?|scan2?mail|mfp|mfg|multifunktion|drucker|copier)[\d._-]*\w{0,12}$`)

// scanned makes a letter of a file. rest are further files that came with it.
func scanned(head document.Mail, doc document.Document, rest []document.Part, opt Options) Letter {
	l := Letter{Head: head, Scan: true, Received: opt.Received}
	text := quote.Normal(quote.Clip(doc.Text(), quote.MaxText))
	l.Original = quote.Tidy(text)
	above := letterhead(text)
	l.Body, l.Signature = signed([]document.Address{{Name: above}}, text)
	if below := signer(l.Signature); below.Name == "" {
		l.Signature = join(l.Signature, above)
	} else if whole := parsePerson(above); initial(below.First, whole.First) && below.Title == whole.Title && signs(below.Name, whole) {
		l.Signature = join(above, l.Signature) // "R. Möhlmann" is Renate Möhlmann
	}
	if l.Head.Subject == "" {
		l.Head.Subject = subjectLine(text)
	}
	l.Files, l.Logos = files(append([]document.Part{{Name: doc.Name, Type: doc.Type, Size: doc.Size, Doc: &doc}}, rest...))
	l.analyse(&doc, opt)
	return l
}

var street = lazy.New(`^\S.{2,40} \d{1,4} ?[a-zA-Z]?,?$|\b\d{5} \p{Lu}`)

// returnAddress matches a name with its address in one line, as it stands in the window
// of an envelope.
var returnAddress = lazy.New(`^(?i:abs(?:ender(?:in)?)?[.:]+ ?)?(\p{Lu}[^,·•|]{2,60}?)(?:,| [·•|–-]) ?([^,·•|]{2,40}?)(?:,| [·•|–-]) ?\d{5} \p{Lu}`)

// letterhead returns the name on top of a letter on paper, where its author's address
// stands below or behind it; "" if there is none. Below "An" stands the authority's.
func letterhead(text string) string {
	lines := strings.Split(quote.Clip(text, maxCues), "\n")
	for i, line := range lines[:min(len(lines), 4)] {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		address := strings.Join(lines[min(i+1, len(lines)):min(i+2, len(lines))], "")
		if m := returnAddress.FindStringSubmatch(line); m != nil {
			line, address = m[1], m[2]
		}
		if !nameLine.MatchString(line) || len(strings.Fields(line)) < 2 || !street.MatchString(strings.TrimSpace(address)) {
			return ""
		}
		return line
	}
	return ""
}

var (
	endsInYear = lazy.New(`\b(?:19|20)\d\d\s*$`)
	isLabeled  = lazy.New(`(?i)^(?:betreff|betr\.|betrifft|subject|re)\s*:\s*`)
)

// subjectLine returns what a letter on paper is about: the line that stands alone
// above the salutation (DIN 5008), or "".
func subjectLine(text string) string {
	paras := strings.Split(quote.Tidy(text), "\n\n")
	for i, p := range paras {
		if at := addressed.FindStringIndex(p); i == 0 || at == nil || at[0] > 0 {
			continue
		}
		s := strings.TrimSpace(paras[i-1])
		if strings.Contains(s, "\n") || len(s) > 150 || i == 1 || endsInYear.MatchString(s) && !isLabeled.MatchString(s) {
			return ""
		}
		return BareSubject(isLabeled.ReplaceAllString(s, ""))
	}
	return ""
}

// formLabels are the usual labels of web forms.
var formLabels = map[string]string{
	"anrede": "salutation", "salutation": "salutation",
	"name": "name", "ihr name": "name", "vor- und nachname": "name", "vorname, name": "name", "vor- und zuname": "name", "vorname und name": "name", "full name": "name", "your name": "name",
	"titel": "title", "title": "title", "akademischer titel": "title", "akad. titel": "title", "akademischer grad": "title", "akad. grad": "title", "doktorgrad": "title",
	"vorname": "first", "ihr vorname": "first", "first name": "first",
	"nachname": "last", "zuname": "last", "familienname": "last", "ihr nachname": "last", "last name": "last", "surname": "last",
	"e-mail": "email", "email": "email", "e-mail-adresse": "email", "emailadresse": "email", "ihre e-mail-adresse": "email", "ihre e-mail": "email", "mail": "email", "email address": "email", "your email": "email",
	"betreff": "subject", "thema": "subject", "subject": "subject", "ihr anliegen": "message", "anliegen": "message",
	"nachricht": "message", "ihre nachricht": "message", "mitteilung": "message", "ihre mitteilung": "message", "text": "message", "message": "message", "your message": "message", "bemerkung": "message", "freitext": "message",
}

var formLine = lazy.New(`^\s*\*{0,2}([\pL][\pL /,.()-]{1,40}?)\s?\*{0,2}\s*(?::\s*\|?|\|)\s*\*{0,2}\s*(.*?)\s*$`)

// fromForm reads labelled fields ("Name: …", "E-Mail | …", or the value in the next
// line). The message takes all lines up to the next known label.
func fromForm(doc document.Document, f Form, opt Options) Letter {
	fields, others := map[string]string{}, []string{}
	last := ""
	for line := range strings.SplitSeq(quote.Normal(quote.Clip(doc.Text(), quote.MaxText)), "\n") {
		if m := formLine.FindStringSubmatch(line); m != nil {
			key := strings.ToLower(strings.TrimSpace(m[1]))
			meaning := f.meaning(key)
			if meaning != "" && fields[meaning] == "" {
				fields[meaning], last = m[2], meaning
				continue
			}
			if last != "message" {
				others, last = append(others, strings.TrimSpace(line)), ""
				continue
			}
		}
		if meaning := f.meaning(strings.ToLower(strings.Trim(line, " \t*_:|"))); meaning != "" && fields[meaning] == "" && last != meaning {
			fields[meaning], last = "", meaning // the label alone, its value below
			continue
		}
		switch {
		case last == "message":
			fields["message"] += "\n" + line
		case last != "" && fields[last] == "":
			fields[last] = strings.TrimSpace(line)
		case strings.TrimSpace(line) != "" && last == "":
			others = append(others, strings.TrimSpace(line))
		}
	}
	name := fields["name"]
	if first := fields["first"]; first != "" && fields["last"] == "" && len(strings.Fields(name)) == 1 {
		name = first + " " + name // "Vorname: Kim", "Name: Weber"
	}
	if name == "" || fields["last"] != "" {
		name = strings.TrimSpace(fields["first"] + " " + fields["last"])
	}
	if titles.MatchString(fields["title"]+" ") && len(fields["title"]) < 40 && !titles.MatchString(name) {
		name = fields["title"] + " " + name
	}
	head := *doc.Mail
	head.ReplyTo, head.Cc, head.From = nil, nil, nil
	if email := emailPart.FindString(fields["email"]); email != "" || name != "" {
		head.From = []document.Address{{Name: name, Email: email}}
	}
	if fields["subject"] != "" {
		head.Subject = fields["subject"]
	}
	l := Letter{Head: head, Form: true, gender: genderField(fields["salutation"]), Received: received(*doc.Mail, opt)}
	l.Body, l.Signature = trim(untilKept(fields["message"]))
	if l.Body == "" {
		l.Body = join(others...)
	}
	l.Original = join(l.Body, l.Signature)
	l.Files, l.Logos = files(doc.Parts)
	l.analyse(&doc, opt)
	return l
}

// kept matches fields that forms write below the message, for the office's records.
var kept = lazy.New(`(?i)^\W*(?:datenschutz|einwilligung|zustimmung|einverständnis|ip-?adresse|ip\b|browser|user.?agent|gesendet (?:am|um|von)|abgesendet|eingegangen|zeitstempel|datum|uhrzeit|seite|url|referrer|captcha|telefon|tel\b|mobil|handy|straße|strasse|hausnummer|plz|ort\b|wohnort|adresse|anschrift|rückruf|newsletter|kopie an|vorgangsnummer|ticket)[^:|]{0,40}[:|]|^\W*diese (?:e-?mail|nachricht) wurde (?:automatisch|über|durch|vom|von)`)

// untilKept returns a message without such fields at its end. Elsewhere they are the
// author's words.
func untilKept(message string) string {
	lines := strings.Split(message, "\n")
	end := len(lines)
	for end > 0 {
		l := strings.TrimSpace(lines[end-1])
		if l != "" && !kept.MatchString(l) && strings.Trim(l, "-_=* ") != "" {
			break
		}
		end--
	}
	return strings.Join(lines[:end], "\n")
}

func (f Form) meaning(label string) string {
	for k, v := range f.Fields {
		if strings.EqualFold(k, label) {
			return v
		}
	}
	if m := formLabels[label]; m != "" {
		return m
	}
	bare := strings.TrimSpace(labelRest.ReplaceAllString(label, " "))
	if bare == "" || len(strings.Fields(bare)) > 4 {
		return ""
	}
	for _, shape := range labelShapes {
		if shape.words.MatchString(bare) {
			return shape.meaning
		}
	}
	return ""
}

// labelRest is what labels have besides what they mean: "Ihre E-Mail-Adresse (Pflichtfeld)*".
var labelRest = lazy.New(`\([^)]*\)|[*:]|\b(?:ihre?n?|your|an uns|bitte|pflichtfeld)\b`)

// labelShapes tell labels that no list has.
var labelShapes = []struct {
	words   *lazy.Regexp
	meaning string
}{
	{lazy.New(`^(?:\pL+[ -])?(?:e-?mail|mail)(?:[ -]?(?:adresse|address))?(?: (?:für|for) \pL+)?$`), "email"},
	{lazy.New(`^(?:vor-?|vorname)(?:,| |/|und|u\.|&)+(?:nach|zu|familien)?name$|^(?:nach|zu|familien)?name(?:,| |/|und|u\.|&)+vorname$|^name (?:des|der) \pL+s?$|^(?:voller|vollständiger|full|absender-?) ?name$|^absender(?:in)?$`), "name"},
	{lazy.New(`^(?:nachrichten?-?text|(?:freie |persönliche )?nachricht|(?:anfrage|frage|fragen|anliegen|mitteilung|kommentar|beschreibung|bemerkungen?|anmerkungen?|comment|question|inquiry)(?:-?text)?|anliegen/\pL+|nachricht/\pL+|text der \pL+)$`), "message"},
	{lazy.New(`^(?:betreff|thema|subject)\b`), "subject"},
}

// genderField reads a form's field for the salutation.
func genderField(s string) string {
	switch strings.ToLower(strings.Trim(s, " .")) {
	case "frau", "mrs", "ms":
		return "f"
	case "herr", "mr":
		return "m"
	}
	return ""
}
