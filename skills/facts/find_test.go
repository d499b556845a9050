package facts

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// letterDay is a Friday.
var letterDay = time.Date(2026, 11, 20, 18, 42, 0, 0, time.UTC)

// show writes facts as "kind text → norm", one a line.
func show(found []Fact) string {
	var b strings.Builder
	for _, f := range found {
		fmt.Fprintf(&b, "%s %s → %s\n", f.Kind, strings.ReplaceAll(f.Text, "\n", "⏎"), f.Norm)
	}
	return b.String()
}

func testFind(t *testing.T, tests map[string]struct {
	text string
	want []string
}) {
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := strings.Split(strings.TrimSuffix(show(Find(test.text, letterDay)), "\n"), "\n")
			if got[0] == "" {
				got = nil
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("%q\n got %q\nwant %q", test.text, got, test.want)
			}
		})
	}
}

type findTests = map[string]struct {
	text string
	want []string
}

func TestDates(t *testing.T) {
	testFind(t, findTests{
		"in figures":                            {"am 20.11.2026 um", []string{"date 20.11.2026 → 2026-11-20"}},
		"in figures with blanks":                {"am 5. 11. 2026", []string{"date 5. 11. 2026 → 2026-11-05"}},
		"with two figures for the year":         {"vom 03.02.26", []string{"date 03.02.26 → 2026-02-03"}},
		"of birth, long ago":                    {"geboren am 12.03.54", []string{"date 12.03.54 → 1954-03-12"}},
		"with the month in words":               {"Ihr Schreiben vom 5. November 2026.", []string{"date 5. November 2026 → 2026-11-05"}},
		"in March with umlaut":                  {"seit 1. März 2025", []string{"date 1. März 2025 → 2025-03-01"}},
		"in Austria":                            {"am 7. Jänner 2026", []string{"date 7. Jänner 2026 → 2026-01-07"}},
		"with a short month":                    {"am 3. Dez. 2026 in", []string{"date 3. Dez. 2026 → 2026-12-03"}},
		"without a year, later this year":       {"am 3.12. nicht möglich", []string{"date 3.12. → 2026-12-03"}},
		"without a year, early next year":       {"am 15. Januar komme ich", []string{"date 15. Januar → 2027-01-15"}},
		"without a year, some months ago":       {"am 1. August war", []string{"date 1. August → 2026-08-01"}},
		"without the last period, after a cue":  {"Termin am 3.12 nicht möglich", []string{"date 3.12 → 2026-12-03"}},
		"with a short weekday":                  {"Fr 20.11., 18 Uhr", []string{"date Fr 20.11. → 2026-11-20", "time 18 Uhr → 18:00"}},
		"with weekday and den":                  {"Freitag, den 20. November", []string{"date Freitag, den 20. November → 2026-11-20"}},
		"with weekday and dem":                  {"am Dienstag, dem 24.11.2026,", []string{"date Dienstag, dem 24.11.2026 → 2026-11-24"}},
		"in ISO form":                           {"Stand 2026-11-20", []string{"date 2026-11-20 → 2026-11-20"}},
		"in English with comma":                 {"on November 20, 2026, I", []string{"date November 20, 2026 → 2026-11-20"}},
		"in English, day first":                 {"of 20 Nov 2026 and", []string{"date 20 Nov 2026 → 2026-11-20"}},
		"in English with an ordinal":            {"on the 20th of November", []string{"date 20th of November → 2026-11-20"}},
		"in English, month first, no year":      {"until then. On December 3rd we", []string{"date December 3rd → 2026-12-03"}},
		"with slashes that allow one reading":   {"le 25/11/2026", []string{"date 25/11/2026 → 2026-11-25"}},
		"with slashes that allow two readings":  {"le 03/04/2026", nil},
		"a range that shares the month":         {"vom 3. bis 5. Dezember", []string{"date 3. → 2026-12-03", "date 5. Dezember → 2026-12-05"}},
		"a range with a dash":                   {"3.–5. Dezember 2026", []string{"date 3. → 2026-12-03", "date 5. Dezember 2026 → 2026-12-05"}},
		"a range in figures":                    {"vom 3.12. bis 5.12.2026", []string{"date 3.12. → 2026-12-03", "date 5.12.2026 → 2026-12-05"}},
		"a range over the new year":             {"vom 28.12. bis zum 5.1.2027", []string{"date 28.12. → 2026-12-28", "date 5.1.2027 → 2027-01-05"}},
		"a range with both years is no term":    {"vom 01.01.2026 bis 31.12.2026", []string{"date 01.01.2026 → 2026-01-01", "date 31.12.2026 → 2026-12-31"}},
		"three days that share a month":         {"am 3., 10. und 17. Dezember", []string{"date 3. → 2026-12-03", "date 10. → 2026-12-10", "date 17. Dezember → 2026-12-17"}},
		"yesterday":                             {"Ihr Brief kam gestern.", []string{"date gestern → 2026-11-19"}},
		"tomorrow, not the morning":             {"Guten Morgen, ich komme morgen", []string{"date morgen → 2026-11-21"}},
		"this morning is no tomorrow":           {"heute morgen", []string{"date heute → 2026-11-20"}},
		"a month of a year":                     {"im November 2026", []string{"month November 2026 → 2026-11"}},
		"a day and another month":               {"am 1. Juni und im Juli 2026", []string{"date 1. Juni → 2026-06-01", "month Juli 2026 → 2026-07"}},
		"29 February in the leap year":          {"am 29. Februar", nil},
		"29 February 2028":                      {"am 29.02.2028", []string{"date 29.02.2028 → 2028-02-29"}},
		"a day that does not exist":             {"am 31.11.2026", nil},
		"the number of a section":               {"Abschnitt 3.12. regelt", nil},
		"the numbers of two sections":           {"Abschnitte 3.1. und 4.1. regeln", nil},
		"two dates with und":                    {"am 3.1. und 4.1. geschlossen", []string{"date 3.1. → 2027-01-03", "date 4.1. → 2027-01-04"}},
		"with blanks, no year, after a cue":     {"am 3. 12. geschlossen", []string{"date 3. 12. → 2026-12-03"}},
		"the number of a heading":               {"\n1.2. Ziele", nil},
		"a decimal":                             {"bis 3.12 Euro", []string{"amount 3.12 Euro → EUR 3.12"}},
		"a version":                             {"Version 20.11.2026.1 und 1.12.3", nil},
		"numbers of a list":                     {"1. Antrag\n2. Bescheid", nil},
		"may as a verb":                         {"You may 20 times ask", nil},
		"next Monday can mean two days":         {"nächsten Montag", nil},
		"in brackets":                           {"(20.11.2026)", []string{"date 20.11.2026 → 2026-11-20"}},
		"followed by a comma":                   {"Musterstadt, 20.11.2026, Rathaus", []string{"date 20.11.2026 → 2026-11-20"}},
		"over the end of a line":                {"vom 5.\nNovember 2026", []string{"date 5.⏎November 2026 → 2026-11-05"}},
		"at the beginning and end of a text":    {"20.11.2026", []string{"date 20.11.2026 → 2026-11-20"}},
		"with protected blanks":                 {"am 5.\u00a0November\u202f2026", []string{"date 5.\u00a0November\u202f2026 → 2026-11-05"}},
		"the end of a sentence":                 {"am 20.11.2026. Danach", []string{"date 20.11.2026 → 2026-11-20"}},
		"without a year before the next clause": {"am 3.12. oder am 8.12. um 10 Uhr", []string{"date 3.12. → 2026-12-03", "date 8.12. → 2026-12-08", "time 10 Uhr → 10:00"}},
	})
}

