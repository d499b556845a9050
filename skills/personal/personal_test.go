package personal

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// found writes findings as "kind text → norm".
func found(text string, o Options) []string {
	var list []string
	for _, f := range Find([]string{text}, o)[0] {
		list = append(list, fmt.Sprintf("%s %s → %s", f.Kind, strings.ReplaceAll(f.Text, "\n", "⏎"), f.Norm))
	}
	return list
}

func TestFind(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"a tax number needs its check digit": {"12 345 678 903 und 12 345 678 912", nil},
		"with a cue a wrong one counts too":  {"Steuer-ID: 12 345 678 912", []string{"tax-id 12 345 678 912 → 12345678912"}},
		"an IBAN over the end of a line":     {"DE89 3704 0044\n0532 0130 00", []string{"iban DE89 3704 0044⏎0532 0130 00 → DE89370400440532013000"}},
		"an IBAN with a wrong digit, cued":   {"IBAN: DE89 3704 0044 0532 0130 01", []string{"iban DE89 3704 0044 0532 0130 01 → DE89370400440532013001"}},
		"a pension number":                   {"RV-Nr. 15 070649 C 103", []string{"pension 15 070649 C 103 → 15070649C103"}},
		"a health insurance number":          {"A123456780", []string{"kvnr A123456780 → A123456780"}},
		"a new identity card":                {"T220001293", []string{"id-card T220001293 → T220001293"}},
		"a VAT number":                       {"DE136695976", []string{"vat-id DE136695976 → DE136695976"}},
		"a card":                             {"4111 1111 1111 1111 und 4111 1111 1111 1112", []string{"card 4111 1111 1111 1111 → 4111111111111111"}},
		"a mobile without a cue":             {"unter 0176 12345678", []string{"phone 0176 12345678 → +4917612345678"}},
		"an amount is no phone":              {"12.345,67 EUR, 0,50 EUR, 01.02.2026", nil},
		"a plate without a hyphen":           {"Raum B AB 12; Pkw B AB 12", []string{"plate B AB 12 → B-AB12"}},
		"a number plate":                     {"M-AB 1234, Zi-AB 12", []string{"plate M-AB 1234 → M-AB1234"}},
		"a day of birth, again without cue":  {"geb. 12.03.1980; am 12.03.1980 und 13.03.1980", []string{"birth 12.03.1980 → 1980-03-12", "birth 12.03.1980 → 1980-03-12"}},
		"one name everywhere": {"Frau Jana Müller. Müllers Akte. MUELLER, Mül-\nler. Jana kommt.",
			[]string{"person Jana Müller → jana mueller", "person Müllers → jana mueller", "person MUELLER → jana mueller", "person Mül-⏎ler → jana mueller", "person Jana → jana mueller"}},
		"the genitive behind Frau": {"Frau Eva Uhl-Öztürk kam. Frau Uhl-Öztürks Mutter nicht. Herr Jan Peter und Frau Peters.",
			[]string{"person Eva Uhl-Öztürk → eva uhl-oeztuerk", "person Uhl-Öztürks → eva uhl-oeztuerk", "person Jan Peter → jan peter", "person Peters →  peters"}},
		"the genitive of a full name": {"Herr Bernd Kaya kam. Bernd Kayas Akte. Bernd ging.",
			[]string{"person Bernd Kaya → bernd kaya", "person Bernd Kayas → bernd kaya", "person Bernd → bernd kaya"}},
		"two persons of one surname": {"Anna Kaya und Bernd Kaya. Kaya",
			[]string{"person Anna Kaya → anna kaya", "person Bernd Kaya → bernd kaya", "person Kaya →  kaya"}},
		"an occupation is no name": {"Herr Koch sprach. Der Koch kochte. Koch ging.",
			[]string{"person Koch →  koch", "person Koch →  koch"}},
		"a decision that is cited": {"BVerwG, Urteil vom 21.12.2017 – 6 C 18.16 –; Az. 6 C 18/26", []string{"reference 6 C 18/26 → 6C18/26"}},
		"a street alone":           {"Hauptstraße 5, 20095 Hamburg; Hauptstr. 5", []string{"address Hauptstraße 5, 20095 Hamburg → hauptstr5, 20095hamburg", "address Hauptstr. 5 → hauptstr5, 20095hamburg"}},
		"nothing":                  {"Der Ausschuss tagt am Montag im Rathaus.", nil},
	} {
		if got := found(c.text, Options{}); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q\n got %q\nwant %q", name, c.text, got, c.want)
		}
	}
}

