package knowledge

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"amtsbote/skills/document"
)

// BenchmarkFirstTime has 1,000 files (PDF, DOCX, ODT, text; about 1,200 words each)
// read in children and indexed for the first time, and meanwhile a person search and
// have a file of their own read, over and over. It tells the time for all, the memory of
// this process beside what the children need, and how long the person waits, then and
// afterwards.
func BenchmarkFirstTime(b *testing.B) {
	const files = 1000
	folder := b.TempDir()
	for i := range files {
		if err := os.WriteFile(filepath.Join(folder, fmt.Sprintf("d%04d%s", i, []string{".pdf", ".docx", ".odt", ".txt"}[i%4])), document4(i), 0o600); err != nil {
			b.Fatal(err)
		}
	}
	log := slog.New(slog.DiscardHandler)
	shelf := document.New(document.Options{Log: log, Children: 1})
	mine := document.New(document.Options{Log: log})
	defer func() { _ = errors.Join(shelf.Close(), mine.Close()) }()
	person := func() (read time.Duration) {
		began := time.Now()
		if _, err := mine.Read(b.Context(), "x.docx", strings.NewReader(string(document4(1)))); err != nil {
			b.Fatal(err)
		}
		return time.Since(began)
	}
	person()
	for b.Loop() {
		l := New(Options{Bot: "b", Dir: b.TempDir(), Collections: []Config{{Name: "DA", Folder: folder}}, Read: shelf.Read, Open: openIndex, Zone: time.UTC, Settle: time.Millisecond, Log: log})
		ctx, cancel := context.WithCancel(b.Context())
		done := make(chan struct{})
		go func() { defer close(done); l.Run(ctx) }()
		var reads, searches []time.Duration
		var peak uint64
		began := time.Now()
		for l.cols[0].State().Documents < files {
			reads = append(reads, person())
			at := time.Now()
			if _, err := Search(ctx, l.cols, anna, "Wie hoch ist die Gebühr für einen Ausweis?", 12); err != nil {
				b.Fatal(err)
			}
			searches = append(searches, time.Since(at))
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			peak = max(peak, m.HeapInuse)
		}
		b.ReportMetric(time.Since(began).Seconds(), "s/1000files")
		b.ReportMetric(float64(peak)/(1<<20), "heapMB")
		b.ReportMetric(float64(l.cols[0].State().Passages), "passages")
		report(b, "read", reads)
		report(b, "search", searches)
		var idle []time.Duration
		for range 20 {
			idle = append(idle, person())
		}
		report(b, "idleread", idle)
		cancel()
		<-done
	}
}

func report(b *testing.B, name string, all []time.Duration) {
	slices.Sort(all)
	b.ReportMetric(float64(all[len(all)/2].Microseconds())/1000, name+"-p50-ms")
	b.ReportMetric(float64(all[len(all)*95/100].Microseconds())/1000, name+"-p95-ms")
}

var benchWords = strings.Fields("die der das Gebühr Satzung Antrag Ausweis Steuer Hund Grundstück Bescheid Frist Widerspruch Amt Stadt Rat Ausschuss Beschluss Sitzung Dienstreise Urlaub Beschäftigte Vorgesetzte Genehmigung ist wird sind werden und oder nach vor bei mit ohne einem einer Verwaltung Personal Abfall Straße Reinigung Friedhof Bücherei Kita Beitrag Einkommen Ermäßigung")

// document4 makes one of four kinds of documents.
func document4(i int) []byte {
	r := rand.New(rand.NewPCG(1, uint64(i)))
	var paras []string
	for range 12 {
		var w []string
		for range 100 {
			w = append(w, benchWords[r.IntN(len(benchWords))])
		}
		paras = append(paras, strings.Join(w, " ")+".")
	}
	switch i % 4 {
	case 0:
		var lines []string
		for _, p := range paras {
			f := strings.Fields(strings.NewReplacer("ü", "ue", "ö", "oe", "ä", "ae", "ß", "ss").Replace(p))
			for c := range slices.Chunk(f, 20) {
				lines = append(lines, strings.Join(c, " "))
			}
		}
		return pdf(lines...)
	case 1:
		return zipped("word/document.xml", `<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:r><w:t>`+strings.Join(paras, "</w:t></w:r></w:p><w:p><w:r><w:t>")+`</w:t></w:r></w:p></w:body></w:document>`,
			"[Content_Types].xml", `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>`)
	case 2:
		return zipped("mimetype", "application/vnd.oasis.opendocument.text", "content.xml",
			`<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:text><text:p>`+strings.Join(paras, "</text:p><text:p>")+`</text:p></office:text></office:body></office:document-content>`)
	}
	return []byte(strings.Join(paras, "\n\n"))
}
