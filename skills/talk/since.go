package talk

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"amtsbote/bots"
	"amtsbote/skills/facts"
)

// MaxDays is how many days back a room is read.
const MaxDays = 30

// A Stretch is which part of a room's history is asked for.
type Stretch struct {
	Span bots.Span
	Kind Kind
	Cut  bool // it begins MaxDays ago and not when asked
	Said bool // the person named it
}

// A Kind is how a stretch was named.
type Kind int

const (
	ByOwn    Kind = iota // since the person's last message
	ByTime               // since a time
	ByThread             // a thread
	ByAll                // all there is: of an export, where nobody is said to ask
)

// StretchOf reads since when the person wants to know; without a word on it, since
// their last message. Times count in the zone of t.Now. What is not understood is
// asked back by a *bots.Refusal. sure: the task is about a room for certain, so
// that "am Freitag" says when and not what about.
func StretchOf(t bots.Task, sure bool) (Stretch, error) {
	text := First(t.Text, 1000)
	low := Fold(text)
	switch {
	case ofThread.MatchString(low):
		if t.Message.Thread == "" {
			return Stretch{}, &bots.Refusal{Text: textNoThread}
		}
		return Stretch{Span: bots.Span{Thread: t.Message.Thread}, Kind: ByThread, Said: true}, nil
	case sinceOwn.MatchString(low):
		s := own(t)
		s.Said = true
		return s, nil
	}
	since, until, ok := counted(low, t.Now)
	if !ok {
		since, until, ok = named(text, sure, t.Now)
	}
	switch {
	case ok && since.After(t.Now):
		return Stretch{}, &bots.Refusal{Text: textFuture}
	case !ok && sinceWhat.MatchString(low):
		return Stretch{}, &bots.Refusal{Text: textSince}
	case !ok:
		return own(t), nil
	}
	s := Stretch{Span: bots.Span{Since: since, Until: until}, Kind: ByTime, Said: true}
	if oldest := t.Now.AddDate(0, 0, -MaxDays); since.Before(oldest) {
		s.Span.Since, s.Cut = oldest, true
		if !until.IsZero() && until.Before(oldest) {
			return Stretch{}, &bots.Refusal{Text: textTooOld}
		}
	}
	return s, nil
}

func own(t bots.Task) Stretch {
	if t.Message.Sender == "" {
		return Stretch{Kind: ByAll}
	}
	return Stretch{Span: bots.Span{Own: true}, Kind: ByOwn}
}

var (
	ofThread  = regexp.MustCompile(`\b(?:in|aus|von|zu|of|from|within) (?:diesem|this) thread\b|\bdieses threads?\b|\bim thread (?:verpass|offen|entschied|beschloss|neu|los|passiert)|\b(?:diesen|this|den) thread\b`)
	sinceOwn  = regexp.MustCompile(`\bseit meine[rm] letzten (?:nachricht|beitrag|meldung)|\bseit ich (?:zuletzt|weg|fort|nicht da)|\bsince my last (?:message|post)|\bsince i (?:was (?:last )?|left|last )`)
	sinceWhat = regexp.MustCompile(`\b(?:seit|since)\b`)

	amounts = map[string]int{"ein": 1, "eine": 1, "einem": 1, "einen": 1, "einer": 1, "zwei": 2, "drei": 3, "vier": 4, "fuenf": 5, "sechs": 6, "sieben": 7,
		"acht": 8, "neun": 9, "zehn": 10, "zwoelf": 12, "vierzehn": 14, "paar": 3, "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6,
		"seven": 7, "eight": 8, "nine": 9, "ten": 10, "twelve": 12, "few": 3, "couple": 2}
	lastN = regexp.MustCompile(`\b(?:seit|letzten?|letzter|vergangenen?|past|last|since|vor) (?:(?:etwa|circa|ungefaehr|den|the|about|letzten|vergangenen|past|last) )*(?:(\d{1,4}) ?|([a-z]+) (?:of )?)(minute|stunde|tag|woche|monat|hour|day|week|month|min\b|h\b)`)
	last1 = regexp.MustCompile(`\b(seit |since )?(?:der |dem |the )?(letzte[rnms]?|vergangene[rnms]?|vorige[rnms]?|vorherige[rn]?|last|past|previous) (stunde|tag|woche|monat|hour|day|week|month)\b`)
	this  = regexp.MustCompile(`\b(?:diese[rnms]?|this) (woche|monats?|week|month)\b`)
	free  = regexp.MustCompile(`\b(seit )?(?:\w+ )?(?:wochenende|weekend)\b`)
)

