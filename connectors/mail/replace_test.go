package mail

import (
	"errors"
	"testing"
)

// TestTurn: only a newer letter makes a thread's trail its own. What is newer the
// receipt tells, and of one second the place in the mailbox.
func TestTurn(t *testing.T) {
	before := trail{Letter: "a", Received: 100, Validity: 1, UID: 5, Drafts: []written{{ID: "d"}}}
	for name, test := range map[string]struct {
		letter string
		ref    reference
		late   bool
		old    int
	}{
		"the same letter":               {"a", reference{Received: 100, Validity: 1, UID: 5}, false, 0},
		"a newer one":                   {"b", reference{Received: 101, Validity: 1, UID: 1}, false, 1},
		"an older one":                  {"b", reference{Received: 99, Validity: 1, UID: 9}, true, 0},
		"of the same second, behind":    {"b", reference{Received: 100, Validity: 1, UID: 6}, false, 1},
		"of the same second, in front":  {"b", reference{Received: 100, Validity: 1, UID: 4}, true, 0},
		"of the same second, elsewhere": {"b", reference{Received: 100, Validity: 2, UID: 4}, false, 1},
	} {
		got := before
		if err := got.turn(test.letter, test.ref); errors.Is(err, errSuperseded) != test.late || len(got.Old) != test.old {
			t.Errorf("%s: got %v, %+v", name, err, got)
		}
	}
}
