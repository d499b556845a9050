package document

import (
	"strings"
	"testing"
	"time"
)

// calendar reads an event with these lines in it as somebody in Berlin does.
func calendar(t *testing.T, method, lines string, more ...string) string {
	t.Helper()
	in := "BEGIN:VCALENDAR\n" + method + strings.Join(more, "") + "BEGIN:VEVENT\n" + lines + "\nEND:VEVENT\nEND:VCALENDAR\n"
	read := func(in string) string {
		p := newParser(t.Context(), Limits{})
		zone, err := time.LoadLocation("Europe/Berlin")
		if err != nil {
			t.Fatal(err)
		}
		p.zone = zone
		d := Document{}
		if err := readCalendar(p, &d, []byte(in)); err != nil {
			t.Errorf("read: %v", err)
		}
		return d.Text()
	}
	got := read(in)
	if crlf := read(strings.ReplaceAll(in, "\n", "\r\n")); crlf != got {
		t.Errorf("with CRLF: %q\n%q", crlf, got)
	}
	return got
}

func TestCalendar(t *testing.T) {
	in := "SUMMARY:Anhörung\\, Az. 32\nDTSTART;TZID=W. Europe Standard Time:20261120T143000\nDTEND:20261120T140000Z\nLOCATION:Rathaus\\, lan\n ger Saal\nORGANIZER;CN=\"Yılmaz: Amt\":mailto:ay@stadt.example\nDESCRIPTION:eins\\nzwei\nBEGIN:VALARM\nDESCRIPTION:x\nEND:VALARM"
	want := "Art: Einladung\n\nBetreff: Anhörung, Az. 32\nBeginn: Fr 20.11.2026, 14:30 Uhr\nEnde: Fr 20.11.2026, 15:00 Uhr\nOrt: Rathaus, langer Saal\nEingeladen von: Yılmaz: Amt <ay@stadt.example>\nBeschreibung: eins\nzwei"
	if got := calendar(t, "METHOD:REQUEST\n", in); got != want {
		t.Errorf("got %q\nwant %q", got, want)
	}
}

// TestCalendarTimes tells when something begins to somebody in Berlin.
func TestCalendarTimes(t *testing.T) {
	// As Outlook describes a zone that it calls by a name of its own.
	own := "BEGIN:VTIMEZONE\nTZID:Eigene Zeit\nBEGIN:STANDARD\nDTSTART:16010101T030000\nTZOFFSETFROM:+0000\nTZOFFSETTO:-0100\nRRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10\nEND:STANDARD\n" +
		"BEGIN:DAYLIGHT\nDTSTART:16010101T020000\nTZOFFSETFROM:-0100\nTZOFFSETTO:+0000\nRRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3\nEND:DAYLIGHT\nEND:VTIMEZONE\n"
	for name, c := range map[string]struct{ in, want string }{
		"UTC, in winter":                 {"DTSTART:20261120T140000Z", "Beginn: Fr 20.11.2026, 15:00 Uhr"},
		"UTC, in summer":                 {"DTSTART:20260720T140000Z", "Beginn: Mo 20.07.2026, 16:00 Uhr"},
		"over midnight":                  {"DTSTART:20261120T233000Z", "Beginn: Sa 21.11.2026, 00:30 Uhr"},
		"the zone of the reader":         {"DTSTART;TZID=Europe/Berlin:20261120T143000", "Beginn: Fr 20.11.2026, 14:30 Uhr"},
		"as Windows calls it":            {"DTSTART;TZID=W. Europe Standard Time:20260720T143000", "Beginn: Mo 20.07.2026, 14:30 Uhr"},
		"as a German Outlook calls it":   {"DTSTART;TZID=\"(UTC+01:00) Amsterdam, Berlin, Bern, Rom, Stockholm, Wien\":20260720T143000", "Beginn: Mo 20.07.2026, 14:30 Uhr"},
		"another zone of the same clock": {"DTSTART;TZID=Romance Standard Time:20261120T143000", "Beginn: Fr 20.11.2026, 14:30 Uhr"},
		"far away":                       {"DTSTART;TZID=Eastern Standard Time:20261120T090000", "Beginn: Fr 20.11.2026, 15:00 Uhr (dort 09:00 Uhr, Eastern Standard Time)"},
		"with a prefix":                  {"DTSTART;TZID=/freeassociation.sourceforge.net/America/New_York:20261120T090000", "Beginn: Fr 20.11.2026, 15:00 Uhr (dort 09:00 Uhr, /freeassociation.sourceforge.net/America/New_York)"},
		"described, in winter":           {"DTSTART;TZID=Eigene Zeit:20261120T120000", "Beginn: Fr 20.11.2026, 14:00 Uhr (dort 12:00 Uhr, Eigene Zeit)"},
		"described, in summer":           {"DTSTART;TZID=Eigene Zeit:20260720T120000", "Beginn: Mo 20.07.2026, 14:00 Uhr (dort 12:00 Uhr, Eigene Zeit)"},
		"described, before the change":   {"DTSTART;TZID=Eigene Zeit:20261025T025900", "Beginn: So 25.10.2026, 03:59 Uhr (dort 02:59 Uhr, Eigene Zeit)"},
		"described, after the change":    {"DTSTART;TZID=Eigene Zeit:20261025T040000", "Beginn: So 25.10.2026, 06:00 Uhr (dort 04:00 Uhr, Eigene Zeit)"},
		"a zone nobody knows":            {"DTSTART;TZID=Mond:20261120T090000", "Beginn: Fr 20.11.2026, 09:00 Uhr (Zeitzone „Mond“, nicht umgerechnet)"},
		"the zone of this machine":       {"DTSTART;TZID=Local:20261120T090000", "Beginn: Fr 20.11.2026, 09:00 Uhr (Zeitzone „Local“, nicht umgerechnet)"},
		"no zone":                        {"DTSTART:20261120T090000", "Beginn: Fr 20.11.2026, 09:00 Uhr (ohne Zeitzone)"},
		"all day":                        {"DTSTART;VALUE=DATE:20261120\nDTEND;VALUE=DATE:20261121", "Beginn: Fr 20.11.2026, ganztägig"},
		"days":                           {"DTSTART;VALUE=DATE:20261120\nDTEND;VALUE=DATE:20261123", "Beginn: Fr 20.11.2026, ganztägig\nEnde: So 22.11.2026, ganztägig"},
		"a duration":                     {"DTSTART:20261120T140000Z\nDURATION:PT1H30M", "Beginn: Fr 20.11.2026, 15:00 Uhr\nDauer: 1 Stunde 30 Minuten"},
		"no time at all":                 {"DTSTART:morgen", "Beginn: morgen"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := calendar(t, "", c.in, own); got != c.want {
				t.Errorf("got %q\nwant %q", got, c.want)
			}
		})
	}
}

