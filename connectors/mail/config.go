package mail

import (
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"time"

	"amtsbote/bots"
	"amtsbote/connectors/eml"
)

// Config is the part of the configuration for one mailbox.
type Config struct {
	Name string `yaml:"name"` // unique; part of what is stored

	Server   string      `yaml:"server"` // IMAP, host:port
	TLS      string      `yaml:"tls"`    // "implicit" (default), "starttls", "none" (only to this machine)
	CA       string      `yaml:"ca"`     // PEM file of the authority that signed the server's certificate; default: the system's
	User     string      `yaml:"user"`
	Password bots.Secret `yaml:"password"`
	OAuth    OAuth       `yaml:"oauth"` // instead of the password

	// Watch says how letters come: "forwards" by colleagues, to the bot's own
	// address, or "letters" straight into a functional mailbox.
	Watch    string     `yaml:"watch"`
	Folders  []string   `yaml:"folders"`   // all of one mailbox, which may be a shared one; default INBOX
	Address  string     `yaml:"address"`   // of the mailbox; From of drafts and answers
	FromName string     `yaml:"from_name"` // the name beside Address
	Class    bots.Class `yaml:"class"`     // of its letters, where that is more than the bot's

	OwnDomains []string `yaml:"own_domains"` // no mail is sent anywhere else
	Trust      Trust    `yaml:"trust"`       // which forwards are believed
	SMTP       SMTP     `yaml:"smtp"`        // for answers to colleagues and briefs

	Drafts      string `yaml:"drafts"`       // folder; default: the one of the mailbox that the server marks with \Drafts, else named so
	Sent        string `yaml:"sent"`         // folder; likewise
	BriefTo     string `yaml:"brief_to"`     // who gets the briefs of a functional mailbox; default: they go into BriefFolder
	BriefFolder string `yaml:"brief_folder"` // default "Amtsbote" in the mailbox
	DraftFrom   string `yaml:"draft_from"`   // From of the .eml that a colleague gets; default: the colleague
	ExpireDays  *int   `yaml:"expire_days"`  // after which a draft that nobody touched is deleted; default 30, 0: never
	Daily       string `yaml:"daily"`        // HH:MM at which drafts expire and the team gets its count; default 07:00; "off": no count

	Since       string        `yaml:"since"`       // 2026-11-20: what was received before is left alone; default: the day of the first start
	Poll        time.Duration `yaml:"poll"`        // how often to look even if the server says nothing; below 5s it is asked instead of waited for; default 100ms for Dovecot, else 2m: see the package comment
	Timeout     time.Duration `yaml:"timeout"`     // for the server to answer a command; default 30s
	MaxSize     int64         `yaml:"max_size"`    // bytes of a mail that is read; default 50 MB
	Connections int           `yaml:"connections"` // at the same time, beside the one that waits for mail in each folder; default 4
	Mark        string        `yaml:"mark"`        // a header field X-Amtsbote with this text in drafts; default: none

	Profile bots.Profile `yaml:"-"` // of the bot
}

// Trust says how a forward's sender is known to be the colleague it names. Exactly
// one of the first three is needed: From proves nothing.
type Trust struct {
	// AuthServ is the authserv-id under which the mail server states in
	// Authentication-Results what it has verified. The server must remove such
	// fields from mail that comes from outside.
	AuthServ string `yaml:"authserv_id"`
	// SubmissionOnly says that the server takes mail for Address only from
	// colleagues who are logged in, and only under their own address.
	SubmissionOnly bool `yaml:"submission_only"`
	// DKIM has the bot verify the signatures of the own domains itself: see
	// dkim.go. Of the server nothing is believed.
	DKIM bool `yaml:"dkim"`
	// Outside is the server that takes mail from outside, host:port, usually the
	// MX on port 25. "amtsbote check" tries there whether the above is so. The
	// bot itself never uses it.
	Outside string `yaml:"outside"`
}

// SMTP is the server that takes answers to colleagues. Its account should be
// allowed to write to the own domains only: "amtsbote check" tells.
type SMTP struct {
	Server   string      `yaml:"server"`   // host:port
	TLS      string      `yaml:"tls"`      // "implicit", "starttls" (default), "none" (only to this machine)
	User     string      `yaml:"user"`     // default: the one of IMAP
	Password bots.Secret `yaml:"password"` // default: as for IMAP
}

const (
	watchForwards = "forwards"
	watchLetters  = "letters"

	tlsImplicit = "implicit"
	tlsStart    = "starttls"
	tlsNone     = "none"
)

// Validate reports everything that is wrong with c, each with its key.
func (c Config) Validate() error {
	var errs []error
	bad := func(key, format string, args ...any) {
		errs = append(errs, fmt.Errorf(key+": "+format, args...))
	}
	if c.Name == "" {
		bad("name", "missing")
	}
	server(bad, "", c.Server, c.TLS)
	if c.User == "" {
		bad("user", "missing")
	}
	c.validateSignIn(bad)
	if c.CA != "" {
		if _, err := os.ReadFile(c.CA); err != nil {
			bad("ca", "%w", err)
		}
	}
	if _, ok := eml.Address(c.Address); !ok {
		bad("address", "%q is not an e-mail address", c.Address)
	}
	if len(c.OwnDomains) == 0 {
		bad("own_domains", "missing: the domains of the authority, such as musterstadt.example")
	}
	for _, d := range c.OwnDomains {
		if strings.ContainsAny(d, "@ *<>") || !strings.Contains(d, ".") {
			bad("own_domains", "%q is not a domain such as musterstadt.example", d)
		}
	}
	c.validateFolders(bad)
	c.validateWay(bad)
	c.validateLimits(bad)
	return errors.Join(errs...)
}

