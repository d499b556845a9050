package document

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"
)

// badWord makes the test binary a child that does what the name of its document
// says; see misbehave.
const badWord = "test-bad-child"

func TestMain(m *testing.M) {
	Main()
	if len(os.Args) > 2 && os.Args[1] == badWord {
		os.Exit(childMain(os.Args[2:], misbehave))
	}
	compile()
	if dir, err := os.UserCacheDir(); err == nil {
		testEngines.cache = filepath.Join(dir, "amtsbote")
	}
	os.Exit(m.Run())
}

// compile waits until PDFium is compiled. On a machine that does it for the first
// time, with the race detector, it takes longer than any test gives a document.
func compile() {
	r := newReader(Options{Log: slog.New(slog.DiscardHandler)}, childWord)
	defer r.Close()
	<-r.ready
}

// testEngines are for tests that parse in this process; they compile once.
var testEngines = &pdfEngines{}

func parse(t testing.TB, lim Limits, name string, data []byte) (Document, error) {
	p := newParser(t.Context(), lim)
	p.pdf = testEngines
	return p.parse(name, data)
}

// misbehave is what a bad child does instead of reading; see the tests for Linux.
var misbehave parseFunc = (*parser).parse

// testReader is a Reader of this test's own, closed with it, that leaves no
// process behind.
func testReader(t *testing.T, o Options, word string) *Reader {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	r := newReader(o, word)
	t.Cleanup(func() { r.Close() })
	return r
}
