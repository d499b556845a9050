package teams

import (
	"fmt"
	"runtime/debug"
)

// A panicked error is a panic that was caught.
type panicked struct {
	value any
	stack []byte
}

// Error has the stack, which names code only, and the type of what was thrown: its
// text may be what somebody wrote.
func (p *panicked) Error() string { return fmt.Sprintf("teams: panic: %T\n%s", p.value, p.stack) }

// safely turns a panic into an error: in a goroutine of the connector's own, where
// the core does not catch it, it would end the program.
func safely(f func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &panicked{v, debug.Stack()}
		}
	}()
	return f()
}
