package phrase

import (
	"fmt"
	"strings"

	"amtsbote/bots"
	"amtsbote/skills/check"
)

var (
	textNoModel = bots.Text{
		DE: "Formulieren, umformulieren und Korrektur lesen kann ich nur mit einem Sprachmodell, und es ist keines eingerichtet, das diesen Text sehen darf. Wie eines angebunden wird, steht im Betriebshandbuch unter „Modelle“.",
		EN: "I can write, rewrite and proofread only with a language model, and none is configured that may see this text. The operator’s handbook says under “Modelle” how to connect one."}
	textTooLong = bots.Text{
		DE: "Das ist für das Sprachmodell zu lang. Bitte schicken Sie lange Texte als Datei und schreiben Sie kurz dazu, was daraus werden soll.",
		EN: "This is too long for the language model. Please send long texts as a file and say briefly what shall become of it."}
	textEmpty = bots.Text{
		DE: "Das Sprachmodell gab keinen brauchbaren Text. Bitte versuchen Sie es noch einmal, am besten mit anderen Worten.",
		EN: "The language model gave no usable text. Please try again, best in other words."}
	textCut = bots.Text{
		DE: "Der Text ist an der Längengrenze des Modells abgeschnitten.",
		EN: "The text was cut at the model’s length limit."}
	textWhat = map[mode]bots.Text{
		compose: {
			DE: "Worum soll es gehen? Schreiben Sie Stichworte dazu, zum Beispiel: „Formuliere eine freundliche Absage: Termin am 3.12. nicht möglich, neuer Vorschlag 8.12., 10 Uhr.“",
			EN: "What shall it be about? Add key words, for example: “Write a friendly refusal: appointment on 3 Dec not possible, new proposal 8 Dec, 10:00.”"},
		rewrite: {
			DE: "Welchen Text soll ich umformulieren? Schreiben Sie ihn unter Ihren Wunsch, oder schicken Sie ihn als Datei.",
			EN: "Which text shall I rewrite? Write it below your wish, or send it as a file."},
		correct: {
			DE: "Welchen Text soll ich Korrektur lesen? Schreiben Sie ihn hinter den Befehl, oder schicken Sie ihn als Datei.",
			EN: "Which text shall I proofread? Write it after the command, or send it as a file."},
	}
)

func textInvented(all []check.Finding) bots.Text {
	if len(all) == 1 {
		return bots.Text{DE: "Eine Angabe hat das Sprachmodell hinzugefügt; sie ist markiert: " + list(all) + ".",
			EN: "The language model added a detail; it is marked: " + list(all) + "."}
	}
	return bots.Text{DE: fmt.Sprintf("%d Angaben hat das Sprachmodell hinzugefügt; sie sind markiert: %s.", len(all), list(all)),
		EN: fmt.Sprintf("The language model added %d details; they are marked: %s.", len(all), list(all))}
}

func textLost(all []check.Finding) bots.Text {
	return bots.Text{DE: "Im neuen Text fehlt aus dem alten: " + list(all) + ".", EN: "The new text lacks of the old one: " + list(all) + "."}
}

// textDraft says that a draft is there, and what is left to do.
func textDraft(form string, gaps int, again bool) bots.Text {
	t := bots.Text{DE: "Die E-Mail ist entworfen; senden müssen Sie sie selbst.", EN: "The e-mail is drafted; sending is up to you."}
	switch {
	case again:
		t = bots.Text{DE: "Der Text ist geändert.", EN: "The text is changed."}
	case form == "letter":
		t = bots.Text{DE: "Der Brief ist entworfen; senden müssen Sie ihn selbst.", EN: "The letter is drafted; sending is up to you."}
	}
	if gaps == 1 {
		t.DE, t.EN = t.DE+" **Eine Lücke** müssen Sie noch füllen.", t.EN+" It has **one gap** for you to fill."
	} else if gaps > 1 {
		t.DE, t.EN = fmt.Sprintf("%s Sie finden darin **%d Lücken** zum Ausfüllen.", t.DE, gaps), fmt.Sprintf("%s It has **%d gaps** for you to fill.", t.EN, gaps)
	}
	return t
}

func textChanges(n int) bots.Text {
	if n == 1 {
		return bots.Text{DE: "**Eine Änderung**", EN: "**One change**"}
	}
	return bots.Text{DE: fmt.Sprintf("**%d Änderungen**", n), EN: fmt.Sprintf("**%d changes**", n)}
}

func textRefused(changes []string) bots.Text {
	list := strings.Join(changes[:min(len(changes), maxListed)], "; ")
	return bots.Text{DE: "Das Sprachmodell wollte Zahlen, Namen oder Daten ändern; hier steht weiter, was im Original steht: " + list + ".",
		EN: "The language model wanted to change figures, names or dates; the original stands: " + list + "."}
}

func textUncorrected(n, of int) bots.Text {
	if of == 1 {
		return bots.Text{DE: "Das Sprachmodell hat den Text umgeschrieben oder nicht zu Ende gelesen; er ist deshalb unverändert.",
			EN: "The language model rewrote the text or did not get to its end; it is therefore unchanged."}
	}
	return bots.Text{DE: fmt.Sprintf("Teil %d von %d hat das Sprachmodell umgeschrieben oder nicht zu Ende gelesen; er ist deshalb unverändert.", n, of),
		EN: fmt.Sprintf("The language model rewrote part %d of %d or did not get to its end; it is therefore unchanged.", n, of)}
}
