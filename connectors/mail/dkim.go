package mail

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/emersion/go-msgauth/dkim"
)

// Where no server states what it has verified, the bot verifies DKIM signatures
// (RFC 6376) itself: Trust.DKIM. go-msgauth computes; what a signature must be like
// to speak for a colleague is decided here, and is more than the standard asks of
// one that only weighs against spam:
//
//   - its domain is the sender's, or one of ours above it; no other domain's key is
//     even looked up, so that nobody outside learns of it;
//   - it covers From, and Subject, Date and Message-ID where there are any, and all
//     of the body: a mail with a length (l=) can be continued by anybody;
//   - no field stands twice that may stand once, nothing is malformed, and the
//     header ends within what is read: else the signed From could be another one
//     than the one that is shown;
//   - the key has 2048 bits at least, or is Ed25519, and is not marked as a test;
//   - the same signature has not been seen on another mail (see prover.first): a
//     colleague's mail to a citizen is signed too, and could be sent in again.
const (
	maxSignatures = 8
	maxBlank      = 64 << 10 // bytes of empty lines in a row: go-msgauth gathers them
)

// unproven is why a mail is not believed, in words for the log: never the mail's.
type unproven string

func (u unproven) Error() string { return "mail: dkim: " + string(u) }

// errLater is that a key could not be looked up now.
var errLater = errors.New("mail: dkim: the key cannot be looked up at present")

// A signature is one that could speak for the sender.
type signature struct {
	domain, selector, identity string
	sig                        []byte
	why                        unproven // it cannot, whatever it verifies
}

// verify reads a mail and returns the valid signatures that speak for from. The
// error is an unproven if there is none, errLater if that is not known yet, else
// the reader's.
func (p *prover) verify(ctx context.Context, r io.Reader, from string) ([]signature, error) {
	br := bufio.NewReaderSize(r, maxHeader)
	head, err := readHead(br)
	if err != nil {
		return nil, err
	}
	fields, err := strictFields(head)
	if err != nil {
		return nil, err
	}
	if parseHeader(head).strictFrom() != from {
		return nil, unproven("the header is not what it seemed")
	}
	all := p.signatures(fields, from)
	if why := hopeless(all); why != "" {
		return nil, why
	}
	keys := keyring{prover: p, ctx: ctx, sigs: all}
	body := &steady{r: &blankLimit{r: br}}
	results, err := dkim.VerifyWithOptions(io.MultiReader(bytes.NewReader(head), body),
		&dkim.VerifyOptions{LookupTXT: keys.lookup, MaxVerifications: maxSignatures})
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if body.err != nil {
		return nil, body.err
	}
	if err != nil && !errors.Is(err, dkim.ErrTooManySignatures) {
		return nil, unproven("the signature cannot be read")
	}
	return judge(all, results, keys.whys())
}

// hopeless says why none of the signatures can speak for the sender.
func hopeless(all []signature) unproven {
	why := unproven("no signature of the sender's domain")
	for _, s := range all[:min(len(all), maxSignatures)] {
		if s.domain != "" && s.why == "" {
			return ""
		}
		if s.domain != "" {
			why = s.why
		}
	}
	return why
}

// judge sorts out what has become of the signatures. One that is good is enough.
func judge(all []signature, results []*dkim.Verification, whys map[string]unproven) (good []signature, err error) {
	if len(results) != min(len(all), maxSignatures) {
		return nil, unproven("the signature cannot be read")
	}
	err = unproven("no signature of the sender's domain")
	later := false
	for i, v := range results {
		s := all[i]
		switch {
		case s.domain == "":
		case s.why != "":
			err = s.why
		case v.Err == nil:
			good = append(good, s)
		case dkim.IsTempFail(v.Err):
			later = true
		default:
			err = inWords(v.Err)
			if why := whys[s.name()]; why != "" {
				err = why
			}
		}
	}
	if len(good) > 0 {
		return good, nil
	}
	if later {
		return nil, errLater
	}
	return nil, err
}

// inWords says what go-msgauth found, which can quote the mail.
func inWords(err error) unproven {
	for _, known := range []struct{ part, words string }{
		{"expired", "the signature has expired"},
		{"body hash did not verify", "the text was changed after it was signed"},
		{"signature did not verify", "the header was changed after it was signed, or the key is another one"},
		{"too weak", "the signature is of a kind too weak"},
		{"From field not signed", "the signature does not cover From"},
		{"algorithm", "the signature is of an unknown kind"},
	} {
		if strings.Contains(err.Error(), known.part) {
			return unproven(known.words)
		}
	}
	return "the signature is not valid"
}

