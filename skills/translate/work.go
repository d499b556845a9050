package translate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"

	"amtsbote/bots"
	"amtsbote/skills/llm"
)

// A result is the translation of one segment, and what a person must know of it.
type result struct {
	Text     string
	Findings []finding `json:",omitempty"`
	Terms    []string  `json:",omitempty"` // of the glossary, which it does not have
	// Kept: the model gave nothing, Text is the original. Foreign: it seems not to be
	// in the target language. Plain: the formatting within was lost.
	Kept, Foreign, Plain bool `json:",omitempty"`
}

// doubtful reports whether a person must look at the paragraph.
func (r result) doubtful() bool {
	return r.Kept || r.Foreign || len(r.Findings) > 0 || len(r.Terms) > 0
}

// A work translates segments from one language into another.
type work struct {
	t        bots.Task
	model    llm.Model
	ins      llm.Instructions
	glossary glossary
	from, to string   // codes; from may be ""
	ids      []string // of the messages that the text comes from

	mu     sync.Mutex
	notice bots.Notice
}

const (
	maxBatch  = 1200 // tokens of source in one request: models count short lists better
	minBatch  = 60
	reasonFor = 300 // tokens that a reason may take
)

// factor is how many tokens a translation takes for one of the source, at most.
func (w *work) factor() int {
	if latin(w.to) {
		return 2
	}
	return 4
}

// room is how many tokens of source one request takes.
func (w *work) room() int {
	free := w.model.Budget() - w.prompt(nil, "", nil).Need() - reasonFor
	return max(min(free/(1+w.factor()), maxBatch), minBatch)
}

