package document

import (
	"strconv"
	"strings"
	"time"
)

var (
	ruleEvery = map[string][2]string{
		"DAILY": {"täglich", "Tage"}, "WEEKLY": {"wöchentlich", "Wochen"}, "MONTHLY": {"monatlich", "Monate"}, "YEARLY": {"jährlich", "Jahre"},
		"HOURLY": {"stündlich", "Stunden"},
	}
	ruleDays   = map[string]string{"MO": "Montag", "TU": "Dienstag", "WE": "Mittwoch", "TH": "Donnerstag", "FR": "Freitag", "SA": "Samstag", "SU": "Sonntag"}
	ruleCounts = map[string]string{"1": "ersten", "2": "zweiten", "3": "dritten", "4": "vierten", "5": "fünften", "-1": "letzten", "-2": "vorletzten"}
	ruleMonths = []string{"", "Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember"}
)

// rule tells a recurrence (RRULE) in words. A rule that has parts for which
// there are none is given as it stands besides.
func (t *calendarText) rule(value string) string {
	parts := ruleParts(value)
	every, ok := ruleEvery[parts["FREQ"]]
	if !ok {
		return cut(value, 200)
	}
	s := every[0]
	if n, err := strconv.Atoi(parts["INTERVAL"]); err == nil && n > 1 && n < 1000 {
		s = "alle " + strconv.Itoa(n) + " " + every[1]
	}
	whole := true
	if v := parts["BYDAY"]; v != "" {
		on, ok := ruleOn(v, parts["BYSETPOS"])
		s += " am " + on
		whole = whole && ok
	}
	if v := parts["BYMONTHDAY"]; v != "" {
		s += " am " + strings.ReplaceAll(strings.ReplaceAll(v, ",", "., "), "-1", "letzten Tag") + strings.Repeat(".", 1-min(1, strings.Count(v, "-1")))
	}
	if n, err := strconv.Atoi(parts["BYMONTH"]); err == nil && n >= 1 && n <= 12 {
		s += " im " + ruleMonths[n]
	} else if parts["BYMONTH"] != "" {
		whole = false
	}
	if v := parts["COUNT"]; v != "" {
		s += ", " + cut(v, 6) + "-mal"
	}
	if v := parts["UNTIL"]; v != "" {
		s += ", bis " + strings.TrimSuffix(t.until(v), ", ganztägig")
	}
	for k := range parts {
		switch k {
		case "FREQ", "INTERVAL", "BYDAY", "BYSETPOS", "BYMONTHDAY", "BYMONTH", "COUNT", "UNTIL", "WKST":
		default:
			whole = false
		}
	}
	if !whole {
		s += " (Regel: " + cut(value, 200) + ")"
	}
	return s
}

func ruleParts(value string) map[string]string {
	parts := make(map[string]string)
	for kv := range strings.SplitSeq(cut(value, 1000), ";") {
		if k, v, ok := strings.Cut(kv, "="); ok {
			parts[strings.ToUpper(strings.TrimSpace(k))] = strings.ToUpper(strings.TrimSpace(v))
		}
	}
	return parts
}

// ruleOn tells days of the week: "Montag und Mittwoch", "ersten Montag".
func ruleOn(days, pos string) (s string, ok bool) {
	if days == "MO,TU,WE,TH,FR" && pos == "" {
		return "Montag bis Freitag", true
	}
	ok = true
	var out []string
	for d := range strings.SplitSeq(days, ",") {
		n, day := strings.TrimPrefix(d[:max(len(d)-2, 0)], "+"), d[max(len(d)-2, 0):]
		word := ruleDays[day]
		ok = ok && word != "" && (n == "" || ruleCounts[n] != "")
		if n = or(n, pos); ruleCounts[n] != "" {
			word = ruleCounts[n] + " " + word
		} else {
			ok = ok && n == ""
		}
		out = append(out, word)
	}
	if last := len(out) - 1; last > 0 {
		out = []string{strings.Join(out[:last], ", ") + " und " + out[last]}
	}
	return out[0], ok && (pos == "" || !strings.Contains(days, ","))
}

func (t *calendarText) until(v string) string {
	if at, err := time.Parse("20060102T150405Z", v); err == nil {
		return shortDay(at.In(t.zone))
	}
	if at, err := time.Parse("20060102T150405", v); err == nil {
		return shortDay(at)
	}
	return t.time(calendarProp{value: v})
}
