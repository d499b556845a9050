package llm

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/sashabaranov/go-openai"
	"golang.org/x/sync/semaphore"
)

// A client is one configured model.
type client struct {
	Config
	http    *http.Client
	lib     openai.ClientConfig
	slots   *semaphore.Weighted // first come, first served
	breaker breaker
	quirks  learned
	stats   stats
	width   atomic.Int64 // numbers in a vector, once known
	log     *slog.Logger
}

func newClient(c Config, log *slog.Logger) (*client, error) {
	c = c.defaults()
	h, err := newHTTP(c)
	if err != nil {
		return nil, err
	}
	cl := &client{Config: c, http: h, lib: library(c), slots: semaphore.NewWeighted(int64(c.Slots)), log: log}
	// A deployment's name is free: o3-buergeramt may be any model.
	cl.quirks.add(guess(c.Model))
	return cl, nil
}

// thinking returns how many tokens the model may use for thoughts.
func (c *client) thinking() int {
	if c.Thinking == 0 && c.quirks.get()&reasoning == reasoning {
		return c.Context / 4
	}
	return c.Thinking
}

func (c *client) budget() int { return c.Context - c.thinking() }

// prepare returns the prompt as this model gets it, or ErrTooLong as a *failure.
// The estimate decides, not the server: Ollama cuts a prompt that is too long from
// its front and says nothing.
func (c *client) prepare(p Prompt) (Prompt, error) {
	if p.MaxTokens <= 0 {
		p.MaxTokens = c.budget() / 4
	}
	if p.Need()+p.MaxTokens > c.budget() {
		return p, &failure{model: c.Name, kind: long, code: "does not fit"}
	}
	return p, nil
}

// complete sends a prompt once, if slots and breaker let it through.
func (c *client) complete(ctx context.Context, p Prompt) (Completion, error) {
	p, err := c.prepare(p)
	if err != nil {
		return Completion{}, err
	}
	var done Completion
	err = c.inLine(ctx, func(ctx context.Context) (Completion, error) {
		done, err = c.adapt(ctx, p)
		return done, err
	})
	return done, err
}

// inLine sends one request, if slots and breaker let it through.
func (c *client) inLine(ctx context.Context, send sender) error {
	// Also looked at before standing in line, so that nobody waits for nothing.
	if wait := c.breaker.wait(time.Now()); wait > 0 {
		return c.shut(wait)
	}
	c.stats.waiting.Add(1)
	err := c.slots.Acquire(ctx, 1)
	c.stats.waiting.Add(-1)
	if err != nil {
		return context.Cause(ctx)
	}
	defer c.slots.Release(1)
	return c.guarded(ctx, send)
}

// A sender sends one request. Of what it returns only the tokens are looked at.
type sender func(ctx context.Context) (Completion, error)

func (c *client) shut(wait time.Duration) error {
	state, _, _ := c.breaker.state()
	code := "paused as the server asked"
	if state != Closed {
		code = "away"
	}
	return &failure{model: c.Name, kind: shut, code: code, after: wait}
}

// guarded sends a request through the breaker and tells it what came of it.
func (c *client) guarded(ctx context.Context, send sender) error {
	wait, probe := c.breaker.enter(time.Now())
	if wait > 0 {
		return c.shut(wait)
	}
	c.stats.flying.Add(1)
	begun := time.Now()
	done, err := send(ctx)
	c.stats.flying.Add(-1)

	f, isFailure := errors.AsType[*failure](err)
	known := err == nil || isFailure
	opened, closed := c.breaker.leave(time.Now(), probe, known, f)
	took := time.Since(begun)
	if f != nil {
		f.took = took
	}
	if known {
		c.stats.note(done, f, took)
	}
	switch {
	case opened && f.kind == denied:
		c.log.Error("model refuses us", "model", c.Name, "err", f)
	case opened:
		c.log.Warn("model away", "model", c.Name, "err", f)
	case closed:
		c.log.Info("model back", "model", c.Name)
	}
	return err
}

// adapt asks, and asks again at once without a setting that the server does not
// take. Each setting is left out once, so that this ends.
func (c *client) adapt(ctx context.Context, p Prompt) (Completion, error) {
	for {
		q := c.quirks.get()
		c.stats.requests.Add(1)
		done, err := c.ask(ctx, p, q)
		f, ok := errors.AsType[*failure](err)
		if !ok || f.kind != quirk {
			return done, err
		}
		if q&f.learn == f.learn {
			f.kind = bad
			return done, err
		}
		c.quirks.add(f.learn)
		c.log.Info("model takes fewer settings", "model", c.Name, "err", f)
	}
}

// stats counts what a client does.
type stats struct {
	waiting, flying             atomic.Int64
	requests, answers, failures atomic.Uint64
	in, out                     atomic.Uint64 // tokens
	busyFor                     atomic.Int64  // time in answered requests
	lastOK, lastFail            atomic.Int64  // Unix nanoseconds
	last                        atomic.Pointer[failure]
}

func (s *stats) note(done Completion, f *failure, took time.Duration) {
	now := time.Now().UnixNano()
	if f != nil {
		s.failures.Add(1)
		s.lastFail.Store(now)
		s.last.Store(f)
		return
	}
	s.answers.Add(1)
	s.in.Add(uint64(max(done.In, 0)))
	s.out.Add(uint64(max(done.Out, 0)))
	s.busyFor.Add(int64(took))
	s.lastOK.Store(now)
}
