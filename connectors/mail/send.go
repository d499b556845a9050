package mail

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"

	"amtsbote/bots"
	"amtsbote/connectors/eml"
)

// Send implements bots.Connector. Of a watched mailbox the drafts go into its
// drafts folder and the brief to the colleagues; a forward is answered to the
// colleague. The ID returned is the Message-ID of the first mail written, "" if
// nothing was owed any more.
func (c *Connector) Send(ctx context.Context, s bots.State, r bots.Reply) (string, error) {
	c.tokens.keep(s)
	if r.Answer.Skip != "" {
		return "", nil
	}
	var ref reference
	if r.To.Ref != "" {
		if err := json.Unmarshal([]byte(r.To.Ref), &ref); err != nil {
			return "", &bots.Refusal{Err: fmt.Errorf("mail: reference of a reply: %w", err)}
		}
	}
	if !r.To.Watched {
		return c.answer(ctx, s, r, ref)
	}
	done := outcome{Drafts: len(r.Answer.Drafts), Aside: r.Answer.Notice.Plain}
	id, err := c.settle(ctx, s, r, ref, &done)
	if err != nil {
		return id, err
	}
	return id, c.note(ctx, s, tallyDone+r.To.MessageID, done)
}

// settle writes drafts and brief of a letter in a watched mailbox.
func (c *Connector) settle(ctx context.Context, s bots.State, r bots.Reply, ref reference, done *outcome) (string, error) {
	id, err := c.writeDrafts(ctx, s, r, ref)
	if errors.Is(err, errAnswered) {
		done.Drafts, done.Answered = 0, true
		c.stats.count(func(s *Stats) { s.Answered++ })
		c.log.Info("no draft: somebody has answered already", "message", bots.LogID(r.To.MessageID))
		return "", nil
	}
	if errors.Is(err, errSuperseded) {
		done.Drafts = 0
		c.stats.count(func(s *Stats) { s.Superseded++ })
		c.log.Info("no draft: that of a newer letter is there", "message", bots.LogID(r.To.MessageID))
		id, err = "", nil // the brief is owed all the same
	}
	if err != nil || r.Answer.Text.IsZero() {
		return id, err
	}
	brief, err := c.writeBrief(ctx, s, r, ref)
	if id == "" {
		id = brief
	}
	return id, err
}

var errAnswered = errors.New("mail: answered already")

// writeDrafts puts each draft into the drafts folder, unless it is there, and then
// takes away those that they replace.
func (c *Connector) writeDrafts(ctx context.Context, s bots.State, r bots.Reply, ref reference) (first string, err error) {
	if len(r.Answer.Drafts) == 0 {
		return "", nil
	}
	key := trailKey(r, ref)
	defer c.lock(key)()
	t, err := loadTrail(ctx, s, key)
	if err != nil {
		return "", err
	}
	if err := t.turn(r.To.MessageID, ref); err != nil {
		return "", err
	}
	save := func() error { return t.save(ctx, s, key) }
	for i, d := range r.Answer.Drafts {
		id := c.id(r.ID, "draft", strconv.Itoa(i))
		if first == "" {
			first = id
		}
		mail, err := eml.Draft(c.threaded(d, ref), eml.Options{From: c.from(), ID: id, Date: c.now(), Mark: c.cfg.Mark}).Bytes()
		if err != nil {
			return "", &bots.Refusal{Err: fmt.Errorf("mail: draft: %w", err)}
		}
		err = c.pool.with(ctx, func(k *conn) error {
			return c.writeDraft(ctx, k, id, ref, func(folder string) ([]byte, *written, error) {
				w := t.note(id, folder, mail, c.now())
				return mail, w, save()
			})
		})
		if err := c.told(alarmDrafts, err); err != nil {
			return "", err
		}
	}
	return first, c.replace(ctx, &t, save)
}

