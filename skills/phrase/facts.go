package phrase

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"amtsbote/bots"
	"amtsbote/skills/answer"
	"amtsbote/skills/check"
	"amtsbote/skills/facts"
)

// read reads what a text may take its facts from.
func (j job) read() *check.Sources {
	day := facts.LongDate(j.task.Now, "de") + " " + facts.LongDate(j.task.Now, "en")
	return check.Read(j.task.Now, strings.Join([]string{j.wish.says, j.src.text, j.src.given.Text, j.src.talk, j.task.Bot.Authority, j.task.Bot.Contact, day,
		j.skill.sign(j.task.Message.Connector, "de", j.task.Bot.Authority, false)}, "\n"))
}

// unproven returns what a text says that no source has.
func (j job) unproven(text string) []check.Finding {
	return j.sources().Facts(gaps.ReplaceAllStringFunc(text, blank))
}

func blank(s string) string { return strings.Repeat(" ", len(s)) }

// hasWord reports whether a word stands in a text, from its beginning on.
func hasWord(text, word string) bool {
	for at := 0; ; {
		i := strings.Index(text[at:], word)
		if i < 0 {
			return false
		}
		at += i
		if before, _ := utf8.DecodeLastRuneInString(text[:at]); !unicode.IsLetter(before) {
			return true
		}
		at += len(word)
	}
}

// invented says to the model what it made up.
func (j job) invented(text string) string {
	if all := j.unproven(text); len(all) > 0 {
		return "Sie enthielt Angaben, die niemand gemacht hat: " + list(all) + ". Lass sie weg oder schreibe dort **[bitte ergänzen: …]**."
	}
	return ""
}

// lost says to the model what it left out.
func (j job) lost(old, text string) string {
	if all := check.Lost(j.task.Now, old, text); len(all) > 0 {
		return "Es fehlten Angaben aus dem Text: " + list(all) + ". Sie müssen alle genau so darin stehen."
	}
	return ""
}

// mark marks in a text what no source has, in the way of drafts, and says so.
func (j job) mark(text string, a *bots.Answer) string {
	all := j.unproven(text)
	for _, f := range slices.Backward(all) {
		text = text[:f.Start] + "**[bitte prüfen: " + f.Text + "]**" + text[f.End:]
	}
	if len(all) > 0 {
		a.Warnings = append(a.Warnings, textInvented(all))
	}
	return text
}

const maxListed = 12 // facts that a list names

func list(all []check.Finding) string {
	var names []string
	for _, f := range all[:min(len(all), maxListed)] {
		names = append(names, bots.Literal(f.Text))
	}
	if len(all) > maxListed {
		names = append(names, "…")
	}
	return strings.Join(names, "; ")
}

var (
	gaps = regexp.MustCompile(`\*\*\[bitte (?:ergänzen|prüfen): [^\]\n]*\]\*\*`)
	// How models write gaps, if not as they were told.
	anyGap  = regexp.MustCompile(`(?i)\*{0,2}\[\s*(?:bitte\s+)?(?:ergänzen|einfügen|eintragen|ausfüllen)\s*:?\s*([^\]\n]{0,120})\]\*{0,2}`)
	nameGap = regexp.MustCompile(`\*{0,2}\[\s*((?:(?:Ihr|Ihre|der|die|das|Dein|Deine)\s+)?(?:Name|Vorname|Nachname|Datum|Betrag|Ort|Uhrzeit|Telefon\pL*|Adresse|Ansprechpartner\pL*|Frist|Zimmer\pL*|E-Mail\pL*|Position|Abteilung|Betreff|Thema|Grund|Empfänger\pL*)[^\]\n]{0,60}|\.{2,3}|…|X{2,})\s*\]\*{0,2}`)
	recheck = regexp.MustCompile(`\*\*\[bitte prüfen: ([^\]\n]*)\]\*\*`)
	du      = regexp.MustCompile(`(?i)\b(?:du|dir|dich|dein\pL*)\b`)
)

// clean takes from a model's text what is not the text, and brings its gaps to one
// form.
func clean(s string) string {
	s = answer.Bare(s)
	s = recheck.ReplaceAllString(s, "$1") // it is checked anew
	s = anyGap.ReplaceAllString(s, "\x01$1\x02")
	s = nameGap.ReplaceAllString(s, "\x01$1\x02")
	s = strings.NewReplacer("\x01", "**[bitte ergänzen: ", "\x02", "]**").Replace(s)
	return strings.TrimSpace(strings.ReplaceAll(s, "**[bitte ergänzen: ]**", "**[bitte ergänzen: Angabe]**"))
}
