package draft

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"amtsbote/bots"
	"amtsbote/skills/document"
	"amtsbote/skills/llm/llmtest"
)

// talk is a conversation of a colleague with the skill, kept as the core keeps it.
type talk struct {
	t       *testing.T
	s       *Skill
	docs    map[string]document.Document
	history []bots.Turn
	n       int
}

// mail is a mail of the colleague, with these words above.
func (c *talk) mail(words string, d document.Document) (bots.Answer, error) {
	c.n++
	name := fmt.Sprintf("%d.eml", c.n)
	c.docs[name] = d
	tk := colleague(name, words)
	tk.History = c.history
	a, err := c.s.Do(c.t.Context(), tk)
	if err == nil {
		c.history = append(c.history, bots.Turn{ID: name, Text: words, Files: tk.Message.Files}, bots.Turn{ID: name + "/answer", Bot: true, Skill: "draft", Drafts: a.Drafts})
	}
	return a, err
}

func (c *talk) must(words string, d document.Document) bots.Answer {
	c.t.Helper()
	a, err := c.mail(words, d)
	if err != nil {
		c.t.Fatal(err)
	}
	return a
}

// reply is a mail that answers Amtsbote's own, in the forms that mail programs have.
func reply(words, below string) document.Document {
	d := forward(words + "\n\n" + below)
	d.Mail.Subject, d.Mail.InReplyTo = "AW: AW: WG: Widerspruch", "amtsbote."+strings.Repeat("0a", 16)+"@musterstadt.example"
	return d
}

// quotes are how programs quote the earlier answer, brief, draft, citizen and all.
var quotes = map[string]func(answer string) string{
	"nothing quoted": func(string) string { return "" },
	"Outlook": func(s string) string {
		return "Von: Amtsbote <amtsbote@musterstadt.example>\nGesendet: Montag, 23. November 2026 08:05\nAn: Petra Lindner <petra.lindner@musterstadt.example>\nBetreff: AW: WG: Widerspruch\n\n" + s
	},
	"Outlook, names only": func(s string) string {
		return "Von: Amtsbote\nGesendet: Montag, 23. November 2026 08:05\nAn: Petra Lindner\nBetreff: AW: WG: Widerspruch\n\n" + s
	},
	"Thunderbird": func(s string) string {
		return "Am 23.11.2026 um 08:05 schrieb Amtsbote:\n" + "> " + strings.ReplaceAll(s, "\n", "\n> ")
	},
	"only > and no line":   func(s string) string { return "> " + strings.ReplaceAll(s, "\n", "\n> ") },
	"a rule and no header": func(s string) string { return "________________________________\n" + s },
	"as it stands":         func(s string) string { return "-----Ursprüngliche Nachricht-----\n" + s },
}

func begin(t *testing.T, m *llmtest.Model, note string, letters ...document.Document) (*talk, bots.Answer) {
	docs := map[string]document.Document{}
	c := &talk{t: t, s: skill(office, m, docs), docs: docs}
	return c, c.must(note, forward(note, letters...))
}

// TestReplyIsNoNewLetter: a wish above the whole earlier answer changes the draft,
// however the program quotes, also a second time.
func TestReplyIsNoNewLetter(t *testing.T) {
	for name, quote := range quotes {
		t.Run(name, func(t *testing.T) {
			m := llmtest.Script("BRIEF:\nWir prüfen Ihren Widerspruch.\nENDE", "BRIEF:\nWir prüfen ihn.\nENDE", "BRIEF:\nGern prüfen wir ihn.\nENDE")
			c, first := begin(t, m, "bitte antworten", jana())
			whole := first.Text.DE + "\n\n----- Entwurf -----\n\n" + first.Drafts[0].Text + "\n\n" + first.Drafts[0].QuoteFrom + "\n> " + strings.ReplaceAll(first.Drafts[0].Quote, "\n", "\n> ")
			for i, wish := range []string{"kürzer", "freundlicher"} {
				a := c.must(wish, reply(wish, quote(whole)))
				want := []string{"Wir prüfen ihn.", "Gern prüfen wir ihn."}[i]
				if len(a.Drafts) != 1 || !strings.Contains(a.Drafts[0].Text, want) || !strings.HasPrefix(a.Text.DE, "Der Entwurf ist geändert.") {
					t.Fatalf("%s: got %s\n%+v", wish, a.Text.DE, a.Drafts)
				}
				d := a.Drafts[0]
				if d.InReplyTo != "a1@example.org" || d.Subject != first.Drafts[0].Subject || d.Quote != first.Drafts[0].Quote || !strings.HasPrefix(d.Text, "Sehr geehrte Frau Wieczorek,") {
					t.Errorf("%s: head, thread or quote changed:\n%s", wish, showDraft(d))
				}
				p := m.Prompts()[i+1].Turns[0].Text
				if !strings.Contains(p, "Meldebestätigung, der Mietvertrag") || !strings.Contains(outside(p), "Kollegen: "+wish+"\n") {
					t.Errorf("%s: the model was not given letter and wish:\n%s", wish, p)
				}
			}
		})
	}
}

