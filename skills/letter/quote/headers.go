package quote

import (
	"strings"
	"time"

	"amtsbote/skills/document"
	"amtsbote/skills/lazy"
)

// labels are the names of header lines as mail programs write them into
// forwards, by what they mean: German, English, French, Spanish, Dutch, Polish,
// Italian, Turkish, Russian, Ukrainian.
var labels = map[string]string{}

func init() {
	for meaning, names := range map[string]string{
		"from":    "von|from|absender|de|van|od|da|kimden|gönderen|от|від|expéditeur|remitente|afzender",
		"date":    "gesendet|gesendet am|gesendet um|datum|date|sent|sent at|envoyé|envoyé le|fecha|enviado|enviado el|verzonden|wysłano|wysłane|data|inviato|gönderildi|gönderme tarihi|tarih|дата|отправлено|надіслано",
		"to":      "an|to|à|para|a|aan|do|kime|кому|empfänger|destinataire",
		"cc":      "cc|kopie|kopie (cc)|dw|bilgi|копия|копія|in kopie",
		"subject": "betreff|subject|objet|asunto|oggetto|onderwerp|temat|thema|konu|тема|betrifft",
		"reply":   "antwort an|antworten an|antwortadresse|reply-to|reply to|répondre à|responder a|odpowiedz do|beantwoorden",
		"id":      "message-id|nachrichten-id",
		"other": "bcc|blindkopie|priorität|wichtigkeit|importance|priority|anlagen|anlage|attachments|anhänge|organisation|organization|vertraulichkeit|" +
			"sensitivity|kategorien|x-mailer|user-agent|cci|pièces jointes|datos adjuntos|bijlagen|załączniki|allegati|newsgroups|referenz|references|gesendet von|sent by|ort|location|wann|when",
	} {
		for name := range strings.SplitSeq(names, "|") {
			labels[name] = meaning
		}
	}
}

// label returns the meaning and value of a header line, or "". Bold type and cells of
// a table may stand around both.
func label(line string) (key, value string) {
	for _, sep := range []byte{':', '|'} { // in the cells of a table the colon may be missing
		line := line
		if sep == '|' {
			line = strings.TrimLeft(line, "* |\t")
		}
		at := strings.IndexByte(line, sep)
		if at < 1 || at > 60 {
			continue
		}
		if key = meaning(line[:at]); key != "" {
			return key, strings.TrimRight(strings.TrimLeft(line[at+1:], "* |\t"), " |\t")
		}
	}
	return "", ""
}

// meaning returns what a label means, or "".
func meaning(name string) string {
	name = strings.Trim(name, "* |\t")
	if name == "" || len(name) > 24 {
		return ""
	}
	if key := labels[name]; key != "" {
		return key
	}
	return labels[strings.ToLower(name)]
}

// looseLabel reads a header line without its colon, as eM Client writes it: "Von
// Jana <j@x.example>", or the label alone with the value below.
func looseLabel(line string) (key, value string) {
	if key, value = label(line); key != "" {
		return key, value
	}
	t := strings.Trim(line, "*| \t")
	if key = meaning(t); key != "" {
		return key, ""
	}
	for at, r := range t {
		if at > 24 {
			break
		}
		if r == ' ' || r == '\t' {
			if key = meaning(t[:at]); key != "" && key != "other" {
				return key, strings.Trim(t[at:], " \t*")
			}
		}
	}
	return "", ""
}

// headers reads header lines as forwards have them ("Von: … Gesendet: … An: …
// Betreff: …" in any order). It returns how many lines they take, or zero if the
// first line does not begin such lines. Below a separator an author and one more
// field are enough.
func headers(lines []string, zone *time.Location, separated bool) (document.Mail, int) {
	key, value := label(lines[0])
	if key == "" && separated {
		return looseHeaders(lines, zone)
	}
	if key == "" || key == "other" || key == "id" {
		return document.Mail{}, 0
	}
	if m := oneLine.FindStringSubmatch(lines[0]); m != nil {
		f := map[string]string{"from": m[1], "date": m[2], "to": m[3], "subject": m[4]}
		return mailOf(f, zone), 1
	}
	f := fields{values: map[string]string{}, alone: value == "", label: label}
	end := f.read(lines)
	if !f.enough(separated) {
		return document.Mail{}, 0
	}
	return mailOf(f.values, zone), end
}

// looseHeaders reads header lines without colons. They count below a separator only,
// and as many as without one.
func looseHeaders(lines []string, zone *time.Location) (document.Mail, int) {
	key, value := looseLabel(lines[0])
	if key == "" || key == "other" {
		return document.Mail{}, 0
	}
	f := fields{values: map[string]string{}, alone: value == "", label: looseLabel}
	end := f.read(lines)
	if !f.enough(false) {
		return document.Mail{}, 0
	}
	return mailOf(f.values, zone), end
}

