package facts

import (
	"slices"
	"strings"
	"testing"
)

// TestSentences has in each text "|" where a sentence ends; it is taken out
// before the text is split. "¶" is a blank line, "⏎" the end of a line.
func TestSentences(t *testing.T) {
	for name, text := range map[string]string{
		"two plain sentences":                       "Der Antrag ist da.| Er wird geprüft.",
		"an ordinal date":                           "Die Sitzung ist am 3. November im Rathaus.| Sie beginnt um 10 Uhr.",
		"a date at the end":                         "Der Bescheid ist vom 5. November 2026.| Er ist falsch.",
		"a date in figures at the end":              "Ich kam am 20.11.2026.| Die Tür war zu.",
		"a date without a year at the end":          "Ich kam am 3.12.| Die Tür war zu.",
		"a date without a year inside":              "Am 3.12. Bürgerbüro geschlossen.",
		"z. B.":                                     "Nehmen Sie z. B. Ihren Ausweis mit.| Danke.",
		"z.B. without a blank":                      "Nehmen Sie z.B. Ihren Ausweis mit.",
		"d. h. before a capital":                    "Das gilt, d. h. Sie zahlen nicht.",
		"u. a. inside":                              "Es fehlen u. a. Mietvertrag und Ausweis.",
		"u. a. at the end":                          "Es fehlen Mietvertrag u. a.| Bitte reichen Sie sie nach.",
		"usw. at the end":                           "Mietvertrag, Ausweis usw.| Bitte reichen Sie sie nach.",
		"usw. inside":                               "Mietvertrag, Ausweis usw. sind nötig.",
		"a reference":                               "Ihr Zeichen ist Az. 32.4-BPA-1873/26.| Bitte geben Sie es an.",
		"a reference that ends before a noun":       "Es gilt Az. 4 K 123/26.| Widerspruch ist möglich.",
		"a title":                                   "Frau Dr. Kaya hilft Ihnen.| Herr Prof. Dr. Berger auch.",
		"initials":                                  "Das hat P. Lindner entschieden.| Es bleibt dabei.",
		"a law":                                     "Nach § 70 Abs. 1 Satz 1 Nr. 2 VwGO gilt das.| Mehr nicht.",
		"a law in article form":                     "Art. 6 Abs. 1 lit. f DSGVO ist die Grundlage.",
		"ff. at the end":                            "Das regeln die §§ 68 ff.| Die Frist beginnt heute.",
		"a street":                                  "Ich wohne in der Hauptstr. 5 in Musterstadt.| Seit Mai.",
		"millions":                                  "Das kostet 1,2 Mio. Euro im Jahr.| Zu viel.",
		"a year at the end":                         "Das war im Jahr 2026.| Danach nicht mehr.",
		"an amount in the middle":                   "Es kostet 25,00 Euro.| Bitte zahlen Sie bar.",
		"an amount with a thousands point":          "Es kostet 12.500 Euro im Jahr.",
		"a time with a point":                       "Wir öffnen um 8.30 Uhr.| Wir schließen um 18 Uhr.",
		"a question":                                "Wann kommt der Bescheid?| Ich warte seit Mai.",
		"a shout":                                   "Das geht nicht!| Bitte helfen Sie.",
		"a question inside":                         "Auf die Frage „Warum?“ kam keine Antwort.",
		"a quote at the end":                        "Sie sagte: „Das geht nicht.“| Dann ging sie.",
		"a quote of two sentences":                  "Er schrieb: „Ich komme.| Warten Sie.“| Er kam nicht.",
		"brackets around a sentence":                "Das ist so.| (Siehe Anlage.)| Mehr dazu unten.",
		"brackets inside":                           "Der Antrag (vgl. Anlage 2) ist da.",
		"ellipsis before a small letter":            "Ich weiß nicht ... vielleicht doch.",
		"ellipsis before a capital":                 "Ich weiß es nicht …| Vielleicht doch.",
		"an ordinal before a noun":                  "Sie wohnt im 2. Obergeschoss links.",
		"an ordinal of a king":                      "Friedrich II. König von Preußen war es.",
		"a number at the end":                       "Das steht auf Seite 25.| Widerspruch ist möglich.",
		"a number at the end before a starter":      "Es kamen 12.| Die anderen fehlten.",
		"a hundredth birthday":                      "Zum 100. Geburtstag gratulieren wir.",
		"a numbered list":                           "Ich bitte um:|⏎1. Aufhebung des Bescheids|⏎2. Erstattung der Gebühr",
		"a list with dashes":                        "Bitte mitbringen:|⏎- Ausweis|⏎- Foto|⏎- Gebühr",
		"a list with letters":                       "Es fehlt:|⏎a) der Ausweis|⏎b) das Foto",
		"a list with bullets":                       "• Antrag prüfen|⏎• Bescheid senden",
		"a list item that goes on":                  "- Antrag prüfen und danach dem Amt⏎  zur Kenntnis geben|⏎- Bescheid senden",
		"a heading above a paragraph":               "2. Begründung|¶Der Antrag ist zulässig.| Er ist begründet.",
		"a heading on the line above":               "Begründung|⏎Der Antrag ist zulässig und auch begründet, denn die Voraussetzungen liegen vor.",
		"a Roman heading":                           "II. Gründe|¶Der Antrag ist zulässig.",
		"lines of an address":                       "Stadt Musterstadt|⏎Bürgerbüro|⏎Rathausplatz 1|⏎12345 Musterstadt",
		"fields":                                    "Aktenzeichen: 32/26|⏎Datum: 20.11.2026|⏎Zimmer: 3",
		"a wrapped line":                            "Der Antrag auf Erteilung eines Bewohnerparkausweises vom⏎5. November 2026 wird abgelehnt, weil Sie nicht in der⏎Zone wohnen.| Das ist nachgewiesen.",
		"a line wrapped before a noun":              "Der Antrag auf Erteilung eines Ausweises wurde von der⏎Stadt Musterstadt am Montag abgelehnt, was ich nicht⏎verstehe.",
		"a line wrapped after Abs.":                 "Dies folgt aus dem Gesetz, nämlich aus § 70 Abs.⏎1 VwGO, und ist nicht zu ändern, sagt das Amt heute.",
		"a word divided at the end of a line":       "Wir haben den Antrag geprüft und der Stadtver-⏎waltung vorgelegt.| Sie stimmt zu.",
		"a salutation":                              "Sehr geehrte Frau Kaya,|⏎Ich bitte um Auskunft zu meinem Antrag vom Mai, der noch nicht beschieden ist.",
		"a closing line":                            "Danke für alles.|⏎Mit freundlichen Grüßen|⏎Jana Wieczorek",
		"rows of a table":                           "Leistung | Gebühr|⏎Ausweis | 25,00 €|⏎Pass | 70,00 €",
		"a mail address":                            "Schreiben Sie an amt@musterstadt.example.| Wir antworten.",
		"a link":                                    "Mehr auf www.musterstadt.example.| Dort steht alles.",
		"so at the end":                             "Das ist so.| Ich bleibe dabei.",
		"a weekday with a period":                   "Wir treffen uns am Fr. um zehn.",
		"i. A.":                                     "i. A. Yılmaz",
		"a company":                                 "Die Muster GmbH & Co. KG zahlt.| Wir auch.",
		"e. V. at the end":                          "Das sagt der Verein e. V.| Er irrt.",
		"English abbreviations":                     "Mr. Smith met Mrs. Jones.| They left.",
		"English p.m.":                              "We met at 6 p.m.| The door was shut.",
		"English no.":                               "The answer is no.| We regret that.",
		"no period at the end":                      "Der Antrag ist da.| Er wird geprüft",
		"nothing":                                   "",
		"only white space":                          " ¶ ",
		"Arabic has no capitals":                    "أكتب إليكم بشأن طلبي.| أرجو الرد.",
		"Russian":                                   "Я подал заявление.| Прошу ответить.",
		"a section number at the beginning":         "2.1. Ziele der Satzung",
		"Nr. before a capital":                      "Siehe Anlage Nr. A der Satzung.",
		"evtl., ggf. and bzw.":                      "Das wird ggf. Ihnen evtl. Herr Kaya bzw. Frau Berger sagen.",
		"Tel. before a number":                      "Rufen Sie an, Tel. 0345 12345.| Danke.",
		"the day of a month before a line's end":    "Die Frist endet nach unserer Kenntnis heute schon am 3.⏎November 2026, nicht später.",
		"two dates in a row":                        "Vom 3. bis 5. Dezember ist zu.| Am 6. Dezember ist auf.",
		"a period after a closing bracket":          "Das gilt (siehe oben).| Mehr nicht.",
		"an abbreviation in brackets before a noun": "Die Unterlagen (Ausweis usw.) Herrn Berger geben.",
	} {
		t.Run(name, func(t *testing.T) {
			text = strings.NewReplacer("¶", "\n\n", "⏎", "\n").Replace(text)
			var want []string
			parts := splitMarks(text)
			for _, p := range parts {
				if p = strings.TrimSpace(p); p != "" {
					want = append(want, p)
				}
			}
			plain := strings.Join(parts, "")
			var got []string
			for _, s := range Sentences(plain) {
				got = append(got, plain[s.Start:s.End])
			}
			if !slices.Equal(got, want) {
				t.Errorf("got  %q\nwant %q", got, want)
			}
		})
	}
}

