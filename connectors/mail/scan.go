package mail

import (
	"context"
	"encoding/json"
	"io"
	"slices"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"golang.org/x/sync/errgroup"

	"amtsbote/bots"
)

const (
	chunk    = 100       // mails whose headers are fetched by one command
	accepts  = 16        // conversations that enter the inbox at the same time
	oldAfter = time.Hour // what was received earlier is backlog
)

// found is a mail as the mailbox shows it, without its body.
type found struct {
	uid      imap.UID
	flags    []imap.Flag
	received time.Time
	size     int64
	header   header
}

// scan reads what has come since the position and has it accepted, oldest first:
// within a conversation the order counts, and the backlog is sorted by the inbox.
func (r *receiver) scan(ctx context.Context) error {
	if err := r.again(ctx); err != nil {
		return err
	}
	since, err := time.Parse(time.DateOnly, r.pos.Since)
	if err != nil {
		return err
	}
	uids, err := r.conn.search(ctx, &imap.SearchCriteria{
		// 0 stands for "*", the last mail, even if it is before the position.
		UID:   []imap.UIDSet{{imap.UIDRange{Start: r.pos.UID + 1, Stop: 0}}},
		Since: since,
	})
	if err != nil {
		return err
	}
	fresh := uids[:0]
	for _, uid := range uids {
		if uid > r.pos.UID {
			fresh = append(fresh, uid)
		}
	}
	for len(fresh) > 0 {
		n := min(chunk, len(fresh))
		if err := r.take(ctx, fresh[:n]); err != nil {
			return err
		}
		r.pos.UID = fresh[n-1]
		if err := r.save(ctx); err != nil {
			return err
		}
		fresh = fresh[n:]
	}
	return nil
}

// take has some mails accepted: those of one conversation in order, several
// conversations at a time, so that the inbox writes them to disk together.
func (r *receiver) take(ctx context.Context, uids []imap.UID) error {
	mails, err := r.conn.headers(ctx, uids)
	if err != nil {
		return err
	}
	threads := map[string][]bots.Message{}
	var order []string
	for _, m := range mails {
		msg, ok := r.message(m, r.pos.Validity)
		if !ok {
			continue
		}
		if key := msg.Room + "\x00" + msg.Thread; threads[key] == nil {
			order = append(order, key)
		}
		threads[msg.Room+"\x00"+msg.Thread] = append(threads[msg.Room+"\x00"+msg.Thread], msg)
	}
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(accepts)
	for _, key := range order {
		g.Go(func() error {
			for _, m := range threads[key] {
				if ok, err := r.proven(gctx, m); err != nil {
					return err
				} else if !ok {
					continue
				}
				if err := r.accept(gctx, m); err != nil {
					return err
				}
				r.stats.received(m.Time)
			}
			return nil
		})
	}
	return g.Wait()
}

var headerSection = &imap.FetchItemBodySection{
	Specifier: imap.PartSpecifierHeader, Peek: true, Partial: &imap.SectionPartial{Size: maxHeader},
}

// headers fetches what is needed to decide about mails. A mail that is gone is
// left out.
//
// go-imap takes a change of flags that the server tells on the way (somebody
// marks the mail as read) for the answer, and drops the answer. So what is
// missing is fetched again as long as it is there.
func (k *conn) headers(ctx context.Context, uids []imap.UID) ([]found, error) {
	byUID := map[imap.UID]found{}
	for missing := uids; len(missing) > 0; {
		if err := k.fetch(ctx, missing, byUID); err != nil {
			return nil, err
		}
		missing = slices.DeleteFunc(slices.Clone(missing), func(uid imap.UID) bool { _, ok := byUID[uid]; return ok })
		if len(missing) == 0 {
			break
		}
		var err error
		if missing, err = k.search(ctx, &imap.SearchCriteria{UID: []imap.UIDSet{imap.UIDSetNum(missing...)}}); err != nil {
			return nil, err
		}
	}
	var all []found
	for _, uid := range uids {
		if f, ok := byUID[uid]; ok {
			all = append(all, f)
		}
	}
	return all, nil
}

