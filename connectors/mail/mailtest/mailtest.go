// Package mailtest runs a real mail system for tests: a throw-away Dovecot and
// Postfix on loopback ports of their own, in a temporary directory, from which no
// mail can leave. It needs root and Debian's dovecot-imapd, dovecot-lmtpd and
// postfix; without them a test is skipped, with AMTSBOTE_TEST_NO_SKIP it fails.
//
// People and mailboxes, all at amt.test: [Bot], the colleagues [Anna] and
// [Bernd], and the functional mailbox [Poststelle], which Bot can also open as a
// shared folder. The submission port lets each write only as themselves;
// [Internal] is an address of Bot's that takes mail only from there. Both that port
// and SMTP state in Authentication-Results, as mx.amt.test, what they have verified.
//
// It serves the tests of package mail and the end-to-end tests of the daemon; no
// program links it.
package mailtest

import (
	"context"
	"crypto/rand"
	"embed"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// Mailboxes and addresses of the rig.
const (
	Domain     = "amt.test"
	Bot        = "bot@amt.test"
	Anna       = "anna@amt.test"
	Bernd      = "bernd@amt.test"
	Poststelle = "poststelle@amt.test"
	// Internal is delivered to Bot, and only from colleagues who are logged in.
	Internal = "intern@amt.test"
	// AuthServ is the authserv-id of what the rig has verified (RFC 8601).
	AuthServ = "mx.amt.test"
)

var people = []string{Bot, Anna, Bernd, Poststelle}

// boxes is how many mailboxes there are for [Rig.Box].
const boxes = 300

//go:embed dovecot.conf oauth2.conf main.cf master.cf
var configs embed.FS

// A Rig is a running mail system. Addresses are host:port with the host
// "localhost", for which the certificate is good too.
type Rig struct {
	Dir        string
	CA         string // PEM file of the authority that signed the servers' certificate
	IMAP       string // with STARTTLS
	IMAPS      string
	LMTP       string // into the mailboxes, past Postfix
	SMTP       string // from outside; forged Authentication-Results stay, below the rig's own
	Strict     string // from outside; forged Authentication-Results are removed
	Submission string // for colleagues, with STARTTLS
	Dovecot    *Server
	Postfix    *Server
	SignIn     *SignIn

	authority *authority
	boxes     atomic.Int32 // of [Rig.Box] that have been given out
	mu        sync.Mutex   // of the users file
	users     []string
	passwords map[string]string
	quotas    map[string]string
}

// Start starts a mail system, which ends with the test.
func Start(t testing.TB) *Rig {
	t.Helper()
	if why := missing(); why != "" {
		if os.Getenv("AMTSBOTE_TEST_NO_SKIP") != "" {
			t.Fatal(why)
		}
		t.Skip(why)
	}
	r := &Rig{Dir: shortDir(t), passwords: map[string]string{}, quotas: map[string]string{}, SignIn: newSignIn(t)}
	r.ports(t)
	r.files(t)
	r.Dovecot = &Server{name: "dovecot", log: r.log("dovecot"), ready: r.IMAPS, command: []string{"/usr/sbin/dovecot", "-F", "-c", r.path("dovecot.conf")}}
	// The master itself and not "postfix start-fg", a script that starts it in a
	// session of its own and whose death it would outlive.
	r.Postfix = &Server{name: "postfix", log: r.log("postfix"), ready: r.SMTP, command: []string{"/usr/lib/postfix/sbin/master", "-c", r.path("postfix"), "-s"},
		// A killed master leaves its log socket, and the next start blocks on it.
		before: func() { os.Remove(r.path("spool/public/postlog")) }}
	for _, s := range []*Server{r.Dovecot, r.Postfix} {
		s.Start(t)
		t.Cleanup(s.Kill)
	}
	t.Cleanup(func() {
		if t.Failed() {
			r.tail(t)
		}
	})
	say(t)
	return r
}

// Password returns the password of a mailbox.
func (r *Rig) Password(user string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.passwords[user]
}

// SetPassword changes the password of a mailbox. Connections that are logged in
// stay.
func (r *Rig) SetPassword(t testing.TB, user, password string) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.passwords[user] = password
	r.writeUsers(t)
	r.wait(t, "the new password", func() bool {
		return exec.Command("doveadm", "-c", r.path("dovecot.conf"), "auth", "test", user, password).Run() == nil
	})
}