func TestNamesAreFoundInAllTexts(t *testing.T) {
	all := Find([]string{"Vorgang Xylander liegt vor.", "Herr Dr. Xylander rief an."}, Options{})
	if len(all[0]) != 1 || all[0][0].Text != "Xylander" || all[0][0].Norm != all[1][0].Norm {
		t.Errorf("got %+v", all)
	}
}

func TestGivenNames(t *testing.T) {
	text := "Der Betrieb Lindenhof wurde an Lindenhof zurückgegeben."
	if got := found(text, Options{}); len(got) > 1 {
		t.Fatalf("found without being told: %q", got)
	}
	if got := found(text, Options{Names: []string{"Lindenhof"}}); len(got) != 2 {
		t.Errorf("got %q", got)
	}
}

func TestSignersAreMarked(t *testing.T) {
	text := "Frau Kaya erhielt Post.\n\nIm Auftrag\nAylin Yılmaz\n"
	for _, f := range Find([]string{text, "Rückfragen an Frau Yılmaz."}, Options{}) {
		for _, x := range f {
			if want := strings.Contains(x.Text, "Yılmaz"); x.Office != want {
				t.Errorf("%q: office %v", x.Text, x.Office)
			}
		}
	}
}

func FuzzFind(f *testing.F) {
	f.Add("Frau Jana Wieczorek, Lindenstr. 4, 12345 Musterstadt, geb. 12.03.1980, DE89 3704 0044 0532 0130 00", "Kaya")
	f.Add("IDD<<T220001293<<<<<<<<<<<<<<<\nName | Vorname\nKaya | Petra\n(040) 12-34", "Dr. ")
	f.Add("Wieczo-\nrek \u00ad\u00ad-'’ \xff\xfe Herr \n und Frau", "\xff O'")
	f.Fuzz(func(t *testing.T, text, name string) {
		checkFindings(t, text, Find([]string{text, name}, Options{Names: []string{name}})[0])
	})
}

// checkFindings holds what Find promises of any text.
func checkFindings(t *testing.T, text string, found []Finding) {
	t.Helper()
	last := 0
	for _, f := range found {
		if f.Start < last || f.End <= f.Start || f.End > len(text) || text[f.Start:f.End] != f.Text || f.Norm == "" {
			t.Fatalf("bad finding %+v after %d", f, last)
		}
		if utf8.ValidString(text) && !utf8.ValidString(f.Text) {
			t.Fatalf("cut a character: %q", f.Text)
		}
		last = f.End
	}
}

// longText is about so many pages of office text.
func longText(tb testing.TB, pages int) []string {
	var texts []string
	for i := range 64 {
		folder := []string{"open", "frozen"}[i%2]
		names, _ := filesOf(folder)
		text, _ := labelled(tb, names[i/2])
		texts = append(texts, text)
	}
	page := func(n int) string {
		var b strings.Builder
		for k := n; b.Len() < 2500; k++ {
			b.WriteString(texts[k%len(texts)] + "\n")
		}
		return b.String()
	}
	list := make([]string, pages)
	for i := range list {
		list[i] = page(i)
	}
	return list
}

// BenchmarkFind300 measures 300 pages of about 2,500 characters, far denser in
// personal data than most.
func BenchmarkFind300(b *testing.B) {
	pages := longText(b, 300)
	n := 0
	for _, p := range pages {
		n += len(p)
	}
	b.SetBytes(int64(n))
	for b.Loop() {
		Find(pages, Options{})
	}
}

// BenchmarkHostile: a hostile text of 100 KB takes no longer than another, nor do a
// hundred thousand persons of one surname; with squares it would take minutes.
func BenchmarkHostile(b *testing.B) {
	var persons strings.Builder
	for i := range 100_000 {
		fmt.Fprintf(&persons, "Hr %c%c%c%c Kaya. ", 'A'+i%26, 'a'+i/26%26, 'a'+i/676%26, 'a'+i/17576%26)
	}
	for name, text := range map[string]string{
		"names":    strings.Repeat("Herr Anton Kaya, ", 5000),
		"hyphens":  strings.Repeat("A-", 50000),
		"digits":   strings.Repeat("12 ", 25000),
		"cells":    strings.Repeat("Name | ", 50000) + "\n" + strings.Repeat("Kaya | ", 50000),
		"brackets": strings.Repeat("<<", 25000),
		"births":   strings.Repeat("geb. ", 15000),
		"words":    strings.Repeat("Zeichen ", 10000),
		"persons":  persons.String(),
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				Find([]string{text}, Options{})
			}
		})
	}
}
