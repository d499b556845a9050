package bots

import (
	"fmt"
	"strings"
	"time"
)

// The texts of the core that people read, German and English. Errors say what
// happened and what to do, and never quote an error of a program.

var (
	textNothing = Text{
		"Damit kann ich noch nichts anfangen. `!hilfe` zeigt, was ich kann.",
		"I cannot do anything with this yet. `!help` shows what I can do.",
	}
	textSkipped = Text{
		"Auf diese Nachricht ist keine Antwort nötig: Sie wurde automatisch erstellt oder ging an viele. Einen Entwurf habe ich darum nicht geschrieben.",
		"This message needs no reply: it was made automatically or went to many. So I have not written a draft.",
	}
	textStopped = Text{"Ich habe aufgehört.", "I have stopped."}
	textNew     = Text{
		"Wir beginnen neu: Was bisher in diesem Gespräch stand, ziehe ich nicht mehr heran.",
		"We start afresh: I no longer use what was said in this conversation before.",
	}
	textOtherRoom = Text{
		"Hier kann ich nur diesen Raum auswerten. Zu anderen Räumen fragen Sie mich bitte im Direktchat.",
		"Here I can only look at this room. About other rooms please ask me in a direct chat.",
	}
	textNoWhy = Text{
		"In diesem Gespräch habe ich noch nichts beantwortet, das ich erklären könnte.",
		"I have not answered anything in this conversation that I could explain.",
	}
)

func textFilesLeft(n int) Text {
	de, en := "Eine Datei, die zu dieser Antwort gehört, fehlt", "A file that belongs to this answer is missing"
	if n > 1 {
		de, en = fmt.Sprintf("%d Dateien, die zu dieser Antwort gehören, fehlen", n), fmt.Sprintf("%d files that belong to this answer are missing", n)
	}
	return Text{
		fmt.Sprintf("%s: Ich gebe Dateien bis %d MB mit. Bitte fragen Sie nach einem kleineren Teil.", de, MaxFile>>20),
		fmt.Sprintf("%s: I pass on files of up to %d MB. Please ask for a smaller part.", en, MaxFile>>20),
	}
}

// contact returns whom to ask, as the end of a sentence.
func contact(p Profile) (de, en string) {
	if p.Contact == "" {
		return "Bitte wenden Sie sich an die zuständige Stelle Ihres Hauses.", "Please ask the responsible office of your authority."
	}
	return "Bitte wenden Sie sich an " + p.Contact + ".", "Please contact " + p.Contact + "."
}

func textSorry(p Profile) Text {
	de, en := contact(p)
	return Text{
		"Es tut mir leid: Ihre Nachricht konnte ich auch nach mehreren Versuchen nicht beantworten. Bitte versuchen Sie es später noch einmal. Bleibt es dabei: " + de,
		"I am sorry: I could not answer your message, not even after several attempts. Please try again later. If it stays like this: " + en,
	}
}

// textNoDraft is for a watched mailbox, where nobody asked and nothing is lost.
var textNoDraft = Text{
	"Zu diesem Schreiben konnte ich auch nach mehreren Versuchen keinen Entwurf anlegen. Es liegt unverändert im Postfach; bitte beantworten Sie es ohne mich.",
	"I could not prepare a draft for this letter, not even after several attempts. It is in the mailbox unchanged; please answer it without me.",
}

func textNoAccess(p Profile) Text {
	de, en := contact(p)
	return Text{
		"Guten Tag, für Sie bin ich noch nicht freigeschaltet. " + de + " Bis dahin antworte ich hier nicht weiter.",
		"Hello, you do not have access to me yet. " + en + " Until then I will not answer here.",
	}
}

func textQuota(p Profile) Text {
	de, en := contact(p)
	return Text{
		"Für diese Stunde ist Ihr Kontingent erreicht. Bitte versuchen Sie es später noch einmal. Reicht es Ihnen regelmäßig nicht: " + de,
		"You have reached your quota for this hour. Please try again later. If it is regularly too small: " + en,
	}
}

// textLate tells of a message that is too old to be answered.
func textLate(written time.Time) Text {
	when := written.Format("02.01.2006, 15:04")
	return Text{
		"Ihre Nachricht vom " + when + " Uhr erreicht mich erst jetzt; so spät beantworte ich sie nicht mehr von selbst. Ist die Frage noch offen, schreiben Sie sie bitte noch einmal.",
		"Your message of " + when + " reaches me only now; so late I no longer answer it by myself. If the question is still open, please write it once more.",
	}
}

func textWait(until time.Time) Text {
	return Text{
		fmt.Sprintf("Das dauert heute länger: Es klappt gerade nicht, ich versuche es weiter bis %s Uhr. Sie brauchen nichts zu tun.", until.Format("15:04")),
		fmt.Sprintf("This takes longer today: it does not work right now, I will keep trying until %s. You need not do anything.", until.Format("15:04")),
	}
}

