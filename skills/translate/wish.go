package translate

import (
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"

	"amtsbote/bots"
)

// A wish is what a person asked for.
type wish struct {
	from, to string   // codes of languages; "" is not said
	several  []string // more target languages than one
	text     string   // the text to translate, where it stands in the message
	file     bool     // it speaks of a file
	answer   bool     // it speaks of what the bot wrote
}

const maxHead = 240 // bytes of a request without its material

var (
	// No \b before ü: that knows ASCII only.
	verb = regexp.MustCompile(`(?i)(?:^|[^\pL])(?:(?:ue|ü)bersetz(?:e|en|t|)|translat(?:e|ing|ed))(?:$|[^\pL])`)
	noun = regexp.MustCompile(`(?i)(?:ue|ü)bersetzung\b|\btranslation\b`)
	// others are words of requests that a different skill carries out, in which
	// language so ever.
	others = regexp.MustCompile(`(?i)(?:^|[^\pL])(?:fass(?:e|en|t)?\s|summari[sz]e|antworte(?:n sie)?\s|schreib(?:e|en sie)?\s|formulier\w*|entwirf|entwerf\w*|draft an?\s|write\s|reply to|erkläre?\s|explain\s|leichte[rn]? sprache|einfache[rns]? (?:sprache|deutsch)|bürgernah\w*|plain (?:language|german|english)|easy (?:language|german))`)
	files  = regexp.MustCompile(`(?i)\b(?:datei\w*|dokument\w*|anhang|anlage\w*|pdf|word\w*|docx|odt|brief|bescheid|schreiben|file|document|attachment|letter)\b`)
	ours   = regexp.MustCompile(`(?i)\b(?:antwort|zusammenfassung|entwurf|vermerk|deinen? |deine|ihre antwort|your|answer|summary|draft|reply)\b`)
	// fillers are all words that a request without a verb may have beside a language:
	// "und das auch auf Türkisch bitte".
	fillers = set(`bitte danke mal noch auch jetzt nun dann und oder aber das die den der dem es ihn sie alles ganze ganzen text brief datei dokument antwort entwurf zusammenfassung ergebnis
		auf ins in nach zu zum aus vom von dem ein eine einen übersetzung uebersetzung als gern gerne brauche bräuchte ich hätte möchte will wir mir uns mach mache machen gib kannst können du
		please thanks now also and the this that it to into in as from a translation text file letter answer draft i need we want can you me`)
	before = set(`vom aus von from`)
)

func set(list string) map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq(list) {
		m[w] = true
	}
	return m
}

// parse reads a message and reports whether it wants a translation. After the
// command it always does. asked says that the bot has just asked for the language.
func parse(command, text string, asked bool) (wish, bool) {
	head, rest := cutHead(command, strings.TrimSpace(text))
	w := wish{text: rest}
	words := split(head)
	w.languages(words)
	w.file, w.answer = files.MatchString(head), ours.MatchString(head)
	if command != "" {
		return w, true
	}
	if others.MatchString(head) || len(words) > 40 {
		return w, false
	}
	named := w.to != "" || len(w.several) > 0
	switch {
	case verb.MatchString(head):
		return w, true
	case noun.MatchString(head) && named:
		return w, true
	case !named:
		return w, false
	}
	return w, onlyFillers(words) && (asked || rest == "" || len(words) <= 8)
}

func onlyFillers(words []string) bool {
	return !slices.ContainsFunc(words, func(w string) bool { return !fillers[w] && languageSaid(w) == "" })
}

// cutHead parts a message into the request and the text that it is about: behind
// the first line, or a colon in it. Behind a command the text may begin at once.
func cutHead(command, text string) (head, rest string) {
	line, below, _ := strings.Cut(text, "\n")
	if i := strings.Index(line, ": "); i >= 0 && i < maxHead && (command != "" || isRequest(line[:i])) {
		return line[:i], strings.TrimSpace(line[i+1:] + "\n" + below)
	}
	line = strings.TrimSuffix(strings.TrimSpace(line), ":")
	words := split(line)
	// "!translate en Der Bescheid ist da."
	if first, more, _ := strings.Cut(line, " "); command != "" && (coded(first) || languageSaid(strings.ToLower(first)) != "" && !onlyFillers(words)) {
		return first, strings.TrimSpace(more + "\n" + below)
	}
	switch {
	case command == "" && len(line) <= 2*maxHead, command != "" && onlyFillers(words), command != "" && len(words) <= 8 && speaksOf(line, words):
		return line, strings.TrimSpace(below)
	case command == "":
		return "", text
	}
	return "", text
}

