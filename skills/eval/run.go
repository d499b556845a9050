package eval

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"amtsbote/bots"
	"amtsbote/skills/document"
	"amtsbote/skills/llm"
)

// A Runner runs sets.
type Runner struct {
	// Bot makes the bot that is asked, with its models as count gives them back.
	// Each case has its own, so that nothing is remembered from one to the next.
	Bot func(count func(llm.Choose) llm.Choose) (bots.Bot, error)
	// Read reads the files that a skill made.
	Read document.ReadFunc
	// Room reads an exported room.
	Room     func(r io.Reader, as string) (Room, error)
	Model    bool          // there is a model that may see the bot's class
	OCR      bool          // text in pictures is recognised
	Parallel int           // cases at once; default 1
	Timeout  time.Duration // of a case; default 10 minutes
	// Done, if set, is told of each case that has ended, one at a time. show has
	// what came and what was wrong with it: text, for a terminal.
	Done func(rec Record, show string)
}

// A Room is one that a case is asked in.
type Room struct {
	Rooms bots.Rooms
	End   time.Time // of its last message
	Asks  string    // ID of who asks
}

// Run runs the cases of a set and returns their records in its order. If ctx ends,
// the cases that have not ended are Stopped.
func (r *Runner) Run(ctx context.Context, set Set) []Record {
	records := make([]Record, len(set.Cases))
	next := make(chan int)
	var wg sync.WaitGroup
	var mu sync.Mutex
	for range max(1, min(r.Parallel, len(set.Cases))) {
		wg.Go(func() {
			for i := range next {
				rec, show := r.one(ctx, set.Cases[i])
				records[i] = rec
				if r.Done != nil && rec.State != Stopped {
					mu.Lock()
					r.Done(rec, show)
					mu.Unlock()
				}
			}
		})
	}
	for i := range set.Cases {
		next <- i // a worker whose ctx is done only marks it
	}
	close(next)
	wg.Wait()
	return records
}

// skip says why a case cannot be run here, or "".
func (r *Runner) skip(c Case, b bots.Bot) string {
	for _, need := range c.Needs {
		if !slices.ContainsFunc(b.Skills, func(s bots.Skill) bool { return s.Info().Name == need }) {
			return "there is no skill " + need
		}
	}
	switch {
	case c.Requires == requiresModel && !r.Model:
		return "needs a model"
	case c.Requires == requiresNone && r.Model:
		return "is about the built-in engine"
	case c.Requires == requiresOCR && !r.OCR:
		return "needs text recognition"
	}
	return ""
}

// one runs a case.
func (r *Runner) one(ctx context.Context, c Case) (rec Record, show string) {
	rec = Record{Name: c.Name, Skill: c.group(), State: Stopped, File: c.file, Line: c.line}
	if ctx.Err() != nil {
		return rec, ""
	}
	m := &meter{}
	b, err := r.Bot(m.count)
	if err != nil {
		rec.State = Failing
		return rec, "error: " + err.Error()
	}
	if rec.Why = r.skip(c, b); rec.Why != "" {
		rec.State = Skipped
		return rec, ""
	}
	limited, cancel := context.WithTimeout(ctx, cmp.Or(r.Timeout, 10*time.Minute))
	defer cancel()
	began := time.Now()
	t := &talk{r: r, c: c, b: b}
	got, err := t.ask(limited)
	rec.Seconds = time.Since(began).Seconds()
	rec.In, rec.Out = int(m.in.Load()), int(m.out.Load())
	rec.Model, rec.Place = got.answer.Notice.Model, got.answer.Notice.Place
	switch {
	case ctx.Err() != nil:
		return Record{Name: c.Name, Skill: rec.Skill, State: Stopped, File: c.file, Line: c.line}, ""
	case err != nil:
		rec.State = Failing
		return rec, "error: " + err.Error()
	}
	rec.State = Passed
	if c.judge(got, t.now, &rec); len(rec.Faults) > 0 {
		rec.State = Failed
	}
	return rec, t.show(got, rec)
}

// A talk is the conversation of a case.
type talk struct {
	r      *Runner
	c      Case
	b      bots.Bot
	now    time.Time
	inputs []Input // by File.Ref
	turns  []bots.Turn
	memo   memo
}

// ask has the earlier turns made and the question answered.
func (t *talk) ask(ctx context.Context) (reply, error) {
	t.now = t.c.Now
	if t.now.IsZero() {
		t.now = time.Now()
	}
	t.now = t.now.In(t.b.Zone)
	t.memo.values = map[string][]byte{}
	for i, e := range t.c.Before {
		if err := t.earlier(ctx, i, e); err != nil {
			return reply{}, fmt.Errorf("before[%d]: %w", i, err)
		}
	}
	task := t.task(strconv.Itoa(len(t.c.Before)+1), t.c.Text, t.c.Files)
	if err := t.question(&task); err != nil {
		return reply{}, err
	}
	a, err := t.b.Ask(ctx, task)
	return replyOf(ctx, a, err, task.Language, t.r.Read)
}

