package main

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-message/mail"
	"golang.org/x/sync/errgroup"

	"amtsbote/bots"
	"amtsbote/connectors"
	mailbox "amtsbote/connectors/mail"
	"amtsbote/connectors/web"
	"amtsbote/skills"
	"amtsbote/skills/draft"
)

type demoCmd struct {
	Once   bool   `help:"End once the drafts are there."`
	Listen string `default:"127.0.0.1:8770" help:"Address of the browser chat." placeholder:"HOST:PORT"`
	Log    bool   `help:"Show the daemon's log."`
}

//go:embed demo/widerspruch.eml
var demoLetter []byte

//go:embed demo/weiterleitung.eml
var demoForward []byte

const (
	demoDomain  = "musterstadt.example"
	demoOffice  = "buergerbuero@" + demoDomain
	demoBot     = "amtsbote@" + demoDomain
	demoClerk   = "anna.petersen@" + demoDomain
	demoResults = 2 // a draft and an answer
)

// Run shows the main job: it is the daemon with a configuration and a mail
// server in memory.
func (c *demoCmd) Run(e *env) error {
	dir, err := os.MkdirTemp("", "amtsbote-demo-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	post, err := openPostOffice(demoDomain, 1143, 1587, "buergerbuero", "amtsbote", "anna.petersen")
	if err != nil {
		return err
	}
	defer post.close()
	log := slog.New(slog.DiscardHandler)
	if c.Log {
		log = e.logger(true)
	}
	d, err := open(demoConfig(post, dir, c.Listen), log)
	if err != nil {
		return err
	}
	return errors.Join(c.show(e, d, post), d.close())
}

// demoConfig is the configuration that the demo runs with.
func demoConfig(post *postOffice, dir, listen string) Config {
	password := bots.NewSecret(post.password)
	box := mailbox.Config{Server: post.imap.Addr().String(), TLS: "none", Password: password, OwnDomains: []string{demoDomain},
		SMTP: mailbox.SMTP{Server: post.smtp.Addr().String(), TLS: "none"}}
	letters, forwards := box, box
	letters.Name, letters.User, letters.Address, letters.FromName, letters.Watch = "buergerbuero", demoOffice, demoOffice, "Bürgerbüro Musterstadt", "letters"
	forwards.Name, forwards.User, forwards.Address, forwards.FromName, forwards.Watch = "weiterleitungen", demoBot, demoBot, "Amtsbote", "forwards"
	forwards.Trust.SubmissionOnly = true
	bot := BotConfig{
		Name: "Amtsbote", Authority: "Stadt Musterstadt", Contact: "ki@" + demoDomain, Class: bots.Internal,
		Key:        bots.NewSecret(post.password + dir),
		Access:     bots.Access{Allow: []string{demoDomain, "web"}},
		Connectors: connectors.Config{Mail: []mailbox.Config{letters, forwards}, Web: []web.Config{{Name: "web", From: demoOffice}}},
		Skills: skills.Config{Draft: draft.Config{Signer: "Aylin Yılmaz", By: "Im Auftrag",
			Footer: []string{"Stadt Musterstadt · Bürgerbüro · Rathausplatz 1 · 12345 Musterstadt"}}},
	}
	cfg := Config{Storage: "bolt:" + filepath.Join(dir, "demo.db"), HTTP: HTTP{Listen: listen}, Models: envModel()}
	for _, m := range cfg.Models {
		bot.Models = append(bot.Models, m.Name)
	}
	cfg.Bots = []BotConfig{bot}
	return cfg
}

// show runs the daemon, delivers the sample letters and prints what comes of them.
func (c *demoCmd) show(e *env, d *daemon, post *postOffice) error {
	ctx, cancel := context.WithCancel(e.ctx)
	defer cancel()
	var mu sync.Mutex // results come from two mailboxes
	results := 0
	print := func(title string, raw []byte) {
		mu.Lock()
		defer mu.Unlock()
		fmt.Fprintf(e.stdout, "\n%s\n%s\n", title, indent(mailText(raw)))
		if results++; results == demoResults {
			c.closing(e, post)
			if c.Once {
				cancel()
			}
		}
	}
	fmt.Fprintln(e.stdout, "Amtsbote demo: a mail server in memory, a functional mailbox, a colleague, a browser chat.")
	fmt.Fprintln(e.stdout, modelLine(ctx, d))
	g, ctx := errgroup.WithContext(ctx)
	running := make(chan struct{})
	g.Go(func() error {
		return d.run(ctx, func(string) {
			for _, u := range d.addresses() {
				fmt.Fprintln(e.stdout, "Browser chat, open it now:", u)
			}
			fmt.Fprintln(e.stdout, "Delivering two letters: an objection with two attachments (one locked, amounts that contradict each other),\nand a mail that a colleague forwarded with a note (hidden text in it). The drafts follow in a few seconds.")
			close(running)
		})
	})
	g.Go(func() error {
		return post.watch(ctx, demoOffice, "Drafts", func(raw []byte) { print("── Draft in the Drafts folder of "+demoOffice+" ──", raw) })
	})
	g.Go(func() error {
		return post.watch(ctx, demoClerk, "INBOX", func(raw []byte) { print("── Answer to "+demoClerk+", who forwarded a mail ──", raw) })
	})
	g.Go(func() error {
		select {
		case <-running:
		case <-ctx.Done():
			return nil
		}
		return errors.Join(post.deliver(demoOffice, demoLetter), post.deliver(demoBot, demoForward))
	})
	return g.Wait()
}

// closing says what one can do now.
func (c *demoCmd) closing(e *env, post *postOffice) {
	imapHost, smtpHost := post.imap.Addr().String(), post.smtp.Addr().String()
	fmt.Fprintf(e.stdout, `
── Look at it with your own mail program ──
IMAP %s and SMTP %s, no encryption, password %s
Users: %s (functional mailbox: Drafts, folder Amtsbote),
       %s (colleague: forward mails to %s)
Nothing leaves this machine, and nothing survives the end of the demo.
`, imapHost, smtpHost, post.password, demoOffice, demoClerk, demoBot)
	if !c.Once {
		fmt.Fprintln(e.stdout, "It goes on until Ctrl-C.")
	}
}

// modelLine says which model works, or how to connect one.
func modelLine(ctx context.Context, d *daemon) string {
	if len(d.cfg.Models) > 0 {
		return "Language model: " + d.cfg.Models[0].Name + " at " + d.cfg.Models[0].URL
	}
	line := "No language model: the built-in engine works. With any OpenAI-compatible server: AMTSBOTE_MODEL_URL=https://…/v1 AMTSBOTE_MODEL=name make demo"
	if name := localModel(ctx); name != "" {
		line += "\nOllama answers on this machine. To use it: AMTSBOTE_MODEL_URL=" + ollama + "/v1 AMTSBOTE_MODEL=" + name + " make demo"
	}
	return line
}

const ollama = "http://127.0.0.1:11434"

// localModel returns the first model of an Ollama on this machine, or "". It
// only asks what is there; nothing is sent to a model.
func localModel(ctx context.Context) string {
	ctx, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, ollama+"/api/tags", nil)
	if err != nil {
		return ""
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return ""
	}
	defer resp.Body.Close()
	var tags struct {
		Models []struct {
			Name string `json:"name"`
		} `json:"models"`
	}
	if json.NewDecoder(io.LimitReader(resp.Body, 1<<20)).Decode(&tags) != nil || len(tags.Models) == 0 {
		return ""
	}
	var names []string
	for _, m := range tags.Models {
		names = append(names, m.Name)
	}
	sort.Strings(names)
	return names[0]
}

// mailText returns the head and the plain text of a mail of ours.
func mailText(raw []byte) string {
	r, err := mail.CreateReader(bytes.NewReader(raw))
	if err != nil {
		return "(unreadable)"
	}
	var b strings.Builder
	for _, key := range []string{"From", "To", "Subject"} {
		if v, err := r.Header.Text(key); err == nil && v != "" {
			fmt.Fprintf(&b, "%s: %s\n", key, v)
		}
	}
	for _, key := range []string{"In-Reply-To"} {
		fmt.Fprintf(&b, "%s: %s\n", key, r.Header.Get(key))
	}
	for {
		p, err := r.NextPart()
		if err != nil {
			return b.String()
		}
		switch h := p.Header.(type) {
		case *mail.InlineHeader:
			if kind, _, _ := h.ContentType(); kind == "text/plain" {
				text, err := io.ReadAll(p.Body)
				if err == nil {
					b.WriteString("\n" + string(text))
				}
			}
		case *mail.AttachmentHeader:
			name, _ := h.Filename()
			fmt.Fprintf(&b, "\n[file: %s]\n", name)
		}
	}
}

func indent(text string) string {
	return "  " + strings.ReplaceAll(strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n")), "\n", "\n  ")
}
