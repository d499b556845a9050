package phrase

import (
	"regexp"
	"slices"
	"strings"

	"amtsbote/bots"
	"amtsbote/skills/llm"
	"amtsbote/skills/material"
)

// words are cues of a message that wants a text. Some are those of skill draft: it
// passes where there is no letter, and this skill where there is one.
var words = []string{"formulier", "umformulier", "schreib ein", "schreib mir ein", "schreib an", "schreib frau", "schreib herr", "schreib mail", "mail zu schreib", "mail schreiben", "brief zu schreib", "brief schreiben",
	"text schreiben", "entwirf", "entwirf antwort", "verfasse", "mach daraus", "mach ein daraus", "korrigier", "korrektur", "rechtschreib", "tippfehler", "beschlussvorlage erstell",
	"erstell mail", "erstell brief", "erstell beschlussvorlage", "erstell pressemitteilung", "erstell sprech", "erstell vermerk", "sprechpunkte für", "sprechzettel für",
	"kürzer", "länger", "freundlicher", "höflicher", "förmlicher", "sachlicher", "ausführlicher", "gegendert", "gendern", "gendergerecht", "geschlechtergerecht", "in du form", "in sie form", "in ich form",
	"rephrase", "reword", "rewrite", "phrase", "write a", "write an", "proofread", "spelling", "correct the", "correct this", "shorter", "friendlier", "more formal", "talking points"}

// follow are cues of a wish that goes on with the last text.
var follow = []string{"kürz", "länger", "förmlich", "formell", "freundlich", "höflich", "sachlich", "nüchtern", "persönlich", "klarer", "ausführlich", "einfacher", "als brief", "als mail", "als e mail", "als vermerk", "als beschlussvorlage",
	"als presse", "als stichpunkte", "in stichpunkten", "als sprech", "daraus", "auf englisch", "auf deutsch", "auf französisch", "ohne", "ich form", "wir form", "du form", "sie form", "duz", "siez", "mit du", "gender", "letzten satz", "ersten satz", "letzten absatz", "ersten absatz",
	"betreff", "anrede", "ergänz", "füge", "ersetz", "streich", "lass weg", "änder", "korrig", "nochmal", "noch einmal", "andere variante", "zweite fassung", "umformulier", "short", "longer", "formal", "friendl", "polite",
	"as letter", "as mail", "as e mail", "in english", "in german", "without", "replace", "remove", "add", "again"}

type mode int

const (
	rewrite mode = iota
	compose
	correct
)

// A wish is what rules understand of a message.
type wish struct {
	mode     mode
	form     string // of the text: the name of its instruction; "" as it is
	language string // code that was asked for; "" none
	familiar bool   // "du" was asked for
	formal   bool   // "Sie" was asked for
	shorter  bool
	longer   bool
	changes  bool   // something of the text shall be another thing, or go
	refers   bool   // to what was written before
	file     bool   // to a file sent before
	says     string // the person's instruction, of composing with the key words
	text     string // the text below it
}