// writeDraft puts a draft into the drafts folder. begin gives it out and notes
// that it will be there: after a crash the note knows it.
func (c *Connector) writeDraft(ctx context.Context, k *conn, id string, ref reference, begin func(folder string) ([]byte, *written, error)) error {
	f, err := c.find(ctx, k)
	if err != nil {
		return err
	}
	there, err := k.holds(ctx, f.drafts, ref.since(), inField("Message-ID", id))
	if err != nil || there {
		return err
	}
	if err := c.unanswered(ctx, k, f.sent, id, ref); err != nil {
		return err
	}
	mail, w, err := begin(f.drafts)
	if err != nil {
		return err
	}
	at, err := k.append(ctx, f.drafts, mail, imap.FlagDraft, imap.FlagSeen)
	if err != nil {
		return err
	}
	w.Validity, w.UID = at.UIDValidity, at.UID
	c.stats.count(func(s *Stats) { s.Drafts++ })
	return nil
}

// unanswered returns errAnswered if a person has answered the letter or sent
// this very draft: the letter is marked, or Sent holds a mail that says so.
func (c *Connector) unanswered(ctx context.Context, k *conn, sent, id string, ref reference) error {
	if sent != "" {
		any := inField("Message-ID", id)
		if ref.MessageID != "" {
			any = either(any, either(inField("In-Reply-To", ref.MessageID), inField("References", ref.MessageID)))
		}
		there, err := k.holds(ctx, sent, ref.since(), any)
		if err != nil {
			return err
		}
		if there {
			return errAnswered
		}
	}
	if ref.UID == 0 {
		return nil
	}
	data, err := k.open(ctx, ref.Folder, true)
	if err != nil || data.UIDValidity != ref.Validity {
		if k.broken {
			return err
		}
		return nil // the folder is gone or another: then nobody knows
	}
	mails, err := k.search(ctx, &imap.SearchCriteria{
		UID: []imap.UIDSet{imap.UIDSetNum(ref.UID)}, Flag: []imap.Flag{imap.FlagAnswered}})
	if err == nil && len(mails) > 0 {
		return errAnswered
	}
	return err
}

// since is a day before which nothing was written because of the letter. It
// spares a server the search through the headers of years.
func (r reference) since() time.Time {
	if r.Received == 0 {
		return time.Time{}
	}
	return time.Unix(r.Received, 0).UTC().AddDate(0, 0, -2)
}

func inField(name, id string) imap.SearchCriteria {
	return imap.SearchCriteria{Header: []imap.SearchCriteriaHeaderField{{Key: name, Value: id}}}
}

func either(a, b imap.SearchCriteria) imap.SearchCriteria {
	return imap.SearchCriteria{Or: [][2]imap.SearchCriteria{{a, b}}}
}

// holds reports whether a folder holds a mail since a day that meets a criterion.
// The folder is opened anew, so that what another session wrote is seen.
func (k *conn) holds(ctx context.Context, folder string, since time.Time, what imap.SearchCriteria) (bool, error) {
	if _, err := k.open(ctx, folder, true); err != nil {
		return false, err
	}
	what.Since = since
	uids, err := k.search(ctx, &what)
	return len(uids) > 0, err
}

// threaded fills in what a draft threads by where the skill did not know it, and
// takes the mailbox itself out of the copies.
func (c *Connector) threaded(d bots.Draft, ref reference) bots.Draft {
	if d.InReplyTo == "" && len(d.References) == 0 && ref.MessageID != "" {
		d.InReplyTo = ref.MessageID
		d.References = append(slices.Clone(ref.References), ref.MessageID)
	}
	d.Cc = slices.DeleteFunc(slices.Clone(d.Cc), func(s string) bool {
		a, ok := eml.Address(s)
		return ok && strings.EqualFold(a.Address, c.cfg.Address)
	})
	return d
}

func (c *Connector) id(parts ...string) string {
	return eml.ID(domain(c.address()), append([]string{c.cfg.Name}, parts...)...)
}
