package letter

import (
	"net/mail"
	"regexp"
	"strconv"
	"strings"
	"time"

	"amtsbote/skills/document"
)

// labels are the names of header lines as mail programs write them into
// forwards, by what they mean.
var labels = map[string]string{
	"von": "from", "from": "from", "absender": "from", "de": "from", "da": "from", "od": "from",
	"gesendet": "date", "gesendet am": "date", "datum": "date", "date": "date", "sent": "date", "envoyé": "date", "fecha": "date", "enviado": "date", "inviato": "date",
	"an": "to", "to": "to", "à": "to", "para": "to", "empfänger": "to", "a": "to",
	"cc": "cc", "kopie": "cc", "kopie (cc)": "cc", "bcc": "other",
	"betreff": "subject", "subject": "subject", "objet": "subject", "asunto": "subject", "oggetto": "subject", "thema": "subject",
	"antwort an": "reply", "reply-to": "reply", "reply to": "reply", "antworten an": "reply",
	"priorität": "other", "wichtigkeit": "other", "importance": "other", "priority": "other",
	"anlagen": "other", "attachments": "other", "anhänge": "other", "organisation": "other", "organization": "other",
	"message-id": "id", "nachrichten-id": "id", "vertraulichkeit": "other", "sensitivity": "other", "kategorien": "other",
}

var headerLine = regexp.MustCompile(`^\s*\*{0,2}([\pL][\pL ()-]{0,18}?)\s?\*{0,2}\s?:\s?\*{0,2}\s*(.*?)\s*$`)

// label returns the meaning and value of a header line, or "".
func label(line string) (key, value string) {
	m := headerLine.FindStringSubmatch(line)
	if m == nil {
		return "", ""
	}
	return labels[strings.ToLower(strings.TrimSpace(m[1]))], m[2]
}

// headers reads header lines as forwards have them ("Von: … Gesendet: … An: …
// Betreff: …" in any order). It returns how many lines they take, or zero if the
// first line does not begin such a block with an author and at least others
// further fields.
func headers(lines []string, zone *time.Location, others int) (document.Mail, int) {
	if key, _ := label(lines[0]); key == "" || key == "other" || key == "id" {
		return document.Mail{}, 0
	}
	fields := map[string]string{}
	end, last := 0, ""
	for i := 0; i < len(lines) && i < 40; i++ {
		key, value := label(lines[i])
		_, twice := fields[key]
		switch {
		case key != "" && (!twice || key == "other"):
			fields[key], last, end = value, key, i+1
		case strings.TrimSpace(lines[i]) == "":
			// Converters from HTML put blank lines between header lines.
			if i > end || i+1 >= len(lines) || !continues(lines[i+1], fields) {
				i = 40
			}
		case last != "" && i == end && i > 0 && more(lines[i:], fields):
			fields[last] += " " + strings.TrimSpace(lines[i])
			end = i + 1
		default:
			i = 40
		}
	}
	_, from := fields["from"]
	n := 0
	for _, key := range []string{"date", "to", "subject"} {
		if _, ok := fields[key]; ok {
			n++
		}
	}
	if !from || n < others {
		return document.Mail{}, 0
	}
	return document.Mail{
		From: addresses(fields["from"]), To: addresses(fields["to"]), Cc: addresses(fields["cc"]), ReplyTo: addresses(fields["reply"]),
		Subject: fields["subject"], Date: parseDate(fields["date"], zone), MessageID: strings.Trim(fields["id"], "<> "),
	}, end
}

// continues says whether a line after a blank one is a further header line.
func continues(line string, have map[string]string) bool {
	key, _ := label(line)
	_, twice := have[key]
	return key != "" && !twice
}

// more says whether header lines go on within the next lines, so that the first
// of them continues a long list of recipients.
func more(lines []string, have map[string]string) bool {
	for i, l := range lines {
		if i > 6 || strings.TrimSpace(l) == "" {
			return false
		}
		if continues(l, have) {
			return i > 0
		}
	}
	return false
}

