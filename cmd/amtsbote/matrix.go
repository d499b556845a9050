package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"text/tabwriter"

	"golang.org/x/term"

	"amtsbote/bots"
	"amtsbote/connectors"
	"amtsbote/connectors/matrix"
	"amtsbote/storage"
)

type matrixCmd struct {
	Login   matrixLoginCmd   `cmd:"" help:"Make the account's device, once. The daemon must not run."`
	Status  matrixStatusCmd  `cmd:"" help:"Show how the account's device is, here and on the server."`
	Recover matrixRecoverCmd `cmd:"" help:"Sign the device with the account's recovery key. The daemon must not run."`
}

// accountFlags name a Matrix account of the configuration.
type accountFlags struct {
	configFlag
	Name string `arg:"" optional:"" help:"Name of the connector; default: the only one."`
}

// account returns the account that is meant.
func (f accountFlags) account() (Config, matrix.Config, error) {
	cfg, err := load(f.Config)
	if err != nil {
		return cfg, matrix.Config{}, err
	}
	var found []matrix.Config
	var names []string
	for _, b := range cfg.Bots {
		for _, m := range b.Connectors.Matrix {
			name := connectors.MatrixName(m)
			names = append(names, name)
			if f.Name == "" || f.Name == name {
				found = append(found, host(cfg, b, slog.New(slog.DiscardHandler)).Matrix(m))
			}
		}
	}
	switch {
	case len(found) == 1:
		return cfg, found[0], nil
	case len(names) == 0:
		return cfg, matrix.Config{}, exit{exitUsage, "amtsbote: the configuration has no Matrix account"}
	}
	return cfg, matrix.Config{}, exit{exitUsage, "amtsbote: name one of the Matrix accounts: " + strings.Join(names, ", ")}
}

// withoutDaemon does something to a device while no daemon has it.
func withoutDaemon(cfg Config, do func() error) error {
	s, err := existingStore(cfg)
	if errors.Is(err, os.ErrNotExist) {
		return do()
	}
	if errors.Is(err, storage.ErrInUse) {
		return errors.New("amtsbote: the daemon runs; stop it first, for example by: systemctl stop amtsbote")
	}
	if err != nil {
		return err
	}
	return errors.Join(do(), s.Close())
}

type matrixLoginCmd struct {
	accountFlags
	Password    bots.Secret `help:"The account's password; default: asked for." placeholder:"file:PATH|env:NAME"`
	Token       bots.Secret `help:"Instead: an access token that an administrator issued for a new device." placeholder:"file:PATH|env:NAME"`
	RecoveryKey bots.Secret `help:"Recovery key of an account that has cross-signing keys." placeholder:"file:PATH|env:NAME"`
	New         bool        `help:"Make a new device though there is one. The old one's file is moved aside."`
}

// Run makes the device of an account.
func (c *matrixLoginCmd) Run(e *env) error {
	cfg, account, err := c.account()
	if err != nil {
		return err
	}
	if err := secretFlags(map[string]bots.Secret{"password": c.Password, "token": c.Token, "recovery-key": c.RecoveryKey}); err != nil {
		return err
	}
	opt := matrix.LoginOptions{Password: c.Password.Reveal(), Token: c.Token.Reveal(), RecoveryKey: c.RecoveryKey.Reveal(), New: c.New}
	return withoutDaemon(cfg, func() error {
		if opt.Password == "" && opt.Token == "" {
			if opt.Password, err = e.secret("Password of " + account.User + ": "); err != nil {
				return err
			}
		}
		res, err := matrix.Login(e.ctx, account, opt)
		if res.Moved != "" {
			fmt.Fprintf(e.stdout, "The old device's file is now %s. Never put it back. Delete the old device on the server.\n", res.Moved)
		}
		if res.Device != "" && err == nil {
			printLogin(e.stdout, res)
		}
		return err
	})
}

func printLogin(w io.Writer, res matrix.LoginResult) {
	fmt.Fprintf(w, "Device %s of %s is ready.\nIts fingerprint, as other clients show it: %s\n", res.Device, res.User, res.Fingerprint)
	if res.Signed {
		fmt.Fprintln(w, "The account's own keys have signed it.")
	} else {
		fmt.Fprintf(w, "It works, but it is not signed: %s.\n", res.Unsigned)
	}
	if res.Backup != "" {
		fmt.Fprintf(w, "The keys in the account's backup (version %s) have been read.\n", res.Backup)
	}
	if res.RecoveryKey != "" {
		fmt.Fprintf(w, "\nThe account's recovery key, shown this once:\n\n    %s\n\n"+
			"Put it into the authority's safe. A new device is signed with it, should this one get lost;\nwhoever has it can pass for the bot.\n", res.RecoveryKey)
	}
}

