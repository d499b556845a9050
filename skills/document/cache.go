package document

import (
	"os"
	"path/filepath"
	"runtime/debug"
	"time"
)

// compileTime is what filling the cache may take; it takes 3 s.
const compileTime = 2 * time.Minute

// fillCache has a child compile PDFium into the folder, if that was not done
// before by this version, and returns the folder, empty if there is none.
func (r *Reader) fillCache(dir string) string {
	if dir == "" {
		if base, err := os.UserCacheDir(); err == nil {
			dir = filepath.Join(base, "amtsbote")
		}
	}
	if dir != "" {
		if err := r.compileInto(dir); err == nil {
			return dir
		} else {
			r.log.Warn("no lasting folder for compiled code", "err", err)
		}
	}
	temp, err := os.MkdirTemp("", "amtsbote-")
	if err == nil {
		r.tempDir = temp
		if err = r.compileInto(temp); err == nil {
			return temp
		}
	}
	r.log.Warn("no folder for compiled code; each child compiles its own", "err", err)
	return ""
}

func (r *Reader) compileInto(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	// Children execute what lies here: nobody else may have put it there.
	if err := ownedPrivately(dir); err != nil {
		return err
	}
	mark := filepath.Join(dir, "compiled-"+cacheVersion())
	if _, err := os.Stat(mark); err == nil {
		return nil
	}
	p, err := r.starter.start(r.exe, []string{childWord, warmWord, dir}, nil)
	if err != nil {
		return err
	}
	r.children.Go(p.wait)
	defer p.end()
	limit := compileTime
	if raceEnabled() {
		limit *= 10 // the compiler itself is watched: a minute and more on a busy machine
	}
	select {
	case <-p.dead:
	case <-time.After(limit):
		return plain("compiling took too long")
	case <-r.closed.Done():
		return ErrClosed
	}
	if p.cmd.ProcessState.ExitCode() != exitDone {
		return plain("compile: " + p.cmd.ProcessState.String())
	}
	return os.WriteFile(mark, nil, 0o600)
}

// cacheVersion names what the compiled code depends on beside the processor,
// which wazero looks at itself.
func cacheVersion() string {
	v := ""
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range info.Deps {
			if m.Path == "github.com/klippa-app/go-pdfium" || m.Path == "github.com/tetratelabs/wazero" {
				v += m.Version
			}
		}
	}
	return or(v, "unknown")
}

// raceEnabled reports whether this is a test binary with the race detector.
func raceEnabled() bool {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return false
	}
	for _, s := range info.Settings {
		if s.Key == "-race" {
			return s.Value == "true"
		}
	}
	return false
}
