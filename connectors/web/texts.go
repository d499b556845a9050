package web

import (
	"fmt"

	"amtsbote/bots"
)

// What the page says about itself when something does not work.
var (
	textBusy        = bots.Text{DE: "Amtsbote ist gerade nicht bereit. Ihre Nachricht bleibt stehen und wird gleich noch einmal gesendet.", EN: "Amtsbote is not ready just now. Your message stays here and will be sent again shortly."}
	textNoSession   = bots.Text{DE: "Ihre Sitzung gibt es nicht mehr. Bitte öffnen Sie die Adresse, die Amtsbote beim Start ausgibt.", EN: "Your session no longer exists. Please open the address that Amtsbote prints when it starts."}
	textTooLong     = bots.Text{DE: "Diese Nachricht ist zu lang: Ich lese bis zu 100.000 Zeichen und 20 Dateien auf einmal. Längeres bitte als Datei.", EN: "This message is too long: I read up to 100,000 characters and 20 files at once. Please send longer texts as a file."}
	textEmpty       = bots.Text{DE: "Bitte schreiben Sie etwas oder fügen Sie eine Datei hinzu.", EN: "Please write something or add a file."}
	textFileGone    = bots.Text{DE: "Diese Datei ist nicht mehr da. Bitte fügen Sie sie noch einmal hinzu.", EN: "This file is no longer there. Please add it again."}
	textTooMany     = bots.Text{DE: "Das waren viele Nachrichten in kurzer Zeit. Bitte warten Sie einen Augenblick.", EN: "That was a lot of messages in a short time. Please wait a moment."}
	textTooManyTabs = bots.Text{DE: "Dieses Gespräch ist in sehr vielen Fenstern offen. Bitte schließen Sie einige.", EN: "This conversation is open in very many windows. Please close some."}
)

func textFileTooBig(mb int) bots.Text {
	return bots.Text{DE: fmt.Sprintf("Ich lese Dateien bis %d MB. Bitte teilen oder verkleinern Sie die Datei.", mb), EN: fmt.Sprintf("I read files of up to %d MB. Please split the file or make it smaller.", mb)}
}

func textRoomFull(mb int) bots.Text {
	return bots.Text{DE: fmt.Sprintf("In diesem Gespräch liegen schon fast %d MB. Mit „Löschen“ schaffen Sie Platz.", mb), EN: fmt.Sprintf("This conversation already holds almost %d MB. “Delete” makes room.", mb)}
}

