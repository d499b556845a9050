package teams

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"amtsbote/connectors/teams/teamstest"
)

// bubbled returns the keys of a cloud, to be used within synctest: no goroutine of
// the client stays.
func bubbled(cloud *teamstest.Cloud, log *slog.Logger) *keySet {
	return &keySet{metadata: cloud.Metadata(), local: true, client: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}, log: log}
}

func wantKey(t *testing.T, s *keySet, kid string, want error) {
	t.Helper()
	k, err := s.get(t.Context(), kid)
	if !errors.Is(err, want) || (err == nil) != (k.public != nil) {
		t.Errorf("key %s: %v, want %v", kid, err, want)
	}
}

// A stranger who makes up keys has nobody asked for them but once an hour, and
// nobody else notices.
func TestKeysFlood(t *testing.T) {
	cloud := teamstest.Start(t)
	synctest.Test(t, func(t *testing.T) {
		s := bubbled(cloud, noLog)
		flood := func() {
			var all sync.WaitGroup
			for i := range 1000 {
				all.Go(func() {
					if _, err := s.get(t.Context(), fmt.Sprintf("made-up-%d", i)); !errors.Is(err, errToken) {
						t.Error(err)
					}
				})
			}
			all.Wait()
			wantKey(t, s, "teams-1", nil)
		}
		flood()
		if n := cloud.KeyRequests(); n != 1 {
			t.Errorf("%d requests at first", n)
		}
		time.Sleep(time.Minute)
		flood()
		flood()
		if n := cloud.KeyRequests(); n != 2 {
			t.Errorf("%d requests for made-up keys", n)
		}
		for range 10 {
			time.Sleep(359 * time.Second)
			flood()
		}
		if n := cloud.KeyRequests(); n != 2 {
			t.Errorf("%d requests within an hour", n)
		}
		time.Sleep(11 * time.Second)
		flood()
		if n := cloud.KeyRequests(); n != 3 {
			t.Errorf("%d requests after an hour", n)
		}
	})
}

func TestKeysRotation(t *testing.T) {
	cloud := teamstest.Start(t)
	old, next := teamstest.NewKey("old", "msteams"), teamstest.NewKey("next", "msteams")
	synctest.Test(t, func(t *testing.T) {
		cloud.SetKeys(old)
		s := bubbled(cloud, noLog)
		wantKey(t, s, "old", nil)
		wantKey(t, s, "next", errToken)
		cloud.SetKeys(next, old)
		wantKey(t, s, "next", errToken) // just asked
		time.Sleep(keysPause)
		// Whoever comes while they are renewed gets the new key too.
		var all sync.WaitGroup
		for range 50 {
			all.Go(func() { wantKey(t, s, "next", nil) })
		}
		all.Wait()
		wantKey(t, s, "old", nil)
		if n := cloud.KeyRequests(); n != 2 {
			t.Errorf("%d requests", n)
		}
		// A key that was withdrawn counts for a day, if nothing else asks for keys.
		cloud.SetKeys(next)
		time.Sleep(keysEarly - time.Second)
		wantKey(t, s, "old", nil)
		if n := cloud.KeyRequests(); n != 2 {
			t.Errorf("%d requests", n)
		}
		time.Sleep(time.Second)
		wantKey(t, s, "old", nil) // renewed in the background
		time.Sleep(time.Second)
		wantKey(t, s, "old", errToken)
		if n := cloud.KeyRequests(); n != 3 {
			t.Errorf("%d requests", n)
		}
		time.Sleep(keysFresh)
		cloud.SetKeys(old)
		wantKey(t, s, "next", errToken) // renewed first
	})
}

