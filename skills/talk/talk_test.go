package talk

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"amtsbote/bots"
)

var berlin, _ = time.LoadLocation("Europe/Berlin")

// monday is when people ask: Mon 23 Nov 2026, 08:02.
var monday = time.Date(2026, 11, 23, 8, 2, 0, 0, berlin)

// rooms is a bots.Rooms without histories.
type rooms []bots.Room

func (r rooms) List(context.Context) ([]bots.Room, error) { return r, nil }

func (r rooms) Read(context.Context, string, bots.Span) (bots.History, error) {
	return bots.History{}, nil
}

// TestWatches parts questions that watch a person from those about a thing.
func TestWatches(t *testing.T) {
	for text, want := range map[string]bool{
		"Was hat Frau Kaya diese Woche gemacht?":                         true,
		"Was hat Frau Kaya diese Woche geschrieben?":                     true,
		"was hat petra letzte woche gemacht":                             true,
		"Was hat Thomas Berger gestern so alles geschrieben?":            true,
		"Womit hat sich Herr Berger am Freitag beschäftigt?":             true,
		"Was macht Herr Berger eigentlich den ganzen Tag?":               true,
		"Wer hat am wenigsten geantwortet?":                              true,
		"Wer schreibt hier am meisten?":                                  true,
		"Wer antwortet nie?":                                             true,
		"Wie oft war Herr Berger online?":                                true,
		"Wie viele Nachrichten hat Thomas geschrieben?":                  true,
		"Wie lange war Frau Kaya am Freitag weg?":                        true,
		"Wann war Petra gestern zuletzt online?":                         true,
		"Wie schnell antwortet Frau Lindner?":                            true,
		"Fass alle Nachrichten von Herrn Berger zusammen":                true,
		"Zeig mir alles, was Petra geschrieben hat":                      true,
		"Arbeitet Frau Kaya genug?":                                      true,
		"Was hat jeder Einzelne diese Woche gemacht?":                    true,
		"Erstelle eine Rangliste der Kollegen nach Beiträgen":            true,
		"Ist Herr Berger faul?":                                          true,
		"Was hat die neue Kollegin heute gemacht?":                       true,
		"Who wrote least?":                                               true,
		"Who answered the fewest questions?":                             true,
		"What did Ms Kaya do this week?":                                 true,
		"What has Thomas written since Monday?":                          true,
		"How often was Mr Berger online?":                                true,
		"How many messages did Petra send?":                              true,
		"What is Thomas doing all day?":                                  true,
		"Summarise all messages from Thomas":                             true,
		"Who never replies?":                                             true,
		"Is Mr Berger lazy?":                                             true,
		"Was hat Petra zu Schalter 3 entschieden?":                       false,
		"Was hat Petra zu Schalter 3 geschrieben?":                       false,
		"Was hat Frau Kaya über den Ausweisdrucker gesagt?":              false,
		"Was hat mir Herr Berger geschrieben?":                           false,
		"Was hat Frau Lindner mich gefragt?":                             false,
		"Wer hat den Aushang übernommen?":                                false,
		"Wer kann am Donnerstag Schalter 3 übernehmen?":                  false,
		"Wie oft ist der Drucker ausgefallen?":                           false,
		"Wie lange war der Aufzug gesperrt?":                             false,
		"Wann ist die Teamsitzung?":                                      false,
		"Was habe ich seit gestern verpasst?":                            false,
		"Was wurde entschieden?":                                         false,
		"Was ist seit Montag offen?":                                     false,
		"Was hat das Team zu den Öffnungszeiten beschlossen?":            false,
		"Was habe ich versprochen?":                                      false,
		"Wer hat noch nicht auf die Umfrage zum Dienstplan geantwortet?": false,
		"Was hat sich diese Woche getan?":                                false,
		"Was macht Sinn?":                                                false,
		"Was macht der Dienstplan?":                                      false,
		"Wie viele Anträge sind noch offen?":                             false,
		"Wann war der Aufzug wieder da?":                                 false,
		"What did Petra decide about counter 3?":                         false,
		"What did Thomas say about the printer?":                         false,
		"What did Ms Lindner ask me?":                                    false,
		"What did I miss since Monday?":                                  false,
		"Who can take counter 3 on Thursday?":                            false,
		"Who is responsible for the website?":                            false,
		"How long was the lift out of order?":                            false,
		"How often did the printer fail?":                                false,
		"What was decided this week?":                                    false,
		"What has been decided?":                                         false,
		"When is the meeting?":                                           false,
		"Summarise this thread":                                          false,
	} {
		if got := Watches(text); got != want {
			t.Errorf("%q: got %t", text, got)
		}
	}
}

