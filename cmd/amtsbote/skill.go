package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"amtsbote/bots"
	"amtsbote/skills/catchup"
	"amtsbote/skills/llm"
)

type skillCmd struct {
	Name      string   `arg:"" help:"The skill: summary, draft, note, phrase, plain, translate, redact, research, catchup, chat, help."`
	Files     []string `arg:"" optional:"" name:"file" help:"Files to work on; - is standard input. For catchup a room as Element exports it as JSON."`
	Text      string   `short:"t" help:"What you would write to the bot, such as 'in zwei Sätzen'."`
	Forwarded string   `help:"A colleague forwarded the letter: the colleague's address. Without it the letter came to a watched mailbox." placeholder:"ADDRESS"`
	As        string   `help:"catchup: who asks, by Matrix ID or display name. Without it the answer is about the whole export." placeholder:"PERSON"`
	JSON      bool     `help:"Print the whole answer as one JSON object."`
	Language  string   `enum:"de,en" default:"de" help:"Your language: de or en."`
	Config    string   `short:"c" help:"Use the first bot of this configuration file. Without it, the model named by AMTSBOTE_MODEL_URL, or none." placeholder:"FILE"`
}

// Run has one skill answer, without a daemon.
func (c *skillCmd) Run(e *env) error {
	cfg, err := c.config()
	if err != nil {
		return err
	}
	d := &daemon{cfg: cfg, log: e.logger(true)}
	defer d.close()
	if err := d.parts(); err != nil {
		return err
	}
	b := d.bots[0]
	var skill bots.Skill
	var names []string
	for _, s := range b.Skills {
		if names = append(names, s.Info().Name); s.Info().Name == c.Name {
			skill = s
		}
	}
	if skill == nil {
		return exit{exitUsage, fmt.Sprintf("amtsbote: no skill %q; there are %s", c.Name, strings.Join(names, ", "))}
	}
	t := c.task(e, b, skill.Info())
	if c.Name == "catchup" && len(c.Files) > 0 {
		err = c.room(e, &t, skill.Info())
	}
	var a bots.Answer
	if err == nil {
		a, err = skill.Do(e.ctx, t)
	}
	if commands := skill.Info().Commands; errors.Is(err, bots.ErrPass) && len(c.Files)+len(c.Text) > 0 && len(commands) > 0 {
		t.Command = commands[0] // whoever names a skill need not use its words
		a, err = skill.Do(e.ctx, t)
	}
	if errors.Is(err, bots.ErrPass) {
		return exit{exitUsage, fmt.Sprintf("amtsbote: skill %s has nothing to work on; name a file, or write with --text", c.Name)}
	}
	if r, ok := errors.AsType[*bots.Refusal](err); ok {
		return exit{exitUnreadable, r.Text.In(c.Language)}
	}
	if err != nil {
		return err
	}
	if c.JSON {
		enc := json.NewEncoder(e.stdout)
		enc.SetIndent("", "  ")
		enc.SetEscapeHTML(false)
		return enc.Encode(jsonAnswer(a, c.Language))
	}
	printAnswer(e.stdout, a, c.Language)
	return nil
}

// config returns the configuration file's, or one with a single bot.
func (c *skillCmd) config() (Config, error) {
	if c.Config != "" {
		return load(c.Config)
	}
	cfg := Config{Models: envModel()}
	bot := BotConfig{Name: "Amtsbote", Language: c.Language}
	for _, m := range cfg.Models {
		bot.Models = append(bot.Models, m.Name)
	}
	cfg.Bots = []BotConfig{bot}
	return cfg, nil
}

// envModel returns the model that the environment names: AMTSBOTE_MODEL_URL, and
// if wanted AMTSBOTE_MODEL_KEY and AMTSBOTE_MODEL.
func envModel() []llm.Config {
	url := os.Getenv("AMTSBOTE_MODEL_URL")
	if url == "" {
		return nil
	}
	name := cmp.Or(os.Getenv("AMTSBOTE_MODEL"), "default")
	m := llm.Config{Name: name, Model: name, URL: url, Class: bots.Confidential, PlainHTTP: true,
		Place: "laut AMTSBOTE_MODEL_URL"}
	if k := os.Getenv("AMTSBOTE_MODEL_KEY"); k != "" {
		m.Key = bots.NewSecret(k)
	}
	return []llm.Config{m}
}

// task makes a task of the command line.
func (c *skillCmd) task(e *env, b bots.Bot, info bots.Info) bots.Task {
	now := time.Now().In(b.Zone)
	m := bots.Message{Connector: "cli", ID: "1", Room: "cli", Sender: cmp.Or(c.Forwarded, "cli@localhost"), Wrote: c.Forwarded != "", Direct: true, Time: now.UTC(), Text: c.Text}
	for _, path := range c.Files {
		f := bots.File{Name: filepath.Base(path), Ref: path}
		if path == "-" {
			f.Name = "Eingabe"
		}
		if info.Letter || strings.EqualFold(filepath.Ext(path), ".eml") {
			f.Type = bots.TypeLetter
		}
		m.Files = append(m.Files, f)
	}
	if info.Letter {
		m.Watched = c.Forwarded == ""
		m.Time = time.Time{} // when it was received is not known
	}
	return bots.Task{Bot: b.Profile, Message: m, Text: c.Text, Language: c.Language, Class: b.Class, Now: now,
		Open: func(_ context.Context, f bots.File) (io.ReadCloser, error) { return openFile(e, f.Ref) },
		Tell: e.progress(c.Language)}
}

