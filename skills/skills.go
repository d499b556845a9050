// Package skills lists the skills that Amtsbote has. To add one, add its folder
// and a line in Open, and its configuration, if it has any, in Config.
package skills

import (
	"fmt"
	"slices"

	"amtsbote/bots"
	"amtsbote/skills/catchup"
	"amtsbote/skills/chat"
	"amtsbote/skills/document"
	"amtsbote/skills/draft"
	"amtsbote/skills/help"
	"amtsbote/skills/llm"
	"amtsbote/skills/summary"
)

// Config is the part of a bot's configuration for skills. Every skill is on
// unless it is listed under off.
type Config struct {
	Draft   draft.Config   `yaml:"draft"`
	Summary summary.Config `yaml:"summary"`
	Off     []string       `yaml:"off"`
}

var names = []string{"draft", "summary", "catchup", "chat"}

// Validate reports everything that is wrong with c itself.
func (c Config) Validate() error {
	for i, name := range c.Off {
		if !slices.Contains(names, name) {
			return fmt.Errorf("off[%d]: %q is none of %v", i, name, names)
		}
	}
	return nil
}

// Open returns the skills of a valid configuration, in the order in which they
// are asked. read reads a document in a child process; models gives a skill the
// model that may see a text.
func (c Config) Open(read document.ReadFunc, models llm.Choose) []bots.Skill {
	model := models.For(bots.Public) != nil
	others := read
	if model {
		others = c.Draft.Withhold(read)
	}
	all := []bots.Skill{
		draft.New(c.Draft, read, models),
		summary.New(c.Summary, others, models),
		catchup.New(others, models),
		chat.New(others, models),
	}
	all = slices.DeleteFunc(all, func(s bots.Skill) bool { return slices.Contains(c.Off, s.Info().Name) })
	var infos []bots.Info
	for _, s := range all {
		infos = append(infos, s.Info())
	}
	return append(all, help.New(infos, model))
}
