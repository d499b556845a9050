package draft

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"net/mail"
	"slices"
	"strings"

	"amtsbote/bots"
	"amtsbote/skills/letter"
)

// Config is the office's own part of briefs and drafts. Everything may be left
// out; a line without a value does not appear.
type Config struct {
	Signer    string        `yaml:"signer"`   // name below the closing: "Aylin Yılmaz"
	Contact   string        `yaml:"contact"`  // line below it: "Telefon 02345 67-890"
	By        string        `yaml:"by"`       // line above it: "Im Auftrag"
	Closing   string        `yaml:"closing"`  // default "Mit freundlichen Grüßen"; in English "Kind regards"
	Footer    []string      `yaml:"footer"`   // lines below the signature: "Stadt Musterstadt · Bürgerbüro · …"
	Prefix    string        `yaml:"prefix"`   // of subjects, without colon; default "AW", in English "Re"
	Address   string        `yaml:"address"`  // how drafts address people: "sie" (default) or "du"
	Language  string        `yaml:"language"` // of drafts: "" that of the letter where it is German or English, "de" or "en" always
	Style     string        `yaml:"style"`    // a sentence for the language model, such as "Kurze Sätze, keine Fachwörter."
	NoDraft   []string      `yaml:"no_draft"` // kinds of letters that get a brief but no draft; default bewerbung, personalrat, gericht, beihilfe; [] for none; einladung never gets one
	Own       []string      `yaml:"own"`      // the authority's addresses and domains, besides that of the mailbox or colleague
	Scanners  []string      `yaml:"scanners"` // addresses of copiers that mail scans
	Forms     []letter.Form `yaml:"forms"`    // web forms that write mails
	Objection Objection     `yaml:"objection"`
	// Mailboxes are what is different for one connector, by its name: a
	// functional mailbox with a signature of its own.
	Mailboxes map[string]Mailbox `yaml:"mailboxes"`
}

// A Mailbox replaces fields of a Config for one connector. A field left out stays
// as it is there.
type Mailbox struct {
	Signer   string   `yaml:"signer"`
	Contact  string   `yaml:"contact"`
	By       string   `yaml:"by"`
	Closing  string   `yaml:"closing"`
	Footer   []string `yaml:"footer"`
	Prefix   string   `yaml:"prefix"`
	Address  string   `yaml:"address"`
	Language string   `yaml:"language"`
	Style    string   `yaml:"style"`
	NoDraft  []string `yaml:"no_draft"`
}

// of returns c as it is for a connector.
func (c Config) of(connector string) Config {
	m, ok := c.Mailboxes[connector]
	if !ok {
		return c
	}
	set := func(to *string, s string) { *to = cmp.Or(s, *to) }
	set(&c.Signer, m.Signer)
	set(&c.Contact, m.Contact)
	set(&c.By, m.By)
	set(&c.Closing, m.Closing)
	set(&c.Prefix, m.Prefix)
	set(&c.Address, m.Address)
	set(&c.Language, m.Language)
	set(&c.Style, m.Style)
	if m.Footer != nil {
		c.Footer = m.Footer
	}
	if m.NoDraft != nil {
		c.NoDraft = m.NoDraft
	}
	return c
}

// Objection says what the law of the Land prescribes for terms, where that is
// not federal law.
type Objection struct {
	Days int    `yaml:"days"` // after posting on which a notice counts as received: 3 or 4; default by the Land
	Law  string `yaml:"law"`  // where that stands: "§ 41 Abs. 2 VwVfG NRW"
	None bool   `yaml:"none"` // the authority's decisions know no objection
}

// Validate returns everything that is wrong, joined, each with its key.
func (c Config) Validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	c.validateOffice(bad)
	for _, name := range slices.Sorted(maps.Keys(c.Mailboxes)) {
		m := Config{}
		m.Mailboxes = map[string]Mailbox{name: c.Mailboxes[name]}
		m.of(name).validateOffice(func(format string, args ...any) { bad("mailboxes."+name+"."+format, args...) })
	}
	if c.Objection.Days != 0 && c.Objection.Days != 3 && c.Objection.Days != 4 {
		bad("objection.days: %d is not 3 or 4", c.Objection.Days)
	}
	c.validateSources(bad)
	return errors.Join(errs...)
}

// validateOffice checks what a mailbox can have otherwise.
func (c Config) validateOffice(bad func(format string, args ...any)) {
	if c.Address != "" && c.Address != "sie" && c.Address != "du" {
		bad("address: %q is not sie or du", c.Address)
	}
	if c.Language != "" && c.Language != "de" && c.Language != "en" {
		bad("language: %q is not de or en; leave it out to follow the letter", c.Language)
	}
	for i, k := range c.NoDraft {
		if !slices.Contains(letter.Kinds, letter.Kind(k)) {
			bad("no_draft[%d]: %q is not a kind of letter; there are %s", i, k, kinds())
		}
	}
	for key, line := range map[string]string{"signer": c.Signer, "contact": c.Contact, "by": c.By, "closing": c.Closing, "prefix": c.Prefix, "footer": strings.Join(c.Footer, "")} {
		if strings.ContainsAny(line, "\r\n") {
			bad("%s: %q has a line break; use one entry a line", key, line)
		}
	}
}

// validateSources checks what says where letters come from.
func (c Config) validateSources(bad func(format string, args ...any)) {
	for i, f := range c.Forms {
		if _, err := mail.ParseAddress(f.From); err != nil {
			bad("forms[%d].from: %q is not an address", i, f.From)
		}
		for label, meaning := range f.Fields {
			if !slices.Contains(meanings, meaning) {
				bad("forms[%d].fields.%s: %q is not one of %s", i, label, meaning, strings.Join(meanings, ", "))
			}
		}
	}
	for i, s := range c.Scanners {
		if _, err := mail.ParseAddress(s); err != nil {
			bad("scanners[%d]: %q is not an address", i, s)
		}
	}
	for i, s := range c.Own {
		if s == "" || strings.ContainsAny(s, " <>,;") || strings.HasSuffix(s, "@") {
			bad("own[%d]: %q is not an address or a domain", i, s)
		}
	}
}

var meanings = []string{"name", "first", "last", "salutation", "email", "subject", "message"}

func kinds() string {
	var names []string
	for _, k := range letter.Kinds {
		names = append(names, string(k))
	}
	return strings.Join(names, ", ")
}

// options says to package letter what is known of a mail.
func (c Config) options(t bots.Task) letter.Options {
	o := letter.Options{
		Sender: t.Message.Sender, Watched: t.Message.Watched, Own: c.Own, Forms: c.Forms, Scanners: c.Scanners, Zone: t.Bot.Zone,
		Law: letter.Law{Land: t.Bot.Land, Days: c.Objection.Days, Name: c.Objection.Law, NoObjection: c.Objection.None},
	}
	if t.Message.Watched {
		o.Received = t.Message.Time
	}
	return o
}
