package catchup

// watchWords bring questions here that watch a person, to be refused rather than
// answered by guessing.
var watchWords = []string{
	"was hat gemacht", "was hat geschrieben", "was hat gesagt", "was hat getan", "was hat gearbeitet", "was macht", "was schreibt", "womit hat beschäftigt",
	"wer wenigsten", "wer meisten", "wer seltensten", "wer häufigsten", "wer schnellsten", "wer langsamsten", "wer fleißigsten", "wer aktivsten",
	"wer nie", "wer kaum", "rangliste", "wie oft", "wie häufig", "wie viele nachrichten", "wie lange", "wie aktiv", "wann war", "wann online", "arbeitet genug",
	"alle nachrichten von", "alles geschrieben", "fass nachrichten von zusammen", "fasse nachrichten von zusammen", "leistung bewerte", "bewerte leistung",
	"who least", "who most", "who never", "who fewest", "who slowest", "who fastest", "who hardly", "ranking", "how often", "how many messages", "how long", "how active", "when was online",
	"what did do", "what did write", "what did say", "what has done", "what has written", "what has been doing", "what is doing", "was lazy", "is lazy",
	"all messages from", "all messages by", "everything wrote", "everything written", "summar messages from", "sum up messages from", "performance of",
}
