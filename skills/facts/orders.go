package facts

import (
	"regexp"
	"strings"
	"unicode"
)

// Orders finds the first place in a text that is written for a language model and
// not for an office: that it is to forget its instructions, to be somebody else, to
// hide something from the person, marks of a chat template. Offices too speak of
// instructions and of ignoring something; such sentences are none. It is a warning
// for people and never a filter: what is put in other words is not found.
func Orders(text string) (Span, bool) {
	best := Span{}
	found := false
	for _, re := range orders {
		if at := re.FindStringIndex(text); at != nil && (!found || at[0] < best.Start) {
			best, found = Span{at[0], at[1]}, true
		}
	}
	return best, found
}

// OrderQuote returns what stands at a place of Orders as one line to be shown: the
// sentence around it, at most 160 bytes of it, without what nobody sees.
func OrderQuote(text string, at Span) string {
	start := strings.LastIndexAny(text[:at.Start], "\n.!?") + 1
	end := len(text)
	if i := strings.IndexAny(text[at.End:], "\n.!?"); i >= 0 {
		end = at.End + i + 1
	}
	quote := strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if !unicode.IsSpace(r) && unicode.In(r, unicode.Cc, unicode.Cf) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(text[start:end], ""))), " ")
	if len(quote) > 160 {
		cut := strings.LastIndexByte(quote[:160], ' ')
		if cut < 0 {
			cut = 0
		}
		quote = quote[:cut] + " …"
	}
	return quote
}

// Words between a verb and what it is about, in any language.
const (
	few    = `(?:[\pL\d'’,-]+\s+){0,5}?`
	rules  = `(?:anweisung(?:en)?|instruktion(?:en)?|vorgaben|regeln|prompts?|system\s?prompts?|richtlinien|befehle)\b`
	before = `(?:alle[ns]?|sämtliche[nr]?|jegliche|deine[nr]?|bisherige[nr]?|vorherige[nr]?|vorige[nr]?|vorangegangene[nr]?|vorhergehende[nr]?|obige[nr]?|frühere[nr]?|ursprüngliche[nr]?)`
	ai     = `(?:KI|AI|LLM|K\.I\.|ChatGPT|Copilot|Chatbot|Bot|Amtsbote|Sprachmodell|KI-Assistent|AI assistant|assistant|language model)`
)

