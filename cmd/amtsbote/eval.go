package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"amtsbote/bots"
	"amtsbote/skills/catchup"
	"amtsbote/skills/eval"
	"amtsbote/skills/llm"
)

// maxParallel is how many cases run at once at most where nothing else is said: a
// model's slots are for the people who work meanwhile too.
const maxParallel = 8

type evalCmd struct {
	Set      string        `arg:"" optional:"" help:"A file of cases, or a folder with such files. Without it, the starter set that comes with the program."`
	Config   string        `short:"c" help:"Use the first bot of this configuration file. Without it, the model named by AMTSBOTE_MODEL_URL, or none." placeholder:"FILE"`
	Model    string        `help:"Ask only this model of the configuration; none: the built-in engine." placeholder:"NAME"`
	Against  string        `help:"Compare with the run kept in this file. Without it, with the last one." placeholder:"FILE"`
	Save     string        `help:"Keep the run in this file. Without it, beside the set; of the starter set, in the user's cache folder." placeholder:"FILE"`
	Accept   bool          `help:"What fails in this run is no longer expected to pass."`
	Strict   bool          `help:"Every failed case makes the exit code 6, not only one that passed before."`
	JSON     bool          `help:"Print the run as one JSON object."`
	Show     bool          `help:"Show on the terminal what came, and what was wrong with it. Texts are never kept."`
	Parallel int           `help:"Cases at once. Without it, as many as the model has slots, at most 8." placeholder:"N"`
	Timeout  time.Duration `help:"The most that a case may take." default:"10m"`
}

// Run runs a set of cases.
func (c *evalCmd) Run(e *env) error {
	if c.Show && !e.tty {
		return exit{exitUsage, "amtsbote: --show prints texts of cases and answers, and only to a terminal"}
	}
	d, err := c.daemon(e)
	if err != nil {
		return err
	}
	defer d.close()
	if err := d.parts(); err != nil {
		return err
	}
	set, err := c.load(d)
	if err != nil {
		return err
	}
	save, before, err := c.before()
	if err != nil {
		return err
	}
	r, models, err := c.runner(e, d)
	if err != nil {
		return err
	}
	result := c.result(d, set, models)
	result.Cases = r.Run(e.ctx, set)
	e.clearLine()
	result.Follow(before, c.Accept)
	if err := c.print(e, result, before); err != nil {
		return err
	}
	if err := result.Kept(before).Write(save); err != nil {
		return err
	}
	return c.verdict(result, len(result.Regressions(before)))
}

// verdict returns what the exit code says of a run.
func (c *evalCmd) verdict(r *eval.Result, worse int) error {
	failed, broken, stopped := r.Count(eval.Failed), r.Count(eval.Failing), r.Count(eval.Stopped)
	switch {
	case stopped > 0:
		return fmt.Errorf("amtsbote: stopped; %d cases have not run", stopped)
	case worse > 0 && !c.Accept:
		return exit{exitWorse, fmt.Sprintf("amtsbote: %d cases fail that passed before", worse)}
	case broken > 0:
		return fmt.Errorf("amtsbote: %d cases ended in an error; --show on a terminal says which", broken)
	case failed > 0 && c.Strict:
		return exit{exitWorse, fmt.Sprintf("amtsbote: %d cases failed", failed)}
	}
	return nil
}

// daemon returns what answers, not yet wired.
func (c *evalCmd) daemon(e *env) (*daemon, error) {
	cfg, err := (&skillCmd{Config: c.Config, Language: "de"}).config()
	if err != nil {
		return nil, err
	}
	cfg.Bots = cfg.Bots[:1]
	b := &cfg.Bots[0]
	switch {
	case c.Model == "none":
		b.Models = nil
	case c.Model != "":
		i := slices.IndexFunc(cfg.Models, func(m llm.Config) bool { return m.Name == c.Model })
		if i < 0 {
			return nil, exit{exitUsage, fmt.Sprintf("amtsbote: no model %q in the configuration", c.Model)}
		}
		b.Models = []string{c.Model}
	}
	return &daemon{cfg: cfg, log: e.logger(true)}, nil
}

// load reads the set. What is wrong with it is told all at once, before anything runs.
func (c *evalCmd) load(d *daemon) (eval.Set, error) {
	var known []string
	for _, s := range d.bots[0].Skills {
		known = append(known, s.Info().Name)
	}
	name, file, fsys := "starter set", ".", eval.Starter()
	if c.Set != "" {
		dir := c.Set
		info, err := os.Stat(dir)
		if err != nil {
			return eval.Set{}, err
		}
		if name = filepath.Base(dir); !info.IsDir() {
			file, dir = filepath.Base(dir), filepath.Dir(dir)
		}
		root, err := os.OpenRoot(dir) // a set reads nothing outside its folder, by links either
		if err != nil {
			return eval.Set{}, err
		}
		fsys = root.FS()
	}
	set, err := eval.Load(fsys, file, known)
	if err != nil {
		return set, exit{exitConfig, err.Error()}
	}
	set.Name = name
	return set, nil
}

