package redact

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"amtsbote/bots"
	"amtsbote/skills/llm"
	"amtsbote/skills/personal"
)

//go:embed instructions/*.txt
var instructions embed.FS

const (
	maxNames = 500 // that a model may name
	maxName  = 80  // bytes of one
)

// askModel has a model that may see the texts name persons. What it says is taken
// only where it stands in the text and looks like a name: a model can make the
// list longer, never shorter. Without a model the recognisers stand alone; where it
// fails at the form too, and the person is told.
func (s *Skill) askModel(ctx context.Context, j *job) error {
	model := s.models.For(j.t.Class)
	if model == nil {
		return nil
	}
	text := strings.Join(j.texts(), "\n\n")
	system := s.instructions.Text("names.txt")
	room := max(model.Budget()*2/3-llm.Tokens(system)-200, 500)
	pieces := llm.Split(text, room)
	llm.Learn(model, nil, j.texts()...)
	for i, piece := range pieces {
		j.t.Tell(bots.Progress{Done: i, Total: len(pieces), Text: bots.Text{DE: "Namen werden gesucht", EN: "Looking for names"}})
		c, err := model.Complete(ctx, llm.Prompt{System: system, Turns: []llm.Turn{{Text: llm.Fence("Text", piece)}}, JSON: true})
		if errors.Is(err, llm.ErrNotJSON) || errors.Is(err, llm.ErrPersonal) {
			j.st.Missed++
			continue
		}
		if err != nil {
			return err
		}
		j.st.ByModel, j.st.Place, j.st.Replaced = c.Model, c.Place, c.Replaced
		if !j.takeNames(c.Text) {
			j.st.Missed++
		}
	}
	return nil
}

// takeNames reports whether an answer has the form that was asked for.
func (j *job) takeNames(answer string) bool {
	var said struct{ Names []string }
	if json.Unmarshal([]byte(answer), &said) != nil {
		return false
	}
	for _, name := range said.Names {
		name = oneLine(name)
		if len(j.st.Names) >= maxNames || len(name) > maxName || !personal.IsName(name) || slices.Contains(j.st.Names, name) || !j.occurs(name) {
			continue
		}
		j.st.Names = append(j.st.Names, name)
	}
	return true
}
