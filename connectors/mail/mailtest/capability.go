package mailtest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Capability has Dovecot say that it can do no more than this, such as "IMAP4rev1
// IDLE", or again all that it can with "", and starts it anew. What it does not
// say it would still do: see [Rig.Spoken] for whether somebody relied on it.
func (r *Rig) Capability(t testing.TB, caps string) {
	t.Helper()
	dir := r.path("spoken")
	os.RemoveAll(dir)
	if err := os.Mkdir(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	r.fill(t, "dovecot.conf", "dovecot.conf")
	f, err := os.OpenFile(r.path("dovecot.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString("protocol imap {\n  rawlog_dir = " + dir + "\n  imap_capability = " + caps + "\n}\n"); err != nil {
		t.Fatal(err)
	}
	r.Dovecot.Kill()
	r.Dovecot.Start(t)
}

// Spoken returns what all clients have said since [Rig.Capability], after their
// login, line by line.
func (r *Rig) Spoken(t testing.TB) string {
	t.Helper()
	files, err := filepath.Glob(r.path("spoken/*.in"))
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(b)
	}
	return all.String()
}