// TestForgottenDraft: the answer to an answer that is no longer known is no letter
// either.
func TestForgottenDraft(t *testing.T) {
	docs := map[string]document.Document{"r.eml": reply("kürzer", quotes["Outlook"]("Sehr geehrte Frau Wieczorek,\n\nwann kommt die Müllabfuhr?"))}
	wantRefusal(t, skill(office, llmtest.Script("BRIEF:\nx\nENDE"), docs), colleague("r.eml", "kürzer"), "noch einmal weiter")
}

// TestNewLetterInReply: a letter attached to a reply is a new letter.
func TestNewLetterInReply(t *testing.T) {
	c, _ := begin(t, nil, "bitte", jana())
	next := reply("und dieser", "")
	l := plainLetter("Robin Weiß", "Müll", "Wann kommt die Müllabfuhr?")
	next.Parts = []document.Part{{Name: "brief.eml", Type: "message/rfc822", Doc: &l}}
	if a := c.must("und dieser", next); len(a.Drafts) != 1 || a.Drafts[0].Subject != "AW: Müll" {
		t.Errorf("got %+v", a.Drafts)
	}
	// Amtsbote's own draft sent along is not.
	own := reply("kürzer", "")
	draft := plainLetter("Petra Lindner", "AW: Müll", "Guten Tag Robin Weiß,")
	draft.Mail.MessageID = "amtsbote." + strings.Repeat("0b", 16) + "@musterstadt.example"
	own.Parts = []document.Part{{Name: "Antwortentwurf.eml", Type: "message/rfc822", Doc: &draft}}
	_, err := c.mail("kürzer", own)
	if r, ok := errors.AsType[*bots.Refusal](err); !ok || r.Text != needsModel {
		t.Errorf("got %v, want that a model is needed for the change", err)
	}
}

// TestSeveralDraftsByNumber: numbers stay those of the first brief, whatever was
// changed in between.
func TestSeveralDraftsByNumber(t *testing.T) {
	weiss := plainLetter("Robin Weiß", "Müll", "Wann kommt die Müllabfuhr?")
	weiss.Mail.MessageID = "w@example.org"
	m := llmtest.Script("BRIEF:\nEins.\nENDE", "BRIEF:\nZwei.\nENDE", "BRIEF:\nZwei, anders.\nENDE", "BRIEF:\nEins, anders.\nENDE",
		"BRIEF:\nZwei, noch anders.\nENDE", "BRIEF:\nAlle.\nENDE")
	c, _ := begin(t, m, "bitte alle", jana(), weiss)
	steps := []struct {
		wish string
		want []string
		said string
	}{
		{"Entwurf 2 kürzer", []string{"Zwei, anders."}, "Entwurf 2 ist geändert."},
		{"Entwurf 1 freundlicher", []string{"Eins, anders."}, "Entwurf 1 ist geändert."},
		{"den Entwurf an Weiß bitte kürzer", []string{"Zwei, noch anders."}, "Entwurf 2 ist geändert."},
		{"alle kürzer", []string{"Alle.", "Alle."}, "Entwurf 1 ist geändert."},
	}
	for _, step := range steps {
		a := c.must(step.wish, reply(step.wish, ""))
		if len(a.Drafts) != len(step.want) || !strings.HasPrefix(a.Text.DE, step.said) {
			t.Fatalf("%s: got %s, %d drafts", step.wish, a.Text.DE, len(a.Drafts))
		}
		for i, want := range step.want {
			if !strings.Contains(a.Drafts[i].Text, want) {
				t.Errorf("%s: got %s", step.wish, a.Drafts[i].Text)
			}
		}
	}
	if _, err := c.mail("Ziffer 2 ablehnen", reply("Ziffer 2 ablehnen", "")); !errors.As(err, new(*bots.Refusal)) {
		t.Errorf("a wish that names no draft changed one: %v", err)
	}
}

