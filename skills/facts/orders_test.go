package facts

import (
	"bufio"
	"os"
	"strings"
	"testing"
)

// TestOrders holds the finder against texts for models and against what offices
// write with the same words. The lines of testdata/orders.txt begin with "!" where
// something must be found.
func TestOrders(t *testing.T) {
	f, err := os.Open("testdata/orders.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var hits, misses, innocent, wrong int
	for lines := bufio.NewScanner(f); lines.Scan(); {
		line := lines.Text()
		text, order := strings.CutPrefix(line, "! ")
		if strings.HasPrefix(line, "#") || text == "" {
			continue
		}
		text = strings.ReplaceAll(text, `\n`, "\n")
		at, found := Orders("Guten Tag.\n" + text + "\nDanke.")
		switch {
		case order && !found:
			misses++
			t.Errorf("not found: %s", text)
		case order:
			hits++
			if q := OrderQuote("Guten Tag.\n"+text+"\nDanke.", at); q == "" || len(q) > 170 || strings.Contains(q, "\n") {
				t.Errorf("quoted as %q", q)
			}
		case found:
			wrong++
			t.Errorf("found in an innocent text: %s", text)
		default:
			innocent++
		}
	}
	t.Logf("orders: %d of %d found; innocent: %d of %d warned of", hits, hits+misses, wrong, wrong+innocent)
	if hits < 30 || innocent < 40 {
		t.Errorf("%d orders, %d innocent texts", hits, innocent)
	}
}

func BenchmarkOrders(b *testing.B) {
	text := strings.Repeat("Bitte beachten Sie die Anweisungen im Bescheid vom 5. November 2026; ältere Schreiben können Sie ignorieren.\n", 1000)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		Orders(text)
	}
}
