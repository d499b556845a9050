package mailtest

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// A Mail is a mail in a folder.
type Mail struct {
	UID      imap.UID
	Flags    []imap.Flag
	Received time.Time // INTERNALDATE
	Raw      []byte
}

// Field returns the first header field of a name, unfolded but not decoded.
func (m Mail) Field(name string) string {
	head, _, _ := bytes.Cut(m.Raw, []byte("\r\n\r\n"))
	text := strings.NewReplacer("\r\n ", " ", "\r\n\t", " ").Replace(string(head))
	for line := range strings.SplitSeq(text, "\r\n") {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.EqualFold(key, name) {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// Text makes a mail of lines: header fields, an empty line, the text.
func Text(lines ...string) []byte { return []byte(strings.Join(lines, "\r\n") + "\r\n") }

// Deliver brings a mail from outside: nobody has verified its sender.
func (r *Rig) Deliver(t testing.TB, from, to string, raw []byte) {
	t.Helper()
	if err := r.TryDeliver(from, to, raw); err != nil {
		t.Fatal(err)
	}
}

// TryDeliver is Deliver, and returns why the server did not take the mail.
func (r *Rig) TryDeliver(from, to string, raw []byte) error {
	c, err := smtp.Dial(r.SMTP)
	if err != nil {
		return err
	}
	defer c.Close()
	return c.SendMail(from, []string{to}, bytes.NewReader(raw))
}

// Submit has a colleague send a mail, logged in.
func (r *Rig) Submit(t testing.TB, user, to string, raw []byte) {
	t.Helper()
	c, err := smtp.DialStartTLS(r.Submission, r.TLS(t))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Auth(sasl.NewPlainClient("", user, r.Password(user))); err != nil {
		t.Fatal(err)
	}
	if err := c.SendMail(user, []string{to}, bytes.NewReader(raw)); err != nil {
		t.Fatal(err)
	}
}

// Put delivers mails straight into a mailbox over one connection, fast.
func (r *Rig) Put(t testing.TB, to string, raws ...[]byte) {
	t.Helper()
	conn, err := net.Dial("tcp", r.LMTP)
	if err != nil {
		t.Fatal(err)
	}
	c := smtp.NewClientLMTP(conn)
	defer c.Close()
	for _, raw := range raws {
		if err := c.SendMail("someone@outside.example", []string{to}, bytes.NewReader(raw)); err != nil {
			t.Fatal(err)
		}
	}
}

// Fill writes n mails straight into the files of an empty INBOX, which is the only
// quick way to have thousands: as mail that a program has seen and nobody has
// read. mail returns the ith one and when it was received;
// the mailbox numbers them in that order.
func (r *Rig) Fill(t testing.TB, user string, n int, mail func(i int) (raw []byte, received time.Time)) {
	t.Helper()
	name, domain, _ := strings.Cut(user, "@")
	dir := filepath.Join(r.path("mail"), domain, name)
	for _, sub := range []string{"cur", "new", "tmp"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for i := range n {
		raw, at := mail(i)
		// With its size in its name, as Dovecot itself would write it: else it adds
		// each to a list, which it writes anew every time.
		file := filepath.Join(dir, "cur", fmt.Sprintf("%d.M%06dP1.mailtest,S=%d,W=%[3]d:2,", at.Unix(), i, len(raw)))
		if err := os.WriteFile(file, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(file, at, at); err != nil {
			t.Fatal(err)
		}
	}
	run(t, "chown", "-R", "mail:mail", dir)
}

// Count returns how many mails a folder holds; there must be such a folder.
func (r *Rig) Count(t testing.TB, user, folder string) int {
	t.Helper()
	var n int
	out := r.Doveadm(t, "-f", "flow", "mailbox", "status", "-u", user, "messages", folder)
	if _, err := fmt.Sscanf(out[strings.LastIndex(out, "messages="):], "messages=%d", &n); err != nil {
		t.Fatalf("doveadm says %q", out)
	}
	return n
}

// TLS returns what a client needs to trust the rig.
func (r *Rig) TLS(t testing.TB) *tls.Config {
	t.Helper()
	pem, err := os.ReadFile(r.CA)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	return &tls.Config{RootCAs: pool, ServerName: "localhost"}
}

// Client returns a logged-in connection of a person's mail program.
func (r *Rig) Client(t testing.TB, user string) *imapclient.Client {
	t.Helper()
	c, err := imapclient.DialTLS(r.IMAPS, &imapclient.Options{TLSConfig: r.TLS(t)})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Login(user, r.Password(user)).Wait(); err != nil {
		t.Fatal(err)
	}
	return c
}

// Mails returns what is in a folder, none if there is no such folder.
func (r *Rig) Mails(t testing.TB, user, folder string) []Mail {
	t.Helper()
	c := r.Client(t, user)
	defer c.Close()
	box, err := c.Select(folder, &imap.SelectOptions{ReadOnly: true}).Wait()
	if err != nil || box.NumMessages == 0 {
		return nil
	}
	fetch := c.Fetch(imap.SeqSet{{Start: 1, Stop: 0}}, &imap.FetchOptions{
		UID: true, Flags: true, InternalDate: true, BodySection: []*imap.FetchItemBodySection{{Peek: true}}})
	defer fetch.Close()
	var all []Mail
	for m := fetch.Next(); m != nil; m = fetch.Next() {
		var mail Mail
		for item := m.Next(); item != nil; item = m.Next() {
			switch item := item.(type) {
			case imapclient.FetchItemDataUID:
				mail.UID = item.UID
			case imapclient.FetchItemDataFlags:
				mail.Flags = item.Flags
			case imapclient.FetchItemDataInternalDate:
				mail.Received = item.Time
			case imapclient.FetchItemDataBodySection:
				if mail.Raw, err = io.ReadAll(item.Literal); err != nil {
					t.Fatal(err)
				}
			}
		}
		all = append(all, mail)
	}
	return all
}

// Wait waits until a folder holds at least n mails and returns them.
func (r *Rig) Wait(t testing.TB, user, folder string, n int) []Mail {
	t.Helper()
	return r.WaitFor(t, user, folder, n, time.Minute)
}

// WaitFor is Wait with its own patience.
func (r *Rig) WaitFor(t testing.TB, user, folder string, n int, patience time.Duration) []Mail {
	t.Helper()
	for end := time.Now().Add(patience); ; {
		mails := r.Mails(t, user, folder)
		if len(mails) >= n {
			return mails
		}
		if time.Now().After(end) {
			t.Fatalf("%s of %s has %d mails after %v, want %d", folder, user, len(mails), patience, n)
		}
		<-time.After(20 * time.Millisecond)
	}
}
