package mail

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/emersion/go-imap/v2"

	"amtsbote/bots"
)

// outside is an address that can never exist (RFC 2606). That the server would
// take mail for it shows that it would take mail for anybody.
const outside = "amtsbote-check@example.invalid"

// Check implements bots.Checker. It tries both servers, and proves that the
// account cannot write to outsiders by offering a recipient, never a mail. Where
// forwards are believed, it poses as a colleague from outside: see canary.go.
func (c *Connector) Check(ctx context.Context) []bots.CheckResult {
	var results []bots.CheckResult
	if c.tokens != nil {
		_, err := c.tokens.get(ctx)
		results = append(results, bots.CheckResult{What: "oauth token", Err: err})
		if err != nil {
			return results // whatever else fails, fails for this reason
		}
	}
	results = append(results, c.checkIMAP(ctx)...)
	if c.cfg.SMTP.Server != "" {
		results = append(results, c.checkSMTP(ctx)...)
	}
	if !c.letters() {
		results = append(results, c.checkTrust(ctx)...)
	}
	return results
}

func (c *Connector) checkIMAP(ctx context.Context) []bots.CheckResult {
	k, err := c.dial(ctx)
	results := []bots.CheckResult{{What: "imap login", Err: err}}
	if err != nil {
		return results
	}
	defer k.close()
	for i, folder := range c.cfg.Folders {
		_, err = k.open(ctx, folder, true)
		results = append(results, bots.CheckResult{What: "imap " + folderKey(i), Err: err})
	}
	if c.letters() {
		f, err := c.find(ctx, k)
		if err == nil {
			_, err = k.open(ctx, f.drafts, false)
		}
		results = append(results, bots.CheckResult{What: "imap drafts folder", Err: err})
		if f.sent == "" && err == nil {
			results = append(results, bots.CheckResult{What: "imap sent folder", Warn: true,
				Err: errors.New(`none found: letters that a person has answered can get a draft; set "sent"`)})
		}
	}
	if !k.caps.Has(imap.CapIdle) {
		results = append(results, bots.CheckResult{What: "imap idle", Warn: true,
			Err: fmt.Errorf("the server cannot tell of new mail: looking every %v", cmp.Or(c.cfg.Poll, calm))})
	}
	return results
}

func (c *Connector) checkSMTP(ctx context.Context) []bots.CheckResult {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	cl, err := c.dialSMTP(ctx)
	results := []bots.CheckResult{{What: "smtp login", Err: err}}
	if err != nil {
		return results
	}
	defer cl.Close()
	if err := cl.Mail(c.cfg.Address, nil); err != nil {
		return append(results, bots.CheckResult{What: "smtp sender", Err: c.refused("mail", err)})
	}
	if err := cl.Rcpt(outside, nil); err == nil {
		results = append(results, bots.CheckResult{What: "smtp outsiders", Warn: true, Err: errors.New(
			"the mail server WOULD TAKE mail of this account to outsiders; Amtsbote sends none, " +
				"but the account should be allowed to write to your own domains only: have the server refuse all others")})
	} else if e := c.refused("rcpt", err); !isRefusal(e) {
		results = append(results, bots.CheckResult{What: "smtp outsiders", Err: e, Warn: true})
	} else {
		results = append(results, bots.CheckResult{What: "smtp outsiders"})
	}
	cl.Reset()
	if slices.Contains([]string{"", c.cfg.Address}, c.cfg.BriefTo) {
		return results
	}
	if err := cl.Mail(c.cfg.Address, nil); err == nil {
		if err := cl.Rcpt(c.cfg.BriefTo, nil); err != nil {
			results = append(results, bots.CheckResult{What: "smtp brief_to", Err: c.refused("rcpt", err)})
		}
	}
	return results
}

func isRefusal(err error) bool {
	_, ok := errors.AsType[*bots.Refusal](err)
	return ok
}
