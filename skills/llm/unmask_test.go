package llm

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"amtsbote/skills/personal"
)

// someMask is one with known numbers.
func someMask() *mask {
	m := newMask([]string{"Raum NAME_700 gibt es hier."})
	for _, v := range []*value{
		{n: 482, kind: personal.Person, norm: "elif kaya", forms: [2][]string{{"Kaya", "KAYA"}, {"Elif", "E."}}},
		{n: 483, kind: personal.Person, norm: " jens", forms: [2][]string{{"Jens"}}},
		{n: 484, kind: personal.Person, norm: "ada ", forms: [2][]string{nil, {"Ada"}}},
		{n: 517, kind: personal.Address, forms: [2][]string{{`Hof "Süd" 4, 20095 Hamburg`}}},
		{n: 611, kind: personal.IBAN, forms: [2][]string{{"DE89 3704 0044 0532 0130 00"}}},
		{n: 2345, kind: personal.Phone, forms: [2][]string{{"040 428-0"}}},
	} {
		m.values[v.n] = v
	}
	return m
}

// TestBack has a model do to placeholders what models do.
func TestBack(t *testing.T) {
	m := someMask()
	for name, test := range map[string]struct {
		text, want string
		stray      int
	}{
		"as it was":                  {"Sehr geehrte Frau NAME_482,", "Sehr geehrte Frau Kaya,", 0},
		"first name and surname":     {"VORNAME_482 NAME_482 kam.", "Elif Kaya kam.", 0},
		"another form":               {"VORNAME_482b NAME_482b", "E. KAYA", 0},
		"a form that is none":        {"NAME_482c", "Kayac", 0},
		"in the genitive":            {"NAME_482s Antrag, NAME_482's claim", "Kayas Antrag, Kaya's claim", 0},
		"a form in the genitive":     {"NAME_482bs Antrag", "KAYAs Antrag", 0},
		"in the genitive, with s":    {"NAME_483s Antrag", "Jens’ Antrag", 0},
		"small, capitals":            {"name_482 Name_482", "Kaya Kaya", 0},
		"bold, italic":               {"**NAME_482** _NAME_482_ „NAME_482“", "**Kaya** _Kaya_ „Kaya“", 0},
		"escaped":                    {`NAME\_482 und VORNAME\_482`, "Kaya und Elif", 0},
		"without the line":           {"Name 482, NAME-482, NAME482, NAME\u00a0482", "Kaya, Kaya, Kaya, Kaya", 0},
		"in a compound":              {"die NAME_482-Akte, Akte_NAME_482.pdf", "die Kaya-Akte, Akte_Kaya.pdf", 0},
		"translated":                 {"ADDRESS_517, PHONE_2345, SURNAME_482, FIRSTNAME_482, İSİM_482", `Hof "Süd" 4, 20095 Hamburg, 040 428-0, Kaya, Elif, Kaya`, 0},
		"as a person":                {"PERSON_482", "Elif Kaya", 0},
		"a surname nobody knows":     {"Frau NAME_484", "Frau Ada", 0},
		"made up":                    {"NAME_999 und NAME_482", "NAME_999 und Kaya", 1},
		"miscopied":                  {"NAME_4822, NAME_48", "NAME_4822, NAME_48", 1},
		"another kind's number":      {"IBAN_482 und NAME_611", "IBAN_482 und NAME_611", 2},
		"what the prompt itself has": {"Raum NAME_700", "Raum NAME_700", 0},
		"numbers that are no such":   {"Seite 482, § 517 BGB, 611 €, F_16, H2O", "Seite 482, § 517 BGB, 611 €, F_16, H2O", 0},
		"nothing":                    {"", "", 0},
	} {
		if got, stray := m.back(test.text, false); got != test.want || stray != test.stray {
			t.Errorf("%s: got %q with %d strays, want %q with %d", name, got, stray, test.want, test.stray)
		}
	}
}

// TestBackInJSON puts quotes and line breaks into strings.
func TestBackInJSON(t *testing.T) {
	m := someMask()
	got, _ := m.back(`{"wo": "ANSCHRIFT_517", "wer": "NAME_482"}`, true)
	var v map[string]string
	if err := json.Unmarshal([]byte(got), &v); err != nil || v["wo"] != `Hof "Süd" 4, 20095 Hamburg` || v["wer"] != "Kaya" {
		t.Errorf("got %s, %v", got, err)
	}
}

