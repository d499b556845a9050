package quote

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"amtsbote/skills/document"
)

func ExampleSplit() {
	blocks := Split("bitte absagen\n\nVon: Jana Wieczorek <jana@example.org>\nGesendet: Freitag, 20. November 2026 18:42\nAn: Bürgerbüro\nBetreff: Termin\n\nIch brauche einen Termin.\n\nMit freundlichen Grüßen\nJana Wieczorek\n\nVon meinem iPhone gesendet", time.UTC)
	fmt.Println(blocks[0].Text)
	b := blocks[1]
	p := Trim(b.Text)
	fmt.Println(b.Mark, b.Head.From[0].Email, b.Head.Date.Format(time.DateTime), b.Head.Subject)
	fmt.Println(p.Body, "|", p.Closing, "|", p.Signature, "|", p.Notes)
	// Output:
	// bitte absagen
	//
	// headers jana@example.org 2026-11-20 18:42:00 Termin
	// Ich brauche einen Termin. | Mit freundlichen Grüßen | Jana Wieczorek | Von meinem iPhone gesendet
}

// jana is who wrote the mail below each mark of TestMarks, at 18:42 on November 20.
const jana = "Jana Wieczorek <jana@example.org>"

// TestMarks has the marks of mail programs as they stand in forwards and replies.
// Below each stands "Text."; above it "Notiz."
func TestMarks(t *testing.T) {
	marks := map[string]string{
		"Outlook, German":                "Von: Jana Wieczorek <jana@example.org>\nGesendet: Freitag, 20. November 2026 18:42\nAn: Amt <amt@stadt.example>\nCc: B <b@x.example>\nBetreff: Termin\n\nText.",
		"Outlook, English":               "From: Jana Wieczorek <jana@example.org>\nSent: Friday, November 20, 2026 6:42 PM\nTo: Amt\nSubject: Termin\n\nText.",
		"Outlook 2003":                   "-----Ursprüngliche Nachricht-----\nVon: Jana Wieczorek [mailto:jana@example.org]\nGesendet: Freitag, 20. November 2026 18:42\nAn: Amt\nBetreff: Termin\n\nText.",
		"Outlook, plain English":         "-----Original Message-----\nFrom: Jana Wieczorek <jana@example.org> \nSent: Friday, November 20, 2026 6:42 PM\nTo: amt@stadt.example\nSubject: Termin\n\nText.",
		"Outlook, importance":            "Von: Jana Wieczorek <jana@example.org>\nGesendet: Freitag, 20. November 2026 18:42\nAn: Amt\nBetreff: Termin\nWichtigkeit: Hoch\n\nText.",
		"new Outlook, Datum":             "Von: Jana Wieczorek <jana@example.org>\nDatum: Freitag, 20. November 2026 um 18:42\nAn: Amt\nBetreff: Termin\nText.",
		"Outlook on the web":             "________________________________\nVon: Jana Wieczorek <jana@example.org>\nGesendet: Freitag, 20. November 2026 18:42:05\nAn: Amt\nBetreff: Termin\n\nText.",
		"Outlook, bold":                  "*Von:* Jana Wieczorek <jana@example.org>\n*Gesendet:* Freitag, 20. November 2026 18:42\n*An:* Amt\n*Betreff:* Termin\n\nText.",
		"bold in Markdown":               "**Von:** Jana Wieczorek <jana@example.org>\n**Gesendet:** Freitag, 20. November 2026 18:42\n**An:** Amt\n**Betreff:** Termin\n\nText.",
		"many recipients over lines":     "Von: Jana Wieczorek <jana@example.org>\nGesendet: Freitag, 20. November 2026 18:42\nAn: Amt <amt@stadt.example>; Zweites Amt\n <zwei@stadt.example>; Drittes Amt\n <drei@stadt.example>\nBetreff: Termin\n\nText.",
		"blank lines between the lines":  "Von: Jana Wieczorek <jana@example.org>\n\nGesendet: Freitag, 20. November 2026 18:42\n\nAn: Amt\n\nBetreff: Termin\n\nText.",
		"all on one line":                "Von: Jana Wieczorek <jana@example.org> Gesendet: Freitag, 20. November 2026 18:42 An: Amt Betreff: Termin\nText.",
		"labels and values on lines":     "-----Ursprüngliche Nachricht-----\nVon:\nJana Wieczorek <jana@example.org>\nGesendet:\nFreitag, 20. November 2026 18:42\nAn:\nAmt\nBetreff:\nTermin\n\nText.",
		"cells of a table":               "-------- Weitergeleitete Nachricht --------\nBetreff: | Termin\nDatum: | Fri, 20 Nov 2026 18:42:05 +0000\nVon: | Jana Wieczorek <jana@example.org>\nAn: | amt@stadt.example\n\nText.",
		"a delegate":                     "Von: Sekretariat <sek@example.org> im Auftrag von Jana Wieczorek <jana@example.org>\nGesendet: Freitag, 20. November 2026 18:42\nAn: Amt\nBetreff: Termin\n\nText.",
		"Thunderbird":                    "-------- Weitergeleitete Nachricht --------\nBetreff: \tTermin\nDatum: \tFri, 20 Nov 2026 18:42:05 +0000\nVon: \tJana Wieczorek <jana@example.org>\nAn: \tamt@stadt.example\n\n\nText.",
		"Thunderbird, English":           "-------- Forwarded Message --------\nSubject: Termin\nDate: Fri, 20 Nov 2026 18:42:05 +0000\nFrom: Jana Wieczorek <jana@example.org>\nTo: amt@stadt.example\n\nText.",
		"Apple Mail, quoted":             "Anfang der weitergeleiteten Nachricht:\n\n> Von: Jana Wieczorek <jana@example.org>\n> Betreff: Termin\n> Datum: 20. November 2026 um 18:42:05 MEZ\n> An: amt@stadt.example\n> \n> Text.",
		"iOS":                            "Anfang der weitergeleiteten Nachricht:\n\nVon: Jana Wieczorek <jana@example.org>\nDatum: 20. November 2026 um 18:42:05 MEZ\nAn: amt@stadt.example\nBetreff: Termin\n\n\ufeffText.",
		"Apple Mail, English":            "Begin forwarded message:\n\n> From: Jana Wieczorek <jana@example.org>\n> Subject: Termin\n> Date: 20 November 2026 at 18:42:05 CET\n> To: amt@stadt.example\n>\n> Text.",
		"Claws":                          "Beginn der weitergeleiteten Nachricht:\n\nDate: Fri, 20 Nov 2026 18:42:05 +0000\nFrom: Jana Wieczorek <jana@example.org>\nTo: amt@stadt.example\nSubject: Termin\n\nText.",
		"Gmail":                          "---------- Forwarded message ---------\nVon: Jana Wieczorek <jana@example.org>\nDate: Fr., 20. Nov. 2026 um 18:42 Uhr\nSubject: Termin\nTo: <amt@stadt.example>\n\n\nText.",
		"GMX and WEB.DE":                 "Gesendet: Freitag, 20. November 2026 um 18:42 Uhr\nVon: \"Jana Wieczorek\" <jana@example.org>\nAn: amt@stadt.example\nBetreff: Termin\nText.",
		"T-Online":                       "-----Original-Nachricht-----\nBetreff: Termin\nDatum: 2026-11-20T18:42:05+0100\nVon: \"Jana Wieczorek\" <jana@example.org>\nAn: amt@stadt.example\n\nText.",
		"Samsung":                        "-------- Ursprüngliche Nachricht --------\nVon: Jana Wieczorek <jana@example.org>\nDatum: 20.11.26 18:42 (GMT+01:00)\nAn: amt@stadt.example\nBetreff: Termin\n\nText.",
		"Samsung, English":               "-------- Original message --------\nFrom: Jana Wieczorek <jana@example.org>\nDate: 11/20/26 6:42 PM (GMT+01:00)\nTo: amt@stadt.example\nSubject: Termin\n\nText.",
		"eM Client":                      "------ Originalnachricht ------\nVon: \"Jana Wieczorek\" <jana@example.org>\nAn: amt@stadt.example\nGesendet: 20.11.2026 18:42:05\nBetreff: Termin\n\nText.",
		"Zimbra":                         "----- Ursprüngliche Mail -----\nVon: \"Jana Wieczorek\" <jana@example.org>\nAn: \"amt\" <amt@stadt.example>\nGesendet: Freitag, 20. November 2026 18:42:05\nBetreff: Termin\n\nText.",
		"Zimbra, forwarded":              "----- Weitergeleitete Mail -----\nVon: \"Jana Wieczorek\" <jana@example.org>\nAn: \"amt\" <amt@stadt.example>\nGesendet: Freitag, 20. November 2026 18:42:05\nBetreff: Termin\n\nText.",
		"Notes":                          "Von:        \"Jana Wieczorek\" <jana@example.org>\nAn:        amt@stadt.example\nKopie:        \nBlindkopie:        \nDatum:        20.11.2026 18:42\nBetreff:        Termin\n\nText.",
		"Notes, old":                     "----- Weitergeleitet von Petra Lindner/Musterstadt am 23.11.2026 08:00 -----\n\nJana Wieczorek <jana@example.org>\n20.11.2026 18:42\n\nAn\n\tamt@stadt.example\nKopie\n\nThema\n\tTermin\n\nText.",
		"GroupWise":                      ">>> Jana Wieczorek <jana@example.org> 20.11.2026 18:42 >>>\nText.",
		"GroupWise, Uhr":                 ">>> \"Jana Wieczorek\" <jana@example.org> Freitag, 20.11.2026 18.42 Uhr >>>\n\nText.",
		"Horde":                          "----- Weitergeleitete Nachricht von Jana Wieczorek <jana@example.org> -----\n     Datum: Fri, 20 Nov 2026 18:42:05 +0000\n       Von: Jana Wieczorek <jana@example.org>\nAntwort an: Jana Wieczorek <jana@example.org>\n   Betreff: Termin\n        An: amt@stadt.example\n\nText.",
		"mutt":                           "----- Forwarded message from Jana Wieczorek <jana@example.org> -----\n\nDate: Fri, 20 Nov 2026 18:42:05 +0000\nFrom: Jana Wieczorek <jana@example.org>\nTo: amt@stadt.example\nSubject: Termin\n\nText.",
		"French":                         "De : Jana Wieczorek <jana@example.org>\nEnvoyé : vendredi 20 novembre 2026 18:42\nÀ : Amt\nObjet : Termin\n\nText.",
		"French, Gmail":                  "---------- Message transféré ---------\nDe : Jana Wieczorek <jana@example.org>\nDate: ven. 20 nov. 2026 à 18:42\nObjet : Termin\nÀ : <amt@stadt.example>\n\nText.",
		"French, Outlook 2003":           "-----Message d'origine-----\nDe : Jana Wieczorek [mailto:jana@example.org]\nEnvoyé : vendredi 20 novembre 2026 18:42\nÀ : Amt\nObjet : Termin\n\nText.",
		"Spanish":                        "De: Jana Wieczorek <jana@example.org>\nEnviado: viernes, 20 de noviembre de 2026 18:42\nPara: Amt\nAsunto: Termin\n\nText.",
		"Dutch":                          "Van: Jana Wieczorek <jana@example.org>\nVerzonden: vrijdag 20 november 2026 18:42\nAan: Amt\nOnderwerp: Termin\n\nText.",
		"Polish":                         "Od: Jana Wieczorek <jana@example.org>\nWysłano: piątek, 20 listopada 2026 18:42\nDo: Amt\nTemat: Termin\n\nText.",
		"Italian":                        "Da: Jana Wieczorek <jana@example.org>\nInviato: venerdì 20 novembre 2026 18:42\nA: Amt\nOggetto: Termin\n\nText.",
		"Turkish":                        "Kimden: Jana Wieczorek <jana@example.org>\nGönderildi: 20 Kasım 2026 Cuma 18:42\nKime: Amt\nKonu: Termin\n\nText.",
		"Am … schrieb":                   "Am 20.11.2026 um 18:42 schrieb Jana Wieczorek <jana@example.org>:\n> Text.",
		"Am … schrieb, a blank line":     "Am 20.11.2026 um 18:42 schrieb Jana Wieczorek <jana@example.org>:\n\n> Text.",
		"Am … schrieb, no quote":         "Am 20.11.2026 um 18:42 schrieb Jana Wieczorek <jana@example.org>:\n\nText.",
		"Gmail's reply":                  "Am Fr., 20. Nov. 2026 um 18:42 Uhr schrieb Jana Wieczorek <\njana@example.org>:\n\n> Text.",
		"Gmail's reply over three lines": "Am Fr., 20. Nov. 2026 um 18:42 Uhr schrieb\nJana Wieczorek\n<jana@example.org>:\n\n> Text.",
		"over four lines":                "Am Freitag, den 20. November 2026\num 18:42 Uhr\nschrieb Jana Wieczorek\n<jana@example.org>:\n> Text.",
		"the bracket on its own":         "Am Fr., 20. Nov. 2026 um 18:42 Uhr schrieb Jana Wieczorek <jana@example.org\n>:\n> Text.",
		"the verb with the bracket":      "On Fri, Nov 20, 2026 at 6:42 PM Jana Wieczorek <jana@example.org\n> wrote:\n\n> Text.",
		"schrieb am":                     "Jana Wieczorek <jana@example.org> schrieb am Fr., 20. Nov. 2026,\n18:42:\n\n> Text.",
		"schrieb am, no quote":           "Jana Wieczorek <jana@example.org> schrieb am 20.11.2026 18:42:\n\nText.",
		"K-9":                            "Am 20. November 2026 18:42:05 MEZ schrieb Jana Wieczorek <jana@example.org>:\n>Text.",
		"KMail":                          "Am Freitag, 20. November 2026, 18:42:05 CET schrieb Jana Wieczorek <jana@example.org>:\n> Text.",
		"Yahoo":                          "Am Freitag, 20. November 2026 um 18:42:05 MEZ hat Jana Wieczorek <jana@example.org> Folgendes geschrieben: \n\nText.",
		"On … wrote":                     "On 20/11/2026 18:42, Jana Wieczorek <jana@example.org> wrote:\n> Text.",
		"On … wrote, over lines":         "On Fri, Nov 20, 2026 at 6:42 PM Jana Wieczorek\n<jana@example.org>\nwrote:\n\n> Text.",
		"On … wrote, a zone":             "On Friday, November 20th, 2026 at 6:42 PM UTC, Jana Wieczorek <jana@example.org> wrote:\n\n> Text.",
		"ISO day":                        "On 2026-11-20 18:42, Jana Wieczorek <jana@example.org> wrote:\n> Text.",
		"Le … a écrit":                   "Le ven. 20 nov. 2026 à 18:42, Jana Wieczorek <jana@example.org> a écrit :\n\n> Text.",
		"El … escribió":                  "El vie, 20 nov 2026 a las 18:42, Jana Wieczorek (<jana@example.org>)\nescribió:\n\n> Text.",
		"Op … schreef":                   "Op vr 20 nov 2026 om 18:42 schreef Jana Wieczorek <jana@example.org>:\n\n> Text.",
		"pisze":                          "W dniu 20.11.2026 o 18:42, Jana Wieczorek <jana@example.org> pisze:\n> Text.",
		"napisał(a)":                     "pt., 20 lis 2026 o 18:42 Jana Wieczorek <jana@example.org> napisał(a):\n\n> Text.",
		"Proton":                         "-------- Ursprüngliche Nachricht --------\nAm Freitag, 20.11.26 um 18:42 schrieb Jana Wieczorek <jana@example.org> :\n\nText.",
		"Apple Mail's reply":             "On 20 Nov 2026, at 18:42, Jana Wieczorek <jana@example.org> wrote:\n\n> Text.",
		"Spark":                          "Am 20. Nov. 2026, 18:42 +0000 schrieb Jana Wieczorek <jana@example.org>:\n> Text.",
		"Zoho":                           "---- Am Fr., 20 Nov. 2026 18:42:05 Jana Wieczorek <jana@example.org> schrieb ----\n\nText.",
		"K-9, forwarded":                 "-------- Ursprüngliche Nachricht --------\nVon: Jana Wieczorek <jana@example.org>\nGesendet: 20. November 2026 18:42:05 MEZ\nAn: amt@stadt.example\nBetreff: Termin\n\nText.",
		"Outlook for Mac":                "Von: \"Jana Wieczorek\" <jana@example.org>\nDatum: Freitag, 20. November 2026 um 18:42\nAn: \"Amt\" <amt@stadt.example>\nBetreff: Termin\n\nText.",
		"a colon and no dashes":          "Weitergeleitete Nachricht:\nVon: Jana Wieczorek <jana@example.org>\nDatum: 20.11.2026 18:42\nBetreff: Termin\n\nText.",
		"direction marks in a date":      "Von: Jana Wieczorek <jana@example.org>\nGesendet: \u200eFreitag\u200e, \u200e20\u200e. \u200eNovember\u200e \u200e2026 \u200e18\u200e:\u200e42\nAn: Amt\nBetreff: Termin\n\nText.",
		"Gmail, once":                    "2026-11-20 18:42 GMT+00:00 Jana Wieczorek <jana@example.org>:\n\n> Text.",
		"the address below the name":     "Von: Jana Wieczorek\n[mailto:jana@example.org]\nGesendet: Freitag, 20. November 2026 18:42\nAn: Amt\nBetreff: Termin\n\nText.",
		"header lines below a rule":      "----------------------------------------\nVon: Jana Wieczorek <jana@example.org>\nDatum: 20.11.2026 18:42\n\nText.",
		"all of it quoted by Outlook":    "> -----Ursprüngliche Nachricht-----\n> Von: Jana Wieczorek <jana@example.org>\n> Gesendet: Freitag, 20. November 2026 18:42\n> An: Amt\n> Betreff: Termin\n>\n> Text.",
		"a head and quoted text":         "Von: Jana Wieczorek <jana@example.org>\nGesendet: Freitag, 20. November 2026 18:42\nAn: Amt\nBetreff: Termin\n\n> Text.",
	}
	for name, text := range marks {
		t.Run(name, func(t *testing.T) {
			for _, text := range []string{text, strings.ReplaceAll(text, "\n", "\r\n"), strings.ReplaceAll(text, " ", "\u00a0")} {
				if strings.Contains(text, "\u00a0") && strings.Contains(text, ">") && strings.Contains(text, "\n>\u00a0") {
					continue
				}
				blocks := Split("Notiz.\n\n"+text, time.UTC)
				if len(blocks) != 2 {
					t.Fatalf("%d blocks: %+v", len(blocks), blocks)
				}
				top, b := blocks[0], blocks[1]
				if Tidy(top.Text) != "Notiz." || top.Mark != None {
					t.Errorf("on top %q", top.Text)
				}
				if got := people(b.Head.From); got != jana {
					t.Errorf("from %q", got)
				}
				if got := b.Head.Date.UTC().Format("2006-01-02 15:04"); got != "2026-11-20 18:42" && !strings.Contains(text, "+0100") {
					t.Errorf("date %s", got)
				}
				if b.Mark == Headers && !strings.Contains(text, ">>>") && !strings.Contains(text, "---- Am") && !strings.Contains(text, "below a rule") && strings.Contains(text, "Termin") && b.Head.Subject != "Termin" {
					t.Errorf("subject %q", b.Head.Subject)
				}
				if Tidy(b.Text) != "Text." || b.Doubt {
					t.Errorf("text %q, doubt %t", b.Text, b.Doubt)
				}
			}
		})
	}
}

