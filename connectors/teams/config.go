package teams

import (
	"cmp"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"amtsbote/bots"
)

// Config is the part of the configuration for one bot in Microsoft Teams.
type Config struct {
	Name   string `yaml:"name"`   // default teams; the endpoint is at /NAME/messages of the daemon's address
	AppID  string `yaml:"app_id"` // of the app registration in Entra ID, a GUID
	Tenant string `yaml:"tenant"` // the authority's tenant, a GUID
	// Secret is a client secret of the app registration; Certificate, in its
	// place, a PEM file with a certificate that is registered there and its key.
	Secret      bots.Secret `yaml:"secret"`
	Certificate string      `yaml:"certificate"`
	// Cloud is where the tenant is: public (default), gcch, dod, or custom, which
	// takes all addresses from Endpoints.
	Cloud     string    `yaml:"cloud"`
	Endpoints Endpoints `yaml:"endpoints"`
	// Tenants lists further tenants whose conversations are answered.
	Tenants []string `yaml:"tenants"`
	// EntraTokens has requests accepted too that the tenant itself signs, as some
	// newer services of Microsoft do. Off unless Microsoft says that it is needed.
	EntraTokens bool `yaml:"entra_tokens"`
	// ServiceHosts and FileHosts list hosts beyond those of the cloud to which the
	// bot's token may go, and from which files are fetched. "*.example" is every
	// host below example.
	ServiceHosts []string `yaml:"service_hosts"`
	FileHosts    []string `yaml:"file_hosts"`
	// Graph says that the app may use Microsoft Graph: for catch-ups of channels
	// and group chats, and files in channels.
	Graph bool `yaml:"graph"`
	// Sensitivity is shown with every answer, such as "Nur für den Dienstgebrauch".
	Sensitivity Sensitivity `yaml:"sensitivity"`
	// MaxAge is how old a message may be to be answered; default 24h.
	MaxAge time.Duration `yaml:"max_age"`
	// Website, Privacy and Terms are pages of the authority's that Teams shows with
	// the app (amtsbote teams manifest), https; default of Terms is Website.
	Website string `yaml:"website"`
	Privacy string `yaml:"privacy"`
	Terms   string `yaml:"terms"`

	// Profile is the bot's, Allows says who may use it. They are set by the program.
	Profile bots.Profile      `yaml:"-"`
	Allows  func(string) bool `yaml:"-"`
}

// Endpoints are the addresses of a cloud. http is allowed to this machine only.
type Endpoints struct {
	Login    string `yaml:"login"`    // of Entra ID, such as https://login.microsoftonline.com
	Metadata string `yaml:"metadata"` // OpenID configuration of the Bot Connector
	Issuer   string `yaml:"issuer"`   // of the Bot Connector's tokens
	Scope    string `yaml:"scope"`    // of the bot's own token
	Graph    string `yaml:"graph"`    // such as https://graph.microsoft.com
}

// A Sensitivity is a label that Teams shows with an answer.
type Sensitivity struct {
	Name        string `yaml:"name"`
	Description string `yaml:"description"`
}

const (
	defaultName   = "teams"
	defaultMaxAge = 24 * time.Hour
	maxAddress    = 2048 // bytes of a page's address in the app package
)

// A cloud is where a tenant can be. The addresses are Microsoft's own:
// https://learn.microsoft.com/azure/bot-service/how-to-deploy-gov-cloud-high and
// .../rest-api/bot-framework-rest-connector-authentication.
type cloud struct {
	Endpoints
	services, files []string
}

var clouds = map[string]cloud{
	"public": {
		Endpoints{"https://login.microsoftonline.com", "https://login.botframework.com/v1/.well-known/openidconfiguration",
			"https://api.botframework.com", "https://api.botframework.com/.default", "https://graph.microsoft.com"},
		[]string{"smba.trafficmanager.net", "*.smba.trafficmanager.net"}, []string{"*.sharepoint.com"}},
	"gcch": {
		Endpoints{"https://login.microsoftonline.us", "https://login.botframework.azure.us/v1/.well-known/openidconfiguration",
			"https://api.botframework.us", "https://api.botframework.us/.default", "https://graph.microsoft.us"},
		[]string{"smba.infra.gov.teams.microsoft.us"}, []string{"*.sharepoint.us"}},
	"dod": {
		Endpoints{"https://login.microsoftonline.us", "https://login.botframework.azure.us/v1/.well-known/openidconfiguration",
			"https://api.botframework.us", "https://api.botframework.us/.default", "https://dod-graph.microsoft.us"},
		[]string{"smba.infra.dod.teams.microsoft.us"}, []string{"*.sharepoint-mil.us"}},
	"custom": {},
}

