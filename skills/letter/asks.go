package letter

import (
	"strings"

	"amtsbote/skills/facts"
	"amtsbote/skills/lazy"
)

// The patterns by which a sentence asks for something. Each is tried only on
// sentences that have one of its words (asks.may): most sentences have none.
var (
	asks     = lazy.New(`(?i)(?:\b(?:bitte|bitten) (?:ich|wir)\b|\b(?:ich|wir) (?:\pL+ ){0,4}?bitten?\b|\bbitten? (?:\pL+ ){0,3}?um\b|\bbitten? (?:dringend|höflich|nochmals|hiermit|daher|deshalb|freundlich|herzlich)\b|^\W*(?:\pL+ )?bitte \pL+|[,;:] bitte \pL+en sie\b|\b(?:beantrage|beantragen|fordere|fordern|verlange|verlangen|ersuche|ersuchen|erwarte|erwarten) (?:ich|wir|hiermit|daher|sie)\b|\b(?:ich|wir) (?:\pL+ ){0,3}?(?:beantragen?|fordern?|verlangen?|ersuchen?)\b|\b(?:ich|wir) (?:daher |nun |von ihnen )?erwarten?\b|^\W*(?:(?:und|dann|also) )?\pL{3,}en sie (?:\pL+ ){0,3}?bitte\b|^\W*(?:(?:und|dann|also) )?\pL{3,}en sie (?:mir|uns|sofort|umgehend|endlich|auf)\b|\bhiermit (?:beantrage|fordere)|\b(?:ich|wir) möchten?\b|\bmöchten? (?:ich|wir)\b|\b(?:ich|wir) würden? (?:mich |uns )?(?:sehr )?(?:gerne?|freuen)\b|\bwürden? (?:ich|wir) (?:gerne?|mich|uns)\b|\b(?:könnten|können|würden|wären) sie\b[^.!]*\?|\bteilen sie (?:mir|uns)\b|\b(?:stelle|stellen) (?:ich|wir) (?:\pL+ ){0,4}?antrag\b|\b(?:ich|wir) stellen? (?:\pL+ ){0,4}?antrag\b|\b(?:wird|werden) (?:\pL+ ){0,4}?(?:gebeten|aufgefordert|ersucht|beantragt|aufgegeben)\b)`)
	performs = lazy.New(`(?i)(?:\b(?:kündige|widerrufe|widerspreche|storniere)n? (?:ich|wir)\b|\bhiermit (?:kündige|widerrufe|widerspreche|storniere)|\b(?:ich|wir) (?:\pL+ ){0,2}?(?:kündigen?|widerrufen?|widersprechen?|stornieren?)\b|\bmelden? (?:ich|wir)\b[^.!?]*\b(?:an|ab|um)\b|\b(?:ziehe|nehme)n? (?:ich|wir)\b[^.!?]*\bzurück\b|\bsetzen? (?:ich|wir) ihnen\b|\b(?:ich|wir) setzen? ihnen\b|\b(?:(?:muss|müssen|will|wollen|kann|können) (?:ich|wir)|(?:ich|wir) (?:muss|müssen|will|wollen|kann|können))\b[^.!?]*\b(?:absagen|verschieben|stornieren|kündigen|abmelden|ummelden|anmelden|widerrufen|zurückziehen|nicht (?:wahrnehmen|einhalten))\b)`)
	needs    = lazy.New(`(?i)(?:^\W*(?:ich|wir) (?:\pL+ )?(?:brauchen?|benötigen?)\b|\b(?:brauchen?|benötigen?) (?:ich|wir) (?:dringend |noch |bitte |daher |auch )*(?:eine?n?|ihre?n?)\b|\b(?:brauche?|benötige) (?:\pL+ ){0,2}?(?:dringend|bis)\b|\b(?:ich|wir) wünschen? (?:mir|uns)\b|\bwünschen? (?:ich|wir) (?:mir|uns)\b)`)
	asksEN   = lazy.New(`(?i)(?:\bplease (?:\pL+ )?(?:\pL+)\b|\b(?:i|we) (?:also |therefore |kindly |hereby |now |just )?(?:would like|'d like|need|request|ask|demand|expect|wish|apply|object|want)\b|\b(?:and|but|also) would like (?:to|you)\b|\b(?:could|can|would|will) you\b|\bi am (?:writing|asking) (?:to (?:request|ask|apply)|for)\b|\bi (?:would be|am) grateful if\b)`)
	// pleases are "please" in the other languages of letters.
	pleases = lazy.New(`(?i)(?:^|[^\pL])(?:lütfen|rica ederim|prosz[ęe]|prosimy|por favor|s['’]il vous plaît|merci de|je vous prie|vă rog|va rog|моля|пожалуйста|будь ласка|прошу|per favore|alstublieft|molim|kérem|ju lutem|لطفا|يرجى|أرجو|الرجاء)(?:$|[^\pL])`)
	// third matches what a club or firm says of itself.
	third    = lazy.New(`(?i)\b(?:beantragt|bittet|ersucht)\b`)
	notThird = lazy.New(`(?i)\b(?:hat|habe|haben|hatten?|wurden?|worden|ist|sind|war|bereits|sie|er|es|amt|behörde|jobcenter)\b`)
	// bare matches a question without its mark, as phones write them.
	bare       = lazy.New(`(?i)^\W*(?:wann|wo|wer|wie (?:viel|lange|hoch|kann|komme|geht|läuft|teuer|oft)|was (?:kostet|muss|brauche|benötige|soll|kann)|welche[rnsm]? \pL+ (?:brauche|benötige|muss)|(?:kann|darf|muss|soll) (?:ich|man|wir)|(?:haben|habt) (?:sie|ihr)|gibt es|ist es möglich|an wen) [^,;:.!]*$`)
	rhetorical = lazy.New(`(?i)^\W*(?:(?:was bilde\pL* (?:sie|ihr)|w(?:ofür|ozu) zahlen? (?:ich|wir)|wo (?:leben|sind) wir|soll das ein (?:witz|scherz)|kann das (?:denn )?(?:wirklich )?(?:wahr|normal|sein|angehen)|was (?:soll das|erlauben (?:sie|die))|haben sie nichts besseres)\b[^?]*|hallo|na|oder|nicht wahr|ok(?:ay)?|verstanden|geht'?s noch)\s*\?`)
	courtesy   = lazy.New(`(?i)(?:bitten?|bitte ich|bitten wir) (?:\pL+ ){0,4}?(?:um|für) (?:\pL+ ){0,3}?(?:verständnis|entschuldigung|verzeihung|nachsicht)|bitte (?:entschuldigen|verzeihen) sie|bitte haben sie verständnis|\b(?:solle?n?|möge) bitte\b|bitte wundern sie|bitte antworten sie nicht|bitte nicht (?:auf diese|antworten)[^.!?]*|zögern sie|bei (?:rück)?fragen (?:stehe|melden|können|bin)|für (?:rück)?fragen stehe|(?:vielen|besten|herzlichen) dank|(?:ich|wir)? ?möchten? (?:ich |wir )?[^.,!?]{0,80}?\b(?:bedanken|danken|betonen|anmerken|hinweisen|mitteilen|informieren|erwähnen|klarstellen|entschuldigen|loben|gratulieren)\b|(?:i|we) would like to (?:thank|point out|mention|inform)|(?:do not|don't) hesitate|please (?:find (?:attached|enclosed)|note that|do not reply)|bitte (?:finden|entnehmen) sie|anbei|thank you in advance|bitte beachten sie`)
	confirms   = lazy.New(`(?i)(?:bestätig\pL*[^.!?]{0,80}\b(?:eingang|erhalt|empfang|zugang)|(?:eingangs|empfangs)bestätigung|(?:eingang|erhalt|empfang)s?\b[^.!?]{0,60}bestätig|(?:confirm|acknowledge)\w*[^.!?]{0,60}receipt|(?:confirmation|acknowledge?ment) of receipt)`)
	// ofOther matches "Eingang unserer Steuererklärung": not ours to confirm.
	ofOther  = lazy.New(`(?i)(?:eingang|erhalt|empfang|zugang)s? (?:des|der|meine[rs]|unsere[rs]|dieses|dieser|von)\b|receipt of\b`)
	ofLetter = lazy.New(`(?i)(?:eingang|erhalt|empfang|zugang)s? (?:des|der|meine[rs]|unsere[rs]|dieses|dieser)(?: \pL+n)? (?:e-?mail|mail|nachricht|schreiben|briefe?s|widerspruch|einspruch|antrag|beschwerde|anfrage|anliegen)|receipt of (?:this|my|our) (?:e-?mail|message|letter|objection|application|request)`)
	// replies matches a wish for nothing but an answer.
	replies = lazy.New(`(?i)(?:^|\W)(?:um|über) (?:eine |ihre )?(?:\pL+e[rns]? ){0,2}(?:antwort|rückantwort|rückmeldung)\b|\b(?:expect|look forward to|grateful for) (?:an?|your) (?:\pL+ )?(?:answer|reply|response)\b`)
)

