package bots

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"amtsbote/storage"
)

// office is a connector in memory.
type office struct {
	name      string
	in        []Message
	confirmed int
	failures  int    // of Send
	now       bool   // messages come at once, whatever their time
	once      bool   // a reply of the same ID is shown once
	sending   func() // called by Send
	sent      func() // called when a reply is shown
	files     map[string]string

	mu     sync.Mutex
	out    []Reply
	typed  []Progress
	forgot []string
}

func (o *office) Name() string { return o.name }

func (o *office) Receive(ctx context.Context, s State, accept func(context.Context, Message) error) error {
	for o.confirmed < len(o.in) {
		m := o.in[o.confirmed]
		if wait := time.Until(m.Time); wait > 0 && !o.now {
			sleep(ctx, wait) // a message of the future is written then
		}
		if ctx.Err() != nil {
			return nil
		}
		m.Connector = o.name
		if err := accept(ctx, m); err != nil {
			return err
		}
		o.confirmed++
	}
	<-ctx.Done()
	return nil
}

func (o *office) Send(_ context.Context, _ State, r Reply) (string, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.failures > 0 {
		o.failures--
		return "", errors.New("no connection")
	}
	if o.sending != nil {
		o.sending()
	}
	if o.once && slices.ContainsFunc(o.out, func(old Reply) bool { return old.ID == r.ID }) {
		return "shown " + r.ID, nil
	}
	if o.sent != nil {
		o.sent()
	}
	o.out = append(o.out, r)
	return "shown " + r.ID, nil
}

func (o *office) Open(_ context.Context, _ State, f File) (io.ReadCloser, error) {
	return io.NopCloser(strings.NewReader(o.files[f.Ref])), nil
}

func (o *office) Typing(_ context.Context, _ Address, p Progress) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.typed = append(o.typed, p)
}

func (o *office) Forget(_ context.Context, _ State, room string) error {
	o.forgot = append(o.forgot, room)
	return nil
}

// texts returns what people read, in German.
func (o *office) texts() (all []string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, r := range o.out {
		all = append(all, r.Answer.Text.In("de"))
	}
	return all
}

// fake is a skill made of a function.
type fake struct {
	info Info
	do   func(context.Context, Task) (Answer, error)
}

func (f fake) Info() Info { return f.info }

func (f fake) Do(ctx context.Context, t Task) (Answer, error) { return f.do(ctx, t) }

// answering returns a skill that takes everything.
func answering(do func(context.Context, Task) (Answer, error)) fake {
	return fake{Info{Name: "test", Version: "7", Question: true, Files: true, Letter: true}, do}
}

func say(s string) (Answer, error) { return Answer{Text: Say(s)}, nil }

func echo(_ context.Context, t Task) (Answer, error) { return say("Echo: " + t.Text) }

// ask returns a message of Anna's in a direct chat.
func ask(id, text string) Message {
	return Message{ID: id, Room: "r", Direct: true, Sender: "anna@stadt.example", Text: text, Time: time.Now()}
}

// world is a bot with its store and connector, to be run for a while and again.
type world struct {
	t      *testing.T
	path   string
	bot    Bot
	o      *office
	log    bytes.Buffer
	last   *Runner
	nights int
	// faults says before each write whether the store fails, and how.
	faults func() (before, after bool)
	// slow says after each reading whether the store takes its time.
	slow func() bool
}

func newWorld(t *testing.T, skills ...Skill) *world {
	o := &office{name: "office", files: map[string]string{}}
	return &world{t: t, path: filepath.Join(t.TempDir(), "bot.db"), o: o, bot: Bot{
		Profile:    Profile{Name: "b", Language: "de", Class: Internal, Keep: 30 * 24 * time.Hour, Contact: "ki@stadt.example"},
		Access:     Access{Allow: []string{"stadt.example"}},
		Key:        NewSecret("geheim"),
		Connectors: []Connector{o},
		Skills:     skills,
	}}
}

// run runs the bot for d, which under synctest takes no time, and returns what
// people have read so far.
func (w *world) run(d time.Duration) []string {
	w.t.Helper()
	var store storage.Store
	store, err := storage.OpenBolt(w.path)
	if err != nil {
		w.t.Fatal(err)
	}
	defer store.Close()
	if w.faults != nil {
		store = &faulty{store, w.faults}
	}
	if w.slow != nil {
		store = slowReads{store, w.slow}
	}
	ctx, cancel := context.WithTimeout(w.t.Context(), d)
	defer cancel()
	w.last, err = NewRunner(store, slog.New(slog.NewTextHandler(&w.log, &slog.HandlerOptions{Level: slog.LevelDebug})), w.bot)
	if err != nil {
		w.t.Fatal(err)
	}
	w.last.Night = func(context.Context) error { w.nights++; return nil }
	if err := w.last.Run(ctx); err != nil {
		w.t.Errorf("Run: %v", err)
	}
	return w.o.texts()
}

func (w *world) want(got []string, want ...string) {
	w.t.Helper()
	if !slices.Equal(got, want) {
		w.t.Errorf("got  %q\nwant %q", got, want)
	}
}

// view reads the store of a world that does not run.
func (w *world) view(fn func(tx storage.Tx) error) {
	w.t.Helper()
	store, err := storage.OpenBolt(w.path)
	if err != nil {
		w.t.Fatal(err)
	}
	defer store.Close()
	if err := store.View(w.t.Context(), fn); err != nil {
		w.t.Fatal(err)
	}
}

// update changes the store of a world that does not run.
func (w *world) update(fn func(tx storage.Tx) error) {
	w.t.Helper()
	store, err := storage.OpenBolt(w.path)
	if err != nil {
		w.t.Fatal(err)
	}
	defer store.Close()
	if err := store.Update(w.t.Context(), fn); err != nil {
		w.t.Fatal(err)
	}
}
