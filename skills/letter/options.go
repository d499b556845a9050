package letter

import (
	"strings"
	"time"

	"amtsbote/skills/document"
)

// Options say what is known of a mail beside the mail itself.
type Options struct {
	// Sender is the address of the colleague who forwarded the mail or dropped
	// it into a chat. A mail from this address is note and forward; a mail from
	// another one is itself the letter.
	Sender string
	// Watched says that the mail came straight to a functional mailbox.
	Watched bool
	// Own are the authority's addresses ("amt@stadt.example") and domains
	// ("stadt.example"), besides the domain of Sender. Whoever has one of them
	// is a colleague.
	Own      []string
	Forms    []Form
	Scanners []string       // addresses of copiers that mail scans
	Received time.Time      // when the mail came; zero: not known
	Zone     *time.Location // of the office; nil: UTC
	Law      Law
}

// A Form is a web form whose mails have the author in labelled fields.
type Form struct {
	From string `yaml:"from"` // the address that the form writes from
	// Fields maps labels of the form to what they mean: name, first, last,
	// salutation, email, subject, message. The usual German and English labels
	// are known and need no entry.
	Fields map[string]string `yaml:"fields"`
}

// Law is what the office's Land prescribes for terms, as far as it is configured.
type Law struct {
	Land string // "NW"; "" not configured
	// Days after posting on which a letter counts as received: 3 or 4; zero: by
	// the Land where it refers to federal law, else both are shown.
	Days int
	// Name of the rule that Days come from; "" has § 41 Abs. 2 VwVfG.
	Name string
	// NoObjection says that the authority's decisions know no Widerspruch.
	NoObjection bool
}

func (o Options) zone() *time.Location {
	if o.Zone == nil {
		return time.UTC
	}
	return o.Zone
}

// known reports whether it is known who the authority is.
func (o Options) known() bool {
	_, domain, ok := strings.Cut(o.Sender, "@")
	return len(o.Own) > 0 || ok && domain != "localhost"
}

// own reports whether an address belongs to the authority.
func (o Options) own(email string) bool {
	email = strings.ToLower(email)
	_, domain, ok := strings.Cut(email, "@")
	if !ok {
		return false
	}
	_, mine, _ := strings.Cut(strings.ToLower(o.Sender), "@")
	if domain == mine {
		return true
	}
	for _, own := range o.Own {
		own = strings.ToLower(strings.TrimPrefix(own, "@"))
		if email == own || domain == own || strings.HasSuffix(domain, "."+own) {
			return true
		}
	}
	return false
}

func (o Options) ownAny(as []document.Address) bool {
	return len(as) > 0 && o.own(as[0].Email)
}
