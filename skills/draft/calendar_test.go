package draft

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"amtsbote/bots"
	"amtsbote/skills/document"
	"amtsbote/skills/letter"
)

// unfold reads an iCalendar file as RFC 5545 has it and returns its properties,
// unescaped. It is strict, and shares nothing with the writer.
func unfold(t *testing.T, data []byte) map[string]string {
	t.Helper()
	got, depth := map[string]string{}, 0
	text := string(data)
	if !utf8.ValidString(text) || !strings.HasSuffix(text, "\r\n") {
		t.Fatalf("not UTF-8, or no line end at the end: %q", text)
	}
	for line := range strings.SplitSeq(strings.TrimSuffix(text, "\r\n"), "\r\n") {
		if len(line) > 75 || line == "" || strings.ContainsAny(line, "\r\n\x00") || !utf8.ValidString(line) {
			t.Errorf("a line of %d bytes, or a broken one: %q", len(line), line)
		}
	}
	for line := range strings.SplitSeq(strings.ReplaceAll(strings.TrimSuffix(text, "\r\n"), "\r\n ", ""), "\r\n") {
		name, value, ok := strings.Cut(line, ":")
		if !ok || strings.Trim(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ;=-") != "" {
			t.Errorf("no property: %q", line)
		}
		switch name {
		case "BEGIN":
			depth++
		case "END":
			depth--
		}
		if _, twice := got[name]; twice && name != "BEGIN" && name != "END" {
			t.Errorf("%s stands twice", name)
		}
		var b strings.Builder
		for i := 0; i < len(value); i++ {
			switch c := value[i]; {
			case c == '\\' && i+1 < len(value) && strings.IndexByte(`nN\,;`, value[i+1]) >= 0:
				i++
				b.WriteString(strings.NewReplacer("n", "\n", "N", "\n").Replace(value[i : i+1]))
			case (c == '\\' || c == ',' || c == ';') && (name == "SUMMARY" || name == "DESCRIPTION"):
				t.Errorf("%s is not escaped: %q", name, value)
			default:
				b.WriteByte(c)
			}
		}
		got[name] = b.String()
	}
	for _, name := range []string{"VERSION", "PRODID", "UID", "DTSTAMP", "DTSTART;VALUE=DATE", "DTEND;VALUE=DATE", "SUMMARY"} {
		if got[name] == "" {
			t.Errorf("lacks %s:\n%s", name, text)
		}
	}
	if depth != 0 {
		t.Errorf("a component does not end:\n%s", text)
	}
	return got
}

