package mail

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/emersion/go-sasl"
)

// A conn is one logged-in IMAP connection. One goroutine uses it at a time:
// go-imap blocks for ever on commands that overlap in the wrong way.
type conn struct {
	im      *imapclient.Client
	net     net.Conn
	caps    imap.CapSet
	timeout time.Duration
	exists  chan struct{} // the selected mailbox has changed
	broken  bool          // no further command can be sent
	used    time.Time
}

// errLogin is what a refused login wraps: it needs a person.
var errLogin = errors.New("login refused: check user and password")

// A serverError is a command that the server refused. What the server wrote is
// left out: it can name a folder or a person.
type serverError struct {
	Type imap.StatusResponseType
	Code imap.ResponseCode
}

func (e *serverError) Error() string {
	return strings.TrimSpace(fmt.Sprintf("server says %s %s", e.Type, e.Code))
}

// dial connects and logs in. A token that the server does not take is renewed
// once, if it may just have been withdrawn.
func (c *Connector) dial(ctx context.Context) (*conn, error) {
	return withToken(ctx, c.tokens, func(token string) (*conn, error) { return c.dialAs(ctx, token) })
}

// dialAs connects and logs in by a token, or by the password if that is "".
func (c *Connector) dialAs(ctx context.Context, token string) (*conn, error) {
	nc, err := c.dialIMAP(ctx)
	if err != nil {
		return nil, fmt.Errorf("mail: imap connect: %w", err)
	}
	k := &conn{net: nc, timeout: c.cfg.Timeout, exists: make(chan struct{}, 1), used: time.Now()}
	k.im = imapclient.New(limited(nc), &imapclient.Options{UnilateralDataHandler: &imapclient.UnilateralDataHandler{
		// It runs in the reading goroutine, where no command may be sent.
		Mailbox: func(d *imapclient.UnilateralDataMailbox) {
			if d.NumMessages != nil {
				select {
				case k.exists <- struct{}{}:
				default:
				}
			}
		},
	}})
	if err := k.login(ctx, c.cfg, token); err != nil {
		k.close()
		return nil, err
	}
	return k, nil
}

func (k *conn) login(ctx context.Context, cfg Config, token string) error {
	err := k.do(ctx, "greeting", func() error {
		if err := k.im.WaitGreeting(); err != nil {
			return err
		}
		k.caps = k.im.Caps()
		return nil
	})
	if err != nil {
		return err
	}
	if token == "" {
		err = k.loginPassword(ctx, cfg.User, cfg.Password.Reveal())
	} else {
		err = k.loginToken(ctx, cfg, token)
	}
	if err != nil {
		return err
	}
	return k.do(ctx, "capability", func() error {
		if k.caps = k.im.Caps(); k.caps == nil {
			return io.ErrUnexpectedEOF
		}
		return nil
	})
}

func (k *conn) loginPassword(ctx context.Context, user, password string) error {
	err := k.do(ctx, "login", func() error {
		// AUTHENTICATE carries any password, LOGIN only what fits a string.
		if k.caps.Has(imap.AuthCap("PLAIN")) {
			return k.im.Authenticate(sasl.NewPlainClient("", user, password))
		}
		return k.im.Login(user, password).Wait()
	})
	if refused, ok := errors.AsType[*serverError](err); ok && refused.Code != imap.ResponseCodeUnavailable {
		return fmt.Errorf("mail: imap: %w", errLogin)
	}
	return err
}

func (k *conn) loginToken(ctx context.Context, cfg Config, token string) error {
	mech := cfg.OAuth.mechanism(func(m string) bool { return k.caps.Has(imap.AuthCap(m)) })
	if mech == "" {
		return fmt.Errorf("mail: imap: %w", errNoBearer)
	}
	b := bearer{mech: mech, user: cfg.User, token: token}
	err := k.do(ctx, "login", func() error { return k.im.Authenticate(&b) })
	if refused, ok := errors.AsType[*serverError](err); b.refused || ok && refused.Code != imap.ResponseCodeUnavailable {
		return fmt.Errorf("mail: imap: %w", errBearer)
	}
	return err
}

// do runs a command and gives it a deadline: go-imap has none, and a server that
// hangs would hold the caller for ever. It frees the caller by closing the
// connection under the client.
func (k *conn) do(ctx context.Context, what string, command func() error) error {
	var late atomic.Bool
	timer := time.AfterFunc(k.timeout, func() { late.Store(true); k.net.Close() })
	stop := context.AfterFunc(ctx, func() { k.net.Close() })
	err := command()
	if inTime, alive := timer.Stop(), stop(); !inTime || !alive {
		k.broken = true
	}
	k.used = time.Now()
	if err == nil {
		return nil
	}
	if refused, ok := errors.AsType[*imap.Error](err); ok {
		if strings.Contains(refused.Text, "authenticated but not connected") {
			return fmt.Errorf("mail: imap %s: %w", what, errNotConnected)
		}
		return fmt.Errorf("mail: imap %s: %w", what, &serverError{refused.Type, refused.Code})
	}
	k.broken = true
	switch _, isNet := errors.AsType[net.Error](err); {
	case ctx.Err() != nil:
		return fmt.Errorf("mail: imap %s: %w", what, ctx.Err())
	case late.Load():
		return fmt.Errorf("mail: imap %s: no answer within %v", what, k.timeout)
	case isNet, errors.Is(err, errTooLong):
		return fmt.Errorf("mail: imap %s: %w: %w", what, errDropped, err)
	}
	// go-imap's errors can quote what it could not parse.
	return fmt.Errorf("mail: imap %s: %w", what, errDropped)
}

