package mail

import (
	"slices"
	"strings"

	"github.com/emersion/go-imap/v2"
)

// Why a mail is passed over. The words are counters of [Stats] and stand in the
// log; nothing else about the mail does.
const (
	skipAuto       = "automatic"       // Auto-Submitted, RFC 3834
	skipList       = "list"            // List-Id, List-Unsubscribe
	skipBulk       = "bulk"            // Precedence
	skipBounce     = "bounce"          // empty Return-Path, multipart/report
	skipOwn        = "own"             // from this mailbox, or one of Amtsbote's mails come back
	skipAnswered   = "answered"        // somebody has answered it
	skipGone       = "deleted"         // marked as deleted, or a draft
	skipOutsider   = "outsider"        // forwarded by somebody who is not of the house
	skipUnverified = "unauthenticated" // nobody vouches for the sender
)

// reasons are all of them.
var reasons = []string{skipAuto, skipList, skipBulk, skipBounce, skipOwn, skipAnswered, skipGone, skipOutsider, skipUnverified}

// skip says why a mail gets no answer whoever sent it, or "".
func (c *Connector) skip(m found) string {
	h := m.header
	switch {
	case slices.Contains(m.flags, imap.FlagDeleted), slices.Contains(m.flags, imap.FlagDraft):
		return skipGone
	case c.letters() && slices.Contains(m.flags, imap.FlagAnswered):
		return skipAnswered
	case c.isOwn(h):
		return skipOwn
	case !isNo(h.get("Auto-Submitted")):
		return skipAuto
	case h.has("List-Id"), h.has("List-Unsubscribe"):
		return skipList
	}
	switch firstWord(h.get("Precedence")) {
	case "bulk", "list", "junk", "auto_reply":
		return skipBulk
	}
	// Return-Path is written by the last server; the first field is its own.
	if h.has("Return-Path") && strings.Trim(h.get("Return-Path"), "<> ") == "" || firstWord(h.get("Content-Type")) == "multipart/report" {
		return skipBounce
	}
	return ""
}

func (c *Connector) isOwn(h header) bool {
	from := h.author()
	if from != "" && contains([]string{c.cfg.Address, c.cfg.User, c.cfg.SMTP.User}, from) {
		return true
	}
	for _, f := range h {
		if strings.EqualFold(f.name, "X-Loop") && strings.EqualFold(f.value, c.cfg.Address) {
			return true
		}
	}
	return false
}

// isNo reports whether Auto-Submitted says that a person sent the mail.
func isNo(s string) bool { return s == "" || firstWord(s) == "no" }

func firstWord(s string) string {
	s = strings.TrimSpace(s)
	if i := strings.IndexAny(s, " \t;("); i >= 0 {
		s = s[:i]
	}
	return strings.ToLower(s)
}

// colleague returns the address of the colleague who forwarded a mail, or says
// why it cannot be believed. What is in doubt is refused.
func (c *Connector) colleague(h header) (addr, why string) {
	from := h.strictFrom()
	if from == "" {
		return "", skipUnverified
	}
	if !c.own(from) {
		return "", skipOutsider
	}
	if c.cfg.Trust.DKIM {
		if !signed(h, from, c.cfg.OwnDomains) {
			return "", skipUnverified
		}
		return from, "" // as far as can be told from the header: see proven
	}
	if c.cfg.Trust.SubmissionOnly {
		// The server lets only colleagues in, as whom they have logged in: that
		// is the envelope's sender, which the last server notes here.
		if path := strings.ToLower(strings.Trim(h.get("Return-Path"), "<> ")); path != "" && path != from {
			return "", skipUnverified
		}
		return from, ""
	}
	// Only the topmost field is the server's own; those below came with the mail.
	field := h.get("Authentication-Results")
	a := parseAuthResults(field)
	switch {
	case a.server == "" || a.server != strings.ToLower(c.cfg.Trust.AuthServ),
		// Plainly at the beginning: what looks for such fields in mail from outside,
		// to remove them, would not find a name behind a comment.
		!strings.HasPrefix(strings.ToLower(field), a.server),
		len(field) >= maxField, // the end is missing, which may be what failed
		!a.verified(from, c.cfg.OwnDomains):
		return "", skipUnverified
	}
	return from, ""
}
