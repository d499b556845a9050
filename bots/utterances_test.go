package bots_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"amtsbote/bots"
	"amtsbote/skills"
	"amtsbote/skills/document"
	"amtsbote/skills/llm/llmtest"
)

// utterances are what people write, and the skill that must answer. "file:" sends a
// file along; "after SKILL:" follows an answer of that skill; "room:" stands in a
// thread of a room.
const utterances = `
phrase | Formuliere eine freundliche Absage: Termin am 3.12. nicht möglich, neuer Vorschlag 8.12., 10 Uhr.
phrase | Schreib eine Mail an Frau Müller: Termin verschoben auf Montag
phrase | Schreibe mir bitte einen Brief an die Firma Baumann, Lieferung fehlt
phrase | Kannst du eine E-Mail an das Kollegium schreiben? Montag fällt die Runde aus.
phrase | Entwirf ein Schreiben an den Vermieter: Heizung kaputt seit Freitag
phrase | Verfasse eine Pressemitteilung: Rathaus ab 1.12. wieder offen
phrase | Erstelle eine Beschlussvorlage: neue Hundesteuersatzung, Erhöhung auf 96 Euro
phrase | Formuliere Sprechpunkte für den Empfang am Freitag, Dank an die Feuerwehr
phrase | Schreib einen Post für Mastodon: Bürgerbüro am Freitag zu
phrase | Mach daraus eine E-Mail: Termin fällt aus, neuer Termin folgt
phrase | Formuliere das freundlicher: Ihr Antrag ist abgelehnt.
phrase | Formulier um: Wir haben Ihren Antrag erhalten und werden ihn prüfen.
phrase | Bitte umformulieren: Der Antrag ist abzulehnen.
phrase | Korrigiere: Der antrag ist da.
phrase | Bitte Rechtschreibung prüfen: Wir haben den Antrag erhallten.
phrase | !korrektur Der antrag ist da.
phrase | !formulieren Einladung zur Sitzung am Montag
phrase | !umformulieren Der Antrag ist abzulehnen, weil er zu spät kam und weil die Unterlagen fehlen.
phrase | Write a friendly mail: the meeting on Monday is cancelled
phrase | Proofread: the the meeting are on Monday
phrase | Mach den Text kürzer: Wir haben Ihren Antrag am Montag erhalten und werden ihn bald prüfen.
phrase | Schreib Frau Müller, dass der Termin ausfällt
phrase | Formuliere einen kurzen Text für den Aushang: Aufzug defekt
phrase | after chat: kürzer
phrase | after chat: freundlicher bitte
phrase | after chat: Formulier das förmlicher
phrase | after phrase: kürzer
phrase | after phrase: als Brief
phrase | after phrase: auf Englisch
phrase | after phrase: ohne den letzten Satz
phrase | after phrase: in Ich-Form
phrase | after phrase: bitte duzen
phrase | file: Korrigiere die Datei
phrase | file: Schreib eine Mail an Frau Müller zu diesem Bescheid
plain | Schreib das in einfacher Sprache: Der Antrag ist abzulehnen.
plain | In Leichter Sprache: Der Antrag ist abzulehnen.
plain | Formuliere das bürgernah: Der Antrag ist abzulehnen.
plain | Formuliere den Text verständlicher: Der Antrag ist abzulehnen.
plain | Prüfe die Verständlichkeit: Der Antrag ist abzulehnen.
plain | !einfach Der Antrag ist abzulehnen.
plain | !leicht Der Antrag ist abzulehnen.
plain | !verständlichkeit Der Antrag ist abzulehnen.
plain | file: In einfacher Sprache bitte
plain | file: Übertrage den Bescheid in Leichte Sprache
plain | after chat: in einfacher Sprache
plain | after plain: noch einfacher
plain | after plain: kürzer
plain | after phrase: in leichter Sprache
summary | file: Fass das zusammen
summary | file: Fass das in fünf Punkten zusammen
summary | file: Worum geht es?
summary | file: Gib mir einen Überblick über die Datei
summary | file: Schreib eine Zusammenfassung
summary | file: Bitte die Kernpunkte
summary | file:
summary | file: Fasse die Pressemitteilung zusammen
summary | after summary: kürzer
summary | !zusammenfassung Der Rat hat am Montag beschlossen, die Hundesteuer zu erhöhen. Sie steigt auf 96 Euro.
note | file: Mach daraus einen Vermerk
note | file: Schreib einen Vermerk dazu
note | file: Erstelle einen Aktenvermerk
note | after note: ausführlicher
note | room: !vermerk
note | room: Schreib bitte einen Vermerk über diesen Thread
note | room: Mach aus diesem Gespräch einen Vermerk
note | room: Fasse diesen Thread als Vermerk zusammen
note | room: Vermerk über das, was hier seit Montag offen ist
note | room: Vermerk über diesen Raum seit Montag
note | room: Write a file note about this thread
catchup | room: Was habe ich verpasst?
catchup | room: Fasse diesen Thread zusammen
catchup | room: Was ist seit Montag offen?
catchup | room: Was hat Frau Kaya diese Woche gemacht?
chat | Was ist ein Verwaltungsakt?
chat | Was heißt umformulieren?
chat | Was ist Leichte Sprache?
chat | Wie schreibt man einen Widerspruch?
chat | Was steht in der Verfassung?
chat | Schreibt man „heute Abend“ groß oder klein?
chat | Wie lange dauert ein Antrag?
chat | Ist das so richtig?
chat | kürzer
chat | Wann endet die Frist, wenn der Brief am Montag kam?
chat | after phrase: Wann ist der Termin?
chat | after plain: Was bedeutet das Wort Frist?
chat | file: Bis wann muss ich zahlen?
chat | file: Wer hat den Brief geschrieben?
chat | !frage Was ist ein Vermerk?
draft | letter: bitte absagen
draft | letter: Bitte formuliere eine freundliche Absage
draft | letter: kürzer
draft | letter: Schreib eine Mail, dass wir den Antrag prüfen
draft | letter:
draft | after draft: kürzer
draft | after draft: Ziffer 2 ablehnen
draft | after draft: freundlicher
help | Hilfe
help | !hilfe
`