func isRequest(head string) bool {
	return verb.MatchString(head) || noun.MatchString(head) || onlyFillers(split(head))
}

// speaksOf reports whether a short line behind a command says what to translate
// and into what, rather than being the text.
func speaksOf(line string, words []string) bool {
	return files.MatchString(line) || ours.MatchString(line) || slices.ContainsFunc(words, func(w string) bool { return languageSaid(w) != "" && onlyFillers(words[:1]) })
}

// coded reports whether a word is the code of a language: "en", "TR".
func coded(word string) bool { return !nameOf(strings.ToLower(word)).IsZero() }

// languages takes the languages that a request names.
func (w *wish) languages(words []string) {
	for i, word := range words {
		code := languageSaid(word)
		if code == "" && len(words) == 1 && coded(word) {
			code = word
		}
		switch {
		case code == "":
		case i > 0 && before[words[i-1]], i > 1 && words[i-1] == "dem" && before[words[i-2]]:
			w.from = code
		case w.to == "" || w.to == code:
			w.to = code
		default:
			w.several = append(w.several, code)
		}
	}
	// "den englischen Brief ins Deutsche": what stands before a noun is what it is in.
	if len(w.several) == 1 && w.from == "" {
		if i := slices.IndexFunc(words, func(s string) bool { return languageSaid(s) == w.to }); i+1 < len(words) && files.MatchString(words[i+1]) {
			w.from, w.to, w.several = w.to, w.several[0], nil
		}
	}
}

func split(s string) []string {
	return strings.FieldsFunc(strings.ToLower(s[:min(len(s), 1000)]), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

// cues are what Words and Follow of bots.Info say: all that could be meant; parse
// decides. The core asks for them several times a message.
var cues = sync.OnceValues(func() (words, follow []string) {
	words = []string{"übersetz", "uebersetz", "translat"}
	for _, l := range languages {
		for stem := range strings.FieldsSeq(l.said) {
			words = append(words, "auf "+stem, "ins "+stem, "in "+stem, "nach "+stem, "into "+stem, "to "+stem)
			follow = append(follow, stem)
		}
	}
	return words, follow
})

// A source is what is to be translated.
type source struct {
	files []bots.File // of the message with this ID, or
	text  string      // a text of the conversation
	id    string
	marks bool // text is CommonMark
}

// find returns what a wish is about: the message's files, the text in it, what the
// bot wrote last, or the last files or long text that somebody sent.
func (w wish) find(t bots.Task) source {
	m := t.Message
	switch {
	case len(m.Files) > 0 && (w.file || !m.Letter() || !answered(t)):
		return source{files: m.Files, id: m.ID}
	case w.text != "":
		return source{text: w.text, id: m.ID}
	}
	for i := len(t.History) - 1; i >= 0; i-- {
		h := t.History[i]
		switch {
		case !h.Bot && len(h.Files) > 0:
			return source{files: h.Files, id: h.ID}
		case !h.Bot && w.file, h.Bot && (w.file && !w.answer || h.Skill == name):
		case h.Bot && h.Skill == "draft" && len(h.Drafts) == 0: // a brief, of which no model may see a word
		case !h.Bot:
			_, rest := cutHead("", strings.TrimPrefix(h.Text, "!"))
			if rest != "" || len(h.Text) > maxHead {
				return source{text: longer(rest, h.Text), id: h.ID}
			}
		default:
			if s := written(h); s.text != "" {
				return s
			}
		}
	}
	return source{}
}

// answered reports whether the bot has written in the conversation: a mail is then
// a reply to that, and not what is to be translated.
func answered(t bots.Task) bool {
	return slices.ContainsFunc(t.History, func(h bots.Turn) bool { return h.Bot })
}

// longer returns the text of an earlier message without its request, if it has one.
func longer(rest, whole string) string {
	if head, _, _ := strings.Cut(whole, "\n"); rest != "" && (verb.MatchString(head) || strings.HasPrefix(whole, "!")) {
		return rest
	}
	return whole
}

// written returns what the bot wrote in a turn: its drafts, or its text.
func written(h bots.Turn) source {
	if len(h.Drafts) == 0 {
		return source{text: strings.TrimSpace(h.Text), id: h.ID, marks: true}
	}
	var all []string
	for _, d := range h.Drafts {
		all = append(all, strings.TrimSpace(d.Subject+"\n\n"+d.Text))
	}
	return source{text: strings.Join(all, "\n\n"), id: h.ID}
}
