package document

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/image/bmp"
	"golang.org/x/image/draw"
	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
	"golang.org/x/image/tiff"
)

func itoa(n int) string { return strconv.Itoa(n) }

// needed ends a test that needs a program: skipped on a laptop, red in CI.
func needed(t testing.TB, program string) {
	t.Helper()
	if os.Getenv("AMTSBOTE_TEST_NO_SKIP") != "" {
		t.Fatal("no " + program)
	}
	t.Skip("no " + program)
}

// picture is a piece of paper with lines on it, 1240 dots wide: A4 at 150 dpi.
func picture(lines ...string) *image.Gray {
	img := image.NewGray(image.Rect(0, 0, 1240, 1754))
	draw.Draw(img, img.Bounds(), image.White, image.Point{}, draw.Src)
	f, err := opentype.Parse(goregular.TTF)
	if err != nil {
		panic(err)
	}
	face, err := opentype.NewFace(f, &opentype.FaceOptions{Size: 30, DPI: 72, Hinting: font.HintingFull})
	if err != nil {
		panic(err)
	}
	for i, l := range lines {
		d := font.Drawer{Dst: img, Src: image.Black, Face: face, Dot: fixed.P(120, 200+60*i)}
		d.DrawString(l)
	}
	return img
}

// smallPicture is a strip of paper, so small that it is enlarged twice.
func smallPicture() *image.Gray {
	return picture("Guten Tag").SubImage(image.Rect(100, 150, 720, 350)).(*image.Gray)
}

// fakeOCR recognises nothing but tells what it was given.
func fakeOCR(t testing.TB, lim Limits, name string, data []byte) (Document, []greyPicture, error) {
	var got []greyPicture
	p := newParser(t.Context(), lim)
	p.pdf = testEngines
	p.ocr = func(_ context.Context, pic greyPicture) (string, error) {
		got = append(got, pic)
		return "erkannt " + itoa(len(got)), nil
	}
	d, err := p.parse(name, data)
	return d, got, err
}