var (
	correctCue = regexp.MustCompile(`(?i)\b(?:korrigier|korrektur|korrekturles|rechtschreib|tippfehler|proofread|spelling|correct (?:the|this|my))`)
	rewriteCue = regexp.MustCompile(`(?i)\b(?:umformulier|formulier\pL* [^.:\n]{0,40}\bum\b|mach\pL* [^.:\n]{0,40}\b(?:daraus|kürzer|länger|\pL+er)\b|daraus\b|kürze\pL*|länger|freundlicher|höflicher|förmlicher|formeller|sachlicher|nüchterner|klarer|ausführlicher|gender\pL*|gegendert|geschlechtergerecht|(?:ich|wir|du|sie)-?\s?form|duz\pL*|siez\pL*|als (?:brief|e-?mail|mail|vermerk|beschlussvorlage|presse\pL*|stichpunkte|sprech\pL*)|ohne den|rephrase|reword|rewrite|shorter|longer|friendlier|more formal|more polite)`)
	composeCue = regexp.MustCompile(`(?i)^\W*(?:bitte |kannst du |können sie |könntest du |mir )*(?:formulier|schreib|entwirf|verfass|erstell|write|draft|phrase)\pL*\s+(?:mir |uns |bitte |me )*(?:ein\pL*|an\b|a\b|an\b)`)
	addCue     = regexp.MustCompile(`(?i)(?:^|\PL)(?:ergänz|füg|ersetz|streich|änder|tausch|nimm|noch dazu|hinzu|add\b|insert|replace|change)`)
	changeCue  = regexp.MustCompile(`(?i)(?:^|\PL)(?:ersetz|streich|änder|tausch|nimm|ohne|statt|replace|remove|change|without)`)
	shorterCue = regexp.MustCompile(`(?i)\b(?:kürz(?:e\pL*)?\b|knapper|shorter)`)
	longerCue  = regexp.MustCompile(`(?i)\b(?:länger|ausführlicher|longer)\b`)
	refersCue  = regexp.MustCompile(`(?i)\b(?:daraus|dazu|davon|darüber|damit|das oben|obige\pL*|letzte\pL* (?:antwort|text)|from this|about this)\b`)
	fileCue    = regexp.MustCompile(`(?i)\b(?:datei\pL*|dokument\pL*|anlage|anhang|pdf|scan|file|attachment)\b`)
	duCue      = regexp.MustCompile(`(?i)\b(?:duz\pL*|per du|mit du|du-?\s?form)\b`)
	sieCue     = regexp.MustCompile(`(?i)\b(?:siez\pL*|per sie|mit sie|sie-?\s?form)\b`)
	ofThis     = regexp.MustCompile(`(?i)\b(?:daraus|diese[snm]? text|umformulier)`)
	cue        = regexp.MustCompile(`(?i)\b(?:bitte|text|folgend\pL*|formulier|umformulier|schreib|verfass|entwirf|mach|korrig|korrektur|rechtschreib|kürz|please|rewrite|rephrase|proofread|correct|shorten)`)
)

// forms are the kinds of texts, with the words for them. Which is named first counts.
var forms = []struct {
	name string
	cue  *regexp.Regexp
}{
	{"resolution", regexp.MustCompile(`(?i)\b(?:beschlussvorlage|beschlussentwurf|resolution)`)},
	{"note", regexp.MustCompile(`(?i)\b(?:vermerk|aktenvermerk|aktennotiz|file note|note for the file)`)},
	{"press", regexp.MustCompile(`(?i)\b(?:presse|press )`)},
	{"social", regexp.MustCompile(`(?i)\b(?:social[ -]?media|tweet|toot|mastodon|instagram|facebook|linkedin|post für|beitrag für (?:die sozialen|unsere kanäle))`)},
	{"points", regexp.MustCompile(`(?i)\b(?:sprechpunkt|sprechzettel|redepunkt|talking points|stichpunkt)`)},
	{"mail", regexp.MustCompile(`(?i)\b(?:e-?mail|mail\b|nachricht|absage|zusage|einladung|erinnerung|eingangsbestätigung|antwort|anfrage|entschuldigung|dankesworte|refusal|invitation|reminder|reply|message)`)},
	{"letter", regexp.MustCompile(`\b(?:(?i:brief|anschreiben|schriftsatz|letter)|Schreiben)`)},
}

