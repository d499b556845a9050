package answer

import (
	"amtsbote/bots"
	"amtsbote/skills/llm"
)

// What people read beside an answer.
var (
	textCircle = bots.Text{
		DE: "Das Sprachmodell hat sich ohne Ende wiederholt; die Wiederholungen wurden entfernt. Die Antwort kann unvollständig sein.",
		EN: "The language model repeated itself without end; the repetitions were removed. The answer may be incomplete."}
	textReference = bots.Text{
		DE: "Das Sprachmodell hat eine Fundstelle genannt, die es nicht gibt; der Verweis wurde entfernt. Bitte prüfen Sie die Aussage davor.",
		EN: "The language model named a passage that does not exist; the reference was removed. Please check the statement before it."}
	textForged = bots.Text{
		DE: "Das Sprachmodell hat etwas geschrieben, das wie eine Angabe von Amtsbote selbst aussah (was ausgewertet, geprüft oder wie etwas erstellt wurde); es wurde entfernt.",
		EN: "The language model wrote something that looked like a statement of Amtsbote itself (what was covered, checked, or how something was made); it was removed."}
	textLink = bots.Text{
		DE: "Das Sprachmodell hat einen Link, eine Adresse oder ein Bild geschrieben, das weder im Gespräch noch in den Unterlagen steht; es wurde entfernt.",
		EN: "The language model wrote a link, an address or a picture that is neither in the conversation nor in the documents; it was removed."}
)

func textLanguage(code string) bots.Text {
	if code == "en" {
		return bots.Text{DE: "Das Sprachmodell hat nicht auf Englisch geantwortet, auch beim zweiten Versuch nicht.",
			EN: "The language model did not answer in English, even when asked again."}
	}
	return bots.Text{DE: "Das Sprachmodell hat nicht auf " + llm.LanguageName(code) + " geantwortet, auch beim zweiten Versuch nicht.",
		EN: "The language model did not answer in the language that was asked for, even when asked again."}
}
