package mail

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"html"
	netmail "net/mail"
	"slices"
	"strconv"
	"strings"
	"time"

	"amtsbote/bots"
	"amtsbote/connectors/eml"
	"amtsbote/connectors/render"
)

const keySMTP = "smtp/" // + Message-ID of a mail that is sent once

// keepSent is how long it is remembered which answers were sent: longer than the
// outbox tries.
const keepSent = 30 * 24 * time.Hour

// answer sends brief and drafts to the colleague who forwarded.
func (c *Connector) answer(ctx context.Context, s bots.State, r bots.Reply, ref reference) (string, error) {
	id := c.id(r.ID, "answer")
	m := c.compose(r, ref, id)
	m.Subject = "AW: " + strip(ref.Subject)
	if r.Language == "en" {
		m.Subject = "Re: " + strip(ref.Subject)
	}
	if err := c.mailOnce(ctx, s, r.To.Person, m); err != nil {
		return "", err
	}
	c.stats.count(func(s *Stats) { s.Answers++ })
	return id, nil
}

// writeBrief brings the brief of a letter in a watched mailbox to the
// colleagues: by mail to brief_to, or into a folder beside the drafts.
func (c *Connector) writeBrief(ctx context.Context, s bots.State, r bots.Reply, ref reference) (string, error) {
	id := c.id(r.ID, "brief")
	drafts := r.Answer.Drafts
	r.Answer.Drafts = nil // they wait in their folder
	m := c.compose(r, ref, id)
	m.Subject = "Kurzfassung: " + strip(ref.Subject)
	if r.Language == "en" {
		m.Subject = "Brief: " + strip(ref.Subject)
	}
	if len(drafts) == 0 && r.Answer.Text.IsZero() {
		return "", nil
	}
	var err error
	if c.cfg.BriefTo != "" {
		err = c.mailOnce(ctx, s, c.cfg.BriefTo, m)
	} else {
		m.To = []string{c.cfg.Address}
		err = c.file(ctx, m, ref)
	}
	if err != nil {
		return "", err
	}
	c.stats.count(func(s *Stats) { s.Briefs++ })
	return id, nil
}

// file puts a brief into its folder, which is made if need be, unless it is
// there already.
func (c *Connector) file(ctx context.Context, m eml.Mail, ref reference) error {
	mail, err := m.Bytes()
	if err != nil {
		return &bots.Refusal{Err: fmt.Errorf("mail: brief: %w", err)}
	}
	return c.told(alarmBriefs, c.pool.with(ctx, func(k *conn) error {
		f, err := c.find(ctx, k)
		if err != nil {
			return err
		}
		folder := f.briefs
		names, err := k.list(ctx)
		if err != nil {
			return err
		}
		if !slices.Contains(names, folder) {
			if err := k.create(ctx, folder); err != nil {
				return err
			}
		}
		there, err := k.holds(ctx, folder, ref.since(), inField("Message-ID", m.ID))
		if err != nil || there {
			return err
		}
		_, err = k.append(ctx, folder, mail)
		return err
	}))
}

// mailOnce sends a mail, unless the State says that it was sent. A crash between
// the server's taking it and the note shows it twice, with one Message-ID.
func (c *Connector) mailOnce(ctx context.Context, s bots.State, to string, m eml.Mail) error {
	const sent = "sent"
	key := keySMTP + m.ID
	state, err := s.Get(ctx, key)
	if err != nil || string(state) == sent {
		return err
	}
	if state != nil {
		c.log.Warn("sending again: it is not known whether the first time arrived", "message", bots.LogID(m.ID))
	}
	m.To = []string{to}
	b, err := m.Bytes()
	if err != nil {
		return &bots.Refusal{Err: fmt.Errorf("mail: answer: %w", err)}
	}
	if err := s.Put(ctx, map[string][]byte{key: []byte("intent")}, keepSent); err != nil {
		return err
	}
	if err := c.submit(ctx, to, b); err != nil {
		if _, ok := errors.AsType[*notTaken](err); ok {
			// It is known that nothing went out.
			return errors.Join(err, s.Put(context.WithoutCancel(ctx), map[string][]byte{key: nil}, 0))
		}
		return err
	}
	return s.Put(context.WithoutCancel(ctx), map[string][]byte{key: []byte(sent)}, keepSent)
}

// automatic are the fields of a mail that no person wrote, so that no machine answers
// it (RFC 3834); how is auto-replied or auto-generated.
func (c *Connector) automatic(how string) []eml.Field {
	return []eml.Field{{Name: "Auto-Submitted", Value: how}, {Name: "X-Loop", Value: c.cfg.Address}, {Name: "X-Auto-Response-Suppress", Value: "All"}}
}

