package quote

import (
	"net/mail"
	"strconv"
	"strings"
	"time"

	"amtsbote/skills/lazy"
)

var months = map[string]time.Month{}

func init() {
	for i, names := range []string{
		"januar jan january jänner jän janvier janv enero ene januari stycznia sty gennaio gen ocak",
		"februar feb february feber février févr febrero februari lutego lut febbraio şubat",
		"märz mär mrz march mar mars marzo maart mrt marca mart",
		"april apr avril avr abril abr kwietnia kwi aprile nisan",
		"mai may mayo mei maja maj maggio mag mayıs",
		"juni jun june juin junio czerwca cze giugno giu haziran",
		"juli jul july juillet juil julio lipca lip luglio lug temmuz",
		"august aug août agosto ago augustus sierpnia sie ağustos",
		"september sep sept septembre septiembre września wrz settembre set eylül",
		"oktober okt october oct octobre octubre października paź ottobre ott ekim",
		"november nov novembre noviembre listopada lis kasım",
		"dezember dez december dec décembre déc diciembre dic grudnia gru dicembre aralık"} {
		for name := range strings.FieldsSeq(names) {
			months[name] = time.Month(i + 1)
		}
	}
}

var (
	dateDMY   = lazy.New(`\b(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4}|\d{2})\b`)
	dateISO   = lazy.New(`\b(\d{4})-(\d\d)-(\d\d)\b`)
	dateSlash = lazy.New(`\b(\d{1,2})/(\d{1,2})/(\d{4}|\d{2})\b`)
	dateDash  = lazy.New(`\b(\d{1,2})-(\d{1,2})-(\d{4})\b`)
	dateWords = lazy.New(`\b(\d{1,2})\.?\s+(?:de )?(\pL{3,12})\.?,?\s+(?:de )?(\d{4})\b`)
	dateEN    = lazy.New(`(?:^|[^\pL])(\pL{3,9})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})\b`)
	clock     = lazy.New(`(?i)\b(\d{1,2}):(\d\d)(?::(\d\d))?\s?([ap]\.?m\.?\b)?`)
	clockDot  = lazy.New(`(?i)\b(\d{1,2})\.(\d\d)(?: Uhr|$)`)
)

// maxDate is how many bytes a date has at most.
const maxDate = 200

// ParseDate reads a date as mail programs write it, with or without a time; zero
// if it cannot. Without a zone it is in the given one.
func ParseDate(s string, zone *time.Location) time.Time {
	s = strings.TrimSpace(Clip(s, maxDate))
	if t, err := mail.ParseDate(s); err == nil {
		return t
	}
	y, mo, d := day(s)
	if y < 100 && y > 0 {
		y += 2000
	}
	if y < 1990 || mo < 1 || mo > 12 || d < 1 || d > 31 {
		return time.Time{}
	}
	h, mi, sec := 0, 0, 0
	if m := clock.FindStringSubmatch(s); m != nil {
		h, mi, sec = number(m[1]), number(m[2]), number(m[3])
		switch half := strings.ToLower(m[4]); {
		case half != "" && half[0] == 'p' && h < 12:
			h += 12
		case half != "" && half[0] == 'a' && h == 12:
			h = 0
		}
	} else if m := clockDot.FindStringSubmatch(s); m != nil {
		h, mi = number(m[1]), number(m[2])
	}
	return time.Date(y, mo, d, h, mi, sec, 0, zone)
}

func day(s string) (y int, mo time.Month, d int) {
	if m := dateDMY.FindStringSubmatch(s); m != nil {
		return number(m[3]), time.Month(number(m[2])), number(m[1])
	}
	if m := dateISO.FindStringSubmatch(s); m != nil {
		return number(m[1]), time.Month(number(m[2])), number(m[3])
	}
	if m := dateWords.FindStringSubmatch(s); m != nil {
		return number(m[3]), months[strings.ToLower(m[2])], number(m[1])
	}
	if m := dateEN.FindStringSubmatch(s); m != nil {
		return number(m[3]), months[strings.ToLower(m[1])], number(m[2])
	}
	if m := dateDash.FindStringSubmatch(s); m != nil {
		return number(m[3]), time.Month(number(m[2])), number(m[1])
	}
	if m := dateSlash.FindStringSubmatch(s); m != nil {
		// Month first is American; a first number over 12 can only be a day.
		d, mo = number(m[2]), time.Month(number(m[1]))
		if mo > 12 {
			d, mo = int(mo), time.Month(d)
		}
		return number(m[3]), mo, d
	}
	return 0, 0, 0
}

func number(s string) int { n, _ := strconv.Atoi(s); return n }