func TestTimes(t *testing.T) {
	testFind(t, findTests{
		"with a colon":                {"um 18:42 eingegangen", []string{"time 18:42 → 18:42"}},
		"with a colon and Uhr":        {"18:42 Uhr", []string{"time 18:42 Uhr → 18:42"}},
		"with a period and Uhr":       {"um 18.42 Uhr", []string{"time 18.42 Uhr → 18:42"}},
		"full hours":                  {"10 Uhr", []string{"time 10 Uhr → 10:00"}},
		"Uhr in the middle":           {"10 Uhr 30", []string{"time 10 Uhr 30 → 10:30"}},
		"with seconds":                {"18:42:10", []string{"time 18:42:10 → 18:42"}},
		"English afternoon":           {"6:30 pm and 9 a.m.", []string{"time 6:30 pm → 18:30", "time 9 a.m. → 09:00"}},
		"German am":                   {"Schalter 3 am 23.11.2026, Raum 2 am Donnerstag, 3 am", []string{"date 23.11.2026 → 2026-11-23", "time 3 am → 03:00"}},
		"midnight in English":         {"12:00 AM", []string{"time 12:00 AM → 00:00"}},
		"a scale":                     {"Maßstab 1:25", nil},
		"a score":                     {"3:2", nil},
		"an hour that does not exist": {"25:30", nil},
		"part of an address":          {"fe80:10:20", nil},
	})
}