func encoded(t testing.TB, encode func(*bytes.Buffer) error) []byte {
	var b bytes.Buffer
	if err := encode(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func pictureSamples(t testing.TB, img image.Image) map[string][]byte {
	return map[string][]byte{
		"image/png":  encoded(t, func(b *bytes.Buffer) error { return png.Encode(b, img) }),
		"image/jpeg": encoded(t, func(b *bytes.Buffer) error { return jpeg.Encode(b, img, nil) }),
		"image/tiff": encoded(t, func(b *bytes.Buffer) error { return tiff.Encode(b, img, nil) }),
		"image/gif":  encoded(t, func(b *bytes.Buffer) error { return gif.Encode(b, img, nil) }),
		"image/bmp":  encoded(t, func(b *bytes.Buffer) error { return bmp.Encode(b, img) }),
	}
}

func TestPictures(t *testing.T) {
	for mediaType, data := range pictureSamples(t, smallPicture()) {
		d, got, err := fakeOCR(t, Limits{}, "wrong.doc", data)
		if err != nil || d.Type != mediaType || d.Text() != "erkannt 1" || !d.Pages[0].OCR {
			t.Errorf("%s: %+v, %v", mediaType, d, err)
			continue
		}
		if p := got[0]; p.Width != 1240 || p.Height != 400 || p.Pix[0] < 250 || bytes.IndexByte(p.Pix, 0) < 0 && mediaType != "image/jpeg" {
			t.Errorf("%s: picture of %d x %d", mediaType, p.Width, p.Height)
		}
		_, err = parse(t, Limits{}, "x", data)
		if u, ok := errors.AsType[*Unreadable](err); !ok || u.Code != NoOCR {
			t.Errorf("%s without recognition: %v", mediaType, err)
		}
	}
}

func TestPictureLimits(t *testing.T) {
	bomb := pictureSamples(t, smallPicture())["image/png"]
	bomb = append([]byte(nil), bomb...)
	binary.BigEndian.PutUint32(bomb[16:], 600_000) // the width, in the head
	binary.BigEndian.PutUint32(bomb[29:], crc32.ChecksumIEEE(bomb[12:29]))
	dot := encoded(t, func(b *bytes.Buffer) error { return png.Encode(b, image.NewGray(image.Rect(0, 0, 5, 5))) })
	tests := map[string]struct {
		data []byte
		lim  Limits
		code Code
	}{
		"more pixels than the limit": {pictureSamples(t, smallPicture())["image/png"], Limits{Pixels: 100_000}, TooBig},
		"a counting pixel":           {dot, Limits{}, NoText},
		"cut off":                    {pictureSamples(t, smallPicture())["image/png"][:600], Limits{}, Damaged},
		"a bomb":                     {bomb, Limits{}, TooBig},
	}
	for name, test := range tests {
		_, _, err := fakeOCR(t, test.lim, "x", test.data)
		if u, ok := errors.AsType[*Unreadable](err); !ok || u.Code != test.code {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestLargePictureIsScaled(t *testing.T) {
	big := image.NewGray(image.Rect(0, 0, 5000, 4000))
	_, got, _ := fakeOCR(t, Limits{}, "x", encoded(t, func(b *bytes.Buffer) error { return (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(b, big) }))
	if p := got[0]; p.Width*p.Height > maxOCRPixels || p.Width*p.Height < maxOCRPixels/2 || len(p.Pix) != p.Width*p.Height {
		t.Errorf("%d x %d", p.Width, p.Height)
	}
}

// TestOrientation turns a picture with one black corner as cameras do.
func TestOrientation(t *testing.T) {
	for turn, want := range []int{0: 0, 1: 0, 2: 1, 3: 5, 4: 4, 5: 0, 6: 1, 7: 5, 8: 4, 9: 0} {
		g := upright(&greyPicture{Width: 2, Height: 3, Pix: []byte{1, 0, 0, 0, 0, 0}}, turn)
		w, at := g.Width, bytes.IndexByte(g.Pix, 1)
		if turn >= 5 && turn <= 8 {
			if w != 3 {
				t.Errorf("%d: width %d", turn, w)
			}
			want = map[int]int{5: 0, 6: 2, 7: 5, 8: 3}[turn]
		}
		if at != want {
			t.Errorf("%d: corner at %d, want %d", turn, at, want)
		}
	}
	exif := "\xff\xd8\xff\xe1\x00\x22Exif\x00\x00II*\x00\x08\x00\x00\x00\x01\x00\x12\x01\x03\x00\x01\x00\x00\x00\x06\x00\x00\x00"
	if got := orientation([]byte(exif)); got != 6 {
		t.Errorf("orientation %d", got)
	}
	for i := range exif {
		orientation([]byte(exif[:i]))
	}
}

// fax is a TIFF file of n pictures, as a fax server sends it.
func fax(n int) []byte {
	data := []byte("II*\x00\x00\x00\x00\x00")
	link := 4
	for i := range n {
		pix := bytes.Repeat([]byte{byte(100 + i)}, 40*30)
		strip := len(data)
		data = append(data, pix...)
		binary.LittleEndian.PutUint32(data[link:], uint32(len(data)))
		tags := [][3]int{{256, 4, 40}, {257, 4, 30}, {258, 3, 8}, {259, 3, 1}, {262, 3, 1}, {273, 4, strip}, {277, 3, 1}, {278, 4, 30}, {279, 4, len(pix)}}
		data = binary.LittleEndian.AppendUint16(data, uint16(len(tags)))
		for _, tag := range tags {
			data = binary.LittleEndian.AppendUint16(data, uint16(tag[0]))
			data = binary.LittleEndian.AppendUint16(data, uint16(tag[1]))
			data = binary.LittleEndian.AppendUint32(data, 1)
			data = binary.LittleEndian.AppendUint32(data, uint32(tag[2]))
		}
		link = len(data)
		data = append(data, 0, 0, 0, 0)
	}
	return data
}

func TestFaxHasAllItsPages(t *testing.T) {
	d, got, err := fakeOCR(t, Limits{}, "fax", fax(3))
	if err != nil || len(d.Pages) != 3 || d.Pages[2].Text != "erkannt 3" || d.Pages[2].N != 3 || d.Partial {
		t.Fatalf("%+v, %v", d, err)
	}
	for i, p := range got {
		if p.Pix[0] != byte(100+i) {
			t.Errorf("picture %d is another one", i)
		}
	}
	d, _, err = fakeOCR(t, Limits{OCRPages: 2}, "fax", fax(3))
	if err != nil || !d.Partial || d.Pages[2].Unread == nil || d.Pages[2].Unread.Code != TooBig {
		t.Errorf("over the limit: %+v, %v", d, err)
	}
	_, err = parse(t, Limits{}, "fax", fax(3))
	if u, ok := errors.AsType[*Unreadable](err); !ok || u.Code != NoOCR {
		t.Errorf("without recognition: %v", err)
	}
	ring := fax(2)
	binary.LittleEndian.PutUint32(ring[len(ring)-4:], binary.LittleEndian.Uint32(ring[4:]))
	if d, _, err := fakeOCR(t, Limits{}, "fax", ring); err != nil || len(d.Pages) != 2 {
		t.Errorf("a ring: %+v, %v", d, err)
	}
}

func TestScanInPDF(t *testing.T) {
	w := newPDF()
	w.text("Eine Seite mit genug Text, um keine Aufnahme zu sein.")
	w.picture(picture("egal"))
	d, got, err := fakeOCR(t, Limits{}, "x.pdf", w.bytes())
	if err != nil || len(got) != 1 || d.Pages[0].OCR || !d.Pages[1].OCR || d.Pages[1].Text != "erkannt 1" {
		t.Fatalf("%+v, %d pictures, %v", d, len(got), err)
	}
	if p := got[0]; p.Width < 2400 || p.Height < 3400 || bytes.IndexByte(p.Pix, 0) < 0 {
		t.Errorf("picture of %d x %d", p.Width, p.Height)
	}
	d, err = parse(t, Limits{}, "x.pdf", w.bytes())
	if err != nil || !d.Partial || d.Pages[1].Unread == nil || d.Pages[1].Unread.Code != NoOCR || d.Pages[1].Text != "" {
		t.Errorf("without recognition: %+v, %v", d, err)
	}
}

// TestTesseract goes the whole way: a scan in a PDF, a child, a picture sent to
// the parent, the recognition in its own sandbox, and back.
func TestTesseract(t *testing.T) {
	r := testReader(t, Options{}, childWord)
	if !r.OCR() {
		needed(t, "tesseract")
	}
	w := newPDF()
	w.picture(picture("Gegen diesen Bescheid kann innerhalb eines Monats", "Widerspruch erhoben werden. Grüße aus Köln"))
	d, err := r.Read(t.Context(), "scan.pdf", bytes.NewReader(w.bytes()))
	if want := "Gegen diesen Bescheid kann innerhalb eines Monats Widerspruch erhoben werden. Grüße aus Köln"; err != nil || strings.Join(strings.Fields(d.Text()), " ") != want || !d.Pages[0].OCR {
		t.Errorf("%q, %v", d.Text(), err)
	}
}

func TestRecognitionThatHangsOrFails(t *testing.T) {
	data := pictureSamples(t, smallPicture())["image/png"]
	script := func(text string) string {
		path := filepath.Join(t.TempDir(), "ocr")
		if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text), 0o700); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for name, test := range map[string]struct {
		program string
		time    time.Duration
		code    Code
	}{
		"hangs":        {"exec sleep 100", time.Second, TooLong},
		"fails":        {"exit 1", 0, Crashed},
		"is not there": {"", 0, NoOCR},
	} {
		o := Options{Tesseract: "/nonexistent", Limits: Limits{OCRTime: test.time}}
		if test.program != "" {
			o.Tesseract = script(test.program)
		}
		r := testReader(t, o, childWord)
		_, err := r.Read(t.Context(), "x.png", bytes.NewReader(data))
		if u, ok := errors.AsType[*Unreadable](err); !ok || u.Code != test.code {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestHEIC decodes a picture as telephones make them. None can be made here, so
// it takes one of the decoder's own.
func TestHEIC(t *testing.T) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/gen2brain/heic").Output()
	if err != nil {
		t.Skip("no module cache")
	}
	data, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(out)), "testdata", "test.heic"))
	if err != nil {
		t.Skip(err)
	}
	d, got, err := fakeOCR(t, Limits{}, "x.jpg", data)
	if err != nil || d.Type != "image/heic" || len(got) != 1 || got[0].Width < 100 {
		t.Fatalf("%+v, %v", d, err)
	}
	_, _, err = fakeOCR(t, Limits{Pixels: 1000}, "x.jpg", data)
	if u, ok := errors.AsType[*Unreadable](err); !ok || u.Code != TooBig {
		t.Errorf("over the limit: %v", err)
	}
}

func TestTransparentIsPaper(t *testing.T) {
	img := image.NewNRGBA(image.Rect(0, 0, 2000, 2000))
	img.Set(0, 0, color.NRGBA{A: 255})
	g := greyOf(img, 1)
	if g.Pix[0] != 0 || g.Pix[1] != 255 {
		t.Errorf("%d %d", g.Pix[0], g.Pix[1])
	}
}
