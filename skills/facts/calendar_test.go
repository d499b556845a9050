package facts

import (
	"testing"
	"time"
)

func on(s string) time.Time {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return t
}

func TestPeriodEnd(t *testing.T) {
	for name, test := range map[string]struct {
		event string
		n     int
		unit  string
		want  string
	}{
		"a month ends on the day of the same number":                 {"2026-11-09", 1, "month", "2026-12-09"},
		"a month from the last of January ends with February":        {"2026-01-31", 1, "month", "2026-02-28"},
		"a month from the last of January ends with a leap February": {"2028-01-31", 1, "month", "2028-02-29"},
		"a month from the end of February ends on the 28th":          {"2026-02-28", 1, "month", "2026-03-28"},
		"three months may reach the next year":                       {"2026-11-30", 3, "month", "2027-02-28"},
		"two weeks end on the same weekday":                          {"2026-11-20", 2, "week", "2026-12-04"},
		"fourteen days do not count the day of the event":            {"2026-11-20", 14, "day", "2026-12-04"},
		"a year from 29 February ends on the 28th":                   {"2028-02-29", 1, "year", "2029-02-28"},
	} {
		t.Run(name, func(t *testing.T) {
			got, ok := PeriodEnd(on(test.event).Add(18*time.Hour), test.n, test.unit)
			if !ok || got != on(test.want) {
				t.Errorf("got %v, %v, want %v", got, ok, test.want)
			}
		})
	}
	if _, ok := PeriodEnd(letterDay, 3, "workday"); ok {
		t.Error("working days need a Land")
	}
}

func TestMovedEnd(t *testing.T) {
	for name, test := range map[string]struct {
		day, land, want string
		sure            bool
	}{
		"a working day stays":                               {"2026-12-09", "NW", "2026-12-09", true},
		"a Saturday moves to Monday":                        {"2026-11-21", "NW", "2026-11-23", true},
		"a Sunday moves to Monday":                          {"2026-11-22", "", "2026-11-23", true},
		"Christmas 2026 moves over the weekend":             {"2026-12-25", "HH", "2026-12-28", true},
		"Good Friday moves to Tuesday":                      {"2027-03-26", "BE", "2027-03-30", true},
		"New Year on a Friday moves to Monday":              {"2027-01-01", "NI", "2027-01-04", true},
		"Reformation Day in Hamburg on a Saturday":          {"2026-10-31", "HH", "2026-11-02", true},
		"All Saints in Bavaria in 2027 is a Monday":         {"2027-11-01", "BY", "2027-11-02", true},
		"All Saints in Hamburg is a working day":            {"2027-11-01", "HH", "2027-11-01", true},
		"All Saints where the Land is unknown is unsure":    {"2027-11-01", "", "2027-11-01", false},
		"Corpus Christi in NW":                              {"2026-06-04", "NW", "2026-06-05", true},
		"Corpus Christi in Saxony depends on the place":     {"2026-06-04", "SN", "2026-06-04", false},
		"Repentance Day in Saxony":                          {"2026-11-18", "SN", "2026-11-19", true},
		"Repentance Day elsewhere":                          {"2026-11-18", "BY", "2026-11-18", true},
		"Christmas Eve is none":                             {"2026-12-24", "BY", "2026-12-24", true},
		"Assumption in Bavaria depends on the place":        {"2028-08-15", "BY", "2028-08-15", false},
		"Women's Day in Berlin":                             {"2027-03-08", "BE", "2027-03-09", true},
		"Liberation Day in Berlin, 2025 only":               {"2025-05-08", "BE", "2025-05-09", true},
		"Liberation Day in Berlin, not 2026":                {"2026-05-08", "BE", "2026-05-08", true},
		"Reformation Day in 2017 everywhere":                {"2017-10-31", "BY", "2017-11-02", true},
		"Reformation Day in 2016 not yet in Lower Saxony":   {"2016-10-31", "NI", "2016-10-31", true},
		"German Unity on a Saturday":                        {"2026-10-03", "NW", "2026-10-05", true},
		"Epiphany in Saxony-Anhalt":                         {"2026-01-06", "ST", "2026-01-07", true},
		"Children's Day in Thuringia":                       {"2027-09-20", "TH", "2027-09-21", true},
		"Ascension Day, Thursday, leaves Friday":            {"2026-05-14", "RP", "2026-05-15", true},
		"Whit Monday":                                       {"2026-05-25", "SH", "2026-05-26", true},
		"the day after Labour Day where that is a Saturday": {"2027-05-01", "HB", "2027-05-03", true},
	} {
		t.Run(name, func(t *testing.T) {
			got, sure := MovedEnd(on(test.day), test.land)
			if got != on(test.want) || sure != test.sure {
				t.Errorf("got %v, %v, want %v, %v", got.Format(time.DateOnly), sure, test.want, test.sure)
			}
		})
	}
}

