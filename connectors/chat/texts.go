package chat

import "amtsbote/bots"

// What people are told in every chat in the same words.
var (
	// Still stands for an answer that is being made, Ended where that was interrupted.
	Still = bots.Text{DE: "Die Antwort wird geschrieben …", EN: "The answer is being written …"}
	Ended = bots.Text{DE: "Unterbrochen.", EN: "Interrupted."}
	// InDirect stands where others would read the answer.
	InDirect = bots.Text{DE: "Die Antwort steht in unserem direkten Chat.", EN: "The answer is in our direct chat."}
	// WholeName is the name of the file that an answer too long for a chat is in.
	WholeName = bots.Text{DE: "Antwort.md", EN: "Answer.md"}
	// Voice and Video stand in place of an answer to what cannot be read.
	Voice = bots.Text{
		DE: "Sprachnachrichten kann ich nicht anhören. Bitte schreiben Sie mir, worum es geht, oder schicken Sie den Text als Datei.",
		EN: "I cannot listen to voice messages. Please write to me what it is about, or send the text as a file."}
	Video = bots.Text{
		DE: "Videos kann ich nicht auswerten. Bitte schreiben Sie mir, worum es geht, oder schicken Sie ein Dokument oder ein Bild.",
		EN: "I cannot look at videos. Please write to me what it is about, or send a document or a picture."}
)