func TestCalendar(t *testing.T) {
	s := skill(office, nil, map[string]document.Document{"jana.eml": jana()})
	a := do(t, s, task("jana.eml"))
	want := []struct{ name, day, title, text string }{
		{"2026-11-27 Wunsch.ics", "20261127", "Wunsch der Absenderin: Eingangsbestätigung, Az. 32.4-BPA-1873/26", "keine Frist der Behörde"},
		{"2026-12-09 Rechenvorschlag.ics", "20261209", "Rechenvorschlag: Widerspruchsfrist (Frist der Absenderin), Az. 32.4-BPA-1873/26", "§ 41 Abs. 2 VwVfG; Landesrecht"},
		{"2026-12-10 Rechenvorschlag.ics", "20261210", "Rechenvorschlag: Widerspruchsfrist (Frist der Absenderin) (laut Brief), Az. 32.4-BPA-1873/26", "10.11.2026"},
	}
	if len(a.Files) != len(want) {
		t.Fatalf("got %d files", len(a.Files))
	}
	uids := map[string]bool{}
	for i, w := range want {
		f := a.Files[i]
		got := unfold(t, f.Data)
		if f.Name != w.name || f.Type != "text/calendar" || got["DTSTART;VALUE=DATE"] != w.day || got["SUMMARY"] != w.title || !strings.Contains(got["DESCRIPTION"], w.text) || got["DTSTAMP"] != "20261123T070000Z" {
			t.Errorf("got %s %v", f.Name, got)
		}
		if end, err := time.Parse("20060102", got["DTEND;VALUE=DATE"]); err != nil || end.AddDate(0, 0, -1).Format("20060102") != w.day {
			t.Errorf("the event does not last one day: %v", got)
		}
		if strings.Contains(string(f.Data), "Wieczorek") || strings.Contains(string(f.Data), "METHOD") {
			t.Errorf("a name or an invitation in\n%s", f.Data)
		}
		uids[got["UID"]] = true
		if dir := os.Getenv("AMTSBOTE_TEST_OUT"); dir != "" { // for parsers of others
			if err := os.WriteFile(filepath.Join(dir, f.Name), f.Data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	if len(uids) != 3 {
		t.Errorf("got %d UIDs", len(uids))
	}
	later := task("jana.eml")
	later.Now = later.Now.AddDate(0, 0, 5)
	b := do(t, s, later)
	if len(b.Files) != 2 || unfold(t, b.Files[0].Data)["UID"] != unfold(t, a.Files[1].Data)["UID"] {
		t.Errorf("read again later: got %d files, want the two days to come under the same UIDs", len(b.Files))
	}
	if d := showDraft(a.Drafts[0]); strings.Contains(d, "Rechenvorschlag") || strings.Contains(d, ".ics") {
		t.Errorf("the draft has terms in it:\n%s", d)
	}
	// The same title as the brief's line says, in the brief the names of the files.
	for _, w := range want {
		if !strings.Contains(a.Text.DE, w.name) {
			t.Errorf("the brief lacks %s", w.name)
		}
	}
}

// TestCalendarOfSeveral: files of several letters say whose they are, two of one
// day have two names, and there are not too many.
func TestCalendarOfSeveral(t *testing.T) {
	day := time.Date(2026, 12, 1, 0, 0, 0, 0, berlin)
	var l letter.Letter
	for i := range 12 {
		l.Terms = append(l.Terms, letter.Term{What: document.Text{DE: fmt.Sprintf("Wunsch aus der Mail: Nr. %d", i)}, Day: day})
	}
	l.Terms = append([]letter.Term{{What: document.Text{DE: "Widerspruchsfrist"}, Assumption: document.Text{DE: "Kein Tag bekannt."}}}, l.Terms...)
	files := calendar(&l, bots.Task{Now: day.AddDate(0, 0, -3)}, 2, 3)
	if len(files) != maxDays || files[0].Name != "Brief 2 2026-12-01 Wunsch.ics" || files[1].Name != "Brief 2 2026-12-01 Wunsch (2).ics" {
		t.Errorf("got %d files, %q", len(files), files[0].Name)
	}
	if got := calendar(&l, bots.Task{Now: day}, 1, 1); len(got) == 0 {
		t.Error("a day is over before it ends")
	}
	if got := calendar(&l, bots.Task{Now: day.AddDate(0, 0, 1)}, 1, 1); len(got) != 0 {
		t.Error("a day that is over is offered")
	}
}

// FuzzCalendar: whatever stands in a letter, the file is valid and has one event.
func FuzzCalendar(f *testing.F) {
	f.Add("Wunsch: x", "Bitte bis Freitag, 12:00; sonst \\n nicht\r\nEND:VEVENT\r\nBEGIN:VALARM", "Az. 1")
	f.Add(strings.Repeat("ä", 80), strings.Repeat("🙂", 60)+"\u2028x\u202e", "\xff\x00")
	f.Fuzz(func(t *testing.T, what, quote, rule string) {
		l := letter.Letter{Terms: []letter.Term{{What: document.Text{DE: "W" + what}, Quote: quote, Rule: rule, Proposal: true, Day: time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)}}}
		for _, file := range calendar(&l, bots.Task{}, 1, 1) {
			got := unfold(t, file.Data)
			if !strings.HasPrefix(got["SUMMARY"], "Rechenvorschlag: ") || strings.Count(string(file.Data), "\r\nBEGIN:") != 1 || got["DTSTART;VALUE=DATE"] != "20261201" {
				t.Errorf("got %q", file.Data)
			}
		}
	})
}

// TestCalendarInLongDay: the day on which clocks go back has 25 hours, and its entry
// ends with the next day all the same.
func TestCalendarInLongDay(t *testing.T) {
	for _, day := range []time.Time{time.Date(2026, 10, 25, 0, 0, 0, 0, berlin), time.Date(2026, 3, 29, 0, 0, 0, 0, berlin)} {
		got := string(event{uid: "u", stamp: day, day: day, title: "x"}.file())
		if !strings.Contains(got, "DTSTART;VALUE=DATE:"+day.Format("20060102")+"\r\nDTEND;VALUE=DATE:"+day.AddDate(0, 0, 1).Format("20060102")+"\r\n") {
			t.Errorf("%s: got\n%s", day.Format(time.DateOnly), got)
		}
	}
}
