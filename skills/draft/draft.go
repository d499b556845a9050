// Package draft is the skill that answers letters: for the colleague a brief
// (what is asked, by when, what to check, which files could be read), and for
// each letter a draft of the reply.
//
//	mail ──document──▶ ──letter──▶ facts ──┬──▶ brief   (brief.go, always by rules)
//	                                       └──▶ draft   (compose.go)
//	                             model ──text──▶ guard ──▶ its middle part
//
// Who is addressed, subject, threading, salutation, reference line, closing and
// signature come from rules and configuration, never from a model. A model writes
// only what stands between them. What it writes is data: headings and closings
// are cut off, links that no source has are taken out, and figures, dates,
// amounts, laws and names that no source has are marked as **[bitte prüfen: …]**
// (guard.go). Without a model the middle part is a skeleton: each request under a
// heading or quoted, gaps as **[bitte ergänzen: …]**.
//
// The colleague's words are an instruction ("bitte absagen"), also those of a reply
// to the brief ("Ziffer 2 ablehnen"; again.go). What rules understand of them is
// honoured without a model too: language and form of address (wish.go). The letter
// and its files are material between fences that they cannot close (package llm),
// and so is a note whose sender nobody has verified.
//
// Days go to the colleague as calendar files (calendar.go), never to the author.
//
// Why a plain-text answer between marks and not JSON: small models on an office's
// own hardware break JSON in one of a few long answers, mostly at line breaks and
// quotes, and a letter is little else.
package draft

import (
	"context"
	"errors"
	"fmt"
	"path"
	"regexp"
	"strings"

	"amtsbote/bots"
	"amtsbote/skills/document"
	"amtsbote/skills/letter"
	"amtsbote/skills/llm"
)

// A Skill writes briefs and drafts.
type Skill struct {
	cfg          Config
	read         document.ReadFunc
	models       llm.Choose
	instructions llm.Instructions
}

// New returns the skill. read reads a file in a child process; models may be nil: then the built-in engine works.
func New(cfg Config, read document.ReadFunc, models llm.Choose, o *llm.Overrides) *Skill {
	return &Skill{cfg, read, models, o.Load("draft", version, instructions)}
}

// Info implements bots.Skill.
func (s *Skill) Info() bots.Info {
	return bots.Info{
		Name: "draft", Version: s.instructions.Version(),
		Commands: []string{"antwort", "entwurf", "draft", "reply"},
		Words: []string{"antwort entwerf", "entwirf antwort", "entwurf", "antwortentwurf", "antwortschreiben", "beantwort", "kürzer", "freundlicher", "höflicher",
			"förmlicher", "ausführlicher", "draft", "write reply", "shorter", "friendlier"},
		Follow: follow,
		Letter: true,
		Help: bots.Text{
			DE: "Liest einen Brief mit seinen Anlagen und entwirft die Antwort; senden müssen Sie sie selbst.",
			EN: "Reads a letter with its attachments and drafts the reply; sending is up to you."},
		Examples: []bots.Text{
			{DE: "Leiten Sie mir eine E-Mail weiter, am besten als Anlage, und schreiben Sie darüber: „Bitte freundlich absagen.“", EN: "Forward me an e-mail, best as an attachment, and write above it: “Please decline politely.”"},
			{DE: "Danach: „kürzer“ oder „Ziffer 2 ablehnen“.", EN: "Then: “shorter” or “decline number 2”."},
		},
	}
}

// follow are cues of a wish that goes on with a draft.
var follow = []string{"kürz", "freundlich", "höflich", "förmlich", "ausführlich", "länger", "ziffer", "absag", "ablehn", "genehmig", "zusag", "duz", "siez", "auf englisch", "auf deutsch",
	"entwurf", "short", "longer", "friend", "polite", "formal", "declin", "reject", "approv", "number", "in english", "in german", "draft"}

