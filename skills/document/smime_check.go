package document

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/smallstep/pkcs7"
)

// A Signature is what checking the S/MIME signature of a mail found. It is
// checked against the authorities that were configured and no others. Whether a
// certificate was revoked is not asked: the child has no network.
type Signature struct {
	State  SignatureState
	Name   string    `json:",omitempty"` // of the certificate
	Email  string    `json:",omitempty"` // that the certificate is for
	Issuer string    `json:",omitempty"` // of the certificate
	Until  time.Time // when the certificate ends or ended
}

// A SignatureState is what is to be thought of a signature.
type SignatureState string

const (
	SignatureValid       SignatureState = "valid"       // all of the mail's content, by the address in From, by a known authority
	SignatureChanged     SignatureState = "changed"     // the content is not what was signed
	SignatureOther       SignatureState = "other"       // the certificate is for another address than From
	SignatureExpired     SignatureState = "expired"     // the certificate or one above it has ended or not begun
	SignatureUnknown     SignatureState = "unknown"     // it does not lead to a configured authority, or is for other purposes
	SignaturePart        SignatureState = "part"        // only a part of the content is signed
	SignatureUnsupported SignatureState = "unsupported" // by a method that is not checked, or broken
)

// Text says it as a clause for a person.
func (s Signature) Text() Text {
	who, whoEN := s.Name, s.Name
	if s.Email != "" && s.Email != s.Name {
		who, whoEN = strings.TrimSpace(who+" <"+s.Email+">"), strings.TrimSpace(whoEN+" <"+s.Email+">")
	}
	switch s.State {
	case SignatureValid:
		return Text{fmt.Sprintf("Signatur gültig (%s; Aussteller: %s; ob das Zertifikat gesperrt wurde, ist nicht geprüft)", who, s.Issuer),
			fmt.Sprintf("signature valid (%s; issuer: %s; whether the certificate was revoked is not checked)", whoEN, s.Issuer)}
	case SignatureChanged:
		return Text{"Signatur UNGÜLTIG: Der Inhalt ist nicht der, der unterschrieben wurde", "signature INVALID: the content is not what was signed"}
	case SignatureOther:
		return Text{"Signatur UNGÜLTIG für diesen Absender: Das Zertifikat gehört " + who, "signature INVALID for this sender: the certificate belongs to " + whoEN}
	case SignatureExpired:
		return Text{fmt.Sprintf("Signatur NICHT bestätigt: Ein Zertifikat ist abgelaufen oder gilt noch nicht (%s, gültig bis %s)", who, s.Until.Format("02.01.2006")),
			fmt.Sprintf("signature NOT confirmed: a certificate has expired or is not valid yet (%s, valid until %s)", whoEN, s.Until.Format("2 January 2006"))}
	case SignatureUnknown:
		return Text{fmt.Sprintf("Signatur NICHT bestätigt: Der Aussteller „%s“ führt zu keiner der eingerichteten Zertifizierungsstellen", s.Issuer),
			fmt.Sprintf("signature NOT confirmed: the issuer “%s” leads to none of the configured authorities", s.Issuer)}
	case SignaturePart:
		return Text{"Signatur NICHT bestätigt: Nur ein Teil der Mail ist unterschrieben", "signature NOT confirmed: only a part of the mail is signed"}
	}
	return Text{"Signatur NICHT geprüft: Dieses Verfahren wird nicht unterstützt, oder sie ist beschädigt", "signature NOT checked: its method is not supported, or it is damaged"}
}

// check notes what is to be thought of a signature over content, which is nil
// where it stands in data itself. whole says that all the mail's content is in
// it. It returns the content that was checked.
func (m *mailReader) check(data, content []byte, whole bool) []byte {
	if m.p.trust == nil || m.mail.Signature != nil {
		return nil
	}
	from := ""
	if len(m.mail.From) == 1 {
		from = m.mail.From[0].Email
	}
	s, signed := checkCMS(data, content, from, m.p.trust, m.p.now)
	switch {
	case s.State != SignatureValid:
	case !whole:
		s.State = SignaturePart
	case from == "" || !strings.EqualFold(from, s.Email):
		s.State = SignatureOther
	}
	m.mail.Signature = &s
	return signed
}

const (
	maxCerts   = 20
	maxKeyBits = 8192
)

var (
	oidPSS          = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 10}
	oidEmailAddress = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 1}
)

