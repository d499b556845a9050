package index

import (
	"math"
	"strings"

	"github.com/RoaringBitmap/roaring/v2"
)

// look finds what a segment has of each word.
func (s *search) look(p *part) error {
	if err := s.restrict(p); err != nil || p.missing {
		return err
	}
	p.levels = make([][]level, len(s.terms))
	p.df = make([]int, len(s.terms))
	for i := range s.terms {
		if err := p.look(i, &s.terms[i]); err != nil {
			return err
		}
	}
	return nil
}

// restrict sets the filter: the sources asked for and the words of phrases.
func (s *search) restrict(p *part) error {
	and := func(b *roaring.Bitmap) {
		if p.filter != nil {
			b = roaring.And(p.filter, b)
		}
		p.filter = b
		p.missing = b.IsEmpty()
	}
	if len(s.Sources) > 0 {
		some := roaring.New()
		for _, key := range s.Sources {
			if err := p.join(some, fieldSource, key); err != nil {
				return err
			}
		}
		and(some)
	}
	for _, must := range s.must {
		for _, term := range must {
			// A phrase has no hyphens: its words may be parts of one.
			some := roaring.New()
			for _, field := range []string{fieldWords, fieldParts} {
				if err := p.join(some, field, term); err != nil {
					return err
				}
			}
			and(some)
		}
	}
	return nil
}

// join adds the passages that have a term in a field to a set.
func (p *part) join(set *roaring.Bitmap, field, term string) error {
	b, err := p.with(field, term)
	if b != nil {
		set.Or(b)
	}
	return err
}

// look finds what the segment has of word i.
func (p *part) look(i int, t *asked) error {
	df, err := p.own(i, t.token, 1)
	if err != nil {
		return err
	}
	for _, other := range t.alike {
		n, err := p.own(i, other, alikeWord)
		if err != nil {
			return err
		}
		df += n
	}
	for _, span := range t.spans {
		if err := p.add(i, fieldWords, span, someParts); err != nil {
			return err
		}
		if err := p.add(i, fieldParts, span, someParts); err != nil {
			return err
		}
	}
	if len(t.token.parts) == 0 { // else the roots are those of its parts, for who asks for a part
		n, err := p.byRoot(i, t)
		if err != nil {
			return err
		}
		df += n
	}
	n, err := p.divided(i, t)
	p.df[i] = df + n
	return err
}

// byRoot finds the verb of a noun, or the nouns of a verb, and returns how many
// passages have it.
func (p *part) byRoot(i int, t *asked) (int, error) {
	had := len(p.levels[i])
	for _, root := range t.roots {
		for _, field := range []string{fieldHeading, fieldParts} {
			if err := p.add(i, field, root, sameRoot); err != nil {
				return 0, err
			}
		}
		if t.verb() {
			if err := p.add(i, fieldWords, strings.TrimPrefix(root, rootMark), sameRoot); err != nil {
				return 0, err
			}
		}
	}
	n := 0
	for _, l := range p.levels[i][had:] {
		n += int(l.set.GetCardinality())
	}
	return n, nil
}

// own finds a word in all of its forms and returns how many passages have it.
func (p *part) own(i int, t token, factor float32) (int, error) {
	n := 0
	for _, form := range append([]string{t.term}, t.alike...) {
		for _, f := range []struct {
			field    string
			strength float32
		}{{fieldHeading, inHeading}, {fieldOften, often}, {fieldWords, inText}, {fieldParts, asPart}, {fieldName, inName}} {
			if factor < 1 && (f.field == fieldOften || f.field == fieldName) {
				continue
			}
			had := len(p.levels[i])
			if err := p.add(i, f.field, form, f.strength*factor); err != nil {
				return 0, err
			}
			if len(p.levels[i]) > had && (f.field == fieldWords || f.field == fieldParts) {
				n += int(p.levels[i][had].set.GetCardinality())
			}
		}
	}
	return n, nil
}

func (p *part) add(i int, field, term string, strength float32) error {
	b, err := p.with(field, term)
	if err == nil && b != nil {
		p.levels[i] = append(p.levels[i], level{b, strength})
	}
	return err
}

// divided finds the passages that have all parts of a compound, and those that
// have the last one.
func (p *part) divided(i int, t *asked) (int, error) {
	if len(t.token.parts) < 2 {
		return 0, nil
	}
	var all, last *roaring.Bitmap
	for k, term := range t.token.parts {
		any := roaring.New()
		for _, field := range []string{fieldWords, fieldParts, fieldName} {
			if err := p.join(any, field, term); err != nil {
				return 0, err
			}
			if field == fieldParts {
				last = any.Clone()
			}
		}
		if k == 0 {
			all = any
		} else {
			all.And(any)
		}
	}
	if !t.exact {
		p.levels[i] = append(p.levels[i], level{last, headOnly})
	}
	p.levels[i] = append(p.levels[i], level{all, divided})
	return int(all.GetCardinality()), nil
}

// weigh weighs the words by how few passages have them, in all segments.
func (s *search) weigh() error {
	count, err := s.snap.DocCount()
	if err != nil {
		return err
	}
	for i := range s.terms {
		t := &s.terms[i]
		df := 0
		for _, p := range s.parts {
			if !p.missing {
				df += p.df[i]
			}
		}
		if df == 0 {
			if err := s.respell(i); err != nil {
				return err
			}
		}
		t.share *= math.Log(1 + (float64(count)+1)/(0.5+min(float64(df), float64(count))))
		s.total += t.share
	}
	return nil
}

// respell finds for a word that is nowhere what it may be with one wrong letter.
func (s *search) respell(i int) error {
	t := &s.terms[i]
	if t.exact || len(t.term) < minTypo {
		return nil
	}
	likely, err := s.likely(t.term)
	if err != nil {
		return err
	}
	for _, p := range s.parts {
		if p.missing {
			continue
		}
		for _, term := range likely {
			for _, field := range []string{fieldWords, fieldParts} {
				if err := p.add(i, field, term, misspelt); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (s *search) likely(term string) ([]string, error) {
	var all []string
	for _, field := range []string{fieldWords, fieldParts} {
		d, err := s.snap.FieldDictFuzzy(field, term, 1, term[:2])
		if err != nil {
			return nil, err
		}
		for len(all) < maxLikely {
			e, err := d.Next()
			if err != nil {
				return nil, err
			}
			if e == nil {
				break
			}
			all = append(all, strings.Clone(e.Term))
		}
		if err := d.Close(); err != nil {
			return nil, err
		}
	}
	return all, nil
}
