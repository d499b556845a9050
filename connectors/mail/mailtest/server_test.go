package mailtest

import (
	"bufio"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// inChild makes the test binary start a rig, name its directory and wait.
const inChild = "AMTSBOTE_TEST_MAILTEST_CHILD"

func TestNothingStays(t *testing.T) {
	if os.Getenv(inChild) != "" {
		os.Stdout.WriteString("dir " + Start(t).Dir + "\n")
		select {}
	}
	t.Run("of servers whose starting thread has ended", func(t *testing.T) {
		r := Start(t)
		r.Dovecot.Kill()
		r.Postfix.Kill()
		done := make(chan struct{})
		go func() {
			defer close(done)
			runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
			r.Dovecot.Start(t)
			r.Postfix.Start(t)
		}()
		<-done
		for _, addr := range []string{r.IMAP, r.SMTP} {
			c, err := net.Dial("tcp", addr)
			if err != nil {
				t.Fatal(err)
			}
			c.Close()
		}
		r.Dovecot.Kill()
		if got := within(r.Dir); len(got) == 0 || strings.Contains(strings.Join(got, "\n"), "dovecot") {
			t.Errorf("after Dovecot's end there run: %q", got)
		}
		r.Postfix.Kill()
		if got := within(r.Dir); len(got) > 0 {
			t.Errorf("after Postfix's end there run: %q", got)
		}
	})
	t.Run("of servers whose parent processes were killed", func(t *testing.T) {
		r := Start(t)
		for _, s := range []*Server{r.Dovecot, r.Postfix} {
			if err := s.cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			s.Kill()
		}
		if got := within(r.Dir); len(got) > 0 {
			t.Errorf("there run: %q", got)
		}
	})
	t.Run("of a test that was killed", func(t *testing.T) {
		if why := missing(); why != "" && os.Getenv("AMTSBOTE_TEST_NO_SKIP") == "" {
			t.Skip(why)
		}
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestNothingStays$")
		cmd.Env = append(os.Environ(), inChild+"=1")
		out, err := cmd.StdoutPipe()
		if err := errors.Join(err, cmd.Start()); err != nil {
			t.Fatal(err)
		}
		defer cmd.Wait()
		var dir string
		for lines := bufio.NewScanner(out); dir == "" && lines.Scan(); {
			dir, _ = strings.CutPrefix(lines.Text(), "dir ")
			if dir == lines.Text() {
				dir = ""
			}
		}
		if dir == "" || len(within(dir)) == 0 {
			t.Fatalf("the child has no servers in %q", dir)
		}
		defer os.RemoveAll(dir)
		cmd.Process.Kill()
		for end := time.Now().Add(30 * time.Second); len(within(dir)) > 0; <-time.After(10 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("there run: %q", within(dir))
			}
		}
	})
}

// within returns the names of the processes that work in a directory.
func within(dir string) (names []string) {
	links, _ := filepath.Glob("/proc/[0-9]*/cwd")
	for _, link := range links {
		if cwd, _ := os.Readlink(link); cwd == dir || strings.HasPrefix(cwd, dir+"/") {
			b, _ := os.ReadFile(filepath.Join(filepath.Dir(link), "cmdline"))
			names = append(names, strings.ReplaceAll(string(b), "\x00", " "))
		}
	}
	return names
}