// Do implements bots.Skill.
func (s *Skill) Do(ctx context.Context, t bots.Task) (bots.Answer, error) {
	s = &Skill{s.cfg.of(t.Message.Connector), s.read, s.models, s.instructions}
	file, ok := letterFile(t.Message.Files)
	if !ok {
		if len(current(t.History)) > 0 && len(t.Message.Files) == 0 { // a file is about itself
			return s.again(ctx, t)
		}
		if t.Command != "" {
			return bots.Answer{}, &bots.Refusal{Text: noLetter}
		}
		return bots.Answer{}, bots.ErrPass
	}
	doc, mail, err := s.open(ctx, t, file)
	if err != nil {
		return bots.Answer{}, err
	}
	if mail.Skip != "" {
		return bots.Answer{Skip: mail.Skip}, nil
	}
	if !t.Message.Watched && !brings(doc) && (mail.FollowUp || answersUs(doc) || len(mail.Letters) == 0) {
		switch {
		case len(current(t.History)) > 0:
			return s.again(ctx, t)
		case answersUs(doc):
			return bots.Answer{}, &bots.Refusal{Text: forgotten}
		}
	}
	if len(mail.Letters) == 0 {
		if t.Command != "" {
			return bots.Answer{}, &bots.Refusal{Text: noLetter}
		}
		return bots.Answer{}, bots.ErrPass
	}
	return s.answer(ctx, t, doc, mail)
}

var noLetter = bots.Text{
	DE: "Ich habe keinen Brief gefunden, den ich beantworten könnte. Leiten Sie mir die E-Mail bitte weiter, am besten als Anlage, oder ziehen Sie sie als Datei (.eml) hierher.",
	EN: "I found no letter to answer. Please forward the e-mail to me, best as an attachment, or drop it here as a file (.eml).",
}

// letterFile returns the file that is a mail, if there is one.
func letterFile(files []bots.File) (bots.File, bool) {
	for _, f := range files {
		if f.Type == bots.TypeLetter || strings.EqualFold(path.Ext(f.Name), ".eml") || strings.EqualFold(path.Ext(f.Name), ".msg") {
			return f, true
		}
	}
	return bots.File{}, false
}

// open reads a mail in the child and says what it means.
func (s *Skill) open(ctx context.Context, t bots.Task, f bots.File) (document.Document, letter.Mail, error) {
	r, err := t.Open(ctx, f)
	if err != nil {
		return document.Document{}, letter.Mail{}, fmt.Errorf("draft: open: %w", err)
	}
	defer func() { _ = r.Close() }() // only read
	name := f.Name
	if name == "" {
		name = "mail.eml"
	}
	doc, err := s.read(ctx, name, r)
	if un, ok := errors.AsType[*document.Unreadable](err); ok {
		return doc, letter.Mail{}, &bots.Refusal{Err: err, Text: bots.Text{
			DE: "Die E-Mail konnte ich nicht lesen: " + un.Text.DE + ". Bitte beantworten Sie sie von Hand.",
			EN: "I could not read the e-mail: " + un.Text.EN + ". Please answer it yourself."}}
	}
	if err != nil {
		return doc, letter.Mail{}, fmt.Errorf("draft: read: %w", err)
	}
	return doc, letter.Read(doc, s.cfg.options(t)), nil
}