// maxWatched is how many folders are watched: each takes a connection, of which
// servers allow an account few.
const maxWatched = 20

func (c Config) validateFolders(bad func(key, format string, args ...any)) {
	if len(c.Folders) > maxWatched {
		bad("folders", "%d are too many; at most %d", len(c.Folders), maxWatched)
	}
	for i, f := range c.Folders {
		switch {
		case f == "" || len(f) > 500:
			bad(folderKey(i), "is not the name of a folder")
		case slices.Index(c.Folders, f) < i:
			bad(folderKey(i), "%q stands there twice", f)
		}
	}
	if c.Class != "" {
		if err := c.Class.Validate(); err != nil {
			bad("class", "%w", err)
		}
	}
}

// validateWay checks what each of the two ways in needs.
func (c Config) validateWay(bad func(key, format string, args ...any)) {
	switch c.Watch {
	case watchForwards:
		c.Trust.validate(bad)
		if c.SMTP.Server == "" {
			bad("smtp.server", "missing: answers to colleagues are sent there")
		}
	case watchLetters:
		if c.BriefTo != "" && !own(c.OwnDomains, c.BriefTo) {
			bad("brief_to", "%q is not in own_domains", c.BriefTo)
		}
		if c.BriefTo != "" && c.SMTP.Server == "" {
			bad("smtp.server", "missing: brief_to is sent there")
		}
	default:
		bad("watch", "%q is neither forwards nor letters", c.Watch)
	}
	if c.DraftFrom != "" && !own(c.OwnDomains, c.DraftFrom) {
		bad("draft_from", "%q is not in own_domains", c.DraftFrom)
	}
	if host, _, err := net.SplitHostPort(c.Trust.Outside); c.Trust.Outside != "" && (err != nil || host == "") {
		bad("trust.outside", "%q is not host:port", c.Trust.Outside)
	}
	if c.SMTP.Server != "" {
		server(bad, "smtp.", c.SMTP.Server, c.SMTP.TLS)
	}
}

func (c Config) validateLimits(bad func(key, format string, args ...any)) {
	if _, err := time.Parse(time.DateOnly, c.Since); c.Since != "" && err != nil {
		bad("since", "%q is not a day such as 2026-11-20", c.Since)
	}
	if c.Poll != 0 && (c.Poll < 50*time.Millisecond || c.Poll > 28*time.Minute) {
		bad("poll", "%v is not between 50ms and 28m", c.Poll)
	}
	if c.Timeout < 0 || c.Timeout > 10*time.Minute {
		bad("timeout", "%v is not between 0 and 10m", c.Timeout)
	}
	if d := c.ExpireDays; d != nil && (*d < 0 || *d > maxExpire) {
		bad("expire_days", "%d is not between 0 and %d", *d, maxExpire)
	}
	if _, err := time.Parse("15:04", c.Daily); c.Daily != "" && c.Daily != dailyOff && err != nil {
		bad("daily", "%q is neither a time such as 07:00 nor off", c.Daily)
	}
	if c.MaxSize < 0 {
		bad("max_size", "%d is negative", c.MaxSize)
	}
	if c.Connections < 0 || c.Connections > 50 {
		bad("connections", "%d is not between 0 and 50", c.Connections)
	}
}

func server(bad func(key, format string, args ...any), prefix, addr, mode string) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil || host == "" {
		bad(prefix+"server", "%q is not host:port", addr)
	}
	switch mode {
	case "", tlsImplicit, tlsStart:
	case tlsNone:
		if err == nil && !loopback(host) {
			bad(prefix+"tls", "none is allowed to this machine only: the password would travel in clear")
		}
	default:
		bad(prefix+"tls", "%q is not implicit, starttls or none", mode)
	}
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// own reports whether an address belongs to one of the domains.
func own(domains []string, addr string) bool {
	a, ok := eml.Address(addr)
	return ok && contains(domains, domain(a.Address))
}

// defaults returns c with its zero values replaced by what they stand for.
func (c Config) defaults() Config {
	set := func(s *string, v string) {
		if *s == "" {
			*s = v
		}
	}
	set(&c.TLS, tlsImplicit)
	set(&c.SMTP.TLS, tlsStart)
	if len(c.Folders) == 0 {
		c.Folders = []string{"INBOX"}
	}
	if c.SMTP.User == "" {
		c.SMTP.User = c.User
		if c.SMTP.Password.IsZero() {
			c.SMTP.Password = c.Password
		}
	}
	if c.Timeout == 0 {
		c.Timeout = 30 * time.Second
	}
	if c.MaxSize == 0 {
		c.MaxSize = 50 << 20
	}
	if c.Connections == 0 {
		c.Connections = 4
	}
	return c
}
