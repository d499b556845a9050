package mail

import "strings"

// An authResults is the content of an Authentication-Results field (RFC 8601):
// what a mail server says it has verified. It is parsed here and not by
// go-msgauth's authres, which fails on what Exchange writes.
//
// Part of the field is written by strangers: servers repeat envelope senders and
// tags of signatures, some of them carelessly. So whatever does not look as if the
// server alone had made it voids the field or the result; a parser that is lenient
// here is a way in.
type authResults struct {
	server  string // authserv-id, in lower case
	results []authResult
}

type authResult struct {
	method, result string
	props          map[string]string // such as "header.from"; in lower case
}

// parseAuthResults reads a field, unfolded. It is empty if the field is broken, has
// a version that does not exist yet, or names no server, as Exchange's.
func parseAuthResults(s string) authResults {
	parts, ok := splitResults(s)
	if !ok {
		return authResults{}
	}
	head := strings.Fields(parts[0])
	if len(head) == 0 || len(head) > 2 || strings.ContainsAny(parts[0], `="`) || len(head) == 2 && head[1] != "1" {
		return authResults{}
	}
	a := authResults{server: strings.ToLower(head[0])}
	for _, part := range parts[1:] {
		if r, ok := parseResult(part); ok {
			a.results = append(a.results, r)
		}
	}
	return a
}

// parseResult reads "dkim=pass reason=x header.d=amt.example".
func parseResult(s string) (authResult, bool) {
	r := authResult{props: map[string]string{}}
	for first := true; ; first = false {
		key, value, rest, ok := nextPair(s)
		if !ok {
			return r, false
		}
		if key == "" {
			return r, r.method != ""
		}
		pair := s[:len(s)-len(rest)]
		s = rest
		if first {
			method, version, versioned := strings.Cut(key, "/")
			if method == "" || versioned && version != "1" || strings.Contains(pair, `"`) {
				return r, false
			}
			r.method, r.result = method, value
			continue
		}
		// Which of two values counts is what an attacker would choose.
		if _, twice := r.props[key]; twice {
			return r, false
		}
		r.props[key] = value
	}
}

// nextPair reads key and value in lower case; spaces may stand around "=", and the
// value may begin with a part in quotes. The key is "" at the end. A word that is no pair
// is not ok: it can be the rest of a value that somebody broke in two.
func nextPair(s string) (key, value, rest string, ok bool) {
	s = strings.TrimLeft(s, " ")
	if s == "" {
		return "", "", "", true
	}
	key, s, ok = strings.Cut(s, "=")
	key = strings.TrimRight(key, " ")
	if !ok || key == "" || strings.ContainsAny(key, ` "`) {
		return "", "", "", false
	}
	s = strings.TrimLeft(s, " ")
	var b strings.Builder
	for quoted, start := false, len(s); len(s) > 0; s = s[1:] {
		switch c := s[0]; {
		case c == '"' && !quoted && len(s) < start:
			return "", "", "", false
		case c == '\\' && quoted:
			s = s[1:]
			b.WriteByte(s[0]) // it is there: the quotes end, see splitResults
		case c == '"':
			quoted = !quoted
		case c == ' ' && !quoted:
			return strings.ToLower(key), strings.ToLower(b.String()), s, b.Len() > 0
		default:
			b.WriteByte(c)
		}
	}
	return strings.ToLower(key), strings.ToLower(b.String()), "", b.Len() > 0
}

// splitResults splits at semicolons and takes comments out. It is not ok if a
// comment or a quote does not end, if one begins within the other, and with
// characters that no server has to write: a sender's name with a parenthesis,
// repeated in a comment, would end it, and such a name stands in quotes.
func splitResults(s string) (parts []string, ok bool) {
	var b strings.Builder
	depth, quoted := 0, false
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == '\t' || c == '\r' || c == '\n' {
			c = ' '
		}
		if c < ' ' || c == 0x7f {
			return nil, false
		}
		switch {
		case quoted:
			b.WriteByte(c)
			if c == '\\' {
				if i++; i == len(s) {
					return nil, false
				}
				b.WriteByte(s[i])
			}
			quoted = c != '"'
		case c == '\\' && depth > 0:
			i++
		case c == '\\', c == '"' && depth > 0, c == ')' && depth == 0:
			return nil, false
		case c == '"':
			quoted = true
			b.WriteByte(c)
		case c == '(':
			depth++
			b.WriteByte(' ')
		case c == ')':
			depth--
		case depth > 0:
		case c == ';':
			parts = append(parts, b.String())
			b.Reset()
		default:
			b.WriteByte(c)
		}
	}
	return append(parts, b.String()), depth == 0 && !quoted
}

// verified reports whether the server vouches for a sender: DMARC passed for
// exactly this domain, or DKIM did for it or a domain of ours above it. Results
// that contradict each other verify nothing: DKIM that passes with DMARC that
// fails cannot be for the same domain. ARC and SPF alone say nothing about From.
func (a authResults) verified(from string, own []string) bool {
	d := domain(from)
	signed, dmarc := false, 0
	for _, r := range a.results {
		switch r.method {
		case "dmarc":
			dmarc++
			switch r.result {
			case "pass":
				if domain(r.props["header.from"]) != d {
					return false
				}
				signed = true
			case "none", "temperror", "permerror", "bestguesspass":
			default:
				return false
			}
		case "dkim":
			signer := r.props["header.d"]
			if signer == "" {
				signer = domain(r.props["header.i"])
			}
			if r.result == "pass" && !strings.HasSuffix(r.props["header.a"], "-sha1") && aligned(signer, d, own) {
				signed = true
			}
		}
	}
	return signed && dmarc <= 1
}

// aligned reports whether a signature of a domain speaks for a sender's domain: it
// is the same, or one of ours above it.
func aligned(signer, sender string, own []string) bool {
	return signer != "" && (signer == sender || contains(own, signer) && strings.HasSuffix(sender, "."+signer))
}

func contains(list []string, s string) bool {
	for _, e := range list {
		if strings.EqualFold(e, s) {
			return true
		}
	}
	return false
}