// about matches the clause that says what the answer is to be about.
var about = lazy.New(`(?i), (?:ob|wann|wie|was|wo|wer|warum|welche\pL*|dass|bis wann|inwie\pL*)\b`)

// askWords are what a sentence that matches has one of, in lower case.
var askWords = []string{"bitt", "beantrag", "forder", "verlang", "ersuch", "erwart", "möcht", "würd", "könn", "wären", "teilen sie", "antrag", "gebeten", "aufgegeben",
	"kündig", "widerruf", "widersprech", "stornier", "meld", "zurück", "setze", "absagen", "verschieben", "ziehen", "wahrnehmen", "einhalten", "brauch", "benötig", "wünsch", "en sie "}

// An ask is what a sentence wants.
type ask int

const (
	nothing ask = iota
	wish
	question
)

// asking says whether a sentence asks for something. language is the letter's.
func asking(s, language string) ask {
	if at := strings.LastIndexByte(s, '?'); at > 8 {
		if rhetorical.MatchString(s) {
			return nothing
		}
		return question
	}
	low := strings.ToLower(s)
	may := func(words ...string) bool {
		for _, w := range words {
			if strings.Contains(low, w) {
				return true
			}
		}
		return false
	}
	if may(askWords...) {
		if rest := courtesy.ReplaceAllString(s, " "); asks.MatchString(rest) || performs.MatchString(rest) || needs.MatchString(rest) {
			return wish
		}
		if third.MatchString(s) && !notThird.MatchString(s) {
			return wish
		}
	}
	switch language {
	case "en":
		if asksEN.MatchString(courtesy.ReplaceAllString(s, " ")) {
			return wish
		}
	case "de", "":
		if bare.MatchString(s) {
			return question
		}
	default:
		if pleases.MatchString(s) {
			return wish
		}
	}
	return nothing
}

