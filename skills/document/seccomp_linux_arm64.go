package document

import "golang.org/x/sys/unix"

const auditArch = unix.AUDIT_ARCH_AARCH64

var deniedHere = []uintptr{unix.SYS_RENAMEAT}