func people(as []document.Address) string {
	var out []string
	for _, a := range as {
		out = append(out, a.Name+" <"+a.Email+">")
	}
	return strings.Join(out, "; ")
}

// TestNoMarks has what people write that looks like a mark.
func TestNoMarks(t *testing.T) {
	for name, text := range map[string]string{
		"a sentence about a letter":        "Am 5.11. schrieb mir Ihre Kollegin:\n\nDer Antrag ist vollständig.",
		"with day, year and time":          "Am 05.11.2026 um 10:30 Uhr schrieb mir Ihre Kollegin:\n\nDer Antrag ist vollständig.",
		"by name":                          "Am 05.11.2026 um 10:30 Uhr schrieb Frau Lindner:\n\nDer Antrag ist vollständig.",
		"by name, day only":                "Am 05.11.2026 schrieb Petra Lindner:\n\nDer Antrag ist vollständig.",
		"in English":                       "On 5 November 2026 at 10:30 your colleague wrote:\n\nIt is complete.",
		"in English, day only":             "On 5 November 2026 Petra Lindner wrote:\n\nIt is complete.",
		"a journey":                        "Von: Köln\nAn: Bonn\nDatum: 3.12.2026\n\nDer Zug fiel aus.",
		"a journey at a time":              "Von: Montag, 8:00\nBis: Freitag, 12:00",
		"the head of a paper letter":       "Von: Jana Wieczorek\nDatum: 20.11.2026\nBetreff: Antrag\n\nIch beantrage Wohngeld.",
		"only an author":                   "Von: jana@example.org\n\nHallo",
		"an author and a subject":          "Von: Jana <jana@example.org>\nBetreff: Anfrage\n\nNachrichtentext:",
		"a rule":                           "eins\n________________________________\nzwei",
		"a rule and a label":               "eins\n--------------------\nVon: Montag bis Freitag\nzwei",
		"the words of a separator":         "Ursprüngliche Nachricht\nhabe ich nicht erhalten.",
		"a sentence with a colon":          "Die weitergeleitete Nachricht:\nich habe sie nicht.",
		"an end that ends nothing":         "Ende der Nachricht\nDanke",
		"labels of a form":                 "Name: Jana\nE-Mail: jana@example.org\nBetreff: Termin\nNachricht: Hallo",
		"the time of an accident":          "Am 20.11.2026 um 18:42 Uhr geschah Folgendes:\n\nEin Auto kam.",
		"somebody has written":             "Am 20.11.2026 hat mir das Amt geschrieben:\n\nDer Antrag ist vollständig.",
		"a line of an mbox file":           "Zeile\n>From here on it is easy.\nZeile",
		"who, cited by whom":               "Zitat von Goethe:\n\nEdel sei der Mensch.",
		"a list of what comes from whom":   "Von: mir\nAn: Sie\nBetreff: nichts",
		"a colon and a wrote in prose":     "He said that on 5 November the office wrote:\n\nno.",
		"a permission with a time in lieu": "Von: 8:00\nAn: Werktagen\nDatum: ab Montag",
	} {
		t.Run(name, func(t *testing.T) {
			if blocks := Split(text, time.UTC); len(blocks) != 1 {
				t.Errorf("%d blocks, the last %+v", len(blocks), blocks[len(blocks)-1])
			}
		})
	}
}

