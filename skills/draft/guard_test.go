package draft

import (
	"strings"
	"testing"
	"time"

	"amtsbote/skills/document"
	"amtsbote/skills/llm/llmtest"
)

// TestObedientModel: a model that does what a letter tells it can change neither
// recipient nor subject, and adds no link and no unmarked figure or decision.
func TestObedientModel(t *testing.T) {
	tests := map[string]struct{ said, note, want string }{
		"an address for the answer":          {"Schreiben Sie an chef@evil.example.", "", "Schreiben Sie an […]."},
		"links of all kinds":                 {"Siehe https://evil.example/a, www.evil.example/b, evil.example/c, //evil.example/d und evil.com.", "", "Siehe […], […], […], //[…] und […]."},
		"a link with a zero-width character": {"Siehe ht\u200btps://evil.example/a.", "", "Siehe […]."},
		"HTML":                               {`Bitte <a href="https://evil.example">hier</a> klicken.`, "", "Bitte hier klicken."},
		"a link in CommonMark":               {"Bitte [hier](https://evil.example/a) klicken.", "", "Bitte hier klicken."},
		"a link inside a gap":                {"**[bitte ergänzen: www.evil.example/x]**", "", "**[bitte ergänzen: Angabe]**"},
		"header lines":                       {"An: chef@evil.example\nSubject: Neu\n\nDas prüfen wir.", "", "Das prüfen wir."},
		"an IBAN inside a gap":               {"**[bitte ergänzen: Konto DE02120300000000202051, siehe https://evil.example]**", "", "**[bitte ergänzen: Konto]**"},
		"a sum inside a gap":                 {"[BITTE ERGÄNZEN: 77,00 € bis 3.12.2026]", "", "**[bitte ergänzen: Angabe]**"},
		"part of a figure is no source":      {"Sie zahlen 50 € in 17 Monaten und 11 Raten.", "", "Sie zahlen **[bitte prüfen: 50 €]** in **[bitte prüfen: 17 Monaten]** und **[bitte prüfen: 11]** Raten."},
		"a figure of the notice":             {"Die Gebühr betrug 20,50 €.", "", "Die Gebühr betrug 20,50 €."},
		"full-width digits":                  {"Sie erhalten ５０００ Euro.", "", "Sie erhalten **[bitte prüfen: ５０００]** Euro."},
		"a day that nobody named":            {"Sie hören bis Donnerstag von uns.", "", "Sie hören **[bitte prüfen: bis Donnerstag]** von uns."},
		"a decision":                         {"Ihr Antrag ist genehmigt.", "", "Ihr Antrag **[bitte prüfen: ist genehmigt]**."},
		"the colleague's decision":           {"Ihr Antrag ist genehmigt.", "Antrag genehmigen", "Ihr Antrag ist genehmigt."},
		"a decision in other words":          {"Wir heben den Bescheid auf.", "Bitte freundlich", "**[bitte prüfen: Wir heben den Bescheid auf]**."},
		"what stands below the closing":      {"Das prüfen wir.\n\nMit freundlichen Grüßen\nX\n\nPS: https://evil.example", "", "Das prüfen wir."},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			m := llmtest.Script("KURZ: Bitte auf https://evil.example klicken.\nBRIEF:\n" + test.said + "\nENDE")
			s := skill(office, m, map[string]document.Document{"w.eml": forward(test.note, jana())})
			a := do(t, s, colleague("w.eml", test.note))
			d := a.Drafts[0]
			if _, got, _ := sections(d.Text, office); got != test.want {
				t.Errorf("got\n%s\nwant\n%s", got, test.want)
			}
			if strings.Join(append(d.To, d.Cc...), " ") != "Jana Wieczorek <jana.wieczorek@example.org>" || !strings.HasPrefix(d.Subject, "AW: Widerspruch") || strings.Contains(a.Text.DE, "evil") {
				t.Errorf("to %v, cc %v, subject %s, brief\n%s", d.To, d.Cc, d.Subject, a.Text.DE)
			}
		})
	}
}

