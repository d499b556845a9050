package mail

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"mime"
	netmail "net/mail"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
)

// Limits of a header. What is beyond them is not looked at; a letter that is
// built to exceed them loses its threading, never the mailbox its turn.
const (
	maxHeader = 64 << 10 // bytes fetched
	maxFields = 500
	maxField  = 8 << 10 // bytes of one field, unfolded
	maxIDs    = 50      // Message-IDs in a field
	maxMsgID  = 250     // bytes
	maxWords  = 1000    // bytes of a subject, decoded
)

// A header holds the fields of a mail in their order, unfolded but not decoded.
// It is parsed without ever failing: lines that are no fields (an mbox "From "
// line, a line without a colon) are passed over, as mail programs do.
type header []field

type field struct{ name, value string }

func parseHeader(raw []byte) header {
	var h header
	open := false // the last line was a field or its continuation
	for line := range bytes.Lines(raw[:min(len(raw), maxHeader)]) {
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 {
			break
		}
		if line[0] == ' ' || line[0] == '\t' {
			if open {
				last := &h[len(h)-1]
				last.value = cut(strings.TrimSpace(last.value+" "+string(bytes.TrimSpace(line))), maxField)
			}
			continue
		}
		name, value, ok := bytes.Cut(line, []byte(":"))
		name = bytes.TrimRight(name, " \t")
		// "Authentication-Results :" passes by those who remove it from mail that
		// comes from outside. No server writes it that way.
		spaced := len(name) < bytes.IndexByte(line, ':')
		open = ok && isName(name) && !(spaced && strings.EqualFold(string(name), "Authentication-Results"))
		if !open {
			continue
		}
		if len(h) == maxFields {
			break
		}
		h = append(h, field{string(name), cut(string(bytes.TrimSpace(value)), maxField)})
	}
	return h
}

func isName(b []byte) bool {
	for _, c := range b {
		if c <= ' ' || c > '~' {
			return false
		}
	}
	return len(b) > 0
}

func cut(s string, max int) string { return s[:min(len(s), max)] }

// get returns the first field of a name, or "".
func (h header) get(name string) string {
	for _, f := range h {
		if strings.EqualFold(f.name, name) {
			return f.value
		}
	}
	return ""
}

func (h header) has(name string) bool { return h.count(name) > 0 }

func (h header) count(name string) (n int) {
	for _, f := range h {
		if strings.EqualFold(f.name, name) {
			n++
		}
	}
	return n
}

// identity returns what a letter is recognised by when it is delivered again or
// its mailbox is renumbered: a hash of its From, To, Date, Subject and
// Message-ID as received, without the fields that its way here added. A letter
// without Message-ID is also told by extra, lest two that a machine sent in the
// same second be taken for one: rather twice than never.
func (h header) identity(extra string) string {
	sum := sha256.New()
	for _, name := range []string{"From", "To", "Date", "Subject", "Message-ID"} {
		v := h.get(name)
		fmt.Fprintf(sum, "%d:%s", len(v), v)
	}
	if h.messageID() == "" {
		fmt.Fprintf(sum, "%d:%s", len(extra), extra)
	}
	return hex.EncodeToString(sum.Sum(nil)[:16])
}

// messageID returns the Message-ID without angle brackets, "" if there is none.
func (h header) messageID() string {
	if ids := msgIDs(h.get("Message-ID")); len(ids) > 0 {
		return ids[0]
	}
	return ""
}

// references returns the Message-IDs of the thread, oldest first.
func (h header) references() []string {
	if ids := msgIDs(h.get("References")); len(ids) > 0 {
		return ids
	}
	ids := msgIDs(h.get("In-Reply-To"))
	return ids[:min(len(ids), 1)]
}

// thread returns the Message-ID that the thread began with: the letter's own if
// it is the first, and its identity if it has none.
func (h header) thread(identity string) string {
	if refs := h.references(); len(refs) > 0 {
		return refs[0]
	}
	if id := h.messageID(); id != "" {
		return id
	}
	return identity
}

func msgIDs(s string) []string {
	var ids []string
	for len(ids) < maxIDs {
		_, rest, ok := strings.Cut(s, "<")
		id, after, closed := strings.Cut(rest, ">")
		if !ok || !closed {
			break
		}
		if isName([]byte(id)) && len(id) <= maxMsgID && !strings.Contains(id, "<") {
			ids = append(ids, id)
		}
		s = after
	}
	return ids
}

var words = mime.WordDecoder{CharsetReader: charsetReader}

// charsetReader reads charsets as browsers do: iso-8859-1 is windows-1252.
func charsetReader(name string, r io.Reader) (io.Reader, error) {
	e, err := htmlindex.Get(name)
	if err != nil {
		return nil, err
	}
	return e.NewDecoder().Reader(r), nil
}

// latin are the charsets that package mime reads by the letter, and not as meant.
var latin = regexp.MustCompile(`(?i)=\?(iso-8859-1|us-ascii)\?`)

// decoded returns a field as people read it, in valid UTF-8 and on one line.
func (h header) decoded(name string) string {
	s := latin.ReplaceAllString(toUTF8(h.get(name)), "=?windows-1252?")
	if d, err := words.DecodeHeader(s); err == nil {
		s = strings.ToValidUTF8(d, "\uFFFD")
	}
	s = strings.Join(strings.FieldsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }), " ")
	for len(s) > maxWords {
		_, n := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-n]
	}
	return s
}

// toUTF8 reads raw bytes, which no header may have and many do.
func toUTF8(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	d, err := charmap.Windows1252.NewDecoder().String(s)
	if err != nil {
		return strings.ToValidUTF8(s, "\uFFFD")
	}
	return d
}

// author returns who a letter says it is from, in lower case, "" if it cannot
// be told. It is a claim: to trust it, see [Config.Trust].
func (h header) author() string {
	s := toUTF8(h.get("From"))
	parser := netmail.AddressParser{WordDecoder: &words}
	if list, err := parser.ParseList(s); err == nil && len(list) > 0 {
		return strings.ToLower(cut(list[0].Address, 320))
	}
	// No address by the book (a bare umlaut, a stray quote): the last thing in
	// angle brackets, else the first word with an @.
	if i := strings.LastIndexByte(s, '<'); i >= 0 {
		if a, _, ok := strings.Cut(s[i+1:], ">"); ok && strings.Contains(a, "@") {
			return strings.ToLower(cut(strings.TrimSpace(a), 320))
		}
	}
	for _, w := range strings.Fields(s) {
		if strings.Contains(w, "@") {
			return strings.ToLower(cut(strings.Trim(w, `<>"'(),;`), 320))
		}
	}
	return ""
}

// strictFrom returns the sender's address only if the header leaves no doubt
// which it is: one From field with one address. Programs that check senders and
// programs that show them disagree about anything else.
func (h header) strictFrom() string {
	if h.count("From") != 1 {
		return ""
	}
	parser := netmail.AddressParser{WordDecoder: &words}
	list, err := parser.ParseList(h.get("From"))
	if err != nil || len(list) != 1 {
		return ""
	}
	a := strings.ToLower(list[0].Address)
	for i := range len(a) {
		if a[i] <= ' ' || a[i] > '~' || strings.IndexByte(`"\<>(),;:`, a[i]) >= 0 {
			return ""
		}
	}
	return a
}

// domain returns what is behind the last @, in lower case.
func domain(addr string) string {
	return strings.ToLower(addr[strings.LastIndexByte(addr, '@')+1:])
}
