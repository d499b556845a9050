package redact

import "amtsbote/bots"

var (
	textNothing = bots.Text{
		DE: "Was soll ich schwärzen? Schicken Sie mir eine Datei, oder schreiben Sie den Text hinter den Befehl.",
		EN: "What shall I redact? Send me a file, or write the text after the command."}
	textGone = bots.Text{
		DE: "Die Datei, zu der der Vorschlag gehört, ist nicht mehr da oder hat sich geändert. Bitte schicken Sie sie noch einmal; ich habe nichts freigegeben.",
		EN: "The file that the proposal belongs to is gone or has changed. Please send it again; I have released nothing."}
	textCheck = bots.Text{
		DE: "Ich finde nicht alles. Bitte prüfen Sie die ganze Datei, bevor Sie sie herausgeben.",
		EN: "I do not find everything. Please check the whole file before you hand it on."}
	textHow = bots.Text{
		DE: "So geht es weiter: **ok** gibt frei · „3 und 5 nicht“ · „alle Anschriften nicht“ · „Behörde nicht“ · „auch Lindenhof“ · „2 heißt Person C“ · „als Schwärzung“ oder „mit Platzhaltern“ · „als PDF“, „als Word“, „als ODT“, „als Text“.",
		EN: "To go on: **ok** releases · “not 3 and 5” · “not all addresses” · “not the office” · “also Lindenhof” · “2 is called Person C” · “black bars” or “placeholders” · “as PDF”, “as Word”, “as ODT”, “as text”."}
	textPreview = bots.Text{DE: "So beginnt die neue Fassung:", EN: "The new version begins so:"}
	textLeaks   = bots.Text{
		DE: "Diesen Ersatz nehme ich nicht: Er enthält selbst etwas, das ersetzt werden soll.",
		EN: "I do not take this replacement: it contains something that is to be replaced."}
	textUnsure = bots.Text{
		DE: "Ich habe nicht alles davon verstanden und deshalb **nichts freigegeben**. Bitte sagen Sie erst, was sich ändern soll, und schreiben Sie dann nur „ok“.",
		EN: "I did not understand all of this and have therefore **released nothing**. Please say first what is to change, and then write just “ok”."}
	textHeld = bots.Text{
		DE: "Ich habe **nichts freigegeben**: Beim Prüfen der fertigen Datei stand noch etwas darin, das ersetzt sein sollte, oder sie ließ sich nicht prüfen. Bitte versuchen Sie „als Text“, oder schwärzen Sie von Hand.",
		EN: "I have **released nothing**: on checking the finished file, something that should be replaced was still in it, or it could not be checked. Please try “as text”, or redact by hand."}
	textLetters = bots.Text{
		DE: "Als PDF geht es nicht: Die Schrift hat nicht alle Zeichen dieses Textes. Bitte schreiben Sie „als Word“ oder „als ODT“.",
		EN: "This cannot be a PDF: its font lacks letters of this text. Please write “as Word” or “as ODT”."}
	textMissed = bots.Text{
		DE: "Für einen Teil des Textes gab es keine brauchbare Antwort eines Sprachmodells; dort suchten nur die Regeln nach Namen.",
		EN: "For a part of the text no language model gave a usable answer; there only the rules looked for names."}
	textBoxed = bots.Text{
		DE: "Einige Zeichen hat die Schrift der PDF-Datei nicht; dort steht □.",
		EN: "The PDF’s font lacks some symbols; it shows □ in their place."}
	textTooBig = bots.Text{
		DE: "Die fertige Datei wäre größer als 4 MB. Bitte schicken Sie das Dokument in Teilen.",
		EN: "The finished file would be bigger than 4 MB. Please send the document in parts."}
)
