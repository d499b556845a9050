package quote

import (
	"strings"
	"time"

	"amtsbote/skills/document"
	"amtsbote/skills/lazy"
)

// attributions are the lines that programs put above a quote, each with the day
// and the author in named groups.
var attributions = []*lazy.Regexp{
	lazy.New(`(?i)^am (?P<when>.{6,90}?),? schrieb(?:en)? (?P<who>.{2,200}?) ?:$`),
	lazy.New(`(?i)^am (?P<when>.{6,90}?),? hat (?P<who>.{2,200}?),? (?:folgendes )?geschrieben ?:$`),
	lazy.New(`(?i)^(?P<who>.{2,150}?),? (?:schrieb|hat) am (?P<when>.{6,90}?)(?: geschrieben)? ?:$`),
	lazy.New(`(?i)^(?:on )?(?P<when>(?:\pL{2,9}\.?,? )?[\pL\d].{4,60}\d{1,2}:\d\d(?::\d\d)?(?: ?[ap]\.?m\.?)?(?: ?\(?(?:CES?T|MES?Z|UTC|GMT|EES?T|BST|WES?T|[ECMP][SD]T|MSK)\b\)?)?(?: ?[+-]\d{4})?),? (?P<who>.{2,200}?) wrote ?:$`),
	lazy.New(`(?i)^on (?P<when>.{6,100}?\d),? (?P<who>\pL.{1,200}?|["'<].{1,200}?) wrote ?:$`),
	lazy.New(`(?i)^le (?P<when>.{6,80}?\d),? (?:à \d.{3,7}, )?(?P<who>\pL.{1,200}?|["'<].{1,200}?) a écrit ?:$`),
	lazy.New(`(?i)^el (?P<when>.{6,80}?\d),? ?(?P<who>\pL.{1,200}?|["'<].{1,200}?) escribió ?:$`),
	lazy.New(`(?i)^op (?P<when>.{6,90}?\d) (?:uur )?(?:schreef|heeft) (?P<who>.{2,200}?)(?: het volgende geschreven)? ?:$`),
	lazy.New(`(?i)^(?:w dniu |dnia )?(?P<when>.{6,80}?\d),? (?P<who>\pL.{1,200}?|["'<].{1,200}?) (?:napisał(?:\(a\)|a)?|pisze) ?:$`),
	lazy.New(`(?i)^il (?:giorno )?(?P<when>.{6,80}?\d),? (?P<who>\pL.{1,200}?|["'<].{1,200}?) ha scritto ?:$`),
	lazy.New(`^(?P<when>\d{4}-\d\d-\d\d \d{1,2}:\d\d GMT[+-]\d\d:\d\d),? (?P<who>.{2,200}?@.{2,80}?) ?:$`),
	lazy.New(`(?i)^(?P<who>[^.:,;!?]{2,80}|[^:;!?]{2,60}<.{3,80}>) (?:schrieb|wrote) ?:$`),
	lazy.New(`(?i)^(?:zitat von|quoting|citando a?) (?P<who>.{2,200}?@.{2,80}?) ?:$`),
	// Whatever the verb: day, time and an address in brackets.
	lazy.New(`(?i)^(?:am |on )?(?P<when>[^<>@]{0,40}\d[^<>@]{4,50}?\d{1,2}[:.]\d\d[^<>@]{0,16}?)[,;|–-]* (?P<who>["'\pL][^<>@]{0,80}<[^<>\s]{1,60}@[^<>\s]{1,60}>)(?: \pL{3,12}(?: folgendes)?)? ?:$`),
	lazy.New(`(?i)^(?P<who>["'\pL][^<>@]{0,80}<[^<>\s]{1,60}@[^<>\s]{1,60}>)[,;|–-]*(?: \pL{3,12})?(?: am| on)? [(\[]?(?P<when>[^<>@]{0,40}\d[^<>@]{4,50}?\d{1,2}[:.]\d\d[^<>@]{0,16}?)[)\]]? ?:$`),
}

