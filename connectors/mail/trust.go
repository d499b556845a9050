package mail

import "strings"

// validate checks that there is one way to believe a forward, and no second one
// that would let in what the first keeps out.
func (t Trust) validate(bad func(key, format string, args ...any)) {
	ways := 0
	for _, set := range []bool{t.AuthServ != "", t.SubmissionOnly, t.DKIM} {
		if set {
			ways++
		}
	}
	if ways != 1 {
		bad("trust", "set authserv_id, submission_only or dkim, exactly one of them: without it no forward can be believed")
	}
	if strings.ContainsAny(t.AuthServ, "=;()\"\\ \t") {
		bad("trust.authserv_id", "%q is not the name of a server; where Authentication-Results begins with a result, as Exchange's, use submission_only or dkim", t.AuthServ)
	}
}

// signed reports whether a mail bears a signature that may speak for its sender,
// so that only such mails are fetched to be verified.
func signed(h header, from string, own []string) bool {
	for _, f := range h {
		if strings.EqualFold(f.name, "DKIM-Signature") && aligned(strings.ToLower(parseTags(f.value)["d"]), domain(from), own) {
			return true
		}
	}
	return false
}
