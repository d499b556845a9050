package draft

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"amtsbote/skills/facts"
)

// phrases are the fixed words of drafts in one language and form of address.
type phrases struct {
	language               string
	thanks, thanksDated    string
	thanksLetter           string
	thanksArrived          string // + about + day, of a letter on paper
	letterAbout            string // + about + arrival
	sameDay, laterDay      string
	concerns, concern      string
	notice, by             string
	yours, ours            string // the author's own sign, and the office's
	number                 string // long word for a reference number without a cue
	concernsOne, concernsN string
	write, ask             string
	confirmed              string
	unopened               string
	missing, missingFile   string
	missingAll             string
	closing, prefix        string
	hello                  string // before first name, in the "du" form
	defaultSubject         string
	wrote                  string
}

var sie = phrases{
	language: "de",
	thanks:   "vielen Dank für Ihre E-Mail.", thanksDated: "vielen Dank für Ihre E-Mail vom %s.", thanksLetter: "vielen Dank für Ihr Schreiben.",
	thanksArrived: "vielen Dank für Ihr Schreiben%s, das am %s bei uns eingegangen ist.",
	letterAbout:   "Ihr Schreiben%s ist %s bei uns eingegangen.", sameDay: "am selben Tag", laterDay: "am %s",
	concerns: "Ihr Schreiben betrifft %s.", concern: "Ihr Schreiben%s liegt uns vor.",
	notice: "Bescheid vom %s", by: " zum ", number: "Zeichen", yours: "Ihr Zeichen", ours: "unser Zeichen",
	concernsOne: "Zu Ihrem Anliegen:", concernsN: "Zu Ihren Anliegen:",
	write: "Sie schreiben: „%s“", ask: "Sie fragen: „%s“",
	confirmed:   "Den Eingang Ihrer E-Mail bestätigen wir hiermit.",
	unopened:    "Die Datei „%s“ konnten wir nicht öffnen.",
	missing:     "Die in Ihrer E-Mail genannte %s lag nicht bei.",
	missingFile: "Die in Ihrer E-Mail genannte Anlage „%s“ lag nicht bei.",
	missingAll:  "Der in Ihrer E-Mail genannte Anhang lag nicht bei.",
	closing:     "Mit freundlichen Grüßen", prefix: "AW", defaultSubject: "Ihr Schreiben", wrote: "Am %s um %s schrieb %s:",
}

var du = func() phrases {
	p := sie
	p.thanks, p.thanksDated, p.thanksLetter = "vielen Dank für deine E-Mail.", "vielen Dank für deine E-Mail vom %s.", "vielen Dank für dein Schreiben."
	p.thanksArrived = "vielen Dank für dein Schreiben%s, das am %s bei uns eingegangen ist."
	p.letterAbout, p.concerns, p.concern = "Dein Schreiben%s ist %s bei uns eingegangen.", "Dein Schreiben betrifft %s.", "Dein Schreiben%s liegt uns vor."
	p.concernsOne, p.concernsN = "Zu deinem Anliegen:", "Zu deinen Anliegen:"
	p.write, p.ask = "Du schreibst: „%s“", "Du fragst: „%s“"
	p.confirmed = "Den Eingang deiner E-Mail bestätigen wir hiermit."
	p.missing, p.missingFile = "Die in deiner E-Mail genannte %s lag nicht bei.", "Die in deiner E-Mail genannte Anlage „%s“ lag nicht bei."
	p.missingAll = "Der in deiner E-Mail genannte Anhang lag nicht bei."
	p.yours = "dein Zeichen"
	p.closing, p.defaultSubject, p.hello = "Viele Grüße", "Dein Schreiben", "Hallo"
	return p
}()

var english = phrases{
	language: "en",
	thanks:   "Thank you for your e-mail.", thanksDated: "Thank you for your e-mail of %s.", thanksLetter: "Thank you for your letter.",
	thanksArrived: "Thank you for your letter%s, which reached us on %s.",
	letterAbout:   "Your letter%s reached us %s.", sameDay: "on the same day", laterDay: "on %s",
	concerns: "Your letter concerns %s.", concern: "We have received your letter%s.",
	notice: "notice of %s", by: " about the ", number: "reference", yours: "your reference", ours: "our reference",
	concernsOne: "Regarding your request:", concernsN: "Regarding your requests:",
	write: "You write: “%s”", ask: "You ask: “%s”",
	confirmed:   "We hereby confirm receipt of your e-mail.",
	unopened:    "We could not open the file “%s”.",
	missing:     "The enclosure “%s” that your e-mail mentions was not attached.",
	missingFile: "The enclosure “%s” that your e-mail mentions was not attached.",
	missingAll:  "The attachment that your e-mail mentions was missing.",
	closing:     "Kind regards", prefix: "Re", defaultSubject: "Your letter", wrote: "On %s at %s, %s wrote:",
}

// long writes a date as letters have it: "20. November 2026".
func (p phrases) long(t time.Time) string { return facts.LongDate(t, p.language) }

// label returns how a reference number is introduced, short and long, by the
// word that stands before it in the letter.
func (p phrases) label(cue string) (short, long string) {
	low := strings.Trim(strings.ToLower(cue), " .:")
	switch {
	case strings.HasPrefix(low, "az"), strings.HasPrefix(low, "akten"), strings.HasPrefix(low, "gz"), strings.HasPrefix(low, "gesch"):
		if p.language == "en" {
			return "file no.", "file number"
		}
		return "Az.", "Aktenzeichen"
	case low == "unser zeichen", low == "mein zeichen", low == "our reference", low == "our ref":
		return p.yours, p.yours
	case low == "ihr zeichen", low == "your reference", low == "your ref":
		return p.ours, p.ours
	case strings.HasSuffix(low, " nr"): // "rechnung nr."
		low = strings.TrimSuffix(low, " nr") + " Nr."
	case len(low) <= 4 || strings.ContainsAny(low, ".-"):
		return p.number, p.number
	}
	first, n := utf8.DecodeRuneInString(low)
	low = string(unicode.ToUpper(first)) + low[n:]
	return low, low
}
