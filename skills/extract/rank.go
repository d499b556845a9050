package extract

import (
	"cmp"
	"context"
	"math"
	"slices"
)

// A unit is a sentence that may be chosen.
type unit struct {
	text   string
	page   int
	index  int
	terms  []term
	weight float64 // by what it holds, about -0.5 to 1.5
	score  float64
	// fragment: neither a sentence nor a field, such as a line of a table or a slide
	fragment bool
	spare    bool // chosen only where there is too little else
}

const (
	blockSize = 400 // sentences that are compared with one another
	threshold = 0.1 // similarity below which two sentences say different things
	damping   = 0.85
	rounds    = 30
	central   = 0.3 // weight of the rank among the sentences, beside unit.weight
	redundant = 0.7 // how much similarity to a chosen sentence costs
	same      = 0.8 // similarity at which it says the same: it is taken last
)

// choose returns the n best units in the order of the text.
func choose(ctx context.Context, units []*unit, n int, v *vocabulary) ([]*unit, error) {
	for len(units) > blockSize {
		blocks := (len(units) + blockSize - 1) / blockSize
		size := (len(units) + blocks - 1) / blocks
		// Each block sends on enough that a part of the text which holds all
		// that matters loses nothing, and few enough that one more round does.
		quota := min(max(blockSize/blocks, 2, min(n, blockSize/2)), size/2)
		var next []*unit
		for block := range slices.Chunk(units, size) {
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			next = append(next, best(block, quota, v)...)
		}
		units = next
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return best(units, n, v), nil
}

// best ranks units among one another and returns the n best that do not repeat
// one another, in the order of the text.
func best(units []*unit, n int, v *vocabulary) []*unit {
	if len(units) == 0 {
		return nil
	}
	vectors := vectorise(units, v)
	rank := lexRank(units, vectors, len(v.stems))
	for i, u := range units {
		u.score = central*rank[i] + u.weight
	}
	if n >= len(units) {
		return units
	}
	chosen := diverse(units, vectors, n)
	slices.SortFunc(chosen, func(a, b *unit) int { return a.index - b.index })
	return chosen
}

// vectorise weighs the terms of each unit by TF-IDF, to length 1.
func vectorise(units []*unit, v *vocabulary) [][]term {
	vectors := make([][]term, len(units))
	for i, u := range units {
		vec := slices.Clone(u.terms)
		sum := 0.0
		for k := range vec {
			w := (1 + math.Log(float64(vec[k].n))) * v.idf(vec[k].id)
			vec[k].n = float32(w)
			sum += w * w
		}
		if sum > 0 {
			norm := float32(1 / math.Sqrt(sum))
			for k := range vec {
				vec[k].n *= norm
			}
		}
		vectors[i] = vec
	}
	return vectors
}

// An edge leads to a similar unit.
type link struct {
	to  int32
	sim float32
}

// lexRank returns how central each unit is, 0 to 1: the stationary distribution
// of a walk from sentence to similar sentence. Similarities come from lists of
// units by term, so that units without a common term cost nothing.
func lexRank(units []*unit, vectors [][]term, stems int) []float64 {
	n := len(units)
	links := similar(vectors, stems)
	degree := make([]float64, n)
	for i, ls := range links {
		for _, l := range ls {
			degree[i] += float64(l.sim)
		}
	}
	rank, next := make([]float64, n), make([]float64, n)
	for i := range rank {
		rank[i] = 1 / float64(n)
	}
	for range rounds {
		loose := 0.0
		for i := range next {
			next[i] = 0
			if degree[i] == 0 {
				loose += rank[i]
			}
		}
		for i, ls := range links {
			for _, l := range ls {
				next[l.to] += rank[i] * float64(l.sim) / degree[i]
			}
		}
		delta := 0.0
		for i := range next {
			next[i] = (1-damping)/float64(n) + damping*(next[i]+loose/float64(n))
			delta += math.Abs(next[i] - rank[i])
		}
		rank, next = next, rank
		if delta < 1e-6 {
			break
		}
	}
	for i, ls := range links {
		// One similar sentence may be chance; in a short letter it would make a
		// sentence the most central of all.
		rank[i] *= float64(len(ls)) / float64(len(ls)+1)
	}
	if top := slices.Max(rank); top > 0 {
		for i := range rank {
			rank[i] /= top
		}
	}
	return rank
}

// similar returns for each vector those with a cosine above the threshold.
func similar(vectors [][]term, stems int) [][]link {
	lists := make(map[int32][]link, min(stems, 4096))
	links := make([][]link, len(vectors))
	acc := make([]float32, len(vectors))
	touched := make([]int32, 0, len(vectors))
	for i, vec := range vectors {
		touched = touched[:0]
		for _, t := range vec {
			list := lists[t.id]
			for _, l := range list {
				if acc[l.to] == 0 {
					touched = append(touched, l.to)
				}
				acc[l.to] += t.n * l.sim
			}
			lists[t.id] = append(list, link{int32(i), t.n})
		}
		for _, j := range touched {
			if acc[j] >= threshold {
				links[i] = append(links[i], link{j, acc[j]})
				links[j] = append(links[j], link{int32(i), acc[j]})
			}
			acc[j] = 0
		}
	}
	return links
}

// diverse chooses greedily the best unit whose likeness to one chosen before
// does not cost it its place.
func diverse(units []*unit, vectors [][]term, n int) []*unit {
	order := make([]int, len(units))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(units[b].score, units[a].score) })
	// Beyond this many the score is too low for any choice to reach them.
	order = order[:min(len(order), max(4*n, 60))]
	like := make([]float64, len(units))
	var chosen []*unit
	for len(chosen) < n && len(order) > 0 {
		at, top := 0, math.Inf(-1)
		for k, i := range order {
			s := units[i].score - redundant*like[i]
			if like[i] >= same {
				s -= 10
			}
			if s > top {
				at, top = k, s
			}
		}
		pick := order[at]
		order = slices.Delete(order, at, at+1)
		chosen = append(chosen, units[pick])
		for _, i := range order {
			like[i] = max(like[i], cosine(vectors[pick], vectors[i]))
		}
	}
	return chosen
}

// cosine multiplies two vectors of length 1 whose terms are in order.
func cosine(a, b []term) float64 {
	sum := float32(0)
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i].id == b[j].id:
			sum += a[i].n * b[j].n
			i++
			j++
		case a[i].id < b[j].id:
			i++
		default:
			j++
		}
	}
	return float64(sum)
}
