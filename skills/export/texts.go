package export

import (
	"fmt"
	"strings"

	"amtsbote/bots"
)

// What people read of this skill, beside the files.
var (
	textNothing = bots.Text{
		DE: "In diesem Gespräch gibt es noch keine Antwort, die ich als Datei geben könnte. Schicken Sie mir zuerst zum Beispiel eine Datei zum Zusammenfassen, und schreiben Sie danach „als PDF“ oder „als Word-Datei“.",
		EN: "There is no answer in this conversation yet that I could give as a file. First send me a file to sum up, for example, and then write “as PDF” or “as Word file”.",
	}
	textPages = bots.Text{
		DE: "Für eine PDF-Datei ist der Text zu lang (über 5.000 Seiten); hier ist er als Word-Datei.",
		EN: "The text is too long for a PDF (more than 5,000 pages); here it is as a Word file.",
	}
	textCut = bots.Text{
		DE: "Ein Beitrag war länger als 64 KB. Davon hat das Gespräch nur den Anfang behalten; in der Datei steht, wo er endet.",
		EN: "One entry was longer than 64 KB. The conversation has kept only its beginning; the file says where it ends.",
	}
)

func textLetters(letters []rune) bots.Text {
	shown := bots.Literal(strings.Join(strings.Split(string(letters[:min(len(letters), 8)]), ""), " "))
	return bots.Text{
		DE: "Als PDF kann ich diesen Text nicht schreiben: Meine Schrift hat nicht alle seine Zeichen (" + shown + "), oder er läuft von rechts nach links. Hier ist er als Word-Datei; aus Word oder LibreOffice heraus können Sie ihn als PDF speichern.",
		EN: "I cannot write this text as a PDF: my font lacks some of its letters (" + shown + "), or it runs from right to left. Here it is as a Word file; from Word or LibreOffice you can save it as a PDF.",
	}
}

func textBoxed(symbols []rune) bots.Text {
	shown := bots.Literal(string(symbols[:min(len(symbols), 8)]))
	return bots.Text{
		DE: "Diese Zeichen hat die Schrift der PDF-Datei nicht, dort steht □: " + shown,
		EN: "The PDF’s font lacks these symbols and shows □: " + shown,
	}
}

// done says what the person gets.
func done(d draftOrAnswer, files int) bots.Text {
	de, en := "Hier ist "+d.what.DE+" als Datei.", "Here is "+d.what.EN+" as a file."
	if files > 1 {
		de, en = "Hier ist "+d.what.DE+" in "+fmt.Sprint(files)+" Formaten.", "Here is "+d.what.EN+" in "+fmt.Sprint(files)+" formats."
	}
	switch {
	case d.gaps == 1:
		de, en = de+" **Eine Lücke** ist noch zu füllen.", en+" **One gap** is still to be filled."
	case d.gaps > 1:
		de, en = de+fmt.Sprintf(" **%d Lücken** sind noch zu füllen.", d.gaps), en+fmt.Sprintf(" **%d gaps** are still to be filled.", d.gaps)
	}
	return bots.Text{DE: de, EN: en}
}

// label names what a skill makes; those that are not here make answers.
func label(skill string) bots.Text {
	if l, ok := labels[skill]; ok {
		return l
	}
	return bots.Text{DE: "Antwort", EN: "Answer"}
}

var labels = map[string]bots.Text{
	"summary":   {DE: "Zusammenfassung", EN: "Summary"},
	"draft":     {DE: "Kurzfassung", EN: "Brief"},
	"catchup":   {DE: "Überblick", EN: "Overview"},
	"note":      {DE: "Vermerk", EN: "Note"},
	"translate": {DE: "Übersetzung", EN: "Translation"},
	"research":  {DE: "Recherche", EN: "Research"},
	"phrase":    {DE: "Text", EN: "Text"},
	"plain":     {DE: "Einfache Sprache", EN: "Plain language"},
}
