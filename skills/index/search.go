package index

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/blevesearch/bleve/v2/index/scorch"
	api "github.com/blevesearch/bleve_index_api"
)

// Limits of a search.
const (
	maxHits   = 1000 // that a query can have
	minRead   = 40   // passages that are read and ranked anew
	maxPhrase = 2000 // passages that are read to look for a phrase
	maxLikely = 8    // words that a misspelt one is taken for
	minTypo   = 5    // letters of a word that may be misspelt
)

// rrf is the constant of reciprocal rank fusion, as its authors have it.
const rrf = 60

// Search implements Index.
func (x *Bleve) Search(ctx context.Context, q Query) ([]Hit, error) {
	leave, err := x.use(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	if q.N <= 0 {
		return nil, nil
	}
	q.N = min(q.N, maxHits)
	var hits []Hit
	err = x.read(func(r *scorch.IndexSnapshot) error {
		s := &search{ctx: ctx, Query: q, question: x.analyzer.ask(q.Text), snap: r, read: max(minRead, 2*q.N)}
		defer s.release()
		var near []near
		if v := unit(q.Vector); v != nil {
			near = nearest(x.vectors(q.Sources), v, q.Model, s.read)
		}
		hits, err = s.run(near)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("index: search: %w", err)
	}
	return hits, nil
}

// vectors returns the vectors of some sources, or of all.
func (x *Bleve) vectors(keys []string) []*block {
	x.mu.Lock()
	defer x.mu.Unlock()
	if len(keys) > 0 {
		var some []*block
		for _, k := range keys {
			if b := x.blocks[k]; b != nil {
				some = append(some, b)
			}
		}
		return some
	}
	if x.list == nil {
		for _, b := range x.blocks {
			x.list = append(x.list, b)
		}
	}
	return x.list
}

// A search is one run of a query.
type search struct {
	ctx context.Context
	Query
	question
	snap  *scorch.IndexSnapshot
	read  int // how many passages of a list are read
	parts []*part
	total float64 // of the weights
}

// A part is what a search does in one segment.
type part struct {
	view
	index   int32
	base    uint64          // number of its first document
	filter  *roaring.Bitmap // only these; nil: all
	levels  [][]level       // by word
	df      []int           // by word, how many have it
	sum     *sums
	found   []best
	missing bool // the filter lets nothing through
}

// A level is a set of passages that have a word to the same degree.
type level struct {
	set      *roaring.Bitmap
	strength float32
}

// best is a passage of a segment with its score.
type best struct {
	score float32
	num   uint32
	part  int32 // index of the segment
}

// found is a passage that was read.
type found struct {
	part  *part
	num   uint32
	score float32
	Hit
}

// run finds by words, adds what is near, and ranks.
func (s *search) run(near []near) ([]Hit, error) {
	base := uint64(0)
	for i, seg := range s.snap.Segments() {
		s.parts = append(s.parts, &part{view: view{seg: seg}, index: int32(i), base: base})
		base += uint64(seg.FullSize())
	}
	if err := s.each((*search).look); err != nil {
		return nil, err
	}
	if err := s.weigh(); err != nil {
		return nil, err
	}
	if err := s.each((*search).score); err != nil {
		return nil, err
	}
	lexical, err := s.rank()
	if err != nil {
		return nil, err
	}
	return s.fuse(lexical, near)
}

// each does something in all segments, as many at a time as there are cores.
func (s *search) each(do func(*search, *part) error) error {
	if err := s.ctx.Err(); err != nil {
		return err
	}
	errs := make([]error, len(s.parts))
	var wg sync.WaitGroup
	next := make(chan int, len(s.parts))
	for i := range s.parts {
		next <- i
	}
	close(next)
	for range min(len(s.parts), runtime.GOMAXPROCS(0)) {
		wg.Go(func() {
			for i := range next {
				errs[i] = guard(func() error { return do(s, s.parts[i]) })
			}
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return s.ctx.Err()
}

// sums are what the passages of a segment have reached, by number.
type sums struct {
	score, cover []float32
	seen         []uint8 // 1 + the word that counted last
}

var pool = sync.Pool{New: func() any { return &sums{} }}

func newSums(n int) *sums {
	s := pool.Get().(*sums)
	if cap(s.score) < n {
		return &sums{make([]float32, n), make([]float32, n), make([]uint8, n)}
	}
	s.score, s.cover, s.seen = s.score[:n], s.cover[:n], s.seen[:n]
	clear(s.score)
	clear(s.cover)
	clear(s.seen)
	return s
}

func (s *search) release() {
	for _, p := range s.parts {
		if p.sum != nil {
			pool.Put(p.sum)
			p.sum = nil
		}
	}
}

// score sums up the words for each passage of a segment and keeps the best.
func (s *search) score(p *part) error {
	p.sum = newSums(int(p.seg.FullSize()))
	if p.missing {
		return nil
	}
	buf := make([]uint32, 1024)
	for i, t := range s.terms {
		levels := p.levels[i]
		slices.SortStableFunc(levels, func(a, b level) int { return cmp.Compare(b.strength, a.strength) })
		for _, l := range levels {
			set := l.set
			if p.filter != nil {
				set = roaring.And(set, p.filter)
			}
			p.sum.add(set, buf, uint8(i+1), float32(t.share)*l.strength, float32(t.share)*min(1, l.strength))
		}
	}
	limit := s.read
	if len(s.phrases) > 0 {
		limit = maxPhrase
	}
	p.best(limit)
	return nil
}

// add counts a word for the passages of a set that it has not counted for.
func (s *sums) add(set *roaring.Bitmap, buf []uint32, word uint8, score, cover float32) {
	i := set.ManyIterator()
	for n := i.NextMany(buf); n > 0; n = i.NextMany(buf) {
		for _, num := range buf[:n] {
			if s.seen[num] != word {
				s.seen[num] = word
				s.score[num] += score
				s.cover[num] += cover
			}
		}
	}
}

// best keeps the best n passages of a segment.
func (p *part) best(n int) {
	least := float32(0)
	for num, score := range p.sum.score {
		if score <= least {
			continue
		}
		p.found = append(p.found, best{score, uint32(num), p.index})
		if len(p.found) >= 2*n+64 {
			slices.SortFunc(p.found, byScore)
			p.found = p.found[:n]
			least = p.found[n-1].score
		}
	}
}

func byScore(a, b best) int {
	switch {
	case a.score != b.score:
		return cmp.Compare(b.score, a.score)
	case a.part != b.part:
		return cmp.Compare(a.part, b.part)
	}
	return cmp.Compare(a.num, b.num)
}

// rank reads the best passages and ranks them by what only their texts tell.
func (s *search) rank() ([]found, error) {
	var all []best
	for _, p := range s.parts {
		all = append(all, p.found...)
	}
	slices.SortFunc(all, byScore)
	var ranked []found
	for i, b := range all {
		if len(ranked) == s.read || i == maxPhrase {
			break
		}
		if i%64 == 0 && s.ctx.Err() != nil {
			return nil, s.ctx.Err()
		}
		f := found{part: s.parts[b.part], num: b.num, score: b.score}
		if err := s.fill(&f); err != nil {
			return nil, err
		}
		if !s.hasPhrases(f.Passage) {
			continue
		}
		f.score = f.score / (0.85 + 0.15*min(3, float32(len(f.Text))/700))
		ranked = append(ranked, f)
	}
	slices.SortStableFunc(ranked, func(a, b found) int { return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.ID, b.ID)) })
	return ranked, nil
}

// fill reads what is stored of a passage.
func (s *search) fill(f *found) error {
	err := f.part.stored(uint64(f.num), func(name string, value []byte) error {
		if name == fieldData {
			return json.Unmarshal(value, &f.Passage)
		}
		return nil
	})
	if s.total > 0 {
		f.Share = min(1, math.Round(float64(f.part.sum.cover[f.num])/s.total*1000)/1000)
	}
	return err
}

func (s *search) hasPhrases(p Passage) bool {
	if len(s.phrases) == 0 {
		return true
	}
	text := " " + flat(p.Heading) + " | " + flat(p.Text) + " "
	for _, phrase := range s.phrases {
		if !strings.Contains(text, " "+phrase+" ") {
			return false
		}
	}
	return true
}

// fuse joins both lists by reciprocal rank.
func (s *search) fuse(lexical []found, near []near) ([]Hit, error) {
	all := map[string]*Hit{}
	for i := range lexical {
		h := &lexical[i].Hit
		h.Lexical = i + 1
		all[passageID(h.Source, h.ID)] = h
	}
	rank := 0
	for _, n := range near {
		id := passageID(n.key, n.id)
		h := all[id]
		if h == nil {
			f, err := s.locate(id)
			if err != nil {
				return nil, err
			}
			if f == nil || !s.hasPhrases(f.Passage) {
				continue // deleted meanwhile
			}
			h = &f.Hit
			all[id] = h
		}
		rank++
		h.Semantic, h.Similarity = rank, n.cosine
	}
	hits := make([]Hit, 0, len(all))
	for _, h := range all {
		for _, r := range []int{h.Lexical, h.Semantic} {
			if r > 0 {
				h.Score += 1 / float64(rrf+r)
			}
		}
		hits = append(hits, *h)
	}
	slices.SortFunc(hits, func(a, b Hit) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(b.Share, a.Share), cmp.Compare(a.Source, b.Source), cmp.Compare(a.ID, b.ID))
	})
	return hits[:min(s.N, len(hits))], nil
}

// locate reads a passage by its document's ID; nil if it is not there.
func (s *search) locate(id string) (*found, error) {
	n, err := s.snap.InternalID(id)
	if err != nil || n == nil {
		return nil, err
	}
	num := api.IndexInternalID(n).Value()
	i := len(s.parts) - 1
	for ; s.parts[i].base > num; i-- {
	}
	p := s.parts[i]
	f := &found{part: p, num: uint32(num - p.base)}
	return f, s.fill(f)
}
