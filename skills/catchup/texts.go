package catchup

import (
	"fmt"

	"amtsbote/bots"
)

// textNoRooms is for where there are no rooms.
var (
	textNoRooms = bots.Text{
		DE: "Von hier aus kann ich keine Räume lesen. Fragen Sie mich bitte im Chat Ihres Hauses: im Raum selbst („@Amtsbote Was habe ich verpasst?“) oder im Direktchat mit mir.",
		EN: "I cannot read rooms from here. Please ask me in your chat: in the room itself (“@Amtsbote What did I miss?”) or in a direct chat with me.",
	}
)

func textFailed(n, of int) bots.Text {
	if n >= of {
		return bots.Text{
			DE: "Das Sprachmodell gab zweimal keine brauchbare Antwort; deshalb sind Sätze wörtlich ausgewählt. Wichtiges kann fehlen.",
			EN: "The language model gave no usable answer twice; therefore sentences were chosen verbatim. Important things may be missing.",
		}
	}
	return bots.Text{
		DE: fmt.Sprintf("Für %d von %d Abschnitten gab das Sprachmodell keine brauchbare Antwort; dort sind Sätze wörtlich ausgewählt, und Wichtiges kann fehlen.", n, of),
		EN: fmt.Sprintf("For %d of %d sections the language model gave no usable answer; there sentences were chosen verbatim, and important things may be missing.", n, of),
	}
}

func textDropped(n int) bots.Text {
	if n == 1 {
		return bots.Text{DE: "Eine Aussage des Modells nannte keine Nachricht, die es gibt; sie wurde weggelassen.",
			EN: "One statement of the model named no message that exists; it was left out."}
	}
	return bots.Text{DE: fmt.Sprintf("%d Aussagen des Modells nannten keine Nachricht, die es gibt; sie wurden weggelassen.", n),
		EN: fmt.Sprintf("%d statements of the model named no message that exists; they were left out.", n)}
}