func TestTerms(t *testing.T) {
	testFind(t, findTests{
		"bis zum":                       {"bis zum 27.11.2026 zu", []string{"term bis zum 27.11.2026 → 2026-11-27", "date 27.11.2026 → 2026-11-27"}},
		"bis spätestens":                {"bis spätestens 27.11.", []string{"term bis spätestens 27.11. → 2026-11-27", "date 27.11. → 2026-11-27"}},
		"bis with weekday":              {"bis Freitag, den 27. November 2026", []string{"term bis Freitag, den 27. November 2026 → 2026-11-27", "date Freitag, den 27. November 2026 → 2026-11-27"}},
		"spätestens am":                 {"spätestens am 1. Dezember", []string{"term spätestens am 1. Dezember → 2026-12-01", "date 1. Dezember → 2026-12-01"}},
		"the term ends on":              {"Die Frist endet somit am 9. Dezember 2026.", []string{"term Frist endet somit am 9. Dezember 2026 → 2026-12-09", "date 9. Dezember 2026 → 2026-12-09"}},
		"a field":                       {"Abgabetermin: 27.11.2026", []string{"term Abgabetermin: 27.11.2026 → 2026-11-27", "date 27.11.2026 → 2026-11-27"}},
		"fällig":                        {"fällig am 15.12.2026", []string{"term fällig am 15.12.2026 → 2026-12-15", "date 15.12.2026 → 2026-12-15"}},
		"English by":                    {"by 27 November 2026", []string{"term by 27 November 2026 → 2026-11-27", "date 27 November 2026 → 2026-11-27"}},
		"until Friday":                  {"Bitte bis Freitag antworten", []string{"term bis Freitag → 2026-11-27"}},
		"until the coming Monday":       {"bis kommenden Montag", []string{"term bis kommenden Montag → 2026-11-23"}},
		"until the end of a month":      {"bis Ende November", []string{"term bis Ende November → 2026-11-30"}},
		"until the end of a past month": {"bis Ende Februar", []string{"term bis Ende Februar → 2027-02-28"}},
		"until the end of the year":     {"bis zum Jahresende", []string{"term bis zum Jahresende → 2026-12-31"}},
		"until tomorrow":                {"bis morgen", []string{"term bis morgen → 2026-11-21"}},
		"until now is none":             {"bis heute", []string{"date heute → 2026-11-20"}},
		"from Monday to Friday":         {"von Montag bis Freitag", nil},
		"from eight to twelve":          {"von 8 bis 12 Uhr", []string{"time 12 Uhr → 12:00"}},
		"up to an amount":               {"bis zu 500 Euro", []string{"amount 500 Euro → EUR 500.00"}},
		"binnen":                        {"binnen zwei Wochen", []string{"term binnen zwei Wochen → P2W"}},
		"innerhalb of a month":          {"innerhalb eines Monats nach Bekanntgabe", []string{"term innerhalb eines Monats nach Bekanntgabe → P1M"}},
		"innerhalb von":                 {"innerhalb von 14 Tagen ab Zugang dieses Schreibens", []string{"term innerhalb von 14 Tagen ab Zugang → P14D"}},
		"a term of":                     {"mit einer Frist von drei Monaten zum", []string{"term Frist von drei Monaten → P3M"}},
		"the term is":                   {"Die Widerspruchsfrist beträgt einen Monat.", []string{"term Widerspruchsfrist beträgt einen Monat → P1M"}},
		"without a cue, by its anchor":  {"ein Monat nach Bekanntgabe", []string{"term ein Monat nach Bekanntgabe → P1M"}},
		"nach with words between":       {"einen Monat nach der förmlichen Zustellung", []string{"term einen Monat nach der förmlichen Zustellung → P1M"}},
		"working days":                  {"innerhalb von 3 Werktagen", []string{"term innerhalb von 3 Werktagen → P3WD"}},
		"English working days":          {"within five working days", []string{"term within five working days → P5WD"}},
		"English with anchor":           {"within two weeks of receipt", []string{"term within two weeks of receipt → P2W"}},
		"figures after the word":        {"binnen vierzehn (14) Tagen", []string{"term binnen vierzehn (14) Tagen → P14D"}},
		"Monatsfrist":                   {"binnen Monatsfrist", []string{"term binnen Monatsfrist → P1M"}},
		"an adjective":                  {"die zweiwöchige Frist", []string{"term zweiwöchige Frist → P2W"}},
		"an adjective in figures":       {"eine 14-tägige Widerspruchsfrist", []string{"term 14-tägige Widerspruchsfrist → P14D"}},
		"hours":                         {"binnen 48 Stunden", []string{"term binnen 48 Stunden → PT48H"}},
		"a duration is no term":         {"seit drei Jahren und 14 Tage Urlaub", nil},
		"over the end of a line":        {"innerhalb\neines Monats", []string{"term innerhalb⏎eines Monats → P1M"}},
		"innerhalb without a period":    {"innerhalb der Stadt", nil},
	})
}

