package catchup

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"amtsbote/bots"
	"amtsbote/skills/llm"
	"amtsbote/skills/talk"
)

const (
	atOnce    = 4  // parts worked on at the same time; the model has a limit of its own
	mostPart  = 12 // statements that a part is asked for
	mostMerge = 30 // statements that are asked for in the end
	maxRounds = 4  // times that statements are merged
)

// work is one catch-up by a model.
type work struct {
	t     bots.Task
	model llm.Model
	k     *history
	ins   llm.Instructions
	share int // of the model's budget that is used, in percent
	parts int

	failed, dropped atomic.Int32 // parts without a usable answer; statements without a message
	linked          atomic.Bool
	mu              sync.Mutex
	by              []llm.Completion // who answered, each once
	replaced        bots.Text
}

// byModel has a model say what the messages tell, in parts that hold each of them
// once, and then merges what it said.
func (s *Skill) byModel(ctx context.Context, t bots.Task, model llm.Model, r *report) error {
	var all []string
	for i := range r.talk.All {
		all = append(all, r.talk.All[i].Said)
	}
	llm.Learn(model, append([]string{talk.CleanName(r.talk.Hist.Self, r.talk.Asker)}, r.talk.People...), all...)
	var w *work
	var notes []note
	var err error
	// Its budget is an estimate, and shrinks when a smaller model has to answer.
	for share := 100; share > 20; share = share * 2 / 3 {
		w = &work{t: t, model: model, k: r.talk, share: share, ins: s.instructions}
		if notes, err = w.all(ctx); !errors.Is(err, llm.ErrTooLong) {
			break
		}
	}
	if err != nil {
		return fmt.Errorf("catchup: %w", err)
	}
	r.notes = w.k.missing(notes)
	if n := int(w.failed.Load()); n > 0 {
		r.warnings = append(r.warnings, textFailed(n, w.parts))
	}
	if n := int(w.dropped.Load()); n > 0 {
		r.warnings = append(r.warnings, textDropped(n))
	}
	if w.linked.Load() {
		r.warnings = append(r.warnings, talk.TextLink)
	}
	var names, places []string
	for _, c := range w.by {
		names, places = append(names, c.Model), append(places, c.Place)
	}
	r.replaced = w.replaced
	r.model, r.place = strings.Join(slices.Compact(names), " / "), strings.Join(slices.Compact(places), " / ")
	return nil
}

// missing adds what is addressed to the asker and stands in none of the notes.
func (k *history) missing(notes []note) []note {
	cited := map[int]bool{}
	for _, n := range notes {
		for _, i := range slices.Concat(n.from, n.reply) {
			cited[i] = true
		}
	}
	for i := range k.All {
		if k.All[i].Addressed() && !cited[i] {
			notes = append(notes, k.addressedNote(i))
		}
	}
	return notes
}

