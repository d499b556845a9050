package eval

import (
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// goodName matches a name of any length: a bound in it would cost each start of the
// program milliseconds.
var goodName = regexp.MustCompile(`^[\pL\d][\pL\d .,:_()-]*$`)

const maxName = 100 // characters

// validate reports all that is wrong with a case, so that one which could never
// fail, or never pass, is not taken for one that says something.
func (c *Case) validate(known []string) (errs []error) {
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if !goodName.MatchString(c.Name) || utf8.RuneCountInString(c.Name) > maxName {
		bad("name: missing, too long or with other marks than . , : _ ( ) -")
	}
	for key, name := range map[string]string{"skill": c.Skill, "by": c.By} {
		if name != "" && !slices.Contains(known, name) && !slices.Contains(c.Needs, name) {
			bad("%s: %q is none of %s; one that does not exist yet is named under needs too", key, name, strings.Join(known, ", "))
		}
	}
	oneOf := func(key, value string, values ...string) {
		if value != "" && !slices.Contains(values, value) {
			bad("%s: %q is none of %s", key, value, strings.Join(values, ", "))
		}
	}
	oneOf("requires", c.Requires, requiresModel, requiresNone, requiresOCR)
	oneOf("language", c.Language, "de", "en")
	oneOf("kind", string(c.Kind), string(Answer), string(Draft), string(File), string(Refusal), string(Skip))
	oneOf("look", string(c.Look), string(Answer), string(Draft), string(File))
	if min(c.Length.Words, c.Length.Sentences, c.Length.Points) < 0 {
		bad("length: less than nothing")
	}
	errs = append(errs, c.asks()...)
	errs = append(errs, c.expects()...)
	for _, in := range c.inputs() {
		if err := in.check(c.fsys); err != nil {
			errs = append(errs, err)
		}
	}
	return errs
}

// asks reports what is wrong with the question.
func (c *Case) asks() (errs []error) {
	if c.Text == "" && len(c.Files) == 0 && !c.Letter.given() && !c.Room.given() {
		errs = append(errs, errors.New("nothing is asked: text, files, letter or room is missing"))
	}
	if c.Letter.given() && len(c.Files) > 0 {
		errs = append(errs, errors.New("letter: is the only file of its message"))
	}
	if c.Forwarded != "" && (!c.Letter.given() || c.Text != "") {
		errs = append(errs, errors.New("forwarded: needs a letter and no text: what the colleague wrote stands in the letter"))
	}
	if c.Room.given() && (c.Skill == "" || len(c.Files) > 0 || c.Letter.given()) {
		errs = append(errs, errors.New("room: needs a skill and no other file"))
	}
	if c.As != "" && !c.Room.given() {
		errs = append(errs, errors.New("as: needs a room"))
	}
	for i, b := range c.Before {
		if b.Text == "" && len(b.Files) == 0 {
			errs = append(errs, fmt.Errorf("before[%d]: text or files is missing", i))
		}
		if (b.By == "") != (b.Answer == "") {
			errs = append(errs, fmt.Errorf("before[%d]: answer and by go together", i))
		}
	}
	return errs
}

// expects reports what is wrong with the expectations.
func (c *Case) expects() (errs []error) {
	drafted := len(c.Salutation) > 0 || c.To != ""
	if drafted && c.Kind != Draft {
		errs = append(errs, errors.New("salutation, to: need kind: draft"))
	}
	if (c.Kind == Refusal || c.Kind == Skip) && (c.Look != "" || len(c.Sources) > 0) {
		errs = append(errs, fmt.Errorf("kind: a %s has no sources, draft or file", c.Kind))
	}
	for _, s := range c.Sources {
		if s.Page < 0 || s == (Source{}) {
			errs = append(errs, errors.New("sources: file or page is missing"))
		}
	}
	if c.SourcesOnly && len(c.Sources) == 0 {
		errs = append(errs, errors.New("sources_only: needs sources"))
	}
	for _, w := range c.Must {
		for _, not := range c.MustNot {
			if w.String() == not.String() {
				errs = append(errs, fmt.Errorf("line %d: must and must_not want the same", not.line))
			}
		}
	}
	if c.Kind == "" && c.By == "" && c.Speaks == "" && len(c.Must)+len(c.MustNot)+len(c.Sources) == 0 && c.Length == (Length{}) {
		errs = append(errs, errors.New("nothing is expected: the case could not fail"))
	}
	return errs
}

// check reports whether a file is there and of a size that can be read.
func (in Input) check(fsys fs.FS) error {
	if in.From == "" {
		return nil
	}
	if !fs.ValidPath(in.From) {
		return fmt.Errorf("file %s: leads out of the folder of the set", in.From)
	}
	info, err := fs.Stat(fsys, in.From)
	switch {
	case err != nil:
		return fmt.Errorf("file: %w", err)
	case !info.Mode().IsRegular():
		return fmt.Errorf("file %s: is no regular file", in.From)
	case info.Size() > maxInput:
		return fmt.Errorf("file %s: larger than %d MB", in.From, maxInput>>20)
	}
	return nil
}
