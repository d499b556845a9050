package letter

import (
	"testing"

	"amtsbote/skills/document"
)

// TestGreetingIsNoNote: who greets and says nothing has left no note; a word behind the
// greeting is one.
func TestGreetingIsNoNote(t *testing.T) {
	for above, want := range map[string]string{
		"Hallo,":                          "",
		"Moin Amtsbote!":                  "",
		"Guten Tag Herr Bot,":             "",
		"Liebe Kolleginnen und Kollegen,": "",
		"Hello there,":                    "",
		"Hallo,\n\nViele Grüße\nPetra Lindner\nStadt Musterstadt": "",
		"Hallo, absagen":             "Hallo, absagen",
		"Hallo Absagen!":             "Hallo Absagen!",
		"Hallo Bitte,":               "Hallo Bitte,",
		"Hallo,\n\nbitte absagen":    "Hallo,\n\nbitte absagen",
		"Guten Tag Herr Bot, kürzer": "Guten Tag Herr Bot, kürzer",
	} {
		t.Run(above, func(t *testing.T) {
			opt := office()
			m := Read(parse(t, petra+above+"\n\n"+outlook(citizen, amt, "Termin", "Guten Tag,\n\nich brauche einen Termin."), &opt), opt)
			if m.Note != want {
				t.Errorf("got %q, want %q", m.Note, want)
			}
		})
	}
}

// TestOwnNameWithoutClosing: the author's name below the text is a signature, however
// it is written; another's is not.
func TestOwnNameWithoutClosing(t *testing.T) {
	for name, want := range map[string]bool{
		"Frau W. Nettelbeck": true, "Fr. Nettelbeck": true, "Frau Walburga Nettelbeck": true, "W. Nettelbeck": true,
		"Walburga Nettelbeck, Am Wall 3, 12345 Musterstadt": true, "Walburga Nettelbeck, Am Wall 3, hat ihn verloren.": false,
		"Frau K. Nettelbeck": false, "Frau W. Brand": false, "Frau": false,
	} {
		t.Run(name, func(t *testing.T) {
			opt := office()
			l := Read(parse(t, petra+outlook("Walburga Nettelbeck <w@example.org>", amt, "Fund", "Wurde ein Schirm abgegeben?\n"+name), &opt), opt).Letters[0]
			if got := l.Signature == name; got != want {
				t.Errorf("signature %q, body %q", l.Signature, l.Body)
			}
		})
	}
}

// TestAnyNameBelow: what a letter on paper has below its last sentence is its author's
// name only if it looks like one and nothing is said there.
func TestAnyNameBelow(t *testing.T) {
	for below, want := range map[string]string{
		"Hinrich Bleicken":                 "Hinrich Bleicken",
		"Hinrich Bleicken\nWallstraße 14":  "Hinrich Bleicken\nWallstraße 14",
		"Hinrich Bleicken, Wallstraße 14":  "Hinrich Bleicken, Wallstraße 14",
		"Hinrich Bleicken\nruft Sie an.":   "",
		"Hinrich Bleicken wohnt dort":      "",
		"Anlage Mietvertrag":               "",
		"Stadt Musterstadt":                "",
		"Die Bäume sind krank\nund morsch": "",
	} {
		t.Run(below, func(t *testing.T) {
			if _, got := signed([]document.Address{{}}, "Guten Tag,\n\nbitte lassen Sie räumen.\n\n"+below); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
			if _, got := signed([]document.Address{{Email: "kopierer@example.org"}}, "Guten Tag,\n\nbitte lassen Sie räumen.\n\n"+below); got != "" {
				t.Errorf("of a mail: %q", got)
			}
		})
	}
}