// compose writes a mail of Amtsbote's own: brief, what is to be known, each draft
// as one block to copy and as a file to open.
func (c *Connector) compose(r bots.Reply, ref reference, id string) eml.Mail {
	lang := cmp.Or(r.Language, "de")
	m := eml.Mail{From: c.from(), Date: c.now(), ID: id, InReplyTo: ref.MessageID, Extra: c.automatic("auto-replied")}
	if m.References = slices.Clone(ref.References); ref.MessageID != "" { // without one the answer still belongs to its thread
		m.References = append(m.References, ref.MessageID)
	}
	brief := brief(r.Answer, lang)
	var text, page strings.Builder
	text.WriteString(render.Plain(brief))
	page.WriteString(render.HTML(brief))
	for i, d := range r.Answer.Drafts {
		head := draftHead(i, len(r.Answer.Drafts), lang)
		end := bots.Text{DE: "Ende des Entwurfs", EN: "End of draft"}.In(lang)
		fmt.Fprintf(&text, "\n\n----- %s -----\n\n%s\n\n----- %s -----\n", head, strings.TrimSpace(d.Text), end)
		fmt.Fprintf(&page, "<h3>%s</h3>\n<div style=\"border:1px solid #888;padding:.5em 1em\">\n%s</div>\n",
			html.EscapeString(head), eml.HTML(bots.Draft{Text: d.Text}))
		c.attach(&m, r, d, i)
	}
	if line := r.Answer.Notice.Line().In(lang); line != "" {
		text.WriteString("\n\n-- \n" + line + "\n")
		page.WriteString("<p><em>" + html.EscapeString(line) + "</em></p>\n")
	}
	for _, f := range r.Answer.Files {
		m.Files = append(m.Files, eml.File{Name: f.Name, Type: f.Type, Data: f.Data})
	}
	m.Text, m.HTML = strings.TrimSpace(text.String()), eml.Page(lang, page.String())
	return m
}

// brief is what the colleague reads first. Warnings that it does not state
// itself stand below.
func brief(a bots.Answer, lang string) string {
	text := strings.TrimSpace(a.Text.In(lang))
	var more []string
	for _, w := range a.Warnings {
		if s := w.In(lang); s != "" && !strings.Contains(text, s) {
			more = append(more, "- "+strings.ReplaceAll(s, "\n", " "))
		}
	}
	if len(more) > 0 {
		text += "\n\n**" + bots.Text{DE: "Bitte prüfen", EN: "Please check"}.In(lang) + "**\n" + strings.Join(more, "\n")
	}
	return text
}

func draftHead(i, n int, lang string) string {
	if n == 1 {
		return bots.Text{DE: "Entwurf", EN: "Draft"}.In(lang)
	}
	no := strconv.Itoa(i + 1)
	return bots.Text{DE: "Entwurf " + no, EN: "Draft " + no}.In(lang)
}

// attach adds a draft as a file that a mail program opens for sending. Its sender
// is the colleague, or the address that the office is known by.
func (c *Connector) attach(m *eml.Mail, r bots.Reply, d bots.Draft, i int) {
	name := bots.Text{DE: "Antwortentwurf", EN: "Draft reply"}.In(cmp.Or(r.Language, "de"))
	if len(r.Answer.Drafts) > 1 {
		name += " " + strconv.Itoa(i+1)
	}
	file, err := eml.DraftFile(d, eml.Options{From: cmp.Or(c.cfg.DraftFrom, r.To.Person), Date: m.Date, Mark: c.cfg.Mark,
		ID: c.id(r.ID, "file", strconv.Itoa(i))})
	if err != nil {
		return // the text stands in the mail
	}
	m.Files = append(m.Files, eml.File{Name: name + ".eml", Type: bots.TypeLetter, Data: file})
}

// from is the sender of drafts and answers.
func (c *Connector) from() string {
	a := netmail.Address{Name: c.cfg.FromName, Address: c.cfg.Address}
	return a.String()
}

// strip takes the marks of replies and forwards from a subject.
func strip(subject string) string {
	for {
		before := subject
		for _, p := range []string{"re:", "aw:", "wg:", "fw:", "fwd:", "antwort:", "tr:"} {
			if len(subject) >= len(p) && strings.EqualFold(subject[:len(p)], p) {
				subject = strings.TrimSpace(subject[len(p):])
			}
		}
		if subject == before {
			return subject
		}
	}
}