func TestKeysOutage(t *testing.T) {
	cloud := teamstest.Start(t)
	var log bytes.Buffer
	synctest.Test(t, func(t *testing.T) {
		s := bubbled(cloud, slog.New(slog.NewTextHandler(&log, nil)))
		cloud.IssuerDown(true)
		wantKey(t, s, "teams-1", errKeys)
		cloud.IssuerDown(false)
		wantKey(t, s, "teams-1", errKeys) // not asked at each attempt
		if n := cloud.KeyRequests(); n != 1 {
			t.Errorf("%d requests", n)
		}
		time.Sleep(keysPause)
		wantKey(t, s, "teams-1", nil)
		cloud.IssuerDown(true)
		for age := time.Duration(0); age < keysLast-time.Hour; age += time.Hour {
			wantKey(t, s, "teams-1", nil)
			time.Sleep(time.Hour)
		}
		time.Sleep(time.Hour - time.Second)
		wantKey(t, s, "teams-1", nil)
		wantKey(t, s, "other", errKeys) // who knows
		time.Sleep(keysPause)
		wantKey(t, s, "teams-1", errKeys)
		cloud.IssuerDown(false)
		time.Sleep(keysPause)
		wantKey(t, s, "teams-1", nil)
		wantKey(t, s, "other", errToken)
	})
	if n := strings.Count(log.String(), "cannot be fetched"); n != 2 {
		t.Errorf("%d warnings for two outages:\n%s", n, &log)
	}
	if strings.Contains(log.String(), cloud.URL) {
		t.Errorf("address in the log:\n%s", &log)
	}
}

// jwk is a key as on the key endpoint.
func jwk(kid string, n *big.Int, changes map[string]any) map[string]any {
	m := map[string]any{"kty": "RSA", "use": "sig", "kid": kid, "n": base64.RawURLEncoding.EncodeToString(n.Bytes()), "e": "AQAB", "endorsements": []string{"msteams"}}
	for name, value := range changes {
		if m[name] = value; value == nil {
			delete(m, name)
		}
	}
	return m
}

func jwks(t testing.TB, keys ...any) []byte {
	b, err := json.Marshal(map[string]any{"keys": keys})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func answer(status int, body []byte) *http.Response {
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(body))}
}

// Nobody waits longer than they must for an endpoint that does not answer.
func TestKeysHang(t *testing.T) {
	doc := jwks(t, jwk("k", tokenKeys()[0].Private.N, nil))
	synctest.Test(t, func(t *testing.T) {
		var requests, hangs atomic.Int64
		hang := true
		s := &keySet{address: "https://keys.example", log: noLog, client: &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			requests.Add(1)
			if hang {
				hangs.Add(1)
				defer hangs.Add(-1)
				<-r.Context().Done()
				return nil, r.Context().Err()
			}
			return answer(http.StatusOK, doc), nil
		})}}
		took := func(want time.Duration, ask func()) {
			t.Helper()
			begin := time.Now()
			if ask(); time.Since(begin) != want {
				t.Errorf("took %v, want %v", time.Since(begin), want)
			}
		}
		took(keysTimeout, func() { wantKey(t, s, "k", errKeys) })
		took(0, func() { wantKey(t, s, "k", errKeys) })
		time.Sleep(keysPause)
		// A request that ends does not end the renewal that others wait for.
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := s.get(ctx, "k"); !errors.Is(err, errKeys) || !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		if hangs.Load() != 1 {
			t.Error("the renewal has ended")
		}
		took(keysTimeout-time.Second, func() { wantKey(t, s, "k", errKeys) })
		if n := requests.Load(); n != 2 {
			t.Errorf("%d requests", n)
		}
		time.Sleep(keysPause)
		hang = false
		wantKey(t, s, "k", nil)
		hang = true
		time.Sleep(keysEarly)
		took(0, func() { wantKey(t, s, "k", nil) })
		if synctest.Wait(); hangs.Load() != 1 {
			t.Error("not renewed in the background")
		}
		time.Sleep(keysFresh - keysEarly)
		took(keysGrace, func() { wantKey(t, s, "k", nil) })
		time.Sleep(keysTimeout - keysGrace)
		took(0, func() { wantKey(t, s, "k", nil) })
		took(0, func() { wantKey(t, s, "other", errKeys) })
		time.Sleep(keysLast)
	})
}

