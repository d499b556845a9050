package redact

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"amtsbote/bots"
	"amtsbote/skills/llm/llmtest"
)

// TestOnlyAClearWordReleases: what asks about a release, forbids it or has a wish in it
// that is not understood releases nothing.
func TestOnlyAClearWordReleases(t *testing.T) {
	for _, text := range []string{"keine Freigabe!", "noch keine Freigabe", "Freigabe verweigert", "Was bedeutet Freigabe?", "Wer muss die Freigabe erteilen?", "Kann ich das schon freigeben?",
		"ok?", "Bitte vor der Freigabe noch die Telefonnummern schwärzen", "ok, die Telefonnummern bleiben", "ok. Die Unterschrift muss aber weg", "ok, und wo steht das?", "Soll ich freigeben?",
		"ok, wenn Frau Kaya drin bleibt", "do not release", "no release", "Is it approved?", "ok aber erst morgen"} {
		k := newTalk(t, none{})
		k.say("!schwärzen " + letter)
		if a, err := k.do(text); len(a.Files) > 0 {
			t.Errorf("%q released", text)
		} else if err != nil && !errors.Is(err, bots.ErrPass) {
			t.Errorf("%q: %v", text, err)
		}
	}
	for _, text := range []string{"ok", "OK!", "Ok, danke.", "Okay, bitte als PDF", "ja, freigeben", "Passt so, danke!", "Bitte freigeben.", "Können Sie das bitte freigeben?", "Gib es frei", "Freigabe erteilt", "in Ordnung",
		"Einverstanden", "ok\n\nMit freundlichen Grüßen\nAnna Petersen\nBauamt", "Ok, vielen Dank und viele Grüße", "release it please", "approved", "ok, aber 3 nicht", "ok. Danke!", "3 nicht, sonst ok", "ok so", "Alles ok"} {
		k := newTalk(t, none{})
		k.say("!schwärzen " + letter)
		if a, err := k.do(text); len(a.Files) != 1 {
			t.Errorf("%q did not release: %v, %s", text, err, a.Text.DE)
		}
	}
}

