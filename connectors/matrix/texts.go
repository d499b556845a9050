package matrix

import "amtsbote/bots"

// What people are told where something cannot be read.
var (
	textSticker = bots.Text{
		DE: "Mit einem Sticker kann ich nichts anfangen. Bitte schreiben Sie mir, was Sie brauchen; `!hilfe` zeigt, was ich kann.",
		EN: "I can do nothing with a sticker. Please write to me what you need; `!help` shows what I can do."}
	textLocation = bots.Text{
		DE: "Standorte kann ich nicht auswerten. Bitte schreiben Sie mir, worum es geht.",
		EN: "I cannot look at locations. Please write to me what it is about."}
	textNoFile = bots.Text{
		DE: "Diese Datei kam unvollständig an. Bitte schicken Sie sie noch einmal.",
		EN: "This file arrived incomplete. Please send it again."}
	textLocked = bots.Text{
		DE: "Eine Nachricht hier konnte ich nicht entschlüsseln: Der Schlüssel dazu fehlt mir. War sie für mich, schicken Sie sie bitte noch einmal. Kommt der Schlüssel doch noch, antworte ich dann.",
		EN: "I could not decrypt a message here: I lack its key. If it was for me, please send it again. If the key comes after all, I will answer then."}
)