func TestPick(t *testing.T) {
	var all []draftVersion
	for _, to := range []string{"Jana Wieczorek <j@example.org>", `"Weiß, Robin" <r@example.org>`, "x@example.org"} {
		all = append(all, draftVersion{Draft: bots.Draft{To: []string{to}}})
	}
	for wish, want := range map[string]string{"Entwurf 2 kürzer": "[1]", "den zweiten Entwurf": "[1]", "3. Entwurf": "[2]", "Entwürfe 1 und 3": "[0 2]", "Nr. 3": "[2]", "draft 1 shorter": "[0]",
		"an Frau Wieczorek kürzer": "[0]", "alle kürzer": "[0 1 2]", "kürzer": "[]", "Entwurf 7": "[]", "Ziffer 2 ablehnen": "[]", "Entwurf 0": "[]", "the third draft": "[2]",
		"Entwürfe 1-2 kürzer": "[0 1]", "Briefe 2 bis 3": "[1 2]", "Entwurf 7, alle Fristen nennen": "[]", "Entwurf 7 an Wieczorek": "[]", "alle Fristen nennen": "[]", "alle Entwürfe": "[0 1 2]", "bitte alle": "[0 1 2]"} {
		if got := fmt.Sprint(pick(all, wish)); got != want {
			t.Errorf("%q: got %s, want %s", wish, got, want)
		}
	}
}

// TestNameIsNoWish: who is addressed chose the name, and cannot have a draft changed
// by a name that is a wish.
func TestNameIsNoWish(t *testing.T) {
	for _, name := range []string{"Bitte", "Kürzer", "Kurz", "Freundlich"} {
		all := []draftVersion{{Draft: bots.Draft{To: []string{"Max " + name + " <m@example.org>"}}}, {Draft: bots.Draft{To: []string{"r@example.org"}}}}
		for _, wish := range []string{"Bitte kürzer", "Kürzer", "kürzer bitte", "Freundlich", "Antworten Sie kürzer", "antworten Sie kurz"} {
			if got := pick(all, wish); len(got) > 0 {
				t.Errorf("%q changes the draft to %s", wish, name)
			}
		}
	}
}

// TestScansApart: of two scans in one mail, which neither Message-ID nor quote tells
// apart, the one that is named is changed, and with its own letter at hand.
func TestScansApart(t *testing.T) {
	scan := func(what string) document.Document {
		pdf := document.Document{Type: "application/pdf", Name: "scan.pdf", Pages: []document.Page{{N: 1, Text: "Sehr geehrte Damen und Herren,\n\nich beantrage " + what + ". Bitte antworten Sie."}}}
		return document.Document{Type: "message/rfc822", Mail: &document.Mail{From: []document.Address{{Email: "kopierer@musterstadt.example"}}, Subject: "Scan"},
			Parts: []document.Part{{Name: "scan.pdf", Type: "application/pdf", Doc: &pdf}}}
	}
	m := llmtest.Script("BRIEF:\nDie Tonne prüfen wir.\nENDE", "BRIEF:\nDen Hund prüfen wir.\nENDE", "BRIEF:\nIhr Hund wird geprüft.\nENDE")
	c, _ := begin(t, m, "bitte", scan("eine Mülltonne"), scan("einen Hund"))
	c.must("Entwurf 2 kürzer", reply("Entwurf 2 kürzer", ""))
	all := current(c.history)
	if len(all) != 2 || !strings.Contains(all[0].Text, "Die Tonne prüfen wir.") || !strings.Contains(all[1].Text, "Ihr Hund wird geprüft.") {
		t.Errorf("got %+v", all)
	}
	if p := m.Prompts()[2].Turns[0].Text; !strings.Contains(p, "beantrage einen Hund") || strings.Contains(p, "Mülltonne") {
		t.Errorf("changed with another letter:\n%s", p)
	}
}

