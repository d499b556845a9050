package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"time"

	"amtsbote/bots"
	"amtsbote/storage"
)

type checkCmd struct {
	configFlag
	JSON    bool          `help:"Print one JSON object: ok, faults, results."`
	Offline bool          `help:"Check the configuration only."`
	Timeout time.Duration `default:"60s" help:"For all servers together."`
}

// A checkReport is what check found, as check --json prints it.
type checkReport struct {
	OK      bool         `json:"ok"`
	Faults  []faultJSON  `json:"faults"`  // of the configuration
	Results []resultJSON `json:"results"` // of trying servers
}

type faultJSON struct {
	Line int    `json:"line"`
	Path string `json:"path"`
	Text string `json:"text"`
}

type resultJSON struct {
	What    string `json:"what"`
	OK      bool   `json:"ok"`
	Warning bool   `json:"warning"` // not as it should be, but the bot would run
	Text    string `json:"text"`    // what is wrong and how to cure it
}

// Run checks the configuration and then every server. The exit code is 4 for a
// wrong configuration and 5 for a server that does not do what it must.
func (c *checkCmd) Run(e *env) error {
	cfg, err := load(c.Config)
	report := checkReport{Faults: []faultJSON{}, Results: []resultJSON{}}
	wrong, ok := errors.AsType[*configError](err)
	switch {
	case ok:
		for _, f := range wrong.faults {
			report.Faults = append(report.Faults, faultJSON{f.line, f.path, f.text})
		}
	case err != nil:
		wrong = &configError{c.Config, []fault{{text: err.Error()}}}
		report.Faults = append(report.Faults, faultJSON{Text: err.Error()})
	case !c.Offline:
		ctx, cancel := context.WithTimeout(e.ctx, c.Timeout)
		defer cancel()
		if report.Results, err = checkServers(ctx, e, cfg); err != nil {
			return err
		}
	}
	report.OK = len(report.Faults) == 0
	for _, r := range report.Results {
		report.OK = report.OK && (r.OK || r.Warning)
	}
	if c.JSON {
		if err := json.NewEncoder(e.stdout).Encode(report); err != nil {
			return err
		}
	} else if wrong == nil {
		printReport(e.stdout, report)
	}
	switch {
	case wrong != nil && c.JSON:
		return exit{code: exitConfig}
	case wrong != nil:
		return wrong
	case !report.OK:
		return exit{code: exitServer}
	}
	return nil
}

func printReport(w io.Writer, report checkReport) {
	fmt.Fprintln(w, "ok       configuration")
	for _, r := range report.Results {
		state := "FAILED"
		switch {
		case r.OK:
			state = "ok"
		case r.Warning:
			state = "warning"
		}
		fmt.Fprintf(w, "%-8s %s", state, r.What)
		if r.Text != "" {
			fmt.Fprintf(w, ": %s", r.Text)
		}
		fmt.Fprintln(w)
	}
}

// checkServers tries everything that a configuration names.
func checkServers(ctx context.Context, e *env, cfg Config) ([]resultJSON, error) {
	d := &daemon{cfg: cfg, log: e.logger(true)}
	defer d.close()
	if err := d.parts(); err != nil {
		return nil, err
	}
	all := []bots.CheckResult{d.checkStore(), d.checkOCR()}
	for _, b := range d.bots {
		if b.Key.IsZero() {
			all = append(all, bots.CheckResult{What: "bot " + b.Name + ": key", Warn: true,
				Err: errors.New("not set: conversations are stored in plain text; set key to file:/path of a random secret, made for example by: openssl rand -base64 32")})
		}
		for _, c := range b.Connectors {
			checker, ok := c.(bots.Checker)
			if !ok {
				continue
			}
			for _, r := range checker.Check(ctx) {
				r.What = c.Name() + ": " + r.What
				all = append(all, r)
			}
		}
	}
	all = append(all, d.checkFolders()...)
	all = append(all, d.pool.Check(ctx)...)
	results := []resultJSON{}
	for _, r := range all {
		j := resultJSON{What: r.What, OK: r.Err == nil, Warning: r.Err != nil && r.Warn}
		if r.Err != nil {
			j.Text = r.Err.Error()
		}
		results = append(results, j)
	}
	return results, nil
}

// checkStore opens the store. That a daemon has it open is no fault, nor that
// there is none yet.
func (d *daemon) checkStore() bots.CheckResult {
	r := bots.CheckResult{What: "storage"}
	s, err := existingStore(d.cfg)
	if errors.Is(err, fs.ErrNotExist) {
		return r
	}
	if err != nil {
		r.Err = err
		r.Warn = errors.Is(err, storage.ErrInUse)
		return r
	}
	r.Err = s.Close()
	return r
}

func (d *daemon) checkOCR() bots.CheckResult {
	r := bots.CheckResult{What: "text recognition"}
	if !d.docs.OCR() {
		r.Warn = true
		r.Err = errors.New("tesseract is not installed: pictures and scans are named as unread; on Debian: apt-get install tesseract-ocr tesseract-ocr-deu")
	}
	return r
}
