package chat

import "amtsbote/bots"

// What people read of this skill, beside answers.
var (
	textNoQuestion = bots.Text{
		DE: "Was möchten Sie wissen? Schreiben Sie die Frage hinter den Befehl.",
		EN: "What would you like to know? Write the question after the command.",
	}
	textTooLong = bots.Text{
		DE: "Ihre Nachricht ist für das Sprachmodell zu lang. Bitte schicken Sie den Text als Datei und stellen Sie Ihre Frage dazu.",
		EN: "Your message is too long for the language model. Please send the text as a file and ask your question about it.",
	}
	textNone = bots.Text{
		DE: "Keine Fundstelle: In den Dateien dieses Gesprächs habe ich keinen Satz gefunden, der zu Ihrer Frage passt. Ich suche nach Wörtern; versuchen Sie es mit einem Wort, das im Text stehen müsste.",
		EN: "No passage: in the files of this conversation I found no sentence that fits your question. I search for words; try one that should stand in the text.",
	}
	textEmpty = bots.Text{
		DE: "Das Sprachmodell gab keine brauchbare Antwort. Bitte stellen Sie die Frage noch einmal, am besten mit anderen Worten.",
		EN: "The language model gave no usable answer. Please ask once more, best in other words.",
	}
	textCut = bots.Text{
		DE: "Die Antwort ist an der Längengrenze abgeschnitten. Mit „weiter“ geht es weiter.",
		EN: "The answer was cut at its length limit. Write “continue” for the rest.",
	}
)

// textNoModel says why a free question is not answered, and what works.
func (s *Skill) textNoModel(class bots.Class) bots.Text {
	if s.models.For(bots.Public) != nil {
		return bots.Text{
			DE: "Für Datenklasse „" + class.Text().DE + "“ ist hier kein Sprachmodell zugelassen, deshalb beantworte ich freie Fragen nicht; schicken Sie eine Datei mit, so schlage ich darin ohne Sprachmodell nach, fasse sie zusammen oder entwerfe eine Antwort auf einen Brief.",
			EN: "No language model is cleared for data class “" + class.Text().EN + "” here, so I do not answer free questions; send a file along and I look things up in it without a model, sum it up, or draft a reply to a letter.",
		}
	}
	return bots.Text{
		DE: "Freie Fragen kann ich erst beantworten, wenn ein Sprachmodell angebunden ist (wie, steht im Betriebshandbuch unter „Modelle“); schicken Sie eine Datei mit, so schlage ich schon jetzt darin nach, fasse sie zusammen oder entwerfe eine Antwort auf einen Brief.",
		EN: "I can answer free questions only once a language model is connected (the operator’s handbook says how under “Modelle”); send a file along and I already look things up in it, sum it up, or draft a reply to a letter.",
	}
}