// counted reads spans that count back from now, and calendar weeks and months.
func counted(text string, now time.Time) (since, until time.Time, ok bool) {
	today := midnight(now)
	monday := today.AddDate(0, 0, -(int(today.Weekday())+6)%7)
	month := today.AddDate(0, 0, 1-today.Day())
	if m := lastN.FindStringSubmatch(text); m != nil {
		n, err := strconv.Atoi(m[1])
		if err != nil {
			n = amounts[m[2]]
		}
		if n > 0 {
			return back(now, today, n, m[3]), time.Time{}, true
		}
	}
	if m := last1.FindStringSubmatch(text); m != nil {
		begin, end := today.AddDate(0, 0, -1), today
		switch m[3] {
		case "stunde", "hour":
			return now.Add(-time.Hour), time.Time{}, true
		case "woche", "week":
			begin, end = monday.AddDate(0, 0, -7), monday
		case "monat", "month":
			begin, end = month.AddDate(0, -1, 0), month
		}
		if m[1] != "" {
			end = time.Time{}
		}
		return begin, end, true
	}
	if m := this.FindStringSubmatch(text); m != nil {
		if m[1][0] == 'w' {
			return monday, time.Time{}, true
		}
		return month, time.Time{}, true
	}
	if free.MatchString(text) {
		return today.AddDate(0, 0, -(int(today.Weekday())+1)%7), time.Time{}, true
	}
	return since, until, false
}

// back counts n units back: hours from now, days from midnight, so that nothing of
// the first day is missed.
func back(now, today time.Time, n int, unit string) time.Time {
	n = min(n, 1000)
	switch unit[0] {
	case 'm':
		if strings.HasPrefix(unit, "mon") {
			return today.AddDate(0, -n, 0)
		}
		return now.Add(-time.Duration(n) * time.Minute)
	case 's', 'h':
		return now.Add(-time.Duration(n) * time.Hour)
	case 'w':
		return today.AddDate(0, 0, -7*n)
	}
	return today.AddDate(0, 0, -n)
}

func midnight(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, t.Location())
}

var (
	to     = regexp.MustCompile(`(?i)\b(?:bis|until|till)\b`)
	seit   = regexp.MustCompile(`\b(?:seit|since)(?: (?:dem|den|der|the))* ?$`)
	opener = regexp.MustCompile(`\b(?:seit|since|from|von|vom|nach|after)(?: (?:dem|den|der|letzte[nmr]?|vergangene[nmr]?|last|the|am|on))* ?$`)
	onDay  = regexp.MustCompile(`\b(?:am|on|vom) ?$`)
)

// named reads spans that name days or times of day.
func named(text string, sure bool, now time.Time) (since, until time.Time, ok bool) {
	left, right := text, ""
	if at := to.FindStringIndex(text); at != nil {
		left, right = text[:at[0]], text[at[0]:] // with its word, which tells a date from a number
	}
	m, found := momentOf(left, now)
	if !found {
		return since, until, false
	}
	before := Fold(left[:m.start])
	switch {
	case opener.MatchString(before), m.today:
		if end, also := momentOf(right, now); also && right != "" {
			if until = end.at; !end.clock {
				until = midnight(until).AddDate(0, 0, 1)
			}
			if !until.After(m.at) {
				until = time.Time{}
			}
		}
		return m.at, until, true
	case m.clockOnly:
		return since, until, false // "um 14 Uhr" is what the question is about
	case m.relative, sure && onDay.MatchString(before):
		return m.at, midnight(m.at).AddDate(0, 0, 1), true // that day
	}
	return since, until, false
}

// A moment is a day or a time in what a person wrote.
type moment struct {
	at        time.Time
	start     int  // byte where it begins
	clock     bool // it has a time of day
	clockOnly bool
	relative  bool // "gestern"
	today     bool
}

// momentOf finds the first day that a text names, or else the first time of day.
func momentOf(text string, now time.Time) (m moment, ok bool) {
	today := midnight(now)
	found := facts.Find(text, now)
	for _, f := range found {
		if f.Kind != facts.Date || f.Cue == "morgen" && partOf(text, f.Start) || f.Date.After(now) && !seit.MatchString(Fold(text[:f.Start])) {
			continue // "heute morgen" is no tomorrow; what is still to come is what the question is about
		}
		m = moment{at: f.Date, start: f.Start, relative: f.Relative, today: f.Date.Equal(today)}
		return m.withClock(text, f.End, found), true
	}
	if day, start, end, is := weekday(text, today); is {
		m = moment{at: day, start: start}
		return m.withClock(text, end, found), true
	}
	for _, f := range found {
		if f.Kind == facts.Time {
			at := on(today, f.Norm)
			if at.After(now) {
				at = on(today.AddDate(0, 0, -1), f.Norm)
			}
			return moment{at: at, start: f.Start, clock: true, clockOnly: true}, true
		}
	}
	return m, false
}

