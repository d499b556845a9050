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
	chunk     = 100       // mails whose headers are fetched by one command
	accepts   = 16        // conversations that enter the inbox at the same time
	oldAfter  = time.Hour // what was received earlier is backlog
	tellEvery = 10        // after so many chunks of a backlog the log hears of it
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
// within a conversation the order counts. Only where a functional mailbox holds
// more than a chunk is the newest read first, and the rest as a backlog.
func (r *receiver) scan(ctx context.Context) error {
	if err := r.again(ctx); err != nil {
		return err
	}
	fresh, err := r.between(ctx, r.pos.seen()+1, 0)
	if err != nil {
		return err
	}
	if r.letters() && r.pos.Top == 0 && len(fresh) > chunk {
		newest := fresh[len(fresh)-chunk:]
		if err := r.take(ctx, newest, false); err != nil {
			return err
		}
		r.pos.Low, r.pos.Top = newest[0], newest[chunk-1]
		if err := r.save(ctx); err != nil {
			return err
		}
	} else if err := r.ascend(ctx, fresh); err != nil {
		return err
	}
	if r.pos.Top == 0 {
		return nil
	}
	return r.descend(ctx)
}

// between returns the mails from one UID to another, 0 being the last one, that
// were received since the configured day.
func (r *receiver) between(ctx context.Context, from, to imap.UID) ([]imap.UID, error) {
	since, err := time.Parse(time.DateOnly, r.pos.Since)
	if err != nil {
		return nil, err
	}
	uids, err := r.conn.search(ctx, &imap.SearchCriteria{UID: []imap.UIDSet{{imap.UIDRange{Start: from, Stop: to}}}, Since: since})
	if err != nil {
		return nil, err
	}
	// A range to "*" holds the last mail, even if that is before the range.
	return slices.DeleteFunc(uids, func(uid imap.UID) bool { return uid < from || to != 0 && uid > to }), nil
}

// ascend has mails after the position accepted, oldest first.
func (r *receiver) ascend(ctx context.Context, uids []imap.UID) error {
	for len(uids) > 0 {
		n := min(chunk, len(uids))
		if err := r.take(ctx, uids[:n], false); err != nil {
			return err
		}
		if r.pos.Top != 0 {
			r.pos.Top = uids[n-1]
		} else {
			r.pos.UID = uids[n-1]
		}
		if err := r.save(ctx); err != nil {
			return err
		}
		uids = uids[n:]
	}
	return nil
}

// descend has a backlog accepted, newest first, and in between what comes
// meanwhile. After a crash it goes on where it was.
func (r *receiver) descend(ctx context.Context) error {
	var old []imap.UID
	if r.pos.Low > r.pos.UID+1 {
		var err error
		if old, err = r.between(ctx, r.pos.UID+1, r.pos.Low-1); err != nil {
			return err
		}
	}
	defer r.stats.backlog(r.index, 0)
	for n := 0; len(old) > 0; n++ {
		r.stats.backlog(r.index, len(old))
		if n%tellEvery == 0 {
			r.log.Info("reading a backlog, newest letters first", "folder", folderKey(r.index), "left", len(old))
		}
		part := old[max(0, len(old)-chunk):]
		if err := r.take(ctx, part, true); err != nil {
			return err
		}
		r.pos.Low, old = part[0], old[:len(old)-len(part)]
		if err := r.save(ctx); err != nil {
			return err
		}
		if err := r.meanwhile(ctx); err != nil {
			return err
		}
	}
	r.pos.UID, r.pos.Low, r.pos.Top = r.pos.Top, 0, 0
	return r.save(ctx)
}

// meanwhile has accepted what has come since a backlog was begun.
func (r *receiver) meanwhile(ctx context.Context) error {
	if err := r.conn.do(ctx, "noop", func() error { return r.conn.im.Noop().Wait() }); err != nil {
		return err
	}
	select {
	case <-r.conn.exists:
	default:
		return nil
	}
	fresh, err := r.between(ctx, r.pos.seen()+1, 0)
	if err != nil {
		return err
	}
	return r.ascend(ctx, fresh)
}

// take has some mails accepted: those of one conversation in order, several
// conversations at a time, so that the inbox writes them to disk together.
func (r *receiver) take(ctx context.Context, uids []imap.UID, backlog bool) error {
	mails, err := r.conn.headers(ctx, uids)
	if err != nil {
		return err
	}
	threads := map[string][]bots.Message{}
	var order []string
	for _, m := range mails {
		msg, ok := r.message(m)
		if !ok {
			continue
		}
		if backlog {
			msg.Prio = bots.PrioBacklog
		}
		key := msg.Room + "\x00" + msg.Thread
		if threads[key] == nil {
			order = append(order, key)
		}
		threads[key] = append(threads[key], msg)
	}
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(accepts)
	for _, key := range order {
		g.Go(func() error { return safely(func() error { return r.pass(gctx, threads[key]) }) })
	}
	return g.Wait()
}

// pass has the mails of one conversation accepted, those that can be believed.
func (r *receiver) pass(ctx context.Context, mails []bots.Message) error {
	for _, m := range mails {
		if ok, err := r.proven(ctx, m); err != nil {
			return err
		} else if !ok {
			continue
		}
		if err := r.accept(ctx, m); err != nil {
			return err
		}
		r.stats.received(m.Time)
	}
	return nil
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
func (r *receiver) message(f found) (bots.Message, bool) {
	id := f.identity()
	reason, sender := r.skip(f), r.address()
	if reason == "" && !r.letters() {
		sender, reason = r.colleague(f.header)
	}
	if reason != "" {
		r.stats.skip(reason)
		r.log.Info("mail passed over", "message", bots.LogID(id), "reason", reason)
		return bots.Message{}, false
	}
	m := bots.Message{
		Connector: r.cfg.Name, ID: id, Room: sender, Sender: sender, Thread: f.header.thread(id),
		Time: f.received.UTC(), Subject: f.header.decoded("Subject"), Prio: bots.PrioMail, Class: r.cfg.Class,
	}
	if r.now().Sub(m.Time) > oldAfter {
		m.Prio = bots.PrioBacklog
	}
	if r.letters() {
		m.Author, m.Watched = f.header.author(), true
	} else {
		m.Direct, m.Wrote = true, true
	}
	ref := reference{Folder: r.folder, Validity: r.pos.Validity, UID: f.uid, MessageID: f.header.messageID(), ID: id, Received: f.received.Unix()}
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
