package bots

import "context"

// Route returns the skills that may answer a message, for tests over all skills.
func Route(ctx context.Context, skills []Skill, t Task, last *Turn) []Skill {
	b := &bot{Bot: Bot{Skills: skills}}
	t.Command, t.Text, _ = splitCommand(t.Text)
	return b.route(ctx, t, last)
}

// Command returns the command that a text begins with, and what follows it.
func Command(text string) (command, rest string) {
	command, rest, _ = splitCommand(text)
	return command, rest
}
