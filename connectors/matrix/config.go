package matrix

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"maunium.net/go/mautrix/id"

	"amtsbote/bots"
)

// Config is the part of the configuration for one Matrix account.
type Config struct {
	Name   string `yaml:"name"`   // default matrix
	Server string `yaml:"server"` // the homeserver's client address, such as https://matrix.musterstadt.example
	User   string `yaml:"user"`   // such as @amtsbote:musterstadt.example
	CA     string `yaml:"ca"`     // PEM file of the house's own authority; default: the system's
	// Key seals the device's keys and tokens in File. It must not change.
	Key bots.Secret `yaml:"key"`
	// File is the SQLite file of the device: its token, its keys and those that
	// it was given. Default: matrix-NAME.db beside the store.
	File string `yaml:"file"`
	// MaxAge is how old a message may be to be answered; default 24h.
	MaxAge time.Duration `yaml:"max_age"`
	// Mention says that answers in rooms mention the person who asked, so that
	// their client notifies them.
	Mention bool `yaml:"mention"`
	// Link is what links to messages begin with; default https://matrix.to/#/. A
	// house's own client has its own, such as https://chat.musterstadt.example/#/room/.
	Link string `yaml:"link"`
	// Ignore lists people whose messages are never heard: other bots, bridges.
	Ignore []string `yaml:"ignore"`

	// Profile is the bot's, Allows says who may use it, Dir is the folder of the
	// store. They are set by the program.
	Profile bots.Profile      `yaml:"-"`
	Allows  func(string) bool `yaml:"-"`
	Dir     string            `yaml:"-"`
}

const (
	defaultName   = "matrix"
	defaultMaxAge = 24 * time.Hour
	defaultLink   = "https://matrix.to/#/"
)

var nameRE = regexp.MustCompile(`^[a-z][a-z0-9-]{0,30}$`)

// Validate reports everything that is wrong with c, each with its key.
func (c Config) Validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if c.Name != "" && !nameRE.MatchString(c.Name) {
		bad("name: %q is not made of up to 31 small letters, digits and -, such as matrix", c.Name)
	}
	if u, err := url.Parse(c.Server); err != nil || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
		bad("server: %q is not the address of a homeserver, such as https://matrix.musterstadt.example", c.Server)
	} else if u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())) {
		bad("server: %q does not begin with https://; http is allowed to this machine only", c.Server)
	}
	if !isUser(c.User) {
		bad("user: %q is not a Matrix user, such as @amtsbote:musterstadt.example", c.User)
	}
	if err := c.Key.Validate(); err != nil {
		bad("key: %w", err)
	} else if len(c.Key.Reveal()) < 16 {
		bad("key: missing or shorter than 16 characters; make one for example by: openssl rand -base64 32")
	}
	if _, err := os.ReadFile(c.CA); c.CA != "" && err != nil {
		bad("ca: %w", err)
	}
	if c.MaxAge < 0 || c.MaxAge > 30*24*time.Hour {
		bad("max_age: %v is not between 0 and 720h", c.MaxAge)
	}
	if u, err := url.Parse(c.Link); c.Link != "" && (err != nil || u.Scheme != "https" || u.Host == "") {
		bad("link: %q is not an https address", c.Link)
	}
	for i, who := range c.Ignore {
		if !isUser(who) {
			bad("ignore[%d]: %q is not a Matrix user", i, who)
		}
	}
	return errors.Join(errs...)
}

func isUser(s string) bool {
	_, server, err := id.UserID(s).Parse()
	return err == nil && server != "" && len(s) <= 255 && !strings.ContainsAny(s, " \t\n")
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// filled returns the configuration with its defaults.
func (c Config) filled() Config {
	if c.Name == "" {
		c.Name = defaultName
	}
	if c.File == "" {
		c.File = filepath.Join(c.Dir, "matrix-"+c.Name+".db")
	}
	if c.MaxAge == 0 {
		c.MaxAge = defaultMaxAge
	}
	if c.Link == "" {
		c.Link = defaultLink
	}
	if c.Allows == nil {
		c.Allows = func(string) bool { return false }
	}
	c.Server = strings.TrimSuffix(c.Server, "/")
	return c
}
