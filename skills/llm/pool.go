package llm

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"amtsbote/bots"
)

// A Pool holds the models of a configuration. Its models, with their slots and
// breakers, are shared by all bots.
type Pool struct {
	clients []*client
	byName  map[string]*client
	log     *slog.Logger
}

// New returns the models of a configuration, or all errors that Validate finds.
// No server is asked.
func New(models []Config, log *slog.Logger) (*Pool, error) {
	if err := Validate(models); err != nil {
		return nil, err
	}
	p := &Pool{byName: map[string]*client{}, log: log}
	for i, m := range models {
		c, err := newClient(m, log)
		if err != nil {
			return nil, fmt.Errorf("models[%d].%w", i, err)
		}
		p.clients = append(p.clients, c)
		p.byName[m.Name] = c
	}
	return p, nil
}

// Close gives back idle connections. The models can still be used.
func (p *Pool) Close() {
	for _, c := range p.clients {
		c.http.CloseIdleConnections()
	}
}

// Bot returns the models that a bot may use, by their names, the preferred one
// first. No names: no models.
func (p *Pool) Bot(names []string) (Bot, error) {
	var b Bot
	for i, name := range names {
		c, ok := p.byName[name]
		if !ok {
			return Bot{}, fmt.Errorf("models[%d]: there is no model %q", i, name)
		}
		b.models = append(b.models, c)
	}
	return b, nil
}

// A Bot is the models of one bot. It implements Choose; the zero Bot has none.
type Bot struct{ models []*client }

// For implements Choose. Nothing that the returned Model does, fallback included,
// leaves the models that may see c. Behind those that may see all of it come those
// that may see it without personal data.
func (b Bot) For(c bots.Class) Model {
	if ch := b.cleared(c); len(ch) > 0 {
		return ch
	}
	return nil // not an empty chain: callers compare with nil
}

func (b Bot) cleared(c bots.Class) chain {
	var ch, behind chain
	w := newWall()
	for _, m := range b.models {
		switch {
		case m.Embedding:
		case m.Class.MaySee(c):
			ch = append(ch, seat{m, nil})
		case m.Pseudonymise != "" && m.Pseudonymise.MaySee(c):
			behind = append(behind, seat{m, w})
		}
	}
	return append(ch, behind...)
}

// Info is what people may know of a model.
type Info struct {
	Name, Place string
	Class       bots.Class
	// Replaced says that personal data is replaced before it sees a text of the
	// class that was asked about.
	Replaced bool
}

// Models returns the models that may see a class, the preferred one first.
func (b Bot) Models(c bots.Class) []Info {
	var infos []Info
	for _, m := range b.cleared(c) {
		infos = append(infos, Info{m.Name, m.Place, m.Class, m.wall != nil})
	}
	return infos
}

// Health is how a model is doing.
type Health struct {
	Info
	State    State
	Fails    int       // in a row
	Paused   time.Time // the server asked to be left alone until then; may be past
	LastOK   time.Time // zero: never
	LastFail time.Time
	LastErr  string // without content
	// Alarm is set where a person must act: the server refuses our key, or does
	// not know the model.
	Alarm string

	Requests, Answers, Failures uint64 // since the start; a repeated request counts each time
	In, Out                     uint64 // tokens, as the servers counted them
	Time                        time.Duration
	InFlight, Waiting, Slots    int
}

// Ready reports whether the model would be asked now.
func (h Health) Ready() bool { return h.State != Open }

// Health returns how the models are doing, in the order of the configuration.
func (p *Pool) Health() []Health {
	hs := make([]Health, 0, len(p.clients))
	for _, c := range p.clients {
		hs = append(hs, c.health())
	}
	return hs
}

func (c *client) health() Health {
	s := &c.stats
	h := Health{
		Info:     Info{Name: c.Name, Place: c.Place, Class: c.Class},
		LastOK:   at(s.lastOK.Load()),
		LastFail: at(s.lastFail.Load()),
		Requests: s.requests.Load(), Answers: s.answers.Load(), Failures: s.failures.Load(),
		In: s.in.Load(), Out: s.out.Load(), Time: time.Duration(s.busyFor.Load()),
		InFlight: int(s.flying.Load()), Waiting: int(s.waiting.Load()), Slots: c.Slots,
	}
	h.State, h.Fails, h.Paused = c.breaker.state()
	if f := s.last.Load(); f != nil {
		h.LastErr = f.Error()
		if h.State != Closed && f.kind == denied {
			h.Alarm = c.cure(f)
		}
	}
	return h
}

func at(unixNano int64) time.Time {
	if unixNano == 0 {
		return time.Time{}
	}
	return time.Unix(0, unixNano)
}

const (
	watchEvery = time.Second
	probeLimit = 4 * time.Second
)

// Watch asks models whose breaker is open a word now and then, so that it closes
// soon after the server is back even if nobody writes. It returns when ctx is
// done and its last questions have ended.
func (p *Pool) Watch(ctx context.Context) {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	flying := make(chan struct{}, len(p.clients))
	defer func() {
		for range cap(flying) {
			flying <- struct{}{}
		}
	}()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		for _, c := range p.clients {
			if state, _, _ := c.breaker.state(); state == Closed || c.breaker.wait(time.Now()) > 0 {
				continue
			}
			select {
			case flying <- struct{}{}:
				go func() {
					defer func() { <-flying }()
					c.probe(ctx)
				}()
			default:
			}
		}
	}
}

// probe asks for a word outside the line: the slots may be taken by requests that
// hang. It ends soon, so that a server that hangs is asked again.
func (c *client) probe(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, probeLimit)
	defer cancel()
	_ = c.guarded(ctx, c.ping)
}

// ping asks for as little as there is.
func (c *client) ping(ctx context.Context) (Completion, error) {
	if c.Embedding {
		_, done, err := c.vectors(ctx, []string{pingText})
		return done, err
	}
	return c.adapt(ctx, ping)
}

// ping is the smallest prompt. Its answer may be cut, but servers refuse one token.
var ping = Prompt{Turns: []Turn{{Text: pingText}}, MaxTokens: 16}

const pingText = "Antworte nur: ok"