// Quota limits what a mailbox holds in all its folders, such as "*:messages=3";
// "" is no limit. Sessions that are open keep the limit they began with.
func (r *Rig) Quota(t testing.TB, user, rule string) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.quotas[user] = rule
	r.writeUsers(t)
	r.wait(t, "the new quota", func() bool {
		shown := r.Doveadm(t, "user", user)
		return strings.Contains(shown, "quota_rule") == (rule != "") && strings.Contains(shown, rule)
	})
}

// wait waits for Dovecot to see that the users file is another: it looks once a
// second.
func (r *Rig) wait(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !ok(); <-time.After(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("Dovecot does not see %s", what)
		}
	}
}

// writeUsers replaces the users file.
func (r *Rig) writeUsers(t testing.TB) {
	t.Helper()
	var users strings.Builder
	for _, p := range r.users {
		fmt.Fprintf(&users, "%s:{PLAIN}%s::::::", p, r.passwords[p])
		if q := r.quotas[p]; q != "" {
			fmt.Fprintf(&users, "userdb_quota_rule=%s", q)
		}
		users.WriteString("\n")
	}
	r.write(t, "users.new", users.String())
	if err := os.Rename(r.path("users.new"), r.path("users")); err != nil {
		t.Fatal(err)
	}
}

// Box returns the address of an empty mailbox that no other test uses. There are
// some hundred.
func (r *Rig) Box(t testing.TB) string {
	t.Helper()
	n := r.boxes.Add(1)
	if n > boxes {
		t.Fatal("the rig has no more empty mailboxes")
	}
	return box(n)
}

func box(n int32) string { return fmt.Sprintf("box%d@%s", n, Domain) }

func missing() string {
	if os.Geteuid() != 0 {
		return "a real mail server needs root"
	}
	for _, program := range []string{"/usr/sbin/dovecot", "/usr/lib/dovecot/lmtp", "/usr/lib/dovecot/imap", "/usr/sbin/postfix"} {
		if _, err := os.Stat(program); err != nil {
			return "install dovecot-imapd, dovecot-lmtpd and postfix: " + err.Error()
		}
	}
	return ""
}

// say states which servers really ran, in the test's log and on standard output,
// where continuous integration shows it even if all is well.
func say(t testing.TB) {
	dovecot, _ := exec.Command("/usr/sbin/dovecot", "--version").Output()
	postfix, _ := exec.Command("/usr/sbin/postconf", "-hd", "mail_version").Output()
	line := fmt.Sprintf("mailtest: real servers: Dovecot %s, Postfix %s", strings.TrimSpace(string(dovecot)), strings.TrimSpace(string(postfix)))
	t.Log(line)
	fmt.Println(line)
}

