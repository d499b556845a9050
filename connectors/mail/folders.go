package mail

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/emersion/go-imap/v2"
)

// maxFolders is how many folders are looked at.
const maxFolders = 2000

// folders are the names of those that Amtsbote writes to or looks into.
type folders struct {
	home   home
	drafts string
	sent   string // "" if there is none
	briefs string // need not be there yet
}

// A home is where the folders of the watched mailbox are among all that the
// account sees. Folders of another mailbox are none of its business.
type home struct {
	root   string   // what their names begin with; of the account's own mailbox ""
	prefix string   // what the names of new folders begin with: "INBOX." on some servers
	others []string // what the names of other mailboxes' folders begin with
}

func (h home) has(folder string) bool {
	if h.root != "" {
		// On some servers (Cyrus) the inbox is the root itself.
		return strings.HasPrefix(folder, h.root) || folder == h.root[:len(h.root)-1]
	}
	return !slices.ContainsFunc(h.others, func(p string) bool { return strings.HasPrefix(folder, p) })
}

var (
	errNoDrafts = errors.New(`mail: no drafts folder: the server marks none with \Drafts; set "drafts" in the configuration`)
	errMixed    = errors.New("mail: folders belong to several mailboxes: each mailbox needs an entry of its own under mail, since its drafts go elsewhere")
)

// find returns the folders, asking the server once.
func (c *Connector) find(ctx context.Context, k *conn) (folders, error) {
	c.mu.Lock()
	known := c.folders
	c.mu.Unlock()
	if known != nil {
		return *known, nil
	}
	h, err := k.home(ctx, c.cfg.Folders)
	if err != nil {
		return folders{}, err
	}
	boxes, err := k.boxes(ctx)
	if err != nil {
		return folders{}, err
	}
	boxes = slices.DeleteFunc(boxes, func(b *imap.ListData) bool { return !h.has(b.Mailbox) })
	f := folders{
		home:   h,
		drafts: cmp.Or(c.cfg.Drafts, h.named(boxes, imap.MailboxAttrDrafts, "Drafts", "Entwürfe")),
		sent:   cmp.Or(c.cfg.Sent, h.named(boxes, imap.MailboxAttrSent, "Sent", "Gesendet", "Gesendete Elemente")),
		briefs: cmp.Or(c.cfg.BriefFolder, h.prefix+"Amtsbote"),
	}
	if f.drafts == "" && c.letters() {
		return f, errNoDrafts
	}
	c.mu.Lock()
	c.folders = &f
	c.mu.Unlock()
	return f, nil
}

// forgetFolders has the folders looked up again.
func (c *Connector) forgetFolders() {
	c.mu.Lock()
	c.folders = nil
	c.mu.Unlock()
}

// home finds out whose the watched folders are (RFC 2342).
func (k *conn) home(ctx context.Context, watched []string) (h home, err error) {
	if !k.caps.Has(imap.CapNamespace) && !k.caps.Has(imap.CapIMAP4rev2) {
		return h, nil
	}
	var ns *imap.NamespaceData
	err = k.do(ctx, "namespace", func() (err error) {
		ns, err = k.im.Namespace().Wait()
		return err
	})
	if err != nil || ns == nil {
		return h, err
	}
	for i, folder := range watched {
		root := rootOf(ns, folder)
		if i > 0 && root != h.root {
			return h, errMixed
		}
		h.root, h.prefix = root, root
	}
	if h.root == "" && len(ns.Personal) > 0 {
		h.prefix = ns.Personal[0].Prefix
	}
	for _, d := range slices.Concat(ns.Other, ns.Shared) {
		if d.Prefix != "" {
			h.others = append(h.others, d.Prefix)
		}
	}
	return h, nil
}

// rootOf returns what the names of all folders of the mailbox begin with that a
// folder belongs to, "" if that is the account's own. Among the folders of other
// users a mailbox is what is named after the user, among those that belong to
// nobody it is what lies beside the folder.
func rootOf(ns *imap.NamespaceData, folder string) string {
	for _, d := range ns.Other {
		if owner, ok := strings.CutPrefix(folder, d.Prefix); ok && d.Prefix != "" && d.Delim != 0 {
			owner, _, _ = strings.Cut(owner, string(d.Delim))
			return d.Prefix + owner + string(d.Delim)
		}
	}
	for _, d := range ns.Shared {
		if d.Prefix != "" && d.Delim != 0 && strings.HasPrefix(folder, d.Prefix) {
			return folder[:max(len(d.Prefix), strings.LastIndex(folder, string(d.Delim))+1)]
		}
	}
	return ""
}

// named returns the folder with a special use (RFC 6154), else one by its usual
// name: a server without special uses, and a shared mailbox, whose folders show
// none, are helped by a name; a wrong guess is not possible where a folder is marked.
func (h home) named(boxes []*imap.ListData, use imap.MailboxAttr, names ...string) string {
	for _, b := range boxes {
		if slices.Contains(b.Attrs, use) {
			return b.Mailbox
		}
	}
	for _, name := range names {
		for _, b := range boxes {
			if rest := strings.TrimPrefix(b.Mailbox, h.root); rest == name || rest == "INBOX"+string(b.Delim)+name {
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
