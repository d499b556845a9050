package check

import (
	"slices"
	"strings"
	"testing"
	"time"
)

var day = time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)

// TestEqual: what says the same in other words is not flagged.
func TestEqual(t *testing.T) {
	tests := []struct{ source, answer string }{
		{"12.500,00 €", "12.500 €"}, {"12.500,00 €", "12 500 Euro"}, {"12.500,00 €", "EUR 12.500,00"}, {"12.500,00 €", "12,5 Tausend Euro"},
		{"12.500,00 €", "12,5 TEUR"}, {"1,45 Mio. €", "1.450.000 Euro"}, {"0,50 €", "50 Cent"}, {"€12,500", "12,500 euros"}, {"EUR 12,500.00", "12.500 €"},
		{"£48,500", "48,500 pounds"}, {"£48,500", "GBP 48,500"}, {"fünfzig Euro", "50 €"}, {"-1.085 €", "1.085 €"}, {"eine Million Euro", "1 Mio. €"},
		{"Ansatz (in TEUR)\nPersonal | 4.812 | 5.130", "Personal kostet 5.130 TEUR"}, {"Betrag in EUR | 84", "84 €"},
		{"am 3. November 2026", "am 03.11."}, {"am 3. November", "am 3 November 2026"}, {"am 03.11.2026", "am Dienstag, dem 3. November 2026"}, {"3.11.26", "2026-11-03"},
		{"am 3. November 2024", "am 3. November"}, {"vom 26. bis 30. Oktober", "ab 26.10."}, {"vom 26.–30. Oktober 2026", "bis 30.10.2026"}, {"Im März 2027", "im März"},
		{"am 3. März 2027", "im März 2027"}, {"am 13., 20. und 27. Oktober 2026", "am 20.10.2026"}, {"July 7, 2026", "7. Juli"}, {"am 15.02., 15.05. und 15.08.2026", "am 15. Mai 2026"},
		{"Montag, 9. November 2026", "am Montag"}, {"ab 1.5.2026", "seit Mai"}, {"seit 2018", "Mitglied seit dem Jahr 2018"},
		{"zwei Wochen", "2 Wochen"}, {"innerhalb eines Monats", "binnen eines Monats"}, {"innerhalb eines Monats", "Die Monatsfrist läuft"}, {"ein Jahr", "12 Monate"},
		{"sechs Monate", "ein halbes Jahr"}, {"zweiwöchige Frist", "Frist von zwei Wochen"}, {"14 Tage", "14-tägig"}, {"10 bis 12 Wochen", "zehn bis zwölf Wochen"},
		{"zehn bis zwölf Wochen", "zwischen 10 und 12 Wochen"}, {"vierzehn (14) Tage", "14 Tage"}, {"Laufzeit in Monaten | 36", "36 Monate"}, {"zehn Werktage", "10 Arbeitstage"},
		{"within 30 days", "within thirty days"}, {"für 36 Monate", "drei Jahre lang"}, {"48-stündig", "48 Stunden"}, {"90 min", "90 Minuten"},
		{"25 %", "ein Viertel"}, {"50 %", "die Hälfte"}, {"1 v. H.", "ein Prozent"}, {"40 Prozent", "40 %"}, {"25 per cent", "a quarter"}, {"12.5%", "12,5 Prozent"}, {"zwanzig Prozent", "20 %"},
		{"zwölf Plätze", "12 Plätze"}, {"14 Plätze", "vierzehn Plätze"}, {"twelve seats", "zwölf Plätze"}, {"3 Anträge", "drei Anträge"}, {"zweimal", "2-mal"}, {"dreier Angebote", "drei Angebote"},
		{"1.196 Plätze", "1196 Plätze"}, {"1.350 visits", "1,350 visits"}, {"3,20 m", "3,2 Meter"}, {"86 m²", "86m²"}, {"zum 3. Mal", "zum dritten Mal"}, {"25 Personen", "twenty-five people"},
		{"von 17:00 bis 21:30 Uhr", "von 17 bis 21.30 Uhr"}, {"10 Uhr", "um zehn Uhr"}, {"2.00–3.30 pm", "14 Uhr bis 15.30 Uhr"}, {"um 9.45–10.05 Uhr", "zwischen 9:45 und 10:05"}, {"zwischen 14 und 16 Uhr", "14:00 bis 16:00 Uhr"},
		{"Frau Dr. Annegret Meyer", "Dr. Meyers Antrag"}, {"Frau Wieczorek", "Frau Wieczoreks Einwand"}, {"Herr Fuchs", "Herrn Fuchs' Brief"}, {"Müller, Helga", "Helga Müller"}, {"Familie Krzywinski", "Frau Krzywinski"},
		{"i. A. Gesine Frahm", "Frau Frahm"}, {"Notarin Dr. Franziska Stahnke", "die Notarin Stahnke"}, {"Eheleute Bäumler", "Herr und Frau Bäumler"}, {"Jonas Reimers", "Reimers' Bericht"}, {"Professor Haberland", "Prof. Dr. Haberland"},
		{"Az. 32.4-BPA-1873/26", "Aktenzeichen: 32.4-BPA-1873/26"}, {"Az.: 4 K 123/26", "Az. 4 K 123/26"}, {"Kassenzeichen 5.0231.000417.6", "unter 5.0231.000417.6"}, {"Flurstück 118/4", "das Flurstück 118/4"}, {"Zimmer 3.17", "Raum 3.17"},
		{"§ 6a Abs. 5a StVG", "§ 6a StVG"}, {"§§ 187, 188 BGB", "§ 188 BGB"}, {"§ 70 Abs. 1 VwGO", "§ 70 Absatz 1 VwGO"}, {"§ 5 Leihfrist", "nach § 5 der Satzung"}, {"Art. 15 DSGVO", "Artikel 15 DSGVO"}, {"§ 8 Gebühren", "(§ 8)"},
		{"IBAN DE02 1203 0000 0000 2020 51", "DE02120300000000202051"}, {"Tel. 01234 567-214", "01234/567214"}, {"+49 30 1234 5678", "030 12345678"}, {"0431 220 1188", "0431 2201188"}, {"a.b@c.example", "A.B@c.example"},
		{"https://a.example/b", "[hier](https://a.example/b)"}, {"Fichtestr. 18a", "in der Fichtestraße 18a"}, {"Am Wall 3, 34119 Kassel", "34119 Kassel"},
		{"Er sagte: „Wir wollen\nhöchstens drei Tage – pro Woche.“", "»wir wollen höchstens drei Tage - pro Woche«"}, {"die vor-\nzeitige Bekanntgabe des Ergebnisses", "„die vorzeitige Bekanntgabe […] Ergebnisses“"},
		{"Kosten 12.345,67 €", "rund 12.300 €"}, {"146 von 575 (25,4 %)", "rund ein Viertel"}, {"vom 1. Juli 2026 bis 30. Juni 2029", "drei Jahre"},
		{"", "1. Ja\n2. Nein\n\n## 3 Ende\n[S. 4], [Bescheid.pdf, S. 12] [1] (S. 3–5) Seite 7"}, {"", "Drei Dinge:\n- a\n- b\n- c"}, {"", "Es gibt zwei Möglichkeiten."}, {"TOP 4 Haushalt", "Zu TOP 4"},
		{"x", "Musterstadt, den 19. November 2026\n\nTop"},
		{"Sitzung am 20.10.2026", "am Dienstag, 20. Oktober"}, {"ein Prozent", "1 %"}, {"Gebühr: 18,00 €; Kinder bis 17 Jahre frei", "Kinder bis 17 Jahre zahlen nichts"}, {"9:45–10:05 Uhr", "zwischen 9.45 und 10.05 Uhr"}, {"Frist von drei Monaten zum Monatsende", "mit drei Monaten Frist zum Monatsende"}, {"Herr Tietz", "dass Herr Tietz Ihnen das sagte"}, {"Herr Velde stellte den Antrag", "Herrn Veldes Antrag"}, {"47 dB(A)", "47 Dezibel"}, {"Meine Frau (78)", "78 Jahre alt"},
	}
	for _, test := range tests {
		if found := Read(day, test.source).Facts(test.answer); len(found) > 0 {
			t.Errorf("%q flagged against %q: %s", test.answer, test.source, list(found))
		}
	}
}

