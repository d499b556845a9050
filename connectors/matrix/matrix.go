// Package matrix connects a bot to Matrix: direct chats, rooms of several people,
// threads, files, all end-to-end encrypted where the room is.
//
//	sync ──▶ keys, rooms ──▶ timeline ──▶ decrypt ──▶ addressed? ──▶ accept ──▶ sync token
//	Send ──▶ room or direct chat ──▶ parts ──▶ encrypt ──▶ transaction ID
//
// What it promises:
//
//   - Confirm late. The sync token is kept only once every event before it has
//     been accepted, or put aside because its key is missing. mautrix's own loop
//     keeps it before it handles events, and would lose them in a crash: the loop
//     here is ours. Where the server leaves out part of a timeline it is filled
//     from the room's history, up to a week or 5,000 events back. What is older than
//     Config.MaxAge is told of, not answered; nothing from before the bot came into
//     a room ever is.
//   - Exactly one answer. Each part of a reply has a transaction ID made from the
//     reply's ID, which the server knows for a while. A reply that is sent again
//     is first looked for in the room, by the mark that every part carries.
//   - In a room of several people the bot hears only what is addressed to it, by
//     the protocol's mention and visibly. Nothing else leaves [Connector.Receive],
//     and none of it is written to any file.
//   - It joins only rooms to which somebody invites it who may use it, and leaves
//     when the last such person does.
//   - Nothing goes unencrypted into an encrypted room: whether it is, is asked of
//     the server where it is not known for sure.
//
// A device is made once, by "amtsbote matrix login", and kept for ever with its
// keys in a SQLite file beside the store ([Login]). It is signed by the account's
// own cross-signing keys, without which clients withhold keys from it. Never
// restore an old copy of that file: its sessions would be used twice. Make a new
// device, and sign it with the recovery key ([Recover]).
//
// Built on maunium.net/go/mautrix, with its own Olm in Go (build tag goolm, no
// cgo) and its own crypto store on modernc.org/sqlite. A crypto store on bbolt was
// judged: 49 methods that change between versions, for no gain. mautrix's
// cryptohelper is not used: it waits for missing keys in goroutines after the sync
// token is kept.
package matrix

import (
	"context"
	"log/slog"
	"sync"

	"amtsbote/bots"
)

// A Connector is a bots.Connector for one Matrix account.
type Connector struct {
	cfg Config
	key []byte // as it was at the start: what is stored is named by it
	log *slog.Logger

	mu      sync.Mutex
	account *account // opened at the first use

	rooms   rooms
	locked  locked
	shows   shows
	figures figures
}

var (
	_ bots.Connector = (*Connector)(nil)
	_ bots.Typer     = (*Connector)(nil)
	_ bots.Historian = (*Connector)(nil)
	_ bots.Checker   = (*Connector)(nil)
)

// New returns a connector for a valid configuration. It does not connect yet.
func New(cfg Config, log *slog.Logger) *Connector {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Connector{cfg: cfg.filled(), key: []byte(cfg.Key.Reveal()), log: log.With("connector", cfg.Name)}
}

// Name implements bots.Connector.
func (c *Connector) Name() string { return c.cfg.Name }

// open returns the account, opened at the first use. Without a device the error
// is a *bots.Refusal: trying again changes nothing.
func (c *Connector) open(ctx context.Context) (*account, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.account != nil {
		return c.account, nil
	}
	a, err := openAccount(ctx, c.cfg)
	if err != nil {
		return nil, err
	}
	a.log = c.log
	c.account = a
	return a, nil
}
