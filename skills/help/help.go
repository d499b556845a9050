// Package help is the skill that says what a bot can do. Its text is made from
// what the bot's skills say of themselves, so that it cannot promise another's.
package help

import (
	"context"
	"strings"

	"amtsbote/bots"
)

// Skill is a bots.Skill.
type Skill struct {
	skills []bots.Info
	model  bool // a language model is configured
}

// New returns the skill for a bot with other skills. With model false it leaves
// out what needs a language model, and says so.
func New(skills []bots.Info, model bool) *Skill { return &Skill{skills, model} }

// Info implements bots.Skill.
func (s *Skill) Info() bots.Info {
	return bots.Info{
		Name: "help", Version: "1",
		Commands: []string{"hilfe", "help", "befehle", "commands"},
		Words:    []string{"hilfe", "help", "was kannst du", "was können sie", "what can you"},
		Help:     bots.Text{DE: "diese Übersicht", EN: "this overview"},
	}
}

// Do implements bots.Skill. A command that no skill has comes here too.
func (s *Skill) Do(_ context.Context, t bots.Task) (bots.Answer, error) {
	own := s.Info().Commands
	unknown := t.Command
	for _, c := range own {
		if t.Command == c {
			unknown = ""
		}
	}
	text := bots.Text{DE: s.text(t, unknown, de), EN: s.text(t, unknown, en)}
	return bots.Answer{Text: text, Private: true, Notice: bots.Notice{Plain: true}}, nil
}

// words are the fixed parts of the text in one language.
type words struct {
	code, unknown, greeting, examples, needs, rules string
}

var (
	de = words{
		code:     "de",
		unknown:  "Den Befehl kenne ich nicht. Das geht:",
		greeting: "Ich bin **%**, ein Programm, kein Mensch. Sie können einfach schreiben, was Sie brauchen, oder einen Befehl nutzen:",
		examples: "Probieren Sie zum Beispiel",
		needs:    "Ein Sprachmodell ist nicht eingerichtet: Zusammenfassungen und Briefe entstehen nach festen Regeln, freie Fragen beantworte ich nur mit Fundstellen aus Ihren Dateien.",
		rules:    "Ich entwerfe, Sie entscheiden und senden. An Bürgerinnen und Bürger schicke ich nichts. Ich kann mich irren: Prüfen Sie vor allem Fristen, Beträge und Namen.",
	}
	en = words{
		code:     "en",
		unknown:  "I do not know that command. This works:",
		greeting: "I am **%**, a program, not a person. Just write what you need, or use a command:",
		examples: "Try for example",
		needs:    "No language model is configured: summaries and letters are made by fixed rules, and I answer free questions only with passages from your files.",
		rules:    "I draft, you decide and send. I send nothing to citizens. I may be wrong: check above all deadlines, amounts and names.",
	}
)

func (s *Skill) text(t bots.Task, unknown string, w words) string {
	var b strings.Builder
	if unknown != "" {
		b.WriteString(w.unknown)
	} else {
		b.WriteString(strings.ReplaceAll(w.greeting, "%", t.Bot.Name))
	}
	b.WriteString("\n")
	var examples []string
	for _, i := range append(append(append([]bots.Info{}, s.skills...), s.Info()), bots.Rights()...) {
		if i.Model && !s.model || i.Rooms && t.Rooms == nil || len(i.Commands) == 0 {
			continue
		}
		b.WriteString("\n- `!" + command(i, w.code) + "` – " + i.Help.In(w.code))
		for _, e := range i.Examples {
			examples = append(examples, "\n- "+e.In(w.code))
		}
	}
	if len(examples) > 0 && unknown == "" {
		b.WriteString("\n\n**" + w.examples + "**\n" + strings.Join(examples, ""))
	}
	if unknown != "" {
		return b.String()
	}
	if !s.model {
		b.WriteString("\n\n" + w.needs)
	}
	b.WriteString("\n\n" + w.rules)
	return b.String()
}

// command returns the command to show: the first of a skill is German, the second English.
func command(i bots.Info, language string) string {
	if language == "en" && len(i.Commands) > 1 {
		return i.Commands[1]
	}
	return i.Commands[0]
}