func TestAmounts(t *testing.T) {
	testFind(t, findTests{
		"with the sign behind":       {"Gebühr von 25,00 €.", []string{"amount 25,00 € → EUR 25.00"}},
		"with the sign tight":        {"25€", []string{"amount 25€ → EUR 25.00"}},
		"with the code before":       {"EUR 12.500,00", []string{"amount EUR 12.500,00 → EUR 12500.00"}},
		"with the code behind":       {"20,50 EUR", []string{"amount 20,50 EUR → EUR 20.50"}},
		"with blanks for thousands":  {"12 500 Euro", []string{"amount 12 500 Euro → EUR 12500.00"}},
		"with thin blanks":           {"1\u202f234\u202f567,89\u00a0€", []string{"amount 1\u202f234\u202f567,89\u00a0€ → EUR 1234567.89"}},
		"millions, short":            {"1,2 Mio. €", []string{"amount 1,2 Mio. € → EUR 1200000.00"}},
		"millions, long":             {"3,75 Millionen Euro", []string{"amount 3,75 Millionen Euro → EUR 3750000.00"}},
		"thousands, as in a budget":  {"450 TEUR", []string{"amount 450 TEUR → EUR 450000.00"}},
		"thousands with sign":        {"450 T€", []string{"amount 450 T€ → EUR 450000.00"}},
		"in words":                   {"fünfzig Euro", []string{"amount fünfzig Euro → EUR 50.00"}},
		"in longer words":            {"einhundertfünfundzwanzig Euro", []string{"amount einhundertfünfundzwanzig Euro → EUR 125.00"}},
		"with a dash for cents":      {"25,- €", []string{"amount 25,- € → EUR 25.00"}},
		"with two dashes for cents":  {"1.500,-- Euro", []string{"amount 1.500,-- Euro → EUR 1500.00"}},
		"English thousands":          {"€12,500.00", []string{"amount €12,500.00 → EUR 12500.00"}},
		"English without cents":      {"$1,500", []string{"amount $1,500 → USD 1500.00"}},
		"English with a point":       {"€25.00 in", []string{"amount €25.00 → EUR 25.00"}},
		"pounds":                     {"£99.50", []string{"amount £99.50 → GBP 99.50"}},
		"Swiss":                      {"CHF 1'250.50", []string{"amount CHF 1'250.50 → CHF 1250.50"}},
		"cents":                      {"85 Cent", []string{"amount 85 Cent → EUR 0.85"}},
		"negative":                   {"Saldo: -25,00 €", []string{"amount -25,00 € → EUR -25.00"}},
		"a range":                    {"100 bis 500 Euro", []string{"amount 100 → EUR 100.00", "amount 500 Euro → EUR 500.00"}},
		"a range with a dash":        {"5–10 €", []string{"amount 5 → EUR 5.00", "amount 10 € → EUR 10.00"}},
		"two in a row":               {"25,00 €, 30,00 €", []string{"amount 25,00 € → EUR 25.00", "amount 30,00 € → EUR 30.00"}},
		"three decimals of fuel":     {"1,659 €", []string{"amount 1,659 € → EUR 1.65"}},
		"in a table":                 {"Gebühr | 25,00 € | bar", []string{"amount 25,00 € → EUR 25.00"}},
		"euros of the unit, no sum":  {"der Euro 2026 steigt", nil},
		"no currency":                {"25,00 und 12.500", nil},
		"more than an office has":    {"999999999999999999 €", nil},
		"percent with a sign":        {"19 % und 3,5 Prozent", []string{"percent 19 % → 19%", "percent 3,5 Prozent → 3.5%"}},
		"percent of the hundred":     {"4,50 v. H.", []string{"percent 4,50 v. H. → 4.5%"}},
		"percent, another word for":  {"5.0% p.a.", []string{"percent 5.0% → 5%"}},
		"a per cent range's end":     {"10–20 %", []string{"percent 20 % → 20%"}},
		"a year and an amount":       {"2026: 1.000 €", []string{"amount 1.000 € → EUR 1000.00"}},
		"at the end of one sentence": {"Das kostet 20. 5 € sind", []string{"amount 5 € → EUR 5.00"}},
	})
}