// TestGapsAreCountedAnew: a changed draft has the gaps that stand in it, and is said to.
func TestGapsAreCountedAnew(t *testing.T) {
	c, first := begin(t, llmtest.Script("BRIEF:\nAm [bitte ergänzen: Tag] um [bitte ergänzen: Uhrzeit].\nENDE", "BRIEF:\nAm [bitte ergänzen: Tag].\nENDE"), "bitte", jana())
	a := c.must("kürzer", reply("kürzer", ""))
	was, is := first.Drafts[0].Gaps, a.Drafts[0].Gaps
	if was != 2 || is != 1 || !strings.Contains(a.Text.DE, "**eine Lücke**") && !strings.Contains(a.Text.DE, "**1 Lücke**") {
		t.Errorf("%d gaps became %d:\n%s", was, is, a.Text.DE)
	}
}

// TestReframe: a wish for another language or form of address changes salutation,
// opening and closing too; without a model it makes the skeleton anew.
func TestReframe(t *testing.T) {
	for name, m := range map[string]*llmtest.Model{"rules": nil, "model": llmtest.Script("BRIEF:\nDas prüfen wir.\nENDE", "BRIEF:\nWe will look into it.\nENDE", "BRIEF:\nBitte warten.\nENDE")} {
		t.Run(name, func(t *testing.T) {
			c, _ := begin(t, m, "bitte", jana())
			a := c.must("auf Englisch", reply("auf Englisch", ""))
			d := a.Drafts[0]
			if !strings.HasPrefix(d.Text, "Dear Ms Wieczorek,\n\nThank you for your e-mail") || !strings.Contains(d.Text, "Kind regards") || !strings.HasPrefix(d.Subject, "Re: Widerspruch") || d.Language != "en" {
				t.Errorf("got\n%s", showDraft(d))
			}
			if strings.Contains(d.Text, "freundlichen Grüßen") || d.To[0] != "Jana Wieczorek <jana.wieczorek@example.org>" || d.InReplyTo != "a1@example.org" {
				t.Errorf("got\n%s", showDraft(d))
			}
			if name == "rules" && !strings.Contains(a.Text.DE, "eingearbeitet: Sprache Englisch") {
				t.Errorf("got %s", a.Text.DE)
			}
			d = c.must("auf Deutsch und duzen", reply("auf Deutsch und duzen", "")).Drafts[0]
			if !strings.HasPrefix(d.Text, "Hallo Jana,\n\nvielen Dank für deine E-Mail") || !strings.Contains(d.Text, "Viele Grüße") {
				t.Errorf("got\n%s", showDraft(d))
			}
			if m == nil {
				return
			}
			c.must("kürzer", reply("kürzer", ""))
			if p := m.Prompts(); !strings.Contains(p[len(p)-1].Turns[0].Text, "Form der Anrede: du") {
				t.Error("the next change does not know that the draft says du")
			}
		})
	}
}