var (
	wroteOn  = regexp.MustCompile(`(?i)^am (.{6,90}?),? schrieb(?:en)? (.{2,200}?):$`)
	onWrote  = regexp.MustCompile(`(?i)^(.{2,150}?) (?:schrieb|hat) am (.{6,90}?)(?: geschrieben)?:$`)
	wroteEN  = regexp.MustCompile(`(?i)^on (.{6,100}?\d),?(?: (?:at|um) \d{1,2}:\d\d(?::\d\d)?)?(?: ?[ap]\.?m\.?)?,? (\pL.{1,200}?|["'<].{1,200}?) wrote:$`)
	wroteFR  = regexp.MustCompile(`(?i)^le (.{6,100}?\d),? (\pL.{1,200}?|["'<].{1,200}?) a écrit ?:$`)
	cited    = regexp.MustCompile(`(?i)^zitat von (.{2,200}?):$`)
	hasTime  = regexp.MustCompile(`\d{1,2}[:.]\d\d`)
	hasYear  = regexp.MustCompile(`\b20\d\d\b|\.\d\d\b`)
	lastTime = regexp.MustCompile(`(?i)^.*?\d{1,2}:\d\d(?::\d\d)?(?: ?[ap]\.?m\.?)?,? +`)
)

// attribution reads a line such as "Am 20.11.2026 um 18:42 schrieb Jana:", which
// mail programs wrap over up to four lines.
func attribution(lines []string, zone *time.Location) (document.Mail, int) {
	first := strings.TrimSpace(lines[0])
	if len(first) < 6 || len(first) > 250 {
		return document.Mail{}, 0
	}
	joined := ""
	for n := 1; n <= 4 && n <= len(lines); n++ {
		l := strings.TrimSpace(lines[n-1])
		if l == "" || (l[0] == '>' && l != ">:") { // ">:" is the end of a wrapped address
			break
		}
		joined = strings.TrimSpace(joined + " " + l)
		joined = strings.Replace(joined, " >:", ">:", 1)
		if !strings.HasSuffix(joined, ":") {
			continue
		}
		when, who := cutAttribution(joined)
		if who == "" {
			return document.Mail{}, 0
		}
		quoted := false
		for _, next := range lines[n:min(n+3, len(lines))] {
			if strings.TrimSpace(next) != "" {
				quoted = strings.HasPrefix(next, ">")
				break
			}
		}
		// "Am 5.11. schrieb mir Ihre Kollegin:" is a sentence, not a mark.
		if !quoted && !strings.Contains(who, "@") && !(hasTime.MatchString(when) && hasYear.MatchString(when)) {
			return document.Mail{}, 0
		}
		return document.Mail{From: addresses(who), Date: parseDate(when, zone)}, n
	}
	return document.Mail{}, 0
}

func cutAttribution(s string) (when, who string) {
	if m := wroteOn.FindStringSubmatch(s); m != nil {
		return m[1], m[2]
	}
	if m := onWrote.FindStringSubmatch(s); m != nil {
		return m[2], m[1]
	}
	for _, re := range []*regexp.Regexp{wroteEN, wroteFR} {
		if re.MatchString(s) {
			low := strings.TrimSpace(s[3:])
			low = low[:strings.LastIndexAny(low, "wa")]
			if i := strings.LastIndex(strings.ToLower(low), " a écrit"); i > 0 {
				low = low[:i]
			}
			if rest := lastTime.ReplaceAllString(low, ""); rest != low {
				return strings.TrimSuffix(low, rest), strings.TrimSpace(rest)
			}
			m := re.FindStringSubmatch(s)
			return m[1], m[2]
		}
	}
	if m := cited.FindStringSubmatch(s); m != nil && strings.Contains(m[1], "@") {
		return "", m[1]
	}
	return "", ""
}

var (
	emailPart = regexp.MustCompile(`[\pL\pN._%+'-]+@[\pL\pN-]+(?:\.[\pL\pN-]+)+`)
	bracket   = regexp.MustCompile(`\s*[<\[(].*$`)
)

// addresses reads addresses as header lines of forwards have them, which is not
// RFC 5322: "Wieczorek, Jana <j@x.example>; Amt", "Jana [mailto:j@x.example]".
func addresses(s string) []document.Address {
	var out []document.Address
	for _, part := range splitAddresses(s) {
		a := document.Address{Email: strings.Trim(emailPart.FindString(part), "'")}
		name := strings.Trim(bracket.ReplaceAllString(part, ""), ` "'*,;`)
		if !strings.Contains(name, "@") {
			a.Name = name
		}
		if a.Name != "" || a.Email != "" {
			out = append(out, a)
		}
		if len(out) == 100 {
			break
		}
	}
	return out
}

