package quote

import (
	"strings"

	"amtsbote/skills/lazy"
)

// Parts are what the text of one author is made of. Together they are the text:
// each line that is not blank is in one of them, but for a delimiter ("-- ").
type Parts struct {
	Body      string // with enclosures and postscript, also where they stand below the name
	Closing   string // "Mit freundlichen Grüßen"
	Signature string // what is below the closing: name, office, address
	Notes     string // what programs and gateways added: banner, mobile footer, disclaimer
}

// Trim takes the text of a block apart. A closing is one only if what follows can
// be a signature. A disclaimer counts as one below the closing or where it says what
// to do with mail that went astray; "diese E-Mail ist vertraulich" in a letter is
// the author's wish.
func Trim(text string) Parts {
	lines := strings.Split(text, "\n")
	top := banners(lines)
	notes := append([]string{}, lines[:top]...)
	lines = lines[top:]
	cut, skip, closed := cutLetter(lines)
	var p Parts
	p.Closing = strings.TrimSpace(strings.Join(closed, "\n"))
	body, dropped := dropNotes(lines[:cut], false)
	notes = append(notes, dropped...)
	sig, dropped := dropNotes(lines[min(len(lines), cut+skip):], true)
	notes = append(notes, dropped...)
	sig, back := enclosed(sig)
	p.Body = Tidy(strings.Join(append(body, back...), "\n"))
	p.Signature = Tidy(strings.Join(sig, "\n"))
	p.Notes = Tidy(strings.Join(notes, "\n"))
	return p
}

// place is where greetings come from: "aus dem schönen Norderfeld", "vom Deich".
const place = `(?: (?:aus|vom|von|from) (?:\pL+ ){0,3}(?-i:\p{Lu})[\pL .'/-]{1,30})`

// closing matches the line that ends a letter.
var closing = lazy.New(`(?i)^\W*(?:(?:(?:vielen|besten|herzlichen) dank|danke)(?: im voraus| vorab| schon (?:jetzt|mal)| für (?:\pL+ ){1,5}\pL+)?(?: und| &| sowie|,) )?(?:(?:mit )?(?:den )?(?:freundlichen?|freundlichem|besten?|herzlichen?|vielen?|lieben?|schönen?|sonnigen?|vorzüglichen?|kollegialen?|sportlichen?|weihnachtlichen?|adventlichen?|winterlichen?|sommerlichen?|hochachtungsvollen?)(?:,? (?:und )?\pL+en?)?,? (?:grüßen?|gruß|gruessen?|gruss|grüssen?|empfehlungen|wünschen)(?:[^\pL].{0,40})?|(?:mit )?(?:vorzüglicher|ausgezeichneter|größter|aller) hochachtung|hochachtungsvoll|mit hochachtung|es grüßt(?: .{0,40})?|(?:freundlich(?:st)?|herzlich(?:st)?|lieb) grüßt(?: .{0,20})?|mfg|m\. ?f\. ?g\.?|lg|vg|bg|mit (?:freundlichem )?gruß|gruß|grüße|(?:dank|danke|vielen dank) (?:und|&) gr(?:uß|üße)|mit bestem dank.{0,40}|(?:kind|best|warm|with kind|with best|kindest|many) (?:regards|wishes)|regards|yours (?:sincerely|faithfully|truly)|sincerely(?: yours)?|respectfully|cheers|cordialement|bien à vous|(?:un )?(?:cordiales? )?saludos?|atentamente|met vriendelijke groet(?:en)?|z poważaniem|pozdrawiam|cordiali saluti|saygılarım(?:la|ızla))` + place + `?\s*[,.!]*\s*$`)

// startsClosing matches a closing phrase that is followed by the name in the
// same line, and maybe by what its bearer is: "(Antragstellerin)", ", Mieterin".
var startsClosing = lazy.New(`(?i)^((?:mit )?(?:freundliche[nm]?|vielen?|beste[nm]?|liebe[nm]?|herzliche[nm]?|schöne[nm]?) (?:grüßen?|gruß|gruessen?|gruss)|mfg|lg|vg|gruß|grüße|(?:kind|best|warm) regards|regards|yours sincerely|cheers),?\s+((?-i:\p{Lu})[\pL .'-]{1,60}(?:\([\pL ./-]{2,40}\)|, (?-i:\p{Lu})[\pL .-]{2,40})?)$`)

// delimiter is the line that programs put above a signature.
func delimiter(line string) bool {
	l := strings.TrimRight(line, " \t")
	return l == "--" || l == "—"
}

