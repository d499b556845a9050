package summary

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"amtsbote/bots"
	"amtsbote/skills/llm"
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
}

// byModel has a model sum up the sources, in parts if they do not fit.
func (s *Skill) byModel(ctx context.Context, t bots.Task, model llm.Model, sources []source, want wish, a *bots.Answer) error {
	material, ids := materialOf(sources)
	var c llm.Completion
	var err error
	// Its budget is an estimate, and shrinks when a smaller model has to answer.
	for share := 100; share > 20; share = share * 2 / 3 {
		w := &work{t: t, model: model, want: want, share: share}
		if c, err = w.all(ctx, material, ids); !errors.Is(err, llm.ErrTooLong) {
			break
		}
	}
	if err != nil {
		return err
	}
	text, removed := llm.KeepLinks(c.Text, material)
	text, a.Sources = pages(text, sources)
	if removed {
		a.Warnings = append(a.Warnings, bots.Text{
			DE: "Das Modell hat einen Link geschrieben, der nicht in den Unterlagen steht; er wurde entfernt.",
			EN: "The model wrote a link that is not in the documents; it was removed."})
	}
	a.Text = bots.Say(strings.TrimSpace(text))
	a.Notice = bots.Notice{Model: c.Model, Place: c.Place}
	return nil
}

// all sums up the material, in parts first if it does not fit.
func (w *work) all(ctx context.Context, material string, ids []string) (llm.Completion, error) {
	for depth := 0; w.room(instruction("whole.txt", w)) < llm.Tokens(material); depth++ {
		if depth == maxDepth {
			return llm.Completion{}, fmt.Errorf("summary: %d bytes left after %d rounds", len(material), depth)
		}
		var err error
		if material, err = w.parts(ctx, material, ids); err != nil {
			return llm.Completion{}, err
		}
	}
	return w.complete(ctx, "whole.txt", material, true)
}

// materialOf returns what a model reads: the texts with marks for their pages.
func materialOf(sources []source) (text string, ids []string) {
	var b strings.Builder
	for _, src := range sources {
		if src.err != nil {
			continue
		}
		if src.id != "" && !slices.Contains(ids, src.id) {
			ids = append(ids, src.id)
		}
		if src.doc.Name != "" {
			fmt.Fprintf(&b, "\n\n## %s\n", src.doc.Name)
		}
		for _, p := range src.doc.Pages {
			if p.Text == "" {
				continue
			}
			b.WriteString("\n\n")
			if len(src.doc.Pages) > 1 {
				fmt.Fprintf(&b, "[S. %d]\n", p.N)
			}
			b.WriteString(p.Text)
		}
	}
	return strings.TrimSpace(b.String()), ids
}

var pageMark = regexp.MustCompile(`(?m)^\[S\. (\d+)\]$`)

// parts sums up the material part by part and returns the partial summaries.
func (w *work) parts(ctx context.Context, material string, ids []string) (string, error) {
	pieces := llm.Split(material, w.room(instruction("part.txt", w))-20)
	carryMarks(pieces)
	out := make([]string, len(pieces))
	var done atomic.Int32
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(atOnce)
	for i, piece := range pieces {
		g.Go(func() error {
			text, err := w.part(ctx, piece, ids)
			if err != nil {
				return err
			}
			out[i] = text
			w.t.Tell(bots.Progress{Done: int(done.Add(1)), Total: len(pieces),
				Text: bots.Text{DE: "Teil zusammengefasst", EN: "Part summed up"}})
			return nil
		})
	}
	err := g.Wait()
	return strings.Join(out, "\n"), err
}

// carryMarks puts the page that a piece begins in before it.
func carryMarks(pieces []string) {
	last := ""
	for i, p := range pieces {
		if all := pageMark.FindAllString(p, -1); len(all) > 0 {
			if last != "" && !strings.HasPrefix(p, "[S. ") {
				pieces[i] = last + "\n" + p
			}
			last = all[len(all)-1]
		} else if last != "" {
			pieces[i] = last + "\n" + p
		}
	}
}

// part sums up one piece, or finds what was made of it before.
func (w *work) part(ctx context.Context, piece string, ids []string) (string, error) {
	sum := sha256.Sum256([]byte(version + "\x00" + piece))
	key := "summary/part/" + hex.EncodeToString(sum[:])
	if w.t.Memo != nil {
		if kept, err := w.t.Memo.Get(ctx, key); err != nil || kept != nil {
			return string(kept), err
		}
	}
	c, err := w.complete(ctx, "part.txt", piece, false)
	if err != nil {
		return "", err
	}
	// A part that grows would never come to an end.
	text := firstTokens(c.Text, llm.Tokens(piece)/2)
	if w.t.Memo != nil {
		err = w.t.Memo.Put(ctx, key, []byte(text), ids...)
	}
	return text, err
}

func firstTokens(text string, n int) string {
	if parts := llm.Split(text, n); len(parts) > 0 {
		return parts[0]
	}
	return ""
}

func (w *work) complete(ctx context.Context, file, material string, stream bool) (llm.Completion, error) {
	p := llm.Prompt{System: instruction(file, w), Turns: []llm.Turn{{Text: llm.Fence("Material", material)}}, MaxTokens: w.model.Budget() * w.share / 400}
	if wish := strings.TrimSpace(w.t.Text); wish != "" && len(wish) < minText {
		p.Turns[0].Text += "\n\nWunsch der Person: " + wish
	}
	if stream {
		p.OnText = func(soFar string) { w.t.Tell(bots.Progress{Partial: soFar}) }
	}
	return w.model.Complete(ctx, p)
}

// room is how many tokens of material fit beside instructions and answer.
func (w *work) room(system string) int {
	b := w.model.Budget() * w.share / 100
	return max(b-b/4-llm.Tokens(system)-llm.Tokens(w.t.Text[:min(len(w.t.Text), minText)])-100, 200)
}

func instruction(file string, w *work) string {
	text, err := instructions.ReadFile("instructions/" + file)
	if err != nil {
		panic(err) // embedded
	}
	language := "Deutsch"
	if w.t.Language == "en" || strings.Contains(strings.ToLower(w.t.Text), "englisch") {
		language = "Englisch"
	}
	return strings.NewReplacer("{{length}}", w.want.German(), "{{language}}", language).Replace(string(text))
}

var pageRef = regexp.MustCompile(`\s?\((?:S\.|p\.) ?(\d{1,5})((?:[,–-] ?(?:S\. ?)?\d{1,5})*)\)`)

// pages removes references to pages that no source has, and returns a source for
// each that is there.
func pages(text string, sources []source) (string, []bots.Source) {
	last, name := 0, ""
	for _, src := range sources {
		if n := len(src.doc.Pages); src.err == nil && n > 0 {
			if last == 0 {
				name = src.doc.Name
			} else {
				name = "" // several: the text says which
			}
			last = max(last, src.doc.Pages[n-1].N)
		}
	}
	var all []bots.Source
	text = pageRef.ReplaceAllStringFunc(text, func(ref string) string {
		n, err := strconv.Atoi(pageRef.FindStringSubmatch(ref)[1])
		if err != nil || n < 1 || n > last {
			return ""
		}
		if !slices.ContainsFunc(all, func(s bots.Source) bool { return s.Page == n }) {
			all = append(all, bots.Source{N: len(all) + 1, File: name, Page: n})
		}
		return ref
	})
	return text, all
}
