package document

import (
	"os"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Shorthands of the filter's machine.
const (
	bpfLoad  = unix.BPF_LD | unix.BPF_W | unix.BPF_ABS
	bpfEqual = unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K
	bpfAny   = unix.BPF_JMP | unix.BPF_JSET | unix.BPF_K
	bpfAbove = unix.BPF_JMP | unix.BPF_JGE | unix.BPF_K
	bpfRet   = unix.BPF_RET | unix.BPF_K

	// Offsets in struct seccomp_data; of arguments the lower half.
	atNumber, atArch, atArg0, atArg2 = 0, 4, 16, 32
)

// filterCalls has the kernel refuse, with EPERM and for good, the system calls
// by which a captured child would go on: to start programs, open connections
// (Landlock knows no UDP before Linux 7 and no Unix sockets before 6.12), change
// files, look into other processes or signal them, change its limits.
//
// It names what is refused and not what is allowed: what the runtime needs
// changes with each version of Go, and memory, processor and files are bounded
// elsewhere. Kernels and machines without filters go without. The library for
// this (elastic/go-seccomp-bpf) is not to be had here, and it is 60 lines.
func filterCalls() error {
	if auditArch == 0 {
		return nil
	}
	prog := callFilter(os.Getpid())
	fprog := unix.SockFprog{Len: uint16(len(prog)), Filter: &prog[0]}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	// TSYNC: for all threads of the runtime, and no-new-privileges with it.
	_, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC, uintptr(unsafe.Pointer(&fprog)))
	runtime.KeepAlive(prog)
	if errno != 0 && errno != unix.ENOSYS && errno != unix.EINVAL {
		return errno
	}
	return nil
}

func callFilter(pid int) []unix.SockFilter {
	const (
		deny   = unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM)
		writes = unix.O_WRONLY | unix.O_RDWR | unix.O_CREAT | unix.O_TRUNC
	)
	prog := []unix.SockFilter{
		{Code: bpfLoad, K: atArch},
		{Code: bpfEqual, K: auditArch, Jt: 1},
		{Code: bpfRet, K: unix.SECCOMP_RET_KILL_PROCESS}, // another machine's numbers: an attack
		{Code: bpfLoad, K: atNumber},
		{Code: bpfAbove, K: 0x40000000, Jf: 1}, // x32, the same
		{Code: bpfRet, K: deny},
		// Files are opened to be read.
		{Code: bpfEqual, K: unix.SYS_OPENAT, Jf: 4},
		{Code: bpfLoad, K: atArg2},
		{Code: bpfAny, K: writes, Jf: 1},
		{Code: bpfRet, K: deny},
		{Code: bpfRet, K: unix.SECCOMP_RET_ALLOW},
		// The runtime signals its own threads.
		{Code: bpfEqual, K: unix.SYS_TGKILL, Jf: 4},
		{Code: bpfLoad, K: atArg0},
		{Code: bpfEqual, K: uint32(pid), Jt: 1},
		{Code: bpfRet, K: deny},
		{Code: bpfRet, K: unix.SECCOMP_RET_ALLOW},
	}
	for _, nr := range append(deniedCalls, deniedHere...) {
		prog = append(prog, unix.SockFilter{Code: bpfEqual, K: uint32(nr), Jf: 1}, unix.SockFilter{Code: bpfRet, K: deny})
	}
	return append(prog, unix.SockFilter{Code: bpfRet, K: unix.SECCOMP_RET_ALLOW})
}

var deniedCalls = []uintptr{
	unix.SYS_EXECVE, unix.SYS_EXECVEAT,
	unix.SYS_SOCKET, unix.SYS_SOCKETPAIR, unix.SYS_CONNECT, unix.SYS_BIND, unix.SYS_LISTEN, unix.SYS_ACCEPT, unix.SYS_ACCEPT4,
	unix.SYS_OPENAT2, unix.SYS_UNLINKAT, unix.SYS_RENAMEAT2, unix.SYS_MKDIRAT, unix.SYS_MKNODAT, unix.SYS_LINKAT, unix.SYS_SYMLINKAT,
	unix.SYS_FCHMOD, unix.SYS_FCHMODAT, unix.SYS_FCHOWN, unix.SYS_FCHOWNAT, unix.SYS_TRUNCATE, unix.SYS_UTIMENSAT, unix.SYS_MEMFD_CREATE,
	unix.SYS_KILL, unix.SYS_TKILL, unix.SYS_RT_SIGQUEUEINFO, unix.SYS_RT_TGSIGQUEUEINFO, unix.SYS_PIDFD_SEND_SIGNAL,
	unix.SYS_PTRACE, unix.SYS_PROCESS_VM_READV, unix.SYS_PROCESS_VM_WRITEV, unix.SYS_PIDFD_OPEN, unix.SYS_PIDFD_GETFD,
	unix.SYS_PRLIMIT64, unix.SYS_SETRLIMIT, unix.SYS_SETSID, unix.SYS_SETPGID,
	unix.SYS_UNSHARE, unix.SYS_SETNS, unix.SYS_MOUNT, unix.SYS_CHROOT, unix.SYS_PIVOT_ROOT,
	unix.SYS_BPF, unix.SYS_PERF_EVENT_OPEN, unix.SYS_USERFAULTFD, unix.SYS_IO_URING_SETUP, unix.SYS_KEYCTL, unix.SYS_ADD_KEY, unix.SYS_REQUEST_KEY,
	unix.SYS_INIT_MODULE, unix.SYS_FINIT_MODULE, unix.SYS_KEXEC_LOAD,
}