// cutLetter finds the line that ends the letter, how many lines from there on are
// neither body nor signature, and which of them are the closing.
func cutLetter(lines []string) (cut, skip int, closed []string) {
	for i, l := range lines {
		if delimiter(l) {
			return i, 1, nil
		}
		t := strings.TrimSpace(l)
		if i == 0 || t == "" || len(t) > 160 {
			continue
		}
		if m := startsClosing.FindStringSubmatch(t); m != nil && signable(lines[i+1:]) {
			lines[i] = m[2]
			return i, 0, []string{m[1]}
		}
		if closing.MatchString(t) && signable(lines[i+1:]) {
			return i, 1, lines[i : i+1]
		}
	}
	return len(lines), 0, nil
}

// maxSignature is how many lines below a closing are looked at to decide whether
// they can be a signature.
const maxSignature = 40

// signable says whether what follows a closing phrase can be a signature: a
// name and an address, not the rest of a letter.
func signable(lines []string) bool {
	long := 0
	for i, l := range lines[:min(len(lines), maxSignature)] {
		if postscript.MatchString(l) {
			return true
		}
		if len(l) > 160 && i < 12 {
			long++
		}
	}
	return long < 2
}

var postscript = lazy.New(`(?i)^\W*(?:p\. ?s\.|ps:|ps |nachtrag:)`)

var enclosures = lazy.New(`(?i)^\W*(?:anlagen?|anhang|anhänge|beigefügt|enclosures?|attachments?|encl\.?)\s*(?:\(\d+\))?\s*:`)

// Enclosures reports whether a line begins the list of enclosures that letters have
// below the name: "Anlagen: Bescheid, Quittung".
func Enclosures(line string) bool { return enclosures.MatchString(line) }

// enclosed parts a signature from what belongs to the body: enclosures and a
// postscript.
func enclosed(lines []string) (sig, back []string) {
	into := &sig
	for _, l := range lines {
		switch {
		case postscript.MatchString(l) || enclosures.MatchString(l):
			into = &back
			back = append(back, "")
		case delimiter(l):
			into = &sig
			continue
		}
		*into = append(*into, l)
	}
	return sig, back
}

// footer matches a whole line that a phone or a program has put below. Sentences
// such as "Gesendet mit Einschreiben am 5.11." are not among them.
var footer = lazy.New(`(?i)^\W*(?:` +
	`(?:diese (?:nachricht|e-?mail) wurde )?(?:von|mit) meine[mr](?:[/ (]+(?:meine)?[rmn]\)?)? [\pL\d ()./+-]{1,50} (?:gesendet|geschickt|versendet|verschickt)` +
	`|(?:von|vom) (?:meinem )?(?:iphone|ipad|handy|smartphone)(?: gesendet)?|von unterwegs(?: gesendet)?` +
	`|(?:diese (?:nachricht|e-?mail) wurde )?(?:gesendet|verschickt) (?:von|mit|über|aus)(?: der| dem| meinem| meiner)? ` + device + `[^.\d]{0,60}?(?: windows \d+)?(?: gesendet)?` +
	`|gesendet von meine[mr] [\pL\d ()+-]{1,50}` +
	`|sent from my [\pL\d ()+-]{1,40}` +
	`|sent (?:from|with|via) (?:my |the )?` + device + `[^.]{0,60}?` +
	`|get outlook for [\pL ]{1,20}|(?:holen sie sich|hole dir) outlook[\pL ]{0,30}|outlook für (?:ios|android)(?: beziehen| herunterladen)?` +
	`|yahoo mail(?::.{0,60}| auf .{0,30})|gesendet mit [\pL. ]{3,30} mail(?: app)?` +
	`|virenfrei|virus-free|diese e-?mail wurde von .{1,30} auf viren geprüft` +
	`|envoyé de(?:puis)? mon .{1,40}|enviado desde mi .{1,40}|(?:verzonden|verstuurd) vanaf mijn .{1,40}|wysłan[eo] z (?:iphone|mojego).{0,40}|inviato da(?:l mio)? iphone.{0,20}|\S.{0,24}(?:dan|den) gönderildi|отправлено с .{1,30}` +
	`)\.?(?: ?[<(\[]?(?:https?:|www\.|[\w-]+\.\w{2,6}\b)\S*)?\W*$|^\W*(?:(?:https?://)?(?:aka\.ms|www\.avast|www\.avg)\S*)\W*$`)

const device = `(?:\pL+ )?(?:outlook|iphone|ipad|android|samsung|galaxy|e?mail|yahoo|gmx|web\.de|telekom|t-online|proton|protonmail|mobile|phone|handy|smartphone|mobiltelefon|tablet|blackberry|huawei|xiaomi|app)\b`

