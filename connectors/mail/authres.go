package mail

import "strings"

// An authResults is the content of an Authentication-Results field (RFC 8601):
// what a mail server says it has verified. It is parsed here and not by
// go-msgauth's authres, which fails on what Exchange writes.
type authResults struct {
	server  string // authserv-id, in lower case
	results []authResult
}

type authResult struct {
	method, result string
	props          map[string]string // such as "header.from"; in lower case
}

// parseAuthResults reads a field. What it does not understand it leaves out, so
// that less is taken for verified, never more.
func parseAuthResults(s string) authResults {
	parts := splitResults(s)
	head := strings.Fields(parts[0])
	if len(head) == 0 || len(head) > 2 { // the second is the version
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
	// "=" may stand between spaces.
	for strings.Contains(s, " =") || strings.Contains(s, "= ") {
		s = strings.ReplaceAll(strings.ReplaceAll(s, " =", "="), "= ", "=")
	}
	for i, pair := range strings.Fields(s) {
		key, value, ok := strings.Cut(pair, "=")
		key, value = strings.ToLower(key), strings.ToLower(value)
		if i == 0 {
			if !ok {
				return r, false
			}
			key, _, _ = strings.Cut(key, "/") // version of the method
			r.method, r.result = key, value
			continue
		}
		if !ok {
			continue
		}
		// Which of two values counts is what an attacker would choose.
		if _, twice := r.props[key]; twice {
			return r, false
		}
		r.props[key] = value
	}
	return r, r.method != ""
}

// splitResults splits at semicolons, without comments and with what is quoted
// made harmless: a quoted value may hold anything and is needed by none of us.
func splitResults(s string) []string {
	parts := []string{""}
	var b strings.Builder
	depth, quoted := 0, false
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '\\' && (depth > 0 || quoted):
			i++ // what is escaped means nothing
		case quoted:
			quoted = c != '"'
		case c == '"' && depth == 0:
			quoted = true
			b.WriteByte('?')
		case c == '(':
			depth++
			b.WriteByte(' ')
		case c == ')' && depth > 0:
			depth--
		case depth > 0:
		case c == ';':
			parts[len(parts)-1] = b.String()
			parts = append(parts, "")
			b.Reset()
		case c == '\t' || c == '\r' || c == '\n':
			b.WriteByte(' ')
		default:
			b.WriteByte(c)
		}
	}
	if depth > 0 || quoted {
		return parts[:max(1, len(parts)-1)] // the last one does not end
	}
	parts[len(parts)-1] = b.String()
	return parts
}

// verified reports whether the server vouches for a sender: DMARC passed for
// exactly this domain, or DKIM did for it or a domain of ours above it.
func (a authResults) verified(from string, own []string) bool {
	d := domain(from)
	for _, r := range a.results {
		if r.result != "pass" {
			continue
		}
		switch r.method {
		case "dmarc":
			if domain(r.props["header.from"]) == d {
				return true
			}
		case "dkim":
			signer := r.props["header.d"]
			if signer == "" {
				signer = domain(r.props["header.i"])
			}
			if signer == d || contains(own, signer) && strings.HasSuffix(d, "."+signer) {
				return true
			}
		}
	}
	return false
}

func contains(list []string, s string) bool {
	for _, e := range list {
		if strings.EqualFold(e, s) {
			return true
		}
	}
	return false
}