// TestStream cuts an answer at each byte, and at each two: what is shown is always a
// beginning of what is shown in the end.
func TestStream(t *testing.T) {
	m := someMask()
	answer := "Sehr geehrte Frau NAME_482,\n\n**VORNAME_482 NAME_482b** wohnt ANSCHRIFT_517. NAME_483s Telefon: TELEFON_2345; Person 482 und Name\u00a0482, NAME\\_482: IBAN_611 (Name 999).\nGrüße über Name 48 und Äpfel 482"
	final, _ := m.back(answer, false)
	shown := 0
	for i := range len(answer) + 1 {
		got, _ := m.back(held(answer[:i]), false)
		if !strings.HasPrefix(final, got) {
			t.Fatalf("after %q: %q is shown", answer[:i], got)
		}
		if len(got) < shown {
			t.Fatalf("after %q: text is taken back: %q", answer[:i], got)
		}
		shown = len(got)
	}
	if shown < len(final)*9/10 {
		t.Errorf("in the end %d of %d bytes are shown", shown, len(final))
	}
}

// TestComplete goes through the wall: the prompt is left as it was, the rule about
// placeholders is added only where there are some, and the report counts.
func TestComplete(t *testing.T) {
	w := newWall()
	p := Prompt{System: "Antworte.", Turns: []Turn{{Text: Fence("Brief", "Sehr geehrte Frau Kaya,\nIhre IBAN DE89 3704 0044 0532 0130 00?\nElif Kaya, Lindenstr. 4, 20095 Hamburg")}, {Assistant: true, Text: "Frau Kaya fragt."}, {Text: "Wer?"}}}
	var shown []string
	p.OnText = func(s string) { shown = append(shown, s) }
	before := p.Turns[0].Text
	done, err := w.complete(t.Context(), p, func(_ context.Context, sent Prompt) (Completion, error) {
		all := sent.System + sent.Turns[0].Text + sent.Turns[1].Text
		for _, secret := range []string{"Kaya", "Elif", "DE89", "Lindenstr", "20095", before[8:24]} {
			if strings.Contains(all, secret) {
				t.Errorf("%q is sent", secret)
			}
		}
		if !strings.Contains(sent.System, "Platzhalter") || !strings.Contains(all, "<<<DATA ") {
			t.Errorf("sent %s", all)
		}
		name := sent.Turns[1].Text[len("Frau ") : len("Frau ")+len("NAME_482")]
		sent.OnText("Frau " + name[:6])
		sent.OnText("Frau " + name + " fragt.")
		return Completion{Text: "Frau " + name + " fragt. NAME_11111"}, nil
	})
	if err != nil || done.Text != "Frau Kaya fragt. NAME_11111" || p.Turns[0].Text != before || p.System != "Antworte." {
		t.Errorf("got %+v, %v", done, err)
	}
	if want := "1 Name, 1 Anschrift, 1 Nummer; 1 Platzhalter des Modells, für den es kein Original gibt, steht noch im Text"; done.Replaced.DE != want {
		t.Errorf("replaced: %q", done.Replaced.DE)
	}
	if strings.Join(shown, "|") != "Frau |Frau Kaya " {
		t.Errorf("shown %q", shown)
	}
	done, err = newWall().complete(t.Context(), Prompt{System: "Antworte.", Turns: []Turn{{Text: "Wie hoch ist die Gebühr von 12,50 € am 3. November 2026?"}}}, func(_ context.Context, sent Prompt) (Completion, error) {
		if sent.System != "Antworte." || sent.Turns[0].Text != "Wie hoch ist die Gebühr von 12,50 € am 3. November 2026?" {
			t.Errorf("sent %+v", sent)
		}
		return Completion{Text: "x"}, nil
	})
	if err != nil || !strings.HasPrefix(done.Replaced.DE, "nichts") {
		t.Errorf("got %+v, %v", done, err)
	}
}