func textForgotten(turns int) Text {
	return Text{
		fmt.Sprintf("Gelöscht: dieses Gespräch (%d Beiträge) und alles, was daraus abgeleitet war. Technische Reste in der Datenbank entfernt die nächtliche Bereinigung. Was in Ihrem Postfach oder Chatraum selbst liegt, löschen Sie bitte dort.", turns),
		fmt.Sprintf("Deleted: this conversation (%d entries) and everything derived from it. The nightly clean-up removes technical remains in the database. What lies in your mailbox or chat room itself, please delete there.", turns),
	}
}

func textInfo(p Profile, c Class, models []ModelInfo) Text {
	var de, en strings.Builder
	name := p.Name
	if p.Authority != "" {
		name += ", " + p.Authority
	}
	fmt.Fprintf(&de, "**%s**\n", name)
	fmt.Fprintf(&en, "**%s**\n", name)
	if len(models) == 0 {
		de.WriteString("\n- **Modell:** keines. Es antwortet das eingebaute Verfahren ohne Sprachmodell; Ihre Texte verlassen diesen Server nicht.")
		en.WriteString("\n- **Model:** none. The built-in engine answers without a language model; your texts do not leave this server.")
	}
	for _, m := range models {
		de.WriteString("\n- **Modell:** " + modelAt(m.Name, m.Place))
		en.WriteString("\n- **Model:** " + modelAt(m.Name, m.Place))
		if m.Replaced {
			de.WriteString("; Namen, Anschriften und Nummern werden vorher ersetzt, soweit sie erkannt werden")
			en.WriteString("; names, addresses and numbers are replaced before, as far as they are recognised")
		}
	}
	fmt.Fprintf(&de, "\n- **Datenklasse hier:** %s\n- **Aufbewahrung:** Gespräche %s, früher mit `!löschen`", c.Text().DE, days(p.Keep).DE)
	fmt.Fprintf(&en, "\n- **Data class here:** %s\n- **Retention:** conversations %s, sooner with `!delete`", c.Text().EN, days(p.Keep).EN)
	if p.Contact != "" {
		de.WriteString("\n- **Fragen:** " + p.Contact)
		en.WriteString("\n- **Questions:** " + p.Contact)
	}
	return Text{de.String(), en.String()}
}

func modelAt(name, place string) string {
	if place == "" {
		return name
	}
	return name + ", " + place
}

func days(d time.Duration) Text {
	n := int(d.Hours() / 24)
	switch {
	case n == 1:
		return Text{"1 Tag", "1 day"}
	case n < 1:
		return Text{fmt.Sprintf("%.0f Stunden", d.Hours()), fmt.Sprintf("%.0f hours", d.Hours())}
	}
	return Text{fmt.Sprintf("%d Tage", n), fmt.Sprintf("%d days", n)}
}

func textWhy(n Notice, at time.Time, sources string) Text {
	when := at.Format("02.01.2006, 15:04")
	n.Said = false
	de := fmt.Sprintf("Die letzte Antwort (%s) kommt von der Fähigkeit **%s** (Anweisungen in Version %s).\n\n%s", when, n.Skill, n.Version, n.Line().DE)
	en := fmt.Sprintf("The last answer (%s) comes from the skill **%s** (instructions version %s).\n\n%s", when, n.Skill, n.Version, n.Line().EN)
	if sources != "" {
		de += "\n\n**Quellen**\n" + sources
		en += "\n\n**Sources**\n" + strings.ReplaceAll(sources, ", S. ", ", p. ")
	}
	return Text{de, en}
}

// Line returns the AI notice that stands under an answer: what made it, and that
// it is to be checked. It is empty for fixed texts.
func (n Notice) Line() Text {
	switch {
	case n.Plain, n.Said:
		return Text{}
	case n.Model == "":
		return Text{
			"Ohne Sprachmodell erstellt, nach festen Regeln; Wichtiges kann fehlen. Bitte prüfen.",
			"Made without a language model, by fixed rules; important things may be missing. Please check.",
		}
	}
	at := modelAt(n.Model, n.Place)
	t := Text{
		"Mit KI erstellt (" + at + "). Bitte prüfen, vor allem Fristen, Beträge und Namen.",
		"Made with AI (" + at + "). Please check, above all deadlines, amounts and names.",
	}
	if !n.Replaced.IsZero() {
		t.DE += " Vor dem Modell ersetzt: " + n.Replaced.DE + "."
		t.EN += " Replaced before the model: " + n.Replaced.EN + "."
	}
	return t
}
