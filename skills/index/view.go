package index

import (
	"github.com/RoaringBitmap/roaring/v2"
	"github.com/blevesearch/bleve/v2/index/scorch"
	segment "github.com/blevesearch/scorch_segment_api/v2"
)

// A view is one segment of the index as it was when a search began.
type view struct {
	seg   *scorch.SegmentSnapshot
	dicts map[string]segment.TermDictionary // by field
}

// with returns the numbers of the documents that have a term in a field; nil if
// there are none. It must not be changed.
func (v *view) with(field, term string) (*roaring.Bitmap, error) {
	d, ok := v.dicts[field]
	if !ok {
		var err error
		if d, err = v.seg.Segment().Dictionary(field); err != nil {
			return nil, err
		}
		if v.dicts == nil {
			v.dicts = map[string]segment.TermDictionary{}
		}
		v.dicts[field] = d
	}
	if d == nil {
		return nil, nil
	}
	list, err := d.PostingsList([]byte(term), v.seg.Deleted(), nil)
	if err != nil || list == nil || list.Count() == 0 {
		return nil, err
	}
	i := list.Iterator(false, false, false, nil)
	if o, ok := i.(segment.OptimizablePostingsIterator); ok {
		if n, ok := o.DocNum1Hit(); ok {
			return roaring.BitmapOf(uint32(n)), nil
		}
		if b := o.ActualBitmap(); b != nil {
			return b, nil
		}
	}
	b := roaring.New()
	for {
		p, err := i.Next()
		if err != nil || p == nil {
			return b, err
		}
		b.Add(uint32(p.Number()))
	}
}

// each calls f for each document that has a term in a field.
func (v *view) each(field, term string, f func(num uint64) error) error {
	b, err := v.with(field, term)
	if err != nil || b == nil {
		return err
	}
	for i := b.Iterator(); i.HasNext(); {
		if err := f(uint64(i.Next())); err != nil {
			return err
		}
	}
	return nil
}

// stored calls f for each stored field of a document. The value is valid only
// within f.
func (v *view) stored(num uint64, f func(name string, value []byte) error) error {
	var err error
	visit := func(name string, _ byte, value []byte, _ []uint64) bool {
		err = f(name, value)
		return err == nil
	}
	if e := v.seg.VisitDocument(num, visit); e != nil {
		return e
	}
	return err
}
