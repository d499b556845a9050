// Package connectortest has the tests that every connector must pass, written as
// sentences about a [World]: the other side of the connector, a server and a
// person who uses it, real or fake.
package connectortest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"amtsbote/bots"
)

// A World is the other side of a connector.
type World interface {
	// Connect returns a connector for the world's only bot. Each call is a
	// restart: nothing but the State remains of the connector before.
	Connect(t *testing.T) bots.Connector

	// Say has the person write to the bot, with a file if content is not nil.
	// Mail is sent as text/plain, charset utf-8, 8bit.
	Say(t *testing.T, text string, content []byte)

	// Heard returns what the person has got from the bot so far, oldest first:
	// chat messages, answers, drafts.
	Heard(t *testing.T) []string
}

// Options are what a network cannot do, or does in another way.
type Options struct {
	// RepeatsSend says that a reply sent twice may show twice: the network has
	// no means to prevent it.
	RepeatsSend bool
	// Timeout is how long a message may take to arrive; zero is 30 s.
	Timeout time.Duration
}

// Run runs the tests, each in a new world.
func Run(t *testing.T, newWorld func(*testing.T) World, opts Options) {
	if opts.Timeout == 0 {
		opts.Timeout = 30 * time.Second
	}
	tests := map[string]func(*testing.T, *bench){
		"a message arrives with what a reply needs":         arrives,
		"a message that was not accepted comes again":       comesAgain,
		"what is written while the bot is away arrives":     arrivesLate,
		"a reply is shown once and not taken for a message": shownOnce,
		"a reply can be sent by a connector just started":   sentAfterRestart,
		"a file can be opened after a restart":              opensAfterRestart,
		"a file that is not there is refused":               refusesLostFile,
		"receiving ends when its context does":              ends,
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			test(t, &bench{World: newWorld(t), opts: opts, state: NewState(), seen: map[string]bool{}})
		})
	}
}

const greeting = "Grüße aus Köln, Frau Weiß 🙂"

func arrives(t *testing.T, b *bench) {
	b.Say(t, greeting, nil)
	c := b.Connect(t)
	m := b.receive(t, c)
	if got := b.text(t, c, m); !strings.Contains(got, greeting) {
		t.Errorf("got text %q, want %q", got, greeting)
	}
	if m.Connector != c.Name() || m.ID == "" || m.Sender == "" || m.Room == "" || m.Time.IsZero() {
		t.Errorf("got %+v: a field is missing", m)
	}
	if m.Time.Location() != time.UTC {
		t.Errorf("got time in %v, want UTC", m.Time.Location())
	}
}

func comesAgain(t *testing.T, b *bench) {
	b.Say(t, "eins", nil)
	c := b.Connect(t)
	full := errors.New("disk full")
	ctx, cancel := context.WithTimeout(t.Context(), b.opts.Timeout)
	defer cancel()
	asked := false
	err := c.Receive(ctx, b.state, func(context.Context, bots.Message) error { asked = true; return full })
	if !asked {
		t.Fatal("no message came")
	}
	if !errors.Is(err, full) {
		t.Fatalf("Receive: got error %v, want %v", err, full)
	}
	b.receive(t, c)
}

func arrivesLate(t *testing.T, b *bench) {
	b.Say(t, "eins", nil)
	b.receive(t, b.Connect(t))
	b.Say(t, "zwei", nil)
	c := b.Connect(t)
	if got := b.text(t, c, b.receive(t, c)); !strings.Contains(got, "zwei") {
		t.Errorf("got %q, want zwei", got)
	}
}

func shownOnce(t *testing.T, b *bench) {
	b.Say(t, "eins", nil)
	c := b.Connect(t)
	m := b.receive(t, c)
	for range 2 {
		b.send(t, c, m)
	}
	b.heard(t)
	b.Say(t, "zwei", nil)
	if got := b.text(t, c, b.receive(t, c)); !strings.Contains(got, "zwei") {
		t.Errorf("got %q, want zwei: the bot heard itself", got)
	}
}

func sentAfterRestart(t *testing.T, b *bench) {
	b.Say(t, "eins", nil)
	m := b.receive(t, b.Connect(t))
	b.send(t, b.Connect(t), m)
	if !b.opts.RepeatsSend {
		b.send(t, b.Connect(t), m)
	}
	b.heard(t)
}

func opensAfterRestart(t *testing.T, b *bench) {
	content := []byte("%PDF\x00\xff Straße")
	b.Say(t, "anbei", content)
	m := b.receive(t, b.Connect(t))
	if len(m.Files) != 1 {
		t.Fatalf("got %d files, want 1", len(m.Files))
	}
	got := b.open(t, b.Connect(t), m.Files[0])
	if m.Letter() {
		if !bytes.Contains(got, []byte("anbei")) {
			t.Errorf("the letter lacks its text:\n%s", got)
		}
		return
	}
	if !bytes.Equal(got, content) {
		t.Errorf("got %q, want %q", got, content)
	}
}

func refusesLostFile(t *testing.T, b *bench) {
	b.Say(t, "anbei", []byte("x"))
	c := b.Connect(t)
	f := b.receive(t, c).Files[0]
	f.Ref = strings.Map(func(r rune) rune {
		if r >= '0' && r <= '8' {
			return r + 1
		}
		return r
	}, f.Ref) + "9"
	r, err := c.Open(t.Context(), b.state, f)
	if err == nil {
		_, err = io.ReadAll(r)
		r.Close()
	}
	if _, ok := errors.AsType[*bots.Refusal](err); !ok {
		t.Errorf("Open: got error %v, want a refusal", err)
	}
}

func ends(t *testing.T, b *bench) {
	c := b.Connect(t)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		done <- c.Receive(ctx, b.state, func(context.Context, bots.Message) error { return nil })
	}()
	cancel()
	select {
	case err := <-done:
		if err != nil {
			t.Errorf("Receive: %v", err)
		}
	case <-time.After(b.opts.Timeout):
		t.Fatal("Receive goes on")
	}
}
