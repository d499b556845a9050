package letter

import (
	"regexp"
	"strings"

	"amtsbote/skills/document"
)

// closing matches the line that ends a letter.
var closing = regexp.MustCompile(`(?i)^\W*(?:(?:(?:vielen|besten|herzlichen) dank|danke)(?: im voraus)?(?: und|,) )?(?:(?:mit )?(?:den )?(?:freundlichen?|freundlichem|besten?|herzlichen?|vielen?|lieben?|schönen?|sonnigen?|vorzüglichen?|kollegialen?|sportlichen?|weihnachtlichen?|adventlichen?|winterlichen?|sommerlichen?|hochachtungsvollen?) (?:und \pL+ )?(?:grüßen?|gruß|gruessen?|gruss|grüssen?|empfehlungen)\b.{0,40}|hochachtungsvoll|mfg|lg|vg|bg|mit (?:freundlichem )?gruß|gruß|grüße(?: aus .{1,30})?|mit bestem dank.{0,40}|(?:kind|best|warm|with kind|with best|kindest|many) (?:regards|wishes)|regards|yours (?:sincerely|faithfully|truly)|sincerely(?: yours)?|respectfully|cheers|cordialement|bien à vous|saludos)\s*[,.!]*\s*$`)

// startsClosing matches a closing phrase that is followed by the name in the
// same line.
var startsClosing = regexp.MustCompile(`(?i)^(mit freundlichen grüßen|mit freundlichem gruß|freundliche grüße|viele grüße|beste grüße|liebe grüße|mfg|kind regards|best regards|yours sincerely),?\s+(\pL.{1,60})$`)

var footer = regexp.MustCompile(`(?i)^\W*(?:(?:von meinem|von unterwegs|gesendet (?:von|mit|über)|diese nachricht wurde von meinem|sent (?:from|with|via)|von (?:iphone|ipad)|get outlook for|holen sie sich outlook|outlook für (?:ios|android)|virenfrei\b|virus-free\b|diese e-mail wurde von .{1,30} auf viren|yahoo mail|envoyé de mon)[^.]{0,90}\.?.{0,30}|https?://(?:aka\.ms|www\.avast|www\.avg)\S*)$`)

// disclaimer matches the first words of a paragraph that no author has written.
var disclaimer = regexp.MustCompile(`(?i)^\W*(?:diese (?:e-?mail|nachricht|mitteilung)(?: und (?:alle|etwaige) \pL+)? (?:enthält|kann|könnte|ist|einschließlich)[^.]*(?:vertraulich|rechtlich geschützt|ausschließlich)|der inhalt dieser e-?mail ist[^.]*vertraulich|this (?:e-?mail|message)[^.]*(?:confidential|intended (?:only|solely)|privileged)|the information (?:contained )?in this (?:e-?mail|message)|bitte (?:prüfen|denken|bedenken|überlegen) sie[^.]*(?:ausdruck|drucken|umwelt)|please consider the environment|denken sie an die umwelt|vertraulichkeitshinweis|confidentiality notice|disclaimer\b|(?:informationen?|hinweise?) zum datenschutz|datenschutz(?:hinweise?|erklärung)\b)`)

// banner matches what gateways put on top of mails from outside.
var banner = regexp.MustCompile(`(?i)^\W*(?:\[?(?:extern|external|ext)\]?:?\s*$|(?:achtung|vorsicht|caution|warnung|warning|hinweis)\b[^\n]{0,40}(?:e-?mail|nachricht|message)[^\n]{0,80}(?:extern|outside|außerhalb|external)|diese (?:e-?mail|nachricht) (?:kommt|stammt|wurde) von (?:einem |einer )?extern|this (?:e-?mail|message) (?:originated|came|was sent) from outside|you don't often get email from|sie erhalten nicht (?:oft|häufig) e-mails? von)`)

var postscript = regexp.MustCompile(`(?i)^\W*(?:p\. ?s\.|ps:|ps |nachtrag:)`)

