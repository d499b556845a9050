package translate

import (
	"fmt"
	"strings"

	"amtsbote/bots"
)

var (
	textNoModel = bots.Text{
		DE: "Zum Übersetzen brauche ich ein Sprachmodell, und für diese Daten ist hier keines eingerichtet. Bitte wenden Sie sich an die Stelle, die mich betreibt.",
		EN: "To translate I need a language model, and none is set up here for these data. Please ask those who run me."}
	textSeveral = bots.Text{
		DE: "Ich übersetze in eine Sprache nach der anderen. In welche zuerst?",
		EN: "I translate into one language after the other. Into which one first?"}
	textWhich = bots.Text{
		DE: "In welche Sprache soll ich übersetzen? Antworten Sie einfach mit der Sprache, zum Beispiel „Englisch“.",
		EN: "Into which language shall I translate? Just answer with the language, such as “English”."}
	textNothing = bots.Text{
		DE: "Was soll ich übersetzen? Schicken Sie mir eine Datei, oder schreiben Sie den Text in die Zeilen unter „Übersetze ins Englische:“.",
		EN: "What shall I translate? Send me a file, or write the text in the lines below “Translate into English:”."}
	textTooLong = bots.Text{
		DE: "Das ist mehr Text, als ich auf einmal übersetze (etwa 300 Seiten). Bitte schicken Sie ihn in Teilen.",
		EN: "This is more text than I translate in one go (some 300 pages). Please send it in parts."}
	textNewFile = bots.Text{
		DE: "Sie enthält den Text Absatz für Absatz; Bilder und Gestaltung des Originals fehlen.",
		EN: "It has the text paragraph by paragraph, without the pictures and the layout of the original."}
)

// textLayout says what a file in its own layout is.
func textLayout(all []result, inside bool) bots.Text {
	t := bots.Text{
		DE: "Gestaltung, Tabellen und Bilder sind die des Originals; nachverfolgte Änderungen sind angenommen, Kommentare entfernt. Felder (Datum, Verweise) und Text in Bildern sind nicht übersetzt.",
		EN: "Layout, tables and pictures are those of the original; tracked changes are accepted, comments removed. Fields (dates, references) and text in pictures are not translated."}
	if inside {
		t.DE, t.EN = t.DE+" Eingebettete Dateien sind nicht übersetzt.", t.EN+" Embedded files are not translated."
	}
	plain := 0
	for _, r := range all {
		if r.Plain {
			plain++
		}
	}
	if plain > 0 {
		t.DE += fmt.Sprintf(" Hervorhebungen innerhalb eines Absatzes gingen in %s verloren.", count(plain, "Absatz", "Absätzen"))
		t.EN += fmt.Sprintf(" Emphasis within a paragraph was lost in %s.", count(plain, "paragraph", "paragraphs"))
	}
	return t
}

// isQuestion reports whether a turn is the question for the language.
func isQuestion(text string) bool {
	return strings.HasPrefix(text, textWhich.DE[:20]) || strings.HasPrefix(text, textWhich.EN[:20])
}

func textSame(code string) bots.Text {
	n := nameOf(code)
	return bots.Text{DE: "Der Text ist schon auf " + n.DE + ". In welche Sprache soll ich ihn übersetzen?", EN: "The text is in " + n.EN + " already. Into which language shall I translate it?"}
}

// disclaimer is the sentence that every translation carries.
func disclaimer(from, to string) bots.Text {
	a, b := nameOf(from), nameOf(to)
	of := bots.Text{DE: "ins " + into(b.DE), EN: "into " + b.EN}
	if from != "" {
		of = bots.Text{DE: "aus dem " + inflected(a.DE) + " " + of.DE, EN: "from " + a.EN + " " + of.EN}
	}
	return bots.Text{
		DE: "Maschinelle Übersetzung " + of.DE + ", keine amtliche (beglaubigte) Übersetzung. Maßgeblich ist das Original.",
		EN: "Machine translation " + of.EN + ", not an official (certified) one. The original is what counts."}
}

// Marks that stand behind or before a paragraph that a person must look at.
const (
	markCheck = "[bitte prüfen]"
	markKept  = "[nicht übersetzt]"
)

// marked returns a translated paragraph with the mark that it needs.
func marked(r result, text string) string {
	switch {
	case r.Kept:
		return markKept + " " + text
	case r.doubtful():
		return text + " " + markCheck
	}
	return text
}

