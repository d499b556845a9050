package extract

import (
	"math"
	"slices"
	"strings"
	"unicode"
)

// stem makes forms of a word alike: lower case, umlauts and endings gone. It is
// light, for German and English: "Gebühren", "Gebühr" and "gebuehr" are one,
// "Haus" and "Häuser" too.
func stem(word string) string {
	w := fold(word)
	if len(w) <= 4 {
		return w
	}
	if strings.HasSuffix(w, "ungen") && len(w) > 8 {
		return strings.TrimSuffix(w, "en")
	}
	for _, end := range []string{"ern", "em", "er", "en", "es", "e", "s", "n"} {
		if strings.HasSuffix(w, end) && len(w)-len(end) >= 4 {
			return strings.TrimSuffix(w, end)
		}
	}
	return w
}

// fold writes a word in lower case without umlauts.
func fold(word string) string {
	plain := true
	for i := range len(word) {
		if c := word[i]; c >= 0x80 || 'A' <= c && c <= 'Z' {
			plain = false
			break
		}
	}
	if plain {
		return foldPairs(word)
	}
	var b strings.Builder
	b.Grow(len(word))
	for _, r := range word {
		switch r = unicode.ToLower(r); r {
		case 'ä':
			r = 'a'
		case 'ö':
			r = 'o'
		case 'ü':
			r = 'u'
		case 'ß':
			b.WriteByte('s')
			r = 's'
		case '\u00ad':
			continue
		}
		b.WriteRune(r)
	}
	return foldPairs(b.String())
}

var pairs = strings.NewReplacer("ae", "a", "oe", "o", "ue", "u")

// foldPairs takes "gebuehr" for "gebühr". It spoils "neue" in the same way
// everywhere, which does no harm.
func foldPairs(w string) string {
	for i := 1; i < len(w); i++ {
		if w[i] == 'e' && (w[i-1] == 'a' || w[i-1] == 'o' || w[i-1] == 'u') {
			return pairs.Replace(w)
		}
	}
	return w
}

// stopWords say nothing about what a sentence is about.
var stopWords = func() map[string]bool {
	all := map[string]bool{}
	for w := range strings.FieldsSeq(`
		der die das den dem des ein eine einen einem einer eines und oder aber auch als am an auf aus bei bin bis bist da dabei dadurch dafür dagegen daher dahin damit
		danach dann daran darauf daraus darin darüber darum davon davor dazu dass dein deine dem denn deren dessen dich dies diese diesem diesen dieser dieses dir doch dort du durch
		er es etwa etwas euch euer für gegen gegenüber gemäß gewesen hab habe haben hat hatte hatten hier hiermit hin hinter ich ihm ihn ihnen ihr ihre ihrem ihren ihrer ihres im in
		indem infolge innerhalb ins insbesondere ist ja jede jedem jeden jeder jedes jedoch jene jetzt kann kein keine keinem keinen keiner können könnte machen man mehr mein meine
		meinem meinen meiner mich mir mit möchte nach nachdem nicht nichts noch nun nur ob obwohl ohne pro sehr sein seine seinem seinen seiner seit selbst sich sie sind so sobald
		sofern sogar solche solchen soll sollen sollte sollten somit sondern sonst soweit sowie statt über um uns unser unsere unserem unseren unserer unter usw viel viele vom von vor
		während wann war waren warum was weg wegen weil weiter weitere welche welchem welchen welcher welches wem wen wenn wer werde werden wessen wie wieder wieviel will wir wird wo
		woher wohin wollen wurde wurden würde würden zu zum zur zwar zwischen bitte sehr geehrte geehrter damen herren frau herr gibt geht lassen lässt bzw ca etc ggf abs satz nr art
		ab laut trotz außer samt hoch lange oft viel muss müssen musst darf dürfen gilt gelten lautet
		the a an and or but of to in on at by for from with without as is are was were be been being it its this that these those he she they we you i my your his her our their
		not no do does did have has had will would can could should may might must if then than so such what which who whom when where why how please there here also any all`) {
		all[stem(w)] = true
		all[fold(w)] = true
	}
	return all
}()

// words calls f for each word of a text, and for each number with its marks.
func words(text string, f func(word string)) {
	start, number := -1, false
	for i, r := range text {
		letter := unicode.IsLetter(r) || unicode.IsDigit(r) || r == '\u00ad'
		if letter && start < 0 {
			start, number = i, unicode.IsDigit(r)
			continue
		}
		if start >= 0 && !letter && !(number && (r == '.' || r == ',' || r == '/' || r == ':') && i+1 < len(text) && '0' <= text[i+1] && text[i+1] <= '9') {
			f(text[start:i])
			start = -1
		}
	}
	if start >= 0 {
		f(text[start:])
	}
}

// A vocabulary numbers the stems of a document and counts the sentences that
// have them.
type vocabulary struct {
	id    map[string]int32
	stems []string
	df    []int32 // sentences with the stem
	n     int     // sentences
	cache map[string]int32
}

func newVocabulary() *vocabulary {
	return &vocabulary{id: map[string]int32{}, cache: map[string]int32{}}
}

// number returns the number of a word's stem, or -1 for a stop word.
func (v *vocabulary) number(word string) int32 {
	if n, ok := v.cache[word]; ok {
		return n
	}
	n := int32(-1)
	if s := stem(word); len(s) > 1 && !stopWords[s] && !stopWords[fold(word)] {
		var ok bool
		if n, ok = v.id[s]; !ok {
			n = int32(len(v.stems))
			v.id[s] = n
			v.stems = append(v.stems, s)
			v.df = append(v.df, 0)
		}
	}
	v.cache[word] = n
	return n
}

// A term is a stem of a sentence with how often it is there.
type term struct {
	id int32
	n  float32
}

// bag returns the terms of a text, each once, by number.
func (v *vocabulary) bag(text string) []term {
	var ids []int32
	words(text, func(w string) {
		if n := v.number(w); n >= 0 {
			ids = append(ids, n)
		}
	})
	slices.Sort(ids)
	terms := make([]term, 0, len(ids))
	for _, id := range ids {
		if k := len(terms) - 1; k >= 0 && terms[k].id == id {
			terms[k].n++
			continue
		}
		terms = append(terms, term{id, 1})
	}
	return terms
}

func (v *vocabulary) count(terms []term) {
	v.n++
	for _, t := range terms {
		v.df[t.id]++
	}
}

// idf weighs a term by how few sentences have it.
func (v *vocabulary) idf(id int32) float64 {
	return math.Log(1 + float64(v.n)/(1+float64(v.df[id])))
}
