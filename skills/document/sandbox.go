package document

import (
	"strconv"
	"time"
)

// childConfig is what a child must know before it may read anything: it comes
// with its arguments, from the parent, and holds nothing of a file.
type childConfig struct {
	cache  string        // folder of compiled PDFium; may be empty
	memory int64         // bytes over what the process has at its start
	cpu    time.Duration // of all threads
	// The process becomes the recognition program, which needs its libraries
	// and what lies in its own folder.
	ocr     bool
	program string
}

func childArgs(c childConfig) []string {
	return []string{c.cache, strconv.FormatInt(c.memory, 10), strconv.FormatInt(int64(c.cpu.Seconds()), 10)}
}

func parseChildArgs(args []string) (childConfig, error) {
	if len(args) < 3 {
		return childConfig{}, plain("too few arguments")
	}
	memory, err := strconv.ParseInt(args[1], 10, 64)
	if err != nil {
		return childConfig{}, err
	}
	cpu, err := strconv.Atoi(args[2])
	return childConfig{cache: args[0], memory: memory, cpu: time.Duration(cpu) * time.Second}, err
}