// splitAddresses cuts at semicolons; else at commas, but not at the one of
// "Wieczorek, Jana".
func splitAddresses(s string) []string {
	if strings.Contains(s, ";") {
		return strings.Split(s, ";")
	}
	if strings.Count(s, "@") <= 1 || strings.Count(s, "mailto:") == 1 {
		return []string{s}
	}
	var out []string
	for part := range strings.SplitSeq(s, ",") {
		if len(out) > 0 && !strings.Contains(out[len(out)-1], "@") {
			out[len(out)-1] += "," + part
		} else {
			out = append(out, part)
		}
	}
	return out
}

var months = map[string]time.Month{}

func init() {
	for i, names := range []string{"januar jan january jänner jän janvier", "februar feb february feber février", "märz mär mrz march mar mars",
		"april apr avril", "mai may", "juni jun june juin", "juli jul july juillet", "august aug août", "september sep sept septembre",
		"oktober okt october oct octobre", "november nov novembre", "dezember dez december dec décembre"} {
		for name := range strings.FieldsSeq(names) {
			months[name] = time.Month(i + 1)
		}
	}
}

var (
	dateDMY   = regexp.MustCompile(`\b(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4}|\d{2})\b`)
	dateISO   = regexp.MustCompile(`\b(\d{4})-(\d\d)-(\d\d)\b`)
	dateSlash = regexp.MustCompile(`\b(\d{1,2})/(\d{1,2})/(\d{4}|\d{2})\b`)
	dateWords = regexp.MustCompile(`\b(\d{1,2})\.?\s+(\pL{3,9})\.?,?\s+(\d{4})\b`)
	dateEN    = regexp.MustCompile(`\b(\pL{3,9})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})\b`)
	clock     = regexp.MustCompile(`(?i)\b(\d{1,2}):(\d\d)(?::(\d\d))?\s?([ap]\.?m\.?\b)?`)
)

// parseDate reads a date as mail programs write it; zero if it cannot.
func parseDate(s string, zone *time.Location) time.Time {
	if t, err := mail.ParseDate(strings.TrimSpace(s)); err == nil {
		return t
	}
	var y, d int
	var mo time.Month
	num := func(s string) int { n, _ := strconv.Atoi(s); return n }
	if m := dateDMY.FindStringSubmatch(s); m != nil {
		d, mo, y = num(m[1]), time.Month(num(m[2])), num(m[3])
	} else if m := dateISO.FindStringSubmatch(s); m != nil {
		y, mo, d = num(m[1]), time.Month(num(m[2])), num(m[3])
	} else if m := dateWords.FindStringSubmatch(s); m != nil {
		d, mo, y = num(m[1]), months[strings.ToLower(m[2])], num(m[3])
	} else if m := dateEN.FindStringSubmatch(s); m != nil {
		d, mo, y = num(m[2]), months[strings.ToLower(m[1])], num(m[3])
	} else if m := dateSlash.FindStringSubmatch(s); m != nil {
		// Month first is American; a first number over 12 can only be a day.
		d, mo, y = num(m[2]), time.Month(num(m[1])), num(m[3])
		if mo > 12 {
			d, mo = int(mo), time.Month(d)
		}
	}
	if y < 100 && y > 0 {
		y += 2000
	}
	if y < 1990 || mo < 1 || mo > 12 || d < 1 || d > 31 {
		return time.Time{}
	}
	h, mi, sec := 0, 0, 0
	if m := clock.FindStringSubmatch(s); m != nil {
		h, mi, sec = num(m[1]), num(m[2]), num(m[3])
		switch half := strings.ToLower(m[4]); {
		case half != "" && half[0] == 'p' && h < 12:
			h += 12
		case half != "" && half[0] == 'a' && h == 12:
			h = 0
		}
	}
	return time.Date(y, mo, d, h, mi, sec, 0, zone)
}