// anyVerb is how many of them, the last, look for an address whatever the verb.
const anyVerb = 2

// verbs are what one of stands in each attribution: a quick look before the
// expressions.
var verbs = []string{"schrieb", "wrote", "a écrit", "escribió", "schreef", "heeft", "napisał", "pisze", "ha scritto", "itat von", "uoting", "itando", " GMT", "@"} // an address in brackets may stand without a verb

var (
	hasTime  = lazy.New(`\d{1,2}[:.]\d\d(?:[^.\d]|$)`)
	hasYear  = lazy.New(`\b20\d\d\b|[./]\d\d\b`)
	lastTime = lazy.New(`(?i)^.*?\d{1,2}:\d\d(?::\d\d)?(?: ?[ap]\.?m\.?)?(?: (?:CES?T|MES?Z|UTC|GMT|EES?T|BST|WES?T|[ECMP][SD]T|MSK)\b)?(?: ?[+-]\d{4})?,? +`)
	// somebody matches who a sentence of a letter says has written.
	somebody = lazy.New(`(?i)^(?:mir|uns|ich|er|sie|wir|es|man|dir|euch|ihm|ihnen|jemand|ihre?r?|unsere?r?|meine?r?|deine?r?|seine?r?|eine?r?|der|die|das|herr|frau|my|your|our|the|an?|he|she|they|we|you|i|his|her)\b`)
	forMe    = lazy.New(`(?i)^(?:mir|uns|dir|euch|ihnen|ihm) `)
	someone  = lazy.New(`(?i)\b(?:mir|uns|ihre?|unsere?|meine?|deine?|seine?|kolleg\pL*|my|your|our|colleague)\b`)
)

// plainText matches the attribution of Yahoo, which puts no ">" before the mail: one
// below it is the author's.
var plainText = lazy.New(`(?i)\bgeschrieben ?:$`)

// maxWrapped is how many lines an attribution has at most.
const maxWrapped = 4

// attribution reads a line such as "Am 20.11.2026 um 18:42 schrieb Jana:", which
// mail programs wrap over up to four lines.
func attribution(lines []string, zone *time.Location) (found, int) {
	if len(lines[0]) < 6 || len(lines[0]) > 250 {
		return found{}, 0
	}
	if !verb(lines) {
		return found{}, 0
	}
	joined := ""
	for n := 1; n <= maxWrapped && n <= len(lines); n++ {
		l := strings.TrimSpace(lines[n-1])
		if l == "" || l[0] == '>' && !(n > 1 && (l == ">:" || strings.HasPrefix(l, "> ") && strings.HasSuffix(l, ":"))) || len(joined)+len(l) > 450 {
			break
		}
		if n > 1 {
			joined += " "
		}
		joined = strings.Replace(joined+l, " >", ">", 1)
		if !strings.HasSuffix(joined, ":") {
			continue
		}
		when, who := cutAttribution(joined)
		if who == "" || !believed(when, who, lines[n:]) {
			return found{}, 0
		}
		head := document.Mail{From: Addresses(who), Date: ParseDate(when, zone)}
		return found{Mark: Wrote, Head: head, quotes: !plainText.MatchString(joined)}, n
	}
	return found{}, 0
}

// verb says whether one of the verbs stands in the lines of an attribution, and a
// colon at the end of one.
func verb(lines []string) bool {
	found := false
	for n, l := range lines[:min(len(lines), maxWrapped)] {
		if n > 0 && (len(l) > 450 || strings.TrimSpace(l) == "") {
			return false
		}
		if !found {
			for _, v := range verbs {
				if found = strings.Contains(l, v); found {
					break
				}
			}
		}
		if found && strings.HasSuffix(strings.TrimRight(l, " \t"), ":") {
			return true
		}
	}
	return false
}

