package talk

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Watches says whether a question watches a person: what somebody did or wrote all
// the time, how often or when they were there, who does most or least. What a
// named person decided or said about something is a question about that thing, and
// what they want of the asker is the asker's own.
func Watches(text string) bool {
	text = First(strings.Join(strings.Fields(text), " "), 400)
	low := Fold(text)
	switch {
	case ranks.MatchString(low), judges.MatchString(low) && names(text, low):
		return true
	case counts.MatchString(low):
		return names(text, low) || everyone.MatchString(low)
	case collects.MatchString(low):
		rest := low[collects.FindStringIndex(low)[0]:]
		return !topic.MatchString(rest) && !mine.MatchString(rest) && (names(text, low) || collected.MatchString(rest))
	}
	for _, e := range []*regexp.Regexp{did, does, didEN, doesEN} {
		at := e.FindStringSubmatchIndex(low)
		if at == nil {
			continue
		}
		who, rest := strings.TrimPrefix(low[at[2]:at[3]], "sich "), low[at[0]:]
		if isPerson(who, text) && !topic.MatchString(untopic.ReplaceAllString(rest, "")) && !mine.MatchString(rest) {
			return true
		}
	}
	return false
}

// Cues, in folded text.
var (
	ranks = regexp.MustCompile(`\b(?:wer|welche[rs]?|who|which)\b.*\b(?:am (?:wenigsten|meisten|seltensten|haeufigsten|oeftesten|laengsten|schnellsten|langsamsten|aktivsten|fleissigsten|spaetesten)|the (?:least|most|fewest|slowest|fastest)|(?:least|most|fewest|slowest|fastest)\b)` +
		`|\bwer (?:\w+ ){0,4}(?:nie|kaum|selten|fast nie|zu wenig|zu langsam|zu spaet)\b|\bwho (?:\w+ ){0,3}(?:never|hardly|rarely|too little|too slowly)\b` +
		`|\b(?:rangliste|rangfolge|ranking|leaderboard)\b.*\b(?:kolleg\w*|mitarbeit\w*|team\w*|person\w*|people|colleagues|staff|members|teilnehm\w*)\b|\b(?:fleissigste[nr]?|faulste[nr]?|aktivste[nr]?|laziest|hardest[- ]working|most active|least active) (?:kolleg\w*|mitarbeit\w*|person\w*|mitglied\w*|colleague\w*|employee\w*|members?)\b`)
	counts = regexp.MustCompile(`\b(?:wie (?:oft|haeufig|lange|viele? (?:nachrichten|beitraege|antworten|zeit)|aktiv|schnell|puenktlich)|how (?:often|many (?:messages|replies|posts)|long|much time|active|quickly|fast|punctual))\b.*\b(?:online|aktiv\w*|anwesend|abwesend|da|weg|am platz|geschrieben|schreibt|geantwortet|antwortet|reagiert|gepostet|gesendet|geschickt|gearbeitet|arbeitet|war|ist|write|writes|wrote|written|answer\w*|repl\w*|post\w*|send|sent|active|away|absent|work\w*|was|is|respond\w*)\b` +
		`|\b(?:wann|seit wann|bis wann|when|since when|until when)\b.*\b(?:online|aktiv|zuletzt (?:online|da|aktiv|gesehen)|anwesend|abwesend|am platz|ins buero|feierabend|active|last seen|absent|at (?:his|her|their) desk|clock\w* (?:in|out))\b`)
	judges    = regexp.MustCompile(`\b(?:fleissig|faul|unzuverlaessig|unzufrieden|krank\w*|schlecht gelaunt|arbeitet (?:\w+ ){0,3}genug|leistung|arbeitsleistung|ueberwach\w*|kontrollier\w*|verhalten|stimmung|lazy|hard-?working|unreliable|sick|performance|behavio\w*|in a bad mood|monitor|keep an eye|works? (?:\w+ ){0,2}enough)\b`)
	collects  = regexp.MustCompile(`\b(?:alle|saemtliche|die) (?:nachrichten|beitraege|aeusserungen) (?:von|der|des)\b|\balles,? was\b.*\b(?:geschrieben|gesagt|gemacht|gepostet|schrieb|sagte)\b|\b(?:all|the) (?:messages|posts) (?:from|by|of)\b|\b(?:all (?:the )?)?messages (?:from|by)\b|\beverything (?:that )?.*\b(?:wrote|said|did|posted|has written|has said|has done)\b`)
	everyone  = regexp.MustCompile(`\b(?:jede[rns]?(?: einzelne[rn]?)?|alle einzeln|die einzelnen|each(?: (?:person|colleague|member|of them))?|every (?:person|colleague|member))\b`)
	collected = regexp.MustCompile(`\b(?:er|sie|he|she|they|jeder|jede|each)\b`)
	// topic begins what a question is about. "von", "in" and days are not.
	topic = regexp.MustCompile(`\b(?:zu[mr]?|ueber|bezueglich|wegen|betreff\w*|hinsichtlich|in sachen|in bezug|gegen|auf (?:die|den|das|meine|unsere|deine)|about|on (?:the )?(?:topic|issue|subject|counter|matter)|regarding|concerning|against|for (?:the|our|my))\b`)
	// untopic are times that look like one.
	untopic = regexp.MustCompile(`\bbis zu[mr]?\b|\bueber (?:das |die |den )?(?:woche\w*|wochenende|tage?|monat)\b`)
	mine    = regexp.MustCompile(`\b(?:mir|mich|uns|meine[rnms]?|me|us|my)\b`)

	did    = regexp.MustCompile(`\b(?:was|womit|woran) (?:genau |alles |so )?(?:hat|haben|hatte) (?:eigentlich |denn |alles )?(.+?) (?:gemacht|geschrieben|gesagt|getan|gepostet|getrieben|gearbeitet|geleistet|geschafft|erledigt|beschaeftigt|verbracht)\b`)
	does   = regexp.MustCompile(`\b(?:was|womit|woran) (?:genau |alles |so )?(?:macht|machte|schreibt|schrieb|treibt|tut|tat|arbeitet|sagt|sagte) (?:eigentlich |denn |gerade )?(.+)$`)
	didEN  = regexp.MustCompile(`\bwhat (?:exactly |all )?(?:did|has|have|had) (.+?) (?:do|done|write|written|say|said|post|posted|been doing|been up to|been working|achieve|achieved|accomplish|accomplished|work|worked)\b`)
	doesEN = regexp.MustCompile(`\bwhat (?:is|was|'s) (.+?) (?:doing|writing|up to|working)\b`)

	titled = regexp.MustCompile(`^(?:frau|herrn?|mr\.?|mrs\.?|ms\.?|dr\.?|prof\.?|kolleg\w*|(?:der|die|den|das|mein|meine|meinem|meiner|unser|unsere|unserer|the|my|our) (?:\w+ )?(?:kolleg\w*|chef\w*|vorgesetzt\w*|azubi\w*|auszubildend\w*|praktikant\w*|mitarbeiter\w*|sachbearbeiter\w*|leiter\w*|colleague\w*|boss|trainee\w*|intern\w*|employee\w*|manager\w*)|colleague\w*)\b`)
	// nobody are words after "was hat" that are no person.
	nobody = regexp.MustCompile(`^(?:das|die|der|den|dem|des|ein|eine|einen|sich|es|man|wir|ich|du|mir|mich|uns|ihr|ihnen|noch|hier|dort|heute|gestern|jemand|niemand|irgendwer|team|teams|gruppe|stadt|amt|abteilung|leitung|verwaltung|rat|sinn|spass|mehr|weniger|platz|amtsbote|the|a|an|it|we|i|you|this|that|there|here|anyone|anybody|someone|nobody|team|everybody|everyone|been|to|zu)\b`)
	titles = regexp.MustCompile(`\b(?:frau|herrn?|mr|mrs|ms|kolleg(?:e|en|in|innen)|colleagues?|azubi\w*|praktikant\w*|mitarbeiter\w*|mein(?:e|er)? chef\w*|my boss|er|he|she)\b`)
)

