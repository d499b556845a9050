package mailtest

import (
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A Server is a program with children that can be killed, stopped and started.
// It runs in a session of its own, by which all its processes are found, also
// those whose parent has ended.
type Server struct {
	name    string
	command []string
	ready   string // an address where it listens once it is ready
	log     string
	before  func()
	cmd     *exec.Cmd
	guard   io.WriteCloser // a line or its end, which kills the server
}

// Start starts the server and waits until it listens.
func (s *Server) Start(t testing.TB) {
	t.Helper()
	if s.before != nil {
		s.before()
	}
	out, err := os.OpenFile(s.log+".out", os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	s.cmd = exec.Command(s.command[0], s.command[1:]...)
	s.cmd.Stdout, s.cmd.Stderr = out, out // or the servers would hold the test's own open
	if err := s.launch(); err != nil {
		s.cmd = nil
		t.Fatal(err)
	}
	for end := time.Now().Add(30 * time.Second); ; {
		c, err := net.DialTimeout("tcp", s.ready, time.Second)
		if err == nil {
			c.Close()
			return
		}
		if time.Now().After(end) {
			s.Kill()
			b, _ := os.ReadFile(s.log + ".out")
			t.Fatalf("%s does not start: %v\n%s", s.name, err, b)
		}
		<-time.After(20 * time.Millisecond)
	}
}

// launch starts the program, and a shell that kills it when the test ends
// without having called [Server.Kill]: a test that is killed must not leave
// servers behind. The kernel's own means, Pdeathsig, does not do: it goes by the
// thread that started the program, and the runtime's come and go; and Postfix
// loses it when it changes its user.
func (s *Server) launch() error {
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := s.cmd.Start(); err != nil {
		return err
	}
	shell := exec.Command("/bin/sh", "-c", "read line || kill -s KILL -- -$1", "sh", strconv.Itoa(s.cmd.Process.Pid))
	shell.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // what interrupts the test is not for the shell
	guard, err := shell.StdinPipe()
	if err == nil {
		err = shell.Start()
	}
	if err != nil {
		return errors.Join(err, s.cmd.Process.Kill())
	}
	s.guard = guard
	go shell.Wait()
	return nil
}

// Kill ends the server and all its children at once, as a power cut would.
func (s *Server) Kill() {
	if s.cmd == nil {
		return
	}
	s.signal(syscall.SIGSTOP) // so that no child starts another meanwhile
	for s.signal(syscall.SIGKILL) > 0 {
		<-time.After(time.Millisecond)
	}
	io.WriteString(s.guard, "over\n")
	s.guard.Close()
	s.cmd.Wait() // not before: as long as it is a zombie nobody else gets its number
	s.cmd = nil
}

// Stop halts the server: it takes connections and never answers.
func (s *Server) Stop() { s.signal(syscall.SIGSTOP) }

// Cont lets a stopped server go on.
func (s *Server) Cont() { s.signal(syscall.SIGCONT) }

// signal sends a signal to all processes of the server and returns their number.
func (s *Server) signal(sig syscall.Signal) int {
	all := s.processes()
	for pid := range all {
		syscall.Kill(pid, sig)
	}
	return len(all)
}

// CPU returns what the processes of the server that run now have used, in steps
// of 10 ms each.
func (s *Server) CPU() (used time.Duration) {
	for _, stat := range s.processes() {
		for _, ticks := range stat[11:13] { // utime, stime
			n, _ := strconv.Atoi(ticks)
			used += time.Duration(n) * 10 * time.Millisecond
		}
	}
	return used
}

// processes returns the server's processes that have not ended, each with what
// the kernel states of it: state, parent, group, session …
func (s *Server) processes() map[int][]string {
	all := map[int][]string{}
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, file := range stats {
		b, err := os.ReadFile(file)
		if err != nil {
			continue // it has ended
		}
		// pid (name) state ppid …: a name may hold spaces and brackets.
		stat := strings.Fields(string(b[strings.LastIndexByte(string(b), ')')+1:]))
		if stat[3] != strconv.Itoa(s.cmd.Process.Pid) || stat[0] == "Z" || stat[0] == "X" {
			continue
		}
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		all[pid] = stat
	}
	return all
}
