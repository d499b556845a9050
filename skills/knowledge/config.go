package knowledge

import (
	"errors"
	"fmt"
	"net/url"
	"path"
	"path/filepath"
	"strings"
	"time"

	"amtsbote/bots"
)

// Config is a collection in the configuration. Zero values are the defaults named
// here.
type Config struct {
	Name        string     `yaml:"name"`        // as people see it and operators name it
	Folder      string     `yaml:"folder"`      // an absolute path; only read
	Description string     `yaml:"description"` // a line for people
	Class       bots.Class `yaml:"class"`       // of its documents, at most the bot's; default internal
	// Include lists patterns of file names, such as "*.pdf"; upper and lower case
	// are the same. Default: all files.
	Include []string `yaml:"include"`
	// Access limits who may search; without allow everybody who may use the bot.
	// A collection with allow is searched in direct chats only.
	Access bots.Access `yaml:"access"`
	// Link is where people open the files, with {path} for the path in the folder,
	// such as "https://dateien.musterstadt.example/da/{path}". Default: no links.
	Link  string        `yaml:"link"`
	Every time.Duration `yaml:"every"` // how often the folder is walked without events; default 5m
	// Grace is how long documents stay when their folder is gone, cannot be read or
	// has become empty; default 24h.
	Grace time.Duration `yaml:"grace"`
}

func (c Config) defaults() Config {
	if c.Class == "" {
		c.Class = bots.Internal
	}
	if c.Every == 0 {
		c.Every = 5 * time.Minute
	}
	if c.Grace == 0 {
		c.Grace = 24 * time.Hour
	}
	return c
}

// Validate reports all that is wrong, joined, each beginning with the key that it is
// about.
func (c Config) Validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if strings.TrimSpace(c.Name) == "" {
		bad("name: missing; write what people see, such as Dienstanweisungen")
	}
	if !filepath.IsAbs(c.Folder) {
		bad("folder: %q is no absolute path such as /srv/dienstanweisungen", c.Folder)
	}
	for i, p := range c.Include {
		if _, err := path.Match(p, "x"); err != nil || p == "" || strings.Contains(p, "/") {
			bad("include[%d]: %q is no pattern of a file name such as *.pdf", i, p)
		}
	}
	if u, err := url.Parse(strings.ReplaceAll(c.Link, "{path}", "x")); c.Link != "" &&
		(err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || !strings.Contains(c.Link, "{path}")) {
		bad("link: %q is no address with {path} in it, such as https://dateien.musterstadt.example/{path}", c.Link)
	}
	if c.Every != 0 && (c.Every < time.Second || c.Every > 24*time.Hour) {
		bad("every: %v is not between 1s and 24h", c.Every)
	}
	if c.Grace < 0 || c.Grace > 30*24*time.Hour {
		bad("grace: %v is not between 0 and 720h", c.Grace)
	}
	return errors.Join(errs...)
}

// limited reports whether not everybody who may use the bot may search.
func (c Config) limited() bool { return len(c.Access.Allow) > 0 }

// allows reports whether a person, who may use the bot, may search.
func (c Config) allows(person string) bool {
	a := c.Access
	if !c.limited() {
		a.Allow = []string{person}
	}
	return a.Allows(person)
}

// wants reports whether a file name is one of the collection's.
func (c Config) wants(name string) bool {
	if len(c.Include) == 0 {
		return true
	}
	for _, p := range c.Include {
		if ok, _ := path.Match(strings.ToLower(p), strings.ToLower(name)); ok {
			return true
		}
	}
	return false
}

// inMarkup escapes what url.PathEscape leaves: parentheses would end a link in CommonMark.
var inMarkup = strings.NewReplacer("(", "%28", ")", "%29", "'", "%27", "*", "%2A")

// linkTo returns where a file is opened, or "".
func (c Config) linkTo(key string) string {
	if c.Link == "" {
		return ""
	}
	parts := strings.Split(key, "/")
	for i, p := range parts {
		parts[i] = inMarkup.Replace(url.PathEscape(p))
	}
	return strings.ReplaceAll(c.Link, "{path}", strings.Join(parts, "/"))
}
