package help

import (
	"strings"
	"testing"

	"amtsbote/bots"
)

var skills = []bots.Info{
	{Name: "summary", Commands: []string{"zusammenfassung", "summary"}, Help: bots.Text{DE: "fasst zusammen", EN: "sums up"},
		Examples: []bots.Text{{DE: "„Fass das in fünf Punkten zusammen.“", EN: "“Sum this up.”"}}},
	{Name: "catchup", Commands: []string{"verpasst", "missed"}, Rooms: true, Help: bots.Text{DE: "was Sie verpasst haben", EN: "what you missed"}},
	{Name: "plain", Commands: []string{"einfach", "plain"}, Model: true, Help: bots.Text{DE: "Einfache Sprache", EN: "plain language"}},
}

func TestDo(t *testing.T) {
	tests := map[string]struct {
		model         bool
		rooms         bots.Rooms
		command, lang string
		want, not     []string
	}{
		"German, without a model": {lang: "de",
			want: []string{"**Bürgi**", "`!zusammenfassung` – fasst zusammen", "`!löschen`", "`!hilfe`", "Fass das in fünf Punkten", "nicht eingerichtet"},
			not:  []string{"!einfach", "!verpasst"}},
		"German, with a model":  {lang: "de", model: true, want: []string{"`!einfach` – Einfache Sprache"}, not: []string{"nicht eingerichtet"}},
		"where there are rooms": {lang: "de", rooms: struct{ bots.Rooms }{}, want: []string{"`!verpasst` – was Sie verpasst haben"}},
		"English":               {lang: "en", want: []string{"`!summary` – sums up", "`!delete`", "you decide"}},
		"an unknown command gets the list": {lang: "de", command: "kaffee",
			want: []string{"kenne ich nicht", "`!zusammenfassung`"}, not: []string{"kaffee", "Probieren"}},
		"its own command is known": {lang: "de", command: "hilfe", not: []string{"kenne ich nicht"}, want: []string{"ein Programm"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			a, err := New(skills, test.model).Do(t.Context(), bots.Task{Bot: bots.Profile{Name: "Bürgi"}, Command: test.command, Rooms: test.rooms})
			if err != nil {
				t.Fatal(err)
			}
			got := a.Text.In(test.lang)
			for _, w := range test.want {
				if !strings.Contains(got, w) {
					t.Errorf("lacks %q:\n%s", w, got)
				}
			}
			for _, w := range test.not {
				if strings.Contains(got, w) {
					t.Errorf("has %q:\n%s", w, got)
				}
			}
			if !a.Notice.Plain || !a.Private {
				t.Error("help is a fixed text for the person alone")
			}
		})
	}
}