// splitMarks cuts at "|" without a blank before it: with one it is a table's.
func splitMarks(text string) []string {
	var parts []string
	from := 0
	for i := range text {
		if text[i] == '|' && i > 0 && text[i-1] != ' ' {
			parts = append(parts, text[from:i])
			from = i + 1
		}
	}
	return append(parts, text[from:])
}

func TestSentencesLeaveNothingOut(t *testing.T) {
	text := strings.Repeat("Der Antrag vom 3. November ist da. Er kostet 25,00 €, z. B. bar.\n\n- Punkt eins\n- Punkt zwei\n", 2000)
	rest := []byte(text)
	last := 0
	for _, s := range Sentences(text) {
		if s.Start < last || s.End <= s.Start {
			t.Fatalf("span %v after %d", s, last)
		}
		last = s.End
		for i := s.Start; i < s.End; i++ {
			rest[i] = ' '
		}
	}
	if left := strings.TrimSpace(string(rest)); left != "" {
		t.Errorf("left out: %.100q", left)
	}
}

func TestSentencesOfATextWithoutMarksEnd(t *testing.T) {
	text := strings.Repeat("wort und ", 20000)
	for _, s := range Sentences(text) {
		if s.End-s.Start > 2*blockSize {
			t.Fatalf("a span of %d bytes", s.End-s.Start)
		}
	}
}
