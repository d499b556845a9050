package llm

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"amtsbote/bots"
)

// A Kind is a way of talking to models.
type Kind string

const (
	OpenAI Kind = "openai" // and all that is compatible with it
	Azure  Kind = "azure"  // Azure OpenAI
)

// Config is a model in the configuration. Zero values stand for the defaults
// named here.
type Config struct {
	// Name is what people see ("Mistral Small") and how bots name the model.
	Name string `yaml:"name"`
	Kind Kind   `yaml:"kind"` // default openai
	// URL is where "/chat/completions" is appended, such as
	// "https://llm.musterstadt.example/v1"; of Azure
	// "https://NAME.openai.azure.com", or ending in "/openai/v1" for the way
	// without API version.
	URL        string      `yaml:"url"`
	Key        bots.Secret `yaml:"key"`         // in-house servers often have none
	Model      string      `yaml:"model"`       // the server's name for it
	Deployment string      `yaml:"deployment"`  // Azure's name for it
	APIVersion string      `yaml:"api_version"` // of Azure
	Place      string      `yaml:"place"`       // as people see it: "Rechenzentrum der Stadt"
	Class      bots.Class  `yaml:"class"`       // the highest it may see; default public
	// Pseudonymise is the highest it may see once personal data is replaced by
	// placeholders, as far as it is recognised; default: none beyond Class.
	Pseudonymise bots.Class `yaml:"pseudonymise"`
	Context      int        `yaml:"context"` // tokens of prompt and answer together, as the server runs it; default 8192
	// Thinking is how many of these a reasoning model may use for thoughts;
	// default 0, of OpenAI's reasoning models a quarter of the context.
	Thinking  int           `yaml:"thinking"`
	Slots     int           `yaml:"slots"`      // requests at once, others wait in line; default 64
	FirstByte time.Duration `yaml:"first_byte"` // until the first piece of text, and between keep-alives before it; default 90s
	Stall     time.Duration `yaml:"stall"`      // between two pieces of text; default 30s
	Timeout   time.Duration `yaml:"timeout"`    // for all of it; default 5m
	CA        string        `yaml:"ca"`         // file of the house's own authorities, PEM; the system's count as well
	Proxy     string        `yaml:"proxy"`      // URL, or "none"; default: as the environment says
	PlainHTTP bool          `yaml:"plain_http"` // allows http to another machine: whoever is on the line reads along
	// Embedding makes it a model that turns texts into vectors, for search; it is
	// never asked for an answer.
	Embedding bool `yaml:"embedding"`
	// Dimensions is how many numbers a vector has; default: as the model's first one.
	Dimensions int `yaml:"dimensions"`
	// QueryPrefix and PassagePrefix stand before what is embedded, where a model was
	// trained so ("query: " and "passage: " of the E5 family).
	QueryPrefix   string `yaml:"query_prefix"`
	PassagePrefix string `yaml:"passage_prefix"`

	// dial replaces the network in tests.
	dial func(ctx context.Context, network, addr string) (net.Conn, error)
}

const (
	defaultContext   = 8192
	minContext       = 1024
	minEmbedContext  = 256
	maxDimensions    = 16384
	defaultSlots     = 64
	defaultFirstByte = 90 * time.Second
	defaultStall     = 30 * time.Second
	defaultTimeout   = 5 * time.Minute
)

// defaults returns c with its defaults filled in.
func (c Config) defaults() Config {
	fill(&c.Kind, OpenAI)
	fill(&c.Class, bots.Public)
	fill(&c.Context, defaultContext)
	fill(&c.Slots, defaultSlots)
	fill(&c.FirstByte, defaultFirstByte)
	fill(&c.Stall, defaultStall)
	fill(&c.Timeout, defaultTimeout)
	return c
}

func fill[T comparable](v *T, def T) {
	var zero T
	if *v == zero {
		*v = def
	}
}

// azureV1 reports whether Azure's newer path is meant, which is like OpenAI's.
func (c Config) azureV1() bool {
	return c.Kind == Azure && strings.HasSuffix(strings.TrimRight(c.URL, "/"), "/openai/v1")
}

// model returns the server's name for the model.
func (c Config) model() string {
	if c.Deployment != "" {
		return c.Deployment
	}
	return c.Model
}

