package main

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"regexp"
	"slices"
	"strings"

	"amtsbote/bots"
	"amtsbote/connectors"
	"amtsbote/connectors/teams"
)

type teamsCmd struct {
	Manifest teamsManifestCmd `cmd:"" help:"Write the app package for the Teams admin center."`
}

type teamsManifestCmd struct {
	configFlag
	Connector  string `help:"Name of the connector; default: the only one." placeholder:"NAME"`
	Address    string `help:"Where Microsoft reaches the daemon, such as https://bote.stadt.example." placeholder:"URL"`
	AppVersion string `name:"app-version" help:"Version of the package; default: the program's. Teams takes a changed package only with a higher one." placeholder:"1.2.3"`
	Out        string `arg:"" help:"The file to write; it must not exist." placeholder:"OUT.zip"`
}

var appVersion = regexp.MustCompile(`^(0|[1-9]\d{0,8})(\.(0|[1-9]\d{0,8})){2}$`)

// Run writes the app package. It reaches no server.
func (c *teamsManifestCmd) Run(e *env) error {
	if c.AppVersion != "" && !appVersion.MatchString(c.AppVersion) {
		return exit{exitUsage, fmt.Sprintf("amtsbote: --app-version: %q is not of the form 1.2.3", c.AppVersion)}
	}
	cfg, err := load(c.Config)
	if err != nil {
		return err
	}
	b, t, err := c.bot(cfg)
	if err != nil {
		return err
	}
	d := &daemon{cfg: cfg, log: slog.New(slog.DiscardHandler)}
	defer d.close()
	if err := d.parts(); err != nil {
		return err
	}
	p, err := t.Package(teams.App{Version: or(c.AppVersion, version()), Address: c.Address, Skills: offered(d.bots[b])})
	if err != nil {
		return fmt.Errorf("amtsbote: teams %s: %w", connectors.TeamsName(t), err)
	}
	if err := create(c.Out, p.Zip); err != nil {
		return err
	}
	fmt.Fprintf(e.stdout, "%s: app %s, version %s, ID %s. Upload it in the Teams admin center: Teams apps, Manage apps, Upload new app.\n", c.Out, p.Name, p.Version, p.ID)
	fmt.Fprintf(e.stdout, "The messaging endpoint of the Azure Bot is %s; docs/betrieb.md says what else there is to do.\n",
		or(p.Endpoint, "the daemon's https address with /"+connectors.TeamsName(t)+"/messages"))
	return nil
}

// bot returns the place of the bot that is meant, and its connector.
func (c *teamsManifestCmd) bot(cfg Config) (int, teams.Config, error) {
	type found struct {
		bot    int
		config teams.Config
	}
	var all []found
	var names []string
	for i, b := range cfg.Bots {
		for _, t := range b.Connectors.Teams {
			name := connectors.TeamsName(t)
			names = append(names, name)
			if c.Connector == "" || c.Connector == name {
				all = append(all, found{i, host(cfg, b, nil).Teams(t)})
			}
		}
	}
	switch {
	case len(all) == 1:
		return all[0].bot, all[0].config, nil
	case len(names) == 0:
		return 0, teams.Config{}, exit{exitUsage, "amtsbote: the configuration has no bot in Teams"}
	}
	return 0, teams.Config{}, exit{exitUsage, "amtsbote: name one of the bots in Teams with --connector: " + strings.Join(names, ", ")}
}

// offered returns what a bot can do, as its help tells it.
func offered(b bots.Bot) (all []bots.Info) {
	for _, s := range b.Skills {
		all = append(all, s.Info())
	}
	model := len(b.Models(bots.Public)) > 0
	all = slices.DeleteFunc(all, func(i bots.Info) bool { return i.Model && !model })
	return append(all, bots.Rights()...)
}

// create writes a file that does not exist yet, whole or not at all.
func create(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return exit{exitUsage, "amtsbote: " + path + " exists; delete it, or name another file"}
	}
	if err != nil {
		return fmt.Errorf("amtsbote: %w", err)
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("amtsbote: %w", errors.Join(err, os.Remove(path)))
	}
	return nil
}
