package mail

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-smtp"

	"amtsbote/bots"
)

// A canary is a mail that check sends from outside to the mailbox itself, posing
// as a colleague. A running bot passes it over, since it is from its own address
// and says so in X-Loop.
type canary struct {
	id    string // Message-ID
	token string // stands in the forged fields
}

const canarySubject = "Amtsbote check: test mail"

// A place is where a mail lies.
type place struct {
	folder   string
	validity uint32
	found
}

// checkTrust tries whether Trust holds, from outside: with authserv_id, whether
// the server removes what claims to be its own word; with submission_only, whether
// it refuses the mail. With dkim it tries from inside whether mail is signed.
func (c *Connector) checkTrust(ctx context.Context) []bots.CheckResult {
	if c.proofs != nil {
		k, err := c.dial(ctx)
		if err != nil {
			return []bots.CheckResult{{What: "trust.dkim", Err: err}}
		}
		defer k.close()
		return c.checkSigned(ctx, k)
	}
	what := "trust.authserv_id"
	if c.cfg.Trust.SubmissionOnly {
		what = "trust.submission_only"
	}
	if c.cfg.Trust.Outside == "" {
		return []bots.CheckResult{{What: what, Warn: true, Err: errors.New("not tested: set trust.outside to host:port of the server " +
			"that takes mail from outside, usually the MX on port 25; check then sends a test mail there and deletes it again")}}
	}
	k, err := c.dial(ctx)
	if err != nil {
		return []bots.CheckResult{{What: what, Err: err}}
	}
	defer k.close()
	if c.cfg.Trust.SubmissionOnly {
		return c.checkClosed(ctx, k, what)
	}
	return c.checkStripped(ctx, k, what)
}

func (c *Connector) checkStripped(ctx context.Context, k *conn, what string) []bots.CheckResult {
	bird := c.newCanary()
	if err := c.hand(ctx, c.dialOutside, "", c.cfg.Address, c.forged(bird)); err != nil {
		return []bots.CheckResult{{What: what, Warn: true, Err: fmt.Errorf("not tested: the server in trust.outside did not take the test mail: %w", err)}}
	}
	at, err := c.await(ctx, k, bird)
	if err != nil || at.uid == 0 {
		if err == nil {
			err = fmt.Errorf("not tested: the test mail was taken but did not arrive within %v; look for %q in the server's quarantine", c.patience, canarySubject)
		}
		return []bots.CheckResult{{What: what, Warn: true, Err: err}}
	}
	result := bots.CheckResult{What: what}
	if c.survived(at.header, bird) {
		result.Err = fmt.Errorf("the mail server PASSES ON Authentication-Results of %q that came from outside: anybody could pose as a colleague. "+
			"Have it remove such fields before it adds its own (Postfix: header_checks, see docs/betrieb.md), or use submission_only", c.cfg.Trust.AuthServ)
	}
	return append([]bots.CheckResult{result}, c.away(ctx, k, at)...)
}

// survived reports whether a field that was forged is still in the server's name.
func (c *Connector) survived(h header, bird canary) bool {
	for _, f := range h {
		if strings.EqualFold(f.name, "Authentication-Results") && strings.Contains(f.value, bird.token) &&
			parseAuthResults(f.value).server == strings.ToLower(c.cfg.Trust.AuthServ) {
			return true
		}
	}
	return false
}

// checkClosed offers the mail without an envelope sender, as nothing but a bounce
// has, and with one that is a colleague's.
func (c *Connector) checkClosed(ctx context.Context, k *conn, what string) []bots.CheckResult {
	for _, from := range []string{"", c.cfg.Address} {
		bird := c.newCanary()
		err := c.hand(ctx, c.dialOutside, from, c.cfg.Address, c.forged(bird))
		if err == nil {
			results := []bots.CheckResult{{What: what, Err: errors.New("the server in trust.outside TAKES mail for the bot's address from outside: anybody could pose as a colleague. " +
				"Have it take such mail from colleagues who are logged in only, see docs/betrieb.md, or use authserv_id")}}
			at, err := c.await(ctx, k, bird)
			if err != nil || at.uid == 0 {
				return append(results, left())
			}
			return append(results, c.away(ctx, k, at)...)
		}
		// A refusal of the sender, or for a while, would not stop others.
		said, ok := errors.AsType[*smtpError](err)
		if !ok || said.what != "rcpt" && said.what != "data" || said.code < 550 || said.code == 552 {
			return []bots.CheckResult{{What: what, Warn: true, Err: fmt.Errorf("not tested: %w", err)}}
		}
	}
	return []bots.CheckResult{{What: what}}
}

func (c *Connector) newCanary() canary {
	token := strings.ToLower(rand.Text())
	return canary{id: "amtsbote-check." + token + "@" + domain(c.address()), token: token}
}

