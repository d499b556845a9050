package index

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestBleve holds Bleve to what every Index promises.
func TestBleve(t *testing.T) {
	testIndex(t, func(t *testing.T, dir string) Index { return openAt(t, dir) })
}

// openAt opens an index until the test ends.
func openAt(t testing.TB, dir string) *Bleve {
	t.Helper()
	x, err := OpenBleve(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { x.Close() })
	return x
}

// testIndex runs the tests that every Index must pass, each on an empty one. open
// opens the index of a folder, which for a database is but a name.
func testIndex(t *testing.T, open func(t *testing.T, dir string) Index) {
	tests := map[string]func(*testing.T, Index){
		"what was put is found as it was put":                    testRoundTrip,
		"putting a source again replaces all of it":              testReplace,
		"a deleted source is never found":                        testDelete,
		"one source cannot touch another":                        testApart,
		"sources come by key":                                    testSources,
		"a word is found in all of its forms":                    testForms,
		"a part finds its compound and the parts of one find it": testCompounds,
		"a part of a word that is no compound finds nothing":     testNoCompounds,
		"paragraphs, numbers and file numbers are found exactly": testExact,
		"one wrong letter is forgiven where a word is nowhere":   testTypos,
		"what stands in quotes must occur":                       testPhrases,
		"a word that a line or a hyphen divides is one":          testHyphens,
		"only the sources asked for are searched":                testOnly,
		"no more hits than asked for":                            testN,
		"what is not there has a small share":                    testShare,
		"the rarer word weighs more":                             testRare,
		"vectors find what no word does":                         testVectors,
		"both lists are fused by rank":                           testFusion,
		"vectors of another model or length are not compared":    testModels,
		"a deleted vector is never found":                        testDeleteVector,
		"odd queries find nothing and harm nothing":              testOdd,
		"what cannot be kept is refused and changes nothing":     testRefused,
		"errors name no content":                                 testSilent,
		"searches while sources are put see all or nothing":      testWhile,
		"many put at the same time":                              testParallel,
		"nothing works once closed":                              testClosed,
		"a done context is noticed":                              testContext,
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			test(t, open(t, t.TempDir()))
		})
	}
	t.Run("all is there again after opening anew", func(t *testing.T) { testReopen(t, open) })
}

var day = time.Date(2026, 5, 4, 0, 0, 0, 0, time.UTC)

// put puts a source with a passage for each text.
func put(t testing.TB, x Index, key string, texts ...string) {
	t.Helper()
	if err := x.Put(t.Context(), Source{Key: key, Name: "Akte", Digest: "d"}, passages(key, texts...)); err != nil {
		t.Fatal(err)
	}
}

func passages(key string, texts ...string) []Passage {
	var all []Passage
	for i, text := range texts {
		all = append(all, Passage{ID: ID(key, 1, i), Page: 1, At: i, Text: text})
	}
	return all
}

func search1(t testing.TB, x Index, text string) []Hit {
	t.Helper()
	return searchFor(t, x, Query{Text: text, N: 10})
}

