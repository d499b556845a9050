package document

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"testing"
	"time"
)

type zipped struct{ name, text string }

func archive(t testing.TB, members ...zipped) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, m := range members {
		w, err := z.Create(m.name)
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(w, m.text)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestZIP(t *testing.T) {
	inner := archive(t, zipped{"innen.txt", "innen"})
	data := archive(t,
		zipped{"../../Bescheid.txt", "Grüße"},
		zipped{"Ordner/", ""},
		zipped{"Ordner/leer.txt", ""},
		zipped{"__MACOSX/._x", "x"},
		zipped{"noch eins.zip", string(inner)},
		zipped{"Programm.exe", "MZ\x90\x00\x03\x00\x00\x00\x04\x00"})
	d, err := parse(t, Limits{}, "Unterlagen.zip", data)
	if err != nil || d.Type != "application/zip" || len(d.Parts) != 4 || d.Partial {
		t.Fatalf("%+v, %v", d, err)
	}
	if p := d.Parts[0]; p.Name != "Bescheid.txt" || p.Type != "text/plain" || p.Doc.Text() != "Grüße" {
		t.Errorf("%+v", p)
	}
	if p := d.Parts[1]; p.Reason == nil || p.Reason.Code != NoText {
		t.Errorf("%+v", p)
	}
	if p := d.Parts[2]; p.Doc == nil || p.Doc.Parts[0].Doc.Text() != "innen" {
		t.Errorf("%+v", p)
	}
	if p := d.Parts[3]; p.Reason == nil || p.Reason.Code != Unsupported {
		t.Errorf("%+v", p)
	}
}

func TestZIPMembers(t *testing.T) {
	// An old Windows writes names in code page 850 and encrypts one file.
	data := archive(t, zipped{"B\x81rger.txt", "offen"}, zipped{"zu.txt", "geheim"})
	at := bytes.LastIndex(data, []byte("PK\x01\x02"))
	data[at+8] |= 1
	d, err := parse(t, Limits{}, "x", data)
	if err != nil || d.Parts[0].Name != "Bürger.txt" || d.Parts[0].Doc.Text() != "offen" {
		t.Fatalf("%+v, %v", d, err)
	}
	if p := d.Parts[1]; p.Reason == nil || p.Reason.Code != Password {
		t.Errorf("encrypted: %+v", p)
	}
	// A wrong checksum: the text is given, with a warning.
	data = archive(t, zipped{"a.txt", "ganz da"})
	at = bytes.Index(data, []byte("PK\x07\x08"))
	data[at+4] ^= 1
	data[bytes.Index(data, []byte("PK\x01\x02"))+16] ^= 1
	if d, err = parse(t, Limits{}, "x", data); err != nil || d.Parts[0].Doc == nil || !d.Parts[0].Doc.Partial {
		t.Errorf("wrong checksum: %+v, %v", d, err)
	}
}

// bomb is an archive of n members of size bytes each; it says they have fewer.
func bomb(t testing.TB, n int, size, says int64) []byte {
	var packed bytes.Buffer
	f, _ := flate.NewWriter(&packed, flate.BestSpeed)
	io.CopyN(f, blanks{}, size)
	f.Close()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := range n {
		w, err := z.CreateRaw(&zip.FileHeader{Name: itoa(i), Method: zip.Deflate, CompressedSize64: uint64(packed.Len()), UncompressedSize64: uint64(says)})
		if err != nil {
			t.Fatal(err)
		}
		w.Write(packed.Bytes())
	}
	z.Close()
	return b.Bytes()
}

// blanks is an endless reader of spaces.
type blanks struct{}

func (blanks) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = ' '
	}
	return len(b), nil
}

// overlapping is an archive in which n names stand for one piece of data.
func overlapping(t testing.TB, n int) []byte {
	data := archive(t, zipped{"a", strings.Repeat("a", 1000)})
	at := bytes.Index(data, []byte("PK\x01\x02"))
	end := bytes.Index(data, []byte("PK\x05\x06"))
	entry := append([]byte(nil), data[at:end]...)
	out := append([]byte(nil), data[:at]...)
	for range n {
		out = append(out, entry...)
	}
	tail := append([]byte(nil), data[end:]...)
	binary.LittleEndian.PutUint16(tail[8:], uint16(n))
	binary.LittleEndian.PutUint16(tail[10:], uint16(n))
	binary.LittleEndian.PutUint32(tail[12:], uint32(n*len(entry)))
	return append(out, tail...)
}

func TestZIPBombs(t *testing.T) {
	nested := []byte("Kern")
	for range 20 {
		nested = archive(t, zipped{"noch eins.zip", string(nested)})
	}
	wide := make([]zipped, 3000)
	for i := range wide {
		wide[i] = zipped{itoa(i) + ".txt", "x"}
	}
	lim := Limits{Inflated: 20 << 20, Size: 10 << 20, Parts: 100, Text: 1 << 20}
	for name, test := range map[string]struct {
		data  []byte
		check func(Document, error) bool
	}{
		"one member far beyond what it says": {bomb(t, 1, 30<<20, 10), func(d Document, err error) bool {
			return len(d.Parts) == 1 && d.Parts[0].Reason != nil
		}},
		"many members": {bomb(t, 50, 9<<20, 9<<20), func(d Document, err error) bool {
			return len(d.Parts) == 50 && d.Parts[49].Reason.Code == TooBig
		}},
		"one piece of data behind many names": {overlapping(t, 200), func(d Document, err error) bool {
			return d.Parts[0].Doc != nil && d.Parts[1].Reason.Code == Damaged
		}},
		"nested too deep": {nested, func(d Document, err error) bool {
			for range 8 {
				d = *d.Parts[0].Doc
			}
			return d.Parts[0].Reason.Code == TooDeep
		}},
		"more members than the limit": {archive(t, wide...), func(d Document, err error) bool {
			return len(d.Parts) == 200 && d.Parts[99].Doc != nil && d.Parts[100].Reason.Code == TooBig && d.Partial
		}},
		"no directory": {archive(t, zipped{"a.txt", "x"})[:50], func(d Document, err error) bool {
			u, ok := errors.AsType[*Unreadable](err)
			return ok && u.Code == Damaged
		}},
	} {
		start := time.Now()
		d, err := parse(t, lim, "x.zip", test.data)
		if !test.check(d, err) {
			t.Errorf("%s: %d parts, %v", name, len(d.Parts), err)
		}
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("%s: took %s", name, took)
		}
	}
}
