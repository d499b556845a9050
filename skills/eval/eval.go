// Package eval tries out a bot on a set of cases: what it is asked, and what its
// answer must and must not hold. It says how good a model or a change of
// instructions is before people have to find out.
//
//	set (YAML, files) ──Load──▶ cases ──Runner.Run──▶ records ──Compare──▶ table, regressions
//	                                     └ bots.Bot.Ask: routed and answered as in a chat
//
// A verdict needs no model: facts are found in any spelling ("12.500 €" is "EUR
// 12.500,00") by skills/check, sources are what the answer cites, length is
// counted. What no rule can judge (tone, whether a sentence follows from another)
// is not judged. A case that needs a model is skipped without one and never counts
// as passed.
//
// Sets are the operator's own. What is kept of a run holds names of cases, verdicts
// and figures, no text of cases or answers.
//
// Refused: promptfoo and its like (a second runtime, and a judge that is a model
// itself: its verdicts change with it); Go's testing as runner (an authority has a
// binary, no compiler). yaml.v3 reads sets, as it reads the configuration.
package eval

import (
	"io/fs"
	"time"
)

// A Kind is what came back.
type Kind string

const (
	Answer  Kind = "answer"  // a text for the person
	Draft   Kind = "draft"   // at least one letter to check and send
	File    Kind = "file"    // at least one file that the skill made
	Refusal Kind = "refusal" // it was said why it does not work
	Skip    Kind = "skip"    // no answer is owed
)

// What a case can require of the machine.
const (
	requiresModel = "model" // a language model that may see the bot's class
	requiresNone  = "none"  // that there is none: the case is about the built-in engine
	requiresOCR   = "ocr"   // text recognition
)

// A Set is cases that are run together. Names of cases are unique in it.
type Set struct {
	Name   string
	Digest string // of everything that was loaded but the files of cases
	Cases  []Case
}

// A Case is a message, what came before it, and what is expected of the answer.
type Case struct {
	Name     string   `yaml:"name"`
	Skill    string   `yaml:"skill"`    // asked as by its command; empty: routed like a chat message
	By       string   `yaml:"by"`       // the skill that must answer
	Needs    []string `yaml:"needs"`    // skills without which the case is skipped
	Requires string   `yaml:"requires"` // model, none, ocr; empty: nothing

	Language  string    `yaml:"language"`  // of the person: de (default), en
	Text      string    `yaml:"text"`      // what the person writes
	Files     []Input   `yaml:"files"`     // sent with it
	Letter    Input     `yaml:"letter"`    // a mail; with a text it is dropped into the chat, else it came to a watched mailbox
	Forwarded string    `yaml:"forwarded"` // the colleague who forwarded Letter
	Room      Input     `yaml:"room"`      // a room as Element exports it
	As        string    `yaml:"as"`        // who asks in the room
	Before    []Earlier `yaml:"before"`    // earlier turns, oldest first
	Now       time.Time `yaml:"now"`       // when it is asked; default: the file's, else the clock

	Kind        Kind     `yaml:"kind"` // default: answer, draft or file, whichever
	Look        Kind     `yaml:"look"` // where facts and length are looked for: answer, draft, file; default: in all that came, length in the draft if there is one
	Must        []Want   `yaml:"must"`
	MustNot     []Want   `yaml:"must_not"`
	Sources     []Source `yaml:"sources"`
	SourcesOnly bool     `yaml:"sources_only"` // no other source may be cited
	Length      Length   `yaml:"length"`
	Salutation  []string `yaml:"salutation"` // the draft begins with one of these
	To          string   `yaml:"to"`         // the only address that the draft goes to
	Speaks      string   `yaml:"speaks"`     // language of the answer or draft, such as "en"

	file string // of the set, to point at it
	line int
	fsys fs.FS // of Input.From
}

// An Earlier is a turn before the question. Without Answer the bot is asked, and
// what it answers now is what is gone on with.
type Earlier struct {
	Text   string  `yaml:"text"`
	Files  []Input `yaml:"files"`
	Answer string  `yaml:"answer"`
	By     string  `yaml:"by"` // the skill that gave Answer
}

// An Input is a file: content in the set or a file beside it.
type Input struct {
	Name    string
	From    string // path below the folder of the set's file
	Content string
}

// A Source must be cited.
type Source struct {
	File string `yaml:"file"` // empty: any
	Page int    `yaml:"page"` // 0: any
}

// Length is the most that an answer may have. What stands in italics on a line of
// its own (which pages were covered) does not count. Zero: no limit.
type Length struct {
	Words     int `yaml:"words"`
	Sentences int `yaml:"sentences"`
	Points    int `yaml:"points"` // items of lists
}

// Where says where a case stands, for messages: file and line.
func (c Case) Where() (file string, line int) { return c.file, c.line }

// group is the row of the table that a case counts in.
func (c Case) group() string {
	for _, s := range append([]string{c.Skill, c.By}, c.Needs...) {
		if s != "" {
			return s
		}
	}
	return "routed"
}