func searchFor(t testing.TB, x Index, q Query) []Hit {
	t.Helper()
	hits, err := x.Search(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	return hits
}

// finds fails unless a query finds exactly these texts, in any order.
func finds(t testing.TB, x Index, query string, want ...string) {
	t.Helper()
	var got []string
	for _, h := range search1(t, x, query) {
		got = append(got, h.Text)
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%s: found %q, want %q", query, got, want)
	}
}

func testRoundTrip(t *testing.T, x Index) {
	p := Passage{ID: "1", Page: 3, At: 17, Heading: "§ 4 Höhe", Text: "Die Gebühr\nbeträgt 30 €.  Punkt.", Vector: []float32{1, 0}}
	if err := x.Put(t.Context(), Source{Key: "a/b.pdf", Name: "Satzung", Date: day}, []Passage{p, {ID: "2", Text: ""}}); err != nil {
		t.Fatal(err)
	}
	hits := search1(t, x, "Gebühr")
	want := p
	want.Source, want.Date, want.Vector = "a/b.pdf", day, nil
	if len(hits) != 1 || fmt.Sprint(hits[0].Passage) != fmt.Sprint(want) {
		t.Fatalf("got %+v, want %+v", hits, want)
	}
	if h := hits[0]; h.Lexical != 1 || h.Semantic != 0 || h.Share != 1 || h.Score <= 0 {
		t.Errorf("got ranks %d and %d, share %v", h.Lexical, h.Semantic, h.Share)
	}
}

func testReplace(t *testing.T, x Index) {
	put(t, x, "a", "Der Hund bellt.", "Die Katze schläft.")
	put(t, x, "a", "Der Hund schläft.")
	finds(t, x, "Hund", "Der Hund schläft.")
	finds(t, x, "Katze")
	put(t, x, "a")
	finds(t, x, "Hund")
	if all, err := x.Sources(t.Context()); err != nil || len(all) != 1 {
		t.Errorf("a source without passages is gone: %v %v", all, err)
	}
}

func testDelete(t *testing.T, x Index) {
	put(t, x, "a", "Der Hund bellt.", "Der Hund beißt.")
	put(t, x, "b", "Der Hund schläft.")
	for range 2 {
		if err := x.Delete(t.Context(), "a"); err != nil {
			t.Fatal(err)
		}
	}
	finds(t, x, "Hund", "Der Hund schläft.")
	finds(t, x, "beißt")
	if all, err := x.Sources(t.Context()); err != nil || len(all) != 1 || all[0].Key != "b" {
		t.Errorf("got %v, %v", all, err)
	}
}

func testApart(t *testing.T, x Index) {
	same := []Passage{{ID: "1", Text: "Der Hund bellt."}}
	for _, key := range []string{"a", "a/b", "ab", "s", "p"} {
		if err := x.Put(t.Context(), Source{Key: key}, same); err != nil {
			t.Fatal(err)
		}
	}
	if err := x.Delete(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	if hits := search1(t, x, "Hund"); len(hits) != 4 {
		t.Errorf("got %d hits, want 4", len(hits))
	}
}

func testSources(t *testing.T, x Index) {
	want := []Source{{Key: "a", Digest: "1", Name: "A", Date: day, Model: "m"}, {Key: "b", Digest: "2"}, {Key: "ü/c"}}
	for _, s := range []Source{want[2], want[0], want[1]} {
		if err := x.Put(t.Context(), s, nil); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := x.Sources(t.Context()); err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
}

func testForms(t *testing.T, x Index) {
	put(t, x, "a", "Die Gebühren für München werden erhöht.", "Die Straße vor den Häusern.", "Die Ämter und die Ausweise.", "Nach Muenster und Duesseldorf.")
	for query, n := range map[string]int{"Gebühr": 0, "gebuehr": 0, "GEBÜHREN": 0, "Muenchen": 0, "Strasse": 1, "Haus": 1, "Straßen": 1, "Amt": 2, "Ausweis": 2, "Münster": 3, "Düsseldorfer": 3} {
		finds(t, x, query, []string{"Die Gebühren für München werden erhöht.", "Die Straße vor den Häusern.", "Die Ämter und die Ausweise.", "Nach Muenster und Duesseldorf."}[n])
	}
}

func testCompounds(t *testing.T, x Index) {
	texts := []string{"Die Verwaltungsgebührensatzung gilt.", "Wer Hunde hält, zahlt eine Steuer.", "Der Bewohnerparkausweis kostet wenig.", "Ein Drohnenflug ist verboten.", "Die Kfz-Zulassung."}
	put(t, x, "a", texts...)
	for query, n := range map[string]int{
		"Gebühr": 0, "Satzung": 0, "Gebührensatzung": 0, "Verwaltungsgebühr": 0, "Hundesteuer": 1, "Parkausweis": 2, "Ausweis": 2, "Bewohner": 2, "Bewohner-Parkausweis": 2, "Bewohnerparkausweise": 2,
		"Drohne": 3, "Flüge": 3, "Zulassung": 4, "Kfzzulassung": 4,
	} {
		hits := search1(t, x, query)
		if len(hits) == 0 || hits[0].Text != texts[n] || hits[0].Share < Weak {
			t.Errorf("%s: got %+v, want %s", query, hits, texts[n])
		}
	}
}

func testNoCompounds(t *testing.T, x Index) {
	put(t, x, "a", "Die Partei und der Bauer im Rathaus.", "Grundsätzlich entscheidet die Unterhaltung.", "Der Bescheid zur Bestattung.")
	for _, query := range []string{"Part", "Bau", "Ei", "Haltung", "Rat", "Grund", "Stadt", "Scheid", "Satz"} {
		finds(t, x, query)
	}
	hits := search1(t, x, "Grundsteuer Bescheid")
	if len(hits) != 1 || hits[0].Share >= Weak {
		t.Errorf("the head of a compound is taken for the compound: %+v", hits)
	}
}

func testExact(t *testing.T, x Index) {
	texts := []string{
		"Widerspruch nach § 70 Abs. 1 VwGO.", "Nach § 7 VwGO und § 70 VwVfG.", "Akte 32.4-BPA-1873/26 liegt vor.", "Akte 32.4-BPA-1874/26 fehlt.", "Es sind 12.500,00 € am 1. Dezember 2026 fällig.", "Die §§ 187, 188 BGB gelten.", "Die Satzung 12/2024.",
	}
	put(t, x, "a", texts...)
	for query, n := range map[string]int{"§ 70 VwGO": 0, "§70 VwGO": 0, "§ 70 Absatz 2 der VwGO": 0, "32.4-BPA-1873/26": 2, "Aktenzeichen 32.4-bpa-1874/26": 3, "12500 Euro": 4, "12.500 €": 4, "01.12.2026": 4, "§ 188 BGB": 5, "12/2024": 6} {
		hits := search1(t, x, query)
		if len(hits) == 0 || hits[0].Text != texts[n] || hits[0].Share < Weak {
			t.Errorf("%s: got %+v, want %s", query, hits, texts[n])
		}
		if len(hits) > 1 && hits[1].Share >= Weak && strings.Contains(query, "BPA") {
			t.Errorf("%s: %s counts as found too", query, hits[1].Text)
		}
	}
	for _, query := range []string{"32.4-BPA-1875/26", "§ 71 VwGO", "13.500 €"} {
		if hits := search1(t, x, query); len(hits) > 0 && hits[0].Share >= Weak {
			t.Errorf("%s: found %s", query, hits[0].Text)
		}
	}
}

func testTypos(t *testing.T, x Index) {
	put(t, x, "a", "Die Straßenreinigung kommt.", "Das Grundstück liegt.", "Der Wald.")
	finds(t, x, "Strassenreinigng", "Die Straßenreinigung kommt.")
	finds(t, x, "Grundstük", "Das Grundstück liegt.")
	finds(t, x, "Wadl") // too short to say
	put(t, x, "b", "Die Stunde.", "Die Runde.", "Die Sunde.")
	finds(t, x, "Stunde", "Die Stunde.") // it is there
}

func testPhrases(t *testing.T, x Index) {
	put(t, x, "a", "Die Stadt erhebt eine Gebühr.", "Eine Gebühr erhebt die Stadt.", "Die Stadt erhebt, wie gesagt, eine Gebühr.", "Die STADT er-\nhebt eine Gebuehr nicht.")
	want := []string{"Die Stadt erhebt eine Gebühr.", "Die STADT er-\nhebt eine Gebuehr nicht."}
	for _, query := range []string{`"erhebt eine Gebühr"`, "„erhebt eine Gebühr“", "Stadt »erhebt eine Gebühr«", "“erhebt  eine Gebühr”"} {
		finds(t, x, query, want...)
	}
	finds(t, x, `Stadt "eine Steuer"`)
	finds(t, x, `"Stadt erhebt eine Geb"`)
	put(t, x, "b", "Hunde, aber keine Katzen.", "Die E-Mail-Adresse des Amtes.", "Sie gilt ab dem 5. März 2026.", "Nach § 5 Abs. 2 und Nr. 3 der Satzung.")
	for _, query := range []string{`»Hunde« und »Katzen«`, `„Hunde" und "Katzen"`, `«Hunde» oder «Katzen»`, `„Hunde“ oder „Katzen“`} {
		finds(t, x, query, "Hunde, aber keine Katzen.")
	}
	if err := x.Put(t.Context(), Source{Key: "v"}, []Passage{{ID: "1", Text: "Der Hund.", Vector: []float32{1, 0}}}); err != nil {
		t.Fatal(err)
	}
	if hits := searchFor(t, x, Query{Text: "„eine Katze“", Vector: []float32{1, 0}, N: 9}); len(hits) > 0 {
		t.Errorf("near, but without the phrase: %+v", hits)
	}
	finds(t, x, "„E-Mail-Adresse“", "Die E-Mail-Adresse des Amtes.")
	finds(t, x, "„März 2026“", "Sie gilt ab dem 5. März 2026.")
	finds(t, x, "„Nr. 3 der Satzung“", "Nach § 5 Abs. 2 und Nr. 3 der Satzung.")
}

func testHyphens(t *testing.T, x Index) {
	texts := []string{"Der Park-\nausweis gilt.", "Das Bau-\nund Planungsrecht.", "Die Bewil\u00adligung.", "Die Abfall- und Abwassergebühr."}
	put(t, x, "a", texts...)
	for query, n := range map[string]int{"Parkausweis": 0, "Bau": 1, "Bewilligung": 2, "Abfall": 3} {
		finds(t, x, query, texts[n])
	}
}

func testOnly(t *testing.T, x Index) {
	for _, key := range []string{"a", "b", "c"} {
		p := []Passage{{ID: "1", Text: "Hund " + key, Vector: []float32{1, 0}}}
		if err := x.Put(t.Context(), Source{Key: key}, p); err != nil {
			t.Fatal(err)
		}
	}
	hits := searchFor(t, x, Query{Text: "Hund", Vector: []float32{1, 0}, N: 9, Sources: []string{"a", "c", "none"}})
	if len(hits) != 2 || hits[0].Source == "b" || hits[1].Source == "b" {
		t.Errorf("got %+v", hits)
	}
	if hits := searchFor(t, x, Query{Text: "Hund", Vector: []float32{1, 0}, N: 9, Sources: []string{"none"}}); len(hits) != 0 {
		t.Errorf("got %+v", hits)
	}
}

func testN(t *testing.T, x Index) {
	var texts []string
	for i := range 150 {
		texts = append(texts, fmt.Sprint("Der Hund Nummer ", i))
	}
	put(t, x, "a", texts...)
	for _, n := range []int{-1, 0, 1, 7, 100, 150, 151, 1 << 40} {
		hits := searchFor(t, x, Query{Text: "Hund", N: n})
		if want := max(0, min(n, 150)); len(hits) != want {
			t.Errorf("%d hits for %d", len(hits), n)
		}
	}
}

func testShare(t *testing.T, x Index) {
	put(t, x, "a", "Die Hundesteuer beträgt 96 Euro im Jahr.", "Der Antrag ist im Bürgerbüro zu stellen.", "Das Bürgerbüro öffnet um acht Uhr.")
	for _, test := range []struct {
		query string
		there bool
	}{{"Wie hoch ist die Hundesteuer im Jahr?", true}, {"Wann öffnet das Bürgerbüro?", true}, {"Wie hoch ist die Zweitwohnungsteuer?", false}, {"Wo ist der Antrag auf Wohngeld?", false}, {"Welche Farbe hat das Feuerwehrauto?", false}} {
		hits := search1(t, x, test.query)
		if there := len(hits) > 0 && hits[0].Share >= Weak; there != test.there {
			t.Errorf("%s: %+v", test.query, hits)
		}
	}
}

func testRare(t *testing.T, x Index) {
	texts := []string{"Antrag auf Wohngeld", "Antrag auf Urlaub", "Antrag auf Elternzeit", "Antrag auf Teilzeit", "Liste: Urlaub"}
	put(t, x, "a", texts...)
	if hits := search1(t, x, "Antrag Wohngeld Reise"); len(hits) == 0 || hits[0].Text != texts[0] {
		t.Errorf("got %+v", hits)
	}
}

func testOdd(t *testing.T, x Index) {
	put(t, x, "a", "Der Hund bellt.")
	for _, query := range []string{"", " ", "?", "§", "§§§", `"`, `""`, "„", "und oder", "-", "--", "a-", "\x00", "\xff\xfe", "ﬀ", "*", "*:*", "Hund~2 OR", "((", strings.Repeat("§ 1 ", 5000), strings.Repeat("a", 1<<20), strings.Repeat(`"a" `, 1000), "\u00ad", "😀", "\u202e"} {
		for _, h := range search1(t, x, query) {
			if !strings.Contains(query, "Hund") {
				t.Errorf("%.20q finds %s", query, h.Text)
			}
		}
	}
	nan := float32(0)
	nan /= nan
	if hits := searchFor(t, x, Query{Vector: []float32{nan, 1}, N: 1}); len(hits) != 0 {
		t.Errorf("got %+v", hits)
	}
	put(t, x, "b", "\xff\xfe kaputt \x00 ok", strings.Repeat("x", 1<<17), "§ § 1 - . / :")
	if hits := search1(t, x, "kaputt"); len(hits) != 1 {
		t.Errorf("got %+v", hits)
	}
}

func testRefused(t *testing.T, x Index) {
	put(t, x, "a", "Der Hund bellt.")
	for name, p := range map[string][]Passage{
		"twice":   {{ID: "1", Text: "Katze"}, {ID: "1", Text: "Katze"}},
		"no ID":   {{Text: "Katze"}},
		"long ID": {{ID: strings.Repeat("x", 2000), Text: "Katze"}},
		"long":    {{ID: "1", Text: strings.Repeat("Katze ", 1<<17)}},
		"vectors": {{ID: "1", Text: "Katze", Vector: []float32{1}}, {ID: "2", Text: "Katze", Vector: []float32{1, 2}}},
		"vector":  {{ID: "1", Text: "Katze", Vector: make([]float32, 1<<17)}},
	} {
		if err := x.Put(t.Context(), Source{Key: "a"}, p); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	for _, key := range []string{"", strings.Repeat("x", 2000)} {
		if err := x.Put(t.Context(), Source{Key: key}, nil); err == nil {
			t.Error("an odd key is taken")
		}
	}
	finds(t, x, "Hund", "Der Hund bellt.")
	finds(t, x, "Katze")
}

func testSilent(t *testing.T, x Index) {
	secret := "Geheimrat"
	_ = x.Close()
	for _, err := range []error{
		x.Put(t.Context(), Source{Key: secret, Name: secret}, passages(secret, secret)),
		x.Delete(t.Context(), secret),
		func() error { _, err := x.Search(t.Context(), Query{Text: secret, N: 1}); return err }(),
	} {
		if err == nil || strings.Contains(err.Error(), secret) {
			t.Errorf("got %v", err)
		}
	}
}

// testWhile replaces a source of two passages that belong together and searches
// meanwhile.
func testWhile(t *testing.T, x Index) {
	put(t, x, "a", "Hund 0 links", "Hund 0 rechts")
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				hits, err := x.Search(t.Context(), Query{Text: "Hund", N: 10})
				if err != nil || len(hits) != 2 || strings.Fields(hits[0].Text)[1] != strings.Fields(hits[1].Text)[1] {
					t.Errorf("got %+v, %v", hits, err)
					return
				}
			}
		})
	}
	for i := range 20 {
		put(t, x, "a", fmt.Sprintf("Hund %d links", i), fmt.Sprintf("Hund %d rechts", i))
	}
	close(stop)
	wg.Wait()
}

