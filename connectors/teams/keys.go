package teams

import (
	"context"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
)

const (
	maxKeyBody = 1 << 20 // bytes of a document with keys
	maxKeys    = 200
	maxKid     = 200 // bytes
	minModulus = 2048
	maxModulus = 8192 // bits: a signature of more would cost much to check

	keysEarly = 20 * time.Hour // old keys are renewed in the background
	keysFresh = 24 * time.Hour // older ones first, if that takes no longer than keysGrace
	keysGrace = 2 * time.Second
	// keysLast is how long keys are good for when they cannot be renewed: as long as
	// Microsoft's documentation lets them be kept (5 days within its SDK). Longer, and
	// a key that was withdrawn would count; shorter, and a weekend's outage of the
	// endpoint would silence the bot.
	keysLast = 5 * 24 * time.Hour

	keysAgain   = time.Hour        // between renewals for the sake of keys that are not known
	keysTimeout = 10 * time.Second // of a renewal; Teams waits 15 s for an answer
	keysPause   = keysTimeout      // after a renewal, whatever came of it; no less than its timeout
)

// A key checks signatures.
type key struct {
	public       *rsa.PublicKey
	endorsements []string
}

// A keySet is the keys of one issuer, fetched when they are needed first. However
// many requests need it, one renewal runs at a time, and it does not end with the
// request that began it. Requests with made-up keys cause at most one an hour.
type keySet struct {
	metadata string // address of a document that says in jwks_uri where the keys are
	address  string // of the keys, if there is no such document
	local    bool   // jwks_uri may be on this machine
	client   *http.Client
	log      *slog.Logger

	flight singleflight.Group

	mu      sync.Mutex
	keys    map[string]key // by kid
	fetched time.Time
	asked   time.Time // last renewal for the sake of an unknown key
	tried   time.Time // end of the last renewal
	failed  error     // what came of it
}