// before returns where the run is kept, and the one that it is compared with: nil
// if there is none.
func (c *evalCmd) before() (save string, before *eval.Result, err error) {
	if save, err = c.place(); err != nil {
		return "", nil, err
	}
	if c.Against != "" {
		before, err = eval.ReadResult(c.Against)
		return save, before, err
	}
	before, err = eval.ReadResult(save)
	if errors.Is(err, eval.ErrNone) {
		return save, nil, nil
	}
	return save, before, err
}

// place returns the file in which the run is kept.
func (c *evalCmd) place() (string, error) {
	if c.Save != "" {
		return c.Save, nil
	}
	if c.Set == "" {
		dir, err := os.UserCacheDir()
		if err != nil {
			return "", fmt.Errorf("eval: nowhere to keep the run, name a file with --save: %w", err)
		}
		dir = filepath.Join(dir, "amtsbote")
		return filepath.Join(dir, "eval-starter.json"), os.MkdirAll(dir, 0o700)
	}
	if info, err := os.Stat(c.Set); err == nil && info.IsDir() {
		return filepath.Join(c.Set, "last-run.json"), nil
	}
	return strings.TrimSuffix(c.Set, filepath.Ext(c.Set)) + ".last-run.json", nil
}

// runner returns what runs the cases, and the models that may be asked.
func (c *evalCmd) runner(e *env, d *daemon) (*eval.Runner, []llm.Info, error) {
	cfg, b := d.cfg.Bots[0], d.bots[0]
	choose, err := d.pool.Bot(cfg.Models)
	if err != nil {
		return nil, nil, err
	}
	models := choose.Models(b.Class)
	if c.Model != "" && c.Model != "none" && len(models) == 0 { // a run that skipped all would look like one of this model
		return nil, nil, exit{exitUsage, fmt.Sprintf("amtsbote: model %q may not see the class of bot %q (%s)", c.Model, cfg.Name, b.Class)}
	}
	n := 0
	r := &eval.Runner{Read: d.docs.Read, Room: evalRoom, Model: len(models) > 0, OCR: d.docs.OCR(), Timeout: c.Timeout, Parallel: c.parallel(choose.For(b.Class))}
	r.Bot = func(count func(llm.Choose) llm.Choose) (one bots.Bot, err error) {
		one = b
		one.Connectors = nil
		one.Skills, err = d.skills(cfg, count(choose), nil)
		return one, err
	}
	r.Done = func(rec eval.Record, show string) {
		n++
		if e.tty && !c.Show {
			fmt.Fprintf(e.stderr, "\r\x1b[K%d %s", n, rec.Name)
		}
		if c.Show && show != "" {
			fmt.Fprintf(e.stderr, "=== %s: %s\n%s\n", rec.Name, rec.State, show)
		}
	}
	return r, models, nil
}

// parallel returns how many cases run at once. model may be nil.
func (c *evalCmd) parallel(model llm.Model) int {
	switch {
	case c.Parallel > 0:
		return c.Parallel
	case model == nil:
		return maxParallel
	}
	return max(1, min(model.Slots(), maxParallel))
}

// result returns a run with its head and no cases yet.
func (c *evalCmd) result(d *daemon, set eval.Set, models []llm.Info) *eval.Result {
	r := &eval.Result{Format: 1, Set: set.Name, Digest: set.Digest, Time: time.Now().UTC().Truncate(time.Second), Release: version(), Instructions: map[string]string{}}
	for _, s := range d.bots[0].Skills {
		r.Instructions[s.Info().Name] = s.Info().Version
	}
	if len(models) > 0 {
		r.Model, r.Place = models[0].Name, models[0].Place
	}
	return r
}

func (c *evalCmd) print(e *env, r, before *eval.Result) error {
	if !c.JSON {
		return r.Print(e.stdout, before)
	}
	enc := json.NewEncoder(e.stdout)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	worse := []string{}
	for _, rec := range r.Regressions(before) {
		worse = append(worse, rec.Name)
	}
	return enc.Encode(struct {
		*eval.Result
		Worse []string `json:"worse"`
	}{r, worse})
}

// clearLine ends the line on which progress was shown.
func (e *env) clearLine() {
	if e.tty {
		fmt.Fprint(e.stderr, "\r\x1b[K")
	}
}

// evalRoom reads a room for a case.
func evalRoom(r io.Reader, as string) (eval.Room, error) {
	export, err := catchup.ReadExport(r)
	if err != nil {
		return eval.Room{}, err
	}
	room := eval.Room{Rooms: export, End: export.End()}
	if as != "" {
		room.Asks, err = export.As(as)
	}
	return room, err
}
