// Package translate is the skill that translates: the text of a message, what the
// bot wrote last, or files. It needs a language model, and trusts it with nothing.
//
//	text ──▶ paragraphs, numbered ──▶ batches ──model, several at once──▶ each paragraph judged
//	                                                      ▲ alone, with the reason │wrong
//	                                                      └────────────────────────┘
//
// Each paragraph of the source has its counterpart (segment.go, work.go). What the
// model does not give even when asked for it alone stays in the original and is
// marked. Figures, dates, codes, currencies, laws and names must be on both sides,
// in the spelling of either language (claims.go, compare.go), terms of the
// authority's glossary as it says (glossary.go); what is not is marked and listed.
// What was made of a batch is kept by the hash of what it was made from (Task.Memo).
//
// DOCX and ODT files come back as what they were, with other words (layout.go);
// any other file as a new DOCX with its paragraphs (files.go).
//
// A machine's translation is never an official one: each answer and each file says
// so. What this cannot see is a sentence that is wrong without a figure or a name;
// no finding does not mean that a translation is right.
//
// Not used: package condense, which may leave out what this must not, and package
// answer, whose one text with one second try is here one paragraph of many; links
// that the source lacks go out by llm.KeepLinks as there.
package translate

import (
	"context"
	"embed"
	"strings"

	"amtsbote/bots"
	"amtsbote/skills/facts"
	"amtsbote/skills/llm"
	"amtsbote/skills/material"
)

// version of the instructions. It goes up with every change of their texts.
const version = "1"

// name of the skill.
const name = "translate"

//go:embed instructions/*.txt
var instructions embed.FS

// maxText is how many bytes are translated in one go: some 300 pages.
const maxText = 1 << 20

// maxChat is from how many bytes a text comes back as a file.
const maxChat = 16 << 10

// Skill is a bots.Skill.
type Skill struct {
	glossary     glossary
	material     *material.Reader
	layout       Rewriter
	models       llm.Choose
	instructions llm.Instructions
}

// New returns the skill. layout may be nil: then each file comes back as a new DOCX.
// The error says what is wrong with the glossary.
func New(c Config, r *material.Reader, layout Rewriter, models llm.Choose, o *llm.Overrides) (*Skill, error) {
	g, err := c.load()
	return &Skill{g, r, layout, models, o.Load(name, version, instructions)}, err
}

// Info implements bots.Skill.
func (s *Skill) Info() bots.Info {
	words, follow := cues()
	return bots.Info{
		Name: name, Version: s.instructions.Version(),
		Commands: []string{"übersetzen", "translate", "uebersetzen"},
		Words:    words, Follow: follow,
		Last: true, Model: true,
		Help: bots.Text{DE: "übersetzt Texte, Dateien und meine letzte Antwort; keine amtliche Übersetzung",
			EN: "translates texts, files and my last answer; no official translation"},
		Examples: []bots.Text{{DE: "Schicken Sie mir eine Datei und schreiben Sie: „Übersetze das ins Türkische.“",
			EN: "Send me a file and write: “Translate this into Turkish.”"}},
	}
}

// theirs are the languages in which other skills write their last answer anew if
// they are asked to ("auf Englisch"), which is better than a translation of it.
var theirs = map[string]string{"draft": "de en", "summary": "de en", "phrase": "de en fr"}

// Do implements bots.Skill.
func (s *Skill) Do(ctx context.Context, t bots.Task) (bots.Answer, error) {
	last := lastTurn(t)
	asked := last != nil && last.Skill == name && isQuestion(last.Text)
	w, ok := parse(t.Command, t.Text, asked)
	if !ok || t.Command == "" && !verb.MatchString(t.Text) && (t.Message.Letter() || len(t.Message.Files) == 0 && w.text == "" && last != nil && strings.Contains(theirs[last.Skill], w.to)) {
		return bots.Answer{}, bots.ErrPass
	}
	model := s.models.For(t.Class)
	if model == nil {
		return bots.Answer{}, &bots.Refusal{Text: textNoModel}
	}
	if len(w.several) > 0 {
		return bots.Answer{}, &bots.Refusal{Text: textSeveral}
	}
	src := w.find(t)
	j := job{Skill: s, t: t, wish: w, model: model}
	switch {
	case len(src.files) > 0:
		return j.files(ctx, src)
	case src.text != "":
		return j.text(ctx, src)
	}
	return bots.Answer{}, &bots.Refusal{Text: textNothing}
}

func lastTurn(t bots.Task) *bots.Turn {
	if n := len(t.History); n > 0 && t.History[n-1].Bot {
		return &t.History[n-1]
	}
	return nil
}

// A job is one request.
type job struct {
	*Skill
	t     bots.Task
	wish  wish
	model llm.Model
}

// direction settles from which language into which a text is translated. It
// returns a question or an answer for the person where that is not clear.
func (j job) direction(text string) (from, to string, say bots.Text) {
	from, to = j.wish.from, j.wish.to
	if from == "" {
		from = facts.Language(text)
	}
	if from == "" && to != "de" && looksGerman(text) {
		from = "de"
	}
	if to == "" && from != "" && from != "de" {
		to = "de"
	}
	switch {
	case to == "":
		return from, to, textWhich
	case from == to && j.wish.from == "":
		return from, to, textSame(to)
	case from == to:
		from = ""
	}
	return from, to, bots.Text{}
}

// looksGerman reports whether a text too short to be recognised has letters that
// only German has.
func looksGerman(text string) bool { return strings.ContainsAny(text, "ß") }

// work returns what translates a text of the conversation.
func (j job) work(from, to, id string) *work {
	var ids []string
	if id != "" {
		ids = []string{id}
	}
	return &work{t: j.t, model: j.model, ins: j.instructions, glossary: j.glossary, from: from, to: to, ids: ids}
}

// text translates a text of the conversation, in the chat.
func (j job) text(ctx context.Context, src source) (bots.Answer, error) {
	if len(src.text) > maxText {
		return bots.Answer{}, &bots.Refusal{Text: textTooLong}
	}
	segs := segments(src.text)
	from, to, say := j.direction(src.text)
	if !say.IsZero() {
		return bots.Answer{Text: say, Notice: bots.Notice{Said: true}}, nil
	}
	w := j.work(from, to, src.id)
	all, err := w.translate(ctx, segs)
	if err != nil {
		return bots.Answer{}, err
	}
	list := report(all)
	a := bots.Answer{Notice: w.notice}
	if warn := warning(all); !warn.IsZero() {
		a.Warnings = append(a.Warnings, warn)
	}
	if len(src.text) > maxChat {
		file, err := j.docx("Text", all, w)
		if err != nil {
			return bots.Answer{}, err
		}
		a.Files, a.Text = []bots.File{file}, said("Text", bots.Literal(file.Name), from, to, all, textNewFile)
		return a, nil
	}
	body := chat(all, src.marks)
	a.Text = bots.Text{
		DE: body.DE + "\n\n*" + disclaimer(from, to).DE + "*" + list.DE,
		EN: body.EN + "\n\n*" + disclaimer(from, to).EN + "*" + list.EN}
	return a, nil
}
