package mail

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

// A dnsServer is a DNS server on this machine that knows TXT records.
type dnsServer struct {
	conn net.PacketConn

	mu     sync.Mutex
	txts   map[string][]string
	broken bool // SERVFAIL
	asked  []string
}

func newDNS(t testing.TB) *dnsServer {
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	s := &dnsServer{conn: conn, txts: map[string][]string{}}
	go s.serve()
	return s
}

func (s *dnsServer) set(fn func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	fn()
}

// resolver asks this server and no other.
func (s *dnsServer) resolver() *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", s.conn.LocalAddr().String())
	}}
}

func (s *dnsServer) serve() {
	b := make([]byte, 4096)
	for {
		n, from, err := s.conn.ReadFrom(b)
		if err != nil {
			return
		}
		var m dnsmessage.Message
		if m.Unpack(b[:n]) != nil || len(m.Questions) != 1 {
			continue
		}
		s.answer(&m)
		if out, err := m.Pack(); err == nil {
			s.conn.WriteTo(out, from)
		}
	}
}

func (s *dnsServer) answer(m *dnsmessage.Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q := m.Questions[0]
	name := strings.TrimSuffix(q.Name.String(), ".")
	s.asked = append(s.asked, name)
	m.Response, m.RecursionAvailable, m.Additionals = true, true, nil
	if s.broken {
		m.RCode = dnsmessage.RCodeServerFailure
		return
	}
	if len(s.txts[name]) == 0 {
		m.RCode = dnsmessage.RCodeNameError
	}
	for _, txt := range s.txts[name] {
		var parts []string
		for len(txt) > 255 {
			parts, txt = append(parts, txt[:255]), txt[255:]
		}
		m.Answers = append(m.Answers, dnsmessage.Resource{
			Header: dnsmessage.ResourceHeader{Name: q.Name, Class: dnsmessage.ClassINET, TTL: 60},
			Body:   &dnsmessage.TXTResource{TXT: append(parts, txt)},
		})
	}
}

// A signer signs by RFC 6376, relaxed and simple, and not by go-msgauth: so that a
// signature can be valid and yet be one that must not count.
type signer struct {
	key      crypto.Signer
	domain   string
	selector string
	fields   string // h=
	tags     string // more of them, such as "x=1;"
	length   int    // l=, of the body; 0: all
}

func (s signer) kind() string {
	if _, ok := s.key.(ed25519.PrivateKey); ok {
		return "ed25519"
	}
	return "rsa"
}

// record is the key as it stands in DNS.
func (s signer) record(more string) string {
	pub, _ := x509.MarshalPKIXPublicKey(s.key.Public())
	if raw, ok := s.key.Public().(ed25519.PublicKey); ok {
		pub = raw
	}
	return "v=DKIM1; k=" + s.kind() + "; " + more + "p=" + base64.StdEncoding.EncodeToString(pub)
}

func (s signer) sign(t testing.TB, mail []byte) []byte {
	t.Helper()
	head, body, ok := bytes.Cut(mail, []byte("\r\n\r\n"))
	if !ok {
		t.Fatal("no body")
	}
	signed := body
	length := ""
	if s.length > 0 {
		signed, length = body[:s.length], fmt.Sprintf(" l=%d;", s.length)
	}
	hash := sha256.Sum256(signed)
	field := fmt.Sprintf("DKIM-Signature: v=1; a=%s-sha256; c=relaxed/simple; d=%s; s=%s; h=%s;%s%s bh=%s; b=",
		s.kind(), s.domain, s.selector, s.fields, length, s.tags, base64.StdEncoding.EncodeToString(hash[:]))
	data := sha256.New()
	lines := strings.Split(string(head), "\r\n")
	for _, name := range strings.Split(s.fields, ":") {
		for i := len(lines) - 1; i >= 0; i-- {
			if key, value, _ := strings.Cut(lines[i], ":"); strings.EqualFold(key, name) {
				fmt.Fprintf(data, "%s:%s\r\n", strings.ToLower(key), strings.Join(strings.Fields(value), " "))
				lines[i] = ""
				break
			}
		}
	}
	_, value, _ := strings.Cut(field, ":")
	fmt.Fprintf(data, "dkim-signature:%s", strings.Join(strings.Fields(value), " "))
	hashed, how := data.Sum(nil), crypto.Hash(0)
	if s.kind() == "rsa" {
		how = crypto.SHA256
	}
	sig, err := s.key.Sign(rand.Reader, hashed, how)
	if err != nil {
		t.Fatal(err)
	}
	return append([]byte(field+base64.StdEncoding.EncodeToString(sig)+"\r\n"), mail...)
}

func newSigner(t testing.TB, dns *dnsServer, domain, selector string) signer {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	s := signer{key: key, domain: domain, selector: selector, fields: "from:to:subject:date:message-id"}
	dns.set(func() { dns.txts[selector+"._domainkey."+domain] = []string{s.record("")} })
	return s
}

func rsaKey(t testing.TB, bits int) *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	return key
}
