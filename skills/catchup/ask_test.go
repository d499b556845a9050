package catchup

import (
	"errors"
	"testing"
	"time"

	"amtsbote/bots"
)

var berlin, _ = time.LoadLocation("Europe/Berlin")

// monday is when people ask: Mon 23 Nov 2026, 08:02.
var monday = time.Date(2026, 11, 23, 8, 2, 0, 0, berlin)

// TestQuery says which messages are for this skill, where the answer goes and what
// it is about.
func TestQuery(t *testing.T) {
	file := []bots.File{{Name: "Bescheid.pdf"}}
	type opt struct {
		direct, noRooms, follow, earlier bool
		files                            []bots.File
		command                          string
	}
	tests := map[string]struct {
		opt
		ours, public bool
		focus        heading
	}{
		"Was habe ich verpasst?":                                              {opt: opt{}, ours: true},
		"Was habe ich hier verpasst?":                                         {ours: true},
		"Was habe ich verpasst? Bitte hier antworten":                         {ours: true, public: true},
		"Was habe ich verpasst? Antworte bitte hier.":                         {ours: true, public: true},
		"Was habe ich seit Montag verpasst, bitte im Thread":                  {ours: true, public: true},
		"Fass für alle zusammen, was seit gestern war":                        {ours: true, public: true},
		"What did I miss here?":                                               {ours: true},
		"What did I miss since Monday? Answer here please":                    {ours: true, public: true},
		"What is open? Reply in this thread":                                  {ours: true, public: true, focus: opened},
		"Was ist hier offen?":                                                 {ours: true, focus: opened},
		"Was wurde im Thread entschieden?":                                    {ours: true, focus: agreed},
		"Was ist seit gestern offen?":                                         {ours: true, focus: opened},
		"Was ist neu?":                                                        {ours: true},
		"Was ist offen und was entschieden?":                                  {ours: true},
		"Fasse diesen Thread zusammen":                                        {ours: true},
		"Fass zusammen, was seit Freitag war":                                 {ours: true},
		"What was decided?":                                                   {ours: true, focus: agreed},
		"catch me up":                                                         {ours: true},
		"Was war denn gestern los?":                                           {ours: true},
		"Bring me up to speed":                                                {ours: true},
		"Was ist in dem Bescheid offen?":                                      {opt: opt{files: file}},
		"Was habe ich verpasst? Die Datei":                                    {opt: opt{files: file}},
		"Was ist in dem Bescheid noch offen?":                                 {opt: opt{direct: true}},
		"Was wurde in dem Schreiben entschieden?":                             {opt: opt{direct: true, earlier: true}},
		"Was hat Frau Wieczorek geschrieben?":                                 {opt: opt{direct: true, earlier: true}},
		"Was hat Frau Kaya diese Woche geschrieben?":                          {opt: opt{direct: true}, ours: true},
		"Was ist in Team Bürgerbüro offen?":                                   {opt: opt{direct: true}, ours: true, focus: opened},
		"Was wurde seit Montag beschlossen?":                                  {opt: opt{direct: true}, ours: true, focus: agreed},
		"Was ist der neue Stand der Rechtsprechung zum Wohngeld, was ist neu": {opt: opt{direct: true}},
		"Was habe ich verpasst":                                               {opt: opt{direct: true, noRooms: true}},
		"und seit Montag?":                                                    {opt: opt{direct: true, follow: true}, ours: true},
		"Was gab es in Bauamt › Allgemein seit gestern?":                      {opt: opt{direct: true}, ours: true},
		"Was gab es im Kanal seit 1990 Neues an Recht?":                       {opt: opt{direct: true}, ours: true},
		"Was gab es seit der Antike für Steuern auf Salz?":                    {opt: opt{direct: true}},
		"und seit Mittwoch?":                                                  {opt: opt{direct: true}},
		"Was ist ein Verwaltungsakt?":                                         {},
		"Wann beginnt die Sitzung?":                                           {},
		"Schreibe eine freundliche Absage":                                    {},
		"dear Miss Kaya, I would like to open an account":                     {},
	}
	for text, test := range tests {
		t.Run(text, func(t *testing.T) {
			job := bots.Task{Text: text, Now: monday, Command: test.command,
				Message: bots.Message{Text: text, Direct: test.direct, Sender: "@a:b", Files: test.files}}
			if !test.noRooms {
				job.Rooms = &rooms{}
			}
			if test.earlier {
				job.History = []bots.Turn{{ID: "1", Files: file}, {Bot: true, Skill: "chat"}}
			}
			if test.follow {
				job.History = []bots.Turn{{ID: "1"}, {Bot: true, Skill: "catchup"}}
			}
			q := queryOf(job)
			if q.ours != test.ours || q.ours && (q.public != test.public || q.focus != test.focus) {
				t.Errorf("got ours %t, public %t, focus %d", q.ours, q.public, q.focus)
			}
			_, err := New(nil, none{}, nil).Do(t.Context(), job)
			if errors.Is(err, bots.ErrPass) != !test.ours {
				t.Errorf("Do: %v", err)
			}
		})
	}
}
