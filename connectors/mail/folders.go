package mail

import (
	"context"
	"errors"
	"slices"

	"github.com/emersion/go-imap/v2"
)

// maxFolders is how many folders are looked at.
const maxFolders = 2000

// folders are the names of those that Amtsbote writes to or looks into.
type folders struct {
	drafts string
	sent   string // "" if there is none
}

var errNoDrafts = errors.New(`mail: no drafts folder: the server marks none with \Drafts; set "drafts" in the configuration`)

// find returns the folders, asking the server once.
func (c *Connector) find(ctx context.Context, k *conn) (folders, error) {
	c.mu.Lock()
	known := c.folders
	c.mu.Unlock()
	if known != nil {
		return *known, nil
	}
	boxes, err := k.boxes(ctx)
	if err != nil {
		return folders{}, err
	}
	f := folders{
		drafts: named(boxes, c.cfg.Drafts, imap.MailboxAttrDrafts, "Drafts", "Entwürfe"),
		sent:   named(boxes, c.cfg.Sent, imap.MailboxAttrSent, "Sent", "Gesendet", "Gesendete Elemente"),
	}
	if f.drafts == "" {
		return f, errNoDrafts
	}
	c.mu.Lock()
	c.folders = &f
	c.mu.Unlock()
	return f, nil
}

// named returns the configured folder, else the one with a special use (RFC
// 6154), else one by its usual name: a server without special uses is helped by
// a name, a wrong guess is not possible where a folder is marked.
func named(boxes []*imap.ListData, configured string, use imap.MailboxAttr, names ...string) string {
	if configured != "" {
		return configured
	}
	for _, b := range boxes {
		if slices.Contains(b.Attrs, use) {
			return b.Mailbox
		}
	}
	for _, name := range names {
		for _, b := range boxes {
			if b.Mailbox == name || b.Mailbox == "INBOX"+string(b.Delim)+name {
				return b.Mailbox
			}
		}
	}
	return ""
}

// boxes lists the folders of the mailbox.
func (k *conn) boxes(ctx context.Context) ([]*imap.ListData, error) {
	var opts *imap.ListOptions
	if k.caps.Has(imap.CapSpecialUse) && k.caps.Has(imap.CapListExtended) {
		opts = &imap.ListOptions{ReturnSpecialUse: true}
	}
	var boxes []*imap.ListData
	err := k.do(ctx, "list", func() error {
		cmd := k.im.List("", "*", opts)
		for b := cmd.Next(); b != nil; b = cmd.Next() {
			if len(boxes) < maxFolders {
				boxes = append(boxes, b)
			}
		}
		return cmd.Close()
	})
	return boxes, err
}

// list returns the names of the folders that can be opened.
func (k *conn) list(ctx context.Context) ([]string, error) {
	boxes, err := k.boxes(ctx)
	var names []string
	for _, b := range boxes {
		if !slices.Contains(b.Attrs, imap.MailboxAttrNoSelect) && !slices.Contains(b.Attrs, imap.MailboxAttrNonExistent) {
			names = append(names, b.Mailbox)
		}
	}
	return names, err
}

// append writes a mail into a folder, and returns its UID there if the server
// tells (UIDPLUS).
func (k *conn) append(ctx context.Context, folder string, mail []byte, flags ...imap.Flag) (at imap.AppendData, err error) {
	err = k.do(ctx, "append", func() error {
		cmd := k.im.Append(folder, int64(len(mail)), &imap.AppendOptions{Flags: flags})
		_, err := cmd.Write(mail)
		// Close also where Write failed, else the client stays locked.
		if cerr := cmd.Close(); err == nil {
			err = cerr
		}
		data, werr := cmd.Wait()
		if werr != nil {
			return werr // the server's reason tells more than that it stopped reading
		}
		at = *data
		return err
	})
	return at, err
}

// create makes a folder and shows it in mail programs.
func (k *conn) create(ctx context.Context, folder string) error {
	if err := k.do(ctx, "create", func() error { return k.im.Create(folder, nil).Wait() }); err != nil {
		return err
	}
	// Not all servers have subscriptions.
	err := k.do(ctx, "subscribe", func() error { return k.im.Subscribe(folder).Wait() })
	if k.broken {
		return err
	}
	return nil
}
