package teams

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"amtsbote/bots"
)

const (
	keyAccount = "account/" // hash of the account ID → who that is. Keys are not sealed: they name nobody.
	knownFor   = 24 * time.Hour
	// personFor is how long it is known who somebody was: a catch-up asks for it.
	personFor = 30 * 24 * time.Hour
)

// An account is what is kept of a person: what access and rosters need.
type account struct {
	Object string // ID in Entra ID
	ID     string // "29:…"
}

// person returns as whom the author of a message passes the gate: by the user
// principal name, which looks like a mail address, so that access.allow serves all
// connectors alike. Of a guest's, which is in the tenant's own domain, the domain is
// changed to guests.DOMAIN: no domain that is listed lets guests in. Who has no such
// name, or is not in the roster any more, is OBJECT@TENANT.
func (c *Connector) person(ctx context.Context, s bots.State, r ref) (string, error) {
	key := keyAccount + hash(r.Person)
	known, err := s.Get(ctx, key)
	if err != nil {
		return "", err
	}
	if known != nil {
		return string(known), nil
	}
	m, err := c.api.member(ctx, r, r.Person)
	if gone, ok := errors.AsType[*apiError](err); ok && (gone.Status == http.StatusNotFound || gone.Status == http.StatusForbidden) {
		return unnamed(r.Person, r.Tenant), nil
	}
	if err != nil {
		return "", fmt.Errorf("teams: who wrote: %w", err)
	}
	name := c.nameOf(m, r)
	kept := record(account{m.ObjectID, r.Person})
	if err := s.Put(ctx, map[string][]byte{key: []byte(name)}, knownFor); err != nil {
		return "", err
	}
	return name, s.Put(ctx, map[string][]byte{keyPerson + hash(name): kept}, personFor)
}

// nameOf returns the name of a member. One of another tenant whose name looks like
// one of ours is not taken at their word.
func (c *Connector) nameOf(m member, r ref) string {
	name := strings.ToLower(m.UPN)
	foreign := m.Tenant != "" && !c.cfg.ours(m.Tenant)
	guest := m.Role != "" && m.Role != "user"
	if len(name) > 320 || strings.Count(name, "@") != 1 || strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r == 0x7f }) || foreign {
		return unnamed(m.ObjectID, r.Tenant)
	}
	if guest || strings.Contains(name, "#ext#") {
		return strings.Replace(name, "@", "@guests.", 1)
	}
	return name
}

func unnamed(id, tenant string) string {
	return strings.NewReplacer("@", "_", " ", "_").Replace(strings.ToLower(id)) + "@" + strings.ToLower(tenant)
}
