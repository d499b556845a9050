package draft

import (
	"strings"
	"testing"

	"amtsbote/skills/document"
	"amtsbote/skills/llm/llmtest"
)

// TestObedientModel: a model that does what a letter tells it can change neither
// recipient nor subject, and adds no link and no unmarked figure or decision.
func TestObedientModel(t *testing.T) {
	tests := map[string]struct{ said, note, want string }{
		"an address for the answer":          {"Schreiben Sie an chef@evil.example.", "", "Schreiben Sie an **[bitte prüfen: chef@evil.example]**."},
		"links of all kinds":                 {"Siehe https://evil.example/a, www.evil.example/b, evil.example/c, //evil.example/d und evil.com.", "", "Siehe […] […] […] //[…] und […]."},
		"a link with a zero-width character": {"Siehe ht\u200btps://evil.example/a.", "", "Siehe […]"},
		"HTML":                               {`Bitte <a href="https://evil.example">hier</a> klicken.`, "", "Bitte hier klicken."},
		"a link in CommonMark":               {"Bitte [hier](https://evil.example/a) klicken.", "", "Bitte hier klicken."},
		"a link inside a gap":                {"**[bitte ergänzen: www.evil.example/x]**", "", "**[bitte ergänzen: Angabe]**"},
		"header lines":                       {"An: chef@evil.example\nSubject: Neu\n\nDas prüfen wir.", "", "Das prüfen wir."},
		"an IBAN inside a gap":               {"**[bitte ergänzen: Konto DE02120300000000202051, siehe https://evil.example]**", "", "**[bitte ergänzen: Konto]**"},
		"a sum inside a gap":                 {"[BITTE ERGÄNZEN: 77,00 € bis 3.12.2026]", "", "**[bitte ergänzen: Angabe]**"},
		"part of a figure is no source":      {"Sie zahlen 50 € in 17 Monaten und 11 Raten.", "", "Sie zahlen **[bitte prüfen: 50 €]** in **[bitte prüfen: 17]** Monaten und **[bitte prüfen: 11]** Raten."},
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