// chat returns a translation as CommonMark; markup says that it is.
func chat(all []result, markup bool) bots.Text {
	var out []string
	for _, r := range all {
		text := r.Text
		if !markup {
			text = literal(text)
		}
		text = strings.NewReplacer(markKept, "**"+markKept+"**", markCheck, "**"+markCheck+"**").Replace(marked(r, text))
		out = append(out, text)
	}
	return bots.Say(strings.Join(out, "\n\n"))
}

// literal returns a paragraph as CommonMark that shows it line by line.
func literal(s string) string {
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		l = bots.Literal(l)
		if l != "" && strings.ContainsRune("#>=", rune(l[0])) {
			l = `\` + l
		}
		lines[i] = l
	}
	return strings.Join(lines, "  \n")
}

// maxListed is how many lines a list of findings has.
const maxListed = 30

// report lists what a person must look at; empty if there is nothing.
func report(all []result) bots.Text {
	var de, en []string
	add := func(n int, d, e string) {
		de, en = append(de, fmt.Sprintf("- Absatz %d: %s", n+1, d)), append(en, fmt.Sprintf("- Paragraph %d: %s", n+1, e))
	}
	for i, r := range all {
		switch {
		case r.Kept:
			add(i, "nicht übersetzt, steht im Original", "not translated, left as it was")
			continue
		case r.Foreign:
			add(i, "ist wohl nicht in der Zielsprache", "does not seem to be in the target language")
		}
		for _, f := range r.Findings {
			q := bots.Quoted(f.Text)
			if f.New {
				add(i, q.DE+" steht nicht im Original", q.EN+" is not in the original")
			} else {
				add(i, q.DE+" fehlt oder ist verändert", q.EN+" is missing or changed")
			}
		}
		for _, term := range r.Terms {
			q := bots.Quoted(term)
			add(i, "nicht wie im Glossar: "+q.DE, "not as in the glossary: "+q.EN)
		}
	}
	if len(de) == 0 {
		return bots.Text{}
	}
	if more := len(de) - maxListed; more > 0 {
		de, en = append(de[:maxListed], fmt.Sprintf("- und %d weitere", more)), append(en[:maxListed], fmt.Sprintf("- and %d more", more))
	}
	return bots.Text{DE: "\n\n**Bitte prüfen:**\n\n" + strings.Join(de, "\n"), EN: "\n\n**Please check:**\n\n" + strings.Join(en, "\n")}
}

// warning counts the paragraphs that a person must look at.
func warning(all []result) bots.Text {
	kept, doubt := 0, 0
	for _, r := range all {
		switch {
		case r.Kept:
			kept++
		case r.doubtful():
			doubt++
		}
	}
	var de, en []string
	if kept > 0 {
		de, en = append(de, fmt.Sprintf("%d nicht übersetzt (im Original belassen)", kept)), append(en, fmt.Sprintf("%d not translated (left as they were)", kept))
	}
	if doubt > 0 {
		de, en = append(de, fmt.Sprintf("%d mit Angaben oder Wörtern, die nicht zum Original passen", doubt)), append(en, fmt.Sprintf("%d with details or words that do not match the original", doubt))
	}
	if len(de) == 0 {
		return bots.Text{}
	}
	return bots.Text{DE: "Absätze der Übersetzung, die Sie prüfen müssen: " + strings.Join(de, ", ") + ".", EN: "Paragraphs of the translation that you must check: " + strings.Join(en, ", ") + "."}
}

// about puts the name of a file before what is said of it.
func about(file string, t bots.Text) bots.Text {
	return bots.Text{DE: "**" + file + ":** " + t.DE, EN: "**" + file + ":** " + t.EN}
}

// said tells of a file that was translated.
func said(file, to string, from, code string, all []result, how bots.Text) bots.Text {
	list, line := report(all), disclaimer(from, code)
	return bots.Text{
		DE: fmt.Sprintf("**%s:** übersetzt in der Datei %s (%s). %s *%s*%s", file, to, count(len(all), "Absatz", "Absätze"), how.DE, line.DE, list.DE),
		EN: fmt.Sprintf("**%s:** translated in the file %s (%s). %s *%s*%s", file, to, count(len(all), "paragraph", "paragraphs"), how.EN, line.EN, list.EN)}
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