// question makes a task the one of the case.
func (t *talk) question(task *bots.Task) error {
	c := t.c
	if c.Letter.given() {
		f := t.file(c.Letter)
		f.Type = bots.TypeLetter
		task.Message.Files = []bots.File{f}
		task.Message.Watched = c.Forwarded == "" && c.Text == ""
		task.Message.Wrote = c.Forwarded != ""
		task.Message.Sender = cmp.Or(c.Forwarded, task.Message.Sender)
		if task.Message.Watched {
			task.Message.Time = time.Time{} // the letter says when
		}
	}
	if c.Skill == "" {
		return nil
	}
	t.b.Skills = slices.DeleteFunc(slices.Clone(t.b.Skills), func(s bots.Skill) bool { return s.Info().Name != c.Skill })
	if len(t.b.Skills) == 0 {
		return fmt.Errorf("eval: skill %s is off", c.Skill)
	}
	task.Command = t.b.Skills[0].Info().Commands[0]
	if !c.Room.given() {
		return nil
	}
	data, err := c.Room.read(c)
	if err != nil {
		return err
	}
	room, err := t.r.Room(bytes.NewReader(data), c.As)
	if err != nil {
		return err
	}
	task.Rooms, task.Message.Sender = room.Rooms, room.Asks
	if c.Now.IsZero() && !room.End.IsZero() {
		t.now = room.End.In(t.b.Zone)
		task.Now, task.Message.Time = t.now, room.End
	}
	return nil
}

// earlier makes one turn of the past.
func (t *talk) earlier(ctx context.Context, i int, e Earlier) error {
	id := strconv.Itoa(i + 1)
	task := t.task(id, e.Text, e.Files)
	asked := bots.Turn{ID: id, Person: task.Message.Sender, Time: t.now, Text: e.Text, Files: task.Message.Files}
	answered := bots.Turn{ID: id + "/answer", Bot: true, Skill: e.By, Time: t.now, Text: e.Answer}
	if e.Answer == "" {
		a, err := t.b.Ask(ctx, task)
		got, err := replyOf(ctx, a, err, task.Language, t.r.Read)
		if err != nil {
			return err
		}
		n := a.Notice
		answered = bots.Turn{ID: id + "/answer", Bot: true, Skill: n.Skill, Time: t.now, Text: got.main, Drafts: a.Drafts, Notice: n, Sources: a.Sources}
	}
	t.turns = append(t.turns, asked, answered)
	return nil
}

func (t *talk) task(id, text string, files []Input) bots.Task {
	m := bots.Message{Connector: "eval", ID: id, Room: "eval", Sender: "eval@localhost", Direct: true, Time: t.now.UTC(), Text: text}
	for _, in := range files {
		m.Files = append(m.Files, t.file(in))
	}
	return bots.Task{Bot: t.b.Profile, Message: m, Text: text, History: slices.Clone(t.turns), Language: cmp.Or(t.c.Language, "de"),
		Class: t.b.Class, Now: t.now, Open: t.open, Memo: &t.memo, Tell: func(bots.Progress) {}}
}

func (t *talk) file(in Input) bots.File {
	t.inputs = append(t.inputs, in)
	f := bots.File{Name: in.Name, Ref: strconv.Itoa(len(t.inputs) - 1)}
	if strings.EqualFold(path.Ext(in.Name), ".eml") {
		f.Type = bots.TypeLetter
	}
	return f
}

func (t *talk) open(_ context.Context, f bots.File) (io.ReadCloser, error) {
	i, err := strconv.Atoi(f.Ref)
	if err != nil || i < 0 || i >= len(t.inputs) {
		return nil, errors.New("eval: no such file")
	}
	data, err := t.inputs[i].read(t.c)
	return io.NopCloser(bytes.NewReader(data)), err
}

func (in Input) read(c Case) ([]byte, error) {
	if in.From == "" {
		return []byte(in.Content), nil
	}
	return readSome(c.fsys, in.From, maxInput)
}

// show returns what came and what is wrong with it.
func (t *talk) show(r reply, rec Record) string {
	var b strings.Builder
	fmt.Fprintf(&b, "[%s]\n%s\n", r.kind, r.text)
	for _, d := range r.drafts {
		fmt.Fprintf(&b, "---\nTo: %s\nSubject: %s\n\n%s\n", strings.Join(d.To, ", "), d.Subject, d.Text)
	}
	for _, s := range r.answer.Sources {
		fmt.Fprintf(&b, "source: %s, page %d\n", s.File, s.Page)
	}
	for _, f := range rec.Faults {
		fmt.Fprintf(&b, "WRONG %s: %s\n", f, f.text)
	}
	return b.String()
}

// A memo is a bots.Memo that lasts as long as the case.
type memo struct {
	mu     sync.Mutex
	values map[string][]byte
}

// Get implements bots.Memo.
func (m *memo) Get(_ context.Context, key string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.values[key], nil
}

// Put implements bots.Memo.
func (m *memo) Put(_ context.Context, key string, value []byte, _ ...string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.values[key] = slices.Clone(value)
	return nil
}