// shortDir returns a directory whose name leaves room for socket names, which
// may have no more than 107 bytes; names of tests are long.
func shortDir(t testing.TB) string {
	dir, err := os.MkdirTemp("", "mailtest")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// looked is how many ports this process has looked at.
var looked atomic.Int32

// ports finds free ones, below those that the kernel gives to who asks for any
// (32768 and above), and each process elsewhere: so nobody gets one between our
// look and the server's start, or while a test has killed the server.
func (r *Rig) ports(t testing.TB) {
	for _, p := range []*string{&r.IMAP, &r.IMAPS, &r.LMTP, &r.SMTP, &r.Strict, &r.Submission} {
		for *p == "" {
			port := strconv.Itoa(10000 + os.Getpid()%1000*20 + int(looked.Add(1)))
			l, err := net.Listen("tcp", "127.0.0.1:"+port)
			if errors.Is(err, syscall.EADDRINUSE) {
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			l.Close()
			*p = "localhost:" + port
		}
	}
}

func (r *Rig) path(name string) string { return filepath.Join(r.Dir, name) }
func (r *Rig) log(name string) string  { return r.path("logs/" + name + ".log") }

// files writes all that the servers read.
func (r *Rig) files(t testing.TB) {
	for _, dir := range []string{"dovecot", "postfix", "mail/" + Domain, "spool/private", "postfix-data", "logs"} {
		if err := os.MkdirAll(r.path(dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	var mailboxes, logins strings.Builder
	r.users = slices.Clone(people)
	for n := range int32(boxes) {
		r.users = append(r.users, box(n+1))
	}
	for _, p := range r.users {
		r.passwords[p] = rand.Text()
		fmt.Fprintf(&mailboxes, "%s x\n", p)
		fmt.Fprintf(&logins, "%s %s\n", p, p)
	}
	// The bot writes the briefs of the functional mailbox as that mailbox.
	fmt.Fprintf(&logins, "%s %s\n", Internal, Bot)
	r.writeUsers(t)
	r.write(t, "mailboxes", mailboxes.String())
	r.write(t, "logins", logins.String())
	r.write(t, "aliases", Internal+" "+Bot+"\n")
	r.write(t, "internal", Internal+" 550 5.7.1 only for colleagues\n")
	r.write(t, "strip", `/^Authentication-Results[[:space:]]*:.*mx\.amt\.test/ IGNORE`+"\n")
	r.CA = r.path("ca.pem")
	var err error
	if r.authority, err = newAuthority(r.Dir); err == nil {
		err = r.authority.issue(time.Now().Add(-time.Hour), time.Now().Add(24*time.Hour), usualNames...)
	}
	if err != nil {
		t.Fatal(err)
	}
	r.fill(t, "dovecot.conf", "dovecot.conf")
	r.fill(t, "oauth2.conf", "oauth2.conf")
	r.fill(t, "main.cf", "postfix/main.cf")
	r.fill(t, "master.cf", "postfix/master.cf")
	// Postfix refuses to start ("mail system startup failed") if these are not its own.
	run(t, "chown", "postfix", r.path("postfix-data"), r.path("spool/private"))
	run(t, "chown", "-R", "mail:mail", r.path("mail"))
	run(t, "/usr/sbin/postfix", "-c", r.path("postfix"), "check") // makes the queue's folders
}

func (r *Rig) write(t testing.TB, name, content string) {
	if err := os.WriteFile(r.path(name), []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

func (r *Rig) fill(t testing.TB, from, to string) {
	content, err := configs.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	port := func(addr string) string { _, p, _ := net.SplitHostPort(addr); return p }
	r.write(t, to, strings.NewReplacer("@DIR@", r.Dir, "@INTROSPECT@", r.SignIn.server.URL+"/introspect", "@IMAP@", port(r.IMAP), "@IMAPS@", port(r.IMAPS),
		"@LMTP@", port(r.LMTP), "@SMTP@", port(r.SMTP), "@STRICT@", port(r.Strict), "@SUBMISSION@", port(r.Submission)).Replace(string(content)))
}

// Doveadm runs Dovecot's administration tool and returns what it prints.
func (r *Rig) Doveadm(t testing.TB, args ...string) string {
	t.Helper()
	return run(t, "doveadm", append([]string{"-c", r.path("dovecot.conf")}, args...)...)
}

// Share opens the folders of one mailbox to another person, who sees them as
// shared/OWNER/FOLDER.
func (r *Rig) Share(t testing.TB, owner, with string) {
	t.Helper()
	r.Doveadm(t, "mailbox", "create", "-u", owner, "Amtsbote")
	for _, folder := range []string{"INBOX", "Drafts", "Sent", "Amtsbote"} {
		r.Doveadm(t, "acl", "set", "-u", owner, folder, "user="+with, "lookup", "read", "write", "write-seen", "insert", "post")
	}
}

// tail shows the ends of the servers' logs.
func (r *Rig) tail(t testing.TB) {
	for _, name := range []string{"dovecot", "postfix"} {
		b, _ := os.ReadFile(r.log(name))
		if len(b) > 2000 {
			b = b[len(b)-2000:]
		}
		t.Logf("%s.log: %s", name, b)
	}
}

func run(t testing.TB, name string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
	return string(out)
}
