package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

	"amtsbote/bots"
	"amtsbote/skills/document"
	"amtsbote/skills/index"
	"amtsbote/skills/knowledge"
	"amtsbote/skills/llm"
)

// knowledgeDir is where the indexes of collections lie: beside the store.
func knowledgeDir(cfg Config) string { return filepath.Join(filepath.Dir(storePath(cfg)), "knowledge") }

// library makes the collections of a bot, nil if it has none. Documents are read by a
// reader of their own: whoever sends a file does not stand in line behind them.
func (d *daemon) library(cfg BotConfig, models llm.Bot) (*knowledge.Library, error) {
	if len(cfg.Skills.Knowledge) == 0 || slices.Contains(cfg.Skills.Off, "research") {
		return nil, nil
	}
	if d.shelf == nil {
		var err error
		if d.shelf, err = newReader(d.cfg.Documents, d.log, 1); err != nil {
			return nil, err
		}
	}
	l := knowledge.New(knowledge.Options{Bot: cfg.Name, Dir: knowledgeDir(d.cfg), Collections: cfg.Skills.Knowledge, Read: d.shelf.Read,
		Embedder: models.Embedder, Open: openIndex, Zone: cfg.profile().Zone, Log: d.log})
	d.libraries = append(d.libraries, l)
	return l, nil
}

func openIndex(dir string) (index.Index, error) {
	x, err := index.OpenBleve(dir)
	if err != nil {
		return nil, err
	}
	return x, nil
}

// learn keeps the collections up to date until ctx is done.
func (d *daemon) learn(ctx context.Context) {
	n, err := knowledge.Tidy(knowledgeDir(d.cfg), d.libraries...)
	if err != nil {
		d.log.Warn("indexes of old collections not deleted", "err", err)
	}
	if n > 0 {
		d.log.Info("indexes of collections that are no longer configured deleted", "collections", n)
	}
	var all sync.WaitGroup
	for _, l := range d.libraries {
		all.Go(func() { l.Run(ctx) })
	}
	all.Wait()
}

// checkFolders looks whether the folders of collections can be read.
func (d *daemon) checkFolders() (all []bots.CheckResult) {
	for _, b := range d.cfg.Bots {
		for _, k := range b.Skills.Knowledge {
			r := bots.CheckResult{What: fmt.Sprintf("bot %s: collection %s: folder", b.Name, k.Name)}
			if _, err := os.ReadDir(k.Folder); err != nil {
				r.Err, r.Warn = fmt.Errorf("%w; the user of the daemon must be able to read it, or the drive is not mounted", err), true
			}
			all = append(all, r)
		}
	}
	return all
}

type knowledgeCmd struct {
	List    knowledgeListCmd    `cmd:"" default:"withargs" help:"Show the collections: documents, state, what could not be read."`
	Rebuild knowledgeRebuildCmd `cmd:"" help:"Have a collection read anew, at once if the daemon runs."`
	Forget  knowledgeForgetCmd  `cmd:"" help:"Delete all that was derived from a collection. The daemon must not run; still configured, it is read anew at its next start."`
}

type knowledgeListCmd struct {
	configFlag
	JSON bool `help:"Print one JSON object a line."`
}

