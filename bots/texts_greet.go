package bots

import (
	"fmt"
	"strings"
)

// The texts of the greetings. Each of their sentences is a promise that a test
// holds.

// kindOf says what answers: with a language model or without.
func kindOf(models []ModelInfo) Text {
	if len(models) == 0 {
		return Text{"ein Programm, ohne Sprachmodell eingerichtet", "a program, set up without a language model"}
	}
	return Text{"ein Programm mit KI", "a program with AI"}
}

func textGreeting(p Profile, models []ModelInfo, examples []Text) Text {
	of := Text{}
	if p.Authority != "" {
		of = Text{", der Assistent von „" + Literal(p.Authority) + "“", ", the assistant of “" + Literal(p.Authority) + "”"}
	}
	var de, en strings.Builder
	kind := kindOf(models)
	fmt.Fprintf(&de, "Guten Tag! Ich bin **%s**%s: %s, kein Mensch.\n", Literal(p.Name), of.DE, kind.DE)
	fmt.Fprintf(&en, "Hello! I am **%s**%s: %s, not a person.\n", Literal(p.Name), of.EN, kind.EN)
	if len(examples) > 0 {
		de.WriteString("\n**Probieren Sie zum Beispiel**\n")
		en.WriteString("\n**Try for example**\n")
	}
	for _, e := range examples {
		de.WriteString("\n- " + e.DE)
		en.WriteString("\n- " + e.EN)
	}
	if len(examples) > 0 {
		de.WriteString("\n")
		en.WriteString("\n")
	}
	where, keep := textWhere(models), days(p.Keep)
	de.WriteString("\n**Gut zu wissen**\n" +
		"\n- Ich entwerfe, Sie entscheiden und senden. An Bürgerinnen und Bürger schicke ich nichts." +
		"\n- Ich kann mich irren. Prüfen Sie vor allem Fristen, Beträge und Namen." +
		"\n- Nicht gedacht bin ich für Entscheidungen im Einzelfall und die Beurteilung von Personen." +
		"\n- " + where.DE + " Dieses Gespräch lösche ich nach " + dative(keep.DE) + ", mit `!löschen` früher.\n" +
		"\n`!hilfe` zeigt alles, was ich kann.")
	en.WriteString("\n**Good to know**\n" +
		"\n- I draft, you decide and send. I send nothing to citizens." +
		"\n- I may be wrong. Check above all deadlines, amounts and names." +
		"\n- I am not meant for decisions in individual cases or for judging people." +
		"\n- " + where.EN + " I delete this conversation after " + keep.EN + ", sooner with `!delete`.\n" +
		"\n`!help` shows all that I can do.")
	if p.Contact != "" {
		de.WriteString(" Fragen: " + p.Contact)
		en.WriteString(" Questions: " + p.Contact)
	}
	return Text{de.String(), en.String()}
}

// dative is how a number of days stands after "nach".
func dative(days string) string { return strings.Replace(days, "Tage", "Tagen", 1) }

// textWhere says who works on what people write.
func textWhere(models []ModelInfo) Text {
	if len(models) == 0 {
		return Text{"Ihre Texte verarbeitet ein Verfahren auf diesem Server, kein Sprachmodell.",
			"Your texts are processed on this server, by no language model."}
	}
	var de, en []string
	for _, m := range models {
		name, class := "*"+Literal(m.Name)+"*", m.Class.Text()
		if m.Place != "" {
			name += " (" + Literal(m.Place) + ")"
		}
		if m.Replaced {
			de = append(de, name+", nachdem Namen, Anschriften und Nummern ersetzt sind, soweit sie erkannt werden")
			en = append(en, name+", once names, addresses and numbers are replaced as far as they are recognised")
			continue
		}
		de = append(de, name+", zugelassen bis Datenklasse „"+class.DE+"“")
		en = append(en, name+", cleared up to data class “"+class.EN+"”")
	}
	return Text{"Ihre Texte verarbeitet " + strings.Join(de, ", ersatzweise ") + ".",
		"Your texts are processed by " + strings.Join(en, ", or in its place ") + "."}
}

func textForward(address string) Text {
	return Text{"Leiten Sie eine E-Mail an " + address + " weiter, am besten *als Anlage*: Sie erhalten Kurzfassung und Antwortentwurf.",
		"Forward an e-mail to " + address + ", best *as an attachment*: you get a brief and a draft reply."}
}

// textJoined is for a room of several people.
func textJoined(p Profile, inviter string, models []ModelInfo) Text {
	name, kind := Literal(p.Name), kindOf(models)
	by := Text{}
	if inviter != "" {
		by = Text{", eingeladen von " + Literal(inviter), ", invited by " + Literal(inviter)}
	}
	return Text{
		"Guten Tag, ich bin " + name + ", " + kind.DE + by.DE + ". Technisch kann ich lesen, was hier ab jetzt geschrieben wird. Ich speichere und verarbeite es aber erst, wenn mich jemand erwähnt, zum Beispiel: „@" + name + " Was ist seit gestern offen?“ Dann lese ich den gefragten Zeitraum. Wenn Sie mich hier nicht möchten, entfernen Sie mich bitte aus dem Raum.",
		"Hello, I am " + name + ", " + kind.EN + by.EN + ". Technically I can read what is written here from now on. But I store and process it only when somebody mentions me, for example: “@" + name + " What is open since yesterday?” Then I read the time asked for. If you do not want me here, please remove me from the room.",
	}
}
