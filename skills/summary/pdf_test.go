package summary

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"amtsbote/bots"
	"amtsbote/skills/condense"
	"amtsbote/skills/document"
	"amtsbote/skills/llm/llmtest"
	"amtsbote/skills/material"
	"amtsbote/skills/office"
)

// TestMain lets the tests read files in children, as the daemon does.
func TestMain(m *testing.M) {
	document.Main()
	os.Exit(m.Run())
}

// pdf writes a PDF file of so many pages with so many sentences each; 24 fill one.
func pdf(t testing.TB, pages, sentences int) []byte {
	t.Helper()
	d := office.Document{Title: "Akte", Created: time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)}
	for n := 1; n <= pages; n++ {
		text := fmt.Sprintf("Merkmal-%d. ", n) + strings.Repeat("Die Behörde prüft den Antrag nach Aktenlage und hört die Beteiligten an. ", sentences)
		d.Blocks = append(d.Blocks, office.FromPlain(text)...)
		d.Blocks = append(d.Blocks, office.Block{Kind: office.PageBreak})
	}
	var b bytes.Buffer
	if _, err := office.PDF(&b, d); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// whole returns the skill, reading a real file in a child, with a server of 8k behind
// the real client, and what sums the file up.
func whole(t testing.TB, file []byte, reply llmtest.Reply) (func() bots.Answer, *llmtest.Server) {
	t.Helper()
	s := llmtest.NewServer(t, llmtest.Options{Context: 8192})
	s.Answer(func(r llmtest.Request) llmtest.Reply {
		reply := reply
		reply.Text = repeat(r)
		return reply
	})
	r := document.New(document.Options{Tesseract: "none"})
	t.Cleanup(func() { _ = r.Close() })
	skill := New(Config{}, material.New(r.Read), s.Bot(t, 4), condense.New(nil), nil)
	job := task("auf zwei Seiten", "akte.pdf")
	job.Open = func(context.Context, bots.File) (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(file)), nil
	}
	return func() bots.Answer {
		a, err := skill.Do(t.Context(), job)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}, s
}

// TestThreeHundredPages has a PDF file summed up by a server of 8k context: the first
// stage sees each page exactly once, as the server's log says.
func TestThreeHundredPages(t *testing.T) {
	const n = 300
	do, s := whole(t, pdf(t, n, 8), llmtest.Reply{})
	a := do()
	seen := map[string]int{}
	for _, r := range s.Requests() {
		if isPart(r) && strings.Contains(r.Last(), "Behörde prüft") {
			for _, m := range feature.FindAllStringSubmatch(r.Last(), -1) {
				seen[m[2]]++
			}
		}
	}
	for i := 1; i <= n; i++ {
		if seen[fmt.Sprint(i)] != 1 {
			t.Errorf("page %d was seen %d times", i, seen[fmt.Sprint(i)])
		}
	}
	if !strings.Contains(a.Text.DE, "akte.pdf alle 300 Seiten") || !strings.Contains(a.Text.DE, "Merkmal-300. (S. 300)") {
		t.Errorf("got …%s", a.Text.DE[max(0, len(a.Text.DE)-300):])
	}
}

// BenchmarkPDF sums up a PDF file of 300 pages with a server that takes two seconds
// for each request and four at once. overhead is all of the time, reading included,
// beside what the server itself needs.
func BenchmarkPDF(b *testing.B) {
	const each, slots = 2 * time.Second, 4
	do, s := whole(b, pdf(b, 300, 24), llmtest.Reply{Wait: each})
	for b.Loop() {
		do()
	}
	parts, rest := 0, 0
	for _, r := range s.Requests() {
		if isPart(r) {
			parts++
		} else {
			rest++
		}
	}
	rounds := (parts/b.N+slots-1)/slots + rest/b.N
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N)/(float64(rounds)*each.Seconds()), "overhead")
}
