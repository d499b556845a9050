// Package plain is the skill that makes texts plain: clear German of an office
// (bürgernah), Einfache Sprache after DIN 8581-1:2024, Leichte Sprache after DIN
// SPEC 33429, the rules of Netzwerk Leichte Sprache and BITV 2.0 Anlage 2; and that
// says, without a model, how plain a text is.
//
//	text ─▶ parts ─model, several at once─▶ measured ─breaks the level?─▶ once more
//	                                        facts held both ways         └▶ what remains is listed
//
// The rule works are named, not copied: they say "short sentences", and the figures
// in level.go are this package's reading. What is measured (measure.go, passive.go,
// grammar.go, words.go) is found by rules whose precision and recall a corpus of
// sentences labelled by hand holds. No library does this for German: textstat and
// readability modules count syllables of English, and taggers (spaCy, prose) need
// models that are larger than Amtsbote.
//
// No fact may be lost or added: package check holds the source against the result
// and the result against the source. What was added is marked, what was lost is told.
package plain

import (
	"context"
	"embed"
	"regexp"
	"slices"
	"strings"

	"amtsbote/bots"
	"amtsbote/skills/llm"
	"amtsbote/skills/material"
)

// version of the instructions. It goes up with every change of their texts.
const version = "1"

//go:embed instructions/*.txt
var instructions embed.FS

// Skill is a bots.Skill.
type Skill struct {
	material     *material.Reader
	models       llm.Choose
	instructions llm.Instructions
}

// New returns the skill. models may have no model: then it only measures.
func New(r *material.Reader, models llm.Choose, o *llm.Overrides) *Skill {
	return &Skill{r, models, o.Load("plain", version, instructions)}
}

// Info implements bots.Skill.
func (s *Skill) Info() bots.Info {
	return bots.Info{
		Name: "plain", Version: s.instructions.Version(),
		Commands: []string{"einfach", "plain", "leicht", "bürgernah", "verständlichkeit", "readability"},
		Words: []string{"einfacher sprache", "einfache sprache", "einfach sprache", "leichter sprache", "leichte sprache", "leicht sprache", "verständlicher", "verständlich formulier", "verständlich schreib",
			"bürgernah", "bürgerfreundlich", "bürgerverständlich", "verständlichkeit", "lesbarkeit", "plain language", "plain german", "easy language", "easy read", "readability"},
		Follow: []string{"einfacher", "leichter", "leichte sprache", "leichter sprache", "einfache sprache", "einfacher sprache", "bürgernah", "verständlich", "kürz", "länger", "ohne", "nochmal", "noch einmal", "ergänz", "ersetz", "erklär", "simpler", "shorter", "again", "without"},
		Help: bots.Text{DE: "schreibt bürgernah, in Einfache oder Leichte Sprache um (mit Sprachmodell) und prüft die Verständlichkeit",
			EN: "rewrites German in clear, plain or easy language (with a language model) and checks how readable it is"},
		Examples: []bots.Text{{DE: "Schicken Sie mir einen Text und schreiben Sie: „In Leichter Sprache.“ Oder: „Prüfe die Verständlichkeit.“",
			EN: "Send me a text and write: “In easy language.” Or: “Check the readability.”"}},
	}
}

// A wish is what rules understand of a message.
type wish struct {
	level Level
	check bool   // only measure
	says  string // beside the text
	text  string // below it
}

var (
	easyCue   = regexp.MustCompile(`(?i)\b(?:leicht(?:e|er|en)? sprache|leicht lesen|easy)\b`)
	clearCue  = regexp.MustCompile(`(?i)\b(?:bürgernah\pL*|bürgerfreundlich\pL*|bürgerverständlich\pL*|verständlicher)`)
	simpleCue = regexp.MustCompile(`(?i)\b(?:einfach(?:e|er|en)? sprache|plain)\b`)
	checkCue  = regexp.MustCompile(`(?i)\b(?:verständlichkeit|lesbarkeit|readability)\b`)
	moreCue   = regexp.MustCompile(`(?i)\b(?:einfacher|leichter|simpler)\b`)
	cue       = regexp.MustCompile(`(?i)sprache|verständlich|bürger|plain|easy|lesbarkeit|readab|bitte|please|text`)
	asking    = regexp.MustCompile(`(?i)^\W*(?:was|wer|wann|wo|wie|warum|wieso|welch\pL*|ist|gibt|muss|what|who|when|where|how|why|which|is|are)\b`)
)

