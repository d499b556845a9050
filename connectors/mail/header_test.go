package mail

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"amtsbote/bots"
)

func TestParseHeader(t *testing.T) {
	tests := map[string]struct {
		raw                         string
		author, subject, id, thread string
		references                  []string
	}{
		"an ordinary mail": {
			raw:    "From: Jana <Jana@B.example>\r\nSubject: =?utf-8?q?=C3=9Cber?=\r\n  zwei Zeilen\r\nMessage-ID: <1@b>\r\n\r\nSubject: Text\r\n",
			author: "jana@b.example", subject: "Über zwei Zeilen", id: "1@b", thread: "1@b",
		},
		"an answer belongs to the first mail": {
			raw: "Message-ID: <3@b>\nReferences: <1@b>\n <2@b>\nIn-Reply-To: <2@b>\n\n", id: "3@b", thread: "1@b", references: []string{"1@b", "2@b"},
		},
		"an answer without References belongs to what it answers": {
			raw: "Message-ID: <3@b>\nIn-Reply-To: your mail <2@b> of Friday <9@b>\n\n", id: "3@b", thread: "2@b", references: []string{"2@b"},
		},
		"a line without a colon and an mbox line are passed over": {
			raw: "From jana Fri Nov 20\nno field\n continued\nFrom: jana@b.example\nSubject: ja\n\n", author: "jana@b.example", subject: "ja", thread: "ID",
		},
		"a bare Latin-1 name leaves the address": {
			raw: "From: J\xf6rg M\xfcller <joerg@b.example>\nSubject: Gr\xfc\xdfe\n\n", author: "joerg@b.example", subject: "Grüße", thread: "ID",
		},
		"a broken name leaves the address": {
			raw: "From: \"Jana (Amt <jana@b.example>\n\n", author: "jana@b.example", thread: "ID",
		},
		"iso-8859-1 is what browsers take it for": {
			raw: "Subject: =?iso-8859-1?q?20_=80?=\n\n", subject: "20 €", thread: "ID",
		},
		"an unknown charset is shown as it is": {
			raw: "Subject: =?x-none?q?=80?=\n\n", subject: "=?x-none?q?=80?=", thread: "ID",
		},
		"a Message-ID with a space is none": {raw: "Message-ID: <a b@c>\n\n", thread: "ID"},
		"nothing":                           {thread: "ID"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			h := parseHeader([]byte(tt.raw))
			if got := h.author(); got != tt.author {
				t.Errorf("author: got %q, want %q", got, tt.author)
			}
			if got := h.decoded("Subject"); got != tt.subject {
				t.Errorf("subject: got %q, want %q", got, tt.subject)
			}
			if got := h.messageID(); got != tt.id {
				t.Errorf("Message-ID: got %q, want %q", got, tt.id)
			}
			if got := h.thread("ID"); got != tt.thread {
				t.Errorf("thread: got %q, want %q", got, tt.thread)
			}
			if got := h.references(); !slices.Equal(got, tt.references) {
				t.Errorf("references: got %q, want %q", got, tt.references)
			}
		})
	}
}

func TestIdentity(t *testing.T) {
	const mail = "From: a@b\nTo: c@d\nDate: Fri\nSubject: s\nMessage-ID: <1@b>\n\n"
	id := parseHeader([]byte(mail)).identity("x")
	same := map[string]string{
		"another way here":   "Received: from x\nReturn-Path: <a@b>\nDelivered-To: c\n" + mail,
		"another text below": mail + "text",
		"other folding":      strings.Replace(mail, "To: c", "To:\n  c", 1),
	}
	for name, raw := range same {
		if parseHeader([]byte(raw)).identity("y") != id {
			t.Errorf("%s makes another letter of it", name)
		}
	}
	for _, change := range []string{"a@b", "c@d", "Fri", "s\n", "1@b"} {
		if parseHeader([]byte(strings.Replace(mail, change, "z"+change, 1))).identity("x") == id {
			t.Errorf("another %q makes no other letter of it", change)
		}
	}
	bare := parseHeader([]byte("From: kopierer@amt.test\n\n"))
	if bare.identity("18:42:01") == bare.identity("18:42:02") {
		t.Error("two scans without Message-ID are taken for one")
	}
}