// TestWhatTheHandbookPromises: every way to answer that the proposal names is understood.
func TestWhatTheHandbookPromises(t *testing.T) {
	for text, c := range map[string]struct{ want, not string }{
		"mit Platzhaltern":       {"[IBAN 1]", bar},
		"Balken bitte":           {bar, "[IBAN 1]"},
		"black bars":             {bar, "[IBAN 1]"},
		"Schwärzung bitte":       {bar, "[IBAN 1]"},
		"not 3 and 5":            {"Lindenweg 4", "Kaya"},
		"without 3":              {"Lindenweg 4", "Kaya"},
		"3 stehen lassen":        {"Lindenweg 4", "Kaya"},
		"not all addresses":      {"Lindenweg 4", "Kaya"},
		"also Lindenhof":         {"[Angabe 1]", "Lindenhof"},
		"2 is called Person X":   {"Herr Person X", "Kaya"},
		"not the office":         {"Yılmaz", "Kaya"},
		"3 nicht, 2 doch":        {"Lindenweg 4", "Kaya"},
		"Nr. 3 nicht":            {"Lindenweg 4", "Kaya"},
		"Nr. 2 heißt Dr. Mieter": {"Herr Dr. Mieter", "Kaya"},
		"Lindenweg 4 nicht":      {"im Lindenweg 4", "Kaya"},
		"auch Lindenhof. Danke":  {"[Angabe 1]", "Lindenhof"},
		"die Adresse nicht\nViele Grüße\nA. Koch":  {"Lindenweg 4", "Kaya"},
		"2 und 3 bitte nicht schwärzen, 2 doch":    {"Lindenweg 4", "Kaya"},
		"Die Nummern 3 und 4 sollen nicht weg, ok": {"", ""},
	} {
		k := newTalk(t, none{})
		k.say("!schwärzen " + letter)
		a, err := k.do(text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if len(a.Files) == 0 {
			a = k.say("ok")
		}
		got := string(a.Files[0].Data[:min(len(a.Files[0].Data), 600)])
		if !strings.Contains(got, c.want) || c.not != "" && strings.Contains(got, c.not) {
			t.Errorf("%q: %s", text, got)
		}
	}
}

// TestFollowReachesTheSkill: the core asks this skill only for words of Follow.
func TestFollowReachesTheSkill(t *testing.T) {
	follow := New(nil, nil, none{}, nil).Info().Follow
	for _, word := range []string{"black", "balken", "platzhaltern", "ohne", "einverstanden", "gib", "without", "except", "stehen", "keep", "in"} {
		if word != "in" && !slices.ContainsFunc(follow, func(f string) bool { return strings.HasPrefix(word, f) }) {
			t.Errorf("%q does not go on", word)
		}
	}
}

// TestNumbersInATextAreNoNumbersOfItems: "auch Hauptstraße 5" is about a street.
func TestNumbersInATextAreNoNumbersOfItems(t *testing.T) {
	k := newTalk(t, none{})
	k.say("!schwärzen Frau Jana Wieczorek und Herr Bernd Kaya trafen sich in Raum 2 des Altbaus.")
	k.say("2 nicht")
	k.say("auch Raum 2")
	got := string(k.say("ok").Files[0].Data)
	has(t, got, "[Angabe 1]", "Bernd Kaya")
	hasNot(t, got, "Raum")
}

// TestPartOfAWordNamesNobody: "Lindenhof nicht" says nothing of a Herr Lind.
func TestPartOfAWordNamesNobody(t *testing.T) {
	k := newTalk(t, none{})
	k.say("!schwärzen Herr Lind besuchte Frau Jana Wieczorek am Lindenhof in Musterstadt.")
	if _, err := k.do("Lindenhof nicht"); !errors.Is(err, bots.ErrPass) {
		t.Errorf("got %v", err)
	}
	has(t, string(k.say("ok").Files[0].Data), "Herr Person A")
}

// TestAReplacementWithASurnameIsNotTaken: also a part of a name leaks.
func TestAReplacementWithASurnameIsNotTaken(t *testing.T) {
	k := newTalk(t, none{})
	k.say("!schwärzen " + letter)
	if a := k.say("3 heißt Wohnung von Frau Wieczorek"); !strings.Contains(a.Text.DE, textLeaks.DE) {
		t.Error("taken")
	}
}

// TestTheWishIsNotTheMaterial: words of the text are no wishes about it.
func TestTheWishIsNotTheMaterial(t *testing.T) {
	for text, c := range map[string]struct{ want, not []string }{
		"!schwärzen Frau Jana Wieczorek, Telefon 0176 12345678, trug schwarz und wollte es als PDF.": {[]string{"Person A", "[Telefon 1]", "trug schwarz"}, []string{"Wieczorek", "0176"}},
		"!schwärzen Namen: Frau Jana Wieczorek, Telefon 0176 12345678, kam.":                         {[]string{"Person A", "0176"}, []string{"Wieczorek"}},
		"Schwärze die Namen: Frau Jana Wieczorek, IBAN DE89 3704 0044 0532 0130 00":                  {[]string{"Person A", "DE89"}, []string{"Wieczorek"}},
	} {
		k := newTalk(t, none{})
		k.say(text)
		got := string(k.say("ok").Files[0].Data)
		has(t, got, c.want...)
		hasNot(t, got, c.not...)
	}
}

// TestWhatShallStay: "außer den Namen" is not "die Namen".
func TestWhatShallStay(t *testing.T) {
	for text, c := range map[string]struct{ want, not []string }{
		"Schwärze alles außer den Namen":                         {[]string{"Kaya", "Wieczorek"}, []string{"DE89", "Lindenweg 4"}},
		"Schwärze die Datei, aber die Anschriften nicht":         {[]string{"Lindenweg 4"}, []string{"DE89", "Kaya"}},
		"Redact everything except the addresses":                 {[]string{"Lindenweg 4"}, []string{"DE89", "Kaya"}},
		"Schwärze die Mail":                                      {nil, []string{"DE89", "Kaya", "Lindenweg 4"}},
		"Redact the health report":                               {nil, []string{"DE89", "Kaya", "Lindenweg 4"}},
		"Schwärze die Akte mit dem Aktenzeichen":                 {nil, []string{"DE89", "Kaya", "Lindenweg 4"}},
		"Bitte anonymisiere im Bescheid die Namen und die IBANs": {[]string{"Lindenweg 4"}, []string{"DE89", "Kaya"}},
		"Schwärze im Anhang der Nachbarin nur die Namen":         {[]string{"Lindenweg 4", "DE89"}, []string{"Kaya"}},
	} {
		k := newTalk(t, none{})
		k.files["a.txt"] = []byte(letter)
		k.say(text, "a.txt")
		got := string(k.say("ok").Files[0].Data)
		has(t, got, c.want...)
		hasNot(t, got, c.not...)
	}
}

// TestACommandAfterAFile: the words behind a command are a wish about the file sent
// before, where they are nothing but a wish; so is a greeting no text to redact.
func TestACommandAfterAFile(t *testing.T) {
	for _, text := range []string{"!schwärzen nur die Namen und Anschriften", "!schwärzen bitte als Word mit Platzhaltern", "Bitte schwärze die Datei\n\nMit freundlichen Grüßen\nAnna Petersen, Bauamt"} {
		k := newTalk(t, none{})
		k.files["a.txt"] = []byte(letter)
		k.turns = append(k.turns, bots.Turn{ID: "0", Files: []bots.File{{Name: "a.txt"}}})
		has(t, k.say(text).Text.DE, "Jana Wieczorek")
	}
}

// TestNewMaterialBeginsAnew: an old proposal does not take what is meant for a new one.
func TestNewMaterialBeginsAnew(t *testing.T) {
	k := newTalk(t, none{})
	k.say("!schwärzen " + letter)
	has(t, k.say("!schwärzen Herr Anton Neumann wohnt nicht mehr hier.").Text.DE, "Anton Neumann")
	k.files["b.txt"] = []byte("Frau Berta Olschewski kam auch.")
	k.turns = append(k.turns, bots.Turn{ID: "x", Files: []bots.File{{Name: "b.txt"}}}, bots.Turn{ID: "x/answer", Bot: true, Skill: "summary"})
	has(t, k.say("Schwärze das als PDF").Text.DE, "Berta Olschewski")
}

// TestTheProposalDerivesFromWhatWasSaid: when a message is taken back that added
// something, what it added is gone.
func TestTheProposalDerivesFromWhatWasSaid(t *testing.T) {
	k := newTalk(t, none{})
	k.say("!schwärzen " + letter)
	k.say("auch Lindenhof")
	added := k.turns[len(k.turns)-2].ID
	k.say("1 nicht")
	if from := strings.Fields(string(k.memo["from"])); !slices.Contains(from, added) || !slices.Contains(from, k.turns[0].ID) {
		t.Errorf("derives from %q, lacks %q", from, added)
	}
}

// BenchmarkManyItems has a thousand finds, and one that is written without its cue word
// again and again, proposed, decided on and released.
func BenchmarkManyItems(b *testing.B) {
	var text strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&text, "Frau %c%c%clinska schrieb an a%d@post.example, Az. 55/%d.\n", 'A'+i%26, 'a'+i/26%26, 'a'+i/676, i, 1000+i)
		if i%40 == 39 {
			text.WriteString("\f")
		}
	}
	text.WriteString(strings.Repeat("55/1000 ", 5000))
	for b.Loop() {
		k := newTalk(b, none{})
		k.say("!schwärzen " + text.String())
		k.say("Frau Aaalinska nicht")
		k.say("ok")
	}
}

