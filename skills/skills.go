// Package skills lists the skills that Amtsbote has. To add one, add its folder
// and a line in Open, and its configuration, if it has any, in Config.
package skills

import (
	"fmt"
	"slices"

	"amtsbote/bots"
	"amtsbote/skills/catchup"
	"amtsbote/skills/chat"
	"amtsbote/skills/condense"
	"amtsbote/skills/document"
	"amtsbote/skills/draft"
	"amtsbote/skills/export"
	"amtsbote/skills/help"
	"amtsbote/skills/knowledge"
	"amtsbote/skills/llm"
	"amtsbote/skills/material"
	"amtsbote/skills/note"
	"amtsbote/skills/phrase"
	"amtsbote/skills/plain"
	"amtsbote/skills/redact"
	"amtsbote/skills/research"
	"amtsbote/skills/summary"
	"amtsbote/skills/translate"
)

// Config is the part of a bot's configuration for skills. Every skill is on
// unless it is listed under off.
type Config struct {
	Draft     draft.Config     `yaml:"draft"`
	Summary   summary.Config   `yaml:"summary"`
	Translate translate.Config `yaml:"translate"`
	Off       []string         `yaml:"off"`
	// Instructions is a folder of the authority's own instructions for models: a
	// file <skill>/<file> in it replaces the one of that name. Default: none.
	Instructions string `yaml:"instructions"`
	// Knowledge are the collections of documents that can be searched.
	Knowledge []knowledge.Config `yaml:"knowledge"`
}

var names = []string{"draft", "summary", "note", "phrase", "plain", "redact", "catchup", "export", "translate", "research", "chat"}

// Validate reports everything that is wrong with c itself.
func (c Config) Validate() error {
	for i, name := range c.Off {
		if !slices.Contains(names, name) {
			return fmt.Errorf("off[%d]: %q is none of %v", i, name, names)
		}
	}
	seen := map[string]bool{}
	for i, k := range c.Knowledge {
		if seen[k.Name] {
			return fmt.Errorf("knowledge[%d].name: %q is the name of another collection", i, k.Name)
		}
		seen[k.Name] = true
	}
	return nil
}

// Open returns the skills of a valid configuration, in the order in which they
// are asked. read reads a document in a child process, and layout writes one anew in
// such a one (nil: none is); models gives a skill the model that may see a text;
// library has the collections of c, and may be nil. The error says what is wrong with
// the folder of instructions, or the glossary.
func (c Config) Open(read document.ReadFunc, layout translate.Rewriter, models llm.Choose, library *knowledge.Library) ([]bots.Skill, error) {
	model := models.For(bots.Public) != nil
	others := read
	if model {
		others = c.Draft.Withhold(read)
	}
	o, files := llm.NewOverrides(c.Instructions), material.New(others)
	parts := condense.New(o)
	translator, err := translate.New(c.Translate, files, layout, models, o)
	if err != nil {
		return nil, fmt.Errorf("translate: %w", err)
	}
	all := []bots.Skill{
		draft.New(c.Draft, read, models, o),
		summary.New(c.Summary, files, models, parts, o),
		note.New(others, files, models, parts, o),
		phrase.New(c.Draft.Sign, files, models, parts, o),
		plain.New(files, models, o),
		redact.New(files, read, models, o),
		catchup.New(others, models, o),
		export.New(),
		translator,
		research.New(library, files, models, o),
		chat.New(files, models, o),
	}
	if err := o.Err(); err != nil {
		return nil, fmt.Errorf("instructions: %w", err)
	}
	all = slices.DeleteFunc(all, func(s bots.Skill) bool { return slices.Contains(c.Off, s.Info().Name) })
	var infos []bots.Info
	for _, s := range all {
		infos = append(infos, s.Info())
	}
	return append(all, help.New(infos, model)), nil
}
