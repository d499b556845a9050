package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// release is set by the Makefile: -ldflags "-X main.release=1.2.3".
var release string

type versionCmd struct{}

// Run prints version, commit and Go release.
func (versionCmd) Run(e *env) error {
	fmt.Fprintf(e.stdout, "amtsbote %s (%s %s/%s)\n", version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return nil
}

func version() string {
	if release != "" {
		return release
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}
