// Package redact is the skill that blacks out or replaces personal data in files
// and texts before they are handed on.
//
//	file ──child──▶ text ──personal.Find──▶ proposal ⇄ person ──"ok"──▶ new file ──child──▶ checked
//
// Nothing is released unasked: the skill proposes a numbered list (propose.go), the
// conversation corrects it (decide.go), and only a release makes a file.
//
// What is released is a new file, made from the text that was read and nothing
// else (release.go): properties, comments, tracked changes, hidden text, embedded
// files, pictures, field codes and whatever else the original carries along are
// not removed but never copied. To rewrite the original's own XML was judged: it
// keeps the layout, but each part of a format that is overlooked leaks, and foreign
// XML would have to be parsed outside the child. So headings, fonts and pictures
// are lost; paragraphs, lists, tables and pages stay.
//
// Before a file leaves it is read back in a child, and its bytes are searched: if
// anything is left of what was accepted, nothing is released. No answer calls a
// file free of personal data: a fixed sentence asks people to check it.
package redact

import (
	"context"
	"errors"
	"slices"
	"strings"

	"amtsbote/bots"
	"amtsbote/skills/document"
	"amtsbote/skills/llm"
	"amtsbote/skills/material"
)

// version of the skill and its instructions.
const version = "1"

// minText is how many bytes of a message's own text are worth redacting.
const minText = 20

// Skill is a bots.Skill.
type Skill struct {
	material     *material.Reader
	read         document.ReadFunc
	models       llm.Choose
	instructions llm.Instructions
}

// New returns the skill. read reads back what it wrote.
func New(r *material.Reader, read document.ReadFunc, models llm.Choose, o *llm.Overrides) *Skill {
	return &Skill{r, read, models, o.Load("redact", version, instructions)}
}

// Info implements bots.Skill.
func (s *Skill) Info() bots.Info {
	return bots.Info{
		Name: "redact", Version: s.instructions.Version(),
		Commands: []string{"schwärzen", "redact", "anonymisieren", "anonymize", "anonymise", "schwaerzen"},
		Words:    []string{"schwärz", "geschwärzt", "schwaerz", "anonymisier", "pseudonymisier", "redact", "anonymi", "black out"},
		Follow: []string{"ok", "freigeb", "freigabe", "frei", "gib", "passt", "einverstanden", "ordnung", "nicht", "ohne", "stehen", "doch", "auch", "zusätzlich", "heißt", "heisst", "alle", "schwarz", "schwärz", "balken", "platzhalter",
			"als", "behörde", "unterzeichn", "release", "approve", "not", "without", "except", "keep", "also", "called", "black", "bars", "placeholder", "as", "all", "office"},
		Help: bots.Text{DE: "schlägt Schwärzungen oder Ersetzungen personenbezogener Daten vor und gibt nach Ihrem Ok eine neue Datei heraus",
			EN: "proposes what personal data to black out or replace, and gives a new file after your ok"},
		Examples: []bots.Text{{DE: "Schicken Sie mir eine Datei und schreiben Sie: „Schwärze die personenbezogenen Daten.“",
			EN: "Send me a file and write: “Redact the personal data.”"}},
	}
}

// Do implements bots.Skill.
func (s *Skill) Do(ctx context.Context, t bots.Task) (bots.Answer, error) {
	if t.Tell == nil {
		t.Tell = func(bots.Progress) {}
	}
	wish, text := split(t)
	if t.Memo == nil { // the command line, where the skill is asked for by its name
		return s.begin(ctx, t, wish, text)
	}
	begins := len(t.Message.Files) > 0 || text != ""
	if !begins && t.Command == "" && !asks.MatchString(wish) && !speaks(wish) {
		return bots.Answer{}, bots.ErrPass
	}
	if !begins {
		st, err := load(ctx, t)
		if err != nil {
			return bots.Answer{}, err
		}
		begins = st == nil || sentSince(t, st.From) && (t.Command != "" || asks.MatchString(wish))
		if !begins && (speaks(wish) || t.Command != "" && wish == "") {
			return s.goOn(ctx, t, st)
		}
	}
	if t.Command == "" && !asks.MatchString(wish) {
		return bots.Answer{}, bots.ErrPass
	}
	return s.begin(ctx, t, wish, text)
}