var (
	nameRE = regexp.MustCompile(`^[a-z][a-z0-9-]{0,30}$`)
	guidRE = regexp.MustCompile(`^(?i)[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
	hostRE = regexp.MustCompile(`^(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)+$`)
)

// Validate reports everything that is wrong with c, each with its key.
func (c Config) Validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if c.Name != "" && !nameRE.MatchString(c.Name) {
		bad("name: %q is not made of up to 31 small letters, digits and -, such as teams", c.Name)
	}
	if !guidRE.MatchString(c.AppID) {
		bad("app_id: %q is not the application ID of an app registration, such as 6f1c1c1e-0000-4000-8000-000000000001", c.AppID)
	}
	if !guidRE.MatchString(c.Tenant) {
		bad("tenant: %q is not the ID of a tenant, such as 72f988bf-0000-4000-8000-000000000001", c.Tenant)
	}
	for i, t := range c.Tenants {
		if !guidRE.MatchString(t) {
			bad("tenants[%d]: %q is not the ID of a tenant", i, t)
		}
	}
	errs = append(errs, c.validateLogin()...)
	errs = append(errs, c.validateCloud()...)
	if c.MaxAge < 0 || c.MaxAge > 30*24*time.Hour {
		bad("max_age: %v is not between 0 and 720h", c.MaxAge)
	}
	for _, p := range []struct{ key, value string }{{"website", c.Website}, {"privacy", c.Privacy}, {"terms", c.Terms}} {
		if u, err := url.Parse(p.value); p.value != "" && (err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil || len(p.value) > maxAddress) {
			bad("%s: %q is not the https address of a page", p.key, p.value)
		}
	}
	if c.Sensitivity.Name == "" && c.Sensitivity.Description != "" {
		bad("sensitivity.name: missing")
	}
	if len(c.Sensitivity.Name) > 100 || len(c.Sensitivity.Description) > 500 {
		bad("sensitivity: name over 100 bytes, or description over 500")
	}
	return errors.Join(errs...)
}

// validateLogin checks what the bot proves itself with.
func (c Config) validateLogin() (errs []error) {
	if err := c.Secret.Validate(); err != nil {
		return []error{fmt.Errorf("secret: %w", err)}
	}
	secret := c.Secret.Reveal() != ""
	switch {
	case secret && c.Certificate != "":
		errs = append(errs, errors.New("certificate: there is a secret too; one of them is enough"))
	case !secret && c.Certificate == "":
		errs = append(errs, errors.New("secret: missing; it is made in the app registration, or name a certificate"))
	case c.Certificate != "":
		if _, err := tls.LoadX509KeyPair(c.Certificate, c.Certificate); err != nil {
			errs = append(errs, fmt.Errorf("certificate: %w", err))
		}
	}
	return errs
}

// validateCloud checks the addresses.
func (c Config) validateCloud() (errs []error) {
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if _, ok := clouds[cmp.Or(c.Cloud, "public")]; !ok {
		bad("cloud: %q is none of public, gcch, dod, custom", c.Cloud)
		return errs
	}
	e := c.filled().Endpoints
	for _, a := range []struct{ key, value string }{{"login", e.Login}, {"metadata", e.Metadata}, {"graph", e.Graph}} {
		if a.key == "graph" && a.value == "" && !c.Graph {
			continue
		}
		if u, err := url.Parse(a.value); err != nil || !secure(u) || u.RawQuery != "" || u.Fragment != "" {
			bad("endpoints.%s: %q is not an https address", a.key, a.value)
		}
	}
	if e.Issuer == "" {
		bad("endpoints.issuer: missing")
	}
	if e.Scope == "" {
		bad("endpoints.scope: missing")
	}
	for key, hosts := range map[string][]string{"service_hosts": c.ServiceHosts, "file_hosts": c.FileHosts} {
		for i, h := range hosts {
			if !hostRE.MatchString(h) {
				bad("%s[%d]: %q is not a host, such as smba.trafficmanager.net or *.sharepoint.com", key, i, h)
			}
		}
	}
	return errs
}

// secure reports whether an address is of https, or of this machine. One with a
// user in it is neither.
func secure(u *url.URL) bool {
	if u.User != nil || u.Hostname() == "" {
		return false
	}
	return u.Scheme == "https" || u.Scheme == "http" && loopback(u.Hostname())
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// filled returns the configuration with its defaults.
func (c Config) filled() Config {
	own := clouds[cmp.Or(c.Cloud, "public")]
	c.Name = cmp.Or(c.Name, defaultName)
	c.MaxAge = cmp.Or(c.MaxAge, defaultMaxAge)
	c.AppID, c.Tenant = strings.ToLower(c.AppID), strings.ToLower(c.Tenant)
	c.Endpoints = Endpoints{
		Login:    strings.TrimSuffix(cmp.Or(c.Endpoints.Login, own.Login), "/"),
		Metadata: cmp.Or(c.Endpoints.Metadata, own.Metadata),
		Issuer:   cmp.Or(c.Endpoints.Issuer, own.Issuer),
		Scope:    cmp.Or(c.Endpoints.Scope, own.Scope),
		Graph:    strings.TrimSuffix(cmp.Or(c.Endpoints.Graph, own.Graph), "/"),
	}
	c.ServiceHosts = slices.Concat(own.services, c.ServiceHosts)
	c.FileHosts = slices.Concat(own.files, c.FileHosts)
	if c.Allows == nil {
		c.Allows = func(string) bool { return false }
	}
	return c
}

// ours reports whether the conversations of a tenant are answered.
func (c Config) ours(tenant string) bool {
	return tenant != "" && (strings.EqualFold(tenant, c.Tenant) || slices.ContainsFunc(c.Tenants, func(t string) bool { return strings.EqualFold(t, tenant) }))
}

// listed reports whether the host of an address is on a list. This machine counts
// in a custom cloud only.
func (c Config) listed(u *url.URL, hosts []string) bool {
	if !secure(u) {
		return false
	}
	host := strings.ToLower(u.Hostname())
	if loopback(host) {
		return c.Cloud == "custom"
	}
	return u.Port() == "" && slices.ContainsFunc(hosts, func(h string) bool {
		if below, ok := strings.CutPrefix(h, "*."); ok {
			return strings.HasSuffix(host, "."+below)
		}
		return host == h
	})
}