// TestDifferent: what says something else is flagged, with what is closest.
func TestDifferent(t *testing.T) {
	tests := []struct{ source, answer, want, near string }{
		{"12.500,00 €", "12.600,00 €", "12.600,00 €", "12.500,00 €"}, {"12.500,00 €", "125 €", "125 €", "12.500,00 €"}, {"20,50 €", "50 €", "50 €", "20,50 €"}, {"84,00 € und 126,00 €", "zusammen 210 €", "210 €", "Summe aus 84,00 € und 126,00 €"},
		{"210 € und 84 €", "bleiben 126 €", "126 €", "Differenz aus 210 € und 84 €"}, {"12.345 €", "rund 13.000 €", "13.000 €", "12.345 €"}, {"12.345 €", "12.300 €", "12.300 €", "12.345 €"}, {"50 €", "50 £", "50 £", "50 €"},
		{"am 3. November 2026", "am 4. November", "4. November", "3. November 2026"}, {"am 3. November 2026", "am 3.11.2025", "3.11.2025", "3. November 2026"}, {"am 3. November 2026", "am Freitag, dem 3. November 2026", "Freitag, dem 3. November 2026", "3. November 2026"},
		{"zwei Wochen", "zwei Monate", "zwei Monate", "zwei Wochen"}, {"zwei Wochen", "14 Tage", "14 Tage", ""}, {"ein Monat", "30 Tage", "30 Tage", ""}, {"48 Stunden", "zwei Tage", "zwei Tage", ""}, {"zwei Stellplätze", "zwei Wochen", "zwei Wochen", ""}, {"36 Monate", "36 Wochen", "36 Wochen", "36 Monate"},
		{"25 %", "ein Drittel", "ein Drittel", ""}, {"14 Plätze", "15 Plätze", "15", ""}, {"drei Anträge", "vier Anträge", "vier", ""}, {"Im März 2027", "im Mai", "Mai", ""}, {"im März 2027", "im März 2028", "März 2028", "März 2027"},
		{"bis 12:30 Uhr", "bis 12:15 Uhr", "12:15 Uhr", "12:30 Uhr"}, {"Montag, 9. November 2026", "am Mittwoch", "Mittwoch", ""}, {"20.11.2026", "5000", "5000", ""}, {"Raum", "５０００ Euro", "５０００", ""},
		{"Frau Müller", "Frau Möller", "Frau Möller", "Müller"}, {"Rosenthal, Ilka: Frau Rosenthal", "Bürgermeisterin Rosental", "Rosental", "Rosenthal"}, {"Birte Johannsen", "Birte Johansson", "Birte Johansson", ""}, {"Frau Lindner", "Herr Lindner", "Herr Lindner", "Lindner"},
		{"Helga Schmidt, Peter Müller", "Helga Müller", "", ""}, {"Frau Helga Schmidt, Herr Peter Müller", "Frau Helga Müller", "Frau Helga Müller", ""}, {"niemand", "Karl Schuster kommt", "Karl Schuster", ""},
		{"Az. 32.4-BPA-1873/26", "32.4-BPA-1878/26", "32.4-BPA-1878/26", "32.4-BPA-1873/26"}, {"Flurstück 118/4", "Flurstück 118/5", "118/5", "118/4"}, {"§ 27 WoGG", "§ 26 WoGG", "§ 26 WoGG", "§ 27 WoGG"}, {"§ 5 Leihfrist, § 4 ArbZG", "§ 5 ArbZG", "§ 5 ArbZG", "§ 4 ArbZG"},
		{"§ 4 Abs. 1 Satz 2 IFG", "§ 4 Abs. 2 Satz 1 IFG", "§ 4 Abs. 2 Satz 1 IFG", "§ 4 Abs. 1 Satz 2 IFG"}, {"DE02 1203 0000 0000 2020 51", "DE02 1203 0000 0000 2020 15", "DE02 1203 0000 0000 2020 15", "DE02 1203 0000 0000 2020 51"},
		{"Tel. 01234 567-214", "01234 567-241", "01234 567-241", "01234 567-214"}, {"a@b.example", "c@b.example", "c@b.example", "a@b.example"}, {"https://a.example/b", "https://a.example/c", "https://a.example/c", "https://a.example/b"},
		{"Wir wollen höchstens drei Tage pro Woche.", "„Wir wollen höchstens zwei Tage pro Woche“", "„Wir wollen höchstens zwei Tage pro Woche“", "„Wir wollen höchstens drei Tage pro Woche“"}, {"34119 Kassel", "34191 Kassel", "34191 Kassel", "34119 Kassel"},
		{"1. Eins", "vier Dinge:\n- a\n- b\n- c", "vier", ""}, {"x", "[12600]", "12600", ""},
	}
	for _, test := range tests {
		found := Read(day, test.source).Facts(test.answer)
		if test.want == "" {
			continue
		}
		if len(found) != 1 || found[0].Text != test.want || test.near != "" && found[0].Near != test.near {
			t.Errorf("%q against %q: %s, want %q (%s)", test.answer, test.source, list(found), test.want, test.near)
		}
	}
}

