package research

import (
	"fmt"

	"amtsbote/bots"
)

// What people read of this skill, beside answers.
var (
	textNoQuestion = bots.Text{
		DE: "Was suchen Sie? Schreiben Sie die Frage hinter den Befehl.",
		EN: "What are you looking for? Write the question after the command.",
	}
	textNoCollections = bots.Text{
		DE: "Für Sie ist hier keine Sammlung von Dokumenten eingerichtet. Sie können mir Dateien schicken und darin suchen lassen: „Suche nach …“",
		EN: "No collection of documents is set up for you here. You can send me files and have me search them: “Search for …”",
	}
	textNone = bots.Text{
		DE: "**Keine Fundstelle.** Ich habe nichts gefunden, was zu Ihrer Frage passt. Versuchen Sie es mit einem Wort, das im Text stehen müsste.",
		EN: "**No passage.** I found nothing that fits your question. Try a word that should stand in the text.",
	}
	textNoneIn = bots.Text{
		DE: "**Keine Fundstelle.** In den Stellen, die am nächsten kommen, steht keine Antwort auf Ihre Frage:",
		EN: "**No passage.** The passages that come nearest hold no answer to your question:",
	}
	textUnproved = bots.Text{
		DE: "Das Sprachmodell hat auch beim zweiten Versuch nicht gesagt, aus welcher Fundstelle seine Antwort stammt. Sie sehen deshalb nur die Fundstellen selbst.",
		EN: "The language model did not say, even when asked again, which passage its answer comes from. So you see only the passages themselves.",
	}
	textWrong = bots.Text{
		DE: "Das Sprachmodell hat Fundstellen genannt, die es nicht gibt oder in denen das nicht steht; die Verweise wurden entfernt.",
		EN: "The language model named passages that do not exist or say something else; the references were removed.",
	}
	textCut = bots.Text{
		DE: "Die Antwort ist an der Längengrenze abgeschnitten. Fragen Sie bitte genauer.",
		EN: "The answer was cut at its length limit. Please ask more precisely.",
	}
	textNoRoom = bots.Text{
		DE: "Frage und Fundstellen sind zusammen für das Sprachmodell zu lang. Sie sehen deshalb nur die Fundstellen selbst.",
		EN: "The question and its passages together are too long for the language model. So you see only the passages themselves.",
	}
	unproved = bots.Text{DE: "**[ohne Fundstelle]**", EN: "**[no passage]**"}
)

func textUnprovedLines(n int) bots.Text {
	if n == 1 {
		return bots.Text{DE: "Eine Aussage hat keine Fundstelle; sie ist markiert. Bitte prüfen Sie sie.", EN: "One statement has no passage; it is marked. Please check it."}
	}
	return bots.Text{DE: fmt.Sprintf("%d Aussagen haben keine Fundstelle; sie sind markiert. Bitte prüfen Sie sie.", n), EN: fmt.Sprintf("%d statements have no passage; they are marked. Please check them.", n)}
}

// textNothingToSearch says that there is nothing to search, or only elsewhere.
func textNothingToSearch(direct []string) bots.Text {
	if len(direct) == 0 {
		return textNoCollections
	}
	return bots.Text{DE: "Diese Sammlungen darf nicht jeder hier sehen; ich durchsuche sie nur im Direktchat: " + names(direct) + ".",
		EN: "Not everybody here may see these collections; I search them only in a direct chat: " + names(direct) + "."}
}