// checkCMS checks a SignedData (RFC 5652) with one signer, as mail has it (RFC
// 8551). smallstep/pkcs7 reads the structure. Its own check was left: it knows no
// RSA-PSS, which German authorities prescribe, takes SHA-1, believes the time
// that the signer claims, and asks nothing of what the certificate is for.
func checkCMS(data, detached []byte, from string, trust *x509.CertPool, now time.Time) (s Signature, content []byte) {
	s.State = SignatureUnsupported
	if !soundBER(data) {
		return s, nil
	}
	p7, err := pkcs7.Parse(data)
	if err != nil || len(p7.Signers) != 1 || len(p7.Certificates) > maxCerts {
		return s, nil
	}
	cert := p7.GetOnlySigner()
	if cert == nil || !fitKey(cert) {
		return s, nil
	}
	s.Name, s.Issuer, s.Until = certName(cert.Subject), certName(cert.Issuer), cert.NotAfter
	for _, e := range certEmails(cert) {
		if s.Email == "" || strings.EqualFold(e, from) {
			s.Email = e
		}
	}
	switch err := checkContent(p7, cert, detached); {
	case errors.Is(err, errUnsupported):
		return s, nil
	case err != nil:
		s.State = SignatureChanged
		return s, nil
	}
	s.State = checkChain(cert, p7.Certificates, trust, now)
	return s, p7.Content
}

const (
	errUnsupported = plain("method of signing that is not checked")
	errChanged     = plain("content is not what was signed")
)

// checkContent checks the digest of the content and the signature over it.
func checkContent(p7 *pkcs7.PKCS7, cert *x509.Certificate, detached []byte) error {
	signer := p7.Signers[0]
	hash, method := signedBy(signer.DigestAlgorithm.Algorithm, cert)
	if method == x509.UnknownSignatureAlgorithm {
		return errUnsupported
	}
	var digest []byte
	var kind asn1.ObjectIdentifier
	if p7.UnmarshalSignedAttribute(pkcs7.OIDAttributeMessageDigest, &digest) != nil ||
		p7.UnmarshalSignedAttribute(pkcs7.OIDAttributeContentType, &kind) != nil || !kind.Equal(pkcs7.OIDData) {
		return errUnsupported
	}
	if detached != nil {
		if len(p7.Content) > 0 {
			return errUnsupported
		}
		// Signed was a mail with CRLF; a copy in a file may have lost them.
		p7.Content = detached
		if !bytes.Equal(hashOf(hash, detached), digest) {
			p7.Content = withCRLF(detached)
		}
	}
	if !bytes.Equal(hashOf(hash, p7.Content), digest) {
		return errChanged
	}
	signed, err := asn1.MarshalWithParams(signer.AuthenticatedAttributes, "set")
	if err != nil {
		return errUnsupported
	}
	if key, ok := cert.PublicKey.(*rsa.PublicKey); ok && signer.DigestEncryptionAlgorithm.Algorithm.Equal(oidPSS) {
		// x509 knows but one length of the salt; OpenSSL writes others.
		return rsa.VerifyPSS(key, hash, hashOf(hash, signed), signer.EncryptedDigest, nil)
	}
	return cert.CheckSignature(method, signed, signer.EncryptedDigest)
}

// signedBy returns the hash and the method of a signature: unknown are SHA-1 and
// MD5, which prove nothing any more, and keys that mail does not use.
func signedBy(digest asn1.ObjectIdentifier, cert *x509.Certificate) (crypto.Hash, x509.SignatureAlgorithm) {
	for _, m := range []struct {
		oid        asn1.ObjectIdentifier
		hash       crypto.Hash
		rsa, ecdsa x509.SignatureAlgorithm
	}{
		{pkcs7.OIDDigestAlgorithmSHA256, crypto.SHA256, x509.SHA256WithRSA, x509.ECDSAWithSHA256},
		{pkcs7.OIDDigestAlgorithmSHA384, crypto.SHA384, x509.SHA384WithRSA, x509.ECDSAWithSHA384},
		{pkcs7.OIDDigestAlgorithmSHA512, crypto.SHA512, x509.SHA512WithRSA, x509.ECDSAWithSHA512},
	} {
		switch {
		case !digest.Equal(m.oid):
		case cert.PublicKeyAlgorithm == x509.ECDSA:
			return m.hash, m.ecdsa
		case cert.PublicKeyAlgorithm == x509.RSA:
			return m.hash, m.rsa
		}
	}
	return 0, x509.UnknownSignatureAlgorithm
}

func hashOf(hash crypto.Hash, data []byte) []byte {
	h := hash.New()
	h.Write(data)
	return h.Sum(nil)
}