// wishOf reads the wish of a message.
func wishOf(t bots.Task) (w wish) {
	w.says, w.text = split(strings.TrimSpace(t.Text), t.Command != "")
	last := lastLevel(t)
	switch {
	case easyCue.MatchString(w.says) || t.Command == "leicht":
		w.level = Easy
	case clearCue.MatchString(w.says) || t.Command == "bürgernah":
		w.level = Clear
	case simpleCue.MatchString(w.says) || t.Command == "einfach" || t.Command == "plain":
		w.level = Simple
	case last == Clear && moreCue.MatchString(w.says):
		w.level = Simple
	case last == Simple && moreCue.MatchString(w.says):
		w.level = Easy
	default:
		w.level = last
	}
	w.check = t.Command == "verständlichkeit" || t.Command == "readability" || t.Command == "" && checkCue.MatchString(w.says)
	if w.level == "" {
		w.level = map[bool]Level{true: Clear, false: Simple}[w.check]
	}
	return w
}

// lastLevel is the level of the bot's last answer, if it was this skill's.
func lastLevel(t bots.Task) Level {
	for i := range slices.Backward(t.History) {
		h := t.History[i]
		if !h.Bot {
			continue
		}
		for _, l := range []Level{Easy, Simple, Clear} {
			if h.Skill == "plain" && strings.Contains(h.Text, "**"+l.title()) {
				return l
			}
		}
		break
	}
	return ""
}

// split parts a message into the wish and the text below it. After a command all
// may be the text.
func split(s string, command bool) (says, text string) {
	says, text = material.Divide(s, cue.MatchString)
	if text == "" && command && len(strings.Fields(s)) > 8 {
		return "", s
	}
	return says, text
}

// Do implements bots.Skill.
func (s *Skill) Do(ctx context.Context, t bots.Task) (bots.Answer, error) {
	if t.Command == "" && (t.Message.Letter() || strings.HasSuffix(strings.TrimSpace(t.Text), "?") && asking.MatchString(t.Text)) {
		return bots.Answer{}, bots.ErrPass
	}
	w := wishOf(t)
	j := job{skill: s, task: t, wish: w, from: []string{t.Message.ID}}
	a, err := j.gather(ctx)
	if err != nil {
		return a, err
	}
	switch {
	case j.text == "" && t.Command == "":
		return a, bots.ErrPass
	case j.text == "":
		return a, &bots.Refusal{Text: textWhat}
	case w.check:
		a.Text = report(j.text, w.level)
		return a, nil
	}
	if j.model = s.models.For(t.Class); j.model == nil {
		return a, &bots.Refusal{Text: textNoModel}
	}
	llm.Learn(j.model, nil, j.text) // it is asked in parts
	return a, j.rewrite(ctx, &a)
}

// gather finds the text: in the message, in its files, the last result, or in the
// files sent before.
func (j *job) gather(ctx context.Context) (a bots.Answer, err error) {
	if j.text = j.wish.text; j.text != "" {
		return a, nil
	}
	if last, ok := material.Last(j.task); ok && len(j.task.Message.Files) == 0 {
		j.text, j.draft, j.from = last.Text, last.Draft, append(j.from, last.From...)
		return a, nil
	}
	set, err := j.skill.material.Gather(ctx, j.task, material.Want{})
	if err != nil {
		return a, err
	}
	if len(set.Files) > 0 && !set.Readable() {
		return a, &bots.Refusal{Text: set.Nothing()}
	}
	var all []string
	for _, f := range set.Files {
		all, j.from = append(all, strings.TrimSpace(f.Doc.Text())), append(j.from, f.Origin)
	}
	j.text, j.coverage = strings.TrimSpace(strings.Join(all, "\n\n")), set.Coverage()
	a.Read, a.Warnings = set.Read(true), set.Warnings(true)
	return a, nil
}