// sentSince reports whether files came after a message.
func sentSince(t bots.Task, id string) bool {
	for _, turn := range slices.Backward(t.History) {
		switch {
		case turn.ID == id:
			return false
		case !turn.Bot && len(turn.Files) > 0:
			return true
		}
	}
	return false
}

// split parts what a person wrote into the wish and the text to redact. Behind a
// command all is text that is not plainly a wish.
func split(t bots.Task) (wish, text string) {
	if wish, text = behindColon(t.Text); text != "" && (t.Command == "" || wishOnly(wish)) {
		return wish, text
	}
	if t.Command == "" || len(t.Message.Files) > 0 || len(t.Text) < minText || wishOnly(greeting.ReplaceAllString(t.Text, "")) || len(t.Text) < 200 && (adding.MatchString(t.Text) || renaming.MatchString(t.Text)) {
		return t.Text, ""
	}
	return "", t.Text
}

// begin proposes what to replace in new material.
func (s *Skill) begin(ctx context.Context, t bots.Task, wish, text string) (bots.Answer, error) {
	st := &state{Style: styleOf(wish), Format: formatOf(wish), Only: kindsWanted(wish), Text: text}
	source := t
	source.Text = text
	set, err := s.material.Gather(ctx, source, material.Want{Text: minText})
	if err != nil {
		return bots.Answer{}, err
	}
	if len(set.Files) == 0 {
		if t.Command == "" {
			return bots.Answer{}, bots.ErrPass
		}
		return bots.Answer{}, &bots.Refusal{Text: textNothing}
	}
	if !set.Readable() {
		return bots.Answer{}, &bots.Refusal{Text: set.Nothing()}
	}
	if set.Files[0].Name != "" {
		st.Text = ""
	}
	st.From = set.Files[0].Origin
	j := newJob(t, st, set)
	st.Hash = j.hash()
	if err := s.askModel(ctx, j); err != nil {
		return bots.Answer{}, err
	}
	j.find()
	if t.Memo == nil && hasAny(wordsOf(wish), frees) { // no conversation in which to say ok
		return s.release(ctx, j)
	}
	if err := save(ctx, t, st); err != nil {
		return bots.Answer{}, err
	}
	return j.propose(bots.Text{}), nil
}

// goOn does what the person says about a proposal.
func (s *Skill) goOn(ctx context.Context, t bots.Task, st *state) (bots.Answer, error) {
	source, ok := sourceOf(t, st)
	if !ok {
		return bots.Answer{}, &bots.Refusal{Text: textGone}
	}
	set, err := s.material.Gather(ctx, source, material.Want{Text: minText})
	if err != nil {
		return bots.Answer{}, err
	}
	j := newJob(t, st, set)
	if len(set.Files) == 0 || j.hash() != st.Hash {
		return bots.Answer{}, &bots.Refusal{Text: textGone}
	}
	j.find()
	added := len(st.Names) + len(st.Plain)
	said, err := j.decide(t.Text)
	if errors.Is(err, errNotUnderstood) {
		if t.Command == "" {
			return bots.Answer{}, bots.ErrPass
		}
	} else if err != nil {
		return bots.Answer{}, err
	}
	if len(st.Names)+len(st.Plain) > added { // else the same would be found
		j.find()
	}
	if err := save(ctx, t, st); err != nil {
		return bots.Answer{}, err
	}
	if said.release {
		return s.release(ctx, j)
	}
	return j.propose(said.text), nil
}

// sourceOf returns a task that stands where the material came from.
func sourceOf(t bots.Task, st *state) (bots.Task, bool) {
	source := t
	source.Message.Files, source.Text = nil, st.Text
	if st.Text != "" {
		source.Message.ID = st.From
		return source, true
	}
	for i, turn := range t.History {
		if turn.ID == st.From && !turn.Bot {
			source.History = t.History[:i+1]
			return source, true
		}
	}
	return source, false
}

// behindColon parts a request from the text behind it: "Schwärze das: …". The
// greeting of a mail is no text.
func behindColon(text string) (wish, rest string) {
	wish, rest, ok := strings.Cut(text, ":")
	if !ok || len(wish) > 200 || strings.Contains(wish, "\n") {
		if wish, rest, ok = strings.Cut(text, "\n"); !ok || len(wish) > 200 {
			return text, ""
		}
	}
	if rest = strings.TrimSpace(rest); len(rest) < minText || greeting.MatchString(rest) && greeting.FindStringIndex(rest)[0] == 0 {
		return text, ""
	}
	return wish, rest
}