// answer writes brief and draft of each letter.
func (s *Skill) answer(ctx context.Context, t bots.Task, doc document.Document, mail letter.Mail) (bots.Answer, error) {
	a := bots.Answer{Notice: bots.Notice{Skill: "draft", Version: s.instructions.Version()}}
	note, unproven := instruction(t, doc, mail)
	w := writer{skill: s, task: t, note: note, wish: readWish(note)}
	if s.models != nil {
		w.model = s.models.For(t.Class)
	}
	for _, l := range mail.Letters { // the prompt shows parts
		names := []string{t.Message.Sender, l.Person.Name}
		for _, from := range l.Head.From {
			names = append(names, from.Name)
		}
		llm.Learn(w.model, names, l.Original)
	}
	var briefs []brief
	for i := range mail.Letters {
		l := &mail.Letters[i]
		if t.Tell != nil && len(mail.Letters) > 1 {
			t.Tell(bots.Progress{Done: i, Total: len(mail.Letters), Text: bots.Text{DE: fmt.Sprintf("Brief %d von %d", i+1, len(mail.Letters)), EN: fmt.Sprintf("letter %d of %d", i+1, len(mail.Letters))}})
		}
		b := brief{letter: l, task: t, note: note, wish: w.wish, unproven: unproven, cfg: s.cfg, zone: t.Bot.Zone}
		switch {
		case l.Head.Encrypted != "":
			b.why = document.Text{DE: "Ein Entwurf ist nicht möglich: Die Mail ist verschlüsselt.", EN: "No draft is possible: the mail is encrypted."}
		case l.Kind == letter.KindInvitation:
			b.why = document.Text{DE: "Eine Einladung wird im Kalender beantwortet; einen Entwurf gibt es nicht.", EN: "An invitation is answered in the calendar; there is no draft."}
		case !s.cfg.drafts(l.Kind):
			b.why = document.Text{DE: "Für diese Art von Schreiben ist kein Entwurf eingestellt.", EN: "No draft is configured for letters of this kind."}
		default:
			d, err := w.write(ctx, l, &b)
			if err != nil {
				return bots.Answer{}, err
			}
			b.draft = &d
			a.Drafts = append(a.Drafts, d)
		}
		b.calendar = calendar(l, t, i+1, len(mail.Letters))
		a.Files = append(a.Files, b.calendar...)
		briefs = append(briefs, b)
		a.Read = append(a.Read, readFiles(l)...)
		for _, warning := range l.Warnings {
			a.Warnings = append(a.Warnings, plain(warning.Text))
		}
		for _, warning := range b.warnings {
			a.Warnings = append(a.Warnings, plain(warning))
		}
	}
	a.Text = bots.Text{DE: write(briefs, "de"), EN: write(briefs, "en")}
	a.Notice.Model, a.Notice.Place, a.Notice.Replaced = w.said.Model, w.said.Place, w.said.Replaced
	a.Notice.Said = w.said.Model == "" // the brief ends with it; a model is named besides
	return a, nil
}

// without are the kinds of letters that get no draft unless the configuration
// names others. Who is hired is decided by people (Bewerbung); the staff council's
// and a court's matters are for few eyes, and a wrong word to a court has a price;
// medical aid is about health, kept apart from all else by law.
var without = []string{string(letter.KindJob), string(letter.KindCouncil), string(letter.KindCourt), string(letter.KindAid)}

// drafts says whether letters of a kind get a draft.
func (c Config) drafts(k letter.Kind) bool {
	list := c.NoDraft
	if list == nil {
		list = without
	}
	for _, no := range list {
		if letter.Kind(no) == k {
			return false
		}
	}
	return true
}

// ours matches the Message-IDs of what Amtsbote itself has sent (package eml).
var ours = regexp.MustCompile(`^amtsbote\.[0-9a-f]{32}@`)

// answersUs says whether a mail answers one of Amtsbote's own. It then is no new
// letter, however much of the earlier answer is quoted below, in whatever form.
func answersUs(doc document.Document) bool {
	return doc.Mail != nil && ours.MatchString(doc.Mail.InReplyTo)
}

// brings says whether a mail has a letter attached that is not one of our drafts.
func brings(doc document.Document) bool {
	for _, p := range doc.Parts {
		if p.Doc != nil && p.Doc.Mail != nil && !ours.MatchString(p.Doc.Mail.MessageID) {
			return true
		}
	}
	return false
}

// plain is a text for places that show no CommonMark.
func plain(t document.Text) bots.Text {
	return bots.Text{DE: strings.ReplaceAll(t.DE, "**", ""), EN: strings.ReplaceAll(t.EN, "**", "")}
}

// readFiles lists the files of a letter as read or not.
func readFiles(l *letter.Letter) []bots.ReadFile {
	var out []bots.ReadFile
	for _, f := range l.Files {
		r := bots.ReadFile{Name: f.Name}
		switch {
		case f.Doc == nil:
			r.Reason = bots.Text(f.Reason.Text)
		default:
			s := state(f.Doc)
			r.Read, r.Type, r.Pages, r.OCR, r.Reason = true, f.Doc.Type, s.pages, s.ocr, bots.Text(s.unread)
		}
		out = append(out, r)
	}
	return out
}
