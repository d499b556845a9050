package document

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A smimeHouse is a certification authority and its people, made by openssl, and
// another authority that nobody knows.
type smimeHouse struct {
	dir   string
	trust *x509.CertPool
}

func (h smimeHouse) path(name string) string { return filepath.Join(h.dir, name) }

// openssl runs it in the folder of the house.
func (h smimeHouse) openssl(t testing.TB, in []byte, args ...string) []byte {
	t.Helper()
	cmd := exec.Command("openssl", args...)
	cmd.Dir, cmd.Stdin = h.dir, bytes.NewReader(in)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("openssl %s: %v\n%s", args[0], err, errs.String())
	}
	return out.Bytes()
}

// person has a certificate issued. extra are lines of its extensions.
func (h smimeHouse) person(t testing.TB, ca, name, key, begin, end string, extra ...string) {
	t.Helper()
	ext := "keyUsage=digitalSignature\nextendedKeyUsage=emailProtection\nsubjectAltName=email:" + name + "@x.example\n"
	if len(extra) > 0 {
		ext = strings.Join(extra, "\n") + "\n"
	}
	if err := os.WriteFile(h.path(name+".ext"), []byte(ext), 0o600); err != nil {
		t.Fatal(err)
	}
	h.openssl(t, nil, append([]string{"req", "-new", "-nodes", "-keyout", name + ".key", "-out", name + ".csr", "-subj", "/CN=" + name, "-newkey"}, strings.Fields(key)...)...)
	h.openssl(t, nil, "ca", "-batch", "-notext", "-config", ca+".cnf", "-in", name+".csr", "-out", name+".pem", "-startdate", begin, "-enddate", end, "-extfile", name+".ext")
}

