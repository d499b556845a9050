package letter

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"amtsbote/skills/document"
	"amtsbote/skills/facts"
	"amtsbote/skills/letter/quote"
)

var addresses, parseDate = quote.Addresses, quote.ParseDate

// office are the options of all letters in testdata: mails forwarded by Petra
// Lindner, unless a file says otherwise.
func office() Options {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		panic(err)
	}
	return Options{
		Sender: "petra.lindner@musterstadt.example", Zone: zone, Law: Law{Land: "RP"},
		Forms:    []Form{{From: "formular@musterstadt.example"}},
		Scanners: []string{"kopierer@musterstadt.example"},
	}
}

// parse reads the small format of testdata: header lines, "File: name | type |
// size | text or !reason", a blank line, the text. "Letter:" begins a mail that
// is attached to the first.
func parse(t *testing.T, text string, opt *Options) document.Document {
	t.Helper()
	mails := strings.Split(text, "\nLetter:\n")
	doc := parseMail(t, mails[0], opt)
	for i, m := range mails[1:] {
		in := parseMail(t, m, nil)
		doc.Parts = append(doc.Parts, document.Part{Name: fmt.Sprintf("brief%d.eml", i+1), Type: "message/rfc822", Doc: &in})
	}
	return doc
}

func parseMail(t *testing.T, text string, opt *Options) document.Document {
	t.Helper()
	head, body, _ := strings.Cut(text, "\n\n")
	m := &document.Mail{Header: map[string][]string{}}
	doc := document.Document{Name: "mail.eml", Type: "message/rfc822", Mail: m, Pages: []document.Page{{N: 1, Text: strings.TrimRight(body, "\n")}}}
	for line := range strings.SplitSeq(head, "\n") {
		key, value, _ := strings.Cut(line, ": ")
		switch key {
		case "From":
			m.From = addresses(value)
		case "To":
			m.To = addresses(value)
		case "Cc":
			m.Cc = addresses(value)
		case "Reply-To":
			m.ReplyTo = addresses(value)
		case "Subject":
			m.Subject = value
		case "Date":
			m.Date = parseDate(value, time.UTC)
		case "Message-Id":
			m.MessageID = strings.Trim(value, "<>")
		case "Watched":
			opt.Watched, opt.Sender = true, value
		case "Sender":
			opt.Sender = strings.Trim(value, " -")
		case "Land":
			opt.Law.Land = value
		case "Signed":
			m.Signed = value
		case "Encrypted":
			m.Encrypted = value
		case "File":
			doc.Parts = append(doc.Parts, parseFile(value))
		default:
			m.Header[key] = append(m.Header[key], value)
		}
	}
	return doc
}

func parseFile(s string) document.Part {
	f := strings.SplitN(s, " | ", 4)
	p := document.Part{Name: f[0], Type: f[1]}
	fmt.Sscan(f[2], &p.Size)
	p.Inline = strings.Contains(f[2], "inline")
	if reason, ok := strings.CutPrefix(f[3], "!"); ok {
		p.Reason = &document.Reason{Code: document.Code(reason), Text: document.Text{DE: reason, EN: reason}}
		return p
	}
	p.Doc = &document.Document{Name: f[0], Type: f[1], Size: p.Size}
	for i, page := range strings.Split(f[3], "\\f") {
		p.Doc.Pages = append(p.Doc.Pages, document.Page{N: i + 1, Text: strings.ReplaceAll(page, "\\n", "\n")})
	}
	return p
}

// golden compares what was understood with the file beside a letter. UPDATE=1
// writes those files; read them before you commit.
func golden(t *testing.T, name, got string) {
	t.Helper()
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s:\ngot\n%s\nwant\n%s", name, got, want)
	}
}

// show writes what was understood of a mail so that a person can judge it.
func show(m Mail) string {
	var b strings.Builder
	line := func(key string, value any) {
		if s := fmt.Sprint(value); s != "" && s != "[]" && s != "false" && s != "0" {
			fmt.Fprintf(&b, "%s: %s\n", key, strings.ReplaceAll(s, "\n", "\n\t"))
		}
	}
	line("skip", m.Skip)
	line("note", m.Note)
	line("follow-up", m.FollowUp)
	for i, l := range m.Letters {
		fmt.Fprintf(&b, "letter %d\n", i+1)
		line("  from", emails(l.Head.From))
		line("  subject", l.Head.Subject)
		if !l.Head.Date.IsZero() {
			line("  date", l.Head.Date.Format("2006-01-02 15:04"))
		}
		line("  to", emails(l.To))
		line("  cc", emails(l.Cc))
		line("  salutation", l.Person.Salutation(l.Language))
		line("  gender", l.Person.Why.DE)
		line("  kind", l.Kind)
		line("  language", l.Language)
		line("  unsure", l.Unsure)
		line("  inline", l.Inline)
		line("  body", l.Body)
		line("  signature", l.Signature)
		line("  internal", l.Internal)
		line("  quoted", l.Quoted)
		for _, n := range l.Numbers {
			line("  number", n.Cue+" "+n.Text)
		}
		for _, r := range l.Requests {
			line("  request", fmt.Sprintf("%s (%s) %q confirm=%t%s", r.Quote, r.Where.DE, r.Heading, r.Confirm, map[bool]string{true: " reply"}[r.Reply]))
		}
		for _, x := range l.Terms {
			day := "-"
			if !x.Day.IsZero() {
				day = facts.ShortDate(x.Day, "de")
			}
			line("  term", fmt.Sprintf("%s: %s; %s", x.What.DE, day, x.Assumption.DE))
			line("  term says", x.Quote)
			if !x.Claimed.IsZero() {
				line("  claimed", facts.ShortDate(x.ClaimedOn, "de")+", "+facts.ShortDate(x.Claimed, "de"))
			}
		}
		for _, f := range l.Files {
			line("  file", fmt.Sprintf("%s read=%t", f.Name, f.Doc != nil))
		}
		line("  logos", l.Logos)
		for _, x := range l.Missing {
			line("  missing", x.Name+" ("+x.Where.DE+")")
		}
		for _, w := range l.Warnings {
			line("  warning", w.Code+": "+w.Text.DE)
		}
	}
	return b.String()
}

func emails(as []document.Address) string {
	var out []string
	for _, a := range as {
		out = append(out, strings.TrimSpace(a.Name+" <"+a.Email+">"))
	}
	return strings.Join(out, "; ")
}
