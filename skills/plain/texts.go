package plain

import (
	"fmt"
	"strings"

	"amtsbote/bots"
	"amtsbote/skills/check"
)

var (
	textNoModel = bots.Text{
		DE: "Umschreiben kann ich nur mit einem Sprachmodell, und es ist keines eingerichtet, das diesen Text sehen darf (wie eines angebunden wird, steht im Betriebshandbuch unter „Modelle“). Prüfen kann ich ihn schon jetzt: „Prüfe die Verständlichkeit.“",
		EN: "I can rewrite only with a language model, and none is configured that may see this text (the operator’s handbook says under “Modelle” how to connect one). I can already check it: “Check the readability.”"}
	textWhat = bots.Text{
		DE: "Um welchen Text geht es? Schreiben Sie ihn hinter den Befehl, oder schicken Sie ihn als Datei.",
		EN: "Which text do you mean? Write it after the command, or send it as a file."}
	textTooLong = bots.Text{
		DE: "Ihr Wunsch ist für das Sprachmodell zu lang. Bitte schreiben Sie kurz, was werden soll, und schicken Sie den Text als Datei.",
		EN: "Your wish is too long for the language model. Please say briefly what shall become of the text, and send it as a file."}
	textEmpty = bots.Text{
		DE: "Das Sprachmodell gab keinen brauchbaren Text. Bitte versuchen Sie es noch einmal.",
		EN: "The language model gave no usable text. Please try again."}
	textCut = bots.Text{
		DE: "Mindestens ein Teil des Textes ist an der Längengrenze des Modells abgeschnitten.",
		EN: "At least one part of the text was cut at the model’s length limit."}
	textGroup = bots.Text{
		DE: "Leichte Sprache müssen Menschen aus der Zielgruppe prüfen, bevor der Text veröffentlicht wird.",
		EN: "Easy language must be checked by people of the target group before the text is published."}
)

func textLost(all []check.Finding) bots.Text {
	list := bots.Literal(listOf(all))
	return bots.Text{DE: "Fehlt im Ergebnis: " + list + ".", EN: "Missing in the result: " + list + "."}
}

// title is how the level begins the remark under a result; lastLevel finds it again.
func (l Level) title() string {
	switch l {
	case Easy:
		return "Leichte Sprache"
	case Simple:
		return "Einfache Sprache"
	}
	return "Bürgernahe Sprache"
}

// remarks is what stands under a result: how it reads, what is still against the
// level, and who has to check it.
func remarks(text string, l Level, language string) bots.Text {
	if language != "de" {
		return bots.Text{DE: "**" + l.title() + "**: Die Regeln prüfe ich nur für deutsche Texte.", EN: "**" + l.title() + "**: I check the rules for German texts only."}
	}
	r := Measure(check.Unmark(text))
	left := l.Breaks(r)
	de, en := figures(r)
	t := bots.Text{DE: "**" + l.title() + "** (nach " + l.Rules() + "): " + de, EN: "**" + l.title() + "** (after " + l.Rules() + "): " + en}
	if l == Clear {
		t = bots.Text{DE: "**" + l.title() + "**: " + de, EN: "**" + l.title() + "**: " + en}
	}
	if len(left) > 0 {
		t.DE, t.EN = t.DE+"\n\nNoch schwer zu lesen:\n\n"+places(left, l), t.EN+"\n\nStill hard to read:\n\n"+places(left, l)
	}
	if l == Easy {
		t.DE, t.EN = t.DE+"\n\n"+textGroup.DE, t.EN+"\n\n"+textGroup.EN
	}
	return t
}

// report says of a text how it reads, without a model.
func report(text string, l Level) bots.Text {
	r := Measure(text)
	if r.Sentences == 0 {
		return textWhat
	}
	de, en := figures(r)
	t := bots.Text{DE: "**Verständlichkeit**: " + de, EN: "**Readability**: " + en}
	t.DE += fmt.Sprintf(" Stellen, die gegen die Regeln sprechen: bürgernah %d, Einfache Sprache %d, Leichte Sprache %d.", len(Clear.Breaks(r)), len(Simple.Breaks(r)), len(Easy.Breaks(r)))
	t.EN += fmt.Sprintf(" Places against the rules: clear German %d, Einfache Sprache %d, Leichte Sprache %d.", len(Clear.Breaks(r)), len(Simple.Breaks(r)), len(Easy.Breaks(r)))
	if left := l.Breaks(r); len(left) > 0 {
		t.DE += "\n\n**" + l.title() + "** (" + l.Rules() + ")\n\n" + places(left, l)
		t.EN += "\n\n**" + l.title() + "** (" + l.Rules() + ")\n\n" + places(left, l)
	} else {
		t.DE += "\n\nFür " + l.German() + " ist nichts zu beanstanden."
		t.EN += "\n\nNothing speaks against " + l.title() + "."
	}
	t.DE += "\n\n*Nach festen Regeln geprüft, ohne Sprachmodell; ob der Inhalt verstanden wird, sagt das nicht.*"
	t.EN += "\n\n*Checked by fixed rules, without a language model, for German; it does not say whether the content is understood.*"
	return t
}

// figures says how long sentences are, and the formula.
func figures(r Report) (de, en string) {
	mean, wiener := fmt.Sprintf("%.1f", r.Mean), fmt.Sprintf("%.1f", r.Wiener)
	comma := strings.NewReplacer(".", ",")
	one := "Sätze"
	if r.Sentences == 1 {
		one = "Satz"
	}
	de = fmt.Sprintf("%d %s, im Mittel %s Wörter, der längste %d; Wiener Sachtextformel %s (4 leicht bis 15 schwer).", r.Sentences, one, comma.Replace(mean), r.Longest, comma.Replace(wiener))
	en = fmt.Sprintf("%d sentences of %s words on average, the longest %d; Vienna formula %s (4 easy to 15 hard).", r.Sentences, mean, r.Longest, wiener)
	return de, en
}

// places lists findings.
func places(all []Finding, l Level) string {
	most := limitsOf[l].maxHints
	var lines []string
	for _, f := range all[:min(len(all), most)] {
		lines = append(lines, "- "+f.title()+": "+bots.Quoted(shorten(f.Text)).DE+" "+f.Hint)
	}
	if len(all) > most {
		lines = append(lines, fmt.Sprintf("- … (+%d)", len(all)-most))
	}
	return strings.Join(lines, "\n")
}