func (k *conn) fetch(ctx context.Context, uids []imap.UID, byUID map[imap.UID]found) error {
	return k.do(ctx, "fetch", func() error {
		cmd := k.im.Fetch(imap.UIDSetNum(uids...), &imap.FetchOptions{
			UID: true, Flags: true, InternalDate: true, RFC822Size: true,
			BodySection: []*imap.FetchItemBodySection{headerSection},
		})
		for m := cmd.Next(); m != nil; m = cmd.Next() {
			f, ok, err := readFound(m)
			if err != nil {
				return err // and not a word more: go-imap's reader has the buffer again
			}
			if ok {
				byUID[f.uid] = f
			}
		}
		return cmd.Close()
	})
}

// readFound reads one answer to the end, as go-imap needs it. One without a
// header is a mere change of flags that the server told on the way.
func readFound(m *imapclient.FetchMessageData) (f found, ok bool, err error) {
	for item := m.Next(); item != nil; item = m.Next() {
		switch item := item.(type) {
		case imapclient.FetchItemDataUID:
			f.uid = item.UID
		case imapclient.FetchItemDataFlags:
			f.flags = item.Flags
		case imapclient.FetchItemDataInternalDate:
			f.received = item.Time
		case imapclient.FetchItemDataRFC822Size:
			f.size = item.Size
		case imapclient.FetchItemDataBodySection:
			if item.Literal == nil {
				continue
			}
			raw, err := io.ReadAll(io.LimitReader(item.Literal, maxHeader))
			if err != nil {
				return f, false, err
			}
			f.header, ok = parseHeader(raw), true
		}
	}
	return f, ok, nil
}

func (f found) identity() string {
	return f.header.identity(f.received.UTC().Format(time.RFC3339))
}

// message makes a message of a mail, or says in log and counters why not.
func (c *Connector) message(f found, validity uint32) (bots.Message, bool) {
	id := f.identity()
	reason, sender := c.skip(f), c.address()
	if reason == "" && !c.letters() {
		sender, reason = c.colleague(f.header)
	}
	if reason != "" {
		c.stats.skip(reason)
		c.log.Info("mail passed over", "message", bots.LogID(id), "reason", reason)
		return bots.Message{}, false
	}
	m := bots.Message{
		Connector: c.cfg.Name, ID: id, Room: sender, Sender: sender, Thread: f.header.thread(id),
		Time: f.received.UTC(), Subject: f.header.decoded("Subject"), Prio: bots.PrioMail,
	}
	if c.now().Sub(m.Time) > oldAfter {
		m.Prio = bots.PrioBacklog
	}
	if c.letters() {
		m.Author, m.Watched = f.header.author(), true
	} else {
		m.Direct = true
	}
	ref := reference{Folder: c.cfg.Folder, Validity: validity, UID: f.uid, MessageID: f.header.messageID(), ID: id, Received: f.received.Unix()}
	m.Files = []bots.File{{Name: "letter.eml", Type: bots.TypeLetter, Size: f.size, Ref: ref.String()}}
	ref.Author = m.Author
	ref.References, ref.Subject = lastIDs(f.header.references()), m.Subject
	m.Ref = ref.String()
	return m, true
}

// A reference is what finds a mail again and threads a reply to it, also after
// it has been moved. It is the Ref of messages and files.
type reference struct {
	Folder     string   `json:"f"`
	Validity   uint32   `json:"v"`
	UID        imap.UID `json:"u"`
	MessageID  string   `json:"m,omitempty"`
	ID         string   `json:"i"`           // identity
	Author     string   `json:"a,omitempty"` // who wrote, of a letter in a watched mailbox
	Received   int64    `json:"t,omitempty"` // seconds since 1970
	References []string `json:"r,omitempty"`
	Subject    string   `json:"s,omitempty"`
}

func (r reference) String() string {
	b, _ := json.Marshal(r) // strings and numbers always can
	return string(b)
}

// lastIDs keeps what a reply threads by: the root and the latest.
func lastIDs(ids []string) []string {
	const most = 20
	if len(ids) > most {
		return append(ids[:1:1], ids[len(ids)-most+1:]...)
	}
	return ids
}
