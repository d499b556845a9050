package document

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	_ "image/gif" // a decoder for image.Decode, as are the other three
	_ "image/jpeg"
	_ "image/png"
	"math"

	"github.com/gen2brain/heic"
	_ "golang.org/x/image/bmp"
	"golang.org/x/image/draw"
	_ "golang.org/x/image/tiff"
	_ "golang.org/x/image/webp"
)

// readPicture reads a picture as one page, recognised; a TIFF file, as fax
// servers send them, as a page for each picture in it. Decoders are those of the
// standard library and x/image; HEIC, which telephones make, is decoded by
// libheif in WebAssembly. Sizes are asked before anything is decoded.
func readPicture(p *parser, d *Document, data []byte) error {
	if d.Type == "image/tiff" {
		return p.tiff(d, data)
	}
	return p.picture(d, data)
}

func (p *parser) picture(d *Document, data []byte) error {
	w, h, err := pictureSize(d.Type, data)
	switch {
	case err != nil || w < 1 || h < 1:
		return unreadable(Damaged, err)
	case int64(w) > p.lim.Pixels/int64(h):
		return unreadable(TooBig, plain("too many pixels"))
	case w < minPicture || h < minPicture:
		return unreadable(NoText, nil) // a line, a bullet, a counting pixel
	case p.ocr == nil:
		return unreadable(NoOCR, nil)
	}
	img, err := decodePicture(d.Type, data)
	if err != nil {
		return unreadable(Damaged, err)
	}
	turn := 1
	if d.Type == "image/jpeg" {
		turn = orientation(data)
	}
	text, reason := p.recognise(greyOf(img, turn))
	if reason != nil {
		return &Unreadable{Reason: *reason}
	}
	if text == "" {
		return unreadable(NoText, nil)
	}
	return p.addPage(d, Page{Text: text, OCR: true})
}