func withCRLF(data []byte) []byte {
	return bytes.ReplaceAll(bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n")), []byte("\n"), []byte("\r\n"))
}

// checkChain says whether a certificate leads to an authority. Only now counts:
// when a mail was signed says nobody but its signer.
func checkChain(cert *x509.Certificate, others []*x509.Certificate, trust *x509.CertPool, now time.Time) SignatureState {
	opt := x509.VerifyOptions{Roots: trust, Intermediates: x509.NewCertPool(), CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageEmailProtection}}
	for _, c := range others {
		if fitKey(c) {
			opt.Intermediates.AddCert(c)
		}
	}
	if cert.KeyUsage != 0 && cert.KeyUsage&(x509.KeyUsageDigitalSignature|x509.KeyUsageContentCommitment) == 0 {
		return SignatureUnknown
	}
	if _, err := cert.Verify(opt); err == nil {
		return SignatureValid
	}
	// Expired it is only if nothing but the time is wrong.
	for _, at := range []time.Time{cert.NotAfter, cert.NotBefore} {
		opt.CurrentTime = at
		if _, err := cert.Verify(opt); err == nil {
			return SignatureExpired
		}
	}
	return SignatureUnknown
}

// fitKey reports whether a key costs no more than keys do.
func fitKey(c *x509.Certificate) bool {
	key, ok := c.PublicKey.(*rsa.PublicKey)
	return !ok || key.N.BitLen() <= maxKeyBits
}

func certName(n pkix.Name) string {
	name := n.CommonName
	if name == "" && len(n.Organization) > 0 {
		name = n.Organization[0]
	}
	return cut(oneLine(name), 100)
}

// certEmails are the addresses that a certificate is for. The old place in the
// subject counts only where there is no new one (RFC 8550 3).
func certEmails(c *x509.Certificate) (emails []string) {
	for _, e := range c.EmailAddresses {
		emails = append(emails, cleanEmail(e))
	}
	if len(emails) > 0 {
		return emails
	}
	for _, a := range c.Subject.Names {
		if s, ok := a.Value.(string); ok && a.Type.Equal(oidEmailAddress) {
			emails = append(emails, cleanEmail(s))
		}
	}
	return emails
}

// soundBER reports whether values nest as they must and as certificates do, and
// are not too many: pkcs7 recurses without a bound, and reads again and again
// what reaches over the end of what it lies in.
func soundBER(data []byte) bool {
	left := 100_000
	n, ok := soundValue(data, 0, &left)
	return ok && n > 0
}

func soundValue(data []byte, depth int, left *int) (n int, ok bool) {
	if *left--; *left < 0 || depth > 40 || len(data) < 2 || data[0]&0x1f == 0x1f {
		return 0, false
	}
	size, head := int(data[1]), 2
	if size == 0x80 {
		return soundOpen(data, depth, left)
	}
	if size > 0x80 {
		head += size - 0x80
		if size > 0x84 || head > len(data) {
			return 0, false
		}
		size = 0
		for _, c := range data[2:head] {
			size = size<<8 | int(c)
		}
	}
	if size < 0 || size > len(data)-head {
		return 0, false
	}
	n = head + size
	for rest := data[head:n]; data[0]&0x20 != 0 && len(rest) > 0; {
		k, ok := soundValue(rest, depth+1, left)
		if !ok {
			return 0, false
		}
		rest = rest[k:]
	}
	return n, true
}

// soundOpen is soundValue for one that ends with two zeros.
func soundOpen(data []byte, depth int, left *int) (n int, ok bool) {
	if data[0]&0x20 == 0 {
		return 0, false
	}
	for n = 2; n+2 <= len(data); {
		if data[n] == 0 && data[n+1] == 0 {
			return n + 2, true
		}
		k, ok := soundValue(data[n:], depth+1, left)
		if !ok {
			return 0, false
		}
		n += k
	}
	return 0, false
}

// ParseCertificates returns the certificates of a PEM file, in DER, at least one.
func ParseCertificates(file []byte) (all [][]byte, err error) {
	for {
		var block *pem.Block
		if block, file = pem.Decode(file); block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			continue
		}
		if _, err := x509.ParseCertificate(block.Bytes); err != nil {
			return nil, fmt.Errorf("certificate %d: %w", len(all)+1, err)
		}
		all = append(all, block.Bytes)
	}
	if len(all) == 0 {
		return nil, errors.New("no certificate in PEM form")
	}
	return all, nil
}

// pool makes a pool of certificates that were parsed once.
func pool(all [][]byte) *x509.CertPool {
	if len(all) == 0 {
		return nil
	}
	p := x509.NewCertPool()
	for _, der := range all {
		if c, err := x509.ParseCertificate(der); err == nil {
			p.AddCert(c)
		}
	}
	return p
}