// get returns the key that a token names. The error is errToken if there is none,
// and errKeys if that cannot be said.
func (s *keySet) get(ctx context.Context, kid string) (key, error) {
	now := time.Now()
	s.mu.Lock()
	k, known, age := s.find(kid, now)
	worth := known || age >= keysLast || s.worthAsking(now)
	failed := s.failed
	s.mu.Unlock()
	switch {
	case !worth:
		return key{}, unknown(failed)
	case known && age < keysEarly:
		return k, nil
	case known && age < keysFresh:
		s.begin()
		return k, nil
	case known:
		grace, cancel := context.WithTimeout(ctx, keysGrace)
		defer cancel()
		if s.renewed(grace) != nil {
			return k, nil
		}
	default:
		if err := s.renewed(ctx); err != nil {
			return key{}, err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if k, known, _ = s.find(kid, now); !known {
		return key{}, unknown(nil)
	}
	return k, nil
}

// find returns a key and how old all are; keysLast or more: there are none.
func (s *keySet) find(kid string, now time.Time) (k key, known bool, age time.Duration) {
	age = now.Sub(s.fetched)
	if s.keys == nil || age >= keysLast {
		return key{}, false, keysLast
	}
	k, known = s.keys[kid]
	return k, known, age
}

// worthAsking reports whether keys may be renewed because one is not known, or that
// is just being done. It counts as done.
func (s *keySet) worthAsking(now time.Time) bool {
	switch {
	case now.Sub(s.tried) < keysPause:
		return false
	case now.Sub(s.asked) >= keysAgain:
		s.asked = now
		return true
	}
	return now.Sub(s.asked) <= keysTimeout
}

// unknown is the error of a key that is not there, although the last renewal
// failed or did not.
func unknown(failed error) error {
	if failed != nil {
		return failed
	}
	return refuse("unknown key")
}

// begin begins a renewal, unless one runs or has just run.
func (s *keySet) begin() <-chan singleflight.Result {
	return s.flight.DoChan("", func() (any, error) { return nil, s.renew() })
}

// renewed waits for a renewal.
func (s *keySet) renewed(ctx context.Context) error {
	select {
	case r := <-s.begin():
		return r.Err
	case <-ctx.Done():
		return fmt.Errorf("%w: %w", errKeys, ctx.Err())
	}
}

func (s *keySet) renew() error {
	s.mu.Lock()
	recent, failed := time.Since(s.tried) < keysPause, s.failed
	s.mu.Unlock()
	if recent {
		return failed
	}
	ctx, cancel := context.WithTimeout(context.Background(), keysTimeout)
	defer cancel()
	var keys map[string]key
	err := safely(func() (err error) { keys, err = s.fetch(ctx); return err }) // what a server sends ends no program
	if err != nil {
		err = fmt.Errorf("%w: %w", errKeys, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil && s.failed == nil { // once for each outage
		s.log.Warn("Keys to check tokens with cannot be fetched", "err", err)
	}
	s.tried, s.failed = time.Now(), err
	if err == nil {
		s.keys, s.fetched = keys, s.tried
	}
	return err
}

func (s *keySet) fetch(ctx context.Context) (map[string]key, error) {
	address := s.address
	if s.metadata != "" {
		body, err := s.load(ctx, s.metadata)
		if err != nil {
			return nil, err
		}
		var doc struct {
			Keys string `json:"jwks_uri"`
		}
		if json.Unmarshal(body, &doc) != nil {
			return nil, errors.New("metadata that cannot be read")
		}
		// On whatever host: who can write the metadata could as well write keys.
		u, err := url.Parse(doc.Keys)
		if err != nil || !secure(u) || loopback(u.Hostname()) && !s.local {
			return nil, errors.New("jwks_uri is not an https address")
		}
		address = doc.Keys
	}
	body, err := s.load(ctx, address)
	if err != nil {
		return nil, err
	}
	return parseKeys(body)
}

// load fetches a document. Its errors do not name the address, which a server may
// have chosen.
func (s *keySet) load(ctx context.Context, address string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, errors.New("not an address")
	}
	req.Header.Set("Accept", "application/json")
	resp, err := s.client.Do(req)
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err
	}
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("status %d", resp.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxKeyBody+1))
	if err != nil {
		return nil, err
	}
	if len(body) > maxKeyBody {
		return nil, errors.New("document of more than 1 MB")
	}
	return body, nil
}

// parseKeys reads a JWK Set (RFC 7517) with Microsoft's endorsements. Keys that are
// of no use here are left out; of two with the same kid, the first counts.
func parseKeys(body []byte) (map[string]key, error) {
	var doc struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if json.Unmarshal(body, &doc) != nil {
		return nil, errors.New("keys that cannot be read")
	}
	if len(doc.Keys) > maxKeys {
		return nil, fmt.Errorf("more than %d keys", maxKeys)
	}
	keys := map[string]key{}
	for _, raw := range doc.Keys {
		kid, k, ok := parseKey(raw)
		if _, twice := keys[kid]; ok && !twice {
			keys[kid] = k
		}
	}
	if len(keys) == 0 {
		return nil, errors.New("no usable key")
	}
	return keys, nil
}

// usableKid reports whether a key can have that name. Microsoft's are of ASCII, and
// its package for Node.js reads others wrongly.
func usableKid(kid string) bool {
	return kid != "" && len(kid) <= maxKid && !strings.ContainsFunc(kid, func(r rune) bool { return r <= ' ' || r > '~' })
}

// parseKey reads an RSA key (RFC 7518, 6.3.1) for signatures.
func parseKey(raw []byte) (kid string, k key, ok bool) {
	var j struct {
		Type         string   `json:"kty"`
		Use          string   `json:"use"`
		Algorithm    string   `json:"alg"`
		ID           string   `json:"kid"`
		N            string   `json:"n"`
		E            string   `json:"e"`
		Endorsements []string `json:"endorsements"`
	}
	if json.Unmarshal(raw, &j) != nil || j.Type != "RSA" || j.Use != "" && j.Use != "sig" || j.Algorithm != "" && j.Algorithm != "RS256" {
		return "", key{}, false
	}
	n, err := base64.RawURLEncoding.DecodeString(j.N)
	e, err2 := base64.RawURLEncoding.DecodeString(j.E)
	if err != nil || err2 != nil || !usableKid(j.ID) || len(e) > 4 {
		return "", key{}, false
	}
	modulus, exponent := new(big.Int).SetBytes(n), new(big.Int).SetBytes(e).Int64()
	if bits := modulus.BitLen(); bits < minModulus || bits > maxModulus || modulus.Bit(0) == 0 {
		return "", key{}, false
	}
	if exponent < 3 || exponent > 1<<31-1 || exponent%2 == 0 {
		return "", key{}, false
	}
	return j.ID, key{&rsa.PublicKey{N: modulus, E: int(exponent)}, j.Endorsements}, true
}