// oneLine matches header lines that a converter has joined.
var oneLine = lazy.New(`(?i)^\W{0,4}(?:von|from)\W{1,4}(\S.{2,120}?) \W{0,3}(?:gesendet|datum|sent|date)\W{1,4}(.{6,60}?) \W{0,3}(?:an|to)\W{1,4}(.{2,300}?) \W{0,3}(?:betreff|subject)\W{1,4}(.{1,200})$`)

// fields are header lines by their meaning.
type fields struct {
	values map[string]string
	alone  bool // labels stand on lines of their own, values below
	label  func(line string) (key, value string)
}

// maxHead is how many lines header lines have at most, recipients included.
const maxHead = 40

// read takes fields from lines and returns how many lines they are.
func (f fields) read(lines []string) (end int) {
	last := ""
	for i := 0; i < len(lines) && i < maxHead; i++ {
		key, value := f.label(lines[i])
		_, twice := f.values[key]
		switch {
		case key != "" && (!twice || key == "other"):
			f.values[key], last, end = value, key, i+1
		case strings.TrimSpace(lines[i]) == "":
			if f.alone && last != "" && f.values[last] == "" && i == end {
				end = i + 1
				continue
			}
			// Converters from HTML put blank lines between header lines.
			if i > end || i+1 >= len(lines) || !f.goesOn(lines[i+1]) {
				return end
			}
		case last != "" && i == end && (f.more(lines[i:]) || f.alone && f.values[last] == "" || runsOver(last, lines[i-1:])):
			f.values[last] = strings.TrimSpace(f.values[last] + " " + strings.Trim(lines[i], "| \t"))
			end = i + 1
		default:
			return end
		}
	}
	return end
}

// runsOver says whether the last header line has been wrapped: a long subject with its
// rest alone in the second line, or a list of recipients.
func runsOver(key string, lines []string) bool {
	line, rest := strings.TrimRight(lines[0], " \t"), strings.TrimSpace(lines[1])
	switch key {
	case "subject":
		return len(line)+len(rest) >= 72 && len(line) >= 50 && len(rest) < 76 && len(lines) > 2 && strings.TrimSpace(lines[2]) == "" && !strings.HasSuffix(rest, ",")
	case "to", "cc":
		return len(rest) < 200 && strings.Contains(rest, "@") && (strings.HasSuffix(line, ",") || strings.HasSuffix(line, ";") || rest[0] == '<')
	}
	return false
}

// goesOn says whether a line after a blank one is a further header line.
func (f fields) goesOn(line string) bool {
	key, _ := f.label(line)
	_, twice := f.values[key]
	return key != "" && !twice
}

// more says whether header lines go on within the next lines, so that the first
// of them continues a long list of recipients.
func (f fields) more(lines []string) bool {
	for i, l := range lines {
		if i > 6 || strings.TrimSpace(l) == "" {
			return false
		}
		if f.goesOn(l) {
			return i > 0
		}
	}
	return false
}

// enough says whether the fields are those of a mail. "Von: Köln, An: Bonn, Datum:
// 3.12.2026" is a journey, and "Von: … Datum: … Betreff: …" without address and
// time the head of a paper letter.
func (f fields) enough(separated bool) bool {
	others := 0
	for _, key := range []string{"date", "to", "subject"} {
		if _, ok := f.values[key]; ok {
			others++
		}
	}
	from := f.values["from"]
	switch {
	case from == "":
		return false
	case separated:
		return others >= 1
	}
	return others >= 2 && (strings.Contains(from+f.values["to"], "@") || hasTime.MatchString(f.values["date"]))
}

func mailOf(f map[string]string, zone *time.Location) document.Mail {
	return document.Mail{
		From: Addresses(f["from"]), To: Addresses(f["to"]), Cc: Addresses(f["cc"]), ReplyTo: Addresses(f["reply"]),
		Subject: f["subject"], Date: ParseDate(f["date"], zone), MessageID: strings.Trim(f["id"], "<> "),
	}
}

// notes reads the head that Notes writes below "Weitergeleitet von": the author and
// the time without labels, then labels and values on lines of their own.
func notes(lines []string, zone *time.Location) (document.Mail, int) {
	var top []string
	f := map[string]string{}
	last, end := "", 0
	for i, l := range lines[:min(len(lines), maxHead)] {
		l = strings.Trim(l, "| \t")
		key := labels[strings.ToLower(strings.TrimSuffix(l, ":"))]
		_, twice := f[key]
		switch {
		case key != "" && key != "from" && !twice:
			if len(top) == 0 {
				return document.Mail{}, 0
			}
			f[key], last, end = "", key, i+1
		case l == "":
			if i > end+2 {
				i = maxHead
			}
		case last == "" && len(top) < 2:
			top = append(top, l)
		case last != "" && f[last] == "" && i <= end+1:
			f[last], end = l, i+1
		default:
			i = maxHead
		}
		if i == maxHead {
			break
		}
	}
	if len(f) < 2 || len(top) == 0 || len(top[0]) > 200 {
		return document.Mail{}, 0
	}
	f["from"] = top[0]
	if len(top) > 1 && f["date"] == "" {
		f["date"] = top[1]
	}
	return mailOf(f, zone), end
}
