package talk

import (
	"fmt"

	"amtsbote/bots"
)

// The texts that people read of whatever is done with a room.
var (
	TextClosed = bots.Text{
		DE: "In diesem Raum dürfen nicht alle alles lesen, was ausgewertet wurde. Darum erhalten nur Sie die Antwort.",
		EN: "In this room not everybody may read all that was looked at. So only you get the answer.",
	}
	textNoRoom = bots.Text{
		DE: "Sie und ich sind zusammen in keinem Raum. Laden Sie mich in den Raum ein, um den es geht, und fragen Sie dann noch einmal. Lesen kann ich nur, was ab der Einladung geschrieben wird, oder was der Raum Neuen zeigt.",
		EN: "You and I share no room. Invite me to the room in question and ask again. I can only read what is written from then on, or what the room shows to newcomers.",
	}
	textNoThread = bots.Text{
		DE: "Ihre Nachricht steht in keinem Thread. Schreiben Sie mir bitte in dem Thread, um den es geht, oder nennen Sie einen Zeitraum: „seit gestern“.",
		EN: "Your message is in no thread. Please write to me in the thread in question, or name a time: “since yesterday”.",
	}
	textSince = bots.Text{
		DE: "Seit wann? Diesen Zeitpunkt kenne ich nicht. Nennen Sie bitte einen Tag oder eine Zeit, zum Beispiel „seit Montag“, „seit 12.11.“, „seit gestern 14 Uhr“ oder „letzte 3 Tage“.",
		EN: "Since when? I do not know that moment. Please name a day or a time, such as “since Monday”, “since 12 November”, “since yesterday 2pm” or “last 3 days”.",
	}
	textFuture = bots.Text{
		DE: "Dieser Zeitpunkt liegt in der Zukunft. Nennen Sie bitte einen, der vorbei ist, zum Beispiel „seit gestern 14 Uhr“ oder „seit 12.11.“.",
		EN: "That moment lies in the future. Please name one that is past, such as “since yesterday 2pm” or “since 12 November”.",
	}
	textTooOld = bots.Text{
		DE: "Diese Zeit liegt mehr als 30 Tage zurück; so weit lese ich nicht. Suchen Sie bitte im Raum selbst.",
		EN: "That time is more than 30 days ago; I do not read back that far. Please search in the room itself.",
	}
	TextWatch = bots.Text{
		DE: "Das werte ich nicht aus: Was einzelne Personen tun, wie oft oder wie schnell sie schreiben und wer am meisten oder am wenigsten beiträgt, wäre eine Überwachung von Kolleginnen und Kollegen. Das geht: „Was ist an mich gerichtet?“, „Was wurde zu Schalter 3 entschieden?“, „Was ist seit Montag offen?“",
		EN: "I do not evaluate that: what single persons do, how often or how fast they write, and who contributes most or least, would be surveillance of colleagues. This works: “What is addressed to me?”, “What was decided about counter 3?”, “What is open since Monday?”",
	}
	TextLink = bots.Text{
		DE: "Das Modell hat einen Link geschrieben; er wurde entfernt. Links führen hier nur zu den Nachrichten des Raums.",
		EN: "The model wrote a link; it was removed. Links here lead only to the room’s messages.",
	}
)

func textWhichRoom(rooms []bots.Room) bots.Text {
	const most = 12
	t := bots.Text{DE: "Welchen Raum meinen Sie?", EN: "Which room do you mean?"}
	for i, r := range rooms {
		if i == most {
			t.DE += fmt.Sprintf("\n- und %d weitere", len(rooms)-i)
			t.EN += fmt.Sprintf("\n- and %d more", len(rooms)-i)
			break
		}
		name := bots.Literal(CleanName(r.Name, r.ID))
		t.DE, t.EN = t.DE+"\n- "+name, t.EN+"\n- "+name
	}
	name := CleanName(rooms[0].Name, rooms[0].ID)
	q := bots.Literal(name)
	t.DE += "\n\nNennen Sie ihn bitte dazu: „… in " + q + "“. Oder erwähnen Sie mich in dem Raum selbst; die Antwort erhalten auch dann nur Sie."
	t.EN += "\n\nPlease name it: “… in " + q + "”. Or mention me in the room itself; then, too, only you get the answer."
	return t
}