// Run prints the state that the daemon noted last.
func (c *knowledgeListCmd) Run(e *env) error {
	cfg, err := load(c.Config)
	if err != nil {
		return err
	}
	return eachCollection(cfg, "", func(bot string, k knowledge.Config, dir string) error {
		st := knowledge.State{Name: k.Name, Opening: true}
		data, err := os.ReadFile(knowledge.StateFile(dir))
		if err == nil {
			err = json.Unmarshal(data, &st)
		}
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("knowledge: state of %q: %w", k.Name, err)
		}
		if c.JSON {
			return json.NewEncoder(e.stdout).Encode(map[string]any{"bot": bot, "folder": k.Folder, "state": st})
		}
		if st.At.IsZero() && st.Opening {
			fmt.Fprintf(e.stdout, "%s: %s: not read yet\n", bot, k.Name)
			return nil
		}
		at := "not read to the end since the last start"
		if !st.At.IsZero() {
			at = "as of " + st.At.Format(time.DateTime)
		}
		fmt.Fprintf(e.stdout, "%s: %s: %d documents, %d passages, %d left to read, %s\n", bot, k.Name, st.Documents, st.Passages, st.Left, at)
		if st.Alarm != "" {
			fmt.Fprintf(e.stdout, "  ALARM: %s\n", st.Alarm)
		}
		for _, u := range st.Unread {
			what := "unread"
			if u.Part {
				what = "read in part"
			}
			fmt.Fprintf(e.stdout, "  %s: %s: %s\n", what, printed(u.File), u.Reason.EN)
		}
		return nil
	})
}

// printed returns a file name for a terminal, which would obey what else can stand in one.
func printed(name string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '�'
		}
		return r
	}, name)
}

type knowledgeRebuildCmd struct {
	configFlag
	Name string `arg:"" help:"The collection."`
}

// Run leaves a mark that the daemon finds at its next walk.
func (c *knowledgeRebuildCmd) Run(e *env) error {
	cfg, err := load(c.Config)
	if err != nil {
		return err
	}
	return eachCollection(cfg, c.Name, func(_ string, k knowledge.Config, dir string) error {
		if err := os.MkdirAll(filepath.Dir(dir), 0o700); err != nil {
			return fmt.Errorf("knowledge: %w", err)
		}
		if err := os.WriteFile(knowledge.Mark(dir), nil, 0o600); err != nil {
			return fmt.Errorf("knowledge: %w; run this as the user of the daemon", err)
		}
		fmt.Fprintf(e.stdout, "%s is read anew at the daemon's next walk.\n", k.Name)
		return nil
	})
}

type knowledgeForgetCmd struct {
	configFlag
	Name string `arg:"" help:"The collection."`
}

// Run deletes an index. Opening it first sees to it that no daemon has it open.
func (c *knowledgeForgetCmd) Run(e *env) error {
	cfg, err := load(c.Config)
	if err != nil {
		return err
	}
	return eachCollection(cfg, c.Name, func(_ string, k knowledge.Config, dir string) error {
		x, err := openIndex(dir)
		if errors.Is(err, index.ErrInUse) {
			return errors.New("knowledge: the daemon has the collection open; stop it first")
		}
		if err == nil {
			err = x.Close()
		}
		if err != nil && !errors.Is(err, index.ErrDamaged) {
			return fmt.Errorf("knowledge: %w", err)
		}
		if err := errors.Join(os.RemoveAll(dir), os.RemoveAll(knowledge.StateFile(dir)), os.RemoveAll(knowledge.Mark(dir))); err != nil {
			return fmt.Errorf("knowledge: %w", err)
		}
		fmt.Fprintf(e.stdout, "All that was derived from %s is deleted.\n", k.Name)
		return nil
	})
}

// eachCollection calls fn for the collections of that name, or for all.
func eachCollection(cfg Config, name string, fn func(bot string, k knowledge.Config, dir string) error) error {
	n := 0
	for _, b := range cfg.Bots {
		for _, k := range b.Skills.Knowledge {
			if name != "" && k.Name != name {
				continue
			}
			n++
			if err := fn(b.Name, k, knowledge.Dir(knowledgeDir(cfg), b.Name, k.Name)); err != nil {
				return err
			}
		}
	}
	if n == 0 && name != "" {
		return exit{exitUsage, fmt.Sprintf("amtsbote: no collection %q is configured; the index of one that no longer is goes at the daemon's next start", name)}
	}
	return nil
}

// closeReaders closes the readers of documents, if they are there.
func closeReaders(all ...*document.Reader) (err error) {
	for _, r := range all {
		if r != nil {
			err = errors.Join(err, r.Close())
		}
	}
	return err
}