// signatures reads the mail's signatures, in their order; those that cannot speak
// for from have no domain.
func (p *prover) signatures(fields []field, from string) (all []signature) {
	for _, f := range fields {
		if !strings.EqualFold(f.name, "DKIM-Signature") {
			continue
		}
		tags := parseTags(f.value)
		s := signature{domain: strings.ToLower(tags["d"]), selector: strings.ToLower(tags["s"]), identity: strings.ToLower(tags["i"])}
		if !aligned(s.domain, domain(from), p.own) {
			all = append(all, signature{})
			continue
		}
		s.sig, _ = base64.StdEncoding.DecodeString(tags["b"])
		s.why = lacking(fields, tags, s)
		all = append(all, s)
	}
	return all
}

// lacking says what a signature of ours lacks.
func lacking(fields []field, tags map[string]string, s signature) unproven {
	if _, ok := tags["l"]; ok {
		return "the signature covers only the beginning of the text (l=)"
	}
	if !isSelector(s.selector) || len(s.sig) == 0 {
		return "the signature cannot be read"
	}
	signed := strings.Split(tags["h"], ":")
	for _, name := range []string{"From", "Subject", "Date", "Message-ID"} {
		if header(fields).has(name) && !contains(signed, name) {
			return unproven("the signature does not cover " + name)
		}
	}
	return ""
}

// parseTags reads "v=1; d=amt.example; …" without any space. Of a tag that stands
// twice go-msgauth says that the signature is none.
func parseTags(s string) map[string]string {
	tags := map[string]string{}
	for part := range strings.SplitSeq(s, ";") {
		key, value, _ := strings.Cut(part, "=")
		tags[strings.TrimSpace(key)] = strings.Join(strings.Fields(value), "")
	}
	return tags
}

// isSelector reports whether a selector is one that may be asked for.
func isSelector(s string) bool {
	return len(s) > 0 && len(s) <= 100 && !strings.HasPrefix(s, ".") && !strings.HasSuffix(s, ".") && !strings.Contains(s, "..") &&
		strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-_.") == ""
}

// name is where the key is looked up.
func (s signature) name() string { return s.selector + "._domainkey." + s.domain }

// readHead reads a header with the empty line that ends it.
func readHead(br *bufio.Reader) ([]byte, error) {
	var head []byte
	for {
		line, err := br.ReadSlice('\n')
		head = append(head, line...)
		switch {
		case errors.Is(err, bufio.ErrBufferFull), len(head) > maxHeader:
			return nil, unproven("the header is too long")
		case errors.Is(err, io.EOF):
			return nil, unproven("the mail has no text")
		case err != nil:
			return nil, err
		case len(bytes.TrimRight(line, "\r\n")) == 0:
			return head, nil
		}
	}
}

// once are the fields that may stand once (RFC 5322, 3.6; RFC 2045).
var once = []string{"From", "Sender", "Reply-To", "To", "Cc", "Bcc", "Message-ID", "In-Reply-To", "References", "Subject", "Date",
	"MIME-Version", "Content-Type", "Content-Transfer-Encoding"}

// strictFields reads a header that all programs read alike, or says why this is
// none.
func strictFields(head []byte) ([]field, error) {
	var fields []field
	for line := range bytes.Lines(head) {
		line = bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte("\r"))
		if bytes.ContainsAny(line, "\r\x00") {
			return nil, unproven("the header is malformed")
		}
		if len(line) == 0 {
			break
		}
		if line[0] == ' ' || line[0] == '\t' {
			if len(fields) == 0 {
				return nil, unproven("the header is malformed")
			}
			fields[len(fields)-1].value += " " + string(bytes.TrimSpace(line))
			continue
		}
		name, value, ok := bytes.Cut(line, []byte(":"))
		if !ok || !isName(name) || len(fields) == maxFields {
			return nil, unproven("the header is malformed")
		}
		fields = append(fields, field{string(name), string(bytes.TrimSpace(value))})
	}
	for _, name := range once {
		if header(fields).count(name) > 1 {
			return nil, unproven(fmt.Sprintf("%s stands there twice", name))
		}
	}
	return fields, nil
}

// blankLimit ends a mail with more empty lines in a row than a person makes.
type blankLimit struct {
	r   io.Reader
	run int
}

func (l *blankLimit) Read(b []byte) (int, error) {
	n, err := l.r.Read(b)
	for _, c := range b[:n] {
		if c != '\r' && c != '\n' && c != ' ' && c != '\t' {
			l.run = 0
		} else if l.run++; l.run > maxBlank {
			return 0, unproven("the text has empty lines without end")
		}
	}
	return n, err
}

// steady ends where its reader fails, and remembers why: go-msgauth leaves
// goroutines behind when a mail cannot be read to its end.
type steady struct {
	r   io.Reader
	err error
}

func (s *steady) Read(b []byte) (int, error) {
	if s.err != nil {
		return 0, io.EOF
	}
	n, err := s.r.Read(b)
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
		return n, io.EOF
	}
	return n, err
}
