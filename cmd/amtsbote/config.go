package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // terms are computed in the bot's zone, also where the machine knows none

	"go.yaml.in/yaml/v3"

	"amtsbote/bots"
	"amtsbote/connectors"
	"amtsbote/skills"
	"amtsbote/skills/document"
	"amtsbote/skills/llm"
)

// Config is the configuration file. A field left out has its zero value, which
// means the default named in config.example.yaml.
type Config struct {
	Storage   string          `yaml:"storage"`
	Backup    string          `yaml:"backup"` // file that gets a copy of the store every night; default: none
	HTTP      HTTP            `yaml:"http"`
	Documents document.Config `yaml:"documents"`
	Models    []llm.Config    `yaml:"models"`
	Bots      []BotConfig     `yaml:"bots"`
}

// HTTP is the part of the configuration for the daemon's own web server.
type HTTP struct {
	Listen string `yaml:"listen"` // host:port; default 127.0.0.1:8770; "off" for none
}

const defaultListen = "127.0.0.1:8770"

// Validate reports everything that is wrong with h.
func (h HTTP) Validate() error {
	if h.Listen == "" || h.Listen == "off" {
		return nil
	}
	if _, _, err := net.SplitHostPort(h.Listen); err != nil {
		return fmt.Errorf("listen: %q is not host:port, such as %s, or off", h.Listen, defaultListen)
	}
	return nil
}

// BotConfig is the part of the configuration for one bot.
type BotConfig struct {
	Name       string            `yaml:"name"`
	Authority  string            `yaml:"authority"`
	Language   string            `yaml:"language"`
	Zone       string            `yaml:"zone"`
	Land       string            `yaml:"land"`
	Contact    string            `yaml:"contact"`
	Class      bots.Class        `yaml:"class"`
	KeepDays   int               `yaml:"keep_days"`
	Key        bots.Secret       `yaml:"key"`
	Workers    int               `yaml:"workers"`
	Access     bots.Access       `yaml:"access"`
	Quota      bots.Quota        `yaml:"quota"`
	Models     []string          `yaml:"models"`
	Connectors connectors.Config `yaml:"connectors"`
	Skills     skills.Config     `yaml:"skills"`
}

var laender = []string{"BW", "BY", "BE", "BB", "HB", "HH", "HE", "MV", "NI", "NW", "RP", "SL", "SN", "ST", "SH", "TH"}

// Validate reports what is wrong with b itself; its parts have their own.
func (b BotConfig) Validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if b.Name == "" {
		bad("name: missing; it is how the bot calls itself, such as Amtsbote")
	}
	if b.Language != "" && b.Language != "de" && b.Language != "en" {
		bad("language: %q is not de or en", b.Language)
	}
	if _, err := time.LoadLocation(b.Zone); err != nil {
		bad("zone: %q is no time zone; the usual one is Europe/Berlin", b.Zone)
	}
	if b.Land != "" && !slices.Contains(laender, b.Land) {
		bad("land: %q is none of %s", b.Land, strings.Join(laender, ", "))
	}
	if b.KeepDays < 0 || b.KeepDays > 400 {
		bad("keep_days: %d is not between 1 and 400", b.KeepDays)
	}
	if len(b.Access.Allow) == 0 {
		bad("access.allow: nobody may use this bot; list people or whole domains, such as stadt.example")
	}
	return errors.Join(errs...)
}

// profile returns what skills may know of the bot.
func (b BotConfig) profile() bots.Profile {
	zone, err := time.LoadLocation(or(b.Zone, "Europe/Berlin"))
	if err != nil {
		zone = time.UTC // refused by Validate
	}
	keep := 30
	if b.KeepDays > 0 {
		keep = b.KeepDays
	}
	return bots.Profile{Name: b.Name, Authority: b.Authority, Language: or(b.Language, "de"), Land: b.Land,
		Contact: b.Contact, Class: or(b.Class, bots.Internal), Zone: zone, Keep: time.Duration(keep) * 24 * time.Hour}
}

func or[T ~string](s, fallback T) T {
	if s != "" {
		return s
	}
	return fallback
}

// A configError is what is wrong with a configuration file, all at once.
type configError struct {
	path   string
	faults []fault
}

// A fault is one thing that is wrong.
type fault struct {
	line int    // 0: not known
	path string // such as bots[0].access.allow[1]; may be empty
	text string // what is wrong and how to cure it
}

func (e *configError) Error() string {
	var b strings.Builder
	for i, f := range e.faults {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(e.path)
		if f.line > 0 {
			fmt.Fprintf(&b, ":%d", f.line)
		}
		b.WriteString(": ")
		if f.path != "" {
			b.WriteString(f.path + ": ")
		}
		b.WriteString(f.text)
	}
	return b.String()
}

// load reads a configuration file and reports everything that is wrong with it
// as a *configError. It does not accept a key that it does not know.
func load(path string) (Config, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return Config{}, fmt.Errorf("configuration: %w", err)
	}
	return parse(filepath.Base(path), data)
}

func parse(name string, data []byte) (Config, error) {
	var cfg Config
	var root yaml.Node
	if err := yaml.Unmarshal(data, &root); err != nil {
		return cfg, &configError{name, syntaxFaults(err)}
	}
	dec := yaml.NewDecoder(strings.NewReader(string(data)))
	dec.KnownFields(true)
	var faults []fault
	if err := dec.Decode(&cfg); err != nil && !errors.Is(err, io.EOF) {
		faults = syntaxFaults(err)
	}
	faults = append(faults, cfg.faults(&root)...)
	if len(faults) > 0 {
		slices.SortStableFunc(faults, func(a, b fault) int { return a.line - b.line })
		return cfg, &configError{name, faults}
	}
	return cfg, nil
}
