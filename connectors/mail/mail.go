// Package mail connects a bot to a mailbox over IMAP and SMTP. There are two ways
// in, one per configured mailbox:
//
//   - letters: a functional mailbox is watched. For each new letter a draft reply
//     waits, threaded, in its drafts folder; a person sends it. The brief goes to
//     brief_to or into a folder beside it. Nothing is sent to who wrote.
//   - forwards: colleagues forward letters to the bot's own address. Brief and
//     draft go back by SMTP to that colleague and to nobody else.
//
// # Receiving
//
// For each watched folder one goroutine owns one connection and looks for UIDs
// beyond its position: folder, UIDVALIDITY and UID. IDLE is a hint; it looks every few minutes anyway,
// and selects the folder anew, because a server does not tell a session that its
// mailbox was deleted and made again. Only headers are fetched, at most 64 KB,
// parsed by a parser that never fails (header.go); the letter itself is a file,
// which [Connector.Open] streams from the server to the child that reads it.
// The position is saved once every mail before it was accepted. More than a hundred
// letters in a functional mailbox are a backlog: it is read from the newest down,
// by a position with two ends, and what comes meanwhile goes before it. A folder
// that cannot be opened, or holds a letter that cannot be, is an alarm
// ([Connector.Alarms]) and stops no other; only if that is so of all does Receive
// fail. If UIDVALIDITY changes, all mail since the configured day is passed again, and what was
// passed before is known by its identity: the hash of From, To, Date, Subject and
// Message-ID as received. Mail is read without a trace: no flag is set, nothing
// is moved or deleted.
//
// A draft shall wait within 200 ms of a letter's delivery. IDLE is too late for
// that on Dovecot, which tells of new mail half a second after it came, to gather
// several; NOTIFY waits as long (both were measured on 2.3.19), and there is no
// setting for it. A session that asks is told at once. So Dovecot is asked by NOOP
// ten times a second, which BenchmarkPace measured to cost the server 3.3 and us
// 2.7 per mille of a processor and mailbox: little for ten mailboxes, a third of a
// processor for a hundred. Config.Poll trades the one for the other: 5s and above
// wait by IDLE, at almost no cost and half a second later. Other servers get IDLE
// unasked.
//
// Receive returns when a connection is lost, and the core calls it again with
// growing waits: retry lives there and nowhere else. Each login reads the password
// anew, so that one that was changed on the server heals when its file is changed.
//
// # Shared mailboxes
//
// A mailbox may be another's, opened to the bot's account (RFC 4314) and seen in a
// namespace (RFC 2342). Its folders are then all that belongs to it: drafts go into
// its Drafts, answers are looked for in its Sent, letters in none but its own.
// Servers mark no special uses there, so that these folders are found by their
// usual names beneath its own root; never by those of the account.
//
// # Who may ask
//
// A forward is answered to its sender, so it must be known who that is. There are
// three ways, of which a mailbox has exactly one ([Trust]): the server states in
// Authentication-Results what it has verified (authres.go); it takes mail for the
// address from colleagues only; or the bot verifies signatures itself (dkim.go).
// They do not add up: two would be as weak as the weaker one. What none of them
// proves gets no answer. Whether a colleague has access is for the gate of the core.
//
// # Sending
//
// A draft's Message-ID is derived from its reply's ID. Before it is appended it
// is looked for in Drafts and Sent, so that sending again does nothing, also
// where the server's answer to the first time was lost. There is no draft if a
// person has answered already.
//
// If the citizen writes again, the new draft takes the place of the old one
// (replace.go), provided that nobody has touched it: it lies where it was put, with
// the flags it was given, byte for byte. The State remembers what was written,
// before it is written; the old draft goes after the new one is there, so that a
// crash at any point leaves too much and never too little, and sending again ends
// in one. An older letter that is sent late replaces nothing. In doubt a draft
// stays: two are a nuisance, a lost one is somebody's work. One function deletes
// (expunge.go), one mail by its UID; on servers that cannot, all drafts stay.
//
// Once a day drafts that nobody has touched for long expire (expire.go), by the
// same rules, and the team gets a count (daily.go).
//
// SMTP has no such means. The intent is noted in the State before the mail goes
// out and the success after; a crash between the server's "250" and that note
// shows an answer twice, with the same Message-ID, by which many servers drop the
// second. The one function that speaks SMTP (submit.go) checks the recipient
// against the own domains itself, whoever calls it.
//
// # Libraries
//
// golang.org/x/oauth2 gets tokens; how often and when is decided here
// (oauth_token.go), as its own reuse of tokens knows neither a server that takes
// one back early nor a provider that refuses. XOAUTH2 is a few lines (oauth.go),
// which go-sasl leaves out.
//
// go-imap v2 speaks IMAP. It has no deadlines, so that each command gets a timer
// that closes the connection (conn.do); no limit on lines, so that one lies
// under it (limit.go); BODYSTRUCTURE is never asked for and no literal is
// collected in memory. go-smtp speaks SMTP, go-message writes (package eml).
// go-msgauth verifies signatures; Authentication-Results is parsed here, because
// its parser fails on what Exchange writes. Headers are not read by go-message or
// net/mail: both give up on a line that mail programs pass over.
package mail

import (
	"log/slog"
	"strings"
	"sync"
	"time"

	"amtsbote/bots"
)

// A Connector is a bots.Connector for one mailbox.
type Connector struct {
	cfg         Config
	log         *slog.Logger
	pool        *pool
	lockout     *lockout
	lockoutSMTP *lockout
	stats       counters
	now         func() time.Time
	reselect    time.Duration
	patience    time.Duration  // of Check for its test mail
	tick        time.Duration  // of keepHouse
	trails      [16]sync.Mutex // see Connector.lock
	tokens      *tokens        // nil: there is a password
	proofs      *prover        // nil: signatures are not verified

	mu      sync.Mutex
	folders *folders // nil: not yet known
	alarms  map[string]string
}

var (
	_ bots.Connector = (*Connector)(nil)
	_ bots.Checker   = (*Connector)(nil)
)

// New returns a connector for a valid configuration. It does not connect yet.
// log gets what no person is told: mails passed over, by ID and reason.
func New(cfg Config, log *slog.Logger) *Connector {
	c := &Connector{cfg: cfg.defaults(), now: time.Now, reselect: reselect, patience: patience, tick: houseTick, alarms: map[string]string{},
		lockout: newLockout(), lockoutSMTP: newLockout()}
	c.log = log.With("connector", c.cfg.Name)
	c.pool = newPool(c.cfg.Connections, c.guarded)
	c.tokens = c.newTokens()
	if c.cfg.Trust.DKIM {
		c.proofs = newProver(c.cfg.OwnDomains, func() time.Time { return c.now() })
	}
	return c
}

// Name implements bots.Connector.
func (c *Connector) Name() string { return c.cfg.Name }

func (c *Connector) letters() bool { return c.cfg.Watch == watchLetters }

// own reports whether an address is of the house. Nobody else is written to.
func (c *Connector) own(addr string) bool { return own(c.cfg.OwnDomains, addr) }

func (c *Connector) address() string { return strings.ToLower(c.cfg.Address) }