// wishOf reads the wish of a message.
func wishOf(t bots.Task) (w wish) {
	w.says, w.text = split(strings.TrimSpace(t.Text), t.Command != "")
	w.mode = rewrite
	wanted := w.says // what says how the text shall be
	if _, ok := material.Last(t); ok && addCue.MatchString(w.says) && len(strings.Fields(w.text)) <= maxAdded {
		w.says, w.text = strings.TrimSpace(t.Text), "" // "Bitte ergänze: …" is about the last text
	}
	switch {
	case t.Command == "korrektur" || t.Command == "proofread":
		w.mode = correct
	case t.Command == "umformulieren" || t.Command == "rephrase":
	case correctCue.MatchString(w.says):
		w.mode = correct
	case composeCue.MatchString(w.says) && !rewriteOf(w.says), (t.Command == "formulieren" || t.Command == "phrase") && !rewriteCue.MatchString(w.says):
		w.mode = compose
	case t.Command == "" && !rewriteCue.MatchString(w.says) && !last(t, "phrase") && w.text == "":
		w.mode = compose
	}
	if w.mode == compose {
		w.says, w.text = strings.TrimSpace(t.Text), ""
		wanted = w.says
	}
	w.form = formOf(wanted, w.mode)
	w.shorter, w.longer = shorterCue.MatchString(wanted), longerCue.MatchString(wanted)
	w.changes = changeCue.MatchString(wanted)
	w.refers, w.file = refersCue.MatchString(wanted), fileCue.MatchString(wanted)
	w.familiar, w.formal = duCue.MatchString(wanted), sieCue.MatchString(wanted)
	w.language = llm.AskedLanguage(wanted)
	return w
}

// rewriteOf reports whether "schreib eine …" means a text that is there: "daraus".
func rewriteOf(says string) bool {
	head, _, _ := strings.Cut(says, "\n")
	return ofThis.MatchString(head)
}

// last reports whether a skill made the bot's last answer.
func last(t bots.Task, skill string) bool {
	for i := range slices.Backward(t.History) {
		if t.History[i].Bot {
			return t.History[i].Skill == skill
		}
	}
	return false
}

// formOf returns the form that is named first, early in the words.
func formOf(says string, m mode) string {
	if m == correct {
		return ""
	}
	if m == compose {
		says = says[:min(len(says), 160)]
	}
	form, at := "", len(says)
	for _, f := range forms {
		if i := f.cue.FindStringIndex(says); i != nil && i[0] < at {
			form, at = f.name, i[0]
		}
	}
	if form == "" && m == compose {
		form = "text"
	}
	return form
}

const (
	maxWish  = 14 // words that are a wish and no text
	maxAdded = 40 // words that shall be added to a text
)

// split parts a message into the instruction and the text below it. After a command
// all may be the text.
func split(s string, command bool) (says, text string) {
	says, text = material.Divide(s, func(head string) bool { return cue.MatchString(head) || rewriteCue.MatchString(head) })
	if text == "" && command && len(strings.Fields(s)) > maxWish {
		return "", s
	}
	return says, text
}

var questions = regexp.MustCompile(`(?i)^\W*(?:was|wer|wen|wem|wann|wo|wie|warum|wieso|weshalb|welch\pL*|woher|wohin|ist|sind|gibt|schreibt|muss|darf|soll|hat|haben|what|who|when|where|how|why|which|is|are|does|do)\b`)

// asks reports whether a message is a question about something rather than a wish
// for a text.
func asks(text string) bool {
	text = strings.TrimSpace(text)
	return strings.HasSuffix(text, "?") && questions.MatchString(text) && !strings.Contains(text, "\n")
}

// telling reports whether a message says anything that a text could be made of,
// beside that one is wanted.
func (w wish) telling() bool {
	n := 0
	for word := range strings.FieldsFuncSeq(strings.ToLower(w.says), func(r rune) bool { return strings.ContainsRune(" \t\n.,;:!?()„“\"-", r) }) {
		if !empty[word] && !cue.MatchString(word) {
			n++
		}
	}
	return n > 0
}

var empty = map[string]bool{}

func init() {
	for w := range strings.FieldsSeq(`mir uns ein eine einen einer eines den die das der dem e mail email brief schreiben nachricht vermerk text freundlich freundliche freundlichen höfliche kurze kurzen kurz förmliche förmlichen
		erstelle erstellen erstell kannst könntest können sie du bitte an auf deutsch englisch pressemitteilung beschlussvorlage sprechpunkte a an the write letter me please friendly short daraus dazu davon um und oder für`) {
		empty[w] = true
	}
}