// believed says whether an attribution is a program's and not a sentence of a
// letter: an address stands in it, or a quote follows, or it has day, year and time.
func believed(when, who string, below []string) bool {
	if forMe.MatchString(who) || someone.MatchString(who) && !strings.Contains(who, "<") {
		return false
	}
	if strings.Contains(who, "@") && when != "" {
		return true
	}
	if !strings.Contains(who, "<") && somebody.MatchString(who) {
		return false
	}
	for _, next := range below[:min(3, len(below))] {
		if strings.TrimSpace(next) != "" {
			if strings.HasPrefix(next, ">") {
				return true
			}
			break
		}
	}
	return hasTime.MatchString(when) && hasYear.MatchString(when)
}

func cutAttribution(s string) (when, who string) {
	for i, re := range attributions {
		if i >= len(attributions)-anyVerb && !strings.Contains(s, "@") {
			continue
		}
		m := re.FindStringSubmatch(s)
		if m == nil {
			continue
		}
		if i := re.SubexpIndex("when"); i > 0 {
			when = m[i]
		}
		who = m[re.SubexpIndex("who")]
		// "… 2026 at 6:42 PM Maria": the time may have gone to the author.
		if rest := lastTime.ReplaceAllString(when+" "+who, ""); rest != when+" "+who && len(rest) < len(who) {
			when, who = when+" "+strings.TrimSuffix(who, rest), rest
		}
		if !strings.ContainsAny(when, "0123456789") && re.SubexpIndex("when") > 0 {
			return "", ""
		}
		return when, strings.TrimSpace(who)
	}
	return "", ""
}

var (
	groupWiseWrote = lazy.New(`(?i)^>>> (?:on|am) (?P<when>.{6,60}?), (?:in (?:message|nachricht) .{1,120}?, )?(?P<who>.{2,150}?) (?:wrote|schrieb) ?:$`)
	// startOfDate matches where in ">>> Jana Wieczorek Freitag, 20. November 2026 18:42 >>>"
	// the date begins.
	startOfDate = lazy.New(`(?i)(?:(?:\b(?:mo|di|mi|do|fr|sa|so|mon|tue|wed|thu|fri|sat|sun)\pL*[.,]{1,2} ?)?(?:(?:am|um|on|den) )?(?:\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d{4}-\d\d-\d\d|\d{1,2}\.? \pL{3,9}\.? \d{4}|\pL{3,9} \d{1,2}, \d{4}))`)
)

// groupWise reads the mark of GroupWise, which may be wrapped once: ">>> Jana
// <j@x.example> 20.11.2026 18:42 >>>".
func groupWise(lines []string, zone *time.Location) (found, int) {
	line, n := strings.TrimSpace(lines[0]), 1
	if !strings.HasPrefix(line, ">>> ") {
		return found{}, 0
	}
	if m := groupWiseWrote.FindStringSubmatch(line); m != nil {
		return found{Mark: Headers, Head: document.Mail{From: Addresses(m[2]), Date: ParseDate(m[1], zone)}}, 1
	}
	if !strings.HasSuffix(line, ">>>") && len(lines) > 1 && len(lines[1]) < 100 {
		line, n = line+" "+strings.TrimSpace(lines[1]), 2
	}
	inner, ok := strings.CutSuffix(line, ">>>")
	if !ok || len(line) < 12 || len(line) > 300 {
		return found{}, 0
	}
	inner = strings.TrimSpace(inner[len(">>> "):])
	who, when := inner, ""
	if at := strings.LastIndex(inner, ">"); at > 0 && strings.Contains(inner[:at], "@") {
		who, when = inner[:at+1], inner[at+1:]
	} else if at := startOfDate.FindStringIndex(inner); at != nil && at[0] > 0 {
		who, when = inner[:at[0]], inner[at[0]:]
	}
	date := ParseDate(when, zone)
	if date.IsZero() && !strings.Contains(who, "@") {
		return found{}, 0
	}
	return found{Mark: Headers, Head: document.Mail{From: Addresses(who), Date: date}}, n
}
