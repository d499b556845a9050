package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"amtsbote/connectors/mail/mailtest"
)

// TestMailFaults has the real program lose its mail server in all the ways there
// are. Each trouble is stated in /ready, costs few attempts, and ends by itself once
// its cause has: the letter that came meanwhile gets its draft. The short form has
// the troubles that the tests of the connector do not have.
func TestMailFaults(t *testing.T) {
	rig := mailtest.Start(t)
	// What a person does besides: the new password comes into its file.
	password := func(t *testing.T, d *trouble, new string) {
		if err := os.WriteFile(d.password, []byte(new+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, test := range map[string]struct {
		begin, end func(t *testing.T, d *trouble)
		want       string // in /ready
		alarm      bool   // it is an alarm beside the work
		long       bool   // only with AMTSBOTE_TEST_FAULTS
	}{
		"the password is changed": {
			begin: func(t *testing.T, d *trouble) {
				rig.SetPassword(t, d.box, "ein-neues-Kennwort")
				rig.Dovecot.Kill() // whoever is logged in stays so
				rig.Dovecot.Start(t)
			},
			end:  func(t *testing.T, d *trouble) { password(t, d, "ein-neues-Kennwort") },
			want: "login refused"},
		"the certificate expires": {
			begin: func(t *testing.T, _ *trouble) {
				rig.Certify(t, time.Now().Add(-time.Hour), time.Now().Add(-time.Minute))
			},
			end: func(t *testing.T, _ *trouble) {
				rig.Certify(t, time.Now().Add(-time.Hour), time.Now().Add(24*time.Hour))
			},
			want: "expired"},
		"the server hangs": {
			begin: func(t *testing.T, _ *trouble) { rig.Dovecot.Stop() },
			end:   func(t *testing.T, _ *trouble) { rig.Dovecot.Cont() },
			want:  "no answer", long: true},
		"the server is killed": {
			begin: func(t *testing.T, _ *trouble) { rig.Dovecot.Kill() },
			end:   func(t *testing.T, _ *trouble) { rig.Dovecot.Start(t) },
			want:  "connect", long: true},
		"the mailbox is full": {
			begin: func(t *testing.T, d *trouble) {
				rig.Quota(t, d.box, "*:messages=4") // two letters, a draft and a brief
				rig.Dovecot.Kill()                  // sessions keep the quota they began with
				rig.Dovecot.Start(t)
			},
			end: func(t *testing.T, d *trouble) {
				rig.Quota(t, d.box, "")
				rig.Dovecot.Kill()
				rig.Dovecot.Start(t)
			},
			want: "mailbox is full", alarm: true},
		"the drafts folder goes": {
			begin: func(t *testing.T, d *trouble) {
				rig.Doveadm(t, "mailbox", "delete", "-u", d.box, "Vorschläge")
			},
			end: func(t *testing.T, d *trouble) {
				rig.Doveadm(t, "mailbox", "create", "-u", d.box, "Vorschläge")
			},
			want: "missing", alarm: true, long: true},
		"the mailbox is deleted and made again": {
			begin: func(t *testing.T, d *trouble) {
				rig.Dovecot.Kill()
				user, domain, _ := strings.Cut(d.box, "@")
				if err := os.RemoveAll(filepath.Join(rig.Dir, "mail", domain, user)); err != nil {
					t.Fatal(err)
				}
			},
			end: func(t *testing.T, d *trouble) {
				rig.Dovecot.Start(t)
				rig.Doveadm(t, "mailbox", "create", "-u", d.box, "Vorschläge")
				rig.Put(t, d.box, plainLetter(d.box, "fehler", 1)) // restored
			},
			want: "connect", long: true},
	} {
		if test.long && !long() {
			continue
		}
		t.Run(name, func(t *testing.T) {
			d := newTrouble(t, rig)
			rig.Put(t, d.box, plainLetter(d.box, "fehler", 1))
			d.drafted(t, 1)
			test.begin(t, d)
			deliver := name != "the server hangs" && !strings.HasPrefix(test.want, "connect")
			if deliver {
				rig.Put(t, d.box, plainLetter(d.box, "fehler", 2))
			}
			within(t, 90*time.Second, "/ready to say "+test.want, func() bool { return strings.Contains(d.p.get(t, "/ready"), test.want) })
			if said := d.p.get(t, "/ready"); strings.Contains(said, d.box) || strings.Contains(said, `"ready":true`) != test.alarm {
				t.Errorf("/ready says %s", said)
			}
			<-time.After(6 * time.Second) // time for a hot loop to show
			test.end(t, d)
			if !deliver {
				rig.Put(t, d.box, plainLetter(d.box, "fehler", 2))
			}
			d.drafted(t, 2)
			within(t, 90*time.Second, "/ready to be green", func() bool { return strings.Contains(d.p.get(t, "/ready"), `"ready":true,"reasons":{}`) })
			if said := d.p.get(t, "/ready"); !strings.Contains(said, `"alarms":{}`) {
				t.Errorf("the alarm stays: %s", said)
			}
			d.p.stop(t, syscall.SIGTERM)
			log := d.p.log.String()
			if n := strings.Count(log, `"msg":"connector stopped, will try again"`) + strings.Count(log, `"msg":"will try again"`); n > 12 {
				t.Errorf("%d attempts: a hot loop\n%.3000s", n, log)
			}
			if strings.Contains(log, "Kennwort") || strings.Contains(log, "example.org") {
				t.Error("the log names what it must not")
			}
			rig.Quota(t, d.box, "")
		})
	}
}

// trouble is a mailbox with a program that meets trouble.
type trouble struct {
	rig      *mailtest.Rig
	box      string
	password string // the file with it
	p        *process
}

func newTrouble(t *testing.T, rig *mailtest.Rig) *trouble {
	d := &trouble{rig: rig, box: rig.Box(t), password: file(t, "password", "")}
	if err := os.WriteFile(d.password, []byte(rig.Password(d.box)), 0o600); err != nil {
		t.Fatal(err)
	}
	rig.Doveadm(t, "mailbox", "create", "-u", d.box, "Vorschläge")
	config := strings.NewReplacer("env:AMTSBOTE_TEST_PASSWORD", "file:"+d.password, "own_domains:", "timeout: 3s\n      drafts: Vorschläge\n      own_domains:").
		Replace(chatting(watched(rig, t.TempDir(), d.box)))
	d.p = start(t, file(t, "config.yaml", config), "")
	return d
}

// drafted waits for the draft of a letter, and wants only one.
func (d *trouble) drafted(t *testing.T, n int) {
	t.Helper()
	id := fmt.Sprintf("<fehler-%d-%s>", n, d.box)
	within(t, 3*time.Minute, fmt.Sprintf("draft %d", n), func() bool {
		count := 0
		for _, m := range d.rig.Mails(t, d.box, "Vorschläge") {
			if m.Field("In-Reply-To") == id {
				count++
			}
		}
		if count > 1 {
			t.Fatalf("letter %d has %d drafts", n, count)
		}
		return count == 1
	})
}

// TestMailPoison has a letter kill whoever reads it. It is set aside visibly, at
// once, and not tried again; the next letter is answered.
func TestMailPoison(t *testing.T) {
	rig := mailtest.Start(t)
	box, dir := rig.Box(t), t.TempDir()
	// The memory that this letter exceeds is as much on any machine.
	config := file(t, "config.yaml", strings.Replace(chatting(watched(rig, dir, box)), "http:", "documents: {memory: 128 MB}\nhttp:", 1))
	p := start(t, config, rig.Password(box))
	poison := mailtest.Text("From: Gift <gift@example.org>", "To: "+box, "Subject: Gift", "Message-ID: <gift-1-"+box+">", "Date: "+time.Now().Format(time.RFC1123Z),
		"MIME-Version: 1.0", "Content-Type: text/html; charset=utf-8", "", strings.Repeat("<table><tr><td><b>x</b><td style='color:red'>y</tr></table>\r\n", 700_000))
	rig.Put(t, box, poison)
	rig.Put(t, box, plainLetter(box, "gesund", 1))
	rig.WaitFor(t, box, "Drafts", 1, 3*time.Minute)
	briefs := rig.WaitFor(t, box, "Amtsbote", 2, 3*time.Minute)
	within(t, time.Minute, "an empty queue", func() bool { return p.metric(t, "amtsbote_queue_waiting") == 0 })
	if n := p.metric(t, `amtsbote_messages_refused_total\{.*reason="skill"`); n != 1 {
		t.Errorf("%v letters are counted as refused", n)
	}
	p.stop(t, syscall.SIGKILL)
	killed := strings.Count(p.log.String(), `"msg":"document killed its reader"`)
	if killed == 0 || killed > 4 {
		t.Errorf("%d readers were killed", killed)
	}
	p = start(t, config, rig.Password(box))
	rig.Put(t, box, plainLetter(box, "gesund", 2))
	rig.WaitFor(t, box, "Amtsbote", 3, 3*time.Minute)
	p.stop(t, syscall.SIGTERM)
	if strings.Contains(p.log.String(), "document killed its reader") {
		t.Error("the letter was tried again after a restart")
	}
	text := ""
	for _, m := range briefs {
		if strings.Contains(m.Field("In-Reply-To"), "gift-1") {
			text += mailText(m.Raw)
		}
	}
	if !strings.Contains(text, "Die E-Mail konnte ich nicht lesen") || !strings.Contains(text, "von Hand") {
		t.Errorf("the brief of the poison is %q", text)
	}
	if got := answers(t, rig, box); len(got) != 2 || strings.Contains(strings.Join(got, ""), "gift") {
		t.Errorf("got drafts for %q", got)
	}
}