// disclaimer matches the first words of a paragraph that no author has written.
var disclaimer = lazy.New(`(?i)^\W*(?:(?:(?:wichtiger )?hinweis|vertraulich|achtung): )?(?:diese (?:(?:e-?)?mail|nachricht|mitteilung)(?: und (?:alle|etwaige) \pL+)? (?:enthält|kann|könnte|ist|einschließlich)[^.]*(?:vertraulich|rechtlich geschützt|ausschließlich)|(?:der inhalt dieser (?:(?:e-?)?mail|nachricht)|die in dieser (?:(?:e-?)?mail|nachricht) enthaltenen informationen)[^.]*(?:vertraulich|bestimmt)|this (?:e-?mail|message|communication)[^.]*(?:confidential|intended (?:only|solely)|privileged)|the information (?:contained )?in this (?:e-?mail|message)|(?:sollten|wenn|falls) sie nicht der (?:richtige|beabsichtigte|vorgesehene)|if you are not the (?:intended|named)|bitte (?:prüfen|denken|bedenken|überlegen) sie[^.]*(?:ausdruck|drucken|umwelt)|(?:please consider|think of) the environment|denken sie an die umwelt|vertraulichkeitshinweis|confidentiality notice|disclaimer\b|(?:informationen?|hinweise?) zum datenschutz|datenschutz(?:hinweise?|erklärung|informationen?)\b|rechtlicher hinweis)`)

// astray matches what only a disclaimer says.
var astray = lazy.New(`(?i)irrtümlich|nicht der (?:richtige|beabsichtigte|vorgesehene)|unbefugt|not the (?:intended|named)|in error|unauthori[sz]ed|strictly prohibited|umwelt|environment`)

// banner matches what gateways put on top of mails from outside.
var banner = lazy.New(`(?i)^\W*(?:(?:extern|external|ext)(?:e e-?mail| e-?mail| mail| sender)?(?:\]|:?\s*$)|(?:achtung|vorsicht|caution|warnung|warning|hinweis)\b[^\n]{0,40}(?:e-?mail|nachricht|message)[^\n]{0,80}(?:extern|outside|außerhalb|external)|(?:achtung|vorsicht|caution|warnung|warning)\W{1,4}(?:extern|external)|diese (?:e-?mail|nachricht) (?:kommt|stammt|wurde)[^\n]{0,20} (?:extern|von (?:einem |einer )?extern|von außerhalb)|this (?:e-?mail|message) (?:originated|came|was sent) from (?:outside|an external)|external (?:e-?mail|sender)|externe[rs]? (?:e-?mail|absender)|you don't often get email from|some people who received this message don't often get email|sie erhalten nicht (?:oft|häufig) (?:eine )?(?:e-?)?mails? von|klicken sie (?:nicht auf|keine) |do not click )`)

// banners returns how many lines on top of a text are a gateway's.
func banners(lines []string) int {
	end, inside := 0, false
	for i, l := range lines[:min(len(lines), 14)] {
		t := strings.Trim(l, " \t|*_-=#")
		switch {
		case t == "":
			if strings.TrimSpace(l) == "" {
				inside = false
			}
		case len(t) < 400 && banner.MatchString(t) && !strings.Contains(t, "?"):
			end, inside = i+1, true
		case inside && len(t) < 200 && lowerStart(t):
			end = i + 1 // a banner wrapped over lines
		default:
			return end
		}
	}
	return end
}

func lowerStart(s string) bool { return s[0] >= 'a' && s[0] <= 'z' }

// linked matches the address that programs write behind the words of a link.
var linked = lazy.New(` ?<https?://[^<> ]+>`)

// dropNotes takes out mobile footers and disclaimers.
func dropNotes(lines []string, below bool) (keep, dropped []string) {
	for start := 0; start < len(lines); {
		end := start
		for end < len(lines) && strings.TrimSpace(lines[end]) != "" && !(below && end > start && begins(lines[end])) {
			end++
		}
		if end > start && stray(lines[start:end], below) {
			dropped = append(append(dropped, lines[start:end]...), "")
		} else {
			for _, l := range lines[start:end] {
				bare := l
				if strings.Contains(l, "<http") {
					bare = linked.ReplaceAllString(l, "")
				}
				if len(l) < 250 && footer.MatchString(strings.TrimSpace(bare)) {
					dropped = append(dropped, l)
				} else {
					keep = append(keep, l)
				}
			}
		}
		for end < len(lines) && strings.TrimSpace(lines[end]) == "" {
			keep = append(keep, lines[end])
			end++
		}
		start = end
	}
	return keep, dropped
}

// begins says whether a line of a signature begins a disclaimer. Names and addresses
// are shorter.
func begins(line string) bool { return len(line) > 40 && disclaimer.MatchString(Clip(line, 2000)) }

// stray says whether a paragraph is a disclaimer.
func stray(para []string, below bool) bool {
	if !disclaimer.MatchString(Clip(strings.Join(para[:min(len(para), 8)], " "), 2000)) {
		return false
	}
	return below || astray.MatchString(Clip(strings.Join(para, " "), 4000))
}

var blanks = lazy.New(`\n[ \t]*(?:\n[ \t]*)+`)

// Tidy trims a text and keeps at most one blank line in a row.
func Tidy(s string) string {
	return strings.Trim(blanks.ReplaceAllString(s, "\n\n"), " \t\n")
}
