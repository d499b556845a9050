// Package research is the skill that looks questions up: in the bot's collections
// (package knowledge) and in the files of the conversation.
//
//	question ──completed──▶ passages ──▶ model ──▶ statements with [n] ──checked──▶ answer
//	                            └───────── without a model: verbatim ────────────────▲
//
// A question that goes on with the last one ("und für Hunde?") is completed first
// (query.go): by the model, or with the words of the questions before.
//
// What a person gets holds without the model's word for it (cite.go). A statement
// must name a passage that there is, and share its words; else the reference goes
// and the statement is marked. The quote below is chosen by us out of the passage, so
// that it stands there literally; what the model itself puts into quotation marks,
// and its figures, dates and names, are held against the passages by package check.
// Where nothing fits, or the model finds nothing in what fits, the answer is "Keine
// Fundstelle". Passages of different documents that give different figures for the
// same thing are named, the newer one first (contradict.go).
//
// Passages come from documents that anybody may have written. They stand between
// fences, and what looks like a reference in them is changed, so that a document
// cannot cite itself.
//
// No answer is kept here. A document that is removed is gone from the index; an
// answer that quoted it is part of the conversation of the person who asked, and is
// kept and deleted with it.
package research

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"amtsbote/bots"
	"amtsbote/skills/index"
	"amtsbote/skills/knowledge"
	"amtsbote/skills/llm"
	"amtsbote/skills/material"
)

// version of the instructions. It goes up with every change of their text.
const version = "1"

//go:embed instructions/*.txt
var instructions embed.FS

// Skill is a bots.Skill.
type Skill struct {
	library      *knowledge.Library
	material     *material.Reader
	models       llm.Choose
	instructions llm.Instructions
}

// New returns the skill. library may be nil: then there are no collections, and only
// files of conversations are searched.
func New(library *knowledge.Library, files *material.Reader, models llm.Choose, o *llm.Overrides) *Skill {
	return &Skill{library, files, models, o.Load("research", version, instructions)}
}

// Commands, by what they do.
var (
	commandsAsk   = []string{"recherche", "research"}
	commandsList  = []string{"suche", "search"}
	commandsState = []string{"wissen", "knowledge"}
)

// Info implements bots.Skill.
func (s *Skill) Info() bots.Info {
	return bots.Info{
		Name: "research", Version: s.instructions.Version(),
		Commands: slices.Concat(commandsAsk, commandsList, commandsState),
		Words: []string{"such in", "such nach", "suche in", "suche nach", "durchsuch", "recherch", "fundstelle", "wo steht", "wo finde", "in welche steht", "in welche geregelt",
			"was sagt dienstanweisung", "was sagt anweisung", "was sagt satzung", "was sagt ordnung", "was sagt richtlinie", "was regelt", "was steht in dienstanweisung", "was steht in satzung",
			"laut dienstanweisung", "laut satzung", "nach der dienstanweisung", "search in", "search for", "look up", "where does it say", "which document"},
		Follow: followCues(),
		Help: bots.Text{DE: "sucht in Sammlungen und Dateien und antwortet nur mit Fundstelle; `!suche` zeigt nur die Stellen, `!wissen` die Sammlungen",
			EN: "searches collections and files and answers only with passages; `!search` shows just these, `!knowledge` the collections"},
		Examples: []bots.Text{{DE: "Was sagt die Dienstanweisung zu Dienstreisen?", EN: "Search in the service instructions: who approves business trips?"}},
	}
}

// A search is one question on its way.
type search struct {
	s        *Skill
	t        bots.Task
	who      knowledge.Person
	cols     []*knowledge.Collection
	direct   []string // collections that are not searched in a room
	query    string
	complete bool // the query is not what the person wrote
	found    []passage
	files    material.Set
	answer   bots.Answer
}

// Do implements bots.Skill.
func (s *Skill) Do(ctx context.Context, t bots.Task) (bots.Answer, error) {
	q := &search{s: s, t: t, who: knowledge.Person{ID: t.Message.Sender, Class: t.Class, Direct: t.Message.Direct}}
	q.cols, q.direct = s.library.For(q.who)
	if slices.Contains(commandsState, t.Command) {
		return q.state(), nil
	}
	if t.Command == "" && q.passes() {
		return bots.Answer{}, bots.ErrPass
	}
	if strings.TrimSpace(t.Text) == "" {
		return bots.Answer{}, &bots.Refusal{Text: textNoQuestion}
	}
	if len(q.cols) == 0 && !filesOf(t, len(t.History)) {
		return bots.Answer{}, &bots.Refusal{Text: textNothingToSearch(q.direct)}
	}
	model := s.models.For(t.Class)
	if slices.Contains(commandsList, t.Command) {
		model = nil
	}
	if err := q.complement(ctx, model); err != nil {
		return bots.Answer{}, err
	}
	if err := q.find(ctx); err != nil {
		return bots.Answer{}, err
	}
	if err := q.reply(ctx, model); err != nil {
		return bots.Answer{}, err
	}
	return q.answer, nil
}

// reply makes the answer of what was found.
func (q *search) reply(ctx context.Context, model llm.Model) error {
	q.answer.Read, q.answer.Warnings = q.files.Read(false), append(q.answer.Warnings, q.files.Warnings(false)...)
	switch {
	case !slices.ContainsFunc(q.found, func(p passage) bool { return p.fits() }):
		q.none(nil)
	case model == nil:
		q.verbatim()
	default:
		return q.byModel(ctx, model)
	}
	return nil
}

// asksSearch is how a person says that it is to be searched, files or not.
var asksSearch = regexp.MustCompile(`(?i)\b(?:suche?n?\b|durchsuch|recherch|fundstell|sammlung|search|look up)`)

// recent is how many turns back a file is still what a question is about.
const recent = 4

// passes reports whether a message that no command sent here is another skill's: there
// is nothing to search, it is about a file that was just sent, or goes on with more than
// a question.
func (q *search) passes() bool {
	none := len(q.cols) == 0 && len(q.direct) == 0
	if asksSearch.MatchString(q.t.Text) {
		return none && !filesOf(q.t, len(q.t.History))
	}
	return none || filesOf(q.t, recent) || followUp.MatchString(q.t.Text) && otherWork.MatchString(q.t.Text)
}

// filesOf reports whether there are files in the message or the last turns before it.
func filesOf(t bots.Task, turns int) bool {
	if len(t.Message.Files) > 0 {
		return true
	}
	return slices.ContainsFunc(t.History[max(0, len(t.History)-turns):], func(h bots.Turn) bool { return !h.Bot && len(h.Files) > 0 })
}

// byModel has a model answer. If the server finds the prompt too long, although the
// estimate did not, it is given less; in the end the person sees the passages.
func (q *search) byModel(ctx context.Context, model llm.Model) error {
	for budget := model.Budget(); ; budget = budget * 2 / 3 {
		err := q.ask(ctx, model, budget)
		switch {
		case errors.Is(err, llm.ErrTooLong) && budget > minBudget:
			continue
		case errors.Is(err, llm.ErrTooLong):
			q.verbatim()
			q.answer.Warnings = append(q.answer.Warnings, textNoRoom)
		case err != nil:
			return fmt.Errorf("research: %w", err)
		}
		return nil
	}
}

// minBudget is the least that a prompt is cut down to.
const minBudget = 1024

// fits reports whether a passage speaks of what was asked, as far as can be told
// without understanding.
func (p passage) fits() bool { return p.share >= index.Weak || p.semantic }