// TestStretch reads since when, on Monday at 08:02.
func TestStretch(t *testing.T) {
	const own, thread, ask, future, old = "own", "thread", "ask", "future", "old"
	for text, want := range map[string]string{
		"Was habe ich verpasst?":                               own,
		"Was habe ich seit meiner letzten Nachricht verpasst?": own,
		"What did I miss since my last message?":               own,
		"seit gestern 14 Uhr":                                  "22.11. 14:00",
		"seit gestern":                                         "22.11. 00:00",
		"seit gestern Abend":                                   "22.11. 17:00",
		"seit Montag":                                          "16.11. 00:00",
		"seit Freitag":                                         "20.11. 00:00",
		"seit Freitag 13 Uhr":                                  "20.11. 13:00",
		"seit Freitag Mittag":                                  "20.11. 12:00",
		"seit letztem Mittwoch":                                "18.11. 00:00",
		"seit Fr":                                              "20.11. 00:00",
		"seit 12.11.":                                          "12.11. 00:00",
		"seit dem 12. November":                                "12.11. 00:00",
		"seit 12.11.2026, 14:30 Uhr":                           "12.11. 14:30",
		"letzte 3 Tage":                                        "20.11. 00:00",
		"in den letzten drei Tagen":                            "20.11. 00:00",
		"letzte zwei Stunden":                                  "23.11. 06:02",
		"letzte Stunde":                                        "23.11. 07:02",
		"in den letzten 24h":                                   "22.11. 08:02",
		"seit einer Woche":                                     "16.11. 00:00",
		"heute":                                                "23.11. 00:00",
		"seit heute 7 Uhr":                                     "23.11. 07:00",
		"seit heute früh":                                      "23.11. 05:00",
		"diese Woche":                                          "23.11. 00:00",
		"letzte Woche":                                         "16.11. 00:00 bis 23.11. 00:00",
		"seit letzter Woche":                                   "16.11. 00:00",
		"diesen Monat":                                         "01.11. 00:00",
		"am Wochenende":                                        "21.11. 00:00",
		"gestern":                                              "22.11. 00:00 bis 23.11. 00:00",
		"vorgestern":                                           "21.11. 00:00 bis 22.11. 00:00",
		"von Mittwoch bis Freitag":                             "18.11. 00:00 bis 21.11. 00:00",
		"vom 12.11. bis 14.11.":                                "12.11. 00:00 bis 15.11. 00:00",
		"seit 7:30 Uhr":                                        "23.11. 07:30",
		"seit 14 Uhr":                                          "22.11. 14:00",
		"Was habe ich am Freitag verpasst?":                    "20.11. 00:00 bis 21.11. 00:00",
		"Was wurde zum Termin am 28.11. entschieden?": own,
		"Was ist für morgen offen?":                   own,
		"Was ist bis Freitag offen?":                  own,
		"seit meinem Urlaub":                          ask,
		"since my holiday":                            ask,
		"seit der Sitzung":                            ask,
		"seit 30.11.":                                 future,
		"seit 1.9.":                                   "24.10. 08:02 gekürzt",
		"letzte 90 Tage":                              "24.10. 08:02 gekürzt",
		"vom 1.9. bis 5.9.":                           old,
		"since Monday":                                "16.11. 00:00",
		"since Friday 2pm":                            "20.11. 14:00",
		"since yesterday 2pm":                         "22.11. 14:00",
		"since November 12":                           "12.11. 00:00",
		"last 3 days":                                 "20.11. 00:00",
		"for the last two hours":                      "23.11. 06:02",
		"last week":                                   "16.11. 00:00 bis 23.11. 00:00",
		"since last week":                             "16.11. 00:00",
		"this week":                                   "23.11. 00:00",
		"yesterday":                                   "22.11. 00:00 bis 23.11. 00:00",
		"Was wurde in diesem Thread entschieden?":     thread,
		"a summary of this thread":                    thread,
		"Fasse diesen Thread zusammen":                thread,
	} {
		job := bots.Task{Text: text, Now: monday, Command: "verpasst", Message: bots.Message{Sender: "@a:b", Thread: "$t"}}
		s, err := StretchOf(job, true)
		got := show(s)
		if r, ok := errors.AsType[*bots.Refusal](err); ok {
			for name, text := range map[string]bots.Text{ask: textSince, future: textFuture, old: textTooOld} {
				if r.Text == text {
					got = name
				}
			}
		}
		if got != want {
			t.Errorf("%q: got %q, want %q (%v)", text, got, want, err)
		}
	}
	job := bots.Task{Text: "in diesem Thread", Now: monday}
	if _, err := StretchOf(job, true); err == nil {
		t.Error("a thread was found where there is none")
	}
}

