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
		Follow: []string{"ok", "okay", "freigeb", "freigabe", "passt", "nicht", "doch", "auch", "heißt", "heisst", "alle", "schwarz", "schwärz", "platzhalter",
			"als", "behörde", "unterzeichn", "release", "approve", "not", "also", "called", "placeholder", "as", "all", "office"},
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
	// A message with material of its own begins anew; any other may go on.
	begins := len(t.Message.Files) > 0 || t.Command != "" && len(t.Text) >= 200
	if !begins && t.Command == "" && !asks.MatchString(t.Text) && !maySay.MatchString(t.Text) {
		return bots.Answer{}, bots.ErrPass
	}
	if !begins {
		st, err := load(ctx, t)
		if err != nil {
			return bots.Answer{}, err
		}
		if st != nil && (maySay.MatchString(t.Text) || t.Command != "" && t.Text == "" && newest(t) == st.From) {
			return s.goOn(ctx, t, st)
		}
	}
	if t.Command == "" && !asks.MatchString(t.Text) {
		return bots.Answer{}, bots.ErrPass
	}
	return s.begin(ctx, t)
}

// newest returns the message of the conversation that last brought files.
func newest(t bots.Task) string {
	for i := len(t.History) - 1; i >= 0; i-- {
		if turn := t.History[i]; !turn.Bot && len(turn.Files) > 0 {
			return turn.ID
		}
	}
	return ""
}

// begin proposes what to replace in new material.
func (s *Skill) begin(ctx context.Context, t bots.Task) (bots.Answer, error) {
	st := &state{Style: styleOf(t.Text), Format: formatOf(t.Text), Only: kindsIn(t.Text)}
	source := t
	if t.Command == "" {
		source.Text = behindColon(t.Text)
	}
	if len(source.Text) >= minText {
		st.Text = source.Text
	}
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
	if t.Memo == nil && releases(t.Text) { // the command line has no conversation
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
	said, err := j.decide(t.Text)
	if errors.Is(err, errNotUnderstood) {
		if t.Command == "" {
			return bots.Answer{}, bots.ErrPass
		}
	} else if err != nil {
		return bots.Answer{}, err
	}
	j.find()
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

// behindColon returns the text behind a request: "Schwärze das: …", or nothing.
func behindColon(text string) string {
	head, rest, ok := strings.Cut(text, ":")
	if !ok || len(head) > 200 || strings.Contains(head, "\n") {
		if head, rest, ok = strings.Cut(text, "\n"); !ok || len(head) > 200 {
			return ""
		}
	}
	return strings.TrimSpace(rest)
}
