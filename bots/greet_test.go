package bots

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func join(id, room, by string, direct bool) Message {
	return Message{Kind: KindJoin, ID: id, Room: room, Direct: direct, Sender: by, Text: "Petra [Lindner]", Time: time.Now()}
}

func TestGreet(t *testing.T) {
	petra, eve := "@petra:stadt.example", "@eve:fremd.example"
	tests := map[string]struct {
		in   []Message
		want []string // beginnings
	}{
		"a person once, whatever the room": {[]Message{join("1", "a", petra, true), join("2", "b", petra, true), join("3", "c", "@Petra:stadt.example", true)},
			[]string{"Guten Tag! Ich bin **b**"}},
		"each person":              {[]Message{join("1", "a", petra, true), join("2", "b", "@ole:stadt.example", true)}, []string{"Guten Tag! Ich bin", "Guten Tag! Ich bin"}},
		"a room once":              {[]Message{join("1", "a", petra, false), join("2", "a", "@ole:stadt.example", false)}, []string{"Guten Tag, ich bin b"}},
		"each room, and a person":  {[]Message{join("1", "a", petra, false), join("2", "b", petra, false), join("3", "c", petra, true)}, []string{"Guten Tag, ich bin", "Guten Tag, ich bin", "Guten Tag! Ich bin"}},
		"nobody who has no access": {[]Message{join("1", "a", eve, true), join("2", "b", eve, false)}, nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, answering(echo))
				w.o.in, w.o.now = test.in, true
				w.run(time.Minute)
				w.o.confirmed = 0 // the network passes all of it again
				got := w.run(time.Minute)
				slices.SortFunc(got, func(a, b string) int { return -strings.Compare(a[:12], b[:12]) })
				if !slices.EqualFunc(got, test.want, strings.HasPrefix) {
					t.Errorf("got %q, want %q", got, test.want)
				}
			})
		})
	}
}

// TestGreeting holds what the greeting promises against the configuration: whose
// bot, which model where up to which class, how long, whom to ask, and no example
// of what this bot cannot do.
func TestGreeting(t *testing.T) {
	free := fake{info: Info{Name: "phrase", Model: true, Examples: []Text{{"„Formuliere eine Absage“", "“Word a refusal”"}}}}
	file := fake{info: Info{Name: "summary", Examples: []Text{{"Schicken Sie mir eine Datei", "Send me a file"}, {"zweites", "second"}}}}
	b := &bot{Bot: Bot{Skills: []Skill{free, file}, Profile: Profile{Name: "Amtsbote", Authority: "Stadt Musterstadt", Class: Internal,
		Keep: 30 * 24 * time.Hour, Contact: "ki@musterstadt.example"}}}
	bare := b.greeting()
	b.Models = func(c Class) []ModelInfo {
		return []ModelInfo{{Name: "Mistral Small", Place: "Rechenzentrum der Stadt", Class: Confidential}, {Name: "GPT_4", Class: Internal}}
	}
	b.Forwards = "amtsbote@musterstadt.example"
	with := b.greeting()
	tests := []struct {
		name, text string
		has, not   []string
	}{
		{"without a model", bare.DE, []string{"ohne Sprachmodell eingerichtet, kein Mensch", "„Stadt Musterstadt“", "Schicken Sie mir eine Datei", "auf diesem Server, kein Sprachmodell", "nach 30 Tagen, mit `!löschen` früher",
			"Ich entwerfe, Sie entscheiden und senden", "`!hilfe`", "Fragen: ki@musterstadt.example"}, []string{"Formuliere", "zweites", "mit KI", "Leiten Sie"}},
		{"with models", with.DE, []string{"ein Programm mit KI, kein Mensch", "„Formuliere eine Absage“", "*Mistral Small* (Rechenzentrum der Stadt), zugelassen bis Datenklasse „vertraulich“, ersatzweise *GPT_4*, zugelassen bis Datenklasse „intern“.",
			"an amtsbote@musterstadt.example weiter"}, []string{"ohne Sprachmodell", "zweites"}},
		{"in English", with.EN, []string{"a program with AI, not a person", "cleared up to data class “confidential”", "after 30 days, sooner with `!delete`"}, []string{"Datenklasse", "second"}},
		{"in a room", textJoined(b.Profile, "Petra [Lindner]", nil).DE, []string{"ohne Sprachmodell eingerichtet", `eingeladen von Petra \[Lindner\]`, "erst, wenn mich jemand erwähnt", "„@Amtsbote Was ist seit gestern offen?“"}, []string{"mit KI"}},
	}
	for _, test := range tests {
		for _, want := range test.has {
			if !strings.Contains(test.text, want) {
				t.Errorf("%s: lacks %q:\n%s", test.name, want, test.text)
			}
		}
		for _, not := range test.not {
			if strings.Contains(test.text, not) {
				t.Errorf("%s: has %q:\n%s", test.name, not, test.text)
			}
		}
	}
}