// translate returns a result for each segment. Every segment has one: what the
// model does not give even when asked alone is kept as it is. It tells the person
// how many parts are done.
func (w *work) translate(ctx context.Context, segs []string) ([]result, error) {
	room := w.room()
	pieces, owner := cutLong(segs, room)
	var todo []string
	var at []int
	out := make([]result, len(pieces))
	for i, p := range pieces {
		if !worth(p) {
			out[i] = result{Text: p}
			continue
		}
		todo, at = append(todo, p), append(at, i)
	}
	first := firstTerms(todo, w.from)
	all := batches(todo, room)
	task := w.t
	if len(all) == 1 {
		task.Tell = nil
	}
	err := llm.EachPart(ctx, w.model, task, len(all), bots.Text{DE: "Teil übersetzt", EN: "Part translated"}, func(ctx context.Context, i int) error {
		b := all[i]
		got, err := w.remembered(ctx, b, first)
		for i, r := range got {
			out[at[b.at+i]] = r
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("translate: %w", err)
	}
	return join(out, owner, len(segs)), nil
}

// cutLong cuts segments that are longer than a request. Formatting does not survive
// it. owner says which segment a piece is of.
func cutLong(segs []string, room int) (pieces []string, owner []int) {
	for i, s := range segs {
		parts := []string{s}
		if llm.Tokens(s) > room {
			parts = llm.Split(bare(s), room)
		}
		for _, p := range parts {
			pieces, owner = append(pieces, p), append(owner, i)
		}
	}
	return pieces, owner
}

// join puts the pieces of long segments together again.
func join(out []result, owner []int, n int) []result {
	all := make([]result, n)
	for i, r := range out {
		a := &all[owner[i]]
		if i > 0 && owner[i-1] == owner[i] {
			r.Text = a.Text + " " + r.Text
			r.Plain = true
		}
		a.Text = r.Text
		a.Findings, a.Terms = append(a.Findings, r.Findings...), append(a.Terms, r.Terms...)
		a.Kept, a.Foreign, a.Plain = a.Kept || r.Kept, a.Foreign || r.Foreign, a.Plain || r.Plain
	}
	return all
}

// kept is what a memo holds of a batch.
type kept struct {
	Results      []result
	Model, Place string
}

// remembered translates a batch, or finds what was made of it before.
func (w *work) remembered(ctx context.Context, b batch, first map[int][]string) ([]result, error) {
	var official []string
	for i := range b.segs {
		official = append(official, first[b.at+i]...)
	}
	key := llm.MemoKey("translate", w.ins.Version(), w.from, w.to, fmt.Sprint(w.glossary.occurring(bare(strings.Join(b.segs, "\n")), w.from, w.to), official), write(b.segs))
	if w.t.Memo != nil {
		data, err := w.t.Memo.Get(ctx, key)
		if err != nil {
			return nil, err
		}
		var k kept
		if json.Unmarshal(data, &k) == nil && len(k.Results) == len(b.segs) {
			w.note(k.Model, k.Place)
			return k.Results, nil
		}
	}
	k := &kept{}
	var err error
	if k.Results, err = w.batch(ctx, b.segs, official, k); err != nil {
		return nil, err
	}
	if w.t.Memo != nil {
		data, err := json.Marshal(k)
		if err != nil {
			return nil, err
		}
		if err := w.t.Memo.Put(ctx, key, data, w.ids...); err != nil {
			return nil, err
		}
	}
	return k.Results, nil
}

func (w *work) note(model, place string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.notice.Model == "" {
		w.notice.Model, w.notice.Place = model, place
	}
}

// batch asks for some segments together, and for those that are not right again,
// each alone and with the reason.
func (w *work) batch(ctx context.Context, segs, official []string, k *kept) ([]result, error) {
	got, err := w.ask(ctx, segs, official, "", k)
	if errors.Is(err, llm.ErrTooLong) && len(segs) > 1 {
		a, err := w.batch(ctx, segs[:len(segs)/2], official, k)
		if err != nil {
			return nil, err
		}
		b, err := w.batch(ctx, segs[len(segs)/2:], official, k)
		return append(a, b...), err
	}
	if err != nil {
		return nil, err
	}
	out := make([]result, len(segs))
	for i, s := range segs {
		var f fault
		out[i], f = w.judge(s, got[i])
		if f.rank == 0 && i+1 < len(segs) && got[i+1] == "" {
			// The next one may have gone into it.
			f = fault{1, "Womöglich stand in deiner Antwort auch ein anderer Abschnitt."}
		}
		if f.rank == 0 {
			continue
		}
		again, err := w.ask(ctx, []string{s}, official, f.why, k)
		if _, refused := errors.AsType[*bots.Refusal](err); refused || errors.Is(err, llm.ErrTooLong) {
			continue // what there is, is marked
		}
		if err != nil {
			return nil, err
		}
		if r, next := w.judge(s, again[0]); next.rank <= f.rank {
			out[i] = r
		}
	}
	return out, nil
}

// ask sends one request and takes its answer apart.
func (w *work) ask(ctx context.Context, segs, official []string, why string, k *kept) ([]string, error) {
	c, err := w.model.Complete(ctx, w.prompt(segs, why, official))
	if err != nil {
		return nil, err
	}
	w.note(c.Model, c.Place)
	k.Model, k.Place = c.Model, c.Place
	out := read(c.Text, len(segs), c.Cut)
	for i := range out {
		out[i], _ = llm.KeepLinks(out[i], segs[i]) // what is cut out is found missing or new
	}
	return out, nil
}

func (w *work) prompt(segs []string, why string, official []string) llm.Prompt {
	text := write(segs)
	into := into(nameOf(w.to).DE)
	from := "aus der Sprache, in der er geschrieben ist,"
	if w.from != "" {
		from = "aus dem " + inflected(nameOf(w.from).DE)
	}
	terms := w.ins.Text("plain.txt", "to", into)
	if len(official) > 0 {
		terms = w.ins.Text("official.txt", "words", strings.Join(official, ", "))
	}
	p := llm.Prompt{
		System:    w.ins.Text("translate.txt", "from", from, "to", into, "terms", strings.TrimSpace(terms)),
		MaxTokens: w.factor()*llm.Tokens(text) + 200,
		Turns:     []llm.Turn{{Text: llm.Fence("Abschnitte", text)}},
	}
	if given := w.glossary.occurring(bare(text), w.from, w.to); len(given) > 0 {
		var b strings.Builder
		for _, t := range given {
			b.WriteString("\n- " + t.source + " = " + t.target)
		}
		p.Turns[0].Text += "\n\nDiese Begriffe übersetzt du immer so:" + b.String()
	}
	if why != "" {
		p.Turns[0].Text += "\n\nDeine letzte Übersetzung war nicht brauchbar: " + why + " Übersetze jetzt noch einmal, ohne diesen Fehler."
	}
	return p
}

// inflected returns the name of a language after "aus dem".
func inflected(name string) string {
	if strings.HasSuffix(name, "sch") {
		return name + "en"
	}
	return name
}

// into returns the name of a language after "ins".
func into(name string) string {
	if strings.HasSuffix(name, "sch") {
		return name + "e"
	}
	return name
}

// official are German terms of law and administration that a translation keeps in
// brackets where they stand first.
var official = []string{"Widerspruch", "Bescheid", "Aktenzeichen", "Rechtsbehelf", "Anhörung", "Verwaltungsakt", "Ordnungswidrigkeit", "Bußgeld", "Satzung", "Vollmacht",
	"Zustellung", "Jobcenter", "Ausländerbehörde", "Standesamt", "Bürgeramt", "Aufenthaltserlaubnis", "Meldebescheinigung", "Grundsicherung", "Wohngeld", "Kindergeld", "Unterhaltsvorschuss", "Vollstreckung", "Mahnung"}

// firstTerms says of each segment which official terms it is the first to have.
func firstTerms(segs []string, from string) map[int][]string {
	first := map[int][]string{}
	if from != "de" {
		return first
	}
	seen := map[string]bool{}
	for i, s := range segs {
		low := strings.ToLower(bare(s))
		for _, o := range official {
			if !seen[o] && hasTerm(low, strings.ToLower(o)) {
				seen[o] = true
				first[i] = append(first[i], o)
			}
		}
	}
	return first
}
