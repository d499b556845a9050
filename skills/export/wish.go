package export

import (
	"slices"
	"strings"
	"unicode"
)

// What of the conversation is wanted.
const (
	anything = iota // the drafts of the last answer, or its text if it has none
	draft
	text
)

// A wish is what a person asked for.
type wish struct {
	formats []format
	all     bool // the whole conversation
	what    int
}

// words are what bots.Info.Words says: all that could be meant. parse decides.
var words = []string{"pdf", "odt", "docx", "word", "libreoffice", "openoffice", "als datei", "als dokument", "as file", "as document",
	"export", "akte", "eakte", "gespräch", "unterhaltung", "verlauf", "chatverlauf", "conversation", "for record"}

var (
	formats = map[string]format{
		"pdf": pdf, "pdfs": pdf, "pdfdatei": pdf, "odt": odt, "libreoffice": odt, "openoffice": odt, "odtdatei": odt,
		"docx": docx, "doc": docx, "word": docx, "worddatei": docx, "worddokument": docx,
	}
	generic = set("datei dokument file document") // a format only after "als", "as"
	whole   = set("gespräch gesprächsverlauf verlauf unterhaltung chatverlauf conversation")
	purpose = set("akte eakte record") // the whole conversation, unless something else is named
	drafts  = set("entwurf entwürfe antwortentwurf brief letter draft drafts")
	texts   = set("zusammenfassung kurzfassung überblick ergebnis vermerk übersetzung notiz tabelle liste kurzinfo brief summary overview result translation note table list letter text antwort entwurf draft reply answer")
	// answers are texts that are not drafts.
	answers = set("zusammenfassung kurzfassung überblick ergebnis vermerk übersetzung notiz tabelle liste summary overview result translation note table list")
	one     = set("ein eine einen a an")
	exports = set("export exportier exportiere exportieren exportiert")
	// fillers are all other words that a request may have. One that is not here, and it
	// is not for this skill.
	fillers = set(`das die den dem der dies diese dieses diesen es ihn sie ich wir du mir uns dir ihnen dein deine deinen ihr ihre ihren letzte letzten letztes obige obigen
		bitte danke vielen dank mal noch auch jetzt nun dann gern gerne gut ok okay prima super ja so alles fertig fertige fertigen
		gib geben gebt gebe schick schicke schicken sende senden mach mache machen macht erstell erstelle erstellen erzeuge erzeugen speicher speichere speichern sichern leg lege legen ablegen ab
		wandle wandeln umwandeln konvertiere konvertieren um hätte hätten haben habe brauche brauchen brauch benötige möchte möchten will wollen kann könnte könnten könntest können kannst würden würdest bekomme bekommen runterladen herunterladen
		und oder als im in daraus davon hieraus zu zur zum für aus mit format formate ganze ganzen ganzes gesamte gesamten gesamtes komplette kompletten vollständige vollständigen e elektronische elektronischen chat
		please thanks thank you me us i we can could would will like want need get have give send make create save convert download it this that these the last whole entire full complete now also and or as in into to for from of too all format`)
	greetings = set("mit viele liebe beste freundliche gruß grüße grüßen lg vg mfg danke vielen best kind regards thanks thank")
)

func set(list string) map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq(list) {
		m[w] = true
	}
	return m
}

// parse reads a request and reports whether it is one for this skill. After a command
// words that are not known do not matter.
func parse(command, request string) (w wish, ok bool) {
	said := split(withoutGreeting(request))
	if command == "" && (len(said) == 0 || len(said) > 20) {
		return w, false
	}
	certain := command != "" // that a file is wanted
	object, filed := false, false
	for i, word := range said {
		f, isFormat := formats[word]
		object = object || texts[word] || drafts[word] || answers[word]
		switch {
		case isFormat:
			w.add(f)
			certain = true
		case generic[word] && i > 0 && formats[said[i-1]].ext != "": // Word-Datei
		case generic[word] && as(said[:i]):
			w.add(docx)
			certain = true
		case whole[word]:
			w.all = true
		case purpose[word]:
			filed = true
		case exports[word]:
			certain = true
		case drafts[word]:
			w.what = draft
		case answers[word]:
			w.what = text
		case texts[word], one[word], fillers[word]:
		case command == "":
			return w, false
		}
		if command == "" && texts[word] && i > 0 && one[said[i-1]] {
			return w, false // "einen Brief als Word-Datei": it is still to be written
		}
	}
	w.all = w.all || filed && !object // "Vermerk für die Akte" is a skill's work
	return w.complete(command), certain || w.all
}

// complete fills in what a request does not say.
func (w wish) complete(command string) wish {
	if f, ok := formats[command]; ok {
		w.formats = append([]format{f}, slices.DeleteFunc(w.formats, func(o format) bool { return o.ext == f.ext })...)
	}
	if command == "akte" {
		w.all = true
	}
	if w.all {
		w.what = anything
	}
	if len(w.formats) == 0 {
		w.formats = []format{docx}
		if w.all {
			w.formats = []format{pdf} // a record is not to be changed
		}
	}
	return w
}

func (w *wish) add(f format) {
	if !slices.ContainsFunc(w.formats, func(o format) bool { return o.ext == f.ext }) {
		w.formats = append(w.formats, f)
	}
}

// as reports whether words end in "als", "as", also before an article.
func as(before []string) bool {
	n := len(before)
	if n > 0 && one[before[n-1]] {
		n--
	}
	return n > 0 && (before[n-1] == "als" || before[n-1] == "as")
}

// split returns the words of a text, lower case.
func split(s string) []string {
	return strings.FieldsFunc(strings.ToLower(s[:min(len(s), 1000)]), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

// withoutGreeting returns a text up to the line that greets, as mails end.
func withoutGreeting(s string) string {
	var kept []string
	for line := range strings.Lines(strings.TrimSpace(s)) {
		if w := split(line); len(kept) > 0 && len(w) > 0 && len(w) <= 4 && greetings[w[0]] {
			break
		}
		kept = append(kept, line)
	}
	return strings.Join(kept, "")
}
