package index

import (
	"errors"
	"testing"
)

func testVectors(t *testing.T, x Index) {
	p := []Passage{{ID: "1", Text: "eins", Vector: []float32{3, 0, 0}}, {ID: "2", Text: "zwei", Vector: []float32{1, 1, 0}}, {ID: "3", Text: "drei", Vector: []float32{-1, 0, 0}}, {ID: "4", Text: "vier"}, {ID: "5", Text: "null", Vector: []float32{0, 0, 0}}}
	if err := x.Put(t.Context(), Source{Key: "a", Model: "m"}, p); err != nil {
		t.Fatal(err)
	}
	hits := searchFor(t, x, Query{Text: "fünf", Vector: []float32{7, 0, 0}, Model: "m", N: 9})
	if len(hits) != 2 || hits[0].Text != "eins" || hits[1].Text != "zwei" || hits[0].Semantic != 1 || hits[1].Semantic != 2 || hits[0].Lexical != 0 || hits[0].Share != 0 {
		t.Fatalf("got %+v", hits)
	}
	if c := hits[1].Similarity; c < 0.7071 || c > 0.7072 {
		t.Errorf("a similarity of %v", c)
	}
}

func testFusion(t *testing.T, x Index) {
	p := []Passage{{ID: "1", Text: "Katze", Vector: []float32{1, 0}}, {ID: "2", Text: "Der Hund", Vector: []float32{1, 0.1}}, {ID: "3", Text: "Der Hund, der Hund: das ist ein Hund", Vector: []float32{1, 0.2}}}
	if err := x.Put(t.Context(), Source{Key: "a"}, p); err != nil {
		t.Fatal(err)
	}
	hits := searchFor(t, x, Query{Text: "Hund", Vector: []float32{1, 0}, N: 9})
	if len(hits) != 3 || hits[2].ID != "1" || hits[2].Semantic != 1 {
		t.Fatalf("one that is in both lists must come before the first of one: %+v", hits)
	}
	for _, h := range hits {
		want := 0.0
		for _, r := range []int{h.Lexical, h.Semantic} {
			if r > 0 {
				want += 1 / float64(60+r)
			}
		}
		if h.Score != want {
			t.Errorf("a score of %v, want %v", h.Score, want)
		}
	}
}

func testModels(t *testing.T, x Index) {
	for key, model := range map[string]string{"a": "m", "b": "n"} {
		if err := x.Put(t.Context(), Source{Key: key, Model: model}, []Passage{{ID: "1", Text: key, Vector: []float32{1, 0}}}); err != nil {
			t.Fatal(err)
		}
	}
	if hits := searchFor(t, x, Query{Vector: []float32{1, 0}, Model: "n", N: 9}); len(hits) != 1 || hits[0].Source != "b" {
		t.Errorf("got %+v", hits)
	}
	if hits := searchFor(t, x, Query{Vector: []float32{1, 0, 0}, Model: "n", N: 9}); len(hits) != 0 {
		t.Errorf("got %+v", hits)
	}
}

func testDeleteVector(t *testing.T, x Index) {
	with := []Passage{{ID: "1", Text: "eins", Vector: []float32{1, 0}}}
	for _, key := range []string{"a", "b", "c"} {
		if err := x.Put(t.Context(), Source{Key: key}, with); err != nil {
			t.Fatal(err)
		}
	}
	q := Query{Vector: []float32{1, 0}, N: 9}
	if hits := searchFor(t, x, q); len(hits) != 3 {
		t.Fatalf("got %+v", hits)
	}
	if err := errors.Join(x.Delete(t.Context(), "a"), x.Put(t.Context(), Source{Key: "b"}, []Passage{{ID: "1", Text: "eins"}})); err != nil {
		t.Fatal(err)
	}
	if hits := searchFor(t, x, q); len(hits) != 1 || hits[0].Source != "c" {
		t.Errorf("got %+v", hits)
	}
}