type matrixRecoverCmd struct {
	accountFlags
	RecoveryKey bots.Secret `help:"The account's recovery key; default: asked for." placeholder:"file:PATH|env:NAME"`
}

// Run signs the device with the recovery key.
func (c *matrixRecoverCmd) Run(e *env) error {
	cfg, account, err := c.account()
	if err != nil {
		return err
	}
	if err := secretFlags(map[string]bots.Secret{"recovery-key": c.RecoveryKey}); err != nil {
		return err
	}
	return withoutDaemon(cfg, func() error {
		key := c.RecoveryKey.Reveal()
		if key == "" {
			if key, err = e.secret("Recovery key of " + account.User + ": "); err != nil {
				return err
			}
		}
		if err := matrix.Recover(e.ctx, account, key); err != nil {
			return err
		}
		fmt.Fprintln(e.stdout, "The device is signed, and the recovery key is kept with it, sealed. If the account has a key backup, it has been read.")
		return nil
	})
}

type matrixStatusCmd struct {
	accountFlags
	JSON bool `help:"Print one JSON object."`
}

// Run shows how the device is. The exit code is 5 if something is wrong with it.
func (c *matrixStatusCmd) Run(e *env) error {
	_, account, err := c.account()
	if err != nil {
		return err
	}
	r, err := matrix.Status(e.ctx, account)
	if err != nil {
		return err
	}
	if c.JSON {
		err = json.NewEncoder(e.stdout).Encode(r)
	} else {
		err = printStatus(e.stdout, r)
	}
	if err == nil && r.Problem != "" {
		err = exit{code: exitServer}
	}
	return err
}

func printStatus(w io.Writer, r matrix.StatusReport) error {
	yes := func(is bool, yes, no string) string {
		if is {
			return yes
		}
		return no
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "account\t%s\n", r.User)
	fmt.Fprintf(t, "device\t%s\n", r.Device)
	fmt.Fprintf(t, "fingerprint\t%s\n", r.Fingerprint)
	fmt.Fprintf(t, "recovery key\t%s\n", yes(r.Recovery, "kept", "not kept"))
	fmt.Fprintf(t, "access token\t%s\n", yes(r.Token, "valid", "NOT VALID"))
	if r.Token { // else the server told nothing
		fmt.Fprintf(t, "device keys\t%s\n", yes(r.Present, "on the server", "NOT on the server"))
		fmt.Fprintf(t, "cross-signing\t%s\n", yes(r.Identity, yes(r.Signed, "the device is signed", "the device is NOT signed"), "the account has NO keys"))
		fmt.Fprintf(t, "key backup\t%s\n", yes(r.Backup != "", "version "+r.Backup, "none"))
		fmt.Fprintf(t, "rooms\t%d, %d of them known to be encrypted\n", r.Rooms, r.Encrypted)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if r.Problem != "" {
		fmt.Fprintf(w, "\n%s\n", r.Problem)
	}
	return nil
}

// secretFlags reports secrets that could not be read.
func secretFlags(flags map[string]bots.Secret) error {
	for name, s := range flags {
		if err := s.Validate(); err != nil {
			return exit{exitUsage, fmt.Sprintf("amtsbote: --%s: %v; it is written file:PATH or env:NAME", name, err)}
		}
	}
	return nil
}

// secret asks for a secret: on a terminal without showing it, else it is the
// first line of standard input.
func (e *env) secret(prompt string) (string, error) {
	in, ok := e.stdin.(*os.File)
	if !ok || !term.IsTerminal(int(in.Fd())) {
		line, err := bufio.NewReader(io.LimitReader(e.stdin, 4096)).ReadString('\n')
		if line = strings.TrimRight(line, "\r\n"); line == "" {
			return "", exit{exitUsage, "amtsbote: nothing on standard input, where the secret is read if no flag names it"}
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return "", err
		}
		return line, nil
	}
	fmt.Fprint(e.stderr, prompt)
	defer fmt.Fprintln(e.stderr)
	return readHidden(e.ctx, int(in.Fd()))
}

// readHidden reads a line from a terminal that does not show it. The terminal
// shows again what is typed if ctx ends meanwhile.
func readHidden(ctx context.Context, fd int) (string, error) {
	before, err := term.GetState(fd)
	if err != nil {
		return "", err
	}
	type result struct {
		line []byte
		err  error
	}
	done := make(chan result, 1)
	go func() {
		line, err := term.ReadPassword(fd)
		done <- result{line, err}
	}()
	select {
	case r := <-done:
		return string(r.line), r.err
	case <-ctx.Done():
		return "", errors.Join(ctx.Err(), term.Restore(fd, before))
	}
}
