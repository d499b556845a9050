package bots

import (
	"context"
	"fmt"
	"strings"

	"amtsbote/storage"
)

// greet greets a person in a direct chat, or a room of several people, once: what
// the bot is, what it does with what is written there, and how to be rid of it.
// Text of the message is the name of whoever invited the bot.
func (r *Runner) greet(ctx context.Context, b *bot, m Message) error {
	if !b.Access.Allows(m.Sender) {
		return nil // such a person is told so when they ask
	}
	k, text := b.key(kindGreeted, m.Connector, m.Room), textJoined(b.Profile, m.Text, b.models(b.Class))
	if m.Direct {
		k, text = b.key(kindGreeted, strings.ToLower(m.Sender)), b.greeting()
	}
	err := r.update(ctx, func(tx storage.Tx) error {
		var before bool
		if err := b.get(tx, k, &before); err != nil && !unreadable(err) || before {
			return err
		}
		p, err := b.loadPerson(tx, m)
		if err != nil && !unreadable(err) {
			return err
		}
		language := b.Language
		if m.Direct && p.Language != "" {
			language = p.Language
		}
		if err := r.reply(tx, b, m, "greeting", Answer{Text: text, Notice: Notice{Plain: true}}, language); err != nil {
			return err
		}
		return b.put(tx, k, true, keepIDs)
	})
	if err != nil {
		return fmt.Errorf("bots: greet: %w", err)
	}
	r.kick(outbox(b.Name, m.Connector))
	return nil
}

func (b *bot) models(c Class) []ModelInfo {
	if b.Models == nil {
		return nil
	}
	return b.Models(c)
}

// maxExamples is how many examples a greeting has: more are in the help.
const maxExamples = 3

// greeting returns the greeting in a direct chat.
func (b *bot) greeting() Text {
	models := b.models(b.Class)
	var examples []Text
	for _, s := range b.Skills {
		if i := s.Info(); len(i.Examples) > 0 && (!i.Model || len(models) > 0) {
			examples = append(examples, i.Examples[0])
		}
	}
	examples = examples[:min(len(examples), maxExamples)]
	if b.Forwards != "" {
		examples = append(examples, textForward(b.Forwards))
	}
	return textGreeting(b.Profile, models, examples)
}
