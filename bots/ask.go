package bots

import (
	"cmp"
	"context"
	"errors"
	"fmt"
)

// Ask has the bot's skills answer one message as a Runner has, by the same words,
// commands and order, for programs that try out a bot. There is no store behind
// it: nobody is gated, nothing is remembered, what a person may ask about his own
// data is not known. A Command that the task has already chooses the skill, else
// the text's does. The task's language is a fallback, as in a Runner. An answer
// that names a skill is that skill's, an error too; a Refusal is an error.
func (b *Bot) Ask(ctx context.Context, t Task) (Answer, error) {
	if l := language(t.Message.Text); l != "" && !t.Message.Watched {
		t.Language = l
	}
	command := t.Command
	if err := b.parse(ctx, &t); err != nil {
		return Answer{}, err
	}
	t.Command = cmp.Or(t.Command, command)
	talk := conversation{Turns: t.History}
	return b.skills(ctx, t, talk.last())
}

// parse finds in the message of a task what the person wrote: command, words,
// and their language.
func (b *Bot) parse(ctx context.Context, t *Task) error {
	if m := t.Message; m.Letter() && m.Wrote && b.Reader != nil {
		words, err := b.Reader.Words(ctx, m, t.Open)
		if err != nil && ctx.Err() != nil {
			return err
		}
		t.Text = words // unreadable: the skill says so
		t.Language = cmp.Or(language(words), t.Language)
	}
	t.Command, t.Text, _ = splitCommand(t.Text)
	return nil
}

// skills asks one skill after the other. last is the bot's last turn, if any.
func (b *Bot) skills(ctx context.Context, t Task, last *Turn) (Answer, error) {
	for _, s := range b.route(ctx, t, last) {
		info := s.Info()
		var a Answer
		err := safely(func() (err error) { a, err = s.Do(ctx, t); return err })
		if errors.Is(err, ErrPass) {
			continue
		}
		a.Notice.Skill, a.Notice.Version = info.Name, info.Version
		if err != nil {
			return a, fmt.Errorf("skill %s: %w", info.Name, err)
		}
		return a, nil
	}
	if t.Message.Watched {
		return Answer{Skip: "no skill takes it"}, nil
	}
	return Answer{Text: textNothing, Notice: Notice{Plain: true}}, nil
}