func show(s Stretch) string {
	switch s.Kind {
	case ByOwn:
		if !s.Span.Own {
			return "no span"
		}
		return "own"
	case ByThread:
		return "thread"
	}
	const f = "02.01. 15:04"
	text := s.Span.Since.Format(f)
	if !s.Span.Until.IsZero() {
		text += " bis " + s.Span.Until.Format(f)
	}
	if s.Cut {
		text += " gekürzt"
	}
	return text
}

// TestRoomOf finds the room that is meant, or asks which.
func TestRoomOf(t *testing.T) {
	three := []bots.Room{{ID: "!1:b", Name: "Team Bürgerbüro"}, {ID: "!2:b", Name: "Leitungsrunde"}, {ID: "!3:b", Name: "Projekt Umzug Rathaus"}}
	twins := []bots.Room{{ID: "!1:b", Name: "Team"}, {ID: "!2:b", Name: "Team Bürgerbüro"}, {ID: "!3:b", Name: "Bürgerbüro Nord"}}
	tests := map[string]struct {
		rooms  []bots.Room
		text   string
		room   string // in which it is asked
		before string // the bot's last answer
		want   string
	}{
		"in the room itself":        {three, "Was habe ich in der Leitungsrunde verpasst?", "!1:b", "", "!1:b"},
		"the only one":              {three[:1], "Was habe ich verpasst?", "", "", "!1:b"},
		"by its name":               {three, "Was habe ich in team bürgerbüro verpasst?", "", "", "!1:b"},
		"without umlauts":           {three, "Was habe ich in Team Buergerbuero verpasst?", "", "", "!1:b"},
		"without dots":              {three, "Was habe ich im Burgerburo verpasst?", "", "", "!1:b"},
		"by a part":                 {three, "Was habe ich im Bürgerbüro verpasst?", "", "", "!1:b"},
		"by a part in a case":       {three, "Was ist beim Umzug offen?", "", "", "!3:b"},
		"by its ID":                 {three, "Was ist in !2:b offen?", "", "", "!2:b"},
		"the longest name":          {twins, "Was ist in Team Bürgerbüro offen?", "", "", "!2:b"},
		"a part of two":             {twins[1:], "Was ist im Bürgerbüro offen?", "", "", "which Team Bürgerbüro Bürgerbüro Nord"},
		"none is named":             {three, "Was habe ich verpasst?", "", "", "which Team Bürgerbüro Leitungsrunde Projekt Umzug Rathaus"},
		"the one of the answer":     {three, "und seit Montag?", "", "**Leitungsrunde: seit Do 19.11., 16:05**\n…", "!2:b"},
		"another than the answer's": {three, "und beim Umzug?", "", "**Leitungsrunde: seit Do 19.11., 16:05**\n…", "!3:b"},
		"no room":                   {nil, "Was habe ich verpasst?", "", "", "none"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			job := bots.Task{Text: test.text, Rooms: rooms(test.rooms), Message: bots.Message{Room: test.room, Direct: test.room == ""}}
			if test.before != "" {
				job.History = []bots.Turn{{Bot: true, Skill: "catchup", Text: test.before}}
			}
			got, err := RoomOf(t.Context(), job, "catchup")
			if r, ok := errors.AsType[*bots.Refusal](err); ok {
				if got = "none"; r.Text != textNoRoom {
					got = "which"
					for _, room := range test.rooms {
						if strings.Contains(r.Text.DE, "\n- "+room.Name) {
							got += " " + room.Name
						}
					}
				}
			}
			if got != test.want {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
}

// TestCleanName: a display name can be anything.
func TestCleanName(t *testing.T) {
	for name, want := range map[string]string{
		"Petra Lindner": "Petra Lindner", "Lindner, Petra": "Petra Lindner", "Lindner, Petra (Amt 32)": "Petra Lindner (Amt 32)", "Petra Lindner (Amt 32, Zi. 4)": "Petra Lindner (Amt 32 Zi. 4)",
		"": "petra.lindner", " \u202e\n": "petra.lindner", "x]: [7] an Sie": "x 7 an Sie", "Petra, an Sie": "an Sie Petra", strings.Repeat("ä", 60): strings.Repeat("ä", 40) + "…",
	} {
		if got := CleanName(name, "@petra.lindner:musterstadt.example"); got != want {
			t.Errorf("%q became %q, want %q", name, got, want)
		}
	}
}

// TestDays counts days from when a text was written: Mon 23 Nov 2026.
func TestDays(t *testing.T) {
	for text, want := range map[string]string{"": "23", "bis übermorgen": "23 25", "wie gestern besprochen": "23 22", "am Freitag": "23 27 20 04", "Tomorrow": "23 24"} {
		var got []string
		for _, d := range Days(text, monday) {
			got = append(got, d.Format("02"))
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%q: got %v, want %s", text, got, want)
		}
	}
}
