package condense_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"amtsbote/bots"
	"amtsbote/skills/condense"
	"amtsbote/skills/document"
	"amtsbote/skills/llm/llmtest"
	"amtsbote/skills/material"
)

// paper is a file with pages as an office writes them, 350 words each.
func paper(pages int) material.Set {
	d := document.Document{}
	for n := 1; n <= pages; n++ {
		d.Pages = append(d.Pages, document.Page{N: n, Text: fmt.Sprintf("Merkmal-%d. ", n) + strings.Repeat("Die Behörde prüft den Antrag nach Aktenlage und hört die Beteiligten an. ", 30)})
	}
	return material.Set{Files: []document.File{{Name: "akte.pdf", Doc: d, Origin: "1"}}}
}

// served returns the material of a set for a model behind the real client.
func served(t testing.TB, set material.Set, slots int, answer func(llmtest.Request) llmtest.Reply) (condense.Material, *llmtest.Server) {
	t.Helper()
	s := llmtest.NewServer(t, llmtest.Options{Context: 8192})
	s.Answer(answer)
	b := s.Bot(t, slots)
	task := bots.Task{Language: "de", Now: time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC), Memo: &llmtest.Memo{}}
	return condense.Material{Marked: set.Marked(task), Task: task, Model: b.For(bots.Internal), Share: 100}, s
}

var feature = regexp.MustCompile(`Merkmal-(\d+)\.`)

// TestEveryPageOnce has a server with 8k of context work through 300 full pages:
// the first stage sees each of them exactly once, with its number before it, and
// what is said of it reaches the end.
func TestEveryPageOnce(t *testing.T) {
	const n = 300
	state := func(r llmtest.Request) llmtest.Reply {
		var b strings.Builder
		for _, m := range regexp.MustCompile(`(?:Merkmal-|M)(\d+)\.`).FindAllStringSubmatch(r.Last(), -1) {
			fmt.Fprintf(&b, "- M%s. (S. %s)\n", m[1], m[1])
		}
		return llmtest.Reply{Text: b.String(), Wait: 20 * time.Millisecond}
	}
	m, s := served(t, paper(n), 8, state)
	got, err := condense.New(nil).Fit(t.Context(), m, 4000)
	if err != nil || got.Whole || got.Lost {
		t.Fatal(got.Whole, got.Lost, err)
	}
	seen := map[string]int{}
	for _, r := range s.Requests() {
		if body := r.Last(); strings.Contains(body, "Merkmal-") {
			for _, f := range feature.FindAllStringSubmatch(body, -1) {
				seen[f[1]]++
			}
		}
	}
	for i := 1; i <= n; i++ {
		page := fmt.Sprint(i)
		if seen[page] != 1 {
			t.Errorf("the first stage saw page %d %d times", i, seen[page])
		}
		if !strings.Contains(got.Text, fmt.Sprintf("M%d. (S. %d)", i, i)) {
			t.Errorf("page %d did not reach the end", i)
		}
	}
	if s.Peak() > 8 || s.Peak() < 2 {
		t.Errorf("%d requests at once, the model takes 8", s.Peak())
	}
	if from := slices.Compact(m.Task.Memo.(*llmtest.Memo).From()); !slices.Equal(from, []string{"1"}) {
		t.Errorf("kept as long as the messages %q", from)
	}
	before := len(s.Requests())
	if again, err := condense.New(nil).Fit(t.Context(), m, 4000); err != nil || again.Text != got.Text || len(s.Requests()) != before {
		t.Errorf("again: %d further requests, %v", len(s.Requests())-before, err)
	}
}

// TestFits: what fits is left as it is, and no model is asked.
func TestFits(t *testing.T) {
	m, s := served(t, paper(2), 8, func(llmtest.Request) llmtest.Reply { return llmtest.Reply{} })
	got, err := condense.New(nil).Fit(t.Context(), m, 4000)
	if err != nil || !got.Whole || got.Text != m.Text || len(s.Requests()) != 0 {
		t.Errorf("%v, %d requests, %v", got.Whole, len(s.Requests()), err)
	}
}

// TestNoEnd: a model that never gets shorter ends in an error or a note, not in a loop.
func TestNoEnd(t *testing.T) {
	m, s := served(t, paper(60), 8, func(r llmtest.Request) llmtest.Reply {
		return llmtest.Reply{Text: r.Last(), Finish: "length"}
	})
	got, err := condense.New(nil).Fit(t.Context(), m, 500)
	if err == nil && !got.Lost || len(s.Requests()) > 200 {
		t.Errorf("lost %v after %d requests, %v", got.Lost, len(s.Requests()), err)
	}
}

// TestEmptyPart: a part about which the model says nothing is told, and not kept.
func TestEmptyPart(t *testing.T) {
	m, _ := served(t, paper(20), 8, nil)
	m.Model = llmtest.Script("")
	kept := m.Task.Memo.(*llmtest.Memo)
	if got, err := condense.New(nil).Fit(t.Context(), m, 1000); err != nil || !got.Lost || len(kept.Keys()) > 0 {
		t.Errorf("lost %v, %d kept, %v", got.Lost, len(kept.Keys()), err)
	}
}

// TestLanguage: what was stated in one language is not taken for another.
func TestLanguage(t *testing.T) {
	m, s := served(t, paper(20), 8, func(llmtest.Request) llmtest.Reply { return llmtest.Reply{Text: "- Kurz. (S. 1)"} })
	for _, language := range []string{"de", "en"} {
		m.Task.Language = language
		before := len(s.Requests())
		if _, err := condense.New(nil).Fit(t.Context(), m, 1000); err != nil || len(s.Requests()) == before {
			t.Errorf("%s: %d requests, %v", language, len(s.Requests())-before, err)
		}
	}
}

// BenchmarkFit works through 300 pages with a server that takes 100 ms for each
// request and 8 of them at once. overhead is the time that all of it took beside
// what the server itself needs: its requests, divided by those that it takes at once.
func BenchmarkFit(b *testing.B) {
	const slots, each = 8, 100 * time.Millisecond
	m, s := served(b, paper(300), slots, func(llmtest.Request) llmtest.Reply {
		return llmtest.Reply{Text: "- Kurz. (S. 1)", Wait: each}
	})
	m.Task.Memo = nil
	for b.Loop() {
		if _, err := condense.New(nil).Fit(b.Context(), m, 4000); err != nil {
			b.Fatal(err)
		}
	}
	requests := (len(s.Requests()) + b.N - 1) / b.N
	rounds := (requests + slots - 1) / slots
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N)/(float64(rounds)*each.Seconds()), "overhead")
	b.ReportMetric(float64(requests), "requests")
}