func newHouse(t testing.TB) smimeHouse {
	if _, err := exec.LookPath("openssl"); err != nil {
		if os.Getenv("AMTSBOTE_TEST_NO_SKIP") != "" {
			t.Fatal("no openssl")
		}
		t.Skip("no openssl")
	}
	h := smimeHouse{dir: t.TempDir()}
	if err := os.WriteFile(h.path("ca.ext"), []byte("basicConstraints=critical,CA:true\nsubjectKeyIdentifier=hash\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, ca := range []string{"stadt", "fremd"} {
		cnf := "[ca]\ndefault_ca=x\n[x]\ndatabase=" + ca + ".db\nnew_certs_dir=.\ncertificate=" + ca + ".pem\nprivate_key=" + ca + ".key\ndefault_md=sha256\nrand_serial=yes\npolicy=p\nunique_subject=no\n[p]\ncommonName=supplied\n"
		for name, text := range map[string]string{ca + ".cnf": cnf, ca + ".db": ""} {
			if err := os.WriteFile(h.path(name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		h.openssl(t, nil, "req", "-new", "-nodes", "-newkey", "rsa:2048", "-keyout", ca+".key", "-out", ca+".csr", "-subj", "/CN=CA der "+ca)
		h.openssl(t, nil, "ca", "-batch", "-notext", "-config", ca+".cnf", "-selfsign", "-in", ca+".csr", "-out", ca+".pem", "-startdate", "20150101000000Z", "-enddate", "20450101000000Z", "-extfile", "ca.ext")
	}
	file, err := os.ReadFile(h.path("stadt.pem"))
	if err != nil {
		t.Fatal(err)
	}
	ders, err := ParseCertificates(file)
	if err != nil {
		t.Fatal(err)
	}
	h.trust = pool(ders)
	return h
}

const smimeText = "Content-Type: text/plain; charset=utf-8\r\n\r\nIch lege Widerspruch ein.\r\n"

// signed is a mail from somebody, signed by openssl with a certificate.
func (h smimeHouse) signed(t testing.TB, from, who string, args ...string) string {
	t.Helper()
	out := h.openssl(t, []byte(smimeText), append([]string{"cms", "-sign", "-signer", who + ".pem", "-inkey", who + ".key", "-md", "sha256"}, args...)...)
	return "From: " + from + "\r\nSubject: x\r\n" + string(out)
}

// readSigned reads a mail of which signatures are checked.
func (h smimeHouse) read(t testing.TB, raw string, now time.Time) Document {
	t.Helper()
	p := newParser(t.Context(), Limits{})
	p.trust, p.now = h.trust, now
	d, err := p.parse("brief.eml", []byte(raw))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// forged breaks the signature itself, the last bytes of a mail in one piece; the
// content and its digest stay right.
func forged(t *testing.T, opaque string) string {
	head, body, ok := strings.Cut(opaque, "\n\n")
	data := unbase64([]byte(body))
	if !ok || len(data) < 100 {
		t.Fatalf("no signature in %q", opaque)
	}
	data[len(data)-1] ^= 1
	return head + "\n\n" + base64Lines(data)
}

func TestSignatures(t *testing.T) {
	h := newHouse(t)
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	year := func(y string) string { return y + "0101000000Z" }
	h.person(t, "stadt", "jana", "rsa:2048", year("2026"), year("2028"))
	h.person(t, "stadt", "kurve", "ec -pkeyopt ec_paramgen_curve:P-256", year("2026"), year("2028"))
	h.person(t, "stadt", "alt", "rsa:2048", year("2020"), year("2025"))
	h.person(t, "stadt", "bald", "rsa:2048", year("2027"), year("2028"))
	h.person(t, "fremd", "fremder", "rsa:2048", year("2026"), year("2028"))
	h.person(t, "stadt", "server", "rsa:2048", year("2026"), year("2028"), "extendedKeyUsage=serverAuth", "subjectAltName=email:server@x.example")
	h.person(t, "stadt", "zwei", "rsa:2048", year("2026"), year("2028"), "subjectAltName=email:erste@x.example,email:Zwei@X.example")
	h.person(t, "stadt", "stelle", "rsa:2048", year("2026"), year("2028"), "basicConstraints=critical,CA:true", "keyUsage=keyCertSign")
	for name, text := range map[string]string{"stelle.cnf": "", "stelle.db": ""} {
		if name == "stelle.cnf" {
			b, err := os.ReadFile(h.path("stadt.cnf"))
			if err != nil {
				t.Fatal(err)
			}
			text = strings.ReplaceAll(string(b), "stadt", "stelle")
		}
		if err := os.WriteFile(h.path(name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	h.person(t, "stelle", "enkel", "rsa:2048", year("2026"), year("2028"))

	good := h.signed(t, "Jana <jana@x.example>", "jana")
	opaque := h.signed(t, "jana@x.example", "jana", "-nodetach")
	boundary := strings.Split(strings.Split(good, `boundary="`)[1], `"`)[0]
	for name, c := range map[string]struct {
		raw  string
		want SignatureState
	}{
		"valid":                               {good, SignatureValid},
		"valid, with the line ends of Unix":   {strings.ReplaceAll(good, "\r\n", "\n"), SignatureValid},
		"valid, in one piece":                 {opaque, SignatureValid},
		"valid, in one piece, in BER":         {h.signed(t, "jana@x.example", "jana", "-nodetach", "-stream"), SignatureValid},
		"valid, by a curve":                   {h.signed(t, "kurve@x.example", "kurve", "-md", "sha384"), SignatureValid},
		"valid, RSA-PSS":                      {h.signed(t, "jana@x.example", "jana", "-md", "sha512", "-keyopt", "rsa_padding_mode:pss"), SignatureValid},
		"valid, over one between":             {h.signed(t, "enkel@x.example", "enkel", "-certfile", "stelle.pem"), SignatureValid},
		"valid, the second of its addresses":  {h.signed(t, "ZWEI@x.example", "zwei"), SignatureValid},
		"one between is missing":              {h.signed(t, "enkel@x.example", "enkel"), SignatureUnknown},
		"the content was changed":             {strings.Replace(good, "Widerspruch ein", "Widerspruch nicht ein", 1), SignatureChanged},
		"the signature is of another":         {strings.Replace(good, "lege", "Lege", 1), SignatureChanged},
		"a signature that is none":            {forged(t, opaque), SignatureChanged},
		"from another address":                {h.signed(t, "chef@x.example", "jana"), SignatureOther},
		"from two addresses":                  {h.signed(t, "jana@x.example, chef@x.example", "jana"), SignatureOther},
		"from nobody":                         {h.signed(t, "", "jana"), SignatureOther},
		"the name says the right address":     {h.signed(t, `"jana@x.example" <evil@y.example>`, "jana"), SignatureOther},
		"expired":                             {h.signed(t, "alt@x.example", "alt"), SignatureExpired},
		"not valid yet":                       {h.signed(t, "bald@x.example", "bald"), SignatureExpired},
		"by an authority that nobody knows":   {h.signed(t, "fremder@x.example", "fremder"), SignatureUnknown},
		"by a certificate of a server":        {h.signed(t, "server@x.example", "server"), SignatureUnknown},
		"by SHA-1":                            {h.signed(t, "jana@x.example", "jana", "-md", "sha1"), SignatureUnsupported},
		"without the certificate":             {h.signed(t, "jana@x.example", "jana", "-nocerts"), SignatureUnsupported},
		"without what is signed beside":       {h.signed(t, "jana@x.example", "jana", "-noattr"), SignatureUnsupported},
		"by two":                              {h.signed(t, "jana@x.example", "jana", "-signer", "kurve.pem", "-inkey", "kurve.key"), SignatureUnsupported},
		"broken":                              {strings.Replace(good, "MII", "MIII", 1), SignatureUnsupported},
		"below another text":                  {"From: jana@x.example\r\nSubject: x\r\nContent-Type: multipart/mixed; boundary=q\r\n\r\n--q\r\n\r\nBitte zahlen.\r\n--q\r\n" + strings.SplitN(good, "\r\nSubject: x\r\n", 2)[1] + "\r\n--q--\r\n", SignaturePart},
		"in one piece, below another text":    {"From: jana@x.example\r\nSubject: x\r\nContent-Type: multipart/mixed; boundary=q\r\n\r\n--q\r\n\r\nBitte zahlen.\r\n--q\r\n" + strings.SplitN(opaque, "\r\nSubject: x\r\n", 2)[1] + "\r\n--q--\r\n", SignaturePart},
		"with another text beside the signed": {strings.Replace(good, "\n--"+boundary+"\nContent-Type: application/", "\n--"+boundary+"\n\nBitte zahlen.\n--"+boundary+"\nContent-Type: application/", 1), SignaturePart},
	} {
		t.Run(name, func(t *testing.T) {
			d := h.read(t, c.raw, now)
			if d.Mail.Signed != "smime" || d.Mail.Signature == nil || d.Mail.Signature.State != c.want {
				t.Fatalf("got %q, %+v, want %s", d.Mail.Signed, d.Mail.Signature, c.want)
			}
			if !strings.Contains(d.Text(), "Widerspruch") {
				t.Errorf("text %q", d.Text())
			}
			if text := d.Mail.Signature.Text(); text.DE == "" || text.EN == "" || strings.Contains(text.DE, "gültig (") != (c.want == SignatureValid) {
				t.Errorf("said: %q", text)
			}
		})
	}
	t.Run("not checked without an authority", func(t *testing.T) {
		d := smimeHouse{}.read(t, good, now)
		if d.Mail.Signed != "smime" || d.Mail.Signature != nil {
			t.Errorf("%+v", d.Mail)
		}
	})
	t.Run("who signed is said", func(t *testing.T) {
		s := h.read(t, good, now).Mail.Signature
		if s.Name != "jana" || s.Email != "jana@x.example" || s.Issuer != "CA der stadt" || s.Until.Year() != 2028 {
			t.Errorf("%+v", s)
		}
	})
	t.Run("in a mail that was forwarded as a file", func(t *testing.T) {
		d := h.read(t, "From: petra@stadt.example\r\nSubject: WG\r\nContent-Type: multipart/mixed; boundary=q\r\n\r\n--q\r\n\r\nzK\r\n--q\r\nContent-Type: message/rfc822\r\n\r\n"+good+"\r\n--q--\r\n", now)
		if d.Mail.Signature != nil || d.Parts[0].Doc.Mail.Signature == nil || d.Parts[0].Doc.Mail.Signature.State != SignatureValid {
			t.Errorf("%+v", d.Mail)
		}
	})
	t.Run("in a message of Outlook", func(t *testing.T) {
		body := strings.SplitN(good, "\r\nSubject: x\r\n", 2)[1]
		m := msgSpec{props: []msgProp{wide16(pidMessageClass, "IPM.Note.SMIME.MultipartSigned"), wide16(pidSubject, "x"), wide16(pidFromName, "Jana"), wide16(pidFromSMTP, "jana@x.example")}, files: []msgFileSpec{attached("smime.p7m", []byte(body))}}
		d := h.read(t, string(m.file()), now)
		if d.Mail.Signature == nil || d.Mail.Signature.State != SignatureValid || d.Text() != "Ich lege Widerspruch ein." || len(d.Parts) != 0 {
			t.Errorf("%+v, %q", d.Mail, d.Text())
		}
	})
	t.Run("through a child", func(t *testing.T) {
		der, err := os.ReadFile(h.path("stadt.pem"))
		if err != nil {
			t.Fatal(err)
		}
		trust, err := ParseCertificates(der)
		if err != nil {
			t.Fatal(err)
		}
		r := testReader(t, Options{Trust: trust}, childWord)
		d, err := r.Read(t.Context(), "x.eml", strings.NewReader(good))
		// Whether it is still valid when this runs is the clock's.
		if err != nil || d.Mail.Signature == nil || d.Mail.Signature.State != SignatureValid && d.Mail.Signature.State != SignatureExpired {
			t.Errorf("%+v, %v", d.Mail, err)
		}
	})
}

// TestSealed: what is encrypted has one reason and no content.
func TestSealed(t *testing.T) {
	h := newHouse(t)
	h.person(t, "stadt", "amt", "rsa:2048", "20260101000000Z", "20280101000000Z")
	enveloped := string(h.openssl(t, []byte(smimeText), "cms", "-encrypt", "-aes256", "amt.pem"))
	authenticated := string(h.openssl(t, []byte(smimeText), "cms", "-encrypt", "-aes-256-gcm", "amt.pem"))
	_, p7m, _ := strings.Cut(enveloped, "\n\n")
	m := msgSpec{props: []msgProp{wide16(pidMessageClass, "IPM.Note.SMIME"), wide16(pidSubject, "x")}, files: []msgFileSpec{attached("smime.p7m", unbase64([]byte(p7m)))}}
	for name, c := range map[string]struct{ raw, want string }{
		"S/MIME":                         {"Subject: x\n" + enveloped, "smime"},
		"S/MIME with AES-GCM":            {"Subject: x\n" + authenticated, "smime"},
		"S/MIME, signed inside":          {"Subject: x\n" + string(h.openssl(t, h.openssl(t, []byte(smimeText), "cms", "-sign", "-signer", "amt.pem", "-inkey", "amt.key"), "cms", "-encrypt", "-aes256", "amt.pem")), "smime"},
		"S/MIME in a message of Outlook": {string(m.file()), "smime"},
		"PGP/MIME":                       {"Subject: x\nContent-Type: multipart/encrypted; protocol=\"application/pgp-encrypted\"; boundary=q\n\n--q\nContent-Type: application/pgp-encrypted\n\nVersion: 1\n--q\nContent-Type: application/octet-stream; name=encrypted.asc\n\n-----BEGIN PGP MESSAGE-----\n\nabc\n-----END PGP MESSAGE-----\n--q--\n", "pgp"},
		"PGP in the text":                {"Subject: x\nFrom: a@b.example\n\n-----BEGIN PGP MESSAGE-----\n\nabc\n-----END PGP MESSAGE-----\n", "pgp"},
	} {
		d := h.read(t, c.raw, time.Now())
		if d.Mail == nil || d.Mail.Encrypted != c.want || d.Text() != "" || len(d.Parts) != 0 || d.Mail.Signature != nil {
			t.Errorf("%s: %+v, %q, %+v", name, d.Mail, d.Text(), d.Parts)
		}
	}
}

// TestClosed: what is encrypted is known as that also where a server has changed its
// type or its form; without, its cipher text would be answered.
func TestClosed(t *testing.T) {
	sealed := base64Lines([]byte("\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03\xa0\x80\x30\x80\x02\x01\x00\x31\x82\x01\x44"))
	pgp := "-----BEGIN PGP MESSAGE-----\n\nhQEMA\n-----END PGP MESSAGE-----\n"
	file := "Content-Type: application/octet-stream; name=smime.p7m\nContent-Transfer-Encoding: base64\nContent-Disposition: attachment; filename=smime.p7m\n\n" + sealed
	for name, c := range map[string]struct{ raw, want string }{
		"p7m as any file":             {file, "smime"},
		"beside a text":               {"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nGeprüft.\n--b\n" + file + "\n--b--\n", "smime"},
		"PGP in HTML":                 {"Content-Type: text/html\n\n<p>Hallo</p><pre>" + pgp + "</pre>", "pgp"},
		"a file that is named as one": {"Content-Type: application/octet-stream; name=smime.p7m\n\nnichts", ""},
	} {
		p := newParser(t.Context(), Limits{})
		d, err := p.parse("brief.eml", []byte("From: a@x.example\nSubject: s\n"+c.raw))
		if err != nil || d.Mail.Encrypted != c.want || strings.Contains(d.Text(), "hQEMA") {
			t.Errorf("%s: got %q %v, text %q", name, d.Mail.Encrypted, err, d.Text())
		}
	}
}

// TestHostileCMS has encodings that would cost pkcs7 its stack or the day.
func TestHostileCMS(t *testing.T) {
	trust := x509.NewCertPool()
	nest := func(n int, inner string) string {
		for range n {
			l := len(inner)
			inner = string([]byte{0x30, 0x84, byte(l >> 24), byte(l >> 16), byte(l >> 8), byte(l)}) + inner
		}
		return inner
	}
	overlap := strings.Repeat("\x30\x02", 60) + "\x05\x00"
	for name, data := range map[string]string{
		"deep":                     nest(3000, "\x05\x00"),
		"deep and open":            strings.Repeat("\x30\x80", 500_000),
		"values over their ends":   "\x30\x82\xff\xff" + overlap,
		"many values":              nest(1, strings.Repeat("\x05\x00", 1_000_000)),
		"a length of four billion": "\x30\x84\xff\xff\xff\xff\x05\x00",
		"signedData and no more":   "\x30\x80" + string(oidSigned) + "\xa0\x80\x00\x00\x00\x00",
	} {
		start := time.Now()
		s, content := checkCMS([]byte(data), nil, "", trust, time.Now())
		if took := time.Since(start); s.State != SignatureUnsupported || content != nil || took > time.Second {
			t.Errorf("%s: %s after %s", name, s.State, took)
		}
	}
}

func TestParseCertificates(t *testing.T) {
	for _, file := range []string{"", "nonsense", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte("x")})), string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte("x")}))} {
		if _, err := ParseCertificates([]byte(file)); err == nil {
			t.Errorf("%q is taken", file)
		}
	}
}

func FuzzSMIME(f *testing.F) {
	h := newHouse(f)
	h.person(f, "stadt", "jana", "ec -pkeyopt ec_paramgen_curve:P-256", "20260101000000Z", "20280101000000Z")
	for _, args := range [][]string{{"-nodetach"}, {"-nodetach", "-stream"}, {"-nodetach", "-md", "sha512"}} {
		_, body, _ := strings.Cut(h.signed(f, "jana@x.example", "jana", args...), "\n\n")
		f.Add(unbase64([]byte(body)))
	}
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, data []byte) {
		s, content := checkCMS(data, nil, "jana@x.example", h.trust, now)
		if s.State == SignatureValid && !strings.Contains(string(content), "Widerspruch ein.") {
			t.Errorf("valid for %q", content)
		}
		p := newParser(t.Context(), Limits{})
		p.trust, p.now = h.trust, now
		d, err := p.parse("x.eml", []byte("From: jana@x.example\nContent-Type: application/pkcs7-mime\nContent-Transfer-Encoding: base64\n\n"+base64Lines(data)))
		checkRead(t, d, err)
	})
}