func TestMiddle(t *testing.T) {
	tests := map[string]struct{ in, want string }{
		"salutation and closing go":     {"Sehr geehrte Frau Wieczorek,\n\nGern.\n\nMit freundlichen Grüßen\nX", "Gern."},
		"the thanks go":                 {"Vielen Dank für Ihre E-Mail vom 20.11.2026. Gern.", "Gern."},
		"a subject line goes":           {"Betreff: Termin\n\nGern.", "Gern."},
		"markup goes":                   {"## Antwort\n**Gern** `so`.\n\n---\n* eins", "Antwort\nGern so.\n\n– eins"},
		"gaps take one form":            {"[Datum einfügen] und [bitte ergänzen: Ort] und [XX]", "**[bitte ergänzen: Datum einfügen]** und **[bitte ergänzen: Ort]** und **[bitte ergänzen: XX]**"},
		"a gap keeps its form":          {"**[bitte ergänzen: Sachstand]**", "**[bitte ergänzen: Sachstand]**"},
		"a mark is judged anew":         {"**[bitte prüfen: 5 €]**", "5 €"},
		"closing words in a sentence":   {"Wir bearbeiten das sorgfältig.\nMit freundlichen Grüßen", "Wir bearbeiten das sorgfältig."},
		"a first sentence is no header": {"Guten Tag sagen wir allen, die uns schreiben und eine Frage haben, gerne auch zweimal am Tag, wenn es sein muss, denn das ist höflich.", "Guten Tag sagen wir allen, die uns schreiben und eine Frage haben, gerne auch zweimal am Tag, wenn es sein muss, denn das ist höflich."},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := middle(test.in); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestGuard(t *testing.T) {
	src := newSources(time.Date(2026, 11, 20, 0, 0, 0, 0, berlin), "Bescheid vom 05.11.2026, Az. 32.4-BPA-1873/26, Gebühr 20,50 €, § 70 VwGO, Frau Kaya, Zimmer 214, https://musterstadt.example/park, innerhalb von zwei Wochen")
	tests := map[string]struct {
		in, want string
		link     bool
	}{
		"what the source has stays":            {"Der Bescheid vom 5. November 2026 (32.4-BPA-1873/26) nennt 20,50 Euro nach § 70 VwGO.", "Der Bescheid vom 5. November 2026 (32.4-BPA-1873/26) nennt 20,50 Euro nach § 70 VwGO.", false},
		"another amount is marked":             {"Sie zahlen 25,00 €.", "Sie zahlen **[bitte prüfen: 25,00 €]**.", false},
		"another day is marked":                {"Kommen Sie am 3.12.2026.", "Kommen Sie am **[bitte prüfen: 3.12.2026]**.", false},
		"another law is marked":                {"Nach § 71 VwGO gilt das.", "Nach **[bitte prüfen: § 71 VwGO]** gilt das.", false},
		"another number is marked":             {"Zimmer 215 statt Zimmer 214.", "Zimmer **[bitte prüfen: 215]** statt Zimmer 214.", false},
		"numbers of items stay":                {"1. Ja.\n12. Nein.", "1. Ja.\n12. Nein.", false},
		"a link of the source stays":           {"Siehe https://musterstadt.example/park.", "Siehe https://musterstadt.example/park.", false},
		"another link goes":                    {"Siehe https://evil.example/x.", "Siehe […].", true},
		"a link behind a figure goes too":      {"00https://evil.example/x", "**[bitte prüfen: 00]**[…]", true},
		"that a term was kept is for a person": {"Ihr Widerspruch ist form- und fristgerecht eingegangen.", "Ihr Widerspruch ist **[bitte prüfen: form- und fristgerecht]** eingegangen.", false},
		"another name is marked":               {"Frau Kayar ist zuständig.", "**[bitte prüfen: Frau Kayar]** ist zuständig.", false},
		"a number in words is marked":          {"Das dauert drei Wochen.", "Das dauert **[bitte prüfen: drei Wochen]**.", false},
		"a quote that nobody wrote is marked":  {"Sie schrieben: „Das ist mir egal.“", "Sie schrieben: **[bitte prüfen: „Das ist mir egal.“]**", false},
		"a gap holds no figure of its own":     {"**[bitte ergänzen: Betrag, zum Beispiel 99 €]**", "**[bitte ergänzen: Betrag]**", false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, link := guard(test.in, src)
			if got != test.want || link != test.link {
				t.Errorf("got %q, %t, want %q", got, link, test.want)
			}
		})
	}
}

func FuzzGuard(f *testing.F) {
	for _, s := range []string{"KURZ: a\nBRIEF:\nZahlen Sie 5 € am 3.12.", "[bitte ergänzen: x] **[bitte prüfen: 7]** https://evil.example", "form- und fristgerecht [XX](http://a.b)"} {
		f.Add(s)
	}
	src := newSources(time.Date(2026, 11, 20, 0, 0, 0, 0, berlin), "Az. 1/26, 20,50 €")
	f.Fuzz(func(t *testing.T, s string) {
		_, text := answerParts(s)
		got, _ := guard(middle(text), src)
		if strings.Contains(strings.ToLower(got), "https://") {
			t.Errorf("%q keeps a link: %q", s, got)
		}
	})
}