func TestSkip(t *testing.T) {
	c := &Connector{cfg: Config{Watch: watchLetters, Address: "post@amt.test", User: "post"}}
	tests := map[string]string{
		"From: a@b\n":                                              "",
		"From: a@b\nAuto-Submitted: no\n":                          "",
		"From: a@b\nAuto-Submitted: No (person)\n":                 "",
		"From: a@b\nAuto-Submitted: auto-replied; x\n":             skipAuto,
		"From: a@b\nPrecedence: first-class\n":                     "",
		"From: a@b\nPRECEDENCE: Junk\n":                            skipBulk,
		"From: a@b\nPrecedence: auto_reply\n":                      skipBulk,
		"From: a@b\nReturn-Path: <>\n":                             skipBounce,
		"From: a@b\nReturn-Path: <a@b>\n":                          "",
		"From: a@b\nContent-Type: Multipart/Report; boundary=x\n":  skipBounce,
		"From: Post <POST@amt.test>\n":                             skipOwn,
		"From: a@b\nX-Loop: someone@else\nX-Loop: post@amt.test\n": skipOwn,
		"Subject: ohne Absender\n":                                 "",
	}
	for raw, want := range tests {
		if got := c.skip(found{header: parseHeader([]byte(raw))}); got != want {
			t.Errorf("%q: got %q, want %q", raw, got, want)
		}
	}
}

