package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"
	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// A postOffice is a mail server in memory for the demo: IMAP and SMTP on
// loopback, one password for all its people, nothing leaves and nothing stays.
type postOffice struct {
	domain   string
	password string
	users    map[string]*imapmemserver.User
	imap     net.Listener
	smtp     net.Listener
	servers  []io.Closer
}

// openPostOffice starts the servers. It prefers the given ports and takes others
// where they are in use.
func openPostOffice(domain string, imapPort, smtpPort int, names ...string) (*postOffice, error) {
	p := &postOffice{domain: domain, password: strings.ToLower(rand.Text()[:12]), users: map[string]*imapmemserver.User{}}
	mem := imapmemserver.New()
	for _, name := range names {
		address := name + "@" + domain
		u := imapmemserver.NewUser(address, p.password)
		for box, use := range map[string]imap.MailboxAttr{"INBOX": "", "Drafts": imap.MailboxAttrDrafts, "Sent": imap.MailboxAttrSent} {
			opt := &imap.CreateOptions{}
			if use != "" {
				opt.SpecialUse = []imap.MailboxAttr{use}
			}
			if err := u.Create(box, opt); err != nil {
				return nil, fmt.Errorf("demo: mailbox: %w", err)
			}
		}
		mem.AddUser(u)
		p.users[address] = u
	}
	var err error
	if p.imap, err = listenNear(imapPort); err != nil {
		return nil, err
	}
	if p.smtp, err = listenNear(smtpPort); err != nil {
		p.imap.Close()
		return nil, err
	}
	quiet := log.New(io.Discard, "", 0)
	im := imapserver.New(&imapserver.Options{
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return mem.NewSession(), nil, nil
		},
		Caps:         imap.CapSet{imap.CapIMAP4rev1: {}, imap.CapUIDPlus: {}, imap.CapSpecialUse: {}, imap.CapMove: {}, imap.CapNamespace: {}},
		InsecureAuth: true,
		Logger:       quiet,
	})
	sm := smtp.NewServer(p)
	sm.Domain, sm.AllowInsecureAuth, sm.MaxMessageBytes, sm.ErrorLog = domain, true, 50<<20, quiet
	go im.Serve(p.imap)
	go sm.Serve(p.smtp)
	p.servers = []io.Closer{im, sm}
	return p, nil
}

func listenNear(port int) (net.Listener, error) {
	l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		l, err = net.Listen("tcp", "127.0.0.1:0")
	}
	if err != nil {
		return nil, fmt.Errorf("demo: %w", err)
	}
	return l, nil
}

func (p *postOffice) close() {
	for _, s := range p.servers {
		s.Close()
	}
}

// deliver puts a mail into somebody's inbox.
func (p *postOffice) deliver(to string, raw []byte) error {
	u, ok := p.users[strings.ToLower(to)]
	if !ok {
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "nobody here has this address; nothing leaves the demo"}
	}
	_, err := u.Append("INBOX", bytes.NewReader(raw), &imap.AppendOptions{Time: time.Now()})
	return err
}

// NewSession implements smtp.Backend.
func (p *postOffice) NewSession(*smtp.Conn) (smtp.Session, error) { return &submission{p: p}, nil }

// submission is one SMTP session: only people of the house may send, and only
// under their own address.
type submission struct {
	p    *postOffice
	user string
	to   []string
}

func (s *submission) AuthMechanisms() []string { return []string{sasl.Plain} }

func (s *submission) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if s.p.users[user] == nil || password != s.p.password {
			return errors.New("wrong user or password")
		}
		s.user = user
		return nil
	}), nil
}

func (s *submission) Mail(from string, _ *smtp.MailOptions) error {
	if s.user == "" {
		return smtp.ErrAuthRequired
	}
	if !strings.EqualFold(from, s.user) {
		return &smtp.SMTPError{Code: 553, EnhancedCode: smtp.EnhancedCode{5, 7, 1}, Message: "not your address"}
	}
	return nil
}

func (s *submission) Rcpt(to string, _ *smtp.RcptOptions) error {
	if s.p.users[strings.ToLower(to)] == nil {
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "nothing leaves the demo"}
	}
	s.to = append(s.to, to)
	return nil
}

func (s *submission) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	for _, to := range s.to {
		if err := s.p.deliver(to, raw); err != nil {
			return err
		}
	}
	return nil
}

func (s *submission) Reset()        { s.to = nil }
func (s *submission) Logout() error { return nil }

// watch passes every mail that comes into a mailbox to show, until ctx is done.
func (p *postOffice) watch(ctx context.Context, user, box string, show func(raw []byte)) error {
	c, err := imapclient.DialInsecure(p.imap.Addr().String(), nil)
	if err != nil {
		return fmt.Errorf("demo: imap: %w", err)
	}
	defer c.Close()
	if err := c.Login(user, p.password).Wait(); err != nil {
		return fmt.Errorf("demo: imap login: %w", err)
	}
	if _, err := c.Select(box, &imap.SelectOptions{ReadOnly: true}).Wait(); err != nil {
		return fmt.Errorf("demo: imap select: %w", err)
	}
	next := imap.UID(1)
	for tick := time.NewTicker(200 * time.Millisecond); ; {
		set := imap.UIDSet{}
		set.AddRange(next, 0)
		section := &imap.FetchItemBodySection{Peek: true}
		mails, err := c.Fetch(set, &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{section}}).Collect()
		if err != nil {
			return fmt.Errorf("demo: imap fetch: %w", err)
		}
		for _, m := range mails {
			if m.UID >= next { // "n:*" has the last one also where n is past it
				show(m.FindBodySection(section))
				next = m.UID + 1
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			tick.Stop()
			return nil
		}
		if err := c.Noop().Wait(); err != nil {
			return fmt.Errorf("demo: imap: %w", err)
		}
	}
}