func TestEaster(t *testing.T) {
	for _, day := range []string{"2000-04-23", "2008-03-23", "2011-04-24", "2018-04-01", "2019-04-21", "2024-03-31", "2025-04-20", "2026-04-05", "2027-03-28", "2030-04-21", "2038-04-25", "2100-03-28"} {
		want := on(day)
		if got := easter(want.Year()); got != want {
			t.Errorf("%d: got %v, want %v", want.Year(), got, want)
		}
	}
}

// TestHolidaysPerLand holds the number of holidays of 2026 that are certain, as
// the Länder count them (without Sundays that are holidays by name).
func TestHolidaysPerLand(t *testing.T) {
	want := map[string]int{"BW": 12, "BY": 12, "BE": 10, "BB": 10, "HB": 10, "HH": 10, "HE": 10, "MV": 11, "NI": 10, "NW": 11, "RP": 11, "SL": 12, "SN": 11, "ST": 11, "SH": 10, "TH": 11}
	if len(want) != len(Länder) {
		t.Fatal("a Land is missing")
	}
	for land := range Länder {
		n := 0
		for d := on("2026-01-01"); d.Year() == 2026; d = d.AddDate(0, 0, 1) {
			if h, ok := HolidayOn(d, land); ok && !h.Unsure {
				n++
			}
		}
		if n != want[land] {
			t.Errorf("%s: got %d, want %d", land, n, want[land])
		}
	}
}

func TestDeemedNotice(t *testing.T) {
	for name, test := range map[string]struct {
		posted, want string
	}{
		"four days, to a Monday":               {"2026-11-05", "2026-11-09"},
		"four days, to a Sunday that stays":    {"2026-11-18", "2026-11-22"},
		"three days before 2025":               {"2024-12-30", "2025-01-02"},
		"four days from the first day of 2025": {"2025-01-02", "2025-01-06"},
	} {
		t.Run(name, func(t *testing.T) {
			posted := on(test.posted)
			if got := DeemedNotice(posted, DeemedDays(posted)); got != on(test.want) {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

func TestWorkdays(t *testing.T) {
	if d, sure := AddWorkdays(on("2026-11-20"), 3, false, "NW"); d != on("2026-11-25") || !sure {
		t.Error("three days after a Friday:", d, sure)
	}
	if d, sure := AddWorkdays(on("2026-11-20"), 3, true, "NW"); d != on("2026-11-24") || !sure {
		t.Error("three days with Saturday after a Friday:", d, sure)
	}
	if d, sure := AddWorkdays(on("2026-12-23"), 2, false, "NW"); d != on("2026-12-28") || !sure {
		t.Error("two days over Christmas:", d, sure)
	}
	if _, sure := AddWorkdays(on("2026-06-03"), 2, false, ""); sure {
		t.Error("Corpus Christi without a Land must be unsure")
	}
}

func TestDatesAreWrittenAsTheOfficeDoes(t *testing.T) {
	d := on("2026-11-27")
	for got, want := range map[string]string{
		ShortDate(d, "de"): "Fr 27.11.2026", ShortDate(d, "en"): "Fri 27 Nov 2026", LongDate(on("2026-03-05"), "de"): "5. März 2026",
		LongDate(d, "en"): "27 November 2026",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestSummerTimeMovesNoDay(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skip(err)
	}
	event := time.Date(2026, 10, 20, 23, 30, 0, 0, zone)
	got, _ := PeriodEnd(event, 1, "week")
	if want := time.Date(2026, 10, 27, 0, 0, 0, 0, zone); !got.Equal(want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if h, ok := HolidayOn(time.Date(2026, 4, 6, 0, 0, 0, 0, zone), "NW"); !ok || h.DE != "Ostermontag" {
		t.Errorf("got %v, %v", h, ok)
	}
}

// TestDue: what is to be done today is not over, however late it is.
func TestDue(t *testing.T) {
	now := time.Date(2026, 11, 20, 15, 0, 0, 0, time.UTC)
	for text, want := range map[string]bool{"Termin am 20.11.2026": true, "Termin am 21.11.2026": true, "Termin am 19.11.2026": false, "bis zum 3.1.2024": true, "morgen": false, "20,50 €": false} {
		got := false
		for _, f := range Find(text, now) {
			got = got || f.Due(now)
		}
		if got != want {
			t.Errorf("%q: got %v", text, got)
		}
	}
}
