package mail

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"amtsbote/bots"
	"amtsbote/connectors/eml"
)

// notTaken is an error of which it is certain that the server did not take the mail.
type notTaken struct{ error }

func (e *notTaken) Unwrap() error { return e.error }

// errOutside is the refusal to write to anybody who is not of the house.
var errOutside = errors.New("mail: recipient is outside the own domains")

// submit sends one mail to one colleague.
func (c *Connector) submit(ctx context.Context, to string, mail []byte) error {
	return c.hand(ctx, c.dialSMTP, c.cfg.Address, to, mail)
}

// hand is the only function that hands mail to a server, and whoever calls it, it
// sends to nobody outside the own domains.
func (c *Connector) hand(ctx context.Context, dial func(context.Context) (*smtp.Client, error), from, to string, mail []byte) error {
	a, ok := eml.Address(to)
	if !ok || !contains(c.cfg.OwnDomains, domain(a.Address)) {
		return &notTaken{&bots.Refusal{Err: errOutside}}
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	cl, err := dial(ctx)
	if err != nil {
		return &notTaken{err}
	}
	defer cl.Close()
	if err := cl.Mail(from, &smtp.MailOptions{Size: int64(len(mail))}); err != nil {
		return &notTaken{c.refused("mail", err)}
	}
	if err := cl.Rcpt(a.Address, nil); err != nil {
		return &notTaken{c.refused("rcpt", err)}
	}
	w, err := cl.Data()
	if err != nil {
		return &notTaken{c.refused("data", err)}
	}
	if _, err = w.Write(mail); err == nil {
		err = w.Close()
	}
	if refused, ok := errors.AsType[*smtp.SMTPError](err); ok {
		return &notTaken{c.refused("data", refused)}
	}
	if err != nil {
		return c.refused("data", err)
	}
	cl.Quit()
	return nil
}

// smtpError is what an SMTP server said, without its words, which name people.
type smtpError struct {
	what     string // mail, rcpt, data, …
	code     int
	enhanced smtp.EnhancedCode
}

func (e *smtpError) Error() string {
	return fmt.Sprintf("mail: smtp %s: server says %d %d.%d.%d", e.what, e.code, e.enhanced[0], e.enhanced[1], e.enhanced[2])
}

// refused makes of what an SMTP server said an error. What it will never take is
// final.
func (c *Connector) refused(what string, err error) error {
	said, ok := errors.AsType[*smtp.SMTPError](err)
	if !ok {
		if _, isNet := errors.AsType[net.Error](err); !isNet {
			err = errDropped
		}
		return fmt.Errorf("mail: smtp %s: %w", what, err)
	}
	out := &smtpError{what, said.Code, said.EnhancedCode}
	if said.Code >= 500 && (what == "rcpt" || what == "data") {
		return &bots.Refusal{Err: out}
	}
	return out
}

// dialSMTP connects to the submission server and logs in. The connection ends
// with ctx at the latest. Tokens are treated as in [Connector.dial].
func (c *Connector) dialSMTP(ctx context.Context) (*smtp.Client, error) {
	t := c.tokens
	if !c.cfg.SMTP.Password.IsZero() {
		t = nil
	}
	return heed(ctx, c.lockoutSMTP, c.cfg.SMTP.Password.Reveal(), c.now, func() (*smtp.Client, error) {
		return withToken(ctx, t, func(token string) (*smtp.Client, error) { return c.dialSMTPAs(ctx, token) })
	})
}

func (c *Connector) dialSMTPAs(ctx context.Context, token string) (*smtp.Client, error) {
	dctx, cancel := context.WithTimeout(ctx, c.cfg.Timeout)
	defer cancel()
	nc, err := new(net.Dialer).DialContext(dctx, "tcp", c.cfg.SMTP.Server)
	if err != nil {
		return nil, fmt.Errorf("mail: smtp connect: %w", err)
	}
	context.AfterFunc(ctx, func() { nc.Close() })
	// go-smtp waits five minutes for a greeting, whatever deadline is set.
	defer context.AfterFunc(dctx, func() { nc.Close() })()
	cl, err := c.secure(dctx, nc)
	if err != nil {
		nc.Close()
		if said, ok := errors.AsType[*smtp.SMTPError](err); ok {
			return nil, c.refused("connect", said)
		}
		return nil, fmt.Errorf("mail: smtp connect: %w", inSentence(cmp.Or(dctx.Err(), err), c.cfg.Timeout))
	}
	cl.CommandTimeout, cl.SubmissionTimeout = c.cfg.Timeout, max(c.cfg.Timeout, 2*time.Minute)
	if err := c.loginSMTP(cl, token); err != nil {
		cl.Close()
		return nil, err
	}
	return cl, nil
}

func (c *Connector) loginSMTP(cl *smtp.Client, token string) error {
	mech := c.cfg.OAuth.mechanism(cl.SupportsAuth)
	if c.cfg.SMTP.TLS == tlsNone && !cl.SupportsAuth("PLAIN") && (token == "" || mech == "") {
		return nil // a relay on this machine
	}
	login, refused := sasl.NewPlainClient("", c.cfg.SMTP.User, c.cfg.SMTP.Password.Reveal()), errLogin
	if token != "" {
		if mech == "" {
			return fmt.Errorf("mail: smtp: %w", errNoBearer)
		}
		login, refused = &bearer{mech: mech, user: c.cfg.SMTP.User, token: token, ask: true}, errBearer
	}
	err := cl.Auth(login)
	if said, ok := errors.AsType[*smtp.SMTPError](err); ok && said.Code == 535 || errors.Is(err, errBearer) {
		return fmt.Errorf("mail: smtp: %w", refused)
	}
	if err != nil {
		return c.refused("auth", err)
	}
	return nil
}

func (c *Connector) secure(ctx context.Context, nc net.Conn) (*smtp.Client, error) {
	if c.cfg.SMTP.TLS == tlsNone {
		return smtp.NewClient(nc), nil
	}
	conf, err := c.tls(c.cfg.SMTP.Server)
	if err != nil {
		return nil, err
	}
	if c.cfg.SMTP.TLS == tlsImplicit {
		secured := tls.Client(nc, conf)
		if err := secured.HandshakeContext(ctx); err != nil {
			return nil, err
		}
		return smtp.NewClient(secured), nil
	}
	cl, err := smtp.NewClientStartTLS(nc, conf)
	if err != nil {
		return nil, err
	}
	// The handshake happens with the first command; so does its error.
	if err := cl.Hello("localhost"); err != nil {
		return nil, err
	}
	return cl, nil
}
