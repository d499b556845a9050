package check

import (
	"strings"
	"testing"
)

// book is about 300 pages of the corpus, 3000 characters each.
func book(b *testing.B) string {
	var all strings.Builder
	list := corpus(b, "open")
	for i := 0; all.Len() < 900_000; i++ {
		all.WriteString(list[i%len(list)].source)
		all.WriteString("\n\n")
	}
	return all.String()
}

// BenchmarkRead reads sources of 300 pages.
func BenchmarkRead(b *testing.B) {
	text := book(b)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		Read(day, text)
	}
}

// BenchmarkFacts checks an answer of two pages against 300.
func BenchmarkFacts(b *testing.B) {
	s := Read(day, book(b))
	var answer strings.Builder
	for _, x := range corpus(b, "open")[:30] {
		answer.WriteString(x.answer + "\n\n")
	}
	b.SetBytes(int64(answer.Len()))
	b.ReportAllocs()
	for b.Loop() {
		s.Facts(answer.String())
	}
}
