package translate

import (
	"strings"
	"testing"
)

// TestCompare: the same in another language's spelling is the same, and what
// differs is found, missing and new.
func TestCompare(t *testing.T) {
	for _, tt := range []struct {
		from, source, to, text string
		want                   string // "-" lost, "+" new
	}{
		{"de", "Zahlen Sie 12.500,00 € bis zum 3. November 2026.", "en", "Pay €12,500.00 by 3 November 2026.", ""},
		{"de", "Zahlen Sie 12.500,00 € bis zum 3. November 2026.", "en", "Pay EUR 12,500 by November 3rd, 2026.", ""},
		{"de", "Zahlen Sie 12.500,00 € bis zum 03.11.2026.", "fr", "Payez 12 500,00 € avant le 3 novembre 2026.", ""},
		{"de", "Zahlen Sie 12.500,50 € bis zum 03.11.2026.", "tr", "3 Kasım 2026 tarihine kadar 12.500,50 avro ödeyin.", ""},
		{"de", "am 3. November 2026", "es", "el 3 de noviembre de 2026", ""},
		{"de", "am 3. November 2026", "pl", "3 listopada 2026 r.", ""},
		{"de", "am 3. Oktober 2026", "hr", "3. listopada 2026.", ""},
		{"de", "am 3. November 2026", "ru", "3 ноября 2026 г.", ""},
		{"de", "am 3. November 2026", "uk", "3 листопада 2026 року", ""},
		{"de", "am 3. November 2026", "ar", "في ٣ نوفمبر ٢٠٢٦", ""},
		{"de", "am 3. November 2026", "zh", "2026年11月3日", ""},
		{"de", "am 3. November 2026", "vi", "ngày 3 tháng 11 năm 2026", ""},
		{"de", "am 3. November 2026", "en", "on 11/03/2026", ""},
		{"de", "am 3. November 2026", "sq", "më 3 nëntor 2026", ""},
		{"de", "im November 2026", "en", "in October 2026", "-November 2026 +October 2026"},
		{"de", "am 3. Oktober 2026", "cs", "3. listopadu 2026", "-3. Oktober 2026 +3. listopadu 2026"},
		{"de", "am 3. November 2026", "en", "on 4 November 2026", "-3. November 2026 +4 November 2026"},
		{"de", "um 14:30 Uhr", "en", "at 2:30 p.m.", ""},
		{"de", "Do 14–18 Uhr", "en", "Thu 2–6 p.m.", ""},
		{"de", "Do 14–18 Uhr", "en", "Thu 3–6 p.m.", "-14 +3"},
		{"de", "Art. 6 DSGVO", "en", "Article 6 GDPR", ""},
		{"de", "Telefon: +49 (0)2345 67-890", "en", "Phone: +49 2345 67890", ""},
		{"de", "Sehr geehrte Frau Bürgermeisterin Dr. Kaya,", "en", "Dear Mayor Dr Kaya,", ""},
		{"de", "Zahlen Sie 20,50 € bis zum 15.12.2026.", "ar", "ادفع ٢٠٫٥٠ يورو حتى ١٥ ديسمبر ٢٠٢٦.", ""},
		{"de", "um 14 Uhr", "en", "at 2 p.m.", ""},
		{"de", "um 14:30 Uhr", "en", "at 4:30 p.m.", "-14:30 Uhr +4:30 p.m."},
		{"de", "binnen 2 Wochen", "en", "within two weeks", ""},
		{"de", "binnen zwei Wochen", "en", "within 2 weeks", ""},
		{"de", "binnen 2 Wochen", "en", "within three weeks", "-2"},
		{"de", "3,5 % Zinsen", "en", "3.5% interest", ""},
		{"de", "3,5 % Zinsen", "en", "35% interest", "-3,5 +35"},
		{"de", "IBAN DE02 1203 0000 0000 2020 51", "en", "IBAN DE02120300000000202051", ""},
		{"de", "IBAN DE02 1203 0000 0000 2020 51", "en", "IBAN DE02120300000000202052", "-DE02 1203 0000 0000 2020 51 +DE02120300000000202052"},
		{"de", "Telefon 02345 67-890", "en", "Phone 02345 67890", ""},
		{"de", "Telefon 02345 67-890", "en", "Phone 02345 67-891", "-890 +891"},
		{"de", "buergerbuero@musterstadt.example, https://musterstadt.example/amt.", "en", "https://musterstadt.example/amt or buergerbuero@musterstadt.example", ""},
		{"de", "§ 70 Abs. 1 VwGO", "en", "Section 70(1) VwGO", ""},
		{"de", "§ 70 Abs. 1 VwGO", "en", "Section 71(1) VwGO", "-70 +71"},
		{"de", "Frau Dr. Çelik", "en", "Dr Celik", ""},
		{"de", "Frau Kowalska", "pl", "Pani Kowalskiej", ""},
		{"de", "Herr Müller", "ru", "господин Мюллер", ""},
		{"de", "5 Euro", "en", "5 dollars", "-Euro +dollars"},
		{"de", "Marktplatz 5", "fr", "Marktplatz 5", ""},
		{"de", "Anlage A4, 14-tägige Frist", "en", "Annex A4, period of 14 days", ""},
		{"tr", "Başvurunuz 3 Kasım 2026 tarihinde 1.250,75 TL olarak alındı.", "de", "Ihr Antrag ging am 3. November 2026 mit 1.250,75 TL ein.", ""},
		{"fr", "le 1er novembre 2026", "de", "am 1. November 2026", ""},
	} {
		var got []string
		for _, f := range compare(tt.source, tt.text, tt.from, tt.to) {
			sign := "-"
			if f.New {
				sign = "+"
			}
			got = append(got, sign+f.Text)
		}
		if s := strings.Join(got, " "); s != tt.want {
			t.Errorf("%q → %q: got %q, want %q", tt.source, tt.text, s, tt.want)
		}
	}
}

// FuzzCompare: no text stops the program, and a text has nothing that it lacks itself.
func FuzzCompare(f *testing.F) {
	f.Add("Zahlen Sie 12.500,00 € bis zum 3.11.2026, Az. 32.4-BPA-1/26", "de")
	f.Add("٣ نوفمبر ٢٠٢٦ 14:30", "ar")
	f.Fuzz(func(t *testing.T, s, lang string) {
		if len(s) > 4096 {
			return
		}
		for _, x := range compare(s, s, lang, lang) {
			if len(x.Text) > 0 && strings.Contains(plainDigits(s), x.Text) {
				t.Errorf("%q is not in itself: %+v", s, x)
			}
		}
		for n := range 3 {
			for _, p := range read(s, n+1, n == 2) {
				_ = sameMarks(s, p)
			}
		}
	})
}
