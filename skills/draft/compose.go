package draft

import (
	"cmp"
	"context"
	"fmt"
	"net/mail"
	"strings"

	"amtsbote/bots"
	"amtsbote/skills/document"
	"amtsbote/skills/letter"
	"amtsbote/skills/llm"
)

// A writer writes the drafts of one message.
type writer struct {
	skill *Skill
	task  bots.Task
	note  string         // what the person who asks wants: an instruction
	wish  wish           // what rules understand of it
	model llm.Model      // nil: the built-in engine
	said  llm.Completion // the last that was used, for the notice
}

// maxQuote is the size in bytes of the original that a draft quotes.
const maxQuote = 100_000

// write makes the draft of one letter; what the colleague should know of the
// making goes to the brief.
func (w *writer) write(ctx context.Context, l *letter.Letter, b *brief) (bots.Draft, error) {
	p := w.skill.cfg.phrases(l.Language, w.wish)
	if w.wish.other != "" {
		b.warn("Entwürfe gibt es auf Deutsch und Englisch; auf "+languageName(w.wish.other).DE+" kann ich keinen schreiben.",
			"There are drafts in German and English; I cannot write one in "+languageName(w.wish.other).EN+".")
	} else if p.language != l.Language && l.Language != "" && w.wish.language == "" {
		b.warn("Der Brief ist nicht in der Sprache des Entwurfs geschrieben ("+languageName(l.Language).DE+"). Bitte prüfen Sie, ob die Antwort übersetzt werden soll.",
			"The letter is not in the language of the draft ("+languageName(l.Language).EN+"). Please check whether the reply should be translated.")
	}
	middle := skeleton(l, p)
	if w.model != nil {
		text, err := w.ask(ctx, l, p, b)
		if err != nil {
			return bots.Draft{}, err
		}
		if text != "" {
			middle = text
			b.byModel = true
		}
	}
	d := w.skill.cfg.compose(l, p, w.task.Bot.Authority, middle, b)
	b.gaps, b.marks = d.Gaps, strings.Count(d.Text, "**[bitte prüfen:")
	return d, w.german(ctx, l, d, b)
}

// phrases chooses language and form of address of a draft: as the colleague
// wishes, else as the configuration says, else German unless the letter is English.
func (c Config) phrases(of string, wish wish) phrases {
	language := cmp.Or(wish.language, c.Language, of)
	switch {
	case language == "en":
		return english
	case cmp.Or(wish.address, c.Address) == "du":
		return du
	}
	return sie
}

// compose puts a draft together: everything but the middle part is made here.
func (c Config) compose(l *letter.Letter, p phrases, authority, middle string, b *brief) bots.Draft {
	parts := []string{salutation(l, p), opening(l, p, b), middle, c.signature(p, authority)}
	text := strings.Join(parts, "\n\n")
	d := bots.Draft{
		Subject: c.subject(l, p), InReplyTo: l.Head.MessageID, Language: p.language, Text: text,
		Quote: original(l), Gaps: strings.Count(text, "**[bitte ergänzen:"), Date: l.Head.Date, Letter: letterID(l),
	}
	for _, a := range l.To {
		d.To = append(d.To, addressLine(a))
	}
	for _, a := range l.Cc {
		d.Cc = append(d.Cc, addressLine(a))
	}
	if l.Scan {
		d.InReplyTo, d.Quote = "", ""
	}
	if d.InReplyTo != "" {
		for _, id := range append(append([]string{}, l.Head.References...), d.InReplyTo) {
			if id != "" && (len(d.References) == 0 || d.References[len(d.References)-1] != id) {
				d.References = append(d.References, id)
			}
		}
	}
	if d.Quote != "" {
		d.QuoteFrom = quoteFrom(l, p, b)
	}
	return d
}

// salutation greets by the letter's evidence; in the "du" form by first name.
func salutation(l *letter.Letter, p phrases) string {
	if p.hello != "" && l.Person.First != "" && l.Person.Second == nil {
		return p.hello + " " + l.Person.First + ","
	}
	return l.Person.Salutation(p.language)
}