func TestWindowsZones(t *testing.T) {
	for name, iana := range windowsZones {
		if _, err := time.LoadLocation(iana); err != nil || name != strings.ToLower(name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if len(windowsZones) < 130 {
		t.Errorf("only %d zones", len(windowsZones))
	}
}

func TestCalendarRules(t *testing.T) {
	for in, want := range map[string]string{
		"FREQ=DAILY":                                 "täglich",
		"FREQ=DAILY;INTERVAL=3;COUNT=5":              "alle 3 Tage, 5-mal",
		"FREQ=WEEKLY;BYDAY=MO,WE;WKST=MO":            "wöchentlich am Montag und Mittwoch",
		"FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR":           "wöchentlich am Montag bis Freitag",
		"FREQ=WEEKLY;INTERVAL=2;BYDAY=TH":            "alle 2 Wochen am Donnerstag",
		"freq=weekly;until=20261231T230000Z":         "wöchentlich, bis Fr 01.01.2027",
		"FREQ=MONTHLY;BYMONTHDAY=15;UNTIL=20261231":  "monatlich am 15., bis Do 31.12.2026",
		"FREQ=MONTHLY;BYMONTHDAY=-1":                 "monatlich am letzten Tag",
		"FREQ=MONTHLY;BYDAY=1MO":                     "monatlich am ersten Montag",
		"FREQ=MONTHLY;BYDAY=FR;BYSETPOS=-1":          "monatlich am letzten Freitag",
		"FREQ=YEARLY;BYMONTH=10;BYMONTHDAY=3":        "jährlich am 3. im Oktober",
		"FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYHOUR=9": "monatlich am Montag bis Freitag (Regel: FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYHOUR=9)",
		"FREQ=MONTHLY;BYDAY=XX":                      "monatlich am (Regel: FREQ=MONTHLY;BYDAY=XX)",
		"wöchentlich":                                "wöchentlich",
	} {
		if got := calendar(t, "", "RRULE:"+in); strings.ReplaceAll(got, "  ", " ") != "Wiederholung: "+want {
			t.Errorf("%s: got %q, want %q", in, got, want)
		}
	}
}

func TestCalendarKinds(t *testing.T) {
	for name, c := range map[string]struct{ method, in, want string }{
		"a cancellation":       {"METHOD:CANCEL\n", "SUMMARY:x\nSTATUS:CANCELLED", "Art: Absage\n\nBetreff: x\nStand: abgesagt"},
		"one of a series":      {"METHOD:CANCEL\n", "SUMMARY:x\nRECURRENCE-ID;TZID=Europe/Berlin:20261120T090000", "Art: Absage\n\nBetreff: x\nBetrifft: nur den Termin am Fr 20.11.2026, 09:00 Uhr"},
		"exceptions":           {"", "RRULE:FREQ=DAILY\nEXDATE:20261120T080000Z,20261121T080000Z", "Wiederholung: täglich\nAusgenommen: Fr 20.11.2026, 09:00 Uhr; Sa 21.11.2026, 09:00 Uhr"},
		"an answer":            {"METHOD:REPLY\n", "ATTENDEE;PARTSTAT=DECLINED;CN=Jana:mailto:j@x.example", "Art: Antwort auf eine Einladung\n\nTeilnehmer: Jana <j@x.example>: abgesagt"},
		"a line not folded":    {"", "DESCRIPTION:eins\nzwei ohne Falte\nSUMMARY:x", "Betreff: x\nBeschreibung: eins zwei ohne Falte"},
		"a parameter alone":    {"", "SUMMARY;LANGUAGE:x", "Betreff: x"},
		"a quote left open":    {"", "ATTENDEE;CN=\"Jana:mailto:j@x.example", "Teilnehmer: Jana <j@x.example>"},
		"an end that is wrong": {"", "SUMMARY:x\nEND:VTODO\nLOCATION:y", "Betreff: x\nOrt: y"},
		"a stray component":    {"", "BEGIN:VALARM\nSUMMARY:Alarm\nEND:VALARM\nSUMMARY:x", "Betreff: x"},
		"latin-1":              {"", "SUMMARY:Gespr\xe4ch", "Betreff: Gespräch"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := calendar(t, c.method, c.in); got != c.want {
				t.Errorf("got %q\nwant %q", got, c.want)
			}
		})
	}
}

// TestInvitation: what calendars exchange by mail is known as such; a file with
// an event that somebody attached to a letter is not.
func TestInvitation(t *testing.T) {
	event := "BEGIN:VCALENDAR\nMETHOD:REQUEST\nBEGIN:VEVENT\nSUMMARY:x\nEND:VEVENT\nEND:VCALENDAR\n"
	text := "Content-Type: text/plain\n\nHallo"
	for name, c := range map[string]struct{ in, want string }{
		"an invitation":           {multi("alternative", text, "Content-Type: text/calendar; method=REQUEST\n\n"+event), "request"},
		"a cancellation":          {multi("alternative", text, "Content-Type: text/calendar\n\n"+strings.Replace(event, "REQUEST", "CANCEL", 1)), "cancel"},
		"an event that is told":   {multi("mixed", text, "Content-Type: text/calendar\n\n"+strings.Replace(event, "REQUEST", "PUBLISH", 1)), ""},
		"attached to a letter":    {multi("mixed", text, "Content-Type: text/calendar\nContent-Disposition: attachment; filename=a.ics\n\n"+event), ""},
		"alone, without anything": {"Content-Type: text/calendar\n\n" + event, "request"},
	} {
		t.Run(name, func(t *testing.T) {
			d := letter(t, c.in)
			if d.Mail.Invitation != c.want || len(d.Parts) != 1 || d.Parts[0].Doc == nil || !strings.Contains(d.Parts[0].Doc.Text(), "Betreff: x") {
				t.Errorf("got %q, %+v", d.Mail.Invitation, d.Parts)
			}
		})
	}
}

func FuzzCalendar(f *testing.F) {
	f.Add([]byte("BEGIN:VCALENDAR\nMETHOD:REQUEST\nBEGIN:VTIMEZONE\nTZID:x\nBEGIN:STANDARD\nDTSTART:16010101T030000\nTZOFFSETTO:-0100\nRRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10\nEND:STANDARD\nEND:VTIMEZONE\nBEGIN:VEVENT\nDTSTART;TZID=x:20261120T120000\nDTEND:20261120\nRRULE:FREQ=MONTHLY;BYDAY=+1MO,-2FR;BYSETPOS=2;BYMONTHDAY=-1;COUNT=3;UNTIL=20261231\nDURATION:P1DT2H\nATTENDEE;CN=\"a:b\":mailto:x\nEND:VEVENT"))
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := parse(t, Limits{}, "x.ics", append([]byte("BEGIN:VCALENDAR\r\n"), data...))
		checkRead(t, d, err)
	})
}