// TestStructure has whole mails: for each block its depth, author and text.
func TestStructure(t *testing.T) {
	outlook := func(who, text string) string {
		return "Von: " + who + " <" + strings.ToLower(who) + "@x.example>\nGesendet: Freitag, 20. November 2026 18:42\nAn: Amt\nBetreff: Termin\n\n" + text
	}
	tests := map[string]struct {
		text string
		want []string
	}{
		"nothing":       {"", []string{"0 - "}},
		"no mark":       {"eins\n\nzwei", []string{"0 - eins\n\nzwei"}},
		"quote, answer": {"> Frage\n\nAntwort", []string{"0 - Antwort", "1 - Frage"}},
		"answers between the lines": {"Am 20.11.2026 um 18:42 schrieb Amt:\n> eins?\nja\n> zwei?\nnein\n> drei?",
			[]string{"0 - ja\nnein", "1 Amt eins?\nzwei?\ndrei?"}},
		"answers to a quote in a quote": {"Am 20.11.2026 um 18:42 schrieb Amt:\n> > alt\n> eins?\nja\n> > alt zwei\n> zwei?",
			[]string{"0 - ja", "1 Amt eins?\nzwei?", "2 - alt", "2 - alt zwei"}},
		"two mails one below the other": {"n\n\n" + outlook("A", "a\n\n") + outlook("B", "b"), []string{"0 - n", "0 A a", "0 B b"}},
		"a forward with a comment in a quote": {"Anfang der weitergeleiteten Nachricht:\n\n> Von: A <a@x.example>\n> Datum: 20.11.2026 18:42\n> An: P\n>\n> machst du das?\n>\n> > Von: B <b@x.example>\n> > Datum: 20.11.2026 17:42\n> > An: A\n> >\n> > b",
			[]string{"0 - ", "1 A machst du das?", "2 B b"}},
		"below a quoted forward the colleague speaks": {"oben\n\nAnfang der weitergeleiteten Nachricht:\n\n> Von: A <a@x.example>\n> Datum: 20.11.2026 18:42\n> An: P\n>\n> a\n\nunten",
			[]string{"0 - oben\n\nunten", "1 A a"}},
		"an author answers below a quote": {outlook("A", "> Frage\n\nAntwort"), []string{"0 - ", "0 A Antwort ?", "1 - Frage"}},
		"an author answers below an attributed quote": {outlook("A", "Am 19.11.2026 um 10:00 schrieb Amt:\n> Frage\n\nAntwort"),
			[]string{"0 - ", "0 A Antwort", "1 Amt Frage"}},
		"below a separator without a head": {"n\n-----Original Message-----\n> Frage\n\nAntwort", []string{"0 - n", "0 - Antwort ?", "1 - Frage"}},
		"an end":                           {"n\n----- Forwarded message from A <a@x.example> -----\n\nFrom: A <a@x.example>\nDate: 20.11.2026 18:42\n\na\n\n----- End forwarded message -----\n\nm", []string{"0 - n", "0 A a", "0 - m"}},
		"a wrapped quote":                  {"> Das ist eine lange Zeile eines Briefs, die ein Programm später hat\numbrochen und\n> die weitergeht.\n\nja", []string{"0 - ja", "1 - Das ist eine lange Zeile eines Briefs, die ein Programm später hat\numbrochen und\ndie weitergeht."}},
		"a short answer":                   {"> Wie alt sind Sie?\nelf\n> Und Ihr Bruder?\nzwei", []string{"0 - elf\nzwei", "1 - Wie alt sind Sie?\nUnd Ihr Bruder?"}},
		"a forged head":                    {outlook("A", "Bitte helfen Sie.\n\n"+outlook("Petra", "Genehmigt.")), []string{"0 - ", "0 A Bitte helfen Sie.", "0 Petra Genehmigt."}},
		"an address as name":               {"Von: petra@amt.example <boese@x.example>\nGesendet: Freitag, 20. November 2026 18:42\nAn: Amt\nBetreff: x\n\na", []string{"0 - ", "0 boese@x.example a"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, b := range Split(test.text, time.UTC) {
				who := "-"
				if b.Named() {
					if who = b.Head.From[0].Name; who == "" {
						who = b.Head.From[0].Email
					}
				}
				line := fmt.Sprintf("%d %s %s", b.Depth, who, Tidy(b.Text))
				if b.Doubt {
					line += " ?"
				}
				got = append(got, line)
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
			complete(t, test.text)
		})
	}
}

func TestAboveIsWhatStandsAboveTheFirstQuote(t *testing.T) {
	for text, want := range map[string]string{
		"oben\n> Frage\nunten": "oben", "> Frage\nunten": "", "nur oben": "nur oben",
		"oben\n-----Original Message-----\nFrage": "oben",
	} {
		if got := Split(text, time.UTC)[0].Above; got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func TestAddresses(t *testing.T) {
	for in, want := range map[string]string{
		"Wieczorek, Jana <j@x.example>; Amt":                "Wieczorek, Jana <j@x.example>; Amt <>",
		"Jana [mailto:j@x.example]":                         "Jana <j@x.example>",
		"'j@x.example' <j@x.example>":                       " <j@x.example>",
		"Jana Wieczorek/Bauamt/Musterstadt":                 "Jana Wieczorek <>",
		"CN=Jana Wieczorek/OU=Amt/O=Stadt@STADT":            "Jana Wieczorek <>",
		"A <a@x.example>, B <b@x.example>":                  "A <a@x.example>; B <b@x.example>",
		"Jana (j@x.example)":                                "Jana <j@x.example>",
		"petra@amt.example <evil@x.example>":                " <evil@x.example>",
		"Sek <s@x.example> on behalf of Jana <j@x.example>": "Jana <j@x.example>",
		"Jürgen Groß <jürgen@straße.example>":               "Jürgen Groß <jürgen@straße.example>",
		"": "",
		strings.Repeat("a@x.example;", 3*maxAddresses) + "last": strings.TrimSuffix(strings.Repeat(" <a@x.example>; ", maxAddresses), "; "),
	} {
		if got := people(Addresses(in)); got != want {
			t.Errorf("%.60q: got %q, want %q", in, got, want)
		}
	}
}

// complete holds Split to its promise: no line is lost or doubled.
func complete(t *testing.T, text string) {
	t.Helper()
	count := map[string]int{}
	add := func(text string, by int) {
		for line := range strings.SplitSeq(text, "\n") {
			if line = strings.Trim(line, "> \t\f\v"); strings.TrimSpace(line) != "" {
				count[line] += by
			}
		}
	}
	add(Normal(Clip(text, MaxText)), 1)
	for _, b := range Split(text, time.UTC) {
		add(b.Text, -1)
		add(b.Lines, -1)
		if !strings.HasPrefix(b.Text, b.Above) {
			t.Errorf("above is not the beginning of the text: %q, %q", b.Above, b.Text)
		}
		letters(t, b.Text)
	}
	for line, n := range count {
		if n != 0 {
			t.Fatalf("line %q: %d too few in the blocks of %q", line, n, text)
		}
	}
}

// letters holds Trim to its promise: no letter or digit is lost or doubled.
func letters(t *testing.T, text string) {
	t.Helper()
	count := map[rune]int{}
	for _, r := range text {
		count[r]++
	}
	p := Trim(text)
	for _, s := range []string{p.Body, p.Closing, p.Signature, p.Notes} {
		for _, r := range s {
			count[r]--
		}
	}
	for r, n := range count {
		if n != 0 && !strings.ContainsRune(" \t\n,-—", r) {
			t.Fatalf("%q: %d too few in the parts of %q: %+v", r, n, text, p)
		}
	}
}

// TestNothingIsLost takes the corpus apart.
func TestNothingIsLost(t *testing.T) {
	names, err := filepath.Glob("../testdata/letters/*.txt")
	if err != nil || len(names) < 80 {
		t.Fatalf("%d letters, %v", len(names), err)
	}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		_, body, _ := strings.Cut(string(text), "\n\n")
		t.Run(filepath.Base(name), func(t *testing.T) { complete(t, body) })
	}
}
