package document

import (
	"bytes"
	"encoding/base64"
	"net/mail"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	maxHeader = 256 << 10 // bytes of a header that are looked at
	maxFields = 1000
)

// A header is the fields of a mail or a part, in order, unfolded, not decoded.
type header []headerField

type headerField struct{ name, value string } // name in lower case

// get returns the first field of a name, in lower case, or "".
func (h header) get(name string) string {
	for i := range h {
		if h[i].name == name {
			return h[i].value
		}
	}
	return ""
}

// text returns the first field of a name, decoded, as one clean line.
func (h header) text(name string) string { return oneLine(decodeWords(h.get(name))) }

// cutHeader splits a mail or a part of one into its header and its body. It
// takes what arrives in practice: a mailbox's "From " line above, lines that
// are no fields among fields, a header that never ends, no blank line before
// the body. A part may lack its header altogether, and its first line may then
// look like a field ("Hallo: …"); so the first field of a part must be one that
// parts have.
func cutHeader(data []byte, part bool) (h header, body []byte) {
	size := 0
	var folded []byte // the value of the last field, if it has more than one line
	end := func() {
		if len(folded) > 0 {
			h[len(h)-1].value = string(folded)
			folded = folded[:0]
		}
	}
	defer end()
	for first := true; len(data) > 0; first = false {
		line, rest, _ := bytes.Cut(data, []byte("\n"))
		line = bytes.TrimSuffix(line, []byte("\r"))
		if len(line) == 0 {
			return h, rest
		}
		name, value, ok := cutField(line)
		goesOn := len(h) > 0 && (line[0] == ' ' || line[0] == '\t')
		switch {
		case first && part && !(ok && partField(name)):
			return nil, data
		case size > maxHeader || len(h) > maxFields:
			// Only its end is looked for.
		case goesOn:
			if len(folded) == 0 {
				folded = append(folded, h[len(h)-1].value...)
			}
			folded = append(append(folded, ' '), bytes.TrimSpace(line)...)
		case ok:
			end()
			h = append(h, headerField{name, value})
		case len(h) == 0 && (bytes.HasPrefix(line, []byte("From ")) || bytes.HasPrefix(line, []byte(">From "))):
		case !moreFields(rest):
			return h, data
		}
		size += len(line)
		data = rest
	}
	return h, nil
}

func cutField(line []byte) (name, value string, ok bool) {
	i := bytes.IndexByte(line, ':')
	if i <= 0 || i > 80 {
		return "", "", false
	}
	field := bytes.TrimRight(line[:i], " \t")
	for _, c := range field {
		if c <= ' ' || c >= 0x7f {
			return "", "", false
		}
	}
	return strings.ToLower(string(field)), string(bytes.TrimSpace(line[i+1:])), len(field) > 0
}

func partField(name string) bool {
	return strings.HasPrefix(name, "content-") || strings.HasPrefix(name, "x-") || heads[name]
}

// moreFields reports whether one of the next lines, before a blank one, is a
// field that is known.
func moreFields(data []byte) bool {
	for range 5 {
		line, rest, _ := bytes.Cut(data, []byte("\n"))
		if len(bytes.TrimSpace(line)) == 0 {
			return false
		}
		if name, _, ok := cutField(line); ok && partField(name) {
			return true
		}
		data = rest
	}
	return false
}

// decodeWords decodes the encoded words (RFC 2047) of a field, and raw bytes
// beside them. It takes words with spaces in them, words inside quotes, words
// without an end, and characters cut in two by adjacent words, all of which
// mime.WordDecoder refuses and mail programs send.
func decodeWords(raw string) string {
	if !strings.Contains(raw, "=?") {
		return plainWords(raw)
	}
	var b strings.Builder
	var pending []byte // decoded bytes of adjacent words in one charset
	charset := ""
	flush := func() {
		if len(pending) > 0 {
			b.WriteString(toUTF8(pending, charset))
			pending = pending[:0]
		}
	}
	for raw != "" {
		i := strings.Index(raw, "=?")
		if i < 0 {
			break
		}
		cs, data, n := encodedWord(raw[i:])
		if n == 0 {
			flush()
			b.WriteString(plainWords(raw[:i+2]))
			raw = raw[i+2:]
			continue
		}
		if strings.TrimSpace(raw[:i]) != "" || len(pending) == 0 {
			flush()
			b.WriteString(plainWords(raw[:i]))
		}
		if !strings.EqualFold(cs, charset) {
			flush()
		}
		charset, pending = cs, append(pending, data...)
		raw = raw[i+n:]
	}
	flush()
	b.WriteString(plainWords(raw))
	return b.String()
}

// plainWords returns text outside encoded words, which should be ASCII.
func plainWords(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	return toUTF8([]byte(s), "")
}

