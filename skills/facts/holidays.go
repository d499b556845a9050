package facts

import (
	"strings"
	"time"
)

// A Holiday is a public holiday.
type Holiday struct {
	DE, EN string
	// Unsure says that the day is a holiday only in some municipalities of the
	// Land, or that the Land is unknown and the day is one in some of them.
	Unsure bool
}

// Länder has the codes of the Länder that HolidayOn knows, with their names.
var Länder = map[string]string{
	"BW": "Baden-Württemberg", "BY": "Bayern", "BE": "Berlin", "BB": "Brandenburg", "HB": "Bremen", "HH": "Hamburg",
	"HE": "Hessen", "MV": "Mecklenburg-Vorpommern", "NI": "Niedersachsen", "NW": "Nordrhein-Westfalen", "RP": "Rheinland-Pfalz",
	"SL": "Saarland", "SN": "Sachsen", "ST": "Sachsen-Anhalt", "SH": "Schleswig-Holstein", "TH": "Thüringen",
}

// A rule says on which day of the years a holiday falls, and where.
type holidayRule struct {
	de, en   string
	month    time.Month // of a fixed day
	day      int        // of the month, or days after Easter Sunday if month is 0
	lands    string     // "" for all
	local    string     // in some municipalities only
	from, to int        // years; 0 is open
}

const repentance = 1000 // day of the rule for the Wednesday before 23 November

// The laws of the Länder as of 2026. Sundays that are holidays (Easter in
// Brandenburg) are left out: they are days of rest anyway.
var holidayRules = []holidayRule{
	{de: "Neujahr", en: "New Year's Day", month: 1, day: 1},
	{de: "Heilige Drei Könige", en: "Epiphany", month: 1, day: 6, lands: "BW BY ST"},
	{de: "Internationaler Frauentag", en: "International Women's Day", month: 3, day: 8, lands: "BE", from: 2019},
	{de: "Internationaler Frauentag", en: "International Women's Day", month: 3, day: 8, lands: "MV", from: 2023},
	{de: "Karfreitag", en: "Good Friday", day: -2},
	{de: "Ostermontag", en: "Easter Monday", day: 1},
	{de: "Tag der Arbeit", en: "Labour Day", month: 5, day: 1},
	{de: "Tag der Befreiung", en: "Liberation Day", month: 5, day: 8, lands: "BE", from: 2020, to: 2020},
	{de: "Tag der Befreiung", en: "Liberation Day", month: 5, day: 8, lands: "BE", from: 2025, to: 2025},
	{de: "Christi Himmelfahrt", en: "Ascension Day", day: 39},
	{de: "Pfingstmontag", en: "Whit Monday", day: 50},
	{de: "Fronleichnam", en: "Corpus Christi", day: 60, lands: "BW BY HE NW RP SL", local: "SN TH"},
	{de: "75. Jahrestag des Volksaufstandes", en: "75th anniversary of the uprising of 1953", month: 6, day: 17, lands: "BE", from: 2028, to: 2028},
	{de: "Augsburger Friedensfest", en: "Augsburg Peace Festival", month: 8, day: 8, local: "BY"},
	{de: "Mariä Himmelfahrt", en: "Assumption Day", month: 8, day: 15, lands: "SL", local: "BY"},
	{de: "Weltkindertag", en: "World Children's Day", month: 9, day: 20, lands: "TH", from: 2019},
	{de: "Tag der Deutschen Einheit", en: "Day of German Unity", month: 10, day: 3, from: 1990},
	{de: "Reformationstag", en: "Reformation Day", month: 10, day: 31, lands: "BB MV SN ST TH"},
	{de: "Reformationstag", en: "Reformation Day", month: 10, day: 31, lands: "HB HH NI SH", from: 2018},
	{de: "Reformationstag", en: "Reformation Day", month: 10, day: 31, from: 2017, to: 2017},
	{de: "Allerheiligen", en: "All Saints' Day", month: 11, day: 1, lands: "BW BY NW RP SL"},
	{de: "Buß- und Bettag", en: "Day of Repentance and Prayer", day: repentance, lands: "SN"},
	{de: "Erster Weihnachtstag", en: "Christmas Day", month: 12, day: 25},
	{de: "Zweiter Weihnachtstag", en: "Boxing Day", month: 12, day: 26},
}

// HolidayOn returns the public holiday on a day in a Land ("NW", "HH", "BY"; ""
// if unknown), and whether there is one. Christmas Eve and New Year's Eve are
// none. Years before 1991 are not reliable.
func HolidayOn(day time.Time, land string) (Holiday, bool) {
	unsure := Holiday{}
	for _, r := range holidayRules {
		if !r.on(day) {
			continue
		}
		h := Holiday{DE: r.de, EN: r.en}
		switch {
		case r.lands == "" && r.local == "", land != "" && strings.Contains(r.lands, land):
			return h, true
		case land == "" || strings.Contains(r.local, land):
			h.Unsure = true
			unsure = h
		}
	}
	return unsure, unsure.Unsure
}

func (r holidayRule) on(day time.Time) bool {
	y, m, d := day.Date()
	if r.from != 0 && y < r.from || r.to != 0 && y > r.to {
		return false
	}
	if r.month != 0 {
		return m == r.month && d == r.day
	}
	date := time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	if r.day == repentance {
		return m == time.November && d >= 16 && d <= 22 && date.Weekday() == time.Wednesday
	}
	return date.Equal(easter(y).AddDate(0, 0, r.day))
}

// easter returns Easter Sunday of a year after Spencer's rule for the Gregorian
// calendar.
func easter(y int) time.Time {
	a, b, c := y%19, y/100, y%100
	d, e := b/4, b%4
	f := (b + 8) / 25
	g := (b - f + 1) / 3
	h := (19*a + b - d - g + 15) % 30
	i, k := c/4, c%4
	l := (32 + 2*e + 2*i - h - k) % 7
	m := (a + 11*h + 22*l) / 451
	month, day := (h+l-7*m+114)/31, (h+l-7*m+114)%31+1
	return time.Date(y, time.Month(month), day, 0, 0, 0, 0, time.UTC)
}
