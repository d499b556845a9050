package letter

import (
	"slices"
	"strings"
	"time"
)

// easter returns Easter Sunday (the Gregorian rule of Meeus, Jones and Butcher).
func easter(year int, zone *time.Location) time.Time {
	a, b, c := year%19, year/100, year%100
	h := (19*a + b - b/4 - (b-(b+8)/25+1)/3 + 15) % 30
	l := (32 + 2*(b%4) + 2*(c/4) - h - c%4) % 7
	m := (a + 11*h + 22*l) / 451
	n := h + l - 7*m + 114
	return time.Date(year, time.Month(n/31), n%31+1, 0, 0, 0, 0, zone)
}

// someLands are the days that are holidays in some Länder: 20 November or -1
// stands for the Wednesday before 23 November.
var someLands = []struct {
	month time.Month
	day   int
	lands string
}{
	{1, 6, "BW BY ST"}, {3, 8, "BE MV"}, {8, 15, "SL"}, {9, 20, "TH"},
	{10, 31, "BB HB HH MV NI SN ST SH TH"}, {11, 1, "BW BY NW RP SL"},
}

// holiday says whether a day is a public holiday in the whole of a Land. Without
// a Land only those count that all Länder have.
func holiday(t time.Time, land string) bool {
	in := func(lands string) bool {
		return land != "" && slices.Contains(strings.Fields(lands), strings.ToUpper(land))
	}
	switch md := [2]int{int(t.Month()), t.Day()}; md {
	case [2]int{1, 1}, [2]int{5, 1}, [2]int{10, 3}, [2]int{12, 25}, [2]int{12, 26}:
		return true
	}
	for _, h := range someLands {
		if t.Month() == h.month && t.Day() == h.day {
			return in(h.lands)
		}
	}
	if t.Month() == 11 && t.Weekday() == time.Wednesday && t.Day() >= 16 && t.Day() <= 22 {
		return in("SN")
	}
	switch off := int(day(t).Sub(easter(t.Year(), t.Location())).Round(24*time.Hour).Hours() / 24); off {
	case -2, 1, 39, 50:
		return true
	case 60:
		return in("BW BY HE NW RP SL")
	}
	return false
}

// workday returns the day itself, or the next one that is no Saturday, Sunday or
// holiday.
func workday(t time.Time, land string) time.Time {
	for t.Weekday() == time.Saturday || t.Weekday() == time.Sunday || holiday(t, land) {
		t = t.AddDate(0, 0, 1)
	}
	return t
}

// addMonths adds months as § 188 Abs. 2 and 3 BGB do: the same day of the month,
// or its last day where it has no such day.
func addMonths(t time.Time, n int) time.Time {
	first := time.Date(t.Year(), t.Month()+time.Month(n), 1, 0, 0, 0, 0, t.Location())
	last := first.AddDate(0, 1, -1).Day()
	return first.AddDate(0, 0, min(t.Day(), last)-1)
}