// TestAReleaseSaysWhatIsMissing: what reading the file gave rise to is said with the
// new file too, and what its font cannot show.
func TestAReleaseSaysWhatIsMissing(t *testing.T) {
	k := newTalk(t, none{})
	k.files["a.docx"] = hostileDOCX(t)
	if a := k.say("Schwärze das", "a.docx"); len(a.Warnings) == 0 {
		t.Fatal("the file gives rise to no warning")
	}
	if a := k.say("ok"); !slices.ContainsFunc(a.Warnings, func(w bots.Text) bool { return strings.Contains(w.DE, "nachverfolgte Änderungen") }) {
		t.Errorf("got %v", a.Warnings)
	}
	k.say("!schwärzen Herr Bernd Kaya schrieb: Alles fertig 👍 und gut.")
	if a := k.say("ok, als PDF"); !slices.Contains(a.Warnings, textBoxed) {
		t.Errorf("got %v", a.Warnings)
	}
}

// TestTheCommandLine has no conversation: the skill is asked for by its name, and a
// release in the same breath.
func TestTheCommandLine(t *testing.T) {
	k := newTalk(t, none{})
	k.files["a.txt"] = []byte(letter)
	if a := k.say("Schwärze das und gib es frei", "a.txt"); len(a.Files) > 0 {
		t.Error("released in a conversation, before the person saw the list")
	}
	k.noMemo = true
	if a := k.say("", "a.txt"); len(a.Files) > 0 || !strings.Contains(a.Text.DE, "Jana Wieczorek") {
		t.Errorf("got %+v", a)
	}
	for _, text := range []string{"Schwärze das und gib es frei", "freigeben", "als Text mit Balken freigeben"} {
		if a := k.say(text, "a.txt"); len(a.Files) != 1 {
			t.Errorf("%q: got %+v", text, a)
		}
	}
}

// TestAnAdditionInsideAFind leaves the find whole: else the street would be let go for
// the town in it.
func TestAnAdditionInsideAFind(t *testing.T) {
	k := newTalk(t, none{})
	k.say("!schwärzen " + letter + "\n\nMusterstadt, den 3. Mai 2026")
	k.say("auch Musterstadt")
	got := string(k.say("ok").Files[0].Data)
	has(t, got, "Herr Person B ([Anschrift 1]) rief", "[Angabe 1], den 3. Mai")
	hasNot(t, got, "Lindenweg", "Musterstadt")
}

// TestAModelsNameThatNobodyHas teaches no surname: the place of its name stays a place.
func TestAModelsNameThatNobodyHas(t *testing.T) {
	k := newTalk(t, llmtest.Script(`{"names": ["Konrad Lindenhof"]}`))
	hasNot(t, k.say("!schwärzen "+letter).Text.DE, "| Lindenhof |")
}

// TestOccurrences: whole words, however they are written, and not of two sentences.
func TestOccurrences(t *testing.T) {
	for text, want := range map[string]int{"Haus am See": 1, "HAUS-AM-SEE.": 1, "Haus\nam  See": 1, "Hausam See": 1, "Haus am Seeweg": 0, "Das Haus. ––––– Am See": 0} {
		if got := newHaystack(text).find("Haus am See"); len(got) != want {
			t.Errorf("%q: %v", text, got)
		}
	}
	if got := cell("a | b"); strings.Contains(strings.ReplaceAll(got, `\|`, ""), "|") {
		t.Errorf("%q divides a cell", got)
	}
}
