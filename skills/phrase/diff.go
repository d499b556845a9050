package phrase

import "strings"

// A hunk is a place where a corrected text differs: words of the old one and what
// stands there now, either of which may be empty.
type hunk struct {
	oldFrom, oldTo int // words
	newFrom, newTo int
}

// tokens cuts a text into words, each with the white space before it.
func tokens(s string) (all []string) {
	for s != "" {
		space := len(s) - len(strings.TrimLeft(s, " \t\n\u00a0"))
		end := strings.IndexAny(s[space:], " \t\n\u00a0")
		if end < 0 {
			end = len(s) - space
		}
		all, s = append(all, s[:space+end]), s[space+end:]
	}
	return all
}

// diff compares two texts word by word. It takes time and memory as the product
// of the words that differ between the common ends: callers bound them.
func diff(a, b []string) (hunks []hunk) {
	same := func(x, y string) bool { return strings.TrimSpace(x) == strings.TrimSpace(y) }
	begin := 0
	for begin < len(a) && begin < len(b) && same(a[begin], b[begin]) {
		begin++
	}
	endA, endB := len(a), len(b)
	for endA > begin && endB > begin && same(a[endA-1], b[endB-1]) {
		endA--
		endB--
	}
	x, y := a[begin:endA], b[begin:endB]
	// length[i][k] is the longest common subsequence of x[i:] and y[k:].
	wide := len(y) + 1
	length := make([]int32, (len(x)+1)*wide)
	for i := len(x) - 1; i >= 0; i-- {
		for k := len(y) - 1; k >= 0; k-- {
			if same(x[i], y[k]) {
				length[i*wide+k] = length[(i+1)*wide+k+1] + 1
			} else {
				length[i*wide+k] = max(length[(i+1)*wide+k], length[i*wide+k+1])
			}
		}
	}
	for i, k := 0, 0; i < len(x) || k < len(y); {
		if i < len(x) && k < len(y) && same(x[i], y[k]) {
			i++
			k++
			continue
		}
		h := hunk{begin + i, begin + i, begin + k, begin + k}
		for (i < len(x) || k < len(y)) && !(i < len(x) && k < len(y) && same(x[i], y[k])) {
			if k == len(y) || i < len(x) && length[(i+1)*wide+k] >= length[i*wide+k+1] {
				i++
			} else {
				k++
			}
		}
		h.oldTo, h.newTo = begin+i, begin+k
		hunks = append(hunks, h)
	}
	return hunks
}
