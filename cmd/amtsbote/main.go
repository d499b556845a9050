// Command amtsbote is the assistant of a public administration: a daemon that
// answers staff in their chat, drafts replies to mail for people to check, and
// sums up files; and the same skills on the command line.
//
// Wiring is all that lives here: flags, the configuration file, which package
// gets what. What the parts do, their package comments say; start with bots.
//
// kong was chosen for the command line: subcommands as structs, no generated
// code, one small dependency.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"amtsbote/skills/document"
)

// Exit codes, for scripts; docs/betrieb.md lists them.
const (
	exitError      = 1 // something did not work
	exitUsage      = 2 // the command line is wrong
	exitUnreadable = 3 // read, skill: a file cannot be read
	exitConfig     = 4 // the configuration is wrong
	exitServer     = 5 // check: a server cannot be reached or does not do what it must
	exitWorse      = 6 // eval: a case fails that passed before
)

// exit is an error with an exit code. An empty text prints nothing.
type exit struct {
	code int
	text string
}

func (e exit) Error() string { return e.text }

// cli is the command line.
type cli struct {
	Run       runCmd       `cmd:"" help:"Run the daemon."`
	Check     checkCmd     `cmd:"" help:"Check the configuration, then reach every server it names."`
	Demo      demoCmd      `cmd:"" help:"Show the main job on this machine alone: embedded mailbox, browser chat, sample letters."`
	Read      readCmd      `cmd:"" help:"Print the text of documents."`
	Skill     skillCmd     `cmd:"" help:"Use a skill on files or standard input."`
	Eval      evalCmd      `cmd:"" help:"Try out models and instructions on a set of cases; compare with the last run."`
	Matrix    matrixCmd    `cmd:"" help:"Make the device of a Matrix account, look at it, sign it."`
	Teams     teamsCmd     `cmd:"" help:"Write the app package with which Microsoft Teams gets the bot."`
	Queue     queueCmd     `cmd:"" help:"Show what waits, and what was set aside."`
	Knowledge knowledgeCmd `cmd:"" help:"Look at collections of documents, have them read anew, delete what was derived from them."`
	Compact   compactCmd   `cmd:"" help:"Compact the store of a daemon that does not run."`
	Version   versionCmd   `cmd:"" help:"Print the version."`
}

// env is what a command may use of the world.
type env struct {
	ctx    context.Context
	stdin  io.Reader
	stdout io.Writer
	stderr io.Writer
	tty    bool // stderr is a terminal: progress may be shown
}

func main() {
	document.Main() // a child that reads documents never comes back from here
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the program at once, which loses nothing
	info, err := os.Stderr.Stat()
	e := &env{ctx, os.Stdin, os.Stdout, os.Stderr, err == nil && info.Mode()&os.ModeCharDevice != 0}
	code := command(e, os.Args[1:])
	stop()
	os.Exit(code)
}

// command runs the command line and returns its exit code.
func command(e *env, args []string) int {
	var c cli
	parser, err := kong.New(&c, kong.Name("amtsbote"), kong.UsageOnError(), kong.Writers(e.stdout, e.stderr),
		kong.Description("The office's messenger: answers staff in their chat, drafts replies to mail, sums up files. It sends nothing to citizens."))
	if err != nil {
		fmt.Fprintln(e.stderr, "amtsbote:", err)
		return exitError
	}
	k, err := parser.Parse(args)
	if err != nil {
		fmt.Fprintln(e.stderr, "amtsbote:", err)
		return exitUsage
	}
	err = k.Run(e)
	if err == nil {
		return 0
	}
	code := exitError
	if x, ok := errors.AsType[exit](err); ok {
		code = x.code
	}
	if _, ok := errors.AsType[*configError](err); ok {
		code = exitConfig
	}
	if text := err.Error(); text != "" {
		fmt.Fprintln(e.stderr, text)
	}
	return code
}

// logger returns the daemon's log: JSON on standard error, or text for people.
func (e *env) logger(human bool) *slog.Logger {
	if human {
		return slog.New(slog.NewTextHandler(e.stderr, nil))
	}
	return slog.New(slog.NewJSONHandler(e.stderr, nil))
}

type configFlag struct {
	Config string `short:"c" default:"/etc/amtsbote/config.yaml" help:"The configuration file." placeholder:"FILE"`
}
