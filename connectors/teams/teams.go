// Package teams connects a bot to Microsoft Teams by the Bot Framework protocol:
// personal chats, group chats, channels.
//
//	POST /NAME/messages ──▶ token ──▶ activity ──▶ State ──▶ 200
//	                                                 └──▶ who? addressed? ──▶ accept
//	Send ──▶ parts ──▶ Bot Connector at the reference's serviceUrl
//
// What it promises:
//
//   - Confirm late. A request is answered 200 once its activity is in the State;
//     from there it is passed to the bot, after a crash by the next Receive. Who wrote
//     is looked up meanwhile, which may take longer than Teams waits.
//   - Fail closed. A request counts only if Bot Connector's signature, the audience,
//     the serviceUrl, the channel and the tenant are right; nothing of its body is
//     read before the token is (verify.go).
//   - Exactly one question: Teams sends again what is not answered in time, and the
//     inbox takes each conversation and activity ID once. An answer has no such
//     protection, as Bot Connector knows no idempotency key: what is shown is noted
//     part by part, so that a crash can repeat the one part that was on its way.
//   - Leave nothing open. What is shown of an answer before it is there is noted too
//     (left.go): the next run closes it, or goes on with it.
//   - In channels and group chats the bot hears only what mentions it. Nothing else
//     is written to any file, also where a permission has Teams deliver everything.
//   - Its token goes only to a serviceUrl from a signed claim whose host is listed,
//     and never to the hosts of files.
//
// # Choices
//
// Of github.com/infracloudio/msbotbuilder-go only package schema is used, pinned
// to v0.2.5: the accounts and constants of the protocol. Its token validation fails
// open (an empty app ID), panics on missing claims and reads bodies of any size
// before it validates; its client cannot do single tenants and sends zero values
// that clients do not show; both depend on golang-jwt 4.1.0 (CVE-2025-30204) and jwx
// 1.1.7. A test holds that neither is linked. The envelope here is our own
// (activity.go), tokens are checked with golang-jwt/jwt/v5. go-oidc was looked at
// and not taken: Bot Connector's issuer is not that of its metadata, and keys have
// endorsements.
package teams

import (
	"log/slog"
	"net/http"
	"sync"
	"time"

	"amtsbote/bots"
)

// A Connector is a bot in Teams. It is a [bots.Connector] and an [http.Handler] to
// be mounted under its name.
type Connector struct {
	cfg     Config
	log     *slog.Logger
	client  *http.Client // to Microsoft, never with redirections followed
	verify  *verifier
	api     *api
	graph   *graph
	intake  intake
	shows   shows
	uploads uploads
	salt    sync.Mutex // of the State: made once
	roomsMu sync.Mutex // of the State: records of rooms are written as they were read

	figures figures
	alarms  alarms
}

// New returns a connector for a valid configuration. It does not connect yet.
func New(cfg Config, log *slog.Logger) *Connector {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	cfg = cfg.filled()
	c := &Connector{cfg: cfg, log: log.With("connector", cfg.Name), client: newClient(), figures: newFigures(cfg.Name)}
	c.verify = newVerifier(cfg, c.client, c.log)
	c.api = newAPI(cfg, newTokens(cfg, cfg.Endpoints.Scope, c.client), c.client, c.log)
	c.graph = newGraph(cfg, c.client)
	return c
}

// newClient returns a client for Microsoft's services. It follows no redirection: a
// token is for the address that was checked.
func newClient() *http.Client {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConnsPerHost, t.MaxConnsPerHost, t.ResponseHeaderTimeout = 32, 64, 30*time.Second
	return &http.Client{Transport: t, Timeout: time.Minute, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// Name implements [bots.Connector].
func (c *Connector) Name() string { return c.cfg.Name }

var (
	_ bots.Connector = (*Connector)(nil)
	_ bots.Forgetter = (*Connector)(nil)
	_ bots.Typer     = (*Connector)(nil)
	_ bots.Alarmer   = (*Connector)(nil)
	_ bots.Historian = (*Connector)(nil)
	_ http.Handler   = (*Connector)(nil)
)
