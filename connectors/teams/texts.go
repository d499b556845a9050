package teams

import "amtsbote/bots"

// What people are told about an answer besides it.
var (
	textWhole = bots.Text{
		DE: "Das ist nur der Anfang: Die ganze Antwort ist zu lang für den Chat. Sie bekommen sie als Datei „Antwort.md“.",
		EN: "This is only the beginning: the whole answer is too long for the chat. You get it as the file “Answer.md”.",
	}
	textCutOff = bots.Text{
		DE: "Hier ist Schluss, obwohl die Antwort weitergeht: Sie ist zu lang für diesen Chat. Fragen Sie mich bitte in unserem direkten Chat, dort bekommen Sie sie ganz.",
		EN: "The answer goes on but ends here: it is too long for this chat. Please ask me in our direct chat, where you get all of it.",
	}
	textCutOffHere = bots.Text{ // where bots cannot give files
		DE: "Hier ist Schluss, obwohl die Antwort weitergeht: Sie ist zu lang für diesen Chat. Fragen Sie mich bitte nach einem Teil davon.",
		EN: "The answer goes on but ends here: it is too long for this chat. Please ask me for a part of it.",
	}
	textMessage = bots.Text{DE: "Nachricht", EN: "Message"}
	textPage    = bots.Text{DE: "S. ", EN: "p. "}
)