// all works through the parts and merges their statements.
func (w *work) all(ctx context.Context) ([]note, error) {
	pieces := w.k.pieces(w.room("part.txt", mostPart))
	w.parts = len(pieces)
	out := make([][]note, len(pieces))
	var done atomic.Int32
	g, inner := errgroup.WithContext(ctx)
	g.SetLimit(atOnce)
	for i, p := range pieces {
		g.Go(func() (err error) {
			if out[i], err = w.part(inner, p); err != nil {
				return err
			}
			w.t.Tell(bots.Progress{Done: int(done.Add(1)), Total: len(pieces), Text: bots.Text{DE: "Abschnitt ausgewertet", EN: "section evaluated"}})
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	notes := slices.Concat(out...)
	if len(pieces) == 1 {
		return notes, nil
	}
	return w.merge(ctx, notes)
}

// part has the model read one piece. If its answer was cut it is given the halves.
func (w *work) part(ctx context.Context, p piece) ([]note, error) {
	lines := p.lines()
	notes, err := w.ask(ctx, "part.txt", mostPart, llm.Fence("Nachrichten", p.text(w.k)), lines)
	switch {
	case errors.Is(err, errCut) && len(p) > 1:
		first, err := w.part(ctx, p[:len(p)/2])
		if err != nil {
			return nil, err
		}
		second, err := w.part(ctx, p[len(p)/2:])
		return append(first, second...), err
	case errors.Is(err, errUseless):
		w.failed.Add(1)
		return w.k.rules(ctx, lines, w.t.Now)
	}
	return notes, err
}

// merge has the model put together what belongs together, in as many rounds as
// they need to fit. Where that leads nowhere the statements stay as they are.
func (w *work) merge(ctx context.Context, notes []note) ([]note, error) {
	for range maxRounds {
		quotes, said := divide(notes)
		groups := w.groups(said)
		out := make([][]note, len(groups))
		g, inner := errgroup.WithContext(ctx)
		g.SetLimit(atOnce)
		for i, group := range groups {
			g.Go(func() (err error) {
				out[i], err = w.mergeGroup(inner, group, max(mostMerge/len(groups), mostPart))
				return err
			})
		}
		if err := g.Wait(); err != nil {
			return nil, err
		}
		merged := slices.Concat(out...)
		before := len(said)
		notes = append(quotes, merged...)
		if len(groups) < 2 || len(merged)*10 > before*9 {
			break
		}
	}
	return notes, nil
}

// divide parts quotes by rules from what a model said.
func divide(notes []note) (quotes, said []note) {
	for _, n := range notes {
		if n.plain == "" {
			quotes = append(quotes, n)
		} else {
			said = append(said, n)
		}
	}
	return quotes, said
}

// groups cuts statements into groups that fit into a prompt.
func (w *work) groups(said []note) (groups [][]note) {
	room, used := w.room("merge.txt", mostMerge), 0
	for _, n := range said {
		size := llm.Tokens(n.prompt()) + 1
		if len(groups) == 0 || used+size > room {
			groups, used = append(groups, nil), 0
		}
		used += size
		groups[len(groups)-1] = append(groups[len(groups)-1], n)
	}
	return groups
}

func (w *work) mergeGroup(ctx context.Context, group []note, most int) ([]note, error) {
	var b strings.Builder
	var lines []int
	for _, n := range group {
		b.WriteString(n.prompt() + "\n")
		lines = append(lines, slices.Concat(n.from, n.reply)...)
	}
	merged, err := w.ask(ctx, "merge.txt", most, llm.Fence("Aussagen", strings.TrimSpace(b.String())), lines)
	if errors.Is(err, errUseless) || errors.Is(err, errCut) || err == nil && len(merged) == 0 {
		return group, nil
	}
	return merged, err
}

// prompt is a statement as it is given to a model to be merged.
func (n note) prompt() string {
	var b strings.Builder
	b.WriteString("- " + rubrics[n.head])
	for _, i := range n.from {
		fmt.Fprintf(&b, " [%d]", i+1)
	}
	if n.asks {
		b.WriteString(" frage")
	}
	for i, j := range n.reply {
		if i == 0 {
			b.WriteString(" antwort")
		}
		fmt.Fprintf(&b, " [%d]", j+1)
	}
	return b.String() + ": " + n.plain
}

var (
	errUseless = errors.New("catchup: no usable answer")
	errCut     = errors.New("catchup: the answer was cut")
)

// kept is an answer as a memo has it.
type kept struct {
	Text, Model, Place string
	Replaced           bots.Text `json:",omitzero"`
}

// ask asks the model for statements about some lines, or finds what it answered
// before. An answer that is of no use is asked for once more, with the reason.
func (w *work) ask(ctx context.Context, file string, most int, material string, lines []int) ([]note, error) {
	system := w.instruction(file, most)
	key := llm.MemoKey("catchup", w.ins.Version(), system, material)
	if w.t.Memo != nil {
		var old kept
		stored, err := w.t.Memo.Get(ctx, key)
		if err != nil {
			return nil, err
		}
		if stored != nil && json.Unmarshal(stored, &old) == nil {
			if notes, _, why := w.parse(old.Text, lines); why == "" {
				w.note(llm.Completion{Model: old.Model, Place: old.Place, Replaced: old.Replaced})
				return notes, nil
			}
		}
	}
	why := ""
	for range 2 {
		p := llm.Prompt{System: system, JSON: true, MaxTokens: w.answer(), Turns: []llm.Turn{{Text: material}}}
		if why != "" {
			p.Turns[0].Text += "\n\nDeine letzte Antwort war nicht brauchbar: " + why + " Antworte jetzt nur mit dem JSON-Objekt."
		}
		c, err := w.model.Complete(ctx, p)
		if errors.Is(err, llm.ErrNotJSON) {
			why = "Sie war kein JSON-Objekt."
			continue
		}
		if errors.Is(err, llm.ErrPersonal) {
			return nil, errUseless
		}
		if err != nil {
			return nil, err
		}
		notes, dropped, reason := w.parse(c.Text, lines)
		if why = reason; why != "" {
			if c.Cut {
				return nil, errCut
			}
			continue
		}
		w.note(c)
		w.dropped.Add(int32(dropped))
		return notes, w.keep(ctx, key, c, lines)
	}
	return nil, errUseless
}

// keep keeps an answer, for as long as the messages are there that it is about.
func (w *work) keep(ctx context.Context, key string, c llm.Completion, lines []int) error {
	if w.t.Memo == nil {
		return nil
	}
	value, err := json.Marshal(kept{c.Text, c.Model, c.Place, c.Replaced})
	if err != nil {
		return err
	}
	var ids []string
	for _, i := range lines {
		ids = append(ids, w.k.All[i].ID)
	}
	slices.Sort(ids)
	return w.t.Memo.Put(ctx, key, value, slices.Compact(ids)...)
}

// note remembers who answered.
func (w *work) note(c llm.Completion) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(c.Replaced.DE) >= len(w.replaced.DE) { // it says what all calls so far had
		w.replaced = c.Replaced
	}
	for _, old := range w.by {
		if old.Model == c.Model && old.Place == c.Place {
			return
		}
	}
	w.by = append(w.by, llm.Completion{Model: c.Model, Place: c.Place})
}

// answer is how many tokens an answer may have, room how many of material fit
// beside it, the instructions, and the reason why it is asked for again.
func (w *work) answer() int { return w.model.Budget() * w.share / 400 }

func (w *work) room(file string, most int) int {
	const slack = 150
	return max(w.model.Budget()*w.share/100-w.answer()-llm.Tokens(w.instruction(file, most))-slack, 200)
}

func (w *work) instruction(file string, most int) string {
	return w.ins.Text(file, "language", llm.LanguageName(w.t.Language), "most", strconv.Itoa(most))
}