// goesOn matches where a further request begins within a sentence: "… und bitte
// um …", "… und senden Sie mir …".
var goesOn = lazy.New(`,? (?:und|sowie) ((?:(?:bitten?|beantragen?|fordern?|verlangen?|ersuchen?)\b|[\pL]{3,}en Sie\b))`)

// A unit is a sentence, or the part of it that holds one request.
type unit struct {
	facts.Span
	on, more bool // continues the request before it; another one follows
}

// units cuts a text into sentences, and those with several requests into them, so
// that each is listed, answered and has its own term.
func units(text, language string) []unit {
	var out []unit
	for _, span := range facts.Sentences(text) {
		s := text[span.Start:min(span.End, span.Start+maxSentence)]
		start, on := span.Start, false
		if !strings.Contains(s, "?") && (strings.Contains(s, " und ") || strings.Contains(s, " sowie ")) {
			for _, m := range goesOn.FindAllStringSubmatchIndex(strings.ReplaceAll(s, "\n", " "), 6) {
				before := text[start : span.Start+m[0]]
				if !on && asking(before, language) == nothing && !objects.MatchString(before) {
					continue
				}
				out = append(out, unit{facts.Span{Start: start, End: span.Start + m[0]}, on, true})
				start, on = span.Start+m[2], true
			}
		}
		out = append(out, unit{facts.Span{Start: start, End: span.End}, on, false})
	}
	return out
}