// room is a bots.Rooms of one.
type room struct{}

func (room) List(context.Context) ([]bots.Room, error) {
	return []bots.Room{{ID: "r", Name: "Team"}}, nil
}

func (room) Read(context.Context, string, bots.Span) (bots.History, error) {
	return bots.History{Entries: []bots.Entry{{ID: "1", Sender: "@petra:b", Name: "Petra", Text: "Die Sitzung am Montag entfällt."}}}, nil
}

// TestUtterances asks all skills, in the order of the routing, who answers.
func TestUtterances(t *testing.T) {
	letter := document.Document{Name: "b.eml", Type: bots.TypeLetter, Mail: &document.Mail{From: []document.Address{{Name: "Lea Sommer", Email: "lea@example.org"}}, Subject: "Antrag"},
		Pages: []document.Page{{N: 1, Text: "Sehr geehrte Damen und Herren,\n\nbitte antworten Sie mir.\n\nLea Sommer"}}}
	notice := document.Document{Name: "Bescheid.pdf", Pages: []document.Page{{N: 1, Text: "Der Antrag von Frau Müller wird abgelehnt. Die Gebühr von 20,50 Euro ist bis zum 3. Dezember 2026 zu zahlen."}}}
	read := func(_ context.Context, name string, _ io.Reader) (document.Document, error) {
		if name == "b.eml" {
			return letter, nil
		}
		return notice, nil
	}
	all, err := skills.Config{}.Open(read, nil, llmtest.Script("Der Antrag wird geprüft."), nil)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for line := range strings.SplitSeq(strings.TrimSpace(utterances), "\n") {
		want, said, _ := strings.Cut(line, " | ")
		n++
		t.Run(line, func(t *testing.T) {
			task := bots.Task{Text: said, Language: "de", Class: bots.Internal, Now: time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC), Tell: func(bots.Progress) {},
				Open: func(context.Context, bots.File) (io.ReadCloser, error) {
					return io.NopCloser(strings.NewReader("")), nil
				}}
			if rest, ok := strings.CutPrefix(said, "room:"); ok {
				task.Text, task.Rooms = strings.TrimSpace(rest), room{}
				task.Message.Room, task.Message.Thread, task.Message.Sender = "r", "1", "@anna:b"
			}
			var last *bots.Turn
			if rest, ok := strings.CutPrefix(said, "file:"); ok {
				task.Text, task.Message.Files = strings.TrimSpace(rest), []bots.File{{Name: "Bescheid.pdf"}}
			}
			if rest, ok := strings.CutPrefix(said, "letter:"); ok {
				task.Text, task.Message.Files = strings.TrimSpace(rest), []bots.File{{Name: "b.eml", Type: bots.TypeLetter}}
			}
			if rest, ok := strings.CutPrefix(said, "after "); ok {
				name, text, _ := strings.Cut(rest, ": ")
				task.Text = text
				turn := bots.Turn{ID: "1/answer", Bot: true, Skill: name, Text: "Der Antrag von Frau Müller ist da. Wir prüfen ihn jetzt und melden uns dann noch einmal bei ihr."}
				if name == "draft" {
					turn.Drafts = []bots.Draft{{Language: "de", Text: "Guten Tag,\n\nvielen Dank.\n\nWir prüfen.\n\nMit freundlichen Grüßen"}}
				}
				task.History = []bots.Turn{{ID: "1", Text: "bitte", Files: []bots.File{{Name: "Bescheid.pdf"}}}, turn}
				last = &task.History[1]
			}
			task.Message.ID = "9"
			asked := bots.Route(t.Context(), all, task, last)
			task.Command, task.Text = bots.Command(task.Text)
			for _, s := range asked {
				if _, err := s.Do(t.Context(), task); errors.Is(err, bots.ErrPass) {
					continue
				}
				if got := s.Info().Name; got != want {
					t.Errorf("%s answers", got)
				}
				return
			}
			t.Error("nobody answers")
		})
	}
	if n < 60 {
		t.Errorf("only %d", n)
	}
}
