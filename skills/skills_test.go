package skills

import (
	"context"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"amtsbote/bots"
	"amtsbote/skills/document"
	"amtsbote/skills/llm/llmtest"
)

// TestNoModelSeesWithheldLetters: of a job application no word reaches a model, with
// whatever skill and words somebody asks, also after its brief.
func TestNoModelSeesWithheldLetters(t *testing.T) {
	job := document.Document{Name: "b.eml", Type: bots.TypeLetter, Mail: &document.Mail{From: []document.Address{{Name: "Lea Sommer", Email: "lea@example.org"}}, Subject: "Bewerbung als Gärtnerin"},
		Pages: []document.Page{{N: 1, Text: "Sehr geehrte Damen und Herren,\n\nanbei meine Bewerbung. Ich bin schwerbehindert. Bitte antworten Sie."}}}
	read := func(context.Context, string, io.Reader) (document.Document, error) { return job, nil }
	open := func(context.Context, bots.File) (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader("")), nil
	}
	files := []bots.File{{Name: "b.eml", Type: bots.TypeLetter}}
	brief := []bots.Turn{{ID: "0", Files: files, Text: "bitte"}, {ID: "0/answer", Bot: true, Skill: "draft", Text: "Was verlangt wird: Ich bin schwerbehindert."}}
	for _, words := range []string{"", "bitte antworten", "Fass das zusammen", "Ist sie geeignet?", "kürzer"} {
		for _, after := range []bool{false, true} {
			answers := slices.Repeat([]string{"x"}, 20)
			m := llmtest.Script(answers...)
			task := bots.Task{Message: bots.Message{ID: "1", Sender: "p@stadt.example", Files: files}, Text: words, Open: open, Now: time.Now(), Language: "de"}
			if after {
				task.Message.Files, task.History = nil, brief
			}
			all, err := Config{}.Open(read, nil, m, nil)
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range all {
				_, _ = s.Do(t.Context(), task) // what they answer is their own tests' matter
			}
			for _, p := range m.Prompts() {
				for _, turn := range p.Turns {
					if strings.Contains(turn.Text, "schwerbehindert") {
						t.Errorf("%q, after its brief %v: a model was shown\n%s", words, after, turn.Text)
					}
				}
			}
		}
	}
}