// opening thanks for the letter and says what it is about and when it came.
func opening(l *letter.Letter, p phrases, b *brief) string {
	sent := l.Head.Date
	first := p.thanks
	switch {
	case l.Scan:
		first = p.thanksLetter
	case !sent.IsZero():
		sent = b.in(sent)
		first = fmt.Sprintf(p.thanksDated, p.long(sent))
	}
	about, noun := "", ""
	if !l.Notice.Date.IsZero() {
		noun = fmt.Sprintf(p.notice, p.long(l.Notice.Date))
		about = p.by + noun
	}
	if len(l.Numbers) > 0 {
		_, word := p.label(l.Numbers[0].Cue)
		about += " (" + word + " " + l.Numbers[0].Text + ")"
	}
	got := b.in(l.Received)
	switch {
	case l.Scan && !l.Received.IsZero():
		return fmt.Sprintf(p.thanksArrived, about, p.long(got))
	case !l.Received.IsZero() && !sent.IsZero() && sameDay(sent, got):
		if about == "" {
			return first
		}
		return first + " " + fmt.Sprintf(p.letterAbout, about, p.sameDay)
	case !l.Received.IsZero():
		return first + " " + fmt.Sprintf(p.letterAbout, about, fmt.Sprintf(p.laterDay, p.long(got)))
	case about != "":
		return first + " " + fmt.Sprintf(p.concern, about)
	}
	return first
}

// subject has exactly one "AW:" or "Re:".
func (c Config) subject(l *letter.Letter, p phrases) string {
	prefix := c.Prefix
	if prefix == "" || p.language == "en" {
		prefix = p.prefix
	}
	s := letter.BareSubject(l.Head.Subject)
	if s == "" {
		s = p.defaultSubject
		if len(l.Numbers) > 0 {
			short, _ := p.label(l.Numbers[0].Cue)
			s += ", " + short + " " + l.Numbers[0].Text
		}
	}
	return prefix + ": " + s
}

// Sign returns what letters of a connector end with: closing, signer and the
// office's own lines. Other skills' letters end so too.
func (c Config) Sign(connector, language, authority string, familiar bool) string {
	c = c.of(connector)
	p := sie
	switch {
	case language == "en":
		p = english
	case familiar:
		p = du
	}
	return c.signature(p, authority)
}

// signature is the closing with what of the office's own lines is configured.
func (c Config) signature(p phrases, authority string) string {
	closing := c.Closing
	if closing == "" || p.language == "en" {
		closing = p.closing
	}
	lines := []string{closing}
	for _, s := range []string{c.By, c.Signer, c.Contact} {
		if s != "" {
			lines = append(lines, s)
		}
	}
	footer := c.Footer
	if len(footer) == 0 && authority != "" {
		footer = []string{authority}
	}
	if len(footer) > 0 {
		lines = append(append(lines, ""), footer...)
	}
	return strings.Join(lines, "\n")
}

// original is the letter as it is quoted: the author's own words, nothing that
// colleagues wrote.
func original(l *letter.Letter) string {
	s := l.Original
	if len(s) > maxQuote {
		s = strings.ToValidUTF8(s[:maxQuote], "") + "\n[…]"
	}
	return s
}

func quoteFrom(l *letter.Letter, p phrases, b *brief) string {
	who := l.Person.Name
	if who == "" && len(l.Head.From) > 0 {
		if who = l.Head.From[0].Name; who == "" {
			who = l.Head.From[0].Email
		}
	}
	if who == "" || l.Head.Date.IsZero() {
		return ""
	}
	t := b.in(l.Head.Date)
	day := t.Format("02.01.2006")
	if p.language == "en" {
		day = p.long(t)
	}
	return fmt.Sprintf(p.wrote, day, t.Format("15:04"), who)
}

// addressLine writes an address as RFC 5322 has it, but for letters beyond ASCII,
// which the mail's writer encodes.
func addressLine(a document.Address) string {
	if a.Name == "" {
		return a.Email
	}
	name := strings.Map(func(r rune) rune {
		if r < ' ' || strings.ContainsRune(`"\<>`, r) {
			return -1
		}
		return r
	}, a.Name)
	line := name + " <" + a.Email + ">"
	if _, err := mail.ParseAddress(line); err != nil {
		line = `"` + name + `" <` + a.Email + ">"
	}
	return line
}