// Validate reports all that is wrong, joined, each beginning with the key that it
// is about. It looks at nothing but the configuration.
func (c Config) Validate() error {
	var errs []error
	bad := func(key, format string, args ...any) {
		errs = append(errs, fmt.Errorf(key+": "+format, args...))
	}
	if strings.TrimSpace(c.Name) == "" {
		bad("name", "missing; write what people see, such as Mistral Small")
	}
	if strings.TrimSpace(c.Place) == "" {
		bad("place", "missing; write where the model runs, as people see it, such as Rechenzentrum der Stadt")
	}
	switch c.Kind {
	case "", OpenAI:
		if c.Model == "" {
			bad("model", "missing; write the server's name for the model")
		}
		if c.Deployment != "" || c.APIVersion != "" {
			bad("kind", "deployment and api_version are for kind: azure")
		}
	case Azure:
		c.validateAzure(bad)
	default:
		bad("kind", "%q is not openai or azure", c.Kind)
	}
	c.validateURL(bad)
	c.validateNumbers(bad)
	if err := c.Key.Validate(); err != nil {
		bad("key", "%w", err)
	}
	if err := c.Class.Validate(); err != nil {
		bad("class", "%w", err)
	}
	if err := c.Pseudonymise.Validate(); err != nil {
		bad("pseudonymise", "%w", err)
	} else if class := c.defaults().Class; c.Pseudonymise != "" && class.MaySee(c.Pseudonymise) {
		bad("pseudonymise", "%s is no more than class: %s allows already; leave it out", c.Pseudonymise, class)
	}
	if _, err := url.Parse(c.Proxy); c.Proxy != "" && c.Proxy != "none" && (err != nil || !strings.Contains(c.Proxy, "://")) {
		bad("proxy", "not a URL such as http://proxy.musterstadt.example:3128, and not none")
	}
	if c.CA != "" {
		if _, err := authorities(c.CA); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

func (c Config) validateAzure(bad func(key, format string, args ...any)) {
	if c.Deployment == "" {
		bad("deployment", "missing; write Azure's name of the deployment")
	}
	if c.Key.IsZero() {
		bad("key", "missing; write env:NAME or file:/path of the key")
	}
	if c.APIVersion == "" && !c.azureV1() {
		bad("api_version", "missing; write one that the deployment knows, such as 2024-10-21, or let url end in /openai/v1")
	}
	if c.APIVersion != "" && c.azureV1() {
		bad("api_version", "not used by a url that ends in /openai/v1")
	}
}

func (c Config) validateURL(bad func(key, format string, args ...any)) {
	u, err := url.Parse(c.URL)
	switch {
	case c.URL == "":
		bad("url", "missing; write an address such as https://llm.musterstadt.example/v1")
	case err == nil && u.User != nil:
		bad("url", "has a user name or password in it; use key")
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
		bad("url", "%q is not an http or https URL", c.URL)
	case u.RawQuery != "" || u.Fragment != "":
		bad("url", "%q has a query; leave it out", c.URL)
	case strings.HasSuffix(strings.TrimRight(u.Path, "/"), "/completions"):
		bad("url", "%q has the last part of the path in it; leave out /chat/completions", c.URL)
	case u.Scheme == "http" && !c.PlainHTTP && !loopback(u.Hostname()):
		bad("url", "%q is not https: what people write would be readable on the way; use https, or set plain_http: true if the way is your own", c.URL)
	}
}

// loopback reports whether a host is this machine.
func loopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && addr.IsLoopback()
}

func (c Config) validateNumbers(bad func(key, format string, args ...any)) {
	least := minContext
	if c.Embedding && c.Pseudonymise != "" {
		bad("pseudonymise", "a model for vectors is given texts as they are; leave it out")
	}
	if c.Embedding {
		least = minEmbedContext
	}
	if c.Context != 0 && c.Context < least {
		bad("context", "%d is less than %d tokens", c.Context, least)
	}
	if c.Dimensions < 0 || c.Dimensions > maxDimensions {
		bad("dimensions", "%d is not between 1 and %d", c.Dimensions, maxDimensions)
	}
	if !c.Embedding && (c.Dimensions != 0 || c.QueryPrefix != "" || c.PassagePrefix != "") {
		bad("embedding", "dimensions, query_prefix and passage_prefix are for embedding: true")
	}
	if c.Thinking < 0 || c.Thinking > c.defaults().Context/2 {
		bad("thinking", "%d is not between 0 and half of context", c.Thinking)
	}
	if c.Slots < 0 {
		bad("slots", "%d is negative", c.Slots)
	}
	for _, t := range []struct {
		key string
		d   time.Duration
	}{{"first_byte", c.FirstByte}, {"stall", c.Stall}, {"timeout", c.Timeout}} {
		if t.d != 0 && t.d < time.Second {
			bad(t.key, "%v is less than 1s; write a number with a unit, such as 90s", t.d)
		}
	}
}

// Validate reports all that is wrong with a list of models, joined, each beginning
// with its path, such as "models[0].url".
func Validate(models []Config) error {
	var errs []error
	seen := map[string]int{}
	for i, c := range models {
		for _, err := range flatten(c.Validate()) {
			errs = append(errs, fmt.Errorf("models[%d].%w", i, err))
		}
		if j, ok := seen[c.Name]; ok && c.Name != "" {
			errs = append(errs, fmt.Errorf("models[%d].name: %q is the name of models[%d] already", i, c.Name, j))
		}
		seen[c.Name] = i
	}
	return errors.Join(errs...)
}

func flatten(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return joined.Unwrap()
	}
	if err == nil {
		return nil
	}
	return []error{err}
}