// room makes the task one about an exported room. Days and hours count back from
// its last message. Without --as nobody is said to ask.
func (c *skillCmd) room(e *env, t *bots.Task, info bots.Info) error {
	if len(c.Files) > 1 {
		return exit{exitUsage, "amtsbote: skill catchup reads one export at a time"}
	}
	f, err := openFile(e, c.Files[0])
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // only read
	export, err := catchup.ReadExport(f)
	if err != nil {
		return err
	}
	t.Message.Sender, t.Message.Files = "", nil
	if c.As != "" {
		if t.Message.Sender, err = export.As(c.As); err != nil {
			return err
		}
	}
	if end := export.End(); !end.IsZero() && end.Before(t.Now) {
		t.Now = end.In(t.Now.Location())
	}
	t.Rooms, t.Command = export, info.Commands[0]
	t.Open = func(context.Context, bots.File) (io.ReadCloser, error) {
		return nil, &bots.Refusal{Text: bots.Text{DE: "nicht im Export", EN: "not in the export"}}
	}
	return nil
}

// progress shows on a terminal how far long work is, on one line.
func (e *env) progress(language string) func(bots.Progress) {
	if !e.tty {
		return func(bots.Progress) {}
	}
	return func(p bots.Progress) {
		text := p.Text.In(language)
		if p.Total > 0 {
			text = fmt.Sprintf("%s %d/%d", text, p.Done, p.Total)
		}
		fmt.Fprintf(e.stderr, "\r\x1b[K%s", strings.TrimSpace(text))
		if p.Total > 0 && p.Done >= p.Total {
			fmt.Fprint(e.stderr, "\r\x1b[K")
		}
	}
}

func printAnswer(w io.Writer, a bots.Answer, language string) {
	if a.Skip != "" {
		fmt.Fprintln(w, bots.Text{DE: "Keine Antwort nötig:", EN: "No answer is owed:"}.In(language), a.Skip)
		return
	}
	fmt.Fprintln(w, a.Text.In(language))
	for _, warning := range a.Warnings {
		if text := warning.In(language); !strings.Contains(a.Text.In(language), text) {
			fmt.Fprintf(w, "\n%s %s\n", bots.Text{DE: "Hinweis:", EN: "Note:"}.In(language), text)
		}
	}
	for _, d := range a.Drafts {
		fmt.Fprintln(w, "\n---")
		for _, h := range []struct {
			name  bots.Text
			value string
		}{{bots.Text{DE: "An", EN: "To"}, strings.Join(d.To, ", ")}, {bots.Text{DE: "Kopie", EN: "Cc"}, strings.Join(d.Cc, ", ")}, {bots.Text{DE: "Betreff", EN: "Subject"}, d.Subject}} {
			if h.value != "" {
				fmt.Fprintf(w, "%s: %s\n", h.name.In(language), h.value)
			}
		}
		fmt.Fprintf(w, "\n%s\n", d.Text)
	}
	if line := a.Notice.Line(); !line.IsZero() {
		fmt.Fprintf(w, "\n%s\n", line.In(language))
	}
}

// answerJSON is the form of skill --json. The keys up to Warnings are for letters
// and speak of the first draft.
type answerJSON struct {
	Skip        string        `json:"skip"`
	To          string        `json:"to"`
	Language    string        `json:"language"`
	Draft       string        `json:"draft"`
	Brief       string        `json:"brief"`
	Attachments []fileJSON    `json:"attachments"`
	Warnings    []string      `json:"warnings"`
	Drafts      []bots.Draft  `json:"drafts,omitempty"`
	Sources     []bots.Source `json:"sources,omitempty"`
	Files       []madeJSON    `json:"files,omitempty"`
	Notice      bots.Notice   `json:"notice"`
}

type fileJSON struct {
	Name   string `json:"name"`
	Read   bool   `json:"read"`
	Pages  int    `json:"pages,omitempty"`
	Reason string `json:"reason"`
}

type madeJSON struct {
	Name string `json:"name"`
	Type string `json:"type"`
	Data []byte `json:"data"`
}

func jsonAnswer(a bots.Answer, language string) answerJSON {
	j := answerJSON{Skip: a.Skip, Brief: a.Text.In(language), Drafts: a.Drafts, Sources: a.Sources, Notice: a.Notice,
		Attachments: []fileJSON{}, Warnings: []string{}}
	if len(a.Drafts) > 0 {
		d := a.Drafts[0]
		j.To, j.Language, j.Draft = strings.Join(d.To, ", "), d.Language, d.Text
	}
	for _, f := range a.Read {
		j.Attachments = append(j.Attachments, fileJSON{f.Name, f.Read, f.Pages, f.Reason.In(language)})
	}
	for _, w := range a.Warnings {
		j.Warnings = append(j.Warnings, w.In(language))
	}
	for _, f := range a.Files {
		j.Files = append(j.Files, madeJSON{f.Name, f.Type, f.Data})
	}
	return j
}
