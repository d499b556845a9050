package draft

import (
	"regexp"
	"strings"

	"amtsbote/bots"
	"amtsbote/skills/document"
	"amtsbote/skills/letter"
	"amtsbote/skills/llm"
)

// A wish is what rules understand of a colleague's words, so that it is honoured
// without a model too: the language and the form of address of the draft.
type wish struct {
	language string // "de" or "en"; "" not said
	address  string // "sie" or "du"; "" not said
	other    string // code of a language that drafts are not written in
	rest     string // what only a language model can work in
}

// inLanguage matches a wish for a language and its negation, "in Englisch",
// "nicht auf Deutsch", "in englischer Sprache".
var inLanguage = regexp.MustCompile(`(?i)\b(nicht |not )?(?:auf|in|ins) (deutsch|englisch|französisch|spanisch|italienisch|polnisch|russisch|ukrainisch|türkisch|arabisch|persisch|rumänisch|bulgarisch|niederländisch|portugiesisch|tschechisch|ungarisch|kroatisch|serbisch|griechisch|vietnamesisch|chinesisch|german|english|french|spanish|italian|polish|russian|ukrainian|turkish|arabic|romanian|bulgarian|dutch)(?:er sprache)?\b`)

// formOf matches a wish for a form of address and its negation.
var formOf = regexp.MustCompile(`(?i)\b(nicht |not )?(?:(duzen|geduzt|per du|in der du-form|du-form|mit du)|(siezen|gesiezt|per sie|in der sie-form|sie-form|mit sie))\b`)

// told matches clauses that tell of a language and wish for none: "Sie schreibt auf
// Englisch", "der Brief ist auf Polnisch".
var told = regexp.MustCompile(`(?i)\b(?:schreibt|schrieb|geschrieben|ist|war|sind|versteht|spricht|kann|steht|wrote|writes|is|was|speaks)\b`)

// clause matches one clause of a note.
var clause = regexp.MustCompile(`[^.,;!?\n]+`)

// filler are words that wish for nothing by themselves.
var filler = map[string]bool{}

func init() {
	for w := range strings.FieldsSeq(`bitte und aber auch gern gerne mal nur dann antworten antworte antwort beantworten beantworte schreiben schreib
		schreibe entwurf entwerfen entwirf brief mail den die das der ihn sie ihr ihm danke hallo amtsbote guten tag lg vg mfg viele grüße beste
		please and but also just reply answer write draft the a it letter thanks thank you hello hi kind regards`) {
		filler[w] = true
	}
}

// readWish says what rules understand of a note.
func readWish(note string) wish {
	var w wish
	if len(note) > maxNote { // no instruction but a text
		w.rest = note
		return w
	}
	rest := clause.ReplaceAllStringFunc(note, func(c string) string {
		if !told.MatchString(c) {
			c = inLanguage.ReplaceAllStringFunc(c, func(hit string) string { return w.setLanguage(inLanguage.FindStringSubmatch(hit), hit) })
		}
		return formOf.ReplaceAllStringFunc(c, func(hit string) string { return w.setAddress(formOf.FindStringSubmatch(hit)) })
	})
	for _, word := range strings.FieldsFunc(strings.ToLower(rest), func(r rune) bool { return strings.ContainsRune(" \t\r\n.,;:!?()\"'„“–-", r) }) {
		if !filler[word] {
			w.rest = strings.Join(strings.Fields(rest), " ")
			w.rest = trimFiller(w.rest)
			break
		}
	}
	return w
}

// setLanguage takes a language, and returns what is left of the words: nothing, or
// all where drafts are not written in it.
func (w *wish) setLanguage(m []string, hit string) string {
	code := llm.LanguageCode(m[2])
	if m[1] != "" {
		if code = map[string]string{"de": "en", "en": "de"}[code]; code == "" {
			return hit
		}
	}
	if code != "de" && code != "en" {
		w.other = code
		return hit
	}
	w.language = code
	return ""
}

func (w *wish) setAddress(m []string) string {
	if (m[2] != "") == (m[1] == "") {
		w.address = "du"
	} else {
		w.address = "sie"
	}
	return ""
}

var edges = regexp.MustCompile(`(?i)^(?:[\s,;.:–-]|(?:und|aber|and|but)\s)+|(?:[\s,;:–-]|\s(?:und|aber|and|but))+$`)

func trimFiller(s string) string { return edges.ReplaceAllString(s, "") }

// done names what was understood, for the brief.
func (w wish) done(s say) string {
	var out []string
	switch w.language {
	case "de":
		out = append(out, s.of("Sprache Deutsch", "language German"))
	case "en":
		out = append(out, s.of("Sprache Englisch", "language English"))
	}
	switch w.address {
	case "du":
		out = append(out, s.of("Anrede mit „du“", "form of address “du”"))
	case "sie":
		out = append(out, s.of("Anrede mit „Sie“", "form of address “Sie”"))
	}
	return strings.Join(out, ", ")
}

// instruction returns what the person who asks wrote above the letter or beside
// it, and what stands above it of which that is not proven. Only the former is an
// instruction: what came straight into a mailbox is signed by nobody, and a file
// that was dropped into a chat can claim any sender.
func instruction(t bots.Task, doc document.Document, mail letter.Mail) (note, unproven string) {
	if t.Message.Watched {
		return "", mail.Note
	}
	note = t.Text
	own := t.Message.Wrote && doc.Mail != nil && len(doc.Mail.From) == 1 && strings.EqualFold(doc.Mail.From[0].Email, t.Message.Sender)
	switch {
	case !own:
		return note, mail.Note
	case note == "" && t.Command == "":
		return mail.Note, ""
	}
	return note, ""
}
