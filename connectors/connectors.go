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
	"amtsbote/connectors/web"
)

// Config is the part of a bot's configuration for connectors, by kind.
type Config struct {
	Mail []mail.Config `yaml:"mail"`
	Web  []web.Config  `yaml:"web"`
}

// all returns what opens each configured connector.
func (c Config) all(p bots.Profile, log *slog.Logger) []opener {
	return slices.Concat(
		list("mail", c.Mail, func(m mail.Config) string { return m.Name }, func(m mail.Config) (bots.Connector, error) { return mail.New(m, log), nil }),
		list("web", c.Web, func(w web.Config) string { return cmp.Or(w.Name, "web") }, func(w web.Config) (bots.Connector, error) { w.Profile = p; return web.New(w) }),
	)
}

// Open returns a connector for each entry of a valid configuration of a bot. It
// does not connect yet.
func (c Config) Open(p bots.Profile, log *slog.Logger) ([]bots.Connector, error) {
	var open []bots.Connector
	for _, o := range c.all(p, log) {
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
	for _, o := range c.all(bots.Profile{}, nil) {
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
