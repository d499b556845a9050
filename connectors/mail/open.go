package mail

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"amtsbote/bots"
)

var (
	textGone = bots.Text{
		DE: "Die E-Mail ist nicht mehr im Postfach. Bitte leiten Sie sie noch einmal weiter.",
		EN: "The mail is no longer in the mailbox. Please forward it again.",
	}
	errGone = errors.New("mail: letter is gone")
)

func gone() error { return &bots.Refusal{Text: textGone, Err: errGone} }

// Open implements bots.Connector. The mail is streamed from the server as it is
// read, and left as it is: not even marked as read.
func (c *Connector) Open(ctx context.Context, s bots.State, f bots.File) (io.ReadCloser, error) {
	c.tokens.keep(s)
	var ref reference
	if err := json.Unmarshal([]byte(f.Ref), &ref); err != nil {
		return nil, gone()
	}
	if f.Size > c.cfg.MaxSize {
		return nil, c.tooBig() // rather than have the server begin to send it
	}
	for again := true; ; again = false {
		k, err := c.pool.take(ctx)
		if err != nil {
			return nil, err
		}
		r, err := c.stream(ctx, k, ref)
		if err == nil {
			return r, nil
		}
		c.pool.put(k)
		if !again || !errors.Is(err, errDropped) || ctx.Err() != nil {
			return nil, err
		}
	}
}

// stream finds a mail and begins to fetch it. The connection goes with it.
func (c *Connector) stream(ctx context.Context, k *conn, ref reference) (io.ReadCloser, error) {
	uid, err := c.locate(ctx, k, ref)
	if err != nil {
		return nil, err
	}
	s := &stream{ctx: ctx, conn: k, pool: c.pool}
	var size int64
	err = k.do(ctx, "fetch", func() error {
		s.cmd = k.im.Fetch(imap.UIDSetNum(uid), &imap.FetchOptions{
			UID: true, BodySection: []*imap.FetchItemBodySection{{Peek: true}}})
		for m := s.cmd.Next(); m != nil; m = s.cmd.Next() {
			for item := m.Next(); item != nil; item = m.Next() {
				if b, ok := item.(imapclient.FetchItemDataBodySection); ok && b.Literal != nil {
					s.literal, size = b.Literal, b.Literal.Size()
					return nil
				}
			}
		}
		return s.cmd.Close()
	})
	if err != nil {
		return nil, err
	}
	if s.literal == nil {
		// It was there a moment ago: taken away, or a change of its flags was
		// told first, which go-imap takes for the answer.
		return nil, fmt.Errorf("mail: imap fetch: %w", errDropped)
	}
	if size > c.cfg.MaxSize {
		s.abort() // rather than read what is too much
		return nil, c.tooBig()
	}
	s.left = size
	return s, nil
}

func (c *Connector) tooBig() error {
	mb := c.cfg.MaxSize >> 20
	de, en := "Bitte leiten Sie nur den Teil weiter, um den es geht.", "Please forward only the part that matters."
	if c.letters() {
		de, en = "Bitte lesen und beantworten Sie sie selbst.", "Please read and answer it yourself."
	}
	return &bots.Refusal{
		Text: bots.Text{
			DE: fmt.Sprintf("Ich lese E-Mails bis %d MB; diese ist größer. %s", mb, de),
			EN: fmt.Sprintf("I read mails of up to %d MB; this one is larger. %s", mb, en),
		},
		Err: errors.New("mail: letter is too big"),
	}
}

// locate returns the UID of a mail and leaves its folder open: where it was, else
// by its Message-ID there and in every other folder.
func (c *Connector) locate(ctx context.Context, k *conn, ref reference) (imap.UID, error) {
	data, err := k.open(ctx, ref.Folder, true)
	if err == nil && data.UIDValidity == ref.Validity {
		uids, err := k.search(ctx, &imap.SearchCriteria{UID: []imap.UIDSet{imap.UIDSetNum(ref.UID)}})
		if err != nil || len(uids) == 1 {
			return ref.UID, err
		}
	}
	if err != nil && k.broken {
		return 0, err
	}
	f, err := c.find(ctx, k)
	if err != nil && !errors.Is(err, errNoDrafts) {
		return 0, err
	}
	names, err := k.list(ctx)
	if err != nil {
		return 0, err
	}
	names = slices.DeleteFunc(names, func(name string) bool { return !f.home.has(name) })
	if i := slices.Index(names, ref.Folder); i > 0 {
		names[0], names[i] = names[i], names[0] // most likely still there
	}
	for _, name := range names {
		if uid, err := c.locateIn(ctx, k, name, ref); err != nil || uid != 0 {
			return uid, err
		}
	}
	return 0, gone()
}

// locateIn looks for a mail in a folder. The Message-ID only leads to it: its
// author could have written another one under the same.
func (c *Connector) locateIn(ctx context.Context, k *conn, folder string, ref reference) (imap.UID, error) {
	if ref.MessageID == "" {
		return 0, nil
	}
	if _, err := k.open(ctx, folder, true); err != nil {
		if k.broken {
			return 0, err
		}
		return 0, nil // a folder that may not be read
	}
	what := inField("Message-ID", ref.MessageID)
	uids, err := k.search(ctx, &what)
	if err != nil {
		return 0, err
	}
	mails, err := k.headers(ctx, uids[:min(len(uids), chunk)])
	if err != nil {
		return 0, err
	}
	for _, m := range mails {
		if m.identity() == ref.ID {
			return m.uid, nil
		}
	}
	return 0, nil
}

// stream is a mail being fetched.
type stream struct {
	ctx     context.Context
	conn    *conn
	pool    *pool
	cmd     *imapclient.FetchCommand
	literal io.Reader
	left    int64 // bytes still to come
	failed  bool
	closed  bool
}

// Read returns what the server sends, and an error if it ends early: half a
// letter must not look like a whole one.
func (s *stream) Read(b []byte) (n int, err error) {
	if s.left == 0 {
		return 0, io.EOF
	}
	if s.failed {
		return 0, io.ErrUnexpectedEOF
	}
	err = s.conn.do(s.ctx, "fetch", func() (err error) {
		n, err = s.literal.Read(b)
		s.failed = err != nil // also io.EOF: the connection's, the letter's is told by left
		if n > 0 || err == nil {
			return nil
		}
		return io.ErrUnexpectedEOF
	})
	s.left -= int64(n)
	return n, err
}

// Close gives the connection back, or ends it if much of the letter is unread.
func (s *stream) Close() error {
	if s.closed {
		return nil
	}
	s.closed = true
	defer s.pool.put(s.conn)
	if s.left > 256<<10 || s.left > 0 && s.failed || s.conn.broken {
		s.abort()
		return nil
	}
	return s.conn.do(s.ctx, "fetch", s.cmd.Close)
}

// abort ends the connection. What has arrived is read all the same, because
// go-imap's reading goroutine waits for it; but not after an error, which has set
// that goroutine free to use the same buffer.
func (s *stream) abort() {
	s.conn.close()
	if !s.failed {
		s.cmd.Close()
	}
}
