package document

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/landlock-lsm/go-landlock/landlock"
	"golang.org/x/sys/unix"
)

// shutIn takes from the process what reading a document does not need. Limits
// must hold, else it is an error; Landlock and the filter of system calls take
// what the kernel offers.
func shutIn(c childConfig) error {
	closeInherited()
	if err := setLimits(c); err != nil {
		return err
	}
	if err := landlocked(c); err != nil {
		return err
	}
	if c.ocr {
		return nil // its program is to be started yet
	}
	return filterCalls()
}

// landlocked leaves the process what of the file system it is to read, no TCP
// and no signals to others, where the kernel has Landlock. A binary without cgo
// but with purego (which gen2brain/heic brings along unless it is built with
// the tag nodynamic) cannot do this for all its threads; it has the filter of
// system calls and goes without.
func landlocked(c childConfig) (err error) {
	defer func() {
		if recover() != nil {
			err = nil
		}
	}()
	rules := []landlock.Rule{}
	if c.cache != "" {
		rules = append(rules, landlock.RODirs(c.cache).IgnoreIfMissing())
	}
	if c.ocr {
		rules = append(rules, landlock.RODirs("/usr", "/lib", "/lib64", "/etc", c.program, os.Getenv("TESSDATA_PREFIX")).IgnoreIfMissing(),
			landlock.RWFiles("/dev/null").IgnoreIfMissing())
	}
	// It sets no-new-privileges, too. No rule for the network: none is allowed.
	if err := landlock.V8.BestEffort().Restrict(rules...); err != nil {
		return fmt.Errorf("landlock: %w", err)
	}
	return nil
}

// closeInherited closes descriptors that came along because whoever started the
// daemon did not mark them. The runtime's own are not files and stay.
func closeInherited() {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return // without /proc nothing more can be known
	}
	for _, e := range entries {
		fd, err := strconv.Atoi(e.Name())
		if err != nil || fd <= 2 {
			continue
		}
		target, err := os.Readlink("/proc/self/fd/" + e.Name())
		if err != nil || strings.HasPrefix(target, "anon_inode:") {
			continue
		}
		unix.Close(fd)
	}
}

// setLimits bounds memory by RLIMIT_DATA and not by RLIMIT_AS: the runtime and
// wazero reserve address space by the gigabyte and use little of it, while the
// former counts what could be written to.
func setLimits(c childConfig) error {
	memory := uint64(c.memory)
	if raceEnabled() {
		memory *= 12 // the race detector keeps its own books of every byte
	}
	cpu := uint64(c.cpu.Seconds())
	for _, l := range []struct {
		what       int
		soft, hard uint64
	}{
		{unix.RLIMIT_CORE, 0, 0}, // a core dump would hold the document
		{unix.RLIMIT_FSIZE, 0, 0},
		{unix.RLIMIT_NOFILE, 64, 64},
		{unix.RLIMIT_CPU, cpu, cpu}, // no grace: the runtime ignores the soft signal
		{unix.RLIMIT_DATA, dataNow() + memory, dataNow() + memory},
	} {
		var have unix.Rlimit
		if err := unix.Getrlimit(l.what, &have); err != nil {
			return fmt.Errorf("getrlimit %d: %w", l.what, err)
		}
		want := unix.Rlimit{Cur: min(l.soft, have.Max), Max: min(l.hard, have.Max)}
		// Not the package os or syscall: they keep a copy and give it back at exec.
		if err := unix.Prlimit(0, l.what, &want, nil); err != nil {
			return fmt.Errorf("setrlimit %d: %w", l.what, err)
		}
	}
	return nil
}

// dataNow returns what of the process counts for RLIMIT_DATA already: a few
// megabytes, or gigabytes of shadow under the race detector.
func dataNow() uint64 {
	status, _ := os.ReadFile("/proc/self/status")
	for line := range strings.Lines(string(status)) {
		if f := strings.Fields(line); len(f) > 1 && f[0] == "VmData:" {
			kb, _ := strconv.ParseUint(f[1], 10, 64)
			return kb << 10
		}
	}
	return 64 << 20
}

// detach makes the command the leader of a session and group of its own, and
// has the kernel kill it when the thread that started it ends; see starter.
func detach(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL}
}

// ownedPrivately returns an error if others than this user can write to a folder.
func ownedPrivately(dir string) error {
	var st unix.Stat_t
	if err := unix.Lstat(dir, &st); err != nil {
		return err
	}
	if st.Mode&unix.S_IFMT != unix.S_IFDIR || int(st.Uid) != os.Geteuid() || st.Mode&0o022 != 0 {
		return plain("folder for compiled code is open to others")
	}
	return nil
}

// killGroup kills a child and whatever it may have started.
func killGroup(p *os.Process) {
	unix.Kill(-p.Pid, unix.SIGKILL)
	p.Kill()
}

// cpuExceeded reports whether a process that was killed had used up its time.
// What the kernel tells afterwards is up to a seventh less than what it counted.
func cpuExceeded(st *os.ProcessState, c childConfig) bool {
	ws, ok := st.Sys().(syscall.WaitStatus)
	if !ok || !ws.Signaled() {
		return false
	}
	return ws.Signal() == syscall.SIGXCPU || ws.Signal() == syscall.SIGKILL && st.UserTime()+st.SystemTime() >= c.cpu*3/4
}

// becomeOCR is the life of a process that recognises a picture: it takes limits
// and then becomes the program. args are those of childArgs, then the command.
func becomeOCR(args []string) int {
	c, err := parseChildArgs(args)
	if err != nil || len(args) < 4 {
		return exitSetup
	}
	c.ocr, c.program = true, filepath.Dir(args[3])
	if err := shutIn(c); err != nil {
		return exitSetup
	}
	unix.Exec(args[3], args[3:], os.Environ())
	return exitSetup
}
