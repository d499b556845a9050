package teams

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"amtsbote/bots"
)

const (
	keyAccount = "account/" // hash of tenant and account ID → who that is. Keys are not sealed: they name nobody.
	knownFor   = 24 * time.Hour
	keySalt    = "salt"
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
// name, or is not in the roster any more, is OBJECT@TENANT, or with the account's ID
// in place of the object's.
func (c *Connector) person(ctx context.Context, s bots.State, r ref) (string, error) {
	known, err := c.knownPerson(ctx, s, r)
	if err != nil || known != "" {
		return known, err
	}
	m, err := c.api.member(ctx, r, r.Person)
	if nobody(err) {
		return unnamed(r.Person, r.Tenant), nil
	}
	if err != nil {
		return "", fmt.Errorf("teams: who wrote: %w", err)
	}
	name := c.nameOf(m, r)
	key, err := c.personKey(ctx, s, name)
	if err != nil {
		return "", err
	}
	if err := s.Put(ctx, map[string][]byte{key: encode(account{m.ObjectID, r.Person})}, personFor); err != nil {
		return "", err
	}
	return name, s.Put(ctx, map[string][]byte{r.account(): []byte(name)}, knownFor)
}

// personKey returns the key of who has a name. Keys are not sealed, and names can be
// guessed: with a secret in the digest, which is sealed, guessing does not tell
// who has used the bot.
func (c *Connector) personKey(ctx context.Context, s bots.State, name string) (string, error) {
	c.salt.Lock()
	defer c.salt.Unlock()
	salt, err := s.Get(ctx, keySalt)
	if err == nil && salt == nil {
		salt = make([]byte, sha256.Size)
		_, _ = rand.Read(salt) // never fails
		err = s.Put(ctx, map[string][]byte{keySalt: salt}, 0)
	}
	if err != nil {
		return "", fmt.Errorf("teams: who that is: %w", err)
	}
	mac := hmac.New(sha256.New, salt)
	mac.Write([]byte(strings.ToLower(name)))
	return keyPerson + hex.EncodeToString(mac.Sum(nil)[:16]), nil
}

// knownPerson returns what person has found out within the last day; "" if nothing.
func (c *Connector) knownPerson(ctx context.Context, s bots.State, r ref) (string, error) {
	known, err := s.Get(ctx, r.account())
	if err != nil {
		return "", fmt.Errorf("teams: who wrote: %w", err)
	}
	return string(known), nil
}

// account returns the key of who r.Person is: in another tenant perhaps a guest.
func (r ref) account() string {
	return keyAccount + hash(strings.ToLower(r.Tenant)+"\x00"+r.Person)
}

// nobody reports whether the answer about a person is final, and names nobody.
func nobody(err error) bool {
	if _, ok := errors.AsType[*bots.Refusal](err); ok {
		return true // it cannot be asked, as the address is not listed any more
	}
	said, ok := errors.AsType[*apiError](err)
	return ok && (said.Status == http.StatusNotFound || said.Status == http.StatusForbidden || said.Status == http.StatusBadRequest)
}

// nameOf returns the name of a member. One of another tenant whose name looks like
// one of ours is not taken at their word.
func (c *Connector) nameOf(m member, r ref) string {
	name := strings.ToLower(m.UPN)
	if len(name) > 320 || strings.Count(name, "@") != 1 || strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r == 0x7f }) || c.foreign(m) {
		return unnamed(cmp.Or(m.ObjectID, r.Person), r.Tenant)
	}
	if m.guest() || strings.Contains(name, "#ext#") {
		return strings.Replace(name, "@", "@guests.", 1)
	}
	return name
}

// guest reports whether a member is none of the tenant's own people.
func (m member) guest() bool { return m.Role != "" && m.Role != "user" }

// foreign reports whether a member is of a tenant that is not ours.
func (c *Connector) foreign(m member) bool { return m.Tenant != "" && !c.cfg.ours(m.Tenant) }

func unnamed(id, tenant string) string {
	return strings.NewReplacer("@", "_", " ", "_").Replace(strings.ToLower(id)) + "@" + strings.ToLower(tenant)
}
