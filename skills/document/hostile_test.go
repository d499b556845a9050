package document

import (
	"bytes"
	"errors"
	"image"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// hostileSamples are good files that the tests below damage.
func hostileSamples(t testing.TB) map[string][]byte {
	w := newPDF()
	w.text("Guten Tag", "zweite Zeile")
	w.attach("a.txt", []byte("Anlage"))
	small := newPDF()
	small.text("Anlage")
	all := map[string][]byte{
		"pdf": w.bytes(),
		"zip": archive(t, zipped{"a.txt", "eins"}, zipped{"b.pdf", string(small.bytes())}),
		"fax": fax(3),
	}
	for mediaType, data := range pictureSamples(t, smallPicture().SubImage(image.Rect(120, 160, 220, 220))) {
		all[mediaType] = data
	}
	return all
}

// TestDamagedFiles cuts files off and changes bytes: each ends in a document or
// a reason, and soon. A panic in a reader is one, too, but must not happen.
func TestDamagedFiles(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	rounds := 200
	if testing.Short() {
		rounds = 20
	}
	lim := Limits{Pixels: 4_000_000, Inflated: 20 << 20}
	try := func(what string, data []byte) {
		start := time.Now()
		_, _, err := fakeOCR(t, lim, "x", data)
		if u, ok := errors.AsType[*Unreadable](err); err != nil && !ok || ok && u.Code == Crashed {
			t.Errorf("%s: %v", what, err)
		}
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("%s: took %s", what, took)
		}
	}
	for name, data := range hostileSamples(t) {
		for i := range rounds / 4 {
			n := len(data) * i / (rounds / 4)
			try(name+" cut at "+itoa(n), data[:n])
		}
		// Most bytes of a picture are pixels: the head is where it matters.
		head := min(len(data), 2000)
		if name == "pdf" || name == "zip" {
			head = len(data)
		}
		for i := range rounds {
			bad := append([]byte(nil), data...)
			for range 1 + random.IntN(5) {
				bad[random.IntN(head)] = byte(random.IntN(256))
			}
			try(name+" changed, round "+itoa(i), bad)
		}
	}
}

// TestDamagedFilesInChildren does a few of them for real.
func TestDamagedFilesInChildren(t *testing.T) {
	r := testReader(t, Options{Tesseract: "none"}, childWord)
	for name, data := range hostileSamples(t) {
		_, err := r.Read(t.Context(), name, bytes.NewReader(data[:len(data)/2]))
		if u, ok := errors.AsType[*Unreadable](err); err != nil && !ok || ok && u.Code == Crashed {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestBombInChild unpacks more than it may, for real.
func TestBombInChild(t *testing.T) {
	r := testReader(t, Options{Tesseract: "none", Limits: Limits{Inflated: 20 << 20}}, childWord)
	d, err := r.Read(t.Context(), "x.zip", bytes.NewReader(bomb(t, 1, 30<<20, 30<<20)))
	if err != nil || len(d.Parts) != 1 || d.Parts[0].Reason == nil || d.Parts[0].Reason.Code != TooBig {
		t.Errorf("%+v, %v", d, err)
	}
}

func TestDeepThings(t *testing.T) {
	const n = 100_000
	for name, data := range map[string]string{
		"PDF arrays":       "%PDF-1.7\n1 0 obj" + strings.Repeat("[", n) + strings.Repeat("]", n) + "endobj trailer<</Root 1 0 R>>",
		"PDF dictionaries": "%PDF-1.7\n1 0 obj" + strings.Repeat("<</A ", n) + strings.Repeat(">>", n) + "endobj trailer<</Root 1 0 R>>",
		"PDF operators":    string(deepPDF(n)),
	} {
		if _, err := parse(t, Limits{}, "x", []byte(data)); err != nil {
			if u, ok := errors.AsType[*Unreadable](err); !ok || u.Code == Crashed {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

func deepPDF(n int) []byte {
	w := newPDF()
	w.page(strings.Repeat("q ", n)+"BT /F1 11 Tf 70 700 Td (tief) Tj ET "+strings.Repeat("Q ", n), "", "")
	w.page(strings.Repeat("[", n), "", "")
	return w.bytes()
}

func FuzzPDF(f *testing.F) {
	f.Add(hostileSamples(f)["pdf"])
	f.Fuzz(func(t *testing.T, data []byte) {
		_, err := parse(t, Limits{}, "x", append([]byte("%PDF-1.7\n"), data...))
		if u, ok := errors.AsType[*Unreadable](err); err != nil && !ok || ok && u.Code == Crashed {
			t.Error(err)
		}
	})
}

// checkRead fails if a reader panicked or returned what the parent would refuse.
func checkRead(t *testing.T, d Document, err error) {
	t.Helper()
	if u, ok := errors.AsType[*Unreadable](err); err != nil && !ok || ok && u.Code == Crashed {
		t.Error(err)
	}
	if err := (Limits{}).withDefaults().check(&result{Document: d}); err != nil {
		t.Error(err)
	}
	for _, w := range d.Warnings {
		if w.Code == "partial-crashed" {
			t.Error(w)
		}
	}
}
