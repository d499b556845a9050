package mail

import (
	"bufio"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"

	"amtsbote/bots"
	"amtsbote/connectors/connectortest"
	"amtsbote/connectors/mail/mailtest"
)

func checks(t *testing.T, rig *mailtest.Rig) {
	w := newForwardBox(t, rig)
	w.cfg.Trust.Outside = rig.Strict
	for _, r := range connect(t, w.cfg).Check(t.Context()) {
		if r.Err != nil {
			t.Errorf("%s: %v", r.What, r.Err)
		}
	}
	w.cfg.CA = ""
	for _, r := range connect(t, w.cfg).Check(t.Context()) {
		if r.Err == nil || !strings.Contains(r.Err.Error(), "certificate") {
			t.Errorf("%s with an unknown authority: %v", r.What, r.Err)
		}
	}
	l := newLetterBox(t, rig)
	for _, r := range connect(t, l.cfg).Check(t.Context()) {
		if r.Err != nil {
			t.Errorf("%s: %v", r.What, r.Err)
		}
	}
}

// checksTrust poses as a colleague from outside, with the bot running.
func checksTrust(t *testing.T, rig *mailtest.Rig) {
	internal := func(c *Config) {
		c.User, c.Password, c.Address = mailtest.Bot, bots.NewSecret(rig.Password(mailtest.Bot)), mailtest.Internal
		c.Trust = Trust{SubmissionOnly: true, Outside: rig.SMTP}
	}
	tests := map[string]struct {
		change func(*Config)
		want   []string // "failed" or "warning", what is said
	}{
		"a server that removes forged fields is good":   {func(c *Config) { c.Trust.Outside = rig.Strict }, []string{"ok "}},
		"a server that lets them through is reported":   {func(c *Config) { c.Trust.Outside = rig.SMTP }, []string{"failed PASSES ON"}},
		"a server that takes mail only from colleagues": {internal, []string{"ok "}},
		"a server that takes mail from outside too":     {func(c *Config) { c.Trust = Trust{SubmissionOnly: true, Outside: rig.SMTP} }, []string{"failed TAKES mail"}},
		"without an address it says how to test":        {func(c *Config) { c.Trust.Outside = "" }, []string{"warning set trust.outside"}},
		"a server that is not there proves nothing":     {func(c *Config) { c.Trust.Outside = "localhost:1" }, []string{"warning not tested"}},
		"nor does one that is not there for submission": {func(c *Config) { c.Trust = Trust{SubmissionOnly: true, Outside: "localhost:1"} }, []string{"warning not tested"}},
		"nor does one that refuses whoever is not known": {func(c *Config) {
			c.Trust = Trust{SubmissionOnly: true, Outside: sourServer(t, "504 5.5.2 who are you")}
		}, []string{"warning not tested"}},
		"nor does one that refuses the sender for all": {func(c *Config) { c.Trust = Trust{SubmissionOnly: true, Outside: sourServer(t, "450 4.7.1 later")} }, []string{"warning not tested"}},
		"a mail that does not arrive proves nothing":   {func(c *Config) { c.Trust.Outside, c.Folders = rig.Strict, []string{"Sent"} }, []string{"warning did not arrive"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := newForwardBox(t, rig)
			tt.change(&w.cfg)
			c := connect(t, w.cfg)
			if w.cfg.Folders != nil {
				c.patience = 300 * time.Millisecond
			}
			o := workWith(t, c, connectortest.NewState())
			until(t, "the mailbox", func() bool { return o.Stats().Receiving })
			got := said(c.checkTrust(t.Context()))
			ok := slices.EqualFunc(got, tt.want, func(got, want string) bool {
				state, text, _ := strings.Cut(want, " ")
				return strings.HasPrefix(got, state) && strings.Contains(got, text)
			})
			if !ok {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			for _, m := range rig.Mails(t, w.cfg.User, "INBOX") {
				if m.Field("Subject") == canarySubject && w.cfg.Folders == nil {
					t.Error("a test mail is left")
				}
			}
			for _, m := range o.messages() {
				if m.Subject == canarySubject {
					t.Error("the bot took a test mail for a forward")
				}
			}
		})
	}
}

// said puts results in words: "ok ", "warning …" or "failed …".
func said(results []bots.CheckResult) (all []string) {
	for _, r := range results {
		switch {
		case r.Err == nil:
			all = append(all, "ok ")
		case r.Warn:
			all = append(all, "warning "+r.Err.Error())
		default:
			all = append(all, "failed "+r.Err.Error())
		}
	}
	return all
}

// canaryPasses has the running bot see a test mail that a server lets through
// with all that it needs to be believed, and deletes this one mail only.
func canaryPasses(t *testing.T, rig *mailtest.Rig) {
	w := newForwardBox(t, rig)
	o := work(t, w.cfg, connectortest.NewState())
	w.Say(t, "ein Brief", nil)
	o.wait(t, 1)
	c := rig.Client(t, w.cfg.User)
	defer c.Close()
	c.Select("INBOX", nil).Wait()
	if err := c.Store(imap.SeqSetNum(1), &imap.StoreFlags{Op: imap.StoreFlagsAdd, Flags: []imap.Flag{imap.FlagDeleted}}, nil).Close(); err != nil {
		t.Fatal(err)
	}
	bird := o.newCanary()
	rig.Put(t, w.cfg.Address, o.forged(bird)) // past Postfix: the forged field is topmost
	until(t, "the test mail to be passed over", func() bool { return o.Stats().Skipped[skipOwn] == 1 })
	if n := len(o.messages()); n != 1 {
		t.Errorf("the bot took the test mail for a forward")
	}
	k, err := o.dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer k.close()
	at, err := o.await(t.Context(), k, bird)
	if err != nil || at.uid == 0 || !o.survived(at.header, bird) {
		t.Fatalf("got %+v, %v", at, err)
	}
	caps := k.caps
	k.caps = imap.CapSet{}
	if got := fmt.Sprint(o.away(t.Context(), k, at)); !strings.Contains(got, "please delete") || len(rig.Mails(t, w.cfg.User, "INBOX")) != 2 {
		t.Errorf("a server that cannot delete one mail: got %s", got)
	}
	k.caps = caps
	if got := o.away(t.Context(), k, at); got != nil {
		t.Errorf("got %v", got)
	}
	if left := rig.Mails(t, w.cfg.User, "INBOX"); len(left) != 1 || left[0].Field("Message-ID") != "<1@buerger.example>" {
		t.Errorf("got %d mails, want the letter that a person has marked as deleted", len(left))
	}
}

// sourServer is a server that answers every recipient the same.
func sourServer(t *testing.T, answer string) string {
	l := listen(t)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			fmt.Fprint(c, "220 x\r\n")
			for lines := bufio.NewScanner(c); lines.Scan(); {
				if strings.HasPrefix(lines.Text(), "RCPT") {
					fmt.Fprint(c, answer+"\r\n")
				} else {
					fmt.Fprint(c, "250 ok\r\n")
				}
			}
			c.Close()
		}
	}()
	return l.Addr().String()
}
