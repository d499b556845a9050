package summary

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"amtsbote/bots"
	"amtsbote/skills/answer"
	"amtsbote/skills/llm"
	"amtsbote/skills/material"
)

const (
	atOnce   = 4 // parts worked on at the same time; the model has a limit of its own
	maxDepth = 6 // times that summaries are summed up; each shortens by half at least
)

// work is one summary by a model.
type work struct {
	t     bots.Task
	model llm.Model
	want  wish
	share int // of the model's budget that is used, in percent
	// given is all that the files say. What is asked of parts is the same whatever
	// the person wishes, so that "kürzer" pays for none again.
	given material.Marked
	ins   llm.Instructions
	lost  atomic.Bool // the summary of a part was cut
}

var (
	textCut = bots.Text{
		DE: "Die Zusammenfassung ist an der Längengrenze des Modells abgeschnitten. Bitten Sie um eine kürzere, zum Beispiel „in fünf Punkten“.",
		EN: "The summary was cut at the model’s length limit. Ask for a shorter one, such as “in five points”."}
	textLost = bots.Text{
		DE: "Das Dokument wurde in Teilen zusammengefasst, und mindestens ein Teil ergab mehr, als das Modell schreiben durfte: Einzelheiten können fehlen.",
		EN: "The document was summed up in parts, and at least one of them gave more than the model was allowed to write: details may be missing."}
	textEmpty = bots.Text{
		DE: "Das Sprachmodell gab keine brauchbare Antwort; deshalb sind Sätze wörtlich ausgewählt.",
		EN: "The language model gave no usable answer; therefore sentences were chosen verbatim."}
)

// byModel has a model sum up the files, in parts if they do not fit.
func (s *Skill) byModel(ctx context.Context, t bots.Task, model llm.Model, set material.Set, want wish, a *bots.Answer) error {
	given := set.Marked(t)
	var got answer.Answer
	var err error
	var w *work
	// Its budget is an estimate, and shrinks when a smaller model has to answer.
	for share := 100; share > 20; share = share * 2 / 3 {
		w = &work{t: t, model: model, want: want, share: share, given: given, ins: s.instructions}
		if got, err = w.all(ctx); !errors.Is(err, llm.ErrTooLong) {
			break
		}
	}
	if err != nil {
		return fmt.Errorf("summary: %w", err)
	}
	if got.Text == "" {
		a.Warnings = append(a.Warnings, textEmpty)
		return byRules(ctx, t, set.Files, want, a)
	}
	if got.Cut {
		got.Warnings = append(got.Warnings, textCut)
	}
	if w.lost.Load() {
		got.Warnings = append(got.Warnings, textLost)
	}
	a.Warnings = append(a.Warnings, got.Warnings...)
	a.Text, a.Sources, a.Notice = bots.Say(got.Text), got.Sources, got.Notice
	return nil
}

// all sums up the material, in parts first if it does not fit.
func (w *work) all(ctx context.Context) (answer.Answer, error) {
	text := w.given.Text
	for depth := 0; w.room(w.instruction("whole.txt")) < llm.Tokens(text); depth++ {
		if depth == maxDepth {
			return answer.Answer{}, fmt.Errorf("%d bytes left after %d rounds", len(text), depth)
		}
		var err error
		if text, err = w.parts(ctx, text); err != nil {
			return answer.Answer{}, err
		}
	}
	return w.whole(ctx, text)
}

// parts sums up the material part by part and returns the partial summaries.
func (w *work) parts(ctx context.Context, text string) (string, error) {
	pieces := w.given.Split(text, w.room(w.instruction("part.txt")))
	out := make([]string, len(pieces))
	var done atomic.Int32
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(atOnce)
	for i, piece := range pieces {
		g.Go(func() (err error) {
			if out[i], err = w.part(ctx, piece); err != nil {
				return err
			}
			w.t.Tell(bots.Progress{Done: int(done.Add(1)), Total: len(pieces),
				Text: bots.Text{DE: "Teil zusammengefasst", EN: "Part summed up"}})
			return nil
		})
	}
	err := g.Wait()
	return strings.Join(out, "\n"), err
}