// tiff reads the pictures of a TIFF file one by one: the decoder of x/image
// reads the first directory, so each is made the first in turn.
func (p *parser) tiff(d *Document, data []byte) error {
	at := tiffDirectories(data, p.lim.Pages)
	data = append([]byte(nil), data...)
	for _, offset := range at {
		copy(data[4:8], offset)
		page := Document{Type: d.Type}
		err := p.picture(&page, data)
		u, failed := errors.AsType[*Unreadable](err)
		switch {
		case !failed:
			page.Pages[0].N = len(d.Pages) + 1
			d.Pages = append(d.Pages, page.Pages[0])
			continue
		case len(at) == 1:
			return u
		case u.Code == NoText:
			err = p.addPage(d, Page{OCR: true})
		default:
			d.Partial = true
			err = p.addPage(d, Page{Unread: &u.Reason})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// minPicture is the least height and width that a line of text needs.
const minPicture = 16

func pictureSize(mediaType string, data []byte) (w, h int, err error) {
	if mediaType == "image/heic" {
		w, h = heicSize(data)
		return w, h, nil
	}
	cfg, _, err := image.DecodeConfig(bytes.NewReader(data))
	return cfg.Width, cfg.Height, err
}

// heicSize returns the largest size that a HEIC file names ("ispe" boxes: of the
// whole, its tiles, its preview). libheif's own answer needs the whole head of
// the file within 32 KB.
func heicSize(data []byte) (w, h int) {
	head := data[:min(len(data), 256<<10)]
	for {
		_, rest, ok := bytes.Cut(head, []byte("ispe"))
		if !ok || len(rest) < 12 {
			return w, h
		}
		w = max(w, int(binary.BigEndian.Uint32(rest[4:])))
		h = max(h, int(binary.BigEndian.Uint32(rest[8:])))
		head = rest
	}
}

func decodePicture(mediaType string, data []byte) (image.Image, error) {
	if mediaType == "image/heic" {
		return heic.Decode(bytes.NewReader(data))
	}
	img, _, err := image.Decode(bytes.NewReader(data))
	return img, err
}

// greyOf returns a picture as the recognition wants it: grey on white (what is
// transparent is paper), upright, neither larger than is of use nor so small
// that letters have too few dots.
func greyOf(img image.Image, turn int) *greyPicture {
	b := img.Bounds()
	w, h := b.Dx(), b.Dy()
	scale := 1.0
	switch {
	case w*h > maxOCRPixels:
		scale = math.Sqrt(maxOCRPixels / (float64(w) * float64(h)))
	case w < 1000 && h < 1400:
		scale = 2 // a screenshot has letters of 10 dots, tesseract wants 20
	}
	grey := image.NewGray(image.Rect(0, 0, max(int(float64(w)*scale), 1), max(int(float64(h)*scale), 1)))
	draw.Draw(grey, grey.Bounds(), image.NewUniform(color.White), image.Point{}, draw.Src)
	if scale == 1 {
		draw.Draw(grey, grey.Bounds(), img, b.Min, draw.Over)
	} else {
		draw.ApproxBiLinear.Scale(grey, grey.Bounds(), img, b, draw.Over, nil)
	}
	return upright(&greyPicture{Width: grey.Rect.Dx(), Height: grey.Rect.Dy(), Pix: grey.Pix}, turn)
}

// upright undoes an orientation of EXIF: how the camera was held, 1 to 8.
func upright(g *greyPicture, turn int) *greyPicture {
	if turn < 2 || turn > 8 {
		return g
	}
	w, h := g.Width, g.Height
	if turn >= 5 {
		w, h = h, w
	}
	out := &greyPicture{Width: w, Height: h, Pix: make([]byte, w*h)}
	for y := range h {
		for x := range w {
			sx, sy := x, y
			switch turn {
			case 2:
				sx = w - 1 - x
			case 3:
				sx, sy = w-1-x, h-1-y
			case 4:
				sy = h - 1 - y
			case 5:
				sx, sy = y, x
			case 6:
				sx, sy = y, w-1-x
			case 7:
				sx, sy = h-1-y, w-1-x
			case 8:
				sx, sy = h-1-y, x
			}
			out.Pix[y*w+x] = g.Pix[sy*g.Width+sx]
		}
	}
	return out
}

// orientation returns the EXIF orientation of a JPEG, 1 if it has none. It
// looks no further than the head of the file, and at nothing but this tag.
func orientation(data []byte) int {
	head := data[:min(len(data), 64<<10)]
	i := bytes.Index(head, []byte("Exif\x00\x00"))
	if i < 0 {
		return 1
	}
	tiff := head[i+6:]
	if len(tiff) < 10 {
		return 1
	}
	var order binary.ByteOrder = binary.LittleEndian
	if tiff[0] == 'M' {
		order = binary.BigEndian
	}
	at := int(order.Uint32(tiff[4:]))
	if at < 8 || at+2 > len(tiff) {
		return 1
	}
	n := int(order.Uint16(tiff[at:]))
	for e := at + 2; n > 0 && e+12 <= len(tiff); n, e = n-1, e+12 {
		if order.Uint16(tiff[e:]) == 0x0112 {
			return int(order.Uint16(tiff[e+8:]))
		}
	}
	return 1
}

// tiffDirectories returns where the directories of a TIFF file are, as they stand
// in it, max at most and none twice.
func tiffDirectories(data []byte, max int) [][]byte {
	if len(data) < 8 {
		return nil
	}
	var order binary.ByteOrder = binary.LittleEndian
	if data[0] == 'M' {
		order = binary.BigEndian
	}
	var all [][]byte
	seen := map[uint32]bool{}
	for offset := data[4:8]; len(all) < max; {
		at := int64(order.Uint32(offset))
		if at == 0 || at+2 > int64(len(data)) || seen[uint32(at)] {
			break
		}
		seen[uint32(at)] = true
		all = append(all, append([]byte(nil), offset...))
		next := at + 2 + 12*int64(order.Uint16(data[at:]))
		if next+4 > int64(len(data)) {
			break
		}
		offset = data[next : next+4]
	}
	return all
}