// TestQuestion: what the person said in the question is a source.
func TestQuestion(t *testing.T) {
	if found := Read(day, "Es gibt 17 Plätze.", "Was hat Frau Zöllner?").Facts("Frau Zöllner hat 17 Plätze."); len(found) > 0 {
		t.Error(list(found))
	}
}

func TestMark(t *testing.T) {
	const m = " **[nicht in den Unterlagen]**"
	tests := map[string]struct{ answer, at, want string }{
		"in a sentence":              {"Es sind 14 Plätze.", "14", "Es sind 14" + m + " Plätze."},
		"at the end":                 {"Es sind 14", "14", "Es sind 14" + m},
		"in a table":                 {"| a | b |\n|---|---|\n| 14 | 3 |", "14", "| a | b |\n|---|---|\n| 14" + m + " | 3 |"},
		"behind a link":              {"Siehe [Seite 14 hier](https://a.example/14) an.", "14", "Siehe [Seite 14 hier](https://a.example/14)" + m + " an."},
		"behind a link in angles":    {"Siehe <https://a.example/14>.", "https://a.example/14", "Siehe <https://a.example/14>" + m + "."},
		"behind code":                {"Mit `x 14 y` geht es.", "14", "Mit `x 14 y`" + m + " geht es."},
		"below a block of code":      {"Vor\n```\nx = 14\n```\nnach", "14", "Vor\n```\nx = 14\n```\n\n**[nicht in den Unterlagen: 14]**\n\nnach"},
		"below an open block":        {"```\nx = 14", "14", "```\nx = 14"},
		"behind bold":                {"Es sind **14** Plätze.", "14", "Es sind **14**" + m + " Plätze."},
		"inside of bold":             {"Es sind **14 Plätze** hier.", "14", "Es sind **14 [nicht in den Unterlagen] Plätze** hier."},
		"a finding marked as bold":   {"Es sind **14**.", "**14**", "Es sind **14**" + m + "."},
		"before a bracket":           {"14(siehe unten)", "14", "14" + m + "(siehe unten)"},
		"in a heading":               {"# Die 14 Plätze\n", "14", "# Die 14" + m + " Plätze\n"},
		"before a letter":            {"14m", "14", "14" + m + " m"},
		"bold of the row before":     {"| **a |\n| 14 | b** |", "14", "| **a |\n| 14" + m + " | b** |"},
		"code that somebody left on": {"Ein ` und 14.", "14", "Ein ` und 14" + m + "."},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			i := strings.Index(test.answer, test.at)
			got := Mark(test.answer, []Finding{{Start: i, End: i + len(test.at), Text: test.at}}, "de")
			if name == "below an open block" {
				if !strings.HasPrefix(got, test.want) || Mark("14", []Finding{{Start: 0, End: 2}}, "en") != "14 **[not in the documents]**" {
					t.Errorf("got %q", got)
				}
				return
			}
			if got != test.want {
				t.Errorf("got\n%q, want\n%q", got, test.want)
			}
		})
	}
}