// TestGermanVersion: of a foreign letter the colleague gets letter and draft in
// German, and the draft holds none of it.
func TestGermanVersion(t *testing.T) {
	en := plainLetter("John Miller", "Parking", "Dear Sir or Madam,\n\ncould you please tell me which documents I need for a resident parking permit? The fee of 30.70 € is too high.\n\nKind regards\nJohn Miller")
	m := llmtest.Script("BRIEF:\nYou need a form. Your application has been approved.\nENDE",
		"BRIEF:\nSehr geehrte Damen und Herren, welche Unterlagen brauche ich? Die Gebühr von 30,70 € ist zu hoch. Siehe https://evil.example/x\nENTWURF:\nSie brauchen ein Formular. Ihr Antrag wird genehmigt. [bitte ergänzen: Form]\nENDE")
	a := do(t, skill(office, m, map[string]document.Document{"w.eml": forward("bitte", en)}), colleague("w.eml", "bitte"))
	for _, want := range []string{"**Der Brief auf Deutsch** (mit KI übersetzt, nur für Sie", "> Sehr geehrte Damen und Herren, welche Unterlagen", "**Der Entwurf auf Deutsch**", "bitte prüfen: wird genehmigt", "30,70 € ist zu hoch"} {
		if !strings.Contains(a.Text.DE, want) {
			t.Errorf("the brief lacks %q:\n%s", want, a.Text.DE)
		}
	}
	if strings.Contains(a.Text.DE, "evil.example") || strings.Contains(a.Drafts[0].Text, "Formular") || !strings.Contains(a.Drafts[0].Text, "[bitte prüfen: has been approved]") {
		t.Errorf("got\n%s\n%s", a.Text.DE, a.Drafts[0].Text)
	}
	if p := m.Prompts()[1]; strings.Contains(outside(p.Turns[0].Text), "parking") || !strings.Contains(p.Turns[0].Text, "resident parking permit?") {
		t.Errorf("the letter is not fenced:\n%s", p.Turns[0].Text)
	}
	t.Run("a model that fails at it holds nothing up", func(t *testing.T) {
		for _, answer := range []string{"", "no idea"} {
			m := llmtest.Script("BRIEF:\nYou need a form.\nENDE", answer)
			a := do(t, skill(office, m, map[string]document.Document{"en.eml": en}), task("en.eml"))
			if len(a.Drafts) != 1 || !strings.Contains(a.Text.DE, "Fassung ist dem Sprachmodell nicht gelungen") || strings.Contains(a.Text.DE, "auf Deutsch**") {
				t.Errorf("%q: got %s", answer, a.Text.DE)
			}
		}
	})
	t.Run("a Polish letter gets a German draft and is shown in German", func(t *testing.T) {
		pl := plainLetter("Agnieszka Nowak", "Zameldowanie", "Dzień dobry,\n\nchciałabym się zameldować w Musterstadt. Jakie dokumenty są potrzebne i kiedy mogę przyjść do urzędu?")
		m := llmtest.Script("BRIEF:\nSie brauchen ein Formular.\nENDE", "BRIEF:\nIch möchte mich anmelden.\nENTWURF:\nerfunden\nENDE")
		a := do(t, skill(office, m, map[string]document.Document{"pl.eml": pl}), task("pl.eml"))
		if a.Drafts[0].Language != "de" || !strings.Contains(a.Text.DE, "> Ich möchte mich anmelden.") || strings.Contains(a.Text.DE, "erfunden") {
			t.Errorf("got %s", a.Text.DE)
		}
	})
	t.Run("of a German letter only the English draft is shown in German", func(t *testing.T) {
		m := llmtest.Script("BRIEF:\nWe will look into it.\nENDE", "BRIEF:\nerfunden\nENTWURF:\nDas prüfen wir.\nENDE")
		a := do(t, skill(office, m, map[string]document.Document{"w.eml": forward("auf Englisch", jana())}), colleague("w.eml", "auf Englisch"))
		if strings.Contains(a.Text.DE, "erfunden") || !strings.Contains(a.Text.DE, "> Das prüfen wir.") {
			t.Errorf("got %s", a.Text.DE)
		}
	})
	t.Run("a German letter costs no second request", func(t *testing.T) {
		m := llmtest.Script("BRIEF:\nDas prüfen wir.\nENDE")
		do(t, skill(office, m, map[string]document.Document{"jana.eml": jana()}), task("jana.eml"))
		if n := len(m.Prompts()); n != 1 {
			t.Errorf("got %d requests", n)
		}
	})
}

// TestKindsWithoutDraft: what is off by default, and that it can be turned on.
func TestKindsWithoutDraft(t *testing.T) {
	docs := map[string]document.Document{
		"job":     plainLetter("Lea Sommer", "Bewerbung als Gärtnerin", "Sehr geehrte Damen und Herren,\n\nanbei meine Bewerbung."),
		"council": plainLetter("Uwe Kern", "Personalrat: Anhörung", "Sehr geehrte Damen und Herren,\n\nder Personalrat bittet um Auskunft."),
		"court":   plainLetter("Amtsgericht", "Ladung", "In dem Rechtsstreit Meier gegen Stadt Musterstadt wird um Stellungnahme binnen zwei Wochen gebeten."),
		"aid":     plainLetter("Eva Lang", "Beihilfeantrag", "Sehr geehrte Damen und Herren,\n\nanbei mein Beihilfeantrag mit Rechnungen."),
	}
	for name := range docs {
		m := llmtest.Script("KURZ: x\nBRIEF:\nDas prüfen wir.\nENDE")
		a := do(t, skill(Config{}, m, docs), task(name))
		if len(a.Drafts) != 0 || !strings.Contains(a.Text.DE, "kein Entwurf eingestellt") || len(m.Prompts()) != 0 {
			t.Errorf("%s: got %d drafts, %d requests to the model", name, len(a.Drafts), len(m.Prompts()))
		}
		if a := do(t, skill(Config{NoDraft: []string{}}, m, docs), task(name)); len(a.Drafts) != 1 {
			t.Errorf("%s: no draft though all are on", name)
		}
	}
}

