package bots

import (
	"context"
	"slices"
	"strings"
	"unicode"
)

// splitCommand returns the command that a text begins with, lower case and
// without "!", and what follows it.
func splitCommand(text string) (command, rest string, ok bool) {
	text = strings.TrimSpace(text)
	after, ok := strings.CutPrefix(text, "!")
	if !ok {
		return "", text, false
	}
	end := strings.IndexFunc(after, unicode.IsSpace)
	if end < 0 {
		end = len(after)
	}
	command = strings.ToLower(strings.TrimRight(after[:end], ".,;:!?"))
	if command == "" || !unicode.IsLetter([]rune(command)[0]) {
		return "", text, false
	}
	return command, strings.TrimSpace(after[end:]), true
}

// route returns the skills that may answer a task, the likeliest first: the one
// that a command names, else by what the message is and by the person's words.
// The model decides only among skills that the words leave in a draw.
func (b *Bot) route(ctx context.Context, t Task, last *Turn) []Skill {
	if t.Command != "" {
		for _, s := range b.Skills {
			if slices.Contains(s.Info().Commands, t.Command) {
				return []Skill{s}
			}
		}
		return b.named("help")
	}
	takes := func(i Info) bool { return i.Question }
	switch {
	case t.Message.Letter():
		takes = func(i Info) bool { return i.Letter }
	case len(t.Message.Files) > 0 && t.Text == "":
		takes = func(i Info) bool { return i.Files }
	}
	words := wordsOf(t.Text)
	var first []Skill
	for _, s := range b.Skills {
		if i := s.Info(); i.Last && matches(i.Words, words) > 0 {
			first = append(first, s)
		}
	}
	return append(first, b.meant(ctx, t, last, words, takes)...)
}

// meant returns the skills that may answer a task by its words, and by what it
// follows, the likeliest first.
func (b *Bot) meant(ctx context.Context, t Task, last *Turn, words []string, takes func(Info) bool) []Skill {
	if last != nil {
		for _, s := range b.Skills {
			if i := s.Info(); i.Name == last.Skill && len(words) <= 12 && matches(i.Follow, words) > 0 {
				return append([]Skill{s}, b.taking(takes)...)
			}
		}
	}
	var best []Skill
	most := 0
	for _, s := range b.Skills {
		switch n := matches(s.Info().Words, words); {
		case s.Info().Last:
		case s.Info().Rooms && (t.Rooms == nil || len(t.Message.Files) > 0):
		case n == 0 || n < most:
		case n > most:
			most, best = n, []Skill{s}
		default:
			best = append(best, s)
		}
	}
	if len(best) > 1 {
		best = b.decide(ctx, t, best)
	}
	return append(best, b.taking(takes)...)
}

// decide asks the bot's model which of the skills is meant, and puts it first.
func (b *Bot) decide(ctx context.Context, t Task, among []Skill) []Skill {
	if b.Decide == nil {
		return among
	}
	var infos []Info
	for _, s := range among {
		infos = append(infos, s.Info())
	}
	name := b.Decide(ctx, t.Class, t.Text, infos)
	slices.SortStableFunc(among, func(x, y Skill) int {
		switch name {
		case x.Info().Name:
			return -1
		case y.Info().Name:
			return 1
		}
		return 0
	})
	return among
}

func (b *Bot) taking(takes func(Info) bool) (all []Skill) {
	for _, s := range b.Skills {
		if takes(s.Info()) {
			all = append(all, s)
		}
	}
	return all
}

func (b *Bot) named(name string) []Skill {
	for _, s := range b.Skills {
		if s.Info().Name == name {
			return []Skill{s}
		}
	}
	return nil
}

// wordsOf returns the words of a text, lower case, at most the first hundred: a
// request is short, what follows it is material.
func wordsOf(text string) []string {
	words := strings.FieldsFunc(strings.ToLower(cut(text, 4096)), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r)
	})
	return words[:min(len(words), 100)]
}

// matches returns the length of the longest cue that the words match; a longer
// cue says more. What stands behind ^ must be the next word.
func matches(cues []string, words []string) (best int) {
	for _, cue := range cues {
		rest, all := words, true
		for part := range strings.FieldsSeq(cue) {
			part, first := strings.CutPrefix(part, "^")
			i := slices.IndexFunc(rest, func(w string) bool { return strings.HasPrefix(w, part) })
			if i < 0 || first && i > 0 {
				all = false
				break
			}
			rest = rest[i+1:]
		}
		if all {
			best = max(best, len(cue))
		}
	}
	return best
}
