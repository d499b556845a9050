package document

import (
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // the child sees no files
)

const defaultZone = "Europe/Berlin"

// zones are the zones that a file describes, by name.
func (c *calendarPart) zones() map[string]*calendarPart {
	all := make(map[string]*calendarPart)
	for _, k := range c.kids {
		if name := k.get("TZID").value; k.name == "VTIMEZONE" && name != "" && len(all) < 100 {
			all[cut(oneLine(name), 100)] = k
		}
	}
	return all
}

// in returns a time by the clocks of a zone: of one that the world knows, or
// Windows, or the file. It reports false if nobody does.
func (t *calendarText) in(at time.Time, name string) (time.Time, bool) {
	if loc := knownLocation(name); loc != nil {
		return time.Date(at.Year(), at.Month(), at.Day(), at.Hour(), at.Minute(), at.Second(), 0, loc), true
	}
	if z := t.zones[name]; z != nil {
		if offset, ok := z.offset(at); ok {
			return time.Date(at.Year(), at.Month(), at.Day(), at.Hour(), at.Minute(), at.Second(), 0, time.FixedZone(name, offset)), true
		}
	}
	return at, false
}

// knownLocation finds a zone by its name, with or without what programs put in
// front of it ("/citadel.org/20260101_1/Europe/Berlin").
func knownLocation(name string) *time.Location {
	name = strings.Trim(name, `"/ `)
	if iana := windowsZones[strings.ToLower(name)]; iana != "" {
		name = iana
	}
	if strings.EqualFold(name, "local") { // that of this machine
		return nil
	}
	parts := strings.Split(name, "/")
	for i := max(0, len(parts)-3); i < len(parts); i++ {
		if loc, err := time.LoadLocation(strings.Join(parts[i:], "/")); err == nil && parts[i] != "" {
			return loc
		}
	}
	return nil
}

// offset returns the seconds east of UTC by the rules of a VTIMEZONE: those of
// the last change before a time.
func (c *calendarPart) offset(at time.Time) (seconds int, ok bool) {
	var last time.Time
	first := false
	for _, k := range c.kids {
		east, fine := zoneOffset(k.get("TZOFFSETTO").value)
		if !fine || k.name != "STANDARD" && k.name != "DAYLIGHT" {
			continue
		}
		if !ok || k.name == "STANDARD" && first {
			seconds, ok, first = east, true, k.name != "STANDARD" // before all changes
		}
		for _, change := range k.changes(at.Year()) {
			if !change.After(at) && change.After(last) {
				seconds, last, first = east, change, false
			}
		}
	}
	return seconds, ok
}

// changes are the times about a year at which a rule takes effect, by the clock.
func (c *calendarPart) changes(year int) (all []time.Time) {
	start, err := time.Parse("20060102T150405", strings.TrimSuffix(c.get("DTSTART").value, "Z"))
	if err != nil {
		return nil
	}
	rule := ruleParts(c.get("RRULE").value)
	month, err := strconv.Atoi(rule["BYMONTH"])
	day := rule["BYDAY"]
	if rule["FREQ"] != "YEARLY" || err != nil || month < 1 || month > 12 || len(day) < 3 {
		return []time.Time{start}
	}
	nth, err := strconv.Atoi(strings.TrimPrefix(day[:len(day)-2], "+"))
	weekday := strings.Index("SUMOTUWETHFRSA", day[len(day)-2:]) / 2
	if err != nil {
		return []time.Time{start}
	}
	for y := year - 1; y <= year; y++ {
		if y >= start.Year() {
			all = append(all, nthWeekday(y, time.Month(month), nth, time.Weekday(weekday), start))
		}
	}
	return all
}

// nthWeekday returns the nth such day of a month, from the end if nth is
// negative, at the time of day of clock.
func nthWeekday(year int, month time.Month, nth int, day time.Weekday, clock time.Time) time.Time {
	nth = max(-5, min(nth, 5))
	first := time.Date(year, month, 1, clock.Hour(), clock.Minute(), clock.Second(), 0, time.UTC)
	if nth < 0 {
		end := first.AddDate(0, 1, -1)
		return end.AddDate(0, 0, -int(end.Weekday()-day+7)%7+7*(nth+1))
	}
	return first.AddDate(0, 0, int(day-first.Weekday()+7)%7+7*(nth-1))
}

// zoneOffset reads +HHMM or +HHMMSS.
func zoneOffset(s string) (seconds int, ok bool) {
	if len(s) < 5 || s[0] != '+' && s[0] != '-' {
		return 0, false
	}
	n, err := strconv.Atoi(s[1:5])
	if err != nil || n >= 2400 || n%100 >= 60 {
		return 0, false
	}
	seconds = n/100*3600 + n%100*60
	if s[0] == '-' {
		seconds = -seconds
	}
	return seconds, true
}
