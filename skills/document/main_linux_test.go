package document

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

func init() { misbehave = doBadly }

// doBadly stands in for the parser in a real child, in its real sandbox.
func doBadly(p *parser, name string, data []byte) (Document, error) {
	me := func(sig syscall.Signal) { unix.Tgkill(os.Getpid(), unix.Gettid(), sig) }
	text := ""
	switch name {
	case "killed":
		me(unix.SIGKILL)
	case "stopped":
		me(unix.SIGSTOP)
	case "waits":
		<-p.ctx.Done()
		time.Sleep(time.Hour) // not select {}, which the runtime would notice
	case "late":
		p.page(&Document{}, "x")
		d := Document{}
		p.page(&d, "bis hier")
		<-p.ctx.Done()
		return d, p.err()
	case "busy":
		for n := 0; n >= 0; n++ { // until the processor time is used up
			n %= 1000
		}
	case "hungry":
		var all [][]byte
		for {
			b := make([]byte, 1<<20)
			for i := 0; i < len(b); i += 4096 {
				b[i] = 1
			}
			all = append(all, b)
			text += string(all[len(all)-1][:1])
		}
	case "deep":
		text = fmt.Sprint(recurse(1))
	case "panics":
		go panic("secret content")
		time.Sleep(time.Hour) // not select {}, which the runtime would notice
	case "exits":
		os.Exit(0)
	case "chatty":
		for {
			if _, err := rawStdout().WriteString(strings.Repeat("spam", 1000)); err != nil {
				os.Exit(1)
			}
		}
	case "boastful":
		rawStdout().Write([]byte{frameResult, 0xff, 0xff, 0xff, 0xff})
		time.Sleep(time.Hour) // not select {}, which the runtime would notice
	case "crooked":
		return Document{Type: "text/plain", Parts: []Part{{Name: "neither read nor unread"}}}, nil
	case "many":
		return Document{Type: "text/plain", Pages: make([]Page, 5000)}, nil
	case "dressed":
		return Document{Type: "text/plain", Name: "../../etc/\u202epasswd", Pages: []Page{{N: 7, Text: "x"}}}, nil
	case "parts":
		return readTrap(p, data)
	case "captured":
		text = tryOut()
	}
	return Document{Name: name, Type: "text/plain", Pages: []Page{{N: 1, Text: text}}}, nil
}

// rawStdout is what the child's frames go to. It is made once and kept: a file
// that is collected closes its descriptor.
var rawStdout = sync.OnceValue(func() *os.File { return os.NewFile(1, "stdout") })

//lint:ignore SA5007 it is to use up its stack
func recurse(n int) int { return recurse(n+1) + n }

// readTrap reads its lines as parts; one with "fatal" in it ends the child.
func readTrap(p *parser, data []byte) (Document, error) {
	d := Document{Type: "text/plain"}
	begin := p.begin
	lines := strings.Split(string(data), "\n")
	p.begin = func(n int) {
		begin(n)
		if strings.Contains(lines[n], "fatal") {
			unix.Tgkill(os.Getpid(), unix.Gettid(), unix.SIGKILL)
			time.Sleep(time.Second)
		}
	}
	for _, l := range lines {
		p.part(&d, l, []byte(l))
	}
	return d, nil
}

// tryOut tries what a captured child would, and returns what it could do.
func tryOut() string {
	var could []string
	try := func(what string, err error) {
		if err == nil {
			could = append(could, what)
		}
	}
	_, err := net.Dial("tcp", "127.0.0.1:25")
	if err != nil && strings.Contains(err.Error(), "refused") {
		err = nil // the network answered
	}
	try("tcp", err)
	_, err = net.ListenPacket("udp", "127.0.0.1:0")
	try("udp", err)
	_, err = net.Listen("unix", "@amtsbote-test")
	try("unix", err)
	try("exec", exec.Command("/bin/true").Run())
	_, err = os.ReadFile("/etc/passwd")
	try("read", err)
	_, err = os.Create(filepath.Join(os.TempDir(), "amtsbote-test-escape"))
	try("write", err)
	try("signal", unix.Kill(os.Getppid(), 0))
	try("limits", unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 10, Max: 10}))
	if len(os.Environ()) > 0 {
		could = append(could, "environment")
	}
	for fd := 3; fd < 100; fd++ {
		var st unix.Stat_t
		if unix.Fstat(fd, &st) == nil && st.Mode&unix.S_IFMT == unix.S_IFREG {
			could = append(could, fmt.Sprint("descriptor ", fd))
		}
	}
	return "could: " + strings.Join(could, ", ")
}
