package main

import (
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"amtsbote/storage"
)

type queueCmd struct {
	configFlag
	Retry string `help:"Put an item that was set aside back into its queue." placeholder:"ID"`
}

// Run shows the queues of a daemon that does not run, and what was set aside.
// While it runs, /metrics has the figures.
func (c *queueCmd) Run(e *env) error {
	cfg, err := load(c.Config)
	if err != nil {
		return err
	}
	s, err := existingStore(cfg)
	if errors.Is(err, storage.ErrInUse) {
		return fmt.Errorf("%w; while it runs, /metrics has the figures", err)
	}
	if err != nil {
		return err
	}
	err = c.show(e, s)
	return errors.Join(err, s.Close())
}

func (c *queueCmd) show(e *env, s *storage.Bolt) error {
	stats, err := s.Stats(e.ctx)
	if err != nil {
		return err
	}
	if c.Retry != "" {
		return c.retry(e, s, stats)
	}
	w := tabwriter.NewWriter(e.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "QUEUE\tWAITING\tSET ASIDE\tOLDEST")
	for _, q := range stats {
		oldest := "-"
		if !q.Oldest.IsZero() {
			oldest = time.Since(q.Oldest).Round(time.Second).String()
		}
		fmt.Fprintf(w, "%s\t%d\t%d\t%s\n", q.Queue, q.Ready+q.Leased, q.Parked, oldest)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, q := range stats {
		parked, err := s.Parked(e.ctx, q.Queue)
		if err != nil {
			return err
		}
		for _, p := range parked {
			reason, _, _ := strings.Cut(p.Reason, "\n")
			fmt.Fprintf(e.stdout, "\nset aside in %s on %s: %s\n  %s\n", q.Queue, p.Since.Local().Format(time.DateTime), p.ID, reason)
		}
	}
	return nil
}

func (c *queueCmd) retry(e *env, s *storage.Bolt, stats []storage.QueueStats) error {
	for _, q := range stats {
		found, err := s.Unpark(e.ctx, q.Queue, c.Retry)
		if err != nil {
			return err
		}
		if found {
			fmt.Fprintf(e.stdout, "put back into %s; it is tried again when the daemon runs\n", q.Queue)
			return nil
		}
	}
	return exit{exitError, fmt.Sprintf("amtsbote: nothing with the ID %q was set aside", c.Retry)}
}

type compactCmd struct{ configFlag }

// Run compacts the store of a daemon that does not run; one that runs does so
// itself every night.
func (c *compactCmd) Run(e *env) error {
	cfg, err := load(c.Config)
	if err != nil {
		return err
	}
	return storage.CompactBolt(e.ctx, storePath(cfg))
}
