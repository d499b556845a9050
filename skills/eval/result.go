package eval

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// A State is what became of a case.
type State string

const (
	Passed  State = "passed"
	Failed  State = "failed"
	Skipped State = "skipped" // cannot be run here: never counted as passed
	Failing State = "error"   // neither answer nor refusal came: nothing is said about quality
	Stopped State = "stopped" // the run ended before
)

// A Record is what is kept of a case. It has no text of case or answer.
type Record struct {
	Name      string  `json:"name"`
	Skill     string  `json:"skill"` // the row that it counts in
	State     State   `json:"state"`
	Why       string  `json:"why,omitempty"` // why it was skipped
	File      string  `json:"file,omitempty"`
	Line      int     `json:"line,omitempty"`
	Faults    []Fault `json:"faults,omitempty"`
	Found     int     `json:"found,omitempty"` // facts of must
	Missed    int     `json:"missed,omitempty"`
	Forbidden int     `json:"forbidden,omitempty"` // facts of must_not that were there
	Cited     int     `json:"cited,omitempty"`     // sources
	Uncited   int     `json:"uncited,omitempty"`   // missing, or not wanted
	Measured  bool    `json:"measured,omitempty"`  // a length was wanted
	Long      bool    `json:"long,omitempty"`
	Seconds   float64 `json:"seconds"`
	In        int     `json:"tokens_in,omitempty"`
	Out       int     `json:"tokens_out,omitempty"`
	Model     string  `json:"model,omitempty"` // what answered; empty: the built-in engine
	Place     string  `json:"place,omitempty"`

	// Good says that the case passed when it last ended, and was not accepted as
	// failing since. A case that fails stays good, so that a second run does not
	// make a regression disappear.
	Good bool `json:"good"`
}

// Result is a run.
type Result struct {
	Format       int               `json:"format"`
	Set          string            `json:"set"`
	Digest       string            `json:"digest"`
	Time         time.Time         `json:"time"`
	Release      string            `json:"release"`
	Model        string            `json:"model"` // empty: the built-in engine
	Place        string            `json:"place,omitempty"`
	Instructions map[string]string `json:"instructions"` // version by skill
	Cases        []Record          `json:"cases"`
}

const resultFormat = 1

// ErrNone says that there is no earlier run.
var ErrNone = errors.New("eval: no earlier run")

// ReadResult reads a kept run. Where there is none the error is ErrNone.
func ReadResult(path string) (*Result, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: %s", ErrNone, path)
	}
	if err != nil {
		return nil, fmt.Errorf("eval: read an earlier run: %w", err)
	}
	var r Result
	if err := json.Unmarshal(data, &r); err != nil {
		return nil, fmt.Errorf("eval: %s is no earlier run: %w", path, err)
	}
	if r.Format != resultFormat {
		return nil, fmt.Errorf("eval: %s is an earlier run in format %d; this release knows %d", path, r.Format, resultFormat)
	}
	return &r, nil
}

// Write keeps a run. Whatever happens meanwhile, there is a whole one, the last or
// this.
func (r *Result) Write(path string) error {
	data, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return fmt.Errorf("eval: keep the run: %w", err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".eval-*")
	if err != nil {
		return fmt.Errorf("eval: keep the run: %w", err)
	}
	_, err = f.Write(append(data, '\n'))
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("eval: keep the run: %w", errors.Join(err, os.Remove(f.Name())))
	}
	return nil
}

// Follow says which cases are good, from this run and the one before. With accept
// what fails now is no longer expected to pass.
func (r *Result) Follow(before *Result, accept bool) {
	old := before.byName()
	for i := range r.Cases {
		switch c := &r.Cases[i]; {
		case c.State == Passed:
			c.Good = true
		case c.State == Failed && accept:
			c.Good = false
		default:
			c.Good = old[c.Name].Good
		}
	}
}

// Kept returns what is kept of a run: of cases that were stopped, what the run
// before knew of them.
func (r *Result) Kept(before *Result) *Result {
	old := before.byName()
	kept := *r
	kept.Cases = slices.Clone(r.Cases)
	for i, c := range kept.Cases {
		if was, known := old[c.Name]; known && c.State == Stopped {
			kept.Cases[i] = was
		}
	}
	return &kept
}

func (r *Result) byName() map[string]Record {
	all := map[string]Record{}
	if r != nil {
		for _, c := range r.Cases {
			all[c.Name] = c
		}
	}
	return all
}

// Regressions returns the cases that fail now and passed before. One that ended in
// an error is none: a server that is down says nothing about a model.
func (r *Result) Regressions(before *Result) (all []Record) {
	old := before.byName()
	for _, c := range r.Cases {
		if c.State == Failed && old[c.Name].Good {
			all = append(all, c)
		}
	}
	return all
}

// Count returns how many cases are in a state.
func (r *Result) Count(s State) (n int) {
	for _, c := range r.Cases {
		if c.State == s {
			n++
		}
	}
	return n
}
