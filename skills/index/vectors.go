package index

import (
	"cmp"
	"math"
	"runtime"
	"slices"
	"sync"
)

// A block has the vectors of one source. It is never changed.
type block struct {
	key   string
	model string
	dim   int
	ids   []string  // of passages
	rows  []float32 // one after the other, each of length 1
}

// A near is a passage with the cosine of its vector and that of the question.
type near struct {
	key, id string
	cosine  float64
}

// nearest returns the n vectors that are nearest to q, the nearest first, and none
// that points away. It compares only those of the same model and length.
func nearest(blocks []*block, q []float32, model string, n int) []near {
	workers := max(1, min(runtime.GOMAXPROCS(0), len(blocks)))
	lists := make([][]near, workers)
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := w; i < len(blocks); i += workers {
				if b := blocks[i]; b.dim == len(q) && b.model == model {
					lists[w] = b.nearest(q, lists[w], n)
				}
			}
		})
	}
	wg.Wait()
	all := slices.Concat(lists...)
	slices.SortFunc(all, byCosine)
	return all[:min(n, len(all))]
}

func byCosine(a, b near) int {
	return cmp.Or(cmp.Compare(b.cosine, a.cosine), cmp.Compare(a.key, b.key), cmp.Compare(a.id, b.id))
}

// nearest adds the vectors of a block to the best n, which are kept within 2n.
func (b *block) nearest(q []float32, best []near, n int) []near {
	least, added := float32(0), false
	if len(best) >= n {
		least = float32(best[n-1].cosine)
	}
	for i, id := range b.ids {
		d := dot(q, b.rows[i*b.dim:(i+1)*b.dim])
		if d <= least {
			continue
		}
		added = true
		if best = append(best, near{b.key, id, float64(d)}); len(best) >= 2*n {
			slices.SortFunc(best, byCosine)
			best = best[:n]
			least = float32(best[n-1].cosine)
		}
	}
	if !added { // of many small blocks most are so, and the best are sorted already
		return best
	}
	slices.SortFunc(best, byCosine)
	return best[:min(n, len(best))]
}

// dot multiplies two vectors of the same length. Four sums that do not wait for
// one another take a third of the time of one.
func dot(a, b []float32) float32 {
	b = b[:len(a)]
	var s0, s1, s2, s3 float32
	i := 0
	for ; i+4 <= len(a); i += 4 {
		s0 += a[i] * b[i]
		s1 += a[i+1] * b[i+1]
		s2 += a[i+2] * b[i+2]
		s3 += a[i+3] * b[i+3]
	}
	for ; i < len(a); i++ {
		s0 += a[i] * b[i]
	}
	return s0 + s1 + s2 + s3
}

// unit returns a vector of length 1 in the same direction; nil for one that has
// none.
func unit(v []float32) []float32 {
	sum := 0.0
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	if sum == 0 || math.IsNaN(sum) || math.IsInf(sum, 0) {
		return nil
	}
	u := make([]float32, len(v))
	scale := 1 / math.Sqrt(sum)
	for i, x := range v {
		u[i] = float32(float64(x) * scale)
	}
	return u
}