func partOf(text string, start int) bool {
	low := Fold(text[:start])
	return strings.HasSuffix(low, "tag ") || strings.HasSuffix(low, "woch ") || strings.HasSuffix(low, "gestern ")
}

// withClock adds the time of day that stands behind a day.
func (m moment) withClock(text string, end int, found []facts.Fact) moment {
	for _, f := range found {
		if f.Kind == facts.Time && f.Start >= end && f.Start-end < 20 {
			m.at, m.clock = on(m.at, f.Norm), true
			return m
		}
	}
	if norm := dayPart(text[end:]); norm != "" {
		m.at, m.clock = on(m.at, norm), true
	}
	return m
}

var parts = regexp.MustCompile(`^ (frueh|morgens?|morning|vormittags?|mittags?|noon|nachmittags?|afternoon|abends?|evening|nachts?|night)\b`)

// dayPart returns when the part of the day begins that a text begins with.
func dayPart(text string) string {
	m := parts.FindStringSubmatch(Fold(First(text, 20)))
	if m == nil {
		return ""
	}
	switch m[1][0] {
	case 'f':
		return "05:00"
	case 'v':
		return "08:00"
	case 'a':
		if m[1] == "afternoon" {
			return "12:00"
		}
		return "17:00"
	case 'e':
		return "17:00"
	case 'n':
		if strings.HasPrefix(m[1], "nachm") || m[1] == "noon" {
			return "12:00"
		}
		return "20:00"
	}
	if strings.HasPrefix(m[1], "mi") {
		return "12:00"
	}
	return "05:00"
}

func on(day time.Time, clock string) time.Time {
	h, _ := strconv.Atoi(clock[:2])
	n, _ := strconv.Atoi(clock[3:])
	return time.Date(day.Year(), day.Month(), day.Day(), h, n, 0, 0, day.Location())
}

var (
	weekdays  = regexp.MustCompile(`(?i)\b(montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonnabend|sonntag|monday|tuesday|wednesday|thursday|friday|saturday|sunday)`)
	weekShort = regexp.MustCompile(`(?i)\b(?:seit|since) (mo|di|mi|do|fr|sa|so|mon|tue|wed|thu|fri|sat|sun)\b`)
	weekIndex = map[string]time.Weekday{"so": 0, "su": 0, "mo": 1, "di": 2, "tu": 2, "mi": 3, "we": 3, "do": 4, "th": 4, "fr": 5, "sa": 6}
)

// weekday finds the name of a weekday: the last one before today.
func weekday(text string, today time.Time) (day time.Time, start, end int, ok bool) {
	at := weekdays.FindStringSubmatchIndex(text)
	if at == nil {
		at = weekShort.FindStringSubmatchIndex(text)
	}
	if at == nil {
		return day, 0, 0, false
	}
	n := weekIndex[strings.ToLower(text[at[2]:at[2]+2])]
	days := (int(today.Weekday()) - int(n) + 7) % 7
	if days == 0 {
		days = 7
	}
	return today.AddDate(0, 0, -days), at[2], at[3], true
}

var dayWords = map[string]int{"heute": 0, "today": 0, "morgen": 1, "tomorrow": 1, "uebermorgen": 2, "gestern": -1, "yesterday": -1, "vorgestern": -2}

// Days returns the days that a text counts from the one on which it was written
// ("morgen", "am Freitag": the one before, the one after), and that day itself.
func Days(text string, written time.Time) []time.Time {
	today := midnight(written)
	all := []time.Time{today}
	for _, w := range split(Fold(text)) {
		if n, ok := dayWords[w]; ok {
			all = append(all, today.AddDate(0, 0, n))
		}
	}
	for _, at := range weekdays.FindAllString(text, -1) {
		to := (int(weekIndex[strings.ToLower(at[:2])]) - int(today.Weekday()) + 7) % 7
		all = append(all, today.AddDate(0, 0, to), today.AddDate(0, 0, to-7), today.AddDate(0, 0, to+7))
	}
	return all
}