// encodedWord decodes the word with which s begins; n is its length, 0 if there
// is none.
func encodedWord(s string) (charset string, data []byte, n int) {
	parts := strings.SplitN(s[2:min(len(s), 4096)], "?", 3)
	if len(parts) < 3 || len(parts[0]) == 0 || len(parts[0]) > 60 || len(parts[1]) != 1 || strings.ContainsAny(parts[0], " \t") {
		return "", nil, 0
	}
	start := 2 + len(parts[0]) + 3
	text := parts[2]
	end := strings.Index(text, "?=")
	n = start + end + 2
	if end < 0 { // cut off: to the next space
		if end = strings.IndexAny(text, " \t"); end < 0 {
			end = len(text)
		}
		n = start + end
	}
	text = text[:end]
	charset, _, _ = strings.Cut(parts[0], "*")
	switch parts[1] {
	case "q", "Q":
		return charset, unescape(strings.ReplaceAll(text, "_", " "), '='), n
	case "b", "B":
		return charset, unbase64([]byte(text)), n
	}
	return "", nil, 0
}

// unescape decodes what mark and two hexadecimal digits stand for, such as =XX, and
// leaves alone what is none.
func unescape(s string, mark byte) []byte {
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == mark && i+2 < len(s) {
			if hi, lo := unhex(s[i+1]), unhex(s[i+2]); hi >= 0 && lo >= 0 {
				b = append(b, byte(hi<<4|lo))
				i += 2
				continue
			}
		}
		b = append(b, s[i])
	}
	return b
}

func unhex(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return int(c|0x20-'a') + 10
	}
	return -1
}

// unbase64 decodes base64 and skips what is none. Padding in the middle ends a
// group, as where several encodings were joined.
func unbase64(src []byte) []byte {
	out := make([]byte, base64.StdEncoding.DecodedLen(len(src)))
	if n, err := base64.StdEncoding.Decode(out, src); err == nil {
		return out[:n]
	}
	out = out[:0]
	var group, bits uint32
	for _, c := range src {
		v := base64Values[c]
		if c == '=' {
			group, bits = 0, 0
		}
		if v < 0 {
			continue
		}
		group, bits = group<<6|uint32(v), bits+6
		if bits >= 8 {
			bits -= 8
			out = append(out, byte(group>>bits))
		}
	}
	return out
}

var base64Values = func() (t [256]int8) {
	for i := range t {
		t[i] = -1
	}
	for i, c := range []byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/") {
		t[c] = int8(i)
	}
	return t
}()

// oneLine makes a decoded field fit to be shown. Most are so already.
func oneLine(s string) string {
	last := byte(' ')
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == ' ' && last == ' ' {
			return strings.Join(strings.Fields(clean(s)), " ")
		}
		last = s[i]
	}
	return strings.TrimSuffix(s, " ")
}

// messageIDs returns the IDs of a field without angle brackets, at most 100:
// the first ones and the last.
func messageIDs(value string) []string {
	var ids []string
	for _, w := range strings.FieldsFunc(value, func(r rune) bool { return r == '<' || r == '>' || r == ' ' || r == '\t' || r == ',' || r == ';' }) {
		if strings.Contains(w, "@") || strings.Contains(value, "<"+w+">") {
			ids = append(ids, cut(oneLine(plainWords(w)), 900))
		}
	}
	if len(ids) > 100 {
		ids = append(ids[:1:1], ids[len(ids)-99:]...)
	}
	return ids
}

// parseDate reads a date in the forms that mail programs write; zero if none.
func parseDate(s string) time.Time {
	s = strings.Join(strings.Fields(s), " ")
	if t, err := mail.ParseDate(s); err == nil {
		return knownZone(t)
	}
	s, _, _ = strings.Cut(s, " (")
	if i := strings.Index(s, ", "); i >= 0 && i < 12 {
		s = s[i+2:]
	}
	for _, layout := range []string{
		"2 Jan 2006 15:04:05 -0700", "2 Jan 2006 15:04:05 MST", "2 Jan 2006 15:04:05", "2 Jan 2006 15:04 -0700", "2 Jan 06 15:04:05 -0700",
		"Mon Jan 2 15:04:05 2006", "Mon Jan 2 15:04:05 MST 2006", "Jan 2 15:04:05 2006 -0700", "2-Jan-2006 15:04:05 -0700",
		time.RFC3339, "2006-01-02 15:04:05 -0700", "2006-01-02 15:04:05", "02.01.2006 15:04:05", "2 January 2006 15:04:05 -0700", "2 Jan 2006 15.04.05 -0700",
	} {
		if t, err := time.Parse(layout, s); err == nil {
			return knownZone(t)
		}
	}
	return time.Time{}
}

// zones are names that time.Parse takes for zones without an offset.
var zones = map[string]int{"CET": 1, "MEZ": 1, "MET": 1, "CEST": 2, "MESZ": 2, "MEST": 2, "BST": 1, "EET": 2, "EEST": 3, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7}

func knownZone(t time.Time) time.Time {
	name, offset := t.Zone()
	if hours, ok := zones[name]; ok && offset == 0 {
		return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, time.FixedZone(name, hours*3600))
	}
	return t
}
