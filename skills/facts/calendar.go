package facts

import (
	"fmt"
	"time"
)

var (
	weekdaysDE = [...]string{"Sonntag", "Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag"}
	monthsDE   = [...]string{"Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember"}
)

// ShortDate writes a date as a list in the office does: "Fr 27.11.2026", in
// English "Fri 27 Nov 2026". lang is "en" or anything else for German, here and
// below.
func ShortDate(t time.Time, lang string) string {
	if lang == "en" {
		return t.Format("Mon 2 Jan 2006")
	}
	return weekdaysDE[t.Weekday()][:2] + t.Format(" 02.01.2006")
}

// LongDate writes a date as a letter does: "20. November 2026", in English "20
// November 2026".
func LongDate(t time.Time, lang string) string {
	if lang == "en" {
		return t.Format("2 January 2006")
	}
	return fmt.Sprintf("%d. %s %d", t.Day(), monthsDE[t.Month()-1], t.Year())
}

// PeriodEnd returns the last day of a period that an event began: the day of
// the event does not count (§ 187 Abs. 1 BGB); a period of weeks, months or
// years ends on the day of the same name or number (§ 188 Abs. 2), or on the
// last day of a month that lacks it (§ 188 Abs. 3). The day may be a Saturday,
// Sunday or holiday: see [MovedEnd]. unit is one of Fact.Unit but "hour" and
// "workday"; with another one ok is false.
func PeriodEnd(event time.Time, n int, unit string) (end time.Time, ok bool) {
	d := midnight(event)
	switch unit {
	case "day":
		return d.AddDate(0, 0, n), true
	case "week":
		return d.AddDate(0, 0, 7*n), true
	case "month":
		return addMonths(d, n), true
	case "year":
		return addMonths(d, 12*n), true
	}
	return time.Time{}, false
}

// addMonths does not, as AddDate does, run over into the month after.
func addMonths(d time.Time, n int) time.Time {
	first := time.Date(d.Year(), d.Month()+time.Month(n), 1, 0, 0, 0, 0, d.Location())
	last := first.AddDate(0, 1, -1).Day()
	return time.Date(first.Year(), first.Month(), min(d.Day(), last), 0, 0, 0, 0, d.Location())
}

// MovedEnd returns the day on which a term ends whose last day is day: the next
// working day, if that is a Saturday, a Sunday or a holiday (§ 193 BGB, § 31
// Abs. 3 VwVfG, § 108 Abs. 3 AO). land is the code of the Land at whose law the
// act is owed ("NW", "HH", "BY"), "" if unknown. sure is false if it depends on
// the Land or the municipality whether a day on the way is a holiday; then end
// is the earlier of the days possible, so that nobody is late who keeps it.
func MovedEnd(day time.Time, land string) (end time.Time, sure bool) {
	for end = midnight(day); ; end = end.AddDate(0, 0, 1) {
		if works, sure := workday(end, false, land); works {
			return end, sure
		}
	}
}

// DeemedDays returns after how many days an act that was posted on a day counts
// as announced: four since 1 January 2025, three before (§ 41 Abs. 2 VwVfG,
// § 122 Abs. 2 AO, § 37 Abs. 2 SGB X). Where a Land has a law of its own that
// does not refer to that of the Federation, the caller must know its number.
func DeemedDays(posted time.Time) int {
	if posted.Year() >= 2025 {
		return 4
	}
	return 3
}

// DeemedNotice returns the day on which a letter posted on a day counts as
// announced, days later. It is not moved from a Saturday, Sunday or holiday: the
// fiction of § 41 Abs. 2 VwVfG is no term. In tax matters (§ 122 Abs. 2, § 108
// Abs. 3 AO) it is: use [MovedEnd] on the result.
func DeemedNotice(posted time.Time, days int) time.Time {
	return midnight(posted).AddDate(0, 0, days)
}

// AddWorkdays returns the nth working day after an event. Saturdays count as
// working days ("Werktage") or not ("Arbeitstage") as the caller says. sure is
// as in [MovedEnd]. n is at most 1000; a larger one is taken for 1000.
func AddWorkdays(event time.Time, n int, saturdays bool, land string) (day time.Time, sure bool) {
	day, sure = midnight(event), true
	for left := min(n, 1000); left > 0; {
		day = day.AddDate(0, 0, 1)
		works, s := workday(day, saturdays, land)
		sure = sure && s
		if works {
			left--
		}
	}
	return day, sure
}

func workday(d time.Time, saturdays bool, land string) (works, sure bool) {
	if d.Weekday() == time.Sunday || d.Weekday() == time.Saturday && !saturdays {
		return false, true
	}
	h, is := HolidayOn(d, land)
	return !is || h.Unsure, !is || !h.Unsure
}
