// Package connectors lists the connectors that Amtsbote has. To add one, add its
// folder and two lines here: one in Config and one in all.
package connectors

import (
	"cmp"
	"fmt"
	"log/slog"
	"slices"

	"amtsbote/bots"
	"amtsbote/connectors/mail"
	"amtsbote/connectors/matrix"
	"amtsbote/connectors/teams"
	"amtsbote/connectors/web"
)

// Config is the part of a bot's configuration for connectors, by kind.
type Config struct {
	Mail   []mail.Config   `yaml:"mail"`
	Matrix []matrix.Config `yaml:"matrix"`
	Teams  []teams.Config  `yaml:"teams"`
	Web    []web.Config    `yaml:"web"`
}

// Host is the bot and the machine that connectors work for.
type Host struct {
	Profile bots.Profile
	Allows  func(person string) bool // who may use the bot
	Dir     string                   // the folder of the store
	Log     *slog.Logger
}

// Matrix returns the configuration of a Matrix account with what it gets from h.
func (h Host) Matrix(m matrix.Config) matrix.Config {
	m.Profile, m.Allows, m.Dir = h.Profile, h.Allows, h.Dir
	return m
}

// Teams returns the configuration of a bot in Teams with what it gets from h.
func (h Host) Teams(t teams.Config) teams.Config {
	t.Profile, t.Allows = h.Profile, h.Allows
	return t
}

// all returns what opens each configured connector.
func (c Config) all(h Host) []opener {
	return slices.Concat(
		list("mail", c.Mail, func(m mail.Config) string { return m.Name }, func(m mail.Config) (bots.Connector, error) { m.Profile = h.Profile; return mail.New(m, h.Log), nil }),
		list("matrix", c.Matrix, MatrixName, func(m matrix.Config) (bots.Connector, error) { return matrix.New(h.Matrix(m), h.Log), nil }),
		list("teams", c.Teams, TeamsName, func(t teams.Config) (bots.Connector, error) { return teams.New(h.Teams(t), h.Log), nil }),
		list("web", c.Web, func(w web.Config) string { return cmp.Or(w.Name, "web") }, func(w web.Config) (bots.Connector, error) { w.Profile = h.Profile; return web.New(w) }),
	)
}

// MatrixName returns the name of a Matrix account's connector.
func MatrixName(m matrix.Config) string { return cmp.Or(m.Name, "matrix") }

// TeamsName returns the name of the connector of a bot in Teams.
func TeamsName(t teams.Config) string { return cmp.Or(t.Name, "teams") }

// Open returns a connector for each entry of a valid configuration of a bot. It
// does not connect yet.
func (c Config) Open(h Host) ([]bots.Connector, error) {
	var open []bots.Connector
	for _, o := range c.all(h) {
		conn, err := o.open()
		if err != nil {
			return nil, fmt.Errorf("connector %s: %w", o.Name.Name, err)
		}
		open = append(open, conn)
	}
	return open, nil
}

// A Name is the name of a connector and where it stands in the configuration.
type Name struct{ Name, Path string }

// Names returns the names of all connectors.
func (c Config) Names() (all []Name) {
	for _, o := range c.all(Host{}) {
		all = append(all, o.Name)
	}
	return all
}

type opener struct {
	Name
	open func() (bots.Connector, error)
}

func list[C any](kind string, cfgs []C, name func(C) string, open func(C) (bots.Connector, error)) (all []opener) {
	for i, cfg := range cfgs {
		all = append(all, opener{
			Name: Name{name(cfg), fmt.Sprintf("%s[%d].name", kind, i)},
			open: func() (bots.Connector, error) { return open(cfg) },
		})
	}
	return all
}
