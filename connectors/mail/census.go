package mail

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"

	"amtsbote/bots"
	"amtsbote/connectors/eml"
	"amtsbote/connectors/render"
)

// A census is what the team is told once a day: numbers, and nothing of a letter.
type census struct {
	from, to time.Time
	received int
	drafts   int
	answered int // without a draft: a person was faster
	briefs   int // without a draft: a brief only
	aside    int // for a person to answer
	waiting  int // drafts that nobody has touched
	oldest   time.Time
	expired  int
}

func (n census) nothing() bool {
	return n.received+n.drafts+n.answered+n.briefs+n.aside+n.waiting+n.expired == 0
}

// census counts what happened from a moment on and before another, and what waits now.
func (c *Connector) census(ctx context.Context, s bots.State, from, to time.Time) (census, error) {
	n := census{from: from, to: to}
	each := func(prefix string, fn func(outcome)) error {
		return s.Each(ctx, prefix, func(_ string, b []byte) error {
			var o outcome
			if err := json.Unmarshal(b, &o); err == nil && o.At >= from.Unix() && o.At < to.Unix() {
				fn(o)
			}
			return nil
		})
	}
	err := each(tallyIn, func(outcome) { n.received++ })
	if err == nil {
		err = each(tallyGone, func(outcome) { n.expired++ })
	}
	if err == nil {
		err = each(tallyDone, func(o outcome) {
			n.drafts += o.Drafts
			switch {
			case o.Answered:
				n.answered++
			case o.Aside:
				n.aside++
			case o.Drafts == 0:
				n.briefs++
			}
		})
	}
	if err == nil {
		err = c.waiting(ctx, s, &n)
	}
	return n, err
}

// waiting counts the drafts that lie where they were put, with the flags and the
// size they had. To see every byte would cost reading them all; before one is
// deleted that is done.
func (c *Connector) waiting(ctx context.Context, s bots.State, n *census) error {
	known := map[string]written{}
	err := s.Each(ctx, trailPrefix, func(_ string, b []byte) error {
		var t trail
		if err := json.Unmarshal(b, &t); err != nil {
			return nil
		}
		for _, w := range t.Drafts {
			known[w.ID] = w
		}
		return nil
	})
	if err != nil || len(known) == 0 {
		return err
	}
	return c.pool.with(ctx, func(k *conn) error {
		n.waiting, n.oldest = 0, time.Time{}
		f, err := c.find(ctx, k)
		if err != nil {
			return err
		}
		if _, err := k.open(ctx, f.drafts, true); err != nil {
			return err
		}
		what := inField("Message-ID", "amtsbote.")
		uids, err := k.search(ctx, &what)
		for err == nil && len(uids) > 0 {
			next := uids[:min(chunk, len(uids))]
			uids = uids[len(next):]
			err = c.waitingAmong(ctx, k, next, known, f.drafts, n)
		}
		return err
	})
}

func (c *Connector) waitingAmong(ctx context.Context, k *conn, uids []imap.UID, known map[string]written, folder string, n *census) error {
	mails, err := k.headers(ctx, uids)
	for _, m := range mails {
		w, ok := known[m.header.messageID()]
		if !ok || w.Folder != folder || int64(w.Size) != m.size || !w.left(m.flags) {
			continue
		}
		n.waiting++
		if n.oldest.IsZero() || m.received.Before(n.oldest) {
			n.oldest = m.received
		}
	}
	return err
}

// tell brings a census to the team, the way the briefs go, once a day: its ID is
// the day's.
func (c *Connector) tell(ctx context.Context, s bots.State, n census) error {
	day := n.to.Format(time.DateOnly)
	lang := cmp.Or(c.cfg.Profile.Language, "de")
	name := cmp.Or(c.cfg.Profile.Name, "Amtsbote")
	text := n.text(name, c.cfg.expires()).In(lang)
	m := eml.Mail{From: c.from(), Date: c.now(), ID: c.id("daily", day),
		Subject: bots.Text{DE: name + ": Übersicht vom " + n.to.Format("02.01.2006"), EN: name + ": overview of " + n.to.Format("2 January 2006")}.In(lang),
		Text:    strings.TrimSpace(render.Plain(text)), HTML: eml.Page(lang, render.HTML(text)),
		Extra: c.automatic("auto-generated")}
	if c.cfg.BriefTo == "" {
		m.To = []string{c.cfg.Address}
		return c.file(ctx, m, reference{})
	}
	// Sent once at most: two of one day would be worse than none after a crash.
	if state, err := s.Get(ctx, keySMTP+m.ID); err != nil || state != nil {
		return err
	}
	return c.mailOnce(ctx, s, c.cfg.BriefTo, m)
}

// text is what the team reads.
func (n census) text(name string, days int) bots.Text {
	clock := func(t time.Time, en bool) string {
		if en {
			return t.Format("Mon 2 Jan 2006, 15:04")
		}
		return weekdays[t.Weekday()] + " " + t.Format("02.01.2006, 15:04")
	}
	de := []string{fmt.Sprintf("**Übersicht** von %s bis %s", clock(n.from, false), clock(n.to, false)), ""}
	en := []string{fmt.Sprintf("**Overview** from %s to %s", clock(n.from, true), clock(n.to, true)), ""}
	line := func(n int, always bool, d, e string) {
		if n > 0 || always {
			de, en = append(de, fmt.Sprintf("- %s: **%d**", d, n)), append(en, fmt.Sprintf("- %s: **%d**", e, n))
		}
	}
	line(n.received, true, "Eingegangene Briefe", "Letters received")
	line(n.drafts, true, "Entwürfe abgelegt", "Drafts written")
	line(n.briefs, false, "Nur Kurzfassung, kein Entwurf", "Brief only, no draft")
	line(n.answered, false, "Schon beantwortet, darum kein Entwurf", "Answered already, so no draft")
	line(n.aside, false, "Beiseitegelegt (nicht lesbar oder gescheitert), bitte von Hand beantworten", "Set aside (unreadable or failed), please answer yourselves")
	line(n.waiting, false, "Entwürfe, die noch niemand angefasst hat", "Drafts that nobody has touched yet")
	if n.waiting > 0 {
		t := n.oldest.In(n.to.Location())
		last := len(de) - 1
		de[last], en[last] = de[last]+", der älteste seit "+clock(t, false)[:13], en[last]+", the oldest since "+t.Format("Mon 2 Jan 2006")
	}
	line(n.expired, false, fmt.Sprintf("Gelöscht, weil sie %d Tage niemand angefasst hat", days), fmt.Sprintf("Deleted because nobody touched them for %d days", days))
	de = append(de, "", "*Nur Zahlen. Was jemand geändert, markiert oder verschoben hat, löscht "+bots.Literal(name)+" nie.*")
	en = append(en, "", "*Numbers only. What somebody has changed, marked or moved, "+bots.Literal(name)+" never deletes.*")
	return bots.Text{DE: strings.Join(de, "\n"), EN: strings.Join(en, "\n")}
}

var weekdays = [...]string{"So", "Mo", "Di", "Mi", "Do", "Fr", "Sa"}
