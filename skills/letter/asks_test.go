package letter

import (
	"slices"
	"strings"
	"testing"

	"amtsbote/skills/document"
)

func TestAsking(t *testing.T) {
	tests := map[string]struct {
		language string
		want     ask
	}{
		"Ich bitte um Auskunft.":                                     {"de", wish},
		"Hiermit kündige ich den Stellplatz.":                        {"de", wish},
		"Leider muss ich den Termin absagen.":                        {"de", wish},
		"Den Termin kann ich nicht wahrnehmen.":                      {"de", wish},
		"Ich setze Ihnen eine Frist von zwei Wochen.":                {"de", wish},
		"Es wird gebeten, Stellung zu nehmen.":                       {"de", wish},
		"Der Verein beantragt einen Zuschuss.":                       {"de", wish},
		"Löschen Sie bitte meine Daten!":                             {"de", wish},
		"Vielen Dank, und bitte senden Sie mir das Formular.":        {"de", wish},
		"Ich möchte mich bei Ihnen bedanken.":                        {"de", nothing},
		"Ich möchte Ihnen mitteilen, dass der Zaun steht.":           {"de", nothing},
		"Bitte wundern Sie sich nicht.":                              {"de", nothing},
		"Bitte antworten Sie nicht auf diese E-Mail.":                {"de", nothing},
		"Man sagte mir, ich solle bitte warten.":                     {"de", nothing},
		"Mein Antrag wurde bereits beantragt.":                       {"de", nothing},
		"Wie Sie wissen, brauche ich das Auto.":                      {"de", nothing},
		"Wofür zahle ich Steuern?":                                   {"de", nothing},
		"Was bilden Sie sich eigentlich ein?":                        {"de", nothing},
		"Was kostet ein Reisepass?":                                  {"de", question},
		"wann habt ihr offen":                                        {"de", question},
		"Wo ich wohne, gibt es keinen Bus.":                          {"de", nothing},
		"Wie telefonisch besprochen sende ich die Urkunde.":          {"de", nothing},
		"I moved here and would like to register.":                   {"en", wish},
		"I would like to thank you.":                                 {"en", nothing},
		"Lütfen cevap verin.":                                        {"tr", wish},
		"Uprzejmie proszę o odpowiedź.":                              {"pl", wish},
		"Ich danke Ihnen für das Gespräch, in dem Sie alles sagten.": {"de", nothing},
	}
	for s, test := range tests {
		t.Run(s, func(t *testing.T) {
			if got := asking(s, test.language); got != test.want {
				t.Errorf("got %d, want %d", got, test.want)
			}
		})
	}
}