// What the endpoint may not answer. The keys that are there stay.
func TestKeysHostile(t *testing.T) {
	n := tokenKeys()[0].Private.N
	right := jwks(t, jwk("k", n, nil))
	many := []any{}
	for i := range maxKeys + 1 {
		many = append(many, jwk(fmt.Sprint(i), n, nil))
	}
	var mu sync.Mutex
	var metadata, keys http.HandlerFunc
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if r.URL.Path == "/metadata" {
			metadata(w, r)
			return
		}
		keys(w, r)
	}))
	defer srv.Close()
	send := func(body []byte) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { w.Write(body) }
	}
	uri := func(s string) http.HandlerFunc {
		b, _ := json.Marshal(map[string]string{"jwks_uri": s})
		return send(b)
	}
	for name, c := range map[string]struct{ metadata, keys http.HandlerFunc }{
		"metadata not JSON":     {send([]byte("<html>")), nil},
		"metadata without keys": {send([]byte("{}")), nil},
		"metadata too long":     {send(bytes.Repeat([]byte(" "), maxKeyBody+1)), nil},
		"metadata away":         {http.NotFound, nil},
		"metadata moved":        {http.RedirectHandler(srv.URL+"/keys", http.StatusFound).ServeHTTP, nil},
		"jwks_uri a number":     {send([]byte(`{"jwks_uri":1}`)), nil},
		"jwks_uri http":         {uri("http://keys.example/keys"), nil},
		"jwks_uri a file":       {uri("file:///etc/passwd"), nil},
		"jwks_uri a path":       {uri("/keys"), nil},
		"jwks_uri with a user":  {uri(strings.Replace(srv.URL, "//", "//geheim@", 1) + "/keys"), nil},
		"jwks_uri broken":       {uri("https://[::1"), nil},
		"keys not JSON":         {nil, send(right[:len(right)-1])},
		"keys a list":           {nil, send([]byte(`[]`))},
		"keys null":             {nil, send([]byte(`null`))},
		"keys none":             {nil, send([]byte(`{"keys":[]}`))},
		"keys too many":         {nil, send(jwks(t, many...))},
		"keys too long":         {nil, send(append(right, bytes.Repeat([]byte(" "), maxKeyBody)...))},
		"keys unusable":         {nil, send(jwks(t, jwk("k", big.NewInt(35), nil), 1, "x", nil))},
		"keys away":             {nil, http.NotFound},
		"keys moved":            {nil, http.RedirectHandler(srv.URL+"/other", http.StatusFound).ServeHTTP},
		"keys with an error": {nil, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusInternalServerError)
			w.Write(right)
		}},
		"metadata dropped": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, nil},
		"keys dropped":     {nil, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }},
		"keys cut": {nil, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100000")
			w.Write(right)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			set := func(m, k http.HandlerFunc) { mu.Lock(); metadata, keys = m, k; mu.Unlock() }
			s := &keySet{metadata: srv.URL + "/metadata", local: true, client: newClient(), log: noLog}
			set(uri(srv.URL+"/keys"), send(right))
			wantKey(t, s, "k", nil)
			if c.metadata == nil {
				c.metadata = uri(srv.URL + "/keys")
			}
			if c.keys == nil {
				c.keys = send(right)
			}
			set(c.metadata, c.keys)
			s.tried = time.Time{}
			err := s.renew()
			if !errors.Is(err, errKeys) || strings.Contains(err.Error(), srv.URL) || strings.Contains(err.Error(), "geheim") || len(err.Error()) > 200 {
				t.Errorf("renewed: %v", err)
			}
			wantKey(t, s, "k", nil)
		})
	}
	t.Run("jwks_uri on this machine", func(t *testing.T) {
		for _, address := range []string{srv.URL + "/keys", "https://127.0.0.1:1/", "https://localhost:1/"} {
			mu.Lock()
			metadata, keys = uri(address), send(right)
			mu.Unlock()
			s := &keySet{metadata: srv.URL + "/metadata", client: newClient(), log: noLog}
			if err := s.renew(); !errors.Is(err, errKeys) || !strings.Contains(err.Error(), "jwks_uri") {
				t.Error(err)
			}
		}
	})
}