// pageTexts are the texts of the page, by the name that app.js and page.html use.
var pageTexts = map[string]bots.Text{
	"title":       {DE: "Chat", EN: "Chat"},
	"skip":        {DE: "Zum Eingabefeld springen", EN: "Skip to the message box"},
	"menu":        {DE: "Gespräch", EN: "Conversation"},
	"new":         {DE: "Neues Gespräch", EN: "New conversation"},
	"newCommand":  {DE: "!neu", EN: "!new"},
	"help":        {DE: "Hilfe", EN: "Help"},
	"helpCommand": {DE: "!hilfe", EN: "!help"},
	"delete":      {DE: "Löschen", EN: "Delete"},
	"delCommand":  {DE: "!löschen", EN: "!delete"},
	"deleteAsk":   {DE: "Dieses Gespräch löschen?", EN: "Delete this conversation?"},
	"deleteWhat":  {DE: "Alle Nachrichten, Antworten und Dateien dieses Gesprächs werden gelöscht. Das lässt sich nicht rückgängig machen.", EN: "All messages, answers and files of this conversation will be deleted. This cannot be undone."},
	"cancel":      {DE: "Abbrechen", EN: "Cancel"},
	"online":      {DE: "verbunden", EN: "connected"},
	"offline":     {DE: "Verbindung unterbrochen, wird wiederhergestellt …", EN: "Connection lost, reconnecting …"},
	"switch":      {DE: "English", EN: "Deutsch"},
	"log":         {DE: "Gesprächsverlauf", EN: "Conversation"},
	"hello":       {DE: "Guten Tag!", EN: "Hello!"},
	"intro":       {DE: "Schreiben Sie eine Frage, oder legen Sie Dateien und E-Mails (.eml) hier ab. Ich entwerfe, Sie entscheiden und senden.", EN: "Write a question, or drop files and e-mails (.eml) here. I draft, you decide and send."},
	"try":         {DE: "Probieren Sie zum Beispiel", EN: "For example, try"},
	"example1":    {DE: "Fass die Datei in fünf Punkten zusammen.", EN: "Summarise the file in five points."},
	"example2":    {DE: "Welche Fristen und Beträge stehen in dem Schreiben?", EN: "Which deadlines and amounts does the letter contain?"},
	"example3":    {DE: "Was kannst du?", EN: "What can you do?"},
	"box":         {DE: "Ihre Nachricht", EN: "Your message"},
	"placeholder": {DE: "Nachricht schreiben oder Dateien hierher ziehen", EN: "Write a message or drop files here"},
	"keys":        {DE: "Enter sendet, Umschalt+Enter: neue Zeile", EN: "Enter sends, Shift+Enter: new line"},
	"duty":        {DE: "Ich kann mich irren. Bitte prüfen Sie Fristen, Beträge und Namen.", EN: "I can be wrong. Please check deadlines, amounts and names."},
	"send":        {DE: "Senden", EN: "Send"},
	"attach":      {DE: "Dateien hinzufügen", EN: "Add files"},
	"drop":        {DE: "Dateien hier ablegen", EN: "Drop files here"},
	"files":       {DE: "Dateien für die nächste Nachricht", EN: "Files for the next message"},
	"remove":      {DE: "Entfernen: {name}", EN: "Remove: {name}"},
	"uploading":   {DE: "{name} wird übertragen", EN: "Uploading {name}"},
	"uploaded":    {DE: "{name} ist bereit", EN: "{name} is ready"},
	"uploadBad":   {DE: "{name} wurde nicht übertragen. Bitte versuchen Sie es noch einmal.", EN: "{name} was not uploaded. Please try again."},
	"uploadWait":  {DE: "Wird gesendet, sobald alle Dateien übertragen sind.", EN: "Will be sent once all files are uploaded."},
	"you":         {DE: "Sie", EN: "You"},
	"working":     {DE: "wird bearbeitet …", EN: "working on it …"},
	"stop":        {DE: "Anhalten", EN: "Stop"},
	"stopped":     {DE: "Angehalten", EN: "Stopped"},
	"sending":     {DE: "wird gesendet …", EN: "sending …"},
	"again":       {DE: "wird erneut gesendet, sobald die Verbindung steht", EN: "will be sent again once connected"},
	"unsent":      {DE: "nicht gesendet", EN: "not sent"},
	"draft":       {DE: "Antwortentwurf", EN: "Draft reply"},
	"draftN":      {DE: "Antwortentwurf {n} von {of}", EN: "Draft reply {n} of {of}"},
	"to":          {DE: "An", EN: "To"},
	"cc":          {DE: "Kopie", EN: "Cc"},
	"toNobody":    {DE: "noch offen, bitte selbst eintragen", EN: "still open, please fill in yourself"},
	"subject":     {DE: "Betreff", EN: "Subject"},
	"gap":         {DE: "eine Lücke zu ergänzen", EN: "one gap to fill in"},
	"gaps":        {DE: "{n} Lücken zu ergänzen", EN: "{n} gaps to fill in"},
	"copy":        {DE: "Text kopieren", EN: "Copy text"},
	"copied":      {DE: "Kopiert", EN: "Copied"},
	"copyBad":     {DE: "Kopieren ging nicht. Der Text ist markiert: bitte Strg+C drücken.", EN: "Copying did not work. The text is selected: please press Ctrl+C."},
	"eml":         {DE: "Als E-Mail öffnen (.eml)", EN: "Open as e-mail (.eml)"},
	"quote":       {DE: "Zitiertes Original", EN: "Quoted original"},
	"warnings":    {DE: "Bitte prüfen", EN: "Please check"},
	"read":        {DE: "Gelesene Dateien", EN: "Files read"},
	"readPart":    {DE: "Dateien: {n} von {of} gelesen", EN: "Files: {n} of {of} read"},
	"isRead":      {DE: "gelesen", EN: "read"},
	"notRead":     {DE: "nicht gelesen", EN: "not read"},
	"page1":       {DE: "1 Seite", EN: "1 page"},
	"pages":       {DE: "{n} Seiten", EN: "{n} pages"},
	"ocr":         {DE: "mit Texterkennung, Lesefehler möglich", EN: "by text recognition, mistakes possible"},
	"sources":     {DE: "Quellen ({n})", EN: "Sources ({n})"},
	"page":        {DE: "S. {n}", EN: "p. {n}"},
	"openSource":  {DE: "öffnen", EN: "open"},
	"table":       {DE: "Tabelle", EN: "Table"},
	"newFiles":    {DE: "Dateien zum Herunterladen", EN: "Files to download"},
	"forgotten":   {DE: "Der Inhalt dieses Gesprächs wurde gelöscht.", EN: "The content of this conversation was deleted."},
	"answerFrom":  {DE: "Antwort von {name}", EN: "Answer from {name}"},
	"noSession":   {DE: "Bitte die Adresse vom Start verwenden", EN: "Please use the address printed at the start"},
	"noSession2":  {DE: "Dieser Chat öffnet sich nur mit der Adresse, die Amtsbote beim Start ausgibt. Sie gilt einmal und nur in diesem Browser. Ist sie schon benutzt, starten Sie Amtsbote bitte neu.", EN: "This chat opens only with the address that Amtsbote prints when it starts. It works once and only in this browser. If it has been used already, please restart Amtsbote."},
	"starting":    {DE: "Amtsbote startet gerade. Diese Seite lädt sich gleich neu.", EN: "Amtsbote is starting. This page will reload in a moment."},
}

// texts returns the texts of the page in a language.
func texts(language string) map[string]string {
	all := make(map[string]string, len(pageTexts))
	for name, t := range pageTexts {
		all[name] = t.In(language)
	}
	return all
}