// TestLearn: what stands alone in a part is found by what the whole says, and an
// account by who it belongs to.
func TestLearn(t *testing.T) {
	sent := func(w *wall, text string) string {
		p, _, err := w.replace(Prompt{Turns: []Turn{{Text: text}}})
		if err != nil {
			t.Fatal(err)
		}
		return p.Turns[0].Text
	}
	const part = "Xylander hat widersprochen. [3] piet.brinkhof: ja"
	if got := sent(newWall(), part); !strings.Contains(got, "Xylander") {
		t.Fatalf("%q tells nothing: the test needs another name", got)
	}
	w := newWall()
	Learn(chain{{nil, w}}, []string{"piet.brinkhof", "poststelle@stadt.example"}, "Antrag von Herrn Ott Xylander vom 3. Mai.")
	if got := sent(w, part); strings.Contains(got, "Xylander") || strings.Contains(got, "brinkhof") || strings.Contains(got, "piet") {
		t.Errorf("sent %q", got)
	}
	Learn(nil, nil, "x") // no model: nothing
}

// TestUnreadable: a text in which names are not recognised is not sent.
func TestUnreadable(t *testing.T) {
	turkish := strings.Repeat("Sayın yetkili, oturma iznimin uzatılması için başvurumu yaptım ve henüz bir cevap alamadım. Lütfen bana bilgi verin. ", 4)
	german := strings.Repeat("Sehr geehrte Damen und Herren, hiermit beantrage ich die Verlängerung meiner Erlaubnis und bitte um Nachricht. ", 30)
	for name, test := range map[string]struct {
		text string
		ok   bool
	}{
		"German": {german, true}, "Turkish": {turkish, false}, "Turkish behind German": {german + turkish + turkish, false},
		"Arabic":  {"Er schrieb: السيد أحمد الحسيني من دمشق يطلب", false},
		"a table": {strings.Repeat("12 | 34,50 | A 4\n", 200), true}, "a Greek letter": {"Der Winkel α ist 3 µm", true},
	} {
		if readable(test.text) != test.ok {
			t.Errorf("%s: readable is %v", name, !test.ok)
		}
	}
}

// FuzzMask holds that nothing breaks on any text, that no number with check digits is
// left, and that what nobody changed comes back.
func FuzzMask(f *testing.F) {
	f.Add("Frau Elif Kaya, geb. 12.03.1980, DE89 3704 0044 0532 0130 00, elif.kaya@web.example NAME_482 <<<DATA 0123456789abcdef x>>>")
	f.Add("Name: Kaya\nVorname: Elif\nkaya_antrag.pdf 0171 2345678 Herr Müller-\nLüdenscheidt, Müllers")
	f.Fuzz(func(t *testing.T, text string) {
		if !utf8.ValidString(text) || len(text) > 2000 {
			t.Skip()
		}
		m := newMask([]string{text})
		before := m.texts[0]
		if _, err := m.replace(nil); err != nil {
			return
		}
		for _, found := range personal.Find(m.texts, personal.Options{}) {
			for _, f := range found {
				if f.Kind == personal.IBAN && f.Sure {
					t.Errorf("%q is left of %q", f.Text, text)
				}
			}
		}
		if got, _ := m.back(m.texts[0], false); squeezed(got) != squeezed(before) {
			t.Errorf("%q came back as %q by way of %q", before, got, m.texts[0])
		}
	})
}

// FuzzBack puts originals back into any answer, in pieces.
func FuzzBack(f *testing.F) {
	f.Add("Frau NAME_482s **Person 482** NAME\\_48", true)
	f.Fuzz(func(t *testing.T, answer string, inJSON bool) {
		if len(answer) > 500 {
			t.Skip()
		}
		m := someMask()
		final, _ := m.back(answer, inJSON)
		for i := range len(answer) + 1 {
			if got, _ := m.back(held(answer[:i]), inJSON); !strings.HasPrefix(final, got) {
				t.Fatalf("after %q: %q, in the end %q", answer[:i], got, final)
			}
		}
	})
}

// BenchmarkMask replaces what 300 pages have.
func BenchmarkMask(b *testing.B) {
	var text strings.Builder
	for text.Len() < 300*2500 {
		for _, l := range corpus(b, "open") {
			text.WriteString(l.text + "\n\n")
		}
	}
	b.SetBytes(int64(text.Len()))
	for b.Loop() {
		m := newMask([]string{text.String()})
		if _, err := m.replace(nil); err != nil {
			b.Fatal(err)
		}
	}
}
