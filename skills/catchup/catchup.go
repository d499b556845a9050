// Package catchup is the skill that tells a person what they missed in a room:
// what is addressed to them, what was decided, what is open, and what else counts.
//
//	question ──▶ which room, since when ──▶ history ──▶ model or rules ──▶ statements with links
//
// Every statement rests on messages and carries their links, which come from the
// connector and never from a model. Under the answer stands what was covered: from
// when to when, how many messages, what could not be decrypted, which files were
// read. The answer goes to the person alone unless they want it in the room: there
// it would show who was away.
//
// The room is read for the person who asks (bots.Rooms), so nothing reaches them
// that they could not read there. Questions that watch a person are refused by
// rules (package talk) before anything is read.
//
// With a model the messages are numbered and given to it in parts that together
// hold each of them once (model.go). It answers in JSON; what cites no message that
// is there is dropped (parse.go), and what no cited message says is marked
// (proof.go). A part for which it gives nothing usable twice is done by rules.
// Without a model the built-in engine chooses sentences verbatim by cue words
// (rules.go), and says so.
//
// A room's export, as Element writes it, is read too (export.go): only on the
// command line, since a file from outside is not parsed in the daemon.
package catchup

import (
	"context"
	"embed"
	"fmt"
	"slices"

	"amtsbote/bots"
	"amtsbote/skills/document"
	"amtsbote/skills/llm"
	"amtsbote/skills/talk"
)

// version of the instructions. It goes up with every change of their texts.
const version = "1"

//go:embed instructions/*.txt
var instructions embed.FS

// Skill is a bots.Skill.
type Skill struct {
	read         document.ReadFunc
	models       llm.Choose
	instructions llm.Instructions
}

// New returns the skill. models may have no model: then the built-in engine works.
func New(read document.ReadFunc, models llm.Choose, o *llm.Overrides) *Skill {
	return &Skill{read, models, o.Load("catchup", version, instructions)}
}

// Info implements bots.Skill.
func (s *Skill) Info() bots.Info {
	return bots.Info{
		Name: "catchup", Version: s.instructions.Version(),
		Commands: []string{"verpasst", "missed", "aufholen", "catchup"},
		Words:    slices.Concat(askWords, watchWords),
		Follow:   []string{"seit", "since", "letzte", "last", "gestern", "yesterday", "heute", "today", "diese woche", "this week"},
		Rooms:    true,
		Help: bots.Text{DE: "sagt, was Sie in einem Raum verpasst haben: an Sie gerichtet, entschieden, offen; mit Links",
			EN: "tells what you missed in a room: addressed to you, decided, open; with links"},
		Examples: []bots.Text{
			{DE: "In einem Raum: „@Amtsbote Was habe ich verpasst?“ oder „… seit gestern 14 Uhr“. Die Antwort erhalten nur Sie.",
				EN: "In a room: “@Amtsbote What did I miss?” or “… since yesterday 2pm”. Only you get the answer."},
			{DE: "Hier: „Was ist in Team Bürgerbüro seit Montag offen?“",
				EN: "Here: “What is open in Team Bürgerbüro since Monday?”"},
		},
	}
}

// Do implements bots.Skill.
func (s *Skill) Do(ctx context.Context, t bots.Task) (bots.Answer, error) {
	if t.Tell == nil {
		t.Tell = func(bots.Progress) {}
	}
	q := queryOf(t)
	if t.Command == "" && !q.ours {
		return bots.Answer{}, bots.ErrPass
	}
	if t.Rooms == nil {
		return bots.Answer{}, &bots.Refusal{Text: textNoRooms}
	}
	if q.watches {
		return bots.Answer{}, &bots.Refusal{Text: talk.TextWatch}
	}
	what, err := talk.StretchOf(t, q.strong)
	if err != nil {
		return bots.Answer{}, err
	}
	room, err := talk.RoomOf(ctx, t, "catchup")
	if err != nil {
		return bots.Answer{}, err
	}
	what.Span.Tell = func(n int) {
		t.Tell(bots.Progress{Done: n, Text: bots.Text{DE: "Nachrichten gelesen", EN: "messages read"}})
	}
	hist, err := t.Rooms.Read(ctx, room, what.Span)
	if err != nil {
		return bots.Answer{}, fmt.Errorf("catchup: read room: %w", err)
	}
	return s.answer(ctx, t, q, what, hist)
}

// answer tells what a history says.
func (s *Skill) answer(ctx context.Context, t bots.Task, q query, what talk.Stretch, hist bots.History) (bots.Answer, error) {
	k := &history{talk.Of(hist, what, t)}
	if err := k.Attach(ctx, t, s.read); err != nil {
		return bots.Answer{}, err
	}
	a := bots.Answer{Private: !q.public || hist.Closed, Notice: bots.Notice{Said: true}}
	if q.public && hist.Closed {
		a.Warnings = append(a.Warnings, talk.TextClosed)
	}
	for _, f := range k.Files {
		a.Read = append(a.Read, f.Read)
		a.Warnings = append(a.Warnings, f.Notes...)
	}
	r := report{talk: k, focus: q.focus}
	var err error
	if model := s.models.For(t.Class); model != nil && len(k.All) > 0 {
		err = s.byModel(ctx, t, model, &r)
	} else {
		r.notes, err = k.rules(ctx, k.Whole(), t.Now)
	}
	if err != nil {
		return bots.Answer{}, err
	}
	a.Warnings = append(a.Warnings, r.warnings...)
	a.Notice.Model, a.Notice.Place, a.Notice.Replaced = r.model, r.place, r.replaced
	r.order()
	a.Text = bots.Text{DE: r.write("de"), EN: r.write("en")}
	a.Sources = r.sources()
	return a, nil
}