// part sums up one piece, or finds what was made of it before. What a cut answer
// lacks is found by asking for the halves.
func (w *work) part(ctx context.Context, piece string) (string, error) {
	sum := sha256.Sum256([]byte(w.ins.Version() + "\x00" + piece))
	key := "summary/part/" + hex.EncodeToString(sum[:])
	if w.t.Memo != nil {
		if kept, err := w.t.Memo.Get(ctx, key); err != nil || kept != nil {
			return string(kept), err
		}
	}
	text, whole, err := w.condense(ctx, piece)
	if err == nil && !whole {
		text, whole, err = w.halves(ctx, piece)
	}
	if err != nil {
		return "", err
	}
	if !whole {
		w.lost.Store(true)
		return text, nil
	}
	if w.t.Memo != nil {
		err = w.t.Memo.Put(ctx, key, []byte(text), w.given.From...)
	}
	return text, err
}

// halves has the model sum up the two halves of a piece.
func (w *work) halves(ctx context.Context, piece string) (text string, whole bool, err error) {
	const marks = 80 // tokens of two marks
	halves := w.given.Split(piece, llm.Tokens(piece)/2+marks)
	whole = true
	for i, half := range halves {
		var all bool
		if halves[i], all, err = w.condense(ctx, half); err != nil {
			return "", false, err
		}
		whole = whole && all
	}
	return strings.Join(halves, "\n"), whole, nil
}

// minPart is how many tokens any part may come to: below that, half of it could
// be less than what it says.
const minPart = 200

// condense has the model sum up a piece once. Not whole: the answer was cut, by
// the model or because a part that grows would never come to an end.
func (w *work) condense(ctx context.Context, piece string) (text string, whole bool, err error) {
	c, err := w.model.Complete(ctx, w.prompt("part.txt", piece))
	if err != nil {
		return "", false, err
	}
	text = firstTokens(c.Text, max(llm.Tokens(piece)/2, minPart))
	return text, !c.Cut && len(text) == len(strings.TrimSpace(c.Text)), nil
}

func firstTokens(text string, n int) string {
	if parts := llm.Split(text, n); len(parts) > 0 {
		return parts[0]
	}
	return ""
}

// prompt asks for what an instruction says of a text.
func (w *work) prompt(file, text string) llm.Prompt {
	return llm.Prompt{System: w.instruction(file), MaxTokens: w.model.Budget() * w.share / 400, Turns: []llm.Turn{{Text: llm.Fence("Material", text)}}}
}

// whole sums up a text that fits.
func (w *work) whole(ctx context.Context, text string) (answer.Answer, error) {
	p := w.prompt("whole.txt", text)
	if wish := strings.TrimSpace(w.t.Text); wish != "" && len(wish) < minText {
		p.Turns[0].Text += "\n\nWunsch der Person: " + wish
	}
	return answer.Ask{Task: w.t, Model: w.model, Prompt: p, Given: w.given.Given, Sources: []string{w.given.Text}, Language: w.language()}.Do(ctx)
}

// room is how many tokens of material fit beside instructions and answer.
func (w *work) room(system string) int {
	b := w.model.Budget() * w.share / 100
	return max(b-b/4-llm.Tokens(system)-llm.Tokens(w.t.Text[:min(len(w.t.Text), minText)])-100, 200)
}

func (w *work) instruction(file string) string {
	return w.ins.Text(file, "length", w.want.German(), "language", llm.LanguageName(w.language()))
}

func (w *work) language() string {
	if w.t.Language == "en" || strings.Contains(strings.ToLower(w.t.Text), "englisch") {
		return "en"
	}
	return "de"
}