func TestStrip(t *testing.T) {
	for in, want := range map[string]string{"AW: Re: WG:x": "x", "Antrag": "Antrag", "Re:": "", "Regen": "Regen"} {
		if got := strip(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func FuzzHeader(f *testing.F) {
	f.Add([]byte("From: a@b\r\nSubject: =?utf-8?q?x?=\r\nReferences: <a> <b>\r\n\r\n"))
	f.Add([]byte("From jana\n:\n \n\tx\nFrom: \xff<\"\nAuthentication-Results: a (b; c\n"))
	c := &Connector{cfg: Config{OwnDomains: []string{"amt.test"}, Trust: Trust{AuthServ: "mx"}, Address: "p@amt.test"}}
	c.now = time.Now
	f.Fuzz(func(t *testing.T, raw []byte) {
		h := parseHeader(raw)
		m, _ := (&receiver{Connector: &Connector{cfg: Config{Watch: watchLetters, Address: "p@amt.test"}, now: time.Now, log: discard}}).message(found{header: h})
		for _, s := range []string{m.Subject} {
			if !utf8.ValidString(s) || strings.ContainsAny(s, "\r\n") {
				t.Errorf("subject %q", s)
			}
		}
		if len(m.Ref) > 64<<10 {
			t.Errorf("reference of %d bytes", len(m.Ref))
		}
		if addr, _ := c.colleague(h); addr != "" && !c.own(addr) {
			t.Errorf("believed %q", addr)
		}
	})
}

func TestLineLimit(t *testing.T) {
	literal := strings.Repeat("x", 2*maxLine)
	tests := map[string]struct {
		in string
		ok bool
	}{
		"short lines":           {strings.Repeat("* 1 EXISTS\r\n", maxLine/8), true},
		"a long literal":        {"* 1 FETCH (BODY[] {2097152}\r\n" + literal + ")\r\n", true},
		"a long literal+":       {"* 1 FETCH (BODY[] {2097152+}\r\n" + literal + ")\r\n", true},
		"a line without end":    {literal, false},
		"a lie about a literal": {"* 1 FETCH (BODY[] {5}\r\n" + literal, false},
		"no literal":            {"* 1 x {abc}\r\n" + literal, false},
	}
	for name, tt := range tests {
		for _, size := range []int{1 << 16, 7} {
			l := &lineLimit{Conn: stringConn{strings.NewReader(tt.in), nil}}
			b, n := make([]byte, size), 0
			var err error
			for err == nil {
				var m int
				m, err = l.Read(b)
				n += m
			}
			if ok := err.Error() == "EOF"; ok != tt.ok || ok && n != len(tt.in) {
				t.Errorf("%s, %d at a time: got %d of %d bytes, %v", name, size, n, len(tt.in), err)
			}
		}
	}
}

func TestValidate(t *testing.T) {
	good := Config{Name: "p", Server: "imap.amt.test:993", User: "p", Password: bots.NewSecret("x"), Watch: watchLetters, Address: "p@amt.test", OwnDomains: []string{"amt.test"}}
	if err := good.Validate(); err != nil {
		t.Fatalf("a good configuration: %v", err)
	}
	tests := map[string]struct {
		change func(*Config)
		want   []string
	}{
		"everything at once": {func(c *Config) { *c = Config{Since: "gestern", Poll: 1} },
			[]string{"name:", "server:", "user:", "password:", "address:", "own_domains:", "watch:", "since:", "poll:"}},
		"no encryption to another machine": {func(c *Config) { c.TLS = tlsNone }, []string{"tls: none"}},
		"forwards need trust and SMTP":     {func(c *Config) { c.Watch = watchForwards }, []string{"trust:", "smtp.server:"}},
		"two kinds of trust": {func(c *Config) {
			c.Watch = watchForwards
			c.Trust = Trust{AuthServ: "mx", SubmissionOnly: true}
			c.SMTP.Server = "a:1"
		}, []string{"trust:"}},
		"three kinds of trust, none of them": {func(c *Config) { c.Watch, c.SMTP.Server = watchForwards, "a:1" }, []string{"trust: set authserv_id, submission_only or dkim, exactly one"}},
		"dkim and another kind of trust": {func(c *Config) {
			c.Watch, c.SMTP.Server, c.Trust = watchForwards, "a:1", Trust{DKIM: true, SubmissionOnly: true}
		}, []string{"trust: set"}},
		"a result in place of a server": {func(c *Config) { c.Watch, c.SMTP.Server, c.Trust = watchForwards, "a:1", Trust{AuthServ: "spf=pass"} }, []string{"trust.authserv_id: \"spf=pass\""}},
		"outside is no address":         {func(c *Config) { c.Trust.Outside = "mx.amt.test" }, []string{"trust.outside:"}},
		"briefs to outsiders":           {func(c *Config) { c.BriefTo = "x@other.example"; c.SMTP.Server = "a:1" }, []string{"brief_to:"}},
		"own_domains with addresses":    {func(c *Config) { c.OwnDomains = []string{"@amt.test", "*"} }, []string{`own_domains: "@amt.test"`, `own_domains: "*"`}},
		"a missing file":                {func(c *Config) { c.CA = "/nirgends" }, []string{"ca:"}},
	}
	for name, tt := range tests {
		c := good
		tt.change(&c)
		err := c.Validate()
		if err == nil {
			t.Errorf("%s: valid", name)
			continue
		}
		for _, want := range tt.want {
			if !strings.Contains("\n"+err.Error(), "\n"+want) {
				t.Errorf("%s: lacks %q:\n%v", name, want, err)
			}
		}
	}
}

func TestSurvived(t *testing.T) {
	c := &Connector{cfg: Config{Address: "bot@amt.test", Trust: Trust{AuthServ: "Mx.amt.test"}}, now: time.Now}
	bird := c.newCanary()
	forged := string(c.forged(bird))
	_, plain, _ := strings.Cut(forged, "AUTHENTICATION")
	_, rest, _ := strings.Cut(forged, "From: ")
	tests := map[string]struct {
		raw  string
		want bool
	}{
		"both forged fields are there":   {forged, true},
		"one is written in another way":  {"AUTHENTICATION" + plain, true},
		"they are below the server's":    {"Authentication-Results: mx.amt.test; none\n" + forged, true},
		"only the server's own is there": {"Authentication-Results: mx.amt.test; dmarc=fail header.from=amt.test\nFrom: " + rest, false},
		"they were renamed":              {strings.ReplaceAll(strings.ReplaceAll(forged, "AUTHENTICATION-RESULTS", "X-Old"), "Authentication-Results", "X-Old"), false},
		"another server's name is there": {strings.ReplaceAll(strings.ReplaceAll(forged, "MX.AMT.TEST", "old"), "Mx.amt.test", "old"), false},
	}
	for name, tt := range tests {
		if got := c.survived(parseHeader([]byte(tt.raw)), bird); got != tt.want {
			t.Errorf("%s: got %v, want %v", name, got, tt.want)
		}
	}
}

// TestHeaderCaps: what a letter is built to cost is not looked at.
func TestHeaderCaps(t *testing.T) {
	h := parseHeader([]byte(strings.Repeat("X: y\r\n", 2*maxFields)))
	if len(h) != maxFields {
		t.Errorf("%d fields, want %d at most", len(h), maxFields)
	}
	h = parseHeader([]byte("References: " + strings.Repeat("<a@b>\r\n ", 2*maxIDs) + "\r\nSubject: " + strings.Repeat("x\r\n ", maxField)))
	if n := len(h.references()); n != maxIDs {
		t.Errorf("%d references, want %d at most", n, maxIDs)
	}
	if n := len(h.get("Subject")); n > maxField {
		t.Errorf("a field of %d bytes, want %d at most", n, maxField)
	}
	if n := len(h.decoded("Subject")); n > maxWords {
		t.Errorf("a subject of %d bytes, want %d at most", n, maxWords)
	}
	if h = parseHeader(append(bytes.Repeat([]byte("x"), maxHeader), "\r\nSubject: y\r\n"...)); h.has("Subject") {
		t.Error("a header is read beyond its limit")
	}
}
