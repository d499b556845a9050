package eml

import (
	"bytes"
	"html"
	"strings"
	"time"

	"amtsbote/bots"
)

// Options say how a draft becomes a mail.
type Options struct {
	From string    // whose letter it will be: the functional mailbox or the colleague; empty only for DraftFile
	ID   string    // Message-ID without angle brackets, from [ID]
	Date time.Time // when the draft was written
	// Unsent marks a file: classic Outlook opens it for editing.
	Unsent bool
	// Mark names the draft as made by AI in a header field, which the person
	// who gets the letter then has too. It is the authority's choice.
	Mark string
}

// Draft returns a letter as the mail that a person checks and sends: with the
// original quoted once below, as plain text and as clean HTML. It carries no
// Auto-Submitted, because a person will send it.
func Draft(d bots.Draft, o Options) Mail {
	m := Mail{
		From: o.From, To: d.To, Cc: d.Cc, Subject: d.Subject, Date: o.Date,
		ID: o.ID, InReplyTo: d.InReplyTo, References: d.References,
		Text: Text(d), HTML: Page(d.Language, HTML(d)),
	}
	if len(m.References) == 0 && d.InReplyTo != "" {
		m.References = []string{d.InReplyTo}
	}
	if o.Unsent {
		m.Extra = append(m.Extra, Field{"X-Unsent", "1"})
	}
	if o.Mark != "" {
		m.Extra = append(m.Extra, Field{"X-Amtsbote", o.Mark})
	}
	return m
}

// DraftFile returns a draft as a file to open and send: an .eml. Without o.From
// it has no sender: the mail program then puts in the person's own.
func DraftFile(d bots.Draft, o Options) ([]byte, error) {
	o.Unsent = true
	if o.From != "" {
		return Draft(d, o).Bytes()
	}
	o.From = "entwurf@amtsbote.invalid"
	data, err := Draft(d, o).Bytes()
	rest := data
	for line := range bytes.Lines(data) {
		rest = rest[len(line):]
		if bytes.HasPrefix(line, []byte("From: ")) {
			return append(bytes.Clone(data[:len(data)-len(rest)-len(line)]), rest...), err
		}
	}
	return data, err
}

// FileName makes a file name of a draft's subject: what a person recognises in a
// folder.
func FileName(d bots.Draft) string {
	name := strings.Map(func(r rune) rune {
		if strings.ContainsRune(`/\:*?"<>|`, r) {
			return ' '
		}
		return r
	}, d.Subject)
	if name = strings.Join(strings.Fields(name), " "); name == "" {
		name = "Entwurf"
	}
	return bots.CleanName(name + ".eml")
}

// Text returns a draft as plain text: the letter, then the original, quoted.
func Text(d bots.Draft) string {
	var b strings.Builder
	b.WriteString(strings.TrimRight(lines(d.Text), "\n") + "\n")
	if strings.TrimSpace(d.Quote) == "" {
		return b.String()
	}
	b.WriteString("\n")
	if d.QuoteFrom != "" {
		b.WriteString(oneLine(d.QuoteFrom, 500) + "\n")
	}
	for line := range strings.Lines(lines(d.Quote)) {
		line = strings.TrimRight(line, "\n")
		if line != "" && !strings.HasPrefix(line, ">") {
			line = " " + line
		}
		b.WriteString(">" + line + "\n")
	}
	return b.String()
}

// HTML returns the same as HTML without a page around it. Nothing of the text is
// taken for markup but **bold**, which marks what is still to be filled in.
func HTML(d bots.Draft) string {
	var b strings.Builder
	escaped(&b, d.Text, bold)
	if strings.TrimSpace(d.Quote) == "" {
		return b.String()
	}
	if d.QuoteFrom != "" {
		b.WriteString("<p>" + html.EscapeString(oneLine(d.QuoteFrom, 500)) + "</p>\n")
	}
	b.WriteString(`<blockquote type="cite" style="margin:0 0 0 .8ex;border-left:2px solid #999;padding-left:1ex">` + "\n")
	escaped(&b, d.Quote, func(s string) string { return s })
	b.WriteString("</blockquote>\n")
	return b.String()
}

// escaped writes text as paragraphs in which every line stays a line.
func escaped(b *strings.Builder, text string, inline func(string) string) {
	for p := range strings.SplitSeq(strings.Trim(lines(text), "\n"), "\n\n") {
		p = strings.Trim(p, "\n")
		if p == "" {
			continue
		}
		p = strings.ReplaceAll(inline(html.EscapeString(p)), "\n", "<br>\n")
		b.WriteString("<p>" + p + "</p>\n")
	}
}

// bold turns **…** within a paragraph into strong text; a lone ** stays.
func bold(s string) string {
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(s, "**")
		in, after, closed := strings.Cut(rest, "**")
		if !ok || !closed {
			b.WriteString(s)
			return b.String()
		}
		b.WriteString(before + "<strong>" + in + "</strong>")
		s = after
	}
}

// Page puts a page around a body, which must be safe HTML already.
func Page(language, body string) string {
	if len(language) != 2 || strings.Trim(language, "abcdefghijklmnopqrstuvwxyz") != "" {
		language = "de"
	}
	return "<!DOCTYPE html>\n<html lang=\"" + language + "\"><head><meta charset=\"utf-8\"></head><body>\n" + body + "</body></html>\n"
}
