package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"amtsbote/bots"
	"amtsbote/connectors"
	"amtsbote/skills/document"
	"amtsbote/skills/knowledge"
	"amtsbote/skills/letter"
	"amtsbote/skills/llm"
	"amtsbote/storage"
)

const defaultStorage = "bolt:amtsbote.db"

// daemon is what a configuration makes.
type daemon struct {
	cfg    Config
	log    *slog.Logger
	store  *storage.Bolt
	docs   *document.Reader
	shelf  *document.Reader // of collections; nil if there are none
	pool   *llm.Pool
	runner *bots.Runner
	bots   []bots.Bot

	libraries []*knowledge.Library
}

// open wires a valid configuration. Nothing is reached yet.
func open(cfg Config, log *slog.Logger) (*daemon, error) {
	d := &daemon{cfg: cfg, log: log}
	if err := d.parts(); err != nil {
		return nil, errors.Join(err, d.close())
	}
	var err error
	if d.store, err = openStore(cfg); err != nil {
		return nil, errors.Join(err, d.close())
	}
	if d.runner, err = bots.NewRunner(d.store, log, d.bots...); err != nil {
		return nil, errors.Join(err, d.close())
	}
	if cfg.Backup != "" {
		d.runner.Night = d.backup
	}
	return d, nil
}

// parts makes everything but the store, which only one process can open.
func (d *daemon) parts() (err error) {
	if d.pool, err = llm.New(d.cfg.Models, d.log); err != nil {
		return err
	}
	if d.docs, err = newReader(d.cfg.Documents, d.log, 0); err != nil {
		return err
	}
	for _, b := range d.cfg.Bots {
		bot, err := d.bot(b)
		if err != nil {
			return err
		}
		d.bots = append(d.bots, bot)
	}
	return nil
}

// bot makes one bot.
func (d *daemon) bot(cfg BotConfig) (bots.Bot, error) {
	profile := cfg.profile()
	conns, err := cfg.Connectors.Open(host(d.cfg, cfg, d.log))
	if err != nil {
		return bots.Bot{}, err
	}
	models, err := d.pool.Bot(cfg.Models)
	if err != nil {
		return bots.Bot{}, err
	}
	library, err := d.library(cfg, models)
	if err != nil {
		return bots.Bot{}, err
	}
	all, err := d.skills(cfg, models, library)
	if err != nil {
		return bots.Bot{}, err
	}
	forwards := ""
	for _, m := range cfg.Connectors.Mail {
		if m.Watch == "forwards" {
			forwards = m.Address
		}
	}
	return bots.Bot{
		Profile:    profile,
		Forwards:   forwards,
		Access:     cfg.Access,
		Quota:      cfg.Quota,
		Key:        cfg.Key,
		Workers:    cfg.Workers,
		Connectors: conns,
		Skills:     all,
		Models:     modelInfos(models),
		Decide:     models.Decide,
		Reader:     words{d.docs.Read},
	}, nil
}

// skills makes the skills of a bot. library may be nil: then no collection is searched.
func (d *daemon) skills(cfg BotConfig, models llm.Choose, library *knowledge.Library) ([]bots.Skill, error) {
	own := slices.Clone(cfg.Skills.Draft.Own)
	for _, who := range cfg.Access.Allow {
		if !strings.Contains(who, "@") { // a domain whose people may ask is the authority's own
			own = append(own, who)
		}
	}
	cfg.Skills.Draft.Own = own
	all, err := cfg.Skills.Open(d.docs.Read, d.docs, models, library)
	if err != nil {
		return nil, fmt.Errorf("bot %s: skills: %w", cfg.Name, err)
	}
	return all, nil
}

// host returns what the connectors of a bot are told.
func host(cfg Config, b BotConfig, log *slog.Logger) connectors.Host {
	return connectors.Host{Profile: b.profile(), Allows: b.Access.Allows, Dir: filepath.Dir(storePath(cfg)), Log: log}
}

// modelInfos returns what people are told of the models that a bot may use.
func modelInfos(models llm.Bot) func(bots.Class) []bots.ModelInfo {
	return func(c bots.Class) (infos []bots.ModelInfo) {
		for _, m := range models.Models(c) {
			infos = append(infos, bots.ModelInfo{Name: m.Name, Place: m.Place, Class: m.Class, Replaced: m.Replaced})
		}
		return infos
	}
}

// words is the bots.Reader: it joins package letter, which knows nothing of bots,
// with the core.
type words struct {
	read document.ReadFunc
}

func (w words) Words(ctx context.Context, m bots.Message, open func(context.Context, bots.File) (io.ReadCloser, error)) (string, error) {
	r, err := open(ctx, m.Files[0])
	if err != nil {
		return "", err
	}
	defer r.Close()
	doc, err := w.read(ctx, m.Files[0].Name, r)
	if err != nil {
		return "", err
	}
	return letter.Words(doc, m.Sender), nil
}

func storePath(cfg Config) string {
	return strings.TrimPrefix(or(cfg.Storage, defaultStorage), "bolt:")
}

func openStore(cfg Config) (*storage.Bolt, error) {
	path := storePath(cfg)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("storage: %w", err)
	}
	return storage.OpenBolt(path)
}

// existingStore opens the store for a look at it. Unlike openStore it makes none:
// one that root made beside the daemon's could not be opened by the daemon.
func existingStore(cfg Config) (*storage.Bolt, error) {
	if _, err := os.Stat(storePath(cfg)); err != nil {
		return nil, fmt.Errorf("storage: %w", err)
	}
	return storage.OpenBolt(storePath(cfg))
}

// newReader returns a reader of documents, with its cache in the user's cache
// folder where there is one. children is how many read at the same time, 0 as many as
// there are processors.
func newReader(cfg document.Config, log *slog.Logger, children int) (*document.Reader, error) {
	opt, err := cfg.Options()
	if err != nil {
		return nil, fmt.Errorf("documents: %w", err)
	}
	opt.Log, opt.Children = log, children
	if dir, err := os.UserCacheDir(); err == nil {
		opt.Cache = filepath.Join(dir, "amtsbote")
	}
	return document.New(opt), nil
}

// backup replaces the configured backup by a copy of the store as it is now. At
// every moment there is a whole one, the last or this.
func (d *daemon) backup(ctx context.Context) error {
	next := d.cfg.Backup + ".new"
	f, err := os.OpenFile(next, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	err = d.store.Backup(ctx, f)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(next, d.cfg.Backup)
	}
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	d.log.Info("store backed up")
	return nil
}

func (d *daemon) close() error {
	var errs []error
	if d.pool != nil {
		d.pool.Close()
	}
	errs = append(errs, closeReaders(d.docs, d.shelf))
	if d.store != nil {
		errs = append(errs, d.store.Close())
	}
	return errors.Join(errs...)
}