// TestMailboxes: one mailbox has its own lines, field by field, another does not.
func TestMailboxes(t *testing.T) {
	cfg := office
	cfg.Style, cfg.Contact = "Kurze Sätze.", "Telefon 1"
	cfg.Mailboxes = map[string]Mailbox{"jugend": {Signer: "Ben Roth", Contact: "Telefon 2", By: "Jugendamt", Closing: "Bis bald", Footer: []string{"Jugendtreff · Parkweg 3"},
		Prefix: "Antw", Address: "du", Style: "Locker.", NoDraft: []string{"widerspruch"}}, "bau": {Language: "en"}}
	if err := cfg.Validate(); err != nil {
		t.Fatal(err)
	}
	docs := map[string]document.Document{"l.eml": plainLetter("Robin Weiß", "Müll", "Wann kommt die Müllabfuhr?"), "jana.eml": jana()}
	ask := func(connector, file string) (bots.Answer, string) {
		m := llmtest.Script("BRIEF:\nDas prüfen wir.\nENDE")
		tk := task(file)
		tk.Message.Connector = connector
		a := do(t, skill(cfg, m, docs), tk)
		if len(m.Prompts()) == 0 {
			return a, ""
		}
		return a, m.Prompts()[0].Turns[0].Text
	}
	a, prompt := ask("jugend", "l.eml")
	d := a.Drafts[0]
	if d.Subject != "Antw: Müll" || !strings.HasSuffix(d.Text, "\n\nBis bald\nJugendamt\nBen Roth\nTelefon 2\n\nJugendtreff · Parkweg 3") || !strings.HasPrefix(d.Text, "Hallo Robin,") ||
		!strings.Contains(prompt, "Stil des Hauses: Locker.") {
		t.Errorf("got\n%s\n%s", showDraft(d), prompt)
	}
	if a, _ := ask("jugend", "jana.eml"); len(a.Drafts) != 0 {
		t.Error("an objection has a draft in a mailbox where it has none")
	}
	if a, _ := ask("bau", "l.eml"); !strings.Contains(a.Drafts[0].Text, "Kind regards\nIm Auftrag\nAylin Yılmaz\nTelefon 1") {
		t.Errorf("got\n%s", a.Drafts[0].Text)
	}
	a, prompt = ask("other", "jana.eml")
	if !strings.Contains(a.Drafts[0].Text, "Mit freundlichen Grüßen\nIm Auftrag\nAylin Yılmaz\nTelefon 1\n\nStadt") || !strings.Contains(prompt, "Kurze Sätze.") {
		t.Errorf("got\n%s", a.Drafts[0].Text)
	}
	cfg.Mailboxes["jugend"] = Mailbox{Address: "ihr", Language: "fr", NoDraft: []string{"spam"}, By: "a\nb"}
	err := cfg.Validate()
	for _, key := range []string{"mailboxes.jugend.address", "mailboxes.jugend.language", "mailboxes.jugend.no_draft[0]", "mailboxes.jugend.by"} {
		if err == nil || !strings.Contains(err.Error(), key) {
			t.Errorf("no error about %s in %v", key, err)
		}
	}
}

// TestEncryptedStaysClosed: also where something legible stands around it.
func TestEncryptedStaysClosed(t *testing.T) {
	d := plainLetter("Jana Wieczorek", "Vertraulich", "Diese Mail wurde vom Gateway geprüft.\n\n-----BEGIN PGP MESSAGE-----\nabc\n-----END PGP MESSAGE-----")
	d.Mail.Encrypted = "pgp"
	m := llmtest.Script("BRIEF:\nx\nENDE")
	a := do(t, skill(office, m, map[string]document.Document{"c.eml": d}), task("c.eml"))
	if len(a.Drafts) != 0 || len(m.Prompts()) != 0 || !strings.Contains(a.Text.DE, "Ein Entwurf ist nicht möglich: Die Mail ist verschlüsselt.") || len(a.Text.DE) > 1200 {
		t.Errorf("got %d drafts, %d requests\n%s", len(a.Drafts), len(m.Prompts()), a.Text.DE)
	}
}

