package letter

import (
	"strings"
	"testing"
)

// TestLongSubject: a subject in the text of a mail is as long as its author likes,
// and takes no time for each of its prefixes.
func TestLongSubject(t *testing.T) {
	long := strings.Repeat("AW: ", 100_000)
	if n := testing.AllocsPerRun(1, func() { BareSubject(long) }); n > 1000 {
		t.Errorf("%.0f allocations", n)
	}
}
