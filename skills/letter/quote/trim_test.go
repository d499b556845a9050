package quote

import "testing"

// TestTrim: each part of a letter goes where it belongs.
func TestTrim(t *testing.T) {
	for name, test := range map[string]struct{ text, body, closing, signature, notes string }{
		"closing and name":          {"Text.\n\nMit freundlichen Grüßen\nJana W.", "Text.", "Mit freundlichen Grüßen", "Jana W.", ""},
		"in one line":               {"Text.\n\nLG Petra", "Text.", "LG", "Petra", ""},
		"from a town":               {"Text.\n\nViele Grüße aus Köln\nJana", "Text.", "Viele Grüße aus Köln", "Jana", ""},
		"from a town, gruß":         {"Text.\n\nMit freundlichem Gruß aus Norderfeld\nRieke", "Text.", "Mit freundlichem Gruß aus Norderfeld", "Rieke", ""},
		"from a town, short":        {"Text.\n\nMfG aus dem schönen Köln\nJana", "Text.", "MfG aus dem schönen Köln", "Jana", ""},
		"from a town, with respect": {"Text.\n\nHochachtungsvoll, \nJana", "Text.", "Hochachtungsvoll,", "Jana", ""},
		"from an English town":      {"Text.\n\nKind regards from Leeds,\nAnn", "Text.", "Kind regards from Leeds,", "Ann", ""},
		"from no town":              {"Text.\n\nMfG aus mir unklaren gründen fehlt es.\nJana", "Text.\n\nMfG aus mir unklaren gründen fehlt es.\nJana", "", "", ""},
		"in one line, brackets":     {"Text.\nMit freundlichen Grüßen Saskia Dornbusch (Antragstellerin)\n\nAnlagen:\n- Antrag\n\nPS: Mehr.", "Text.\n\nAnlagen:\n- Antrag\n\nPS: Mehr.", "Mit freundlichen Grüßen", "Saskia Dornbusch (Antragstellerin)", ""},
		"in one line, a comma":      {"Text.\n\nMfG Kim Weber, Mieterin", "Text.", "MfG", "Kim Weber, Mieterin", ""},
		"in one line, English":      {"Text.\n\nBest regards, Adaeze Okonkwo (Mrs)", "Text.", "Best regards", "Adaeze Okonkwo (Mrs)", ""},
		"a delimiter":               {"Text.\n-- \nJana\nTel. 1", "Text.", "", "Jana\nTel. 1", ""},
		"enclosures and postscript": {"Text.\n\nMfG\nJana\n\nAnlage: Bescheid\n\nP.S.: Danke", "Text.\n\nAnlage: Bescheid\n\nP.S.: Danke", "MfG", "Jana", ""},
		"a greeting inside":         {"Viele Grüße\n\nsoll ich ausrichten, und zwar von allen, die " + long + "\n" + long + "\nbeim Fest waren.", "Viele Grüße\n\nsoll ich ausrichten, und zwar von allen, die " + long + "\n" + long + "\nbeim Fest waren.", "", "", ""},
		"a phone":                   {"Text.\n\nVon meinem Samsung Galaxy Smartphone gesendet.", "Text.", "", "", "Von meinem Samsung Galaxy Smartphone gesendet."},
		"Windows":                   {"Text.\n\nGesendet von Mail für Windows 10", "Text.", "", "", "Gesendet von Mail für Windows 10"},
		"a model's number":          {"Text.\nGesendet von meinem HUAWEI P30", "Text.", "", "", "Gesendet von meinem HUAWEI P30"},
		"Outlook with its link":     {"Text.\n\nHolen Sie sich Outlook für iOS<https://aka.ms/o0ukef>", "Text.", "", "", "Holen Sie sich Outlook für iOS<https://aka.ms/o0ukef>"},
		"Outlook, its link inside":  {"Text.\n\nOutlook für Android<https://aka.ms/AAb9ysg> herunterladen", "Text.", "", "", "Outlook für Android<https://aka.ms/AAb9ysg> herunterladen"},
		"any phone":                 {"Text.\nSent from my Xperia 5 (dual)", "Text.", "", "", "Sent from my Xperia 5 (dual)"},
		"sent by another":           {"Sent from my lawyer's office, it got lost.", "Sent from my lawyer's office, it got lost.", "", "", ""},
		"a verb":                    {"Text.\nFreundlich grüßt\nJana", "Text.", "Freundlich grüßt", "Jana", ""},
		"English phone":             {"Text.\nSent from my iPhone", "Text.", "", "", "Sent from my iPhone"},
		"a virus scanner":           {"Text.\n\nVirenfrei. www.avast.com", "Text.", "", "", "Virenfrei. www.avast.com"},
		"sent by registered mail":   {"Gesendet mit Einschreiben am 5.11.\nVon meinem Handy aus ging es nicht.", "Gesendet mit Einschreiben am 5.11.\nVon meinem Handy aus ging es nicht.", "", "", ""},
		"a disclaimer":              {"Text.\n\nMfG\nJana\n\nDiese E-Mail enthält vertrauliche Informationen.", "Text.", "MfG", "Jana", "Diese E-Mail enthält vertrauliche Informationen."},
		"a disclaimer close below":  {"Text.\n\nMfG\nJana\nTel. 1\nDiese E-Mail enthält vertrauliche Informationen.\nBitte vernichten.", "Text.", "MfG", "Jana\nTel. 1", "Diese E-Mail enthält vertrauliche Informationen.\nBitte vernichten."},
		"a disclaimer, no closing":  {"Text.\n\nThis e-mail is confidential. If you are not the intended recipient, delete it.", "Text.", "", "", "This e-mail is confidential. If you are not the intended recipient, delete it."},
		"a wish":                    {"Diese E-Mail ist vertraulich, bitte nennen Sie meinen Namen nicht.", "Diese E-Mail ist vertraulich, bitte nennen Sie meinen Namen nicht.", "", "", ""},
		"a banner":                  {"ACHTUNG: Diese E-Mail kommt von extern.\n\nText.", "Text.", "", "", "ACHTUNG: Diese E-Mail kommt von extern."},
		"a banner over lines":       {"[EXTERNAL] This email originated from outside the organization. Do not click links\nunless you know the sender.\n\nText.", "Text.", "", "", "[EXTERNAL] This email originated from outside the organization. Do not click links\nunless you know the sender."},
		"extern, as a sentence":     {"Text.\n\nAchtung: Ihre E-Mail ging an eine externe Adresse.", "Text.\n\nAchtung: Ihre E-Mail ging an eine externe Adresse.", "", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			got, want := Trim(test.text), Parts{test.body, test.closing, test.signature, test.notes}
			if got != want {
				t.Errorf("got %+q, want %+q", got, want)
			}
			letters(t, test.text)
		})
	}
}

const long = "mit einer langen Zeile, wie sie in keiner Unterschrift steht, weil dort nur Name und Anschrift stehen und nicht ein ganzer Absatz, der von anderem handelt und weiter und weiter geht"