var errDropped = errors.New("connection lost")

// errNotConnected is how Exchange says, after a login that it took, that the
// token is good and the mailbox is not open to it.
var errNotConnected = errors.New("the mail server took the login and does not open the mailbox: " +
	"check user, that IMAP is allowed for this mailbox, and that the application or person may open it")

// close ends the connection at once. It is not Client.Close, which waits for a
// reader that may wait for us.
func (k *conn) close() {
	k.broken = true
	k.net.Close()
}

// open selects a folder. Nothing is ever changed in one that was only examined.
func (k *conn) open(ctx context.Context, folder string, readOnly bool) (*imap.SelectData, error) {
	var data *imap.SelectData
	err := k.do(ctx, "select", func() (err error) {
		data, err = k.im.Select(folder, &imap.SelectOptions{ReadOnly: readOnly}).Wait()
		return err
	})
	return data, err
}

// search returns the UIDs that match, in the order of the mailbox.
func (k *conn) search(ctx context.Context, criteria *imap.SearchCriteria) ([]imap.UID, error) {
	var opts *imap.SearchOptions
	if k.caps.Has(imap.CapESearch) || k.caps.Has(imap.CapIMAP4rev2) {
		opts = &imap.SearchOptions{ReturnAll: true} // ranges: a line stays short
	}
	var data *imap.SearchData
	err := k.do(ctx, "search", func() (err error) {
		data, err = k.im.UIDSearch(criteria, opts).Wait()
		return err
	})
	if err != nil {
		return nil, err
	}
	return data.AllUIDs(), nil
}

// dialIMAP opens the connection on which IMAP is spoken, encrypted if so configured.
func (c *Connector) dialIMAP(ctx context.Context) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Timeout)
	defer cancel()
	nc, err := new(net.Dialer).DialContext(ctx, "tcp", c.cfg.Server)
	if err != nil || c.cfg.TLS == tlsNone {
		return nc, err
	}
	conf, err := c.tls(c.cfg.Server)
	if err != nil {
		nc.Close()
		return nil, err
	}
	deadline, _ := ctx.Deadline()
	nc.SetDeadline(deadline)
	if c.cfg.TLS == tlsStart {
		err = startTLS(nc)
	}
	secured := tls.Client(nc, conf)
	if err == nil {
		err = secured.HandshakeContext(ctx)
	}
	if err != nil {
		nc.Close()
		return nil, inSentence(err, c.cfg.Timeout)
	}
	nc.SetDeadline(time.Time{})
	if c.cfg.TLS == tlsStart {
		return &greeted{Conn: secured, greeting: strings.NewReader("* OK\r\n")}, nil
	}
	return secured, nil
}

// tls returns how a server proves who it is.
func (c *Connector) tls(addr string) (*tls.Config, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	conf := &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
	if c.cfg.CA == "" {
		return conf, nil
	}
	pem, err := os.ReadFile(c.cfg.CA)
	if err != nil {
		return nil, err
	}
	conf.RootCAs = x509.NewCertPool()
	if !conf.RootCAs.AppendCertsFromPEM(pem) {
		return nil, errors.New("ca: no certificate in the file")
	}
	return conf, nil
}

// startTLS asks for encryption. go-imap can too, but then reads from the bare
// connection, below which no limit on lines could be put.
func startTLS(nc net.Conn) error {
	r := bufio.NewReaderSize(nc, 8<<10)
	line, err := r.ReadSlice('\n')
	if err == nil && !strings.HasPrefix(string(line), "* OK") {
		return errors.New("starttls: server is not ready")
	}
	if err == nil {
		_, err = io.WriteString(nc, "s STARTTLS\r\n")
	}
	for n := 0; err == nil; n++ {
		line, err = r.ReadSlice('\n')
		if strings.HasPrefix(string(line), "s ") {
			break
		}
		if n == 10 {
			return errors.New("starttls: no answer")
		}
	}
	if err != nil {
		return err
	}
	if !strings.HasPrefix(string(line), "s OK") {
		return errors.New("starttls: refused by the server")
	}
	if r.Buffered() > 0 {
		return errors.New("starttls: data before encryption, possibly an attack")
	}
	return nil
}

// greeted gives the client the greeting that came before encryption.
type greeted struct {
	net.Conn
	greeting *strings.Reader
}

func (g *greeted) Read(b []byte) (int, error) {
	if g.greeting.Len() > 0 {
		return g.greeting.Read(b)
	}
	return g.Conn.Read(b)
}