// TestWarning: the sentence names what was found and what stands there instead.
func TestWarning(t *testing.T) {
	src := Read(day, "Bescheid vom 3. November 2026 über 12.500,00 €")
	got := Warning(src.Facts("Am 4. November sind 12.600,00 € fällig."))
	if want := "2 Angaben stehen nicht in den Unterlagen und sind markiert: 4. November (dort: 3. November 2026), 12.600,00 € (dort: 12.500,00 €)."; got.DE != want {
		t.Errorf("got %s", got.DE)
	}
	if want := "2 statements are not in the documents and are marked: 4. November (there: 3. November 2026), 12.600,00 € (there: 12.500,00 €)."; got.EN != want {
		t.Errorf("got %s", got.EN)
	}
	if got := Warning(nil); got.DE != "" || got.EN != "" {
		t.Error("a warning of nothing")
	}
	many := Warning(slices.Repeat([]Finding{{Text: "1 **[€](x)"}}, 30))
	if !strings.HasSuffix(many.DE, ", 22 weitere.") || strings.ContainsAny(many.DE, "*[]") {
		t.Error(many.DE)
	}
}

// TestPartial: what is beyond the limit is not read, and that is told.
func TestPartial(t *testing.T) {
	s := Read(day, strings.Repeat("          ", maxSource/10+1), "17 Plätze")
	if !s.Partial() || len(s.Facts("17 Plätze")) != 1 || Read(day, "17").Partial() {
		t.Error("not told")
	}
}

// BenchmarkLongList: however many numbers stand in the line above a list, the list is
// read once. Read for each number it takes a minute.
func BenchmarkLongList(b *testing.B) {
	src := Read(day, "nichts")
	answer := strings.Repeat("2 und ", 10_000) + ":\n" + strings.Repeat("  weiter\n", 4_000)
	for b.Loop() {
		src.Facts(answer)
	}
}
