package mail

import (
	"context"
	"errors"
	"fmt"

	"amtsbote/bots"
)

// checkSigned sends a mail to the mailbox itself, as a colleague would, and looks
// whether it arrives with a signature that the bot believes: mail that stays in the
// house is often not signed at all.
func (c *Connector) checkSigned(ctx context.Context, k *conn) []bots.CheckResult {
	const what = "trust.dkim"
	bird := c.newCanary()
	if err := c.submit(ctx, c.cfg.Address, c.forged(bird)); err != nil {
		return []bots.CheckResult{{What: what, Warn: true, Err: fmt.Errorf("not tested: the mail server did not take a test mail to the mailbox itself: %w", err)}}
	}
	at, err := c.await(ctx, k, bird)
	if err != nil || at.uid == 0 {
		if err == nil {
			err = fmt.Errorf("not tested: the test mail was taken but did not arrive within %v", c.patience)
		}
		return []bots.CheckResult{{What: what, Warn: true, Err: err}}
	}
	result := bots.CheckResult{What: what, Err: c.checkSignature(ctx, at)}
	return append([]bots.CheckResult{result}, c.away(ctx, k, at)...)
}

func (c *Connector) checkSignature(ctx context.Context, at place) error {
	ref := reference{Folder: at.folder, Validity: at.validity, UID: at.uid, MessageID: at.header.messageID(), ID: at.identity()}
	mail, err := c.Open(ctx, nil, bots.File{Ref: ref.String()})
	if err != nil {
		return err
	}
	defer mail.Close()
	_, err = c.proofs.verify(ctx, mail, at.header.strictFrom())
	if why, ok := errors.AsType[unproven](err); ok {
		return fmt.Errorf("the mail server does not sign mail within the house so that it can be believed (%s): no forward will be answered. "+
			"Have it sign mail of own_domains to this mailbox too, see docs/betrieb.md, or use authserv_id or submission_only", string(why))
	}
	if errors.Is(err, errLater) {
		return errors.New("the key of the mail server's signature cannot be looked up: check DNS on this machine; until then forwards wait")
	}
	return err
}