func TestParseKeys(t *testing.T) {
	n := tokenKeys()[0].Private.N
	bits := func(b uint) *big.Int { x := new(big.Int).Lsh(big.NewInt(1), b-1); return x.SetBit(x, 0, 1) }
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		key    any
		usable bool
	}{
		"right":               {jwk("k", n, nil), true},
		"without use":         {jwk("k", n, map[string]any{"use": nil}), true},
		"RS256":               {jwk("k", n, map[string]any{"alg": "RS256"}), true},
		"no endorsements":     {jwk("k", n, map[string]any{"endorsements": nil}), true},
		"more members":        {jwk("k", n, map[string]any{"x5c": []string{"x"}, "issuer": "y"}), true},
		"exponent 3":          {jwk("k", n, map[string]any{"e": "Aw"}), true},
		"2,048 bits":          {jwk("k", bits(minModulus), nil), true},
		"8,192 bits":          {jwk("k", bits(maxModulus), nil), true},
		"zero before":         {jwk("k", n, map[string]any{"n": base64.RawURLEncoding.EncodeToString(append([]byte{0}, n.Bytes()...))}), true},
		"2,047 bits":          {jwk("k", bits(minModulus-1), nil), false},
		"8,193 bits":          {jwk("k", bits(maxModulus+1), nil), false},
		"1,024 bits":          {jwk("k", small.N, nil), false},
		"even modulus":        {jwk("k", new(big.Int).Add(n, big.NewInt(1)), nil), false},
		"no modulus":          {jwk("k", n, map[string]any{"n": nil}), false},
		"modulus not base64":  {jwk("k", n, map[string]any{"n": "***"}), false},
		"modulus a number":    {jwk("k", n, map[string]any{"n": 1}), false},
		"exponent 1":          {jwk("k", n, map[string]any{"e": "AQ"}), false},
		"exponent 2":          {jwk("k", n, map[string]any{"e": "Ag"}), false},
		"exponent 4":          {jwk("k", n, map[string]any{"e": "BA"}), false},
		"exponent of 72 bits": {jwk("k", n, map[string]any{"e": "AQAAAAAAAQAB"}), false}, // its lower 64 are 65537
		"exponent 0":          {jwk("k", n, map[string]any{"e": "AA"}), false},
		"no exponent":         {jwk("k", n, map[string]any{"e": nil}), false},
		"exponent of 32 bits": {jwk("k", n, map[string]any{"e": "_____w"}), false},
		"exponent of 40 bits": {jwk("k", n, map[string]any{"e": "AQAAAAE"}), false},
		"another type":        {jwk("k", n, map[string]any{"kty": "EC"}), false},
		"type in small":       {jwk("k", n, map[string]any{"kty": "rsa"}), false},
		"for encryption":      {jwk("k", n, map[string]any{"use": "enc"}), false},
		"RS512":               {jwk("k", n, map[string]any{"alg": "RS512"}), false},
		"no name":             {jwk("k", n, map[string]any{"kid": nil}), false},
		"name too long":       {jwk(strings.Repeat("k", maxKid+1), n, nil), false},
		"name with a space":   {jwk("k k", n, nil), false},
		"endorsements text":   {jwk("k", n, map[string]any{"endorsements": "msteams"}), false},
		"number":              {1, false},
		"null":                {nil, false},
	} {
		keys, err := parseKeys(jwks(t, c.key))
		if (err == nil) != c.usable || len(keys) == 1 != c.usable {
			t.Errorf("%s: %v", name, err)
		}
		// It does not take the others with it.
		if keys, err = parseKeys(jwks(t, c.key, jwk("other", n, nil))); err != nil || keys["other"].public == nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	keys, err := parseKeys(jwks(t, jwk("k", big.NewInt(35), nil), jwk("k", n, map[string]any{"endorsements": []string{"a"}}), jwk("k", bits(4096), nil)))
	if err != nil || keys["k"].public.N.Cmp(n) != 0 || keys["k"].endorsements[0] != "a" {
		t.Errorf("two of one name: %v %v", keys, err)
	}
}

func FuzzParseKeys(f *testing.F) {
	n := tokenKeys()[0].Private.N
	for _, changes := range []map[string]any{nil, {"e": "Aw"}, {"n": "AQAB"}, {"kty": "EC", "crv": "P-256"}, {"endorsements": nil}} {
		f.Add(jwks(f, jwk("k", n, changes)))
	}
	f.Add([]byte(`{"keys":[[[]]]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		keys, err := parseKeys(body)
		if (err == nil) != (len(keys) > 0) || len(keys) > maxKeys {
			t.Fatalf("%d keys, %v", len(keys), err)
		}
		for kid, k := range keys {
			if !usableKid(kid) || k.public.N.BitLen() < minModulus || k.public.N.BitLen() > maxModulus || k.public.E < 3 {
				t.Errorf("%q %v", kid, k.public)
			}
			if rsa.VerifyPKCS1v15(k.public, 0, []byte("x"), make([]byte, k.public.Size())) == nil {
				t.Error("a signature of zeros")
			}
		}
	})
}