// isPerson says whether what stands where a person would is one: a title, a
// pronoun, "jeder", or a word that is none of the usual others.
func isPerson(who, text string) bool {
	switch {
	case titled.MatchString(who), everyone.MatchString(who):
		return true
	case nobody.MatchString(who):
		return false
	}
	word, _, _ := strings.Cut(who, " ")
	switch word {
	case "er", "sie", "he", "she":
		return true
	}
	if len(word) < 3 {
		return false
	}
	return isName(word, text) || strings.ToLower(text) == text // who writes small letters only writes names so, too
}

// isName says whether a folded word stands in the text with a capital letter.
func isName(word, text string) bool {
	for _, w := range strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && r != '-' }) {
		if r, _ := utf8.DecodeRuneInString(w); unicode.IsUpper(r) && Fold(w) == word {
			return true
		}
	}
	return false
}

// names says whether a text speaks of a person: by a title, a pronoun, or a name
// where the sentence has one. Nouns are capitals in German, so a capital alone says
// nothing; it counts after a verb or a preposition that people follow.
func names(text, low string) bool {
	if titles.MatchString(low) {
		return true
	}
	for _, m := range followed.FindAllStringSubmatch(low, -1) {
		if !nobody.MatchString(m[1]) && !things.MatchString(m[1]) && isName(m[1], text) {
			return true
		}
	}
	return false
}

var (
	followed = regexp.MustCompile(`\b(?:hat|haben|war|ist|wird|antwortet|schreibt|arbeitet|reagiert|von|by|from|did|does|has|was|is|arbeitsleistung von|performance of|that|was) ([\pL-]{3,})\b`)
	// things begin questions about how often something, not somebody, was there.
	things = regexp.MustCompile(`(?:drucker|ausweis|anlage|system|server|netz|schalter|sitzung|termin|aufzug|fachverfahren|portal|website|webseite|sperrung|frist|oeffnung|kasse|kopierer|matrix|teams|element|outlook|printer|counter|meeting|system)\w*$`)
)
