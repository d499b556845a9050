package bots

import (
	"context"
	"io"
	"time"
)

// A Connector carries messages between people and bots. Package connectortest
// has the tests that every connector must pass.
type Connector interface {
	// Name returns the name from the configuration, unique among all
	// connectors. It is part of stored keys: a renamed connector is a new one.
	Name() string

	// Receive passes each message for the bot to accept until ctx is done, and
	// then returns nil. It confirms a message to its server only after accept
	// has returned nil; if accept fails, Receive returns that error and is
	// called again later. It may pass a message again that it passed before:
	// the inbox takes each ID once. Only messages that are addressed to the bot
	// are passed. accept may be called from several goroutines. A *Refusal says
	// that only a person can cure it, such as a login that was revoked: it is an
	// alarm in log and health, and Receive is not called again until a restart.
	Receive(ctx context.Context, s State, accept func(context.Context, Message) error) error

	// Send delivers a reply and returns the network's ID of what was shown.
	// Sending a reply with the same ID again must not show it twice, if the
	// network has any means to prevent that. It may be called while Receive
	// runs, before it, and concurrently for different rooms. A *Refusal is
	// final, any other error is tried again.
	Send(ctx context.Context, s State, r Reply) (sent string, err error)

	// Open returns the content of a file of a message that it received, also
	// after a restart. The caller closes it. If the file is no longer there,
	// the error is a *Refusal.
	Open(ctx context.Context, s State, f File) (io.ReadCloser, error)
}

// State keeps small values of a connector (sync token, position) in the bot's
// store under the connector's name, so that a connector needs no storage of its
// own and another replica can take over. A value is at most 256 KB.
type State interface {
	// Get returns the value of a key; nil if there is none.
	Get(ctx context.Context, key string) ([]byte, error)
	// Put sets values in one transaction, to expire after keep; zero keeps them.
	// A nil value deletes its key.
	Put(ctx context.Context, values map[string][]byte, keep time.Duration) error
	// Each calls fn for the values whose key begins with prefix, in the order
	// of the keys' bytes, until fn returns an error, which Each returns. fn must
	// not call the State.
	Each(ctx context.Context, prefix string, fn func(key string, value []byte) error) error
}

// Optional interfaces of connectors, found by type assertion; see also [Historian].
type (
	// A Typer can show that an answer is on its way. Typing is called at most
	// about once a second for a message, from the goroutine of its skill; it
	// must be quick, and its failures are its own.
	Typer interface {
		Typing(ctx context.Context, to Address, p Progress)
	}

	// A Forgetter keeps something of a room itself (the browser chat keeps its
	// messages). Forget deletes it; it is called when the person asks for it
	// and may be called again.
	Forgetter interface {
		Forget(ctx context.Context, s State, room string) error
	}

	// An Alarmer knows of trouble that a person must see to while the rest goes
	// on, such as a full drafts folder. Alarms returns it now, by what it
	// concerns; its texts say what to do and hold nothing that people wrote.
	// It is called often and must not wait.
	Alarmer interface {
		Alarms() map[string]string
	}

	// A Checker can try its servers before the bot runs (amtsbote check). It
	// reports one result per thing tried.
	Checker interface {
		Check(ctx context.Context) []CheckResult
	}
)

// A CheckResult is what came of trying one thing.
type CheckResult struct {
	What string // such as "imap login"
	Err  error  // nil: works; its text says the cure
	Warn bool   // Err is a warning: the bot would run
}

// Progress says how far an answer is.
type Progress struct {
	Done, Total int    // parts; Total 0: not known
	Text        Text   // what is being done, such as "Seite 12 von 80"
	Partial     string // what of the answer is there already, for chats that stream
}
