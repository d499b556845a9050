package mail

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"

	msgauth "github.com/emersion/go-msgauth/dkim"

	"amtsbote/bots"
	"amtsbote/connectors/connectortest"
	"amtsbote/connectors/mail/mailtest"
)

func TestDKIM(t *testing.T) {
	dns := newDNS(t)
	good := newSigner(t, dns, "amt.test", "s1")
	other := newSigner(t, dns, "evil.example", "s1")
	with := func(change func(*signer)) signer { s := good; change(&s); return s }
	key := func(selector, more string) signer {
		s := with(func(s *signer) { s.selector = selector })
		dns.set(func() { dns.txts[selector+"._domainkey.amt.test"] = []string{s.record(more)} })
		return s
	}
	rsa := func(selector string, bits int) signer {
		s := with(func(s *signer) { s.selector, s.key = selector, rsaKey(t, bits) })
		dns.set(func() { dns.txts[selector+"._domainkey.amt.test"] = []string{s.record("")} })
		return s
	}
	twice := key("twice", "")
	dns.set(func() { dns.txts["twice._domainkey.amt.test"] = []string{twice.record(""), twice.record("")} })
	mail := string(mailtest.Text("From: Anna <anna@amt.test>", "To: bot@amt.test", "Subject: WG: Antrag", "Date: Fri, 20 Nov 2026 18:42:00 +0100",
		"Message-ID: <1@amt.test>", "", "Guten Tag,", "", "Zeile"))
	edit := func(old, new string) func([]byte) []byte {
		return func(b []byte) []byte { return bytes.Replace(b, []byte(old), []byte(new), 1) }
	}
	same := func(b []byte) []byte { return b }
	many := strings.Repeat("DKIM-Signature: v=1; d=amt.test; s=s1; b=eA==\r\n", maxSignatures)
	tests := map[string]struct {
		by    signer
		mail  string
		after func([]byte) []byte // what happens to it on the way
		want  string              // "": good
	}{
		"signed by the domain":       {good, mail, same, ""},
		"signed by the domain above": {good, strings.Replace(mail, "anna@amt", "anna@sub.amt", 1), same, ""},
		"signed with RSA":            {rsa("rsa2", 2048), mail, same, ""},
		"with a trace of its way": {good, mail, func(b []byte) []byte {
			return append([]byte("Received: from x\r\n\tby y\r\nReturn-Path: <a@b>\r\n"), b...)
		}, ""},
		"under a list's signature":           {good, mail, func(b []byte) []byte { return other.sign(t, b) }, ""},
		"over-signed":                        {with(func(s *signer) { s.fields += ":from:subject" }), mail, same, ""},
		"until tomorrow":                     {with(func(s *signer) { s.tags = fmt.Sprintf(" x=%d;", time.Now().Add(time.Hour).Unix()) }), mail, same, ""},
		"a text without end":                 {good, mail + strings.Repeat("Zeile\r\n", 100_000), same, ""},
		"of another domain":                  {other, mail, same, "no signature of the sender's domain"},
		"of a domain below":                  {newSigner(t, dns, "x.amt.test", "s1"), mail, same, "no signature of the sender's domain"},
		"not signed":                         {good, mail, func([]byte) []byte { return []byte(mail) }, "no signature of the sender's domain"},
		"another text":                       {good, mail, edit("Guten", "Bösen"), "the text was changed"},
		"more text":                          {good, mail, func(b []byte) []byte { return append(b, "noch etwas\r\n"...) }, "the text was changed"},
		"another subject":                    {good, mail, edit("Antrag", "Befehl"), "the header was changed"},
		"another sender":                     {good, strings.Replace(mail, "anna", "bernd", 1), edit("bernd", "anna"), "the header was changed"},
		"only the beginning signed":          {with(func(s *signer) { s.length = 12 }), mail, same, "only the beginning of the text (l=)"},
		"expired":                            {with(func(s *signer) { s.tags = fmt.Sprintf(" x=%d;", time.Now().Add(-time.Minute).Unix()) }), mail, same, "has expired"},
		"From not signed":                    {with(func(s *signer) { s.fields = "to:subject:date:message-id" }), mail, same, "does not cover From"},
		"the subject not signed":             {with(func(s *signer) { s.fields = "from:date:message-id" }), mail, same, "does not cover Subject"},
		"the Message-ID not signed":          {with(func(s *signer) { s.fields = "from:subject:date" }), mail, same, "does not cover Message-ID"},
		"the subject added later":            {with(func(s *signer) { s.fields = "from:date:message-id" }), strings.Replace(mail, "Subject: WG: Antrag\r\n", "", 1), edit("From:", "Subject: Befehl\r\nFrom:"), "does not cover Subject"},
		"a second From above":                {good, mail, func(b []byte) []byte { return append([]byte("From: chef@amt.test\r\n"), b...) }, "From stands there twice"},
		"a second From far below":            {good, mail, edit("To:", strings.Repeat("X: "+strings.Repeat("x", 1000)+"\r\n", 70)+"From: anna@amt.test\r\nTo:"), "the header is too long"},
		"a second subject":                   {good, mail, func(b []byte) []byte { return append([]byte("Subject: Befehl\r\n"), b...) }, "Subject stands there twice"},
		"a line that is no field":            {good, mail, edit("To:", "kein Feld\r\nTo:"), "the header is malformed"},
		"a space before the colon":           {good, mail, edit("To:", "X : y\r\nTo:"), "the header is malformed"},
		"a bare CR":                          {good, mail, edit("To:", "X: y\rFrom: b\r\nTo:"), "the header is malformed"},
		"no key":                             {with(func(s *signer) { s.selector = "none" }), mail, same, "the signature is not valid"},
		"two keys":                           {twice, mail, same, "the signature is not valid"},
		"a weak key":                         {rsa("rsa1", 1024), mail, same, "less than 2048 bits"},
		"a key on trial":                     {key("trial", "t=y; "), mail, same, "marked as a test"},
		"a key not for subdomains":           {with(func(s *signer) { *s = key("strict", "t=s; "); s.tags = " i=@sub.amt.test;" }), mail, same, "not for subdomains"},
		"a key for something else":           {key("web", "s=web; "), mail, same, "the signature is not valid"},
		"another's key":                      {with(func(s *signer) { s.key = other.key }), mail, same, "the header was changed"},
		"a selector that is an address":      {with(func(s *signer) { s.selector = "a.b._domainkey.evil.example#" }), mail, same, "cannot be read"},
		"eight broken ones above":            {good, mail, func(b []byte) []byte { return append([]byte(many), b...) }, "does not cover From"},
		"empty lines without end":            {good, mail + strings.Repeat("\r\n", maxBlank), same, "empty lines without end"},
		"empty":                              {good, mail, func([]byte) []byte { return nil }, "the mail has no text"},
		"a header without end":               {good, mail, func([]byte) []byte { return []byte(strings.Repeat("x", 2*maxHeader)) }, "the header is too long"},
		"a sender other than in the mailbox": {good, strings.Replace(mail, "anna", "bernd", 1), same, "the header is not what it seemed"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			p := newProver([]string{"amt.test"}, time.Now)
			p.dns = dns.resolver()
			from := "anna@amt.test"
			if strings.Contains(tt.mail, "@sub.") {
				from = "anna@sub.amt.test"
			}
			sigs, err := p.verify(t.Context(), bytes.NewReader(tt.after(tt.by.sign(t, []byte(tt.mail)))), from)
			if tt.want == "" && (err != nil || len(sigs) != 1) {
				t.Errorf("got %d signatures, %v", len(sigs), err)
			}
			if why, ok := errors.AsType[unproven](err); tt.want != "" && (!ok || !strings.Contains(string(why), tt.want)) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
	t.Run("nobody outside learns of it", func(t *testing.T) {
		dns.set(func() {
			for _, name := range dns.asked {
				if !strings.HasSuffix(name, "._domainkey.amt.test") {
					t.Errorf("asked for %s", name)
				}
			}
		})
	})
	t.Run("signed by other software", func(t *testing.T) {
		for _, can := range []msgauth.Canonicalization{msgauth.CanonicalizationSimple, msgauth.CanonicalizationRelaxed} {
			var b bytes.Buffer
			err := msgauth.Sign(&b, strings.NewReader(mail), &msgauth.SignOptions{Domain: "amt.test", Selector: "s1", Signer: good.key,
				HeaderCanonicalization: can, BodyCanonicalization: can})
			p := newProver([]string{"amt.test"}, time.Now)
			p.dns = dns.resolver()
			if _, verr := p.verify(t.Context(), &b, "anna@amt.test"); err != nil || verr != nil {
				t.Errorf("%s: %v, %v", can, err, verr)
			}
		}
	})
}

// TestDKIMReader has the mail break off: that says nothing about its sender, and
// leaves nothing running.
func TestDKIMReader(t *testing.T) {
	dns := newDNS(t)
	good := newSigner(t, dns, "amt.test", "s1")
	mail := good.sign(t, mailtest.Text("From: anna@amt.test", "", strings.Repeat("x", 200_000)))
	mail = append([]byte("DKIM-Signature: v=1; d=amt.test; s=s1; b=eA==\r\n"), mail...) // two run at the same time
	p := newProver([]string{"amt.test"}, time.Now)
	p.dns = dns.resolver()
	broken := errors.New("broken")
	before := runtime.NumGoroutine()
	for n := range 50 {
		_, err := p.verify(t.Context(), io.MultiReader(bytes.NewReader(mail[:1000+n*3000]), failing{broken}), "anna@amt.test")
		if !errors.Is(err, broken) {
			t.Fatalf("got %v", err)
		}
	}
	until(t, "all goroutines to end", func() bool { return runtime.NumGoroutine() <= before+2 })
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// TestKeys counts how often DNS is asked.
func TestKeys(t *testing.T) {
	dns := newDNS(t)
	newSigner(t, dns, "amt.test", "s1")
	clock := time.Now()
	p := newProver([]string{"amt.test"}, func() time.Time { return clock })
	count := &counting{resolver: dns.resolver()}
	p.dns = count
	find := func(selector string) error {
		_, err := p.find(t.Context(), selector+"._domainkey.amt.test", "amt.test")
		return err
	}
	steps := []struct {
		after    time.Duration
		selector string
		broken   bool
		asks     int
		want     error
	}{
		{0, "s1", false, 1, nil},
		{time.Minute, "s1", true, 0, nil},
		{0, "no", false, 1, errNoKey},
		{time.Second, "no", false, 0, errNoKey},
		{5 * time.Minute, "s1", true, 1, errNoAnswer},
		{time.Second, "s1", false, 0, errNoAnswer}, // the domain is left alone
		{0, "s2", false, 0, errNoAnswer},
		{time.Minute, "s1", false, 1, nil},
	}
	for i, s := range steps {
		clock = clock.Add(s.after)
		dns.set(func() { dns.broken = s.broken })
		before := count.n
		if err := find(s.selector); err != s.want || count.n-before != s.asks {
			t.Errorf("step %d: got %v with %d questions, want %v with %d", i, err, count.n-before, s.want, s.asks)
		}
	}
	for n := range 2 * maxKeys {
		find(fmt.Sprint("x", n))
	}
	if len(p.keys) > maxKeys {
		t.Errorf("remembers %d keys", len(p.keys))
	}
}

type counting struct {
	resolver
	n int
}

func (c *counting) LookupTXT(ctx context.Context, name string) ([]string, error) {
	c.n++
	return c.resolver.LookupTXT(ctx, name)
}

// dkimBox is a mailbox for forwards whose server states nothing.
type dkimBox struct {
	*forwardBox
	dns    *dnsServer
	signer signer
}

func newDKIMBox(t *testing.T, rig *mailtest.Rig) *dkimBox {
	w := newForwardBox(t, rig)
	w.cfg.Trust = Trust{DKIM: true}
	dns := newDNS(t)
	return &dkimBox{w, dns, newSigner(t, dns, mailtest.Domain, "s1")}
}

func (w *dkimBox) forward(n int) []byte {
	return bytes.Replace(letter(n, "Guten Tag", nil), []byte("jana@buerger.example"), []byte(w.colleague), 1)
}

func (w *dkimBox) work(t *testing.T, state *connectortest.State, change func(*Connector)) *office {
	return connectAnd(t, w.cfg, state, func(c *Connector) {
		c.proofs.dns = w.dns.resolver()
		c.reselect = 100 * time.Millisecond
		change(c)
	})
}

// TestDKIMMailbox runs against a real Dovecot, Postfix and DNS server.
func TestDKIMMailbox(t *testing.T) {
	rig := mailtest.Start(t)
	tests := []struct {
		name string
		test func(*testing.T, *mailtest.Rig)
	}{
		{"a signed forward is accepted, others are not", dkimBelieves},
		{"a mail that was sent to somebody else cannot be used again", dkimReplay},
		{"while keys cannot be looked up forwards wait, over a restart, and nothing else does", dkimWaits},
		{"a key that stays away is given up after a day", dkimGivesUp},
		{"check says whether mail within the house is signed", dkimCheck},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { tt.test(t, rig) })
	}
}

func dkimBelieves(t *testing.T, rig *mailtest.Rig) {
	w := newDKIMBox(t, rig)
	o := w.work(t, connectortest.NewState(), func(*Connector) {})
	evil := newSigner(t, w.dns, "evil.example", "s1")
	stated := append([]byte("Authentication-Results: mx.amt.test; dmarc=pass header.from=amt.test\r\n"), w.forward(2)...)
	for _, raw := range [][]byte{w.forward(1), stated, evil.sign(t, w.forward(3)), bytes.Replace(w.signer.sign(t, w.forward(4)), []byte("Guten"), []byte("Boese"), 1)} {
		rig.Deliver(t, "x@evil.example", w.cfg.Address, raw)
	}
	until(t, "four refusals", func() bool { return o.Stats().Skipped[skipUnverified] == 4 })
	rig.Deliver(t, "x@evil.example", w.cfg.Address, w.signer.sign(t, w.forward(5)))
	m := o.wait(t, 1)
	if len(m) != 1 || m[0].Sender != w.colleague || m[0].Thread != "5@buerger.example" || !m[0].Direct {
		t.Errorf("got %+v", m)
	}
	if _, err := o.Send(t.Context(), o.state, draftReply(m[0])); err != nil {
		t.Error(err)
	}
	rig.Wait(t, w.colleague, "INBOX", 1)
}

func dkimReplay(t *testing.T, rig *mailtest.Rig) {
	w := newDKIMBox(t, rig)
	w.signer.fields = "from:subject:date:message-id" // as Exchange Online: without To
	state := connectortest.NewState()
	o := w.work(t, state, func(*Connector) {})
	mail := w.signer.sign(t, w.forward(1))
	rig.Put(t, w.cfg.Address, mail)
	o.wait(t, 1)
	for n := range 3 {
		rig.Put(t, w.cfg.Address, bytes.Replace(mail, []byte("To: amt@"), fmt.Appendf(nil, "To: amt%d@", n), 1))
	}
	until(t, "three refusals", func() bool { return o.Stats().Skipped[skipUnverified] == 3 })
	o.end()
	// The same mail again, as after a restore: it is no other one.
	o = w.work(t, state, func(*Connector) {})
	rig.Put(t, w.cfg.Address, mail)
	o.wait(t, 1)
}

func dkimWaits(t *testing.T, rig *mailtest.Rig) {
	w := newDKIMBox(t, rig)
	sub := newSigner(t, w.dns, "sub."+mailtest.Domain, "s1")
	w.cfg.OwnDomains = append(w.cfg.OwnDomains, "sub."+mailtest.Domain)
	state := connectortest.NewState()
	w.dns.set(func() { w.dns.broken = true })
	o := w.work(t, state, func(*Connector) {})
	rig.Put(t, w.cfg.Address, w.signer.sign(t, w.forward(1)), w.signer.sign(t, w.forward(2)), bytes.Replace(w.signer.sign(t, w.forward(3)), []byte("Guten"), []byte("Boese"), 1))
	waiting := func() (n int) {
		state.Each(t.Context(), keyLater, func(string, []byte) error { n++; return nil })
		return n
	}
	until(t, "three forwards that wait", func() bool { return waiting() == 3 })
	// Another domain's keys are there.
	w.dns.set(func() { w.dns.broken = false })
	rig.Put(t, w.cfg.Address, sub.sign(t, bytes.Replace(w.forward(4), []byte(w.colleague), []byte("anna@sub."+mailtest.Domain), 1)))
	if m := o.wait(t, 1); len(m) != 1 || m[0].Thread != "4@buerger.example" {
		t.Errorf("got %+v", m)
	}
	if n := o.Stats().Skipped[skipUnverified]; n != 0 || waiting() != 3 {
		t.Errorf("%d were refused, %d wait", n, waiting())
	}
	o.end()
	o = w.work(t, state, func(c *Connector) { c.now = func() time.Time { return time.Now().Add(10 * time.Minute) } })
	o.wait(t, 2)
	until(t, "the changed one to be refused", func() bool { return o.Stats().Skipped[skipUnverified] == 1 && waiting() == 0 })
}

func dkimGivesUp(t *testing.T, rig *mailtest.Rig) {
	w := newDKIMBox(t, rig)
	state := connectortest.NewState()
	w.dns.set(func() { w.dns.broken = true })
	o := w.work(t, state, func(*Connector) {})
	rig.Put(t, w.cfg.Address, w.signer.sign(t, w.forward(1)))
	until(t, "the forward to wait", func() bool {
		found := false
		state.Each(t.Context(), keyLater, func(string, []byte) error { found = true; return nil })
		return found
	})
	o.end()
	o = w.work(t, state, func(c *Connector) { c.now = func() time.Time { return time.Now().Add(25 * time.Hour) } })
	until(t, "the refusal", func() bool { return o.Stats().Skipped[skipUnverified] == 1 })
	if len(o.messages()) > 0 {
		t.Error("it was accepted")
	}
}

// TestLaterFull has more forwards wait than there is room for: then the mailbox
// waits, and nothing is lost.
func TestLaterFull(t *testing.T) {
	state := connectortest.NewState()
	for n := range maxLater {
		state.Put(t.Context(), map[string][]byte{fmt.Sprint(keyLater, n): []byte("{}")}, 0)
	}
	c := &Connector{cfg: Config{Trust: Trust{DKIM: true}}, now: time.Now, log: discard, proofs: newProver(nil, time.Now)}
	r := &receiver{Connector: c, state: state}
	if err := r.postpone(t.Context(), bots.Message{ID: "x"}); !errors.Is(err, errTooMany) {
		t.Errorf("got %v", err)
	}
	state.Put(t.Context(), map[string][]byte{keyLater + "0": nil}, 0)
	if err := r.postpone(t.Context(), bots.Message{ID: "x"}); err != nil {
		t.Errorf("with room for one: got %v", err)
	}
}

func FuzzDKIM(f *testing.F) {
	dns := newDNS(f)
	good := newSigner(f, dns, "amt.test", "s1")
	mail := mailtest.Text("From: anna@amt.test", "Subject: x", "", "Text")
	signed := good.sign(f, mail)
	f.Add(signed)
	f.Add(append([]byte("DKIM-Signature: v=1; d=amt.test; s=s1; l=1; x=1; h=from; b=\r\n"), signed...))
	f.Add([]byte("From: anna@amt.test\nDKIM-Signature: a=;;=\n\n\n"))
	p := newProver([]string{"amt.test"}, time.Now)
	p.dns = dns.resolver()
	_, text, _ := bytes.Cut(mail, []byte("\r\n\r\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		sigs, err := p.verify(t.Context(), bytes.NewReader(raw), "anna@amt.test")
		if err != nil {
			return
		}
		// Only what was signed can be believed, wherever it stands.
		head, body, _ := bytes.Cut(raw, []byte("\r\n\r\n"))
		if len(sigs) == 0 || !bytes.Equal(bytes.TrimRight(body, "\r\n"), bytes.TrimRight(text, "\r\n")) && bytes.Contains(head, []byte("\r\n")) {
			t.Errorf("believed %q", raw)
		}
		if h := parseHeader(raw); h.strictFrom() != "anna@amt.test" || h.count("Subject") > 1 {
			t.Errorf("believed %q", raw)
		}
	})
}

// dkimCheck has Postfix not sign at all; a front of it that does is faked by
// signing what check sends, once it has arrived.
func dkimCheck(t *testing.T, rig *mailtest.Rig) {
	w := newDKIMBox(t, rig)
	c := connect(t, w.cfg)
	c.proofs.dns = w.dns.resolver()
	got := said(c.Check(t.Context()))
	if last := got[len(got)-1]; !strings.Contains(last, "does not sign mail within the house") || !strings.Contains(last, "no signature of the sender's domain") {
		t.Errorf("got %q", got)
	}
	if n := len(rig.Mails(t, w.cfg.User, "INBOX")); n != 0 {
		t.Errorf("%d test mails are left", n)
	}
	k, err := c.dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer k.close()
	for _, broken := range []bool{false, true} {
		bird := c.newCanary()
		rig.Put(t, w.cfg.Address, w.signer.sign(t, c.forged(bird)))
		at, err := c.await(t.Context(), k, bird)
		if err != nil {
			t.Fatal(err)
		}
		w.dns.set(func() { w.dns.broken = broken })
		clear(c.proofs.keys)
		if err := c.checkSignature(t.Context(), at); (err != nil) != broken || broken && !strings.Contains(err.Error(), "check DNS") {
			t.Errorf("a signed mail, DNS broken %v: got %v", broken, err)
		}
	}
}

// keeping is a State that remembers for how long values are to be kept.
type keeping struct {
	*connectortest.State
	keep map[string]time.Duration
}

func (k keeping) Put(ctx context.Context, values map[string][]byte, keep time.Duration) error {
	for key := range values {
		k.keep[key] = keep
	}
	return k.State.Put(ctx, values, keep)
}

// TestLaterStopped has the bot stop for days while a forward waits for its key: it
// is still there, and not refused for the days in which nobody tried.
func TestLaterStopped(t *testing.T) {
	state := keeping{connectortest.NewState(), map[string]time.Duration{}}
	cfg := Config{Name: "bot", Server: "127.0.0.1:1", TLS: tlsNone, User: "bot", Password: bots.NewSecret("x"), Watch: watchForwards,
		Address: "bot@amt.test", OwnDomains: []string{"amt.test"}, Trust: Trust{DKIM: true}, SMTP: SMTP{Server: "127.0.0.1:1", TLS: tlsNone}}
	c := connect(t, cfg)
	c.now = func() time.Time { return time.Now().Add(-5 * 24 * time.Hour) }
	m := bots.Message{ID: "x", Files: []bots.File{{Ref: reference{Folder: "INBOX"}.String()}}}
	if err := (&receiver{Connector: c, state: state}).postpone(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	if keep := state.keep[keyLater+"x"]; keep < 14*24*time.Hour {
		t.Errorf("it is forgotten after %v", keep)
	}
	c = connect(t, cfg) // started again, and the network is not there yet
	if err := (&receiver{Connector: c, state: state}).again(t.Context()); err != nil {
		t.Fatal(err)
	}
	if b, _ := state.Get(t.Context(), keyLater+"x"); b == nil || c.Stats().Skipped[skipUnverified] != 0 {
		t.Error("it was refused")
	}
}