// enclosures matches the list of enclosures that letters have below the name.
var enclosures = regexp.MustCompile(`(?i)^\W*(?:anlagen?|anhang|anhänge|beigefügt|enclosures?|attachments?|encl\.?)\s*(?:\(\d+\))?\s*:`)

// trim cuts what a program or a gateway added, and parts the body from the
// signature. Enclosures and a postscript below the name belong to the body.
func trim(text string) (body, signature string) {
	text = dropNotes(text)
	lines := strings.Split(text, "\n")
	cut, skip := len(lines), 0
	for i, l := range lines {
		l = strings.TrimRight(l, " \t")
		if l == "--" || l == "-- " || l == "—" {
			cut, skip = i, 1
			break
		}
		if closing.MatchString(strings.TrimSpace(l)) && i > 0 && blankOrShort(lines[i+1:]) {
			cut, skip = i, 1
			break
		}
		if m := startsClosing.FindStringSubmatch(strings.TrimSpace(l)); m != nil && i > 0 && blankOrShort(lines[i+1:]) {
			lines[i] = m[2]
			cut, skip = i, 0
			break
		}
	}
	below := lines[min(len(lines), cut+skip):]
	var sig, back []string
	into := &sig
	for _, l := range below {
		switch {
		case postscript.MatchString(l) || enclosures.MatchString(l):
			into = &back
			back = append(back, "")
		case strings.TrimSpace(l) == "--":
			into = &sig
			continue
		}
		*into = append(*into, l)
	}
	body = strings.Join(append(append([]string{}, lines[:cut]...), back...), "\n")
	return tidy(body), tidy(strings.Join(sig, "\n"))
}

// blankOrShort says whether what follows a closing phrase can be a signature: a
// name and an address, not the rest of a letter.
func blankOrShort(lines []string) bool {
	long := 0
	for i, l := range lines {
		if postscript.MatchString(l) {
			return true
		}
		if len(l) > 160 && i < 12 {
			long++
		}
	}
	return long < 2
}

// dropNotes takes out mobile footers, disclaimers and banners.
func dropNotes(text string) string {
	paras := strings.Split(text, "\n\n")
	out := paras[:0:0]
	for _, p := range paras {
		trimmed := strings.TrimSpace(p)
		if disclaimer.MatchString(trimmed) || (banner.MatchString(trimmed) && len(trimmed) < 400) {
			continue
		}
		var lines []string
		for l := range strings.SplitSeq(p, "\n") {
			if t := strings.TrimSpace(l); t != "" && (footer.MatchString(t) || banner.MatchString(t)) {
				continue
			}
			lines = append(lines, l)
		}
		out = append(out, strings.Join(lines, "\n"))
	}
	return strings.Join(out, "\n\n")
}

var blanks = regexp.MustCompile(`\n[ \t]*(?:\n[ \t]*)+`)

// tidy trims a text and keeps at most one blank line in a row.
func tidy(s string) string {
	return strings.Trim(blanks.ReplaceAllString(s, "\n\n"), " \t\n")
}

// signed takes the author's own name at the end of a body for the signature where
// no closing phrase stands before it.
func signed(from []document.Address, text string) (body, signature string) {
	body, signature = trim(text)
	if signature != "" || len(from) == 0 {
		return body, signature
	}
	name := parsePerson(from[0].Name)
	if name.Last == "" {
		return body, signature
	}
	lines := strings.Split(body, "\n")
	for i := len(lines) - 1; i > 0 && i >= len(lines)-6; i-- {
		p := parsePerson(strings.TrimPrefix(strings.TrimPrefix(lines[i], "gez."), " "))
		if len(lines[i]) < 80 && strings.EqualFold(p.Last, name.Last) && (p.First == "" || strings.EqualFold(p.First, name.First)) {
			return tidy(strings.Join(lines[:i], "\n")), tidy(strings.Join(lines[i:], "\n"))
		}
	}
	return body, signature
}
