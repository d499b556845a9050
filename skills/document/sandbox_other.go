//go:build !linux

package document

import (
	"os"
	"os/exec"
	"runtime"
	"time"
)

// Elsewhere than on Linux a child has only its own process, an empty
// environment, the parent's clock and its own watch of its memory. That is for
// trying things out, not for letters from strangers.

func shutIn(c childConfig) error {
	go watchMemory(c.memory)
	return nil
}

func ownedPrivately(string) error { return nil }

func detach(*exec.Cmd) {}

func killGroup(p *os.Process) { p.Kill() }

func cpuExceeded(*os.ProcessState, childConfig) bool { return false }

func becomeOCR(args []string) int {
	if len(args) < 4 {
		return exitSetup
	}
	cmd := exec.Command(args[3], args[4:]...)
	cmd.Stdin, cmd.Stdout = os.Stdin, os.Stdout
	if cmd.Run() != nil {
		return exitSetup
	}
	return exitDone
}

// watchMemory ends the process when its heap grows over max bytes. It looks ten
// times a second: a bomb can be faster, but most are not.
func watchMemory(max int64) {
	var m runtime.MemStats
	for range time.Tick(100 * time.Millisecond) {
		if runtime.ReadMemStats(&m); int64(m.Sys-m.HeapReleased) > max {
			os.Exit(exitWatched)
		}
	}
}