// TestUnits: each request of a sentence stands alone, and no other one is cut.
func TestUnits(t *testing.T) {
	tests := map[string][]string{
		"Ich beantrage Wohngeld und bitte um Bestätigung.":                     {"Ich beantrage Wohngeld", "bitte um Bestätigung."},
		"Bitte ändern Sie die Anschrift und senden Sie mir die Marke.":         {"Bitte ändern Sie die Anschrift", "senden Sie mir die Marke."},
		"Ich bitte Sie, den Bescheid aufzuheben und den Ausweis auszustellen.": {"Ich bitte Sie, den Bescheid aufzuheben und den Ausweis auszustellen."},
		"Wir ziehen um und bitten um ein Formular.":                            {"Wir ziehen um und bitten um ein Formular."},
		"Können Sie mir helfen und bitte antworten?":                           {"Können Sie mir helfen und bitte antworten?"},
	}
	for s, want := range tests {
		t.Run(s, func(t *testing.T) {
			var got []string
			for _, u := range units(s, "de") {
				got = append(got, s[u.Start:u.End])
			}
			if !slices.Equal(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

// TestHeadingLeavesNothingOut: a heading that says half of what is asked would
// hide the other half from the reply.
func TestHeadingLeavesNothingOut(t *testing.T) {
	for _, s := range []string{
		"Ich bitte um Mitteilung, ob ein Vorkaufsrecht besteht.",
		"Ich bitte um Auskunft über alle Daten.",
		"Ich bitte Sie, die Entscheidung zu überdenken und mir den Ausweis zu erteilen.",
		"Sollten Unterlagen fehlen, bitte ich um kurze Nachricht.",
		"Außerdem beantrage ich Akteneinsicht und die vorläufige Zahlung.",
	} {
		if got := heading(s); got != "" {
			t.Errorf("%s: got %q", s, got)
		}
	}
}

func TestOneAuthor(t *testing.T) {
	a := func(name, email string) document.Address { return document.Address{Name: name, Email: email} }
	tests := map[string]struct {
		from []document.Address
		want string
	}{
		"one author":                   {[]document.Address{a("Jana", "j@x.example")}, "Jana <j@x.example>"},
		"two authors":                  {[]document.Address{a("Jana", "j@x.example"), a("Ali", "a@x.example")}, "Jana <j@x.example>; Ali <a@x.example>"},
		"a bare comma in the name":     {[]document.Address{a("Carla Neuhaus", ""), a("Anzeiger", "c@x.example")}, "Carla Neuhaus, Anzeiger <c@x.example>"},
		"no address at all":            {[]document.Address{a("Jana", "")}, "Jana <>"},
		"nobody":                       {nil, ""},
		"a further author stays there": {[]document.Address{a("A", ""), a("B", "b@x.example"), a("C", "c@x.example")}, "A, B <b@x.example>; C <c@x.example>"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := emails(oneAuthor(test.from)); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
	doc := document.Document{Mail: &document.Mail{From: tests["a bare comma in the name"].from}, Pages: []document.Page{{N: 1, Text: "Wann öffnet das Bad?"}}}
	if l := Read(doc, Options{Sender: "amt@stadt.example", Watched: true}).Letters[0]; len(l.To) != 1 || l.To[0].Email != "c@x.example" {
		t.Errorf("to %s", emails(l.To))
	}
}

// TestEnclosedLetter: where the mail says nothing, the letter is in its file; an
// authority's own notice never is.
func TestEnclosedLetter(t *testing.T) {
	file := func(text string) []document.Part {
		return []document.Part{{Name: "Brief.pdf", Type: "application/pdf", Doc: &document.Document{Name: "Brief.pdf", Type: "application/pdf", Pages: []document.Page{{N: 1, Text: text}}}}}
	}
	const own = "Sehr geehrte Damen und Herren,\n\nich bitte um einen neuen Termin.\n\nMit freundlichen Grüßen\nA B"
	tests := map[string]struct {
		body, file string
		want       int
	}{
		"an empty mail":                    {"", own, 1},
		"a mail that points":               {"Guten Tag,\n\nanbei mein Schreiben.", own, 1},
		"a mail that asks itself":          {"Anbei mein Schreiben. Wann habe ich Antwort?", "Sehr geehrte Damen und Herren,\n\nbitte ändern Sie das.", 1},
		"a notice is not the letter":       {"", own + "\n\nRechtsbehelfsbelehrung\nGegen diesen Bescheid", 0},
		"a file that is addressed to none": {"", "Meldebestätigung\nBitte aufbewahren.", 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			doc := document.Document{Mail: &document.Mail{From: []document.Address{{Name: "A B", Email: "a@b.example"}}}, Pages: []document.Page{{N: 1, Text: test.body}}, Parts: file(test.file)}
			l := Read(doc, Options{Sender: "amt@stadt.example", Watched: true}).Letters[0]
			if len(l.Requests) != test.want {
				t.Errorf("got %d requests, want %d: %+v", len(l.Requests), test.want, l.Requests)
			}
			if inFile := test.want > 0 && !strings.Contains(test.body, "?"); inFile != (l.text != "") {
				t.Errorf("letter taken from the file: %t", l.text != "")
			}
			if l.To[0].Email != "a@b.example" {
				t.Errorf("to %s", emails(l.To))
			}
		})
	}
}
