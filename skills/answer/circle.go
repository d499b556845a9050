package answer

import "strings"

const (
	rounds   = 4  // equal pieces in a row from which on a text runs in circles
	minPiece = 12 // bytes of the pieces together, on average: rows of dashes are no loop
	maxCycle = 40 // lines or sentences after which a circle is not seen any more
)

// circle returns where a text begins to say the same over and over, after it was
// said once, or -1. Small models end in such loops when they lose the thread.
func circle(text string) int {
	for _, cut := range []func(string) []piece{lines, sentences} {
		if at := repeated(cut(text)); at >= 0 {
			return at
		}
	}
	return -1
}

// A piece of a text, and where it ends.
type piece struct {
	text string
	end  int
}

// repeated finds pieces that come round at least as often as rounds says, the
// whole circle each time.
func repeated(all []piece) int {
	for n := 1; n <= min(maxCycle, len(all)/rounds); n++ {
		same := 0 // pieces in a row that equal the one n before
		size := 0
		for i := n; i < len(all); i++ {
			if all[i].text != all[i-n].text {
				same, size = 0, 0
				continue
			}
			same++
			size += len(all[i].text)
			if same >= n*(rounds-1) && size >= minPiece*same {
				return all[i-same].end
			}
		}
	}
	return -1
}

func lines(text string) []piece {
	return pieces(text, func(s string) int {
		if i := strings.IndexByte(s, '\n'); i >= 0 {
			return i + 1
		}
		return len(s)
	})
}

func sentences(text string) []piece {
	return pieces(text, func(s string) int {
		if i := strings.IndexAny(s, ".!?\n"); i >= 0 {
			return i + 1
		}
		return len(s)
	})
}

func pieces(text string, next func(string) int) (all []piece) {
	for at := 0; at < len(text); {
		end := at + next(text[at:])
		if p := strings.ToLower(strings.Join(strings.Fields(text[at:end]), " ")); p != "" && strings.Trim(p, ".!?") != "" {
			all = append(all, piece{p, end})
		}
		at = end
	}
	return all
}
