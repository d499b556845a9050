package eml

import (
	"bytes"
	netmail "net/mail"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/emersion/go-message/mail"
	"golang.org/x/net/idna"
)

// oneLine returns s without anything that could end a header field, direct the
// eye elsewhere (bidi overrides, zero-width characters) or exceed max bytes.
func oneLine(s string, max int) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\t' || r == '\n' || r == '\r':
			return ' '
		case unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == utf8.RuneError:
			return -1
		}
		return r
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	for len(s) > max {
		_, n := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-n]
	}
	return s
}

// addresses returns those of list that are addresses, once each.
func addresses(list []string) []*mail.Address {
	var out []*mail.Address
	seen := map[string]bool{}
	for _, s := range list {
		a, ok := Address(s)
		if key := strings.ToLower(a.Address); ok && !seen[key] && len(out) < maxRecipients {
			seen[key] = true
			out = append(out, &mail.Address{Name: a.Name, Address: a.Address})
		}
	}
	return out
}

// Address parses an address as in RFC 5322, with or without display name, and
// reports whether it is one that any server takes: local@domain in ASCII (a
// domain with umlauts is converted), without comments and source routes.
func Address(s string) (netmail.Address, bool) {
	a, err := netmail.ParseAddress(oneLine(s, 900))
	if err != nil {
		return netmail.Address{}, false
	}
	at := strings.LastIndexByte(a.Address, '@')
	domain, err := idna.Lookup.ToASCII(a.Address[at+1:])
	if err != nil || at > 64 || len(domain) > 255 {
		return netmail.Address{}, false
	}
	local := a.Address[:at]
	for _, r := range local {
		if r <= ' ' || r > '~' || strings.ContainsRune(`"\<>(),;:@[]`, r) {
			return netmail.Address{}, false
		}
	}
	return netmail.Address{Name: oneLine(a.Name, 200), Address: local + "@" + domain}, true
}

// msgIDs returns those of ids that can stand in a header, the first and the
// last ones if they are many: RFC 5322 lets the middle go.
func msgIDs(ids []string) []string {
	var out []string
	for _, id := range ids {
		if validID(id) {
			out = append(out, id)
		}
	}
	if len(out) > maxReferences {
		out = append(out[:1:1], out[len(out)-maxReferences+1:]...)
	}
	return out
}

func validID(id string) bool {
	if id == "" || len(id) > maxMsgID {
		return false
	}
	for i := range len(id) {
		if c := id[i]; c <= ' ' || c > '~' || c == '<' || c == '>' {
			return false
		}
	}
	return true
}

// fileName returns a name that is safe to save under.
func fileName(s string) string {
	s = strings.Map(func(r rune) rune {
		if strings.ContainsRune(`/\:*?"<>|`, r) {
			return '_'
		}
		return r
	}, oneLine(s, 150))
	if s = strings.Trim(s, ". "); s == "" {
		return "Datei"
	}
	return s
}

func mediaType(s string) bool {
	kind, sub, ok := strings.Cut(s, "/")
	token := func(s string) bool {
		return s != "" && strings.IndexFunc(s, func(r rune) bool {
			return r <= ' ' || r > '~' || strings.ContainsRune(`()<>@,;:\"/[]?=`, r)
		}) < 0
	}
	return ok && token(kind) && token(sub) && !strings.EqualFold(kind, "multipart") && !strings.EqualFold(kind, "message")
}

// plain reports whether b can be sent without encoding.
func plain(b []byte) bool {
	for line := range bytes.Lines(b) {
		if len(line) > 998 || !bytes.HasSuffix(line, []byte("\r\n")) {
			return false
		}
		for _, c := range line[:len(line)-2] {
			if c == 0 || c == '\r' || c >= 0x80 {
				return false
			}
		}
	}
	return true
}

// lines returns s as valid UTF-8 with line ends as \n and one at the end.
// Control characters, which no letter needs, are taken out.
func lines(s string) string {
	s = strings.ReplaceAll(strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\r\n", "\n"), "\r", "\n")
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, s)
	return strings.TrimRight(s, "\n") + "\n"
}
