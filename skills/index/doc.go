package index

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"math"

	api "github.com/blevesearch/bleve_index_api"
)

// Fields of a document of scorch. All but the last two hold terms and no more than
// whether a passage has them: how often says little of a short text, and without
// it a search walks bitmaps.
const (
	fieldID      = "_id"
	fieldWords   = "w" // normal forms of text and heading
	fieldParts   = "p" // parts of their compounds
	fieldOften   = "o" // words that come more than once
	fieldHeading = "h" // words and parts of the heading
	fieldName    = "n" // words and parts of the document's name
	fieldSource  = "s" // the key
	fieldKind    = "k" // kindSource, kindPassage, kindVector
	fieldData    = "d" // stored: the Source or Passage
	fieldVector  = "v" // stored: the vector
)

const (
	kindSource  = "source"
	kindPassage = "passage"
	kindVector  = "vector"
)

// sourceID and passageID are the IDs of documents. A passage's has the key before
// it, so that no source can replace a passage of another one.
func sourceID(key string) string      { return "s" + key }
func passageID(key, id string) string { return "p" + key + "\x00" + id }

// A doc is a document as scorch takes it: its fields are made of terms, nothing of
// bleve's analysis is used.
type doc struct {
	id      string
	fields  []api.Field
	analyze func(*doc) // makes the terms, in the queue of scorch
}

func (d *doc) ID() string                               { return d.id }
func (d *doc) Size() int                                { return 0 }
func (d *doc) VisitComposite(api.CompositeFieldVisitor) {}
func (d *doc) HasComposite() bool                       { return false }
func (d *doc) NumPlainTextBytes() uint64                { return 0 }
func (d *doc) StoredFieldsBytes() uint64                { return 0 }
func (d *doc) Indexed() bool                            { return true }

func (d *doc) VisitFields(visit api.FieldVisitor) {
	if d.analyze != nil {
		d.analyze(d)
		d.analyze = nil
	}
	for _, f := range d.fields {
		visit(f)
	}
}

func (d *doc) AddIDField() {
	d.fields = append(d.fields, &field{name: fieldID, value: []byte(d.id), terms: terms(d.id), options: api.IndexField | api.StoreField})
}

func (d *doc) index(name string, t api.TokenFrequencies) {
	if len(t) > 0 {
		d.fields = append(d.fields, &field{name: name, terms: t, options: api.IndexField})
	}
}

func (d *doc) store(name string, value []byte) {
	d.fields = append(d.fields, &field{name: name, value: value, options: api.StoreField})
}

// A field is one of a doc.
type field struct {
	name    string
	value   []byte
	terms   api.TokenFrequencies
	options api.FieldIndexingOptions
}

func (f *field) Name() string                                   { return f.name }
func (f *field) Value() []byte                                  { return f.value }
func (f *field) ArrayPositions() []uint64                       { return nil }
func (f *field) EncodedFieldType() byte                         { return 't' }
func (f *field) Analyze()                                       {}
func (f *field) Options() api.FieldIndexingOptions              { return f.options }
func (f *field) AnalyzedLength() int                            { return 1 }
func (f *field) AnalyzedTokenFrequencies() api.TokenFrequencies { return f.terms }
func (f *field) NumPlainTextBytes() uint64                      { return 0 }

// once is what scorch is told of every term.
var once = func() *api.TokenFreq {
	f := &api.TokenFreq{}
	f.SetFrequency(1)
	return f
}()

func terms(all ...string) api.TokenFrequencies {
	t := make(api.TokenFrequencies, len(all))
	for _, s := range all {
		t[s] = once
	}
	return t
}

// sourceDoc is the document that stands for a source.
func sourceDoc(s Source) (*doc, error) {
	data, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	d := &doc{id: sourceID(s.Key)}
	d.index(fieldKind, terms(kindSource))
	d.index(fieldSource, terms(s.Key))
	d.store(fieldData, data)
	return d, nil
}

// passageDoc is the document of a passage. Its vector has length 1.
func passageDoc(a *analyzer, p Passage, name api.TokenFrequencies, vector []float32) (*doc, error) {
	p.Vector = nil
	data, err := json.Marshal(p)
	if err != nil {
		return nil, err
	}
	d := &doc{id: passageID(p.Source, p.ID)}
	kinds := terms(kindPassage)
	if vector != nil {
		kinds[kindVector] = once
		d.store(fieldVector, encodeVector(vector))
	}
	d.store(fieldData, data)
	d.index(fieldKind, kinds)
	d.index(fieldSource, terms(p.Source))
	d.index(fieldName, name)
	d.analyze = func(d *doc) {
		f := analyze(a, p.Heading, p.Text)
		d.index(fieldWords, f.words)
		d.index(fieldParts, f.parts)
		d.index(fieldOften, f.often)
		d.index(fieldHeading, f.heading)
	}
	return d, nil
}

type analyzed struct{ words, parts, often, heading api.TokenFrequencies }

// analyze makes the terms of a passage.
func analyze(a *analyzer, heading, text string) analyzed {
	f := analyzed{words: make(api.TokenFrequencies, len(text)/10), parts: api.TokenFrequencies{}, often: api.TokenFrequencies{}, heading: api.TokenFrequencies{}}
	add := func(t token) {
		if f.words[t.term] != nil {
			f.often[t.term] = once
		}
		f.words[t.term] = once
		note(f.words, t.alike)
		note(f.parts, t.parts, t.spans, t.roots)
	}
	a.tokens(heading, func(t token) {
		add(t)
		t.noteAll(f.heading)
	})
	clear(f.often)
	a.tokens(text, add)
	for s := range f.parts {
		if f.words[s] != nil {
			delete(f.parts, s)
		}
	}
	return f
}

// nameTerms returns the terms of a short text with those of the parts of its
// compounds.
func nameTerms(a *analyzer, text string) api.TokenFrequencies {
	if text == "" {
		return nil
	}
	all := api.TokenFrequencies{}
	a.tokens(text, func(t token) { t.noteAll(all) })
	return all
}

// noteAll notes all terms of a token.
func (t token) noteAll(all api.TokenFrequencies) {
	all[t.term] = once
	note(all, t.alike, t.parts, t.spans, t.roots)
}

func note(all api.TokenFrequencies, lists ...[]string) {
	for _, list := range lists {
		for _, s := range list {
			all[s] = once
		}
	}
}

func encodeVector(v []float32) []byte {
	b := make([]byte, 0, 4*len(v))
	for _, x := range v {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
	}
	return b
}

func decodeVector(b []byte) ([]float32, error) {
	if len(b)%4 != 0 {
		return nil, errors.New("a vector is cut")
	}
	v := make([]float32, len(b)/4)
	for i := range v {
		v[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return v, nil
}