// TestForwardOfClosed: an encrypted letter or an invitation forwarded in the text is
// still one, though only the colleague's own mail has the mark.
func TestForwardOfClosed(t *testing.T) {
	for name, set := range map[string]func(*document.Mail){"nicht möglich: Die Mail ist verschlüsselt": func(m *document.Mail) { m.Encrypted = "pgp" }, "Einladung wird im Kalender beantwortet": func(m *document.Mail) { m.Invitation = "request" }} {
		d := forward("bitte antworten\n\n________________________________\nVon: Jana <jana@example.org>\nGesendet: Freitag, 20. November 2026 18:42\nAn: buergerbuero@musterstadt.example\nBetreff: Vertraulich\n\nDiese Mail ist geschützt.\n\nJana")
		d.Mail.Subject = "WG: Vertraulich"
		set(d.Mail)
		m := llmtest.Script("BRIEF:\nx\nENDE")
		a := do(t, skill(office, m, map[string]document.Document{"c.eml": d}), colleague("c.eml", "bitte antworten"))
		if len(a.Drafts) != 0 || len(m.Prompts()) != 0 || !strings.Contains(a.Text.DE, name) {
			t.Errorf("got %d drafts, %d requests\n%s", len(a.Drafts), len(m.Prompts()), a.Text.DE)
		}
	}
}

// TestThreading: whole References, In-Reply-To, Reply-To before From, copies
// without the office's own addresses, one mark of a reply.
func TestThreading(t *testing.T) {
	d := plainLetter("Jana Wieczorek", "AW: Re: AW: WG: Parkausweis", "Wann ist er fertig?")
	d.Mail.MessageID, d.Mail.References = "c@example.org", []string{"a@example.org", "b@musterstadt.example"}
	d.Mail.ReplyTo = []document.Address{{Name: "Kanzlei Weiß", Email: "kanzlei@example.net"}}
	d.Mail.To = []document.Address{{Email: "buergerbuero@musterstadt.example"}, {Email: "mitbewohner@example.org"}}
	d.Mail.Cc = []document.Address{{Email: "petra.lindner@musterstadt.example"}, {Name: "Anwalt", Email: "anwalt@example.net"}, {Email: "presse@tochter.example"}}
	cfg := office
	cfg.Own = []string{"tochter.example"}
	got := do(t, skill(cfg, nil, map[string]document.Document{"l.eml": d}), task("l.eml")).Drafts[0]
	if got.Subject != "AW: Parkausweis" || got.InReplyTo != "c@example.org" || strings.Join(got.References, " ") != "a@example.org b@musterstadt.example c@example.org" ||
		strings.Join(got.To, ",") != "Kanzlei Weiß <kanzlei@example.net>" || strings.Contains(strings.Join(got.Cc, ","), "musterstadt") || strings.Contains(strings.Join(got.Cc, ","), "tochter") ||
		!strings.Contains(strings.Join(got.Cc, ","), "anwalt@example.net") {
		t.Errorf("got\n%s", showDraft(got))
	}
	if strings.Count(got.Text, "Aylin Yılmaz") != 1 || strings.Count(got.Text, "Mit freundlichen Grüßen") != 1 {
		t.Errorf("the signature does not stand once:\n%s", got.Text)
	}
}

// TestFollowWords: wishes for a draft are known as such by the core, so that in a
// chat no other skill takes them; a file with the words is about itself.
func TestFollowWords(t *testing.T) {
	follow := New(office, nil, nil, nil).Info().Follow
	for _, wish := range []string{"Kürzer bitte", "freundlicher", "Ziffer 2 ablehnen", "auf Englisch", "bitte duzen", "Entwurf 2 länger", "bitte absagen", "decline number 2"} {
		if !slices.ContainsFunc(follow, func(cue string) bool { return strings.Contains(" "+strings.ToLower(wish), " "+cue) }) {
			t.Errorf("%q is not known for a wish", wish)
		}
	}
	c, _ := begin(t, llmtest.Script("BRIEF:\nx\nENDE"), "bitte", jana())
	tk := colleague("Plan.pdf", "Fass das kürzer zusammen")
	tk.Message.Files[0].Type, tk.History = "application/pdf", c.history
	if _, err := c.s.Do(t.Context(), tk); !errors.Is(err, bots.ErrPass) {
		t.Errorf("got %v", err)
	}
}
