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
// The colleague's note is an instruction ("bitte absagen"). The letter and its
// files are material between fences that they cannot close (package llm).
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
	"strings"

	"amtsbote/bots"
	"amtsbote/skills/document"
	"amtsbote/skills/letter"
	"amtsbote/skills/llm"
)

// A Skill writes briefs and drafts.
type Skill struct {
	cfg    Config
	read   document.ReadFunc
	models llm.Choose
}

// New returns the skill. read reads a file in a child process; models may be nil: then the built-in engine works.
func New(cfg Config, read document.ReadFunc, models llm.Choose) *Skill {
	return &Skill{cfg: cfg, read: read, models: models}
}

// Info implements bots.Skill.
func (s *Skill) Info() bots.Info {
	return bots.Info{
		Name: "draft", Version: version,
		Commands: []string{"antwort", "entwurf", "draft", "reply"},
		Words: []string{"antwort entwerf", "entwirf antwort", "entwurf", "antwortentwurf", "antwortschreiben", "beantwort", "kürzer", "freundlicher", "höflicher",
			"förmlicher", "ausführlicher", "draft", "write reply", "shorter", "friendlier"},
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

// Do implements bots.Skill.
func (s *Skill) Do(ctx context.Context, t bots.Task) (bots.Answer, error) {
	file, ok := letterFile(t.Message.Files)
	if !ok {
		if _, drafted := lastDrafts(t.History); drafted {
			return s.again(ctx, t)
		}
		if t.Command != "" {
			return bots.Answer{}, &bots.Refusal{Text: noLetter}
		}
		return bots.Answer{}, bots.ErrPass
	}
	mail, err := s.open(ctx, t, file)
	if err != nil {
		return bots.Answer{}, err
	}
	if mail.Skip != "" {
		return bots.Answer{Skip: mail.Skip}, nil
	}
	if mail.FollowUp || len(mail.Letters) == 0 {
		if _, drafted := lastDrafts(t.History); drafted {
			return s.again(ctx, t)
		}
	}
	if len(mail.Letters) == 0 {
		if t.Command != "" {
			return bots.Answer{}, &bots.Refusal{Text: noLetter}
		}
		return bots.Answer{}, bots.ErrPass
	}
	return s.answer(ctx, t, mail)
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
func (s *Skill) open(ctx context.Context, t bots.Task, f bots.File) (letter.Mail, error) {
	r, err := t.Open(ctx, f)
	if err != nil {
		return letter.Mail{}, fmt.Errorf("draft: open: %w", err)
	}
	defer func() { _ = r.Close() }() // only read
	name := f.Name
	if name == "" {
		name = "mail.eml"
	}
	doc, err := s.read(ctx, name, r)
	if un, ok := errors.AsType[*document.Unreadable](err); ok {
		return letter.Mail{}, &bots.Refusal{Err: err, Text: bots.Text{
			DE: "Die E-Mail konnte ich nicht lesen: " + un.Text.DE + ". Bitte beantworten Sie sie von Hand.",
			EN: "I could not read the e-mail: " + un.Text.EN + ". Please answer it yourself."}}
	}
	if err != nil {
		return letter.Mail{}, fmt.Errorf("draft: read: %w", err)
	}
	return letter.Read(doc, s.cfg.options(t)), nil
}

// answer writes brief and draft of each letter.
func (s *Skill) answer(ctx context.Context, t bots.Task, mail letter.Mail) (bots.Answer, error) {
	a := bots.Answer{Notice: bots.Notice{Skill: "draft", Version: version}}
	w := writer{skill: s, task: t, note: mail.Note}
	if s.models != nil {
		w.model = s.models.For(t.Class)
	}
	var briefs []brief
	for i := range mail.Letters {
		l := &mail.Letters[i]
		if t.Tell != nil && len(mail.Letters) > 1 {
			t.Tell(bots.Progress{Done: i, Total: len(mail.Letters), Text: bots.Text{DE: fmt.Sprintf("Brief %d von %d", i+1, len(mail.Letters)), EN: fmt.Sprintf("letter %d of %d", i+1, len(mail.Letters))}})
		}
		b := brief{letter: l, task: t, note: mail.Note, cfg: s.cfg, zone: t.Bot.Zone}
		switch {
		case l.Head.Encrypted != "":
			b.why = document.Text{DE: "Ein Entwurf ist nicht möglich: Die Mail ist verschlüsselt.", EN: "No draft is possible: the mail is encrypted."}
		case l.Head.Invitation != "":
			b.why = document.Text{DE: "Kein Entwurf: Auf Termine antworten Sie bitte selbst im Kalender.", EN: "No draft: please answer appointments yourself in your calendar."}
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
	a.Notice.Model, a.Notice.Place = w.said.Model, w.said.Place
	a.Notice.Said = w.said.Model == "" // the brief ends with it; a model is named besides
	return a, nil
}

// drafts says whether letters of a kind get a draft.
func (c Config) drafts(k letter.Kind) bool {
	for _, no := range c.NoDraft {
		if letter.Kind(no) == k {
			return false
		}
	}
	return true
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
