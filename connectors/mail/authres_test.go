package mail

import (
	"regexp"
	"strings"
	"testing"
)

func TestAuthResults(t *testing.T) {
	own := []string{"amt.test", "x.amt.test"}
	const anna, sub = "anna@amt.test", "anna@sub.amt.test"
	tests := map[string]struct {
		field, from string
		server      string
		want        bool
	}{
		"DMARC passed for the domain":     {"mx.amt.test; dmarc=pass header.from=amt.test", anna, "mx.amt.test", true},
		"DMARC passed for another":        {"mx.amt.test; dmarc=pass header.from=b.example", anna, "mx.amt.test", false},
		"DMARC passed for nobody":         {"mx.amt.test; dmarc=pass", anna, "mx.amt.test", false},
		"DMARC failed":                    {"mx.amt.test; dmarc=fail header.from=amt.test", anna, "mx.amt.test", false},
		"DKIM of the domain above":        {"mx.amt.test; dkim=pass header.d=amt.test", sub, "mx.amt.test", true},
		"DKIM of a domain above not ours": {"mx.amt.test; dkim=pass header.d=test", anna, "mx.amt.test", false},
		"DKIM of a domain below":          {"mx.amt.test; dkim=pass header.d=x.amt.test", anna, "mx.amt.test", false},
		"DKIM by identity":                {"mx.amt.test; dkim=pass header.i=@amt.test", anna, "mx.amt.test", true},
		"DKIM of somebody else":           {"mx.amt.test; dkim=pass header.d=list.example", anna, "mx.amt.test", false},
		"DKIM of nobody":                  {"mx.amt.test; dkim=pass", anna, "mx.amt.test", false},
		"DKIM with SHA-1":                 {"mx.amt.test; dkim=pass header.d=amt.test header.a=rsa-sha1", anna, "mx.amt.test", false},
		"SPF alone":                       {"mx.amt.test; spf=pass smtp.mailfrom=amt.test", anna, "mx.amt.test", false},
		"ARC alone":                       {"mx.amt.test; arc=pass header.d=amt.test; dkim=fail header.d=amt.test", anna, "mx.amt.test", false},
		"nothing was checked":             {"mx.amt.test; none", anna, "mx.amt.test", false},

		// What servers write.
		"rspamd":               {"mx.amt.test; dkim=pass header.d=amt.test header.s=2024 header.b=\"Ab+/c=12\"; dmarc=pass (policy=quarantine) header.from=amt.test; spf=pass (mx.amt.test: domain of anna@amt.test designates 192.0.2.1 as permitted sender) smtp.mailfrom=anna@amt.test", anna, "mx.amt.test", true},
		"OpenDKIM":             {"mx.amt.test; dkim=pass (2048-bit key; unprotected) header.d=amt.test header.i=@amt.test header.a=rsa-sha256 header.s=mail header.b=dZ3kq1x7; dkim-atps=neutral", anna, "mx.amt.test", true},
		"OpenDMARC":            {"mx.amt.test; dmarc=pass (p=reject dis=none) header.from=amt.test", anna, "mx.amt.test", true},
		"OpenDMARC by address": {"mx.amt.test; dmarc=pass header.from=anna@amt.test", anna, "mx.amt.test", true},
		"a list's and ours":    {"mx.amt.test; dkim=fail reason=\"signature verification failed\" (1024-bit key) header.d=list.example header.i=@list.example header.b=x; dkim=pass (2048-bit key) header.d=amt.test header.i=@amt.test header.b=y; dmarc=pass (p=none) header.from=amt.test", anna, "mx.amt.test", true},
		"Google":               {"mx.google.com; dkim=pass header.i=@amt.test header.s=s1 header.b=\"a/b+c\"; arc=pass (i=1 spf=pass); spf=pass (google.com: domain of anna@amt.test designates 192.0.2.1 as permitted sender) smtp.mailfrom=anna@amt.test; dmarc=pass (p=REJECT sp=REJECT dis=NONE) header.from=amt.test; dara=pass header.i=@amt.test", anna, "mx.google.com", true},
		"Google, saved by ARC": {"mx.google.com; dkim=fail header.i=@amt.test; arc=pass (i=2 spf=pass dkim=pass dmarc=pass fromdomain=amt.test); dmarc=fail (p=NONE sp=NONE dis=NONE arc=pass) header.from=amt.test", anna, "mx.google.com", false},
		"GMX":                  {"gmx.net; dkim=pass header.i=@amt.test", anna, "gmx.net", true},
		"Exchange names no server": {"spf=pass (sender IP is 192.0.2.4) smtp.mailfrom=amt.test; dkim=pass (signature was verified) header.d=amt.test;dmarc=pass action=none header.from=amt.test;compauth=pass reason=100",
			anna, "", false},
		"Exchange with a name":         {"mx.amt.test; spf=pass (sender IP is 192.0.2.4) smtp.mailfrom=amt.test; dkim=pass (signature was verified) header.d=amt.test;dmarc=pass action=none header.from=amt.test;compauth=pass reason=100", anna, "mx.amt.test", true},
		"Exchange, a guess":            {"mx.amt.test; dkim=none (message not signed) header.d=none;dmarc=bestguesspass action=none header.from=amt.test", anna, "mx.amt.test", false},
		"Exchange, compound only":      {"mx.amt.test; dmarc=fail action=quarantine header.from=amt.test;compauth=pass reason=130", anna, "mx.amt.test", false},
		"DKIM where there is no DMARC": {"mx.amt.test; dkim=pass header.d=amt.test; dmarc=none header.from=amt.test", anna, "mx.amt.test", true},
		"DMARC's records not reached":  {"mx.amt.test; dkim=pass header.d=amt.test; dmarc=temperror header.from=amt.test", anna, "mx.amt.test", true},

		// The form.
		"spaces around equals":       {"mx.amt.test; dmarc = pass header.from = amt.test", anna, "mx.amt.test", true},
		"a version of the method":    {"mx.amt.test 1; dkim/1=pass header.d=AMT.test", anna, "mx.amt.test", true},
		"a version yet to come":      {"mx.amt.test 2; dkim=pass header.d=amt.test", anna, "", false},
		"a method's that is to come": {"mx.amt.test; dkim/2=pass header.d=amt.test", anna, "mx.amt.test", false},
		"a quoted value":             {`mx.amt.test; dkim=pass header.d="amt.test"`, anna, "mx.amt.test", true},
		"a value quoted in part":     {`mx.amt.test; dkim=pass header.i="anna b"@amt.test`, anna, "mx.amt.test", true},
		"a verdict in quotes":        {`mx.amt.test; dkim=p""ass header.d=amt.test`, anna, "mx.amt.test", false},
		"a quote within a value":     {`mx.amt.test; dkim=pass header.d=amt".t"est`, anna, "mx.amt.test", false},
		"a quoted name":              {`"mx.amt.test"; dkim=pass header.d=amt.test`, anna, "", false},
		"a folded field":             {"mx.amt.test;\r\n\tdkim=pass\r\n header.d=amt.test", anna, "mx.amt.test", true},
		"a nested comment":           {"mx.amt.test (a (b; c) \\) d) 1; dkim=pass (2048 bit) header.d=amt.test", anna, "mx.amt.test", true},
		"a comment within a value":   {"mx.amt.test; dkim=pass header.d=amt.test(x).evil.example", anna, "mx.amt.test", false},
		"empty":                      {"", anna, "", false},
		"only semicolons":            {";;;", anna, "", false},
		"too many words in front":    {"mx.amt.test 1 x; dmarc=pass header.from=amt.test", anna, "", false},
		"a semicolon at the end":     {"mx.amt.test; dmarc=pass header.from=amt.test;", anna, "mx.amt.test", true},
		"a result without a value":   {"mx.amt.test; dmarc= header.from=amt.test", anna, "mx.amt.test", false},
		"a property without a value": {"mx.amt.test; dkim=pass header.d=", anna, "mx.amt.test", false},

		// What a sender can smuggle into it.
		"a reason says pass":          {`mx.amt.test; dmarc=fail reason="x; dmarc=pass header.from=amt.test"`, anna, "mx.amt.test", false},
		"a comment says pass":         {"mx.amt.test; dmarc=fail (x; dmarc=pass header.from=amt.test) header.from=amt.test", anna, "mx.amt.test", false},
		"a comment that does not end": {"mx.amt.test; spf=pass; dmarc=pass header.from=amt.test (x", anna, "", false},
		"a comment that ends twice":   {"mx.amt.test; spf=fail (x)y); dmarc=pass header.from=amt.test", anna, "", false},
		"a quote that does not end":   {`mx.amt.test; dmarc=pass header.from=amt.test reason="x`, anna, "", false},
		"two values, one is ours":     {"mx.amt.test; dkim=pass header.d=evil.example header.d=amt.test", anna, "mx.amt.test", false},
		"two verdicts of DMARC":       {"mx.amt.test; dmarc=pass header.from=amt.test; dmarc=pass header.from=amt.test", anna, "mx.amt.test", false},
		"DKIM against DMARC":          {"mx.amt.test; dkim=pass header.d=amt.test; dmarc=fail header.from=amt.test", anna, "mx.amt.test", false},
		"DKIM against DMARC's domain": {"mx.amt.test; dkim=pass header.d=amt.test; dmarc=pass header.from=evil.example", anna, "mx.amt.test", false},
		"a name that ends a comment":  {`mx.amt.test; spf=pass (domain of "x);dmarc=pass header.from=amt.test("@evil.example is fine) smtp.mailfrom=evil.example`, anna, "", false},
		"a name that begins a result": {`mx.amt.test; spf=pass smtp.mailfrom="x; dkim=pass header.d=amt.test"@evil.example`, anna, "mx.amt.test", false},
		"a name with a space":         {"mx.amt.test; dkim=pass header.i=@evil.example x header.d=amt.test", anna, "mx.amt.test", false},
		"a backslash":                 {`mx.amt.test; dkim=pass header.d=amt.test\`, anna, "", false},
		"a NUL":                       {"mx.amt.test; dkim=pass header.d=amt.test\x00.evil.example", anna, "", false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			a := parseAuthResults(tt.field)
			if got := a.verified(tt.from, own); got != tt.want || a.server != tt.server {
				t.Errorf("got %v by %q, want %v by %q", got, a.server, tt.want, tt.server)
			}
		})
	}
}

func TestColleague(t *testing.T) {
	const pass = "Authentication-Results: mx.amt.test; dmarc=pass header.from=amt.test\n"
	const from = "From: Anna <Anna@amt.test>\n"
	tests := map[string]struct {
		raw   string
		trust Trust
		want  string
		why   string
	}{
		"verified":                                {raw: pass + from, want: "anna@amt.test"},
		"the topmost field counts":                {raw: "Authentication-Results: mx.amt.test; dmarc=fail\n" + pass + from, why: skipUnverified},
		"another server's word is no word":        {raw: "Authentication-Results: mx.evil.example; dmarc=pass header.from=amt.test\n" + from, why: skipUnverified},
		"a comment before the server's name":      {raw: "Authentication-Results: (x) mx.amt.test; dmarc=pass header.from=amt.test\n" + from, why: skipUnverified},
		"a space before the colon":                {raw: "Authentication-Results : mx.amt.test; dmarc=pass header.from=amt.test\n" + from, why: skipUnverified},
		"only the topmost field, if it is forged": {raw: "Authentication-Results: mx.evil.example; dmarc=pass header.from=amt.test\n" + pass + from, why: skipUnverified},
		"a field of ARC is no word":               {raw: "ARC-Authentication-Results: i=1; mx.amt.test; dmarc=pass header.from=amt.test\n" + from, why: skipUnverified},
		"nor is one that was set aside":           {raw: "Authentication-Results-Original: mx.amt.test; dmarc=pass header.from=amt.test\n" + from, why: skipUnverified},
		"a field too long to be read to its end":  {raw: "Authentication-Results: mx.amt.test; dkim=pass header.d=amt.test; x=" + strings.Repeat("x", maxField) + "; dmarc=fail\n" + from, why: skipUnverified},
		"two From fields":                         {raw: pass + from + "From: x@amt.test\n", why: skipUnverified},
		"two addresses":                           {raw: pass + "From: anna@amt.test, bernd@amt.test\n", why: skipUnverified},
		"a name that looks like an address":       {raw: pass + "From: \"anna@amt.test\" <x@evil.example>\n", why: skipOutsider},
		"no From":                                 {raw: pass, why: skipUnverified},
		"a From that no two programs read alike":  {raw: pass + "From: <anna@amt.test>x@evil.example\n", why: skipUnverified},
		"a signature to be verified":              {raw: "DKIM-Signature: v=1; D=x; d = AMT.test; s=a\n" + from, trust: Trust{DKIM: true}, want: "anna@amt.test"},
		"no signature, though a server's word":    {raw: pass + from, trust: Trust{DKIM: true}, why: skipUnverified},
		"a signature of another domain":           {raw: "DKIM-Signature: v=1; d=evil.example; s=a\n" + from, trust: Trust{DKIM: true}, why: skipUnverified},
		"only for colleagues":                     {raw: "Return-Path: <anna@amt.test>\n" + from, trust: Trust{SubmissionOnly: true}, want: "anna@amt.test"},
		"only for colleagues, another's name":     {raw: "Return-Path: <bernd@amt.test>\n" + from, trust: Trust{SubmissionOnly: true}, why: skipUnverified},
		"only for colleagues, an outsider":        {raw: "From: x@evil.example\n", trust: Trust{SubmissionOnly: true}, why: skipOutsider},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if tt.trust == (Trust{}) {
				tt.trust.AuthServ = "mx.amt.test"
			}
			c := &Connector{cfg: Config{OwnDomains: []string{"amt.test"}, Trust: tt.trust}}
			got, why := c.colleague(parseHeader([]byte(tt.raw)))
			if got != tt.want || why != tt.why {
				t.Errorf("got %q, %q, want %q, %q", got, why, tt.want, tt.why)
			}
		})
	}
}

// passes finds a verdict that passes outside of quotes and comments, by other means
// than the parser's.
var passes = regexp.MustCompile(`(?i)(dmarc|dkim)(/1)?\s*=\s*pass`)

func FuzzAuthResults(f *testing.F) {
	for _, s := range []string{
		`mx; dkim=pass (a\)b) header.d=amt.test; dmarc=fail`, `mx 1; dmarc=pass header.from=amt.test`,
		`mx; dkim = pass reason="a\"b" header.i="x y"@amt.test (c (d) e); spf=pass`, `mx; dmarc=none; dkim/1=pass header.d=amt.test`,
	} {
		f.Add(s)
	}
	own := []string{"amt.test"}
	const anna = "anna@amt.test"
	f.Fuzz(func(t *testing.T, s string) {
		a := parseAuthResults(s)
		if a.verified(anna, own) {
			bare := s
			for n := -1; n != len(bare); { // innermost comments first
				n = len(bare)
				bare = regexp.MustCompile(`\((\\.|[^()\\])*\)`).ReplaceAllString(bare, " ")
			}
			if !passes.MatchString(bare) || !strings.Contains(strings.ToLower(strings.ReplaceAll(s, "\\", "")), "amt.test") {
				t.Errorf("%q says nothing that verifies", s)
			}
			if parseAuthResults(s+"; dmarc=fail header.from=amt.test").verified(anna, own) {
				t.Errorf("%q passes though DMARC fails", s)
			}
			if a.verified("anna@other.test", own) {
				t.Errorf("%q passes for anybody", s)
			}
		}
		// Whatever is in a comment or in quotes must not change the verdict.
		if parseAuthResults("mx; dmarc=fail ("+strings.NewReplacer("(", "", ")", "", "\\", "").Replace(s)+")").verified(anna, own) {
			t.Errorf("%q in a comment passes", s)
		}
		if parseAuthResults("mx; dmarc=fail reason=\""+strings.NewReplacer("\"", "", "\\", "").Replace(s)+"\"").verified(anna, own) {
			t.Errorf("%q in quotes passes", s)
		}
	})
}
