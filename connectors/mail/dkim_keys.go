package mail

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"net"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	keyPatience = 5 * time.Second  // for an answer of DNS
	keyKeep     = 5 * time.Minute  // a key that was found is good for
	keyMissing  = time.Minute      // likewise that there is none
	keyRest     = 30 * time.Second // a domain whose servers do not answer is left alone
	maxKeys     = 1000
	minRSA      = 2048 // bits
)

// A resolver looks up TXT records. *net.Resolver is one.
type resolver interface {
	LookupTXT(ctx context.Context, name string) ([]string, error)
}

// A prover verifies signatures of the own domains and keeps their keys for a while.
// A domain whose servers do not answer costs each waiting mail nothing: it is
// asked again only after a rest.
type prover struct {
	dns   resolver
	own   []string
	now   func() time.Time
	start time.Time // of the program

	mu    sync.Mutex
	keys  map[string]foundKey  // by name
	rests map[string]time.Time // by domain: until when

	seen  sync.Mutex // of who looks whether a signature is new
	later later
}

type foundKey struct {
	txts  []string
	err   error
	until time.Time
}

func newProver(own []string, now func() time.Time) *prover {
	return &prover{dns: net.DefaultResolver, own: own, now: now, start: now(), keys: map[string]foundKey{}, rests: map[string]time.Time{}, later: later{count: -1}}
}

// A keyring looks up the keys for one mail.
type keyring struct {
	*prover
	ctx  context.Context
	sigs []signature

	mu  sync.Mutex
	why map[string]unproven // by name: what is wrong with the key
}

// whys returns what is wrong with keys, by name.
func (k *keyring) whys() map[string]unproven {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.why
}

// errNoKey is what go-msgauth is told of a key that does not count.
var errNoKey = errors.New("no key")

// lookup is called by go-msgauth, of several signatures at a time.
func (k *keyring) lookup(name string) ([]string, error) {
	name = strings.ToLower(name)
	i := slices.IndexFunc(k.sigs, func(s signature) bool { return s.domain != "" && s.why == "" && s.name() == name })
	if i < 0 {
		return nil, errNoKey // of another domain
	}
	txts, err := k.find(k.ctx, name, k.sigs[i].domain)
	if err != nil {
		return nil, err
	}
	if why := weak(txts, k.sigs[i]); why != "" {
		k.mu.Lock()
		defer k.mu.Unlock()
		if k.why == nil {
			k.why = map[string]unproven{}
		}
		k.why[name] = why
		return nil, errNoKey
	}
	return txts, nil
}

// errNoAnswer is a temporary error of DNS, as go-msgauth knows it.
var errNoAnswer = &net.DNSError{Err: "no answer", IsTemporary: true}

// find looks up a key. The error is errNoAnswer if it can be told later.
func (p *prover) find(ctx context.Context, name, domain string) ([]string, error) {
	now := p.now()
	p.mu.Lock()
	k, ok := p.keys[name]
	resting := now.Before(p.rests[domain])
	p.mu.Unlock()
	if ok && now.Before(k.until) {
		return k.txts, k.err
	}
	if resting {
		return nil, errNoAnswer
	}
	ctx, cancel := context.WithTimeout(ctx, keyPatience)
	defer cancel()
	// With a dot, lest the machine's search domains are tried too.
	txts, err := p.dns.LookupTXT(ctx, name+".")
	p.mu.Lock()
	defer p.mu.Unlock()
	if e, known := errors.AsType[*net.DNSError](err); err != nil && !(known && e.IsNotFound) {
		p.rests[domain] = p.now().Add(keyRest)
		return nil, errNoAnswer
	}
	k = foundKey{txts: txts, until: now.Add(keyKeep)}
	if err != nil || len(txts) == 0 {
		k.err, k.until = errNoKey, now.Add(keyMissing)
	}
	if len(p.keys) >= maxKeys { // made up by somebody
		clear(p.keys)
	}
	p.keys[name] = k
	return k.txts, k.err
}

// weak says why a key does not count that go-msgauth would take.
func weak(txts []string, s signature) unproven {
	if len(txts) != 1 {
		return "" // go-msgauth refuses that
	}
	tags := parseTags(txts[0])
	flags := strings.Split(tags["t"], ":")
	if contains(flags, "y") {
		return "the key is marked as a test (t=y)"
	}
	if contains(flags, "s") && s.identity != "" && domain(s.identity) != s.domain {
		return "the key is not for subdomains (t=s)"
	}
	if tags["k"] != "" && tags["k"] != "rsa" {
		return ""
	}
	der, err := base64.StdEncoding.DecodeString(tags["p"])
	if err != nil || len(der) == 0 {
		return ""
	}
	pub, err := x509.ParsePKIXPublicKey(der)
	if err != nil {
		pub, _ = x509.ParsePKCS1PublicKey(der)
	}
	if key, ok := pub.(*rsa.PublicKey); ok && key != nil && key.N.BitLen() < minRSA {
		return "the key has less than 2048 bits"
	}
	return ""
}