func testParallel(t *testing.T, x Index) {
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for i := range 5 {
				key := fmt.Sprint("k", (w+i)%10)
				if err := x.Put(t.Context(), Source{Key: key}, []Passage{{ID: "1", Text: "Hund", Vector: []float32{1}}}); err != nil {
					t.Error(err)
				}
				if i == 3 {
					if err := x.Delete(t.Context(), "k0"); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	wg.Wait()
	sources, err := x.Sources(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	hits := searchFor(t, x, Query{Text: "Hund", Vector: []float32{1}, N: 100})
	if len(hits) != len(sources) || len(hits) < 9 {
		t.Errorf("%d hits for %d sources", len(hits), len(sources))
	}
	for _, h := range hits {
		if h.Lexical == 0 || h.Semantic == 0 {
			t.Errorf("half of it: %+v", h)
		}
	}
}

func testClosed(t *testing.T, x Index) {
	put(t, x, "a", "Hund")
	for range 2 {
		if err := x.Close(); err != nil {
			t.Fatal(err)
		}
	}
	_, err1 := x.Search(t.Context(), Query{Text: "Hund", N: 1})
	_, err2 := x.Sources(t.Context())
	for _, err := range []error{err1, err2, x.Put(t.Context(), Source{Key: "a"}, nil), x.Delete(t.Context(), "a")} {
		if !errors.Is(err, ErrClosed) {
			t.Errorf("got %v", err)
		}
	}
}

func testContext(t *testing.T, x Index) {
	put(t, x, "a", "Hund")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err1 := x.Search(ctx, Query{Text: "Hund", N: 1})
	_, err2 := x.Sources(ctx)
	for _, err := range []error{err1, err2, x.Put(ctx, Source{Key: "a"}, nil), x.Delete(ctx, "a")} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	}
	finds(t, x, "Hund", "Hund")
}

func testReopen(t *testing.T, open func(*testing.T, string) Index) {
	dir := t.TempDir()
	x := open(t, dir)
	put(t, x, "a", "Der Hund bellt.")
	if err := x.Put(t.Context(), Source{Key: "b", Model: "m"}, []Passage{{ID: "1", Text: "Katze", Vector: []float32{1, 0}}}); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(x.Delete(t.Context(), "a"), x.Close()); err != nil {
		t.Fatal(err)
	}
	x = open(t, dir)
	finds(t, x, "Hund")
	if hits := searchFor(t, x, Query{Text: "Katze", Vector: []float32{1, 0}, Model: "m", N: 1}); len(hits) != 1 || hits[0].Semantic != 1 || hits[0].Lexical != 1 {
		t.Errorf("got %+v", hits)
	}
	if all, err := x.Sources(t.Context()); err != nil || len(all) != 1 || all[0].Model != "m" {
		t.Errorf("got %v, %v", all, err)
	}
}
