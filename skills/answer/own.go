package answer

import (
	"regexp"
	"strings"

	"amtsbote/bots"
	"amtsbote/skills/check"
)

// What only Amtsbote says of an answer: what it was made of, by what, that somebody
// or something has checked it. People rely on these lines, so a model, and through
// it a letter, must not write them. What a document says of itself or of another one
// stays: these speak of the answer.
var (
	ownLine = regexp.MustCompile(`(?i)^(?:(?:Ausgewertet|Herangezogen|Covered|Looked at):|(?:Vollständig )?(?:mit KI|ohne (?:Sprachmodell|KI)|von einem Menschen) erstellt\b|made (?:with AI|without a language model|by a human)\b|` +
		`(?:KI-Hinweis|AI notice|Hinweis von Amtsbote|Note by Amtsbote|Systemhinweis|Amtsbote)\s*:)`)
	ownHead  = regexp.MustCompile(`(?i)^(?:Bitte prüfen|Please check|Nicht vollständig gelesen|Not read completely):?$`)
	approved = regexp.MustCompile(`(?i)\b(?:diese[rs]?|this)\s+(?:antwort|auskunft|text|zusammenfassung|übersetzung|vermerk|prüfung|answer|summary|translation|text|note)\b[^.!?\n]{0,80}?\b(?:(?:geprüft|freigegeben|verifiziert|bestätigt|zertifiziert|genehmigt)\b|von einem menschen|ohne KI|keiner (?:weiteren )?prüfung|(?:checked|approved|verified|released|certified|written) (?:and|by|for)\b|no (?:further )?check)` +
		`|^(?:amtlich |offiziell |rechtlich )?(?:geprüft und (?:freigegeben|genehmigt)|checked and (?:approved|released)|verified and approved)\b`)
	ownMark = regexp.MustCompile(`\s?(?:\*\*)?\[(?:` + regexp.QuoteMeta(check.Unfound.DE) + `|` + regexp.QuoteMeta(check.Unfound.EN) + `)(?::[^\]\n]{0,200})?\](?:\*\*)?`)
)

// Own removes from a model's text the lines and marks that look like Amtsbote's own,
// and reports whether there were some. Ask does it by itself.
func Own(text string) (string, bool) {
	text = bots.Visible(text)
	kept := ownMark.ReplaceAllString(text, "")
	lines := strings.Split(kept, "\n")
	n := 0
	for _, line := range lines {
		if !isOwn(line) {
			lines[n] = line
			n++
		}
	}
	kept = strings.Join(lines[:n], "\n")
	return kept, kept != text
}

// markup is what a line can be dressed in.
var markup = strings.NewReplacer("*", "", "_", "", "`", "", `\`, "")

func isOwn(line string) bool {
	plain := markup.Replace(line)
	plain = strings.TrimLeft(plain, " \t#>|-–•⚠ℹ\ufe0f✅✔☑:0123456789.)")
	plain = strings.TrimSpace(strings.TrimRight(plain, " \t|"))
	return ownLine.MatchString(plain) || ownHead.MatchString(plain) || approved.MatchString(plain)
}

// whole cuts an answer that is still growing before a word that may become a link:
// half of one is none that the sources have.
func whole(soFar string) string {
	cut := strings.LastIndexAny(soFar, " \n\t") + 1
	if strings.ContainsAny(soFar[cut:], ".:@/<(") {
		return soFar[:cut]
	}
	return soFar
}