var orders = []*regexp.Regexp{
	// In German by the imperative to "du", or to "Sie" about all of them at once.
	regexp.MustCompile(`(?i)(?:\b(?:ignorier(?:e|st)?|vergiss|missachte|verwirf|umgehe|beachte)|überschreibe)\s+` + few + before + `\s+` + few + rules),
	regexp.MustCompile(`(?i)\b(?:ignorieren|vergessen|missachten|verwerfen)\s+sie\s+(?:bitte\s+)?(?:alle|sämtliche|jegliche)\s+(?:bisherigen|vorherigen|vorigen|vorangegangenen|obigen|früheren|ihre)\s+` + rules),
	regexp.MustCompile(`(?i)\b(?:alle|sämtliche)\s+(?:bisherigen|vorherigen|obigen|früheren)\s+` + rules + `\s+(?:ignorieren|vergessen|missachten|sind\s+(?:ungültig|aufgehoben|nichtig))`),
	regexp.MustCompile(`(?i)\b(?:ignore|disregard|forget|override|bypass)\s+` + few + `(?:all|any|every|previous|prior|preceding|above|earlier|your|system)\s+` + few + `(?:instructions?|prompts?|rules|guidelines|directions|directives)\b`),
	regexp.MustCompile(`(?i)\bdu\s+bist\s+(?:jetzt|nun|ab\s+sofort|von\s+nun\s+an)\s+(?:nicht\s+mehr|kein[e]?|(?:ein[e]?\s+)?(?:[\pL-]+\s+){0,2}?(?:assistent|ki|modell|sprachmodell|bot|chatbot|system|DAN|hacker|pirat|administrator|entwickler)[\pL-]*)`),
	regexp.MustCompile(`(?i)\byou\s+are\s+now\s+(?:DAN\b|no\s+longer\b|in\s+(?:\pL+\s+)?mode\b|(?:an?\s+|the\s+)?(?:[\pL-]+\s+){0,3}?(?:assistant|ai|model|bot|chatbot|system|hacker|pirate|administrator|developer)\b)`),
	regexp.MustCompile(`(?i)\b(?:zeige?|nenne|gib|verrate|wiederhole|drucke|reveal|print|show|repeat|output|leak|display)\s+` + few + `(?:system[\s-]?prompt|systemanweisung|system\s+(?:message|instructions)|deine\s+(?:anweisungen|instruktionen)|your\s+(?:instructions|prompt))`),
	regexp.MustCompile(`(?i)(?:^|\n)[\s>#*]*(?:new\s+)?(?:system|neue\s+system)[\s-]*(?:prompt|message|nachricht|anweisung|override)?\s*:\s*(?:du\b|you\b|ignor|vergiss|forget|antworte|respond|reply|neue|new)`),
	regexp.MustCompile(`(?:^|[^\pL\d])(?i:hinweis|anweisung|notiz|nachricht|note|instruction|message|attention|achtung|wichtig|important)\s*(?i:an|für|to|for)?\s*(?i:die|das|den|alle|all|any|the|an?)?\s*[:,]?\s*(?i:` + ai + `)s?\s*[:,!]\s`),
	regexp.MustCompile(`(?i)\b(?:wenn|falls|sofern)\s+du\s+(?:ein[e]?\s+)?` + ai + `s?\s+bist\b|\bif\s+you\s+are\s+(?:an?\s+|the\s+)?` + ai + `\b|\bas\s+an\s+ai\s+(?:language\s+)?(?:model|assistant)\b,?\s+you\b`),
	regexp.MustCompile(`(?i)\b(?:antworte|respond|reply|answer)\s+(?:ab\s+jetzt\s+|ab\s+sofort\s+|from\s+now\s+on\s+)?(?:nur|ausschließlich|only|exclusively)\s+(?:noch\s+)?(?:mit|in|with)\s+(?:base64|hex|rot13|json|dem\s+wort|the\s+word|["„“'])`),
	regexp.MustCompile(`(?i)\b(?:erwähne|verrate|sage?|zeige?)\s+` + few + `(?:dem|der|den|einem)\s+(?:nutzer|benutzer|anwender|sachbearbeiter|person)\pL*\s+(?:nichts|nicht|kein)|\b(?:do\s+not|don['’]t|never)\s+(?:tell|mention|inform|reveal|alert|show)\s+` + few + `(?:the\s+)?user\b`),
	regexp.MustCompile(`(?i)önceki\s+` + few + `(?:talimat|yönerge|komut)\pL*\s+(?:yok\s+say|unut|görmezden)|\btüm\s+talimatları\s+(?:yok\s+say|unut|görmezden)`),
	regexp.MustCompile(`(?i)\bignor(?:e|ez)\s+(?:toutes\s+)?(?:les|tes|vos)\s+(?:instructions|consignes)\b|\bignora\s+(?:todas\s+)?(?:las|tus)\s+instrucciones|\bignora\s+(?:tutte\s+)?(?:le|tue)\s+(?:\pL+\s+)?istruzioni|\bz?ignoruj\s+(?:wszystkie\s+)?(?:\pL+\s+){0,2}(?:instrukcje|polecenia)`),
	regexp.MustCompile(`(?i)(?:игнорируй|забудь|проигнорируй|ігноруй)(?:те)?\s+(?:все\s+|всі\s+)?(?:предыдущие\s+|попередні\s+|прошлые\s+)?(?:инструкции|указания|інструкції)|تجاهل\s+(?:جميع\s+|كل\s+)?التعليمات`),
	regexp.MustCompile(`(?i)<[|｜](?:im_start|im_end|system|user|assistant|eot_id|start_header_id|endoftext|end|begin_of_text)[|｜]>|\[/?INST\]|<</?SYS>>|<(?:start|end)_of_turn>|<<<(?:DATA|END)\b`),
}