// forged writes the mail. The forged field stands twice, since some remove only
// what is written the usual way.
func (c *Connector) forged(bird canary) []byte {
	a, d := c.cfg.Address, domain(c.address())
	var fields string
	if s := c.cfg.Trust.AuthServ; s != "" {
		claim := fmt.Sprintf("; dmarc=pass header.from=%s;\r\n dkim=pass header.d=%s header.s=%s\r\n", d, d, bird.token)
		fields = "Authentication-Results: " + s + claim + "AUTHENTICATION-RESULTS:\r\n " + strings.ToUpper(s) + claim
	}
	return []byte(fields + "From: " + a + "\r\nTo: " + a + "\r\nSubject: " + canarySubject + "\r\nMessage-ID: <" + bird.id + ">\r\n" +
		"Date: " + c.now().Format(time.RFC1123Z) + "\r\nAuto-Submitted: auto-generated\r\nX-Loop: " + a + "\r\nX-Auto-Response-Suppress: All\r\n" +
		"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" +
		"\"amtsbote check\" hat diese Testmail gesendet und löscht sie wieder.\r\nSent by \"amtsbote check\", which deletes it again.\r\n")
}

// await waits for a canary, in the watched folder or among the spam.
func (c *Connector) await(ctx context.Context, k *conn, bird canary) (place, error) {
	boxes, err := k.boxes(ctx)
	if err != nil {
		return place{}, err
	}
	names := slices.Clone(c.cfg.Folders)
	if junk := (home{}).named(boxes, imap.MailboxAttrJunk, "Junk", "Spam", "Junk-E-Mail"); junk != "" {
		names = append(names, junk)
	}
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(c.patience); ; {
		for _, name := range names {
			at, err := k.lies(ctx, name, bird.id)
			if err != nil || at.uid != 0 {
				return at, err
			}
		}
		if time.Now().After(end) {
			return place{}, nil
		}
		select {
		case <-ctx.Done():
			return place{}, ctx.Err()
		case <-tick.C:
		}
	}
}

// lies looks for a mail in a folder.
func (k *conn) lies(ctx context.Context, folder, id string) (place, error) {
	box, err := k.open(ctx, folder, true)
	if err != nil {
		return place{}, err
	}
	what := inField("Message-ID", id)
	uids, err := k.search(ctx, &what)
	if err != nil || len(uids) == 0 {
		return place{}, err
	}
	mails, err := k.headers(ctx, uids[:1])
	if err != nil || len(mails) == 0 || mails[0].header.messageID() != id {
		return place{}, err
	}
	return place{folder, box.UIDValidity, mails[0]}, nil
}

// away deletes a canary, and says so if it cannot.
func (c *Connector) away(ctx context.Context, k *conn, at place) []bots.CheckResult {
	if gone, err := k.expunge(ctx, at.folder, at.validity, at.uid, 0); err != nil || !gone {
		return []bots.CheckResult{left()}
	}
	return nil
}

func left() bots.CheckResult {
	return bots.CheckResult{What: "trust test mail", Warn: true, Err: fmt.Errorf("could not be deleted again: please delete %q in the mailbox", canarySubject)}
}

// dialOutside connects to the server that takes mail from outside, as a stranger
// would: not logged in, and not encrypted, which such a server must not ask for
// (RFC 3207). The connection ends with ctx at the latest.
func (c *Connector) dialOutside(ctx context.Context) (*smtp.Client, error) {
	dctx, cancel := context.WithTimeout(ctx, c.cfg.Timeout)
	defer cancel()
	nc, err := new(net.Dialer).DialContext(dctx, "tcp", c.cfg.Trust.Outside)
	if err != nil {
		return nil, fmt.Errorf("mail: smtp connect: %w", err)
	}
	context.AfterFunc(ctx, func() { nc.Close() })
	defer context.AfterFunc(dctx, func() { nc.Close() })()
	cl := smtp.NewClient(nc)
	cl.CommandTimeout, cl.SubmissionTimeout = c.cfg.Timeout, c.cfg.Timeout
	if err := cl.Hello(greeting(nc.LocalAddr())); err != nil {
		cl.Close()
		return nil, c.refused("hello", err)
	}
	return cl, nil
}

// greeting is how a machine without a name introduces itself (RFC 5321, 4.1.3).
// Servers refuse a name like "localhost", and that would prove nothing.
func greeting(a net.Addr) string {
	host, _, _ := net.SplitHostPort(a.String())
	if ip := net.ParseIP(host); ip != nil && ip.To4() == nil {
		return "[IPv6:" + ip.String() + "]"
	}
	return "[" + host + "]"
}
